//! Words against words: what hashes found to be equal is compared.
//!
//! Up to here a window is its hash of 64 bits. Two windows that hash alike are one in some hundred million
//! articles, if any; a family in which they met would have an occurrence that shares nothing with the
//! others. So every occurrence must show a window that another one has, word for word.

use std::borrow::Cow;
use std::collections::hash_map::Entry;

use rayon::prelude::*;

use super::windows::WindowHasher;
use super::{Family, Occurrence, WordStore};
use crate::error::Result;
use crate::hash;

/// Drops occurrences without a window that another one of their family has, and families that one outlet
/// is left of.
pub(crate) fn verify(store: &WordStore, families: Vec<Family>, least: u32) -> Result<Vec<Family>> {
    let hasher = WindowHasher::new(least);
    let verified = families.into_par_iter().map(|family| verify_family(store, family, &hasher));
    let verified: Vec<Option<Family>> = verified.collect::<Result<_>>()?;
    Ok(verified.into_iter().flatten().collect())
}

fn verify_family(
    store: &WordStore,
    mut family: Family,
    hasher: &WindowHasher,
) -> Result<Option<Family>> {
    let strangers = strangers(store, &family, hasher)?;
    if !strangers.is_empty() {
        family.occurrences.retain(|occurrence| !strangers.contains(occurrence));
        let longest = family.occurrences.iter().max_by_key(|o| (o.words(), std::cmp::Reverse(**o)));
        family.passage = longest.copied().unwrap_or(family.passage);
    }
    let is_shared = store.share(family.occurrences.iter().map(|o| o.doc));
    Ok(is_shared.then_some(family))
}

/// The occurrences that share no window with another one.
fn strangers(store: &WordStore, family: &Family, hasher: &WindowHasher) -> Result<Vec<Occurrence>> {
    let mut known = Known::default();
    let mut met = vec![false; family.occurrences.len()];
    for (number, &occurrence) in family.occurrences.iter().enumerate() {
        known.meet(number, store.stretch(occurrence)?, hasher, &mut met);
    }
    let met = met.into_iter().zip(&family.occurrences);
    Ok(met.filter(|(met, _)| !met).map(|(_, &occurrence)| occurrence).collect())
}

/// The different windows of a family: as many as those of one passage, mostly.
#[derive(Debug, Default)]
struct Known<'s> {
    /// Occurrences that brought a new window, by number.
    texts: Vec<(usize, Cow<'s, [u64]>)>,
    /// By hash, the text and the place of each window.
    windows: hash::Map<(usize, u32)>,
}

impl<'s> Known<'s> {
    /// Notes which others an occurrence shares a window with, and its windows.
    fn meet(
        &mut self,
        number: usize,
        words: Cow<'s, [u64]>,
        hasher: &WindowHasher,
        met: &mut [bool],
    ) {
        let (texts, text) = (&self.texts, self.texts.len());
        let mut brings = false;
        hasher.each(&words, |hash, window| match self.windows.entry(hash) {
            Entry::Occupied(known) => {
                let &(other, start) = known.get();
                let window = &words[window.start as usize..window.end as usize];
                let other = texts.get(other);
                if let Some((other, words)) = other
                    && words[start as usize..].starts_with(window)
                {
                    (met[number], met[*other]) = (true, true);
                }
            }
            Entry::Vacant(new) => {
                new.insert((text, window.start));
                brings = true;
            }
        });
        if brings {
            self.texts.push((number, words));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_occurrence_that_shares_nothing_goes() {
        let mut store = WordStore::new();
        let texts: [&[u64]; 5] =
            [&[2, 4, 6, 8], &[90, 2, 4, 6], &[10, 12, 14, 16], &[4, 6, 8], &[18, 4, 6, 8]];
        for (outlet, words) in (0..).zip(texts) {
            store.push(outlet, words).unwrap();
        }
        let whole = |doc: u32| Occurrence { doc, start: 0, end: texts[doc as usize].len() as u32 };
        let family = |docs: &[u32]| Family {
            passage: whole(docs[0]),
            occurrences: docs.iter().map(|&doc| whole(doc)).collect(),
        };
        let verified = |docs| verify(&store, vec![family(docs)], 15).unwrap();
        assert_eq!(verified(&[0, 1, 3, 4]), [family(&[0, 1, 3, 4])]);
        assert_eq!(verified(&[0, 1, 2]), [family(&[0, 1])]);
        assert_eq!(verified(&[2, 3, 4])[0].occurrences, family(&[3, 4]).occurrences);
        assert!(verified(&[0, 2]).is_empty());
    }
}
