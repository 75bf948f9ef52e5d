//! Reads the canonical text of a value: what a cast from text accepts.
//!
//! Strict, so that one text means one value: no white space around it, no locale, no other calendar. More
//! is accepted than [`super::write`] gives only where it means the same: a leading `+`, a space for the
//! `T` of a date and time, an offset for its `Z`, a uuid without hyphens.

use chrono::NaiveDate;

use super::exact::Shortest;
use super::write::SECOND;

/// Microseconds in a day.
pub(super) const DAY: i64 = 86_400 * SECOND;

/// `true` or `false`.
pub(super) fn boolean(text: &str) -> Option<bool> {
    text.parse().ok()
}

/// A whole number: digits with an optional sign.
pub(super) fn integer(text: &str) -> Option<i64> {
    text.parse().ok()
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A plain number: digits, a point and more digits where there is a fraction, an optional sign.
pub(super) fn decimal(text: &str) -> Option<Shortest> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    if !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    // Zeros at both ends say where the point is and nothing else: a long text may be a short number.
    let all = format!("{whole}{fraction}");
    let significant = all.trim_end_matches('0');
    let zeros = i64::try_from(all.len() - significant.len()).ok()?;
    let digits: i128 = if significant.is_empty() { 0 } else { significant.parse().ok()? };
    let digits = if text.starts_with('-') { -digits } else { digits };
    Some(Shortest::new(digits, zeros - i64::try_from(fraction.len()).ok()?))
}

/// A plain number or one with an exponent, by its digits.
pub(super) fn number(text: &str) -> Option<Shortest> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let number = decimal(mantissa)?;
    let exponent: i64 = exponent.parse().ok()?;
    Some(Shortest::new(number.digits, number.exponent.checked_add(exponent)?))
}

/// A plain number or one with an exponent; `NaN`, `Infinity` and `-Infinity`. `None` also for a number
/// that no `float64` stands for.
pub(super) fn float(text: &str) -> Option<f64> {
    match text {
        "NaN" => return Some(f64::NAN),
        "Infinity" => return Some(f64::INFINITY),
        "-Infinity" => return Some(f64::NEG_INFINITY),
        _ => {}
    }
    let number = number(text)?;
    let value: f64 = text.parse().ok()?;
    (value.is_finite() && stands_for(value, number)).then_some(value)
}

/// As [`float`], for a `float32`.
pub(super) fn float32(text: &str) -> Option<f32> {
    let value = float(text)?;
    if !value.is_finite() {
        return Some(value as f32);
    }
    let small: f32 = text.parse().ok()?;
    let same = Shortest::of_float32(small) == Shortest::of_float64(value) || f64::from(small) == value;
    (small.is_finite() && same).then_some(small)
}

/// Whether a float is the number: in its shortest decimal form or in its exact binary value.
pub(super) fn stands_for(value: f64, number: Shortest) -> bool {
    let whole = || number.at_scale(0).is_ok_and(|whole| whole as f64 == value && value as i128 == whole);
    Shortest::of_float64(value) == Some(number) || whole()
}

fn two_digits(text: &str, limit: i64) -> Option<i64> {
    (text.len() == 2 && all_digits(text)).then(|| text.parse().ok()).flatten().filter(|n| *n < limit)
}

/// `2024-02-29`, as days from 1970-01-01; a year of more than four digits has a sign.
pub(super) fn date(text: &str) -> Option<i32> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut parts = unsigned.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let long = unsigned.len() < text.len();
    if parts.next().is_some() || !all_digits(year) || year.len() < 4 || (year.len() > 4 && !long) {
        return None;
    }
    let year: i32 = year.parse().ok()?;
    let year = if text.starts_with('-') { -year } else { year };
    let (month, day) = (two_digits(month, 13)?, two_digits(day, 32)?);
    let date = NaiveDate::from_ymd_opt(year, u32::try_from(month).ok()?, u32::try_from(day).ok()?)?;
    Some(date.to_epoch_days())
}

/// `13:05`, `13:05:00`, `13:05:00.25`, as microseconds; no digit below a microsecond but zero.
pub(super) fn time(text: &str) -> Option<i64> {
    let (clock, fraction) = match text.split_once('.') {
        Some((clock, fraction)) => (clock, all_digits(fraction).then_some(fraction)?),
        None => (text, ""),
    };
    let mut parts = clock.split(':');
    let (hour, minute) = (two_digits(parts.next()?, 24)?, two_digits(parts.next()?, 60)?);
    let second = match parts.next() {
        Some(second) => two_digits(second, 60)?,
        None if fraction.is_empty() => 0,
        None => return None,
    };
    let fraction = fraction.trim_end_matches('0');
    if parts.next().is_some() || fraction.len() > 6 {
        return None;
    }
    let micros: i64 = format!("{fraction:0<6}").parse().ok()?;
    Some(((hour * 60 + minute) * 60 + second) * SECOND + micros)
}

/// `2024-02-29T13:05:00`, as microseconds from 1970-01-01T00:00:00.
pub(super) fn datetime(text: &str) -> Option<i64> {
    let (day, clock) = text.split_once(['T', ' '])?;
    i64::from(date(day)?).checked_mul(DAY)?.checked_add(time(clock)?)
}

/// `2024-02-29T13:05:00Z`, or with an offset such as `+02:00`, as microseconds from 1970-01-01T00:00:00Z.
pub(super) fn timestamp(text: &str) -> Option<i64> {
    if let Some(reading) = text.strip_suffix('Z') {
        return datetime(reading);
    }
    let clock = text.find(['T', ' '])?;
    let sign = clock + text.get(clock..)?.find(['+', '-'])?;
    let (reading, offset) = text.split_at(sign);
    let mut parts = offset.get(1..)?.split(':');
    let hours = two_digits(parts.next()?, 24)?;
    let minutes = parts.next().map_or(Some(0), |minutes| two_digits(minutes, 60))?;
    if parts.next().is_some() {
        return None;
    }
    let offset_micros = (hours * 60 + minutes) * 60 * SECOND;
    let reading = datetime(reading)?;
    if offset.starts_with('-') {
        reading.checked_add(offset_micros)
    } else {
        reading.checked_sub(offset_micros)
    }
}

/// 32 hexadecimal digits, with hyphens in the usual places or without any.
pub(super) fn uuid(text: &str) -> Option<[u8; 16]> {
    let plain = matches!(text.len(), 32 | 36);
    plain.then(|| uuid::Uuid::try_parse(text).ok()).flatten().map(uuid::Uuid::into_bytes)
}

/// Whether a text is one JSON value.
pub(super) fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}
