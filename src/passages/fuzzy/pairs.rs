//! Pairs of documents: from their runs of equal words to alignments.

use std::iter::Peekable;
use std::ops::Range;

use rayon::prelude::*;

use super::super::store::{Excerpt, Reader, Reading};
use super::super::windows::fifths;
use super::super::{Occurrence, WordStore};
use super::LEAST_SIMILARITY;
use super::align::{Aligner, Alignment};
use super::anchors::{Anchor, Runs};
use crate::error::Result;

/// Words that may stand between two alignments which are one passage: an inserted sentence or two.
const MOST_BETWEEN: u32 = 50;

/// Two places that read much the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Match {
    pub(super) hub: Occurrence,
    pub(super) other: Occurrence,
    /// Whether they read the same, word for word.
    pub(super) same: bool,
}

/// Runs that are aligned side by side, and those that one worker takes on at a time, in pairs.
const BATCH: usize = 1 << 16;
const STINT: usize = 64;

/// Aligns every pair of documents that has runs, and hands over what matches. The next runs are
/// gathered while pairs are aligned.
pub(super) fn align(
    store: &WordStore,
    runs: Runs,
    least: u32,
    mut take: impl FnMut(Vec<Match>) -> Result<()>,
) -> Result<()> {
    let mut runs = runs.peekable();
    let mut batch = next_batch(&mut runs)?;
    while !batch.is_empty() {
        let (matches, next) =
            rayon::join(|| align_batch(store, &batch, least), || next_batch(&mut runs));
        take(matches?)?;
        batch = next?;
    }
    Ok(())
}

/// The next runs, those of the last pair all; none at the end.
fn next_batch(runs: &mut Peekable<Runs>) -> Result<Vec<Anchor>> {
    let mut batch: Vec<Anchor> = Vec::with_capacity(BATCH);
    let is_full = |batch: &[Anchor], next: &Result<Anchor>| {
        let is_next = |last: &Anchor| next.as_ref().is_ok_and(|next| !last.is_of_pair(next));
        batch.len() >= BATCH && batch.last().is_some_and(is_next)
    };
    while let Some(run) = runs.next_if(|next| !is_full(&batch, next)) {
        batch.push(run?);
    }
    Ok(batch)
}

fn align_batch(store: &WordStore, runs: &[Anchor], least: u32) -> Result<Vec<Match>> {
    let pairs: Vec<&[Anchor]> = runs.chunk_by(Anchor::is_of_pair).collect();
    let aligned = pairs.par_chunks(STINT).map(|pairs| {
        let mut matches = Vec::new();
        let (mut hubs, mut others) =
            (store.reader(Reading::Anywhere), store.reader(Reading::Anywhere));
        let mut aligner = Aligner::default();
        for runs in pairs {
            let found = matches_of(runs, least, (&mut hubs, &mut others), &mut aligner)?;
            matches.extend(found);
        }
        Ok(matches)
    });
    let aligned: Vec<Vec<Match>> = aligned.collect::<Result<_>>()?;
    Ok(aligned.into_iter().flatten().collect())
}

/// Words around the runs that are read at first: most alignments end before, and the more seldom
/// documents are read whole, the better.
const MARGIN: u32 = 64;

/// What grows from the runs of two documents.
fn matches_of(
    runs: &[Anchor],
    least: u32,
    (hubs, others): (&mut Reader<'_>, &mut Reader<'_>),
    aligner: &mut Aligner,
) -> Result<Vec<Match>> {
    let hull = |doc: u32, start: fn(&Anchor) -> u32| Occurrence {
        doc,
        start: runs.iter().map(start).min().unwrap_or(0),
        end: runs.iter().map(|run| start(run) + run.words).max().unwrap_or(0),
    };
    let (hub, other) = (hull(runs[0].hub, |run| run.at), hull(runs[0].doc, Anchor::start));
    let mut margin = MARGIN;
    loop {
        let (one, other) = (hubs.excerpt(hub, margin)?, others.excerpt(other, margin)?);
        if let Some(matches) = (Pair { one, other, least, runs }).matches(aligner) {
            return Ok(matches);
        }
        margin = margin.saturating_mul(8);
    }
}

/// A pair of documents while it is aligned.
struct Pair<'p> {
    one: Excerpt<'p>,
    other: Excerpt<'p>,
    /// The least length of a passage in fifths of a word.
    least: u32,
    runs: &'p [Anchor],
}

impl Pair<'_> {
    /// None if the excerpts are too short to tell.
    fn matches(self, aligner: &mut Aligner) -> Option<Vec<Match>> {
        let Anchor { hub, doc, .. } = self.runs[0];
        let place =
            |doc, range: &Range<u32>| Occurrence { doc, start: range.start, end: range.end };
        let matches = chain(self.grow(aligner)?)
            .iter()
            .map(|found| Match {
                hub: place(hub, &found.a),
                other: place(doc, &found.b),
                same: found.is_whole(),
            })
            .collect();
        Some(matches)
    }

    /// Grows alignments from the runs, the longest first; a run that is part of an alignment has had
    /// its turn.
    fn grow(&self, aligner: &mut Aligner) -> Option<Vec<Alignment>> {
        let mut order: Vec<&Anchor> = self.runs.iter().collect();
        order.sort_by_key(|run| (std::cmp::Reverse(run.words), **run));
        let mut found: Vec<Alignment> = Vec::new();
        for run in order {
            let start = run.start();
            let is_part =
                |known: &Alignment| known.b.start <= start && start + run.words <= known.b.end;
            if found.iter().any(is_part) || !self.is_equal(run) {
                continue;
            }
            let run = [run.at, start, run.words];
            let grown = Alignment::around(self.one, self.other, run, aligner)?;
            let overlaps =
                |known: &Alignment| known.b.start < grown.b.end && grown.b.start < known.b.end;
            if self.is_long(&grown) && !found.iter().any(overlaps) {
                found.push(grown);
            }
        }
        found.sort_by_key(|alignment| alignment.b.start);
        Some(found)
    }

    /// Whether a run is one: what hashes alike may still differ.
    fn is_equal(&self, run: &Anchor) -> bool {
        let (at, start) = (run.at, run.start());
        let one = self.one.range(at..at + run.words);
        one.is_some_and(|one| Some(one) == self.other.range(start..start + run.words))
    }

    /// Long enough, with at most one word less of it equal, and similar enough.
    fn is_long(&self, found: &Alignment) -> bool {
        let length = |words: Option<&[u64]>| -> u32 {
            words.unwrap_or_default().iter().map(|&word| fifths(word)).sum()
        };
        let (a, b) = (self.one.range(found.a.clone()), self.other.range(found.b.clone()));
        let shorter = length(a).min(length(b));
        let both = found.a.len() as u32 + found.b.len() as u32;
        let equal = shorter * 2 * found.equal / both.max(1);
        shorter >= self.least && equal + 5 >= self.least && found.similarity() >= LEAST_SIMILARITY
    }
}

/// Joins alignments that follow one another in both documents with not too much between.
fn chain(alignments: Vec<Alignment>) -> Vec<Alignment> {
    let mut chained: Vec<Alignment> = Vec::new();
    for next in alignments {
        if let Some(last) = chained.last_mut() {
            let between = |end: u32, start: u32| start.checked_sub(end);
            let gaps = between(last.a.end, next.a.start).zip(between(last.b.end, next.b.start));
            let joined = Alignment {
                a: last.a.start..next.a.end,
                b: last.b.start..next.b.end,
                equal: last.equal + next.equal,
            };
            let close = gaps.is_some_and(|(a, b)| a.max(b) <= MOST_BETWEEN);
            if close && joined.similarity() >= LEAST_SIMILARITY {
                *last = joined;
                continue;
            }
        }
        chained.push(next);
    }
    chained
}
