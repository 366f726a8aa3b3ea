//! Phrases in folded lines: one look-up a word, whatever their number.
//!
//! A phrase is a row of whole words. It is looked for by one of them, the one that the fewest other
//! phrases have; where a line holds that word, the words around it are compared.

use std::collections::HashMap;

use crate::hash;

/// Phrases of rules, by the word they are looked for by, with the classes of words.
#[derive(Debug, Default)]
pub(super) struct Phrases {
    words: hash::Map<Entry>,
    /// Phrases by the word they are looked for by.
    anchored: Vec<Anchored>,
    all: Vec<Phrase>,
}

/// What is known of a word.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Entry {
    /// What the word is evidence of, as bits of [`super::lexicon::class`].
    pub(super) class: u16,
    /// How many phrases are looked for by it, and where they begin.
    many: u16,
    first: u32,
}

#[derive(Debug)]
struct Anchored {
    phrase: u32,
    /// How far behind the phrase's beginning the word begins.
    behind: u32,
    /// Bytes of the phrase.
    length: u32,
    /// Whether it means nothing but at the line's beginning.
    first: bool,
}

/// Shorter beginnings, with a space at either end, are words of every text.
const LONG_START: usize = 8;

#[derive(Debug)]
struct Phrase {
    /// Words with a space at either end.
    text: String,
    meaning: Meaning,
}

/// What the occurrence of a phrase means.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Meaning {
    /// A cue of this rule.
    Cue(u32),
    /// A line of this rule where it stands at the line's beginning, and elsewhere, if it is long
    /// enough, what a sentence of the line may begin with.
    Start(u32),
    /// A line of this rule, at the line's beginning, where these words follow behind one to six others each, and end the line where
    /// the rule tells of whole lines.
    Wild { rule: u32, rest: Vec<String>, whole: bool },
}

/// A phrase that stands in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    end: u32,
    start: u32,
    phrase: u32,
}

impl Phrase {
    /// Whether it is looked for at the line's beginning only.
    fn is_first(&self) -> bool {
        match self.meaning {
            Meaning::Cue(_) => false,
            Meaning::Start(_) => self.text.len() <= LONG_START,
            Meaning::Wild { .. } => true,
        }
    }
}

impl Phrases {
    /// Phrases with their meanings, and the classes of words.
    pub(super) fn new(phrases: Vec<(String, Meaning)>, classes: &hash::Map<u16>) -> Self {
        let phrases: Vec<_> =
            phrases.into_iter().map(|(text, meaning)| Phrase { text, meaning }).collect();
        let mut common: HashMap<&str, usize> = HashMap::new();
        for word in phrases.iter().flat_map(|phrase| phrase.text.split_ascii_whitespace()) {
            *common.entry(word).or_default() += 1;
        }
        let mut by_word: Vec<(u64, Anchored)> = Vec::with_capacity(phrases.len());
        for (number, phrase) in (0..).zip(&phrases) {
            // A word of a class is likely a common one of the language.
            let weight = |(_, word): &(u32, &str)| {
                let class = classes.contains_key(&hash::of(word.as_bytes()));
                (class, common[word], std::cmp::Reverse(word.len()))
            };
            let first = phrase.is_first();
            let mut places = places(&phrase.text);
            // At the line's beginning there is only the first word to compare.
            let anchor = if first { places.next() } else { places.min_by_key(weight) };
            if let Some((behind, word)) = anchor {
                let length = phrase.text.len() as u32;
                let anchored = Anchored { phrase: number, behind, length, first };
                by_word.push((hash::of(word.as_bytes()), anchored));
            }
        }
        by_word.sort_by_key(|(word, anchored)| (*word, anchored.phrase));
        let entry = |(&word, &class)| (word, Entry { class, ..Entry::default() });
        let words = classes.iter().map(entry).collect();
        let mut found_by = Self { words, anchored: Vec::new(), all: phrases };
        for (word, anchored) in by_word {
            let entry = found_by.words.entry(word).or_default();
            if entry.many == 0 {
                entry.first = found_by.anchored.len() as u32;
            }
            entry.many += 1;
            found_by.anchored.push(anchored);
        }
        found_by
    }

    /// What is known of a word; nothing of most.
    #[inline]
    pub(super) fn word(&self, folded: &str) -> Option<Entry> {
        self.words.get(&hash::of(folded.as_bytes())).copied()
    }

    /// Notes the phrases that the word beginning at `at` of a padded line may be of.
    #[inline]
    pub(super) fn note(&self, entry: Entry, at: usize, near: &mut Vec<Found>) {
        let first = entry.first as usize;
        for anchored in &self.anchored[first..first + usize::from(entry.many)] {
            let Some(start) = (at as u32).checked_sub(anchored.behind) else { continue };
            if start == 0 || !anchored.first {
                near.push(Found { end: start + anchored.length, start, phrase: anchored.phrase });
            }
        }
    }

    /// Of the phrases noted those that stand in the padded line, each once, in the order of their
    /// ends.
    pub(super) fn settle(&self, padded: &str, near: &mut Vec<Found>) {
        near.retain(|found| {
            let text = self.all[found.phrase as usize].text.as_bytes();
            padded.as_bytes()[found.start as usize..].starts_with(text)
        });
        near.sort_unstable();
        let mut seen: Vec<u32> = Vec::with_capacity(near.len());
        near.retain(|found| {
            let new = !seen.contains(&found.phrase);
            seen.push(found.phrase);
            new
        });
    }

    /// What a phrase means that stands in a line, unless what the rule wants behind it is not there.
    pub(super) fn meaning(&self, found: Found, padded: &str) -> Option<Told> {
        let end = found.end as usize;
        match &self.all[found.phrase as usize].meaning {
            Meaning::Cue(rule) => Some(Told::Cue(*rule)),
            Meaning::Start(rule) if found.start == 0 => Some(Told::Start(*rule, end)),
            Meaning::Start(_) => Some(Told::Inside),
            Meaning::Wild { rule, rest, whole } => {
                goes_on(&padded[end..], rest, *whole).then_some(Told::Start(*rule, 0))
            }
        }
    }
}

/// The words of a padded text, and where they begin.
fn places(padded: &str) -> impl Iterator<Item = (u32, &str)> {
    let mut next = 0;
    padded.split(' ').filter_map(move |word| {
        let at = next;
        next += word.len() as u32 + 1;
        (!word.is_empty()).then_some((at, word))
    })
}

/// What a found phrase tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// A cue of this rule.
    Cue(u32),
    /// A line's beginning of this rule, up to this byte of the padded line; 0 where the rule looked
    /// at all of it.
    Start(u32, usize),
    /// A phrase of a line's beginning, inside the line.
    Inside,
}

/// The most words that a wildcard stands for.
const WILD_WORDS: usize = 6;

/// Whether behind one to six words each of `parts` follows, and then, for a whole line, nothing.
fn goes_on(rest: &str, parts: &[String], whole: bool) -> bool {
    let Some((part, parts)) = parts.split_first() else { return !whole || rest.is_empty() };
    let mut rest = rest;
    for _ in 0..WILD_WORDS {
        let Some((_, behind)) = rest.split_once(' ') else { return false };
        rest = behind;
        let behind = rest.strip_prefix(part.as_str());
        if behind.is_some_and(|behind| goes_on(behind, parts, whole)) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boilerplate::lexicon::pad;

    fn told(phrases: &[(&str, Meaning)], line: &str) -> Vec<Told> {
        let owned = phrases.iter().map(|(text, meaning)| (format!(" {text} "), meaning.clone()));
        let phrases = Phrases::new(owned.collect(), &hash::Map::default());
        let mut padded = String::new();
        pad(line, &mut padded);
        let mut near = Vec::new();
        for (at, word) in places(&padded) {
            phrases.word(word).inspect(|entry| phrases.note(*entry, at as usize, &mut near));
        }
        phrases.settle(&padded, &mut near);
        near.iter().filter_map(|found| phrases.meaning(*found, &padded)).collect()
    }

    #[test]
    fn phrases_are_found_once_in_the_order_of_their_ends() {
        let cues = [
            ("sign up for our", Meaning::Cue(1)),
            ("up for", Meaning::Cue(2)),
            ("for our", Meaning::Cue(3)),
            ("sign up", Meaning::Start(4)),
        ];
        assert_eq!(
            told(&cues, "Sign up for our… sign up for our"),
            [Told::Start(4, 9), Told::Cue(2), Told::Cue(1), Told::Cue(3)]
        );
        assert_eq!(told(&cues, "Now sign up, for all"), [Told::Inside, Told::Cue(2)]);
        assert_eq!(told(&[("sign", Meaning::Start(1))], "Now sign"), []);
        assert_eq!(told(&cues, "ours, signs"), []);
    }

    #[test]
    fn a_wildcard_is_one_word_to_six() {
        let wild = |rest: &[&str], whole| Meaning::Wild {
            rule: 1,
            rest: rest.iter().map(|part| (*part).to_owned()).collect(),
            whole,
        };
        let line = [("read", wild(&["on "], true))];
        assert_eq!(told(&line, "Read more on"), [Told::Start(1, 0)]);
        assert_eq!(told(&line, "Read on and on"), [Told::Start(1, 0)]);
        for other in ["Read on", "Read more on this", "Read a b c d e f g on", "We read more on"] {
            assert_eq!(told(&line, other), [], "{other}");
        }
        let start = [("the", wild(&["of ", "and "], false))];
        assert_eq!(told(&start, "The end of one and all"), [Told::Start(1, 0)]);
        assert_eq!(told(&[("more", wild(&[""], true))], "More of it"), [Told::Start(1, 0)]);
    }
}
