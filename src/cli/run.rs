//! `unchaff run`: the main job.

use std::io::{self, Write};
use std::mem::ManuallyDrop;

use crate::config::{Cleaning, Settings};
use crate::pipeline::{self, Goal, Progress, Silent};
use crate::report::OutFolder;
use crate::report::summary::{Run, Summary};

use super::args::{CleaningArgs, OutputArgs, ProcessArgs, RunArgs};
use super::progress::Bars;
use super::{ending, terminal};

pub(super) fn run(args: &RunArgs) -> anyhow::Result<u8> {
    write_folder(&args.settings()?, &args.clean, &args.out, Goal::Run, &args.output, &args.process)
}

/// Does the work of every command that writes a folder.
pub(super) fn write_folder(
    settings: &Settings,
    clean: &CleaningArgs,
    out: &std::path::Path,
    goal: Goal,
    output: &OutputArgs,
    process: &ProcessArgs,
) -> anyhow::Result<u8> {
    settings.check()?;
    // Its tables are many small pieces: the system takes them back at once when the program ends.
    let judge = ManuallyDrop::new(match settings.clean.level {
        Cleaning::Full => clean.judge()?,
        Cleaning::Off => clean.judge_at_rest()?,
    });
    let corpus = crate::input::discover(&settings.inputs, &settings.input)?;
    let against = match settings.passages.against.as_slice() {
        [] => None,
        inputs => Some(crate::input::discover(inputs, &settings.input)?),
    };
    let everything = [settings.inputs.as_slice(), &settings.passages.against].concat();
    let folder = OutFolder::claim(out, output.overwrite(), &everything)?;
    let bars = Bars::default();
    let progress: &dyn Progress = if process.quiet { &Silent } else { &bars };
    let (summary, run) =
        pipeline::run(settings, &corpus, against.as_ref(), &judge, &folder, goal, progress)?;
    tell(&summary, &run, &folder, output, process)
}

/// Tells what came of a command that writes a folder, and how it ends.
pub(super) fn tell(
    summary: &Summary,
    run: &Run,
    folder: &OutFolder,
    output: &OutputArgs,
    process: &ProcessArgs,
) -> anyhow::Result<u8> {
    if output.json {
        writeln!(io::stdout(), "{:#}", terminal::json(summary, run)?)?;
    } else if !process.quiet {
        terminal::print(summary, run, folder, &mut anstream::stdout().lock())?;
    }
    Ok(ending(summary.counts.rejects, output.allow_rejects))
}
