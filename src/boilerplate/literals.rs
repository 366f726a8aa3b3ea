//! What a match of an expression cannot do without: strings of which at least one stands in every
//! line that it matches.
//!
//! The method is that of code search (Cox, *Regular Expression Matching with a Trigram Index*, 2012):
//! each part of an expression gives all strings it can match, as long as these are few, or else
//! strings of which it needs one; parts that follow one another give the product or the better of
//! the two, alternatives the union.

use super::sets::Set;
use super::syntax::Part;

/// More strings than these are not worth looking for.
const MOST: usize = 48;
/// More characters than these are letters of some kind.
const MOST_CHARS: usize = 12;
/// More bytes than these begin characters of many scripts.
const FEW_LEADS: usize = 3;
/// Strings of less weight stand in too many lines to tell.
const LEAST: usize = 3;
/// More weight tells no more, where strings are chosen, and where they are cut off.
const ENOUGH: usize = 8;
const LONG: usize = 12;

/// Strings, one of which stands in every line that an expression of these parts matches, once the
/// line's ASCII letters are small; none where no such strings tell much. Instead of many characters
/// beyond ASCII it is the bytes they begin with.
///
/// A line that has one of [`TWINS`] may match without.
pub(super) fn needed(parts: &[&Part], sets: &[Set]) -> Option<Vec<Vec<u8>>> {
    let strings = strings(parts, sets);
    let strings = strings.map(|all| all.into_iter().map(String::into_bytes).collect());
    strings.or_else(|| Some(leads(parts, sets)?.into_iter().map(|lead| vec![lead]).collect()))
}

fn strings(parts: &[&Part], sets: &[Set]) -> Option<Vec<String>> {
    let mut needed = shortest(Strings::row(parts.iter().copied(), sets).needed()?);
    needed.iter_mut().for_each(shorten);
    needed = shortest(needed);
    (needed.len() <= MOST).then_some(needed)
}

/// Of these strings those that hold no other: what does is found by that one.
fn shortest(mut all: Vec<String>) -> Vec<String> {
    all.sort_unstable_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
    let mut shortest: Vec<String> = Vec::new();
    for string in all {
        if !shortest.iter().any(|shorter| string.contains(shorter.as_str())) {
            shortest.push(string);
        }
    }
    shortest
}

/// Cuts off what tells no more: whoever needs a string needs its beginning.
fn shorten(string: &mut String) {
    let long = string.char_indices().map(|(at, _)| at).find(|&at| weight(&string[..at]) >= LONG);
    string.truncate(long.unwrap_or(string.len()));
}

/// The bytes that all characters begin with which the parts can match first, where these are beyond
/// ASCII and few.
fn leads(parts: &[&Part], sets: &[Set]) -> Option<Vec<u8>> {
    let first = match parts.first()? {
        Part::Repeated(repeated) if repeated.min > 0 => return leads(&[&repeated.part], sets),
        Part::Cut(part) => return leads(&[part], sets),
        Part::Row(row) => return leads(&row.iter().collect::<Vec<_>>(), sets),
        Part::One(set) => &sets[*set as usize],
        _ => return None,
    };
    let lead = |c: char| c.encode_utf8(&mut [0; 4]).as_bytes()[0];
    let ranges = first.ranges().map(|(first, last)| (lead(first), lead(last)));
    let mut leads: Vec<u8> = ranges.flat_map(|(first, last)| first..=last).collect();
    leads.dedup();
    (leads.len() <= FEW_LEADS && !leads.iter().any(u8::is_ascii)).then_some(leads)
}

/// Characters beyond ASCII that are the same as ASCII letters where case does not count: `ſ` as `s`,
/// the Kelvin sign as `k`.
pub(super) const TWINS: [char; 2] = ['\u{17F}', '\u{212A}'];

/// What a part of an expression says.
#[derive(Debug, Clone)]
enum Strings {
    /// All that it can match.
    All(Vec<String>),
    /// Strings of which every match holds one.
    One(Vec<String>),
    Nothing,
}

impl Strings {
    fn of(part: &Part, sets: &[Set]) -> Self {
        match part {
            Part::Empty | Part::Look(_) => Self::All(vec![String::new()]),
            Part::One(set) => Self::set(&sets[*set as usize]),
            Part::Repeated(repeated) => {
                let strings = Self::of(&repeated.part, sets);
                match (repeated.min, repeated.max) {
                    (1, Some(1)) => strings,
                    (0, Some(1)) => strings.or(Self::All(vec![String::new()])),
                    (0, _) => Self::Nothing,
                    _ => strings.needed().map_or(Self::Nothing, Self::One),
                }
            }
            Part::Cut(part) => Self::of(part, sets),
            Part::Row(row) => Self::row(row.iter(), sets),
            Part::Either(all) => {
                let all = all.iter().map(|one| Self::of(one, sets));
                all.reduce(Self::or).unwrap_or(Self::Nothing)
            }
        }
    }

    /// Parts that follow one another.
    fn row<'p>(parts: impl Iterator<Item = &'p Part>, sets: &[Set]) -> Self {
        let (mut done, mut now) = (None, Self::All(vec![String::new()]));
        let mut is_whole = true;
        for part in parts.map(|part| Self::of(part, sets)) {
            now = now.and(&part).unwrap_or_else(|now| {
                done = better(better(done.take(), now.needed()), part.needed());
                is_whole = false;
                part
            });
        }
        if is_whole { now } else { better(done, now.needed()).map_or(Self::Nothing, Self::One) }
    }

    fn set(set: &Set) -> Self {
        let chars = set.ranges().flat_map(|(first, last)| first..=last);
        let mut strings: Vec<String> = chars
            .filter(|c| !TWINS.contains(c))
            .take(2 * MOST_CHARS + 1)
            .map(|c| c.to_ascii_lowercase().to_string())
            .collect();
        strings.sort_unstable();
        strings.dedup();
        if strings.len() > MOST_CHARS { Self::Nothing } else { Self::All(strings) }
    }

    /// The one and behind it the other, where these are few enough strings; else the one.
    fn and(self, other: &Self) -> Result<Self, Self> {
        let (mut one, other) = match (self, other) {
            (Self::All(one), Self::All(other)) => (one, other),
            (one, _) => return Err(one),
        };
        if one.len() * other.len() > MOST {
            return Err(Self::All(one));
        }
        if let [other] = other.as_slice() {
            for one in &mut one {
                one.push_str(other);
            }
            return Ok(Self::All(one));
        }
        let joined =
            one.iter().flat_map(|one| other.iter().map(move |other| format!("{one}{other}")));
        Ok(Self::All(joined.collect()))
    }

    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::All(mut one), Self::All(other)) if one.len() + other.len() <= MOST => {
                one.extend(other);
                Self::All(one)
            }
            (one, other) => match (one.needed(), other.needed()) {
                (Some(mut one), Some(other)) => {
                    one.extend(other);
                    Self::One(one)
                }
                _ => Self::Nothing,
            },
        }
    }

    /// Strings of which every match holds one, if each of them tells something.
    fn needed(&self) -> Option<Vec<String>> {
        let (Self::All(strings) | Self::One(strings)) = self else { return None };
        let telling = strings.iter().all(|string| weight(string) >= LEAST);
        telling.then(|| strings.clone())
    }
}

/// Of two choices of strings the one that fewer lines are likely to hold.
fn better(one: Option<Vec<String>>, other: Option<Vec<String>>) -> Option<Vec<String>> {
    let worth = |strings: &Option<Vec<String>>| {
        let strings = strings.as_ref()?;
        let least = strings.iter().map(|string| weight(string)).min()?;
        Some((least.min(ENOUGH), std::cmp::Reverse(strings.len())))
    };
    if worth(&one) >= worth(&other) { one } else { other }
}

/// How much a string tells: signs that articles hardly have tell as much as three letters.
fn weight(string: &str) -> usize {
    let of = |c: char| match c {
        '[' | ']' => 2,
        '|' | '{' | '}' | '<' | '>' | '@' | '#' | '*' | '=' | '_' | '~' | '\\' => 3,
        '‘' | '’' | '“' | '”' | '–' | '—' | '…' => 1,
        c if c.is_ascii() || c.is_alphanumeric() => 1,
        _ => 3,
    };
    string.chars().map(of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boilerplate::syntax::Syntax;

    fn of(regex: &str) -> Option<Vec<String>> {
        let mut syntax = Syntax::default();
        strings(&[&syntax.read(regex).unwrap()], &syntax.sets())
    }

    #[test]
    fn what_characters_begin_with() {
        let of = |regex: &str| {
            let mut syntax = Syntax::default();
            leads(&[&syntax.read(regex).unwrap()], &syntax.sets())
        };
        assert_eq!(of("[\u{E000}-\u{F8FF}]+"), Some(vec![0xEE, 0xEF]));
        assert_eq!(of("[a\u{E000}]"), None);
        assert_eq!(of("[^a]"), None);
        assert_eq!(of("(?:\u{E000}|x)*"), None);
    }

    #[test]
    fn what_no_match_can_do_without() {
        let want = |strings: &[&str]| Some(strings.iter().map(|s| (*s).to_owned()).collect());
        for (regex, strings) in [
            ("Sketch|By Sketch", want(&["sketch"])),
            (
                r"\s?(?:https?://)?pic\.(?:twitter|x)\.com/\w{6,14}",
                want(&["pic.x.com/", "pic.twitter."]),
            ),
            (r"^[A-Z].{20,}(?:photo|image)s?\s?:\s?[A-Z].*$", want(&["image", "photo"])),
            (r"(?:created with )+(?:[a-z]+|sketch)", want(&["created with"])),
            (r"[(\[](?-i:PDF|pdf)[\])]", want(&["(pdf)", "(pdf]", "[pdf)", "[pdf]"])),
            (r"(?:\{\{[^{}]+|<%.*)\s", want(&["<%", "{{"])),
            (r"(?:.+photos?\s*|\w+image:)\d", want(&["photo", "image:"])),
            (".{20,}[|»].*", want(&["|", "»"])),
            (r"\w{2,60}\s?©\s?\d*", want(&["©"])),
            (r"\s?[\[(]pdf(?:,? ?\d+ ?[km]b)?[\])]", want(&["(pdf", "[pdf"])),
            (r"x(?:\d+abc)?", None),
            ("(?:abc|de)+", None),
            ("(?:photo)?", None),
            ("[^a]*", None),
            ("(?-i:реклама)", want(&["реклама"])),
        ] {
            assert_eq!(of(regex), strings, "{regex}");
        }
    }
}
