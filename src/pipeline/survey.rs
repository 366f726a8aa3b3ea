//! The first pass: what each outlet repeats.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::boilerplate::lexicon::Padding;
use crate::boilerplate::line::{line_key, line_keys, written};
use crate::boilerplate::template::{Page, Pages, Survey, Templates};
use crate::config::Settings;
use crate::document::Document;
use crate::error::Result;
use crate::input::{Chunk, Corpus};

use super::Progress;
use super::prepared::{Kept, Lines, Prepared};

/// Surveys the corpus, and keeps what it has read of it as far as there is room.
pub(super) fn survey(
    settings: &Settings,
    corpus: &Corpus,
    progress: &dyn Progress,
) -> Result<(Templates, Kept)> {
    progress.begin("survey", corpus.bytes());
    let scratch = settings.scratch();
    let (mut survey, mut kept) = (Survey::new(&scratch), Kept::within(&scratch));
    let has_room = AtomicBool::new(true);
    settings.threads.map_ordered(
        corpus.read().map(Ok),
        |chunk| look(chunk, corpus, has_room.load(Ordering::Relaxed)),
        |Looked { consumed, pages, prepared }| {
            progress.advance(consumed);
            // Behind one that is not kept no other is.
            let is_next = has_room.load(Ordering::Relaxed);
            let is_kept = is_next && prepared.is_some_and(|prepared| kept.push(prepared));
            has_room.store(is_kept, Ordering::Relaxed);
            survey.add(pages)
        },
    )?;
    progress.end();
    Ok((survey.count()?, kept))
}

/// What is taken from a chunk.
struct Looked {
    consumed: u64,
    pages: Pages,
    /// Its documents, if they may be kept.
    prepared: Option<Prepared>,
}

fn look(chunk: Chunk, corpus: &Corpus, may_be_kept: bool) -> Looked {
    let (mut pages, mut keys) = (Pages::default(), Keys::default());
    let consumed = chunk.consumed;
    // What cannot be read is reported by the second pass, where all outputs are made.
    let mut add = |document: &Document, lines: &Lines| add(&mut pages, document, lines, &mut keys);
    let prepared = if may_be_kept {
        Some(Prepared::new(chunk, corpus, |parsed, lines| add(&parsed.document, lines)))
    } else {
        for parsed in chunk.documents(corpus).filter_map(|(_, parsed)| parsed.ok()) {
            add(&parsed.document, &Lines::of(&parsed.document.text));
        }
        None
    };
    Looked { consumed, pages, prepared }
}

/// The keys of a document's lines, and what they are made with; the memory is used again for the next.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    lines: Vec<u64>,
    padding: Padding,
}

/// Adds a document to what is seen.
pub(crate) fn add(pages: &mut Pages, document: &Document, its: &Lines, keys: &mut Keys) {
    let Keys { lines, padding } = keys;
    lines.clear();
    let solid = its.blocks.iter().zip(&its.normalised).filter(|(block, _)| !block.is_blank());
    for (block, edits) in solid {
        let body = block.text(&document.text);
        let (line, opening) = line_keys(padding, &written(body, edits.as_ref()));
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
