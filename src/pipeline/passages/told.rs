//! What documents will be told with when it is known which share something: put away as they are
//! cleaned, block by block, and packed when memory gets short.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::change::EditList;
use crate::config::Mode;
use crate::document::{Document, Source};
use crate::error::{Error, Result};
use crate::spill::{Reader, Scratch, Store};

/// What a document's occurrences are told with.
#[derive(Debug)]
pub(in crate::pipeline) struct Told<'t> {
    pub(super) id: &'t str,
    pub(super) file: &'t str,
    pub(super) record: u64,
    pub(super) outlet: &'t str,
    pub(super) url: Option<&'t str>,
    pub(super) date: Option<&'t str>,
    pub(super) title: Option<&'t str>,
    pub(super) text: &'t str,
    /// How many matching words it has.
    pub(super) words: u32,
    pub(super) edits: Cow<'t, EditList>,
    /// Whether the edits were made, or are only told.
    pub(super) mode: Mode,
}

/// What stands for a string that is missing, instead of its length.
const MISSING: u32 = u32::MAX;

impl<'t> Told<'t> {
    fn new(document: &'t Document, words: usize, edits: &'t EditList, mode: Mode) -> Self {
        Self {
            id: &document.id,
            file: &document.source.file,
            record: document.source.record,
            outlet: &document.outlet,
            url: document.url.as_deref(),
            date: document.date.as_deref(),
            title: document.title.as_deref(),
            text: &document.text,
            words: words as u32,
            edits: Cow::Borrowed(edits),
            mode,
        }
    }

    /// Writes its numbers, the lengths of its strings, and these one after the other.
    fn write(&self, into: &mut Vec<u8>) {
        // Writing numbers and strings to memory does not fail.
        let edits = serde_json::to_string(&self.edits).unwrap_or_default();
        let strings = [
            Some(self.text),
            Some(self.id),
            Some(self.file),
            Some(self.outlet),
            self.url,
            self.date,
            self.title,
            Some(edits.as_str()).filter(|_| !self.edits.is_empty()),
        ];
        into.extend_from_slice(&self.record.to_le_bytes());
        into.push(u8::from(self.mode == Mode::Tag));
        into.extend_from_slice(&self.words.to_le_bytes());
        for string in strings {
            let length = string.map_or(MISSING, |string| string.len() as u32);
            into.extend_from_slice(&length.to_le_bytes());
        }
        strings.iter().flatten().for_each(|string| into.extend_from_slice(string.as_bytes()));
    }

    /// Reads what was written.
    fn read(bytes: &'t [u8]) -> Result<Self> {
        let cut_off = || damaged(&"a document is cut off");
        let (record, rest) = bytes.split_first_chunk::<8>().ok_or_else(cut_off)?;
        let (mode, rest) = rest.split_first().ok_or_else(cut_off)?;
        let (words, rest) = rest.split_first_chunk::<4>().ok_or_else(cut_off)?;
        let (lengths, rest) = rest.split_first_chunk::<32>().ok_or_else(cut_off)?;
        let mut rest = std::str::from_utf8(rest).map_err(|e| damaged(&e))?;
        let (lengths, _) = lengths.as_chunks::<4>();
        let mut strings = [None; 8];
        for (string, length) in strings.iter_mut().zip(lengths) {
            let length = u32::from_le_bytes(*length);
            if length != MISSING {
                let (this, behind) = rest.split_at_checked(length as usize).ok_or_else(cut_off)?;
                (*string, rest) = (Some(this), behind);
            }
        }
        let [text, id, file, outlet, url, date, title, edits] = strings;
        let edits = match edits {
            Some(edits) => serde_json::from_str(edits).map_err(|e| damaged(&e))?,
            None => EditList::default(),
        };
        Ok(Self {
            id: id.unwrap_or_default(),
            file: file.unwrap_or_default(),
            record: u64::from_le_bytes(*record),
            outlet: outlet.unwrap_or_default(),
            url,
            date,
            title,
            text: text.unwrap_or_default(),
            words: u32::from_le_bytes(*words),
            edits: Cow::Owned(edits),
            mode: if *mode == 0 { Mode::Remove } else { Mode::Tag },
        })
    }
}

/// Documents that follow one another, while they are gathered and when they are put away.
#[derive(Debug, Default)]
pub(in crate::pipeline) struct Block {
    documents: u32,
    bytes: Vec<u8>,
}

/// Text packs to two fifths by it, at several hundred megabytes a second.
const LEVEL: i32 = 1;

/// The last byte of a block says whether it is packed.
const PLAIN: u8 = 0;
const PACKED: u8 = 1;

impl Block {
    /// Adds a document of so many matching words.
    pub(in crate::pipeline) fn push(
        &mut self,
        document: &Document,
        words: usize,
        edits: &EditList,
        mode: Mode,
    ) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&[0; 4]);
        Told::new(document, words, edits, mode).write(&mut self.bytes);
        let length = (self.bytes.len() - start - 4) as u32;
        self.bytes[start..start + 4].copy_from_slice(&length.to_le_bytes());
        self.documents += 1;
    }

    /// One that is whole.
    pub(in crate::pipeline) fn whole(documents: u32, bytes: Vec<u8>) -> Self {
        Self { documents, bytes }
    }

    /// Its bytes.
    pub(in crate::pipeline) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Makes it whole, and packs it where that is wanted: that costs more than all else that is done
    /// to put it away.
    pub(in crate::pipeline) fn finish(&mut self, packing: &Packing) -> Result<()> {
        let form = if packing.is_wanted() {
            self.bytes = zstd::bulk::compress(&self.bytes, LEVEL)
                .map_err(|e| Error::config(format!("cannot pack documents: {e}")))?;
            PACKED
        } else {
            PLAIN
        };
        self.bytes.push(form);
        Ok(())
    }
}

/// The documents of a whole block.
fn unpacked(block: &[u8]) -> Result<Cow<'_, [u8]>> {
    match block.split_last() {
        None => Ok(Cow::default()),
        Some((&PLAIN, bytes)) => Ok(Cow::Borrowed(bytes)),
        Some((_, bytes)) => {
            Ok(Cow::Owned(zstd::stream::decode_all(bytes).map_err(|e| damaged(&e))?))
        }
    }
}

/// Whether blocks are packed: from when on memory gets short. No output depends on it.
#[derive(Debug, Clone)]
pub(in crate::pipeline) struct Packing(Arc<AtomicBool>);

impl Packing {
    fn is_wanted(&self) -> bool {
        self.0.load(Relaxed)
    }
}

/// All documents, in blocks, in order.
#[derive(Debug)]
pub(in crate::pipeline) struct Shelves {
    blocks: Store,
    /// The number of each block's first document, and how many there are in all.
    firsts: Vec<u32>,
    packing: Packing,
    /// Bytes that may be there before blocks are packed.
    room: u64,
}

/// With less room than that for them, blocks are packed from the first on: so much is under way.
const LEAST_ROOM: u64 = 1 << 24;

impl Shelves {
    /// No documents yet, in so much memory.
    pub(in crate::pipeline) fn within(scratch: &Scratch) -> Self {
        let room = scratch.memory() / 2;
        let packing = Packing(Arc::new(AtomicBool::new(room < LEAST_ROOM)));
        Self { blocks: Store::within(scratch), firsts: vec![0], packing, room }
    }

    /// Whether blocks that come are to be packed.
    pub(in crate::pipeline) fn packing(&self) -> &Packing {
        &self.packing
    }

    /// Adds a whole block.
    pub(in crate::pipeline) fn push(&mut self, block: &Block) -> Result<()> {
        let last = self.firsts.last().copied().unwrap_or(0);
        self.firsts.push(last + block.documents);
        self.blocks.push(&block.bytes)?;
        if self.blocks.bytes() > self.room {
            self.packing.0.store(true, Relaxed);
        }
        Ok(())
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

    /// A block and the number of its first document.
    pub(super) fn read(&self, block: usize) -> Result<(u32, Vec<u8>)> {
        Ok((self.firsts[block], self.blocks.read(block)?))
    }
}

/// Calls `take` with each document of a block, as far as it is told, and its changes.
pub(in crate::pipeline) fn all(
    block: &[u8],
    mut take: impl FnMut(Document, EditList),
) -> Result<()> {
    let bytes = unpacked(block)?;
    let mut rest = &bytes[..];
    while let Some((length, behind)) = rest.split_first_chunk::<4>() {
        let (record, next) = behind.split_at(u32::from_le_bytes(*length) as usize);
        rest = next;
        let told = Told::read(record)?;
        let file = told.file.to_owned();
        let document = Document {
            id: told.id.to_owned(),
            outlet: told.outlet.to_owned(),
            url: told.url.map(str::to_owned),
            date: told.date.map(str::to_owned),
            title: told.title.map(str::to_owned),
            text: told.text.to_owned(),
            source: Source { file, record: told.record, ..Source::default() },
            ..Document::default()
        };
        take(document, told.edits.into_owned());
    }
    Ok(())
}

fn damaged(error: &dyn std::fmt::Display) -> Error {
    Error::config(format!("a temporary file is damaged: {error}"))
}

/// Calls `take` with each wanted document of a block and what is wanted of it. `wanted` is in
/// order and begins with a document's number.
pub(super) fn each<T>(
    (mut doc, block): (u32, &[u8]),
    wanted: &[T],
    number: impl Fn(&T) -> u32,
    mut take: impl FnMut(&Told<'_>, &[T]) -> Result<()>,
) -> Result<()> {
    let bytes = unpacked(block)?;
    let mut rest = &bytes[..];
    for wanted in wanted.chunk_by(|a, b| number(a) == number(b)) {
        while let Some((length, behind)) = rest.split_first_chunk::<4>() {
            let (record, next) = behind.split_at(u32::from_le_bytes(*length) as usize);
            rest = next;
            doc += 1;
            if doc - 1 == number(&wanted[0]) {
                take(&Told::read(record)?, wanted)?;
                break;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_come_back_packed_or_not() {
        let document = |id: &str, url: Option<&str>| Document {
            id: id.to_owned(),
            outlet: "Harbour Public Radio".to_owned(),
            url: url.map(str::to_owned),
            title: Some(String::new()),
            text: "Brücken\nöffnen sich.".repeat(3),
            ..Document::default()
        };
        let documents = [document("one", None), document("", Some("https://two.example"))];
        for is_packed in [false, true] {
            let mut block = Block::default();
            for document in &documents {
                block.push(document, 9, &EditList::default(), Mode::Tag);
            }
            block.finish(&Packing(Arc::new(AtomicBool::new(is_packed)))).unwrap();
            let mut back = Vec::new();
            all(block.bytes(), |document, edits| {
                assert!(edits.is_empty());
                back.push(document);
            })
            .unwrap();
            let said =
                |d: &Document| (d.id.clone(), d.url.clone(), d.title.clone(), d.text.clone());
            assert!(back.iter().map(said).eq(documents.iter().map(said)));
            let mut told = 0;
            each(
                (7, block.bytes()),
                &[8_u32, 8],
                |&doc| doc,
                |document, wanted| {
                    told += wanted.len();
                    assert_eq!((document.url, document.date), (Some("https://two.example"), None));
                    assert_eq!((document.words, document.mode), (9, Mode::Tag));
                    Ok(())
                },
            )
            .unwrap();
            assert_eq!(told, 2);
            assert!(Told::read(&block.bytes()[4..20]).is_err());
        }
    }
}
