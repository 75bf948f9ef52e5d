//! Functions of JSON. A path is a JSON Pointer (RFC 6901): the names of members and the places of items from
//! 0, each behind a `/`; the empty text is the whole document. Of members of one name the last one counts.

use mig_plan::{Function, Type};

use super::{Accepts, FunctionInfo, Gives, Parameter, VALUE, example, parameter, plain};

const AT_PATH: &[Parameter] =
    &[parameter("json", Accepts::OneOf(&[Type::Json])), parameter("path", Accepts::JsonPath)];

/// The functions, in the order of the reference.
pub(super) static FUNCTIONS: &[FunctionInfo] = &[
    plain(
        Function::JsonGet,
        "json_get",
        AT_PATH,
        Gives::Maybe(Type::Json),
        "The value at a path as it is written there; null when nothing is there.",
        &[
            example("json_get(json(\"{\\\"a\\\": [10, \\\"x\\\", null, 2.50, true]}\"), \"/a/3\")", "2.50"),
            example("json_get(json(\"{\\\"a\\\": [10, \\\"x\\\", null, 2.50, true]}\"), \"/b\")", "null"),
        ],
    ),
    plain(
        Function::JsonHas,
        "json_has",
        AT_PATH,
        Gives::Always(Type::Bool),
        "Whether something is at a path, be it `null`.",
        &[
            example("json_has(json(\"{\\\"a\\\": [10, \\\"x\\\", null, 2.50, true]}\"), \"/a/2\")", "true"),
            example("json_has(json(\"{\\\"a\\\": [10, \\\"x\\\", null, 2.50, true]}\"), \"/b\")", "false"),
        ],
    ),
    plain(
        Function::JsonText,
        "json_text",
        AT_PATH,
        Gives::Maybe(Type::Text),
        "The text of a string at a path; null when nothing or `null` is there. Another value is an error of the row; `text(json_get(json, path))` takes each.",
        &[example("json_text(json(\"{\\\"a\\\": [10, \\\"x\\\", null, 2.50, true]}\"), \"/a/1\")", "\"x\"")],
    ),
    plain(
        Function::JsonInt,
        "json_int",
        AT_PATH,
        Gives::Maybe(Type::Int64),
        "A whole number at a path; null when nothing or `null` is there. Another value is an error of the row.",
        &[example("json_int(json(\"{\\\"a\\\": [10, \\\"x\\\", null, 2.50, true]}\"), \"/a/0\")", "10")],
    ),
    plain(
        Function::JsonDecimal,
        "json_decimal",
        &[
            parameter("json", Accepts::OneOf(&[Type::Json])),
            parameter("path", Accepts::JsonPath),
            parameter("precision", Accepts::Constant { least: 1, most: 38 }),
            parameter("scale", Accepts::Constant { least: 0, most: 38 }),
        ],
        Gives::MaybeDecimal,
        "A number at a path, by its digits; null when nothing or `null` is there. A number that does not fit and another value are errors of the row.",
        &[example(
            "json_decimal(json(\"{\\\"a\\\": [10, \\\"x\\\", null, 2.50, true]}\"), \"/a/3\", 12, 2)",
            "2.50",
        )],
    ),
    plain(
        Function::JsonBool,
        "json_bool",
        AT_PATH,
        Gives::Maybe(Type::Bool),
        "`true` or `false` at a path; null when nothing or `null` is there. Another value is an error of the row.",
        &[example("json_bool(json(\"{\\\"a\\\": [10, \\\"x\\\", null, 2.50, true]}\"), \"/a/4\")", "true")],
    ),
    plain(
        Function::ToJson,
        "to_json",
        VALUE,
        Gives::Always(Type::Json),
        "The value as JSON: a number, `true` or `false`, an array for a list, JSON as it is, and a string of the canonical text for everything else. NaN and infinities are errors of the row.",
        &[
            example("to_json(\"a \\\"b\\\"\")", "\"a \\\"b\\\"\""),
            example("to_json([\"a\", \"b\"])", "[\"a\",\"b\"]"),
        ],
    ),
];
