//! Real servers for tests: starts them, gives fresh databases, and never leaves one behind.
//!
//! Nothing here is simulated and nothing skips: a server whose programs are missing panics with the
//! command that installs them.

mod backstage;
mod keeper;
mod mariadb;
pub mod measure;
mod npm;
pub mod peers;
mod port;
mod postgres;
mod prometheus;
mod proxy;
mod python;
mod session;
mod storage;
pub mod wide;

pub use backstage::Backstage;
pub use mariadb::{Mariadb, MariadbDatabase};
pub use npm::npm_project;
pub use postgres::{Database, Postgres};
pub use prometheus::{Prometheus, Service};
pub use proxy::Proxy;
pub use session::Session;
pub use storage::ObjectServer;
