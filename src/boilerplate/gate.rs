//! Which of many strings a line may hold, told by what they open.
//!
//! Every three bytes in a row are looked up, each in a table of the strings that have it there; where
//! all three agree on a string, the line is compared with it. That is Teddy, the matcher of
//! Hyperscan, with numbers in the place of vectors. Unlike those of an automaton, which waits for its
//! own state, the look-ups of one place need not wait for those of the place before.

use crate::hash;

/// Bytes looked up together.
const WINDOW: usize = 3;
/// Strings are told apart in so many heaps, a bit of a number each.
const HEAPS: usize = 63;
/// The heap of strings that are shorter than a window.
const SHORT: usize = HEAPS;

/// Finds strings, of ASCII letters small ones, and says what they open.
#[derive(Debug)]
pub(super) struct Gate {
    /// By a byte, and its place in the window, the heaps that have a string with it there.
    heaps: Box<[[u64; WINDOW]; 256]>,
    short: Vec<Needle>,
    /// The others, by their windows.
    long: hash::Map<Vec<Needle>>,
}

/// A string that is looked for.
#[derive(Debug)]
struct Needle {
    string: Vec<u8>,
    /// Where in it the bytes begin that are looked up.
    window: usize,
    opens: u64,
}

impl Needle {
    fn new(string: &[u8], opens: u64) -> Self {
        let last = string.len().saturating_sub(WINDOW);
        let common =
            |at: &usize| string[*at..].iter().take(WINDOW).map(|b| common(*b)).sum::<usize>();
        let window = (0..=last).min_by_key(common).unwrap_or_default();
        Self { string: string.to_vec(), window, opens }
    }

    /// The bytes that are looked up; a short string has fewer.
    fn window(&self) -> &[u8] {
        let rest = &self.string[self.window..];
        &rest[..rest.len().min(WINDOW)]
    }

    /// Whether the line holds it where it holds the window at `at`.
    fn stands(&self, line: &[u8], at: usize) -> bool {
        let behind = at.checked_sub(self.window).and_then(|start| line.get(start..));
        let own = behind.and_then(|behind| behind.get(..self.string.len()));
        own.is_some_and(|own| own.eq_ignore_ascii_case(&self.string))
    }
}

/// The key of a window, once its ASCII letters are small.
fn key(window: &[u8]) -> u64 {
    let number = window.iter().fold(0, |n, byte| n << 8 | u64::from(byte.to_ascii_lowercase()));
    // The map takes keys for hashes: some of their upper and lower bits are what it looks at.
    number.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// How common a byte is, roughly: letters by how often most languages use them.
fn common(byte: u8) -> usize {
    const LETTERS: &[u8] = b"qxzjkwvbfygpmhcdulrstnoiae ";
    let letter = LETTERS.iter().position(|&letter| letter == byte).map(|place| place + 1);
    letter.unwrap_or(if byte.is_ascii() { 0 } else { LETTERS.len() / 2 })
}

impl Gate {
    /// Of strings, each with the bits that it opens; none of no strings.
    pub(super) fn new<'s>(strings: impl IntoIterator<Item = (&'s [u8], u64)>) -> Option<Self> {
        let needles = strings.into_iter().map(|(string, opens)| Needle::new(string, opens));
        let (short, mut long): (Vec<Needle>, Vec<Needle>) =
            needles.partition(|needle| needle.string.len() < WINDOW);
        long.sort_by(|one, other| one.window().cmp(other.window()));
        let heaps = Box::new([[0; WINDOW]; 256]);
        let mut gate = Self { heaps, short, long: hash::map_for(0) };
        for needle in &gate.short {
            note(&mut gate.heaps, needle.window(), SHORT);
        }
        let count = long.chunk_by(|one, other| one.window() == other.window()).count();
        let mut number = 0;
        while let Some(window) = long.first().map(|first| first.window().to_vec()) {
            let others = long.iter().position(|needle| needle.window() != window);
            let behind = long.split_off(others.unwrap_or(long.len()));
            // Windows beside each other have bytes in common, and look up little more together.
            note(&mut gate.heaps, &window, number * HEAPS / count);
            gate.long.insert(key(&window), std::mem::replace(&mut long, behind));
            number += 1;
        }
        (count > 0 || !gate.short.is_empty()).then_some(gate)
    }

    /// The bits that the line opens.
    pub(super) fn open(&self, line: &str) -> u64 {
        let line = line.as_bytes();
        let (mut open, mut first, mut second) = (0, 0, 0);
        // The heaps that have a string with these last bytes at its window's beginning.
        let mut read = |byte: u8| {
            let [begins, goes_on, ends] = self.heaps[usize::from(byte)];
            let heaps = second & ends;
            (first, second) = (begins, first & goes_on);
            heaps
        };
        for (behind, &byte) in line.iter().enumerate() {
            let heaps = read(byte);
            if heaps != 0 {
                open |= self.compare(line, behind + 1 - WINDOW, heaps);
            }
        }
        // Behind the end there is nothing that a string can have.
        for behind in (1..WINDOW).rev() {
            let heaps = read(0);
            open |= line.len().checked_sub(behind).map_or(0, |at| self.compare(line, at, heaps));
        }
        open
    }

    /// What the strings of these heaps open whose window stands in the line at `at`.
    #[cold]
    fn compare(&self, line: &[u8], at: usize, heaps: u64) -> u64 {
        let opened = |needles: &[Needle]| {
            let standing = needles.iter().filter(|needle| needle.stands(line, at));
            standing.fold(0, |open, needle| open | needle.opens)
        };
        let short = if heaps >> SHORT & 1 == 1 { opened(&self.short) } else { 0 };
        let window = line.get(at..at + WINDOW);
        let long = window.and_then(|window| self.long.get(&key(window)));
        short | long.map_or(0, |needles| opened(needles))
    }
}

/// Notes that a heap has a string with this window.
fn note(heaps: &mut [[u64; WINDOW]; 256], window: &[u8], heap: usize) {
    for place in 0..WINDOW {
        match window.get(place) {
            Some(byte) => {
                heaps[usize::from(*byte)][place] |= 1 << heap;
                heaps[usize::from(byte.to_ascii_uppercase())][place] |= 1 << heap;
            }
            None => heaps.iter_mut().for_each(|heaps| heaps[place] |= 1 << heap),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Few strings, and more than there are heaps.
        #[test]
        fn a_line_opens_what_the_strings_in_it_open(
            strings in prop::collection::vec("[ab©|e]{1,5}", 1..120),
            line in "[aAbBe©| c]{0,12}",
        ) {
            let gate = Gate::new(strings.iter().zip(0..).map(|(s, i)| (s.as_bytes(), 1 << (i % 64))));
            let lower = line.to_ascii_lowercase();
            let there = strings.iter().zip(0..).filter(|(string, _)| lower.contains(*string));
            let wanted = there.fold(0, |open, (_, i)| open | 1_u64 << (i % 64));
            prop_assert_eq!(gate.unwrap().open(&line), wanted);
        }
    }

    #[test]
    fn no_strings_are_no_gate() {
        assert!(Gate::new([]).is_none());
    }

    #[test]
    fn the_rarest_bytes_are_looked_up() {
        assert_eq!(Needle::new("enable javascript".as_bytes(), 1).window(), b"jav");
        assert_eq!(Needle::new(" |".as_bytes(), 1).window(), b" |");
    }
}
