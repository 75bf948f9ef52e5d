//! How numeric types combine. Pure rules over types; knows no expression.
//!
//! Arithmetic never widens the digits before the point: like an integer that overflows, a decimal that
//! does not fit its type is an error of the row, never a changed value. A cast widens first where that is
//! wanted.

use mig_plan::{MAX_PRECISION, Type};

/// The digits of an exact number: before and after the point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Digits {
    pub(super) whole: u8,
    pub(super) scale: u8,
}

impl Digits {
    /// The digits of an integer or decimal type; `None` for every other type.
    pub(super) fn of(ty: &Type) -> Option<Self> {
        match ty {
            Type::Int8 => Some(Self { whole: 3, scale: 0 }),
            Type::Int16 => Some(Self { whole: 5, scale: 0 }),
            Type::Int32 => Some(Self { whole: 10, scale: 0 }),
            Type::Int64 => Some(Self { whole: 19, scale: 0 }),
            Type::Decimal { precision, scale } => Some(Self { whole: precision - scale, scale: *scale }),
            Type::Bool
            | Type::Float32
            | Type::Float64
            | Type::Text
            | Type::Bytes
            | Type::Date
            | Type::Time
            | Type::Timestamp
            | Type::Datetime
            | Type::Uuid
            | Type::Json
            | Type::List(_)
            | Type::Enum(_) => None,
        }
    }

    /// The decimal with these digits, with fewer before the point where there is no room for all.
    pub(super) fn decimal(self) -> Type {
        let scale = self.scale.min(MAX_PRECISION);
        let precision = (self.whole + scale).clamp(1, MAX_PRECISION);
        Type::Decimal { precision, scale }
    }

    /// Digits for both.
    fn both(self, other: Self) -> Self {
        Self { whole: self.whole.max(other.whole), scale: self.scale.max(other.scale) }
    }
}

/// Whether it is `float32` or `float64`.
pub(super) fn is_float(ty: &Type) -> bool {
    matches!(ty, Type::Float32 | Type::Float64)
}

/// The number type that holds the values of both without loss; `None` when there is none without an
/// explicit cast (a float with an exact number) or one is no number.
pub(super) fn common(left: &Type, right: &Type) -> Option<Type> {
    if left == right {
        return left.is_numeric().then(|| left.clone());
    }
    if is_float(left) && is_float(right) {
        return Some(Type::Float64);
    }
    if left.is_integer() && right.is_integer() {
        return Some(Type::Int64);
    }
    let digits = Digits::of(left)?.both(Digits::of(right)?);
    (digits.whole + digits.scale <= MAX_PRECISION).then(|| digits.decimal())
}

/// The result of `left + right` and `left - right`; digits before the point give way where 38 do not
/// hold all.
pub(super) fn sum(left: &Type, right: &Type) -> Option<Type> {
    common(left, right).or_else(|| Some(Digits::of(left)?.both(Digits::of(right)?).decimal()))
}

/// The result of `left * right`; `None` also when more than 38 digits would stand behind the point.
pub(super) fn product(left: &Type, right: &Type) -> Option<Type> {
    if is_decimal(left) || is_decimal(right) {
        let (left, right) = (Digits::of(left)?, Digits::of(right)?);
        let scale = left.scale + right.scale;
        return (scale <= MAX_PRECISION)
            .then(|| Digits { whole: left.whole.max(right.whole), scale }.decimal());
    }
    common(left, right)
}

/// The result of `left / right`: a decimal keeps its scale, and has room for what a divisor below 1 makes of it.
pub(super) fn quotient(left: &Type, right: &Type) -> Option<Type> {
    if is_decimal(left) || is_decimal(right) {
        let (left, right) = (Digits::of(left)?, Digits::of(right)?);
        return Some(Digits { whole: left.whole + right.scale, scale: left.scale }.decimal());
    }
    common(left, right)
}

/// Whether it is a decimal.
pub(super) fn is_decimal(ty: &Type) -> bool {
    matches!(ty, Type::Decimal { .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ty(text: &str) -> Type {
        text.parse::<mig_plan::ColumnType>().unwrap().ty
    }

    fn show(rule: fn(&Type, &Type) -> Option<Type>, left: &str, right: &str) -> String {
        rule(&ty(left), &ty(right)).map_or_else(|| "none".to_owned(), |ty| ty.to_string())
    }

    #[test]
    fn mixed_widths_widen_and_floats_stay_apart() {
        assert_eq!(show(common, "int16", "int16"), "int16");
        assert_eq!(show(common, "int16", "int32"), "int64");
        assert_eq!(show(common, "float32", "float64"), "float64");
        assert_eq!(show(common, "int32", "float64"), "none");
        assert_eq!(show(common, "int32", "decimal(4, 2)"), "decimal(12, 2)");
        assert_eq!(show(common, "decimal(38, 0)", "decimal(38, 38)"), "none");
        assert_eq!(show(common, "text", "text"), "none");
    }

    #[test]
    fn arithmetic_never_widens_the_digits_before_the_point() {
        assert_eq!(show(sum, "decimal(12, 2)", "decimal(12, 2)"), "decimal(12, 2)");
        assert_eq!(show(sum, "decimal(38, 0)", "decimal(38, 2)"), "decimal(38, 2)");
        assert_eq!(show(product, "decimal(12, 2)", "decimal(5, 3)"), "decimal(15, 5)");
        assert_eq!(show(product, "decimal(38, 20)", "decimal(38, 20)"), "none");
        assert_eq!(show(quotient, "decimal(12, 2)", "int16"), "decimal(12, 2)");
        assert_eq!(show(quotient, "decimal(12, 2)", "decimal(3, 1)"), "decimal(13, 2)");
        assert_eq!(show(quotient, "int32", "int64"), "int64");
    }
}
