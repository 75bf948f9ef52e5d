//! Writes one part of text: rows of batches as lines of CSV or JSON.

use arrow::record_batch::RecordBatch;

use super::builder::JsonNull;
use super::storage::Pending;
use super::values::Values;
use super::{csv, failure, jsonl};
use crate::store::{Field, StoreError};

/// Bytes that are gathered before they are written.
const GATHERED: usize = 256 << 10;

/// How a row is written.
enum Notation {
    Csv,
    Jsonl { names: Vec<Vec<u8>>, nulls: JsonNull },
}

/// A part that is being written.
pub(super) struct TextPart {
    file: Box<dyn Pending>,
    fields: Vec<Field>,
    notation: Notation,
    buffer: Vec<u8>,
    rows: u64,
    shown: String,
}

impl TextPart {
    /// Begins a part of CSV with its header.
    pub(super) fn csv(file: Box<dyn Pending>, fields: &[Field], shown: &str) -> Self {
        let mut part = Self::new(file, fields, shown, Notation::Csv);
        csv::put_header(fields, &mut part.buffer);
        part
    }

    /// Begins a part of JSON Lines.
    pub(super) fn jsonl(file: Box<dyn Pending>, fields: &[Field], shown: &str, nulls: JsonNull) -> Self {
        Self::new(file, fields, shown, Notation::Jsonl { names: jsonl::names(fields), nulls })
    }

    fn new(file: Box<dyn Pending>, fields: &[Field], shown: &str, notation: Notation) -> Self {
        let (fields, shown) = (fields.to_vec(), shown.to_owned());
        Self { file, fields, notation, buffer: Vec::with_capacity(2 * GATHERED), rows: 0, shown }
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
                Notation::Csv => csv::put_row(&columns, row, &mut self.buffer),
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
        Ok(self.file)
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        self.file
            .write_all(&self.buffer)
            .map_err(|error| failure::io(&error, &format!("writing {}", self.shown)))?;
        self.buffer.clear();
        Ok(())
    }
}
