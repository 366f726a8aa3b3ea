//! All words of a text: plain ASCII words straight from a window of lowered bytes, the rest through
//! [`Joiner`].
//!
//! The window is lowered and classed 64 bytes at a time in code that compilers turn into vector
//! instructions; a word is then two bits of a mask and a slice, with no branch per byte and no copy.

use std::ops::Range;

use super::chars::traits;
use super::join::Joiner;

/// Bytes of text lowered and classed at a time: few enough to stay in the first-level cache and to
/// cost nothing for a short line. With what stands behind them they are below the kilobyte up to which
/// allocators keep memory at hand.
const WINDOW: usize = 64 * LANES;
const LANES: usize = 14;

/// Takes words as they are read: matching form and range in bytes of the text.
///
/// A closure will do. What is done with every word of a corpus had better be a type of its own, whose
/// methods are compiled into the loop: compilers leave large closures outside.
pub trait Sink {
    /// Takes the next word.
    fn word(&mut self, folded: &str, range: Range<usize>);

    /// Takes the next word, where it is one of plain ASCII, as most are.
    #[inline]
    fn ascii_word(&mut self, word: AsciiWord<'_>, range: Range<usize>) {
        self.word(word.text(), range);
    }
}

/// The longest word, in bytes, that is told as a number.
const SHORT: usize = size_of::<u128>();

/// A word of plain ASCII letters and digits, lowered, where it stands between other bytes.
#[derive(Debug, Clone)]
pub struct AsciiWord<'w> {
    /// [`SHORT`] bytes or more stand behind the word's first.
    around: &'w str,
    range: Range<usize>,
}

impl<'w> AsciiWord<'w> {
    /// The word.
    #[inline]
    pub fn text(&self) -> &'w str {
        &self.around[self.range.clone()]
    }

    /// The same as [`short`] gives of its text, read at once whatever its length.
    #[inline]
    pub fn short(&self) -> Option<u128> {
        let spare = SHORT.checked_sub(self.range.len())?;
        let bytes = self.around.as_bytes().get(self.range.start..)?.first_chunk()?;
        Some(u128::from_le_bytes(*bytes) & u128::MAX >> (8 * spare))
    }
}

/// A word of one to sixteen bytes as a number, the first byte lowest. No other word is the same
/// number, since none holds a zero.
pub fn short(word: &str) -> Option<u128> {
    let mut bytes = [0; SHORT];
    bytes.get_mut(..word.len())?.copy_from_slice(word.as_bytes());
    Some(u128::from_le_bytes(bytes))
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

/// What stands behind a window's piece of text: the last of its lanes is whole, and so are the
/// [`SHORT`] bytes behind any of its own.
const MARGIN: &str = match str::from_utf8(&[0; 64 + SHORT]) {
    Ok(zeros) => zeros,
    Err(_) => "",
};

/// A piece of the text, lowered, and where in it stretches of one class of bytes begin and end.
#[derive(Debug, Default)]
struct Window {
    start: usize,
    length: usize,
    /// The piece, and the [`MARGIN`].
    lower: String,
    /// Bits of the bytes that differ in class from the byte before. What is behind the end is of no
    /// class; for it there is one number more than the bytes need.
    changes: [u64; LANES + 1],
}

impl Window {
    fn load(&mut self, text: &str, start: usize) {
        let piece = &text[start..floor_char_boundary(text, start + WINDOW)];
        (self.start, self.length) = (start, piece.len());
        self.lower.clear();
        self.lower.reserve(piece.len() + MARGIN.len());
        self.lower.push_str(piece);
        self.lower.make_ascii_lowercase();
        self.lower.push_str(MARGIN);
        let (mut plain_before, mut beyond_before) = (0, 0);
        let (lanes, _) = self.lower.as_bytes().as_chunks::<64>();
        for (changes, lane) in self.changes.iter_mut().zip(lanes) {
            let plain = bits_of(lane, |byte| byte.is_ascii_lowercase() | byte.is_ascii_digit());
            let beyond = if lane.is_ascii() { 0 } else { bits_of(lane, |byte| !byte.is_ascii()) };
            let (plains, beyonds) =
                (plain << 1 | plain_before >> 63, beyond << 1 | beyond_before >> 63);
            *changes = plain ^ plains | beyond ^ beyonds;
            (plain_before, beyond_before) = (plain, beyond);
        }
    }

    /// Sinks the words that begin in the window; gives back where the next window begins.
    #[inline]
    fn drain(&self, text: &str, joiner: &mut Joiner, sink: &mut impl Sink) -> usize {
        let bytes = self.lower.as_bytes();
        let (mut from, mut next) = (0, 0);
        for (first, &changes) in (0..).step_by(64).zip(&self.changes[..=self.length / 64]) {
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
                    sink.ascii_word(AsciiWord { around: &self.lower, range: stretch }, range);
                } else {
                    next = slowly(text, range.start.max(next)..range.end, joiner, sink);
                }
            }
        }
        next.max(self.start + self.length)
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

/// Of 64 bytes, a bit for each that is of a class.
#[inline]
fn bits_of(bytes: &[u8; 64], is: impl Fn(u8) -> bool) -> u64 {
    let mut flags = [0; 64];
    for (flag, byte) in flags.iter_mut().zip(bytes) {
        *flag = u8::from(is(*byte));
    }
    bits(&flags)
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
