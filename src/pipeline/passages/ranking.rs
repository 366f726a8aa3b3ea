//! The order of the rows: most interesting first.

use std::io::Write;

use crate::config::{Across, Extra, PassageOptions};
use crate::error::{Error, Result};
use crate::output::AtomicFile;
use crate::report::OutFolder;
use crate::report::pairs::Pairs;
use crate::report::passages::{Family as Row, Kind, Occurrence};
use crate::report::summary::PassageCounts;
use crate::report::table::{Csv, Parquet};
use crate::report::{CSV_FILE, PAIRS_FILE, PARQUET_FILE, PASSAGES_FILE};
use crate::spill::{Scratch, Sorter, Tape};

/// Rows kept for the terminal.
const TOP: usize = 10;

/// Where a row's id ends, of which every row has sixteen digits at its beginning.
const ID_END: usize = "{\"id\":\"0123456789abcdef".len();

/// Rows on their way to their place.
#[derive(Debug)]
pub(super) struct Ranking {
    rows: Tape,
    len: u64,
    counts: PassageCounts,
    /// By place in the order: the row's number, and where it begins and how long it is.
    places: Sorter<4>,
    /// By id: place and number.
    ids: Sorter<3>,
    scratch: Scratch,
}

/// Bytes that an occurrence takes, as a rule.
const ROOM: usize = 768;

/// A row as it will stand in the file.
#[derive(Debug)]
pub(super) struct Written {
    interest: f64,
    id: u64,
    kind: Kind,
    occurrences: u64,
    line: Vec<u8>,
}

impl Written {
    /// Writes a row.
    pub(super) fn new(row: &Row) -> Self {
        let mut line = Vec::with_capacity(row.exemplar.text.len() + ROOM * row.occurrences.len());
        // Writing numbers and strings to memory does not fail.
        drop(serde_json::to_writer(&mut line, row));
        Self {
            interest: row.interest,
            id: u64::from_str_radix(&row.id, 16).unwrap_or_default(),
            kind: row.kind,
            occurrences: row.occurrences.len() as u64,
            line,
        }
    }
}

impl Ranking {
    /// No rows yet, in so much memory.
    pub(super) fn within(scratch: &Scratch) -> Self {
        let quarter = scratch.share(1, 4);
        Self {
            rows: Tape::new(&quarter),
            len: 0,
            counts: PassageCounts::default(),
            places: Sorter::new(&quarter),
            ids: Sorter::new(&quarter),
            scratch: quarter,
        }
    }

    /// Takes a row. Of equally interesting ones the first comes first.
    pub(super) fn push(&mut self, row: &Written) -> Result<()> {
        let (number, place) = (self.len, descending(row.interest));
        self.len += 1;
        self.counts.add(row.kind, row.occurrences);
        let start = self.rows.append(&row.line)?;
        self.places.add([[place, number, start, row.line.len() as u64]])?;
        self.ids.add([[row.id, place, number]])
    }

    /// Writes the rows in their order.
    pub(super) fn write(self, out: &OutFolder, options: &PassageOptions) -> Result<PassageCounts> {
        let Self { rows, mut counts, places, ids, scratch, .. } = self;
        let mut extras = Extras::create(out, options)?;
        let path = out.join(PASSAGES_FILE);
        let mut file = AtomicFile::create(&path)?;
        let mut again = again(ids, &scratch)?.sorted()?.peekable();
        let mut line = Vec::new();
        for place in places.sorted()? {
            let [place, number, start, length] = place?;
            rows.read_range(start..start + length, &mut line)?;
            let is_here = |row: &Result<[u64; 3]>| {
                row.as_ref().map_or(true, |row| row[..2] == [place, number])
            };
            if let Some(row) = again.next_if(is_here) {
                // The same words have the same id in every run; families whose exemplars read the
                // same are told apart by a number.
                let [.., times] = row?;
                line.splice(ID_END..ID_END, format!("-{times}").into_bytes());
            }
            extras.add(&line)?;
            line.push(b'\n');
            file.write_all(&line).map_err(Error::io("cannot write", &path))?;
            if counts.top.len() < TOP {
                counts.top.extend(serde_json::from_slice::<Row>(&line).ok());
            }
        }
        file.commit()?;
        extras.finish()?;
        Ok(counts)
    }
}

/// A number that is the smaller, the greater another one is, in total order.
fn descending(number: f64) -> u64 {
    let bits = number.to_bits();
    if number.is_sign_negative() { bits } else { !bits ^ 1 << 63 }
}

/// The rows whose id an earlier one has, by place and number, each with how many rows have it by then.
fn again(ids: Sorter<3>, scratch: &Scratch) -> Result<Sorter<3>> {
    let again = Sorter::new(scratch);
    let (mut last, mut times) = (None, 0);
    for row in ids.sorted()? {
        let [id, place, number] = row?;
        times = if last == Some(id) { times + 1 } else { 1 };
        last = Some(id);
        if times > 1 {
            again.add([[place, number, times]])?;
        }
    }
    Ok(again)
}

/// The same rows in other forms.
#[derive(Debug)]
struct Extras {
    pairs: Option<Pairs>,
    csv: Option<Csv>,
    parquet: Option<Parquet>,
    across: Across,
}

impl Extras {
    fn create(out: &OutFolder, options: &PassageOptions) -> Result<Self> {
        let wanted = |extra| options.extras.contains(&extra);
        let pairs = wanted(Extra::Pairs).then(|| Pairs::create(&out.join(PAIRS_FILE)));
        let csv = wanted(Extra::Csv).then(|| Csv::create(&out.join(CSV_FILE)));
        let parquet = wanted(Extra::Parquet).then(|| Parquet::create(&out.join(PARQUET_FILE)));
        Ok(Self {
            pairs: pairs.transpose()?,
            csv: csv.transpose()?,
            parquet: parquet.transpose()?,
            across: options.across,
        })
    }

    fn add(&mut self, line: &[u8]) -> Result<()> {
        if self.pairs.is_none() && self.csv.is_none() && self.parquet.is_none() {
            return Ok(());
        }
        let damaged = |e| Error::config(format!("a temporary file is damaged: {e}"));
        let row: Row = serde_json::from_slice(line).map_err(damaged)?;
        let is_between_two = row.occurrences.iter().any(|o| o.against);
        let across = self.across;
        let is_pair = |a: &Occurrence, b: &Occurrence| {
            let parted = match across {
                Across::Outlets => a.outlet != b.outlet,
                Across::Documents => (&a.file, a.record) != (&b.file, b.record),
            };
            parted && (!is_between_two || a.against != b.against)
        };
        self.pairs.as_mut().map_or(Ok(()), |pairs| pairs.add(&row, is_pair))?;
        self.csv.as_mut().map_or(Ok(()), |csv| csv.add(&row))?;
        self.parquet.as_mut().map_or(Ok(()), |parquet| parquet.add(&row))
    }

    fn finish(self) -> Result<()> {
        self.pairs.map_or(Ok(()), Pairs::finish)?;
        self.csv.map_or(Ok(()), Csv::finish)?;
        self.parquet.map_or(Ok(()), Parquet::finish)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_interesting_comes_first() {
        let numbers = [f64::INFINITY, 1e9, 2.5, 1.0, 1e-9, 0.0, -0.0, -3.0, f64::NEG_INFINITY];
        let places: Vec<u64> = numbers.iter().map(|&number| descending(number)).collect();
        assert!(places.is_sorted_by(|a, b| a < b), "{places:x?}");
    }
}
