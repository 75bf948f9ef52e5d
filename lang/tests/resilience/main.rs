//! Whatever the text: parsing and formatting never panic, formatting twice changes nothing, the tree stays
//! the same, and no character but blanks, commas and backticks is lost.

#[path = "../support/mod.rs"]
mod support;

#[path = "../support/damage.rs"]
mod damage;

mod adversarial;
mod mutations;
mod property;

const EXAMPLE: &str = include_str!("../../../examples/orders/orders.mig");

/// What the example does not show.
const EVERYTHING: &str = include_str!("../fixtures/everything.mig");

/// Checks one text; `what` names it when it fails.
fn check(text: &str, what: &str) {
    property::parses(text, what);
    property::formats(text, what);
}
