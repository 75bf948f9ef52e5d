//! The demo: a small shop in a folder of its own, to migrate and to play with.

mod data;
mod files;

pub(crate) use data::ORDERS;
pub(crate) use files::{is_demo, make};
