//! Places: stretches of a document that alignments agree on, and which places alignments join.
//!
//! Alignments of one passage with different documents end at slightly different words. Those that
//! overlap by four fifths of the longer are one place. It spans what most of them span and the exact
//! occurrences that belong to it: a chance word or two behind one of ten thousand copies does not
//! count, but a run that is equal word for word is never cut.

use std::cmp::Reverse;

use rayon::prelude::*;

use super::super::listing::Families;
use super::super::partitions::{Packed, Partitions};
use super::super::seeds::{part, partitions_of};
use super::super::sort::pair;
use super::super::store::{push_number, take_number};
use super::super::webs::Forest;
use super::super::{Occurrence, too_large};
use super::pairs::Match;
use crate::error::Result;
use crate::hash;
use crate::spill::{Gathering, Scratch, Sorter};

/// Places that alignments join, one way or another, and what joins them.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// In order of document.
    pub(super) all: Vec<Occurrence>,
    /// Their numbers among all places of the corpus, ascending.
    pub(super) numbers: Vec<u32>,
    /// Where the neighbours of each place begin in `neighbours`, and one more.
    firsts: Vec<u32>,
    neighbours: Vec<u32>,
}

impl Places {
    /// Out of places and of what joins them, in any order.
    fn new(mut places: Vec<Place>, mut joints: Vec<Joint>) -> Self {
        places.sort_unstable_by_key(|place| place.number);
        joints.sort_unstable();
        let numbers: Vec<u32> = places.iter().map(|place| place.number).collect();
        let here = |number: u32| numbers.partition_point(|&known| known < number) as u32;
        let neighbours = joints.iter().map(|joint| here(joint.neighbour)).collect();
        let first = |&number: &u32| joints.partition_point(|joint| joint.place < number) as u32;
        let firsts = numbers.iter().map(first).chain([joints.len() as u32]).collect();
        Self { all: places.iter().map(|place| place.at).collect(), firsts, neighbours, numbers }
    }

    /// The places that alignments join to one, in order.
    pub(super) fn neighbours(&self, place: u32) -> &[u32] {
        let bounds = [self.firsts[place as usize], self.firsts[place as usize + 1]];
        &self.neighbours[bounds[0] as usize..bounds[1] as usize]
    }
}

/// A place with its number.
#[derive(Debug, Clone, Copy)]
struct Place {
    number: u32,
    at: Occurrence,
}

impl Default for Place {
    fn default() -> Self {
        Self { number: 0, at: Occurrence { doc: 0, start: 0, end: 0 } }
    }
}

impl Packed for Place {
    fn pack(self, last: Self, into: &mut Vec<u8>) {
        push_number(u64::from(self.number.wrapping_sub(last.number)), into);
        push_number(u64::from(self.at.doc.wrapping_sub(last.at.doc)), into);
        push_number(u64::from(self.at.start), into);
        push_number(u64::from(self.at.words()), into);
    }

    fn unpack(self, bytes: &mut &[u8]) -> Self {
        let number = self.number.wrapping_add(take_number(bytes) as u32);
        let doc = self.at.doc.wrapping_add(take_number(bytes) as u32);
        let start = take_number(bytes) as u32;
        let end = start + take_number(bytes) as u32;
        Self { number, at: Occurrence { doc, start, end } }
    }
}

/// One way between two places.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Joint {
    place: u32,
    neighbour: u32,
}

impl Packed for Joint {
    fn pack(self, last: Self, into: &mut Vec<u8>) {
        push_number(u64::from(self.place.wrapping_sub(last.place)), into);
        push_number(u64::from(self.neighbour), into);
    }

    fn unpack(self, bytes: &mut &[u8]) -> Self {
        let place = self.place.wrapping_add(take_number(bytes) as u32);
        Self { place, neighbour: take_number(bytes) as u32 }
    }
}

/// A stretch of a document that an alignment or an exact family names.
#[derive(Debug, Clone, Copy)]
struct Span {
    at: Occurrence,
    /// The side of the match it is, or [`EXACT`].
    side: u64,
}

const EXACT: u64 = u64::MAX;

/// All spans, by document, the longest first.
#[derive(Debug)]
pub(super) struct Spans {
    sorter: Sorter<3>,
    /// How many of them are sides of matches.
    sides: u64,
}

impl Spans {
    /// Those of the exact families, in so much memory.
    pub(super) fn of(exact: &Families, scratch: &Scratch) -> Result<Self> {
        let spans = Self { sorter: Sorter::new(scratch), sides: 0 };
        exact.par_stints().try_for_each(|stint| {
            let (_, families) = stint?;
            let all = families.iter().flat_map(|family| &family.occurrences);
            spans.sorter.add(all.map(|&at| Span { at, side: EXACT }.record()).collect())
        })?;
        Ok(spans)
    }

    /// Adds both sides of matches.
    pub(super) fn add(&mut self, matches: &[Match]) -> Result<()> {
        let sides = matches.iter().flat_map(|m| [m.hub, m.other]);
        let records = (self.sides..).zip(sides).map(|(side, at)| Span { at, side }.record());
        let records: Vec<_> = records.collect();
        self.sides += records.len() as u64;
        self.sorter.add(records)
    }
}

impl Span {
    fn record(self) -> [u64; 3] {
        let Occurrence { doc, start, .. } = self.at;
        [pair(doc, !self.at.words()), u64::from(start), self.side]
    }

    fn of([place, start, side]: [u64; 3]) -> Self {
        let (doc, words, start) = ((place >> 32) as u32, !(place as u32), start as u32);
        Self { at: Occurrence { doc, start, end: start + words }, side }
    }
}

/// A place while spans gather in it.
#[derive(Debug)]
struct Draft {
    /// Its longest span.
    longest: Occurrence,
    spans: Vec<Span>,
}

/// The places of the corpus and what joins them, on the way to where they are looked at.
#[derive(Debug)]
struct Drafted {
    /// Number, document and start, end.
    places: Gathering<3>,
    count: u32,
    /// Which place each side is part of.
    sides: Gathering<2>,
}

/// Spans whose places are made side by side, at least.
const BATCH: usize = 1 << 16;

/// Makes places of the spans and calls `look` with them, with such as are joined together, with many at
/// a time, several times at once.
pub(super) fn each(
    spans: Spans,
    scratch: &Scratch,
    look: impl Fn(&Places) -> Result<()> + Sync + Send,
) -> Result<()> {
    let quarter = scratch.share(1, 4);
    let drafted = Drafted::of(spans, &quarter)?;
    let forest = Forest::new(drafted.count);
    let joints = joints(drafted.sides, &forest, &quarter)?;
    let count = partitions_of::<[u64; EACH]>(u64::from(drafted.count), &scratch.share(1, 2));
    // Each is looked at by one worker.
    let count = count.max(u64::from(drafted.count / LEAST).min(MOST));
    let part_of = |place: u32| part(hash::of(&forest.root(place).to_le_bytes()), count);
    let (here, ways) =
        (Partitions::new(count as usize, &quarter), Partitions::new(count as usize, &quarter));
    let (mut places, mut joined) = (here.thrower(), ways.thrower());
    for place in drafted.places.sorted()? {
        let [number, at, end] = place?;
        let at = Occurrence { doc: (at >> 32) as u32, start: at as u32, end: end as u32 };
        places.push(part_of(number as u32), Place { number: number as u32, at })?;
    }
    let mut last = None;
    for joint in joints.sorted()? {
        let [joint] = joint?;
        if last.replace(joint) != Some(joint) {
            let (place, neighbour) = ((joint >> 32) as u32, joint as u32);
            joined.push(part_of(place), Joint { place, neighbour })?;
        }
    }
    places.finish()?;
    joined.finish()?;
    drop(forest);
    let parts = (0..count as usize).into_par_iter();
    parts.try_for_each(|part| look(&Places::new(here.read(part)?, ways.read(part)?)))
}

/// Eights of bytes that a place takes where it is looked at, half of them.
const EACH: usize = 6;
/// Places that one worker takes on at a time, and into how many parts there are divided at most for that.
const LEAST: u32 = 1 << 10;
const MOST: u64 = 64;

impl Drafted {
    fn of(spans: Spans, scratch: &Scratch) -> Result<Self> {
        let half = scratch.share(1, 2);
        let (places, sides) = (Gathering::within(&half), Gathering::within(&half));
        let mut drafted = Self { places, count: 0, sides };
        let mut batch: Vec<Span> = Vec::new();
        for span in spans.sorter.sorted()? {
            let span = Span::of(span?);
            let is_next = batch.last().is_some_and(|last| last.at.doc != span.at.doc);
            if is_next && batch.len() >= BATCH {
                drafted.add(&batch)?;
                batch.clear();
            }
            batch.push(span);
        }
        drafted.add(&batch)?;
        Ok(drafted)
    }

    /// Adds the places of some documents.
    fn add(&mut self, spans: &[Span]) -> Result<()> {
        let documents: Vec<&[Span]> = spans.chunk_by(|a, b| a.at.doc == b.at.doc).collect();
        let drafts: Vec<Vec<Draft>> = documents.into_par_iter().map(draft).collect();
        for draft in drafts.iter().flatten() {
            let number = self.count;
            if number == u32::MAX {
                return Err(too_large("places that read much the same", u64::from(number)));
            }
            self.count += 1;
            let near = draft.spans.iter().filter(|span| span.side != EXACT);
            for span in near {
                self.sides.push([span.side, u64::from(number)])?;
            }
            let at = draft.extent();
            self.places.push([u64::from(number), pair(at.doc, at.start), u64::from(at.end)])?;
        }
        Ok(())
    }
}

/// What joins places, both ways; and their sets in the forest.
fn joints(sides: Gathering<2>, forest: &Forest, scratch: &Scratch) -> Result<Gathering<1>> {
    let mut joints = Gathering::within(scratch);
    let mut before: Option<[u64; 2]> = None;
    for side in sides.sorted()? {
        let side = side?;
        // Two sides follow one another in each match.
        let Some(other) = before.take_if(|before| before[0] ^ 1 == side[0]) else {
            before = Some(side);
            continue;
        };
        let (one, other) = (other[1] as u32, side[1] as u32);
        forest.join(one, other);
        joints.push([pair(one, other)])?;
        joints.push([pair(other, one)])?;
    }
    Ok(joints)
}

/// The places of one document.
fn draft(spans: &[Span]) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = Vec::new();
    for &span in spans {
        let known = drafts.iter_mut().find(|draft| draft.is_much_of(span.at));
        match known {
            Some(draft) => draft.spans.push(span),
            None => drafts.push(Draft { longest: span.at, spans: vec![span] }),
        }
    }
    drafts.retain(|draft| draft.spans.iter().any(|span| span.side != EXACT));
    drafts
}

impl Draft {
    /// Whether a span that is not longer overlaps with four fifths.
    fn is_much_of(&self, span: Occurrence) -> bool {
        let overlap =
            self.longest.end.min(span.end).saturating_sub(self.longest.start.max(span.start));
        5 * u64::from(overlap) >= 4 * u64::from(self.longest.words())
    }

    /// The stretch that most alignments name, with all the exact ones.
    fn extent(&self) -> Occurrence {
        let (exact, mut near): (Vec<Span>, Vec<Span>) =
            self.spans.iter().partition(|span| span.side == EXACT);
        near.sort_unstable_by_key(|span| span.at);
        let most = near
            .chunk_by(|a, b| a.at == b.at)
            .max_by_key(|same| (same.len(), same[0].at.words(), Reverse(same[0].at)))
            .map_or(self.longest, |same| same[0].at);
        exact.iter().fold(most, |extent, span| Occurrence {
            start: extent.start.min(span.at.start),
            end: extent.end.max(span.at.end),
            ..extent
        })
    }
}
