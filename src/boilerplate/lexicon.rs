//! The lexicon: one language's rules compiled so that a line costs one pass, whatever their number.
//!
//! Phrases are matched on the folded line (its matching words, numbers as `#`): whole lines by a hash
//! look-up, cues and beginnings by one look-up a word. Regular expressions see
//! the line as it was written, where one pass for all of them says that they may match (`filter`);
//! whole-line patterns only see lines short enough to be no paragraph.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::expressions::{Asked, Expression, Filter, Machine, Part, Places, Sight, Syntax, Whole};
use super::labels::Labels;
use super::phrases::{self, Entry, Found, Meaning, Phrases, Spot, Told};
use super::rules::{ANY, Flag, Matcher, Rule, RuleFile, Rules, WordLists};
use crate::error::{Error, Result};
use crate::hash;
use crate::words::{self, AsciiWord};

/// What a word of a language is evidence of. One bit each.
pub mod class {
    #![allow(missing_docs)]
    pub const YOU: u16 = 1;
    pub const WE: u16 = 2;
    pub const THIRD: u16 = 4;
    pub const SPEECH: u16 = 8;
    pub const PAST: u16 = 16;
    pub const FUNCTION: u16 = 32;
    pub const IMPERATIVE: u16 = 64;
    pub const MONTH: u16 = 128;
    pub const ICON: u16 = 256;
    pub const NETWORK: u16 = 512;
    pub const AGENCY: u16 = 1024;
    /// How many there are.
    pub const COUNT: usize = 11;
}

/// One language's rules, and those of every language, compiled.
#[derive(Debug)]
pub struct Lexicon {
    rules: Vec<Rule>,
    /// Whether any of them counts for some outlets only.
    confined: bool,
    labels: Labels,
    phrases: Phrases,
    filter: Filter,
    /// The expressions behind the filter with their rules: of whole lines, and behind these of spans.
    patterns: Vec<(u32, Whole)>,
    spans: Vec<(u32, Expression)>,
    /// Words of polite address, as written.
    polite: Vec<String>,
    /// Workspaces that nobody works in.
    free: Mutex<Vec<Workspace>>,
}

/// What judging a line needs of memory, used again for the next.
#[derive(Debug, Default)]
pub struct Workspace {
    /// The line's folded words between spaces, numbers as `#`; empty where nobody asks for it.
    pub(super) padded: Padded,
    /// The keys of these words.
    pub(super) words: Vec<u64>,
    /// Reads the words.
    pub(super) reader: words::Reader,
    /// Phrases that may stand in it.
    pub(super) near: Vec<Found>,
    sight: Sight,
    matcher: Machine<()>,
    cutter: Machine<Places>,
}

/// What of the rules is found in a line.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Hits {
    /// Rules that are enough alone, in the rules' order.
    pub strong: Vec<u32>,
    /// Whether the line is, word for word, a phrase of one of these.
    pub verbatim: bool,
    /// Whether it is a row of such phrases, and `strong` the rules of the first.
    pub row: bool,
    /// Whether a phrase stands inside that one of its sentences may begin with, or a cue.
    pub inside: bool,
    /// Cue rules and how many different phrases of theirs were found.
    pub cues: Vec<(u32, u32)>,
    /// Where phrases stand, of cues and of what sentences begin with.
    pub spots: Vec<Spot>,
    /// What is to be cut out, in bytes of the line.
    pub spans: Vec<(Range<usize>, u32)>,
}

impl Hits {
    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.strong.is_empty() && self.cues.is_empty() && self.spans.is_empty()
    }
}

impl Lexicon {
    /// The lexicon of a language: its own rules and the ones of every language.
    pub fn new(rules: &Rules, language: &str) -> Result<Self> {
        let files = [language, ANY].into_iter().filter_map(|name| rules.files.get(name));
        let files: Vec<Cow<'_, RuleFile>> = files.map(RuleFile::whole).collect::<Result<_>>()?;
        let all: Vec<Rule> = files.iter().flat_map(|file| file.rules.clone()).collect();
        let (mut builder, mut padding) = (Builder::default(), Padding::default());
        for (number, rule) in (0..).zip(&all) {
            builder.add(number, rule, &mut padding);
        }
        for file in &files {
            builder.words(&file.words);
        }
        let vocabularies = &rules.vocabularies;
        builder.class(&vocabularies.icons, class::ICON);
        builder.class(&vocabularies.networks, class::NETWORK);
        builder.class(&vocabularies.agencies, class::AGENCY);
        let polite = files.iter().flat_map(|file| file.words.polite.clone()).collect();
        Ok(Self { polite, ..builder.build(all)? })
    }

    /// Has something done in a workspace, which is this lexicon's alone: what its automata have
    /// seen is of use to the next.
    pub(super) fn work<T>(&self, with: impl FnOnce(&mut Workspace) -> T) -> T {
        let mut work = self.lock().pop().unwrap_or_default();
        let done = with(&mut work);
        self.lock().push(work);
        done
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Workspace>> {
        // Nobody panics between taking one out and putting it back who holds the lock.
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the language has words of polite address.
    pub(super) fn has_polite(&self) -> bool {
        !self.polite.is_empty()
    }

    /// Words of polite address inside the sentences of a line.
    pub fn polite(&self, text: &str) -> usize {
        if !self.has_polite() {
            return 0;
        }
        let words = text.split_whitespace().zip(text.split_whitespace().skip(1));
        let inside = words.filter(|(before, word)| {
            let word = word.trim_matches(|c: char| !c.is_alphanumeric());
            !before.ends_with(['.', '!', '?', ':', '…']) && self.polite.iter().any(|p| p == word)
        });
        inside.count()
    }

    /// The rule of a number in [`Hits`].
    pub fn rule(&self, number: u32) -> &Rule {
        &self.rules[number as usize]
    }

    /// What a document is known to be where these hits are boilerplate.
    pub fn flags(&self, hits: &Hits) -> impl Iterator<Item = Flag> {
        let cues = hits.cues.iter().map(|(rule, _)| rule);
        hits.strong.iter().chain(cues).filter_map(|&rule| self.rule(rule).flag)
    }

    /// Takes out of the hits what counts for other outlets only.
    pub fn confine(&self, hits: &mut Hits, outlet: &str) {
        if self.confined {
            hits.strong.retain(|&rule| self.rule(rule).counts_for(outlet));
            hits.cues.retain(|&(rule, _)| self.rule(rule).counts_for(outlet));
            hits.spans.retain(|&(_, rule)| self.rule(rule).counts_for(outlet));
        }
    }

    /// What is known of a word by its key; nothing of most.
    #[inline]
    pub(super) fn word(&self, key: u64) -> Option<Entry> {
        self.phrases.word(key)
    }

    /// Notes the phrases that the last of a line's words so far may be of.
    #[inline]
    pub(super) fn note(&self, entry: Entry, words: &[u64], near: &mut Vec<Found>) {
        self.phrases.note(entry, words, near);
    }

    /// What of the rules is found in `line`, which was read into `work`: its words, and the phrases
    /// that may be in it.
    pub(super) fn find(&self, line: &str, work: &mut Workspace) -> Hits {
        let mut hits = Hits::default();
        let words = work.words.len();
        hits.strong.extend(self.labels.whole(&work.words));
        hits.verbatim = !hits.strong.is_empty();
        self.find_phrases(line, work, &mut hits);
        self.find_expressions(line, words, work, &mut hits);
        if hits.strong.is_empty() {
            let class = |word| self.word(word).map_or(0, |entry| entry.class);
            let is_function = |word| class(word) & class::FUNCTION > 0;
            let row = self.labels.row(line, &work.words, is_function);
            hits.row = row.is_some();
            hits.strong.extend(row.into_iter().flatten());
        }
        hits.strong.retain(|&rule| words <= self.rule(rule).max_words);
        hits.cues.retain(|&(rule, _)| words <= self.rule(rule).max_words);
        hits.strong.sort_unstable();
        hits.strong.dedup();
        hits.inside |= !hits.cues.is_empty();
        hits
    }

    fn find_phrases(&self, line: &str, work: &mut Workspace, hits: &mut Hits) {
        let Workspace { words, near, .. } = work;
        self.phrases.settle(words, near);
        hits.spots.extend(near.iter().map(|found| self.phrases.spot(*found)));
        Phrases::each_once(near);
        for told in near.iter().filter_map(|found| self.phrases.meaning(*found, words)) {
            match told {
                Told::Start(rule, length) => {
                    if self.follows_well(rule, line, length) {
                        hits.strong.push(rule);
                    }
                }
                Told::Inside => hits.inside = true,
                Told::Cue(rule) => match hits.cues.iter_mut().find(|(r, _)| *r == rule) {
                    Some((_, count)) => *count += 1,
                    None => hits.cues.push((rule, 1)),
                },
            }
        }
    }

    /// Whether what the rule wants to stand behind its phrase, of so many words, stands there: a colon
    /// or its like.
    fn follows_well(&self, rule: u32, line: &str, wanted: usize) -> bool {
        let Matcher::Starts { colon: true, .. } = self.rule(rule).matcher else { return true };
        let mut seen = 0;
        let mut after = line.len();
        words::each(line, |_, range| {
            seen += 1;
            if seen == wanted {
                after = range.end;
            }
        });
        let rest = line[after..].trim_start();
        rest.starts_with([':', '：', '>', '»', '›', '|', '–', '—', '→', '▶', '►'])
            || rest.starts_with("- ")
    }

    fn find_expressions(&self, line: &str, words: usize, work: &mut Workspace, hits: &mut Hits) {
        let Workspace { sight, matcher, cutter, .. } = work;
        for number in self.filter.candidates(Asked::new(line, words), sight) {
            if let Some((rule, whole)) = self.patterns.get(number) {
                if words <= self.rule(*rule).max_words && matcher.matches(whole, line) {
                    hits.strong.push(*rule);
                }
            } else if let Some((rule, span)) = self.spans.get(number - self.patterns.len()) {
                cutter.cuts(span, line, |range| hits.spans.push((range, *rule)));
            }
        }
        hits.spans.sort_by_key(|(range, rule)| (range.start, range.end, *rule));
        // Of two that overlap the first stays.
        let mut end = 0;
        hits.spans.retain(|(range, _)| {
            let free = range.start >= end;
            end = if free { range.end } else { end };
            free
        });
    }
}

/// Brings lines to the form that phrases are matched on: folded words, numbers as `#`, a space at
/// either end. Its memory is used again for the next.
#[derive(Debug, Default)]
pub struct Padding {
    padded: Padded,
    reader: words::Reader,
}

impl Padding {
    /// What is brought to that form last.
    pub fn text(&self) -> &str {
        // Words are text, and so is a row of them.
        str::from_utf8(self.padded.bytes()).unwrap_or_default()
    }

    /// A line in that form.
    pub fn of(&mut self, line: &str) -> &str {
        self.padded.clear();
        self.reader.each_into(line, &mut self.padded);
        self.text()
    }
}

/// Folded words, numbers as `#`, with a space at either end.
#[derive(Debug)]
pub(super) struct Padded(Vec<u8>);

impl Default for Padded {
    fn default() -> Self {
        // Room for most lines from the beginning.
        let mut words = Vec::with_capacity(256);
        words.push(b' ');
        Self(words)
    }
}

impl Padded {
    /// Drops all words.
    pub(super) fn clear(&mut self) {
        self.0.truncate(1);
    }

    /// The words as bytes of text.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Adds a word.
    #[inline]
    pub(super) fn push(&mut self, word: &str) {
        self.0.extend_from_slice(word.as_bytes());
        self.0.push(b' ');
    }

    /// Adds a word of so many bytes that is told as a number (see [`words::short`]): so many bytes
    /// are copied as it may have, which needs no loop.
    #[inline]
    pub(super) fn push_short(&mut self, word: u128, length: usize) {
        let end = self.0.len() + length;
        self.0.extend_from_slice(&word.to_le_bytes());
        self.0.truncate(end);
        self.0.push(b' ');
    }
}

impl words::Sink for Padded {
    fn word(&mut self, word: &str, _: Range<usize>) {
        self.push(if is_number(word) { NUMBER } else { word });
    }

    // As all that is done with every word.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn ascii_word(&mut self, word: AsciiWord<'_>, range: Range<usize>) {
        match word.short() {
            Some(short) if !begins_with_digit(short) => self.push_short(short, range.len()),
            _ => self.word(word.text(), range),
        }
    }
}

/// What stands for a number.
pub(super) const NUMBER: &str = "#";

/// Whether a plain word that is told as a number begins with a digit.
#[inline]
pub(super) fn begins_with_digit(short: u128) -> bool {
    (short as u8).is_ascii_digit()
}

/// Whether a folded word is a number.
#[inline]
pub(super) fn is_number(word: &str) -> bool {
    let may_be = word.as_bytes().first().is_none_or(|first| !first.is_ascii_lowercase());
    may_be && word.chars().all(char::is_numeric)
}

#[derive(Default)]
struct Builder {
    labels: Labels,
    phrases: Vec<(String, Meaning)>,
    patterns: Vec<(u32, String)>,
    spans: Vec<(u32, String)>,
    classes: hash::Map<u16>,
}

impl Builder {
    fn add(&mut self, number: u32, rule: &Rule, padding: &mut Padding) {
        match &rule.matcher {
            Matcher::Lines(phrases) => {
                for phrase in phrases {
                    if phrase.contains('*') {
                        self.wild(number, phrase, true, padding);
                    } else {
                        self.labels.add(&phrases::keys(&padded(phrase, padding)), number);
                    }
                }
            }
            Matcher::Labels(phrases) => {
                for phrase in phrases {
                    self.labels.add_part(&phrases::keys(&padded(phrase, padding)), number);
                }
            }
            Matcher::Starts { phrases, .. } => {
                for phrase in phrases {
                    if phrase.contains('*') {
                        self.wild(number, phrase, false, padding);
                    } else {
                        self.phrases.push((padded(phrase, padding), Meaning::Start(number)));
                    }
                }
            }
            Matcher::Cues { phrases, .. } => {
                for phrase in phrases {
                    self.phrases.push((padded(phrase, padding), Meaning::Cue(number)));
                }
            }
            Matcher::Pattern(regex) => {
                self.patterns.push((number, format!(r"^(?:{regex})$")));
            }
            Matcher::Span(regex) => {
                self.spans.push((number, regex.clone()));
            }
        }
    }

    /// A phrase with `*`: its first plain words are looked for, and what follows is compared there.
    fn wild(&mut self, rule: u32, phrase: &str, whole: bool, padding: &mut Padding) {
        let mut parts = phrase.split('*').map(|part| padded(part, padding));
        let first = parts.next().unwrap_or_default();
        let rest = parts.map(|part| phrases::keys(&part)).collect();
        self.phrases.push((first, Meaning::Wild { rule, rest, whole }));
    }

    fn words(&mut self, lists: &WordLists) {
        for (list, bit) in [
            (&lists.you, class::YOU),
            (&lists.we, class::WE),
            (&lists.third, class::THIRD),
            (&lists.speech, class::SPEECH),
            (&lists.past, class::PAST),
            (&lists.function, class::FUNCTION),
            (&lists.imperative, class::IMPERATIVE),
            (&lists.months, class::MONTH),
        ] {
            self.class(list, bit);
        }
    }

    fn class(&mut self, list: &[String], bit: u16) {
        for word in list {
            *self.classes.entry(phrases::key(word)).or_default() |= bit;
        }
    }

    fn build(self, rules: Vec<Rule>) -> Result<Lexicon> {
        let patterns = self.patterns.iter();
        let most_words: Vec<usize> =
            patterns.map(|(rule, _)| rules[*rule as usize].max_words).collect();
        let mut syntax = Syntax::default();
        let sources = self.patterns.iter().chain(&self.spans);
        let parts: Vec<Part> = sources
            .map(|(_, source)| syntax.read(source).map_err(Error::config))
            .collect::<Result<_>>()?;
        let sets = syntax.sets();
        let filter = Filter::new(&parts, &sets, &most_words)?;
        let mut parts = parts.into_iter();
        let whole = |((rule, _), part)| Ok((rule, Whole::of(part, &sets)?));
        let patterns = self.patterns.into_iter().zip(parts.by_ref()).map(whole);
        let patterns = patterns.collect::<Result<_>>()?;
        let span = |((rule, _), part)| Ok((rule, Expression::of(&part, &sets)?));
        let spans = self.spans.into_iter().zip(parts).map(span).collect::<Result<_>>()?;
        Ok(Lexicon {
            confined: rules.iter().any(|rule| !rule.outlets.is_empty()),
            labels: self.labels,
            phrases: Phrases::new(&self.phrases, &self.classes),
            filter,
            patterns,
            spans,
            rules,
            polite: Vec::new(),
            free: Mutex::default(),
        })
    }
}

/// A phrase in the form it is looked for in. `#` stands for a number in it and is no word of its own:
/// what is around it is folded.
fn padded(phrase: &str, padding: &mut Padding) -> String {
    if !phrase.contains('#') {
        return padding.of(phrase).to_owned();
    }
    let mut out = String::from(" ");
    for part in phrase.split_whitespace() {
        out.push_str(if part == "#" { "# " } else { &padding.of(part)[1..] });
    }
    out
}
