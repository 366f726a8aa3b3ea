//! Seeds: the windows that may occur more than once, by partition of the hash space.
//!
//! Every window is hashed twice: first for the [`sieve`](super::sieve), which tells what occurs once, then
//! to write the rest down. Where memory is too small for a sieve that holds anything back, all of them
//! are written down.
//!
//! Memory also says how many partitions can be thrown at in pieces that are worth a visit to the disk. Where
//! more are needed, windows are thrown at rough partitions first, and each of these at fine ones when its
//! turn comes: twice the bytes, but in large pieces.

use std::ops::Range;

use rayon::prelude::*;

use super::partitions::{Item, Packed, Partitions, together};
use super::scatter::Scatter;
use super::sieve::{BYTES, Sieve};
use super::store::{Reading, STINT, WordStore};
use super::windows::{Window, WindowHasher, Windows, winnow};
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

/// Finds the windows of at least `least` fifths of a word that may occur more than once; of every `among`
/// that follow one another, one.
pub(crate) fn find<T: Seed>(
    store: &WordStore,
    (least, among): (u32, u32),
    scratch: &Scratch,
) -> Result<Seeds<T>> {
    let corpus = Corpus { store, least, among };
    if !is_sifted(corpus.windows(), scratch) {
        return corpus.collect(&[], scratch);
    }
    let sieve = corpus.sift(&scratch.share(2, 3))?;
    corpus.collect(&sieve, &scratch.share(1, 3))
}

/// Whether there is memory for a sieve of so many windows.
pub(crate) fn is_sifted(windows: u64, scratch: &Scratch) -> bool {
    scratch.share(2, 3).memory() >= windows / WINDOWS_PER_BYTE
}

/// A sieve for more lets more than three of four new windows pass, which is not worth a pass.
const WINDOWS_PER_BYTE: u64 = 4;

/// Windows that may occur more than once.
#[derive(Debug)]
pub(crate) struct Seeds<T> {
    rough: Partitions<T>,
    /// Into how many parts each of them is divided when its turn comes.
    fine: usize,
    scratch: Scratch,
}

/// A piece of this size is worth a visit to the disk: what disks read and write at least.
const PIECE: u64 = 1 << 12;
/// Where that cannot be, rough partitions take so much larger pieces, since all bytes are moved twice.
const LARGER: u64 = 16;
/// Rough partitions at least.
const ROUGH: u64 = 16;

impl<T: Seed> Seeds<T> {
    /// For so many windows, in so much memory.
    fn new(windows: u64, scratch: &Scratch) -> Self {
        let count = partitions_of::<T>(windows, scratch);
        let buffers = scratch.memory() / 2 / PIECE / rayon::current_num_threads() as u64;
        let (rough, fine) = if needed::<T>(windows, scratch) <= buffers {
            (count.min(buffers), 1)
        } else {
            let rough = (buffers / LARGER).max(ROUGH);
            (rough, count.div_ceil(rough))
        };
        let windows = Partitions::new(rough as usize, scratch);
        Self { rough: windows, fine: fine as usize, scratch: scratch.clone() }
    }

    /// Calls `work` with all partitions in turns, several at once. The answers are in the partitions' order.
    pub(crate) fn in_turns<R: Send>(
        &self,
        work: impl Fn(Turn<'_, T>) -> Result<R> + Sync + Send,
    ) -> Result<Vec<R>> {
        let all: Vec<usize> = (0..self.rough.count()).collect();
        let turns = all.par_chunks(together(all.len()));
        turns.map(|rough| work(Turn { seeds: self, rough })).collect()
    }

    /// Divides a rough partition.
    fn divide(&self, rough: usize) -> Result<Partitions<T>> {
        let workers = rayon::current_num_threads() as u64;
        let fine = Partitions::for_one(self.fine, &self.scratch.share(1, 2 * workers));
        let mut thrower = fine.thrower();
        let all = (self.rough.count() * self.fine) as u64;
        self.rough.each(rough, |window| {
            thrower.push(part(window.hash(), all) - rough * self.fine, window)
        })?;
        thrower.finish()?;
        Ok(fine)
    }
}

/// Partitions that one worker takes on.
#[derive(Debug)]
pub(crate) struct Turn<'s, T> {
    seeds: &'s Seeds<T>,
    rough: &'s [usize],
}

impl<T: Seed> Turn<'_, T> {
    /// Calls `look` with the number of each partition and its windows.
    pub(crate) fn each(self, mut look: impl FnMut(usize, &mut Vec<T>) -> Result<()>) -> Result<()> {
        let fine = self.seeds.fine;
        let mut items = Vec::new();
        for &rough in self.rough {
            if fine == 1 {
                self.seeds.rough.read_into(rough, &mut items)?;
                look(rough, &mut items)?;
                continue;
            }
            let windows = self.seeds.divide(rough)?;
            for part in 0..fine {
                windows.read_into(part, &mut items)?;
                look(rough * fine + part, &mut items)?;
            }
        }
        Ok(())
    }
}

/// The windows of a corpus.
#[derive(Debug, Clone, Copy)]
struct Corpus<'s> {
    store: &'s WordStore,
    least: u32,
    among: u32,
}

impl Corpus<'_> {
    /// How many windows there are to be expected: of random hashes, two among so many and one more.
    fn windows(self) -> u64 {
        self.store.total_words() * 2 / (u64::from(self.among) + 1)
    }

    /// First pass: which windows may occur twice.
    fn sift(self, scratch: &Scratch) -> Result<Vec<Sieve>> {
        let regions = (self.windows() / REGION).next_power_of_two();
        let regions = regions.clamp(1, MOST_REGIONS);
        let bytes = (self.windows() * BYTES).min(scratch.memory()) / regions;
        let sieves = Scatter::new((0..regions).map(|_| Sieve::new(bytes)));
        let add = |sieve: &mut Sieve, hashes: &[u64]| {
            sieve.fetch(hashes.iter().copied());
            for &hash in hashes {
                sieve.add(hash);
            }
        };
        self.each_run(|docs| {
            let mut batches = sieves.batches(add);
            self.each_document(docs, |_, document| {
                for &number in &*document.selected {
                    let hash = document.windows.hashes[number as usize];
                    batches.push(part(hash, regions), hash);
                }
                Ok(())
            })?;
            batches.finish();
            Ok(())
        })?;
        Ok(sieves.into_regions())
    }

    /// Second pass: the windows that pass the sieve, or all if there is none, by their hash.
    fn collect<T: Seed>(self, sieve: &[Sieve], scratch: &Scratch) -> Result<Seeds<T>> {
        let seeds = Seeds::new(self.windows(), scratch);
        let partitions = seeds.rough.count() as u64;
        self.each_run(|docs| {
            let mut thrower = seeds.rough.thrower();
            let mut page = T::Page::default();
            self.each_document(docs, |doc, Document { words, windows, selected }| {
                keep_passing(sieve, &windows.hashes, selected);
                if !selected.is_empty() {
                    T::read(words, &mut page);
                }
                for &number in &*selected {
                    let (hash, window) = (windows.hashes[number as usize], windows.get(number));
                    let item = Item { number: hash, doc, place: window.place() };
                    thrower.push(part(hash, partitions), T::new(item, window, &page))?;
                }
                Ok(())
            })?;
            thrower.finish()
        })?;
        Ok(seeds)
    }

    /// Calls `work` with runs of documents, several at once.
    fn each_run(self, work: impl Fn(Range<u32>) -> Result<()> + Sync + Send) -> Result<()> {
        let stints = self.store.stints(STINT);
        let runs = stints.par_chunks(together(stints.len()));
        runs.map(|run| run[0].start..run[run.len() - 1].end).try_for_each(work)
    }

    fn each_document(
        self,
        mut docs: Range<u32>,
        mut look: impl FnMut(u32, Document<'_>) -> Result<()>,
    ) -> Result<()> {
        let hasher = WindowHasher::new(self.least);
        let mut reader = self.store.reader(Reading::Ahead);
        let (mut windows, mut selected) = (Windows::default(), Vec::new());
        docs.try_for_each(|doc| {
            let words = reader.words(doc)?;
            windows.read(words, &hasher);
            winnow(&windows.hashes, self.among, &mut selected);
            look(doc, Document { words, windows: &windows, selected: &mut selected })
        })
    }
}

/// A document with its windows.
struct Document<'d> {
    words: &'d [u64],
    windows: &'d Windows,
    /// Numbers of those that are selected.
    selected: &'d mut Vec<u32>,
}

/// Keeps the numbers of the windows that pass the sieve. No look waits for the one before, nor does
/// anything turn on what it finds, so that many cells are fetched at once.
fn keep_passing(sieve: &[Sieve], hashes: &[u64], numbers: &mut Vec<u32>) {
    let regions = sieve.len() as u64;
    if regions == 0 {
        return;
    }
    let mut kept = 0;
    for at in 0..numbers.len() {
        let number = numbers[at];
        let hash = hashes[number as usize];
        numbers[kept] = number;
        kept += usize::from(sieve[part(hash, regions)].passes(hash));
    }
    numbers.truncate(kept);
}

/// How many partitions so many items should have.
pub(crate) fn partitions_of<T>(items: u64, scratch: &Scratch) -> u64 {
    needed::<T>(items, scratch).max(items / PARTITION).min(MOST_PARTITIONS)
}

/// How many partitions so many items need, if every worker holds one.
fn needed<T>(items: u64, scratch: &Scratch) -> u64 {
    let bytes = items.saturating_mul(2 * size_of::<T>() as u64);
    let room = (scratch.memory() / rayon::current_num_threads() as u64).max(1);
    bytes.div_ceil(room).clamp(1, MOST_PARTITIONS)
}

/// The part of a hash among equal parts of the hash space, by its top bits.
pub(crate) fn part(hash: u64, parts: u64) -> usize {
    (((hash >> 32) * parts) >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: u64) -> Vec<u64> {
        (0..count).map(|n| crate::hash::of(&n.to_le_bytes()) & !1).collect()
    }

    #[test]
    fn what_occurs_twice_comes_back_from_its_partition_whatever_the_memory() {
        let mut store = WordStore::new();
        let words = numbers(2_000_000);
        for doc in words.chunks(1000).chain(words.chunks(1000)) {
            store.push(0, doc).unwrap();
        }
        let folder = tempfile::tempdir().unwrap();
        for memory in [0, 100_000, 1 << 20, 10 << 20, u64::MAX] {
            let scratch = Scratch::new(folder.path(), memory);
            let seeds: Seeds<Item> = find(&store, (20, 1), &scratch).unwrap();
            let all = seeds.rough.count() * seeds.fine;
            let found = seeds.in_turns(|turn| {
                let mut found = 0;
                turn.each(|partition, windows| {
                    assert!(windows.iter().all(|item| part(item.number, all as u64) == partition));
                    found += windows.len();
                    Ok(())
                })?;
                Ok(found)
            });
            let found: usize = found.unwrap().into_iter().sum();
            assert_eq!(found, 4000 * 997, "{memory}");
        }
    }
}
