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
    let text = store.stretch(all[passage])?;
    // Number and whether it is equal.
    let mut whole: Vec<(usize, bool)> = Vec::with_capacity(all.len());
    for (number, &o) in all.iter().enumerate() {
        let other = store.stretch(o)?;
        if similarity(&text, &other, LEAST_SIMILARITY).is_some() {
            whole.push((number, text == other));
        }
    }
    whole.sort_by_key(|&(o, _)| (earliest(all[o].doc), Reverse(all[o].words()), o));
    for &(shown, is_equal) in whole.iter().take(MOST_TRIED) {
        if is_equal || are_all_like(store, all[shown], whole.iter().map(|&(o, _)| all[o]))? {
            return Ok(shown);
        }
    }
    Ok(passage)
}

fn are_all_like(
    store: &WordStore,
    shown: Occurrence,
    others: impl Iterator<Item = Occurrence>,
) -> Result<bool> {
    let text = store.stretch(shown)?;
    for other in others {
        if similarity(&text, &store.stretch(other)?, LEAST_SIMILARITY).is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}
