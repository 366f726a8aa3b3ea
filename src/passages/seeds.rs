//! Seeds: the windows that may occur more than once, by partition of the hash space.
//!
//! Short windows tell where to look. Every one that is selected is first shown to the
//! [`sieve`](super::sieve), which says what occurs once; then the others are written down, and of the
//! windows of the least length those that may recur by what the short ones inside say
//! ([`stretches`](super::stretches)).
//!
//! Memory also says how many partitions can be thrown at in pieces that are worth a visit to the disk. Where
//! more are needed, windows are thrown at rough partitions first, and each of these at fine ones when its
//! turn comes: twice the bytes, but in large pieces.

use std::ops::Range;

use rayon::prelude::*;

use super::partitions::{Item, Packed, Partitions, Thrower, part, together};
use super::sieve::{Sieve, Sifted, Verdicts};
use super::store::{Reading, STINT, WordStore};
use super::stretches::Stretches;
use super::windows::{MOST_AMONG, Window, WindowHasher, Windows, winnow};
use crate::error::Result;
use crate::spill::Scratch;

/// Windows a partition should hold: sorting is then inside a cache.
const PARTITION: u64 = 1 << 18;
const MOST_PARTITIONS: u64 = 1 << 12;

/// How long windows are, in fifths of a word.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lengths {
    /// Those that passages are made of.
    pub(crate) least: u32,
    /// Short ones.
    pub(crate) short: u32,
    /// Among how many short ones that follow one another one is selected.
    pub(crate) among: u32,
}

/// Words of a short window.
const SHORT_WORDS: u32 = 4;
/// A passage has so many of those that are selected if it is equal word for word, and of eight words all
/// that it can have.
const SELECTED: u32 = 5;

impl Lengths {
    /// For passages of at least so many words.
    pub(crate) fn of(min_words: u32) -> Self {
        let (least, short) = (5 * min_words, 5 * SHORT_WORDS.min(min_words));
        let windows = (least - short) / 5 + 1;
        Self { least, short, among: (windows / SELECTED).clamp(1, MOST_AMONG as u32) }
    }

    /// How many short windows of so many words are selected, as is to be expected: of random hashes, two
    /// among so many and one more.
    fn selected(self, words: u64) -> u64 {
        words * 2 / (u64::from(self.among) + 1)
    }
}

/// What has a hash.
pub(crate) trait Hashed: Packed + Sync {
    /// The hash, with even top bits: partitions go by them.
    fn hash(&self) -> u64;
}

impl Hashed for Item {
    fn hash(&self) -> u64 {
        self.number
    }
}

/// A short window that may occur more than once.
pub(crate) trait Seed: Hashed {
    /// What is found out about a document once for all its windows.
    type Page: Default;

    /// Looks at a document's words.
    fn read(words: &[u64], page: &mut Self::Page);

    /// A window of the document that was read last.
    fn new(item: Item, window: Window, page: &Self::Page) -> Self;
}

/// What may occur more than once.
#[derive(Debug)]
pub(crate) struct Found<T> {
    /// The windows of the least length.
    pub(crate) windows: Seeds<Item>,
    /// The short ones that are selected, where they are wanted.
    pub(crate) short: Option<Seeds<T>>,
}

/// Finds the windows that may occur more than once, and short ones if these are wanted. What was found
/// stays within a quarter of the memory, but for what is given back.
pub(crate) fn find<T: Seed>(
    store: &WordStore,
    lengths: Lengths,
    wants_short: bool,
    scratch: &Scratch,
) -> Result<Found<T>> {
    let corpus = Corpus { store, lengths };
    let sifted = corpus.sift(scratch)?;
    // When partitions are read, there is room again.
    corpus.collect(&sifted, wants_short, (&scratch.share(1, 4), &scratch.share(1, 3)))
}

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

impl<T: Hashed> Seeds<T> {
    /// For so many windows, in so much memory, of which so much is there when they are read.
    fn new(windows: u64, (scratch, room): (&Scratch, &Scratch)) -> Self {
        let count = partitions_of::<T>(windows, room);
        let buffers = scratch.memory() / 2 / PIECE / rayon::current_num_threads() as u64;
        let (rough, fine) = if needed::<T>(windows, room) <= buffers {
            (count.min(buffers), 1)
        } else {
            let rough = (buffers / LARGER).max(ROUGH);
            (rough, count.div_ceil(rough))
        };
        let windows = Partitions::new(rough as usize, scratch);
        Self { rough: windows, fine: fine as usize, scratch: scratch.clone() }
    }

    /// A worker's buffers.
    fn thrower(&self) -> SeedThrower<'_, T> {
        SeedThrower { parts: self.rough.count() as u64, thrower: self.rough.thrower() }
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

/// Throws windows by their hashes.
struct SeedThrower<'s, T> {
    parts: u64,
    thrower: Thrower<'s, T>,
}

impl<T: Hashed> SeedThrower<'_, T> {
    fn push(&mut self, window: T) -> Result<()> {
        self.thrower.push(part(window.hash(), self.parts), window)
    }

    fn finish(self) -> Result<()> {
        self.thrower.finish()
    }
}

/// Partitions that one worker takes on.
#[derive(Debug)]
pub(crate) struct Turn<'s, T> {
    seeds: &'s Seeds<T>,
    rough: &'s [usize],
}

impl<T: Hashed> Turn<'_, T> {
    /// Calls `look` with the number of each partition and its windows.
    pub(crate) fn each(self, mut look: impl FnMut(usize, &[T]) -> Result<()>) -> Result<()> {
        let fine = self.seeds.fine;
        let mut items = Vec::new();
        for &rough in self.rough {
            if fine == 1 {
                self.seeds.rough.read_into(rough, &mut items)?;
                look(rough, &items)?;
                continue;
            }
            let windows = self.seeds.divide(rough)?;
            for part in 0..fine {
                windows.read_into(part, &mut items)?;
                look(rough * fine + part, &items)?;
            }
        }
        Ok(())
    }
}

/// The windows of a corpus.
#[derive(Debug, Clone, Copy)]
struct Corpus<'s> {
    store: &'s WordStore,
    lengths: Lengths,
}

impl Corpus<'_> {
    /// First pass: which short windows may occur twice.
    fn sift(self, scratch: &Scratch) -> Result<Sifted> {
        let windows = self.lengths.selected(self.store.total_words());
        let stints = self.store.stints(STINT);
        let sieve = Sieve::new(windows, stints.len(), scratch);
        self.each_run(|run, docs| {
            let mut notes = sieve.notes(run);
            self.each_document(docs, |_, document| {
                let hash = |&number| document.windows.hashes[number as usize];
                document.selected.iter().map(hash).try_for_each(|hash| notes.push(hash))
            })?;
            notes.finish()
        })?;
        sieve.close()
    }

    /// Second pass: the short windows that may, and the windows of the least length where these allow it,
    /// each in so much memory, and so much when they are read.
    fn collect<T: Seed>(
        self,
        sifted: &Sifted,
        wants_short: bool,
        memory: (&Scratch, &Scratch),
    ) -> Result<Found<T>> {
        // As if the sieve held back half of them; it mostly holds back more.
        let words = self.store.total_words() / 2;
        let found = Found {
            windows: Seeds::new(words, memory),
            short: wants_short.then(|| Seeds::new(self.lengths.selected(words), memory)),
        };
        self.each_run(|run, docs| {
            let mut verdicts = sifted.verdicts(run)?;
            let mut windows_thrower = found.windows.thrower();
            let mut short_thrower = found.short.as_ref().map(Seeds::thrower);
            let mut stretches = Stretches::new(self.lengths);
            let (mut single, mut page) = (Vec::new(), T::Page::default());
            self.each_document(docs, |doc, Document { words, windows, selected }| {
                part_recurring(&mut verdicts, &windows.hashes, selected, &mut single);
                stretches.each(words, windows, &single, |hash, window| {
                    windows_thrower.push(Item { number: hash, doc, place: window.place() })
                })?;
                let Some(thrower) = short_thrower.as_mut().filter(|_| !selected.is_empty()) else {
                    return Ok(());
                };
                T::read(words, &mut page);
                selected.iter().try_for_each(|&number| {
                    let (hash, window) = (windows.hashes[number as usize], windows.get(number));
                    let item = Item { number: hash, doc, place: window.place() };
                    thrower.push(T::new(item, window, &page))
                })
            })?;
            windows_thrower.finish()?;
            short_thrower.map_or(Ok(()), SeedThrower::finish)
        })?;
        Ok(found)
    }

    /// Calls `work` with the number of each run of documents and the run, several at once.
    fn each_run(self, work: impl Fn(usize, Range<u32>) -> Result<()> + Sync + Send) -> Result<()> {
        let stints = self.store.stints(STINT);
        let runs = stints.par_chunks(together(stints.len())).enumerate();
        runs.try_for_each(|(number, run)| work(number, run[0].start..run[run.len() - 1].end))
    }

    fn each_document(
        self,
        mut docs: Range<u32>,
        mut look: impl FnMut(u32, Document<'_>) -> Result<()>,
    ) -> Result<()> {
        let hasher = WindowHasher::new(self.lengths.short);
        let mut reader = self.store.reader(Reading::Ahead);
        let (mut windows, mut selected) = (Windows::default(), Vec::new());
        docs.try_for_each(|doc| {
            let words = reader.words(doc)?;
            windows.read(words, &hasher);
            winnow(&windows.hashes, self.lengths.among, &mut selected);
            look(doc, Document { words, windows: &windows, selected: &mut selected })
        })
    }
}

/// A document with its short windows.
struct Document<'d> {
    words: &'d [u64],
    windows: &'d Windows,
    /// Numbers of those that are selected.
    selected: &'d mut Vec<u32>,
}

/// Keeps the numbers of the windows that may recur, and puts the others into a list, which is cleared
/// first. Nothing turns on what a look finds, which nobody could foresee.
fn part_recurring(
    verdicts: &mut Verdicts,
    hashes: &[u64],
    numbers: &mut Vec<u32>,
    single: &mut Vec<u32>,
) {
    single.clear();
    single.resize(numbers.len(), 0);
    let (mut recurring, mut singles) = (0, 0);
    for at in 0..numbers.len() {
        let number = numbers[at];
        (numbers[recurring], single[singles]) = (number, number);
        let recurs = usize::from(verdicts.recurs(hashes[number as usize]));
        recurring += recurs;
        singles += 1 - recurs;
    }
    numbers.truncate(recurring);
    single.truncate(singles);
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
            let found: Found<Item> = find(&store, Lengths::of(4), true, &scratch).unwrap();
            for seeds in [found.windows, found.short.unwrap()] {
                let all = seeds.rough.count() * seeds.fine;
                let found = seeds.in_turns(|turn| {
                    let mut found = 0;
                    turn.each(|partition, windows| {
                        let is_here = |item: &Item| part(item.number, all as u64) == partition;
                        assert!(windows.iter().all(is_here));
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

    /// Short windows that need no page.
    impl Seed for Item {
        type Page = ();

        fn read(_: &[u64], (): &mut ()) {}

        fn new(item: Item, _: Window, (): &()) -> Self {
            item
        }
    }
}
