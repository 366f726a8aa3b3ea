//! Regular expressions of rules, run character by character.
//!
//! Syntax, classes and case are regex-syntax's (`syntax`); the machine is our own. An engine on
//! bytes unfolds a counted repetition of a class (`[^.!?]{0,70}`) into an automaton of megabytes,
//! and a corpus of one language opens a hundred such expressions, each on a few lines: compiling
//! them took longer than all the judging. Here a class is one step whatever is in it, and an expression is ready in
//! microseconds.
//!
//! The machine is Thompson's, with the priorities of Pike's: leftmost match, earlier alternatives
//! first. It keeps at most one thread a step, so its time is bounded by the line times the
//! expression, and a hostile line cannot hang it.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use regex_syntax::hir::Look;

use super::sets::Set;
use super::syntax::{Part, Repeated, Syntax};
use crate::error::{Error, Result};

/// More steps than any expression of a rule that a person can read.
const MOST_STEPS: usize = 1 << 16;

/// An expression ready to run, blind to case.
#[derive(Debug)]
pub(super) struct Expression {
    pub(super) steps: Vec<Step>,
    /// By their numbers, with those of other expressions.
    sets: Arc<[Set]>,
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
pub(super) enum Slot {
    Start,
    CutStart,
    CutEnd,
}

impl Expression {
    /// Compiles an expression that may match anywhere in a line.
    pub(super) fn new(regex: &str) -> Result<Self> {
        let mut syntax = Syntax::default();
        let part = syntax.read(regex).map_err(Error::config)?;
        Self::of(&part, &syntax.sets())
    }

    /// The same of one that was read, with the sets it is made of.
    pub(super) fn of(part: &Part, sets: &Arc<[Set]>) -> Result<Self> {
        Self::compiled(&[part], sets, Counts::Kept, Way::Forward)
    }

    /// The expression of these parts without its counts: where something may stand more than once it
    /// may stand any number of times. It matches at least what the expression matches; backward, it
    /// matches that from its last character to its first.
    pub(super) fn uncounted(parts: &[&Part], sets: &Arc<[Set]>, way: Way) -> Result<Self> {
        Self::compiled(parts, sets, Counts::Forgotten, way)
    }

    fn compiled(parts: &[&Part], sets: &Arc<[Set]>, counts: Counts, way: Way) -> Result<Self> {
        let mut compiler = Compiler { steps: Vec::new(), counts, way };
        compiler.push(Step::Save(Slot::Start))?;
        compiler.add_all(parts.iter().copied())?;
        compiler.push(Step::Match)?;
        Ok(Self {
            steps: compiler.steps,
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
        for at in self.entered([0]) {
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
        NONSENSE.iter().map(|line| self.read(line)).try_fold(0, |most, read| Some(most.max(read?)))
    }

    /// How many characters of a line are read before no match can be in it; none where that is not
    /// known before its last.
    fn read(&self, line: &str) -> Option<usize> {
        let mut chars: Vec<char> = line.chars().collect();
        if self.way == Way::Backward {
            chars.reverse();
        }
        let mut alive = self.entered([0]);
        chars.into_iter().position(|c| {
            let reads = |at: &usize| match self.steps[*at] {
                Step::One(set) => self.sets[set as usize].has(c),
                _ => false,
            };
            alive = self.entered(alive.drain(..).filter(reads).map(|at| at + 1));
            alive.is_empty()
        })
    }

    fn closures(&self) -> &Closures {
        self.closures.get_or_init(|| Closures::new(&self.steps, &self.sets))
    }

    /// The steps that read a character, or are the end, behind these, whatever is to be seen there.
    fn entered(&self, steps: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let mut open: Vec<usize> = steps.into_iter().collect();
        let (mut seen, mut entered) = (vec![false; self.steps.len()], Vec::new());
        while let Some(at) = open.pop() {
            if std::mem::replace(&mut seen[at], true) {
                continue;
            }
            match self.steps[at] {
                Step::One(_) | Step::Match => entered.push(at),
                Step::Look(_) | Step::Save(_) => open.push(at + 1),
                Step::Split(a, b) => open.extend([jump(at, a), jump(at, b)]),
                Step::Jump(to) => open.push(jump(at, to)),
            }
        }
        entered
    }

    /// Characters that a match can begin with; none where a match may be empty.
    fn first(&self) -> Option<&Set> {
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

/// Words of no language, set as sentences and headings are: what lives to their end lives to that of
/// most lines.
const NONSENSE: [&str; 3] = [
    "Qzvj zqx vjq xzqvj Qzx vqjz qjv zqxv jqz xvqj zqv jxzq vjqxz qvzj xqz vjqx qzvj xqzv.",
    "Vqzj qzvj, xqj 7 “qzvj” (vqj-qz) jqzv: qzjvq zj. Qzv jxq",
    "Qzj vqxz jqv zqx vjqzx vqz, “Zqxj vq” xqzvj qzv jxqz vqzx.",
];

/// An expression of whole lines. It is run from the end of the line where it is dead sooner: many
/// begin with anything and end with something, which the filter, blind to counts, may see too often.
#[derive(Debug)]
pub(super) struct Whole {
    forward: Expression,
    part: Part,
    /// Found out when it is run: most never are.
    backward: OnceLock<Option<Expression>>,
}

impl Whole {
    /// Compiles an expression that matches a line from its first character to its last.
    pub(super) fn of(part: Part, sets: &Arc<[Set]>) -> Result<Self> {
        let forward = Expression::of(&part, sets)?;
        Ok(Self { forward, part, backward: OnceLock::new() })
    }

    fn backward(&self) -> Option<&Expression> {
        let find = || {
            let Expression { sets, .. } = &self.forward;
            let compile = || Expression::compiled(&[&self.part], sets, Counts::Kept, Way::Backward);
            let is_long = self.forward.lifetime().is_none();
            let backward = if is_long { compile().ok() } else { None };
            backward.filter(|backward| backward.lifetime().is_some())
        };
        self.backward.get_or_init(find).as_ref()
    }
}

/// Epsilon closures: by step, the steps behind it that read a character, or are the end, where
/// nothing is to be seen or remembered on the way.
#[derive(Debug, Default)]
struct Closures {
    by_step: Vec<Closure>,
    /// The preferred first.
    all: Vec<u32>,
}

/// Where a closure begins and ends among all; empty where it is found out each time.
#[derive(Debug, Default, Clone, Copy)]
struct Closure {
    start: u32,
    end: u32,
    /// The characters of ASCII that any of its steps reads; all, where the end is among them.
    ascii: u128,
}

impl Closure {
    /// Whether any of its steps may want the character.
    fn may_want(self, c: Option<char>) -> bool {
        match c {
            Some(c) if c.is_ascii() => self.ascii >> (c as u32) & 1 == 1,
            Some(_) => true,
            None => self.ascii == u128::MAX,
        }
    }
}

/// A closure that goes through more steps is found out each time, so that time and memory stay
/// bounded by the expression's length.
const MOST_PASSED: usize = 128;

impl Closures {
    /// Of the steps that follow one that reads or remembers: there threads go on.
    fn new(steps: &[Step], sets: &[Set]) -> Self {
        let mut closures = Self { by_step: vec![Closure::default(); steps.len()], all: Vec::new() };
        let (mut ways, mut seen) = (Vec::new(), Vec::new());
        let goes_on = |at: &usize| matches!(steps[at - 1], Step::One(_) | Step::Save(_));
        for behind in (1..steps.len()).filter(goes_on) {
            let start = closures.all.len();
            if closures.add(steps, behind, &mut ways, &mut seen).is_some() {
                let reads = |ascii, &at: &u32| match steps[at as usize] {
                    Step::One(set) => ascii | sets[set as usize].ascii(),
                    _ => u128::MAX,
                };
                let ascii = closures.all[start..].iter().fold(0, reads);
                let (start, end) = (start as u32, closures.all.len() as u32);
                closures.by_step[behind] = Closure { start, end, ascii };
            } else {
                closures.all.truncate(start);
            }
        }
        closures
    }

    /// Adds the closure of a step; `ways` and `seen` are scratch space.
    fn add(
        &mut self,
        steps: &[Step],
        at: usize,
        ways: &mut Vec<usize>,
        seen: &mut Vec<usize>,
    ) -> Option<()> {
        ways.clear();
        seen.clear();
        ways.push(at);
        while let Some(at) = ways.pop() {
            if seen.contains(&at) {
                continue;
            }
            if seen.len() == MOST_PASSED {
                return None;
            }
            seen.push(at);
            match steps[at] {
                Step::One(_) | Step::Match => self.all.push(at as u32),
                Step::Jump(by) => ways.push(jump(at, by)),
                Step::Split(first, second) => ways.extend([jump(at, second), jump(at, first)]),
                Step::Look(_) | Step::Save(_) => return None,
            }
        }
        Some(())
    }

    fn of(&self, step: u32) -> (Closure, &[u32]) {
        let closure = self.by_step[step as usize];
        (closure, &self.all[closure.start as usize..closure.end as usize])
    }
}

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
    fn look(self, look: Look) -> Look {
        if self == Self::Forward { look } else { look.reversed() }
    }
}

#[derive(Debug)]
struct Compiler {
    steps: Vec<Step>,
    counts: Counts,
    way: Way,
}

/// What becomes of how often something may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counts {
    Kept,
    /// More than once is any number of times.
    Forgotten,
}

impl Compiler {
    fn push(&mut self, step: Step) -> Result<()> {
        if self.steps.len() >= MOST_STEPS {
            return Err(Error::config("the expression is too large; repeat less of it"));
        }
        self.steps.push(step);
        Ok(())
    }

    fn add(&mut self, part: &Part) -> Result<()> {
        match part {
            Part::Empty => Ok(()),
            Part::One(set) => self.push(Step::One(*set)),
            Part::Look(look) => self.push(Step::Look(self.way.look(*look))),
            Part::Repeated(repeated) => self.repeat(repeated),
            Part::Cut(part) => {
                self.push(Step::Save(Slot::CutStart))?;
                self.add(part)?;
                self.push(Step::Save(Slot::CutEnd))
            }
            Part::Row(row) => self.add_all(row.iter()),
            Part::Either(parts) => self.alternation(parts),
        }
    }

    fn add_all<'p>(&mut self, mut row: impl DoubleEndedIterator<Item = &'p Part>) -> Result<()> {
        match self.way {
            Way::Forward => row.try_for_each(|part| self.add(part)),
            Way::Backward => row.rev().try_for_each(|part| self.add(part)),
        }
    }

    /// Each part but the last: a split around it, and behind it a jump to the end.
    fn alternation(&mut self, parts: &[Part]) -> Result<()> {
        let mut ends = Vec::new();
        for (i, part) in parts.iter().enumerate() {
            let split = self.steps.len();
            let last = i + 1 == parts.len();
            if !last {
                self.push(Step::Split(1, 0))?;
            }
            self.add(part)?;
            if !last {
                ends.push(self.steps.len());
                self.push(Step::Jump(0))?;
                self.steps[split] = Step::Split(1, self.distance(split));
            }
        }
        for end in ends {
            self.steps[end] = Step::Jump(self.distance(end));
        }
        Ok(())
    }

    fn distance(&self, from: usize) -> i32 {
        offset(self.steps.len() - from)
    }

    fn repeat(&mut self, repeated: &Repeated) -> Result<()> {
        let Repeated { min, max, greedy, part } = repeated;
        let (min, max) = match self.counts {
            Counts::Kept => (*min, *max),
            Counts::Forgotten => (1.min(*min), max.filter(|max| *max <= 1)),
        };
        let start = self.steps.len();
        self.add(part)?;
        let part = self.steps.split_off(start);
        let length = offset(part.len());
        for _ in 0..min {
            self.copy(&part)?;
        }
        match max {
            // Once more and again: back over the last of the copies that must be there.
            None if min > 0 => self.push(split(*greedy, -length, 1)),
            // None, or once and again: an empty round ends the repetition.
            None => {
                self.push(split(*greedy, 1, length + 2))?;
                self.copy(&part)?;
                self.push(split(*greedy, -length, 1))
            }
            Some(max) => {
                for left in (0..max.saturating_sub(min)).rev() {
                    let end = (left as usize + 1).saturating_mul(part.len() + 1);
                    self.push(split(*greedy, 1, offset(end)))?;
                    self.copy(&part)?;
                }
                Ok(())
            }
        }
    }

    fn copy(&mut self, part: &[Step]) -> Result<()> {
        part.iter().try_for_each(|step| self.push(*step))
    }
}

/// A jump over so many steps. No expression has more than fit, and one of more ends in an error.
fn offset(steps: usize) -> i32 {
    i32::try_from(steps).unwrap_or(i32::MAX)
}

fn split(greedy: bool, more: i32, enough: i32) -> Step {
    if greedy { Step::Split(more, enough) } else { Step::Split(enough, more) }
}

/// Runs expressions; its memory is used again by the next.
#[derive(Debug, Default)]
pub(super) struct Machine<S> {
    /// The threads at a place in the line, the preferred first.
    now: Vec<Thread<S>>,
    next: Vec<Thread<S>>,
    /// For every step the round in which it was last entered: one round a place in a line.
    entered: Vec<u64>,
    round: u64,
    /// Steps still to be entered in this round, the first last.
    open: Vec<Thread<S>>,
}

/// A thread is at a step that reads the next character, or at the end.
#[derive(Debug, Default, Clone, Copy)]
struct Thread<S> {
    at: u32,
    saved: S,
}

/// What a thread remembers of its way.
pub(super) trait Saved: Copy + Default {
    /// It passes a slot at a place in the line.
    fn save(&mut self, slot: Slot, place: usize);
}

/// Nothing: whether there is a match at all.
impl Saved for () {
    fn save(&mut self, _: Slot, _: usize) {}
}

/// Places in the line, by [`Slot`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Places([usize; 3]);

impl Default for Places {
    fn default() -> Self {
        Self([NOWHERE; 3])
    }
}

impl Saved for Places {
    fn save(&mut self, slot: Slot, place: usize) {
        self.0[slot as usize] = place;
    }
}

/// Stands for a place that was not passed.
const NOWHERE: usize = usize::MAX;

impl Machine<()> {
    /// Whether the expression matches the line.
    pub(super) fn matches(&mut self, whole: &Whole, line: &str) -> bool {
        match whole.backward() {
            Some(backward) => {
                let reversed: String = line.chars().rev().collect();
                self.find(backward, &reversed, 0).is_some()
            }
            None => self.find(&whole.forward, line, 0).is_some(),
        }
    }
}

impl Machine<Places> {
    /// Calls `sink` with what is to be cut out of the line: of every match the group `cut`, or all
    /// of it where there is no such group.
    pub(super) fn cuts(
        &mut self,
        expression: &Expression,
        line: &str,
        mut sink: impl FnMut(Range<usize>),
    ) {
        let mut from = 0;
        while let Some((Places([start, cut_start, cut_end]), end)) =
            self.find(expression, line, from)
        {
            let cut = if cut_end == NOWHERE { start..end } else { cut_start..cut_end };
            if !cut.is_empty() {
                sink(cut);
            }
            from = end;
            if start == end {
                let Some(c) = line[from..].chars().next() else { return };
                from += c.len_utf8();
            }
        }
    }
}

impl<S: Saved> Machine<S> {
    /// The leftmost match that begins at `from` or behind it: what its thread remembers, and its
    /// end.
    fn find(&mut self, expression: &Expression, line: &str, from: usize) -> Option<(S, usize)> {
        self.begin(expression);
        let mut found = None;
        let mut at = from;
        loop {
            if self.now.is_empty() {
                if found.is_some() {
                    return found;
                }
                at = expression.begin(line, at)?;
                self.round += 1;
            }
            let c = line[at..].chars().next();
            if found.is_none() && expression.may_begin(at, c) {
                let before = line[..at].chars().next_back();
                self.enter(expression, (before, c), at, Thread::default());
            }
            std::mem::swap(&mut self.now, &mut self.next);
            let after = at + c.map_or(0, char::len_utf8);
            found = self.read(expression, line, at..after).or(found);
            if c.is_none() {
                return found;
            }
            at = after;
        }
    }

    fn begin(&mut self, expression: &Expression) {
        self.entered.resize(expression.steps.len().max(self.entered.len()), 0);
        self.now.clear();
    }

    /// Lets the threads in `next` read the character in a range, which each of them wants; where
    /// they are then is in `now`. Gives the match of the first that is at its end; threads behind
    /// it are of no interest any more.
    fn read(&mut self, expression: &Expression, line: &str, c: Range<usize>) -> Option<(S, usize)> {
        self.round += 1;
        self.now.clear();
        let mut found = None;
        let around = (line[c.clone()].chars().next(), line[c.end..].chars().next());
        let waiting = std::mem::take(&mut self.next);
        for &Thread { at, saved } in &waiting {
            if let Step::Match = expression.steps[at as usize] {
                found = Some((saved, c.start));
                break;
            }
            self.enter(expression, around, c.end, Thread { at: at + 1, saved });
        }
        self.next = waiting;
        found
    }

    /// Adds to `now` what a thread becomes without reading at `place`, which is between two
    /// characters, as far as it wants the second.
    fn enter(
        &mut self,
        expression: &Expression,
        (before, c): (Option<char>, Option<char>),
        place: usize,
        mut thread: Thread<S>,
    ) {
        while let Step::Save(slot) = expression.steps[thread.at as usize] {
            thread.saved.save(slot, place);
            thread.at += 1;
        }
        let (closure, steps) = expression.closures().of(thread.at);
        if !steps.is_empty() {
            if closure.may_want(c) {
                self.enter_all(expression, steps, c, thread.saved);
            }
            return;
        }
        self.open.push(thread);
        while let Some(Thread { at, mut saved }) = self.open.pop() {
            if std::mem::replace(&mut self.entered[at as usize], self.round) == self.round {
                continue;
            }
            let mut open = |at| self.open.push(Thread { at, saved });
            let to = |by| jump(at as usize, by) as u32;
            match expression.steps[at as usize] {
                Step::One(set) => {
                    if c.is_some_and(|c| expression.sets[set as usize].has(c)) {
                        self.now.push(Thread { at, saved });
                    }
                }
                Step::Match => self.now.push(Thread { at, saved }),
                Step::Jump(by) => open(to(by)),
                Step::Split(first, second) => {
                    open(to(second));
                    open(to(first));
                }
                Step::Look(look) if is_seen(look, before, c) => open(at + 1),
                Step::Look(_) => {}
                Step::Save(slot) => {
                    saved.save(slot, place);
                    self.open.push(Thread { at: at + 1, saved });
                }
            }
        }
    }

    /// Adds to `now` those of these steps, which read or are the end, that want the character.
    fn enter_all(&mut self, expression: &Expression, steps: &[u32], c: Option<char>, saved: S) {
        for &at in steps {
            let is_new =
                std::mem::replace(&mut self.entered[at as usize], self.round) != self.round;
            let wants = || match expression.steps[at as usize] {
                Step::One(set) => c.is_some_and(|c| expression.sets[set as usize].has(c)),
                _ => true,
            };
            if is_new && wants() {
                self.now.push(Thread { at, saved });
            }
        }
    }
}

impl Expression {
    /// The first place from `at` on where a match may begin.
    fn begin(&self, line: &str, at: usize) -> Option<usize> {
        let first = if self.anchored { None } else { self.first() };
        let Some(first) = first else { return (!self.anchored || at == 0).then_some(at) };
        line[at..].char_indices().find(|&(_, c)| first.has(c)).map(|(by, _)| at + by)
    }

    fn may_begin(&self, at: usize, c: Option<char>) -> bool {
        (!self.anchored || at == 0)
            && self.first().is_none_or(|first| c.is_some_and(|c| first.has(c)))
    }
}

/// Whether between two characters is to be seen what an expression wants there.
fn is_seen(look: Look, before: Option<char>, after: Option<char>) -> bool {
    let unicode = |c: Option<char>| c.is_some_and(is_word);
    let ascii = |c: Option<char>| c.is_some_and(is_ascii_word);
    let (word, word_ascii) = ((unicode(before), unicode(after)), (ascii(before), ascii(after)));
    match look {
        Look::Start => before.is_none(),
        Look::End => after.is_none(),
        Look::StartLF => before.is_none_or(|c| c == '\n'),
        Look::EndLF => after.is_none_or(|c| c == '\n'),
        Look::StartCRLF => before.is_none_or(|c| c == '\n' || c == '\r' && after != Some('\n')),
        Look::EndCRLF => after.is_none_or(|c| c == '\r' || c == '\n' && before != Some('\r')),
        Look::WordAscii => word_ascii.0 != word_ascii.1,
        Look::WordAsciiNegate => word_ascii.0 == word_ascii.1,
        Look::WordUnicode => word.0 != word.1,
        Look::WordUnicodeNegate => word.0 == word.1,
        Look::WordStartAscii => !word_ascii.0 && word_ascii.1,
        Look::WordEndAscii => word_ascii.0 && !word_ascii.1,
        Look::WordStartUnicode => !word.0 && word.1,
        Look::WordEndUnicode => word.0 && !word.1,
        Look::WordStartHalfAscii => !word_ascii.0,
        Look::WordEndHalfAscii => !word_ascii.1,
        Look::WordStartHalfUnicode => !word.0,
        Look::WordEndHalfUnicode => !word.1,
    }
}

fn is_word(c: char) -> bool {
    // The tables of word characters are always there: the feature is on by default.
    regex_syntax::try_is_word_character(c).unwrap_or_default()
}

fn is_ascii_word(c: char) -> bool {
    c.is_ascii() && regex_syntax::is_word_byte(c as u8)
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;
    use regex::RegexBuilder;

    use super::*;
    use crate::boilerplate::rules::{Matcher, Rules};

    fn cuts(regex: &str, line: &str) -> Vec<Range<usize>> {
        let mut cuts = Vec::new();
        Machine::<Places>::default().cuts(&Expression::new(regex).unwrap(), line, |cut| {
            cuts.push(cut);
        });
        cuts
    }

    fn whole(regex: &str) -> Whole {
        let mut syntax = Syntax::default();
        let part = syntax.read(regex).unwrap();
        Whole::of(part, &syntax.sets()).unwrap()
    }

    fn cuts_of_the_library(regex: &str, line: &str) -> Vec<Range<usize>> {
        let regex = RegexBuilder::new(regex).case_insensitive(true).build().unwrap();
        let cuts = regex
            .captures_iter(line)
            .filter_map(|found| found.name("cut").or_else(|| found.get(0)).map(|cut| cut.range()));
        cuts.filter(|cut| !cut.is_empty()).collect()
    }

    pub(in crate::boilerplate) const REGEXES: &[&str] = &[
        "a",
        "a|ab|abc",
        "(?:a|ab)(?:c|bcd)d*",
        "(?P<cut>a+)b|c",
        "(?P<cut>b)?a",
        "a*?b",
        "(?:a|b*)*",
        "(?:a*)+",
        "(?:a?){2,4}b",
        "(?:ab?){0,3}?",
        "^a|b$",
        r"^\s*(?P<cut>[a-c ]{1,3}) é",
        r"\b\w{2,4}\b",
        r"\Bé",
        r"(?-u:\b)a",
        "(?-i:A)[^b]{0,3}B",
        "[^.!?]{0,4}ſ",
        "k[éÉ]|ß",
        "(?m)^b|a$",
        ".+(?:ssk|abc) ?[a-z]?",
        "(?:.+kss|.*c(?:s.)?d.*)(?:a.+)?",
        r".*[sk]{3}\.?$|^abc.*",
        "",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn the_machine_finds_what_the_library_finds(
            regex in prop::sample::select(REGEXES), line in "[aAbBcdéÉſsSK. \\n]{0,12}"
        ) {
            prop_assert_eq!(cuts(regex, &line), cuts_of_the_library(regex, &line), "{} {:?}", regex, line);
        }
    }

    proptest! {
        #[test]
        fn the_machine_matches_where_the_library_matches(
            regex in prop::sample::select(REGEXES), line in "[aAbBcdéÉſsSK. \\n]{0,12}"
        ) {
            let regex = format!("^(?:{regex})$");
            let library = RegexBuilder::new(&regex).case_insensitive(true).build().unwrap();
            let mut matcher = Machine::<()>::default();
            let whole = whole(&regex);
            let found = matcher.matches(&whole, &line);
            prop_assert_eq!(found, library.is_match(&line), "{} {:?}", regex, line);
            let (part, sets) = (&whole.part, &whole.forward.sets);
            let backward = Expression::compiled(&[part], sets, Counts::Kept, Way::Backward).unwrap();
            let reversed: String = line.chars().rev().collect();
            prop_assert_eq!(matcher.find(&backward, &reversed, 0).is_some(), found, "{} {:?}", regex, line);
        }
    }

    /// On the lines that rules show, each expression of a rule says what the library says.
    #[test]
    fn the_rules_find_what_the_library_finds() {
        let rules = Rules::built_in().unwrap();
        let lines: Vec<&String> =
            rules.all().flat_map(|rule| rule.drops.iter().chain(&rule.keeps)).collect();
        for rule in rules.all() {
            let (Matcher::Pattern(regex) | Matcher::Span(regex)) = &rule.matcher else { continue };
            let library = RegexBuilder::new(regex)
                .case_insensitive(true)
                .size_limit(64 << 20)
                .build()
                .unwrap();
            let expression = Expression::new(regex).unwrap();
            let (mut cutter, mut matcher) =
                (Machine::<Places>::default(), Machine::<()>::default());
            let whole = whole(&format!("^(?:{regex})$"));
            let own = rule.drops.iter().chain(&rule.keeps);
            for line in own.chain(lines.iter().copied().step_by(17)) {
                let mut found = Vec::new();
                cutter.cuts(&expression, line, |cut| found.push(cut));
                let cut = library.captures_iter(line).filter_map(|found| {
                    found.name("cut").or_else(|| found.get(0)).map(|cut| cut.range())
                });
                let wanted: Vec<_> = cut.filter(|cut| !cut.is_empty()).collect();
                assert_eq!(found, wanted, "{}: {line}", rule.id);
                let is_whole = library.find_iter(line).any(|found| found.len() == line.len());
                if is_whole {
                    assert!(matcher.matches(&whole, line), "{}: {line}", rule.id);
                }
            }
        }
    }

    #[test]
    fn a_hostile_line_costs_its_length_times_the_expression() {
        let (regex, line) = (r"^(?:(?:a*)*)*b$", "a".repeat(20_000));
        assert!(!Machine::<()>::default().matches(&whole(regex), &line));
        let expression = Expression::new(regex).unwrap();
        let mut cuts = Vec::new();
        Machine::<Places>::default().cuts(&expression, &line, |cut| cuts.push(cut));
        assert!(cuts.is_empty());
    }

    #[test]
    fn what_is_wrong_with_an_expression_is_said() {
        let told = |regex: &str| Expression::new(regex).unwrap_err().to_string();
        assert!(told("(a").contains("unclosed group"), "{}", told("(a"));
        assert!(told("(?:a{1000}){1000}").contains("too large"));
    }
}
