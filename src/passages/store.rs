//! The words of the corpus, as keys, document after document.

use std::ops::Range;

/// Every document's word keys and outlet, append-only.
///
/// A key is [`crate::words::WordKey`]'s number: a 64-bit hash of the matching form whose lowest bit
/// says that the word is one character of a script written without spaces.
#[derive(Debug, Clone, Default)]
pub struct WordStore {
    keys: Vec<u64>,
    ends: Vec<u64>,
    outlets: Vec<u32>,
}

impl WordStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a document. Outlets are small numbers given out by the caller.
    pub fn push(&mut self, outlet: u32, words: &[u64]) {
        self.keys.extend_from_slice(words);
        self.ends.push(self.keys.len() as u64);
        self.outlets.push(outlet);
    }

    /// Number of documents.
    pub fn len(&self) -> usize {
        self.outlets.len()
    }

    /// Whether there is no document.
    pub fn is_empty(&self) -> bool {
        self.outlets.is_empty()
    }

    /// Number of words of all documents.
    pub fn total_words(&self) -> u64 {
        self.keys.len() as u64
    }

    /// The words of one document, in order.
    pub fn words(&self, doc: u32) -> &[u64] {
        let doc = doc as usize;
        let start = if doc == 0 { 0 } else { self.ends[doc - 1] as usize };
        &self.keys[start..self.ends[doc] as usize]
    }

    /// The outlet of one document.
    pub fn outlet(&self, doc: u32) -> u32 {
        self.outlets[doc as usize]
    }

    /// All outlets, by document.
    pub(crate) fn outlets(&self) -> &[u32] {
        &self.outlets
    }

    /// Ranges of documents of about `words` words each, in order: the units of parallel work.
    pub(crate) fn stints(&self, words: u64) -> Vec<Range<u32>> {
        let mut stints = Vec::new();
        let (mut first, mut begun) = (0, 0);
        for (doc, &end) in (1..).zip(&self.ends) {
            if end - begun >= words || doc as usize == self.ends.len() {
                stints.push(first..doc);
                (first, begun) = (doc, end);
            }
        }
        stints
    }
}
