//! How rare words are.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use crate::error::Result;
use crate::passages::WordStore;

/// In how many documents words stand, counted in slots by hash: an estimate from above, and the
/// same for any number of threads.
#[derive(Debug)]
pub(super) struct Rarity {
    documents: f64,
    slots: Vec<AtomicU32>,
}

impl Rarity {
    const SLOTS: usize = 1 << 20;

    /// Counts, in the caller's pool.
    pub(super) fn of(words: &WordStore) -> Result<Self> {
        let slots: Vec<AtomicU32> = (0..Self::SLOTS).map(|_| AtomicU32::new(0)).collect();
        words.each_document(
            || vec![u32::MAX; Self::SLOTS],
            |seen: &mut Vec<u32>, doc, words| {
                for slot in words.iter().map(|&key| Self::slot(key)) {
                    if seen[slot] != doc {
                        seen[slot] = doc;
                        slots[slot].fetch_add(1, Relaxed);
                    }
                }
            },
        )?;
        Ok(Self { documents: words.len() as f64, slots })
    }

    fn slot(key: u64) -> usize {
        (key >> 24) as usize % Self::SLOTS
    }

    /// Inverse document frequency, as in information retrieval: a word of every document tells
    /// nothing.
    pub(super) fn of_word(&self, key: u64) -> f64 {
        let documents = self.slots[Self::slot(key)].load(Relaxed).max(1);
        (self.documents / f64::from(documents)).ln()
    }
}
