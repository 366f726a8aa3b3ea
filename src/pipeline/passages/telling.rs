//! Occurrences told from their documents' texts.
//!
//! They are told document by document, so that each text is read and split into words once however many
//! passages it shares, and kept aside until their family is put together.

use std::iter::Peekable;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::change::{Action, EditList};
use crate::config::{Mode, Settings};
use crate::error::{Error, Result};
use crate::offsets::CodePoints;
use crate::passages::{Families, Family, Occurrence as Place};
use crate::pipeline::Progress;
use crate::report::kinds::{Surroundings, Traces};
use crate::report::passages::Occurrence;
use crate::spill::{Buckets, Scratch, Sorter};
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

/// The occurrences of all families, told, in buckets for consecutive ones.
#[derive(Debug)]
pub(super) struct Tellings {
    buckets: Buckets,
    /// By bucket, the number of its first occurrence.
    firsts: Vec<u64>,
}

/// Bytes that an occurrence takes when it is told, as a rule, and those of each of its words.
const TOLD: u64 = 1 << 10;
const WORD: u64 = 8;

impl Tellings {
    fn bucket_of(&self, number: u64) -> usize {
        self.firsts.partition_point(|&first| first <= number).saturating_sub(1)
    }

    /// Gives them back in the order of the families.
    pub(super) fn in_order(&self) -> InOrder<'_> {
        InOrder { tellings: self, bucket: 0, held: Vec::new().into_iter() }
    }
}

/// An occurrence that is packed away once it is told, with its number among those of all families.
type Packed = (u64, Vec<u8>);

/// Reads what was told, one bucket after the other.
#[derive(Debug)]
pub(super) struct InOrder<'t> {
    tellings: &'t Tellings,
    bucket: usize,
    held: std::vec::IntoIter<Packed>,
}

impl InOrder<'_> {
    /// The occurrences of the next family, of which there are so many.
    pub(super) fn next(&mut self, count: usize) -> Result<Vec<Vec<u8>>> {
        let mut next = Vec::with_capacity(count);
        while next.len() < count {
            match self.held.next() {
                Some((_, telling)) => next.push(telling),
                None if self.bucket < self.tellings.buckets.len() => self.load()?,
                None => return Err(damaged(&"occurrences are missing")),
            }
        }
        Ok(next)
    }

    fn load(&mut self) -> Result<()> {
        let mut held: Vec<Packed> = Vec::new();
        self.tellings.buckets.each(self.bucket, |mut rest| {
            while let Some((number, behind)) = rest.split_first_chunk::<8>() {
                let Some((length, behind)) = behind.split_first_chunk::<4>() else { return };
                let (telling, next) = behind.split_at(u32::from_le_bytes(*length) as usize);
                held.push((u64::from_le_bytes(*number), telling.to_vec()));
                rest = next;
            }
        })?;
        held.sort_unstable_by_key(|&(number, _)| number);
        self.held = held.into_iter();
        self.bucket += 1;
        Ok(())
    }
}

/// Reads what was packed away.
pub(super) fn unpack(packed: &[Vec<u8>]) -> Result<Vec<Telling>> {
    packed.iter().map(|telling| serde_json::from_slice(telling).map_err(|e| damaged(&e))).collect()
}

fn damaged(error: &dyn std::fmt::Display) -> Error {
    Error::config(format!("a temporary file is damaged: {error}"))
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
    let (mut count, mut firsts, mut bytes) = (0, vec![0], 0);
    families.each_stint(|families| {
        for &o in families.iter().filter(|f| is_wanted(f)).flat_map(|f| &f.occurrences) {
            if bytes > half.memory() / 4 {
                firsts.push(count);
                bytes = 0;
            }
            sorter.add([Wanted::new(o, count).pack()])?;
            bytes += TOLD + WORD * u64::from(o.words());
            count += 1;
        }
        Ok(())
    })?;
    let tellings = Tellings { buckets: Buckets::new(firsts.len(), &half.share(1, 4)), firsts };
    let mut shelf = Shelf::new(&tellings, &half);
    let mut wanted = sorter.sorted()?.map(|wanted| Ok(Wanted::unpack(wanted?))).peekable();
    let blocks = std::iter::from_fn(|| next_block(&mut wanted, shelves).transpose());
    settings.threads.map_ordered(
        blocks,
        |Asked { first, packed, wanted }| tell_block((first, &packed), &wanted),
        |told: Result<Vec<Packed>>| {
            for (number, telling) in told? {
                shelf.put(number, &telling)?;
            }
            progress.advance(1);
            Ok(())
        },
    )?;
    shelf.finish()?;
    Ok(tellings)
}

/// A packed block of documents and what is wanted of it.
struct Asked {
    /// The number of its first document.
    first: u32,
    packed: Vec<u8>,
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
    let (first, packed) = shelves.read(block)?;
    Ok(Some(Asked { first, packed, wanted: all }))
}

/// What goes into buckets, gathered to pieces.
struct Shelf<'t> {
    tellings: &'t Tellings,
    pieces: Vec<Vec<u8>>,
    /// Bytes of a piece.
    gathered: usize,
}

/// A piece is not larger, however much memory there is.
const MOST_GATHERED: u64 = 1 << 16;

impl<'t> Shelf<'t> {
    fn new(tellings: &'t Tellings, scratch: &Scratch) -> Self {
        let count = tellings.buckets.len();
        let gathered = (scratch.memory() / 4 / count.max(1) as u64).min(MOST_GATHERED) as usize;
        Self { tellings, pieces: vec![Vec::new(); count], gathered }
    }

    fn put(&mut self, number: u64, telling: &[u8]) -> Result<()> {
        let bucket = self.tellings.bucket_of(number);
        let piece = &mut self.pieces[bucket];
        piece.extend_from_slice(&number.to_le_bytes());
        piece.extend_from_slice(&(telling.len() as u32).to_le_bytes());
        piece.extend_from_slice(telling);
        if piece.len() >= self.gathered {
            self.tellings.buckets.put(bucket, piece)?;
            piece.clear();
        }
        Ok(())
    }

    fn finish(self) -> Result<()> {
        let pieces = self.pieces.iter().enumerate();
        pieces
            .filter(|(_, piece)| !piece.is_empty())
            .try_for_each(|(bucket, piece)| self.tellings.buckets.put(bucket, piece))
    }
}

fn tell_block(block: (u32, &[u8]), wanted: &[Wanted]) -> Result<Vec<Packed>> {
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
