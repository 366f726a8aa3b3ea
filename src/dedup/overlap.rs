//! How much of a text is in another: the measure that decides.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::passages::{WindowHasher, fifths};

/// Fifths of a word in the shortest run that counts: three words.
pub(super) const RUN: u32 = 15;

/// The share of each text's words, 0 to 1, that stand in runs of three words or more that the other
/// has anywhere. A character of a script written without spaces counts two fifths of a word.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Overlap {
    /// Of the text that goes, how much is in the one that stays.
    pub of_text: f64,
    /// Of the one that stays, how much is in the text that goes.
    pub of_kept: f64,
}

impl Overlap {
    /// Each is the other.
    pub const WHOLE: Self = Self { of_text: 1.0, of_kept: 1.0 };

    /// Measures a pair.
    pub fn measure(text: &[u64], kept: &[u64]) -> Self {
        let hasher = WindowHasher::new(RUN);
        Self {
            of_text: share(text, &runs(kept, &hasher), &hasher),
            of_kept: share(kept, &runs(text, &hasher), &hasher),
        }
    }

    /// Seen from the other text.
    pub(super) fn turned(self) -> Self {
        Self { of_text: self.of_kept, of_kept: self.of_text }
    }
}

fn runs(words: &[u64], hasher: &WindowHasher) -> HashSet<u64> {
    let mut runs = HashSet::with_capacity(words.len());
    hasher.each(words, |run, _| {
        runs.insert(run);
    });
    runs
}

fn share(words: &[u64], of_other: &HashSet<u64>, hasher: &WindowHasher) -> f64 {
    let length = |words: &[u64]| words.iter().map(|&word| u64::from(fifths(word))).sum::<u64>();
    let (mut covered, mut end) = (0, 0);
    hasher.each(words, |run, window| {
        if window.end > end && of_other.contains(&run) {
            covered += length(&words[window.start.max(end) as usize..window.end as usize]);
            end = window.end;
        }
    });
    covered as f64 / length(words).max(1) as f64
}
