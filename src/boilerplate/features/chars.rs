//! What characters are to features: counted, folded, and told apart.

use std::ops::BitOr as _;

use crate::words::is_unspaced;

/// The characters of a line, and those of them of an unspaced script.
pub(super) fn count(text: &str) -> (usize, usize) {
    if text.is_ascii() {
        return (text.len(), 0);
    }
    let count = text.chars().count();
    if !may_be_unspaced(text.as_bytes()) {
        return (count, 0);
    }
    (count, text.chars().filter(|&c| is_unspaced(widen(c))).count())
}

/// Whether a character may be of an unspaced script: one that begins with the byte E0 or a higher one,
/// and is none of the quotation marks, dashes, arrows and other signs up to U+2E7F. In one pass
/// without branches, since nearly all lines beyond ASCII have such signs.
fn may_be_unspaced(bytes: &[u8]) -> bool {
    let pairs = bytes.iter().zip(&bytes[1..]);
    let leads = |(&lead, &next): (&u8, &u8)| lead >= 0xE0 && (lead != 0xE2 || next >= 0xBA);
    pairs.map(|pair| u8::from(leads(pair))).fold(0, u8::bitor) != 0
}

/// A letter in lower case; every digit as `0`.
pub(super) fn folded(c: char) -> char {
    match c {
        'a'..='z' => c,
        'A'..='Z' => c.to_ascii_lowercase(),
        c if c.is_numeric() => '0',
        c => c.to_lowercase().next().unwrap_or(c),
    }
}

/// Signs that set names of sections, steps of a path and items of a list apart.
pub(super) const fn is_separator(c: char) -> bool {
    matches!(
        c,
        '|' | '/'
            | '›'
            | '»'
            | '·'
            | '•'
            | '>'
            | '→'
            | '←'
            | '‹'
            | '«'
            | '–'
            | '—'
            | '~'
            | '*'
            | '+'
            | '='
            | '<'
            | '■'
            | '▶'
            | '►'
            | '●'
            | '▪'
            | '◆'
    )
}

/// The dashes, quotation marks and ellipses of printers: most characters beyond ASCII of many texts,
/// and not worth a search through the tables of letters.
pub(super) fn is_printers(c: char) -> bool {
    matches!(c, '\u{2010}'..='\u{2026}')
}

pub(super) fn is_alphanumeric(c: char) -> bool {
    !is_printers(c) && c.is_alphanumeric()
}

pub(super) fn is_letter(c: Option<char>) -> bool {
    c.is_some_and(is_alphanumeric)
}

pub(super) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}')
}

/// Full-width forms as their plain ones. More of compatibility normalisation is not worth its
/// time here: the counts and keys of lines have it.
pub(super) fn widen(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        c => c,
    }
}
