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
#[allow(clippy::needless_bitwise_bool)] // compilers take many bytes at once where nothing branches
fn is_plain(body: &str) -> bool {
    let bytes = body.as_bytes();
    let (mut wanted, mut all) = (0, 0);
    each_window(bytes, |window: &[u8; LANE + 1]| {
        for at in 0..LANE {
            let [byte, next] = [window[at], window[at + 1]];
            let is_space = (byte == b' ') & (next == b' ');
            wanted |= u8::from((byte == b'&') | byte.is_ascii_control() | is_space);
            all |= byte;
        }
    });
    let is_loose = body.starts_with(' ') || body.ends_with(' ');
    wanted == 0 && !is_loose && (all.is_ascii() || has_only_marks(bytes))
}

/// Whether all characters beyond ASCII are dashes, quotation marks, bullets or ellipses, of three
/// bytes each: U+2010 to U+2026, which are in the other text of most articles.
#[allow(clippy::needless_bitwise_bool)] // as above
fn has_only_marks(bytes: &[u8]) -> bool {
    let (mut marks, mut beyond) = (0, 0);
    each_window(bytes, |window: &[u8; LANE + 2]| {
        let (mut few_marks, mut few_beyond) = (0_u8, 0_u8);
        for at in 0..LANE {
            let [a, b, c] = [window[at], window[at + 1], window[at + 2]];
            let is_mark = (a == 0xE2) & (b == 0x80) & (c.wrapping_sub(0x90) <= 0x16);
            few_marks += u8::from(is_mark);
            few_beyond += a >> 7;
        }
        marks += usize::from(few_marks);
        beyond += usize::from(few_beyond);
    });
    beyond == 3 * marks
}

/// Bytes that are looked at together: so many that compilers take them all at once.
const LANE: usize = 32;

/// Shows the bytes, [`LANE`] by `LANE`, with those behind that make a window; behind the end stands a
/// letter.
fn each_window<const WINDOW: usize>(bytes: &[u8], mut see: impl FnMut(&[u8; WINDOW])) {
    for at in (0..bytes.len()).step_by(LANE) {
        let rest = &bytes[at..];
        if let Some(window) = rest.first_chunk() {
            see(window);
        } else {
            let mut window = [b'a'; WINDOW];
            window[..rest.len()].copy_from_slice(rest);
            see(&window);
        }
    }
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
