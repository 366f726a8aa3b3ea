//! The word for matching.
//!
//! A word is a maximal run of letters, marks and digits after compatibility normalisation and full
//! case folding. Inside it, apostrophes are dropped (`don’t` is `dont`), and full stops between
//! single letters (`U.S.` is `us`), soft hyphens and zero-width characters. In scripts written
//! without spaces each character is a word. This is what shared passages are found by: two outlets
//! that differ in quotes, case or typography say the same. Nothing here is ever written out.

mod chars;
mod fold;
mod join;
#[cfg(test)]
mod plain;
mod scan;

use std::ops::Range;

use crate::hash;

pub use chars::is_unspaced;
pub use scan::{AsciiWord, Reader, Sink, short};

/// 64 bits of a folded word; the lowest is set for one character of a script written without
/// spaces.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct WordKey(pub u64);

impl WordKey {
    /// Fifths in a word.
    pub const FIFTHS: u32 = 5;
    /// Fifths in a character of an unspaced script.
    pub const UNSPACED_FIFTHS: u32 = 2;

    /// The key of a folded word, as [`each`] gives it.
    #[inline]
    pub fn of(folded: &str) -> Self {
        Self(hashed(folded) & !1 | u64::from(is_one_unspaced(folded)))
    }

    /// That of a word of plain ASCII, which is no character of a script written without spaces.
    #[inline]
    fn of_ascii(word: &AsciiWord<'_>) -> Self {
        Self(word.short().map_or_else(|| hashed(word.text()), hash::short) & !1)
    }

    /// Length in fifths of a word: about two and a half characters of an unspaced script carry what
    /// a spaced word does, so eight words are twenty Han characters.
    pub fn fifths(self) -> u32 {
        if self.0 & 1 == 1 { Self::UNSPACED_FIFTHS } else { Self::FIFTHS }
    }
}

/// The hash of a folded word. Most are short, and nothing branches on how short.
#[inline]
pub fn hashed(folded: &str) -> u64 {
    short(folded).map_or_else(|| hash::of(folded.as_bytes()), hash::short)
}

/// A word of a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Word {
    /// What it is compared by.
    pub key: WordKey,
    /// Its first byte in the text.
    pub start: u32,
    /// The byte after its last.
    pub end: u32,
}

/// Calls `sink(folded, byte_range)` for every word of `text`, in order.
pub fn each(text: &str, sink: impl FnMut(&str, Range<usize>)) {
    Reader::default().each(text, sink);
}

/// All words of `text`, which must be below 4 GiB, into `out`, cleared first.
pub fn words(text: &str, out: &mut Vec<Word>) {
    out.clear();
    Reader::default().each_into(text, &mut Words(out));
}

/// Takes words.
struct Words<'w>(&'w mut Vec<Word>);

impl Words<'_> {
    #[inline]
    fn take(&mut self, key: WordKey, range: &Range<usize>) {
        self.0.push(Word { key, start: range.start as u32, end: range.end as u32 });
    }
}

impl Sink for Words<'_> {
    #[inline]
    fn word(&mut self, folded: &str, range: Range<usize>) {
        self.take(WordKey::of(folded), &range);
    }

    #[inline]
    fn ascii_word(&mut self, word: AsciiWord<'_>, range: Range<usize>) {
        self.take(WordKey::of_ascii(&word), &range);
    }
}

/// The keys of the words of `text` that touch none of the removed byte ranges, which are sorted and
/// disjoint, into `out`, cleared first.
pub fn keys(text: &str, removed: &[Range<usize>], out: &mut Vec<u64>) {
    out.clear();
    Reader::default().each_into(text, &mut Keys { out, removed });
}

/// Takes keys.
struct Keys<'k> {
    out: &'k mut Vec<u64>,
    /// What is removed, but for what lies behind.
    removed: &'k [Range<usize>],
}

impl Keys<'_> {
    #[inline]
    fn take(&mut self, key: u64, range: &Range<usize>) {
        while let [gone, rest @ ..] = self.removed
            && gone.end <= range.start
        {
            self.removed = rest;
        }
        if self.removed.first().is_none_or(|gone| range.end <= gone.start) {
            self.out.push(key);
        }
    }
}

impl Sink for Keys<'_> {
    #[inline]
    fn word(&mut self, folded: &str, range: Range<usize>) {
        self.take(WordKey::of(folded).0, &range);
    }

    #[inline]
    fn ascii_word(&mut self, word: AsciiWord<'_>, range: Range<usize>) {
        self.take(WordKey::of_ascii(&word).0, &range);
    }
}

/// Where the words of `text` stand, as [`words`] says it, into `out`, cleared first: the first `most` of
/// them, or a few more.
pub fn places(text: &str, most: usize, out: &mut Vec<Range<u32>>) {
    out.clear();
    let (mut reader, mut place) = (Reader::default(), 0);
    while place < text.len() && out.len() < most {
        let end = place + 1;
        reader.some(text, &mut place, end, &mut |_: &str, range: Range<usize>| {
            out.push(range.start as u32..range.end as u32);
        });
    }
}

/// What stands somewhere in a text.
pub trait Placed {
    /// Its bytes.
    fn place(&self) -> Range<u32>;
}

impl Placed for Word {
    fn place(&self) -> Range<u32> {
        self.start..self.end
    }
}

impl Placed for Range<u32> {
    fn place(&self) -> Range<u32> {
        self.clone()
    }
}

/// Drops the words that touch one of the removed byte ranges, which are sorted and disjoint.
pub fn outside(words: &mut Vec<impl Placed>, removed: &[Range<usize>]) {
    if removed.is_empty() {
        return;
    }
    let mut removed = removed.iter().peekable();
    words.retain(|word| {
        let place = word.place();
        let (start, end) = (place.start as usize, place.end as usize);
        while removed.next_if(|gone| gone.end <= start).is_some() {}
        removed.peek().is_none_or(|gone| end <= gone.start)
    });
}

/// The folded words of `text`, joined by one space, into `out`, cleared first.
pub fn folded(text: &str, out: &mut String) {
    out.clear();
    each(text, |folded, _| {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(folded);
    });
}

/// Whether a folded word is one character of a script written without spaces.
#[inline]
pub fn is_one_unspaced(folded: &str) -> bool {
    folded.as_bytes().first().is_some_and(|&b| b >= 0xE0) && is_one_unspaced_char(folded)
}

fn is_one_unspaced_char(folded: &str) -> bool {
    let mut chars = folded.chars();
    chars.next().is_some_and(chars::is_unspaced) && chars.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<WordKey> {
        let mut out = Vec::new();
        words(text, &mut out);
        out.iter().map(|word| word.key).collect()
    }

    fn joined(text: &str) -> String {
        let mut out = "cleared".to_owned();
        folded(text, &mut out);
        out
    }

    #[test]
    fn places_are_those_of_the_words() {
        let text = "It’s 3.5 km to Orrelmouth. ".repeat(200);
        let (mut all, mut some) = (Vec::new(), Vec::new());
        words(&text, &mut all);
        for most in [0, 1, 700, 1399, 1400, 2000] {
            places(&text, most, &mut some);
            assert!(some.len() >= most.min(all.len()));
            assert!(some.iter().cloned().eq(all[..some.len()].iter().map(Placed::place)));
        }
    }

    #[test]
    fn folds_as_the_definition_says() {
        for (text, want, why) in [
            ("U.S. officials", "us officials", "full stops between single letters"),
            ("told CNBC.", "told cnbc", "a full stop at the end of a sentence"),
            ("don’t — 'stop'", "dont stop", "an apostrophe inside, quotation marks outside"),
            (
                "3.5 per cent, e.g. J.K. Rowling",
                "3 5 per cent eg jk rowling",
                "digits are no initials",
            ),
            ("co\u{AD}operate Straße", "cooperate strasse", "soft hyphen; full case folding"),
            (
                "東京タワー は 2020年",
                "東 京 タ ワ ー は 2020 年",
                "each unspaced character is a word",
            ),
            ("said.He left", "said he left", "a lost space is no initialism"),
            ("ﬁne ½", "fine 12", "compatibility forms; what folding leaves of no word is dropped"),
            ("It's O.K.", "its ok", "both at once"),
            ("A.B's", "a bs", "an apostrophe ends the initialism"),
            ("हिन्दी में", "हिन्दी में", "marks belong to the word"),
            ("İstanbul ǰ Ⅷ", "i̇stanbul ǰ viii", "folded between two normalisations"),
            ("", "", "nothing"),
            ("— … !", "", "no word"),
        ] {
            assert_eq!(joined(text), want, "{why}");
        }
    }

    #[test]
    fn one_unspaced_character_is_two_fifths_of_a_word() {
        let fifths = |text| keys(text).into_iter().map(WordKey::fifths).collect::<Vec<_>>();
        assert_eq!(fifths("東京 tower ｶ ㆒"), [2, 2, 5, 2, 2], "also what folds to one");
        assert_eq!(fifths("\u{E33}"), [5], "Thai sara am folds to two characters");
    }

    #[test]
    fn keys_are_equal_where_the_matching_form_is() {
        assert_eq!(keys("The U.S. don’t"), keys("the US dont"));
        assert_ne!(keys("stop"), keys("stops"));
    }

    #[test]
    fn ranges_are_bytes_of_the_text() {
        let mut out = Vec::new();
        let text = "«Don’t», U.S. 東京";
        words(text, &mut out);
        let spans: Vec<_> = out.iter().map(|w| &text[w.start as usize..w.end as usize]).collect();
        assert_eq!(spans, ["Don’t", "U.S", "東", "京"]);
    }

    #[test]
    fn a_word_longer_than_any_window_is_one() {
        let long = "Abc1".repeat(3000);
        assert_eq!(joined(&format!("a {long} b")), format!("a {} b", long.to_lowercase()));
    }

    #[test]
    fn removed_ranges_take_the_words_they_touch() {
        let text = "one two three four five";
        for (removed, want) in [
            (vec![], "one two three four five"),
            (vec![(0, 0)], "one two three four five"),
            (vec![(3, 4)], "one two three four five"),
            (vec![(4, 7)], "one three four five"),
            (vec![(5, 6), (6, 9)], "one four five"),
            (vec![(2, 5), (22, 23)], "three four"),
            (vec![(0, 23)], ""),
        ] {
            let mut out = Vec::new();
            words(text, &mut out);
            let removed: Vec<_> = removed.into_iter().map(|(start, end)| start..end).collect();
            outside(&mut out, &removed);
            let left: Vec<_> =
                out.iter().map(|w| &text[w.start as usize..w.end as usize]).collect();
            assert_eq!(left.join(" "), want, "{removed:?}");
            let mut found = vec![7];
            super::keys(text, &removed, &mut found);
            assert!(found.into_iter().eq(out.iter().map(|word| word.key.0)), "{removed:?}");
        }
    }
}
