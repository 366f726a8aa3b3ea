//! Anchors anywhere: short windows that two outlets have, where the words around them agree as well.
//!
//! Most short windows that two documents have are turns of phrase. So each carries eight bits of every word
//! near it, and two windows are an anchor only if an alignment that grows from them comes to enough
//! more words whose bits agree. That needs no look at the documents.

use super::super::partitions::{Item, Packed, evened, take_eight};
use super::super::seeds::{Hashed, Lengths, Seed, Seeds};
use super::super::sort::Groups;
use super::super::store::WordStore;
use super::super::windows::Window;
use super::align::Aligner;
use super::anchors::{Anchor, Sink};
use crate::error::Result;

/// A short window with what stands around it, in 32 bytes: two of them are on a line of the cache.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::passages) struct Short {
    /// Its hash, whose lowest bits make room for how many words it has.
    item: Item,
    around: Around,
}

/// Bits of the number of words: four words are ten characters of a script without spaces, or a few more.
const WORD_BITS: u32 = 5;

/// Eight bits of each of the eight words before and behind a window, 0 where there is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Around {
    /// The nearest is in the highest bits.
    before: u64,
    /// The nearest is in the lowest bits.
    behind: u64,
}

const NEAR: u32 = 8;

/// By word of a document, the bits of the eight from there on, the first in the lowest.
#[derive(Debug, Default)]
pub(in crate::passages) struct Bits(Vec<u64>);

impl Bits {
    fn read(&mut self, words: &[u64]) {
        self.0.clear();
        self.0.resize(words.len() + 1, 0);
        for (at, &word) in words.iter().enumerate().rev() {
            // The top bits of a key, as 255 values that are not 0.
            let bits = (((word >> 32) * 255) >> 32) + 1;
            self.0[at] = self.0[at + 1] << 8 | bits;
        }
    }

    fn around(&self, window: Window) -> Around {
        let behind = self.0[window.end as usize];
        let before = match window.start.checked_sub(NEAR) {
            Some(first) => self.0[first as usize],
            None if window.start == 0 => 0,
            None => self.0[0] << (8 * (NEAR - window.start)),
        };
        Around { before, behind }
    }
}

impl Around {
    /// Whether an alignment that grows from the windows comes to so many more words that agree.
    fn agree(self, other: Self, least: u32, aligner: &mut Aligner) -> bool {
        self.agreeing_at_once(other) >= least
            || self.agreeing_at_most(other) >= least && self.agreeing(other, aligner) >= least
    }

    /// How many words agree up to the first on either side that does not: an alignment reaches them.
    fn agreeing_at_once(self, other: Self) -> u32 {
        let before = (self.before ^ other.before).leading_zeros().min(most_bits(self.before));
        let behind = self.behind ^ other.behind;
        let behind = behind.trailing_zeros().min(most_bits(self.behind.swap_bytes()));
        before / 8 + behind / 8
    }

    /// How many words agree at most where not more than one word is missing.
    fn agreeing_at_most(self, other: Self) -> u32 {
        let most = |a: u64, b: u64, skip: fn(u64) -> u64| {
            equal(a, b).max(equal(skip(a), b)).max(equal(a, skip(b)))
        };
        most(self.before, other.before, |bits| bits << 8)
            + most(self.behind, other.behind, |bits| bits >> 8)
    }

    /// How many of the words agree that an alignment reaches.
    fn agreeing(self, other: Self, aligner: &mut Aligner) -> u32 {
        let before = [self.before.to_be_bytes(), other.before.to_be_bytes()];
        let behind = [self.behind.to_le_bytes(), other.behind.to_le_bytes()];
        agreeing(&before, aligner) + agreeing(&behind, aligner)
    }
}

/// Bits of the words that are there, the nearest in the highest bits.
fn most_bits(words: u64) -> u32 {
    u64::BITS - words.trailing_zeros() / 8 * 8
}

/// In how many places the same eight bits stand, and not 0.
fn equal(a: u64, b: u64) -> u32 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    // The highest bit of each byte that is not 0: adding carries into it, never beyond.
    let not_zero = |bits: u64| (((bits & LOW) + LOW) | bits) & !LOW;
    (not_zero(a) & !not_zero(a ^ b)).count_ones()
}

/// How far words agree that are given from the nearest on.
fn agreeing([a, b]: &[[u8; NEAR as usize]; 2], aligner: &mut Aligner) -> u32 {
    let length = |bits: &[u8]| bits.iter().take_while(|&&bits| bits != 0).count() as u32;
    aligner.reach(length(a), length(b), |i, j| a[i as usize] == b[j as usize]).equal
}

impl Seed for Short {
    type Page = Bits;

    fn read(words: &[u64], page: &mut Bits) {
        page.read(words);
    }

    fn new(item: Item, window: Window, page: &Bits) -> Self {
        let number = item.number >> WORD_BITS << WORD_BITS;
        let words = u64::from(window.end - window.start);
        debug_assert!(words < 1 << WORD_BITS, "a window of {words} words is not short");
        let item = Item { number: number | words, ..item };
        Self { item, around: page.around(window) }
    }
}

impl Short {
    /// How many words it has.
    fn words(self) -> u32 {
        self.item.number as u32 & ((1 << WORD_BITS) - 1)
    }
}

impl Hashed for Short {
    fn hash(&self) -> u64 {
        evened(self.item.number)
    }
}

impl Packed for Short {
    fn pack(self, last: Self, into: &mut Vec<u8>) {
        self.item.pack(last.item, into);
        let Around { before, behind } = self.around;
        into.extend_from_slice([before.to_le_bytes(), behind.to_le_bytes()].as_flattened());
    }

    fn unpack(self, bytes: &mut &[u8]) -> Self {
        let item = self.item.unpack(bytes);
        let around = Around { before: take_eight(bytes), behind: take_eight(bytes) };
        Self { item, around }
    }
}

/// Anchors of short windows that two outlets have, to the first document that has it and to the one before,
/// where a passage of the least length may be around both.
pub(super) fn anchors(
    store: &WordStore,
    windows: &Seeds<Short>,
    Lengths { least, short, .. }: Lengths,
    sink: &Sink,
) -> Result<()> {
    // Of a passage one word may be changed; a window is a word longer than its least length at most.
    // Of a long passage as many words need agree as stand on one side: what is beyond is not seen.
    let missing = least.saturating_sub(5 + short + 4).div_ceil(5).min(NEAR);
    windows.in_turns(|turn| {
        let (mut aligner, mut groups) = (Aligner::default(), Groups::default());
        turn.each(|_, windows| {
            let mut anchors = Vec::new();
            groups.each(windows, Short::hash, |alike| {
                if store.share(alike.iter().map(|window| window.item.doc)) {
                    add(alike, missing, &mut aligner, &mut anchors);
                }
            });
            sink.add(anchors)
        })
    })?;
    Ok(())
}

/// Anchors between windows that hash alike.
fn add(alike: &[Short], missing: u32, aligner: &mut Aligner, anchors: &mut Vec<Anchor>) {
    for (before, window) in alike.iter().zip(&alike[1..]) {
        let first = &alike[0];
        for hub in [first, before] {
            let is_new = hub.item.doc != window.item.doc
                && (hub == first || before.item.doc != first.item.doc);
            if is_new && hub.around.agree(window.around, missing, aligner) {
                anchors.push(Anchor::between(hub.item, window.item, window.words()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn around(words: &[u64], start: u32, end: u32) -> Around {
        let mut bits = Bits::default();
        bits.read(words);
        let windows = std::iter::successors(Window::at(words, 0, 10), |w| w.next(words, 10));
        let window = windows.into_iter().find(|w| (w.start, w.end) == (start, end)).unwrap();
        bits.around(window)
    }

    fn word(n: u64) -> u64 {
        crate::hash::of(&n.to_le_bytes()) & !1
    }

    #[test]
    fn equal_words_around_agree() {
        let text: Vec<u64> = (0..12).map(word).collect();
        // Two words before, eight of the ten behind.
        let here = around(&text, 2, 4);
        let aligner = &mut Aligner::default();
        assert_eq!(here.agreeing(here, aligner), 10);
        assert_eq!(here.agreeing_at_once(here), 10);
        let shorter = [&text[1..7], &[word(100)]].concat();
        assert!(here.agreeing(around(&shorter, 1, 3), aligner) >= 4, "one before, three behind");
        let skipped = [&text[..4], &text[5..]].concat();
        let skipped = around(&skipped, 2, 4);
        assert_eq!(skipped.agreeing(here, aligner), 2 + 7, "on the next diagonal");
        assert_eq!(skipped.agreeing_at_once(here), 2);
    }

    proptest! {
        #[test]
        fn what_agrees_at_once_is_reached_and_no_more_than_most(
            words in prop::collection::vec((0_u64..3, 0_u64..3), 4..24),
            starts in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
        ) {
            let (one, other): (Vec<u64>, Vec<u64>) =
                words.into_iter().map(|(a, b)| (word(a), word(b))).unzip();
            let start = |index: prop::sample::Index| index.index(one.len() - 2) as u32;
            let (a, b) = (start(starts.0), start(starts.1));
            let (here, there) = (around(&one, a, a + 2), around(&other, b, b + 2));
            let reached = here.agreeing(there, &mut Aligner::default());
            prop_assert!(here.agreeing_at_once(there) <= reached);
        }
    }
}
