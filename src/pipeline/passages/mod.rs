//! From families of word positions to rows that tell of texts.

mod desk;
mod kept;
mod ranking;
mod rarity;
mod telling;
pub(super) mod told;

use std::collections::BTreeSet;
use std::iter;

use crate::config::Settings;
use crate::error::Result;
use crate::passages::{self, Family, WordStore};
use crate::report::EDGES_FILE;
use crate::report::OutFolder;
use crate::report::edges::Edges;
use crate::report::summary::PassageCounts;

use super::Progress;
use super::dedup::listing::About;
use desk::Desk;
use kept::{InOrder, Pile};
use ranking::{Ranking, Written};
use rarity::Rarity;
use told::Shelves;

/// Finds the shared passages of the shelf and writes them; calls `done` with every step behind it.
pub(super) fn find_and_write(
    settings: &Settings,
    words: &WordStore,
    about: &About,
    told: Shelves,
    out: &OutFolder,
    progress: &dyn Progress,
    done: &mut (dyn FnMut(&'static str) + Send),
) -> Result<PassageCounts> {
    progress.begin("passages", 0);
    let options = passages::Options {
        min_words: settings.passages.min_words,
        fuzzy: settings.passages.fuzzy,
    };
    let scratch = settings.scratch();
    // The words and texts of the documents have five sixteenths of it.
    let search = scratch.share(5, 8);
    let needed = passages::disk_needed(words, &options, &search);
    settings.refuse_without_room(needed, "to find shared passages")?;
    let pool = settings.threads.pool()?;
    let found = || passages::find_in_steps(words, &options, &search, &mut *done);
    let families = pool.install(found)?;
    let is_wanted =
        |family: &Family| outlets(family, words) >= settings.passages.min_outlets as usize;
    let shelves = told.open()?;
    let tellings =
        telling::tell(settings, &families, is_wanted, &shelves, &scratch.share(1, 2), progress)?;
    drop(shelves);
    done("tell occurrences");
    let rarity = pool.install(|| Rarity::of(words))?;
    let desk = Desk { words, about, rarity: &rarity };
    let mut ranking = Ranking::within(&scratch.share(1, 4));
    let mut edges = Edges::within(&scratch.share(1, 4));
    let mut told = tellings.in_order();
    let mut wanted = families.iter().filter(|family| family.as_ref().map_or(true, is_wanted));
    settings.threads.map_ordered(
        iter::from_fn(|| next_batch(&mut wanted, &mut told).transpose()),
        |batch| {
            let rows = batch.into_iter().map(|(family, told)| {
                let (row, shares) = desk.row(&family, telling::unpack(&told)?)?;
                Ok((Written::new(&row), shares))
            });
            rows.collect::<Result<Vec<_>>>()
        },
        |rows| {
            for (row, shares) in rows? {
                edges.add(&shares)?;
                ranking.push(&row)?;
            }
            Ok(())
        },
    )?;
    edges.write(&out.join(EDGES_FILE))?;
    let mut counts = ranking.write(out, &settings.passages)?;
    counts.against = u64::from(about.fixed);
    progress.end();
    done("write passages");
    Ok(counts)
}

/// Occurrences of families whose rows one worker makes at a time, at least: to hand over a family
/// takes as long as to make the row of a small one.
const TOGETHER: usize = 256;

/// The next families, each with what was told of its occurrences; none at the end.
fn next_batch(
    families: &mut impl Iterator<Item = Result<Family>>,
    told: &mut InOrder<'_>,
) -> Result<Option<Vec<(Family, Pile)>>> {
    let (mut batch, mut occurrences) = (Vec::new(), 0);
    while occurrences < TOGETHER
        && let Some(family) = families.next().transpose()?
    {
        let told = told.next(family.occurrences.len())?;
        occurrences += told.len();
        batch.push((family, told));
    }
    Ok((!batch.is_empty()).then_some(batch))
}

fn outlets(family: &Family, words: &WordStore) -> usize {
    let outlets: BTreeSet<_> = family.occurrences.iter().map(|o| words.outlet(o.doc)).collect();
    outlets.len()
}
