//! Constants that stop every row: a division by zero, a sum that overflows, a cast of what is no value of the type. What fails
//! for a row is found when the row is read; what fails for each of them, before any is.
//!
//! What constants come to is computed here for whole numbers and texts, since those are what a mistake is made of; all
//! else waits for the engine, which computes what is made of constants alone once for a batch.

use std::borrow::Cow;

use mig_lang::{Diagnostic, Span};
use mig_plan::{Expr, Function, Literal, Type};

use super::literals::{adapt_value, canonical_form};
use super::numbers::{is_decimal, is_float};

/// The error for a divisor that is zero whatever the row is.
pub(super) fn divisor(by: &Expr, span: Span) -> Option<Diagnostic> {
    is_zero(by).then(|| {
        Diagnostic::error("always-fails", span, "a division by zero stops every row").help(
            "Write another divisor; where a column may be zero, `nullif(column, 0)` makes the result null.",
        )
    })
}

/// The error for arithmetic that has no result whatever the row is.
pub(super) fn arithmetic(
    (function, result): (Function, &Type),
    (left, right): (&Expr, &Expr),
    (by, whole): (Span, Span),
) -> Option<Diagnostic> {
    if matches!(function, Function::Divide | Function::Remainder)
        && let Some(error) = divisor(right, by)
    {
        return Some(error);
    }
    // Those of other types are wider, or not exact.
    let (low, high) = result.integer_range()?;
    let (a, b) = (whole_number(left)?, whole_number(right)?);
    if computed(function, (a, b), result).is_some() {
        return None;
    }
    let fails = |message: String| Some(Diagnostic::error("always-fails", whole, message));
    if function == Function::Divide && a.checked_rem(b).is_some_and(|rest| rest != 0) {
        let error = fails(format!("{a} / {b} is no whole number, and stops every row"))?;
        return Some(error.help(format!(
            "Whole numbers are divided without a rest; `divide({a}, {b}, 2)` rounds to so many digits behind the point."
        )));
    }
    let error = fails(format!("this is no `{result}`, and stops every row"))?;
    Some(error.help(format!("Those go from {low} to {high}.")))
}

/// The error for the cast of a constant that is no value of the type.
pub(super) fn cast(value: &Expr, to: &Type, span: Span) -> Option<Diagnostic> {
    let value = constant(value)?;
    let fails = match value.as_ref() {
        Literal::Int(number) => match to.integer_range() {
            Some((low, high)) => !(low..=high).contains(number),
            None if *to == Type::Bool => !matches!(number, 0 | 1),
            None => is_decimal(to) && adapt_value(&value, to).is_none(),
        },
        Literal::Decimal(digits) => match to.integer_range() {
            Some((low, high)) => {
                let (number, fraction) = digits.split_once('.').unwrap_or((digits, ""));
                let number = number.parse::<i128>();
                fraction.bytes().any(|digit| digit != b'0')
                    || !number.is_ok_and(|number| (i128::from(low)..=i128::from(high)).contains(&number))
            }
            None => is_decimal(to) && adapt_value(&value, to).is_none(),
        },
        Literal::Text(text) => !may_read(text, to),
        Literal::Null | Literal::Bool(_) => false,
    };
    fails.then(|| {
        let shown = match value.as_ref() {
            Literal::Text(text) => format!("{text:?}"),
            Literal::Int(number) => number.to_string(),
            Literal::Decimal(digits) => digits.clone(),
            Literal::Null | Literal::Bool(_) => "this".to_owned(),
        };
        Diagnostic::error("always-fails", span, format!("{shown} is no `{to}`, and stops every row"))
            .help("Write a constant that is one.")
    })
}

/// Whether some form of a value of this type could be this text: not so a text of the usual form whose parts are out of
/// range, or a number without a digit.
fn may_read(text: &str, to: &Type) -> bool {
    let has_digit = text.bytes().any(|byte| byte.is_ascii_digit());
    if *to == Type::Bool {
        return matches!(text, "true" | "false");
    }
    if *to == Type::Uuid {
        let digits = text.bytes().filter(u8::is_ascii_hexdigit).count();
        return digits == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    }
    if let Some((form, reads)) = canonical_form(to) {
        let shape = |text: &str| -> Vec<Option<u8>> {
            text.bytes().map(|byte| (!byte.is_ascii_digit()).then_some(byte)).collect()
        };
        return has_digit && (shape(text) != shape(form) || reads(text));
    }
    if let (Some((low, high)), Ok(number)) = (to.integer_range(), text.trim().parse::<i128>()) {
        return (i128::from(low)..=i128::from(high)).contains(&number);
    }
    if is_float(to) && matches!(text, "NaN" | "Infinity" | "-Infinity") {
        return true;
    }
    has_digit || !to.is_numeric()
}

/// The whole number that an expression is in every row.
pub(super) fn whole_number(expr: &Expr) -> Option<i64> {
    match constant(expr)?.as_ref() {
        Literal::Int(number) => Some(*number),
        Literal::Null | Literal::Bool(_) | Literal::Decimal(_) | Literal::Text(_) => None,
    }
}

/// A constant, or what constants alone come to.
fn constant(expr: &Expr) -> Option<Cow<'_, Literal>> {
    match expr {
        Expr::Literal { value, .. } => Some(Cow::Borrowed(value)),
        Expr::Column { .. } => None,
        Expr::Call { function, args, ty } => {
            let [left, right] = args.as_slice() else { return None };
            match (constant(left)?.as_ref(), constant(right)?.as_ref()) {
                (Literal::Int(a), Literal::Int(b)) => {
                    computed(*function, (*a, *b), &ty.ty).map(|number| Cow::Owned(Literal::Int(number)))
                }
                (Literal::Text(a), Literal::Text(b)) if *function == Function::Concat => {
                    Some(Cow::Owned(Literal::Text(format!("{a}{b}"))))
                }
                _ => None,
            }
        }
    }
}

/// The result of two whole numbers as a whole number of this type; `None` where it is none, or takes another function.
fn computed(function: Function, (a, b): (i64, i64), result: &Type) -> Option<i64> {
    let (low, high) = result.integer_range()?;
    let value = if function == Function::Add {
        a.checked_add(b)
    } else if function == Function::Subtract {
        a.checked_sub(b)
    } else if function == Function::Multiply {
        a.checked_mul(b)
    } else if function == Function::Divide {
        a.checked_div(b).filter(|_| a.checked_rem(b) == Some(0))
    } else if function == Function::Remainder {
        // As the engine has it: the least number has no rest either.
        (b != 0).then(|| a.wrapping_rem(b))
    } else {
        None
    };
    value.filter(|value| (low..=high).contains(value))
}

fn is_zero(expr: &Expr) -> bool {
    match constant(expr).as_deref() {
        Some(Literal::Int(number)) => *number == 0,
        Some(Literal::Decimal(digits)) => digits.bytes().all(|byte| matches!(byte, b'0' | b'.' | b'-')),
        Some(Literal::Null | Literal::Bool(_) | Literal::Text(_)) | None => false,
    }
}
