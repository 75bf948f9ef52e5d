//! Which types become which: by themselves where nothing can be lost, and when a cast is spelled.
//!
//! A spelled cast may still find a value that does not fit; the runtime then refuses the row. What is
//! refused here could not mean anything, or could mean several things.

use std::collections::BTreeSet;

use mig_plan::Type;

use super::numbers::{Digits, is_decimal, is_float};

/// Whether every value of one type is a value of the other: such a cast is made without being spelled.
pub(crate) fn widens(from: &Type, to: &Type) -> bool {
    if from == to {
        return true;
    }
    if let (Some((low, high)), Some((least, most))) = (from.integer_range(), to.integer_range()) {
        return least <= low && high <= most;
    }
    if is_decimal(to) {
        return match (Digits::of(from), Digits::of(to)) {
            (Some(from), Some(to)) => from.whole <= to.whole && from.scale <= to.scale,
            _ => false,
        };
    }
    if let (Type::List(from), Type::List(to)) = (from, to) {
        return widens(&from.ty, &to.ty) && (to.nullable || !from.nullable);
    }
    if let (Type::Enum(from), Type::Enum(to)) = (from, to) {
        let to: BTreeSet<_> = to.iter().collect();
        return from.iter().all(|label| to.contains(label));
    }
    matches!((from, to), (Type::Float32, Type::Float64) | (Type::Enum(_), Type::Text))
}

/// Whether a spelled cast is possible; if not, why not and what to do instead.
pub(crate) fn spelled(from: &Type, to: &Type) -> Result<(), Option<&'static str>> {
    let other_way =
        |one: fn(&Type) -> bool, two: fn(&Type) -> bool| (one(from) && two(to)) || (two(from) && one(to));
    let scalar = |ty: &Type| !matches!(ty, Type::List(_));
    let is_text = |ty: &Type| *ty == Type::Text;
    let possible = from == to
        || (from.is_numeric() && to.is_numeric())
        || (scalar(from) && scalar(to) && other_way(is_text, |_| true))
        || other_way(|ty| *ty == Type::Bool, Type::is_integer)
        || other_way(|ty| *ty == Type::Date, |ty| *ty == Type::Datetime)
        || other_way(|ty| *ty == Type::Uuid, |ty| *ty == Type::Bytes)
        || matches!((from, to), (Type::Enum(_), Type::Enum(_)));
    if possible { Ok(()) } else { Err(instead(from, to)) }
}

/// What to do instead of a cast that is not possible.
fn instead(from: &Type, to: &Type) -> Option<&'static str> {
    match (from, to) {
        (Type::Datetime, Type::Timestamp) => Some(
            "A date and time without zone is an instant only in a zone: `utc(value, zone: \"Europe/Paris\")`.",
        ),
        (Type::Date, Type::Timestamp) => Some(
            "A day starts at another instant in every zone: `utc(datetime(value), zone: \"Europe/Paris\")`.",
        ),
        (Type::Timestamp, Type::Datetime) => {
            Some("Clocks show an instant differently in every zone: `local(value, zone: \"Europe/Paris\")`.")
        }
        (Type::Timestamp, Type::Date) => {
            Some("An instant has another date in every zone: take `local` first.")
        }
        (from, Type::Timestamp) if from.is_integer() => Some("Seconds since 1970: `from_unix(value)`."),
        (Type::Timestamp, to) if to.is_integer() => Some("Seconds since 1970: `to_unix(value)`."),
        (from, Type::Bool) if is_float(from) || is_decimal(from) => Some("Compare it: `value != 0`."),
        (Type::Bool, to) if is_float(to) || is_decimal(to) => Some("Choose: `if value then 1 else 0`."),
        (Type::Datetime, Type::Time) => Some("The time of day, without its date: `time_of(value)`."),
        (Type::Timestamp, Type::Time) => Some(
            "An instant has another time of day in every zone: `time_of(local(value, zone: \"Europe/Paris\"))`.",
        ),
        (Type::Date, to) if to.is_integer() => {
            Some("The days since another: `days_between(\"1970-01-01\", value)`.")
        }
        (from, Type::Date) if from.is_integer() => {
            Some("So many days after another: `add_days(\"1970-01-01\", value)`.")
        }
        (Type::Json, to) if to.is_integer() => Some("A number in a document: `json_int(value, \"\")`."),
        (Type::Json, to) if is_decimal(to) => {
            Some("A number in a document: `json_decimal(value, \"\", 12, 2)`.")
        }
        (Type::Json, Type::Bool) => Some("A truth value in a document: `json_bool(value, \"\")`."),
        (Type::Json, Type::Enum(_)) => Some("A text in a document: `json_text(value, \"\")`."),
        (_, Type::Json) => Some("Its value as JSON: `to_json(value)`."),
        (Type::List(_), Type::Text) => Some("Its texts one behind the other: `join(value, \", \")`."),
        (Type::Text, Type::List(_)) => Some("Its parts between separators: `split(value, \",\")`."),
        (Type::List(_), Type::List(_)) => None,
        (Type::List(_), _) => Some("One of its items: `element(value, 1)`."),
        (_, Type::List(_)) => Some("A list of one item: `[value]`."),
        (Type::Enum(_), _) | (_, Type::Enum(_)) => Some("By way of its text: `text(value)`."),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ty(text: &str) -> Type {
        text.parse::<mig_plan::ColumnType>().unwrap().ty
    }

    #[test]
    fn only_what_loses_nothing_widens() {
        for (from, to) in [
            ("int8", "int64"),
            ("int32", "decimal(10, 0)"),
            ("int64", "decimal(21, 2)"),
            ("decimal(10, 2)", "decimal(12, 4)"),
            ("float32", "float64"),
            ("list(int8)", "list(int64?)"),
            ("enum(a, b)", "text"),
            ("enum(a, b)", "enum(b, c, a)"),
        ] {
            assert!(widens(&ty(from), &ty(to)), "{from} to {to}");
        }
        for (from, to) in [
            ("int64", "int32"),
            ("int64", "float64"),
            ("int32", "decimal(9, 0)"),
            ("decimal(12, 4)", "decimal(12, 2)"),
            ("decimal(12, 2)", "decimal(12, 4)"),
            ("text", "json"),
            ("date", "datetime"),
            ("list(text?)", "list(text)"),
            ("text", "enum(a, b)"),
            ("enum(a, b)", "enum(a)"),
        ] {
            assert!(!widens(&ty(from), &ty(to)), "{from} to {to}");
        }
    }

    /// What becomes of each type as each other: `=` is widened without a word, `c` is a cast that is checked, `-` is
    /// refused, `!` refused with what to do instead.
    #[test]
    fn every_pair_of_types_is_decided() {
        let types = [
            "bool",
            "int32",
            "int64",
            "float32",
            "float64",
            "decimal(12, 2)",
            "text",
            "bytes",
            "date",
            "time",
            "timestamp",
            "datetime",
            "uuid",
            "json",
            "list(text)",
            "enum(a, b)",
        ];
        let mut rows = String::new();
        for from in types {
            let row: String = types
                .iter()
                .map(|to| match (widens(&ty(from), &ty(to)), spelled(&ty(from), &ty(to))) {
                    (true, _) => '=',
                    (false, Ok(())) => 'c',
                    (false, Err(None)) => '-',
                    (false, Err(Some(_))) => '!',
                })
                .collect();
            rows.push_str(&format!("{row} {from}\n"));
        }
        insta::assert_snapshot!(rows, @"
        =cc!!!c------!!! bool
        c==cc=c-!-!--!!! int32
        cc=cccc-!-!--!!! int64
        !cc==cc------!!! float32
        !ccc=cc------!!! float64
        !cccc=c------!!! decimal(12, 2)
        cccccc=ccccccc!c text
        ------c=----c!!! bytes
        -!!---c-=-!c-!!! date
        ------c--=---!!! time
        -!!---c-!!=!-!!! timestamp
        ------c-c!!=-!!! datetime
        ------cc----=!!! uuid
        !!!--!c------=!! json
        !!!!!!!!!!!!!!=! list(text)
        !!!!!!=!!!!!!!!= enum(a, b)
        ");
    }

    #[test]
    fn a_cast_that_would_guess_is_refused_with_what_to_do() {
        assert_eq!(spelled(&ty("text"), &ty("date")), Ok(()));
        assert_eq!(spelled(&ty("uuid"), &ty("text")), Ok(()));
        assert_eq!(spelled(&ty("int64"), &ty("bool")), Ok(()));
        assert_eq!(spelled(&ty("date"), &ty("uuid")), Err(None));
        assert!(
            matches!(spelled(&ty("datetime"), &ty("timestamp")), Err(Some(help)) if help.contains("utc("))
        );
    }
}
