//! The documents as they are compared: which is preferred, and what they are called.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::config::KeepCopy;
use crate::dates::When;
use crate::dedup::Kind;
use crate::document::Document;
use crate::error::Result;
use crate::report::duplicates::Place;
use crate::spill::{Scratch, Store};

/// What is known of every document while they are compared.
#[derive(Debug)]
pub(crate) struct Listing {
    /// In memory, about 40 bytes a document.
    pub(crate) about: About,
    /// [`Place`] of each, on disk.
    pub(crate) places: Store,
}

/// What preferences rest on.
#[derive(Debug, Default)]
pub(crate) struct About {
    /// Numbers of outlets, by document.
    pub(super) outlets: Vec<u32>,
    names: BTreeMap<String, u32>,
    /// When each was published.
    pub(crate) dates: Vec<Option<When>>,
    /// Matching words of each.
    pub(super) lengths: Vec<u32>,
    /// So many documents, the first, belong to the corpus that is compared against.
    pub(crate) fixed: u32,
}

/// A document, as it goes on the list.
#[derive(Debug)]
pub(crate) struct Entry {
    outlet: String,
    date: Option<When>,
    words: usize,
    place: Vec<u8>,
}

impl Entry {
    /// Of a document with so many matching words, published then.
    pub(crate) fn new(document: &Document, date: Option<When>, words: usize) -> Self {
        let place = Place {
            doc: document.id.clone(),
            file: document.source.file.clone(),
            record: document.source.record,
            outlet: document.outlet.clone(),
            url: document.url.clone(),
            date: document.date.clone(),
            words,
            against: false,
        };
        Self {
            outlet: document.outlet.clone(),
            date,
            words,
            place: serde_json::to_vec(&place).unwrap_or_default(),
        }
    }
}

impl Listing {
    /// An empty list, whose places may take so much memory.
    pub(crate) fn within(scratch: &Scratch) -> Self {
        Self { about: About::default(), places: Store::within(scratch) }
    }

    /// Adds a document and gives the number of its outlet.
    pub(crate) fn push(&mut self, entry: Entry) -> Result<u32> {
        let about = &mut self.about;
        let next = about.names.len() as u32;
        let outlet = *about.names.entry(entry.outlet).or_insert(next);
        about.outlets.push(outlet);
        about.dates.push(entry.date);
        about.lengths.push(entry.words as u32);
        self.places.push(&entry.place)?;
        Ok(outlet)
    }

    /// What was added until now is what the rest is compared against.
    pub(crate) fn fix(&mut self) {
        self.about.fixed = self.about.len() as u32;
    }
}

impl About {
    /// How many documents there are.
    pub(super) fn len(&self) -> usize {
        self.outlets.len()
    }

    /// The documents by preference, as ranks.
    pub(super) fn ranks(&self, keep: &KeepCopy) -> Vec<u32> {
        let preferred: Vec<Option<u32>> = match keep {
            KeepCopy::Outlets(names) => {
                names.iter().map(|name| self.names.get(name).copied()).collect()
            }
            _ => Vec::new(),
        };
        let key = |&doc: &u32| {
            let at = doc as usize;
            let earliest = self.dates[at].map_or(i64::MAX, |date| date.earliest);
            let latest = self.dates[at].map_or(i64::MIN, |date| date.latest);
            let place = preferred.iter().position(|outlet| *outlet == Some(self.outlets[at]));
            match keep {
                KeepCopy::Earliest | KeepCopy::OnePerOutlet => (0, Reverse(0), earliest, doc),
                KeepCopy::Latest => (0, Reverse(latest), 0, doc),
                KeepCopy::Longest => (0, Reverse(i64::from(self.lengths[at])), earliest, doc),
                KeepCopy::First => (0, Reverse(0), 0, doc),
                KeepCopy::Outlets(_) => (place.unwrap_or(usize::MAX), Reverse(0), earliest, doc),
            }
        };
        let mut order: Vec<u32> = (0..self.len() as u32).collect();
        order.sort_unstable_by_key(key);
        let mut ranks = vec![0; order.len()];
        for (rank, doc) in (0..).zip(order) {
            ranks[doc as usize] = rank;
        }
        ranks
    }

    pub(super) fn why(&self, keep: &KeepCopy, kept: u32, kind: Kind) -> String {
        let date = self.dates[kept as usize].map(|_| ());
        let by_date = |what: &str| match date {
            Some(()) => what.to_owned(),
            None => "no date is known: first in the corpus".to_owned(),
        };
        if kept < self.fixed {
            return "it is in the corpus that is compared against".to_owned();
        }
        match (kind, keep) {
            (Kind::Contained, _) => "it has what the others have, and more".to_owned(),
            (_, KeepCopy::Earliest) => by_date("earliest"),
            (_, KeepCopy::Latest) => by_date("latest"),
            (_, KeepCopy::Longest) => "longest".to_owned(),
            (_, KeepCopy::First) => "first in the corpus".to_owned(),
            (_, KeepCopy::OnePerOutlet) => by_date("earliest of its outlet"),
            (_, KeepCopy::Outlets(names)) => {
                let is_named = |name| self.names.get(name) == Some(&self.outlets[kept as usize]);
                match names.iter().find(|&name| is_named(name)) {
                    Some(name) => format!("{name} is a preferred outlet"),
                    None => by_date("no preferred outlet has it: earliest"),
                }
            }
        }
    }
}
