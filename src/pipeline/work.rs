//! What a killed run leaves behind, and how the next one goes on with it.
//!
//! In OUT, until the run is done, lies a folder of work: what the run is (its [`Identity`]), what was
//! surveyed, and two journals with a record for every chunk of the input that was cleaned. The *ledger*
//! has what is counted and told of it, from the first chunk on. The *pages* have what was written of
//! the shard that is not whole yet; when it is, its outputs are there under their names, and its pages
//! may go. To go on is to put both through the sink again and to read on behind the last chunk.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::Settings;
use crate::engine::Threads;
use crate::error::{Error, Result};
use crate::input::{Chunk, Corpus};
use crate::output::journal::{Journal, Record};
use crate::output::{self, AtomicFile};
use crate::report::OutFolder;
use crate::report::summary::{self, Run};

/// Pages of shards that are whole are kept until there are so many bytes of them.
const PAGES: u64 = 64 << 20;
const IDENTITY: &str = "run.json";
const LEDGER: &str = "ledger";
const PAGES_FILE: &str = "pages";
/// Level of what is packed: speed.
const LEVEL: i32 = 1;

/// Everything that a run's outputs depend on. Two runs with one identity write the same bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Identity {
    version: String,
    command: String,
    settings: Value,
    rules: String,
    inputs: Vec<Input>,
}

/// A file as it was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Input {
    path: PathBuf,
    size: u64,
    /// Nanoseconds since 1970 of its last change.
    changed: u64,
}

impl Identity {
    /// Of a command over some corpora. None where one of them is a stream, which cannot be read again.
    pub(super) fn of(
        command: &str,
        settings: &Settings,
        rules: u128,
        corpora: &[&Corpus],
    ) -> Option<Self> {
        if corpora.iter().any(|corpus| corpus.is_stream()) {
            return None;
        }
        let files = corpora.iter().flat_map(|corpus| &corpus.files);
        Some(Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            command: command.to_owned(),
            settings: settings.that_matter(),
            rules: format!("{rules:032x}"),
            inputs: files.map(|file| Input::of(&file.path)).collect(),
        })
    }

    /// What differs, in a few words.
    fn difference(&self, now: &Self) -> Option<String> {
        if self.version != now.version {
            return Some(format!("it was made by version {}", self.version));
        }
        if self.command != now.command {
            return Some(format!("its command is {}", self.command));
        }
        if self.settings != now.settings {
            let empty = serde_json::Map::new();
            let object = |value: &Value| value.as_object().unwrap_or(&empty).clone();
            let (then, now) = (object(&self.settings), object(&now.settings));
            let differs = now.into_iter().find(|(name, value)| then.get(name) != Some(value));
            let which = differs.map_or_else(String::new, |(name, _)| format!(" ({name})"));
            return Some(format!("its settings are others{which}"));
        }
        if self.rules != now.rules {
            return Some("its rules are others".to_owned());
        }
        if self.inputs.len() != now.inputs.len() {
            let (then, now) = (self.inputs.len(), now.inputs.len());
            return Some(format!("its input has {then} files, not {now}"));
        }
        let differs = self.inputs.iter().zip(&now.inputs).find(|(then, now)| then != now);
        differs.map(|(then, now)| {
            if then.path == now.path {
                format!("{} has changed since", now.path.display())
            } else {
                format!("its input has {}, not {}", then.path.display(), now.path.display())
            }
        })
    }
}

impl Entry {
    /// Of a chunk of which nothing was written.
    pub(super) fn of(chunk: &Chunk) -> Self {
        Self {
            shard: chunk.shard as usize,
            index: chunk.index,
            last: chunk.last,
            paged: false,
            records: chunk.frames.len() as u64,
            consumed: chunk.consumed,
        }
    }
}

impl Input {
    fn of(path: &Path) -> Self {
        let about = fs::metadata(path).ok();
        let changed = about.as_ref().and_then(|about| about.modified().ok());
        let since = changed.and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        Self {
            path: fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf()),
            size: about.map_or(0, |about| about.len()),
            changed: since.map_or(0, |since| since.as_nanos() as u64),
        }
    }
}

/// The folder of work.
#[derive(Debug)]
pub(super) struct Work {
    folder: PathBuf,
    ledger: Journal,
    pages: Journal,
}

/// What the ledger says of a chunk, beside what is told of it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) shard: usize,
    /// The chunk's number in its shard.
    pub(super) index: u64,
    /// It is the shard's last.
    pub(super) last: bool,
    /// What was written of it is in the pages.
    pub(super) paged: bool,
    /// Records that were framed in it.
    pub(super) records: u64,
    /// Bytes of the input, as they are stored.
    pub(super) consumed: u64,
}

/// Where to go on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Start {
    /// The shard to read.
    pub(super) shard: usize,
    /// Chunks of it that are done.
    pub(super) chunks: u64,
    /// Records that were framed before it.
    pub(super) records: u64,
    /// Bytes of the input that are done.
    pub(super) consumed: u64,
}

impl Work {
    /// Takes up the work that lies in a folder, or begins. None where what is read cannot be read
    /// again.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where the work is another run's, and the user did not allow to overwrite it.
    pub(super) fn begin(
        out: &OutFolder,
        identity: Option<&Identity>,
        threads: Threads,
    ) -> Result<Option<Self>> {
        let folder = place(out);
        let path = folder.join(IDENTITY);
        let earlier: Option<Identity> =
            fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let differs = match (&earlier, identity) {
            (None, _) => Some(String::new()),
            (Some(_), None) => Some("its input was no stream".to_owned()),
            (Some(earlier), Some(now)) => earlier.difference(now),
        };
        if let (Some(what), Some(_), false) = (&differs, &earlier, out.may_overwrite()) {
            return Err(Error::config(format!(
                "{} holds a run that is not done, and this is not the same one: {what}. Give the same \
                 command to go on with it, or add --overwrite to start again",
                out.path().display()
            )));
        }
        // From here on the folder is known as ours, also to the run that follows a killed one.
        summary::write_run(&Run::begun(threads.get(), out.is_ours_alone()), out)?;
        if differs.is_some() {
            out.clear()?;
            output::sweep(out.path())?;
            let Some(identity) = identity else { return Ok(None) };
            let mut file = AtomicFile::create(&path)?;
            let bytes = serde_json::to_vec(identity).unwrap_or_default();
            file.write_all(&bytes).map_err(Error::io("cannot write", &path))?;
            file.commit()?;
        }
        let (ledger, pages) =
            (Journal::open(&folder.join(LEDGER))?, Journal::open(&folder.join(PAGES_FILE))?);
        Ok(Some(Self { folder, ledger, pages }))
    }

    /// Saves what a stage found, so that it need not be done again.
    fn save(&self, name: &str, value: &impl Serialize) -> Result<()> {
        let path = self.folder.join(name);
        let failed = || Error::io("cannot write", &path);
        let bytes = serde_json::to_vec(value).map_err(|e| failed()(e.into()))?;
        let bytes = zstd::bulk::compress(&bytes, LEVEL).map_err(failed())?;
        let mut file = AtomicFile::create(&path)?;
        file.write_all(&bytes).map_err(failed())?;
        file.commit()
    }

    /// What was saved; none where it was not, or cannot be read.
    fn saved<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let bytes = fs::read(self.folder.join(name)).ok()?;
        serde_json::from_slice(&zstd::stream::decode_all(&bytes[..]).ok()?).ok()
    }

    /// Notes what was written of a chunk of a shard that is not whole yet.
    pub(super) fn page(&mut self, head: &PageHead, body: &[&[u8]]) -> Result<()> {
        self.pages.append(&serde_json::to_vec(head).unwrap_or_default(), body)
    }

    /// Notes that a chunk is done. Where it was the last of its shard, outputs must be there already.
    pub(super) fn done(&mut self, entry: Entry, facts: &[u8], told: &[u8]) -> Result<()> {
        let head = serde_json::to_vec(&Noted { entry, facts: facts.len() }).unwrap_or_default();
        self.ledger.append(&head, &[facts, told])?;
        if entry.last && self.pages.len() > PAGES {
            self.ledger.sync()?;
            self.pages.cut(0)?;
        }
        Ok(())
    }

    /// Finds out what is done, and drops what is noted beyond it.
    pub(super) fn recover(&mut self) -> Result<Start> {
        let mut ends = vec![0];
        let mut entries: Vec<Entry> = Vec::new();
        for record in self.ledger.records()? {
            let record = record?;
            let Ok(Noted { entry, .. }) = serde_json::from_slice(&record.head) else { break };
            ends.push(ends[ends.len() - 1] + record.length);
            entries.push(entry);
        }
        let open = entries.last().filter(|entry| !entry.last).map(|entry| entry.shard);
        let noted = entries.iter().filter(|e| e.paged && Some(e.shard) == open).count() as u64;
        let mut pages = 0;
        let mut end = 0;
        for record in self.pages.records()? {
            let record = record?;
            let Ok(head) = serde_json::from_slice::<PageHead>(&record.head) else { break };
            if Some(head.shard) == open {
                if head.index != pages || pages == noted {
                    break;
                }
                pages += 1;
            }
            end += record.length;
        }
        let is_lost = |e: &&Entry| Some(e.shard) == open && e.paged && e.index >= pages;
        let kept = entries.len() - entries.iter().filter(is_lost).count();
        self.pages.cut(end)?;
        self.ledger.cut(ends[kept])?;
        Ok(Start::behind(&entries[..kept]))
    }

    /// What the ledger has, from the first chunk on.
    pub(super) fn ledger(&self) -> Result<impl Iterator<Item = Result<Done>> + Send + use<>> {
        Ok(self.ledger.records()?.map(|record| Done::of(record?)))
    }

    /// What was written of a shard.
    pub(super) fn pages_of(
        &self,
        shard: usize,
    ) -> Result<impl Iterator<Item = Result<(PageHead, Vec<u8>)>> + use<>> {
        let pages = self.pages.records()?.filter_map(move |record| match record {
            Ok(Record { head, body, .. }) => {
                let head: PageHead = serde_json::from_slice(&head).ok()?;
                (head.shard == shard).then_some(Ok((head, body)))
            }
            Err(error) => Some(Err(error)),
        });
        Ok(pages)
    }

    /// Removes the work: the run is done.
    pub(super) fn finish(self) -> Result<()> {
        let Self { folder, ledger, pages } = self;
        // Where open files cannot be removed.
        drop((ledger, pages));
        fs::remove_dir_all(&folder).map_err(Error::io("cannot remove", &folder))
    }
}

/// What a stage finds, or found before the run was killed.
pub(super) fn once<T: Serialize + DeserializeOwned>(
    work: Option<&Work>,
    name: &str,
    find: impl FnOnce() -> Result<T>,
) -> Result<T> {
    let Some(work) = work else { return find() };
    if let Some(found) = work.saved(name) {
        return Ok(found);
    }
    let found = find()?;
    work.save(name, &found)?;
    Ok(found)
}

/// Where the work of a run into a folder lies: a name that is swept away like all that is unfinished.
fn place(out: &OutFolder) -> PathBuf {
    output::atomic::unfinished(&out.join("work"))
}

impl Start {
    /// Behind the chunks that these tell of, from the first of the corpus on.
    pub(super) fn behind(done: &[Entry]) -> Self {
        let Some(last) = done.last() else { return Self::default() };
        let consumed = done.iter().map(|entry| entry.consumed).sum();
        let (shard, chunks) =
            if last.last { (last.shard + 1, 0) } else { (last.shard, last.index + 1) };
        let before = done.iter().filter(|entry| entry.shard < shard);
        Self { shard, chunks, records: before.map(|entry| entry.records).sum(), consumed }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Noted {
    entry: Entry,
    /// Bytes of the facts, which come first.
    facts: usize,
}

/// Which output a page is of.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct PageHead {
    pub(super) shard: usize,
    pub(super) index: u64,
    /// Bytes of the changes, which come first.
    pub(super) changes: usize,
    /// Bytes of the attributes, which follow.
    pub(super) attributes: usize,
    /// How the rest is to be taken.
    pub(super) encoded: output::Shape,
}

/// A chunk that is done.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) shard: usize,
    pub(super) facts: Vec<u8>,
    pub(super) told: Vec<u8>,
}

/// Notes that were whole, but cannot be understood.
pub(super) fn damaged(error: &serde_json::Error) -> Error {
    Error::config(format!(
        "the notes of the run are damaged: {error}; add --overwrite to start again"
    ))
}

impl Done {
    fn of(record: Record) -> Result<Self> {
        let Noted { entry, facts } =
            serde_json::from_slice(&record.head).map_err(|e| damaged(&e))?;
        let mut body = record.body;
        let told = body.split_off(facts.min(body.len()));
        Ok(Self { shard: entry.shard, facts: body, told })
    }
}
