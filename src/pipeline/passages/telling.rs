//! Occurrences told from their documents' texts.
//!
//! They are told document by document, so that each text is read and split into words once however many
//! passages it shares, and kept aside until their family is put together.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::change::{Action, EditList};
use crate::config::{Mode, Settings};
use crate::error::{Error, Result};
use crate::offsets::CodePoints;
use crate::passages::Family;
use crate::pipeline::Progress;
use crate::report::kinds::{Surroundings, Traces};
use crate::report::passages::Occurrence;
use crate::spill::{Reader, Scratch, Store};
use crate::words::{self, Word};

use super::told::{self, OpenShelves, Told};

/// Words shown on either side of an occurrence.
const CONTEXT: usize = 8;

/// One occurrence, told by its document.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Telling {
    pub(super) row: Occurrence,
    /// The output from its first word to its last.
    pub(super) text: String,
    /// What it and its document say about the passage.
    pub(super) traces: Traces,
}

/// All occurrences of all families, told.
#[derive(Debug)]
pub(super) struct Tellings {
    store: Reader,
    /// The number of each family's first occurrence.
    firsts: Vec<usize>,
    /// By occurrence, the number of its record.
    records: Vec<u32>,
}

impl Tellings {
    /// The occurrences of a family.
    pub(super) fn of(&self, family: usize) -> Result<Vec<Telling>> {
        let records = &self.records[self.firsts[family]..self.firsts[family + 1]];
        let telling = |&record: &u32| {
            let record = self.store.read(record as usize)?;
            serde_json::from_slice(&record)
                .map_err(|e| Error::config(format!("a temporary file is damaged: {e}")))
        };
        records.iter().map(telling).collect()
    }
}

/// An occurrence that a document is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Wanted {
    doc: u32,
    start: u32,
    end: u32,
    /// Its number among the occurrences of all families.
    number: u32,
}

/// Has every occurrence told.
pub(super) fn tell(
    settings: &Settings,
    families: &[Family],
    shelves: &OpenShelves,
    scratch: &Scratch,
    progress: &dyn Progress,
) -> Result<Tellings> {
    let mut firsts = vec![0];
    let mut wanted = Vec::new();
    for family in families {
        for o in &family.occurrences {
            let number = wanted.len() as u32;
            wanted.push(Wanted { doc: o.doc, start: o.start, end: o.end, number });
        }
        firsts.push(wanted.len());
    }
    wanted.sort_unstable();
    let mut store = Store::within(scratch);
    let mut records = vec![0; wanted.len()];
    let blocks: Vec<&[Wanted]> =
        wanted.chunk_by(|a, b| shelves.block_of(a.doc) == shelves.block_of(b.doc)).collect();
    settings.threads.map_ordered(
        blocks
            .into_iter()
            .map(|wanted| Ok((shelves.read(shelves.block_of(wanted[0].doc))?, wanted))),
        |((first, packed), wanted)| tell_block((first, &packed), wanted),
        |told: Result<Vec<(u32, Vec<u8>)>>| {
            for (number, telling) in told? {
                records[number as usize] = store.len() as u32;
                store.push(&telling)?;
            }
            progress.advance(1);
            Ok(())
        },
    )?;
    Ok(Tellings { store: store.reader()?, firsts, records })
}

fn tell_block(block: (u32, &[u8]), wanted: &[Wanted]) -> Result<Vec<(u32, Vec<u8>)>> {
    let mut tellings = Vec::new();
    told::each(
        block,
        wanted,
        |wanted| wanted.doc,
        |told, wanted| {
            let output = told.edits.apply(&told.text);
            let mut list = Vec::new();
            words::words(&told.text, &mut list);
            words::outside(&mut list, &told.edits.removed());
            let surroundings = Surroundings::of(&output, &told.text);
            let page = Page { told, output: &output, words: &list, surroundings };
            for wanted in wanted {
                let telling = page.tell(wanted.start as usize..wanted.end as usize);
                // Writing numbers and strings to memory does not fail.
                tellings.push((wanted.number, serde_json::to_vec(&telling).unwrap_or_default()));
            }
            Ok(())
        },
    )?;
    Ok(tellings)
}

/// A document while its occurrences are told.
struct Page<'p> {
    told: &'p Told,
    output: &'p str,
    words: &'p [Word],
    surroundings: Surroundings<'p>,
}

impl Page<'_> {
    fn tell(&self, range: Range<usize>) -> Telling {
        let told = self.told;
        let original =
            self.words[range.start].start as usize..self.words[range.end - 1].end as usize;
        let clean = self.clean(range.clone());
        let text = self.output[clean.clone()].to_owned();
        let before = range.start.saturating_sub(CONTEXT)..range.start;
        let after = range.end..(range.end + CONTEXT).min(self.words.len());
        let (mut points, mut out_points) =
            (CodePoints::new(&told.text), CodePoints::new(self.output));
        // Where nothing was removed, the output is the original.
        let in_output = |original, clean| match told.mode {
            Mode::Remove => clean,
            Mode::Tag => original,
        };
        let row = Occurrence {
            doc: told.id.clone(),
            file: told.file.clone(),
            record: told.record,
            outlet: told.outlet.clone(),
            against: false,
            url: told.url.clone(),
            date: told.date.clone(),
            title: told.title.clone(),
            start: points.at(original.start),
            end: points.at(original.end),
            holes: holes(&told.edits, &original)
                .map(|h| [points.at(h.start), points.at(h.end)])
                .collect(),
            clean_start: in_output(points.at(original.start), out_points.at(clean.start)),
            clean_end: in_output(points.at(original.end), out_points.at(clean.end)),
            paragraphs: text.split('\n').filter(|line| !line.trim().is_empty()).count(),
            similarity: 1.0,
            before: self.context(before, |around| around.start..clean.start),
            after: self.context(after, |around| clean.end..around.end),
            diff: Vec::new(),
        };
        let traces = self.surroundings.traces(&clean, range.len(), self.words.len());
        Telling { row, text, traces }
    }

    /// Where words stand in the output.
    fn clean(&self, range: Range<usize>) -> Range<usize> {
        let (first, last) = (self.words[range.start], self.words[range.end - 1]);
        let edits = &self.told.edits;
        edits.to_output(first.start as usize)..edits.to_output(last.end as usize)
    }

    /// The output around an occurrence, up to or from its border, on one line.
    fn context(&self, words: Range<usize>, cut: impl Fn(Range<usize>) -> Range<usize>) -> String {
        if words.is_empty() {
            return String::new();
        }
        let slice = &self.output[cut(self.clean(words))];
        slice.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// Removed ranges inside a range of the original.
fn holes(edits: &EditList, inside: &Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let (start, end) = (inside.start, inside.end);
    let removed = edits.changes().iter().filter(|c| c.action == Action::Remove);
    removed
        .map(move |c| c.range.start.max(start)..c.range.end.min(end))
        .filter(|hole| hole.start < hole.end)
}
