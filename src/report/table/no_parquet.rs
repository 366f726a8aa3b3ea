//! What stands for Parquet in a build without it: it cannot be written.

use std::convert::Infallible;
use std::path::Path;

use super::Family;
use crate::error::{Error, Result};

/// None can be made.
#[derive(Debug)]
pub struct Parquet(Infallible);

impl Parquet {
    /// Fails.
    pub fn create(_: &Path) -> Result<Self> {
        Err(Error::config("this build writes no Parquet; it needs the feature `parquet`"))
    }

    /// Never called.
    pub fn add(&mut self, _: &Family) -> Result<()> {
        match self.0 {}
    }

    /// Never called.
    pub fn finish(self) -> Result<()> {
        match self.0 {}
    }
}
