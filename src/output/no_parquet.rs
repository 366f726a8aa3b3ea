//! What stands for Parquet in a build without it: it cannot be written.

use std::io;
use std::path::Path;

use crate::error::{Error, Result};
use crate::input::parquet::Rows;
use crate::input::{Compression, Corpus};

const MISSING: &str = "--to parquet: this build does not write it; it needs the feature `parquet`";

/// What was made of the rows of a chunk.
#[derive(Debug, Default)]
pub(super) struct Kept;

impl Kept {
    pub(super) fn push(&mut self, _: usize, _: &str, _: Option<&str>) {}

    pub(super) fn encode(&self, rows: &Rows, _: Option<Compression>) -> Result<Vec<u8>, String> {
        match *rows {}
    }

    pub(super) fn encode_lines(&self, rows: &Rows) -> Result<Vec<u8>, String> {
        match *rows {}
    }
}

/// The columns of a shard.
#[derive(Debug)]
pub(super) struct Columns;

impl Columns {
    pub(super) fn of(_: &Corpus, _: usize) -> Self {
        Self
    }

    pub(super) fn encode(&self, _: &[u8], _: Compression) -> io::Result<Vec<u8>> {
        Err(io::Error::other(MISSING))
    }
}

/// A file of Parquet.
#[derive(Debug)]
pub(super) enum Writer {}

impl Writer {
    pub(super) fn create(_: &Path, _: &str) -> Result<Self> {
        Err(Error::config(MISSING))
    }

    pub(super) fn append(&mut self, _: &[u8]) -> Result<()> {
        match *self {}
    }

    pub(super) fn finish(self) -> Result<()> {
        match self {}
    }
}
