//! From families of word positions to rows that tell of texts.
//!
//! Occurrences are told document by document, so that each text is read and split into words once
//! however many passages it shares; then each family is put together from what was told.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::ops::Range;

use rayon::prelude::*;
use similar::{Algorithm, DiffOp};

use crate::change::{Action, EditList};
use crate::config::{OutFolder, Settings};
use crate::dates::When;
use crate::error::{Error, Result};
use crate::hash;
use crate::offsets::CodePoints;
use crate::output::AtomicFile;
use crate::passages::{self, Family, WordStore};
use crate::report::PASSAGES_FILE;
use crate::report::kinds::{self, Profile, Surroundings, Traces};
use crate::report::passages::{Exemplar, Family as Row, Occurrence, Operation, first_seen};
use crate::report::summary::PassageCounts;
use crate::words::{self, Word};

use super::Progress;
use super::clean::{Shelf, Told};

/// Words shown on either side of an occurrence.
const CONTEXT: usize = 8;

/// Rows kept for the terminal.
const TOP: usize = 10;

/// Finds the shared passages of the shelf and writes them.
pub(super) fn find_and_write(
    settings: &Settings,
    shelf: Shelf,
    out: &OutFolder,
    progress: &dyn Progress,
) -> Result<PassageCounts> {
    progress.begin("passages", shelf.words.len() as u64);
    let options = passages::Options {
        min_words: settings.passages.min_words,
        fuzzy: settings.passages.fuzzy,
    };
    let Shelf { words, dates, told } = shelf;
    let pool = settings.threads.pool()?;
    let mut families = pool.install(|| passages::find(&words, &options))?;
    families.retain(|family| outlets(family, &words) >= settings.passages.min_outlets as usize);
    let spots = Telling::plan(&families);
    let mut told_occurrences = vec![Vec::new(); families.len()];
    let mut reader = told.reader()?;
    let source =
        spots.documents.into_iter().map(|(doc, wanted)| Ok((reader.read(doc as usize)?, wanted)));
    settings.threads.map_ordered(
        source,
        |(record, wanted)| tell(&record, &wanted),
        |told: Result<Vec<(u32, Telling)>>| {
            for (family, telling) in told? {
                told_occurrences[family as usize].push(telling);
            }
            progress.advance(1);
            Ok(())
        },
    )?;
    let rarity = Rarity::of(&words);
    let desk = Desk { words: &words, dates: &dates, rarity: &rarity };
    let mut rows: Vec<Row> = pool.install(|| {
        let told = families.par_iter().zip(told_occurrences);
        told.map(|(family, tellings)| desk.row(family, tellings)).collect()
    });
    // The sort is stable: of equal interest, the first in the corpus comes first.
    rows.sort_by(|a, b| b.interest.total_cmp(&a.interest));
    let counts = write(rows, out)?;
    progress.end();
    Ok(counts)
}

fn outlets(family: &Family, words: &WordStore) -> usize {
    let outlets: BTreeSet<_> = family.occurrences.iter().map(|o| words.outlet(o.doc)).collect();
    outlets.len()
}

/// In how many documents words stand, counted in slots by hash: an estimate from above, and the
/// same for any number of threads.
struct Rarity {
    documents: f64,
    slots: Vec<u32>,
}

impl Rarity {
    const SLOTS: usize = 1 << 20;

    fn of(words: &WordStore) -> Self {
        let mut slots = vec![0; Self::SLOTS];
        let mut seen: Vec<usize> = Vec::new();
        for doc in 0..words.len() as u32 {
            seen.clear();
            seen.extend(words.words(doc).iter().map(|&key| Self::slot(key)));
            seen.sort_unstable();
            seen.dedup();
            for &slot in &seen {
                slots[slot] += 1;
            }
        }
        Self { documents: words.len() as f64, slots }
    }

    fn slot(key: u64) -> usize {
        (key >> 24) as usize % Self::SLOTS
    }

    /// Inverse document frequency, as in information retrieval: a word of every document tells
    /// nothing.
    fn of_word(&self, key: u64) -> f64 {
        (self.documents / f64::from(self.slots[Self::slot(key)].max(1))).ln()
    }
}

/// What one document has to tell: `(family, start, end)` in words.
type Wanted = Vec<(u32, u32, u32)>;

/// One occurrence, told by its document.
#[derive(Debug, Clone)]
struct Telling {
    row: Occurrence,
    /// The output from its first word to its last.
    text: String,
    /// Its folded words, joined: what passages are compared by in the end.
    folded: String,
    /// What it and its document say about the passage.
    traces: Traces,
}

struct Plan {
    documents: BTreeMap<u32, Wanted>,
}

impl Telling {
    /// Which document tells what, in the order of the corpus.
    fn plan(families: &[Family]) -> Plan {
        let mut documents: BTreeMap<u32, Wanted> = BTreeMap::new();
        for (family, number) in families.iter().zip(0..) {
            for o in &family.occurrences {
                documents.entry(o.doc).or_default().push((number, o.start, o.end));
            }
        }
        Plan { documents }
    }
}

fn tell(record: &[u8], wanted: &[(u32, u32, u32)]) -> Result<Vec<(u32, Telling)>> {
    let told: Told = serde_json::from_slice(record)
        .map_err(|e| Error::config(format!("a temporary record is damaged: {e}")))?;
    let output = told.edits.apply(&told.text);
    let mut list = Vec::new();
    words::words(&told.text, &mut list);
    words::outside(&mut list, &told.edits.removed());
    let page = Page {
        told: &told,
        output: &output,
        words: &list,
        surroundings: Surroundings::of(&output, &told.text),
    };
    Ok(wanted
        .iter()
        .map(|&(family, start, end)| (family, page.tell(start as usize..end as usize)))
        .collect())
}

/// A document while its occurrences are told.
struct Page<'p> {
    told: &'p Told,
    output: &'p str,
    words: &'p [Word],
    surroundings: Surroundings<'p>,
}

impl Page<'_> {
    fn tell(&self, range: Range<usize>) -> Telling {
        let told = self.told;
        let original =
            self.words[range.start].start as usize..self.words[range.end - 1].end as usize;
        let clean = self.clean(range.clone());
        let text = self.output[clean.clone()].to_owned();
        let before = range.start.saturating_sub(CONTEXT)..range.start;
        let after = range.end..(range.end + CONTEXT).min(self.words.len());
        let (mut points, mut out_points) =
            (CodePoints::new(&told.text), CodePoints::new(self.output));
        let row = Occurrence {
            doc: told.id.clone(),
            file: told.file.clone(),
            record: told.record,
            outlet: told.outlet.clone(),
            url: told.url.clone(),
            date: told.date.clone(),
            title: told.title.clone(),
            start: points.at(original.start),
            end: points.at(original.end),
            holes: holes(&told.edits, &original)
                .map(|h| [points.at(h.start), points.at(h.end)])
                .collect(),
            clean_start: out_points.at(clean.start),
            clean_end: out_points.at(clean.end),
            paragraphs: text.split('\n').filter(|line| !line.trim().is_empty()).count(),
            similarity: 1.0,
            before: self.context(before, |around| around.start..clean.start),
            after: self.context(after, |around| clean.end..around.end),
            diff: Vec::new(),
        };
        let mut folded = String::new();
        words::folded(&text, &mut folded);
        let traces = self.surroundings.traces(&clean, range.len(), self.words.len());
        Telling { row, text, folded, traces }
    }

    /// Where words stand in the output.
    fn clean(&self, range: Range<usize>) -> Range<usize> {
        let (first, last) = (self.words[range.start], self.words[range.end - 1]);
        let edits = &self.told.edits;
        edits.to_output(first.start as usize)..edits.to_output(last.end as usize)
    }

    /// The output around an occurrence, up to or from its border, on one line.
    fn context(&self, words: Range<usize>, cut: impl Fn(Range<usize>) -> Range<usize>) -> String {
        if words.is_empty() {
            return String::new();
        }
        let slice = &self.output[cut(self.clean(words))];
        slice.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// Removed ranges inside a range of the original.
fn holes(edits: &EditList, inside: &Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let (start, end) = (inside.start, inside.end);
    let removed = edits.changes().iter().filter(|c| c.action == Action::Remove);
    removed
        .map(move |c| c.range.start.max(start)..c.range.end.min(end))
        .filter(|hole| hole.start < hole.end)
}

/// Writes the rows, most interesting first.
fn write(rows: Vec<Row>, out: &OutFolder) -> Result<PassageCounts> {
    let path = out.join(PASSAGES_FILE);
    let mut file = AtomicFile::create(&path)?;
    let mut counts = PassageCounts::default();
    let mut ids = BTreeMap::new();
    for mut row in rows {
        row.id = identify(row.id, &mut ids);
        let line = serde_json::to_string(&row).unwrap_or_default();
        writeln!(file, "{line}").map_err(Error::io("cannot write", &path))?;
        counts.add(row, TOP);
    }
    file.commit()?;
    Ok(counts)
}

/// What rows are made with, beside what was told.
struct Desk<'d> {
    words: &'d WordStore,
    dates: &'d [Option<When>],
    rarity: &'d Rarity,
}

impl Desk<'_> {
    /// The row of a family; its id may be another's, too.
    fn row(&self, family: &Family, mut tellings: Vec<Telling>) -> Row {
        let when = |doc: u32| self.dates[doc as usize];
        let earliest = |doc| when(doc).map_or(i64::MAX, |date| date.earliest);
        let shown = passages::exemplar(self.words, family, earliest);
        let exemplar = tellings[shown].clone();
        for telling in tellings.iter_mut().filter(|t| t.folded != exemplar.folded) {
            compare(&exemplar, telling);
        }
        let docs = || family.occurrences.iter().map(|o| o.doc);
        let dated = docs().zip(&tellings).filter_map(|(doc, t)| when(doc).map(|w| (&t.row, w)));
        let first_seen = first_seen(dated);
        let distinct = |name: fn(&Occurrence) -> (&str, u64, &str)| {
            tellings.iter().map(|t| name(&t.row)).collect::<BTreeSet<_>>().len()
        };
        let outlets = distinct(|o| (&o.outlet, 0, ""));
        let documents = distinct(|o| (&o.file, o.record, &o.doc));
        let words = exemplar.folded.split(' ').count();
        let rarity = self.rarity_of(family.occurrences[shown]);
        let (kind, evidence) = kinds::kind(&Profile {
            text: &exemplar.text,
            words,
            least_documents: least_documents(&tellings),
            rarity: rarity / words.min(kinds::MOST_COUNTED) as f64,
            traces: tellings.iter().map(|t| &t.traces).collect(),
        });
        Row {
            id: format!("{:016x}", hash::of(exemplar.folded.as_bytes())),
            words,
            outlets,
            documents,
            first_seen,
            interest: kinds::interest(kind, rarity, words, outlets),
            kind,
            evidence,
            exemplar: Exemplar { doc: exemplar.row.doc, text: exemplar.text },
            occurrences: tellings.into_iter().map(|t| t.row).collect(),
        }
    }

    /// The rarity of the words of a passage, added up.
    fn rarity_of(&self, passage: passages::Occurrence) -> f64 {
        let keys = &self.words.words(passage.doc)[passage.start as usize..passage.end as usize];
        keys.iter().take(kinds::MOST_COUNTED).map(|&key| self.rarity.of_word(key)).sum()
    }
}

/// Documents in the outlet that has the fewest.
fn least_documents(tellings: &[Telling]) -> usize {
    let mut documents: BTreeMap<&str, BTreeSet<(&str, u64)>> = BTreeMap::new();
    for Occurrence { outlet, file, record, .. } in tellings.iter().map(|t| &t.row) {
        documents.entry(outlet).or_default().insert((file, *record));
    }
    documents.values().map(BTreeSet::len).min().unwrap_or(0)
}

/// The same words have the same id in every run; families whose exemplars read the same are told
/// apart by a number.
fn identify(id: String, ids: &mut BTreeMap<String, u32>) -> String {
    let times = ids.entry(id.clone()).or_default();
    *times += 1;
    if *times == 1 { id } else { format!("{id}-{times}") }
}

/// Similarity and difference, word by word.
fn compare(exemplar: &Telling, telling: &mut Telling) {
    let (there, here) = (Tokens::of(&exemplar.text), Tokens::of(&telling.text));
    let ops = similar::capture_diff_slices(Algorithm::Myers, &there.folded, &here.folded);
    let equal: usize =
        ops.iter().map(|op| if let DiffOp::Equal { len, .. } = op { *len } else { 0 }).sum();
    let all = there.folded.len() + here.folded.len();
    telling.row.similarity = ((2 * equal) as f64 / all.max(1) as f64 * 1e4).round() / 1e4;
    telling.row.diff = ops
        .iter()
        .map(|op| {
            let (tag, old, new) = op.as_tag_tuple();
            let name = match tag {
                similar::DiffTag::Equal => Operation::Equal,
                similar::DiffTag::Delete => Operation::Delete,
                similar::DiffTag::Insert => Operation::Insert,
                similar::DiffTag::Replace => Operation::Replace,
            };
            (name, there.slice(old), here.slice(new))
        })
        .collect();
}

/// A text as its matching words.
struct Tokens<'t> {
    text: &'t str,
    folded: Vec<String>,
    ranges: Vec<Range<usize>>,
}

impl<'t> Tokens<'t> {
    fn of(text: &'t str) -> Self {
        let mut tokens = Self { text, folded: Vec::new(), ranges: Vec::new() };
        words::each(text, |word, range| {
            tokens.folded.push(word.to_owned());
            tokens.ranges.push(range);
        });
        tokens
    }

    fn slice(&self, words: Range<usize>) -> String {
        match (self.ranges.get(words.start), words.end.checked_sub(1)) {
            (Some(first), Some(last)) if !words.is_empty() => {
                self.text[first.start..self.ranges[last].end].to_owned()
            }
            _ => String::new(),
        }
    }
}
