//! What each kind of store can do: one table that checks and the generated reference read.
//!
//! What a store can keep of a type follows from it in the compiler; how a store does it is its adapter's.

use crate::{MAX_PRECISION, StoreKind};

/// What a kind of store can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abilities {
    /// How many parts a table's path has inside the store: at least and at most.
    pub path_parts: (usize, usize),
    /// Whether names that differ by case alone may be one: always so, or on some disks.
    pub folds_case: bool,
    /// What makes a chunk and its receipt appear at once.
    pub commit: Commit,
    /// Which views it has.
    pub views: Views,
    /// Whether it refuses a second row of one key.
    pub enforces_keys: bool,
    /// Which lists it keeps.
    pub lists: Lists,
    /// How many digits behind a decimal's point it keeps.
    pub decimal_places: u8,
}

/// Which views a store has, and what points one to another table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Views {
    /// None.
    None,
    /// A transaction.
    Transaction,
    /// One statement, which is done whole or not at all and commits what is open.
    Statement,
}

/// What makes a chunk and its receipt appear at once, or not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commit {
    /// A transaction.
    Transaction,
    /// A file gets its name. Tables are folders.
    Renaming,
}

/// Which lists a store keeps; where not all, why, and what keeps them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lists {
    /// None.
    None(&'static str),
    /// Lists of what is no list.
    OneLevel(&'static str),
    /// All but those whose items are JSON and may be missing.
    WithoutMissingJson(&'static str),
    /// All.
    All,
}

/// What the kinds of folders of files have in common.
const FOLDER: Abilities = Abilities {
    // A folder per schema, so that `lake.archive.orders` works wherever the lake is.
    path_parts: (1, 2),
    folds_case: true,
    commit: Commit::Renaming,
    views: Views::None,
    enforces_keys: false,
    lists: Lists::All,
    decimal_places: MAX_PRECISION,
};

impl StoreKind {
    /// What stores of the kind can do.
    pub const fn abilities(self) -> Abilities {
        match self {
            Self::Sqlite => Abilities {
                path_parts: (1, 1),
                folds_case: true,
                commit: Commit::Transaction,
                views: Views::Transaction,
                enforces_keys: true,
                lists: Lists::None("SQLite has no lists: carry the column as `json` or leave it behind."),
                decimal_places: MAX_PRECISION,
            },
            Self::Postgres => Abilities {
                path_parts: (1, 2),
                folds_case: false,
                commit: Commit::Transaction,
                views: Views::Transaction,
                enforces_keys: true,
                lists: Lists::OneLevel(
                    "PostgreSQL has no lists of lists, only arrays whose rows are all of one length.",
                ),
                decimal_places: MAX_PRECISION,
            },
            Self::Mysql => Abilities {
                path_parts: (1, 1),
                // Columns always, tables by the server's settings.
                folds_case: true,
                commit: Commit::Transaction,
                views: Views::Statement,
                enforces_keys: true,
                lists: Lists::None("MySQL has no lists: carry the column as `json` or leave it behind."),
                // MariaDB keeps 38, MySQL does not.
                decimal_places: 30,
            },
            Self::Parquet | Self::Arrow => FOLDER,
            Self::Csv => Abilities {
                lists: Lists::None("A cell of CSV holds no list: use a jsonl or parquet store."),
                ..FOLDER
            },
            Self::Jsonl => Abilities {
                lists: Lists::WithoutMissingJson(
                    "JSON writes a missing item and the JSON value null alike: use `list(json)` or a parquet store.",
                ),
                ..FOLDER
            },
        }
    }
}
