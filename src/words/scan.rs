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

/// Takes words as they are read: matching form and range in bytes of the text.
///
/// A closure will do. What is done with every word of a corpus had better be a type of its own, whose
/// method is compiled into the loop: compilers leave large closures outside.
pub trait Sink {
    /// Takes the next word.
    fn word(&mut self, folded: &str, range: Range<usize>);
}

impl<F: FnMut(&str, Range<usize>)> Sink for F {
    #[inline]
    fn word(&mut self, folded: &str, range: Range<usize>) {
        self(folded, range);
    }
}

/// Reads words; its memory is used again for the next text.
#[derive(Debug, Default)]
pub struct Reader {
    window: Window,
    joiner: Joiner,
}

impl Reader {
    /// Calls `sink` with the matching form and the byte range of every word.
    pub fn each(&mut self, text: &str, mut sink: impl FnMut(&str, Range<usize>)) {
        self.each_into(text, &mut sink);
    }

    /// Hands every word to a sink.
    pub fn each_into(&mut self, text: &str, sink: &mut impl Sink) {
        let mut place = 0;
        self.some(text, &mut place, text.len(), sink);
    }

    /// The same for the words from `place` on, which is moved on, up to about `end`.
    pub(super) fn some(&mut self, text: &str, place: &mut usize, end: usize, sink: &mut impl Sink) {
        let Self { window, joiner } = self;
        while *place < end.min(text.len()) {
            window.load(text, *place);
            *place = window.drain(text, joiner, sink);
        }
    }
}

/// A piece of the text, lowered, and where in it stretches of one class of bytes begin and end.
#[derive(Debug, Default)]
struct Window {
    start: usize,
    lower: String,
    /// Bits of the bytes that differ in class from the byte before, and of the end, for which there
    /// is one number more than the bytes need.
    changes: [u64; LANES + 1],
}

impl Window {
    fn load(&mut self, text: &str, start: usize) {
        let end = floor_char_boundary(text, start + WINDOW);
        self.start = start;
        self.lower.clear();
        self.lower.push_str(&text[start..end]);
        self.lower.make_ascii_lowercase();
        let (mut plain_before, mut beyond_before) = (0, 0);
        let (lanes, rest) = self.lower.as_bytes().as_chunks::<64>();
        let mut last = [0; 64];
        last[..rest.len()].copy_from_slice(rest);
        for (changes, lane) in self.changes.iter_mut().zip(lanes.iter().chain([&last])) {
            let (plain, beyond) = classes(lane);
            let (plains, beyonds) =
                (plain << 1 | plain_before >> 63, beyond << 1 | beyond_before >> 63);
            *changes = plain ^ plains | beyond ^ beyonds;
            (plain_before, beyond_before) = (plain, beyond);
        }
        self.changes[self.lower.len() / 64] |= 1 << (self.lower.len() % 64);
    }

    /// Sinks the words that begin in the window; gives back where the next window begins.
    #[inline]
    fn drain(&self, text: &str, joiner: &mut Joiner, sink: &mut impl Sink) -> usize {
        let bytes = self.lower.as_bytes();
        let (mut from, mut next) = (0, 0);
        for (first, &changes) in (0..).step_by(64).zip(&self.changes[..=bytes.len() / 64]) {
            let mut changes = changes;
            while changes != 0 {
                let stretch = from..first + changes.trailing_zeros() as usize;
                changes &= changes - 1;
                from = stretch.end;
                let byte = bytes.get(stretch.start).copied().unwrap_or_default();
                let is_plain = byte.is_ascii_lowercase() || byte.is_ascii_digit();
                if !is_plain && byte.is_ascii() {
                    continue;
                }
                let range = self.start + stretch.start..self.start + stretch.end;
                if is_plain && next <= range.start && ends_here(text, range.clone()) {
                    sink.word(&self.lower[stretch], range);
                } else {
                    next = slowly(text, range.start.max(next)..range.end, joiner, sink);
                }
            }
        }
        next.max(self.start + bytes.len())
    }
}

/// Sinks the words that begin in `range`, character by character; gives back where to go on. Few
/// words come this way: it is compiled apart, so that what is done with the others stands in the
/// loop.
#[cold]
fn slowly(text: &str, range: Range<usize>, joiner: &mut Joiner, sink: &mut dyn Sink) -> usize {
    let mut at = range.start;
    while at < range.end {
        at = slow(text, at, joiner, sink);
    }
    at
}

/// A word or a character that the window alone cannot decide; gives back where to go on.
fn slow(text: &str, offset: usize, joiner: &mut Joiner, sink: &mut dyn Sink) -> usize {
    let c = text[offset..].chars().next().unwrap_or_default();
    if !traits(c).is_word() {
        return offset + c.len_utf8();
    }
    let word = joiner.join(text, offset);
    if !joiner.folded().is_empty() {
        sink.word(joiner.folded(), word.range);
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

/// Of 64 lowered bytes: which are ASCII letters and digits, and which are beyond ASCII.
fn classes(bytes: &[u8; 64]) -> (u64, u64) {
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
