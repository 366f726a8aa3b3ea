//! How rare words are.

use crate::error::Result;
use crate::passages::WordStore;

/// In how many documents words stand, counted in slots by hash: an estimate from above, and the
/// same for any number of threads.
#[derive(Debug)]
pub(super) struct Rarity {
    documents: f64,
    slots: Vec<u32>,
}

/// Slots, while some documents are counted.
#[derive(Debug)]
struct Count {
    slots: Vec<u32>,
    /// A bit for each slot that the document has: few enough to stay in a core's own cache.
    has: Vec<u64>,
}

impl Default for Count {
    fn default() -> Self {
        Self { slots: vec![0; Rarity::SLOTS], has: vec![0; Rarity::SLOTS / 64] }
    }
}

impl Count {
    fn add(&mut self, words: &[u64]) {
        for slot in words.iter().map(|&key| Rarity::slot(key)) {
            // Nobody could foresee which words come again: nothing branches on it.
            let (has, bit) = (&mut self.has[slot / 64], slot % 64);
            self.slots[slot] += u32::from(*has >> bit & 1 == 0);
            *has |= 1 << bit;
        }
        for &key in words {
            self.has[Rarity::slot(key) / 64] = 0;
        }
    }

    fn and(mut self, other: Self) -> Self {
        self.slots.iter_mut().zip(other.slots).for_each(|(here, there)| *here += there);
        self
    }
}

impl Rarity {
    const SLOTS: usize = 1 << 20;

    /// Counts, in the caller's pool.
    pub(super) fn of(words: &WordStore) -> Result<Self> {
        let count = words.fold(Count::default, Count::add, Count::and)?;
        Ok(Self { documents: words.len() as f64, slots: count.slots })
    }

    fn slot(key: u64) -> usize {
        (key >> 24) as usize % Self::SLOTS
    }

    /// Inverse document frequency, as in information retrieval: a word of every document tells
    /// nothing.
    pub(super) fn of_word(&self, key: u64) -> f64 {
        let documents = self.slots[Self::slot(key)].max(1);
        (self.documents / f64::from(documents)).ln()
    }
}
