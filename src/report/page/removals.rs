//! What was removed, line by line: for each category the lines that went most often.

use std::collections::BTreeMap;

use serde::Serialize;

use super::names::Names;
use super::shared::opening;
use crate::report::changes::{ActionName, Row};
use crate::verdict::Category;

/// Different lines of a category that are counted, the first in the corpus.
const COUNTED: usize = 5000;
/// Lines of a category in the page.
const SHOWN: usize = 100;
/// Characters of a line that are shown.
const LENGTH: usize = 240;

/// Lines that were removed, and how often.
#[derive(Debug, Default)]
pub(super) struct Removals {
    lines: BTreeMap<Category, BTreeMap<(String, String), Seen>>,
}

#[derive(Debug)]
struct Seen {
    times: u64,
    rule: Option<String>,
    file: String,
    record: u64,
}

/// A removed line as the page shows it.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    text: String,
    outlet: usize,
    /// How often the outlet's documents had it.
    times: u64,
    rule: Option<String>,
    /// The first record that had it.
    file: String,
    record: u64,
}

impl Removals {
    /// How a removal is shown, by which it is counted.
    pub(super) fn shown(row: &Row) -> String {
        opening(&row.text, LENGTH)
    }

    /// Counts a removal. A line that is counted at all is counted from its first time on.
    pub(super) fn add(&mut self, row: &Row, shown: String) {
        let Some(category) = row.category.filter(|_| row.action != ActionName::Replace) else {
            return;
        };
        let lines = self.lines.entry(category).or_default();
        let key = (shown, row.outlet.clone());
        if let Some(seen) = lines.get_mut(&key) {
            seen.times += 1;
        } else if lines.len() < COUNTED {
            let rule = row.reason.rule.clone();
            let seen = Seen { times: 1, rule, file: row.file.clone(), record: row.record };
            lines.insert(key, seen);
        }
    }

    /// The lines of each category that went most often.
    pub(super) fn into_lines(self, names: &mut Names) -> BTreeMap<Category, Vec<Line>> {
        let of = |lines: BTreeMap<(String, String), Seen>, names: &mut Names| {
            let mut lines: Vec<_> = lines.into_iter().collect();
            lines.sort_by(|a, b| b.1.times.cmp(&a.1.times).then_with(|| a.0.cmp(&b.0)));
            lines.truncate(SHOWN);
            let line = |((text, outlet), seen): ((String, String), Seen)| {
                let Seen { times, rule, file, record } = seen;
                Line { text, outlet: names.number(&outlet), times, rule, file, record }
            };
            lines.into_iter().map(line).collect()
        };
        self.lines.into_iter().map(|(category, lines)| (category, of(lines, names))).collect()
    }
}
