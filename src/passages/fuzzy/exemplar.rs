//! The exemplar: the occurrence that a family is shown by.

use std::cmp::Reverse;

use super::super::{Family, Occurrence, WordStore};
use super::LEAST_SIMILARITY;
use super::align::similarity;
use super::anchors::words;

/// Occurrences that are tried before the passage itself is the exemplar.
const MOST_TRIED: usize = 3;

/// The number of the earliest occurrence, of such the longest, of such the first, that has the whole
/// passage, and that all are like which are like the passage. So a piece is never shown for the whole,
/// and members are as close to what is shown as to what they were held against.
pub fn exemplar(store: &WordStore, family: &Family, earliest: impl Fn(u32) -> i64) -> usize {
    let all = &family.occurrences;
    let p = family.passage;
    let has_passage = |o: &Occurrence| o.doc == p.doc && o.start <= p.start && p.end <= o.end;
    let passage = all.iter().position(has_passage).unwrap_or(0);
    let alike = |a: usize, b: usize| {
        similarity(words(store, all[a]), words(store, all[b]), LEAST_SIMILARITY).is_some()
    };
    let mut whole: Vec<usize> = (0..all.len()).filter(|&o| alike(passage, o)).collect();
    whole.sort_by_key(|&o| (earliest(all[o].doc), Reverse(all[o].words()), o));
    let mut tried = whole.iter().take(MOST_TRIED);
    tried.find(|&&shown| whole.iter().all(|&o| alike(shown, o))).copied().unwrap_or(passage)
}
