//! The second pass: every document judged, rewritten and written.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;

use serde::Serialize;

use crate::block::Block;
use crate::boilerplate::rules::Flag;
use crate::boilerplate::template::{Jump, Templates};
use crate::boilerplate::{Judge, Judgement};
use crate::change::{Change, EditList, cut_range};
use crate::config::{CleanOptions, Cleaning, Mode, OutFolder};
use crate::document::Document;
use crate::engine::Threads;
use crate::error::{Error, Reject, Result};
use crate::input::{Chunk, Corpus, Parsed};
use crate::normalize::{self, Edits};
use crate::offsets::CodePoints;
use crate::output::{self, AtomicFile, Encoded, Encoder, ShardWriter};
use crate::passages::WordStore;
use crate::report::tally::{Counts, count};
use crate::report::{CHANGES_FOLDER, CLEAN_FOLDER, REJECTS_FILE, changes};
use crate::segment::segment;
use crate::spill::Scratch;
use crate::verdict::{Category, Verdict};
use crate::words::{self, Word};

use super::dedup::cuts::{Fate, Fates};
use super::dedup::listing::{Entry, Listing};
use super::passages::told::{self, Shelves};
use super::{Goal, Progress};

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
        progress.begin("clean", self.corpus.bytes());
        let shelves = sink.shelf.is_some();
        threads.map_ordered(
            self.corpus.read().map(Ok),
            |chunk| self.clean_chunk(&chunk, fates, shelves),
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
            for i in 0..chunk.frames.len() {
                match chunk.parse(i, self.corpus) {
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
        threads.map_ordered(
            self.corpus.read().map(Ok),
            |chunk| self.lines(&chunk),
            |lines| {
                let (lines, rejects) = lines?;
                sink(&lines, &rejects)
            },
        )
    }

    fn lines(&self, chunk: &Chunk) -> Result<(Vec<u8>, Vec<Reject>)> {
        let (mut lines, mut rejects) = (Vec::new(), chunk.rejects.clone());
        for i in 0..chunk.frames.len() {
            match chunk.parse(i, self.corpus) {
                Ok(Parsed { document, .. }) => {
                    let cleaned = self.clean(&document)?;
                    let extra = extra(&cleaned, &document);
                    output::encode_line(&document, &cleaned.text, extra.as_deref(), &mut lines);
                }
                Err(reject) => rejects.push(reject),
            }
        }
        Ok((lines, rejects))
    }

    /// What becomes of a chunk; `shelves` says whether its words will be asked for.
    fn clean_chunk(&self, chunk: &Chunk, fates: &Fates, shelves: bool) -> Result<Batch> {
        let mut batch = Batch {
            shard: chunk.shard as usize,
            first: chunk.first(),
            last: chunk.last,
            consumed: chunk.consumed,
            rejects: chunk.rejects.clone(),
            ..Batch::default()
        };
        let mut encoder = Encoder::new(self.corpus, chunk);
        let mut scratch = Vec::new();
        for i in 0..chunk.frames.len() {
            match chunk.parse(i, self.corpus) {
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
                    batch.add(self, &parsed, &cleaned);
                    if shelves {
                        batch.shelve(&parsed.document, &cleaned, &mut scratch);
                    }
                }
                Err(reject) => batch.rejects.push(reject),
            }
        }
        batch.rejects.sort_by_key(|reject| (reject.record, reject.offset));
        batch.encoded = encoder.finish()?;
        batch.told.pack()?;
        Ok(batch)
    }
}

/// The field `unchaff`.
#[derive(Serialize)]
struct Extra<'e> {
    #[serde(flatten)]
    fields: BTreeMap<&'e str, Vec<&'e str>>,
    /// What would go: first code point, the one behind the last, category, score.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    spans: Vec<(usize, usize, Category, f32)>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    flags: &'e BTreeSet<Flag>,
}

/// What is known about the document beyond its text, as the field `unchaff`: metadata by category,
/// and flags.
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
    if fields.is_empty() && flags.is_empty() && spans.is_empty() {
        return None;
    }
    serde_json::to_string(&Extra { fields, spans, flags }).ok()
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
    first: bool,
    last: bool,
    consumed: u64,
    encoded: Encoded,
    changes: Vec<u8>,
    rejects: Vec<Reject>,
    counts: Counts,
    shelved: Vec<Shelved>,
    told: told::Block,
}

impl Batch {
    fn add(&mut self, by: &Cleaner<'_>, parsed: &Parsed, cleaned: &Cleaned) {
        let document = &parsed.document;
        changes::write(document, &cleaned.edits, cleaned.mode, &mut self.changes);
        let counts = &mut self.counts;
        counts.add(&document.outlet, (&document.text, &cleaned.text), &cleaned.edits, cleaned.mode);
        count(&mut counts.outlets_found_by, parsed.outlet_by.name());
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

    fn shelve(&mut self, document: &Document, cleaned: &Cleaned, scratch: &mut Vec<Word>) {
        self.shelved.push(Shelved::new(document, cleaned, scratch));
        self.told.push(document, &cleaned.edits, cleaned.mode);
    }
}

/// A document on the shelf.
#[derive(Debug)]
struct Shelved {
    entry: Entry,
    keys: Vec<u64>,
}

impl Shelved {
    fn new(document: &Document, cleaned: &Cleaned, scratch: &mut Vec<Word>) -> Self {
        words::words(&document.text, scratch);
        words::outside(scratch, &cleaned.edits.removed());
        Self {
            entry: Entry::new(document, scratch.len()),
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
    out: &'a OutFolder,
    goal: Goal,
    shard: Option<(ShardWriter<'a>, AtomicFile)>,
    rejects: AtomicFile,
    counts: Counts,
    shelf: Option<Shelf>,
}

/// What is known when all is cleaned.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) counts: Counts,
    pub(super) shelf: Option<Shelf>,
}

impl<'a> Sink<'a> {
    /// A sink into a folder, which may take so much memory.
    pub fn new(
        cleaner: &'a Cleaner<'a>,
        out: &'a OutFolder,
        goal: Goal,
        scratch: &Scratch,
    ) -> Result<Self> {
        let shelf = match goal {
            Goal::Clean => None,
            Goal::Run | Goal::Passages => Some(Shelf {
                words: WordStore::within(&scratch.share(1, 8)),
                listing: Listing::within(&scratch.share(1, 16)),
                told: Shelves::within(&scratch.share(1, 8)),
            }),
        };
        let rejects = AtomicFile::create(&out.join(REJECTS_FILE))?;
        let mut sink =
            Self { cleaner, out, goal, shard: None, rejects, counts: Counts::default(), shelf };
        sink.write_rejects(&cleaner.corpus.rejects)?;
        Ok(sink)
    }

    fn take(&mut self, batch: Batch) -> Result<()> {
        if self.writes_texts() {
            if batch.first {
                self.shard = Some(self.open_shard(batch.shard)?);
            }
            if let Some((clean, changes)) = &mut self.shard {
                clean.append(&batch.encoded)?;
                write_all(changes, &batch.changes)?;
            }
            if batch.last
                && let Some((clean, changes)) = self.shard.take()
            {
                clean.finish()?;
                changes.commit()?;
            }
        }
        self.write_rejects(&batch.rejects)?;
        self.counts.merge(&batch.counts);
        let Some(Shelf { words, listing, told }) = &mut self.shelf else { return Ok(()) };
        for document in batch.shelved {
            let outlet = listing.push(document.entry)?;
            words.push(outlet, &document.keys)?;
        }
        told.push(&batch.told)
    }

    /// Uncleaned texts are the input: nothing to write again.
    fn writes_texts(&self) -> bool {
        self.goal != Goal::Passages || self.cleaner.options.level == Cleaning::Full
    }

    fn open_shard(&self, shard: usize) -> Result<(ShardWriter<'a>, AtomicFile)> {
        let corpus = self.cleaner.corpus;
        let clean = ShardWriter::create(&self.out.join(CLEAN_FOLDER), corpus, shard)?;
        let name = changes_name(corpus, shard);
        let changes = output::below(&self.out.join(CHANGES_FOLDER), &name)?;
        Ok((clean, AtomicFile::create(&changes)?))
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
        Ok(Outcome { counts: self.counts, shelf: self.shelf })
    }
}

/// `news.jsonl.gz` has its changes in `news.jsonl`, a folder of texts in `folder.jsonl`. Where an
/// earlier shard has that name, the whole name is kept: `news.jsonl.gz.jsonl`.
pub(super) fn changes_name(corpus: &Corpus, shard: usize) -> String {
    let name = short_name(&corpus.shards[shard].name);
    let taken = corpus.shards[..shard].iter().any(|other| short_name(&other.name) == name);
    if taken { format!("{}.jsonl", corpus.shards[shard].name) } else { name }
}

fn short_name(shard: &str) -> String {
    let plain =
        [".gz", ".zst"].iter().find_map(|suffix| shard.strip_suffix(suffix)).unwrap_or(shard);
    let is_lines = Path::new(plain).extension().is_some_and(|e| e.eq_ignore_ascii_case("jsonl"));
    if is_lines { plain.to_owned() } else { format!("{plain}.jsonl") }
}

fn write_all(file: &mut AtomicFile, bytes: &[u8]) -> Result<()> {
    let target = file.target().to_path_buf();
    file.write_all(bytes).map_err(Error::io("cannot write", &target))
}
