//! `passages.csv`: a row an occurrence, for spreadsheets and statistics.

use std::path::{Path, PathBuf};

use super::passages::{Family, Occurrence};
use crate::error::{Error, Result};
use crate::output::AtomicFile;

/// Writes the table, family by family.
#[derive(Debug)]
pub struct Table {
    rows: csv::Writer<AtomicFile>,
    path: PathBuf,
}

const HEADERS: [&str; 25] = [
    "family",
    "kind",
    "interest",
    "words",
    "outlets",
    "documents",
    "first_outlet",
    "first_date",
    "ties",
    "exemplar",
    "doc",
    "file",
    "record",
    "outlet",
    "url",
    "date",
    "title",
    "start",
    "end",
    "clean_start",
    "clean_end",
    "paragraphs",
    "similarity",
    "before",
    "after",
];

impl Table {
    /// A table without rows.
    pub fn create(path: &Path) -> Result<Self> {
        let mut rows = csv::Writer::from_writer(AtomicFile::create(path)?);
        rows.write_record(HEADERS).map_err(|e| Error::io("cannot write", path)(e.into()))?;
        Ok(Self { rows, path: path.to_path_buf() })
    }

    /// Adds the occurrences of a family.
    pub fn add(&mut self, family: &Family) -> Result<()> {
        for occurrence in &family.occurrences {
            self.rows
                .write_record(row(family, occurrence))
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

fn row(family: &Family, o: &Occurrence) -> [String; 25] {
    let first = family.first_seen.as_ref();
    let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        family.id.clone(),
        family.kind.name().to_owned(),
        family.interest.to_string(),
        family.words.to_string(),
        family.outlets.to_string(),
        family.documents.to_string(),
        first.map(|first| first.outlet.clone()).unwrap_or_default(),
        first.map(|first| first.date.clone()).unwrap_or_default(),
        first.map(|first| first.ties.join("; ")).unwrap_or_default(),
        family.exemplar.text.clone(),
        o.doc.clone(),
        o.file.clone(),
        o.record.to_string(),
        o.outlet.clone(),
        or_empty(&o.url),
        or_empty(&o.date),
        or_empty(&o.title),
        o.start.to_string(),
        o.end.to_string(),
        o.clean_start.to_string(),
        o.clean_end.to_string(),
        o.paragraphs.to_string(),
        o.similarity.to_string(),
        o.before.clone(),
        o.after.clone(),
    ]
}
