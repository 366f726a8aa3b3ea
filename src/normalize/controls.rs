//! Control and zero-width characters, which no reader ever saw, are dropped.
//!
//! Joiners stay where they carry meaning: between the letters of scripts that join or stack (Persian
//! می‌خواهم, Malayalam and Sinhala conjuncts) and inside emoji. Private-use characters, direction
//! marks and U+FFFD stay too: the first may be letters, the second order the line, the third is what
//! is left of a character and should be seen.

use memchr::memchr3_iter;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

use super::{Replacement, has_at, has_controls};

const NON_JOINER: char = '\u{200C}';
const JOINER: char = '\u{200D}';

pub(super) fn find(text: &str) -> Vec<Replacement> {
    // First bytes of U+0080–U+00BF, U+2000–U+2FFF and U+F000–U+FFFF.
    let leads = memchr3_iter(0xC2, 0xE2, 0xEF, text.as_bytes());
    if !has_controls(text) && !has_at(leads, text, may_be_dropped) {
        return Vec::new();
    }
    let mut found: Vec<Replacement> = Vec::new();
    for (at, c) in text.char_indices().filter(|&(at, c)| is_dropped(text, at, c)) {
        match found.last_mut() {
            Some((range, _)) if range.end == at => range.end = at + c.len_utf8(),
            _ => found.push((at..at + c.len_utf8(), String::new())),
        }
    }
    found
}

fn may_be_dropped(c: char) -> bool {
    matches!(c, JOINER | NON_JOINER) || is_always_dropped(c)
}

fn is_dropped(text: &str, at: usize, c: char) -> bool {
    match c {
        NON_JOINER | JOINER => !is_meant(&text[..at], c, &text[at + c.len_utf8()..]),
        _ => is_always_dropped(c),
    }
}

fn is_always_dropped(c: char) -> bool {
    let is_space = matches!(c, '\t'..='\r');
    c.is_control() && !is_space || matches!(c, '\u{AD}' | '\u{200B}' | '\u{2060}' | '\u{FEFF}')
}

/// Whether a joiner means something between what stands around it.
fn is_meant(before: &str, joiner: char, after: &str) -> bool {
    let is_seen = |&c: &char| !may_be_dropped(c);
    let before = before.chars().rev().find(is_seen);
    let after = after.chars().find(is_seen);
    let both = |holds: fn(char) -> bool| before.is_some_and(holds) && after.is_some_and(holds);
    match joiner {
        // A joiner at the end shapes its letter too: Malayalam chillus, Arabic abbreviations.
        JOINER => before.is_some_and(is_joining_script) || both(is_emoji),
        _ => both(is_joining_script),
    }
}

/// A letter or mark of a script in which joiners choose a letter's form: from Hebrew on, without
/// Georgian, Hangul, Kana and Han.
fn is_joining_script(c: char) -> bool {
    use GeneralCategoryGroup::{Letter, Mark};
    let in_script = matches!(c,
        '\u{590}'..='\u{109F}' | '\u{1200}'..='\u{1CFF}' | '\u{A800}'..='\u{A95F}'
        | '\u{A980}'..='\u{ABFF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}'
        | '\u{10800}'..='\u{11FFF}' | '\u{1E800}'..='\u{1E95F}');
    in_script && matches!(c.general_category_group(), Letter | Mark)
}

/// A part of an emoji: a picture or arrow, a skin tone, or the selector of emoji style.
fn is_emoji(c: char) -> bool {
    use GeneralCategory::{MathSymbol, ModifierSymbol, OtherSymbol};
    let is_symbol = matches!(c.general_category(), OtherSymbol | ModifierSymbol | MathSymbol);
    is_symbol && c > '\u{2000}' || c == '\u{FE0F}'
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalize::{Edits, Step};

    fn cleaned(text: &str) -> String {
        Edits::of(Step::Controls, find(text)).apply(text)
    }

    #[test]
    fn what_no_reader_saw_is_dropped() {
        for (text, want, why) in [
            ("Ferna\u{1}ndez\0\u{7F}\u{81}", "Fernandez", "controls"),
            ("co\u{AD}ope\u{200B}rate\u{2060}d \u{FEFF}", "cooperated ", "zero width"),
            ("co\u{200C}op\u{200D}", "coop", "joiners in scripts that do not join"),
            ("\u{200D}東\u{200C}京", "東京", "also in Han"),
        ] {
            assert_eq!(cleaned(text), want, "{why}");
        }
    }

    #[test]
    fn what_carries_meaning_stays() {
        for (text, why) in [
            ("می\u{200C}خواهم", "Persian"),
            ("ه\u{200D}.", "an Arabic abbreviation"),
            ("ക്\u{200D} ശ്രീ", "a Malayalam chillu"),
            ("क्\u{200D}ष ක්\u{200D}ෂ", "conjuncts"),
            ("👩\u{200D}🚀 👩🏽\u{200D}⚕\u{FE0F} 🙂\u{200D}↔\u{FE0F}", "emoji of several parts"),
            ("🏴\u{E0067}\u{E0062}\u{E007F}", "flags spelt in tags"),
            ("€ \u{E000} \u{FFFD} \u{200E}", "signs, private use, lost characters, direction"),
            ("a\tb\nc", "white space is another step's"),
        ] {
            assert_eq!(cleaned(text), text, "{why}");
        }
    }
}
