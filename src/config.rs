//! The settings of a run, gathered from each part's own options.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::boilerplate::template::Profile;
use crate::dates::Formats;
use crate::dedup;
use crate::engine::Threads;
use crate::error::{Error, Result};
use crate::input::{InputOptions, OutletTable};
use crate::machine;
use crate::output::OutputOptions;
use crate::passages::Fuzzy;
use crate::report::{self, duplicates::Unit, summary::Run};
use crate::spill::Scratch;
use crate::verdict::Category;

/// Everything that a run depends on.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// What to read.
    pub inputs: Vec<String>,
    /// How to read it.
    pub input: InputOptions,
    /// How to clean it.
    pub clean: CleanOptions,
    /// How to write it.
    pub output: OutputOptions,
    /// How to look for shared passages.
    pub passages: PassageOptions,
    /// What counts as a duplicate, and which copy stays.
    pub dedup: DedupOptions,
    /// How many threads do the work. Changes no output.
    pub threads: Threads,
    /// How many bytes of memory they may take; 0 is half of the machine's. Changes no output.
    pub memory: u64,
}

/// How a corpus is cleaned.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CleanOptions {
    /// Whether to clean at all.
    pub level: Cleaning,
    /// How much must speak against a line before it goes.
    pub strictness: Strictness,
    /// Metadata categories that stay in the text.
    pub keep: BTreeSet<Category>,
    /// Where it is known from what outlets repeat.
    pub templates: Templates,
    /// How dates of publication are written.
    pub dates: Formats,
    /// Whether what is recognised is removed.
    pub mode: Mode,
}

/// Whether what is recognised as boilerplate is removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// It is removed, and the text normalised
    #[default]
    Remove,
    /// Texts stay as they came; what would go stands in changes/ and in the field unchaff.spans
    Tag,
}

/// How much must speak against a line before it goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "snake_case")]
pub enum Strictness {
    /// Whole-line rules, and templates that a second kind of evidence confirms: hardly a word of
    /// an article is lost
    Careful,
    /// All evidence, weighed against what shows that an article is speaking; where it leaves a line
    /// undecided a small model is asked, and believed slowly
    #[default]
    Balanced,
    /// The same, and the model is believed: hardly anything but the article is left, and some lists,
    /// letters and lines under headlines go with the rest
    Thorough,
}

impl Strictness {
    /// The name used in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Careful => "careful",
            Self::Balanced => "balanced",
            Self::Thorough => "thorough",
        }
    }
}

/// Whether the text is cleaned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cleaning {
    /// Normalise and remove boilerplate.
    #[default]
    Full,
    /// Leave the text as it is.
    Off,
}

/// Where it is known from what outlets repeat.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Templates {
    /// The corpus is surveyed first, and read twice for that.
    #[default]
    Survey,
    /// What was learnt before; the corpus may be a stream, or one article.
    Profile(#[serde(serialize_with = "by_hash")] Arc<Profile>),
    /// Nowhere: one pass, no template evidence.
    Off,
}

fn by_hash<S: serde::Serializer>(profile: &Profile, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&profile.hash())
}

/// How shared passages are looked for.
#[derive(Debug, Clone, Serialize)]
pub struct PassageOptions {
    /// The shortest shared passage, in words.
    pub min_words: u32,
    /// In how many outlets a passage must occur.
    pub min_outlets: u32,
    /// How far its wording may differ.
    pub fuzzy: Fuzzy,
    /// Between whom passages are shared.
    pub across: Across,
    /// Another corpus: only what it shares with this one is looked for.
    pub against: Vec<String>,
    /// What is written beside `passages.jsonl` and `edges.csv`.
    #[serde(skip)]
    pub extras: BTreeSet<Extra>,
}

impl Default for PassageOptions {
    fn default() -> Self {
        Self {
            min_words: 8,
            min_outlets: 2,
            fuzzy: Fuzzy::default(),
            across: Across::default(),
            against: Vec::new(),
            extras: BTreeSet::new(),
        }
    }
}

/// Between whom passages are shared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "snake_case")]
pub enum Across {
    /// Between outlets
    #[default]
    Outlets,
    /// Between documents, also of one outlet
    Documents,
}

/// A form in which shared passages are written on request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extra {
    /// Every two occurrences of a family: `pairs.jsonl`.
    Pairs,
    /// A row an occurrence: `passages.csv`.
    Csv,
    /// The same: `passages.parquet`.
    Parquet,
}

/// How duplicates are looked for.
#[derive(Debug, Clone, Serialize)]
pub struct DedupOptions {
    /// What is compared.
    pub by: Unit,
    /// The shortest paragraph or passage that goes from inside a document, in words.
    pub min_words: u32,
    /// Which copy stays.
    pub keep: KeepCopy,
    /// From what overlap documents are the same.
    #[serde(flatten)]
    pub same: dedup::Options,
}

impl Default for DedupOptions {
    fn default() -> Self {
        let (by, keep, same) = (Unit::default(), KeepCopy::default(), dedup::Options::default());
        Self { by, min_words: 50, keep, same }
    }
}

/// Which copy stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeepCopy {
    /// The one with the earliest date; where dates are equal or unknown, the first.
    #[default]
    Earliest,
    /// The one with the latest date.
    Latest,
    /// The one with the most words.
    Longest,
    /// The first in the order of the corpus.
    First,
    /// The one of the outlet that comes first here; then the earliest.
    Outlets(Vec<String>),
    /// The earliest of every outlet: only documents of one outlet are compared.
    OnePerOutlet,
}

impl std::str::FromStr for KeepCopy {
    type Err = String;

    fn from_str(name: &str) -> std::result::Result<Self, String> {
        Ok(match name {
            "earliest" => Self::Earliest,
            "latest" => Self::Latest,
            "longest" => Self::Longest,
            "first" => Self::First,
            "one-per-outlet" => Self::OnePerOutlet,
            _ => match name.strip_prefix("outlets=").filter(|list| !list.is_empty()) {
                Some(list) => {
                    Self::Outlets(list.split(',').map(|one| one.trim().to_owned()).collect())
                }
                None => {
                    return Err("earliest, latest, longest, first, one-per-outlet, or \
                                outlets=FIRST,SECOND"
                        .to_owned());
                }
            },
        })
    }
}

/// What a run takes beside what grows with the corpus: rules, the model, chunks under way.
const FIXED_MEMORY: u64 = 96 << 20;

impl Settings {
    /// The memory for what grows with the corpus, and where the rest goes.
    pub fn scratch(&self) -> Scratch {
        let memory = if self.memory == 0 { machine::memory() / 2 } else { self.memory };
        Scratch::new(&self.input.tmp, memory.saturating_sub(FIXED_MEMORY).max(memory / 4))
    }

    /// Fails where so many bytes of temporary files cannot be written.
    pub fn refuse_without_room(&self, bytes: u64, purpose: &str) -> Result<()> {
        let folder = &self.input.tmp;
        match machine::free_space(folder) {
            Some(free) if free < bytes => Err(Error::config(format!(
                "{} are needed for temporary files {purpose}, and {} has {} left; name a folder with more room by \
                 --tmp, or allow more --memory",
                gigabytes(bytes),
                folder.display(),
                gigabytes(free),
            ))),
            _ => Ok(()),
        }
    }

    /// What the outputs depend on, beside the program and the input.
    pub(crate) fn that_matter(&self) -> serde_json::Value {
        let input = &self.input;
        let fields = [
            &input.text_field,
            &input.id_field,
            &input.url_field,
            &input.outlet_field,
            &input.date_field,
            &input.title_field,
            &input.lang_field,
        ];
        serde_json::json!({
            "cleaning": self.clean,
            "passages": self.passages,
            "duplicates": self.dedup,
            "outputs": self.output,
            "fields": fields,
            "longest record": input.max_record,
            "outlets": input.outlets.as_ref().map(OutletTable::hash),
        })
    }

    /// Stops a run before a byte is read where settings make no sense.
    pub fn check(&self) -> Result<()> {
        if self.inputs.is_empty() {
            return Err(Error::config(
                "no INPUT: name files, folders or globs, or - for standard input",
            ));
        }
        if !(2..=1000).contains(&self.passages.min_words) {
            return Err(Error::config(format!(
                "--min-words {} is outside 2 to 1000",
                self.passages.min_words
            )));
        }
        if self.passages.min_outlets < 2 {
            return Err(Error::config(
                "--min-outlets must be 2 or more: one outlet shares nothing",
            ));
        }
        for (flag, share) in
            [("near", self.dedup.same.near), ("contained", self.dedup.same.contained)]
        {
            if !(0.5..=1.0).contains(&share) {
                return Err(Error::config(format!("--{flag} {share} is outside 0.5 to 1")));
            }
        }
        if !(8..=1000).contains(&self.dedup.min_words) {
            return Err(Error::config(format!(
                "--min-words {} is outside 8 to 1000",
                self.dedup.min_words
            )));
        }
        if self.passages.extras.contains(&Extra::Parquet) && cfg!(not(feature = "parquet")) {
            return Err(Error::config(
                "--parquet: this build does not write it; it needs the feature `parquet`",
            ));
        }
        if let Some(category) = self.clean.keep.iter().find(|c| !c.is_metadata()) {
            let metadata: Vec<_> =
                Category::ALL.iter().filter(|c| c.is_metadata()).map(|c| c.name()).collect();
            return Err(Error::config(format!(
                "--keep {category}: only metadata can be kept: {}",
                metadata.join(" ")
            )));
        }
        Ok(())
    }
}

fn gigabytes(bytes: u64) -> String {
    format!("{:.1} GB", bytes as f64 / 1e9)
}

/// The folder of the outputs.
#[derive(Debug, Clone)]
pub struct OutFolder {
    path: PathBuf,
    alone: bool,
    overwrite: Overwrite,
}

impl OutFolder {
    /// Makes the folder, or takes it over where it is empty, where it holds an earlier run, or
    /// where the user allows to overwrite what it holds.
    pub fn claim(path: &Path, overwrite: Overwrite, inputs: &[String]) -> Result<Self> {
        refuse_outputs_as_inputs(path, inputs)?;
        std::fs::create_dir_all(path).map_err(Error::io("cannot make the folder", path))?;
        let mut entries =
            std::fs::read_dir(path).map_err(Error::io("cannot read the folder", path))?;
        let earlier = std::fs::read(path.join(report::RUN_FILE));
        let empty = entries.next().is_none();
        if !empty && earlier.is_err() && overwrite == Overwrite::Never {
            return Err(Error::config(format!(
                "{} is not empty and holds no earlier run; name another folder, or add --overwrite",
                path.display()
            )));
        }
        let earlier: Option<Run> = earlier.ok().and_then(|run| serde_json::from_slice(&run).ok());
        let alone = empty || earlier.is_some_and(|run| run.alone);
        Ok(Self { path: path.to_path_buf(), alone, overwrite })
    }

    /// Whether what is in it may be overwritten, whatever it is.
    pub fn may_overwrite(&self) -> bool {
        self.overwrite == Overwrite::Allowed
    }

    /// Removes the outputs of an earlier run, lest they be taken for this one's, all but the file that
    /// says whose folder this is; not so where they share the folder with something else.
    pub(crate) fn clear(&self) -> Result<()> {
        if !self.alone {
            return Ok(());
        }
        for name in report::OUTPUTS {
            let path = self.join(name);
            let removed = if path.is_dir() {
                std::fs::remove_dir_all(&path)
            } else {
                std::fs::remove_file(&path)
            };
            match removed {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::io("cannot remove the earlier output", &path)(e));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether nothing lies in it but outputs of this program.
    pub fn is_ours_alone(&self) -> bool {
        self.alone
    }

    /// A path below the folder.
    pub fn join(&self, below: &str) -> PathBuf {
        self.path.join(below)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// What lies where outputs will be would be gone before it is read.
fn refuse_outputs_as_inputs(out: &Path, inputs: &[String]) -> Result<()> {
    let Ok(out) = std::fs::canonicalize(out) else { return Ok(()) };
    for input in inputs {
        let Ok(place) = std::fs::canonicalize(input) else { continue };
        let Ok(below) = place.strip_prefix(&out) else { continue };
        let first = below.components().next().map(|part| part.as_os_str().to_string_lossy());
        if first.is_some_and(|first| report::OUTPUTS.contains(&first.as_ref())) {
            return Err(Error::config(format!(
                "{input} is an output in {}: name another folder for this run",
                out.display()
            )));
        }
    }
    Ok(())
}

/// Whether a folder that holds something else may be written to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Overwrite {
    /// No.
    #[default]
    Never,
    /// Yes.
    Allowed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_little_room_is_told_with_the_remedy() {
        let mut settings = Settings::default();
        settings.input.tmp = ".".into();
        settings.refuse_without_room(1, "to test").unwrap();
        let error = settings.refuse_without_room(u64::MAX, "to test").unwrap_err().to_string();
        assert!(error.contains("--tmp") && error.contains("to test"), "{error}");
    }
}
