//! The change: one entry of the one ordered edit list that turns original text into output.
//!
//! Every offset that a file or report shows is derived from this list, and undoing it on the output
//! gives the original.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::block::Block;
use crate::normalize::Edits;
use crate::verdict::{Category, Cut, Reason, Verdict};

/// What happens to a range of the original text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Action {
    /// A judge decided that it is not the article's.
    Remove,
    /// Normalisation writes this instead; nothing of the article goes.
    Replace(String),
}

/// One entry of the edit list. In temporary files it is only the edit, without its reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Bytes of the original text. Empty where normalisation inserts.
    pub range: Range<usize>,
    /// The line of what is removed or replaced, from 1; white space before it may go along.
    #[serde(skip)]
    pub line: u32,
    /// What happens to it.
    pub action: Action,
    /// What was removed; none for a replacement.
    #[serde(skip)]
    pub category: Option<Category>,
    /// Why.
    #[serde(skip)]
    pub reason: Reason,
}

/// The ordered, disjoint list of changes of one document.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct EditList {
    changes: Vec<Change>,
}

impl EditList {
    /// The list for a document's blocks: verdicts and normalisation of each block's body, and white
    /// space between the blocks that stay brought to one line end, or one blank line where there
    /// was at least one.
    pub fn assemble(
        text: &str,
        blocks: &[Block],
        verdicts: &[Verdict],
        edits: &[Option<Edits>],
    ) -> Self {
        let mut assembly = Assembly { text, blocks, spaces: Vec::new(), changes: Vec::new() };
        let solid = blocks.iter().enumerate().filter(|(_, block)| !block.is_blank());
        let mut gone: Vec<Gone<'_>> = Vec::new();
        let mut end_of_kept = None;
        for (i, block) in solid {
            if let Verdict::Remove(category, reason) = &verdicts[i] {
                gone.push((block, *category, reason));
                continue;
            }
            assembly.gap(end_of_kept, Some(block.body.start), &gone);
            gone.clear();
            let cuts = if let Verdict::Cut(cuts) = &verdicts[i] { cuts.as_slice() } else { &[] };
            assembly.body(block, cuts, edits[i].as_ref());
            end_of_kept = Some(block.body.end);
        }
        assembly.gap(end_of_kept, None, &gone);
        Self { changes: assembly.changes }
    }

    /// The changes, in order.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Whether the output is the original.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The output.
    pub fn apply(&self, original: &str) -> String {
        let mut out = String::with_capacity(original.len());
        let mut at = 0;
        for change in &self.changes {
            out.push_str(&original[at..change.range.start]);
            if let Action::Replace(with) = &change.action {
                out.push_str(with);
            }
            at = change.range.end;
        }
        out.push_str(&original[at..]);
        out
    }

    /// The removed ranges of the original text, sorted and disjoint.
    pub fn removed(&self) -> Vec<Range<usize>> {
        let removals = self.changes.iter().filter(|c| c.action == Action::Remove);
        removals.map(|c| c.range.clone()).collect()
    }

    /// Where byte `at` of the original stands in the output; inside a change, the change's end.
    pub fn to_output(&self, at: usize) -> usize {
        let (mut gone, mut come) = (0, 0);
        for change in self.changes.iter().take_while(|c| c.range.start < at) {
            gone += change.range.len().min(change.range.end.min(at) - change.range.start);
            come += if let Action::Replace(with) = &change.action { with.len() } else { 0 };
        }
        at - gone + come
    }
}

/// One change as a file states it, enough to undo it: offsets are code points of the original.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Undo {
    /// First code point of the original text.
    pub start: usize,
    /// What stood there.
    pub text: String,
    /// What stands there now.
    #[serde(default)]
    pub with: String,
}

/// The original text again, from the output and its changes. None where they do not fit together.
pub fn undo(output: &str, changes: &[Undo]) -> Option<String> {
    let mut original = String::with_capacity(output.len());
    let (mut rest, mut point) = (output, 0);
    for change in changes {
        let kept = crate::offsets::byte_of(rest, change.start.checked_sub(point)?);
        original.push_str(&rest[..kept]);
        original.push_str(&change.text);
        rest = rest[kept..].strip_prefix(change.with.as_str())?;
        point = change.start + change.text.chars().count();
    }
    original.push_str(rest);
    Some(original)
}

/// The list under construction.
struct Assembly<'t> {
    text: &'t str,
    blocks: &'t [Block],
    /// The stretches of white space of a gap, with the line ends in each, two at most.
    spaces: Vec<(Range<usize>, usize)>,
    changes: Vec<Change>,
}

impl Assembly<'_> {
    fn replace(&mut self, range: Range<usize>, line: u32, with: &str, rule: &str) {
        let reason = Reason { rule: Some(rule.to_owned()), ..Reason::default() };
        let action = Action::Replace(with.to_owned());
        self.changes.push(Change { range, line, action, category: None, reason });
    }

    fn remove(&mut self, range: Range<usize>, line: u32, category: Category, reason: &Reason) {
        let (action, category, reason) = (Action::Remove, Some(category), reason.clone());
        self.changes.push(Change { range, line, action, category, reason });
    }

    /// A stretch of white space brought to `wanted`, by the smallest edit that does it.
    fn space(&mut self, range: Range<usize>, wanted: &str) {
        let now = &self.text[range.clone()];
        if now == wanted {
            return;
        }
        let same = |(a, b): &(char, char)| a == b;
        let head: usize =
            now.chars().zip(wanted.chars()).take_while(same).map(|(a, _)| a.len_utf8()).sum();
        let ends = now[head..].chars().rev().zip(wanted[head..].chars().rev());
        let tail: usize = ends.take_while(same).map(|(a, _)| a.len_utf8()).sum();
        let range = range.start + head..range.end - tail;
        let line = self.line_at(range.start);
        self.replace(range, line, &wanted[head..wanted.len() - tail], "normalize.space");
    }

    fn line_at(&self, byte: usize) -> u32 {
        let i = self.blocks.partition_point(|b| b.range.end <= byte);
        self.blocks.get(i.min(self.blocks.len().saturating_sub(1))).map_or(1, |b| b.line)
    }

    /// What lies between two blocks that stay (or the text's ends): white space and removed blocks.
    ///
    /// One stretch of white space is kept to separate the blocks, brought to the widest separation
    /// that was there, at most one blank line. Each removed block takes the white space on the
    /// other side of it along, so that a removal is one change and leaves no hole behind.
    fn gap(&mut self, kept_end: Option<usize>, kept_start: Option<usize>, gone: &[Gone<'_>]) {
        let (start, end) = (kept_end.unwrap_or(0), kept_start.unwrap_or(self.text.len()));
        let mut spaces = std::mem::take(&mut self.spaces);
        let space = |range: Range<usize>| (range.clone(), line_ends(&self.text[range]).min(2));
        let mut at = start;
        for (block, ..) in gone {
            spaces.push(space(at..block.body.start));
            at = block.body.end;
        }
        let last = space(at..end);
        let lines_at_end = last.1;
        spaces.push(last);
        let (separator, wanted) = match (kept_end, kept_start) {
            (None, Some(_)) => (0, ""),
            // Nothing is left, so there is no last line to end.
            (None, None) if !gone.is_empty() => (0, ""),
            (Some(_), Some(_)) => {
                let widest = spaces.iter().map(|(_, lines)| *lines).max().unwrap_or(0);
                let separator = spaces.iter().position(|(_, lines)| *lines == widest).unwrap_or(0);
                (separator, if widest == 2 { "\n\n" } else { "\n" })
            }
            (_, None) => (gone.len(), if lines_at_end > 0 { "\n" } else { "" }),
        };
        for (i, (block, category, reason)) in gone.iter().enumerate() {
            if i == separator {
                self.space(spaces[i].0.clone(), wanted);
            }
            let range = if i < separator {
                spaces[i].0.start..block.body.end
            } else {
                block.body.start..spaces[i + 1].0.end
            };
            self.remove(range, block.line, *category, reason);
        }
        if separator == gone.len() {
            self.space(spaces[separator].0.clone(), wanted);
        }
        spaces.clear();
        self.spaces = spaces;
    }

    /// A block that stays: spans cut out of it, normalisation in the rest.
    fn body(&mut self, block: &Block, cuts: &[Cut], edits: Option<&Edits>) {
        let at = block.body.start;
        let ranges = self.cut_ranges(block, cuts, edits);
        let mut edits = edits
            .into_iter()
            .flat_map(Edits::iter)
            .map(|edit| (at + edit.range.start..at + edit.range.end, edit))
            .peekable();
        for (cut, range) in cuts.iter().zip(ranges) {
            while let Some((edited, edit)) = edits.next_if(|(edited, _)| edited.end <= range.start)
            {
                self.replace(edited, block.line, &edit.with, edit.step.as_str());
            }
            while edits.next_if(|(edited, _)| edited.start < range.end).is_some() {}
            self.cut(block, range, cut);
        }
        for (edited, edit) in edits {
            self.replace(edited, block.line, &edit.with, edit.step.as_str());
        }
    }

    /// The bytes that each cut takes, white space that would be left over included: none stays at
    /// the body's ends, one stretch between the words on either side.
    fn cut_ranges(&self, block: &Block, cuts: &[Cut], edits: Option<&Edits>) -> Vec<Range<usize>> {
        let mut ranges: Vec<Range<usize>> = Vec::with_capacity(cuts.len());
        for cut in cuts {
            let mut range = cut_range(block, cut, edits);
            let before = &self.text[block.body.start..range.start];
            let after = &self.text[range.end..block.body.end];
            let space_before = before.len() - before.trim_end().len();
            let space_after = after.len() - after.trim_start().len();
            let (opens, closes) = (before.len() == space_before, after.len() == space_after);
            if opens || (space_before > 0 && !closes) {
                range.end += space_after;
            }
            if closes {
                range.start -= space_before;
            }
            // The cut before may have taken the space between the two.
            let taken = ranges.last().map_or(0, |last| last.end);
            ranges.push(range.start.max(taken)..range.end.max(taken));
        }
        ranges
    }

    /// Cuts a span. Where the words on either side would be glued, a space is written.
    fn cut(&mut self, block: &Block, range: Range<usize>, what: &Cut) {
        let ends_with = |text: &str| text.chars().next_back().is_some_and(|c| !c.is_whitespace());
        let starts_with = |text: &str| text.chars().next().is_some_and(|c| !c.is_whitespace());
        let end = range.end;
        let after_a_cut = self.changes.last().is_some_and(|change| change.range.end == range.start);
        let glued = !after_a_cut
            && ends_with(&self.text[block.body.start..range.start])
            && starts_with(&self.text[end..block.body.end]);
        self.remove(range, block.line, what.category, &what.reason);
        if glued {
            self.replace(end..end, block.line, " ", "normalize.space");
        }
    }
}

/// A cut as bytes of the original, no normalised character split by it.
pub(crate) fn cut_range(block: &Block, cut: &Cut, edits: Option<&Edits>) -> Range<usize> {
    let range = edits.map_or_else(|| cut.range.clone(), |e| e.to_original(cut.range.clone()));
    block.body.start + range.start..block.body.start + range.end
}

/// A removed block.
type Gone<'b> = (&'b Block, Category, &'b Reason);

/// How many lines end in a stretch of white space; `\r\n` is one.
fn line_ends(space: &str) -> usize {
    let bytes = space.as_bytes();
    let ends = |at: usize| match bytes[at] {
        b'\n' => true,
        b'\r' => bytes.get(at + 1) != Some(&b'\n'),
        // The last bytes of U+2028 and U+2029.
        0xA8 | 0xA9 => bytes[..at].ends_with(&[0xE2, 0x80]),
        _ => false,
    };
    (0..bytes.len()).filter(|&at| ends(at)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::segment;
    use proptest::prelude::*;

    /// Lines that begin with `-` go; `[` and `]` mark a cut.
    fn assembled(text: &str) -> EditList {
        let blocks = segment(text);
        let edits: Vec<_> = blocks.iter().map(|b| crate::normalize::line(b.text(text))).collect();
        let verdicts: Vec<_> = blocks
            .iter()
            .zip(&edits)
            .map(|(block, edits)| {
                let body = edits
                    .as_ref()
                    .map_or_else(|| block.text(text).to_owned(), |e| e.apply(block.text(text)));
                if body.starts_with('-') {
                    return Verdict::Remove(Category::Other, Reason::default());
                }
                match (body.find('['), body.rfind(']')) {
                    (Some(a), Some(b)) if a < b && b - a + 1 < body.len() => {
                        Verdict::Cut(vec![Cut {
                            range: a..b + 1,
                            category: Category::AdSlot,
                            reason: Reason::default(),
                        }])
                    }
                    _ => Verdict::Keep,
                }
            })
            .collect();
        EditList::assemble(text, &blocks, &verdicts, &edits)
    }

    fn undone(text: &str, list: &EditList) -> Option<String> {
        let mut points = crate::offsets::CodePoints::new(text);
        let undos: Vec<_> = list
            .changes()
            .iter()
            .map(|change| Undo {
                start: points.at(change.range.start),
                text: text[change.range.clone()].to_owned(),
                with: match &change.action {
                    Action::Replace(with) => with.clone(),
                    Action::Remove => String::new(),
                },
            })
            .collect();
        undo(&list.apply(text), &undos)
    }

    #[test]
    fn what_is_left_is_spaced_as_a_person_would() {
        for (text, expected) in [
            ("A\n\n-x\n\nB", "A\n\nB"),
            ("A\n-x\nB", "A\nB"),
            ("A\n-x\n\nB", "A\n\nB"),
            ("A\n\n-x\n-y\nB\n", "A\n\nB\n"),
            ("-x\n\nA\n", "A\n"),
            ("\n\n-x\n-y\n\n A  \n\n\n\nB\n\n\n", "A\n\nB\n"),
            ("A\n\n-x\n", "A\n"),
            ("A\n\n-x", "A"),
            ("A\r\n\r\nB\r\nC", "A\n\nB\nC"),
            ("-x\n-y", ""),
            ("\n-x\n\n-y\n", ""),
            ("said.[ad]", "said."),
            ("[ad]The", "The"),
            ("one [ad] two", "one two"),
            ("one[ad]two", "one two"),
            ("one [ad]two", "one two"),
            ("caf\u{e9}\u{a0}[ad\u{a0}x]  two", "caf\u{e9} two"),
        ] {
            let list = assembled(text);
            assert_eq!(list.apply(text), expected, "{text:?}");
            assert_eq!(undone(text, &list).as_deref(), Some(text), "{text:?}");
        }
    }

    #[test]
    fn ends_of_lines_in_white_space() {
        for (space, ends) in [
            ("", 0),
            (" \t", 0),
            (" \n", 1),
            ("\r\n", 1),
            ("\r\r\n\n", 3),
            ("\u{2028} \u{2029}", 2),
            ("\u{a0}\u{3000}\u{2027}\u{202a}", 0),
        ] {
            assert_eq!(line_ends(space), ends, "{space:?}");
        }
    }

    #[test]
    fn offsets_lead_from_the_original_to_the_output() {
        let text = "-x\n\nAn old\u{a0}story\n-y\n\nends";
        let list = assembled(text);
        let out = list.apply(text);
        for word in ["An", "old", "story", "ends"] {
            let (from, to) = (text.find(word).unwrap(), out.find(word).unwrap());
            assert_eq!(list.to_output(from), to, "{word}");
        }
    }

    proptest! {
        #[test]
        fn the_list_is_ordered_disjoint_and_undone(text in "([-a\\[\\] \n\u{a0}é]|\r\n|â€™|&amp;){0,40}") {
            let list = assembled(&text);
            let mut at = 0;
            for change in list.changes() {
                prop_assert!(at <= change.range.start && change.range.start <= change.range.end);
                at = change.range.end;
            }
            prop_assert_eq!(undone(&text, &list), Some(text));
        }
    }
}
