//! Arrow IPC files (Feather, version 2), through the arrow crate's decoder and writer.
//!
//! Rows are found by their number, with what each record batch says about itself, so that a chunk reads only the
//! batches that it needs; a batch is read whole. Types are those of [`types`]. The stream form has no footer and is
//! refused.

mod types;

use std::io::BufWriter;
use std::sync::Arc;

use arrow::array::{ArrayRef, new_null_array};
use arrow::buffer::Buffer;
use arrow::datatypes::{Field as ArrowField, SchemaRef};
use arrow::error::ArrowError;
use arrow::ipc::convert::try_fb_to_schema;
use arrow::ipc::reader::{FileDecoder, read_footer_length};
use arrow::ipc::writer::{FileWriter, IpcWriteOptions};
use arrow::ipc::{Block, CompressionType, Message, MetadataVersion, root_as_footer, root_as_message};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use bytes::Bytes;
use mig_plan::{Compression, Packing};

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

/// Bytes of a record batch once it is unpacked, at the most: what a reader holds in memory.
const LARGEST: u64 = 1 << 30;
/// The footer's length and the magic at a file's end.
const TAIL: u64 = 10;

/// A file with its footer read.
struct Opened {
    source: Arc<dyn Source>,
    schema: SchemaRef,
    version: MetadataVersion,
    dictionaries: Vec<Block>,
    batches: Vec<Block>,
}

fn broken(part: &Part, error: impl std::fmt::Display) -> StoreError {
    StoreError::Refused(format!("reading {}: {error}", part.shown()))
}

fn open(part: &Part) -> Result<Opened, StoreError> {
    let source = part.open()?;
    let length = source.length();
    let no_file =
        "this is no Arrow IPC file; a stream, or a Feather file of version 1, must be written anew as one";
    let Some(end) = length.checked_sub(TAIL) else { return Err(broken(part, no_file)) };
    let tail = bytes(part, &*source, end, TAIL)?;
    let tail = <[u8; 10]>::try_from(&*tail).map_err(|_| broken(part, no_file))?;
    let footer = read_footer_length(tail).map_err(|_| broken(part, no_file))? as u64;
    let Some(from) = end.checked_sub(footer) else { return Err(broken(part, no_file)) };
    let footer = bytes(part, &*source, from, footer)?;
    let footer = root_as_footer(&footer).map_err(|error| broken(part, error))?;
    let schema = footer.schema().ok_or_else(|| broken(part, "the footer has no schema"))?;
    let schema = decoded(part, || try_fb_to_schema(schema))?.map_err(|error| broken(part, error))?;
    let opened = Opened {
        schema: Arc::new(schema),
        version: footer.version(),
        dictionaries: footer.dictionaries().map(|all| all.iter().copied().collect()).unwrap_or_default(),
        batches: footer.recordBatches().map(|all| all.iter().copied().collect()).unwrap_or_default(),
        source,
    };
    declared::distinct(part, opened.schema.fields().iter().map(|field| field.name().as_str()))?;
    Ok(opened)
}

fn bytes(part: &Part, source: &dyn Source, from: u64, length: u64) -> Result<Bytes, StoreError> {
    let length = usize::try_from(length).map_err(|error| broken(part, error))?;
    source.bytes(from, length).map_err(|error| failure::io(&error, &format!("reading {}", part.shown())))
}

/// Where a message is: the file's own words, looked at before they are believed.
struct Place {
    from: u64,
    metadata: u64,
    body: u64,
}

impl Place {
    fn of(part: &Part, source: &dyn Source, block: &Block) -> Result<Self, StoreError> {
        let place = (|| {
            let from = u64::try_from(block.offset()).ok()?;
            let metadata = u64::try_from(block.metaDataLength()).ok().filter(|length| *length >= 8)?;
            let body = u64::try_from(block.bodyLength()).ok()?;
            let end = from.checked_add(metadata)?.checked_add(body)?;
            (end <= source.length()).then_some(Self { from, metadata, body })
        })();
        place.ok_or_else(|| broken(part, "the footer names a place outside of the file"))
    }

    fn length(&self) -> u64 {
        self.metadata + self.body
    }
}

/// The message at the beginning of bytes: behind its length, and in files of newer versions a mark before that.
fn message<'a>(part: &Part, bytes: &'a [u8]) -> Result<Message<'a>, StoreError> {
    let skipped = if bytes.starts_with(&[0xff; 4]) { 8 } else { 4 };
    root_as_message(bytes.get(skipped..).unwrap_or_default()).map_err(|error| broken(part, error))
}

impl Opened {
    /// Every column as the file declares it.
    fn columns(&self) -> Vec<Declared> {
        let declared = |field: &Arc<ArrowField>| Declared {
            name: field.name().clone(),
            native: field.data_type().to_string(),
            ty: types::column_type(field),
            optional: field.is_nullable(),
        };
        self.schema.fields().iter().map(declared).collect()
    }

    /// How many rows a record batch has.
    fn rows(&self, part: &Part, block: &Block) -> Result<u64, StoreError> {
        let place = Place::of(part, &*self.source, block)?;
        let metadata = bytes(part, &*self.source, place.from, place.metadata)?;
        let batch = message(part, &metadata)?.header_as_record_batch();
        let rows = batch.and_then(|batch| u64::try_from(batch.length()).ok());
        // What a column of nulls claims to have takes no room in the file, and time to go through.
        let rows = rows.filter(|rows| *rows <= LARGEST);
        rows.ok_or_else(|| broken(part, "a record batch that is none"))
    }

    /// The bytes of a message with its body, which does not become larger than is borne when it is unpacked.
    fn block(&self, part: &Part, block: &Block) -> Result<Buffer, StoreError> {
        let place = Place::of(part, &*self.source, block)?;
        let too_large = || broken(part, "a record batch of more than 1 GiB; have it written in smaller ones");
        if place.length() > LARGEST {
            return Err(too_large());
        }
        let bytes = bytes(part, &*self.source, place.from, place.length())?;
        let message = message(part, &bytes)?;
        let batch = message.header_as_record_batch().or_else(|| message.header_as_dictionary_batch()?.data());
        if let Some(batch) = batch.filter(|batch| batch.compression().is_some()) {
            let mut unpacked = 0_u64;
            for buffer in batch.buffers().iter().flat_map(|buffers| buffers.iter()) {
                let from =
                    u64::try_from(buffer.offset()).ok().and_then(|from| from.checked_add(place.metadata));
                let from = from.and_then(|from| usize::try_from(from).ok()).unwrap_or(usize::MAX);
                let length = bytes.get(from..).and_then(|rest| rest.first_chunk::<8>());
                // None for an empty buffer, and -1 for one that is not packed.
                let length = length.map_or(0, |length| i64::from_le_bytes(*length));
                unpacked = unpacked.saturating_add(u64::try_from(length).unwrap_or(0));
            }
            if unpacked > LARGEST {
                return Err(too_large());
            }
        }
        Ok(Buffer::from(bytes))
    }
}

/// The columns as the file declares them.
pub(super) fn scan(part: &Part) -> Result<Columns, StoreError> {
    Ok(declared::declare(open(part)?.columns()))
}

/// How many rows there are.
pub(super) fn count(part: &Part) -> Result<u64, StoreError> {
    let opened = open(part)?;
    let add = |all: u64, block| opened.rows(part, block).map(|rows| all.saturating_add(rows));
    opened.batches.iter().try_fold(0, add)
}

/// Tells a cutter the rows.
pub(super) fn cut(part: &Part, span: Span, cutter: &mut Cutter) -> Result<(), StoreError> {
    let rows = count(part)?;
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
    let sources = declared::sources(part, &opened.columns(), fields, definition, findings)?;
    let mut projected: Vec<usize> = sources.iter().flatten().copied().collect();
    projected.sort_unstable();
    projected.dedup();
    let failed = |error: ArrowError| broken(part, error);
    let mut decoder =
        FileDecoder::new(Arc::clone(&opened.schema), opened.version).with_projection(projected.clone());
    for block in &opened.dictionaries {
        let bytes = opened.block(part, block)?;
        decoded(part, || decoder.read_dictionary(block, &bytes))?.map_err(failed)?;
    }
    let first = span.after.map_or(0, |after| after.at);
    let mut begin = 0;
    for block in &opened.batches {
        let rows = opened.rows(part, block)?;
        let end = u64::saturating_add(begin, rows);
        if span.up_to.is_some_and(|up_to| begin >= up_to) {
            return Ok(());
        }
        if end > first {
            let bytes = opened.block(part, block)?;
            let found = decoded(part, || decoder.read_record_batch(block, &bytes))?.map_err(failed)?;
            let batch = found.filter(|batch| batch.num_rows() as u64 == rows);
            let batch = batch.ok_or_else(|| broken(part, "a record batch that is none"))?;
            let from = first.saturating_sub(begin);
            let to = span.up_to.map_or(rows, |up_to| rows.min(up_to - begin));
            let batch = batch.slice(position(from), position(to.saturating_sub(from)));
            pieces(part, &batch, begin + from, (fields, &sources, &projected), findings, sink)?;
        }
        begin = end;
    }
    if first > begin {
        return Err(broken(
            part,
            format!("there is no row {first}; the file was changed since its rows were divided into chunks"),
        ));
    }
    Ok(())
}

fn position(row: u64) -> usize {
    usize::try_from(row).unwrap_or(usize::MAX)
}

/// Sends a record batch in batches of bounded size. `before` rows are before it in the file.
fn pieces(
    part: &Part,
    batch: &RecordBatch,
    before: u64,
    (fields, sources, projected): (&[Field], &[Option<usize>], &[usize]),
    findings: &mut Findings,
    sink: &mut Sink<'_>,
) -> Result<(), StoreError> {
    let schema = arrow_schema(fields);
    let rows = batch.num_rows();
    let bytes = batch.get_array_memory_size().max(1);
    let piece = (BATCH_BYTES.saturating_mul(rows) / bytes).clamp(1, BATCH_ROWS);
    for from in (0..rows).step_by(piece) {
        let batch = batch.slice(from, piece.min(rows - from));
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(fields.len());
        for (field, source) in fields.iter().zip(sources) {
            let place = source.and_then(|source| projected.binary_search(&source).ok());
            arrays.push(match place {
                Some(place) => {
                    let array = decoded(part, || types::plain(batch.column(place)))?;
                    let array = array.map_err(|error| broken(part, error))?;
                    declared::adapted(part, field, &array, before + from as u64, findings)?
                }
                None => new_null_array(&arrow_type(&field.ty.ty), batch.num_rows()),
            });
        }
        match findings {
            Findings::Collect { .. } => {}
            Findings::Refuse => {
                let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
                let batch = RecordBatch::try_new_with_options(Arc::clone(&schema), arrays, &options)
                    .map_err(|error| broken(part, error))?;
                sink(batch)?;
            }
        }
    }
    Ok(())
}

/// A part that is being written.
pub(super) struct IpcPart {
    writer: FileWriter<BufWriter<Box<dyn Pending>>>,
    fields: Vec<Field>,
    shown: String,
    rows: u64,
}

impl IpcPart {
    /// Begins a part.
    ///
    /// # Errors
    /// When the storage is in the way.
    pub(super) fn begin(
        file: Box<dyn Pending>,
        fields: &[Field],
        shown: &str,
        packing: Packing,
    ) -> Result<Self, StoreError> {
        let codec = match packing.compression {
            Compression::Zstd => Some(CompressionType::ZSTD),
            Compression::Lz4 => Some(CompressionType::LZ4_FRAME),
            Compression::None | Compression::Gzip | Compression::Snappy => None,
        };
        let writer = IpcWriteOptions::default()
            .try_with_compression(codec)
            .and_then(|options| {
                FileWriter::try_new_with_options(BufWriter::new(file), &types::schema(fields), options)
            })
            .map_err(|error| unwritten(shown, error))?;
        Ok(Self { writer, fields: fields.to_vec(), shown: shown.to_owned(), rows: 0 })
    }

    /// Writes the rows of a batch.
    ///
    /// # Errors
    /// When a `json` is not JSON, or the storage is in the way.
    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), StoreError> {
        values::check_batch(batch, &self.fields, self.rows, &self.shown)?;
        self.rows += batch.num_rows() as u64;
        self.writer.write(batch).map_err(|error| unwritten(&self.shown, error))
    }

    /// Ends the part and gives the file back.
    ///
    /// # Errors
    /// When the storage is in the way.
    pub(super) fn finish(self) -> Result<Box<dyn Pending>, StoreError> {
        let Self { mut writer, shown, .. } = self;
        let file = writer.finish().and_then(|()| writer.into_inner());
        let file = file.map_err(|error| unwritten(&shown, error))?;
        file.into_inner().map_err(|error| failure::io(error.error(), &format!("writing {shown}")))
    }
}

fn unwritten(shown: &str, error: ArrowError) -> StoreError {
    if let ArrowError::IoError(_, error) = &error {
        return failure::io(error, &format!("writing {shown}"));
    }
    StoreError::Refused(format!("writing {shown}: {error}"))
}
