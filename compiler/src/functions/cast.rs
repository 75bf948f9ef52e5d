//! Casts, named by their type. They lose nothing, or are an error of the row; what loses something has a name of
//! its own: `round`, `truncate`, `floor`, `ceil`, `nearest_float64`, `date_of`, `start_of`, `left`, `try`.

use mig_plan::{Function, Type};

use super::{Accepts, Example, FunctionInfo, Gives, VALUE, example, parameter, plain, variadic};

const fn cast(name: &'static str, ty: Type, doc: &'static str, examples: &'static [Example]) -> FunctionInfo {
    plain(Function::Cast, name, VALUE, Gives::Cast(ty), doc, examples)
}

/// The functions, in the order of the reference.
pub(super) static FUNCTIONS: &[FunctionInfo] = &[
    cast(
        "bool",
        Type::Bool,
        "A truth value: of 0 and 1, or of \"true\" and \"false\".",
        &[example("bool(1)", "true")],
    ),
    cast("int8", Type::Int8, "An integer from -128 to 127.", &[example("int8(\"-12\")", "-12")]),
    cast("int16", Type::Int16, "An integer from -32,768 to 32,767.", &[example("int16(\"2024\")", "2024")]),
    cast("int32", Type::Int32, "An integer of 32 bits.", &[example("int32(\"7\")", "7")]),
    cast("int64", Type::Int64, "An integer of 64 bits.", &[example("int64(12.00)", "12")]),
    cast(
        "float32",
        Type::Float32,
        "A binary floating-point number of 32 bits; a number that is none is an error of the row.",
        &[example("float32(\"0.5\")", "0.5")],
    ),
    cast(
        "float64",
        Type::Float64,
        "A binary floating-point number of 64 bits; a number that is none is an error of the row.",
        &[example("float64(\"0.1\")", "0.1")],
    ),
    plain(
        Function::Cast,
        "decimal",
        &[
            parameter("value", Accepts::Any),
            parameter("precision", Accepts::Constant { least: 1, most: 38 }),
            parameter("scale", Accepts::Constant { least: 0, most: 38 }),
        ],
        Gives::CastDecimal,
        "A decimal number of so many digits, some of them after the point; digits that do not fit are an error of the row.",
        &[example("decimal(\"1042.5\", 12, 2)", "1042.50")],
    ),
    variadic(
        Function::Cast,
        "enum",
        &[parameter("value", Accepts::Any), parameter("label", Accepts::Label)],
        Gives::CastEnum,
        "A text as one of these labels, with the type `enum` of them; a text that is none of them is an error of the row.",
        &[example("enum(\"open\", \"open\", \"paid\")", "\"open\"")],
    ),
    cast(
        "text",
        Type::Text,
        "The value's canonical text.",
        &[example("text(1042)", "\"1042\""), example("text(1.50)", "\"1.50\"")],
    ),
    cast(
        "bytes",
        Type::Bytes,
        "A text's UTF-8, or a uuid's 16 bytes.",
        &[example("bytes(\"añ\")", "61c3b1")],
    ),
    cast(
        "date",
        Type::Date,
        "A day: of \"2024-02-29\", or of a datetime at midnight.",
        &[example("date(\"2024-02-29\")", "2024-02-29")],
    ),
    cast("time", Type::Time, "A time of day: of \"13:05:00\".", &[example("time(\"13:05:00\")", "13:05:00")]),
    cast(
        "timestamp",
        Type::Timestamp,
        "An instant: of \"2024-02-29T13:05:00Z\". A datetime needs a zone: `utc`.",
        &[example("timestamp(\"2024-02-29T15:05:00+02:00\")", "2024-02-29T13:05:00Z")],
    ),
    cast(
        "datetime",
        Type::Datetime,
        "A date and a time of day without zone: of \"2024-02-29T13:05:00\", or of a date at midnight.",
        &[example("datetime(date(\"2024-02-29\"))", "2024-02-29T00:00:00")],
    ),
    cast(
        "uuid",
        Type::Uuid,
        "A UUID: of its text, or of 16 bytes.",
        &[example("uuid(\"67E55044-10b1-426f-9247-bb680e5fe0c8\")", "67e55044-10b1-426f-9247-bb680e5fe0c8")],
    ),
    cast(
        "json",
        Type::Json,
        "A JSON document: of its text.",
        &[example("json(\"{\\\"a\\\": 1}\")", "{\"a\": 1}")],
    ),
];
