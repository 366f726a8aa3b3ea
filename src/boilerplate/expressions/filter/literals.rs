//! What a match of an expression cannot do without: strings of which at least one stands in every
//! line that it matches.
//!
//! The method is that of code search (Cox, *Regular Expression Matching with a Trigram Index*, 2012):
//! each part of an expression gives all strings it can match, as long as these are few, or else
//! lists of strings of each of which it needs one; parts that follow one another give the product or
//! the best of their lists, alternatives the unions.

use memchr::memmem;

use super::super::sets::Set;
use super::super::syntax::Part;

/// More strings than these are not worth looking for.
const MOST: usize = 48;
/// More lists than these say hardly more.
const MOST_LISTS: usize = 2;
/// More characters than these are letters of some kind.
const MOST_CHARS: usize = 12;
/// More bytes than these begin characters of many scripts.
const FEW_LEADS: usize = 3;
/// Strings of less weight stand in too many lines to tell; beside a list of others, of less than that.
const LEAST: usize = 3;
const LEAST_BESIDE: usize = 2;
/// More weight tells no more, where strings are chosen, and where they are cut off.
const ENOUGH: usize = 8;
const LONG: usize = 12;

/// One or two lists of strings, of each of which one stands in every line that an expression of these
/// parts matches, once the line's ASCII letters are small; no list where no strings tell much.
/// Instead of many characters beyond ASCII it is the bytes they begin with.
///
/// A line that has one of [`TWINS`] may match without.
pub(super) fn needed(parts: &[&Part], sets: &[Set]) -> Vec<Vec<Vec<u8>>> {
    let lists = lists(parts, sets).into_iter();
    let lists: Vec<Vec<Vec<u8>>> =
        lists.map(|list| list.into_iter().map(String::into_bytes).collect()).collect();
    if !lists.is_empty() {
        return lists;
    }
    let leads = leads(parts, sets).into_iter();
    leads.map(|leads| leads.into_iter().map(|lead| vec![lead]).collect()).collect()
}

fn lists(parts: &[&Part], sets: &[Set]) -> Vec<Vec<String>> {
    let mut lists = Strings::row(parts.iter().copied(), sets).needed();
    for list in &mut lists {
        *list = shortest(std::mem::take(list));
        list.iter_mut().for_each(shorten);
        *list = shortest(std::mem::take(list));
    }
    lists.retain(|list| list.len() <= MOST);
    if lists.iter().any(|list| least(list) >= LEAST) { lists } else { Vec::new() }
}

/// Of these strings those that hold no other: what does is found by that one.
fn shortest(mut all: Vec<String>) -> Vec<String> {
    all.sort_unstable_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
    let mut shortest: Vec<String> = Vec::new();
    for string in all {
        let holds = |other: &String| memmem::find(string.as_bytes(), other.as_bytes()).is_some();
        if !shortest.iter().any(holds) {
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
    /// Lists of strings, of each of which every match holds one; the more telling first.
    Lists(Vec<Vec<String>>),
}

impl Strings {
    const NOTHING: Self = Self::Lists(Vec::new());

    fn of(part: &Part, sets: &[Set]) -> Self {
        match part {
            Part::Empty | Part::Look(_) => Self::All(vec![String::new()]),
            Part::One(set) => Self::set(&sets[*set as usize]),
            Part::Repeated(repeated) => {
                let strings = Self::of(&repeated.part, sets);
                match (repeated.min, repeated.max) {
                    (1, Some(1)) => strings,
                    (0, Some(1)) => strings.or(Self::All(vec![String::new()])),
                    (0, _) => Self::NOTHING,
                    _ => Self::Lists(strings.needed()),
                }
            }
            Part::Cut(part) => Self::of(part, sets),
            Part::Row(row) => Self::row(row.iter(), sets),
            Part::Either(all) => {
                let all = all.iter().map(|one| Self::of(one, sets));
                all.reduce(Self::or).unwrap_or(Self::NOTHING)
            }
        }
    }

    /// Parts that follow one another.
    fn row<'p>(parts: impl Iterator<Item = &'p Part>, sets: &[Set]) -> Self {
        let (mut lists, mut now) = (Vec::new(), Self::All(vec![String::new()]));
        let mut is_whole = true;
        for part in parts.map(|part| Self::of(part, sets)) {
            now = now.and(&part).unwrap_or_else(|now| {
                lists.extend(now.needed());
                is_whole = false;
                part
            });
        }
        if is_whole {
            return now;
        }
        lists.extend(now.needed());
        lists.sort_by_key(|list| std::cmp::Reverse(worth(list)));
        lists.truncate(MOST_LISTS);
        Self::Lists(lists)
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
        if strings.len() > MOST_CHARS { Self::NOTHING } else { Self::All(strings) }
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
            (one, other) => {
                let (one, other) = (one.needed(), other.needed());
                // What needs one list needs it twice.
                let list =
                    |lists: &[Vec<String>], n: usize| lists.get(n.min(lists.len() - 1)).cloned();
                let both = |n| Some([list(&one, n)?, list(&other, n)?].concat());
                let most = one.len().max(other.len());
                let count = if one.is_empty() || other.is_empty() { 0 } else { most };
                Self::Lists((0..count).filter_map(both).collect())
            }
        }
    }

    /// The lists of strings that every match needs one of, as far as all of a list tell something.
    fn needed(&self) -> Vec<Vec<String>> {
        match self {
            Self::All(strings) if least(strings) >= LEAST_BESIDE => vec![strings.clone()],
            Self::All(_) => Vec::new(),
            Self::Lists(lists) => lists.clone(),
        }
    }
}

/// What the string of a list tells that tells least.
fn least(list: &[String]) -> usize {
    list.iter().map(|string| weight(string)).min().unwrap_or(0)
}

/// The more, the fewer lines are likely to hold a string of the list.
fn worth(list: &[String]) -> impl Ord + use<> {
    (least(list).min(ENOUGH), std::cmp::Reverse(list.len()))
}

/// How much a string tells: rare letters tell as much as two, and signs that articles hardly have as
/// three.
fn weight(string: &str) -> usize {
    let of = |c: char| match c {
        '[' | ']' | ':' | 'j' | 'q' | 'x' | 'z' => 2,
        ';' | '|' | '{' | '}' | '<' | '>' | '@' | '#' | '*' | '=' | '_' | '~' | '\\' => 3,
        '‘' | '’' | '“' | '”' | '–' | '—' | '…' => 1,
        c if c.is_ascii() || c.is_alphanumeric() => 1,
        _ => 3,
    };
    string.chars().map(of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boilerplate::expressions::syntax::Syntax;

    fn of(regex: &str) -> Vec<Vec<String>> {
        let mut syntax = Syntax::default();
        lists(&[&syntax.read(regex).unwrap()], &syntax.sets())
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
        for (regex, lists) in [
            ("Sketch|By Sketch", &[&["sketch"] as &[&str]] as &[&[&str]]),
            (
                r"\s?(?:https?://)?pic\.(?:twitter|x)\.com/\w{6,14}",
                &[&["pic.x.com/", "pic.twitter."]],
            ),
            (r"^[A-Z].{20,}(?:photo|image)s?\s?:\s?[A-Z].*$", &[&["image", "photo"], &[":"]]),
            (r"(?:created with )+(?:[a-z]+|sketch)", &[&["created with"]]),
            (r"[(\[](?-i:PDF|pdf)[\])]", &[&["(pdf)", "(pdf]", "[pdf)", "[pdf]"]]),
            (r"(?:\{\{[^{}]+|<%.*)\s", &[&["<%", "{{"]]),
            (r"(?:.+photos?\s*|\w+image:)\d", &[&["photo", "image:"]]),
            (".{20,}[|»].*", &[&["|", "»"]]),
            (r"\w{2,60}\s?©\s?\d*", &[&["©"]]),
            (r"\s?[\[(]pdf(?:,? ?\d+ ?[km]b)?[\])]", &[&["(pdf", "[pdf"]]),
            (r"\[/?(?:caption|vc_\w+)\s", &[&["vc_", "caption"], &["["]]),
            (
                r"(?:you|please) .* (?:java ?script|js)\b",
                &[&["you ", "please "], &[" js", " java scrip", " javascript"]],
            ),
            (r"(?:margin|top)\s*:[^;]+;|xxx", &[&[";", "xxx"], &["top", "xxx", "margin"]]),
            (r"(?:a\d*:|\d*:)", &[]),
            (r"x(?:\d+abc)?", &[]),
            ("(?:abc|de)+", &[]),
            ("(?:photo)?", &[]),
            ("[^a]*", &[]),
            ("(?-i:реклама)", &[&["реклама"]]),
        ] {
            assert_eq!(of(regex), lists, "{regex}");
        }
    }
}
