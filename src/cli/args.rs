//! What can be said on the command line.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use clap_complete::Shell;

use crate::boilerplate::Judge;
use crate::boilerplate::Strictness;
use crate::boilerplate::rules::Rules;
use crate::boilerplate::template::Profile;
use crate::config::{
    Across, CleanOptions, Cleaning, DedupOptions, Extra, KeepCopy, Mode, PassageOptions, Settings,
    Templates,
};
use crate::dates::Formats;
use crate::dedup;
use crate::dedup::Unit;
use crate::engine::Threads;
use crate::error::{Error, Result};
use crate::input::{Compression, InputOptions, OutletTable};
use crate::output::{Form, OutputOptions};
use crate::passages::Fuzzy;
use crate::report::Overwrite;
use crate::verdict::Category;

/// Takes dumps of scraped news articles and gives back the articles.
///
/// Text is normalised, the sites' boilerplate is removed with a reason for every removal, and the
/// passages that outlets share are reported with every occurrence and who had them first.
#[derive(Debug, Parser)]
#[command(name = "unchaff", version, propagate_version = true, max_term_width = 100)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Clean, find shared passages and write the report: the main job
    Run(RunArgs),
    /// Clean only; without -o, records go to standard output
    Clean(CleanArgs),
    /// Find shared passages (cleans first)
    Passages(PassagesArgs),
    /// Write the corpus without duplicates (cleans first)
    Dedup(DedupArgs),
    /// Learn what outlets repeat, and save it as a profile or show it
    Learn(LearnArgs),
    /// Show one document: every block with its verdict and the evidence
    Explain(ExplainArgs),
    /// Make report.html again from what stands in OUT
    Report(ReportArgs),
    /// Undo the changes of OUT on its texts and compare with the input, record by record
    Verify(VerifyArgs),
    /// List the rules in force, or check a rule file of your own
    Rules(RulesArgs),
    /// Make the model's weights from labelled documents
    Train(TrainArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page
    Man,
}

#[derive(Debug, clap::Args)]
pub(super) struct RunArgs {
    // Before the flattened arguments, whose headings would claim what follows.
    /// Folder for the outputs
    #[arg(short, long, value_name = "OUT")]
    pub(super) out: PathBuf,
    #[command(flatten)]
    pub(super) input: InputArgs,
    #[command(flatten)]
    pub(super) clean: CleaningArgs,
    #[command(flatten)]
    pub(super) passages: PassageArgs,
    #[command(flatten)]
    pub(super) form: FormArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
    #[command(flatten)]
    pub(super) process: ProcessArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct CleanArgs {
    /// Folder for the outputs [default: records to standard output]
    #[arg(short, long, value_name = "OUT")]
    pub(super) out: Option<PathBuf>,
    /// Write nothing; show what would go, by category and rule, with examples
    #[arg(long, conflicts_with = "out")]
    pub(super) dry_run: bool,
    #[command(flatten)]
    pub(super) input: OptionalInputArgs,
    #[command(flatten)]
    pub(super) clean: CleaningArgs,
    #[command(flatten)]
    pub(super) form: FormArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
    #[command(flatten)]
    pub(super) process: ProcessArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct PassagesArgs {
    // Before the flattened arguments, whose headings would claim what follows.
    /// Folder for the outputs
    #[arg(short, long, value_name = "OUT")]
    pub(super) out: PathBuf,
    /// Take the texts as they are: no cleaning, no normalisation
    #[arg(long, conflicts_with_all = ["strictness", "keep", "mode"])]
    pub(super) no_clean: bool,
    #[command(flatten)]
    pub(super) input: InputArgs,
    #[command(flatten)]
    pub(super) clean: CleaningArgs,
    #[command(flatten)]
    pub(super) passages: PassageArgs,
    #[command(flatten)]
    pub(super) form: FormArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
    #[command(flatten)]
    pub(super) process: ProcessArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct LearnArgs {
    /// File for the profile [default: shown on standard output]
    #[arg(short, long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Add what this profile knows; may be given several times, and without any INPUT
    #[arg(long, value_name = "FILE")]
    pub(super) profile: Vec<PathBuf>,
    /// How strict the cleaning is that removed shares are measured by
    #[arg(long, value_enum, default_value_t)]
    strictness: Strictness,
    /// Rule file of your own, added to the rules in force; may be given several times
    #[arg(long, value_name = "FILE")]
    rules: Vec<PathBuf>,
    /// Show only this outlet
    #[arg(long, value_name = "OUTLET")]
    pub(super) only: Option<String>,
    /// Files, folders or globs; - reads standard input
    #[arg(value_name = "INPUT")]
    pub(super) inputs: Vec<String>,
    #[command(flatten)]
    fields: FieldArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
    #[command(flatten)]
    pub(super) process: ProcessArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct DedupArgs {
    // Before the flattened arguments, whose headings would claim what follows.
    /// Folder for the outputs
    #[arg(short, long, value_name = "OUT")]
    pub(super) out: PathBuf,
    /// Files, folders or globs whose documents stay and are not written: what INPUT has of them goes
    #[arg(long, value_name = "OTHER")]
    pub(super) against: Vec<String>,
    #[command(flatten)]
    pub(super) input: InputArgs,
    #[command(flatten)]
    pub(super) clean: CleaningArgs,
    #[command(flatten)]
    pub(super) duplicates: DuplicateArgs,
    #[command(flatten)]
    pub(super) form: FormArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
    #[command(flatten)]
    pub(super) process: ProcessArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct ExplainArgs {
    /// The document's id, or its file and record as `FILE:RECORD` [default: the first document]
    #[arg(long, value_name = "ID")]
    pub(super) id: Option<String>,
    /// Only this line of it, from 1
    #[arg(long, value_name = "N")]
    pub(super) line: Option<u32>,
    #[command(flatten)]
    pub(super) input: InputArgs,
    #[command(flatten)]
    pub(super) clean: CleaningArgs,
    #[command(flatten)]
    pub(super) process: ProcessArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct ReportArgs {
    /// Folder that a run wrote
    #[arg(value_name = "OUT")]
    pub(super) out: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(super) struct VerifyArgs {
    /// Folder that a run wrote
    #[arg(value_name = "OUT")]
    pub(super) out: PathBuf,
    #[command(flatten)]
    pub(super) input: InputArgs,
    #[command(flatten)]
    pub(super) process: ProcessArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct RulesArgs {
    #[command(subcommand)]
    pub(super) command: RulesCommand,
}

#[derive(Debug, clap::Args)]
pub(super) struct TrainArgs {
    #[command(flatten)]
    pub(super) input: InputArgs,
    /// File for the weights
    #[arg(short, long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Folder for what becomes of every document by a model that has not seen its site: one file
    /// of records {id, text} for each strictness
    #[arg(long, value_name = "DIR")]
    pub(super) validate: Option<PathBuf>,
    /// What the weights were trained on, told at the head of their file
    #[arg(long, value_name = "TEXT")]
    pub(super) note: Vec<String>,
    #[command(flatten)]
    pub(super) process: ProcessArgs,
}

#[derive(Debug, Subcommand)]
pub(super) enum RulesCommand {
    /// List the rules in force
    List {
        /// Rule file of your own, added to the rules in force; may be given several times
        #[arg(long, value_name = "FILE")]
        rules: Vec<PathBuf>,
        /// Only rules of this language
        #[arg(long, value_name = "LANG")]
        lang: Option<String>,
    },
    /// Check a rule file: its form, and that every rule drops and keeps what it says
    Check {
        /// The rule file
        file: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct InputArgs {
    /// Files, folders or globs; - reads standard input
    #[arg(value_name = "INPUT", required = true)]
    pub(super) inputs: Vec<String>,
    #[command(flatten)]
    pub(super) fields: FieldArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct OptionalInputArgs {
    /// Files, folders or globs; - reads standard input [default: -]
    #[arg(value_name = "INPUT")]
    pub(super) inputs: Vec<String>,
    #[command(flatten)]
    pub(super) fields: FieldArgs,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Records")]
#[allow(clippy::doc_markdown)] // shown as they stand
pub(super) struct FieldArgs {
    /// Field that holds the text [default: text, content, body, article or maintext]
    #[arg(long, value_name = "NAME")]
    text_field: Option<String>,
    /// Field that identifies a record [default: id or doc_id]
    #[arg(long, value_name = "NAME")]
    id_field: Option<String>,
    /// Field with the address [default: url or link]
    #[arg(long, value_name = "NAME")]
    url_field: Option<String>,
    /// Field that names the outlet [default: outlet, publisher, domain, site or series]
    #[arg(long, value_name = "NAME")]
    outlet_field: Option<String>,
    /// Field with the date [default: date, published, publish_date, date_publish or timestamp]
    #[arg(long, value_name = "NAME")]
    date_field: Option<String>,
    /// How dates are written, such as %d/%m/%Y, where it is not plain; may be given several times
    #[arg(long, value_name = "FORMAT")]
    date_format: Vec<String>,
    /// Field with the headline [default: title or headline]
    #[arg(long, value_name = "NAME")]
    title_field: Option<String>,
    /// Field with the language [default: lang or language]
    #[arg(long, value_name = "NAME")]
    lang_field: Option<String>,
    /// Table (CSV: host or name, outlet) that corrects outlets
    #[arg(long, value_name = "FILE")]
    outlets: Option<PathBuf>,
    /// Reject records longer than this
    #[arg(long, value_name = "SIZE", default_value = "32MiB", value_parser = size)]
    max_record: u64,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Cleaning")]
pub(super) struct CleaningArgs {
    /// How much must speak against a line before it goes
    #[arg(long, value_enum, default_value_t)]
    strictness: Strictness,
    /// Metadata that stays in the text, such as caption,byline
    #[arg(long, value_name = "CATEGORY", value_delimiter = ',')]
    keep: Vec<Category>,
    /// Rule file of your own, added to the rules in force; may be given several times
    #[arg(long, value_name = "FILE")]
    rules: Vec<PathBuf>,
    /// Whether what is recognised is removed, or only told
    #[arg(long, value_enum, default_value_t)]
    mode: Mode,
    /// Do not read the corpus twice to learn what outlets repeat
    #[arg(long)]
    no_templates: bool,
    /// Judge by what `unchaff learn` found, in one pass; may be given several times
    #[arg(long, value_name = "FILE", conflicts_with = "no_templates")]
    profile: Vec<PathBuf>,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Shared passages")]
pub(super) struct PassageArgs {
    /// Shortest shared passage in words
    #[arg(long, value_name = "N", default_value_t = 8)]
    min_words: u32,
    /// In how many outlets a passage must occur
    #[arg(long, value_name = "N", default_value_t = 2)]
    min_outlets: u32,
    /// How far wording may differ. Deep, the default, costs a quarter more time than off in a whole run
    #[arg(long, value_enum, default_value_t = Wording::Deep)]
    fuzzy: Wording,
    /// Between whom a passage must be shared; between documents, --min-outlets counts documents
    #[arg(long, value_enum, default_value_t)]
    across: Across,
    /// Another corpus: look only for what it shares with INPUT. It is read like INPUT, but not written
    #[arg(long, value_name = "OTHER")]
    against: Vec<String>,
    /// Write pairs.jsonl too: every two occurrences, which are very many where a passage is widely shared
    #[arg(long)]
    pairs: bool,
    /// Write passages.csv too: a row an occurrence
    #[arg(long)]
    csv: bool,
    /// Write passages.parquet too: the same
    #[arg(long)]
    parquet: bool,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Duplicates")]
pub(super) struct DuplicateArgs {
    /// What goes where another document has it
    #[arg(long, value_enum, default_value_t)]
    by: Unit,
    /// The same as --by passage
    #[arg(long, conflicts_with = "by")]
    cut_passages: bool,
    /// Shortest paragraph or passage that goes from inside a document, in words [default: 20 for
    /// paragraphs, 50 for passages]
    #[arg(long, value_name = "N")]
    min_words: Option<u32>,
    /// Which copy stays: earliest, latest, longest, first, one-per-outlet, or outlets=FIRST,SECOND.
    /// What is contained in a longer document goes whatever is said here
    #[arg(long, value_name = "WHICH", default_value = "earliest")]
    keep_copy: KeepCopy,
    /// Two documents are the same one where each has this share of the other's words in runs of three
    /// words or more
    #[arg(long, value_name = "SHARE", default_value_t = 0.8)]
    near: f64,
    /// A document is contained in another that has this share of its words in such runs
    #[arg(long, value_name = "SHARE", default_value_t = 0.9)]
    contained: f64,
}

/// How far the wording of a shared passage may differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Wording {
    /// Word for word, whatever the case, quotes and punctuation
    Off,
    /// Around what is equal word for word, passages go on over changed, dropped and added words
    Local,
    /// Anywhere: also passages of which no eight words in a row are equal
    Deep,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Cleaned corpus")]
pub(super) struct FormArgs {
    /// Form [default: JSON lines, but texts stay texts]
    #[arg(long, value_enum, value_name = "FORM", requires = "out")]
    to: Option<Form>,
    /// How it is packed [default: as the input]
    #[arg(long, value_enum, value_name = "HOW", requires = "out")]
    compress: Option<Compression>,
    /// Write what was removed as spans beside the documents too, for the tools of Dolma
    #[arg(long, requires = "out")]
    attributes: bool,
}

impl FormArgs {
    fn options(&self) -> OutputOptions {
        OutputOptions { to: self.to, compress: self.compress, attributes: self.attributes }
    }
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Process")]
pub(super) struct ProcessArgs {
    /// Worker threads; 0 takes all there are. Changes no output
    #[arg(short = 'j', long, value_name = "N", default_value_t = 0)]
    threads: usize,
    /// Memory to take, such as 2GB; what needs more goes to temporary files. Changes no output
    /// [default: half of the machine's]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    memory: Option<u64>,
    /// Folder for temporary files [default: the system's]
    #[arg(long, value_name = "DIR")]
    tmp: Option<PathBuf>,
    /// No progress and no summary
    #[arg(short, long)]
    pub(super) quiet: bool,
}

/// What commands understand that write something.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
pub(super) struct OutputArgs {
    /// Exit with 0 even where records were rejected
    #[arg(long)]
    pub(super) allow_rejects: bool,
    /// Write where something else stands, and start again where a run is not done
    #[arg(long, requires = "out")]
    overwrite: bool,
    /// Print what was found as JSON
    #[arg(long)]
    pub(super) json: bool,
}

impl FieldArgs {
    fn options(&self, process: &ProcessArgs) -> Result<InputOptions> {
        let outlets = match &self.outlets {
            None => None,
            Some(path) => Some(OutletTable::load(path)?),
        };
        // Naming the system's folder is the user's default; only `spill` makes files in it.
        #[allow(clippy::disallowed_methods)]
        let tmp = process.tmp.clone().unwrap_or_else(std::env::temp_dir);
        if !tmp.is_dir() {
            return Err(Error::config(format!("--tmp {}: no such folder", tmp.display())));
        }
        Ok(InputOptions {
            text_field: self.text_field.clone(),
            id_field: self.id_field.clone(),
            url_field: self.url_field.clone(),
            outlet_field: self.outlet_field.clone(),
            date_field: self.date_field.clone(),
            title_field: self.title_field.clone(),
            lang_field: self.lang_field.clone(),
            max_record: self.max_record,
            tmp,
            outlets,
            exclude: None,
        })
    }
}

impl CleaningArgs {
    fn options(&self, level: Cleaning) -> Result<CleanOptions> {
        let templates = match (self.no_templates, self.profile.as_slice()) {
            (true, _) => Templates::Off,
            (false, []) => Templates::Survey,
            (false, files) => Templates::Profile(Arc::new(profile(files)?)),
        };
        let keep = self.keep.iter().copied().collect();
        let (strictness, mode) = (self.strictness, self.mode);
        Ok(CleanOptions { level, strictness, keep, templates, mode, ..CleanOptions::default() })
    }

    /// The judge these arguments ask for.
    pub(super) fn judge(&self) -> Result<Judge> {
        Ok(Judge::new(Rules::in_force(&self.rules)?)?.strict(self.strictness))
    }

    /// The judge of texts that are taken as they are. The user's own rules are tried all the same.
    pub(super) fn judge_at_rest(&self) -> Result<Judge> {
        if !self.rules.is_empty() {
            return self.judge();
        }
        Ok(Judge::at_rest(Rules::on_demand()?).strict(self.strictness))
    }
}

/// What several profiles know, taken together.
pub(super) fn profile(files: &[PathBuf]) -> Result<Profile> {
    let mut all = Profile::default();
    files.iter().try_for_each(|file| all.merge(Profile::read(file)?))?;
    Ok(all)
}

impl OutputArgs {
    /// Whether what holds something else may be written to.
    pub(super) fn overwrite(&self) -> Overwrite {
        if self.overwrite { Overwrite::Allowed } else { Overwrite::Never }
    }
}

impl ProcessArgs {
    fn settings(
        &self,
        inputs: &[String],
        fields: &FieldArgs,
        clean: CleanOptions,
        passages: PassageOptions,
        out: Option<&PathBuf>,
    ) -> Result<Settings> {
        let input = InputOptions { exclude: out.cloned(), ..fields.options(self)? };
        let clean = CleanOptions { dates: Formats::new(fields.date_format.clone())?, ..clean };
        let (threads, memory) = (Threads::new(self.threads), self.memory.unwrap_or(0));
        let (output, dedup) = (OutputOptions::default(), DedupOptions::default());
        let inputs = inputs.to_vec();
        Ok(Settings { inputs, input, clean, output, passages, dedup, threads, memory })
    }
}

impl PassageArgs {
    fn options(&self) -> PassageOptions {
        let fuzzy = match self.fuzzy {
            Wording::Off => Fuzzy::Off,
            Wording::Local => Fuzzy::Local,
            Wording::Deep => Fuzzy::Deep,
        };
        let extras =
            [(self.pairs, Extra::Pairs), (self.csv, Extra::Csv), (self.parquet, Extra::Parquet)];
        PassageOptions {
            min_words: self.min_words,
            min_outlets: self.min_outlets,
            fuzzy,
            across: self.across,
            against: self.against.clone(),
            extras: extras.into_iter().filter(|&(wanted, _)| wanted).map(|(_, e)| e).collect(),
        }
    }
}

impl DuplicateArgs {
    fn options(&self) -> DedupOptions {
        let by = if self.cut_passages { Unit::Passage } else { self.by };
        let usual = if by == Unit::Paragraph { 20 } else { 50 };
        let same = dedup::Options { near: self.near, contained: self.contained };
        let (min_words, keep) = (self.min_words.unwrap_or(usual), self.keep_copy.clone());
        DedupOptions { by, min_words, keep, same }
    }
}

impl RunArgs {
    /// The settings these arguments ask for.
    pub(super) fn settings(&self) -> Result<Settings> {
        let clean = self.clean.options(Cleaning::Full)?;
        let (input, passages) = (&self.input, self.passages.options());
        let settings = self.process.settings(
            &input.inputs,
            &input.fields,
            clean,
            passages,
            Some(&self.out),
        )?;
        Ok(Settings { output: self.form.options(), ..settings })
    }
}

impl CleanArgs {
    /// The settings these arguments ask for.
    pub(super) fn settings(&self) -> Result<Settings> {
        let stdin = ["-".to_owned()];
        let inputs =
            if self.input.inputs.is_empty() { &stdin } else { self.input.inputs.as_slice() };
        let clean = self.clean.options(Cleaning::Full)?;
        let passages = PassageOptions::default();
        let settings = self.process.settings(
            inputs,
            &self.input.fields,
            clean,
            passages,
            self.out.as_ref(),
        )?;
        Ok(Settings { output: self.form.options(), ..settings })
    }
}

impl PassagesArgs {
    /// The settings these arguments ask for.
    pub(super) fn settings(&self) -> Result<Settings> {
        let level = if self.no_clean { Cleaning::Off } else { Cleaning::Full };
        let clean = self.clean.options(level)?;
        let (input, passages) = (&self.input, self.passages.options());
        let settings = self.process.settings(
            &input.inputs,
            &input.fields,
            clean,
            passages,
            Some(&self.out),
        )?;
        Ok(Settings { output: self.form.options(), ..settings })
    }
}

impl DedupArgs {
    /// The settings these arguments ask for.
    pub(super) fn settings(&self) -> Result<Settings> {
        let clean = self.clean.options(Cleaning::Full)?;
        let (input, passages) = (&self.input, PassageOptions::default());
        let process = &self.process;
        let settings =
            process.settings(&input.inputs, &input.fields, clean, passages, Some(&self.out))?;
        let (output, dedup) = (self.form.options(), self.duplicates.options());
        Ok(Settings { output, dedup, ..settings })
    }
}

impl LearnArgs {
    /// The judge these arguments ask for.
    pub(super) fn judge(&self) -> Result<Judge> {
        Ok(Judge::new(Rules::in_force(&self.rules)?)?.strict(self.strictness))
    }

    /// The settings these arguments ask for.
    pub(super) fn settings(&self) -> Result<Settings> {
        let clean = CleanOptions { strictness: self.strictness, ..CleanOptions::default() };
        let passages = PassageOptions::default();
        self.process.settings(&self.inputs, &self.fields, clean, passages, self.out.as_ref())
    }
}

impl ExplainArgs {
    /// The settings these arguments ask for.
    pub(super) fn settings(&self) -> Result<Settings> {
        let clean = self.clean.options(Cleaning::Full)?;
        let passages = PassageOptions::default();
        self.process.settings(&self.input.inputs, &self.input.fields, clean, passages, None)
    }
}

impl TrainArgs {
    /// The settings these arguments ask for.
    pub(super) fn settings(&self) -> Result<Settings> {
        let (clean, passages) = (CleanOptions::default(), PassageOptions::default());
        let input = &self.input;
        self.process.settings(&input.inputs, &input.fields, clean, passages, None)
    }
}

impl VerifyArgs {
    /// The settings these arguments ask for.
    pub(super) fn settings(&self) -> Result<Settings> {
        let (clean, passages) = (CleanOptions::default(), PassageOptions::default());
        let input = &self.input;
        self.process.settings(&input.inputs, &input.fields, clean, passages, Some(&self.out))
    }
}

/// A number of bytes: `4096`, `64k`, `32MiB`, `1.5GB`.
fn size(text: &str) -> std::result::Result<u64, String> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let factor: f64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kib" => 1024.0,
        "kb" => 1e3,
        "m" | "mib" => 1024.0 * 1024.0,
        "mb" => 1e6,
        "g" | "gib" => 1024.0 * 1024.0 * 1024.0,
        "gb" => 1e9,
        _ => return Err(format!("`{unit}` is no unit of size; write 4096, 64k, 32MiB or 1GB")),
    };
    let number: f64 = number.parse().map_err(|_| format!("`{text}` is no size; write 32MiB"))?;
    #[allow(clippy::cast_sign_loss)] // digits and a point only: never below zero
    let bytes = (number * factor) as u64;
    if bytes == 0 { Err("a size must be above zero".into()) } else { Ok(bytes) }
}
