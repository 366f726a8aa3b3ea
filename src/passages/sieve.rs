//! The sieve: which short windows occur more than once, roughly, before any is written down.
//!
//! Of scraped news four in five occur once, of press releases three; keeping them, and the longer windows
//! around them, from the disk and the sort is most of the speed. The sieve has two bits for each of 32
//! slots of a number, "seen" and "seen again", and a window two slots in one number. It errs on one side:
//! what is new may be taken for something seen, never the reverse, and what it lets through in error the
//! exact grouping behind it drops. So its size is a matter of speed alone: with [`BYTES`] bytes a window
//! one new window in twenty passes, with half of that one in seven. When all windows are noted, "seen
//! again" is kept.

/// Bytes a window, where there is room.
pub(crate) const BYTES: u64 = 2;

/// A sieve for one region of the hash space, while windows are noted.
#[derive(Debug)]
pub(crate) struct Sieve {
    cells: Vec<u64>,
}

impl Sieve {
    /// A sieve of so many bytes.
    pub(crate) fn new(bytes: u64) -> Self {
        Self { cells: vec![0; (bytes / 8 + 1) as usize] }
    }

    /// Fetches the cells of a batch. The loads do not wait for one another, as those of adding would:
    /// measured on 20 million words, a sixth less time for everything together.
    pub(crate) fn fetch(&self, hashes: impl Iterator<Item = u64>) {
        let look = |hash: u64| self.cells[cell(hash, self.cells.len())];
        std::hint::black_box(hashes.map(look).fold(0, |a, b| a ^ b));
    }

    /// Notes a window.
    pub(crate) fn add(&mut self, hash: u64) {
        let slots = slots(hash).fold(0, |slots, slot| slots | 1 << (2 * slot));
        let cell = cell(hash, self.cells.len());
        let known = self.cells[cell];
        self.cells[cell] = known | slots | (known & slots) << 1;
    }

    /// When all are noted: what was only seen need not be known any more.
    pub(crate) fn close(self) -> Closed {
        Closed { cells: self.cells.into_iter().map(again).collect() }
    }
}

/// A sieve in half of its memory, which says what may have been noted twice.
#[derive(Debug)]
pub(crate) struct Closed {
    /// A bit for each slot.
    cells: Vec<u32>,
}

impl Closed {
    /// Whether the window may have been noted twice.
    pub(crate) fn passes(&self, hash: u64) -> bool {
        let slots = slots(hash).fold(0, |slots, slot| slots | 1 << slot);
        self.cells[cell(hash, self.cells.len())] & slots == slots
    }
}

/// The cell of a hash among so many, by its middle bits: the top ones chose the region.
fn cell(hash: u64, cells: usize) -> usize {
    let middle = hash >> 20 & 0xffff_ffff;
    ((middle * cells as u64) >> 32) as usize
}

/// The numbers of two of the 32 slots of a cell, which may be the same.
fn slots(hash: u64) -> impl Iterator<Item = u64> {
    [hash & 31, hash >> 5 & 31].into_iter()
}

/// The upper bits of all slots, put together (Warren, *Hacker's Delight*, 7-4).
fn again(cell: u64) -> u32 {
    let mut bits = cell >> 1 & 0x5555_5555_5555_5555;
    for (distance, kept) in [
        (1, 0x3333_3333_3333_3333),
        (2, 0x0f0f_0f0f_0f0f_0f0f),
        (4, 0x00ff_00ff_00ff_00ff),
        (8, 0x0000_ffff_0000_ffff),
        (16, 0x0000_0000_ffff_ffff),
    ] {
        bits = (bits | bits >> distance) & kept;
    }
    bits as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_added_twice_passes(windows in prop::collection::vec(any::<u64>(), 1..400)) {
            let mut sieve = Sieve::new(100);
            for &hash in windows.iter().chain(windows.iter().step_by(3)) {
                sieve.add(hash);
            }
            let sieve = sieve.close();
            prop_assert!(windows.iter().step_by(3).all(|&hash| sieve.passes(hash)));
        }
    }

    #[test]
    fn of_each_slot_the_upper_bit_is_kept() {
        for slot in 0..32 {
            assert_eq!(again(2 << (2 * slot)), 1 << slot);
            assert_eq!(again(1 << (2 * slot)), 0);
        }
        assert_eq!(again(u64::MAX), u32::MAX);
    }

    #[test]
    fn what_occurs_once_stays_behind() {
        let hashes = || (0..20_000_u64).map(|n| crate::hash::of(&n.to_le_bytes()));
        for (bytes, most) in [(BYTES, 1200), (BYTES / 2, 3400)] {
            let mut sieve = Sieve::new(20_000 * bytes);
            hashes().for_each(|hash| sieve.add(hash));
            let sieve = sieve.close();
            let passing = hashes().filter(|&hash| sieve.passes(hash)).count();
            assert!(passing < most, "{passing} of 20,000 pass with {bytes} bytes each");
        }
    }
}
