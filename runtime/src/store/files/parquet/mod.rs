//! Parquet, through the parquet crate's Arrow reader and writer.
//!
//! Rows are found by their number, with what a file says about its row groups and pages, so that a chunk
//! reads only what it needs. Types are those of [`types`]; a value that a column's type does not hold
//! exactly (nanoseconds, text that is not UTF-8) is told with its row.

mod adapt;
mod types;

use std::collections::HashSet;
use std::fs::File;
use std::sync::Arc;

use arrow::array::{ArrayRef, new_null_array};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use mig_plan::Type;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::arrow::arrow_writer::{ArrowWriter, ArrowWriterOptions};
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData};
use parquet::file::properties::WriterProperties;
use parquet::schema::types::SchemaDescriptor;

use super::definition::Definition;
use super::findings::{Findings, Site};
use super::inference::Columns;
use super::layout::Part;
use super::locator::{Cutter, Position, Span};
use super::rows::{BATCH_BYTES, BATCH_ROWS, Sink};
use super::{failure, values};
use crate::arrow_types::{arrow_schema, arrow_type};
use crate::store::{Field, StoreError};

/// Encoded bytes of a row group, at the most: what a writer holds in memory.
const ROW_GROUP_BYTES: usize = 64 << 20;

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

    /// Every column: its name, Parquet's name of its type, the language's, whether it is optional.
    fn columns(&self) -> impl Iterator<Item = (&str, String, Option<Type>, bool)> {
        let (schema, arrow) = (self.schema(), self.metadata.schema());
        schema.root_schema().get_fields().iter().enumerate().map(move |(root, node)| {
            let mut leaves = (0..schema.num_columns())
                .filter(move |leaf| schema.get_column_root_idx(*leaf) == root)
                .map(|leaf| schema.column(leaf));
            let (first, only) = (leaves.next(), leaves.next().is_none());
            let ty = match (&first, arrow.field_with_name(node.name())) {
                (Some(leaf), Ok(field)) if only => types::column_type(field.data_type(), leaf),
                _ => None,
            };
            (node.name(), types::native(node, first.as_deref()), ty, node.is_optional())
        })
    }
}

fn failed(part: &Part, doing: &str, error: &ParquetError) -> StoreError {
    if let ParquetError::External(source) = error
        && let Some(io) = source.downcast_ref::<std::io::Error>()
    {
        return failure::io(io, &format!("{doing} {}", part.shown()));
    }
    StoreError::Refused(format!("{doing} {}: {error}", part.shown()))
}

fn options() -> ArrowReaderOptions {
    ArrowReaderOptions::new().with_skip_arrow_metadata(true)
}

fn open(part: &Part, options: ArrowReaderOptions) -> Result<Opened, StoreError> {
    let doing = || format!("reading {}", part.shown());
    let file = File::open(&part.path).map_err(|error| failure::io(&error, &doing()))?;
    let metadata =
        ArrowReaderMetadata::load(&file, options).map_err(|error| failed(part, "reading", &error))?;
    let opened = Opened { file, metadata };
    let mut names = HashSet::new();
    if let Some(twice) = opened.columns().map(|(name, ..)| name).find(|name| !names.insert(*name)) {
        return Err(StoreError::Refused(format!("{}: two columns have the name `{twice}`", part.shown())));
    }
    Ok(opened)
}

/// The columns as the file declares them.
pub(super) fn scan(part: &Part) -> Result<Columns, StoreError> {
    let opened = open(part, options())?;
    let mut columns = Columns::default();
    for (name, native, ty, optional) in opened.columns() {
        columns.declare(name, native, ty, optional);
    }
    Ok(columns)
}

/// How many rows there are.
pub(super) fn count(part: &Part) -> Result<u64, StoreError> {
    Ok(open(part, options())?.rows())
}

/// Tells a cutter the rows.
pub(super) fn cut(part: &Part, span: Span, cutter: &mut Cutter) -> Result<(), StoreError> {
    let rows = open(part, options())?.rows();
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
    let opened = open(part, options())?;
    let roots = sources(part, &opened, fields, definition, findings)?;
    let plain = types::texts_as_bytes(opened.schema()).map_err(|error| failed(part, "reading", &error))?;
    let options =
        options().with_offset_index_policy(PageIndexPolicy::Optional).with_parquet_schema(Arc::new(plain));
    let Opened { file, metadata } = open(part, options)?;
    let all = opened.rows();
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
    let mask =
        ProjectionMask::roots(metadata.metadata().file_metadata().schema_descr(), projected.iter().copied());
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata)
        .with_batch_size(groups.batch_rows)
        .with_projection(mask)
        .with_row_groups(groups.places)
        .with_offset(groups.skipped)
        .with_limit(usize::try_from(end - first).unwrap_or(usize::MAX))
        .build()
        .map_err(|error| failed(part, "reading", &error))?;
    let schema = arrow_schema(fields);
    let mut row = first;
    for batch in reader {
        let batch = batch.map_err(|error| failed(part, "reading", &external(error)))?;
        let mut arrays = Vec::with_capacity(fields.len());
        for (field, root) in fields.iter().zip(&roots) {
            let found =
                root.and_then(|root| projected.binary_search(&root).ok()).map(|place| batch.column(place));
            arrays.push(match found {
                Some(array) => adapted(part, field, array, row, findings)?,
                None => new_null_array(&arrow_type(&field.ty.ty), batch.num_rows()),
            });
        }
        row += batch.num_rows() as u64;
        match findings {
            Findings::Collect { .. } => {}
            Findings::Refuse => {
                let batch = RecordBatch::try_new(schema.clone(), arrays)
                    .map_err(|error| failed(part, "reading", &external(error)))?;
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

fn adapted(
    part: &Part,
    field: &Field,
    array: &ArrayRef,
    before: u64,
    findings: &mut Findings,
) -> Result<ArrayRef, StoreError> {
    adapt::adapt(array, &field.ty, &mut |row, value, reason| {
        let position = Position { at: before + row as u64 + 1, line: None };
        findings.misfit(Site { part, position, line: None }, &field.name, value, reason)
    })
}

/// Where each field is in the file: the place of its column.
fn sources(
    part: &Part,
    opened: &Opened,
    fields: &[Field],
    definition: Option<&Definition>,
    findings: &mut Findings,
) -> Result<Vec<Option<usize>>, StoreError> {
    let site = Site { part, position: Position { at: 0, line: None }, line: None };
    let columns: Vec<_> = opened.columns().collect();
    if let Some(definition) = definition {
        for (name, ..) in columns.iter().filter(|(name, ..)| !definition.names().any(|known| known == *name))
        {
            findings.misfit(site, name, "", "the table has no such column".to_owned())?;
        }
    }
    let mut sources = Vec::with_capacity(fields.len());
    for field in fields {
        let source = columns.iter().position(|(name, ..)| *name == field.name);
        match source.map(|place| &columns[place]) {
            Some((_, _, Some(ty), _)) if types::widens(ty, &field.ty.ty) => {}
            Some((_, native, ..)) => {
                return Err(StoreError::Refused(format!(
                    "{}: column `{}` is {native}, which cannot be read as {} without loss",
                    part.shown(),
                    field.name,
                    field.ty.ty
                )));
            }
            None if !field.ty.nullable => {
                findings.misfit(site, &field.name, "", "the file has no such column".to_owned())?;
            }
            None => {}
        }
        sources.push(source);
    }
    Ok(sources)
}

/// The row groups that rows are in.
struct Groups {
    places: Vec<usize>,
    /// Rows of the first group that are not wanted.
    skipped: usize,
    /// Rows that make a batch of bounded bytes, judging by the groups' average.
    batch_rows: usize,
}

impl Groups {
    fn of(footer: &ParquetMetaData, first: u64, end: u64) -> Self {
        let mut groups = Self { places: Vec::new(), skipped: 0, batch_rows: BATCH_ROWS };
        let mut begin = 0;
        for (place, group) in footer.row_groups().iter().enumerate() {
            let rows = u64::try_from(group.num_rows()).unwrap_or(0);
            if begin < end && begin + rows > first {
                if groups.places.is_empty() {
                    groups.skipped = usize::try_from(first - begin).unwrap_or(usize::MAX);
                }
                groups.places.push(place);
                let bytes = u64::try_from(group.total_byte_size()).unwrap_or(0).max(1);
                let fitting = (BATCH_BYTES as u64).saturating_mul(rows) / bytes;
                groups.batch_rows =
                    groups.batch_rows.min(usize::try_from(fitting).unwrap_or(BATCH_ROWS)).max(1);
            }
            begin += rows;
        }
        groups
    }
}

/// A part that is being written.
pub(super) struct ParquetPart {
    writer: ArrowWriter<File>,
    fields: Vec<Field>,
    part: Part,
    rows: u64,
}

impl ParquetPart {
    /// Begins a part.
    ///
    /// # Errors
    /// When the disk is in the way.
    pub(super) fn begin(file: File, fields: &[Field], part: Part) -> Result<Self, StoreError> {
        let failed = |error: &ParquetError| failed(&part, "writing", error);
        let properties = WriterProperties::builder()
            .set_created_by(concat!("mig ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).map_err(|error| failed(&error))?))
            .set_max_row_group_bytes(Some(ROW_GROUP_BYTES))
            .build();
        let options = ArrowWriterOptions::new()
            .with_properties(properties)
            .with_skip_arrow_metadata(true)
            .with_parquet_schema(types::schema(fields).map_err(|error| failed(&error))?);
        let writer = ArrowWriter::try_new_with_options(file, arrow_schema(fields), options)
            .map_err(|error| failed(&error))?;
        Ok(Self { writer, fields: fields.to_vec(), part, rows: 0 })
    }

    /// Writes the rows of a batch.
    ///
    /// # Errors
    /// When a `json` is not JSON, or the disk is in the way.
    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), StoreError> {
        for (array, field) in batch.columns().iter().zip(&self.fields) {
            values::check_all(array, &field.ty).map_err(|(row, reason)| {
                let row = self.rows + row as u64 + 1;
                StoreError::Refused(format!(
                    "{}: row {row} of the chunk, column `{}`: {reason}",
                    self.part.shown(),
                    field.name
                ))
            })?;
        }
        self.rows += batch.num_rows() as u64;
        self.writer.write(batch).map_err(|error| failed(&self.part, "writing", &error))
    }

    /// Ends the part and gives the file back.
    ///
    /// # Errors
    /// When the disk is in the way.
    pub(super) fn finish(self) -> Result<File, StoreError> {
        let Self { writer, part, .. } = self;
        writer.into_inner().map_err(|error| failed(&part, "writing", &error))
    }
}
