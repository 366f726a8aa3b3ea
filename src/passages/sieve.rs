//! The sieve: which hashes occur more than once, told before anything is kept of them but a few bits.
//!
//! Of the short windows of scraped news four in five occur once, of press releases three; keeping them, and
//! the longer windows around them, from the sort is most of the speed. Workers note hashes in runs, four
//! bytes each, by region of the hash space, in memory or on disk. Then one region after the other is looked
//! at, in a table that a core's own cache holds, and what comes of a hash is one bit. Who asks about a run
//! has its bits, and takes them in the order in which the hashes were noted. Nothing ever looks around in a
//! large memory, and how much passes does not turn on how much memory there is.
//!
//! The table has two bits for each of 32 slots of a cell, "seen" and "seen again", and a hash two slots of
//! one cell. It errs on one side: what is new may be taken for something seen, never the reverse, and what
//! is let through in error the exact grouping behind the sieve drops. So its size is a matter of speed alone:
//! with [`BYTES`] bytes a hash one new one in thirty passes.

use rayon::prelude::*;

use super::partitions::{evened, part, together};
use crate::error::Result;
use crate::spill::{Buckets, Scratch};

/// Hashes a region should be for: its table then fits a core's own cache.
const REGION: u64 = 1 << 16;
const MOST_REGIONS: u64 = 1 << 11;
/// Bytes of a table for each hash.
const BYTES: u64 = 4;

/// Bytes a worker gathers for a region, at most and at least. They are a multiple of the least, so that what
/// was gathered makes whole bytes of bits.
const MOST_GATHERED: u64 = 1 << 12;
const LEAST_GATHERED: u64 = 1 << 8;
/// Bytes of a hash that is noted.
const NOTE: usize = 4;

/// Takes hashes, run by run.
#[derive(Debug)]
pub(crate) struct Sieve {
    /// Pieces of runs by region, each behind the number of its run.
    notes: Buckets,
    runs: usize,
    /// Bytes a worker gathers for a region.
    gathered: usize,
    /// Cells of the table of a region.
    cells: usize,
    scratch: Scratch,
}

impl Sieve {
    /// For about so many hashes in so many runs.
    pub(crate) fn new(hashes: u64, runs: usize, scratch: &Scratch) -> Self {
        let share = scratch.share(1, 4).memory() / rayon::current_num_threads() as u64;
        let most = (share / LEAST_GATHERED).clamp(1, MOST_REGIONS);
        let tables = hashes.saturating_mul(BYTES);
        let regions = (hashes / REGION).max(tables / share.max(1));
        let regions = regions.next_power_of_two().min(most);
        let gathered = (share / regions).clamp(LEAST_GATHERED, MOST_GATHERED);
        Self {
            notes: Buckets::new(regions as usize, &scratch.share(1, 2)),
            runs,
            gathered: (gathered / LEAST_GATHERED * LEAST_GATHERED) as usize,
            cells: ((tables / regions).min(share) / 8 + 1) as usize,
            scratch: scratch.clone(),
        }
    }

    /// What a worker notes of a run; call [`Notes::finish`] at the end.
    pub(crate) fn notes(&self, run: usize) -> Notes<'_> {
        let head = (run as u32).to_le_bytes();
        let buffer = || {
            let mut buffer = Vec::with_capacity(HEAD + self.gathered);
            buffer.extend(head);
            buffer
        };
        Notes { sieve: self, buffers: (0..self.notes.len()).map(|_| buffer()).collect() }
    }

    /// When all are noted.
    pub(crate) fn close(self) -> Result<Sifted> {
        let sifted = Sifted {
            regions: self.notes.len(),
            bits: Buckets::new(self.runs, &self.scratch.share(1, 4)),
        };
        let regions: Vec<usize> = (0..self.notes.len()).collect();
        regions.par_chunks(together(regions.len())).try_for_each(|regions| {
            let mut table = Table::new(self.cells);
            regions.iter().try_for_each(|&region| {
                table.clear();
                self.sift(region, &mut table, &sifted.bits)
            })
        })?;
        Ok(sifted)
    }

    /// Gives the bits of a region to their runs. Pieces of a run come last one first here, and once more
    /// when they are read: then they are in order.
    fn sift(&self, region: usize, table: &mut Table, runs: &Buckets) -> Result<()> {
        self.notes.each(region, |piece| {
            read(piece).1.for_each(|note| table.add(note));
            Ok(())
        })?;
        let mut piece_of_run = Vec::new();
        self.notes.each(region, |piece| {
            let (run, mut notes) = read(piece);
            piece_of_run.clear();
            piece_of_run.extend((region as u32).to_le_bytes());
            while notes.len() > 0 {
                let bits = notes.by_ref().take(8).enumerate();
                let byte =
                    bits.fold(0, |byte, (at, note)| byte | u8::from(table.recurs(note)) << at);
                piece_of_run.push(byte);
            }
            runs.put(run, &piece_of_run)
        })
    }
}

/// Bytes of a number before a piece.
const HEAD: usize = 4;

/// The number of the run of a piece, and what was noted.
fn read(piece: &[u8]) -> (usize, impl ExactSizeIterator<Item = u32> + '_) {
    let (numbers, _) = piece.as_chunks::<NOTE>();
    let mut numbers = numbers.iter().map(|bytes| u32::from_le_bytes(*bytes));
    (numbers.next().unwrap_or(0) as usize, numbers)
}

/// What a worker notes of one run.
#[derive(Debug)]
pub(crate) struct Notes<'s> {
    sieve: &'s Sieve,
    /// By region.
    buffers: Vec<Vec<u8>>,
}

impl Notes<'_> {
    /// Notes a hash.
    pub(crate) fn push(&mut self, hash: u64) -> Result<()> {
        let region = part(evened(hash), self.buffers.len() as u64);
        let buffer = &mut self.buffers[region];
        // Of these bits the lowest eight may be the region's, and a cell goes by others.
        buffer.extend_from_slice(&((hash >> 24) as u32).to_le_bytes());
        if buffer.len() >= HEAD + self.sieve.gathered {
            self.flush(region)?;
        }
        Ok(())
    }

    /// Hands over what is left.
    pub(crate) fn finish(mut self) -> Result<()> {
        (0..self.buffers.len()).try_for_each(|region| self.flush(region))
    }

    fn flush(&mut self, region: usize) -> Result<()> {
        let buffer = &mut self.buffers[region];
        if buffer.len() > HEAD {
            self.sieve.notes.put(region, buffer)?;
            buffer.truncate(HEAD);
        }
        Ok(())
    }
}

/// What was noted more than once, by run.
#[derive(Debug)]
pub(crate) struct Sifted {
    regions: usize,
    /// Pieces of regions by run, each behind the number of its region.
    bits: Buckets,
}

impl Sifted {
    /// What comes of the hashes of a run.
    pub(crate) fn verdicts(&self, run: usize) -> Result<Verdicts> {
        let mut regions = vec![Vec::new(); self.regions];
        self.bits.each(run, |piece| {
            if let Some((region, bits)) = piece.split_first_chunk::<HEAD>() {
                regions[u32::from_le_bytes(*region) as usize].extend_from_slice(bits);
            }
            Ok(())
        })?;
        let next = regions.iter().scan(0, |sum, bits| {
            let first = *sum;
            *sum += 8 * bits.len();
            Some(first)
        });
        Ok(Verdicts { next: next.collect(), bits: regions.concat() })
    }
}

/// What comes of the hashes of one run.
#[derive(Debug)]
pub(crate) struct Verdicts {
    /// The bit of the next hash, by region.
    next: Vec<usize>,
    bits: Vec<u8>,
}

impl Verdicts {
    /// Whether the next hash may have been noted more than once. All of the run must be asked about, in
    /// the order in which they were noted.
    pub(crate) fn recurs(&mut self, hash: u64) -> bool {
        let regions = self.next.len() as u64;
        let next = &mut self.next[part(evened(hash), regions)];
        let (byte, bit) = (*next / 8, *next % 8);
        *next += 1;
        self.bits[byte] >> bit & 1 == 1
    }
}

/// The cells of one region.
#[derive(Debug)]
struct Table {
    cells: Vec<u64>,
}

impl Table {
    fn new(cells: usize) -> Self {
        Self { cells: vec![0; cells] }
    }

    fn clear(&mut self) {
        self.cells.fill(0);
    }

    fn add(&mut self, note: u32) {
        let (cell, slots) = self.place(note);
        let known = self.cells[cell];
        self.cells[cell] = known | slots | (known & slots) << 1;
    }

    /// Whether what was added may have been added twice.
    fn recurs(&self, note: u32) -> bool {
        let (cell, slots) = self.place(note);
        self.cells[cell] >> 1 & slots == slots
    }

    /// A cell, by the top ones of the lower bits, and the lower bit of two of its slots, which may be the same.
    fn place(&self, note: u32) -> (usize, u64) {
        let lower = u64::from(note & 0x3f_ffff);
        let cell = ((lower * self.cells.len() as u64) >> 22) as usize;
        let slot = |shift: u32| 1 << (2 * (note >> shift & 31));
        (cell, slot(22) | slot(27))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What comes of each of the hashes of some runs.
    fn sift(runs: &[Vec<u64>], memory: u64) -> Vec<Vec<bool>> {
        let folder = tempfile::tempdir().unwrap();
        let count = runs.iter().map(Vec::len).sum::<usize>() as u64;
        let sieve = Sieve::new(count, runs.len(), &Scratch::new(folder.path(), memory));
        (0..runs.len()).into_par_iter().for_each(|run| {
            let mut notes = sieve.notes(run);
            runs[run].iter().for_each(|&hash| notes.push(hash).unwrap());
            notes.finish().unwrap();
        });
        let sifted = sieve.close().unwrap();
        let ask = |(run, hashes): (usize, &Vec<u64>)| {
            let mut verdicts = sifted.verdicts(run).unwrap();
            hashes.iter().map(|&hash| verdicts.recurs(hash)).collect()
        };
        runs.iter().enumerate().map(ask).collect()
    }

    fn hashes(count: u64) -> Vec<u64> {
        (0..count).map(|n| crate::hash::of(&n.to_le_bytes())).collect()
    }

    proptest! {
        #[test]
        fn what_was_noted_twice_recurs(
            runs in prop::collection::vec(prop::collection::vec(0_u64..500, 0..400), 0..5),
            memory in prop::sample::select(vec![0, 1000, 100_000, u64::MAX]),
        ) {
            let hash = |n: &u64| crate::hash::of(&n.to_le_bytes());
            let runs: Vec<Vec<u64>> =
                runs.iter().map(|run| run.iter().map(hash).collect()).collect();
            let all = runs.concat();
            for (hashes, verdicts) in runs.iter().zip(sift(&runs, memory)) {
                prop_assert_eq!(hashes.len(), verdicts.len());
                for (hash, recurs) in hashes.iter().zip(verdicts) {
                    let times = all.iter().filter(|other| *other == hash).count();
                    prop_assert!(recurs || times == 1);
                }
            }
        }
    }

    #[test]
    fn what_occurs_once_stays_behind_whatever_the_memory() {
        // More than one region, and the first hundred of each run in the others, too.
        let all = hashes(400_000);
        let shared = &all[..100];
        let runs: Vec<Vec<u64>> =
            all[100..].chunks(100_000).map(|run| [shared, run].concat()).collect();
        for memory in [1 << 20, u64::MAX] {
            let verdicts = sift(&runs, memory);
            let passing = verdicts.concat().into_iter().filter(|&recurs| recurs).count();
            assert!(passing < 16_000, "{passing} of 400,000 pass");
            assert!(verdicts.iter().all(|run| run[..100].iter().all(|&recurs| recurs)));
        }
    }
}
