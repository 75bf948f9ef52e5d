//! The canonical text of a value: what `text(x)` gives and what messages show.
//!
//! Writing into a `String` never fails; the results are `fmt::Result` so that they chain. A day or an
//! instant that the calendar does not reach is written as a count, which no cast reads.

use std::fmt::{Result, Write};

use chrono::{DateTime, NaiveDate, NaiveDateTime, Timelike};

/// Microseconds in a second.
pub(super) const SECOND: i64 = 1_000_000;

/// A float as the shortest decimal number that reads back as the same float, without an exponent;
/// `NaN`, `Infinity`, `-Infinity`.
pub(crate) fn float64(value: f64, out: &mut String) -> Result {
    if value.is_infinite() {
        out.write_str(if value > 0.0 { "Infinity" } else { "-Infinity" })
    } else {
        write!(out, "{value}")
    }
}

/// As [`float64`], with the digits that a `float32` needs.
pub(crate) fn float32(value: f32, out: &mut String) -> Result {
    if value.is_finite() { write!(out, "{value}") } else { float64(value.into(), out) }
}

/// A decimal with all digits of its scale: `-0.50`.
pub(crate) fn decimal(value: i128, scale: u8, out: &mut String) -> Result {
    let scale = usize::from(scale);
    let digits = format!("{:0width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if value < 0 { "-" } else { "" };
    let point = if scale == 0 { "" } else { "." };
    write!(out, "{sign}{whole}{point}{fraction}")
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8], out: &mut String) -> Result {
    bytes.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
}

/// The day that is so many days from 1970-01-01, where the calendar reaches it.
pub(super) fn day(days: i32) -> Option<NaiveDate> {
    NaiveDate::from_epoch_days(days)
}

/// The wall clock that is so many microseconds from 1970-01-01T00:00:00, where the calendar reaches it.
pub(super) fn wall_clock(micros: i64) -> Option<NaiveDateTime> {
    DateTime::from_timestamp_micros(micros).map(|instant| instant.naive_utc())
}

/// A day as `2024-02-29`.
pub(crate) fn date(days: i32, out: &mut String) -> Result {
    match day(days) {
        Some(day) => write!(out, "{day}"),
        None => write!(out, "day {days} from 1970-01-01"),
    }
}

/// A time of day as `13:05:00`, with six digits of a second's fraction where there is one.
pub(crate) fn time(micros: i64, out: &mut String) -> Result {
    let seconds = micros.div_euclid(SECOND);
    write!(out, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)?;
    fraction(micros.rem_euclid(SECOND), out)
}

/// A wall-clock reading as `2024-02-29T13:05:00`, fraction as in [`time`].
pub(crate) fn datetime(micros: i64, out: &mut String) -> Result {
    match wall_clock(micros) {
        Some(at) => {
            write!(out, "{}T{:02}:{:02}:{:02}", at.date(), at.hour(), at.minute(), at.second())?;
            fraction(micros.rem_euclid(SECOND), out)
        }
        None => write!(out, "{micros} µs from 1970-01-01"),
    }
}

/// An instant as its reading in UTC with a `Z`.
pub(crate) fn timestamp(micros: i64, out: &mut String) -> Result {
    datetime(micros, out)?;
    if wall_clock(micros).is_some() { out.write_str("Z") } else { Ok(()) }
}

fn fraction(micros: i64, out: &mut String) -> Result {
    if micros == 0 { Ok(()) } else { write!(out, ".{micros:06}") }
}

/// A uuid in its hyphenated lower-case form.
pub(crate) fn uuid(bytes: &[u8], out: &mut String) -> Result {
    for (place, byte) in bytes.iter().enumerate() {
        out.write_str(if matches!(place, 4 | 6 | 8 | 10) { "-" } else { "" })?;
        write!(out, "{byte:02x}")?;
    }
    Ok(())
}
