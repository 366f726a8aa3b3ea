//! Anchors: equal words in two documents from which an alignment can grow.
//!
//! An anchor joins a document to a *hub*, the first that has the words. So a passage that ten thousand
//! documents share has ten thousand anchors.

use rayon::prelude::*;

use super::super::listing::Families;
use super::super::partitions::Item;
use super::super::sort::pair;
use super::super::windows::WindowHasher;
use super::super::{Family, WordStore};
use crate::error::Result;
use crate::hash;
use crate::spill::{Scratch, Sorted, Sorter};

/// No diagonal is less: documents have less than 2^30 words.
const LEAST_DIAGONAL: i64 = 1 << 31;

/// Equal words of two documents. The order is that in which they become runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Anchor {
    pub(super) hub: u32,
    pub(super) doc: u32,
    /// Where the document's words stand, seen from the hub's: the same for all anchors of a run.
    diagonal: i64,
    /// Their first word in the hub.
    pub(super) at: u32,
    pub(super) words: u32,
}

impl Anchor {
    fn new(hub: u32, at: u32, doc: u32, start: u32, words: u32) -> Self {
        Self { hub, doc, diagonal: i64::from(start) - i64::from(at), at, words }
    }

    /// Between two windows with equal words.
    pub(super) fn between(hub: Item, other: Item, words: u32) -> Self {
        Self::new(hub.doc, hub.place >> 2, other.doc, other.place >> 2, words)
    }

    /// As numbers in the same order.
    fn pack(self) -> [u64; 3] {
        let diagonal = (self.diagonal + LEAST_DIAGONAL).cast_unsigned() as u32;
        [pair(self.hub, self.doc), pair(diagonal, self.at), u64::from(self.words)]
    }

    fn unpack([docs, places, words]: [u64; 3]) -> Self {
        Self {
            hub: (docs >> 32) as u32,
            doc: docs as u32,
            diagonal: (places >> 32).cast_signed() - LEAST_DIAGONAL,
            at: places as u32,
            words: words as u32,
        }
    }

    /// Whether another one is of the same two documents.
    pub(super) fn is_of_pair(&self, other: &Self) -> bool {
        (self.hub, self.doc) == (other.hub, other.doc)
    }

    /// The first word in the document.
    pub(super) fn start(&self) -> u32 {
        u32::try_from(self.diagonal + i64::from(self.at)).unwrap_or(0)
    }

    /// Takes in the next anchor if it goes on where this one is.
    fn join(&mut self, next: &Self) -> bool {
        let same = (self.hub, self.doc, self.diagonal) == (next.hub, next.doc, next.diagonal);
        let joined = same && next.at <= self.at + self.words;
        if joined {
            self.words = self.words.max(next.at + next.words - self.at);
        }
        joined
    }
}

/// Takes anchors from many workers.
#[derive(Debug)]
pub(super) struct Sink(Sorter<3>);

impl Sink {
    pub(super) fn new(scratch: &Scratch) -> Self {
        Self(Sorter::new(scratch))
    }

    pub(super) fn add(&self, anchors: Vec<Anchor>) -> Result<()> {
        self.0.add(anchors.into_iter().map(Anchor::pack))
    }

    /// All anchors by pair of documents, those that follow one another made one.
    pub(super) fn runs(self) -> Result<Runs> {
        Ok(Runs { anchors: self.0.sorted()?, next: None })
    }
}

/// Runs of equal words, in order.
#[derive(Debug)]
pub(super) struct Runs {
    anchors: Sorted<3>,
    next: Option<Anchor>,
}

impl Iterator for Runs {
    type Item = Result<Anchor>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut run = self.next.take();
        for anchor in self.anchors.by_ref() {
            let anchor = match anchor {
                Ok(anchor) => Anchor::unpack(anchor),
                Err(error) => return Some(Err(error)),
            };
            let known = run.get_or_insert(anchor);
            if !known.join(&anchor) {
                self.next = Some(anchor);
                break;
            }
        }
        run.map(Ok)
    }
}

/// Anchors of what exact families have in common: their passage's document is the hub.
pub(super) fn of_families(
    store: &WordStore,
    families: &Families,
    least: u32,
    sink: &Sink,
) -> Result<()> {
    families.par_stints().try_for_each(|stint| {
        let mut anchors = Vec::new();
        for family in &stint?.1 {
            anchors.append(&mut of_family(store, family, least)?);
        }
        sink.add(anchors)
    })
}

fn of_family(store: &WordStore, family: &Family, least: u32) -> Result<Vec<Anchor>> {
    let passage = family.passage;
    let text = &*store.stretch(passage)?;
    let mut windows: Option<hash::Map<u32>> = None;
    let hasher = WindowHasher::new(least);
    let mut anchors = Vec::new();
    for &other in family.occurrences.iter().filter(|o| o.doc != passage.doc) {
        let its = &*store.stretch(other)?;
        if its == text {
            let length = passage.words();
            anchors.push(Anchor::new(passage.doc, passage.start, other.doc, other.start, length));
            continue;
        }
        let windows = windows.get_or_insert_with(|| {
            let mut firsts = hash::Map::default();
            hasher.each(text, |hash, window| {
                firsts.entry(hash).or_insert(window.start);
            });
            firsts
        });
        let mut end = 0;
        hasher.each(its, |hash, window| {
            if window.start < end {
                return;
            }
            let Some(&at) = windows.get(&hash) else { return };
            let pairs = text[at as usize..].iter().zip(&its[window.start as usize..]);
            let length = pairs.take_while(|(a, b)| a == b).count() as u32;
            if length >= window.end - window.start {
                let (at, start) = (passage.start + at, other.start + window.start);
                anchors.push(Anchor::new(passage.doc, at, other.doc, start, length));
                end = window.start + length;
            }
        });
    }
    Ok(anchors)
}
