//! `attributes/`: what was removed, as spans beside the documents, in the form of the tools of Dolma.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::change::{Action, EditList};
use crate::document::Document;
use crate::offsets::CodePoints;

/// What the attributes' names begin with.
const PREFIX: &str = "unchaff__";

/// A line: one document, in the order of the input.
#[derive(Debug, Serialize)]
struct Row<'d> {
    id: &'d str,
    /// By name, the spans in the original text, in code points, and their scores.
    attributes: BTreeMap<String, Vec<(usize, usize, f32)>>,
}

/// The line of one document, added to `out`.
pub fn write(document: &Document, edits: &EditList, out: &mut Vec<u8>) {
    let mut points = CodePoints::new(&document.text);
    let mut attributes: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for change in edits.changes().iter().filter(|change| change.action == Action::Remove) {
        let Some(category) = change.category else { continue };
        let span = (points.at(change.range.start), points.at(change.range.end));
        let spans = attributes.entry(format!("{PREFIX}{category}")).or_default();
        spans.push((span.0, span.1, change.reason.score));
    }
    // Writing to memory does not fail, and no key is anything but a string.
    if serde_json::to_writer(&mut *out, &Row { id: &document.id, attributes }).is_ok() {
        out.push(b'\n');
    }
}
