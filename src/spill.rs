//! The only temporary files: an append-only store of byte records, gone when it is dropped.

use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Byte records on disk, under the folder for temporary files.
#[derive(Debug)]
pub struct Store {
    writer: BufWriter<File>,
    folder: PathBuf,
    /// Where each record ends.
    ends: Vec<u64>,
}

impl Store {
    /// An empty store.
    pub fn new(folder: &Path) -> Result<Self> {
        let file = tempfile::tempfile_in(folder)
            .map_err(Error::io("cannot make a temporary file in (see --tmp)", folder))?;
        let writer = BufWriter::with_capacity(1 << 20, file);
        Ok(Self { writer, folder: folder.to_path_buf(), ends: Vec::new() })
    }

    /// Adds a record.
    pub fn push(&mut self, record: &[u8]) -> Result<()> {
        let end = self.ends.last().copied().unwrap_or(0) + record.len() as u64;
        self.writer
            .write_all(record)
            .map_err(Error::io("cannot write a temporary file in (see --tmp)", &self.folder))?;
        self.ends.push(end);
        Ok(())
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// A reader of what was added.
    pub fn reader(self) -> Result<Reader> {
        let failed = Error::io("cannot write a temporary file in (see --tmp)", &self.folder);
        let file = self.writer.into_inner().map_err(|e| failed(e.into_error()))?;
        Ok(Reader { file, folder: self.folder, ends: self.ends })
    }
}

/// Reads a store.
#[derive(Debug)]
pub struct Reader {
    file: File,
    folder: PathBuf,
    ends: Vec<u64>,
}

impl Reader {
    /// The `i`th record.
    pub fn read(&mut self, i: usize) -> Result<Vec<u8>> {
        let start = if i == 0 { 0 } else { self.ends[i - 1] };
        let mut record = vec![0; (self.ends[i] - start) as usize];
        self.file
            .seek(SeekFrom::Start(start))
            .and_then(|_| self.file.read_exact(&mut record))
            .map_err(Error::io("cannot read a temporary file in", &self.folder))?;
        Ok(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_in_comes_out() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::new(folder.path()).unwrap();
        let records = [b"one".to_vec(), Vec::new(), vec![7; 3_000_000]];
        for record in &records {
            store.push(record).unwrap();
        }
        let mut reader = store.reader().unwrap();
        for i in [2, 0, 1] {
            assert_eq!(reader.read(i).unwrap(), records[i]);
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "it has no name");
    }
}
