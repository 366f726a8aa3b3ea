//! Killed in the middle: nothing half-written under its final name, and the same command again goes
//! on where it was and ends with what an undisturbed run gives.
//!
//! The kills are the system's, by a limit that Unix alone has, so that they come where they are meant
//! to, however fast a run is.

#![cfg(unix)]

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use unchaff::hash;
use unchaff::report::{OutFolder, Overwrite};

use crate::common::{assert_same, ends, files, home, rows, text, unchaff};

/// How many copies of the samples' stories each file of the input has, in the order of their names. A
/// limit on the size of files stops a run in the first one that is too large for it.
const COPIES: [usize; 12] = [1, 1, 1, 4, 1, 1, 8, 1, 1, 40, 1, 1];

/// Limits that are overstepped in the fourth file, in the seventh, and in the middle of the tenth, in
/// KiB: what is told of a copy takes about 150 of changes, and 120 in what a run notes of its work.
const LIMITS: [usize; 3] = [450, 1150, 4000];

/// The samples' stories, with an ending on longer words that no other copy has: no copy is a duplicate
/// of another.
fn stories(copies: std::ops::Range<usize>) -> String {
    let stories = rows(&home().join("samples/stories.jsonl"));
    let mut lines = String::new();
    for i in copies {
        let ending = char::from(b'a' + (i % 26) as u8).to_string().repeat(1 + i / 26);
        let is_longer =
            |word: &str| word.len() > 4 && word.bytes().all(|b| b.is_ascii_alphabetic());
        let word = |word: &str| {
            if is_longer(word) { format!("{word}{ending}") } else { word.to_owned() }
        };
        let line = |line: &str| line.split(' ').map(word).collect::<Vec<_>>().join(" ");
        for story in &stories {
            let mut story = story.clone();
            let text = story["text"].as_str().unwrap();
            story["text"] = text.split('\n').map(line).collect::<Vec<_>>().join("\n").into();
            story["id"] = Value::from(format!("{}-{i}", story["id"].as_str().unwrap()));
            lines += &format!("{story}\n");
        }
    }
    lines
}

fn write_input(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    let mut begin = 0;
    for (i, copies) in COPIES.into_iter().enumerate() {
        let part = stories(begin..begin + copies);
        let bytes = part.len() / copies;
        assert!((80_000..120_000).contains(&bytes), "{bytes} bytes are no longer a copy's");
        fs::write(folder.join(format!("part-{i:02}.jsonl")), part).unwrap();
        begin += copies;
    }
    let large = folder.join("part-09.jsonl").metadata().unwrap().len();
    assert!(large > 3 << 20, "{large} bytes are no three chunks");
    fs::create_dir(folder.join("post")).unwrap();
    for (name, text) in files(&home().join("samples/tollhithe-post")) {
        fs::write(folder.join("post").join(name), text).unwrap();
    }
}

/// What a run has noted of its work.
fn ledger(out: &Path) -> Vec<u8> {
    let entries = fs::read_dir(out).into_iter().flatten().flatten();
    let mut ledgers = entries.filter_map(|entry| fs::read(entry.path().join("ledger")).ok());
    ledgers.next().unwrap_or_default()
}

/// Runs under a limit on the size of files, in KiB. The system kills a process which oversteps it, at
/// once and wherever it is, as if it were killed by hand; one that is deaf to the signal is told that
/// nothing more can be written, as if the disk were full.
fn limited(kib: usize, is_deaf: bool, args: &[&str]) -> Output {
    let deaf = if is_deaf { "trap '' XFSZ; " } else { "" };
    let program = env!("CARGO_BIN_EXE_unchaff");
    let script = format!("{deaf}ulimit -c 0; ulimit -f {kib}; exec '{program}' \"$@\"");
    Command::new("bash").args(["-c", &script, "unchaff"]).args(args).output().unwrap()
}

/// Runs until the limit kills it.
fn killed_at(kib: usize, args: &[&str]) {
    const SIGXFSZ: i32 = 25;
    let output = limited(kib, false, args);
    assert_eq!(output.status.signal(), Some(SIGXFSZ), "{}", text(&output.stderr));
}

/// Starts a run and kills it after a while. False where it was done before that.
fn killed_after(wait: Duration, args: &[&str]) -> bool {
    let mut child = unchaff(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    while begun.elapsed() < wait {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    !child.wait().unwrap().success()
}

/// What lies there under its final name is what it should be.
fn assert_whole(out: &Path, undisturbed: &Path) {
    let undisturbed = files(undisturbed);
    let unfinished = |name: &str| name.contains(".unchaff-") && name.contains(".unfinished");
    for (name, bytes) in files(out).iter().filter(|(name, _)| !unfinished(name)) {
        assert!(undisturbed[name] == *bytes, "{name} is not what it should be");
    }
}

/// When each file of an output was made.
fn made(out: &Path) -> Vec<(PathBuf, std::time::SystemTime)> {
    let mut made: Vec<_> = fs::read_dir(out.join("clean"))
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.path().extension().is_some_and(|e| e == "jsonl"))
        .map(|entry| (entry.path(), entry.metadata().unwrap().modified().unwrap()))
        .collect();
    made.sort();
    made
}

/// Kills a command in the middle of its files, then at any moments, and lets it end.
fn kill_and_go_on(command: &[&str], out: &Path, undisturbed: &Path) {
    for kib in LIMITS {
        let (noted_before, made_before) = (ledger(out), made(out));
        killed_at(kib, command);
        let (noted, made) = (ledger(out), made(out));
        assert!(noted.starts_with(&noted_before), "it began again instead of going on");
        assert!(noted.len() > noted_before.len() && made.len() > made_before.len(), "at {kib} KiB");
        assert!(made_before.iter().all(|file| made.contains(file)), "a file was made twice");
        assert_whole(out, undisturbed);
    }
    let mut seed = command.len() as u64;
    for _ in 0..3 {
        seed = hash::within(seed, b"when");
        if !killed_after(Duration::from_millis(seed % 2000), command) {
            break;
        }
        assert_whole(out, undisturbed);
    }
    ends(0, command);
    assert_same(undisturbed, out);
    let run: Value = serde_json::from_slice(&fs::read(out.join("run.json")).unwrap()).unwrap();
    assert_eq!(run["finished"], true);
}

#[test]
fn a_killed_run_goes_on_and_ends_with_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    write_input(&path("in"));
    let (input, whole, out) = (path("in"), path("whole"), path("out"));
    let [input, whole_arg, out_arg] = [&input, &whole, &out].map(|path| path.to_str().unwrap());
    for command in [&["run"][..], &["dedup", "--cut-passages"]] {
        let _ = fs::remove_dir_all(&whole);
        let _ = fs::remove_dir_all(&out);
        let ending = [input, "--quiet", "-j", "1", "-o"];
        ends(0, &[command, &ending, &[whole_arg]].concat());
        kill_and_go_on(&[command, &ending, &[out_arg]].concat(), &out, &whole);
    }
}

#[test]
fn a_run_that_is_not_the_same_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in");
    write_input(&input);
    let out = folder.path().join("out");
    let [input_arg, out_arg] = [&input, &out].map(|path| path.to_str().unwrap());
    let command = ["clean", input_arg, "--quiet", "-o", out_arg];
    killed_at(LIMITS[1], &command);
    let begun = files(&out);
    let verified = ends(2, &["verify", out_arg, input_arg]).stderr;
    assert!(text(&verified).contains("is not done; give its command again"), "{}", text(&verified));
    let refused = |args: &[&str], why: &str| {
        let told = ends(2, args).stderr;
        assert!(text(&told).contains(why), "{}", text(&told));
        assert!(text(&told).contains("--overwrite"), "{}", text(&told));
        assert!(files(&out) == begun, "nothing is written");
    };
    refused(&[&command[..], &["--keep", "caption"]].concat(), "its settings are others (cleaning)");
    refused(&[&["passages"], &command[1..]].concat(), "its command is clean");
    refused(&[&command[..], &["samples"]].concat(), "its input has 18 files, not ");
    let part = input.join("part-03.jsonl");
    let lines = fs::read_to_string(&part).unwrap();
    fs::write(&part, format!("{lines}\n")).unwrap();
    refused(&command, "part-03.jsonl has changed since");
    ends(0, &[&command[..], &["--overwrite"]].concat());
    ends(0, &["verify", out_arg, input_arg]);
}

#[test]
fn two_runs_do_not_write_to_one_folder() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let out_arg = out.to_str().unwrap();
    let samples = home().join("samples");
    let command = ["clean", samples.to_str().unwrap(), "--quiet", "-o", out_arg];
    let other = OutFolder::claim(&out, Overwrite::Never, &[]).unwrap();
    for more in [&[][..], &["--overwrite"]] {
        let told = ends(2, &[&command[..], more].concat()).stderr;
        assert!(text(&told).contains("another run is writing to"), "{}", text(&told));
        assert!(files(&out).is_empty(), "nothing is written");
    }
    drop(other);
    ends(0, &command);
}

#[test]
fn what_was_done_before_the_disk_was_full_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    write_input(&path("in"));
    let (input, whole, out) = (path("in"), path("whole"), path("out"));
    let [input, whole_arg, out_arg] = [&input, &whole, &out].map(|path| path.to_str().unwrap());
    ends(0, &["clean", input, "-o", whole_arg, "--quiet"]);
    let command = ["clean", input, "-o", out_arg, "--quiet", "-j", "1"];
    let output = limited(LIMITS[2], true, &command);
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("cannot write") && told.contains("File too large"), "{told}");
    assert_whole(&out, &whole);
    assert!(!ledger(&out).is_empty());
    ends(0, &command);
    assert_same(&whole, &out);
}
