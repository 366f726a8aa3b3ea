//! The machine that runs expressions.
//!
//! It is Thompson's, with the priorities of Pike's: leftmost match, earlier alternatives first. It
//! keeps at most one thread a step, so its time is bounded by the line times the expression, and a
//! hostile line cannot hang it.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use regex_syntax::hir::Look;

use super::compiler::Counts;
use super::expression::{Expression, Slot, Step, Way, jump};
use super::sets::Set;
use super::syntax::Part;
use crate::error::Result;

/// An expression of whole lines. It is run from the end of the line where it is dead sooner: many
/// begin with anything and end with something, which the filter, blind to counts, may see too often.
#[derive(Debug)]
pub(in crate::boilerplate) struct Whole {
    forward: Expression,
    part: Part,
    /// Found out when it is run: most never are.
    backward: OnceLock<Option<Expression>>,
}

impl Whole {
    /// Compiles an expression that matches a line from its first character to its last.
    pub(in crate::boilerplate) fn of(part: Part, sets: &Arc<[Set]>) -> Result<Self> {
        let forward = Expression::of(&part, sets)?;
        Ok(Self { forward, part, backward: OnceLock::new() })
    }

    fn backward(&self) -> Option<&Expression> {
        let find = || {
            let Expression { sets, .. } = &self.forward;
            let compile = || Expression::compiled(&[&self.part], sets, Counts::Kept, Way::Backward);
            let is_long = self.forward.lifetime().is_none();
            let backward = if is_long { compile().ok() } else { None };
            backward.filter(|backward| backward.lifetime().is_some())
        };
        self.backward.get_or_init(find).as_ref()
    }
}

/// Runs expressions; its memory is used again by the next.
#[derive(Debug, Default)]
pub(in crate::boilerplate) struct Machine<S> {
    /// The threads at a place in the line, the preferred first.
    now: Vec<Thread<S>>,
    next: Vec<Thread<S>>,
    /// For every step the round in which it was last entered: one round a place in a line.
    entered: Vec<u64>,
    round: u64,
    /// Steps still to be entered in this round, the first last.
    open: Vec<Thread<S>>,
}

/// A thread is at a step that reads the next character, or at the end.
#[derive(Debug, Default, Clone, Copy)]
struct Thread<S> {
    at: u32,
    saved: S,
}

/// What a thread remembers of its way.
pub(in crate::boilerplate) trait Saved: Copy + Default {
    /// It passes a slot at a place in the line.
    fn save(&mut self, slot: Slot, place: usize);
}

/// Nothing: whether there is a match at all.
impl Saved for () {
    fn save(&mut self, _: Slot, _: usize) {}
}

/// Places in the line, by [`Slot`].
#[derive(Debug, Clone, Copy)]
pub(in crate::boilerplate) struct Places([usize; 3]);

impl Default for Places {
    fn default() -> Self {
        Self([NOWHERE; 3])
    }
}

impl Saved for Places {
    fn save(&mut self, slot: Slot, place: usize) {
        self.0[slot as usize] = place;
    }
}

/// Stands for a place that was not passed.
const NOWHERE: usize = usize::MAX;

impl Machine<()> {
    /// Whether the expression matches the line.
    pub(in crate::boilerplate) fn matches(&mut self, whole: &Whole, line: &str) -> bool {
        match whole.backward() {
            Some(backward) => {
                let reversed: String = line.chars().rev().collect();
                self.find(backward, &reversed, 0).is_some()
            }
            None => self.find(&whole.forward, line, 0).is_some(),
        }
    }
}

impl Machine<Places> {
    /// Calls `sink` with what is to be cut out of the line: of every match the group `cut`, or all
    /// of it where there is no such group.
    pub(in crate::boilerplate) fn cuts(
        &mut self,
        expression: &Expression,
        line: &str,
        mut sink: impl FnMut(Range<usize>),
    ) {
        let mut from = 0;
        while let Some((Places([start, cut_start, cut_end]), end)) =
            self.find(expression, line, from)
        {
            let cut = if cut_end == NOWHERE { start..end } else { cut_start..cut_end };
            if !cut.is_empty() {
                sink(cut);
            }
            from = end;
            if start == end {
                let Some(c) = line[from..].chars().next() else { return };
                from += c.len_utf8();
            }
        }
    }
}

impl<S: Saved> Machine<S> {
    /// The leftmost match that begins at `from` or behind it: what its thread remembers, and its
    /// end.
    fn find(&mut self, expression: &Expression, line: &str, from: usize) -> Option<(S, usize)> {
        self.begin(expression);
        let mut found = None;
        let mut at = from;
        loop {
            if self.now.is_empty() {
                if found.is_some() {
                    return found;
                }
                at = expression.begin(line, at)?;
                self.round += 1;
            }
            let c = line[at..].chars().next();
            if found.is_none() && expression.may_begin(at, c) {
                let before = line[..at].chars().next_back();
                self.enter(expression, (before, c), at, Thread::default());
            }
            std::mem::swap(&mut self.now, &mut self.next);
            let after = at + c.map_or(0, char::len_utf8);
            found = self.read(expression, line, at..after).or(found);
            if c.is_none() {
                return found;
            }
            at = after;
        }
    }

    fn begin(&mut self, expression: &Expression) {
        self.entered.resize(expression.steps.len().max(self.entered.len()), 0);
        self.now.clear();
    }

    /// Lets the threads in `next` read the character in a range, which each of them wants; where
    /// they are then is in `now`. Gives the match of the first that is at its end; threads behind
    /// it are of no interest any more.
    fn read(&mut self, expression: &Expression, line: &str, c: Range<usize>) -> Option<(S, usize)> {
        self.round += 1;
        self.now.clear();
        let mut found = None;
        let around = (line[c.clone()].chars().next(), line[c.end..].chars().next());
        let waiting = std::mem::take(&mut self.next);
        for &Thread { at, saved } in &waiting {
            if let Step::Match = expression.steps[at as usize] {
                found = Some((saved, c.start));
                break;
            }
            self.enter(expression, around, c.end, Thread { at: at + 1, saved });
        }
        self.next = waiting;
        found
    }

    /// Adds to `now` what a thread becomes without reading at `place`, which is between two
    /// characters, as far as it wants the second.
    fn enter(
        &mut self,
        expression: &Expression,
        (before, c): (Option<char>, Option<char>),
        place: usize,
        mut thread: Thread<S>,
    ) {
        while let Step::Save(slot) = expression.steps[thread.at as usize] {
            thread.saved.save(slot, place);
            thread.at += 1;
        }
        let (closure, steps) = expression.closures().of(thread.at);
        if !steps.is_empty() {
            if closure.may_want(c) {
                self.enter_all(expression, steps, c, thread.saved);
            }
            return;
        }
        self.open.push(thread);
        while let Some(Thread { at, mut saved }) = self.open.pop() {
            if std::mem::replace(&mut self.entered[at as usize], self.round) == self.round {
                continue;
            }
            let mut open = |at| self.open.push(Thread { at, saved });
            let to = |by| jump(at as usize, by) as u32;
            match expression.steps[at as usize] {
                Step::One(set) => {
                    if c.is_some_and(|c| expression.sets[set as usize].has(c)) {
                        self.now.push(Thread { at, saved });
                    }
                }
                Step::Match => self.now.push(Thread { at, saved }),
                Step::Jump(by) => open(to(by)),
                Step::Split(first, second) => {
                    open(to(second));
                    open(to(first));
                }
                Step::Look(look) if is_seen(look, before, c) => open(at + 1),
                Step::Look(_) => {}
                Step::Save(slot) => {
                    saved.save(slot, place);
                    self.open.push(Thread { at: at + 1, saved });
                }
            }
        }
    }

    /// Adds to `now` those of these steps, which read or are the end, that want the character.
    fn enter_all(&mut self, expression: &Expression, steps: &[u32], c: Option<char>, saved: S) {
        for &at in steps {
            let is_new =
                std::mem::replace(&mut self.entered[at as usize], self.round) != self.round;
            let wants = || match expression.steps[at as usize] {
                Step::One(set) => c.is_some_and(|c| expression.sets[set as usize].has(c)),
                _ => true,
            };
            if is_new && wants() {
                self.now.push(Thread { at, saved });
            }
        }
    }
}

impl Expression {
    /// The first place from `at` on where a match may begin.
    fn begin(&self, line: &str, at: usize) -> Option<usize> {
        let first = if self.anchored { None } else { self.first() };
        let Some(first) = first else { return (!self.anchored || at == 0).then_some(at) };
        line[at..].char_indices().find(|&(_, c)| first.has(c)).map(|(by, _)| at + by)
    }

    fn may_begin(&self, at: usize, c: Option<char>) -> bool {
        (!self.anchored || at == 0)
            && self.first().is_none_or(|first| c.is_some_and(|c| first.has(c)))
    }
}

/// Whether between two characters is to be seen what an expression wants there.
fn is_seen(look: Look, before: Option<char>, after: Option<char>) -> bool {
    let unicode = |c: Option<char>| c.is_some_and(is_word);
    let ascii = |c: Option<char>| c.is_some_and(is_ascii_word);
    let (word, word_ascii) = ((unicode(before), unicode(after)), (ascii(before), ascii(after)));
    match look {
        Look::Start => before.is_none(),
        Look::End => after.is_none(),
        Look::StartLF => before.is_none_or(|c| c == '\n'),
        Look::EndLF => after.is_none_or(|c| c == '\n'),
        Look::StartCRLF => before.is_none_or(|c| c == '\n' || c == '\r' && after != Some('\n')),
        Look::EndCRLF => after.is_none_or(|c| c == '\r' || c == '\n' && before != Some('\r')),
        Look::WordAscii => word_ascii.0 != word_ascii.1,
        Look::WordAsciiNegate => word_ascii.0 == word_ascii.1,
        Look::WordUnicode => word.0 != word.1,
        Look::WordUnicodeNegate => word.0 == word.1,
        Look::WordStartAscii => !word_ascii.0 && word_ascii.1,
        Look::WordEndAscii => word_ascii.0 && !word_ascii.1,
        Look::WordStartUnicode => !word.0 && word.1,
        Look::WordEndUnicode => word.0 && !word.1,
        Look::WordStartHalfAscii => !word_ascii.0,
        Look::WordEndHalfAscii => !word_ascii.1,
        Look::WordStartHalfUnicode => !word.0,
        Look::WordEndHalfUnicode => !word.1,
    }
}

fn is_word(c: char) -> bool {
    // The tables of word characters are always there: the feature is on by default.
    regex_syntax::try_is_word_character(c).unwrap_or_default()
}

fn is_ascii_word(c: char) -> bool {
    c.is_ascii() && regex_syntax::is_word_byte(c as u8)
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;
    use regex::RegexBuilder;

    use super::*;
    use crate::boilerplate::expressions::Syntax;
    use crate::boilerplate::rules::{Matcher, Rules};

    pub(in crate::boilerplate) fn cuts(regex: &str, line: &str) -> Vec<Range<usize>> {
        let mut cuts = Vec::new();
        Machine::<Places>::default().cuts(&Expression::new(regex).unwrap(), line, |cut| {
            cuts.push(cut);
        });
        cuts
    }

    fn whole(regex: &str) -> Whole {
        let mut syntax = Syntax::default();
        let part = syntax.read(regex).unwrap();
        Whole::of(part, &syntax.sets()).unwrap()
    }

    fn cuts_of_the_library(regex: &str, line: &str) -> Vec<Range<usize>> {
        let regex = RegexBuilder::new(regex).case_insensitive(true).build().unwrap();
        let cuts = regex
            .captures_iter(line)
            .filter_map(|found| found.name("cut").or_else(|| found.get(0)).map(|cut| cut.range()));
        cuts.filter(|cut| !cut.is_empty()).collect()
    }

    pub(in crate::boilerplate) const REGEXES: &[&str] = &[
        "a",
        "a|ab|abc",
        "(?:a|ab)(?:c|bcd)d*",
        "(?P<cut>a+)b|c",
        "(?P<cut>b)?a",
        "a*?b",
        "(?:a|b*)*",
        "(?:a*)+",
        "(?:a?){2,4}b",
        "(?:ab?){0,3}?",
        "^a|b$",
        r"^\s*(?P<cut>[a-c ]{1,3}) é",
        r"\b\w{2,4}\b",
        r"\Bé",
        r"(?-u:\b)a",
        "(?-i:A)[^b]{0,3}B",
        "[^.!?]{0,4}ſ",
        "k[éÉ]|ß",
        "(?m)^b|a$",
        ".+(?:ssk|abc) ?[a-z]?",
        "(?:.+kss|.*c(?:s.)?d.*)(?:a.+)?",
        r".*[sk]{3}\.?$|^abc.*",
        "",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn the_machine_finds_what_the_library_finds(
            regex in prop::sample::select(REGEXES), line in "[aAbBcdéÉſsSK. \\n]{0,12}"
        ) {
            prop_assert_eq!(cuts(regex, &line), cuts_of_the_library(regex, &line), "{} {:?}", regex, line);
        }
    }

    proptest! {
        #[test]
        fn the_machine_matches_where_the_library_matches(
            regex in prop::sample::select(REGEXES), line in "[aAbBcdéÉſsSK. \\n]{0,12}"
        ) {
            let regex = format!("^(?:{regex})$");
            let library = RegexBuilder::new(&regex).case_insensitive(true).build().unwrap();
            let mut matcher = Machine::<()>::default();
            let whole = whole(&regex);
            let found = matcher.matches(&whole, &line);
            prop_assert_eq!(found, library.is_match(&line), "{} {:?}", regex, line);
            let (part, sets) = (&whole.part, &whole.forward.sets);
            let backward = Expression::compiled(&[part], sets, Counts::Kept, Way::Backward).unwrap();
            let reversed: String = line.chars().rev().collect();
            prop_assert_eq!(matcher.find(&backward, &reversed, 0).is_some(), found, "{} {:?}", regex, line);
        }
    }

    /// On the lines that rules show, each expression of a rule says what the library says.
    #[test]
    fn the_rules_find_what_the_library_finds() {
        let rules = Rules::built_in().unwrap();
        let lines: Vec<&String> =
            rules.all().flat_map(|rule| rule.drops.iter().chain(&rule.keeps)).collect();
        for rule in rules.all() {
            let (Matcher::Pattern(regex) | Matcher::Span(regex)) = &rule.matcher else { continue };
            let library = RegexBuilder::new(regex)
                .case_insensitive(true)
                .size_limit(64 << 20)
                .build()
                .unwrap();
            let expression = Expression::new(regex).unwrap();
            let (mut cutter, mut matcher) =
                (Machine::<Places>::default(), Machine::<()>::default());
            let whole = whole(&format!("^(?:{regex})$"));
            let own = rule.drops.iter().chain(&rule.keeps);
            for line in own.chain(lines.iter().copied().step_by(17)) {
                let mut found = Vec::new();
                cutter.cuts(&expression, line, |cut| found.push(cut));
                let cut = library.captures_iter(line).filter_map(|found| {
                    found.name("cut").or_else(|| found.get(0)).map(|cut| cut.range())
                });
                let wanted: Vec<_> = cut.filter(|cut| !cut.is_empty()).collect();
                assert_eq!(found, wanted, "{}: {line}", rule.id);
                let is_whole = library.find_iter(line).any(|found| found.len() == line.len());
                if is_whole {
                    assert!(matcher.matches(&whole, line), "{}: {line}", rule.id);
                }
            }
        }
    }

    #[test]
    fn a_hostile_line_costs_its_length_times_the_expression() {
        let (regex, line) = (r"^(?:(?:a*)*)*b$", "a".repeat(20_000));
        assert!(!Machine::<()>::default().matches(&whole(regex), &line));
        let expression = Expression::new(regex).unwrap();
        let mut cuts = Vec::new();
        Machine::<Places>::default().cuts(&expression, &line, |cut| cuts.push(cut));
        assert!(cuts.is_empty());
    }

    #[test]
    fn what_is_wrong_with_an_expression_is_said() {
        let told = |regex: &str| Expression::new(regex).unwrap_err().to_string();
        assert!(told("(a").contains("unclosed group"), "{}", told("(a"));
        assert!(told("(?:a{1000}){1000}").contains("too large"));
    }
}
