//! The judges: what of a document is the article and what is the site's, and why.
//!
//! Nothing is deleted here. A judge writes a verdict beside each block, and the writers decide.

pub mod evidence;
mod examples;
pub mod expression;
pub(crate) mod features;
mod gate;
pub mod language;
pub mod lexicon;
pub mod line;
mod metadata;
pub mod model;
mod phrases;
pub mod rules;
pub mod structure;
pub mod template;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::OnceLock;

use crate::block::Block;
use crate::config::Strictness;
use crate::document::Document;
use crate::error::{Error, Result};
use crate::normalize::Edits;
use crate::verdict::{Category, Cut, Reason, Verdict};

use evidence::{Finding, Place, Surroundings};
use features::{Hints, Page as Facts};
use language::Guesser;
use lexicon::Lexicon;
use line::{Line, line_key};
use model::{Decided, Model};
use rules::{Flag, Rules};
use structure::Page;
use template::{OutletTemplates, Templates};

/// What was decided about a document.
#[derive(Debug, Default)]
pub struct Judgement {
    /// One verdict a block.
    pub verdicts: Vec<Verdict>,
    /// What the document is known to be.
    pub flags: BTreeSet<Flag>,
}

/// Judges documents. Shared by all workers.
#[derive(Debug)]
pub struct Judge {
    rules: Rules,
    /// Compiled on first use: a corpus speaks few of the languages.
    lexicons: BTreeMap<String, OnceLock<Lexicon>>,
    guesser: Guesser,
    /// The user's own, where it is not the one that comes with the program.
    model: Option<Model>,
    strictness: Strictness,
}

/// Languages without rules of their own are judged by these: sites the world over carry English
/// widgets.
const FALLBACK: &str = "en";

impl Judge {
    /// A judge with these rules.
    pub fn new(rules: Rules) -> Result<Self> {
        let languages = rules.files.keys().filter(|name| *name != rules::ANY);
        let lexicons = languages.map(|name| (name.clone(), OnceLock::new())).collect();
        let guesser = Guesser::new(&rules);
        let strictness = Strictness::default();
        let judge = Self { guesser, lexicons, rules, model: None, strictness };
        judge.lexicon(FALLBACK)?;
        Ok(judge)
    }

    /// The same judge with another model than the one that comes with the program.
    #[must_use]
    pub fn with_model(self, model: Model) -> Self {
        Self { model: Some(model), ..self }
    }

    /// The same judge, as strict as that.
    #[must_use]
    pub fn strict(self, strictness: Strictness) -> Self {
        Self { strictness, ..self }
    }

    /// The rules in force.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The compiled rules of a language.
    pub fn lexicon(&self, language: &str) -> Result<&Lexicon> {
        let (name, cell) = self
            .lexicons
            .get_key_value(language)
            .or_else(|| self.lexicons.get_key_value(FALLBACK))
            .ok_or_else(|| {
                Error::config("no rules are loaded for English, the fallback language")
            })?;
        if let Some(lexicon) = cell.get() {
            return Ok(lexicon);
        }
        let lexicon = Lexicon::new(&self.rules, name)?;
        Ok(cell.get_or_init(|| lexicon))
    }

    /// The language to judge a document in: its own word, its outlet's majority, or a guess.
    pub fn language<'a>(&'a self, document: &'a Document, templates: &'a Templates) -> &'a str {
        let outlet = || templates.outlets().get(&document.outlet)?.language();
        document
            .lang
            .as_deref()
            .or_else(outlet)
            .unwrap_or_else(|| self.guesser.guess(&document.text))
    }

    /// Judges every block of a document.
    pub fn judge(
        &self,
        document: &Document,
        blocks: &[Block],
        edits: &[Option<Edits>],
        templates: &Templates,
    ) -> Result<Judgement> {
        let language = self.language(document, templates);
        let lexicon = self.lexicon(language)?;
        let lines = Line::all(&document.text, blocks, edits, lexicon);
        let outlet = templates.of(&document.outlet);
        let mut case = Case::open(&lines, document.title.as_deref(), lexicon, &outlet);
        case.weigh(language);
        match self.strictness {
            Strictness::Careful => case.keep_what_one_kind_of_evidence_takes(),
            Strictness::Balanced => {}
            Strictness::Thorough => case.ask(self.model()?, self.strictness),
        }
        case.spare_the_article();
        Ok(case.close(blocks.len()))
    }

    /// What the model sees of a document.
    pub(crate) fn look(
        &self,
        document: &Document,
        blocks: &[Block],
        edits: &[Option<Edits>],
        templates: &Templates,
    ) -> Result<Facts> {
        let language = self.language(document, templates);
        let lexicon = self.lexicon(language)?;
        let lines = Line::all(&document.text, blocks, edits, lexicon);
        let outlet = templates.of(&document.outlet);
        let mut case = Case::open(&lines, document.title.as_deref(), lexicon, &outlet);
        case.weigh(language);
        Ok(case.facts())
    }

    fn model(&self) -> Result<&Model> {
        match &self.model {
            Some(model) => Ok(model),
            None => Model::built_in(),
        }
    }
}

/// One document under judgement.
struct Case<'c, 't> {
    lines: &'c [Line<'t>],
    lexicon: &'c Lexicon,
    templates: &'c OutletTemplates<'c>,
    headline: Option<usize>,
    places: Vec<Place>,
    copies: Vec<usize>,
    topics: Vec<Category>,
    announced: Vec<bool>,
    findings: Vec<Finding>,
}

impl<'c, 't> Case<'c, 't> {
    fn open(
        lines: &'c [Line<'t>],
        title: Option<&str>,
        lexicon: &'c Lexicon,
        templates: &'c OutletTemplates<'c>,
    ) -> Self {
        let places = places(lines, lexicon, templates);
        let headline = headline(lines, &places, title, templates);
        let mut counts: HashMap<u64, usize> = HashMap::new();
        for line in lines {
            *counts.entry(line.key).or_default() += 1;
        }
        let copies = lines.iter().map(|line| counts[&line.key]).collect();
        let topics = topics(lines, &places, headline, lexicon);
        let announced = announced(lines);
        let findings = Vec::new();
        Self { lines, lexicon, templates, headline, places, copies, topics, announced, findings }
    }

    fn finding(&self, i: usize, beside_removed: bool) -> Finding {
        let around = Surroundings {
            place: self.places[i],
            beside_removed,
            announced: self.announced[i],
            copies: self.copies[i],
            is_headline: self.headline == Some(i),
            topics: &self.topics,
        };
        evidence::weigh(&self.lines[i], &around, self.lexicon, self.templates)
    }

    /// The cheap evidence: each line alone, then beside its neighbours, then what only the page
    /// shows.
    fn weigh(&mut self, language: &str) {
        self.weigh_alone();
        self.weigh_with_neighbours();
        // Where every noun has a capital, or no letter has, title case tells nothing.
        let title_case =
            !matches!(language, "de" | "lb" | "zh" | "ja" | "ko" | "th" | "ar" | "fa" | "he");
        structure::detect(&mut Page {
            lines: self.lines,
            places: &self.places,
            findings: &mut self.findings,
            headline: self.headline,
            title_case,
        });
    }

    fn weigh_alone(&mut self) {
        self.findings = (0..self.lines.len()).map(|i| self.finding(i, false)).collect();
    }

    /// Lines that stay so far are weighed again where a neighbour goes, from the first to the last,
    /// so that boilerplate spreads downwards through a box and only one line upwards.
    fn weigh_with_neighbours(&mut self) {
        for i in 0..self.lines.len() {
            let goes = |j: Option<usize>| {
                j.and_then(|j| self.findings.get(j)).is_some_and(|f: &Finding| f.removed)
            };
            let undecided = !self.findings[i].removed && self.findings[i].category.is_some();
            if undecided && (goes(i.checked_sub(1)) || goes(Some(i + 1))) {
                self.findings[i] = self.finding(i, true);
            }
        }
    }

    /// What the model sees.
    fn facts(&self) -> Facts {
        let hints = |i: usize| Hints {
            finding: &self.findings[i],
            place: self.places[i],
            is_headline: self.headline == Some(i),
            other_headline: self.templates.seen(self.lines[i].key).headlines > 0,
        };
        Facts::new(self.lines, hints, self.templates)
    }

    /// The model, on what is undecided. What shows that an article is speaking protects a line from
    /// it, too.
    fn ask(&mut self, model: &Model, strictness: Strictness) {
        let facts = self.facts();
        let opinions = model.opinions(&facts);
        let decided: Vec<Decided> = (0..self.lines.len())
            .map(|i| match () {
                () if self.findings[i].removed && self.findings[i].alone => Decided::Goes,
                () if self.findings[i].removed => Decided::Taken,
                () if evidence::is_labelled(&self.lines[i].text) => Decided::Stays,
                () if self.is_head_or_dek(i) => Decided::Stays,
                () if self.shield(i) => Decided::Shielded,
                () => Decided::Open,
            })
            .collect();
        let choice = model::choose(&facts, &opinions, &decided, strictness);
        for i in choice.taken {
            self.findings[i].convict(opinions[i].evidence());
        }
        for i in choice.spared {
            self.findings[i].removed = false;
            self.findings[i].reason.vetoes.extend(opinions[i].evidence().into_iter().take(1));
        }
    }

    /// The headline, or the line under it that tells what the article is about. Labelled documents
    /// say of neither whether it is the article's, so the model knows nothing of them.
    fn is_head_or_dek(&self, i: usize) -> bool {
        let dek = |headline: usize| {
            i == headline + 1 && self.lines[i].length >= 6 && self.findings[i].category.is_none()
        };
        self.headline.is_some_and(|headline| i == headline || dek(headline))
    }

    fn shield(&self, i: usize) -> bool {
        let announced = i > 0 && self.lines[i - 1].end == line::End::Colon;
        evidence::is_shielded(&self.lines[i], announced && self.places[i] == Place::Body)
    }

    /// For the careful: whole-line rules go by themselves, a template where a second kind of
    /// evidence confirms it, nothing else.
    fn keep_what_one_kind_of_evidence_takes(&mut self) {
        for (line, finding) in self.lines.iter().zip(&mut self.findings) {
            let repeated = self.templates.is_template(self.templates.seen(line.key));
            let confirmed = repeated && finding.reason.evidence.len() > 1;
            if finding.removed && !finding.alone && !confirmed {
                finding.removed = false;
                finding.reason.vetoes.push("careful: one kind of evidence".into());
            }
        }
    }

    /// The budget: a document that would keep fewer than two sentences of prose is not gutted.
    /// Only what is certain alone goes then; the rest is named and stays.
    fn spare_the_article(&mut self) {
        let prose = |keep: &dyn Fn(usize) -> bool| {
            (0..self.lines.len()).filter(|&i| self.lines[i].is_prose() && keep(i)).count()
        };
        let gutted = prose(&|_| true) >= 2 && prose(&|i| !self.findings[i].removed) < 2;
        let emptied = self.findings.iter().all(|finding| finding.removed);
        if !gutted && !emptied {
            return;
        }
        for (line, finding) in self.lines.iter().zip(&mut self.findings) {
            if finding.removed && !finding.alone && (line.is_prose() || emptied) {
                finding.removed = false;
                finding.reason.vetoes.push("hardly anything of the document would be left".into());
            }
        }
    }

    fn close(self, blocks: usize) -> Judgement {
        let mut judgement =
            Judgement { verdicts: vec![Verdict::Keep; blocks], flags: BTreeSet::new() };
        for (line, finding) in self.lines.iter().zip(self.findings) {
            if finding.removed {
                let rules =
                    line.hits.strong.iter().chain(line.hits.cues.iter().map(|(rule, _)| rule));
                judgement.flags.extend(rules.filter_map(|&rule| self.lexicon.rule(rule).flag));
            }
            judgement.verdicts[line.block] = verdict(line, finding, self.lexicon);
        }
        judgement
    }
}

fn verdict(line: &Line<'_>, finding: Finding, lexicon: &Lexicon) -> Verdict {
    match finding.category {
        Some(category) if finding.removed => Verdict::Remove(category, finding.reason),
        _ if !line.hits.spans.is_empty() => Verdict::Cut(
            line.hits
                .spans
                .iter()
                .map(|(range, number)| {
                    let rule = lexicon.rule(*number);
                    let evidence = vec!["span inside the line".to_owned()];
                    let reason = Reason {
                        rule: Some(rule.id.clone()),
                        evidence,
                        score: 1.0,
                        ..Reason::default()
                    };
                    Cut { range: range.clone(), category: rule.category, reason }
                })
                .collect(),
        ),
        Some(category) => Verdict::KeepDespite(category, finding.reason),
        None => Verdict::Keep,
    }
}

/// Where each line stands: the body runs from the first to the last prose that nothing speaks
/// against.
fn places(lines: &[Line<'_>], lexicon: &Lexicon, templates: &OutletTemplates<'_>) -> Vec<Place> {
    let suspect = |line: &Line<'_>| {
        let strong =
            line.hits.strong.iter().any(|&rule| lexicon.rule(rule).zone == rules::Zone::Any);
        let cued = !line.hits.cues.is_empty() && line.addresses();
        strong || cued || templates.is_template(templates.seen(line.key))
    };
    let body = |line: &&Line<'_>| line.is_prose() && !line.addresses() && !suspect(line);
    let first = lines.iter().position(|line| body(&line));
    let last = lines.iter().rposition(|line| body(&line));
    (0..lines.len())
        .map(|i| match (first, last) {
            (Some(first), _) if i < first => Place::Head,
            (_, Some(last)) if i > last => Place::Tail,
            (None, _) => Place::Head,
            _ => Place::Body,
        })
        .collect()
}

/// The line that is the headline: the record's title where it stands in the text, else the first
/// line of the head that could be one.
///
/// Where other pages list it among their headlines it may look like a template; so a line that
/// fewer documents have is the likelier.
fn headline(
    lines: &[Line<'_>],
    places: &[Place],
    title: Option<&str>,
    templates: &OutletTemplates<'_>,
) -> Option<usize> {
    let title = title.map(|title| line_key(&mut String::new(), title));
    let near = lines.iter().take(30);
    let titled =
        near.enumerate().filter(|(_, line)| Some(line.key) == title).map(|(i, _)| i).next();
    let could_be = |i: &usize| {
        let line = &lines[*i];
        let parted = [" | ", " - ", " – ", " › ", " > "].iter().any(|s| line.text.contains(s));
        line.hits.strong.is_empty()
            && (5..=30).contains(&line.length)
            && line.end != line::End::Colon
            && !line.text.ends_with(['.', '。'])
            && !parted
    };
    let top = (0..lines.len()).take_while(|&i| places[i] == Place::Head && lines[i].length <= 30);
    let head = top.filter(could_be);
    titled.or_else(|| head.min_by_key(|&i| (templates.seen(lines[i].key).documents, i)))
}

/// Lines that a colon announces: a quoted sign, a list. What is shaped alike goes on with the list.
fn announced(lines: &[Line<'_>]) -> Vec<bool> {
    let mut announced = vec![false; lines.len()];
    for i in 1..lines.len() {
        let (before, line) = (&lines[i - 1], &lines[i]);
        let opened = before.end == line::End::Colon && before.length >= 5;
        let alike = (before.capitals() - line.capitals()).abs() < 0.3 && !line.is_prose();
        announced[i] = opened || (announced[i - 1] && alike);
    }
    announced
}

/// The topic guard: categories whose cues stand in the headline or in three lines that tell a
/// story. An article about newsletters says `newsletter`.
fn topics(
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

#[cfg(test)]
mod tests;
