//! `pairs.jsonl`: every two occurrences of a family, for who wants pairs. A passage in a thousand articles
//! has half a million of them, so they are written only when asked for.

use std::io::Write;
use std::path::Path;

use serde::Serialize;

use super::passages::{Family, Occurrence};
use crate::error::{Error, Result};
use crate::output::AtomicFile;

/// Writes pairs, family by family.
#[derive(Debug)]
pub struct Pairs(AtomicFile);

/// A row.
#[derive(Debug, Serialize)]
struct Pair<'p> {
    family: &'p str,
    words: usize,
    a: Side<'p>,
    b: Side<'p>,
}

#[derive(Debug, Serialize)]
struct Side<'p> {
    doc: &'p str,
    file: &'p str,
    record: u64,
    outlet: &'p str,
    date: Option<&'p str>,
    start: usize,
    end: usize,
}

impl<'p> Side<'p> {
    fn of(o: &'p Occurrence) -> Self {
        let (doc, file, outlet, date) = (&o.doc, &o.file, &o.outlet, o.date.as_deref());
        Self { doc, file, record: o.record, outlet, date, start: o.start, end: o.end }
    }
}

impl Pairs {
    /// A file without pairs.
    pub fn create(path: &Path) -> Result<Self> {
        AtomicFile::create(path).map(Self)
    }

    /// Adds the pairs of a family that are pairs.
    pub fn add(
        &mut self,
        family: &Family,
        is_pair: impl Fn(&Occurrence, &Occurrence) -> bool,
    ) -> Result<()> {
        for (at, a) in family.occurrences.iter().enumerate() {
            for b in family.occurrences[at + 1..].iter().filter(|b| is_pair(a, b)) {
                let (a, b) = (Side::of(a), Side::of(b));
                let pair = Pair { family: &family.id, words: family.words, a, b };
                let mut line = serde_json::to_vec(&pair).unwrap_or_default();
                line.push(b'\n');
                let path = self.0.target().to_path_buf();
                self.0.write_all(&line).map_err(Error::io("cannot write", &path))?;
            }
        }
        Ok(())
    }

    /// Lets the file appear.
    pub fn finish(self) -> Result<()> {
        self.0.commit()
    }
}
