//! `freshness within … of …`: how far the newest row of the new table is behind the old table's.

use mig_plan::{Dataset, Type, Verdict};

use crate::eval::{MappingError, write};

/// Refuses a column that has no newest value.
pub(super) fn check(dataset: &Dataset, name: &str) -> Result<(), MappingError> {
    let column = dataset.columns.iter().find(|column| column.name == *name);
    let wrong =
        |message: String| MappingError { dataset: dataset.new.to_string(), column: name.to_owned(), message };
    match column.map(|column| &column.ty.ty) {
        Some(Type::Timestamp | Type::Datetime) => Ok(()),
        Some(ty) => Err(wrong(format!("freshness is that of a timestamp or a datetime, not of {ty}"))),
        None => Err(wrong("freshness of a column that is not there".to_owned())),
    }
}

/// The verdict over the newest values of both sides, in microseconds.
pub(super) fn verdict(
    dataset: &Dataset,
    column: &str,
    within_seconds: u64,
    old: Option<i64>,
    new: Option<i64>,
) -> Verdict {
    let zoned = dataset.columns.iter().any(|known| known.name == *column && known.ty.ty == Type::Timestamp);
    let shown = |micros: i64| {
        let mut text = String::new();
        // Writing into a String cannot fail.
        let _ = if zoned { write::timestamp(micros, &mut text) } else { write::datetime(micros, &mut text) };
        text
    };
    let (passed, detail) = match (old, new) {
        (None, None) => {
            (true, format!("neither side has a value of {column}: there is nothing to be behind"))
        }
        (None, Some(new)) => {
            (true, format!("the old side has no value of {column}, the new side's newest is {}", shown(new)))
        }
        (Some(old), None) => {
            (false, format!("the new side has no value of {column}, the old side's newest is {}", shown(old)))
        }
        (Some(old), Some(new)) => {
            let behind = i128::from(old) - i128::from(new);
            let passed = behind <= i128::from(within_seconds) * 1_000_000;
            let detail = if behind == 0 {
                format!("the newest {column} of both sides is {}", shown(new))
            } else if behind < 0 {
                format!("the newest {column} is {}, after the old side's {}", shown(new), shown(old))
            } else {
                format!(
                    "the newest {column} is {}, the old side's {}: {} behind",
                    shown(new),
                    shown(old),
                    seconds(behind)
                )
            };
            (passed, detail)
        }
    };
    let rule = format!("freshness within {} of {column}", seconds(i128::from(within_seconds) * 1_000_000));
    Verdict { rule, passed, detail, differences: Vec::new() }
}

/// `90 s`, `0.25 s`, `5 min`, `2 h`: whole minutes and hours where it is some.
fn seconds(micros: i128) -> String {
    let (whole, rest) = (micros / 1_000_000, micros % 1_000_000);
    if rest != 0 {
        let fraction = format!("{rest:06}");
        return format!("{whole}.{} s", fraction.trim_end_matches('0'));
    }
    match whole {
        _ if whole != 0 && whole % 3600 == 0 => format!("{} h", whole / 3600),
        _ if whole != 0 && whole % 60 == 0 => format!("{} min", whole / 60),
        _ => format!("{whole} s"),
    }
}
