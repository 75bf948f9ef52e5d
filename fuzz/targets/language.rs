//! Sound texts that show the whole language.

/// What the parser and the formatter start from.
pub(crate) const SOUND: &[&str] = &[
    include_str!("../../examples/orders/orders.mig"),
    include_str!("../../lang/tests/fixtures/everything.mig"),
];
