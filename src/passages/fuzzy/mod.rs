//! Near matches: passages of which some words were changed, dropped or added on the way.
//!
//! ```text
//! exact families ── anchors ── runs ── alignments ── places ── stars ── families
//! short windows     equal      by      grown over    one a     one a    besides
//! (deep)            words      pair    differences   passage   family   the exact
//! ```
//!
//! Near families are made beside the exact ones, and then whatever lies inside another family goes.
//! So no run is lost that [`find`](super::find) found: an exact family leaves only when one near
//! family has all of its occurrences. And there is no drift: each occurrence of a near family was
//! held against its exemplar as a whole; one that failed keeps its exact families.
//!
//! Nothing looks at pairs of documents that no anchor names, and a document has two anchors for each
//! thing it shares: so an edited passage in ten thousand articles costs ten thousand.
//!
//! | level | cost without cleaning | with cleaning | finds, of planted pairs, beside the exact |
//! |---|---|---|---|
//! | off | 1 | 1 | 8 % of words changed .31, a changed source .82, dropped words .97, OCR noise .04 |
//! | local | 1.0 | 1.0 | .79, .92, 1.00, .43 |
//! | deep | 1.4 | 1.1 | .97, 1.00, 1.00, .71 |
//!
//! Costs are processor seconds of `unchaff passages` on 19 MB of news and press releases, pairs are those of
//! two thousand articles with planted passages; nothing that was not planted was reported. Deep is the
//! default: it is the deepest level, and costs less than three times what off does even without cleaning.
//! It costs more where text is drawn from a small stock of phrases, so that most short windows recur, and
//! less where passages must have thirteen words or more: then of short windows that follow one another
//! only some are looked at. With twenty words that lost one of 1,546 planted pairs that differ in words.

mod align;
mod anchors;
mod exemplar;
mod joined;
mod pairs;
mod pieces;
mod places;
mod seeds;
mod stars;

pub use exemplar::exemplar;
pub(super) use seeds::Short;

use serde::Serialize;

use self::anchors::Sink;
use self::places::{Drafted, Spans};
use super::listing::{Families, Unsorted, by_place};
use super::nested::drop_nested;
use super::seeds::{Lengths, Seeds};
use super::{Options, WordStore};
use crate::error::Result;
use crate::spill::Scratch;

/// How far the wording of a shared passage may differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fuzzy {
    /// Word for word.
    Off,
    /// Around what is equal word for word: changed, dropped and added words join what they parted,
    /// and passages go on over them.
    Local,
    /// Anywhere: passages of which no stretch of the least length is equal.
    #[default]
    Deep,
}

/// The least similarity of an occurrence to its family's exemplar: twice the equal words over the
/// words of both.
pub const LEAST_SIMILARITY: f64 = 2.0 / 3.0;

/// Bytes that a short window takes on disk, as a rule.
pub(super) const SHORT_BYTES: u64 = 28;

/// Adds near families to the exact ones; `short` are the short windows that may occur more than once.
pub(super) fn extend(
    store: &WordStore,
    options: &Options,
    (lengths, short): (Lengths, Option<Seeds<Short>>),
    exact: Families,
    scratch: &Scratch,
) -> Result<Families> {
    if options.fuzzy == Fuzzy::Off {
        return Ok(exact);
    }
    let quarter = scratch.share(1, 4);
    let sink = Sink::new(&quarter);
    anchors::of_families(store, &exact, lengths.short, &sink)?;
    if let Some(short) = short {
        seeds::anchors(store, &short, lengths, &sink)?;
    }
    let mut spans = Spans::of(&exact, &quarter)?;
    pairs::align(store, sink.runs()?, lengths.least, |matches| spans.add(&matches))?;
    let near = Unsorted::within(&quarter);
    let drafted = Drafted::of(spans, &quarter)?;
    joined::each(drafted, &quarter, |places| near.add(&stars::assemble(store, places)?))?;
    let near = pieces::absorb(store, &near.sorted()?, &exact, lengths.short, &quarter)?;
    with_near(exact, &near, scratch)
}

/// The exact families with the near ones, without those inside others, by where they first occur.
fn with_near(mut exact: Families, near: &Families, scratch: &Scratch) -> Result<Families> {
    if near.is_empty() {
        return Ok(exact);
    }
    for family in near.iter() {
        exact.push(&family?)?;
    }
    let families = drop_nested(&exact, &scratch.share(1, 2))?;
    drop(exact);
    let sorted = Unsorted::within(&scratch.share(1, 2));
    families.each_stint(|families| {
        sorted.add(
            &families.into_iter().map(|family| (by_place(&family), family)).collect::<Vec<_>>(),
        )
    })?;
    sorted.sorted()
}
