//! The formats: the one place where they are told apart.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use mig_plan::{ColumnType, Dialect, ObjectStorage, PARTITION_BY, Packing, SettingError, StoreKind, Type};

use super::definition::Definition;
use super::findings::Findings;
use super::inference::Columns;
use super::ipc::IpcPart;
use super::layout::Part;
use super::locator::{Cutter, Span};
use super::parquet::ParquetPart;
use super::readers::Readers;
use super::rows::Sink;
use super::storage::Pending;
use super::text_part::TextPart;
use super::{csv, ipc, jsonl, packing, parquet};
use crate::store::{Field, Location, StoreError};

/// How a table's files are written. What packs files that are read, they tell themselves.
#[derive(Debug, Clone)]
pub(super) enum Format {
    /// Parquet.
    Parquet(Packing),
    /// CSV.
    Csv(Arc<TextFormat>),
    /// JSON Lines.
    Jsonl(Arc<TextFormat>),
    /// Arrow IPC.
    Arrow(Packing),
}

/// How text is written.
#[derive(Debug)]
pub(super) struct TextFormat {
    /// How CSV is; JSON Lines are UTF-8 and nothing else.
    pub(super) dialect: Dialect,
    /// What packs the files that are written.
    pub(super) packing: Packing,
    /// Readers that stopped inside files.
    pub(super) readers: Readers,
}

impl Format {
    /// The format of a store's files, as its settings say.
    ///
    /// # Errors
    /// When a setting cannot stand, or is none of such a store's.
    pub(super) fn of(kind: StoreKind, location: &Location) -> Result<Self, StoreError> {
        let settings: BTreeMap<String, String> =
            location.settings().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let is_csv = kind == StoreKind::Csv;
        let known = |name: &&str| {
            ObjectStorage::all_settings().any(|one| one == *name)
                || *name == PARTITION_BY
                || Packing::SETTINGS.contains(name)
                || is_csv && Dialect::SETTINGS.contains(name)
        };
        if let Some(name) = settings.keys().map(String::as_str).find(|name| !known(name)) {
            return Err(StoreError::Refused(format!(
                "a store of kind {kind} has no setting `{name}`; remove it"
            )));
        }
        let refused = |(name, why): SettingError| {
            StoreError::Refused(format!("the store's `{name}` cannot stand: {why}"))
        };
        let packing = Packing::of(kind, &settings).map_err(refused)?;
        let dialect = Dialect::of(&settings).map_err(refused)?;
        let text = || Arc::new(TextFormat { dialect, packing, readers: Readers::default() });
        match kind {
            StoreKind::Parquet => Ok(Self::Parquet(packing)),
            StoreKind::Csv => Ok(Self::Csv(text())),
            StoreKind::Jsonl => Ok(Self::Jsonl(text())),
            StoreKind::Arrow => Ok(Self::Arrow(packing)),
            StoreKind::Sqlite | StoreKind::Postgres | StoreKind::Mysql => {
                Err(StoreError::Refused(format!("a store of kind {kind} is no folder of files")))
            }
        }
    }

    /// The ending of its files' names, without the dot, and without that of what packs them.
    pub(super) fn extension(&self) -> &'static str {
        match self {
            Self::Parquet(_) => "parquet",
            Self::Csv(_) => "csv",
            Self::Jsonl(_) => "jsonl",
            Self::Arrow(_) => "arrow",
        }
    }

    /// The ending of the names of files that are written.
    pub(super) fn ending(&self) -> String {
        match self {
            Self::Parquet(_) | Self::Arrow(_) => self.extension().to_owned(),
            Self::Csv(text) | Self::Jsonl(text) => {
                format!("{}{}", self.extension(), packing::ending(text.packing.compression))
            }
        }
    }

    /// Every ending that names of its files may have.
    pub(super) fn endings(&self) -> &'static [&'static str] {
        match self {
            Self::Parquet(_) => &["parquet"],
            Self::Csv(_) => &["csv", "csv.gz", "csv.zst"],
            Self::Jsonl(_) => &["jsonl", "jsonl.gz", "jsonl.zst"],
            Self::Arrow(_) => &["arrow"],
        }
    }

    /// A file's name without its ending, where it has one of the format's and something before it.
    pub(super) fn stem<'a>(&self, name: &'a str) -> Option<&'a str> {
        let stem = |ending: &&str| name.strip_suffix(ending)?.strip_suffix('.');
        self.endings().iter().find_map(stem).filter(|stem| !stem.is_empty())
    }

    /// Refuses a type that the format cannot keep without loss.
    pub(super) fn accepts(&self, ty: &ColumnType) -> Result<(), String> {
        match self {
            Self::Parquet(_) | Self::Arrow(_) => Ok(()),
            Self::Csv(_) => csv::accepts(ty),
            Self::Jsonl(_) => jsonl::accepts(ty),
        }
    }

    /// What the values of undeclared columns are when they have no narrower type in common.
    pub(super) fn widest(&self) -> Type {
        match self {
            Self::Parquet(_) | Self::Csv(_) | Self::Arrow(_) => Type::Text,
            Self::Jsonl(_) => Type::Json,
        }
    }

    /// The columns of a file.
    pub(super) fn scan(&self, part: &Part) -> Result<Columns, StoreError> {
        match self {
            Self::Parquet(_) => parquet::scan(part),
            Self::Csv(text) => csv::scan(part, text),
            Self::Jsonl(text) => jsonl::scan(part, text),
            Self::Arrow(_) => ipc::scan(part),
        }
    }

    /// The rows of a file.
    pub(super) fn count(&self, part: &Part) -> Result<u64, StoreError> {
        match self {
            Self::Parquet(_) => parquet::count(part),
            Self::Csv(text) => csv::count(part, text),
            Self::Jsonl(text) => jsonl::count(part, text),
            Self::Arrow(_) => ipc::count(part),
        }
    }

    /// Tells a cutter where the rows of a file are.
    pub(super) fn cut(&self, part: &Part, span: Span, cutter: &mut Cutter) -> Result<(), StoreError> {
        match self {
            Self::Parquet(_) => parquet::cut(part, span, cutter),
            Self::Csv(text) => csv::cut(part, text, span, cutter),
            Self::Jsonl(text) => jsonl::cut(part, text, span, cutter),
            Self::Arrow(_) => ipc::cut(part, span, cutter),
        }
    }

    /// Reads the rows of a span.
    pub(super) fn read(
        &self,
        part: &Part,
        span: Span,
        fields: &[Field],
        definition: Option<&Definition>,
        findings: &mut Findings,
        sink: &mut Sink<'_>,
    ) -> Result<(), StoreError> {
        match self {
            Self::Parquet(_) => parquet::read(part, span, fields, definition, findings, sink),
            Self::Csv(text) => csv::read(part, text, span, fields, definition, findings, sink),
            Self::Jsonl(text) => jsonl::read(part, text, span, fields, definition, findings, sink),
            Self::Arrow(_) => ipc::read(part, span, fields, definition, findings, sink),
        }
    }

    /// Begins a part; `shown` is what messages call it. Nothing is written yet of its first rows, by which it is decided how
    /// its columns are written.
    pub(super) fn begin(
        &self,
        file: Box<dyn Pending>,
        fields: &[Field],
        definition: Option<&Definition>,
        shown: &str,
        first: &RecordBatch,
    ) -> Result<PartWriter, StoreError> {
        Ok(match self {
            Self::Parquet(packing) => {
                PartWriter::Parquet(Box::new(ParquetPart::begin(file, fields, shown, *packing, first)?))
            }
            Self::Csv(text) => PartWriter::Text(Box::new(TextPart::csv(file, fields, shown, text)?)),
            Self::Jsonl(text) => PartWriter::Text(Box::new(TextPart::jsonl(
                file,
                fields,
                shown,
                text,
                jsonl::nulls(definition),
            )?)),
            Self::Arrow(packing) => {
                PartWriter::Arrow(Box::new(IpcPart::begin(file, fields, shown, *packing)?))
            }
        })
    }
}

/// A part that is being written.
pub(super) enum PartWriter {
    Parquet(Box<ParquetPart>),
    Arrow(Box<IpcPart>),
    Text(Box<TextPart>),
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
