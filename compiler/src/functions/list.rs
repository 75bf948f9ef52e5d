//! Functions of lists. `length` and `contains` take lists too, and `split` makes one.

use mig_plan::{Function, Type};

use super::{Accepts, FunctionInfo, Gives, example, parameter, plain};

/// The functions, in the order of the reference.
pub(super) static FUNCTIONS: &[FunctionInfo] = &[
    plain(
        Function::Element,
        "element",
        &[parameter("list", Accepts::List), parameter("place", Accepts::Integer)],
        Gives::Item,
        "The item at a place, the first of which is 1; null past the end. A place before 1 is an error of the row.",
        &[example("element([\"a\", \"b\"], 2)", "\"b\""), example("element([\"a\", \"b\"], 3)", "null")],
    ),
    plain(
        Function::Join,
        "join",
        &[parameter("list", Accepts::Texts), parameter("separator", Accepts::Text)],
        Gives::Always(Type::Text),
        "The texts with a separator between them; missing items are left out.",
        &[example("join([\"a\", \"b\"], \", \")", "\"a, b\"")],
    ),
];
