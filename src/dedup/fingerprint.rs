//! What is kept of every text while all are compared.

use rayon::prelude::*;

use super::{LEAST_WORDS, Texts};
use crate::error::Result;
use crate::hash;
use crate::passages::{WindowHasher, fifths};

/// Shingles of a text's sketch.
pub const SKETCH: usize = 32;

/// Fifths of a word in a shingle of a sketch: five words, which are rarely equal by accident.
pub(super) const SHINGLE: u32 = 25;

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
    let hasher = WindowHasher::new(SHINGLE);
    let numbers = (0..texts.len() as u32).into_par_iter();
    numbers.map(|text| Ok(Fingerprint::of(&texts.words(text)?, &hasher))).collect()
}

impl Fingerprint {
    fn of(words: &[u64], hasher: &WindowHasher) -> Self {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let length = words.iter().map(|&word| fifths(word)).sum();
        let sketch = if length < 5 * LEAST_WORDS { Vec::new() } else { sketch(words, hasher) };
        Self { identity: hash::identity(&bytes), length, sketch }
    }
}

/// The shingles that come first in an order that has nothing to do with their words (Broder 1997).
fn sketch(words: &[u64], hasher: &WindowHasher) -> Vec<u64> {
    let mut shingles = shingles(words, hasher);
    if shingles.len() > SKETCH {
        shingles.select_nth_unstable_by_key(SKETCH, |&shingle| order(shingle));
        shingles.truncate(SKETCH);
    }
    shingles.sort_unstable();
    shingles
}

/// A text's distinct shingles, sorted.
pub(super) fn shingles(words: &[u64], hasher: &WindowHasher) -> Vec<u64> {
    let mut shingles = Vec::with_capacity(words.len());
    hasher.each(words, |shingle, _| shingles.push(shingle));
    shingles.sort_unstable();
    shingles.dedup();
    shingles
}

/// Another order than that of the hashes themselves, whose upper bits look-ups go by.
fn order(shingle: u64) -> u64 {
    shingle.wrapping_mul(0xd6e8_feb8_6659_fd93).rotate_left(32)
}
