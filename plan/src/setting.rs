//! Settings that may be secret, and the stores they configure.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A text, or the name of an environment variable that holds it.
///
/// A variable is resolved only when a step runs, so that its value is never in a plan, a journal, a log
/// or an error.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Setting {
    /// A text that stands in the source.
    Text(String),
    /// The name of an environment variable, `env.NAME` in the source.
    Env(String),
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Env(name) => write!(f, "env.{name}"),
        }
    }
}

/// The kinds of stores that an adapter exists for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoreKind {
    /// A SQLite database file.
    Sqlite,
    /// A PostgreSQL database.
    Postgres,
    /// A database of MySQL or MariaDB.
    Mysql,
    /// A folder of Parquet files.
    Parquet,
    /// A folder of CSV files with a header line.
    Csv,
    /// A folder of JSON Lines files.
    Jsonl,
    /// A folder of Arrow IPC files.
    Arrow,
}

impl StoreKind {
    /// Every kind, with its keyword in the language and a sentence about it.
    pub const ALL: [(&'static str, Self, &'static str); 7] = [
        ("sqlite", Self::Sqlite, "A SQLite database file."),
        ("postgres", Self::Postgres, "A PostgreSQL database."),
        ("mysql", Self::Mysql, "A database of MySQL or MariaDB."),
        (
            "parquet",
            Self::Parquet,
            "A folder with one Parquet file, or one folder of Parquet files, per table.",
        ),
        (
            "csv",
            Self::Csv,
            "A folder with one CSV file, or one folder of them, per table; a header line, commas and UTF-8 when nothing else is said.",
        ),
        ("jsonl", Self::Jsonl, "A folder with one JSON Lines file, or one folder of them, per table."),
        (
            "arrow",
            Self::Arrow,
            "A folder with one Arrow IPC file (Feather, version 2), or one folder of them, per table.",
        ),
    ];

    /// The keyword in the language.
    pub fn keyword(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind, _)| *kind == self).map_or("?", |(keyword, _, _)| keyword)
    }
}

impl fmt::Display for StoreKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.keyword())
    }
}

/// How much of a store a run may use in a second, reading and writing together; nothing is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// Rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows_per_second: Option<u64>,
    /// Bytes of the rows as Arrow batches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_per_second: Option<u64>,
}

impl Limit {
    /// Whether there is no limit.
    pub fn is_none(&self) -> bool {
        self.rows_per_second.is_none() && self.bytes_per_second.is_none()
    }
}

/// A store as the source configures it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreConfig {
    /// Which adapter.
    pub kind: StoreKind,
    /// Where it is: `url` of a database, `path` of a file or folder (relative to the migration's folder).
    pub location: Setting,
    /// How many connections (for file stores: open files) a run may use at once; at least 1.
    pub connections: u32,
    /// How many rows and bytes a second a run may read from it and write to it.
    #[serde(default, skip_serializing_if = "Limit::is_none")]
    pub limit: Limit,
    /// Further settings by name, for adapters that have them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, Setting>,
}
