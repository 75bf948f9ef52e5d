//! Parquet, through the parquet crate's Arrow reader and writer.
//!
//! Rows are found by their number, with what a file says about its row groups and pages, so that a chunk
//! reads only what it needs. Types are those of [`types`]; a value that a column's type does not hold
//! exactly (nanoseconds, text that is not UTF-8) is told with its row.

mod dictionary;
mod types;

use std::io::{BufReader, Read};
use std::ops::Range;
use std::sync::Arc;

use arrow::array::new_null_array;
use arrow::error::ArrowError;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use bytes::Bytes;
use mig_plan::{Compression, Packing};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::arrow::arrow_writer::{ArrowWriter, ArrowWriterOptions};
use parquet::basic::{Compression as Codec, GzipLevel, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData};
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{ChunkReader, Length};
use parquet::schema::types::SchemaDescriptor;

use super::declared::{self, Declared};
use super::decoder::decoded;
use super::definition::Definition;
use super::findings::Findings;
use super::inference::Columns;
use super::layout::Part;
use super::locator::{Cutter, Position, Span};
use super::rows::{BATCH_BYTES, BATCH_ROWS, Sink};
use super::storage::{Pending, Source};
use super::{failure, values};
use crate::arrow_types::{arrow_schema, arrow_type};
use crate::store::{Field, StoreError};

/// Encoded bytes of a row group, at the most: what a writer holds in memory, and as many writers as the store has connections.
const ROW_GROUP_BYTES: usize = 16 << 20;

/// Bytes of a column's dictionary, at the most. A column of more values than that is of many, and looking each up costs more
/// than it saves; the format's usual mebibyte holds all numbers of a chunk.
const DICTIONARY_BYTES: usize = 128 << 10;

/// Rows of a page, at the most: a batch's, so that a page's bytes stay near while they are encoded and packed.
const PAGE_ROWS: usize = BATCH_ROWS;

/// A file as the parquet crate reads it.
#[derive(Clone)]
struct File(Arc<dyn Source>);

impl Length for File {
    fn len(&self) -> u64 {
        self.0.length()
    }
}

impl ChunkReader for File {
    type T = BufReader<Box<dyn Read + Send>>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(BufReader::new(self.0.reader(start)?))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        Ok(self.0.bytes(start, length)?)
    }
}

/// A file with its footer read.
struct Opened {
    file: File,
    metadata: ArrowReaderMetadata,
}

impl Opened {
    fn footer(&self) -> &ParquetMetaData {
        self.metadata.metadata()
    }

    fn schema(&self) -> &SchemaDescriptor {
        self.footer().file_metadata().schema_descr()
    }

    fn rows(&self) -> u64 {
        // Summed over the groups, which are what is read.
        self.footer().row_groups().iter().map(|group| u64::try_from(group.num_rows()).unwrap_or(0)).sum()
    }

    /// Every column as the file declares it.
    fn columns(&self) -> Vec<Declared> {
        let (schema, arrow) = (self.schema(), self.metadata.schema());
        let columns = schema.root_schema().get_fields().iter().enumerate().map(|(root, node)| {
            let mut leaves = (0..schema.num_columns())
                .filter(move |leaf| schema.get_column_root_idx(*leaf) == root)
                .map(|leaf| schema.column(leaf));
            let (first, only) = (leaves.next(), leaves.next().is_none());
            let ty = match (&first, arrow.field_with_name(node.name())) {
                (Some(leaf), Ok(field)) if only => types::column_type(field.data_type(), leaf),
                _ => None,
            };
            let native = types::native(node, first.as_deref());
            Declared { name: node.name().to_owned(), native, ty, optional: node.is_optional() }
        });
        columns.collect()
    }
}

fn failed(shown: &str, doing: &str, error: &ParquetError) -> StoreError {
    if let ParquetError::External(source) = error
        && let Some(io) = source.downcast_ref::<std::io::Error>()
    {
        return failure::io(io, &format!("{doing} {shown}"));
    }
    StoreError::Refused(format!("{doing} {shown}: {error}"))
}

fn unreadable(part: &Part, error: &ParquetError) -> StoreError {
    failed(&part.shown(), "reading", error)
}

fn options() -> ArrowReaderOptions {
    ArrowReaderOptions::new().with_skip_arrow_metadata(true)
}

fn open(part: &Part) -> Result<Opened, StoreError> {
    let file = File(part.open()?);
    let metadata = decoded(part, || ArrowReaderMetadata::load(&file, options()))?;
    let metadata = metadata.map_err(|error| unreadable(part, &error))?;
    let opened = Opened { file, metadata };
    let fields = opened.schema().root_schema().get_fields();
    declared::distinct(part, fields.iter().map(|node| node.name()))?;
    Ok(opened)
}

/// The columns as the file declares them.
pub(super) fn scan(part: &Part) -> Result<Columns, StoreError> {
    Ok(declared::declare(open(part)?.columns()))
}

/// How many rows there are.
pub(super) fn count(part: &Part) -> Result<u64, StoreError> {
    Ok(open(part)?.rows())
}

/// Tells a cutter the rows.
pub(super) fn cut(part: &Part, span: Span, cutter: &mut Cutter) -> Result<(), StoreError> {
    let rows = open(part)?.rows();
    let mut row = span.after.map_or(0, |after| after.at);
    while row < rows {
        let taken = cutter.room()?.min(rows - row);
        row += taken;
        cutter.take(taken, &part.name, Position { at: row, line: None });
    }
    Ok(())
}

/// Reads the rows of a span. What is wrong with the file as a whole is told at row 0.
pub(super) fn read(
    part: &Part,
    span: Span,
    fields: &[Field],
    definition: Option<&Definition>,
    findings: &mut Findings,
    sink: &mut Sink<'_>,
) -> Result<(), StoreError> {
    let opened = open(part)?;
    let roots = declared::sources(part, &opened.columns(), fields, definition, findings)?;
    let plain = types::texts_as_bytes(opened.schema()).map_err(|error| unreadable(part, &error))?;
    let options =
        options().with_offset_index_policy(PageIndexPolicy::Optional).with_parquet_schema(Arc::new(plain));
    let all = opened.rows();
    let file = opened.file.clone();
    let metadata = decoded(part, || ArrowReaderMetadata::load(&file, options))?;
    let metadata = metadata.map_err(|error| unreadable(part, &error))?;
    let first = span.after.map_or(0, |after| after.at);
    let end = span.up_to.map_or(all, |up_to| up_to.min(all));
    if first > all {
        return Err(StoreError::Refused(format!(
            "{}: there is no row {first}; the file was changed since its rows were divided into chunks",
            part.shown()
        )));
    }
    let groups = Groups::of(metadata.metadata(), first, end);
    if groups.places.is_empty() {
        return Ok(());
    }
    let mut projected: Vec<usize> = roots.iter().flatten().copied().collect();
    projected.sort_unstable();
    let footer = metadata.metadata();
    // Of a part of a group, pages are read one by one.
    if (end - first).saturating_mul(2) >= groups.rows {
        file.0
            .expect(&decoded(part, || groups.ranges(footer, &projected))?)
            .map_err(|error| failure::io(&error, &format!("reading {}", part.shown())))?;
    }
    let mask = ProjectionMask::roots(footer.file_metadata().schema_descr(), projected.iter().copied());
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata)
        .with_batch_size(groups.batch_rows)
        .with_projection(mask)
        .with_row_groups(groups.places)
        .with_offset(groups.skipped)
        .with_limit(usize::try_from(end - first).unwrap_or(usize::MAX));
    let mut reader = decoded(part, || reader.build())?.map_err(|error| unreadable(part, &error))?;
    let schema = arrow_schema(fields);
    let mut row = first;
    while let Some(batch) = decoded(part, || reader.next())? {
        let batch = batch.map_err(|error| unreadable(part, &external(error)))?;
        let mut arrays = Vec::with_capacity(fields.len());
        for (field, root) in fields.iter().zip(&roots) {
            let found =
                root.and_then(|root| projected.binary_search(&root).ok()).map(|place| batch.column(place));
            arrays.push(match found {
                Some(array) => declared::adapted(part, field, array, row, findings)?,
                None => new_null_array(&arrow_type(&field.ty.ty), batch.num_rows()),
            });
        }
        row += batch.num_rows() as u64;
        match findings {
            Findings::Collect { .. } => {}
            Findings::Refuse => {
                let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
                let batch = RecordBatch::try_new_with_options(schema.clone(), arrays, &options)
                    .map_err(|error| unreadable(part, &external(error)))?;
                sink(batch)?;
            }
        }
    }
    Ok(())
}

fn external(error: ArrowError) -> ParquetError {
    if let ArrowError::ExternalError(source) = error {
        ParquetError::External(source)
    } else {
        ParquetError::ArrowError(error.to_string())
    }
}

/// The row groups that rows are in.
struct Groups {
    places: Vec<usize>,
    /// Rows in all of them.
    rows: u64,
    /// Rows of the first group that are not wanted.
    skipped: usize,
    /// Rows that make a batch of bounded bytes, judging by the groups' average.
    batch_rows: usize,
}

impl Groups {
    fn of(footer: &ParquetMetaData, first: u64, end: u64) -> Self {
        let mut groups = Self { places: Vec::new(), rows: 0, skipped: 0, batch_rows: BATCH_ROWS };
        let mut begin = 0;
        for (place, group) in footer.row_groups().iter().enumerate() {
            let rows = u64::try_from(group.num_rows()).unwrap_or(0);
            if begin < end && begin + rows > first {
                if groups.places.is_empty() {
                    groups.skipped = usize::try_from(first - begin).unwrap_or(usize::MAX);
                }
                groups.places.push(place);
                groups.rows += rows;
                let bytes = u64::try_from(group.total_byte_size()).unwrap_or(0).max(1);
                let fitting = (BATCH_BYTES as u64).saturating_mul(rows) / bytes;
                groups.batch_rows =
                    groups.batch_rows.min(usize::try_from(fitting).unwrap_or(BATCH_ROWS)).max(1);
            }
            begin += rows;
        }
        groups
    }

    /// Where the values of these columns are in the file.
    fn ranges(&self, footer: &ParquetMetaData, roots: &[usize]) -> Vec<Range<u64>> {
        let schema = footer.file_metadata().schema_descr();
        let wanted = |leaf: &usize| roots.binary_search(&schema.get_column_root_idx(*leaf)).is_ok();
        let leaves: Vec<_> = (0..schema.num_columns()).filter(wanted).collect();
        let groups = self.places.iter().filter_map(|place| footer.row_groups().get(*place));
        let ranges = groups.flat_map(|group| {
            leaves.iter().filter_map(|leaf| group.columns().get(*leaf)).map(|column| {
                let (start, length) = column.byte_range();
                start..start.saturating_add(length)
            })
        });
        ranges.collect()
    }
}

/// What packs the pages.
fn codec(packing: Packing) -> Result<Codec, ParquetError> {
    Ok(match packing.compression {
        Compression::None => Codec::UNCOMPRESSED,
        Compression::Snappy => Codec::SNAPPY,
        // The one that every reader takes, and not the older one of the same name.
        Compression::Lz4 => Codec::LZ4_RAW,
        Compression::Gzip => Codec::GZIP(match packing.level {
            None => GzipLevel::default(),
            Some(level) => GzipLevel::try_new(level)?,
        }),
        Compression::Zstd => {
            let level = packing.level.and_then(|level| i32::try_from(level).ok());
            Codec::ZSTD(ZstdLevel::try_new(level.unwrap_or(1))?)
        }
    })
}

/// A part that is being written.
pub(super) struct ParquetPart {
    writer: ArrowWriter<Box<dyn Pending>>,
    fields: Vec<Field>,
    shown: String,
    rows: u64,
}

impl ParquetPart {
    /// Begins a part that has these first rows, which are not written yet.
    ///
    /// # Errors
    /// When the storage is in the way.
    pub(super) fn begin(
        file: Box<dyn Pending>,
        fields: &[Field],
        shown: &str,
        packing: Packing,
        first: &RecordBatch,
    ) -> Result<Self, StoreError> {
        let failed = |error: &ParquetError| failed(shown, "writing", error);
        let properties = WriterProperties::builder()
            .set_created_by(concat!("mig ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_compression(codec(packing).map_err(|error| failed(&error))?)
            .set_max_row_group_bytes(Some(ROW_GROUP_BYTES))
            .set_dictionary_page_size_limit(DICTIONARY_BYTES)
            .set_data_page_row_count_limit(PAGE_ROWS);
        let schema = types::schema(fields).map_err(|error| failed(&error))?;
        let options = ArrowWriterOptions::new()
            .with_properties(dictionary::choose(properties, &schema, fields, first).build())
            .with_skip_arrow_metadata(true)
            .with_parquet_schema(schema);
        let writer = ArrowWriter::try_new_with_options(file, arrow_schema(fields), options)
            .map_err(|error| failed(&error))?;
        Ok(Self { writer, fields: fields.to_vec(), shown: shown.to_owned(), rows: 0 })
    }

    /// Writes the rows of a batch.
    ///
    /// # Errors
    /// When a `json` is not JSON, or the storage is in the way.
    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), StoreError> {
        values::check_batch(batch, &self.fields, self.rows, &self.shown)?;
        self.rows += batch.num_rows() as u64;
        self.writer.write(batch).map_err(|error| failed(&self.shown, "writing", &error))
    }

    /// Ends the part and gives the file back.
    ///
    /// # Errors
    /// When the storage is in the way.
    pub(super) fn finish(self) -> Result<Box<dyn Pending>, StoreError> {
        let Self { writer, shown, .. } = self;
        writer.into_inner().map_err(|error| failed(&shown, "writing", &error))
    }
}
