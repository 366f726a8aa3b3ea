//! `summary.json` and `run.json`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::OutFolder;
use super::passages::{Family, Kind};
use super::tally::Counts;
use super::{RUN_FILE, SUMMARY_FILE};
use crate::boilerplate::model::Model;
use crate::boilerplate::rules::{OwnFile, Rules};
use crate::boilerplate::template::{FEW, Jump, Templates};
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::hash;
use crate::input::Corpus;
use crate::output::AtomicFile;

/// The counts and settings of a run: the same for the same input and settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Version of the program.
    pub version: String,
    /// What was asked for, where it can change an output.
    pub settings: serde_json::Value,
    /// Identity of the rules in force.
    pub rules: String,
    /// Identity of the model that is asked about doubtful lines.
    pub model: String,
    /// Rule files of the user's own among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub own_rules: Vec<OwnFile>,
    /// What was read.
    pub inputs: Inputs,
    /// What came of it.
    pub counts: Counts,
    /// Outlets with too few documents to show a template, and how many are few.
    pub templates: TemplateCounts,
    /// Outlets of which much more would have gone than their profile says: a redesign, perhaps.
    /// They were tagged, not cut.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub jumped: BTreeMap<String, Jump>,
    /// What outlets share, where that was looked for.
    pub passages: Option<PassageCounts>,
    /// Which documents say the same, where that was looked for.
    pub duplicates: Option<DuplicateCounts>,
}

/// What was read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Inputs {
    /// Files.
    pub files: usize,
    /// Units of output.
    pub shards: usize,
    /// Bytes, as they are stored.
    pub bytes: u64,
    /// Which fields of the records were read as what.
    pub fields: serde_json::Value,
    /// Checksums of the first files as they are stored, by their names.
    pub checksums: BTreeMap<String, String>,
    /// One checksum of all files: of their names and checksums in their order.
    pub checksum: String,
}

/// Files whose checksums are told one by one.
const CHECKSUMS: usize = 100;

impl Inputs {
    /// Reads the files of a corpus once more. A file that cannot be read has no checksum.
    fn of(corpus: &Corpus) -> Self {
        let (mut checksums, mut all) = (BTreeMap::new(), Vec::new());
        for file in &corpus.files {
            let read = File::open(&file.path).and_then(hash::identity_of);
            let Ok(checksum) = read.map(|sum| format!("{sum:032x}")) else { continue };
            all.extend(format!("{checksum}  {}\n", file.name).into_bytes());
            if checksums.len() < CHECKSUMS {
                checksums.insert(file.name.clone(), checksum);
            }
        }
        Self {
            files: corpus.files.len(),
            shards: corpus.shards.len(),
            bytes: corpus.bytes(),
            fields: json!(corpus.found),
            checksums,
            checksum: format!("{:032x}", hash::identity(&all)),
        }
    }
}

/// What the survey of outlets found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TemplateCounts {
    /// Outlets.
    pub outlets: usize,
    /// Outlets with fewer documents than `few`: no template can show.
    pub too_small: usize,
    /// How many documents an outlet must have.
    pub few: u32,
    /// Lines that are in most documents of several outlets.
    #[serde(default)]
    pub network_lines: usize,
}

/// What outlets share.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PassageCounts {
    /// Families.
    pub families: u64,
    /// Their occurrences.
    pub occurrences: u64,
    /// Documents of the other corpus that they were looked for in.
    #[serde(default)]
    pub against: u64,
    /// Records of the other corpus that could not be read, and files of it.
    #[serde(default)]
    pub against_unread: u64,
    /// Families by kind.
    pub kinds: BTreeMap<String, u64>,
    /// The most interesting, for the terminal.
    #[serde(skip)]
    pub top: Vec<Family>,
}

/// Which documents say the same.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DuplicateCounts {
    /// Documents that were compared.
    pub compared: u64,
    /// Documents of the other corpus that they were compared against.
    pub against: u64,
    /// Records of the other corpus that could not be read, and files of it.
    pub against_unread: u64,
    /// Documents without words: duplicates of nothing.
    pub without_words: u64,
    /// Documents that another one stays for, by kind.
    pub documents: BTreeMap<String, u64>,
    /// Documents that others go for.
    pub clusters: u64,
    /// Documents that were left out of the output: what was read is what was written, and these,
    /// and what was rejected.
    pub dropped: u64,
    /// Stretches inside documents that another document keeps.
    pub stretches: u64,
    /// Their words.
    pub stretch_words: u64,
}

impl PassageCounts {
    /// Counts a family.
    pub fn add(&mut self, kind: Kind, occurrences: u64) {
        self.families += 1;
        self.occurrences += occurrences;
        super::tally::count(&mut self.kinds, kind.name());
    }
}

impl Summary {
    /// The summary of a run without shared passages.
    pub fn new(
        settings: &Settings,
        corpus: &Corpus,
        rules: &Rules,
        templates: &Templates,
        counts: Counts,
    ) -> Self {
        let passages = &settings.passages;
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            settings: json!({
                "clean": settings.clean,
                "output": settings.output,
                "passages": passages,
                "dedup": settings.dedup,
            }),
            rules: format!("{:032x}", rules.hash),
            model: format!("{:032x}", Model::identity()),
            own_rules: rules.own.clone(),
            inputs: Inputs::of(corpus),
            counts,
            templates: TemplateCounts {
                outlets: templates.outlets().len(),
                too_small: templates.outlets_too_small().count(),
                few: FEW,
                network_lines: templates.network_lines(),
            },
            jumped: BTreeMap::new(),
            passages: None,
            duplicates: None,
        }
    }
}

/// Times and machine: what may differ from run to run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Whether the run came to its end; a run that was killed did not.
    #[serde(default)]
    pub finished: bool,
    /// Whether nothing but outputs of this program lay in the folder, so that a later run may
    /// clear it.
    #[serde(default)]
    pub alone: bool,
    /// Wall seconds of the whole run.
    pub seconds: f64,
    /// Worker threads.
    pub threads: usize,
    /// Peak memory of the process in bytes, where the system tells.
    pub peak_memory: Option<u64>,
    /// The stages, in order.
    pub stages: Vec<Stage>,
}

/// One stage of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// Wall seconds.
    pub seconds: f64,
    /// Seconds of all processors together, where the system tells.
    #[serde(default)]
    pub cpu_seconds: Option<f64>,
    /// Bytes of input, as stored.
    #[serde(default)]
    pub bytes: u64,
    /// Megabytes of input, as stored, a second.
    pub megabytes_per_second: f64,
}

impl Stage {
    /// A stage that took so long, by the wall and of processors, for so many bytes of input.
    pub fn new(name: &str, seconds: f64, cpu_seconds: Option<f64>, bytes: u64) -> Self {
        let megabytes_per_second = bytes as f64 / 1e6 / seconds.max(1e-9);
        Self { name: name.to_owned(), seconds, cpu_seconds, bytes, megabytes_per_second }
    }
}

impl Run {
    /// A run that has done nothing yet.
    pub fn begun(threads: usize, alone: bool) -> Self {
        let (seconds, stages) = (0.0, Vec::new());
        Self { finished: false, alone, seconds, threads, peak_memory: peak_memory(), stages }
    }
}

/// Linux tells in `/proc`; elsewhere nothing does without a system call of its own.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// Writes `summary.json`.
pub fn write(summary: &Summary, out: &OutFolder) -> Result<()> {
    write_json(summary, out, SUMMARY_FILE)
}

/// Writes `run.json`.
pub fn write_run(run: &Run, out: &OutFolder) -> Result<()> {
    write_json(run, out, RUN_FILE)
}

fn write_json(value: &impl Serialize, out: &OutFolder, name: &str) -> Result<()> {
    let path = out.join(name);
    let mut file = AtomicFile::create(&path)?;
    serde_json::to_writer_pretty(&mut file, value)
        .map_err(std::io::Error::from)
        .and_then(|()| file.write_all(b"\n"))
        .map_err(Error::io("cannot write", &path))?;
    file.commit()
}
