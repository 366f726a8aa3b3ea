//! Evidence first, then a decision: what speaks for and against removing a line, and how loudly.
//!
//! The weights are a table, not a model: one whole-line rule or a template is enough; a cue phrase
//! never is and wants a second kind of evidence; what shows that an article is speaking counts
//! against cues, and against a template where nothing else supports it.

use std::collections::BTreeMap;

use super::lexicon::Lexicon;
use super::line::{End, Line};
use super::rules::{Matcher, Rule, Zone};
use super::template::OutletTemplates;
use crate::document::Tag;
use crate::verdict::{Category, Reason};

/// At this score a line goes.
pub const ENOUGH: f32 = 1.0;

/// The longest pitch, policy or notice that cues alone may tell, in words.
const PITCH_WORDS: usize = 150;
/// Signs that open a quotation where a line begins.
const QUOTES: [char; 8] = ['"', '“', '„', '«', '»', '‘', '「', '『'];
/// A paragraph has so many words.
pub(super) const PARAGRAPH: usize = 35;

mod weight {
    pub(super) const WHOLE: f32 = 1.0;
    pub(super) const TEMPLATE: f32 = 1.0;
    /// Only the line's first words repeat.
    pub(super) const OPENING: f32 = 0.8;
    /// Other outlets have it in most of their documents.
    pub(super) const NETWORK: f32 = 0.8;
    /// A zone rule that fires elsewhere.
    pub(super) const WHOLE_ELSEWHERE: f32 = 0.5;
    pub(super) const CUE: f32 = 0.5;
    pub(super) const WEAK_CUE: f32 = 0.3;
    pub(super) const SECOND_CUE: f32 = 0.3;
    pub(super) const ADDRESS: f32 = 0.4;
    pub(super) const IMPERATIVE: f32 = 0.5;
    pub(super) const POSITION: f32 = 0.2;
    pub(super) const REPEATED: f32 = 0.4;
    pub(super) const HEADLINE: f32 = 0.8;
    pub(super) const BESIDE: f32 = 0.3;
    /// Of a page, where markup is known.
    pub(super) const LINK: f32 = 0.4;
    pub(super) const LIST_OF_LINKS: f32 = 0.5;
    pub(super) const QUOTATION: f32 = -0.6;
    pub(super) const NARRATIVE: f32 = -0.5;
    pub(super) const ANNOUNCED: f32 = -0.4;
    pub(super) const LABELLED: f32 = -1.0;
}

/// Where a line stands in its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Before the first prose of the article.
    Head,
    /// Between its first and its last prose.
    Body,
    /// Behind its last prose.
    Tail,
}

/// What is known about a line beyond itself.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::struct_excessive_bools)] // Each is a fact of its own: no two exclude each other.
pub struct Surroundings<'s> {
    /// Where it stands.
    pub place: Place,
    /// Whether a neighbouring line goes.
    pub beside_removed: bool,
    /// Whether the line before announces something.
    pub announced: bool,
    /// Whether the line stands between two sentences, as a subheading does.
    pub between_sentences: bool,
    /// How often it stands in the document.
    pub copies: usize,
    /// Whether it is the document's own headline.
    pub is_headline: bool,
    /// Categories that the document itself is about.
    pub topics: &'s [Category],
}

/// What was found for and against a line.
#[derive(Debug, Clone, Default)]
pub struct Finding {
    /// What the line would be.
    pub category: Option<Category>,
    /// For, against, and the sum.
    pub reason: Reason,
    /// Whether one piece of evidence was enough alone.
    pub alone: bool,
    /// Whether it goes, as far as this line alone can tell.
    pub removed: bool,
}

impl Finding {
    fn add(&mut self, weight: f32, what: String) {
        self.reason.score += weight;
        if weight > 0.0 {
            self.reason.evidence.push(what);
        } else {
            self.reason.vetoes.push(what);
        }
    }

    /// Marks the line as going, on evidence that only its neighbourhood gives.
    pub fn remove(&mut self, category: Category, evidence: impl Into<String>) {
        self.removed = true;
        self.category = Some(category);
        self.reason.score = self.reason.score.max(ENOUGH);
        self.reason.evidence.push(evidence.into());
    }
}

impl Finding {
    /// Marks the line as going, on the model's word; `named` is what it looks like.
    pub fn convict(&mut self, named: Option<Category>, evidence: Vec<String>) {
        self.removed = true;
        self.category.get_or_insert(named.unwrap_or(Category::Other));
        self.reason.score = self.reason.score.max(ENOUGH);
        self.reason.evidence.extend(evidence);
    }
}

impl Finding {
    /// Whether the line would say something of the article.
    pub fn is_metadata(&self) -> bool {
        self.category.is_some_and(Category::is_metadata)
    }

    /// Marks the line as staying, for what it shows besides what the model says.
    pub fn acquit(&mut self, evidence: Vec<String>, shown: Option<String>) {
        self.category.get_or_insert(Category::Other);
        self.reason.evidence.extend(evidence);
        self.reason.vetoes.push(shown.unwrap_or_else(|| "it may be the article's".to_owned()));
    }
}

/// Whether the article may be speaking, whatever else says that the line is boilerplate.
pub fn is_shielded(line: &Line<'_>, announced: bool) -> bool {
    announced || line.quoted && line.counts.speech + line.counts.third > 0
}

/// Weighs what is known about one line.
pub fn weigh(
    line: &Line<'_>,
    around: &Surroundings<'_>,
    lexicon: &Lexicon,
    templates: &OutletTemplates<'_>,
) -> Finding {
    let mut finding = Finding::default();
    if around.is_headline {
        return finding;
    }
    whole_line(line, around, lexicon, &mut finding);
    let whole = finding.alone;
    template(line, templates, &mut finding);
    if line.markup.is_link() && line.markup.tag == Tag::Item && !line.is_prose() {
        finding.category.get_or_insert(Category::RelatedHeadlines);
        finding.add(weight::LIST_OF_LINKS, "an item of a list, and a link".into());
    }
    let cued = cues(line, around, lexicon, &mut finding);
    if !finding.alone && (cued || finding.reason.score > 0.0) {
        support(line, around, &mut finding);
    }
    // What is shown or told of in the article may look like a whole line of a site.
    let shown = around.announced && line.addresses();
    let told = line.quoted && line.narrates() || is_dialogue(&line.text);
    if (!whole || shown || told) && finding.reason.score > 0.0 {
        vetoes(line, around, &mut finding);
    }
    finding.removed = finding.reason.score >= ENOUGH - 1e-4;
    finding
}

fn whole_line(
    line: &Line<'_>,
    around: &Surroundings<'_>,
    lexicon: &Lexicon,
    finding: &mut Finding,
) {
    let edge = around.place != Place::Body || around.beside_removed;
    let fits = |zone| match zone {
        Zone::Any => true,
        Zone::Edge => edge,
        Zone::Head => around.place == Place::Head,
        Zone::Tail => {
            around.place == Place::Tail || (around.beside_removed && around.place != Place::Head)
        }
    };
    // `More from the village` over a paragraph is a subheading, and no rubric.
    let may_head = around.between_sentences && !line.hits.verbatim;
    // A date between sentences, or behind a colon, is the article's: a programme, a letter's head.
    let may_date = around.announced || around.place == Place::Body && !around.beside_removed;
    // `No.` or `Thank you for your support.` between sentences may be one itself.
    let may_say = around.between_sentences && line.end == End::Sentence;
    // What is quoted may begin as the rule says, and the line goes on.
    let may_quote = line.text.starts_with(QUOTES);
    let of_article = |rule: &Rule| match rule.category {
        _ if may_quote && matches!(rule.matcher, Matcher::Starts { .. }) => true,
        Category::RelatedHeadlines => may_head,
        Category::Timestamp => may_date,
        Category::DonationAppeal | Category::PollWidget | Category::NavMenu | Category::Widget => {
            may_say
        }
        _ => false,
    };
    let rules = || line.hits.strong.iter().map(|&number| lexicon.rule(number));
    let (rule, weight) = match rules().find(|rule| fits(rule.zone) && !of_article(rule)) {
        Some(rule) => (rule, weight::WHOLE),
        None => match rules().next() {
            Some(rule) => (rule, weight::WHOLE_ELSEWHERE),
            None => return,
        },
    };
    finding.alone = weight >= ENOUGH;
    finding.category = Some(rule.category);
    finding.reason.rule = Some(rule.id.clone());
    let what = match rule.matcher {
        Matcher::Starts { .. } => "line begins as the rule says",
        _ if line.hits.row => "a row of labels",
        _ => "whole line",
    };
    let what = if finding.alone { what.to_owned() } else { format!("{what}, away from its place") };
    finding.add(weight, what);
}

fn template(line: &Line<'_>, templates: &OutletTemplates<'_>, finding: &mut Finding) {
    let seen = templates.seen(line.key);
    if templates.is_template(seen) {
        let of = templates.documents();
        finding.category.get_or_insert(Category::Template);
        finding.add(
            weight::TEMPLATE,
            format!("template: in {} of the outlet's {of} documents", seen.documents),
        );
    } else if let Some(seen) =
        line.opening.map(|key| templates.seen(key)).filter(|s| templates.is_template(*s))
    {
        let of = templates.documents();
        finding.category.get_or_insert(Category::Template);
        finding.add(
            weight::OPENING,
            format!("its first words: in {} of the outlet's {of} documents", seen.documents),
        );
    } else if let Some(outlets) = templates.network(line.key) {
        finding.category.get_or_insert(Category::Template);
        finding.add(
            weight::NETWORK,
            format!("network template: in most documents of {outlets} outlets"),
        );
    } else if seen.headlines > 0 && line.words >= 3 {
        finding.category.get_or_insert(Category::RelatedHeadlines);
        finding.add(weight::HEADLINE, "headline of another document of the outlet".into());
    }
}

/// Cue rules of the category that has most of them.
fn cues(
    line: &Line<'_>,
    around: &Surroundings<'_>,
    lexicon: &Lexicon,
    finding: &mut Finding,
) -> bool {
    let mut by_category: BTreeMap<Category, (u32, f32, u32)> = BTreeMap::new();
    for &(number, phrases) in &line.hits.cues {
        let rule = lexicon.rule(number);
        let weak = matches!(rule.matcher, Matcher::Cues { weak: true, .. });
        let weight = if weak { weight::WEAK_CUE } else { weight::CUE };
        let entry = by_category.entry(rule.category).or_insert((0, 0.0, number));
        entry.0 += phrases;
        if weight > entry.1 {
            (entry.1, entry.2) = (weight, number);
        }
    }
    let best = by_category.into_iter().max_by(|a, b| {
        (a.1.0, a.1.1).partial_cmp(&(b.1.0, b.1.1)).unwrap_or(std::cmp::Ordering::Equal)
    });
    // A box that pitches is no essay: where a whole article stands on one line, phrases in it tell
    // nothing of the rest.
    let best = best.filter(|_| line.length <= PITCH_WORDS);
    let Some((category, (phrases, weight, number))) = best else { return false };
    let about_it = around.topics.contains(&category) && around.place == Place::Body;
    let half = if about_it { 0.5 } else { 1.0 };
    if finding.reason.rule.is_none() {
        finding.reason.rule = Some(lexicon.rule(number).id.clone());
    }
    if finding.category.is_none_or(|c| c == Category::Template) {
        finding.category = Some(category);
    }
    finding.add(weight * half, format!("cue of {category}"));
    if phrases > 1 {
        finding.add(weight::SECOND_CUE * half, format!("{phrases} cues"));
    }
    if about_it {
        finding.reason.vetoes.push("the article itself is about this: cues count half".into());
    }
    true
}

fn support(line: &Line<'_>, around: &Surroundings<'_>, finding: &mut Finding) {
    // In a paragraph that speaks to nobody one phrase may be anything, wherever it stands.
    let told = line.length >= PARAGRAPH && !line.imperative && !line.addresses();
    if told && finding.reason.score <= weight::CUE {
        return;
    }
    if line.imperative {
        finding.add(weight::IMPERATIVE, "asks the reader to do something".into());
    } else if line.addresses() {
        finding.add(weight::ADDRESS, "speaks to the reader".into());
    }
    match around.place {
        Place::Head => finding.add(weight::POSITION, "before the article's body".into()),
        Place::Tail => finding.add(weight::POSITION, "behind the article's body".into()),
        Place::Body => {}
    }
    if around.copies > 1 && !line.is_prose() {
        finding.add(weight::REPEATED, format!("stands {} times in the document", around.copies));
    }
    if around.beside_removed {
        finding.add(weight::BESIDE, "beside other boilerplate".into());
    }
    if line.markup.is_link() {
        finding.add(weight::LINK, "nothing but links".into());
    }
}

fn vetoes(line: &Line<'_>, around: &Surroundings<'_>, finding: &mut Finding) {
    if line.quoted && line.counts.speech + line.counts.third > 0 {
        finding.add(weight::QUOTATION, "a quotation with its speaker".into());
    } else if is_dialogue(&line.text) {
        finding.add(weight::QUOTATION, "a dash, as speech begins in many languages".into());
    } else if line.narrates() && line.is_prose() {
        finding.add(weight::NARRATIVE, "tells of others in the past".into());
    }
    if around.announced {
        finding.add(weight::ANNOUNCED, "announced by the line before".into());
    }
    if is_labelled(&line.text) {
        finding.add(
            weight::LABELLED,
            "a label of the article: update, correction, question, answer".into(),
        );
    }
}

/// Whether a dash opens the line and no other sets it apart, as where dialogue is printed.
pub(super) fn is_dialogue(text: &str) -> bool {
    let Some(said) = text.strip_prefix(['—', '–']) else { return false };
    said.starts_with(char::is_whitespace)
        && !said.contains([':', '：', '—', '–', '|', '»', '>', '@'])
}

/// Labels that open a paragraph of the article in the languages of the rules. Upper-case words and
/// a sign, as articles set them.
pub(super) fn is_labelled(text: &str) -> bool {
    /// No label is longer, in characters, with its time, and in bytes without.
    const LONGEST: usize = 48;
    const LONGEST_BYTES: usize = 24;
    const LABELS: &[&str] = &[
        "update",
        "updated",
        "latest",
        "correction",
        "clarification",
        "editor's note",
        "editor’s note",
        "editors' note",
        "note to readers",
        "q",
        "a",
        "actualización",
        "corrección",
        "fe de errores",
        "nota del editor",
        "p",
        "r",
        "mise à jour",
        "rectificatif",
        "correctif",
        "ndlr",
        "aktualisierung",
        "korrektur",
        "berichtigung",
        "anmerkung der redaktion",
        "atualização",
        "correção",
        "nota do editor",
        "aggiornamento",
        "rettifica",
        "correctie",
        "rectificatie",
        "aktualizacja",
        "sprostowanie",
        "korekta",
        "обновлено",
        "уточнение",
        "исправление",
        "更正",
        "編集部注",
        "訂正",
        "编者按",
        "更新",
        "تصحيح",
        "تحديث",
    ];
    let mut near = text.char_indices().take(LONGEST);
    let sign = near.find(|(_, c)| matches!(c, ':' | '：' | '.' | '—' | '–'));
    let Some((label, _)) = sign.and_then(|(at, _)| text.split_at_checked(at)) else { return false };
    // A label may carry a time: `UPDATE 4:45 p.m.`
    let label = label.trim_end_matches(|c: char| c.is_numeric() || c.is_whitespace());
    label.len() <= LONGEST_BYTES && LABELS.contains(&label.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_the_article() {
        for line in [
            "UPDATE 4:45 p.m.: The road",
            "Q: Why?",
            "Correction: An earlier",
            "Rettifica: in una",
            "更正：昨日",
        ] {
            assert!(is_labelled(line), "{line}");
        }
        for line in ["Update your profile: now", "A man said: no", "No label"] {
            assert!(!is_labelled(line), "{line}");
        }
    }
}
