//! One value of an Arrow column into a parameter of an insert, or why SQLite cannot keep it.
//!
//! A column of the batch is taken apart once; a value is then bound without an allocation of its own.

use arrow::array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, FixedSizeBinaryArray,
    Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array, StringArray,
    Time64MicrosecondArray, TimestampMicrosecondArray, downcast_array,
};
use mig_plan::Type;
use rusqlite::Statement;
use rusqlite::types::{ToSqlOutput, ValueRef};

use super::types::Affinity;
use super::{decimal, temporal};
use crate::arrow_types::arrow_type;

/// Why a value was not bound.
pub(super) enum Unbound {
    /// It cannot be kept, in words.
    Unfit(&'static str),
    /// SQLite failed.
    Failed(rusqlite::Error),
}

/// A column of a batch, ready to be bound value by value.
pub(super) enum Column {
    Bool(BooleanArray),
    Int8(Int8Array),
    Int16(Int16Array),
    Int32(Int32Array),
    Int64(Int64Array),
    Float32(Float32Array),
    Float64(Float64Array),
    /// As text, or as a number in a column of numeric affinity, which would make one of the text.
    Decimal {
        array: Decimal128Array,
        scale: u8,
        as_text: bool,
    },
    Text(StringArray),
    Bytes(BinaryArray),
    Date(Date32Array),
    Time(Time64MicrosecondArray),
    Timestamp(TimestampMicrosecondArray),
    Datetime(TimestampMicrosecondArray),
    Uuid(FixedSizeBinaryArray),
}

impl Column {
    /// Takes a column of a batch apart; `None` when it has not the Arrow type of its field, or is a list.
    pub(super) fn new(array: &ArrayRef, ty: &Type, affinity: Affinity) -> Option<Self> {
        if *array.data_type() != arrow_type(ty) {
            return None;
        }
        Some(match ty {
            Type::Bool => Self::Bool(downcast_array(array)),
            Type::Int8 => Self::Int8(downcast_array(array)),
            Type::Int16 => Self::Int16(downcast_array(array)),
            Type::Int32 => Self::Int32(downcast_array(array)),
            Type::Int64 => Self::Int64(downcast_array(array)),
            Type::Float32 => Self::Float32(downcast_array(array)),
            Type::Float64 => Self::Float64(downcast_array(array)),
            Type::Decimal { scale, .. } => Self::Decimal {
                array: downcast_array(array),
                scale: *scale,
                as_text: matches!(affinity, Affinity::Text | Affinity::Blob),
            },
            Type::Text | Type::Json | Type::Enum(_) => Self::Text(downcast_array(array)),
            Type::Bytes => Self::Bytes(downcast_array(array)),
            Type::Date => Self::Date(downcast_array(array)),
            Type::Time => Self::Time(downcast_array(array)),
            Type::Timestamp => Self::Timestamp(downcast_array(array)),
            Type::Datetime => Self::Datetime(downcast_array(array)),
            Type::Uuid => Self::Uuid(downcast_array(array)),
            Type::List(_) => return None,
        })
    }

    fn array(&self) -> &dyn Array {
        match self {
            Self::Bool(array) => array,
            Self::Int8(array) => array,
            Self::Int16(array) => array,
            Self::Int32(array) => array,
            Self::Int64(array) => array,
            Self::Float32(array) => array,
            Self::Float64(array) => array,
            Self::Decimal { array, .. } => array,
            Self::Text(array) => array,
            Self::Bytes(array) => array,
            Self::Date(array) => array,
            Self::Time(array) => array,
            Self::Timestamp(array) | Self::Datetime(array) => array,
            Self::Uuid(array) => array,
        }
    }

    /// Binds a row's value. `text` is room for what is written as text.
    pub(super) fn bind(
        &self,
        statement: &mut Statement<'_>,
        parameter: usize,
        row: usize,
        text: &mut String,
    ) -> Result<(), Unbound> {
        text.clear();
        let value = if self.array().is_null(row) {
            ValueRef::Null
        } else {
            match self {
                Self::Bool(array) => ValueRef::Integer(i64::from(array.value(row))),
                Self::Int8(array) => ValueRef::Integer(i64::from(array.value(row))),
                Self::Int16(array) => ValueRef::Integer(i64::from(array.value(row))),
                Self::Int32(array) => ValueRef::Integer(i64::from(array.value(row))),
                Self::Int64(array) => ValueRef::Integer(array.value(row)),
                Self::Float32(array) => real(f64::from(array.value(row)))?,
                Self::Float64(array) => real(array.value(row))?,
                Self::Decimal { array, scale, as_text: true } => {
                    decimal::write(text, array.value(row), *scale);
                    ValueRef::Text(text.as_bytes())
                }
                Self::Decimal { array, scale, as_text: false } => {
                    match decimal::to_number(array.value(row), *scale) {
                        Some(decimal::Number::Integer(value)) => ValueRef::Integer(value),
                        Some(decimal::Number::Real(value)) => ValueRef::Real(value),
                        None => {
                            return Err(Unbound::Unfit(
                                "it has more digits than SQLite keeps in a column of numeric affinity (15); \
                                 declare the column DECIMAL_TEXT",
                            ));
                        }
                    }
                }
                Self::Text(array) => ValueRef::Text(array.value(row).as_bytes()),
                Self::Bytes(array) => ValueRef::Blob(array.value(row)),
                Self::Date(array) => {
                    temporal::write_date(text, i64::from(array.value(row)));
                    ValueRef::Text(text.as_bytes())
                }
                Self::Time(array) => {
                    temporal::write_time(text, array.value(row));
                    ValueRef::Text(text.as_bytes())
                }
                Self::Timestamp(array) => {
                    temporal::write_timestamp(text, array.value(row));
                    ValueRef::Text(text.as_bytes())
                }
                Self::Datetime(array) => {
                    temporal::write_datetime(text, array.value(row));
                    ValueRef::Text(text.as_bytes())
                }
                Self::Uuid(array) => {
                    let uuid = uuid::Uuid::from_slice(array.value(row));
                    let uuid = uuid.map_err(|_| Unbound::Unfit("it has not the 16 bytes of a UUID"))?;
                    text.push_str(uuid.hyphenated().encode_lower(&mut [0; 36]));
                    ValueRef::Text(text.as_bytes())
                }
            }
        };
        statement.raw_bind_parameter(parameter, ToSqlOutput::Borrowed(value)).map_err(Unbound::Failed)
    }
}

/// A real, unless it is NaN: SQLite would store a null, and say nothing.
fn real<'a>(value: f64) -> Result<ValueRef<'a>, Unbound> {
    if value.is_nan() {
        return Err(Unbound::Unfit("SQLite has no NaN and would store a null"));
    }
    Ok(ValueRef::Real(value))
}
