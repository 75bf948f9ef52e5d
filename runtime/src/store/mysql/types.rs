//! MySQL's and MariaDB's types and the language's.
//!
//! | MySQL | type | |
//! |---|---|---|
//! | `TINYINT(1)`, `BIT(1)` | `bool` | numbers other than 0 and 1 are refused |
//! | `TINYINT` … `BIGINT`, `MEDIUMINT` | `int8` … `int64` | `MEDIUMINT` is `int32` |
//! | unsigned ones | `int16`, `int32`, `int32`, `int64`, `decimal(20, 0)` | |
//! | `BIT(n)` | `int64`, `decimal(20, 0)` for 64 bits | |
//! | `YEAR` | `int16` | 0, 1901 to 2155 |
//! | `FLOAT`, `DOUBLE` | `float32`, `float64` | `FLOAT(m, d)`, which rounds, is only read; no NaN, no infinity |
//! | `DECIMAL(p, s)` with p ≤ 38 | `decimal(p, s)` | |
//! | `VARCHAR(n)`, `TEXT` and its sizes | `text` | |
//! | `CHAR(n)` | `text` | without blanks at its end, which it drops |
//! | `ENUM` | `enum(a, b)` | `text` when a label has a form that the language has not |
//! | `SET` | `text` | written only as declared |
//! | `BINARY(n)`, `VARBINARY(n)`, `BLOB` and its sizes | `bytes` | `BINARY` is written at its full length |
//! | `DATE`, `TIME`, `DATETIME` | `date`, `time`, `datetime` | zero dates and times beyond a day are refused |
//! | `TIMESTAMP` | `timestamp` | 1970 to 2038 |
//! | `JSON` | `json` | MariaDB's is a text with a check, which mig makes on both |
//! | `UUID` (MariaDB) | `uuid` | |
//!
//! Fractions of seconds that a column would round are refused. Everything else (`GEOMETRY`, `INET6`, …) has no
//! lossless counterpart.

use mig_plan::{MAX_PRECISION, StoreKind, Type};

use super::names::literal;

/// Which of the two servers, and how old it is: they differ in what they call the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// MariaDB, with major and minor version.
    Mariadb(u16, u16),
    /// MySQL, with major, minor and patch version.
    Mysql(u16, u16, u16),
}

impl Dialect {
    /// By what `version()` says: `10.11.6-MariaDB-log`, `8.0.36`.
    pub(super) fn of(version: &str) -> Self {
        let mut numbers =
            version.split(|c: char| !c.is_ascii_digit()).map(|digits| digits.parse().unwrap_or(0));
        let mut next = || numbers.next().unwrap_or(0);
        let (major, minor, patch) = (next(), next(), next());
        if version.to_ascii_lowercase().contains("mariadb") {
            Self::Mariadb(major, minor)
        } else {
            Self::Mysql(major, minor, patch)
        }
    }

    /// Whether it is MariaDB.
    pub(super) fn is_mariadb(self) -> bool {
        matches!(self, Self::Mariadb(..))
    }

    /// The collation in which equality and order are those of code points, blanks at the end included. Older
    /// servers of MySQL have only one that takes `a` and `a ` for the same.
    pub(super) fn collation(self) -> &'static str {
        match self {
            Self::Mariadb(..) => "utf8mb4_nopad_bin",
            Self::Mysql(major, minor, patch) if (major, minor, patch) >= (8, 0, 17) => "utf8mb4_0900_bin",
            Self::Mysql(..) => "utf8mb4_bin",
        }
    }

    /// Whether it has a type of its own for UUIDs.
    fn has_uuid(self) -> bool {
        matches!(self, Self::Mariadb(major, minor) if (major, minor) >= (10, 7))
    }
}

/// A type of MySQL's that mig reads and writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Native {
    /// `TINYINT(1)`.
    Bool,
    /// An integer of so many bits.
    Int {
        bits: u8,
        unsigned: bool,
    },
    /// So many bits.
    Bit(u8),
    Year,
    /// Whether it rounds to a number of places.
    Float {
        rounds: bool,
    },
    Double {
        rounds: bool,
    },
    Decimal {
        precision: u8,
        scale: u8,
    },
    /// With its length in characters.
    Char(usize),
    Varchar(usize),
    /// A text of so many bytes at the most.
    Text(usize),
    /// Its members in their order.
    Enum(Vec<String>),
    Set(Vec<String>),
    /// With its length in bytes.
    Binary(usize),
    Blob,
    Date,
    /// Microseconds that it rounds to.
    Time(i64),
    Datetime(i64),
    Timestamp(i64),
    Json,
    Uuid,
}

/// A column's type as the catalog gives it.
#[derive(Debug, Clone, Default)]
pub(super) struct CatalogType {
    /// `DATA_TYPE`: the bare name.
    pub(super) name: String,
    /// `COLUMN_TYPE`: the type as it is declared.
    pub(super) declared: String,
    /// `CHARACTER_MAXIMUM_LENGTH`: characters, for the types of large texts bytes.
    pub(super) length: Option<usize>,
    /// `NUMERIC_PRECISION` and `NUMERIC_SCALE`.
    pub(super) precision: Option<u8>,
    pub(super) scale: Option<u8>,
    /// `DATETIME_PRECISION`: digits of a second's fraction.
    pub(super) digits: Option<u32>,
    /// Whether a check of the column demands JSON, which is all that MariaDB's type is.
    pub(super) checked_json: bool,
}

impl Native {
    /// The type, where mig knows it.
    pub(super) fn new(catalog: &CatalogType) -> Option<Self> {
        let declared = catalog.declared.to_ascii_lowercase();
        let integer = |bits| Self::Int { bits, unsigned: declared.contains("unsigned") };
        let rounds = declared.contains(',');
        // Digits of a second's fraction; six are a microsecond.
        let unit = 10_i64.pow(6 - catalog.digits.unwrap_or(0).min(6));
        let length = catalog.length.unwrap_or(0);
        Some(match catalog.name.to_ascii_lowercase().as_str() {
            "tinyint" if declared == "tinyint(1)" => Self::Bool,
            "tinyint" => integer(8),
            "smallint" => integer(16),
            "mediumint" => integer(24),
            "int" => integer(32),
            "bigint" => integer(64),
            "bit" => Self::Bit(catalog.precision.filter(|bits| (1..=64).contains(bits))?),
            "year" => Self::Year,
            "float" => Self::Float { rounds },
            "double" => Self::Double { rounds },
            "decimal" => {
                let precision = catalog.precision.filter(|precision| *precision <= MAX_PRECISION)?;
                let scale = catalog.scale.unwrap_or(0);
                Self::Decimal { precision, scale: Some(scale).filter(|scale| *scale <= precision)? }
            }
            "tinytext" | "text" | "mediumtext" | "longtext" if catalog.checked_json => Self::Json,
            "char" => Self::Char(length),
            "varchar" => Self::Varchar(length),
            "tinytext" | "text" | "mediumtext" | "longtext" => Self::Text(length),
            "enum" => Self::Enum(members(&catalog.declared)?),
            "set" => Self::Set(members(&catalog.declared)?),
            "binary" => Self::Binary(length),
            "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => Self::Blob,
            "date" => Self::Date,
            "time" => Self::Time(unit),
            "datetime" => Self::Datetime(unit),
            "timestamp" => Self::Timestamp(unit),
            "json" => Self::Json,
            "uuid" => Self::Uuid,
            _ => return None,
        })
    }

    /// The type in the language.
    pub(super) fn language_type(&self) -> Type {
        match self {
            Self::Bool | Self::Bit(1) => Type::Bool,
            Self::Int { bits: 8, unsigned: false } => Type::Int8,
            Self::Int { bits: 8, unsigned: true } | Self::Int { bits: 16, unsigned: false } | Self::Year => {
                Type::Int16
            }
            Self::Int { bits: 16, unsigned: true }
            | Self::Int { bits: 24, .. }
            | Self::Int { bits: 32, unsigned: false } => Type::Int32,
            Self::Int { bits: 64, unsigned: true } | Self::Bit(64..) => {
                Type::Decimal { precision: 20, scale: 0 }
            }
            Self::Int { .. } | Self::Bit(_) => Type::Int64,
            Self::Float { .. } => Type::Float32,
            Self::Double { .. } => Type::Float64,
            Self::Decimal { precision, scale } => Type::Decimal { precision: *precision, scale: *scale },
            Self::Enum(labels) if labels.iter().all(|label| is_told(label)) => {
                Type::of_labels(labels.clone()).unwrap_or(Type::Text)
            }
            Self::Char(_) | Self::Varchar(_) | Self::Text(_) | Self::Enum(_) | Self::Set(_) => Type::Text,
            Self::Binary(_) | Self::Blob => Type::Bytes,
            Self::Date => Type::Date,
            Self::Time(_) => Type::Time,
            Self::Datetime(_) => Type::Datetime,
            Self::Timestamp(_) => Type::Timestamp,
            Self::Json => Type::Json,
            Self::Uuid => Type::Uuid,
        }
    }

    /// Whether values of a type of the language may be read from and written to it.
    pub(super) fn holds(&self, ty: &Type) -> bool {
        match (self, ty) {
            // An instant that `TIMESTAMP` would not keep is kept as its reading in UTC.
            (Self::Datetime(_), Type::Timestamp)
            | (Self::Binary(16), Type::Uuid)
            | (Self::Char(_) | Self::Varchar(_) | Self::Text(_), Type::Enum(_)) => true,
            _ => self.language_type() == *ty,
        }
    }
}

/// Whether the catalog gives a label back as it was declared. It shows characters beyond U+FFFF as question marks, and
/// the type drops blanks at the end.
fn is_told(label: &str) -> bool {
    !label.ends_with(' ') && !label.contains(|c: char| c == '?' || c > '\u{ffff}')
}

/// The members of `enum('a','it''s')`, where the catalog also puts a backslash before some characters.
fn members(declared: &str) -> Option<Vec<String>> {
    let (_, list) = declared.split_once('(')?;
    let mut rest = list.strip_suffix(')')?;
    let mut members = Vec::new();
    loop {
        let mut member = String::new();
        rest = rest.strip_prefix('\'')?;
        let mut left = rest.chars();
        loop {
            match left.next()? {
                '\\' => member.push(match left.next()? {
                    '0' => '\0',
                    'n' => '\n',
                    'r' => '\r',
                    other => other,
                }),
                '\'' => match left.as_str().strip_prefix('\'') {
                    Some(behind) => {
                        member.push('\'');
                        left = behind.chars();
                    }
                    None => break,
                },
                other => member.push(other),
            }
        }
        rest = left.as_str();
        members.push(member);
        match rest.strip_prefix(',') {
            Some(behind) => rest = behind,
            None => return rest.is_empty().then_some(members),
        }
    }
}

/// Why MySQL keeps no column of a type; pure.
pub(super) fn accepts(ty: &Type) -> Result<(), String> {
    let can = StoreKind::Mysql.abilities();
    match ty {
        Type::List(_) => Err("MySQL has no lists".to_owned()),
        Type::Decimal { scale, .. } if *scale > can.decimal_places => {
            Err(format!("MySQL keeps {} digits behind a decimal's point", can.decimal_places))
        }
        Type::Enum(labels) if !labels.iter().all(|label| is_told(label)) => Err(
            "MySQL does not give back a label with a blank at its end, a question mark or a character beyond U+FFFF"
                .to_owned(),
        ),
        Type::Decimal { .. }
        | Type::Bool
        | Type::Int8
        | Type::Int16
        | Type::Int32
        | Type::Int64
        | Type::Float32
        | Type::Float64
        | Type::Text
        | Type::Bytes
        | Type::Date
        | Type::Time
        | Type::Timestamp
        | Type::Datetime
        | Type::Uuid
        | Type::Json
        | Type::Enum(_) => Ok(()),
    }
}

/// How mig declares a column of a type that it [`accepts`], without its [`check`]. `bytes` is what the column may take up in the key, `None` for one that is not of the key.
pub(super) fn declaration(ty: &Type, dialect: Dialect, bytes: Option<usize>) -> Option<String> {
    let text = format!("character set utf8mb4 collate {}", dialect.collation());
    Some(match ty {
        Type::Bool => "tinyint(1)".into(),
        Type::Int8 => "tinyint".into(),
        Type::Int16 => "smallint".into(),
        Type::Int32 => "int".into(),
        Type::Int64 => "bigint".into(),
        Type::Float32 => "float".into(),
        Type::Float64 => "double".into(),
        Type::Decimal { precision, scale } => format!("decimal({precision}, {scale})"),
        Type::Text => match bytes {
            Some(bytes) => format!("varchar({}) {text}", bytes / 4),
            None => format!("longtext {text}"),
        },
        Type::Bytes => match bytes {
            Some(bytes) => format!("varbinary({bytes})"),
            None => "longblob".into(),
        },
        Type::Date => "date".into(),
        Type::Time => "time(6)".into(),
        // `TIMESTAMP` ends in 2038.
        Type::Timestamp | Type::Datetime => "datetime(6)".into(),
        Type::Uuid if dialect.has_uuid() => "uuid".into(),
        Type::Uuid => "binary(16)".into(),
        // MySQL's own type of JSON puts members into another order and drops repeated ones.
        Type::Json if bytes.is_none() => format!("longtext {text}"),
        Type::Enum(labels) => {
            let labels: Vec<_> = labels.iter().map(|label| literal(label)).collect();
            format!("enum({}) {text}", labels.join(", "))
        }
        Type::Json | Type::List(_) => return None,
    })
}

/// The check of a column that keeps a type which is more than its [`declaration`]; nothing for other types. `name` is
/// the quoted column.
pub(super) fn check(ty: &Type, name: &str) -> String {
    if *ty == Type::Json { format!(" check (json_valid({name}))") } else { String::new() }
}

/// The bytes that a column of a type takes up in a key, `None` where its declaration decides.
pub(super) fn bytes_in_key(ty: &Type) -> Option<usize> {
    match ty {
        Type::Text | Type::Bytes | Type::Json | Type::List(_) => None,
        Type::Bool
        | Type::Int8
        | Type::Int16
        | Type::Int32
        | Type::Int64
        | Type::Float32
        | Type::Float64
        | Type::Date
        | Type::Time
        | Type::Timestamp
        | Type::Datetime
        | Type::Enum(_) => Some(8),
        Type::Decimal { .. } | Type::Uuid => Some(20),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(declared: &str) -> Option<Native> {
        let name = declared.split(['(', ' ']).next().unwrap().to_owned();
        Native::new(&CatalogType { name, declared: declared.into(), ..CatalogType::default() })
    }

    #[test]
    fn the_server_is_told_by_its_version() {
        assert_eq!(Dialect::of("10.11.19-MariaDB-0+deb12u1"), Dialect::Mariadb(10, 11));
        assert_eq!(Dialect::of("5.5.5-10.11.2-MariaDB"), Dialect::Mariadb(5, 5));
        assert_eq!(Dialect::of("8.0.36"), Dialect::Mysql(8, 0, 36));
        assert_eq!(Dialect::of("8.4.0-log").collation(), "utf8mb4_0900_bin");
        assert_eq!(Dialect::of("nonsense"), Dialect::Mysql(0, 0, 0));
    }

    #[test]
    fn declarations_are_read() {
        assert_eq!(plain("tinyint(1)"), Some(Native::Bool));
        assert_eq!(plain("tinyint(1) unsigned"), Some(Native::Int { bits: 8, unsigned: true }));
        assert_eq!(plain("bigint(20) unsigned zerofill"), Some(Native::Int { bits: 64, unsigned: true }));
        assert_eq!(plain("float(7,2)"), Some(Native::Float { rounds: true }));
        assert_eq!(plain("double"), Some(Native::Double { rounds: false }));
        assert_eq!(plain("datetime"), Some(Native::Datetime(1_000_000)));
        assert_eq!(plain("geometry"), None);
        let members = |list: &[&str]| list.iter().map(|member| (*member).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            plain("enum('a','it''s','x,y','')"),
            Some(Native::Enum(members(&["a", "it's", "x,y", ""])))
        );
        assert_eq!(plain("set('UP')"), Some(Native::Set(members(&["UP"]))));
        assert_eq!(plain(r"enum('a\\b','c\nd')"), Some(Native::Enum(members(&["a\\b", "c\nd"]))));
        assert_eq!(plain("enum('a"), None);
    }
}
