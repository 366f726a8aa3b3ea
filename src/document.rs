//! The document: one article record, with everything it came with.

use std::ops::Range;

/// One article record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document {
    /// The input's own identifier, unchanged; where it has none, `PATH:RECORD`.
    pub id: String,
    /// Who published it, as resolved by the rules of [`crate::input::outlet`].
    pub outlet: String,
    /// Where it was published.
    pub url: Option<String>,
    /// When, as the record says it.
    pub date: Option<String>,
    /// Its headline, where the record has one.
    pub title: Option<String>,
    /// Its language as a primary subtag (`en`), where the record says so.
    pub lang: Option<String>,
    /// The original text: what was decoded, before any change. All offsets refer to it.
    pub text: String,
    /// Where the record stands.
    pub source: Source,
    /// The text was extracted from a page, which is not kept: the output tells it.
    pub extracted: bool,
    /// What the page's markup says of each line of the text; empty where it was no page.
    pub markup: Vec<Markup>,
    /// What is needed to write the record again with another text.
    pub envelope: Envelope,
}

/// What the markup of a page says of one line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Markup {
    /// How much of it stands in links, in per cent of its characters.
    pub linked: u8,
    /// What it was marked as.
    pub tag: Tag,
}

impl Markup {
    /// Whether all of it that matters is a link, or a row of them.
    pub fn is_link(self) -> bool {
        self.linked >= 90
    }
}

/// What an element is for, as far as it tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tag {
    /// A paragraph, or nothing in particular.
    #[default]
    Plain,
    /// An item of a list.
    Item,
    /// What is said of a picture.
    Caption,
}

/// Where a record stands in the corpus.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    /// The input file, as the outputs name it: a path with `/`.
    pub file: String,
    /// Index of the shard in [`crate::input::Corpus::shards`].
    pub shard: u32,
    /// The record's number in its file, from 1.
    pub record: u64,
    /// Number of the document in the corpus, from 0, counting every record that was framed.
    pub ordinal: u64,
    /// Where the record begins in its file, in bytes after decompression.
    pub offset: u64,
}

/// The record around the text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Envelope {
    /// A text file: nothing but the text.
    #[default]
    Text,
    /// A row of a Parquet file, which stays there.
    Row,
    /// A line of JSON, which stays in its chunk.
    Line {
        /// The JSON string in it that holds the text, quotation marks included.
        text: Range<usize>,
    },
    /// A line of JSON that was made of what is none, such as a row of a table.
    Made {
        /// The whole object, from `{` to `}`.
        line: String,
        /// The JSON string that holds the text, quotation marks included.
        text: Range<usize>,
    },
}
