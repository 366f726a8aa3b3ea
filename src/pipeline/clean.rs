//! The second pass: every document judged, rewritten and written.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::block::Block;
use crate::boilerplate::rules::Flag;
use crate::boilerplate::template::{Jump, Templates};
use crate::boilerplate::{Judge, Judgement};
use crate::change::{Change, EditList, cut_range};
use crate::config::{Across, CleanOptions, Cleaning, Mode, Settings};
use crate::dates::{Formats, Reading, When};
use crate::document::Document;
use crate::engine::Threads;
use crate::error::{Error, Reject, Result};
use crate::input::{Chunk, Corpus, Parsed};
use crate::normalize::{self, Edits};
use crate::offsets::CodePoints;
use crate::output::{
    self, AtomicFile, Encoded, Encoder, Layout, LinesWriter, ShardWriter, Unwritten,
};
use crate::passages::WordStore;
use crate::report::OutFolder;
use crate::report::tally::{Counts, count};
use crate::report::{
    ATTRIBUTES_FOLDER, CHANGES_FOLDER, CLEAN_FOLDER, REJECTS_FILE, attributes, changes,
};
use crate::segment::segment;
use crate::verdict::{Category, Verdict};
use crate::words::{self, Word};

use super::dedup::cuts::{Fate, Fates};
use super::dedup::listing::{Entry, Listing};
use super::passages::told::{self, Shelves};
use super::work::{self, Done, PageHead, Start, Work};
use super::{Goal, Progress};

/// The one set of attributes, a folder as the tools of Dolma want it.
const ATTRIBUTES: &str = "unchaff";

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
        let blocks = segment(&document.text);
        let normalised: Vec<_> =
            blocks.iter().map(|block| normalize::line(block.text(&document.text))).collect();
        let judgement = self.judge.judge(document, &blocks, &normalised, self.templates)?;
        Ok(self.assemble(document, blocks, normalised, judgement))
    }

    /// The document that verdicts leave.
    pub(super) fn assemble(
        &self,
        document: &Document,
        blocks: Vec<Block>,
        normalised: Vec<Option<Edits>>,
        judgement: Judgement,
    ) -> Cleaned {
        let verdicts: Vec<_> =
            judgement.verdicts.iter().map(|verdict| self.keeping(verdict)).collect();
        let edits = EditList::assemble(&document.text, &blocks, &verdicts, &normalised);
        let mode = self.mode(&document.outlet);
        let text = match mode {
            Mode::Remove => edits.apply(&document.text),
            Mode::Tag => document.text.clone(),
        };
        Cleaned { blocks, normalised, judgement, edits, mode, text }
    }

    /// What the document's date says, where it has one.
    fn date(&self, document: &Document) -> Option<Reading> {
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

    /// Cleans the whole corpus into a sink, and does to documents what their fates say.
    pub(super) fn clean_all(
        &self,
        threads: Threads,
        fates: &Fates,
        sink: &mut Sink<'_>,
        progress: &dyn Progress,
    ) -> Result<()> {
        let (layout, shelves) = (sink.layout, sink.shelf.is_some());
        progress.begin("clean", self.corpus.bytes());
        let start = sink.go_on(threads)?;
        progress.advance(start.consumed);
        let ahead = self.corpus.read_from(start.shard, start.records).skip(start.chunks as usize);
        threads.map_ordered(
            ahead.map(Ok),
            |chunk| self.clean_chunk(&chunk, layout, fates, shelves),
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
        progress: &dyn Progress,
        look: impl Fn(&Document, &Cleaned, &mut T) + Sync,
        mut merge: impl FnMut(T) -> Result<()>,
    ) -> Result<u64> {
        let gather = |chunk: Chunk| {
            let (mut gathered, mut rejects) = (T::default(), chunk.rejects.len() as u64);
            for (_, parsed) in chunk.documents(self.corpus) {
                match parsed {
                    Ok(Parsed { document, .. }) => {
                        look(&document, &self.clean(&document)?, &mut gathered);
                    }
                    Err(_) => rejects += 1,
                }
            }
            Ok((chunk.consumed, gathered, rejects))
        };
        let mut all_rejects = self.corpus.rejects.len() as u64;
        progress.begin(stage, self.corpus.bytes());
        threads.map_ordered(self.corpus.read().map(Ok), gather, |gathered: Result<_>| {
            let (consumed, gathered, rejects) = gathered?;
            progress.advance(consumed);
            all_rejects += rejects;
            merge(gathered)
        })?;
        progress.end();
        Ok(all_rejects)
    }

    /// Cleans the whole corpus into lines of JSON, whatever its format, and the records that could
    /// not be read. A text file becomes a record of its id, outlet and text.
    pub fn records(
        &self,
        threads: Threads,
        mut sink: impl FnMut(&[u8], &[Reject]) -> Result<()>,
    ) -> Result<()> {
        let layout = Layout::lines(self.corpus);
        threads.map_ordered(
            self.corpus.read().map(Ok),
            |chunk| self.lines(&chunk, &layout),
            |lines| {
                let (lines, rejects) = lines?;
                sink(lines.bytes(), &rejects)
            },
        )
    }

    fn lines(&self, chunk: &Chunk, layout: &Layout<'_>) -> Result<(Encoded, Vec<Reject>)> {
        let (mut encoder, mut rejects) = (Encoder::new(layout, chunk), chunk.rejects.clone());
        for (i, parsed) in chunk.documents(self.corpus) {
            match parsed {
                Ok(Parsed { document, .. }) => {
                    let cleaned = self.clean(&document)?;
                    let extra = extra(&cleaned, &document);
                    encoder.push(i, &document, &cleaned.text, extra.as_deref())?;
                }
                Err(reject) => rejects.push(reject),
            }
        }
        match encoder.finish() {
            Ok(lines) => Ok((lines, rejects)),
            Err(Unwritten::Stop(error)) => Err(error),
            Err(Unwritten::Input(reason)) => Ok((Encoded::default(), self.none(chunk, &reason))),
        }
    }

    /// The rejects of a chunk of which nothing can be had.
    fn none(&self, chunk: &Chunk, reason: &str) -> Vec<Reject> {
        let all = (0..chunk.frames.len()).map(|i| chunk.reject(i, reason.to_owned(), self.corpus));
        chunk.rejects.iter().cloned().chain(all).collect()
    }

    /// What becomes of a chunk; `shelves` says whether its words will be asked for.
    fn clean_chunk(
        &self,
        chunk: &Chunk,
        layout: &Layout<'_>,
        fates: &Fates,
        shelves: bool,
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
        let target = layout.target(chunk.shard as usize);
        let mut encoder = Encoder::new(layout, chunk);
        let mut scratch = Vec::new();
        for (i, parsed) in chunk.documents(self.corpus) {
            match parsed {
                Ok(parsed) => {
                    let fate = fates.get(&parsed.document.source.ordinal);
                    if matches!(fate, Some(Fate::Drop)) {
                        continue;
                    }
                    let mut cleaned = self.clean(&parsed.document)?;
                    let mut said = extra(&cleaned, &parsed.document);
                    if let Some(Fate::Cut(stretches)) = fate {
                        cleaned = self.without(&parsed.document, cleaned, stretches);
                        if cleaned.mode == Mode::Tag {
                            said = extra(&cleaned, &parsed.document);
                        }
                    }
                    encoder.push(i, &parsed.document, &cleaned.text, said.as_deref())?;
                    batch.add(self, &parsed, &cleaned, target.attributes.is_some());
                    if shelves {
                        batch.shelve(self, &parsed.document, &cleaned, &mut scratch);
                    }
                }
                Err(reject) => batch.facts.rejects.push(reject),
            }
        }
        let skipped = chunk.skipped.iter().map(|(what, count)| ((*what).to_owned(), *count));
        batch.facts.counts.skipped = skipped.collect();
        batch.facts.rejects.sort_by_key(|reject| (reject.record, reject.offset));
        match encoder.finish() {
            Ok(done) => batch.written.encoded = done,
            Err(Unwritten::Stop(error)) => return Err(error),
            Err(Unwritten::Input(reason)) => batch.forget(self.none(chunk, &reason)),
        }
        batch.shelving.pack()?;
        if let Some((name, compression)) = &target.attributes
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
        match verdict {
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

/// What the worker made of one chunk.
#[derive(Debug, Default)]
struct Batch {
    shard: usize,
    index: u64,
    last: bool,
    /// Records that were framed.
    records: u64,
    consumed: u64,
    written: Written,
    facts: Facts,
    shelving: Shelving,
}

/// What is written of a chunk.
#[derive(Debug, Default)]
struct Written {
    encoded: Encoded,
    changes: Vec<u8>,
    /// Packed.
    attributes: Vec<u8>,
}

impl Written {
    /// As it stands in the notes of a run.
    fn page(&self, shard: usize, index: u64) -> (PageHead, Vec<u8>) {
        let Self { encoded, changes, attributes } = self;
        let head = PageHead {
            shard,
            index,
            changes: changes.len(),
            attributes: attributes.len(),
            encoded: encoded.shape().clone(),
        };
        (head, [&changes[..], &attributes[..], encoded.bytes()].concat())
    }

    fn of(head: PageHead, mut changes: Vec<u8>) -> Self {
        let mut attributes = changes.split_off(head.changes.min(changes.len()));
        let encoded = attributes.split_off(head.attributes.min(attributes.len()));
        Self { encoded: Encoded::of(encoded, head.encoded), changes, attributes }
    }
}

/// What is counted of a chunk.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Facts {
    rejects: Vec<Reject>,
    counts: Counts,
    /// Documents that were told.
    documents: u32,
}

/// A chunk that an earlier run has done.
struct Replayed {
    shard: usize,
    facts: Facts,
    shelving: Shelving,
}

impl Replayed {
    fn of(done: Done, dates: &Formats) -> Result<Self> {
        let facts: Facts = serde_json::from_slice(&done.facts).map_err(|e| work::damaged(&e))?;
        let (mut documents, mut scratch) = (Vec::new(), Vec::new());
        if !done.told.is_empty() {
            told::all(&done.told, |document, edits| {
                let date = dates.of(&document);
                documents.push(Shelved::new(&document, date, &edits, &mut scratch));
            })?;
        }
        let told = told::Block::packed(facts.documents, done.told);
        Ok(Self { shard: done.shard, facts, shelving: Shelving { documents, told } })
    }
}

impl Batch {
    /// None of its documents can be had after all.
    fn forget(&mut self, rejects: Vec<Reject>) {
        let skipped = std::mem::take(&mut self.facts.counts.skipped);
        let counts = Counts { skipped, ..Counts::default() };
        self.facts = Facts { rejects, counts, documents: 0 };
        self.written = Written::default();
        self.shelving = Shelving::default();
    }

    fn add(&mut self, by: &Cleaner<'_>, parsed: &Parsed, cleaned: &Cleaned, attributes: bool) {
        let document = &parsed.document;
        changes::write(document, &cleaned.edits, cleaned.mode, &mut self.written.changes);
        if attributes {
            attributes::write(document, &cleaned.edits, &mut self.written.attributes);
        }
        let counts = &mut self.facts.counts;
        counts.add(&document.outlet, (&document.text, &cleaned.text), &cleaned.edits, cleaned.mode);
        count(&mut counts.outlets_found_by, parsed.outlet_by.name());
        count(&mut counts.dates, by.date(document).map_or("missing", Reading::name));
        if by.options.level == Cleaning::Full {
            count(&mut counts.languages, &cleaned.judgement.language);
        }
        if let Some(encoding) = parsed.encoding {
            count(&mut counts.encodings, encoding);
        }
        for flag in &cleaned.judgement.flags {
            count(&mut counts.flags, flag.name());
        }
    }

    fn shelve(
        &mut self,
        by: &Cleaner<'_>,
        document: &Document,
        cleaned: &Cleaned,
        scratch: &mut Vec<Word>,
    ) {
        let date = by.date(document).and_then(Reading::when);
        self.shelving.add(document, date, cleaned, scratch);
        self.facts.documents += 1;
    }
}

/// Documents on their way to the shelf.
#[derive(Debug, Default)]
pub(super) struct Shelving {
    documents: Vec<Shelved>,
    told: told::Block,
}

impl Shelving {
    pub(super) fn add(
        &mut self,
        document: &Document,
        date: Option<When>,
        cleaned: &Cleaned,
        scratch: &mut Vec<Word>,
    ) {
        self.documents.push(Shelved::new(document, date, &cleaned.edits, scratch));
        self.told.push(document, &cleaned.edits, cleaned.mode);
    }

    /// When the last was added.
    pub(super) fn pack(&mut self) -> Result<()> {
        self.told.pack()
    }
}

#[derive(Debug)]
struct Shelved {
    entry: Entry,
    keys: Vec<u64>,
}

impl Shelved {
    fn new(
        document: &Document,
        date: Option<When>,
        edits: &EditList,
        scratch: &mut Vec<Word>,
    ) -> Self {
        words::words(&document.text, scratch);
        words::outside(scratch, &edits.removed());
        Self {
            entry: Entry::new(document, date, scratch.len()),
            keys: scratch.iter().map(|word| word.key.0).collect(),
        }
    }
}

/// The cleaned corpus as shared passages are looked for in it.
#[derive(Debug)]
pub(super) struct Shelf {
    /// The words of every document.
    pub(super) words: WordStore,
    /// What is known of each.
    pub(super) listing: Listing,
    /// What each will be told with.
    pub(super) told: Shelves,
}

/// Takes the batches in order and writes all outputs of cleaning.
#[derive(Debug)]
pub struct Sink<'a> {
    cleaner: &'a Cleaner<'a>,
    layout: &'a Layout<'a>,
    out: &'a OutFolder,
    goal: Goal,
    shard: Option<Open>,
    rejects: AtomicFile,
    counts: Counts,
    across: Across,
    records: BTreeMap<String, u64>,
    shelf: Option<Shelf>,
    work: Option<Work>,
}

/// What is known when all is cleaned.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) counts: Counts,
    /// Of every cleaned shard that is one file, by its path.
    pub(super) records: BTreeMap<String, u64>,
    pub(super) shelf: Option<Shelf>,
    pub(super) work: Option<Work>,
}

/// What is written of the shard that is being read.
#[derive(Debug)]
struct Open {
    clean: ShardWriter,
    changes: AtomicFile,
    attributes: Option<LinesWriter>,
}

impl Open {
    fn append(&mut self, written: &Written) -> Result<()> {
        self.clean.append(&written.encoded)?;
        write_all(&mut self.changes, &written.changes)?;
        match &mut self.attributes {
            Some(attributes) => attributes.append(&written.attributes),
            None => Ok(()),
        }
    }

    fn finish(self) -> Result<()> {
        self.clean.finish()?;
        self.changes.commit()?;
        self.attributes.map_or(Ok(()), LinesWriter::finish)
    }
}

impl<'a> Sink<'a> {
    /// A sink into a folder, which keeps notes of its work.
    pub(super) fn new(
        cleaner: &'a Cleaner<'a>,
        layout: &'a Layout<'a>,
        out: &'a OutFolder,
        goal: Goal,
        settings: &Settings,
        work: Option<Work>,
    ) -> Result<Self> {
        let scratch = settings.scratch();
        let shelf = match goal {
            Goal::Clean => None,
            Goal::Run | Goal::Passages => Some(Shelf {
                words: WordStore::within(&scratch.share(1, 8)),
                listing: Listing::within(&scratch.share(1, 16)),
                told: Shelves::within(&scratch.share(1, 8)),
            }),
        };
        let rejects = AtomicFile::create(&out.join(REJECTS_FILE))?;
        let mut sink = Self {
            cleaner,
            layout,
            out,
            goal,
            shard: None,
            rejects,
            counts: Counts::default(),
            across: settings.passages.across,
            records: BTreeMap::new(),
            shelf,
            work,
        };
        sink.write_rejects(&cleaner.corpus.rejects)?;
        Ok(sink)
    }

    fn take(&mut self, batch: Batch) -> Result<()> {
        if self.writes_texts() {
            if batch.index == 0 {
                self.shard = Some(self.open_shard(batch.shard)?);
            }
            self.write(&batch.written)?;
            if batch.last
                && let Some(open) = self.shard.take()
            {
                open.finish()?;
            }
        }
        self.note(&batch)?;
        self.put_away(batch.shard, &batch.facts, batch.shelving)
    }

    fn write(&mut self, written: &Written) -> Result<()> {
        self.shard.as_mut().map_or(Ok(()), |open| open.append(written))
    }

    fn put_away(&mut self, shard: usize, facts: &Facts, shelving: Shelving) -> Result<()> {
        self.write_rejects(&facts.rejects)?;
        self.counts.merge(&facts.counts);
        let name = &self.layout.target(shard).name;
        let records = self.records.entry(format!("{CLEAN_FOLDER}/{name}")).or_default();
        *records += facts.counts.all.documents;
        self.shelve(shelving)
    }

    /// Puts documents away until shared passages are looked for, where they are.
    pub(super) fn shelve(&mut self, shelving: Shelving) -> Result<()> {
        let Some(Shelf { words, listing, told }) = &mut self.shelf else { return Ok(()) };
        for document in shelving.documents {
            let outlet = listing.push(document.entry)?;
            let party = match self.across {
                Across::Outlets => outlet,
                Across::Documents => words.len() as u32,
            };
            words.push(party, &document.keys)?;
        }
        told.push(&shelving.told)
    }

    /// What was shelved until now is what the rest is held against.
    pub(super) fn fix(&mut self) {
        if let Some(Shelf { words, listing, .. }) = &mut self.shelf {
            words.end_other_corpus();
            listing.fix();
        }
    }

    /// Notes what the run that follows this one, if it is killed, need not do again. A shard's last
    /// chunk is noted when its outputs are there.
    fn note(&mut self, batch: &Batch) -> Result<()> {
        let paged = self.writes_texts() && !batch.last;
        let Some(work) = &mut self.work else { return Ok(()) };
        let Batch { shard, index, last, records, consumed, .. } = *batch;
        if paged {
            let (head, body) = batch.written.page(shard, index);
            work.page(&head, &body)?;
        }
        let facts = serde_json::to_vec(&batch.facts).unwrap_or_default();
        let told = if self.shelf.is_some() { batch.shelving.told.bytes() } else { &[] };
        work.done(work::Entry { shard, index, last, paged, records, consumed }, &facts, told)
    }

    /// Does again, from notes, what an earlier run did before it was killed, and tells where to go on.
    fn go_on(&mut self, threads: Threads) -> Result<Start> {
        let Some(work) = &mut self.work else { return Ok(Start::default()) };
        let start = work.recover()?;
        let dates = &self.cleaner.options.dates;
        let (ledger, pages) = (work.ledger()?, work.pages_of(start.shard)?);
        threads.map_ordered(
            ledger,
            |done| Replayed::of(done, dates),
            |replayed| {
                let Replayed { shard, facts, shelving } = replayed?;
                self.put_away(shard, &facts, shelving)
            },
        )?;
        if start.chunks > 0 && self.writes_texts() {
            self.shard = Some(self.open_shard(start.shard)?);
            for page in pages {
                let (head, body) = page?;
                self.write(&Written::of(head, body))?;
            }
        }
        Ok(start)
    }

    /// Uncleaned texts are the input: nothing to write again.
    fn writes_texts(&self) -> bool {
        self.goal != Goal::Passages || self.cleaner.options.level == Cleaning::Full
    }

    fn open_shard(&self, shard: usize) -> Result<Open> {
        let target = self.layout.target(shard);
        let clean = ShardWriter::create(&self.out.join(CLEAN_FOLDER), target)?;
        let changes = output::below(&self.out.join(CHANGES_FOLDER), &target.rows)?;
        let attributes = match &target.attributes {
            None => None,
            Some((name, compression)) => {
                let path = output::below(&self.out.join(ATTRIBUTES_FOLDER).join(ATTRIBUTES), name)?;
                Some(LinesWriter::create(&path, *compression)?)
            }
        };
        Ok(Open { clean, changes: AtomicFile::create(&changes)?, attributes })
    }

    fn write_rejects(&mut self, rejects: &[Reject]) -> Result<()> {
        for reject in rejects {
            let mut row = serde_json::to_vec(reject).unwrap_or_default();
            row.push(b'\n');
            write_all(&mut self.rejects, &row)?;
        }
        self.counts.rejects += rejects.len() as u64;
        Ok(())
    }

    /// Lets the last outputs appear.
    pub(super) fn finish(self) -> Result<Outcome> {
        self.rejects.commit()?;
        Ok(Outcome {
            counts: self.counts,
            records: self.records,
            shelf: self.shelf,
            work: self.work,
        })
    }
}

fn write_all(file: &mut AtomicFile, bytes: &[u8]) -> Result<()> {
    let target = file.target().to_path_buf();
    file.write_all(bytes).map_err(Error::io("cannot write", &target))
}
