//! The block: a line of the original text.

use std::ops::Range;

/// A line of the original text, terminator included. Blocks tile the text: joined, they give it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Bytes of the original text, line terminator included.
    pub range: Range<usize>,
    /// The line without white space at its ends; empty (at the start) for a blank line.
    pub body: Range<usize>,
    /// Number of the line, from 1.
    pub line: u32,
}

impl Block {
    /// The line without white space at its ends.
    pub fn text<'t>(&self, original: &'t str) -> &'t str {
        &original[self.body.clone()]
    }

    /// Whether nothing stands on the line.
    pub fn is_blank(&self) -> bool {
        self.body.is_empty()
    }
}
