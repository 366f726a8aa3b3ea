//! Labels: lines of rules, word for word, and rows of them.
//!
//! What a page sets side by side, a menu, buttons, a bar of tools, comes as one line: `Save Share
//! Gift this article`. No list names all such rows, but their parts are lines of rules.

use super::phrases;
use crate::hash;

/// A row has at least so many labels.
const ROW: usize = 2;
/// From so many on it may have signs of a sentence, or other words between, no more than labels.
const LONG_ROW: usize = 3;
/// Longer lines are no rows, in words: of a language without spaces every character is one.
const LONGEST_ROW: usize = 40;

/// Signs of a sentence.
const COMMAS: [char; 4] = [',', '、', '،', '，'];
const ENDS: [char; 11] = ['.', '!', '?', ':', '…', '。', '！', '？', '؟', '"', '”'];

/// What a row is made of.
struct Parts<'l> {
    /// The rules of its first label.
    first: &'l [u32],
    labels: usize,
    /// Words that are neither labels nor numbers.
    others: usize,
}

/// Lines of rules by their words.
#[derive(Debug)]
pub(super) struct Labels {
    /// Labels, and what they begin with, by the key of their words: most lines are told from all labels
    /// by their first two words.
    known: hash::Map<Label>,
    number: u64,
}

/// The rules that a label is of: first those of which it is a whole line, and how many these are,
/// behind them those of which it is part of a row. None where it is but the beginning of others.
#[derive(Debug, Default)]
struct Label {
    rules: Vec<u32>,
    whole: usize,
}

impl Default for Labels {
    fn default() -> Self {
        let number = phrases::key(super::lexicon::NUMBER);
        Self { known: hash::Map::default(), number }
    }
}

impl Labels {
    /// Adds a line of a rule by its words.
    pub(super) fn add(&mut self, words: &[u64], rule: u32) {
        let label = self.label(words);
        label.rules.insert(label.whole, rule);
        label.whole += 1;
    }

    /// Adds what means something in rows only.
    pub(super) fn add_part(&mut self, words: &[u64], rule: u32) {
        self.label(words).rules.push(rule);
    }

    fn label(&mut self, words: &[u64]) -> &mut Label {
        let mut key = EMPTY;
        for word in words {
            self.known.entry(key).or_default();
            key = longer(key, *word);
        }
        self.known.entry(key).or_default()
    }

    /// What labels begin with, of those that these words begin with, from one word on.
    fn along(&self, words: &[u64]) -> impl Iterator<Item = &Label> {
        let keys = words.iter().scan(EMPTY, |key, word| {
            *key = longer(*key, *word);
            Some(*key)
        });
        keys.map_while(|key| self.known.get(&key))
    }

    /// The rules of which a line is a label as a whole.
    pub(super) fn whole(&self, words: &[u64]) -> &[u32] {
        let last = words.len().checked_sub(1).and_then(|last| self.along(words).nth(last));
        last.map_or(&[], |label| &label.rules[..label.whole])
    }

    /// The rules of the first label of a row: of labels and numbers alone, or with few words between.
    pub(super) fn row(
        &self,
        line: &str,
        words: &[u64],
        is_function: impl Fn(u64) -> bool,
    ) -> Option<&[u32]> {
        let sets_apart =
            |c: char| c.is_whitespace() || matches!(c, '|' | '｜' | '·' | '•' | '/' | '-' | '>');
        if !(ROW..=LONGEST_ROW).contains(&words.len()) || !line.contains(sets_apart) {
            return None;
        }
        let Parts { first, labels, others } = self.parts(words, is_function)?;
        let is_told = || line.contains(COMMAS) || line.ends_with(ENDS);
        let is_row = match others {
            0 if labels >= LONG_ROW => true,
            0 => labels >= ROW && !is_told(),
            _ => labels >= LONG_ROW && others <= labels && !is_told(),
        };
        is_row.then_some(first)
    }

    /// What a line is made of. None where it has no label, a word that only sentences have, or many
    /// others.
    fn parts(&self, words: &[u64], is_function: impl Fn(u64) -> bool) -> Option<Parts<'_>> {
        let (mut first, mut labels, mut others, mut at) = (None, 0, 0, 0);
        while at < words.len() {
            if let Some((length, rules)) = self.longest_at(&words[at..]) {
                first = first.or(Some(rules));
                labels += 1;
                at += length;
                continue;
            }
            if words[at] != self.number {
                others += 1;
                if is_function(words[at]) || others > labels + LONG_ROW {
                    return None;
                }
            }
            at += 1;
        }
        Some(Parts { first: first?, labels, others })
    }

    /// The longest label that words begin with: of how many words, and of which rules.
    fn longest_at(&self, words: &[u64]) -> Option<(usize, &[u32])> {
        let all = (1..).zip(self.along(words)).filter(|(_, label)| !label.rules.is_empty());
        all.last().map(|(length, label)| (length, label.rules.as_slice()))
    }
}

/// The key of no words.
const EMPTY: u64 = 0;

/// The key of words with one more behind them.
fn longer(key: u64, word: u64) -> u64 {
    hash::within(key, &word.to_le_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boilerplate::lexicon::Padding;

    fn is_row(line: &str) -> bool {
        let mut labels = Labels::default();
        for (rule, label) in
            (0..).zip(["save", "share", "gift this article", "news", "sport", "图集"])
        {
            labels.add(&phrases::keys(Padding::default().of(label)), rule);
        }
        let words = phrases::keys(Padding::default().of(line));
        labels.row(line, &words, |word| word == phrases::key("and")).is_some()
    }

    #[test]
    fn rows_are_labels_and_little_else() {
        for row in [
            "Save Share Gift this article",
            "Share | Save",
            "Share 12 Save 3",
            "News Sport What Share",
            "News · Obits · Sport · Fun · Share",
        ] {
            assert!(is_row(row), "{row}");
        }
        for other in [
            "Share",
            "Share 12",
            "Save the whale",
            "News, sport.",
            "News, sport, share of it",
            "News and sport share",
            "News sport share it.",
            "图集图集",
            "News Sport Share the wealth of the old town",
        ] {
            assert!(!is_row(other), "{other}");
        }
    }
}
