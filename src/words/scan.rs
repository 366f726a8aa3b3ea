//! All words of a text: plain ASCII words straight from a window of lowered bytes, the rest through
//! [`Joiner`].
//!
//! The window is lowered and classed 64 bytes at a time in code that compilers turn into vector
//! instructions; a word is then two bits of a mask and a slice, with no branch per byte and no copy.

use std::ops::Range;

use super::chars::traits;
use super::join::Joiner;

/// Bytes of text lowered and classed at a time: few enough to stay in the first-level cache and to
/// cost nothing for a short line.
const WINDOW: usize = 64 * LANES;
const LANES: usize = 16;

/// Reads words; its memory is used again for the next text.
#[derive(Debug, Default)]
pub struct Reader {
    window: Window,
    joiner: Joiner,
}

impl Reader {
    /// Calls `sink` with the matching form and the byte range of every word.
    pub fn each(&mut self, text: &str, sink: impl FnMut(&str, Range<usize>)) {
        let mut place = 0;
        self.some(text, &mut place, text.len(), sink);
    }

    /// The same for the words from `place` on, which is moved on, up to about `end`.
    pub(super) fn some(
        &mut self,
        text: &str,
        place: &mut usize,
        end: usize,
        mut sink: impl FnMut(&str, Range<usize>),
    ) {
        let Self { window, joiner } = self;
        while *place < end.min(text.len()) {
            window.load(text, *place);
            *place = window.drain(text, joiner, &mut sink);
        }
    }
}

/// A piece of the text, lowered, and where in it stretches of one class of bytes begin and end.
#[derive(Debug, Default)]
struct Window {
    start: usize,
    lower: String,
    /// One more than the bytes need, for the end.
    lanes: [Lane; LANES + 1],
}

/// What is known of 64 bytes.
#[derive(Debug, Default, Clone, Copy)]
struct Lane {
    /// Bits of the bytes that differ in class from the byte before, and of the end.
    changes: u64,
    /// Whether it is plain before the first change.
    begins_plain: bool,
    /// Whether a stretch of characters beyond ASCII begins or ends here, or goes through.
    has_beyond: bool,
}

impl Window {
    fn load(&mut self, text: &str, start: usize) {
        let end = floor_char_boundary(text, start + WINDOW);
        self.start = start;
        self.lower.clear();
        self.lower.push_str(&text[start..end]);
        self.lower.make_ascii_lowercase();
        let (mut plain_before, mut beyond_before) = (0, 0);
        let bytes = self.lower.as_bytes().chunks(64).chain([&[][..]]);
        for (lane, bytes) in self.lanes.iter_mut().zip(bytes) {
            let (plain, beyond) = classes(bytes);
            let (plains, beyonds) =
                (plain << 1 | plain_before >> 63, beyond << 1 | beyond_before >> 63);
            lane.changes = plain ^ plains | beyond ^ beyonds;
            lane.begins_plain = plains & 1 == 1;
            lane.has_beyond = beyond != 0 || beyonds & 1 == 1;
            (plain_before, beyond_before) = (plain, beyond);
        }
        self.lanes[self.lower.len() / 64].changes |= 1 << (self.lower.len() % 64);
    }

    /// Sinks the words that begin in the window; gives back where the next window begins.
    fn drain(
        &self,
        text: &str,
        joiner: &mut Joiner,
        sink: &mut impl FnMut(&str, Range<usize>),
    ) -> usize {
        let (mut from, mut next) = (0, 0);
        let lanes = &self.lanes[..=self.lower.len() / 64];
        for (first, lane) in (0..).step_by(64).zip(lanes) {
            let mut changes = lane.changes;
            if lane.has_beyond {
                while changes != 0 {
                    let stretch = from..first + changes.trailing_zeros() as usize;
                    changes &= changes - 1;
                    from = stretch.end;
                    match self.class(stretch.start) {
                        Some(Class::Plain) => self.plain(text, stretch, &mut next, joiner, sink),
                        Some(Class::Beyond) => self.beyond(text, stretch, &mut next, joiner, sink),
                        None => {}
                    }
                }
                continue;
            }
            // What begins and what ends takes turns.
            if !lane.begins_plain && changes != 0 {
                from = first + changes.trailing_zeros() as usize;
                changes &= changes - 1;
            }
            while changes != 0 {
                let end = first + changes.trailing_zeros() as usize;
                changes &= changes - 1;
                self.plain(text, from..end, &mut next, joiner, sink);
                from = end;
                if changes != 0 {
                    from = first + changes.trailing_zeros() as usize;
                    changes &= changes - 1;
                }
            }
        }
        next.max(self.start + self.lower.len())
    }

    /// Sinks a stretch of ASCII letters and digits, or what it is the beginning of.
    #[inline]
    fn plain(
        &self,
        text: &str,
        stretch: Range<usize>,
        next: &mut usize,
        joiner: &mut Joiner,
        sink: &mut impl FnMut(&str, Range<usize>),
    ) {
        let range = self.start + stretch.start..self.start + stretch.end;
        if *next <= range.start && ends_here(text, range.clone()) {
            sink(&self.lower[stretch], range);
        } else {
            self.beyond(text, stretch, next, joiner, sink);
        }
    }

    /// Sinks the words of a stretch character by character.
    fn beyond(
        &self,
        text: &str,
        stretch: Range<usize>,
        next: &mut usize,
        joiner: &mut Joiner,
        sink: &mut impl FnMut(&str, Range<usize>),
    ) {
        let range = self.start + stretch.start..self.start + stretch.end;
        *next = slowly(text, range.start.max(*next)..range.end, joiner, sink);
    }

    /// The class of the byte at `at`, unless no word holds it.
    fn class(&self, at: usize) -> Option<Class> {
        match self.lower.as_bytes().get(at)? {
            b'a'..=b'z' | b'0'..=b'9' => Some(Class::Plain),
            0x80.. => Some(Class::Beyond),
            _ => None,
        }
    }
}

/// The bytes that words are made of.
#[derive(PartialEq, Eq)]
enum Class {
    /// ASCII letters and digits.
    Plain,
    /// Bytes of characters beyond ASCII.
    Beyond,
}

/// Sinks the words that begin in `range`, character by character; gives back where to go on.
fn slowly(
    text: &str,
    range: Range<usize>,
    joiner: &mut Joiner,
    sink: &mut impl FnMut(&str, Range<usize>),
) -> usize {
    let mut at = range.start;
    while at < range.end {
        at = slow(text, at, joiner, sink);
    }
    at
}

/// A word or a character that the window alone cannot decide; gives back where to go on.
fn slow(
    text: &str,
    offset: usize,
    joiner: &mut Joiner,
    sink: &mut impl FnMut(&str, Range<usize>),
) -> usize {
    let c = text[offset..].chars().next().unwrap_or_default();
    if !traits(c).is_word() {
        return offset + c.len_utf8();
    }
    let word = joiner.join(text, offset);
    if !joiner.folded().is_empty() {
        sink(joiner.folded(), word.range);
    }
    word.next
}

/// Whether a plain word surely ends where its letters and digits end.
#[inline]
fn ends_here(text: &str, word: Range<usize>) -> bool {
    match text.as_bytes().get(word.end) {
        None | Some(b' ' | b',' | b'\n') => true,
        Some(b'.') if word.len() > 1 => true,
        Some(_) => ends_before(text, word.end),
    }
}

/// Whether a plain word ends at `end`, where something stands that is rarer than a space.
fn ends_before(text: &str, end: usize) -> bool {
    let bytes = text.as_bytes();
    match bytes[end] {
        b'\'' | b'.' => !goes_on(bytes, end + 1),
        next if next.is_ascii() => !next.is_ascii_alphanumeric(), // the window may end in a word
        _ => text[end..].chars().next().is_none_or(|c| !traits(c).may_continue()),
    }
}

/// Whether a word may go on at `offset`, after an apostrophe or full stop.
fn goes_on(bytes: &[u8], offset: usize) -> bool {
    bytes.get(offset).is_some_and(|b| b.is_ascii_alphanumeric() || !b.is_ascii())
}

/// For up to 64 lowered bytes: which are ASCII letters and digits, and which are beyond ASCII.
fn classes(bytes: &[u8]) -> (u64, u64) {
    let (mut plain, mut beyond) = ([0; 64], [0; 64]);
    for ((plain, beyond), b) in plain.iter_mut().zip(&mut beyond).zip(bytes) {
        *plain = u8::from(b.is_ascii_lowercase() | b.is_ascii_digit());
        *beyond = u8::from(!b.is_ascii());
    }
    (bits(&plain), bits(&beyond))
}

/// One bit a flag, 0 or 1. Multiplying gathers the lowest bits of eight bytes in the highest byte
/// (<https://graphics.stanford.edu/~seander/bithacks.html>, section on bit counting by multiplication).
fn bits(flags: &[u8; 64]) -> u64 {
    let (eights, _) = flags.as_chunks::<8>();
    eights.iter().enumerate().fold(0, |bits, (i, eight)| {
        let flags = u64::from_le_bytes(*eight);
        bits | (flags.wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * i)
    })
}

fn floor_char_boundary(text: &str, offset: usize) -> usize {
    if offset >= text.len() {
        return text.len();
    }
    (0..=offset).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0)
}
