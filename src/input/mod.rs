//! The door in: from files, folders, globs and standard input to documents.
//!
//! [`discover`] lists what there is and gives a [`Corpus`]: shards in a fixed order, each a file of
//! records or all the files of one kind below one INPUT where a file is a document. [`Corpus::read`] frames it, in one thread, into
//! [`Chunk`]s of about a mebibyte that hold whole records; [`Chunk::parse`] makes a [`Document`] of
//! one of them, and is what the workers do. A record that cannot be read becomes a [`Reject`] and the
//! reading goes on.

use std::ops::Range;
use std::path::PathBuf;

use tempfile::TempPath;

use crate::document::Document;
use crate::error::Reject;

mod charset;
mod chunk;
mod compression;
mod csv;
mod discover;
mod feed;
mod fields;
mod files;
mod format;
mod http;
pub(crate) mod jsonl;
pub mod outlet;
mod page;
#[cfg_attr(not(feature = "parquet"), path = "no_parquet.rs")]
pub(crate) mod parquet;
mod pipe;
pub(crate) mod record;
mod roots;
mod sniff;
mod text;
mod warc;

use chunk::Limits;
pub use chunk::{Chunk, Frame, Reader};
pub use compression::Compression;
pub use csv::Dialect;
pub use discover::{discover, discover_with};
use fields::Fields;
pub use fields::{FieldsFound, Role};
pub use format::ShardKind;
pub use outlet::{OutletBy, OutletTable};
use pipe::Pipe;
pub use pipe::piped;

/// What the user may say about the input.
#[derive(Debug, Clone)]
pub struct InputOptions {
    /// The field that holds the text; `None` looks for the common names.
    pub text_field: Option<String>,
    /// The field that identifies a record.
    pub id_field: Option<String>,
    /// The field with the address a record was published at.
    pub url_field: Option<String>,
    /// The field that names the outlet.
    pub outlet_field: Option<String>,
    /// The field with the date of publication.
    pub date_field: Option<String>,
    /// The field with the headline.
    pub title_field: Option<String>,
    /// The field with the language.
    pub lang_field: Option<String>,
    /// Records of more bytes than this are rejected, and never held in memory.
    pub max_record: u64,
    /// Where standard input is spooled to, since it is read more than once.
    pub tmp: PathBuf,
    /// The user's corrections of outlets.
    pub outlets: Option<OutletTable>,
    /// A folder that is no input even where it lies below one: the folder of the outputs.
    pub exclude: Option<PathBuf>,
}

impl Default for InputOptions {
    fn default() -> Self {
        Self {
            text_field: None,
            id_field: None,
            url_field: None,
            outlet_field: None,
            date_field: None,
            title_field: None,
            lang_field: None,
            max_record: 32 << 20,
            tmp: PathBuf::from("."),
            outlets: None,
            exclude: None,
        }
    }
}

/// Everything that will be read, in the order it will be read in.
///
/// The order is that of the names, so it depends neither on the order of the arguments nor on that of
/// the file system.
#[derive(Debug)]
pub struct Corpus {
    /// The units of output.
    pub shards: Vec<Shard>,
    /// The files, those of a shard side by side.
    pub files: Vec<InputFile>,
    /// Files that are no input, found before anything was read: no chunk names them again.
    pub rejects: Vec<Reject>,
    /// The fields that hold the text, the outlet and so on, as the first records show.
    pub found: FieldsFound,
    fields: Fields,
    outlets: OutletTable,
    limits: Limits,
    /// Standard input where it is not stored.
    pipe: Option<Pipe>,
    /// Standard input, until the corpus is dropped.
    spooled: Vec<TempPath>,
}

impl Corpus {
    fn empty(fields: Fields, options: &InputOptions) -> Self {
        Self {
            shards: Vec::new(),
            files: Vec::new(),
            rejects: Vec::new(),
            found: FieldsFound::default(),
            fields,
            outlets: options.outlets.clone().unwrap_or_default(),
            limits: Limits::new(options.max_record),
            pipe: None,
            spooled: Vec::new(),
        }
    }

    /// Reads everything once, from the beginning. May be called as often as needed,
    /// unless it is [`piped`]: then there is nothing to read the second time.
    pub fn read(&self) -> Reader<'_> {
        self.read_from(0, 0)
    }

    /// Reads from the beginning of a shard on, where `ordinal` records were framed before it.
    pub fn read_from(&self, shard: usize, ordinal: u64) -> Reader<'_> {
        Reader::new(self, shard..self.shards.len(), ordinal)
    }

    /// Reads one shard, where `ordinal` records were framed before it.
    pub fn read_shard(&self, shard: usize, ordinal: u64) -> Reader<'_> {
        Reader::new(self, shard..shard + 1, ordinal)
    }

    /// The same shards as a run wrote them: for each what its files hold now, what to call them, and
    /// where they are.
    #[must_use]
    pub fn rewritten(
        &self,
        written: impl Fn(&Shard, usize) -> (ShardKind, Vec<(String, PathBuf)>),
    ) -> Self {
        let mut rewritten = Self {
            shards: Vec::new(),
            files: Vec::new(),
            rejects: Vec::new(),
            pipe: None,
            found: self.found.clone(),
            fields: self.fields.clone(),
            outlets: self.outlets.clone(),
            // A record may have grown by what was found out about it.
            limits: Limits::new(u64::MAX),
            spooled: Vec::new(),
        };
        for (i, shard) in self.shards.iter().enumerate() {
            let (kind, files) = written(shard, i);
            let start = rewritten.files.len();
            rewritten.files.extend(files.into_iter().map(|(name, path)| {
                let size = std::fs::metadata(&path).map_or(0, |about| about.len());
                InputFile { path, below: name.clone(), name, size, ..InputFile::default() }
            }));
            let files = start..rewritten.files.len();
            rewritten.shards.push(Shard { name: shard.name.clone(), kind, files });
        }
        rewritten
    }

    /// Whether some of it was a stream: it is gone with the process that read it.
    pub fn is_stream(&self) -> bool {
        self.pipe.is_some() || !self.spooled.is_empty()
    }

    /// The files of a shard.
    pub fn files_of(&self, shard: &Shard) -> &[InputFile] {
        &self.files[shard.files.clone()]
    }

    /// The bytes that one reading takes from the files, as they are stored. [`Chunk::consumed`]
    /// adds up to it.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }
}

/// A unit of output: what is written, finished and taken up again as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shard {
    /// The file's name, or the folder's where a file is a document. No two shards have one name.
    pub name: String,
    /// What the files hold.
    pub kind: ShardKind,
    /// Its files, as a range of [`Corpus::files`].
    pub files: Range<usize>,
}

/// A file of the input.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InputFile {
    /// Where it is.
    pub path: PathBuf,
    /// What the outputs call it: a path with `/` on every system. No two files have one name.
    pub name: String,
    /// Its path below its INPUT: the id of a text document, and whose first folder may be its outlet.
    pub below: String,
    /// How it is packed, and how its output will be.
    pub compression: Compression,
    /// Its size as it is stored.
    pub size: u64,
    /// How it is written, where it is a table.
    pub dialect: Dialect,
}

impl InputFile {
    /// The first folder below its INPUT.
    fn folder(&self) -> Option<&str> {
        self.below.split_once('/').map(|(folder, _)| folder)
    }
}

/// A document, and how it came to be what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// The document.
    pub document: Document,
    /// What its outlet was taken from.
    pub outlet_by: OutletBy,
    /// The encoding it was decoded from where that is not UTF-8: said by a byte order mark, or guessed.
    pub encoding: Option<&'static str>,
}
