//! Kernels of the functions on numbers: `+ - * / %`, negation, `abs`, `round`, `floor`, `ceil`, `divide`.
//!
//! Integers are computed in 64 bits and floats in `float64`, then narrowed to the result's type; decimals
//! in [`super::exact`]. What does not fit is an error of the row. A float result is an overflow when it is
//! infinite and no operand is.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::compute::cast;
use arrow::datatypes::{Decimal128Type, Float64Type, Int8Type, Int64Type};
use mig_plan::Type;

use super::exact::{self, Inexact, Rest, Shortest};
use super::fault::{Fault, Trouble};
use super::kernel::{Kernel, Operand, fill, scale, validity};
use super::write;
use crate::arrow_types::arrow_type;

/// An unscaled integer and its scale.
type Scaled = (i128, u8);

/// One function on numbers: what it computes for each kind of number. A function of one argument is
/// given it twice.
pub(super) struct Arithmetic {
    /// What stands between the operands in a message; empty where only the first is shown.
    sign: &'static str,
    integer: fn(i64, i64) -> Result<i64, Inexact>,
    float: fn(f64, f64) -> Result<f64, Inexact>,
    /// The last argument is the scale of the result.
    decimal: fn(Scaled, Scaled, u8) -> Result<i128, Inexact>,
}

fn whole_number(value: Option<i64>) -> Result<i64, Inexact> {
    value.ok_or(Inexact::Overflow)
}

fn large(value: Option<i128>) -> Result<i128, Inexact> {
    value.ok_or(Inexact::Overflow)
}

pub(super) const ADD: Arithmetic = Arithmetic {
    sign: " + ",
    integer: |a, b| whole_number(a.checked_add(b)),
    float: |a, b| Ok(a + b),
    decimal: exact::add,
};

pub(super) const SUBTRACT: Arithmetic = Arithmetic {
    sign: " - ",
    integer: |a, b| whole_number(a.checked_sub(b)),
    float: |a, b| Ok(a - b),
    decimal: |a, b, to| exact::add(a, (large(b.0.checked_neg())?, b.1), to),
};

pub(super) const MULTIPLY: Arithmetic = Arithmetic {
    sign: " * ",
    integer: |a, b| whole_number(a.checked_mul(b)),
    float: |a, b| Ok(a * b),
    decimal: exact::multiply,
};

pub(super) const DIVIDE: Arithmetic = Arithmetic {
    sign: " / ",
    integer: |a, b| match (b, a.checked_rem(b)) {
        (0, _) => Err(Inexact::Zero),
        (_, Some(0)) => whole_number(a.checked_div(b)),
        (_, Some(_)) => Err(Inexact::Digits),
        // Only the least integer over -1 has no remainder in 64 bits: its quotient does not fit.
        (_, None) => Err(Inexact::Overflow),
    },
    float: |a, b| if b == 0.0 { Err(Inexact::Zero) } else { Ok(a / b) },
    decimal: |a, b, to| exact::divide(a, b, to, Rest::Refused),
};

pub(super) const REMAINDER: Arithmetic = Arithmetic {
    sign: " % ",
    integer: |a, b| if b == 0 { Err(Inexact::Zero) } else { Ok(a.wrapping_rem(b)) },
    float: |a, b| if b == 0.0 { Err(Inexact::Zero) } else { Ok(a % b) },
    decimal: exact::remainder,
};

pub(super) const DIVIDE_ROUNDED: Arithmetic = Arithmetic {
    sign: " / ",
    integer: |a, b| small(exact::divide((a.into(), 0), (b.into(), 0), 0, Rest::Rounded)),
    float: |a, b| if b == 0.0 { Err(Inexact::Zero) } else { Ok(a / b) },
    decimal: |a, b, to| exact::divide(a, b, to, Rest::Rounded),
};

pub(super) const NEGATE: Arithmetic = Arithmetic {
    sign: "",
    integer: |a, _| whole_number(a.checked_neg()),
    float: |a, _| Ok(-a),
    decimal: |a, _, to| exact::rescale(large(a.0.checked_neg())?, a.1, to),
};

pub(super) const ABS: Arithmetic = Arithmetic {
    sign: "",
    integer: |a, _| whole_number(a.checked_abs()),
    float: |a, _| Ok(a.abs()),
    decimal: |a, _, to| exact::rescale(large(a.0.checked_abs())?, a.1, to),
};

pub(super) const FLOOR: Arithmetic = Arithmetic {
    sign: "",
    integer: |a, _| Ok(a),
    float: |a, _| Ok(a.floor()),
    decimal: |a, _, to| exact::whole(a, false, to),
};

pub(super) const CEIL: Arithmetic = Arithmetic {
    sign: "",
    integer: |a, _| Ok(a),
    float: |a, _| Ok(a.ceil()),
    decimal: |a, _, to| exact::whole(a, true, to),
};

/// `round(n, digits)`; its second operand is an integer whatever the first is.
pub(super) const ROUND: Arithmetic = Arithmetic {
    sign: " to digits ",
    integer: |a, digits| small(exact::round((a.into(), 0), digits, 0)),
    float: |a, digits| Ok(cut_float(a, digits, exact::round)),
    decimal: |a, digits, to| exact::round(a, i64::try_from(digits.0).unwrap_or(i64::MAX), to),
};

/// `truncate(n, digits)`; its second operand is an integer whatever the first is.
pub(super) const TRUNCATE: Arithmetic = Arithmetic {
    sign: " to digits ",
    integer: |a, digits| small(exact::truncate((a.into(), 0), digits, 0)),
    float: |a, digits| Ok(cut_float(a, digits, exact::truncate)),
    decimal: |a, digits, to| exact::truncate(a, i64::try_from(digits.0).unwrap_or(i64::MAX), to),
};

/// `quotient(a, b)`: toward zero.
pub(super) const QUOTIENT: Arithmetic = Arithmetic {
    sign: " / ",
    integer: |a, b| if b == 0 { Err(Inexact::Zero) } else { whole_number(a.checked_div(b)) },
    float: |a, b| if b == 0.0 { Err(Inexact::Zero) } else { Ok((a / b).trunc()) },
    decimal: |a, b, to| exact::rescale(exact::divide(a, b, 0, Rest::Truncated)?, 0, to),
};

/// `modulo(a, b)`: the sign follows the divisor.
pub(super) const MODULO: Arithmetic = Arithmetic {
    sign: " modulo ",
    integer: |a, b| {
        if b == 0 {
            return Err(Inexact::Zero);
        }
        let rest = a.wrapping_rem(b);
        Ok(if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest })
    },
    float: |a, b| {
        if b == 0.0 {
            return Err(Inexact::Zero);
        }
        let rest = a % b;
        Ok(if rest != 0.0 && (rest < 0.0) != (b < 0.0) { rest + b } else { rest })
    },
    decimal: |a, b, to| {
        let rest = exact::remainder(a, b, to)?;
        if rest != 0 && (rest < 0) != (b.0 < 0) { exact::add((rest, to), b, to) } else { Ok(rest) }
    },
};

fn small(value: Result<i128, Inexact>) -> Result<i64, Inexact> {
    i64::try_from(value?).map_err(|_| Inexact::Overflow)
}

/// How a decimal loses digits.
type Cut = fn(Scaled, i64, u8) -> Result<i128, Inexact>;

/// A float's shortest decimal form with fewer digits: what a reader of the printed number
/// expects (`round(2.675, 2)` is 2.68), not what its binary value is nearest to.
fn cut_float(value: f64, digits: f64, cut: Cut) -> f64 {
    let Some(Shortest { digits: unscaled, exponent }) = Shortest::of_float64(value) else { return value };
    // How many digits go. Beyond 18 there is only zero, below one there is nothing to round.
    let gone = -(exponent as f64) - digits;
    if gone < 1.0 {
        return value;
    }
    if gone > 18.0 {
        return 0.0_f64.copysign(value);
    }
    match cut((unscaled, 0), -(gone as i64), 0) {
        Ok(rounded) => format!("{rounded}e{exponent}").parse().unwrap_or(value),
        Err(_) => value,
    }
}

/// The kernel of a function, by the types of its arguments.
///
/// # Errors
/// When it does not take them, or does not give that result.
pub(super) fn kernel(function: &'static Arithmetic, args: &[Type], result: &Type) -> Result<Kernel, String> {
    let float = |ty: &Type| matches!(ty, Type::Float32 | Type::Float64);
    let exact = |ty: &Type| ty.is_integer() || matches!(ty, Type::Decimal { .. });
    if let Some(range) = result.integer_range()
        && args.iter().all(Type::is_integer)
    {
        Ok(integer(function, range, result.clone()))
    } else if float(result) && args.first().is_some_and(float) {
        Ok(floating(function, result.clone()))
    } else if exact(result) && args.iter().all(exact) {
        Ok(decimal(function, args, result.clone()))
    } else {
        let args: Vec<String> = args.iter().map(Type::to_string).collect();
        Err(format!("arithmetic on {} does not give {result}", args.join(" and ")))
    }
}

fn integer(function: &'static Arithmetic, (low, high): (i64, i64), result: Type) -> Kernel {
    Box::new(move |args, rows| {
        let (a, b) = (first(args)?.integers()?, second(args)?.integers()?);
        let values = fill::<Int64Type>(rows, validity(args, rows), |row| {
            (function.integer)(a.value(row), b.value(row))
                .and_then(
                    |value| if (low..=high).contains(&value) { Ok(value) } else { Err(Inexact::Overflow) },
                )
                .map_err(|why| trouble(why, function, args, row, &result))
        })?;
        narrow(Arc::new(values), &result)
    })
}

fn floating(function: &'static Arithmetic, result: Type) -> Kernel {
    Box::new(move |args, rows| {
        let (a, b) = (first(args)?.floats()?, second(args)?.floats()?);
        let single = result == Type::Float32;
        let values = fill::<Float64Type>(rows, validity(args, rows), |row| {
            let (a, b) = (a.value(row), b.value(row));
            let value = (function.float)(a, b).map_err(|why| trouble(why, function, args, row, &result))?;
            let narrowed = if single { f64::from(value as f32) } else { value };
            if narrowed.is_infinite() && a.is_finite() && b.is_finite() {
                return Err(trouble(Inexact::Overflow, function, args, row, &result));
            }
            Ok(narrowed)
        })?;
        narrow(Arc::new(values), &result)
    })
}

fn decimal(function: &'static Arithmetic, types: &[Type], result: Type) -> Kernel {
    let (scale_a, scale_b) =
        (types.first().map_or(0, scale), types.get(1).or(types.first()).map_or(0, scale));
    let to = scale(&result);
    Box::new(move |args, rows| {
        let (a, b) = (first(args)?.unscaled()?, second(args)?.unscaled()?);
        let values = fill::<Decimal128Type>(rows, validity(args, rows), |row| {
            (function.decimal)((a.value(row), scale_a), (b.value(row), scale_b), to)
                .and_then(|value| fit(value, &result))
                .map_err(|why| trouble(why, function, args, row, &result))
        })?;
        if result.is_integer() {
            let small = values.unary::<_, Int64Type>(|value| i64::try_from(value).unwrap_or_default());
            return narrow(Arc::new(small), &result);
        }
        Ok(Arc::new(values.with_data_type(arrow_type(&result))))
    })
}

/// `sign(n)`: -1, 0 or 1 as `int8`.
pub(super) fn sign(args: &[Type]) -> Result<Kernel, String> {
    let [ty] = args else { return Err("`sign` takes one number".to_owned()) };
    if !ty.is_numeric() {
        return Err(format!("`sign` takes a number, not {ty}"));
    }
    let float = matches!(ty, Type::Float32 | Type::Float64);
    Ok(Box::new(move |args, rows| {
        let arg = first(args)?;
        if float {
            let values = arg.floats()?;
            let signs = fill::<Int8Type>(rows, validity(args, rows), |row| {
                let value = values.value(row);
                if value.is_nan() {
                    return Err(Trouble::with(arg.shown(row), "it has no sign"));
                }
                Ok(i8::from(value > 0.0) - i8::from(value < 0.0))
            })?;
            return Ok(Arc::new(signs));
        }
        let values = arg.unscaled()?;
        let signs = fill::<Int8Type>(rows, validity(args, rows), |row| {
            Ok(i8::try_from(values.value(row).signum()).unwrap_or_default())
        })?;
        Ok(Arc::new(signs))
    }))
}

/// `nearest_float32(n)`, `nearest_float64(n)`: by the result's type.
pub(super) fn nearest_float(args: &[Type], result: &Type) -> Result<Kernel, String> {
    let [ty] = args else { return Err("a float is nearest to one number".to_owned()) };
    let single = *result == Type::Float32;
    if !ty.is_numeric() || !(single || *result == Type::Float64) {
        return Err(format!("no {result} is nearest to {ty}"));
    }
    let float = matches!(ty, Type::Float32 | Type::Float64);
    let (digits, result) = (scale(ty), result.clone());
    Ok(Box::new(move |args, rows| {
        let arg = first(args)?;
        let beyond = |row| Trouble::with(arg.shown(row), format!("the result does not fit {result}"));
        let exact = if float { None } else { Some(arg.unscaled()?) };
        let floats = if float { Some(arg.floats()?) } else { None };
        let values = fill::<Float64Type>(rows, validity(args, rows), |row| {
            let given = floats.as_ref().map(|floats| floats.value(row));
            let value = match (&exact, given) {
                (Some(exact), _) => {
                    let mut text = String::new();
                    // Writing into a String cannot fail.
                    let _ = write::decimal(exact.value(row), digits, &mut text);
                    // Rounding to 64 bits first and then to 32 could round twice.
                    let read = if single { text.parse::<f32>().map(f64::from) } else { text.parse::<f64>() };
                    read.map_err(|_| beyond(row))?
                }
                (None, Some(value)) if single => f64::from(value as f32),
                (None, Some(value)) => value,
                (None, None) => return Err(beyond(row)),
            };
            let was_finite = given.is_none_or(f64::is_finite);
            if was_finite && value.is_infinite() { Err(beyond(row)) } else { Ok(value) }
        })?;
        narrow(Arc::new(values), &result)
    }))
}

/// `value`, unless it does not fit the exact numeric type.
pub(super) fn fit(value: i128, ty: &Type) -> Result<i128, Inexact> {
    match (ty.integer_range(), ty) {
        (Some((low, high)), _) if value < low.into() || value > high.into() => Err(Inexact::Overflow),
        (None, Type::Decimal { precision, .. }) => exact::fit(value, *precision),
        _ => Ok(value),
    }
}

/// 64-bit numbers, each in the range of the type, as that type.
pub(super) fn narrow(values: ArrayRef, ty: &Type) -> Result<ArrayRef, Fault> {
    Ok(cast(&values, &arrow_type(ty))?)
}

fn first(args: &[Operand]) -> Result<&Operand, Fault> {
    args.first().ok_or_else(|| Trouble::plain("a function without its arguments").at(0))
}

/// The second argument, or the first again.
fn second(args: &[Operand]) -> Result<&Operand, Fault> {
    args.get(1).map_or_else(|| first(args), Ok)
}

/// Why a row has no result.
fn trouble(why: Inexact, function: &Arithmetic, args: &[Operand], row: usize, result: &Type) -> Trouble {
    let operands = match args {
        [a, b, ..] => format!("{}{}{}", a.shown(row), function.sign, b.shown(row)),
        [a] => a.shown(row),
        [] => String::new(),
    };
    let message = match why {
        Inexact::Overflow => format!("the result does not fit {result}"),
        Inexact::Digits => {
            format!("the result is not exact in {result}; `round` and `divide` say where to round")
        }
        Inexact::Zero => "division by zero".to_owned(),
    };
    Trouble::with(operands, message)
}
