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

/// Sorts items whose first field is a hash: thrown at as many slots as there are items, hardly any has a
/// slot with another one that is not equal.
pub(crate) fn sort_by_hash<T: Copy + Default + Ord>(items: &mut Vec<T>, hash: impl Fn(&T) -> u64) {
    let (Some(least), Some(most)) = (items.iter().map(&hash).min(), items.iter().map(&hash).max())
    else {
        return;
    };
    // The hashes of a partition are a stretch of all.
    let spread = (most - least).checked_ilog2().map_or(0, |bits| bits + 1);
    let shift = spread.saturating_sub(items.len().ilog2());
    let slot = |item: &T| ((hash(item) - least) >> shift) as usize;
    let mut ends = vec![0_u32; slot_count(most - least, shift)];
    for item in items.iter() {
        ends[slot(item)] += 1;
    }
    let mut end = 0;
    for count in &mut ends {
        end += *count;
        *count = end - *count;
    }
    let mut thrown = vec![T::default(); items.len()];
    for &item in items.iter() {
        let place = &mut ends[slot(&item)];
        thrown[*place as usize] = item;
        *place += 1;
    }
    let mut start = 0;
    for end in ends {
        if end - start > 1 {
            thrown[start as usize..end as usize].sort_unstable();
        }
        start = end;
    }
    *items = thrown;
}

/// Slots for numbers up to `most` by what is left of them.
fn slot_count(most: u64, shift: u32) -> usize {
    (most >> shift) as usize + 1
}

/// Two numbers as one that is ordered like the pair.
pub(crate) fn pair(first: u32, second: u32) -> u64 {
    u64::from(first) << 32 | u64::from(second)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn hashes_are_sorted_as_all_numbers(
            numbers in prop::collection::vec(
                (prop_oneof![Just(0), 0_u64..9, any::<u64>(), Just(u64::MAX)], any::<u32>()),
                0..300,
            ),
        ) {
            let (mut fast, mut plain) = (numbers.clone(), numbers);
            sort_by_hash(&mut fast, |item| item.0);
            plain.sort_unstable();
            prop_assert_eq!(fast, plain);
        }
    }
}
