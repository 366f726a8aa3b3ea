//! Outlets by number: a name that is used a thousand times stands in the page once.

use std::collections::BTreeMap;

/// Names in the order in which they were first asked for.
#[derive(Debug, Default)]
pub(super) struct Names {
    numbers: BTreeMap<String, usize>,
    list: Vec<String>,
}

impl Names {
    /// The number of a name.
    pub(super) fn number(&mut self, name: &str) -> usize {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        let number = self.list.len();
        self.numbers.insert(name.to_owned(), number);
        self.list.push(name.to_owned());
        number
    }

    /// All names by their numbers.
    pub(super) fn into_list(self) -> Vec<String> {
        self.list
    }
}
