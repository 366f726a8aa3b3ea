//! JSON lines as columns of Parquet.
//!
//! The first records of a shard say what its columns are. What does not fit into them later, a field
//! that is new or of another type, is kept as JSON under `fields` in our own column: nothing is lost,
//! and nothing is bent.

use std::collections::HashSet;
use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};
use serde_json::value::RawValue;

use super::encode_line;
use super::own::{FIELD, NO_COLUMN, fields, merged};
use super::parquet::{CREATED_BY, codec_of, own_column};
use crate::input::record::Record;
use crate::input::{Compression, Corpus};

/// The records that say what the columns are.
const LOOKED_AT: usize = 1000;

/// The columns of a shard.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Columns(Vec<(String, Kind)>);

/// What a column holds. All may be null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bool,
    Int,
    Float,
    String,
    /// Anything, as JSON.
    Json,
}

impl Kind {
    /// The kind that holds this value; nothing holds null.
    fn of(value: &RawValue) -> Option<Self> {
        let json = value.get();
        match json.as_bytes().first()? {
            b'n' => None,
            b't' | b'f' => Some(Self::Bool),
            b'"' => Some(Self::String),
            b'-' | b'0'..=b'9' if int(json).is_some() => Some(Self::Int),
            b'-' | b'0'..=b'9' if float(json).is_some() => Some(Self::Float),
            _ => Some(Self::Json),
        }
    }

    /// The kind that holds values of both.
    fn with(self, other: Self) -> Self {
        match (self, other) {
            (one, two) if one == two => one,
            (Self::Int | Self::Float, Self::Int | Self::Float) => Self::Float,
            _ => Self::Json,
        }
    }
}

/// A whole number that is written as numbers are.
fn int(json: &str) -> Option<i64> {
    json.parse().ok().filter(|number: &i64| number.to_string() == json)
}

/// A number that a float tells exactly, but for zeros at its end.
fn float(json: &str) -> Option<f64> {
    let number: f64 = json.parse().ok()?;
    let plain = |text: &str| match text.split_once('.') {
        Some((whole, rest)) => match rest.trim_end_matches('0') {
            "" => whole.to_owned(),
            rest => format!("{whole}.{rest}"),
        },
        None => text.to_owned(),
    };
    (number.is_finite() && plain(&number.to_string()) == plain(json)).then_some(number)
}

impl Columns {
    /// Looks at the first records of a shard.
    pub(super) fn of(corpus: &Corpus, shard: usize) -> Self {
        let mut columns: Vec<(String, Option<Kind>)> = Vec::new();
        let mut line = Vec::new();
        let mut left = LOOKED_AT;
        for chunk in corpus.read_shard(shard, 0) {
            let documents =
                chunk.documents(corpus).filter_map(|(i, parsed)| Some((i, parsed.ok()?)));
            for (i, parsed) in documents.take(left) {
                left -= 1;
                line.clear();
                let document = &parsed.document;
                encode_line(&chunk, i, document, &document.text, None, &mut line);
                for (name, value) in fields(&line) {
                    let kind = Kind::of(value);
                    match columns.iter_mut().find(|(other, _)| *other == name) {
                        Some((_, Some(known))) => *known = kind.map_or(*known, |k| known.with(k)),
                        Some((_, unknown)) => *unknown = kind,
                        None => columns.push((name, kind)),
                    }
                }
            }
            if left == 0 {
                break;
            }
        }
        columns.retain(|(name, _)| name != FIELD);
        // What was null everywhere may be anything later.
        let known = |(name, kind): (String, Option<Kind>)| (name, kind.unwrap_or(Kind::Json));
        Self(columns.into_iter().map(known).collect())
    }

    fn schema(&self) -> Result<TypePtr, ParquetError> {
        let column = |(name, kind): &(String, Kind)| {
            let (physical, logical) = match kind {
                Kind::Bool => (Physical::BOOLEAN, None),
                Kind::Int => (Physical::INT64, None),
                Kind::Float => (Physical::DOUBLE, None),
                Kind::String => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
                Kind::Json => (Physical::BYTE_ARRAY, Some(LogicalType::Json)),
            };
            let column = Type::primitive_type_builder(name, physical)
                .with_repetition(Repetition::OPTIONAL)
                .with_logical_type(logical)
                .build()?;
            Ok(Arc::new(column))
        };
        let mut columns = self.0.iter().map(column).collect::<Result<Vec<_>, ParquetError>>()?;
        columns.push(Arc::new(own_column()?));
        Ok(Arc::new(Type::group_type_builder("schema").with_fields(columns).build()?))
    }

    /// A Parquet file of these lines.
    pub(super) fn encode(&self, lines: &[u8], codec: Compression) -> Result<Vec<u8>, ParquetError> {
        let properties = WriterProperties::builder()
            .set_created_by(CREATED_BY.to_owned())
            .set_compression(codec_of(codec));
        let properties = Arc::new(properties.build());
        let mut file = SerializedFileWriter::new(Vec::new(), self.schema()?, properties)?;
        if !lines.is_empty() {
            let mut cells: Vec<Cells> = self.0.iter().map(|(_, kind)| Cells::new(*kind)).collect();
            let mut own = Cells::new(Kind::Json);
            for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                self.add(line, &mut cells, &mut own);
            }
            let mut group = file.next_row_group()?;
            for cells in cells.iter().chain([&own]) {
                cells.write(&mut group)?;
            }
            group.close()?;
        }
        file.into_inner()
    }

    fn add(&self, line: &[u8], cells: &mut [Cells], own: &mut Cells) {
        let (mut told, mut others) = (None, Record::new());
        let rows = own.levels.len();
        let all = fields(line);
        let mut seen = HashSet::new();
        let is_last: Vec<bool> = all.iter().rev().map(|(name, _)| seen.insert(name)).collect();
        for ((name, value), is_last) in all.iter().zip(is_last.into_iter().rev()) {
            if name == FIELD && is_last {
                told = Some(value.get());
                continue;
            }
            // A name may stand in a record twice; then the last counts, as for whoever reads it.
            let column = self.0.iter().position(|(other, _)| other == name && is_last);
            if !column.is_some_and(|column| cells[column].push(value)) {
                others.raw(name, value.get());
            }
        }
        for cells in cells.iter_mut().filter(|cells| cells.levels.len() == rows) {
            cells.levels.push(0);
        }
        let others = others.end();
        let others = (others != "{}").then(|| format!("{{\"{NO_COLUMN}\":{others}}}"));
        match (told, others) {
            (None, None) => own.levels.push(0),
            (Some(told), None) => own.push_json(told),
            (None, Some(others)) => own.push_json(&others),
            (Some(told), Some(others)) => own.push_json(&merged(told, &others)),
        }
    }
}

/// The cells of a column.
#[derive(Debug)]
struct Cells {
    kind: Kind,
    /// 1 for a value, 0 for none.
    levels: Vec<i16>,
    bools: Vec<bool>,
    ints: Vec<i64>,
    floats: Vec<f64>,
    bytes: Vec<ByteArray>,
}

impl Cells {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            levels: Vec::new(),
            bools: Vec::new(),
            ints: Vec::new(),
            floats: Vec::new(),
            bytes: Vec::new(),
        }
    }

    /// Adds a value, unless it does not fit.
    fn push(&mut self, value: &RawValue) -> bool {
        let json = value.get();
        if json == "null" {
            self.levels.push(0);
            return true;
        }
        let fits = match self.kind {
            Kind::Bool => json.parse().map(|value| self.bools.push(value)).ok(),
            Kind::Int => int(json).map(|value| self.ints.push(value)),
            Kind::Float => float(json).map(|value| self.floats.push(value)),
            Kind::String => serde_json::from_str::<String>(json)
                .map(|value| self.bytes.push(ByteArray::from(value.into_bytes())))
                .ok(),
            Kind::Json => {
                self.bytes.push(ByteArray::from(json));
                Some(())
            }
        };
        self.levels.extend(fits.map(|()| 1));
        fits.is_some()
    }

    fn push_json(&mut self, json: &str) {
        self.bytes.push(ByteArray::from(json));
        self.levels.push(1);
    }

    fn write(&self, group: &mut SerializedRowGroupWriter<'_, Vec<u8>>) -> Result<(), ParquetError> {
        match self.kind {
            Kind::Bool => self.write_as::<BoolType>(&self.bools, group),
            Kind::Int => self.write_as::<Int64Type>(&self.ints, group),
            Kind::Float => self.write_as::<DoubleType>(&self.floats, group),
            Kind::String | Kind::Json => self.write_as::<ByteArrayType>(&self.bytes, group),
        }
    }

    fn write_as<T: DataType>(
        &self,
        values: &[T::T],
        group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    ) -> Result<(), ParquetError> {
        let Some(mut column) = group.next_column()? else { return Ok(()) };
        column.typed::<T>().write_batch(values, Some(&self.levels), None)?;
        column.close()
    }
}
