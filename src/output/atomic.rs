//! Files that appear when they are whole.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::TempPath;
use walkdir::WalkDir;

use crate::error::{Error, Result};
use crate::hash;

/// How the name of everything unfinished begins and ends: nothing that anyone would call a file.
const UNFINISHED: (&str, &str) = (".unchaff-", ".unfinished");

/// A file that is written beside its target and takes its name by [`AtomicFile::commit`]. Dropped
/// before that, it is removed; killed before that, the next one for the same target overwrites it.
#[derive(Debug)]
pub struct AtomicFile {
    file: BufWriter<File>,
    unfinished: TempPath,
    target: PathBuf,
}

impl AtomicFile {
    /// Begins a file, and makes the folders above it.
    pub fn create(target: &Path) -> Result<Self> {
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).map_err(Error::io("cannot make the folder", folder))?;
        }
        let unfinished = unfinished(target);
        let fail = Error::io("cannot write", &unfinished);
        let (file, unfinished) = File::create(&unfinished)
            .and_then(|file| Ok((file, TempPath::try_from_path(&unfinished)?)))
            .map_err(fail)?;
        Ok(Self { file: BufWriter::new(file), unfinished, target: target.to_path_buf() })
    }

    /// Where the file will be.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Brings the bytes to the disk and gives the file its name.
    pub fn commit(self) -> Result<()> {
        let Self { file, unfinished, target } = self;
        let file = file.into_inner().map_err(io::IntoInnerError::into_error);
        file.and_then(|file| file.sync_all()).map_err(Error::io("cannot write", &target))?;
        unfinished
            .persist(&target)
            .map_err(|error| Error::io("cannot write", &target)(error.error))?;
        sync_folder(&target)
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Removes what an aborted run left below a folder.
pub fn sweep(folder: &Path) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    let mut entries = WalkDir::new(folder).into_iter();
    while let Some(entry) = entries.next() {
        let entry = entry.map_err(|error| Error::io("cannot read", folder)(error.into()))?;
        if !is_unfinished(entry.file_name()) {
            continue;
        }
        let path = entry.path();
        let removed = if entry.file_type().is_dir() {
            entries.skip_current_dir();
            fs::remove_dir_all(path)
        } else {
            fs::remove_file(path)
        };
        removed.map_err(Error::io("cannot remove", path))?;
    }
    Ok(())
}

/// What a target is called until it is whole. Hashed, since a name may already be as long as the file
/// system allows.
pub(crate) fn unfinished(target: &Path) -> PathBuf {
    let name = target.file_name().unwrap_or_default();
    let (begin, end) = UNFINISHED;
    target.with_file_name(format!("{begin}{:016x}{end}", hash::of(name.as_encoded_bytes())))
}

fn is_unfinished(name: &OsStr) -> bool {
    let (begin, end) = UNFINISHED;
    let name = name.to_string_lossy();
    let hash = name.strip_prefix(begin).and_then(|rest| rest.strip_suffix(end));
    hash.is_some_and(|hash| hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// A new name is an entry of its folder, and only on the disk when that is.
pub(super) fn sync_folder(target: &Path) -> Result<()> {
    match target.parent() {
        Some(folder) if cfg!(unix) && !folder.as_os_str().is_empty() => File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(Error::io("cannot write the folder", folder)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_by_commit_only() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a/b.jsonl");
        let mut file = AtomicFile::create(&target).unwrap();
        file.write_all(b"whole").unwrap();
        assert!(!target.exists());
        file.commit().unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"whole");
        assert_eq!(fs::read_dir(target.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_dropped_file_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("b.jsonl");
        fs::write(&target, "before").unwrap();
        AtomicFile::create(&target).unwrap().write_all(b"half").unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"before");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn leftovers_are_overwritten_and_swept() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("x".repeat(255));
        fs::write(unfinished(&target), "left by a longer run").unwrap();
        let mut file = AtomicFile::create(&target).unwrap();
        file.write_all(b"new").unwrap();
        file.commit().unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"new");
        fs::create_dir_all(unfinished(&folder.path().join("stage")).join("deep")).unwrap();
        fs::write(unfinished(&target), "left").unwrap();
        fs::write(folder.path().join(".unchaff-notes.unfinished"), "someone's").unwrap();
        sweep(folder.path()).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
