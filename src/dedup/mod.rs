//! Duplicates: texts that say again what another text says, and the one that stays for each.
//!
//! ```text
//! words ── fingerprints ── exact ────────── traces ──────────── overlaps ── settle
//!          an identity,    equal words      who has what of     on all      containers first,
//!          32 shingles     fall together    another's sketch    words       then by preference
//! ```
//!
//! A text goes for another one, which stays, in three ways ([`Kind`]). The measure is the *overlap*:
//! the share of a text's words that stand in runs of three words or more that the other has, too
//! ([`Overlap`]). Runs rather than shingles are counted, since one changed word costs three or five
//! shingles but a single word of overlap; a text with one word in sixteen changed, against another
//! such, overlaps by .85, while its Jaccard index over 5-word shingles is .33.
//!
//! Nothing goes on an estimate. A sketch of [`SKETCH`] shingles only says which pairs are looked at:
//! an eighth of the sketch of the one must stand in the other. Of changes that fall at random and leave
//! an overlap of .8, that misses fewer than one pair in ten thousand, and none where a text has not
//! more shingles than its sketch; what it can miss is a text that was changed, evenly, at every fifth
//! or sixth word. And nothing goes by way of a third: every duplicate is held against the text that
//! stays for it.
//!
//! Cost is that of reading all words twice, and memory about 500 bytes a text. No step looks at all
//! pairs: ten thousand copies of a text are ten thousand comparisons with the one that stays.
//!
//! ```
//! use unchaff::dedup::{Kind, Options, Preference, find};
//! use unchaff::passages::WordStore;
//!
//! let mut store = WordStore::new();
//! for words in [[2, 4, 6, 8], [2, 4, 6, 8], [2, 4, 6, 10]] {
//!     store.push(0, words)?;
//! }
//! let preference = Preference { rank: &[2, 1, 0], scope: &[0, 0, 0], fixed: 0 };
//! let found = find(&store, &preference, &Options::default())?;
//! assert_eq!(found.len(), 1);
//! assert_eq!((found[0].text, found[0].kept, found[0].kind), (0, 1, Kind::Exact));
//! # Ok::<(), unchaff::error::Error>(())
//! ```

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::passages::WordStore;

mod copies;
mod fingerprint;
mod overlap;
mod settle;
#[cfg(test)]
mod tests;
mod traces;

pub use copies::{Copy, copies, equal};
pub use fingerprint::SKETCH;
pub use overlap::Overlap;

/// Texts shorter than this many words are duplicates only where all words are equal: too little of
/// them stands in runs.
pub const LEAST_WORDS: u32 = 20;

/// What counts as a duplicate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Options {
    /// The overlap, both ways, from which two texts are the same one.
    pub near: f64,
    /// The overlap from which a text is inside a longer one.
    pub contained: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self { near: 0.8, contained: 0.9 }
    }
}

/// Where the words of texts come from: keys of [`crate::words::WordKey`].
#[allow(clippy::len_without_is_empty)] // nobody asks
pub trait Texts: Sync {
    /// Number of texts.
    fn len(&self) -> usize;

    /// The words of one.
    fn words(&self, text: u32) -> Result<Cow<'_, [u64]>>;
}

impl Texts for WordStore {
    fn len(&self) -> usize {
        self.len()
    }

    fn words(&self, text: u32) -> Result<Cow<'_, [u64]>> {
        self.words(text)
    }
}

/// Which texts are held against each other, and which is to stay. One entry a text.
#[derive(Debug, Clone, Copy)]
pub struct Preference<'p> {
    /// Of two that are the same the lower stays. No two texts have one rank.
    pub rank: &'p [u32],
    /// Only texts of one scope can be duplicates.
    pub scope: &'p [u32],
    /// So many texts, the first ones, stay in any case.
    pub fixed: u32,
}

impl Preference<'_> {
    /// By what texts are ordered, the preferred first.
    fn order_of(&self, text: u32) -> (bool, u32) {
        (text >= self.fixed, self.rank[text as usize])
    }
}

/// What can be a duplicate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Whole documents
    #[default]
    Document,
    /// Whole documents; then, inside those that stay, paragraphs that another one has
    Paragraph,
    /// Whole documents; then, inside those that stay, any stretch of words that another one has
    Passage,
}

/// In which way a text is a duplicate, the strictest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The words are equal, one by one.
    Exact,
    /// The two overlap by [`Options::near`] both ways. Who stays is a matter of preference.
    Near,
    /// It overlaps with a text by [`Options::contained`] that says more. The longer one stays,
    /// whatever the preference: it alone has the rest.
    Contained,
}

impl Kind {
    /// The name used in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Near => "near",
            Self::Contained => "contained",
        }
    }
}

/// A text that goes, and the one that stays for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Duplicate {
    /// The text.
    pub text: u32,
    /// The one that stays.
    pub kept: u32,
    /// In which way.
    pub kind: Kind,
    /// How much of each is in the other.
    pub overlap: Overlap,
}

/// Finds the texts that can go, in the order of those that stay for them.
///
/// A text without words is no duplicate of anything. Runs in the caller's rayon pool; the answer is
/// the same for any number of threads.
pub fn find(
    texts: &impl Texts,
    preference: &Preference<'_>,
    options: &Options,
) -> Result<Vec<Duplicate>> {
    if texts.len() >= u32::MAX as usize {
        let what = format!("{} texts are too many to compare; split the input", texts.len());
        return Err(Error::config(what));
    }
    let fingerprints = fingerprint::all(texts)?;
    let (representatives, mut found) = exact(&fingerprints, preference);
    let traces = traces::Traces::of(texts, &fingerprints, &representatives)?;
    let settled =
        settle::settle(texts, &fingerprints, &representatives, &traces, preference, options)?;
    for duplicate in &mut found {
        // Equal words are in equal ways duplicates of what their like goes for.
        if let Ok(at) = settled.binary_search_by_key(&duplicate.kept, |other| other.text) {
            *duplicate = Duplicate { text: duplicate.text, ..settled[at] };
        }
    }
    found.extend(settled);
    found.sort_by_key(|duplicate| (duplicate.kept, duplicate.text));
    Ok(found)
}

/// Of the texts of a scope that have equal words one is to be compared further, and the others go
/// with it.
fn exact(
    fingerprints: &[fingerprint::Fingerprint],
    preference: &Preference<'_>,
) -> (Vec<u32>, Vec<Duplicate>) {
    let key = |text: u32| (preference.scope[text as usize], fingerprints[text as usize].identity);
    let mut order: Vec<u32> = (0..fingerprints.len() as u32).collect();
    order.retain(|&text| fingerprints[text as usize].length > 0);
    order.sort_unstable_by_key(|&text| (key(text), preference.order_of(text)));
    let (mut representatives, mut duplicates) = (Vec::new(), Vec::new());
    for equal in order.chunk_by(|&a, &b| key(a) == key(b)) {
        representatives.push(equal[0]);
        let others = equal[1..].iter().filter(|&&text| text >= preference.fixed);
        duplicates.extend(others.map(|&text| Duplicate {
            text,
            kept: equal[0],
            kind: Kind::Exact,
            overlap: Overlap::WHOLE,
        }));
    }
    representatives.sort_unstable();
    (representatives, duplicates)
}
