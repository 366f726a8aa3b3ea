//! Listings: families one after the other, in memory or on disk.

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::sort::pair;
use super::store::{push_number, take_number};
use super::{Family, Occurrence};
use crate::error::Result;
use crate::spill::{Scratch, Sorter, Tape};

/// Families by number. A family takes some ten bytes and three for each occurrence, on disk where memory
/// ends; half a byte of each stays in memory.
#[derive(Debug)]
pub struct Families {
    tape: Tape,
    /// Where every [`BLOCK`]th begins.
    blocks: Vec<u64>,
    len: usize,
    bytes: Vec<u8>,
}

/// Families that are read together where one is asked for.
const BLOCK: usize = 16;

/// Blocks that are read together where all are.
const STINT: usize = 64;

impl Families {
    /// None yet, in so much memory.
    pub(crate) fn within(scratch: &Scratch) -> Self {
        Self { tape: Tape::new(scratch), blocks: Vec::new(), len: 0, bytes: Vec::new() }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Appends a family.
    pub(crate) fn push(&mut self, family: &Family) -> Result<()> {
        self.bytes.clear();
        encode(family, &mut self.bytes);
        let at = self.tape.append(&self.bytes)?;
        if self.len.is_multiple_of(BLOCK) {
            self.blocks.push(at);
        }
        self.len += 1;
        Ok(())
    }

    /// The family of a number, if there is one.
    pub fn get(&self, number: usize) -> Result<Option<Family>> {
        let block = self.read(number / BLOCK, 1)?;
        Ok(block.into_iter().nth(number % BLOCK))
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = Result<Family>> {
        (0..self.stints()).flat_map(|stint| match self.stint(stint) {
            Ok(families) => families.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        })
    }

    /// All of them, some at a time with the number of the first, for several workers.
    pub(crate) fn par_stints(
        &self,
    ) -> impl IndexedParallelIterator<Item = Result<(u32, Vec<Family>)>> {
        let first = |stint: usize| (stint * STINT * BLOCK) as u32;
        (0..self.stints()).into_par_iter().map(move |stint| Ok((first(stint), self.stint(stint)?)))
    }

    /// All of them, in order, some at a time.
    pub(crate) fn each_stint(&self, mut take: impl FnMut(Vec<Family>) -> Result<()>) -> Result<()> {
        (0..self.stints()).try_for_each(|stint| take(self.stint(stint)?))
    }

    fn stints(&self) -> usize {
        self.blocks.len().div_ceil(STINT)
    }

    fn stint(&self, stint: usize) -> Result<Vec<Family>> {
        self.read(stint * STINT, STINT)
    }

    fn read(&self, first: usize, blocks: usize) -> Result<Vec<Family>> {
        let place = |block: usize| self.blocks.get(block).copied().unwrap_or(self.tape.len());
        let mut bytes = Vec::new();
        self.tape.read_range(place(first)..place(first + blocks), &mut bytes)?;
        let mut rest = &bytes[..];
        Ok(std::iter::from_fn(|| decode(&mut rest)).collect())
    }
}

/// What families are ordered by.
pub(crate) type Key = [u64; 4];

/// The key of the order in which families are told: by where they first occur.
pub(crate) fn by_place(family: &Family) -> Key {
    let (first, passage) = (family.occurrences[0], family.passage);
    [
        pair(first.doc, first.start),
        pair(first.end, passage.doc),
        pair(passage.start, passage.end),
        family.occurrences.len() as u64,
    ]
}

/// Families that come in any order, from many workers.
#[derive(Debug)]
pub(crate) struct Unsorted {
    families: Mutex<Families>,
    keys: Sorter<5>,
    scratch: Scratch,
}

impl Unsorted {
    /// None yet, in so much memory.
    pub(crate) fn within(scratch: &Scratch) -> Self {
        let third = scratch.share(1, 3);
        Self {
            families: Mutex::new(Families::within(&third)),
            keys: Sorter::new(&third),
            scratch: third,
        }
    }

    /// Adds families. Where keys are equal, what was added first comes first.
    pub(crate) fn add(&self, keyed: &[(Key, Family)]) -> Result<()> {
        let mut known = self.families.lock().unwrap_or_else(PoisonError::into_inner);
        let mut keys = Vec::with_capacity(keyed.len());
        for ([a, b, c, d], family) in keyed {
            keys.push([*a, *b, *c, *d, known.len() as u64]);
            known.push(family)?;
        }
        drop(known);
        self.keys.add(keys)
    }

    /// All of them by their keys.
    pub(crate) fn sorted(self) -> Result<Families> {
        let families = self.families.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut sorted = Families::within(&self.scratch);
        for keyed in self.keys.sorted()? {
            let [.., number] = keyed?;
            if let Some(family) = families.get(number as usize)? {
                sorted.push(&family)?;
            }
        }
        Ok(sorted)
    }
}

fn encode(family: &Family, into: &mut Vec<u8>) {
    let Family { passage, occurrences } = family;
    let mut number = |number: u32| push_number(u64::from(number), into);
    number(occurrences.len() as u32);
    let mut doc = 0;
    for at in std::iter::once(passage).chain(occurrences) {
        number(at.doc.wrapping_sub(doc));
        number(at.start);
        number(at.words());
        doc = at.doc;
    }
}

fn decode(bytes: &mut &[u8]) -> Option<Family> {
    if bytes.is_empty() {
        return None;
    }
    let mut number = || take_number(bytes) as u32;
    let count = number();
    let mut doc = 0_u32;
    let mut occurrence = || {
        doc = doc.wrapping_add(number());
        let start = number();
        Occurrence { doc, start, end: start + number() }
    };
    let passage = occurrence();
    let occurrences = (0..count).map(|_| occurrence()).collect();
    Some(Family { passage, occurrences })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn families() -> impl Strategy<Value = Vec<Family>> {
        let occurrence = (any::<u32>(), 0_u32..1 << 30, 1_u32..1 << 30)
            .prop_map(|(doc, start, words)| Occurrence { doc, start, end: start + words });
        let family = (occurrence.clone(), prop::collection::vec(occurrence, 1..5))
            .prop_map(|(passage, occurrences)| Family { passage, occurrences });
        prop::collection::vec(family, 0..100)
    }

    proptest! {
        #[test]
        fn families_come_back_in_order(
            families in families(),
            memory in prop::sample::select(vec![0, 1000, u64::MAX]),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let unsorted = Unsorted::within(&Scratch::new(folder.path(), memory));
            for some in families.chunks(7) {
                let keyed: Vec<(Key, Family)> =
                    some.iter().map(|family| (by_place(family), family.clone())).collect();
                unsorted.add(&keyed).unwrap();
            }
            let sorted = unsorted.sorted().unwrap();
            let mut wanted = families;
            wanted.sort_by_key(by_place);
            prop_assert_eq!(sorted.len(), wanted.len());
            for (number, family) in wanted.iter().enumerate() {
                prop_assert_eq!(sorted.get(number).unwrap(), Some(family.clone()));
            }
            let all: Vec<Family> = sorted.iter().map(Result::unwrap).collect();
            prop_assert_eq!(&all, &wanted);
            let stints: Vec<(u32, Vec<Family>)> =
                sorted.par_stints().collect::<Result<_>>().unwrap();
            prop_assert_eq!(stints.into_iter().flat_map(|(_, some)| some).collect::<Vec<_>>(), wanted);
            prop_assert_eq!(sorted.get(all.len()).unwrap(), None);
        }
    }
}
