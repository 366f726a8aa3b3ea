//! Labelled documents: records whose lines say whether they are the article's.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::block::Block;
use crate::document::Document;
use crate::error::{Error, Result};
use crate::input::{Chunk, Corpus};
use crate::lines::Lines;

/// Folds for cross-validation, by site.
pub(super) const FOLDS: u8 = 5;

/// A labelled document.
#[derive(Debug)]
pub(super) struct Example {
    pub(super) document: Document,
    pub(super) lines: Lines,
    /// For every line that is not blank: whether it is boilerplate, where that is known.
    pub(super) labels: Vec<Option<bool>>,
    pub(super) fold: u8,
    /// How much it counts beside others.
    pub(super) weight: f64,
}

/// What a labelled record has beside its text.
#[derive(Debug, Deserialize)]
struct Gold {
    #[serde(default)]
    source: String,
    #[serde(default)]
    site: String,
    /// How the text was made; outlets' repetitions are counted within one.
    #[serde(default)]
    flavour: String,
    /// How much the document counts beside others.
    #[serde(default = "one")]
    weight: f64,
    lines: Vec<GoldLine>,
}

fn one() -> f64 {
    1.0
}

#[derive(Debug, Deserialize)]
struct GoldLine {
    label: String,
}

/// Reads all labelled documents. An outlet's documents of different flavours are taken for those of
/// different outlets.
pub(super) fn read(corpus: &Corpus) -> Result<Vec<Example>> {
    let mut examples = Vec::new();
    let mut sites: BTreeMap<String, (String, usize)> = BTreeMap::new();
    let mut of = Vec::new();
    for chunk in corpus.read() {
        for (i, parsed) in chunk.documents(corpus) {
            let mut document = parsed
                .map_err(|reject| {
                    Error::config(format!(
                        "{}, record {}: {}",
                        reject.file, reject.record, reject.reason
                    ))
                })?
                .document;
            let gold = labels(&chunk, i, &document)?;
            let site =
                if gold.site.is_empty() { document.outlet.clone() } else { gold.site.clone() };
            sites.entry(site.clone()).or_insert((gold.source.clone(), 0)).1 +=
                document.text.chars().count();
            document.outlet.push('\u{1F}');
            document.outlet.push_str(&gold.flavour);
            examples.push(example(document, &gold)?);
            of.push(site);
        }
    }
    let folds = folds(&sites);
    for (example, site) in examples.iter_mut().zip(of) {
        example.fold = folds[&site];
    }
    Ok(examples)
}

fn labels(chunk: &Chunk, i: usize, document: &Document) -> Result<Gold> {
    let Some((line, _)) = chunk.line(i, document) else {
        return Err(Error::config(format!(
            "{}: labelled documents are lines of JSON",
            document.id
        )));
    };
    serde_json::from_slice(line)
        .map_err(|e| Error::config(format!("{}: `lines` with labels: {e}", document.id)))
}

fn example(document: Document, gold: &Gold) -> Result<Example> {
    let text = &document.text;
    let mut at = 0;
    let mut ends = Vec::new();
    for row in text.split('\n') {
        at += row.len() + 1;
        if !row.trim().is_empty() {
            ends.push(at);
        }
    }
    if ends.len() != gold.lines.len() {
        return Err(Error::config(format!(
            "{}: {} lines, {} labels",
            document.id,
            ends.len(),
            gold.lines.len()
        )));
    }
    if !(gold.weight >= 0.0 && gold.weight.is_finite()) {
        let what = format!("{}: a weight is a number from 0 on, not {}", document.id, gold.weight);
        return Err(Error::config(what));
    }
    let lines = Lines::of(text);
    let label = |block: &Block| {
        let line = ends.partition_point(|&end| end <= block.body.start);
        match gold.lines.get(line)?.label.as_str() {
            "content" => Some(false),
            "boilerplate" => Some(true),
            _ => None,
        }
    };
    let labels = lines.solid().map(|(block, _)| label(block)).collect();
    Ok(Example { lines, labels, fold: 0, weight: gold.weight, document })
}

/// Sites by size, each to the lightest fold of its source.
fn folds(sites: &BTreeMap<String, (String, usize)>) -> BTreeMap<String, u8> {
    let mut order: Vec<_> = sites.iter().collect();
    order.sort_by_key(|(site, (_, size))| (std::cmp::Reverse(*size), (*site).clone()));
    let mut loads: BTreeMap<&str, [usize; FOLDS as usize]> = BTreeMap::new();
    let mut folds = BTreeMap::new();
    for (site, (source, size)) in order {
        let load = loads.entry(source).or_default();
        let fold = (0..FOLDS).min_by_key(|&fold| load[fold as usize]).unwrap_or(0);
        load[fold as usize] += size;
        folds.insert(site.clone(), fold);
    }
    folds
}
