//! The second pass: every document judged, rewritten and written.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;

use crate::block::Block;
use crate::boilerplate::evidence::ENOUGH;
use crate::boilerplate::rules::Flag;
use crate::boilerplate::template::{Jump, Templates};
use crate::boilerplate::{Judge, Judgement};
use crate::change::{Change, EditList, cut_range};
use crate::config::{CleanOptions, Cleaning, Mode};
use crate::dates::Reading;
use crate::document::Document;
use crate::engine::Threads;
use crate::error::{Error, Reject, Result};
use crate::input::{Chunk, Corpus, Parsed};
use crate::lines::Lines;
use crate::normalize::Edits;
use crate::offsets::CodePoints;
use crate::output::{self, Encoded, Encoder, Layout, Unwritten};
use crate::verdict::{Category, Reason, Verdict};

use super::Progress;
use super::batch::{Batch, Facts};
use super::dedup::cuts::{Fate, Fates};
use super::passages::told::Packing;
use super::prepared::{Kept, Prepared};
use super::sink::Sink;
use super::work::Start;

/// Cleans documents. Shared by all workers.
#[derive(Debug)]
pub struct Cleaner<'a> {
    /// What is read.
    pub corpus: &'a Corpus,
    /// Who decides.
    pub judge: &'a Judge,
    /// What outlets repeat.
    pub templates: &'a Templates,
    /// How to clean.
    pub options: &'a CleanOptions,
    /// Outlets that are only tagged: more of them would go than what was learnt of them says.
    pub guarded: Option<&'a BTreeMap<String, Jump>>,
}

/// A document with everything that was decided about it.
#[derive(Debug)]
pub struct Cleaned {
    /// The lines of the original text.
    pub blocks: Vec<Block>,
    /// What normalisation does to each.
    pub normalised: Vec<Option<Edits>>,
    /// What was decided about each, and about the document.
    pub judgement: Judgement,
    /// From the original text to the clean one.
    pub edits: EditList,
    /// Whether these edits were made, or are only told.
    pub mode: Mode,
    /// The output: the clean text, or the original where edits are only told.
    pub text: String,
}

impl Cleaner<'_> {
    /// Cleans one document.
    pub fn clean(&self, document: &Document) -> Result<Cleaned> {
        if self.options.level == Cleaning::Off {
            return Ok(Cleaned {
                blocks: Vec::new(),
                normalised: Vec::new(),
                judgement: Judgement::default(),
                edits: EditList::default(),
                mode: Mode::Remove,
                text: document.text.clone(),
            });
        }
        self.judged(document, Lines::of(&document.text))
    }

    /// Cleans a document whose lines may be known.
    fn clean_read(&self, document: &Document, lines: Option<Lines>) -> Result<Cleaned> {
        lines.map_or_else(|| self.clean(document), |lines| self.judged(document, lines))
    }

    fn judged(&self, document: &Document, lines: Lines) -> Result<Cleaned> {
        let judgement = self.judge.judge(document, &lines, self.templates)?;
        Ok(self.assemble(document, lines.blocks, lines.normalised, judgement))
    }

    /// The document that verdicts leave.
    pub(super) fn assemble(
        &self,
        document: &Document,
        blocks: Vec<Block>,
        normalised: Vec<Option<Edits>>,
        judgement: Judgement,
    ) -> Cleaned {
        let verdicts: Cow<'_, [Verdict]> = if self.options.keep.is_empty() {
            Cow::Borrowed(&judgement.verdicts)
        } else {
            judgement.verdicts.iter().map(|verdict| self.keeping(verdict)).collect()
        };
        let edits = EditList::assemble(&document.text, &blocks, &verdicts, &normalised);
        let mode = self.mode(&document.outlet);
        let text = match mode {
            Mode::Remove => edits.apply(&document.text),
            Mode::Tag => document.text.clone(),
        };
        Cleaned { blocks, normalised, judgement, edits, mode, text }
    }

    /// What the document's date says, where it has one.
    pub(super) fn date(&self, document: &Document) -> Option<Reading> {
        let date = document.date.as_deref().filter(|date| !date.trim().is_empty());
        date.map(|date| self.options.dates.read(date))
    }

    fn mode(&self, outlet: &str) -> Mode {
        let guarded = self.guarded.is_some_and(|guarded| guarded.contains_key(outlet));
        if guarded { Mode::Tag } else { self.options.mode }
    }

    /// The verdict after the user's wish to keep metadata of some categories.
    fn keeping(&self, verdict: &Verdict) -> Verdict {
        match verdict {
            Verdict::Remove(category, reason) if self.options.keep.contains(category) => {
                Verdict::KeepDespite(*category, reason.clone())
            }
            Verdict::Cut(cuts) => {
                let cuts = cuts.iter().filter(|cut| !self.options.keep.contains(&cut.category));
                Verdict::Cut(cuts.cloned().collect())
            }
            verdict => verdict.clone(),
        }
    }

    /// Cleans the whole corpus into a sink, what was kept of it and the rest, and does to documents what
    /// their fates say.
    pub(super) fn clean_all(
        &self,
        threads: Threads,
        kept: Kept,
        fates: &Fates,
        sink: &mut Sink<'_>,
        progress: &dyn Progress,
    ) -> Result<()> {
        let (layout, shelves) = (sink.written(), sink.packing().cloned());
        progress.begin("clean", self.corpus.bytes());
        let start = sink.go_on(threads)?;
        progress.advance(start.consumed);
        threads.map_ordered(
            kept.and_rest(self.corpus, start).map(Ok),
            |chunk| self.clean_chunk(chunk, layout, fates, shelves.as_ref()),
            |batch| {
                let batch = batch?;
                progress.advance(batch.consumed);
                sink.take(batch)
            },
        )?;
        progress.end();
        Ok(())
    }

    /// Cleans the whole corpus and gathers what `look` takes from its documents; nothing is
    /// written. `merge` is handed what was gathered in the order of the corpus. Gives the number of
    /// records that could not be read.
    pub(super) fn gather<T: Default + Send>(
        &self,
        stage: &'static str,
        threads: Threads,
        kept: Kept,
        progress: &dyn Progress,
        look: impl Fn(&Document, &Cleaned, &mut T) + Sync,
        mut merge: impl FnMut(T) -> Result<()>,
    ) -> Result<u64> {
        let gather = |Prepared { chunk, documents }: Prepared| {
            let (mut gathered, mut rejects) = (T::default(), chunk.rejects.len() as u64);
            for (_, read) in documents.of(&chunk, self.corpus) {
                match read {
                    Ok((Parsed { document, .. }, lines)) => {
                        look(&document, &self.clean_read(&document, lines)?, &mut gathered);
                    }
                    Err(_) => rejects += 1,
                }
            }
            Ok((chunk.consumed, gathered, rejects))
        };
        let mut all_rejects = self.corpus.rejects.len() as u64;
        progress.begin(stage, self.corpus.bytes());
        let all = kept.and_rest(self.corpus, Start::default());
        threads.map_ordered(all.map(Ok), gather, |gathered: Result<_>| {
            let (consumed, gathered, rejects) = gathered?;
            progress.advance(consumed);
            all_rejects += rejects;
            merge(gathered)
        })?;
        progress.end();
        Ok(all_rejects)
    }

    /// Cleans the whole corpus, of which some may have been read already, into lines of JSON, whatever its
    /// format, and the records that could not be read. A text file becomes a record of its id, outlet and
    /// text.
    pub fn records(
        &self,
        threads: Threads,
        kept: Kept,
        mut sink: impl FnMut(&[u8], &[Reject]) -> Result<()>,
    ) -> Result<()> {
        let layout = Layout::lines(self.corpus);
        threads.map_ordered(
            kept.and_rest(self.corpus, Start::default()).map(Ok),
            |prepared| self.lines(prepared, &layout),
            |lines| {
                let (lines, rejects) = lines?;
                sink(lines.bytes(), &rejects)
            },
        )
    }

    fn lines(
        &self,
        Prepared { chunk, documents }: Prepared,
        layout: &Layout<'_>,
    ) -> Result<(Encoded, Vec<Reject>)> {
        let (mut encoder, mut rejects) = (Encoder::new(layout, &chunk), chunk.rejects.clone());
        for (i, read) in documents.of(&chunk, self.corpus) {
            match read {
                Ok((Parsed { document, .. }, lines)) => {
                    let cleaned = self.clean_read(&document, lines)?;
                    let extra = extra(&cleaned, &document);
                    encoder.push(i, &document, &cleaned.text, extra.as_deref())?;
                }
                Err(reject) => rejects.push(reject),
            }
        }
        match encoder.finish() {
            Ok(lines) => Ok((lines, rejects)),
            Err(Unwritten::Stop(error)) => Err(error),
            Err(Unwritten::Input(reason)) => Ok((Encoded::default(), self.none(&chunk, &reason))),
        }
    }

    /// The rejects of a chunk of which nothing can be had.
    fn none(&self, chunk: &Chunk, reason: &str) -> Vec<Reject> {
        let all = (0..chunk.frames.len()).map(|i| chunk.reject(i, reason.to_owned(), self.corpus));
        chunk.rejects.iter().cloned().chain(all).collect()
    }

    /// What becomes of a chunk; `layout` is there if it will be written, and `shelves` if its words will be
    /// asked for.
    fn clean_chunk(
        &self,
        Prepared { chunk, documents }: Prepared,
        layout: Option<&Layout<'_>>,
        fates: &Fates,
        shelves: Option<&Packing>,
    ) -> Result<Batch> {
        let mut batch = Batch {
            shard: chunk.shard as usize,
            index: chunk.index,
            last: chunk.last,
            records: chunk.frames.len() as u64,
            consumed: chunk.consumed,
            facts: Facts { rejects: chunk.rejects.clone(), ..Facts::default() },
            ..Batch::default()
        };
        let attributes =
            layout.and_then(|layout| layout.target(chunk.shard as usize).attributes.as_ref());
        let mut encoder = layout.map(|layout| Encoder::new(layout, &chunk));
        let mut scratch = Vec::new();
        for (i, read) in documents.of(&chunk, self.corpus) {
            match read {
                Ok((parsed, lines)) => {
                    let fate = fates.get(&parsed.document.source.ordinal);
                    if matches!(fate, Some(Fate::Drop)) {
                        continue;
                    }
                    let mut cleaned = self.clean_read(&parsed.document, lines)?;
                    let mut said = extra(&cleaned, &parsed.document);
                    if let Some(Fate::Cut(stretches)) = fate {
                        cleaned = self.without(&parsed.document, cleaned, stretches);
                        if cleaned.mode == Mode::Tag {
                            said = extra(&cleaned, &parsed.document);
                        }
                    }
                    if let Some(encoder) = &mut encoder {
                        encoder.push(i, &parsed.document, &cleaned.text, said.as_deref())?;
                    }
                    batch.add(self, &parsed, &cleaned, attributes.is_some());
                    if shelves.is_some() {
                        batch.shelve(self, &parsed.document, &cleaned, &mut scratch);
                    }
                }
                Err(reject) => batch.facts.rejects.push(reject),
            }
        }
        let skipped = chunk.skipped.iter().map(|(what, count)| ((*what).to_owned(), *count));
        batch.facts.counts.skipped = skipped.collect();
        batch.facts.rejects.sort_by_key(|reject| (reject.record, reject.offset));
        match encoder.map_or_else(|| Ok(Encoded::default()), Encoder::finish) {
            Ok(done) => batch.written.encoded = done,
            Err(Unwritten::Stop(error)) => return Err(error),
            Err(Unwritten::Input(reason)) => batch.forget(self.none(&chunk, &reason)),
        }
        shelves.map_or(Ok(()), |packing| batch.shelving.finish(packing))?;
        if let Some((name, compression)) = attributes
            && !batch.written.attributes.is_empty()
        {
            let lines = std::mem::take(&mut batch.written.attributes);
            batch.written.attributes = output::compress(lines, *compression)
                .map_err(Error::io("cannot compress", Path::new(name)))?;
        }
        Ok(batch)
    }
}

/// The field `unchaff`.
#[derive(Serialize)]
struct Extra<'e> {
    #[serde(skip_serializing_if = "Option::is_none")]
    original: Option<&'e str>,
    #[serde(flatten)]
    fields: BTreeMap<&'e str, Vec<&'e str>>,
    /// What would go: first code point, the one behind the last, category, score.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    spans: Vec<(usize, usize, Category, f32)>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    flags: &'e BTreeSet<Flag>,
}

/// What is known about the document beyond its text, as the field `unchaff`: the original text where
/// the input has it only as markup, metadata by category, and flags.
fn extra(cleaned: &Cleaned, document: &Document) -> Option<String> {
    let mut fields: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let verdicts = cleaned.blocks.iter().zip(&cleaned.normalised).zip(&cleaned.judgement.verdicts);
    for ((block, normalised), verdict) in verdicts {
        // What stays in the text, though it surely is metadata, is told all the same.
        let told = |reason: &Reason| reason.score >= ENOUGH;
        match verdict {
            Verdict::KeepDespite(category, reason) if category.is_metadata() && told(reason) => {
                fields.entry(category.name()).or_default().push(block.text(&document.text));
            }
            Verdict::Remove(category, _) if category.is_metadata() => {
                fields.entry(category.name()).or_default().push(block.text(&document.text));
            }
            Verdict::Cut(cuts) => {
                for cut in cuts.iter().filter(|cut| cut.category.is_metadata()) {
                    let range = cut_range(block, cut, normalised.as_ref());
                    fields
                        .entry(cut.category.name())
                        .or_default()
                        .push(document.text[range].trim());
                }
            }
            _ => {}
        }
    }
    let (flags, spans) = (&cleaned.judgement.flags, spans(cleaned, document));
    let original = document.extracted.then_some(document.text.as_str());
    if fields.is_empty() && flags.is_empty() && spans.is_empty() && original.is_none() {
        return None;
    }
    serde_json::to_string(&Extra { original, fields, spans, flags }).ok()
}

/// What would be removed, where it is only told.
fn spans(cleaned: &Cleaned, document: &Document) -> Vec<(usize, usize, Category, f32)> {
    if cleaned.mode == Mode::Remove {
        return Vec::new();
    }
    let mut points = CodePoints::new(&document.text);
    let span = |change: &Change| {
        let (start, end) = (points.at(change.range.start), points.at(change.range.end));
        Some((start, end, change.category?, change.reason.score))
    };
    cleaned.edits.changes().iter().filter_map(span).collect()
}
