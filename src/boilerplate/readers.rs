//! Readers' comments under an article.
//!
//! They are prose and look like an article's; what shows them is their frame: under a heading that
//! speaks of comments the same marks come again and again, a date, `Reply`, `2 days ago`, with a
//! few lines between them.

use std::collections::HashMap;

use super::evidence::Place;
use super::structure::Page;
use crate::verdict::Category;

/// A thread has at least so many marks, and between them at least so many sentences.
const MARKS: usize = 3;
const SENTENCES: usize = 2;
/// From heading to first mark, and from mark to mark; a thread that has shown itself may hold a
/// long comment.
const FIRST_GAP: usize = 8;
const GAP: usize = 12;
const SHOWN: usize = 6;
const LONG_GAP: usize = 40;
/// On average a mark stands every so many lines.
const DENSITY: usize = 8;
/// Marks are no longer, in words; headings are.
const MARK_WORDS: usize = 12;
const HEADING_WORDS: usize = 20;

/// Removes each thread from its heading to its end.
pub(super) fn comments(page: &mut Page<'_, '_>) {
    let mut heading = 0;
    while heading < page.lines.len() {
        let end = if is_heading(page, heading) { end_of_thread(page, heading) } else { None };
        for i in heading..end.unwrap_or(heading) {
            if !page.findings[i].removed {
                page.findings[i].remove(Category::CommentUi, "in a thread of readers' comments");
                page.findings[i].alone = true;
            }
        }
        heading = end.unwrap_or(heading + 1);
    }
}

/// A line about comments below some of the article.
fn is_heading(page: &Page<'_, '_>, i: usize) -> bool {
    let category = page.findings[i].category;
    matches!(category, Some(Category::CommentUi | Category::CommentPolicy))
        && page.lines[i].length <= HEADING_WORDS
        && page.places[i] != Place::Head
        && page.lines[..i].iter().filter(|line| line.is_prose()).nth(1).is_some()
}

/// Where the thread under a heading ends, behind its last line; none where no thread is.
fn end_of_thread(page: &Page<'_, '_>, heading: usize) -> Option<usize> {
    let below = heading + 1..page.lines.len();
    let mut copies: HashMap<u64, usize> = HashMap::new();
    for line in &page.lines[below.clone()] {
        *copies.entry(line.key).or_default() += 1;
    }
    let is_mark = |i: &usize| {
        let line = &page.lines[*i];
        let dated = line.counts.number >= 3 || line.counts.number == 2 && line.text.contains(':');
        line.length <= MARK_WORDS && !line.is_prose() && (dated || copies[&line.key] >= MARKS)
    };
    let (mut marks, mut last) = (0, heading);
    for mark in below.filter(is_mark) {
        let gap = match marks {
            0 => FIRST_GAP,
            n if n < SHOWN => GAP,
            _ => LONG_GAP,
        };
        if mark - last > gap {
            break;
        }
        (marks, last) = (marks + 1, mark);
    }
    let sentences = page.lines[heading + 1..=last].iter().filter(|line| line.is_prose()).count();
    let thread = marks >= MARKS && sentences >= SENTENCES && last - heading <= marks * DENSITY;
    thread.then_some(last + 1)
}
