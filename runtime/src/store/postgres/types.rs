//! PostgreSQL's types and the language's.
//!
//! | PostgreSQL | type | |
//! |---|---|---|
//! | `boolean` | `bool` | |
//! | `smallint`, `integer`, `bigint` | `int16`, `int32`, `int64` | `int8` is kept as `smallint` |
//! | `real`, `double precision` | `float32`, `float64` | NaN and infinities too |
//! | `numeric(p, s)` with p ≤ 38, 0 ≤ s ≤ p | `decimal(p, s)` | NaN is refused |
//! | `text`, `varchar`, `varchar(n)`, `name` | `text` | U+0000 is refused |
//! | `char(n)` | `text` | with the blanks that PostgreSQL pads it with, and only written when it needs none |
//! | `bytea` | `bytes` | |
//! | `date` | `date` | infinities are refused |
//! | `time` | `time` | 24:00 is refused |
//! | `timestamp`, `timestamptz` | `datetime`, `timestamp` | infinities and years behind 294246 are refused |
//! | `uuid` | `uuid` | |
//! | `json`, `jsonb` | `json` | mig makes `json`, which keeps the text |
//! | an enum | `enum(a, b)` | `text` where the language has no form for a label: an empty one, one with a backtick |
//! | `text` with a check | `enum(a, b)` | as mig makes it; read back as `text` |
//! | one-dimensional arrays of these | `list(T?)` | from place 1 |
//! | domains over these | as what they are over | |
//!
//! Fractions of seconds that `time(n)` and `timestamp(n)` would round are refused. Everything else (`numeric`
//! alone, `money`, `interval`, `timetz`, …) has no lossless counterpart.

use mig_plan::{MAX_PRECISION, Type};

/// Where values of a type stand in the catalog; these numbers are the same in every PostgreSQL.
mod oid {
    pub(super) const BOOL: u32 = 16;
    pub(super) const BYTEA: u32 = 17;
    pub(super) const NAME: u32 = 19;
    pub(super) const INT8: u32 = 20;
    pub(super) const INT2: u32 = 21;
    pub(super) const INT4: u32 = 23;
    pub(super) const TEXT: u32 = 25;
    pub(super) const JSON: u32 = 114;
    pub(super) const FLOAT4: u32 = 700;
    pub(super) const FLOAT8: u32 = 701;
    pub(super) const BPCHAR: u32 = 1042;
    pub(super) const VARCHAR: u32 = 1043;
    pub(super) const DATE: u32 = 1082;
    pub(super) const TIME: u32 = 1083;
    pub(super) const TIMESTAMP: u32 = 1114;
    pub(super) const TIMESTAMPTZ: u32 = 1184;
    pub(super) const NUMERIC: u32 = 1700;
    pub(super) const UUID: u32 = 2950;
    pub(super) const JSONB: u32 = 3802;
}

/// A type of PostgreSQL that mig reads and writes, domains looked through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Native {
    Bool,
    Int2,
    Int4,
    Int8,
    Float4,
    Float8,
    Numeric {
        precision: u8,
        scale: u8,
    },
    Text,
    /// With its length in characters, where it has one.
    Varchar(Option<usize>),
    /// With its length in characters.
    Char(usize),
    Bytea,
    Date,
    /// Microseconds that it rounds to.
    Time(i64),
    Timestamp(i64),
    Timestamptz(i64),
    Uuid,
    Json,
    Jsonb,
    /// With its labels in their order.
    Enum(Vec<String>),
    /// The elements' type, and its number in the catalog.
    Array(Box<Native>, u32),
}

/// A column's type as the catalog gives it, domains looked through.
#[derive(Debug, Clone)]
pub(super) struct CatalogType {
    /// The type's number.
    pub(super) oid: u32,
    /// `pg_type.typtype`: `b`, `e` for an enum, and so on.
    pub(super) sort: u8,
    /// Length, precision, scale; -1 when none is given.
    pub(super) modifier: i32,
    /// The elements' type and sort, for an array.
    pub(super) element: Option<(u32, u8)>,
    /// The labels of an enum, or of the elements' enum.
    pub(super) labels: Vec<String>,
}

impl Native {
    /// The type, where mig knows it.
    pub(super) fn new(catalog: CatalogType) -> Option<Self> {
        if let Some((oid, sort)) = catalog.element {
            let element = Self::new(CatalogType { oid, sort, element: None, ..catalog })?;
            return Some(Self::Array(Box::new(element), oid));
        }
        if catalog.sort == b'e' {
            return Some(Self::Enum(catalog.labels));
        }
        let modifier = catalog.modifier;
        let length = usize::try_from(modifier - 4).ok().filter(|_| modifier >= 4);
        // Without a modifier the six digits of a microsecond.
        let rounds_to = || {
            let digits = u32::try_from(modifier).unwrap_or(6).min(6);
            10_i64.pow(6 - digits)
        };
        Some(match catalog.oid {
            oid::BOOL => Self::Bool,
            oid::BYTEA => Self::Bytea,
            oid::INT8 => Self::Int8,
            oid::INT2 => Self::Int2,
            oid::INT4 => Self::Int4,
            oid::TEXT => Self::Text,
            // A name is a text of 63 bytes at the most.
            oid::NAME => Self::Varchar(Some(63)),
            oid::JSON => Self::Json,
            oid::FLOAT4 => Self::Float4,
            oid::FLOAT8 => Self::Float8,
            oid::BPCHAR => length.map_or(Self::Varchar(None), Self::Char),
            oid::VARCHAR => Self::Varchar(length),
            oid::DATE => Self::Date,
            oid::TIME => Self::Time(rounds_to()),
            oid::TIMESTAMP => Self::Timestamp(rounds_to()),
            oid::TIMESTAMPTZ => Self::Timestamptz(rounds_to()),
            oid::NUMERIC => numeric(modifier)?,
            oid::UUID => Self::Uuid,
            oid::JSONB => Self::Jsonb,
            _ => return None,
        })
    }

    /// The type in the language.
    pub(super) fn language_type(&self) -> Type {
        match self {
            Self::Bool => Type::Bool,
            Self::Int2 => Type::Int16,
            Self::Int4 => Type::Int32,
            Self::Int8 => Type::Int64,
            Self::Float4 => Type::Float32,
            Self::Float8 => Type::Float64,
            Self::Numeric { precision, scale } => Type::Decimal { precision: *precision, scale: *scale },
            Self::Text | Self::Varchar(_) | Self::Char(_) => Type::Text,
            Self::Enum(labels) => Type::of_labels(labels.clone()).unwrap_or(Type::Text),
            Self::Bytea => Type::Bytes,
            Self::Date => Type::Date,
            Self::Time(_) => Type::Time,
            Self::Timestamp(_) => Type::Datetime,
            Self::Timestamptz(_) => Type::Timestamp,
            Self::Uuid => Type::Uuid,
            Self::Json | Self::Jsonb => Type::Json,
            Self::Array(element, _) => Type::List(Box::new(element.language_type().optional())),
        }
    }

    /// Whether values of a type of the language may be read from and written to it.
    pub(super) fn holds(&self, ty: &Type) -> bool {
        match (self, ty) {
            (Self::Int2, Type::Int8) | (Self::Text | Self::Varchar(_) | Self::Char(_), Type::Enum(_)) => true,
            (Self::Array(element, _), Type::List(item)) => element.holds(&item.ty),
            _ => self.language_type() == *ty,
        }
    }
}

/// The precision is in the upper half of the modifier, the scale in the lower eleven bits with its sign.
fn numeric(modifier: i32) -> Option<Native> {
    let modifier = modifier.checked_sub(4).filter(|modifier| *modifier >= 0)?;
    let scale = ((modifier & 0x7ff) ^ 1024) - 1024;
    let precision = u8::try_from(modifier >> 16).ok().filter(|precision| *precision <= MAX_PRECISION)?;
    let scale = u8::try_from(scale).ok().filter(|scale| *scale <= precision)?;
    Some(Native::Numeric { precision, scale })
}

/// How mig declares a column of a type; `None` for lists of lists, which PostgreSQL's arrays are not.
pub(super) fn declaration(ty: &Type) -> Option<String> {
    Some(match ty {
        Type::Bool => "boolean".into(),
        Type::Int8 | Type::Int16 => "smallint".into(),
        Type::Int32 => "integer".into(),
        Type::Int64 => "bigint".into(),
        Type::Float32 => "real".into(),
        Type::Float64 => "double precision".into(),
        Type::Decimal { precision, scale } => format!("numeric({precision}, {scale})"),
        // An enum is a text with a check.
        Type::Text | Type::Enum(_) => "text".into(),
        Type::Bytes => "bytea".into(),
        Type::Date => "date".into(),
        Type::Time => "time".into(),
        Type::Timestamp => "timestamptz".into(),
        Type::Datetime => "timestamp".into(),
        Type::Uuid => "uuid".into(),
        Type::Json => "json".into(),
        Type::List(item) if matches!(item.ty, Type::List(_)) => return None,
        Type::List(item) => format!("{}[]", declaration(&item.ty)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(oid: u32, modifier: i32) -> Option<Native> {
        Native::new(CatalogType { oid, sort: b'b', modifier, element: None, labels: Vec::new() })
    }

    #[test]
    fn modifiers_are_read() {
        let numeric =
            |precision: i32, scale: i32| plain(oid::NUMERIC, (precision << 16 | (scale & 0x7ff)) + 4);
        assert_eq!(numeric(12, 2), Some(Native::Numeric { precision: 12, scale: 2 }));
        assert_eq!(numeric(38, 38), Some(Native::Numeric { precision: 38, scale: 38 }));
        assert_eq!(numeric(39, 2), None);
        assert_eq!(numeric(4, -2), None);
        assert_eq!(numeric(2, 4), None);
        assert_eq!(plain(oid::NUMERIC, -1), None);
        assert_eq!(plain(oid::VARCHAR, -1), Some(Native::Varchar(None)));
        assert_eq!(plain(oid::VARCHAR, 24), Some(Native::Varchar(Some(20))));
        assert_eq!(plain(oid::BPCHAR, 5), Some(Native::Char(1)));
        assert_eq!(plain(oid::TIMESTAMP, -1), Some(Native::Timestamp(1)));
        assert_eq!(plain(oid::TIMESTAMP, 3), Some(Native::Timestamp(1_000)));
        assert_eq!(plain(oid::TIME, 0), Some(Native::Time(1_000_000)));
        assert_eq!(plain(790, -1), None);
    }
}
