//! Turns values into text for people and programs. Never decides anything and never does I/O.

pub(crate) mod diagnostic;
pub(crate) mod expr;
pub(crate) mod impact;
pub(crate) mod json;
pub(crate) mod layout;
pub(crate) mod lineage;
pub(crate) mod openlineage;
pub(crate) mod outline;
pub(crate) mod plan;
pub(crate) mod status;
pub(crate) mod words;
