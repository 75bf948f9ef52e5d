//! Declared types and the language's: which declaration is read as which type, and how mig declares a
//! column so that SQLite keeps its values without loss.
//!
//! SQLite gives a declared type no meaning beyond an *affinity*, by which it may change a value as it is
//! stored: a number that looks like text becomes a number in a column of numeric affinity. mig reads the
//! declaration as the column's type and refuses what does not fit it.
//!
//! | declared | type | a value fits when it is stored as |
//! |---|---|---|
//! | `TINYINT` | `int8` | an integer in range |
//! | `SMALLINT`, `INT2` | `int16` | an integer in range |
//! | `MEDIUMINT`, `INT4` | `int32` | an integer in range |
//! | `INT`, `INTEGER`, `BIGINT`, `INT8` | `int64` | an integer |
//! | the above with `UNSIGNED` | the next wider of them | an integer in range |
//! | `BOOL`, `BOOLEAN` | `bool` | 0 or 1 |
//! | `REAL`, `DOUBLE`, `DOUBLE PRECISION`, `FLOAT`, `FLOAT4`, `FLOAT8` | `float64` | a real, or an integer that a float holds exactly |
//! | `FLOAT32` | `float32` | a real that 32 bits hold exactly |
//! | `NUMERIC(p, s)`, `DECIMAL(p, s)`, `DEC(p, s)` | `decimal(p, s)` | an integer, a real by its shortest decimal text, or digits as text, no digit lost |
//! | `DECIMAL_TEXT(p, s)` | `decimal(p, s)` | digits as text |
//! | `CHAR`, `CHARACTER`, `VARCHAR`, `NCHAR`, `NVARCHAR`, `VARYING CHARACTER`, `CHARACTER VARYING`, `NATIVE CHARACTER`, `TEXT`, `TINYTEXT`, `MEDIUMTEXT`, `LONGTEXT`, `CLOB`, `STRING` | `text` | UTF-8 text |
//! | `BLOB`, `TINYBLOB`, `MEDIUMBLOB`, `LONGBLOB`, `BINARY`, `VARBINARY`, `BYTEA` | `bytes` | a blob |
//! | `DATE` | `date` | `YYYY-MM-DD` |
//! | `TIME` | `time` | `HH:MM[:SS[.ffffff]]` |
//! | `DATETIME`, `TIMESTAMP`, `TIMESTAMP WITHOUT TIME ZONE` | `datetime` | `YYYY-MM-DD[ HH:MM[:SS[.ffffff]]]`, `T` for the blank too |
//! | `TIMESTAMPTZ`, `TIMESTAMP WITH TIME ZONE` | `timestamp` | the same with a time and `Z` or an offset |
//! | `UUID` | `uuid` | its text with or without dashes, or 16 bytes |
//! | `JSON`, `JSON_TEXT` | `json` | JSON text, or a number |
//!
//! mig declares an `enum(a, b)` as `TEXT` with a check of its labels, and reads it back so where the plan says so.
//!
//! A float of -0.0 is stored as 0.0, which is equal to it. Lengths are read over: SQLite enforces none. Everything else (`NUMERIC` alone, no declaration, `ANY`)
//! has no lossless counterpart.

use mig_plan::{MAX_PRECISION, Type};

/// How SQLite treats what is stored in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Affinity {
    Integer,
    Text,
    Blob,
    Real,
    Numeric,
}

/// The affinity of a declared type, by SQLite's own five rules in their order.
pub(super) fn affinity(declared: &str) -> Affinity {
    let declared = declared.to_ascii_uppercase();
    let has = |parts: &[&str]| parts.iter().any(|part| declared.contains(part));
    if has(&["INT"]) {
        Affinity::Integer
    } else if has(&["CHAR", "CLOB", "TEXT"]) {
        Affinity::Text
    } else if declared.is_empty() || has(&["BLOB"]) {
        Affinity::Blob
    } else if has(&["REAL", "FLOA", "DOUB"]) {
        Affinity::Real
    } else {
        Affinity::Numeric
    }
}

/// The type that a declaration is read as.
pub(super) fn language_type(declared: &str) -> Option<Type> {
    let (name, arguments) = parts(declared);
    Some(match name.as_str() {
        "TINYINT" => Type::Int8,
        "SMALLINT" | "INT2" | "TINYINT UNSIGNED" => Type::Int16,
        "MEDIUMINT" | "INT4" | "SMALLINT UNSIGNED" | "MEDIUMINT UNSIGNED" => Type::Int32,
        "INT" | "INTEGER" | "BIGINT" | "INT8" | "INT UNSIGNED" | "INTEGER UNSIGNED" | "BIGINT UNSIGNED"
        | "UNSIGNED BIG INT" => Type::Int64,
        "BOOL" | "BOOLEAN" => Type::Bool,
        "REAL" | "DOUBLE" | "DOUBLE PRECISION" | "FLOAT" | "FLOAT4" | "FLOAT8" => Type::Float64,
        "FLOAT32" => Type::Float32,
        "NUMERIC" | "DECIMAL" | "DEC" | "DECIMAL_TEXT" => decimal(arguments.as_deref()?)?,
        "CHAR" | "CHARACTER" | "VARCHAR" | "NCHAR" | "NVARCHAR" | "VARYING CHARACTER"
        | "CHARACTER VARYING" | "NATIVE CHARACTER" | "TEXT" | "TINYTEXT" | "MEDIUMTEXT" | "LONGTEXT"
        | "CLOB" | "STRING" => Type::Text,
        "BLOB" | "TINYBLOB" | "MEDIUMBLOB" | "LONGBLOB" | "BINARY" | "VARBINARY" | "BYTEA" => Type::Bytes,
        "DATE" => Type::Date,
        "TIME" => Type::Time,
        "DATETIME" | "TIMESTAMP" | "TIMESTAMP WITHOUT TIME ZONE" => Type::Datetime,
        "TIMESTAMPTZ" | "TIMESTAMP WITH TIME ZONE" => Type::Timestamp,
        "UUID" => Type::Uuid,
        "JSON" | "JSON_TEXT" => Type::Json,
        _ => return None,
    })
}

/// A declaration's name in capitals with single blanks, and what its parentheses hold.
fn parts(declared: &str) -> (String, Option<String>) {
    let declared = declared.to_ascii_uppercase();
    let (name, arguments) = match declared.split_once('(') {
        None => (declared, None),
        Some((before, rest)) => {
            let (inside, behind) = rest.split_once(')').unwrap_or((rest, ""));
            (format!("{before} {behind}"), Some(inside.to_owned()))
        }
    };
    (name.split_whitespace().collect::<Vec<_>>().join(" "), arguments)
}

fn decimal(arguments: &str) -> Option<Type> {
    let (precision, scale) = arguments.split_once(',').unwrap_or((arguments, "0"));
    let (precision, scale) = (precision.trim().parse().ok()?, scale.trim().parse().ok()?);
    ((1..=MAX_PRECISION).contains(&precision) && scale <= precision)
        .then_some(Type::Decimal { precision, scale })
}

/// Digits that a 64-bit float keeps whatever they are.
pub(super) const REAL_DIGITS: u8 = 15;

/// How mig declares a column of a type, by a name whose affinity leaves its values alone; `None` for
/// lists, which SQLite has no form for.
pub(super) fn declaration(ty: &Type) -> Option<String> {
    Some(match ty {
        Type::Bool => "BOOLEAN".into(),
        Type::Int8 => "TINYINT".into(),
        Type::Int16 => "SMALLINT".into(),
        Type::Int32 => "INT4".into(),
        Type::Int64 => "BIGINT".into(),
        Type::Float32 => "FLOAT32".into(),
        Type::Float64 => "DOUBLE".into(),
        Type::Decimal { precision, scale } if *precision <= REAL_DIGITS => {
            format!("DECIMAL({precision},{scale})")
        }
        // Of numeric affinity, SQLite would keep the first 15 digits.
        Type::Decimal { precision, scale } => format!("DECIMAL_TEXT({precision},{scale})"),
        Type::Text => "TEXT".into(),
        Type::Bytes => "BLOB".into(),
        Type::Date => "DATE".into(),
        Type::Time => "TIME".into(),
        Type::Timestamp => "TIMESTAMPTZ".into(),
        Type::Datetime => "DATETIME".into(),
        Type::Uuid => "UUID".into(),
        // Of numeric affinity, the JSON number 1.10 would become the real 1.1.
        Type::Json => "JSON_TEXT".into(),
        // With a check beside it.
        Type::Enum(_) => "TEXT".into(),
        Type::List(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_are_read_whatever_their_case_and_blanks() {
        let cases = [
            ("integer", Some(Type::Int64)),
            ("INT(11)", Some(Type::Int64)),
            ("int unsigned", Some(Type::Int64)),
            ("TinyInt", Some(Type::Int8)),
            ("decimal(10 , 2)", Some(Type::Decimal { precision: 10, scale: 2 })),
            ("NUMERIC(10)", Some(Type::Decimal { precision: 10, scale: 0 })),
            ("NUMERIC", None),
            ("DECIMAL(39,2)", None),
            ("DECIMAL(10,-2)", None),
            ("character  varying ( 20 )", Some(Type::Text)),
            ("TIMESTAMP(6) WITH TIME ZONE", Some(Type::Timestamp)),
            ("timestamp", Some(Type::Datetime)),
            ("", None),
            ("ANY", None),
            ("GEOMETRY", None),
        ];
        for (declared, expected) in cases {
            assert_eq!(language_type(declared), expected, "{declared}");
        }
    }

    #[test]
    fn what_mig_declares_is_read_back_as_the_same_type() {
        let decimals = [(1, 0), (15, 15), (16, 0), (38, 38)];
        let decimals = decimals.map(|(precision, scale)| Type::Decimal { precision, scale });
        for ty in Type::SIMPLE.iter().map(|(_, ty)| ty.clone()).chain(decimals) {
            let declared = declaration(&ty).expect("every type but lists");
            assert_eq!(language_type(&declared), Some(ty), "{declared}");
        }
        assert_eq!(declaration(&Type::List(Box::new(Type::Text.required()))), None);
    }

    #[test]
    fn long_decimals_and_json_are_kept_as_text() {
        assert_eq!(affinity("DECIMAL_TEXT(38,2)"), Affinity::Text);
        assert_eq!(affinity("JSON_TEXT"), Affinity::Text);
        assert_eq!(affinity("DECIMAL(10,2)"), Affinity::Numeric);
        assert_eq!(affinity("FLOAT32"), Affinity::Real);
        assert_eq!(affinity("BIGINT"), Affinity::Integer);
        assert_eq!(affinity(""), Affinity::Blob);
    }
}
