//! Parquet: the same file with another text.
//!
//! The worker makes a whole Parquet file of its chunk, in memory, with one group of rows. The sink takes
//! the columns out of it as they are and puts them behind those that were written before, as gzip
//! members and zstd frames are put one behind the other. No column but the text is looked into: where
//! all rows of a group are kept its bytes are copied, and where some are not its values and levels are,
//! whatever their types and however deeply they are nested.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_schema::{DataType as ArrowType, Field, Schema};
use bytes::Bytes;
use parquet::arrow::{ARROW_SCHEMA_META_KEY, encode_arrow_schema, parquet_to_arrow_schema};
use parquet::basic::{
    Compression as Codec, GzipLevel, LogicalType, Repetition, Type as Physical, ZstdLevel,
};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::column::writer::{ColumnCloseResult, ColumnWriter, ColumnWriterImpl};
use parquet::data_type::{ByteArray, ByteArrayType, DataType};
use parquet::errors::ParquetError;
use parquet::file::metadata::{KeyValue, ParquetMetaData, RowGroupMetaData};
use parquet::file::properties::{WriterProperties, WriterPropertiesPtr};
use parquet::file::reader::{FileReader, RowGroupReader};
use parquet::file::serialized_reader::SerializedFileReader;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::record::Field as Value;
use parquet::record::reader::RowIter;
use parquet::schema::types::{Type, TypePtr};

pub(super) use super::columns::Columns;
use super::own::{FIELD, as_json, merged};
use super::{AtomicFile, below};
use crate::error::{Error, Result};
use crate::hash::hexadecimal;
use crate::input::Compression;
use crate::input::parquet::{Rows, Table, guarded};
use crate::input::record::{self, Record};

/// What the files say they were written by.
pub(super) const CREATED_BY: &str = concat!("unchaff version ", env!("CARGO_PKG_VERSION"));

/// How many records are copied at a time.
const COPIED: usize = 1024;

/// What was made of the rows of a chunk.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Which of the chunk's rows, and their texts and fields of our own.
    rows: Vec<(usize, ByteArray, Option<ByteArray>)>,
}

impl Kept {
    pub(super) fn push(&mut self, row: usize, clean: &str, extra: Option<&str>) {
        self.rows.push((row, ByteArray::from(clean), extra.map(ByteArray::from)));
    }

    /// A Parquet file of these rows.
    ///
    /// # Errors
    ///
    /// Says why the input's columns cannot be read.
    pub(super) fn encode(
        &self,
        rows: &Rows,
        codec: Option<Compression>,
    ) -> Result<Vec<u8>, String> {
        guarded(|| {
            let shape = Shape::of(&rows.table, codec)?;
            let mut writer = SerializedFileWriter::new(
                Vec::new(),
                shape.schema.clone(),
                shape.properties.clone(),
            )?;
            if !self.rows.is_empty() {
                let mut group = writer.next_row_group()?;
                self.write(rows, &shape, &mut group)?;
                group.close()?;
            }
            writer.into_inner()
        })
    }

    /// The same rows as lines of JSON.
    pub(super) fn encode_lines(&self, rows: &Rows) -> Result<Vec<u8>, String> {
        guarded(|| {
            let source = rows.table.group(rows.group)?;
            let text = rows.table.text_column();
            let schema = rows.table.metadata().file_metadata().schema_descr();
            let text = text.map(|column| schema.column(column).name().to_owned());
            let mut wanted = self.rows.iter().peekable();
            let mut out = Vec::new();
            let all = RowIter::from_row_group(None, &source)?.skip(rows.range.start as usize);
            for (i, row) in all.enumerate() {
                let Some((_, clean, own)) = wanted.next_if(|(row, ..)| *row == i) else {
                    if wanted.peek().is_none() {
                        break;
                    }
                    continue;
                };
                let (mut record, mut before) = (Record::new(), None);
                for (name, value) in row?.into_columns() {
                    if name == FIELD {
                        before = held(&value);
                    } else if text.as_ref() == Some(&name) {
                        record.string(&name, clean.as_utf8()?);
                    } else {
                        record.raw(&name, &json(&value));
                    }
                }
                if let Some(own) = with_before(own.as_ref(), before)? {
                    record.raw(FIELD, &as_json(own.as_utf8()?));
                }
                out.extend_from_slice(record.end().as_bytes());
                out.push(b'\n');
            }
            Ok(out)
        })
    }

    fn write(
        &self,
        rows: &Rows,
        shape: &Shape,
        group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    ) -> Result<(), ParquetError> {
        let count = rows.range.end - rows.range.start;
        let whole = rows.are_a_group() && self.rows.len() as u64 == count && !shape.packed_anew;
        let source = rows.table.group(rows.group)?;
        let file = rows.table.file()?;
        for column in &shape.columns {
            if Some(*column) == rows.table.text_column() {
                let texts: Vec<_> = self.rows.iter().map(|(_, text, _)| text.clone()).collect();
                write_strings(&texts, shape.level_of(*column), group)?;
            } else if whole {
                let metadata = source.metadata().column(*column).clone();
                let close = as_it_was(metadata, count);
                group.append_column(file.as_ref(), close)?;
            } else {
                let reader = source.get_column_reader(*column)?;
                let Some(mut to) = group.next_column()? else { break };
                self.copy(reader, to.untyped(), rows.range.start as usize)?;
                to.close()?;
            }
        }
        self.write_own(&self.before(rows, &source)?, group)
    }

    /// What the rows have where the field of our own will be, if there is such a column.
    fn before(
        &self,
        rows: &Rows,
        source: &impl RowGroupReader,
    ) -> Result<Vec<Option<String>>, ParquetError> {
        let schema = rows.table.metadata().file_metadata().schema_descr().root_schema();
        let Some(column) = schema.get_fields().iter().find(|field| field.name() == FIELD) else {
            return Ok(vec![None; self.rows.len()]);
        };
        let only = Type::group_type_builder(schema.name()).with_fields(vec![column.clone()]);
        let all = RowIter::from_row_group(Some(only.build()?), source)?;
        let all = all.skip(rows.range.start as usize);
        let mut wanted = self.rows.iter().map(|(row, ..)| *row).peekable();
        let mut before = Vec::with_capacity(self.rows.len());
        for (i, row) in all.enumerate() {
            if wanted.peek().is_none() {
                break;
            }
            if wanted.next_if_eq(&i).is_some() {
                let columns = row?.into_columns();
                before.push(columns.first().and_then(|(_, value)| held(value)));
            }
        }
        Ok(before)
    }

    /// The field of our own, the last column.
    fn write_own(
        &self,
        before: &[Option<String>],
        group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    ) -> Result<(), ParquetError> {
        let Some(mut to) = group.next_column()? else { return Ok(()) };
        let both = self.rows.iter().zip(before);
        let own: Vec<Option<ByteArray>> = both
            .map(|((.., own), before)| with_before(own.as_ref(), before.clone()))
            .collect::<Result<_, _>>()?;
        let levels: Vec<i16> = own.iter().map(|own| i16::from(own.is_some())).collect();
        let present: Vec<ByteArray> = own.into_iter().flatten().collect();
        to.typed::<ByteArrayType>().write_batch(&present, Some(&levels), None)?;
        to.close()
    }

    /// Copies the rows that are kept, whatever they hold.
    fn copy(
        &self,
        from: ColumnReader,
        to: &mut ColumnWriter<'_>,
        skip: usize,
    ) -> Result<(), ParquetError> {
        match (from, to) {
            (ColumnReader::BoolColumnReader(from), ColumnWriter::BoolColumnWriter(to)) => {
                self.copy_typed(from, to, skip)
            }
            (ColumnReader::Int32ColumnReader(from), ColumnWriter::Int32ColumnWriter(to)) => {
                self.copy_typed(from, to, skip)
            }
            (ColumnReader::Int64ColumnReader(from), ColumnWriter::Int64ColumnWriter(to)) => {
                self.copy_typed(from, to, skip)
            }
            (ColumnReader::Int96ColumnReader(from), ColumnWriter::Int96ColumnWriter(to)) => {
                self.copy_typed(from, to, skip)
            }
            (ColumnReader::FloatColumnReader(from), ColumnWriter::FloatColumnWriter(to)) => {
                self.copy_typed(from, to, skip)
            }
            (ColumnReader::DoubleColumnReader(from), ColumnWriter::DoubleColumnWriter(to)) => {
                self.copy_typed(from, to, skip)
            }
            (
                ColumnReader::ByteArrayColumnReader(from),
                ColumnWriter::ByteArrayColumnWriter(to),
            ) => self.copy_typed(from, to, skip),
            (
                ColumnReader::FixedLenByteArrayColumnReader(from),
                ColumnWriter::FixedLenByteArrayColumnWriter(to),
            ) => self.copy_typed(from, to, skip),
            _ => Err(ParquetError::General("a column is not of the type it has".into())),
        }
    }

    fn copy_typed<T: DataType>(
        &self,
        mut from: ColumnReaderImpl<T>,
        to: &mut ColumnWriterImpl<'_, T>,
        skip: usize,
    ) -> Result<(), ParquetError> {
        let deepest = to.get_descriptor().max_def_level();
        let repeats = to.get_descriptor().max_rep_level() > 0;
        from.skip_records(skip)?;
        let mut wanted = self.rows.iter().map(|(row, ..)| *row).peekable();
        let mut row = 0;
        while wanted.peek().is_some() {
            let (mut defs, mut reps, mut values) = (Vec::new(), Vec::new(), Vec::new());
            let (records, count, levels) =
                from.read_records(COPIED, Some(&mut defs), Some(&mut reps), &mut values)?;
            if records == 0 {
                return Err(ParquetError::General("a column has fewer rows than its group".into()));
            }
            // A column that is never null has no levels, and as many values as records.
            let levels = if deepest == 0 { count } else { levels };
            let (mut kept_defs, mut kept_reps, mut kept) = (Vec::new(), Vec::new(), Vec::new());
            let (mut value, mut keep) = (0, false);
            for level in 0..levels {
                if !repeats || reps[level] == 0 {
                    keep = wanted.next_if_eq(&row).is_some();
                    row += 1;
                }
                let present = deepest == 0 || defs[level] == deepest;
                if keep {
                    kept_defs.extend(defs.get(level));
                    kept_reps.extend(reps.get(level));
                    kept.extend(values.get(value).filter(|_| present).cloned());
                }
                value += usize::from(present);
            }
            let defs = (deepest > 0).then_some(kept_defs.as_slice());
            to.write_batch(&kept, defs, repeats.then_some(kept_reps.as_slice()))?;
        }
        Ok(())
    }
}

/// What a cell holds, as text or as JSON; none where it is null.
fn held(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Str(string) => Some(string.clone()),
        other => Some(json(other)),
    }
}

/// What becomes of a cell of our own column that held something before.
fn with_before(
    own: Option<&ByteArray>,
    before: Option<String>,
) -> Result<Option<ByteArray>, ParquetError> {
    Ok(match (own, before) {
        (own, None) => own.cloned(),
        (None, Some(before)) => Some(ByteArray::from(before.into_bytes())),
        (Some(own), Some(before)) => {
            Some(ByteArray::from(merged(&before, own.as_utf8()?).into_bytes()))
        }
    })
}

fn write_strings(
    texts: &[ByteArray],
    level: i16,
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
) -> Result<(), ParquetError> {
    let Some(mut to) = group.next_column()? else { return Ok(()) };
    let levels = vec![level; texts.len()];
    to.typed::<ByteArrayType>().write_batch(texts, Some(&levels), None)?;
    to.close()
}

/// A value as JSON. Times are told as text; bytes that are no text, and numbers that JSON has not, as
/// their own kind of text.
fn json(value: &Value) -> String {
    let text = |text: &str| record::quoted(text);
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(yes) => yes.to_string(),
        Value::Byte(n) => n.to_string(),
        Value::Short(n) => n.to_string(),
        Value::Int(n) => n.to_string(),
        Value::Long(n) => n.to_string(),
        Value::UByte(n) => n.to_string(),
        Value::UShort(n) => n.to_string(),
        Value::UInt(n) => n.to_string(),
        Value::ULong(n) => n.to_string(),
        Value::Float(n) if n.is_finite() => n.to_string(),
        Value::Double(n) if n.is_finite() => n.to_string(),
        Value::Str(string) => text(string),
        Value::Bytes(bytes) => match std::str::from_utf8(bytes.data()) {
            Ok(string) => text(string),
            Err(_) => text(&hexadecimal(bytes.data())),
        },
        Value::Group(row) => {
            let mut record = Record::new();
            row.get_column_iter().for_each(|(name, value)| record.raw(name, &json(value)));
            record.end()
        }
        Value::ListInternal(list) => {
            format!("[{}]", list.elements().iter().map(json).collect::<Vec<_>>().join(","))
        }
        Value::MapInternal(map) => {
            let mut record = Record::new();
            for (key, value) in map.entries() {
                let key = if let Value::Str(key) = key { key.clone() } else { key.to_string() };
                record.raw(&key, &json(value));
            }
            record.end()
        }
        // Dates, times, decimals, halves and what is not finite.
        other => text(&other.to_string()),
    }
}

/// What the library wants to know about a column that is copied byte for byte. Indexes and filters
/// refer to places in the old file, and are left behind; readers do without.
fn as_it_was(
    metadata: parquet::file::metadata::ColumnChunkMetaData,
    rows: u64,
) -> ColumnCloseResult {
    ColumnCloseResult {
        bytes_written: u64::try_from(metadata.compressed_size()).unwrap_or(0),
        rows_written: rows,
        metadata,
        bloom_filter: None,
        column_index: None,
        offset_index: None,
    }
}

/// The shape of the output.
#[derive(Debug)]
struct Shape {
    schema: TypePtr,
    properties: WriterPropertiesPtr,
    /// The columns of the input that are in it, all but one that has our own name.
    columns: Vec<usize>,
    /// The largest definition level of each column of the input.
    levels: Vec<i16>,
    /// Columns are to be packed in another way than they were.
    packed_anew: bool,
}

impl Shape {
    fn of(table: &Table, codec: Option<Compression>) -> Result<Self, ParquetError> {
        let about = table.metadata().file_metadata();
        let schema = about.schema_descr();
        let mut fields: Vec<TypePtr> = schema.root_schema().get_fields().to_vec();
        fields.retain(|field| field.name() != FIELD);
        fields.push(Arc::new(own_column()?));
        let columns = (0..schema.num_columns())
            .filter(|i| schema.column(*i).path().parts().first().is_none_or(|name| name != FIELD));
        let root =
            Type::group_type_builder(schema.root_schema().name()).with_fields(fields).build()?;
        Ok(Self {
            columns: columns.collect(),
            levels: schema.columns().iter().map(|column| column.max_def_level()).collect(),
            schema: Arc::new(root),
            properties: Arc::new(properties(table.metadata(), codec)?),
            packed_anew: codec.is_some(),
        })
    }

    fn level_of(&self, column: usize) -> i16 {
        self.levels.get(column).copied().unwrap_or(0)
    }
}

pub(super) fn own_column() -> Result<Type, ParquetError> {
    Type::primitive_type_builder(FIELD, Physical::BYTE_ARRAY)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(Some(LogicalType::String))
        .build()
}

/// Every column is packed as it was, unless the user wants another way, and what other programs keep
/// beside the columns stays.
fn properties(
    metadata: &ParquetMetaData,
    codec: Option<Compression>,
) -> Result<WriterProperties, ParquetError> {
    let mut builder = WriterProperties::builder()
        .set_created_by(CREATED_BY.to_owned())
        .set_key_value_metadata(key_values(metadata)?)
        .set_compression(codec.map_or(Codec::ZSTD(ZstdLevel::default()), codec_of));
    let first = metadata.row_groups().first().filter(|_| codec.is_none());
    for column in first.into_iter().flat_map(RowGroupMetaData::columns) {
        let codec = writable(column.compression());
        builder = builder.set_column_compression(column.column_path().clone(), codec);
    }
    Ok(builder.build())
}

/// Arrow keeps its own description of the columns there, which has to tell of ours too.
fn key_values(metadata: &ParquetMetaData) -> Result<Option<Vec<KeyValue>>, ParquetError> {
    let about = metadata.file_metadata();
    let Some(told) = about.key_value_metadata() else { return Ok(None) };
    let mut told = told.clone();
    if let Some(arrow) = told.iter_mut().find(|pair| pair.key == ARROW_SCHEMA_META_KEY) {
        let schema = parquet_to_arrow_schema(about.schema_descr(), Some(&vec![arrow.clone()]))?;
        let fields = schema.fields.iter().filter(|field| field.name() != FIELD).cloned();
        let own = Arc::new(Field::new(FIELD, ArrowType::Utf8, true));
        let fields: Vec<_> = fields.chain([own]).collect();
        let schema = Schema::new_with_metadata(fields, schema.metadata);
        arrow.value = Some(encode_arrow_schema(&schema));
    }
    Ok(Some(told))
}

pub(super) fn codec_of(compression: Compression) -> Codec {
    match compression {
        Compression::None => Codec::UNCOMPRESSED,
        Compression::Gzip => Codec::GZIP(GzipLevel::default()),
        // Parquet has no other of those that are known here.
        Compression::Zstd | Compression::Bzip2 | Compression::Xz => {
            Codec::ZSTD(ZstdLevel::default())
        }
    }
}

/// A codec that can be written, for one that may only be copied.
fn writable(codec: Codec) -> Codec {
    match codec {
        Codec::LZO | Codec::BROTLI(_) => Codec::ZSTD(ZstdLevel::default()),
        Codec::LZ4 => Codec::LZ4_RAW,
        known => known,
    }
}

/// A file of Parquet, put together from files of one group each.
#[derive(Debug)]
pub(super) struct Writer {
    target: PathBuf,
    /// Made with the first piece, which has the columns.
    file: Option<Box<SerializedFileWriter<AtomicFile>>>,
}

impl Writer {
    pub(super) fn create(folder: &Path, name: &str) -> Result<Self> {
        Ok(Self { target: below(folder, name)?, file: None })
    }

    /// Appends the groups of a file in memory.
    pub(super) fn append(&mut self, piece: &[u8]) -> Result<()> {
        if piece.is_empty() {
            return Ok(()); // nothing could be read
        }
        let appended = self.append_groups(&Bytes::copy_from_slice(piece));
        appended.map_err(|error| failed(&self.target, error))
    }

    fn append_groups(&mut self, piece: &Bytes) -> Result<(), ParquetError> {
        let reader = SerializedFileReader::new(piece.clone())?;
        let about = reader.metadata().file_metadata();
        if self.file.is_none() {
            let target = AtomicFile::create(&self.target)
                .map_err(|error| ParquetError::External(Box::new(error)))?;
            let properties = WriterProperties::builder()
                .set_created_by(about.created_by().unwrap_or_default().to_owned())
                .set_key_value_metadata(about.key_value_metadata().cloned())
                .build();
            let schema = about.schema_descr().root_schema_ptr();
            let file = SerializedFileWriter::new(target, schema, Arc::new(properties))?;
            self.file = Some(Box::new(file));
        }
        let Some(file) = &mut self.file else { return Ok(()) };
        for group in reader.metadata().row_groups() {
            let rows = u64::try_from(group.num_rows()).unwrap_or(0);
            let mut to = file.next_row_group()?;
            for column in group.columns() {
                to.append_column(piece, as_it_was(column.clone(), rows))?;
            }
            to.close()?;
        }
        Ok(())
    }

    /// Lets the file appear. Of an input that could not be opened there is none.
    pub(super) fn finish(self) -> Result<()> {
        match self.file.map(|file| file.into_inner()) {
            None => Ok(()),
            Some(Ok(file)) => file.commit(),
            Some(Err(error)) => Err(failed(&self.target, error)),
        }
    }
}

fn failed(target: &Path, error: ParquetError) -> Error {
    Error::io("cannot write", target)(std::io::Error::other(error))
}
