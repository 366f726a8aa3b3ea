//! Regular expressions of rules, as steps that are run character by character.
//!
//! An engine on bytes unfolds a counted repetition of a class (`[^.!?]{0,70}`) into an automaton of
//! megabytes, and a corpus of one language opens a hundred such expressions, each on a few lines:
//! compiling them took longer than all the judging. Here a class is one step whatever is in it, and an
//! expression is ready in microseconds.

use std::sync::{Arc, OnceLock};

use regex_syntax::hir::Look;

use super::closures::Closures;
use super::compiler::{Counts, compile};
use super::sets::Set;
use super::syntax::{Part, Syntax};
use crate::error::{Error, Result};

/// An expression ready to run, blind to case.
#[derive(Debug)]
pub(in crate::boilerplate) struct Expression {
    pub(super) steps: Vec<Step>,
    /// By their numbers, with those of other expressions.
    pub(super) sets: Arc<[Set]>,
    /// The order in which it reads a line.
    way: Way,
    /// No match begins anywhere but at the line's start, or where it reads backward at its end.
    pub(super) anchored: bool,
    /// Few expressions are ever run: these are found out when one is.
    first: OnceLock<Option<Set>>,
    closures: OnceLock<Closures>,
}

/// One step. Jumps are relative, so that a repeated part is a copy of its steps.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// A character of a set.
    One(u32),
    /// What must be seen without being read.
    Look(Look),
    /// Two ways to go on, the preferred first.
    Split(i32, i32),
    Jump(i32),
    Save(Slot),
    Match,
}

/// What is remembered of a match.
#[derive(Debug, Clone, Copy)]
pub(in crate::boilerplate) enum Slot {
    Start,
    CutStart,
    CutEnd,
}

impl Expression {
    /// Compiles an expression that may match anywhere in a line.
    pub(in crate::boilerplate) fn new(regex: &str) -> Result<Self> {
        let mut syntax = Syntax::default();
        let part = syntax.read(regex).map_err(Error::config)?;
        Self::of(&part, &syntax.sets())
    }

    /// The same of one that was read, with the sets it is made of.
    pub(in crate::boilerplate) fn of(part: &Part, sets: &Arc<[Set]>) -> Result<Self> {
        Self::compiled(&[part], sets, Counts::Kept, Way::Forward)
    }

    /// The expression of these parts without its counts: where something may stand more than once it
    /// may stand any number of times. It matches at least what the expression matches; backward, it
    /// matches that from its last character to its first.
    pub(super) fn uncounted(parts: &[&Part], sets: &Arc<[Set]>, way: Way) -> Result<Self> {
        Self::compiled(parts, sets, Counts::Forgotten, way)
    }

    /// The same with what is wanted of its counts.
    pub(super) fn compiled(
        parts: &[&Part],
        sets: &Arc<[Set]>,
        counts: Counts,
        way: Way,
    ) -> Result<Self> {
        Ok(Self {
            steps: compile(parts, counts, way)?,
            sets: sets.clone(),
            way,
            anchored: way.is_anchored(parts.iter().copied()),
            first: OnceLock::new(),
            closures: OnceLock::new(),
        })
    }

    /// Whether a match can begin with a character of a set of this kind.
    pub(super) fn begins_with(&self, is_such: impl FnMut(&Set) -> bool) -> bool {
        self.firsts().0.into_iter().any(is_such)
    }

    /// The sets of characters that a match can begin with, and whether it may be empty.
    fn firsts(&self) -> (Vec<&Set>, bool) {
        let (mut sets, mut may_be_empty) = (Vec::new(), false);
        let mut entered = Vec::new();
        self.enter(0, &mut Seen::default(), &mut entered);
        for at in entered {
            match self.steps[at] {
                Step::One(set) => sets.push(&self.sets[set as usize]),
                _ => may_be_empty = true,
            }
        }
        (sets, may_be_empty)
    }

    /// How many characters of nonsense are read at most before it is dead; none where it may be alive
    /// to the end, or begin anywhere.
    pub(super) fn lifetime(&self) -> Option<usize> {
        if !self.anchored {
            return None;
        }
        let mut seen = Seen::default();
        let read = |line: &&str| self.read(line, &mut seen);
        NONSENSE.iter().map(read).try_fold(0, |most, read| Some(most.max(read?)))
    }

    /// How many characters of a line are read before no match can be in it; none where that is not
    /// known before its last.
    fn read(&self, line: &str, seen: &mut Seen) -> Option<usize> {
        let mut chars: Vec<char> = line.chars().collect();
        if self.way == Way::Backward {
            chars.reverse();
        }
        let (mut alive, mut next) = (Vec::new(), Vec::new());
        self.enter(0, seen, &mut alive);
        chars.into_iter().position(|c| {
            seen.forget();
            for at in alive.drain(..) {
                if let Step::One(set) = self.steps[at]
                    && self.sets[set as usize].has(c)
                {
                    self.enter(at + 1, seen, &mut next);
                }
            }
            std::mem::swap(&mut alive, &mut next);
            alive.is_empty()
        })
    }

    /// Where threads go on behind its steps.
    pub(super) fn closures(&self) -> &Closures {
        self.closures.get_or_init(|| Closures::new(&self.steps, &self.sets))
    }

    /// Adds the steps that read a character, or are the end, from a step on, whatever is to be seen
    /// there, but for what was seen.
    fn enter(&self, step: usize, seen: &mut Seen, entered: &mut Vec<usize>) {
        seen.open.push(step);
        while let Some(at) = seen.open.pop() {
            if !seen.adds(at) {
                continue;
            }
            match self.steps[at] {
                Step::One(_) | Step::Match => entered.push(at),
                Step::Look(_) | Step::Save(_) => seen.open.push(at + 1),
                Step::Split(a, b) => seen.open.extend([jump(at, a), jump(at, b)]),
                Step::Jump(to) => seen.open.push(jump(at, to)),
            }
        }
    }

    /// Characters that a match can begin with; none where a match may be empty.
    pub(super) fn first(&self) -> Option<&Set> {
        self.first.get_or_init(|| self.find_first()).as_ref()
    }

    fn find_first(&self) -> Option<Set> {
        let (sets, may_be_empty) = self.firsts();
        if may_be_empty {
            return None;
        }
        Some(Set::union(sets))
    }
}

/// Steps that were seen. They are forgotten all at once.
#[derive(Debug, Default)]
struct Seen {
    /// By step the round in which it was seen last, counted from 1.
    rounds: Vec<u32>,
    /// Rounds before this one.
    done: u32,
    /// Those that are still to be looked at.
    open: Vec<usize>,
}

impl Seen {
    /// Adds a step; says whether it was not there.
    fn adds(&mut self, step: usize) -> bool {
        if step >= self.rounds.len() {
            self.rounds.resize(step + 1, 0);
        }
        std::mem::replace(&mut self.rounds[step], self.done + 1) <= self.done
    }

    fn forget(&mut self) {
        self.done += 1;
    }
}

/// Words of no language, set as sentences and headings are: what lives to their end lives to that of
/// most lines.
const NONSENSE: [&str; 3] = [
    "Qzvj zqx vjq xzqvj Qzx vqjz qjv zqxv jqz xvqj zqv jxzq vjqxz qvzj xqz vjqx qzvj xqzv.",
    "Vqzj qzvj, xqj 7 “qzvj” (vqj-qz) jqzv: qzjvq zj. Qzv jxq",
    "Qzj vqxz jqv zqx vjqzx vqz, “Zqxj vq” xqzvj qzv jxqz vqzx.",
];

pub(super) fn jump(at: usize, by: i32) -> usize {
    at.wrapping_add_signed(by as isize)
}

/// In which order characters are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    Forward,
    /// From the last to the first.
    Backward,
}

impl Way {
    pub(super) const ALL: [Self; 2] = [Self::Forward, Self::Backward];

    /// Whether every match begins where the line does, read this way.
    fn is_anchored<'p>(self, mut row: impl DoubleEndedIterator<Item = &'p Part>) -> bool {
        let edge = if self == Self::Forward { Look::Start } else { Look::End };
        let mut next = || if self == Self::Forward { row.next() } else { row.next_back() };
        // What reads nothing does not hide what is behind it.
        while let Some(part) = next() {
            let is_anchored = match part {
                Part::Look(look) => *look == edge,
                Part::Empty | Part::One(_) => false,
                Part::Repeated(repeated) => {
                    repeated.min > 0 && self.is_anchored(std::iter::once(&repeated.part))
                }
                Part::Cut(part) => self.is_anchored(std::iter::once(&**part)),
                Part::Row(row) => self.is_anchored(row.iter()),
                Part::Either(all) => all.iter().all(|one| self.is_anchored(std::iter::once(one))),
            };
            if is_anchored || part.longest() > 0 {
                return is_anchored;
            }
        }
        false
    }

    /// What is to be seen, read this way.
    pub(super) fn look(self, look: Look) -> Look {
        if self == Self::Forward { look } else { look.reversed() }
    }
}
