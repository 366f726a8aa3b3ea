//! What can be seen of one line by itself: its words, its shape, what the rules find in it.

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr_iter, memmem};

use super::lexicon::{
    Hits, Lexicon, NUMBER, Padded, Padding, Workspace, begins_with_digit, class, is_number,
};
use super::phrases::{self, Entry, Found};
use crate::document::Markup;
use crate::hash;
use crate::lines::{Keys, Lines};
use crate::normalize::{self, Edits};
use crate::words::{self, AsciiWord, WordKey};

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
    /// What parts it from its neighbours.
    pub apart: Apart,
    /// What the markup says of it, where the document was a page.
    pub markup: Markup,
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
    pub fn all(text: &'t str, lines: &Lines, lexicon: &Lexicon, work: &mut Workspace) -> Vec<Self> {
        let Lines { blocks, normalised, keys } = lines;
        let solid: Vec<usize> = (0..blocks.len()).filter(|&i| !blocks[i].is_blank()).collect();
        let mut lines = Vec::with_capacity(solid.len());
        for (n, &block) in solid.iter().enumerate() {
            let body = blocks[block].text(text);
            let written = written(body, normalised[block].as_ref());
            let mut line = Self::read(written, keys.get(n).copied(), lexicon, work);
            line.block = block;
            line.apart.before = n == 0 || solid[n - 1] + 1 < block;
            line.apart.after = n + 1 == solid.len() || block + 1 < solid[n + 1];
            lines.push(line);
        }
        lines
    }

    /// What is seen of a line that stands alone.
    pub fn new(text: Cow<'t, str>, lexicon: &Lexicon, work: &mut Workspace) -> Self {
        Self::read(text, None, lexicon, work)
    }

    /// The same of a line whose keys may be known.
    fn read(
        text: Cow<'t, str>,
        known: Option<Keys>,
        lexicon: &Lexicon,
        work: &mut Workspace,
    ) -> Self {
        let reading = Reading::of(&text, known.is_none(), lexicon, work);
        let (words, quoted) = (reading.words.len(), reading.quotes > 0);
        let opening = reading.opening();
        let mut counts = reading.counts();
        counts.you += polite(lexicon, &text, quoted);
        let imperative = reading.first & class::IMPERATIVE != 0;
        let length = reading.fifths() / WordKey::FIFTHS as usize;
        let keys = known.unwrap_or_else(|| keys_of(&text, work.padded.bytes(), opening));
        Self {
            block: 0,
            key: keys.line,
            opening: keys.opening,
            words,
            length,
            hits: lexicon.find(&text, work),
            counts,
            imperative: imperative && !(quoted && text.starts_with(is_quote)),
            quoted,
            end: end(&text),
            apart: Apart { before: true, after: true },
            markup: Markup::default(),
            text,
        }
    }

    /// Whether it reads as a sentence of an article: long enough, and closed, or announcing something.
    pub fn is_prose(&self) -> bool {
        self.end != End::Open && self.length >= 12
    }

    /// Whether it ends in a comma, as what addresses somebody and what closes a letter do.
    pub(super) fn ends_in_comma(&self) -> bool {
        self.text.ends_with([',', '，', '،'])
    }

    /// Whether it may be a sentence, if a short one.
    pub fn is_sentence(&self) -> bool {
        self.end != End::Open && self.length >= 4
    }

    /// Whether it speaks to the reader rather than telling.
    pub fn addresses(&self) -> bool {
        self.counts.you > 0 || self.imperative || (self.counts.we > 0 && self.counts.third == 0)
    }

    /// Of its words that have case, the share that begins with a capital.
    pub fn capitals(&self) -> f32 {
        capitals(&self.text)
    }

    /// Whether it tells of others in the past.
    pub fn narrates(&self) -> bool {
        self.counts.you == 0
            && self.counts.we == 0
            && !self.imperative
            && self.counts.past + self.counts.speech + self.counts.third > 0
    }
}

/// The pass over a line's words.
struct Reading<'r> {
    text: &'r str,
    lexicon: &'r Lexicon,
    /// Where the words are written, if anybody asks for their text.
    padded: Option<&'r mut Padded>,
    words: &'r mut Vec<u64>,
    near: &'r mut Vec<Found>,
    /// Words that are one character of an unspaced script.
    unspaced: usize,
    /// The class of the first.
    first: u16,
    /// The bytes of the words of the opening.
    fifth: usize,
    kinds: Kinds,
    numbers: usize,
    /// Quotation marks so far.
    quotes: usize,
    /// The byte behind the last word.
    at: usize,
}

impl<'r> Reading<'r> {
    /// Where keys are asked for, short lines are padded.
    fn of(text: &'r str, keys: bool, lexicon: &'r Lexicon, work: &'r mut Workspace) -> Self {
        let Workspace { padded, words, near, reader, .. } = work;
        padded.clear();
        words.clear();
        near.clear();
        let padded = (keys && text.len() <= PARAGRAPH).then_some(padded);
        let mut reading = Self {
            text,
            lexicon,
            padded,
            words,
            near,
            unspaced: 0,
            first: 0,
            fifth: 0,
            kinds: Kinds::default(),
            numbers: 0,
            quotes: 0,
            at: 0,
        };
        reader.each_into(text, &mut reading);
        reading.see(text.len());
        reading.kinds.empty();
        reading
    }

    /// What stands before the word that begins at a byte.
    #[inline]
    fn see(&mut self, next: usize) {
        let one_space = next == self.at + 1 && self.text.as_bytes()[self.at] == b' ';
        if !one_space && self.at < next {
            self.quotes += quotes(&self.text[self.at..next]);
        }
    }

    /// Goes on to a word, and beyond it.
    #[inline]
    fn pass(&mut self, word: Range<usize>) {
        self.see(word.start);
        self.at = word.end;
    }

    /// Takes the next word by its key; it was written already where that is done.
    #[inline]
    fn take(&mut self, key: u64, number: bool) {
        self.words.push(key);
        if let Some(padded) = &self.padded
            && self.words.len() == OPENING
        {
            self.fifth = padded.bytes().len() - 2;
        }
        self.numbers += usize::from(number);
        if let Some(entry) = self.lexicon.word(key) {
            self.known(entry, number);
        }
    }

    fn known(&mut self, entry: Entry, number: bool) {
        self.lexicon.note(entry, self.words, self.near);
        if self.words.len() == 1 {
            self.first = entry.class;
        }
        if !number {
            self.kinds.add(entry.class, self.quotes);
        }
    }

    /// The line's length in fifths of a word.
    fn fifths(&self) -> usize {
        let spaced = self.words.len() - self.unspaced;
        spaced * WordKey::FIFTHS as usize + self.unspaced * WordKey::UNSPACED_FIFTHS as usize
    }

    fn counts(&self) -> Counts {
        let all = |class: u16| self.kinds.all[class.trailing_zeros() as usize];
        let outside = |class: u16| self.kinds.outside[class.trailing_zeros() as usize];
        Counts {
            you: outside(class::YOU),
            we: outside(class::WE),
            third: all(class::THIRD),
            speech: all(class::SPEECH),
            past: all(class::PAST),
            function: all(class::FUNCTION),
            icon: all(class::ICON),
            network: all(class::NETWORK),
            month: all(class::MONTH),
            number: self.numbers,
        }
    }

    /// The bytes of the line's opening, if it is long enough to vary behind it.
    fn opening(&self) -> Option<usize> {
        has_opening(self.words.len()).then_some(self.fifth)
    }
}

impl words::Sink for Reading<'_> {
    fn word(&mut self, word: &str, range: Range<usize>) {
        self.pass(range);
        let number = is_number(word);
        let word = if number { NUMBER } else { word };
        if let Some(padded) = &mut self.padded {
            padded.push(word);
        }
        self.unspaced += usize::from(words::is_one_unspaced(word));
        self.take(phrases::key(word), number);
    }

    // Compilers would call it, since it is large; a call a word is some twentieth of its steps.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn ascii_word(&mut self, word: AsciiWord<'_>, range: Range<usize>) {
        let length = range.len();
        match word.short() {
            Some(short) if !begins_with_digit(short) => {
                self.pass(range);
                if let Some(padded) = &mut self.padded {
                    padded.push_short(short, length);
                }
                self.take(hash::short(short), false);
            }
            _ => self.word(word.text(), range),
        }
    }
}

/// Quotation marks in what stands between words.
#[inline(never)] // rare beside single spaces: it would only make the loop over words longer
fn quotes(gap: &str) -> usize {
    if gap.is_ascii() {
        gap.bytes().filter(|&byte| byte == b'"').count()
    } else {
        gap.matches(is_quote).count()
    }
}

/// How many words are of which class. A few are counted in one number, some bits for each class, so
/// that a word costs no branch.
#[derive(Debug, Default)]
struct Kinds {
    /// By the class's bit.
    all: [usize; class::COUNT],
    /// The same for what stands outside quotation marks.
    outside: [usize; class::COUNT],
    few: u64,
    few_outside: u64,
    count: u32,
}

/// Bits of each class in the sum of a few words.
const KIND_BITS: u32 = 5;
/// So many words fit into these bits.
const FEW: u32 = (1 << KIND_BITS) - 1;

impl Kinds {
    #[inline]
    fn add(&mut self, classes: u16, quotes: usize) {
        let one = spread(classes);
        self.few += one;
        self.few_outside += if quotes.is_multiple_of(2) { one } else { 0 };
        self.count += 1;
        if self.count == FEW {
            self.empty();
        }
    }

    fn empty(&mut self) {
        for (kind, (all, outside)) in self.all.iter_mut().zip(&mut self.outside).enumerate() {
            let of = |few: u64| (few >> (KIND_BITS * kind as u32)) as usize & FEW as usize;
            *all += of(self.few);
            *outside += of(self.few_outside);
        }
        (self.few, self.few_outside, self.count) = (0, 0, 0);
    }
}

/// The bits of classes, each alone in its part of a sum.
#[inline]
fn spread(classes: u16) -> u64 {
    const SPREAD: [u64; 1 << class::COUNT] = {
        let mut all = [0; 1 << class::COUNT];
        let mut classes = 0;
        while classes < all.len() {
            let mut kind = 0;
            while kind < class::COUNT as u32 {
                all[classes] |= (classes as u64 >> kind & 1) << (KIND_BITS * kind);
                kind += 1;
            }
            classes += 1;
        }
        all
    };
    SPREAD[usize::from(classes) & (SPREAD.len() - 1)]
}

/// Longer lines, in bytes, are paragraphs: as templates they repeat sign by sign or not at all, and
/// folding them would be most of the cost of a survey.
const PARAGRAPH: usize = 256;

/// The key of a line in template counts: its folded words after normalisation, blind to numbers and
/// to an address at its end; of a paragraph, its text.
pub fn line_key(padding: &mut Padding, body: &str) -> u64 {
    keys(padding, &written(body, normalize::line(body).as_ref())).line
}

/// The key of a line, and the key of its first words where it has one (see [`Line::opening`]).
/// The line is brought to the form it is counted in; a paragraph is not.
pub fn keys(padding: &mut Padding, written: &str) -> Keys {
    let padded = padding.of(if written.len() > PARAGRAPH { "" } else { written });
    keys_of(written, padded.as_bytes(), opening(padded).map(str::len))
}

/// A line as it is written after normalisation.
pub fn written<'t>(body: &'t str, edits: Option<&Edits>) -> Cow<'t, str> {
    edits.map_or(Cow::Borrowed(body), |edits| Cow::Owned(edits.apply(body)))
}

/// The keys of a line that was written and padded (see [`Padding`]), and whose opening has so many
/// bytes; a paragraph need not be padded.
fn keys_of(written: &str, padded: &[u8], opening: Option<usize>) -> Keys {
    if written.len() > PARAGRAPH {
        return Keys { line: hash::of(written.as_bytes()), opening: None };
    }
    let first = |length: usize| hash::within(OPENING as u64, &padded[1..=length]);
    let line = match before_address(written) {
        None => hash::of(padded),
        Some(before) => hash::within(ADDRESS, Padding::default().of(before).as_bytes()),
    };
    Keys { line, opening: opening.map(first) }
}

/// The name space of lines that end with an address.
const ADDRESS: u64 = 1;

/// What stands before the address a line ends with, where that is two words or more: as with
/// numbers, what varies in a template is where it leads.
fn before_address(written: &str) -> Option<&str> {
    let last = written.rsplit(char::is_whitespace).next()?;
    let before = written.len() - last.len();
    let end = match memmem::find(last.as_bytes(), b"://") {
        Some(colon) => {
            written[..before + colon].trim_end_matches(|c: char| c.is_ascii_alphabetic())
        }
        None if last.starts_with("www.") => &written[..before],
        None => return None,
    };
    (end.split_whitespace().count() >= 2).then_some(end)
}

/// The first words of a line that have a key of their own.
const OPENING: usize = 5;

/// A line's first five words: templates have slots, and what fills them varies. A line must go on
/// for two words at least, and not for a paragraph.
pub fn opening(padded: &str) -> Option<&str> {
    // A space stands before every word, and one behind the last.
    let mut spaces = memchr_iter(b' ', padded.as_bytes());
    let end = spaces.nth(OPENING)?;
    has_opening(OPENING + spaces.count()).then(|| &padded[1..end])
}

/// Words of polite address outside quotation marks.
fn polite(lexicon: &Lexicon, text: &str, quoted: bool) -> usize {
    match () {
        () if !lexicon.has_polite() => 0,
        () if quoted => lexicon.polite(&outside_quotes(text)),
        () => lexicon.polite(text),
    }
}

/// The text without what stands in quotation marks.
fn outside_quotes(text: &str) -> String {
    text.split(is_quote).step_by(2).collect::<Vec<_>>().join(" ")
}

fn has_opening(words: usize) -> bool {
    (OPENING + 2..=40).contains(&words)
}

/// How a line ends.
pub(super) fn end(text: &str) -> End {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boilerplate::Judge;
    use crate::boilerplate::rules::Rules;

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
        let judge = Judge::new(Rules::built_in().unwrap()).unwrap();
        let lexicon = judge.lexicon("en").unwrap();
        for (text, you, quoted) in [
            ("“Follow us,” he said, “you must.” Then your turn", 1, true),
            ("It's up to you", 1, false),
        ] {
            let line = Line::new(Cow::Borrowed(text), lexicon, &mut Workspace::default());
            assert_eq!((line.counts.you, line.quoted, line.imperative), (you, quoted, false));
        }
        assert_eq!(outside_quotes("“Follow us,” he said, “you must.” Then"), "  he said,   Then");
    }

    #[test]
    fn keys_are_blind_to_numbers_and_to_where_a_line_leads() {
        let key = |line: &str| line_key(&mut Padding::default(), line);
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
    fn a_line_has_the_keys_that_a_survey_counts_it_by() {
        let judge = Judge::new(Rules::built_in().unwrap()).unwrap();
        let (lexicon, mut work) = (judge.lexicon("en").unwrap(), Workspace::default());
        for text in [
            "Follow 3 of us",
            "The harbour’s 12 gulls were counted, and counted again.",
            "More on this at www.quay.example/a",
            "潮位は高い",
            &"It rained on the quay for a week. ".repeat(12),
        ] {
            let keys = keys(&mut Padding::default(), text);
            let line = Line::new(Cow::Borrowed(text), lexicon, &mut work);
            assert_eq!((line.key, line.opening), (keys.line, keys.opening), "{text}");
            let known = Line::read(Cow::Borrowed(text), Some(keys), lexicon, &mut work);
            assert_eq!(format!("{known:?}"), format!("{line:?}"));
        }
    }

    #[test]
    fn a_line_that_goes_on_has_an_opening() {
        let opening = |line: &str| opening(Padding::default().of(line)).map(str::to_owned);
        assert_eq!(
            opening("One, two three 4 five six seven."),
            Some("one two three # five".into())
        );
        assert_eq!(opening("One two three four five six"), None);
        assert_eq!(opening(&"one ".repeat(41)), None);
        assert_eq!(opening(""), None);
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
