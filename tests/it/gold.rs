//! Labelled lines: what must stay, what must go. The script computes; here are the bounds.

use std::path::Path;

use crate::common::{home, python, run, samples_out, shared, skip};

/// Holds a run against labels; the figures are printed.
#[allow(clippy::print_stderr)]
fn score(what: &str, out: &Path, gold: &Path, bounds: &[&str]) {
    let script = home().join("tests/tools/score_gold.py");
    let mut args = vec![out.as_os_str(), gold.as_os_str(), "--show".as_ref()];
    args.extend(bounds.iter().map(std::ffi::OsStr::new));
    let (passed, said) = python(&script, &args);
    eprintln!("{what}: {}", said.lines().last().unwrap_or_default());
    assert!(passed, "{what} misses {bounds:?}\n{said}");
}

#[test]
fn samples() {
    if std::process::Command::new("python3").arg("--version").output().is_err() {
        return skip("gold of the samples", "needs python3");
    }
    let gold = home().join("tests/gold/samples.jsonl");
    // A little below what is reached: lost 4 of 487, removed 534 of 549, tagged 141 of 150.
    let bounds = ["--max-lost", "6", "--min-removed", "525", "--min-metadata", "135"];
    score("gold of the samples", samples_out(), &gold, &bounds);
}

#[test]
fn seeds() {
    let Some(shared) = shared("gold of the seeds") else { return };
    let out = tempfile::tempdir().unwrap();
    run(shared.join("seeds").to_str().unwrap(), out.path(), 2);
    let gold = shared.join("eval/seeds/gold.jsonl");
    let bounds = ["--max-lost", "0", "--min-removed", "26", "--all-metadata"];
    score("gold of the seeds", out.path(), &gold, &bounds);
}
