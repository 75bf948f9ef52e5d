//! The formats: the one place where they are told apart.

use arrow::record_batch::RecordBatch;
use mig_plan::{ColumnType, Type};

use super::definition::Definition;
use super::findings::Findings;
use super::inference::Columns;
use super::ipc::IpcPart;
use super::layout::Part;
use super::locator::{Cutter, Span};
use super::parquet::ParquetPart;
use super::rows::Sink;
use super::storage::Pending;
use super::text_part::TextPart;
use super::{csv, ipc, jsonl, parquet};
use crate::store::{Field, StoreError};

/// How a table's files are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Format {
    /// Parquet.
    Parquet,
    /// CSV with a header line.
    Csv,
    /// JSON Lines.
    Jsonl,
    /// Arrow IPC.
    Arrow,
}

impl Format {
    /// The ending of its files' names, without the dot.
    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
            Self::Arrow => "arrow",
        }
    }

    /// Refuses a type that the format cannot keep without loss.
    pub(super) fn accepts(self, ty: &ColumnType) -> Result<(), String> {
        match self {
            Self::Parquet | Self::Arrow => Ok(()),
            Self::Csv => csv::accepts(ty),
            Self::Jsonl => jsonl::accepts(ty),
        }
    }

    /// What the values of undeclared columns are when they have no narrower type in common.
    pub(super) fn widest(self) -> Type {
        match self {
            Self::Parquet | Self::Csv | Self::Arrow => Type::Text,
            Self::Jsonl => Type::Json,
        }
    }

    /// The columns of a file.
    pub(super) fn scan(self, part: &Part) -> Result<Columns, StoreError> {
        match self {
            Self::Parquet => parquet::scan(part),
            Self::Csv => csv::scan(part),
            Self::Jsonl => jsonl::scan(part),
            Self::Arrow => ipc::scan(part),
        }
    }

    /// The rows of a file.
    pub(super) fn count(self, part: &Part) -> Result<u64, StoreError> {
        match self {
            Self::Parquet => parquet::count(part),
            Self::Csv => csv::count(part),
            Self::Jsonl => jsonl::count(part),
            Self::Arrow => ipc::count(part),
        }
    }

    /// Tells a cutter where the rows of a file are.
    pub(super) fn cut(self, part: &Part, span: Span, cutter: &mut Cutter) -> Result<(), StoreError> {
        match self {
            Self::Parquet => parquet::cut(part, span, cutter),
            Self::Csv => csv::cut(part, span, cutter),
            Self::Jsonl => jsonl::cut(part, span, cutter),
            Self::Arrow => ipc::cut(part, span, cutter),
        }
    }

    /// Reads the rows of a span.
    pub(super) fn read(
        self,
        part: &Part,
        span: Span,
        fields: &[Field],
        definition: Option<&Definition>,
        findings: &mut Findings,
        sink: &mut Sink<'_>,
    ) -> Result<(), StoreError> {
        match self {
            Self::Parquet => parquet::read(part, span, fields, definition, findings, sink),
            Self::Csv => csv::read(part, span, fields, definition, findings, sink),
            Self::Jsonl => jsonl::read(part, span, fields, definition, findings, sink),
            Self::Arrow => ipc::read(part, span, fields, definition, findings, sink),
        }
    }

    /// Begins a part; `shown` is what messages call it.
    pub(super) fn begin(
        self,
        file: Box<dyn Pending>,
        fields: &[Field],
        definition: Option<&Definition>,
        shown: &str,
    ) -> Result<PartWriter, StoreError> {
        Ok(match self {
            Self::Parquet => PartWriter::Parquet(Box::new(ParquetPart::begin(file, fields, shown)?)),
            Self::Csv => PartWriter::Text(TextPart::csv(file, fields, shown)),
            Self::Jsonl => PartWriter::Text(TextPart::jsonl(file, fields, shown, jsonl::nulls(definition))),
            Self::Arrow => PartWriter::Arrow(Box::new(IpcPart::begin(file, fields, shown)?)),
        })
    }
}

/// A part that is being written.
pub(super) enum PartWriter {
    Parquet(Box<ParquetPart>),
    Arrow(Box<IpcPart>),
    Text(TextPart),
}

impl PartWriter {
    /// Writes the rows of a batch.
    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), StoreError> {
        match self {
            Self::Parquet(part) => part.write(batch),
            Self::Arrow(part) => part.write(batch),
            Self::Text(part) => part.write(batch),
        }
    }

    /// Ends the part and gives the file back, not yet sealed.
    pub(super) fn finish(self) -> Result<Box<dyn Pending>, StoreError> {
        match self {
            Self::Parquet(part) => part.finish(),
            Self::Arrow(part) => part.finish(),
            Self::Text(part) => part.finish(),
        }
    }
}
