//! `unchaff explain`: one document, every block with its verdict and the evidence.

use std::io::{self, Write};

use owo_colors::OwoColorize;

use crate::document::Document;
use crate::error::Error;
use crate::input::{Corpus, discover};
use crate::pipeline::{self, Cleaned, Cleaner, Progress, Silent};
use crate::verdict::{Category, Cut, Reason, Verdict};

use super::DONE;
use super::args::ExplainArgs;
use super::progress::Bars;

pub(super) fn explain(args: &ExplainArgs) -> anyhow::Result<u8> {
    let settings = args.settings()?;
    settings.check()?;
    let judge = args.clean.judge()?;
    let corpus = discover(&settings.inputs, &settings.input)?;
    let document = find(&corpus, args.id.as_deref())?;
    let bars = Bars::default();
    let progress: &dyn Progress = if args.process.quiet { &Silent } else { &bars };
    let (templates, _) = pipeline::templates(&settings, &corpus, progress)?;
    let (corpus, options, guarded) = (&corpus, &settings.clean, None);
    let cleaner = Cleaner { corpus, judge: &judge, templates: &templates, options, guarded };
    let found = cleaner.clean(&document)?;
    let whose = format!("({}, {})", document.outlet, judge.language(&document, &templates));
    let mut out = anstream::stdout().lock();
    writeln!(out, "{} {}", document.id.bold(), whose.dimmed())?;
    let lines = found.blocks.len() as u32;
    if let Some(line) = args.line.filter(|line| !(1..=lines).contains(line)) {
        let what = format!("--line {line}: the document has the lines 1 to {lines}");
        return Err(Error::config(what).into());
    }
    show(&document, &found, args.line, &mut out)?;
    Ok(DONE)
}

/// The document of that id or at that place, or the first.
fn find(corpus: &Corpus, id: Option<&str>) -> anyhow::Result<Document> {
    let is = |id: &str, document: &Document| {
        let source = &document.source;
        id == document.id || id == format!("{}:{}", source.file, source.record)
    };
    for chunk in corpus.read() {
        for (_, parsed) in chunk.documents(corpus) {
            if let Ok(parsed) = parsed
                && id.is_none_or(|id| is(id, &parsed.document))
            {
                return Ok(parsed.document);
            }
        }
    }
    let what = id.map_or("the input has no document that can be read".to_owned(), |id| {
        format!("no document has the id {id:?}; ids are the input's own, or FILE:RECORD")
    });
    Err(Error::config(what).into())
}

/// Shows every line, or the one that is wanted.
fn show(
    document: &Document,
    cleaned: &Cleaned,
    wanted: Option<u32>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let verdicts = cleaned.normalised.iter().zip(&cleaned.judgement.verdicts);
    let solid = cleaned.blocks.iter().zip(verdicts).filter(|(block, _)| !block.is_blank());
    for (block, (edits, verdict)) in
        solid.filter(|(block, _)| wanted.is_none_or(|line| line == block.line))
    {
        let text = block.text(&document.text);
        let line = format!("{:4}", block.line);
        match verdict {
            Verdict::Keep => writeln!(out, "{} {text}", line.dimmed())?,
            Verdict::KeepDespite(category, reason) => {
                writeln!(out, "{} {text}", line.dimmed())?;
                because("kept", *category, reason, out)?;
            }
            Verdict::Remove(category, reason) => {
                writeln!(out, "{} {}", line.red(), text.red().strikethrough())?;
                because("removed", *category, reason, out)?;
            }
            Verdict::Cut(cuts) => {
                let written = edits.as_ref().map_or(text.to_owned(), |edits| edits.apply(text));
                writeln!(out, "{} {}", line.yellow(), struck(&written, cuts))?;
                for cut in cuts {
                    let what = format!("cut out \u{201c}{}\u{201d}", &written[cut.range.clone()]);
                    because(&what, cut.category, &cut.reason, out)?;
                }
            }
        }
    }
    Ok(())
}

/// A line with what is cut out of it struck through.
fn struck(line: &str, cuts: &[Cut]) -> String {
    let mut shown = String::new();
    let mut at = 0;
    for cut in cuts {
        shown.push_str(&line[at..cut.range.start]);
        let cut_out = &line[cut.range.clone()];
        shown.push_str(&cut_out.red().strikethrough().to_string());
        at = cut.range.end;
    }
    shown + &line[at..]
}

fn because(what: &str, category: Category, reason: &Reason, out: &mut dyn Write) -> io::Result<()> {
    let by = reason.rule.as_ref().map(|rule| format!(" by {rule}")).unwrap_or_default();
    writeln!(out, "     {what}: {} ({:.2}){by}", category.bold(), reason.score)?;
    for evidence in &reason.evidence {
        writeln!(out, "       {} {evidence}", "+".red())?;
    }
    for veto in &reason.vetoes {
        writeln!(out, "       {} {veto}", "-".green())?;
    }
    Ok(())
}
