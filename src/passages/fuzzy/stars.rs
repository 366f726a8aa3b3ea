//! Stars: a family is an exemplar and the places that read much the same.
//!
//! The place that most alignments name is the first exemplar. From it the search goes along the
//! alignments, and every place that it comes to is held against the exemplar as a whole: one that
//! passes is a member, and the search goes on from there; one that fails waits for an exemplar of its
//! own. A place becomes a member once, so each alignment is followed twice at most.

use super::super::listing::Key;
use super::super::sort::pair;
use super::super::{Family, Occurrence, WordStore};
use super::LEAST_SIMILARITY;
use super::align::similarity;
use super::joined::Places;
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

    fn words(&self, place: u32) -> Result<Vec<u64>> {
        self.store.stretch(self.places.all[place as usize])
    }

    /// The family of an exemplar that is in none yet.
    fn family(&mut self, exemplar: u32) -> Result<Option<Family>> {
        if self.is_member[exemplar as usize] {
            return Ok(None);
        }
        let text = self.words(exemplar)?;
        let members = self.members(exemplar, &text)?;
        let passage = self.places.all[exemplar as usize];
        let mut occurrences: Vec<Occurrence> =
            members.iter().map(|&member| self.places.all[member as usize]).collect();
        occurrences.sort_unstable();
        keep_apart(&mut occurrences, passage);
        let is_shared = self.store.share(occurrences.iter().map(|o| o.doc));
        if is_shared && self.any_differs(&occurrences, &text)? {
            Ok(Some(Family { passage, occurrences }))
        } else {
            Ok(None)
        }
    }

    fn any_differs(&self, occurrences: &[Occurrence], text: &[u64]) -> Result<bool> {
        for &occurrence in occurrences {
            if occurrence.words() as usize != text.len() || self.store.stretch(occurrence)? != text
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn members(&mut self, exemplar: u32, text: &[u64]) -> Result<Vec<u32>> {
        let mut members = vec![exemplar];
        self.is_member[exemplar as usize] = true;
        let mut seen = 0;
        while let Some(&member) = members.get(seen) {
            for &next in self.places.neighbours(member) {
                if self.is_member[next as usize] || self.tested[next as usize] == exemplar {
                    continue;
                }
                self.tested[next as usize] = exemplar;
                if similarity(text, &self.words(next)?, LEAST_SIMILARITY).is_some() {
                    self.is_member[next as usize] = true;
                    members.push(next);
                }
            }
            seen += 1;
        }
        Ok(members)
    }
}

/// Of sorted occurrences that overlap, keeps the passage or the first.
fn keep_apart(occurrences: &mut Vec<Occurrence>, passage: Occurrence) {
    let overlap =
        |a: &Occurrence, b: &Occurrence| a.doc == b.doc && a.start < b.end && b.start < a.end;
    occurrences.retain(|o| *o == passage || !overlap(o, &passage));
    occurrences.dedup_by(|next, last| overlap(next, last));
}
