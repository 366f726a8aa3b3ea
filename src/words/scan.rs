//! All words of a text: plain ASCII words straight from a window of lowered bytes, the rest through
//! [`Joiner`].
//!
//! The window is lowered and classed 64 bytes at a time in code that compilers turn into vector
//! instructions; a word is then two bit searches and a slice, with no branch per byte and no copy.

use std::ops::Range;

use super::chars::traits;
use super::join::Joiner;

/// Bytes of text lowered and classed at a time: few enough to stay in the first-level cache and to
/// cost nothing for a short line.
const WINDOW: usize = 64 * LANES;
const LANES: usize = 16;

/// Calls `sink` with the matching form and the byte range of every word.
pub(super) fn each(text: &str, mut sink: impl FnMut(&str, Range<usize>)) {
    let mut window = Window::default();
    let mut joiner = Joiner::default();
    let mut next = 0;
    while next < text.len() {
        window.load(text, next);
        next = window.drain(text, &mut joiner, &mut sink);
    }
}

/// A stretch of the text, lowered, with two bits for each byte.
#[derive(Default)]
struct Window {
    start: usize,
    lower: String,
    /// ASCII letters and digits.
    plain: [u64; LANES],
    /// Those, and every byte of a character beyond ASCII.
    marked: [u64; LANES],
}

impl Window {
    fn load(&mut self, text: &str, start: usize) {
        let end = floor_char_boundary(text, start + WINDOW);
        self.start = start;
        self.lower.clear();
        self.lower.push_str(&text[start..end]);
        self.lower.make_ascii_lowercase();
        let lanes = self.plain.iter_mut().zip(&mut self.marked);
        for ((plain, marked), bytes) in lanes.zip(self.lower.as_bytes().chunks(64)) {
            (*plain, *marked) = classes(bytes);
        }
    }

    /// Sinks the words that begin in the window; gives back where the next window begins.
    fn drain(
        &self,
        text: &str,
        joiner: &mut Joiner,
        sink: &mut impl FnMut(&str, Range<usize>),
    ) -> usize {
        let mut at = 0;
        while let Some(start) = self.word_from(at) {
            let offset = self.start + start;
            let end = self.plain_end(start);
            if end > start && ends_here(text, offset..self.start + end) {
                sink(&self.lower[start..end], offset..self.start + end);
                at = end;
                continue;
            }
            let next = slow(text, offset, joiner, sink);
            if next >= self.start + self.lower.len() {
                return next;
            }
            at = next - self.start;
        }
        self.start + self.lower.len()
    }

    /// The next marked byte.
    fn word_from(&self, at: usize) -> Option<usize> {
        search(at, self.lower.len(), |lane| self.marked[lane])
    }

    /// The end of the ASCII letters and digits that begin at `at`.
    fn plain_end(&self, at: usize) -> usize {
        search(at, self.lower.len(), |lane| !self.plain[lane]).unwrap_or(self.lower.len())
    }
}

/// The first set bit from `at` on and before `end`.
fn search(at: usize, end: usize, lane: impl Fn(usize) -> u64) -> Option<usize> {
    let mut from = at;
    while from < end {
        let bits = lane(from / 64) >> (from % 64);
        if bits != 0 {
            let found = from + bits.trailing_zeros() as usize;
            return (found < end).then_some(found);
        }
        from = (from / 64 + 1) * 64;
    }
    None
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
    let joined = joiner.join(text, offset);
    if !joiner.folded().is_empty() {
        sink(joiner.folded(), joined.range);
    }
    joined.next
}

/// Whether a plain word surely ends where its letters and digits end.
fn ends_here(text: &str, word: Range<usize>) -> bool {
    let bytes = text.as_bytes();
    let Some(&next) = bytes.get(word.end) else { return true };
    match next {
        b'\'' => !goes_on(bytes, word.end + 1),
        b'.' => word.len() > 1 || !goes_on(bytes, word.end + 1),
        _ if next.is_ascii() => !next.is_ascii_alphanumeric(), // the window may end in a word
        _ => text[word.end..].chars().next().is_none_or(|c| !traits(c).may_continue()),
    }
}

/// Whether a word may go on at `offset`, after an apostrophe or full stop.
fn goes_on(bytes: &[u8], offset: usize) -> bool {
    bytes.get(offset).is_some_and(|b| b.is_ascii_alphanumeric() || !b.is_ascii())
}

/// For up to 64 lowered bytes: ASCII letters and digits; those and bytes beyond ASCII.
fn classes(bytes: &[u8]) -> (u64, u64) {
    let mut block = [0; 64];
    block[..bytes.len()].copy_from_slice(bytes);
    let plain = bits(&block.map(|b| b.is_ascii_lowercase() | b.is_ascii_digit()));
    let beyond = bits(&block.map(|b| !b.is_ascii()));
    (plain, plain | beyond)
}

/// One bit a flag. Multiplying gathers the lowest bits of eight bytes in the highest byte
/// (<https://graphics.stanford.edu/~seander/bithacks.html>, section on bit counting by multiplication).
fn bits(flags: &[bool; 64]) -> u64 {
    let (eights, _) = flags.as_chunks::<8>();
    eights.iter().enumerate().fold(0, |bits, (i, eight)| {
        let bytes = u64::from_le_bytes(eight.map(u8::from));
        bits | (bytes.wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * i)
    })
}

fn floor_char_boundary(text: &str, offset: usize) -> usize {
    if offset >= text.len() {
        return text.len();
    }
    (0..=offset).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0)
}
