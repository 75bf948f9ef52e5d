//! Views, and the triggers on them, which SQLite drops with their view.

use rusqlite::Connection;

use super::connection::Database;
use super::schema::{Described, Kind, column, name_of, no_table, quote};
use crate::store::StoreError;

/// The statements that would make the view as it is: its own, and those of its triggers.
pub(super) fn view(
    database: &Database,
    connection: &Connection,
    path: &[String],
) -> Result<Option<String>, StoreError> {
    let name = name_of(path)?;
    match Described::read(database, connection, name)?.map(|described| described.kind) {
        None => return Ok(None),
        Some(Kind::View) => {}
        Some(Kind::Table | Kind::WithoutRowid) => return Err(not_a_view(name)),
    }
    let read = || {
        // The view's own row comes first: triggers are made after what they stand on.
        let mut statement = connection.prepare_cached(
            "select sql from sqlite_schema
             where (type = 'view' and name = ?1 collate nocase)
                or (type = 'trigger' and tbl_name = ?1 collate nocase)
             order by type = 'trigger', rowid",
        )?;
        statement.query_map([name], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()
    };
    let statements = read().map_err(|error| database.error(error))?;
    Ok(Some(statements.join(";\n")))
}

fn not_a_view(name: &str) -> StoreError {
    StoreError::Refused(format!("{name} is a table and not a view; a view of that name cannot be made"))
}

/// Runs statements in place of the view; to be called in a transaction.
fn replace(
    database: &Database,
    connection: &Connection,
    path: &[String],
    make: impl FnOnce(&str, &Connection) -> Result<String, StoreError>,
) -> Result<(), StoreError> {
    let name = name_of(path)?;
    match Described::read(database, connection, name)?.map(|described| described.kind) {
        None | Some(Kind::View) => {}
        Some(Kind::Table | Kind::WithoutRowid) => return Err(not_a_view(name)),
    }
    let made = make(name, connection)?;
    connection
        .execute_batch(&format!("drop view if exists {};\n{made}", quote(name)))
        .map_err(|error| database.error(error))
}

/// Points the view to a table. Triggers on the view are left behind: they wrote to what it showed before.
pub(super) fn point_view(
    database: &Database,
    connection: &Connection,
    view: &[String],
    target: &[String],
) -> Result<(), StoreError> {
    let target = name_of(target)?;
    replace(database, connection, view, |view, connection| {
        let Some(described) = Described::read(database, connection, target)? else {
            return Err(no_table(database, target));
        };
        let columns: Vec<_> = described.names().map(column).collect();
        let names: Vec<_> = described.names().map(quote).collect();
        Ok(format!(
            "create view {} ({}) as select {} from {} as t",
            quote(view),
            names.join(", "),
            columns.join(", "),
            quote(target)
        ))
    })
}

/// Puts the view back as [`view`] gave it, or drops it.
pub(super) fn restore_view(
    database: &Database,
    connection: &Connection,
    path: &[String],
    before: Option<&str>,
) -> Result<(), StoreError> {
    replace(database, connection, path, |_, _| Ok(before.unwrap_or_default().to_owned()))
}
