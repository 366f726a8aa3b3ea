//! `unchaff clean`: the cleaned corpus, as a folder or on standard output.

use std::io::{self, Write};

use crate::boilerplate::template::Jump;
use crate::config::{Settings, Templates};
use crate::input::{discover, piped};
use crate::pipeline::{self, Cleaner, Goal, Kept, Progress, Silent};

use super::args::CleanArgs;
use super::progress::Bars;
use super::run::write_folder;
use super::{ending, terminal};

pub(super) fn clean(args: &CleanArgs) -> anyhow::Result<u8> {
    let mut settings = args.settings()?;
    if let Some(out) = &args.out {
        return write_folder(&settings, &args.clean, out, Goal::Clean, &args.output, &args.process);
    }
    settings.check()?;
    let judge = args.clean.judge()?;
    let corpus = if settings.inputs == ["-"] {
        // Read once: nothing can be learnt from it first.
        if settings.clean.templates == Templates::Survey {
            settings.clean.templates = Templates::Off;
        }
        piped(&settings.input, Box::new(io::stdin()))?
    } else {
        discover(&settings.inputs, &settings.input)?
    };
    let bars = Bars::default();
    let progress: &dyn Progress = if args.process.quiet { &Silent } else { &bars };
    let (templates, kept) = pipeline::templates(&settings, &corpus, progress)?;
    let (corpus, templates, options) = (&corpus, &templates, &settings.clean);
    let cleaner = Cleaner { corpus, judge: &judge, templates, options, guarded: None };
    if args.dry_run {
        return dry_run(&cleaner, kept, &settings, args, progress);
    }
    let jumped = pipeline::guard(&settings, &cleaner, progress)?;
    let cleaner = Cleaner { guarded: Some(&jumped), ..cleaner };
    for (outlet, Jump { before, now }) in jumped.iter().filter(|_| !args.process.quiet) {
        let (before, now) = (100.0 * before, 100.0 * now);
        let told =
            format!("{outlet}: only tagged, since {now:.1} % instead of {before:.1} % would go");
        // Where standard error is closed, the field unchaff.spans still tells.
        let _ = writeln!(io::stderr(), "{told}");
    }
    let mut out = io::stdout().lock();
    let mut rejects = corpus.rejects.len() as u64;
    for reject in &corpus.rejects {
        report(reject);
    }
    let mut hung_up = None;
    let ended = cleaner.records(settings.threads, kept, |lines, rejected| {
        rejected.iter().for_each(report);
        rejects += rejected.len() as u64;
        // A chunk is what has come so far, so nobody waits for it longer than need be.
        out.write_all(lines).and_then(|()| out.flush()).map_err(|error| {
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
    Ok(ending(rejects, args.output.allow_rejects))
}

/// Shows what would go, and writes nothing.
fn dry_run(
    cleaner: &Cleaner<'_>,
    kept: Kept,
    settings: &Settings,
    args: &CleanArgs,
    progress: &dyn Progress,
) -> anyhow::Result<u8> {
    let (preview, rejects) = pipeline::preview(cleaner, settings.threads, kept, progress)?;
    let mut out = anstream::stdout().lock();
    if args.output.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&preview)?)?;
    } else {
        terminal::preview(&preview, &mut out)?;
    }
    if rejects > 0 {
        writeln!(anstream::stderr(), "{rejects} records could not be read")?;
    }
    Ok(ending(rejects, args.output.allow_rejects))
}

fn report(reject: &crate::error::Reject) {
    let crate::error::Reject { file, record, offset, reason } = reject;
    let told = format!("rejected: {file}, record {record}, byte {offset}: {reason}");
    // Where standard error is closed, the exit code still tells of rejects.
    let _ = writeln!(io::stderr(), "{told}");
}
