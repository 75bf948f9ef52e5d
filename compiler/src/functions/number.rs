//! Functions of numbers. What does not fit its type is an error of the row.

use mig_plan::{Function, Type};

use super::{Accepts, FunctionInfo, Gives, NUMBER, example, parameter, plain, variadic};

/// The functions, in the order of the reference.
pub(super) static FUNCTIONS: &[FunctionInfo] = &[
    plain(
        Function::Abs,
        "abs",
        NUMBER,
        Gives::LikeFirst,
        "The number without its sign.",
        &[example("abs(-2.50)", "2.50")],
    ),
    plain(
        Function::Sign,
        "sign",
        NUMBER,
        Gives::Always(Type::Int8),
        "-1, 0 or 1. Of NaN it is an error of the row.",
        &[example("sign(-2.50)", "-1")],
    ),
    plain(
        Function::Round,
        "round",
        &[
            parameter("number", Accepts::Number),
            parameter("digits", Accepts::Constant { least: 0, most: 38 }),
        ],
        Gives::Rounded,
        "The number with so many digits after the point, half away from zero: the spelled-out way to lose digits.",
        &[example("round(2.675, 2)", "2.68"), example("round(-2.5, 0)", "-3")],
    ),
    plain(
        Function::Truncate,
        "truncate",
        &[
            parameter("number", Accepts::Number),
            parameter("digits", Accepts::Constant { least: 0, most: 38 }),
        ],
        Gives::Rounded,
        "The number with so many digits after the point, the others left out.",
        &[example("truncate(2.679, 2)", "2.67"), example("truncate(-2.5, 0)", "-2")],
    ),
    plain(
        Function::Floor,
        "floor",
        NUMBER,
        Gives::Whole,
        "The greatest whole number that is not greater.",
        &[example("floor(-2.5)", "-3")],
    ),
    plain(
        Function::Ceil,
        "ceil",
        NUMBER,
        Gives::Whole,
        "The least whole number that is not less.",
        &[example("ceil(2.1)", "3")],
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
        &[example("divide(200, 3, 2)", "66.67")],
    ),
    plain(
        Function::Quotient,
        "quotient",
        &[parameter("dividend", Accepts::Integer), parameter("divisor", Accepts::Integer)],
        Gives::Always(Type::Int64),
        "The whole quotient toward zero, the rest left out; the rest is `dividend % divisor`.",
        &[example("quotient(-7, 2)", "-3")],
    ),
    plain(
        Function::Modulo,
        "modulo",
        &[parameter("dividend", Accepts::Integer), parameter("divisor", Accepts::Integer)],
        Gives::Always(Type::Int64),
        "The remainder with the sign of the divisor; that of `%` has the sign of the dividend.",
        &[example("modulo(-7, 3)", "2")],
    ),
    variadic(
        Function::Least,
        "least",
        &[parameter("value", Accepts::Ordered)],
        Gives::CommonStrict,
        "The least value, in the order of `<`.",
        &[example("least(3, 1, 2)", "1")],
    ),
    variadic(
        Function::Greatest,
        "greatest",
        &[parameter("value", Accepts::Ordered)],
        Gives::CommonStrict,
        "The greatest value, in the order of `<`.",
        &[example("greatest(\"2024-01-31\", \"2024-02-01\")", "\"2024-02-01\"")],
    ),
    plain(
        Function::NearestFloat32,
        "nearest_float32",
        NUMBER,
        Gives::Always(Type::Float32),
        "The nearest binary floating-point number of 32 bits: the spelled-out way to lose digits. `float32` takes a number only when nothing is lost.",
        &[example("nearest_float32(16777217)", "16777216")],
    ),
    plain(
        Function::NearestFloat64,
        "nearest_float64",
        NUMBER,
        Gives::Always(Type::Float64),
        "The nearest binary floating-point number of 64 bits: the spelled-out way to lose digits. `float64` takes a number only when nothing is lost.",
        &[example("nearest_float64(9007199254740993)", "9007199254740992")],
    ),
];
