//! The guarantees of a run, on the samples.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde_json::Value;
use unchaff::boilerplate::template::Templates;
use unchaff::config::CleanOptions;
use unchaff::input::{InputOptions, discover};
use unchaff::pipeline::Cleaner;
use unchaff::words;

use crate::common::{
    Sample, assert_same, documents, ends, home, judge, number, rows, run_within, samples,
    samples_out, slice,
};

#[test]
fn the_bytes_are_the_same_for_any_number_of_threads_and_any_memory() {
    let folder = tempfile::tempdir().unwrap();
    // With 64 MB some of what the survey read is kept for the second pass, and some read again.
    for (threads, memory) in [(1, 0), (7, 0), (1, 1), (2, 1), (7, 1), (2, 64 << 20)] {
        let out = folder.path().join(format!("{threads}-{memory}"));
        run_within(memory, &samples(), &out, threads);
        assert_same(samples_out(), &out);
    }
}

#[test]
fn the_binary_writes_what_the_library_writes_and_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let out_arg = out.to_str().unwrap();
    ends(0, &["run", "samples", "-o", out_arg, "--quiet"]);
    assert_same(samples_out(), &out);
    ends(0, &["verify", out_arg, "samples"]);

    // What is not as it was written is found.
    let path = out.join("clean/espanol.jsonl");
    let damaged = std::fs::read_to_string(&path).unwrap().replacen("Orrelmouth", "Orrelmuth", 1);
    std::fs::write(&path, damaged).unwrap();
    std::fs::write(out.join("clean/stranger.txt"), "nobody knows me").unwrap();
    let told = ends(1, &["verify", out_arg, "samples"]).stdout;
    let told = String::from_utf8(told).unwrap();
    assert!(told.contains("espanol.jsonl, record 1: undoing its changes"), "{told}");
    assert!(told.contains("stranger.txt, record 0: it is not in the input"), "{told}");
    assert!(told.contains("55 documents compared") && told.contains("2 do not give"), "{told}");
}

#[test]
fn blocks_tile_every_sample() {
    let corpus = discover(&[samples()], &InputOptions::default()).unwrap();
    let (options, templates) = (CleanOptions::default(), Templates::default());
    let (corpus, templates, options) = (&corpus, &templates, &options);
    let cleaner = Cleaner { corpus, judge: judge(), templates, options, guarded: None };
    let mut seen = 0;
    for chunk in corpus.read() {
        for (_, parsed) in chunk.documents(corpus) {
            let document = parsed.unwrap().document;
            let found = cleaner.clean(&document).unwrap();
            let tiles = found.blocks.iter().map(|block| &document.text[block.range.clone()]);
            assert_eq!(tiles.collect::<String>(), document.text, "{}", document.id);
            assert_eq!(found.blocks.len(), found.judgement.verdicts.len());
            assert_eq!(found.blocks.len(), found.normalised.len());
            seen += 1;
        }
    }
    assert_eq!(seen, 55);
}

/// What `changes/` says of a document, by file and record.
fn changes() -> BTreeMap<(String, usize), Vec<Value>> {
    let mut changes: BTreeMap<_, Vec<Value>> = BTreeMap::new();
    for file in ["espanol.jsonl", "samples.jsonl", "stories.jsonl"] {
        for row in rows(&samples_out().join("changes").join(file)) {
            let file = row["file"].as_str().unwrap().to_owned();
            changes.entry((file, number(&row["record"]))).or_default().push(row);
        }
    }
    changes
}

/// The undoing of design.md, told again without the library: code points, from front to back.
#[test]
fn undoing_the_changes_gives_the_original() {
    let changes = changes();
    let originals = documents(&home().join("samples"));
    let cleaned = documents(&samples_out().join("clean"));
    assert_eq!(originals.len(), cleaned.len(), "documents in are documents out");
    for (original, clean) in originals.iter().zip(&cleaned) {
        assert_eq!((&original.file, original.record), (&clean.file, clean.record));
        let whole: Vec<char> = original.text.chars().collect();
        let mut rest = clean.text.chars();
        let mut undone: Vec<char> = Vec::new();
        for row in changes.get(&(original.file.clone(), original.record)).into_iter().flatten() {
            assert_eq!(row["doc"], original.id.as_str());
            let (start, end) = (number(&row["start"]), number(&row["end"]));
            let text: Vec<char> = row["text"].as_str().unwrap().chars().collect();
            assert_eq!(whole[start..end], text, "{} {row}", original.id);
            if row["action"] == "remove" {
                let space = text.iter().take_while(|c| c.is_whitespace()).count();
                let line = whole[..start + space].iter().filter(|&&c| c == '\n').count() + 1;
                assert_eq!(number(&row["line"]), line, "{} {row}", original.id);
            }
            undone.extend(rest.by_ref().take(start - undone.len()));
            assert_eq!(undone.len(), start, "{} {row}", original.id);
            let replaces = row["action"] == "replace";
            assert_eq!(replaces, row["category"].is_null(), "{row}");
            assert_eq!(replaces, row["with"].is_string(), "{row}");
            for c in row["with"].as_str().unwrap_or_default().chars() {
                assert_eq!(rest.next(), Some(c), "{} {row}", original.id);
            }
            undone.extend(text);
        }
        undone.extend(rest);
        assert_eq!(undone.iter().collect::<String>(), original.text, "{}", original.id);
    }
}

#[test]
fn every_removal_has_its_reason() {
    for row in changes().values().flatten().filter(|row| row["action"] == "remove") {
        let reason = &row["reason"];
        assert!(!reason["evidence"].as_array().unwrap().is_empty(), "{row}");
        assert!(reason["score"].as_f64().unwrap() >= 1.0, "{row}");
    }
}

#[test]
fn counts_add_up() {
    let path = samples_out().join("summary.json");
    let summary: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let all = &summary["counts"]["all"];
    let length = |documents: &[Sample]| documents.iter().map(|d| d.text.chars().count()).sum();
    let originals: usize = length(&documents(&home().join("samples")));
    let cleaned: usize = length(&documents(&samples_out().join("clean")));
    assert_eq!(number(&all["characters_in"]), originals);
    assert_eq!(number(&all["characters_out"]), cleaned);
    let removals = changes().values().flatten().filter(|row| row["action"] == "remove").count();
    let by_category = all["removed"].as_object().unwrap().values();
    assert_eq!(by_category.map(|amount| number(&amount["removals"])).sum::<usize>(), removals);
    let outlets = summary["counts"]["outlets"].as_object().unwrap();
    assert_eq!(outlets.len(), 9);
    assert_eq!(outlets.values().map(|outlet| number(&outlet["documents"])).sum::<usize>(), 55);
    assert_eq!(summary["passages"]["families"], rows(&samples_out().join("passages.jsonl")).len());
}

/// A family of `passages.jsonl`.
struct Family(Value);

impl Family {
    fn all() -> Vec<Self> {
        rows(&samples_out().join("passages.jsonl")).into_iter().map(Self).collect()
    }

    fn occurrences(&self) -> &[Value] {
        self.0["occurrences"].as_array().unwrap()
    }

    fn documents(&self) -> BTreeSet<&str> {
        self.occurrences().iter().map(|o| o["doc"].as_str().unwrap()).collect()
    }

    fn outlets(&self) -> BTreeSet<&str> {
        self.occurrences().iter().map(|o| o["outlet"].as_str().unwrap()).collect()
    }

    fn exemplar(&self) -> &str {
        self.0["exemplar"]["text"].as_str().unwrap()
    }
}

fn folded(text: &str) -> Vec<String> {
    let mut list = Vec::new();
    words::each(text, |word, _| list.push(word.to_owned()));
    list
}

/// A slice of a text by code points, with a space for each hole.
fn around(text: &str, range: Range<usize>, holes: &[Range<usize>]) -> String {
    let mut told = String::new();
    let mut at = range.start;
    for hole in holes {
        told += &slice(text, at, hole.start);
        told.push(' ');
        at = hole.end;
    }
    told + &slice(text, at, range.end)
}

#[test]
fn occurrences_slice_the_original_text() {
    let originals = documents(&home().join("samples"));
    let cleaned = documents(&samples_out().join("clean"));
    let changes = changes();
    for family in Family::all() {
        let exemplar = folded(family.exemplar());
        assert!(exemplar.len() >= 8, "{}", family.exemplar());
        assert_eq!(number(&family.0["words"]), exemplar.len());
        assert_eq!(number(&family.0["documents"]), family.documents().len());
        assert_eq!(number(&family.0["outlets"]), family.outlets().len());
        assert!(family.outlets().len() >= 2, "{:?}", family.outlets());
        for o in family.occurrences() {
            let same = |d: &&Sample| o["file"] == *d.file && number(&o["record"]) == d.record;
            let original = originals.iter().find(same).unwrap();
            let clean = cleaned.iter().find(same).unwrap();
            assert_eq!(o["doc"], original.id.as_str());
            let (start, end) = (number(&o["start"]), number(&o["end"]));
            let (clean_start, clean_end) = (number(&o["clean_start"]), number(&o["clean_end"]));

            // Holes are what was removed, and nothing that was removed is at either end.
            let rows = changes.get(&(original.file.clone(), original.record));
            let removed = rows.into_iter().flatten().filter(|row| row["action"] == "remove");
            let removed: Vec<_> = removed
                .map(|row| number(&row["start"])..number(&row["end"]))
                .filter(|gone| gone.start < end && start < gone.end)
                .collect();
            let holes = o["holes"].as_array().unwrap().iter();
            let holes: Vec<_> = holes.map(|hole| number(&hole[0])..number(&hole[1])).collect();
            assert_eq!(holes, removed, "{o}");
            assert!(holes.iter().all(|hole| start < hole.start && hole.end < end), "{o}");

            // The same words in the original around the holes, and in the output.
            let here = folded(&around(&original.text, start..end, &holes));
            let there = folded(&slice(&clean.text, clean_start, clean_end));
            assert_eq!(here, there, "{o}");
            let similarity = o["similarity"].as_f64().unwrap();
            if similarity >= 1.0 {
                assert_eq!(here, exemplar, "{o}");
                assert!(o.get("diff").is_none(), "{o}");
            } else {
                assert_ne!(here, exemplar, "{o}");
                assert!(o["diff"].is_array(), "{o}");
            }
        }
    }
}

#[test]
fn the_planted_facts_of_the_samples_are_found() {
    let families = Family::all();
    let of = |docs: &[&str]| {
        families.iter().find(|f| docs.iter().all(|doc| f.documents().contains(doc)))
    };

    // One source, told by two outlets with different quotation marks and different networks.
    let gauge = of(&["lr-eleven-hours", "sb-1187"]).expect("the quotation about the tide gauge");
    let words = folded(gauge.exemplar()).join(" ");
    assert!(words.starts_with("we have traced the fault to one tide gauge"), "{words}");
    assert!(words.ends_with("a harbour official told"), "{words}");
    assert_eq!(gauge.0["kind"], "quotation");
    assert_eq!(gauge.documents().len(), 2);
    let after = |doc: &str| {
        let o = gauge.occurrences().iter().find(|o| o["doc"] == doc).unwrap();
        o["after"].as_str().unwrap().to_owned()
    };
    assert!(after("lr-eleven-hours").starts_with("KVB."), "{}", after("lr-eleven-hours"));
    assert!(after("sb-1187").starts_with("KVBC."), "{}", after("sb-1187"));

    // The wire story, cut into other paragraphs by three outlets.
    let wire = of(&["8840230", "hpr-5521", "it-90233"]).expect("the wire story");
    assert_eq!(wire.0["kind"], "syndicated_copy");
    assert!(number(&wire.0["words"]) > 250, "{}", wire.0["words"]);
    let paragraphs: BTreeSet<_> = wire
        .occurrences()
        .iter()
        .filter(|o| o["similarity"].as_f64().unwrap() > 0.9)
        .map(|o| number(&o["paragraphs"]))
        .collect();
    assert!(paragraphs.len() >= 2, "they are not paragraphed alike: {paragraphs:?}");

    // Two versions of a story in one outlet are nobody else's passage.
    let update = ["oc-20311014-1435", "oc-20311014-0911"];
    for family in &families {
        let shared: Vec<_> = update.iter().filter(|d| family.documents().contains(*d)).collect();
        assert!(shared.len() < 2 || family.outlets().len() > 1, "{:?}", family.documents());
    }
    assert!(of(&update).is_none(), "nothing of the update is told elsewhere");
}
