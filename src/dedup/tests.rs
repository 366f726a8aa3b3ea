//! Held against a plain implementation that compares all pairs.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::passages::{Occurrence, WindowHasher, fifths};
use crate::spill::Scratch;

/// The overlap as the definition says it, by comparing every stretch with every other.
fn plain_share(words: &[u64], other: &[u64]) -> f64 {
    let weight = |words: &[u64]| words.iter().map(|&word| fifths(word)).sum::<u32>();
    let is_run = |run: &[u64]| weight(run) >= 15;
    let mut covered = vec![false; words.len()];
    for start in 0..words.len() {
        for end in start + 1..=words.len() {
            let run = &words[start..end];
            if is_run(run) && other.windows(run.len()).any(|there| there == run) {
                covered[start..end].fill(true);
            }
        }
    }
    let covered: u32 = words.iter().zip(covered).filter(|(_, c)| *c).map(|(&w, _)| fifths(w)).sum();
    f64::from(covered) / f64::from(weight(words).max(1))
}

fn shingles(words: &[u64]) -> BTreeSet<u64> {
    let mut shingles = BTreeSet::new();
    WindowHasher::new(25).each(words, |shingle, _| {
        shingles.insert(shingle);
    });
    shingles
}

/// Everything again, on all pairs, for texts so short that a sketch has all their shingles.
struct Plain<'p> {
    texts: &'p [Vec<u64>],
    preference: Preference<'p>,
    options: Options,
}

impl Plain<'_> {
    fn find(&self) -> Vec<(u32, u32, Kind)> {
        let length = |text: u32| self.texts[text as usize].iter().map(|&w| fifths(w)).sum::<u32>();
        let by_rank =
            |text: u32| (text >= self.preference.fixed, self.preference.rank[text as usize]);
        let mut all: Vec<u32> = (0..self.texts.len() as u32).filter(|&t| length(t) > 0).collect();
        all.sort_by_key(|&text| by_rank(text));
        let (firsts, equal) = self.sift(&all, Vec::new(), &[Kind::Exact]);
        let mut longest = firsts;
        longest.sort_by_key(|&text| (Reverse(length(text)), by_rank(text)));
        let (mut stay, inside) = self.sift(&longest, Vec::new(), &[Kind::Contained]);
        stay.sort_by_key(|&text| by_rank(text));
        let (stay, mut gone) = self.sift(&stay, Vec::new(), &[Kind::Near]);
        let mut orphans = Vec::new();
        for (&text, &(kept, kind)) in &inside {
            if stay.contains(&kept) {
                gone.insert(text, (kept, kind));
            } else {
                orphans.push(text);
            }
        }
        orphans.sort_by_key(|&text| by_rank(text));
        gone.extend(self.sift(&orphans, stay, &[Kind::Near, Kind::Contained]).1);
        for (text, (first, _)) in equal {
            let fate = gone.get(&first).copied().unwrap_or((first, Kind::Exact));
            gone.insert(text, fate);
        }
        let mut found: Vec<_> =
            gone.into_iter().map(|(text, (kept, kind))| (text, kept, kind)).collect();
        found.sort_by_key(|&(text, kept, _)| (kept, text));
        found
    }

    #[allow(clippy::type_complexity)]
    fn sift(
        &self,
        order: &[u32],
        mut stay: Vec<u32>,
        kinds: &[Kind],
    ) -> (Vec<u32>, BTreeMap<u32, (u32, Kind)>) {
        let mut gone = BTreeMap::new();
        for &text in order {
            let fitting = stay.iter().filter(|&&kept| {
                text >= self.preference.fixed
                    && self.kind(text, kept).is_some_and(|kind| kinds.contains(&kind))
            });
            let best = fitting.max_by(|&&a, &&b| {
                let share =
                    |kept: u32| plain_share(&self.texts[text as usize], &self.texts[kept as usize]);
                let rank = |kept: u32| {
                    (kept >= self.preference.fixed, self.preference.rank[kept as usize])
                };
                share(a).total_cmp(&share(b)).then(rank(b).cmp(&rank(a)))
            });
            match best {
                Some(&kept) => {
                    gone.insert(text, (kept, self.kind(text, kept).unwrap()));
                }
                None => stay.push(text),
            }
        }
        (stay, gone)
    }

    fn kind(&self, text: u32, kept: u32) -> Option<Kind> {
        let scope = self.preference.scope;
        if scope[text as usize] != scope[kept as usize] {
            return None;
        }
        let (a, b) = (&self.texts[text as usize], &self.texts[kept as usize]);
        if a == b {
            return Some(Kind::Exact);
        }
        let long = |words: &[u64]| words.iter().map(|&w| fifths(w)).sum::<u32>() >= 5 * LEAST_WORDS;
        let (own, other) = (shingles(a), shingles(b));
        let hits = own.intersection(&other).count();
        if !long(a) || !long(b) || hits < own.len().div_ceil(8).max(1) {
            return None;
        }
        let (of_text, of_kept) = (plain_share(a, b), plain_share(b, a));
        if of_text >= self.options.near && of_kept >= self.options.near {
            Some(Kind::Near)
        } else {
            (of_text >= self.options.contained).then_some(Kind::Contained)
        }
    }
}

/// Texts made of a few stretches, some words changed: copies, versions, parts and wholes. Odd words
/// are characters of a script without spaces.
fn texts() -> impl Strategy<Value = Vec<Vec<u64>>> {
    let stretch = prop::collection::vec(0_u64..400, 4..14);
    (prop::collection::vec(stretch, 5), any::<bool>()).prop_flat_map(|(stretches, spaced)| {
        let picks = prop::collection::vec(0..stretches.len(), 0..4);
        let edits = prop::collection::vec((0_usize..36, 0_u64..400), 0..4);
        prop::collection::vec((picks, edits), 1..12).prop_map(move |texts| {
            let make = |(picks, edits): (Vec<usize>, Vec<(usize, u64)>)| {
                let mut text: Vec<u64> =
                    picks.into_iter().flat_map(|pick| stretches[pick].clone()).take(36).collect();
                for (at, word) in edits {
                    if let Some(here) = text.get_mut(at) {
                        *here = word;
                    }
                }
                if spaced {
                    for word in &mut text {
                        *word &= !1;
                    }
                }
                text
            };
            texts.into_iter().map(make).collect()
        })
    })
}

fn store(texts: &[Vec<u64>]) -> WordStore {
    let mut store = WordStore::new();
    for (number, text) in (0..).zip(texts) {
        store.push(number, text.as_slice()).unwrap();
    }
    store
}

proptest! {
    #[test]
    fn what_is_found_is_what_all_pairs_say(
        texts in texts(),
        shuffle in any::<u64>(),
        scopes in 1_u32..3,
        fixed in 0_u32..4,
    ) {
        let count = texts.len() as u32;
        let mut rank: Vec<u32> = (0..count).collect();
        rank.sort_by_key(|&number| crate::hash::within(shuffle, &number.to_le_bytes()));
        let scope: Vec<u32> = (0..count).map(|number| number % scopes).collect();
        let preference = Preference { rank: &rank, scope: &scope, fixed: fixed.min(count) };
        let options = Options::default();
        let found = find(&store(&texts), &preference, &options).unwrap();
        let plain = Plain { texts: &texts, preference, options: options.clone() }.find();
        let told: Vec<_> = found.iter().map(|d| (d.text, d.kept, d.kind)).collect();
        prop_assert_eq!(told, plain);

        let gone: BTreeSet<u32> = found.iter().map(|duplicate| duplicate.text).collect();
        prop_assert_eq!(gone.len(), found.len(), "each goes once");
        for duplicate in &found {
            prop_assert!(!gone.contains(&duplicate.kept), "what is kept stays");
            prop_assert!(duplicate.text >= fixed.min(count));
            let (a, b) = (&texts[duplicate.text as usize], &texts[duplicate.kept as usize]);
            if duplicate.kind == Kind::Exact {
                prop_assert_eq!(a, b);
            } else {
                let plain = Overlap { of_text: plain_share(a, b), of_kept: plain_share(b, a) };
                prop_assert_eq!(duplicate.overlap, plain);
            }
        }
    }

    #[test]
    fn copies_are_all_that_a_preferred_text_has(texts in texts(), least in 4_u32..9, gone in any::<u16>()) {
        let count = texts.len() as u32;
        let (rank, scope): (Vec<u32>, Vec<u32>) = ((0..count).rev().collect(), vec![0; texts.len()]);
        let gone: Vec<bool> = (0..count).map(|number| gone >> number & 1 == 1).collect();
        let preference = Preference { rank: &rank, scope: &scope, fixed: 0 };
        let found = copies(&store(&texts), &preference, &gone, least, &Scratch::unlimited()).unwrap();
        for (number, text) in (0..).zip(&texts) {
            let mut here = vec![false; text.len()];
            for copy in found.iter().filter(|copy| copy.stretch.doc == number) {
                let range = copy.stretch.start as usize..copy.stretch.end as usize;
                prop_assert!(!gone[number as usize] && !gone[copy.of as usize] && copy.of > number);
                here[range].fill(true);
            }
            let mut wanted = vec![false; text.len()];
            let is_long = |run: &[u64]| run.iter().map(|&w| fifths(w)).sum::<u32>() >= 5 * least;
            for start in 0..text.len() {
                for end in start + 1..=text.len() {
                    let run = &text[start..end];
                    let has = |other: u32| {
                        !gone[other as usize]
                            && texts[other as usize].windows(run.len()).any(|there| there == run)
                    };
                    if is_long(run) && !gone[number as usize] && (number + 1..count).any(has) {
                        wanted[start..end].fill(true);
                    }
                }
            }
            prop_assert_eq!(here, wanted, "text {} of {:?}", number, texts);
        }
    }

    #[test]
    fn equal_stretches_stay_once(texts in texts(), cut in 1_u32..8) {
        let mut stretches = Vec::new();
        for (doc, text) in (0..).zip(&texts) {
            for start in (0..text.len() as u32).step_by(cut as usize) {
                stretches.push(Occurrence { doc, start, end: (start + cut).min(text.len() as u32) });
            }
        }
        let words = |o: &Occurrence| &texts[o.doc as usize][o.start as usize..o.end as usize];
        let (rank, scope): (Vec<u32>, Vec<u32>) = ((0..texts.len() as u32).collect(), vec![0; texts.len()]);
        let preference = Preference { rank: &rank, scope: &scope, fixed: 0 };
        let found = equal(&store(&texts), &stretches, &preference, &vec![false; texts.len()]).unwrap();
        let plain: Vec<_> = stretches
            .iter()
            .filter_map(|stretch| {
                let first = stretches.iter().find(|other| words(other) == words(stretch))?;
                (first.doc != stretch.doc).then_some(Copy { stretch: *stretch, of: first.doc })
            })
            .collect();
        prop_assert_eq!(found, plain);
    }
}

/// A thousand words that occur nowhere else, every sixteenth or so changed in a way of its own.
fn edited(story: u64, version: u64, words: u64) -> Vec<u64> {
    let number = |what: u64, at: u64| crate::hash::within(what, &at.to_le_bytes());
    (0..words)
        .map(|at| {
            let changed = number(version + 1, at ^ story << 32) % 16 == 0;
            let word =
                if changed { number(version + 77, at) } else { number(7 + story * 1000, at) };
            word % 100_000 * 2
        })
        .collect()
}

/// Two versions that both changed one word in sixteen overlap by .85 on average. The sketches pass
/// all of these pairs, for texts of any length.
#[test]
fn sketches_lose_no_edited_copy() {
    for words in [40, 100, 300, 1000] {
        let texts: Vec<Vec<u64>> = (0..400).map(|i| edited(i / 2, i % 2, words)).collect();
        let (rank, scope): (Vec<u32>, Vec<u32>) = ((0..400).collect(), vec![0; 400]);
        let preference = Preference { rank: &rank, scope: &scope, fixed: 0 };
        let found = find(&store(&texts), &preference, &Options::default()).unwrap();
        let wanted: Vec<(u32, u32)> = (0..200)
            .map(|story| (2 * story + 1, 2 * story))
            .filter(|&(text, kept)| {
                let overlap = Overlap::measure(&texts[text as usize], &texts[kept as usize]);
                overlap.of_text >= 0.8 && overlap.of_kept >= 0.8
            })
            .collect();
        assert!(wanted.len() > 120, "{} of 200 pairs overlap by .8", wanted.len());
        let told: Vec<_> = found.iter().map(|d| (d.text, d.kept)).collect();
        assert_eq!(told, wanted, "{words} words");
    }
}
