//! Functions over all rows of a new table, in `require` alone.

use super::{Accepts, Example, FunctionInfo, Gives, Meaning, NUMBER, Parameter, example, parameter};

const fn aggregate(
    name: &'static str,
    parameters: &'static [Parameter],
    required: usize,
    gives: Gives,
    doc: &'static str,
    examples: &'static [Example],
) -> FunctionInfo {
    let meaning = Meaning::Aggregate;
    FunctionInfo { name, parameters, required, variadic: false, gives, meaning, doc, examples }
}

/// The functions, in the order of the reference.
pub(super) static FUNCTIONS: &[FunctionInfo] = &[
    aggregate(
        "count",
        &[parameter("condition", Accepts::Bool)],
        0,
        Gives::Count,
        "How many rows there are, or how many for which a condition holds.",
        &[example("count()", "3"), example("count(total < 0)", "1")],
    ),
    aggregate("sum", NUMBER, 1, Gives::Sum, "The sum over all rows.", &[example("sum(total)", "4.00")]),
    aggregate(
        "min",
        &[parameter("value", Accepts::Ordered)],
        1,
        Gives::Extreme,
        "The least value of all rows.",
        &[example("min(total)", "-2.00")],
    ),
    aggregate(
        "max",
        &[parameter("value", Accepts::Ordered)],
        1,
        Gives::Extreme,
        "The greatest value of all rows.",
        &[example("max(total)", "4.50")],
    ),
];
