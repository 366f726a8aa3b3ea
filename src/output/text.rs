//! Text files: one a document.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::{Encoded, atomic, below};
use crate::error::{Error, Result};

/// The files of a shard, which appear together: until then they lie in a folder beside.
#[derive(Debug)]
pub(super) struct Writer {
    stage: Stage,
    folder: PathBuf,
}

/// The folder of unfinished files.
#[derive(Debug)]
struct Stage(PathBuf);

impl Drop for Stage {
    fn drop(&mut self) {
        // What cannot be removed now is swept by the next run.
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Writer {
    pub(super) fn create(folder: &Path, shard: &str) -> Result<Self> {
        let stage = atomic::unfinished(&folder.join(shard.replace('/', "\\")));
        if stage.exists() {
            fs::remove_dir_all(&stage).map_err(Error::io("cannot remove", &stage))?;
        }
        fs::create_dir_all(&stage).map_err(Error::io("cannot make the folder", &stage))?;
        Ok(Self { stage: Stage(stage), folder: folder.to_path_buf() })
    }

    pub(super) fn append(&mut self, encoded: &Encoded) -> Result<()> {
        for (name, range) in &encoded.files {
            let path = below(&self.stage.0, name)?;
            make_folder(&path)?;
            fs::write(&path, &encoded.bytes[range.clone()])
                .map_err(Error::io("cannot write", &path))?;
        }
        Ok(())
    }

    /// Brings the files to the disk only now: by then the system has written most of them.
    pub(super) fn finish(self) -> Result<()> {
        let mut folders = BTreeSet::new();
        for entry in WalkDir::new(&self.stage.0).sort_by_file_name() {
            let entry =
                entry.map_err(|error| Error::io("cannot read", &self.stage.0)(error.into()))?;
            if entry.file_type().is_dir() {
                continue;
            }
            let name = entry.path().strip_prefix(&self.stage.0).unwrap_or(entry.path());
            let target = self.folder.join(name);
            make_folder(&target)?;
            publish(entry.path(), &target).map_err(Error::io("cannot write", &target))?;
            folders.insert(target.parent().map(Path::to_path_buf));
        }
        folders.iter().flatten().try_for_each(|folder| atomic::sync_folder(&folder.join("any")))
    }
}

fn make_folder(path: &Path) -> Result<()> {
    let Some(folder) = path.parent() else { return Ok(()) };
    fs::create_dir_all(folder).map_err(Error::io("cannot make the folder", folder))
}

fn publish(staged: &Path, target: &Path) -> std::io::Result<()> {
    File::options().write(true).open(staged)?.sync_all()?;
    fs::rename(staged, target)
}
