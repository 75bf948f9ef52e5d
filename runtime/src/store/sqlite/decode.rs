//! One value of SQLite into the Arrow builder of its column, or why it does not fit there.
//!
//! Pure. What fits is said in the table of [`super::types`].

use mig_plan::{KeyValue, Type};
use rusqlite::types::{Value, ValueRef};

use super::types::Affinity;
use super::{decimal, temporal};
use crate::cells::shorten;
use crate::store::StoreError;
use crate::store::builders::ColumnBuilder;
use crate::store::refusal::shorten_bytes;

/// Appends a value; gives the bytes that it takes. A null is appended only where it may be.
///
/// # Errors
/// Why the value does not fit, as [`reason`] words it for the declared type.
pub(super) fn append(
    column: &mut ColumnBuilder,
    nullable: bool,
    value: ValueRef<'_>,
    declared: &str,
) -> Result<usize, String> {
    let bytes = match (column, value) {
        (column, ValueRef::Null) if nullable => {
            column.append_null();
            Some(1)
        }
        (ColumnBuilder::Int64(builder), ValueRef::Integer(value)) => {
            builder.append_value(value);
            Some(8)
        }
        (ColumnBuilder::Int32(builder), ValueRef::Integer(value)) => {
            i32::try_from(value).ok().map(|value| builder.append_value(value)).map(|()| 4)
        }
        (ColumnBuilder::Int16(builder), ValueRef::Integer(value)) => {
            i16::try_from(value).ok().map(|value| builder.append_value(value)).map(|()| 2)
        }
        (ColumnBuilder::Int8(builder), ValueRef::Integer(value)) => {
            i8::try_from(value).ok().map(|value| builder.append_value(value)).map(|()| 1)
        }
        (ColumnBuilder::Bool(builder), ValueRef::Integer(value @ (0 | 1))) => {
            builder.append_value(value == 1);
            Some(1)
        }
        (ColumnBuilder::Float64(builder), ValueRef::Real(value)) => {
            builder.append_value(value);
            Some(8)
        }
        (ColumnBuilder::Float64(builder), ValueRef::Integer(value)) => {
            exact_float(value).map(|value| builder.append_value(value)).map(|()| 8)
        }
        (ColumnBuilder::Float32(builder), ValueRef::Real(value)) => {
            exact_float32(value).map(|value| builder.append_value(value)).map(|()| 4)
        }
        (ColumnBuilder::Float32(builder), ValueRef::Integer(value)) => {
            exact_float(value).and_then(exact_float32).map(|value| builder.append_value(value)).map(|()| 4)
        }
        (ColumnBuilder::Decimal { builder, precision, scale }, value) => {
            let unscaled = match value {
                ValueRef::Integer(value) => decimal::from_integer(value, *precision, *scale),
                ValueRef::Real(value) => decimal::from_real(value, *precision, *scale),
                ValueRef::Text(text) => decimal::from_text(text, *precision, *scale),
                ValueRef::Null | ValueRef::Blob(_) => None,
            };
            unscaled.map(|unscaled| builder.append_value(unscaled)).map(|()| 16)
        }
        (ColumnBuilder::Text(builder), ValueRef::Text(text)) => std::str::from_utf8(text).ok().map(|text| {
            builder.append_value(text);
            text.len() + 4
        }),
        (ColumnBuilder::Enum { builder, labels }, ValueRef::Text(text)) => {
            let label = labels.iter().find(|label| label.as_bytes() == text);
            let Some(label) = label else {
                return Err("a text that is no label of the column's enum".to_owned());
            };
            builder.append_value(label);
            Some(label.len() + 4)
        }
        (ColumnBuilder::Json(builder), value) => json(value).map(|text| {
            builder.append_value(&*text);
            text.len() + 4
        }),
        (ColumnBuilder::Bytes(builder), ValueRef::Blob(bytes)) => {
            builder.append_value(bytes);
            Some(bytes.len() + 4)
        }
        (ColumnBuilder::Date(builder), ValueRef::Text(text)) => {
            temporal::parse_date(text).map(|days| builder.append_value(days)).map(|()| 4)
        }
        (ColumnBuilder::Time(builder), ValueRef::Text(text)) => {
            temporal::parse_time(text).map(|micros| builder.append_value(micros)).map(|()| 8)
        }
        (ColumnBuilder::Datetime(builder), ValueRef::Text(text)) => {
            temporal::parse_datetime(text).map(|micros| builder.append_value(micros)).map(|()| 8)
        }
        (ColumnBuilder::Timestamp(builder), ValueRef::Text(text)) => {
            temporal::parse_timestamp(text).map(|micros| builder.append_value(micros)).map(|()| 8)
        }
        (ColumnBuilder::Uuid(builder), value) => {
            uuid(value).and_then(|uuid| builder.append_value(uuid.as_bytes()).ok()).map(|()| 16)
        }
        _ => None,
    };
    bytes.ok_or_else(|| reason(value, nullable, declared))
}

fn exact_float(value: i64) -> Option<f64> {
    let float = value as f64;
    // i64::MAX rounds up to 2^63, which a cast back would saturate to the same integer.
    (float as i64 == value && float < 9_223_372_036_854_775_808.0).then_some(float)
}

fn exact_float32(value: f64) -> Option<f32> {
    let float = value as f32;
    (f64::from(float) == value).then_some(float)
}

/// JSON as it is stored: text, or a number that numeric affinity made of it.
fn json(value: ValueRef<'_>) -> Option<std::borrow::Cow<'_, str>> {
    match value {
        ValueRef::Text(text) => {
            let text = std::str::from_utf8(text).ok()?;
            serde_json::from_str::<serde::de::IgnoredAny>(text).ok()?;
            Some(text.into())
        }
        ValueRef::Integer(value) => Some(value.to_string().into()),
        ValueRef::Real(value) => serde_json::Number::from_f64(value).map(|number| number.to_string().into()),
        ValueRef::Null | ValueRef::Blob(_) => None,
    }
}

fn uuid(value: ValueRef<'_>) -> Option<uuid::Uuid> {
    match value {
        // Other forms that the parser knows (braces, `urn:`) are not what databases hold.
        ValueRef::Text(text) if matches!(text.len(), 32 | 36) => uuid::Uuid::try_parse_ascii(text).ok(),
        ValueRef::Blob(bytes) => uuid::Uuid::from_slice(bytes).ok(),
        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) | ValueRef::Text(_) => None,
    }
}

/// Why a value does not fit its column.
#[cold]
fn reason(value: ValueRef<'_>, nullable: bool, declared: &str) -> String {
    let ty = super::types::language_type(declared);
    let what = match value {
        ValueRef::Null if !nullable => {
            return format!("null in a column declared {declared} that must not be null");
        }
        ValueRef::Null => "null",
        ValueRef::Integer(_) => "an integer",
        ValueRef::Real(_) => "a real number",
        ValueRef::Text(_) => "text",
        ValueRef::Blob(_) => "a blob",
    };
    let detail = match (&ty, value) {
        (Some(Type::Bool), ValueRef::Integer(_)) => ", which is neither 0 nor 1",
        (Some(Type::Int8 | Type::Int16 | Type::Int32), ValueRef::Integer(_)) => ", which is out of its range",
        (Some(Type::Float64 | Type::Float32), ValueRef::Integer(_) | ValueRef::Real(_)) => {
            ", which a float of its size does not hold exactly"
        }
        (Some(Type::Decimal { .. }), ValueRef::Integer(_) | ValueRef::Real(_) | ValueRef::Text(_)) => {
            ", which is not a decimal of its precision and scale"
        }
        (Some(_), ValueRef::Text(text)) if std::str::from_utf8(text).is_err() => " that is not UTF-8",
        (Some(Type::Json), _) => " that is not JSON",
        (Some(Type::Date), ValueRef::Text(_)) => " that is not YYYY-MM-DD",
        (Some(Type::Time), ValueRef::Text(_)) => " that is not HH:MM[:SS[.ffffff]]",
        (Some(Type::Datetime), ValueRef::Text(text)) if temporal::has_zone(text) => {
            " with a zone; TIMESTAMPTZ is the type that has one"
        }
        (Some(Type::Datetime), ValueRef::Text(_)) => " that is not YYYY-MM-DD HH:MM[:SS[.ffffff]]",
        (Some(Type::Timestamp), ValueRef::Text(text)) if temporal::parse_datetime(text).is_some() => {
            " without a zone, which a TIMESTAMPTZ has (Z or +HH:MM)"
        }
        (Some(Type::Timestamp), ValueRef::Text(_)) => {
            " that is not YYYY-MM-DD HH:MM[:SS[.ffffff]] and a zone"
        }
        (Some(Type::Uuid), ValueRef::Text(_) | ValueRef::Blob(_)) => " that is not a UUID",
        _ => "",
    };
    format!("{what} in a column declared {declared}{detail}")
}

/// A value for people, shortened.
pub(super) fn show(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "null".into(),
        ValueRef::Integer(value) => value.to_string(),
        ValueRef::Real(value) => format!("{value:?}"),
        ValueRef::Text(text) => format!("'{}'", shorten(String::from_utf8_lossy(text).into_owned())),
        ValueRef::Blob(bytes) => shorten_bytes(bytes),
    }
}

/// A value of a key as a bound keeps it: as stored, since SQLite sorts what is stored. Text that is not
/// UTF-8 is kept only for people, with its broken places marked.
pub(super) fn key_value(value: ValueRef<'_>) -> KeyValue {
    match value {
        ValueRef::Null => KeyValue::Null,
        ValueRef::Integer(value) => KeyValue::Int(value),
        ValueRef::Real(value) => KeyValue::Text(format!("{value:?}")),
        ValueRef::Text(text) => KeyValue::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => KeyValue::Hex(bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
    }
}

/// The same value back as a parameter, to be compared with a column of this type and affinity.
///
/// # Errors
/// When the bound is not one that this store gave.
pub(super) fn parameter(ty: &Type, affinity: Affinity, value: &KeyValue) -> Result<Value, StoreError> {
    Ok(match value {
        KeyValue::Null => Value::Null,
        KeyValue::Bool(value) => Value::Integer(i64::from(*value)),
        KeyValue::Int(value) => Value::Integer(*value),
        // In a column of numbers the text of a bound was a real: SQLite would have made a number of it.
        KeyValue::Text(text) => match (ty, text.parse()) {
            (Type::Float32 | Type::Float64 | Type::Decimal { .. }, Ok(real))
                if affinity != Affinity::Text =>
            {
                Value::Real(real)
            }
            _ => Value::Text(text.clone()),
        },
        KeyValue::Hex(hex) => {
            Value::Blob(unhex(hex).ok_or_else(|| {
                StoreError::Refused(format!("the chunk's bound x'{hex}' is not hexadecimal"))
            })?)
        }
    })
}

fn unhex(hex: &str) -> Option<Vec<u8>> {
    let (pairs, []) = hex.as_bytes().as_chunks::<2>() else { return None };
    pairs
        .iter()
        .map(|pair| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()))
        .collect()
}
