//! The first pass: what each outlet repeats.

use crate::boilerplate::lexicon::Padding;
use crate::boilerplate::line::{line_key, line_keys};
use crate::boilerplate::template::{Page, Pages, Survey, Templates};
use crate::config::Settings;
use crate::document::Document;
use crate::error::Result;
use crate::input::{Chunk, Corpus};
use crate::segment::segment;

use super::Progress;

/// Surveys the corpus.
pub(super) fn survey(
    settings: &Settings,
    corpus: &Corpus,
    progress: &dyn Progress,
) -> Result<Templates> {
    progress.begin("survey", corpus.bytes());
    let mut survey = Survey::new(&settings.scratch());
    settings.threads.map_ordered(
        corpus.read().map(Ok),
        |chunk| (chunk.consumed, look(&chunk, corpus)),
        |(consumed, pages)| {
            progress.advance(consumed);
            survey.add(pages)
        },
    )?;
    progress.end();
    survey.count()
}

fn look(chunk: &Chunk, corpus: &Corpus) -> Pages {
    let (mut pages, mut keys) = (Pages::default(), Keys::default());
    // What cannot be read is reported by the second pass, where all outputs are made.
    for parsed in chunk.documents(corpus).filter_map(|(_, parsed)| parsed.ok()) {
        add(&mut pages, &parsed.document, &mut keys);
    }
    pages
}

/// The keys of a document's lines, and what they are made with; the memory is used again for the next.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    lines: Vec<u64>,
    padding: Padding,
}

/// Adds a document to what is seen.
pub(crate) fn add(pages: &mut Pages, document: &Document, keys: &mut Keys) {
    let Keys { lines, padding } = keys;
    lines.clear();
    for block in segment(&document.text).iter().filter(|block| !block.is_blank()) {
        let (line, opening) = line_keys(padding, block.text(&document.text));
        lines.push(line);
        lines.extend(opening);
    }
    let headline = document.title.as_deref().map(|title| line_key(padding, title));
    pages.add(&Page {
        outlet: &document.outlet,
        url: document.url.as_deref(),
        text: &document.text,
        lang: document.lang.as_deref(),
        lines,
        headline,
    });
}
