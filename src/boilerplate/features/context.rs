//! What stands around a line, told by the scores of the pass before.

use super::shape::{Buckets, ENDS, LENGTHS, STARTS};
use super::token::Token;
use super::{CONTEXT_COLUMNS, CONTEXT_WORDS, Columns, Fact, Group, Page, bucket, chance, slot};

// Edges of buckets: of scores in three finenesses, of shares, of counts and of masses.
const FINE: [f32; 15] =
    [-6., -4., -3., -2.2, -1.6, -1.1, -0.6, -0.2, 0.2, 0.6, 1.1, 1.6, 2.2, 3., 4.5];
const EIGHT: [f32; 7] = [-4., -2., -1., 0., 1., 2., 3.5];
const SIX: [f32; 5] = [-2.5, -1., 0., 1., 2.5];
const SHARE: [f32; 11] = [1e-9, 0.01, 0.03, 0.08, 0.2, 0.4, 0.6, 0.8, 0.92, 0.97, 0.99];
const COUNT: [f32; 9] = [1., 2., 3., 5., 8., 12., 20., 40., 80.];
const MASS: [f32; 8] = [1., 50., 100., 200., 400., 800., 1600., 4000.];

/// A line with so much likely content is one of the article's.
const BIG: f32 = 80.0;
/// A longer line counts no more in means and sums over lines.
const CAP: f32 = 300.0;
/// Lines of the windows in each direction; of the one where the largest mass is told, and of the one
/// whose lines are held against a line.
const REACHES: [usize; 3] = [3, 8, 25];
const NEAR: usize = 8;
const BESIDE: usize = 4;
/// Slots of the document's vocabulary; words that fall together count as one.
const VOCABULARY: usize = 1 << 12;

/// The numbers of every line of a document.
#[derive(Debug)]
pub(crate) struct Context<'p> {
    page: &'p Page,
    /// Scores of the pass before, and of the one before that where there was one.
    scores: &'p [f32],
    first: Option<&'p [f32]>,
    stands: Vec<Stand>,
    /// Likely content and size of all lines.
    mass: f32,
    size: f32,
    /// The stretch that is most likely the article: first and last line.
    article: (usize, usize),
    dense: f32,
    big: usize,
    vocabulary: Vocabulary,
}

/// Where a line stands.
#[derive(Debug, Clone, Copy, Default)]
struct Stand {
    /// Likely content of the line, and of all lines before it.
    mass: f32,
    mass_before: f32,
    size_before: f32,
    last_big: Option<usize>,
    next_big: Option<usize>,
    short_before: usize,
    short_after: usize,
    /// The nearest line before of at most four tokens.
    rubric: Option<usize>,
    /// What the line counts in means, and its score times that.
    weight: f32,
    score: f32,
}

/// What is known of words, by their slots: whether they stand in a line of likely content, and in
/// several. A bit each: the tables of a document stay in the nearest cache.
#[derive(Debug)]
struct Vocabulary {
    known: [u64; VOCABULARY / 64],
    several: [u64; VOCABULARY / 64],
}

impl Default for Vocabulary {
    fn default() -> Self {
        Self { known: [0; VOCABULARY / 64], several: [0; VOCABULARY / 64] }
    }
}

impl Vocabulary {
    /// Takes the words of a line. A word that stands there twice stands in one line: none is entered
    /// before all were looked up.
    fn read(&mut self, line: &[Token]) {
        for (at, bit) in line.iter().map(word_bit) {
            self.several[at] |= self.known[at] & bit;
        }
        for (at, bit) in line.iter().map(word_bit) {
            self.known[at] |= bit;
        }
    }

    /// The bits of words in more lines than `own`, none or one.
    fn beyond(&self, own: bool) -> &[u64; VOCABULARY / 64] {
        if own { &self.several } else { &self.known }
    }
}

/// Where a word's bit stands; a sign has none.
fn word_bit(token: &Token) -> (usize, u64) {
    let slot = token.hash as usize & (VOCABULARY - 1);
    (slot / 64, u64::from(token.word) << (slot % 64))
}

impl<'p> Context<'p> {
    /// Sums up what the scores say. `first` are those of pass 1, for pass 3.
    pub(crate) fn new(page: &'p Page, scores: &'p [f32], first: Option<&'p [f32]>) -> Self {
        let mut context = Self {
            page,
            scores,
            first,
            stands: Vec::with_capacity(page.len()),
            mass: 0.0,
            size: 0.0,
            article: (0, 0),
            dense: 0.0,
            big: 0,
            vocabulary: Vocabulary::default(),
        };
        context.sum_up();
        context.look_along();
        context.read_content();
        context
    }

    /// Sums over the lines.
    fn sum_up(&mut self) {
        let (mut article, mut long) = (Article::default(), 0.0);
        for (i, (line, &score)) in self.page.lines.iter().zip(self.scores).enumerate() {
            let (size, chance) = (line.size, chance(score.into()));
            let mass = size * (1.0 - chance) as f32;
            let (mass_before, size_before) = (self.mass, self.size);
            let weight = size.min(CAP);
            self.stands.push(Stand {
                mass,
                mass_before,
                size_before,
                weight,
                score: weight * score.clamp(-5.0, 5.0),
                ..Stand::default()
            });
            self.mass += mass;
            self.size += size;
            self.big += usize::from(mass >= BIG);
            long += if size >= 100.0 { size } else { 0.0 };
            article.add(i, weight * (1.0 - 2.0 * chance) as f32);
        }
        self.article = article.found;
        self.dense = long / self.size.max(1.0);
    }

    /// What is nearest before and after each line.
    fn look_along(&mut self) {
        let lines = &self.page.lines;
        let (mut big, mut short, mut rubric) = (None, 0, None);
        for (i, (stand, line)) in self.stands.iter_mut().zip(lines).enumerate() {
            (stand.last_big, stand.short_before, stand.rubric) = (big, short, rubric);
            big = if stand.mass >= BIG { Some(i) } else { big };
            short = if is_short(line) { short + 1 } else { 0 };
            rubric = if line.count <= 4 { Some(i) } else { rubric };
        }
        let (mut big, mut short) = (None, 0);
        for (i, (stand, line)) in self.stands.iter_mut().zip(lines).enumerate().rev() {
            (stand.next_big, stand.short_after) = (big, short);
            big = if stand.mass >= BIG { Some(i) } else { big };
            short = if is_short(line) { short + 1 } else { 0 };
        }
    }

    fn read_content(&mut self) {
        for (line, &score) in self.page.lines.iter().zip(self.scores) {
            if is_content(line, score) {
                self.vocabulary.read(&self.page.tokens[line.tokens.clone()]);
            }
        }
    }

    /// Shares of the line's words, and of its long ones, that other lines of likely content have.
    fn shared_words(&self, i: usize) -> (f32, f32) {
        let line = &self.page.lines[i];
        let there = self.vocabulary.beyond(is_content(line, self.scores[i]));
        let (mut words, mut shared, mut long, mut long_shared) = (0, 0, 0, 0);
        for token in &self.page.tokens[line.tokens.clone()] {
            let (at, bit) = word_bit(token);
            let is_there = u32::from(there[at] & bit != 0);
            let is_long = u32::from(token.stem != 0);
            words += u32::from(token.word);
            shared += is_there;
            long += is_long;
            long_shared += is_long & is_there;
        }
        let share = |part: u32, of: u32| if of == 0 { -1.0 } else { part as f32 / of as f32 };
        (share(shared, words), share(long_shared, long))
    }

    /// The slots of a line's columns.
    pub(crate) fn columns(&self, i: usize, mut sink: impl FnMut(Group, usize)) {
        let mut columns = Columns::new(&mut sink);
        let me = Me::new(self, i);
        self.scored(&mut columns, i, &me);
        self.body(&mut columns, i, &me);
        self.document(&mut columns, &me);
        self.repeated(&mut columns, i, &me);
        self.neighbours(&mut columns, i, &me);
        self.vocabulary(&mut columns, i, &me);
        let at = columns.base;
        self.page.line_columns(i).for_each(|(group, slot)| sink(group, at + slot));
    }

    /// The line's own score, and those around.
    fn scored<S: FnMut(Group, usize)>(&self, columns: &mut Columns<S>, i: usize, me: &Me) {
        let first = self.first.map_or(0.0, |first| first[i]);
        let scored = usize::from(self.first.is_some());
        let mut add = |bucket, of| columns.add(Group::Words, bucket, of);
        add(bucket(self.scores[i], &FINE), 16);
        add(me.eight * LENGTHS + me.length, 8 * LENGTHS);
        add(me.eight * ENDS + me.end, 8 * ENDS);
        add(bucket(first, &FINE) * scored, 16);
        add((bucket(first, &EIGHT) * 8 + me.eight) * scored, 64);
        let mut add = |bucket, of| columns.add(Group::Around, bucket, of);
        let score = |j: Option<usize>| j.and_then(|j| self.scores.get(j)).copied();
        let (before, after) = (score(i.checked_sub(1)), score(Some(i + 1)));
        let [b3, b8, b25] = me.before.means.map(|mean| before.map(|_| mean));
        let [a3, a8, a25] = me.after.means.map(|mean| after.map(|_| mean));
        for x in
            [before, after, score(i.checked_sub(2)), score(Some(i + 2)), b3, a3, b8, a8, b25, a25]
        {
            add(x.map_or(16, |x| bucket(x, &FINE)), 17);
        }
        let six = |x: Option<f32>| x.map_or(6, |x| bucket(x, &SIX));
        for (x, y) in [(b3, a3), (b8, a8), (before, after), (b25, a25)] {
            add((me.six * 7 + six(x)) * 7 + six(y), 6 * 49);
        }
        add((me.quarter * 7 + six(b3)) * 7 + six(a3), 4 * 49);
    }

    /// Where the line stands relative to the article's mass.
    fn body<S: FnMut(Group, usize)>(&self, columns: &mut Columns<S>, i: usize, me: &Me) {
        let n = self.page.lines.len();
        let (stand, total) = (&self.stands[i], self.mass);
        let (before, after) = (stand.mass_before, total - (stand.mass_before + stand.mass));
        let share = |mass: f32| bucket(mass / total.max(1.0), &SHARE);
        let (shares, masses) =
            ([share(before), share(after)], [before, after].map(|m| bucket(m, &MASS)));
        let count = |x: usize| bucket(x as f32, &COUNT);
        let mut add = |bucket, of| columns.add(Group::Body, bucket, of);
        for share in shares {
            add(share, 12);
            add(me.eight * 12 + share, 96);
        }
        for mass in masses {
            add(mass, 9);
            add(me.eight * 9 + mass, 72);
        }
        add(masses[0] * 9 + masses[1], 81);
        let (begin, end) = self.article;
        let distance = if i < begin {
            9 - count(begin - i)
        } else if i > end {
            9 + count(i - end)
        } else {
            9
        };
        let inside = if i < begin || i > end {
            0
        } else {
            1 + bucket((i - begin).min(end - i) as f32, &[1., 2., 4., 8.])
        };
        add(distance, 19);
        add(me.eight * 19 + distance, 152);
        add(me.quarter * 19 + distance, 76);
        add(inside, 6);
        for lines in [count(i), count(n - 1 - i)] {
            add(lines, 10);
            add(me.quarter * 10 + lines, 40);
            add(me.eight * 10 + lines, 80);
        }
        add(i * 9 / (n - 1).max(1), 10);
        let size = self.page.lines[i].size;
        add(bucket(stand.size_before / self.size.max(1.0), &SHARE), 12);
        add(bucket(self.size - (stand.size_before + size), &MASS), 9);
        let far = |big: Option<usize>| big.map_or(9, |j| count(j.abs_diff(i)));
        let (last, next) = (far(stand.last_big), far(stand.next_big));
        add(last * 10 + next, 100);
        add(me.eight * 10 + last, 80);
        add(me.eight * 10 + next, 80);
        for run in [stand.short_before, stand.short_after] {
            add(count(run), 10);
            add(me.quarter * 10 + count(run), 40);
        }
        let largest = [me.before.largest, me.after.largest].map(|mass| bucket(mass, &MASS));
        add(largest[0], 9);
        add(largest[1], 9);
        add(largest[0] * 9 + largest[1], 81);
    }

    /// What kind of document it is.
    fn document<S: FnMut(Group, usize)>(&self, columns: &mut Columns<S>, me: &Me) {
        let n = self.page.lines.len();
        let dense = bucket(self.dense, &[0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.97]);
        let lines = bucket(n as f32, &[8., 15., 30., 60., 120., 250.]);
        let mass = bucket(self.mass, &[200., 500., 1000., 2000., 4000., 8000.]);
        let mut add = |bucket, of| columns.add(Group::Body, bucket, of);
        for (x, of) in [(dense, 8), (lines, 7), (mass, 7)] {
            add(x, of);
            add(me.eight * of + x, 8 * of);
        }
        add(bucket(self.big as f32, &[1., 2., 3., 5., 8., 15.]), 7);
    }

    /// How often the line stands here and in the outlet's documents.
    fn repeated<S: FnMut(Group, usize)>(&self, columns: &mut Columns<S>, i: usize, me: &Me) {
        let line = &self.page.lines[i];
        let copies = bucket(line.copies as f32, &[2., 3.]) * 2 + usize::from(line.again);
        let share = line.seen as f32 / line.others.max(1) as f32;
        let seen = if line.seen == 0 { 0 } else { 1 + bucket(share, &[0.1, 0.3, 0.6]) };
        let others = bucket(line.others as f32, &[1., 2., 5., 10.]);
        let template = others * 5 + seen;
        let around =
            if others == 0 { 0 } else { 1 + me.beside[0].templates * 5 + me.beside[1].templates };
        let mut add = |bucket, of| columns.add(Group::Repeated, bucket, of);
        add(copies, 6);
        add(copies * 4 + me.quarter, 24);
        add(template, 25);
        add(template * 8 + me.eight, 200);
        add(template * 4 + me.quarter, 100);
        add(bucket(line.seen as f32, &[1., 2., 3., 5., 9.]), 6);
        add(around, 26);
        let same = me.beside[0].same + me.beside[1].same;
        columns.add(Group::Neighbours, same, 9);
        columns.add(Group::Neighbours, same * 4 + me.quarter, 36);
    }

    /// Shape of the neighbouring lines.
    fn neighbours<S: FnMut(Group, usize)>(&self, columns: &mut Columns<S>, i: usize, me: &Me) {
        let line = |j: Option<usize>| j.and_then(|j| self.page.lines.get(j));
        let length = |j: Option<usize>| line(j).map_or(LENGTHS, |line| line.at.length);
        let (before, after) = (line(i.checked_sub(1)), line(Some(i + 1)));
        let (l1, l2) = (length(i.checked_sub(1)), length(Some(i + 1)));
        let mut add = |bucket, of| columns.add(Group::Neighbours, bucket, of);
        add(me.length * 12 + l1, LENGTHS * 12);
        add(me.length * 12 + l2, LENGTHS * 12);
        add(l1 * 12 + l2, 144);
        add(length(i.checked_sub(2)), 12);
        add(length(Some(i + 2)), 12);
        for neighbour in [before, after] {
            let (end, start) = neighbour.map_or((0, 0), |line| (line.at.end, line.at.start));
            add(me.end * ENDS + end, ENDS * ENDS);
            add(end * 4 + me.quarter, ENDS * 4);
            add(start, STARTS);
        }
    }

    /// Whether the line shares words with likely content.
    fn vocabulary<S: FnMut(Group, usize)>(&self, columns: &mut Columns<S>, i: usize, me: &Me) {
        let (all, long) = self.shared_words(i);
        let all = bucket(all, &[0., 0.001, 0.15, 0.3, 0.45, 0.6, 0.75]);
        let long = bucket(long, &[0., 0.001, 0.2, 0.35, 0.5, 0.75]);
        let size = bucket(self.page.lines[i].size, &[30., 70., 150.]);
        let mut add = |bucket, of| columns.add(Group::Vocabulary, bucket, of);
        add(all, 8);
        add(all * 8 + me.eight, 64);
        add(all * LENGTHS + me.length, 8 * LENGTHS);
        add(long, 7);
        add(long * 8 + me.eight, 56);
        add(long * 4 + size, 28);
        add(long * 8 + all, 56);
    }

    /// The slots of words of the neighbours, each of which counts [`super::NEIGHBOUR`]: short lines as
    /// a whole, edges of longer ones, the rubric.
    pub(crate) fn words_beside(&self, i: usize, mut sink: impl FnMut(usize)) {
        let mut push = |a: u32, salt| sink(CONTEXT_COLUMNS + slot(a, 0, salt, CONTEXT_WORDS));
        let lines = &self.page.lines;
        let tokens = |line: &Fact| &self.page.tokens[line.tokens.clone()];
        if let Some(before) = i.checked_sub(1).map(|j| &lines[j]) {
            if before.count <= 6 {
                push(before.key as u32, 31);
            }
            if let ([first, ..], [.., last]) = (tokens(before), tokens(before)) {
                push(first.hash, 32);
                if !before.is_settled {
                    push(last.hash, 35);
                }
            }
        }
        if let Some(after) = lines.get(i + 1) {
            if after.count <= 6 {
                push(after.key as u32, 33);
            }
            if let [first, ..] = tokens(after) {
                push(first.hash, 34);
            }
        }
        if let Some(rubric) = self.stands[i].rubric {
            push(lines[rubric].key as u32, 36);
        }
    }
}

/// Buckets of a line that others are crossed with, and its windows.
#[derive(Debug)]
struct Me {
    eight: usize,
    six: usize,
    length: usize,
    /// Length in four buckets.
    quarter: usize,
    end: usize,
    before: Window,
    after: Window,
    beside: [Beside; 2],
}

/// What is known of one direction.
#[derive(Debug)]
struct Window {
    /// Means of scores over so many lines, or as many as there are; nothing where there is none.
    means: [f32; REACHES.len()],
    /// The largest mass among the nearest.
    largest: f32,
}

impl Window {
    /// Of the lines from the nearest on.
    fn new<'s>(mut lines: impl Iterator<Item = &'s Stand> + Clone) -> Self {
        let nearest = lines.clone().take(NEAR);
        let largest = nearest.fold(0.0, |largest, line| f32::max(largest, line.mass));
        // A sum is rounded at every step, so that each goes from the nearest line outwards.
        let (mut seen, mut scores, mut weights) = (0, 0.0, 0.0);
        let means = REACHES.map(|reach| {
            for line in lines.by_ref().take(reach - seen) {
                scores += line.score;
                weights += line.weight;
            }
            seen = reach;
            scores / weights
        });
        Self { means, largest }
    }
}

/// What is known of the four lines before or after.
#[derive(Debug)]
struct Beside {
    /// Lines of templates, and lines of the same length and end.
    templates: usize,
    same: usize,
}

impl Me {
    fn new(context: &Context<'_>, i: usize) -> Self {
        let lines = &context.page.lines;
        let at = lines[i].at;
        let (before, after) = (&context.stands[..i], &context.stands[i + 1..]);
        let (first, end) = (i.saturating_sub(BESIDE), lines.len().min(i + 1 + BESIDE));
        Self {
            eight: bucket(context.scores[i], &EIGHT),
            six: bucket(context.scores[i], &SIX),
            length: at.length,
            quarter: bucket(at.length as f32, &[2., 4., 6.]),
            end: at.end,
            before: Window::new(before.iter().rev()),
            after: Window::new(after.iter()),
            beside: [Beside::new(&lines[first..i], at), Beside::new(&lines[i + 1..end], at)],
        }
    }
}

impl Beside {
    #[allow(clippy::needless_bitwise_bool)] // which of both differs is as good as random: no branch
    fn new(lines: &[Fact], mine: Buckets) -> Self {
        let mut beside = Self { templates: 0, same: 0 };
        for line in lines {
            beside.templates += usize::from(line.seen > 0);
            let is_same = (line.at.length == mine.length) & (line.at.end == mine.end);
            beside.same += usize::from(is_same);
        }
        beside
    }
}

/// The run of lines with the largest sum, where content counts for and boilerplate against it.
#[derive(Debug)]
struct Article {
    best: f32,
    found: (usize, usize),
    sum: f32,
    begin: usize,
}

impl Default for Article {
    fn default() -> Self {
        Self { best: -1.0, found: (0, 0), sum: 0.0, begin: 0 }
    }
}

impl Article {
    fn add(&mut self, line: usize, part: f32) {
        if self.sum <= 0.0 {
            (self.sum, self.begin) = (0.0, line);
        }
        self.sum += part;
        if self.sum > self.best {
            (self.best, self.found) = (self.sum, (self.begin, line));
        }
    }
}

fn is_short(line: &Fact) -> bool {
    line.at.length <= 3
}

fn is_content(line: &Fact, score: f32) -> bool {
    score < -0.5 && line.size >= 60.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn words_are_known_by_the_lines_that_have_them(
            lines in prop::collection::vec(prop::collection::vec((0u32..40, any::<bool>()), 0..9), 0..9)
        ) {
            let token = |&(hash, word): &(u32, bool)| Token { hash, word, ..Token::default() };
            let mut vocabulary = Vocabulary::default();
            for line in &lines {
                vocabulary.read(&line.iter().map(token).collect::<Vec<_>>());
            }
            for hash in 0..40 {
                let (at, bit) = word_bit(&token(&(hash, true)));
                let having = lines.iter().filter(|line| line.contains(&(hash, true))).count();
                for (own, least) in [(false, 1), (true, 2)] {
                    prop_assert_eq!(vocabulary.beyond(own)[at] & bit != 0, having >= least);
                }
            }
        }
    }
}
