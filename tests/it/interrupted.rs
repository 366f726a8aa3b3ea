//! Killed in the middle: nothing half-written under its final name, and the same command again goes
//! on where it was and ends with what an undisturbed run gives.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use unchaff::hash;

use crate::common::{assert_same, ends, files, home, rows, text, unchaff};

/// Copies of the samples' stories: files enough that a run can be caught between them, and one in
/// which it can be caught in the middle.
const FILES: usize = 12;
const COPIES_IN_THE_LARGE_ONE: usize = 40;

fn stories(copies: std::ops::Range<usize>) -> String {
    let stories = rows(&home().join("samples/stories.jsonl"));
    let mut lines = String::new();
    for i in copies {
        for story in &stories {
            let mut story = story.clone();
            let text = story["text"].as_str().unwrap().to_owned();
            story["text"] = Value::from(format!("{text}\n\nThe ferry of pier {i} came in."));
            story["id"] = Value::from(format!("{}-{i}", story["id"].as_str().unwrap()));
            lines += &format!("{story}\n");
        }
    }
    lines
}

fn write_input(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    for i in 0..FILES {
        fs::write(folder.join(format!("part-{i:02}.jsonl")), stories(i..i + 1)).unwrap();
    }
    let large = stories(FILES..FILES + COPIES_IN_THE_LARGE_ONE);
    assert!(large.len() > 3 << 20, "{} bytes are no three chunks", large.len());
    fs::write(folder.join("large.jsonl"), large).unwrap();
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

/// Whether a run has told that it is done: if it was killed behind that, its notes may be gone,
/// rightly.
fn is_done(out: &Path) -> bool {
    let run = fs::read(out.join("run.json")).ok();
    let run: Option<Value> = run.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    run.is_some_and(|run| run["finished"] == true)
}

/// Starts a run and kills it as soon as `there` is so. False where it was done before that.
fn killed_when(args: &[&str], there: impl Fn() -> bool) -> bool {
    let mut child = unchaff(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    while !there() {
        assert!(begun.elapsed() < Duration::from_secs(300), "what it waits for never came");
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

/// Kills a command again and again, first at moments of its cleaning, then at any, and lets it end.
fn kill_and_go_on(command: &[&str], out: &Path, undisturbed: &Path) {
    let mut seed = command.len() as u64;
    let mut random = |below: u64| {
        seed = hash::within(seed, b"when");
        seed % below
    };
    // On a busy machine a run may be over before it is looked at: then it is begun anew.
    let (mut caught, mut missed) = (0, 0);
    while caught < 3 && missed < 10 {
        let (before, files_before) = (ledger(out), made(out));
        let millis = if caught == 0 { 0 } else { random(60) };
        let (noted, wait) = (Cell::new(None::<Instant>), Duration::from_millis(millis));
        let there = || {
            if noted.get().is_none() && ledger(out).len() > before.len() {
                noted.set(Some(Instant::now()));
            }
            noted.get().is_some_and(|at| at.elapsed() >= wait)
        };
        if !killed_when(command, there) || is_done(out) {
            (caught, missed) = (0, missed + 1);
            fs::remove_dir_all(out).unwrap();
            continue;
        }
        caught += 1;
        let after = ledger(out);
        assert!(after.starts_with(&before), "it began again instead of going on");
        let again = made(out);
        // One may have appeared just before the kill, and not have been noted yet.
        let twice = files_before.iter().filter(|file| !again.contains(file)).count();
        assert!(twice <= 1, "{twice} files were made twice");
        assert_whole(out, undisturbed);
    }
    assert!(missed < 10, "the runs were too fast to be killed");
    for _ in 0..2 {
        let (begun, wait) = (Instant::now(), Duration::from_millis(300 + random(2000)));
        if !killed_when(command, || begun.elapsed() >= wait) {
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
    let caught = (0..10).any(|_| {
        let _ = fs::remove_dir_all(&out);
        killed_when(&command, || !ledger(&out).is_empty()) && !is_done(&out)
    });
    assert!(caught, "it was too fast to be killed");
    let begun = files(&out);
    let refused = |args: &[&str], why: &str| {
        let told = ends(2, args).stderr;
        assert!(text(&told).contains(why), "{}", text(&told));
        assert!(text(&told).contains("--overwrite"), "{}", text(&told));
        assert!(files(&out) == begun, "nothing is written");
    };
    refused(&[&command[..], &["--keep", "caption"]].concat(), "its settings are others (cleaning)");
    refused(&[&["passages"], &command[1..]].concat(), "its command is clean");
    refused(&[&command[..], &["samples"]].concat(), "its input has 19 files, not ");
    let part = input.join("part-03.jsonl");
    let lines = fs::read_to_string(&part).unwrap();
    fs::write(&part, format!("{lines}\n")).unwrap();
    refused(&command, "part-03.jsonl has changed since");
    ends(0, &[&command[..], &["--overwrite"]].concat());
    ends(0, &["verify", out_arg, input_arg]);
}

/// A limit on the size of files stands for a full disk.
#[test]
#[cfg(target_os = "linux")]
fn what_was_done_before_the_disk_was_full_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    write_input(&path("in"));
    let (input, whole, out) = (path("in"), path("whole"), path("out"));
    let [input, whole_arg, out_arg] = [&input, &whole, &out].map(|path| path.to_str().unwrap());
    ends(0, &["clean", input, "-o", whole_arg, "--quiet"]);
    let limited =
        format!("trap '' XFSZ; ulimit -f 2048; exec '{}' \"$@\"", env!("CARGO_BIN_EXE_unchaff"));
    let mut shell = Command::new("bash");
    shell.args(["-c", &limited, "unchaff", "clean", input, "-o", out_arg, "--quiet", "-j", "1"]);
    let output = shell.output().unwrap();
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("cannot write") && told.contains("File too large"), "{told}");
    assert_whole(&out, &whole);
    let noted = ledger(&out);
    assert!(!noted.is_empty());
    ends(0, &["clean", input, "-o", out_arg, "--quiet"]);
    assert_same(&whole, &out);
}
