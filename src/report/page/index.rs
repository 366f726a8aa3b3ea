//! What the page begins with: all figures, and the heads of all lists.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use super::articles::{self, Articles};
use super::matrix::Matrix;
use super::names::Names;
use super::removals::Line;
use super::shared::{self, Bin, Shared, Sharing};
use crate::engine::Threads;
use crate::error::{Reject, Result};
use crate::report::rows::Rows;
use crate::report::summary::{PassageCounts, Summary};
use crate::report::tally::{Amount, Tally};
use crate::report::{DUPLICATES_FILE, PASSAGES_FILE, REJECTS_FILE};
use crate::verdict::Category;

/// Outlets in the page, those with the most documents.
const OUTLETS: usize = 1000;
/// Rejects, clusters of duplicates and rules in the page.
const ROWS: usize = 200;

/// Everything the page holds beside its own text.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) index: Index,
    pub(super) family_packs: Vec<String>,
    pub(super) article_packs: Vec<String>,
}

/// What the script reads when the page opens.
#[derive(Debug, Serialize)]
pub(super) struct Index {
    version: String,
    rules_hash: String,
    all: Tally,
    rejects: Top<Reject>,
    duplicates: Top<Value>,
    /// Removals by rule, the most frequent first.
    rules: Top<(String, u64)>,
    categories: Vec<Removed>,
    outlets: Top<Outlet>,
    passages: Option<PassageCounts>,
    lengths: Vec<Bin>,
    matrix: Matrix,
    families: Top<shared::Head>,
    articles: Top<articles::Head>,
    /// The outlets' names; elsewhere they are numbers.
    names: Vec<String>,
}

/// The first rows of a list, and how many it has in all.
#[derive(Debug, Serialize)]
struct Top<T> {
    all: u64,
    rows: Vec<T>,
}

/// What was removed of one category.
#[derive(Debug, Serialize)]
struct Removed {
    name: Category,
    label: &'static str,
    metadata: bool,
    #[serde(flatten)]
    amount: Amount,
    lines: Vec<Line>,
}

/// What became of an outlet's documents.
#[derive(Debug, Serialize)]
struct Outlet {
    name: usize,
    tally: Tally,
    sharing: Sharing,
}

impl Content {
    /// Reads the folder of a run.
    pub(super) fn read(out: &Path, summary: &Summary, threads: Threads) -> Result<Self> {
        let mut names = Names::default();
        let passages = out.join(PASSAGES_FILE);
        let shared = Shared::read(&passages, &mut names, threads)?;
        let matrix = Matrix::read(&passages, &shared.outlets, &mut names, threads)?;
        let articles = Articles::read(out, summary, &shared.marks, &mut names, threads)?;
        let counts = &summary.counts;
        let mut lines = articles.removals.into_lines(&mut names);
        let index = Index {
            version: summary.version.clone(),
            rules_hash: summary.rules.clone(),
            all: counts.all.clone(),
            rejects: first_rows(&out.join(REJECTS_FILE))?,
            duplicates: first_rows(&out.join(DUPLICATES_FILE))?,
            rules: most_frequent(&counts.rules),
            categories: categories(&counts.all, &mut lines),
            outlets: largest(&counts.outlets, &shared.outlets, &mut names),
            passages: summary.passages.clone(),
            lengths: shared.lengths.bins(),
            matrix,
            families: Top { all: shared.families, rows: shared.heads },
            articles: Top { all: counts.all.documents, rows: articles.heads },
            names: names.into_list(),
        };
        Ok(Self { index, family_packs: shared.packs, article_packs: articles.packs })
    }
}

fn first_rows<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Top<T>> {
    let mut top = Top { all: 0, rows: Vec::new() };
    let Some(mut rows) = Rows::open(path)? else { return Ok(top) };
    while rows.advance()? {
        top.all += 1;
        if top.rows.len() < ROWS {
            top.rows.push(rows.row()?);
        }
    }
    Ok(top)
}

fn most_frequent(counts: &BTreeMap<String, u64>) -> Top<(String, u64)> {
    let mut rows: Vec<_> = counts.iter().map(|(name, &n)| (name.clone(), n)).collect();
    rows.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    rows.truncate(ROWS);
    Top { all: counts.len() as u64, rows }
}

fn categories(all: &Tally, lines: &mut BTreeMap<Category, Vec<Line>>) -> Vec<Removed> {
    let removed = |(&name, &amount): (&Category, &Amount)| Removed {
        name,
        label: name.label(),
        metadata: name.is_metadata(),
        amount,
        lines: lines.remove(&name).unwrap_or_default(),
    };
    // A run either removes or only tells what it would.
    let mut categories: Vec<_> = all.removed.iter().chain(&all.tagged).map(removed).collect();
    categories.sort_by_key(|c| (std::cmp::Reverse(c.amount.characters), c.name));
    categories
}

fn largest(
    tallies: &BTreeMap<String, Tally>,
    sharing: &BTreeMap<String, Sharing>,
    names: &mut Names,
) -> Top<Outlet> {
    let mut by_documents: Vec<_> = tallies.iter().collect();
    by_documents.sort_by(|a, b| b.1.documents.cmp(&a.1.documents).then_with(|| a.0.cmp(b.0)));
    by_documents.truncate(OUTLETS);
    let outlet = |(name, tally): (&String, &Tally)| Outlet {
        name: names.number(name),
        tally: tally.clone(),
        sharing: sharing.get(name).copied().unwrap_or_default(),
    };
    Top { all: tallies.len() as u64, rows: by_documents.into_iter().map(outlet).collect() }
}
