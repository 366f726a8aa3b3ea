//! Duplicates: what goes, what stays, what is said of it, and that nothing else changes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use unchaff::config::{DedupOptions, OutFolder, Overwrite, Settings};
use unchaff::engine::Threads;
use unchaff::input::{InputOptions, discover};
use unchaff::pipeline::{self, Silent, verify::verify};
use unchaff::report::duplicates::Unit;

use crate::common::{assert_same, ends, judge, rows, samples_out};

/// A made-up story: sentences of words that no other story has.
fn story(name: &str, sentences: usize) -> String {
    let sentence = |i: usize| {
        let words: Vec<String> =
            (0..12).map(|w| format!("{name}{}", letters(i * 12 + w))).collect();
        format!("The {} went home.", words.join(" "))
    };
    (0..sentences).map(sentence).collect::<Vec<_>>().join(" ")
}

fn letters(mut number: usize) -> String {
    let mut letters = String::new();
    for _ in 0..4 {
        letters.push(char::from(b'a' + (number % 26) as u8));
        number /= 26;
    }
    letters
}

fn record(id: &str, outlet: &str, date: &str, text: &str) -> Value {
    json!({ "id": id, "outlet": outlet, "date": date, "text": text })
}

fn write(path: &Path, records: &[Value]) {
    let lines: String = records.iter().map(|record| format!("{record}\n")).collect();
    fs::write(path, lines).unwrap();
}

/// The ids of what was written.
fn written(out: &Path) -> BTreeSet<String> {
    let rows = rows(&out.join("clean/in.jsonl"));
    rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

/// Which document goes for which, and in which way.
fn told(out: &Path) -> BTreeMap<String, (String, String)> {
    let mut told = BTreeMap::new();
    for cluster in rows(&out.join("duplicates.jsonl")) {
        let name = |value: &Value| value.as_str().unwrap().to_owned();
        for member in cluster["members"].as_array().unwrap() {
            told.insert(
                name(&member["doc"]),
                (name(&cluster["kept"]["doc"]), name(&member["kind"])),
            );
        }
    }
    told
}

/// Runs `dedup` on records, verifies what it wrote, and gives its folder.
fn dedup(folder: &Path, records: &[Value], options: DedupOptions, against: &[&Path]) -> PathBuf {
    let (input, out) = (folder.join("in.jsonl"), folder.join("out"));
    write(&input, records);
    let settings = Settings {
        inputs: vec![input.display().to_string()],
        input: InputOptions { tmp: env!("CARGO_TARGET_TMPDIR").into(), ..InputOptions::default() },
        dedup: options,
        threads: Threads::new(2),
        ..Settings::default()
    };
    let corpus = discover(&settings.inputs, &settings.input).unwrap();
    let against: Vec<String> = against.iter().map(|path| path.display().to_string()).collect();
    let other = (!against.is_empty()).then(|| discover(&against, &settings.input).unwrap());
    let _ = fs::remove_dir_all(&out);
    let claimed = OutFolder::claim(&out, Overwrite::Never, &settings.inputs).unwrap();
    let made = pipeline::dedup(&settings, &corpus, other.as_ref(), judge(), &claimed, &Silent);
    let (summary, _) = made.unwrap();
    let verified = verify(&corpus, &out).unwrap();
    assert_eq!(verified.mismatches, []);
    let counted = summary.duplicates.unwrap();
    assert_eq!(counted.compared, records.len() as u64);
    assert_eq!(counted.dropped, verified.dropped);
    let documents = summary.counts.all.documents;
    assert_eq!(documents + counted.dropped, counted.compared, "in is out and duplicates");
    assert_eq!(documents as usize, rows(&out.join("clean/in.jsonl")).len());
    out
}

fn keeping(choice: &str) -> DedupOptions {
    DedupOptions { keep: choice.parse().unwrap(), ..DedupOptions::default() }
}

fn cutting(by: Unit, min_words: u32) -> DedupOptions {
    DedupOptions { by, min_words, ..DedupOptions::default() }
}

fn summary(out: &Path) -> Value {
    serde_json::from_slice(&fs::read(out.join("summary.json")).unwrap()).unwrap()
}

fn pair(kept: &str, kind: &str) -> (String, String) {
    (kept.to_owned(), kind.to_owned())
}

#[test]
fn what_is_a_duplicate_and_what_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let (wire, blog, other) = (story("wire", 10), story("blog", 12), story("other", 9));
    let records = [
        // One wire story, with different heads and tails, and quotation marks set otherwise.
        record("wire-1", "Harbour Post", "2031-10-14", &wire),
        record(
            "wire-2",
            "Tollhithe Echo",
            "2031-10-15",
            &format!("{wire} The Echo adds this of its own."),
        ),
        record(
            "wire-3",
            "Skerry Times",
            "2031-10-13",
            &wire.replace("went home", "\u{201C}went\u{201D} home"),
        ),
        // A live blog that grows: the last version has it all.
        record("blog-1", "Harbour Post", "2031-10-14T08:00:00Z", &blog[..blog.len() / 3]),
        record("blog-2", "Harbour Post", "2031-10-14T09:00:00Z", &blog[..blog.len() / 2]),
        record("blog-3", "Harbour Post", "2031-10-14T10:00:00Z", &blog),
        // One page, first crawled with another story on it.
        json!({ "id": "page-1", "outlet": "Harbour Post", "url": "https://harbour.example/1", "text": story("first", 6) }),
        json!({ "id": "page-2", "outlet": "Harbour Post", "url": "https://harbour.example/1", "text": story("second", 6) }),
        // Two stories that share a long quotation, and a listing of everybody's first sentences.
        record(
            "quote-1",
            "Harbour Post",
            "",
            &format!("{} {}", story("mine", 6), &other[..other.len() / 3]),
        ),
        record(
            "quote-2",
            "Harbour Post",
            "",
            &format!("{} {}", story("yours", 6), &other[..other.len() / 3]),
        ),
        record(
            "listing",
            "Harbour Post",
            "",
            &format!("{}\n\n{}\n\n{}", &wire[..200], &blog[..200], &other[..200]),
        ),
        // Hardly a word, and none.
        record("short-1", "Harbour Post", "", "The bridge rose at noon."),
        record("short-2", "Skerry Times", "", "The bridge rose at noon!"),
        record("short-3", "Skerry Times", "", "The bridge rose at nine."),
        record("empty-1", "Skerry Times", "", ""),
        record("empty-2", "Skerry Times", "", "\u{2014}"),
    ];
    let out = dedup(folder.path(), &records, DedupOptions::default(), &[]);
    let expected = BTreeMap::from([
        ("wire-1".to_owned(), pair("wire-3", "exact")),
        ("wire-2".to_owned(), pair("wire-3", "near")),
        ("blog-1".to_owned(), pair("blog-3", "contained")),
        ("blog-2".to_owned(), pair("blog-3", "contained")),
        ("short-2".to_owned(), pair("short-1", "exact")),
    ]);
    assert_eq!(told(&out), expected);
    assert_eq!(written(&out).len(), records.len() - expected.len());
    let clusters = rows(&out.join("duplicates.jsonl"));
    insta::assert_snapshot!(serde_json::to_string_pretty(&clusters).unwrap());
    assert_eq!(summary(&out)["duplicates"]["without_words"], 2);
}

#[test]
fn which_copy_stays_is_the_users_choice() {
    let folder = tempfile::tempdir().unwrap();
    let text = story("wire", 8);
    let records = [
        record("b", "Bell", "2031-10-15", &text),
        record("a", "Anchor", "2031-10-14", &text),
        record("c", "Cove", "2031-10-16", &format!("{text} The Cove adds a line.")),
        record("c-again", "Cove", "2031-10-17", &text),
        record("undated", "Bell", "", &text),
    ];
    for (choice, stay) in [
        ("earliest", vec!["a"]),
        ("latest", vec!["c-again"]),
        ("longest", vec!["c"]),
        ("first", vec!["b"]),
        ("outlets=Nobody,Cove", vec!["c"]),
        ("one-per-outlet", vec!["a", "b", "c"]),
    ] {
        let out = dedup(folder.path(), &records, keeping(choice), &[]);
        let stay: BTreeSet<String> = stay.into_iter().map(ToOwned::to_owned).collect();
        assert_eq!(written(&out), stay, "{choice}");
        for cluster in rows(&out.join("duplicates.jsonl")) {
            assert!(!cluster["why"].as_str().unwrap().is_empty(), "{choice}");
        }
    }
    let args = ["dedup", "samples", "-o", "never", "--keep-copy", "newest"];
    let said = String::from_utf8(ends(2, &args).stderr).unwrap();
    assert!(said.contains("one-per-outlet"), "{said}");
}

#[test]
fn a_corpus_is_cleared_of_what_another_has() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (story("old", 8), story("new", 8));
    let other = folder.path().join("other.jsonl");
    write(&other, &[record("old", "Bell", "2031-10-20", &old), json!({ "id": "broken" })]);
    let records = [
        record("copy", "Anchor", "2031-10-14", &old),
        record("new-1", "Anchor", "2031-10-14", &new),
        record("new-2", "Bell", "2031-10-15", &new),
    ];
    let out = dedup(folder.path(), &records, DedupOptions::default(), &[&other]);
    assert_eq!(written(&out), BTreeSet::from(["new-1".to_owned()]));
    assert_eq!(told(&out)["copy"], pair("old", "exact"));
    let row = &rows(&out.join("duplicates.jsonl"))[0];
    assert_eq!(row["kept"]["against"], true);
    assert_eq!(fs::read_dir(out.join("clean")).unwrap().count(), 1, "the other is not written");
    let summary = summary(&out);
    assert_eq!(summary["duplicates"]["against"], 1);
    assert_eq!(summary["duplicates"]["against_unread"], 1);
}

/// The texts that were written, by id.
fn texts(out: &Path) -> BTreeMap<String, String> {
    let field = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    let rows = rows(&out.join("clean/in.jsonl"));
    rows.iter().map(|row| (field(row, "id"), field(row, "text"))).collect()
}

#[test]
fn copies_inside_documents_go_by_whole_sentences() {
    let folder = tempfile::tempdir().unwrap();
    let shared = story("shared", 6);
    let half = &shared[shared.len() / 12..];
    let first = format!("{}\n\n{shared}\n\n{}", story("one", 8), story("two", 3));
    let second = format!("{} And {half} {}", story("three", 9), story("four", 9));
    let records = [
        record("second", "Bell", "2031-10-15", &second),
        record("first", "Anchor", "2031-10-14", &first),
        record("third", "Bell", "2031-10-16", &format!("{}\n\n{shared}", story("five", 12))),
    ];
    let out = dedup(folder.path(), &records, cutting(Unit::Passage, 50), &[]);
    let written = texts(&out);
    assert_eq!(written["first"], first, "the earliest keeps it");
    assert_eq!(written["third"], story("five", 12), "a paragraph goes with the line before it");
    // The sentence that the copy begins in the middle of stays whole.
    let sentence = &half[..=half.find(". ").unwrap()];
    assert_eq!(
        written["second"],
        format!("{} And {sentence} {}", story("three", 9), story("four", 9))
    );
    let changes = rows(&out.join("changes/in.jsonl"));
    assert_eq!(changes.len(), 2);
    for change in &changes {
        assert_eq!(change["category"], "duplicate_line");
        assert_eq!(change["reason"]["rule"], "dedup.passage");
        let said = change["reason"]["evidence"][0].as_str().unwrap();
        assert!(said.ends_with("words stay in first of Anchor"), "{said}");
    }

    // By paragraph only what is a whole paragraph.
    let out = dedup(folder.path(), &records, cutting(Unit::Paragraph, 20), &[]);
    let written = texts(&out);
    assert_eq!((&written["first"], &written["second"]), (&first, &second));
    assert_eq!(written["third"], story("five", 12));
    let cluster = &rows(&out.join("duplicates.jsonl"))[0];
    assert_eq!((&cluster["unit"], &cluster["kept"]["doc"]), (&json!("paragraph"), &json!("first")));
    assert_eq!(cluster["members"][0]["dropped"], false);
}

#[test]
fn a_run_tells_of_duplicates_and_drops_none() {
    let duplicates = rows(&samples_out().join("duplicates.jsonl"));
    assert!(!duplicates.is_empty());
    for cluster in &duplicates {
        for member in cluster["members"].as_array().unwrap() {
            assert_eq!(member["dropped"], false);
            assert!(member["overlap"].as_f64().unwrap() >= 0.8);
        }
    }
}

#[test]
fn the_bytes_are_the_same_for_any_number_of_threads_and_order_of_arguments() {
    let folder = tempfile::tempdir().unwrap();
    let files = ["samples/stories.jsonl", "samples/espanol.jsonl", "samples/tollhithe-post"];
    let outs = [("1", files), ("2", files), ("7", [files[2], files[0], files[1]])].map(
        |(threads, files)| {
            let out = folder.path().join(threads);
            let mut args = vec!["dedup", "-o", out.to_str().unwrap(), "--quiet", "-j", threads];
            args.extend([
                "--cut-passages",
                "--min-words",
                "20",
                "--near",
                "0.6",
                "--contained",
                "0.7",
            ]);
            args.extend(files);
            ends(0, &args);
            out.clone()
        },
    );
    assert_same(&outs[0], &outs[1]);
    assert_same(&outs[0], &outs[2]);
    ends(0, &["verify", outs[0].to_str().unwrap(), files[0], files[1], files[2]]);
}
