//! Edits of a text: applied, undone, composed, and followed back.

use std::iter::{self, Peekable};
use std::ops::Range;
use std::{slice, vec};

use super::{Replacement, Step};

/// One replacement inside a text: bytes `range` become `with`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Bytes of the text before.
    pub range: Range<usize>,
    /// What stands there after.
    pub with: String,
    /// Why.
    pub step: Step,
}

/// Sorted, disjoint edits of one text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edits(Vec<Edit>);

impl Edits {
    /// Edits that one step makes; `replacements` are sorted and disjoint.
    pub(super) fn of(step: Step, replacements: Vec<Replacement>) -> Self {
        let edit = |(range, with)| Edit { range, with, step };
        Self(replacements.into_iter().map(edit).collect())
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The edits, in order.
    pub fn iter(&self) -> slice::Iter<'_, Edit> {
        self.0.iter()
    }

    /// The text after the edits.
    pub fn apply(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut from = 0;
        for edit in self {
            out.push_str(&text[from..edit.range.start]);
            out.push_str(&edit.with);
            from = edit.range.end;
        }
        out.push_str(&text[from..]);
        out
    }

    /// The edits that make the text after these edits the text before, `text`, again.
    #[must_use]
    pub fn inverse(&self, text: &str) -> Self {
        let undo = |(edit, output): (&Edit, Range<usize>)| Edit {
            range: output,
            with: text[edit.range.clone()].to_owned(),
            step: edit.step,
        };
        Self(self.placed().map(undo).collect())
    }

    /// These edits of `text` and then `next`, as edits of `text`.
    ///
    /// Edits that overlap become one, as small as can be, by the step of the first.
    #[must_use]
    pub fn then(&self, text: &str, next: &Self) -> Self {
        let between = self.apply(text);
        let mut merge = Merge::new(text, &between, self, next);
        let changes = |edit: &Edit| !edit.range.is_empty() || !edit.with.is_empty();
        Self(iter::from_fn(|| merge.edit()).filter(changes).collect())
    }

    /// The smallest range of the text before that produced `range` of the text after. A replacement
    /// was produced by all that it replaced.
    pub fn to_original(&self, range: Range<usize>) -> Range<usize> {
        let start = match self.last(|output| output.start <= range.start) {
            Some((edit, output)) if range.start < output.end => edit.range.start,
            passed => before(passed, range.start),
        };
        let end = match self.last(|output| output.start < range.end) {
            Some((edit, output)) if range.end <= output.end => edit.range.end,
            passed => before(passed, range.end),
        };
        start..end.max(start)
    }

    /// Each edit, and where its replacement lies in the text after.
    fn placed(&self) -> impl Iterator<Item = (&Edit, Range<usize>)> {
        let mut passed = None;
        self.iter().map(move |edit| {
            let start = after(passed.take(), edit.range.start);
            let output = start..start + edit.with.len();
            passed = Some((edit, output.clone()));
            (edit, output)
        })
    }

    fn last(&self, holds: impl Fn(&Range<usize>) -> bool) -> Option<(&Edit, Range<usize>)> {
        self.placed().take_while(|(_, output)| holds(output)).last()
    }
}

impl Edit {
    /// The edit without what it does not change, which may be all.
    fn shrunk(self, text: &str) -> Self {
        let (old, with) = (&text[self.range.clone()], self.with.as_str());
        let head = shared(old.chars(), with.chars());
        let tail = shared(old[head..].chars().rev(), with[head..].chars().rev());
        let range = self.range.start + head..self.range.end - tail;
        let with = with[head..with.len() - tail].to_owned();
        Self { range, with, step: self.step }
    }
}

/// Bytes of the characters that both begin with.
fn shared(a: impl Iterator<Item = char>, b: impl Iterator<Item = char>) -> usize {
    a.zip(b).take_while(|(a, b)| a == b).map(|(c, _)| c.len_utf8()).sum()
}

impl IntoIterator for Edits {
    type Item = Edit;
    type IntoIter = vec::IntoIter<Edit>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'e> IntoIterator for &'e Edits {
    type Item = &'e Edit;
    type IntoIter = slice::Iter<'e, Edit>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// An edit, and where its replacement lies in the text after.
type Placed<'e> = (&'e Edit, Range<usize>);

/// Where `at` of the text before lies in the text after, `passed` being the last edit before it.
fn after(passed: Option<Placed<'_>>, at: usize) -> usize {
    passed.map_or(at, |(edit, output)| output.end + (at - edit.range.end))
}

/// Where `at` of the text after lies in the text before, `passed` being the last edit before it.
fn before(passed: Option<Placed<'_>>, at: usize) -> usize {
    passed.map_or(at, |(edit, output)| edit.range.end + (at - output.end))
}

/// Two lists of edits walked together in the text between them.
struct Merge<'e> {
    text: &'e str,
    between: &'e str,
    first: Peekable<vec::IntoIter<Placed<'e>>>,
    next: Peekable<slice::Iter<'e, Edit>>,
    passed: Option<Placed<'e>>,
}

impl<'e> Merge<'e> {
    fn new(text: &'e str, between: &'e str, first: &'e Edits, next: &'e Edits) -> Self {
        let first = first.placed().collect::<Vec<_>>().into_iter().peekable();
        Self { text, between, first, next: next.iter().peekable(), passed: None }
    }

    /// The next edit of either list, with all of both that it overlaps.
    fn edit(&mut self) -> Option<Edit> {
        let mut hull = self.earliest()?;
        let (mut first, mut next) = (Vec::new(), Vec::new());
        loop {
            if let Some(edit) = self.first.next_if(|(_, output)| overlap(output, &hull)) {
                hull = union(&hull, &edit.1);
                first.push(edit);
            } else if let Some(edit) = self.next.next_if(|edit| overlap(&edit.range, &hull)) {
                hull = union(&hull, &edit.range);
                next.push(edit);
            } else {
                let edit = self.merged(&hull, &first, &next);
                let is_alone = first.is_empty() || next.is_empty();
                return Some(if is_alone { edit } else { edit.shrunk(self.text) });
            }
        }
    }

    fn earliest(&mut self) -> Option<Range<usize>> {
        let first = self.first.peek().map(|(_, output)| output.clone());
        let next = self.next.peek().map(|edit| edit.range.clone());
        first.into_iter().chain(next).min_by_key(|range| (range.start, range.end))
    }

    fn merged(&mut self, hull: &Range<usize>, first: &[Placed<'e>], next: &[&Edit]) -> Edit {
        let start = match first.first() {
            Some((edit, output)) => edit.range.start - (output.start - hull.start),
            None => before(self.passed.clone(), hull.start),
        };
        self.passed = first.last().cloned().or_else(|| self.passed.take());
        Edit {
            range: start..before(self.passed.clone(), hull.end),
            with: replaced(self.between, hull, next),
            step: first.first().map_or_else(|| next[0].step, |(edit, _)| edit.step),
        }
    }
}

/// Whether two ranges share a byte or are the same; an empty one must lie inside the other.
fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a == b || a.start < b.end && b.start < a.end
}

fn union(a: &Range<usize>, b: &Range<usize>) -> Range<usize> {
    a.start.min(b.start)..a.end.max(b.end)
}

/// `range` of `text` after `edits`, which lie in it.
fn replaced(text: &str, range: &Range<usize>, edits: &[&Edit]) -> String {
    let mut out = String::new();
    let mut from = range.start;
    for edit in edits {
        out.push_str(&text[from..edit.range.start]);
        out.push_str(&edit.with);
        from = edit.range.end;
    }
    out.push_str(&text[from..range.end]);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn edits(list: &[(Range<usize>, &str)]) -> Edits {
        let list = list.iter().map(|(range, with)| (range.clone(), (*with).to_owned()));
        Edits::of(Step::Space, list.collect())
    }

    /// A text, edits of it, and edits of what comes out: any, deletions and insertions included.
    fn chain() -> impl Strategy<Value = (String, Edits, Edits)> {
        let text = "[abé€]{0,12}";
        text.prop_flat_map(|text| (Just(text.clone()), any_edits(text))).prop_flat_map(
            |(text, first)| {
                let between = first.apply(&text);
                (Just(text), Just(first), any_edits(between))
            },
        )
    }

    fn any_edits(text: String) -> impl Strategy<Value = Edits> {
        let cuts = prop::collection::vec((0..=text.chars().count(), "[abé]{0,2}"), 0..8);
        cuts.prop_map(move |mut cuts| {
            cuts.sort_by_key(|(at, _)| *at);
            let offset = |at| text.char_indices().nth(at).map_or(text.len(), |(offset, _)| offset);
            let pairs = cuts.chunks_exact(2);
            let list = pairs.map(|pair| (offset(pair[0].0)..offset(pair[1].0), pair[0].1.clone()));
            let changes = |(range, with): &Replacement| text[range.clone()] != **with;
            Edits::of(Step::Unicode, list.filter(changes).collect())
        })
    }

    #[test]
    fn overlapping_edits_become_one_small_one_by_the_first_step() {
        let first = edits(&[(1..4, "XY"), (6..7, "")]); // abcdefgh -> aXYefh
        let next = Edits::of(Step::Unicode, vec![(2..4, "_".to_owned())]); // -> aX_fh
        let both = first.then("abcdefgh", &next);
        assert_eq!(both.apply("abcdefgh"), "aX_fh");
        let list: Vec<_> =
            both.iter().map(|e| (e.range.clone(), e.with.as_str(), e.step)).collect();
        assert_eq!(list, [(1..5, "X_", Step::Space), (6..7, "", Step::Space)]);
    }

    #[test]
    fn an_edit_undone_by_the_next_is_none() {
        let first = edits(&[(1..2, "x")]);
        assert!(first.then("abc", &edits(&[(1..2, "b")])).is_empty());
    }

    #[test]
    fn ranges_are_followed_back_to_what_produced_them() {
        let text = "caf&eacute;  noir\u{200B}";
        let edits = edits(&[(3..11, "é"), (12..13, ""), (17..20, "")]); // café noir
        for (after, want, why) in [
            (0..3, 0..3, "before any edit"),
            (3..5, 3..11, "a replacement is all that it replaced"),
            (4..5, 3..11, "also a part of it"),
            (0..5, 0..11, "up to a replacement"),
            (6..10, 13..17, "without deletions at its ends"),
            (5..10, 11..17, "with deletions inside"),
            (6..6, 13..13, "empty"),
        ] {
            assert_eq!(edits.to_original(after.clone()), want, "{why}");
        }
        assert_eq!(edits.apply(text), "café noir");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]
        #[test]
        fn composing_is_applying_one_after_the_other((text, first, next) in chain()) {
            let both = first.then(&text, &next);
            prop_assert_eq!(both.apply(&text), next.apply(&first.apply(&text)));
            for pair in both.0.windows(2) {
                prop_assert!(pair[0].range.end <= pair[1].range.start);
            }
        }

        #[test]
        fn the_inverse_undoes((text, first, _) in chain()) {
            let after = first.apply(&text);
            prop_assert_eq!(first.inverse(&text).apply(&after), text);
        }

        #[test]
        fn what_a_range_came_from_gives_it_again((text, first, _) in chain(), cut in any::<(u8, u8)>()) {
            let after = first.apply(&text);
            let edges: Vec<usize> = after.char_indices().map(|(i, _)| i).chain([after.len()]).collect();
            let edge = |n: u8| edges[n as usize % edges.len()];
            let range = edge(cut.0).min(edge(cut.1))..edge(cut.0).max(edge(cut.1));
            let from = first.to_original(range.clone());
            prop_assert!(text.get(from.clone()).is_some());
            let inside = first.iter().filter(|e| from.start <= e.range.start && e.range.end <= from.end);
            let inside: Vec<&Edit> = inside.collect();
            prop_assert!(replaced(&text, &from, &inside).contains(&after[range]));
        }
    }
}
