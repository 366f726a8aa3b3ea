//! Paths: what documents share, as short sequences of symbols.
//!
//! The windows of a document that have a class form *stretches*: the longest series of windows that
//! follow one another. Most classes in a stretch come in fixed company: a passage copied whole ten
//! thousand times is the same three hundred classes in the same order each time. So classes that
//! always follow one another are compacted to one *symbol* (the unitigs of genome assembly), and the
//! passage costs each copy one symbol. A symbol's name is its first class.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use rayon::prelude::*;

use super::postings::{Posting, Postings};
use super::store::{Reading, WordStore};
use super::too_large;
use super::windows::Window;
use crate::error::Result;
use crate::spill::Scratch;

/// What stands behind each stretch: equal to nothing, itself included.
pub(crate) const END: u32 = u32::MAX;

/// All stretches, one after the other, an [`END`] behind each.
#[derive(Debug, Default)]
pub(crate) struct Paths {
    pub(crate) symbols: Vec<u32>,
    /// Where each symbol stands; for an [`END`], nowhere in particular.
    pub(crate) spots: Vec<Spot>,
}

/// The words a symbol covers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spot {
    pub(crate) doc: u32,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// Builds the paths of all documents, in their order.
pub(crate) fn trace(
    store: &WordStore,
    least: u32,
    postings: &Postings,
    scratch: &Scratch,
) -> Result<Paths> {
    let walk = Walk { store, least, postings };
    let company = Company::of(walk, scratch)?;
    let traced: Vec<Paths> = walk.side_by_side(|stretches| {
        let mut paths = Paths::default();
        stretches(&mut |stretch| paths.add(stretch, &company))?;
        Ok(paths)
    })?;
    let symbols = traced.iter().map(|paths| paths.symbols.len()).sum::<usize>();
    if symbols as u64 >= u64::from(u32::MAX) {
        return Err(too_large("shared stretches", symbols as u64));
    }
    let mut all =
        Paths { symbols: Vec::with_capacity(symbols), spots: Vec::with_capacity(symbols) };
    // One after the other, so that nothing stands in memory twice.
    for mut paths in traced {
        all.symbols.append(&mut paths.symbols);
        all.spots.append(&mut paths.spots);
    }
    Ok(all)
}

/// One posting of a stretch with the window it stands for.
type Place = (Posting, Window);

/// Calls its argument with every stretch of a list, in order.
type Stretches<'a> = &'a dyn Fn(&mut dyn FnMut(&[Place])) -> Result<()>;

#[derive(Debug, Clone, Copy)]
struct Walk<'a> {
    store: &'a WordStore,
    least: u32,
    postings: &'a Postings,
}

impl Walk<'_> {
    /// Walks through all lists, several at a time.
    fn side_by_side<T: Send>(
        self,
        work: impl Fn(Stretches<'_>) -> Result<T> + Sync,
    ) -> Result<Vec<T>> {
        let lists = (0..self.postings.lists()).into_par_iter();
        lists.map(|number| work(&|take| self.stretches(number, take))).collect()
    }

    fn stretches(self, list: usize, take: &mut dyn FnMut(&[Place])) -> Result<()> {
        let mut reader = self.store.reader(Reading::Ahead);
        let mut stretch: Vec<Place> = Vec::new();
        for posting in self.postings.list(list)? {
            let words = reader.words(posting.doc)?;
            let next = stretch.last().and_then(|&(last, window)| {
                let next = (last.doc == posting.doc).then(|| window.next(words, self.least))??;
                (next.place() == posting.place).then_some(next)
            });
            if next.is_none() && !stretch.is_empty() {
                take(&stretch);
                stretch.clear();
            }
            let window = next.or_else(|| Window::from_place(words, posting.place, self.least));
            stretch.extend(window.map(|window| (posting, window)));
        }
        if !stretch.is_empty() {
            take(&stretch);
        }
        Ok(())
    }
}

/// Which classes always have the same class before and behind them.
#[derive(Debug)]
struct Company {
    before: Vec<bool>,
    behind: Vec<bool>,
}

/// Bytes a class takes while its neighbours are looked at.
const CLASS: u64 = 8;

impl Company {
    /// Looks at as many classes at a time as memory allows.
    fn of(walk: Walk<'_>, scratch: &Scratch) -> Result<Self> {
        let most = (scratch.memory() / CLASS).clamp(1 << 10, u64::from(u32::MAX)) as usize;
        let mut company = Self { before: Vec::new(), behind: Vec::new() };
        for first in (0..walk.postings.classes).step_by(most) {
            let end = walk.postings.classes.min(first.saturating_add(most as u32));
            let neighbours = Neighbours::new(first..end);
            walk.side_by_side(|stretches| stretches(&mut |stretch| neighbours.meet(stretch)))?;
            company.before.extend(neighbours.before.into_iter().map(is_one));
            company.behind.extend(neighbours.behind.into_iter().map(is_one));
        }
        Ok(company)
    }

    /// Whether two classes that follow one another are both nowhere without the other.
    fn inseparable(&self, first: u32, second: u32) -> bool {
        self.behind[first as usize] && self.before[second as usize]
    }
}

/// The classes next to each of a range of classes.
#[derive(Debug)]
struct Neighbours {
    classes: Range<u32>,
    before: Vec<AtomicU32>,
    behind: Vec<AtomicU32>,
}

const UNMET: u32 = u32::MAX;
/// More than one class, or the end of a stretch.
const VARIOUS: u32 = u32::MAX - 1;

impl Neighbours {
    fn new(classes: Range<u32>) -> Self {
        let unmet = || classes.clone().map(|_| AtomicU32::new(UNMET)).collect();
        Self { before: unmet(), behind: unmet(), classes }
    }

    /// Takes note of the neighbours in a stretch; any order of stretches gives the same.
    fn meet(&self, stretch: &[Place]) {
        let class = |at: usize| stretch.get(at).map_or(VARIOUS, |(posting, _)| posting.class);
        for (at, (posting, _)) in stretch.iter().enumerate() {
            if self.classes.contains(&posting.class) {
                let place = (posting.class - self.classes.start) as usize;
                note(&self.before[place], class(at.wrapping_sub(1)));
                note(&self.behind[place], class(at + 1));
            }
        }
    }
}

fn note(slot: &AtomicU32, class: u32) {
    let mut known = slot.load(Relaxed);
    while known != class && known != VARIOUS {
        let noted = if known == UNMET { class } else { VARIOUS };
        match slot.compare_exchange_weak(known, noted, Relaxed, Relaxed) {
            Ok(_) => return,
            Err(now) => known = now,
        }
    }
}

/// Whether one class was met, and no other.
fn is_one(slot: AtomicU32) -> bool {
    slot.into_inner() < VARIOUS
}

impl Paths {
    fn add(&mut self, stretch: &[Place], company: &Company) {
        let together = |a: &Place, b: &Place| company.inseparable(a.0.class, b.0.class);
        for unit in stretch.chunk_by(together) {
            let ((posting, first), (_, last)) = (unit[0], unit[unit.len() - 1]);
            self.symbols.push(posting.class);
            self.spots.push(Spot { doc: posting.doc, start: first.start, end: last.end });
        }
        self.symbols.push(END);
        self.spots.push(Spot::default());
    }
}
