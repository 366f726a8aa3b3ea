//! What is written: conservative normalisation of one line.
//!
//! Only damage is repaired: text read in the wrong encoding, entities left over from markup, control
//! and zero-width characters, white space, and the several spellings of one character (NFC). Quotes,
//! dashes, euro signs, emoji and ellipses stay as the author had them; what is lossy belongs to
//! [`crate::words`]. Repair comes first, since a straightened quote makes mojibake irreparable.
//!
//! A step is a file: `find` gives the replacements it wants in a text, and an empty list must be
//! nearly free. A new step is a row in [`STEPS`].

mod controls;
mod edits;
mod entities;
mod mojibake;
mod space;
mod unicode;

use std::borrow::Cow;
use std::ops::{BitOr, Range};

pub use edits::{Edit, Edits};

/// The steps of normalisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// UTF-8 that was read as windows-1252 or Latin-1, perhaps twice.
    Mojibake,
    /// HTML entities.
    Entities,
    /// Control and zero-width characters.
    Controls,
    /// White space other than single plain spaces.
    Space,
    /// Normalisation form C.
    Unicode,
}

impl Step {
    /// The rule name that a change carries.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mojibake => "normalize.mojibake",
            Self::Entities => "normalize.entities",
            Self::Controls => "normalize.controls",
            Self::Space => "normalize.space",
            Self::Unicode => "normalize.unicode",
        }
    }
}

/// A stretch of the text and what takes its place.
type Replacement = (Range<usize>, String);

/// The replacements that a step wants in a text, sorted and disjoint.
type Find = fn(&str) -> Vec<Replacement>;

/// Every step, in order. Entities come after mojibake, because `&nbsp;` may hide in it but not the
/// reverse, and before everything that may come out of an entity.
const STEPS: [(Step, Find); 5] = [
    (Step::Mojibake, mojibake::find),
    (Step::Entities, entities::find),
    (Step::Controls, controls::find),
    (Step::Space, space::find),
    (Step::Unicode, unicode::find),
];

/// The edits that normalise a line without its ends, or `None` where nothing changes.
///
/// The steps go on until none finds anything, since one may uncover work for another. Only entities
/// are read once: `&amp;lt;` is the text `&lt;` of an article about markup as often as a `<` escaped
/// twice. So a normalised line is normal, unless an entity is left in it.
pub fn line(body: &str) -> Option<Edits> {
    if is_plain(body) {
        return None;
    }
    let mut draft = Draft { original: body, text: Cow::Borrowed(body), edits: Edits::default() };
    let mut steps = STEPS.to_vec();
    while draft.improve(&steps) {
        steps.retain(|(step, _)| *step != Step::Entities);
    }
    (!draft.edits.is_empty()).then_some(draft.edits)
}

/// ASCII, and the dashes and quotation marks of printers, in which no step has anything to find.
fn is_plain(body: &str) -> bool {
    !has(body, |b| b == b'&' || b.is_ascii_control())
        && !has_loose_spaces(body)
        && is_ascii_or_typography(body)
}

/// Whether all characters beyond ASCII are dashes, quotation marks, bullets or ellipses: U+2010 to
/// U+2026, which are in the other text of most articles.
fn is_ascii_or_typography(text: &str) -> bool {
    text.is_ascii() || has_only_marks(text.as_bytes())
}

/// Whether all bytes beyond ASCII are of these dashes and marks, three each. Few at a time are counted
/// in a byte, so that compilers take many at once.
fn has_only_marks(bytes: &[u8]) -> bool {
    const FEW: usize = u8::MAX as usize;
    let behind = |by: usize| bytes.get(by..).unwrap_or_default().chunks(FEW);
    let marks = bytes.chunks(FEW).zip(behind(1)).zip(behind(2)).map(|((a, b), c)| {
        let is_mark = |((a, b), c): ((&u8, &u8), &u8)| {
            u8::from(*a == 0xE2 && *b == 0x80 && (0x90..=0xA6).contains(c))
        };
        a.iter().zip(b).zip(c).map(is_mark).sum::<u8>()
    });
    let beyond = bytes.chunks(FEW).map(|few| few.iter().map(|b| b >> 7).sum::<u8>());
    let all = |counts: &mut dyn Iterator<Item = u8>| counts.map(usize::from).sum::<usize>();
    all(&mut { beyond }) == 3 * all(&mut { marks })
}

fn has_controls(text: &str) -> bool {
    has(text, |b| b.is_ascii_control())
}

/// Whether plain spaces stand at an end or side by side.
fn has_loose_spaces(text: &str) -> bool {
    let bytes = text.as_bytes();
    let pairs = bytes.iter().zip(bytes.get(1..).unwrap_or_default());
    let doubled = pairs.map(|(&a, &b)| u8::from(a == b' ' && b == b' ')).fold(0, u8::bitor);
    doubled != 0 || text.starts_with(' ') || text.ends_with(' ')
}

/// Whether a byte is of a kind. Looking at every byte lets compilers take many at a time, which for a
/// line is faster than stopping at the first.
fn has(text: &str, is_one: impl Fn(u8) -> bool) -> bool {
    text.bytes().map(|b| u8::from(is_one(b))).fold(0, u8::bitor) != 0
}

/// Whether a character of a kind begins at one of the offsets, where [`memchr`] found first bytes.
fn has_at(
    mut offsets: impl Iterator<Item = usize>,
    text: &str,
    is_one: impl Fn(char) -> bool,
) -> bool {
    offsets.any(|at| text[at..].starts_with(&is_one))
}

/// A text on its way through the steps.
struct Draft<'t> {
    original: &'t str,
    text: Cow<'t, str>,
    edits: Edits,
}

impl Draft<'_> {
    /// Whether any of the steps changed anything.
    fn improve(&mut self, steps: &[(Step, Find)]) -> bool {
        steps.iter().fold(false, |changed, &(step, find)| self.step(step, find) || changed)
    }

    fn step(&mut self, step: Step, find: Find) -> bool {
        let found = find(&self.text);
        if found.is_empty() {
            return false;
        }
        let found = Edits::of(step, found);
        self.text = Cow::Owned(found.apply(&self.text));
        self.edits = self.edits.then(self.original, &found);
        if step == Step::Mojibake {
            self.step(step, find); // what was read wrongly twice
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn normal(body: &str) -> String {
        line(body).map_or_else(|| body.to_owned(), |edits| edits.apply(body))
    }

    #[test]
    fn a_line_goes_through_all_steps() {
        for (text, want, why) in [
            ("Plain text, 'quoted'.", "Plain text, 'quoted'.", "nothing to do"),
            ("“It’s” — she said… 5 € 😀", "“It’s” — she said… 5 € 😀", "the author's typography"),
            ("Itâ€™s&nbsp; &quot;on&quot;", "It’s \"on\"", "repair, then entities, then space"),
            ("&acirc;&euro;&trade;", "’", "damage that was escaped"),
            ("e\u{200B}\u{301}", "é", "a character dropped between letter and accent"),
            ("&#10;one&#8203;&nbsp;", "one", "what comes out at the ends"),
            ("Ã¢â‚¬Å“twiceÃ¢â‚¬\u{9D}", "“twice”", "read wrongly twice"),
            ("voilÃ\u{A0} !", "voilà !", "a no-break space that is half a letter"),
        ] {
            assert_eq!(normal(text), want, "{why}");
        }
    }

    /// rspeer/python-ftfy#99, #142, #149, #96: after quotes are straightened no repair is possible,
    /// and a wrong one makes planets. So repair comes first, quotes stay, and what cannot be
    /// repaired stays too.
    #[test]
    fn repair_comes_before_anything_lossy() {
        assert_eq!(normal("donâ€™t"), "don’t");
        assert_eq!(normal("donâ€\u{27}t"), "donâ€\u{27}t");
        assert_eq!(normal("â™ª and â™¥"), "♪ and ♥");
        assert_eq!(normal("hâlâ™ ve"), "hâlâ™ ve");
    }

    /// unslothai/unsloth#10741, Unstructured-IO/unstructured#366 and #4105: cleaning that deletes
    /// euro signs, the non-joiner of Persian, half of an emoji, or every dash.
    #[test]
    fn cleaning_deletes_no_writing() {
        for text in
            ["€ 5 – 10 — ‐ ‑", "نمی\u{200C}دانم", "👩\u{200D}👩\u{200D}👧 👍🏽 🇫🇷 1\u{FE0F}\u{20E3}"]
        {
            assert_eq!(line(text), None, "{text}");
        }
    }

    #[test]
    fn an_edit_carries_its_first_step() {
        let edits = line("a&nbsp;&nbsp;b c\u{200B}").map(|edits| {
            edits.into_iter().map(|edit| (edit.range, edit.with, edit.step.as_str())).collect()
        });
        let want: Vec<(Range<usize>, String, _)> = vec![
            (1..13, " ".to_owned(), "normalize.entities"),
            (16..19, String::new(), "normalize.controls"),
        ];
        assert_eq!(edits, Some(want));
    }

    /// Pieces of damage, of what looks like it, and of what stands around both.
    fn nasty() -> impl Strategy<Value = String> {
        let pieces = vec![
            "a",
            "E",
            "word",
            "1",
            " ",
            "  ",
            "\t",
            "\u{A0}",
            "\u{2009}",
            "\u{3000}",
            "\n",
            "\r",
            "\u{85}",
            "\u{2028}",
            "\0",
            "\u{19}",
            "\u{92}",
            "\u{81}",
            "\u{AD}",
            "\u{200B}",
            "\u{200C}",
            "\u{200D}",
            "\u{FEFF}",
            "\u{2060}",
            "\u{301}",
            "\u{327}",
            "\u{30A}",
            "é",
            "É",
            "Ã",
            "Â",
            "â",
            "€",
            "™",
            "©",
            "»",
            "’",
            "”",
            "…",
            "Ð",
            "Ñ",
            "Ÿ",
            "°",
            "ð",
            "ï",
            "¿",
            "½",
            "ã",
            "‚",
            "&",
            "&amp;",
            "&nbsp;",
            "&copy",
            "&copy;",
            "&Atilde;",
            "&#146;",
            "&#x200B;",
            "#",
            ";",
            "http://x.example/?q=",
            "\'",
            "“",
            "ß",
            "東",
            "が",
            "か\u{3099}",
            "م",
            "ی",
            "क्",
            "ष",
            "😀",
            "👩",
            "\u{FE0F}",
            "🏽",
            "\u{E000}",
            "\u{FFFD}",
            "Å",
            "क़",
            "שּׁ",
            "가",
            "ᄀ",
            "ᅡ",
        ];
        prop::collection::vec(prop::sample::select(pieces), 0..20).prop_map(|p| p.concat())
    }

    fn check(body: &str) -> Result<(), TestCaseError> {
        let out = normal(body);
        if entities::find(&out).is_empty() {
            prop_assert_eq!(line(&out), None, "normal lines are normal");
        }
        prop_assert!(!out.contains(['\n', '\r', '\u{2028}', '\u{2029}']), "no line becomes two");
        if let Some(edits) = line(body) {
            prop_assert_eq!(edits.inverse(body).apply(&out), body, "what was done can be undone");
            for edit in &edits {
                prop_assert_ne!(&body[edit.range.clone()], edit.with.as_str());
            }
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]
        #[test]
        fn laws_hold_for_nasty_lines(body in nasty()) {
            check(&body)?;
        }

        #[test]
        fn laws_hold_for_any_characters(body in any::<String>()) {
            check(&body)?;
        }

        #[test]
        fn plain_lines_are_those_without_work(
            body in "[ -~\\t\\x00\\x19\\x7F]{0,12}|[ a-c&;—’“”…é\\u{2000}-\\u{2040}âÂ€]{0,12}",
        ) {
            let work = STEPS.iter().any(|(_, find)| !find(&body).is_empty());
            prop_assert!(!is_plain(&body) || !work);
        }
    }
}
