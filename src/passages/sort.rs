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

/// Sorts items whose first field is a hash, in memory that is used again.
#[derive(Debug)]
pub(crate) struct HashSort<T> {
    thrown: Vec<T>,
    ends: Vec<u32>,
}

impl<T> Default for HashSort<T> {
    fn default() -> Self {
        Self { thrown: Vec::new(), ends: Vec::new() }
    }
}

impl<T: Copy + Default + Ord> HashSort<T> {
    /// Thrown at as many slots as there are items, hardly any has a slot with another one that is not equal.
    pub(crate) fn sort(&mut self, items: &mut Vec<T>, hash: impl Fn(&T) -> u64) {
        let (least, most) = (items.iter().map(&hash).min(), items.iter().map(&hash).max());
        let (Some(least), Some(most)) = (least, most) else { return };
        // The hashes of a partition are a stretch of all.
        let spread = (most - least).checked_ilog2().map_or(0, |bits| bits + 1);
        let shift = spread.saturating_sub(items.len().ilog2());
        let slot = |item: &T| ((hash(item) - least) >> shift) as usize;
        let Self { thrown, ends } = self;
        ends.clear();
        ends.resize(slot_count(most - least, shift), 0);
        for item in items.iter() {
            ends[slot(item)] += 1;
        }
        let mut end = 0;
        for count in ends.iter_mut() {
            end += *count;
            *count = end - *count;
        }
        thrown.resize(items.len(), T::default());
        for &item in items.iter() {
            let place = &mut ends[slot(&item)];
            thrown[*place as usize] = item;
            *place += 1;
        }
        let mut start = 0;
        for &end in ends.iter() {
            match &mut thrown[start as usize..end as usize] {
                [] | [_] => {}
                // Mostly they are two, for which a sort of any number is a long way.
                [one, other] => {
                    if other < one {
                        std::mem::swap(one, other);
                    }
                }
                more => more.sort_unstable(),
            }
            start = end;
        }
        std::mem::swap(items, thrown);
    }
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
            let mut sorting = HashSort::default();
            for mut plain in [numbers.clone(), numbers[..numbers.len() / 2].to_vec(), numbers] {
                let mut fast = plain.clone();
                sorting.sort(&mut fast, |item| item.0);
                plain.sort_unstable();
                prop_assert_eq!(fast, plain);
            }
        }
    }
}
