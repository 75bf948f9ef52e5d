//! The text of values out of arrays: what writing CSV and JSON Lines starts from.
//!
//! Takes an array of a column's type; gives one value after the other as the literals of
//! [`super::literal`] or as JSON. Never leaves a value out: one that has no exact text is an error.

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Date32Array, Decimal128Array, FixedSizeBinaryArray,
    Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array, ListArray, StringArray,
    Time64MicrosecondArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time64MicrosecondType, TimestampMicrosecondType,
};
use arrow::record_batch::RecordBatch;
use mig_plan::{ColumnType, Type};

use super::builder::JsonNull;
use super::{json, literal};
use crate::arrow_types::arrow_type;
use crate::store::{Field, StoreError};

/// The values of one column of a batch, by the language's type.
pub(super) enum Values<'a> {
    Bool(&'a BooleanArray),
    Int8(&'a Int8Array),
    Int16(&'a Int16Array),
    Int32(&'a Int32Array),
    Int64(&'a Int64Array),
    Float32(&'a Float32Array),
    Float64(&'a Float64Array),
    Decimal(&'a Decimal128Array, u8),
    Text(&'a StringArray),
    Json(&'a StringArray),
    Bytes(&'a BinaryArray),
    Date(&'a Date32Array),
    Time(&'a Time64MicrosecondArray),
    Timestamp(&'a TimestampMicrosecondArray),
    Datetime(&'a TimestampMicrosecondArray),
    Uuid(&'a FixedSizeBinaryArray),
    List(&'a ListArray, Box<Values<'a>>),
}

/// Why a value cannot be written, as half a sentence.
pub(super) type Put = Result<(), String>;

impl<'a> Values<'a> {
    /// The values of an array.
    ///
    /// # Errors
    /// When the array is not of the type.
    pub(super) fn new(array: &'a ArrayRef, ty: &Type) -> Result<Self, String> {
        // A list's field has a name, which is nobody's business here: its items are looked at below.
        if !matches!(ty, Type::List(_)) && *array.data_type() != arrow_type(ty) {
            return Err(format!("an array of {} for a column of {ty}", array.data_type()));
        }
        Ok(match ty {
            Type::Bool => Self::Bool(array.as_boolean()),
            Type::Int8 => Self::Int8(array.as_primitive::<Int8Type>()),
            Type::Int16 => Self::Int16(array.as_primitive::<Int16Type>()),
            Type::Int32 => Self::Int32(array.as_primitive::<Int32Type>()),
            Type::Int64 => Self::Int64(array.as_primitive::<Int64Type>()),
            Type::Float32 => Self::Float32(array.as_primitive::<Float32Type>()),
            Type::Float64 => Self::Float64(array.as_primitive::<Float64Type>()),
            Type::Decimal { scale, .. } => Self::Decimal(array.as_primitive::<Decimal128Type>(), *scale),
            Type::Text | Type::Enum(_) => Self::Text(array.as_string()),
            Type::Json => Self::Json(array.as_string()),
            Type::Bytes => Self::Bytes(array.as_binary()),
            Type::Date => Self::Date(array.as_primitive::<Date32Type>()),
            Type::Time => Self::Time(array.as_primitive::<Time64MicrosecondType>()),
            Type::Timestamp => Self::Timestamp(array.as_primitive::<TimestampMicrosecondType>()),
            Type::Datetime => Self::Datetime(array.as_primitive::<TimestampMicrosecondType>()),
            Type::Uuid => Self::Uuid(array.as_fixed_size_binary()),
            Type::List(item) => {
                let list = array
                    .as_list_opt::<i32>()
                    .ok_or_else(|| format!("an array of {} for a column of {ty}", array.data_type()))?;
                Self::List(list, Box::new(Self::new(list.values(), &item.ty)?))
            }
        })
    }

    /// Whether there is no value in a row.
    pub(super) fn is_null(&self, row: usize) -> bool {
        match self {
            Self::Bool(array) => array.is_null(row),
            Self::Int8(array) => array.is_null(row),
            Self::Int16(array) => array.is_null(row),
            Self::Int32(array) => array.is_null(row),
            Self::Int64(array) => array.is_null(row),
            Self::Float32(array) => array.is_null(row),
            Self::Float64(array) => array.is_null(row),
            Self::Decimal(array, _) => array.is_null(row),
            Self::Text(array) | Self::Json(array) => array.is_null(row),
            Self::Bytes(array) => array.is_null(row),
            Self::Date(array) => array.is_null(row),
            Self::Time(array) => array.is_null(row),
            Self::Timestamp(array) | Self::Datetime(array) => array.is_null(row),
            Self::Uuid(array) => array.is_null(row),
            Self::List(array, _) => array.is_null(row),
        }
    }

    /// A row's value where it is a text, whose characters may be any.
    pub(super) fn text(&self, row: usize) -> Option<&'a str> {
        if let Self::Text(array) | Self::Json(array) = self { Some(array.value(row)) } else { None }
    }

    /// Refuses a `json` value that is not JSON.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn check(&self, row: usize) -> Put {
        if let Self::Json(array) = self { checked_json(array.value(row)).map(drop) } else { Ok(()) }
    }

    /// Writes the literal of a row's value, which is not null. A `json` is its text as it is.
    ///
    /// # Errors
    /// When it has none.
    pub(super) fn put_literal(&self, row: usize, out: &mut Vec<u8>) -> Put {
        match self {
            Self::Bool(array) => out.extend(if array.value(row) { "true" } else { "false" }.bytes()),
            Self::Int8(array) => literal::put_integer(array.value(row).into(), out),
            Self::Int16(array) => literal::put_integer(array.value(row).into(), out),
            Self::Int32(array) => literal::put_integer(array.value(row).into(), out),
            Self::Int64(array) => literal::put_integer(array.value(row), out),
            Self::Float32(array) => literal::put_float32(array.value(row), out),
            Self::Float64(array) => literal::put_float64(array.value(row), out),
            Self::Decimal(array, scale) => literal::put_decimal(array.value(row), *scale, out),
            Self::Text(array) => out.extend_from_slice(array.value(row).as_bytes()),
            Self::Json(array) => out.extend_from_slice(checked_json(array.value(row))?.as_bytes()),
            Self::Bytes(array) => literal::put_bytes(array.value(row), out),
            Self::Date(array) => literal::put_date(array.value(row).into(), out),
            Self::Time(array) => literal::put_time(array.value(row), out).map_err(str::to_owned)?,
            Self::Timestamp(array) => {
                literal::put_datetime(array.value(row), out);
                out.push(b'Z');
            }
            Self::Datetime(array) => literal::put_datetime(array.value(row), out),
            Self::Uuid(array) => literal::put_uuid(array.value(row), out),
            Self::List(..) => return Err("a list has no literal".to_owned()),
        }
        Ok(())
    }

    /// Writes a row's value, which may be null, as JSON.
    ///
    /// # Errors
    /// When it is a `json` that is not JSON, or one that is `null` where that would be read as missing.
    pub(super) fn put_json(&self, row: usize, nulls: JsonNull, out: &mut Vec<u8>) -> Put {
        if self.is_null(row) {
            out.extend(b"null");
            return Ok(());
        }
        match self {
            Self::Text(array) => json::put_text(array.value(row), out),
            Self::Json(array) => {
                let text = checked_json(array.value(row))?;
                if nulls == JsonNull::Missing && text.trim() == "null" {
                    return Err("the JSON value null, which would be read back as a missing value in a table that mig \
                                did not make"
                        .to_owned());
                }
                json::compact(text, out);
            }
            Self::List(array, items) => {
                let ends = array.value_offsets();
                // Offsets of an array are never negative.
                let (from, to) = (ends[row].cast_unsigned() as usize, ends[row + 1].cast_unsigned() as usize);
                out.push(b'[');
                for item in from..to {
                    if item > from {
                        out.push(b',');
                    }
                    items.put_json(item, nulls, out)?;
                }
                out.push(b']');
            }
            Self::Float64(array) => quoted_unless(array.value(row).is_finite(), self, row, out)?,
            Self::Float32(array) => quoted_unless(array.value(row).is_finite(), self, row, out)?,
            Self::Bool(_) | Self::Int8(_) | Self::Int16(_) | Self::Int32(_) | Self::Int64(_) => {
                quoted_unless(true, self, row, out)?;
            }
            Self::Decimal(..)
            | Self::Bytes(_)
            | Self::Date(_)
            | Self::Time(_)
            | Self::Timestamp(_)
            | Self::Datetime(_)
            | Self::Uuid(_) => quoted_unless(false, self, row, out)?,
        }
        Ok(())
    }
}

/// A literal that needs no escaping, in quotes or plain.
fn quoted_unless(plain: bool, values: &Values<'_>, row: usize, out: &mut Vec<u8>) -> Put {
    if !plain {
        out.push(b'"');
    }
    values.put_literal(row, out)?;
    if !plain {
        out.push(b'"');
    }
    Ok(())
}

/// A `json` value's text, when it is JSON.
pub(super) fn checked_json(text: &str) -> Result<&str, String> {
    json::value(text)
        .map(|_| text)
        .map_err(|flaw| format!("a json value that is not JSON ({} at character {})", flaw.what, flaw.at + 1))
}

/// Refuses the first value of a column that a reader would refuse: a `json` that is not JSON, a time that is
/// not within a day.
///
/// # Errors
/// The row and what is wrong with its value.
fn check_all(array: &ArrayRef, ty: &ColumnType) -> Result<(), (usize, String)> {
    if !matches!(ty.ty, Type::Json | Type::Time)
        && !any_item(ty, &|item| matches!(item.ty, Type::Json | Type::Time))
    {
        return Ok(());
    }
    let values = Values::new(array, &ty.ty).map_err(|reason| (0, reason))?;
    let mut scratch = Vec::new();
    for row in 0..array.len() {
        scratch.clear();
        values.put_json(row, JsonNull::Value, &mut scratch).map_err(|reason| (row, reason))?;
    }
    Ok(())
}

/// Checks the columns of a batch that is about to be written, behind `before` rows of its chunk.
///
/// # Errors
/// The refusal, with row and column.
pub(super) fn check_batch(
    batch: &RecordBatch,
    fields: &[Field],
    before: u64,
    shown: &str,
) -> Result<(), StoreError> {
    for (array, field) in batch.columns().iter().zip(fields) {
        check_all(array, &field.ty).map_err(|(row, reason)| {
            let row = before + row as u64 + 1;
            StoreError::Refused(format!("{shown}: row {row} of the chunk, column `{}`: {reason}", field.name))
        })?;
    }
    Ok(())
}

/// Whether a column can hold what its type says, nullability included, in each item of a list.
pub(super) fn any_item(ty: &ColumnType, holds: &impl Fn(&ColumnType) -> bool) -> bool {
    match &ty.ty {
        Type::List(item) => holds(item) || any_item(item, holds),
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
        | Type::Uuid
        | Type::Json
        | Type::Enum(_) => false,
    }
}
