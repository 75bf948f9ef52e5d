//! The program as a user meets it: command lines in, words and exit codes out. Every test runs the real
//! binary in a folder of its own.

mod aggregates;
mod apply;
mod approvals;
mod bad_inputs;
mod buckets;
mod check;
mod complete;
mod demo;
mod diff;
mod fixes;
mod fmt;
mod folders;
mod help;
mod house;
mod impact;
mod init;
mod limits;
mod lineage;
mod lsp;
mod metrics;
mod offline;
mod pages;
mod plans;
mod rollback;
mod secrets;
