//! Sets of characters that expressions are made of, each known once.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A set of characters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::boilerplate) struct Set {
    ascii: u128,
    /// Ranges beyond ASCII, sorted and apart.
    beyond: Vec<(char, char)>,
}

/// By what tells most sets apart: those of letters have hundreds of ranges.
impl Hash for Set {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.ascii, self.beyond.len(), self.beyond.first()).hash(state);
    }
}

impl Set {
    /// Of ranges in any order.
    pub(super) fn of(ranges: impl IntoIterator<Item = (char, char)>) -> Self {
        let (mut ascii, mut beyond) = (0, Vec::new());
        for (first, last) in ranges {
            if first.is_ascii() {
                let last = last.min('\x7F');
                ascii |= u128::MAX >> (127 - (last as u32 - first as u32)) << first as u32;
            }
            if !last.is_ascii() {
                beyond.push((first.max('\u{80}'), last));
            }
        }
        beyond.sort_unstable();
        beyond.dedup_by(|next, before| {
            let goes_on = next.0 as u32 <= before.1 as u32 + 1;
            if goes_on {
                before.1 = before.1.max(next.1);
            }
            goes_on
        });
        Self { ascii, beyond }
    }

    /// What any of the sets has.
    pub(super) fn union<'s>(sets: impl IntoIterator<Item = &'s Self> + Clone) -> Self {
        let beyond = sets.clone().into_iter().flat_map(|set| set.beyond.iter().copied());
        let ascii = sets.into_iter().fold(0, |ascii, set| ascii | set.ascii);
        Self { ascii, ..Self::of(beyond) }
    }

    /// Its characters, in ranges that follow one another.
    pub(super) fn ranges(&self) -> impl Iterator<Item = (char, char)> {
        let mut ascii = self.ascii;
        let ascii = std::iter::from_fn(move || {
            let lowest = ascii.trailing_zeros();
            ascii &= ascii.checked_sub(1)?;
            char::from_u32(lowest).map(|c| (c, c))
        });
        ascii.chain(self.beyond.iter().copied())
    }

    /// About how many characters it has.
    pub(super) fn len(&self) -> usize {
        let beyond = self.beyond.iter().map(|&(first, last)| last as usize + 1 - first as usize);
        self.ascii.count_ones() as usize + beyond.sum::<usize>()
    }

    /// Its characters of ASCII, a bit each.
    pub(super) fn ascii(&self) -> u128 {
        self.ascii
    }

    /// Its ranges beyond ASCII.
    pub(super) fn beyond(&self) -> &[(char, char)] {
        &self.beyond
    }

    #[inline]
    pub(super) fn has(&self, c: char) -> bool {
        if c.is_ascii() {
            return self.ascii >> (c as u32) & 1 == 1;
        }
        let after = self.beyond.partition_point(|&(first, _)| first <= c);
        after > 0 && c <= self.beyond[after - 1].1
    }
}

/// Sets, each once, by their numbers.
#[derive(Debug, Default)]
pub(super) struct Sets {
    all: Vec<Set>,
    numbers: HashMap<Set, u32>,
}

impl Sets {
    /// The number of a set.
    pub(super) fn number(&mut self, set: Set) -> u32 {
        let Self { all, numbers } = self;
        *numbers.entry(set).or_insert_with_key(|set| {
            all.push(set.clone());
            all.len() as u32 - 1
        })
    }

    pub(super) fn get(&self, number: u32) -> &Set {
        &self.all[number as usize]
    }

    /// All of them, in the order of their numbers.
    pub(super) fn all(&self) -> Arc<[Set]> {
        self.all.as_slice().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_that_touch_are_one() {
        let set =
            Set::of([('é', 'é'), ('a', 'c'), ('è', 'è'), ('x', 'Ā'), ('\u{3000}', '\u{3001}')]);
        let ranges: Vec<_> = set.ranges().filter(|(first, _)| !first.is_ascii()).collect();
        assert_eq!(ranges, [('\u{80}', 'Ā'), ('\u{3000}', '\u{3001}')]);
        for (c, there) in [('b', true), ('d', false), ('z', true), ('é', true), ('ā', false)] {
            assert_eq!(set.has(c), there, "{c}");
        }
        let other = Set::of([('d', 'd'), ('ā', 'ă')]);
        let union = Set::union([&set, &other]);
        assert!(union.has('d') && union.has('é') && union.has('ă') && !union.has('Ą'));
        assert_eq!(union.len(), set.len() + 4);
    }

    #[test]
    fn a_set_has_one_number() {
        let mut sets = Sets::default();
        let [one, other, again] =
            ["a", "b", "a"].map(|c| sets.number(Set::of(c.chars().map(|c| (c, c)))));
        assert_eq!((one, other, again), (0, 1, 0));
        assert_eq!(sets.all().len(), 2);
    }
}
