//! What documents will be told with when it is known which share something: packed away as they are
//! cleaned, block by block.

use serde::{Deserialize, Serialize};

use crate::change::EditList;
use crate::config::Mode;
use crate::document::{Document, Source};
use crate::error::{Error, Result};
use crate::spill::{Reader, Scratch, Store};

/// What a document's occurrences are told with.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::pipeline) struct Told {
    pub(super) id: String,
    pub(super) file: String,
    pub(super) record: u64,
    pub(super) outlet: String,
    pub(super) url: Option<String>,
    pub(super) date: Option<String>,
    pub(super) title: Option<String>,
    pub(super) text: String,
    pub(super) edits: EditList,
    /// Whether the edits were made, or are only told.
    pub(super) mode: Mode,
}

impl Told {
    fn new(document: &Document, edits: &EditList, mode: Mode) -> Self {
        Self {
            id: document.id.clone(),
            file: document.source.file.clone(),
            record: document.source.record,
            outlet: document.outlet.clone(),
            url: document.url.clone(),
            date: document.date.clone(),
            title: document.title.clone(),
            text: document.text.clone(),
            edits: edits.clone(),
            mode,
        }
    }
}

/// Documents that follow one another, while they are gathered and when they are packed.
#[derive(Debug, Default)]
pub(in crate::pipeline) struct Block {
    documents: u32,
    bytes: Vec<u8>,
}

/// Text packs to two fifths by it, at several hundred megabytes a second.
const LEVEL: i32 = 1;

impl Block {
    /// Adds a document.
    pub(in crate::pipeline) fn push(&mut self, document: &Document, edits: &EditList, mode: Mode) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&[0; 4]);
        // Writing numbers and strings to memory does not fail.
        let _ = serde_json::to_writer(&mut self.bytes, &Told::new(document, edits, mode));
        let length = (self.bytes.len() - start - 4) as u32;
        self.bytes[start..start + 4].copy_from_slice(&length.to_le_bytes());
        self.documents += 1;
    }

    /// A packed one.
    pub(in crate::pipeline) fn packed(documents: u32, bytes: Vec<u8>) -> Self {
        Self { documents, bytes }
    }

    /// Its bytes.
    pub(in crate::pipeline) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Packs it.
    pub(in crate::pipeline) fn pack(&mut self) -> Result<()> {
        self.bytes = zstd::bulk::compress(&self.bytes, LEVEL)
            .map_err(|e| Error::config(format!("cannot pack documents: {e}")))?;
        Ok(())
    }
}

/// All documents, in blocks, in order.
#[derive(Debug)]
pub(in crate::pipeline) struct Shelves {
    blocks: Store,
    /// The number of each block's first document, and how many there are in all.
    firsts: Vec<u32>,
}

impl Shelves {
    /// No documents yet, in so much memory.
    pub(in crate::pipeline) fn within(scratch: &Scratch) -> Self {
        Self { blocks: Store::within(scratch), firsts: vec![0] }
    }

    /// Adds a packed block.
    pub(in crate::pipeline) fn push(&mut self, block: &Block) -> Result<()> {
        let last = self.firsts.last().copied().unwrap_or(0);
        self.firsts.push(last + block.documents);
        self.blocks.push(&block.bytes)
    }

    /// To read them.
    pub(super) fn open(self) -> Result<OpenShelves> {
        Ok(OpenShelves { blocks: self.blocks.reader()?, firsts: self.firsts })
    }
}

/// Reads blocks.
#[derive(Debug)]
pub(super) struct OpenShelves {
    blocks: Reader,
    firsts: Vec<u32>,
}

impl OpenShelves {
    /// Which block has a document.
    pub(super) fn block_of(&self, doc: u32) -> usize {
        self.firsts.partition_point(|&first| first <= doc) - 1
    }

    /// A packed block and the number of its first document.
    pub(super) fn read(&self, block: usize) -> Result<(u32, Vec<u8>)> {
        Ok((self.firsts[block], self.blocks.read(block)?))
    }
}

/// Calls `take` with each document of a packed block, as far as it is told, and its changes.
pub(in crate::pipeline) fn all(
    packed: &[u8],
    mut take: impl FnMut(Document, EditList),
) -> Result<()> {
    let bytes = zstd::stream::decode_all(packed).map_err(|e| damaged(&e))?;
    let mut rest = &bytes[..];
    while let Some((length, behind)) = rest.split_first_chunk::<4>() {
        let (record, next) = behind.split_at(u32::from_le_bytes(*length) as usize);
        rest = next;
        let told: Told = serde_json::from_slice(record).map_err(|e| damaged(&e))?;
        let source = Source { file: told.file, record: told.record, ..Source::default() };
        let Told { id, outlet, url, date, title, text, edits, .. } = told;
        take(Document { id, outlet, url, date, title, text, source, ..Document::default() }, edits);
    }
    Ok(())
}

fn damaged(error: &dyn std::fmt::Display) -> Error {
    Error::config(format!("a temporary file is damaged: {error}"))
}

/// Calls `take` with each wanted document of a packed block and what is wanted of it. `wanted` is in
/// order and begins with a document's number.
pub(super) fn each<T>(
    (mut doc, packed): (u32, &[u8]),
    wanted: &[T],
    number: impl Fn(&T) -> u32,
    mut take: impl FnMut(&Told, &[T]) -> Result<()>,
) -> Result<()> {
    let bytes = zstd::stream::decode_all(packed).map_err(|e| damaged(&e))?;
    let mut rest = &bytes[..];
    for wanted in wanted.chunk_by(|a, b| number(a) == number(b)) {
        while let Some((length, behind)) = rest.split_first_chunk::<4>() {
            let (record, next) = behind.split_at(u32::from_le_bytes(*length) as usize);
            rest = next;
            doc += 1;
            if doc - 1 == number(&wanted[0]) {
                let told = serde_json::from_slice(record).map_err(|e| damaged(&e))?;
                take(&told, wanted)?;
                break;
            }
        }
    }
    Ok(())
}
