//! What is learnt from one dump and used on another.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::common::{ends, fed, samples, text};

/// An article of an outlet of the samples, with a line that only its template tells from the rest.
const ARTICLE: &str = r#"{"id":"new","outlet":"Harbour Public Radio","text":"The lighthouse cat has been found, its keeper said on Friday, and it had never been away.\n\nIt had slept in the lamp room since Tuesday, where nobody thought of looking for it.\n\nProgramme sheet 4012 is kept in the blue folder for anyone who asks.\n\nCopyright 2031 Harbour Public Radio. All rights reserved."}"#;

fn learn(out: &Path, more: &[&str]) {
    let out = out.to_str().unwrap();
    ends(0, &[&["learn", "samples", "-o", out, "--quiet"], more].concat());
}

fn cleaned(args: &[&str]) -> String {
    let output = fed(&[&["clean", "--quiet"], args].concat(), format!("{ARTICLE}\n").as_bytes());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let record: Value = serde_json::from_slice(&output.stdout).unwrap();
    record["text"].as_str().unwrap().to_owned()
}

#[test]
fn a_profile_is_the_same_for_any_number_of_threads_and_judges_a_single_article() {
    let folder = tempfile::tempdir().unwrap();
    let [one, three] = ["one", "three"].map(|name| folder.path().join(name));
    learn(&one, &["-j", "1"]);
    learn(&three, &["-j", "3"]);
    assert_eq!(fs::read(&one).unwrap(), fs::read(&three).unwrap());

    assert!(cleaned(&[]).contains("blue folder"), "nothing speaks against the line alone");
    let with = cleaned(&["--profile", one.to_str().unwrap()]);
    assert!(!with.contains("blue folder") && with.contains("lamp room"), "{with}");
}

#[test]
fn profiles_are_put_together_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let [part, twice, sum] = ["part", "twice", "sum"].map(|name| folder.path().join(name));
    learn(&part, &[]);
    let [part, twice, sum] = [&part, &twice, &sum].map(|path| path.to_str().unwrap());
    ends(0, &["learn", "--profile", part, "--profile", part, "-o", sum, "--quiet"]);
    ends(0, &["learn", "samples", "--profile", part, "-o", twice, "--quiet"]);
    assert_eq!(fs::read(sum).unwrap(), fs::read(twice).unwrap());
    let shown = ends(0, &["learn", "--profile", sum, "--only", "Harbour Public Radio"]).stdout;
    assert!(text(&shown).contains("12 of 12     Listen to this story"), "{}", text(&shown));
    ends(2, &["learn", "--profile", sum, "--only", "Nobody's Post"]);

    learn(&folder.path().join("strict"), &["--strictness", "careful"]);
    let strict = folder.path().join("strict");
    let args = ["learn", "--profile", part, "--profile", strict.to_str().unwrap()];
    assert!(text(&ends(2, &args).stderr).contains("--strictness balanced and careful"));
}

#[test]
fn templates_of_the_samples() {
    insta::assert_snapshot!("learn", text(&ends(0, &["learn", "samples"]).stdout));
    let shown: Value =
        serde_json::from_slice(&ends(0, &["learn", "samples", "--json"]).stdout).unwrap();
    assert_eq!(shown["outlets"]["Harbour Public Radio"]["documents"], 6);
}

#[test]
fn a_profile_that_is_none_stops_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let [good, bad, out] = ["good", "bad", "out"].map(|name| folder.path().join(name));
    learn(&good, &[]);
    let whole = fs::read(&good).unwrap();
    fs::write(&bad, &whole[..whole.len() / 2]).unwrap();
    let [bad, out] = [&bad, &out].map(|path| path.to_str().unwrap());
    for command in ["run", "clean"] {
        let told = ends(2, &[command, "samples", "-o", out, "--profile", bad]).stderr;
        assert!(text(&told).contains("make it again with unchaff learn"), "{}", text(&told));
    }
    ends(2, &["clean", "samples", "--profile", &samples()]);
    ends(2, &["clean", "samples", "--profile", bad, "--no-templates"]);
    assert!(!Path::new(out).exists());
}

#[test]
fn articles_are_not_overwritten_by_a_profile() {
    let folder = tempfile::tempdir().unwrap();
    let articles = folder.path().join("articles.jsonl");
    fs::write(&articles, ARTICLE).unwrap();
    let name = articles.to_str().unwrap();
    let told = ends(2, &["learn", name, "-o", name]).stderr;
    assert!(text(&told).contains("is no profile"), "{}", text(&told));
    assert_eq!(fs::read_to_string(&articles).unwrap(), ARTICLE);
    let out = folder.path().join("learnt");
    learn(&out, &[]);
    learn(&out, &[]);
}

#[test]
fn what_cannot_be_read_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let articles = folder.path().join("articles.jsonl");
    fs::write(&articles, format!("{ARTICLE}\n{{\"text\":7}}\n")).unwrap();
    let name = articles.to_str().unwrap();
    let told = ends(3, &["learn", name]).stderr;
    assert_eq!(text(&told), "1 records could not be read\n");
    ends(0, &["learn", name, "--allow-rejects"]);
}
