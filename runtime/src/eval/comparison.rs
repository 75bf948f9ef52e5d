//! Kernels of `== != < <= > >=`, `in` and `nullif`.
//!
//! Numbers compare by value: -0.0 equals 0.0, and NaN equals itself and is above everything else, so that
//! every two values are comparable. Text and bytes compare byte by byte, which for UTF-8 is by code point.
//! `json` has equality only, that of [`crate::row_hash`]; lists are not compared.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::compute::{cast, kernels::cmp, nullif, or_kleene};
use arrow::datatypes::{DataType, Float64Type};
use mig_plan::Type;

use super::exact;
use super::fault::{Fault, Trouble};
use super::kernel::{Kernel, Operand, fill_bool, fill_text, scale, validity};
use crate::row_hash::{canonical64, strip_json};

/// A comparison.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

pub(super) type Compare = Box<dyn Fn(&Operand, &Operand, usize) -> Result<BooleanArray, Fault> + Send + Sync>;

/// The kernel of a comparison of two values.
///
/// # Errors
/// When the types have no such comparison.
pub(super) fn kernel(comparison: Comparison, args: &[Type]) -> Result<Kernel, String> {
    let [a, b] = args else { return Err(format!("a comparison of {} values", args.len())) };
    let compare = comparing(comparison, a, b)?;
    Ok(Box::new(move |args, rows| match args {
        [a, b] => Ok(Arc::new(compare(a, b, rows)?)),
        _ => Err(missing()),
    }))
}

/// The kernel of `x in [a, b, …]`: `x == a or x == b or …`, three-valued.
///
/// # Errors
/// When the value cannot be compared with a candidate.
pub(super) fn among(args: &[Type]) -> Result<Kernel, String> {
    let Some((value, candidates)) = args.split_first() else { return Err("`in` without a value".to_owned()) };
    let equals: Vec<Compare> =
        candidates.iter().map(|candidate| equality(value, candidate)).collect::<Result<_, _>>()?;
    Ok(Box::new(move |args, rows| {
        let Some((value, candidates)) = args.split_first() else { return Err(missing()) };
        let mut found = BooleanArray::from(vec![false; rows]);
        for (equal, candidate) in equals.iter().zip(candidates) {
            found = or_kleene(&found, &equal(value, candidate, rows)?)?;
        }
        Ok(Arc::new(found))
    }))
}

/// The kernel of `nullif(a, b)`.
///
/// # Errors
/// When both cannot be compared.
pub(super) fn null_if(args: &[Type]) -> Result<Kernel, String> {
    let [a, b] = args else { return Err(format!("`nullif` of {} values", args.len())) };
    let equal = equality(a, b)?;
    Ok(Box::new(move |args, rows| match args {
        // Arrow's `nullif` takes a null comparison for false, as we do: a null `b` equals nothing.
        [a, b] => Ok(nullif(a.spread(rows)?.as_ref(), &equal(a, b, rows)?)?),
        _ => Err(missing()),
    }))
}

fn missing() -> Fault {
    Trouble::plain("a comparison without its arguments").at(0)
}

/// Whether two values are equal, row by row.
///
/// # Errors
/// When the types have no equality.
pub(super) fn equality(a: &Type, b: &Type) -> Result<Compare, String> {
    comparing(Comparison::Equal, a, b)
}

/// A comparison of two operands, row by row.
///
/// # Errors
/// When the types have no such comparison.
pub(super) fn comparing(comparison: Comparison, a: &Type, b: &Type) -> Result<Compare, String> {
    let equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
    let exact = |ty: &Type| ty.is_integer() || matches!(ty, Type::Decimal { .. });
    if a.is_integer() && b.is_integer() && a != b {
        return Ok(prepared(comparison, |operand| Ok(cast(&operand.array, &DataType::Int64)?)));
    }
    if a != b && exact(a) && exact(b) {
        return Ok(decimals(comparison, scale(a), scale(b)));
    }
    if a != b {
        return Err(format!("{a} is not comparable with {b}"));
    }
    match a {
        Type::List(_) => Err("lists are not comparable".to_owned()),
        Type::Json if !equality => Err("json is not ordered".to_owned()),
        Type::Enum(_) if !equality => Err("labels are not ordered".to_owned()),
        Type::Json => Ok(prepared(comparison, stripped)),
        Type::Float32 | Type::Float64 => Ok(prepared(comparison, ordered)),
        Type::Bool
        | Type::Int8
        | Type::Int16
        | Type::Int32
        | Type::Int64
        | Type::Decimal { .. }
        | Type::Text
        | Type::Bytes
        | Type::Date
        | Type::Time
        | Type::Timestamp
        | Type::Datetime
        | Type::Uuid
        | Type::Enum(_) => Ok(prepared(comparison, |operand| Ok(Arc::clone(&operand.array)))),
    }
}

/// Arrow's comparison, after both operands are brought into a form in which it is exactly ours.
fn prepared(comparison: Comparison, prepare: fn(&Operand) -> Result<ArrayRef, Fault>) -> Compare {
    let compare = match comparison {
        Comparison::Equal => cmp::eq,
        Comparison::NotEqual => cmp::neq,
        Comparison::Less => cmp::lt,
        Comparison::LessOrEqual => cmp::lt_eq,
        Comparison::Greater => cmp::gt,
        Comparison::GreaterOrEqual => cmp::gt_eq,
    };
    Box::new(move |a, b, rows| {
        let a = Operand { array: prepare(a)?, scalar: a.scalar };
        let b = Operand { array: prepare(b)?, scalar: b.scalar };
        let result = compare(&a, &b)?;
        // Two scalars give one value, whatever the number of rows.
        if a.scalar && b.scalar && rows != 1 {
            let spread = Operand { array: Arc::new(result), scalar: true }.spread(rows)?;
            return Ok(spread.as_boolean().clone());
        }
        Ok(result)
    })
}

/// Floats for Arrow's total order: without the sign of zero and of NaN it is the order by value.
fn ordered(operand: &Operand) -> Result<ArrayRef, Fault> {
    let floats = operand.floats()?.array;
    Ok(Arc::new(floats.unary::<_, Float64Type>(canonical64)))
}

fn stripped(operand: &Operand) -> Result<ArrayRef, Fault> {
    let texts = operand.array.as_string::<i32>();
    let stripped = fill_text(texts.len(), operand.array.nulls().cloned(), |row, out| {
        out.push_str(&strip_json(texts.value(row)));
        Ok(())
    })?;
    Ok(Arc::new(stripped))
}

fn decimals(comparison: Comparison, scale_a: u8, scale_b: u8) -> Compare {
    let holds: fn(Ordering) -> bool = match comparison {
        Comparison::Equal => Ordering::is_eq,
        Comparison::NotEqual => Ordering::is_ne,
        Comparison::Less => Ordering::is_lt,
        Comparison::LessOrEqual => Ordering::is_le,
        Comparison::Greater => Ordering::is_gt,
        Comparison::GreaterOrEqual => Ordering::is_ge,
    };
    Box::new(move |a, b, rows| {
        let both = [a.clone(), b.clone()];
        let (a, b) = (a.unscaled()?, b.unscaled()?);
        fill_bool(rows, validity(&both, rows), |row| {
            Ok(holds(exact::order((a.value(row), scale_a), (b.value(row), scale_b))))
        })
    })
}
