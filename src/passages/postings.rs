//! Postings: where each window occurs that documents of two outlets have.
//!
//! Windows that share their words form a *class*. The way there: hash every window and let the
//! [`sieve`](super::sieve) drop those of one outlet; write the rest down, by region of the hash
//! space; sort each region; compare the words of what hashes alike; and bring the classes' members
//! back into document order. A class is a list, however long: nothing here looks at pairs, and
//! there is no cap on how many documents may have a window.

use rayon::prelude::*;

use super::scatter::{Batches, Scatter};
use super::sieve::{Sieve, Slotting};
use super::sort::{pair, sort_by_number};
use super::store::WordStore;
use super::too_large;
use super::windows::{Window, WindowHasher};
use crate::error::Result;

/// Words a worker hashes before it asks for more work.
const STINT: u64 = 1 << 20;
/// Windows a region should hold: its sieve then fits a core's own cache.
const REGION: u64 = 1 << 16;
const MOST_REGIONS: u64 = 1 << 10;
/// The numbers above have other meanings in [`super::paths`].
const MOST_CLASSES: u64 = u32::MAX as u64 - 2;

/// One window of a class.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Posting {
    pub(crate) doc: u32,
    /// [`Window::place`].
    pub(crate) place: u32,
    pub(crate) class: u32,
}

/// All classes with members in two or more outlets.
#[derive(Debug, Default)]
pub(crate) struct Postings {
    /// Every member, in document order, in lists for consecutive ranges of documents.
    pub(crate) lists: Vec<Vec<Posting>>,
    /// Classes are numbered from 0.
    pub(crate) classes: u32,
}

/// A window on its way to its class.
#[derive(Debug, Clone, Copy, Default)]
struct Seed {
    hash: u64,
    doc: u32,
    place: u32,
}

/// Finds the classes of windows of at least `least` fifths of a word.
pub(crate) fn gather(store: &WordStore, least: u32) -> Result<Postings> {
    let sieves = sift(store, least);
    let seeds = collect_seeds(store, least, sieves);
    let groups: Vec<Groups> = seeds.into_par_iter().map(|s| group(store, least, s)).collect();
    into_document_order(store, groups)
}

/// First pass: which windows may be shared.
fn sift(store: &WordStore, least: u32) -> Scatter<Sieve> {
    let slotting = Slotting::new(store.outlets().iter().copied().max().unwrap_or(0));
    let regions = (store.total_words() / REGION).next_power_of_two().clamp(1, MOST_REGIONS);
    let room = store.total_words() / regions;
    let sieves = Scatter::new((0..regions).map(|_| Sieve::new(room, slotting)));
    let add = |sieve: &mut Sieve, batch: &[(u64, u32)]| {
        sieve.fetch(batch.iter().map(|&(hash, _)| hash));
        for &(hash, outlet) in batch {
            sieve.add(hash, outlet);
        }
    };
    throw(store, least, regions, || sieves.batches(add), |hash, doc, _| (hash, store.outlet(doc)));
    sieves
}

/// Second pass: the windows that pass the sieve, by region.
fn collect_seeds(store: &WordStore, least: u32, sieves: Scatter<Sieve>) -> Vec<Vec<Seed>> {
    let regions = sieves.into_regions();
    let count = regions.len() as u64;
    let pans = Scatter::new(regions.into_iter().map(|sieve| (sieve, Vec::new())));
    let pan = |(sieve, seeds): &mut (Sieve, Vec<Seed>), batch: &[Seed]| {
        sieve.fetch(batch.iter().map(|seed| seed.hash));
        seeds.extend(batch.iter().filter(|seed| sieve.passes(seed.hash)));
    };
    let seed = |hash, doc, window: Window| Seed { hash, doc, place: window.place() };
    throw(store, least, count, || pans.batches(pan), seed);
    pans.into_regions().into_iter().map(|(_, seeds)| seeds).collect()
}

/// Hashes every window of every document and throws what `item` makes of it at its hash's region.
fn throw<'a, T, R, F>(
    store: &WordStore,
    least: u32,
    regions: u64,
    batches: impl Fn() -> Batches<'a, T, R, F> + Sync,
    item: impl Fn(u64, u32, Window) -> T + Sync,
) where
    T: Copy,
    R: Send + 'a,
    F: Fn(&mut R, &[T]),
{
    let hasher = WindowHasher::new(least);
    store.stints(STINT).into_par_iter().for_each(|docs| {
        let mut batches = batches();
        for doc in docs {
            hasher.each(store.words(doc), |hash, window| {
                batches.push(region(hash, regions), item(hash, doc, window));
            });
        }
        batches.finish();
    });
}

/// The region of a hash, by its top bits.
fn region(hash: u64, regions: u64) -> usize {
    (((hash >> 32) * regions) >> 32) as usize
}

/// The classes of one region, numbered from 0, with their members.
#[derive(Debug, Default)]
struct Groups {
    postings: Vec<Posting>,
    classes: u32,
}

impl Groups {
    /// Makes a class of windows with equal words, unless one outlet has them all.
    fn add(&mut self, store: &WordStore, seeds: &[Seed]) {
        let outlet = |seed: &Seed| store.outlet(seed.doc);
        if seeds.iter().any(|seed| outlet(seed) != outlet(&seeds[0])) {
            let class = self.classes;
            let posting = |&Seed { doc, place, .. }: &Seed| Posting { doc, place, class };
            self.postings.extend(seeds.iter().map(posting));
            self.classes += 1;
        }
    }
}

/// Sorts a region and makes classes of its windows. Those that merely hash alike part here.
fn group(store: &WordStore, least: u32, mut seeds: Vec<Seed>) -> Groups {
    let place = |seed: &Seed| u128::from(pair(seed.doc, seed.place));
    sort_by_number(&mut seeds, |seed| u128::from(seed.hash) << 64 | place(seed));
    let words = |seed: &Seed| words_at(store, least, seed);
    let mut groups = Groups::default();
    for alike in seeds.chunk_by_mut(|a, b| a.hash == b.hash) {
        if alike.len() < 2 {
            continue;
        }
        let first = words(&alike[0]);
        if alike.iter().all(|seed| words(seed) == first) {
            groups.add(store, alike);
        } else {
            alike.sort_by(|a, b| words(a).cmp(words(b)));
            alike.chunk_by(|a, b| words(a) == words(b)).for_each(|same| groups.add(store, same));
        }
    }
    groups
}

fn words_at<'a>(store: &'a WordStore, least: u32, seed: &Seed) -> &'a [u64] {
    let words = store.words(seed.doc);
    let window = Window::from_place(words, seed.place, least);
    window.map_or(&[], |window| &words[window.start as usize..window.end as usize])
}

/// Numbers the classes throughout and sorts their members by document and place.
fn into_document_order(store: &WordStore, groups: Vec<Groups>) -> Result<Postings> {
    let mut first_classes = Vec::with_capacity(groups.len());
    let mut classes = 0;
    for group in &groups {
        first_classes.push(classes as u32);
        classes += u64::from(group.classes);
    }
    if classes > MOST_CLASSES {
        return Err(too_large("different shared windows", classes));
    }
    let docs_per_list = docs_per_list(store);
    let lists = Scatter::new((0..store.len().div_ceil(docs_per_list)).map(|_| Vec::new()));
    groups.into_par_iter().zip(first_classes).for_each(|(group, first)| {
        let mut batches = lists.batches(|list: &mut Vec<Posting>, batch: &[Posting]| {
            list.extend_from_slice(batch);
        });
        for posting in group.postings {
            let numbered = Posting { class: first + posting.class, ..posting };
            batches.push(posting.doc as usize / docs_per_list, numbered);
        }
        batches.finish();
    });
    let mut lists = lists.into_regions();
    lists
        .par_iter_mut()
        .for_each(|list| sort_by_number(list, |posting| pair(posting.doc, posting.place)));
    Ok(Postings { lists, classes: classes as u32 })
}

/// About 65,536 words' worth, so that a list is sorted inside a cache.
fn docs_per_list(store: &WordStore) -> usize {
    let lists = (store.total_words() / REGION).clamp(1, MOST_REGIONS) as usize;
    store.len().div_ceil(lists).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_that_only_hash_alike_part() {
        let mut store = WordStore::new();
        for (outlet, words) in [(0, [2, 4]), (1, [6, 8]), (2, [2, 4]), (2, [10, 12]), (3, [6, 8])] {
            store.push(outlet, &words);
        }
        let seeds = (0..5).map(|doc| Seed { hash: 1, doc, place: 0 }).collect();
        let Groups { postings, classes } = group(&store, 10, seeds);
        let members: Vec<_> = postings.iter().map(|posting| (posting.doc, posting.class)).collect();
        assert_eq!((members, classes), (vec![(0, 0), (2, 0), (1, 1), (4, 1)], 2));
    }
}
