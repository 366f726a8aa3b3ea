//! What `passages.jsonl` tells the page: the most interesting families in full, and figures of all.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::names::Names;
use super::pack::{Packer, Place};
use crate::dates::When;
use crate::engine::Threads;
use crate::error::Result;
use crate::report::passages::{Family, Kind, Occurrence};
use crate::report::rows::{Line, Rows};

/// Families in the page.
const FAMILIES: usize = 5000;
/// Bytes they may take when packed.
const BYTES: usize = 5 << 20;
/// Occurrences of a family in the page, the earliest.
const OCCURRENCES: usize = 200;
/// Characters of a family that lists show and the search looks at.
const OPENING: usize = 280;

/// A record of the input: its file and its number in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct At {
    pub(super) file: String,
    pub(super) record: u64,
}

/// Where a family stands in a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    /// First code point of the original.
    pub(super) start: usize,
    /// The code point behind the last.
    pub(super) end: usize,
    /// The family's number in the page.
    pub(super) family: usize,
}

/// A record that families lead to.
#[derive(Debug)]
pub(super) struct Marked {
    /// The document's id.
    pub(super) doc: String,
    /// The number of its outlet.
    pub(super) outlet: usize,
    /// Where families stand in it.
    pub(super) marks: Vec<Mark>,
}

/// What outlets share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// The families in the page.
    pub(super) heads: Vec<Head>,
    pub(super) packs: Vec<String>,
    /// Where they stand.
    pub(super) marks: BTreeMap<At, Marked>,
    /// What each outlet shares.
    pub(super) outlets: BTreeMap<String, Sharing>,
    pub(super) lengths: Lengths,
    /// All families.
    pub(super) families: u64,
}

/// What one outlet has in common with others.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(super) struct Sharing {
    pub(super) families: u64,
    /// The families' lengths, added up.
    pub(super) words: u64,
}

/// A family as lists show it.
#[derive(Debug, Serialize)]
pub(super) struct Head {
    id: String,
    kind: Kind,
    words: usize,
    /// Numbers of names.
    outlets: Vec<usize>,
    documents: usize,
    interest: f64,
    first: Option<First>,
    /// From the first second the earliest occurrence may have been to the last of the latest.
    span: Option<[i64; 2]>,
    opening: String,
    at: Place,
}

#[derive(Debug, Serialize)]
struct First {
    date: String,
    outlet: usize,
    ties: usize,
}

/// A family in full.
#[derive(Debug, Serialize)]
struct Body<'f> {
    family: &'f Family,
    /// The span of time of each occurrence.
    when: Vec<Option<[i64; 2]>>,
    /// Occurrences that are not in the page.
    left_out: usize,
}

/// A row of which the figures only are wanted.
#[derive(Debug, Deserialize)]
pub(super) struct Skim<'r> {
    words: usize,
    #[serde(borrow)]
    occurrences: Vec<Printed<'r>>,
}

#[derive(Debug, Deserialize)]
struct Printed<'r> {
    #[serde(borrow)]
    outlet: Cow<'r, str>,
}

impl Shared {
    /// Reads the file once.
    pub(super) fn read(path: &Path, names: &mut Names, threads: Threads) -> Result<Self> {
        let mut shared = Self::default();
        let mut room = true;
        let parse = |line: Line<'_>| {
            let skim: Skim<'_> = line.row()?;
            let outlets: Vec<String> = skim.outlets().into_iter().map(str::to_owned).collect();
            let whole = (line.number <= FAMILIES as u64).then(|| line.row()).transpose()?;
            Ok((skim.words, outlets, whole))
        };
        shared.packs = Packer::run(BYTES, threads, |packer| {
            Rows::each(path, threads, parse, |(words, outlets, whole)| {
                shared.count(words, outlets);
                if let Some(family) = whole.filter(|_| room) {
                    room = shared.show(family, packer, names);
                }
            })
        })?;
        Ok(shared)
    }

    fn count(&mut self, words: usize, outlets: Vec<String>) {
        self.families += 1;
        self.lengths.add(words);
        for outlet in outlets {
            let sharing = self.outlets.entry(outlet).or_default();
            sharing.families += 1;
            sharing.words += words as u64;
        }
    }

    /// Takes a family into the page; false where it has no room.
    fn show(&mut self, mut family: Family, packer: &mut Packer<'_>, names: &mut Names) -> bool {
        let outlets: BTreeSet<usize> =
            family.occurrences.iter().map(|o| names.number(&o.outlet)).collect();
        let all = family.occurrences.len();
        let when = earliest_first(&mut family.occurrences);
        let spans = when.iter().flatten();
        let span = spans.copied().reduce(|a, b| [a[0].min(b[0]), a[1].max(b[1])]);
        let body = Body { family: &family, when, left_out: all - family.occurrences.len() };
        let Some(at) = packer.add(&body) else { return false };
        let number = self.heads.len();
        for o in &family.occurrences {
            let mark = Mark { start: o.start, end: o.end, family: number };
            let at = At { file: o.file.clone(), record: o.record };
            let marked = self.marks.entry(at).or_insert_with(|| Marked {
                doc: o.doc.clone(),
                outlet: names.number(&o.outlet),
                marks: Vec::new(),
            });
            marked.marks.push(mark);
        }
        self.heads.push(Head {
            outlets: outlets.into_iter().collect(),
            first: family.first_seen.map(|first| First {
                outlet: names.number(&first.outlet),
                date: first.date,
                ties: first.ties.len(),
            }),
            span,
            opening: opening(&family.exemplar.text, OPENING),
            id: family.id,
            kind: family.kind,
            words: family.words,
            documents: family.documents,
            interest: family.interest,
            at,
        });
        true
    }
}

impl Skim<'_> {
    /// The outlets that have it.
    pub(super) fn outlets(&self) -> BTreeSet<&str> {
        self.occurrences.iter().map(|o| o.outlet.as_ref()).collect()
    }

    /// Its length.
    pub(super) fn words(&self) -> u64 {
        self.words as u64
    }
}

/// Keeps the earliest occurrences and gives their spans of time; what has no date comes last.
fn earliest_first(occurrences: &mut Vec<Occurrence>) -> Vec<Option<[i64; 2]>> {
    let when = |o: &Occurrence| {
        let when = When::parse(o.date.as_deref()?)?;
        Some([when.earliest, when.latest])
    };
    occurrences.sort_by_cached_key(|o| when(o).unwrap_or([i64::MAX; 2]));
    occurrences.truncate(OCCURRENCES);
    occurrences.iter().map(when).collect()
}

/// The beginning of a text, on one line.
pub(super) fn opening(text: &str, characters: usize) -> String {
    let (mut line, mut length) = (String::new(), 0);
    for word in text.split_whitespace() {
        let space = usize::from(!line.is_empty());
        let room = characters.saturating_sub(length + space);
        let letters = word.chars().count();
        if letters > room {
            // A word longer than a third of the line is none: there are no spaces in this script.
            let cut = if 3 * letters > characters { room } else { 0 };
            line.extend(std::iter::repeat_n(' ', space).chain(word.chars().take(cut)));
            return format!("{}…", line.trim_end());
        }
        line.extend(std::iter::repeat_n(' ', space));
        line.push_str(word);
        length += space + letters;
    }
    line
}

/// How many families are how long.
#[derive(Debug, Default)]
pub(super) struct Lengths(BTreeMap<usize, u64>);

/// Where bins begin, in words.
const BINS: [usize; 20] =
    [0, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 2048, 4096, 8192];

/// A bar of the histogram: lengths from and below, and how many.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Bin(usize, Option<usize>, u64);

impl Lengths {
    fn add(&mut self, words: usize) {
        let bin = BINS.partition_point(|&from| from <= words) - 1;
        *self.0.entry(bin).or_default() += 1;
    }

    /// The bins from the first that is not empty to the last.
    pub(super) fn bins(&self) -> Vec<Bin> {
        let (Some((&first, _)), Some((&last, _))) =
            (self.0.first_key_value(), self.0.last_key_value())
        else {
            return Vec::new();
        };
        let count = |bin| self.0.get(&bin).copied().unwrap_or(0);
        (first..=last).map(|i| Bin(BINS[i], BINS.get(i + 1).copied(), count(i))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_have_no_gaps() {
        let mut lengths = Lengths::default();
        for words in [8, 11, 40, 9000] {
            lengths.add(words);
        }
        let bins = lengths.bins();
        assert_eq!(bins.first(), Some(&Bin(8, Some(12), 2)));
        assert_eq!(bins.last(), Some(&Bin(8192, None, 1)));
        assert!(bins.windows(2).all(|pair| pair[0].1 == Some(pair[1].0)));
        assert_eq!(bins.iter().map(|bin| bin.2).sum::<u64>(), 4);
    }

    #[test]
    fn an_opening_is_one_line() {
        assert_eq!(opening(" a\n\nb  c ", 9), "a b c");
        assert_eq!(opening("abc def ghi jkl", 13), "abc def ghi…");
        assert_eq!(opening("港の橋が上がったまま", 4), "港の橋が…");
    }
}
