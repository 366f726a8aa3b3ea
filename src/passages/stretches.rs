//! Stretches: where windows of the least length may recur, told by the short windows inside.
//!
//! A run that two documents have holds the same short windows in both, and the same ones of these are
//! selected: all groups in which such a window could be the least lie in the run, but for those at its
//! ends. So a window that has, away from its ends, a selected short window which occurs once occurs once
//! itself, and need not be looked at. On newswire that leaves hardly more than what does recur.

use std::ops::Range;

use super::seeds::Lengths;
use super::windows::{Window, WindowHasher, Windows};
use crate::error::Result;

/// Finds such windows, in memory that is used again.
#[derive(Debug)]
pub(crate) struct Stretches {
    hasher: WindowHasher,
    /// So many short windows at either end of a run may be selected in one document alone.
    margin: u32,
    windows: Windows,
}

impl Stretches {
    pub(crate) fn new(lengths: Lengths) -> Self {
        let hasher = WindowHasher::new(lengths.least);
        Self { hasher, margin: lengths.among - 1, windows: Windows::default() }
    }

    /// Calls `take` with the hash of every window of a document that may recur, in order. `single` are the
    /// numbers of the selected short windows that occur once.
    pub(crate) fn each(
        &mut self,
        words: &[u64],
        short: &Windows,
        single: &[u32],
        mut take: impl FnMut(u64, Window) -> Result<()>,
    ) -> Result<()> {
        if short.are_spaced() {
            return self.between(words, short, single, |numbers| {
                let end = (numbers.end + self.hasher.spaced() - 1) as usize;
                let hashes = self.hasher.of_spaced(&words[numbers.start as usize..end]);
                numbers.zip(hashes).try_for_each(|(number, hash)| {
                    take(hash, Window::of_spaced(number, self.hasher.spaced()))
                })
            });
        }
        self.windows.read(words, &self.hasher);
        let all = short.hashes.len() as u32;
        // The short windows inside a window, and the next single one.
        let (mut first, mut end, mut next) = (0, 0, 0);
        for (number, &hash) in (0..).zip(&self.windows.hashes) {
            let window = self.windows.get(number);
            while first < all && short.get(first).start < window.start {
                first += 1;
            }
            while end < all && short.get(end).end <= window.end {
                end += 1;
            }
            while single.get(next).is_some_and(|&single| single < first + self.margin) {
                next += 1;
            }
            if single.get(next).is_none_or(|&single| single + self.margin >= end) {
                take(hash, window)?;
            }
        }
        Ok(())
    }

    /// The numbers of such windows where all words weigh the same: those between windows that have a
    /// single short one inside.
    fn between(
        &self,
        words: &[u64],
        short: &Windows,
        single: &[u32],
        mut take: impl FnMut(Range<u32>) -> Result<()>,
    ) -> Result<()> {
        let (length, margin) = (self.hasher.spaced(), self.margin);
        let count = (words.len() as u32 + 1).saturating_sub(length);
        // A window's last short one is so many behind its first.
        let last = length - short.spaced();
        let mut from = 0;
        for &number in single {
            let first = (number + margin).saturating_sub(last).min(count);
            if from < first {
                take(from..first)?;
            }
            from = from.max((number + 1).saturating_sub(margin));
        }
        if from < count { take(from..count) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::super::windows::winnow;
    use super::*;

    /// Documents with some of the same runs.
    fn documents() -> impl Strategy<Value = Vec<Vec<u64>>> {
        let word = prop_oneof![(0_u64..400).prop_map(|word| 2 * word), 0_u64..800];
        let run = prop::collection::vec(word, 1..40);
        (prop::collection::vec(run, 6), any::<bool>()).prop_flat_map(|(mut runs, spaced)| {
            if spaced {
                runs.iter_mut().flatten().for_each(|word| *word &= !1);
            }
            let document = prop::collection::vec(0..runs.len(), 0..6);
            prop::collection::vec(document, 1..5).prop_map(move |documents| {
                let text =
                    |picks: Vec<usize>| picks.iter().flat_map(|&n| runs[n].clone()).collect();
                documents.into_iter().map(text).collect()
            })
        })
    }

    proptest! {
        #[test]
        fn what_recurs_is_found(documents in documents(), min_words in 1_u32..30) {
            let lengths = Lengths::of(min_words);
            let (short_hasher, hasher) =
                (WindowHasher::new(lengths.short), WindowHasher::new(lengths.least));
            let read = |words: &Vec<u64>| {
                let (mut windows, mut selected) = (Windows::default(), Vec::new());
                windows.read(words, &short_hasher);
                winnow(&windows.hashes, lengths.among, &mut selected);
                (windows, selected)
            };
            let (mut times, mut recurs) = (HashMap::new(), HashMap::new());
            for words in &documents {
                let (windows, selected) = read(words);
                for number in selected {
                    *times.entry(windows.hashes[number as usize]).or_insert(0) += 1;
                }
                hasher.each(words, |hash, _| *recurs.entry(hash).or_insert(0) += 1);
            }
            for words in &documents {
                let (windows, mut single) = read(words);
                single.retain(|&number| times[&windows.hashes[number as usize]] == 1);
                let (mut found, mut wanted) = (Vec::new(), Vec::new());
                Stretches::new(lengths).each(words, &windows, &single, |hash, window| {
                    found.push((hash, window));
                    Ok(())
                }).unwrap();
                hasher.each(words, |hash, window| wanted.push((hash, window)));
                let is_found = |window| found.contains(window);
                if single.is_empty() {
                    prop_assert_eq!(&found, &wanted, "all may recur");
                }
                prop_assert!(found.iter().all(|window| wanted.contains(window)));
                prop_assert!(found.windows(2).all(|two| two[0].1.place() < two[1].1.place()));
                prop_assert!(wanted.iter().filter(|(hash, _)| recurs[hash] > 1).all(is_found));
            }
        }
    }

    /// Nine characters of a script without spaces are fewer than four words, let alone eight.
    #[test]
    fn what_is_too_short_has_no_windows() {
        let characters: Vec<u64> = (0..9).map(|word| 2 * word + 1).collect();
        for min_words in [4, 8] {
            let lengths = Lengths::of(min_words);
            let mut windows = Windows::default();
            windows.read(&characters, &WindowHasher::new(lengths.short));
            let none = |_, window: Window| panic!("{window:?}");
            Stretches::new(lengths).each(&characters, &windows, &[], none).unwrap();
        }
    }

    #[test]
    fn what_occurs_once_is_left_out() {
        let text: Vec<u64> = (0..100).map(|word| 2 * word).collect();
        let lengths = Lengths::of(20);
        let mut windows = Windows::default();
        windows.read(&text, &WindowHasher::new(lengths.short));
        let found = |single: &[u32]| {
            let mut found = Vec::new();
            let mut note = |_, window: Window| {
                found.push(window.start);
                Ok(())
            };
            Stretches::new(lengths).each(&text, &windows, single, &mut note).unwrap();
            found
        };
        assert_eq!(lengths.among, 3);
        // Words 50 to 53, with two short windows on either side.
        let without = |word: &u32| !(36..=48).contains(word);
        assert_eq!(found(&[50]), (0..=80).filter(without).collect::<Vec<_>>());
        assert_eq!(found(&[0, 96]), (0..=80).collect::<Vec<_>>());
    }
}
