//! Which types a new store keeps without loss: pure rules, agreeing with what the adapters accept.

use mig_plan::{ColumnType, Lists, StoreKind, Type};

/// Whether a store of that kind keeps values of the type; if not, why, and what keeps them.
///
/// # Errors
/// The reason, as a sentence.
pub fn keeps(kind: StoreKind, ty: &ColumnType) -> Result<(), String> {
    let can = kind.abilities();
    if let Type::Decimal { scale, .. } = ty.ty
        && scale > can.decimal_places
    {
        return Err(format!(
            "Decimals there have {} digits behind the point at the most.",
            can.decimal_places
        ));
    }
    if let Type::Enum(labels) = &ty.ty
        && kind == StoreKind::Mysql
        && labels
            .iter()
            .any(|label| label.ends_with(' ') || label.contains(|c: char| c == '?' || c > '\u{ffff}'))
    {
        return Err("A label with a blank at its end, a question mark or a character beyond U+FFFF is not given back there."
            .to_owned());
    }
    let Type::List(item) = &ty.ty else { return Ok(()) };
    match can.lists {
        Lists::None(why) => Err(why.to_owned()),
        Lists::OneLevel(why) if matches!(item.ty, Type::List(_)) => Err(why.to_owned()),
        Lists::WithoutMissingJson(why) if null_is_ambiguous(item) => Err(why.to_owned()),
        Lists::OneLevel(_) | Lists::WithoutMissingJson(_) | Lists::All => Ok(()),
    }
}

/// Whether a column that a store has is the one that mig would make for the type: some stores keep a type
/// as another that holds it.
pub(crate) fn is_kept_as(kind: StoreKind, ty: &Type, existing: &Type) -> bool {
    if ty == existing {
        return true;
    }
    match (kind, ty, existing) {
        (StoreKind::Postgres, Type::Int8, Type::Int16) => true,
        // A text with a check.
        (StoreKind::Postgres | StoreKind::Sqlite, Type::Enum(_), Type::Text) => true,
        (StoreKind::Mysql, Type::Timestamp, Type::Datetime) | (StoreKind::Mysql, Type::Uuid, Type::Bytes) => {
            true
        }
        // Items of an array may always be null.
        (StoreKind::Postgres, Type::List(item), Type::List(kept)) => is_kept_as(kind, &item.ty, &kept.ty),
        _ => false,
    }
}

/// Whether a list's items, or items of theirs, are nullable JSON.
fn null_is_ambiguous(item: &ColumnType) -> bool {
    match &item.ty {
        Type::List(inner) => null_is_ambiguous(inner),
        Type::Json => item.nullable,
        Type::Bool
        | Type::Int8
        | Type::Int16
        | Type::Int32
        | Type::Int64
        | Type::Float32
        | Type::Float64
        | Type::Decimal { .. }
        | Type::Text
        | Type::Bytes
        | Type::Date
        | Type::Time
        | Type::Timestamp
        | Type::Datetime
        | Type::Uuid
        | Type::Enum(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_store_keeps_what_is_no_list() {
        for (_, ty) in Type::SIMPLE {
            for (_, kind, _) in StoreKind::ALL {
                assert_eq!(keeps(kind, &ty.clone().optional()), Ok(()), "{ty} in {kind}");
            }
        }
    }

    #[test]
    fn postgres_keeps_small_integers_and_lists_in_its_own() {
        for (kind, ty, existing, same) in [
            (StoreKind::Postgres, "int8", "int16", true),
            (StoreKind::Postgres, "list(int8)", "list(int16?)", true),
            (StoreKind::Postgres, "int16", "int32", false),
            (StoreKind::Postgres, "list(enum(a, b))", "list(text?)", true),
            (StoreKind::Sqlite, "enum(a, b)", "text", true),
            (StoreKind::Postgres, "enum(a, b)", "enum(b, a)", false),
            (StoreKind::Parquet, "enum(a, b)", "text", false),
            (StoreKind::Sqlite, "int8", "int16", false),
            (StoreKind::Parquet, "list(text)", "list(text?)", false),
        ] {
            let [ty, existing] = [ty, existing].map(|text| text.parse::<ColumnType>().unwrap().ty);
            assert_eq!(is_kept_as(kind, &ty, &existing), same, "{ty} as {existing} in {kind}");
        }
    }

    #[test]
    fn mysql_keeps_thirty_digits_behind_the_point_and_instants_as_readings_in_utc() {
        let ty = |text: &str| text.parse::<ColumnType>().unwrap();
        assert!(keeps(StoreKind::Mysql, &ty("decimal(38, 31)")).is_err());
        assert!(keeps(StoreKind::Mysql, &ty("decimal(38, 30)")).is_ok());
        assert!(keeps(StoreKind::Postgres, &ty("decimal(38, 38)")).is_ok());
        assert!(keeps(StoreKind::Mysql, &ty("enum(a, `b `)")).is_err());
        assert!(keeps(StoreKind::Mysql, &ty("enum(a, `🚚`)")).is_err());
        assert!(keeps(StoreKind::Mysql, &ty("enum(a, ` b c`)")).is_ok());
        assert!(is_kept_as(StoreKind::Mysql, &Type::Timestamp, &Type::Datetime));
        assert!(is_kept_as(StoreKind::Mysql, &Type::Uuid, &Type::Bytes));
        assert!(!is_kept_as(StoreKind::Mysql, &Type::Datetime, &Type::Timestamp));
    }

    #[test]
    fn lists_are_kept_where_there_are_lists() {
        let kept = |ty: &str| {
            let ty = ty.parse().unwrap();
            let kinds = StoreKind::ALL.iter().filter(|(_, kind, _)| keeps(*kind, &ty).is_ok());
            kinds.map(|(keyword, _, _)| *keyword).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(kept("list(text?)"), "postgres parquet jsonl arrow");
        assert_eq!(kept("list(list(int64))"), "parquet jsonl arrow");
        assert_eq!(kept("list(json?)"), "postgres parquet arrow");
        assert_eq!(kept("list(json)"), "postgres parquet jsonl arrow");
    }

    /// The page has a table for each kind that keeps types in its own way: a row for each type, which says that it is
    /// refused where it is.
    #[test]
    fn the_page_of_stores_says_what_is_kept() {
        let page = include_str!("../../docs/stores.md");
        let types = [
            ("bool", "bool"),
            ("int8", "int8"),
            ("int64", "int64"),
            ("float32", "float32"),
            ("float64", "float64"),
            ("decimal(p, s)", "decimal(12, 2)"),
            ("text", "text"),
            ("enum(a, b)", "enum(a, b)"),
            ("bytes", "bytes"),
            ("date", "date"),
            ("time", "time"),
            ("timestamp", "timestamp"),
            ("datetime", "datetime"),
            ("uuid", "uuid"),
            ("json", "json"),
            ("list(T)", "list(text?)"),
        ];
        for (title, kind) in [
            ("PostgreSQL", StoreKind::Postgres),
            ("SQLite", StoreKind::Sqlite),
            ("MySQL and MariaDB", StoreKind::Mysql),
            ("Parquet", StoreKind::Parquet),
            ("Arrow IPC", StoreKind::Arrow),
            ("CSV", StoreKind::Csv),
            ("JSON Lines", StoreKind::Jsonl),
        ] {
            let section = page.split(&format!("\n## {title}\n")).nth(1).unwrap();
            let section = section.split("\n## ").next().unwrap();
            let rows: Vec<_> =
                section.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" |")).collect();
            for (word, ty) in types {
                let row = rows.iter().find(|(first, _)| first.contains(&format!("`{word}`")));
                let (_, rest) = row.unwrap_or_else(|| panic!("{title} has no row for `{word}`"));
                let kept = keeps(kind, &ty.parse().unwrap()).is_ok();
                assert_eq!(rest.contains("refused when the plan is made"), !kept, "{title}: `{word}`");
            }
        }
        let csv = page.split("\n## CSV\n").nth(1).unwrap();
        let encodings = mig_plan::Encoding::ALL.iter().map(|(word, _)| *word);
        let packed = mig_plan::Compression::of_kind(StoreKind::Csv).iter().skip(1).map(|one| one.word());
        for word in mig_plan::Dialect::SETTINGS.into_iter().chain(encodings).chain(packed) {
            assert!(csv.contains(&format!("`{word}`")), "{word}");
        }
    }
}
