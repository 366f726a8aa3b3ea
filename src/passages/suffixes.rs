//! Suffixes: all suffixes of the paths in order, and how much neighbours have in common.
//!
//! Prefix doubling as by Larsson and Sadakane (*Faster suffix sorting*, 2007): suffixes that agree
//! on their first h symbols form a group, and a group is sorted by the ranks of what follows the h.
//! Groups of one are done, so ordinary text, where few suffixes agree for long, ends after a few
//! rounds; the worst text, a table of zeros, costs a factor of its logarithm. Each round is made of
//! independent sorts, which run side by side; sorts are also what a disk is good at.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use rayon::prelude::*;

use super::sort::{pair, sort_by_number};
use super::webs::END;

/// The suffixes in order. Positions are those of [`super::webs::Web::symbols`], without the ends.
#[derive(Debug, Default)]
pub(crate) struct Suffixes {
    /// Positions by rank.
    pub(crate) order: Vec<u32>,
    /// Ranks by position; an end's rank is meaningless.
    pub(crate) ranks: Vec<u32>,
    /// By rank: with how many symbols the suffix agrees with the one before.
    pub(crate) common: Vec<u32>,
}

/// Sorts the suffixes of `symbols`, of which there are less than 2^32.
pub(crate) fn sort(symbols: &[u32]) -> Suffixes {
    let mut entries: Vec<Entry> = (0..)
        .zip(symbols)
        .filter(|&(_, &symbol)| symbol != END)
        .map(|(at, &key)| Entry { key, at })
        .collect();
    let ranks = ranks_of_ends(symbols, entries.len() as u32);
    let mut groups: Vec<Range<usize>> = std::iter::once(0..entries.len()).collect();
    sort_groups(&mut entries, &groups, |entry| entry.key);
    groups = name_groups(&entries, &groups, &ranks);
    let mut agreed = 1;
    while !groups.is_empty() {
        // No end is among the agreed symbols, so what follows them exists.
        let follower = |entry: &Entry| ranks[(entry.at + agreed) as usize].load(Relaxed);
        sort_groups(&mut entries, &groups, follower);
        groups = name_groups(&entries, &groups, &ranks);
        agreed *= 2;
    }
    let order: Vec<u32> = entries.into_iter().map(|entry| entry.at).collect();
    let ranks: Vec<u32> = ranks.into_iter().map(AtomicU32::into_inner).collect();
    let common = common(symbols, &order, &ranks);
    Suffixes { order, ranks, common }
}

/// A suffix and what it is sorted by in this round.
#[derive(Debug, Clone, Copy)]
struct Entry {
    key: u32,
    at: u32,
}

/// Ranks by position: a rank of its own behind all others for each end, nothing yet for the rest.
fn ranks_of_ends(symbols: &[u32], first: u32) -> Vec<AtomicU32> {
    let mut next = first;
    let mut rank = |&symbol: &u32| {
        next += u32::from(symbol == END);
        AtomicU32::new(next)
    };
    symbols.iter().map(&mut rank).collect()
}

/// Sorts each group by key, groups side by side.
fn sort_groups(entries: &mut [Entry], groups: &[Range<usize>], key: impl Fn(&Entry) -> u32 + Sync) {
    slices(entries, groups).into_par_iter().for_each(|group| {
        for entry in group.iter_mut() {
            entry.key = key(entry);
        }
        sort_by_number(group, |entry| pair(entry.key, entry.at));
    });
}

/// The groups as slices that can be sorted side by side.
fn slices<'a>(mut rest: &'a mut [Entry], groups: &[Range<usize>]) -> Vec<&'a mut [Entry]> {
    let mut passed = 0;
    let mut slices = Vec::with_capacity(groups.len());
    for group in groups {
        let (_, from_here) = rest.split_at_mut(group.start - passed);
        let (slice, behind) = from_here.split_at_mut(group.len());
        slices.push(slice);
        (rest, passed) = (behind, group.end);
    }
    slices
}

/// Gives each part of a group that agrees on its key the rank of its first member, and returns the
/// parts that are still to be sorted.
fn name_groups(
    entries: &[Entry],
    groups: &[Range<usize>],
    ranks: &[AtomicU32],
) -> Vec<Range<usize>> {
    let parts_of = |group: &Range<usize>| {
        let mut start = group.start;
        let mut parts = Vec::new();
        for part in entries[group.clone()].chunk_by(|a, b| a.key == b.key) {
            for entry in part {
                ranks[entry.at as usize].store(start as u32, Relaxed);
            }
            if part.len() > 1 {
                parts.push(start..start + part.len());
            }
            start += part.len();
        }
        parts
    };
    groups.par_iter().flat_map_iter(parts_of).collect()
}

/// How many symbols each suffix has in common with its predecessor, by Kasai and others' observation
/// (2001) that one position further on it is at most one symbol less.
fn common(symbols: &[u32], order: &[u32], ranks: &[u32]) -> Vec<u32> {
    let mut common = vec![0; order.len()];
    let mut agreed = 0;
    for (at, &symbol) in symbols.iter().enumerate() {
        if symbol == END {
            agreed = 0;
            continue;
        }
        let rank = ranks[at] as usize;
        if rank > 0 {
            let before = order[rank - 1] as usize;
            while symbols[at + agreed] == symbols[before + agreed] && symbols[at + agreed] != END {
                agreed += 1;
            }
        }
        common[rank] = agreed as u32;
        agreed = agreed.saturating_sub(1);
    }
    common
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn suffix(symbols: &[u32], at: u32) -> &[u32] {
        let rest = &symbols[at as usize..];
        &rest[..rest.iter().position(|&symbol| symbol == END).unwrap()]
    }

    /// Stretches of up to twelve symbols out of three, an end behind each.
    fn paths() -> impl Strategy<Value = Vec<u32>> {
        let stretch = prop::collection::vec(0_u32..3, 1..12);
        prop::collection::vec(stretch, 0..12).prop_map(|stretches| {
            stretches.into_iter().flat_map(|stretch| stretch.into_iter().chain([END])).collect()
        })
    }

    proptest! {
        #[test]
        fn suffixes_are_in_order(symbols in paths()) {
            let Suffixes { order, ranks, common } = sort(&symbols);
            prop_assert_eq!(order.len(), symbols.iter().filter(|&&symbol| symbol != END).count());
            for (rank, &at) in order.iter().enumerate() {
                prop_assert_eq!(ranks[at as usize] as usize, rank);
            }
            for rank in 1..order.len() {
                let (a, b) = (suffix(&symbols, order[rank - 1]), suffix(&symbols, order[rank]));
                let agreed = a.iter().zip(b).take_while(|(a, b)| a == b).count();
                prop_assert_eq!(common[rank] as usize, agreed);
                // An end is greater than every symbol.
                prop_assert!(a.len() == agreed || b.len() == agreed || a[agreed] < b[agreed]);
            }
        }
    }

    #[test]
    fn equal_symbols_do_not_slow_it_down() {
        let symbols: Vec<u32> =
            (0..5).flat_map(|_| [vec![7; 20_000], vec![END]].concat()).collect();
        let suffixes = sort(&symbols);
        assert_eq!(suffixes.common.iter().max(), Some(&20_000));
    }
}
