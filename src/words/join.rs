//! One word, character by character: the way of every word that is not plain ASCII.

use std::ops::Range;

use super::chars::{Traits, traits};
use super::fold::fold;

/// A word's joined characters and its matching form, in buffers used again for the next word.
#[derive(Debug, Default)]
pub(super) struct Joiner {
    raw: String,
    folded: String,
    /// Whether `folded` is right already: every character so far folds the same in any company.
    inert: bool,
}

/// Where a word lies, and where the next may begin.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Joined {
    pub(super) range: Range<usize>,
    pub(super) next: usize,
}

/// The characters since the last dropped full stop: `U.S.` is joined only while each is one letter.
#[derive(Clone, Copy)]
enum Piece {
    Empty,
    Letter,
    Longer,
}

impl Joiner {
    /// Joins the word that begins at `start`, which must be a word character.
    pub(super) fn join(&mut self, text: &str, start: usize) -> Joined {
        self.clear();
        match at(text, start) {
            Some((c, is)) if is.is_alone() => self.alone(c, start),
            _ => self.together(text, start),
        }
    }

    /// The matching form of the word joined last; empty where nothing is left of it.
    pub(super) fn folded(&self) -> &str {
        &self.folded
    }

    fn clear(&mut self) {
        self.raw.clear();
        self.folded.clear();
        self.inert = true;
    }

    fn alone(&mut self, c: char, start: usize) -> Joined {
        match traits(c).folded() {
            Some(folded) => self.folded.push(folded),
            None => fold(c.encode_utf8(&mut [0; 4]), &mut self.folded),
        }
        let end = start + c.len_utf8();
        Joined { range: start..end, next: end }
    }

    fn together(&mut self, text: &str, start: usize) -> Joined {
        let (mut end, mut next) = (start, start);
        let mut piece = Piece::Empty;
        while let Some((c, is)) = at(text, next) {
            let after = next + c.len_utf8();
            if is.is_joining() {
                self.push(c, is);
                piece = piece.and(is);
                (end, next) = (after, after);
            } else if is.is_invisible() {
                next = after;
            } else if let Some(on) = goes_on(text, after) {
                if is.is_apostrophe() {
                    piece = Piece::Longer; // it's is no initialism
                } else if c == '.' && matches!(piece, Piece::Letter) && is_single_letter(text, on) {
                    piece = Piece::Empty;
                } else {
                    break;
                }
                next = on;
            } else {
                break;
            }
        }
        self.finish();
        Joined { range: start..end, next }
    }

    fn push(&mut self, c: char, is: Traits) {
        self.raw.push(c);
        match is.folded_anywhere() {
            Some(folded) => self.folded.push(folded),
            None => self.inert = false,
        }
    }

    fn finish(&mut self) {
        if !self.inert {
            self.folded.clear();
            fold(&self.raw, &mut self.folded);
        }
    }
}

impl Piece {
    fn and(self, is: Traits) -> Self {
        match self {
            Self::Empty if is.is_letter() => Self::Letter,
            _ => Self::Longer,
        }
    }
}

/// The character at `offset` and its traits.
fn at(text: &str, offset: usize) -> Option<(char, Traits)> {
    text[offset..].chars().next().map(|c| (c, traits(c)))
}

/// The first visible character from `offset` on: where it is, and its traits.
fn visible(text: &str, offset: usize) -> Option<(usize, Traits)> {
    text[offset..]
        .char_indices()
        .map(|(i, c)| (offset + i, traits(c)))
        .find(|(_, is)| !is.is_invisible())
}

/// Where the word goes on after an apostrophe or full stop that ends at `offset`.
fn goes_on(text: &str, offset: usize) -> Option<usize> {
    visible(text, offset).filter(|(_, is)| is.is_joining()).map(|(on, _)| on)
}

/// Whether a letter stands at `offset` and no word character or apostrophe after it.
fn is_single_letter(text: &str, offset: usize) -> bool {
    let Some((c, is)) = at(text, offset) else { return false };
    is.is_letter()
        && visible(text, offset + c.len_utf8())
            .is_none_or(|(_, next)| !next.is_joining() && !next.is_apostrophe())
}
