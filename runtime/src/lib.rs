//! The runtime: stores, journal and executor. Runs exactly the plan it is given and never plans.

pub mod arrow_types;
pub mod catalog;
pub mod clock;
pub mod decide;
#[cfg(test)]
mod fixture;
pub mod journal;
pub mod lease;
pub mod settings;
pub mod state;
pub mod store;
