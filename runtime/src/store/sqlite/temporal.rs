//! Dates and times as ISO 8601 text, to the microsecond, over the whole range of the Arrow types.
//!
//! Pure: text to the Arrow integer and back. Years beyond 0000–9999 carry a sign, as ISO 8601 has it.

use std::fmt::Write as _;

const DAY: i64 = 86_400_000_000;
const HOUR: i64 = 3_600_000_000;
const MINUTE: i64 = 60_000_000;
const SECOND: i64 = 1_000_000;

/// `YYYY-MM-DD` as days since 1970-01-01.
pub(super) fn parse_date(text: &[u8]) -> Option<i32> {
    let (days, rest) = date(text)?;
    if rest.is_empty() { i32::try_from(days).ok() } else { None }
}

/// `HH:MM[:SS[.ffffff]]` as microseconds since midnight.
pub(super) fn parse_time(text: &[u8]) -> Option<i64> {
    let (micros, rest) = time(text)?;
    rest.is_empty().then_some(micros)
}

/// `YYYY-MM-DD[ HH:MM[:SS[.ffffff]]]`, `T` for the blank too, as microseconds since 1970-01-01.
pub(super) fn parse_datetime(text: &[u8]) -> Option<i64> {
    let (days, rest) = date(text)?;
    let micros = match rest.split_first() {
        None => 0,
        Some((b' ' | b'T', rest)) => parse_time(rest)?,
        Some(_) => return None,
    };
    join(days, micros)
}

/// A datetime with a time and `Z`, `±HH`, `±HHMM` or `±HH:MM` behind it, as microseconds since 1970-01-01 UTC.
pub(super) fn parse_timestamp(text: &[u8]) -> Option<i64> {
    let (days, rest) = date(text)?;
    let (b' ' | b'T', rest) = rest.split_first()? else { return None };
    let (micros, zone) = time(rest)?;
    let offset = match zone {
        b"Z" => 0,
        [sign @ (b'+' | b'-'), zone @ ..] => {
            let (hours, minutes) = match zone {
                [h1, h2] => (two(&[*h1, *h2])?, 0),
                [h1, h2, m1, m2] | [h1, h2, b':', m1, m2] => (two(&[*h1, *h2])?, two(&[*m1, *m2])?),
                _ => return None,
            };
            if hours > 23 || minutes > 59 {
                return None;
            }
            let offset = hours * HOUR + minutes * MINUTE;
            if *sign == b'-' { -offset } else { offset }
        }
        _ => return None,
    };
    join(days, micros)?.checked_sub(offset)
}

/// Whether the text is a datetime with a zone behind it, for an error that says so.
pub(super) fn has_zone(text: &[u8]) -> bool {
    parse_timestamp(text).is_some()
}

fn join(days: i64, micros: i64) -> Option<i64> {
    i64::try_from(i128::from(days) * i128::from(DAY) + i128::from(micros)).ok()
}

/// A date at the start of the text, and what follows it.
fn date(text: &[u8]) -> Option<(i64, &[u8])> {
    let (sign, digits) = match text.split_first()? {
        (b'+', rest) => (1, rest),
        (b'-', rest) => (-1, rest),
        _ => (0, text),
    };
    let length = digits.iter().position(|byte| !byte.is_ascii_digit())?;
    // Without a sign a year has four digits; with one it may have up to seven.
    if length < 4 || length > if sign == 0 { 4 } else { 7 } {
        return None;
    }
    let year = digits[..length].iter().fold(0, |year, digit| year * 10 + i64::from(digit - b'0'));
    let year = if sign < 0 { -year } else { year };
    let [b'-', m1, m2, b'-', d1, d2, rest @ ..] = &digits[length..] else { return None };
    let (month, day) = (two(&[*m1, *m2])?, two(&[*d1, *d2])?);
    if !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
        return None;
    }
    Some((days_from_civil(year, month, day), rest))
}

/// A time at the start of the text, and what follows it.
fn time(text: &[u8]) -> Option<(i64, &[u8])> {
    let [h1, h2, b':', m1, m2, rest @ ..] = text else { return None };
    let (hours, minutes) = (two(&[*h1, *h2])?, two(&[*m1, *m2])?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    let micros = hours * HOUR + minutes * MINUTE;
    let [b':', s1, s2, rest @ ..] = rest else { return Some((micros, rest)) };
    let seconds = two(&[*s1, *s2])?;
    if seconds > 59 {
        return None;
    }
    let micros = micros + seconds * SECOND;
    let [b'.', rest @ ..] = rest else { return Some((micros, rest)) };
    let length = rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, rest) = rest.split_at(length);
    // A digit beyond the sixth would be lost unless it is a zero.
    if digits.is_empty() || digits.iter().skip(6).any(|digit| *digit != b'0') {
        return None;
    }
    let fraction = digits.iter().chain(b"000000").take(6);
    let fraction = fraction.fold(0, |fraction, digit| fraction * 10 + i64::from(digit - b'0'));
    Some((micros + fraction, rest))
}

fn two(digits: &[u8; 2]) -> Option<i64> {
    let [tens, ones] = digits;
    (tens.is_ascii_digit() && ones.is_ascii_digit())
        .then(|| i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a proleptic Gregorian date, by counting years from March so that the leap day
/// comes last, in eras of 400 years.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The reverse: year, month and day.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

/// Appends a date.
pub(super) fn write_date(out: &mut String, days: i64) {
    let (year, month, day) = civil_from_days(days);
    if (0..=9_999).contains(&year) {
        digits(out, year, 4);
    } else {
        // Writing to a String does not fail.
        let _ = write!(out, "{year:+05}");
    }
    out.push('-');
    digits(out, month, 2);
    out.push('-');
    digits(out, day, 2);
}

/// Appends a time of day; the fraction of a second only where there is one, in six digits.
pub(super) fn write_time(out: &mut String, micros: i64) {
    digits(out, micros / HOUR, 2);
    out.push(':');
    digits(out, micros / MINUTE % 60, 2);
    out.push(':');
    digits(out, micros / SECOND % 60, 2);
    if micros % SECOND != 0 {
        out.push('.');
        digits(out, micros % SECOND, 6);
    }
}

/// Appends a datetime with a blank between date and time, as SQLite's own functions write it.
pub(super) fn write_datetime(out: &mut String, micros: i64) {
    write_date(out, micros.div_euclid(DAY));
    out.push(' ');
    write_time(out, micros.rem_euclid(DAY));
}

/// Appends a timestamp. The zone is written `+00:00` and not `Z`, which sorts behind a fraction's point.
pub(super) fn write_timestamp(out: &mut String, micros: i64) {
    write_datetime(out, micros);
    out.push_str("+00:00");
}

fn digits(out: &mut String, value: i64, width: u32) {
    for place in (0..width).rev() {
        let digit = value / 10_i64.pow(place) % 10;
        out.push(char::from(b'0' + u8::try_from(digit).unwrap_or(0)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_date_reads_as_it_is_written() {
        for days in (-2_147_482_i64..2_147_482).map(|days| days * 1_000 + days % 997) {
            let mut text = String::new();
            write_date(&mut text, days);
            assert_eq!(parse_date(text.as_bytes()).map(i64::from), Some(days), "{text}");
        }
        for days in [i32::MIN, -1, 0, 1, 11_016, i32::MAX] {
            let mut text = String::new();
            write_date(&mut text, days.into());
            assert_eq!(parse_date(text.as_bytes()), Some(days), "{text}");
        }
    }

    #[test]
    fn every_instant_reads_as_it_is_written() {
        for micros in [i64::MIN, -1, 0, 1, 999_999, 1_000_000, 1_700_000_000_123_456, i64::MAX] {
            let (mut wall, mut instant) = (String::new(), String::new());
            write_datetime(&mut wall, micros);
            write_timestamp(&mut instant, micros);
            assert_eq!(parse_datetime(wall.as_bytes()), Some(micros), "{wall}");
            assert_eq!(parse_timestamp(instant.as_bytes()), Some(micros), "{instant}");
        }
    }

    #[test]
    fn the_forms_of_iso_8601_are_read() {
        assert_eq!(parse_date(b"1970-01-02"), Some(1));
        assert_eq!(parse_date(b"2000-02-29"), Some(11_016));
        assert_eq!(parse_time(b"01:02"), Some(3_720_000_000));
        assert_eq!(parse_time(b"23:59:59.999999"), Some(DAY - 1));
        assert_eq!(parse_time(b"00:00:00.1"), Some(100_000));
        assert_eq!(parse_time(b"00:00:00.123456000"), Some(123_456));
        assert_eq!(parse_datetime(b"1970-01-01"), Some(0));
        assert_eq!(parse_datetime(b"1970-01-01T00:01"), Some(MINUTE));
        assert_eq!(parse_timestamp(b"1970-01-01 02:00+02:00"), Some(0));
        assert_eq!(parse_timestamp(b"1970-01-01T00:00:00-0130"), Some(90 * MINUTE));
        assert_eq!(parse_timestamp(b"1970-01-01 00:00:00Z"), Some(0));
    }

    #[test]
    fn what_is_not_exact_is_not_read() {
        for text in
            ["", "abc", "2023-02-29", "1900-02-29", "2023-13-01", "2023-1-1", "12023-01-01", "20230101"]
        {
            assert_eq!(parse_date(text.as_bytes()), None, "{text}");
        }
        for text in ["24:00", "12:60", "12:00:60", "12:00:00.1234567", "12:00:00.", "1:00", "12:00:00Z"] {
            assert_eq!(parse_time(text.as_bytes()), None, "{text}");
        }
        for text in ["1970-01-01 00:00Z", "1970-01-01  00:00", "1970-01-01t00:00", "1970-01-01 "] {
            assert_eq!(parse_datetime(text.as_bytes()), None, "{text}");
        }
        for text in ["1970-01-01 00:00", "1970-01-01Z", "1970-01-01 00:00+24:00", "1970-01-01 00:00 Z"] {
            assert_eq!(parse_timestamp(text.as_bytes()), None, "{text}");
        }
    }
}
