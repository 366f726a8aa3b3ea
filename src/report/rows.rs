//! Reading the outputs of a run again: files of JSON lines, a row at a time.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind};
use std::iter;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::engine::Threads;
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
        Line { path: &self.path, number: self.number, text: &self.line }.row()
    }

    /// Parses the lines of a file side by side, and hands over what came of them in their order.
    pub fn each<R: Send>(
        path: &Path,
        threads: Threads,
        parse: impl Fn(Line<'_>) -> Result<R> + Sync,
        mut take: impl FnMut(R),
    ) -> Result<()> {
        let Some(mut rows) = Self::open(path)? else { return Ok(()) };
        let batches = iter::from_fn(move || rows.batch().transpose());
        let parse = |(first, text): (u64, String)| {
            let lines = (first..).zip(text.split_inclusive('\n'));
            lines.map(|(number, text)| parse(Line { path, number, text })).collect()
        };
        threads.map_ordered(batches, parse, |rows: Result<Vec<R>>| {
            rows?.into_iter().for_each(&mut take);
            Ok(())
        })
    }

    /// The next lines, and the number of the first; none at the end.
    fn batch(&mut self) -> Result<Option<(u64, String)>> {
        let (first, mut text) = (self.number + 1, String::with_capacity(BATCH));
        while text.len() < BATCH
            && self.reader.read_line(&mut text).map_err(Error::io("cannot read", &self.path))? > 0
        {
            self.number += 1;
        }
        Ok((!text.is_empty()).then_some((first, text)))
    }
}

/// Bytes of lines that one worker parses at a time.
const BATCH: usize = 1 << 18;

/// A line of a file of rows.
#[derive(Debug, Clone, Copy)]
pub struct Line<'l> {
    path: &'l Path,
    /// From 1.
    pub number: u64,
    text: &'l str,
}

impl<'l> Line<'l> {
    /// What it says.
    pub fn row<T: Deserialize<'l>>(self) -> Result<T> {
        serde_json::from_str(self.text).map_err(|error| Error::Corrupt {
            path: self.path.to_path_buf(),
            what: format!(
                "line {} is no row of this file ({error}); run again with --overwrite",
                self.number
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_in_order_whoever_parses_them() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let all: Vec<u64> = (0..100_000).collect();
        let lines: Vec<String> = all.iter().map(u64::to_string).collect();
        std::fs::write(file.path(), lines.join("\n")).unwrap();
        for threads in [1, 3] {
            let mut rows = Vec::new();
            let number = |line: Line<'_>| Ok((line.number, line.row::<u64>()?));
            Rows::each(file.path(), Threads::new(threads), number, |row| rows.push(row)).unwrap();
            assert!(rows.into_iter().eq((1..).zip(all.iter().copied())));
        }
    }

    #[test]
    fn a_line_that_is_no_row_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "1\n2\nthree\n").unwrap();
        let number = |line: Line<'_>| line.row::<u64>();
        let error = Rows::each(file.path(), Threads::new(2), number, drop).unwrap_err();
        assert!(error.to_string().contains("line 3 is no row"), "{error}");
        let nowhere = file.path().with_extension("none");
        assert!(Rows::each(&nowhere, Threads::new(2), number, drop).is_ok());
    }
}
