//! Classes of characters: what no set of a filter tells apart.

use std::collections::HashMap;

use super::super::expression::Step;
use super::super::sets::Set;
use crate::hash;

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

/// Characters of ASCII.
const ASCII: u32 = 128;

impl Classes {
    pub(super) fn new(sets: &[Set]) -> Self {
        let width = sets.len().div_ceil(64).max(1);
        let (stretches, of_classes) = stretches(sets, width);
        let (mut index, mut pages) = (Vec::new(), Vec::new());
        // By class the page that has no other.
        let mut uniform: HashMap<u16, u32> = HashMap::new();
        for first in (0..=char::MAX as u32).step_by(PAGE) {
            let end = first + PAGE as u32;
            let (begun, coming) = stretches.split_at(stretches.partition_point(|s| s.0 <= first));
            let class = begun.last().map_or(0, |stretch| stretch.1);
            let inside = coming.iter().take_while(|(start, _)| *start < end);
            let is_uniform = inside.clone().next().is_none();
            if let Some(&page) = uniform.get(&class).filter(|_| is_uniform) {
                index.push(page);
                continue;
            }
            let page = pages.len();
            index.push(page as u32);
            pages.resize(page + PAGE, class);
            for &(start, class) in inside {
                pages[page + (start - first) as usize..].fill(class);
            }
            if is_uniform {
                uniform.insert(class, page as u32);
            }
        }
        let ascii = std::array::from_fn(|c| pages[c]);
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

/// Characters in a row that are of one class: the first of each row and the class, in their order; and
/// of every class the sets, in so many words of a bit each.
fn stretches(sets: &[Set], width: usize) -> (Vec<(u32, u16)>, Vec<u64>) {
    let mut known: hash::MapOf<Vec<u64>, u16> = hash::MapOf::default();
    let mut of_classes = Vec::new();
    let mut class_of = |now: &[u64]| {
        if let Some(&class) = known.get(now) {
            return class;
        }
        let class = (of_classes.len() / width) as u16;
        of_classes.extend(now);
        known.insert(now.to_vec(), class);
        class
    };
    let mut ascii = vec![0; ASCII as usize * width];
    for (number, set) in sets.iter().enumerate() {
        for c in (0..ASCII).filter(|c| set.ascii() >> c & 1 == 1) {
            ascii[c as usize * width + number / 64] |= 1 << (number % 64);
        }
    }
    let mut stretches: Vec<(u32, u16)> =
        (0..).zip(ascii.chunks_exact(width).map(&mut class_of)).collect();
    // Sets of letters and some signs are the same beyond ASCII, in hundreds of ranges.
    let (mut numbers, mut alike) = (HashMap::new(), Vec::new());
    for (number, set) in sets.iter().enumerate() {
        let among = *numbers.entry(set.beyond()).or_insert(alike.len());
        if among == alike.len() {
            alike.push((set.beyond(), vec![0; width]));
        }
        alike[among].1[number / 64] |= 1 << (number % 64);
    }
    // Where they begin and end; a set that begins where it ends goes on.
    let mut borders: Vec<(u32, usize)> = Vec::new();
    for (among, (ranges, _)) in alike.iter().enumerate() {
        let ends = ranges.iter().flat_map(|&(first, last)| [first as u32, last as u32 + 1]);
        borders.extend(ends.map(|border| (border, among)));
    }
    borders.sort_unstable();
    let mut now = vec![0; width];
    stretches.push((ASCII, class_of(&now)));
    for here in borders.chunk_by(|one, other| one.0 == other.0) {
        for &(_, among) in here {
            now.iter_mut().zip(&alike[among].1).for_each(|(now, sets)| *now ^= sets);
        }
        stretches.push((here[0].0, class_of(&now)));
    }
    (stretches, of_classes)
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
        let mut known: hash::MapOf<Vec<u64>, u16> = hash::MapOf::default();
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
    use crate::boilerplate::expressions::syntax::Syntax;

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
