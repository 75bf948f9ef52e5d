//! Kernels of the functions on dates and times: their parts, where a unit begins, adding and subtracting.
//!
//! Dates are days and times microseconds, as Arrow has them; what the calendar does not reach is an error
//! of the row.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::{Date32Type, Int32Type, Int64Type, Time64MicrosecondType, TimestampMicrosecondType};
use chrono::{Datelike, Days, Months, NaiveDate};
use mig_plan::{Function, TimeUnit, Type};

use super::fault::{Fault, Trouble};
use super::kernel::{Kernel, Operand, fill, validity};
use super::read::DAY;
use super::write::{SECOND, day, wall_clock};
use crate::arrow_types::arrow_type;

const BEYOND: &str = "the calendar does not reach that far";

fn only(args: &[Operand], place: usize) -> Result<&Operand, Fault> {
    args.get(place).ok_or_else(|| Trouble::plain("a function without its arguments").at(0))
}

/// The day of a date or a datetime, and the microseconds since its midnight.
#[derive(Clone, Copy)]
pub(super) struct Reading {
    pub(super) day: NaiveDate,
    pub(super) micros: i64,
}

/// A row's reading of a date, a time (of the first day of 1970) or a datetime.
pub(super) fn reading(ty: &Type, operand: &Operand, row: usize) -> Result<Reading, Trouble> {
    let at = operand.at(row);
    let beyond = || Trouble::with(operand.shown(row), BEYOND);
    if *ty == Type::Date {
        let days = operand.array.as_primitive::<Date32Type>().value(at);
        return Ok(Reading { day: day(days).ok_or_else(beyond)?, micros: 0 });
    }
    if *ty == Type::Time {
        let micros = operand.array.as_primitive::<Time64MicrosecondType>().value(at);
        return Ok(Reading { day: day(0).ok_or_else(beyond)?, micros });
    }
    let micros = operand.array.as_primitive::<TimestampMicrosecondType>().value(at);
    let clock = wall_clock(micros).ok_or_else(beyond)?;
    Ok(Reading { day: clock.date(), micros: micros.rem_euclid(DAY) })
}

/// Microseconds from 1970 of a reading; `None` where 64 bits do not hold them.
pub(super) fn micros_of(reading: Reading) -> Option<i64> {
    i64::from(reading.day.to_epoch_days()).checked_mul(DAY)?.checked_add(reading.micros)
}

/// Readings as values of a type: `value` gives each valid row's, `None` where the calendar does not reach.
fn readings(
    ty: &Type,
    args: &[Operand],
    rows: usize,
    value: impl Fn(usize) -> Result<Option<Reading>, Trouble>,
) -> Result<ArrayRef, Fault> {
    let shown = |row| Trouble::with(args.first().map_or_else(String::new, |arg| arg.shown(row)), BEYOND);
    if *ty == Type::Date {
        let days = fill::<Date32Type>(rows, validity(args, rows), |row| {
            value(row)?.map(|reading| reading.day.to_epoch_days()).ok_or_else(|| shown(row))
        })?;
        return Ok(Arc::new(days));
    }
    let micros = fill::<TimestampMicrosecondType>(rows, validity(args, rows), |row| {
        let micros = value(row)?.and_then(micros_of).filter(|micros| wall_clock(*micros).is_some());
        micros.ok_or_else(|| shown(row))
    })?;
    Ok(Arc::new(micros.with_data_type(arrow_type(ty))))
}

/// `year`, `month`, `day`, `weekday`, `hour`, `minute`, `second`
pub(super) fn part(function: Function, args: &[Type]) -> Result<Kernel, String> {
    type Part = fn(NaiveDate) -> i32;
    let of_date: [(Function, Part); 4] = [
        (Function::Year, |day| day.year()),
        (Function::Month, |day| day.month().cast_signed()),
        (Function::Day, |day| day.day().cast_signed()),
        (Function::Weekday, |day| day.weekday().number_from_monday().cast_signed()),
    ];
    let of_date = of_date.into_iter().find(|(known, _)| *known == function).map(|(_, part)| part);
    let (length, of): (i64, i64) = if function == Function::Hour {
        (3600 * SECOND, 24)
    } else if function == Function::Minute {
        (60 * SECOND, 60)
    } else {
        (SECOND, 60)
    };
    let [ty] = args else { return Err(format!("{function:?} takes one time")) };
    let takes = if of_date.is_some() { Type::Date } else { Type::Time };
    if *ty != takes && *ty != Type::Datetime {
        return Err(format!("{function:?} takes a {takes} or a datetime, not {ty}"));
    }
    let ty = ty.clone();
    Ok(Box::new(move |args, rows| {
        let arg = only(args, 0)?;
        let parts = fill::<Int32Type>(rows, validity(args, rows), |row| {
            let reading = reading(&ty, arg, row)?;
            Ok(match of_date {
                Some(of_date) => of_date(reading.day),
                None => i32::try_from(reading.micros / length % of).unwrap_or_default(),
            })
        })?;
        Ok(Arc::new(parts))
    }))
}

/// `date_of(d)`
pub(super) fn date_of(args: &[Type]) -> Result<Kernel, String> {
    if args != [Type::Datetime] {
        return Err("`date_of` takes a datetime".to_owned());
    }
    Ok(Box::new(|args, rows| {
        let arg = only(args, 0)?;
        readings(&Type::Date, args, rows, |row| Ok(Some(reading(&Type::Datetime, arg, row)?)))
    }))
}

/// `time_of(d)`
pub(super) fn time_of(args: &[Type]) -> Result<Kernel, String> {
    if args != [Type::Datetime] {
        return Err("`time_of` takes a datetime".to_owned());
    }
    Ok(Box::new(|args, rows| {
        let micros = only(args, 0)?;
        let times = fill::<Time64MicrosecondType>(rows, validity(args, rows), |row| {
            let micros = micros.array.as_primitive::<TimestampMicrosecondType>().value(micros.at(row));
            Ok(micros.rem_euclid(DAY))
        })?;
        Ok(Arc::new(times))
    }))
}

/// `start_of(d, unit)`
pub(super) fn start_of(ty: &Type, unit: &str) -> Result<Kernel, String> {
    let unit: TimeUnit = unit.parse().map_err(|error: mig_plan::PatternError| error.message)?;
    let fits = *ty == Type::Datetime
        || (*ty == Type::Date && unit >= TimeUnit::Week)
        || (*ty == Type::Timestamp && unit <= TimeUnit::Second);
    if !fits {
        return Err(format!("`start_of` does not cut a {ty} down to that unit"));
    }
    let ty = ty.clone();
    Ok(Box::new(move |args, rows| {
        let arg = only(args, 0)?;
        readings(&ty, args, rows, |row| {
            let reading = reading(&ty, arg, row)?;
            Ok(start(reading, unit))
        })
    }))
}

/// Where the unit begins that a reading is in.
fn start(reading: Reading, unit: TimeUnit) -> Option<Reading> {
    let cut = |length: i64| Reading { micros: reading.micros - reading.micros % length, ..reading };
    let on = |day: Option<NaiveDate>| Some(Reading { day: day?, micros: 0 });
    let day = reading.day;
    match unit {
        TimeUnit::Millisecond => Some(cut(SECOND / 1000)),
        TimeUnit::Second => Some(cut(SECOND)),
        TimeUnit::Minute => Some(cut(60 * SECOND)),
        TimeUnit::Hour => Some(cut(3600 * SECOND)),
        TimeUnit::Day => on(Some(day)),
        TimeUnit::Week => on(day.checked_sub_days(Days::new(day.weekday().num_days_from_monday().into()))),
        TimeUnit::Month => on(day.with_day(1)),
        TimeUnit::Quarter => on(NaiveDate::from_ymd_opt(day.year(), day.month0() / 3 * 3 + 1, 1)),
        TimeUnit::Year => on(NaiveDate::from_ymd_opt(day.year(), 1, 1)),
    }
}

fn and_integer(function: Function, args: &[Type], of: [&Type; 2]) -> Result<Type, String> {
    match args {
        [ty, number] if of.contains(&ty) && number.is_integer() => Ok(ty.clone()),
        _ => Err(format!("{function:?} takes a {} or a {}, and an integer", of[0], of[1])),
    }
}

/// `add_days(d, n)`, `add_months(d, n)`
pub(super) fn add_to_date(function: Function, args: &[Type]) -> Result<Kernel, String> {
    let ty = and_integer(function, args, [&Type::Date, &Type::Datetime])?;
    let months = function == Function::AddMonths;
    Ok(Box::new(move |args, rows| {
        let (arg, number) = (only(args, 0)?, only(args, 1)?.integers()?);
        readings(&ty, args, rows, |row| {
            let Reading { day, micros } = reading(&ty, arg, row)?;
            let number = number.value(row);
            let size = number.unsigned_abs();
            let day = match (months, u32::try_from(size)) {
                (true, Ok(size)) if number < 0 => day.checked_sub_months(Months::new(size)),
                (true, Ok(size)) => day.checked_add_months(Months::new(size)),
                (true, Err(_)) => None,
                (false, _) if number < 0 => day.checked_sub_days(Days::new(size)),
                (false, _) => day.checked_add_days(Days::new(size)),
            };
            Ok(day.map(|day| Reading { day, micros }))
        })
    }))
}

/// `add_seconds(t, n)`
pub(super) fn add_seconds(args: &[Type]) -> Result<Kernel, String> {
    let ty = and_integer(Function::AddSeconds, args, [&Type::Datetime, &Type::Timestamp])?;
    Ok(Box::new(move |args, rows| {
        let (arg, number) = (only(args, 0)?, only(args, 1)?.integers()?);
        let times = arg.array.as_primitive::<TimestampMicrosecondType>();
        let micros = fill::<TimestampMicrosecondType>(rows, validity(args, rows), |row| {
            let later = number.value(row).checked_mul(SECOND);
            let later = later.and_then(|later| times.value(arg.at(row)).checked_add(later));
            later
                .filter(|micros| wall_clock(*micros).is_some())
                .ok_or_else(|| Trouble::with(arg.shown(row), BEYOND))
        })?;
        Ok(Arc::new(micros.with_data_type(arrow_type(&ty))))
    }))
}

/// `days_between(from, to)`
pub(super) fn days_between(args: &[Type]) -> Result<Kernel, String> {
    if args != [Type::Date, Type::Date] {
        return Err("`days_between` takes two dates".to_owned());
    }
    Ok(Box::new(|args, rows| {
        let (from, to) = (only(args, 0)?, only(args, 1)?);
        let days = |operand: &Operand, row| {
            i64::from(operand.array.as_primitive::<Date32Type>().value(operand.at(row)))
        };
        let between = |row| Ok(days(to, row) - days(from, row));
        Ok(Arc::new(fill::<Int64Type>(rows, validity(args, rows), between)?))
    }))
}

/// `seconds_between(from, to)`
pub(super) fn seconds_between(args: &[Type]) -> Result<Kernel, String> {
    let alike = matches!(args, [from, to] if from == to && matches!(from, Type::Datetime | Type::Timestamp));
    if !alike {
        return Err("`seconds_between` takes two datetimes or two timestamps".to_owned());
    }
    Ok(Box::new(|args, rows| {
        let (from, to) = (only(args, 0)?, only(args, 1)?);
        let micros = |operand: &Operand, row| {
            operand.array.as_primitive::<TimestampMicrosecondType>().value(operand.at(row))
        };
        let seconds = fill::<Int64Type>(rows, validity(args, rows), |row| {
            let shown = || format!("from {} to {}", from.shown(row), to.shown(row));
            let between = micros(to, row).checked_sub(micros(from, row));
            let between = between.ok_or_else(|| Trouble::with(shown(), BEYOND))?;
            if between % SECOND != 0 {
                let message = "there is a fraction of a second between them; `start_of` leaves it out";
                return Err(Trouble::with(shown(), message));
            }
            Ok(between / SECOND)
        })?;
        Ok(Arc::new(seconds))
    }))
}
