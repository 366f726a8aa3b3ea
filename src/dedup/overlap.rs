//! How much of a text is in another: the measure that decides.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::passages::{Numbers, WindowHasher, Windows, fifths};

/// Fifths of a word in the shortest run that counts: three words.
const RUN: u32 = 15;

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
        Measure::new(text.into()).against(kept)
    }

    /// Seen from the other text.
    pub(super) fn turned(self) -> Self {
        Self { of_text: self.of_kept, of_kept: self.of_text }
    }
}

/// A text that is held against others.
#[derive(Debug)]
pub(super) struct Measure<'t> {
    hasher: WindowHasher,
    words: Cow<'t, [u64]>,
    runs: Windows,
    /// Each run's number among those that differ.
    numbers: Vec<u32>,
    differing: Numbers,
    /// The runs of the other text.
    others: Windows,
}

impl<'t> Measure<'t> {
    /// Of a text.
    pub(super) fn new(words: Cow<'t, [u64]>) -> Self {
        let hasher = WindowHasher::new(RUN);
        let (mut runs, mut differing) = (Windows::default(), Numbers::default());
        runs.read(&words, &hasher);
        let numbers = runs.hashes.iter().map(|&run| differing.number(run)).collect();
        Self { hasher, words, runs, numbers, differing, others: Windows::default() }
    }

    /// How much it and another one have in common.
    pub(super) fn against(&mut self, kept: &[u64]) -> Overlap {
        self.others.read(kept, &self.hasher);
        let mut has = vec![false; self.differing.len()];
        let here = |&run: &u64| {
            let number = self.differing.get(run);
            if let Some(number) = number {
                has[number as usize] = true;
            }
            number.is_some()
        };
        let of_kept = share(kept, &self.others, self.others.hashes.iter().map(here));
        let there = self.numbers.iter().map(|&number| has[number as usize]);
        Overlap { of_text: share(&self.words, &self.runs, there), of_kept }
    }
}

/// The share of a text's words that stand in runs which the other text has: one after the other.
fn share(words: &[u64], runs: &Windows, are_there: impl Iterator<Item = bool>) -> f64 {
    let length = |words: &[u64]| words.iter().map(|&word| u64::from(fifths(word))).sum::<u64>();
    let (mut covered, mut end) = (0, 0);
    for (number, is_there) in (0..).zip(are_there) {
        if is_there {
            let run = runs.get(number);
            covered += length(&words[run.start.max(end).min(run.end) as usize..run.end as usize]);
            end = end.max(run.end);
        }
    }
    covered as f64 / length(words).max(1) as f64
}
