//! What the parser makes of a text: each snapshot shows SOURCE, then TREE, then ERRORS.

#[path = "../support/mod.rs"]
mod support;

mod orders;
