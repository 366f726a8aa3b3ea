//! Exact recall and no invention, against an oracle that sorts suffixes and knows no hash.

use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::path::Path;

use crate::common::{ends, home, python, shared};

/// Lines of `senate_2007m03`: the oracle is slow where a run is in many documents.
const SENATE: usize = 400;

/// Shared passages by the binary, held against the oracle's runs on the same texts.
#[allow(clippy::print_stderr)]
fn check(what: &str, shared: &Path, input: &Path, clean: bool) {
    let folder = tempfile::tempdir().unwrap();
    let (out, runs) = (folder.path().join("out"), folder.path().join("runs.jsonl"));
    let (input_arg, out_arg) = (input.to_str().unwrap(), out.to_str().unwrap());
    let mut args = if clean { vec!["run"] } else { vec!["passages", "--no-clean"] };
    // With a byte of memory, everything goes to disk.
    args.extend(["--memory", "1", "--fuzzy", "off", "--quiet", input_arg, "-o", out_arg]);
    ends(0, &args);
    let changes = out.join("changes");
    let cleaned: &[&OsStr] =
        if clean { &[OsStr::new("--changes"), changes.as_os_str()] } else { &[] };
    let tools = shared.join("eval/passages");
    let (passed, said) = python(
        &tools.join("oracle.py"),
        &[&[input.as_os_str(), runs.as_os_str()], cleaned].concat(),
    );
    assert!(passed, "{what}: the oracle: {said}");
    let found = out.join("passages.jsonl");
    let (passed, said) = python(
        &tools.join("check.py"),
        &[&[input.as_os_str(), runs.as_os_str(), found.as_os_str()], cleaned].concat(),
    );
    eprintln!("{what}: {}", said.lines().last().unwrap_or_default());
    assert!(passed && !said.contains(" runs 0 "), "{what}: {said}");
}

fn senate(shared: &Path) -> String {
    let packed = fs::read(shared.join("corpora/senate_2007m03.jsonl.gz")).unwrap();
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(&packed[..]).read_to_string(&mut text).unwrap();
    text.lines().take(SENATE).flat_map(|line| [line, "\n"]).collect()
}

#[test]
fn planted_passages() {
    let Some(shared) = shared("oracle on planted passages") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (input, gold) = (folder.path().join("plant.jsonl"), folder.path().join("gold.jsonl"));
    let args = ["--docs", "300", "--families", "60", "--seed", "2031"].map(OsStr::new);
    let script = shared.join("eval/passages/plant.py");
    let (passed, said) =
        python(&script, &[&[input.as_os_str(), gold.as_os_str()], &args[..]].concat());
    assert!(passed, "{said}");
    check("planted passages", &shared, &input, false);
}

#[test]
fn press_releases() {
    let Some(shared) = shared("oracle on press releases") else { return };
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("senate.jsonl");
    fs::write(&input, senate(&shared)).unwrap();
    check("press releases", &shared, &input, false);
}

#[test]
fn after_cleaning() {
    let Some(shared) = shared("oracle after cleaning") else { return };
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("both.jsonl");
    let sample = |name| fs::read_to_string(home().join("samples").join(name)).unwrap();
    let all = sample("stories.jsonl") + &sample("espanol.jsonl") + &senate(&shared);
    fs::write(&input, all).unwrap();
    check("after cleaning", &shared, &input, true);
}
