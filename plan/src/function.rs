//! The functions and operators that expressions call: what each takes and gives, once for both sides.

use serde::{Deserialize, Serialize};

/// Every function and operator of expressions.
///
/// Unless its line says otherwise a function gives null when any argument is null. An overflow, a value
/// out of the result's range and a result that is not exact are errors of the row, never a changed value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Function {
    /// `a + b`: two numbers of the result's type.
    Add,
    /// `a - b`: two numbers of the result's type.
    Subtract,
    /// `a * b`: two integers or floats of the result's type; decimals multiply exactly into the result's scale.
    Multiply,
    /// `a / b`: integers truncate toward zero only when exact, else an error; a decimal keeps its own scale
    /// and an inexact quotient is an error. Division by zero is an error, also for floats.
    Divide,
    /// `a % b`: integers, the sign follows the dividend.
    Remainder,
    /// `-a`
    Negate,
    /// `a == b`: two values of one type.
    Equal,
    /// `a != b`
    NotEqual,
    /// `a < b`: numbers by value, text by code point, `false < true`, earlier before later. Of floats, -0.0
    /// equals 0.0, and NaN equals itself and is above everything else.
    Less,
    /// `a <= b`
    LessOrEqual,
    /// `a > b`
    Greater,
    /// `a >= b`
    GreaterOrEqual,
    /// `a and b`: three-valued, `false and null` is false; `b` is evaluated only for rows where `a` is not false.
    And,
    /// `a or b`: three-valued, `true or null` is true; `b` is evaluated only for rows where `a` is not true.
    Or,
    /// `not a`
    Not,
    /// `x in [a, b, …]`: the value, then the candidates; three-valued, as `x == a or x == b or …` is.
    In,
    /// `if c then a else b`: condition, then, otherwise; a null condition takes the `else` branch and only
    /// the branch taken is evaluated for a row.
    If,
    /// `a else b`, `coalesce(a, b, …)`: the first that is not null.
    Else,
    /// `nullif(a, b)`: null when both are equal, else `a`; never null for another reason than a null `a`.
    NullIf,
    /// `is_null(a)`: never null.
    IsNull,
    /// A cast to the result's type that loses nothing, or is an error of the row: `int64(x)`, `text(x)`,
    /// `decimal(x, p, s)`, `date(x)`, … Text is read in the type's canonical form (ISO 8601, plain numbers).
    Cast,
    /// `lower(t)`: Unicode lower case.
    Lower,
    /// `upper(t)`: Unicode upper case.
    Upper,
    /// `trim(t)`: without white space (Unicode) at both ends.
    Trim,
    /// `length(t)`: code points of a text, bytes of bytes, items of a list; int64.
    Length,
    /// `concat(a, b, …)`, `a ++ b`: texts joined.
    Concat,
    /// `replace(t, from, to)`: every occurrence; an empty `from` occurs nowhere.
    Replace,
    /// `substring(t, start, length)`: code points, `start` from 1; past the end is shorter. A start before
    /// 1 or a negative length is an error of the row.
    Substring,
    /// `starts_with(t, prefix)`
    StartsWith,
    /// `ends_with(t, suffix)`
    EndsWith,
    /// `contains(t, part)`: a part of a text, or an item of a list; a missing item equals nothing.
    Contains,
    /// `abs(n)`
    Abs,
    /// `round(n, digits)`: half away from zero; the explicit way to lose digits. A decimal has the result's scale.
    Round,
    /// `floor(n)`
    Floor,
    /// `ceil(n)`
    Ceil,
    /// `divide(a, b, scale)`: decimals, rounded half away from zero to the result's scale.
    DivideRounded,
    /// `utc(d, zone)`: a `datetime` read as a wall clock in an IANA zone (a text literal) gives a
    /// `timestamp`; a reading that the zone skips or has twice is an error of the row.
    Utc,
    /// `local(t, zone)`: a `timestamp` shown on the wall clock of an IANA zone gives a `datetime`.
    Local,
    /// `from_unix(n)`: seconds since 1970 as a `timestamp`.
    FromUnix,
    /// `to_unix(t)`: whole seconds since 1970, an error of the row when there is a fraction.
    ToUnix,
    /// `sha256(t)`: of a text's UTF-8 or of bytes, as 64 lower-case hexadecimal digits.
    Sha256,
    /// `try(a)`: null where `a` has an error; never an error itself.
    Try,
    /// `[a, b, …]`: a list of values of one type; never null.
    List,
    /// `map(x, k: v, …)`: the value of the key that equals `x`, null without one. The value, then keys and
    /// values in turn, constants all of them.
    Lookup,
    /// `trim_start(t)`: without white space (Unicode) at its start.
    TrimStart,
    /// `trim_end(t)`: without white space (Unicode) at its end.
    TrimEnd,
    /// `pad_start(t, length, fill)`: fill before it up to so many code points; a longer text stays. A length
    /// of more than 10,000, and an empty fill where one is needed, are errors of the row.
    PadStart,
    /// `pad_end(t, length, fill)`: as `PadStart`, behind it.
    PadEnd,
    /// `left(t, length)`: the first code points; a negative length is an error of the row.
    Left,
    /// `right(t, length)`: the last code points; a negative length is an error of the row.
    Right,
    /// `position(t, part)`: the code point at which a part begins, from 1; 0 when it is not there.
    Position,
    /// `reverse(t)`: code points from the last to the first.
    Reverse,
    /// `split(t, separator)`: a list of texts; an empty separator is an error of the row.
    Split,
    /// `split_part(t, separator, part)`: the part of that number, from 1, null where there are fewer. An
    /// empty separator and a part before 1 are errors of the row.
    SplitPart,
    /// `matches(t, pattern)`: whether a regular expression (a text literal) is found.
    Matches,
    /// `regex_find(t, pattern)`: the first match, or its first group where the pattern has one; null without one.
    RegexFind,
    /// `regex_replace(t, pattern, to)`: every match, by a template (a text literal, see [`crate::Template`]).
    RegexReplace,
    /// `sign(n)`: -1, 0 or 1 as `int8`; an error of the row for NaN.
    Sign,
    /// `least(a, b, …)`: values of one type, in the order of `<`.
    Least,
    /// `greatest(a, b, …)`: values of one type, in the order of `<`.
    Greatest,
    /// `quotient(a, b)`: integers, toward zero.
    Quotient,
    /// `modulo(a, b)`: integers, the sign follows the divisor.
    Modulo,
    /// `truncate(n, digits)`: toward zero; a decimal has the result's scale.
    Truncate,
    /// `nearest_float32(n)`: of a number; a number that is out of range is an error of the row.
    NearestFloat32,
    /// `nearest_float64(n)`: of a number; a number that is out of range is an error of the row.
    NearestFloat64,
    /// `year(d)`: of a date or a datetime, as all parts `int32`.
    Year,
    /// `month(d)`: 1 to 12.
    Month,
    /// `day(d)`: 1 to 31.
    Day,
    /// `weekday(d)`: 1 for Monday to 7 for Sunday.
    Weekday,
    /// `hour(t)`: of a time or a datetime.
    Hour,
    /// `minute(t)`
    Minute,
    /// `second(t)`: whole seconds.
    Second,
    /// `date_of(d)`: a datetime's date, the time of day left behind.
    DateOf,
    /// `time_of(d)`: a datetime's time of day.
    TimeOf,
    /// `start_of(d, unit)`: where the unit (a text literal, see [`crate::TimeUnit`]) begins.
    StartOf,
    /// `add_days(d, n)`: a date or a datetime.
    AddDays,
    /// `add_months(d, n)`: a date or a datetime; a day that the month does not have becomes its last.
    AddMonths,
    /// `add_seconds(t, n)`: a datetime or a timestamp.
    AddSeconds,
    /// `days_between(from, to)`: dates; int64.
    DaysBetween,
    /// `seconds_between(from, to)`: datetimes or timestamps; int64, an error of the row when there is a fraction.
    SecondsBetween,
    /// `format_time(d, pattern)`: a date, time or datetime by a [`crate::TimePattern`] (a text literal).
    FormatTime,
    /// `parse_date(t, pattern)`: as `FormatTime`, read back strictly.
    ParseDate,
    /// `parse_time(t, pattern)`
    ParseTime,
    /// `parse_datetime(t, pattern)`
    ParseDatetime,
    /// `from_unix_millis(n)`: milliseconds since 1970 as a `timestamp`.
    FromUnixMillis,
    /// `to_unix_millis(t)`: whole milliseconds since 1970, an error of the row when there is a fraction.
    ToUnixMillis,
    /// `json_get(j, path)`: the value at a [`crate::JsonPath`] (a text literal), null when nothing is there.
    JsonGet,
    /// `json_has(j, path)`: whether something is there, be it `null`.
    JsonHas,
    /// `json_text(j, path)`: the text of a string there, null when nothing or `null` is there; another value
    /// is an error of the row.
    JsonText,
    /// `json_int(j, path)`: as `JsonText`, a whole number as int64.
    JsonInt,
    /// `json_decimal(j, path, p, s)`: as `JsonText`, a number of the result's type.
    JsonDecimal,
    /// `json_bool(j, path)`: as `JsonText`, `true` or `false`.
    JsonBool,
    /// `to_json(a)`: numbers as numbers, booleans as booleans, lists as arrays, JSON as it is and everything
    /// else as a string; NaN and infinities are errors of the row.
    ToJson,
    /// `element(l, place)`: the item at a place from 1, null where there is none.
    Element,
    /// `join(l, separator)`: texts joined, missing ones left out.
    Join,
    /// `hex(t)`: of a text's UTF-8 or of bytes, lower case.
    Hex,
    /// `from_hex(t)`
    FromHex,
    /// `base64(t)`: of a text's UTF-8 or of bytes, RFC 4648 with padding.
    Base64,
    /// `from_base64(t)`
    FromBase64,
    /// `md5(t)`: of a text's UTF-8 or of bytes, as 32 lower-case hexadecimal digits.
    Md5,
    /// `crc32(t)`: of a text's UTF-8 or of bytes, as int64.
    Crc32,
    /// `uuid_v5(namespace, name)`: RFC 9562, of a text's UTF-8.
    UuidV5,
}

impl Function {
    /// Whether nobody finds out from what it gives what it was given, but by trying all values that may be meant.
    pub fn is_one_way(self) -> bool {
        matches!(self, Self::Sha256 | Self::Md5 | Self::UuidV5)
    }

    /// How the language writes it: a function's name, an operator's mark.
    pub fn word(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
            Self::Negate => "-",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::And => "and",
            Self::Or => "or",
            Self::Not => "not",
            Self::In => "in",
            Self::If => "if",
            Self::Else => "else",
            Self::NullIf => "nullif",
            Self::IsNull => "is_null",
            Self::Cast => "cast",
            Self::Lower => "lower",
            Self::Upper => "upper",
            Self::Trim => "trim",
            Self::Length => "length",
            Self::Concat => "++",
            Self::Replace => "replace",
            Self::Substring => "substring",
            Self::StartsWith => "starts_with",
            Self::EndsWith => "ends_with",
            Self::Contains => "contains",
            Self::Abs => "abs",
            Self::Round => "round",
            Self::Floor => "floor",
            Self::Ceil => "ceil",
            Self::DivideRounded => "divide",
            Self::Utc => "utc",
            Self::Local => "local",
            Self::FromUnix => "from_unix",
            Self::ToUnix => "to_unix",
            Self::Sha256 => "sha256",
            Self::Try => "try",
            Self::List => "list",
            Self::Lookup => "map",
            Self::TrimStart => "trim_start",
            Self::TrimEnd => "trim_end",
            Self::PadStart => "pad_start",
            Self::PadEnd => "pad_end",
            Self::Left => "left",
            Self::Right => "right",
            Self::Position => "position",
            Self::Reverse => "reverse",
            Self::Split => "split",
            Self::SplitPart => "split_part",
            Self::Matches => "matches",
            Self::RegexFind => "regex_find",
            Self::RegexReplace => "regex_replace",
            Self::Sign => "sign",
            Self::Least => "least",
            Self::Greatest => "greatest",
            Self::Quotient => "quotient",
            Self::Modulo => "modulo",
            Self::Truncate => "truncate",
            Self::NearestFloat32 => "nearest_float32",
            Self::NearestFloat64 => "nearest_float64",
            Self::Year => "year",
            Self::Month => "month",
            Self::Day => "day",
            Self::Weekday => "weekday",
            Self::Hour => "hour",
            Self::Minute => "minute",
            Self::Second => "second",
            Self::DateOf => "date_of",
            Self::TimeOf => "time_of",
            Self::StartOf => "start_of",
            Self::AddDays => "add_days",
            Self::AddMonths => "add_months",
            Self::AddSeconds => "add_seconds",
            Self::DaysBetween => "days_between",
            Self::SecondsBetween => "seconds_between",
            Self::FormatTime => "format_time",
            Self::ParseDate => "parse_date",
            Self::ParseTime => "parse_time",
            Self::ParseDatetime => "parse_datetime",
            Self::FromUnixMillis => "from_unix_millis",
            Self::ToUnixMillis => "to_unix_millis",
            Self::JsonGet => "json_get",
            Self::JsonHas => "json_has",
            Self::JsonText => "json_text",
            Self::JsonInt => "json_int",
            Self::JsonDecimal => "json_decimal",
            Self::JsonBool => "json_bool",
            Self::ToJson => "to_json",
            Self::Element => "element",
            Self::Join => "join",
            Self::Hex => "hex",
            Self::FromHex => "from_hex",
            Self::Base64 => "base64",
            Self::FromBase64 => "from_base64",
            Self::Md5 => "md5",
            Self::Crc32 => "crc32",
            Self::UuidV5 => "uuid_v5",
        }
    }
}
