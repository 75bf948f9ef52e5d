//! Writing: making and dropping tables, and chunks with their receipts.
//!
//! All of it is called in a transaction of the one writer, which what fails leaves nothing in.

use arrow::record_batch::RecordBatch;
use mig_plan::{ChunkDigest, Digest, Type};
use rusqlite::{Connection, OptionalExtension as _, Statement, params};
use tokio::sync::mpsc;

use super::connection::Database;
use super::encode::{Column, Unbound};
use super::schema::{Described, Kind, Layout, RECEIPTS, name_of, quote, texts};
use super::types::declaration;
use crate::store::refusal::{describe_row, refuse_write, table_name};
use crate::store::{ReceiptKey, StoreError, Table, WriteItem, Written};

/// Refuses what SQLite has no lossless form for.
pub(super) fn accepts(ty: &Type) -> Result<(), String> {
    match declaration(ty) {
        Some(_) => Ok(()),
        None => Err(format!("SQLite has no lists, so that it cannot keep {ty}")),
    }
}

/// Makes the table unless it is there; whether it made it.
pub(super) fn create(
    database: &Database,
    connection: &Connection,
    table: &Table,
) -> Result<bool, StoreError> {
    let name = name_of(&table.path)?;
    let wrap = |error| database.error(error);
    make_receipts(connection).map_err(wrap)?;
    match Described::read(database, connection, name)?.map(|described| described.kind) {
        Some(Kind::View) => {
            Err(StoreError::Refused(format!("{name} is a view, where a table is to be made")))
        }
        Some(Kind::Table | Kind::WithoutRowid) => Ok(false),
        None => {
            connection.execute_batch(&create_statement(name, table)?).map_err(wrap)?;
            Ok(true)
        }
    }
}

fn create_statement(name: &str, table: &Table) -> Result<String, StoreError> {
    let mut lines = Vec::new();
    let mut key_is_rowid = false;
    for field in &table.fields {
        let declared = declaration(&field.ty.ty).ok_or_else(|| {
            StoreError::Refused(format!(
                "{name}: column {} cannot be made: {}",
                field.name,
                accepts(&field.ty.ty).err().unwrap_or_default()
            ))
        })?;
        let mut null = if field.ty.nullable { String::new() } else { " not null".to_owned() };
        if let Type::Enum(labels) = &field.ty.ty {
            null.push_str(&format!(" check ({} in ({}))", quote(&field.name), texts(labels)));
        }
        // A single key of 64 bits is the row's own number: rows then lie in key order.
        if table.key == [field.name.clone()] && field.ty.ty == Type::Int64 {
            key_is_rowid = true;
            lines.push(format!("{} INTEGER{null} primary key", quote(&field.name)));
        } else {
            lines.push(format!("{} {declared}{null}", quote(&field.name)));
        }
    }
    if !table.key.is_empty() && !key_is_rowid {
        let key: Vec<_> = table.key.iter().map(|name| quote(name)).collect();
        lines.push(format!("primary key ({})", key.join(", ")));
    }
    Ok(format!("create table {} (\n  {}\n)", quote(name), lines.join(",\n  ")))
}

fn make_receipts(connection: &Connection) -> rusqlite::Result<()> {
    if has_receipts(connection)? {
        return Ok(());
    }
    connection.execute_batch(&format!(
        "create table if not exists {RECEIPTS} (
           plan TEXT not null, dataset TEXT not null, chunk INTEGER not null,
           target TEXT not null, row_count INTEGER not null, row_sum TEXT not null,
           primary key (plan, dataset, chunk)
         ) without rowid"
    ))
}

fn has_receipts(connection: &Connection) -> rusqlite::Result<bool> {
    connection.table_exists(Some("main"), RECEIPTS)
}

/// Drops the table and its receipts.
pub(super) fn drop_table(
    database: &Database,
    connection: &Connection,
    path: &[String],
) -> Result<(), StoreError> {
    let name = name_of(path)?;
    let wrap = |error| database.error(error);
    connection.execute_batch(&format!("drop table if exists {}", quote(name))).map_err(wrap)?;
    if has_receipts(connection).map_err(wrap)? {
        let sql = format!("delete from {RECEIPTS} where target = ?1");
        connection.execute(&sql, [name]).map_err(wrap)?;
        drop_empty_receipts(connection).map_err(wrap)?;
    }
    Ok(())
}

/// The table of receipts is mig's own: it is there as long as there are any.
fn drop_empty_receipts(connection: &Connection) -> rusqlite::Result<()> {
    let any =
        connection.query_row(&format!("select exists (select 1 from {RECEIPTS})"), [], |row| row.get(0))?;
    if any { Ok(()) } else { connection.execute_batch(&format!("drop table {RECEIPTS}")) }
}

/// Deletes the dataset's receipts and leaves its rows.
pub(super) fn forget(
    database: &Database,
    connection: &Connection,
    plan: Digest,
    dataset: &str,
) -> Result<(), StoreError> {
    delete_receipts(connection, plan, dataset).map_err(|error| database.error(error))
}

fn delete_receipts(connection: &Connection, plan: Digest, dataset: &str) -> rusqlite::Result<()> {
    if has_receipts(connection)? {
        let sql = format!("delete from {RECEIPTS} where plan = ?1 and dataset = ?2");
        connection.execute(&sql, params![plan.to_string(), dataset])?;
        drop_empty_receipts(connection)?;
    }
    Ok(())
}

/// Deletes all rows of the table, and the dataset's receipts.
pub(super) fn delete_rows(
    database: &Database,
    connection: &Connection,
    path: &[String],
    plan: Digest,
    dataset: &str,
) -> Result<(), StoreError> {
    let name = name_of(path)?;
    let wrap = |error| database.error(error);
    if Described::read(database, connection, name)?.is_some() {
        connection.execute(&format!("delete from {}", quote(name)), []).map_err(wrap)?;
    }
    delete_receipts(connection, plan, dataset).map_err(wrap)
}

fn digest(rows: i64, sum: &str) -> Result<ChunkDigest, StoreError> {
    let sum = u128::from_str_radix(sum, 16);
    let sum = sum.map_err(|_| StoreError::Refused(format!("a receipt in {RECEIPTS} was changed by hand")))?;
    Ok(ChunkDigest { rows: rows.cast_unsigned(), sum })
}

/// The receipts of a dataset, by chunk.
pub(super) fn receipts(
    database: &Database,
    connection: &Connection,
    plan: Digest,
    dataset: &str,
) -> Result<Vec<(u64, ChunkDigest)>, StoreError> {
    let wrap = |error| database.error(error);
    if !has_receipts(connection).map_err(wrap)? {
        return Ok(Vec::new());
    }
    let sql = format!(
        "select chunk, row_count, row_sum from {RECEIPTS} where plan = ?1 and dataset = ?2 order by chunk"
    );
    let mut statement = connection.prepare_cached(&sql).map_err(wrap)?;
    let rows = statement
        .query_map(params![plan.to_string(), dataset], |row| {
            Ok((row.get(0).map(i64::cast_unsigned)?, row.get(1)?, row.get::<_, String>(2)?))
        })
        .map_err(wrap)?;
    rows.map(|row| {
        let (chunk, rows, sum) = row.map_err(wrap)?;
        Ok((chunk, digest(rows, &sum)?))
    })
    .collect()
}

fn receipt(
    database: &Database,
    connection: &Connection,
    receipt: &ReceiptKey,
) -> Result<Option<ChunkDigest>, StoreError> {
    let sql =
        format!("select row_count, row_sum from {RECEIPTS} where plan = ?1 and dataset = ?2 and chunk = ?3");
    let key = params![receipt.plan.to_string(), receipt.dataset, receipt.chunk.cast_signed()];
    let found = connection
        .prepare_cached(&sql)
        .and_then(|mut statement| {
            statement.query_row(key, |row| Ok((row.get(0)?, row.get::<_, String>(1)?))).optional()
        })
        .map_err(|error| database.error(error))?;
    found.map(|(rows, sum)| digest(rows, &sum)).transpose()
}

/// Whether what came first of a chunk is all of it.
pub(super) fn is_all(first: &[WriteItem]) -> bool {
    matches!(first.last(), Some(WriteItem::Commit(_)))
}

/// What comes first of a chunk: two items, which are all of a small one, or as many as there are.
pub(super) async fn first(input: &mut mpsc::Receiver<WriteItem>) -> Vec<WriteItem> {
    let mut first = Vec::with_capacity(2);
    while first.len() < 2
        && let Some(item) = input.recv().await
    {
        first.push(item);
    }
    first
}

/// Writes a chunk, of which some has come, and its receipt, unless the receipt is there.
pub(super) fn write(
    database: &Database,
    connection: &Connection,
    table: &Table,
    key: &ReceiptKey,
    first: Vec<WriteItem>,
    mut input: mpsc::Receiver<WriteItem>,
) -> Result<Written, StoreError> {
    let wrap = |error| database.error(error);
    make_receipts(connection).map_err(wrap)?;
    if let Some(before) = receipt(database, connection, key)? {
        return Ok(Written::Before(before));
    }
    let layout = Layout::read(database, connection, table)?;
    let columns: Vec<_> = table.fields.iter().map(|field| quote(&field.name)).collect();
    let places: Vec<_> = (1..=columns.len()).map(|place| format!("?{place}")).collect();
    let name = name_of(&table.path)?;
    let sql = format!("insert into {} ({}) values ({})", quote(name), columns.join(", "), places.join(", "));
    let digest = {
        let mut statement = connection.prepare_cached(&sql).map_err(wrap)?;
        let mut first = first.into_iter();
        loop {
            match first.next().or_else(|| input.blocking_recv()) {
                Some(WriteItem::Batch(batch)) => insert(database, &mut statement, table, &layout, &batch)?,
                Some(WriteItem::Commit(digest)) => break digest,
                None => return Err(StoreError::Abandoned),
            }
        }
    };
    let sql = format!("insert into {RECEIPTS} values (?1, ?2, ?3, ?4, ?5, ?6)");
    let sum = format!("{:032x}", digest.sum);
    connection
        .execute(
            &sql,
            params![
                key.plan.to_string(),
                key.dataset,
                key.chunk.cast_signed(),
                name,
                digest.rows.cast_signed(),
                sum
            ],
        )
        .map_err(wrap)?;
    Ok(Written::Now(digest))
}

fn insert(
    database: &Database,
    statement: &mut Statement<'_>,
    table: &Table,
    layout: &Layout,
    batch: &RecordBatch,
) -> Result<(), StoreError> {
    let columns = table.fields.iter().zip(batch.columns()).map(|(field, array)| {
        Column::new(array, &field.ty.ty, layout.described.affinity(&field.name)).ok_or_else(|| {
            StoreError::Refused(format!(
                "{}: column {} is sent as {} and is {}",
                table_name(&table.path),
                field.name,
                array.data_type(),
                field.ty
            ))
        })
    });
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    if columns.len() != table.fields.len() || columns.len() != batch.num_columns() {
        return Err(StoreError::Refused(format!(
            "{}: {} columns are sent for {}",
            table_name(&table.path),
            batch.num_columns(),
            table.fields.len()
        )));
    }
    let mut text = String::new();
    for row in 0..batch.num_rows() {
        for (place, column) in columns.iter().enumerate() {
            column.bind(statement, place + 1, row, &mut text).map_err(|unbound| match unbound {
                Unbound::Unfit(reason) => refuse_write(table, batch, row, &table.fields[place].name, reason),
                Unbound::Failed(error) => refuse_row(database, table, batch, row, error),
            })?;
        }
        statement.raw_execute().map_err(|error| refuse_row(database, table, batch, row, error))?;
    }
    Ok(())
}

/// The error of an insert, naming the row where the row is the reason.
fn refuse_row(
    database: &Database,
    table: &Table,
    batch: &RecordBatch,
    row: usize,
    error: rusqlite::Error,
) -> StoreError {
    match database.error(error) {
        StoreError::Refused(said) => StoreError::Refused(format!(
            "{}: {} cannot be written: {said}",
            table_name(&table.path),
            describe_row(table, batch, row)
        )),
        other @ (StoreError::Unavailable(_) | StoreError::Said { .. } | StoreError::Abandoned) => other,
    }
}
