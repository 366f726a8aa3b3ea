//! Occurrences told from their documents' texts.
//!
//! They are told document by document, so that each text is read and split into words once however many
//! passages it shares, and kept aside until their family is put together.

use std::borrow::Cow;
use std::iter::Peekable;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::change::{Action, EditList};
use crate::config::{Mode, Settings};
use crate::error::Result;
use crate::offsets::CodePoints;
use crate::passages::{Families, Family, Occurrence as Place};
use crate::pipeline::Progress;
use crate::report::kinds::{Surroundings, Traces};
use crate::report::passages::Occurrence;
use crate::spill::{Scratch, Sorter};
use crate::words;

use super::kept::{Pile, Shelf, Sizes, Tellings, damaged};
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

/// Reads what was packed away.
pub(super) fn unpack(told: &Pile) -> Result<Vec<Telling>> {
    told.iter().map(|telling| serde_json::from_slice(telling).map_err(|e| damaged(&e))).collect()
}

/// An occurrence that a document is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Wanted {
    doc: u32,
    start: u32,
    end: u32,
    /// Its number among the occurrences of all families.
    number: u64,
}

impl Wanted {
    fn new(Place { doc, start, end }: Place, number: u64) -> Self {
        Self { doc, start, end, number }
    }

    fn pack(self) -> [u64; 3] {
        let Self { doc, start, end, number } = self;
        [u64::from(doc) << 32 | u64::from(start), u64::from(end), number]
    }

    fn unpack([place, end, number]: [u64; 3]) -> Self {
        Self { doc: (place >> 32) as u32, start: place as u32, end: end as u32, number }
    }
}

/// Has every occurrence of the families told.
pub(super) fn tell(
    settings: &Settings,
    families: &Families,
    is_wanted: impl Fn(&Family) -> bool + Sync,
    shelves: &OpenShelves,
    scratch: &Scratch,
    progress: &dyn Progress,
) -> Result<Tellings> {
    let half = scratch.share(1, 2);
    let sorter = Sorter::new(&half);
    let mut sizes = Sizes::within(&half.share(1, 2));
    families.each_stint(|families| {
        for &o in families.iter().filter(|f| is_wanted(f)).flat_map(|f| &f.occurrences) {
            sorter.add([Wanted::new(o, sizes.add(o.words())).pack()])?;
        }
        Ok(())
    })?;
    let tellings = Tellings::within(&half.share(1, 2), sizes);
    let mut shelf = Shelf::new(&tellings, &half.share(1, 2));
    let mut wanted = sorter.sorted()?.map(|wanted| Ok(Wanted::unpack(wanted?))).peekable();
    let blocks = std::iter::from_fn(|| next_block(&mut wanted, shelves).transpose());
    settings.threads.map_ordered(
        blocks,
        |Asked { first, block, wanted }| tell_block((first, &block), &wanted),
        |told: Result<(Vec<u64>, Pile)>| {
            let (numbers, told) = told?;
            for (number, telling) in numbers.into_iter().zip(told.iter()) {
                shelf.put(number, telling)?;
            }
            progress.advance(1);
            Ok(())
        },
    )?;
    shelf.finish()?;
    Ok(tellings)
}

/// A block of documents and what is wanted of it.
struct Asked {
    /// The number of its first document.
    first: u32,
    block: Vec<u8>,
    wanted: Vec<Wanted>,
}

/// The next block of which something is wanted.
fn next_block(
    wanted: &mut Peekable<impl Iterator<Item = Result<Wanted>>>,
    shelves: &OpenShelves,
) -> Result<Option<Asked>> {
    let Some(first) = wanted.next().transpose()? else { return Ok(None) };
    let block = shelves.block_of(first.doc);
    let mut all = vec![first];
    let is_here = |next: &Result<Wanted>| match next {
        Ok(next) => shelves.block_of(next.doc) == block,
        Err(_) => true,
    };
    while let Some(next) = wanted.next_if(is_here) {
        all.push(next?);
    }
    let (first, block) = shelves.read(block)?;
    Ok(Some(Asked { first, block, wanted: all }))
}

/// What is wanted of a block, by number.
fn tell_block(block: (u32, &[u8]), wanted: &[Wanted]) -> Result<(Vec<u64>, Pile)> {
    let (mut numbers, mut tellings, mut list) = (Vec::new(), Pile::default(), Vec::new());
    told::each(
        block,
        wanted,
        |wanted| wanted.doc,
        |told, wanted| {
            let output = if told.edits.is_empty() {
                Cow::Borrowed(told.text)
            } else {
                Cow::Owned(told.edits.apply(told.text))
            };
            let removed = told.edits.removed();
            let furthest = wanted.iter().map(|wanted| wanted.end as usize + CONTEXT).max();
            // Of words that were removed it is not known how many they are.
            let most = furthest.filter(|_| removed.is_empty()).unwrap_or(usize::MAX);
            words::places(told.text, most, &mut list);
            words::outside(&mut list, &removed);
            let mut page = Page {
                told,
                output: &output,
                words: &list,
                surroundings: Surroundings::of(&output, told.text),
                points: CodePoints::new(told.text),
                out_points: CodePoints::new(&output),
            };
            for wanted in wanted {
                let telling = page.tell(wanted.start as usize..wanted.end as usize);
                numbers.push(wanted.number);
                // Writing numbers and strings to memory does not fail.
                tellings.push(|into| drop(serde_json::to_writer(into, &telling)));
            }
            Ok(())
        },
    )?;
    Ok((numbers, tellings))
}

/// A document while its occurrences are told.
struct Page<'p> {
    told: &'p Told<'p>,
    output: &'p str,
    /// Its first words, or all.
    words: &'p [Range<u32>],
    surroundings: Surroundings<'p>,
    points: CodePoints<'p>,
    out_points: CodePoints<'p>,
}

impl Page<'_> {
    fn tell(&mut self, range: Range<usize>) -> Telling {
        let told = self.told;
        let original =
            self.words[range.start].start as usize..self.words[range.end - 1].end as usize;
        let clean = self.clean(range.clone());
        let text = self.output[clean.clone()].to_owned();
        let before = range.start.saturating_sub(CONTEXT)..range.start;
        let after = range.end..(range.end + CONTEXT).min(self.words.len());
        let (before, after) = (
            self.context(before, |around| around.start..clean.start),
            self.context(after, |around| clean.end..around.end),
        );
        let points = &mut self.points;
        let holes =
            holes(&told.edits, &original).map(|h| [points.at(h.start), points.at(h.end)]).collect();
        let [start, end] = [original.start, original.end].map(|byte| points.at(byte));
        // Where nothing was removed, the output is the original.
        let [clean_start, clean_end] = match told.mode {
            Mode::Remove => [clean.start, clean.end].map(|byte| self.out_points.at(byte)),
            Mode::Tag => [start, end],
        };
        let row = Occurrence {
            doc: told.id.to_owned(),
            file: told.file.to_owned(),
            record: told.record,
            outlet: told.outlet.to_owned(),
            against: false,
            url: told.url.map(str::to_owned),
            date: told.date.map(str::to_owned),
            title: told.title.map(str::to_owned),
            start,
            end,
            holes,
            clean_start,
            clean_end,
            paragraphs: text.split('\n').filter(|line| !line.trim().is_empty()).count(),
            similarity: 1.0,
            before,
            after,
            diff: Vec::new(),
        };
        let traces = self.surroundings.traces(&clean, range.len(), told.words as usize);
        Telling { row, text, traces }
    }

    /// Where words stand in the output.
    fn clean(&self, range: Range<usize>) -> Range<usize> {
        let (first, last) = (&self.words[range.start], &self.words[range.end - 1]);
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
