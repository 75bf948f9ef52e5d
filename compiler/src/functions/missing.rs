//! Functions of missing values, and of values that may be wrong.

use mig_plan::Function;

use super::{Accepts, FunctionInfo, Gives, VALUE, example, parameter, plain, variadic};

/// The functions, in the order of the reference.
pub(super) static FUNCTIONS: &[FunctionInfo] = &[
    variadic(
        Function::Else,
        "coalesce",
        VALUE,
        Gives::Common,
        "The first value that is not null; `a else b` is the same for two.",
        &[example("coalesce(null, \"b\", \"c\")", "\"b\"")],
    ),
    plain(
        Function::NullIf,
        "nullif",
        &[parameter("value", Accepts::Any), parameter("nothing", Accepts::Any)],
        Gives::NullableFirst,
        "Null when both values are equal, otherwise the first.",
        &[example("nullif(\"\", \"\")", "null"), example("nullif(\"a\", \"\")", "\"a\"")],
    ),
    plain(
        Function::IsNull,
        "is_null",
        VALUE,
        Gives::Known,
        "Whether a value is missing.",
        &[example("is_null(nullif(\"\", \"\"))", "true")],
    ),
    plain(
        Function::Try,
        "try",
        VALUE,
        Gives::Tried,
        "The value, or null where it has an error: the spelled-out way to lose values that do not fit.",
        &[example("try(int64(\"12\"))", "12"), example("try(int64(\"12 pieces\"))", "null")],
    ),
    variadic(
        Function::Lookup,
        "map",
        &[parameter("value", Accepts::Any), parameter("table", Accepts::Pair)],
        Gives::LookedUp,
        "What a small table says of a value: constants, each with the constant it becomes. Without a match null; `else` says what stands in.",
        &[
            example("map(\"o\", \"o\": \"open\", \"c\": \"closed\")", "\"open\""),
            example("map(\"x\", \"o\": \"open\", \"c\": \"closed\") else \"unknown\"", "\"unknown\""),
            example("map(2, 1: 10, 2: 20)", "20"),
        ],
    ),
];
