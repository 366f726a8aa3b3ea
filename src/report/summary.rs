//! `summary.json` and `run.json`.

use std::collections::BTreeMap;
use std::io::Write;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::passages::Family;
use super::tally::Counts;
use super::{RUN_FILE, SUMMARY_FILE};
use crate::boilerplate::rules::Rules;
use crate::boilerplate::template::{FEW, Templates};
use crate::config::{OutFolder, Settings};
use crate::error::{Error, Result};
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
    /// What was read.
    pub inputs: Inputs,
    /// What came of it.
    pub counts: Counts,
    /// Outlets with too few documents to show a template, and how many are few.
    pub templates: TemplateCounts,
    /// What outlets share, where that was looked for.
    pub passages: Option<PassageCounts>,
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
}

/// What outlets share.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PassageCounts {
    /// Families.
    pub families: u64,
    /// Their occurrences.
    pub occurrences: u64,
    /// Families by kind.
    pub kinds: BTreeMap<String, u64>,
    /// The most interesting, for the terminal.
    #[serde(skip)]
    pub top: Vec<Family>,
}

impl PassageCounts {
    /// Counts a family, given in order of interest, and keeps the first `top`.
    pub fn add(&mut self, family: Family, top: usize) {
        self.families += 1;
        self.occurrences += family.occurrences.len() as u64;
        super::tally::count(&mut self.kinds, family.kind.name());
        if self.top.len() < top {
            self.top.push(family);
        }
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
            settings: json!({ "clean": settings.clean, "passages": passages }),
            rules: format!("{:032x}", rules.hash),
            inputs: Inputs {
                files: corpus.files.len(),
                shards: corpus.shards.len(),
                bytes: corpus.bytes(),
                fields: json!(corpus.found),
            },
            counts,
            templates: TemplateCounts {
                outlets: templates.outlets().len(),
                too_small: templates.outlets_too_small().count(),
                few: FEW,
            },
            passages: None,
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
    /// Megabytes of input, as stored, a second.
    pub megabytes_per_second: f64,
}

impl Stage {
    /// A stage that took so long for so many bytes of input.
    pub fn new(name: &str, seconds: f64, bytes: u64) -> Self {
        let megabytes_per_second = bytes as f64 / 1e6 / seconds.max(1e-9);
        Self { name: name.to_owned(), seconds, megabytes_per_second }
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
