//! What stands for Parquet in a build without it: such a file is told to be one.

use super::chunk::{Chunk, Framer};
use super::{Corpus, Parsed};
use crate::error::Reject;

/// A file begins and ends with it.
pub(super) const MARK: &[u8] = b"PAR1";

/// The rows of a chunk: there are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rows {}

impl Rows {
    pub(super) fn names(&self) -> Vec<String> {
        match *self {}
    }
}

/// The groups of rows of one file.
#[derive(Debug)]
pub(super) struct Groups<'a> {
    corpus: &'a Corpus,
    file: usize,
}

impl<'a> Groups<'a> {
    pub(super) fn new(corpus: &'a Corpus, file: usize) -> Self {
        Self { corpus, file }
    }
}

impl Framer for Groups<'_> {
    fn fill(&mut self, chunk: &mut Chunk) -> bool {
        let file = &self.corpus.files[self.file];
        chunk.consumed = file.size;
        chunk.rejects.push(Reject {
            file: file.name.clone(),
            record: 0,
            offset: 0,
            reason: "Parquet, which this build does not read: it needs the feature `parquet`"
                .into(),
        });
        true
    }
}

pub(super) fn documents(
    _: &Chunk,
    rows: &Rows,
    _: &Corpus,
) -> Result<Vec<Result<Parsed, String>>, String> {
    match *rows {}
}
