//! The sieve: which short windows occur more than once, roughly, before any is written down.
//!
//! Of scraped news four in five occur once, of press releases three; keeping them, and the longer windows
//! around them, from the disk and the sort is most of the speed. The sieve has two bits for each of 32 slots of a number, "seen" and "seen again", and a
//! window two slots in one number, or one where memory is so short that two would be in each other's way. It errs on one side: what is new may be taken for something seen,
//! never the reverse, and what it lets through in error the exact grouping behind it drops. So its size
//! is a matter of speed alone: with [`BYTES`] bytes a window one new window in twenty passes, with half
//! of that one in seven, with an eighth three in five.

/// Bytes a window, where there is room.
pub(crate) const BYTES: u64 = 2;

/// A sieve for one region of the hash space.
#[derive(Debug)]
pub(crate) struct Sieve {
    cells: Vec<u64>,
    /// From which bit of a hash on the second slot is told: the same as the first where there is one.
    second: u32,
}

impl Sieve {
    /// A sieve of so many bytes for so many windows.
    pub(crate) fn new(bytes: u64, windows: u64) -> Self {
        // With half a byte a window, two of its four slots, both ways pass as many (as a Bloom filter
        // with few bits a key wants one hash).
        let second = if 2 * bytes < windows { 0 } else { 5 };
        Self { cells: vec![0; (bytes / 8 + 1) as usize], second }
    }

    /// Fetches the cells of a batch. The loads do not wait for one another, as those of adding would:
    /// measured on 20 million words, a sixth less time for everything together.
    pub(crate) fn fetch(&self, hashes: impl Iterator<Item = u64>) {
        std::hint::black_box(hashes.map(|hash| self.look(hash)).fold(0, |a, b| a ^ b));
    }

    /// What stands in the cell of a hash: for nothing but to fetch it.
    pub(crate) fn look(&self, hash: u64) -> u64 {
        self.cells[self.cell(hash)]
    }

    /// Notes a window.
    pub(crate) fn add(&mut self, hash: u64) {
        let (cell, slots) = (self.cell(hash), self.slots(hash));
        let known = self.cells[cell];
        self.cells[cell] = known | slots | (known & slots) << 1;
    }

    /// Whether the window may have been added twice.
    pub(crate) fn passes(&self, hash: u64) -> bool {
        let again = self.slots(hash) << 1;
        self.cells[self.cell(hash)] & again == again
    }

    /// The cell of a hash, by its middle bits: the top ones chose the region.
    fn cell(&self, hash: u64) -> usize {
        let middle = hash >> 20 & 0xffff_ffff;
        ((middle * self.cells.len() as u64) >> 32) as usize
    }

    /// The lower bits of two slots, which may be the same.
    fn slots(&self, hash: u64) -> u64 {
        let slot = |from: u32| 1 << (2 * (hash >> from & 31));
        slot(0) | slot(self.second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_added_twice_passes(
            windows in prop::collection::vec(any::<u64>(), 1..400),
            bytes in prop::sample::select(vec![0, 100, 400]),
        ) {
            let mut sieve = Sieve::new(bytes, 400);
            for &hash in windows.iter().chain(windows.iter().step_by(3)) {
                sieve.add(hash);
            }
            prop_assert!(windows.iter().step_by(3).all(|&hash| sieve.passes(hash)));
        }
    }

    #[test]
    fn what_occurs_once_stays_behind() {
        let hashes = || (0..20_000_u64).map(|n| crate::hash::of(&n.to_le_bytes()));
        for (bytes, most) in [(20_000 * BYTES, 1200), (10_000 * BYTES, 3400), (5000, 12_800)] {
            let mut sieve = Sieve::new(bytes, 20_000);
            hashes().for_each(|hash| sieve.add(hash));
            let passing = hashes().filter(|&hash| sieve.passes(hash)).count();
            assert!(passing < most, "{passing} of 20,000 pass with {bytes} bytes");
        }
    }
}
