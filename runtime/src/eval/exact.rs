//! Exact decimal arithmetic on unscaled integers: never a rounded digit that was not asked for.
//!
//! A decimal is an `i128` and a scale; intermediate results have 256 bits. Every function says why there
//! is no result instead of wrapping or rounding.

use std::cmp::Ordering;

use arrow::datatypes::i256;

/// Why there is no exact result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inexact {
    /// It has more digits than the result's type.
    Overflow,
    /// It has digits behind the result's scale.
    Digits,
    /// The divisor is zero.
    Zero,
}

/// 10 to the power of at most 38.
pub(super) fn power(exponent: u8) -> i128 {
    10_i128.pow(u32::from(exponent))
}

fn wide(value: i128) -> i256 {
    i256::from_i128(value)
}

/// 10 to the power of at most 76.
fn wide_power(exponent: u8) -> i256 {
    wide(10).wrapping_pow(u32::from(exponent))
}

/// A value at a scale that is not below its own.
fn raise((value, scale): (i128, u8), common: u8) -> i256 {
    wide(value).wrapping_mul(wide_power(common - scale))
}

fn narrow(value: i256) -> Result<i128, Inexact> {
    value.to_i128().ok_or(Inexact::Overflow)
}

/// `value` unless it has more digits than `precision`.
pub(super) fn fit(value: i128, precision: u8) -> Result<i128, Inexact> {
    if value.unsigned_abs() < power(precision).unsigned_abs() { Ok(value) } else { Err(Inexact::Overflow) }
}

/// A value of one scale at another.
pub(super) fn rescale(value: i128, from: u8, to: u8) -> Result<i128, Inexact> {
    if from <= to {
        return value.checked_mul(power(to - from)).ok_or(Inexact::Overflow);
    }
    let divisor = power(from - to);
    if value % divisor == 0 { Ok(value / divisor) } else { Err(Inexact::Digits) }
}

/// A 256-bit value of one scale, of at most 76, at another.
fn rescale_wide(value: i256, from: u8, to: u8) -> Result<i128, Inexact> {
    if from <= to {
        // A product that 256 bits do not hold has more than 38 digits.
        return narrow(value.checked_mul(wide_power(to - from)).ok_or(Inexact::Overflow)?);
    }
    let (quotient, rest) = value.wrapping_div_rem(wide_power(from - to));
    if rest == i256::ZERO { narrow(quotient) } else { Err(Inexact::Digits) }
}

/// The sum of two values, each with its scale, at the scale `to`.
pub(super) fn add(a: (i128, u8), b: (i128, u8), to: u8) -> Result<i128, Inexact> {
    if a.1 == to && b.1 == to {
        return a.0.checked_add(b.0).ok_or(Inexact::Overflow);
    }
    let common = a.1.max(b.1);
    rescale_wide(raise(a, common).wrapping_add(raise(b, common)), common, to)
}

/// The product of two values, each with its scale, at the scale `to`.
pub(super) fn multiply(a: (i128, u8), b: (i128, u8), to: u8) -> Result<i128, Inexact> {
    let scale = a.1 + b.1;
    match a.0.checked_mul(b.0) {
        Some(product) if scale == to => Ok(product),
        Some(product) if scale > to && scale - to <= 38 => rescale(product, scale, to),
        _ => rescale_wide(wide(a.0).wrapping_mul(wide(b.0)), scale, to),
    }
}

/// The remainder of two values, each with its scale, at the scale `to`; its sign follows the dividend.
pub(super) fn remainder(a: (i128, u8), b: (i128, u8), to: u8) -> Result<i128, Inexact> {
    if b.0 == 0 {
        return Err(Inexact::Zero);
    }
    let common = a.1.max(b.1);
    rescale_wide(raise(a, common).wrapping_rem(raise(b, common)), common, to)
}

/// How two values, each with its scale, compare.
pub(super) fn order(a: (i128, u8), b: (i128, u8)) -> Ordering {
    if a.1 == b.1 {
        return a.0.cmp(&b.0);
    }
    let common = a.1.max(b.1);
    raise(a, common).cmp(&raise(b, common))
}

/// What a quotient with a rest becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// No result.
    Refused,
    /// The nearest value, half away from zero.
    Rounded,
    /// The value without it: toward zero.
    Truncated,
}

/// The quotient of two values, each with its scale, at the scale `to`.
pub(super) fn divide(a: (i128, u8), b: (i128, u8), to: u8, rest: Rest) -> Result<i128, Inexact> {
    if b.0 == 0 {
        return Err(Inexact::Zero);
    }
    // a / 10^sa / (b / 10^sb) * 10^to, with the powers of ten on the side where they are positive.
    let (up, down) = (b.1 + to, a.1);
    let (dividend, divisor) = if up >= down {
        // A dividend that 256 bits do not hold, over a divisor of at most 38 digits, has a quotient of more.
        let dividend = wide(a.0).checked_mul(wide_power(up - down)).ok_or(Inexact::Overflow)?;
        (dividend, wide(b.0))
    } else {
        (wide(a.0), wide(b.0).wrapping_mul(wide_power(down - up)))
    };
    quotient(dividend, divisor, rest)
}

/// A value rounded to so many digits after the point (before it, when negative), at the scale `to`.
pub(super) fn round(value: (i128, u8), digits: i64, to: u8) -> Result<i128, Inexact> {
    cut(value, digits, to, Rest::Rounded)
}

/// A value without its digits after so many behind the point (before it, when negative), at the scale `to`.
pub(super) fn truncate(value: (i128, u8), digits: i64, to: u8) -> Result<i128, Inexact> {
    cut(value, digits, to, Rest::Truncated)
}

fn cut(value: (i128, u8), digits: i64, to: u8, rest: Rest) -> Result<i128, Inexact> {
    let scale = i64::from(value.1);
    let Ok(cut) = u8::try_from(scale.saturating_sub(digits).clamp(0, 39)) else {
        return Err(Inexact::Overflow);
    };
    if cut == 0 {
        return rescale(value.0, value.1, to);
    }
    // 39 digits and more away there is only zero to round to.
    let unit = wide_power(cut);
    let units = if cut == 39 { 0 } else { quotient(wide(value.0), unit, rest)? };
    rescale_wide(wide(units).wrapping_mul(unit), value.1, to)
}

/// The largest whole number that is not above the value, or the smallest that is not below it, at the
/// scale `to`.
pub(super) fn whole(value: (i128, u8), up: bool, to: u8) -> Result<i128, Inexact> {
    let unit = power(value.1);
    let floor = value.0.div_euclid(unit);
    let whole = if up && value.0.rem_euclid(unit) != 0 { floor + 1 } else { floor };
    rescale(whole, 0, to)
}

/// A number in its shortest decimal form: `digits * 10^exponent`, without trailing zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shortest {
    pub(super) digits: i128,
    pub(super) exponent: i64,
}

impl Shortest {
    /// The number with its trailing zeros moved into the exponent.
    pub(super) fn new(mut digits: i128, mut exponent: i64) -> Self {
        if digits == 0 {
            return Self { digits, exponent: 0 };
        }
        while digits % 10 == 0 {
            digits /= 10;
            exponent += 1;
        }
        Self { digits, exponent }
    }

    /// The shortest decimal number that reads back as the same `float64`; `None` for NaN and infinities.
    pub(super) fn of_float64(value: f64) -> Option<Self> {
        Self::of_scientific(&format!("{value:e}"))
    }

    /// As [`Shortest::of_float64`], for a `float32`.
    pub(super) fn of_float32(value: f32) -> Option<Self> {
        Self::of_scientific(&format!("{value:e}"))
    }

    fn of_scientific(text: &str) -> Option<Self> {
        let (mantissa, exponent) = text.split_once('e')?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}").parse().ok()?;
        Some(Self::new(digits, exponent.parse::<i64>().ok()? - i64::try_from(fraction.len()).ok()?))
    }

    /// The number at the scale `to`.
    pub(super) fn at_scale(self, to: u8) -> Result<i128, Inexact> {
        let shift = self.exponent.saturating_add(i64::from(to));
        match u8::try_from(shift) {
            _ if self.digits == 0 => Ok(0),
            // Without trailing zeros any digit behind the scale is one that would be lost.
            Err(_) if shift < 0 => Err(Inexact::Digits),
            Ok(shift) if shift <= 38 => self.digits.checked_mul(power(shift)).ok_or(Inexact::Overflow),
            Ok(_) | Err(_) => Err(Inexact::Overflow),
        }
    }
}

fn quotient(dividend: i256, divisor: i256, rest: Rest) -> Result<i128, Inexact> {
    let (quotient, left) = dividend.wrapping_div_rem(divisor);
    if left == i256::ZERO {
        return narrow(quotient);
    }
    match rest {
        Rest::Refused => Err(Inexact::Digits),
        Rest::Truncated => narrow(quotient),
        Rest::Rounded => {
            let quotient = narrow(quotient)?;
            // |left| < |divisor|, so twice the rest can only pass the range when it rounds away anyway.
            let half = left.wrapping_abs() >= divisor.wrapping_abs().wrapping_sub(left.wrapping_abs());
            let away = if dividend.is_negative() == divisor.is_negative() { 1 } else { -1 };
            quotient.checked_add(if half { away } else { 0 }).ok_or(Inexact::Overflow)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_lost_only_when_asked_for() {
        assert_eq!(rescale(1250, 3, 2), Ok(125));
        assert_eq!(rescale(1255, 3, 2), Err(Inexact::Digits));
        assert_eq!(rescale(i128::MAX, 0, 1), Err(Inexact::Overflow));
        assert_eq!(divide((1, 0), (3, 0), 2, Rest::Refused), Err(Inexact::Digits));
        assert_eq!(divide((1, 0), (3, 0), 2, Rest::Rounded), Ok(33));
        assert_eq!(divide((-1, 0), (8, 0), 2, Rest::Rounded), Ok(-13));
        assert_eq!(divide((1, 0), (-8, 0), 2, Rest::Rounded), Ok(-13));
        assert_eq!(divide((-1, 0), (-8, 0), 2, Rest::Rounded), Ok(13));
        assert_eq!(divide((1, 0), (0, 0), 2, Rest::Rounded), Err(Inexact::Zero));
        assert_eq!(round((12_345, 2), 1, 1), Ok(1235));
        assert_eq!(round((-12_345, 2), -2, 0), Ok(-100));
        assert_eq!(round((55_000, 2), -3, 0), Ok(1000));
        assert_eq!(round((55_000, 2), -40, 0), Ok(0));
        assert_eq!(round((5, 0), i64::MIN, 0), Ok(0));
        assert_eq!(round((125, 2), 9, 4), Ok(12_500));
    }

    #[test]
    fn intermediate_results_may_pass_128_bits() {
        let big = power(38) - 1;
        assert_eq!(multiply((big, 38), (power(37), 37), 38), Ok(big));
        assert_eq!(multiply((big, 0), (2, 0), 0).and_then(|double| fit(double, 38)), Err(Inexact::Overflow));
        assert_eq!(multiply((big, 0), (big, 0), 0), Err(Inexact::Overflow));
        assert_eq!(divide((big, 0), (big, 38), 38, Rest::Refused), Err(Inexact::Overflow));
        assert_eq!(divide((big, 38), (big, 38), 38, Rest::Refused), Ok(power(38)));
        assert_eq!(divide((1, 38), (power(37), 0), 38, Rest::Rounded), Ok(0));
        assert_eq!(add((big, 38), (1, 0), 38), Err(Inexact::Overflow));
        assert_eq!(add((big, 38), (-1, 0), 38), Ok(-1));
        assert_eq!(add((5, 1), (5, 1), 0), Ok(1));
        assert_eq!(add((5, 1), (6, 1), 0), Err(Inexact::Digits));
    }

    #[test]
    fn floor_and_ceil_go_down_and_up() {
        for (value, floor, ceil) in [(150, 1, 2), (-150, -2, -1), (100, 1, 1), (-100, -1, -1), (0, 0, 0)] {
            assert_eq!(whole((value, 2), false, 0), Ok(floor));
            assert_eq!(whole((value, 2), true, 0), Ok(ceil));
        }
    }
}
