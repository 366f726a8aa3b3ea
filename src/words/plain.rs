//! The definition written down plainly, one character after the other with no table and no buffer:
//! what the fast way is measured against.

use std::ops::Range;

use proptest::prelude::*;
use unicase::UniCase;
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

use super::chars::{is_unspaced, is_word};
use super::scan::{AsciiWord, Reader, Sink, short};

const APOSTROPHES: &str = "'\u{2019}\u{2BC}\u{FF07}";
const INVISIBLE: &str = "\u{AD}\u{200B}\u{200C}\u{200D}\u{2060}\u{FEFF}";

struct Plain {
    chars: Vec<char>,
    offsets: Vec<usize>,
}

impl Plain {
    fn new(text: &str) -> Self {
        let offsets = text.char_indices().map(|(i, _)| i).chain([text.len()]).collect();
        Self { chars: text.chars().collect(), offsets }
    }

    fn words(&self) -> Vec<(String, Range<usize>)> {
        let (mut out, mut i) = (Vec::new(), 0);
        while i < self.chars.len() {
            if !is_word(self.chars[i]) {
                i += 1;
                continue;
            }
            let (chars, end, next) = self.word(i);
            let word = fold(&chars);
            if !word.is_empty() {
                out.push((word, self.offsets[i]..self.offsets[end]));
            }
            i = next;
        }
        out
    }

    fn word(&self, start: usize) -> (String, usize, usize) {
        let mut joined = self.chars[start].to_string();
        if is_unspaced(self.chars[start]) {
            return (joined, start + 1, start + 1);
        }
        let mut piece = joined.clone();
        let (mut end, mut j) = (start + 1, start + 1);
        while j < self.chars.len() {
            let c = self.chars[j];
            if self.joins(j) {
                joined.push(c);
                piece.push(c);
                j += 1;
                end = j;
            } else if INVISIBLE.contains(c) {
                j += 1;
            } else {
                let k = self.visible(j + 1);
                if APOSTROPHES.contains(c) && self.joins(k) {
                    piece.push(c);
                } else if c == '.' && is_letter(&piece) && self.single_letter(k) {
                    piece.clear();
                } else {
                    break;
                }
                j = k;
            }
        }
        (joined, end, j.max(end))
    }

    fn joins(&self, i: usize) -> bool {
        self.chars.get(i).is_some_and(|&c| is_word(c) && !is_unspaced(c))
    }

    fn visible(&self, from: usize) -> usize {
        let invisible = self.chars.iter().skip(from).take_while(|&&c| INVISIBLE.contains(c));
        from + invisible.count()
    }

    fn single_letter(&self, k: usize) -> bool {
        let next = self.visible(k + 1);
        self.joins(k)
            && is_letter(&self.chars[k].to_string())
            && !self.joins(next)
            && self.chars.get(next).is_none_or(|&c| !APOSTROPHES.contains(c))
    }
}

fn is_letter(piece: &str) -> bool {
    let mut chars = piece.chars();
    let letter = |c: char| c.general_category_group() == GeneralCategoryGroup::Letter;
    chars.next().is_some_and(letter) && chars.next().is_none()
}

fn fold(chars: &str) -> String {
    let composed: String = chars.nfkc().collect();
    let folded = UniCase::unicode(&composed).to_folded_case();
    folded.nfkc().filter(|&c| is_word(c)).collect()
}

fn fast(text: &str) -> Vec<(String, Range<usize>)> {
    let mut out = Vec::new();
    super::each(text, |folded, range| out.push((folded.to_owned(), range)));
    out
}

/// Words with the numbers that they are told as.
#[derive(Default)]
struct Numbered(Vec<(String, Option<u128>)>);

impl Sink for Numbered {
    fn word(&mut self, folded: &str, _: Range<usize>) {
        self.0.push((folded.to_owned(), short(folded)));
    }

    fn ascii_word(&mut self, word: AsciiWord<'_>, _: Range<usize>) {
        self.0.push((word.text().to_owned(), word.short()));
    }
}

/// Everything that can meet in a word: what is dropped inside, what folds to more or to nothing,
/// what combines with its neighbour, and what only looks like a letter.
fn nasty() -> impl Strategy<Value = String> {
    let pieces = vec![
        "a", "b", "Z", "I", "S", "1", "9", "x1", "word", "The", "'", "\u{2019}", "\u{2BC}",
        "\u{FF07}", ".", "..", " ", "-", "\n", "\u{AD}", "\u{200B}", "\u{200C}", "\u{200D}",
        "\u{2060}", "\u{FEFF}", "\u{301}", "\u{327}", "\u{345}", "\u{308}", "é", "É", "ß", "ẞ",
        "İ", "ı", "ǰ", "ŉ", "ﬁ", "ﬃ", "ſ", "Σ", "ς", "ᾷ", "K", "Å", "½", "²", "Ⅷ", "ⓐ", "㈠", "㆒",
        "Ａ", "ａ", "５", "．", "東", "京", "々", "〇", "豈", "の", "カ", "ｶ", "ﾞ", "ー", "ก", "ำ",
        "ไ", "ລ", "ក", "မ", "हि", "न्", "दी", "क़", "ع", "\u{64B}", "ﷺ", "ש", "\u{5C1}", "가",
        "\u{1100}", "\u{1161}", "\u{11A8}", "Ж", "ợ", "😀", "👩", "\u{FE0F}", "🏽", "—", "“", "…",
        "€", "\u{E000}", "\u{FFFD}", "𝒜", "𐐀", "𠀀",
    ];
    prop::collection::vec(prop::sample::select(pieces), 0..24).prop_map(|p| p.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]
    #[test]
    fn the_fast_way_says_the_same(text in nasty()) {
        prop_assert_eq!(fast(&text), Plain::new(&text).words());
    }

    #[test]
    fn also_across_windows(text in nasty(), before in 990_usize..1030) {
        let text = format!("{}{text} {text}", "x ".repeat(before / 2) + &"y".repeat(before % 2));
        prop_assert_eq!(fast(&text), Plain::new(&text).words());
    }

    #[test]
    fn words_have_one_number_whichever_way_they_come(
        text in nasty(),
        lengths in prop::collection::vec(1_usize..24, 0..4),
        before in 990_usize..1030,
    ) {
        let words: String = lengths.into_iter().map(|length| "w".repeat(length) + " ").collect();
        let mut told = Numbered::default();
        Reader::default().each_into(&format!("{}{words}{text}", "x".repeat(before)), &mut told);
        for (word, number) in told.0 {
            prop_assert_eq!(number, short(&word));
            let bytes = number.map(|number| number.to_le_bytes().to_vec());
            let without_zeros = |bytes: Vec<u8>| bytes.into_iter().filter(|b| *b != 0).collect();
            let same = bytes.map(without_zeros).is_none_or(|bytes: Vec<u8>| bytes == word.as_bytes());
            prop_assert!(same && number.is_some() == (word.len() <= 16));
        }
    }

    #[test]
    fn also_for_any_characters(text in any::<String>()) {
        prop_assert_eq!(fast(&text), Plain::new(&text).words());
    }
}

#[test]
fn each_character_alone_and_between_letters() {
    for c in '\0'..=char::MAX {
        for text in [c.to_string(), format!("a{c}b"), format!("{c}\u{301}{c}.C")] {
            assert_eq!(fast(&text), Plain::new(&text).words(), "{text:?}");
        }
    }
}
