//! The lexicon: one language's rules compiled so that a line costs one pass, whatever their number.
//!
//! Phrases are matched on the folded line (its matching words joined by spaces, numbers as `#`):
//! whole lines by a hash look-up, cues and beginnings by one automaton. Regular expressions see the
//! line as it was written, and only lines short enough to be no paragraph.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use regex::{Regex, RegexBuilder};

use super::literals;
use super::rules::{ANY, Flag, Matcher, Rule, RuleFile, Rules, WordLists};
use crate::error::{Error, Result};
use crate::{hash, words};

/// Longer lines are paragraphs: whole-line patterns leave them alone.
const PATTERN_CHARS: usize = 600;

/// Shorter beginnings, with a space at either end, are words of every text.
const LONG_START: usize = 8;

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
}

/// One language's rules, and those of every language, compiled.
#[derive(Debug)]
pub struct Lexicon {
    rules: Vec<Rule>,
    /// Whether any of them counts for some outlets only.
    confined: bool,
    lines: HashMap<u64, Vec<u32>>,
    phrases: AhoCorasick,
    /// For every phrase of the automaton, what its occurrence means.
    means: Vec<Meaning>,
    patterns: Gated,
    spans: Gated,
    classes: HashMap<u64, u16>,
    /// Words of polite address, as written.
    polite: Vec<String>,
}

#[derive(Debug)]
enum Meaning {
    Cue(u32),
    /// Counts at the line's beginning only.
    Start(u32),
    /// The rule's phrases have wildcards: this is the longest plain part of one.
    Wild(u32, Regex),
}

/// What of the rules is found in a line.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Hits {
    /// Rules that are enough alone, in the rules' order.
    pub strong: Vec<u32>,
    /// Whether the line is, word for word, a phrase of one of these.
    pub verbatim: bool,
    /// Whether a phrase stands inside that one of its sentences may begin with, or a cue.
    pub inside: bool,
    /// Cue rules and how many different phrases of theirs were found.
    pub cues: Vec<(u32, u32)>,
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
        let files: Vec<&RuleFile> =
            [language, ANY].iter().filter_map(|name| rules.files.get(*name)).collect();
        let all: Vec<Rule> = files.iter().flat_map(|file| file.rules.clone()).collect();
        let mut builder = Builder::default();
        for (number, rule) in (0..).zip(&all) {
            builder.add(number, rule)?;
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

    /// Words of polite address inside the sentences of a line.
    pub fn polite(&self, text: &str) -> usize {
        if self.polite.is_empty() {
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

    /// What the word is evidence of, as bits of [`class`].
    pub fn class(&self, folded: &str) -> u16 {
        self.classes.get(&hash::of(folded.as_bytes())).copied().unwrap_or(0)
    }

    /// What of the rules is found in `line`, whose folded, number-blind form between spaces is
    /// `padded` (see [`pad`]).
    pub fn find(&self, line: &str, padded: &str, words: usize) -> Hits {
        let mut hits = Hits::default();
        let whole = hash::of(padded.trim_matches(' ').as_bytes());
        hits.strong.extend(self.lines.get(&whole).into_iter().flatten());
        hits.verbatim = !hits.strong.is_empty();
        self.find_phrases(line, padded, &mut hits);
        if line.len() <= PATTERN_CHARS {
            let found = self.patterns.candidates(line);
            hits.strong
                .extend(found.filter(|(_, regex)| regex.is_match(line)).map(|(rule, _)| rule));
        }
        self.find_spans(line, &mut hits);
        hits.strong.retain(|&rule| words <= self.rule(rule).max_words);
        hits.cues.retain(|&(rule, _)| words <= self.rule(rule).max_words);
        hits.strong.sort_unstable();
        hits.strong.dedup();
        hits.inside |= !hits.cues.is_empty();
        hits
    }

    fn find_phrases(&self, line: &str, padded: &str, hits: &mut Hits) {
        let mut seen: Vec<usize> = Vec::new();
        for found in self.phrases.find_overlapping_iter(padded) {
            let phrase = found.pattern().as_usize();
            if seen.contains(&phrase) {
                continue;
            }
            match &self.means[phrase] {
                Meaning::Start(rule) if found.start() == 0 => {
                    if self.follows_well(*rule, line, padded, found.end()) {
                        hits.strong.push(*rule);
                    }
                }
                Meaning::Start(_) => {
                    hits.inside |= found.len() > LONG_START;
                    continue;
                }
                Meaning::Wild(rule, regex) => {
                    if regex.is_match(padded) && self.follows_well(*rule, line, padded, 0) {
                        hits.strong.push(*rule);
                    }
                }
                Meaning::Cue(rule) => match hits.cues.iter_mut().find(|(r, _)| r == rule) {
                    Some((_, count)) => *count += 1,
                    None => hits.cues.push((*rule, 1)),
                },
            }
            seen.push(phrase);
        }
    }

    /// Whether what the rule wants to stand behind its phrase stands there: a colon or its like.
    fn follows_well(&self, rule: u32, line: &str, padded: &str, end: usize) -> bool {
        let Matcher::Starts { colon: true, .. } = self.rule(rule).matcher else { return true };
        let wanted = padded[..end].split_whitespace().count();
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

    fn find_spans(&self, line: &str, hits: &mut Hits) {
        for (rule, regex) in self.spans.candidates(line) {
            if regex.captures_len() == 1 {
                let found = regex.find_iter(line).filter(|found| !found.is_empty());
                hits.spans.extend(found.map(|found| (found.range(), rule)));
                continue;
            }
            if !regex.is_match(line) {
                continue;
            }
            for captures in regex.captures_iter(line) {
                let cut = captures.name("cut").or_else(|| captures.get(0));
                hits.spans.extend(cut.filter(|cut| !cut.is_empty()).map(|cut| (cut.range(), rule)));
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

/// Brings a line to the form that phrases are matched on: folded words, numbers as `#`, a space at
/// either end. Returns the number of words.
pub fn pad(line: &str, out: &mut String) -> usize {
    out.clear();
    out.push(' ');
    let mut count = 0;
    words::each(line, |word, _| {
        let number = word.chars().all(char::is_numeric);
        out.push_str(if number { "#" } else { word });
        out.push(' ');
        count += 1;
    });
    count
}

#[derive(Default)]
struct Builder {
    lines: HashMap<u64, Vec<u32>>,
    phrases: Vec<String>,
    means: Vec<Meaning>,
    patterns: Vec<(u32, String)>,
    spans: Vec<(u32, String)>,
    classes: HashMap<u64, u16>,
}

impl Builder {
    fn add(&mut self, number: u32, rule: &Rule) -> Result<()> {
        match &rule.matcher {
            Matcher::Lines(phrases) => {
                for phrase in phrases {
                    if phrase.contains('*') {
                        self.wild(number, phrase, true)?;
                    } else {
                        let padded = padded(phrase);
                        let key = hash::of(padded.trim_matches(' ').as_bytes());
                        self.lines.entry(key).or_default().push(number);
                    }
                }
            }
            Matcher::Starts { phrases, .. } => {
                for phrase in phrases {
                    if phrase.contains('*') {
                        self.wild(number, phrase, false)?;
                    } else {
                        self.phrase(padded(phrase), Meaning::Start(number));
                    }
                }
            }
            Matcher::Cues { phrases, .. } => {
                for phrase in phrases {
                    self.phrase(padded(phrase), Meaning::Cue(number));
                }
            }
            Matcher::Pattern(regex) => {
                self.patterns.push((number, format!(r"^(?:{regex})$")));
            }
            Matcher::Span(regex) => {
                self.spans.push((number, regex.clone()));
            }
        }
        Ok(())
    }

    fn phrase(&mut self, phrase: String, meaning: Meaning) {
        self.phrases.push(phrase);
        self.means.push(meaning);
    }

    /// A phrase with `*`: its first plain words go into the automaton, and where they are found
    /// the whole is tried.
    fn wild(&mut self, number: u32, phrase: &str, to_end: bool) -> Result<()> {
        let parts: Vec<String> =
            phrase.split('*').map(|part| padded(part).trim().to_owned()).collect();
        let escaped: Vec<String> = parts.iter().map(|p| regex::escape(p)).collect();
        let regex = escaped.join(r"(?: \S+){1,6} ").replace("  ", " ");
        let regex = format!("^ {}{}", regex.trim(), if to_end { " ?$" } else { " " });
        let regex = Regex::new(&regex).map_err(|e| Error::config(format!("`{phrase}`: {e}")))?;
        self.phrase(format!(" {} ", parts[0]), Meaning::Wild(number, regex));
        Ok(())
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
            *self.classes.entry(hash::of(word.as_bytes())).or_default() |= bit;
        }
    }

    fn build(self, rules: Vec<Rule>) -> Result<Lexicon> {
        Ok(Lexicon {
            confined: rules.iter().any(|rule| !rule.outlets.is_empty()),
            phrases: automaton(&self.phrases)?,
            patterns: Gated::new(self.patterns)?,
            spans: Gated::new(self.spans)?,
            rules,
            lines: self.lines,
            means: self.means,
            classes: self.classes,
            polite: Vec::new(),
        })
    }
}

/// Regular expressions of which only those are tried whose literals stand in the line.
#[derive(Debug)]
struct Gated {
    gate: AhoCorasick,
    /// For every literal of the gate, the expression it belongs to.
    opens: Vec<usize>,
    /// Expressions that need no literal.
    open: Vec<usize>,
    regexes: Vec<(u32, Lazy)>,
}

/// An expression compiled when a line first makes it worth trying: most never are.
#[derive(Debug)]
struct Lazy {
    source: String,
    compiled: OnceLock<Option<Regex>>,
}

impl Lazy {
    fn get(&self) -> Option<&Regex> {
        // That it compiles was seen when the rule was loaded, or is seen by a test.
        self.compiled.get_or_init(|| compile(&self.source).ok()).as_ref()
    }
}

impl Gated {
    fn new(expressions: Vec<(u32, String)>) -> Result<Self> {
        let (mut literals, mut opens, mut open) = (Vec::new(), Vec::new(), Vec::new());
        let mut regexes = Vec::with_capacity(expressions.len());
        for (i, (rule, expression)) in expressions.into_iter().enumerate() {
            match literals::required(&expression) {
                Some(required) => {
                    opens.extend(required.iter().map(|_| i));
                    literals.extend(required);
                }
                None => open.push(i),
            }
            regexes.push((rule, Lazy { source: expression, compiled: OnceLock::new() }));
        }
        Ok(Self { gate: automaton(&literals)?, opens, open, regexes })
    }

    /// The expressions worth trying on a line, with their rules.
    fn candidates(&self, line: &str) -> impl Iterator<Item = (u32, &Regex)> {
        let mut worth = self.open.clone();
        let lower = line.to_lowercase();
        let found = self.gate.find_overlapping_iter(&lower);
        worth.extend(found.map(|literal| self.opens[literal.pattern().as_usize()]));
        worth.sort_unstable();
        worth.dedup();
        worth.into_iter().filter_map(|i| Some((self.regexes[i].0, self.regexes[i].1.get()?)))
    }
}

fn automaton(phrases: &[String]) -> Result<AhoCorasick> {
    AhoCorasick::builder()
        .kind(Some(AhoCorasickKind::DFA))
        .match_kind(MatchKind::Standard)
        .build(phrases)
        .map_err(|e| Error::config(format!("the rules do not compile together: {e}")))
}

fn padded(phrase: &str) -> String {
    // `#` stands for a number and is no word of its own: fold what is around it.
    let mut out = String::from(" ");
    let mut word = String::new();
    for part in phrase.split_whitespace() {
        if part == "#" {
            out.push_str("# ");
        } else {
            pad(part, &mut word);
            out.push_str(word.trim_start());
        }
    }
    out
}

/// Compiles an expression of a rule: blind to case, and large enough for names in any script.
pub(super) fn compile(regex: &str) -> Result<Regex> {
    RegexBuilder::new(regex)
        .case_insensitive(true)
        .size_limit(64 << 20)
        .build()
        .map_err(|e| Error::config(e.to_string()))
}
