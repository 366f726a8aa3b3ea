//! Copies inside texts: stretches of words that another text has, word for word.
//!
//! Of every stretch the copy in the most preferred text stays. That text may itself give parts of it
//! up, but only to one that is preferred to it; so nothing goes that does not stay somewhere.

use std::collections::HashMap;

use rayon::prelude::*;

use super::{Duplicate, Kind, Overlap, Preference};
use crate::error::Result;
use crate::hash;
use crate::passages::{self, Fuzzy, Occurrence, WindowHasher, WordStore};
use crate::spill::Scratch;

/// A stretch of a text that another text has, too, and keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Copy {
    /// Where it stands and can go.
    pub stretch: Occurrence,
    /// The text that has it, too.
    pub of: u32,
}

impl Copy {
    /// Told as the duplicates are.
    pub fn as_duplicate(&self) -> Duplicate {
        let (text, overlap) = (self.stretch.doc, Overlap::WHOLE);
        Duplicate { text, kept: self.of, kind: Kind::Exact, overlap }
    }
}

/// Finds all stretches of at least `min_words` words that a preferred text has, too, in order.
///
/// Each text of the store is an outlet of its own. Texts that are `gone` keep nothing and have nothing
/// to give up. Runs in the caller's rayon pool.
pub fn copies(
    store: &WordStore,
    preference: &Preference<'_>,
    gone: &[bool],
    min_words: u32,
    scratch: &Scratch,
) -> Result<Vec<Copy>> {
    let options = passages::Options { min_words, fuzzy: Fuzzy::Off };
    let families = passages::find(store, &options, scratch)?;
    let hasher = WindowHasher::new(5 * min_words);
    let scope = |at: &Occurrence| preference.scope[at.doc as usize];
    let found = families.par_stints().map(|stint| {
        let mut copies = Vec::new();
        for family in stint?.1 {
            let occurrences = by_preference(family.occurrences, preference, gone);
            for occurrences in occurrences.chunk_by(|a, b| scope(a) == scope(b)) {
                later(store, occurrences, preference.fixed, &hasher, &mut copies)?;
            }
        }
        Ok(copies)
    });
    let found: Vec<Vec<Copy>> = found.collect::<Result<_>>()?;
    Ok(outermost(found.concat()))
}

/// Finds those of the given stretches that are equal, word for word, to one of a preferred text.
pub fn equal(
    store: &WordStore,
    stretches: &[Occurrence],
    preference: &Preference<'_>,
    gone: &[bool],
) -> Result<Vec<Copy>> {
    let stretches = by_preference(stretches.to_vec(), preference, gone);
    let identity = |stretch: &Occurrence| {
        let identity = hash::identity_of_numbers(&store.stretch(*stretch)?);
        Ok((preference.scope[stretch.doc as usize], identity))
    };
    let identities: Result<Vec<_>> = stretches.par_iter().map(identity).collect();
    let mut keepers = HashMap::new();
    let mut copies = Vec::new();
    for (stretch, identity) in stretches.into_iter().zip(identities?) {
        let of = *keepers.entry(identity).or_insert(stretch.doc);
        if of != stretch.doc && stretch.doc >= preference.fixed {
            copies.push(Copy { stretch, of });
        }
    }
    copies.sort_unstable();
    Ok(copies)
}

/// Those of texts that stay, by scope, the preferred first.
fn by_preference(
    mut stretches: Vec<Occurrence>,
    preference: &Preference<'_>,
    gone: &[bool],
) -> Vec<Occurrence> {
    let Preference { rank, scope, fixed } = *preference;
    stretches.retain(|stretch| !gone[stretch.doc as usize]);
    stretches.sort_unstable_by_key(|&stretch| {
        let doc = stretch.doc as usize;
        (scope[doc], stretch.doc >= fixed, rank[doc], stretch)
    });
    stretches
}

/// What in each occurrence stands in one before it: all windows of the least length are compared.
fn later(
    store: &WordStore,
    occurrences: &[Occurrence],
    fixed: u32,
    hasher: &WindowHasher,
    copies: &mut Vec<Copy>,
) -> Result<()> {
    let mut keepers: hash::Map<u32> = hash::Map::default();
    for at in occurrences {
        let words = store.stretch(*at)?;
        let mut open: Option<Copy> = None;
        hasher.each(&words, |hash, window| {
            let of = *keepers.entry(hash).or_insert(at.doc);
            if of == at.doc || at.doc < fixed {
                return;
            }
            let (start, end) = (at.start + window.start, at.start + window.end);
            match &mut open {
                Some(copy) if copy.of == of && start <= copy.stretch.end => copy.stretch.end = end,
                _ => copies.extend(
                    open.replace(Copy { stretch: Occurrence { doc: at.doc, start, end }, of }),
                ),
            }
        });
        copies.extend(open);
    }
    Ok(())
}

/// Without the copies that lie inside another one.
fn outermost(mut copies: Vec<Copy>) -> Vec<Copy> {
    copies.par_sort_unstable_by_key(|copy| {
        let Occurrence { doc, start, end } = copy.stretch;
        (doc, start, std::cmp::Reverse(end), copy.of)
    });
    let mut reached = (0, 0);
    copies.retain(|copy| {
        let here = (copy.stretch.doc, copy.stretch.end);
        let inside = here.0 == reached.0 && here.1 <= reached.1;
        if !inside {
            reached = here;
        }
        !inside
    });
    copies
}
