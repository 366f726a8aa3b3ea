//! Families: which repeats make one passage, and where it occurs.
//!
//! Every repeat goes to exactly one family, and a family occurs wherever one of its repeats does:
//! so every run lies inside two occurrences of one family, and every occurrence holds a repeat that
//! another document of the family has. Which repeats belong together is a matter of taste:
//!
//! * *A piece belongs to the whole* of which most of its occurrences are part. A passage that a
//!   thousand articles cut off at different words has thousands of repeats; each is mostly part of
//!   a slightly longer one, and following these leads to one longest text, of which all are pieces.
//!   But a phrase that mostly occurs elsewhere is a family of its own, with the longer text nested
//!   in some of its occurrences; and so is one that is less than a quarter of the whole, since who
//!   has nine words of a story does not have the story.
//! * *A variant belongs to the original* if at least four fifths of it are part of that.
//!
//! A variant of a variant joins nothing, so a family does not drift: each of its occurrences is made
//! of pieces of one text, or of texts that share four fifths with a piece of that one. And as a
//! nested family has two thirds of the occurrences at most, or a quarter of the words, the families at
//! one place of a document are few, whatever the number of copies.

use std::cmp::Reverse;

use rayon::prelude::*;

use super::paths::Spot;
use super::repeats::{NONE, Repeat, Repeats, stretch};
use super::suffixes::Suffixes;
use super::webs::{END, Web};
use super::{Family, Occurrence};

/// Sorts the repeats of a web into families and lists these.
pub(crate) fn assemble(web: &Web, suffixes: &Suffixes, repeats: &Repeats) -> Vec<Family> {
    let passages = sort_into_passages(web, suffixes, repeats);
    let mut members = list(web, suffixes, repeats, &passages);
    members.par_sort_unstable();
    let families = members.chunk_by(|a, b| a.passage == b.passage).map(|members| Family {
        passage: first_occurrence(web, suffixes, repeats, members[0].passage),
        occurrences: merge(members),
    });
    families.collect()
}

/// The family of each shared repeat, named by the repeat that is its whole passage.
fn sort_into_passages(web: &Web, suffixes: &Suffixes, repeats: &Repeats) -> Vec<u32> {
    let words: Vec<u32> = repeats
        .all
        .iter()
        .map(|repeat| {
            let spot = repeat.spot(suffixes, &web.spots);
            spot.end - spot.start
        })
        .collect();
    let wholes = wholes(longer(repeats), &words);
    let originals = originals(repeats, &wholes, &words);
    wholes.iter().map(|&whole| originals[whole as usize]).collect()
}

/// For each repeat the next longer one that most of its occurrences are part of, or itself.
fn longer(repeats: &Repeats) -> Vec<u32> {
    let mut longer = vec![(0, NONE); repeats.all.len()];
    for (id, repeat) in (0..).zip(&repeats.all).filter(|(_, repeat)| repeat.is_shared()) {
        for piece in [repeat.prefix, repeat.suffix] {
            if let Some(known) = longer.get_mut(piece as usize) {
                *known = (*known).max((repeat.count(), id));
            }
        }
    }
    let is_most = |count: u32, of: u32| 3 * u64::from(count) >= 2 * u64::from(of);
    (0..)
        .zip(repeats.all.iter().zip(longer))
        .map(
            |(id, (repeat, (count, whole)))| {
                if is_most(count, repeat.count()) { whole } else { id }
            },
        )
        .collect()
}

/// A piece has at least one in so many words of its whole.
pub(super) const LEAST_PIECE: u32 = 4;

/// For each repeat the whole that it is a piece of, or itself: that of the `longer` one, if it has
/// enough of that.
fn wholes(mut longer: Vec<u32>, words: &[u32]) -> Vec<u32> {
    let mut way = Vec::new();
    let mut known = vec![false; longer.len()];
    for id in 0..longer.len() {
        let mut at = id;
        while !known[at] && longer[at] as usize != at {
            way.push(at);
            at = longer[at] as usize;
        }
        known[at] = true;
        // What is longer is settled before what is part of it.
        while let Some(piece) = way.pop() {
            let whole = longer[longer[piece] as usize];
            let is_piece = words[whole as usize] <= LEAST_PIECE.saturating_mul(words[piece]);
            longer[piece] = if is_piece { whole } else { piece as u32 };
            known[piece] = true;
        }
    }
    longer
}

/// For each whole the passage whose variant it is, or itself. The most frequent come first.
fn originals(repeats: &Repeats, wholes: &[u32], words: &[u32]) -> Vec<u32> {
    let mut frequency = vec![0; wholes.len()];
    for (repeat, &whole) in repeats.all.iter().zip(wholes) {
        let known = &mut frequency[whole as usize];
        *known = repeat.count().max(*known);
    }
    let mut order: Vec<u32> =
        (0..).take(wholes.len()).filter(|&id| wholes[id as usize] == id).collect();
    order.retain(|&id| repeats.all[id as usize].is_shared());
    order.sort_by_key(|&id| (Reverse(frequency[id as usize]), id));
    let words = |id: u32| words[id as usize];
    let mut originals = vec![NONE; wholes.len()];
    for id in order {
        let original =
            pieces(repeats, id, |piece| 5 * u64::from(words(piece)) >= 4 * u64::from(words(id)))
                .into_iter()
                .map(|piece| (words(piece), wholes[piece as usize]))
                .filter(|&(_, whole)| originals[whole as usize] == whole)
                .max_by_key(|&(words, whole)| (words, Reverse(whole)));
        originals[id as usize] = original.map_or(id, |(_, whole)| whole);
    }
    originals
}

/// Pieces of a repeat that a variant is compared by.
const MOST_PIECES: usize = 32;

/// Repeats that are part of this one and long enough, longer ones rather first.
fn pieces(repeats: &Repeats, id: u32, is_long: impl Fn(u32) -> bool) -> Vec<u32> {
    let mut pieces = vec![id];
    let mut seen = 0;
    while seen < pieces.len() && pieces.len() < MOST_PIECES {
        let Repeat { prefix, suffix, .. } = repeats.all[pieces[seen] as usize];
        for piece in [prefix, suffix] {
            if piece != NONE && !pieces.contains(&piece) && is_long(piece) {
                pieces.push(piece);
            }
        }
        seen += 1;
    }
    pieces.split_off(1)
}

/// An occurrence of a passage, in the order in which they are merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Member {
    passage: u32,
    spot: Spot,
}

/// Places of the paths that a worker lists at a time.
const STINT: usize = 1 << 14;

/// For each place of the paths and each passage that begins there, the longest repeat of the passage
/// that does.
fn list(web: &Web, suffixes: &Suffixes, repeats: &Repeats, passages: &[u32]) -> Vec<Member> {
    let ladder = Ladder::new(repeats, passages);
    let places: Vec<u32> = (0..web.symbols.len() as u32).step_by(STINT).collect();
    let list_stint = |first: u32| {
        let end = web.symbols.len().min(first as usize + STINT) as u32;
        let (mut members, mut before, mut here) = (Vec::new(), Vec::new(), Vec::new());
        for at in (first..end).filter(|&at| web.symbols[at as usize] != END) {
            let mut next = ladder.bottom(repeats.longest_at(suffixes.ranks[at as usize]));
            while let Some(repeat) = repeats.all.get(next as usize) {
                let passage = passages[next as usize];
                let spot = stretch(&web.spots, at, repeat.depth);
                here.push((passage, spot.doc, spot.end));
                // It is often only the rest of what began at the place before.
                if !before.contains(&(passage, spot.doc, spot.end)) {
                    members.push(Member { passage, spot });
                }
                next = ladder.other[next as usize];
            }
            std::mem::swap(&mut before, &mut here);
            here.clear();
        }
        members
    };
    places.into_par_iter().flat_map_iter(list_stint).collect()
}

/// Ways up from a repeat to its prefixes, without the rungs that add nothing.
#[derive(Debug)]
struct Ladder {
    /// The repeat itself if it is shared, or the longest prefix that is.
    shared: Vec<u32>,
    /// The longest prefix of another passage.
    other: Vec<u32>,
}

impl Ladder {
    fn new(repeats: &Repeats, passages: &[u32]) -> Self {
        let mut ladder =
            Self { shared: vec![NONE; passages.len()], other: vec![NONE; passages.len()] };
        for (id, repeat) in repeats.all.iter().enumerate().rev() {
            let prefix = repeat.prefix as usize;
            ladder.shared[id] =
                if repeat.is_shared() { id as u32 } else { ladder.bottom(prefix as u32) };
            if repeat.prefix != NONE {
                let same = passages[prefix] == passages[id];
                ladder.other[id] = if same { ladder.other[prefix] } else { repeat.prefix };
            }
        }
        ladder
    }

    fn bottom(&self, id: u32) -> u32 {
        self.shared.get(id as usize).copied().unwrap_or(NONE)
    }
}

/// Makes one occurrence of those that overlap in a document. They are sorted and of one passage.
fn merge(members: &[Member]) -> Vec<Occurrence> {
    let mut occurrences: Vec<Occurrence> = Vec::new();
    for &Member { spot: Spot { doc, start, end }, .. } in members {
        match occurrences.last_mut() {
            Some(last) if last.doc == doc && start < last.end => last.end = last.end.max(end),
            _ => occurrences.push(Occurrence { doc, start, end }),
        }
    }
    occurrences
}

/// Where the whole passage occurs first.
fn first_occurrence(web: &Web, suffixes: &Suffixes, repeats: &Repeats, passage: u32) -> Occurrence {
    let repeat = &repeats.all[passage as usize];
    let ranks = repeat.first as usize..=repeat.last as usize;
    let at = suffixes.order[ranks].iter().copied().min().unwrap_or(0);
    let Spot { doc, start, end } = stretch(&web.spots, at, repeat.depth);
    Occurrence { doc, start, end }
}
