//! Puts a filter together: what runs together, which way, and behind which gates.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::expression::{Expression, Way};
use super::super::sets::Set;
use super::super::syntax::{Part, longest};
use super::automaton::{Group, Kind, Life};
use super::classes::Classes;
use super::gate::Gate;
use super::literals::{self, TWINS};
use super::opened::Steps;
use super::{Alternative, Filter, Size};
use crate::error::Result;

/// The filter of expressions by their numbers: first those of whole lines, each with the most words of a
/// line that it counts for, then spans.
pub(super) fn build(
    expressions: &[Part],
    sets: &Arc<[Set]>,
    most_words: &[usize],
) -> Result<Filter> {
    let mut builder = Builder::new(sets);
    for (number, part) in expressions.iter().enumerate() {
        for parts in alternatives(vec![part]) {
            builder.add(number as u32, most_words.get(number).copied(), &parts)?;
        }
    }
    Ok(builder.build(expressions.len()))
}

/// What is put together.
#[derive(Debug)]
struct Builder<'b> {
    sets: &'b Arc<[Set]>,
    steps: Steps,
    alternatives: Vec<Alternative>,
    groups: BTreeMap<Kind, Group>,
    /// Expressions with gates.
    gated: Vec<Group>,
    /// Of every gate the strings that open it, and how long the lines are that ask for it.
    gates: Vec<(Vec<Vec<u8>>, Size)>,
}

impl<'b> Builder<'b> {
    fn new(sets: &'b Arc<[Set]>) -> Self {
        let (steps, alternatives, groups) = (Steps::default(), Vec::new(), BTreeMap::new());
        Self { sets, steps, alternatives, groups, gated: Vec::new(), gates: Vec::new() }
    }

    /// Adds an expression, given by its parts: the way in which it is dead soonest. `most_words` is
    /// none of a span.
    fn add(&mut self, number: u32, most_words: Option<usize>, parts: &[&Part]) -> Result<()> {
        let (way, lifetime, expression) = soonest(parts, self.sets)?;
        let begins_with_letters = expression.begins_with(|set| set.len() > NARROWEST);
        let mut life = match lifetime {
            Some(..=SOON) if begins_with_letters => Life::Letters,
            Some(..=SOON) => Life::Words,
            Some(_) => Life::Long,
            None => Life::Whole,
        };
        let mut needed = Vec::new();
        if life >= Life::Long {
            needed = literals::needed(parts, self.sets);
            needed.truncate(MOST_GATES - self.gates.len());
        }
        if !needed.is_empty() {
            life = Life::Gated;
        }
        let longest = most_words.map_or(usize::MAX, |_| longest(parts.iter().copied()));
        let reach = most_words.map_or(Size::Paragraph, |words| Size::of(words, longest));
        let start = self.steps.add(&expression.steps);
        self.alternatives.push(Alternative { expression: number, longest });
        let floating = if expression.anchored { Vec::new() } else { vec![start] };
        let kind = Kind { reach, way, life };
        let gates = needed.into_iter().map(|strings| self.gate(strings, reach));
        let gates = gates.fold(0, |gates, gate| gates | 1 << gate);
        let group = Group { kind, starts: vec![start], floating, gates };
        if gates != 0 {
            self.gated.push(group);
        } else {
            match self.groups.get_mut(&kind) {
                Some(all) => all.join(group),
                None => drop(self.groups.insert(kind, group)),
            }
        }
        Ok(())
    }

    /// The number of a gate that these strings open, for lines of a size or shorter ones.
    fn gate(&mut self, strings: Vec<Vec<u8>>, size: Size) -> usize {
        self.gates.push((strings, size));
        self.gates.len() - 1
    }

    fn build(self, count: usize) -> Filter {
        // A line that has one of these may match without any of the strings.
        let mut twin = [0; 4];
        let twins: Vec<Vec<u8>> =
            TWINS.iter().map(|c| c.encode_utf8(&mut twin).as_bytes().to_vec()).collect();
        let gates = Size::ALL.map(|size| {
            let asked = (0..).zip(&self.gates).filter(|(_, (_, reach))| *reach >= size);
            let strings =
                asked.flat_map(|(gate, (all, _))| all.iter().map(move |one| (&**one, 1 << gate)));
            let mut strings: Vec<(&[u8], u64)> = strings.collect();
            if !strings.is_empty() {
                strings.extend(twins.iter().map(|twin| (&**twin, u64::MAX)));
            }
            Gate::new(strings)
        });
        Filter {
            classes: Classes::new(self.sets),
            steps: self.steps,
            alternatives: self.alternatives,
            count,
            gates,
            groups: self.groups.into_values().chain(self.gated).collect(),
        }
    }
}

/// An expression's alternatives, each an expression of its own, as the parts that follow one another:
/// what shows soon that one of them does not match may not show it of another.
fn alternatives(parts: Vec<&Part>) -> Vec<Vec<&Part>> {
    if let [Part::Row(parts)] = parts.as_slice() {
        return alternatives(parts.iter().collect());
    }
    // `^(?:one|other)$`, too
    let is_look = |part: &Part| matches!(part, Part::Look(_));
    if let Some(at) = parts.iter().position(|part| !is_look(part))
        && let Part::Either(all) = parts[at]
        && parts[at + 1..].iter().all(|part| is_look(part))
    {
        let whole = |one| [&parts[..at], &[one], &parts[at + 1..]].concat();
        return all.iter().flat_map(|one| alternatives(whole(one))).collect();
    }
    vec![parts]
}

/// The way of reading an expression in which it is dead sooner, with how soon.
fn soonest(parts: &[&Part], sets: &Arc<[Set]>) -> Result<(Way, Option<usize>, Expression)> {
    let read = |way| -> Result<_> {
        let expression = Expression::uncounted(parts, sets, way)?;
        Ok((way, expression.lifetime(), expression))
    };
    let forward = read(Way::Forward)?;
    if forward.1.is_some_and(|lifetime| lifetime <= AT_ONCE) {
        return Ok(forward);
    }
    let backward = read(Way::Backward)?;
    let sooner = backward.1.is_some_and(|other| forward.1.is_none_or(|one| other < one));
    Ok(if sooner { backward } else { forward })
}

/// Every gate is a bit of a number.
const MOST_GATES: usize = 64;

/// So many characters of most lines are read soon, and so many before another way is worth a look.
const SOON: usize = 16;
const AT_ONCE: usize = 3;

/// Larger sets are letters of some kind, which many lines begin with.
const NARROWEST: usize = 16;
