//! The forest: which of many numbers hang together, in four bytes a number.
//!
//! Disjoint sets as trees (Galler and Fischer 1964), their ways halved as they are gone (Tarjan and van
//! Leeuwen 1984). Any number of workers join them; a set's root is its least number, whatever the order.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Disjoint sets of numbers.
#[derive(Debug)]
pub(crate) struct Forest(Vec<AtomicU32>);

impl Forest {
    /// Each of the numbers below `count` alone.
    pub(crate) fn new(count: u32) -> Self {
        Self((0..count).map(AtomicU32::new).collect())
    }

    /// The least number that hangs together with this one.
    pub(crate) fn root(&self, number: u32) -> u32 {
        let mut at = number;
        loop {
            let next = self.0[at as usize].load(Relaxed);
            if next == at {
                return at;
            }
            // Half of the way is saved to whoever comes next.
            let beyond = self.0[next as usize].load(Relaxed);
            self.0[at as usize].fetch_min(beyond, Relaxed);
            at = beyond;
        }
    }

    /// Joins the sets of two numbers.
    pub(crate) fn join(&self, one: u32, other: u32) {
        let (mut one, mut other) = (one, other);
        loop {
            (one, other) = (self.root(one), self.root(other));
            if one == other {
                return;
            }
            let (low, high) = (one.min(other), one.max(other));
            let root = &self.0[high as usize];
            if root.compare_exchange(high, low, Relaxed, Relaxed).is_ok() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rayon::prelude::*;

    proptest! {
        #[test]
        fn joined_numbers_have_the_least_as_their_root(
            joints in prop::collection::vec((0_u32..60, 0_u32..60), 0..60),
        ) {
            let forest = Forest::new(60);
            joints.par_iter().for_each(|&(a, b)| forest.join(a, b));
            let mut least: Vec<u32> = (0..60).collect();
            for _ in 0..60 {
                for &(a, b) in &joints {
                    let low = least[a as usize].min(least[b as usize]);
                    (least[a as usize], least[b as usize]) = (low, low);
                }
            }
            let roots: Vec<u32> = (0..60).map(|number| forest.root(number)).collect();
            prop_assert_eq!(roots, least);
        }
    }
}
