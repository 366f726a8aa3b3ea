//! How the model's weights are made: from labelled lines, to the byte the same each time.
//!
//! A pass learns from what the pass before says of lines it has not learnt from, or it would trust
//! too much; so every pass is trained several times, each time without some of the sites
//! ([`gold::FOLDS`] folds), and once with all of them for the weights that are kept.

mod ftrl;
mod gold;

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::boilerplate::Judge;
use crate::boilerplate::Strictness;
use crate::boilerplate::features::{Context, NEIGHBOUR, Page as FactPage};
use crate::boilerplate::model::Model;
use crate::boilerplate::template::{Pages, Survey, Templates};
use crate::change::EditList;
use crate::engine::Threads;
use crate::error::Result;
use crate::input::Corpus;
use crate::pipeline::{Counted, survey_document};
use crate::spill::Scratch;

use ftrl::{Label, Rates, Rows};
use gold::{Example, FOLDS};

/// Labelled documents, looked at and ready to be learnt from.
#[derive(Debug)]
pub struct Trainer<'j> {
    judge: &'j Judge,
    threads: Threads,
    examples: Vec<Example>,
    templates: Templates,
    pages: Vec<FactPage>,
    /// Weight of every line, by document.
    weights: Vec<Vec<f64>>,
}

/// What is wanted of the learning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// A model that has learnt from everything.
    Weights,
    /// Models, too, that have not seen a fold.
    Validation,
}

/// One pass, learnt without some folds, and its scores of these.
#[derive(Debug)]
struct Fit {
    model: Model,
    scores: Scores,
}

type Fits = BTreeMap<Without, Fit>;

/// Scores of every line, by document.
type Scores = Vec<Vec<f32>>;

/// Some of the folds, one bit each: those that were not learnt from.
type Without = u8;

const RATES: [Rates; 3] = [
    Rates { alpha: 0.1, column: 0.0, word: 0.7 },
    Rates { alpha: 0.03, column: 0.3, word: 0.7 },
    Rates { alpha: 0.03, column: 0.3, word: 0.7 },
];

impl<'j> Trainer<'j> {
    /// Reads the labelled documents of a corpus. A record has `lines: [{label}]`, one for each line
    /// of its text that is not blank: `content`, `boilerplate`, or anything else for neither.
    pub fn read(judge: &'j Judge, corpus: &Corpus, threads: Threads) -> Result<Self> {
        let mut examples = gold::read(corpus)?;
        let (mut pages, mut counted) = (Pages::default(), Counted::default());
        for Example { document, lines, .. } in &mut examples {
            survey_document(&mut pages, document, lines, &mut counted);
        }
        let mut survey = Survey::new(&Scratch::unlimited());
        survey.add(pages)?;
        let templates = survey.count()?;
        let pages: Result<Vec<_>> = threads.pool()?.install(|| {
            let look = |e: &Example| judge.look(&e.document, &e.lines, &templates);
            examples.par_iter().map(look).collect()
        });
        let pages = pages?;
        let weights = examples
            .iter()
            .zip(&pages)
            .map(|(example, page)| line_weights(example, page))
            .collect();
        Ok(Self { judge, threads, examples, templates, pages, weights })
    }

    /// Documents and lines learnt from.
    pub fn size(&self) -> (usize, usize) {
        let both = self.examples.iter().zip(&self.pages);
        let lines = both.map(|(e, page)| page.open().filter(|&i| e.labels[i].is_some()).count());
        (self.examples.len(), lines.sum())
    }

    /// Learns passes 1 and 2 without the folds that the later steps want left out.
    pub fn learn(&self, depth: Depth) -> Result<Learnt<'_>> {
        let most = match depth {
            Depth::Weights => 2,
            Depth::Validation => 3,
        };
        let choices = |most: u32| (0..1 << FOLDS).filter(move |w: &Without| w.count_ones() <= most);
        let rows = self.rows(|i, sink| {
            for line in self.pages[i].open() {
                let (columns, words) = self.pages[i].line_slots(line);
                sink(line, columns, words, FactPage::word_value(words.len()));
            }
        });
        let first = self.fit_all(choices(most), |without| {
            let weights = rows.fit(|fold| without & 1 << fold == 0, Model::SLOTS[0], RATES[0]);
            let model = Model::new([weights, Vec::new(), Vec::new()]);
            let scores = self.on_left_out(without, |i| model.first(&self.pages[i]));
            Fit { model, scores }
        })?;
        drop(rows);
        let second = self.fit_all(choices(most - 1), |without| {
            let seen = self.view(&first, without);
            let weights = self.fit_context(1, without, &seen, None);
            let model = Model::new([Vec::new(), weights, Vec::new()]);
            let scores = self.on_left_out(without, |i| model.second(&self.pages[i], &seen[i]));
            Fit { model, scores }
        })?;
        Ok(Learnt { trainer: self, first, second })
    }

    fn fit_all(
        &self,
        choices: impl Iterator<Item = Without>,
        fit: impl Fn(Without) -> Fit + Sync,
    ) -> Result<Fits> {
        let choices: Vec<Without> = choices.collect();
        Ok(self.threads.pool()?.install(|| choices.par_iter().map(|&w| (w, fit(w))).collect()))
    }

    /// The labelled lines of all documents as rows of a pass.
    fn rows(
        &self,
        mut slots: impl FnMut(usize, &mut dyn FnMut(usize, &[u32], &[u32], f32)),
    ) -> Rows {
        let mut rows = Rows::default();
        for (i, example) in self.examples.iter().enumerate() {
            slots(i, &mut |line, columns, words, value| {
                if let Some(boilerplate) = example.labels[line] {
                    let (weight, fold) = (self.weights[i][line], example.fold);
                    rows.push(columns, words, value, Label { boilerplate, weight, fold });
                }
            });
        }
        rows
    }

    /// Weights of pass 2 or 3, learnt from what the passes before say.
    fn fit_context(
        &self,
        pass: usize,
        without: Without,
        scores: &Scores,
        first: Option<&Scores>,
    ) -> Vec<f32> {
        let (mut columns, mut words) = (Vec::new(), Vec::new());
        let rows = self.rows(|i, sink| {
            let page = &self.pages[i];
            let context = Context::new(page, &scores[i], first.map(|first| first[i].as_slice()));
            for line in page.open() {
                columns.clear();
                context.columns(line, |_, slot| columns.push(slot as u32));
                words.clear();
                context.words_beside(line, |slot| words.push(slot as u32));
                sink(line, &columns, &words, NEIGHBOUR);
            }
        });
        rows.fit(|fold| without & 1 << fold == 0, Model::SLOTS[pass], RATES[pass])
    }

    /// Scores of the documents whose folds were left out; nothing for the others.
    fn on_left_out(&self, without: Without, score: impl Fn(usize) -> Vec<f32>) -> Scores {
        let scored = |(i, e): (usize, &Example)| {
            if without & 1 << e.fold == 0 { Vec::new() } else { score(i) }
        };
        self.examples.iter().enumerate().map(scored).collect()
    }

    /// Scores of all documents, each from a fit that has learnt neither from its own fold nor from
    /// those.
    fn view(&self, fits: &Fits, without: Without) -> Scores {
        let scores = |(i, e): (usize, &Example)| fits[&(without | 1 << e.fold)].scores[i].clone();
        self.examples.iter().enumerate().map(scores).collect()
    }
}

/// Passes 1 and 2, learnt.
#[derive(Debug)]
pub struct Learnt<'t> {
    trainer: &'t Trainer<'t>,
    first: Fits,
    second: Fits,
}

impl Learnt<'_> {
    /// The model that has learnt from everything.
    pub fn model(&self) -> Model {
        self.model_without(0)
    }

    fn model_without(&self, without: Without) -> Model {
        let trainer = self.trainer;
        let (first, second) =
            (trainer.view(&self.first, without), trainer.view(&self.second, without));
        let third = trainer.fit_context(2, without, &second, Some(&first));
        let pass = |fits: &Fits, n: usize| fits[&without].model.pass(n);
        Model::new([pass(&self.first, 0), pass(&self.second, 1), third])
    }

    /// What becomes of every document where the model has not seen its site: id and cleaned text,
    /// for each strictness.
    pub fn cross_validate(&self, dials: &[Strictness]) -> Result<Vec<Vec<(String, String)>>> {
        let trainer = self.trainer;
        let mut told = vec![Vec::new(); dials.len()];
        for fold in 0..FOLDS {
            let model = self.model_without(1 << fold);
            for (&dial, told) in dials.iter().zip(&mut told) {
                let judge = Judge::new(trainer.judge.rules().clone())?
                    .with_model(model.clone())
                    .strict(dial);
                let unseen: Vec<&Example> =
                    trainer.examples.iter().filter(|e| e.fold == fold).collect();
                let clean = |e: &&Example| {
                    let Example { document, lines, .. } = e;
                    let judgement = judge.judge(document, lines, &trainer.templates)?;
                    let (verdicts, normalised) = (&judgement.verdicts, &lines.normalised);
                    let text = &document.text;
                    let edits = EditList::assemble(text, &lines.blocks, verdicts, normalised);
                    Ok((document.id.clone(), edits.apply(text)))
                };
                let cleaned: Result<Vec<_>> =
                    trainer.threads.pool()?.install(|| unseen.par_iter().map(clean).collect());
                told.extend(cleaned?);
            }
        }
        Ok(told)
    }
}

/// How much every line of a document counts: long lines more than short ones, but not as much more
/// as they are longer; lines of short articles more than those of long ones.
fn line_weights(example: &Example, page: &FactPage) -> Vec<f64> {
    let labelled = |i: usize| example.labels[i] == Some(false);
    let content: f64 = (0..page.len()).filter(|&i| labelled(i)).map(|i| page.chars(i)).sum();
    let document = (2000.0 / content.clamp(300.0, 20_000.0)).sqrt().clamp(0.4, 3.0);
    // To the power of three quarters, in steps that every machine rounds alike.
    let line = |chars: f64| ((chars / 80.0).sqrt() * (chars / 80.0).sqrt().sqrt()).clamp(0.1, 6.0);
    (0..page.len()).map(|i| line(page.chars(i)) * document * example.weight).collect()
}
