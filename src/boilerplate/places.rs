//! Where lines stand in their document, and what it is about.

use std::collections::{BTreeMap, BTreeSet};

use super::evidence::Place;
use super::lexicon::Lexicon;
use super::lexicon::Padding;
use super::line::{End, Line, line_key};
use super::template::OutletTemplates;
use crate::verdict::Category;

/// An article closes with so many sentences too short for prose: `The council meets on Friday.`
const CLOSING: usize = 2;

/// Where each line stands: the body runs from the first to the last prose that nothing speaks
/// against, and the short sentences that close it; in a document that has none, from the first to the
/// last sentence. Nothing of it stands above the title.
pub(super) fn places(
    lines: &[Line<'_>],
    title: Option<usize>,
    lexicon: &Lexicon,
    templates: &OutletTemplates<'_>,
) -> Vec<Place> {
    let suspect = |line: &Line<'_>| {
        let strong = !line.hits.strong.is_empty();
        let cued = !line.hits.cues.is_empty() && line.addresses();
        strong || cued || templates.is_template(templates.seen(line.key))
    };
    let clear = |line: &Line<'_>| !line.addresses() && !suspect(line);
    let prose = lines.iter().any(|line| line.is_prose() && clear(line));
    let long_enough = |line: &Line<'_>| if prose { line.is_prose() } else { line.is_sentence() };
    // What stands right above a picture's credit tells of the picture.
    let credit = |line: &Line<'_>| {
        let mut rules = line.hits.strong.iter().map(|&rule| lexicon.rule(rule).category);
        !line.apart.before && rules.any(|category| category == Category::PhotoCredit)
    };
    let caption = |i: usize| lines.get(i + 1).is_some_and(credit);
    let body = |i: &usize| long_enough(&lines[*i]) && clear(&lines[*i]) && !caption(*i);
    let below = title.map_or(0, |title| title + 1);
    let first = (below..lines.len()).find(body);
    let last = (0..lines.len()).rev().find(body).map(|last| {
        let closes = |line: &&Line<'_>| {
            line.end == End::Sentence && line.is_sentence() && clear(line) && line.hits.is_empty()
        };
        last + lines[last + 1..].iter().take(CLOSING).take_while(closes).count()
    });
    (0..lines.len())
        .map(|i| match (first, last) {
            (Some(first), _) if i < first => Place::Head,
            (_, Some(last)) if i > last => Place::Tail,
            (None, _) => Place::Head,
            _ => Place::Body,
        })
        .collect()
}

/// The line that is the record's title.
pub(super) fn title(lines: &[Line<'_>], title: Option<&str>) -> Option<usize> {
    const NEAR: usize = 30;
    let key = line_key(&mut Padding::default(), title?);
    lines.iter().take(NEAR).position(|line| line.key == key)
}

/// The line that is the headline where the record tells none: the first line of the head that could
/// be one.
///
/// Where other pages list it among their headlines it may look like a template; so a line that
/// fewer documents have is the likelier.
pub(super) fn headline(
    lines: &[Line<'_>],
    places: &[Place],
    templates: &OutletTemplates<'_>,
) -> Option<usize> {
    let could_be = |i: &usize| {
        let line = &lines[*i];
        let parted = [" | ", " - ", " – ", " › ", " > "].iter().any(|s| line.text.contains(s));
        line.hits.strong.is_empty()
            && (5..=30).contains(&line.length)
            && line.end != End::Colon
            && !line.text.ends_with(['.', '。'])
            && !parted
    };
    let top = (0..lines.len()).take_while(|&i| places[i] == Place::Head && lines[i].length <= 30);
    let head = top.filter(could_be);
    head.min_by_key(|&i| (templates.seen(lines[i].key).documents, i))
}

/// Lines that a colon announces: a quoted sign, a list. What is shaped alike goes on with the list.
pub(super) fn announced(lines: &[Line<'_>]) -> Vec<bool> {
    let mut announced = vec![false; lines.len()];
    for i in 1..lines.len() {
        let (before, line) = (&lines[i - 1], &lines[i]);
        let opened = before.end == End::Colon && before.length >= 5;
        let alike = || !line.is_prose() && (before.capitals() - line.capitals()).abs() < 0.3;
        announced[i] = opened || (announced[i - 1] && alike());
    }
    announced
}

/// The topic guard: categories whose cues stand in the headline or in three lines that tell a
/// story. An article about newsletters says `newsletter`.
pub(super) fn topics(
    lines: &[Line<'_>],
    places: &[Place],
    headline: Option<usize>,
    lexicon: &Lexicon,
) -> Vec<Category> {
    let mut counts: BTreeMap<Category, usize> = BTreeMap::new();
    for (i, line) in lines.iter().enumerate() {
        let categories: BTreeSet<_> =
            line.hits.cues.iter().map(|&(rule, _)| lexicon.rule(rule).category).collect();
        let tells = places[i] == Place::Body && line.is_prose() && line.counts.you == 0;
        let says = if headline == Some(i) { 3 } else { usize::from(tells) };
        for category in categories {
            *counts.entry(category).or_default() += says;
        }
    }
    counts.into_iter().filter(|(_, n)| *n >= 3).map(|(category, _)| category).collect()
}
