//! Takes what the workers made, in order, and lets the outputs of cleaning appear.

use std::collections::BTreeMap;
use std::io::Write;

use crate::config::{Across, Cleaning, Settings};
use crate::engine::Threads;
use crate::error::{Error, Reject, Result};
use crate::output::{self, AtomicFile, Layout, LinesWriter, ShardWriter};
use crate::passages::WordStore;
use crate::report::tally::Counts;
use crate::report::{ATTRIBUTES_FOLDER, CHANGES_FOLDER, CLEAN_FOLDER, OutFolder, REJECTS_FILE};

use super::Goal;
use super::batch::{Batch, Facts, Replayed, Shelving, Written};
use super::clean::Cleaner;
use super::dedup::listing::Listing;
use super::passages::told::{Packing, Shelves};
use super::work::{self, Start, Work};

/// The one set of attributes, a folder as the tools of Dolma want it.
const ATTRIBUTES: &str = "unchaff";

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
    pub(super) layout: &'a Layout<'a>,
    out: &'a OutFolder,
    goal: Goal,
    shard: Option<Open>,
    rejects: AtomicFile,
    counts: Counts,
    across: Across,
    records: BTreeMap<String, u64>,
    pub(super) shelf: Option<Shelf>,
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

    /// How it is written, if it is.
    pub(super) fn written(&self) -> Option<&'a Layout<'a>> {
        self.writes_texts().then_some(self.layout)
    }

    pub(super) fn take(&mut self, batch: Batch) -> Result<()> {
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
            words.push(party, document.keys)?;
        }
        told.push(&shelving.told)
    }

    /// Whether what will be shelved is to be packed, if anything will be.
    pub(super) fn packing(&self) -> Option<&Packing> {
        self.shelf.as_ref().map(|shelf| shelf.told.packing())
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
    pub(super) fn go_on(&mut self, threads: Threads) -> Result<Start> {
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
