//! What one character is for matching, remembered page by page.
//!
//! General categories come from a binary search over ranges and foldings from three passes over a
//! string: too slow for each character of a Cyrillic or Chinese text. So each page of 256 characters
//! that a text uses is computed once and kept, in one KiB.

use std::sync::OnceLock;

use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{IsNormalized, is_nfkc_quick};
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

use super::fold::{case_folded, fold};

/// What one character is for matching: flags, and the character it folds to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Traits(u32);

type Page = [Traits; 256];

static PAGES: [OnceLock<Box<Page>>; 0x1100] = [const { OnceLock::new() }; 0x1100];

const FOLDED: u32 = 0x1F_FFFF;
const WORD: u32 = 1 << 21;
const LETTER: u32 = 1 << 22;
const UNSPACED: u32 = 1 << 23;
const INVISIBLE: u32 = 1 << 24;
const APOSTROPHE: u32 = 1 << 25;
const INERT: u32 = 1 << 26;

/// The traits of `c`.
pub(super) fn traits(c: char) -> Traits {
    let code = c as usize;
    PAGES[code >> 8].get_or_init(|| page(code & !0xFF))[code & 0xFF]
}

impl Traits {
    /// A letter, mark or digit: general category L, M or N.
    pub(super) fn is_word(self) -> bool {
        self.0 & WORD != 0
    }

    /// General category L.
    pub(super) fn is_letter(self) -> bool {
        self.0 & LETTER != 0
    }

    /// A word by itself: a word character of a script written without spaces.
    pub(super) fn is_alone(self) -> bool {
        self.0 & (WORD | UNSPACED) == WORD | UNSPACED
    }

    /// A word character that stands together with its neighbours.
    pub(super) fn is_joining(self) -> bool {
        self.0 & (WORD | UNSPACED) == WORD
    }

    /// Soft hyphen or zero width.
    pub(super) fn is_invisible(self) -> bool {
        self.0 & INVISIBLE != 0
    }

    /// An apostrophe, typed or typeset.
    pub(super) fn is_apostrophe(self) -> bool {
        self.0 & APOSTROPHE != 0
    }

    /// Whether a word may go on with this character, or beyond it.
    pub(super) fn may_continue(self) -> bool {
        self.is_joining() || self.0 & (INVISIBLE | APOSTROPHE) != 0
    }

    /// What the character folds to when it stands alone, where that is one character.
    pub(super) fn folded(self) -> Option<char> {
        char::from_u32(self.0 & FOLDED).filter(|&c| c != '\0')
    }

    /// What the character folds to in any company, where that is one character.
    pub(super) fn folded_anywhere(self) -> Option<char> {
        if self.0 & INERT == 0 { None } else { self.folded() }
    }
}

/// General category L, M or N.
pub(super) fn is_word(c: char) -> bool {
    is_of_words(c.general_category_group())
}

fn is_of_words(group: GeneralCategoryGroup) -> bool {
    use GeneralCategoryGroup::{Letter, Mark, Number};
    matches!(group, Letter | Mark | Number)
}

/// Han, Kana, Thai, Lao, Khmer, Myanmar: the scripts written without spaces.
pub fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}'
        | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30FF}' | '\u{31F0}'..='\u{31FF}'
        | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{A9E0}'..='\u{A9FF}'
        | '\u{AA60}'..='\u{AA7F}' | '\u{F900}'..='\u{FAFF}' | '\u{FF66}'..='\u{FF9F}'
        | '\u{20000}'..='\u{3FFFF}')
}

fn page(first: usize) -> Box<Page> {
    Box::new(std::array::from_fn(|i| {
        u32::try_from(first + i).ok().and_then(char::from_u32).map_or(Traits(0), of)
    }))
}

fn of(c: char) -> Traits {
    let mut bits = 0;
    let mut set = |flag, holds| bits |= if holds { flag } else { 0 };
    let group = c.general_category_group();
    let is_word = is_of_words(group);
    set(WORD, is_word);
    set(LETTER, group == GeneralCategoryGroup::Letter);
    set(UNSPACED, is_unspaced(c));
    set(INVISIBLE, matches!(c, '\u{AD}' | '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}'));
    set(APOSTROPHE, matches!(c, '\'' | '\u{2019}' | '\u{2BC}' | '\u{FF07}'));
    let cased = only(&case_folded(c));
    if cased == Some(c) && is_inert(c) {
        // As most characters: nothing changes it, so what is no word folds to nothing.
        set(c as u32 | INERT, is_word);
    } else if let Some(folded) = only(&folded_alone(c)) {
        set(folded as u32, true);
        set(INERT, is_inert(c) && is_inert(folded) && cased == Some(folded));
    }
    Traits(bits)
}

fn folded_alone(c: char) -> String {
    let mut out = String::new();
    fold(c.encode_utf8(&mut [0; 4]), &mut out);
    out
}

/// Whether NFKC leaves the character alone whatever stands around it: it neither changes, nor
/// combines with what precedes it, nor moves (UAX #15, section 9).
fn is_inert(c: char) -> bool {
    canonical_combining_class(c) == 0 && is_nfkc_quick(std::iter::once(c)) == IsNormalized::Yes
}

fn only(text: &str) -> Option<char> {
    let mut chars = text.chars();
    chars.next().filter(|_| chars.next().is_none())
}
