//! An automaton: expressions that run together, and the states that they came to.

use std::ops::Range;

use super::super::expression::Way;
use super::beginnings::{Beginnings, FIRST};
use super::classes::Letters;
use super::opened::Opened;
use super::{Bits, Filter, Size};
use crate::hash;

/// Expressions that run as one automaton.
///
/// Its states are the product of what they do side by side, so a group whose states become too many
/// is parted. It begins with what goes well together.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) kind: Kind,
    /// Where the expressions begin.
    pub(super) starts: Vec<u32>,
    /// The same of those that may match behind a line's beginning.
    pub(super) floating: Vec<u32>,
    /// The gates that must all be open, a bit each: for each a line must hold one of some strings.
    pub(super) gates: u64,
}

/// What goes well together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Kind {
    /// The longest lines that any of them can match.
    pub(super) reach: Size,
    pub(super) way: Way,
    pub(super) life: Life,
}

/// How far into a line of nonsense expressions live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Life {
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

impl Group {
    /// Takes another in.
    pub(super) fn join(&mut self, other: Self) {
        self.starts.extend(other.starts);
        self.floating.extend(other.floating);
    }

    /// Its first half and its second.
    pub(super) fn part(self) -> [Self; 2] {
        let (one, other) = self.starts.split_at(self.starts.len() / 2);
        [one, other].map(|starts| Self {
            kind: self.kind,
            starts: starts.to_vec(),
            floating: self.floating.iter().filter(|at| starts.contains(at)).copied().collect(),
            gates: self.gates,
        })
    }
}

/// A group at work.
#[derive(Debug)]
pub(super) struct Automaton {
    pub(super) group: Group,
    pub(super) letters: Letters,
    /// How lines begin that it reads; none where all do.
    beginnings: Option<Beginnings>,
    pub(super) states: States,
}

impl Automaton {
    pub(super) fn new(filter: &Filter, group: Group, opened: &mut Opened) -> Self {
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
    pub(super) fn reads(&self, first: [u16; FIRST]) -> bool {
        let may_be = |known: &Beginnings| known.may_be(first.map(|class| self.letters.of(class)));
        self.beginnings.as_ref().is_none_or(may_be)
    }

    pub(super) fn is_to_be_parted(&self) -> bool {
        let States { rows, places, .. } = &self.states;
        let are_many = places.len() > MANY_STATES || rows.len() > MANY_LINKS;
        are_many && self.group.starts.len() > 1
    }
}

/// The states of an automaton, as far as they are known.
#[derive(Debug, Default)]
pub(super) struct States {
    /// The places where expressions may begin behind a line's beginning.
    floating: Vec<u32>,
    /// By state and letter the state that follows.
    rows: Vec<u16>,
    /// Rows are this power of two long.
    shift: u32,
    /// Of every state the places behind what was read last, sorted: a part of all places.
    pub(super) places: Vec<Range<usize>>,
    all: Vec<u32>,
    /// By the hash of their places.
    known: hash::Map<u16>,
    /// What of the expressions matches before the line ends, by the state that tells.
    told: hash::Map<Vec<u32>>,
    /// What matches where the line ends.
    ends: hash::Map<Vec<u32>>,
    /// How often all was forgotten.
    pub(super) forgotten: usize,
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
    pub(super) fn follows(&self, state: u16, letter: u16) -> u16 {
        self.rows[usize::from(state) << self.shift | usize::from(letter)]
    }
}

/// The hash of places.
fn key(places: &[u32]) -> u64 {
    places.iter().fold(0, |key, &place| hash::mixed(key ^ u64::from(place)))
}

/// Nothing can match any more.
pub(super) const DEAD: u16 = 0;

/// Before a line.
pub(super) const BEGINNING: u16 = 1;

/// A bit of a state that follows: there is more to say. The one before tells of a match, or it is
/// one of these.
pub(super) const TELLS: u16 = 1 << 15;
pub(super) const UNKNOWN: u16 = u16::MAX;

/// Nothing is told, and nothing follows.
pub(super) const STOPS: u16 = u16::MAX - 1;

/// A group of more states is parted, and one whose rows together are longer.
const MANY_STATES: usize = 1 << 13;
const MANY_LINKS: usize = 1 << 21;

/// So many states are kept of what cannot be parted; then all are forgotten.
const MOST_STATES: usize = 1 << 14;

/// A group on its way through a line.
pub(super) struct Run<'r> {
    pub(super) filter: &'r Filter,
    /// The characters of the line.
    pub(super) chars: usize,
    pub(super) letters: &'r Letters,
    pub(super) states: &'r mut States,
    pub(super) opened: &'r mut Opened,
    pub(super) scratch: &'r mut Vec<u32>,
    pub(super) may: &'r mut Bits,
}

impl Run<'_> {
    /// Adds what matches where the line ends.
    pub(super) fn end(&mut self, state: u16) {
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
    pub(super) fn go_on(&mut self, state: u16, letter: u16, known: u16) -> u16 {
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
