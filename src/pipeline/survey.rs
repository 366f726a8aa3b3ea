//! The first pass: what each outlet repeats.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::block::Block;
use crate::boilerplate::lexicon::Padding;
use crate::boilerplate::line::{keys, line_key, written};
use crate::boilerplate::template::{Page, Pages, Survey, Templates};
use crate::config::Settings;
use crate::document::Document;
use crate::error::Result;
use crate::input::{Chunk, Corpus};
use crate::lines::Lines;
use crate::normalize::Edits;

use super::Progress;
use super::prepared::{Kept, Prepared};

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
    let (mut pages, mut counted) = (Pages::default(), Counted::default());
    let consumed = chunk.consumed;
    // What cannot be read is reported by the second pass, where all outputs are made.
    let mut add =
        |document: &Document, lines: &mut Lines| add(&mut pages, document, lines, &mut counted);
    let prepared = if may_be_kept {
        Some(Prepared::new(chunk, corpus, |parsed, lines| add(&parsed.document, lines)))
    } else {
        for parsed in chunk.documents(corpus).filter_map(|(_, parsed)| parsed.ok()) {
            add(&parsed.document, &mut Lines::of(&parsed.document.text));
        }
        None
    };
    Looked { consumed, pages, prepared }
}

/// The keys of a document, and what they are made with; the memory is used again for the next.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    all: Vec<u64>,
    padding: Padding,
}

/// Adds a document to what is seen, and the keys of its lines to these.
pub(crate) fn add(
    pages: &mut Pages,
    document: &Document,
    lines: &mut Lines,
    counted: &mut Counted,
) {
    let Counted { all, padding } = counted;
    let of = |(block, edits): (&Block, Option<&Edits>)| {
        keys(padding, &written(block.text(&document.text), edits))
    };
    lines.keys = lines.solid().map(of).collect();
    all.clear();
    all.extend(lines.keys.iter().flat_map(|keys| [Some(keys.line), keys.opening]).flatten());
    let headline = document.title.as_deref().map(|title| line_key(padding, title));
    pages.add(&Page {
        outlet: &document.outlet,
        url: document.url.as_deref(),
        text: &document.text,
        lang: document.lang.as_deref(),
        lines: all,
        headline,
    });
}
