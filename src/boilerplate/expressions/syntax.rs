//! What regular expressions mean, character by character.
//!
//! The library reads them and says which characters a letter or a class stands for where case does
//! not count. That takes it thousands of instructions a letter, and a language's rules hold the same
//! few letters twenty thousand times; so it is asked once, and a letter is the number of a set.

use std::collections::HashMap;
use std::sync::Arc;

use regex_syntax::ast::{
    Ast, ClassBracketed, ClassSet, ClassSetItem, ClassSetUnion, GroupKind, RepetitionKind,
    RepetitionRange, parse,
};
use regex_syntax::hir::translate::{Translator, TranslatorBuilder};
use regex_syntax::hir::{Class, Hir, HirKind, Look};

use super::sets::{Set, Sets};

/// The group that says what is to be cut out.
const CUT: &str = "cut";

/// An expression or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::boilerplate) enum Part {
    /// Nothing is read.
    Empty,
    /// A character of a set.
    One(u32),
    /// What must be seen without being read.
    Look(Look),
    Repeated(Box<Repeated>),
    /// What is to be cut out.
    Cut(Box<Part>),
    /// One behind the other; none of them is a row itself.
    Row(Vec<Part>),
    /// The preferred first.
    Either(Vec<Part>),
}

/// A part that stands more than once, or may be missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::boilerplate) struct Repeated {
    pub(super) min: u32,
    /// None where there is no most.
    pub(super) max: Option<u32>,
    /// Whether rather more is read than less.
    pub(super) greedy: bool,
    pub(super) part: Part,
}

impl Part {
    /// One behind the other.
    fn row(parts: Vec<Self>) -> Self {
        let is_nested = |part: &Self| matches!(part, Self::Row(_) | Self::Empty);
        let mut row = parts;
        if row.iter().any(is_nested) {
            row = row.into_iter().flat_map(Self::into_row).collect();
        }
        match row.len() {
            0 => Self::Empty,
            1 => row.remove(0),
            _ => Self::Row(row),
        }
    }

    /// The parts that follow one another in it.
    fn into_row(self) -> Vec<Self> {
        match self {
            Self::Row(row) => row,
            Self::Empty => Vec::new(),
            part => vec![part],
        }
    }

    /// One of them. Characters are one set together. What all begin with is taken out: fewer
    /// alternatives are told apart sooner.
    fn either(parts: Vec<Self>, sets: &mut Sets) -> Self {
        let mut all = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Self::Either(more) => all.extend(more),
                part => all.push(part),
            }
        }
        if all.len() < 2 {
            return all.pop().unwrap_or(Self::Empty);
        }
        if let Some(numbers) = all.iter().map(Self::one).collect::<Option<Vec<u32>>>() {
            let union = Set::union(numbers.iter().map(|&number| sets.get(number)));
            return Self::One(sets.number(union));
        }
        let common = common(&all);
        if common == 0 {
            return Self::Either(all);
        }
        let mut row = Vec::new();
        let rest = |part: Self| {
            row = part.into_row();
            Self::row(row.split_off(common))
        };
        let rests = all.into_iter().map(rest).collect();
        row.push(Self::either(rests, sets));
        Self::row(row)
    }

    /// The set, where it is one character.
    fn one(&self) -> Option<u32> {
        if let Self::One(set) = self { Some(*set) } else { None }
    }

    /// The most characters that it can match.
    pub(super) fn longest(&self) -> usize {
        match self {
            Self::Empty | Self::Look(_) => 0,
            Self::One(_) => 1,
            Self::Repeated(repeated) => {
                let most = repeated.max.map_or(usize::MAX, |max| max as usize);
                most.saturating_mul(repeated.part.longest())
            }
            Self::Cut(part) => part.longest(),
            Self::Row(row) => longest(row.iter()),
            Self::Either(all) => all.iter().map(Self::longest).max().unwrap_or(0),
        }
    }
}

/// With how many parts all these rows begin alike; none where any is no row.
fn common(all: &[Part]) -> usize {
    let [Part::Row(first), rest @ ..] = all else { return 0 };
    let common = |part: &Part| match part {
        Part::Row(row) => row.iter().zip(first).take_while(|(a, b)| a == b).count(),
        _ => 0,
    };
    rest.iter().map(common).min().unwrap_or(0)
}

/// The most characters that a row of parts can match.
pub(super) fn longest<'p>(row: impl IntoIterator<Item = &'p Part>) -> usize {
    row.into_iter().map(Part::longest).fold(0, usize::saturating_add)
}

/// Reads expressions, blind to case.
#[derive(Debug)]
pub(in crate::boilerplate) struct Syntax {
    translator: Translator,
    /// By the text of a letter, a class or another part that holds no other.
    known: HashMap<String, Part>,
    /// The same by a text of one byte, as most are.
    letters: [Option<Part>; 128],
    sets: Sets,
}

impl Default for Syntax {
    fn default() -> Self {
        let letters = [const { None }; 128];
        Self { translator: translator(), known: HashMap::new(), letters, sets: Sets::default() }
    }
}

fn translator() -> Translator {
    TranslatorBuilder::new().case_insensitive(true).build()
}

impl Syntax {
    /// Reads an expression, or says what is wrong with it.
    pub(in crate::boilerplate) fn read(&mut self, regex: &str) -> Result<Part, String> {
        let ast = parse::Parser::new().parse(regex).map_err(|e| e.to_string())?;
        match self.translate(regex, &ast) {
            Some(part) => Ok(part),
            // By another one: it keeps the flags that an expression sets.
            None => translator()
                .translate(regex, &ast)
                .map_err(|e| e.to_string())
                .map(|hir| self.part(&hir)),
        }
    }

    /// The sets that the expressions read so far are made of.
    pub(in crate::boilerplate) fn sets(&self) -> Arc<[Set]> {
        self.sets.all()
    }

    /// What a part of an expression means; none where the library must see it as a whole.
    fn translate(&mut self, regex: &str, ast: &Ast) -> Option<Part> {
        match ast {
            // It changes what the parts behind it mean.
            Ast::Flags(_) => None,
            Ast::Concat(row) => self.all(regex, &row.asts).map(Part::row),
            Ast::Alternation(all) => {
                self.all(regex, &all.asts).map(|all| Part::either(all, &mut self.sets))
            }
            Ast::Repetition(repetition) => {
                let (min, max) = counts(&repetition.op.kind);
                let part = self.translate(regex, &repetition.ast)?;
                let greedy = repetition.greedy;
                Some(Part::Repeated(Box::new(Repeated { min, max, greedy, part })))
            }
            Ast::Group(group) => match &group.kind {
                GroupKind::NonCapturing(flags) if !flags.items.is_empty() => {
                    self.look_up(regex, ast)
                }
                GroupKind::CaptureName { name, .. } if name.name == CUT => {
                    self.translate(regex, &group.ast).map(|part| Part::Cut(Box::new(part)))
                }
                _ => self.translate(regex, &group.ast),
            },
            _ => self.look_up(regex, ast),
        }
    }

    fn all(&mut self, regex: &str, parts: &[Ast]) -> Option<Vec<Part>> {
        let mut all = Vec::with_capacity(parts.len());
        for part in parts {
            all.push(self.translate(regex, part)?);
        }
        Some(all)
    }

    fn look_up(&mut self, regex: &str, ast: &Ast) -> Option<Part> {
        let span = ast.span();
        let text = &regex[span.start.offset..span.end.offset];
        let letter = if let &[byte] = text.as_bytes() { Some(usize::from(byte)) } else { None };
        let known = match letter {
            Some(letter) => self.letters[letter].as_ref(),
            None => self.known.get(text),
        };
        if let Some(known) = known {
            return Some(known.clone());
        }
        let part = match self.taken_apart(regex, ast) {
            Some(part) => part,
            None => self.ask(regex, ast)?,
        };
        match letter {
            Some(letter) => self.letters[letter] = Some(part.clone()),
            None => drop(self.known.insert(text.to_owned(), part.clone())),
        }
        Some(part)
    }

    /// What the library says of a part.
    fn ask(&mut self, regex: &str, ast: &Ast) -> Option<Part> {
        let hir = self.translator.translate(regex, ast).ok()?;
        Some(self.part(&hir))
    }

    /// `[\w -]` as `\w` and `[ -]`: there are many such classes, and each time the library would fold the
    /// case of all letters there are.
    fn taken_apart(&mut self, regex: &str, ast: &Ast) -> Option<Part> {
        let Ast::ClassBracketed(class) = ast else { return None };
        let (false, ClassSet::Item(ClassSetItem::Union(union))) = (class.negated, &class.kind)
        else {
            return None;
        };
        // Of `\W` the case would have to be folded together with the rest.
        let is_plain =
            |item: &ClassSetItem| matches!(item, ClassSetItem::Perl(perl) if !perl.negated);
        let at = union.items.iter().position(is_plain)?;
        let mut items = union.items.clone();
        let ClassSetItem::Perl(perl) = items.remove(at) else { return None };
        let kind = ClassSet::Item(ClassSetItem::Union(ClassSetUnion { span: union.span, items }));
        let rest = Ast::class_bracketed(ClassBracketed { kind, ..(**class).clone() });
        let rest = match self.taken_apart(regex, &rest) {
            Some(rest) => rest,
            None => self.ask(regex, &rest)?,
        };
        let perl = self.look_up(regex, &Ast::class_perl(perl))?;
        Some(Part::either(vec![perl, rest], &mut self.sets))
    }

    /// What the library says of a part, in our words.
    fn part(&mut self, hir: &Hir) -> Part {
        match hir.kind() {
            HirKind::Empty => Part::Empty,
            HirKind::Literal(literal) => {
                // Without the flag for bytes, which is an error, literals are text.
                let text = String::from_utf8_lossy(&literal.0);
                Part::row(text.chars().map(|c| self.one([(c, c)])).collect())
            }
            HirKind::Class(Class::Unicode(class)) => {
                self.one(class.iter().map(|range| (range.start(), range.end())))
            }
            HirKind::Class(Class::Bytes(class)) => {
                self.one(class.iter().map(|range| (range.start().into(), range.end().into())))
            }
            HirKind::Look(look) => Part::Look(*look),
            HirKind::Repetition(repetition) => Part::Repeated(Box::new(Repeated {
                min: repetition.min,
                max: repetition.max,
                greedy: repetition.greedy,
                part: self.part(&repetition.sub),
            })),
            HirKind::Capture(capture) => {
                let part = self.part(&capture.sub);
                let is_cut = capture.name.as_deref() == Some(CUT);
                if is_cut { Part::Cut(Box::new(part)) } else { part }
            }
            HirKind::Concat(parts) => Part::row(parts.iter().map(|part| self.part(part)).collect()),
            HirKind::Alternation(parts) => {
                let parts = parts.iter().map(|part| self.part(part)).collect();
                Part::either(parts, &mut self.sets)
            }
        }
    }

    fn one(&mut self, ranges: impl IntoIterator<Item = (char, char)>) -> Part {
        Part::One(self.sets.number(Set::of(ranges)))
    }
}

/// How often something stands at least, and at most if there is a most.
fn counts(kind: &RepetitionKind) -> (u32, Option<u32>) {
    match *kind {
        RepetitionKind::ZeroOrOne => (0, Some(1)),
        RepetitionKind::ZeroOrMore => (0, None),
        RepetitionKind::OneOrMore => (1, None),
        RepetitionKind::Range(RepetitionRange::Exactly(count)) => (count, Some(count)),
        RepetitionKind::Range(RepetitionRange::AtLeast(min)) => (min, None),
        RepetitionKind::Range(RepetitionRange::Bounded(min, max)) => (min, Some(max)),
    }
}

#[cfg(test)]
mod tests {
    use regex_syntax::ParserBuilder;

    use super::*;
    use crate::boilerplate::expressions::machine::tests::REGEXES;
    use crate::boilerplate::rules::{Matcher, Rules};

    #[test]
    fn expressions_mean_what_the_library_says() {
        let rules = Rules::built_in().unwrap();
        let of_rules = rules.all().filter_map(|rule| match &rule.matcher {
            Matcher::Pattern(regex) | Matcher::Span(regex) => Some(regex.as_str()),
            _ => None,
        });
        let more = ["(?s)a.(?i:b)", "x(?-i)y|z", "(?U)a*b", "(a)(?<n>b(c))", "", "a||b", "[^a]\\d"]
            .into_iter()
            .chain([
                "[\\w-]",
                "[k\\s\\w]",
                "[\\d\\d]",
                "[\\W-]",
                "[^\\w-]",
                "[\\w&&[^k]]",
                "(?-i:[\\wK])",
            ]);
        let mut syntax = Syntax::default();
        for regex in of_rules.chain(REGEXES.iter().copied()).chain(more) {
            let library = ParserBuilder::new().case_insensitive(true).build().parse(regex).unwrap();
            assert_eq!(syntax.read(regex), Ok(syntax.part(&library)), "{regex}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_in_the_library_s_words() {
        for regex in ["(a", r"\p{Nothing}", "[b-a]", "(?-i:\\p{x})", "(?-u:\\xFF)"] {
            let library = ParserBuilder::new().case_insensitive(true).build().parse(regex);
            let told = library.unwrap_err().to_string();
            assert_eq!(Syntax::default().read(regex), Err(told), "{regex}");
        }
    }
}
