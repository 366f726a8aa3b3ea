//! Places: stretches of a document that alignments agree on, and which places alignments join.
//!
//! Alignments of one passage with different documents end at slightly different words. Those that
//! overlap by four fifths of the longer are one place. It spans what most of them span and the exact
//! occurrences that belong to it: a chance word or two behind one of ten thousand copies does not
//! count, but a run that is equal word for word is never cut.

use std::cmp::Reverse;

use rayon::prelude::*;

use super::super::{Family, Occurrence};
use super::pairs::Match;

/// All places and what joins them.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// In order of document.
    pub(super) all: Vec<Occurrence>,
    /// Where the neighbours of each place begin in `neighbours`, and one more.
    firsts: Vec<u32>,
    neighbours: Vec<u32>,
}

impl Places {
    /// The places that alignments join to one, in order.
    pub(super) fn neighbours(&self, place: u32) -> &[u32] {
        let bounds = [self.firsts[place as usize], self.firsts[place as usize + 1]];
        &self.neighbours[bounds[0] as usize..bounds[1] as usize]
    }
}

/// A stretch of a document that an alignment or an exact family names.
#[derive(Debug, Clone, Copy)]
struct Span {
    at: Occurrence,
    /// The side of the match it is, or [`EXACT`].
    side: u32,
}

const EXACT: u32 = u32::MAX;

/// A place while spans gather in it.
#[derive(Debug)]
struct Draft {
    /// Its longest span.
    longest: Occurrence,
    spans: Vec<Span>,
}

/// Makes places of the matches' stretches.
pub(super) fn gather(matches: &[Match], exact: &[Family]) -> Places {
    let sides = matches.iter().flat_map(|m| [m.hub, m.other]);
    let mut spans: Vec<Span> = (0..).zip(sides).map(|(side, at)| Span { at, side }).collect();
    let exact = exact.iter().flat_map(|family| &family.occurrences);
    spans.extend(exact.map(|&at| Span { at, side: EXACT }));
    spans.par_sort_unstable_by_key(|span| {
        let Occurrence { doc, start, .. } = span.at;
        (doc, Reverse(span.at.words()), start, span.side)
    });
    let documents: Vec<&[Span]> = spans.chunk_by(|a, b| a.at.doc == b.at.doc).collect();
    let drafts: Vec<Vec<Draft>> = documents.into_par_iter().map(draft).collect();
    let mut all = Vec::new();
    let mut place_of = vec![0; 2 * matches.len()];
    for draft in drafts.iter().flatten() {
        for span in draft.spans.iter().filter(|span| span.side != EXACT) {
            place_of[span.side as usize] = all.len() as u32;
        }
        all.push(draft.extent());
    }
    join(all, &place_of)
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

/// Lists the neighbours. `place_of` names the places of the matches' sides, two a match.
fn join(all: Vec<Occurrence>, place_of: &[u32]) -> Places {
    let mut joints: Vec<(u32, u32)> =
        place_of.chunks(2).flat_map(|pair| [(pair[0], pair[1]), (pair[1], pair[0])]).collect();
    joints.par_sort_unstable();
    joints.dedup();
    let mut firsts = vec![0; all.len() + 1];
    for &(place, _) in &joints {
        firsts[place as usize + 1] += 1;
    }
    for place in 1..firsts.len() {
        firsts[place] += firsts[place - 1];
    }
    let neighbours = joints.into_iter().map(|(_, neighbour)| neighbour).collect();
    Places { all, firsts, neighbours }
}
