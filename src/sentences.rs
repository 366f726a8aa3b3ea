//! Where a sentence surely ends: for seams, not for grammar.
//!
//! A full stop ends a sentence and much else besides. Where it is in doubt ("Gov. Smith", "the U.S.
//! Senate", "am 3. Mai") the text is not divided: two sentences taken for one do no harm here, one
//! taken for two does.

use std::ops::Range;

use crate::words::is_unspaced;

/// A capitalised word of so many letters before a full stop may be a title: "Mr.", "Sen.", "Prof.".
const TITLE: usize = 4;

/// The sentences of a line: ranges that tile it, white space behind a sentence included.
pub fn sentences(line: &str) -> Vec<Range<usize>> {
    let mut sentences = Vec::new();
    let mut start = 0;
    let mut rest = 0;
    while let Some(found) = line[rest..].find(is_stop) {
        let stop = rest + found;
        let stops = line[stop..].trim_start_matches(is_stop);
        let behind = stops.trim_start_matches(is_closing);
        rest = line.len() - behind.len();
        let next = behind.trim_start();
        let spaced = next.len() < behind.len();
        let ends = if line[stop..].starts_with(is_wide_stop) {
            true
        } else {
            spaced && opens(next) && !abbreviates(&line[start..stop], &line[stop..rest])
        };
        let end = line.len() - next.len();
        if ends && !next.is_empty() {
            sentences.push(start..end);
            start = end;
        }
    }
    if start < line.len() {
        sentences.push(start..line.len());
    }
    sentences
}

fn is_stop(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…' | '؟' | '۔' | '।' | '።') || is_wide_stop(c)
}

/// Those of scripts in which no space follows.
fn is_wide_stop(c: char) -> bool {
    matches!(c, '。' | '！' | '？' | '｡')
}

fn is_closing(c: char) -> bool {
    matches!(c, '"' | '\'' | '”' | '’' | '“' | '»' | '«' | ')' | ']' | '」' | '』' | '）')
}

/// Whether a sentence may begin here: with a capital, or in a script that has none.
fn opens(next: &str) -> bool {
    let first = next.chars().find(|c| c.is_alphanumeric());
    first.is_some_and(|c| c.is_alphabetic() && !c.is_lowercase())
}

/// Whether the full stop may belong to the word before it: an initial, a title, a number, or
/// anything with a full stop inside.
fn abbreviates(before: &str, stops: &str) -> bool {
    let Some(word) = before.split_whitespace().next_back() else { return true };
    if stops.starts_with(['!', '?']) {
        return false;
    }
    let letters = word.trim_start_matches(|c: char| !c.is_alphanumeric());
    let count = letters.chars().count();
    let titled = letters.starts_with(char::is_uppercase) && count <= TITLE;
    let unspaced = letters.ends_with(is_unspaced);
    let short = count <= 2 || letters.chars().all(|c| c.is_ascii_digit()) && count < TITLE;
    !unspaced && (letters.contains('.') || titled || short)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn divided(line: &str) -> Vec<&str> {
        sentences(line).into_iter().map(|range| &line[range]).collect()
    }

    #[test]
    fn a_sentence_ends_where_nothing_else_can() {
        for (line, want) in [
            ("The bridge rose. Nobody knew why.", vec!["The bridge rose. ", "Nobody knew why."]),
            (
                "It rose! “Why?” She asked (twice.) Then",
                vec!["It rose! ", "“Why?” ", "She asked (twice.) ", "Then"],
            ),
            (
                "Gov. Mara Quill told Mr. J. Abel in the U.S. Senate",
                vec!["Gov. Mara Quill told Mr. J. Abel in the U.S. Senate"],
            ),
            (
                "am 3. Mai, No. 5 at 3.5 per cent... and on",
                vec!["am 3. Mai, No. 5 at 3.5 per cent... and on"],
            ),
            ("It closed in 2031. Trains stopped.", vec!["It closed in 2031. ", "Trains stopped."]),
            ("橋は正午に上がった。理由は不明。", vec!["橋は正午に上がった。", "理由は不明。"]),
            ("पुल खुल गया। कोई नहीं जानता", vec!["पुल खुल गया। ", "कोई नहीं जानता"]),
            ("", vec![]),
            ("...", vec!["..."]),
            (". . A", vec![". . A"]),
        ] {
            assert_eq!(divided(line), want);
        }
    }

    proptest! {
        #[test]
        fn sentences_tile_the_line(line in "[A-Ca-c0-9.!?…。”“ ]{0,40}") {
            prop_assert_eq!(divided(&line).concat(), line.as_str());
            prop_assert!(sentences(&line).iter().all(|sentence| !sentence.is_empty()));
        }
    }
}
