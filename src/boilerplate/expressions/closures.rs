//! Where threads go on behind a step, found out once for an expression that is run.

use super::expression::{Step, jump};
use super::sets::Set;

/// Epsilon closures: by step, the steps behind it that read a character, or are the end, where
/// nothing is to be seen or remembered on the way.
#[derive(Debug, Default)]
pub(super) struct Closures {
    by_step: Vec<Closure>,
    /// The preferred first.
    all: Vec<u32>,
}

/// Where a closure begins and ends among all; empty where it is found out each time.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Closure {
    start: u32,
    end: u32,
    /// The characters of ASCII that any of its steps reads; all, where the end is among them.
    ascii: u128,
}

impl Closure {
    /// Whether any of its steps may want the character.
    pub(super) fn may_want(self, c: Option<char>) -> bool {
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
    pub(super) fn new(steps: &[Step], sets: &[Set]) -> Self {
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

    /// The closure behind a step, and its steps.
    pub(super) fn of(&self, step: u32) -> (Closure, &[u32]) {
        let closure = self.by_step[step as usize];
        (closure, &self.all[closure.start as usize..closure.end as usize])
    }
}
