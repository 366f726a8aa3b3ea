//! From what an expression means to the steps that are run.

use super::expression::{Slot, Step, Way};
use super::syntax::{Part, Repeated};
use crate::error::{Error, Result};

/// More steps than any expression of a rule that a person can read.
const MOST_STEPS: usize = 1 << 16;

/// The steps of these parts, one behind the other, from where a match begins to its end.
pub(super) fn compile(parts: &[&Part], counts: Counts, way: Way) -> Result<Vec<Step>> {
    let mut compiler = Compiler { steps: Vec::new(), counts, way };
    compiler.push(Step::Save(Slot::Start))?;
    compiler.add_all(parts.iter().copied())?;
    compiler.push(Step::Match)?;
    Ok(compiler.steps)
}

#[derive(Debug)]
struct Compiler {
    steps: Vec<Step>,
    counts: Counts,
    way: Way,
}

/// What becomes of how often something may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counts {
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
