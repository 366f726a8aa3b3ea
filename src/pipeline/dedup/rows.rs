//! From numbers to documents: what was found, the rows that tell of it, and what becomes of the texts.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use crate::config::{KeepCopy, OutFolder, Settings};
use crate::dedup::{self, Copy, Duplicate, Kind, Preference};
use crate::error::{Error, Result};
use crate::hash;
use crate::output::AtomicFile;
use crate::passages::{Occurrence, WordStore};
use crate::report::DUPLICATES_FILE;
use crate::report::duplicates::{Cluster, Member, Place, Unit};
use crate::report::summary::DuplicateCounts;
use crate::report::tally::count;
use crate::spill;

use super::cuts::{Fate, Fates, Stretch};
use super::listing::About;

/// What was found in a corpus.
#[derive(Debug)]
pub(crate) struct Found {
    duplicates: Vec<Duplicate>,
    /// Sorted by document.
    copies: Vec<Copy>,
    unit: Unit,
}

/// Compares the documents; in a store where each is an outlet of its own, also what is inside of them.
pub(crate) fn compare(
    words: &WordStore,
    about: &About,
    paragraphs: &[Occurrence],
    settings: &Settings,
) -> Result<Found> {
    let options = &settings.dedup;
    let scope = match options.keep {
        KeepCopy::OnePerOutlet => about.outlets.clone(),
        _ => vec![0; about.len()],
    };
    let rank = about.ranks(&options.keep);
    let preference = Preference { rank: &rank, scope: &scope, fixed: about.fixed };
    let duplicates = dedup::find(words, &preference, &options.same)?;
    let mut gone = vec![false; about.len()];
    for duplicate in &duplicates {
        gone[duplicate.text as usize] = true;
    }
    let copies = match options.by {
        Unit::Document => Vec::new(),
        Unit::Paragraph => dedup::equal(words, paragraphs, &preference, &gone)?,
        Unit::Passage => {
            let scratch = settings.scratch().share(1, 2);
            dedup::copies(words, &preference, &gone, options.min_words, &scratch)?
        }
    };
    Ok(Found { duplicates, copies, unit: options.by })
}

/// Whether duplicates are left out of the output or only told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    /// They are left out.
    Drop,
    /// They are told.
    Tell,
}

/// How documents that keep copies are called in reasons, by number.
pub(super) type Keepers = BTreeMap<u32, String>;

impl Found {
    /// Writes the rows, and gives the counts.
    pub(crate) fn write(
        &self,
        about: &About,
        places: spill::Store,
        keep: &KeepCopy,
        deed: Deed,
        out: &OutFolder,
    ) -> Result<(DuplicateCounts, Keepers)> {
        let mut counts = self.count(about, deed);
        let mut desk = Desk::open(&out.join(DUPLICATES_FILE), places, about, keep)?;
        for cluster in self.duplicates.chunk_by(|a, b| a.kept == b.kept) {
            let members = cluster.iter().map(|duplicate| (*duplicate, None)).collect();
            desk.write(Unit::Document, members, deed)?;
            counts.clusters += 1;
        }
        let mut copies = self.copies.clone();
        copies.sort_unstable_by_key(|copy| (copy.of, *copy));
        let mut keepers = Keepers::new();
        for copies in copies.chunk_by(|a, b| a.of == b.of) {
            let members =
                copies.iter().map(|copy| (copy.as_duplicate(), Some(copy.stretch.words())));
            let kept = desk.write(self.unit, members.collect(), Deed::Tell)?;
            keepers.insert(copies[0].of, format!("{} of {}", kept.doc, kept.outlet));
        }
        desk.file.commit()?;
        Ok((counts, keepers))
    }

    fn count(&self, about: &About, deed: Deed) -> DuplicateCounts {
        let own = &about.lengths[about.fixed as usize..];
        let mut counts = DuplicateCounts {
            compared: own.len() as u64,
            against: u64::from(about.fixed),
            without_words: own.iter().filter(|&&words| words == 0).count() as u64,
            dropped: if deed == Deed::Drop { self.duplicates.len() as u64 } else { 0 },
            stretches: self.copies.len() as u64,
            stretch_words: self.copies.iter().map(|copy| u64::from(copy.stretch.words())).sum(),
            ..DuplicateCounts::default()
        };
        for duplicate in &self.duplicates {
            count(&mut counts.documents, duplicate.kind.name());
        }
        counts
    }

    /// What becomes of the documents, by the numbers that the corpus gave them.
    pub(super) fn fates(&self, numbers: &[u64], fixed: u32, keepers: &Keepers) -> Fates {
        let number = |doc: u32| numbers[(doc - fixed) as usize];
        let mut fates = Fates::new();
        fates.extend(self.duplicates.iter().map(|gone| (number(gone.text), Fate::Drop)));
        let rule = if self.unit == Unit::Paragraph { "dedup.paragraph" } else { "dedup.passage" };
        for copies in self.copies.chunk_by(|a, b| a.stretch.doc == b.stretch.doc) {
            let stretch = |copy: &Copy| {
                let Occurrence { start, end, .. } = copy.stretch;
                let keeper = keepers.get(&copy.of).map_or("another document", String::as_str);
                let evidence = format!("the same {} words stay in {keeper}", end - start);
                Stretch { words: start..end, rule: rule.to_owned(), evidence }
            };
            let stretches = copies.iter().map(stretch).collect();
            fates.insert(number(copies[0].stretch.doc), Fate::Cut(stretches));
        }
        fates
    }
}

/// Where the rows are written.
struct Desk<'d> {
    file: AtomicFile,
    places: spill::Reader,
    about: &'d About,
    keep: &'d KeepCopy,
}

impl<'d> Desk<'d> {
    fn open(
        path: &Path,
        places: spill::Store,
        about: &'d About,
        keep: &'d KeepCopy,
    ) -> Result<Self> {
        Ok(Self { file: AtomicFile::create(path)?, places: places.reader()?, about, keep })
    }

    /// Writes those that go for one document, or the parts of theirs that it keeps, and gives its
    /// place.
    fn write(
        &mut self,
        unit: Unit,
        members: Vec<(Duplicate, Option<u32>)>,
        deed: Deed,
    ) -> Result<Place> {
        let kind = members.iter().map(|(member, _)| member.kind).max().unwrap_or(Kind::Exact);
        let kept = members[0].0.kept;
        let why = self.about.why(self.keep, kept, kind);
        let kept = self.place(kept)?;
        let mut rows = Vec::with_capacity(members.len());
        for (member, stretch) in members {
            rows.push(Member {
                place: self.place(member.text)?,
                kind: member.kind,
                overlap: rounded(member.overlap.of_text),
                overlap_of_kept: rounded(member.overlap.of_kept),
                stretch,
                dropped: deed == Deed::Drop,
            });
        }
        let id = format!(
            "{:016x}",
            hash::of(format!("{}\0{}\0{}", kept.against, kept.file, kept.record).as_bytes())
        );
        let cluster = Cluster { id, unit, kind, kept, why, members: rows };
        let line = serde_json::to_string(&cluster).unwrap_or_default();
        let target = self.file.target().to_path_buf();
        writeln!(self.file, "{line}").map_err(Error::io("cannot write", &target))?;
        Ok(cluster.kept)
    }

    fn place(&mut self, doc: u32) -> Result<Place> {
        let record = self.places.read(doc as usize)?;
        let place: Place = serde_json::from_slice(&record)
            .map_err(|e| Error::config(format!("a temporary record is damaged: {e}")))?;
        Ok(Place { against: doc < self.about.fixed, ..place })
    }
}

/// Four places, never up to what was not reached.
fn rounded(share: f64) -> f64 {
    (share * 1e4).floor() / 1e4
}
