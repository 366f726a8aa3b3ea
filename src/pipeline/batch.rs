//! What the worker makes of one chunk: what is written, what is counted, and what goes on the shelf.

use serde::{Deserialize, Serialize};

use crate::change::EditList;
use crate::config::Cleaning;
use crate::dates::{Formats, Reading, When};
use crate::document::Document;
use crate::error::{Reject, Result};
use crate::input::Parsed;
use crate::output::Encoded;
use crate::report::tally::{Counts, count};
use crate::report::{attributes, changes};
use crate::words;

use super::clean::{Cleaned, Cleaner};
use super::dedup::listing::Entry;
use super::passages::told;
use super::work::{self, Done, PageHead};

/// What the worker made of one chunk.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) shard: usize,
    pub(super) index: u64,
    pub(super) last: bool,
    /// Records that were framed.
    pub(super) records: u64,
    pub(super) consumed: u64,
    pub(super) written: Written,
    pub(super) facts: Facts,
    pub(super) shelving: Shelving,
}

/// What is written of a chunk.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) encoded: Encoded,
    pub(super) changes: Vec<u8>,
    /// Packed.
    pub(super) attributes: Vec<u8>,
}

impl Written {
    /// As it stands in the notes of a run.
    pub(super) fn page(&self, shard: usize, index: u64) -> (PageHead, [&[u8]; 3]) {
        let Self { encoded, changes, attributes } = self;
        let head = PageHead {
            shard,
            index,
            changes: changes.len(),
            attributes: attributes.len(),
            encoded: encoded.shape().clone(),
        };
        (head, [changes, attributes, encoded.bytes()])
    }

    pub(super) fn of(head: PageHead, mut changes: Vec<u8>) -> Self {
        let mut attributes = changes.split_off(head.changes.min(changes.len()));
        let encoded = attributes.split_off(head.attributes.min(attributes.len()));
        Self { encoded: Encoded::of(encoded, head.encoded), changes, attributes }
    }
}

/// What is counted of a chunk.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Facts {
    pub(super) rejects: Vec<Reject>,
    pub(super) counts: Counts,
    /// Documents that were told.
    pub(super) documents: u32,
}

/// A chunk that an earlier run has done.
pub(super) struct Replayed {
    pub(super) shard: usize,
    pub(super) facts: Facts,
    pub(super) shelving: Shelving,
}

impl Replayed {
    pub(super) fn of(done: Done, dates: &Formats) -> Result<Self> {
        let facts: Facts = serde_json::from_slice(&done.facts).map_err(|e| work::damaged(&e))?;
        let (mut documents, mut scratch) = (Vec::new(), Vec::new());
        if !done.told.is_empty() {
            told::all(&done.told, |document, edits| {
                let date = dates.of(&document);
                documents.push(Shelved::new(&document, date, &edits, &mut scratch));
            })?;
        }
        let told = told::Block::whole(facts.documents, done.told);
        Ok(Self { shard: done.shard, facts, shelving: Shelving { documents, told } })
    }
}

impl Batch {
    /// None of its documents can be had after all.
    pub(super) fn forget(&mut self, rejects: Vec<Reject>) {
        let skipped = std::mem::take(&mut self.facts.counts.skipped);
        let counts = Counts { skipped, ..Counts::default() };
        self.facts = Facts { rejects, counts, documents: 0 };
        self.written = Written::default();
        self.shelving = Shelving::default();
    }

    pub(super) fn add(
        &mut self,
        by: &Cleaner<'_>,
        parsed: &Parsed,
        cleaned: &Cleaned,
        attributes: bool,
    ) {
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

    pub(super) fn shelve(
        &mut self,
        by: &Cleaner<'_>,
        document: &Document,
        cleaned: &Cleaned,
        scratch: &mut Vec<u64>,
    ) {
        let date = by.date(document).and_then(Reading::when);
        self.shelving.add(document, date, cleaned, scratch);
        self.facts.documents += 1;
    }
}

/// Documents on their way to the shelf.
#[derive(Debug, Default)]
pub(super) struct Shelving {
    pub(super) documents: Vec<Shelved>,
    pub(super) told: told::Block,
}

impl Shelving {
    pub(super) fn add(
        &mut self,
        document: &Document,
        date: Option<When>,
        cleaned: &Cleaned,
        scratch: &mut Vec<u64>,
    ) {
        let shelved = Shelved::new(document, date, &cleaned.edits, scratch);
        self.told.push(document, shelved.keys.len(), &cleaned.edits, cleaned.mode);
        self.documents.push(shelved);
    }

    /// When the last was added.
    pub(super) fn finish(&mut self, packing: &told::Packing) -> Result<()> {
        self.told.finish(packing)
    }
}

#[derive(Debug)]
pub(super) struct Shelved {
    pub(super) entry: Entry,
    pub(super) keys: Box<[u64]>,
}

impl Shelved {
    pub(super) fn new(
        document: &Document,
        date: Option<When>,
        edits: &EditList,
        scratch: &mut Vec<u64>,
    ) -> Self {
        words::keys(&document.text, &edits.removed(), scratch);
        Self { entry: Entry::new(document, date, scratch.len()), keys: scratch.as_slice().into() }
    }
}
