//! `freshness within … of …`: how far the newest row of the new table is behind the old table's.

use mig_plan::{Dataset, SECRET, Type, Verdict};

use crate::eval::{MappingError, write};

/// Microseconds in a second.
const SECOND: i128 = 1_000_000;

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
    let known = dataset.columns.iter().find(|known| known.name == *column);
    let zoned = known.is_some_and(|known| known.ty.ty == Type::Timestamp);
    let secret = known.is_some_and(|known| known.secret);
    let shown = |micros: i64| {
        if secret {
            return SECRET.to_owned();
        }
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
            let passed = behind <= i128::from(within_seconds) * SECOND;
            let detail = if behind == 0 {
                format!("the newest {column} of both sides is {}", shown(new))
            } else if behind < 0 {
                format!("the newest {column} is {}, after the old side's {}", shown(new), shown(old))
            } else {
                format!(
                    "the newest {column} is {}, the old side's {}: {} behind",
                    shown(new),
                    shown(old),
                    span(behind)
                )
            };
            (passed, detail)
        }
    };
    let rule = format!("freshness within {} of {column}", span(i128::from(within_seconds) * SECOND));
    Verdict { rule, passed, detail, differences: Vec::new() }
}

/// A span of time as the language writes it, `1m 30s`; a fraction of a second where there is one.
fn span(micros: i128) -> String {
    let (mut rest, fraction) = (micros / SECOND, micros % SECOND);
    let mut parts = Vec::new();
    for (size, unit) in [(86_400, "d"), (3_600, "h"), (60, "m")] {
        if rest >= size {
            parts.push(format!("{}{unit}", rest / size));
            rest %= size;
        }
    }
    if fraction > 0 {
        parts.push(format!("{rest}.{}s", format!("{fraction:06}").trim_end_matches('0')));
    } else if rest > 0 || parts.is_empty() {
        parts.push(format!("{rest}s"));
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_written_as_in_the_language() {
        for (micros, text) in [
            (0, "0s"),
            (300 * SECOND, "5m"),
            (90 * SECOND, "1m 30s"),
            (90_061 * SECOND, "1d 1h 1m 1s"),
            (250_000, "0.25s"),
            (3_600 * SECOND + 1, "1h 0.000001s"),
        ] {
            assert_eq!(span(micros), text);
        }
    }
}
