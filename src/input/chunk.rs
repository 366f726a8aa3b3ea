//! Framing: from bytes to records, without looking into them.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::iter::FusedIterator;
use std::ops::Range;

use super::parquet::{self, Rows};
use super::{Corpus, Parsed, jsonl};
use crate::document::{Document, Envelope, Source};
use crate::error::Reject;

/// What bounds the memory of reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    /// The bytes of a record.
    pub(super) max_record: u64,
    /// A chunk ends with the record that brings it to so many bytes.
    chunk_bytes: usize,
    /// And with this record at the latest.
    chunk_records: usize,
    /// The bytes of a file of lines that are decompressed at a time.
    pub(super) block: usize,
}

impl Limits {
    /// A mebibyte is enough that handing a chunk over costs nothing, and little enough for any cache.
    /// As many tiny lines as fit into one would need more memory for their frames than for their bytes.
    pub(super) fn new(max_record: u64) -> Self {
        Self { max_record, chunk_bytes: 1 << 20, chunk_records: 1 << 14, block: 128 << 10 }
    }

    /// Whether a chunk of so many bytes of whole records is to be handed over.
    pub(super) fn is_full(&self, chunk: &Chunk, bytes: usize) -> bool {
        let records = chunk.frames.len() + chunk.rejects.len();
        bytes >= self.chunk_bytes || records >= self.chunk_records
    }
}

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
    /// The rows they are, where they are rows of a Parquet file: then there are no bytes here.
    pub rows: Option<Rows>,
    /// Records that could not be framed, and files that could not be read on. Those that
    /// [`Chunk::parse`] refuses stand between them.
    pub rejects: Vec<Reject>,
    /// Records that are no documents by their kind, such as the images of a web archive, and how many.
    pub skipped: BTreeMap<&'static str, u64>,
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
    /// Makes documents of all frames, in order, or says of each why that cannot be done.
    pub fn documents<'c>(
        &'c self,
        corpus: &'c Corpus,
    ) -> Box<dyn Iterator<Item = (usize, Result<Parsed, Reject>)> + 'c> {
        let all = 0..self.frames.len();
        let Some(rows) = &self.rows else {
            return Box::new(all.map(|i| (i, self.parse(i, corpus))));
        };
        match parquet::documents(self, rows, corpus) {
            Ok(documents) => {
                let told = |(i, parsed): (usize, Result<Parsed, String>)| {
                    (i, parsed.map_err(|reason| self.reject(i, reason, corpus)))
                };
                Box::new(documents.into_iter().enumerate().map(told))
            }
            Err(reason) => {
                Box::new(all.map(move |i| (i, Err(self.reject(i, unread(&reason), corpus)))))
            }
        }
    }

    /// Makes a document of the `i`th frame, or says why that cannot be done.
    fn parse(&self, i: usize, corpus: &Corpus) -> Result<Parsed, Reject> {
        let frame = &self.frames[i];
        let bytes = &self.data[frame.range.clone()];
        let file = &corpus.files[frame.file as usize];
        let kind = corpus.shards[self.shard as usize].kind;
        let parsed = kind.parse(bytes, self.source(frame, corpus), file, corpus);
        parsed.map_err(|reason| self.reject(i, reason, corpus))
    }

    /// The line of JSON that the document of the `i`th frame is, and where in it the string stands that
    /// holds the text, quotation marks included. None where it is no JSON.
    ///
    /// # Panics
    ///
    /// If there is no such frame.
    pub fn line<'l>(
        &'l self,
        i: usize,
        document: &'l Document,
    ) -> Option<(&'l [u8], Range<usize>)> {
        match &document.envelope {
            Envelope::Text | Envelope::Row => None,
            Envelope::Line { text } => {
                Some((jsonl::bare(&self.data[self.frames[i].range.clone()]), text.clone()))
            }
            Envelope::Made { line, text } => Some((line.as_bytes(), text.clone())),
        }
    }

    /// Where a record stands.
    pub(super) fn source(&self, frame: &Frame, corpus: &Corpus) -> Source {
        Source {
            file: corpus.files[frame.file as usize].name.clone(),
            shard: self.shard,
            record: frame.record,
            ordinal: frame.ordinal,
            offset: frame.offset,
        }
    }

    /// The row that tells why the record of the `i`th frame cannot be had.
    ///
    /// # Panics
    ///
    /// If there is no such frame.
    pub fn reject(&self, i: usize, reason: String, corpus: &Corpus) -> Reject {
        let frame = &self.frames[i];
        let file = corpus.files[frame.file as usize].name.clone();
        Reject { file, record: frame.record, offset: frame.offset, reason }
    }

    /// Adds a record; its ordinal follows when the chunk is full.
    pub(super) fn frame(&mut self, range: Range<usize>, file: u32, record: u64, offset: u64) {
        self.frames.push(Frame { range, file, record, ordinal: 0, offset });
    }
}

/// Why rows of Parquet cannot be had.
fn unread(reason: &str) -> String {
    format!("the rows around it cannot be read: {reason}")
}

/// The chunks of a corpus, in order. What cannot be read is in them, as rejects.
#[derive(Debug)]
pub struct Reader<'a> {
    corpus: &'a Corpus,
    /// The shards to read; the first is the one being read.
    shards: Range<usize>,
    index: u64,
    ordinal: u64,
    framer: Option<Box<dyn Framer + 'a>>,
}

/// Cuts a shard into chunks.
pub(super) trait Framer: Debug + Send {
    /// Fills an empty chunk and says whether it is the last one.
    fn fill(&mut self, chunk: &mut Chunk) -> bool;
}

impl<'a> Reader<'a> {
    pub(super) fn new(corpus: &'a Corpus, shards: Range<usize>, ordinal: u64) -> Self {
        Self { corpus, shards, index: 0, ordinal, framer: None }
    }
}

impl Iterator for Reader<'_> {
    type Item = Chunk;

    fn next(&mut self) -> Option<Chunk> {
        let corpus = self.corpus;
        let number = self.shards.clone().next()?;
        let shard = &corpus.shards[number];
        let framer = self.framer.get_or_insert_with(|| match &corpus.pipe {
            Some(pipe) => shard.kind.piped(corpus, pipe.take()),
            None => shard.kind.framer(corpus, shard.files.clone()),
        });
        let mut chunk = Chunk { shard: number as u32, index: self.index, ..Chunk::default() };
        chunk.data.reserve(corpus.limits.chunk_bytes + corpus.limits.block);
        chunk.last = framer.fill(&mut chunk);
        for frame in &mut chunk.frames {
            frame.ordinal = self.ordinal;
            self.ordinal += 1;
        }
        self.index += 1;
        if chunk.last {
            (self.shards.start, self.index, self.framer) = (number + 1, 0, None);
        }
        Some(chunk)
    }
}

impl FusedIterator for Reader<'_> {}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;
    use crate::input::{InputOptions, discover};

    /// Lines of all lengths, blank ones, and a last one with or without its end.
    fn lines() -> impl Strategy<Value = String> {
        let line = prop_oneof![
            3 => "\\{\"text\":\"[a-zé ]{0,90}\"\\}",
            1 => "[ \t]{0,4}",
            1 => "\\[broken",
        ];
        let end = prop_oneof![4 => Just("\n"), 1 => Just("\r\n")];
        (prop::collection::vec((line, end), 0..60), any::<bool>()).prop_map(|(lines, cut)| {
            let joined: String =
                lines.into_iter().flat_map(|(line, end)| [line, end.into()]).collect();
            if cut { joined.trim_end().to_owned() } else { joined }
        })
    }

    proptest! {
        #[test]
        fn records_do_not_depend_on_the_borders(
            lines in lines(),
            chunk_bytes in 1usize..300,
            chunk_records in 1usize..9,
            block in 1usize..300,
            max_record in 20u64..200,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a.jsonl");
            fs::write(&path, format!("{{\"text\":\"\"}}\n{lines}")).unwrap();
            let input = [path.to_str().unwrap().to_owned()];
            let mut corpus = discover(&input, &InputOptions::default()).unwrap();
            corpus.limits = Limits { max_record, chunk_bytes, chunk_records, block };

            let bytes = fs::read(&path).unwrap();
            let mut expected = Vec::new();
            let mut offset = 0;
            for line in bytes.split_inclusive(|byte| *byte == b'\n') {
                let body = line.strip_suffix(b"\n").unwrap_or(line);
                if !line.trim_ascii().is_empty() {
                    let long = body.len() as u64 > max_record;
                    expected.push((expected.len() as u64 + 1, offset, (!long).then_some(body.to_vec())));
                }
                offset += line.len() as u64;
            }
            let mut found = Vec::new();
            let mut consumed = 0;
            let chunks: Vec<Chunk> = corpus.read().collect();
            for chunk in &chunks {
                let framed = chunk.frames.iter();
                found.extend(framed.map(|f| (f.record, f.offset, Some(chunk.data[f.range.clone()].to_vec()))));
                found.extend(chunk.rejects.iter().map(|r| (r.record, r.offset, None)));
                consumed += chunk.consumed;
            }
            found.sort();
            prop_assert_eq!(found, expected);
            prop_assert_eq!(consumed, corpus.bytes());
            prop_assert_eq!(chunks.iter().filter(|chunk| chunk.last).count(), 1);
            let ordinals = chunks.iter().flat_map(|chunk| &chunk.frames).map(|frame| frame.ordinal);
            prop_assert!(ordinals.enumerate().all(|(i, ordinal)| i as u64 == ordinal));
        }
    }
}
