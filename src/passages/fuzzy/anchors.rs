//! Anchors: equal words in two documents from which an alignment can grow.
//!
//! An anchor joins a document to a *hub*, the first that has the words. So a passage that ten thousand
//! documents share has ten thousand anchors.

use std::collections::HashMap;

use rayon::prelude::*;

use super::super::postings::{Posting, gather};
use super::super::store::Reading;
use super::super::windows::{Window, WindowHasher};
use super::super::{Family, WordStore};
use crate::error::Result;
use crate::spill::Scratch;

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

/// Sorts anchors by pair of documents and makes one of those that follow one another.
pub(super) fn into_runs(mut anchors: Vec<Anchor>) -> Vec<Anchor> {
    anchors.par_sort_unstable();
    anchors.dedup_by(|next, run| run.join(next));
    anchors
}

/// Anchors of what exact families have in common: their passage's document is the hub.
pub(super) fn of_families(
    store: &WordStore,
    families: &[Family],
    least: u32,
) -> Result<Vec<Anchor>> {
    let anchors: Vec<Vec<Anchor>> = families
        .par_iter()
        .map(|family| of_family(store, family, least))
        .collect::<Result<_>>()?;
    Ok(anchors.into_iter().flatten().collect())
}

fn of_family(store: &WordStore, family: &Family, least: u32) -> Result<Vec<Anchor>> {
    let passage = family.passage;
    let text = &store.stretch(passage)?[..];
    let mut windows: Option<HashMap<u64, u32>> = None;
    let hasher = WindowHasher::new(least);
    let mut anchors = Vec::new();
    for &other in family.occurrences.iter().filter(|o| o.doc != passage.doc) {
        let its = &store.stretch(other)?[..];
        if its == text {
            let length = passage.words();
            anchors.push(Anchor::new(passage.doc, passage.start, other.doc, other.start, length));
            continue;
        }
        let windows = windows.get_or_insert_with(|| {
            let mut firsts = HashMap::new();
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

/// Anchors of every short window that two outlets have: to the first document that has it, and to
/// the one before.
pub(super) fn of_seeds(store: &WordStore, least: u32, scratch: &Scratch) -> Result<Vec<Anchor>> {
    let postings = gather(store, least, scratch)?;
    let mut known: Vec<Option<(Posting, Posting)>> = vec![None; postings.classes as usize];
    let mut anchors = Vec::new();
    let mut reader = store.reader(Reading::Ahead);
    for list in 0..postings.lists() {
        for posting in postings.list(list)? {
            let slot = &mut known[posting.class as usize];
            let (first, before) = *slot.get_or_insert((posting, posting));
            *slot = Some((first, posting));
            let words = reader.words(posting.doc)?;
            let Some(window) = Window::from_place(words, posting.place, least) else { continue };
            let length = window.end - window.start;
            let anchor = |hub: Posting| {
                Anchor::new(hub.doc, hub.place >> 2, posting.doc, window.start, length)
            };
            if first.doc != posting.doc {
                anchors.push(anchor(first));
            }
            if before.doc != posting.doc && before.doc != first.doc {
                anchors.push(anchor(before));
            }
        }
    }
    Ok(anchors)
}
