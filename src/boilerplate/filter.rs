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

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::beginnings::{Beginnings, FIRST};
use super::classes::{Classes, Letters};
use super::expression::{Expression, Way};
use super::gate::Gate;
use super::literals::{self, TWINS};
use super::opened::{Opened, Steps};
use super::sets::Set;
use super::syntax::{Part, longest};
use crate::error::Result;
use crate::hash;

/// The filter of a language's expressions.
#[derive(Debug)]
pub(super) struct Filter {
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
pub(super) struct Asked<'l> {
    line: &'l str,
    chars: usize,
    size: Size,
}

impl<'l> Asked<'l> {
    /// A line of so many words.
    pub(super) fn new(line: &'l str, words: usize) -> Self {
        let chars = if line.is_ascii() { line.len() } else { line.chars().count() };
        let size = if line.len() > PARAGRAPH { Size::Paragraph } else { Size::of(words, chars) };
        Self { line, chars, size }
    }
}

/// Expressions that run as one automaton.
///
/// Its states are the product of what they do side by side, so a group whose states become too many
/// is parted. It begins with what goes well together.
#[derive(Debug, Clone)]
struct Group {
    kind: Kind,
    /// Where the expressions begin.
    starts: Vec<u32>,
    /// The same of those that may match behind a line's beginning.
    floating: Vec<u32>,
    /// The gates that must all be open, a bit each: for each a line must hold one of some strings.
    gates: u64,
}

/// What goes well together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    /// The longest lines that any of them can match.
    reach: Size,
    way: Way,
    life: Life,
}

/// How far into a line of nonsense expressions live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Life {
    /// They begin with certain words, and are dead behind them.
    Words,
    /// They begin with letters of some kind, and are dead behind the first sign.
    Letters,
    /// They may be alive for long, but only lines are read that hold a string which they need.
    Gated,
    /// They may be alive to the first sign, or the last.
    Long,
    /// They may be alive to the line's end.
    Whole,
}

/// What was found out; its memory is used again for the next line.
#[derive(Debug, Default)]
pub(super) struct Sight {
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
    pub(super) fn new(
        expressions: &[Part],
        sets: &Arc<[Set]>,
        most_words: &[usize],
    ) -> Result<Self> {
        let mut builder = Builder::new(sets);
        for (number, part) in expressions.iter().enumerate() {
            for parts in alternatives(vec![part]) {
                builder.add(number as u32, most_words.get(number).copied(), &parts)?;
            }
        }
        Ok(builder.build(expressions.len()))
    }

    /// The expressions that may match a line, in their order; of a paragraph, spans only.
    pub(super) fn candidates<'s>(
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

/// An expression's alternatives, each an expression of its own, as the parts that follow one another:
/// what shows soon that one of them does not match may not show it of another.
fn alternatives(parts: Vec<&Part>) -> Vec<Vec<&Part>> {
    if let [Part::Row(parts)] = parts.as_slice() {
        return alternatives(parts.iter().collect());
    }
    // `^(?:one|other)$`, too
    let is_look = |part: &Part| matches!(part, Part::Look(_));
    if let Some(at) = parts.iter().position(|part| !is_look(part))
        && let Part::Either(all) = parts[at]
        && parts[at + 1..].iter().all(|part| is_look(part))
    {
        let whole = |one| [&parts[..at], &[one], &parts[at + 1..]].concat();
        return all.iter().flat_map(|one| alternatives(whole(one))).collect();
    }
    vec![parts]
}

/// Puts a filter together.
#[derive(Debug)]
struct Builder<'b> {
    sets: &'b Arc<[Set]>,
    steps: Steps,
    alternatives: Vec<Alternative>,
    groups: BTreeMap<Kind, Group>,
    /// Expressions with gates.
    gated: Vec<Group>,
    /// Of every gate the strings that open it, and how long the lines are that ask for it.
    gates: Vec<(Vec<Vec<u8>>, Size)>,
}

impl<'b> Builder<'b> {
    fn new(sets: &'b Arc<[Set]>) -> Self {
        let (steps, alternatives, groups) = (Steps::default(), Vec::new(), BTreeMap::new());
        Self { sets, steps, alternatives, groups, gated: Vec::new(), gates: Vec::new() }
    }

    /// Adds an expression, given by its parts: the way in which it is dead soonest. `most_words` is
    /// none of a span.
    fn add(&mut self, number: u32, most_words: Option<usize>, parts: &[&Part]) -> Result<()> {
        let (way, lifetime, expression) = soonest(parts, self.sets)?;
        let begins_with_letters = expression.begins_with(|set| set.len() > NARROWEST);
        let mut life = match lifetime {
            Some(..=SOON) if begins_with_letters => Life::Letters,
            Some(..=SOON) => Life::Words,
            Some(_) => Life::Long,
            None => Life::Whole,
        };
        let mut needed = Vec::new();
        if life >= Life::Long {
            needed = literals::needed(parts, self.sets);
            needed.truncate(MOST_GATES - self.gates.len());
        }
        if !needed.is_empty() {
            life = Life::Gated;
        }
        let longest = most_words.map_or(usize::MAX, |_| longest(parts.iter().copied()));
        let reach = most_words.map_or(Size::Paragraph, |words| Size::of(words, longest));
        let start = self.steps.add(&expression.steps);
        self.alternatives.push(Alternative { expression: number, longest });
        let floating = if expression.anchored { Vec::new() } else { vec![start] };
        let kind = Kind { reach, way, life };
        let gates = needed.into_iter().map(|strings| self.gate(strings, reach));
        let gates = gates.fold(0, |gates, gate| gates | 1 << gate);
        let group = Group { kind, starts: vec![start], floating, gates };
        if gates != 0 {
            self.gated.push(group);
        } else {
            match self.groups.get_mut(&kind) {
                Some(all) => all.join(group),
                None => drop(self.groups.insert(kind, group)),
            }
        }
        Ok(())
    }

    /// The number of a gate that these strings open, for lines of a size or shorter ones.
    fn gate(&mut self, strings: Vec<Vec<u8>>, size: Size) -> usize {
        self.gates.push((strings, size));
        self.gates.len() - 1
    }

    fn build(self, count: usize) -> Filter {
        // A line that has one of these may match without any of the strings.
        let mut twin = [0; 4];
        let twins: Vec<Vec<u8>> =
            TWINS.iter().map(|c| c.encode_utf8(&mut twin).as_bytes().to_vec()).collect();
        let gates = Size::ALL.map(|size| {
            let asked = (0..).zip(&self.gates).filter(|(_, (_, reach))| *reach >= size);
            let strings =
                asked.flat_map(|(gate, (all, _))| all.iter().map(move |one| (&**one, 1 << gate)));
            let mut strings: Vec<(&[u8], u64)> = strings.collect();
            if !strings.is_empty() {
                strings.extend(twins.iter().map(|twin| (&**twin, u64::MAX)));
            }
            Gate::new(strings)
        });
        Filter {
            classes: Classes::new(self.sets),
            steps: self.steps,
            alternatives: self.alternatives,
            count,
            gates,
            groups: self.groups.into_values().chain(self.gated).collect(),
        }
    }
}

/// The way of reading an expression in which it is dead sooner, with how soon.
fn soonest(parts: &[&Part], sets: &Arc<[Set]>) -> Result<(Way, Option<usize>, Expression)> {
    let read = |way| -> Result<_> {
        let expression = Expression::uncounted(parts, sets, way)?;
        Ok((way, expression.lifetime(), expression))
    };
    let forward = read(Way::Forward)?;
    if forward.1.is_some_and(|lifetime| lifetime <= AT_ONCE) {
        return Ok(forward);
    }
    let backward = read(Way::Backward)?;
    let sooner = backward.1.is_some_and(|other| forward.1.is_none_or(|one| other < one));
    Ok(if sooner { backward } else { forward })
}

impl Group {
    /// Takes another in.
    fn join(&mut self, other: Self) {
        self.starts.extend(other.starts);
        self.floating.extend(other.floating);
    }

    /// Its first half and its second.
    fn part(self) -> [Self; 2] {
        let (one, other) = self.starts.split_at(self.starts.len() / 2);
        [one, other].map(|starts| Self {
            kind: self.kind,
            starts: starts.to_vec(),
            floating: self.floating.iter().filter(|at| starts.contains(at)).copied().collect(),
            gates: self.gates,
        })
    }
}

/// Every gate is a bit of a number.
const MOST_GATES: usize = 64;

/// So many characters of most lines are read soon, and so many before another way is worth a look.
const SOON: usize = 16;
const AT_ONCE: usize = 3;

/// Larger sets are letters of some kind, which many lines begin with.
const NARROWEST: usize = 16;

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

/// A group at work.
#[derive(Debug)]
struct Automaton {
    group: Group,
    letters: Letters,
    /// How lines begin that it reads; none where all do.
    beginnings: Option<Beginnings>,
    states: States,
}

impl Automaton {
    fn new(filter: &Filter, group: Group, opened: &mut Opened) -> Self {
        let steps = group.starts.iter().flat_map(|&start| filter.steps.from(start));
        let letters = Letters::new(&filter.classes, steps);
        let starts = opened.numbers(&filter.steps, &group.starts);
        let floating = opened.numbers(&filter.steps, &group.floating);
        let beginnings = floating.is_empty().then(|| {
            Beginnings::new(&starts, (&filter.steps, opened), (&filter.classes, &letters))
        });
        let states = States::new(&starts, floating, letters.shift());
        Self { group, letters, beginnings, states }
    }

    /// Whether it may find something in a line that begins with these classes.
    fn reads(&self, first: [u16; FIRST]) -> bool {
        let may_be = |known: &Beginnings| known.may_be(first.map(|class| self.letters.of(class)));
        self.beginnings.as_ref().is_none_or(may_be)
    }

    fn is_to_be_parted(&self) -> bool {
        let States { rows, places, .. } = &self.states;
        let are_many = places.len() > MANY_STATES || rows.len() > MANY_LINKS;
        are_many && self.group.starts.len() > 1
    }
}

/// The states of an automaton, as far as they are known.
#[derive(Debug, Default)]
struct States {
    /// The places where expressions may begin behind a line's beginning.
    floating: Vec<u32>,
    /// By state and letter the state that follows.
    rows: Vec<u16>,
    /// Rows are this power of two long.
    shift: u32,
    /// Of every state the places behind what was read last, sorted: a part of all places.
    places: Vec<Range<usize>>,
    all: Vec<u32>,
    /// By the hash of their places.
    known: hash::Map<u16>,
    /// What of the expressions matches before the line ends, by the state that tells.
    told: hash::Map<Vec<u32>>,
    /// What matches where the line ends.
    ends: hash::Map<Vec<u32>>,
    /// How often all was forgotten.
    forgotten: usize,
}

impl States {
    /// Those that every line has.
    fn new(starts: &[u32], floating: Vec<u32>, shift: u32) -> Self {
        let mut states = Self { floating, shift, ..Self::default() };
        states.add(&[]);
        states.known.clear();
        states.add(starts);
        states
    }

    fn add(&mut self, places: &[u32]) -> u16 {
        let number = self.places.len() as u16;
        self.rows.resize(self.rows.len() + (1 << self.shift), UNKNOWN);
        self.places.push(self.all.len()..self.all.len() + places.len());
        self.all.extend_from_slice(places);
        self.known.insert(key(places), number);
        number
    }

    /// The places of a state.
    fn of(&self, state: u16) -> &[u32] {
        &self.all[self.places[usize::from(state)].clone()]
    }

    /// The places of a state, and those that any state has.
    fn all_of(&self, state: u16) -> impl Iterator<Item = u32> {
        self.of(state).iter().chain(&self.floating).copied()
    }

    /// The state in these places, if it is known.
    fn find(&self, places: &[u32]) -> Option<u16> {
        let known = self.known.get(&key(places)).copied();
        // Of two with the same hash one is found again, and the other made anew, to the same effect.
        known.filter(|&known| self.of(known) == places)
    }

    /// What follows a state.
    #[inline]
    fn follows(&self, state: u16, letter: u16) -> u16 {
        self.rows[usize::from(state) << self.shift | usize::from(letter)]
    }
}

/// The hash of places.
fn key(places: &[u32]) -> u64 {
    places.iter().fold(0, |key, &place| hash::mixed(key ^ u64::from(place)))
}

/// Nothing can match any more.
const DEAD: u16 = 0;
/// Before a line.
const BEGINNING: u16 = 1;
/// A bit of a state that follows: there is more to say. The one before tells of a match, or it is
/// one of these.
const TELLS: u16 = 1 << 15;
const UNKNOWN: u16 = u16::MAX;
/// Nothing is told, and nothing follows.
const STOPS: u16 = u16::MAX - 1;
/// A group of more states is parted, and one whose rows together are longer.
const MANY_STATES: usize = 1 << 13;
const MANY_LINKS: usize = 1 << 21;
/// So many states are kept of what cannot be parted; then all are forgotten.
const MOST_STATES: usize = 1 << 14;

/// A group on its way through a line.
struct Run<'r> {
    filter: &'r Filter,
    /// The characters of the line.
    chars: usize,
    letters: &'r Letters,
    states: &'r mut States,
    opened: &'r mut Opened,
    scratch: &'r mut Vec<u32>,
    may: &'r mut Bits,
}

impl Run<'_> {
    /// Adds what matches where the line ends.
    fn end(&mut self, state: u16) {
        if !self.states.ends.contains_key(&u64::from(state)) {
            let Self { filter, states, opened, .. } = self;
            let mut ends = Vec::new();
            for place in states.all_of(state) {
                let open = opened.by(&filter.steps, place);
                ends.extend_from_slice(opened.matched_at_end(open));
            }
            states.ends.insert(state.into(), ends);
        }
        let Self { filter, chars, states, may, .. } = self;
        let ends = states.ends.get(&u64::from(state)).into_iter().flatten();
        let all = ends.map(|&one| filter.alternatives[one as usize]);
        may.extend(all.filter(|one| one.longest >= *chars).map(|one| one.expression));
    }

    /// What follows a state that tells of matches, or that never met such a character.
    #[cold]
    fn go_on(&mut self, state: u16, letter: u16, known: u16) -> u16 {
        if known != UNKNOWN {
            let told = self.states.told.get(&u64::from(state)).into_iter().flatten();
            self.may.extend(told.map(|&one| self.filter.alternatives[one as usize].expression));
            return known & !TELLS;
        }
        let Self { filter, letters, states, opened, scratch, .. } = self;
        let class = letters.samples[usize::from(letter)];
        let (mut places, mut matched) = (std::mem::take(*scratch), Vec::new());
        places.clear();
        for place in states.all_of(state) {
            let open = opened.by(&filter.steps, place);
            matched.extend_from_slice(opened.matched(open));
            opened.read((place, open), filter.classes.sets(class), class, &mut places);
        }
        places.sort_unstable();
        places.dedup();
        let of = |&one: &u32| self.filter.alternatives[one as usize].expression;
        self.may.extend(matched.iter().map(of));
        let forgotten = self.states.forgotten;
        let next = self.number(&places);
        // If all was forgotten, so was the state.
        if self.states.forgotten == forgotten {
            let at = usize::from(state) << self.states.shift | usize::from(letter);
            self.states.rows[at] = match next {
                _ if !matched.is_empty() => next | TELLS,
                DEAD => STOPS,
                next => next,
            };
            if !matched.is_empty() {
                self.states.told.insert(state.into(), matched);
            }
        }
        *self.scratch = places;
        next
    }

    /// The number of the state that is in these places.
    fn number(&mut self, places: &[u32]) -> u16 {
        if places.is_empty() && self.states.floating.is_empty() {
            return DEAD;
        }
        if let Some(known) = self.states.find(places) {
            return known;
        }
        if self.states.places.len() == MOST_STATES {
            self.forget();
        }
        self.states.add(places)
    }

    /// Forgets all but the states that every line has.
    fn forget(&mut self) {
        let states = std::mem::take(self.states);
        let forgotten = states.forgotten + 1;
        let fresh = States::new(states.of(BEGINNING), states.floating.clone(), states.shift);
        *self.states = States { forgotten, ..fresh };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::{Regex, RegexBuilder};

    use super::*;
    use crate::boilerplate::expression::tests::REGEXES;
    use crate::boilerplate::rules::{Matcher, Rules};
    use crate::boilerplate::syntax::Syntax;

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
