//! Whole-line expressions as automata that grow with the lines that come.
//!
//! Whether an expression matches a whole line depends on nothing but where its threads are, and few
//! such sets of places ever come up: each becomes a state, which remembers what every ASCII character
//! made of it (lazy determinization; Cox, *Regular Expression Matching in the Wild*, 2010). Hardly a
//! line gets further than a few characters, and each of those is a look-up.
//!
//! The states are a cache: what they say is what the machine says, whichever lines came before.

use std::collections::HashMap;

use super::expression::{Expression, Machine, State};

/// States of all expressions together; beyond, all are forgotten. One takes some 400 bytes.
const MOST_STATES: usize = 1 << 14;

/// States of one expression. One that has more, like `(.{2,50} - ){3}`, has one for nearly every
/// beginning of a line: it is run by the machine.
const MOST_OF_ONE: usize = 1 << 12;

/// What a state can meet: an ASCII character or the end of the line.
const SIGNS: usize = 129;
const END: usize = 128;

/// What a sign makes of a state: nothing known yet, no match any more, a match, or a state's number
/// and these three.
const UNKNOWN: u16 = 0;
const DEAD: u16 = 1;
const MATCH: u16 = 2;
const STATES: u16 = 3;

/// The automata of many expressions, by their numbers.
#[derive(Debug, Default)]
pub(super) struct Automata {
    all: Vec<Automaton>,
    states: usize,
    machine: Machine,
}

#[derive(Debug, Default)]
struct Automaton {
    /// By state and sign.
    rows: Vec<u16>,
    states: Vec<State>,
    known: HashMap<State, u16>,
    /// The state before a line.
    beginning: Option<u16>,
    /// It once had too many states.
    is_unruly: bool,
}

impl Automata {
    /// Whether an expression that only matches whole lines matches this one. Expressions are told
    /// apart by their numbers.
    pub(super) fn matches(&mut self, number: usize, expression: &Expression, line: &str) -> bool {
        if self.all.len() <= number {
            self.all.resize_with(number + 1, Automaton::default);
        }
        if self.all[number].is_unruly {
            return self.machine.matches(expression, line);
        }
        let mut state = if let Some(known) = self.all[number].beginning {
            known
        } else {
            let new = self.enter(number, State::beginning());
            *self.all[number].beginning.insert(new)
        };
        let mut rest = line;
        while let Some(c) = rest.chars().next() {
            let known = &self.all[number].rows[(state - STATES) as usize * SIGNS..];
            let next = known.get(c as usize).filter(|_| c.is_ascii()).copied();
            state = match next {
                Some(UNKNOWN) | None => self.go_on(number, expression, state, Some(c)),
                Some(next) => next,
            };
            if state == DEAD {
                return self.all[number].is_unruly && self.machine.matches(expression, line);
            }
            rest = &rest[c.len_utf8()..];
        }
        match self.all[number].rows[(state - STATES) as usize * SIGNS + END] {
            UNKNOWN => self.go_on(number, expression, state, None) == MATCH,
            known => known == MATCH,
        }
    }

    /// Finds out what a character, or the end, makes of a state, and remembers it.
    #[cold]
    fn go_on(
        &mut self,
        number: usize,
        expression: &Expression,
        state: u16,
        c: Option<char>,
    ) -> u16 {
        let from = &self.all[number].states[(state - STATES) as usize];
        let begun = self.states;
        let next = match (self.machine.follow(expression, from, c), c) {
            (Some(_), None) => MATCH,
            (Some(_), Some(_)) if self.all[number].states.len() == MOST_OF_ONE => {
                self.all[number] = Automaton { is_unruly: true, ..Automaton::default() };
                return DEAD;
            }
            (Some(next), Some(_)) => self.enter(number, next),
            (None, _) => DEAD,
        };
        let sign = c.map_or(Some(END), |c| c.is_ascii().then_some(c as usize));
        // If all was forgotten, so was the state.
        if let Some(sign) = sign.filter(|_| self.states >= begun) {
            self.all[number].rows[(state - STATES) as usize * SIGNS + sign] = next;
        }
        next
    }

    /// The number of a state.
    fn enter(&mut self, number: usize, state: State) -> u16 {
        if let Some(&known) = self.all[number].known.get(&state) {
            return known;
        }
        if self.states == MOST_STATES {
            for automaton in &mut self.all {
                let is_unruly = automaton.is_unruly;
                *automaton = Automaton { is_unruly, ..Automaton::default() };
            }
            self.states = 0;
        }
        self.states += 1;
        let automaton = &mut self.all[number];
        let next = STATES + automaton.states.len() as u16;
        automaton.rows.resize(automaton.rows.len() + SIGNS, UNKNOWN);
        automaton.states.push(state.clone());
        automaton.known.insert(state, next);
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the twelfth character from the end is an `a` needs a state for each twelve.
    fn behind(count: usize) -> Expression {
        Expression::new(&format!("^(?:[ab]*a[ab]{{{count}}})$")).unwrap()
    }

    /// Matches many lines, and says how often all states were forgotten.
    fn match_lines(automata: &mut Automata, counts: &[usize]) -> usize {
        let expressions: Vec<_> = counts.iter().map(|&count| behind(count)).collect();
        let mut forgotten = 0;
        for line in 0..600_u64 {
            let signs = crate::hash::of(&line.to_le_bytes());
            let line: String = (0..60).map(|at| ['a', 'b'][(signs >> at & 1) as usize]).collect();
            let before = automata.states;
            for (number, (count, expression)) in counts.iter().zip(&expressions).enumerate() {
                let wanted = line.as_bytes()[line.len() - 1 - count] == b'a';
                assert_eq!(automata.matches(number, expression, &line), wanted, "{count} {line}");
            }
            forgotten += usize::from(automata.states < before);
        }
        forgotten
    }

    #[test]
    fn what_has_too_many_states_is_matched_all_the_same() {
        let mut automata = Automata::default();
        match_lines(&mut automata, &[12]);
        assert!(automata.all[0].is_unruly);
    }

    #[test]
    fn what_is_forgotten_is_found_out_again() {
        let counts: Vec<usize> = (0..12).map(|number| 10 + number % 3).collect();
        assert!(match_lines(&mut Automata::default(), &counts) > 0);
    }
}
