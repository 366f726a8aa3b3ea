//! What stands in quotation marks, and who is said to have said it.

use std::ops::Range;

use regex_syntax::is_word_character;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

use crate::boilerplate::line::is_quote;

/// The stretches of a text in quotation marks, in order, in bytes.
///
/// A quotation ends with its closing mark. One that goes on in the next paragraph has none, and there
/// the next paragraph begins with a mark; otherwise the opening mark was a stray one.
pub fn quoted(text: &str) -> Vec<Range<usize>> {
    let mut quotes = Vec::new();
    let mut start = 0;
    let mut stray: Option<Range<usize>> = None;
    for line in text.split('\n') {
        if !line.trim().is_empty() {
            let goes_on = line.trim_start().starts_with(is_quote);
            quotes.extend(stray.take().filter(|_| goes_on));
            let open = scan(line, |quote| quotes.push(start + quote.start..start + quote.end));
            stray = open.map(|from| start + from..start + line.len());
        }
        start += line.len() + 1;
    }
    quotes
}

/// Takes the closed quotations of a paragraph and returns where one is left open.
fn scan(line: &str, mut take: impl FnMut(Range<usize>)) -> Option<usize> {
    let mut open = None;
    for (at, mark) in marks(line) {
        let before = line[..at].chars().next_back();
        let may_open = before.is_none_or(|c| !c.is_alphanumeric() && !is_end(c));
        open = match (open, mark) {
            (None, '”' | '»' | '」' | '』' | '›') if !may_open => None,
            (Some(_), '„' | '«' | '「') if may_open => Some(at + mark.len_utf8()),
            (None, _) => Some(at + mark.len_utf8()),
            (Some(from), _) => {
                take(from..at);
                None
            }
        };
    }
    open
}

/// The quotation marks of a line. Of ASCII, which most of it is, only one is looked at closely.
fn marks(line: &str) -> impl Iterator<Item = (usize, char)> {
    let mut next = 0;
    let is_candidate = |byte: u8| byte == b'"' || !byte.is_ascii();
    let mut candidates = std::iter::from_fn(move || {
        let rest = &line.as_bytes()[next..];
        // Many bytes at a time, which compilers turn into vector instructions.
        let is_calm =
            |bytes: &&[u8; 32]| !bytes.iter().fold(false, |any, &b| any | is_candidate(b));
        let calm = 32 * rest.as_chunks().0.iter().take_while(is_calm).count();
        next += calm + rest[calm..].iter().position(|&byte| is_candidate(byte))?;
        let (at, c) = (next, line[next..].chars().next()?);
        next += c.len_utf8();
        Some((at, c))
    });
    std::iter::from_fn(move || candidates.find(|&(_, c)| is_quote(c)))
}

fn is_end(c: char) -> bool {
    matches!(c, '.' | ',' | '!' | '?' | '…')
}

/// Share of a stretch of the text that stands in quotation marks.
pub fn share(quotes: &[Range<usize>], of: &Range<usize>) -> f64 {
    let first = quotes.partition_point(|quote| quote.end <= of.start);
    let inside = quotes[first..].iter().take_while(|quote| quote.start < of.end);
    let covered: usize = inside.map(|q| q.end.min(of.end) - q.start.max(of.start)).sum();
    covered as f64 / of.len().max(1) as f64
}

/// Bytes on either side of a quotation in which its speaker is looked for.
const BESIDE: usize = 140;

/// Before the name as well as behind it; whom somebody told is not the speaker.
const VERBS: [&str; 29] = [
    "said",
    "says",
    "wrote",
    "writes",
    "tweeted",
    "added",
    "adds",
    "replied",
    "explained",
    "continued",
    "argued",
    "declared",
    "stated",
    "announced",
    "sagte",
    "sagt",
    "schrieb",
    "erklärte",
    "betonte",
    "a déclaré",
    "a dit",
    "a affirmé",
    "dijo",
    "declaró",
    "afirmó",
    "ha detto",
    "ha dichiarato",
    "disse",
    "afirmou",
];

const BEHIND_NAMES: [&str; 3] = ["told", "tells", "asked"];

const BEFORE_NAMES: [&str; 1] = ["according to"];

/// What may stand before a name's second word and those that follow.
const PARTICLES: [&str; 4] = ["de ", "von ", "van ", "al-"];

/// Words of a name.
const MOST_WORDS: usize = 4;

/// The names in `Ada Holm said`, `Ada Holm told` and `said Ada Holm`, in order, by bytes.
///
/// As a regular expression, which the tests have: `\b(NAME),? (VERB|told|tells|asked)\b` or else
/// `\b(VERB|according to) (NAME)`, where a name is of words that begin with a capital letter.
#[derive(Debug)]
struct Attributions<'t> {
    text: &'t str,
    /// All before has been looked at.
    at: usize,
}

impl Iterator for Attributions<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let mut is_inside = self.text[..self.at].chars().next_back().is_some_and(is_word_character);
        for (at, c) in self.text[self.at..].char_indices() {
            let is_first = !std::mem::replace(&mut is_inside, is_word_character(c)) && is_inside;
            let place = self.at + at;
            let found = match c {
                _ if !is_first => None,
                'a'..='z' => name_behind(self.text, place).map(|name| (name.end, name)),
                _ => name_before(self.text, place),
            };
            if let Some((end, name)) = found {
                self.at = end;
                return Some(name);
            }
        }
        self.at = self.text.len();
        None
    }
}

/// A name that begins here and has a verb behind it, and where the verb ends.
fn name_before(text: &str, start: usize) -> Option<(usize, Range<usize>)> {
    let whole = |at| {
        let word = capitalised(text, at)?;
        (text[word.start..word.run].chars().next_back().is_some_and(is_letter)).then_some(word.run)
    };
    let ends = word_ends(text, start, whole);
    ends.into_iter().flatten().rev().find_map(|end| {
        let behind = text[end..].strip_prefix(',').unwrap_or(&text[end..]).strip_prefix(' ')?;
        let verbs = VERBS.iter().chain(&BEHIND_NAMES);
        let after = verbs.filter_map(|verb| behind.strip_prefix(verb));
        let mut after = after.filter(|rest| !rest.starts_with(is_word_character));
        Some((text.len() - after.next()?.len(), start..end))
    })
}

/// A name behind a verb that begins here.
fn name_behind(text: &str, start: usize) -> Option<Range<usize>> {
    let first = text.as_bytes()[start];
    let mut verbs = VERBS.iter().chain(&BEFORE_NAMES).filter(|verb| verb.as_bytes()[0] == first);
    verbs.find_map(|verb| {
        let name = text[start..].strip_prefix(verb)?.strip_prefix(' ')?;
        let name = text.len() - name.len();
        let ends = word_ends(text, name, |at| Some(capitalised(text, at)?.end));
        Some(name..ends.into_iter().flatten().next_back()?)
    })
}

/// Where the words of a name end that begins here, as `word` tells it of each.
fn word_ends(
    text: &str,
    start: usize,
    word: impl Fn(usize) -> Option<usize>,
) -> [Option<usize>; MOST_WORDS] {
    let mut ends = [None; MOST_WORDS];
    let mut at = start;
    for end in &mut ends {
        let Some(here) = word(at) else { break };
        *end = Some(here);
        let Some(behind) = text[here..].strip_prefix(' ') else { break };
        let particle = PARTICLES.iter().find_map(|particle| behind.strip_prefix(particle));
        at = text.len() - particle.unwrap_or(behind).len();
    }
    ends
}

/// A word of a name.
struct Capitalised {
    start: usize,
    /// Behind its last letter.
    end: usize,
    /// Behind all that could be of it: letters, apostrophes, full stops and hyphens.
    run: usize,
}

/// A capital letter with at least one letter more, and what goes on.
fn capitalised(text: &str, start: usize) -> Option<Capitalised> {
    let mut chars = text[start..].char_indices();
    chars.next().filter(|&(_, c)| is_capital(c))?;
    let (mut end, mut run) = (None, text.len());
    for (at, c) in chars {
        if is_letter(c) {
            end = Some(start + at + c.len_utf8());
        } else if !matches!(c, '\'' | '’' | '.' | '-') {
            run = start + at;
            break;
        }
    }
    Some(Capitalised { start, end: end?, run })
}

fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic()
        || !c.is_ascii() && c.general_category_group() == GeneralCategoryGroup::Letter
}

fn is_capital(c: char) -> bool {
    c.is_ascii_uppercase()
        || !c.is_ascii() && c.general_category() == GeneralCategory::UppercaseLetter
}

const NO_NAMES: [&str; 24] = [
    "He",
    "She",
    "They",
    "It",
    "I",
    "We",
    "You",
    "Who",
    "But",
    "And",
    "The",
    "That",
    "This",
    "Er",
    "Sie",
    "Il",
    "Elle",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// Who is named as the speaker beside a quotation or between its parts.
pub fn speaker(text: &str, quotes: &[Range<usize>], quotation: &Range<usize>) -> Option<String> {
    let start = floor(text, quotation.start.saturating_sub(BESIDE));
    let end = floor(text, (quotation.end + BESIDE).min(text.len()));
    let line_start = text[start..quotation.start].rfind('\n').map_or(start, |at| start + at + 1);
    let line_end = text[quotation.end..end].find('\n').map_or(end, |at| quotation.end + at);
    let is_inside = |at: usize| quotes.iter().any(|q| q.start <= at && at < q.end);
    // What follows a quotation is its attribution rather than what leads to it.
    let places = [quotation.end..line_end, quotation.clone(), line_start..quotation.start];
    places.into_iter().find_map(|place| {
        let here = &text[place.clone()];
        Attributions { text: here, at: 0 }
            .filter(|name| !is_inside(place.start + name.start))
            .map(|name| &here[name])
            .find(|name| !NO_NAMES.contains(&name.split(' ').next().unwrap_or_default()))
            .map(str::to_owned)
    })
}

/// The nearest border of a character at or before a byte.
fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use regex::Regex;

    /// The definition of [`Attributions`].
    fn plain() -> Regex {
        let verbs = VERBS.join("|");
        let name =
            r"\p{Lu}[\p{L}'’.-]*\p{L}(?: (?:de |von |van |al-)?\p{Lu}[\p{L}'’.-]*\p{L}){0,3}";
        let behind = format!(r"\b({name}),? (?:{verbs}|told|tells|asked)\b");
        Regex::new(&format!(r"{behind}|\b(?:{verbs}|according to) ({name})")).unwrap()
    }

    fn attributing() -> impl Strategy<Value = String> {
        let pieces = vec![
            "Ada",
            "Holm",
            "É",
            "Éa",
            "A",
            "a",
            "ß",
            "d'Or",
            "O’Neil",
            "J.",
            "J.R",
            "said",
            "says",
            "sagt",
            "sagte",
            "a dit",
            "ha detto",
            "erklärte",
            "told",
            "asked",
            "according to",
            "de ",
            "von ",
            "al-",
            "al",
            " ",
            " ",
            " ",
            ",",
            ", ",
            ".",
            "-",
            "'",
            "’",
            "_",
            "1",
            "\u{301}",
            "“",
            "東",
        ];
        prop::collection::vec(prop::sample::select(pieces), 0..16).prop_map(|p| p.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]
        #[test]
        fn attributions_are_what_the_expression_finds(text in attributing()) {
            let names = plain();
            let names = names.captures_iter(&text).filter_map(|n| n.get(1).or_else(|| n.get(2)));
            let names: Vec<_> = names.map(|name| name.range()).collect();
            prop_assert_eq!(Attributions { text: &text, at: 0 }.collect::<Vec<_>>(), names);
        }

        #[test]
        fn marks_are_all_marks(line in "([a\"'“”„é日»]{0,30}[ -~]{0,70}){0,3}") {
            let plain: Vec<_> = line.char_indices().filter(|&(_, c)| is_quote(c)).collect();
            prop_assert_eq!(marks(&line).collect::<Vec<_>>(), plain);
        }
    }

    #[test]
    fn letters_are_those_of_the_expression() {
        let class = |name: &str| Regex::new(&format!("^{name}$")).unwrap();
        let (letter, capital, unknown) = (class(r"\p{L}"), class(r"\p{Lu}"), class(r"\p{Cn}"));
        for c in '\0'..=char::MAX {
            let text = c.encode_utf8(&mut [0; 4]).to_owned();
            if unknown.is_match(&text) {
                continue; // only one of the two libraries knows the newest letters
            }
            assert_eq!(is_letter(c), letter.is_match(&text), "{c:?}");
            assert_eq!(is_capital(c), capital.is_match(&text), "{c:?}");
            assert!(!is_quote(c) || c == '"' || !c.is_ascii());
        }
    }

    fn found(text: &str) -> Vec<&str> {
        quoted(text).into_iter().map(|quote| &text[quote]).collect()
    }

    #[test]
    fn quotations_are_found_in_many_styles() {
        assert_eq!(found("“One,” she said. \"Two.\""), ["One,", "Two."]);
        assert_eq!(found("Er sagte: „Eins.“ Und »zwei« oder «trois»."), ["Eins.", "zwei", "trois"]);
        assert_eq!(found("「はい」と言った。"), ["はい"]);
    }

    #[test]
    fn a_quotation_goes_on_in_the_next_paragraph() {
        let text = "“The bridge stays.\n\n“It will be painted,” said Ada Holm.";
        assert_eq!(found(text), ["The bridge stays.", "It will be painted,"]);
        assert!(found("A stray “ mark.\n\nNothing follows it.").is_empty());
    }

    #[test]
    fn the_speaker_is_found_beside() {
        let speaker_of = |text: &str, words: &str| {
            let at = text.find(words).unwrap();
            speaker(text, &quoted(text), &(at..at + words.len()))
        };
        let text = "“The bridge stays where it is,” Ada Holm said on Monday.";
        assert_eq!(speaker_of(text, "The bridge stays where"), Some("Ada Holm".into()));
        let text = "“The bridge stays where it is,” said Mayor Ada Holm.";
        assert_eq!(speaker_of(text, "The bridge stays"), Some("Mayor Ada Holm".into()));
        let text = "Ada Holm wrote: “The bridge stays where it is.”";
        assert_eq!(speaker_of(text, "The bridge stays"), Some("Ada Holm".into()));
        assert_eq!(speaker_of("“The bridge stays,” he said.", "The bridge"), None);
    }
}
