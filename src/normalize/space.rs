//! White space of every width becomes one plain space.
//!
//! Tabs, no-break and typographic spaces and line ends (from entities: a line has none of its own)
//! are how a page was laid out. The ideographic space U+3000 stays: it is a character of the text,
//! as wide as the others.

use std::ops::Range;

use super::Replacement;

pub(super) fn find(text: &str) -> Vec<Replacement> {
    let mut found = Vec::new();
    let mut run = None;
    for (at, c) in text.char_indices() {
        if is_space(c) {
            run.get_or_insert(at);
        } else if let Some(start) = run.take() {
            found.extend(replacement(text, start..at));
        }
    }
    found.extend(run.and_then(|start| replacement(text, start..text.len())));
    found
}

fn replacement(text: &str, run: Range<usize>) -> Option<Replacement> {
    let with = if run.start == 0 || run.end == text.len() { "" } else { " " };
    (text[run.clone()] != *with).then(|| (run, with.to_owned()))
}

fn is_space(c: char) -> bool {
    c.is_whitespace() && c != '\u{3000}'
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
