//! `report.html`: one self-contained page for people.

use std::io::Write;

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Value};
use serde::Serialize;

use super::PAGE_FILE;
use super::passages::{Family, Occurrence, Operation};
use super::summary::Summary;
use super::tally::{Amount, Tally};
use crate::config::OutFolder;
use crate::error::{Error, Result};
use crate::output::AtomicFile;

const TEMPLATE: &str = include_str!("page.html");

/// Outlets and passages shown; the files have the rest.
const OUTLETS: usize = 100;

/// Writes the page. Article text is hostile: the template escapes everything, and the page's own
/// policy lets nothing run and nothing be fetched.
pub fn write(summary: &Summary, out: &OutFolder) -> Result<()> {
    let path = out.join(PAGE_FILE);
    let page =
        render(summary).map_err(|e| Error::config(format!("cannot make {PAGE_FILE}: {e:#}")))?;
    let mut file = AtomicFile::create(&path)?;
    file.write_all(page.as_bytes()).map_err(Error::io("cannot write", &path))?;
    file.commit()
}

fn render(summary: &Summary) -> std::result::Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_template("page", TEMPLATE)?;
    let all = &summary.counts.all;
    let mut outlets: Vec<_> =
        summary.counts.outlets.iter().map(|(name, tally)| Bar::of(name, tally)).collect();
    outlets.sort_by(|a, b| b.documents.cmp(&a.documents).then_with(|| a.name.cmp(&b.name)));
    let hidden = outlets.len().saturating_sub(OUTLETS);
    outlets.truncate(OUTLETS);
    let top = summary.passages.as_ref().map(|p| p.top.as_slice()).unwrap_or_default();
    let passages: Vec<_> = top
        .iter()
        .map(|family| Passage {
            family,
            marked: family.occurrences.iter().map(Marked::of).collect(),
        })
        .collect();
    environment.get_template("page")?.render(Value::from(Serde(View {
        summary,
        removed: all.removed_in_all(),
        share: percent(all.removed_in_all().characters, all.characters_in),
        categories: categories(all),
        outlets,
        hidden,
        passages,
    })))
}

fn percent(part: u64, whole: u64) -> f64 {
    (1000.0 * part as f64 / whole.max(1) as f64).round() / 10.0
}

/// What the template is given.
#[derive(Debug, Serialize)]
struct View<'v> {
    summary: &'v Summary,
    removed: Amount,
    /// Percent of all characters.
    share: f64,
    categories: Vec<Bar>,
    outlets: Vec<Bar>,
    /// Outlets that are not shown.
    hidden: usize,
    passages: Vec<Passage<'v>>,
}

#[derive(Debug, Serialize)]
struct Passage<'v> {
    family: &'v Family,
    marked: Vec<Marked<'v>>,
}

/// A bar of a chart.
#[derive(Debug, Serialize)]
struct Bar {
    name: String,
    documents: u64,
    removals: u64,
    characters: u64,
    /// Percent of the widest bar, or of the outlet's text.
    width: f64,
}

impl Bar {
    fn of(outlet: &str, tally: &Tally) -> Self {
        let removed = tally.removed_in_all();
        Self {
            name: outlet.to_owned(),
            documents: tally.documents,
            removals: removed.removals,
            characters: removed.characters,
            width: percent(removed.characters, tally.characters_in),
        }
    }
}

fn categories(all: &Tally) -> Vec<Bar> {
    let most = all.removed.values().map(|amount| amount.characters).max().unwrap_or(1);
    let mut bars: Vec<_> = all
        .removed
        .iter()
        .map(|(category, amount)| Bar {
            name: category.label().to_owned(),
            documents: 0,
            removals: amount.removals,
            characters: amount.characters,
            width: percent(amount.characters, most),
        })
        .collect();
    bars.sort_by(|a, b| b.characters.cmp(&a.characters).then_with(|| a.name.cmp(&b.name)));
    bars
}

/// An occurrence with its difference from the exemplar, ready to be shown.
#[derive(Debug, Serialize)]
struct Marked<'o> {
    occurrence: &'o Occurrence,
    /// The address, where it is one that may be followed.
    link: Option<&'o str>,
    /// `(kind, words)`: `same`, `gone` or `new`.
    parts: Vec<(&'static str, String)>,
}

impl<'o> Marked<'o> {
    fn of(occurrence: &'o Occurrence) -> Self {
        let link = occurrence.url.as_deref();
        let link = link.filter(|url| url.starts_with("https://") || url.starts_with("http://"));
        let parts = occurrence.diff.iter().flat_map(|(operation, there, here)| match operation {
            Operation::Equal => vec![("same", ends(here))],
            Operation::Delete => vec![("gone", there.clone())],
            Operation::Insert => vec![("new", here.clone())],
            Operation::Replace => vec![("gone", there.clone()), ("new", here.clone())],
        });
        Self { occurrence, link, parts: parts.collect() }
    }
}

/// The beginning and the end of a text that is the same on both sides.
fn ends(text: &str) -> String {
    const SHOWN: usize = 40;
    if text.chars().count() <= 2 * SHOWN + 10 {
        return text.to_owned();
    }
    let first: String = text.chars().take(SHOWN).collect();
    let last: Vec<char> = text.chars().rev().take(SHOWN).collect();
    format!("{first} … {}", last.into_iter().rev().collect::<String>())
}
