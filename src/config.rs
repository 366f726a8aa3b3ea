//! The settings of a run, gathered from each part's own options.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::boilerplate::template::Profile;
use crate::engine::Threads;
use crate::error::{Error, Result};
use crate::input::InputOptions;
use crate::passages::Fuzzy;
use crate::report::{self, summary::Run};
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
    /// How to look for shared passages.
    pub passages: PassageOptions,
    /// How many threads do the work. Changes no output.
    pub threads: Threads,
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
}

/// How much must speak against a line before it goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "snake_case")]
pub enum Strictness {
    /// Whole-line rules, and templates that a second kind of evidence confirms: hardly a word of
    /// an article is lost
    Careful,
    /// All evidence, weighed against what shows that an article is speaking
    #[default]
    Balanced,
    /// The model too, within a budget for each document: hardly anything but the article is left,
    /// and some lists, letters and lines under headlines go with the rest
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
}

impl Default for PassageOptions {
    fn default() -> Self {
        Self { min_words: 8, min_outlets: 2, fuzzy: Fuzzy::default() }
    }
}

impl Settings {
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

/// The folder of the outputs.
#[derive(Debug, Clone)]
pub struct OutFolder {
    path: PathBuf,
    alone: bool,
}

impl OutFolder {
    /// Makes the folder, or takes it over where it is empty, where it holds an earlier run, or
    /// where the user allows to overwrite what it holds. The outputs of an earlier run go, lest
    /// they be taken for this one's; not so where they share the folder with something else.
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
        let folder = Self { path: path.to_path_buf(), alone };
        if alone && !empty {
            folder.clear()?;
        }
        Ok(folder)
    }

    /// Removes the outputs of an earlier run, all but the file that says whose folder this is.
    fn clear(&self) -> Result<()> {
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
