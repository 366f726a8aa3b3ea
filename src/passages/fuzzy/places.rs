//! Places: stretches of a document that alignments agree on.
//!
//! Alignments of one passage with different documents end at slightly different words. Those that
//! overlap by four fifths of the longer are one place. It spans what most of them span and the exact
//! occurrences that belong to it: a chance word or two behind one of ten thousand copies does not
//! count, but a run that is equal word for word is never cut.

use std::cmp::Reverse;

use rayon::prelude::*;

use super::super::listing::Families;
use super::super::sort::pair;
use super::super::{Occurrence, too_large};
use super::pairs::Match;
use crate::error::Result;
use crate::spill::{Scratch, Sorter};

/// A stretch of a document that an alignment or an exact family names.
#[derive(Debug, Clone, Copy)]
struct Span {
    at: Occurrence,
    /// The side of the match it is, or [`EXACT`].
    side: u64,
    /// Whether the match's other side reads the same.
    same: bool,
}

const EXACT: u64 = u64::MAX;

/// All spans, by document, the longest first.
#[derive(Debug)]
pub(super) struct Spans {
    sorter: Sorter<3>,
    /// How many of them are sides of matches.
    sides: u64,
}

impl Spans {
    /// Those of the exact families, in so much memory.
    pub(super) fn of(exact: &Families, scratch: &Scratch) -> Result<Self> {
        let spans = Self { sorter: Sorter::new(scratch), sides: 0 };
        exact.par_stints().try_for_each(|stint| {
            let (_, families) = stint?;
            let all = families.iter().flat_map(|family| &family.occurrences);
            spans.sorter.add(all.map(|&at| Span { at, side: EXACT, same: true }.record()))
        })?;
        Ok(spans)
    }

    /// Adds both sides of matches.
    pub(super) fn add(&mut self, matches: &[Match]) -> Result<()> {
        let sides = matches.iter().flat_map(|m| [(m.hub, m.same), (m.other, m.same)]);
        let spans = (self.sides..).zip(sides).map(|(side, (at, same))| Span { at, side, same });
        self.sorter.add(spans.map(Span::record))?;
        self.sides += 2 * matches.len() as u64;
        Ok(())
    }
}

impl Span {
    fn record(self) -> [u64; 3] {
        let Occurrence { doc, start, .. } = self.at;
        [pair(doc, !self.at.words()), u64::from(start) << 1 | u64::from(self.same), self.side]
    }

    fn of([place, start, side]: [u64; 3]) -> Self {
        let (doc, words) = ((place >> 32) as u32, !(place as u32));
        let (start, same) = ((start >> 1) as u32, start & 1 == 1);
        Self { at: Occurrence { doc, start, end: start + words }, side, same }
    }
}

/// A place while spans gather in it.
#[derive(Debug)]
struct Draft {
    /// Its longest span.
    longest: Occurrence,
    spans: Vec<Span>,
}

/// The places of the corpus, numbered along the documents.
#[derive(Debug)]
pub(super) struct Drafted {
    /// Number, document and start, end.
    pub(super) places: Sorter<3>,
    pub(super) count: u32,
    /// Sides of matches with the place that each is part of: its number, doubled, and one more where the
    /// whole place reads like the other side. A match has two sides that follow one another, the
    /// first even.
    pub(super) sides: Sorter<2>,
}

/// Spans whose places are made side by side, at least.
const BATCH: usize = 1 << 16;

impl Drafted {
    /// Makes places of the spans.
    pub(super) fn of(spans: Spans, scratch: &Scratch) -> Result<Self> {
        let half = scratch.share(1, 2);
        let (places, sides) = (Sorter::new(&half), Sorter::new(&half));
        let mut drafted = Self { places, count: 0, sides };
        let mut batch: Vec<Span> = Vec::new();
        for span in spans.sorter.sorted()? {
            let span = Span::of(span?);
            let is_next = batch.last().is_some_and(|last| last.at.doc != span.at.doc);
            if is_next && batch.len() >= BATCH {
                drafted.add(&batch)?;
                batch.clear();
            }
            batch.push(span);
        }
        drafted.add(&batch)?;
        Ok(drafted)
    }

    /// Adds the places of some documents.
    fn add(&mut self, spans: &[Span]) -> Result<()> {
        let documents: Vec<&[Span]> = spans.chunk_by(|a, b| a.at.doc == b.at.doc).collect();
        let drafts: Vec<Vec<Draft>> = documents.into_par_iter().map(draft).collect();
        for draft in drafts.iter().flatten() {
            let number = self.count;
            if number == u32::MAX {
                return Err(too_large("places that read much the same", u64::from(number)));
            }
            self.count += 1;
            let at = draft.extent();
            let near = draft.spans.iter().filter(|span| span.side != EXACT);
            let side = |span: &Span| {
                let same = span.same && span.at == at;
                [span.side, u64::from(number) << 1 | u64::from(same)]
            };
            self.sides.add(near.map(side))?;
            self.places.add([[u64::from(number), pair(at.doc, at.start), u64::from(at.end)]])?;
        }
        Ok(())
    }
}

/// The places of one document.
fn draft(spans: &[Span]) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = Vec::new();
    for &span in spans {
        let known = drafts.iter_mut().find(|draft| draft.is_much_of(span.at));
        match known {
            Some(draft) => draft.spans.push(span),
            None => drafts.push(Draft { longest: span.at, spans: vec![span] }),
        }
    }
    drafts.retain(|draft| draft.spans.iter().any(|span| span.side != EXACT));
    drafts
}

impl Draft {
    /// Whether a span that is not longer overlaps with four fifths.
    fn is_much_of(&self, span: Occurrence) -> bool {
        let overlap =
            self.longest.end.min(span.end).saturating_sub(self.longest.start.max(span.start));
        5 * u64::from(overlap) >= 4 * u64::from(self.longest.words())
    }

    /// The stretch that most alignments name, with all the exact ones.
    fn extent(&self) -> Occurrence {
        let (exact, mut near): (Vec<Span>, Vec<Span>) =
            self.spans.iter().partition(|span| span.side == EXACT);
        near.sort_unstable_by_key(|span| span.at);
        let most = near
            .chunk_by(|a, b| a.at == b.at)
            .max_by_key(|same| (same.len(), same[0].at.words(), Reverse(same[0].at)))
            .map_or(self.longest, |same| same[0].at);
        exact.iter().fold(most, |extent, span| Occurrence {
            start: extent.start.min(span.at.start),
            end: extent.end.max(span.at.end),
            ..extent
        })
    }
}
