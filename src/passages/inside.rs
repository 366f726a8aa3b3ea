//! What lies inside what: which families have occurrences inside occurrences of others.

use rayon::prelude::*;

use super::Occurrence;
use super::listing::Families;
use super::sort::pair;
use crate::error::Result;
use crate::spill::{Scratch, Sorted, Sorter};

/// Occurrences on the way along the documents.
#[derive(Debug)]
pub(crate) struct Stops(Sorter<3>);

impl Stops {
    /// None yet, in so much memory.
    pub(crate) fn within(scratch: &Scratch) -> Self {
        Self(Sorter::new(scratch))
    }

    /// Adds all occurrences of families under `name` of their numbers. Of equal ones that with the
    /// higher weight lies around the others, of such that of the lower name.
    pub(crate) fn add(
        &self,
        families: &Families,
        name: impl Fn(u32) -> u64 + Sync,
        weight: impl Fn(&[Occurrence]) -> u32 + Sync,
    ) -> Result<()> {
        families.par_stints().try_for_each(|stint| {
            let (first, families) = stint?;
            let mut stops = Vec::new();
            for (number, family) in (first..).zip(&families) {
                let weight = weight(&family.occurrences);
                let stop = |at: &Occurrence| {
                    [pair(at.doc, at.start), pair(!at.end, !weight), name(number)]
                };
                stops.extend(family.occurrences.iter().map(stop));
            }
            self.0.add(stops)
        })
    }

    /// Calls `found` with the names of two families wherever an occurrence of the first lies inside one
    /// of the second.
    pub(crate) fn sweep(self, mut found: impl FnMut(u64, u64) -> Result<()>) -> Result<()> {
        let mut open: Vec<(Occurrence, u64)> = Vec::new();
        for stop in self.0.sorted()? {
            let [place, ends, name] = stop?;
            let (doc, start, end) = ((place >> 32) as u32, place as u32, !((ends >> 32) as u32));
            open.retain(|(other, _)| other.doc == doc && other.end > start);
            for &(_, around) in open.iter().filter(|(other, _)| other.end >= end) {
                found(name, around)?;
            }
            open.push((Occurrence { doc, start, end }, name));
        }
        Ok(())
    }
}

/// Pairs of families, gathered and counted by the first.
#[derive(Debug)]
pub(crate) struct Pairs(Sorter<1>);

impl Pairs {
    /// None yet, in so much memory.
    pub(crate) fn within(scratch: &Scratch) -> Self {
        Self(Sorter::new(scratch))
    }

    /// Adds a pair.
    pub(crate) fn push(&mut self, first: u32, second: u32) -> Result<()> {
        self.0.add([[pair(first, second)]])
    }

    /// All of them, by the first.
    pub(crate) fn sorted(self) -> Result<Counts> {
        Ok(Counts { pairs: self.0.sorted()?, next: None })
    }
}

/// Pairs in order.
#[derive(Debug)]
pub(crate) struct Counts {
    pairs: Sorted<1>,
    next: Option<u64>,
}

impl Counts {
    /// All seconds of a first one, ascending, each with how often it came. Firsts are asked for in
    /// ascending order.
    pub(crate) fn of(&mut self, first: u32) -> Result<Vec<(u32, usize)>> {
        let mut counts: Vec<(u32, usize)> = Vec::new();
        loop {
            let next = match self.next.take() {
                Some(next) => next,
                None => match self.pairs.next() {
                    Some(next) => next?[0],
                    None => return Ok(counts),
                },
            };
            if (next >> 32) as u32 > first {
                self.next = Some(next);
                return Ok(counts);
            }
            if (next >> 32) as u32 == first {
                match counts.last_mut() {
                    Some((second, count)) if *second == next as u32 => *count += 1,
                    _ => counts.push((next as u32, 1)),
                }
            }
        }
    }
}
