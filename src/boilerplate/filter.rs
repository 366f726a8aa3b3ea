//! Which of many expressions may match a line: all of them in one pass over its characters.
//!
//! Rules hold a hundred expressions and almost no line matches any of them. Read without their
//! counts (`[^.!?]{0,70}` as `[^.!?]*`), expressions match all they matched and a little more, and
//! have few places to be in; so all of them together run as one automaton. Its states, the sets of
//! places that come up, are found out as lines come, and each remembers what every class of
//! characters made of it (lazy determinization; Cox, *Regular Expression Matching in the Wild*,
//! 2010). What may match is then run by the machine, which counts.
//!
//! The states are a cache: what they say is what the steps say, whichever lines came before.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasherDefault;
use std::slice;

use regex_syntax::hir::{Hir, Look};

use super::expression::{Expression, Set, Step, jump};
use crate::error::Result;
use crate::hash;

/// The filters of a language's expressions. They are three, since the states of one are the
/// product of what its expressions do side by side: what begins with certain words is dead behind
/// them, what begins with anything is alive for long, and what may stand anywhere is never dead.
#[derive(Debug)]
pub(super) struct Filters {
    /// Whole lines that begin with one of few characters at every place.
    narrow: Filter,
    /// Whole lines that begin with anything.
    wide: Filter,
    /// Spans.
    spans: Filter,
    classes: Classes,
    /// How many expressions there are.
    count: usize,
}

/// What the filters have found out; its memory is used again for the next line.
#[derive(Debug, Default)]
pub(super) struct Sight {
    narrow: States,
    wide: States,
    spans: States,
    /// The classes of a line's characters.
    line: Vec<u16>,
    may: Bits,
}

impl Filters {
    /// Of expressions by their numbers, of which those from `first_span` on are spans.
    pub(super) fn new(syntaxes: &[Hir], first_span: usize) -> Result<Self> {
        let (mut narrow, mut wide, mut spans) =
            (Filter::default(), Filter::default(), Filter::default());
        let mut sets = Sets::default();
        for (number, hir) in syntaxes.iter().enumerate() {
            let expression = Expression::uncounted(hir)?;
            let filter = match () {
                () if number >= first_span => &mut spans,
                () if expression.begins_with(|set| set.len() > NARROWEST) => &mut wide,
                () => &mut narrow,
            };
            filter.add(number as u32, expression, &mut sets);
        }
        let classes = Classes::new(&sets.all);
        Ok(Self { narrow, wide, spans, classes, count: syntaxes.len() })
    }

    /// The expressions that may match a line, in their order; of a paragraph, spans only.
    pub(super) fn candidates<'s>(
        &self,
        line: &str,
        is_paragraph: bool,
        sight: &'s mut Sight,
    ) -> impl Iterator<Item = usize> + use<'s> {
        let Sight { narrow, wide, spans, line: signs, may } = sight;
        let signs = self.classes.read(line, signs);
        may.clear(self.count);
        let whole = [(narrow, &self.narrow), (wide, &self.wide)];
        let whole = whole.into_iter().filter(|_| !is_paragraph);
        for (states, filter) in whole.chain([(spans, &self.spans)]) {
            Run { filter, classes: &self.classes, states, may }.line(signs);
        }
        may.ones()
    }
}

/// Larger sets are letters of some kind, which many lines begin with.
const NARROWEST: usize = 32;

/// A set of numbers.
#[derive(Debug, Default)]
struct Bits(Vec<u64>);

impl Bits {
    fn clear(&mut self, count: usize) {
        self.0.clear();
        self.0.resize(count.div_ceil(64), 0);
    }

    fn add(&mut self, number: u32) {
        self.0[number as usize / 64] |= 1 << (number % 64);
    }

    fn ones(&self) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().flat_map(|(i, &bits)| {
            let rest = std::iter::successors((bits != 0).then_some(bits), |bits| {
                let rest = bits & (bits - 1);
                (rest != 0).then_some(rest)
            });
            rest.map(move |bits| 64 * i + bits.trailing_zeros() as usize)
        })
    }
}

/// Sets of characters, each once.
#[derive(Debug, Default)]
struct Sets {
    all: Vec<Set>,
    numbers: HashMap<Set, u32>,
}

impl Sets {
    fn number(&mut self, set: &Set) -> u32 {
        if let Some(&number) = self.numbers.get(set) {
            return number;
        }
        let number = self.all.len() as u32;
        self.all.push(set.clone());
        self.numbers.insert(set.clone(), number);
        number
    }
}

/// The steps of many expressions, one behind the other.
#[derive(Debug, Default)]
struct Filter {
    steps: Vec<Step>,
    /// Where each expression begins, and its number.
    expressions: Vec<(u32, u32)>,
    /// Where those begin that may match behind a line's beginning.
    floating: Vec<u32>,
}

impl Filter {
    fn add(&mut self, number: u32, expression: Expression, sets: &mut Sets) {
        let start = self.steps.len() as u32;
        self.expressions.push((start, number));
        if !expression.anchored {
            self.floating.push(start);
        }
        self.steps.extend(expression.steps.iter().map(|step| match *step {
            Step::One(set) => Step::One(sets.number(&expression.sets[set as usize])),
            step => step,
        }));
    }

    /// The number of the expression that has a step.
    fn owner(&self, step: u32) -> u32 {
        self.expressions[self.expressions.partition_point(|(start, _)| *start <= step) - 1].1
    }

    /// The place that opens what this one opens: many ways through an expression meet again.
    fn place(&self, mut step: usize) -> u32 {
        loop {
            match self.steps[step] {
                Step::Jump(by) => step = jump(step, by),
                Step::Save(_) => step += 1,
                _ => return step as u32,
            }
        }
    }

    /// What may come behind a place. `entered` has no bit set, before or after.
    fn open(&self, place: u32, entered: &mut [bool]) -> Open {
        let (mut open, mut seen, mut last) = (Open::default(), Vec::new(), Vec::new());
        let mut ways = vec![place];
        let mut at_end = false;
        while let Some(at) = ways.pop() {
            if !std::mem::replace(&mut entered[at as usize], true) {
                seen.push(at);
                let to = |by| jump(at as usize, by) as u32;
                match self.steps[at as usize] {
                    Step::One(_) if at_end => {}
                    Step::One(set) => open.reads.push((set, self.place(at as usize + 1))),
                    Step::Match if at_end => open.ending.push(self.owner(at)),
                    Step::Match => open.matched.push(self.owner(at)),
                    Step::Jump(by) => ways.push(to(by)),
                    Step::Split(one, other) => ways.extend([to(one), to(other)]),
                    Step::Look(Look::End) => last.push(at + 1),
                    // What else is to be seen may be seen.
                    Step::Look(_) | Step::Save(_) => ways.push(at + 1),
                }
            }
            if ways.is_empty() {
                // Behind all other ways those that only the end of the line opens.
                at_end = true;
                ways.append(&mut last);
            }
        }
        seen.iter().for_each(|&at| entered[at as usize] = false);
        open
    }
}

/// What may come behind a place.
#[derive(Debug, Default)]
struct Open {
    /// A character of a set, and the place behind it.
    reads: Vec<(u32, u32)>,
    /// The end of an expression, anywhere.
    matched: Vec<u32>,
    /// The end of an expression, where the line ends.
    ending: Vec<u32>,
    /// Where there is much to read, the places behind what a class reads, as far as they are known.
    by_class: hash::Map<Vec<u32>>,
}

/// Fewer sets are looked at one by one.
const MANY_READS: usize = 8;

impl Open {
    /// Adds the places behind what a class reads.
    fn read(&mut self, class: u16, classes: &Classes, places: &mut Vec<u32>) {
        let Self { reads, by_class, .. } = self;
        let sets = classes.sets(class);
        if reads.len() < MANY_READS {
            for (_, place) in reads.iter().filter(|(set, _)| has(sets, *set)) {
                places.push(*place);
            }
        } else {
            places.extend_from_slice(by_class.entry(class.into()).or_insert_with(|| {
                let reading = reads.iter().filter(|(set, _)| has(sets, *set));
                reading.map(|(_, place)| *place).collect()
            }));
        }
    }
}

/// Characters that are in the same sets are of one class.
#[derive(Debug)]
struct Classes {
    /// By a character's upper bits where its page begins.
    index: Vec<u32>,
    /// By a page's beginning and a character's lower bits its class.
    pages: Vec<u16>,
    ascii: [u16; 128],
    /// Of every class the sets, a bit each.
    sets: Vec<u64>,
    /// Words of 64 sets.
    width: usize,
    count: usize,
}

/// Characters of a page.
const PAGE: usize = 256;

impl Classes {
    fn new(sets: &[Set]) -> Self {
        // Where sets begin and end; a set that begins where it ends goes on.
        let mut borders: BTreeMap<u32, Vec<usize>> = BTreeMap::from([(0, Vec::new())]);
        for (number, set) in sets.iter().enumerate() {
            for (first, last) in set.ranges() {
                borders.entry(first as u32).or_default().push(number);
                borders.entry(last as u32 + 1).or_default().push(number);
            }
        }
        let width = sets.len().div_ceil(64).max(1);
        let mut known: HashMap<Vec<u64>, u16> = HashMap::new();
        let mut all = vec![0; char::MAX as usize + 1];
        let (mut now, mut of_classes) = (vec![0; width], Vec::new());
        let ends: Vec<u32> = borders.keys().skip(1).copied().chain([all.len() as u32]).collect();
        for ((border, numbers), end) in borders.into_iter().zip(ends) {
            for number in numbers {
                now[number / 64] ^= 1 << (number % 64);
            }
            let class = *known.entry(now.clone()).or_insert_with_key(|sets| {
                of_classes.extend(sets);
                (of_classes.len() / width - 1) as u16
            });
            if let Some(between) = all.get_mut(border as usize..end as usize) {
                between.fill(class);
            }
        }
        let (mut index, mut pages) = (Vec::new(), Vec::new());
        let mut beginnings: HashMap<&[u16], u32> = HashMap::new();
        for page in all.chunks(PAGE) {
            index.push(*beginnings.entry(page).or_insert_with(|| {
                pages.extend(page);
                (pages.len() - page.len()) as u32
            }));
        }
        let ascii = std::array::from_fn(|c| all[c]);
        Self { index, pages, ascii, count: known.len(), sets: of_classes, width }
    }

    fn of(&self, c: char) -> u16 {
        let page = self.index[c as usize / PAGE] as usize;
        self.pages[page + c as usize % PAGE]
    }

    /// The classes of a line's characters; `signs` is scratch space.
    fn read<'s>(&self, line: &str, signs: &'s mut Vec<u16>) -> &'s [u16] {
        if signs.len() < line.len() {
            signs.resize(line.len(), 0);
        }
        let (mut count, mut rest) = (0, line);
        while !rest.is_empty() {
            let plain = rest.bytes().position(|byte| !byte.is_ascii()).unwrap_or(rest.len());
            for (sign, byte) in signs[count..].iter_mut().zip(&rest.as_bytes()[..plain]) {
                *sign = self.ascii[usize::from(byte & 127)];
            }
            count += plain;
            let mut beyond = rest[plain..].chars();
            if let Some(c) = beyond.next() {
                signs[count] = self.of(c);
                count += 1;
            }
            rest = beyond.as_str();
        }
        &signs[..count]
    }

    /// The sets that a class is in.
    fn sets(&self, class: u16) -> &[u64] {
        &self.sets[usize::from(class) * self.width..][..self.width]
    }
}

fn has(bits: &[u64], number: u32) -> bool {
    bits[number as usize / 64] >> (number % 64) & 1 == 1
}

/// The states of a filter, as far as they are known.
#[derive(Debug, Default)]
struct States {
    /// By state and class the state that follows.
    rows: Vec<u16>,
    /// Of every state the places behind what was read last, sorted.
    places: Vec<Box<[u32]>>,
    known: HashMap<Box<[u32]>, u16, BuildHasherDefault<hash::AsItIs>>,
    /// What of the expressions matches before the line ends, by the state that tells.
    told: hash::Map<Vec<u32>>,
    /// What matches where the line ends.
    ends: hash::Map<Vec<u32>>,
    /// How often all was forgotten.
    forgotten: usize,
    /// What places open, as far as it was asked for, and for every step where that stands.
    open: Vec<Open>,
    opened: Vec<u32>,
    entered: Vec<bool>,
}

/// Nothing can match any more.
const DEAD: u16 = 0;
/// Before a line.
const BEGINNING: u16 = 1;
/// A bit of a state that follows: the one before tells of a match.
const TELLS: u16 = 1 << 15;
const UNKNOWN: u16 = u16::MAX;
/// Stands for what a place opens where that was never asked for.
const NEVER: u32 = u32::MAX;

/// So many states are kept; then all are forgotten. One takes some 500 bytes.
const MOST_STATES: usize = 1 << 14;

/// A filter on its way through a line.
struct Run<'r> {
    filter: &'r Filter,
    classes: &'r Classes,
    states: &'r mut States,
    may: &'r mut Bits,
}

impl Run<'_> {
    /// Adds the expressions that may match a line of these classes.
    fn line(&mut self, signs: &[u16]) {
        if self.states.places.is_empty() {
            self.forget();
        }
        let (mut state, mut rest) = (BEGINNING, signs.iter());
        while let Some((class, next)) = self.run(&mut state, &mut rest) {
            if next != DEAD {
                state = self.go_on(state, class, next);
            }
            if next == DEAD || state == DEAD {
                return;
            }
        }
        if !self.states.ends.contains_key(&u64::from(state)) {
            let ends = self.enter(state, |open, _, matched| {
                matched.extend(open.matched.iter().chain(&open.ending));
            });
            self.states.ends.insert(state.into(), ends.1);
        }
        let ends = self.states.ends.get(&u64::from(state));
        ends.into_iter().flatten().for_each(|&number| self.may.add(number));
    }

    /// Follows what is known, up to the first class that leads nowhere, or where there is more to
    /// say.
    #[inline]
    fn run(&self, state: &mut u16, rest: &mut slice::Iter<'_, u16>) -> Option<(u16, u16)> {
        let (rows, width) = (self.states.rows.as_slice(), self.classes.count);
        for &class in rest {
            let next = rows[usize::from(*state) * width + usize::from(class)];
            if next == DEAD || next & TELLS != 0 {
                return Some((class, next));
            }
            *state = next;
        }
        None
    }

    fn row(&self, state: u16) -> usize {
        usize::from(state) * self.classes.count
    }

    /// What follows a state that tells of matches, or that never met such a character.
    #[cold]
    fn go_on(&mut self, state: u16, class: u16, known: u16) -> u16 {
        if known != UNKNOWN {
            let told = self.states.told.get(&u64::from(state));
            told.into_iter().flatten().for_each(|&number| self.may.add(number));
            return known & !TELLS;
        }
        let classes = self.classes;
        let (mut places, matched) = self.enter(state, |open, places, matched| {
            open.read(class, classes, places);
            matched.extend(&open.matched);
        });
        places.sort_unstable();
        places.dedup();
        matched.iter().for_each(|&number| self.may.add(number));
        let forgotten = self.states.forgotten;
        let next = self.number(places);
        // If all was forgotten, so was the state.
        if self.states.forgotten == forgotten {
            let tells = if matched.is_empty() { 0 } else { TELLS };
            let at = self.row(state) + usize::from(class);
            self.states.rows[at] = next | tells;
            if tells != 0 {
                self.states.told.insert(state.into(), matched);
            }
        }
        next
    }

    /// Has added, of all that may come behind a state, places to the first list and expressions
    /// to the second.
    fn enter(
        &mut self,
        state: u16,
        mut add: impl FnMut(&mut Open, &mut Vec<u32>, &mut Vec<u32>),
    ) -> (Vec<u32>, Vec<u32>) {
        let States { places, open, opened, entered, .. } = &mut *self.states;
        let (mut next, mut matched) = (Vec::new(), Vec::new());
        for &place in places[usize::from(state)].iter().chain(&self.filter.floating) {
            let at = &mut opened[place as usize];
            if *at == NEVER {
                *at = open.len() as u32;
                open.push(self.filter.open(place, entered));
            }
            let open = &mut open[*at as usize];
            add(open, &mut next, &mut matched);
        }
        (next, matched)
    }

    /// The number of the state that is in these places.
    fn number(&mut self, places: Vec<u32>) -> u16 {
        if places.is_empty() && self.filter.floating.is_empty() {
            return DEAD;
        }
        if let Some(&known) = self.states.known.get(places.as_slice()) {
            return known;
        }
        if self.states.places.len() == MOST_STATES {
            self.forget();
        }
        self.add(places.into())
    }

    fn add(&mut self, places: Box<[u32]>) -> u16 {
        let number = self.states.places.len() as u16;
        self.states.rows.resize(self.states.rows.len() + self.classes.count, UNKNOWN);
        self.states.places.push(places.clone());
        self.states.known.insert(places, number);
        number
    }

    /// Forgets all but the states that every line has.
    fn forget(&mut self) {
        let known = std::mem::take(self.states);
        let States { forgotten, open, mut opened, mut entered, .. } = known;
        opened.resize(self.filter.steps.len(), NEVER);
        entered.resize(self.filter.steps.len(), false);
        let forgotten = forgotten + 1;
        *self.states = States { forgotten, open, opened, entered, ..States::default() };
        self.add(Box::default());
        self.states.known.clear();
        self.add(self.filter.expressions.iter().map(|(start, _)| *start).collect());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::{Regex, RegexBuilder};

    use super::*;
    use crate::boilerplate::expression::tests::REGEXES;
    use crate::boilerplate::rules::{Matcher, Rules};

    fn filters(whole: &[String], spans: &[String]) -> Filters {
        let all = whole.iter().chain(spans);
        let syntaxes: Vec<Hir> = all.map(|regex| Expression::parsed(regex).unwrap().1).collect();
        Filters::new(&syntaxes, whole.len()).unwrap()
    }

    fn library(regex: &str) -> Regex {
        let mut builder = RegexBuilder::new(regex);
        builder.case_insensitive(true).size_limit(64 << 20).build().unwrap()
    }

    fn whole(regex: &str) -> String {
        format!("^(?:{regex})$")
    }

    proptest! {
        /// One line after the other, so that later ones meet what earlier ones left.
        #[test]
        fn what_matches_is_never_held_back(
            lines in prop::collection::vec("[aAbBcdéÉſsSK. \\n]{0,8}", 1..20),
        ) {
            let wholes: Vec<String> = REGEXES.iter().map(|regex| whole(regex)).collect();
            let spans: Vec<String> = REGEXES.iter().map(|regex| (*regex).to_owned()).collect();
            let filters = filters(&wholes, &spans);
            let all: Vec<Regex> = wholes.iter().chain(&spans).map(|regex| library(regex)).collect();
            let mut sight = Sight::default();
            for line in &lines {
                let found: Vec<usize> = filters.candidates(line, false, &mut sight).collect();
                for (number, regex) in all.iter().enumerate().filter(|(_, regex)| regex.is_match(line)) {
                    prop_assert!(found.contains(&number), "{} {:?}", regex, line);
                }
                let spans: Vec<usize> = filters.candidates(line, true, &mut sight).collect();
                let wanted: Vec<usize> = found.into_iter().filter(|at| *at >= wholes.len()).collect();
                prop_assert_eq!(spans, wanted);
            }
        }
    }

    /// Of every language's rules, on all lines that they show: what drops a line may match it, and
    /// hardly anything else may.
    #[test]
    fn rules_are_run_on_few_lines_but_their_own() {
        let rules = Rules::built_in().unwrap();
        for (language, file) in &rules.files {
            let patterns: Vec<_> = file
                .rules
                .iter()
                .filter_map(|rule| match &rule.matcher {
                    Matcher::Pattern(regex) => Some((rule, whole(regex))),
                    _ => None,
                })
                .collect();
            let sources: Vec<String> = patterns.iter().map(|(_, source)| source.clone()).collect();
            let (filters, mut sight) = (filters(&sources, &[]), Sight::default());
            for (number, (rule, source)) in patterns.iter().enumerate() {
                let library = library(source);
                for line in rule.drops.iter().filter(|line| library.is_match(line)) {
                    let found: Vec<usize> = filters.candidates(line, false, &mut sight).collect();
                    assert!(found.contains(&number), "{language} {}: {line}", rule.id);
                }
            }
            let keeps: Vec<&String> = file.rules.iter().flat_map(|rule| &rule.keeps).collect();
            let run: usize =
                keeps.iter().map(|line| filters.candidates(line, false, &mut sight).count()).sum();
            assert!(run * 4 <= keeps.len(), "{language}: {run} of {}", keeps.len());
        }
    }

    /// Which of the last fifteen characters are an `a` makes more states than are kept.
    #[test]
    fn what_is_forgotten_is_found_out_again() {
        let filters = filters(&[whole(&format!("[ab]*a{}", "[ab]".repeat(14)))], &[]);
        let mut sight = Sight::default();
        for line in 0..1500_u64 {
            let signs = hash::of(&line.to_le_bytes());
            let line: String = (0..60).map(|at| ['a', 'b'][(signs >> at & 1) as usize]).collect();
            let found = filters.candidates(&line, false, &mut sight).count();
            assert_eq!(found, usize::from(line.as_bytes()[45] == b'a'), "{line}");
        }
        let forgotten = sight.narrow.forgotten + sight.wide.forgotten;
        assert!(forgotten > 3, "{forgotten}");
    }

    #[test]
    fn characters_in_the_same_sets_are_of_one_class() {
        let set = |regex: &str| Expression::new(regex).unwrap().sets;
        let sets: Vec<Set> =
            ["[a-cé]", "[^b]", r"\w", "[α-ω水]"].iter().flat_map(|r| set(r)).collect();
        let classes = Classes::new(&sets);
        let mut signs = Vec::new();
        for c in ('\0'..='\u{3FF}').chain(['水', '\u{D7FF}', '\u{E000}', '😀', char::MAX]) {
            let class = classes.of(c);
            for (number, set) in (0..).zip(&sets) {
                assert_eq!(has(classes.sets(class), number), set.has(c), "{c:?} {number}");
            }
            assert_eq!(classes.read(&format!("é{c}x"), &mut signs)[1], class);
        }
    }
}
