//! Reading the outputs of a run again: files of JSON lines, a row at a time.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::{Error, Result};

/// The rows of a file, in order. A row is parsed as what it is asked for, and may borrow from the
/// line until the next one is read.
#[derive(Debug)]
pub struct Rows {
    path: PathBuf,
    reader: BufReader<File>,
    line: String,
    number: u64,
}

impl Rows {
    /// Opens a file; none where there is no such file.
    pub fn open(path: &Path) -> Result<Option<Self>> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io("cannot read", path)(error)),
        };
        let reader = BufReader::with_capacity(1 << 18, file);
        Ok(Some(Self { path: path.to_path_buf(), reader, line: String::new(), number: 0 }))
    }

    /// The next row; none at the end.
    pub fn next<'r, T: Deserialize<'r>>(&'r mut self) -> Result<Option<T>> {
        if !self.advance()? {
            return Ok(None);
        }
        self.row().map(Some)
    }

    /// Goes to the next line; false at the end.
    pub fn advance(&mut self) -> Result<bool> {
        self.line.clear();
        self.number += 1;
        let read = self.reader.read_line(&mut self.line);
        read.map(|bytes| bytes > 0).map_err(Error::io("cannot read", &self.path))
    }

    /// The line that was gone to.
    pub fn row<'r, T: Deserialize<'r>>(&'r self) -> Result<T> {
        serde_json::from_str(&self.line).map_err(|error| Error::Corrupt {
            path: self.path.clone(),
            what: format!(
                "line {} is no row of this file ({error}); run again with --overwrite",
                self.number
            ),
        })
    }
}
