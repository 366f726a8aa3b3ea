//! What a line looks like by itself, as numbers of buckets.

use super::chars::is_separator;
use super::scan::Scan;
use super::{Columns, Group, bucket};
use crate::boilerplate::evidence::{Finding, Place};
use crate::boilerplate::line::Line;
use crate::verdict::Category;

/// Edges of the buckets of length, in characters.
const LENGTH: [f32; 10] = [10., 20., 30., 45., 70., 100., 150., 250., 400., 700.];

/// Buckets of length, and of how a line ends and begins; one more of each for "no line there".
pub(super) const LENGTHS: usize = 11;
pub(super) const ENDS: usize = 13;
pub(super) const STARTS: usize = 11;

/// What the cheap evidence says of a line, as the model sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hints<'h> {
    /// What was found.
    pub(crate) finding: &'h Finding,
    /// Where the line stands.
    pub(crate) place: Place,
    /// Whether it is the document's headline.
    pub(crate) is_headline: bool,
    /// Whether it is another document's headline.
    pub(crate) other_headline: bool,
    /// Whether the cheap evidence leaves nothing to ask: it is the article's.
    pub(crate) is_settled: bool,
}

/// Buckets that other features are crossed with.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Buckets {
    pub(super) length: usize,
    pub(super) end: usize,
    pub(super) start: usize,
}

/// A line's length for all buckets: a character of an unspaced script carries more.
pub(super) fn size(chars: usize, unspaced: usize) -> f32 {
    chars as f32 + 1.5 * unspaced as f32
}

pub(super) fn buckets(text: &str, size: f32) -> Buckets {
    Buckets { length: bucket(size, &LENGTH), end: end(text), start: start(text) }
}

/// The columns of shape, in their order.
pub(super) fn columns<S: FnMut(Group, usize)>(
    columns: &mut Columns<S>,
    text: &str,
    scan: &Scan,
    at: Buckets,
) {
    let Buckets { length, end, start } = at;
    let share = |part: usize, of: usize| if of == 0 { -1.0 } else { part as f32 / of as f32 };
    let digits = bucket(share(scan.digits, scan.chars), &[0.001, 0.05, 0.12, 0.25, 0.5]);
    let title = bucket(share(scan.capital, scan.cased), &[-0.5, 0.001, 0.15, 0.3, 0.5, 0.75, 0.99]);
    let caps = bucket(share(scan.shouted, scan.cased), &[-0.5, 0.001, 0.3, 0.9]);
    let sentences = bucket(scan.sentences as f32, &[1., 2., 3., 5.]);
    let commas = bucket(scan.commas as f32, &[1., 2., 4., 8.]);
    let words = bucket(scan.words as f32, &[1., 2., 3., 4., 5., 6., 8., 11., 15., 20., 30.]);
    let short = bucket(share(scan.short, scan.words.max(1)), &[0.01, 0.15, 0.3, 0.45, 0.6]);
    let mut add = |bucket, of| columns.add(Group::Shape, bucket, of);
    add(length, LENGTHS);
    add(end, ENDS);
    add(start, STARTS);
    add(digits, 6);
    add(title, 8);
    add(caps, 5);
    add(sentences, 5);
    add(commas, 5);
    add(bucket(scan.separators as f32, &[1., 2., 4.]), 4);
    add(usize::from(scan.address) + 2 * usize::from(scan.at), 4);
    add(usize::from(has_clock(text)), 2);
    add(usize::from(scan.year), 2);
    add(bucket(scan.quotes as f32, &[1., 2., 3.]), 4);
    add(words, 12);
    add(bucket(scan.longest as f32, &[4., 7., 10., 14., 20.]), 6);
    add(short, 6);
    add(bucket(share(scan.unspaced, scan.chars), &[0.01, 0.5]), 3);
    add(length * ENDS + end, LENGTHS * ENDS);
    add(length * STARTS + start, LENGTHS * STARTS);
    add(start * ENDS + end, STARTS * ENDS);
    add(length * 8 + title, LENGTHS * 8);
    add(length * 5 + sentences, LENGTHS * 5);
    add(title * ENDS + end, 8 * ENDS);
    add(length * 6 + digits, LENGTHS * 6);
    add(length * 5 + commas, LENGTHS * 5);
    add(length * 6 + short, LENGTHS * 6);
}

/// The columns of what the cheap evidence found, in their order.
pub(super) fn hints<S: FnMut(Group, usize)>(
    columns: &mut Columns<S>,
    line: &Line<'_>,
    hints: &Hints<'_>,
    at: Buckets,
) {
    let found = found(hints.finding);
    let place = match hints.place {
        Place::Head => 0,
        Place::Body => 1,
        Place::Tail => 2,
    };
    let counts = &line.counts;
    let bits = |bits: &[bool]| bits.iter().rev().fold(0, |sum, &bit| sum * 2 + usize::from(bit));
    let speaks = bits(&[counts.you > 0, counts.we > 0, line.imperative]);
    let tells = bits(&[counts.speech > 0, counts.third > 0, counts.past > 0]);
    let function = counts.function as f32 / line.words.max(1) as f32;
    let category = hints.finding.category.map_or(0, |category| 1 + category as usize);
    let mut add = |bucket, of| columns.add(Group::Evidence, bucket, of);
    add(found, FOUND);
    add(category, 1 + Category::ALL.len());
    add(place * FOUND + found, 3 * FOUND);
    add(place * LENGTHS + at.length, 3 * LENGTHS);
    add(usize::from(hints.is_headline) + 2 * usize::from(hints.other_headline), 4);
    add(bits(&[counts.network > 0, counts.icon > 0, counts.month > 0, counts.number > 0]), 16);
    add(speaks, 8);
    add(speaks * LENGTHS + at.length, 8 * LENGTHS);
    add(tells, 8);
    add(tells * LENGTHS + at.length, 8 * LENGTHS);
    add(speaks * 8 + tells, 64);
    add(bucket(function, &[0.001, 0.1, 0.2, 0.3, 0.4, 0.5]), 7);
}

/// Kinds of what was found: nothing, four degrees of doubt, and what was enough.
const FOUND: usize = 8;

fn found(finding: &Finding) -> usize {
    let score = finding.reason.score;
    match finding.removed {
        true if finding.alone => 7,
        true if finding.category == Some(Category::Template) => 6,
        true => 5,
        false if finding.category.is_none() => 0,
        false => 1 + bucket(score, &[0.25, 0.5, 0.75]),
    }
}

const CLOSERS: [char; 12] = ['"', '\'', '”', '’', '»', ')', '）', ']', '」', '』', '›', '“'];

fn end(text: &str) -> usize {
    let text = text.trim_end();
    let Some(last) = text.chars().next_back() else { return 0 };
    if CLOSERS.contains(&last) && text.len() > last.len_utf8() {
        let inner = text.trim_end_matches(CLOSERS).chars().next_back();
        let closed = inner.is_some_and(|c| {
            matches!(c, '.' | '!' | '?' | '…' | '。' | '！' | '？' | '।' | '؟' | '۔')
        });
        return if closed { 1 } else { 2 };
    }
    match last {
        '…' => 3,
        '.' if text.ends_with("...") => 3,
        '.' | '。' | '।' | '۔' => 4,
        '!' | '！' => 5,
        '?' | '？' | '؟' => 6,
        ':' | '：' => 7,
        ',' | ';' | '，' | '；' | '、' => 8,
        c if c.is_numeric() => 9,
        c if c.is_alphabetic() => 10,
        c if is_separator(c) => 11,
        _ => 12,
    }
}

fn start(text: &str) -> usize {
    match text.trim_start().chars().next() {
        None => 0,
        Some(c) if c.is_uppercase() => 1,
        Some(c) if c.is_lowercase() => 2,
        Some(c) if c.is_numeric() => 3,
        Some('"' | '\'' | '“' | '‘' | '«' | '„' | '「' | '『') => 4,
        Some('-' | '–' | '—' | '•' | '·' | '*' | '■' | '●' | '▪' | '►' | '▶') => 5,
        Some('(' | '[' | '（' | '【') => 6,
        Some('©' | '@' | '#' | '$' | '€' | '£') => 7,
        Some(c) if is_separator(c) => 8,
        Some(c) if c.is_alphabetic() => 9,
        Some(_) => 10,
    }
}

/// Whether a time of day stands in the line.
fn has_clock(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    memchr::memchr_iter(b':', bytes).any(|at| {
        let before =
            digit(at.checked_sub(1)) && !(digit(at.checked_sub(2)) && digit(at.checked_sub(3)));
        before && digit(Some(at + 1)) && digit(Some(at + 2)) && !digit(Some(at + 3))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_and_beginnings() {
        for (text, want) in [
            ("He left.”", 1),
            ("(Reuters)", 2),
            ("and so...", 3),
            ("他走了。", 4),
            ("Why?", 6),
            ("Now 5", 9),
        ] {
            assert_eq!(end(text), want, "{text}");
        }
        for (text, want) in [("The", 1), ("« Non", 4), ("• one", 5), ("© two", 7), ("水", 9)] {
            assert_eq!(start(text), want, "{text}");
        }
        assert!(has_clock("at 9:30 a.m.") && !has_clock("3:1") && !has_clock("1:234"));
    }
}
