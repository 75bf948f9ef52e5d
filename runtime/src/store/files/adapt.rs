//! Arrays as a file has them, as arrays of the column's type: exactly, or told value by value.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, Decimal128Array, Int64Array, ListArray, PrimitiveArray,
    StringArray, StringBuilder,
};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{
    DataType, Decimal128Type, Decimal256Type, DecimalType, Time64MicrosecondType, Time64NanosecondType,
    TimeUnit, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
};
use arrow::error::ArrowError;
use mig_plan::{ColumnType, Type};

use crate::arrow_types::{arrow_field, arrow_type};
use crate::store::StoreError;
use crate::store::files::{json, literal};

/// Takes a value that does not fit: its row in the array, how it is shown, why.
pub(super) type Report<'a> = dyn FnMut(usize, &str, String) -> Result<(), StoreError> + 'a;

const DAY: i64 = 86_400_000_000;

/// The array of the column's type. What is reported is null in it.
pub(super) fn adapt(
    array: &ArrayRef,
    to: &ColumnType,
    report: &mut Report<'_>,
) -> Result<ArrayRef, StoreError> {
    if !to.nullable && array.null_count() > 0 {
        for row in (0..array.len()).filter(|row| array.is_null(*row)) {
            report(row, "", format!("no value, and the column is {} without `?`", to.ty))?;
        }
    }
    let adapted: ArrayRef = match (&to.ty, array.data_type()) {
        (Type::Text, DataType::Binary) => Arc::new(texts(array, report, |_| Ok(()))?),
        (Type::Enum(labels), DataType::Binary | DataType::Utf8) => {
            Arc::new(texts(&cast(array, &DataType::Binary)?, report, |text| {
                let known = labels.iter().any(|label| label == text);
                if known { Ok(()) } else { Err(format!("none of the labels of {}", to.ty)) }
            })?)
        }
        (Type::Json, DataType::Binary | DataType::Utf8) => {
            Arc::new(texts(&cast(array, &DataType::Binary)?, report, |text| {
                json::value(text)
                    .map(drop)
                    .map_err(|flaw| format!("not JSON ({} at character {})", flaw.what, flaw.at + 1))
            })?)
        }
        (Type::Timestamp | Type::Datetime, DataType::Timestamp(unit, zone)) => {
            let micros: Int64Array = match unit {
                TimeUnit::Second => {
                    multiplied(cast(array, &DataType::Int64)?.as_primitive(), 1_000_000, report)?
                }
                TimeUnit::Millisecond => multiplied(
                    &array.as_primitive::<TimestampMillisecondType>().reinterpret_cast(),
                    1_000,
                    report,
                )?,
                TimeUnit::Microsecond => array.as_primitive::<TimestampMicrosecondType>().reinterpret_cast(),
                TimeUnit::Nanosecond => {
                    divided(&array.as_primitive::<TimestampNanosecondType>().reinterpret_cast(), report)?
                }
            };
            let micros: PrimitiveArray<TimestampMicrosecondType> = micros.reinterpret_cast();
            Arc::new(micros.with_timezone_opt(zone.as_ref().map(|_| "UTC")))
        }
        (Type::Time, found) => {
            let micros: Int64Array = if *found == DataType::Time64(TimeUnit::Nanosecond) {
                divided(&array.as_primitive::<Time64NanosecondType>().reinterpret_cast(), report)?
            } else {
                cast(array, &arrow_type(&Type::Time))?
                    .as_primitive::<Time64MicrosecondType>()
                    .reinterpret_cast()
            };
            checked::<Time64MicrosecondType>(
                &micros.reinterpret_cast(),
                |value| (0..DAY).contains(&value),
                report,
                |value| (value.to_string(), "microseconds that are not within a day".to_owned()),
            )?
        }
        (Type::Decimal { precision, scale }, _) => decimals(array, *precision, *scale, report)?,
        (Type::List(item), DataType::List(_)) => {
            let list = array.as_list::<i32>();
            let ends = list.value_offsets();
            // An item's row is the first whose end is behind it.
            let mut in_row = |item: usize, value: &str, reason: String| {
                let row = ends.partition_point(|end| end.cast_unsigned() as usize <= item).saturating_sub(1);
                report(row, value, reason)
            };
            let items = adapt(list.values(), item, &mut in_row)?;
            let field = Arc::new(arrow_field("item", item));
            // What was reported is a null that the items' type may not allow: then nobody wants the array.
            let field = if items.null_count() > 0 {
                Arc::new(field.as_ref().clone().with_nullable(true))
            } else {
                field
            };
            let list = ListArray::try_new(field, list.offsets().clone(), items, list.nulls().cloned());
            Arc::new(list.map_err(failed)?)
        }
        (ty, found) if *found == arrow_type(ty) => array.clone(),
        (ty, _) => cast(array, &arrow_type(ty))?,
    };
    Ok(adapted)
}

fn failed(error: impl std::fmt::Display) -> StoreError {
    StoreError::Refused(format!("a column cannot be read: {error}"))
}

/// Arrow's cast, which here only ever widens.
fn cast(array: &ArrayRef, to: &DataType) -> Result<ArrayRef, StoreError> {
    let options = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(array, to, &options).map_err(|error: ArrowError| failed(error))
}

fn texts(
    array: &ArrayRef,
    report: &mut Report<'_>,
    check: impl Fn(&str) -> Result<(), String>,
) -> Result<StringArray, StoreError> {
    let bytes = array.as_binary::<i32>();
    let whole = StringArray::try_from_binary(bytes.clone()).ok();
    if let Some(texts) = &whole
        && texts.iter().flatten().all(|text| check(text).is_ok())
    {
        return Ok(texts.clone());
    }
    let mut texts = StringBuilder::new();
    for (row, bytes) in bytes.iter().enumerate() {
        let Some(bytes) = bytes else {
            texts.append_null();
            continue;
        };
        let text = std::str::from_utf8(bytes).map_err(|_| "not UTF-8".to_owned());
        match text.and_then(|text| check(text).map(|()| text)) {
            Ok(text) => texts.append_value(text),
            Err(reason) => {
                texts.append_null();
                report(row, &String::from_utf8_lossy(bytes), reason)?;
            }
        }
    }
    Ok(texts.finish())
}

fn multiplied(values: &Int64Array, by: i64, report: &mut Report<'_>) -> Result<Int64Array, StoreError> {
    map(
        values,
        |value| value.checked_mul(by),
        report,
        |value| (value.to_string(), "a time out of range".to_owned()),
    )
}

fn divided(values: &Int64Array, report: &mut Report<'_>) -> Result<Int64Array, StoreError> {
    map(
        values,
        |value| (value % 1_000 == 0).then_some(value / 1_000),
        report,
        |value| {
            let mut text = Vec::new();
            literal::put_datetime(value.div_euclid(1_000), &mut text);
            text.extend(format!(" and {} ns", value.rem_euclid(1_000)).bytes());
            (String::from_utf8_lossy(&text).into_owned(), "a time finer than microseconds".to_owned())
        },
    )
}

fn map(
    values: &Int64Array,
    exact: impl Fn(i64) -> Option<i64>,
    report: &mut Report<'_>,
    describe: impl Fn(i64) -> (String, String),
) -> Result<Int64Array, StoreError> {
    let mut mapped = Vec::with_capacity(values.len());
    for (row, value) in values.iter().enumerate() {
        let exact = value.and_then(&exact);
        if let (Some(value), None) = (value, exact) {
            let (shown, reason) = describe(value);
            report(row, &shown, reason)?;
        }
        mapped.push(exact);
    }
    Ok(Int64Array::from(mapped))
}

/// The array itself, when all its values are sound.
fn checked<T: ArrowPrimitiveType>(
    values: &PrimitiveArray<T>,
    sound: impl Fn(T::Native) -> bool,
    report: &mut Report<'_>,
    describe: impl Fn(T::Native) -> (String, String),
) -> Result<ArrayRef, StoreError> {
    for (row, value) in values.iter().enumerate() {
        if let Some(value) = value.filter(|value| !sound(*value)) {
            let (shown, reason) = describe(value);
            report(row, &shown, reason)?;
        }
    }
    Ok(Arc::new(values.clone()))
}

fn decimals(
    array: &ArrayRef,
    precision: u8,
    scale: u8,
    report: &mut Report<'_>,
) -> Result<ArrayRef, StoreError> {
    let array = bounded::<Decimal256Type>(&bounded::<Decimal128Type>(array, report)?, report)?;
    let to = arrow_type(&Type::Decimal { precision, scale });
    if *array.data_type() == to {
        return Ok(array);
    }
    let cast: Decimal128Array = cast(&array, &to)?.as_primitive::<Decimal128Type>().clone();
    Ok(Arc::new(cast))
}

/// The array, if it is of this kind of decimals, without values that have more digits than its own type: what a file declares
/// bounds nothing.
fn bounded<T: DecimalType>(array: &ArrayRef, report: &mut Report<'_>) -> Result<ArrayRef, StoreError> {
    let (Some(values), Some((digits, places))) = (array.as_primitive_opt::<T>(), decimal(array.data_type()))
    else {
        return Ok(Arc::clone(array));
    };
    let sound = |value| T::is_valid_decimal_precision(value, digits);
    if values.iter().flatten().all(sound) {
        return Ok(Arc::clone(array));
    }
    for (row, value) in values.iter().enumerate() {
        if let Some(value) = value.filter(|value| !sound(*value)) {
            let shown = T::format_decimal(value, digits, places);
            report(row, &shown, format!("more digits than the file's own decimal({digits}, {places}) has"))?;
        }
    }
    let kept = values.unary_opt::<_, T>(|value| sound(value).then_some(value));
    Ok(Arc::new(kept.with_data_type(array.data_type().clone())))
}

/// The digits of a decimal, and those behind the point.
fn decimal(ty: &DataType) -> Option<(u8, i8)> {
    if let DataType::Decimal128(digits, places) | DataType::Decimal256(digits, places) = ty {
        Some((*digits, *places))
    } else {
        None
    }
}
