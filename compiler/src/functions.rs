//! The functions that expressions call: one table for checking, completion, hover and the reference.
//!
//! Operators are not here: they are `typing/operators.rs`. What a function computes is the runtime's; what
//! it takes and gives is said here once.

use mig_plan::{Function, Type};

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepts {
    /// A value of any type.
    Any,
    /// A text.
    Text,
    /// A text or bytes.
    TextOrBytes,
    /// An integer, a decimal or a float.
    Number,
    /// An integer or a decimal.
    Exact,
    /// An integer.
    Integer,
    /// A boolean.
    Bool,
    /// A `datetime`.
    Datetime,
    /// A `timestamp`.
    Timestamp,
    /// A value that can be ordered: a number, a text, a date or the like.
    Ordered,
    /// A whole number that stands in the source, in this range.
    Constant {
        /// The least.
        least: i64,
        /// The greatest.
        most: i64,
    },
    /// The name of an IANA time zone, a text that stands in the source.
    Zone,
}

impl Accepts {
    /// What it takes, in words.
    pub fn words(self) -> String {
        match self {
            Self::Any => "any value".to_owned(),
            Self::Text => "a text".to_owned(),
            Self::TextOrBytes => "a text or bytes".to_owned(),
            Self::Number => "a number".to_owned(),
            Self::Exact => "an integer or a decimal".to_owned(),
            Self::Integer => "an integer".to_owned(),
            Self::Bool => "a condition".to_owned(),
            Self::Datetime => "a datetime".to_owned(),
            Self::Timestamp => "a timestamp".to_owned(),
            Self::Ordered => "a value with an order".to_owned(),
            Self::Constant { least, most } => format!("a number from {least} to {most}"),
            Self::Zone => "the name of a time zone, as in \"Europe/Paris\"".to_owned(),
        }
    }
}

/// One parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name, by which an argument can be given: `zone: "Europe/Paris"`.
    pub name: &'static str,
    /// What it takes.
    pub accepts: Accepts,
}

/// How the type of the result follows from the arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gives {
    /// Always this type, null when an argument is null.
    Always(Type),
    /// The first argument's type, null when an argument is null.
    LikeFirst,
    /// The first argument's type without digits after the point.
    Whole,
    /// The first argument's type with as many digits after the point as the second says.
    Rounded,
    /// A decimal with as many digits after the point as the third argument says.
    Divided,
    /// A cast to this type.
    Cast(Type),
    /// A cast to the decimal that the second and third arguments say.
    CastDecimal,
    /// The type that all arguments have in common; null when all are.
    Common,
    /// The first argument's type, nullable.
    NullableFirst,
    /// `bool`, never null.
    Known,
    /// An aggregate's count: `int64`, never null.
    Count,
    /// An aggregate's sum: a type that holds it, null over no rows.
    Sum,
    /// An aggregate's least or greatest value: the argument's type, null over no rows.
    Extreme,
}

impl Gives {
    /// The result's type, in words.
    pub fn words(&self) -> String {
        match self {
            Self::Always(ty) | Self::Cast(ty) => ty.to_string(),
            Self::LikeFirst => "the type of the first argument".to_owned(),
            Self::Whole => "the type of the first argument, a decimal without scale".to_owned(),
            Self::Rounded => {
                "the type of the first argument, a decimal with so many digits as scale".to_owned()
            }
            Self::Divided => "a decimal of that scale".to_owned(),
            Self::CastDecimal => "decimal(precision, scale)".to_owned(),
            Self::Common => "the type that the arguments have in common".to_owned(),
            Self::NullableFirst => "the type of the first argument, nullable".to_owned(),
            Self::Known => "bool".to_owned(),
            Self::Count => "int64".to_owned(),
            Self::Sum => "int64, decimal(38, scale) or float64, nullable".to_owned(),
            Self::Extreme => "the type of the argument, nullable".to_owned(),
        }
    }
}

/// What a call becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// A function over the values of a row.
    Row(Function),
    /// An aggregate over all rows, in `require` alone.
    Aggregate,
}

/// One function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionInfo {
    /// Its name.
    pub name: &'static str,
    /// Its parameters in order.
    pub parameters: &'static [Parameter],
    /// How many of them must be given; the others may be left out.
    pub required: usize,
    /// Whether the last parameter may be given any number of times.
    pub variadic: bool,
    /// Its result.
    pub gives: Gives,
    /// What a call becomes.
    pub meaning: Meaning,
    /// What it does, in a sentence.
    pub doc: &'static str,
    /// A call.
    pub example: &'static str,
}

impl FunctionInfo {
    /// Its name and parameters as a call shows them: `substring(text, start, length)`.
    pub fn signature(&self) -> String {
        let mut parameters: Vec<&str> = self.parameters.iter().map(|parameter| parameter.name).collect();
        if self.variadic {
            parameters.push("…");
        }
        format!("{}({})", self.name, parameters.join(", "))
    }
}

/// The function of that name.
pub fn function(name: &str) -> Option<&'static FunctionInfo> {
    FUNCTIONS.iter().find(|info| info.name == name)
}

const fn parameter(name: &'static str, accepts: Accepts) -> Parameter {
    Parameter { name, accepts }
}

const TEXT: &[Parameter] = &[parameter("text", Accepts::Text)];
const VALUE: &[Parameter] = &[parameter("value", Accepts::Any)];
const NUMBER: &[Parameter] = &[parameter("number", Accepts::Number)];

const fn plain(
    function: Function,
    name: &'static str,
    parameters: &'static [Parameter],
    gives: Gives,
    doc: &'static str,
    example: &'static str,
) -> FunctionInfo {
    FunctionInfo {
        name,
        parameters,
        required: parameters.len(),
        variadic: false,
        gives,
        meaning: Meaning::Row(function),
        doc,
        example,
    }
}

const fn cast(name: &'static str, ty: Type, doc: &'static str, example: &'static str) -> FunctionInfo {
    plain(Function::Cast, name, VALUE, Gives::Cast(ty), doc, example)
}

const fn aggregate(
    name: &'static str,
    parameters: &'static [Parameter],
    required: usize,
    gives: Gives,
    doc: &'static str,
    example: &'static str,
) -> FunctionInfo {
    let meaning = Meaning::Aggregate;
    FunctionInfo { name, parameters, required, variadic: false, gives, meaning, doc, example }
}

/// Every function. Those of one concern stand together.
pub static FUNCTIONS: &[FunctionInfo] = &[
    // Text.
    plain(Function::Lower, "lower", TEXT, Gives::LikeFirst, "In lower case (Unicode).", "lower(state)"),
    plain(Function::Upper, "upper", TEXT, Gives::LikeFirst, "In upper case (Unicode).", "upper(country)"),
    plain(
        Function::Trim,
        "trim",
        TEXT,
        Gives::LikeFirst,
        "Without white space (Unicode) at both ends.",
        "trim(state)",
    ),
    plain(
        Function::Length,
        "length",
        &[parameter("value", Accepts::TextOrBytes)],
        Gives::Always(Type::Int64),
        "How many code points a text has, or how many bytes there are.",
        "length(state)",
    ),
    FunctionInfo {
        name: "concat",
        parameters: TEXT,
        required: 1,
        variadic: true,
        gives: Gives::Always(Type::Text),
        meaning: Meaning::Row(Function::Concat),
        doc: "The texts joined, as `a ++ b` does; null when one is null.",
        example: "concat(first_name, \" \", last_name)",
    },
    plain(
        Function::Replace,
        "replace",
        &[parameter("text", Accepts::Text), parameter("from", Accepts::Text), parameter("to", Accepts::Text)],
        Gives::Always(Type::Text),
        "With every occurrence of one text replaced by another.",
        "replace(phone, \" \", \"\")",
    ),
    plain(
        Function::Substring,
        "substring",
        &[
            parameter("text", Accepts::Text),
            parameter("start", Accepts::Integer),
            parameter("length", Accepts::Integer),
        ],
        Gives::Always(Type::Text),
        "So many code points of a text from a place on, the first of which is 1; past the end it is shorter.",
        "substring(iban, 1, 2)",
    ),
    plain(
        Function::StartsWith,
        "starts_with",
        &[parameter("text", Accepts::Text), parameter("prefix", Accepts::Text)],
        Gives::Always(Type::Bool),
        "Whether a text starts with another.",
        "starts_with(sku, \"B-\")",
    ),
    plain(
        Function::EndsWith,
        "ends_with",
        &[parameter("text", Accepts::Text), parameter("suffix", Accepts::Text)],
        Gives::Always(Type::Bool),
        "Whether a text ends with another.",
        "ends_with(email, \"@acme.dev\")",
    ),
    plain(
        Function::Contains,
        "contains",
        &[parameter("text", Accepts::Text), parameter("part", Accepts::Text)],
        Gives::Always(Type::Bool),
        "Whether a text has another in it.",
        "contains(email, \"@\")",
    ),
    plain(
        Function::Sha256,
        "sha256",
        &[parameter("value", Accepts::TextOrBytes)],
        Gives::Always(Type::Text),
        "The SHA-256 of a text's UTF-8 or of bytes, as 64 lower-case hexadecimal digits.",
        "sha256(email)",
    ),
    // Missing values.
    FunctionInfo {
        name: "coalesce",
        parameters: VALUE,
        required: 1,
        variadic: true,
        gives: Gives::Common,
        meaning: Meaning::Row(Function::Else),
        doc: "The first value that is not null; `a else b` is the same for two.",
        example: "coalesce(mobile, phone, \"\")",
    },
    plain(
        Function::NullIf,
        "nullif",
        &[parameter("value", Accepts::Any), parameter("nothing", Accepts::Any)],
        Gives::NullableFirst,
        "Null when both values are equal, otherwise the first.",
        "nullif(trim(email), \"\")",
    ),
    plain(Function::IsNull, "is_null", VALUE, Gives::Known, "Whether a value is missing.", "is_null(email)"),
    // Numbers.
    plain(Function::Abs, "abs", NUMBER, Gives::LikeFirst, "The number without its sign.", "abs(balance)"),
    plain(
        Function::Round,
        "round",
        &[
            parameter("number", Accepts::Number),
            parameter("digits", Accepts::Constant { least: 0, most: 38 }),
        ],
        Gives::Rounded,
        "The number with so many digits after the point, half away from zero.",
        "round(price, 2)",
    ),
    plain(
        Function::Floor,
        "floor",
        NUMBER,
        Gives::Whole,
        "The greatest whole number that is not greater.",
        "floor(price)",
    ),
    plain(
        Function::Ceil,
        "ceil",
        NUMBER,
        Gives::Whole,
        "The least whole number that is not less.",
        "ceil(price)",
    ),
    plain(
        Function::DivideRounded,
        "divide",
        &[
            parameter("dividend", Accepts::Exact),
            parameter("divisor", Accepts::Exact),
            parameter("scale", Accepts::Constant { least: 0, most: 38 }),
        ],
        Gives::Divided,
        "The quotient with so many digits after the point, rounded half away from zero; `/` never rounds.",
        "divide(total_cents, 3, 2)",
    ),
    // Time.
    plain(
        Function::Utc,
        "utc",
        &[parameter("datetime", Accepts::Datetime), parameter("zone", Accepts::Zone)],
        Gives::Always(Type::Timestamp),
        "The instant at which clocks in a zone show a date and time; one that they skip or show twice is an error of the row.",
        "utc(placed, zone: \"Europe/Paris\")",
    ),
    plain(
        Function::Local,
        "local",
        &[parameter("timestamp", Accepts::Timestamp), parameter("zone", Accepts::Zone)],
        Gives::Always(Type::Datetime),
        "What clocks in a zone show at an instant.",
        "local(placed_at, zone: \"Europe/Paris\")",
    ),
    plain(
        Function::FromUnix,
        "from_unix",
        &[parameter("seconds", Accepts::Integer)],
        Gives::Always(Type::Timestamp),
        "The instant so many seconds after 1970-01-01T00:00:00Z.",
        "from_unix(created)",
    ),
    plain(
        Function::ToUnix,
        "to_unix",
        &[parameter("timestamp", Accepts::Timestamp)],
        Gives::Always(Type::Int64),
        "The seconds from 1970-01-01T00:00:00Z to an instant; a fraction of a second is an error of the row.",
        "to_unix(placed_at)",
    ),
    // Casts: named by their type.
    cast("bool", Type::Bool, "A truth value: of 0 and 1, or of \"true\" and \"false\".", "bool(active)"),
    cast("int8", Type::Int8, "An integer from -128 to 127.", "int8(level)"),
    cast("int16", Type::Int16, "An integer from -32,768 to 32,767.", "int16(year)"),
    cast("int32", Type::Int32, "An integer of 32 bits.", "int32(quantity)"),
    cast("int64", Type::Int64, "An integer of 64 bits.", "int64(order_no)"),
    cast("float32", Type::Float32, "A binary floating-point number of 32 bits.", "float32(ratio)"),
    cast("float64", Type::Float64, "A binary floating-point number of 64 bits.", "float64(ratio)"),
    plain(
        Function::Cast,
        "decimal",
        &[
            parameter("value", Accepts::Any),
            parameter("precision", Accepts::Constant { least: 1, most: 38 }),
            parameter("scale", Accepts::Constant { least: 0, most: 38 }),
        ],
        Gives::CastDecimal,
        "A decimal number of so many digits, some of them after the point.",
        "decimal(total_cents, 12, 2)",
    ),
    cast("text", Type::Text, "The value's canonical text.", "text(order_no)"),
    cast("bytes", Type::Bytes, "A text's UTF-8, or a uuid's 16 bytes.", "bytes(payload)"),
    cast("date", Type::Date, "A day: of \"2024-02-29\", or of a datetime at midnight.", "date(born)"),
    cast("time", Type::Time, "A time of day: of \"13:05:00\".", "time(opens)"),
    cast(
        "timestamp",
        Type::Timestamp,
        "An instant: of \"2024-02-29T13:05:00Z\". A datetime needs a zone: `utc`.",
        "timestamp(seen)",
    ),
    cast(
        "datetime",
        Type::Datetime,
        "A date and a time of day without zone: of \"2024-02-29T13:05:00\", or of a date at midnight.",
        "datetime(placed)",
    ),
    cast("uuid", Type::Uuid, "A UUID: of its text, or of 16 bytes.", "uuid(id)"),
    cast("json", Type::Json, "A JSON document: of its text.", "json(payload)"),
    // Aggregates: over the rows of a new table, in `require`.
    aggregate(
        "count",
        &[parameter("condition", Accepts::Bool)],
        0,
        Gives::Count,
        "How many rows there are, or how many for which a condition holds. In `require`.",
        "count(total < 0)",
    ),
    aggregate(
        "sum",
        NUMBER,
        1,
        Gives::Sum,
        "The sum over all rows; null over none. In `require`.",
        "sum(total)",
    ),
    aggregate(
        "min",
        &[parameter("value", Accepts::Ordered)],
        1,
        Gives::Extreme,
        "The least value of all rows; null over none. In `require`.",
        "min(placed_at)",
    ),
    aggregate(
        "max",
        &[parameter("value", Accepts::Ordered)],
        1,
        Gives::Extreme,
        "The greatest value of all rows; null over none. In `require`.",
        "max(placed_at)",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_every_simple_type_has_its_cast() {
        let mut names: Vec<&str> = FUNCTIONS.iter().map(|info| info.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FUNCTIONS.len());
        for (name, ty) in Type::SIMPLE {
            assert_eq!(function(name).expect(name).gives, Gives::Cast(ty));
        }
    }
}
