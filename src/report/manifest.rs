//! `manifest.json`: what a run wrote, with the checksums that `sha256sum` makes.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use memchr::memchr_iter;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use super::OutFolder;
use super::{MANIFEST_FILE, OUTPUTS};
use crate::engine::Threads;
use crate::error::{Error, Result};
use crate::hash::hexadecimal;
use crate::output::AtomicFile;

/// How much is read at a time.
const BLOCK: usize = 1 << 18;

/// All that a run wrote but `run.json`, which differs from run to run.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// In the order of their paths.
    pub files: Vec<Written>,
}

/// A file that a run wrote.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// Below the folder of the outputs, with `/` on every system.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// The records of a cleaned shard, and the rows of a file of lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub records: Option<u64>,
    /// Its checksum, in hexadecimal.
    pub sha256: String,
}

/// Reads what was written, and writes the manifest. `records` tells, by path, of files that only who
/// wrote them knows how many records they have.
pub fn write(out: &OutFolder, threads: Threads, records: &BTreeMap<String, u64>) -> Result<()> {
    let paths = written(out.path())?;
    let about = |path: &String| {
        let written = about(out.path(), path)?;
        Ok(Written { records: records.get(path).copied().or(written.records), ..written })
    };
    let files = threads.pool()?.install(|| paths.par_iter().map(about).collect::<Result<_>>())?;
    Manifest { files }.save(&out.join(MANIFEST_FILE))
}

/// Has the manifest of a folder, where there is one, tell of a file that was written anew.
pub fn renew(folder: &Path, path: &str) -> Result<()> {
    let target = folder.join(MANIFEST_FILE);
    if !target.exists() {
        return Ok(());
    }
    let json = std::fs::read(&target).map_err(Error::io("cannot read", &target))?;
    let mut manifest: Manifest = serde_json::from_slice(&json).map_err(|error| Error::Corrupt {
        what: format!("it is no manifest of this version ({error}); run again"),
        path: target.clone(),
    })?;
    manifest.files.retain(|file| file.path != path);
    manifest.files.push(about(folder, path)?);
    manifest.files.sort_by(|a, b| a.path.cmp(&b.path));
    manifest.save(&target)
}

impl Manifest {
    fn save(&self, target: &Path) -> Result<()> {
        let mut json = serde_json::to_vec_pretty(self).unwrap_or_default();
        json.push(b'\n');
        let mut file = AtomicFile::create(target)?;
        file.write_all(&json).map_err(Error::io("cannot write", target))?;
        file.commit()
    }
}

/// The files of all outputs, sorted.
fn written(folder: &Path) -> Result<Vec<String>> {
    let mut paths = Vec::new();
    for output in OUTPUTS.iter().filter(|output| **output != MANIFEST_FILE) {
        let place = folder.join(output);
        if !place.exists() {
            continue;
        }
        for entry in WalkDir::new(&place) {
            let entry = entry.map_err(|error| Error::io("cannot read", &place)(error.into()))?;
            let below = entry.path().strip_prefix(folder).unwrap_or(entry.path());
            let parts = below.components().map(|part| part.as_os_str().to_string_lossy());
            if entry.file_type().is_file() {
                paths.push(parts.collect::<Vec<_>>().join("/"));
            }
        }
    }
    paths.sort();
    Ok(paths)
}

fn about(folder: &Path, path: &str) -> Result<Written> {
    let place = folder.join(path);
    let fail = |error| Error::io("cannot read", &place)(error);
    let mut file = File::open(&place).map_err(fail)?;
    let (mut hash, mut bytes, mut lines) = (Sha256::new(), 0, 0);
    let mut block = vec![0; BLOCK];
    loop {
        match file.read(&mut block).map_err(fail)? {
            0 => break,
            count => {
                hash.update(&block[..count]);
                lines += memchr_iter(b'\n', &block[..count]).count() as u64;
                bytes += count as u64;
            }
        }
    }
    let sha256 = hexadecimal(&hash.finalize());
    let is_lines = place.extension().is_some_and(|ending| ending == "jsonl");
    Ok(Written { path: path.to_owned(), bytes, records: is_lines.then_some(lines), sha256 })
}
