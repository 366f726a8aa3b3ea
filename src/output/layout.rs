//! What becomes of each shard: in which form, packed how, under which names.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use walkdir::WalkDir;

use super::parquet::Columns;
use crate::document::{Document, Source};
use crate::input::{Compression, Corpus, InputFile, Shard, ShardKind};

/// What the user may say about the outputs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OutputOptions {
    /// The form of the cleaned corpus; without one, JSON lines and texts stay what they were, and the
    /// rest becomes JSON lines.
    pub to: Option<Form>,
    /// How the cleaned corpus is packed; without a word, as the input was.
    pub compress: Option<Compression>,
    /// Whether the spans of what was removed are written beside the documents.
    pub attributes: bool,
}

/// The form of a cleaned shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// A JSON object a line
    Jsonl,
    /// A file for every text, and nothing but the text
    Text,
    /// Columns, in groups of rows
    Parquet,
}

/// What becomes of a shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its form.
    pub form: Form,
    /// How it is packed.
    pub compression: Compression,
    /// Its name below the folder of cleaned shards: a file, or the folder of its texts. No two shards
    /// have one name.
    pub name: String,
    /// The name of files of rows about it, such as its changes. No two shards have one name.
    pub rows: String,
    /// The name of its attributes, and how they are packed: as the input, where that is lines, since
    /// who reads them finds them by its name.
    pub attributes: Option<(String, Compression)>,
}

/// What becomes of a corpus.
#[derive(Debug)]
pub struct Layout<'a> {
    pub(super) corpus: &'a Corpus,
    targets: Vec<Target>,
    pub(super) compress: Option<Compression>,
    /// For each shard of lines that becomes Parquet, its columns.
    columns: Vec<Option<Columns>>,
}

impl<'a> Layout<'a> {
    /// Lays out the outputs of a corpus.
    pub fn new(corpus: &'a Corpus, options: OutputOptions) -> Self {
        let mut names = HashSet::new();
        let mut rows = HashSet::new();
        let mut targets: Vec<Target> =
            corpus.shards.iter().map(|shard| target(shard, corpus, options, &mut rows)).collect();
        // What keeps its name comes first, so that it can.
        let kept = |target: &Target, shard: &Shard| target.name == shard.name;
        for (target, shard) in targets.iter().zip(&corpus.shards).filter(|(t, s)| kept(t, s)) {
            names.insert(target.name.clone());
            if shard.kind == ShardKind::Text {
                names.extend(corpus.files_of(shard).iter().map(|file| file.name.clone()));
            }
        }
        for (target, _) in targets.iter_mut().zip(&corpus.shards).filter(|(t, s)| !kept(t, s)) {
            target.name = unique(&target.name, &mut names);
        }
        let becomes_columns = |i: usize| {
            targets[i].form == Form::Parquet && corpus.shards[i].kind != ShardKind::Parquet
        };
        let columns = (0..targets.len())
            .map(|i| becomes_columns(i).then(|| Columns::of(corpus, i)))
            .collect();
        Self { corpus, targets, compress: options.compress, columns }
    }

    /// Every shard as plain JSON lines.
    pub fn lines(corpus: &'a Corpus) -> Self {
        let plain = Some(Compression::None);
        let options = OutputOptions { to: Some(Form::Jsonl), compress: plain, attributes: false };
        Self::new(corpus, options)
    }

    /// What becomes of the shard of this number.
    pub fn target(&self, shard: usize) -> &Target {
        &self.targets[shard]
    }

    pub(super) fn columns(&self, shard: usize) -> Option<&Columns> {
        self.columns[shard].as_ref()
    }

    /// The corpus of the cleaned shards below a folder, as it can be read. Its texts are called as
    /// [`Layout::own_file`] calls them.
    pub fn written(&self, folder: &Path) -> Corpus {
        self.corpus.rewritten(|shard, i| {
            let name = &self.targets[i].name;
            let one = || vec![(name.clone(), folder.join(name))];
            match self.targets[i].form {
                Form::Jsonl => (ShardKind::Jsonl, one()),
                Form::Parquet => (ShardKind::Parquet, one()),
                Form::Text if shard.kind.is_file_a_document() => {
                    let files = self.corpus.files_of(shard).iter();
                    let place = |file: &InputFile| folder.join(self.text(i, file, 1).0);
                    let named = files.map(|file| (file.name.clone(), place(file)));
                    (ShardKind::Text, named.collect())
                }
                Form::Text => (ShardKind::Text, below(folder, name)),
            }
        })
    }

    /// What the file is called that holds the text of a document and nothing else, where there is one:
    /// as the document's own, or by its number.
    pub fn own_file(&self, document: &Document) -> Option<String> {
        let Source { shard, record, file, .. } = &document.source;
        let shard = *shard as usize;
        match (self.targets[shard].form, self.corpus.shards[shard].kind) {
            (Form::Text, kind) if kind.is_file_a_document() => Some(file.clone()),
            (Form::Text, _) => Some(self.numbered(shard, *record)),
            _ => None,
        }
    }

    /// What the text of a record is called that is one of many in its file.
    fn numbered(&self, shard: usize, record: u64) -> String {
        let packing = self.compress.unwrap_or_default().suffix();
        format!("{}/{record:08}.txt{packing}", self.targets[shard].name)
    }

    /// What the text of a document is called, and how it is packed: as its file where that holds
    /// nothing else, and otherwise by its number.
    pub(super) fn text(
        &self,
        shard: usize,
        file: &InputFile,
        record: u64,
    ) -> (String, Compression) {
        let (kind, compress) = (self.corpus.shards[shard].kind, self.compress);
        if !kind.is_file_a_document() {
            return (self.numbered(shard, record), compress.unwrap_or_default());
        }
        let compression = compress.unwrap_or(file.compression);
        let name = match kind {
            ShardKind::Text if compression == file.compression => {
                return (file.name.clone(), compression);
            }
            ShardKind::Text => unpacked(&file.name).to_owned(),
            _ => format!("{}.txt", unpacked(&file.name)),
        };
        (name + compression.suffix(), compression)
    }
}

/// The files of a folder below another, in the order of their names.
fn below(folder: &Path, name: &str) -> Vec<(String, PathBuf)> {
    let entries = WalkDir::new(folder.join(name)).sort_by_file_name().into_iter();
    let files = entries.filter_map(Result::ok).filter(|entry| entry.file_type().is_file());
    let named = files
        .map(|file| (format!("{name}/{}", file.file_name().to_string_lossy()), file.into_path()));
    named.collect()
}

fn target(
    shard: &Shard,
    corpus: &Corpus,
    options: OutputOptions,
    rows: &mut HashSet<String>,
) -> Target {
    let first = &corpus.files[shard.files.start];
    let by_itself = match shard.kind {
        ShardKind::Text => Form::Text,
        ShardKind::Parquet => Form::Parquet,
        _ => Form::Jsonl,
    };
    let form = options.to.unwrap_or(by_itself);
    let compression = options.compress.unwrap_or(match (shard.kind, form) {
        // A shard of many files, each of which may be packed in its own way.
        (ShardKind::Html | ShardKind::Text, Form::Jsonl) => Compression::None,
        (_, Form::Parquet) => Compression::Zstd,
        _ => first.compression,
    });
    let same = compression == first.compression;
    let name = match (shard.kind, form) {
        (ShardKind::Text | ShardKind::Html, Form::Text) => shard.name.clone(),
        (_, Form::Text) => stem(&shard.name).to_owned(),
        (ShardKind::Jsonl, Form::Jsonl) if same => shard.name.clone(),
        (ShardKind::Parquet, Form::Parquet) => unpacked(&shard.name).to_owned(),
        (_, Form::Parquet) => format!("{}.parquet", stem(&shard.name)),
        (_, Form::Jsonl) => format!("{}.jsonl{}", stem(&shard.name), compression.suffix()),
    };
    let rows_name = format!("{}.jsonl", unpacked(&shard.name).trim_end_matches(".jsonl"));
    let taken = rows.contains(&rows_name);
    let rows_name = if taken { format!("{}.jsonl", shard.name) } else { rows_name };
    let rows = unique(&rows_name, rows);
    let attributes = options.attributes.then(|| match shard.kind {
        ShardKind::Jsonl => (shard.name.clone(), first.compression),
        _ => (rows.clone(), Compression::None),
    });
    Target { form, compression, name, rows, attributes }
}

/// A name without the ending that says how the file is packed.
fn unpacked(name: &str) -> &str {
    let endings = [".gz", ".gzip", ".zst", ".zstd", ".bz2", ".xz"];
    endings.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name)
}

/// The same without the ending that says what it holds.
fn stem(name: &str) -> &str {
    const ENDINGS: [&str; 11] = [
        ".jsonl",
        ".ndjson",
        ".jsonlines",
        ".json",
        ".csv",
        ".tsv",
        ".warc",
        ".html",
        ".htm",
        ".parquet",
        ".txt",
    ];
    let name = unpacked(name);
    ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name)
}

fn unique(name: &str, taken: &mut HashSet<String>) -> String {
    let others = (2..).map(|number| format!("{name}~{number}"));
    let mut names = std::iter::once(name.to_owned()).chain(others);
    let free = names.find(|name| !taken.contains(name)).unwrap_or_default();
    taken.insert(free.clone());
    free
}
