//! Where automata are behind the first characters of a line, remembered.
//!
//! At every character an automaton waits for the row of its state, and there are more rows than the
//! near caches hold. Lines begin, and end, in few ways, and most automata are dead soon behind: so
//! what all of them make of the first characters is found in one place.
//!
//! As the states it speaks of, all of it is a cache: what is not here is read.

use crate::hash;

/// So many characters are leaped over: nine lines of ten begin with three that were met before, and
/// eight of ten with four.
pub(super) const LEAP: usize = 4;

/// What is remembered, for each size of lines and each way: at most so many leaps, each to so many
/// automata that are still alive.
const SLOTS: usize = 1 << 12;
const MOST: usize = 4;

/// Where an automaton is in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) automaton: u16,
    pub(super) state: u16,
}

/// The leaps of some automata.
#[derive(Debug, Default)]
pub(super) struct Leaps {
    /// By some bits of what is leaped over; none before the first is remembered.
    slots: Vec<Slot>,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    /// The characters, by their classes.
    over: [u16; LEAP],
    alive: u16,
    cursors: [Cursor; MOST],
}

impl Slot {
    /// There are not so many classes.
    const EMPTY: Self = Self {
        over: [u16::MAX; LEAP],
        alive: 0,
        cursors: [Cursor { automaton: 0, state: 0 }; MOST],
    };
}

impl Leaps {
    /// Where the automata are behind characters of these classes, if that is remembered.
    pub(super) fn behind(&self, classes: [u16; LEAP]) -> Option<&[Cursor]> {
        let slot = self.slots.get(place(classes))?;
        (slot.over == classes).then(|| &slot.cursors[..usize::from(slot.alive)])
    }

    /// Remembers it, instead of what was there, if the automata are few.
    pub(super) fn remember(&mut self, classes: [u16; LEAP], alive: &[Cursor]) {
        if alive.len() > MOST {
            return;
        }
        self.slots.resize(SLOTS, Slot::EMPTY);
        let slot = &mut self.slots[place(classes)];
        (slot.over, slot.alive) = (classes, alive.len() as u16);
        slot.cursors[..alive.len()].copy_from_slice(alive);
    }
}

/// Where a leap is kept.
fn place(classes: [u16; LEAP]) -> usize {
    let over = classes.iter().fold(0, |over, class| over << u16::BITS | u64::from(*class));
    hash::mixed(over) as usize % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_that_was_remembered_is_there() {
        let mut leaps = Leaps::default();
        let cursor = |state| Cursor { automaton: 3, state };
        assert_eq!(leaps.behind([0; LEAP]), None);
        for state in 0..10_000_u16 {
            let classes = [state, 0, 7, state % 3];
            leaps.remember(classes, &[cursor(state)]);
            assert_eq!(leaps.behind(classes), Some(&[cursor(state)][..]));
        }
        leaps.remember([1, 2, 3, 4], &[]);
        assert_eq!(leaps.behind([1, 2, 3, 4]), Some(&[][..]));
        assert_eq!(leaps.behind([1, 2, 3, 5]), None);
        leaps.remember([1, 2, 3, 5], &[cursor(1); MOST + 1]);
        assert_eq!(leaps.behind([1, 2, 3, 5]), None);
    }
}
