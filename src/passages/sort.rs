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
    /// By slot, where its next item goes.
    next: Vec<u32>,
    /// Items by slot.
    sorted: Vec<T>,
}

impl<T> Default for Groups<T> {
    fn default() -> Self {
        Self { next: Vec::new(), sorted: Vec::new() }
    }
}

impl<T: Copy + Ord + Default> Groups<T> {
    /// Calls `look` with the items of every hash that more than one has, sorted. The hash must be told by what
    /// items are ordered by first; where that is the hash itself, hashes come in order. There are as many
    /// slots as items, so that hardly any has two of different hashes, and items are counted, then each
    /// is written to its place: no step turns on what is found.
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
        let slot = |item: &T| ((hash(item) - least) >> shift) as usize;
        let Self { next, sorted } = self;
        next.clear();
        next.resize(slot_count(most - least, shift), 0);
        for item in items {
            next[slot(item)] += 1;
        }
        let mut before = 0;
        for next in &mut *next {
            before += std::mem::replace(next, before);
        }
        if sorted.len() < items.len() {
            sorted.resize(items.len(), T::default());
        }
        for item in items {
            let next = &mut next[slot(item)];
            sorted[*next as usize] = *item;
            *next += 1;
        }
        for same_slot in sorted[..items.len()].chunk_by_mut(|a, b| slot(a) == slot(b)) {
            match &mut *same_slot {
                [_] => continue,
                // Mostly they are two, for which a sort of any number is a long way.
                [one, other] => {
                    if other < one {
                        std::mem::swap(one, other);
                    }
                }
                more => more.sort_unstable(),
            }
            same_slot
                .chunk_by(|a, b| hash(a) == hash(b))
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
