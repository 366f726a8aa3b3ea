//! `unchaff explain`: one document, every block with its verdict and the evidence.

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
    let templates = pipeline::survey(&settings, &corpus, progress)?;
    let cleaner =
        Cleaner { corpus: &corpus, judge: &judge, templates: &templates, options: &settings.clean };
    let cleaned = cleaner.clean(&document)?;
    let language = judge.language(&document, &templates);
    anstream::println!(
        "{} {}",
        document.id.bold(),
        format!("({}, {language})", document.outlet).dimmed()
    );
    show(&document, &cleaned);
    Ok(DONE)
}

/// The document of that id, or the first.
fn find(corpus: &Corpus, id: Option<&str>) -> anyhow::Result<Document> {
    for chunk in corpus.read() {
        for i in 0..chunk.frames.len() {
            if let Ok(parsed) = chunk.parse(i, corpus) {
                if id.is_none_or(|id| id == parsed.document.id) {
                    return Ok(parsed.document);
                }
            }
        }
    }
    let what = id.map_or("the input has no document that can be read".to_owned(), |id| {
        format!("no document has the id {id:?}; ids are the input's own, or PATH:RECORD")
    });
    Err(Error::config(what).into())
}

fn show(document: &Document, cleaned: &Cleaned) {
    let solid = cleaned.blocks.iter().zip(&cleaned.judgement.verdicts);
    for (block, verdict) in solid.filter(|(block, _)| !block.is_blank()) {
        let text = block.text(&document.text);
        let line = format!("{:4}", block.line);
        match verdict {
            Verdict::Keep => anstream::println!("{} {text}", line.dimmed()),
            Verdict::KeepDespite(category, reason) => {
                anstream::println!("{} {text}", line.dimmed());
                because("kept", *category, reason);
            }
            Verdict::Remove(category, reason) => {
                anstream::println!("{} {}", line.red(), text.red().strikethrough());
                because("removed", *category, reason);
            }
            Verdict::Cut(cuts) => {
                anstream::println!("{} {text}", line.yellow());
                for cut in cuts {
                    because(&format!("cut bytes {:?}", cut.range), cut.category, &cut.reason);
                }
            }
        }
    }
}

fn because(what: &str, category: Category, reason: &Reason) {
    let mut line = format!("     {what}: {} ({:.2})", category.bold(), reason.score);
    if let Some(rule) = &reason.rule {
        line.push_str(&format!(" by {rule}"));
    }
    anstream::println!("{line}");
    for evidence in &reason.evidence {
        anstream::println!("       {} {evidence}", "+".red());
    }
    for veto in &reason.vetoes {
        anstream::println!("       {} {veto}", "-".green());
    }
}
