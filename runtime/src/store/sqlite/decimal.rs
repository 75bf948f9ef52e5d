//! Decimals as text and as SQLite's numbers, exactly or not at all. Pure.

use std::fmt::Write as _;

/// Powers of ten that a 64-bit float holds exactly.
const EXACT_POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

/// Below this, any two decimals of 15 digits are two different floats, and a float has one of them.
const FIFTEEN_DIGITS: i64 = 1_000_000_000_000_000;

/// Ten to a power of at most 38.
pub(super) fn power(exponent: u8) -> i128 {
    10_i128.pow(u32::from(exponent))
}

fn in_range(unscaled: i128, precision: u8) -> Option<i128> {
    (unscaled.abs() < power(precision)).then_some(unscaled)
}

/// An integer as the unscaled value of a decimal; `None` when it has too many digits.
pub(super) fn from_integer(value: i64, precision: u8, scale: u8) -> Option<i128> {
    i128::from(value).checked_mul(power(scale)).and_then(|unscaled| in_range(unscaled, precision))
}

/// A real by its shortest decimal text; `None` when that has a digit beyond the scale, or too many.
pub(super) fn from_real(value: f64, precision: u8, scale: u8) -> Option<i128> {
    // The short way: a decimal of at most 15 digits that is this float is its shortest text.
    if let Some(power) = EXACT_POWERS.get(usize::from(scale)) {
        let scaled = (value * power).round();
        if scaled.abs() < FIFTEEN_DIGITS as f64 && scaled / power == value {
            return in_range(i128::from(scaled as i64), precision);
        }
    }
    if !value.is_finite() {
        return None;
    }
    from_text(value.to_string().as_bytes(), precision, scale)
}

/// `[+-]digits[.digits]` as the unscaled value; `None` for anything else, for a digit other than zero beyond
/// the scale, and for too many digits.
pub(super) fn from_text(text: &[u8], precision: u8, scale: u8) -> Option<i128> {
    let (negative, text) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        (b'+', rest) => (false, rest),
        _ => (false, text),
    };
    let point = text.iter().position(|byte| *byte == b'.').unwrap_or(text.len());
    let (whole, fraction) = (&text[..point], text.get(point + 1..).unwrap_or_default());
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let (kept, beyond) = fraction.split_at(fraction.len().min(usize::from(scale)));
    if beyond.iter().any(|digit| *digit != b'0') {
        return None;
    }
    let mut unscaled: i128 = 0;
    for digit in whole.iter().chain(kept) {
        if !digit.is_ascii_digit() {
            return None;
        }
        unscaled = unscaled.checked_mul(10)?.checked_add(i128::from(digit - b'0'))?;
    }
    let missing = scale - u8::try_from(kept.len()).unwrap_or(scale);
    let unscaled = in_range(unscaled.checked_mul(power(missing))?, precision)?;
    Some(if negative { -unscaled } else { unscaled })
}

/// Appends a decimal with all digits of its scale.
pub(super) fn write(out: &mut String, unscaled: i128, scale: u8) {
    let sign = if unscaled < 0 { "-" } else { "" };
    let (unscaled, power) = (unscaled.unsigned_abs(), power(scale).unsigned_abs());
    // Writing to a String does not fail.
    let _ = if scale == 0 {
        write!(out, "{sign}{unscaled}")
    } else {
        write!(out, "{sign}{}.{:0width$}", unscaled / power, unscaled % power, width = usize::from(scale))
    };
}

/// What a column of numeric affinity keeps of a decimal without loss.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    Integer(i64),
    Real(f64),
}

/// The number that stands for a decimal exactly; `None` when neither an integer nor 15 digits hold it.
pub(super) fn to_number(unscaled: i128, scale: u8) -> Option<Number> {
    if unscaled % power(scale) == 0 {
        return i64::try_from(unscaled / power(scale)).ok().map(Number::Integer);
    }
    let power = EXACT_POWERS.get(usize::from(scale))?;
    let small = i64::try_from(unscaled).ok().filter(|value| value.abs() < FIFTEEN_DIGITS)?;
    Some(Number::Real(small as f64 / power))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_reads_as_it_is_written() {
        let largest = power(38) - 1;
        for (unscaled, scale) in [(0, 0), (-5, 2), (1_234, 2), (largest, 0), (-largest, 38), (100, 2)] {
            let mut text = String::new();
            write(&mut text, unscaled, scale);
            assert_eq!(from_text(text.as_bytes(), 38, scale), Some(unscaled), "{text}");
        }
    }

    #[test]
    fn no_digit_is_lost() {
        assert_eq!(from_text(b"1.500", 4, 2), Some(150));
        assert_eq!(from_text(b".5", 4, 2), Some(50));
        assert_eq!(from_text(b"+7", 4, 2), Some(700));
        for text in ["1.505", "123.45", "", "-", ".", "1e2", "1 ", "abc", "1.2.3", "NaN"] {
            assert_eq!(from_text(text.as_bytes(), 4, 2), None, "{text}");
        }
        assert_eq!(from_integer(99, 4, 2), Some(9_900));
        assert_eq!(from_integer(100, 4, 2), None);
        assert_eq!(from_integer(i64::MAX, 38, 38), None);
    }

    #[test]
    fn a_real_is_read_by_its_shortest_text() {
        assert_eq!(from_real(12.34, 12, 2), Some(1_234));
        assert_eq!(from_real(0.1 + 0.2, 12, 2), None);
        assert_eq!(from_real(0.1 + 0.2, 38, 17), Some(30_000_000_000_000_004));
        assert_eq!(from_real(1e22, 38, 2), Some(power(24)));
        assert_eq!(from_real(-0.0, 12, 2), Some(0));
        for value in [1.505, 1e11, f64::NAN, f64::INFINITY] {
            assert_eq!(from_real(value, 12, 2), None, "{value}");
        }
    }

    #[test]
    fn fifteen_digits_go_through_a_real_and_back() {
        let mut unscaled: i64 = 7;
        for _ in 0..2_000 {
            unscaled =
                unscaled.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let digits = i128::from(unscaled % FIFTEEN_DIGITS);
            for scale in 0..=15 {
                let back = match to_number(digits, scale).expect("15 digits fit") {
                    Number::Integer(value) => from_integer(value, 15, scale),
                    Number::Real(value) => from_real(value, 15, scale),
                };
                assert_eq!(back, Some(digits), "{digits} at scale {scale}");
            }
        }
        assert_eq!(to_number(power(18) + 1, 2), None);
        assert_eq!(to_number(power(18) * 100, 2), Some(Number::Integer(1_000_000_000_000_000_000)));
    }
}
