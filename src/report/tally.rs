//! Counts of a run. Tallies merge in any order to the same counts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::change::{Action, EditList};
use crate::config::Mode;
use crate::verdict::Category;

/// Lines or spans, and their characters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// How many removals.
    pub removals: u64,
    /// How many characters they hold.
    pub characters: u64,
}

impl Amount {
    fn add(&mut self, other: Self) {
        self.removals += other.removals;
        self.characters += other.characters;
    }
}

/// Documents and what became of their text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Documents.
    pub documents: u64,
    /// Characters of their original texts.
    pub characters_in: u64,
    /// Characters of their output.
    pub characters_out: u64,
    /// What was removed, by category.
    pub removed: BTreeMap<Category, Amount>,
    /// What would have been removed, where that was only told.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tagged: BTreeMap<Category, Amount>,
}

impl Tally {
    /// Counts one document: its original text and its output, and the edits that were made or only
    /// told.
    pub fn add(&mut self, (original, output): (&str, &str), edits: &EditList, mode: Mode) {
        let amounts = match mode {
            Mode::Remove => &mut self.removed,
            Mode::Tag => &mut self.tagged,
        };
        self.documents += 1;
        self.characters_in += original.chars().count() as u64;
        self.characters_out += output.chars().count() as u64;
        for change in edits.changes().iter().filter(|c| c.action == Action::Remove) {
            if let Some(category) = change.category {
                let characters = original[change.range.clone()].chars().count() as u64;
                amounts.entry(category).or_default().add(Amount { removals: 1, characters });
            }
        }
    }

    /// Adds another tally.
    pub fn merge(&mut self, other: &Self) {
        self.documents += other.documents;
        self.characters_in += other.characters_in;
        self.characters_out += other.characters_out;
        for (mine, theirs) in
            [(&mut self.removed, &other.removed), (&mut self.tagged, &other.tagged)]
        {
            for (category, amount) in theirs {
                mine.entry(*category).or_default().add(*amount);
            }
        }
    }

    /// Everything that was removed.
    pub fn removed_in_all(&self) -> Amount {
        in_all(&self.removed)
    }

    /// Everything that would have been removed.
    pub fn tagged_in_all(&self) -> Amount {
        in_all(&self.tagged)
    }
}

fn in_all(amounts: &BTreeMap<Category, Amount>) -> Amount {
    let mut all = Amount::default();
    for amount in amounts.values() {
        all.add(*amount);
    }
    all
}

/// All the counts of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// All documents.
    pub all: Tally,
    /// By outlet.
    pub outlets: BTreeMap<String, Tally>,
    /// Removals by rule, made or only told.
    pub rules: BTreeMap<String, u64>,
    /// Replacements by step of normalisation.
    pub replacements: BTreeMap<String, u64>,
    /// How outlets were found, and for how many documents.
    pub outlets_found_by: BTreeMap<String, u64>,
    /// What dates of publication are: known, missing, unreadable, or ambiguous between day and month.
    pub dates: BTreeMap<String, u64>,
    /// Languages that documents were judged in.
    pub languages: BTreeMap<String, u64>,
    /// Encodings other than UTF-8 that files were read in.
    pub encodings: BTreeMap<String, u64>,
    /// What documents are known to be.
    pub flags: BTreeMap<String, u64>,
    /// Records that are no documents by their kind, such as the images of a web archive.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub skipped: BTreeMap<String, u64>,
    /// Records that could not be read.
    pub rejects: u64,
}

impl Counts {
    /// Counts the changes of one document: its original text and its output, and the edits that
    /// were made or only told.
    pub fn add(&mut self, outlet: &str, texts: (&str, &str), edits: &EditList, mode: Mode) {
        let mut one = Tally::default();
        one.add(texts, edits, mode);
        self.all.merge(&one);
        self.outlets.entry(outlet.to_owned()).or_default().merge(&one);
        for change in edits.changes() {
            let Some(rule) = &change.reason.rule else { continue };
            match (&change.action, mode) {
                (Action::Remove, _) => count(&mut self.rules, rule),
                (Action::Replace(_), Mode::Remove) => count(&mut self.replacements, rule),
                (Action::Replace(_), Mode::Tag) => {}
            }
        }
    }

    /// Adds another tally.
    pub fn merge(&mut self, other: &Self) {
        self.all.merge(&other.all);
        for (outlet, tally) in &other.outlets {
            self.outlets.entry(outlet.clone()).or_default().merge(tally);
        }
        for (mine, theirs) in [
            (&mut self.rules, &other.rules),
            (&mut self.replacements, &other.replacements),
            (&mut self.outlets_found_by, &other.outlets_found_by),
            (&mut self.dates, &other.dates),
            (&mut self.languages, &other.languages),
            (&mut self.encodings, &other.encodings),
            (&mut self.flags, &other.flags),
            (&mut self.skipped, &other.skipped),
        ] {
            for (name, n) in theirs {
                *mine.entry(name.clone()).or_default() += n;
            }
        }
        self.rejects += other.rejects;
    }
}

/// One more of `name`.
pub fn count(counts: &mut BTreeMap<String, u64>, name: &str) {
    match counts.get_mut(name) {
        Some(n) => *n += 1,
        None => {
            counts.insert(name.to_owned(), 1);
        }
    }
}
