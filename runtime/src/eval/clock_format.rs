//! Kernels of `format_time`, `parse_date`, `parse_time` and `parse_datetime`: times by an explicit pattern.
//!
//! Reading is strict: what a pattern would not write for some time is not read, but for the case of names
//! and for the number of a fraction's digits.

use std::fmt::Write;
use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::{Date32Type, Time64MicrosecondType, TimestampMicrosecondType};
use chrono::{Datelike, NaiveDate};
use mig_plan::{TimePattern, TimePiece, Type};

use super::calendar::{Reading, micros_of, reading};
use super::fault::{Fault, Trouble};
use super::kernel::{Kernel, Operand, fill, fill_text, validity};
use super::write::SECOND;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

fn pattern(text: &str) -> Result<TimePattern, String> {
    text.parse().map_err(|error: mig_plan::PatternError| error.message)
}

fn only(args: &[Operand]) -> Result<&Operand, Fault> {
    args.first().ok_or_else(|| Trouble::plain("a function without its arguments").at(0))
}

/// `format_time(t, pattern)`
pub(super) fn format(ty: &Type, text: &str) -> Result<Kernel, String> {
    if !matches!(ty, Type::Date | Type::Time | Type::Datetime) {
        return Err(format!("`format_time` takes a date, a time or a datetime, not {ty}"));
    }
    let (ty, pattern) = (ty.clone(), pattern(text)?);
    pattern.writes(ty != Type::Time, ty != Type::Date).map_err(|error| error.message)?;
    Ok(Box::new(move |args, rows| {
        let arg = only(args)?;
        let texts = fill_text(rows, validity(args, rows), |row, out| {
            let reading = reading(&ty, arg, row)?;
            if !(0..=9999).contains(&reading.day.year()) {
                return Err(Trouble::with(arg.shown(row), "a pattern writes years of four digits"));
            }
            pattern.pieces.iter().for_each(|piece| write_piece(piece, reading, out));
            Ok(())
        })?;
        Ok(Arc::new(texts))
    }))
}

fn write_piece(piece: &TimePiece, Reading { day, micros }: Reading, out: &mut String) {
    let seconds = micros / SECOND;
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let month = MONTHS.get(day.month0() as usize).copied().unwrap_or_default();
    let weekday = WEEKDAYS.get(day.weekday().num_days_from_monday() as usize).copied().unwrap_or_default();
    let two = |padded: bool, number: i64, out: &mut String| {
        if padded { write!(out, "{number:02}") } else { write!(out, "{number}") }
    };
    // Writing into a String cannot fail.
    let _ = match piece {
        TimePiece::Text(text) => out.write_str(text),
        TimePiece::Year => write!(out, "{:04}", day.year()),
        TimePiece::ShortYear => write!(out, "{:02}", day.year().rem_euclid(100)),
        TimePiece::Month { padded } => two(*padded, day.month().into(), out),
        TimePiece::ShortMonthName => out.write_str(short(month)),
        TimePiece::MonthName => out.write_str(month),
        TimePiece::Day { padded } => two(*padded, day.day().into(), out),
        TimePiece::ShortWeekday => out.write_str(short(weekday)),
        TimePiece::Weekday => out.write_str(weekday),
        TimePiece::Hour { padded } => two(*padded, hour, out),
        TimePiece::HalfDayHour { padded } => two(*padded, (hour + 11) % 12 + 1, out),
        TimePiece::HalfDay => out.write_str(if hour < 12 { "AM" } else { "PM" }),
        TimePiece::Minute => two(true, minute, out),
        TimePiece::Second => two(true, second, out),
        TimePiece::Fraction => write!(out, "{:06}", micros % SECOND),
    };
}

/// The first three letters of an English name.
fn short(name: &str) -> &str {
    name.get(..3).unwrap_or(name)
}

/// `parse_date(t, pattern)`, `parse_time(t, pattern)`, `parse_datetime(t, pattern)`: by the result's type.
pub(super) fn parse(arg: &Type, text: &str, result: &Type) -> Result<Kernel, String> {
    if *arg != Type::Text || !matches!(result, Type::Date | Type::Time | Type::Datetime) {
        return Err(format!("{arg} is not read as {result} by a pattern"));
    }
    let (written, result, pattern) = (text.to_owned(), result.clone(), pattern(text)?);
    pattern.reads(result != Type::Time, result != Type::Date).map_err(|error| error.message)?;
    Ok(Box::new(move |args, rows| {
        let arg = only(args)?;
        let texts = arg.array.as_string::<i32>();
        let read = |row: usize| {
            read(&pattern, texts.value(arg.at(row)))
                .ok_or_else(|| Trouble::with(arg.shown(row), format!("it is no {result} by \"{written}\"")))
        };
        let nulls = validity(args, rows);
        if result == Type::Date {
            return Ok(Arc::new(fill::<Date32Type>(rows, nulls, |row| Ok(read(row)?.day.to_epoch_days()))?));
        }
        if result == Type::Time {
            return Ok(Arc::new(fill::<Time64MicrosecondType>(rows, nulls, |row| Ok(read(row)?.micros))?));
        }
        // Years of four digits are within what 64 bits hold.
        let micros = |row| Ok(micros_of(read(row)?).unwrap_or_default());
        Ok(Arc::new(fill::<TimestampMicrosecondType>(rows, nulls, micros)?))
    }))
}

/// What was read so far.
#[derive(Default)]
struct Parts {
    year: Option<i32>,
    month: Option<u32>,
    day: Option<u32>,
    weekday: Option<u32>,
    hour: i64,
    half: Option<i64>,
    minute: i64,
    second: i64,
    fraction: i64,
}

fn read(pattern: &TimePattern, text: &str) -> Option<Reading> {
    let mut parts = Parts::default();
    let mut rest = text;
    for piece in &pattern.pieces {
        rest = read_piece(piece, rest, &mut parts)?;
    }
    if !rest.is_empty() {
        return None;
    }
    let day = match (parts.year, parts.month, parts.day) {
        (Some(year), Some(month), Some(day)) => NaiveDate::from_ymd_opt(year, month, day)?,
        _ => NaiveDate::from_epoch_days(0)?,
    };
    if parts.weekday.is_some_and(|weekday| weekday != day.weekday().num_days_from_monday()) {
        return None;
    }
    let hour = match parts.half {
        Some(half) => parts.hour % 12 + half * 12,
        None => parts.hour,
    };
    let seconds = (hour * 60 + parts.minute) * 60 + parts.second;
    Some(Reading { day, micros: seconds * SECOND + parts.fraction })
}

/// Reads one piece, gives what is behind it.
fn read_piece<'t>(piece: &TimePiece, text: &'t str, parts: &mut Parts) -> Option<&'t str> {
    let number = |padded: bool, range: std::ops::RangeInclusive<i64>| {
        let length = if padded { 2 } else { digits(text, 2) };
        let (number, rest) = digits_of(text, length)?;
        let zero = !padded && length > 1 && text.starts_with('0');
        (range.contains(&number) && !zero).then_some((number, rest))
    };
    match piece {
        TimePiece::Text(wanted) => text.strip_prefix(wanted.as_str()),
        TimePiece::Year => {
            let (year, rest) = digits_of(text, 4)?;
            parts.year = i32::try_from(year).ok();
            Some(rest)
        }
        TimePiece::ShortYear => {
            let (year, rest) = digits_of(text, 2)?;
            parts.year = i32::try_from(if year < 69 { 2000 + year } else { 1900 + year }).ok();
            Some(rest)
        }
        TimePiece::Month { padded } => {
            let (month, rest) = number(*padded, 1..=12)?;
            parts.month = u32::try_from(month).ok();
            Some(rest)
        }
        TimePiece::ShortMonthName | TimePiece::MonthName => {
            let (month, rest) = name(text, &MONTHS, *piece == TimePiece::ShortMonthName)?;
            parts.month = Some(month + 1);
            Some(rest)
        }
        TimePiece::Day { padded } => {
            let (day, rest) = number(*padded, 1..=31)?;
            parts.day = u32::try_from(day).ok();
            Some(rest)
        }
        TimePiece::ShortWeekday | TimePiece::Weekday => {
            let (weekday, rest) = name(text, &WEEKDAYS, *piece == TimePiece::ShortWeekday)?;
            parts.weekday = Some(weekday);
            Some(rest)
        }
        TimePiece::Hour { padded } => {
            let (hour, rest) = number(*padded, 0..=23)?;
            parts.hour = hour;
            Some(rest)
        }
        TimePiece::HalfDayHour { padded } => {
            let (hour, rest) = number(*padded, 1..=12)?;
            parts.hour = hour;
            Some(rest)
        }
        TimePiece::HalfDay => {
            let (half, rest) = text.split_at_checked(2)?;
            let half = ["am", "pm"].iter().position(|known| half.eq_ignore_ascii_case(known))?;
            parts.half = i64::try_from(half).ok();
            Some(rest)
        }
        TimePiece::Minute => {
            let (minute, rest) = number(true, 0..=59)?;
            parts.minute = minute;
            Some(rest)
        }
        TimePiece::Second => {
            let (second, rest) = number(true, 0..=59)?;
            parts.second = second;
            Some(rest)
        }
        TimePiece::Fraction => {
            let length = digits(text, 6);
            let (fraction, rest) = digits_of(text, length)?;
            parts.fraction = fraction * 10_i64.pow(6 - u32::try_from(length).ok()?);
            Some(rest)
        }
    }
}

/// How many digits a text begins with, counted up to a most.
fn digits(text: &str, most: usize) -> usize {
    text.bytes().take(most).take_while(u8::is_ascii_digit).count()
}

/// The number that so many digits at the start of a text are, and what is behind them.
fn digits_of(text: &str, length: usize) -> Option<(i64, &str)> {
    if length == 0 || digits(text, length) < length {
        return None;
    }
    let (number, rest) = text.split_at(length);
    Some((number.parse().ok()?, rest))
}

/// The place of the name that a text begins with, and what is behind it.
fn name<'t>(text: &'t str, names: &[&str], shortened: bool) -> Option<(u32, &'t str)> {
    names.iter().zip(0..).find_map(|(name, place)| {
        let name = if shortened { short(name) } else { name };
        let (begin, rest) = text.split_at_checked(name.len())?;
        begin.eq_ignore_ascii_case(name).then_some((place, rest))
    })
}
