//! The door out: documents become what they came from, with another text.
//!
//! The workers encode and compress ([`Encoder`]); the sink appends what they made, in order, to the
//! shard's [`ShardWriter`]. Whatever is written appears under its name when it is whole
//! ([`AtomicFile`]).

use std::io::{self, Write};
use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use crate::document::{Document, Envelope};
use crate::error::{Error, Result};
use crate::input::{Chunk, Compression, Corpus, ShardKind};

pub mod atomic;
pub mod journal;
mod jsonl;
mod text;

pub use atomic::{AtomicFile, sweep};

/// Appends a document with another text.
///
/// A line of JSON stays what it is byte for byte, but for the string that holds the text and for
/// `extra`, a JSON object that becomes the field `unchaff`. A text file has no place for `extra`.
pub fn encode(document: &Document, clean: &str, extra: Option<&str>, out: &mut Vec<u8>) {
    match &document.envelope {
        Envelope::Text => out.extend_from_slice(clean.as_bytes()),
        Envelope::Json { line, text } => {
            let unchanged = clean == document.text;
            jsonl::encode(line, text.clone(), (!unchanged).then_some(clean), extra, out);
        }
    }
}

/// Appends a document as a line of JSON, whatever it came as. What was a text file has its id, its
/// outlet and its text.
pub fn encode_line(document: &Document, clean: &str, extra: Option<&str>, out: &mut Vec<u8>) {
    if let Envelope::Json { .. } = document.envelope {
        return encode(document, clean, extra, out);
    }
    let record = serde_json::json!({ "id": document.id, "outlet": document.outlet, "text": "" });
    let line = record.to_string();
    if let Some(text) = crate::input::jsonl::field(&line, "text") {
        jsonl::encode(&line, text, Some(clean), extra, out);
    }
}

/// Packs bytes as a whole member or frame: put one after the other, they make one file.
pub fn compress(bytes: Vec<u8>, compression: Compression) -> io::Result<Vec<u8>> {
    match compression {
        Compression::None => Ok(bytes),
        Compression::Gzip => {
            let mut encoder =
                flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(&bytes)?;
            encoder.finish()
        }
        Compression::Zstd => {
            let mut compressor = zstd::bulk::Compressor::new(zstd::DEFAULT_COMPRESSION_LEVEL)?;
            // As the zstd program does: without it damage inside a block shows nowhere.
            compressor.include_checksum(true)?;
            compressor.compress(&bytes)
        }
    }
}

/// Makes one chunk of output from one chunk of input.
#[derive(Debug)]
pub struct Encoder<'a> {
    corpus: &'a Corpus,
    chunk: &'a Chunk,
    encoded: Encoded,
}

/// A chunk of output: what the sink appends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Encoded {
    bytes: Vec<u8>,
    /// For text files: the index in [`Corpus::files`], and which bytes are its content.
    files: Vec<(u32, Range<usize>)>,
}

impl<'a> Encoder<'a> {
    /// Begins the output for a chunk.
    pub fn new(corpus: &'a Corpus, chunk: &'a Chunk) -> Self {
        Self { corpus, chunk, encoded: Encoded::default() }
    }

    /// Adds the document that was parsed from the `i`th frame.
    ///
    /// # Panics
    ///
    /// If there is no such frame.
    pub fn push(
        &mut self,
        i: usize,
        document: &Document,
        clean: &str,
        extra: Option<&str>,
    ) -> Result<()> {
        match document.envelope {
            Envelope::Json { .. } => encode(document, clean, extra, &mut self.encoded.bytes),
            Envelope::Text => {
                let file = self.chunk.frames[i].file;
                let mut bytes = Vec::new();
                encode(document, clean, extra, &mut bytes);
                let bytes = self.compress(bytes, file as usize)?;
                let start = self.encoded.bytes.len();
                self.encoded.bytes.extend_from_slice(&bytes);
                self.encoded.files.push((file, start..self.encoded.bytes.len()));
            }
        }
        Ok(())
    }

    /// The chunk of output, packed as the input was.
    pub fn finish(mut self) -> Result<Encoded> {
        let shard = &self.corpus.shards[self.chunk.shard as usize];
        if shard.kind == ShardKind::Jsonl && !self.encoded.bytes.is_empty() {
            let bytes = std::mem::take(&mut self.encoded.bytes);
            self.encoded.bytes = self.compress(bytes, shard.files.start)?;
        }
        Ok(self.encoded)
    }

    fn compress(&self, bytes: Vec<u8>, file: usize) -> Result<Vec<u8>> {
        let file = &self.corpus.files[file];
        compress(bytes, file.compression)
            .map_err(Error::io("cannot compress", Path::new(&file.name)))
    }
}

/// What a chunk of output is beside its bytes.
pub type Shape = Vec<(u32, Range<usize>)>;

impl Encoded {
    /// Of its parts.
    pub fn of(bytes: Vec<u8>, shape: Shape) -> Self {
        Self { bytes, files: shape }
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What it is beside them.
    pub fn shape(&self) -> &Shape {
        &self.files
    }
}

/// The output of one shard, as the sink writes it.
#[derive(Debug)]
pub struct ShardWriter<'a>(Writer<'a>);

#[derive(Debug)]
enum Writer<'a> {
    Jsonl(jsonl::Writer),
    Text(text::Writer<'a>),
}

impl<'a> ShardWriter<'a> {
    /// Begins the output of a shard in a folder, which is made if need be.
    pub fn create(folder: &Path, corpus: &'a Corpus, shard: usize) -> Result<Self> {
        let shard = &corpus.shards[shard];
        Ok(Self(match shard.kind {
            ShardKind::Jsonl => {
                let compression = corpus.files[shard.files.start].compression;
                Writer::Jsonl(jsonl::Writer::create(&below(folder, &shard.name)?, compression)?)
            }
            ShardKind::Text => Writer::Text(text::Writer::create(folder, corpus, &shard.name)?),
        }))
    }

    /// Appends the output of the next chunk.
    pub fn append(&mut self, encoded: &Encoded) -> Result<()> {
        match &mut self.0 {
            Writer::Jsonl(writer) => writer.append(&encoded.bytes),
            Writer::Text(writer) => writer.append(encoded),
        }
    }

    /// Lets the output appear under its name. Without this it vanishes.
    pub fn finish(self) -> Result<()> {
        match self.0 {
            Writer::Jsonl(writer) => writer.finish(),
            Writer::Text(writer) => writer.finish(),
        }
    }
}

/// The place of an output below its folder; a name that leads elsewhere is refused.
pub fn below(folder: &Path, name: &str) -> Result<PathBuf> {
    let path = Path::new(name);
    let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    if inside && !name.is_empty() {
        return Ok(folder.join(path));
    }
    let folder = folder.display();
    Err(Error::config(format!("the input name {name:?} leads out of {folder}; rename the input")))
}
