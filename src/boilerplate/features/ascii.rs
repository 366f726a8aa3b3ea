//! What ASCII characters are, by a table, and rows of its letters and digits, eight bytes at a time.

use super::chars::is_separator;

const DIGIT: u8 = 1;
pub(super) const UPPER: u8 = 2;
pub(super) const LOWER: u8 = 4;
pub(super) const ALNUM: u8 = DIGIT | UPPER | LOWER;
pub(super) const SPACE: u8 = 8;
pub(super) const SEPARATOR: u8 = 16;
/// It ends a sentence; it may stand behind such a mark; it may begin the next.
pub(super) const MARK: u8 = 32;
pub(super) const CLOSES: u8 = 64;
pub(super) const OPENS: u8 = 128;

const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        let c = byte as u8;
        classes[byte] = bit(c.is_ascii_digit(), DIGIT)
            | bit(c.is_ascii_uppercase(), UPPER)
            | bit(c.is_ascii_lowercase(), LOWER)
            | bit((c as char).is_whitespace(), SPACE)
            | bit(is_separator(c as char), SEPARATOR)
            | bit(matches!(c, b'.' | b'!' | b'?'), MARK)
            | bit(matches!(c, b'"' | b'\'' | b')'), CLOSES)
            | bit(matches!(c, b'"' | b'('), OPENS);
        byte += 1;
    }
    classes
};

const fn bit(holds: bool, bit: u8) -> u8 {
    if holds { bit } else { 0 }
}

/// The bits of a byte; none beyond ASCII.
#[inline]
pub(super) fn class(byte: u8) -> u8 {
    CLASSES[usize::from(byte)]
}

/// The letters and digits that a text begins with.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) length: usize,
    pub(super) digits: usize,
    /// [`UPPER`] and [`LOWER`], where there are such.
    pub(super) cases: u8,
}

/// Bytes in a word of the machine; a bit in each, and the highest of each.
const LANES: usize = 8;
const EACH: u64 = u64::MAX / 0xFF;
const HIGHEST: u64 = EACH << 7;

/// Reads them, eight bytes at a time: where a word ends is as good as random, and a branch for every
/// letter would often be guessed wrongly.
#[inline]
pub(super) fn run(bytes: &[u8]) -> Run {
    let mut run = Run::default();
    loop {
        let lanes = u64::from_le_bytes(lanes(&bytes[run.length..]));
        let plain = lanes & !HIGHEST;
        let digits = between(plain, b'0', b'9');
        let letters = between(plain | EACH << 5, b'a', b'z');
        let others = (lanes | !(digits | letters)) & HIGHEST;
        let within = (others & others.wrapping_neg()).wrapping_sub(1) & HIGHEST;
        // A small letter has bit 5.
        run.cases |= bit(letters & !(lanes << 2) & within != 0, UPPER)
            | bit(letters & lanes << 2 & within != 0, LOWER);
        if digits & within != 0 {
            run.digits += (digits & within).count_ones() as usize;
        }
        run.length += others.trailing_zeros() as usize / 8;
        if others != 0 {
            return run;
        }
    }
}

/// The first eight bytes; zeros where there are less.
#[inline]
fn lanes(bytes: &[u8]) -> [u8; LANES] {
    bytes.first_chunk().copied().unwrap_or_else(|| {
        let mut lanes = [0; LANES];
        lanes[..bytes.len()].copy_from_slice(bytes);
        lanes
    })
}

/// Whether each of eight bytes below 0x80 is at least `first` and at most `last`: its highest bit.
#[inline]
fn between(lanes: u64, first: u8, last: u8) -> u64 {
    let reaches = |edge: u8| lanes + EACH * u64::from(0x80 - edge);
    reaches(first) & !reaches(last + 1)
}

/// A letter in lower case, and every digit as `0`; see [`super::chars::folded`].
#[inline]
pub(super) fn folded(byte: u8) -> u8 {
    FOLDED[usize::from(byte)]
}

const FOLDED: [u8; 256] = {
    let mut folded = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let c = byte as u8;
        folded[byte] = if c.is_ascii_digit() { b'0' } else { c.to_ascii_lowercase() };
        byte += 1;
    }
    folded
};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Eight letters at a time, against one behind the other.
        #[test]
        fn runs_of_ascii_are_those_of_their_letters(
            word in "[a-zA-Z0-9]{1,30}", behind in "([^a-zA-Z0-9].{0,9})?"
        ) {
            let text = word.clone() + &behind;
            let has = |is: fn(&u8) -> bool, case: u8| if word.bytes().any(|b| is(&b)) { case } else { 0 };
            let wanted = Run {
                length: word.len(),
                digits: word.bytes().filter(u8::is_ascii_digit).count(),
                cases: has(u8::is_ascii_uppercase, UPPER) | has(u8::is_ascii_lowercase, LOWER),
            };
            prop_assert_eq!(run(text.as_bytes()), wanted);
        }
    }

    #[test]
    fn every_byte_is_in_runs_what_it_is_in_the_table() {
        for byte in 0..=u8::MAX {
            let run = run(&[b'a', byte, b'a', b'a', b'a', b'a', b'a', b'a', b' ']);
            let is_inside = class(byte) & ALNUM != 0;
            assert_eq!(run.length, if is_inside { 8 } else { 1 }, "{byte}");
            assert_eq!(run.cases, LOWER | class(byte) & UPPER, "{byte}");
            assert_eq!(run.digits, usize::from(byte.is_ascii_digit()), "{byte}");
        }
    }
}
