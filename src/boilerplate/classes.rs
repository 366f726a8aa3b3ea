//! Classes of characters: what no set of a filter tells apart.

use std::collections::{BTreeMap, HashMap};

use super::expression::Step;
use super::sets::Set;

/// Characters that are in the same sets are of one class.
#[derive(Debug)]
pub(super) struct Classes {
    /// By a character's upper bits where its page begins.
    index: Vec<u32>,
    /// By a page's beginning and a character's lower bits its class.
    pages: Vec<u16>,
    ascii: [u16; 128],
    /// Of every class the sets, a bit each.
    sets: Vec<u64>,
    /// Words of 64 sets.
    width: usize,
}

/// Characters of a page.
const PAGE: usize = 256;

impl Classes {
    pub(super) fn new(sets: &[Set]) -> Self {
        // Where sets begin and end; a set that begins where it ends goes on.
        let mut borders: BTreeMap<u32, Vec<usize>> = BTreeMap::from([(0, Vec::new())]);
        for (number, set) in sets.iter().enumerate() {
            for (first, last) in set.ranges() {
                borders.entry(first as u32).or_default().push(number);
                borders.entry(last as u32 + 1).or_default().push(number);
            }
        }
        let width = sets.len().div_ceil(64).max(1);
        let mut known: HashMap<Vec<u64>, u16> = HashMap::new();
        let mut all = vec![0; char::MAX as usize + 1];
        let (mut now, mut of_classes) = (vec![0; width], Vec::new());
        let ends: Vec<u32> = borders.keys().skip(1).copied().chain([all.len() as u32]).collect();
        for ((border, numbers), end) in borders.into_iter().zip(ends) {
            for number in numbers {
                now[number / 64] ^= 1 << (number % 64);
            }
            let class = *known.entry(now.clone()).or_insert_with_key(|sets| {
                of_classes.extend(sets);
                (of_classes.len() / width - 1) as u16
            });
            if let Some(between) = all.get_mut(border as usize..end as usize) {
                between.fill(class);
            }
        }
        let (mut index, mut pages) = (Vec::new(), Vec::new());
        let mut beginnings: HashMap<&[u16], u32> = HashMap::new();
        for page in all.chunks(PAGE) {
            index.push(*beginnings.entry(page).or_insert_with(|| {
                pages.extend(page);
                (pages.len() - page.len()) as u32
            }));
        }
        let ascii = std::array::from_fn(|c| all[c]);
        Self { index, pages, ascii, sets: of_classes, width }
    }

    /// The class of a character.
    #[inline]
    pub(super) fn of(&self, c: char) -> u16 {
        if let Some(&class) = self.ascii.get(c as usize) {
            return class;
        }
        let page = self.index[c as usize / PAGE] as usize;
        self.pages[page + c as usize % PAGE]
    }

    /// The sets that a class is in.
    pub(super) fn sets(&self, class: u16) -> &[u64] {
        &self.sets[usize::from(class) * self.width..][..self.width]
    }
}

/// Whether a number's bit is set.
pub(super) fn has(bits: &[u64], number: u32) -> bool {
    bits[number as usize / 64] >> (number % 64) & 1 == 1
}

/// Characters of which most lines consist, in most languages that have them.
const COMMON: &[u8] = b" etaoinshrdlcumwfgypbvk.,-'TSAIWHB";

/// The letters of a group: classes of characters, as far as its expressions tell them apart. All the
/// others tell many more apart, and the rows of states would be longer than what is known of them.
#[derive(Debug)]
pub(super) struct Letters {
    /// By class.
    all: Vec<u16>,
    /// Of each letter one of its classes.
    pub(super) samples: Vec<u16>,
}

impl Letters {
    /// Of an alphabet for these steps.
    pub(super) fn new<'s>(classes: &Classes, steps: impl Iterator<Item = &'s Step>) -> Self {
        let mut told_apart = vec![0; classes.width];
        for step in steps {
            if let Step::One(set) = step {
                told_apart[*set as usize / 64] |= 1 << (set % 64);
            }
        }
        let mut known: HashMap<Vec<u64>, u16> = HashMap::new();
        let mut samples = Vec::new();
        // Common characters come first, so that most of what is known of a state is close together.
        let common = COMMON.iter().map(|&byte| classes.ascii[usize::from(byte)]);
        let mut all = vec![0; classes.sets.len() / classes.width];
        for class in common.chain(0..all.len() as u16) {
            let sets = classes.sets(class).iter().zip(&told_apart).map(|(all, of)| all & of);
            all[usize::from(class)] = *known.entry(sets.collect()).or_insert_with(|| {
                samples.push(class);
                samples.len() as u16 - 1
            });
        }
        Self { all, samples }
    }

    /// The power of two that has room for all.
    pub(super) fn shift(&self) -> u32 {
        self.samples.len().next_power_of_two().trailing_zeros()
    }

    /// The letter of a class.
    #[inline]
    pub(super) fn of(&self, class: u16) -> u16 {
        self.all[usize::from(class)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boilerplate::syntax::Syntax;

    #[test]
    fn characters_in_the_same_sets_are_of_one_class() {
        let mut syntax = Syntax::default();
        for regex in ["[a-cé]", "[^b]", r"\w", "[α-ω水]"] {
            syntax.read(regex).unwrap();
        }
        let sets = syntax.sets();
        let classes = Classes::new(&sets);
        for c in ('\0'..='\u{3FF}').chain(['水', '\u{D7FF}', '\u{E000}', '😀', char::MAX]) {
            let class = classes.of(c);
            for (number, set) in (0..).zip(sets.iter()) {
                assert_eq!(has(classes.sets(class), number), set.has(c), "{c:?} {number}");
            }
        }
    }
}
