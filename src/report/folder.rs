//! The folder of the outputs: whose it is, and what may be written there.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::summary::Run;
use super::{OUTPUTS, RUN_FILE};
use crate::error::{Error, Result};

/// The folder of the outputs.
#[derive(Debug, Clone)]
pub struct OutFolder {
    path: PathBuf,
    alone: bool,
    overwrite: Overwrite,
    /// Keeps other processes out as long as it is open.
    _lock: Option<Arc<File>>,
}

impl OutFolder {
    /// Makes the folder, or takes it over where it is empty, where it holds an earlier run, or
    /// where the user allows to overwrite what it holds.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where it is somebody else's, or another process writes to it.
    pub fn claim(path: &Path, overwrite: Overwrite, inputs: &[String]) -> Result<Self> {
        refuse_outputs_as_inputs(path, inputs)?;
        std::fs::create_dir_all(path).map_err(Error::io("cannot make the folder", path))?;
        let lock = lock(path)?;
        let mut entries =
            std::fs::read_dir(path).map_err(Error::io("cannot read the folder", path))?;
        let earlier = std::fs::read(path.join(RUN_FILE));
        let empty = entries.next().is_none();
        if !empty && earlier.is_err() && overwrite == Overwrite::Never {
            return Err(Error::config(format!(
                "{} is not empty and holds no earlier run; name another folder, or add --overwrite",
                path.display()
            )));
        }
        let earlier: Option<Run> = earlier.ok().and_then(|run| serde_json::from_slice(&run).ok());
        let alone = empty || earlier.is_some_and(|run| run.alone);
        Ok(Self { path: path.to_path_buf(), alone, overwrite, _lock: lock.map(Arc::new) })
    }

    /// Whether what is in it may be overwritten, whatever it is.
    pub fn may_overwrite(&self) -> bool {
        self.overwrite == Overwrite::Allowed
    }

    /// Removes the outputs of an earlier run, lest they be taken for this one's, all but the file that
    /// says whose folder this is; not so where they share the folder with something else.
    pub(crate) fn clear(&self) -> Result<()> {
        if !self.alone {
            return Ok(());
        }
        for name in OUTPUTS {
            let path = self.join(name);
            let removed = if path.is_dir() {
                std::fs::remove_dir_all(&path)
            } else {
                std::fs::remove_file(&path)
            };
            match removed {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::io("cannot remove the earlier output", &path)(e));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether nothing lies in it but outputs of this program.
    pub fn is_ours_alone(&self) -> bool {
        self.alone
    }

    /// A path below the folder.
    pub fn join(&self, below: &str) -> PathBuf {
        self.path.join(below)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Locks a folder against other processes until the file is closed, however the process ends. None where
/// the system cannot lock folders.
fn lock(folder: &Path) -> Result<Option<File>> {
    let Ok(file) = File::open(folder) else { return Ok(None) };
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Err(Error::config(format!(
            "another run is writing to {}; wait until it is done, or name another folder",
            folder.display()
        ))),
        Err(TryLockError::Error(_)) => Ok(None),
    }
}

/// What lies where outputs will be would be gone before it is read.
fn refuse_outputs_as_inputs(out: &Path, inputs: &[String]) -> Result<()> {
    let Ok(out) = std::fs::canonicalize(out) else { return Ok(()) };
    for input in inputs {
        let Ok(place) = std::fs::canonicalize(input) else { continue };
        let Ok(below) = place.strip_prefix(&out) else { continue };
        let first = below.components().next().map(|part| part.as_os_str().to_string_lossy());
        if first.is_some_and(|first| OUTPUTS.contains(&first.as_ref())) {
            return Err(Error::config(format!(
                "{input} is an output in {}: name another folder for this run",
                out.display()
            )));
        }
    }
    Ok(())
}

/// Whether a folder that holds something else may be written to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Overwrite {
    /// No.
    #[default]
    Never,
    /// Yes.
    Allowed,
}
