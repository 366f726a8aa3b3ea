//! The model: where rules, templates and structure leave a line undecided.
//!
//! Three linear passes over a document's lines: the line alone, then twice the line among its
//! neighbours as the pass before saw them. Its weights are data (`weights.tsv`), made by `unchaff
//! train` from labelled lines. [`super::choice`] decides what follows from what it says.
//!
//! Lines that the cheap evidence settled are in none of the passes, in training as in use; their
//! neighbours see a constant score.

use std::fmt::Write as _;
use std::sync::OnceLock;

use memchr::memchr;

use super::features::{
    CONTEXT_COLUMNS, CONTEXT_WORDS, Context, Group, LINE_COLUMNS, LINE_WORDS, NEIGHBOUR, Page,
    SETTLED, chance,
};
use crate::error::{Error, Result};

/// Weights are whole numbers of so many parts.
const PARTS: f32 = 32.0;
/// First line of a table of weights.
const HEADER: &str = "# unchaff weights 1";

const WEIGHTS: &str = include_str!("weights.tsv");

/// Weights of the three passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// In parts, as the table has them: half the room in the caches that look-ups all over the tables
    /// depend on, and sums of whole numbers.
    passes: [Vec<i16>; 3],
}

/// What the model says of a line.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Opinion {
    /// Log-odds of boilerplate.
    pub(super) score: f32,
    /// Its parts, by what the features tell of.
    parts: [f32; Group::ALL.len()],
}

impl Opinion {
    /// What it says, in words: the chance, and what spoke loudest.
    pub(super) fn evidence(&self) -> Vec<String> {
        let mut parts: Vec<_> =
            Group::ALL.iter().zip(self.parts).filter(|(_, part)| *part > 0.3).collect();
        parts.sort_by(|a, b| b.1.total_cmp(&a.1));
        let chance = format!("model: {:.2}", chance(self.score.into()));
        let loudest = parts.into_iter().take(3).map(|(group, _)| group.for_removal().to_owned());
        std::iter::once(chance).chain(loudest).collect()
    }
}

impl Model {
    /// What tells these weights from others.
    pub fn identity() -> u128 {
        crate::hash::identity(WEIGHTS.as_bytes())
    }

    /// The model that comes with the program.
    pub fn built_in() -> Result<&'static Self> {
        static BUILT_IN: OnceLock<Model> = OnceLock::new();
        if let Some(model) = BUILT_IN.get() {
            return Ok(model);
        }
        let model = Self::parse(WEIGHTS)?;
        Ok(BUILT_IN.get_or_init(|| model))
    }

    /// Weights of each pass, every slot's: of [`Model::SLOTS`] length. Rounded to what is stored.
    pub(crate) fn new(passes: [Vec<f32>; 3]) -> Self {
        Self { passes: passes.map(|weights| weights.into_iter().map(in_parts).collect()) }
    }

    /// Slots of each pass.
    pub(crate) const SLOTS: [usize; 3] = [
        LINE_COLUMNS + LINE_WORDS,
        CONTEXT_COLUMNS + CONTEXT_WORDS,
        CONTEXT_COLUMNS + CONTEXT_WORDS,
    ];

    /// Reads a table of weights.
    pub fn parse(table: &str) -> Result<Self> {
        let mut passes = Self::SLOTS.map(|slots| vec![0; slots]);
        let bad = |line: usize| {
            Error::config(format!(
                "weights, line {line}: not `pass, slot, weight` as written by `unchaff train`"
            ))
        };
        let behind = table.as_bytes().strip_prefix(HEADER.as_bytes()).and_then(behind_row);
        let mut rest = behind
            .ok_or_else(|| Error::config(format!("weights: the first line must be `{HEADER}`")))?;
        let mut line = 1;
        while let Some(first) = rest.first() {
            line += 1;
            if *first == b'#' {
                rest = memchr(b'\n', rest).map_or(&[], |end| &rest[end + 1..]);
                continue;
            }
            let (pass, slot, weight, behind) = row(rest).ok_or_else(|| bad(line))?;
            let weights = passes.get_mut(pass.wrapping_sub(1)).ok_or_else(|| bad(line))?;
            *weights.get_mut(slot).ok_or_else(|| bad(line))? = weight;
            rest = behind;
        }
        Ok(Self { passes })
    }

    /// Writes the table of weights that are not zero, under what is to be said of them.
    pub fn table(&self, notes: &[String]) -> String {
        let mut out = format!("{HEADER}\n");
        for note in notes {
            let _ = writeln!(out, "# {note}");
        }
        let _ = writeln!(out, "# pass\tslot\tweight in parts of {PARTS}");
        for (pass, weights) in self.passes.iter().enumerate() {
            for (slot, weight) in weights.iter().enumerate().filter(|(_, w)| **w != 0) {
                let _ = writeln!(out, "{}\t{slot}\t{weight}", pass + 1);
            }
        }
        out
    }

    /// Weights of a pass, from 0.
    pub(crate) fn pass(&self, pass: usize) -> Vec<f32> {
        self.passes[pass].iter().map(|&weight| of_parts(weight.into())).collect()
    }

    /// Scores of pass 1.
    pub(crate) fn first(&self, page: &Page) -> Vec<f32> {
        scores(page, |i| line_score(&self.passes[0], page, i))
    }

    /// Scores of pass 2.
    pub(crate) fn second(&self, page: &Page, first: &[f32]) -> Vec<f32> {
        let context = Context::new(page, first, None);
        scores(page, |i| opinion(&self.passes[1], &context, i).score)
    }

    /// What the model says of every line.
    pub(super) fn opinions(&self, page: &Page) -> Vec<Opinion> {
        let first = self.first(page);
        let second = self.second(page, &first);
        let context = Context::new(page, &second, Some(&first));
        let settled = Opinion { score: SETTLED, ..Opinion::default() };
        let mut opinions = vec![settled; page.len()];
        for i in page.open() {
            opinions[i] = opinion(&self.passes[2], &context, i);
        }
        opinions
    }
}

/// The score of every line.
fn scores(page: &Page, score: impl Fn(usize) -> f32) -> Vec<f32> {
    let mut scores = vec![SETTLED; page.len()];
    for i in page.open() {
        scores[i] = score(i);
    }
    scores
}

fn line_score(weights: &[i16], page: &Page, i: usize) -> f32 {
    let sum =
        |slots: &[u32]| of_parts(slots.iter().map(|&slot| i32::from(weights[slot as usize])).sum());
    let (columns, words) = page.line_slots(i);
    sum(columns) + sum(words) * Page::word_value(words.len())
}

fn opinion(weights: &[i16], context: &Context<'_>, i: usize) -> Opinion {
    let mut sums = [0; Group::ALL.len()];
    // Slots of a group come one behind the other: their sum stays at hand.
    let (mut of, mut sum) = (Group::Words, 0);
    context.columns(i, |group, slot| {
        if group != of {
            sums[of as usize] = sum;
            (of, sum) = (group, sums[group as usize]);
        }
        sum += i32::from(weights[slot]);
    });
    sums[of as usize] = sum;
    let mut parts = sums.map(of_parts);
    let beside = &mut parts[Group::Neighbours as usize];
    context.words_beside(i, |slot| *beside += of_parts(weights[slot].into()) * NEIGHBOUR);
    Opinion { score: parts.iter().sum(), parts }
}

/// What so many parts weigh: exact up to 2^24 of them.
fn of_parts(parts: i32) -> f32 {
    parts as f32 / PARTS
}

/// A weight in whole parts. The largest are as far beyond what is learnt as the table can say.
fn in_parts(weight: f32) -> i16 {
    let most = f32::from(i16::MAX);
    (weight * PARTS).round().clamp(-most, most) as i16
}

/// The row that a table begins with, and what is behind it.
fn row(table: &[u8]) -> Option<(usize, usize, i16, &[u8])> {
    let (pass, rest) = number(table)?;
    let (slot, rest) = number(rest.strip_prefix(b"\t")?)?;
    let rest = rest.strip_prefix(b"\t")?;
    let below = rest.strip_prefix(b"-");
    let (parts, rest) = number(below.unwrap_or(rest))?;
    let parts = i16::try_from(parts).ok()?;
    Some((pass, slot, if below.is_some() { -parts } else { parts }, behind_row(rest)?))
}

/// What is behind the end of a row.
fn behind_row(end: &[u8]) -> Option<&[u8]> {
    match end {
        [b'\n', rest @ ..] | [b'\r', b'\n', rest @ ..] => Some(rest),
        [] | [b'\r'] => Some(&[]),
        _ => None,
    }
}

/// The whole number that something begins with, below ten million, and what is behind it. Tens of
/// thousands of rows are read before the first line is judged; cutting them out, and reading numbers the
/// library's way, takes several times as many steps.
fn number(row: &[u8]) -> Option<(usize, &[u8])> {
    let (mut number, mut length) = (0, 0);
    while let Some(digit) = row.get(length).map(|byte| byte.wrapping_sub(b'0'))
        && digit < 10
    {
        (number, length) = (number * 10 + usize::from(digit), length + 1);
        if length > 7 {
            return None;
        }
    }
    (length > 0).then(|| (number, &row[length..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_read_as_written_and_faults_are_named() {
        let mut passes = Model::SLOTS.map(|slots| vec![0.0; slots]);
        (passes[0][7], passes[2][19]) = (-1.26, 3.0);
        let model = Model::new(passes);
        let table = model.table(&["invented".to_owned()]);
        assert!(table.ends_with("1\t7\t-40\n3\t19\t96\n"), "{table}");
        assert_eq!(Model::parse(&table).unwrap(), model);
        for fault in [
            "4\t1\t1",
            "1\t99999999\t1",
            "1\t1",
            "1\t1\t1\t1",
            "",
            "1\t1\t1 ",
            "1\t1\t",
            "1\t1\t-",
            "1\t1\t--1",
            "1\t1\t32768",
            "1\t-1\t1",
            "1\t1\tx",
        ] {
            let told = Model::parse(&format!("{HEADER}\n{fault}\n")).unwrap_err().to_string();
            assert!(told.contains("line 2"), "{told}");
        }
        assert!(Model::parse("weights").is_err());
    }
}
