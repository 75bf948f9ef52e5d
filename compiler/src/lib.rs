//! The compiler: names resolved, a program checked against a world that is given as values, a plan.
//!
//! Pure: the same files, catalog and schemas give the same diagnostics and the same plan, byte for byte. It
//! reads no file, no clock, no environment and no network.

pub mod codes;
pub mod functions;
pub mod hir;
mod prose;
mod resolve;
mod shape;
mod source;
mod typing;

pub use resolve::resolve;
