//! What stands around a line, told by the scores of the pass before.

use super::scan::Token;
use super::shape::{ENDS, LENGTHS, STARTS};
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
/// Lines in the widest window.
const WIDEST: usize = 25;
/// Slots of the document's vocabulary; words that fall together count as one.
const VOCABULARY: usize = 1 << 12;

/// The numbers of every line of a document.
#[derive(Debug)]
pub(crate) struct Context<'p> {
    page: &'p Page,
    /// Scores of the pass before, and of the one before that where there was one.
    scores: &'p [f32],
    first: Option<&'p [f32]>,
    /// Likely content of each line, and of all lines before it.
    mass: Vec<f32>,
    mass_before: Vec<f32>,
    size_before: Vec<f32>,
    /// The stretch that is most likely the article: first and last line.
    article: (usize, usize),
    last_big: Vec<Option<usize>>,
    next_big: Vec<Option<usize>>,
    short_before: Vec<usize>,
    short_after: Vec<usize>,
    /// The nearest line before of at most four tokens.
    rubric: Vec<Option<usize>>,
    dense: f32,
    big: usize,
    /// By a word's slot what is known of the word.
    vocabulary: Vec<Known>,
}

/// What is known of a word: whether it stands in a line of likely content, or in several.
#[derive(Debug, Clone, Copy, Default)]
struct Known(u32);

impl Known {
    /// It stands in the line of a number.
    fn stands_in(&mut self, line: usize) {
        let line = line as u32 + 1;
        if self.0 >> 1 != line {
            self.0 = line << 1 | u32::from(self.0 != 0);
        }
    }

    /// In how many lines it stands; two are several.
    fn lines(self) -> u32 {
        u32::from(self.0 != 0) + (self.0 & 1)
    }
}

/// What is known of one direction.
#[derive(Debug, Clone, Copy, Default)]
struct Window {
    /// Means of scores over 3, 8 and 25 lines.
    means: [Option<f32>; 3],
    /// The largest mass among eight lines.
    largest: f32,
    /// Lines of templates among four, and lines of the same length and end.
    templates: usize,
    same: usize,
}

impl<'p> Context<'p> {
    /// Sums up what the scores say. `first` are those of pass 1, for pass 3.
    pub(crate) fn new(page: &'p Page, scores: &'p [f32], first: Option<&'p [f32]>) -> Self {
        let lines = &page.lines;
        let chances: Vec<f64> = scores.iter().map(|&score| chance(score.into())).collect();
        let mass: Vec<f32> =
            lines.iter().zip(&chances).map(|(l, &c)| l.size * (1.0 - c) as f32).collect();
        let sums = |parts: &mut dyn Iterator<Item = f32>| {
            let mut sums = Vec::with_capacity(lines.len() + 1);
            sums.push(0.0);
            for part in parts {
                sums.push(sums[sums.len() - 1] + part);
            }
            sums
        };
        let mass_before = sums(&mut mass.iter().copied());
        let size_before = sums(&mut lines.iter().map(|line| line.size));
        let long: f32 = lines.iter().map(|line| line.size).filter(|&size| size >= 100.0).sum();
        let big = mass.iter().filter(|&&m| m >= BIG).count();
        let mut context = Self {
            page,
            scores,
            first,
            article: article(lines, &chances),
            dense: long / size_before[lines.len()].max(1.0),
            big,
            mass,
            mass_before,
            size_before,
            last_big: Vec::with_capacity(lines.len()),
            next_big: vec![None; lines.len()],
            short_before: Vec::with_capacity(lines.len()),
            short_after: vec![0; lines.len()],
            rubric: Vec::with_capacity(lines.len()),
            vocabulary: vec![Known::default(); VOCABULARY],
        };
        context.look_along();
        context.read_content();
        context
    }

    /// What is nearest before and after each line.
    fn look_along(&mut self) {
        let n = self.page.lines.len();
        let is_short = |i: usize| self.page.lines[i].at.length <= 3;
        let (mut big, mut short, mut rubric) = (None, 0, None);
        for i in 0..n {
            self.last_big.push(big);
            self.short_before.push(short);
            self.rubric.push(rubric);
            big = if self.mass[i] >= BIG { Some(i) } else { big };
            short = if is_short(i) { short + 1 } else { 0 };
            rubric = if self.page.lines[i].count <= 4 { Some(i) } else { rubric };
        }
        let (mut big, mut short) = (None, 0);
        for i in (0..n).rev() {
            (self.next_big[i], self.short_after[i]) = (big, short);
            big = if self.mass[i] >= BIG { Some(i) } else { big };
            short = if is_short(i) { short + 1 } else { 0 };
        }
    }

    fn read_content(&mut self) {
        for (i, line) in self.page.lines.iter().enumerate() {
            if !is_content(line, self.scores[i]) {
                continue;
            }
            for token in self.page.tokens[line.tokens.clone()].iter().filter(|token| token.word) {
                self.vocabulary[word_slot(token)].stands_in(i);
            }
        }
    }

    /// Shares of the line's words, and of its long ones, that other lines of likely content have.
    fn shared_words(&self, i: usize) -> (f32, f32) {
        let line = &self.page.lines[i];
        let own = u32::from(is_content(line, self.scores[i]));
        let (mut words, mut shared, mut long, mut long_shared) = (0, 0, 0, 0);
        for token in self.page.tokens[line.tokens.clone()].iter().filter(|token| token.word) {
            let there = usize::from(self.vocabulary[word_slot(token)].lines() > own);
            words += 1;
            shared += there;
            if token.stem != 0 {
                long += 1;
                long_shared += there;
            }
        }
        let share = |part: usize, of: usize| if of == 0 { -1.0 } else { part as f32 / of as f32 };
        (share(shared, words), share(long_shared, long))
    }

    fn window(&self, i: usize, lines: impl Iterator<Item = usize>) -> Window {
        let mut window = Window::default();
        let (mut sum, mut weight) = (0.0, 0.0);
        let mine = self.page.lines[i].at;
        let mut seen = 0;
        for j in lines.take(WIDEST) {
            let line = &self.page.lines[j];
            let size = line.size.min(CAP);
            sum += size * self.scores[j].clamp(-5.0, 5.0);
            weight += size;
            seen += 1;
            if seen <= 4 {
                window.templates += usize::from(line.seen > 0);
                window.same +=
                    usize::from(line.at.length == mine.length && line.at.end == mine.end);
            }
            if seen <= 8 {
                window.largest = window.largest.max(self.mass[j]);
            }
            match seen {
                3 => window.means[0] = Some(sum / weight),
                8 => window.means[1] = Some(sum / weight),
                _ => {}
            }
        }
        // Over fewer lines where there are no more.
        for (mean, of) in window.means.iter_mut().zip([3, 8, WIDEST]) {
            if seen > 0 && seen <= of {
                *mean = Some(sum / weight);
            }
        }
        window
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
        for (group, slot) in self.page.line_columns(i) {
            sink(group, at + slot);
        }
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
        let [b3, b8, b25] = me.before.means;
        let [a3, a8, a25] = me.after.means;
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
        let total = self.mass_before[n];
        let (before, after) = (self.mass_before[i], total - self.mass_before[i + 1]);
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
        add(bucket(self.size_before[i] / self.size_before[n].max(1.0), &SHARE), 12);
        add(bucket(self.size_before[n] - self.size_before[i + 1], &MASS), 9);
        let far = |big: Option<usize>| big.map_or(9, |j| count(j.abs_diff(i)));
        let (last, next) = (far(self.last_big[i]), far(self.next_big[i]));
        add(last * 10 + next, 100);
        add(me.eight * 10 + last, 80);
        add(me.eight * 10 + next, 80);
        for run in [self.short_before[i], self.short_after[i]] {
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
        let mass = bucket(self.mass_before[n], &[200., 500., 1000., 2000., 4000., 8000.]);
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
        let around = if others == 0 { 0 } else { 1 + me.before.templates * 5 + me.after.templates };
        let mut add = |bucket, of| columns.add(Group::Repeated, bucket, of);
        add(copies, 6);
        add(copies * 4 + me.quarter, 24);
        add(template, 25);
        add(template * 8 + me.eight, 200);
        add(template * 4 + me.quarter, 100);
        add(bucket(line.seen as f32, &[1., 2., 3., 5., 9.]), 6);
        add(around, 26);
        let same = me.before.same + me.after.same;
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
        if let Some(rubric) = self.rubric[i] {
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
}

impl Me {
    fn new(context: &Context<'_>, i: usize) -> Self {
        let at = context.page.lines[i].at;
        Self {
            eight: bucket(context.scores[i], &EIGHT),
            six: bucket(context.scores[i], &SIX),
            length: at.length,
            quarter: bucket(at.length as f32, &[2., 4., 6.]),
            end: at.end,
            before: context.window(i, (0..i).rev()),
            after: context.window(i, i + 1..context.page.lines.len()),
        }
    }
}

/// The run of lines with the largest sum, where content counts for and boilerplate against it.
fn article(lines: &[Fact], chances: &[f64]) -> (usize, usize) {
    let (mut best, mut found) = (-1.0, (0, 0));
    let (mut sum, mut begin) = (0.0, 0);
    for (i, (line, &chance)) in lines.iter().zip(chances).enumerate() {
        if sum <= 0.0 {
            (sum, begin) = (0.0, i);
        }
        sum += line.size.min(CAP) * (1.0 - 2.0 * chance) as f32;
        if sum > best {
            (best, found) = (sum, (begin, i));
        }
    }
    found
}

fn is_content(line: &Fact, score: f32) -> bool {
    score < -0.5 && line.size >= 60.0
}

fn word_slot(token: &Token) -> usize {
    token.hash as usize & (VOCABULARY - 1)
}
