//! The language's types as Parquet's, both ways.
//!
//! Types are written as Parquet's own logical types and nothing else, so that every reader sees them: no
//! Arrow schema is embedded, and none that is there is believed.

use std::sync::Arc;

use arrow::datatypes::{DataType, TimeUnit as ArrowUnit};
use mig_plan::{ColumnType, Type};
use parquet::basic::{ConvertedType, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::errors::ParquetError;
use parquet::schema::types::{ColumnDescriptor, SchemaDescriptor, Type as Node, TypePtr};

use crate::store::Field;

/// The Parquet schema of a table's columns.
pub(super) fn schema(fields: &[Field]) -> Result<SchemaDescriptor, ParquetError> {
    let columns = fields
        .iter()
        .map(|field| node(&field.name, &field.ty).map(Arc::new))
        .collect::<Result<Vec<_>, _>>()?;
    let root = Node::group_type_builder("table").with_fields(columns).build()?;
    Ok(SchemaDescriptor::new(Arc::new(root)))
}

fn node(name: &str, ty: &ColumnType) -> Result<Node, ParquetError> {
    let repetition = if ty.nullable { Repetition::OPTIONAL } else { Repetition::REQUIRED };
    let (physical, logical) = match &ty.ty {
        Type::Bool => (Physical::BOOLEAN, None),
        Type::Int8 => (Physical::INT32, Some(LogicalType::integer(8, true))),
        Type::Int16 => (Physical::INT32, Some(LogicalType::integer(16, true))),
        Type::Int32 => (Physical::INT32, None),
        Type::Int64 => (Physical::INT64, None),
        Type::Float32 => (Physical::FLOAT, None),
        Type::Float64 => (Physical::DOUBLE, None),
        Type::Text | Type::Enum(_) => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Type::Json => (Physical::BYTE_ARRAY, Some(LogicalType::Json)),
        Type::Bytes => (Physical::BYTE_ARRAY, None),
        Type::Date => (Physical::INT32, Some(LogicalType::Date)),
        Type::Time => (Physical::INT64, Some(LogicalType::time(false, TimeUnit::MICROS))),
        Type::Timestamp => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MICROS))),
        Type::Datetime => (Physical::INT64, Some(LogicalType::timestamp(false, TimeUnit::MICROS))),
        Type::Uuid => {
            return Node::primitive_type_builder(name, Physical::FIXED_LEN_BYTE_ARRAY)
                .with_repetition(repetition)
                .with_logical_type(Some(LogicalType::Uuid))
                .with_length(16)
                .build();
        }
        Type::Decimal { precision, scale } => {
            let (precision, scale) = (i32::from(*precision), i32::from(*scale));
            let (physical, length) = match precision {
                ..=9 => (Physical::INT32, -1),
                10..=18 => (Physical::INT64, -1),
                _ => (Physical::FIXED_LEN_BYTE_ARRAY, decimal_length(precision)),
            };
            return Node::primitive_type_builder(name, physical)
                .with_repetition(repetition)
                .with_logical_type(Some(LogicalType::decimal(scale, precision)))
                .with_precision(precision)
                .with_scale(scale)
                .with_length(length)
                .build();
        }
        Type::List(item) => {
            let element = Arc::new(node("element", item)?);
            let list = Node::group_type_builder("list")
                .with_repetition(Repetition::REPEATED)
                .with_fields(vec![element])
                .build()?;
            return Node::group_type_builder(name)
                .with_repetition(repetition)
                .with_logical_type(Some(LogicalType::List))
                .with_fields(vec![Arc::new(list)])
                .build();
        }
    };
    Node::primitive_type_builder(name, physical)
        .with_repetition(repetition)
        .with_logical_type(logical)
        .build()
}

/// Bytes that hold every decimal of a precision: with sign, 10^precision has log2(10) bits a digit.
fn decimal_length(precision: i32) -> i32 {
    let bits = f64::from(precision) * 10_f64.log2() + 1.0;
    // At most 16, for 38 digits.
    #[expect(clippy::cast_possible_truncation, reason = "a number between 1 and 17")]
    let bytes = (bits / 8.0).ceil() as i32;
    bytes
}

/// The type of a column that has this Arrow type when read and this leaf; `None` where there is no lossless
/// one.
pub(super) fn column_type(arrow: &DataType, leaf: &ColumnDescriptor) -> Option<Type> {
    if leaf.physical_type() == Physical::INT96 {
        return None;
    }
    match (arrow, leaf.logical_type_ref(), leaf.converted_type()) {
        (DataType::List(item), ..) => {
            let ty = column_type(item.data_type(), leaf)?;
            Some(Type::List(Box::new(ColumnType { ty, nullable: item.is_nullable() })))
        }
        (DataType::FixedSizeBinary(16), Some(LogicalType::Uuid), _) => Some(Type::Uuid),
        (DataType::Utf8, Some(LogicalType::Json), _) | (DataType::Utf8, None, ConvertedType::JSON) => {
            Some(Type::Json)
        }
        (DataType::Utf8, ..) => Some(Type::Text),
        (DataType::Binary, Some(LogicalType::Enum), _) | (DataType::Binary, None, ConvertedType::ENUM) => {
            Some(Type::Text)
        }
        (DataType::Binary | DataType::FixedSizeBinary(_), None, ConvertedType::NONE) => Some(Type::Bytes),
        (DataType::Boolean, ..) => Some(Type::Bool),
        (DataType::Int8, ..) => Some(Type::Int8),
        (DataType::Int16 | DataType::UInt8, ..) => Some(Type::Int16),
        (DataType::Int32 | DataType::UInt16, ..) => Some(Type::Int32),
        (DataType::Int64 | DataType::UInt32, ..) => Some(Type::Int64),
        (DataType::UInt64, ..) => Some(Type::Decimal { precision: 20, scale: 0 }),
        (DataType::Float16 | DataType::Float32, ..) => Some(Type::Float32),
        (DataType::Float64, ..) => Some(Type::Float64),
        (DataType::Decimal128(precision, scale) | DataType::Decimal256(precision, scale), ..) => {
            let scale = u8::try_from(*scale).ok()?;
            let sound = (1..=mig_plan::MAX_PRECISION).contains(precision) && scale <= *precision;
            sound.then_some(Type::Decimal { precision: *precision, scale })
        }
        (DataType::Date32, ..) => Some(Type::Date),
        (DataType::Time32(ArrowUnit::Millisecond) | DataType::Time64(_), ..) => Some(Type::Time),
        (DataType::Timestamp(_, Some(_)), ..) => Some(Type::Timestamp),
        (DataType::Timestamp(_, None), ..) => Some(Type::Datetime),
        _ => None,
    }
}

/// Parquet's own name of a column's type; `leaf` is the first that it has.
pub(super) fn native(root: &Node, leaf: Option<&ColumnDescriptor>) -> String {
    let Some(leaf) = leaf else { return "empty group".to_owned() };
    if !root.is_group() {
        return primitive(leaf);
    }
    match (root.get_basic_info().logical_type_ref(), root.get_basic_info().converted_type()) {
        (Some(LogicalType::List), _) | (None, ConvertedType::LIST) => format!("LIST of {}", primitive(leaf)),
        (Some(LogicalType::Map), _) | (None, ConvertedType::MAP | ConvertedType::MAP_KEY_VALUE) => {
            "MAP".to_owned()
        }
        _ => "group".to_owned(),
    }
}

fn primitive(leaf: &ColumnDescriptor) -> String {
    let physical = match leaf.physical_type() {
        Physical::FIXED_LEN_BYTE_ARRAY => format!("FIXED_LEN_BYTE_ARRAY({})", leaf.type_length()),
        physical @ (Physical::BOOLEAN
        | Physical::INT32
        | Physical::INT64
        | Physical::INT96
        | Physical::FLOAT
        | Physical::DOUBLE
        | Physical::BYTE_ARRAY) => physical.to_string(),
    };
    match (leaf.logical_type_ref(), leaf.converted_type()) {
        (Some(LogicalType::Decimal(decimal)), _) => {
            format!("{physical} DECIMAL({}, {})", decimal.precision, decimal.scale)
        }
        (Some(LogicalType::Timestamp(timestamp)), _) => {
            let zone = if timestamp.is_adjusted_to_u_t_c { "UTC" } else { "local" };
            format!("{physical} TIMESTAMP({:?}, {zone})", timestamp.unit)
        }
        (Some(LogicalType::Time(time)), _) => format!("{physical} TIME({:?})", time.unit),
        (Some(LogicalType::Integer(integer)), _) => {
            format!("{physical} {}INT({})", if integer.is_signed { "" } else { "U" }, integer.bit_width)
        }
        (Some(LogicalType::String), _) => format!("{physical} STRING"),
        (Some(LogicalType::Json), _) => format!("{physical} JSON"),
        (Some(LogicalType::Bson), _) => format!("{physical} BSON"),
        (Some(LogicalType::Enum), _) => format!("{physical} ENUM"),
        (Some(LogicalType::Uuid), _) => format!("{physical} UUID"),
        (Some(LogicalType::Date), _) => format!("{physical} DATE"),
        (Some(LogicalType::Float16), _) => format!("{physical} FLOAT16"),
        (Some(LogicalType::Unknown), _) => format!("{physical} UNKNOWN"),
        (Some(other), _) => format!("{physical} {other:?}"),
        (None, ConvertedType::NONE) => physical,
        (None, ConvertedType::DECIMAL) => {
            format!("{physical} DECIMAL({}, {})", leaf.type_precision(), leaf.type_scale())
        }
        (None, converted) => format!("{physical} {converted}"),
    }
}

/// The same schema with texts as plain bytes, so that a text that is not UTF-8 can be told with its row
/// instead of ending the read somewhere.
pub(super) fn texts_as_bytes(schema: &SchemaDescriptor) -> Result<SchemaDescriptor, ParquetError> {
    Ok(SchemaDescriptor::new(Arc::new(plain(schema.root_schema())?)))
}

fn plain(node: &Node) -> Result<Node, ParquetError> {
    match node {
        Node::PrimitiveType { basic_info, physical_type: Physical::BYTE_ARRAY, .. }
            if matches!(basic_info.logical_type_ref(), Some(LogicalType::String | LogicalType::Json))
                || (basic_info.logical_type_ref().is_none()
                    && matches!(basic_info.converted_type(), ConvertedType::UTF8 | ConvertedType::JSON)) =>
        {
            Node::primitive_type_builder(node.name(), Physical::BYTE_ARRAY)
                .with_repetition(basic_info.repetition())
                .with_id(basic_info.has_id().then(|| basic_info.id()))
                .build()
        }
        Node::PrimitiveType { .. } => Ok(node.clone()),
        Node::GroupType { basic_info, fields } => {
            let fields: Vec<TypePtr> =
                fields.iter().map(|field| plain(field).map(Arc::new)).collect::<Result<_, _>>()?;
            Ok(Node::GroupType { basic_info: basic_info.clone(), fields })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_have_the_bytes_they_need() {
        for precision in 19..=38 {
            let bytes = decimal_length(precision);
            let most = 10_i128.pow(precision.cast_unsigned()) - 1;
            let needed = (1..=16).find(|bytes| bytes * 8 > 128 - most.leading_zeros());
            assert_eq!(Some(bytes.cast_unsigned()), needed, "{precision}");
        }
    }
}
