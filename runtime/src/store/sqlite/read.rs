//! Reading: a chunk's rows as batches, and the values that do not fit their declared types.

use arrow::record_batch::RecordBatch;
use mig_plan::{ChunkBounds, KeyBound, Type};
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};
use tokio::sync::mpsc;

use super::connection::Database;
use super::decode::{append, key_value, parameter, show};
use super::schema::{Layout, column, texts};
use super::types::Affinity;
use crate::store::builders::BatchBuilder;
use crate::store::key_range::{Nulls, condition};
use crate::store::refusal::refuse_read;
use crate::store::{Misfit, StoreError, Table};

/// The condition of a chunk, with its parameters.
pub(super) fn where_clause(
    table: &Table,
    layout: &Layout,
    bounds: &ChunkBounds,
) -> Result<(String, Vec<Value>), StoreError> {
    let mut parameters = Vec::new();
    let condition = condition(&layout.key, bounds, Nulls::First, &mut |place, value| {
        let value = match layout.key_fields.get(place) {
            Some(field) => {
                let field = &table.fields[*field];
                parameter(&field.ty.ty, layout.described.affinity(&field.name), value)?
            }
            None => parameter(&Type::Int64, Affinity::Integer, value)?,
        };
        parameters.push(value);
        Ok(format!("?{}", parameters.len()))
    })?;
    Ok((condition.map(|condition| format!(" where {condition}")).unwrap_or_default(), parameters))
}

/// The columns of some fields, and behind them the key, to name a row by.
fn selected(table: &Table, layout: &Layout, fields: &[usize]) -> String {
    let fields = fields.iter().map(|place| column(&table.fields[*place].name));
    let key = layout.key.iter().map(|key| key.sql.clone());
    fields.chain(key).collect::<Vec<_>>().join(", ")
}

/// The key of a row whose columns are [`selected`].
fn key_of(row: &Row<'_>, behind: usize, layout: &Layout) -> rusqlite::Result<KeyBound> {
    (behind..behind + layout.key.len()).map(|place| row.get_ref(place).map(key_value)).collect()
}

/// Sends a chunk's rows, in key order.
pub(super) fn read(
    database: &Database,
    connection: &Connection,
    table: &Table,
    bounds: &ChunkBounds,
    out: &mpsc::Sender<RecordBatch>,
) -> Result<(), StoreError> {
    // The table is read as it is described.
    let _transaction = connection.unchecked_transaction().map_err(|error| database.error(error))?;
    let layout = Layout::read(database, connection, table)?;
    let (condition, parameters) = where_clause(table, &layout, bounds)?;
    let all: Vec<_> = (0..table.fields.len()).collect();
    let sql = format!(
        "select {} from {}{condition}{}",
        selected(table, &layout, &all),
        layout.table,
        layout.order()
    );
    let send = |batch: Option<RecordBatch>| match batch {
        Some(batch) => out.blocking_send(batch).map_err(|_| StoreError::Abandoned),
        None => Ok(()),
    };
    let wrap = |error| database.error(error);
    let declared: Vec<_> = table.fields.iter().map(|field| layout.described.declared(&field.name)).collect();
    let mut builder = BatchBuilder::new(&table.fields);
    let mut statement = connection.prepare_cached(&sql).map_err(wrap)?;
    let mut rows = statement.query(params_from_iter(parameters)).map_err(wrap)?;
    while let Some(row) = rows.next().map_err(wrap)? {
        let mut bytes = 0;
        for (place, column) in builder.columns.iter_mut().enumerate() {
            let value = row.get_ref(place).map_err(wrap)?;
            let field = &table.fields[place];
            bytes += append(column, field.ty.nullable, value, declared[place]).or_else(|reason| {
                let key = key_of(row, table.fields.len(), &layout).map_err(wrap)?;
                Err(refuse_read(table, &key, &field.name, &show(value), &reason))
            })?;
        }
        if builder.end_row(bytes) {
            send(builder.take()?)?;
        }
    }
    send(builder.take()?)
}

/// The condition by which SQLite itself knows that a value fits; `None` when its text must be looked at.
fn proof(ty: &Type, column: &str) -> Option<String> {
    let integer = || format!("typeof({column}) = 'integer'");
    Some(match ty {
        Type::Enum(labels) => {
            format!("typeof({column}) = 'text' and {column} collate binary in ({})", texts(labels))
        }
        Type::Bool => format!("{} and {column} in (0, 1)", integer()),
        Type::Int8 | Type::Int16 | Type::Int32 => {
            let (least, most) = ty.integer_range()?;
            format!("{} and {column} between {least} and {most}", integer())
        }
        Type::Int64 => integer(),
        Type::Float64 => format!("typeof({column}) = 'real'"),
        Type::Bytes => format!("typeof({column}) = 'blob'"),
        Type::Float32
        | Type::Decimal { .. }
        | Type::Text
        | Type::Date
        | Type::Time
        | Type::Timestamp
        | Type::Datetime
        | Type::Uuid
        | Type::Json
        | Type::List(_) => return None,
    })
}

/// Finds values that [`read`] would refuse. Columns whose fitness SQLite can prove are looked at only in rows
/// where it cannot; the others are decoded and thrown away.
pub(super) fn misfits(
    database: &Database,
    connection: &Connection,
    table: &Table,
    limit: usize,
) -> Result<Vec<Misfit>, StoreError> {
    let _transaction = connection.unchecked_transaction().map_err(|error| database.error(error))?;
    let layout = Layout::read(database, connection, table)?;
    let mut found = Vec::new();
    let (mut proven, mut proofs, mut looked_at) = (Vec::new(), Vec::new(), Vec::new());
    for (place, field) in table.fields.iter().enumerate() {
        let column = column(&field.name);
        match proof(&field.ty.ty, &column) {
            None => looked_at.push(place),
            Some(proof) => {
                proven.push(place);
                let null = if field.ty.nullable { format!("{column} is null or ") } else { String::new() };
                proofs.push(format!("({null}{proof})"));
            }
        }
    }
    if !proven.is_empty() {
        let condition = format!(" where not ({})", proofs.join(" and "));
        scan(database, connection, table, &layout, &proven, &condition, limit, &mut found)?;
    }
    if !looked_at.is_empty() {
        scan(database, connection, table, &layout, &looked_at, "", limit, &mut found)?;
    }
    Ok(found)
}

#[expect(clippy::too_many_arguments, reason = "one scan of a table, called twice from one place")]
fn scan(
    database: &Database,
    connection: &Connection,
    table: &Table,
    layout: &Layout,
    fields: &[usize],
    condition: &str,
    limit: usize,
    found: &mut Vec<Misfit>,
) -> Result<(), StoreError> {
    let wrap = |error| database.error(error);
    let sql = format!("select {} from {}{condition}", selected(table, layout, fields), layout.table);
    let scanned: Vec<_> = fields.iter().map(|place| table.fields[*place].clone()).collect();
    let declared: Vec<_> = scanned.iter().map(|field| layout.described.declared(&field.name)).collect();
    let mut builder = BatchBuilder::new(&scanned);
    let mut statement = connection.prepare(&sql).map_err(wrap)?;
    let mut rows = statement.query([]).map_err(wrap)?;
    while let Some(row) = rows.next().map_err(wrap)? {
        let mut bytes = 0;
        for (place, column) in builder.columns.iter_mut().enumerate() {
            if found.len() >= limit {
                return Ok(());
            }
            let value = row.get_ref(place).map_err(wrap)?;
            match append(column, scanned[place].ty.nullable, value, declared[place]) {
                Ok(taken) => bytes += taken,
                Err(reason) => {
                    found.push(Misfit {
                        key: key_of(row, scanned.len(), layout).map_err(wrap)?,
                        column: scanned[place].name.clone(),
                        value: show(value),
                        reason,
                    });
                    column.append_null();
                }
            }
        }
        if builder.end_row(bytes) {
            builder = BatchBuilder::new(&scanned);
        }
    }
    Ok(())
}
