//! Typed expressions: what a column mapping means, once and for every store.
//!
//! The compiler builds them from the source, with every type known and every cast written out; the
//! runtime evaluates them over Arrow batches. Operators are functions, so that an evaluator matches on
//! one enum.

use serde::{Deserialize, Serialize};

use crate::{ColumnType, Type};

/// A constant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Literal {
    /// The missing value.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer. Its type is any integer, decimal or float type that holds it exactly.
    Int(i64),
    /// A number with a point, as written, without underscores and with a `-` before a negative one. Its
    /// type is a decimal that holds it exactly, or a float, which then is the nearest one.
    Decimal(String),
    /// A text. Its type is `text`; a date and the like is a cast of it.
    Text(String),
}

/// A typed expression over the columns of one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expr {
    /// The value of a column of the old table.
    Column {
        /// The column's name in the old table.
        name: String,
        /// Its type there.
        ty: ColumnType,
    },
    /// A constant.
    Literal {
        /// The constant.
        value: Literal,
        /// Its type; `Literal::Null` has a nullable one, which may be any type.
        ty: ColumnType,
    },
    /// A function or an operator.
    Call {
        /// Which.
        function: Function,
        /// Its arguments, in the order that [`Function`] documents.
        args: Vec<Expr>,
        /// The type of the result.
        ty: ColumnType,
    },
}

impl Expr {
    /// The type of the expression's value.
    pub fn ty(&self) -> &ColumnType {
        match self {
            Self::Column { ty, .. } | Self::Literal { ty, .. } | Self::Call { ty, .. } => ty,
        }
    }

    /// The column's name when the expression is nothing but a column.
    pub fn as_column(&self) -> Option<&str> {
        match self {
            Self::Column { name, .. } => Some(name),
            Self::Literal { .. } | Self::Call { .. } => None,
        }
    }

    /// Calls `visit` with the name of every column the expression reads, in source order, repeats included.
    pub fn visit_columns<'a>(&'a self, visit: &mut impl FnMut(&'a str)) {
        match self {
            Self::Column { name, .. } => visit(name),
            Self::Literal { .. } => {}
            Self::Call { args, .. } => args.iter().for_each(|arg| arg.visit_columns(visit)),
        }
    }

    /// A text constant.
    pub fn text(value: &str) -> Self {
        Self::Literal { value: Literal::Text(value.to_owned()), ty: Type::Text.required() }
    }

    /// An integer constant.
    pub fn int(value: i64) -> Self {
        Self::Literal { value: Literal::Int(value), ty: Type::Int64.required() }
    }
}

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
    /// `length(t)`: code points of a text, bytes of bytes; int64.
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
    /// `contains(t, part)`
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
}
