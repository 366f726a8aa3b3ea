//! Repeats: every string of symbols that occurs in two outlets and can go on in more than one way.
//!
//! They are the inner nodes of the suffix tree, made from the sorted suffixes as intervals of ranks
//! (Abouelhoda, Kurtz, Ohlebusch 2004). Every run of equal words between two documents is the string
//! of such a node, so whoever explains all nodes has lost no run. There are fewer nodes than symbols.

use super::parties::Parties;
use super::paths::Spot;
use super::suffixes::Suffixes;

/// No repeat.
pub(crate) const NONE: u32 = u32::MAX;

/// A string of symbols with the places where it occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Repeat {
    /// How many symbols.
    pub(crate) depth: u32,
    /// Its occurrences are the suffixes of these ranks.
    pub(crate) first: u32,
    pub(crate) last: u32,
    /// The longest repeat that is a proper prefix of it.
    pub(crate) prefix: u32,
    /// The repeat that lacks its first symbol.
    pub(crate) suffix: u32,
    /// Who has it.
    parties: Parties,
}

impl Repeat {
    /// How often it occurs.
    pub(crate) fn count(&self) -> u32 {
        self.last - self.first + 1
    }

    /// Whether those that have it share it.
    pub(crate) fn is_shared(&self) -> bool {
        self.parties.share()
    }

    /// Its first occurrence in order of rank.
    pub(crate) fn spot(&self, suffixes: &Suffixes, spots: &[Spot]) -> Spot {
        stretch(spots, suffixes.order[self.first as usize], self.depth)
    }
}

/// The words that `depth` symbols from `at` on cover.
pub(crate) fn stretch(spots: &[Spot], at: u32, depth: u32) -> Spot {
    Spot { end: spots[(at + depth - 1) as usize].end, ..spots[at as usize] }
}

/// All repeats, prefixes behind what they are prefixes of.
#[derive(Debug, Default)]
pub(crate) struct Repeats {
    pub(crate) all: Vec<Repeat>,
    /// By rank: the longest repeat that the suffix has in common with the one before.
    meets: Vec<u32>,
}

impl Repeats {
    /// Finds them. `party` is that of the suffix of a rank.
    pub(crate) fn find(suffixes: &Suffixes, party: impl Fn(u32) -> Parties) -> Self {
        let mut repeats = Forest::default().grow(&suffixes.common, party);
        repeats.link(suffixes);
        repeats
    }

    /// The longest repeat that the suffix of a rank begins with.
    pub(crate) fn longest_at(&self, rank: u32) -> u32 {
        let depth = |id: u32| self.all.get(id as usize).map_or(0, |repeat| repeat.depth);
        let here = self.meets[rank as usize];
        let next = self.meets.get(rank as usize + 1).copied().unwrap_or(NONE);
        if depth(next) > depth(here) { next } else { here }
    }

    /// Finds what is left of each repeat without its first symbol.
    fn link(&mut self, suffixes: &Suffixes) {
        let lowest = Lowest::new(&suffixes.common);
        for id in 0..self.all.len() {
            let Repeat { depth, first, last, .. } = self.all[id];
            if depth > 1 {
                let behind = |rank: u32| suffixes.ranks[suffixes.order[rank as usize] as usize + 1];
                let rank = lowest.between(behind(first) + 1, behind(last) + 1);
                self.all[id].suffix = self.meets[rank as usize];
            }
        }
    }
}

/// Builds the tree from its leaves, left to right; the stack is the path to the current leaf.
#[derive(Debug, Default)]
struct Forest {
    /// Repeats by number of opening, which [`Forest::finish`] turns into order of closing.
    opened: Vec<Repeat>,
    closed: Vec<u32>,
    stack: Vec<u32>,
    meets: Vec<u32>,
}

impl Forest {
    fn grow(mut self, common: &[u32], party: impl Fn(u32) -> Parties) -> Repeats {
        for rank in 0..common.len() as u32 {
            let next = common.get(rank as usize + 1).copied().unwrap_or(0);
            self.meets.push(self.stack.last().copied().unwrap_or(NONE));
            if next > self.depth() {
                self.open(next, rank, Parties::NONE);
            }
            self.widen(party(rank));
            while next < self.depth() {
                self.close(rank, next);
            }
        }
        self.finish()
    }

    fn depth(&self) -> u32 {
        self.stack.last().map_or(0, |&top| self.opened[top as usize].depth)
    }

    fn open(&mut self, depth: u32, first: u32, parties: Parties) {
        self.stack.push(self.opened.len() as u32);
        self.opened.push(Repeat { depth, first, last: first, prefix: NONE, suffix: NONE, parties });
    }

    fn widen(&mut self, parties: Parties) {
        if let Some(&top) = self.stack.last() {
            let known = &mut self.opened[top as usize].parties;
            *known = known.and(parties);
        }
    }

    /// Closes the top, whose last leaf is `last`; the next leaf agrees on `next` symbols only.
    fn close(&mut self, last: u32, next: u32) {
        let Some(id) = self.stack.pop() else { return };
        self.opened[id as usize].last = last;
        self.closed.push(id);
        let Repeat { first, parties, .. } = self.opened[id as usize];
        if next > self.depth() {
            self.open(next, first, parties);
        } else {
            self.widen(parties);
        }
        self.opened[id as usize].prefix = self.stack.last().copied().unwrap_or(NONE);
    }

    fn finish(self) -> Repeats {
        let mut names = vec![NONE; self.opened.len()];
        for (name, &id) in (0..).zip(&self.closed) {
            names[id as usize] = name;
        }
        let name = |id: u32| names.get(id as usize).copied().unwrap_or(NONE);
        let rename = |&id: &u32| {
            let repeat = self.opened[id as usize];
            Repeat { prefix: name(repeat.prefix), ..repeat }
        };
        Repeats {
            all: self.closed.iter().map(rename).collect(),
            meets: self.meets.iter().map(|&id| name(id)).collect(),
        }
    }
}

/// Where in a range of a list the least number is, after linear preparation.
#[derive(Debug)]
struct Lowest<'a> {
    numbers: &'a [u32],
    /// By level: the place of the least number in 2^level blocks from a block on.
    levels: Vec<Vec<u32>>,
}

const BLOCK: usize = 32;

impl<'a> Lowest<'a> {
    fn new(numbers: &'a [u32]) -> Self {
        let blocks = (0..numbers.len()).step_by(BLOCK);
        let mut lowest = Self { numbers, levels: Vec::new() };
        let mut level: Vec<u32> =
            blocks.map(|from| lowest.scan(from, numbers.len().min(from + BLOCK))).collect();
        let mut half = 1;
        while level.len() > half {
            let pairs = level.iter().zip(&level[half..]);
            let next = pairs.map(|(&a, &b)| lowest.lower(a, b)).collect();
            lowest.levels.push(std::mem::replace(&mut level, next));
            half *= 2;
        }
        lowest.levels.push(level);
        lowest
    }

    /// In `from..to`, which is not empty.
    fn between(&self, from: u32, to: u32) -> u32 {
        let (from, to) = (from as usize, to as usize);
        let (first, end) = (from.div_ceil(BLOCK), to / BLOCK);
        if first >= end {
            return self.scan(from, to);
        }
        let level = (end - first).ilog2() as usize;
        let row = &self.levels[level];
        let mut lowest = self.lower(row[first], row[end - (1 << level)]);
        if from < first * BLOCK {
            lowest = self.lower(lowest, self.scan(from, first * BLOCK));
        }
        if end * BLOCK < to {
            lowest = self.lower(lowest, self.scan(end * BLOCK, to));
        }
        lowest
    }

    fn scan(&self, from: usize, to: usize) -> u32 {
        (from as u32..to as u32).reduce(|a, b| self.lower(a, b)).unwrap_or(from as u32)
    }

    fn lower(&self, a: u32, b: u32) -> u32 {
        if self.numbers[b as usize] < self.numbers[a as usize] { b } else { a }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_least_of_a_range(
            numbers in prop::collection::vec(0_u32..50, 1..400),
            ends in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
        ) {
            let (a, b) = (ends.0.index(numbers.len()), ends.1.index(numbers.len()));
            let (from, to) = (a.min(b), a.max(b) + 1);
            let place = Lowest::new(&numbers).between(from as u32, to as u32) as usize;
            prop_assert!((from..to).contains(&place));
            prop_assert_eq!(numbers[place], *numbers[from..to].iter().min().unwrap());
        }
    }
}
