//! The lines of a text, as they are surveyed and judged.

use crate::block::Block;
use crate::normalize::{self, Edits};
use crate::segment::segment;

/// The lines of a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lines {
    /// The lines.
    pub blocks: Vec<Block>,
    /// What normalisation does to each.
    pub normalised: Vec<Option<Edits>>,
    /// The keys of those that are not blank, in their order, where a survey has made them; else none.
    pub keys: Vec<Keys>,
}

/// What a line is counted by in templates (see [`crate::boilerplate::line::keys`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keys {
    /// Identity of the line.
    pub line: u64,
    /// Identity of its first words, where it is long enough to vary behind them.
    pub opening: Option<u64>,
}

impl Lines {
    /// Cuts a text, and says what normalisation does to each line.
    pub fn of(text: &str) -> Self {
        let blocks = segment(text);
        let normalised = blocks.iter().map(|block| normalize::line(block.text(text))).collect();
        Self { blocks, normalised, keys: Vec::new() }
    }

    /// Those that are not blank, with what normalisation does to each.
    pub fn solid(&self) -> impl Iterator<Item = (&Block, Option<&Edits>)> {
        let all = self.blocks.iter().zip(self.normalised.iter().map(Option::as_ref));
        all.filter(|(block, _)| !block.is_blank())
    }
}
