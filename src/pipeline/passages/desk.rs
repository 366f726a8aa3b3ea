//! The desk: where the row of a family is put together from what its documents told.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use similar::{Algorithm, DiffOp};

use crate::error::Result;
use crate::hash;
use crate::passages::{self, Family, WordStore};
use crate::report::edges::Share;
use crate::report::kinds::{self, Profile};
use crate::report::passages::{Exemplar, Family as Row, Occurrence, Operation, first_seen};
use crate::words;

use super::super::dedup::listing::About;
use super::rarity::Rarity;
use super::telling::Telling;

/// What rows are made with, beside what was told.
#[derive(Debug)]
pub(super) struct Desk<'d> {
    pub(super) words: &'d WordStore,
    pub(super) about: &'d About,
    pub(super) rarity: &'d Rarity,
}

impl Desk<'_> {
    /// The row of a family; its id may be another's, too.
    pub(super) fn row(
        &self,
        family: &Family,
        mut tellings: Vec<Telling>,
    ) -> Result<(Row, Vec<Share>)> {
        let when = |doc: u32| self.about.dates[doc as usize];
        let earliest = |doc| when(doc).map_or(i64::MAX, |date| date.earliest);
        let shown = passages::exemplar(self.words, family, earliest)?;
        let exemplar = tellings[shown].clone();
        let mut vocabulary = Vocabulary::default();
        let tokens = Tokens::of(&exemplar.text, &mut vocabulary);
        for (telling, occurrence) in tellings.iter_mut().zip(&family.occurrences) {
            telling.row.against = occurrence.doc < self.about.fixed;
            compare(&tokens, telling, &mut vocabulary);
        }
        let shares = self.shares(family, &tellings);
        let docs = || family.occurrences.iter().map(|o| o.doc);
        let dated = docs().zip(&tellings).filter_map(|(doc, t)| when(doc).map(|w| (&t.row, w)));
        let first_seen = first_seen(dated);
        let distinct = |name: fn(&Occurrence) -> (&str, u64, &str)| {
            tellings.iter().map(|t| name(&t.row)).collect::<BTreeSet<_>>().len()
        };
        let outlets = distinct(|o| (&o.outlet, 0, ""));
        let documents = distinct(|o| (&o.file, o.record, &o.doc));
        let words = tokens.words.len();
        let rarity = self.rarity_of(family.occurrences[shown])?;
        let (kind, evidence) = kinds::kind(&Profile {
            text: &exemplar.text,
            words,
            least_documents: least_documents(&tellings),
            rarity: rarity / words.min(kinds::MOST_COUNTED) as f64,
            traces: tellings.iter().map(|t| &t.traces).collect(),
        });
        let row = Row {
            id: format!("{:016x}", hash::of(folded(&exemplar.text).as_bytes())),
            words,
            outlets,
            documents,
            first_seen,
            interest: kinds::interest(kind, rarity, words, outlets),
            kind,
            evidence,
            exemplar: Exemplar { doc: exemplar.row.doc, text: exemplar.text },
            occurrences: tellings.into_iter().map(|t| t.row).collect(),
        };
        Ok((row, shares))
    }

    /// What each outlet has of a family, ordered by outlet.
    fn shares(&self, family: &Family, tellings: &[Telling]) -> Vec<Share> {
        let mut shares: BTreeMap<&str, Share> = BTreeMap::new();
        for (o, telling) in family.occurrences.iter().zip(tellings) {
            let outlet = telling.row.outlet.as_str();
            let new = || Share { outlet: outlet.to_owned(), ..Share::default() };
            let share = shares.entry(outlet).or_insert_with(new);
            share.corpora.0 |= !telling.row.against;
            share.corpora.1 |= telling.row.against;
            share.words = share.words.max(u64::from(o.words()));
            let earlier = self.about.dates[o.doc as usize].into_iter().chain(share.first).min();
            share.first = earlier;
        }
        shares.into_values().collect()
    }

    /// The rarity of the words of a passage, added up.
    fn rarity_of(&self, passage: passages::Occurrence) -> Result<f64> {
        let keys = self.words.stretch(passage)?;
        Ok(keys.iter().take(kinds::MOST_COUNTED).map(|&key| self.rarity.of_word(key)).sum())
    }
}

/// Documents in the outlet that has the fewest.
fn least_documents(tellings: &[Telling]) -> usize {
    let mut documents: BTreeMap<&str, BTreeSet<(&str, u64)>> = BTreeMap::new();
    for Occurrence { outlet, file, record, .. } in tellings.iter().map(|t| &t.row) {
        documents.entry(outlet).or_default().insert((file, *record));
    }
    documents.values().map(BTreeSet::len).min().unwrap_or(0)
}

/// Similarity and difference, word by word, where there is any.
fn compare(there: &Tokens<'_>, telling: &mut Telling, vocabulary: &mut Vocabulary) {
    if there.text == telling.text {
        return;
    }
    let here = Tokens::of(&telling.text, vocabulary);
    if there.words == here.words {
        return;
    }
    let ops = similar::capture_diff_slices(Algorithm::Myers, &there.words, &here.words);
    let equal: usize =
        ops.iter().map(|op| if let DiffOp::Equal { len, .. } = op { *len } else { 0 }).sum();
    let all = there.words.len() + here.words.len();
    telling.row.similarity = ((2 * equal) as f64 / all.max(1) as f64 * 1e4).round() / 1e4;
    telling.row.diff = ops
        .iter()
        .map(|op| {
            let (tag, old, new) = op.as_tag_tuple();
            let name = match tag {
                similar::DiffTag::Equal => Operation::Equal,
                similar::DiffTag::Delete => Operation::Delete,
                similar::DiffTag::Insert => Operation::Insert,
                similar::DiffTag::Replace => Operation::Replace,
            };
            (name, there.slice(old), here.slice(new))
        })
        .collect();
}

/// The matching words of a text with spaces between them.
fn folded(text: &str) -> String {
    let mut folded = String::new();
    words::each(text, |word, _| {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(word);
    });
    folded
}

/// The matching words of a family's texts, each with a number: texts are compared by these.
#[derive(Debug, Default)]
struct Vocabulary {
    numbers: HashMap<String, u32>,
}

impl Vocabulary {
    fn number(&mut self, word: &str) -> u32 {
        if let Some(&number) = self.numbers.get(word) {
            return number;
        }
        let number = self.numbers.len() as u32;
        self.numbers.insert(word.to_owned(), number);
        number
    }
}

/// A text as its matching words, by their numbers.
struct Tokens<'t> {
    text: &'t str,
    words: Vec<u32>,
    ranges: Vec<Range<usize>>,
}

impl<'t> Tokens<'t> {
    fn of(text: &'t str, vocabulary: &mut Vocabulary) -> Self {
        let mut tokens = Self { text, words: Vec::new(), ranges: Vec::new() };
        words::each(text, |word, range| {
            tokens.words.push(vocabulary.number(word));
            tokens.ranges.push(range);
        });
        tokens
    }

    fn slice(&self, words: Range<usize>) -> String {
        match (self.ranges.get(words.start), words.end.checked_sub(1)) {
            (Some(first), Some(last)) if !words.is_empty() => {
                self.text[first.start..self.ranges[last].end].to_owned()
            }
            _ => String::new(),
        }
    }
}
