//! What a line says about the article rather than in it, told by its grammar and its place: when it
//! was published, who wrote it, whose picture it shows, where on the site it stands.

use super::evidence::Place;
use super::line::{End, Line};
use super::structure::Page;
use crate::document::Tag;
use crate::verdict::Category;
use crate::words;

/// The detectors, in the order in which they build on each other.
pub(super) const DETECTORS: &[fn(&mut Page<'_, '_>)] =
    &[timestamp, photo_credit, caption, byline, dateline, breadcrumb, section_before_the_headline];

/// What a line that goes says of the article, where its grammar and place show it.
pub(super) fn name(
    lines: &[Line<'_>],
    i: usize,
    headline: Option<usize>,
    places: &[Place],
) -> Option<Category> {
    let behind = headline.is_some_and(|headline| headline < i);
    match () {
        () if places[i] == Place::Body => None,
        () if is_date(&lines[i]) => Some(Category::Timestamp),
        () if behind && places[i] == Place::Head && is_name(&lines[i]) => Some(Category::Byline),
        () => None,
    }
}

/// Words that stand beside a date and time, in the languages of the rules.
const BESIDE_DATES: &[&str] = &[
    "am",
    "pm",
    "at",
    "on",
    "updated",
    "published",
    "posted",
    "last",
    "modified",
    "first",
    "gmt",
    "utc",
    "est",
    "edt",
    "et",
    "cst",
    "pst",
    "pdt",
    "bst",
    "cet",
    "cest",
    "ist",
    "uhr",
    "h",
    "de",
    "del",
    "le",
    "à",
    "alle",
    "ore",
    "om",
    "um",
    "o",
    "godz",
    "th",
    "st",
    "nd",
    "rd",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "mon",
    "tue",
    "wed",
    "thu",
    "fri",
    "sat",
    "sun",
    "montag",
    "dienstag",
    "mittwoch",
    "donnerstag",
    "freitag",
    "samstag",
    "sonntag",
    "lunes",
    "martes",
    "miércoles",
    "jueves",
    "viernes",
    "sábado",
    "domingo",
    "lundi",
    "mardi",
    "mercredi",
    "jeudi",
    "vendredi",
    "samedi",
    "dimanche",
    "年",
    "月",
    "日",
    "時",
    "分",
    "时",
    "г",
];

/// What a page marks as a caption.
fn caption(page: &mut Page<'_, '_>) {
    for (line, finding) in page.lines.iter().zip(page.findings.iter_mut()) {
        if line.markup.tag == Tag::Caption && !finding.removed {
            finding.remove(Category::Caption, "the page marks it as a caption");
        }
    }
}

/// A line of nothing but a date and a time.
fn timestamp(page: &mut Page<'_, '_>) {
    for (i, line) in page.lines.iter().enumerate() {
        if line.words > 16 || !is_date(line) {
            continue;
        }
        if page.findings[i].category == Some(Category::Template) && page.removed_head(i) {
            page.findings[i].category = Some(Category::Timestamp);
        } else if page.may_name(i) {
            page.findings[i].remove(Category::Timestamp, "a date and nothing else");
        }
    }
}

fn is_date(line: &Line<'_>) -> bool {
    let months = line.counts.month;
    let clock = line.text.contains(':') && line.text.contains(['/', '-', '.']);
    if line.end == End::Colon || months == 0 && !clock {
        return false;
    }
    let (mut numbers, mut others) = (0, 0);
    words::each(&line.text, |word, _| {
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            numbers += 1;
        } else if !BESIDE_DATES.contains(&word) {
            others += 1;
        }
    });
    let dated = months > 0 && numbers >= 2;
    let timed = clock && numbers >= 4;
    others <= months && (dated || timed)
}

/// `First Last/Agency`, as picture desks sign.
fn photo_credit(page: &mut Page<'_, '_>) {
    for (i, line) in page.lines.iter().enumerate() {
        let whole = line.end == End::Open && line.counts.number == 0;
        if !whole || page.findings[i].removed {
            continue;
        }
        let text = line.text.trim_matches(['(', ')', '[', ']']);
        let Some((person, agency)) = text.split_once('/') else { continue };
        let name = |part: &str, least: usize| {
            let words: Vec<&str> = part.split_whitespace().collect();
            let capital = |w: &&str| w.starts_with(char::is_uppercase);
            (least..=4).contains(&words.len()) && words.iter().all(capital)
        };
        if name(person, 2) && name(agency, 1) {
            page.findings[i].remove(Category::PhotoCredit, "a name, a stroke and an agency");
        }
    }
}

/// A bare name beside the date, or where the outlet's template has names.
fn byline(page: &mut Page<'_, '_>) {
    for i in 0..page.lines.len() {
        let templated =
            page.findings[i].removed && page.findings[i].category == Some(Category::Template);
        if !page.is_near_top(i) || !is_name(&page.lines[i]) || Some(i) == page.headline {
            continue;
        }
        let dated = |j: Option<usize>| {
            j.and_then(|j| page.findings.get(j)).is_some_and(|f| {
                f.removed && matches!(f.category, Some(Category::Timestamp | Category::Byline))
            })
        };
        let behind = page.headline.is_some_and(|headline| headline < i);
        if templated && behind {
            page.findings[i].category = Some(Category::Byline);
        } else if behind
            && !page.findings[i].removed
            && (dated(i.checked_sub(1)) || dated(Some(i + 1)))
        {
            page.findings[i].remove(Category::Byline, "a name beside the date");
        }
    }
}

fn is_name(line: &Line<'_>) -> bool {
    let by = line.text.split_whitespace().next().is_some_and(|w| w.eq_ignore_ascii_case("by"));
    (2..=5).contains(&line.words)
        && line.end == End::Open
        && !line.ends_in_comma()
        && (line.capitals() >= 1.0 || by)
        && line.counts.number == 0
        && line.counts.function <= usize::from(by)
}

/// `QUAYTOWN (Agency)` alone before the body: where, and whose report.
fn dateline(page: &mut Page<'_, '_>) {
    let Some(body) = page.places.iter().position(|&place| place == Place::Body) else { return };
    let Some(i) = (0..body).rev().find(|&i| !page.findings[i].removed) else { return };
    let line = &page.lines[i];
    let shouted =
        |word: &str| word.chars().any(char::is_uppercase) && !word.chars().any(char::is_lowercase);
    let place = line.text.split_whitespace().next().is_some_and(shouted);
    let agency = line.text.ends_with(')') && line.text.contains(" (");
    let report = line.words <= 8 && line.counts.number == 0;
    if place && agency && report && Some(i) != page.headline {
        page.findings[i].remove(Category::Dateline, "a place and an agency before the body");
    }
}

/// `Home > News > …` before the headline.
fn breadcrumb(page: &mut Page<'_, '_>) {
    for (i, line) in page.lines.iter().enumerate().take(6) {
        if page.places[i] != Place::Head || line.end != End::Open || !page.may_name(i) {
            continue;
        }
        let first = line.text.split_once(['>', '»', '›', '→']).map(|(first, _)| first);
        if first.is_some_and(|first| !first.is_empty() && first.split_whitespace().count() <= 3) {
            page.findings[i].remove(Category::Breadcrumb, "a path through the site");
        }
    }
}

/// One or two words of capitals, apart, before the headline.
fn section_before_the_headline(page: &mut Page<'_, '_>) {
    let Some(headline) = page.headline.filter(|_| page.title_case) else { return };
    for i in 0..headline.min(6) {
        let line = &page.lines[i];
        let label =
            line.words <= 2 && line.words > 0 && line.end == End::Open && line.capitals() >= 1.0;
        if label && page.may_name(i) && line.counts.number == 0 {
            page.findings[i].remove(Category::SectionLabel, "a word before the headline");
        }
    }
}

impl Page<'_, '_> {
    /// Whether the line goes, before the article's body or near its headline.
    fn removed_head(&self, i: usize) -> bool {
        self.findings[i].removed && self.is_near_top(i)
    }

    /// Whether the line stands before the article's body, or little below the headline: the line
    /// that tells what the article is about may be prose.
    fn is_near_top(&self, i: usize) -> bool {
        const BELOW: usize = 4;
        let near = |headline: usize| headline < i && i <= headline + BELOW;
        self.places[i] == Place::Head || self.headline.is_some_and(near)
    }

    /// Whether a detector may still name the line: it stays so far, outside the article's body.
    fn may_name(&self, i: usize) -> bool {
        let outside = self.places[i] != Place::Body || self.is_near_top(i);
        !self.findings[i].removed && outside && Some(i) != self.headline
    }
}
