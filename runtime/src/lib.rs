//! The runtime: stores, journal and executor. Runs exactly the plan it is given and never plans.

pub mod arrow_types;
pub mod catalog;
mod cells;
pub mod clock;
pub mod decide;
pub mod eval;
#[cfg(test)]
mod fixture;
pub mod journal;
pub mod key;
pub mod lease;
#[cfg(test)]
mod memory_store;
pub mod progress;
pub mod row_hash;
mod scan;
pub mod settings;
pub mod state;
pub mod store;
mod task;
pub mod transfer;
