//! What a line must hold before a regular expression is worth running on it.
//!
//! Rules hold a hundred expressions and almost no line can match any of them. Two things follow from
//! an expression: which characters a match can begin with, place by place, and literals and bytes
//! that every match holds. The first is looked up for all expressions at once; for those that are
//! left one pass over the line finds the literals of all.

use std::cmp::Reverse;
use std::collections::HashMap;

use regex_syntax::hir::{Class, ClassUnicodeRange, Hir, HirKind};

use super::expression::Expression;

/// What an expression cannot match without.
#[derive(Debug, Clone, PartialEq)]
enum Need {
    /// It does not tell.
    Nothing,
    /// One of these bytes.
    Bytes(ByteSet),
    /// One of the texts of these numbers.
    Texts(Vec<u32>),
    All(Vec<Need>),
    One(Vec<Need>),
}

/// The gate of many expressions, by their numbers.
#[derive(Debug)]
pub(super) struct Gate {
    openings: Borders,
    /// The same from the end.
    endings: Borders,
    needs: Vec<Need>,
    /// Lines of other lengths cannot match, or are left alone.
    fits: Vec<Fits>,
    /// The texts that expressions need.
    texts: Texts,
    /// For every text the expressions that are looked at where it stands.
    opens: Vec<Vec<u32>>,
    /// Expressions that are looked at without, a bit each.
    open: Vec<u64>,
}

/// How long a line may be.
#[derive(Debug, Clone, Copy)]
struct Fits {
    words: usize,
    bytes: (usize, usize),
}

impl Fits {
    /// What the syntax of an expression says of its matches; how much longer the line may be, only
    /// where the whole line must match.
    fn new(hir: &Hir, words: usize) -> Self {
        let is = hir.properties();
        let most = is.maximum_len().filter(|_| Expression::is_whole(hir)).unwrap_or(usize::MAX);
        Self { words, bytes: (is.minimum_len().unwrap_or(0), most) }
    }

    fn line(self, bytes: usize, words: usize) -> bool {
        words <= self.words && self.bytes.0 <= bytes && bytes <= self.bytes.1
    }
}

/// An expression as the gate wants it: with its syntax, and the words of the longest line.
pub(super) type Gated<'e> = (&'e Expression, &'e Hir, usize);

/// What is seen of a line; its memory is used again for the next.
#[derive(Debug, Default)]
pub(super) struct Sight {
    lower: String,
    /// Texts that stand in it, a bit each.
    texts: Vec<u64>,
    /// Expressions that may begin as the line does, and those of them that are worth a look.
    possible: Vec<u64>,
    worth: Vec<u64>,
    candidates: Vec<u32>,
}

impl Gate {
    /// The gate of these expressions.
    pub(super) fn new(expressions: &[Gated<'_>]) -> Self {
        let mut wanted = Wanted::default();
        let mut needs: Vec<Need> = expressions.iter().map(|(_, hir, _)| wanted.need(hir)).collect();
        let mut open = vec![0; needs.len().div_ceil(64)];
        let backwards: Vec<_> =
            expressions.iter().map(|(_, hir, _)| Expression::backwards(hir).ok()).collect();
        let mut opens = vec![Vec::new(); wanted.all.len()];
        for (number, need) in needs.iter().enumerate() {
            match wanted.telling(need) {
                Some(telling) => {
                    for text in telling {
                        opens[text as usize].push(number as u32);
                    }
                }
                None => set(&mut open, number),
            }
        }
        for (need, (_, hir, _)) in needs.iter_mut().zip(expressions) {
            // To see that it is no match costs less than to see that it cannot be one.
            if Expression::is_whole(hir) && !begins_with_many(hir) {
                *need = Need::Nothing;
            }
        }
        let mut is_asked_for: Vec<bool> = opens.iter().map(|opens| !opens.is_empty()).collect();
        for need in &needs {
            need.each_text(&mut |text| is_asked_for[text as usize] = true);
        }
        Self {
            openings: Borders::new(expressions.iter().map(|(expression, ..)| Some(*expression))),
            endings: Borders::new(backwards.iter().map(Option::as_ref)),
            needs,
            fits: expressions.iter().map(|(_, hir, words)| Fits::new(hir, *words)).collect(),
            texts: Texts::new(
                wanted
                    .all
                    .iter()
                    .zip(is_asked_for)
                    .map(|(text, is_asked_for)| if is_asked_for { text } else { "" }),
            ),
            opens,
            open,
        }
    }

    /// The expressions from `first` on that are worth running on a line, in their order.
    pub(super) fn candidates<'s>(
        &self,
        line: &str,
        words: usize,
        first: usize,
        sight: &'s mut Sight,
    ) -> &'s [u32] {
        let Sight { lower, texts, possible, worth, candidates } = sight;
        candidates.clear();
        possible.clear();
        possible.extend((0..self.open.len()).map(|i| from(first, i)));
        let firsts = line.bytes().filter(|byte| is_first(*byte));
        let lasts = line.bytes().rev().filter(|byte| is_first(*byte));
        if !self.openings.may(firsts, possible) || !self.endings.may(lasts, possible) {
            return candidates;
        }
        self::lower(line, lower);
        worth.clear();
        worth.extend(&self.open);
        texts.clear();
        texts.resize(self.opens.len().div_ceil(64), 0);
        self.texts.find(lower.as_bytes(), |text| {
            set(texts, text);
            self.opens[text].iter().for_each(|&number| set(worth, number as usize));
        });
        worth.iter_mut().zip(possible).for_each(|(worth, possible)| *worth &= *possible);
        let holds = |text: u32| has(texts, text as usize);
        let mut bytes = None;
        for number in ones(worth).filter(|&number| self.fits[number].line(line.len(), words)) {
            let bytes = bytes.get_or_insert_with(|| ByteSet::of(lower.as_bytes()));
            if self.needs[number].is_met(bytes, &holds) {
                candidates.push(number as u32);
            }
        }
        candidates
    }
}

fn set(bits: &mut [u64], number: usize) {
    bits[number / 64] |= 1 << (number % 64);
}

/// The numbers of the bits that are set.
fn ones(bits: &[u64]) -> impl Iterator<Item = usize> {
    bits.iter().enumerate().flat_map(|(i, &bits)| {
        let rest = std::iter::successors((bits != 0).then_some(bits), |bits| {
            let rest = bits & (bits - 1);
            (rest != 0).then_some(rest)
        });
        rest.map(move |bits| 64 * i + bits.trailing_zeros() as usize)
    })
}

fn has(bits: &[u64], number: usize) -> bool {
    bits[number / 64] >> (number % 64) & 1 == 1
}

/// Characters at a line's border that are looked at.
const PLACES: usize = 6;
/// The first bytes of characters, and the end of the line.
const SIGNS: usize = 257;
const END: usize = 256;

/// For every place from a line's border on and the first byte of the character there, the
/// expressions that may match such a line, a bit each.
#[derive(Debug)]
struct Borders {
    /// Words of 64 expressions.
    width: usize,
    may: Vec<u64>,
}

impl Borders {
    /// Of expressions read from there on; none where nothing is known.
    fn new<'e>(expressions: impl ExactSizeIterator<Item = Option<&'e Expression>>) -> Self {
        let width = expressions.len().div_ceil(64);
        let mut borders = Self { width, may: vec![0; PLACES * SIGNS * width] };
        for (number, expression) in expressions.enumerate() {
            let opening = expression.map_or(Vec::new(), |expression| expression.opening(PLACES));
            for place in 0..PLACES {
                match opening.get(place) {
                    Some(sets) => {
                        let bytes = sets.iter().flat_map(|set| set.first_bytes());
                        bytes.for_each(|byte| borders.let_in(place, usize::from(byte), number));
                    }
                    None => (0..SIGNS).for_each(|sign| borders.let_in(place, sign, number)),
                }
            }
        }
        borders
    }

    fn let_in(&mut self, place: usize, sign: usize, number: usize) {
        let row = (place * SIGNS + sign) * self.width;
        self.may[row + number / 64] |= 1 << (number % 64);
    }

    /// Takes out of `possible` the expressions that match no line with such characters, told by
    /// their first bytes; says whether any is left.
    fn may(&self, bytes: impl Iterator<Item = u8>, possible: &mut [u64]) -> bool {
        let signs = bytes.map(usize::from).chain(std::iter::repeat(END));
        for (place, sign) in signs.take(PLACES).enumerate() {
            let row = &self.may[(place * SIGNS + sign) * self.width..][..self.width];
            possible.iter_mut().zip(row).for_each(|(possible, may)| *possible &= may);
        }
        possible.iter().any(|&word| word != 0)
    }
}

/// The bits of the `i`th word for the expressions from `first` on.
fn from(first: usize, i: usize) -> u64 {
    match first.saturating_sub(64 * i) {
        below @ 0..64 => u64::MAX << below,
        _ => 0,
    }
}

/// Whether a character begins with this byte.
fn is_first(byte: u8) -> bool {
    !(0x80..0xC0).contains(&byte)
}

impl Need {
    /// Whether a line of these bytes meets it; `holds` says whether it has a text.
    fn is_met(&self, bytes: &ByteSet, holds: &impl Fn(u32) -> bool) -> bool {
        match self {
            Self::Nothing => true,
            Self::Bytes(set) => set.meets(bytes),
            Self::Texts(numbers) => numbers.iter().any(|&number| holds(number)),
            Self::All(needs) => needs.iter().all(|need| need.is_met(bytes, holds)),
            Self::One(needs) => needs.iter().any(|need| need.is_met(bytes, holds)),
        }
    }

    fn all(needs: impl Iterator<Item = Self>) -> Self {
        let mut needs: Vec<Self> = needs.filter(|need| *need != Self::Nothing).collect();
        needs.sort_by_key(Self::size);
        match needs.len() {
            0 => Self::Nothing,
            1 => needs.remove(0),
            _ => Self::All(needs),
        }
    }

    /// Calls `sink` with every text in it.
    fn each_text(&self, sink: &mut impl FnMut(u32)) {
        match self {
            Self::Nothing | Self::Bytes(_) => {}
            Self::Texts(numbers) => numbers.iter().for_each(|&number| sink(number)),
            Self::All(needs) | Self::One(needs) => {
                for need in needs {
                    need.each_text(sink);
                }
            }
        }
    }

    /// How much is to be looked at to see whether it is met.
    fn size(&self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Bytes(_) => 1,
            Self::Texts(numbers) => numbers.len(),
            Self::All(needs) | Self::One(needs) => 1 + needs.iter().map(Self::size).sum::<usize>(),
        }
    }

    /// Alternatives of one kind become one.
    fn one(needs: impl Iterator<Item = Self>) -> Self {
        let (mut bytes, mut texts, mut others) = (ByteSet::default(), Vec::new(), Vec::new());
        for need in needs {
            match need {
                Self::Nothing => return Self::Nothing,
                Self::Bytes(set) => bytes = bytes.or(set),
                Self::Texts(numbers) => texts.extend(numbers),
                other => others.push(other),
            }
        }
        if bytes != ByteSet::default() {
            others.push(Self::Bytes(bytes));
        }
        if !texts.is_empty() {
            others.push(Self::Texts(texts));
        }
        if others.len() == 1 { others.remove(0) } else { Self::One(others) }
    }
}

/// The texts that expressions need, each once, in lower case.
#[derive(Debug, Default)]
struct Wanted {
    all: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Wanted {
    /// What the syntax of an expression that is blind to case says.
    fn need(&mut self, hir: &Hir) -> Need {
        match hir.kind() {
            HirKind::Literal(_) | HirKind::Class(_) => self.row(std::slice::from_ref(hir)),
            HirKind::Capture(capture) => self.need(&capture.sub),
            HirKind::Repetition(repetition) if repetition.min > 0 => self.need(&repetition.sub),
            HirKind::Concat(parts) => self.row(parts),
            HirKind::Alternation(parts) => Need::one(parts.iter().map(|part| self.need(part))),
            _ => Need::Nothing,
        }
    }

    /// What parts one behind the other need. Blind to case, a literal is a row of classes.
    fn row(&mut self, parts: &[Hir]) -> Need {
        let mut needs = Vec::new();
        let mut text = String::new();
        for part in parts {
            if let Some(more) = letters(part) {
                text.push_str(&more);
                continue;
            }
            needs.push(self.text(&std::mem::take(&mut text)));
            needs.push(match part.kind() {
                HirKind::Class(class) => {
                    ByteSet::of_class(class).map_or(Need::Nothing, Need::Bytes)
                }
                _ => self.need(part),
            });
        }
        needs.push(self.text(&text));
        Need::all(needs.into_iter())
    }

    /// The need of a text; short ones are told by their bytes.
    fn text(&mut self, text: &str) -> Need {
        if text.len() < SHORTEST {
            return Need::all(text.bytes().map(|byte| Need::Bytes(ByteSet::of(&[byte]))));
        }
        let next = self.all.len() as u32;
        let number = *self.numbers.entry(text.to_owned()).or_insert(next);
        if number == next {
            self.all.push(text.to_owned());
        }
        Need::Texts(vec![number])
    }

    /// Texts of which one stands wherever the need is met: of several such sets the one whose
    /// shortest text is longest.
    fn telling(&self, need: &Need) -> Option<Vec<u32>> {
        match need {
            Need::Nothing | Need::Bytes(_) => None,
            Need::Texts(numbers) => Some(numbers.clone()),
            Need::All(needs) => {
                needs.iter().filter_map(|need| self.telling(need)).max_by_key(|set| {
                    let length = |&text: &u32| self.all[text as usize].len();
                    (set.iter().map(length).min(), Reverse(set.len()))
                })
            }
            Need::One(needs) => {
                let sets: Option<Vec<_>> = needs.iter().map(|need| self.telling(need)).collect();
                Some(sets?.concat())
            }
        }
    }
}

/// Shorter texts, in bytes, are not looked for.
const SHORTEST: usize = 3;

/// Larger classes are letters of some kind, which many lines begin with.
const NARROWEST: usize = 32;

/// Whether a match may begin with many characters whatever follows.
fn begins_with_many(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Class(Class::Unicode(class)) => {
            class.iter().map(ClassUnicodeRange::len).sum::<usize>() > NARROWEST
        }
        HirKind::Capture(capture) => begins_with_many(&capture.sub),
        HirKind::Repetition(repetition) => begins_with_many(&repetition.sub),
        HirKind::Alternation(parts) => parts.iter().any(begins_with_many),
        HirKind::Concat(parts) => {
            let is_optional = |part: &&Hir| part.properties().minimum_len() == Some(0);
            let optional = parts.iter().take_while(is_optional).count();
            parts.iter().take(optional + 1).any(begins_with_many)
        }
        _ => false,
    }
}

/// The lowered characters of a part that is the same but for case wherever it matches.
fn letters(part: &Hir) -> Option<String> {
    match part.kind() {
        HirKind::Literal(literal) => {
            Some(std::str::from_utf8(&literal.0).ok()?.chars().map(lowered).collect())
        }
        HirKind::Class(Class::Unicode(class)) if class.ranges().len() <= 4 => {
            let mut chars = class.iter().flat_map(|range| range.start()..=range.end()).take(8);
            let first = lowered(chars.next()?);
            chars.all(|c| lowered(c) == first).then(|| first.into())
        }
        _ => None,
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

    fn or(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] | other.0[i]))
    }

    fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0).any(|(a, b)| a & b != 0)
    }

    /// The first bytes of the characters of a class in lower case; none of a class of whole scripts.
    fn of_class(class: &Class) -> Option<Self> {
        let Class::Unicode(class) = class else { return None };
        let mut set = Self::default();
        let many: usize = class.iter().map(ClassUnicodeRange::len).sum();
        if many > WIDEST {
            return None;
        }
        for c in class.iter().flat_map(|range| range.start()..=range.end()) {
            set.add(lowered(c).encode_utf8(&mut [0; 4]).as_bytes()[0]);
        }
        Some(set)
    }
}

/// Larger classes are in almost every line.
const WIDEST: usize = 1 << 13;

/// Looks for many texts at once: where four bytes stand that one of them holds, or three that one is,
/// it is compared.
#[derive(Debug)]
struct Texts {
    /// A bit for every hash of bytes that a text is looked for by.
    signs: Box<[u64; HASHES / 64]>,
    /// The texts by that hash, sorted.
    by_sign: Vec<(u16, Text)>,
}

/// Bytes that a text is looked for by, and their hashes.
const SIGN: usize = 4;
const HASHES: usize = 1 << 16;

#[derive(Debug)]
struct Text {
    number: u32,
    /// How far behind its beginning these bytes stand.
    behind: usize,
    bytes: Box<[u8]>,
}

impl Texts {
    /// Texts in lower case, by their numbers. One of fewer than three bytes is not looked for.
    fn new<'t>(texts: impl Iterator<Item = &'t str>) -> Self {
        let texts: Vec<(usize, &str)> =
            texts.enumerate().filter(|(_, text)| text.len() >= SHORTEST).collect();
        let mut common: HashMap<u16, usize> = HashMap::new();
        let signs = |text: &str| {
            let bytes = text.as_bytes().to_vec();
            let (last, length) = (bytes.len().saturating_sub(SIGN), bytes.len().min(SIGN));
            (0..=last).map(move |at| (at, sign(&bytes[at..at + length])))
        };
        texts
            .iter()
            .flat_map(|(_, text)| signs(text))
            .for_each(|(_, sign)| *common.entry(sign).or_default() += 1);
        let mut found_by = Self { signs: Box::new([0; HASHES / 64]), by_sign: Vec::new() };
        for (number, text) in texts {
            // Letters around a space are in every other line, digits and signs in few.
            let telling = |at: usize| {
                text.as_bytes()[at..].iter().take(SIGN).map(|&byte| rarity(byte)).sum::<u32>()
            };
            let best = signs(text)
                .max_by_key(|&(at, sign)| (telling(at), Reverse(common[&sign]), Reverse(at)));
            let Some((behind, sign)) = best else { continue };
            set(&mut *found_by.signs, usize::from(sign));
            let text = Text { number: number as u32, behind, bytes: text.as_bytes().into() };
            found_by.by_sign.push((sign, text));
        }
        found_by.by_sign.sort_by_key(|(sign, text)| (*sign, text.number));
        found_by
    }

    /// Calls `sink` with the number of every text that stands in a lowered line, once for each
    /// place.
    fn find(&self, line: &[u8], mut sink: impl FnMut(usize)) {
        let mut look = |at: usize, bytes: &[u8]| {
            let sign = sign(bytes);
            if has(&*self.signs, usize::from(sign)) {
                self.compare(line, at, sign, &mut sink);
            }
        };
        for (at, four) in line.windows(SIGN).enumerate() {
            look(at, four);
            look(at, &four[..SHORTEST]);
        }
        if let Some(at) = line.len().checked_sub(SHORTEST) {
            look(at, &line[at..]);
        }
    }

    #[cold]
    fn compare(&self, line: &[u8], at: usize, sign: u16, sink: &mut impl FnMut(usize)) {
        let first = self.by_sign.partition_point(|(of, _)| *of < sign);
        for (_, text) in self.by_sign[first..].iter().take_while(|(of, _)| *of == sign) {
            let start = at.checked_sub(text.behind);
            if start.is_some_and(|start| line[start..].starts_with(&text.bytes)) {
                sink(text.number as usize);
            }
        }
    }
}

/// A hash of three or four bytes.
#[inline]
fn sign(bytes: &[u8]) -> u16 {
    let four = bytes.iter().rev().fold(0, |four, &byte| four << 8 | u32::from(byte));
    (four.wrapping_mul(0x9E37_79B1) >> 16) as u16
}

/// How much a lowered byte tells of a text, roughly.
fn rarity(byte: u8) -> u32 {
    match byte {
        b' ' | b'e' | b't' | b'a' | b'o' | b'n' | b'i' | b'r' | b's' => 0,
        b'l' | b'd' | b'c' | b'u' | b'm' | b'p' | b'h' => 1,
        b'a'..=b'z' | 0x80.. => 2,
        _ => 3,
    }
}

/// A line in lower case.
fn lower(line: &str, out: &mut String) {
    out.clear();
    let mut rest = line;
    while let Some(at) = rest.bytes().position(|byte| !byte.is_ascii()) {
        let (plain, beyond) = rest.split_at(at);
        out.push_str(plain);
        let end = beyond.bytes().position(|byte| byte.is_ascii()).unwrap_or(beyond.len());
        out.extend(beyond[..end].chars().map(lowered));
        rest = &beyond[end..];
    }
    out.push_str(rest);
    out.make_ascii_lowercase();
}

/// One of the characters that differ in case only, the same for all of them.
fn lowered(c: char) -> char {
    fn only(mut chars: impl Iterator<Item = char>) -> Option<char> {
        chars.next().filter(|_| chars.next().is_none())
    }
    match c {
        '\0'..='\x7F' => return c.to_ascii_lowercase(),
        '\u{2000}'..='\u{203F}' => return c, // the commonest typographic signs
        _ => {}
    }
    // Folded to one another, though their cases are of several characters (CaseFolding.txt).
    let c = match c {
        '\u{1FD3}' => '\u{390}',
        '\u{1FE3}' => '\u{3B0}',
        '\u{FB05}' => '\u{FB06}',
        c => c,
    };
    let upper = only(c.to_uppercase()).unwrap_or(c);
    only(upper.to_lowercase()).unwrap_or(upper)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use regex_syntax::hir::ClassUnicode;

    use super::*;

    fn candidates(regexes: &[&str], line: &str) -> Vec<u32> {
        let compiled: Vec<_> = regexes.iter().map(|r| Expression::parsed(r).unwrap()).collect();
        let pairs: Vec<_> = compiled.iter().map(|(e, hir)| (e, hir, usize::MAX)).collect();
        Gate::new(&pairs).candidates(line, 0, 0, &mut Sight::default()).to_vec()
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
            ("Tweeted at", vec![2]),
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

    proptest! {
        /// Held against the plain way of looking for each.
        #[test]
        fn texts_are_found_wherever_they_stand(
            texts in prop::collection::vec("[ab.é]{3,7}", 1..6), line in "[ab.é ]{0,30}"
        ) {
            let mut found = BTreeSet::new();
            Texts::new(texts.iter().map(String::as_str)).find(line.as_bytes(), |text| { found.insert(text); });
            let plain = (0..texts.len()).filter(|&text| line.contains(&texts[text]));
            prop_assert_eq!(found, plain.collect::<BTreeSet<_>>());
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
