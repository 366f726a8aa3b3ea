//! Seeds: the windows that may occur more than once, by partition of the hash space.
//!
//! Every window is hashed twice: first for the [`sieve`](super::sieve), which tells what occurs once, then
//! to write the rest down.

use std::ops::Range;

use rayon::prelude::*;

use super::partitions::{Item, Packed, Partitions, Thrower};
use super::scatter::Scatter;
use super::sieve::{BYTES, Sieve};
use super::store::{Reading, STINT, WordStore};
use super::windows::{Window, WindowHasher};
use crate::error::Result;
use crate::spill::Scratch;

/// Windows a region of the sieve should be for: it then fits a core's own cache.
const REGION: u64 = 1 << 16;
const MOST_REGIONS: u64 = 1 << 10;
/// Windows a partition should hold: sorting is then inside a cache.
const PARTITION: u64 = 1 << 18;
const MOST_PARTITIONS: u64 = 1 << 12;

/// A window that may occur more than once.
pub(crate) trait Seed: Packed + Sync {
    /// What is found out about a document once for all its windows.
    type Page: Default;

    /// Looks at a document's words.
    fn read(words: &[u64], page: &mut Self::Page);

    /// A window of the document that was read last.
    fn new(item: Item, window: Window, page: &Self::Page) -> Self;

    /// Its hash.
    fn hash(&self) -> u64;
}

/// Plain windows.
impl Seed for Item {
    type Page = ();

    fn read(_: &[u64], (): &mut ()) {}

    fn new(item: Item, _: Window, (): &()) -> Self {
        item
    }

    fn hash(&self) -> u64 {
        self.number
    }
}

/// Finds the windows of at least `least` fifths of a word that may occur more than once.
pub(crate) fn find<T: Seed>(
    store: &WordStore,
    least: u32,
    scratch: &Scratch,
) -> Result<Partitions<T>> {
    let corpus = Corpus { store, least };
    let sieve = corpus.sift(&scratch.share(2, 3))?;
    corpus.collect(&sieve, &scratch.share(1, 3))
}

/// The windows of a corpus.
#[derive(Debug, Clone, Copy)]
struct Corpus<'s> {
    store: &'s WordStore,
    least: u32,
}

impl Corpus<'_> {
    /// First pass: which windows may occur twice.
    fn sift(self, scratch: &Scratch) -> Result<Vec<Sieve>> {
        let regions = (self.store.total_words() / REGION).next_power_of_two();
        let regions = regions.clamp(1, MOST_REGIONS);
        let bytes = (self.store.total_words() * BYTES).min(scratch.memory()) / regions;
        let sieves = Scatter::new((0..regions).map(|_| Sieve::new(bytes)));
        let add = |sieve: &mut Sieve, hashes: &[u64]| {
            sieve.fetch(hashes.iter().copied());
            for &hash in hashes {
                sieve.add(hash);
            }
        };
        self.each_stint(|stint| {
            let mut batches = sieves.batches(add);
            self.each_document(stint, |_, words, hasher| {
                hasher.each(words, |hash, _| batches.push(part(hash, regions), hash));
                Ok(())
            })?;
            batches.finish();
            Ok(())
        })?;
        Ok(sieves.into_regions())
    }

    /// Second pass: the windows that pass the sieve, by their hash.
    fn collect<T: Seed>(self, sieve: &[Sieve], scratch: &Scratch) -> Result<Partitions<T>> {
        let partitions = partitions_of::<T>(self.store.total_words(), scratch);
        let windows = Partitions::new(partitions as usize, scratch);
        self.each_stint(|stint| {
            let mut batch = Batch { sieve, held: Vec::new(), thrower: windows.thrower() };
            let mut page = T::Page::default();
            self.each_document(stint, |doc, words, hasher| {
                T::read(words, &mut page);
                hasher.try_each(words, |number, window| {
                    let item = Item { number, doc, place: window.place() };
                    batch.push(T::new(item, window, &page))
                })
            })?;
            batch.flush()?;
            batch.thrower.finish()
        })?;
        Ok(windows)
    }

    fn each_stint(self, work: impl Fn(Range<u32>) -> Result<()> + Sync + Send) -> Result<()> {
        self.store.stints(STINT).into_par_iter().try_for_each(work)
    }

    fn each_document(
        self,
        mut docs: Range<u32>,
        mut look: impl FnMut(u32, &[u64], &WindowHasher) -> Result<()>,
    ) -> Result<()> {
        let hasher = WindowHasher::new(self.least);
        let mut reader = self.store.reader(Reading::Ahead);
        docs.try_for_each(|doc| look(doc, reader.words(doc)?, &hasher))
    }
}

/// Windows on their way through the sieve, so many that its cells are fetched together.
struct Batch<'b, T> {
    sieve: &'b [Sieve],
    held: Vec<T>,
    thrower: Thrower<'b, T>,
}

/// Windows looked up together.
const BATCH: usize = 128;

impl<T: Seed> Batch<'_, T> {
    fn push(&mut self, item: T) -> Result<()> {
        self.held.push(item);
        if self.held.len() == BATCH { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        let region = |hash: u64| &self.sieve[part(hash, self.sieve.len() as u64)];
        let cells = self.held.iter().map(|item| region(item.hash()).look(item.hash()));
        std::hint::black_box(cells.fold(0, |a, b| a ^ b));
        let partitions = self.thrower.count() as u64;
        for item in self.held.drain(..) {
            let hash = item.hash();
            if self.sieve[part(hash, self.sieve.len() as u64)].passes(hash) {
                self.thrower.push(part(hash, partitions), item)?;
            }
        }
        Ok(())
    }
}

/// How many partitions so many items need, if every worker holds one.
pub(crate) fn partitions_of<T>(items: u64, scratch: &Scratch) -> u64 {
    let bytes = items.saturating_mul(2 * size_of::<T>() as u64);
    let room = (scratch.memory() / rayon::current_num_threads() as u64).max(1);
    bytes.div_ceil(room).max(items / PARTITION).clamp(1, MOST_PARTITIONS)
}

/// The part of a hash among equal parts of the hash space, by its top bits.
pub(crate) fn part(hash: u64, parts: u64) -> usize {
    (((hash >> 32) * parts) >> 32) as usize
}
