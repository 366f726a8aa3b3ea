//! Journals: records appended while something long goes on, and read by whoever goes on with it.
//!
//! A record carries its hash, so that a journal ends where the last whole record ends, however the one
//! who wrote it was stopped.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::hash;

/// Bytes before each record: its hash, and the lengths of its two parts.
const HEADER: usize = 24;

/// Bytes that may be lost where the machine itself stops: so often is the disk waited for.
const UNSYNCED: u64 = 64 << 20;

/// A file of records of two parts each, a head and a body.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    length: u64,
    unsynced: u64,
}

impl Journal {
    /// Opens a journal, or begins it, to append.
    pub fn open(path: &Path) -> Result<Self> {
        let failed = || Error::io("cannot write", path);
        let opened = OpenOptions::new().read(true).append(true).create(true).open(path);
        let file = opened.map_err(failed())?;
        let length = file.metadata().map_err(failed())?.len();
        Ok(Self { file, path: path.to_path_buf(), length, unsynced: 0 })
    }

    /// Its bytes.
    pub fn len(&self) -> u64 {
        self.length
    }

    /// Whether it has no record.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Appends a record, whose body is these parts one after the other.
    pub fn append(&mut self, head: &[u8], body: &[&[u8]]) -> Result<()> {
        let length: usize = body.iter().map(|part| part.len()).sum();
        let mut begins = Vec::with_capacity(HEADER + head.len());
        begins.extend_from_slice(&[0; 8]);
        begins.extend_from_slice(&(head.len() as u64).to_le_bytes());
        begins.extend_from_slice(&(length as u64).to_le_bytes());
        begins.extend_from_slice(head);
        let hashed = std::iter::once(&begins[8..]).chain(body.iter().copied());
        let hash = hash::of_all(hashed).to_le_bytes();
        begins[..8].copy_from_slice(&hash);
        self.write(&begins)?;
        // A body may be large, and is not copied to be written in one piece.
        body.iter().try_for_each(|part| self.write(part))?;
        if self.unsynced >= UNSYNCED { self.sync() } else { Ok(()) }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(Error::io("cannot write", &self.path))?;
        self.length += bytes.len() as u64;
        self.unsynced += bytes.len() as u64;
        Ok(())
    }

    /// Waits until all records are on the disk.
    pub fn sync(&mut self) -> Result<()> {
        self.unsynced = 0;
        self.file.sync_data().map_err(Error::io("cannot write", &self.path))
    }

    /// Drops what comes after so many bytes.
    pub fn cut(&mut self, length: u64) -> Result<()> {
        self.length = length;
        self.file.set_len(length).map_err(Error::io("cannot write", &self.path))
    }

    /// Reads all whole records from the beginning.
    pub fn records(&self) -> Result<Records> {
        let failed = Error::io("cannot read", &self.path);
        let file = File::open(&self.path).map_err(failed)?;
        let reader = BufReader::with_capacity(1 << 20, file);
        Ok(Records { reader, path: self.path.clone(), rest: self.length })
    }
}

/// A record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The head.
    pub head: Vec<u8>,
    /// The body.
    pub body: Vec<u8>,
    /// The bytes it takes in the journal.
    pub length: u64,
}

/// The records of a journal, in order, up to the first that is not whole.
#[derive(Debug)]
pub struct Records {
    reader: BufReader<File>,
    path: PathBuf,
    rest: u64,
}

impl Records {
    /// Goes on so many bytes further.
    pub fn skip_bytes(&mut self, bytes: u64) -> Result<()> {
        let moved = self.reader.seek(SeekFrom::Current(bytes.cast_signed()));
        self.rest = self.rest.saturating_sub(bytes);
        moved.map(|_| ()).map_err(Error::io("cannot read", &self.path))
    }

    fn read(&mut self) -> std::io::Result<Option<Record>> {
        let mut header = [0; HEADER];
        self.reader.read_exact(&mut header)?;
        let number =
            |at: usize| header[at..at + 8].iter().rev().fold(0_u64, |n, &b| n << 8 | u64::from(b));
        let (hash, head, body) = (number(0), number(8), number(16));
        let length = head.checked_add(body).and_then(|sum| sum.checked_add(HEADER as u64));
        let Some(length) = length.filter(|&length| length <= self.rest) else { return Ok(None) };
        let mut bytes = header[8..].to_vec();
        bytes.resize(length as usize - 8, 0);
        self.reader.read_exact(&mut bytes[HEADER - 8..])?;
        if hash::of(&bytes) != hash {
            return Ok(None);
        }
        self.rest -= length;
        let body = bytes.split_off(HEADER - 8 + head as usize);
        bytes.drain(..HEADER - 8);
        Ok(Some(Record { head: bytes, body, length }))
    }
}

impl Iterator for Records {
    type Item = Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.read() {
            Ok(record) => record.map(Ok),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => None,
            Err(error) => Some(Err(Error::io("cannot read", &self.path)(error))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(journal: &Journal) -> Vec<(Vec<u8>, Vec<u8>)> {
        journal.records().unwrap().map(|r| r.map(|r| (r.head, r.body)).unwrap()).collect()
    }

    proptest! {
        #[test]
        fn a_journal_ends_with_its_last_whole_record(
            records in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..9), prop::collection::vec(any::<u8>(), 0..40)), 1..6),
            lost in 0_usize..60,
            damaged in any::<bool>(),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("journal");
            let mut journal = Journal::open(&path).unwrap();
            let mut ends = vec![0];
            for (head, body) in &records {
                let (start, end) = body.split_at(body.len() / 2);
                journal.append(head, &[start, end]).unwrap();
                ends.push(journal.len());
            }
            drop(journal);
            let mut bytes = std::fs::read(&path).unwrap();
            let whole = bytes.len().saturating_sub(lost);
            if damaged && lost > 0 {
                bytes[whole..].fill(0);
            } else {
                bytes.truncate(whole);
            }
            std::fs::write(&path, &bytes).unwrap();
            let journal = Journal::open(&path).unwrap();
            let left = ends.iter().filter(|&&end| end > 0 && end <= whole as u64).count();
            let read = all(&journal);
            // Zeros in place of zeros are no damage.
            prop_assert!(read.len() >= left && read[..] == records[..read.len()]);
            prop_assert!(damaged || read.len() == left);
        }
    }

    #[test]
    fn what_is_cut_off_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let mut journal = Journal::open(&path).unwrap();
        journal.append(b"one", &[b"1"]).unwrap();
        let end = journal.len();
        journal.append(b"two", &[b"2"]).unwrap();
        journal.cut(end).unwrap();
        journal.append(b"three", &[]).unwrap();
        let want = [(b"one".to_vec(), b"1".to_vec()), (b"three".to_vec(), Vec::new())];
        assert_eq!(all(&journal), want);
        let mut rest = journal.records().unwrap();
        rest.skip_bytes(end).unwrap();
        assert_eq!(rest.next().unwrap().unwrap().head, b"three");
    }
}
