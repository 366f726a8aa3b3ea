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
//! over. What is left reads lines as a whole, and only those that hold a string that it cannot do
//! without (`literals`).
//!
//! The states are a cache: what they say is what the steps say, whichever lines came before.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasherDefault;
use std::sync::Arc;

use regex_syntax::hir::Look;

use super::classes::{Classes, Letters, has};
use super::expression::{Expression, Step, Way, jump};
use super::gate::Gate;
use super::literals::{self, TWINS};
use super::sets::Set;
use super::syntax::{Part, longest};
use crate::error::Result;
use crate::hash;

/// The filter of a language's expressions: their steps, one behind the other.
#[derive(Debug)]
pub(super) struct Filter {
    steps: Vec<Step>,
    /// The alternatives of all expressions, in the order of their steps.
    alternatives: Vec<Alternative>,
    /// How many expressions there are.
    count: usize,
    classes: Classes,
    /// What runs together at first.
    groups: Vec<Group>,
    /// For lines of every size the strings of which expressions with a gate need one.
    gates: [Option<Gate>; Size::ALL.len()],
}

/// An expression, or one of its alternatives.
#[derive(Debug, Clone, Copy)]
struct Alternative {
    /// Its first step.
    start: u32,
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
    /// The bit of the gate, where a line must hold one of some strings.
    gate: Option<u32>,
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
    /// Those that read the line, at the same place.
    cursors: Vec<Cursor>,
    opened: Opened,
    may: Bits,
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
            sight.automata.extend(self.groups.iter().map(|one| Automaton::new(self, one.clone())));
            sight.opened = Opened::new(self.steps.len());
        }
        sight.may.clear(self.count);
        let gate = self.gates[asked.size as usize].as_ref();
        let open = gate.map_or(0, |gate| gate.open(asked.line));
        for way in [Way::Forward, Way::Backward] {
            let reads = |group: &Group| {
                let waits = group.gate.is_some_and(|gate| open >> gate & 1 == 0);
                group.kind.way == way && group.kind.reach >= asked.size && !waits
            };
            let all = sight.automata.iter().enumerate().filter(|(_, one)| reads(&one.group));
            let begin = |(automaton, _)| Cursor { automaton, state: BEGINNING };
            sight.cursors.clear();
            sight.cursors.extend(all.map(begin));
            match way {
                Way::Forward => self.read(asked.line.chars(), asked.chars, sight),
                Way::Backward => self.read(asked.line.chars().rev(), asked.chars, sight),
            }
        }
        let Sight { automata, may, .. } = sight;
        while let Some(at) = automata.iter().position(Automaton::is_to_be_parted) {
            let parts = automata.swap_remove(at).group.part();
            automata.extend(parts.map(|part| Automaton::new(self, part)));
        }
        may.ones()
    }

    /// Has the automata of the cursors read a line, as far as anything can match: side by side, so that
    /// none waits for what another one looks up.
    fn read(&self, line: impl Iterator<Item = char>, chars: usize, sight: &mut Sight) {
        let Sight { automata, cursors, opened, may } = sight;
        for class in line.map(|c| self.classes.of(c)) {
            let mut at = 0;
            while let Some(cursor) = cursors.get_mut(at) {
                let Automaton { group, letters, states } = &mut automata[cursor.automaton];
                let letter = letters.of(class);
                let next = states.follows(cursor.state, letter);
                cursor.state = if next & TELLS == 0 {
                    next
                } else if next == STOPS {
                    DEAD
                } else {
                    let mut run = Run { filter: self, chars, group, letters, states, opened, may };
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
            let Automaton { group, letters, states } = &mut automata[automaton];
            Run { filter: self, chars, group, letters, states, opened, may }.end(state);
        }
    }

    /// The steps of the alternative that begins somewhere.
    fn steps_from(&self, start: u32) -> &[Step] {
        let next = self.alternatives.get(self.owner(start) as usize + 1);
        &self.steps[start as usize..next.map_or(self.steps.len(), |next| next.start as usize)]
    }

    /// The number of the alternative that has a step.
    fn owner(&self, step: u32) -> u32 {
        self.alternatives.partition_point(|one| one.start <= step) as u32 - 1
    }

    /// The place that opens what this one opens: many ways through an expression meet again.
    fn place(&self, mut step: usize) -> u32 {
        loop {
            match self.steps[step] {
                Step::Jump(by) => step = jump(step, by),
                Step::Save(_) => step += 1,
                _ => return step as u32,
            }
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
    steps: Vec<Step>,
    alternatives: Vec<Alternative>,
    groups: BTreeMap<Kind, Group>,
    /// Expressions with a gate, and the strings that open it.
    gated: Vec<(Group, Vec<Vec<u8>>)>,
}

impl<'b> Builder<'b> {
    fn new(sets: &'b Arc<[Set]>) -> Self {
        let (steps, alternatives, gated) = (Vec::new(), Vec::new(), Vec::new());
        Self { sets, steps, alternatives, groups: BTreeMap::new(), gated }
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
        let may_wait = life >= Life::Long && self.gated.len() < MOST_GATES;
        let strings = if may_wait { literals::needed(parts, self.sets) } else { None };
        if strings.is_some() {
            life = Life::Gated;
        }
        let longest = most_words.map_or(usize::MAX, |_| longest(parts.iter().copied()));
        let reach = most_words.map_or(Size::Paragraph, |words| Size::of(words, longest));
        let start = self.steps.len() as u32;
        self.steps.extend(&expression.steps);
        self.alternatives.push(Alternative { start, expression: number, longest });
        let floating = if expression.anchored { Vec::new() } else { vec![start] };
        let kind = Kind { reach, way, life };
        let group = Group { kind, starts: vec![start], floating, gate: None };
        if let Some(strings) = strings {
            let gate = Some(self.gated.len() as u32);
            self.gated.push((Group { gate, ..group }, strings));
        } else {
            match self.groups.get_mut(&kind) {
                Some(all) => all.join(group),
                None => drop(self.groups.insert(kind, group)),
            }
        }
        Ok(())
    }

    fn build(self, count: usize) -> Filter {
        // A line that has one of these may match without any of the strings.
        let mut twin = [0; 4];
        let twins: Vec<Vec<u8>> =
            TWINS.iter().map(|c| c.encode_utf8(&mut twin).as_bytes().to_vec()).collect();
        let gates = Size::ALL.map(|size| {
            let read = (0..).zip(&self.gated).filter(|(_, (group, _))| group.kind.reach >= size);
            let strings =
                read.flat_map(|(gate, (_, all))| all.iter().map(move |one| (&**one, 1 << gate)));
            let mut strings: Vec<(&[u8], u64)> = strings.collect();
            if !strings.is_empty() {
                strings.extend(twins.iter().map(|twin| (&**twin, u64::MAX)));
            }
            Gate::new(strings)
        });
        let waiting = self.gated.into_iter().map(|(group, _)| group);
        Filter {
            classes: Classes::new(self.sets),
            steps: self.steps,
            alternatives: self.alternatives,
            count,
            gates,
            groups: self.groups.into_values().chain(waiting).collect(),
        }
    }
}

/// The way of reading an expression in which it is dead sooner, with how soon.
fn soonest(parts: &[&Part], sets: &Arc<[Set]>) -> Result<(Way, Option<usize>, Expression)> {
    let read = |way| -> Result<_> {
        let expression = Expression::uncounted(parts, sets, way)?;
        Ok((way, lifetime(&expression, way), expression))
    };
    let forward = read(Way::Forward)?;
    if forward.1.is_some_and(|lifetime| lifetime <= AT_ONCE) {
        return Ok(forward);
    }
    let backward = read(Way::Backward)?;
    let sooner = backward.1.is_some_and(|other| forward.1.is_none_or(|one| other < one));
    Ok(if sooner { backward } else { forward })
}

/// How many characters of nonsense are read at most before an expression is dead; none where it may
/// be alive to the end, or begin anywhere.
fn lifetime(expression: &Expression, way: Way) -> Option<usize> {
    let of = |line: &&str| {
        let mut chars: Vec<char> = line.chars().collect();
        if way == Way::Backward {
            chars.reverse();
        }
        let read = expression.read(&chars);
        (read < chars.len()).then_some(read)
    };
    if !expression.anchored {
        return None;
    }
    NONSENSE.iter().map(of).try_fold(0, |most, read| Some(most.max(read?)))
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
            gate: self.gate,
        })
    }
}

/// A gate is a bit of a number.
const MOST_GATES: usize = 64;

/// So many characters of most lines are read soon, and so many before another way is worth a look.
const SOON: usize = 16;
const AT_ONCE: usize = 3;

/// Larger sets are letters of some kind, which many lines begin with.
const NARROWEST: usize = 32;

/// Words of no language, set as sentences and headings are: what lives to their end lives to that of
/// most lines.
const NONSENSE: [&str; 3] = [
    "Qzvj zqx vjq xzqvj Qzx vqjz qjv zqxv jqz xvqj zqv jxzq vjqxz qvzj xqz vjqx qzvj xqzv.",
    "Vqzj qzvj, xqj 7 “qzvj” (vqj-qz) jqzv: qzjvq zj. Qzv jxq",
    "Qzj vqxz jqv zqx vjqzx vqz, “Zqxj vq” xqzvj qzv jxqz vqzx.",
];

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
        self.0.iter().enumerate().flat_map(|(i, &bits)| {
            let rest = std::iter::successors((bits != 0).then_some(bits), |bits| {
                let rest = bits & (bits - 1);
                (rest != 0).then_some(rest)
            });
            rest.map(move |bits| 64 * i + bits.trailing_zeros() as usize)
        })
    }
}

/// What may come behind a place.
#[derive(Debug, Default)]
struct Open {
    /// A character of a set, and the place behind it.
    reads: Vec<(u32, u32)>,
    /// The end of an expression, anywhere.
    matched: Vec<u32>,
    /// The end of an expression, where the line ends.
    ending: Vec<u32>,
    /// Where there is much to read, the places behind what a class reads, as far as they are known.
    by_class: hash::Map<Vec<u32>>,
}

/// Fewer sets are looked at one by one.
const MANY_READS: usize = 8;

impl Open {
    /// What may come behind a place. `entered` has no bit set, before or after.
    fn new(filter: &Filter, place: u32, entered: &mut [bool]) -> Self {
        let (mut open, mut seen, mut last) = (Self::default(), Vec::new(), Vec::new());
        let mut ways = vec![place];
        let mut at_end = false;
        while let Some(at) = ways.pop() {
            if !std::mem::replace(&mut entered[at as usize], true) {
                seen.push(at);
                let to = |by| jump(at as usize, by) as u32;
                match filter.steps[at as usize] {
                    Step::One(_) if at_end => {}
                    Step::One(set) => open.reads.push((set, filter.place(at as usize + 1))),
                    Step::Match if at_end => open.ending.push(filter.owner(at)),
                    Step::Match => open.matched.push(filter.owner(at)),
                    Step::Jump(by) => ways.push(to(by)),
                    Step::Split(one, other) => ways.extend([to(one), to(other)]),
                    Step::Look(Look::End) => last.push(at + 1),
                    // What else is to be seen may be seen.
                    Step::Look(_) | Step::Save(_) => ways.push(at + 1),
                }
            }
            if ways.is_empty() {
                // Behind all other ways those that only the end of the line opens.
                at_end = true;
                ways.append(&mut last);
            }
        }
        for at in seen {
            entered[at as usize] = false;
        }
        open
    }

    /// Adds the places behind what a class reads.
    fn read(&mut self, class: u16, classes: &Classes, places: &mut Vec<u32>) {
        let Self { reads, by_class, .. } = self;
        let sets = classes.sets(class);
        if reads.len() < MANY_READS {
            for (_, place) in reads.iter().filter(|(set, _)| has(sets, *set)) {
                places.push(*place);
            }
        } else {
            places.extend_from_slice(by_class.entry(class.into()).or_insert_with(|| {
                let reading = reads.iter().filter(|(set, _)| has(sets, *set));
                reading.map(|(_, place)| *place).collect()
            }));
        }
    }
}

/// A group at work.
#[derive(Debug)]
struct Automaton {
    group: Group,
    letters: Letters,
    states: States,
}

impl Automaton {
    fn new(filter: &Filter, group: Group) -> Self {
        let steps = group.starts.iter().flat_map(|&start| filter.steps_from(start));
        let letters = Letters::new(&filter.classes, steps);
        let states = States::new(&group.starts, letters.shift());
        Self { group, letters, states }
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
    /// By state and letter the state that follows.
    rows: Vec<u16>,
    /// Rows are this power of two long.
    shift: u32,
    /// Of every state the places behind what was read last, sorted.
    places: Vec<Box<[u32]>>,
    known: HashMap<Box<[u32]>, u16, BuildHasherDefault<hash::AsItIs>>,
    /// What of the expressions matches before the line ends, by the state that tells.
    told: hash::Map<Vec<u32>>,
    /// What matches where the line ends.
    ends: hash::Map<Vec<u32>>,
    /// How often all was forgotten.
    forgotten: usize,
}

impl States {
    /// Those that every line has.
    fn new(starts: &[u32], shift: u32) -> Self {
        let mut states = Self { shift, ..Self::default() };
        states.add(Box::default());
        states.known.clear();
        states.add(starts.into());
        states
    }

    fn add(&mut self, places: Box<[u32]>) -> u16 {
        let number = self.places.len() as u16;
        self.rows.resize(self.rows.len() + (1 << self.shift), UNKNOWN);
        self.places.push(places.clone());
        self.known.insert(places, number);
        number
    }

    /// What follows a state.
    #[inline]
    fn follows(&self, state: u16, letter: u16) -> u16 {
        self.rows[usize::from(state) << self.shift | usize::from(letter)]
    }
}

/// What places open, as far as it was asked for.
#[derive(Debug, Default)]
struct Opened {
    all: Vec<Open>,
    /// For every step where that stands.
    at: Vec<u32>,
    entered: Vec<bool>,
}

/// Stands for what a place opens where that was never asked for.
const NEVER: u32 = u32::MAX;

impl Opened {
    fn new(steps: usize) -> Self {
        Self { all: Vec::new(), at: vec![NEVER; steps], entered: vec![false; steps] }
    }

    fn by(&mut self, filter: &Filter, place: u32) -> &mut Open {
        let at = &mut self.at[place as usize];
        if *at == NEVER {
            *at = self.all.len() as u32;
            self.all.push(Open::new(filter, place, &mut self.entered));
        }
        &mut self.all[*at as usize]
    }
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
    group: &'r Group,
    letters: &'r Letters,
    states: &'r mut States,
    opened: &'r mut Opened,
    may: &'r mut Bits,
}

impl Run<'_> {
    /// Adds what matches where the line ends.
    fn end(&mut self, state: u16) {
        if !self.states.ends.contains_key(&u64::from(state)) {
            let ends = self.enter(state, |open, _, matched| {
                matched.extend(open.matched.iter().chain(&open.ending));
            });
            self.states.ends.insert(state.into(), ends.1);
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
        let classes = &self.filter.classes;
        let class = self.letters.samples[usize::from(letter)];
        let (mut places, matched) = self.enter(state, |open, places, matched| {
            open.read(class, classes, places);
            matched.extend(&open.matched);
        });
        places.sort_unstable();
        places.dedup();
        let of = |&one: &u32| self.filter.alternatives[one as usize].expression;
        self.may.extend(matched.iter().map(of));
        let forgotten = self.states.forgotten;
        let next = self.number(places);
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
        next
    }

    /// Has added, of all that may come behind a state, places to the first list and expressions
    /// to the second.
    fn enter(
        &mut self,
        state: u16,
        mut add: impl FnMut(&mut Open, &mut Vec<u32>, &mut Vec<u32>),
    ) -> (Vec<u32>, Vec<u32>) {
        let (mut next, mut matched) = (Vec::new(), Vec::new());
        let places = &self.states.places[usize::from(state)];
        for &place in places.iter().chain(&self.group.floating) {
            add(self.opened.by(self.filter, place), &mut next, &mut matched);
        }
        (next, matched)
    }

    /// The number of the state that is in these places.
    fn number(&mut self, places: Vec<u32>) -> u16 {
        if places.is_empty() && self.group.floating.is_empty() {
            return DEAD;
        }
        if let Some(&known) = self.states.known.get(places.as_slice()) {
            return known;
        }
        if self.states.places.len() == MOST_STATES {
            self.forget();
        }
        self.states.add(places.into())
    }

    /// Forgets all but the states that every line has.
    fn forget(&mut self) {
        let forgotten = self.states.forgotten + 1;
        let fresh = States::new(&self.group.starts, self.states.shift);
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
