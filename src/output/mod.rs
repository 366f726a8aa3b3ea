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
use crate::input::{Chunk, Compression};

pub mod atomic;
#[cfg(feature = "parquet")]
mod columns;
pub mod journal;
mod jsonl;
mod layout;
mod own;
#[cfg_attr(not(feature = "parquet"), path = "no_parquet.rs")]
mod parquet;
mod text;

use self::parquet::Kept;
pub use atomic::{AtomicFile, sweep};
pub use jsonl::Writer as LinesWriter;
pub use layout::{Form, Layout, OutputOptions, Target};

/// Appends the document of the `i`th frame with another text, as a line of JSON, whatever it came as.
///
/// A line of JSON stays what it is byte for byte, but for the string that holds the text and for
/// `extra`, a JSON object that becomes the field `unchaff`. What was a text file has its id, its
/// outlet and its text.
fn encode_line(
    chunk: &Chunk,
    i: usize,
    document: &Document,
    clean: &str,
    extra: Option<&str>,
    out: &mut Vec<u8>,
) {
    if let Some((line, text)) = chunk.line(i, document) {
        let unchanged = clean == document.text;
        return jsonl::encode(line, text, (!unchanged).then_some(clean), extra, out);
    }
    let record = serde_json::json!({ "id": document.id, "outlet": document.outlet, "text": "" });
    let line = record.to_string();
    if let Some(text) = crate::input::jsonl::field(line.as_bytes(), "text") {
        jsonl::encode(line.as_bytes(), text, Some(clean), extra, out);
    }
}

/// A chunk fits into its window of 4 MiB; the usual 6 takes twice the memory and time for nothing.
const XZ_PRESET: u32 = 4;

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
        Compression::Bzip2 => {
            let level = bzip2::Compression::default();
            let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), level);
            encoder.write_all(&bytes)?;
            encoder.finish()
        }
        Compression::Xz => {
            let options = lzma_rust2::XzOptions::with_preset(XZ_PRESET);
            let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), options)?;
            encoder.write_all(&bytes)?;
            encoder.finish()
        }
    }
}

/// Makes one chunk of output from one chunk of input.
#[derive(Debug)]
pub struct Encoder<'a> {
    layout: &'a Layout<'a>,
    chunk: &'a Chunk,
    target: &'a Target,
    encoded: Encoded,
    /// The rows of a Parquet file, which are written when all are known.
    kept: Kept,
}

/// A chunk of output: what the sink appends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Encoded {
    bytes: Vec<u8>,
    files: Shape,
}

/// What a chunk of output is beside its bytes: what its texts are called, and which bytes are theirs.
pub type Shape = Vec<(String, Range<usize>)>;

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

impl<'a> Encoder<'a> {
    /// Begins the output for a chunk.
    pub fn new(layout: &'a Layout<'a>, chunk: &'a Chunk) -> Self {
        let target = layout.target(chunk.shard as usize);
        // Little is added to a chunk: what is written of it seldom has to move.
        let length = chunk.data.len() + chunk.data.len() / 16;
        let encoded = Encoded::of(Vec::with_capacity(length), Shape::new());
        Self { layout, chunk, target, encoded, kept: Kept::default() }
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
        let bytes = &mut self.encoded.bytes;
        if document.envelope == Envelope::Row && self.target.form != Form::Text {
            self.kept.push(i, clean, extra);
            return Ok(());
        }
        match self.target.form {
            Form::Jsonl | Form::Parquet => {
                encode_line(self.chunk, i, document, clean, extra, bytes);
            }
            Form::Text => {
                let frame = &self.chunk.frames[i];
                let file = &self.layout.corpus.files[frame.file as usize];
                let shard = self.chunk.shard as usize;
                let start = bytes.len();
                let (name, compression) = self.layout.text(shard, file, frame.record);
                let packed = compress(clean.as_bytes().to_vec(), compression)
                    .map_err(Error::io("cannot compress", Path::new(&name)))?;
                bytes.extend_from_slice(&packed);
                self.encoded.files.push((name, start..bytes.len()));
            }
        }
        Ok(())
    }

    /// The chunk of output, packed.
    ///
    /// # Errors
    ///
    /// [`Unwritten::Input`] where a file of the input that was readable so far is not any more.
    pub fn finish(mut self) -> Result<Encoded, Unwritten> {
        if let Some(rows) = &self.chunk.rows {
            let encoded = match self.target.form {
                Form::Parquet => self.kept.encode(rows, self.layout.compress),
                Form::Jsonl => self.kept.encode_lines(rows),
                Form::Text => Ok(std::mem::take(&mut self.encoded.bytes)),
            };
            self.encoded.bytes = encoded.map_err(Unwritten::Input)?;
        }
        if let Some(columns) = self.layout.columns(self.chunk.shard as usize) {
            let codec = self.target.compression;
            let encoded = columns.encode(&self.encoded.bytes, codec).map_err(io::Error::other);
            self.encoded.bytes =
                encoded.map_err(Error::io("cannot encode", Path::new(&self.target.name)))?;
        }
        if self.target.form == Form::Jsonl && !self.encoded.bytes.is_empty() {
            let bytes = std::mem::take(&mut self.encoded.bytes);
            self.encoded.bytes = compress(bytes, self.target.compression)
                .map_err(Error::io("cannot compress", Path::new(&self.target.name)))?;
        }
        Ok(self.encoded)
    }
}

/// Why a chunk cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum Unwritten {
    /// The rest of its records cannot be read: none of them can be had.
    #[error("{0}")]
    Input(String),
    /// Something stops the run.
    #[error(transparent)]
    Stop(#[from] Error),
}

/// The output of one shard, as the sink writes it.
#[derive(Debug)]
pub struct ShardWriter(Writer);

#[derive(Debug)]
enum Writer {
    Jsonl(jsonl::Writer),
    Text(text::Writer),
    Parquet(parquet::Writer),
}

impl ShardWriter {
    /// Begins the output of a shard in a folder, which is made if need be.
    pub fn create(folder: &Path, target: &Target) -> Result<Self> {
        Ok(Self(match target.form {
            Form::Jsonl => {
                let path = below(folder, &target.name)?;
                Writer::Jsonl(jsonl::Writer::create(&path, target.compression)?)
            }
            Form::Text => Writer::Text(text::Writer::create(folder, &target.name)?),
            Form::Parquet => Writer::Parquet(parquet::Writer::create(folder, &target.name)?),
        }))
    }

    /// Appends the output of the next chunk.
    pub fn append(&mut self, encoded: &Encoded) -> Result<()> {
        match &mut self.0 {
            Writer::Jsonl(writer) => writer.append(&encoded.bytes),
            Writer::Text(writer) => writer.append(encoded),
            Writer::Parquet(writer) => writer.append(&encoded.bytes),
        }
    }

    /// Lets the output appear under its name. Without this it vanishes.
    pub fn finish(self) -> Result<()> {
        match self.0 {
            Writer::Jsonl(writer) => writer.finish(),
            Writer::Text(writer) => writer.finish(),
            Writer::Parquet(writer) => writer.finish(),
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
