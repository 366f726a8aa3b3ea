//! Killed in the middle: nothing half-written under its final name, and the same command again
//! gives what an undisturbed run gives.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::common::{assert_same, ends, files, home, rows, unchaff};

/// Copies of the samples' stories: enough files that a run can be caught between them.
const FILES: usize = 30;

fn write_input(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    let stories = rows(&home().join("samples/stories.jsonl"));
    for i in 0..FILES {
        let mut lines = String::new();
        for story in &stories {
            let mut story = story.clone();
            let text = story["text"].as_str().unwrap().to_owned();
            story["text"] = Value::from(format!("{text}\n\nThe ferry of pier {i} came in."));
            story["id"] = Value::from(format!("{}-{i}", story["id"].as_str().unwrap()));
            lines += &format!("{story}\n");
        }
        fs::write(folder.join(format!("part-{i:02}.jsonl")), lines).unwrap();
    }
    fs::create_dir(folder.join("post")).unwrap();
    for (name, text) in files(&home().join("samples/tollhithe-post")) {
        fs::write(folder.join("post").join(name), text).unwrap();
    }
}

/// Starts a run and kills it as soon as `there` exists. False where it was done before that.
fn killed_when(args: &[&str], there: &Path) -> bool {
    let mut child = unchaff(args).stderr(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    while !there.exists() {
        assert!(begun.elapsed() < Duration::from_secs(120), "{} never came", there.display());
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    !child.wait().unwrap().success()
}

#[test]
fn a_killed_run_can_be_run_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    write_input(&path("in"));
    let (input, whole, out) = (path("in"), path("whole"), path("out"));
    let [input, whole_arg, out_arg] = [&input, &whole, &out].map(|path| path.to_str().unwrap());
    ends(0, &["run", input, "-o", whole_arg, "--quiet", "-j", "2"]);
    let undisturbed = files(&whole);

    let args = ["run", input, "-o", out_arg, "--quiet", "-j", "2"];
    let mut caught = 0;
    for there in ["run.json", "clean/part-03.jsonl", "clean/part-20.jsonl", "rejects.jsonl"] {
        // A folder that holds what an earlier attempt left is cleared first, so that what the test
        // waits for is of this attempt; only `run.json` is there from the beginning.
        let _ = fs::remove_dir_all(&out);
        if !killed_when(&args, &out.join(there)) {
            continue;
        }
        caught += 1;
        let unfinished = |name: &str| name.contains(".unchaff-") && name.contains(".unfinished");
        for (name, bytes) in files(&out).iter().filter(|(name, _)| !unfinished(name)) {
            assert!(undisturbed[name] == *bytes, "{name} is not what it should be");
        }
        assert!(!out.join("report.html").exists(), "it was killed before its end");
    }
    assert!(caught >= 2, "the runs were too fast to be killed");
    ends(0, &args);
    assert_same(&whole, &out);
    let run: Value = serde_json::from_slice(&fs::read(out.join("run.json")).unwrap()).unwrap();
    assert_eq!(run["finished"], true);
}
