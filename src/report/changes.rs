//! `changes/`: one row for every change that was made to a text, enough to undo it.

use serde::{Deserialize, Serialize};

use crate::change::{Action, Change, EditList, Undo};
use crate::config::Mode;
use crate::document::Document;
use crate::offsets::CodePoints;
use crate::verdict::{Category, Reason};

/// A row of `changes/`. Offsets are code points of the original text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The document's id.
    pub doc: String,
    /// The input file.
    pub file: String,
    /// The record in it, from 1.
    pub record: u64,
    /// The document's outlet.
    pub outlet: String,
    /// The line of what was removed or replaced, from 1; the range may begin before it, with the
    /// white space that went along.
    pub line: u32,
    /// First code point.
    pub start: usize,
    /// The code point behind the last.
    pub end: usize,
    /// What happened.
    pub action: ActionName,
    /// What stands there now, where something was replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<String>,
    /// What was removed; null for a replacement, which takes nothing of the article.
    pub category: Option<Category>,
    /// Why.
    pub reason: Reason,
    /// What stood there.
    pub text: String,
}

impl Row {
    /// What undoes it; nothing does where it was only told.
    pub fn into_undo(self) -> Option<Undo> {
        let Self { start, text, with, action, .. } = self;
        (action != ActionName::Tag).then(|| Undo { start, text, with: with.unwrap_or_default() })
    }
}

/// The kinds of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActionName {
    /// A judge took it out.
    Remove,
    /// Normalisation writes something else.
    Replace,
    /// A judge would take it out, and it stands there still.
    Tag,
}

/// The rows of one document, a line each, added to `out`. Where edits are only told, normalisation
/// has done nothing, and removals are tags.
pub fn write(document: &Document, edits: &EditList, mode: Mode, out: &mut Vec<u8>) {
    let mut points = CodePoints::new(&document.text);
    let told = |change: &&Change| mode == Mode::Remove || change.action == Action::Remove;
    for change in edits.changes().iter().filter(told) {
        let mut row = row(document, change, &mut points);
        if mode == Mode::Tag {
            row.action = ActionName::Tag;
        }
        // Writing to memory does not fail, and a row has no map whose keys are no strings.
        if serde_json::to_writer(&mut *out, &row).is_ok() {
            out.push(b'\n');
        }
    }
}

fn row(document: &Document, change: &Change, points: &mut CodePoints<'_>) -> Row {
    let (action, with) = match &change.action {
        Action::Remove => (ActionName::Remove, None),
        Action::Replace(with) => (ActionName::Replace, Some(with.clone())),
    };
    Row {
        doc: document.id.clone(),
        file: document.source.file.clone(),
        record: document.source.record,
        outlet: document.outlet.clone(),
        line: change.line,
        start: points.at(change.range.start),
        end: points.at(change.range.end),
        action,
        with,
        category: change.category,
        reason: change.reason.clone(),
        text: document.text[change.range.clone()].to_owned(),
    }
}
