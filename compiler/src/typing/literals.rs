//! Constants, and how they adapt to the type that stands beside them.
//!
//! A constant adapts when it is a value of the other type exactly: `0` is a `decimal(12, 2)` and a
//! `float64` too, `"2024-02-29"` a `date`. Beside a float a number with a point is the nearest float.

use mig_plan::{ColumnType, Expr, Function, Literal, MAX_PRECISION, Type};

use super::numbers::{Digits, is_float};

/// A number with a point, as a decimal of just its digits; `None` when 38 do not hold them.
pub(super) fn decimal(digits: &str) -> Option<Expr> {
    let Digits { whole, scale } = digits_of(digits)?;
    let ty = Type::Decimal { precision: (whole + scale).max(1), scale }.required();
    Some(Expr::Literal { value: Literal::Decimal(digits.to_owned()), ty })
}

/// The missing value before its type is known. Its type here is never looked at: see [`is_null`].
pub(super) fn null() -> Expr {
    Expr::Literal { value: Literal::Null, ty: Type::Bool.optional() }
}

/// Whether it is the constant `null`.
pub(crate) fn is_null(expr: &Expr) -> bool {
    matches!(expr, Expr::Literal { value: Literal::Null, .. })
}

/// Whether it is a constant that has no type of its own: `null`, `[]`.
pub(crate) fn is_untyped(expr: &Expr) -> bool {
    let empty = matches!(expr, Expr::Call { function: Function::List, args, .. } if args.is_empty());
    empty || is_null(expr)
}

/// The constant with its sign turned; `None` when it is no number.
pub(super) fn negated(expr: &Expr) -> Option<Expr> {
    let Expr::Literal { value, ty } = expr else { return None };
    let value = match value {
        Literal::Int(value) => Literal::Int(value.checked_neg()?),
        Literal::Decimal(digits) => Literal::Decimal(match digits.strip_prefix('-') {
            Some(positive) => positive.to_owned(),
            None => format!("-{digits}"),
        }),
        Literal::Null | Literal::Bool(_) | Literal::Text(_) => return None,
    };
    Some(Expr::Literal { value, ty: ty.clone() })
}

/// The digits of a number as written; `None` when there are more than 38.
pub(super) fn digits_of(number: &str) -> Option<Digits> {
    let number = number.trim_start_matches('-');
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole = u8::try_from(whole.trim_start_matches('0').len()).ok()?;
    let scale = u8::try_from(fraction.len()).ok()?;
    (whole.checked_add(scale)? <= MAX_PRECISION).then_some(Digits { whole, scale })
}

/// A constant, or a choice between constants, as a value of this type; `None` when it is none, or no constant.
pub(super) fn adapt(expr: &Expr, to: &Type) -> Option<Expr> {
    match expr {
        Expr::Literal { value, ty } => {
            if ty.ty == *to && *value != Literal::Null {
                return Some(expr.clone());
            }
            adapt_value(value, to)
        }
        // `if x then 1 else 2` and `null else 0` are as constant as their branches.
        Expr::Call { function, args, ty } => {
            if *function == Function::List {
                return list(args, to);
            }
            // The arguments that the result is one of.
            let is_value: fn(usize) -> bool = if *function == Function::If {
                |place| place > 0
            } else if *function == Function::Else {
                |_| true
            } else if *function == Function::Lookup {
                // The value, then keys and values in turn.
                |place| place > 0 && place.is_multiple_of(2)
            } else {
                return None;
            };
            let args = args.iter().enumerate().map(|(place, value)| {
                let stays = !is_value(place) || (value.ty().ty == *to && !is_null(value));
                if stays { Some(value.clone()) } else { adapt(value, to) }
            });
            let args = args.collect::<Option<Vec<_>>>()?;
            let ty = ColumnType { ty: to.clone(), nullable: ty.nullable };
            Some(Expr::Call { function: *function, args, ty })
        }
        Expr::Column { .. } => None,
    }
}

/// A list of these items as a list of this type.
fn list(items: &[Expr], to: &Type) -> Option<Expr> {
    let Type::List(wanted) = to else { return None };
    let items = items.iter().map(|item| {
        let same = item.ty().ty == wanted.ty && !is_null(item);
        let item = if same { item.clone() } else { adapt(item, &wanted.ty)? };
        (wanted.nullable || !item.ty().nullable).then_some(item)
    });
    let args = items.collect::<Option<Vec<_>>>()?;
    Some(Expr::Call { function: Function::List, args, ty: to.clone().required() })
}

/// A constant as a value of this type; `None` when it is none.
pub(super) fn adapt_value(value: &Literal, to: &Type) -> Option<Expr> {
    let typed = |fits: bool| fits.then(|| Expr::Literal { value: value.clone(), ty: to.clone().required() });
    match value {
        Literal::Null => Some(Expr::Literal { value: Literal::Null, ty: to.clone().optional() }),
        Literal::Bool(_) => typed(*to == Type::Bool),
        Literal::Int(number) => {
            if let Some((low, high)) = to.integer_range() {
                return typed((low..=high).contains(number));
            }
            let exact_in = |bits: u32| number.unsigned_abs() <= 1 << bits;
            typed(match is_float(to) {
                true if *to == Type::Float32 => exact_in(f32::MANTISSA_DIGITS),
                true => exact_in(f64::MANTISSA_DIGITS),
                false => fits(digits_of(&number.to_string())?, to),
            })
        }
        Literal::Decimal(digits) => {
            if is_float(to) {
                return typed(true);
            }
            let digits = if digits.contains('.') { digits.trim_end_matches('0') } else { digits };
            typed(matches!(to, Type::Decimal { .. }) && fits(digits_of(digits)?, to))
        }
        Literal::Text(text) => {
            if *to == Type::Text {
                return typed(true);
            }
            let reads = if let Type::Enum(labels) = to {
                labels.contains(text)
            } else {
                canonical_form(to).is_some_and(|(_, reads)| reads(text))
            };
            reads.then(|| Expr::Call {
                function: Function::Cast,
                args: vec![Expr::text(text)],
                ty: to.clone().required(),
            })
        }
    }
}

fn fits(digits: Digits, to: &Type) -> bool {
    Digits::of(to).is_some_and(|room| digits.whole <= room.whole && digits.scale <= room.scale)
}

/// Whether a text has a form.
pub(super) type Reads = fn(&str) -> bool;

/// The form of a text constant that stands for a value of this type, and whether a text has it.
pub(super) fn canonical_form(ty: &Type) -> Option<(&'static str, Reads)> {
    match ty {
        Type::Date => Some(("2024-02-29", is_date)),
        Type::Time => Some(("13:05:00", is_time)),
        Type::Datetime => Some(("2024-02-29T13:05:00", is_datetime)),
        Type::Timestamp => Some(("2024-02-29T13:05:00Z", is_timestamp)),
        Type::Uuid => Some(("67e55044-10b1-426f-9247-bb680e5fe0c8", is_uuid)),
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
        | Type::Json
        | Type::List(_)
        | Type::Enum(_) => None,
    }
}

/// The number that just these digits are; `None` unless all of the text is so many digits.
fn number(text: &str, digits: usize) -> Option<u32> {
    (text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

fn is_date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let mut next = |digits| number(parts.next()?, digits);
    let (Some(year), Some(month), Some(day)) = (next(4), next(2), next(2)) else { return false };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    };
    (1..=last).contains(&day)
}

fn is_time(text: &str) -> bool {
    let (clock, fraction) = match text.split_once('.') {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (text, None),
    };
    let mut parts = clock.splitn(3, ':');
    let mut below = |limit| parts.next().and_then(|part| number(part, 2)).is_some_and(|part| part < limit);
    below(24)
        && below(60)
        && below(60)
        && fraction.is_none_or(|digits| digits.len() <= 6 && number(digits, digits.len()).is_some())
}

fn is_datetime(text: &str) -> bool {
    text.split_once('T').is_some_and(|(date, time)| is_date(date) && is_time(time))
}

fn is_timestamp(text: &str) -> bool {
    text.strip_suffix('Z').is_some_and(is_datetime)
}

fn is_uuid(text: &str) -> bool {
    let lengths = [8, 4, 4, 4, 12];
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() == lengths.len()
        && parts
            .iter()
            .zip(lengths)
            .all(|(part, length)| part.len() == length && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ty(text: &str) -> Type {
        text.parse::<mig_plan::ColumnType>().unwrap().ty
    }

    #[test]
    fn a_constant_adapts_where_it_is_a_value_of_the_type() {
        for (number, to) in
            [(5, "int8"), (-128, "int8"), (1234, "decimal(6, 2)"), (0, "decimal(2, 2)"), (5, "float64")]
        {
            assert!(adapt(&Expr::int(number), &ty(to)).is_some(), "{number} as {to}");
        }
        for (number, to) in
            [(128, "int8"), (12345, "decimal(6, 2)"), (1, "decimal(2, 2)"), (5, "text"), (1, "bool")]
        {
            assert!(adapt(&Expr::int(number), &ty(to)).is_none(), "{number} as {to}");
        }
        for (digits, to, fits) in [
            ("0.10", "decimal(1, 1)", true),
            ("0.15", "decimal(3, 1)", false),
            ("0.1", "float32", true),
            ("1.0", "int64", false),
        ] {
            assert_eq!(adapt(&decimal(digits).unwrap(), &ty(to)).is_some(), fits, "{digits} as {to}");
        }
        assert!(decimal(&"9".repeat(39)).is_none());
    }

    #[test]
    fn a_text_stands_for_a_date_in_canonical_form_alone() {
        for (text, to, reads) in [
            ("2024-02-29", "date", true),
            ("2023-02-29", "date", false),
            ("1900-02-29", "date", false),
            ("2024-2-9", "date", false),
            ("13:05:00.123456", "time", true),
            ("24:00:00", "time", false),
            ("13:05", "time", false),
            ("2024-02-29T13:05:00", "datetime", true),
            ("2024-02-29 13:05:00", "datetime", false),
            ("2024-02-29T13:05:00Z", "timestamp", true),
            ("2024-02-29T13:05:00", "timestamp", false),
            ("67e55044-10b1-426f-9247-bb680e5fe0c8", "uuid", true),
            ("67e55044-10b1-426f-9247-bb680e5fe0c", "uuid", false),
            ("5", "int64", false),
        ] {
            assert_eq!(adapt(&Expr::text(text), &ty(to)).is_some(), reads, "{text} as {to}");
        }
    }
}
