//! `duplicates.jsonl`: who says the same as whom, and which one stays.

use serde::{Deserialize, Serialize};

use crate::dedup::Kind;

/// A row of `duplicates.jsonl`: one text that stays and those it stays for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cluster {
    /// From the place of the one that stays: the same in every run on the same files.
    pub id: String,
    /// What is compared: whole documents, or parts of them.
    pub unit: Unit,
    /// The loosest of the members' kinds.
    pub kind: Kind,
    /// The document that stays, or that keeps the part.
    pub kept: Place,
    /// Why it stays.
    pub why: String,
    /// The others, in the order of the corpus.
    pub members: Vec<Member>,
}

/// What can be a duplicate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Whole documents
    #[default]
    Document,
    /// Whole documents; then, inside those that stay, paragraphs that another one has
    Paragraph,
    /// Whole documents; then, inside those that stay, any stretch of words that another one has
    Passage,
}

/// A document, as the rows name it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// Its id.
    pub doc: String,
    /// Its file; with `--against`, a file of the other corpus where `against` is set.
    pub file: String,
    /// Its record in the file, from 1.
    pub record: u64,
    /// Its outlet.
    pub outlet: String,
    /// Where it was published.
    pub url: Option<String>,
    /// When, as the record says it.
    pub date: Option<String>,
    /// How many matching words it has.
    pub words: usize,
    /// It is a document of the corpus that was compared against.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub against: bool,
}

/// One that goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// The document.
    #[serde(flatten)]
    pub place: Place,
    /// In which way it is a duplicate.
    pub kind: Kind,
    /// The share of its words that the one that stays has.
    pub overlap: f64,
    /// The share of the kept one's words that it has.
    pub overlap_of_kept: f64,
    /// For a part: how many words of the document are the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stretch: Option<u32>,
    /// Whether the document was left out of the output.
    pub dropped: bool,
}
