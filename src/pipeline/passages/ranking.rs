//! The order of the rows: most interesting first.

use std::collections::HashMap;
use std::io::Write;

use crate::config::OutFolder;
use crate::error::{Error, Result};
use crate::output::AtomicFile;
use crate::report::PASSAGES_FILE;
use crate::report::passages::{Family as Row, Kind};
use crate::report::summary::PassageCounts;
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
    pub(super) fn push(&mut self, row: &Row) -> Result<()> {
        self.entries.push(Entry {
            interest: row.interest,
            id: u64::from_str_radix(&row.id, 16).unwrap_or_default(),
            number: self.entries.len() as u32,
            kind: row.kind,
            occurrences: row.occurrences.len() as u64,
        });
        self.rows.push(&serde_json::to_vec(row).unwrap_or_default())
    }

    /// Writes the rows in their order.
    pub(super) fn write(mut self, out: &OutFolder) -> Result<PassageCounts> {
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
            line.push(b'\n');
            file.write_all(&line).map_err(Error::io("cannot write", &path))?;
            counts.add(entry.kind, entry.occurrences);
            if counts.top.len() < TOP {
                counts.top.extend(serde_json::from_slice::<Row>(&line).ok());
            }
        }
        file.commit()?;
        Ok(counts)
    }
}
