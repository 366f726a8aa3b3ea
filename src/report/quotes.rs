//! What stands in quotation marks, and who is said to have said it.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

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
    for (at, mark) in line.char_indices().filter(|&(_, c)| is_quote(c)) {
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
const VERBS: &str = "said|says|wrote|writes|tweeted|added|adds|replied|explained|continued|argued|\
    declared|stated|announced|sagte|sagt|schrieb|erklärte|betonte|a déclaré|a dit|a affirmé|dijo|\
    declaró|afirmó|ha detto|ha dichiarato|disse|afirmou";

/// `Ada Holm said`, `Ada Holm told` and `said Ada Holm`.
static ATTRIBUTION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let name = r"\p{Lu}[\p{L}'’.-]*\p{L}(?: (?:de |von |van |al-)?\p{Lu}[\p{L}'’.-]*\p{L}){0,3}";
    let behind = format!(r"\b({name}),? (?:{VERBS}|told|tells|asked)\b");
    Regex::new(&format!(r"{behind}|\b(?:{VERBS}|according to) ({name})")).ok()
});

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
    let pattern = ATTRIBUTION.as_ref()?;
    let start = floor(text, quotation.start.saturating_sub(BESIDE));
    let end = floor(text, (quotation.end + BESIDE).min(text.len()));
    let line_start = text[start..quotation.start].rfind('\n').map_or(start, |at| start + at + 1);
    let line_end = text[quotation.end..end].find('\n').map_or(end, |at| quotation.end + at);
    let is_inside = |at: usize| quotes.iter().any(|q| q.start <= at && at < q.end);
    // What follows a quotation is its attribution rather than what leads to it.
    let places = [quotation.end..line_end, quotation.clone(), line_start..quotation.start];
    places.into_iter().find_map(|place| {
        let names = pattern.captures_iter(&text[place.clone()]);
        names
            .filter_map(|found| found.get(1).or_else(|| found.get(2)))
            .filter(|name| !is_inside(place.start + name.start()))
            .map(|name| name.as_str())
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
