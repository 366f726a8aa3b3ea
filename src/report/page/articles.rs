//! The articles of the page: originals with what was done to them, put together again from `clean/`
//! and `changes/`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Serialize;
use walkdir::WalkDir;

use super::names::Names;
use super::pack::{Packer, Place};
use super::removals::Removals;
use super::shared::{At, Mark, opening};
use crate::change::{Undo, undo};
use crate::document::Document;
use crate::error::{Error, Reject, Result};
use crate::input::{Corpus, InputOptions, discover};
use crate::report::changes::{ActionName, Row};
use crate::report::rows::Rows;
use crate::report::summary::Summary;
use crate::report::{CHANGES_FOLDER, CLEAN_FOLDER, REJECTS_FILE};
use crate::verdict::{Category, Reason};

/// Characters of text that are gathered for the page.
const CHARACTERS: u64 = 20 << 20;
/// Articles in the page.
const ARTICLES: u64 = 8000;
/// Bytes that they may take when packed.
const BYTES: usize = 10 << 20;
/// Characters of a title that lists show.
const TITLE: usize = 160;

type Marks = BTreeMap<At, Vec<Mark>>;

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
    category: Option<Category>,
    with: Option<&'a str>,
    reason: &'a Reason,
}

impl Articles {
    /// Chooses articles and reads them.
    pub(super) fn read(
        out: &Path,
        summary: &Summary,
        marks: &Marks,
        names: &mut Names,
    ) -> Result<Self> {
        let mut articles = Self::default();
        let mut choice = Choice::new(summary, marks);
        for file in change_files(&out.join(CHANGES_FOLDER))? {
            let Some(mut rows) = Rows::open(&file)? else { continue };
            while let Some(row) = rows.next::<Row>()? {
                articles.removals.add(&row);
                choice.consider(row);
            }
        }
        let chosen = choice.chosen();
        if !chosen.is_empty() {
            articles.compose(out, summary, &chosen, marks, names)?;
        }
        Ok(articles)
    }

    /// Reads the chosen documents from the cleaned corpus and undoes their changes.
    fn compose(
        &mut self,
        out: &Path,
        summary: &Summary,
        chosen: &BTreeMap<At, Vec<Row>>,
        marks: &Marks,
        names: &mut Names,
    ) -> Result<()> {
        let corpus = cleaned(out, summary)?;
        let mut numbers = Numbers::read(&out.join(REJECTS_FILE))?;
        let mut packer = Packer::new(BYTES);
        for chunk in corpus.read() {
            for (i, frame) in chunk.frames.iter().enumerate() {
                let file = &corpus.files[frame.file as usize].name;
                let record = numbers.next(file);
                let at = At { file: file.clone(), record };
                let Some(rows) = chosen.get(&at) else { continue };
                let Ok(parsed) = chunk.parse(i, &corpus) else { continue };
                let marks = marks.get(&at).map(Vec::as_slice).unwrap_or_default();
                self.add(at, &parsed.document, rows, marks, &mut packer, names)?;
            }
        }
        self.packs = packer.finish();
        Ok(())
    }

    fn add(
        &mut self,
        at: At,
        clean: &Document,
        rows: &[Row],
        marks: &[Mark],
        packer: &mut Packer,
        names: &mut Names,
    ) -> Result<()> {
        let undos: Vec<Undo> = rows.iter().cloned().map(Row::into_undo).collect();
        let Some(original) = undo(&clean.text, &undos) else {
            return Err(Error::Corrupt {
                path: PathBuf::from(CHANGES_FOLDER),
                what: format!(
                    "the changes of {}, record {}, do not fit its text; run again",
                    at.file, at.record
                ),
            });
        };
        let removals = || rows.iter().filter(|row| row.action == ActionName::Remove);
        let body = Body {
            url: clean.url.as_deref(),
            lang: clean.lang.as_deref(),
            pieces: pieces(&original, rows, marks),
            changes: rows.iter().map(Done::of).collect(),
        };
        let Some(place) = packer.add(&body) else { return Ok(()) };
        let families: BTreeSet<usize> = marks.iter().map(|mark| mark.family).collect();
        // The outlet was settled when the input was read; what is read here may lack the means.
        let outlet = match (rows.first(), marks.first()) {
            (Some(row), _) => names.number(&row.outlet),
            (None, Some(mark)) => mark.outlet,
            (None, None) => names.number(&clean.outlet),
        };
        self.heads.push(Head {
            doc: rows.first().map_or_else(|| clean.id.clone(), |row| row.doc.clone()),
            file: at.file,
            record: at.record,
            outlet,
            date: clean.date.clone(),
            title: clean.title.as_deref().map(|title| opening(title, TITLE)),
            characters: original.chars().count(),
            removed: removals().map(|row| row.text.chars().count()).sum(),
            categories: removals().filter_map(|row| row.category).collect(),
            families: families.len(),
            at: place,
        });
        Ok(())
    }
}

impl<'a> Done<'a> {
    fn of(row: &'a Row) -> Self {
        Self {
            line: row.line,
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

/// Which articles the page shows: all that have something to show, or, where there are too many,
/// half of them from the most interesting passages, and of each outlet the first.
#[derive(Debug)]
struct Choice {
    /// Records that passages lead to.
    wanted: BTreeSet<At>,
    /// Articles an outlet may have beside.
    each: u64,
    taken: BTreeMap<String, u64>,
    characters: u64,
    chosen: BTreeMap<At, Vec<Row>>,
}

impl Choice {
    fn new(summary: &Summary, marks: &Marks) -> Self {
        let all = &summary.counts.all;
        let length = (all.characters_in / all.documents.max(1)).max(1);
        let room = (CHARACTERS / length).clamp(1, ARTICLES);
        let outlets = summary.counts.outlets.len().max(1) as u64;
        let (wanted, each) = if all.documents <= room {
            (marks.keys().cloned().collect(), u64::MAX)
        } else {
            (most_interesting(marks, room / 2), (room / 2).div_ceil(outlets))
        };
        let (taken, chosen) = (BTreeMap::new(), BTreeMap::new());
        Self { wanted, each, taken, characters: 0, chosen }
    }

    /// Keeps the row if its document is wanted. The rows of a document come one after the other.
    fn consider(&mut self, row: Row) {
        let at = At { file: row.file.clone(), record: row.record };
        let cost = row.text.chars().count() as u64;
        if let Some(rows) = self.chosen.get_mut(&at) {
            self.characters += cost;
            rows.push(row);
            return;
        }
        // Who was refused at the first row is refused at the next: the numbers only grow.
        let taken = self.taken.entry(row.outlet.clone()).or_default();
        let chosen = self.wanted.contains(&at) || *taken < self.each;
        if chosen && self.characters < CHARACTERS {
            *taken += 1;
            self.characters += cost;
            self.chosen.insert(at, vec![row]);
        }
    }

    /// What was chosen, with the documents of passages in which nothing was changed.
    fn chosen(mut self) -> BTreeMap<At, Vec<Row>> {
        for at in self.wanted {
            self.chosen.entry(at).or_default();
        }
        self.chosen
    }
}

/// The records that the first families lead to.
fn most_interesting(marks: &Marks, room: u64) -> BTreeSet<At> {
    let mut by_interest: Vec<(usize, &At)> = marks
        .iter()
        .filter_map(|(at, marks)| Some((marks.iter().map(|mark| mark.family).min()?, at)))
        .collect();
    by_interest.sort_unstable();
    by_interest.into_iter().take(room as usize).map(|(_, at)| at.clone()).collect()
}
