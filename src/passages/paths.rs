//! Paths: what documents share, as short sequences of symbols.
//!
//! The windows of a document that have a class form *stretches*: the longest series of windows that
//! follow one another. Most classes in a stretch come in fixed company: a passage copied whole ten
//! thousand times is the same three hundred classes in the same order each time. So classes that
//! always follow one another are compacted to one *symbol* (the unitigs of genome assembly), and the
//! passage costs each copy one symbol. A symbol's name is its first class.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

use rayon::prelude::*;

use super::partitions::{Packed, Partitions, together};
use super::postings::{Posting, Postings};
use super::sort::{pair, sort_by_number};
use super::store::{Reading, WordStore, push_number, take_number};
use super::windows::Window;
use crate::error::Result;
use crate::spill::Scratch;

/// The words a symbol covers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spot {
    pub(crate) doc: u32,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// A symbol in a stretch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Unit {
    pub(crate) spot: Spot,
    pub(crate) symbol: u32,
    /// Whether the stretch goes on behind it.
    pub(crate) goes_on: bool,
}

/// Sorts units along the documents.
pub(crate) fn sort_units(units: &mut [Unit]) {
    sort_by_number(units, |unit| (pair(unit.spot.doc, unit.spot.start), unit.spot.end));
}

impl Packed for Unit {
    fn pack(self, last: Self, into: &mut Vec<u8>) {
        push_number(u64::from(self.spot.doc.wrapping_sub(last.spot.doc)), into);
        push_number(u64::from(self.spot.start), into);
        push_number(u64::from(self.spot.end - self.spot.start), into);
        push_number(u64::from(self.symbol) << 1 | u64::from(self.goes_on), into);
    }

    fn unpack(self, bytes: &mut &[u8]) -> Self {
        let doc = self.spot.doc.wrapping_add(take_number(bytes) as u32);
        let start = take_number(bytes) as u32;
        let end = start + take_number(bytes) as u32;
        let symbol = take_number(bytes);
        let (symbol, goes_on) = ((symbol >> 1) as u32, symbol & 1 == 1);
        Self { spot: Spot { doc, start, end }, symbol, goes_on }
    }
}

/// The paths of all documents.
#[derive(Debug)]
pub(crate) struct Paths {
    /// In lists for consecutive ranges of documents.
    lists: Partitions<Unit>,
    /// Symbols are less.
    pub(crate) symbols: u32,
    /// How many units there are.
    pub(crate) units: u64,
}

impl Paths {
    /// How many lists there are.
    pub(crate) fn lists(&self) -> usize {
        self.lists.count()
    }

    /// Calls `look` with the number of each run of lists, of which there are no more than lists, and the run's
    /// lists in order of the documents, several runs at a time.
    pub(crate) fn each_run(
        &self,
        look: impl Fn(usize, &mut dyn Iterator<Item = Result<Vec<Unit>>>) -> Result<()> + Sync + Send,
    ) -> Result<()> {
        let numbers: Vec<usize> = (0..self.lists()).collect();
        let runs = numbers.par_chunks(together(numbers.len())).enumerate();
        runs.try_for_each(|(number, run)| {
            look(number, &mut run.iter().map(|&number| self.list(number)))
        })
    }

    fn list(&self, number: usize) -> Result<Vec<Unit>> {
        let mut units = self.lists.read(number)?;
        sort_units(&mut units);
        Ok(units)
    }
}

/// Builds the paths of all documents.
pub(crate) fn trace(
    store: &WordStore,
    least: u32,
    postings: &Postings,
    scratch: &Scratch,
) -> Result<Paths> {
    let walk = Walk { store, least, postings };
    let company = Company::of(walk, &scratch.share(1, 2))?;
    let lists = Partitions::new(postings.lists(), &scratch.share(1, 2));
    let units = AtomicU64::new(0);
    walk.each_run(|run| {
        let mut thrower = lists.thrower();
        for &list in run {
            walk.stretches(list, |stretch| {
                each_unit(stretch, &company, |unit| {
                    units.fetch_add(1, Relaxed);
                    thrower.push(list, unit)
                })
            })?;
        }
        thrower.finish()
    })?;
    Ok(Paths { lists, symbols: postings.classes, units: units.into_inner() })
}

/// Calls `take` with the units of a stretch.
fn each_unit(
    stretch: &[Place],
    company: &Company,
    mut take: impl FnMut(Unit) -> Result<()>,
) -> Result<()> {
    let together = |a: &Place, b: &Place| company.inseparable(a.0.class, b.0.class);
    let mut left = stretch.len();
    for unit in stretch.chunk_by(together) {
        let ((posting, first), (_, last)) = (unit[0], unit[unit.len() - 1]);
        left -= unit.len();
        let spot = Spot { doc: posting.doc, start: first.start, end: last.end };
        take(Unit { spot, symbol: posting.class, goes_on: left > 0 })?;
    }
    Ok(())
}

/// One posting of a stretch with the window it stands for.
type Place = (Posting, Window);

#[derive(Debug, Clone, Copy)]
struct Walk<'a> {
    store: &'a WordStore,
    least: u32,
    postings: &'a Postings,
}

impl Walk<'_> {
    /// Calls `work` with the numbers of consecutive lists, several at a time.
    fn each_run(self, work: impl Fn(&[usize]) -> Result<()> + Sync + Send) -> Result<()> {
        let lists: Vec<usize> = (0..self.postings.lists()).collect();
        lists.par_chunks(together(lists.len())).try_for_each(work)
    }

    /// Calls `take` with every stretch of a list, in order.
    fn stretches(self, list: usize, mut take: impl FnMut(&[Place]) -> Result<()>) -> Result<()> {
        let mut reader = self.store.reader(Reading::Ahead);
        let mut stretch: Vec<Place> = Vec::new();
        for posting in self.postings.list(list)? {
            let words = reader.words(posting.doc)?;
            let next = stretch.last().and_then(|&(last, window)| {
                let next = (last.doc == posting.doc).then(|| window.next(words, self.least))??;
                (next.place() == posting.place).then_some(next)
            });
            if next.is_none() && !stretch.is_empty() {
                take(&stretch)?;
                stretch.clear();
            }
            let window = next.or_else(|| Window::from_place(words, posting.place, self.least));
            stretch.extend(window.map(|window| (posting, window)));
        }
        if stretch.is_empty() { Ok(()) } else { take(&stretch) }
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
            walk.each_run(|run| {
                run.iter().try_for_each(|&list| {
                    walk.stretches(list, |stretch| {
                        neighbours.meet(stretch);
                        Ok(())
                    })
                })
            })?;
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
