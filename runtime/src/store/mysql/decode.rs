//! Values in MySQL's binary form into Arrow builders, and for people. Pure.

use chrono::NaiveDate;
use mig_plan::{KeyBound, KeyValue, Type};

use super::types::Native;
use crate::cells::shorten;
use crate::store::builders::ColumnBuilder;
use crate::store::refusal::shorten_bytes;

/// Microseconds of a second and of a day.
pub(super) const SECOND: i64 = 1_000_000;
pub(super) const DAY: i64 = 86_400 * SECOND;

const LENGTH: &str = "bytes of another length than its type has";

pub(super) const NO_LABEL: &str = "a text that is no label of the column's enum";

/// A value's bytes as the protocol has them: integers by their size, decimals and texts as text, dates and times as
/// their parts behind a byte with the length.
type Bytes<'a> = &'a [u8];

/// An integer that 64 bits hold with its sign; `None` for one that they do not.
fn long(native: &Native, bytes: Bytes<'_>) -> Result<Option<i64>, &'static str> {
    match (native, bytes.try_into()) {
        (Native::Int { unsigned: false, .. }, Ok(bytes)) => Ok(Some(i64::from_le_bytes(bytes))),
        _ => integer(native, bytes).map(|value| value.try_into().ok()),
    }
}

/// An integer of any size.
fn integer(native: &Native, bytes: Bytes<'_>) -> Result<i128, &'static str> {
    if let Native::Bit(_) = native {
        // Bits come as text does, most significant first.
        return Ok(bytes.iter().fold(0, |value, byte| value << 8 | i128::from(*byte)));
    }
    let unsigned = matches!(native, Native::Int { unsigned: true, .. } | Native::Year);
    let mut whole = [if !unsigned && bytes.last().is_some_and(|last| *last >= 0x80) { 0xff } else { 0 }; 16];
    let places = whole.get_mut(..bytes.len()).filter(|_| bytes.len() <= 8).ok_or(LENGTH)?;
    places.copy_from_slice(bytes);
    Ok(i128::from_le_bytes(whole))
}

fn fixed<const N: usize>(bytes: Bytes<'_>) -> Result<[u8; N], &'static str> {
    bytes.try_into().map_err(|_| LENGTH)
}

fn text(bytes: Bytes<'_>) -> Result<&str, &'static str> {
    std::str::from_utf8(bytes).map_err(|_| "text that is not UTF-8")
}

/// Digits that 64 bits hold, whatever they are.
const SHORT: usize = 19;

const BROKEN: &str = "digits that are no decimal of its type";

/// The digits without their point, each added by `next`, and how many are behind it.
fn unscaled<T: Default>(
    digits: &[u8],
    next: impl Fn(T, u8) -> Option<T>,
) -> Result<(T, Option<u8>), &'static str> {
    let (mut value, mut places) = (T::default(), None);
    for byte in digits {
        match byte {
            b'.' if places.is_none() => places = Some(0_u8),
            b'0'..=b'9' => {
                places = places.map(|places| places.saturating_add(1));
                value = next(value, byte - b'0').ok_or(BROKEN)?;
            }
            _ => return Err(BROKEN),
        }
    }
    Ok((value, places))
}

/// The digits of a decimal as a number of its smallest unit.
fn decimal(bytes: Bytes<'_>, scale: u8) -> Result<i128, &'static str> {
    let (negative, digits) = match bytes {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    // Most values are short, and 64 bits are faster than 128.
    let (mut value, places) = if digits.len() <= SHORT {
        let (value, places) = unscaled(digits, |value: u64, digit| Some(value * 10 + u64::from(digit)))?;
        (i128::from(value), places)
    } else {
        unscaled(digits, |value: i128, digit| value.checked_mul(10)?.checked_add(digit.into()))?
    };
    let missing = scale.checked_sub(places.unwrap_or(0)).ok_or(BROKEN)?;
    if missing > 0 {
        value = value.checked_mul(10_i128.pow(u32::from(missing))).ok_or(BROKEN)?;
    }
    Ok(if negative { -value } else { value })
}

/// Year, month, day and the microseconds of the day.
fn parts(bytes: Bytes<'_>) -> Result<(u16, u8, u8, i64), &'static str> {
    let [_, rest @ ..] = bytes else { return Err(LENGTH) };
    let byte = |place: usize| i64::from(rest.get(place).copied().unwrap_or(0));
    if !matches!(rest.len(), 0 | 4 | 7 | 11) {
        return Err(LENGTH);
    }
    let year = u16::from_le_bytes([rest.first().copied().unwrap_or(0), rest.get(1).copied().unwrap_or(0)]);
    let (month, day) = (rest.get(2).copied().unwrap_or(0), rest.get(3).copied().unwrap_or(0));
    let micros = (0..4).fold(0, |micros, place| micros | byte(7 + place) << (8 * place));
    Ok((year, month, day, (byte(4) * 3600 + byte(5) * 60 + byte(6)) * SECOND + micros))
}

fn days(year: u16, month: u8, day: u8) -> Result<i32, &'static str> {
    let date = NaiveDate::from_ymd_opt(i32::from(year), u32::from(month), u32::from(day));
    date.map(|date| date.to_epoch_days()).ok_or("a day that no calendar has")
}

/// Whether it is negative, and its microseconds.
fn span(bytes: Bytes<'_>) -> Result<(bool, i64), &'static str> {
    match bytes {
        [0] => Ok((false, 0)),
        [8 | 12, negative, d0, d1, d2, d3, hour, minute, second, micros @ ..] => {
            let days = i64::from(u32::from_le_bytes([*d0, *d1, *d2, *d3]));
            let seconds = i64::from(*hour) * 3600 + i64::from(*minute) * 60 + i64::from(*second);
            let micros = match micros {
                [] => 0,
                micros => i64::from(u32::from_le_bytes(fixed(micros)?)),
            };
            Ok((*negative != 0, days * DAY + seconds * SECOND + micros))
        }
        _ => Err(LENGTH),
    }
}

/// Appends a value.
///
/// # Errors
/// Why Arrow has no such value.
pub(super) fn append(
    column: &mut ColumnBuilder,
    native: &Native,
    bytes: Bytes<'_>,
) -> Result<(), &'static str> {
    const RANGE: &str = "a number out of its type's range";
    match column {
        ColumnBuilder::Bool(builder) => builder.append_value(match integer(native, bytes)? {
            0 => false,
            1 => true,
            _ => return Err("a number that is neither 0 nor 1, in a column of truth values (TINYINT(1))"),
        }),
        ColumnBuilder::Int8(builder) => {
            builder.append_value(integer(native, bytes)?.try_into().map_err(|_| RANGE)?);
        }
        ColumnBuilder::Int16(builder) => {
            builder.append_value(integer(native, bytes)?.try_into().map_err(|_| RANGE)?);
        }
        ColumnBuilder::Int32(builder) => {
            builder.append_value(integer(native, bytes)?.try_into().map_err(|_| RANGE)?);
        }
        ColumnBuilder::Int64(builder) => builder.append_value(long(native, bytes)?.ok_or(RANGE)?),
        ColumnBuilder::Float32(builder) => builder.append_value(f32::from_le_bytes(fixed(bytes)?)),
        ColumnBuilder::Float64(builder) => builder.append_value(f64::from_le_bytes(fixed(bytes)?)),
        ColumnBuilder::Decimal { builder, scale, .. } => {
            let is_decimal = matches!(native, Native::Decimal { .. });
            builder.append_value(if is_decimal { decimal(bytes, *scale)? } else { integer(native, bytes)? });
        }
        ColumnBuilder::Text(builder) | ColumnBuilder::Json(builder) => builder.append_value(text(bytes)?),
        ColumnBuilder::Enum { builder, labels } => {
            let label = labels.iter().find(|label| label.as_bytes() == bytes);
            builder.append_value(label.ok_or(NO_LABEL)?);
        }
        ColumnBuilder::Bytes(builder) => builder.append_value(bytes),
        ColumnBuilder::Date(builder) => {
            let (year, month, day, _) = parts(bytes)?;
            builder.append_value(days(year, month, day)?);
        }
        ColumnBuilder::Time(builder) => {
            let (negative, micros) = span(bytes)?;
            if negative || micros >= DAY {
                return Err("a span of time that is not a time of day");
            }
            builder.append_value(micros);
        }
        ColumnBuilder::Timestamp(builder) | ColumnBuilder::Datetime(builder) => {
            let (year, month, day, micros) = parts(bytes)?;
            builder.append_value(i64::from(days(year, month, day)?) * DAY + micros);
        }
        ColumnBuilder::Uuid(builder) => {
            let uuid = if *native == Native::Uuid {
                uuid::Uuid::try_parse_ascii(bytes).map_err(|_| "text that is no UUID")?
            } else {
                uuid::Uuid::from_bytes(fixed(bytes)?)
            };
            builder.append_value(uuid.as_bytes()).map_err(|_| LENGTH)?;
        }
        ColumnBuilder::List(_) => return Err("a list, which MySQL has not"),
    }
    Ok(())
}

/// A value for people as MySQL writes it, shortened; sixteen bytes that are read as a uuid as that.
pub(super) fn show(ty: &Type, native: &Native, bytes: Option<Bytes<'_>>) -> String {
    let Some(bytes) = bytes else { return "null".into() };
    let clock = |micros: i64, unit: i64| {
        let seconds = micros / SECOND;
        let mut clock = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
        if unit < SECOND {
            let digits = (SECOND / unit).ilog10() as usize;
            clock += &format!(".{:0digits$}", micros % SECOND / unit);
        }
        clock
    };
    let shown = match native {
        Native::Bool | Native::Int { .. } | Native::Bit(_) | Native::Year => {
            integer(native, bytes).map(|value| value.to_string())
        }
        Native::Float { .. } => fixed(bytes).map(|bytes| f32::from_le_bytes(bytes).to_string()),
        Native::Double { .. } => fixed(bytes).map(|bytes| f64::from_le_bytes(bytes).to_string()),
        Native::Date => parts(bytes).map(|(year, month, day, _)| format!("{year:04}-{month:02}-{day:02}")),
        Native::Datetime(unit) | Native::Timestamp(unit) => parts(bytes).map(|(year, month, day, micros)| {
            format!("{year:04}-{month:02}-{day:02} {}", clock(micros, *unit))
        }),
        Native::Time(unit) => span(bytes)
            .map(|(negative, micros)| format!("{}{}", if negative { "-" } else { "" }, clock(micros, *unit))),
        Native::Decimal { .. }
        | Native::Char(_)
        | Native::Varchar(_)
        | Native::Text(_)
        | Native::Enum(_)
        | Native::Set(_)
        | Native::Json
        | Native::Uuid => text(bytes).map(str::to_owned),
        Native::Binary(_) if *ty == Type::Uuid => {
            fixed(bytes).map(|bytes| uuid::Uuid::from_bytes(bytes).to_string())
        }
        Native::Binary(_) | Native::Blob => return shorten_bytes(bytes),
    };
    shown.map_or_else(|_| shorten_bytes(bytes), shorten)
}

/// The key of a row for people.
pub(super) fn shown_key<'a>(
    parts: impl Iterator<Item = (&'a Type, &'a Native, Option<Bytes<'a>>)>,
) -> KeyBound {
    let value = |(ty, native, bytes): (&Type, &Native, Option<Bytes<'_>>)| {
        if bytes.is_none() {
            return KeyValue::Null;
        }
        let shown = show(ty, native, bytes);
        match native {
            Native::Bool | Native::Int { .. } | Native::Bit(_) | Native::Year => {
                shown.parse().map_or(KeyValue::Text(shown), KeyValue::Int)
            }
            Native::Float { .. }
            | Native::Double { .. }
            | Native::Decimal { .. }
            | Native::Char(_)
            | Native::Varchar(_)
            | Native::Text(_)
            | Native::Enum(_)
            | Native::Set(_)
            | Native::Binary(_)
            | Native::Blob
            | Native::Date
            | Native::Time(_)
            | Native::Datetime(_)
            | Native::Timestamp(_)
            | Native::Json
            | Native::Uuid => KeyValue::Text(shown),
        }
    };
    parts.map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_have_any_size_and_a_sign_or_none() {
        let signed = Native::Int { bits: 64, unsigned: false };
        let unsigned = Native::Int { bits: 64, unsigned: true };
        assert_eq!(integer(&signed, &[0xff]), Ok(-1));
        assert_eq!(integer(&unsigned, &[0xff]), Ok(255));
        assert_eq!(integer(&unsigned, &[0xff; 8]), Ok(u64::MAX.into()));
        assert_eq!(integer(&signed, &i64::MIN.to_le_bytes()), Ok(i64::MIN.into()));
        assert_eq!(integer(&Native::Bit(9), &[1, 2]), Ok(258));
        assert!(integer(&signed, &[0; 9]).is_err());
    }

    #[test]
    fn decimals_are_read_by_their_digits() {
        assert_eq!(decimal(b"-12.50", 2), Ok(-1250));
        assert_eq!(decimal(b"12", 2), Ok(1200));
        assert_eq!(decimal(b"0.000", 3), Ok(0));
        assert_eq!(decimal(b"99999999999999999999.5", 1), Ok(999_999_999_999_999_999_995));
        assert_eq!(decimal(b"-9999999999999999999", 0), Ok(-9_999_999_999_999_999_999));
        for broken in [&b"1.234"[..], b"1e5", b"1.2.3", b"9999999999999999999999999999999999999999"] {
            assert!(decimal(broken, 2).is_err());
        }
    }

    #[test]
    fn sixteen_bytes_are_shown_as_what_they_are_read_as() {
        let (native, value) = (Native::Binary(16), Some(&[7; 16][..]));
        assert_eq!(show(&Type::Uuid, &native, value), "07070707-0707-0707-0707-070707070707");
        assert_eq!(show(&Type::Bytes, &native, value), format!("x'{}'", "07".repeat(16)));
        assert_eq!(show(&Type::Uuid, &native, Some(&[7])), "x'07'");
    }

    #[test]
    fn dates_and_times_are_shown_as_they_are_and_appended_when_there_are_such() {
        let date = Native::Date;
        assert_eq!(show(&Type::Date, &date, Some(&[0])), "0000-00-00");
        assert_eq!(show(&Type::Date, &date, Some(&[4, 0xe8, 7, 0, 3])), "2024-00-03");
        let mut column = ColumnBuilder::new(&mig_plan::Type::Date);
        assert!(append(&mut column, &date, &[0]).is_err());
        assert!(append(&mut column, &date, &[4, 0xe8, 7, 2, 30]).is_err());
        assert!(append(&mut column, &date, &[4, 0xe8, 7, 2, 29]).is_ok());
        assert!(append(&mut column, &date, &[9]).is_err());
        let time = Native::Time(1);
        assert_eq!(show(&Type::Time, &time, Some(&[8, 1, 34, 0, 0, 0, 22, 59, 59])), "-838:59:59.000000");
        assert_eq!(
            show(&Type::Time, &time, Some(&[12, 0, 0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0])),
            "01:02:03.000004"
        );
        let mut column = ColumnBuilder::new(&mig_plan::Type::Time);
        assert!(append(&mut column, &time, &[8, 1, 0, 0, 0, 0, 0, 0, 1]).is_err());
        assert!(append(&mut column, &time, &[8, 0, 1, 0, 0, 0, 0, 0, 0]).is_err());
        assert!(append(&mut column, &time, &[0]).is_ok());
        assert!(append(&mut column, &time, &[]).is_err());
    }
}
