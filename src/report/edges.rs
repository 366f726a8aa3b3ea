//! `edges.csv`: outlet to outlet, what they share and who had it first. A table of edges as network
//! programs read it: `Source`, `Target`, `Type`, `Weight` and whatever follows.

use std::collections::HashMap;
use std::path::Path;

use crate::dates::When;
use crate::error::{Error, Result};
use crate::output::AtomicFile;
use crate::spill::{Scratch, Sorter};

/// What an outlet has of a family.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Share {
    /// The outlet.
    pub outlet: String,
    /// Whether it has it in the corpus itself, and in the one that this is held against.
    pub corpora: (bool, bool),
    /// When it had it first, where that is known.
    pub first: Option<When>,
    /// Words of its longest occurrence.
    pub words: u64,
}

/// Shares of two outlets in a family: outlets, seconds between them, words and who was first.
type Shared = [u64; 3];

/// Pairs of outlets, gathered family by family. A family of many outlets has many pairs of them.
#[derive(Debug)]
pub struct Edges {
    numbers: HashMap<String, u32>,
    names: Vec<String>,
    shared: Sorter<3>,
}

const UNDATED: u64 = 0;
const SOURCE_FIRST: u64 = 1;
const TARGET_FIRST: u64 = 2;
const TIE: u64 = 3;

impl Edges {
    /// No pairs yet, in so much memory.
    pub fn within(scratch: &Scratch) -> Self {
        Self { numbers: HashMap::new(), names: Vec::new(), shared: Sorter::new(scratch) }
    }

    /// Takes a family's shares, one an outlet, ordered by outlet.
    pub fn add(&mut self, shares: &[Share]) -> Result<()> {
        let are_two = shares.iter().any(|share| share.corpora.1);
        let numbers: Vec<u32> = shares.iter().map(|share| self.number(&share.outlet)).collect();
        for (at, source) in shares.iter().enumerate() {
            for (target, &number) in shares[at + 1..].iter().zip(&numbers[at + 1..]) {
                let across =
                    source.corpora.0 && target.corpora.1 || source.corpora.1 && target.corpora.0;
                if are_two && !across {
                    continue;
                }
                let pair = u64::from(numbers[at]) << 32 | u64::from(number);
                let (lag, first) = compare(source.first, target.first);
                self.shared.add([[pair, lag, source.words.min(target.words) << 2 | first]])?;
            }
        }
        Ok(())
    }

    fn number(&mut self, outlet: &str) -> u32 {
        if let Some(&number) = self.numbers.get(outlet) {
            return number;
        }
        let number = self.names.len() as u32;
        self.numbers.insert(outlet.to_owned(), number);
        self.names.push(outlet.to_owned());
        number
    }

    /// Writes the table.
    pub fn write(self, path: &Path) -> Result<()> {
        let mut file = AtomicFile::create(path)?;
        let mut table = csv::Writer::from_writer(&mut file);
        let failed = |e: csv::Error| Error::io("cannot write", path)(e.into());
        table.write_record(HEADERS).map_err(failed)?;
        let mut edge: Option<Edge> = None;
        for shared in self.shared.sorted()? {
            let shared = shared?;
            if let Some(done) = edge.take_if(|edge| edge.pair != shared[0]) {
                table.write_record(done.row(&self.names)).map_err(failed)?;
            }
            edge.get_or_insert_with(|| Edge::new(shared[0])).add(shared);
        }
        if let Some(done) = edge {
            table.write_record(done.row(&self.names)).map_err(failed)?;
        }
        table.flush().map_err(Error::io("cannot write", path))?;
        drop(table);
        file.commit()
    }
}

/// Seconds between two, and which was first as far as dates tell.
fn compare(source: Option<When>, target: Option<When>) -> (u64, u64) {
    let (Some(source), Some(target)) = (source, target) else { return (0, UNDATED) };
    let first = match source.earliest.cmp(&target.earliest) {
        _ if source.overlaps(target) => TIE,
        std::cmp::Ordering::Less => SOURCE_FIRST,
        _ => TARGET_FIRST,
    };
    (source.earliest.abs_diff(target.earliest), first)
}

const HEADERS: [&str; 10] = [
    "Source",
    "Target",
    "Type",
    "Weight",
    "families",
    "source_first",
    "target_first",
    "ties",
    "undated",
    "median_lag_hours",
];

/// Two outlets while their families come in, ordered by the time between them.
#[derive(Debug)]
struct Edge {
    pair: u64,
    words: u64,
    /// By who was first.
    families: [u64; 4],
    lags: Vec<u64>,
}

impl Edge {
    fn new(pair: u64) -> Self {
        Self { pair, words: 0, families: [0; 4], lags: Vec::new() }
    }

    fn add(&mut self, [_, lag, words]: Shared) {
        let first = words & 3;
        self.words += words >> 2;
        self.families[first as usize] += 1;
        if first != UNDATED {
            self.lags.push(lag);
        }
    }

    fn row(&self, names: &[String]) -> [String; 10] {
        let name = |number: u64| names[number as usize].clone();
        let of = |first: u64| self.families[first as usize].to_string();
        let middle = self.lags.len().checked_sub(1).map(|last| {
            let (low, high) = (self.lags[last / 2], self.lags[last.div_ceil(2)]);
            format!("{:.2}", (low + high) as f64 / 7200.0)
        });
        [
            name(self.pair >> 32),
            name(self.pair & 0xffff_ffff),
            "Undirected".to_owned(),
            self.words.to_string(),
            self.families.iter().sum::<u64>().to_string(),
            of(SOURCE_FIRST),
            of(TARGET_FIRST),
            of(TIE),
            of(UNDATED),
            middle.unwrap_or_default(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_two_corpora_edges_go_from_one_to_the_other() {
        let folder = tempfile::tempdir().unwrap();
        let mut edges = Edges::within(&Scratch::new(folder.path(), 0));
        let share = |outlet: &str, corpora| Share {
            outlet: outlet.to_owned(),
            corpora,
            words: 9,
            ..Share::default()
        };
        let both = share("both", (true, true));
        edges.add(&[both, share("other", (false, true)), share("this", (true, false))]).unwrap();
        edges.add(&[share("a", (false, true)), share("b", (false, true))]).unwrap();
        let path = folder.path().join("edges.csv");
        edges.write(&path).unwrap();
        let written = std::fs::read_to_string(path).unwrap();
        let rows = written.lines().skip(1).map(|row| row.split(",Undirected").next().unwrap());
        assert_eq!(rows.collect::<Vec<_>>(), ["both,other", "both,this", "other,this"]);
    }

    #[test]
    fn edges_say_who_was_first_and_by_how_much() {
        let folder = tempfile::tempdir().unwrap();
        let mut edges = Edges::within(&Scratch::new(folder.path(), 0));
        let share = |outlet: &str, date: &str, words| Share {
            outlet: outlet.to_owned(),
            corpora: (true, false),
            first: When::parse(date),
            words,
        };
        let (day, hour) = ("2031-10-14", "2031-10-14T08:00:00Z");
        edges.add(&[share("a, Inc", hour, 30), share("b", "2031-10-16T08:00:00Z", 20)]).unwrap();
        edges.add(&[share("a, Inc", day, 9), share("b", day, 9), share("c", "", 12)]).unwrap();
        edges.add(&[share("a, Inc", "2031-10-20T00:00:00Z", 10), share("b", hour, 11)]).unwrap();
        let path = folder.path().join("edges.csv");
        edges.write(&path).unwrap();
        let written = std::fs::read_to_string(path).unwrap();
        assert_eq!(
            written.lines().collect::<Vec<_>>(),
            [
                &HEADERS.join(",")[..],
                "\"a, Inc\",b,Undirected,39,3,1,1,1,0,48.00",
                "\"a, Inc\",c,Undirected,9,1,0,0,0,1,",
                "b,c,Undirected,9,1,0,0,0,1,",
            ]
        );
    }
}
