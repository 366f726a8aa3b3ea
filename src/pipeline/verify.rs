//! Undoing a run's changes and comparing with what it read.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::iter::Peekable;
use std::path::Path;

use walkdir::WalkDir;

use crate::change::{Undo, undo};
use crate::document::Document;
use crate::error::{Error, Result};
use crate::input::Corpus;
use crate::output::{Layout, OutputOptions};
use crate::report::changes::Row;
use crate::report::duplicates::Cluster;
use crate::report::rows::Rows;
use crate::report::{CHANGES_FOLDER, CLEAN_FOLDER, DUPLICATES_FILE, SUMMARY_FILE};

/// What a verification found.
#[derive(Debug, Default)]
pub struct Verification {
    /// Documents of the input that were compared.
    pub documents: u64,
    /// Duplicates that were left out of the output: there is nothing to undo.
    pub dropped: u64,
    /// Changes that were undone.
    pub changes: u64,
    /// Documents that did not come back.
    pub mismatches: Vec<Mismatch>,
}

/// A document that did not come back.
#[derive(Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Its file.
    pub file: String,
    /// Its record.
    pub record: u64,
    /// What is wrong.
    pub what: String,
}

/// Compares a corpus with what a run made of it.
pub fn verify(corpus: &Corpus, out: &Path) -> Result<Verification> {
    let folder = out.join(CLEAN_FOLDER);
    let layout = Layout::new(corpus, written_as(out)?);
    let output = layout.written(&folder);
    let mut outputs = documents(&output).peekable();
    let dropped = dropped(&out.join(DUPLICATES_FILE))?;
    let mut rows = None;
    let mut found = Verification::default();
    for original in documents(corpus) {
        if dropped.contains(&(original.source.file.clone(), original.source.record)) {
            found.dropped += 1;
            continue;
        }
        let shard = original.source.shard;
        if rows.as_ref().is_none_or(|(at, _)| *at != shard) {
            let changes = &layout.target(shard as usize).rows;
            rows = Some((shard, Undos::open(&out.join(CHANGES_FOLDER).join(changes))?));
        }
        let undos = match &mut rows {
            Some((_, rows)) => rows.of(&original)?,
            None => Vec::new(),
        };
        found.documents += 1;
        found.changes += undos.len() as u64;
        let Some(clean) = counterpart(&mut outputs, &original, &layout) else {
            found.mismatches.push(mismatch(&original, "it is not in the output"));
            continue;
        };
        if undo(&clean, &undos).as_deref() != Some(original.text.as_str()) {
            found
                .mismatches
                .push(mismatch(&original, "undoing its changes does not give its text"));
        }
    }
    found.mismatches.extend(outputs.map(|extra| mismatch(&extra, NOT_IN_THE_INPUT)));
    found.mismatches.extend(strangers(&output, &folder)?);
    Ok(found)
}

/// File and record of every document that a run left out.
fn dropped(path: &Path) -> Result<HashSet<(String, u64)>> {
    let mut dropped = HashSet::new();
    let Some(mut rows) = Rows::open(path)? else { return Ok(dropped) };
    while let Some(cluster) = rows.next::<Cluster>()? {
        let members = cluster.members.into_iter().filter(|member| member.dropped);
        dropped.extend(members.map(|member| (member.place.file, member.place.record)));
    }
    Ok(dropped)
}

const NOT_IN_THE_INPUT: &str = "it is not in the input";

/// Files of the output that no file of the input accounts for.
fn strangers(output: &Corpus, folder: &Path) -> Result<Vec<Mismatch>> {
    let known: HashSet<&Path> = output.files.iter().map(|file| file.path.as_path()).collect();
    let mut strangers = Vec::new();
    // Of an input without a shard there is no folder; a document that lacks its output is told above.
    if !folder.is_dir() {
        return Ok(strangers);
    }
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.map_err(|error| Error::io("cannot read", folder)(error.into()))?;
        if !entry.file_type().is_dir() && !known.contains(entry.path()) {
            let file = entry.path().display().to_string();
            strangers.push(Mismatch { file, record: 0, what: NOT_IN_THE_INPUT.to_owned() });
        }
    }
    Ok(strangers)
}

fn mismatch(document: &Document, what: &str) -> Mismatch {
    let (file, record) = (document.source.file.clone(), document.source.record);
    Mismatch { file, record, what: what.to_owned() }
}

/// The documents of a corpus in order, without what cannot be read.
fn documents(corpus: &Corpus) -> impl Iterator<Item = Document> + '_ {
    corpus.read().flat_map(move |chunk| {
        let parsed = chunk.documents(corpus).filter_map(|(_, parsed)| parsed.ok());
        parsed.map(|parsed| parsed.document).collect::<Vec<_>>()
    })
}

/// The output's text for a document. A text file of which nothing was left is an empty file, which
/// is no document when it is read again.
fn counterpart(
    outputs: &mut Peekable<impl Iterator<Item = Document>>,
    original: &Document,
    layout: &Layout<'_>,
) -> Option<String> {
    let own = layout.own_file(original);
    let same = |next: &Document| {
        next.source.shard == original.source.shard
            && own.as_ref().is_none_or(|own| *own == next.source.file)
    };
    match outputs.next_if(same) {
        Some(next) => Some(next.text),
        None => own.map(|_| String::new()),
    }
}

/// How the run was told to write its outputs.
fn written_as(out: &Path) -> Result<OutputOptions> {
    let path = out.join(SUMMARY_FILE);
    let summary = std::fs::read(&path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Error::config(format!(
            "{}: no such file: the run in this folder is not done; give its command again, and verify \
             then",
            path.display()
        )),
        _ => Error::io("cannot read", &path)(error),
    })?;
    let read = serde_json::from_slice::<serde_json::Value>(&summary);
    let options =
        read.and_then(|summary| serde_json::from_value(summary["settings"]["output"].clone()));
    options.map_err(|error| Error::Corrupt {
        path,
        what: format!("it does not tell how the outputs were written ({error}); run again"),
    })
}

/// The rows of one file of changes, in the order of its documents.
struct Undos {
    rows: Rows,
    /// The row that belongs to a later document.
    waiting: Option<Row>,
}

impl Undos {
    fn open(path: &Path) -> Result<Self> {
        let missing = || Error::io("cannot read", path)(std::io::ErrorKind::NotFound.into());
        Ok(Self { rows: Rows::open(path)?.ok_or_else(missing)?, waiting: None })
    }

    /// The changes of a document.
    fn of(&mut self, document: &Document) -> Result<Vec<Undo>> {
        let mut undos = Vec::new();
        while let Some(row) = self.next()? {
            if row.file != document.source.file || row.record != document.source.record {
                self.waiting = Some(row);
                break;
            }
            undos.extend(row.into_undo());
        }
        Ok(undos)
    }

    fn next(&mut self) -> Result<Option<Row>> {
        match self.waiting.take() {
            Some(row) => Ok(Some(row)),
            None => self.rows.next(),
        }
    }
}
