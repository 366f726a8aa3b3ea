//! `unchaff learn`: what outlets repeat, saved as a profile or shown.

use std::io::{self, Write};
use std::path::Path;

use indicatif::HumanCount;
use owo_colors::OwoColorize;

use crate::boilerplate::template::{FEW, Known, KnownLine, Profile};
use crate::config::Overwrite;
use crate::error::Error;
use crate::input::discover;
use crate::pipeline::{self, Progress, Silent};

use super::args::{LearnArgs, profile};
use super::progress::Bars;
use super::{DONE, ending};

pub(super) fn learn(args: &LearnArgs) -> anyhow::Result<u8> {
    let mut known = profile(&args.profile)?;
    if let Some(out) = &args.out {
        refuse_to_destroy(out, args.output.overwrite())?;
    }
    let mut code = DONE;
    if args.profile.is_empty() || !args.inputs.is_empty() {
        let (learnt, rejects) = learn_from_input(args)?;
        known.merge(learnt)?;
        code = ending(rejects, args.output.allow_rejects);
        if rejects > 0 {
            writeln!(anstream::stderr(), "{rejects} records could not be read")?;
        }
    }
    if let Some(out) = &args.out {
        pipeline::save(&known, out)?;
    }
    let mut to = anstream::stdout().lock();
    match (&args.out, args.output.json) {
        (_, true) => writeln!(to, "{}", serde_json::to_string_pretty(&known)?)?,
        (None, false) => show(&known, args.only.as_deref(), &mut to)?,
        (Some(_), false) if args.process.quiet => {}
        (Some(out), false) => {
            totals(&known, &mut to)?;
            writeln!(to, "{}", out.display().underline())?;
        }
    }
    Ok(code)
}

fn learn_from_input(args: &LearnArgs) -> anyhow::Result<(Profile, u64)> {
    let settings = args.settings()?;
    settings.check()?;
    let judge = args.judge()?;
    let corpus = discover(&settings.inputs, &settings.input)?;
    let bars = Bars::default();
    let progress: &dyn Progress = if args.process.quiet { &Silent } else { &bars };
    Ok(pipeline::learn(&settings, &corpus, &judge, progress)?)
}

/// Learning again replaces a profile; anything else under that name may be somebody's articles.
fn refuse_to_destroy(out: &Path, overwrite: Overwrite) -> anyhow::Result<()> {
    if overwrite == Overwrite::Never && out.exists() && Profile::read(out).is_err() {
        let what = "exists and is no profile; name another file, or add --overwrite";
        return Err(Error::config(format!("{} {what}", out.display())).into());
    }
    Ok(())
}

/// The profile as a person reads it: outlets by name, their templates by how often they stand.
fn show(profile: &Profile, only: Option<&str>, to: &mut dyn Write) -> anyhow::Result<()> {
    if let Some(name) = only {
        let Some(known) = profile.outlets.get(name) else {
            let what = format!("no outlet is called `{name}`; without --only all are shown");
            return Err(Error::config(what).into());
        };
        return Ok(outlet(name, known, to)?);
    }
    let large = profile.outlets.iter().filter(|(_, known)| known.documents >= FEW);
    for (name, known) in large {
        outlet(name, known, to)?;
    }
    network(profile, to)?;
    Ok(totals(profile, to)?)
}

fn outlet(name: &str, known: &Known, to: &mut dyn Write) -> io::Result<()> {
    let about = format!(
        "{} documents, {}, {:.1} % removed",
        HumanCount(known.documents.into()),
        known.language().unwrap_or("language not told"),
        100.0 * known.share.removed_share()
    );
    writeln!(to, "{}  {}", name.bold(), about.dimmed())?;
    for line in known.templates() {
        writeln!(to, "{:>8} of {:<6} {}", line.documents, known.documents, text(line))?;
    }
    Ok(())
}

/// What several outlets have in common.
fn network(profile: &Profile, to: &mut dyn Write) -> io::Result<()> {
    let lines = profile.network();
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(to, "{}", "In most documents of several outlets".bold())?;
    for (outlets, line) in lines {
        writeln!(to, "{outlets:>8} outlets   {}", text(line))?;
    }
    Ok(())
}

/// A line's text on one line.
fn text(line: &KnownLine) -> String {
    let text = line.text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.opening { format!("{text} …") } else { text }
}

fn totals(profile: &Profile, to: &mut dyn Write) -> io::Result<()> {
    let small = profile.outlets.values().filter(|known| known.documents < FEW).count();
    let templates: usize = profile.outlets.values().map(|known| known.templates().len()).sum();
    let (outlets, templates) = (profile.outlets.len() as u64, templates as u64);
    let (outlets, templates) = (HumanCount(outlets), HumanCount(templates));
    writeln!(to, "{templates} templates of {outlets} outlets")?;
    if small > 0 {
        writeln!(
            to,
            "{small} outlets have fewer than {FEW} documents: no template can show there"
        )?;
    }
    Ok(())
}
