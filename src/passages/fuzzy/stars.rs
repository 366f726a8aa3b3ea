//! Stars: a family is an exemplar and the places that read much the same.
//!
//! The place that most alignments name is the first exemplar. From it the search goes along the
//! alignments, and every place that it comes to is held against the exemplar as a whole: one that
//! passes is a member, and the search goes on from there; one that fails waits for an exemplar of its
//! own. A place becomes a member once, so each alignment is followed twice at most.

use std::borrow::Cow;

use super::super::listing::Key;
use super::super::sort::pair;
use super::super::{Family, Occurrence, WordStore};
use super::LEAST_SIMILARITY;
use super::align::similarity;
use super::joined::{Neighbour, Places};
use crate::error::Result;

/// Makes families of the places, except of such as are all equal, which the exact families are. Keys
/// are in the order of the search.
pub(super) fn assemble(store: &WordStore, places: &Places) -> Result<Vec<(Key, Family)>> {
    let mut search = Search::new(store, places);
    let key = |place: u32| {
        let (neighbours, at) = (places.neighbours(place).len(), places.all[place as usize]);
        let number = u64::from(places.numbers[place as usize]);
        [pair(!(neighbours as u32), !at.words()), number, 0, 0]
    };
    let mut order: Vec<u32> = (0..places.all.len() as u32).collect();
    order.sort_by_cached_key(|&place| key(place));
    let mut families = Vec::new();
    for exemplar in order {
        families.extend(search.family(exemplar)?.map(|family| (key(exemplar), family)));
    }
    Ok(families)
}

/// What is known of each place.
struct Search<'s> {
    store: &'s WordStore,
    places: &'s Places,
    is_member: Vec<bool>,
    /// The exemplar it was last held against.
    tested: Vec<u32>,
}

impl<'s> Search<'s> {
    fn new(store: &'s WordStore, places: &'s Places) -> Self {
        let count = places.all.len();
        Self { store, places, is_member: vec![false; count], tested: vec![u32::MAX; count] }
    }

    fn words(&self, place: u32) -> Result<Cow<'s, [u64]>> {
        self.store.stretch(self.places.all[place as usize])
    }

    /// The family of an exemplar that is in none yet.
    fn family(&mut self, exemplar: u32) -> Result<Option<Family>> {
        if self.is_member[exemplar as usize] {
            return Ok(None);
        }
        let passage = self.places.all[exemplar as usize];
        let place = |member: &Neighbour| (self.places.all[member.place as usize], member.same);
        let mut members: Vec<(Occurrence, bool)> =
            self.members(exemplar)?.iter().map(place).collect();
        members.sort_unstable();
        keep_apart(&mut members, passage);
        let is_shared = self.store.share(members.iter().map(|(o, _)| o.doc));
        let differs = members.iter().any(|&(_, same)| !same);
        let occurrences = members.into_iter().map(|(o, _)| o).collect();
        Ok((is_shared && differs).then_some(Family { passage, occurrences }))
    }

    /// The places that read like an exemplar, and whether they read the same. What alignments said to
    /// be the same is not read again: mostly everything is.
    fn members(&mut self, exemplar: u32) -> Result<Vec<Neighbour>> {
        let mut text: Option<Cow<'s, [u64]>> = None;
        let mut members = vec![Neighbour { place: exemplar, same: true }];
        self.is_member[exemplar as usize] = true;
        let mut seen = 0;
        while let Some(&member) = members.get(seen) {
            for &next in self.places.neighbours(member.place) {
                let place = next.place as usize;
                if self.is_member[place] || self.tested[place] == exemplar {
                    continue;
                }
                self.tested[place] = exemplar;
                let same = if member.same && next.same {
                    Some(true)
                } else {
                    let text = match &mut text {
                        Some(text) => text,
                        unread => unread.insert(self.words(exemplar)?),
                    };
                    let words = self.words(next.place)?;
                    similarity(text, &words, LEAST_SIMILARITY).map(|_| *text == words)
                };
                if let Some(same) = same {
                    self.is_member[place] = true;
                    members.push(Neighbour { same, ..next });
                }
            }
            seen += 1;
        }
        Ok(members)
    }
}

/// Of sorted members that overlap, keeps the passage or the first.
fn keep_apart(members: &mut Vec<(Occurrence, bool)>, passage: Occurrence) {
    let overlap =
        |a: &Occurrence, b: &Occurrence| a.doc == b.doc && a.start < b.end && b.start < a.end;
    members.retain(|(o, _)| *o == passage || !overlap(o, &passage));
    members.dedup_by(|(next, _), (last, _)| overlap(next, last));
}
