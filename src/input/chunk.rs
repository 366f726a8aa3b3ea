//! Framing: from bytes to records, without looking into them.

use std::iter::FusedIterator;
use std::ops::Range;

use super::jsonl::{self, Lines};
use super::text::{self, Files};
use super::{Corpus, Parsed, ShardKind};
use crate::document::Source;
use crate::error::Reject;

/// A chunk ends with the record that brings it to so many bytes: enough that handing it over costs
/// nothing, little enough that a few a worker fit into any cache.
const CHUNK_BYTES: usize = 1 << 20;

/// A mebibyte of tiny lines would need more memory for the frames than for the bytes.
const CHUNK_RECORDS: usize = 1 << 14;

/// Bytes of whole records, in the order of the input.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chunk {
    /// Index in [`Corpus::shards`].
    pub shard: u32,
    /// The chunk's number in its shard, from 0.
    pub index: u64,
    /// Nothing of the shard comes after this chunk. Every shard has such a chunk, maybe an empty one.
    pub last: bool,
    /// The bytes of the records, and what stands between them.
    pub data: Vec<u8>,
    /// Where the records are.
    pub frames: Vec<Frame>,
    /// Records that could not be framed.
    pub rejects: Vec<Reject>,
    /// Bytes taken from the files for this chunk, as they are stored: what a progress bar counts.
    pub consumed: u64,
}

/// Where a record is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// In [`Chunk::data`].
    pub range: Range<usize>,
    /// Index in [`Corpus::files`].
    pub file: u32,
    /// The record's number in its file, from 1.
    pub record: u64,
    /// The record's number in the corpus, from 0.
    pub ordinal: u64,
    /// Where it begins in its file, in bytes after decompression.
    pub offset: u64,
}

impl Chunk {
    /// This is the first chunk of its shard.
    pub fn first(&self) -> bool {
        self.index == 0
    }

    /// Makes a document of the `i`th frame, or says why that cannot be done.
    ///
    /// # Panics
    ///
    /// If there is no such frame.
    pub fn parse(&self, i: usize, corpus: &Corpus) -> Result<Parsed, Reject> {
        let frame = &self.frames[i];
        let bytes = &self.data[frame.range.clone()];
        let file = &corpus.files[frame.file as usize];
        let source = Source {
            file: file.name.clone(),
            shard: self.shard,
            record: frame.record,
            ordinal: frame.ordinal,
            offset: frame.offset,
        };
        let parsed = match corpus.shards[self.shard as usize].kind {
            ShardKind::Jsonl => jsonl::parse(bytes, source, corpus),
            ShardKind::Text => text::parse(bytes, source, file, corpus),
        };
        parsed.map_err(|reason| Reject {
            file: file.name.clone(),
            record: frame.record,
            offset: frame.offset,
            reason,
        })
    }

    pub(super) fn is_full(&self, bytes: usize) -> bool {
        bytes >= CHUNK_BYTES || self.frames.len() + self.rejects.len() >= CHUNK_RECORDS
    }

    /// Adds a record; its ordinal follows when the chunk is full.
    pub(super) fn frame(&mut self, range: Range<usize>, file: u32, record: u64, offset: u64) {
        self.frames.push(Frame { range, file, record, ordinal: 0, offset });
    }
}

/// The chunks of a corpus, in order. What cannot be read is in them, as rejects.
#[derive(Debug)]
pub struct Reader<'a> {
    corpus: &'a Corpus,
    shard: usize,
    index: u64,
    ordinal: u64,
    framer: Option<Framer<'a>>,
}

#[derive(Debug)]
enum Framer<'a> {
    Lines(Lines<'a>),
    Files(Files<'a>),
}

impl<'a> Reader<'a> {
    pub(super) fn new(corpus: &'a Corpus, shard: usize, ordinal: u64) -> Self {
        Self { corpus, shard, index: 0, ordinal, framer: None }
    }
}

impl Iterator for Reader<'_> {
    type Item = Chunk;

    fn next(&mut self) -> Option<Chunk> {
        let corpus = self.corpus;
        let shard = corpus.shards.get(self.shard)?;
        let framer = self.framer.get_or_insert_with(|| match shard.kind {
            ShardKind::Jsonl => Framer::Lines(Lines::new(corpus, shard.files.start)),
            ShardKind::Text => Framer::Files(Files::new(corpus, shard.files.clone())),
        });
        let mut chunk = Chunk { shard: self.shard as u32, index: self.index, ..Chunk::default() };
        chunk.last = match framer {
            Framer::Lines(lines) => lines.fill(&mut chunk),
            Framer::Files(files) => files.fill(&mut chunk),
        };
        for frame in &mut chunk.frames {
            frame.ordinal = self.ordinal;
            self.ordinal += 1;
        }
        self.index += 1;
        if chunk.last {
            (self.shard, self.index, self.framer) = (self.shard + 1, 0, None);
        }
        Some(chunk)
    }
}

impl FusedIterator for Reader<'_> {}
