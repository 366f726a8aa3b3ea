//! Tables of cells: CSV and TSV, as databases and spreadsheets write them.
//!
//! Every row becomes a JSON object of the header's names and the row's cells, all of them strings.

use csv::{ReaderBuilder, StringRecord};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use memchr::memchr;

use super::charset::guess;
use super::feed::{Cut, Resume, Splitter};
use super::fields::{Fields, Role};
use super::jsonl::{self, BOM};
use super::record::Record;
use super::{Corpus, Parsed};
use crate::document::Source;

/// How a table is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialect {
    /// What stands between cells.
    delimiter: u8,
    /// What its bytes mean. UTF-16 is made UTF-8 before it is cut into rows, the rest after it.
    encoding: &'static Encoding,
    /// The bytes before the first row, header included; of UTF-8 where that was made first.
    preamble: usize,
    /// The names of the columns: none empty, none twice.
    columns: Vec<String>,
}

impl Default for Dialect {
    fn default() -> Self {
        Self { delimiter: b',', encoding: UTF_8, preamble: 0, columns: Vec::new() }
    }
}

/// What may stand between cells, the likeliest first.
const DELIMITERS: &[u8] = b",;\t|";

/// The rows that are looked at to tell the delimiter.
const LOOKED_AT: usize = 20;

impl Dialect {
    /// Tells by the beginning of a file, or by all of it where it is `whole`, whether it is a table.
    /// Where its name says so it is one if it has a header; otherwise the header has to name a text
    /// and the rows have to be as long as it.
    pub(super) fn of(head: &[u8], whole: bool, named: bool, fields: &Fields) -> Option<Self> {
        let encoding = encoding_of(head);
        let recoded = is_wide(encoding).then(|| encoding.decode(head).0.into_owned().into_bytes());
        let head = recoded.as_deref().unwrap_or(head);
        let mark = if head.starts_with(BOM) { BOM.len() } else { 0 };
        let said = excels_word(&head[mark..]);
        let start = mark + said.map_or(0, |(length, _)| length);
        let tried = said.map_or(DELIMITERS.to_vec(), |(_, delimiter)| vec![delimiter]);
        let now = if recoded.is_some() { UTF_8 } else { encoding };
        let titles = |look: &Look<'_>| {
            let (header, _) = now.decode_without_bom_handling(look.header);
            cells(&header, look.delimiter).ok()
        };
        let names_a_text =
            |titles: &StringRecord| titles.iter().any(|name| fields.names_a(Role::Text, name));
        let looks = |rows: usize| {
            let look = move |delimiter: &u8| Look::at(&head[start..], whole, *delimiter, rows);
            tried.iter().filter_map(look)
        };
        // A folder may hold a million texts, whose first lines name nothing.
        if !named && !looks(0).filter_map(|look| titles(&look)).any(|titles| names_a_text(&titles))
        {
            return None;
        }
        // Of equal ones the last counts, so the likeliest has to be that.
        let best = looks(LOOKED_AT).rev().max_by_key(Look::rank)?;
        let titles = titles(&best)?;
        (named || best.is_table() && names_a_text(&titles)).then(|| Self {
            delimiter: best.delimiter,
            encoding,
            preamble: start + best.first_row,
            columns: distinct(&titles),
        })
    }

    /// The encoding of a file that cannot be cut into rows before it is UTF-8.
    pub(super) fn recoded_from(&self) -> Option<&'static Encoding> {
        is_wide(self.encoding).then_some(self.encoding)
    }

    pub(super) fn columns(&self) -> &[String] {
        &self.columns
    }
}

fn encoding_of(head: &[u8]) -> &'static Encoding {
    match Encoding::for_bom(head) {
        Some((marked, _)) => marked,
        None => match std::str::from_utf8(head) {
            // A character may be cut off where the beginning ends.
            Err(error) if error.error_len().is_some() => guess(head),
            _ => UTF_8,
        },
    }
}

fn is_wide(encoding: &'static Encoding) -> bool {
    encoding == UTF_16LE || encoding == UTF_16BE
}

/// Excel's own first line, `sep=;`: its length and the delimiter.
fn excels_word(head: &[u8]) -> Option<(usize, u8)> {
    let rest = head.strip_prefix(b"sep=")?;
    let (&delimiter, rest) = rest.split_first()?;
    let end = rest.strip_prefix(b"\r").unwrap_or(rest).strip_prefix(b"\n")?;
    Some((head.len() - end.len(), delimiter))
}

/// What the beginning of a table looks like with one delimiter.
#[derive(Debug)]
struct Look<'a> {
    delimiter: u8,
    header: &'a [u8],
    /// Where the row behind the header begins.
    first_row: usize,
    columns: usize,
    rows: usize,
    /// The rows that have as many cells as the header.
    equal: usize,
}

impl<'a> Look<'a> {
    /// Looks at the header, and at so many rows below it.
    fn at(body: &'a [u8], whole: bool, delimiter: u8, most: usize) -> Option<Self> {
        let mut rows = Rows::new(delimiter, 0);
        let mut found: Option<Self> = None;
        let mut at = 0;
        while found.as_ref().is_none_or(|look| look.rows < most) && at < body.len() {
            let (row, next) = match rows.cut(&body[at..], 0, whole) {
                Cut::Record { body: row, next } => (Some(&body[at..][row]), next),
                Cut::Nothing { next } => (None, next),
                _ => break,
            };
            at += next;
            let Some(row) = row else { continue };
            let count = cells(&String::from_utf8_lossy(row), delimiter).map_or(0, |row| row.len());
            match &mut found {
                None => {
                    let look = Self {
                        delimiter,
                        header: row,
                        first_row: at,
                        columns: count,
                        rows: 0,
                        equal: 0,
                    };
                    found = Some(look);
                }
                Some(look) => {
                    look.rows += 1;
                    look.equal += usize::from(count == look.columns);
                }
            }
        }
        found
    }

    fn is_table(&self) -> bool {
        self.columns > 1 && self.rows > 0 && self.equal == self.rows
    }

    fn rank(&self) -> (bool, usize, usize) {
        (self.columns > 1, self.equal * 1000 / self.rows.max(1), self.columns)
    }
}

/// The names of columns, made such that a record can have them all.
fn distinct(header: &StringRecord) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (i, name) in header.iter().enumerate() {
        let name = if name.is_empty() { format!("column_{}", i + 1) } else { name.to_owned() };
        let others = (2..).map(|number| format!("{name}_{number}"));
        let free = std::iter::once(name.clone()).chain(others).find(|name| !names.contains(name));
        names.extend(free);
    }
    names
}

/// A record is a row that is not blank. A row ends with its line, unless that ends in a quoted cell.
#[derive(Debug)]
pub(super) struct Rows {
    delimiter: u8,
    preamble: usize,
    /// Where in the row the scan is, and in what.
    at: usize,
    within: Within,
    resumed: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    /// A quotation mark opens a cell at its beginning only.
    CellStart,
    Cell,
    Quoted,
    /// Behind a quotation mark inside quotes: it closes them unless another one follows.
    QuoteInQuoted,
}

/// How often reading goes on inside a row whose quotes never close. Each costs a look at all that
/// follows.
const RESUMED: u32 = 32;

impl Rows {
    pub(super) fn of(dialect: &Dialect) -> Self {
        Self::new(dialect.delimiter, dialect.preamble)
    }

    fn new(delimiter: u8, preamble: usize) -> Self {
        Self { delimiter, preamble, at: 0, within: Within::CellStart, resumed: 0 }
    }

    /// Goes on to the end of the row and gives its place, if that is there.
    fn scan(&mut self, data: &[u8]) -> Option<usize> {
        while self.at < data.len() {
            if self.within == Within::Quoted {
                let Some(quote) = memchr(b'"', &data[self.at..]) else {
                    self.at = data.len();
                    return None;
                };
                self.at += quote + 1;
                self.within = Within::QuoteInQuoted;
                continue;
            }
            let byte = data[self.at];
            if byte == b'\n' || byte == b'\r' {
                return Some(self.at);
            }
            self.at += 1;
            self.within = match (self.within, byte) {
                (_, byte) if byte == self.delimiter => Within::CellStart,
                (Within::CellStart | Within::QuoteInQuoted, b'"') => Within::Quoted,
                _ => Within::Cell,
            };
        }
        None
    }
}

impl Splitter for Rows {
    const RECORD: &'static str = "row";
    const END: u64 = 1;

    fn longest_preamble(&self) -> usize {
        self.preamble
    }

    fn preamble(&self, head: &[u8]) -> usize {
        self.preamble.min(head.len())
    }

    fn cut(&mut self, data: &[u8], seen: usize, ended: bool) -> Cut {
        if seen == 0 {
            (self.at, self.within) = (0, Within::CellStart);
        }
        let (end, next) = match self.scan(data) {
            Some(end) => (end, end + 1),
            None if !ended => return Cut::More,
            None if self.within == Within::Quoted => {
                let reason = "a quotation mark opens a cell and none closes it; write it twice \
                              where it belongs to the text";
                let next = match self.resume(data) {
                    Resume::At(next) | Resume::Behind(next) => next,
                };
                return Cut::Refused { reason: reason.to_owned(), next };
            }
            None => (data.len(), data.len()),
        };
        if data[..end].trim_ascii().is_empty() && !data[..end].contains(&self.delimiter) {
            return Cut::Nothing { next };
        }
        Cut::Record { body: 0..end, next }
    }

    fn resume(&mut self, data: &[u8]) -> Resume {
        self.resumed += 1;
        match memchr(b'\n', data) {
            Some(end) if self.resumed <= RESUMED => Resume::At(end + 1),
            _ => Resume::Behind(data.len()),
        }
    }
}

fn cells(row: &str, delimiter: u8) -> Result<StringRecord, String> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .delimiter(delimiter)
        .flexible(true)
        .buffer_capacity(row.len().max(1))
        .from_reader(row.as_bytes());
    let mut cells = StringRecord::new();
    match reader.read_record(&mut cells) {
        Ok(true) => Ok(cells),
        Ok(false) => Err("an empty row".into()),
        Err(error) => Err(error.to_string()),
    }
}

/// Makes a document of a row.
pub(super) fn parse(
    row: &[u8],
    dialect: &Dialect,
    source: Source,
    corpus: &Corpus,
) -> Result<Parsed, String> {
    let encoding = match std::str::from_utf8(row) {
        Ok(_) => UTF_8,
        // The beginning of the file may have been plain ASCII.
        Err(_) if dialect.encoding == UTF_8 || is_wide(dialect.encoding) => guess(row),
        Err(_) => dialect.encoding,
    };
    let (row, malformed) = encoding.decode_without_bom_handling(row);
    if malformed {
        return Err(format!("malformed {}; convert the file to UTF-8", encoding.name()));
    }
    let cells = cells(&row, dialect.delimiter)?;
    if cells.len() != dialect.columns.len() {
        let (found, wanted) = (cells.len(), dialect.columns.len());
        return Err(format!("the row has {found} cells and the header {wanted}"));
    }
    let mut record = Record::new();
    for (name, cell) in dialect.columns.iter().zip(&cells) {
        record.string(name, cell);
    }
    let mut parsed = jsonl::parse_made(record.end(), None, source, corpus)?;
    let encoding = dialect.recoded_from().unwrap_or(encoding);
    parsed.encoding = (encoding != UTF_8).then(|| encoding.name());
    Ok(parsed)
}
