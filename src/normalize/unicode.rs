//! Normalisation form C: one spelling for each character (UAX #15).

use std::iter;

use memchr::memchr_iter;
use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::{Replacement, has};

pub(super) fn find(text: &str) -> Vec<Replacement> {
    if is_common(text) || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        return Vec::new();
    }
    let starts = text.char_indices().filter(|&(_, c)| is_boundary(c)).map(|(at, _)| at);
    let mut found = Vec::new();
    let mut from = 0;
    for to in starts.chain([text.len()]) {
        let piece = &text[from..to];
        if !piece.is_ascii() && !piece.chars().eq(piece.nfc()) {
            found.push((from..to, piece.nfc().collect()));
        }
        from = to;
    }
    found
}

/// Whether nothing before the character can change or move with what follows: pieces that begin with
/// such a character are normalised one by one.
/// Whether nothing stands in the text but characters below U+0300 and the commonest typographic
/// signs (U+2010 to U+203F), all of which are in form C in any company.
fn is_common(text: &str) -> bool {
    let bytes = text.as_bytes();
    !has(text, |b| b >= 0xCC && b != 0xE2)
        && memchr_iter(0xE2, bytes).all(|at| bytes[at + 1] == 0x80 && bytes[at + 2] >= 0x90)
}

fn is_boundary(c: char) -> bool {
    c.is_ascii()
        || canonical_combining_class(c) == 0 && is_nfc_quick(iter::once(c)) == IsNormalized::Yes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::normalize::{Edits, Step};

    fn composed(text: &str) -> String {
        Edits::of(Step::Unicode, find(text)).apply(text)
    }

    #[test]
    fn only_the_pieces_that_change_are_replaced() {
        let text = "un cafe\u{301} noir, un the\u{301}";
        let found: Vec<_> = find(text).into_iter().map(|(range, _)| &text[range]).collect();
        assert_eq!(found, ["e\u{301}", "e\u{301}"]);
    }

    #[test]
    fn compatibility_forms_stay() {
        assert_eq!(composed("ﬁne ½ … ™ Ａ ｶ"), "ﬁne ½ … ™ Ａ ｶ");
    }

    #[test]
    fn common_characters_are_in_form_c() {
        let common = |c: &char| is_common(c.encode_utf8(&mut [0; 4]));
        for c in ('\0'..=char::MAX).filter(common) {
            assert_eq!(is_nfc_quick(iter::once(c)), IsNormalized::Yes, "{c:?}");
            assert_eq!(canonical_combining_class(c), 0, "{c:?}");
        }
    }

    proptest! {
        #[test]
        fn piece_by_piece_is_the_whole(
            text in "[aeo\\u{301}\\u{327}\\u{323}éÅ가\\u{1100}-\\u{1105}\\u{1161}\\u{11A8}\\u{958}\\u{FB2C}\\u{5C1}豈]{0,16}"
        ) {
            prop_assert_eq!(composed(&text), text.nfc().collect::<String>());
        }
    }
}
