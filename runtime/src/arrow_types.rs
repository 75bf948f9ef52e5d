//! The Arrow type behind each type of the language, and the shared readers' and writers' schema.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field as ArrowField, Schema, SchemaRef, TimeUnit};
use mig_plan::{ColumnType, Type};

use crate::store::Field;

/// The Arrow type that values of a type travel as. See the table in `mig_plan`'s `types` module.
pub fn arrow_type(ty: &Type) -> DataType {
    match ty {
        Type::Bool => DataType::Boolean,
        Type::Int8 => DataType::Int8,
        Type::Int16 => DataType::Int16,
        Type::Int32 => DataType::Int32,
        Type::Int64 => DataType::Int64,
        Type::Float32 => DataType::Float32,
        Type::Float64 => DataType::Float64,
        Type::Decimal { precision, scale } => DataType::Decimal128(*precision, scale.cast_signed()),
        Type::Text | Type::Json | Type::Enum(_) => DataType::Utf8,
        Type::Bytes => DataType::Binary,
        Type::Date => DataType::Date32,
        Type::Time => DataType::Time64(TimeUnit::Microsecond),
        Type::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        Type::Datetime => DataType::Timestamp(TimeUnit::Microsecond, None),
        Type::Uuid => DataType::FixedSizeBinary(16),
        Type::List(item) => DataType::List(Arc::new(arrow_field("item", item))),
    }
}

/// A named Arrow field of a column's type.
pub fn arrow_field(name: &str, ty: &ColumnType) -> ArrowField {
    ArrowField::new(name, arrow_type(&ty.ty), ty.nullable)
}

/// The Arrow schema of batches with these fields.
pub fn arrow_schema(fields: &[Field]) -> SchemaRef {
    Arc::new(Schema::new(fields.iter().map(|field| arrow_field(&field.name, &field.ty)).collect::<Vec<_>>()))
}
