//! The story of a run: the only place where all parts meet.

mod batch;
mod clean;
mod dedup;
mod guard;
mod learn;
mod passages;
mod prepared;
mod preview;
mod sink;
mod survey;
pub mod verify;
mod work;

use std::collections::BTreeMap;
use std::time::Instant;

use crate::boilerplate::Judge;
use crate::boilerplate::template::{Jump, Templates};
use crate::config::{Cleaning, Settings};
use crate::document::Document;
use crate::error::Result;
use crate::input::Corpus;
use crate::machine;
use crate::output::Layout;
use crate::report::OutFolder;
use crate::report::summary::{Run, Stage, Summary};
use crate::report::{manifest, page, summary};

pub use clean::{Cleaned, Cleaner};
pub use dedup::dedup;
pub use guard::guard;
pub use learn::{learn, save};
pub use prepared::Kept;
pub use preview::preview;
pub(crate) use survey::{Counted, add as survey_document};

use batch::Shelving;
use dedup::cuts::Fates;
use dedup::listing::Listing;
use dedup::rows::{self, Deed};
pub use sink::Sink;
use sink::{Outcome, Shelf};
use work::{Identity, Work, once};

/// What a run tells while it goes on. The library is silent; the command line draws bars.
pub trait Progress: Sync {
    /// A stage begins, with so many bytes (or other units) ahead.
    fn begin(&self, stage: &'static str, total: u64);
    /// So many more are done.
    fn advance(&self, amount: u64);
    /// The stage is over.
    fn end(&self);
}

/// Tells nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: &'static str, _: u64) {}
    fn advance(&self, _: u64) {}
    fn end(&self) {}
}

/// Which of the outputs are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// Everything.
    Run,
    /// The cleaned corpus only.
    Clean,
    /// Shared passages; the cleaned corpus is a means.
    Passages,
}

impl Goal {
    /// The name of the command.
    fn name(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Clean => "clean",
            Self::Passages => "passages",
        }
    }
}

/// Cleans the corpus, finds the passages that are shared in it or, where there is one, with another
/// corpus, and writes the report. What an earlier run into the same
/// folder did of the same before it was killed is not done again.
pub fn run(
    settings: &Settings,
    corpus: &Corpus,
    against: Option<&Corpus>,
    judge: &Judge,
    out: &OutFolder,
    goal: Goal,
    progress: &dyn Progress,
) -> Result<(Summary, Run)> {
    let mut clock = Clock::start();
    let Begun { work, templates, kept, jumped } =
        begin(goal.name(), settings, corpus, against, judge, out, progress)?;
    let options = &settings.clean;
    let cleaner = Cleaner { corpus, judge, templates: &templates, options, guarded: Some(&jumped) };
    clock.lap("survey", corpus.bytes());

    if goal != Goal::Clean {
        // What is known before anything is read: packed texts and words take as much as the input.
        let held = settings.scratch().memory() / 4;
        let needed = corpus.bytes().saturating_sub(held);
        settings.refuse_without_room(needed, "to find shared passages")?;
    }
    let layout = Layout::new(corpus, settings.output);
    let mut sink = Sink::new(&cleaner, &layout, out, goal, settings, work)?;
    let unread = match against {
        Some(against) => hold_against(settings, against, judge, &mut sink, progress)?,
        None => 0,
    };
    cleaner.clean_all(settings.threads, kept, &Fates::default(), &mut sink, progress)?;
    let outcome = sink.finish()?;
    clock.lap("clean", corpus.bytes());

    let Outcome { counts, records, shelf, work } = outcome;
    let mut summary = Summary::new(settings, corpus, judge.rules(), &templates, counts);
    summary.jumped = jumped;
    if let Some(Shelf { words, listing: Listing { about, places }, told }) = shelf {
        if goal == Goal::Run {
            let pool = settings.threads.pool()?;
            let found = pool.install(|| rows::compare(&words, &about, &[], settings))?;
            let keep = &settings.dedup.keep;
            let (mut counts, _) = found.write(&about, places, keep, Deed::Tell, out)?;
            counts.against_unread = unread;
            summary.duplicates = Some(counts);
            clock.lap("duplicates", corpus.bytes());
        }
        let mut lap = |step| clock.lap(step, corpus.bytes());
        let mut counts =
            passages::find_and_write(settings, &words, &about, told, out, progress, &mut lap)?;
        counts.against_unread = unread;
        summary.passages = Some(counts);
    }
    summary::write(&summary, out)?;
    if goal == Goal::Run {
        page::write(out.path(), settings.threads)?;
        clock.lap("report", corpus.bytes());
    }
    manifest::write(out, settings.threads, &records)?;
    let run = clock.stop(settings.threads, out.is_ours_alone());
    summary::write_run(&run, out)?;
    work.map_or(Ok(()), Work::finish)?;
    Ok((summary, run))
}

/// What is known before the first document is written.
struct Begun {
    /// The notes of the run, where it can go on after a kill.
    work: Option<Work>,
    templates: Templates,
    /// What of the corpus was read already.
    kept: Kept,
    /// Outlets that are only tagged.
    jumped: BTreeMap<String, Jump>,
}

/// Takes up what an earlier run left, and surveys the corpus if that was not done.
fn begin(
    command: &str,
    settings: &Settings,
    corpus: &Corpus,
    against: Option<&Corpus>,
    judge: &Judge,
    out: &OutFolder,
    progress: &dyn Progress,
) -> Result<Begun> {
    let corpora: Vec<&Corpus> = [Some(corpus), against].into_iter().flatten().collect();
    let identity = Identity::of(command, settings, judge.rules().hash, &corpora);
    let work = Work::begin(out, identity.as_ref(), settings.threads)?;
    let mut kept = Kept::default();
    let templates = once(work.as_ref(), "survey", || {
        let (templates, read) = self::templates(settings, corpus, progress)?;
        kept = read;
        Ok(templates)
    })?;
    let options = &settings.clean;
    let cleaner = Cleaner { corpus, judge, templates: &templates, options, guarded: None };
    let jumped = guard(settings, &cleaner, progress)?;
    Ok(Begun { work, templates, kept, jumped })
}

/// Shelves another corpus, which this one is held against, and gives how many of its records could not
/// be read.
fn hold_against(
    settings: &Settings,
    corpus: &Corpus,
    judge: &Judge,
    sink: &mut Sink<'_>,
    progress: &dyn Progress,
) -> Result<u64> {
    let (templates, kept) = self::templates(settings, corpus, progress)?;
    let templates = &templates;
    let options = &settings.clean;
    let cleaner = Cleaner { corpus, judge, templates, options, guarded: None };
    let look = |document: &Document, cleaned: &Cleaned, shelving: &mut Shelving| {
        let date = options.dates.of(document);
        shelving.add(document, date, cleaned, &mut Vec::new());
    };
    let unread =
        cleaner.gather("against", settings.threads, kept, progress, look, |mut shelving| {
            sink.packing().map_or(Ok(()), |packing| shelving.finish(packing))?;
            sink.shelve(shelving)
        })?;
    sink.fix();
    Ok(unread)
}

/// What outlets repeat: by a survey of the corpus, by what was learnt before, or not known; and what had
/// to be read of the corpus for it.
pub fn templates(
    settings: &Settings,
    corpus: &Corpus,
    progress: &dyn Progress,
) -> Result<(Templates, Kept)> {
    use crate::config::Templates as From;
    match (settings.clean.level, &settings.clean.templates) {
        (Cleaning::Full, From::Survey) => survey::survey(settings, corpus, progress),
        (Cleaning::Full, From::Profile(profile)) => Ok((profile.templates(), Kept::default())),
        (Cleaning::Off, _) | (_, From::Off) => Ok((Templates::default(), Kept::default())),
    }
}

/// Times the stages.
struct Clock {
    start: Instant,
    last: Instant,
    /// Processor seconds at that time.
    cpu: Option<f64>,
    stages: Vec<Stage>,
}

impl Clock {
    fn start() -> Self {
        let now = Instant::now();
        Self { start: now, last: now, cpu: machine::cpu_seconds(), stages: Vec::new() }
    }

    fn lap(&mut self, name: &'static str, bytes: u64) {
        let seconds = self.last.elapsed().as_secs_f64();
        let cpu = machine::cpu_seconds();
        let worked = cpu.zip(self.cpu).map(|(now, before)| now - before);
        (self.last, self.cpu) = (Instant::now(), cpu);
        self.stages.push(Stage::new(name, seconds, worked, bytes));
    }

    fn stop(self, threads: crate::engine::Threads, alone: bool) -> Run {
        let seconds = self.start.elapsed().as_secs_f64();
        Run { finished: true, seconds, stages: self.stages, ..Run::begun(threads.get(), alone) }
    }
}
