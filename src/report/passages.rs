//! `passages.jsonl`: families of shared passages as people and programs read them.

use serde::{Deserialize, Serialize};

use crate::dates::When;

/// A row of `passages.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Family {
    /// From the exemplar's matching words: the same passage has the same id in every run.
    pub id: String,
    /// Length of the exemplar in words.
    pub words: usize,
    /// Outlets that have it.
    pub outlets: usize,
    /// Documents that have it.
    pub documents: usize,
    /// The earliest occurrence in this corpus, where dates are known.
    pub first_seen: Option<FirstSeen>,
    /// By what families are ranked: length, rarity of the words and number of outlets.
    pub interest: f64,
    /// What it is.
    pub kind: Kind,
    /// What that rests on.
    pub evidence: Vec<String>,
    /// The occurrence it is shown by.
    pub exemplar: Exemplar,
    /// All of them, in the order of the corpus.
    pub occurrences: Vec<Occurrence>,
}

/// The earliest occurrence in the corpus. Who wrote it first may not be in the corpus.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FirstSeen {
    /// Its date, as the record says it.
    pub date: String,
    /// Its document.
    pub doc: String,
    /// Its outlet.
    pub outlet: String,
    /// Other outlets that may have been as early, as far as dates tell.
    pub ties: Vec<String>,
}

/// What a shared passage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Most of it stands in quotation marks, a third of the words of all occurrences or more.
    Quotation,
    /// It is most of at least one document, or much of one that credits an agency.
    SyndicatedCopy,
    /// A document that has it is a press release.
    PressRelease,
    /// Short, and of common words or mostly a name.
    StockPhrase,
    /// Many documents of each outlet have it.
    NetworkTemplate,
    /// Terms, notices and clauses.
    LegalText,
    /// None of these.
    Passage,
}

impl Kind {
    /// The name used in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Quotation => "quotation",
            Self::SyndicatedCopy => "syndicated_copy",
            Self::PressRelease => "press_release",
            Self::StockPhrase => "stock_phrase",
            Self::NetworkTemplate => "network_template",
            Self::LegalText => "legal_text",
            Self::Passage => "passage",
        }
    }
}

/// The occurrence a family is shown by: the earliest, then the longest, then the first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exemplar {
    /// Its document.
    pub doc: String,
    /// Its cleaned text.
    pub text: String,
}

/// One occurrence. Offsets are code points: `start`, `end` and `holes` of the original text,
/// `clean_start` and `clean_end` of the output.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Occurrence {
    /// The document's id.
    pub doc: String,
    /// The input file.
    pub file: String,
    /// The record in it, from 1.
    pub record: u64,
    /// The outlet.
    pub outlet: String,
    /// Whether it is of the corpus that this one was held against.
    #[serde(default, skip_serializing_if = "is_false")]
    pub against: bool,
    /// The document's address.
    pub url: Option<String>,
    /// Its date, as the record says it.
    pub date: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// First code point.
    pub start: usize,
    /// The code point behind the last.
    pub end: usize,
    /// Removed ranges inside.
    pub holes: Vec<[usize; 2]>,
    /// First code point in the output.
    pub clean_start: usize,
    /// The code point behind the last in the output.
    pub clean_end: usize,
    /// Paragraphs it runs over in the output.
    pub paragraphs: usize,
    /// Twice the words it has in common with the exemplar, in order, over the words of both.
    pub similarity: f64,
    /// Up to eight words before it in the output.
    pub before: String,
    /// Up to eight words behind it in the output.
    pub after: String,
    /// Where it differs from the exemplar: operation, words there, words here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diff: Vec<(Operation, String, String)>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "what serde asks for")]
fn is_false(value: &bool) -> bool {
    !value
}

/// How an occurrence differs from the exemplar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// The same words.
    Equal,
    /// Words of the exemplar that are not here.
    Delete,
    /// Words here that the exemplar has not.
    Insert,
    /// Other words in the place of the exemplar's.
    Replace,
}

/// The earliest of the dated occurrences and the outlets that may have been as early.
pub fn first_seen<'o>(dated: impl Iterator<Item = (&'o Occurrence, When)>) -> Option<FirstSeen> {
    let dated: Vec<_> = dated.collect();
    let (first, when) = dated.iter().min_by_key(|(_, when)| (when.earliest, when.latest))?;
    let mut ties: Vec<String> = dated
        .iter()
        .filter(|(o, w)| w.overlaps(*when) && o.outlet != first.outlet)
        .map(|(o, _)| o.outlet.clone())
        .collect();
    ties.sort();
    ties.dedup();
    Some(FirstSeen {
        date: first.date.clone().unwrap_or_default(),
        doc: first.doc.clone(),
        outlet: first.outlet.clone(),
        ties,
    })
}
