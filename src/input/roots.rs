//! The INPUTs: what an argument means, and the files below it.

use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};
use tempfile::TempPath;
use walkdir::{DirEntry, WalkDir};

use super::InputOptions;
use crate::error::{Error, Result};

/// One INPUT.
#[derive(Debug)]
pub(super) struct Root {
    pub(super) path: PathBuf,
    pub(super) kind: RootKind,
}

#[derive(Debug)]
pub(super) enum RootKind {
    File,
    Folder,
    /// A folder of which only what matches is input.
    Glob(GlobMatcher),
    /// A stream that was written to a file, and what to call it.
    Spooled(&'static str),
}

impl Root {
    pub(super) fn open(
        input: &str,
        options: &InputOptions,
        stdin: &mut dyn Read,
        spooled: &mut Vec<TempPath>,
    ) -> Result<Self> {
        if input == "-" {
            let path = spool(stdin, "stdin", &options.tmp, spooled)?;
            return Ok(Self { path, kind: RootKind::Spooled("stdin") });
        }
        let path = PathBuf::from(input);
        match fs::metadata(&path) {
            Ok(about) if about.is_dir() => Ok(Self { path, kind: RootKind::Folder }),
            Ok(about) if about.is_file() => Ok(Self { path, kind: RootKind::File }),
            Ok(_) => {
                let mut pipe = fs::File::open(&path).map_err(Error::io("cannot read", &path))?;
                let path = spool(&mut pipe, "pipe", &options.tmp, spooled)?;
                Ok(Self { path, kind: RootKind::Spooled("pipe") })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound && is_glob(input) => glob(input),
            Err(error) => Err(Error::config(format!(
                "cannot read {input}: {error}; an INPUT is a file, a folder, a glob or -"
            ))),
        }
    }

    /// The folder its names are below.
    pub(super) fn folder(&self) -> Option<PathBuf> {
        let path = plain(&self.path);
        match self.kind {
            RootKind::File => path.parent().map(Path::to_path_buf),
            RootKind::Folder | RootKind::Glob(_) => Some(path),
            RootKind::Spooled(_) => None,
        }
    }
}

/// Streams are read more than once, so they have to be files.
fn spool(
    stream: &mut dyn Read,
    name: &str,
    tmp: &Path,
    spooled: &mut Vec<TempPath>,
) -> Result<PathBuf> {
    let mut file = tempfile::Builder::new()
        .prefix(&format!("unchaff-{name}-"))
        .tempfile_in(tmp)
        .map_err(Error::io("cannot spool the input to --tmp", tmp))?;
    io::copy(stream, &mut file).map_err(Error::io("cannot spool the input to", file.path()))?;
    let path = file.into_temp_path();
    let place = path.to_path_buf();
    spooled.push(path);
    Ok(place)
}

fn is_glob(input: &str) -> bool {
    input.contains(['*', '?', '[', '{'])
}

/// Splits a glob into the folder before its first special part and the rest.
fn glob(input: &str) -> Result<Root> {
    let parts: Vec<&str> = input.split('/').collect();
    let fixed = parts.iter().take_while(|part| !is_glob(part)).count();
    let folder = match parts[..fixed].join("/") {
        folder if !folder.is_empty() => folder,
        _ if input.starts_with('/') => "/".to_owned(),
        _ => ".".to_owned(),
    };
    let pattern = GlobBuilder::new(&parts[fixed..].join("/")).literal_separator(true).build();
    let pattern = pattern.map_err(|error| Error::config(format!("bad glob {input}: {error}")))?;
    let root =
        Root { path: PathBuf::from(folder), kind: RootKind::Glob(pattern.compile_matcher()) };
    if !root.path.is_dir() || walk(&root, None).next().is_none() {
        return Err(Error::config(format!("nothing matches {input}; quote globs for the shell")));
    }
    Ok(root)
}

/// A file that was found: where it is, and its path below its INPUT.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) path: PathBuf,
    pub(super) below: PathBuf,
    pub(super) link: bool,
}

/// A file or folder that was found and cannot be used.
pub(super) type Refused = (PathBuf, String);

/// All files below a folder, hidden ones too, in no particular order.
pub(super) fn walk(
    root: &Root,
    exclude: Option<PathBuf>,
) -> impl Iterator<Item = Result<Entry, Refused>> + '_ {
    let top = fs::canonicalize(&root.path).ok();
    let is_input = |path: &Path| match &root.kind {
        RootKind::Glob(pattern) => {
            path.ancestors().any(|part| !part.as_os_str().is_empty() && pattern.is_match(part))
        }
        _ => true,
    };
    WalkDir::new(&root.path)
        .into_iter()
        .filter_entry(move |entry| {
            exclude.is_none()
                || !entry.file_type().is_dir()
                || fs::canonicalize(entry.path()).ok() != exclude
        })
        .filter_map(move |entry| {
            let path = match &entry {
                Ok(entry) => entry.path(),
                Err(error) => error.path().unwrap_or(&root.path),
            };
            let below = path.strip_prefix(&root.path).unwrap_or(path).to_path_buf();
            if !is_input(&below) {
                return None;
            }
            match entry {
                Ok(entry) => usable(&entry, below, top.as_deref()).transpose(),
                Err(error) => Some(Err((below, format!("cannot be read: {error}")))),
            }
        })
}

/// Passes files, and links to files. Folders are walked, not passed.
fn usable(entry: &DirEntry, below: PathBuf, top: Option<&Path>) -> Result<Option<Entry>, Refused> {
    let path = entry.path();
    let link = entry.path_is_symlink();
    let kind = if link {
        fs::metadata(path).map(|about| about.file_type())
    } else {
        Ok(entry.file_type())
    };
    match kind {
        Ok(kind) if kind.is_file() => Ok(Some(Entry { path: path.to_path_buf(), below, link })),
        Ok(kind) if kind.is_dir() && link && leads_elsewhere(path, top) => {
            Err((below, "a link to a folder elsewhere; give that folder as an INPUT".into()))
        }
        Ok(kind) if kind.is_dir() => Ok(None),
        Ok(_) => Err((below, "neither a file nor a folder".into())),
        Err(error) => Err((below, format!("cannot be read: {error}"))),
    }
}

fn leads_elsewhere(link: &Path, top: Option<&Path>) -> bool {
    match (fs::canonicalize(link), top) {
        (Ok(target), Some(top)) => !target.starts_with(top),
        _ => false,
    }
}

/// The absolute path without `.` and `..`, for names; files are opened by the path that was given.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf()).components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}
