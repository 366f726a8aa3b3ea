//! What regular expressions mean, character by character.
//!
//! The library reads and translates them. What it makes of a letter or a class where case does not
//! count is kept for the next time: that takes it thousands of instructions a letter, and a
//! language's rules hold the same few letters twenty thousand times.

use std::collections::HashMap;

use regex_syntax::ast::{Ast, GroupKind, RepetitionKind, RepetitionRange, parse};
use regex_syntax::hir::translate::{Translator, TranslatorBuilder};
use regex_syntax::hir::{Capture, Hir, Repetition};

/// Reads expressions, blind to case.
#[derive(Debug)]
pub(super) struct Syntax {
    translator: Translator,
    /// By the text of a letter, a class or another part that holds no other.
    known: HashMap<String, Hir>,
}

impl Default for Syntax {
    fn default() -> Self {
        Self { translator: translator(), known: HashMap::new() }
    }
}

fn translator() -> Translator {
    TranslatorBuilder::new().case_insensitive(true).build()
}

impl Syntax {
    /// Reads an expression, or says what is wrong with it.
    pub(super) fn read(&mut self, regex: &str) -> Result<Hir, String> {
        let ast = parse::Parser::new().parse(regex).map_err(|e| e.to_string())?;
        match self.translate(regex, &ast) {
            Some(hir) => Ok(hir),
            // By another one: it keeps the flags that an expression sets.
            None => translator().translate(regex, &ast).map_err(|e| e.to_string()),
        }
    }

    /// What a part of an expression means; none where the library must see it as a whole.
    fn translate(&mut self, regex: &str, ast: &Ast) -> Option<Hir> {
        match ast {
            // It changes what the parts behind it mean.
            Ast::Flags(_) => None,
            Ast::Concat(row) => self.all(regex, &row.asts).map(Hir::concat),
            Ast::Alternation(all) => self.all(regex, &all.asts).map(Hir::alternation),
            Ast::Repetition(repetition) => {
                let (min, max) = counts(&repetition.op.kind);
                let sub = Box::new(self.translate(regex, &repetition.ast)?);
                Some(Hir::repetition(Repetition { min, max, greedy: repetition.greedy, sub }))
            }
            Ast::Group(group) => {
                let (index, name) = match &group.kind {
                    GroupKind::CaptureIndex(index) => (*index, None),
                    GroupKind::CaptureName { name, .. } => {
                        (name.index, Some(name.name.as_str().into()))
                    }
                    GroupKind::NonCapturing(flags) if flags.items.is_empty() => {
                        return self.translate(regex, &group.ast);
                    }
                    GroupKind::NonCapturing(_) => return self.look_up(regex, ast),
                };
                let sub = Box::new(self.translate(regex, &group.ast)?);
                Some(Hir::capture(Capture { index, name, sub }))
            }
            _ => self.look_up(regex, ast),
        }
    }

    fn all(&mut self, regex: &str, parts: &[Ast]) -> Option<Vec<Hir>> {
        parts.iter().map(|part| self.translate(regex, part)).collect()
    }

    fn look_up(&mut self, regex: &str, ast: &Ast) -> Option<Hir> {
        let span = ast.span();
        let text = &regex[span.start.offset..span.end.offset];
        if let Some(known) = self.known.get(text) {
            return Some(known.clone());
        }
        let hir = self.translator.translate(regex, ast).ok()?;
        self.known.insert(text.to_owned(), hir.clone());
        Some(hir)
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
    use crate::boilerplate::expression::tests::REGEXES;
    use crate::boilerplate::rules::{Matcher, Rules};

    #[test]
    fn expressions_mean_what_the_library_says() {
        let rules = Rules::built_in().unwrap();
        let of_rules = rules.all().filter_map(|rule| match &rule.matcher {
            Matcher::Pattern(regex) | Matcher::Span(regex) => Some(regex.as_str()),
            _ => None,
        });
        let more = ["(?s)a.(?i:b)", "x(?-i)y|z", "(?U)a*b", "(a)(?<n>b(c))", "", "a||b", "[^a]\\d"];
        let mut syntax = Syntax::default();
        for regex in of_rules.chain(REGEXES.iter().copied()).chain(more) {
            let library = ParserBuilder::new().case_insensitive(true).build().parse(regex).unwrap();
            assert_eq!(syntax.read(regex), Ok(library), "{regex}");
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
