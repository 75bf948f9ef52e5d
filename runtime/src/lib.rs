//! The runtime: stores, journal and executor. Runs exactly the plan it is given and never plans.

mod act;
pub mod approvals;
pub mod arrow_types;
pub mod catalog;
mod cells;
pub mod clock;
pub mod compare;
pub mod completion;
pub mod decide;
pub mod eval;
pub mod execute;
#[cfg(test)]
mod fixture;
pub mod journal;
mod json;
pub mod key;
pub mod lease;
#[cfg(test)]
mod memory_store;
mod metrics;
mod notifications;
pub mod observer;
pub mod progress;
mod rate;
mod request;
pub mod retry;
mod rollback_notice;
pub mod row_hash;
mod scan;
pub mod settings;
pub mod stale;
pub mod state;
pub mod status;
pub mod store;
mod task;
pub mod transfer;
mod world;
