//! The judges: what of a document is the article and what is the site's, and why.
//!
//! Nothing is deleted here. A judge writes a verdict beside each block, and the writers decide.

mod case;
mod choice;
pub mod evidence;
mod examples;
mod expressions;
pub(crate) mod features;
mod forms;
mod labels;
pub mod language;
pub mod lexicon;
pub mod line;
mod metadata;
pub mod model;
mod phrases;
mod pieces;
mod places;
mod readers;
pub mod rules;
pub mod structure;
pub mod template;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use crate::document::Document;
use crate::error::{Error, Result};
use crate::lines::Lines;
use crate::verdict::Verdict;

use case::Case;
use choice::Dial;
pub use choice::Strictness;
use features::Page as Facts;
use language::Guesser;
use lexicon::{Lexicon, Workspace};
use line::Line;
use model::Model;
use rules::{Flag, Rules};
use template::Templates;

/// What was decided about a document.
#[derive(Debug, Default)]
pub struct Judgement {
    /// One verdict a block.
    pub verdicts: Vec<Verdict>,
    /// What the document is known to be.
    pub flags: BTreeSet<Flag>,
    /// The language it was judged in.
    pub language: String,
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
        let judge = Self::at_rest(rules);
        judge.lexicon(FALLBACK)?;
        Ok(judge)
    }

    /// One that will hardly be asked: nothing is compiled before.
    pub fn at_rest(rules: Rules) -> Self {
        let languages = rules.files.keys().filter(|name| *name != rules::ANY);
        let lexicons = languages.map(|name| (name.clone(), OnceLock::new())).collect();
        let guesser = Guesser::new(&rules);
        let strictness = Strictness::default();
        Self { guesser, lexicons, rules, model: None, strictness }
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
        lines: &Lines,
        templates: &Templates,
    ) -> Result<Judgement> {
        self.open(document, lines, templates, |mut case, work| {
            if let Some(dial) = Dial::of(self.strictness) {
                case.ask(self.model()?, &dial);
            } else {
                case.take_care();
            }
            case.spare_the_article();
            Ok(case.close(lines.blocks.len(), work))
        })
    }

    /// What the model sees of a document.
    pub(crate) fn look(
        &self,
        document: &Document,
        lines: &Lines,
        templates: &Templates,
    ) -> Result<Facts> {
        self.open(document, lines, templates, |case, _| Ok(case.facts()))
    }

    /// A document with the cheap evidence weighed.
    fn open<T>(
        &self,
        document: &Document,
        lines: &Lines,
        templates: &Templates,
        then: impl FnOnce(Case<'_, '_>, &mut Workspace) -> Result<T>,
    ) -> Result<T> {
        let language = self.language(document, templates);
        let lexicon = self.lexicon(language)?;
        lexicon.work(|work| {
            let mut lines = Line::all(&document.text, lines, lexicon, work);
            for line in &mut lines {
                line.markup = document.markup.get(line.block).copied().unwrap_or_default();
                lexicon.confine(&mut line.hits, &document.outlet);
            }
            let outlet = templates.of(&document.outlet);
            let mut case = Case::open(&lines, document, language, lexicon, &outlet);
            case.weigh();
            then(case, work)
        })
    }

    fn model(&self) -> Result<&Model> {
        match &self.model {
            Some(model) => Ok(model),
            None => Model::built_in(),
        }
    }
}

#[cfg(test)]
mod tests;
