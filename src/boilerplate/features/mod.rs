//! What the model sees of a document: per line, slots in tables of weights.
//!
//! A feature is a number of a slot. Buckets of numbers are *columns*, one slot of each per line,
//! laid out one behind the other; words are hashed into the slots behind them. Pass 1 sees a line
//! alone; passes 2 and 3 see its shape again and what the pass before made of the lines around it.
//! Training and judging come through here alike.

mod ascii;
mod chars;
mod context;
mod scan;
mod shape;
mod token;

use std::ops::Range;

use super::line::Line;
use super::template::OutletTemplates;
use crate::hash;
use scan::Scan;
use shape::Buckets;
use token::Token;

pub(crate) use context::Context;
pub(crate) use shape::Hints;

/// Slots for the columns of pass 1, and behind them for its words.
pub(crate) const LINE_COLUMNS: usize = 1 << 11;
pub(crate) const LINE_WORDS: usize = 1 << 16;
/// Slots for the columns of passes 2 and 3, and behind them for words of neighbouring lines.
pub(crate) const CONTEXT_COLUMNS: usize = 1 << 13;
pub(crate) const CONTEXT_WORDS: usize = 1 << 14;
/// What the word of a neighbouring line counts; a column counts 1.
pub(crate) const NEIGHBOUR: f32 = 0.4;

/// Log-odds of boilerplate, in every pass, of a line that the cheap evidence settled.
pub(crate) const SETTLED: f32 = -4.0;

/// What features tell of, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    /// The line's own words.
    Words,
    /// Its length, signs and capitals.
    Shape,
    /// What rules, lists and places said of it.
    Evidence,
    /// What the pass before made of the lines around.
    Around,
    /// Where the line stands relative to the article's mass.
    Body,
    /// Whether it shares words with the article.
    Vocabulary,
    /// How often it stands here and in the outlet's documents.
    Repeated,
    /// Shape and words of the neighbouring lines.
    Neighbours,
}

impl Group {
    /// Every group, in the order of their numbers.
    pub(crate) const ALL: [Self; 8] = [
        Self::Words,
        Self::Shape,
        Self::Evidence,
        Self::Around,
        Self::Body,
        Self::Vocabulary,
        Self::Repeated,
        Self::Neighbours,
    ];

    /// What the group's features say where they speak for removal.
    pub(crate) fn for_removal(self) -> &'static str {
        match self {
            Self::Words => "words that boilerplate uses",
            Self::Shape => "length, signs and capitals of boilerplate",
            Self::Evidence => "what rules, lists and its place say",
            Self::Around => "the lines around look like boilerplate",
            Self::Body => "away from the article's body",
            Self::Vocabulary => "shares few words with the article",
            Self::Repeated => "repeated here or across the outlet",
            Self::Neighbours => "stands beside lines that boilerplate stands beside",
        }
    }
}

/// Lays columns out one behind the other.
#[derive(Debug)]
pub(crate) struct Columns<S> {
    base: usize,
    sink: S,
}

impl<S: FnMut(Group, usize)> Columns<S> {
    fn new(sink: S) -> Self {
        Self { base: 0, sink }
    }

    #[inline]
    fn add(&mut self, group: Group, bucket: usize, of: usize) {
        debug_assert!(bucket < of, "bucket {bucket} of {of} behind {}", self.base);
        (self.sink)(group, self.base + bucket);
        self.base += of;
    }
}

/// The number of edges that `x` reaches.
#[inline]
fn bucket(x: f32, edges: &[f32]) -> usize {
    edges.iter().map(|&edge| u32::from(x >= edge)).sum::<u32>() as usize
}

/// One line as the model sees it.
#[derive(Debug)]
pub(crate) struct Fact {
    /// Its length in characters, as lost and kept text is counted.
    pub(crate) chars: f32,
    /// Whether it stands in the article's body.
    pub(crate) in_body: bool,
    /// Whether nobody asks for its score: it is [`SETTLED`], and only what neighbours want to know
    /// of the line is here.
    pub(crate) is_settled: bool,
    /// Its length for buckets: a character of an unspaced script counts more.
    size: f32,
    at: Buckets,
    tokens: Range<usize>,
    count: usize,
    key: u64,
    /// How often its key stands in the document, and whether it stood before.
    copies: usize,
    again: bool,
    /// Other documents of the outlet, and those of them that have the line.
    others: u32,
    seen: u32,
    /// Slots of pass 1: columns of shape, then of evidence; then words.
    columns: Range<usize>,
    evidence: usize,
    words: Range<usize>,
}

/// Of most documents the lines have no more tokens and slots than these, on average.
const TOKENS: usize = 16;
const SLOTS: usize = 64;

/// A document as the model sees it.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) lines: Vec<Fact>,
    tokens: Vec<Token>,
    /// Slots of pass 1, of all lines.
    slots: Vec<u32>,
}

impl Page {
    /// Looks at the lines of a document and what was found about each.
    pub(crate) fn new<'h>(
        lines: &[Line<'_>],
        hints: impl Fn(usize) -> Hints<'h>,
        templates: &OutletTemplates<'_>,
    ) -> Self {
        let mut page = Self {
            lines: Vec::with_capacity(lines.len()),
            tokens: Vec::with_capacity(TOKENS * lines.len()),
            slots: Vec::with_capacity(SLOTS * lines.len()),
        };
        let mut scan = Scan::new();
        let mut copies: hash::Map<usize> = hash::map_for(lines.len());
        for (i, line) in lines.iter().enumerate() {
            page.add(line, &mut scan, &hints(i));
            let fact = &mut page.lines[i];
            let before = copies.entry(line.key).or_default();
            fact.again = *before > 0;
            *before += 1;
            fact.others = templates.documents().saturating_sub(1);
            fact.seen = templates.seen(line.key).documents.saturating_sub(1);
        }
        for fact in &mut page.lines {
            fact.copies = copies[&fact.key];
        }
        page
    }

    fn add(&mut self, line: &Line<'_>, scan: &mut Scan, hints: &Hints<'_>) {
        let (columns, tokens) = (self.slots.len(), self.tokens.len());
        let (chars, unspaced) = if hints.is_settled {
            scan.opening(&line.text, &mut self.tokens);
            chars::count(&line.text)
        } else {
            scan.line(&line.text, &mut self.tokens);
            (scan.chars, scan.unspaced)
        };
        let size = shape::size(chars, unspaced);
        let at = shape::buckets(&line.text, size);
        let (mut evidence, mut words) = (columns, columns);
        if !hints.is_settled {
            evidence = self.add_columns(line, scan, hints, at);
            words = self.slots.len();
            lexical(&self.tokens[tokens..], line.key, scan.count, &mut self.slots);
        }
        self.lines.push(Fact {
            chars: chars as f32,
            in_body: hints.place == super::evidence::Place::Body,
            is_settled: hints.is_settled,
            size,
            at,
            tokens: tokens..self.tokens.len(),
            count: scan.count,
            key: line.key,
            copies: 0,
            again: false,
            others: 0,
            seen: 0,
            columns: columns..words,
            evidence,
            words: words..self.slots.len(),
        });
    }

    /// Adds the columns of a line; says where those of evidence begin.
    fn add_columns(
        &mut self,
        line: &Line<'_>,
        scan: &Scan,
        hints: &Hints<'_>,
        at: Buckets,
    ) -> usize {
        let slots = &mut self.slots;
        let mut all = Columns::new(|_, slot| slots.push(slot as u32));
        shape::columns(&mut all, &line.text, scan, at);
        let shape = all.base;
        let evidence = slots.len();
        let mut all = Columns { base: shape, sink: |_, slot| slots.push(slot as u32) };
        shape::hints(&mut all, line, hints, at);
        debug_assert!(all.base <= LINE_COLUMNS);
        evidence
    }

    /// The columns of a line in pass 1, with what they tell of.
    fn line_columns(&self, i: usize) -> impl Iterator<Item = (Group, usize)> {
        let Fact { columns, evidence, .. } = &self.lines[i];
        let of = |group, range: Range<usize>| {
            self.slots[range].iter().map(move |&slot| (group, slot as usize))
        };
        of(Group::Shape, columns.start..*evidence)
            .chain(of(Group::Evidence, *evidence..columns.end))
    }

    /// The slots of a line in pass 1: its columns, and its words, each of which counts
    /// [`Page::word_value`].
    pub(crate) fn line_slots(&self, i: usize) -> (&[u32], &[u32]) {
        let fact = &self.lines[i];
        (&self.slots[fact.columns.clone()], &self.slots[fact.words.clone()])
    }

    /// How many lines it has.
    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    /// The lines that scores are asked of.
    pub(crate) fn open(&self) -> impl Iterator<Item = usize> {
        (0..self.len()).filter(|&i| !self.lines[i].is_settled)
    }

    /// A line's length in characters.
    pub(crate) fn chars(&self, i: usize) -> f64 {
        self.lines[i].chars.into()
    }

    /// What a word of `many` counts: many words together count as much as few.
    pub(crate) fn word_value(many: usize) -> f32 {
        1.0 / (many.max(1) as f32).sqrt()
    }
}

/// Slots of the line's words, pairs, stems and endings, of its edges, and of a short line itself.
fn lexical(tokens: &[Token], key: u64, count: usize, slots: &mut Vec<u32>) {
    let mut push = |a, b, salt| slots.push((LINE_COLUMNS + slot(a, b, salt, LINE_WORDS)) as u32);
    for (i, token) in tokens.iter().enumerate() {
        push(token.hash, 0, 1);
        if let Some(next) = tokens.get(i + 1) {
            push(token.hash, next.hash, 2);
        }
        if token.stem != 0 {
            push(token.stem, 0, 3);
            push(token.ending, 0, 4);
        }
    }
    if let ([first, ..], [.., last]) = (tokens, tokens) {
        push(first.hash, 0, 5);
        push(last.hash, 0, 6);
    }
    if let [first, second, ..] = tokens {
        push(first.hash, second.hash, 7);
    }
    if count <= 6 {
        push(key as u32, 0, 8);
    }
}

/// The slot of one or two hashes for a purpose.
fn slot(a: u32, b: u32, salt: u64, of: usize) -> usize {
    let b = u64::from(b).wrapping_add(salt.wrapping_mul(0x0100_0193));
    let mut hash =
        u64::from(a).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ b.wrapping_mul(0xC2B2_AE3D_27D4_EB4F);
    hash ^= hash >> 29;
    hash = hash.wrapping_mul(0xBF58_476D_1CE4_E5B9);
    hash ^= hash >> 32;
    hash as usize & (of - 1)
}

/// The chance that log-odds say. Made of steps that every machine rounds alike, for the same bytes
/// out everywhere; the library's `exp` differs between systems.
pub(crate) fn chance(log_odds: f64) -> f64 {
    1.0 / (1.0 + exp(-log_odds.clamp(-40.0, 40.0)))
}

/// e to the `x`, for |x| ≤ 80: 2 to a whole number, times a series for the rest.
fn exp(x: f64) -> f64 {
    /// 1/n! for n from 12 down to 0. Dividing by each n in turn takes several times as long.
    const TERMS: [f64; 13] = {
        let (mut terms, mut n, mut factorial) = ([1.0; 13], 0, 1.0);
        while n < 12 {
            n += 1;
            factorial *= n as f64;
            terms[12 - n] = 1.0 / factorial;
        }
        terms
    };
    let whole = (x * std::f64::consts::LOG2_E).round();
    let rest = x - whole * std::f64::consts::LN_2;
    let series = TERMS.iter().fold(0.0, |series, term| series * rest + term);
    #[allow(clippy::cast_sign_loss)] // 1023 ± 116 is above zero
    let power = f64::from_bits(((1023 + whole as i64) as u64) << 52);
    series * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances() {
        for x in [-39.0f64, -2.5, -0.1, 0.0, 0.3, 7.0, 39.0] {
            let want = 1.0 / (1.0 + (-x).exp());
            assert!((chance(x) - want).abs() <= 1e-12 * want, "{x}");
        }
    }

    #[test]
    fn buckets_are_the_edges_reached() {
        assert_eq!([-1.0, 1.0, 1.5, 9.0].map(|x| bucket(x, &[1., 2., 3.])), [0, 1, 1, 3]);
    }
}
