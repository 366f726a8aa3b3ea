//! Phrases in folded lines: one look-up a word, whatever their number.
//!
//! A phrase is a row of whole words, and so is a line: both are rows of keys here. A phrase is looked
//! for by one of its words, the one that the fewest other phrases have; where a line holds that
//! word, the keys around it are compared.

use std::collections::HashMap;

use crate::{hash, words};

/// Phrases of rules, by the word they are looked for by, with the classes of words.
#[derive(Debug, Default)]
pub(super) struct Phrases {
    words: hash::Map<Entry>,
    /// A bit for each word known, by the lowest bits of its key: most words of a text are not, and
    /// this table stays at hand.
    known: Vec<u64>,
    /// Phrases by the word they are looked for by; of each word those last that mean nothing but at the
    /// line's beginning, since most words stand elsewhere.
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
    /// Bits of the keys of the phrase's first word and of its second, 0 where it has none.
    begins: u32,
    second: u32,
    /// How many words behind the phrase's beginning the word stands.
    behind: u32,
    /// Words of the phrase.
    length: u32,
    /// Whether it means nothing but at the line's beginning.
    first: bool,
}

/// Shorter beginnings, in bytes with a space at either end, are words of every text.
const LONG_START: usize = 8;

/// Keys of words that are known, of which [`Phrases::known`] has a bit each.
const KNOWN_BITS: usize = 1 << 16;

#[derive(Debug)]
struct Phrase {
    /// The keys of its words.
    words: Vec<u64>,
    meaning: Meaning,
    /// Whether it is looked for at the line's beginning only.
    first: bool,
}

/// What the occurrence of a phrase means.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Meaning {
    /// A cue of this rule.
    Cue(u32),
    /// A line of this rule where it stands at the line's beginning, and elsewhere, if it is long
    /// enough, what a sentence of the line may begin with.
    Start(u32),
    /// A line of this rule, at the line's beginning, where the words of each of these follow behind
    /// one to six others, and end the line where the rule tells of whole lines.
    Wild { rule: u32, rest: Vec<Vec<u64>>, whole: bool },
}

/// A phrase that stands in a line: the words it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    end: u32,
    start: u32,
    phrase: u32,
    /// As of [`Anchored`].
    second: u32,
}

impl Phrase {
    fn new(text: &str, meaning: Meaning) -> Self {
        let first = match meaning {
            Meaning::Cue(_) => false,
            Meaning::Start(_) => text.len() <= LONG_START,
            Meaning::Wild { .. } => true,
        };
        Self { words: keys(text), meaning, first }
    }
}

/// The keys of the words of a padded text.
pub(super) fn keys(padded: &str) -> Vec<u64> {
    padded.split_ascii_whitespace().map(key).collect()
}

/// The key of a folded word, or of `#`.
#[inline]
pub(super) fn key(word: &str) -> u64 {
    words::hashed(word)
}

impl Phrases {
    /// Phrases, as padded texts, with their meanings, and the classes of words.
    pub(super) fn new(phrases: &[(String, Meaning)], classes: &hash::Map<u16>) -> Self {
        let mut common: HashMap<&str, usize> = HashMap::new();
        for word in phrases.iter().flat_map(|(text, _)| text.split_ascii_whitespace()) {
            *common.entry(word).or_default() += 1;
        }
        let (mut by_word, mut all) = (Vec::with_capacity(phrases.len()), Vec::new());
        for (number, (text, meaning)) in (0..).zip(phrases) {
            // A word of a class is likely a common one of the language.
            let weight = |(_, word): &(u32, &str)| {
                let class = classes.contains_key(&key(word));
                (class, common[word], std::cmp::Reverse(word.len()))
            };
            let phrase = Phrase::new(text, meaning.clone());
            let mut places = (0..).zip(text.split_ascii_whitespace());
            // At the line's beginning there is only the first word to compare.
            let anchor = if phrase.first { places.next() } else { places.min_by_key(weight) };
            if let Some((behind, word)) = anchor {
                let length = phrase.words.len() as u32;
                let bits = |at: usize| phrase.words.get(at).map_or(0, |word| *word as u32);
                let (begins, second, first) = (bits(0), bits(1), phrase.first);
                let anchored = Anchored { phrase: number, begins, second, behind, length, first };
                by_word.push((key(word), anchored));
            }
            all.push(phrase);
        }
        by_word.sort_by_key(|(word, anchored)| (*word, anchored.first, anchored.phrase));
        let entry = |(&word, &class)| (word, Entry { class, ..Entry::default() });
        let words = classes.iter().map(entry).collect();
        let known = vec![0; KNOWN_BITS / 64];
        let mut found_by = Self { words, known, anchored: Vec::new(), all };
        found_by.know(classes.keys().copied());
        found_by.know(by_word.iter().map(|(word, _)| *word));
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

    fn know(&mut self, words: impl Iterator<Item = u64>) {
        for word in words {
            let bit = word as usize % KNOWN_BITS;
            self.known[bit / 64] |= 1 << (bit % 64);
        }
    }

    /// What is known of a word by its key; nothing of most.
    #[inline]
    pub(super) fn word(&self, key: u64) -> Option<Entry> {
        let bit = key as usize % KNOWN_BITS;
        if self.known.get(bit / 64)? >> (bit % 64) & 1 == 0 {
            return None;
        }
        self.words.get(&key).copied()
    }

    /// Notes the phrases that the last of `words`, the words of a line so far, may be of.
    #[inline]
    pub(super) fn note(&self, entry: Entry, words: &[u64], near: &mut Vec<Found>) {
        let first = entry.first as usize;
        for anchored in &self.anchored[first..first + usize::from(entry.many)] {
            if anchored.first && words.len() > 1 {
                // So are those behind it.
                break;
            }
            let Some(start) = (words.len() as u32 - 1).checked_sub(anchored.behind) else {
                continue;
            };
            // Most differ in their first word, and it is at hand.
            let before = &words[start as usize..];
            if before.first().is_some_and(|first| *first as u32 == anchored.begins)
                && (before.len() <= 2
                    || self.all[anchored.phrase as usize].words.starts_with(before))
            {
                let Anchored { phrase, second, length, .. } = *anchored;
                near.push(Found { end: start + length, start, phrase, second });
            }
        }
    }

    /// Of the phrases noted those that stand in the line, in the order of their ends.
    pub(super) fn settle(&self, words: &[u64], near: &mut Vec<Found>) {
        near.retain(|found| {
            let here = &words[found.start as usize..];
            // Most of the others differ in their second word.
            let second = here.get(1).map_or(0, |word| *word as u32);
            (found.second == 0 || found.second == second)
                && here.starts_with(&self.all[found.phrase as usize].words)
        });
        near.sort_unstable();
    }

    /// Drops all occurrences of a phrase but its first.
    pub(super) fn each_once(near: &mut Vec<Found>) {
        let mut seen: Vec<u32> = Vec::with_capacity(near.len());
        near.retain(|found| {
            let new = !seen.contains(&found.phrase);
            if new {
                seen.push(found.phrase);
            }
            new
        });
    }

    /// Where a phrase stands, and whether it tells something wherever that is.
    pub(super) fn spot(&self, found: Found) -> Spot {
        let is_cue = matches!(self.all[found.phrase as usize].meaning, Meaning::Cue(_));
        Spot { word: found.start, is_cue }
    }

    /// What a phrase means that stands in a line, unless what the rule wants behind it is not there.
    pub(super) fn meaning(&self, found: Found, words: &[u64]) -> Option<Told> {
        let end = found.end as usize;
        match &self.all[found.phrase as usize].meaning {
            Meaning::Cue(rule) => Some(Told::Cue(*rule)),
            Meaning::Start(rule) if found.start == 0 => Some(Told::Start(*rule, end)),
            Meaning::Start(_) => Some(Told::Inside),
            Meaning::Wild { rule, rest, whole } => {
                goes_on(&words[end..], rest, *whole).then_some(Told::Start(*rule, 0))
            }
        }
    }
}

/// Where a phrase stands in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    /// The number of its first word in the line, from 0.
    pub(super) word: u32,
    /// Whether it is a cue, and no beginning of a sentence.
    pub(super) is_cue: bool,
}

/// What a found phrase tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// A cue of this rule.
    Cue(u32),
    /// A line's beginning of this rule, of so many words; 0 where the rule looked at all of it.
    Start(u32, usize),
    /// A phrase of a line's beginning, inside the line.
    Inside,
}

/// The most words that a wildcard stands for.
const WILD_WORDS: usize = 6;

/// Whether behind one to six words each of `parts` follows, and then, for a whole line, nothing.
fn goes_on(rest: &[u64], parts: &[Vec<u64>], whole: bool) -> bool {
    let Some((part, parts)) = parts.split_first() else { return !whole || rest.is_empty() };
    (1..=WILD_WORDS.min(rest.len())).any(|wild| {
        let behind = rest[wild..].strip_prefix(part.as_slice());
        behind.is_some_and(|behind| goes_on(behind, parts, whole))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boilerplate::lexicon::Padding;

    fn told(phrases: &[(&str, Meaning)], line: &str) -> Vec<Told> {
        let owned = phrases.iter().map(|(text, meaning)| (format!(" {text} "), meaning.clone()));
        let phrases = Phrases::new(&owned.collect::<Vec<_>>(), &hash::Map::default());
        let (words, mut near) = (keys(Padding::default().of(line)), Vec::new());
        for (i, word) in words.iter().enumerate() {
            phrases.word(*word).inspect(|entry| phrases.note(*entry, &words[..=i], &mut near));
        }
        phrases.settle(&words, &mut near);
        Phrases::each_once(&mut near);
        near.iter().filter_map(|found| phrases.meaning(*found, &words)).collect()
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
            [Told::Start(4, 2), Told::Cue(2), Told::Cue(1), Told::Cue(3)]
        );
        assert_eq!(told(&cues, "Now sign up, for all"), [Told::Inside, Told::Cue(2)]);
        assert_eq!(told(&[("sign", Meaning::Start(1))], "Now sign"), []);
        assert_eq!(told(&cues, "ours, signs"), []);
    }

    #[test]
    fn a_wildcard_is_one_word_to_six() {
        let wild = |rest: &[&str], whole| Meaning::Wild {
            rule: 1,
            rest: rest.iter().map(|part| keys(part)).collect(),
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
