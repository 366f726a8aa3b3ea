//! Windows: the stretches of just about the minimum length by which documents are compared.
//!
//! Where every word weighs the same, a window is K words and there is one at each position. Scripts
//! written without spaces make it subtler, since one of their characters counts 2/5 of a word. If
//! windows were only the *shortest from their start*, the last characters of a run could lie in no
//! window of the run. So a window is a stretch that is long enough and cannot be shortened at its
//! end, or cannot be shortened at its start. In the order of [`Window::next`] the windows inside a
//! run are then exactly a contiguous part of the windows of either document, from the run's first
//! word to its last: *equal paths of windows are equal runs, and the reverse*.

use std::collections::VecDeque;
use std::convert::Infallible;

/// Length of one word in fifths of a word.
pub(crate) fn fifths(key: u64) -> u32 {
    if key & 1 == 1 { 2 } else { 5 }
}

/// One window of a document, in word indices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Length in fifths of a word.
    weight: u32,
    /// By how many words the end lies behind the shortest window's from the same start: 0, 1 or 2,
    /// since the tail weighs less than the first word.
    tail: u32,
}

/// What a step from one window to the next does to its ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The first word goes.
    Drop,
    /// A word is added.
    Add,
    /// Both.
    Slide,
}

impl Window {
    /// The first window from `start` on that is at least `least` fifths long.
    pub(crate) fn at(words: &[u64], start: u32, least: u32) -> Option<Self> {
        let (mut end, mut weight) = (start, 0);
        while weight < least {
            weight += fifths(*words.get(end as usize)?);
            end += 1;
        }
        Some(Self { start, end, weight, tail: 0 })
    }

    /// The window that follows in document order.
    pub(crate) fn next(self, words: &[u64], least: u32) -> Option<Self> {
        self.step(words, least).map(|(window, _)| window)
    }

    /// The window that follows, and how it is reached.
    pub(crate) fn step(self, words: &[u64], least: u32) -> Option<(Self, Step)> {
        let lighter = self.weight - fifths(words[self.start as usize]);
        if lighter >= least {
            return Some((
                Self { start: self.start + 1, weight: lighter, tail: 0, ..self },
                Step::Drop,
            ));
        }
        let added = fifths(*words.get(self.end as usize)?);
        let end = self.end + 1;
        if lighter + added >= least {
            let weight = lighter + added;
            Some((Self { start: self.start + 1, end, weight, tail: 0 }, Step::Slide))
        } else {
            let (weight, tail) = (self.weight + added, self.tail + 1);
            Some((Self { start: self.start, end, weight, tail }, Step::Add))
        }
    }

    /// The window as a number, ascending in document order. Documents have less than 2^30 words.
    pub(crate) fn place(self) -> u32 {
        self.start << 2 | self.tail
    }

    /// The window that [`Window::place`] stands for.
    pub(crate) fn from_place(words: &[u64], place: u32, least: u32) -> Option<Self> {
        let mut window = Self::at(words, place >> 2, least)?;
        for _ in 0..place & 3 {
            window = window.next(words, least)?;
        }
        Some(window)
    }
}

/// Hashes windows in constant time each, by the difference of two prefix hashes (Karp, Rabin 1987)
/// modulo 2^64 with an odd multiplier. Equal hashes are verified on words afterwards.
#[derive(Debug)]
pub(crate) struct WindowHasher {
    powers: Vec<u64>,
    least: u32,
}

const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

impl WindowHasher {
    /// For windows of at least `least` fifths of a word.
    pub(crate) fn new(least: u32) -> Self {
        // A window has at most least/2 words, rounded up, and a tail of two.
        let longest = least / 2 + 4;
        let power = |p: &u64| Some(p.wrapping_mul(MULTIPLIER));
        Self {
            powers: std::iter::successors(Some(1), power).take(longest as usize).collect(),
            least,
        }
    }

    /// Calls `take` with the hash of every window of a document, in order.
    pub(crate) fn each(&self, words: &[u64], mut take: impl FnMut(u64, Window)) {
        let Ok(()) = self.try_each(words, |hash, window| {
            take(hash, window);
            Ok::<(), Infallible>(())
        });
    }

    /// Calls `take` with the hash of every window of a document, in order, until it fails.
    pub(crate) fn try_each<E>(
        &self,
        words: &[u64],
        mut take: impl FnMut(u64, Window) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(mut window) = Window::at(words, 0, self.least) else { return Ok(()) };
        let grow = |hash: u64, word: u64| hash.wrapping_mul(MULTIPLIER).wrapping_add(word);
        let mut tail = 0_u64;
        let mut head = words[..window.end as usize].iter().fold(0, |hash, &word| grow(hash, word));
        loop {
            let span = window.end - window.start;
            let difference = head.wrapping_sub(tail.wrapping_mul(self.powers[span as usize]));
            take(finish(difference ^ u64::from(span) << 56), window)?;
            let Some((next, step)) = window.step(words, self.least) else { return Ok(()) };
            if step != Step::Drop {
                head = grow(head, words[window.end as usize]);
            }
            if step != Step::Add {
                tail = grow(tail, words[window.start as usize]);
            }
            window = next;
        }
    }
}

/// Of windows that follow one another, which are selected: of every so many the one whose hash is least,
/// the first of equals (winnowing: Schleimer, Wilkerson, Aiken 2003). What two documents have in
/// common, if it has so many windows, has the same one selected in both.
#[derive(Debug)]
pub(crate) struct Winnow {
    among: usize,
    /// Windows met since the beginning.
    met: usize,
    /// Those that may still be the least of some, with their numbers; hashes ascend.
    held: VecDeque<(usize, u64, Window)>,
    selected: Option<usize>,
}

impl Winnow {
    /// For the windows of one document, of every `among` one.
    pub(crate) fn new(among: u32) -> Self {
        Self { among: among.max(1) as usize, met: 0, held: VecDeque::new(), selected: None }
    }

    /// Takes the next window, and gives one if it is selected now.
    pub(crate) fn next(&mut self, hash: u64, window: Window) -> Option<(u64, Window)> {
        let number = self.met;
        self.met += 1;
        while self.held.back().is_some_and(|&(_, last, _)| last > hash) {
            self.held.pop_back();
        }
        self.held.push_back((number, hash, window));
        if self.held.front().is_some_and(|&(first, ..)| first + self.among <= number) {
            self.held.pop_front();
        }
        let &(first, hash, window) = self.held.front().filter(|_| self.met >= self.among)?;
        (self.selected.replace(first) != Some(first)).then_some((hash, window))
    }
}

/// Spreads a polynomial's entropy, which gathers in the high bits, over all 64 (Stafford's mix 13).
fn finish(mut hash: u64) -> u64 {
    hash = (hash ^ hash >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ hash >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ hash >> 31
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LEAST: u32 = 15;

    fn windows(words: &[u64]) -> Vec<Window> {
        std::iter::successors(Window::at(words, 0, LEAST), |w| w.next(words, LEAST)).collect()
    }

    fn weight(words: &[u64]) -> u32 {
        words.iter().map(|&word| fifths(word)).sum()
    }

    /// Long enough, and not both ends can be shortened.
    fn is_window(words: &[u64], start: usize, end: usize) -> bool {
        let shortest_from_start = weight(&words[start..end - 1]) < LEAST;
        let shortest_from_end = weight(&words[start + 1..end]) < LEAST;
        weight(&words[start..end]) >= LEAST && (shortest_from_start || shortest_from_end)
    }

    proptest! {
        #[test]
        fn the_walk_meets_every_window_in_order(words in prop::collection::vec(0_u64..4, 0..40)) {
            let mut wanted = Vec::new();
            for start in 0..words.len() {
                for end in start + 1..=words.len() {
                    if is_window(&words, start, end) {
                        wanted.push((start as u32, end as u32));
                    }
                }
            }
            let met: Vec<_> = windows(&words).iter().map(|w| (w.start, w.end)).collect();
            prop_assert_eq!(met, wanted);
        }

        #[test]
        fn a_place_stands_for_its_window(words in prop::collection::vec(0_u64..4, 0..40)) {
            let all = windows(&words);
            prop_assert!(all.windows(2).all(|pair| pair[0].place() < pair[1].place()));
            for window in all {
                prop_assert_eq!(Window::from_place(&words, window.place(), LEAST), Some(window));
            }
        }

        #[test]
        fn of_every_so_many_windows_one_is_selected_by_its_words_alone(
            shared in prop::collection::vec(0_u64..9, 3..30),
            before in prop::collection::vec(0_u64..9, 0..9),
            behind in prop::collection::vec(0_u64..9, 0..9),
            among in 1_u32..7,
        ) {
            let select = |words: &[u64]| {
                let (mut winnow, mut all, mut selected) = (Winnow::new(among), Vec::new(), Vec::new());
                WindowHasher::new(LEAST).each(words, |hash, window| {
                    all.push((hash, window));
                    selected.extend(winnow.next(hash, window));
                });
                (all, selected)
            };
            let (all, selected) = select(&shared);
            let among = among as usize;
            prop_assert!(all.windows(among).all(|some| some.iter().any(|w| selected.contains(w))));
            let first = |some: &[(u64, Window)]| some.iter().map(|w| w.0).min();
            let least = |w: &(u64, Window)| all.windows(among).any(|some| first(some) == Some(w.0));
            prop_assert!(selected.iter().all(least));
            prop_assert!(among > 1 || selected == all);
            // Elsewhere the same are selected, and at its ends some more.
            let there = select(&[&before[..], &shared[..], &behind[..]].concat()).1;
            let moved = |window: &Window| (window.start + before.len() as u32, window.end + before.len() as u32);
            let there: Vec<_> = there.iter().map(|(_, window)| (window.start, window.end)).collect();
            prop_assert!(selected.iter().all(|(_, window)| there.contains(&moved(window))));
        }

        #[test]
        fn equal_words_and_only_they_hash_alike(words in prop::collection::vec(0_u64..4, 0..60)) {
            let mut seen = Vec::new();
            WindowHasher::new(LEAST).each(&words, |hash, w| {
                seen.push((hash, &words[w.start as usize..w.end as usize]));
            });
            prop_assert_eq!(seen.len(), windows(&words).len());
            for a in &seen {
                for b in &seen {
                    prop_assert_eq!(a.0 == b.0, a.1 == b.1);
                }
            }
        }
    }
}
