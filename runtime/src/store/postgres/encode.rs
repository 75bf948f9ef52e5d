//! Arrow columns into the binary form of COPY. Pure; a value that PostgreSQL would change or refuse is
//! refused here, where its row is known.

use arrow::array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, FixedSizeBinaryArray,
    Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array, ListArray, StringArray,
    Time64MicrosecondArray, TimestampMicrosecondArray, downcast_array,
};
use mig_plan::Type;

use super::decode::{EPOCH_DAYS, EPOCH_MICROS};
use super::numeric;
use super::types::Native;
use crate::arrow_types::arrow_type;

/// What a binary copy begins with: signature, flags, no extension.
pub(super) const HEADER: &[u8; 19] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What it ends with.
pub(super) const TRAILER: [u8; 2] = [255, 255];

/// The first and the last day, and microseconds since 2000, that PostgreSQL keeps.
const DAYS: std::ops::RangeInclusive<i32> = -2_451_545..=2_145_042_540;
const MICROS: std::ops::Range<i64> = -211_813_488_000_000_000..9_223_371_331_200_000_000;

/// A column of a batch, ready to be written value by value.
pub(super) enum Column {
    Bool(BooleanArray),
    /// The language's int8, for which PostgreSQL has 16 bits.
    Int8(Int8Array),
    Int16(Int16Array),
    Int32(Int32Array),
    Int64(Int64Array),
    Float32(Float32Array),
    Float64(Float64Array),
    Decimal(Decimal128Array, u8),
    Text(StringArray, TextRule),
    Bytes(BinaryArray),
    Date(Date32Array),
    /// With the microseconds that it is rounded to.
    Time(Time64MicrosecondArray, i64),
    Timestamp(TimestampMicrosecondArray, i64),
    Uuid(FixedSizeBinaryArray),
    List {
        array: ListArray,
        items: Box<Column>,
        element: u32,
    },
}

/// What a type of PostgreSQL does to a text.
#[derive(Debug, Clone, Copy)]
pub(super) enum TextRule {
    /// Keeps it.
    Any,
    /// Keeps so many characters at the most, and may cut blanks beyond them.
    AtMost(usize),
    /// Pads it with blanks to so many characters.
    Exactly(usize),
    /// Keeps it behind a byte with the form's version.
    Jsonb,
}

impl Column {
    /// Takes a column of a batch apart; `None` when it has not the Arrow type of its field.
    pub(super) fn new(array: &ArrayRef, ty: &Type, native: &Native) -> Option<Self> {
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
            Type::Decimal { scale, .. } => Self::Decimal(downcast_array(array), *scale),
            Type::Text | Type::Json | Type::Enum(_) => {
                let rule = if let Native::Varchar(Some(length)) = native {
                    TextRule::AtMost(*length)
                } else if let Native::Char(length) = native {
                    TextRule::Exactly(*length)
                } else if *native == Native::Jsonb {
                    TextRule::Jsonb
                } else {
                    TextRule::Any
                };
                Self::Text(downcast_array(array), rule)
            }
            Type::Bytes => Self::Bytes(downcast_array(array)),
            Type::Date => Self::Date(downcast_array(array)),
            Type::Time => Self::Time(downcast_array(array), unit(native)),
            Type::Timestamp | Type::Datetime => Self::Timestamp(downcast_array(array), unit(native)),
            Type::Uuid => Self::Uuid(downcast_array(array)),
            Type::List(item) => {
                let array: ListArray = downcast_array(array);
                let Native::Array(native, element) = native else { return None };
                let items = Box::new(Self::new(array.values(), &item.ty, native)?);
                Self::List { array, items, element: *element }
            }
        })
    }

    /// The array itself.
    pub(super) fn array(&self) -> &dyn Array {
        match self {
            Self::Bool(array) => array,
            Self::Int8(array) => array,
            Self::Int16(array) => array,
            Self::Int32(array) => array,
            Self::Int64(array) => array,
            Self::Float32(array) => array,
            Self::Float64(array) => array,
            Self::Decimal(array, _) => array,
            Self::Text(array, _) => array,
            Self::Bytes(array) => array,
            Self::Date(array) => array,
            Self::Time(array, _) => array,
            Self::Timestamp(array, _) => array,
            Self::Uuid(array) => array,
            Self::List { array, .. } => array,
        }
    }

    /// Appends a row's value with its length before it.
    ///
    /// # Errors
    /// Why PostgreSQL cannot keep it as it is.
    pub(super) fn write(&self, out: &mut Vec<u8>, row: usize) -> Result<(), &'static str> {
        if self.array().is_null(row) {
            out.extend_from_slice(&(-1_i32).to_be_bytes());
            return Ok(());
        }
        match self {
            Self::Bool(array) => put(out, [u8::from(array.value(row))]),
            Self::Int8(array) => put(out, i16::from(array.value(row)).to_be_bytes()),
            Self::Int16(array) => put(out, array.value(row).to_be_bytes()),
            Self::Int32(array) => put(out, array.value(row).to_be_bytes()),
            Self::Int64(array) => put(out, array.value(row).to_be_bytes()),
            Self::Float32(array) => put(out, array.value(row).to_be_bytes()),
            Self::Float64(array) => put(out, array.value(row).to_be_bytes()),
            Self::Decimal(array, scale) => numeric::encode(out, array.value(row), *scale),
            Self::Text(array, rule) => return put_text(out, array.value(row), *rule),
            Self::Bytes(array) => return put_bytes(out, &[], array.value(row)),
            Self::Date(array) => put(out, day(array.value(row))?.to_be_bytes()),
            Self::Time(array, unit) => put(out, rounded(array.value(row), *unit)?.to_be_bytes()),
            Self::Timestamp(array, unit) => put(out, instant(array.value(row), *unit)?.to_be_bytes()),
            Self::Uuid(array) => return put_bytes(out, &[], array.value(row)),
            Self::List { array, items, element } => return put_list(out, array, items, *element, row),
        }
        Ok(())
    }
}

/// The microseconds that a type rounds to.
fn unit(native: &Native) -> i64 {
    if let Native::Time(unit) | Native::Timestamp(unit) | Native::Timestamptz(unit) = native {
        *unit
    } else {
        1
    }
}

/// A day as PostgreSQL counts it.
pub(super) fn day(days: i32) -> Result<i32, &'static str> {
    let days = days.checked_sub(EPOCH_DAYS).filter(|days| DAYS.contains(days));
    days.ok_or("PostgreSQL has no such day")
}

/// A moment, of either kind of timestamp, as PostgreSQL counts it.
pub(super) fn instant(micros: i64, unit: i64) -> Result<i64, &'static str> {
    let micros = rounded(micros, unit)?.checked_sub(EPOCH_MICROS);
    micros.filter(|micros| MICROS.contains(micros)).ok_or("PostgreSQL has no such year")
}

/// A time that the column keeps as it is.
pub(super) fn rounded(micros: i64, unit: i64) -> Result<i64, &'static str> {
    if micros % unit == 0 {
        Ok(micros)
    } else {
        Err("the column keeps fewer digits of a second and would round it")
    }
}

fn put<const N: usize>(out: &mut Vec<u8>, bytes: [u8; N]) {
    out.extend_from_slice(&(N as u32).to_be_bytes());
    out.extend_from_slice(&bytes);
}

fn put_bytes(out: &mut Vec<u8>, before: &[u8], bytes: &[u8]) -> Result<(), &'static str> {
    let length = i32::try_from(before.len() + bytes.len()).ok().filter(|length| *length < 1 << 30);
    let length = length.ok_or("it has a gigabyte or more, which PostgreSQL does not keep in one value")?;
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(before);
    out.extend_from_slice(bytes);
    Ok(())
}

fn put_text(out: &mut Vec<u8>, text: &str, rule: TextRule) -> Result<(), &'static str> {
    if text.as_bytes().contains(&0) {
        return Err("it has the character U+0000, which PostgreSQL's text cannot hold");
    }
    match rule {
        TextRule::Any => put_bytes(out, &[], text.as_bytes()),
        TextRule::AtMost(most) if text.len() > most && text.chars().count() > most => {
            Err("it is longer than the column")
        }
        TextRule::AtMost(_) => put_bytes(out, &[], text.as_bytes()),
        TextRule::Exactly(length) if text.chars().count() == length => put_bytes(out, &[], text.as_bytes()),
        TextRule::Exactly(_) => Err("it has another length than the column, which is padded with blanks"),
        TextRule::Jsonb => put_bytes(out, &[1], text.as_bytes()),
    }
}

fn put_list(
    out: &mut Vec<u8>,
    array: &ListArray,
    items: &Column,
    element: u32,
    row: usize,
) -> Result<(), &'static str> {
    let offsets = array.value_offsets();
    let range = offsets[row]..offsets[row + 1];
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    let has_nulls = range.clone().any(|item| items.array().is_null(item as usize));
    let dimensions = i32::from(!range.is_empty());
    for word in [dimensions, i32::from(has_nulls), element.cast_signed()] {
        out.extend_from_slice(&word.to_be_bytes());
    }
    if !range.is_empty() {
        for word in [range.end - range.start, 1] {
            out.extend_from_slice(&word.to_be_bytes());
        }
    }
    for item in range {
        items.write(out, item as usize)?;
    }
    let length = i32::try_from(out.len() - start - 4).ok().filter(|length| *length < 1 << 30);
    let length = length.ok_or("it has a gigabyte or more, which PostgreSQL does not keep in one value")?;
    out[start..start + 4].copy_from_slice(&length.to_be_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn written(array: ArrayRef, ty: &str, native: &Native, row: usize) -> Result<Vec<u8>, &'static str> {
        let ty = ty.parse::<mig_plan::ColumnType>().unwrap().ty;
        let mut out = Vec::new();
        Column::new(&array, &ty, native).unwrap().write(&mut out, row).map(|()| out)
    }

    #[test]
    fn what_postgresql_would_change_is_refused() {
        let text = |text: &str, native| written(Arc::new(StringArray::from(vec![text])), "text", &native, 0);
        assert!(text("a\0b", Native::Text).unwrap_err().contains("U+0000"));
        assert!(text("ab ", Native::Varchar(Some(2))).is_err());
        assert_eq!(text("üü", Native::Varchar(Some(2))).unwrap()[4..], *"üü".as_bytes());
        assert!(text("a", Native::Char(2)).is_err());
        assert!(text("ab", Native::Char(2)).is_ok());
        let date = |days| written(Arc::new(Date32Array::from(vec![days])), "date", &Native::Date, 0);
        assert!(date(i32::MAX).is_err());
        assert!(date(i32::MIN).is_err());
        assert!(date(0).is_ok());
        let at = |micros, unit| {
            let array = Arc::new(TimestampMicrosecondArray::from(vec![micros]));
            written(array, "datetime", &Native::Timestamp(unit), 0)
        };
        assert!(at(i64::MIN, 1).is_err());
        assert!(at(1_500, 1).is_ok());
        assert!(at(1_500, 1_000).unwrap_err().contains("round"));
    }
}
