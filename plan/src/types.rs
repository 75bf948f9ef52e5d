//! The types of the language, which are Arrow types underneath.
//!
//! | type | Arrow | meaning |
//! |---|---|---|
//! | `bool` | `Boolean` | |
//! | `int8` … `int64` | `Int8` … `Int64` | signed, two's complement |
//! | `float32`, `float64` | `Float32`, `Float64` | IEEE 754 |
//! | `decimal(p, s)` | `Decimal128(p, s)` | exact; 1 ≤ p ≤ 38, 0 ≤ s ≤ p |
//! | `text` | `Utf8` | Unicode |
//! | `bytes` | `Binary` | |
//! | `date` | `Date32` | proleptic Gregorian day |
//! | `time` | `Time64(µs)` | time of day without zone |
//! | `timestamp` | `Timestamp(µs, "UTC")` | an instant |
//! | `datetime` | `Timestamp(µs)` | a wall-clock reading without zone |
//! | `uuid` | `FixedSizeBinary(16)` | |
//! | `json` | `Utf8` | compared as text with white space outside strings removed |
//! | `list(T)` | `List(T)` | |
//! | `enum(a, b)` | `Utf8` | one of the labels; without order |

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};

/// A type without its nullability. See the module's table for the Arrow type behind each.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// `bool`
    Bool,
    /// `int8`
    Int8,
    /// `int16`
    Int16,
    /// `int32`
    Int32,
    /// `int64`
    Int64,
    /// `float32`
    Float32,
    /// `float64`
    Float64,
    /// `decimal(precision, scale)`: at most 38 digits, `scale` of them after the point.
    Decimal {
        /// Digits in all, 1 to 38.
        precision: u8,
        /// Digits after the point, 0 to `precision`.
        scale: u8,
    },
    /// `text`
    Text,
    /// `bytes`
    Bytes,
    /// `date`
    Date,
    /// `time`
    Time,
    /// `timestamp`: an instant, in microseconds.
    Timestamp,
    /// `datetime`: a wall-clock reading without zone, in microseconds.
    Datetime,
    /// `uuid`
    Uuid,
    /// `json`
    Json,
    /// `list(T)`
    List(Box<ColumnType>),
    /// `enum(a, b)`: one of these labels, of which there is at least one and each once.
    Enum(Vec<String>),
}

/// The highest precision of a decimal: what 128 bits hold.
pub const MAX_PRECISION: u8 = 38;

impl Type {
    /// Every type that takes no argument, with its name in the language.
    pub const SIMPLE: [(&'static str, Self); 15] = [
        ("bool", Self::Bool),
        ("int8", Self::Int8),
        ("int16", Self::Int16),
        ("int32", Self::Int32),
        ("int64", Self::Int64),
        ("float32", Self::Float32),
        ("float64", Self::Float64),
        ("text", Self::Text),
        ("bytes", Self::Bytes),
        ("date", Self::Date),
        ("time", Self::Time),
        ("timestamp", Self::Timestamp),
        ("datetime", Self::Datetime),
        ("uuid", Self::Uuid),
        ("json", Self::Json),
    ];

    /// The range of an integer type, `None` for every other type.
    pub fn integer_range(&self) -> Option<(i64, i64)> {
        match self {
            Self::Int8 => Some((i8::MIN.into(), i8::MAX.into())),
            Self::Int16 => Some((i16::MIN.into(), i16::MAX.into())),
            Self::Int32 => Some((i32::MIN.into(), i32::MAX.into())),
            Self::Int64 => Some((i64::MIN, i64::MAX)),
            Self::Bool
            | Self::Float32
            | Self::Float64
            | Self::Decimal { .. }
            | Self::Text
            | Self::Bytes
            | Self::Date
            | Self::Time
            | Self::Timestamp
            | Self::Datetime
            | Self::Uuid
            | Self::Json
            | Self::List(_)
            | Self::Enum(_) => None,
        }
    }

    /// Whether it is one of the integer types.
    pub fn is_integer(&self) -> bool {
        self.integer_range().is_some()
    }

    /// Whether it is an integer, a float or a decimal.
    pub fn is_numeric(&self) -> bool {
        self.is_integer() || matches!(self, Self::Float32 | Self::Float64 | Self::Decimal { .. })
    }

    /// The enum of these labels; `None` where they are none, or the language has no form for one: an empty one,
    /// one with a backtick or a line end in it, one that is there twice.
    pub fn of_labels(labels: Vec<String>) -> Option<Self> {
        let written = |label: &String| !label.is_empty() && !label.contains(['`', '\n']);
        let unique = labels.iter().collect::<BTreeSet<_>>().len() == labels.len();
        (!labels.is_empty() && unique && labels.iter().all(written)).then_some(Self::Enum(labels))
    }

    /// This type, not nullable.
    pub fn required(self) -> ColumnType {
        ColumnType { ty: self, nullable: false }
    }

    /// This type, nullable.
    pub fn optional(self) -> ColumnType {
        ColumnType { ty: self, nullable: true }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decimal { precision, scale } => write!(f, "decimal({precision}, {scale})"),
            Self::List(item) => write!(f, "list({item})"),
            Self::Enum(labels) => {
                f.write_str("enum(")?;
                for (place, label) in labels.iter().enumerate() {
                    let separator = if place == 0 { "" } else { ", " };
                    let quote = if is_word(label) { "" } else { "`" };
                    write!(f, "{separator}{quote}{label}{quote}")?;
                }
                f.write_str(")")
            }
            Self::Bool
            | Self::Int8
            | Self::Int16
            | Self::Int32
            | Self::Int64
            | Self::Float32
            | Self::Float64
            | Self::Text
            | Self::Bytes
            | Self::Date
            | Self::Time
            | Self::Timestamp
            | Self::Datetime
            | Self::Uuid
            | Self::Json => {
                f.write_str(Self::SIMPLE.iter().find(|(_, ty)| ty == self).map_or("", |(name, _)| name))
            }
        }
    }
}

/// Words that the language takes for something else than a name.
const RESERVED: [&str; 12] =
    ["and", "or", "not", "in", "if", "then", "else", "where", "for", "true", "false", "null"];

/// Whether a label stands without backticks.
fn is_word(label: &str) -> bool {
    label.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !RESERVED.contains(&label)
}

/// A type with its nullability, `T` or `T?`. Serialized as the language writes it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct ColumnType {
    /// The type of a value that is there.
    pub ty: Type,
    /// Whether a value may be missing.
    pub nullable: bool,
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.ty, if self.nullable { "?" } else { "" })
    }
}

impl Serialize for ColumnType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Text that is not a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeError {
    /// What is wrong with it, as a sentence without its full stop.
    pub message: String,
}

impl fmt::Display for TypeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for TypeError {}

impl FromStr for ColumnType {
    type Err = TypeError;

    fn from_str(text: &str) -> Result<Self, TypeError> {
        let text = text.trim();
        let (bare, nullable) = match text.strip_suffix('?') {
            Some(bare) => (bare.trim_end(), true),
            None => (text, false),
        };
        Ok(Self { ty: parse_bare(bare)?, nullable })
    }
}

fn parse_bare(text: &str) -> Result<Type, TypeError> {
    let wrong = |message: String| TypeError { message };
    if let Some((_, ty)) = Type::SIMPLE.iter().find(|(name, _)| *name == text) {
        return Ok(ty.clone());
    }
    let arguments = |name: &str| {
        text.strip_prefix(name)
            .and_then(|rest| rest.trim_start().strip_prefix('('))
            .and_then(|rest| rest.strip_suffix(')'))
    };
    if let Some(item) = arguments("list") {
        return Ok(Type::List(Box::new(item.parse()?)));
    }
    if let Some(inside) = arguments("enum") {
        return labels(inside).and_then(Type::of_labels).ok_or_else(|| {
            wrong(format!(
                "`enum({inside})` has no labels: an enum takes one at least and each once, between backticks where it is no word"
            ))
        });
    }
    if let Some(inside) = arguments("decimal") {
        let number = |part: &str| part.trim().parse::<u8>().ok();
        let parts = inside.split_once(',').and_then(|(p, s)| Some((number(p)?, number(s)?)));
        return match parts {
            Some((precision, scale)) if (1..=MAX_PRECISION).contains(&precision) && scale <= precision => {
                Ok(Type::Decimal { precision, scale })
            }
            _ => Err(wrong(format!(
                "`decimal({inside})` is out of range: decimal(precision, scale) takes 1 to 38 digits, of which scale come after the point"
            ))),
        };
    }
    Err(wrong(format!("`{text}` is not a type")))
}

/// The labels between an enum's parentheses; `None` where something else stands there.
fn labels(inside: &str) -> Option<Vec<String>> {
    let mut labels = Vec::new();
    let mut rest = inside.trim();
    loop {
        let (label, behind) = match rest.strip_prefix('`') {
            Some(quoted) => quoted.split_once('`')?,
            None => {
                let parts = rest.split_at(rest.find([',', ' ']).unwrap_or(rest.len()));
                is_word(parts.0).then_some(parts)?
            }
        };
        labels.push(label.to_owned());
        rest = behind.trim_start();
        if rest.is_empty() {
            return Some(labels);
        }
        rest = rest.strip_prefix(',')?.trim_start();
    }
}

impl TryFrom<String> for ColumnType {
    type Error = TypeError;

    fn try_from(text: String) -> Result<Self, TypeError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_reads_what_it_writes() {
        for text in [
            "int64",
            "text?",
            "decimal(12, 2)",
            "list(text?)?",
            "list(list(decimal(38, 38)))",
            "enum(open)",
            "enum(open, `in transit`, `not`, `a, b?`)?",
            "list(enum(open, `)`)?)",
        ] {
            assert_eq!(text.parse::<ColumnType>().expect(text).to_string(), text);
        }
    }

    #[test]
    fn what_is_not_a_type_is_refused() {
        for text in [
            "",
            "?",
            "int",
            "decimal",
            "decimal(0, 0)",
            "decimal(39, 2)",
            "decimal(4, 5)",
            "list()",
            "enum",
            "enum()",
            "enum(open, open)",
            "enum(open,)",
            "enum(open paid)",
            "enum(in transit)",
            "enum(`open)",
            "enum(``)",
            "enum(\"open\")",
        ] {
            assert!(text.parse::<ColumnType>().is_err(), "{text}");
        }
    }
}
