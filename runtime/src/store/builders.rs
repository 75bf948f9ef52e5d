//! Arrow builders for rows that a store hands over one by one, cut into batches of bounded size.
//!
//! A decoder appends each value to the builder of its column; nothing here knows a store's encoding.

use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayRef, AsArray as _, BinaryBuilder, BooleanBuilder, Date32Builder, Decimal128Builder,
    FixedSizeBinaryBuilder, Float32Builder, Float64Builder, Int8Builder, Int16Builder, Int32Builder,
    Int64Builder, ListArray, NullBufferBuilder, StringBuilder, Time64MicrosecondBuilder,
    TimestampMicrosecondBuilder,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{FieldRef, SchemaRef};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use mig_plan::{ColumnType, Type};

use super::{Field, StoreError};
use crate::arrow_types::{arrow_field, arrow_schema};

/// Rows in a batch, at the most.
pub(crate) const BATCH_ROWS: usize = 8_192;
/// Bytes in a batch, about: the row that passes the mark is the batch's last.
pub(crate) const BATCH_BYTES: usize = 8 << 20;

/// The builder of one column; a variant per type of the language.
pub(crate) enum ColumnBuilder {
    Bool(BooleanBuilder),
    Int8(Int8Builder),
    Int16(Int16Builder),
    Int32(Int32Builder),
    Int64(Int64Builder),
    Float32(Float32Builder),
    Float64(Float64Builder),
    Decimal { builder: Decimal128Builder, precision: u8, scale: u8 },
    Text(StringBuilder),
    Json(StringBuilder),
    Bytes(BinaryBuilder),
    Date(Date32Builder),
    Time(Time64MicrosecondBuilder),
    Timestamp(TimestampMicrosecondBuilder),
    Datetime(TimestampMicrosecondBuilder),
    Uuid(FixedSizeBinaryBuilder),
    Enum { builder: StringBuilder, labels: Vec<String> },
    List(ListColumn),
}

/// The builder of a column of lists: the items of all rows, and where each row's end.
pub(crate) struct ListColumn {
    /// The items' builder.
    pub(crate) items: Box<ColumnBuilder>,
    /// Whether an item may be null.
    pub(crate) nullable_items: bool,
    field: FieldRef,
    offsets: Vec<i32>,
    present: NullBufferBuilder,
}

impl ListColumn {
    /// Ends the row's list, to which `items` items were appended.
    pub(crate) fn end(&mut self, items: i32) {
        let last = self.offsets.last().copied().unwrap_or(0);
        self.offsets.push(last + items);
        self.present.append(true);
    }
}

impl ColumnBuilder {
    /// An empty builder of a type's values.
    pub(crate) fn new(ty: &Type) -> Self {
        match ty {
            Type::Bool => Self::Bool(BooleanBuilder::new()),
            Type::Int8 => Self::Int8(Int8Builder::new()),
            Type::Int16 => Self::Int16(Int16Builder::new()),
            Type::Int32 => Self::Int32(Int32Builder::new()),
            Type::Int64 => Self::Int64(Int64Builder::new()),
            Type::Float32 => Self::Float32(Float32Builder::new()),
            Type::Float64 => Self::Float64(Float64Builder::new()),
            Type::Decimal { precision, scale } => Self::Decimal {
                builder: Decimal128Builder::new().with_data_type(crate::arrow_types::arrow_type(ty)),
                precision: *precision,
                scale: *scale,
            },
            Type::Text => Self::Text(StringBuilder::new()),
            Type::Json => Self::Json(StringBuilder::new()),
            Type::Bytes => Self::Bytes(BinaryBuilder::new()),
            Type::Date => Self::Date(Date32Builder::new()),
            Type::Time => Self::Time(Time64MicrosecondBuilder::new()),
            Type::Timestamp => Self::Timestamp(
                TimestampMicrosecondBuilder::new().with_data_type(crate::arrow_types::arrow_type(ty)),
            ),
            Type::Datetime => Self::Datetime(TimestampMicrosecondBuilder::new()),
            Type::Uuid => Self::Uuid(FixedSizeBinaryBuilder::new(16)),
            Type::Enum(labels) => Self::Enum { builder: StringBuilder::new(), labels: labels.clone() },
            Type::List(item) => Self::List(ListColumn {
                items: Box::new(Self::new(&item.ty)),
                nullable_items: item.nullable,
                field: Arc::new(arrow_field("item", item)),
                offsets: vec![0],
                present: NullBufferBuilder::new(BATCH_ROWS),
            }),
        }
    }

    /// Appends a null.
    pub(crate) fn append_null(&mut self) {
        match self {
            Self::Bool(builder) => builder.append_null(),
            Self::Int8(builder) => builder.append_null(),
            Self::Int16(builder) => builder.append_null(),
            Self::Int32(builder) => builder.append_null(),
            Self::Int64(builder) => builder.append_null(),
            Self::Float32(builder) => builder.append_null(),
            Self::Float64(builder) => builder.append_null(),
            Self::Decimal { builder, .. } => builder.append_null(),
            Self::Text(builder) | Self::Json(builder) | Self::Enum { builder, .. } => builder.append_null(),
            Self::Bytes(builder) => builder.append_null(),
            Self::Date(builder) => builder.append_null(),
            Self::Time(builder) => builder.append_null(),
            Self::Timestamp(builder) | Self::Datetime(builder) => builder.append_null(),
            Self::Uuid(builder) => builder.append_null(),
            Self::List(list) => {
                list.offsets.push(list.offsets.last().copied().unwrap_or(0));
                list.present.append(false);
            }
        }
    }

    /// Makes room in an empty builder for as much as there is in an array of its type.
    fn reserve(&mut self, like: &ArrayRef) {
        let rows = like.len();
        match self {
            Self::Bool(builder) => *builder = BooleanBuilder::with_capacity(rows),
            Self::Int8(builder) => *builder = Int8Builder::with_capacity(rows),
            Self::Int16(builder) => *builder = Int16Builder::with_capacity(rows),
            Self::Int32(builder) => *builder = Int32Builder::with_capacity(rows),
            Self::Int64(builder) => *builder = Int64Builder::with_capacity(rows),
            Self::Float32(builder) => *builder = Float32Builder::with_capacity(rows),
            Self::Float64(builder) => *builder = Float64Builder::with_capacity(rows),
            Self::Decimal { builder, .. } => {
                *builder = Decimal128Builder::with_capacity(rows).with_data_type(like.data_type().clone());
            }
            Self::Text(builder) | Self::Json(builder) | Self::Enum { builder, .. } => {
                *builder = StringBuilder::with_capacity(rows, like.as_string::<i32>().value_data().len());
            }
            Self::Bytes(builder) => {
                *builder = BinaryBuilder::with_capacity(rows, like.as_binary::<i32>().value_data().len());
            }
            Self::Date(builder) => *builder = Date32Builder::with_capacity(rows),
            Self::Time(builder) => *builder = Time64MicrosecondBuilder::with_capacity(rows),
            Self::Timestamp(builder) | Self::Datetime(builder) => {
                let empty = TimestampMicrosecondBuilder::with_capacity(rows);
                *builder = empty.with_data_type(like.data_type().clone());
            }
            Self::Uuid(builder) => *builder = FixedSizeBinaryBuilder::with_capacity(rows, 16),
            Self::List(list) => {
                list.offsets.reserve(rows);
                list.items.reserve(like.as_list::<i32>().values());
            }
        }
    }

    /// The values so far, and an empty builder again.
    ///
    /// # Errors
    /// When a list's items have a null that they must not have.
    pub(crate) fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(match self {
            Self::Bool(builder) => Arc::new(builder.finish()),
            Self::Int8(builder) => Arc::new(builder.finish()),
            Self::Int16(builder) => Arc::new(builder.finish()),
            Self::Int32(builder) => Arc::new(builder.finish()),
            Self::Int64(builder) => Arc::new(builder.finish()),
            Self::Float32(builder) => Arc::new(builder.finish()),
            Self::Float64(builder) => Arc::new(builder.finish()),
            Self::Decimal { builder, .. } => Arc::new(builder.finish()),
            Self::Text(builder) | Self::Json(builder) | Self::Enum { builder, .. } => {
                Arc::new(builder.finish())
            }
            Self::Bytes(builder) => Arc::new(builder.finish()),
            Self::Date(builder) => Arc::new(builder.finish()),
            Self::Time(builder) => Arc::new(builder.finish()),
            Self::Timestamp(builder) | Self::Datetime(builder) => Arc::new(builder.finish()),
            Self::Uuid(builder) => Arc::new(builder.finish()),
            Self::List(list) => {
                let offsets = OffsetBuffer::new(std::mem::replace(&mut list.offsets, vec![0]).into());
                let items = list.items.finish()?;
                Arc::new(ListArray::try_new(list.field.clone(), offsets, items, list.present.finish())?)
            }
        })
    }
}

/// Builds batches of rows.
pub(crate) struct BatchBuilder {
    /// A builder per field, in the fields' order. A row appends one value to each.
    pub(crate) columns: Vec<ColumnBuilder>,
    schema: SchemaRef,
    rows: usize,
    bytes: usize,
}

impl BatchBuilder {
    /// A builder of batches with these fields.
    pub(crate) fn new(fields: &[Field]) -> Self {
        let columns = fields.iter().map(|Field { ty: ColumnType { ty, .. }, .. }| ColumnBuilder::new(ty));
        Self { columns: columns.collect(), schema: arrow_schema(fields), rows: 0, bytes: 0 }
    }

    /// Ends a row of about so many bytes; says whether the batch is full.
    pub(crate) fn end_row(&mut self, bytes: usize) -> bool {
        self.rows += 1;
        self.bytes += bytes;
        self.is_full()
    }

    fn is_full(&self) -> bool {
        self.rows >= BATCH_ROWS || self.bytes >= BATCH_BYTES
    }

    /// The rows so far as a batch, and an empty builder again; `None` without rows.
    pub(crate) fn take(&mut self) -> Result<Option<RecordBatch>, StoreError> {
        if self.rows == 0 {
            return Ok(None);
        }
        let more_follow = self.is_full();
        (self.rows, self.bytes) = (0, 0);
        let columns = self.columns.iter_mut().map(|builder| {
            let array = builder.finish()?;
            // The next batch most likely is as large, and builders that grow copy what they have.
            if more_follow {
                builder.reserve(&array);
            }
            Ok(array)
        });
        columns
            .collect::<Result<Vec<_>, _>>()
            .and_then(|columns| RecordBatch::try_new(self.schema.clone(), columns))
            .map(Some)
            .map_err(|error| StoreError::Refused(format!("the rows do not form a batch: {error}")))
    }
}
