//! `unchaff dedup`: the corpus without duplicates.

use crate::config::OutFolder;
use crate::input::discover;
use crate::pipeline::{self, Progress, Silent};

use super::args::DedupArgs;
use super::progress::Bars;
use super::run::tell;

pub(super) fn dedup(args: &DedupArgs) -> anyhow::Result<u8> {
    let (settings, process) = (args.settings()?, &args.process);
    settings.check()?;
    let judge = args.clean.judge()?;
    let corpus = discover(&settings.inputs, &settings.input)?;
    let against = match args.against.as_slice() {
        [] => None,
        inputs => Some(discover(inputs, &settings.input)?),
    };
    let everything = [settings.inputs.as_slice(), &args.against].concat();
    let folder = OutFolder::claim(&args.out, args.output.overwrite(), &everything)?;
    let bars = Bars::default();
    let progress: &dyn Progress = if process.quiet { &Silent } else { &bars };
    let (summary, run) =
        pipeline::dedup(&settings, &corpus, against.as_ref(), &judge, &folder, progress)?;
    tell(&summary, &run, &folder, &args.output, process)
}
