//! The table as Parquet: columns by their types, zstd.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};

use super::{COLUMNS, Cell, Family, Kind, row};
use crate::error::{Error, Result};
use crate::output::AtomicFile;

/// Bytes of text that are held until a group of rows is written.
const HELD: usize = 16 << 20;

/// Writes the table, family by family.
#[derive(Debug)]
pub struct Parquet {
    file: SerializedFileWriter<AtomicFile>,
    path: PathBuf,
    columns: Vec<Column>,
    held: usize,
}

impl Parquet {
    /// A table without rows.
    pub fn create(path: &Path) -> Result<Self> {
        let properties = WriterProperties::builder()
            .set_created_by(concat!("unchaff version ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_compression(Compression::ZSTD(ZstdLevel::default()));
        let (file, properties) = (AtomicFile::create(path)?, Arc::new(properties.build()));
        let file = schema()
            .and_then(|schema| SerializedFileWriter::new(file, schema, properties))
            .map_err(|e| failed(path, e))?;
        Ok(Self { file, path: path.to_path_buf(), columns: empty(), held: 0 })
    }

    /// Adds the occurrences of a family.
    pub fn add(&mut self, family: &Family) -> Result<()> {
        for occurrence in &family.occurrences {
            for (column, cell) in self.columns.iter_mut().zip(row(family, occurrence)) {
                self.held += column.push(cell);
            }
            if self.held >= HELD {
                self.write()?;
            }
        }
        Ok(())
    }

    /// Lets the file appear.
    pub fn finish(mut self) -> Result<()> {
        self.write()?;
        self.file.into_inner().map_err(|e| failed(&self.path, e))?.commit()
    }

    /// Writes a group of rows.
    fn write(&mut self) -> Result<()> {
        if self.held > 0 {
            let columns = std::mem::replace(&mut self.columns, empty());
            self.held = 0;
            write_group(&mut self.file, &columns).map_err(|e| failed(&self.path, e))?;
        }
        Ok(())
    }
}

fn failed(path: &Path, error: ParquetError) -> Error {
    let error = match error {
        ParquetError::External(cause) => std::io::Error::other(cause),
        other => std::io::Error::other(other),
    };
    Error::io("cannot write", path)(error)
}

fn schema() -> Result<TypePtr, ParquetError> {
    let column = |(name, kind): (&str, Kind)| {
        let (physical, logical) = match kind {
            Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            Kind::Count => (Physical::INT64, None),
            Kind::Number => (Physical::DOUBLE, None),
        };
        let column = Type::primitive_type_builder(name, physical)
            .with_repetition(Repetition::OPTIONAL)
            .with_logical_type(logical);
        column.build().map(Arc::new)
    };
    let columns = COLUMNS.into_iter().map(column).collect::<Result<Vec<_>, _>>()?;
    Ok(Arc::new(Type::group_type_builder("schema").with_fields(columns).build()?))
}

fn empty() -> Vec<Column> {
    COLUMNS.iter().map(|_| Column::default()).collect()
}

fn write_group(
    file: &mut SerializedFileWriter<AtomicFile>,
    columns: &[Column],
) -> Result<(), ParquetError> {
    let mut group = file.next_row_group()?;
    for (column, (_, kind)) in columns.iter().zip(COLUMNS) {
        match kind {
            Kind::Text => column.write::<ByteArrayType>(&column.texts, &mut group)?,
            Kind::Count => column.write::<Int64Type>(&column.counts, &mut group)?,
            Kind::Number => column.write::<DoubleType>(&column.numbers, &mut group)?,
        }
    }
    group.close()?;
    Ok(())
}

/// The cells of a column; its values are all of one kind.
#[derive(Debug, Default)]
struct Column {
    /// 1 for a value, 0 for none.
    levels: Vec<i16>,
    texts: Vec<ByteArray>,
    counts: Vec<i64>,
    numbers: Vec<f64>,
}

impl Column {
    /// Adds a cell, and gives about how many bytes it takes.
    fn push(&mut self, cell: Cell<'_>) -> usize {
        self.levels.push(i16::from(cell != Cell::Nothing));
        let mut bytes = size_of::<ByteArray>();
        match cell {
            Cell::Nothing => {}
            Cell::Text(text) => {
                bytes += text.len();
                self.texts.push(ByteArray::from(text.into_owned().into_bytes()));
            }
            Cell::Count(count) => self.counts.push(count.cast_signed()),
            Cell::Number(number) => self.numbers.push(number),
        }
        bytes
    }

    fn write<T: DataType>(
        &self,
        values: &[T::T],
        group: &mut SerializedRowGroupWriter<'_, AtomicFile>,
    ) -> Result<(), ParquetError> {
        let Some(mut column) = group.next_column()? else { return Ok(()) };
        column.typed::<T>().write_batch(values, Some(&self.levels), None)?;
        column.close()
    }
}
