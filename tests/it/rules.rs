//! Rule files of the user's own.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::common::{ends, fed, text};

const OWN: &str = r#"
language = "en"

[[rule]]
id       = "mine.crossword"
category = "widget"
lines    = ["crossword number #"]
outlets  = ["Quay Post"]
drops    = ["Crossword number 412"]
keeps    = ["Crossword number 412 had no solution."]
"#;

fn write(folder: &Path, name: &str, source: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, source).unwrap();
    path.to_str().unwrap().to_owned()
}

/// What is left of an article of an outlet with a line in its midst.
fn left(outlet: &str, line: &str, args: &[&str]) -> bool {
    let told = "The ferry came in at noon with forty passengers and a goat, its captain said.";
    let text =
        format!("{told}\n\n{line}\n\nIt was late by an hour, as it had been every day since May.");
    let record = serde_json::json!({ "outlet": outlet, "text": text });
    let output = fed(&[&["clean", "--quiet"], args].concat(), format!("{record}\n").as_bytes());
    assert_eq!(output.status.code(), Some(0), "{}", crate::common::text(&output.stderr));
    let record: Value = serde_json::from_slice(&output.stdout).unwrap();
    record["text"].as_str().unwrap().contains(line)
}

#[test]
fn own_rules_count_for_the_outlets_they_name() {
    let folder = tempfile::tempdir().unwrap();
    let own = write(folder.path(), "own.toml", OWN);
    let line = "Crossword number 97";
    assert!(left("Quay Post", line, &[]));
    assert!(!left("Quay Post", line, &["--rules", &own]));
    assert!(left("Saltgate Echo", line, &["--rules", &own]));
    ends(0, &["rules", "check", &own]);
    let list = ends(0, &["rules", "list", "--rules", &own, "--lang", "en"]).stdout;
    assert!(text(&list).contains("mine.crossword"));
}

#[test]
fn rules_can_be_switched_off() {
    let folder = tempfile::tempdir().unwrap();
    let off = "language = \"en\"\ndisable = [\"en.ad.line_sure\"]";
    let off = write(folder.path(), "off.toml", off);
    assert!(!left("Quay Post", "Advertisement", &[]));
    assert!(left("Quay Post", "Advertisement", &["--rules", &off]));
    let told = ends(0, &["rules", "check", &off]).stdout;
    assert_eq!(text(&told), "0 rules, 1 switched off, 0 faults\n");
}

#[test]
fn the_summary_names_own_rules() {
    let folder = tempfile::tempdir().unwrap();
    let own = write(folder.path(), "own.toml", OWN);
    let out = folder.path().join("out");
    let args = ["clean", "samples", "-o", out.to_str().unwrap(), "--json"];
    let summary = |more: &[&str]| -> Value {
        serde_json::from_slice(&ends(0, &[&args[..], more].concat()).stdout).unwrap()
    };
    let (without, with) = (summary(&[]), summary(&["--rules", &own]));
    assert!(without["own_rules"].is_null());
    assert_eq!(with["own_rules"][0]["name"], "own.toml");
    assert_eq!(with["own_rules"][0]["rules"], 1);
    assert_ne!(without["rules"], with["rules"]);
    assert_eq!(without["counts"], with["counts"]);
}

#[test]
fn what_is_wrong_with_own_rules_is_told_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = OWN.replace("crossword number #", "Crossword no. 4")
        + &OWN.replace("language = \"en\"\n", "");
    let own = write(folder.path(), "own.toml", &wrong.replace("widget", "riddle"));
    let out = folder.path().join("out");
    let told = ends(2, &["run", "samples", "-o", out.to_str().unwrap(), "--rules", &own]).stderr;
    assert!(!out.exists());
    let told = text(&told).replace(folder.path().to_str().unwrap(), "[folder]");
    let short: String =
        told.lines().map(|line| line.chars().take(100).collect::<String>() + "\n").collect();
    insta::assert_snapshot!("rules_wrong", short);

    let faulty = OWN
        .replace("Crossword number 412 had", "Advertisement")
        .replace("[\"Crossword number 412\"]", "[\"Sudoku\"]")
        .replace("Advertisement no solution.", "Advertisement");
    let own = write(folder.path(), "own.toml", &faulty);
    let told = ends(1, &["rules", "check", &own]).stdout;
    let told = text(&told).replace(folder.path().to_str().unwrap(), "[folder]");
    insta::assert_snapshot!("rules_faulty", told);
    let none = folder.path().join("none.toml");
    ends(2, &["clean", "samples", "--rules", none.to_str().unwrap()]);
}
