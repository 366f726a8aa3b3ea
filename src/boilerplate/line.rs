//! What can be seen of one line by itself: its words, its shape, what the rules find in it.

use std::borrow::Cow;

use super::lexicon::{Hits, Lexicon, class, pad};
use crate::block::Block;
use crate::hash;
use crate::normalize::{self, Edits};
use crate::words::{self, WordKey};

/// How a line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// With the sign that closes a sentence.
    Sentence,
    /// With a colon: something is announced.
    Colon,
    /// Otherwise.
    Open,
}

/// A line that is not blank, and what is seen of it.
#[derive(Debug)]
pub struct Line<'t> {
    /// Index of its block.
    pub block: usize,
    /// Its body after normalisation.
    pub text: Cow<'t, str>,
    /// Its key in template counts (see [`line_key`]).
    pub key: u64,
    /// Identity of its first words, where the line is long enough to vary behind them.
    pub opening: Option<u64>,
    /// Number of matching words.
    pub words: usize,
    /// Its length in words; a character of an unspaced script counts 2/5.
    pub length: usize,
    /// What the rules find in it.
    pub hits: Hits,
    /// Words of each kind; those of `you` and `we` outside quotation marks only.
    pub counts: Counts,
    /// Whether it begins with an imperative of the lists.
    pub imperative: bool,
    /// Whether it holds a quotation.
    pub quoted: bool,
    /// How it ends.
    pub end: End,
    /// Of its words that have case, the share that begins with a capital.
    pub capitals: f32,
    /// What parts it from its neighbours.
    pub apart: Apart,
}

/// Whether a blank line or nothing stands on either side of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Apart {
    /// Above it.
    pub before: bool,
    /// Below it.
    pub after: bool,
}

/// How many words of a line are of which kind.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Second person.
    pub you: usize,
    /// First person plural.
    pub we: usize,
    /// Third-person pronouns.
    pub third: usize,
    /// Verbs of speech.
    pub speech: usize,
    /// Finite past forms.
    pub past: usize,
    /// Function words.
    pub function: usize,
    /// Names of icons.
    pub icon: usize,
    /// Names of networks.
    pub network: usize,
    /// Names of months.
    pub month: usize,
    /// Numbers.
    pub number: usize,
}

impl<'t> Line<'t> {
    /// The lines of a text that are not blank.
    pub fn all(
        text: &'t str,
        blocks: &[Block],
        edits: &[Option<Edits>],
        lexicon: &Lexicon,
    ) -> Vec<Self> {
        let mut buffer = String::new();
        let solid: Vec<usize> = (0..blocks.len()).filter(|&i| !blocks[i].is_blank()).collect();
        let mut lines = Vec::with_capacity(solid.len());
        for (n, &block) in solid.iter().enumerate() {
            let body = blocks[block].text(text);
            let written =
                edits[block].as_ref().map_or(Cow::Borrowed(body), |e| Cow::Owned(e.apply(body)));
            let mut line = Self::new(written, lexicon, &mut buffer);
            line.block = block;
            line.apart.before = n == 0 || solid[n - 1] + 1 < block;
            line.apart.after = n + 1 == solid.len() || block + 1 < solid[n + 1];
            lines.push(line);
        }
        lines
    }

    /// What is seen of a line that stands alone. `buffer` is scratch space.
    pub fn new(text: Cow<'t, str>, lexicon: &Lexicon, buffer: &mut String) -> Self {
        let words = pad(&text, buffer);
        let hits = lexicon.find(&text, buffer, words);
        let (key, opening) = keys(&text, buffer);
        let first = lexicon.class(buffer.trim_start().split(' ').next().unwrap_or(""));
        let mut line = Self {
            block: 0,
            key,
            opening,
            words,
            length: length(buffer),
            hits,
            counts: Counts::default(),
            imperative: first & class::IMPERATIVE != 0,
            quoted: false,
            end: end(&text),
            capitals: capitals(&text),
            apart: Apart { before: true, after: true },
            text,
        };
        line.counts = counts(lexicon, buffer);
        line.counts.you += lexicon.polite(&line.text);
        if let Some(said_outside) = outside_quotes(&line.text) {
            line.quoted = true;
            pad(&said_outside, buffer);
            let outside = counts(lexicon, buffer);
            line.counts.you = outside.you + lexicon.polite(&said_outside);
            line.counts.we = outside.we;
            line.imperative &= !line.text.starts_with(is_quote);
        }
        line
    }

    /// Whether it reads as a sentence of an article: long enough, and closed, or announcing something.
    pub fn is_prose(&self) -> bool {
        self.end != End::Open && self.length >= 12
    }

    /// Whether it may be a sentence, if a short one.
    pub fn is_sentence(&self) -> bool {
        self.end != End::Open && self.length >= 4
    }

    /// Whether it speaks to the reader rather than telling.
    pub fn addresses(&self) -> bool {
        self.counts.you > 0 || self.imperative || (self.counts.we > 0 && self.counts.third == 0)
    }

    /// Whether it tells of others in the past.
    pub fn narrates(&self) -> bool {
        self.counts.you == 0
            && self.counts.we == 0
            && !self.imperative
            && self.counts.past + self.counts.speech + self.counts.third > 0
    }
}

/// Longer lines, in bytes, are paragraphs: as templates they repeat sign by sign or not at all, and
/// folding them would be most of the cost of a survey.
const PARAGRAPH: usize = 256;

/// The key of a line in template counts: its folded words after normalisation, blind to numbers and
/// to an address at its end; of a paragraph, its text. `buffer` is scratch space.
pub fn line_key(buffer: &mut String, body: &str) -> u64 {
    line_keys(buffer, body).0
}

/// The key of a line, and the key of its first words where it has one (see [`Line::opening`]).
pub fn line_keys(buffer: &mut String, body: &str) -> (u64, Option<u64>) {
    let written =
        normalize::line(body).map_or(Cow::Borrowed(body), |edits| Cow::Owned(edits.apply(body)));
    if written.len() > PARAGRAPH {
        buffer.clear();
    } else {
        pad(&written, buffer);
    }
    keys(&written, buffer)
}

/// The keys of a line that was written and padded (see [`pad`]); a paragraph need not be padded.
fn keys(written: &str, padded: &str) -> (u64, Option<u64>) {
    if written.len() > PARAGRAPH {
        return (hash::of(written.as_bytes()), None);
    }
    let key = match before_address(written) {
        None => hash::of(padded.as_bytes()),
        Some(before) => {
            let mut padded = String::new();
            pad(before, &mut padded);
            hash::within(ADDRESS, padded.as_bytes())
        }
    };
    (key, opening_key(padded))
}

/// The name space of lines that end with an address.
const ADDRESS: u64 = 1;

/// What stands before the address a line ends with, where that is two words or more: as with
/// numbers, what varies in a template is where it leads.
fn before_address(written: &str) -> Option<&str> {
    let last = written.rsplit(char::is_whitespace).next()?;
    let before = written.len() - last.len();
    let end = match last.find("://") {
        Some(colon) => {
            written[..before + colon].trim_end_matches(|c: char| c.is_ascii_alphabetic())
        }
        None if last.starts_with("www.") => &written[..before],
        None => return None,
    };
    (end.split_whitespace().count() >= 2).then_some(end)
}

fn opening_key(padded: &str) -> Option<u64> {
    opening(padded).map(|words| hash::within(OPENING as u64, words.as_bytes()))
}

/// The first words of a line that have a key of their own.
const OPENING: usize = 5;

/// A line's first five words: templates have slots, and what fills them varies. A line must go on
/// for two words at least, and not for a paragraph.
pub fn opening(padded: &str) -> Option<&str> {
    if !(OPENING + 2..=40).contains(&padded.split_ascii_whitespace().count()) {
        return None;
    }
    let padded = padded.trim_start();
    let (end, _) = padded.match_indices(' ').nth(OPENING - 1)?;
    Some(&padded[..end])
}

fn length(padded: &str) -> usize {
    let mut fifths = 0;
    for word in padded.split_ascii_whitespace() {
        let mut chars = word.chars();
        let one = chars.next().filter(|_| chars.next().is_none());
        fifths += if one.is_some_and(words::is_unspaced) { 2 } else { 5 };
    }
    fifths / WordKey::FIFTHS as usize
}

fn counts(lexicon: &Lexicon, padded: &str) -> Counts {
    let mut counts = Counts::default();
    for word in padded.split_ascii_whitespace() {
        if word == "#" {
            counts.number += 1;
            continue;
        }
        let class = lexicon.class(word);
        if class == 0 {
            continue;
        }
        for (bit, count) in [
            (class::YOU, &mut counts.you),
            (class::WE, &mut counts.we),
            (class::THIRD, &mut counts.third),
            (class::SPEECH, &mut counts.speech),
            (class::PAST, &mut counts.past),
            (class::FUNCTION, &mut counts.function),
            (class::ICON, &mut counts.icon),
            (class::NETWORK, &mut counts.network),
            (class::MONTH, &mut counts.month),
        ] {
            *count += usize::from(class & bit != 0);
        }
    }
    counts
}

fn end(text: &str) -> End {
    let closers = |c: char| is_quote(c) || matches!(c, ')' | ']' | '）' | '】' | '*' | '_');
    match text.trim_end_matches(closers).chars().next_back() {
        Some('.' | '!' | '?' | '…' | '。' | '！' | '？' | '؟' | '।' | '۔' | '።') => {
            End::Sentence
        }
        Some(':' | '：') => End::Colon,
        _ => End::Open,
    }
}

fn capitals(text: &str) -> f32 {
    let (mut capital, mut cased) = (0, 0);
    for word in text.split_whitespace() {
        let Some(first) = word.chars().find(|c| c.is_alphanumeric()) else { continue };
        capital += usize::from(first.is_uppercase());
        cased += usize::from(first.is_uppercase() || first.is_lowercase());
    }
    if cased == 0 { 0.0 } else { capital as f32 / cased as f32 }
}

/// Whether the sign opens or closes a quotation; an apostrophe may, too, and is left out.
pub fn is_quote(c: char) -> bool {
    matches!(
        c,
        '"' | '“'
            | '”'
            | '„'
            | '‟'
            | '«'
            | '»'
            | '‹'
            | '›'
            | '「'
            | '」'
            | '『'
            | '』'
            | '＂'
    )
}

/// The text without what stands in quotation marks; none where nothing does.
fn outside_quotes(text: &str) -> Option<String> {
    if !text.contains(is_quote) {
        return None;
    }
    let mut parts = text.split(is_quote);
    let mut outside = parts.next()?.to_owned();
    while parts.next().is_some() {
        outside.push(' ');
        outside.push_str(parts.next().unwrap_or(""));
    }
    Some(outside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_at_the_end_stands_behind_any_space() {
        for space in [" ", "\u{3000}", "\u{a0}"] {
            let line = format!("read more:{space}https://a.example/b");
            assert_eq!(before_address(&line), Some(&line[..line.len() - 19]));
            assert_eq!(before_address(&format!("だし{space}400ml")), None);
        }
        assert_eq!(before_address("https://a.example"), None);
    }

    #[test]
    fn quotations_are_no_address() {
        assert_eq!(
            outside_quotes("“Follow us,” he said, “you must.” Then"),
            Some("  he said,   Then".to_owned())
        );
        assert_eq!(outside_quotes("It's over"), None);
    }

    #[test]
    fn keys_are_blind_to_numbers_and_to_where_a_line_leads() {
        let key = |line: &str| line_key(&mut String::new(), line);
        for (one, other) in [
            ("Programme sheet 12", "programme sheet, 4000!"),
            ("Read it in full: https://quay.example/a1", "Read it in full: http://q.example/b"),
            ("[Tide table](https://quay.example/a)", "[Tide table](https://quay.example/b?c=d)"),
            ("More on this at www.quay.example/a", "More on this at www.quay.example/b"),
        ] {
            assert_eq!(key(one), key(other), "{one}");
        }
        for (one, other) in [
            ("https://quay.example/a", "https://quay.example/b"),
            ("Source: https://quay.example/a", "Source: https://quay.example/b"),
            ("Read it in full: https://quay.example", "Read it in full:"),
            ("On https://quay.example he said it", "On https://tide.example he said it"),
        ] {
            assert_ne!(key(one), key(other), "{one}");
        }
    }

    #[test]
    fn ends_and_capitals() {
        assert_eq!(end("He left.”"), End::Sentence);
        assert_eq!(end("他走了。"), End::Sentence);
        assert_eq!(end("They wrote:"), End::Colon);
        assert_eq!(end("More news"), End::Open);
        assert!((capitals("Sony Cancels the Release 2") - 0.75).abs() < 1e-6);
    }
}
