//! Writes one part of text: rows of batches as lines of CSV or JSON, encoded and packed as the store says.

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use mig_plan::Encoding;

use super::builder::JsonNull;
use super::format::TextFormat;
use super::packing::Packed;
use super::storage::Pending;
use super::values::Values;
use super::{csv, encoding, failure, jsonl};
use crate::store::{Field, StoreError};

/// Bytes that are gathered before they are written.
const GATHERED: usize = 256 << 10;

/// How a row is written.
enum Notation {
    Csv(Arc<TextFormat>),
    Jsonl { names: Vec<Vec<u8>>, nulls: JsonNull },
}

/// A part that is being written.
pub(super) struct TextPart {
    file: Packed,
    fields: Vec<Field>,
    notation: Notation,
    /// Text in UTF-8.
    buffer: Vec<u8>,
    encoding: Encoding,
    rows: u64,
    shown: String,
}

impl TextPart {
    /// Begins a part of CSV, with its header where the dialect has one.
    ///
    /// # Errors
    /// When a name has no text in the dialect, or the storage is in the way.
    pub(super) fn csv(
        file: Box<dyn Pending>,
        fields: &[Field],
        shown: &str,
        format: &Arc<TextFormat>,
    ) -> Result<Self, StoreError> {
        let dialect = &format.dialect;
        let mut part = Self::new(file, fields, shown, format, Notation::Csv(Arc::clone(format)))?;
        part.encoding = dialect.encoding;
        if dialect.bom {
            part.buffer.extend_from_slice("\u{feff}".as_bytes());
        }
        if dialect.header {
            csv::put_header(fields, dialect, &mut part.buffer).map_err(|(column, reason)| {
                let name = fields.get(column).map_or("", |field| field.name.as_str());
                StoreError::Refused(format!("{shown}: the name of column `{name}`: {reason}"))
            })?;
        }
        Ok(part)
    }

    /// Begins a part of JSON Lines.
    ///
    /// # Errors
    /// When the storage is in the way.
    pub(super) fn jsonl(
        file: Box<dyn Pending>,
        fields: &[Field],
        shown: &str,
        format: &TextFormat,
        nulls: JsonNull,
    ) -> Result<Self, StoreError> {
        Self::new(file, fields, shown, format, Notation::Jsonl { names: jsonl::names(fields), nulls })
    }

    fn new(
        file: Box<dyn Pending>,
        fields: &[Field],
        shown: &str,
        format: &TextFormat,
        notation: Notation,
    ) -> Result<Self, StoreError> {
        let file = Packed::new(file, format.packing)
            .map_err(|error| failure::io(&error, &format!("writing {shown}")))?;
        let (fields, shown) = (fields.to_vec(), shown.to_owned());
        let buffer = Vec::with_capacity(2 * GATHERED);
        Ok(Self { file, fields, notation, buffer, encoding: Encoding::Utf8, rows: 0, shown })
    }

    /// Writes the rows of a batch.
    ///
    /// # Errors
    /// When a value has no exact text, or the storage is in the way.
    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), StoreError> {
        let columns = batch
            .columns()
            .iter()
            .zip(&self.fields)
            .map(|(array, field)| {
                Values::new(array, &field.ty.ty).map_err(|error| {
                    StoreError::Refused(format!("{}: column `{}`: {error}", self.shown, field.name))
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            self.rows += 1;
            let put = match &self.notation {
                Notation::Csv(format) => csv::put_row(&columns, row, &format.dialect, &mut self.buffer),
                Notation::Jsonl { names, nulls } => {
                    jsonl::put_row(names, &columns, row, *nulls, &mut self.buffer)
                }
            };
            put.map_err(|(column, reason)| {
                let column = self.fields.get(column).map_or("", |field| field.name.as_str());
                StoreError::Refused(format!(
                    "{}: row {} of the chunk, column `{column}`: {reason}",
                    self.shown, self.rows
                ))
            })?;
            if self.buffer.len() >= GATHERED {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Ends the part and gives the file back.
    ///
    /// # Errors
    /// When the storage is in the way.
    pub(super) fn finish(mut self) -> Result<Box<dyn Pending>, StoreError> {
        self.flush()?;
        let Self { file, shown, .. } = self;
        file.finish().map_err(|error| failure::io(&error, &format!("writing {shown}")))
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        let written = match (self.encoding, std::str::from_utf8(&self.buffer)) {
            (Encoding::Utf8, _) | (_, Err(_)) => self.file.write_all(&self.buffer),
            (encoding, Ok(text)) => {
                let mut encoded = Vec::with_capacity(2 * text.len());
                encoding::put(text, encoding, &mut encoded);
                self.file.write_all(&encoded)
            }
        };
        written.map_err(|error| failure::io(&error, &format!("writing {}", self.shown)))?;
        self.buffer.clear();
        Ok(())
    }
}
