//! With what lines begin, or end, that an automaton has anything to do with.
//!
//! Most expressions begin with certain words and few lines do. An automaton would find that out by
//! waiting, at every character, for the row of a state that this line alone may have. So the sets
//! that ways through its expressions read first are kept by themselves, and a line is asked for its
//! first characters before the automaton is: as in [`super::gate`], ways are told apart in heaps, a
//! bit of a number each.

use std::collections::BTreeMap;

use super::classes::{Classes, Letters, has};
use super::opened::{Opened, Steps};

/// So many characters of a line are asked for.
pub(super) const FIRST: usize = 4;

/// Where there are more ways, the characters behind are not told apart.
const MOST_WAYS: usize = 1 << 12;

/// Stands for any character, behind a match.
const ANY: u32 = u32::MAX;

/// The sets of the first characters that are read on a way through an expression.
type Way = [u32; FIRST];

/// How lines begin that an automaton may find something in.
#[derive(Debug)]
pub(super) struct Beginnings {
    /// By a letter, and where it stands, the heaps that have a way with it there.
    heaps: Vec<[u64; FIRST]>,
}

impl Beginnings {
    /// Of an automaton whose expressions all begin with the line, at these places.
    pub(super) fn new(
        starts: &[u32],
        (steps, opened): (&Steps, &mut Opened),
        (classes, letters): (&Classes, &Letters),
    ) -> Self {
        let ways = ways(starts, steps, opened);
        let mut by_set: [BTreeMap<u32, u64>; FIRST] = Default::default();
        for (number, way) in ways.iter().enumerate() {
            // Ways beside each other begin alike, and look like little more together.
            let heap = 1 << (number * u64::BITS as usize / ways.len());
            for (sets, set) in by_set.iter_mut().zip(way) {
                *sets.entry(*set).or_default() |= heap;
            }
        }
        let heaps = letters.samples.iter().map(|&class| {
            let sets = classes.sets(class);
            by_set.each_ref().map(|all| {
                let with = all.iter().filter(|(set, _)| **set == ANY || has(sets, **set));
                with.fold(0, |heaps, (_, heap)| heaps | heap)
            })
        });
        Self { heaps: heaps.collect() }
    }

    /// Whether a line may begin with these letters.
    #[inline]
    pub(super) fn may_be(&self, letters: [u16; FIRST]) -> bool {
        let places = letters.into_iter().enumerate();
        places.fold(u64::MAX, |heaps, (at, letter)| heaps & self.heaps[usize::from(letter)][at])
            != 0
    }
}

/// All ways from these places, sorted.
fn ways(starts: &[u32], steps: &Steps, opened: &mut Opened) -> Vec<Way> {
    let mut ways = Vec::new();
    let mut here: Vec<(Way, u32)> = starts.iter().map(|&place| ([ANY; FIRST], place)).collect();
    for at in 0..FIRST {
        let mut behind = Vec::new();
        for &(way, place) in &here {
            let open = opened.by(steps, place);
            if !opened.matched(open).is_empty() {
                ways.push(way);
                continue;
            }
            behind.extend(opened.reads(open).iter().map(|&(set, next)| {
                let mut longer = way;
                longer[at] = set;
                (longer, next)
            }));
        }
        behind.sort_unstable();
        behind.dedup();
        if behind.len() > MOST_WAYS {
            break;
        }
        here = behind;
    }
    ways.extend(here.into_iter().map(|(way, _)| way));
    ways.sort_unstable();
    ways.dedup();
    ways
}
