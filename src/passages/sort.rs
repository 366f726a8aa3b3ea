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

/// Finds items with the same hash, in memory that is used again.
#[derive(Debug)]
pub(crate) struct Groups<T> {
    /// By slot the item that was thrown at it last, and by item the one thrown before; or [`NONE`].
    newest: Vec<u32>,
    before: Vec<u32>,
    slot: Vec<T>,
}

const NONE: u32 = u32::MAX;

impl<T> Default for Groups<T> {
    fn default() -> Self {
        Self { newest: Vec::new(), before: Vec::new(), slot: Vec::new() }
    }
}

impl<T: Copy + Ord> Groups<T> {
    /// Calls `look` with the items of every hash that more than one has, sorted, in the order of the hashes,
    /// which are what items are ordered by first. Thrown at as many slots as there are items, hardly any
    /// has a slot with another one that is not equal, and those that are alone are not moved.
    pub(crate) fn each(
        &mut self,
        items: &[T],
        hash: impl Fn(&T) -> u64,
        mut look: impl FnMut(&[T]),
    ) {
        let (least, most) = (items.iter().map(&hash).min(), items.iter().map(&hash).max());
        let (Some(least), Some(most)) = (least, most) else { return };
        // The hashes of a partition are a stretch of all.
        let spread = (most - least).checked_ilog2().map_or(0, |bits| bits + 1);
        let shift = spread.saturating_sub(items.len().ilog2());
        let Self { newest, before, slot } = self;
        newest.clear();
        newest.resize(slot_count(most - least, shift), NONE);
        before.clear();
        for (number, item) in (0..).zip(items) {
            let slot = &mut newest[((hash(item) - least) >> shift) as usize];
            before.push(std::mem::replace(slot, number));
        }
        for &last in newest.iter().filter(|&&last| last != NONE && before[last as usize] != NONE) {
            slot.clear();
            let earlier = |&item: &u32| Some(before[item as usize]).filter(|&item| item != NONE);
            let all = std::iter::successors(Some(last), earlier);
            slot.extend(all.map(|item| items[item as usize]));
            match &mut slot[..] {
                // Mostly they are two, for which a sort of any number is a long way.
                [one, other] => {
                    if other < one {
                        std::mem::swap(one, other);
                    }
                }
                more => more.sort_unstable(),
            }
            slot.chunk_by(|a, b| hash(a) == hash(b))
                .filter(|same| same.len() > 1)
                .for_each(&mut look);
        }
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
        fn what_has_one_hash_is_found_together(
            numbers in prop::collection::vec(
                (prop_oneof![Just(0), 0_u64..9, any::<u64>(), Just(u64::MAX)], any::<u32>()),
                0..300,
            ),
        ) {
            let mut groups = Groups::default();
            for mut plain in [numbers.clone(), numbers[..numbers.len() / 2].to_vec(), numbers] {
                let mut found = Vec::new();
                groups.each(&plain, |item| item.0, |same| found.push(same.to_vec()));
                plain.sort_unstable();
                let same = plain.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() > 1);
                prop_assert_eq!(found, same.map(<[_]>::to_vec).collect::<Vec<_>>());
            }
        }
    }
}
