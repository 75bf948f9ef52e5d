//! Chunk bounds: every Nth key, each found by a walk along the key's index from the bound before.

use mig_plan::{ChunkBounds, KeyBound};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, params_from_iter};
use tokio::sync::mpsc;

use super::connection::Database;
use super::decode::key_value;
use super::read::where_clause;
use super::schema::Layout;
use crate::cells::shorten;
use crate::store::refusal::table_name;
use crate::store::{StoreError, Table};

/// Sends the bounds of chunks of at most `rows` rows. A view without a key is one chunk: nothing tells its
/// rows apart.
pub(super) fn chunks(
    database: &Database,
    connection: &Connection,
    table: &Table,
    rows: u64,
    mut after: Option<KeyBound>,
    out: &mpsc::Sender<ChunkBounds>,
) -> Result<(), StoreError> {
    let described = connection.unchecked_transaction().map_err(|error| database.error(error))?;
    let layout = Layout::read(database, connection, table)?;
    let send = |bounds| out.blocking_send(bounds).map_err(|_| StoreError::Abandoned);
    if layout.key.is_empty() {
        return send(ChunkBounds { after, up_to: None });
    }
    let mut next = bound(database, connection, table, &layout, rows.max(1), after.as_ref());
    drop(described);
    loop {
        let up_to = next?;
        let last = up_to.is_none();
        send(ChunkBounds { after, up_to: up_to.clone() })?;
        if last {
            return Ok(());
        }
        after = up_to;
        next = bound(database, connection, table, &layout, rows.max(1), after.as_ref());
    }
}

/// The key of the last row of a chunk; `None` when no row follows it. Statements are short, so that a walk
/// over many chunks keeps no old state of the database alive.
fn bound(
    database: &Database,
    connection: &Connection,
    table: &Table,
    layout: &Layout,
    rows: u64,
    after: Option<&KeyBound>,
) -> Result<Option<KeyBound>, StoreError> {
    let bounds = ChunkBounds { after: after.cloned(), up_to: None };
    let (condition, parameters) = where_clause(table, layout, &bounds)?;
    let sql = format!(
        "select {} from {}{condition}{} limit 2 offset {}",
        layout.key_list(),
        layout.table,
        layout.order(),
        rows - 1
    );
    let wrap = |error| database.error(error);
    let mut statement = connection.prepare_cached(&sql).map_err(wrap)?;
    let mut found = statement.query(params_from_iter(parameters)).map_err(wrap)?;
    let Some(row) = found.next().map_err(wrap)? else { return Ok(None) };
    let mut key = KeyBound::with_capacity(layout.key.len());
    for place in 0..layout.key.len() {
        let value = row.get_ref(place).map_err(wrap)?;
        if let ValueRef::Text(text) = value
            && std::str::from_utf8(text).is_err()
        {
            return Err(StoreError::Refused(format!(
                "{}: the key holds '{}', text that is not UTF-8; mend the value",
                table_name(&table.path),
                shorten(String::from_utf8_lossy(text).into_owned())
            )));
        }
        key.push(key_value(value));
    }
    Ok(found.next().map_err(wrap)?.map(|_| key))
}
