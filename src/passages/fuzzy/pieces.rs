//! Pieces: copies of a passage that were cut off somewhere.
//!
//! An exact family counts a piece of its passage as an occurrence if most of the piece's occurrences
//! are part of the whole. A near family that has most of such an exact family takes over the rest of
//! it, so that the passage is told once. Nothing drifts by that: at least half of the windows of a
//! piece are in the exemplar, and it has a quarter of the words.

use std::collections::{BTreeMap, HashSet};

use super::super::families::LEAST_PIECE;
use super::super::windows::WindowHasher;
use super::super::{Family, Occurrence, WordStore};
use super::LEAST_SIMILARITY;
use super::align::similarity;
use crate::error::Result;

/// Gives near families the rest of those exact ones that mostly lie inside them. `least` is the length
/// of the windows that pieces are compared by.
pub(super) fn absorb(
    store: &WordStore,
    near: &mut [Family],
    exact: &[Family],
    least: u32,
) -> Result<()> {
    let mut wanted = mostly_inside(near, exact);
    wanted.sort_unstable();
    for group in wanted.chunk_by(|a, b| a.0 == b.0) {
        let family = &mut near[group[0].0 as usize];
        let mut whole = Whole::new(store, family, least)?;
        for &(_, number) in group {
            whole.take_over(&exact[number as usize])?;
        }
        family.occurrences = whole.occurrences();
    }
    Ok(())
}

/// Which exact family lies inside which near one with two thirds of its occurrences, but not all.
fn mostly_inside(near: &[Family], exact: &[Family]) -> Vec<(u32, u32)> {
    let mut members: Vec<(Occurrence, u32)> = (0..)
        .zip(near)
        .flat_map(|(number, family)| family.occurrences.iter().map(move |&o| (o, number)))
        .collect();
    members.sort_unstable();
    let around = |o: &Occurrence| {
        let first = members.partition_point(|(member, _)| member.doc < o.doc);
        let (doc, start, end) = (o.doc, o.start, o.end);
        let of_doc =
            members[first..].iter().take_while(move |(m, _)| m.doc == doc && m.start <= start);
        of_doc.filter(move |(m, _)| end <= m.end).map(|&(_, number)| number)
    };
    let mut inside = Vec::new();
    for (family, number) in exact.iter().zip(0..) {
        let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
        for near in family.occurrences.iter().flat_map(around) {
            *counts.entry(near).or_default() += 1;
        }
        let most = counts.into_iter().max_by_key(|&(near, count)| (count, std::cmp::Reverse(near)));
        let all = family.occurrences.len();
        if let Some((near, count)) = most.filter(|&(_, n)| n < all && 3 * n >= 2 * all) {
            debug_assert!(count > 0);
            inside.push((near, number));
        }
    }
    inside
}

/// A near family while it takes over pieces.
struct Whole<'w> {
    store: &'w WordStore,
    hasher: WindowHasher,
    exemplar: Vec<u64>,
    windows: HashSet<u64>,
    /// Ends by document and start.
    members: BTreeMap<(u32, u32), u32>,
}

impl<'w> Whole<'w> {
    fn new(store: &'w WordStore, family: &Family, least: u32) -> Result<Self> {
        let hasher = WindowHasher::new(least);
        let exemplar = store.stretch(family.passage)?;
        let mut windows = HashSet::new();
        hasher.each(&exemplar, |hash, _| {
            windows.insert(hash);
        });
        let members = family.occurrences.iter().map(|o| ((o.doc, o.start), o.end)).collect();
        Ok(Self { store, hasher, exemplar, windows, members })
    }

    /// Takes over all occurrences of an exact family, or none.
    fn take_over(&mut self, family: &Family) -> Result<()> {
        let mut grown: Vec<(Occurrence, Vec<u32>)> = Vec::new();
        for &o in &family.occurrences {
            let (whole, parts) = self.with_overlapping(o);
            let is_new =
                parts != [whole.start] || self.members.get(&(o.doc, o.start)) != Some(&whole.end);
            if is_new && !self.fits(whole)? {
                return Ok(());
            }
            grown.push((whole, parts));
        }
        for (whole, parts) in grown {
            for start in parts {
                self.members.remove(&(whole.doc, start));
            }
            // A neighbour of the same family may have grown the same member.
            let (whole, parts) = self.with_overlapping(whole);
            for start in parts {
                self.members.remove(&(whole.doc, start));
            }
            self.members.insert((whole.doc, whole.start), whole.end);
        }
        Ok(())
    }

    /// An occurrence with the members it overlaps, and these members' starts.
    fn with_overlapping(&self, o: Occurrence) -> (Occurrence, Vec<u32>) {
        let before = self.members.range((o.doc, 0)..(o.doc, o.end));
        let overlapping = before.filter(|&(_, &end)| end > o.start);
        let mut whole = o;
        let mut parts = Vec::new();
        for (&(_, start), &end) in overlapping {
            whole.start = whole.start.min(start);
            whole.end = whole.end.max(end);
            parts.push(start);
        }
        (whole, parts)
    }

    /// Similar to the exemplar, or a piece of it.
    fn fits(&self, o: Occurrence) -> Result<bool> {
        let text = self.store.stretch(o)?;
        let (mut all, mut known) = (0, 0);
        self.hasher.each(&text, |hash, _| {
            all += 1;
            known += u32::from(self.windows.contains(&hash));
        });
        let is_long = self.exemplar.len() <= LEAST_PIECE as usize * text.len();
        let is_piece = is_long && all > 0 && 2 * known >= all;
        Ok(is_piece || similarity(&self.exemplar, &text, LEAST_SIMILARITY).is_some())
    }

    fn occurrences(self) -> Vec<Occurrence> {
        let members = self.members.into_iter();
        members.map(|((doc, start), end)| Occurrence { doc, start, end }).collect()
    }
}
