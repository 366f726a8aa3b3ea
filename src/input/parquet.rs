//! Parquet: columns in groups of rows.
//!
//! A chunk is a group of rows, or a part of one where it is large, and holds no bytes: the workers read
//! the columns they need, which are those with a role. All others are left alone until the output is
//! written, and then copied without being looked into (`output/parquet.rs`).

use std::fmt;
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{Timestamp, civil};
use parquet::basic::{LogicalType, TimeUnit, Type as Physical};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, Int32Type, Int64Type, Int96Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::page_index::RowGroupPageIndex;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use parquet::file::properties::ReaderProperties;
use parquet::file::reader::RowGroupReader;
use parquet::file::serialized_reader::SerializedRowGroupReader;
use parquet::schema::types::ColumnDescriptor;

use super::chunk::{Chunk, Framer};
use super::fields::{Fields, Role};
use super::jsonl::primary_subtag;
use super::outlet::{self, Clues};
use super::{Corpus, Parsed};
use crate::document::{Document, Envelope};
use crate::error::Reject;
use crate::panics;

/// A file begins and ends with it.
pub(super) const MARK: &[u8] = b"PAR1";

/// The footer tells of every column of every group, and is read whole. A thousand columns in a
/// thousand groups need more, and are no articles.
const LONGEST_FOOTER: u64 = 48 << 20;

/// A chunk has no more rows than this,
const MOST_ROWS: u64 = 1 << 12;
/// no more text,
const MOST_TEXT: u64 = 8 << 20;
/// and no more of everything.
const MOST_BYTES: u64 = 64 << 20;

/// A file that was opened: what its footer says, and which columns matter.
pub(crate) struct Table {
    path: PathBuf,
    metadata: ParquetMetaData,
    /// The columns that have a role, those of a role in the order of preference.
    roles: Vec<(Role, usize)>,
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())
    }
}

/// Runs what reads Parquet. Its library promises errors, not to panic; a file that makes it do so is
/// as broken as any other.
pub(crate) fn guarded<T>(read: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, String> {
    match panics::caught(read) {
        Some(result) => result.map_err(|error| error.to_string()),
        None => Err("the file contradicts itself".to_owned()),
    }
}

impl Table {
    /// Reads the footer of a file.
    pub(super) fn open(path: &Path, fields: &Fields) -> Result<Self, String> {
        let file = File::open(path).map_err(|error| format!("cannot be read: {error}"))?;
        let metadata = guarded(|| {
            let mut reader = ParquetMetaDataReader::new();
            let length = footer_length(&file)?;
            if length > LONGEST_FOOTER {
                let what = format!("a footer of {length} bytes; {LONGEST_FOOTER} are allowed");
                return Err(ParquetError::General(what));
            }
            reader.try_parse(&file)?;
            let metadata = reader.finish()?;
            check(&metadata, file.metadata()?.len())?;
            Ok(metadata)
        })?;
        let roles = roles(&metadata, fields);
        Ok(Self { path: path.to_path_buf(), metadata, roles })
    }

    /// What the footer says.
    pub(crate) fn metadata(&self) -> &ParquetMetaData {
        &self.metadata
    }

    /// The file, for one who reads alone.
    pub(crate) fn file(&self) -> Result<Arc<File>, ParquetError> {
        Ok(Arc::new(File::open(&self.path)?))
    }

    /// The column of the text.
    pub(crate) fn text_column(&self) -> Option<usize> {
        self.roles.iter().find(|(role, _)| *role == Role::Text).map(|(_, column)| *column)
    }

    /// A group of rows.
    pub(crate) fn group(&self, group: usize) -> Result<impl RowGroupReader + '_, ParquetError> {
        let properties = Arc::new(ReaderProperties::builder().build());
        let about = self.metadata.row_group(group);
        let no_index = RowGroupPageIndex::new(group, None);
        SerializedRowGroupReader::new(self.file()?, about, no_index, properties)
    }
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// The length of the footer, from the last eight bytes.
fn footer_length(file: &File) -> Result<u64, ParquetError> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = file.try_clone()?;
    let mut end = [0; 8];
    file.seek(SeekFrom::End(-8))?;
    file.read_exact(&mut end)?;
    let [a, b, c, d, ..] = end;
    Ok(u64::from(u32::from_le_bytes([a, b, c, d])))
}

/// What is believed later is looked at first.
fn check(metadata: &ParquetMetaData, size: u64) -> Result<(), ParquetError> {
    for group in metadata.row_groups() {
        if group.num_rows() < 0 {
            return Err(ParquetError::General("a group of less than no rows".into()));
        }
        for column in group.columns() {
            let (start, length) = column.byte_range();
            if start.checked_add(length).is_none_or(|end| end > size) {
                let what = "a column reaches behind the end of the file";
                return Err(ParquetError::General(what.into()));
            }
        }
    }
    Ok(())
}

/// The columns that have a role. A column of lists or groups has none.
fn roles(metadata: &ParquetMetaData, fields: &Fields) -> Vec<(Role, usize)> {
    let schema = metadata.file_metadata().schema_descr();
    let mut roles = Vec::new();
    for (role, name) in fields.all() {
        let column = (0..schema.num_columns()).find(|i| {
            let column = schema.column(*i);
            column.path().parts() == [name.as_str()] && column.max_rep_level() == 0
        });
        let Some(column) = column else { continue };
        let is_text = schema.column(column).physical_type() == Physical::BYTE_ARRAY;
        if is_text || *role != Role::Text {
            roles.push((*role, column));
        }
    }
    roles
}

/// The rows of a chunk.
#[derive(Debug, Clone)]
pub struct Rows {
    /// Their file.
    pub(crate) table: Arc<Table>,
    /// Their group, and which of its rows they are.
    pub(crate) group: usize,
    pub(crate) range: Range<u64>,
}

impl PartialEq for Rows {
    fn eq(&self, other: &Self) -> bool {
        (&self.table.path, self.group, &self.range)
            == (&other.table.path, other.group, &other.range)
    }
}

impl Eq for Rows {}

impl Rows {
    /// The names of the columns of their file.
    pub(super) fn names(&self) -> Vec<String> {
        let about = self.table.metadata.file_metadata();
        let fields = about.schema_descr().root_schema().get_fields();
        fields.iter().map(|field| field.name().to_owned()).collect()
    }

    /// Whether they are all rows of their group.
    pub(crate) fn are_a_group(&self) -> bool {
        let groups = self.table.metadata.row_groups();
        groups.get(self.group).is_some_and(|group| self.range == (0..unsigned(group.num_rows())))
    }
}

/// The groups of rows of one file.
#[derive(Debug)]
pub(super) struct Groups<'a> {
    corpus: &'a Corpus,
    file: usize,
    table: Option<Arc<Table>>,
    /// What comes next.
    group: usize,
    row: u64,
    record: u64,
    consumed: u64,
}

impl<'a> Groups<'a> {
    pub(super) fn new(corpus: &'a Corpus, file: usize) -> Self {
        Self { corpus, file, table: None, group: 0, row: 0, record: 0, consumed: 0 }
    }

    /// The table, opened when it is first needed; nothing if that fails, which is told.
    fn open(&mut self, chunk: &mut Chunk) -> Option<Arc<Table>> {
        if self.table.is_none() {
            let file = &self.corpus.files[self.file];
            match Table::open(&file.path, &self.corpus.fields) {
                Ok(table) => self.table = Some(Arc::new(table)),
                Err(reason) => {
                    let file = file.name.clone();
                    let reason = format!("cannot be read as Parquet: {reason}");
                    chunk.rejects.push(Reject { file, record: 0, offset: 0, reason });
                }
            }
        }
        self.table.clone()
    }
}

impl Framer for Groups<'_> {
    fn fill(&mut self, chunk: &mut Chunk) -> bool {
        let size = self.corpus.files[self.file].size;
        let Some(table) = self.open(chunk) else {
            chunk.consumed = size;
            return true;
        };
        let groups = table.metadata.row_groups();
        let rows = |group: usize| groups.get(group).map_or(0, |g| unsigned(g.num_rows()));
        let start = self.row;
        let end = rows(self.group).min(start + rows_at_once(&table, self.group));
        for row in start..end {
            self.record += 1;
            let at = (row - start) as usize;
            chunk.frame(at..at, self.file as u32, self.record, 0);
        }
        chunk.rows = Some(Rows { table: table.clone(), group: self.group, range: start..end });
        self.row = end;
        while self.group < groups.len() && self.row >= rows(self.group) {
            let taken = groups[self.group].columns().iter().map(|c| unsigned(c.compressed_size()));
            chunk.consumed += taken.sum::<u64>().min(size - self.consumed - chunk.consumed);
            (self.group, self.row) = (self.group + 1, 0);
        }
        let last = self.group >= groups.len();
        if last {
            chunk.consumed = size - self.consumed;
        }
        self.consumed += chunk.consumed;
        last
    }
}

/// How many rows of a group make a chunk.
fn rows_at_once(table: &Table, group: usize) -> u64 {
    let Some(group) = table.metadata.row_groups().get(group) else { return 0 };
    let size = |column: usize| unsigned(group.column(column).uncompressed_size());
    let text = table.text_column().map_or(0, size);
    let all = (0..group.num_columns()).map(size).sum::<u64>();
    let rows = unsigned(group.num_rows());
    let parts = (text / MOST_TEXT).max(all / MOST_BYTES).max((rows - 1.min(rows)) / MOST_ROWS) + 1;
    rows.div_ceil(parts).max(1)
}

/// Makes documents of the rows of a chunk, or says why none can be made.
pub(super) fn documents(
    chunk: &Chunk,
    rows: &Rows,
    corpus: &Corpus,
) -> Result<Vec<Result<Parsed, String>>, String> {
    let count = chunk.frames.len();
    if count == 0 {
        return Ok(Vec::new());
    }
    let columns = guarded(|| {
        let group = rows.table.group(rows.group)?;
        let read = |(role, column): &(Role, usize)| {
            let values = values(&group, *column, rows)?;
            if values.len() == count {
                return Ok((*role, values));
            }
            let (path, found) = (group.metadata().column(*column).column_path(), values.len());
            Err(ParquetError::General(format!("column {path} has {found} of {count} rows")))
        };
        rows.table.roles.iter().map(read).collect::<Result<Vec<_>, _>>()
    })?;
    Ok((0..count).map(|i| document(chunk, i, &columns, corpus)).collect())
}

/// The column of a role, row by row.
type Column = (Role, Vec<Option<Value>>);

fn document(
    chunk: &Chunk,
    i: usize,
    columns: &[Column],
    corpus: &Corpus,
) -> Result<Parsed, String> {
    let frame = &chunk.frames[i];
    let source = chunk.source(frame, corpus);
    let of = |role: Role| columns.iter().filter(move |(of, _)| *of == role);
    let text = of(Role::Text).next().ok_or_else(|| {
        format!("no text: no column {} of strings", corpus.fields.looked_for(Role::Text))
    })?;
    let text = match &text.1[i] {
        None => return Err("no text: the column is null".into()),
        Some(Value::Bytes(bytes)) => bytes,
        Some(Value::Told(_)) => return Err("no text: not a string".into()),
    };
    let most = corpus.limits.max_record;
    if text.len() as u64 > most {
        let length = text.len();
        return Err(format!(
            "the text has {length} bytes, more than the {most} allowed; raise --max-record"
        ));
    }
    let text = std::str::from_utf8(text.data())
        .map_err(|error| format!("the text: invalid UTF-8 at byte {}", error.valid_up_to()))?;
    let told = |role: Role| of(role).find_map(|(_, values)| values[i].as_ref()?.told());
    let (url, outlet) = (told(Role::Url), told(Role::Outlet));
    let from = told(Role::Source);
    let itself = format!("{}:{}", source.file, source.record);
    let clues = Clues {
        field: outlet.as_deref(),
        url: url.as_deref(),
        source: from.as_deref(),
        folder: None,
        itself: &itself,
    };
    let (outlet, outlet_by) = outlet::resolve(&clues, &corpus.outlets);
    let document = Document {
        id: told(Role::Id).unwrap_or(itself),
        outlet,
        url,
        date: told(Role::Date),
        title: told(Role::Title),
        lang: told(Role::Lang).as_deref().and_then(primary_subtag),
        text: text.to_owned(),
        source,
        extracted: false,
        markup: Vec::new(),
        envelope: Envelope::Row,
    };
    Ok(Parsed { document, outlet_by, encoding: None })
}

/// A value of a column with a role.
#[derive(Debug)]
enum Value {
    Bytes(ByteArray),
    /// A number or a date, as a person would write it.
    Told(String),
}

impl Value {
    /// What it says; nothing where it is blank.
    fn told(&self) -> Option<String> {
        let told = match self {
            Self::Bytes(bytes) => String::from_utf8_lossy(bytes.data()).into_owned(),
            Self::Told(told) => told.clone(),
        };
        (!told.trim().is_empty()).then_some(told)
    }
}

fn values(
    group: &dyn RowGroupReader,
    column: usize,
    rows: &Rows,
) -> Result<Vec<Option<Value>>, ParquetError> {
    let about = rows.table.metadata.file_metadata().schema_descr().column(column);
    let range = &rows.range;
    match group.get_column_reader(column)? {
        ColumnReader::ByteArrayColumnReader(r) => read::<ByteArrayType>(r, range, Value::Bytes),
        ColumnReader::Int32ColumnReader(r) => {
            read::<Int32Type>(r, range, |n| Value::Told(number(i64::from(n), &about)))
        }
        ColumnReader::Int64ColumnReader(r) => {
            read::<Int64Type>(r, range, |n| Value::Told(number(n, &about)))
        }
        ColumnReader::Int96ColumnReader(r) => read::<Int96Type>(r, range, |n| {
            Value::Told(time(Timestamp::from_millisecond(n.to_millis())))
        }),
        // No role is told in fractions or bits.
        _ => Ok((range.start..range.end).map(|_| None).collect()),
    }
}

fn read<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    range: &Range<u64>,
    value: impl Fn(T::T) -> Value,
) -> Result<Vec<Option<Value>>, ParquetError> {
    let count = (range.end - range.start) as usize;
    reader.skip_records(range.start as usize)?;
    let (mut levels, mut values) = (Vec::new(), Vec::new());
    let (records, _, _) = reader.read_records(count, Some(&mut levels), None, &mut values)?;
    let mut values = values.into_iter().map(value);
    if levels.is_empty() {
        return Ok(values.map(Some).collect()); // a column that has no nulls
    }
    let present = levels.iter().take(records);
    Ok(present.map(|level| if *level > 0 { values.next() } else { None }).collect())
}

/// A whole number, which may be a date.
fn number(number: i64, column: &ColumnDescriptor) -> String {
    match column.logical_type_ref() {
        Some(LogicalType::Date) => {
            let days = jiff::Span::new().try_days(number);
            let date = days.and_then(|days| civil::date(1970, 1, 1).checked_add(days));
            date.map_or_else(|_| number.to_string(), |date| date.to_string())
        }
        Some(LogicalType::Timestamp(about)) => time(match about.unit {
            TimeUnit::MILLIS => Timestamp::from_millisecond(number),
            TimeUnit::MICROS => Timestamp::from_microsecond(number),
            TimeUnit::NANOS => Timestamp::from_nanosecond(i128::from(number)),
        }),
        _ => number.to_string(),
    }
}

fn time(time: Result<Timestamp, jiff::Error>) -> String {
    time.map_or_else(|_| String::new(), |time| time.to_string())
}
