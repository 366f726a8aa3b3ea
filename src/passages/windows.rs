//! Windows: the stretches of just about the minimum length by which documents are compared.
//!
//! Where every word weighs the same, a window is K words and there is one at each position. Scripts
//! written without spaces make it subtler, since one of their characters counts 2/5 of a word. If
//! windows were only the *shortest from their start*, the last characters of a run could lie in no
//! window of the run. So a window is a stretch that is long enough and cannot be shortened at its
//! end, or cannot be shortened at its start. In the order of [`Window::next`] the windows inside a
//! run are then exactly a contiguous part of the windows of either document, from the run's first
//! word to its last: *equal paths of windows are equal runs, and the reverse*.

/// Length of one word in fifths of a word.
pub(crate) fn fifths(key: u64) -> u32 {
    if key & 1 == 1 { 2 } else { SPACED }
}

/// That of a word of a script written with spaces.
const SPACED: u32 = 5;

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

    /// The one that begins at a word, of so many words that all weigh the same.
    pub(crate) fn of_spaced(start: u32, words: u32) -> Self {
        Self { start, end: start + words, weight: SPACED * words, tail: 0 }
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
        let Some(mut window) = Window::at(words, 0, self.least) else { return };
        let grow = |hash: u64, word: u64| hash.wrapping_mul(MULTIPLIER).wrapping_add(word);
        let mut tail = 0_u64;
        let mut head = words[..window.end as usize].iter().fold(0, |hash, &word| grow(hash, word));
        loop {
            let span = window.end - window.start;
            let difference = head.wrapping_sub(tail.wrapping_mul(self.powers[span as usize]));
            take(finish(difference ^ u64::from(span) << 56), window);
            let Some((next, step)) = window.step(words, self.least) else { return };
            if step != Step::Drop {
                head = grow(head, words[window.end as usize]);
            }
            if step != Step::Add {
                tail = grow(tail, words[window.start as usize]);
            }
            window = next;
        }
    }

    /// The hashes of windows of words that all weigh the same.
    pub(crate) fn of_spaced(&self, words: &[u64]) -> impl Iterator<Item = u64> {
        let span = self.spaced();
        let (first, behind) = words.split_at_checked(span as usize).unwrap_or_default();
        let grow = |hash: u64, word: u64| hash.wrapping_mul(MULTIPLIER).wrapping_add(word);
        let power = self.powers[span as usize];
        let mut hash = first.iter().fold(0, |hash, &word| grow(hash, word));
        let seal = move |hash: u64| finish(hash ^ u64::from(span) << 56);
        let first = (!first.is_empty()).then(|| seal(hash));
        let slide = move |(&gone, &added): (&u64, &u64)| {
            hash = grow(hash, added).wrapping_sub(gone.wrapping_mul(power));
            seal(hash)
        };
        first.into_iter().chain(words.iter().zip(behind).map(slide))
    }

    /// Words of a window where all weigh the same.
    pub(crate) fn spaced(&self) -> u32 {
        self.least.div_ceil(SPACED)
    }
}

/// All windows of a document, in order.
#[derive(Debug, Default)]
pub(crate) struct Windows {
    pub(crate) hashes: Vec<u64>,
    /// None where all words weigh the same: then there is one of so many words at each word.
    mixed: Vec<Window>,
    are_spaced: bool,
    spaced: u32,
}

impl Windows {
    /// Reads another document.
    pub(crate) fn read(&mut self, words: &[u64], hasher: &WindowHasher) {
        self.hashes.clear();
        self.mixed.clear();
        self.spaced = hasher.spaced();
        self.are_spaced = words.iter().fold(0, |all, word| all | word) & 1 == 0;
        if self.are_spaced {
            self.hashes.extend(hasher.of_spaced(words));
            return;
        }
        hasher.each(words, |hash, window| {
            self.hashes.push(hash);
            self.mixed.push(window);
        });
    }

    /// A window by its number.
    pub(crate) fn get(&self, number: u32) -> Window {
        let spaced = Window::of_spaced(number, self.spaced);
        self.mixed.get(number as usize).copied().unwrap_or(spaced)
    }

    /// Whether all words weigh the same.
    pub(crate) fn are_spaced(&self) -> bool {
        self.are_spaced
    }

    /// Words of a window where all weigh the same.
    pub(crate) fn spaced(&self) -> u32 {
        self.spaced
    }
}

/// The numbers of the windows that are selected of a document's, given by their hashes, into a list: of
/// every so many that follow one another, [`MOST_AMONG`] at most, the one whose hash is least, the first
/// of equals (winnowing: Schleimer, Wilkerson, Aiken 2003). What two documents have in common, if it has
/// so many windows, has the same one selected in both.
pub(crate) fn winnow(hashes: &[u64], among: u32, selected: &mut Vec<u32>) {
    selected.clear();
    match among {
        0 | 1 => selected.extend(0..hashes.len() as u32),
        2 => winnow_by::<2>(hashes, selected),
        3 => winnow_by::<3>(hashes, selected),
        _ => winnow_by::<MOST_AMONG>(hashes, selected),
    }
}

/// Among how many windows one is selected at most: a stretch of seven words between two changed ones
/// still has one of four words.
pub(crate) const MOST_AMONG: usize = 4;

fn winnow_by<const AMONG: usize>(hashes: &[u64], selected: &mut Vec<u32>) {
    // Which one is least nobody could foresee, so nothing branches on it: the place among the windows
    // stands in bits that hashes hardly ever differ by alone.
    const PLACE: u64 = MOST_AMONG as u64 - 1;
    selected.resize(hashes.len(), 0);
    let (mut count, mut newest) = (0, u32::MAX);
    for (first, some) in (0..).zip(hashes.windows(AMONG)) {
        let least = (0..AMONG).fold(u64::MAX, |least, at| least.min(some[at] & !PLACE | at as u64));
        let number = first + (least & PLACE) as u32;
        selected[count] = number;
        count += usize::from(number != newest);
        newest = number;
    }
    selected.truncate(count);
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
            among in 1..=MOST_AMONG as u32,
        ) {
            let select = |words: &[u64]| {
                let (mut all, mut selected) = (Vec::new(), Vec::new());
                WindowHasher::new(LEAST).each(words, |hash, window| all.push((hash, window)));
                let hashes: Vec<u64> = all.iter().map(|&(hash, _)| hash).collect();
                let mut numbers = vec![7];
                winnow(&hashes, among, &mut numbers);
                selected.extend(numbers.into_iter().map(|number| all[number as usize]));
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
        fn windows_are_read_as_they_are_met(
            words in prop_oneof![
                prop::collection::vec((0_u64..9).prop_map(|word| 2 * word), 0..40),
                prop::collection::vec(0_u64..9, 0..40),
            ],
            least in 1_u32..30,
        ) {
            let hasher = WindowHasher::new(least);
            let mut met = Vec::new();
            hasher.each(&words, |hash, window| met.push((hash, window)));
            let mut windows = Windows::default();
            windows.read(&[2, 4, 6, 7, 9, 11], &hasher);
            windows.read(&words, &hasher);
            let read = (0..).zip(&windows.hashes).map(|(n, &hash)| (hash, windows.get(n)));
            prop_assert_eq!(read.collect::<Vec<_>>(), met);
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
