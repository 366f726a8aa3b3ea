//! Which of many strings a line may hold, told by what they open.
//!
//! Every four bytes in a row are looked up, each in a table of the strings that have it there; where
//! all four agree on a string, the line is compared with it. That is Teddy, the matcher of
//! Hyperscan, with numbers in the place of vectors. Unlike those of an automaton, which waits for its
//! own state, the look-ups of one place need not wait for those of the place before.

use std::collections::BTreeMap;
use std::ops::Range;

use memchr::{memchr, memchr3};

use crate::hash;

/// Bytes looked up together.
const WINDOW: usize = 4;
/// Fewer bytes of a string are no window of a heap of their own.
const NARROW: usize = 3;
/// Strings are told apart in so many heaps, a bit of a number each: those with a whole window, those
/// with one byte less, and all shorter ones together. A byte alone is looked for by itself.
const WHOLE: Range<usize> = 0..52;
const NARROWER: Range<usize> = 52..63;
const SHORT: usize = 63;

/// Finds strings, of ASCII letters small ones, and says what they open.
#[derive(Debug)]
pub(super) struct Gate {
    /// By a byte, and its place in the window, the heaps that have a string with it there.
    heaps: Box<[[u64; WINDOW]; 256]>,
    /// Bytes, small and large letters apart, with what they open.
    bytes: Vec<(u8, u64)>,
    short: Vec<Needle>,
    /// The others, by their windows.
    narrower: Windows,
    whole: Windows,
    /// The windows of these.
    rough: Rough,
}

/// Strings by their windows.
#[derive(Debug, Default)]
struct Windows {
    /// In the order of their windows.
    needles: Vec<Needle>,
    by_window: hash::Map<Range<usize>>,
}

impl Windows {
    /// The strings with this window, given as a number.
    fn of(&self, window: u32) -> &[Needle] {
        let range = self.by_window.get(&hash::mixed(window.into()));
        &self.needles[range.cloned().unwrap_or_default()]
    }
}

/// Windows, roughly: one bit each, and some share one. Where heaps agree they mostly do so by chance, and
/// this shows it in fewer steps than a look-up among the windows.
#[derive(Debug)]
struct Rough(Box<[u64; Rough::BITS as usize / 64]>);

impl Rough {
    const BITS: u32 = 1 << 15;

    fn of(windows: impl Iterator<Item = u32>) -> Self {
        let mut bits = Box::new([0; Self::BITS as usize / 64]);
        for bit in windows.map(Self::bit) {
            bits[bit / 64] |= 1 << (bit % 64);
        }
        Self(bits)
    }

    fn has(&self, window: u32) -> bool {
        let bit = Self::bit(window);
        self.0[bit / 64] >> (bit % 64) & 1 == 1
    }

    /// The upper bits of a product with the golden ratio (Knuth, *The Art of Computer Programming* 3, 6.4).
    fn bit(window: u32) -> usize {
        (window.wrapping_mul(0x9E37_79B1) / (u32::MAX / Self::BITS + 1)) as usize
    }
}

/// A string that is looked for.
#[derive(Debug)]
struct Needle {
    string: Vec<u8>,
    /// Where in it the bytes begin that are looked up.
    window: usize,
    /// Where in it [`EIGHT`] bytes begin, or as many as it has, that hold the window.
    few: usize,
    /// These bytes, and the bits of them that count: they show at once of most lines that they hold
    /// no more of the string than its window.
    bytes: u64,
    mask: u64,
    opens: u64,
}

/// Bytes that are compared at once.
const EIGHT: usize = size_of::<u64>();
/// The bit that tells small ASCII letters from large ones, in each of some bytes. Some signs differ
/// by it, too, and fall together: the line is compared with the whole string after all.
const SMALL: u64 = 0x2020_2020_2020_2020;

impl Needle {
    fn new(string: &[u8], opens: u64) -> Self {
        let last = string.len().saturating_sub(WINDOW);
        let common =
            |at: &usize| string[*at..].iter().take(WINDOW).map(|b| common(*b)).sum::<usize>();
        let window = (0..=last).min_by_key(common).unwrap_or_default();
        let few = window.min(string.len().saturating_sub(EIGHT));
        let spare = EIGHT.saturating_sub(string.len());
        let mask = u64::MAX >> (8 * spare);
        let bytes = (eight(string, few) | SMALL) & mask;
        Self { string: string.to_vec(), window, few, bytes, mask, opens }
    }

    /// The bytes that are looked up; a short string has fewer.
    fn window(&self) -> &[u8] {
        let rest = &self.string[self.window..];
        &rest[..rest.len().min(WINDOW)]
    }

    /// Whether the line holds it where it holds the window at `at`.
    fn stands(&self, line: &[u8], at: usize) -> bool {
        let Some(start) = at.checked_sub(self.window) else { return false };
        let few = eight(line, start + self.few);
        (few | SMALL) & self.mask == self.bytes && self.stands_at(line, start)
    }

    fn stands_at(&self, line: &[u8], start: usize) -> bool {
        let own = line.get(start..start + self.string.len());
        own.is_some_and(|own| own.eq_ignore_ascii_case(&self.string))
    }
}

/// Eight bytes in a number, the first lowest; behind the end there are zeros.
#[inline]
fn eight(bytes: &[u8], start: usize) -> u64 {
    let bytes = bytes.get(start..).unwrap_or_default();
    let whole = bytes.first_chunk().map(|eight| u64::from_le_bytes(*eight));
    whole.unwrap_or_else(|| bytes.iter().rev().fold(0, |few, byte| few << 8 | u64::from(*byte)))
}

/// A window as a number, the same whether its ASCII letters are small or large.
#[inline]
fn number(window: &[u8]) -> u32 {
    let bytes = match *window {
        [a, b, c, d] => [a, b, c, d],
        [a, b, c] => [a, b, c, 0],
        _ => [0; WINDOW],
    };
    u32::from_le_bytes(bytes) | SMALL as u32
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
        let (mut bytes, mut needles) = (BTreeMap::<u8, u64>::new(), Vec::new());
        for (string, opens) in strings {
            if let [byte] = string {
                *bytes.entry(*byte).or_default() |= opens;
                *bytes.entry(byte.to_ascii_uppercase()).or_default() |= opens;
            } else {
                needles.push(Needle::new(string, opens));
            }
        }
        let (short, longer): (Vec<Needle>, Vec<Needle>) =
            needles.into_iter().partition(|needle| needle.string.len() < NARROW);
        let (narrower, whole): (Vec<Needle>, Vec<Needle>) =
            longer.into_iter().partition(|needle| needle.string.len() < WINDOW);
        let mut heaps = Box::new([[0; WINDOW]; 256]);
        for needle in &short {
            note(&mut heaps, needle.window(), SHORT);
        }
        let narrower = by_window(narrower, NARROWER, &mut heaps);
        let whole = by_window(whole, WHOLE, &mut heaps);
        let bytes: Vec<(u8, u64)> = bytes.into_iter().collect();
        let strings = [&short, &narrower.needles, &whole.needles];
        let is_none = bytes.is_empty() && strings.iter().all(|strings| strings.is_empty());
        let windows = narrower.needles.iter().chain(&whole.needles);
        let rough = Rough::of(windows.map(|needle| number(needle.window())));
        (!is_none).then_some(Self { heaps, bytes, short, narrower, whole, rough })
    }

    /// The bits that the line opens.
    pub(super) fn open(&self, line: &str) -> u64 {
        let line = line.as_bytes();
        let (mut open, mut before) = (self.by_bytes(line), [0; WINDOW - 1]);
        // The heaps that have a string with the last bytes as its window.
        let mut read = |byte: u8| {
            let [first, second, third, last] = self.heaps[usize::from(byte)];
            let [one, two, three] = before;
            before = [first, one & second, two & third];
            three & last
        };
        let mut seen = |last: usize, heaps: u64| {
            if heaps != 0 {
                open |= self.compare(line, last + 1 - WINDOW, heaps);
            }
        };
        let (fours, rest) = line.as_chunks::<4>();
        for (number, four) in fours.iter().enumerate() {
            let heaps = four.map(&mut read);
            if heaps.iter().fold(0, |any, heaps| any | heaps) != 0 {
                (4 * number..).zip(heaps).for_each(|(at, heaps)| seen(at, heaps));
            }
        }
        (line.len() - rest.len()..).zip(rest).for_each(|(at, &byte)| seen(at, read(byte)));
        // Behind the end there is nothing that a string can have.
        for behind in (1..WINDOW).rev() {
            let heaps = read(0);
            let at = line.len().checked_sub(behind).filter(|_| heaps != 0);
            open |= at.map_or(0, |at| self.compare(line, at, heaps));
        }
        open
    }

    /// What the single bytes open. Few lines hold any of them, so three are looked for at a time.
    fn by_bytes(&self, line: &[u8]) -> u64 {
        let mut open = 0;
        for some in self.bytes.chunks(3) {
            let of = |n: usize| some[n.min(some.len() - 1)].0;
            if memchr3(of(0), of(1), of(2), line).is_some() {
                let there = some.iter().filter(|(byte, _)| memchr(*byte, line).is_some());
                open |= there.fold(0, |open, (_, opens)| open | opens);
            }
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
        let by_window = |windows: &Windows, width: usize| {
            let window = line.get(at..at + width).map(number);
            window.filter(|window| self.rough.has(*window)).map_or(0, |one| opened(windows.of(one)))
        };
        let mut open = 0;
        if heaps & bits(&WHOLE) != 0 {
            open |= by_window(&self.whole, WINDOW);
        }
        if heaps & bits(&NARROWER) != 0 {
            open |= by_window(&self.narrower, NARROW);
        }
        if heaps & 1 << SHORT != 0 {
            open |= opened(&self.short);
        }
        open
    }
}

/// The bits of some heaps.
fn bits(heaps: &Range<usize>) -> u64 {
    (1 << heaps.end) - (1 << heaps.start)
}

/// Puts strings into some of the heaps, and gives them by their windows.
fn by_window(
    mut needles: Vec<Needle>,
    into: Range<usize>,
    heaps: &mut [[u64; WINDOW]; 256],
) -> Windows {
    // Windows beside each other have bytes in common, and look up little more together.
    needles.sort_by_key(|needle| number(needle.window()).swap_bytes());
    let same = |one: &Needle, other: &Needle| number(one.window()) == number(other.window());
    let count = needles.chunk_by(same).count();
    let mut by_window = hash::map_for(count);
    let mut first = 0;
    for (at, some) in needles.chunk_by(same).enumerate() {
        let heap = into.start + at * into.len() / count;
        for needle in some {
            note(heaps, needle.window(), heap);
        }
        let next = first + some.len();
        by_window.insert(hash::mixed(number(some[0].window()).into()), first..next);
        first = next;
    }
    Windows { needles, by_window }
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
            strings in prop::collection::vec("[ab©|eеЕ]{1,5}|[ab]{6,11}", 1..120),
            line in "[aAbBe©| cеЕ]{0,12}[aAb]{0,14}[b |]{0,3}",
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
        assert_eq!(Needle::new("enable javascript".as_bytes(), 1).window(), b"java");
        assert_eq!(Needle::new(" |".as_bytes(), 1).window(), b" |");
    }
}
