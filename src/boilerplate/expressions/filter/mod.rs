//! Which of many expressions may match a line, found out from a few of its characters.
//!
//! Rules hold a hundred expressions and almost no line matches any of them. Read without their
//! counts (`[^.!?]{0,70}` as `[^.!?]*`), expressions match all they matched and a little more, and
//! have few places to be in; so many of them together run as one automaton. Its states, the sets of
//! places that come up, are found out as lines come, and each remembers what every class of
//! characters made of it (lazy determinization; Cox, *Regular Expression Matching in the Wild*,
//! 2010). What may match is then run by the machine, which counts.
//!
//! An automaton is left as soon as nothing can match any more. Most expressions begin or end with
//! something that few lines begin or end with; so each is read from the end where that is sooner
//! over. What is left reads lines as a whole, and only those that hold the strings that it cannot do
//! without (`literals`).
//!
//! The states are a cache: what they say is what the steps say, whichever lines came before.

mod automaton;
mod beginnings;
mod builder;
mod classes;
mod gate;
mod literals;
mod opened;

use std::sync::Arc;

use super::expression::Way;
use super::sets::Set;
use super::syntax::Part;
use crate::error::Result;
use automaton::{Automaton, BEGINNING, DEAD, Group, Run, STOPS, TELLS, UNKNOWN};
use beginnings::FIRST;
use classes::Classes;
use gate::Gate;
use opened::{Opened, Steps};

/// The filter of a language's expressions.
#[derive(Debug)]
pub(in crate::boilerplate) struct Filter {
    steps: Steps,
    /// The alternatives of all expressions, in the order of their steps.
    alternatives: Vec<Alternative>,
    /// How many expressions there are.
    count: usize,
    classes: Classes,
    /// What runs together at first.
    groups: Vec<Group>,
    /// For lines of every size the strings that expressions with gates need.
    gates: [Option<Gate>; Size::ALL.len()],
}

/// An expression, or one of its alternatives.
#[derive(Debug, Clone, Copy)]
struct Alternative {
    /// The expression's number.
    expression: u32,
    /// The most characters of a line that it can match as a whole.
    longest: usize,
}

/// How long a line is, and how long a line an expression can match. Most expressions count how much
/// they read, or their rules how many words, and most lines are longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Size {
    /// A sentence: few words, or few characters.
    Sentence,
    /// Any other line that is no paragraph.
    Line,
    /// Only spans are looked for in it.
    Paragraph,
}

impl Size {
    const ALL: [Self; 3] = [Self::Sentence, Self::Line, Self::Paragraph];

    /// Of so many words, or of so many characters.
    fn of(words: usize, chars: usize) -> Self {
        let is_sentence = words <= SENTENCE_WORDS || chars <= SENTENCE_CHARS;
        if is_sentence { Self::Sentence } else { Self::Line }
    }
}

/// Longer lines, in bytes, are paragraphs: whole-line expressions leave them alone.
const PARAGRAPH: usize = 600;

/// What a sentence has at most: words, or characters.
const SENTENCE_WORDS: usize = 30;
const SENTENCE_CHARS: usize = 160;

/// A line that expressions are asked of.
#[derive(Debug, Clone, Copy)]
pub(in crate::boilerplate) struct Asked<'l> {
    line: &'l str,
    chars: usize,
    size: Size,
}

impl<'l> Asked<'l> {
    /// A line of so many words.
    pub(in crate::boilerplate) fn new(line: &'l str, words: usize) -> Self {
        if line.len() > PARAGRAPH {
            // No expression of whole lines is asked, and no other looks at the length.
            return Self { line, chars: line.len(), size: Size::Paragraph };
        }
        let chars = if line.is_ascii() { line.len() } else { line.chars().count() };
        Self { line, chars, size: Size::of(words, chars) }
    }
}

/// What was found out; its memory is used again for the next line.
#[derive(Debug, Default)]
pub(in crate::boilerplate) struct Sight {
    automata: Vec<Automaton>,
    turns: Turns,
    /// Those that read the line, at the same place.
    cursors: Vec<Cursor>,
    opened: Opened,
    /// Where the places of a new state are gathered.
    scratch: Vec<u32>,
    /// Whether states were found out since this was last false.
    has_learned: bool,
    may: Bits,
}

/// Which automata read which lines, by the line's size and the way.
#[derive(Debug, Default)]
struct Turns([[Vec<(u64, usize)>; Way::ALL.len()]; Size::ALL.len()]);

impl Turns {
    fn new(automata: &[Automaton]) -> Self {
        let mut turns = Self::default();
        for (number, Automaton { group, .. }) in automata.iter().enumerate() {
            for size in Size::ALL.into_iter().filter(|size| group.kind.reach >= *size) {
                turns.0[size as usize][group.kind.way as usize].push((group.gates, number));
            }
        }
        turns
    }

    /// The automata that read a line in some way, where these gates are open.
    fn of(&self, size: Size, way: Way, open: u64) -> impl Iterator<Item = usize> {
        let all = self.0[size as usize][way as usize].iter();
        all.filter(move |(gates, _)| gates & !open == 0).map(|(_, automaton)| *automaton)
    }
}

/// Where an automaton is in a line.
#[derive(Debug, Clone, Copy)]
struct Cursor {
    automaton: usize,
    state: u16,
}

impl Filter {
    /// Of expressions by their numbers: first those of whole lines, each with the most words of a line
    /// that it counts for, then spans; with the sets that they are made of.
    pub(in crate::boilerplate) fn new(
        expressions: &[Part],
        sets: &Arc<[Set]>,
        most_words: &[usize],
    ) -> Result<Self> {
        builder::build(expressions, sets, most_words)
    }

    /// The expressions that may match a line, in their order; of a paragraph, spans only.
    pub(in crate::boilerplate) fn candidates<'s>(
        &self,
        asked: Asked<'_>,
        sight: &'s mut Sight,
    ) -> impl Iterator<Item = usize> + use<'s> {
        if sight.automata.is_empty() {
            sight.opened = Opened::new(self.steps.len());
            let group = |one: &Group| Automaton::new(self, one.clone(), &mut sight.opened);
            sight.automata.extend(self.groups.iter().map(group));
            sight.turns = Turns::new(&sight.automata);
        }
        sight.may.clear(self.count);
        let gate = self.gates[asked.size as usize].as_ref();
        let open = gate.map_or(0, |gate| gate.open(asked.line));
        let Asked { line, size, .. } = asked;
        self.set_out(line.chars(), (size, Way::Forward, open), sight);
        self.read(line.chars(), asked.chars, sight);
        self.set_out(line.chars().rev(), (size, Way::Backward, open), sight);
        self.read(line.chars().rev(), asked.chars, sight);
        if std::mem::take(&mut sight.has_learned) {
            self.part(sight);
        }
        sight.may.ones()
    }

    /// Chooses the automata that read a line of some size in some way, where these gates are open.
    fn set_out(
        &self,
        line: impl Iterator<Item = char>,
        (size, way, open): (Size, Way, u64),
        sight: &mut Sight,
    ) {
        let Sight { automata, turns, cursors, .. } = sight;
        let mut first = [0; FIRST];
        let classes = line.map(|c| self.classes.of(c));
        let is_whole =
            first.iter_mut().zip(classes).map(|(to, class)| *to = class).count() == FIRST;
        // Of a shorter line all is the beginning.
        let reads = |automaton: &usize| !is_whole || automata[*automaton].reads(first);
        cursors.clear();
        let all = turns.of(size, way, open).filter(reads);
        cursors.extend(all.map(|automaton| Cursor { automaton, state: BEGINNING }));
    }

    /// Parts groups whose states have become too many.
    fn part(&self, sight: &mut Sight) {
        let Sight { automata, turns, opened, .. } = sight;
        while let Some(at) = automata.iter().position(Automaton::is_to_be_parted) {
            let parts = automata.swap_remove(at).group.part();
            automata.extend(parts.map(|part| Automaton::new(self, part, opened)));
            *turns = Turns::new(automata);
        }
    }

    /// Has the automata of the cursors read a line, as far as anything can match: side by side, so that
    /// none waits for what another one looks up.
    fn read(&self, line: impl Iterator<Item = char>, chars: usize, sight: &mut Sight) {
        let Sight { automata, cursors, opened, scratch, has_learned, may, .. } = sight;
        for class in line.map(|c| self.classes.of(c)) {
            let mut at = 0;
            while let Some(cursor) = cursors.get_mut(at) {
                let Automaton { letters, states, .. } = &mut automata[cursor.automaton];
                let letter = letters.of(class);
                let next = states.follows(cursor.state, letter);
                cursor.state = if next & TELLS == 0 {
                    next
                } else if next == STOPS {
                    DEAD
                } else {
                    *has_learned |= next == UNKNOWN;
                    let mut run =
                        Run { filter: self, chars, letters, states, opened, scratch, may };
                    run.go_on(cursor.state, letter, next)
                };
                if cursor.state == DEAD {
                    cursors.swap_remove(at);
                } else {
                    at += 1;
                }
            }
            if cursors.is_empty() {
                return;
            }
        }
        for &Cursor { automaton, state } in cursors.iter() {
            let Automaton { letters, states, .. } = &mut automata[automaton];
            Run { filter: self, chars, letters, states, opened, scratch, may }.end(state);
        }
    }
}

/// A set of numbers.
#[derive(Debug, Default)]
struct Bits(Vec<u64>);

impl Bits {
    fn clear(&mut self, count: usize) {
        self.0.clear();
        self.0.resize(count.div_ceil(64), 0);
    }

    fn extend(&mut self, numbers: impl IntoIterator<Item = u32>) {
        for number in numbers {
            self.0[number as usize / 64] |= 1 << (number % 64);
        }
    }

    fn ones(&self) -> impl Iterator<Item = usize> {
        let all = self.0.iter().enumerate();
        all.flat_map(|(i, &bits)| ones(bits).map(move |bit| 64 * i + bit))
    }
}

/// The bits of a number that are set.
fn ones(mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let lowest = bits.trailing_zeros() as usize;
        bits &= bits.checked_sub(1)?;
        Some(lowest)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::{Regex, RegexBuilder};

    use super::automaton::Life;
    use super::*;
    use crate::boilerplate::expressions::machine::tests::REGEXES;
    use crate::boilerplate::expressions::syntax::Syntax;
    use crate::boilerplate::rules::{Matcher, Rules};
    use crate::hash;

    fn filter(whole: &[String], spans: &[String]) -> Filter {
        let mut syntax = Syntax::default();
        let all = whole.iter().chain(spans);
        let parts: Vec<Part> = all.map(|regex| syntax.read(regex).unwrap()).collect();
        Filter::new(&parts, &syntax.sets(), &vec![usize::MAX; whole.len()]).unwrap()
    }

    fn found(filter: &Filter, line: &str, sight: &mut Sight) -> Vec<usize> {
        filter.candidates(Asked::new(line, 1), sight).collect()
    }

    fn library(regex: &str) -> Regex {
        let mut builder = RegexBuilder::new(regex);
        builder.case_insensitive(true).size_limit(64 << 20).build().unwrap()
    }

    fn whole(regex: &str) -> String {
        format!("^(?:{regex})$")
    }

    #[test]
    fn what_begins_otherwise_is_not_read() {
        let regexes =
            ["(?:read|see) more.{0,9}", "(?-i:[A-Z][A-Z]).{0,9}", "ad", "[0-9]+(?:st|th)?"];
        let filter = filter(&regexes.map(whole), &[]);
        let mut sight = Sight::default();
        let known = |sight: &Sight| -> usize {
            sight.automata.iter().map(|automaton| automaton.states.places.len()).sum()
        };
        assert!(found(&filter, "no", &mut sight).is_empty());
        let before = known(&sight);
        for line in ["seek more", "Rear view", "admit", "12nd", "Nobody came", "äöüß"] {
            assert!(found(&filter, line, &mut sight).is_empty());
            assert_eq!(known(&sight), before, "{line}");
        }
        for (number, line) in ["See more", "ABCD", "Ad", "1900th"].into_iter().enumerate() {
            assert_eq!(found(&filter, line, &mut sight), [number], "{line}");
        }
    }

    proptest! {
        /// One line after the other, so that later ones meet what earlier ones left.
        #[test]
        fn what_matches_is_never_held_back(
            lines in prop::collection::vec(
                "([aAbBcdéÉſsSK. \\n]|abc|[sSſ]{2}[kK\\u{212A}]|[kK\\u{212A}][sSſ]{2}){0,8}",
                1..20,
            ),
        ) {
            let wholes: Vec<String> = REGEXES.iter().map(|regex| whole(regex)).collect();
            let spans: Vec<String> = REGEXES.iter().map(|regex| (*regex).to_owned()).collect();
            let filter = filter(&wholes, &spans);
            let all: Vec<Regex> = wholes.iter().chain(&spans).map(|regex| library(regex)).collect();
            let mut sight = Sight::default();
            for line in &lines {
                let asked = Asked::new(line, 1);
                let found: Vec<usize> = filter.candidates(asked, &mut sight).collect();
                for (number, regex) in all.iter().enumerate().filter(|(_, regex)| regex.is_match(line)) {
                    prop_assert!(found.contains(&number), "{} {:?}", regex, line);
                }
                let paragraph = Asked { size: Size::Paragraph, ..asked };
                let spans: Vec<usize> = filter.candidates(paragraph, &mut sight).collect();
                let wanted: Vec<usize> = found.into_iter().filter(|at| *at >= wholes.len()).collect();
                prop_assert_eq!(spans, wanted);
            }
        }
    }

    /// Of every language's rules, on all lines that they show: what drops a line may match it, and
    /// hardly anything else may.
    #[test]
    fn rules_are_run_on_few_lines_but_their_own() {
        let rules = Rules::built_in().unwrap();
        for (language, file) in &rules.files {
            let patterns: Vec<_> = file
                .rules
                .iter()
                .filter_map(|rule| match &rule.matcher {
                    Matcher::Pattern(regex) => Some((rule, whole(regex))),
                    _ => None,
                })
                .collect();
            let sources: Vec<String> = patterns.iter().map(|(_, source)| source.clone()).collect();
            let (filter, mut sight) = (filter(&sources, &[]), Sight::default());
            let to_the_end = filter.groups.iter().filter(|group| group.kind.life == Life::Whole);
            let to_the_end: usize = to_the_end.map(|group| group.starts.len()).sum();
            assert!(to_the_end <= 5, "{language}: {to_the_end}");
            for (number, (rule, source)) in patterns.iter().enumerate() {
                let library = library(source);
                for line in rule.drops.iter().filter(|line| library.is_match(line)) {
                    let found = found(&filter, line, &mut sight);
                    assert!(found.contains(&number), "{language} {}: {line}", rule.id);
                }
            }
            let keeps: Vec<&String> = file.rules.iter().flat_map(|rule| &rule.keeps).collect();
            let run: usize = keeps.iter().map(|line| found(&filter, line, &mut sight).len()).sum();
            assert!(run * 4 <= keeps.len(), "{language}: {run} of {}", keeps.len());
        }
    }

    /// Whether few words or few characters keep an expression from a line, lines as long as that are
    /// still its own.
    #[test]
    fn an_expression_is_asked_of_lines_as_long_as_it_can_match() {
        let counted = [SENTENCE_CHARS - 2, SENTENCE_CHARS - 1, SENTENCE_CHARS, 280];
        let wholes: Vec<String> =
            counted.iter().map(|count| whole(&format!("(?:ax?|é){{0,{count}}}!"))).collect();
        let mut syntax = Syntax::default();
        let parts: Vec<Part> = wholes.iter().map(|regex| syntax.read(regex).unwrap()).collect();
        for most_words in [SENTENCE_WORDS - 1, SENTENCE_WORDS, SENTENCE_WORDS + 1, usize::MAX] {
            let filter = Filter::new(&parts, &syntax.sets(), &[most_words; 4]).unwrap();
            let mut sight = Sight::default();
            for (length, letter) in (150..290).flat_map(|length| [(length, "ax"), (length, "é")]) {
                let line = letter.repeat(length / letter.chars().count()) + "!";
                for words in SENTENCE_WORDS - 1..=(SENTENCE_WORDS + 2).min(most_words) {
                    let asked = Asked::new(&line, words);
                    let found: Vec<usize> = filter.candidates(asked, &mut sight).collect();
                    let of = wholes.iter().map(|regex| library(regex).is_match(&line));
                    for (number, _) in of.enumerate().filter(|(_, is_match)| *is_match) {
                        assert!(found.contains(&number), "{length} {letter} {words} {number}");
                    }
                }
            }
        }
    }

    /// Which of the last characters are an `a` makes more states than are kept.
    #[test]
    fn what_is_parted_or_forgotten_is_found_out_again() {
        let behind = [14, 13, 9];
        let wholes = behind.map(|count| whole(&format!("[ab]*a{}", "[ab]".repeat(count))));
        let filter = filter(&wholes, &[]);
        let mut sight = Sight::default();
        for line in 0..3000_u64 {
            let signs = hash::of(&line.to_le_bytes());
            let line: String = (0..60).map(|at| ['a', 'b'][(signs >> at & 1) as usize]).collect();
            let found = found(&filter, &line, &mut sight);
            let is_a = |number: &usize| line.as_bytes()[59 - behind[*number]] == b'a';
            assert_eq!(found, (0..3).filter(is_a).collect::<Vec<_>>(), "{line}");
        }
        assert_eq!(sight.automata.len(), 3);
        assert!(sight.automata.iter().any(|one| one.states.forgotten > 1));
    }
}
