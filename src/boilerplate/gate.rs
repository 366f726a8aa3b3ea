//! Which of many strings a line may hold, told by what they open.
//!
//! Every three bytes in a row are looked up, each in a table of the strings that have it there; where
//! all three agree on a string, the line is compared with it. That is Teddy, the matcher of
//! Hyperscan, with numbers in the place of vectors. Unlike those of an automaton, which waits for its
//! own state, the look-ups of one place need not wait for those of the place before.

/// Bytes looked up together.
const WINDOW: usize = 3;
/// Strings are told apart in so many heaps, a bit of a number each.
const HEAPS: usize = 64;

/// Finds strings, of ASCII letters small ones, and says what they open.
#[derive(Debug)]
pub(super) struct Gate {
    /// By a byte's place in the window, and the byte, the heaps that have a string with it there.
    tables: Box<[[u64; 256]; WINDOW]>,
    heaps: Vec<Vec<Needle>>,
}

/// A string that is looked for.
#[derive(Debug)]
struct Needle {
    string: Vec<u8>,
    /// Where in it the bytes begin that are looked up.
    window: usize,
    /// These bytes as a number, and the bits of those that there are.
    bytes: u32,
    mask: u32,
    opens: u64,
}

impl Needle {
    fn new(string: &[u8], opens: u64) -> Self {
        let last = string.len().saturating_sub(WINDOW);
        let common =
            |at: &usize| string[*at..].iter().take(WINDOW).map(|b| common(*b)).sum::<usize>();
        let window = (0..=last).min_by_key(common).unwrap_or_default();
        let needle = Self { string: string.to_vec(), window, bytes: 0, mask: 0, opens };
        let all = [0xFF; WINDOW];
        let mask = number(&all[..needle.window().len()]);
        Self { bytes: number(needle.window()), mask, ..needle }
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

/// The bytes of a window, once its ASCII letters are small.
fn number(window: &[u8]) -> u32 {
    window.iter().rev().fold(0, |number, byte| number << 8 | u32::from(byte.to_ascii_lowercase()))
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
        let mut needles: Vec<Needle> = needles.collect();
        needles.sort_by(|one, other| one.window().cmp(other.window()));
        let count = needles.chunk_by(|one, other| one.window() == other.window()).count();
        let mut tables = Box::new([[0; 256]; WINDOW]);
        let mut heaps: Vec<Vec<Needle>> = (0..HEAPS).map(|_| Vec::new()).collect();
        let (mut before, mut number) = (Vec::new(), 0);
        for needle in needles {
            // Windows beside each other have bytes in common, and look up little more together.
            number += usize::from(needle.window() != before && !heaps.iter().all(Vec::is_empty));
            needle.window().clone_into(&mut before);
            let heap = number * HEAPS / count;
            for (place, table) in tables.iter_mut().enumerate() {
                match needle.window().get(place) {
                    Some(byte) => {
                        table[usize::from(*byte)] |= 1 << heap;
                        table[usize::from(byte.to_ascii_uppercase())] |= 1 << heap;
                    }
                    None => table.iter_mut().for_each(|heaps| *heaps |= 1 << heap),
                }
            }
            heaps[heap].push(needle);
        }
        (count > 0).then_some(Self { tables, heaps })
    }

    /// The bits that the line opens.
    pub(super) fn open(&self, line: &str) -> u64 {
        let line = line.as_bytes();
        let [first, second, third] = &*self.tables;
        let agree = |a: u8, b: u8, c: u8| {
            first[usize::from(a)] & second[usize::from(b)] & third[usize::from(c)]
        };
        let mut open = 0;
        let behind = |by: usize| line.get(by..).unwrap_or_default();
        let windows = line.iter().zip(behind(1)).zip(behind(2));
        for (at, ((&a, &b), &c)) in windows.enumerate() {
            let heaps = agree(a, b, c);
            if heaps != 0 {
                open |= self.compare(line, at, heaps);
            }
        }
        for at in line.len().saturating_sub(WINDOW - 1)..line.len() {
            // Behind the end there is nothing that a string can have.
            let byte = |at: usize| line.get(at).copied().unwrap_or_default();
            open |= self.compare(line, at, agree(byte(at), byte(at + 1), byte(at + 2)));
        }
        open
    }

    /// What the strings of these heaps open whose window stands in the line at `at`.
    #[cold]
    fn compare(&self, line: &[u8], at: usize, mut heaps: u64) -> u64 {
        let mut open = 0;
        let rest = &line[at..];
        let window = number(&rest[..rest.len().min(WINDOW)]);
        while heaps != 0 {
            let needles = &self.heaps[heaps.trailing_zeros() as usize];
            let there = needles.iter().filter(|needle| window & needle.mask == needle.bytes);
            let standing = there.filter(|needle| needle.stands(line, at));
            open = standing.fold(open, |open, needle| open | needle.opens);
            heaps &= heaps - 1;
        }
        open
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
