//! What follows from what the model says: which lines go on its word, and which stay after all.
//!
//! A line goes when it looks more like boilerplate than its own caution asks for: prose that tells
//! of others, lists, letters, and what would be a large share of the article must look so very much.
//! What goes is bounded by a budget of likely content per document, so that a doubtful document is
//! left alone.

use super::evidence::PARAGRAPH;
use super::features::{Page, chance};
use super::forms::Form;
use super::line::Line;
use super::model::Opinion;

use serde::{Deserialize, Serialize};

/// The model was trained on pages; of fewer lines only the cheap evidence decides.
pub(super) const FEWEST_LINES: usize = 6;

/// How much must speak against a line before it goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "snake_case")]
pub enum Strictness {
    /// Whole-line rules, and templates that a second kind of evidence confirms; bylines, captions
    /// and other metadata stay: hardly a word of an article is lost
    Careful,
    /// All evidence, weighed against what shows that an article is speaking; where it leaves a line
    /// undecided a small model is asked, and believed slowly
    #[default]
    Balanced,
    /// The same, and the model is believed: hardly anything but the article is left, and some lists,
    /// letters and lines under headlines go with the rest
    Thorough,
}

impl Strictness {
    /// The name used in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Careful => "careful",
            Self::Balanced => "balanced",
            Self::Thorough => "thorough",
        }
    }
}

/// How far the model goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dial {
    /// Log-odds from which a line may go.
    threshold: f32,
    /// By how much more every line must look like boilerplate where a document has none.
    clean: f64,
    /// Share of the document's likely content that may go with it, and how much more for every
    /// share of the document that is boilerplate beyond two fifths.
    budget: f64,
    grows: f64,
    /// How much the budget trusts the scores.
    doubt: f64,
    /// By how much more a line must look like boilerplate that would be a large share of the
    /// article: a mistake there costs the document.
    dear: f64,
}

impl Dial {
    /// The careful do without the model.
    pub(super) fn of(strictness: Strictness) -> Option<Self> {
        let bold =
            Self { threshold: -0.25, clean: 0.0, budget: 0.04, grows: 0.3, doubt: 0.6, dear: 0.0 };
        match strictness {
            Strictness::Careful => None,
            Strictness::Balanced => {
                Some(Self { threshold: 0.1, clean: 2.5, grows: 0.25, dear: 2.0, ..bold })
            }
            Strictness::Thorough => Some(bold),
        }
    }

    /// Whether a line may go on the model's word, if nothing else keeps it.
    pub(super) fn may_take(&self, opinion: &Opinion) -> bool {
        opinion.score > self.threshold
    }
}

/// Where a line stands before the model is asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Standing {
    /// It goes: by a rule that is enough alone or a template; or it says something of the article, of
    /// which the model knows nothing.
    Goes,
    /// It goes, by cues or neighbours.
    Taken {
        /// Whether it speaks to the reader.
        addresses: bool,
    },
    /// It stays.
    Stays,
    /// Undecided.
    Open {
        /// By how much more it must look like boilerplate.
        caution: f32,
        /// Whether it is a sentence of some length.
        prose: bool,
        /// Whether it speaks to the reader.
        addresses: bool,
    },
}

/// What the model changes.
#[derive(Debug, Default)]
pub(super) struct Choice {
    /// Lines that go on its word.
    pub(super) taken: Vec<usize>,
    /// Lines that the cheap evidence took and that stay on its word.
    pub(super) spared: Vec<usize>,
    /// Lines that stay although they look like boilerplate, for what else they show.
    pub(super) shielded: Vec<usize>,
}

mod caution {
    /// Prose that tells rather than speaks to the reader, and other prose.
    pub(super) const TELLS: f32 = 1.0;
    pub(super) const PROSE: f32 = 0.5;
    /// More for a paragraph.
    pub(super) const LONG: f32 = 0.5;
    /// The article may be speaking: a quotation, what a colon announces.
    pub(super) const SHIELD: f32 = 1.0;
    /// Short lines in a list or below a letter, in a table, between sentences.
    pub(super) const LED: f32 = 3.0;
    pub(super) const BUILT: f32 = 2.0;
    pub(super) const HEADS: f32 = 1.0;
    /// Every line of a block of short lines that does not look like boilerplate on the whole.
    pub(super) const BLOCK: f32 = 2.0;
    /// For every line of the body where the document is nothing but an article.
    pub(super) const BODY: f64 = 3.0;
}

/// By how much more than others a line must look like boilerplate.
pub(super) fn caution(line: &Line<'_>, shielded: bool, form: Option<Form>) -> f32 {
    // A paragraph is prose even where its end is cut off or left open.
    let is_long = line.length >= PARAGRAPH;
    let mut sum = match line.is_prose() || is_long {
        true if line.addresses() => caution::PROSE,
        true => caution::TELLS,
        false => 0.0,
    };
    if is_long {
        sum += caution::LONG;
    }
    if shielded {
        sum += caution::SHIELD;
    }
    sum + match form {
        Some(Form::Led | Form::Signed) => caution::LED,
        Some(Form::Built) => caution::BUILT,
        Some(Form::Heads) => caution::HEADS,
        Some(Form::Listed) | None => 0.0,
    }
}

/// From this share of boilerplate on, lines of the body are like any other: what lies between the
/// first prose and the last is no longer the article alone.
const CLUTTERED: f64 = 0.4;
/// From this share on a document is a page.
const PAGE: f64 = 0.6;
/// Below even odds a line is the article's, and cues or neighbours alone do not take it. Below these
/// it is even where it speaks to the reader.
const CONTENT: f32 = 0.0;
const SPOKEN_CONTENT: f32 = -0.5;
/// A line that would be so large a share of the likely content is dear, from the first on a little
/// and from the second on wholly: two such mistakes cost a fifth of an article.
const DEAR: [f64; 2] = [0.05, 0.1];
/// So many short lines in a row decide together, by the mean of their log-odds.
const BLOCK_LINES: usize = 8;
const BLOCK_MEAN: f32 = 2.5;

/// Of a document's lines those that go, and those that the cheap evidence took and that stay all the
/// same, by their opinions.
pub(super) fn choose(
    page: &Page,
    opinions: &[Opinion],
    standings: &[Standing],
    dial: &Dial,
) -> Choice {
    let score = |i: usize| opinions[i].score;
    let saved = |i: usize| match standings[i] {
        Standing::Taken { addresses } => {
            score(i) < if addresses { SPOKEN_CONTENT } else { CONTENT }
        }
        _ => false,
    };
    let goes = |i: usize| match standings[i] {
        Standing::Goes => true,
        Standing::Taken { .. } => !saved(i),
        _ => false,
    };
    let risk = |i: usize| {
        let content = chance(-f64::from(score(i)) / dial.doubt);
        if goes(i) { 0.0 } else { page.chars(i) * content }
    };
    let content: f64 = (0..page.len()).map(risk).sum();
    let all: f64 = (0..page.len()).map(|i| page.chars(i)).sum();
    let boilerplate = 1.0 - content / all.max(1.0);
    let in_body = (caution::BODY * (1.0 - boilerplate / CLUTTERED).max(0.0)) as f32;
    let everywhere = (dial.clean * (1.0 - boilerplate / PAGE).max(0.0)) as f32;
    let blocks = doubtful_blocks(opinions, standings);
    let dear = |i: usize| {
        let share = page.chars(i) / content.max(1.0);
        (dial.dear * ((share - DEAR[0]) / (DEAR[1] - DEAR[0])).clamp(0.0, 1.0)) as f32
    };
    let caution = |i: usize, own: f32, addresses: bool| {
        let body = if page.lines[i].in_body { in_body } else { 0.0 };
        let block = if blocks[i] { caution::BLOCK } else { 0.0 };
        own + body + everywhere + block + if addresses { 0.0 } else { dear(i) }
    };
    let mut choice = Choice::default();
    let mut wanted: Vec<(usize, f32)> = Vec::new();
    for (i, standing) in standings.iter().enumerate() {
        match *standing {
            Standing::Taken { .. } if saved(i) => choice.spared.push(i),
            Standing::Open { caution: own, addresses, .. } if dial.may_take(&opinions[i]) => {
                let left = score(i) - caution(i, own, addresses);
                if left > dial.threshold {
                    wanted.push((i, left));
                } else {
                    choice.shielded.push(i);
                }
            }
            _ => {}
        }
    }
    wanted.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let allowed = content * (dial.budget + dial.grows * (boilerplate - 0.4).max(0.0));
    let mut spent = 0.0;
    let affordable = wanted.iter().take_while(|(i, _)| {
        spent += risk(*i);
        spent <= allowed
    });
    choice.taken = affordable.map(|(i, _)| *i).collect();
    choice
}

/// Marks the lines of blocks of short undecided lines that do not look like boilerplate on the whole.
fn doubtful_blocks(opinions: &[Opinion], standings: &[Standing]) -> Vec<bool> {
    let short = |i: &usize| matches!(standings[*i], Standing::Open { prose: false, .. });
    let mut doubtful = vec![false; standings.len()];
    let shorts: Vec<usize> = (0..standings.len()).filter(short).collect();
    for block in shorts.chunk_by(|a, b| a + 1 == *b).filter(|block| block.len() >= BLOCK_LINES) {
        let sum: f32 = block.iter().map(|&i| opinions[i].score).sum();
        if sum / (block.len() as f32) < BLOCK_MEAN {
            for &i in block {
                doubtful[i] = true;
            }
        }
    }
    doubtful
}
