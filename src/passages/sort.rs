//! Sorting by a number.

use rayon::prelude::*;

/// Below this many, one thread and the standard library's sort are faster.
const LARGE: usize = 1 << 18;

/// Sorts by a key in which no two items are equal, so that the order is the only one. Made into one
/// number, a key of several fields compares without a branch.
pub(crate) fn sort_by_number<T: Send, K: Ord>(items: &mut [T], number: impl Fn(&T) -> K + Sync) {
    if items.len() < LARGE {
        items.sort_unstable_by_key(number);
    } else {
        items.par_sort_unstable_by_key(number);
    }
}

/// Two numbers as one that is ordered like the pair.
pub(crate) fn pair(first: u32, second: u32) -> u64 {
    u64::from(first) << 32 | u64::from(second)
}
