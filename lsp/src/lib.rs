//! The language server: what an editor is told about a folder of `.mig` files.
//!
//! ```text
//! message ─ order ─► Editor (the one owner of texts) ─► Arc<Snapshot> ─ feature ─► answer ─ convert ─► message
//! ```
//!
//! [`order`] sees every message in the order in which it was sent. Edits change the [`editor::Editor`] there and then;
//! every other message is given the [`snapshot::Snapshot`] of that moment, so that handlers may run side by side and
//! still answer for the text that the client had when it asked. Features are pure functions over a snapshot, one file
//! each under `features/`, and know no type of the protocol; `server/` speaks it.
//!
//! It reads `.mig` files and nothing else. What the world around a migration looks like (the catalog, the schemas of
//! the stores) is told by a [`Host`], which never asks the network unless a command refreshes it.

mod editor;
mod features;
#[cfg(test)]
mod fixture;
mod host;
mod order;
mod server;
mod snapshot;
mod symbol;
mod text;

pub use host::{About, Host, Known, Review, Texts, Unknown};
pub use server::serve;
