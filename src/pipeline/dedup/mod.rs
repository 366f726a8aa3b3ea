//! `dedup`: the corpus without duplicates. Everything is cleaned and compared first, and then cleaned
//! again and written, without what goes: a text is read twice rather than kept.

use serde::{Deserialize, Serialize};

use crate::boilerplate::Judge;
use crate::config::Settings;
use crate::dates::When;
use crate::dedup::Unit;
use crate::document::Document;
use crate::engine::Threads;
use crate::error::Result;
use crate::input::Corpus;
use crate::output::Layout;
use crate::passages::{Occurrence, WordStore};
use crate::report::OutFolder;
use crate::report::manifest;
use crate::report::summary::{DuplicateCounts, Run, Summary, write, write_run};
use crate::words::{self, Word};

use super::clean::{Cleaned, Cleaner};
use super::prepared::Kept;
use super::sink::Sink;
use super::work::{Work, once};
use super::{Begun, Clock, Goal, Progress, begin};

pub(super) mod cuts;
pub(super) mod listing;
pub(super) mod rows;

use cuts::Fates;
use listing::{Entry, Listing};
use rows::Deed;

/// Writes a corpus without duplicates of its own documents and, where there is one, of those of
/// another corpus.
pub fn dedup(
    settings: &Settings,
    corpus: &Corpus,
    against: Option<&Corpus>,
    judge: &Judge,
    out: &OutFolder,
    progress: &dyn Progress,
) -> Result<(Summary, Run)> {
    let mut clock = Clock::start();
    let Begun { work, templates, kept, jumped } =
        begin("dedup", settings, corpus, against, judge, out, progress)?;
    let options = &settings.clean;
    let cleaner = Cleaner { corpus, judge, templates: &templates, options, guarded: Some(&jumped) };
    clock.lap("survey", corpus.bytes());

    let decide = || decide(settings, &cleaner, kept, against, out, progress);
    let decided = once(work.as_ref(), "decided", decide)?;
    clock.lap("compare", corpus.bytes() + against.map_or(0, Corpus::bytes));

    let layout = Layout::new(corpus, settings.output);
    let mut sink = Sink::new(&cleaner, &layout, out, Goal::Clean, settings, work)?;
    cleaner.clean_all(settings.threads, Kept::default(), &decided.fates, &mut sink, progress)?;
    let outcome = sink.finish()?;
    clock.lap("clean", corpus.bytes());

    let mut summary = Summary::new(settings, corpus, judge.rules(), &templates, outcome.counts);
    summary.jumped = jumped.clone();
    summary.duplicates = Some(decided.counts);
    write(&summary, out)?;
    manifest::write(out, settings.threads, &outcome.records)?;
    let run = clock.stop(settings.threads, out.is_ours_alone());
    write_run(&run, out)?;
    outcome.work.map_or(Ok(()), Work::finish)?;
    Ok((summary, run))
}

/// What the comparison came to; its rows are written.
#[derive(Debug, Serialize, Deserialize)]
struct Decided {
    counts: DuplicateCounts,
    fates: Fates,
}

/// Compares all documents.
fn decide(
    settings: &Settings,
    cleaner: &Cleaner<'_>,
    kept: Kept,
    against: Option<&Corpus>,
    out: &OutFolder,
    progress: &dyn Progress,
) -> Result<Decided> {
    let mut gathering = Gathering::new(settings);
    let mut unread = 0;
    if let Some(corpus) = against {
        let (templates, kept) = super::templates(settings, corpus, progress)?;
        let cleaner = Cleaner { corpus, templates: &templates, guarded: None, ..*cleaner };
        unread = gathering.add(&cleaner, settings.threads, kept, progress)?;
        gathering.fix();
    }
    gathering.add(cleaner, settings.threads, kept, progress)?;
    let Gathering { words, listing, paragraphs, numbers, .. } = gathering;
    let pool = settings.threads.pool()?;
    let found = pool.install(|| rows::compare(&words, &listing.about, &paragraphs, settings))?;
    let Listing { about, places } = listing;
    let keep = &settings.dedup.keep;
    let (mut counts, keepers) = found.write(&about, places, keep, Deed::Drop, out)?;
    counts.against_unread = unread;
    Ok(Decided { counts, fates: found.fates(&numbers, about.fixed, &keepers) })
}

/// The cleaned documents as they are compared.
struct Gathering {
    /// Each document an outlet of its own.
    words: WordStore,
    listing: Listing,
    /// Paragraphs that are long enough, where they are wanted.
    paragraphs: Vec<Occurrence>,
    /// The numbers that the corpus gave to the documents.
    numbers: Vec<u64>,
    shortest_paragraph: Option<u32>,
}

/// What the worker made of one document.
struct Gathered {
    entry: Entry,
    keys: Vec<u64>,
    paragraphs: Vec<(u32, u32)>,
    number: u64,
}

impl Gathering {
    fn new(settings: &Settings) -> Self {
        let scratch = settings.scratch();
        let wanted = settings.dedup.by == Unit::Paragraph;
        Self {
            words: WordStore::within(&scratch.share(1, 4)),
            listing: Listing::within(&scratch.share(1, 16)),
            paragraphs: Vec::new(),
            numbers: Vec::new(),
            shortest_paragraph: wanted.then_some(settings.dedup.min_words),
        }
    }

    /// Cleans a corpus and adds its documents; gives how many records could not be read.
    fn add(
        &mut self,
        cleaner: &Cleaner<'_>,
        threads: Threads,
        kept: Kept,
        progress: &dyn Progress,
    ) -> Result<u64> {
        let shortest = self.shortest_paragraph;
        cleaner.gather(
            "compare",
            threads,
            kept,
            progress,
            |document, cleaned, all: &mut Vec<_>| {
                let date = cleaner.options.dates.of(document);
                all.push(Gathered::of(document, date, cleaned, shortest));
            },
            |documents| documents.into_iter().try_for_each(|document| self.push(document)),
        )
    }

    fn push(&mut self, document: Gathered) -> Result<()> {
        let doc = self.numbers.len() as u32 + self.listing.about.fixed;
        self.words.push(doc, document.keys)?;
        self.listing.push(document.entry)?;
        let paragraphs = document.paragraphs.into_iter();
        self.paragraphs.extend(paragraphs.map(|(start, end)| Occurrence { doc, start, end }));
        self.numbers.push(document.number);
        Ok(())
    }

    /// What was added until now is what the rest is compared against.
    fn fix(&mut self) {
        self.listing.fix();
        self.numbers.clear();
    }
}

impl Gathered {
    fn of(
        document: &Document,
        date: Option<When>,
        made: &Cleaned,
        shortest_paragraph: Option<u32>,
    ) -> Self {
        let mut keys = Vec::new();
        words::keys(&document.text, &made.edits.removed(), &mut keys);
        Self {
            entry: Entry::new(document, date, keys.len()),
            paragraphs: shortest_paragraph
                .map_or_else(Vec::new, |least| paragraphs(document, made, least)),
            keys,
            number: document.source.ordinal,
        }
    }
}

/// The words of a cleaned document that are compared.
fn matching_words(document: &Document, cleaned: &Cleaned) -> Vec<Word> {
    let mut list = Vec::new();
    words::words(&document.text, &mut list);
    words::outside(&mut list, &cleaned.edits.removed());
    list
}

/// The lines of at least so many words, in word indices.
fn paragraphs(document: &Document, cleaned: &Cleaned, least: u32) -> Vec<(u32, u32)> {
    let list = matching_words(document, cleaned);
    let at = |byte: usize| list.partition_point(|word| (word.start as usize) < byte);
    let lines = cleaned.blocks.iter().map(|block| at(block.range.start)..at(block.range.end));
    let length = |words: &[Word]| words.iter().map(|word| word.key.fifths()).sum::<u32>();
    let long = lines.filter(|line| length(&list[line.clone()]) >= 5 * least);
    long.map(|line| (line.start as u32, line.end as u32)).collect()
}
