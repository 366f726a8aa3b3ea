//! Looking before cutting: tags, the dry run, the guard, and explanations.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::common::{assert_same, ends, files, home, number, rows, samples_out, slice, text};

/// The rows of `changes/` of a run.
fn changes(out: &Path) -> Vec<Value> {
    files(&out.join("changes"))
        .keys()
        .flat_map(|name| rows(&out.join("changes").join(name)))
        .collect()
}

#[test]
fn tagging_leaves_texts_as_they_came_and_tells_what_would_go() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let out_arg = out.to_str().unwrap();
    ends(0, &["run", "samples", "-o", out_arg, "--quiet", "--mode", "tag"]);
    let verified = ends(0, &["verify", out_arg, "samples"]).stdout;
    assert!(text(&verified).contains("0 changes undone, 0 do not"), "{}", text(&verified));

    let removed = |out: &Path, action: &str| -> Vec<Value> {
        let rows = changes(out).into_iter().filter(|row| row["action"] == action);
        rows.map(|row| {
            json!([row["doc"], row["start"], row["end"], row["category"], row["reason"]])
        })
        .collect()
    };
    assert_eq!(removed(&out, "tag"), removed(samples_out(), "remove"));
    assert_eq!(removed(&out, "tag").len(), changes(&out).len(), "and nothing is changed");

    let originals = rows(&home().join("samples/stories.jsonl"));
    let mut spans = 0;
    for (original, tagged) in originals.iter().zip(rows(&out.join("clean/stories.jsonl"))) {
        let whole = original["text"].as_str().unwrap();
        assert_eq!(tagged["text"], whole);
        for span in tagged["unchaff"]["spans"].as_array().into_iter().flatten() {
            spans += 1;
            let line = slice(whole, number(&span[0]), number(&span[1]));
            assert!(
                !line.trim().is_empty() && span[2].is_string() && span[3].is_number(),
                "{span}"
            );
        }
    }
    assert!(spans > 300, "{spans}");

    // What is only tagged matches nothing either, and stands where the text stands.
    let passages = |out: &Path| rows(&out.join("passages.jsonl"));
    let (cut, told) = (passages(samples_out()), passages(&out));
    assert_eq!(cut.len(), told.len());
    for (cut, told) in cut.iter().zip(&told) {
        assert_eq!(cut["exemplar"], told["exemplar"]);
        for (cut, told) in cut["occurrences"]
            .as_array()
            .unwrap()
            .iter()
            .zip(told["occurrences"].as_array().unwrap())
        {
            assert_eq!((&cut["start"], &cut["holes"]), (&told["start"], &told["holes"]));
            assert_eq!((&told["start"], &told["end"]), (&told["clean_start"], &told["clean_end"]));
        }
    }
}

#[test]
fn a_dry_run_counts_what_a_run_takes_and_writes_nothing() {
    let told =
        |threads| ends(0, &["clean", "samples", "--dry-run", "--json", "-j", threads]).stdout;
    let preview: Value = serde_json::from_slice(&told("1")).unwrap();
    assert_eq!(told("1"), told("3"));
    let mut by_category: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for row in preview["removals"].as_array().unwrap() {
        let sums = by_category.entry(row["category"].as_str().unwrap().to_owned()).or_default();
        sums.0 += number(&row["removals"]);
        sums.1 += number(&row["characters"]);
        let examples = row["examples"].as_array().unwrap();
        assert!((1..=10).contains(&examples.len()) && examples.len() <= number(&row["removals"]));
        assert!(row["bytes"].as_u64() >= row["characters"].as_u64());
    }
    let summary = fs::read(samples_out().join("summary.json")).unwrap();
    let summary: Value = serde_json::from_slice(&summary).unwrap();
    let removed = summary["counts"]["all"]["removed"].as_object().unwrap();
    let removed: BTreeMap<String, (usize, usize)> = removed
        .iter()
        .map(|(name, n)| (name.clone(), (number(&n["removals"]), number(&n["characters"]))))
        .collect();
    assert_eq!(by_category, removed);

    let shown = ends(0, &["clean", "samples/espanol.jsonl", "--dry-run"]).stdout;
    insta::assert_snapshot!("dry_run", text(&shown));
    ends(2, &["clean", "samples", "--dry-run", "-o", "nowhere"]);
    for flag in ["--to=parquet", "--compress=zstd", "--attributes", "--overwrite"] {
        ends(2, &["clean", "samples", flag]);
    }
    ends(2, &["passages", "samples", "-o", "nowhere", "--no-clean", "--mode=tag"]);
}

/// Articles of two outlets; those of the first are half advertising where it was redesigned.
fn articles(path: &Path, redesigned: bool) {
    let mut lines = String::new();
    for i in 0..6 {
        for outlet in ["Quay Post", "Saltgate Echo"] {
            let mut paragraphs = format!(
                "Boat {i} of the {outlet} came in at noon, its captain said on Monday.\n\nAdvertisement"
            );
            if redesigned && outlet == "Quay Post" {
                for n in 0..6 {
                    write!(
                        paragraphs,
                        "\n\nEnter your email\n\nSign up for our newsletter number {n}"
                    )
                    .unwrap();
                }
            }
            let text = format!(
                "{paragraphs}\n\nIt was number {i} of the fleet, and late, as it had been every day since May."
            );
            writeln!(
                lines,
                "{}",
                json!({ "id": format!("{outlet} {i}"), "outlet": outlet, "text": text })
            )
            .unwrap();
        }
    }
    fs::write(path, lines).unwrap();
}

#[test]
fn an_outlet_that_was_redesigned_is_named_and_only_tagged() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    articles(&path("before.jsonl"), false);
    articles(&path("now.jsonl"), true);
    let [before, now, profile, one, three] =
        ["before.jsonl", "now.jsonl", "profile", "one", "three"]
            .map(|name| path(name).display().to_string());
    ends(0, &["learn", &before, "-o", &profile, "--quiet"]);
    let told = ends(0, &["run", &now, "-o", &one, "--profile", &profile, "-j", "1"]).stdout;
    ends(0, &["run", &now, "-o", &three, "--profile", &profile, "-j", "3", "--quiet"]);
    assert_same(&path("one"), &path("three"));
    ends(0, &["verify", &one, &now]);
    assert!(text(&told).contains("  Quay Post: "), "{}", text(&told));

    let summary: Value =
        serde_json::from_slice(&fs::read(path("one/summary.json")).unwrap()).unwrap();
    let jumped = summary["jumped"].as_object().unwrap();
    assert_eq!(jumped.keys().collect::<Vec<_>>(), ["Quay Post"]);
    assert!(jumped["Quay Post"]["now"].as_f64() > jumped["Quay Post"]["before"].as_f64());
    for (original, cleaned) in
        rows(&path("now.jsonl")).iter().zip(rows(&path("one/clean/now.jsonl")))
    {
        let tagged = original["outlet"] == "Quay Post";
        assert_eq!(original["text"] == cleaned["text"], tagged, "{cleaned}");
        assert_eq!(cleaned["unchaff"]["spans"].is_array(), tagged, "{cleaned}");
    }
    // Without a redesign nothing is guarded, and the library does the same on standard output.
    let streamed = ends(0, &["clean", &now, "--profile", &profile, "--quiet"]).stdout;
    assert_eq!(streamed, fs::read(path("one/clean/now.jsonl")).unwrap());
    let calm = ends(
        0,
        &[
            "clean",
            &before,
            "--profile",
            &profile,
            "-o",
            &path("calm").display().to_string(),
            "--json",
        ],
    );
    let calm: Value = serde_json::from_slice(&calm.stdout).unwrap();
    assert!(calm["jumped"].is_null() && calm["counts"]["all"]["tagged"].is_null());
}

#[test]
fn an_explanation_shows_what_is_cut_out_of_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let article = folder.path().join("a.jsonl");
    let record = json!({ "text": "The ferry came in at noon, its captain said.\n\nHe did not respond.Advertisement\n\nIt was late." });
    fs::write(&article, format!("{record}\n")).unwrap();
    let article = article.to_str().unwrap();
    let line = |n: &str| {
        text(&ends(0, &["explain", article, "--id", "a.jsonl:1", "--line", n]).stdout).to_owned()
    };
    insta::assert_snapshot!("explain_cut", line("3"));
    assert!(!line("1").contains("cut out"));
    ends(2, &["explain", article, "--line", "9"]);
}
