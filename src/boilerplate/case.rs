//! One document under judgement: the steps from its lines to a verdict on each.

use std::collections::BTreeSet;

use super::Judgement;
use super::choice::{self, Dial, Standing};
use super::evidence::{self, Finding, Place, Surroundings};
use super::features::{Hints, Page as Facts};
use super::forms::{self, Form};
use super::lexicon::{Lexicon, Workspace};
use super::line::Line;
use super::metadata;
use super::model::Model;
use super::pieces::{self, Site};
use super::places::{self, announced, headline, topics};
use super::structure::{self, Page};
use super::template::OutletTemplates;
use crate::document::Document;
use crate::hash;
use crate::verdict::{Category, Verdict};

/// Prose of so many words beside its like is the article, where it tells of others: the model is not
/// asked.
const PLAIN_PROSE: usize = 20;

/// One document under judgement.
#[derive(Debug)]
pub(super) struct Case<'c, 't> {
    lines: &'c [Line<'t>],
    outlet: &'c str,
    language: &'c str,
    lexicon: &'c Lexicon,
    templates: &'c OutletTemplates<'c>,
    headline: Option<usize>,
    places: Vec<Place>,
    copies: Vec<usize>,
    topics: Vec<Category>,
    announced: Vec<bool>,
    findings: Vec<Finding>,
    /// Whether what says something of the article stays.
    is_careful: bool,
}

impl<'c, 't> Case<'c, 't> {
    pub(super) fn open(
        lines: &'c [Line<'t>],
        document: &'c Document,
        language: &'c str,
        lexicon: &'c Lexicon,
        templates: &'c OutletTemplates<'c>,
    ) -> Self {
        let title = places::title(lines, document.title.as_deref());
        let places = places::places(lines, title, lexicon, templates);
        let headline = title.or_else(|| headline(lines, &places, templates));
        let mut counts: hash::Map<usize> = hash::map_for(lines.len());
        for line in lines {
            *counts.entry(line.key).or_default() += 1;
        }
        let copies = lines.iter().map(|line| counts[&line.key]).collect();
        let topics = topics(lines, &places, headline, lexicon);
        let announced = announced(lines);
        let findings = Vec::new();
        Self {
            lines,
            outlet: &document.outlet,
            language,
            lexicon,
            templates,
            headline,
            places,
            copies,
            topics,
            announced,
            findings,
            is_careful: false,
        }
    }

    fn finding(&self, i: usize, beside_removed: bool) -> Finding {
        let around = Surroundings {
            place: self.places[i],
            beside_removed,
            announced: self.announced[i],
            between_sentences: self.is_between_sentences(i),
            copies: self.copies[i],
            is_headline: self.headline == Some(i),
            topics: &self.topics,
        };
        evidence::weigh(&self.lines[i], &around, self.lexicon, self.templates)
    }

    fn is_between_sentences(&self, i: usize) -> bool {
        let told = |j: usize| self.lines.get(j).is_some_and(Line::is_sentence);
        i > 0 && told(i - 1) && told(i + 1)
    }

    /// The cheap evidence: each line alone, then beside its neighbours, then what only the page
    /// shows.
    pub(super) fn weigh(&mut self) {
        self.weigh_alone();
        self.weigh_with_neighbours();
        // Where every noun has a capital, or no letter has, title case tells nothing.
        let title_case =
            !matches!(self.language, "de" | "lb" | "zh" | "ja" | "ko" | "th" | "ar" | "fa" | "he");
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
    pub(super) fn facts(&self) -> Facts {
        let hints = |i: usize| Hints {
            finding: &self.findings[i],
            place: self.places[i],
            is_headline: self.headline == Some(i),
            other_headline: self.is_other_headline(i),
            is_settled: self.is_settled(i),
        };
        Facts::new(self.lines, hints, self.templates)
    }

    fn is_other_headline(&self, i: usize) -> bool {
        self.templates.seen(self.lines[i].key).headlines > 0
    }

    /// Whether nothing is left to ask: prose that tells of others, beside other prose.
    fn is_settled(&self, i: usize) -> bool {
        let before = || i.checked_sub(1).is_some_and(|before| self.is_plain_prose(before));
        let beside = || before() || self.is_plain_prose(i + 1);
        self.is_plain_prose(i) && self.lines[i].narrates() && beside()
    }

    /// Whether a line is prose of some length, and nothing at all speaks against it.
    fn is_plain_prose(&self, i: usize) -> bool {
        self.lines.get(i).is_some_and(|line| line.length >= PLAIN_PROSE && line.is_prose())
            && self.findings[i].category.is_none()
            && self.headline != Some(i)
            && !self.is_other_headline(i)
    }

    /// The model, on what is undecided. What shows that an article is speaking protects a line from
    /// it, too.
    pub(super) fn ask(&mut self, model: &Model, dial: &Dial) {
        if self.lines.len() < choice::FEWEST_LINES {
            return;
        }
        let facts = self.facts();
        let opinions = model.opinions(&facts);
        // How other lines are built makes no difference.
        let may_go = |i: usize| dial.may_take(&opinions[i]);
        let forms = forms::forms(self.lines, &self.findings, &self.places, may_go);
        let standing = |i: usize| {
            if facts.lines[i].is_settled { Standing::Stays } else { self.standing(i, forms[i]) }
        };
        let standings: Vec<Standing> = (0..self.lines.len()).map(standing).collect();
        let choice = choice::choose(&facts, &opinions, &standings, dial);
        for i in choice.taken {
            let named = metadata::name(self.lines, i, self.headline, &self.places);
            self.findings[i].convict(named, opinions[i].evidence());
        }
        for i in choice.spared {
            self.findings[i].removed = false;
            self.findings[i].reason.vetoes.extend(opinions[i].evidence().into_iter().take(1));
        }
        for i in choice.shielded {
            self.findings[i].acquit(opinions[i].evidence(), forms[i].map(|form| form.to_string()));
        }
    }

    /// Where an open line stands before the model is asked.
    fn standing(&self, i: usize, form: Option<Form>) -> Standing {
        let (line, finding) = (&self.lines[i], &self.findings[i]);
        if finding.removed {
            let repeated = self.templates.is_template(self.templates.seen(line.key));
            let certain = finding.alone || finding.is_metadata() || repeated;
            return if certain {
                Standing::Goes
            } else {
                Standing::Taken { addresses: line.addresses() }
            };
        }
        let listed = form == Some(Form::Listed);
        if listed || evidence::is_labelled(&line.text) || self.is_head_or_dek(i) {
            return Standing::Stays;
        }
        let announced = self.announced[i] && self.places[i] == Place::Body;
        let shield = evidence::is_shielded(line, announced);
        Standing::Open {
            caution: choice::caution(line, shield, form),
            prose: line.is_prose(),
            addresses: line.addresses(),
        }
    }

    /// The headline, or the line under it that tells what the article is about. Labelled documents
    /// say of neither whether it is the article's, so the model knows nothing of them.
    fn is_head_or_dek(&self, i: usize) -> bool {
        let Some(headline) = self.headline.filter(|&headline| headline <= i) else { return false };
        let dek = (headline + 1..i).all(|between| self.findings[between].removed)
            && self.lines[i].length >= 6
            && self.findings[i].category.is_none();
        i == headline || dek
    }

    /// For the careful: whole-line rules go by themselves, a template where a second kind of
    /// evidence confirms it, nothing else; what says something of the article stays, since captions
    /// and datelines may be its own words, and who wrote it when is no chaff to everybody.
    pub(super) fn take_care(&mut self) {
        self.is_careful = true;
        for (line, finding) in self.lines.iter().zip(&mut self.findings) {
            let repeated = self.templates.is_template(self.templates.seen(line.key));
            let confirmed = repeated && finding.reason.evidence.len() > 1;
            let veto = match finding.category {
                Some(category) if category.is_metadata() => {
                    "careful: says something of the article"
                }
                _ if !finding.alone && !confirmed => "careful: one kind of evidence",
                _ => continue,
            };
            if finding.removed {
                finding.removed = false;
                finding.reason.vetoes.push(veto.into());
            }
        }
    }

    /// The budget: a document that would keep fewer than two sentences of prose is not gutted.
    /// Only what is certain alone goes then; the rest is named and stays.
    pub(super) fn spare_the_article(&mut self) {
        let prose = |keep: &dyn Fn(usize) -> bool| {
            (0..self.lines.len()).filter(|&i| self.lines[i].is_prose() && keep(i)).count()
        };
        let gutted = prose(&|_| true) >= 2 && prose(&|i| !self.findings[i].removed) < 2;
        let emptied = self.findings.iter().all(|finding| finding.removed);
        if !gutted && !emptied {
            return;
        }
        for (line, finding) in self.lines.iter().zip(&mut self.findings) {
            let certain = finding.alone && !(emptied && finding.is_metadata());
            if finding.removed && !certain && (line.is_prose() || emptied) {
                finding.removed = false;
                finding.reason.vetoes.push("hardly anything of the document would be left".into());
            }
        }
    }

    pub(super) fn close(self, blocks: usize, work: &mut Workspace) -> Judgement {
        let mut judgement = Judgement {
            verdicts: vec![Verdict::Keep; blocks],
            flags: BTreeSet::new(),
            language: self.language.to_owned(),
        };
        for (line, finding) in self.lines.iter().zip(self.findings) {
            let cuts = if finding.removed {
                judgement.flags.extend(self.lexicon.flags(&line.hits));
                Vec::new()
            } else {
                let site =
                    Site { outlet: self.outlet, lexicon: self.lexicon, templates: self.templates };
                let (mut cuts, flags) = pieces::cuts(line, &self.topics, &site, work);
                cuts.retain(|cut| !(self.is_careful && cut.category.is_metadata()));
                judgement.flags.extend(flags);
                cuts
            };
            judgement.verdicts[line.block] = match (finding.category, cuts.as_slice()) {
                (Some(category), _) if finding.removed => Verdict::Remove(category, finding.reason),
                (_, [all]) if all.range == (0..line.text.len()) => {
                    Verdict::Remove(all.category, all.reason.clone())
                }
                (_, [_, ..]) => Verdict::Cut(cuts),
                (Some(category), []) => Verdict::KeepDespite(category, finding.reason),
                (None, []) => Verdict::Keep,
            };
        }
        judgement
    }
}
