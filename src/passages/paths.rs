//! Paths: what documents share, as short sequences of symbols.
//!
//! The windows of a document that have a class form *stretches*: the longest series of windows that
//! follow one another. Most classes in a stretch come in fixed company: a passage copied whole ten
//! thousand times is the same three hundred classes in the same order each time. So classes that
//! always follow one another are compacted to one *symbol* (the unitigs of genome assembly), and the
//! passage costs each copy one symbol. A symbol's name is its first class.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use rayon::prelude::*;

use super::postings::{Posting, Postings};
use super::store::WordStore;
use super::windows::Window;

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
pub(crate) fn trace(store: &WordStore, least: u32, postings: Postings) -> Paths {
    let company = Company::new(postings.classes);
    let walk = Walk { store, least };
    postings.lists.par_iter().for_each(|list| {
        walk.stretches(list, |stretch| company.meet(stretch));
    });
    let traced: Vec<Paths> = postings
        .lists
        .into_par_iter()
        .map(|list| {
            let mut paths = Paths::default();
            walk.stretches(&list, |stretch| paths.add(stretch, &company));
            paths
        })
        .collect();
    Paths {
        symbols: traced.iter().flat_map(|paths| &paths.symbols).copied().collect(),
        spots: traced.iter().flat_map(|paths| &paths.spots).copied().collect(),
    }
}

/// One posting of a stretch with the window it stands for.
type Place = (Posting, Window);

#[derive(Debug, Clone, Copy)]
struct Walk<'a> {
    store: &'a WordStore,
    least: u32,
}

impl Walk<'_> {
    /// Calls `take` with every stretch of a list, in order.
    fn stretches(self, list: &[Posting], mut take: impl FnMut(&[Place])) {
        let mut stretch: Vec<Place> = Vec::new();
        for &posting in list {
            let words = self.store.words(posting.doc);
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
    }
}

/// Which class each class always follows, and which always follows it.
#[derive(Debug)]
struct Company {
    before: Vec<AtomicU32>,
    after: Vec<AtomicU32>,
}

const UNMET: u32 = u32::MAX;
/// More than one class, or the end of a stretch.
const VARIOUS: u32 = u32::MAX - 1;

impl Company {
    fn new(classes: u32) -> Self {
        let unmet = || (0..classes).map(|_| AtomicU32::new(UNMET)).collect();
        Self { before: unmet(), after: unmet() }
    }

    /// Takes note of the neighbours in a stretch; any order of stretches gives the same.
    fn meet(&self, stretch: &[Place]) {
        let mut before = VARIOUS;
        for (posting, _) in stretch {
            note(&self.before[posting.class as usize], before);
            if before != VARIOUS {
                note(&self.after[before as usize], posting.class);
            }
            before = posting.class;
        }
        note(&self.after[before as usize], VARIOUS);
    }

    /// Whether wherever one of the two classes is, the other is too.
    fn inseparable(&self, first: u32, second: u32) -> bool {
        self.after[first as usize].load(Relaxed) == second
            && self.before[second as usize].load(Relaxed) == first
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
