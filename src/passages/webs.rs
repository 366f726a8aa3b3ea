//! Webs: what of the paths hangs together, and so must be looked at together.
//!
//! Two symbols hang together if one follows the other more than once: only then a repeat can hold
//! both. Where two symbols follow one another once, the path is cut, which takes no repeat away. So
//! the paths fall into webs, mostly as small as one passage with its copies, and as many webs as
//! memory allows are gathered and looked at at a time.

use super::forest::Forest;
use super::partitions::{Partitions, part};
use super::paths::{Paths, Spot, Unit, sort_units};
use super::sieve::{Sieve, Sifted, Verdicts};
use super::sort::pair;
use super::too_large;
use crate::error::Result;
use crate::hash;
use crate::spill::Scratch;

/// What stands behind each piece of a path: equal to nothing, itself included.
pub(crate) const END: u32 = u32::MAX;

/// Pieces of paths, one after the other, an [`END`] behind each.
#[derive(Debug, Default)]
pub(crate) struct Web {
    pub(crate) symbols: Vec<u32>,
    /// Where each symbol stands; for an [`END`], nowhere in particular.
    pub(crate) spots: Vec<Spot>,
}

/// Bytes that a symbol of a web takes while its families are found.
const EACH: u64 = 256;

/// Units that are looked at together at least, however little memory there is.
const LEAST: u64 = 1 << 4;

/// Calls `look` with all webs, many as one.
pub(crate) fn each(
    paths: &Paths,
    scratch: &Scratch,
    mut look: impl FnMut(Web) -> Result<()>,
) -> Result<()> {
    let together = (scratch.memory() / 2 / EACH).max(LEAST);
    let count = paths.units.div_ceil(together).clamp(1, MOST) as usize;
    let joints = joints(paths, &scratch.share(1, 2))?;
    let forest = forest(paths, &joints)?;
    let webs = Partitions::<Unit>::new(count, &scratch.share(1, 2));
    paths.each_run(|run, lists| {
        let (mut thrower, mut verdicts) = (webs.thrower(), joints.verdicts(run)?);
        for list in lists {
            let list = list?;
            for (at, &unit) in list.iter().enumerate() {
                let goes_on = joined(&list, at, &mut verdicts).is_some();
                let root = u64::from(forest.root(unit.symbol));
                let web = part(hash::of(&root.to_le_bytes()), count as u64);
                thrower.push(web, Unit { goes_on, ..unit })?;
            }
        }
        thrower.finish()
    })?;
    drop((joints, forest));
    (0..count).try_for_each(|number| look(Web::new(webs.read(number)?)?))
}

/// Webs are not gathered in more parts: each worker has a buffer for each.
const MOST: u64 = 1 << 10;

impl Web {
    fn new(mut units: Vec<Unit>) -> Result<Self> {
        let ends = units.iter().filter(|unit| !unit.goes_on).count();
        let all = units.len() + ends;
        if all >= u32::MAX as usize {
            return Err(too_large("shared stretches that hang together", all as u64));
        }
        sort_units(&mut units);
        let mut web = Self { symbols: Vec::with_capacity(all), spots: Vec::with_capacity(all) };
        for unit in units {
            web.symbols.push(unit.symbol);
            web.spots.push(unit.spot);
            if !unit.goes_on {
                web.symbols.push(END);
                web.spots.push(Spot::default());
            }
        }
        Ok(web)
    }
}

/// Which symbols follow one another more than once, and a few that do not.
fn joints(paths: &Paths, scratch: &Scratch) -> Result<Sifted> {
    let sieve = Sieve::new(paths.units, paths.lists(), scratch);
    paths.each_run(|run, lists| {
        let mut notes = sieve.notes(run);
        for list in lists {
            let list = list?;
            (0..list.len())
                .filter_map(|at| joint(&list, at))
                .try_for_each(|(hash, _)| notes.push(hash))?;
        }
        notes.finish()
    })?;
    sieve.close()
}

/// What follows a unit of a list, and the two as a hash.
fn joint(list: &[Unit], at: usize) -> Option<(u64, Unit)> {
    let next = list.get(at + 1).copied().filter(|_| list[at].goes_on)?;
    Some((hash::of(&pair(list[at].symbol, next.symbol).to_le_bytes()), next))
}

/// What follows a unit of a list and hangs together with it.
fn joined(list: &[Unit], at: usize, verdicts: &mut Verdicts) -> Option<Unit> {
    let (hash, next) = joint(list, at)?;
    verdicts.recurs(hash).then_some(next)
}

/// The symbols as sets that hang together.
fn forest(paths: &Paths, joints: &Sifted) -> Result<Forest> {
    let forest = Forest::new(paths.symbols);
    paths.each_run(|run, lists| {
        let mut verdicts = joints.verdicts(run)?;
        for list in lists {
            let list = list?;
            for (at, unit) in list.iter().enumerate() {
                if let Some(next) = joined(&list, at, &mut verdicts) {
                    forest.join(unit.symbol, next.symbol);
                }
            }
        }
        Ok(())
    })?;
    Ok(forest)
}
