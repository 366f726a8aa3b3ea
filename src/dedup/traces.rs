//! Who has what of whose sketch: which pairs are worth measuring.

use rayon::prelude::*;

use super::Texts;
use super::fingerprint::{Fingerprint, Shingles};
use crate::error::Result;

/// Of a sketch, one in so many shingles must stand in a text that is measured.
const ONE_IN: usize = 8;

/// The shingles that stand in the sketch of one text and anywhere in another, by number.
#[derive(Debug)]
pub(super) struct Traces {
    /// For each text those it has, sorted.
    has: Vec<Vec<u32>>,
    /// For each text those of its sketch, rarest first.
    sketches: Vec<Vec<u32>>,
    /// How many of its sketch another text must have.
    needed: Vec<u32>,
    count: usize,
}

impl Traces {
    pub(super) fn of(
        texts: &impl Texts,
        fingerprints: &[Fingerprint],
        compared: &[u32],
    ) -> Result<Self> {
        let all = compared.iter().flat_map(|&text| &fingerprints[text as usize].sketch);
        let known = Known::of(all.copied().collect());
        let mut has = vec![Vec::new(); fingerprints.len()];
        let found: Result<Vec<_>> = compared
            .par_iter()
            .filter(|&&text| !fingerprints[text as usize].sketch.is_empty())
            .map_init(Shingles::default, |shingles, &text| {
                let mut has = known.numbers(shingles.of(&texts.words(text)?));
                has.sort_unstable();
                has.dedup();
                Ok((text, has))
            })
            .collect();
        let mut holders = vec![0_u32; known.sorted.len()];
        for (text, numbers) in found? {
            for &number in &numbers {
                holders[number as usize] += 1;
            }
            has[text as usize] = numbers;
        }
        let shared = Shared::of(&holders);
        has.par_iter_mut().for_each(|numbers| *numbers = shared.of_those(numbers));
        let sketch = |&text: &u32| {
            let mut sketch = known.numbers(&fingerprints[text as usize].sketch);
            sketch.sort_unstable_by_key(|&number| (holders[number as usize], number));
            shared.of_those(&sketch)
        };
        let mut sketches = vec![Vec::new(); fingerprints.len()];
        let found: Vec<Vec<u32>> = compared.par_iter().map(sketch).collect();
        for (&text, sketch) in compared.iter().zip(found) {
            sketches[text as usize] = sketch;
        }
        let needed = |print: &Fingerprint| print.sketch.len().div_ceil(ONE_IN).max(1) as u32;
        let needed = fingerprints.iter().map(needed).collect();
        Ok(Self { has, sketches, needed, count: shared.count })
    }

    /// How many traces there are: numbers are below.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// What a text has.
    pub(super) fn has(&self, text: u32) -> &[u32] {
        &self.has[text as usize]
    }

    /// By which traces to look for partners of a text. A partner has `needed` of the sketch, so at
    /// least one of these, though the most common `needed - 1` are left out (Chaudhuri, Ganti,
    /// Kaushik 2006).
    pub(super) fn probes(&self, text: u32) -> &[u32] {
        let sketch = &self.sketches[text as usize];
        let needed = self.needed[text as usize] as usize;
        &sketch[..(sketch.len() + 1).saturating_sub(needed)]
    }

    /// Whether another text has enough of a text's sketch.
    pub(super) fn is_near(&self, text: u32, other: u32) -> bool {
        let there = self.has(other);
        let hits = self.sketches[text as usize].iter().filter(|n| there.binary_search(n).is_ok());
        hits.count() >= self.needed[text as usize] as usize
    }
}

/// Shingles that more than one text has, numbered anew.
struct Shared {
    numbers: Vec<Option<u32>>,
    count: usize,
}

impl Shared {
    fn of(holders: &[u32]) -> Self {
        let mut count = 0;
        let mut number = |&holders: &u32| {
            count += u32::from(holders > 1);
            (holders > 1).then(|| count - 1)
        };
        let numbers = holders.iter().map(&mut number).collect();
        Self { numbers, count: count as usize }
    }

    fn of_those(&self, numbers: &[u32]) -> Vec<u32> {
        let mut shared: Vec<u32> =
            numbers.iter().filter_map(|&number| self.numbers[number as usize]).collect();
        shared.shrink_to_fit();
        shared
    }
}

/// A set of shingles that is asked for every shingle of the corpus.
#[derive(Debug)]
struct Known {
    sorted: Vec<u64>,
    /// Where in `sorted` the shingles with the same upper bits begin: about one for each.
    begins: Vec<u32>,
    shift: u32,
    /// Eight bits for each shingle, so that most questions end here.
    bits: Vec<u64>,
}

impl Known {
    fn of(mut sorted: Vec<u64>) -> Self {
        sorted.par_sort_unstable();
        sorted.dedup();
        let buckets = sorted.len().next_power_of_two().max(2);
        let shift = u64::BITS - buckets.trailing_zeros();
        let mut known = Self {
            begins: vec![0; buckets + 1],
            shift,
            bits: vec![0; buckets.div_ceil(8)],
            sorted,
        };
        for &shingle in &known.sorted {
            known.begins[(shingle >> shift) as usize + 1] += 1;
            let (word, bit) = place(shingle, known.bits.len());
            known.bits[word] |= bit;
        }
        let mut begin = 0;
        for next in &mut known.begins {
            begin += *next;
            *next = begin;
        }
        known
    }

    /// The numbers of those that are in the set, one by one.
    fn numbers(&self, shingles: &[u64]) -> Vec<u32> {
        shingles.iter().filter_map(|&shingle| self.number(shingle)).collect()
    }

    fn number(&self, shingle: u64) -> Option<u32> {
        let (word, bit) = place(shingle, self.bits.len());
        if self.bits[word] & bit == 0 {
            return None;
        }
        let bucket = (shingle >> self.shift) as usize;
        let (begin, end) = (self.begins[bucket], self.begins[bucket + 1]);
        let at = self.sorted[begin as usize..end as usize].binary_search(&shingle).ok()?;
        Some(begin + at as u32)
    }
}

/// A shingle's bit, by the lower bits of its hash.
fn place(shingle: u64, words: usize) -> (usize, u64) {
    ((shingle >> 6) as usize & (words - 1), 1 << (shingle & 63))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_shingle_is_known_or_not(all in prop::collection::vec(any::<u64>(), 0..200), asked in any::<u64>()) {
            let known = Known::of(all.clone());
            let mut sorted = all;
            sorted.sort_unstable();
            sorted.dedup();
            for (number, &shingle) in (0..).zip(&sorted) {
                prop_assert_eq!(known.number(shingle), Some(number));
            }
            prop_assert_eq!(known.number(asked).is_some(), sorted.contains(&asked));
        }
    }
}
