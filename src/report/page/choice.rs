//! Which articles the page has room for.

use std::collections::{BTreeMap, BTreeSet};

use super::shared::{At, Marked};
use crate::report::changes::Row;
use crate::report::summary::Summary;

/// Characters of text that are gathered for the page.
const CHARACTERS: u64 = 20 << 20;
/// Articles in the page.
const ARTICLES: u64 = 8000;

/// Records that families in the page lead to.
pub(super) type Marks = BTreeMap<At, Marked>;

/// Which articles the page shows: all that have something to show, or, where there are too many,
/// half of them from the most interesting passages, and of each outlet the first.
#[derive(Debug)]
pub(super) struct Choice {
    /// Records that passages lead to.
    wanted: BTreeSet<At>,
    /// Articles that may come beside them, and how many of one outlet.
    beside: u64,
    each: u64,
    taken: BTreeMap<String, u64>,
    characters: u64,
    chosen: BTreeMap<At, Vec<Row>>,
}

impl Choice {
    pub(super) fn new(summary: &Summary, marks: &Marks) -> Self {
        let all = &summary.counts.all;
        let length = (all.characters_in / all.documents.max(1)).max(1);
        let room = (CHARACTERS / length).clamp(1, ARTICLES);
        let outlets = summary.counts.outlets.len().max(1) as u64;
        let (wanted, beside, each) = if all.documents <= room {
            (marks.keys().cloned().collect(), u64::MAX, u64::MAX)
        } else {
            (most_interesting(marks, room / 2), room / 2, (room / 2).div_ceil(outlets))
        };
        let (taken, chosen) = (BTreeMap::new(), BTreeMap::new());
        Self { wanted, beside, each, taken, characters: 0, chosen }
    }

    /// Keeps the row if its document is wanted. The rows of a document come one after the other.
    pub(super) fn consider(&mut self, row: Row) {
        let at = At { file: row.file.clone(), record: row.record };
        let cost = row.text.chars().count() as u64;
        if let Some(rows) = self.chosen.get_mut(&at) {
            self.characters += cost;
            rows.push(row);
            return;
        }
        // Who is refused at the first row is refused at the next: room only shrinks.
        let wanted = self.wanted.contains(&at);
        let taken = self.taken.entry(row.outlet.clone()).or_default();
        let room = wanted || self.beside > 0 && *taken < self.each;
        if !room || self.characters >= CHARACTERS {
            self.wanted.remove(&at);
            return;
        }
        if !wanted {
            self.beside -= 1;
            *taken += 1;
        }
        self.characters += cost;
        self.chosen.insert(at, vec![row]);
    }

    /// What was chosen, with the documents of passages in which nothing was changed.
    pub(super) fn chosen(mut self) -> BTreeMap<At, Vec<Row>> {
        for at in self.wanted {
            self.chosen.entry(at).or_default();
        }
        self.chosen
    }
}

/// The records that the first families lead to.
fn most_interesting(marks: &Marks, room: u64) -> BTreeSet<At> {
    let mut by_interest: Vec<(usize, &At)> = marks
        .iter()
        .filter_map(|(at, marked)| Some((marked.marks.iter().map(|m| m.family).min()?, at)))
        .collect();
    by_interest.sort_unstable();
    by_interest.into_iter().take(room as usize).map(|(_, at)| at.clone()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(doc: u64, outlet: &str) -> Row {
        let row = json!({
            "doc": doc.to_string(), "file": "f", "record": doc, "outlet": outlet, "line": 1,
            "start": 0, "end": 1, "action": "remove", "category": "other", "reason": {"score": 1},
            "text": "x",
        });
        serde_json::from_value(row).unwrap()
    }

    fn choose(mut choice: Choice, rows: Vec<Row>) -> Vec<(u64, usize)> {
        for row in rows {
            choice.consider(row);
        }
        choice.chosen().iter().map(|(at, rows)| (at.record, rows.len())).collect()
    }

    fn choice(wanted: &[u64]) -> Choice {
        let at = |&record: &u64| At { file: "f".to_owned(), record };
        Choice {
            wanted: wanted.iter().map(at).collect(),
            beside: 2,
            each: 1,
            taken: BTreeMap::new(),
            characters: 0,
            chosen: BTreeMap::new(),
        }
    }

    #[test]
    fn of_each_outlet_the_first_and_all_that_passages_lead_to() {
        let rows =
            vec![row(1, "a"), row(1, "a"), row(2, "a"), row(3, "a"), row(4, "b"), row(5, "c")];
        assert_eq!(choose(choice(&[3, 9]), rows), [(1, 2), (3, 1), (4, 1), (9, 0)]);
    }

    #[test]
    fn a_document_without_room_is_not_taken_for_an_unchanged_one() {
        let full = Choice { characters: CHARACTERS, ..choice(&[1, 2]) };
        assert_eq!(choose(full, vec![row(1, "a"), row(1, "a")]), [(2, 0)]);
    }
}
