//! From the arguments to the list of what will be read.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Read};
use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};
use tempfile::TempPath;
use walkdir::WalkDir;

use super::chunk::Limits;
use super::sniff::{Sniffed, sniff};
use super::{Corpus, Fields, FieldsFound, InputFile, InputOptions, Shard, ShardKind, fields};
use crate::error::{Error, Reject, Result};

/// Lists what the inputs name: files, folders, globs, and `-` for standard input.
///
/// # Errors
///
/// [`Error::Config`] where an input does not exist, where there is nothing to read, and where none of
/// the first records has a text; [`Error::Io`] where standard input cannot be spooled.
pub fn discover(inputs: &[String], options: &InputOptions) -> Result<Corpus> {
    discover_with(inputs, options, &mut io::stdin().lock())
}

/// [`discover`], with something else for standard input.
pub fn discover_with(
    inputs: &[String],
    options: &InputOptions,
    stdin: &mut dyn Read,
) -> Result<Corpus> {
    let fields = Fields::new(options)?;
    let mut spooled = Vec::new();
    let mut roots = Vec::new();
    for input in inputs {
        roots.push(Root::open(input, options, stdin, &mut spooled)?);
    }
    let listing = list(&roots, options);
    if listing.files.is_empty() && listing.rejects.is_empty() {
        let inputs = inputs.join(", ");
        return Err(Error::config(format!("nothing to read in {inputs}: give files or folders")));
    }
    let mut corpus = Corpus {
        shards: Vec::new(),
        files: Vec::new(),
        rejects: listing.rejects,
        found: FieldsFound::default(),
        fields,
        outlets: options.outlets.clone().unwrap_or_default(),
        limits: Limits::new(options.max_record),
        _spooled: spooled,
    };
    arrange(listing.files, &mut corpus);
    corpus.found = fields::probe(&corpus)?;
    Ok(corpus)
}

/// One INPUT.
#[derive(Debug)]
struct Root {
    path: PathBuf,
    kind: RootKind,
}

#[derive(Debug)]
enum RootKind {
    File,
    Folder,
    /// A folder of which only what matches is input.
    Glob(GlobMatcher),
    /// A stream that was written to a file, and what to call it.
    Spooled(&'static str),
}

impl Root {
    fn open(
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
    fn folder(&self) -> Option<PathBuf> {
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
struct Entry {
    path: PathBuf,
    below: PathBuf,
}

/// A file or folder that was found and cannot be used.
type Refused = (PathBuf, String);

/// All files below a folder, hidden ones too, in no particular order.
fn walk(
    root: &Root,
    exclude: Option<PathBuf>,
) -> impl Iterator<Item = Result<Entry, Refused>> + '_ {
    let top = fs::canonicalize(&root.path).ok();
    let below = |path: &Path| path.strip_prefix(&root.path).unwrap_or(path).to_path_buf();
    let is_input = move |path: &Path| match &root.kind {
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
        .map(move |entry| match entry {
            Ok(entry) => Ok(Entry { path: entry.path().to_path_buf(), below: below(entry.path()) }),
            Err(error) => {
                let path = error.path().unwrap_or(&root.path);
                Err((below(path), format!("cannot be read: {error}")))
            }
        })
        .filter(move |entry| {
            is_input(match entry {
                Ok(entry) => &entry.below,
                Err((below, _)) => below,
            })
        })
        .filter_map(move |entry| match entry {
            Ok(entry) => usable(entry, top.as_deref()).transpose(),
            refused => Some(refused),
        })
}

/// Passes files, and links to files. Folders are walked, not passed.
fn usable(entry: Entry, top: Option<&Path>) -> Result<Option<Entry>, Refused> {
    let about = match fs::metadata(&entry.path) {
        Ok(about) => about,
        Err(error) => return Err((entry.below, format!("cannot be read: {error}"))),
    };
    if about.is_file() {
        return Ok(Some(entry));
    }
    if !about.is_dir() {
        return Err((entry.below, "neither a file nor a folder".into()));
    }
    let target = entry.path.is_symlink().then(|| fs::canonicalize(&entry.path).ok()).flatten();
    match (target, top) {
        (Some(target), Some(top)) if !target.starts_with(top) => {
            Err((entry.below, "a link to a folder elsewhere; give that folder as an INPUT".into()))
        }
        _ => Ok(None),
    }
}

/// What was found, with its final name and the text shard it would belong to.
#[derive(Debug)]
struct Found {
    file: InputFile,
    kind: ShardKind,
    shard: String,
}

#[derive(Debug, Default)]
struct Listing {
    files: Vec<Found>,
    rejects: Vec<Reject>,
    names: HashSet<String>,
}

/// Lists the files of all roots; names are below the deepest folder that holds all of them.
fn list(roots: &[Root], options: &InputOptions) -> Listing {
    let mut listing = Listing::default();
    for (entry, name, shard) in once_each(entries(roots, options, &mut listing)) {
        listing.add(entry, name, shard);
    }
    for root in roots {
        if let RootKind::Spooled(name) = root.kind {
            listing.add_stream(&root.path, name);
        }
    }
    listing.rejects.sort_by(|a, b| a.file.cmp(&b.file));
    listing
}

/// A file, its name, and the name of the text shard it would belong to.
type Named = (Entry, String, String);

fn entries(roots: &[Root], options: &InputOptions, listing: &mut Listing) -> Vec<Named> {
    let exclude = options.exclude.as_ref().and_then(|folder| fs::canonicalize(folder).ok());
    let base = roots.iter().filter_map(Root::folder).reduce(|a, b| common(&a, &b));
    let base = base.unwrap_or_default();
    let mut named = Vec::new();
    for root in roots {
        let Some(folder) = root.folder() else { continue };
        let prefix = folder.strip_prefix(&base).unwrap_or(Path::new(""));
        if let RootKind::File = root.kind {
            let below = prefix.join(root.path.file_name().unwrap_or_default());
            let name = slashed(&below);
            named.push((Entry { path: root.path.clone(), below }, name, folder_name(&base)));
            continue;
        }
        let shard = Some(slashed(prefix)).filter(|name| !name.is_empty());
        let shard = shard.unwrap_or_else(|| folder_name(&folder));
        for entry in walk(root, exclude.clone()) {
            match entry {
                Ok(entry) => {
                    let name = slashed(&prefix.join(&entry.below));
                    named.push((entry, name, shard.clone()));
                }
                Err((below, reason)) => listing.reject(slashed(&prefix.join(below)), reason),
            }
        }
    }
    named
}

/// Sorts by name and drops a file's further names, links first.
fn once_each(mut named: Vec<Named>) -> Vec<Named> {
    named.sort_by_cached_key(|(entry, name, _)| (entry.path.is_symlink(), name.clone()));
    let mut seen = HashSet::new();
    let place = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    named.retain(|(entry, ..)| seen.insert(place(&entry.path)));
    named
}

impl Listing {
    fn add(&mut self, entry: Entry, name: String, shard: String) {
        match sniff(&entry.path) {
            Ok(sniffed) => {
                let name = self.unique(name);
                self.push(entry.path, sniffed, name, slashed(&entry.below), shard);
            }
            Err(reason) => self.reject(name, reason),
        }
    }

    /// A stream has no name of its own, so its ending says what it turned out to hold.
    fn add_stream(&mut self, path: &Path, name: &str) {
        match sniff(path) {
            Ok(sniffed) => {
                let ending = match sniffed.kind {
                    ShardKind::Jsonl => ".jsonl",
                    ShardKind::Text => ".txt",
                };
                let name = self.unique(format!("{name}{ending}{}", sniffed.compression.suffix()));
                self.push(path.to_path_buf(), sniffed, name.clone(), name.clone(), name);
            }
            Err(reason) => self.reject(name.to_owned(), reason),
        }
    }

    fn push(
        &mut self,
        path: PathBuf,
        sniffed: Sniffed,
        name: String,
        below: String,
        shard: String,
    ) {
        let size = fs::metadata(&path).map_or(0, |about| about.len());
        let Sniffed { kind, compression } = sniffed;
        let file = InputFile { path, name, below, compression, size };
        self.files.push(Found { file, kind, shard });
    }

    fn reject(&mut self, file: String, reason: String) {
        self.rejects.push(Reject { file, record: 0, offset: 0, reason });
    }

    /// Two files have one name only where a stream is called like a file, or where names are not
    /// Unicode.
    fn unique(&mut self, name: String) -> String {
        let others = (2..).map(|number| format!("{name}~{number}"));
        let free =
            std::iter::once(name.clone()).chain(others).find(|name| !self.names.contains(name));
        let name = free.unwrap_or(name);
        self.names.insert(name.clone());
        name
    }
}

/// Puts the files into the order of their shards' names, and within a shard of their own.
fn arrange(mut found: Vec<Found>, corpus: &mut Corpus) {
    let mut taken = HashSet::new();
    for found in &mut found {
        if found.kind == ShardKind::Jsonl {
            found.shard.clone_from(&found.file.name);
            taken.insert(found.shard.clone());
        }
    }
    for found in found.iter_mut().filter(|found| found.kind == ShardKind::Text) {
        while taken.contains(&found.shard) {
            found.shard.push_str("~text");
        }
    }
    found.sort_by(|a, b| (&a.shard, &a.file.name).cmp(&(&b.shard, &b.file.name)));
    for Found { file, kind, shard } in found {
        let at = corpus.files.len();
        corpus.files.push(file);
        match corpus.shards.last_mut() {
            Some(last) if last.name == shard => last.files.end = at + 1,
            _ => corpus.shards.push(Shard {
                name: shard,
                kind,
                files: Range { start: at, end: at + 1 },
            }),
        }
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

/// The deepest folder that holds both.
fn common(a: &Path, b: &Path) -> PathBuf {
    let same = a.components().zip(b.components()).take_while(|(a, b)| a == b);
    same.map(|(part, _)| part).collect()
}

fn folder_name(folder: &Path) -> String {
    folder.file_name().map_or_else(|| "text".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// A relative path as the outputs write it.
fn slashed(path: &Path) -> String {
    let parts = path.components().filter_map(|part| match part {
        Component::Normal(part) => Some(part.to_string_lossy()),
        _ => None,
    });
    parts.collect::<Vec<_>>().join("/")
}
