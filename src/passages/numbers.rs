//! Numbers for keys: as few bytes as there are different ones.

use crate::hash;

/// Keys that are hashes, or nearly, each with a number, in the order in which they came.
#[derive(Debug)]
pub(crate) struct Numbers {
    keys: Vec<u64>,
    /// By hash, numbers and one more; 0 for none. A key whose slot is taken has the next one that is
    /// free. At most half are taken.
    slots: Vec<u32>,
}

impl Default for Numbers {
    fn default() -> Self {
        Self { keys: Vec::new(), slots: vec![0; 4] }
    }
}

impl Numbers {
    /// How many keys have a number: numbers are below.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// The number of a key.
    pub(crate) fn get(&self, key: u64) -> Option<u32> {
        self.slots[self.slot(key)].checked_sub(1)
    }

    /// The key of a number.
    pub(crate) fn key(&self, number: usize) -> Option<u64> {
        self.keys.get(number).copied()
    }

    /// The number of a key, which gets the next one if it has none.
    pub(crate) fn number(&mut self, key: u64) -> u32 {
        let slot = self.slot(key);
        if let Some(number) = self.slots[slot].checked_sub(1) {
            return number;
        }
        self.keys.push(key);
        let count = self.keys.len() as u32;
        self.slots[slot] = count;
        if 2 * self.keys.len() > self.slots.len() {
            self.grow();
        }
        count - 1
    }

    /// Where the number of a key stands or would stand.
    fn slot(&self, key: u64) -> usize {
        // Word keys are hashes but for the lowest bit; in tests they are small numbers.
        let mask = self.slots.len() - 1;
        let mut slot = hash::mixed(key) as usize & mask;
        while let Some(number) = self.slots[slot].checked_sub(1) {
            if self.keys[number as usize] == key {
                break;
            }
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn grow(&mut self) {
        self.slots = vec![0; 2 * self.slots.len()];
        for (number, &key) in (1..).zip(&self.keys) {
            let slot = self.slot(key);
            self.slots[slot] = number;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn keys_have_numbers_in_the_order_they_came(
            keys in prop::collection::vec(prop_oneof![0_u64..40, any::<u64>()], 0..200),
            other in 0_u64..40,
        ) {
            let mut numbers = Numbers::default();
            let mut plain: Vec<u64> = Vec::new();
            for &key in &keys {
                if !plain.contains(&key) {
                    plain.push(key);
                }
                let wanted = plain.iter().position(|&known| known == key).unwrap();
                prop_assert_eq!(numbers.number(key) as usize, wanted);
                prop_assert_eq!(numbers.key(wanted), Some(key));
            }
            prop_assert_eq!(numbers.len(), plain.len());
            let wanted = plain.iter().position(|&known| known == other);
            prop_assert_eq!(numbers.get(other).map(|number| number as usize), wanted);
        }
    }
}
