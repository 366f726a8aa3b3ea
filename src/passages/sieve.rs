//! The sieve: which short windows occur more than once, roughly, before any is written down.
//!
//! Of scraped news four in five occur once, of press releases three; keeping them, and the longer windows
//! around them, from the disk and the sort is most of the speed. The sieve has two bits for each of 32 slots of a number, "seen" and "seen again", and a
//! window two slots in one number. It errs on one side: what is new may be taken for something seen,
//! never the reverse, and what it lets through in error the exact grouping behind it drops. So its size
//! is a matter of speed alone: with [`BYTES`] bytes a window one new window in twenty passes, with half
//! of that one in seven.

/// Bytes a window, where there is room.
pub(crate) const BYTES: u64 = 2;

/// A sieve for one region of the hash space.
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
        std::hint::black_box(hashes.map(|hash| self.look(hash)).fold(0, |a, b| a ^ b));
    }

    /// What stands in the cell of a hash: for nothing but to fetch it.
    pub(crate) fn look(&self, hash: u64) -> u64 {
        self.cells[self.cell(hash)]
    }

    /// Notes a window.
    pub(crate) fn add(&mut self, hash: u64) {
        let (cell, slots) = (self.cell(hash), slots(hash));
        let known = self.cells[cell];
        self.cells[cell] = known | slots | (known & slots) << 1;
    }

    /// Whether the window may have been added twice.
    pub(crate) fn passes(&self, hash: u64) -> bool {
        let again = slots(hash) << 1;
        self.cells[self.cell(hash)] & again == again
    }

    /// The cell of a hash, by its middle bits: the top ones chose the region.
    fn cell(&self, hash: u64) -> usize {
        let middle = hash >> 20 & 0xffff_ffff;
        ((middle * self.cells.len() as u64) >> 32) as usize
    }
}

/// The lower bits of two slots, which may be the same.
fn slots(hash: u64) -> u64 {
    let slot = |from: u32| 1 << (2 * (hash >> from & 31));
    slot(0) | slot(5)
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
            prop_assert!(windows.iter().step_by(3).all(|&hash| sieve.passes(hash)));
        }
    }

    #[test]
    fn what_occurs_once_stays_behind() {
        let hashes = || (0..20_000_u64).map(|n| crate::hash::of(&n.to_le_bytes()));
        for (bytes, most) in [(BYTES, 1200), (BYTES / 2, 3400)] {
            let mut sieve = Sieve::new(20_000 * bytes);
            hashes().for_each(|hash| sieve.add(hash));
            let passing = hashes().filter(|&hash| sieve.passes(hash)).count();
            assert!(passing < most, "{passing} of 20,000 pass with {bytes} bytes each");
        }
    }
}
