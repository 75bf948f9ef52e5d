//! Constants that stop every row: a division by zero, a sum that overflows, a cast of what is no value of the type. What fails
//! for a row is found when the row is read; what fails for each of them, before any is.

use mig_lang::{Diagnostic, Span};
use mig_plan::{Expr, Function, Literal, Type};

use super::literals::canonical_form;

/// The error for arithmetic that has no result whatever the row is.
pub(super) fn arithmetic(
    (function, result): (Function, &Type),
    (left, right): (&Expr, &Expr),
    (by, whole): (Span, Span),
) -> Option<Diagnostic> {
    if matches!(function, Function::Divide | Function::Remainder) && is_zero(right) {
        return Some(Diagnostic::error("always-fails", by, "a division by zero stops every row").help(
            "Write another divisor; where a column may be zero, `nullif(column, 0)` makes the result null.",
        ));
    }
    // Those of other types are wider, or not exact.
    let (low, high) = result.integer_range()?;
    let (Literal::Int(a), Literal::Int(b)) = (constant(left)?, constant(right)?) else { return None };
    let (a, b) = (i128::from(*a), i128::from(*b));
    let value = if function == Function::Add {
        a.checked_add(b)
    } else if function == Function::Subtract {
        a.checked_sub(b)
    } else if function == Function::Multiply {
        a.checked_mul(b)
    } else {
        return None;
    };
    let fits = value.is_some_and(|value| (i128::from(low)..=i128::from(high)).contains(&value));
    (!fits).then(|| {
        Diagnostic::error("always-fails", whole, format!("this is no `{result}`, and stops every row"))
            .help(format!("Those go from {low} to {high}."))
    })
}

/// The error for the cast of a constant that is no value of the type.
pub(super) fn cast(value: &Expr, to: &Type, span: Span) -> Option<Diagnostic> {
    let fails = match constant(value)? {
        Literal::Int(number) => match to.integer_range() {
            Some((low, high)) => !(low..=high).contains(number),
            None => *to == Type::Bool && !matches!(number, 0 | 1),
        },
        // Only what no form could read: a text of the usual form whose parts are out of range, or a number without a digit.
        Literal::Text(text) => {
            let is_digit = |byte: u8| byte.is_ascii_digit();
            match canonical_form(to) {
                Some((form, reads)) => {
                    let shape = |text: &str| -> Vec<Option<u8>> {
                        text.bytes().map(|byte| (!is_digit(byte)).then_some(byte)).collect()
                    };
                    shape(text) == shape(form) && !reads(text)
                }
                None => match to.integer_range() {
                    Some((low, high)) => match text.trim().parse::<i128>() {
                        Ok(number) => !(i128::from(low)..=i128::from(high)).contains(&number),
                        Err(_) => !text.bytes().any(is_digit),
                    },
                    None => matches!(to, Type::Decimal { .. }) && !text.bytes().any(is_digit),
                },
            }
        }
        Literal::Null | Literal::Bool(_) | Literal::Decimal(_) => false,
    };
    fails.then(|| {
        let shown = match value {
            Expr::Literal { value: Literal::Text(text), .. } => format!("{text:?}"),
            Expr::Literal { value: Literal::Int(number), .. } => number.to_string(),
            Expr::Literal { .. } | Expr::Column { .. } | Expr::Call { .. } => "this".to_owned(),
        };
        Diagnostic::error("always-fails", span, format!("{shown} is no `{to}`, and stops every row"))
            .help("Write a constant that is one.")
    })
}

fn constant(expr: &Expr) -> Option<&Literal> {
    match expr {
        Expr::Literal { value, .. } => Some(value),
        Expr::Column { .. } | Expr::Call { .. } => None,
    }
}

fn is_zero(expr: &Expr) -> bool {
    match constant(expr) {
        Some(Literal::Int(number)) => *number == 0,
        Some(Literal::Decimal(digits)) => digits.bytes().all(|byte| matches!(byte, b'0' | b'.' | b'-')),
        Some(Literal::Null | Literal::Bool(_) | Literal::Text(_)) | None => false,
    }
}
