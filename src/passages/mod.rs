//! Shared passages: every run of words that documents of two outlets have in common, gathered into
//! families with all their occurrences.
//!
//! ```text
//! words ── sieve ──── windows ── postings ── paths ── webs ── suffixes ── repeats ── families
//!          of short   of K words by class    as short  what    sorted     with two   one a
//!          windows    that may   of equals   symbols   joins              outlets    passage
//!                     recur
//! ```
//!
//! Up to here [`find`] is exact: a run of K words or more between two outlets is never lost, however
//! many documents share it or however often it repeats itself, and nothing depends on a hash alone. No
//! step looks at pairs of documents: a passage in ten thousand articles costs ten thousand. Then
//! [`fuzzy`] adds the families whose wording differs, and the runs stay.
//!
//! ```
//! use unchaff::passages::{Options, WordStore, find};
//! use unchaff::spill::Scratch;
//!
//! let mut store = WordStore::new();
//! store.push(0, [2, 4, 6, 8, 10, 12, 14, 16, 18])?; // outlet 0
//! store.push(1, [90, 4, 6, 8, 10, 12, 14, 16, 18, 20])?; // outlet 1
//! let families = find(&store, &Options::default(), &Scratch::unlimited())?;
//! assert_eq!(families.len(), 1);
//! let family = families.get(0)?.unwrap();
//! assert_eq!(family.occurrences.len(), 2);
//! assert_eq!(family.passage.words(), 8);
//! # Ok::<(), unchaff::error::Error>(())
//! ```

mod families;
mod forest;
mod fuzzy;
mod inside;
mod listing;
mod nested;
mod numbers;
mod parties;
mod partitions;
mod paths;
mod postings;
mod repeats;
mod seeds;
mod sieve;
mod sort;
mod store;
mod stretches;
mod suffixes;
mod verify;
mod webs;
mod windows;

pub use fuzzy::{Fuzzy, LEAST_SIMILARITY, exemplar};
pub use listing::Families;
pub(crate) use numbers::Numbers;
pub use store::WordStore;
pub(crate) use windows::{WindowHasher, Windows, fifths};

use self::listing::Unsorted;
use self::paths::Paths;
use self::seeds::{Found, Lengths};
use crate::error::{Error, Result};
use crate::spill::Scratch;

/// What counts as shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The least length of a shared passage in words; a character of a script written without spaces
    /// counts two fifths.
    pub min_words: u32,
    /// How far its wording may differ.
    pub fuzzy: Fuzzy,
}

impl Default for Options {
    fn default() -> Self {
        Self { min_words: 8, fuzzy: Fuzzy::default() }
    }
}

/// A passage with all its occurrences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    /// The whole passage where it occurs first: the text that the occurrences have, or have pieces of,
    /// or vary slightly.
    pub passage: Occurrence,
    /// Where it occurs, in order; those in one document do not overlap.
    pub occurrences: Vec<Occurrence>,
}

/// A stretch of words of a document: `start..end` are word indices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Occurrence {
    /// The document, in the order of [`WordStore::push`].
    pub doc: u32,
    /// Its first word.
    pub start: u32,
    /// The word behind its last.
    pub end: u32,
}

impl Occurrence {
    /// Its length, every key counting one.
    pub fn words(&self) -> u32 {
        self.end - self.start
    }
}

/// Finds all shared passages, ordered by where they first occur.
///
/// Runs in the caller's rayon pool (`pool.install(|| find(…))`); the answer is the same for any
/// number of threads. What grows with the text or with what is found stays within the memory of
/// `scratch`, beyond that on disk; besides that it takes four bytes for each class of equal windows, and
/// what hangs together by passages that overlap must be looked at together.
pub fn find(store: &WordStore, options: &Options, scratch: &Scratch) -> Result<Families> {
    find_in_steps(store, options, scratch, |_| {})
}

/// The same, and calls `done` with the name of every step behind it.
pub fn find_in_steps(
    store: &WordStore,
    options: &Options,
    scratch: &Scratch,
    mut done: impl FnMut(&'static str),
) -> Result<Families> {
    if !(1..=10_000).contains(&options.min_words) {
        return Err(Error::config("the least length of a passage must be 1 to 10000 words"));
    }
    let lengths = Lengths::of(options.min_words);
    let wants_short = options.fuzzy == Fuzzy::Deep;
    let Found { windows, short } = seeds::find(store, lengths, wants_short, scratch)?;
    done("seeds");
    // The short ones have a quarter of the memory at most.
    let rest = scratch.share(3, 4);
    let postings = postings::classify(store, &windows, &rest.share(1, 2))?;
    drop(windows);
    done("sort");
    let paths = paths::trace(store, lengths.least, &postings, &rest.share(1, 2))?;
    drop(postings);
    done("paths");
    let exact = exact(store, lengths.least, &paths, &rest)?;
    drop(paths);
    done("families");
    let families = fuzzy::extend(store, options, (lengths, short), exact, &rest)?;
    done("near matches");
    Ok(families)
}

/// The families of equal words.
fn exact(store: &WordStore, least: u32, paths: &Paths, scratch: &Scratch) -> Result<Families> {
    let found = Unsorted::within(&scratch.share(1, 4));
    webs::each(paths, &scratch.share(1, 2), |web| {
        let suffixes = suffixes::sort(&web.symbols);
        let party = |rank: u32| {
            let at = suffixes.order[rank as usize];
            store.party(web.spots[at as usize].doc)
        };
        let repeats = repeats::Repeats::find(&suffixes, party);
        let families = families::assemble(&web, &suffixes, &repeats);
        drop((web, suffixes, repeats));
        let families = verify::verify(store, families, least)?;
        let keyed = families.into_iter().map(|family| (listing::by_place(&family), family));
        found.add(&keyed.collect::<Vec<_>>())
    })?;
    nested::drop_nested(&found.sorted()?, &scratch.share(1, 2))
}

/// Bytes of temporary files that [`find`] will need, as a rule: where every second window of a large
/// corpus occurs twice, and nothing is held in memory.
pub fn disk_needed(store: &WordStore, options: &Options, scratch: &Scratch) -> u64 {
    let windows = store.total_words() / 2;
    // Of the windows of the least length, those that come back are there twice for a while.
    let each = match options.fuzzy {
        Fuzzy::Off | Fuzzy::Local => 2 * partitions::PACKED,
        Fuzzy::Deep => partitions::PACKED + fuzzy::SHORT_BYTES,
    };
    if windows * partitions::PACKED <= scratch.memory() / 4 { 0 } else { windows * each }
}

fn too_large(what: &str, count: u64) -> Error {
    Error::config(format!("{count} {what} are more than passages can hold; split the input"))
}
