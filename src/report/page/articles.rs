//! The articles of the page: originals with what was done to them, put together again from `clean/`
//! and `changes/`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Serialize;
use walkdir::WalkDir;

use super::choice::{Choice, Marks};
use super::names::Names;
use super::pack::{Packer, Place};
use super::removals::Removals;
use super::shared::{At, Mark, Marked, opening};
use crate::change::{Undo, undo};
use crate::document::Document;
use crate::engine::Threads;
use crate::error::{Error, Reject, Result};
use crate::input::{Chunk, Corpus, Frame, InputOptions, Parsed, discover};
use crate::report::changes::{ActionName, Row};
use crate::report::rows::{Line, Rows};
use crate::report::summary::Summary;
use crate::report::{CHANGES_FOLDER, CLEAN_FOLDER, REJECTS_FILE};
use crate::verdict::{Category, Reason};

/// Bytes that articles may take when packed.
const BYTES: usize = 10 << 20;
/// Characters of a title that lists show.
const TITLE: usize = 160;
/// Characters of a text without a title that lists show.
const OPENING: usize = 80;

/// The articles of the page.
#[derive(Debug, Default)]
pub(super) struct Articles {
    pub(super) heads: Vec<Head>,
    pub(super) packs: Vec<String>,
    pub(super) removals: Removals,
}

/// An article as lists show it.
#[derive(Debug, Serialize)]
pub(super) struct Head {
    doc: String,
    file: String,
    record: u64,
    outlet: usize,
    date: Option<String>,
    title: Option<String>,
    /// How it begins, where it has no title.
    opening: Option<String>,
    /// Characters of the original, and those removed.
    characters: usize,
    removed: usize,
    categories: BTreeSet<Category>,
    /// Families in the page that it has.
    families: usize,
    at: Place,
}

/// An article in full.
#[derive(Debug, Serialize)]
struct Body<'a> {
    url: Option<&'a str>,
    lang: Option<&'a str>,
    pieces: Vec<Piece<'a>>,
    changes: Vec<Done<'a>>,
}

/// A stretch of the original: its text, the change it belongs to, and the families.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Piece<'a>(&'a str, Option<usize>, Vec<usize>);

/// A change as the page tells it.
#[derive(Debug, Serialize)]
struct Done<'a> {
    line: u32,
    action: ActionName,
    category: Option<Category>,
    with: Option<&'a str>,
    reason: &'a Reason,
}

/// An article as it was put together, before it has its place.
struct Composed {
    head: Head,
    /// The outlet, where it has no number yet.
    outlet: Option<String>,
    body: Vec<u8>,
}

impl Articles {
    /// Chooses articles and reads them.
    pub(super) fn read(
        out: &Path,
        summary: &Summary,
        marks: &Marks,
        names: &mut Names,
        threads: Threads,
    ) -> Result<Self> {
        let mut articles = Self::default();
        let mut choice = Choice::new(summary, marks);
        for file in change_files(&out.join(CHANGES_FOLDER))? {
            let parse = |line: Line<'_>| {
                let row: Row = line.row()?;
                Ok((Removals::shown(&row), row))
            };
            Rows::each(&file, threads, parse, |(shown, row)| {
                articles.removals.add(&row, shown);
                choice.consider(row);
            })?;
        }
        let chosen = choice.chosen();
        if !chosen.is_empty() {
            articles.compose(out, summary, (&chosen, marks), names, threads)?;
        }
        Ok(articles)
    }

    /// Reads the chosen documents from the cleaned corpus and undoes their changes.
    fn compose(
        &mut self,
        out: &Path,
        summary: &Summary,
        (chosen, marks): (&BTreeMap<At, Vec<Row>>, &Marks),
        names: &mut Names,
        threads: Threads,
    ) -> Result<()> {
        let corpus = match cleaned(out, summary) {
            // Turned into another form, the fields may go by other names: no article is shown then.
            Err(Error::Config(_)) => return Ok(()),
            corpus => corpus?,
        };
        let mut numbers = Numbers::read(&out.join(REJECTS_FILE))?;
        let elsewhere = Elsewhere::new(&corpus, chosen, marks);
        let numbered = corpus.read().map(|chunk| {
            let place = |frame: &Frame| {
                let file = &corpus.files[frame.file as usize].name;
                At { file: file.clone(), record: numbers.next(file) }
            };
            let places: Vec<At> = chunk.frames.iter().map(place).collect();
            Ok((chunk, places))
        });
        let compose = |(chunk, places): (Chunk, Vec<At>)| {
            if elsewhere.is_empty() && !places.iter().any(|at| chosen.contains_key(at)) {
                return Vec::new();
            }
            let composed = chunk.documents(&corpus).filter_map(|(i, parsed)| {
                let Parsed { document, .. } = parsed.ok()?;
                let here = chosen.get_key_value(&places[i]);
                let (at, rows) = here.or_else(|| elsewhere.find(&document.id))?;
                Composed::of(at, &document, rows, marks.get(at))
            });
            composed.collect()
        };
        self.packs = Packer::run(BYTES, threads, |packer| {
            threads.map_ordered(numbered, compose, |composed| {
                for article in composed {
                    self.add(article, packer, names);
                }
                Ok(())
            })
        })?;
        Ok(())
    }

    fn add(&mut self, article: Composed, packer: &mut Packer<'_>, names: &mut Names) {
        let Composed { mut head, outlet, body } = article;
        let Some(place) = packer.add_json(&body) else { return };
        if let Some(outlet) = outlet {
            head.outlet = names.number(&outlet);
        }
        self.heads.push(Head { at: place, ..head });
    }
}

impl Composed {
    fn of(at: &At, clean: &Document, rows: &[Row], marked: Option<&Marked>) -> Option<Self> {
        let undos: Vec<Undo> = rows.iter().cloned().filter_map(Row::into_undo).collect();
        // Where output and changes do not fit, `verify` says so; a page is no place to stop a run.
        let original = undo(&clean.text, &undos)?;
        let marks = marked.map(|marked| marked.marks.as_slice()).unwrap_or_default();
        let body = Body {
            url: clean.url.as_deref(),
            lang: clean.lang.as_deref(),
            pieces: pieces(&original, rows, marks),
            changes: rows.iter().map(Done::of).collect(),
        };
        let body = serde_json::to_vec(&body).ok()?;
        // Both were settled when the input was read; what is read here may lack the means.
        let (doc, outlet, name) = match (rows.first(), marked) {
            (Some(row), _) => (&row.doc, 0, Some(&row.outlet)),
            (None, Some(marked)) => (&marked.doc, marked.outlet, None),
            (None, None) => (&clean.id, 0, Some(&clean.outlet)),
        };
        let title = clean.title.as_deref().map(|title| opening(title, TITLE));
        // What was only told is shown like what was removed.
        let removals = || rows.iter().filter(|row| row.action != ActionName::Replace);
        let families = marks.iter().map(|mark| mark.family).collect::<BTreeSet<_>>().len();
        let head = Head {
            doc: doc.clone(),
            file: at.file.clone(),
            record: at.record,
            outlet,
            date: clean.date.clone(),
            opening: title.is_none().then(|| opening(&clean.text, OPENING)),
            title,
            characters: original.chars().count(),
            removed: removals().map(|row| row.text.chars().count()).sum(),
            categories: removals().filter_map(|row| row.category).collect(),
            families,
            at: Place::default(),
        };
        Some(Self { head, outlet: name.cloned(), body })
    }
}

impl<'a> Done<'a> {
    fn of(row: &'a Row) -> Self {
        Self {
            line: row.line,
            action: row.action,
            category: row.category,
            with: row.with.as_deref(),
            reason: &row.reason,
        }
    }
}

/// Cuts the original wherever a change or a passage begins or ends.
fn pieces<'a>(original: &'a str, rows: &[Row], marks: &[Mark]) -> Vec<Piece<'a>> {
    let borders = rows.iter().map(|row| [row.start, row.end]);
    let borders = borders.chain(marks.iter().map(|mark| [mark.start, mark.end]));
    let cuts: BTreeSet<usize> = borders.flatten().chain([0, usize::MAX]).collect();
    let cuts: Vec<usize> = cuts.into_iter().collect();
    let mut pieces = Vec::new();
    let (mut rest, mut next) = (original, 0);
    for ends in cuts.windows(2) {
        let (piece, behind) = rest.split_at(crate::offsets::byte_of(rest, ends[1] - ends[0]));
        rest = behind;
        while rows.get(next).is_some_and(|row| row.end <= ends[0]) {
            next += 1;
        }
        let change = rows.get(next).is_some_and(|row| row.start <= ends[0]).then_some(next);
        let inside = |mark: &&Mark| mark.start <= ends[0] && ends[0] < mark.end;
        let families: BTreeSet<usize> =
            marks.iter().filter(inside).map(|mark| mark.family).collect();
        if !piece.is_empty() {
            pieces.push(Piece(piece, change, families.into_iter().collect()));
        }
    }
    pieces
}

/// The cleaned corpus, read as its input was.
fn cleaned(out: &Path, summary: &Summary) -> Result<Corpus> {
    let folder = out.join(CLEAN_FOLDER);
    // Where several names were found for one thing, they are found again.
    let field = |role: &str| match summary.inputs.fields[role].as_array().map(Vec::as_slice) {
        Some([name]) => name.as_str().map(str::to_owned),
        _ => None,
    };
    let options = InputOptions {
        text_field: field("text"),
        id_field: field("id"),
        url_field: field("url"),
        outlet_field: field("outlet"),
        date_field: field("date"),
        title_field: field("title"),
        lang_field: field("lang"),
        max_record: u64::MAX,
        ..InputOptions::default()
    };
    discover(&[folder.display().to_string()], &options)
}

/// The files of a folder in the order of their names.
fn change_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    if !folder.exists() {
        return Ok(files);
    }
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.map_err(|error| Error::io("cannot read", folder)(error.into()))?;
        if entry.file_type().is_file() {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}

/// Chosen documents whose file has another name in the output, as where a table became JSON lines.
/// They are known by their ids, where these do not repeat.
#[derive(Debug)]
struct Elsewhere<'c>(BTreeMap<&'c str, Option<(&'c At, &'c Vec<Row>)>>);

impl<'c> Elsewhere<'c> {
    fn new(corpus: &Corpus, chosen: &'c BTreeMap<At, Vec<Row>>, marks: &'c Marks) -> Self {
        let here: BTreeSet<&str> = corpus.files.iter().map(|file| file.name.as_str()).collect();
        let mut by_id = BTreeMap::new();
        for (at, rows) in chosen.iter().filter(|(at, _)| !here.contains(at.file.as_str())) {
            let marked = || marks.get(at).map(|marked| marked.doc.as_str());
            let Some(id) = rows.first().map(|row| row.doc.as_str()).or_else(marked) else {
                continue;
            };
            by_id.entry(id).and_modify(|found| *found = None).or_insert(Some((at, rows)));
        }
        Self(by_id)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn find(&self, id: &str) -> Option<(&'c At, &'c Vec<Row>)> {
        self.0.get(id).copied().flatten()
    }
}

/// Which number a record of the output had in the input: rejected records are not there any more.
#[derive(Debug, Default)]
struct Numbers {
    rejected: BTreeMap<String, BTreeSet<u64>>,
    file: String,
    record: u64,
}

impl Numbers {
    fn read(rejects: &Path) -> Result<Self> {
        let mut numbers = Self::default();
        let Some(mut rows) = Rows::open(rejects)? else { return Ok(numbers) };
        while let Some(reject) = rows.next::<Reject>()? {
            numbers.rejected.entry(reject.file).or_default().insert(reject.record);
        }
        Ok(numbers)
    }

    /// The number of the next record of a file; the records of a file are asked for in a row.
    fn next(&mut self, file: &str) -> u64 {
        if self.file != file {
            file.clone_into(&mut self.file);
            self.record = 0;
        }
        self.record += 1;
        while self.rejected.get(file).is_some_and(|gone| gone.contains(&self.record)) {
            self.record += 1;
        }
        self.record
    }
}
