//! The language's types as Arrow's, both ways.
//!
//! UUIDs and JSON are written as Arrow's own extension types, so that every reader that knows them sees them.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field as ArrowField, Schema, TimeUnit};
use arrow::error::ArrowError;
use mig_plan::{ColumnType, Type};

use crate::arrow_types::arrow_field;
use crate::store::Field;

/// Where a field says which extension type it has.
const EXTENSION: &str = "ARROW:extension:name";
const UUID: &str = "arrow.uuid";
const JSON: &str = "arrow.json";

/// The Arrow schema of a table's columns.
pub(super) fn schema(fields: &[Field]) -> Schema {
    let fields = fields.iter().map(|field| marked(&arrow_field(&field.name, &field.ty), &field.ty));
    Schema::new(fields.collect::<Vec<_>>())
}

/// A field that says which extension type it has.
fn marked(field: &ArrowField, ty: &ColumnType) -> ArrowField {
    let extension = |name: &str| field.clone().with_metadata([(EXTENSION, name)]);
    match (&ty.ty, field.data_type()) {
        (Type::Uuid, _) => extension(UUID),
        (Type::Json, _) => field.clone().with_metadata([(EXTENSION, JSON), ("ARROW:extension:metadata", "")]),
        (Type::List(item), DataType::List(inner)) => {
            field.clone().with_data_type(DataType::List(Arc::new(marked(inner, item))))
        }
        (
            Type::Bool
            | Type::Int8
            | Type::Int16
            | Type::Int32
            | Type::Int64
            | Type::Float32
            | Type::Float64
            | Type::Decimal { .. }
            | Type::Text
            | Type::Bytes
            | Type::Date
            | Type::Time
            | Type::Timestamp
            | Type::Datetime
            | Type::Enum(_)
            | Type::List(_),
            _,
        ) => field.clone(),
    }
}

/// The type of a column; `None` where there is no lossless one.
pub(super) fn column_type(field: &ArrowField) -> Option<Type> {
    let extension = field.metadata().get(EXTENSION).map(String::as_str);
    Some(match (plain_type(field.data_type()), extension) {
        (DataType::FixedSizeBinary(16), Some(UUID)) => Type::Uuid,
        (DataType::Utf8, Some(JSON)) => Type::Json,
        (DataType::Utf8, _) => Type::Text,
        (DataType::Binary | DataType::FixedSizeBinary(_), _) => Type::Bytes,
        (DataType::Boolean, _) => Type::Bool,
        (DataType::Int8, _) => Type::Int8,
        (DataType::Int16 | DataType::UInt8, _) => Type::Int16,
        (DataType::Int32 | DataType::UInt16, _) => Type::Int32,
        (DataType::Int64 | DataType::UInt32, _) => Type::Int64,
        (DataType::UInt64, _) => Type::Decimal { precision: 20, scale: 0 },
        (DataType::Float16 | DataType::Float32, _) => Type::Float32,
        (DataType::Float64, _) => Type::Float64,
        (DataType::Decimal128(precision, scale) | DataType::Decimal256(precision, scale), _) => {
            let scale = u8::try_from(scale).ok()?;
            let sound = (1..=mig_plan::MAX_PRECISION).contains(&precision) && scale <= precision;
            return sound.then_some(Type::Decimal { precision, scale });
        }
        (DataType::Date32, _) => Type::Date,
        (DataType::Time32(TimeUnit::Second | TimeUnit::Millisecond) | DataType::Time64(_), _) => Type::Time,
        (DataType::Timestamp(_, Some(_)), _) => Type::Timestamp,
        (DataType::Timestamp(_, None), _) => Type::Datetime,
        (DataType::List(item), _) => {
            let ty = column_type(&item)?;
            Type::List(Box::new(ColumnType { ty, nullable: item.is_nullable() }))
        }
        _ => return None,
    })
}

/// The type without what only says how its values are kept.
#[expect(clippy::wildcard_enum_match_arm, reason = "Arrow has more types than these, and they are plain")]
fn plain_type(ty: &DataType) -> DataType {
    match ty {
        DataType::Dictionary(_, value) => plain_type(value),
        DataType::RunEndEncoded(_, values) => plain_type(values.data_type()),
        DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8,
        DataType::LargeBinary | DataType::BinaryView => DataType::Binary,
        DataType::Decimal32(precision, scale) | DataType::Decimal64(precision, scale) => {
            DataType::Decimal128(*precision, *scale)
        }
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            let ty = plain_type(item.data_type());
            DataType::List(Arc::new(item.as_ref().clone().with_data_type(ty)))
        }
        other => other.clone(),
    }
}

/// The same values in the plain type.
pub(super) fn plain(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let ty = plain_type(array.data_type());
    if ty == *array.data_type() {
        return Ok(Arc::clone(array));
    }
    cast_with_options(array, &ty, &CastOptions { safe: false, ..CastOptions::default() })
}
