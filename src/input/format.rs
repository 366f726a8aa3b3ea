//! The formats: the one place that knows all of them.

use std::ops::Range;

use serde::Serialize;

use super::chunk::Framer;
use super::compression::Stream;
use super::csv::{self, Rows};
use super::feed::Feed;
use super::files::Files;
use super::jsonl::{self, Lines};
use super::parquet::Groups;
use super::warc::{self, Records};
use super::{Corpus, InputFile, Parsed, page, text};
use crate::document::Source;

/// What the files of a shard hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ShardKind {
    /// One JSON object a line, in one file.
    Jsonl,
    /// One document a file.
    Text,
    /// One row of a table a document, in one file.
    Csv,
    /// One record of a web archive a document, in one file.
    Warc,
    /// One page a file.
    Html,
    /// One row a document, in one file.
    Parquet,
}

impl ShardKind {
    /// A file is one document, and a shard has many.
    pub fn is_file_a_document(self) -> bool {
        matches!(self, Self::Text | Self::Html)
    }

    /// Records that follow one another, so that they can be read from a pipe.
    pub(super) fn is_a_stream(self) -> bool {
        matches!(self, Self::Jsonl | Self::Csv | Self::Warc)
    }

    /// The ending a file of this kind has by custom.
    pub(super) fn ending(self) -> &'static str {
        match self {
            Self::Jsonl => ".jsonl",
            Self::Text => ".txt",
            Self::Csv => ".csv",
            Self::Warc => ".warc",
            Self::Html => ".html",
            Self::Parquet => ".parquet",
        }
    }

    /// Who cuts the files of a shard into records.
    pub(super) fn framer(self, corpus: &Corpus, files: Range<usize>) -> Box<dyn Framer + '_> {
        let file = files.start;
        match self {
            Self::Jsonl => Box::new(Feed::new(corpus, file, Lines)),
            Self::Csv => Box::new(Feed::new(corpus, file, Rows::of(&corpus.files[file].dialect))),
            Self::Warc => Box::new(Feed::new(corpus, file, Records)),
            Self::Parquet => Box::new(Groups::new(corpus, file)),
            Self::Text | Self::Html => Box::new(Files::new(corpus, files)),
        }
    }

    /// The same for a pipe that holds records.
    pub(super) fn piped(self, corpus: &Corpus, stream: Option<Stream>) -> Box<dyn Framer + '_> {
        match self {
            Self::Csv => {
                Box::new(Feed::of_pipe(corpus, Rows::of(&corpus.files[0].dialect), stream))
            }
            Self::Warc => Box::new(Feed::of_pipe(corpus, Records, stream)),
            _ => Box::new(Feed::of_pipe(corpus, Lines, stream)),
        }
    }

    /// Makes a document of a record.
    pub(super) fn parse(
        self,
        record: &[u8],
        source: Source,
        file: &InputFile,
        corpus: &Corpus,
    ) -> Result<Parsed, String> {
        match self {
            Self::Jsonl => jsonl::parse(record, source, corpus),
            Self::Text => text::parse(record, source, file, corpus),
            Self::Csv => csv::parse(record, &file.dialect, source, corpus),
            Self::Warc => warc::parse(record, source, corpus),
            Self::Html => page::parse(record, source, file, corpus),
            // Its rows are no bytes; see `Chunk::documents`.
            Self::Parquet => Err("a row that is not read with its group".into()),
        }
    }
}
