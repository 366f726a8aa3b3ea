//! Postings: where each window occurs that documents of two outlets have.
//!
//! Windows with one hash form a *class*. The way there: hash every window and let the
//! [`sieve`](super::sieve) drop what occurs once; write the rest down, by partition of the hash space;
//! sort each partition, and bring the members of classes that two outlets have back into document
//! order. A class is a list, however long: nothing here looks at pairs, and there is no cap on how
//! many documents may have a window. Whether windows that hash alike are alike is seen to at the end,
//! when texts are compared as texts.

use std::ops::Range;

use rayon::prelude::*;

use super::partitions::{Item, Partitions, Thrower};
use super::scatter::Scatter;
use super::sieve::{BYTES, Sieve};
use super::sort::{pair, sort_by_number};
use super::store::{Reading, WordStore};
use super::too_large;
use super::windows::{Window, WindowHasher};
use crate::error::Result;
use crate::spill::Scratch;

/// Bytes of the store that a worker hashes before it asks for more work.
const STINT: u64 = 1 << 21;
/// Windows a region of the sieve should be for: it then fits a core's own cache.
const REGION: u64 = 1 << 16;
const MOST_REGIONS: u64 = 1 << 10;
/// Windows a partition should hold: sorting is then inside a cache.
const PARTITION: u64 = 1 << 18;
const MOST_PARTITIONS: u64 = 1 << 12;
/// Bytes a window takes while its partition is sorted.
const ITEM: u64 = 2 * size_of::<Item>() as u64;
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
#[derive(Debug)]
pub(crate) struct Postings {
    /// Every member, in partitions for consecutive ranges of documents.
    lists: Partitions,
    /// The first class of each partition of the hash space.
    first_classes: Vec<u32>,
    /// Classes are numbered from 0.
    pub(crate) classes: u32,
}

impl Postings {
    /// How many lists there are.
    pub(crate) fn lists(&self) -> usize {
        self.lists.count()
    }

    /// The members of a range of documents, in document order.
    pub(crate) fn list(&self, number: usize) -> Result<Vec<Posting>> {
        let named = |Item { number, doc, place }: Item| {
            let (partition, class) = ((number >> 32) as usize, number as u32);
            Posting { doc, place, class: self.first_classes[partition] + class }
        };
        let mut list: Vec<Posting> = self.lists.read(number)?.into_iter().map(named).collect();
        sort_by_number(&mut list, |posting| pair(posting.doc, posting.place));
        Ok(list)
    }
}

/// Finds the classes of windows of at least `least` fifths of a word.
pub(crate) fn gather(store: &WordStore, least: u32, scratch: &Scratch) -> Result<Postings> {
    let seeds = Seeds { store, least };
    let sieve = seeds.sift(&scratch.part(2))?;
    let windows = seeds.collect(&sieve, &scratch.part(2))?;
    drop(sieve);
    classify(store, &windows, &scratch.part(2))
}

/// The windows of a corpus.
#[derive(Debug, Clone, Copy)]
struct Seeds<'s> {
    store: &'s WordStore,
    least: u32,
}

impl Seeds<'_> {
    /// First pass: which windows may occur twice.
    fn sift(self, scratch: &Scratch) -> Result<Vec<Sieve>> {
        let regions = (self.store.total_words() / REGION).next_power_of_two();
        let regions = regions.clamp(1, MOST_REGIONS);
        let bytes = (self.store.total_words() * BYTES).min(scratch.memory()) / regions;
        let sieves = Scatter::new((0..regions).map(|_| Sieve::new(bytes)));
        let add = |sieve: &mut Sieve, hashes: &[u64]| {
            sieve.fetch(hashes.iter().copied());
            hashes.iter().for_each(|&hash| sieve.add(hash));
        };
        self.each_stint(|stint| {
            let mut batches = sieves.batches(add);
            self.each(stint, |hash, _, _| {
                batches.push(part(hash, regions), hash);
                Ok(())
            })?;
            batches.finish();
            Ok(())
        })?;
        Ok(sieves.into_regions())
    }

    /// Second pass: the windows that pass the sieve, by their hash.
    fn collect(self, sieve: &[Sieve], scratch: &Scratch) -> Result<Partitions> {
        let words = self.store.total_words();
        let partitions = partitions_of(words, words * ITEM, scratch);
        let windows = Partitions::new(partitions as usize, rayon::current_num_threads(), scratch);
        self.each_stint(|stint| {
            let mut batch = Batch { sieve, held: Vec::new(), thrower: windows.thrower() };
            self.each(stint, |number, doc, window| {
                batch.push(Item { number, doc, place: window.place() })
            })?;
            batch.flush()?;
            batch.thrower.finish()
        })?;
        Ok(windows)
    }

    fn each_stint(self, work: impl Fn(Range<u32>) -> Result<()> + Sync + Send) -> Result<()> {
        self.store.stints(STINT).into_par_iter().try_for_each(work)
    }

    /// Calls `take` with the hash of every window of a range of documents.
    fn each(
        self,
        docs: Range<u32>,
        mut take: impl FnMut(u64, u32, Window) -> Result<()>,
    ) -> Result<()> {
        let hasher = WindowHasher::new(self.least);
        let mut reader = self.store.reader(Reading::Ahead);
        for doc in docs {
            hasher.try_each(reader.words(doc)?, |hash, window| take(hash, doc, window))?;
        }
        Ok(())
    }
}

/// Windows on their way through the sieve, so many that its cells are fetched together.
struct Batch<'b> {
    sieve: &'b [Sieve],
    held: Vec<Item>,
    thrower: Thrower<'b>,
}

/// Windows looked up together.
const BATCH: usize = 128;

impl Batch<'_> {
    fn push(&mut self, item: Item) -> Result<()> {
        self.held.push(item);
        if self.held.len() == BATCH { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        let region = |item: &Item| &self.sieve[part(item.number, self.sieve.len() as u64)];
        let cells = self.held.iter().map(|item| region(item).look(item.number));
        std::hint::black_box(cells.fold(0, |a, b| a ^ b));
        let partitions = self.thrower.count() as u64;
        for item in self.held.drain(..).filter(|item| {
            self.sieve[part(item.number, self.sieve.len() as u64)].passes(item.number)
        }) {
            self.thrower.push(part(item.number, partitions), item)?;
        }
        Ok(())
    }
}

/// How many partitions `items` that take `bytes` in memory need, if every worker holds one.
fn partitions_of(items: u64, bytes: u64, scratch: &Scratch) -> u64 {
    let room = (scratch.memory() / rayon::current_num_threads() as u64).max(1);
    bytes.div_ceil(room).max(items / PARTITION).clamp(1, MOST_PARTITIONS)
}

/// The part of a hash among equal parts of the hash space, by its top bits.
fn part(hash: u64, parts: u64) -> usize {
    (((hash >> 32) * parts) >> 32) as usize
}

/// Makes classes of windows that hash alike, unless one outlet has them all, and brings their members
/// into document order.
fn classify(store: &WordStore, windows: &Partitions, scratch: &Scratch) -> Result<Postings> {
    // As if every second window were shared; it is one in ten, and memory is not all there is.
    let words = store.total_words() / 2;
    let lists = partitions_of(words, words * ITEM, scratch).min(store.len().max(1) as u64) as usize;
    let docs_per_list = store.len().div_ceil(lists).max(1);
    let lists = Partitions::new(lists, rayon::current_num_threads(), &scratch.part(2));
    let classes: Vec<u64> = (0..windows.count())
        .into_par_iter()
        .map(|partition| {
            let (mut members, classes) = group(store, windows.read(partition)?, partition as u64);
            sort_by_number(&mut members, |item| pair(item.doc, item.place));
            let mut thrower = lists.thrower();
            for item in members {
                thrower.push(item.doc as usize / docs_per_list, item)?;
            }
            thrower.finish()?;
            Ok(classes)
        })
        .collect::<Result<_>>()?;
    let mut first_classes = Vec::with_capacity(classes.len());
    let mut total = 0;
    for classes in classes {
        first_classes.push(total as u32);
        total += classes;
    }
    if total > MOST_CLASSES {
        return Err(too_large("different shared windows", total));
    }
    Ok(Postings { lists, first_classes, classes: total as u32 })
}

/// The members of the classes of a partition, whose numbers say partition and class, and the number of
/// classes.
fn group(store: &WordStore, mut items: Vec<Item>, partition: u64) -> (Vec<Item>, u64) {
    items.sort_unstable();
    let (mut end, mut classes) = (0, 0);
    let mut start = 0;
    while start < items.len() {
        let alike = items[start..].iter().take_while(|i| i.number == items[start].number).count();
        let class = start..start + alike;
        start += alike;
        let outlet = |item: &Item| store.outlet(item.doc);
        let first = outlet(&items[class.start]);
        if items[class.clone()].iter().any(|item| outlet(item) != first) {
            for at in class {
                items[end] = Item { number: partition << 32 | classes, ..items[at] };
                end += 1;
            }
            classes += 1;
        }
    }
    items.truncate(end);
    (items, classes)
}
