//! HTML entities that end in a semicolon become their characters, one level of them.
//!
//! Without its semicolon `&copy` is as often a part of an address or of `R&amp;D` written carelessly;
//! in the query of an address even `&amp;` and `&para;` may be parameters.

use memchr::memchr_iter;

use super::Replacement;

/// The longest name is `CounterClockwiseContourIntegral`.
const LONGEST: usize = 31;

pub(super) fn find(text: &str) -> Vec<Replacement> {
    let mut found: Vec<Replacement> = Vec::new();
    let mut word = Word::default();
    for start in memchr_iter(b'&', text.as_bytes()) {
        word.read(text, start);
        if found.last().is_some_and(|(range, _)| start < range.end) || word.is_in_query() {
            continue;
        }
        if let Some((length, with)) = decoded(&text[start..]) {
            found.push((start..start + length, with));
        }
    }
    found
}

/// What the text begins with: the length of an entity and its character.
fn decoded(text: &str) -> Option<(usize, String)> {
    let entity = entity(text)?;
    match number(entity) {
        None => named(entity).map(|with| (entity.len(), with)),
        Some(0xD800..=0xDBFF) => surrogates(text, entity),
        Some(_) => numbered(entity).map(|with| (entity.len(), with)),
    }
}

/// `&…;` where that is what the text begins with.
fn entity(text: &str) -> Option<&str> {
    let is_part = |b: u8| b.is_ascii_alphanumeric() || b == b'#';
    let length = text.bytes().skip(1).take(LONGEST + 1).take_while(|&b| is_part(b)).count();
    let end = length + 1;
    (length > 0 && text.as_bytes().get(end) == Some(&b';')).then(|| &text[..=end])
}

fn number(entity: &str) -> Option<u32> {
    let digits = entity.strip_prefix("&#")?.strip_suffix(';')?;
    match digits.strip_prefix(['x', 'X']) {
        Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok(),
        None => digits.parse().ok(),
    }
}

fn named(entity: &str) -> Option<String> {
    let with = htmlize::unescape_attribute(entity);
    (with != entity).then(|| with.into_owned())
}

/// As [`named`], unless the number is no character's: then the digits tell more than U+FFFD would.
fn numbered(entity: &str) -> Option<String> {
    named(entity).filter(|with| with != "\u{FFFD}" || number(entity) == Some(0xFFFD))
}

/// A character beyond the basic plane, written as the two halves that UTF-16 has for it.
fn surrogates(text: &str, high: &str) -> Option<(usize, String)> {
    let low = entity(&text[high.len()..]).filter(|low| low.starts_with('&'))?;
    let halves = [number(high)? as u16, u16::try_from(number(low)?).ok()?];
    let with = String::from_utf16(&halves).ok()?;
    Some((high.len() + low.len(), with))
}

/// What was read of a word: where an address begins in it and where its last question mark stands. It
/// is read once from `&` to `&`, since a word may be a megabyte of them.
#[derive(Debug, Default)]
struct Word {
    read: usize,
    scheme: Option<usize>,
    www: Option<usize>,
    question: Option<usize>,
}

impl Word {
    /// Reads on, to an `&`.
    fn read(&mut self, text: &str, to: usize) {
        let mut rest = &text[self.read..to];
        if let Some((at, space)) = rest.char_indices().rfind(|(_, c)| c.is_whitespace()) {
            *self = Self::default();
            rest = &rest[at + space.len_utf8()..];
        }
        let at = |place: usize| to - rest.len() + place;
        self.scheme = self.scheme.or_else(|| rest.find("://").map(at));
        self.www = self.www.or_else(|| rest.find("www.").map(at));
        self.question = rest.rfind('?').map(at).or(self.question);
        self.read = to;
    }

    /// Whether what follows is in the query of an address.
    fn is_in_query(&self) -> bool {
        let address = self.scheme.or(self.www);
        address.is_some_and(|address| self.question.is_some_and(|question| question > address))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::normalize::{Edits, Step};

    proptest! {
        /// Read from sign to sign, against all of the word before each.
        #[test]
        fn a_query_is_seen_wherever_its_address_begins(text in "(&|://|www\\.|[?a. ]|é|\u{3000}){0,24}") {
            let mut word = Word::default();
            for start in memchr_iter(b'&', text.as_bytes()) {
                word.read(&text, start);
                let whole = text[..start].rsplit(char::is_whitespace).next().unwrap_or_default();
                let address = whole.find("://").or_else(|| whole.find("www."));
                let wanted = address.is_some_and(|address| whole[address..].contains('?'));
                prop_assert_eq!(word.is_in_query(), wanted, "{}", start);
            }
        }
    }

    #[test]
    fn entities_with_a_semicolon_are_decoded_once() {
        for (text, want, why) in [
            ("AT&amp;T &lt;3 caf&eacute;", "AT&T <3 café", "names"),
            ("it&#8217;s &#x2014; &#X2026;", "it’s — …", "numbers"),
            ("&#146;&#128;", "’€", "numbers of windows-1252, as HTML reads them"),
            ("&amp;lt;b&amp;gt;", "&lt;b&gt;", "one level"),
            ("&copy 2020, AT&T, R&D; S&P", "&copy 2020, AT&T, R&D; S&P", "no semicolon, no name"),
            ("&notit; &; &#; &#x; &#xZ;", "&notit; &; &#; &#x; &#xZ;", "not one"),
            ("&#0; &#xD800; &#99999999;", "&#0; &#xD800; &#99999999;", "numbers of no character"),
            ("&#65533;", "\u{FFFD}", "the replacement character itself"),
            ("&#55357;&#56832; &#xd83d;&#xde00;", "😀 😀", "halves of UTF-16"),
            ("&CounterClockwiseContourIntegral;", "∳", "the longest name"),
            (
                "http://osterby.example/?a=1&amp;para;=2 &amp;",
                "http://osterby.example/?a=1&amp;para;=2 &",
                "queries",
            ),
            ("http://osterby.example/A&amp;B", "http://osterby.example/A&B", "a path is no query"),
            ("really?&nbsp;Yes", "really?\u{A0}Yes", "a question is no query"),
        ] {
            assert_eq!(Edits::of(Step::Entities, find(text)).apply(text), want, "{why}");
        }
    }
}
