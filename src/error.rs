//! What can stop a run, and what sets one record aside.
//!
//! An [`Error`] ends the run: a wrong setting, an output that cannot be written. A [`Reject`] is one
//! record that could not be read: it is written to `rejects.jsonl`, counted, and the run goes on.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The result of everything that can stop a run.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What stops a run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting, flag or file of settings is wrong; nothing was read or written yet.
    #[error("{0}")]
    Config(String),
    /// A file or folder could not be used.
    #[error("{action} {}: {said}", path.display())]
    Io {
        /// What was tried, such as `cannot write`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said: part of the message, so no cause behind it, which would be told twice.
        said: std::io::Error,
    },
    /// A file of an earlier run is not what it should be.
    #[error("{}: {what}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, where, and what to do.
        what: String,
    },
}

impl Error {
    /// A constructor for `map_err`: `File::open(p).map_err(Error::io("cannot read", p))`.
    pub fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |said| Self::Io { action, path, said }
    }

    /// A wrong setting.
    pub fn config(what: impl Into<String>) -> Self {
        Self::Config(what.into())
    }
}

/// A record that could not be read: one row of `rejects.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reject {
    /// The input file, as the outputs name it.
    pub file: String,
    /// The record's number in its file, from 1; 0 where the file itself could not be read.
    pub record: u64,
    /// Where the record begins, in bytes after decompression.
    pub offset: u64,
    /// What is wrong, and where known what to do.
    pub reason: String,
}
