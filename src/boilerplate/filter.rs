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

/// The filter of a language's expressions: their steps, one behind the other.
#[derive(Debug)]
pub(super) struct Filter {
    steps: Vec<Step>,
    /// Where each expression begins, and its number.
    expressions: Vec<(u32, u32)>,
    classes: Classes,
    /// What runs together at first.
    groups: Vec<Group>,
}

/// Expressions that run as one automaton.
///
/// Its states are the product of what they do side by side, so a group whose states become too many
/// is parted. It begins with what goes well together: what begins with certain words is dead behind
/// them, what begins with letters is dead behind the first sign, and what outlives a sentence of
/// nonsense, or may stand anywhere, is alive to the end of most lines.
#[derive(Debug, Clone, Default)]
struct Group {
    /// Where the expressions begin.
    starts: Vec<u32>,
    /// The same of those that may match behind a line's beginning.
    floating: Vec<u32>,
    /// Whether paragraphs are left alone.
    is_whole: bool,
}

/// What was found out; its memory is used again for the next line.
#[derive(Debug, Default)]
pub(super) struct Sight {
    states: Vec<States>,
    opened: Opened,
    /// The classes of a stretch of characters.
    signs: Vec<u16>,
    may: Bits,
}

impl Filter {
    /// Of expressions by their numbers, of which those from `first_span` on are spans.
    pub(super) fn new(syntaxes: &[Hir], first_span: usize) -> Result<Self> {
        let mut sets = Sets::default();
        let (mut steps, mut expressions, mut alone) = (Vec::new(), Vec::new(), Vec::new());
        for (number, hir) in syntaxes.iter().enumerate() {
            let expression = Expression::uncounted(hir)?;
            let start = steps.len() as u32;
            let group = Group {
                starts: vec![start],
                floating: if expression.anchored { Vec::new() } else { vec![start] },
                is_whole: number < first_span,
            };
            alone.push((group, expression.begins_with(|set| set.len() > NARROWEST)));
            expressions.push((start, number as u32));
            steps.extend(expression.steps.iter().map(|step| match *step {
                Step::One(set) => Step::One(sets.number(&expression.sets[set as usize])),
                step => step,
            }));
        }
        let classes = Classes::new(&sets.all);
        let mut filter = Self { steps, expressions, classes, groups: Vec::new() };
        let mut groups: [Group; 4] = Default::default();
        let mut opened = Opened::new(filter.steps.len());
        for (group, begins_with_letters) in alone {
            let kind = match () {
                () if !group.is_whole => 3,
                () if filter.outlives(&group, PROSE, &mut opened) => 2,
                () if begins_with_letters => 1,
                () => 0,
            };
            groups[kind].join(group);
        }
        filter.groups = groups.into_iter().filter(|group| !group.starts.is_empty()).collect();
        Ok(filter)
    }

    /// Whether a group is alive behind a text.
    fn outlives(&self, group: &Group, text: &str, opened: &mut Opened) -> bool {
        let (mut states, mut may) = (States::new(group.clone()), Bits::default());
        may.clear(self.expressions.len());
        let mut signs = Vec::new();
        let (signs, _) = self.classes.read(text, &mut signs);
        let mut run = Run { filter: self, states: &mut states, opened, may: &mut may };
        run.begin(false);
        run.read(signs);
        states.now != DEAD
    }

    /// The expressions that may match a line, in their order; of a paragraph, spans only.
    pub(super) fn candidates<'s>(
        &self,
        line: &str,
        is_paragraph: bool,
        sight: &'s mut Sight,
    ) -> impl Iterator<Item = usize> + use<'s> {
        if sight.states.is_empty() {
            sight.states.extend(self.groups.iter().cloned().map(States::new));
            sight.opened = Opened::new(self.steps.len());
        }
        let Sight { states, opened, signs, may } = sight;
        may.clear(self.expressions.len());
        for states in states.iter_mut() {
            Run { filter: self, states, opened, may }.begin(is_paragraph);
        }
        let mut rest = line;
        while !rest.is_empty() {
            let (signs, behind) = self.classes.read(rest, signs);
            rest = behind;
            // Each waits for what it looks up; side by side they wait together.
            for signs in signs.chunks(ABREAST) {
                for states in states.iter_mut().filter(|states| states.now != DEAD) {
                    Run { filter: self, states, opened, may }.read(signs);
                }
            }
        }
        for states in states.iter_mut().filter(|states| states.now != DEAD) {
            Run { filter: self, states, opened, may }.end();
        }
        while let Some(at) = states.iter().position(States::is_to_be_parted) {
            let [one, other] = states.swap_remove(at).group.part();
            states.extend([one, other].map(States::new));
        }
        may.ones()
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
}

impl Group {
    /// Takes another in.
    fn join(&mut self, other: Self) {
        self.starts.extend(other.starts);
        self.floating.extend(other.floating);
        self.is_whole = other.is_whole;
    }

    /// Its first half and its second.
    fn part(self) -> [Self; 2] {
        let (one, other) = self.starts.split_at(self.starts.len() / 2);
        [one, other].map(|starts| Self {
            starts: starts.to_vec(),
            floating: self.floating.iter().filter(|at| starts.contains(at)).copied().collect(),
            is_whole: self.is_whole,
        })
    }
}

/// So many characters are read by one group after the other.
const ABREAST: usize = 8;

/// Larger sets are letters of some kind, which many lines begin with.
const NARROWEST: usize = 32;

/// Words of no language, set as sentences are: what lives to their end lives to that of most lines.
const PROSE: &str = "Vqzj qzvj, xqj 7 “qzvj” (vqj-qz) jqzv: qzjvq zj. Qzv jxq";

/// A set of numbers.
#[derive(Debug, Default)]
struct Bits(Vec<u64>);

impl Bits {
    fn clear(&mut self, count: usize) {
        self.0.clear();
        self.0.resize(count.div_ceil(64), 0);
    }

    fn extend<'n>(&mut self, numbers: impl IntoIterator<Item = &'n u32>) {
        for &number in numbers {
            self.0[number as usize / 64] |= 1 << (number % 64);
        }
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
    /// What may come behind a place. `entered` has no bit set, before or after.
    fn new(filter: &Filter, place: u32, entered: &mut [bool]) -> Self {
        let (mut open, mut seen, mut last) = (Self::default(), Vec::new(), Vec::new());
        let mut ways = vec![place];
        let mut at_end = false;
        while let Some(at) = ways.pop() {
            if !std::mem::replace(&mut entered[at as usize], true) {
                seen.push(at);
                let to = |by| jump(at as usize, by) as u32;
                match filter.steps[at as usize] {
                    Step::One(_) if at_end => {}
                    Step::One(set) => open.reads.push((set, filter.place(at as usize + 1))),
                    Step::Match if at_end => open.ending.push(filter.owner(at)),
                    Step::Match => open.matched.push(filter.owner(at)),
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
        for at in seen {
            entered[at as usize] = false;
        }
        open
    }

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
    /// Rows of states are this power of two long.
    shift: u32,
}

/// So many characters are read at a time, however long a line is.
const STRETCH: usize = 1 << 12;
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
        let shift = known.len().next_power_of_two().trailing_zeros();
        Self { index, pages, ascii, shift, sets: of_classes, width }
    }

    fn of(&self, c: char) -> u16 {
        let page = self.index[c as usize / PAGE] as usize;
        self.pages[page + c as usize % PAGE]
    }

    /// The classes of a text's first characters, and the rest of the text. `signs` is scratch space.
    fn read<'s, 't>(&self, text: &'t str, signs: &'s mut Vec<u16>) -> (&'s [u16], &'t str) {
        signs.resize(STRETCH, 0);
        let (mut count, mut rest) = (0, text);
        while count < STRETCH && !rest.is_empty() {
            let mut ascii = 0;
            for (sign, &byte) in signs[count..].iter_mut().zip(rest.as_bytes()) {
                let Some(&class) = self.ascii.get(usize::from(byte)) else { break };
                *sign = class;
                ascii += 1;
            }
            count += ascii;
            rest = &rest[ascii..];
            let mut beyond = rest.chars();
            if let Some(c) = beyond.next().filter(|_| count < STRETCH) {
                signs[count] = self.of(c);
                count += 1;
                rest = beyond.as_str();
            }
        }
        (&signs[..count], rest)
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
    group: Group,
    /// The state in the line that is being read.
    now: u16,
}

/// What places open, as far as it was asked for.
#[derive(Debug, Default)]
struct Opened {
    all: Vec<Open>,
    /// For every step where that stands.
    at: Vec<u32>,
    entered: Vec<bool>,
}

/// Stands for what a place opens where that was never asked for.
const NEVER: u32 = u32::MAX;

impl Opened {
    fn new(steps: usize) -> Self {
        Self { all: Vec::new(), at: vec![NEVER; steps], entered: vec![false; steps] }
    }

    fn by(&mut self, filter: &Filter, place: u32) -> &mut Open {
        let at = &mut self.at[place as usize];
        if *at == NEVER {
            *at = self.all.len() as u32;
            self.all.push(Open::new(filter, place, &mut self.entered));
        }
        &mut self.all[*at as usize]
    }
}

/// Nothing can match any more.
const DEAD: u16 = 0;
/// Before a line.
const BEGINNING: u16 = 1;
/// A bit of a state that follows: there is more to say. The one before tells of a match, or it is
/// one of these.
const TELLS: u16 = 1 << 15;
const UNKNOWN: u16 = u16::MAX;
/// Nothing is told, and nothing follows.
const STOPS: u16 = u16::MAX - 1;
/// A group with more states is parted. One takes some thousand bytes.
const MANY_STATES: usize = 1 << 12;
/// So many states are kept of what cannot be parted; then all are forgotten.
const MOST_STATES: usize = 1 << 14;

impl States {
    fn new(group: Group) -> Self {
        Self { group, ..Self::default() }
    }

    fn is_to_be_parted(&self) -> bool {
        self.places.len() > MANY_STATES && self.group.starts.len() > 1
    }
}

/// A group on its way through a line.
struct Run<'r> {
    filter: &'r Filter,
    states: &'r mut States,
    opened: &'r mut Opened,
    may: &'r mut Bits,
}

impl Run<'_> {
    fn begin(&mut self, is_paragraph: bool) {
        if self.states.places.is_empty() {
            self.forget();
        }
        let is_left_alone = is_paragraph && self.states.group.is_whole;
        self.states.now = if is_left_alone { DEAD } else { BEGINNING };
    }

    /// Goes on through these classes of a line's characters.
    fn read(&mut self, signs: &[u16]) {
        let (mut state, mut rest) = (self.states.now, signs.iter());
        while let Some((class, next)) = self.run(&mut state, &mut rest) {
            state = if next == STOPS { DEAD } else { self.go_on(state, class, next) };
            if state == DEAD {
                break;
            }
        }
        self.states.now = state;
    }

    /// Adds what matches where the line ends.
    fn end(&mut self) {
        let state = self.states.now;
        if !self.states.ends.contains_key(&u64::from(state)) {
            let ends = self.enter(state, |open, _, matched| {
                matched.extend(open.matched.iter().chain(&open.ending));
            });
            self.states.ends.insert(state.into(), ends.1);
        }
        let ends = self.states.ends.get(&u64::from(state));
        self.may.extend(ends.into_iter().flatten());
    }

    /// Follows what is known, up to the first class of which there is more to say.
    #[inline]
    fn run(&self, state: &mut u16, rest: &mut slice::Iter<'_, u16>) -> Option<(u16, u16)> {
        let (rows, shift) = (self.states.rows.as_slice(), self.filter.classes.shift);
        for &class in rest {
            let next = rows[usize::from(*state) << shift | usize::from(class)];
            if next & TELLS != 0 {
                return Some((class, next));
            }
            *state = next;
        }
        None
    }

    /// What follows a state that tells of matches, or that never met such a character.
    #[cold]
    fn go_on(&mut self, state: u16, class: u16, known: u16) -> u16 {
        if known != UNKNOWN {
            let told = self.states.told.get(&u64::from(state));
            self.may.extend(told.into_iter().flatten());
            return known & !TELLS;
        }
        let classes = &self.filter.classes;
        let (mut places, matched) = self.enter(state, |open, places, matched| {
            open.read(class, classes, places);
            matched.extend(&open.matched);
        });
        places.sort_unstable();
        places.dedup();
        self.may.extend(&matched);
        let forgotten = self.states.forgotten;
        let next = self.number(places);
        // If all was forgotten, so was the state.
        if self.states.forgotten == forgotten {
            let at = usize::from(state) << classes.shift | usize::from(class);
            self.states.rows[at] = match next {
                _ if !matched.is_empty() => next | TELLS,
                DEAD => STOPS,
                next => next,
            };
            if !matched.is_empty() {
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
        let (mut next, mut matched) = (Vec::new(), Vec::new());
        let States { places, group, .. } = &*self.states;
        for &place in places[usize::from(state)].iter().chain(&group.floating) {
            add(self.opened.by(self.filter, place), &mut next, &mut matched);
        }
        (next, matched)
    }

    /// The number of the state that is in these places.
    fn number(&mut self, places: Vec<u32>) -> u16 {
        if places.is_empty() && self.states.group.floating.is_empty() {
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
        let width = 1 << self.filter.classes.shift;
        self.states.rows.resize(self.states.rows.len() + width, UNKNOWN);
        self.states.places.push(places.clone());
        self.states.known.insert(places, number);
        number
    }

    /// Forgets all but the states that every line has.
    fn forget(&mut self) {
        let States { forgotten, group, now, .. } = std::mem::take(self.states);
        let starts = group.starts.clone();
        *self.states = States { forgotten: forgotten + 1, group, now, ..States::default() };
        self.add(Box::default());
        self.states.known.clear();
        self.add(starts.into());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::{Regex, RegexBuilder};

    use super::*;
    use crate::boilerplate::expression::tests::REGEXES;
    use crate::boilerplate::rules::{Matcher, Rules};

    fn filter(whole: &[String], spans: &[String]) -> Filter {
        let all = whole.iter().chain(spans);
        let syntaxes: Vec<Hir> = all.map(|regex| Expression::parsed(regex).unwrap().1).collect();
        Filter::new(&syntaxes, whole.len()).unwrap()
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
            let filter = filter(&wholes, &spans);
            let all: Vec<Regex> = wholes.iter().chain(&spans).map(|regex| library(regex)).collect();
            let mut sight = Sight::default();
            for line in &lines {
                let found: Vec<usize> = filter.candidates(line, false, &mut sight).collect();
                for (number, regex) in all.iter().enumerate().filter(|(_, regex)| regex.is_match(line)) {
                    prop_assert!(found.contains(&number), "{} {:?}", regex, line);
                }
                let spans: Vec<usize> = filter.candidates(line, true, &mut sight).collect();
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
            let (filter, mut sight) = (filter(&sources, &[]), Sight::default());
            for (number, (rule, source)) in patterns.iter().enumerate() {
                let library = library(source);
                for line in rule.drops.iter().filter(|line| library.is_match(line)) {
                    let found: Vec<usize> = filter.candidates(line, false, &mut sight).collect();
                    assert!(found.contains(&number), "{language} {}: {line}", rule.id);
                }
            }
            let keeps: Vec<&String> = file.rules.iter().flat_map(|rule| &rule.keeps).collect();
            let run: usize =
                keeps.iter().map(|line| filter.candidates(line, false, &mut sight).count()).sum();
            assert!(run * 4 <= keeps.len(), "{language}: {run} of {}", keeps.len());
        }
    }

    /// Which of the last characters are an `a` makes more states than are kept.
    #[test]
    fn what_is_parted_or_forgotten_is_found_out_again() {
        let behind = [14, 13, 9];
        let wholes = behind.map(|count| whole(&format!("[ab]*a{}", "[ab]".repeat(count))));
        let filter = filter(&wholes, &[]);
        let mut sight = Sight::default();
        for line in 0..3000_u64 {
            let signs = hash::of(&line.to_le_bytes());
            let line: String = (0..60).map(|at| ['a', 'b'][(signs >> at & 1) as usize]).collect();
            let found: Vec<usize> = filter.candidates(&line, false, &mut sight).collect();
            let is_a = |number: &usize| line.as_bytes()[59 - behind[*number]] == b'a';
            assert_eq!(found, (0..3).filter(is_a).collect::<Vec<_>>(), "{line}");
        }
        assert_eq!(sight.states.len(), 3);
        assert!(sight.states.iter().any(|states| states.forgotten > 1));
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
            let text = format!("é{c}x");
            let (read, rest) = classes.read(&text, &mut signs);
            assert_eq!((read[1], read.len(), rest), (class, 3, ""));
        }
        for text in ["x".repeat(2 * STRETCH + 1), "xé".repeat(STRETCH)] {
            let (mut rest, mut all) = (text.as_str(), Vec::new());
            while !rest.is_empty() {
                let (read, behind) = classes.read(rest, &mut signs);
                assert!(read.len() <= STRETCH);
                all.extend_from_slice(read);
                rest = behind;
            }
            assert_eq!(all, text.chars().map(|c| classes.of(c)).collect::<Vec<_>>());
        }
    }
}
