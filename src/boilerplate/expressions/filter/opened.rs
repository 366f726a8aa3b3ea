//! What the places of expressions open: characters that are read there, each with the place behind it,
//! and ends.
//!
//! A place is a step that something is read behind. Those that come up are numbered as they do, so
//! that what belongs together stands together, and what each opens is found out when it is asked for.

use std::ops::Range;

use regex_syntax::hir::Look;

use super::super::expression::{Step, jump};
use super::classes::has;
use crate::hash;

/// The steps of many expressions, one behind the other.
#[derive(Debug, Default)]
pub(super) struct Steps {
    all: Vec<Step>,
    /// Where each expression begins.
    starts: Vec<u32>,
}

impl Steps {
    /// Adds those of an expression; gives the first.
    pub(super) fn add(&mut self, steps: &[Step]) -> u32 {
        let start = self.all.len() as u32;
        self.starts.push(start);
        self.all.extend(steps);
        start
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// The steps of the expression that begins somewhere.
    pub(super) fn from(&self, start: u32) -> &[Step] {
        let next = self.starts.get(self.owner(start) as usize + 1);
        &self.all[start as usize..next.map_or(self.len(), |next| *next as usize)]
    }

    /// The number of the expression that has a step.
    fn owner(&self, step: u32) -> u32 {
        self.starts.partition_point(|start| *start <= step) as u32 - 1
    }

    /// The place that opens what this step opens: many ways through an expression meet again.
    fn place(&self, step: u32) -> u32 {
        let mut step = step as usize;
        loop {
            match self.all[step] {
                Step::Jump(by) => step = jump(step, by),
                Step::Save(_) => step += 1,
                _ => return step as u32,
            }
        }
    }
}

/// What may come behind a place: where its parts of the lists of [`Opened`] begin and end. Small,
/// since there are thousands, looked up in no order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Open {
    /// Characters of sets, each with the place behind it.
    reads: (u32, u32),
    /// Ends of expressions: anywhere, up to the second of these, and then where the line ends.
    ends: (u32, u32, u32),
}

/// Stands for what a place opens where that was never asked for, and for the number of a step that
/// is no place.
const NEVER: u32 = u32::MAX;
const UNSEEN: Open = Open { reads: (NEVER, 0), ends: (0, 0, 0) };

/// The places that came up, by their numbers.
#[derive(Debug, Default)]
struct Places {
    /// The steps that they are.
    steps: Vec<u32>,
    opens: Vec<Open>,
    /// For every step its number.
    numbers: Vec<u32>,
}

impl Places {
    fn number(&mut self, step: u32) -> u32 {
        let number = &mut self.numbers[step as usize];
        if *number == NEVER {
            *number = self.steps.len() as u32;
            self.steps.push(step);
            self.opens.push(UNSEEN);
        }
        *number
    }
}

/// What places open, as far as it was asked for.
#[derive(Debug, Default)]
pub(super) struct Opened {
    places: Places,
    reads: Vec<(u32, u32)>,
    ends: Vec<u32>,
    /// The places behind what a class reads, where there is much to read, by place and class.
    by_class: hash::Map<Range<usize>>,
    behind: Vec<u32>,
    /// Steps that were seen while one place is opened.
    entered: Vec<bool>,
    seen: Vec<u32>,
}

/// Fewer sets are looked at one by one.
const MANY_READS: usize = 8;

impl Opened {
    /// For expressions of so many steps together.
    pub(super) fn new(steps: usize) -> Self {
        let places = Places { numbers: vec![NEVER; steps], ..Places::default() };
        Self { places, entered: vec![false; steps], ..Self::default() }
    }

    /// The numbers of the places that some steps are, sorted.
    pub(super) fn numbers(&mut self, steps: &Steps, some: &[u32]) -> Vec<u32> {
        let number = |&step: &u32| self.places.number(steps.place(step));
        let mut numbers: Vec<u32> = some.iter().map(number).collect();
        numbers.sort_unstable();
        numbers
    }

    /// What a place opens.
    pub(super) fn by(&mut self, steps: &Steps, place: u32) -> Open {
        let open = self.places.opens[place as usize];
        if open.reads.0 != NEVER {
            return open;
        }
        let open = self.open(steps, self.places.steps[place as usize]);
        self.places.opens[place as usize] = open;
        open
    }

    fn open(&mut self, steps: &Steps, step: u32) -> Open {
        let Self { places, reads, ends, entered, seen, .. } = self;
        let (first_read, first_end) = (reads.len() as u32, ends.len() as u32);
        let (mut ways, mut last, mut ending) = (vec![step], Vec::new(), Vec::new());
        let mut at_end = false;
        while let Some(at) = ways.pop() {
            if !std::mem::replace(&mut entered[at as usize], true) {
                seen.push(at);
                let to = |by| jump(at as usize, by) as u32;
                match steps.all[at as usize] {
                    Step::One(_) if at_end => {}
                    Step::One(set) => reads.push((set, places.number(steps.place(at + 1)))),
                    Step::Match if at_end => ending.push(steps.owner(at)),
                    Step::Match => ends.push(steps.owner(at)),
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
        for at in seen.drain(..) {
            entered[at as usize] = false;
        }
        let matched = ends.len() as u32;
        ends.append(&mut ending);
        let ends = (first_end, matched, ends.len() as u32);
        Open { reads: (first_read, reads.len() as u32), ends }
    }

    /// What is read there: sets, each with the place behind it.
    pub(super) fn reads(&self, open: Open) -> &[(u32, u32)] {
        &self.reads[open.reads.0 as usize..open.reads.1 as usize]
    }

    /// The expressions that end there, wherever that is in a line.
    pub(super) fn matched(&self, open: Open) -> &[u32] {
        &self.ends[open.ends.0 as usize..open.ends.1 as usize]
    }

    /// The expressions that end there where the line ends.
    pub(super) fn matched_at_end(&self, open: Open) -> &[u32] {
        &self.ends[open.ends.0 as usize..open.ends.2 as usize]
    }

    /// Adds the places behind what a class, of these sets, reads at a place, which opens this.
    pub(super) fn read(
        &mut self,
        (place, open): (u32, Open),
        sets: &[u64],
        class: u16,
        places: &mut Vec<u32>,
    ) {
        let reads = &self.reads[open.reads.0 as usize..open.reads.1 as usize];
        let add = |places: &mut Vec<u32>| {
            let reading = reads.iter().filter(|(set, _)| has(sets, *set));
            places.extend(reading.map(|(_, place)| *place));
        };
        if reads.len() < MANY_READS {
            return add(places);
        }
        let key = hash::mixed(u64::from(place) << u16::BITS | u64::from(class));
        let known = self.by_class.entry(key).or_insert_with(|| {
            let first = self.behind.len();
            add(&mut self.behind);
            first..self.behind.len()
        });
        places.extend_from_slice(&self.behind[known.clone()]);
    }
}
