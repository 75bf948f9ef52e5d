//! The text form of each type's values in CSV and JSON Lines, both ways.
//!
//! Writing is exact and always the same; reading is strict: what it takes it takes without loss, or says
//! why not. Never rounds, trims or guesses (a `float32` or `float64` is the nearest one to the digits).
//!
//! | type | written | also read |
//! |---|---|---|
//! | `bool` | `true`, `false` | |
//! | integers | digits | `+`, leading zeros |
//! | floats | the shortest digits that give the same float; `NaN`, `inf`, `-inf` | any decimal or exponent form |
//! | `decimal` | digits with the scale's places | exponents, fewer or more places when nothing is lost |
//! | `bytes` | lower-case hexadecimal | upper-case |
//! | `date` | `2024-02-29`, years beyond four digits `+12024-…`, before year 0 `-0001-…` | |
//! | `time` | `23:59:59.000000` | fewer places |
//! | `datetime` | `2024-02-29T23:59:59.000000` | a space for the `T`, fewer places |
//! | `timestamp` | `2024-02-29T23:59:59.000000Z` | the same, and an offset `+02:00` or `+02` |
//! | `uuid` | lower-case with hyphens | upper-case |

use std::io::Write;

const MICROS: i64 = 1_000_000;
const DAY: i64 = 86_400 * MICROS;

/// Why a text is not a value.
pub(super) type Parsed<T> = Result<T, &'static str>;

/// An integer's text as a 64-bit integer.
pub(super) fn integer(text: &str) -> Parsed<i64> {
    text.parse().map_err(|_| "not a whole number of 64 bits")
}

/// `true` or `false`.
pub(super) fn boolean(text: &str) -> Parsed<bool> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err("neither true nor false"),
    }
}

/// A 64-bit float.
pub(super) fn float64(text: &str) -> Parsed<f64> {
    let value: f64 = text.parse().map_err(|_| "not a number")?;
    if value.is_infinite() && text.bytes().any(|byte| byte.is_ascii_digit()) {
        return Err("a number beyond the range of a 64-bit float");
    }
    Ok(value)
}

/// A 32-bit float.
pub(super) fn float32(text: &str) -> Parsed<f32> {
    let value: f32 = text.parse().map_err(|_| "not a number")?;
    if value.is_infinite() && text.bytes().any(|byte| byte.is_ascii_digit()) {
        return Err("a number beyond the range of a 32-bit float");
    }
    Ok(value)
}

/// A decimal of at most `precision` digits as the integer of its last place.
pub(super) fn decimal(text: &str, precision: u8, scale: u8) -> Parsed<i128> {
    const WRONG: &str = "not a decimal number";
    let (negative, rest) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let (mantissa, exponent) = match rest.iter().position(|byte| matches!(byte, b'e' | b'E')) {
        None => (rest, 0),
        Some(at) => {
            let exponent =
                std::str::from_utf8(&rest[at + 1..]).ok().and_then(|text| text.parse::<i32>().ok());
            (&rest[..at], i64::from(exponent.ok_or(WRONG)?))
        }
    };
    let point = mantissa.iter().position(|byte| *byte == b'.').unwrap_or(mantissa.len());
    let whole = &mantissa[..point];
    let fraction = mantissa.get(point + 1..).unwrap_or_default();
    if whole.len() + fraction.len() == 0 || !whole.iter().chain(fraction).all(u8::is_ascii_digit) {
        return Err(WRONG);
    }
    // The place that the last digit stands at after scaling; what stands behind the point must be zeros.
    let mut place = exponent - i64::try_from(fraction.len()).map_err(|_| WRONG)? + i64::from(scale);
    let mut digits: Vec<u8> =
        whole.iter().chain(fraction).skip_while(|byte| **byte == b'0').copied().collect();
    while place < 0 && digits.last() == Some(&b'0') {
        digits.pop();
        place += 1;
    }
    if digits.is_empty() {
        return Ok(0);
    }
    if place < 0 {
        return Err("a decimal with more places than the column has");
    }
    if i64::try_from(digits.len()).map_or(true, |length| length.saturating_add(place) > i64::from(precision))
    {
        return Err("a decimal with more digits than the column has");
    }
    let mut value = digits.iter().fold(0_i128, |value, digit| value * 10 + i128::from(digit - b'0'));
    for _ in 0..place {
        value *= 10;
    }
    Ok(if negative { -value } else { value })
}

/// Bytes out of hexadecimal digits, appended to `out`.
pub(super) fn bytes(text: &str, out: &mut Vec<u8>) -> Parsed<()> {
    const WRONG: &str = "not bytes in hexadecimal digits";
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    if !text.len().is_multiple_of(2) {
        return Err(WRONG);
    }
    for pair in text.as_bytes().chunks_exact(2) {
        let (high, low) = digit(pair[0]).zip(digit(pair[1])).ok_or(WRONG)?;
        out.push(high << 4 | low);
    }
    Ok(())
}

/// A uuid with hyphens.
pub(super) fn uuid(text: &str) -> Parsed<[u8; 16]> {
    const WRONG: &str = "not a uuid with hyphens";
    if text.len() != 36 {
        return Err(WRONG);
    }
    uuid::Uuid::try_parse(text).map(uuid::Uuid::into_bytes).map_err(|_| WRONG)
}

/// A date as days since 1970-01-01.
pub(super) fn date(text: &str) -> Parsed<i32> {
    const WRONG: &str = "not a date like 2024-02-29";
    let (days, rest) = leading_date(text).ok_or(WRONG)?;
    if !rest.is_empty() {
        return Err(WRONG);
    }
    i32::try_from(days).map_err(|_| "a date out of range")
}

/// A time of day in microseconds.
pub(super) fn time(text: &str) -> Parsed<i64> {
    match leading_time(text) {
        Some((time, "")) => time,
        Some(_) | None => Err("not a time like 23:59:59"),
    }
}

/// A wall-clock reading in microseconds since 1970-01-01.
pub(super) fn datetime(text: &str) -> Parsed<i64> {
    match leading_datetime(text) {
        Some((time, "")) => time,
        Some((_, _)) => Err("not a date and time like 2024-02-29T23:59:59, without a zone"),
        None => Err("not a date and time like 2024-02-29T23:59:59"),
    }
}

/// An instant in microseconds since 1970-01-01 in UTC.
pub(super) fn timestamp(text: &str) -> Parsed<i64> {
    const WRONG: &str = "not an instant like 2024-02-29T23:59:59Z";
    let (time, zone) = leading_datetime(text).ok_or(WRONG)?;
    let offset = match zone.as_bytes() {
        [] => return Err("a date and time without a zone, and the column has instants"),
        b"Z" => 0,
        [sign @ (b'+' | b'-'), rest @ ..] => {
            let digits = match *rest {
                [h, i] => [h, i, b'0', b'0'],
                [h, i, b':', m, n] => [h, i, m, n],
                _ => return Err(WRONG),
            };
            if !digits.iter().all(u8::is_ascii_digit) {
                return Err(WRONG);
            }
            let [h, i, m, n] = digits.map(|digit| i64::from(digit - b'0'));
            let (hours, minutes) = (h * 10 + i, m * 10 + n);
            if hours > 23 || minutes > 59 {
                return Err(WRONG);
            }
            let offset = (hours * 60 + minutes) * 60 * MICROS;
            if *sign == b'-' { -offset } else { offset }
        }
        _ => return Err(WRONG),
    };
    time?.checked_sub(offset).ok_or(OUT_OF_RANGE)
}

const OUT_OF_RANGE: &str = "a time out of range";

fn leading_datetime(text: &str) -> Option<(Parsed<i64>, &str)> {
    let (days, rest) = leading_date(text)?;
    let rest = rest.strip_prefix(['T', ' '])?;
    let (time, rest) = leading_time(rest)?;
    let at = time.and_then(|time| {
        // In 128 bits, since the very first instant's midnight is before the first instant.
        let at = i128::from(days) * i128::from(DAY) + i128::from(time);
        i64::try_from(at).map_err(|_| OUT_OF_RANGE)
    });
    Some((at, rest))
}

/// `HH:MM:SS` with up to six decimal places, more when they are zeros.
fn leading_time(text: &str) -> Option<(Parsed<i64>, &str)> {
    let bytes = text.as_bytes();
    let [a, b, b':', c, d, b':', e, f, ..] = *bytes else { return None };
    if ![a, b, c, d, e, f].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let two = |high: u8, low: u8| i64::from(high - b'0') * 10 + i64::from(low - b'0');
    let (hours, minutes, seconds) = (two(a, b), two(c, d), two(e, f));
    if hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    let mut micros = ((hours * 60 + minutes) * 60 + seconds) * MICROS;
    let rest = &text[8..];
    let Some(places) = rest.strip_prefix('.') else { return Some((Ok(micros), rest)) };
    let length = places.bytes().take_while(u8::is_ascii_digit).count();
    if length == 0 {
        return None;
    }
    let (places, rest) = places.split_at(length);
    let mut unit = MICROS;
    for digit in places.bytes() {
        unit /= 10;
        if unit == 0 && digit != b'0' {
            return Some((Err("a time finer than microseconds"), rest));
        }
        micros += i64::from(digit - b'0') * unit;
    }
    Some((Ok(micros), rest))
}

/// `YYYY-MM-DD` in the proleptic Gregorian calendar; years of more digits have a sign.
fn leading_date(text: &str) -> Option<(i64, &str)> {
    let (sign, rest) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => (0, text),
    };
    let length = rest.bytes().take_while(u8::is_ascii_digit).count();
    let sound = if sign == 0 { length == 4 } else { (4..=7).contains(&length) };
    if !sound {
        return None;
    }
    let (year, rest) = rest.split_at(length);
    let [b'-', m, n, b'-', d, e, ..] = *rest.as_bytes() else { return None };
    if ![m, n, d, e].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = |digits: &[u8]| digits.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
    let (year, month, day) = (number(year.as_bytes()), number(&[m, n]), number(&[d, e]));
    if sign == -1 && year == 0 {
        return None;
    }
    let year = if sign == -1 { -year } else { year };
    let days = days_from_civil(year, month, day);
    // A day that the month does not have comes back as another one.
    (civil_from_days(days) == (year, month, day)).then_some((days, &rest[6..]))
}

// Days from and to dates by counting years from 1 March, so that the leap day is the last one, in eras of
// 400 years, which all have 146,097 days.

fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day_of_year - (153 * from_march + 2) / 5 + 1)
}

/// Appends formatted text to bytes, which cannot fail.
macro_rules! put {
    ($out:expr, $($format:tt)*) => {
        drop(write!($out, $($format)*))
    };
}

/// Writes an integer.
pub(super) fn put_integer(value: i64, out: &mut Vec<u8>) {
    put!(out, "{value}");
}

/// Writes a 64-bit float.
pub(super) fn put_float64(value: f64, out: &mut Vec<u8>) {
    put!(out, "{value:?}");
}

/// Writes a 32-bit float.
pub(super) fn put_float32(value: f32, out: &mut Vec<u8>) {
    put!(out, "{value:?}");
}

/// Writes a decimal given as the integer of its last place.
pub(super) fn put_decimal(value: i128, scale: u8, out: &mut Vec<u8>) {
    let sign = if value < 0 { "-" } else { "" };
    let digits = value.unsigned_abs();
    if scale == 0 {
        put!(out, "{sign}{digits}");
        return;
    }
    // 10^38 is below 2^128.
    let one = 10_u128.pow(u32::from(scale));
    put!(out, "{sign}{}.{:0width$}", digits / one, digits % one, width = usize::from(scale));
}

/// Writes bytes in hexadecimal.
pub(super) fn put_bytes(value: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in value {
        out.extend([DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
}

/// Writes a uuid; other than 16 bytes it never gets.
pub(super) fn put_uuid(value: &[u8], out: &mut Vec<u8>) {
    for (at, byte) in value.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            out.push(b'-');
        }
        put_bytes(&[*byte], out);
    }
}

/// Writes a date.
pub(super) fn put_date(days: i64, out: &mut Vec<u8>) {
    let (year, month, day) = civil_from_days(days);
    match year {
        0..=9999 => put!(out, "{year:04}-{month:02}-{day:02}"),
        _ => put!(out, "{year:+05}-{month:02}-{day:02}"),
    }
}

/// Writes a time of day.
///
/// # Errors
/// When it is not within a day.
pub(super) fn put_time(micros: i64, out: &mut Vec<u8>) -> Parsed<()> {
    if !(0..DAY).contains(&micros) {
        return Err("a time that is not within a day");
    }
    put_clock(micros, out);
    Ok(())
}

fn put_clock(micros: i64, out: &mut Vec<u8>) {
    let seconds = micros / MICROS;
    let (hours, minutes, seconds, places) =
        (seconds / 3_600, seconds / 60 % 60, seconds % 60, micros % MICROS);
    put!(out, "{hours:02}:{minutes:02}:{seconds:02}.{places:06}");
}

/// Writes a wall-clock reading; an instant is the same with a `Z` behind it.
pub(super) fn put_datetime(micros: i64, out: &mut Vec<u8>) {
    put_date(micros.div_euclid(DAY), out);
    out.push(b'T');
    put_clock(micros.rem_euclid(DAY), out);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn dates_agree_with_the_calendar_and_reach_the_ends_of_their_range() {
        for (text, days) in [
            ("1970-01-01", 0),
            ("1969-12-31", -1),
            ("2000-02-29", 11_016),
            ("0001-01-01", -719_162),
            ("9999-12-31", 2_932_896),
            ("0000-03-01", -719_468),
            ("-0001-12-31", -719_529),
            ("+10000-01-01", 2_932_897),
        ] {
            assert_eq!(date(text), Ok(days), "{text}");
            assert_eq!(put(|out| put_date(days.into(), out)), text);
        }
        for days in [i32::MIN, i32::MAX] {
            assert_eq!(date(&put(|out| put_date(days.into(), out))), Ok(days));
        }
        for wrong in [
            "2023-02-29",
            "1900-02-29",
            "2024-13-01",
            "2024-00-01",
            "2024-01-00",
            "24-01-01",
            "2024-1-1",
            "-0000-01-01",
            "+123-01-01",
            "2024-01-01 ",
            " 2024-01-01",
            "２０２４-01-01",
            "",
        ] {
            assert!(date(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_day_of_eight_centuries_comes_back() {
        let mut before = days_from_civil(1599, 12, 31);
        for year in 1600..2400 {
            for month in 1..=12 {
                for day in 1..=31 {
                    if civil_from_days(days_from_civil(year, month, day)) == (year, month, day) {
                        before += 1;
                        assert_eq!(days_from_civil(year, month, day), before);
                    }
                }
            }
        }
        assert_eq!(before, days_from_civil(2400, 1, 1) - 1);
    }

    #[test]
    fn times_are_exact_to_the_microsecond_or_refused() {
        for micros in [0, 1, -1, i64::MIN, i64::MAX, -62_135_596_800_000_000, 253_402_300_799_999_999] {
            let text = put(|out| put_datetime(micros, out));
            assert_eq!(datetime(&text), Ok(micros), "{text}");
            assert_eq!(timestamp(&format!("{text}Z")), Ok(micros), "{text}");
        }
        assert_eq!(datetime("0001-01-01 00:00:00"), Ok(-62_135_596_800_000_000));
        assert_eq!(timestamp("1970-01-01T02:00:00+02:00"), Ok(0));
        assert_eq!(timestamp("1969-12-31T16:00:00.5-08"), Ok(500_000));
        assert_eq!(timestamp("1970-01-01T00:00:00.000001000Z"), Ok(1));
        assert_eq!(timestamp("1970-01-01T00:00:00.0000001Z"), Err("a time finer than microseconds"));
        assert!(timestamp("1970-01-01T00:00:00").is_err());
        assert!(datetime("1970-01-01T00:00:00Z").is_err());
        for wrong in ["24:00:00", "23:60:00", "23:59:60", "1:00:00", "01:00", "01:00:00.", "01:00:00.1x"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
        assert_eq!(time("23:59:59.999999"), Ok(DAY - 1));
        assert!(put_time(DAY, &mut Vec::new()).is_err());
        assert!(put_time(-1, &mut Vec::new()).is_err());
        assert!(timestamp("+294247-01-10T04:00:54.775808Z").is_err());
        assert!(timestamp("-290308-12-21T19:59:05.224191Z").is_err());
    }

    #[test]
    fn decimals_are_taken_without_loss_or_not_at_all() {
        for (text, precision, scale, value) in [
            ("0", 1, 0, 0),
            ("-0.00", 3, 2, 0),
            ("1", 3, 2, 100),
            ("1.5", 3, 2, 150),
            ("1.500000", 3, 2, 150),
            ("-9.99", 3, 2, -999),
            (".5", 3, 2, 50),
            ("5.", 3, 2, 500),
            ("1e2", 3, 0, 100),
            ("12.5E-1", 3, 2, 125),
            ("0e999999999", 3, 2, 0),
            ("99999999999999999999999999999999999999", 38, 0, 10_i128.pow(38) - 1),
            ("-0.99999999999999999999999999999999999999", 38, 38, 1 - 10_i128.pow(38)),
            ("0.00000000000000000000000000000000000001", 38, 38, 1),
        ] {
            assert_eq!(decimal(text, precision, scale), Ok(value), "{text}");
            assert_eq!(decimal(&put(|out| put_decimal(value, scale, out)), precision, scale), Ok(value));
        }
        for (text, precision, scale) in [
            ("10", 1, 0),
            ("0.001", 3, 2),
            ("10.00", 3, 2),
            ("1e2", 2, 0),
            ("1e2147483647", 38, 0),
            ("1e-2147483648", 38, 0),
        ] {
            assert!(decimal(text, precision, scale).is_err(), "{text}");
        }
        for wrong in ["", "-", ".", "1,5", "1 ", "0x1", "1e", "1.2.3", "--1", "1_000", "NaN", "1e99999999999"]
        {
            assert_eq!(decimal(wrong, 38, 10), Err("not a decimal number"), "{wrong}");
        }
        assert_eq!(put(|out| put_decimal(-5, 2, out)), "-0.05");
        assert_eq!(put(|out| put_decimal(i128::from(i64::MAX), 0, out)), "9223372036854775807");
    }

    #[test]
    fn floats_come_back_to_the_bit() {
        for value in
            [0.0, -0.0, 0.1, f64::MIN_POSITIVE, 5e-324, f64::MAX, f64::MIN, f64::INFINITY, f64::NEG_INFINITY]
        {
            let text = put(|out| put_float64(value, out));
            assert_eq!(float64(&text).unwrap().to_bits(), value.to_bits(), "{text}");
        }
        for value in [0.1, -0.0, f32::MAX, f32::MIN_POSITIVE, 1e-45, f32::NEG_INFINITY] {
            let text = put(|out| put_float32(value, out));
            assert_eq!(float32(&text).unwrap().to_bits(), value.to_bits(), "{text}");
        }
        assert!(float64(&put(|out| put_float64(f64::NAN, out))).unwrap().is_nan());
        assert!(float64("1e999").is_err());
        assert!(float32("1e39").is_err());
        assert!(float64("1,5").is_err());
        assert!(float64("").is_err());
    }

    #[test]
    fn bytes_and_uuids_are_exact() {
        let all: Vec<u8> = (0..=255).collect();
        let mut back = Vec::new();
        bytes(&put(|out| put_bytes(&all, out)), &mut back).unwrap();
        assert_eq!(back, all);
        assert!(bytes("abc", &mut Vec::new()).is_err());
        assert!(bytes("zz", &mut Vec::new()).is_err());
        let id = "67e55044-10b1-426f-9247-bb680e5fe0c8";
        assert_eq!(put(|out| put_uuid(&uuid(id).unwrap(), out)), id);
        assert_eq!(uuid(&id.to_uppercase()), uuid(id));
        for wrong in ["67e5504410b1426f9247bb680e5fe0c8", "{67e55044-10b1-426f-9247-bb680e5fe0c8}", ""] {
            assert!(uuid(wrong).is_err(), "{wrong}");
        }
    }
}
