//! What people read: help, summary, explanation. Reviewed with `cargo insta review`.

use crate::common::{ends, text};

fn stdout(args: &[&str]) -> String {
    text(&ends(0, args).stdout).to_owned()
}

#[test]
fn help() {
    for command in [
        "",
        "run",
        "clean",
        "passages",
        "dedup",
        "learn",
        "explain",
        "report",
        "train",
        "verify",
        "rules",
        "rules list",
        "rules check",
        "completions",
        "man",
    ] {
        let args: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
        let name = format!("help {command}").trim().replace(' ', "_");
        insta::assert_snapshot!(name, stdout(&args));
    }
}

#[test]
fn summary_of_the_samples() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let told = stdout(&["run", "samples", "-o", out.to_str().unwrap()]);
    let told = told.replace(folder.path().to_str().unwrap(), "[folder]");
    // The first line ends with the seconds.
    let (first, rest) = told.split_once('\n').unwrap();
    let (first, seconds) = first.rsplit_once(" in ").unwrap();
    assert!(seconds.strip_suffix(" s").unwrap().parse::<f64>().is_ok(), "{seconds}");
    insta::assert_snapshot!("summary", format!("{first} in [seconds] s\n{rest}"));
    let widest = told.lines().map(|line| line.chars().count()).max();
    assert!(widest.unwrap() <= 80 || told.contains("[folder]"), "{widest:?}");
}

#[test]
fn explanation_of_a_sample() {
    insta::assert_snapshot!("explain", stdout(&["explain", "samples", "--id", "sb-1187"]));
}

#[test]
fn rules_of_a_language() {
    let list = stdout(&["rules", "list", "--lang", "de"]);
    let short = |line: &str| line.chars().take(110).collect::<String>() + "…\n";
    let head: String = list.lines().take(10).map(short).collect();
    insta::assert_snapshot!("rules_list_de", head);
    ends(2, &["rules", "list", "--lang", "tlh"]);
}

#[test]
fn the_man_page_and_completions_are_made() {
    assert!(stdout(&["man"]).contains(".TH unchaff"));
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(stdout(&["completions", shell]).contains("passages"), "{shell}");
    }
}
