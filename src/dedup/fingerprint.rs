//! What is kept of every text while all are compared.

use rayon::prelude::*;

use super::{LEAST_WORDS, Texts};
use crate::error::Result;
use crate::hash;
use crate::passages::{WindowHasher, Windows, fifths};

/// Shingles of a text's sketch.
pub const SKETCH: usize = 32;

/// Fifths of a word in a shingle of a sketch: five words, which are rarely equal by accident.
const SHINGLE: u32 = 25;

/// A text in about 300 bytes.
#[derive(Debug)]
pub(super) struct Fingerprint {
    /// Equal words, and only they, have the same.
    pub(super) identity: u128,
    /// Length in fifths of a word.
    pub(super) length: u32,
    /// Some of its shingles, the same ones in texts that have the same; empty below [`LEAST_WORDS`].
    pub(super) sketch: Vec<u64>,
}

/// The fingerprints of all texts.
pub(super) fn all(texts: &impl Texts) -> Result<Vec<Fingerprint>> {
    let numbers = (0..texts.len() as u32).into_par_iter();
    numbers
        .map_init(Shingles::default, |shingles, text| {
            Ok(Fingerprint::of(&texts.words(text)?, shingles))
        })
        .collect()
}

impl Fingerprint {
    fn of(words: &[u64], shingles: &mut Shingles) -> Self {
        let length = words.iter().map(|&word| fifths(word)).sum();
        let is_short = length < 5 * LEAST_WORDS;
        let sketch = if is_short { Vec::new() } else { sketch(shingles.of(words)) };
        Self { identity: hash::identity_of_numbers(words), length, sketch }
    }
}

/// Reads the shingles of texts, in memory that is used again.
#[derive(Debug)]
pub(super) struct Shingles {
    hasher: WindowHasher,
    windows: Windows,
}

impl Default for Shingles {
    fn default() -> Self {
        Self { hasher: WindowHasher::new(SHINGLE), windows: Windows::default() }
    }
}

impl Shingles {
    /// Those of a text, along it.
    pub(super) fn of(&mut self, words: &[u64]) -> &[u64] {
        self.windows.read(words, &self.hasher);
        &self.windows.hashes
    }
}

/// The distinct shingles that come first in an order that has nothing to do with their words
/// (Broder 1997), sorted.
fn sketch(shingles: &[u64]) -> Vec<u64> {
    // Of random numbers, twice as many as are wanted lie below this; where shingles recur, fewer.
    let expected = u64::MAX / (shingles.len() as u64).max(1);
    let mut bound = expected.saturating_mul(2 * SKETCH as u64);
    loop {
        let mut first: Vec<u64> =
            shingles.iter().copied().filter(|&shingle| order(shingle) <= bound).collect();
        first.sort_unstable_by_key(|&shingle| order(shingle));
        first.dedup();
        if first.len() >= SKETCH || bound == u64::MAX {
            first.truncate(SKETCH);
            first.sort_unstable();
            return first;
        }
        bound = bound.saturating_mul(4);
    }
}

/// Another order than that of the hashes themselves, whose upper bits look-ups go by.
fn order(shingle: u64) -> u64 {
    shingle.wrapping_mul(0xd6e8_feb8_6659_fd93).rotate_left(32)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_sketch_has_the_first_of_an_order(
            some in prop::collection::vec(any::<u64>(), 0..200),
            times in 1_usize..20,
        ) {
            let by_order: BTreeMap<u64, u64> = some.iter().map(|&s| (order(s), s)).collect();
            let mut first: Vec<u64> = by_order.into_values().take(SKETCH).collect();
            first.sort_unstable();
            prop_assert_eq!(sketch(&some.repeat(times)), first);
        }
    }
}
