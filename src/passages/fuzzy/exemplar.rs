//! The exemplar: the occurrence that a family is shown by.

use std::cmp::Reverse;

use super::super::{Family, Occurrence, WordStore};
use super::LEAST_SIMILARITY;
use super::align::similarity;
use crate::error::Result;

/// Occurrences that are tried before the passage itself is the exemplar.
const MOST_TRIED: usize = 3;

/// The number of the earliest occurrence, of such the longest, of such the first, that has the whole
/// passage, and that all are like which are like the passage. So a piece is never shown for the whole,
/// and members are as close to what is shown as to what they were held against.
pub fn exemplar(
    store: &WordStore,
    family: &Family,
    earliest: impl Fn(u32) -> i64,
) -> Result<usize> {
    let all = &family.occurrences;
    let p = family.passage;
    let has_passage = |o: &Occurrence| o.doc == p.doc && o.start <= p.start && p.end <= o.end;
    let passage = all.iter().position(has_passage).unwrap_or(0);
    let alike = |a: &[u64], b: usize| {
        let b = store.stretch(all[b])?;
        Ok(similarity(a, &b, LEAST_SIMILARITY).is_some())
    };
    let text = store.stretch(all[passage])?;
    let mut whole = filter(0..all.len(), |o| alike(&text, o))?;
    whole.sort_by_key(|&o| (earliest(all[o].doc), Reverse(all[o].words()), o));
    for &shown in whole.iter().take(MOST_TRIED) {
        let text = store.stretch(all[shown])?;
        if filter(whole.iter().copied(), |o| alike(&text, o))?.len() == whole.len() {
            return Ok(shown);
        }
    }
    Ok(passage)
}

/// Those that pass a test which may fail.
fn filter(
    numbers: impl Iterator<Item = usize>,
    test: impl Fn(usize) -> Result<bool>,
) -> Result<Vec<usize>> {
    let mut passed = Vec::new();
    for number in numbers {
        if test(number)? {
            passed.push(number);
        }
    }
    Ok(passed)
}
