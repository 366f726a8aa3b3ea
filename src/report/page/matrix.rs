//! Who shares with whom: for every two outlets, the passages that both have.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;

use super::names::Names;
use super::shared::{Sharing, Skim};
use crate::engine::Threads;
use crate::error::Result;
use crate::report::rows::{Line, Rows};

/// Outlets with a row of their own, those that share most; the others share one.
const OUTLETS: usize = 40;

/// The matrix, one half of it.
#[derive(Debug, Default, Serialize)]
pub(super) struct Matrix {
    /// Numbers of names, the outlet that shares most first.
    outlets: Vec<usize>,
    /// Outlets that share the last row.
    folded: usize,
    /// `(row, column, families, words)`, with row ≤ column: where outlets are folded, also what
    /// they share among themselves.
    cells: Vec<(usize, usize, u64, u64)>,
}

impl Matrix {
    /// Reads the file of passages once more, knowing who shares most.
    pub(super) fn read(
        path: &Path,
        sharing: &BTreeMap<String, Sharing>,
        names: &mut Names,
        threads: Threads,
    ) -> Result<Self> {
        let mut by_words: Vec<_> = sharing.iter().collect();
        by_words.sort_by(|a, b| b.1.words.cmp(&a.1.words).then_with(|| a.0.cmp(b.0)));
        by_words.truncate(OUTLETS);
        let rows: BTreeMap<&str, usize> =
            by_words.iter().enumerate().map(|(row, (name, _))| (name.as_str(), row)).collect();
        let mut cells: BTreeMap<(usize, usize), Sharing> = BTreeMap::new();
        let shared = |line: Line<'_>| {
            let family: Skim<'_> = line.row()?;
            Ok((pairs(&family.outlets(), &rows), family.words()))
        };
        Rows::each(path, threads, shared, |(pairs, words)| {
            for pair in pairs {
                let cell = cells.entry(pair).or_default();
                cell.families += 1;
                cell.words += words;
            }
        })?;
        Ok(Self {
            outlets: by_words.iter().map(|(name, _)| names.number(name)).collect(),
            folded: sharing.len() - by_words.len(),
            cells: cells.iter().map(|(&(a, b), s)| (a, b, s.families, s.words)).collect(),
        })
    }
}

/// Each pair of rows once; the folded outlets are one row, paired with itself where two of them are
/// there.
fn pairs(outlets: &BTreeSet<&str>, rows: &BTreeMap<&str, usize>) -> Vec<(usize, usize)> {
    let mut present: Vec<usize> =
        outlets.iter().filter_map(|outlet| rows.get(outlet)).copied().collect();
    present.sort_unstable();
    let folded = outlets.len() - present.len();
    present.extend((folded > 0).then_some(rows.len()));
    let mut pairs: Vec<_> = Vec::new();
    for (i, &a) in present.iter().enumerate() {
        pairs.extend(present[i + 1..].iter().map(|&b| (a, b)));
    }
    pairs.extend((folded > 1).then_some((rows.len(), rows.len())));
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_outlets_are_one_row() {
        let rows = BTreeMap::from([("a", 0), ("b", 1)]);
        let of = |outlets: &[&'static str]| pairs(&outlets.iter().copied().collect(), &rows);
        assert_eq!(of(&["a", "b"]), [(0, 1)]);
        assert_eq!(of(&["b", "x"]), [(1, 2)]);
        assert_eq!(of(&["a", "x", "y"]), [(0, 2), (2, 2)]);
        assert_eq!(of(&["x", "y"]), [(2, 2)]);
    }
}
