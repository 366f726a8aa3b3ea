//! The same passages as a table, a row an occurrence: `passages.csv` for spreadsheets, `passages.parquet`
//! for data frames.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::passages::{Family, Occurrence};
use crate::error::{Error, Result};
use crate::output::AtomicFile;

#[cfg_attr(not(feature = "parquet"), path = "no_parquet.rs")]
mod parquet;

pub use self::parquet::Parquet;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Count,
    Number,
}

const COLUMNS: [(&str, Kind); 26] = [
    ("family", Kind::Text),
    ("kind", Kind::Text),
    ("interest", Kind::Number),
    ("words", Kind::Count),
    ("outlets", Kind::Count),
    ("documents", Kind::Count),
    ("first_outlet", Kind::Text),
    ("first_date", Kind::Text),
    ("ties", Kind::Text),
    ("exemplar", Kind::Text),
    ("doc", Kind::Text),
    ("file", Kind::Text),
    ("record", Kind::Count),
    ("outlet", Kind::Text),
    ("against", Kind::Count),
    ("url", Kind::Text),
    ("date", Kind::Text),
    ("title", Kind::Text),
    ("start", Kind::Count),
    ("end", Kind::Count),
    ("clean_start", Kind::Count),
    ("clean_end", Kind::Count),
    ("paragraphs", Kind::Count),
    ("similarity", Kind::Number),
    ("before", Kind::Text),
    ("after", Kind::Text),
];

/// A cell, of the kind of its column.
#[derive(Debug, Clone, PartialEq)]
enum Cell<'r> {
    Nothing,
    Text(Cow<'r, str>),
    Count(u64),
    Number(f64),
}

impl<'r> Cell<'r> {
    fn text(text: &'r str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    fn maybe(text: Option<&'r String>) -> Self {
        text.map_or(Self::Nothing, |text| Self::text(text))
    }

    fn count(count: usize) -> Self {
        Self::Count(count as u64)
    }
}

/// The row of an occurrence, in the order of [`COLUMNS`].
fn row<'r>(family: &'r Family, o: &'r Occurrence) -> [Cell<'r>; COLUMNS.len()] {
    let first = family.first_seen.as_ref();
    [
        Cell::text(&family.id),
        Cell::text(family.kind.name()),
        Cell::Number(family.interest),
        Cell::count(family.words),
        Cell::count(family.outlets),
        Cell::count(family.documents),
        Cell::maybe(first.map(|first| &first.outlet)),
        Cell::maybe(first.map(|first| &first.date)),
        first.map_or(Cell::Nothing, |first| Cell::Text(first.ties.join("; ").into())),
        Cell::text(&family.exemplar.text),
        Cell::text(&o.doc),
        Cell::text(&o.file),
        Cell::Count(o.record),
        Cell::text(&o.outlet),
        Cell::Count(o.against.into()),
        Cell::maybe(o.url.as_ref()),
        Cell::maybe(o.date.as_ref()),
        Cell::maybe(o.title.as_ref()),
        Cell::count(o.start),
        Cell::count(o.end),
        Cell::count(o.clean_start),
        Cell::count(o.clean_end),
        Cell::count(o.paragraphs),
        Cell::Number(o.similarity),
        Cell::text(&o.before),
        Cell::text(&o.after),
    ]
}

/// Writes the table as CSV, family by family. A cell without a value is empty.
#[derive(Debug)]
pub struct Csv {
    rows: csv::Writer<AtomicFile>,
    path: PathBuf,
}

impl Csv {
    /// A table without rows.
    pub fn create(path: &Path) -> Result<Self> {
        let mut rows = csv::Writer::from_writer(AtomicFile::create(path)?);
        let names = COLUMNS.map(|(name, _)| name);
        rows.write_record(names).map_err(|e| Error::io("cannot write", path)(e.into()))?;
        Ok(Self { rows, path: path.to_path_buf() })
    }

    /// Adds the occurrences of a family.
    pub fn add(&mut self, family: &Family) -> Result<()> {
        for occurrence in &family.occurrences {
            let cells = row(family, occurrence).map(|cell| match cell {
                Cell::Nothing => Cow::Borrowed(""),
                Cell::Text(text) => text,
                Cell::Count(count) => count.to_string().into(),
                Cell::Number(number) => number.to_string().into(),
            });
            self.rows
                .write_record(cells.iter().map(|cell| cell.as_bytes()))
                .map_err(|e| Error::io("cannot write", &self.path)(e.into()))?;
        }
        Ok(())
    }

    /// Lets the file appear.
    pub fn finish(self) -> Result<()> {
        let failed =
            |e: csv::IntoInnerError<_>| Error::io("cannot write", &self.path)(e.into_error());
        self.rows.into_inner().map_err(failed)?.commit()
    }
}
