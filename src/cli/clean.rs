//! `unchaff clean`: the cleaned corpus, as a folder or on standard output.

use std::io::{self, BufWriter, Write};

use crate::boilerplate::Judge;
use crate::boilerplate::rules::Rules;
use crate::input::discover;
use crate::pipeline::{self, Cleaner, Goal, Progress, Silent};

use super::args::CleanArgs;
use super::ending;
use super::progress::Bars;
use super::run::write_folder;

pub(super) fn clean(args: &CleanArgs) -> anyhow::Result<u8> {
    let settings = args.settings()?;
    if let Some(out) = &args.out {
        return write_folder(&settings, out, Goal::Clean, &args.output, &args.process);
    }
    settings.check()?;
    let judge = Judge::new(Rules::built_in()?)?.strict(settings.clean.strictness);
    let corpus = discover(&settings.inputs, &settings.input)?;
    let bars = Bars::default();
    let progress: &dyn Progress = if args.process.quiet { &Silent } else { &bars };
    let templates = pipeline::templates(&settings, &corpus, progress)?;
    let cleaner =
        Cleaner { corpus: &corpus, judge: &judge, templates: &templates, options: &settings.clean };
    let mut out = BufWriter::new(io::stdout().lock());
    let mut rejects = corpus.rejects.len() as u64;
    for reject in &corpus.rejects {
        report(reject);
    }
    let mut hung_up = None;
    let ended = cleaner.records(settings.threads, |lines, rejected| {
        rejected.iter().for_each(report);
        rejects += rejected.len() as u64;
        out.write_all(lines).map_err(|error| {
            let kind = error.kind();
            hung_up = Some(error);
            crate::error::Error::io("cannot write", std::path::Path::new("standard output"))(
                kind.into(),
            )
        })
    });
    if let Some(error) = hung_up {
        return Err(error.into());
    }
    ended?;
    out.flush()?;
    Ok(ending(rejects, args.output.allow_rejects))
}

fn report(reject: &crate::error::Reject) {
    let crate::error::Reject { file, record, offset, reason } = reject;
    let told = format!("rejected: {file}, record {record}, byte {offset}: {reason}");
    // Where standard error is closed, the exit code still tells of rejects.
    let _ = writeln!(io::stderr(), "{told}");
}
