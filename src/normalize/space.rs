//! White space of every width becomes one plain space.
//!
//! Tabs, no-break and typographic spaces and line ends (from entities: a line has none of its own)
//! are how a page was laid out. The ideographic space U+3000 stays, a character of the text as wide
//! as the others, and so does Ogham's U+1680, which is a drawn line.

use std::ops::Range;

use memchr::memchr2_iter;

use super::{Replacement, has_at, has_controls, has_loose_spaces};

pub(super) fn find(text: &str) -> Vec<Replacement> {
    let leads = memchr2_iter(0xC2, 0xE2, text.as_bytes()); // U+0080–U+00BF, U+2000–U+2FFF
    if !has_loose_spaces(text) && !has_controls(text) && !has_at(leads, text, is_space) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut run = 0..0;
    for (at, c) in text.char_indices().filter(|&(_, c)| is_space(c)) {
        if at > run.end {
            found.extend(replacement(text, run));
            run = at..at;
        }
        run.end = at + c.len_utf8();
    }
    found.extend(replacement(text, run));
    found
}

fn replacement(text: &str, run: Range<usize>) -> Option<Replacement> {
    let at_an_end = run.start == 0 || run.end == text.len();
    match &text.as_bytes()[run.clone()] {
        [] => None,
        [b' '] if !at_an_end => None,
        _ if at_an_end => Some((run, String::new())),
        _ => Some((run, " ".to_owned())),
    }
}

fn is_space(c: char) -> bool {
    c.is_whitespace() && !matches!(c, '\u{1680}' | '\u{3000}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalize::{Edits, Step};

    #[test]
    fn white_space_becomes_one_plain_space() {
        for (text, want, why) in [
            ("one  two\tthree", "one two three", "runs and tabs"),
            ("10\u{202F}000\u{A0}€ «\u{2009}oui\u{205F}»", "10 000 € « oui »", "typographic"),
            ("one\ntwo\u{2028}three\u{B}\u{C}\r\nfour", "one two three four", "line ends"),
            (" one ", "one", "at the ends"),
            ("東京\u{3000}大阪", "東京\u{3000}大阪", "the ideographic space"),
            ("one two", "one two", "nothing to do"),
        ] {
            assert_eq!(Edits::of(Step::Space, find(text)).apply(text), want, "{why}");
        }
    }
}
