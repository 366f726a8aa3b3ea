//! `unchaff explain`: one document, every block with its verdict and the evidence.

use std::io::{self, Write};

use owo_colors::OwoColorize;

use crate::boilerplate::Judge;
use crate::boilerplate::rules::Rules;
use crate::document::Document;
use crate::error::Error;
use crate::input::{Corpus, discover};
use crate::pipeline::{self, Cleaned, Cleaner, Progress, Silent};
use crate::verdict::{Category, Reason, Verdict};

use super::DONE;
use super::args::ExplainArgs;
use super::progress::Bars;

pub(super) fn explain(args: &ExplainArgs) -> anyhow::Result<u8> {
    let settings = args.settings()?;
    settings.check()?;
    let judge = Judge::new(Rules::built_in()?)?.strict(settings.clean.strictness);
    let corpus = discover(&settings.inputs, &settings.input)?;
    let document = find(&corpus, args.id.as_deref())?;
    let bars = Bars::default();
    let progress: &dyn Progress = if args.process.quiet { &Silent } else { &bars };
    let templates = pipeline::templates(&settings, &corpus, progress)?;
    let cleaner =
        Cleaner { corpus: &corpus, judge: &judge, templates: &templates, options: &settings.clean };
    let found = cleaner.clean(&document)?;
    let whose = format!("({}, {})", document.outlet, judge.language(&document, &templates));
    let mut out = anstream::stdout().lock();
    writeln!(out, "{} {}", document.id.bold(), whose.dimmed())?;
    show(&document, &found, &mut out)?;
    Ok(DONE)
}

/// The document of that id, or the first.
fn find(corpus: &Corpus, id: Option<&str>) -> anyhow::Result<Document> {
    for chunk in corpus.read() {
        for i in 0..chunk.frames.len() {
            if let Ok(parsed) = chunk.parse(i, corpus)
                && id.is_none_or(|id| id == parsed.document.id)
            {
                return Ok(parsed.document);
            }
        }
    }
    let what = id.map_or("the input has no document that can be read".to_owned(), |id| {
        format!("no document has the id {id:?}; ids are the input's own, or PATH:RECORD")
    });
    Err(Error::config(what).into())
}

fn show(document: &Document, cleaned: &Cleaned, out: &mut dyn Write) -> io::Result<()> {
    let solid = cleaned.blocks.iter().zip(&cleaned.judgement.verdicts);
    for (block, verdict) in solid.filter(|(block, _)| !block.is_blank()) {
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
                writeln!(out, "{} {text}", line.yellow())?;
                for cut in cuts {
                    let what = format!("cut bytes {:?}", cut.range);
                    because(&what, cut.category, &cut.reason, out)?;
                }
            }
        }
    }
    Ok(())
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
