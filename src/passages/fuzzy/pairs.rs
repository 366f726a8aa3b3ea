//! Pairs of documents: from their runs of equal words to alignments.

use rayon::prelude::*;

use super::super::store::Reading;
use super::super::windows::fifths;
use super::super::{Occurrence, WordStore};
use super::LEAST_SIMILARITY;
use super::align::Alignment;
use super::anchors::{Anchor, Runs};
use crate::error::Result;

/// Words that may stand between two alignments which are one passage: an inserted sentence or two.
const MOST_BETWEEN: u32 = 50;

/// Words on either side of a short run in which more equal ones must stand.
const NEAR: usize = 10;

/// Two places that read much the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Match {
    pub(super) hub: Occurrence,
    pub(super) other: Occurrence,
}

/// Runs that are aligned side by side, and those that one worker takes on at a time, in pairs.
const BATCH: usize = 1 << 16;
const STINT: usize = 64;

/// Aligns every pair of documents that has runs.
pub(super) fn align(store: &WordStore, runs: Runs, least: u32) -> Result<Vec<Match>> {
    let mut matches = Vec::new();
    let mut batch: Vec<Anchor> = Vec::with_capacity(BATCH);
    for run in runs {
        let run = run?;
        let is_next = batch.last().is_some_and(|last| !last.is_of_pair(&run));
        if is_next && batch.len() >= BATCH {
            matches.append(&mut align_batch(store, &batch, least)?);
            batch.clear();
        }
        batch.push(run);
    }
    matches.append(&mut align_batch(store, &batch, least)?);
    Ok(matches)
}

fn align_batch(store: &WordStore, runs: &[Anchor], least: u32) -> Result<Vec<Match>> {
    let pairs: Vec<&[Anchor]> = runs.chunk_by(Anchor::is_of_pair).collect();
    let aligned = pairs.par_chunks(STINT).map(|pairs| {
        let mut matches = Vec::new();
        let (mut hubs, mut others) =
            (store.reader(Reading::Anywhere), store.reader(Reading::Anywhere));
        for runs in pairs {
            let (one, other) = (hubs.words(runs[0].hub)?, others.words(runs[0].doc)?);
            matches.append(&mut Pair { one, other, least, runs }.matches());
        }
        Ok(matches)
    });
    let aligned: Vec<Vec<Match>> = aligned.collect::<Result<_>>()?;
    Ok(aligned.into_iter().flatten().collect())
}

/// A pair of documents while it is aligned.
struct Pair<'p> {
    one: &'p [u64],
    other: &'p [u64],
    /// The least length of a passage in fifths of a word.
    least: u32,
    runs: &'p [Anchor],
}

impl Pair<'_> {
    fn matches(self) -> Vec<Match> {
        let Anchor { hub, doc, .. } = self.runs[0];
        let place = |doc, range: &std::ops::Range<u32>| Occurrence {
            doc,
            start: range.start,
            end: range.end,
        };
        let grown = self.grow();
        let chained = chain(grown);
        chained
            .iter()
            .map(|found| Match { hub: place(hub, &found.a), other: place(doc, &found.b) })
            .collect()
    }

    /// Grows alignments from the runs, the longest first; a run that is part of an alignment has had
    /// its turn.
    fn grow(&self) -> Vec<Alignment> {
        let mut order: Vec<&Anchor> = self.runs.iter().collect();
        order.sort_by_key(|run| (std::cmp::Reverse(run.words), **run));
        let mut found: Vec<Alignment> = Vec::new();
        for run in order {
            let start = run.start();
            let is_part =
                |known: &Alignment| known.b.start <= start && start + run.words <= known.b.end;
            if found.iter().any(is_part) || !self.is_promising(run) {
                continue;
            }
            let grown = Alignment::around(self.one, self.other, run.at, start, run.words);
            let overlaps =
                |known: &Alignment| known.b.start < grown.b.end && grown.b.start < known.b.end;
            if self.is_long(&grown) && !found.iter().any(overlaps) {
                found.push(grown);
            }
        }
        found.sort_by_key(|alignment| alignment.b.start);
        found
    }

    /// Whether a run is one, and enough equal words may stand around it if it is short, on its diagonal or one next to it. Most
    /// short runs are turns of phrase; this spares nine tenths of them the alignment.
    fn is_promising(&self, run: &Anchor) -> bool {
        let (a, b) = (run.at as usize, run.start() as usize);
        let length = run.words as usize;
        // What hashes alike may still differ.
        if self.one.get(a..a + length) != self.other.get(b..b + length) {
            return false;
        }
        let weight = |words: &[u64]| words.iter().map(|&word| fifths(word)).sum::<u32>();
        let known = weight(&self.one[a..a + length]);
        let missing = self.least.saturating_sub(5 + known);
        if missing == 0 {
            return true;
        }
        let common = |pairs: &mut dyn Iterator<Item = (&u64, &u64)>| -> u32 {
            let equal = pairs.take(NEAR).filter(|(x, y)| x == y);
            equal.map(|(&word, _)| fifths(word)).sum()
        };
        let (end_a, end_b) = (a + length, b + length);
        let (mut before, mut behind) = (0, 0);
        for (skip_a, skip_b) in [(0, 0), (1, 0), (0, 1)] {
            let one = self.one.get(end_a + skip_a..).unwrap_or_default();
            let other = self.other.get(end_b + skip_b..).unwrap_or_default();
            behind = behind.max(common(&mut one.iter().zip(other)));
            let one = &self.one[..a.saturating_sub(skip_a)];
            let other = &self.other[..b.saturating_sub(skip_b)];
            before = before.max(common(&mut one.iter().rev().zip(other.iter().rev())));
        }
        before + behind >= missing
    }

    /// Long enough, with at most one word less of it equal, and similar enough.
    fn is_long(&self, found: &Alignment) -> bool {
        let length = |words: &[u64], range: &std::ops::Range<u32>| -> u32 {
            words[range.start as usize..range.end as usize].iter().map(|&word| fifths(word)).sum()
        };
        let shorter = length(self.one, &found.a).min(length(self.other, &found.b));
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
