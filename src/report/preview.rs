//! What a dry run shows: what would go, by category and by what speaks against it, with examples.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::ser::SerializeStruct;

use crate::change::{Action, EditList};
use crate::document::Document;
use crate::hash;
use crate::verdict::{Category, Reason};

/// Examples of each kind.
const EXAMPLES: usize = 10;
/// Characters of an example's text.
const SHOWN: usize = 240;

/// What would go of a corpus. Previews merge in any order to the same one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Preview {
    /// Documents that were looked at.
    pub documents: u64,
    /// Characters of their texts.
    pub characters: u64,
    kinds: BTreeMap<(Category, String), Kind>,
}

#[derive(Debug, Clone, Default, PartialEq)]
struct Kind {
    removals: u64,
    characters: u64,
    bytes: u64,
    /// By a hash of their text: the least are as good as drawn by lot, and always the same.
    examples: BTreeMap<u64, Example>,
}

/// A removal, as an example of its kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Example {
    /// The input file.
    pub file: String,
    /// The record in it, from 1.
    pub record: u64,
    /// The line in its text, from 1.
    pub line: u32,
    /// The document's id.
    pub doc: String,
    /// What would go, without white space around it, cut off where it is long.
    pub text: String,
}

/// A row of the preview.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// What would go.
    pub category: Category,
    /// The rule that speaks against it, or the evidence where no rule does.
    pub by: String,
    /// How many removals.
    pub removals: u64,
    /// Characters they hold.
    pub characters: u64,
    /// Their bytes in UTF-8.
    pub bytes: u64,
    /// Some of them, each with another text.
    pub examples: Vec<Example>,
}

impl Preview {
    /// Adds what would go of a document.
    pub fn add(&mut self, document: &Document, edits: &EditList) {
        self.documents += 1;
        self.characters += document.text.chars().count() as u64;
        for change in edits.changes().iter().filter(|change| change.action == Action::Remove) {
            let Some(category) = change.category else { continue };
            let text = &document.text[change.range.clone()];
            let kind = self.kinds.entry((category, by(&change.reason))).or_default();
            kind.removals += 1;
            kind.characters += text.chars().count() as u64;
            kind.bytes += text.len() as u64;
            let example = Example {
                file: document.source.file.clone(),
                record: document.source.record,
                line: change.line,
                doc: document.id.clone(),
                text: shortened(text.trim()),
            };
            kind.offer(hash::of(text.trim().as_bytes()), example);
        }
    }

    /// Adds another preview.
    pub fn merge(&mut self, other: Self) {
        self.documents += other.documents;
        self.characters += other.characters;
        for (name, theirs) in other.kinds {
            let kind = self.kinds.entry(name).or_default();
            kind.removals += theirs.removals;
            kind.characters += theirs.characters;
            kind.bytes += theirs.bytes;
            theirs.examples.into_iter().for_each(|(lot, example)| kind.offer(lot, example));
        }
    }

    /// All of it in rows: categories by what they take, and in each the same.
    pub fn rows(&self) -> Vec<Row> {
        let mut of_category: BTreeMap<Category, u64> = BTreeMap::new();
        for ((category, _), kind) in &self.kinds {
            *of_category.entry(*category).or_default() += kind.bytes;
        }
        let row = |((category, by), kind): (&(Category, String), &Kind)| Row {
            category: *category,
            by: by.clone(),
            removals: kind.removals,
            characters: kind.characters,
            bytes: kind.bytes,
            examples: kind.examples.values().cloned().collect(),
        };
        let mut rows: Vec<Row> = self.kinds.iter().map(row).collect();
        rows.sort_by(|a, b| {
            let size = |row: &Row| (of_category[&row.category], row.category, row.bytes);
            size(b).cmp(&size(a)).then_with(|| a.by.cmp(&b.by))
        });
        rows
    }
}

impl Serialize for Preview {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut told = to.serialize_struct("Preview", 3)?;
        told.serialize_field("documents", &self.documents)?;
        told.serialize_field("characters", &self.characters)?;
        told.serialize_field("removals", &self.rows())?;
        told.end()
    }
}

impl Kind {
    /// Takes an example in where it is among those with the least hashes; of equal texts the first.
    fn offer(&mut self, lot: u64, example: Example) {
        let kept = self.examples.entry(lot).or_insert_with(|| example.clone());
        if example < *kept {
            *kept = example;
        }
        if self.examples.len() > EXAMPLES {
            self.examples.pop_last();
        }
    }
}

/// The rule, or the first evidence without its numbers: `template: in 9 of 12` is `template`.
fn by(reason: &Reason) -> String {
    let evidence = || reason.evidence.first().map_or("", String::as_str);
    let kind = || evidence().split_once(':').map_or(evidence(), |(kind, _)| kind).to_owned();
    reason.rule.clone().unwrap_or_else(kind)
}

fn shortened(text: &str) -> String {
    let mut chars = text.chars();
    let mut kept: String = chars.by_ref().take(SHOWN).collect();
    if chars.next().is_some() {
        kept.push('…');
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Source;
    use crate::verdict::Verdict;

    /// A document of which its first line would go.
    fn document(record: u64, line: &str) -> (Document, EditList) {
        let text = format!("{line}\n\nThe ferry came in.\n");
        let blocks = crate::segment::segment(&text);
        let evidence = vec!["template: in 9 of 12".to_owned()];
        let mut verdicts = vec![Verdict::Keep; blocks.len()];
        verdicts[0] = Verdict::Remove(Category::Template, Reason { evidence, ..Reason::default() });
        let edits = EditList::assemble(&text, &blocks, &verdicts, &vec![None; blocks.len()]);
        let source = Source { file: "a.jsonl".into(), record, ..Source::default() };
        (Document { text, source, ..Document::default() }, edits)
    }

    #[test]
    fn the_same_ten_examples_are_shown_in_whatever_order_they_come() {
        let documents: Vec<_> =
            (0..40).map(|i| document(i, &format!("Tide table {}", i % 25))).collect();
        let preview = |order: &mut dyn Iterator<Item = usize>| {
            let mut all = Preview::default();
            for i in order {
                let mut one = Preview::default();
                one.add(&documents[i].0, &documents[i].1);
                all.merge(one);
            }
            all
        };
        let forward = preview(&mut (0..40));
        assert_eq!(preview(&mut (0..40).rev()), forward);
        let [row] = forward.rows().try_into().unwrap();
        assert_eq!((row.by.as_str(), row.removals, row.examples.len()), ("template", 40, EXAMPLES));
        assert_eq!(row.characters, row.bytes);
        assert!(row.examples.iter().all(|e| e.record < 25), "of equal texts the first");
    }
}
