//! Collects the values of text records into batches of bounded size.

use std::borrow::Cow;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use mig_plan::SECRET;

use super::builder::{Builder, Fits};
use super::findings::{Findings, Site};
use crate::arrow_types::arrow_schema;
use crate::store::{Field, StoreError};

/// Rows in a batch, at the most.
pub(super) const BATCH_ROWS: usize = 8_192;
/// Bytes of records in a batch, about, at the most.
pub(super) const BATCH_BYTES: usize = 8 << 20;

/// Takes batches.
pub(super) type Sink<'a> = dyn FnMut(RecordBatch) -> Result<(), StoreError> + 'a;

/// Rows on their way into batches.
pub(super) struct Rows<'a> {
    schema: SchemaRef,
    fields: &'a [Field],
    builders: Vec<Builder>,
    rows: usize,
    bytes: usize,
    /// What becomes of values that do not fit.
    pub(super) findings: &'a mut Findings,
    sink: &'a mut Sink<'a>,
}

impl<'a> Rows<'a> {
    /// Rows of these fields.
    pub(super) fn new(fields: &'a [Field], findings: &'a mut Findings, sink: &'a mut Sink<'a>) -> Self {
        Self {
            schema: arrow_schema(fields),
            fields,
            builders: fields.iter().map(|field| Builder::new(&field.ty)).collect(),
            rows: 0,
            bytes: 0,
            findings,
            sink,
        }
    }

    /// Appends the value of a field in the current row; `shown` is what a message calls the value.
    ///
    /// # Errors
    /// What becomes of a value that does not fit.
    pub(super) fn value<'s>(
        &mut self,
        field: usize,
        site: Site<'_>,
        shown: impl FnOnce() -> Cow<'s, str>,
        append: impl FnOnce(&mut Builder) -> Fits,
    ) -> Result<(), StoreError> {
        let builder = &mut self.builders[field];
        match append(builder) {
            Ok(()) => Ok(()),
            Err(reason) => {
                builder.null();
                let field = &self.fields[field];
                let shown = if field.secret { Cow::Borrowed(SECRET) } else { shown() };
                self.findings.misfit(site, &field.name, &shown, reason)
            }
        }
    }

    /// Ends a row that had so many bytes in the file.
    ///
    /// # Errors
    /// When nobody takes the batch.
    pub(super) fn end_row(&mut self, bytes: usize) -> Result<(), StoreError> {
        self.rows += 1;
        self.bytes += bytes;
        if self.rows >= BATCH_ROWS || self.bytes >= BATCH_BYTES { self.flush() } else { Ok(()) }
    }

    /// Sends what is collected.
    ///
    /// # Errors
    /// When nobody takes the batch.
    pub(super) fn flush(&mut self) -> Result<(), StoreError> {
        if self.rows == 0 {
            return Ok(());
        }
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        (self.rows, self.bytes) = (0, 0);
        let arrays = self.builders.iter_mut().map(Builder::finish).collect::<Result<Vec<_>, _>>();
        match self.findings {
            // Values that do not fit have left holes; a search for them wants no rows.
            Findings::Collect { .. } => Ok(()),
            Findings::Refuse => {
                let batch = arrays
                    .and_then(|arrays| {
                        RecordBatch::try_new_with_options(self.schema.clone(), arrays, &options)
                    })
                    .map_err(|error| StoreError::Refused(format!("rows cannot be made a batch: {error}")))?;
                (self.sink)(batch)
            }
        }
    }
}
