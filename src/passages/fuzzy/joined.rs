//! Joined: places that alignments join, one way or another, and so may be of one family.
//!
//! They fall into sets (the trees of a [`Forest`]), and the sets go to partitions, so that what is
//! looked at together is small and several workers can look at once.

use rayon::prelude::*;

use super::super::Occurrence;
use super::super::forest::Forest;
use super::super::partitions::{Packed, Partitions, part};
use super::super::seeds::partitions_of;
use super::super::sort::pair;
use super::super::store::{push_number, take_number};
use super::places::Drafted;
use crate::error::Result;
use crate::hash;
use crate::spill::{Scratch, Sorter};

/// Calls `look` with places that are joined, with many sets at a time, several times at once.
pub(super) fn each(
    drafted: Drafted,
    scratch: &Scratch,
    look: impl Fn(&Places) -> Result<()> + Sync + Send,
) -> Result<()> {
    let half = scratch.share(1, 2);
    let forest = Forest::new(drafted.count);
    let joints = joints(drafted.sides, &forest, &half)?;
    let parts = Parts::of(drafted.count, &half);
    let part_of = |place: u32| parts.part_of(forest.root(place));
    let mut places = parts.places.thrower();
    for place in drafted.places.sorted()? {
        let [number, at, end] = place?;
        let at = Occurrence { doc: (at >> 32) as u32, start: at as u32, end: end as u32 };
        places.push(part_of(number as u32), Place { number: number as u32, at })?;
    }
    places.finish()?;
    let mut ways = parts.joints.thrower();
    let mut last = None;
    for joint in joints.sorted()? {
        let [joint, differs] = joint?;
        if last.replace(joint) != Some(joint) {
            let (place, neighbour) = ((joint >> 32) as u32, joint as u32);
            ways.push(part_of(place), Joint { place, neighbour, same: differs == 0 })?;
        }
    }
    ways.finish()?;
    drop(forest);
    let numbers = (0..parts.places.count()).into_par_iter();
    numbers.try_for_each(|part| look(&parts.read(part)?))
}

/// What joins places, both ways, and whether they differ; and their sets in the forest.
fn joints(sides: Sorter<2>, forest: &Forest, scratch: &Scratch) -> Result<Sorter<2>> {
    let joints = Sorter::new(scratch);
    let mut before: Option<[u64; 2]> = None;
    for side in sides.sorted()? {
        let side = side?;
        let Some(other) = before.take_if(|before| before[0] ^ 1 == side[0]) else {
            before = Some(side);
            continue;
        };
        let differs = !(other[1] & side[1]) & 1;
        let (one, other) = ((other[1] >> 1) as u32, (side[1] >> 1) as u32);
        forest.join(one, other);
        joints.add([[pair(one, other), differs], [pair(other, one), differs]])?;
    }
    Ok(joints)
}

/// Sets of places in partitions, with what joins them.
struct Parts {
    places: Partitions<Place>,
    joints: Partitions<Joint>,
}

/// Numbers of eight bytes that a place takes where it is looked at, half of them.
const EACH: usize = 6;
/// Places that one worker takes on at a time, and into how many parts they are divided at most for that.
const LEAST: u32 = 1 << 10;
const MOST: u32 = 64;

impl Parts {
    fn of(count: u32, scratch: &Scratch) -> Self {
        let parts = partitions_of::<[u64; EACH]>(u64::from(count), scratch);
        let parts = (parts as usize).max((count / LEAST).min(MOST) as usize);
        let half = scratch.share(1, 2);
        Self { places: Partitions::new(parts, &half), joints: Partitions::new(parts, &half) }
    }

    fn part_of(&self, root: u32) -> usize {
        part(hash::of(&root.to_le_bytes()), self.places.count() as u64)
    }

    fn read(&self, part: usize) -> Result<Places> {
        Ok(Places::new(self.places.read(part)?, self.joints.read(part)?))
    }
}

/// Places and what joins them.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// In order of document.
    pub(super) all: Vec<Occurrence>,
    /// Their numbers among all places of the corpus, ascending.
    pub(super) numbers: Vec<u32>,
    /// Where the neighbours of each place begin in `neighbours`, and one more.
    firsts: Vec<u32>,
    neighbours: Vec<Neighbour>,
}

/// What a place is joined to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Neighbour {
    pub(super) place: u32,
    /// Whether both read the same, word for word.
    pub(super) same: bool,
}

impl Places {
    /// Out of places and of what joins them, in any order.
    fn new(mut places: Vec<Place>, mut joints: Vec<Joint>) -> Self {
        places.sort_unstable_by_key(|place| place.number);
        joints.sort_unstable();
        let numbers: Vec<u32> = places.iter().map(|place| place.number).collect();
        let here = |number: u32| numbers.partition_point(|&known| known < number) as u32;
        let neighbour =
            |joint: &Joint| Neighbour { place: here(joint.neighbour), same: joint.same };
        let neighbours = joints.iter().map(neighbour).collect();
        let first = |&number: &u32| joints.partition_point(|joint| joint.place < number) as u32;
        let firsts = numbers.iter().map(first).chain([joints.len() as u32]).collect();
        Self { all: places.iter().map(|place| place.at).collect(), firsts, neighbours, numbers }
    }

    /// The places that alignments join to one, in order.
    pub(super) fn neighbours(&self, place: u32) -> &[Neighbour] {
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
    same: bool,
}

impl Packed for Joint {
    fn pack(self, last: Self, into: &mut Vec<u8>) {
        push_number(u64::from(self.place.wrapping_sub(last.place)), into);
        push_number(u64::from(self.neighbour) << 1 | u64::from(self.same), into);
    }

    fn unpack(self, bytes: &mut &[u8]) -> Self {
        let place = self.place.wrapping_add(take_number(bytes) as u32);
        let neighbour = take_number(bytes);
        Self { place, neighbour: (neighbour >> 1) as u32, same: neighbour & 1 == 1 }
    }
}
