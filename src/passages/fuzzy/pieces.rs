//! Pieces: copies of a passage that were cut off somewhere.
//!
//! An exact family counts a piece of its passage as an occurrence if most of the piece's occurrences
//! are part of the whole. A near family that has most of such an exact family takes over the rest of
//! it, so that the passage is told once. Nothing drifts by that: at least half of the windows of a
//! piece are in the exemplar, and it has a quarter of the words.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::super::families::LEAST_PIECE;
use super::super::inside::{Counts, Pairs, Stops};
use super::super::listing::Families;
use super::super::windows::WindowHasher;
use super::super::{Family, Occurrence, WordStore};
use super::LEAST_SIMILARITY;
use super::align::similarity;
use crate::error::Result;
use crate::hash;
use crate::spill::Scratch;

/// Gives near families the rest of those exact ones that mostly lie inside them. `least` is the length
/// of the windows that pieces are compared by.
pub(super) fn absorb(
    store: &WordStore,
    near: &Families,
    exact: &Families,
    least: u32,
    scratch: &Scratch,
) -> Result<Families> {
    let half = scratch.share(1, 2);
    let mut wanted = mostly_inside(near, exact, &half)?;
    let mut absorbed = Families::within(&half);
    for (number, family) in (0..).zip(near.iter()) {
        let mut family = family?;
        let pieces = wanted.of(number)?;
        if !pieces.is_empty() {
            let mut whole = Whole::new(store, &family, least)?;
            for (piece, _) in pieces {
                if let Some(piece) = exact.get(piece as usize)? {
                    whole.take_over(&piece)?;
                }
            }
            family.occurrences = whole.occurrences();
        }
        absorbed.push(&family)?;
    }
    Ok(absorbed)
}

/// Names of near families, beside the numbers of exact ones.
const NEAR: u64 = 1 << 32;

/// By near family the exact ones that lie inside it with two thirds of their occurrences, but not all.
fn mostly_inside(near: &Families, exact: &Families, scratch: &Scratch) -> Result<Counts> {
    let third = scratch.share(1, 3);
    let stops = Stops::within(&third);
    // Near ones lie around what is equal.
    stops.add(near, |number| NEAR | u64::from(number), |_| 1)?;
    stops.add(exact, u64::from, |_| 0)?;
    let mut around = Pairs::within(&third);
    stops.sweep(|inner, outer| {
        if inner < NEAR && outer >= NEAR { around.push(inner as u32, outer as u32) } else { Ok(()) }
    })?;
    let mut around = around.sorted()?;
    let mut inside = Pairs::within(&third);
    for (number, family) in (0..).zip(exact.iter()) {
        let all = family?.occurrences.len();
        let counts = around.of(number)?.into_iter();
        let most = counts.max_by_key(|&(near, count)| (count, std::cmp::Reverse(near)));
        if let Some((near, _)) = most.filter(|&(_, n)| n < all && 3 * n >= 2 * all) {
            inside.push(near, number)?;
        }
    }
    inside.sorted()
}

/// A near family while it takes over pieces.
struct Whole<'w> {
    store: &'w WordStore,
    hasher: WindowHasher,
    exemplar: Cow<'w, [u64]>,
    windows: hash::Set,
    /// Ends by document and start.
    members: BTreeMap<(u32, u32), u32>,
}

impl<'w> Whole<'w> {
    fn new(store: &'w WordStore, family: &Family, least: u32) -> Result<Self> {
        let hasher = WindowHasher::new(least);
        let exemplar = store.stretch(family.passage)?;
        let mut windows = hash::Set::default();
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
