//! What only a line's neighbourhood shows: repeated headlines, doubled captions, headline lists at
//! the article's end, and the short labels that boxes leave behind.

use super::evidence::{Finding, Place};
use super::forms;
use super::line::{End, Line};
use super::metadata;
use super::readers;
use crate::hash;
use crate::verdict::Category;

/// A document under judgement: its lines, where they stand and what was found so far.
#[derive(Debug)]
pub struct Page<'p, 't> {
    /// The lines.
    pub lines: &'p [Line<'t>],
    /// Where each stands.
    pub places: &'p [Place],
    /// What was found about each.
    pub findings: &'p mut [Finding],
    /// The line that is the headline.
    pub headline: Option<usize>,
    /// Whether title case tells headlines in this language.
    pub title_case: bool,
}

/// The detectors, in the order in which they build on each other.
const DETECTORS: &[fn(&mut Page<'_, '_>)] = &[
    doubled_text,
    repeated_request,
    page_title,
    repeated_line,
    list_under_rubric,
    headlines_at_the_end,
];

/// What stands beside what was found so far.
const NEIGHBOURS: &[fn(&mut Page<'_, '_>)] = &[
    caption_beside_credit,
    credit_before_the_body,
    lead_in_of_a_box,
    rest_of_a_pitch,
    menu_before_the_headline,
    label_between_removed,
];

/// Runs every detector.
pub fn detect(page: &mut Page<'_, '_>) {
    for detector in DETECTORS.iter().chain(metadata::DETECTORS).chain(NEIGHBOURS) {
        detector(page);
    }
    readers::comments(page);
}

impl Page<'_, '_> {
    fn removed(&self, i: usize) -> bool {
        self.findings[i].removed
    }

    /// The nearest line before or behind that stays.
    fn kept_before(&self, i: usize) -> Option<usize> {
        (0..i).rev().find(|&j| !self.removed(j))
    }

    fn kept_after(&self, i: usize) -> Option<usize> {
        (i + 1..self.lines.len()).find(|&j| !self.removed(j))
    }

    fn is_headline_like(&self, i: usize) -> bool {
        let line = &self.lines[i];
        line.end == End::Open
            && (3..=25).contains(&line.length)
            && (line.counts.speech == 0 || !line.quoted)
    }
}

/// `Kim Jong-unKim Jong-un`: an image's description, once as its text and once as its title.
fn doubled_text(page: &mut Page<'_, '_>) {
    for (i, line) in page.lines.iter().enumerate() {
        let half = line.text.len() / 2;
        if line.text.len() % 2 == 0
            && (5..120).contains(&half)
            && line.text.is_char_boundary(half)
            && line.text[..half] == line.text[half..]
            && !page.findings[i].removed
        {
            page.findings[i].remove(Category::ImageAlt, "the same words twice, glued");
        }
    }
}

/// `Skip to content Skip to footer`: what a row of buttons or links leaves.
fn repeated_request(page: &mut Page<'_, '_>) {
    for (i, line) in page.lines.iter().enumerate() {
        let asks = line.imperative || line.hits.inside;
        if page.findings[i].removed || !asks || line.quoted || line.end != End::Open {
            continue;
        }
        let words: Vec<&str> = line.text.split_whitespace().take(25).collect();
        let [first, second, rest @ ..] = words.as_slice() else { continue };
        if line.length <= 20 && rest.windows(2).any(|pair| pair == [*first, *second]) {
            let category = page.findings[i].category.unwrap_or(Category::LinkUi);
            page.findings[i].remove(category, "the same request again and again");
        }
    }
}

/// The page's title before the headline: the headline with the site's name behind it.
fn page_title(page: &mut Page<'_, '_>) {
    let Some(headline) = page.headline else { return };
    let folded = |i: usize| {
        let mut out = String::new();
        crate::words::folded(&page.lines[i].text, &mut out);
        out
    };
    let wanted = folded(headline);
    let near = headline.saturating_sub(6)..(headline + 3).min(page.lines.len());
    for i in near.filter(|&i| i != headline) {
        let text = &page.lines[i].text;
        let parted = [" - ", " – ", " — ", " | ", " :: ", " · ", " » ", ": "];
        let parted = parted.iter().any(|s| text.contains(s));
        if parted && !page.removed(i) && has_beside(&folded(i), &wanted) {
            page.findings[i]
                .remove(Category::PageTitle, "the headline with the site's words beside it");
        }
    }
}

/// Whether the text is the wanted words with others before or behind them.
fn has_beside(text: &str, wanted: &str) -> bool {
    let behind = text.strip_prefix(wanted).is_some_and(|rest| rest.starts_with(' '));
    behind || text.strip_suffix(wanted).is_some_and(|rest| rest.ends_with(' '))
}

/// A line that stood before in the same document; short lines may be refrains and need to be near.
fn repeated_line(page: &mut Page<'_, '_>) {
    let mut first: hash::Map<usize> = hash::map_for(page.lines.len());
    for (i, line) in page.lines.iter().enumerate() {
        let earlier = *first.entry(hash::of(line.text.as_bytes())).or_insert(i);
        if earlier == i || page.lines[earlier].text != line.text {
            continue;
        }
        let long = line.length >= 8;
        let beside = line.length >= 3 && i - earlier <= 2 && !signs_each(page, earlier, i);
        if (long || beside) && !page.findings[i].removed && !line.quoted {
            page.findings[i].remove(Category::DuplicateLine, "stood before in this document");
        }
    }
}

/// Whether two lines alike stand each under a short line of its own, as titles do under names.
fn signs_each(page: &Page<'_, '_>, earlier: usize, later: usize) -> bool {
    let short = |i: usize| !page.lines[i].is_prose() && !page.removed(i);
    earlier > 0 && later == earlier + 2 && short(earlier - 1) && short(later - 1)
}

/// Lines under a rubric such as `Related stories`, up to the next prose.
fn list_under_rubric(page: &mut Page<'_, '_>) {
    let has_body = page.places.contains(&Place::Body);
    // The lines between the rubric that was looked at last and this one are all removed: they need not
    // be gone through again for each of many rubrics in a row.
    let mut removed_to = 0;
    for i in 0..page.lines.len() {
        let rubric = page.removed(i)
            && page.findings[i].category == Some(Category::RelatedHeadlines)
            && page.lines[i].length <= 8;
        if !rubric || has_body && page.places[i] == Place::Head {
            continue;
        }
        let tail = page.places[i] == Place::Tail;
        for j in removed_to.max(i + 1)..page.lines.len() {
            let attached = j == i + 1 || tail || !page.lines[j].apart.before;
            removed_to = j;
            if page.removed(j) {
                continue;
            }
            if !attached || !page.is_headline_like(j) || page.lines[j].quoted && !tail {
                break;
            }
            page.findings[j].remove(Category::RelatedHeadlines, "in a list under a rubric");
        }
    }
}

/// Two or more headlines without a rubric behind the article's body.
fn headlines_at_the_end(page: &mut Page<'_, '_>) {
    if !page.title_case {
        return;
    }
    let mut i = 0;
    while i < page.lines.len() {
        let mut end = i;
        while end < page.lines.len() && in_headline_list(page, end) {
            end += 1;
        }
        let announced = i > 0 && page.lines[i - 1].end == End::Colon;
        let is_list = end - i >= 2 && !announced && page.kept_after(end - 1).is_none();
        if is_list && !forms::is_table(&page.lines[i..end]) {
            for j in i..end {
                page.findings[j]
                    .remove(Category::RelatedHeadlines, "headlines behind the article's end");
            }
        }
        i = end.max(i + 1);
    }
}

fn in_headline_list(page: &Page<'_, '_>, i: usize) -> bool {
    let line = &page.lines[i];
    page.places[i] == Place::Tail
        && !page.removed(i)
        && page.is_headline_like(i)
        && line.words >= 4
        && line.capitals() >= 0.7
        && !forms::is_led(&line.text)
}

/// Before a photo's credit stands its caption, where an image's description or nothing but the
/// headline comes before it.
fn caption_beside_credit(page: &mut Page<'_, '_>) {
    for i in 1..page.lines.len() {
        let credit = page.removed(i) && page.findings[i].category == Some(Category::PhotoCredit);
        let before = i - 1;
        if !credit || page.removed(before) || page.places[before] == Place::Tail {
            continue;
        }
        let after_alt =
            before > 0 && page.findings[before - 1].category == Some(Category::ImageAlt);
        let attached = !page.lines[i].apart.before && page.places[before] == Place::Head;
        if (after_alt || attached)
            && Some(before) != page.headline
            && page.lines[before].length <= 60
        {
            page.findings[before]
                .remove(Category::Caption, "between an image's description and its credit");
        }
    }
}

/// A bare name between the line under the headline and the body: whose picture it was.
fn credit_before_the_body(page: &mut Page<'_, '_>) {
    let Some(headline) = page.headline else { return };
    let Some(body) = page.places.iter().position(|&p| p == Place::Body) else { return };
    let Some(i) = page.kept_before(body) else { return };
    let line = &page.lines[i];
    let name = (2..=5).contains(&line.words)
        && line.end == End::Open
        && line.capitals() >= 1.0
        && line.counts.function + line.counts.number == 0
        && line.apart.before
        && line.apart.after;
    let under_a_dek = (headline + 1..i).any(|j| !page.removed(j));
    if page.title_case && name && under_a_dek && i - headline <= 4 {
        page.findings[i].remove(Category::PhotoCredit, "a bare name between headline and body");
    }
}

/// A short label set directly on top of a removed line, apart from what stands above it.
fn lead_in_of_a_box(page: &mut Page<'_, '_>) {
    for i in (0..page.lines.len().saturating_sub(1)).rev() {
        let line = &page.lines[i];
        let attached = !line.apart.after && line.apart.before;
        let below = &page.findings[i + 1];
        let box_of = below.category.filter(|c| !c.is_metadata() && *c != Category::DuplicateLine);
        if let Some(category) = box_of.filter(|_| below.removed) {
            let label = line.length <= 6 && line.end == End::Open && !line.quoted;
            if attached && label && !page.removed(i) && Some(i) != page.headline {
                page.findings[i].remove(category, "label on top of other boilerplate");
            }
        }
    }
}

/// What goes on speaking to the reader beside a pitch that goes, outside the article's body. A line
/// that goes for this reason is no pitch to the next: an article may speak to its reader, too.
fn rest_of_a_pitch(page: &mut Page<'_, '_>) {
    let pitches: Vec<Option<Category>> = page.findings.iter().map(pitch).collect();
    for i in 0..page.lines.len() {
        let line = &page.lines[i];
        let speaks = line.addresses()
            && line.counts.past + line.counts.third == 0
            && (line.counts.you > 0 || line.imperative)
            && line.length <= 60;
        if page.removed(i) || page.places[i] == Place::Body || !speaks || line.quoted {
            continue;
        }
        let above =
            pitches[i.saturating_sub(PITCH_LINES)..i].iter().rev().copied().flatten().next();
        let beside = above.or_else(|| pitches.get(i + 1).copied().flatten());
        if let Some(category) = beside.filter(|_| Some(i) != page.headline) {
            page.findings[i].remove(category, "speaks to the reader beside a pitch");
        }
    }
}

fn pitch(finding: &Finding) -> Option<Category> {
    finding.category.filter(|category| finding.removed && PITCHES.contains(category))
}

/// A pitch goes on for so many lines.
const PITCH_LINES: usize = 2;

/// Boxes that speak to the reader in several lines.
const PITCHES: &[Category] = &[
    Category::CommentPolicy,
    Category::ContactAppeal,
    Category::CookieConsent,
    Category::DonationAppeal,
    Category::FollowSocial,
    Category::NewsletterSignup,
    Category::PaywallPrompt,
    Category::AppPromo,
];

/// Section names before the headline: capitals, no function word, no end.
fn menu_before_the_headline(page: &mut Page<'_, '_>) {
    let Some(headline) = page.headline.filter(|_| page.title_case) else { return };
    let told = |page: &Page<'_, '_>, i: usize| page.lines[i].is_prose() && !page.removed(i);
    for i in (0..headline).take_while(|&i| !told(page, i)).collect::<Vec<_>>() {
        let line = &page.lines[i];
        let names = (2..=15).contains(&line.words)
            && line.end == End::Open
            && line.capitals() >= 1.0
            && line.counts.function + line.counts.number + line.counts.month == 0;
        if names && !page.removed(i) {
            page.findings[i].remove(Category::NavMenu, "names of sections before the headline");
        }
    }
}

/// A short line before the headline with nothing but boilerplate around it.
fn label_between_removed(page: &mut Page<'_, '_>) {
    let Some(headline) = page.headline else { return };
    for i in 1..headline {
        let line = &page.lines[i];
        if line.length <= 6 && !page.removed(i) && page.removed(i - 1) && page.removed(i + 1) {
            page.findings[i]
                .remove(Category::SectionLabel, "between boilerplate before the headline");
        }
    }
}
