//! Tokens: words and signs by their hashes.

/// A word, a number, a character of an unspaced script or another sign, folded and number-blind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Token {
    /// Hash of all its characters.
    pub(crate) hash: u32,
    /// Of its first four and last three where it has more than five; else 0.
    pub(crate) stem: u32,
    pub(crate) ending: u32,
    /// Whether it begins with a letter or a digit.
    pub(crate) word: bool,
}

impl Token {
    /// A sign, or a character that is a word.
    pub(super) fn single(c: char, word: bool) -> Self {
        Self { hash: finish(step(0, c as u32)), stem: 0, ending: 0, word }
    }

    /// A word by the hash of its letters and digits.
    pub(super) fn of(hash: u64) -> Self {
        Self { hash: finish(hash), stem: 0, ending: 0, word: true }
    }

    /// A word of so many letters and digits, with stem and ending where it is long.
    pub(super) fn whole(letters: impl Iterator<Item = u32> + Clone, count: usize) -> Self {
        if count < LONG {
            return Self::of(letters.fold(0, step));
        }
        let stem = letters.clone().take(STEM).fold(0, step);
        let hash = letters.clone().skip(STEM).fold(stem, step);
        let ending = letters.skip(count - ENDING).fold(0, step);
        Self { stem: finish(stem), ending: finish(ending), ..Self::of(hash) }
    }
}

/// A word of so many characters has a stem and an ending, of so many.
const LONG: usize = 6;
const STEM: usize = 4;
const ENDING: usize = 3;

// Features are hashed by the character, as they come: no word is ever put together, and `hash`
// wants its bytes in one piece.

pub(super) const fn step(hash: u64, c: u32) -> u64 {
    (hash.rotate_left(5) ^ c as u64).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

const fn finish(hash: u64) -> u32 {
    (hash >> 32) as u32
}
