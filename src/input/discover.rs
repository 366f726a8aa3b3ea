//! From the arguments to the list of what will be read.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Read, Write};
use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use super::compression::{Compression, Stream};
use super::fields::{self, Fields};
use super::roots::{Entry, Root, RootKind, walk};
use super::sniff::{Sniffed, sniff};
use super::{Corpus, InputFile, InputOptions, Shard, ShardKind};
use tempfile::TempPath;

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
    // Standard input given twice would be empty the second time.
    let twice = |i: usize| inputs[i] == "-" && inputs[..i].contains(&inputs[i]);
    for (_, input) in inputs.iter().enumerate().filter(|(i, _)| !twice(*i)) {
        roots.push(Root::open(input, options, stdin, &mut spooled)?);
    }
    let mut listing = list(&roots, options, &fields);
    listing.unpack(&options.tmp, &mut spooled);
    if listing.files.is_empty() && listing.rejects.is_empty() {
        let inputs = inputs.join(", ");
        return Err(Error::config(format!("nothing to read in {inputs}: give files or folders")));
    }
    let mut corpus = Corpus { rejects: listing.rejects, spooled, ..Corpus::empty(fields, options) };
    arrange(listing.files, &mut corpus);
    corpus.found = fields::probe(&corpus)?;
    Ok(corpus)
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
fn list(roots: &[Root], options: &InputOptions, fields: &Fields) -> Listing {
    let mut listing = Listing::default();
    for (entry, name, shard) in once_each(entries(roots, options, &mut listing)) {
        listing.add(entry, name, shard, fields);
    }
    for root in roots {
        if let RootKind::Spooled(name) = root.kind {
            listing.add_stream(&root.path, name, fields);
        }
    }
    listing.rejects.sort_by(|a, b| a.file.cmp(&b.file));
    listing
}

/// How much is unpacked at a time.
const UNPACKED: usize = 128 << 10;

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
            let link = root.path.is_symlink();
            let entry = Entry { path: root.path.clone(), below, link };
            named.push((entry, name, folder_name(&base)));
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
    named.sort_by(|(a, a_name, _), (b, b_name, _)| (a.link, a_name).cmp(&(b.link, b_name)));
    let mut places = Places::default();
    let mut seen = HashSet::new();
    named.retain(|(entry, ..)| seen.insert(places.of(entry)));
    named
}

/// Where files really are. Asking the system is slow, and most files lie in the folder of the last.
#[derive(Debug, Default)]
struct Places {
    folder: PathBuf,
    place: PathBuf,
}

impl Places {
    fn of(&mut self, entry: &Entry) -> PathBuf {
        let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        let (Some(folder), Some(name), false) =
            (entry.path.parent(), entry.path.file_name(), entry.link)
        else {
            return real(&entry.path);
        };
        if folder != self.folder || self.place.as_os_str().is_empty() {
            // The parent of a bare file name is the empty path, which means here.
            let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            (self.folder, self.place) = (folder.to_path_buf(), real(here));
        }
        self.place.join(name)
    }
}

impl Listing {
    fn add(&mut self, entry: Entry, name: String, shard: String, fields: &Fields) {
        match sniff(&entry.path, fields) {
            Ok(sniffed) => {
                let name = self.unique(name);
                self.push(entry.path, sniffed, name, slashed(&entry.below), shard);
            }
            Err(reason) => self.reject(name, reason),
        }
    }

    /// A stream has no name of its own, so its ending says what it turned out to hold.
    fn add_stream(&mut self, path: &Path, name: &str, fields: &Fields) {
        match sniff(path, fields) {
            Ok(sniffed) => {
                let ending = sniffed.kind.ending();
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
        let Sniffed { kind, compression, dialect } = sniffed;
        let file = InputFile { path, name, below, compression, size, dialect };
        self.files.push(Found { file, kind, shard });
    }

    /// Parquet is read from its end, so where it is packed it has to be unpacked first.
    fn unpack(&mut self, tmp: &Path, spooled: &mut Vec<TempPath>) {
        let files = std::mem::take(&mut self.files);
        for mut found in files {
            let file = &mut found.file;
            if found.kind == ShardKind::Parquet && file.compression != Compression::None {
                match unpacked(&file.path, tmp) {
                    Ok((path, size)) => {
                        (file.path, file.size) = (path.to_path_buf(), size);
                        file.compression = Compression::None;
                        spooled.push(path);
                    }
                    Err(reason) => {
                        let name = file.name.clone();
                        self.reject(name, reason);
                        continue;
                    }
                }
            }
            self.files.push(found);
        }
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

/// A file without its packing, and its size.
fn unpacked(path: &Path, tmp: &Path) -> Result<(TempPath, u64), String> {
    let told = |error: io::Error| format!("cannot be unpacked to {}: {error}", tmp.display());
    let mut file = tempfile::Builder::new().prefix("unchaff-").tempfile_in(tmp).map_err(told)?;
    let mut stream = Stream::open(path).map_err(told)?;
    let mut block = Vec::new();
    while !stream.ended() {
        stream.read(&mut block, UNPACKED).map_err(|fault| fault.reason(stream.produced()))?;
        file.write_all(&block).map_err(told)?;
        block.clear();
    }
    Ok((file.into_temp_path(), stream.produced()))
}

/// Puts the files into the order of their shards' names, and within a shard of their own.
fn arrange(mut found: Vec<Found>, corpus: &mut Corpus) {
    let mut taken: HashSet<String> = HashSet::new();
    for found in found.iter_mut().filter(|found| !found.kind.is_file_a_document()) {
        found.shard.clone_from(&found.file.name);
        taken.insert(found.shard.clone());
    }
    for (kind, word) in [(ShardKind::Text, "~text"), (ShardKind::Html, "~html")] {
        let mut named = HashSet::new();
        for found in found.iter_mut().filter(|found| found.kind == kind) {
            while taken.contains(&found.shard) {
                found.shard.push_str(word);
            }
            named.insert(found.shard.clone());
        }
        taken.extend(named);
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
