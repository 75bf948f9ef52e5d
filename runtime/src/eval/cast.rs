//! Casts: to another type without losing anything, or an error of the row.
//!
//! What each pair means is one line of [`kernel`]; a pair that is not there has no cast. Between floats
//! and exact numbers "without loss" means that casting back gives the same value: a float stands for its
//! shortest decimal form, and for its exact value where that is whole.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, FixedSizeBinaryBuilder, ListArray, PrimitiveArray, UInt32Array,
};
use arrow::compute::{cast, take};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int64Type,
    Time64MicrosecondType, TimestampMicrosecondType,
};
use mig_plan::{ColumnType, Type};

use super::arithmetic::{fit, narrow};
use super::exact::{Inexact, Shortest, rescale};
use super::fault::{Fault, Trouble};
use super::kernel::{Kernel, Operand, fill, fill_bool, fill_text, scale};
use super::{read, write};
use crate::arrow_types::{arrow_field, arrow_type};
use crate::cells::Cells;

/// The kernel of a cast.
///
/// # Errors
/// When there is no cast between the types.
pub(super) fn kernel(from: &Type, to: &Type) -> Result<Kernel, String> {
    let float = |ty: &Type| matches!(ty, Type::Float32 | Type::Float64);
    let exact = |ty: &Type| ty.is_integer() || matches!(ty, Type::Decimal { .. });
    match (from, to) {
        (Type::Json, Type::Text) => Ok(one(|arg, _| Ok(Arc::clone(&arg.array)))),
        _ if from == to => Ok(one(|arg, _| Ok(Arc::clone(&arg.array)))),
        (Type::Bytes, Type::Text) => Ok(one(text_of_bytes)),
        (Type::List(_), Type::Text) => Err("a list has no cast to text".to_owned()),
        (Type::Enum(_), Type::Text) => Ok(one(|arg, _| Ok(Arc::clone(&arg.array)))),
        (Type::Text | Type::Enum(_), Type::Enum(labels)) => Ok(labelled(to, labels)),
        (_, Type::Text) => Ok(one(text_of_any)),
        (Type::Text, _) => from_text(to),
        (Type::Bytes, Type::Uuid) => Ok(one(|arg, rows| {
            let bytes = arg.array.as_binary::<i32>();
            let trouble = |row| Trouble::with(arg.shown(row), "not the 16 bytes of a uuid");
            uuids(arg, rows, |row| bytes.value(row).try_into().map_err(|_| trouble(row)))
        })),
        (Type::Uuid, Type::Bytes) => Ok(one(|arg, _| Ok(cast(&arg.array, &DataType::Binary)?))),
        (Type::Bool, _) if to.is_integer() => {
            let to = to.clone();
            Ok(one(move |arg, _| narrow(Arc::clone(&arg.array), &to)))
        }
        (_, Type::Bool) if from.is_integer() => Ok(one(|arg, rows| {
            let numbers = arg.integers()?;
            let values = fill_bool(rows, arg.array.nulls().cloned(), |row| match numbers.value(row) {
                0 => Ok(false),
                1 => Ok(true),
                _ => Err(Trouble::with(arg.shown(row), "only 0 and 1 are booleans")),
            })?;
            Ok(Arc::new(values))
        })),
        (Type::Date, Type::Datetime) => Ok(one(|arg, rows| {
            primitive::<TimestampMicrosecondType>(arg, rows, &Type::Datetime, |row| {
                i64::from(arg.array.as_primitive::<Date32Type>().value(row)).checked_mul(read::DAY)
            })
        })),
        (Type::Datetime, Type::Date) => Ok(one(|arg, rows| {
            let readings = arg.array.as_primitive::<TimestampMicrosecondType>();
            let days = fill::<Date32Type>(rows, arg.array.nulls().cloned(), |row| {
                let micros = readings.value(row);
                let day = i32::try_from(micros.div_euclid(read::DAY)).ok();
                day.filter(|_| micros.rem_euclid(read::DAY) == 0)
                    .ok_or_else(|| Trouble::with(arg.shown(row), "a date would lose its time of day"))
            })?;
            Ok(Arc::new(days))
        })),
        _ if exact(from) && exact(to) => {
            let (scale_from, to) = (scale(from), to.clone());
            Ok(one(move |arg, rows| {
                let values = arg.unscaled()?;
                exact_numbers(arg, rows, &to, |row, scale| rescale(values.value(row), scale_from, scale))
            }))
        }
        _ if exact(from) && float(to) => {
            let (scale, to) = (scale(from), to.clone());
            Ok(one(move |arg, rows| floats_of_exact(arg, rows, scale, &to)))
        }
        _ if float(from) && exact(to) => {
            let to = to.clone();
            Ok(one(move |arg, rows| {
                let values = arg.floats()?;
                let single = arg.array.as_primitive_opt::<Float32Type>();
                exact_numbers(arg, rows, &to, |row, scale| {
                    let value = values.value(row);
                    if value.fract() == 0.0 && value.abs() < 1e38 {
                        return rescale(value as i128, 0, scale);
                    }
                    let shortest = match single {
                        Some(single) => Shortest::of_float32(single.value(row)),
                        None => Shortest::of_float64(value),
                    };
                    shortest.map_or(Err(Inexact::Overflow), |shortest| shortest.at_scale(scale))
                })
            }))
        }
        (Type::Float32, Type::Float64) => Ok(one(|arg, _| Ok(cast(&arg.array, &DataType::Float64)?))),
        (Type::Float64, Type::Float32) => Ok(one(|arg, rows| {
            let values = arg.floats()?;
            primitive::<Float32Type>(arg, rows, &Type::Float32, |row| {
                let value = values.value(row);
                let small = value as f32;
                (f64::from(small) == value || value.is_nan()).then_some(small)
            })
        })),
        (Type::List(from), Type::List(to)) => list(from, to),
        _ => Err(format!("{from} has no cast to {to}")),
    }
}

/// A kernel of one argument. It is called with that argument's own rows: one when it is a constant.
fn one(f: impl Fn(&Operand, usize) -> Result<ArrayRef, Fault> + Send + Sync + 'static) -> Kernel {
    Box::new(move |args, rows| match args {
        [arg] => f(arg, rows),
        _ => Err(Trouble::plain("a cast without its argument").at(0)),
    })
}

fn does_not_hold(arg: &Operand, row: usize, to: &Type) -> Trouble {
    Trouble::with(arg.shown(row), format!("{to} does not hold it without loss"))
}

fn does_not_read(arg: &Operand, row: usize, to: &Type) -> Trouble {
    Trouble::with(arg.shown(row), format!("the text does not read as {to}"))
}

/// Numbers of the type `to`; `None` is a value that it does not hold.
fn primitive<T: ArrowPrimitiveType>(
    arg: &Operand,
    rows: usize,
    to: &Type,
    value: impl Fn(usize) -> Option<T::Native>,
) -> Result<ArrayRef, Fault> {
    let values: PrimitiveArray<T> =
        fill(rows, arg.array.nulls().cloned(), |row| value(row).ok_or_else(|| does_not_hold(arg, row, to)))?;
    Ok(Arc::new(values))
}

/// Integers or decimals: `value` gives a row's unscaled integer at the scale it is told.
fn exact_numbers(
    arg: &Operand,
    rows: usize,
    to: &Type,
    value: impl Fn(usize, u8) -> Result<i128, Inexact>,
) -> Result<ArrayRef, Fault> {
    let scale = scale(to);
    let unscaled =
        |row| value(row, scale).and_then(|value| fit(value, to)).map_err(|_| does_not_hold(arg, row, to));
    let nulls = arg.array.nulls().cloned();
    if to.is_integer() {
        // `fit` has made sure that it is in the range.
        let values =
            fill::<Int64Type>(rows, nulls, |row| Ok(i64::try_from(unscaled(row)?).unwrap_or_default()))?;
        return narrow(Arc::new(values), to);
    }
    Ok(Arc::new(fill::<Decimal128Type>(rows, nulls, unscaled)?.with_data_type(arrow_type(to))))
}

fn floats_of_exact(arg: &Operand, rows: usize, scale: u8, to: &Type) -> Result<ArrayRef, Fault> {
    let values = arg.unscaled()?;
    let nulls = arg.array.nulls().cloned();
    let text = |row: usize| {
        let mut text = String::new();
        // Writing into a String cannot fail.
        let _ = write::decimal(values.value(row), scale, &mut text);
        text
    };
    let number = |row: usize| Shortest::new(values.value(row), -i64::from(scale));
    if *to == Type::Float32 {
        let floats = fill::<Float32Type>(rows, nulls, |row| {
            let value: Option<f32> = text(row).parse().ok();
            let same = |value: &f32| {
                Shortest::of_float32(*value) == Some(number(row))
                    || read::stands_for((*value).into(), number(row))
            };
            value.filter(same).ok_or_else(|| does_not_hold(arg, row, to))
        })?;
        return Ok(Arc::new(floats));
    }
    let floats = fill::<Float64Type>(rows, nulls, |row| {
        let value: Option<f64> = text(row).parse().ok();
        value.filter(|value| read::stands_for(*value, number(row))).ok_or_else(|| does_not_hold(arg, row, to))
    })?;
    Ok(Arc::new(floats))
}

fn text_of_any(arg: &Operand, rows: usize) -> Result<ArrayRef, Fault> {
    let cells = Cells::of(arg.array.as_ref());
    let texts = fill_text(rows, arg.array.nulls().cloned(), |row, out| {
        if let Some(cells) = &cells {
            cells.write(row, out);
        }
        Ok(())
    })?;
    Ok(Arc::new(texts))
}

fn text_of_bytes(arg: &Operand, rows: usize) -> Result<ArrayRef, Fault> {
    let bytes = arg.array.as_binary::<i32>();
    let texts = fill_text(rows, arg.array.nulls().cloned(), |row, out| {
        let text = std::str::from_utf8(bytes.value(row));
        out.push_str(text.map_err(|_| Trouble::with(arg.shown(row), "the bytes are not UTF-8"))?);
        Ok(())
    })?;
    Ok(Arc::new(texts))
}

fn uuids(
    arg: &Operand,
    rows: usize,
    value: impl Fn(usize) -> Result<[u8; 16], Trouble>,
) -> Result<ArrayRef, Fault> {
    let mut uuids = FixedSizeBinaryBuilder::with_capacity(rows, 16);
    for row in 0..rows {
        if arg.array.is_null(row) {
            uuids.append_null();
        } else {
            uuids.append_value(value(row).map_err(|trouble| trouble.at(row))?)?;
        }
    }
    Ok(Arc::new(uuids.finish()))
}

fn from_text(to: &Type) -> Result<Kernel, String> {
    /// Numbers read from text one by one.
    fn parsed<T: ArrowPrimitiveType>(
        to: &Type,
        parse: impl Fn(&str) -> Option<T::Native> + Send + Sync + 'static,
    ) -> Kernel {
        let to = to.clone();
        one(move |arg, rows| {
            let texts = arg.array.as_string::<i32>();
            let values: PrimitiveArray<T> = fill(rows, arg.array.nulls().cloned(), |row| {
                parse(texts.value(row)).ok_or_else(|| does_not_read(arg, row, &to))
            })?;
            Ok(Arc::new(values.with_data_type(arrow_type(&to))))
        })
    }
    Ok(match to {
        Type::Bool => one(|arg, rows| {
            let texts = arg.array.as_string::<i32>();
            let values = fill_bool(rows, arg.array.nulls().cloned(), |row| {
                read::boolean(texts.value(row)).ok_or_else(|| does_not_read(arg, row, &Type::Bool))
            })?;
            Ok(Arc::new(values))
        }),
        Type::Int8 | Type::Int16 | Type::Int32 | Type::Int64 => {
            let to = to.clone();
            let (low, high) = to.integer_range().unwrap_or_default();
            one(move |arg, rows| {
                let texts = arg.array.as_string::<i32>();
                let values = fill::<Int64Type>(rows, arg.array.nulls().cloned(), |row| {
                    read::integer(texts.value(row))
                        .filter(|value| (low..=high).contains(value))
                        .ok_or_else(|| does_not_read(arg, row, &to))
                })?;
                narrow(Arc::new(values), &to)
            })
        }
        Type::Float64 => parsed::<Float64Type>(to, read::float),
        Type::Float32 => parsed::<Float32Type>(to, read::float32),
        Type::Decimal { precision, scale } => {
            let (precision, scale) = (*precision, *scale);
            parsed::<Decimal128Type>(to, move |text| {
                let value = read::decimal(text)?.at_scale(scale).ok()?;
                super::exact::fit(value, precision).ok()
            })
        }
        Type::Date => parsed::<Date32Type>(to, read::date),
        Type::Time => parsed::<Time64MicrosecondType>(to, read::time),
        Type::Timestamp => parsed::<TimestampMicrosecondType>(to, read::timestamp),
        Type::Datetime => parsed::<TimestampMicrosecondType>(to, read::datetime),
        Type::Text => return Err("text is text".to_owned()),
        Type::Bytes => one(|arg, _| Ok(cast(&arg.array, &DataType::Binary)?)),
        Type::Uuid => one(|arg, rows| {
            let texts = arg.array.as_string::<i32>();
            uuids(arg, rows, |row| {
                read::uuid(texts.value(row)).ok_or_else(|| does_not_read(arg, row, &Type::Uuid))
            })
        }),
        Type::Json => one(|arg, rows| {
            let texts = arg.array.as_string::<i32>();
            for row in 0..rows {
                if texts.is_valid(row) && !read::is_json(texts.value(row)) {
                    return Err(does_not_read(arg, row, &Type::Json).at(row));
                }
            }
            Ok(Arc::clone(&arg.array))
        }),
        Type::Enum(labels) => labelled(to, labels),
        Type::List(_) => return Err(format!("text has no cast to {to}")),
    })
}

/// Texts that are all labels of the enum `to`.
fn labelled(to: &Type, labels: &[String]) -> Kernel {
    let (to, labels) = (to.clone(), labels.to_vec());
    one(move |arg, rows| {
        let texts = arg.array.as_string::<i32>();
        for row in (0..rows).filter(|row| texts.is_valid(*row)) {
            let text = texts.value(row);
            if !labels.iter().any(|label| label == text) {
                let near = labels
                    .iter()
                    .map(|label| {
                        (strsim::damerau_levenshtein(&text.to_lowercase(), &label.to_lowercase()), label)
                    })
                    .filter(|(distance, label)| *distance < label.chars().count().min(4))
                    .min_by_key(|(distance, _)| *distance)
                    .map_or_else(String::new, |(_, label)| format!("; the nearest is {label:?}"));
                return Err(Trouble::with(arg.shown(row), format!("no label of {to}{near}")).at(row));
            }
        }
        Ok(Arc::clone(&arg.array))
    })
}

/// Item by item; a missing item is an error where the new items are not nullable.
fn list(from: &ColumnType, to: &ColumnType) -> Result<Kernel, String> {
    let items = kernel(&from.ty, &to.ty)?;
    let field = Arc::new(arrow_field("item", to));
    Ok(one(move |arg, rows| {
        // Taking every row leaves behind the items that no row shows: they may be anything.
        let rows_now = u32::try_from(rows).map_err(|_| Trouble::plain("a batch of 2^32 rows").at(0))?;
        let compact = take(arg.array.as_ref(), &UInt32Array::from_iter_values(0..rows_now), None)?;
        let lists = compact.as_list::<i32>();
        let row_of = |item: usize| {
            let ends = lists.value_offsets().iter().skip(1);
            ends.take_while(|end| usize::try_from(**end).is_ok_and(|end| end <= item)).count()
        };
        let old = Arc::clone(lists.values());
        let count = old.len();
        let new = if count == 0 {
            arrow::array::new_empty_array(field.data_type())
        } else {
            items(&[Operand::rows(old)], count).map_err(|fault| fault.trouble.at(row_of(fault.row)))?
        };
        if !field.is_nullable()
            && let Some(item) = (0..new.len()).find(|item| new.is_null(*item))
        {
            return Err(Trouble::plain("an item is missing, and the items are not nullable").at(row_of(item)));
        }
        let lists =
            ListArray::try_new(Arc::clone(&field), lists.offsets().clone(), new, lists.nulls().cloned())?;
        Ok(Arc::new(lists))
    }))
}
