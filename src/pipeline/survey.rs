//! The first pass: what each outlet repeats.

use crate::boilerplate::line::{line_key, opening_key};
use crate::boilerplate::template::{Page, Survey, Templates};
use crate::document::Document;
use crate::engine::Threads;
use crate::error::Result;
use crate::input::{Chunk, Corpus};
use crate::segment::segment;

use super::Progress;

/// Surveys the corpus.
pub(super) fn survey(
    corpus: &Corpus,
    threads: Threads,
    progress: &dyn Progress,
) -> Result<Templates> {
    progress.begin("survey", corpus.bytes());
    let mut survey = Survey::default();
    threads.map_ordered(
        corpus.read().map(Ok),
        |chunk| (chunk.consumed, look(&chunk, corpus)),
        |(consumed, seen)| {
            survey.merge(seen);
            progress.advance(consumed);
            Ok(())
        },
    )?;
    progress.end();
    Ok(survey.count())
}

fn look(chunk: &Chunk, corpus: &Corpus) -> Survey {
    let mut survey = Survey::default();
    let mut keys = Vec::new();
    // What cannot be read is reported by the second pass, where all outputs are made.
    for parsed in (0..chunk.frames.len()).filter_map(|i| chunk.parse(i, corpus).ok()) {
        add(&mut survey, &parsed.document, &mut keys);
    }
    survey
}

/// Adds a document to a survey; `keys` is scratch space.
pub(crate) fn add(survey: &mut Survey, document: &Document, keys: &mut Vec<u64>) {
    let mut padded = String::new();
    keys.clear();
    for block in segment(&document.text).iter().filter(|block| !block.is_blank()) {
        keys.push(line_key(&mut padded, block.text(&document.text)));
        keys.extend(opening_key(&padded));
    }
    let headline = document.title.as_deref().map(|title| line_key(&mut padded, title));
    survey.add(&Page {
        outlet: &document.outlet,
        url: document.url.as_deref(),
        text: &document.text,
        lang: document.lang.as_deref(),
        lines: keys,
        headline,
    });
}
