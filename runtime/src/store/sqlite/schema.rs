//! What a database holds: tables, columns, keys, as SQLite's pragmas tell it.

use mig_plan::schema::{SchemaColumn, StoreSchema};
use mig_plan::{ColumnStatistics, ColumnType, Estimate, TableSchema};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, params};

use super::connection::Database;
use super::types::{Affinity, affinity, language_type};
use crate::store::key_range::KeyColumn;
use crate::store::refusal::table_name;
use crate::store::{StoreError, Table, statistics};

/// The table of receipts, which is never listed.
pub(super) const RECEIPTS: &str = "_mig_receipts";

/// A name in double quotes.
pub(super) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Texts between single quotes, with commas.
pub(super) fn texts(values: &[String]) -> String {
    let quoted: Vec<String> = values.iter().map(|value| format!("'{}'", value.replace('\'', "''"))).collect();
    quoted.join(", ")
}

/// A column of the table `t`. Qualified, because SQLite takes a quoted name that is no column for a text.
pub(super) fn column(name: &str) -> String {
    format!("t.{}", quote(name))
}

/// A table's name in this database: the only part of its path.
pub(super) fn name_of(path: &[String]) -> Result<&str, StoreError> {
    match path {
        [name] => Ok(name),
        _ => Err(StoreError::Refused(format!(
            "{} is not a table of SQLite: its path has {} parts, and SQLite knows tables only",
            table_name(path),
            path.len()
        ))),
    }
}

/// What sort of thing has a table's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Table,
    WithoutRowid,
    View,
}

/// A column as SQLite declares it.
pub(super) struct Declared {
    name: String,
    declared: String,
    not_null: bool,
    has_default: bool,
    /// Its place in the primary key from 1, or 0.
    key_place: i64,
}

/// A table as SQLite describes it, before it is put into the language's terms.
pub(super) struct Described {
    pub(super) kind: Kind,
    columns: Vec<Declared>,
}

/// Every table and view that is a user's own.
fn list(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare_cached(
        "select name from pragma_table_list
         where schema = 'main' and type in ('table', 'view', 'virtual')
           and name not like 'sqlite\\_%' escape '\\' and name <> ?1",
    )?;
    let names = statement.query_map([RECEIPTS], |row| row.get(0))?;
    names.collect()
}

/// What SQLite says of an ordinary column, and of one of a virtual table that is not its own; others are generated.
const SHOWN: i64 = 0;
const HIDDEN: i64 = 1;

/// The columns of a table or view; none where there is none of that name.
pub(super) fn columns(connection: &Connection, table: &str) -> rusqlite::Result<Vec<Declared>> {
    let mut columns = Vec::new();
    // Not the table-valued function of that name, which prepares this statement each time beside its own.
    connection.pragma(None, "table_xinfo", table, |row| {
        let hidden: i64 = row.get(6)?;
        if hidden != HIDDEN {
            columns.push(Declared {
                name: row.get(1)?,
                // `GENERATED ALWAYS` ends up in the type's text.
                declared: without_generated(&row.get::<_, String>(2)?),
                not_null: row.get(3)?,
                has_default: hidden != SHOWN || row.get_ref(4)? != ValueRef::Null,
                key_place: row.get(5)?,
            });
        }
        Ok(())
    })?;
    Ok(columns)
}

/// Which of the names of a row's own number is not a column's.
fn free_rowid(columns: &[Declared]) -> Option<&'static str> {
    let taken = |name: &&str| columns.iter().any(|column| column.name.eq_ignore_ascii_case(name));
    ["rowid", "_rowid_", "oid"].into_iter().find(|name| !taken(name))
}

/// What has that name, whose columns were just read. SQLite's list of tables says it too, but is gone through from its
/// beginning to its end for each table that is looked for in it.
fn kind(connection: &Connection, name: &str, columns: &[Declared]) -> rusqlite::Result<Kind> {
    const MAIN: Option<&str> = Some("main");
    if !connection.table_exists(MAIN, name)? {
        return Ok(Kind::View);
    }
    let has_rowid = match free_rowid(columns) {
        Some(rowid) => connection.column_exists(MAIN, name, rowid)?,
        None => connection.query_row(
            "select not wr from pragma_table_list(?1) where schema = 'main'",
            [name],
            |row| row.get(0),
        )?,
    };
    Ok(if has_rowid { Kind::Table } else { Kind::WithoutRowid })
}

fn without_generated(declared: &str) -> String {
    let upper = declared.to_ascii_uppercase();
    upper.find("GENERATED ALWAYS").map_or(declared, |at| &declared[..at]).trim().to_owned()
}

impl Described {
    /// Reads one table's description; `None` when there is no such table.
    pub(super) fn read(
        database: &Database,
        connection: &Connection,
        name: &str,
    ) -> Result<Option<Self>, StoreError> {
        let describe = || {
            let columns = columns(connection, name)?;
            if columns.is_empty() {
                return Ok(None);
            }
            let kind = kind(connection, name, &columns)?;
            Ok(Some(Self { kind, columns }))
        };
        describe().map_err(|error| database.error(error))
    }

    fn primary_key(&self) -> Vec<&Declared> {
        let mut key: Vec<_> = self.columns.iter().filter(|column| column.key_place > 0).collect();
        key.sort_by_key(|column| column.key_place);
        key
    }

    /// The columns' names in order.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// A column's declared type; empty when it has none.
    pub(super) fn declared(&self, name: &str) -> &str {
        let found = self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name));
        found.map_or("", |column| column.declared.as_str())
    }

    /// A column's affinity.
    pub(super) fn affinity(&self, name: &str) -> Affinity {
        affinity(self.declared(name))
    }

    /// SQLite's own number of a row, by whichever of its names is not a column's; `None` where rows have none.
    fn rowid(&self) -> Option<&'static str> {
        match self.kind {
            Kind::Table => free_rowid(&self.columns),
            Kind::WithoutRowid | Kind::View => None,
        }
    }

    /// The description in the language's terms. `rowid_key` says whether the primary key is the row's number.
    fn schema(&self, rowid_key: bool, unique_keys: Vec<Vec<String>>) -> TableSchema {
        let columns = self.columns.iter().map(|column| {
            // The key of an ordinary table may hold nulls by an old mistake that SQLite keeps; as a key
            // it must not, and `misfits` finds those that do.
            let nullable = !column.not_null && column.key_place == 0;
            SchemaColumn {
                name: column.name.clone(),
                native: column.declared.clone(),
                ty: language_type(&column.declared).map(|ty| ColumnType { ty, nullable }),
                has_default: column.has_default || (rowid_key && column.key_place > 0),
            }
        });
        TableSchema {
            columns: columns.collect(),
            primary_key: self.primary_key().iter().map(|column| column.name.clone()).collect(),
            unique_keys,
            is_view: self.kind == Kind::View,
        }
    }
}

/// Further unique keys whose columns are all not null. Partial ones and those over expressions are none.
fn unique_keys(
    connection: &Connection,
    table: &str,
    described: &Described,
) -> rusqlite::Result<Vec<Vec<String>>> {
    let mut indexes = connection.prepare_cached(
        "select name from pragma_index_list(?1) where \"unique\" and not partial and origin <> 'pk' order by name",
    )?;
    let mut of_index = connection.prepare_cached("select name from pragma_index_info(?1) order by seqno")?;
    let names = indexes.query_map([table], |row| row.get::<_, String>(0))?;
    let mut keys = Vec::new();
    for name in names {
        let columns = of_index.query_map([name?], |row| row.get::<_, Option<String>>(0))?;
        let columns: Option<Vec<String>> = columns.collect::<rusqlite::Result<_>>()?;
        let not_null = |name: &String| {
            described
                .columns
                .iter()
                .any(|column| column.name == *name && (column.not_null || column.key_place > 0))
        };
        keys.extend(columns.filter(|columns| columns.iter().all(not_null)));
    }
    Ok(keys)
}

/// Whether the primary key is the row's own number: then an index of its own would stand for it otherwise.
fn rowid_is_key(connection: &Connection, table: &str, described: &Described) -> rusqlite::Result<bool> {
    let [key] = described.primary_key()[..] else { return Ok(false) };
    if described.kind != Kind::Table || !key.declared.eq_ignore_ascii_case("integer") {
        return Ok(false);
    }
    let mut statement = connection
        .prepare_cached("select not exists (select 1 from pragma_index_list(?1) where origin = 'pk')")?;
    statement.query_row([table], |row| row.get(0))
}

/// The schemas of these tables, or of all.
pub(super) fn schema(
    database: &Database,
    connection: &Connection,
    wanted: Option<&[Vec<String>]>,
) -> Result<StoreSchema, StoreError> {
    let wrap = |error| database.error(error);
    // Of some tables all is read at one time; who lists all of them keeps no writer away meanwhile.
    let _transaction = wanted.map(|_| connection.unchecked_transaction()).transpose().map_err(wrap)?;
    let mut schema = StoreSchema::default();
    let names: Vec<String> = match wanted {
        // A path that cannot be a table's is one that is not there.
        Some(wanted) => {
            let names = wanted.iter().filter_map(|path| name_of(path).ok());
            names
                .filter(|name| *name != RECEIPTS && !name.starts_with("sqlite_"))
                .map(str::to_owned)
                .collect()
        }
        None => list(connection).map_err(wrap)?,
    };
    for name in names {
        let described = match Described::read(database, connection, &name) {
            Ok(Some(described)) => described,
            Ok(None) => continue,
            // A view over a table that is gone stands in nobody's way until somebody asks for it.
            Err(StoreError::Refused(_)) if wanted.is_none() => continue,
            Err(error) => return Err(error),
        };
        let path = vec![name.clone()];
        let rowid_key = rowid_is_key(connection, &name, &described).map_err(wrap)?;
        let unique_keys = unique_keys(connection, &name, &described).map_err(wrap)?;
        schema.tables.insert(path, described.schema(rowid_key, unique_keys));
    }
    Ok(schema)
}

/// A table as it is about to be read or written: its description, checked against what is wanted of it.
pub(super) struct Layout {
    /// The table's name, quoted.
    pub(super) table: String,
    /// What SQLite says about it.
    pub(super) described: Described,
    /// What tells rows apart, as it stands in a statement: the key, the row's number, or nothing.
    pub(super) key: Vec<KeyColumn>,
    /// The places of the key's columns among the fields; empty when the row's number stands for a key.
    pub(super) key_fields: Vec<usize>,
}

impl Layout {
    /// Reads the table's description and finds every wanted column in it.
    pub(super) fn read(
        database: &Database,
        connection: &Connection,
        table: &Table,
    ) -> Result<Self, StoreError> {
        let name = name_of(&table.path)?;
        let Some(described) = Described::read(database, connection, name)? else {
            return Err(no_table(database, name));
        };
        for field in &table.fields {
            if !described.names().any(|column| column.eq_ignore_ascii_case(&field.name)) {
                return Err(StoreError::Refused(format!("{name}: there is no column {}", field.name)));
            }
        }
        let mut key_fields = Vec::new();
        for part in &table.key {
            let place = table.fields.iter().position(|field| field.name == *part);
            key_fields.push(place.ok_or_else(|| {
                StoreError::Refused(format!("{name}: the key's column {part} is not among the columns"))
            })?);
        }
        let key = if key_fields.is_empty() {
            let rowid = described.rowid().map(|rowid| format!("t.{rowid}"));
            rowid.map(|sql| KeyColumn { sql, nullable: false }).into_iter().collect()
        } else {
            let field = |place: &usize| &table.fields[*place];
            let part =
                |place| KeyColumn { sql: column(&field(place).name), nullable: field(place).ty.nullable };
            key_fields.iter().map(part).collect()
        };
        Ok(Self { table: format!("{} as t", quote(name)), described, key, key_fields })
    }

    /// The key as a list in a statement.
    pub(super) fn key_list(&self) -> String {
        self.key.iter().map(|column| column.sql.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// ` order by` the key, or nothing.
    pub(super) fn order(&self) -> String {
        if self.key.is_empty() { String::new() } else { format!(" order by {}", self.key_list()) }
    }
}

pub(super) fn no_table(database: &Database, name: &str) -> StoreError {
    StoreError::Refused(format!("there is no table {name} in the database {}", database.path().display()))
}

/// Rows, counted, and bytes: the pages of the table's own tree, or for a view the text of its first rows.
pub(super) fn estimate(
    database: &Database,
    connection: &Connection,
    path: &[String],
) -> Result<Estimate, StoreError> {
    let name = name_of(path)?;
    let Some(described) = Described::read(database, connection, name)? else {
        return Err(no_table(database, name));
    };
    let weigh = || {
        let table = quote(name);
        let rows: i64 =
            connection.query_row(&format!("select count(*) from {table}"), [], |row| row.get(0))?;
        let rows = rows.cast_unsigned();
        let bytes = match described.kind {
            Kind::Table | Kind::WithoutRowid => connection.query_row(
                "select coalesce(sum(pgsize), 0) from dbstat where name = ?1 and aggregate = true",
                params![name],
                |row| row.get(0).map(i64::cast_unsigned),
            )?,
            Kind::View => {
                let lengths: Vec<_> = described
                    .names()
                    .map(|name| format!("coalesce(length(cast({} as blob)), 0)", column(name)))
                    .collect();
                let sample: f64 = connection.query_row(
                    &format!(
                        "select coalesce(avg(bytes), 0) from (select {} as bytes from {table} as t limit 1000)",
                        lengths.join(" + ")
                    ),
                    [],
                    |row| row.get(0),
                )?;
                approximate(sample, rows)
            }
        };
        Ok(Estimate { rows, bytes })
    };
    weigh().map_err(|error| database.error(error))
}

/// How many rows a table has, counted; `None` when it is not there.
pub(super) fn count(
    database: &Database,
    connection: &Connection,
    path: &[String],
) -> Result<Option<u64>, StoreError> {
    let name = name_of(path)?;
    let sql = format!("select count(*) from {}", quote(name));
    match connection.query_row(&sql, [], |row| row.get(0).map(i64::cast_unsigned)) {
        Ok(rows) => Ok(Some(rows)),
        // A table that is not there has no columns either.
        Err(_) if Described::read(database, connection, name)?.is_none() => Ok(None),
        Err(error) => Err(database.error(error)),
    }
}

/// What the columns hold in the table's first rows.
pub(super) fn statistics(
    database: &Database,
    connection: &Connection,
    path: &[String],
    schema: &TableSchema,
) -> Result<Vec<ColumnStatistics>, StoreError> {
    let table = quote(name_of(path)?);
    let names: Vec<String> = schema.columns.iter().map(|column| column.name.clone()).collect();
    let columns: Vec<String> = names.iter().map(|name| column(name)).collect();
    if columns.is_empty() {
        return Ok(Vec::new());
    }
    let counts = connection.query_row(&statistics::counting(&table, &columns), [], |row| {
        (0..=2 * columns.len()).map(|place| row.get(place).map(i64::cast_unsigned)).collect::<Result<_, _>>()
    });
    let counts: Vec<u64> = counts.map_err(|error| database.error(error))?;
    Ok(statistics::counted(path, &names, &counts))
}

fn approximate(bytes_per_row: f64, rows: u64) -> u64 {
    (bytes_per_row * rows as f64) as u64
}
