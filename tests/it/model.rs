//! The model: its weights load and decide, and training gives the same bytes each time.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use unchaff::boilerplate::model::Model;

use crate::common::{ends, home};

/// A page of an invented site, raw: menus before the article, teasers and notices behind it.
const PAGE: &str = "Home
News
Sport
Weather
Tide tables
Contact us
Sign in
Harbour wall reopens after winter of repairs
The eastern wall of Quay Harbour reopened to walkers on Tuesday, five months after a storm tore a \
gap of eleven metres into it.
Council engineers said the new section rests on piles driven nine metres into the seabed, twice as \
deep as those it replaces.
The work cost 2.4 million, a tenth more than planned, because the first delivery of stone was of \
the wrong grade and had to be sent back.
Fishermen who moved their boats to the northern basin in November are to return to their old \
berths by the end of the month.
A second stretch, by the lighthouse, will be looked at in the summer before the council decides \
whether it needs the same treatment.
Share this
Tweet
Most read
Ferry timetable changes in May
Market hall to get a new roof
School choir wins regional final
Terms and conditions
Privacy policy
Cookies
";

#[test]
fn the_weights_load() {
    let model = Model::built_in().unwrap();
    let table = model.table(&[]);
    assert!(table.lines().count() > 10_000 && table.len() < 1 << 20);
    assert_eq!(&Model::parse(&table).unwrap(), model);
}

#[test]
fn a_page_is_cleaned_down_to_its_article() {
    let record =
        serde_json::json!({"id": "wall", "outlet": "Quay Post", "lang": "en", "text": PAGE});
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.jsonl");
    std::fs::write(&page, format!("{record}\n")).unwrap();
    let page = page.to_str().unwrap();
    let clean = ends(0, &["clean", "-q", "--strictness", "thorough", page]);
    let out: serde_json::Value = serde_json::from_slice(&clean.stdout).unwrap();
    let text = out["text"].as_str().unwrap();
    for sentence in PAGE.lines().filter(|line| line.len() > 60) {
        assert!(text.contains(sentence), "lost: {sentence}");
    }
    for chaff in ["Weather", "Tide tables", "Share this", "School choir", "Privacy policy"] {
        assert!(!text.contains(chaff), "kept: {chaff}\n{text}");
    }
}

/// Labelled documents beside the repository, where they are.
fn labelled() -> Option<PathBuf> {
    let beside = || home().join("../shared");
    let shared = std::env::var_os("UNCHAFF_SHARED").map_or_else(beside, PathBuf::from);
    let file = shared.join("eval/cleaning/dev-wac_xii.jsonl.gz");
    file.exists().then_some(file)
}

#[test]
#[allow(clippy::print_stderr)]
fn training_twice_gives_the_same_bytes() {
    let Some(gold) = labelled() else {
        eprintln!("skipped: no labelled documents in UNCHAFF_SHARED or ../shared");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let subset = first_records(&gold, folder.path());
    let weights = ["1", "2"].map(|threads| {
        let out = folder.path().join(threads);
        let (subset, to) = (subset.to_str().unwrap(), out.to_str().unwrap());
        ends(0, &["train", subset, "-o", to, "-j", threads, "-q"]);
        std::fs::read(out).unwrap()
    });
    assert!(weights[0].len() > 1000);
    assert!(weights[0] == weights[1], "the number of threads changes the weights");
}

fn first_records(gold: &Path, folder: &Path) -> PathBuf {
    let mut text = String::new();
    let packed = std::fs::File::open(gold).unwrap();
    flate2::read::MultiGzDecoder::new(packed).read_to_string(&mut text).unwrap();
    let subset = folder.join("subset.jsonl");
    let mut out = std::fs::File::create(&subset).unwrap();
    for line in text.lines().take(20) {
        writeln!(out, "{line}").unwrap();
    }
    subset
}
