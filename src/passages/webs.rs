//! Webs: what of the paths hangs together, and so must be looked at together.
//!
//! Two symbols hang together if one follows the other more than once: only then a repeat can hold
//! both. Where two symbols follow one another once, the path is cut, which takes no repeat away. So
//! the paths fall into webs, mostly as small as one passage with its copies, and as many webs as
//! memory allows are gathered and looked at at a time.

use super::forest::Forest;
use super::partitions::Partitions;
use super::paths::{Paths, Spot, Unit, sort_units};
use super::scatter::Scatter;
use super::seeds::part;
use super::sieve::{BYTES, Closed, Sieve};
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
    let joints = Joints::of(paths, &scratch.share(1, 2))?;
    let forest = forest(paths, &joints)?;
    let webs = Partitions::<Unit>::new(count, &scratch.share(1, 2));
    paths.each_run(|lists| {
        let mut thrower = webs.thrower();
        for list in lists {
            let list = list?;
            for (at, &unit) in list.iter().enumerate() {
                let goes_on = joints.next(&list, at).is_some();
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
struct Joints(Vec<Closed>);

/// Parts of the sieve that can be filled at the same time.
const REGIONS: u64 = 64;

impl Joints {
    fn of(paths: &Paths, scratch: &Scratch) -> Result<Self> {
        let bytes = paths.units.saturating_mul(BYTES).min(scratch.memory()) / REGIONS;
        let sieves = Scatter::new((0..REGIONS).map(|_| Sieve::new(bytes)));
        paths.each_list(|list| {
            let add = |sieve: &mut Sieve, hashes: &[u64]| {
                for &hash in hashes {
                    sieve.add(hash);
                }
            };
            let mut batches = sieves.batches(add);
            for two in list.windows(2).filter(|two| two[0].goes_on) {
                let hash = joint(two[0], two[1]);
                batches.push(part(hash, REGIONS), hash);
            }
            batches.finish();
            Ok(())
        })?;
        Ok(Self(sieves.into_regions().into_iter().map(Sieve::close).collect()))
    }

    /// What follows a unit of a list and hangs together with it.
    fn next(&self, list: &[Unit], at: usize) -> Option<Unit> {
        let next = list.get(at + 1).copied().filter(|_| list[at].goes_on)?;
        let hash = joint(list[at], next);
        self.0[part(hash, REGIONS)].passes(hash).then_some(next)
    }
}

fn joint(first: Unit, second: Unit) -> u64 {
    hash::of(&pair(first.symbol, second.symbol).to_le_bytes())
}

/// The symbols as sets that hang together.
fn forest(paths: &Paths, joints: &Joints) -> Result<Forest> {
    let forest = Forest::new(paths.symbols);
    paths.each_list(|list| {
        for (at, unit) in list.iter().enumerate() {
            if let Some(next) = joints.next(&list, at) {
                forest.join(unit.symbol, next.symbol);
            }
        }
        Ok(())
    })?;
    Ok(forest)
}
