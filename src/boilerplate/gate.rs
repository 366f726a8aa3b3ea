//! What a line must hold before a regular expression is worth trying on it.
//!
//! Rules hold a hundred expressions and almost no line can match any of them. From an expression's
//! syntax follow literals and bytes without which it cannot match; one automaton finds the literals
//! of all of them in one pass over the line, and an expression is tried where all it needs is there.

use std::collections::HashMap;

use aho_corasick::AhoCorasick;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

use super::lexicon::automaton;
use crate::error::Result;

/// What an expression cannot match without.
#[derive(Debug, PartialEq)]
enum Need {
    /// It does not tell.
    Nothing,
    /// One of these bytes.
    Bytes(ByteSet),
    /// The literal of this number.
    Literal(u32),
    All(Vec<Need>),
    One(Vec<Need>),
}

/// The gate of many expressions, by their numbers.
#[derive(Debug)]
pub(super) struct Gate {
    needs: Vec<Need>,
    literals: AhoCorasick,
    /// For every literal the expressions that are looked at where it stands.
    opens: Vec<Vec<u32>>,
    /// Expressions that no literal opens.
    open: Vec<u32>,
}

/// What is seen of a line; its memory is used again for the next.
#[derive(Debug, Default)]
pub(super) struct Sight {
    lower: String,
    bytes: ByteSet,
    literals: Vec<u64>,
    worth: Vec<u32>,
}

impl Gate {
    /// The gate of these expressions.
    pub(super) fn new<'e>(expressions: impl Iterator<Item = &'e str>) -> Result<Self> {
        let mut literals = Literals::default();
        let needs: Vec<Need> = expressions.map(|regex| literals.need_of(regex)).collect();
        let mut opens = vec![Vec::new(); literals.texts.len()];
        let mut open = Vec::new();
        for (number, need) in (0..).zip(&needs) {
            match literals.telling(need) {
                Some(telling) => {
                    for literal in telling {
                        opens[literal as usize].push(number);
                    }
                }
                None => open.push(number),
            }
        }
        Ok(Self { needs, literals: automaton(&literals.texts)?, opens, open })
    }

    /// The expressions worth trying on a line, in their order.
    pub(super) fn candidates<'s>(&self, line: &str, sight: &'s mut Sight) -> &'s [u32] {
        lower(line, &mut sight.lower);
        sight.bytes = ByteSet::of(sight.lower.as_bytes());
        sight.literals.clear();
        sight.literals.resize(self.opens.len().div_ceil(64), 0);
        sight.worth.clear();
        sight.worth.extend(&self.open);
        for found in self.literals.find_overlapping_iter(&sight.lower) {
            let literal = found.pattern().as_usize();
            let (word, bit) = (&mut sight.literals[literal / 64], 1 << (literal % 64));
            if *word & bit == 0 {
                *word |= bit;
                sight.worth.extend(&self.opens[literal]);
            }
        }
        let (bytes, literals) = (&sight.bytes, &sight.literals);
        sight.worth.retain(|&number| self.needs[number as usize].is_met(bytes, literals));
        sight.worth.sort_unstable();
        sight.worth.dedup();
        &sight.worth
    }
}

impl Need {
    fn is_met(&self, bytes: &ByteSet, literals: &[u64]) -> bool {
        match self {
            Self::Nothing => true,
            Self::Bytes(set) => set.meets(bytes),
            Self::Literal(n) => literals[*n as usize / 64] >> (n % 64) & 1 == 1,
            Self::All(needs) => needs.iter().all(|need| need.is_met(bytes, literals)),
            Self::One(needs) => needs.iter().any(|need| need.is_met(bytes, literals)),
        }
    }

    fn all(needs: impl Iterator<Item = Self>) -> Self {
        let mut needs: Vec<Self> = needs.filter(|need| *need != Self::Nothing).collect();
        match needs.len() {
            0 => Self::Nothing,
            1 => needs.remove(0),
            _ => Self::All(needs),
        }
    }

    fn one(needs: Vec<Self>) -> Self {
        if needs.contains(&Self::Nothing) { Self::Nothing } else { Self::One(needs) }
    }
}

/// The literals of all expressions, each once, in lower case.
#[derive(Debug, Default)]
struct Literals {
    texts: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Literals {
    fn need_of(&mut self, regex: &str) -> Need {
        // As written, not blind to case: a literal stays a literal, and is lowered here.
        ParserBuilder::new().build().parse(regex).map_or(Need::Nothing, |hir| self.need(&hir))
    }

    fn need(&mut self, hir: &Hir) -> Need {
        match hir.kind() {
            HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
                Ok(text) => self.literal(text),
                Err(_) => Need::Nothing,
            },
            HirKind::Class(class) => ByteSet::of_class(class).map_or(Need::Nothing, Need::Bytes),
            HirKind::Capture(capture) => self.need(&capture.sub),
            HirKind::Repetition(repetition) if repetition.min > 0 => self.need(&repetition.sub),
            HirKind::Concat(parts) => Need::all(parts.iter().map(|part| self.need(part))),
            HirKind::Alternation(parts) => {
                Need::one(parts.iter().map(|part| self.need(part)).collect())
            }
            _ => Need::Nothing,
        }
    }

    fn literal(&mut self, text: &str) -> Need {
        let mut lowered = String::new();
        lower(text, &mut lowered);
        if let [byte] = lowered.as_bytes() {
            return Need::Bytes(ByteSet::of(&[*byte]));
        }
        let next = self.texts.len() as u32;
        let number = *self.numbers.entry(lowered.clone()).or_insert(next);
        if number == next {
            self.texts.push(lowered);
        }
        Need::Literal(number)
    }

    /// Literals of which one stands wherever the need is met: of several such sets the one whose
    /// shortest literal is longest.
    fn telling(&self, need: &Need) -> Option<Vec<u32>> {
        match need {
            Need::Nothing | Need::Bytes(_) => None,
            Need::Literal(number) => Some(vec![*number]),
            Need::All(needs) => needs.iter().filter_map(|need| self.telling(need)).max_by_key(|set| {
                let length = |&literal: &u32| self.texts[literal as usize].len();
                (set.iter().map(length).min(), std::cmp::Reverse(set.len()))
            }),
            Need::One(needs) => {
                let sets: Option<Vec<_>> = needs.iter().map(|need| self.telling(need)).collect();
                Some(sets?.concat())
            }
        }
    }
}

/// A set of bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct ByteSet([u64; 4]);

impl ByteSet {
    /// The bytes that stand in a text.
    fn of(text: &[u8]) -> Self {
        let mut stands = [0u8; 256];
        for &byte in text {
            stands[usize::from(byte)] = 1;
        }
        let mut set = Self::default();
        for (byte, &one) in stands.iter().enumerate() {
            set.0[byte / 64] |= u64::from(one) << (byte % 64);
        }
        set
    }

    fn add(&mut self, byte: u8) {
        self.0[usize::from(byte / 64)] |= 1 << (byte % 64);
    }

    fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0).any(|(a, b)| a & b != 0)
    }

    /// The first bytes, in lower case, of the characters of a class; none where letters beyond ASCII
    /// are in it, whose other case may begin with another byte.
    fn of_class(class: &Class) -> Option<Self> {
        let Class::Unicode(class) = class else { return None };
        let mut set = Self::default();
        for range in class.iter() {
            if range.len() > WIDEST {
                return None;
            }
            for c in range.start()..=range.end() {
                if !c.is_ascii() && c.is_alphabetic() {
                    return None;
                }
                set.add(lowered(c).encode_utf8(&mut [0; 4]).as_bytes()[0]);
            }
        }
        Some(set)
    }
}

/// Classes with wider ranges are not written down to tell a line by them.
const WIDEST: usize = 1 << 13;

/// A line in lower case.
fn lower(line: &str, out: &mut String) {
    out.clear();
    if has_letters_beyond(line.as_bytes()) {
        out.extend(line.chars().map(lowered));
    } else {
        out.push_str(line);
        out.make_ascii_lowercase();
    }
}

/// Whether something else than ASCII and the commonest typographic signs (U+2000 to U+203F) stands
/// in the line.
fn has_letters_beyond(line: &[u8]) -> bool {
    let mut rest = line;
    while let Some(at) = rest.iter().position(|byte| !byte.is_ascii()) {
        match rest[at..] {
            [0xE2, 0x80, _, ref after @ ..] => rest = after,
            _ => return true,
        }
    }
    false
}

/// One of the characters that differ in case only, the same for all of them.
fn lowered(c: char) -> char {
    fn only(mut chars: impl Iterator<Item = char>) -> Option<char> {
        chars.next().filter(|_| chars.next().is_none())
    }
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let upper = only(c.to_uppercase()).unwrap_or(c);
    only(upper.to_lowercase()).unwrap_or(upper)
}

#[cfg(test)]
mod tests {
    use super::*;
    use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

    fn candidates(regexes: &[&str], line: &str) -> Vec<u32> {
        let gate = Gate::new(regexes.iter().copied()).unwrap();
        gate.candidates(line, &mut Sight::default()).to_vec()
    }

    #[test]
    fn an_expression_is_tried_where_all_it_needs_is_there() {
        let regexes = &[
            r"(?:share|tweet)(?: this)?.* by",
            r"\w+ Created (?:with|by) Sketch\.",
            r"(?:foo)*",
            r"(?:Фото){1,2}: \w",
            r"[#@]\w+",
            r"x|facebook",
        ];
        for (line, want) in [
            ("Share this", vec![2]),
            ("Tweeted BY", vec![2]),
            ("Tweet BY", vec![0, 2]),
            ("created by sketch", vec![2]),
            ("A Created By Sketch.", vec![1, 2]),
            ("ФОТО: a", vec![2, 3]),
            ("a#b", vec![2, 4]),
            ("X", vec![2, 5]),
        ] {
            assert_eq!(candidates(regexes, line), want, "{line}");
        }
    }

    /// An expression is blind to case by simple folding; what that holds for one is one here.
    #[test]
    fn characters_that_differ_in_case_only_are_lowered_to_one() {
        for c in '\0'..=char::MAX {
            let mut class = ClassUnicode::new([ClassUnicodeRange::new(c, c)]);
            class.case_fold_simple();
            for other in class.iter().flat_map(|range| range.start()..=range.end()) {
                assert_eq!(lowered(c), lowered(other), "{c} {other}");
            }
        }
    }
}
