//! Alignment: how far two texts go on together, and how much of them is equal.

use std::cell::Cell;
use std::ops::Range;

use super::super::store::Excerpt;

/// Points an equal word earns on both sides together.
const EQUAL: i32 = 2;
/// What a difference costs, beside the points its words do not earn: a changed word loses three
/// points, a missing one four. Two equal words outweigh a changed one, three a missing one.
const DIFFERENCE: i32 = 5;
/// An extension ends where it lies so many points below its best: at eight changed words or six
/// missing ones in a row.
const PATIENCE: i32 = 25;

/// How far an extension came on either side, and the equal words on the way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Reach {
    pub(super) a: u32,
    pub(super) b: u32,
    pub(super) equal: u32,
}

/// Extends texts, in memory that is used again.
#[derive(Debug, Default)]
pub(super) struct Aligner {
    paths: Paths,
    next: Paths,
}

impl Aligner {
    /// Extends from the beginnings of two texts of `a` and `b` words to where they have most in common.
    ///
    /// Furthest-reaching paths by number of differences, given up when too far below the best (Zhang,
    /// Schwartz, Wagner, Miller 2000): it costs the equal words once and a few steps for each difference.
    pub(super) fn reach(&mut self, a: u32, b: u32, same: impl Fn(u32, u32) -> bool) -> Reach {
        let Self { paths, next } = self;
        let slide = |from: Reach| {
            let (most, mut n) = ((a - from.a).min(b - from.b), 0);
            while n < most && same(from.a + n, from.b + n) {
                n += 1;
            }
            Reach { a: from.a + n, b: from.b + n, equal: from.equal + n }
        };
        let mut best = slide(Reach::default());
        let mut highest = score(best, 0);
        paths.begin(0);
        paths.push(Path::of(best));
        for differences in 1.. {
            next.begin(paths.lowest - 1);
            paths.close();
            for (diagonal, from) in (next.lowest..).zip(paths.all.windows(3)) {
                // So far a path can come here: beyond, either text has ended.
                let most = i64::from(a).min(i64::from(b) + diagonal);
                let furthest = from[2].unless_beyond(most);
                let furthest = furthest.max(from[1].on().unless_beyond(most));
                let furthest = furthest.max(from[0].on().unless_beyond(most));
                let alive = |reached: &Reach| {
                    // What is left, if it is equal, must be able to make it the best.
                    let rest = (a - reached.a).min(b - reached.b).cast_signed() * EQUAL;
                    let score = score(*reached, differences);
                    score > highest - PATIENCE && score + rest > highest
                };
                let reached = furthest.reach(diagonal).map(slide).filter(alive);
                next.push(reached.map_or(Path::NONE, Path::of));
            }
            if next.is_empty() {
                return best;
            }
            for reached in next.reaches() {
                if score(reached, differences) > highest {
                    (best, highest) = (reached, score(reached, differences));
                }
            }
            std::mem::swap(paths, next);
        }
        best
    }
}

fn score(at: Reach, differences: i32) -> i32 {
    (at.a + at.b).cast_signed() * EQUAL / 2 - differences * DIFFERENCE
}

/// How far a path came on its diagonal, as a number: the words of `a` and one more, and below them those
/// that are equal. What came further is greater, and no path is the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Path(u64);

impl Path {
    const NONE: Self = Self(0);

    fn of(reach: Reach) -> Self {
        Self((u64::from(reach.a) + 1) << 32 | u64::from(reach.equal))
    }

    /// A word of `a` further, which is not equal.
    fn on(self) -> Self {
        Self(self.0 + (u64::from(self != Self::NONE) << 32))
    }

    fn unless_beyond(self, most: i64) -> Self {
        if (self.0 >> 32).cast_signed() - 1 > most { Self::NONE } else { self }
    }

    /// What was reached, on a diagonal: by how many words `a` is further than `b`.
    fn reach(self, diagonal: i64) -> Option<Reach> {
        let a = ((self.0 >> 32) as u32).checked_sub(1)?;
        let b = u32::try_from(i64::from(a) - diagonal).ok()?;
        Some(Reach { a, b, equal: self.0 as u32 })
    }
}

/// The furthest paths with so many differences, by diagonal.
#[derive(Debug, Default)]
struct Paths {
    /// The first one's diagonal.
    lowest: i64,
    /// With two that are none on either side.
    all: Vec<Path>,
}

impl Paths {
    const MARGIN: usize = 2;

    fn begin(&mut self, lowest: i64) {
        self.lowest = lowest;
        self.all.clear();
        self.all.resize(Self::MARGIN, Path::NONE);
    }

    /// The path of the next diagonal. Those before the first that is one are left out.
    fn push(&mut self, path: Path) {
        if self.is_empty() && path == Path::NONE {
            self.lowest += 1;
        } else {
            self.all.push(path);
        }
    }

    /// When all are there.
    fn close(&mut self) {
        while !self.is_empty() && self.all.last() == Some(&Path::NONE) {
            self.all.pop();
        }
        self.all.resize(self.all.len() + Self::MARGIN, Path::NONE);
    }

    /// Before it is closed.
    fn is_empty(&self) -> bool {
        self.all.len() == Self::MARGIN
    }

    fn reaches(&self) -> impl Iterator<Item = Reach> {
        let paths = (self.lowest..).zip(&self.all[Self::MARGIN..]);
        paths.filter_map(|(diagonal, path)| path.reach(diagonal))
    }
}

/// Two stretches of two documents that read much the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Alignment {
    pub(super) a: Range<u32>,
    pub(super) b: Range<u32>,
    pub(super) equal: u32,
}

impl Alignment {
    /// Whether all words are equal.
    pub(super) fn is_whole(&self) -> bool {
        self.a.len() == self.b.len() && self.a.len() == self.equal as usize
    }

    /// Extends a run of equal words, `words` from `a` and `b` on, to both sides; none if the excerpts,
    /// which have the run, do not tell how far.
    pub(super) fn around(
        one: Excerpt<'_>,
        other: Excerpt<'_>,
        run: [u32; 3],
        aligner: &mut Aligner,
    ) -> Option<Self> {
        let [a, b, words] = run;
        let is_unknown = Cell::new(false);
        let same = |x: Option<&u64>, y: Option<&u64>| {
            if let (Some(x), Some(y)) = (x, y) {
                return x == y;
            }
            is_unknown.set(true);
            false
        };
        let (here, there) = (one.before(a), other.before(b));
        let back = aligner.reach(a, b, |i, j| same(from_end(here, i), from_end(there, j)));
        let (from_a, from_b) = (a + words, b + words);
        let (here, there) = (one.behind(from_a), other.behind(from_b));
        let on = aligner.reach(one.most_behind(from_a), other.most_behind(from_b), |i, j| {
            same(here.get(i as usize), there.get(j as usize))
        });
        let found = Self {
            a: a - back.a..from_a + on.a,
            b: b - back.b..from_b + on.b,
            equal: back.equal + words + on.equal,
        };
        (!is_unknown.get()).then_some(found)
    }

    /// Twice the equal words over the words of both.
    pub(super) fn similarity(&self) -> f64 {
        2.0 * f64::from(self.equal) / f64::from(self.a.len() as u32 + self.b.len() as u32)
    }
}

/// The word in a place counted from the end.
fn from_end(words: &[u64], place: u32) -> Option<&u64> {
    words.get(words.len().wrapping_sub(1 + place as usize))
}

/// The similarity of two texts as reports tell it, twice the words of the longest common subsequence
/// over the words of both, if it is at least `least` (Myers 1986, given up when it cannot be).
pub(super) fn similarity(a: &[u64], b: &[u64], least: f64) -> Option<f64> {
    let both = a.len() + b.len();
    let before = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[before..], &b[before..]);
    let behind = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[..a.len() - behind], &b[..b.len() - behind]);
    #[allow(clippy::cast_sign_loss)] // a share of a length
    let most = ((1.0 - least) * both as f64 + 1e-9) as usize;
    let differences = differences(a, b, most)?;
    Some((both - differences) as f64 / both.max(1) as f64)
}

/// Words to take away and to add to make `b` of `a`, if no more than `most`.
fn differences(a: &[u64], b: &[u64], most: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > most {
        return None;
    }
    if a.is_empty() || b.is_empty() {
        return Some(a.len() + b.len());
    }
    // furthest[k]: how far in `a` on diagonal k - most - 1.
    let mut furthest = vec![0_usize; 2 * most + 3];
    let middle = most + 1;
    for count in 0..=most {
        for diagonal in (middle - count..=middle + count).step_by(2) {
            let (lower, upper) = (furthest[diagonal - 1], furthest[diagonal + 1]);
            let added = diagonal == middle - count || diagonal != middle + count && lower < upper;
            let mut x = if count == 0 {
                0
            } else if added {
                upper
            } else {
                lower + 1
            };
            // Beyond either end the path is of no use, but must not be mistaken for one that is.
            let Some(mut y) = (x + middle).checked_sub(diagonal) else { continue };
            while x < a.len() && y < b.len() && a[x] == b[y] {
                x += 1;
                y += 1;
            }
            furthest[diagonal] = x;
            if x >= a.len() && y >= b.len() {
                return Some(count);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn common(a: &[u64], b: &[u64]) -> usize {
        let mut before = vec![0; b.len() + 1];
        for x in a {
            let mut here = vec![0; b.len() + 1];
            for (j, y) in b.iter().enumerate() {
                here[j + 1] = if x == y { before[j] + 1 } else { before[j + 1].max(here[j]) };
            }
            before = here;
        }
        before[b.len()]
    }

    proptest! {
        #[test]
        fn similarity_is_that_of_the_longest_common_subsequence(
            a in prop::collection::vec(0_u64..4, 1..30),
            b in prop::collection::vec(0_u64..4, 1..30),
            least in prop::sample::select(vec![0.0, 0.5, 0.7, 0.9, 1.0]),
        ) {
            let truth = (2 * common(&a, &b)) as f64 / (a.len() + b.len()) as f64;
            let found = similarity(&a, &b, least);
            prop_assert_eq!(found, (truth >= least - 1e-9).then_some(truth));
        }

        #[test]
        fn an_extension_counts_what_is_equal(
            a in prop::collection::vec(0_u64..4, 0..30),
            b in prop::collection::vec(0_u64..4, 0..30),
        ) {
            let same = |i: u32, j: u32| a[i as usize] == b[j as usize];
            let found = Aligner::default().reach(a.len() as u32, b.len() as u32, same);
            let (x, y) = (&a[..found.a as usize], &b[..found.b as usize]);
            prop_assert!(found.equal as usize <= common(x, y));
            prop_assert_eq!(x.is_empty(), y.is_empty());
            prop_assert_eq!(x.last(), y.last());
        }
    }

    #[test]
    fn an_extension_goes_over_changed_missing_and_added_words_and_no_further() {
        let a: Vec<u64> = (0..60).collect();
        let mut b = a[..40].to_vec();
        b[10] = 100;
        b.remove(20);
        b.splice(30..30, [101, 102]);
        b.extend(200..240);
        let same = |i: u32, j: u32| a[i as usize] == b[j as usize];
        let found = Aligner::default().reach(60, b.len() as u32, same);
        assert_eq!(found, Reach { a: 40, b: 41, equal: 38 });
    }
}
