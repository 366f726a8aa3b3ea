//! The order of the rows: most interesting first.

use std::collections::HashMap;
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
use crate::spill::{Scratch, Store};

/// Rows kept for the terminal.
const TOP: usize = 10;

/// Where a row's id ends, of which every row has sixteen digits at its beginning.
const ID_END: usize = "{\"id\":\"0123456789abcdef".len();

/// Rows on their way to their place; 40 bytes of each stay in memory.
#[derive(Debug)]
pub(super) struct Ranking {
    rows: Store,
    entries: Vec<Entry>,
}

/// A row as it will stand in the file.
#[derive(Debug)]
pub(super) struct Written {
    entry: Entry,
    line: Vec<u8>,
}

impl Written {
    /// Writes a row.
    pub(super) fn new(row: &Row) -> Self {
        let entry = Entry {
            interest: row.interest,
            id: u64::from_str_radix(&row.id, 16).unwrap_or_default(),
            number: 0,
            kind: row.kind,
            occurrences: row.occurrences.len() as u64,
        };
        // Writing numbers and strings to memory does not fail.
        Self { entry, line: serde_json::to_vec(row).unwrap_or_default() }
    }
}

/// What is remembered of a row.
#[derive(Debug, Clone, Copy)]
struct Entry {
    interest: f64,
    id: u64,
    number: u32,
    kind: Kind,
    occurrences: u64,
}

impl Ranking {
    /// No rows yet, in so much memory.
    pub(super) fn within(scratch: &Scratch) -> Self {
        Self { rows: Store::within(scratch), entries: Vec::new() }
    }

    /// Takes a row. Of equally interesting ones the first comes first.
    pub(super) fn push(&mut self, row: &Written) -> Result<()> {
        self.entries.push(Entry { number: self.entries.len() as u32, ..row.entry });
        self.rows.push(&row.line)
    }

    /// Writes the rows in their order.
    pub(super) fn write(
        mut self,
        out: &OutFolder,
        options: &PassageOptions,
    ) -> Result<PassageCounts> {
        let mut extras = Extras::create(out, options)?;
        self.entries
            .sort_by(|a, b| b.interest.total_cmp(&a.interest).then(a.number.cmp(&b.number)));
        let path = out.join(PASSAGES_FILE);
        let mut file = AtomicFile::create(&path)?;
        let mut counts = PassageCounts::default();
        let mut times: HashMap<u64, u32> = HashMap::new();
        let rows = self.rows.reader()?;
        for entry in &self.entries {
            let mut line = rows.read(entry.number as usize)?;
            let times = times.entry(entry.id).or_default();
            *times += 1;
            if *times > 1 {
                // The same words have the same id in every run; families whose exemplars read the
                // same are told apart by a number.
                line.splice(ID_END..ID_END, format!("-{times}").into_bytes());
            }
            extras.add(&line)?;
            line.push(b'\n');
            file.write_all(&line).map_err(Error::io("cannot write", &path))?;
            counts.add(entry.kind, entry.occurrences);
            if counts.top.len() < TOP {
                counts.top.extend(serde_json::from_slice::<Row>(&line).ok());
            }
        }
        file.commit()?;
        extras.finish()?;
        Ok(counts)
    }
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
