//! Kernels of the functions on instants: `utc`, `local`, `from_unix`, `to_unix`, and the same in milliseconds.
//!
//! Zones are those of the IANA database that this build carries.

use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use chrono::{Offset, TimeZone};
use chrono_tz::Tz;
use mig_plan::Type;

use super::fault::{Fault, Trouble};
use super::kernel::{Kernel, Operand, fill, validity};
use super::write::{SECOND, wall_clock};

/// The zone of that name.
///
/// # Errors
/// When the database has none.
pub(super) fn zone(name: &str) -> Result<Tz, String> {
    name.parse().map_err(|_| format!("`{name}` is not a time zone of the IANA database"))
}

fn micros(operand: &Operand, row: usize) -> i64 {
    operand.array.as_primitive::<TimestampMicrosecondType>().value(operand.at(row))
}

fn only(args: &[Operand]) -> Result<&Operand, Fault> {
    args.first().ok_or_else(|| Trouble::plain("a function without its arguments").at(0))
}

const BEYOND: &str = "the calendar does not reach that far";

/// `utc(d, zone)`
pub(super) fn utc(arg: &Type, zone: Tz) -> Result<Kernel, String> {
    if *arg != Type::Datetime {
        return Err(format!("`utc` takes a datetime, not {arg}"));
    }
    Ok(Box::new(move |args, rows| {
        let arg = only(args)?;
        let instants = fill::<TimestampMicrosecondType>(rows, validity(args, rows), |row| {
            let trouble = |message: String| Trouble::with(arg.shown(row), message);
            let clock = wall_clock(micros(arg, row)).ok_or_else(|| trouble(BEYOND.to_owned()))?;
            match zone.from_local_datetime(&clock) {
                chrono::MappedLocalTime::Single(instant) => Ok(instant.timestamp_micros()),
                chrono::MappedLocalTime::Ambiguous(..) => {
                    Err(trouble(format!("clocks in {zone} showed this twice, when they were set back")))
                }
                chrono::MappedLocalTime::None => {
                    Err(trouble(format!("clocks in {zone} never showed this: they were set forward")))
                }
            }
        })?;
        Ok(Arc::new(instants.with_timezone("UTC")))
    }))
}

/// `local(t, zone)`
pub(super) fn local(arg: &Type, zone: Tz) -> Result<Kernel, String> {
    if *arg != Type::Timestamp {
        return Err(format!("`local` takes a timestamp, not {arg}"));
    }
    Ok(Box::new(move |args, rows| {
        let arg = only(args)?;
        let readings = fill::<TimestampMicrosecondType>(rows, validity(args, rows), |row| {
            let instant = micros(arg, row);
            let beyond = || Trouble::with(arg.shown(row), BEYOND);
            let at = wall_clock(instant).ok_or_else(beyond)?;
            let offset = zone.offset_from_utc_datetime(&at).fix().local_minus_utc();
            instant.checked_add(i64::from(offset) * SECOND).ok_or_else(beyond)
        })?;
        Ok(Arc::new(readings))
    }))
}

/// `from_unix(n)`, and `from_unix_millis(n)`: `unit` is how many microseconds a number stands for.
pub(super) fn from_unix(args: &[Type], unit: i64) -> Result<Kernel, String> {
    if !matches!(args, [arg] if arg.is_integer()) {
        return Err("`from_unix` takes an integer".to_owned());
    }
    Ok(Box::new(move |args, rows| {
        let arg = only(args)?;
        let numbers = arg.integers()?;
        let instants = fill::<TimestampMicrosecondType>(rows, validity(args, rows), |row| {
            let micros = numbers.value(row).checked_mul(unit).filter(|micros| wall_clock(*micros).is_some());
            micros.ok_or_else(|| Trouble::with(arg.shown(row), BEYOND))
        })?;
        Ok(Arc::new(instants.with_timezone("UTC")))
    }))
}

/// `to_unix(t)`, and `to_unix_millis(t)`: `unit` is how many microseconds a number stands for.
pub(super) fn to_unix(args: &[Type], unit: i64) -> Result<Kernel, String> {
    if args != [Type::Timestamp] {
        return Err("`to_unix` takes a timestamp".to_owned());
    }
    let message =
        if unit == SECOND { "it has a fraction of a second" } else { "it has a fraction of a millisecond" };
    Ok(Box::new(move |args, rows| {
        let arg = only(args)?;
        let numbers = fill::<Int64Type>(rows, validity(args, rows), |row| {
            let micros = micros(arg, row);
            if micros.rem_euclid(unit) != 0 {
                return Err(Trouble::with(arg.shown(row), message));
            }
            Ok(micros.div_euclid(unit))
        })?;
        Ok(Arc::new(numbers))
    }))
}
