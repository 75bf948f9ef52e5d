//! Snapshots of what the stores really hold: tables, columns, nullability, keys.
//!
//! Read by the runtime, given to the compiler as a value, digested into the plan.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{CanonicalError, ColumnType, Digest, digest_json};

/// Where a table lives: a store's name in the source, and the path inside the store
/// (`schema.table` in PostgreSQL, `table` in SQLite and MySQL, a folder or file in a file store).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TableRef {
    /// The store's name in the source.
    pub store: String,
    /// The parts of the path inside the store, outermost first; one or two.
    pub path: Vec<String>,
}

impl TableRef {
    /// The table's own name: the last part of its path.
    pub fn table(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    /// The schema around the table, where the path has one.
    pub fn schema(&self) -> Option<&str> {
        match self.path.as_slice() {
            [schema, _] => Some(schema),
            _ => None,
        }
    }
}

impl fmt::Display for TableRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.store)?;
        for part in &self.path {
            let plain = part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if plain {
                write!(f, ".{part}")?;
            } else {
                write!(f, ".`{part}`")?;
            }
        }
        Ok(())
    }
}

/// One column of a table as the store describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaColumn {
    /// The column's name, exactly as the store has it.
    pub name: String,
    /// The store's own name of the type, as declared.
    pub native: String,
    /// The type in the language, `None` where the store's type has no lossless counterpart.
    pub ty: Option<ColumnType>,
    /// Whether the store fills the column itself when it is left out (default, identity, generated).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_default: bool,
}

/// The store's own type and, where there is one, the language's: `CHAR(1) (text?)`.
impl fmt::Display for SchemaColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.ty {
            Some(ty) => write!(f, "{} ({ty})", self.native),
            None => f.write_str(&self.native),
        }
    }
}

/// One table as the store describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableSchema {
    /// The columns in the store's order.
    pub columns: Vec<SchemaColumn>,
    /// The columns of the primary key, in key order; empty without one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub primary_key: Vec<String>,
    /// The columns of every further unique key whose columns are all not null.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unique_keys: Vec<Vec<String>>,
    /// Whether it is a view (or another thing that cannot be written).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_view: bool,
}

impl TableSchema {
    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&SchemaColumn> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Whether these columns, in any order, are a key: the primary key or a unique key.
    pub fn is_key(&self, columns: &[String]) -> bool {
        let same =
            |key: &[String]| key.len() == columns.len() && key.iter().all(|column| columns.contains(column));
        (!self.primary_key.is_empty() && same(&self.primary_key))
            || self.unique_keys.iter().any(|key| same(key))
    }

    /// What is different about a table that was like this and is like that, column by column. The order of
    /// columns is left out, since they are read and written by name; so are further unique keys.
    pub fn changes(&self, now: &Self) -> Vec<SchemaChange> {
        let mut changes = Vec::new();
        let mut of = |column: &SchemaColumn, what: String| {
            let what = format!("column {} {what}", column.name);
            changes.push(SchemaChange { column: Some(column.name.clone()), what });
        };
        for column in &self.columns {
            match now.column(&column.name) {
                None => of(column, "is gone".to_owned()),
                Some(now) if (&now.native, &now.ty) != (&column.native, &column.ty) => {
                    of(column, format!("was {column} and is {now}"));
                }
                Some(now) if now.has_default && !column.has_default => {
                    of(column, "has a default now".to_owned());
                }
                Some(now) if !now.has_default && column.has_default => {
                    of(column, "has no default any more".to_owned());
                }
                Some(_) => {}
            }
        }
        for column in now.columns.iter().filter(|column| self.column(&column.name).is_none()) {
            let what = format!("column {} ({column}) is new", column.name);
            changes.push(SchemaChange { column: Some(column.name.clone()), what });
        }
        if self.primary_key != now.primary_key {
            let shown = |key: &[String]| if key.is_empty() { "none".to_owned() } else { key.join(", ") };
            let (was, is) = (shown(&self.primary_key), shown(&now.primary_key));
            changes.push(SchemaChange::whole(format!("the primary key was {was} and is {is}")));
        }
        if self.is_view != now.is_view {
            let shown = |is_view: bool| if is_view { "a view" } else { "a table" };
            let (was, is) = (shown(self.is_view), shown(now.is_view));
            changes.push(SchemaChange::whole(format!("it was {was} and is {is}")));
        }
        changes
    }

    /// What [`TableSchema::changes`] leaves out: further unique keys, and the order of the columns.
    pub fn finer_changes(&self, now: &Self) -> Vec<SchemaChange> {
        let mut changes = Vec::new();
        for (these, those, what) in [(self, now, "is gone"), (now, self, "is new")] {
            for key in these.unique_keys.iter().filter(|key| !those.unique_keys.contains(key)) {
                let what = format!("the unique key ({}) {what}", key.join(", "));
                changes.push(SchemaChange::whole(what));
            }
        }
        let common = |table: &Self, other: &Self| -> Vec<String> {
            let names = table.columns.iter().map(|column| column.name.clone());
            names.filter(|name| other.column(name).is_some()).collect()
        };
        if common(self, now) != common(now, self) {
            changes.push(SchemaChange::whole("the columns stand in another order".to_owned()));
        }
        changes
    }
}

/// One thing that is different about a table; shown as a clause without full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaChange {
    /// The column that it is about; `None` when it is about the table.
    pub column: Option<String>,
    what: String,
}

impl SchemaChange {
    fn whole(what: String) -> Self {
        Self { column: None, what }
    }
}

impl fmt::Display for SchemaChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// The tables of one store, by path; serialized as a list of `{path, …}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreSchema {
    /// Every table, in path order.
    #[serde(with = "by_path")]
    pub tables: BTreeMap<Vec<String>, TableSchema>,
}

/// What every store of a migration holds: the snapshot that the compiler checks against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schemas {
    /// The version of this form; 1.
    pub version: u32,
    /// The stores by their name in the source. A store that could not be read is absent.
    pub stores: BTreeMap<String, StoreSchema>,
}

impl Default for Schemas {
    fn default() -> Self {
        Self { version: Self::VERSION, stores: BTreeMap::new() }
    }
}

impl Schemas {
    /// The version of the serialized form that this build writes.
    pub const VERSION: u32 = 1;

    /// The schema of a table, where store and table are known.
    pub fn table(&self, table: &TableRef) -> Option<&TableSchema> {
        self.stores.get(&table.store)?.tables.get(&table.path)
    }

    /// The digest that a plan carries of the schemas it was made from: of these tables alone, a table
    /// that is not there included, so that a table the plan does not name may change.
    ///
    /// # Errors
    /// Never for schemas that a store gave.
    pub fn digest_of<'a>(
        &self,
        tables: impl IntoIterator<Item = &'a TableRef>,
    ) -> Result<Digest, CanonicalError> {
        let tables: BTreeMap<&TableRef, Option<&TableSchema>> =
            tables.into_iter().map(|table| (table, self.table(table))).collect();
        digest_json(&tables.into_iter().collect::<Vec<_>>())
    }
}

/// Tables as a list of `{path, …}`: JSON keys are strings, and a path is not one.
mod by_path {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::TableSchema;

    #[derive(Serialize)]
    struct EntryRef<'a> {
        path: &'a [String],
        #[serde(flatten)]
        schema: &'a TableSchema,
    }

    #[derive(Deserialize)]
    struct Entry {
        path: Vec<String>,
        #[serde(flatten)]
        schema: TableSchema,
    }

    pub(super) fn serialize<S: Serializer>(
        tables: &BTreeMap<Vec<String>, TableSchema>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(tables.iter().map(|(path, schema)| EntryRef { path, schema }))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<Vec<String>, TableSchema>, D::Error> {
        let entries = Vec::<Entry>::deserialize(deserializer)?;
        Ok(entries.into_iter().map(|entry| (entry.path, entry.schema)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, ty: &str) -> SchemaColumn {
        let native = ty.trim_end_matches('?').to_uppercase();
        SchemaColumn { name: name.to_owned(), native, ty: Some(ty.parse().unwrap()), has_default: false }
    }

    #[test]
    fn each_change_is_told_with_its_column() {
        let before = TableSchema {
            columns: ["id int64", "kind text", "note text", "gone date"]
                .map(|column_type| column_type.split_once(' ').unwrap())
                .map(|(name, ty)| column(name, ty))
                .to_vec(),
            primary_key: vec!["id".to_owned()],
            unique_keys: vec![vec!["kind".to_owned()]],
            is_view: false,
        };
        assert_eq!((before.changes(&before), before.finer_changes(&before)), (vec![], vec![]));
        let mut after = before.clone();
        after.columns = vec![
            column("kind", "int32"),
            column("id", "int64"),
            column("note", "text?"),
            column("new", "bool"),
        ];
        after.columns[1].has_default = true;
        after.primary_key.clear();
        after.unique_keys = vec![vec!["id".to_owned()]];
        after.is_view = true;
        let told = before.changes(&after).into_iter().chain(before.finer_changes(&after));
        let told: Vec<String> =
            told.map(|change| format!("{}: {change}", change.column.as_deref().unwrap_or("-"))).collect();
        insta::assert_snapshot!(told.join("\n"), @"
        id: column id has a default now
        kind: column kind was TEXT (text) and is INT32 (int32)
        note: column note was TEXT (text) and is TEXT (text?)
        gone: column gone is gone
        new: column new (BOOL (bool)) is new
        -: the primary key was id and is none
        -: it was a table and is a view
        -: the unique key (kind) is gone
        -: the unique key (id) is new
        -: the columns stand in another order
        ");
    }
}
