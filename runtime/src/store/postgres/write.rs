//! Writing: making and dropping tables, and chunks with their receipts.
//!
//! Everything that belongs together is one transaction. A connection whose transaction did not end well is
//! closed, and the server rolls back.

use arrow::record_batch::RecordBatch;
use mig_plan::{ChunkDigest, Digest, Type};
use sqlx::PgConnection;
use sqlx::postgres::{PgCopyIn, PgRow};
use tokio::sync::mpsc;

use super::block::{self, Block, Refused};
use super::connection::{Lease, is_missing};
use super::encode::{Column, HEADER, TRAILER};
use super::insert::{self, FEW_BYTES, FEW_ROWS};
use super::names::{Place, RECEIPTS, literal, quote, require_short};
use super::schema::{Layout, columns_question, first, no_table};
use super::types::declaration;
use crate::store::refusal::{refuse_write, table_name};
use crate::store::{RawRows, ReceiptKey, StoreError, Table, WriteItem, Written};
use crate::transfer::batch_bytes;

/// Bytes that are sent at once.
const MESSAGE: usize = 256 << 10;

/// The lock under which mig makes schemas and tables: PostgreSQL's `if not exists` fails when two do it at once.
const MAKING: &str = "select pg_advisory_xact_lock(7301163918232414)";

/// The lock that whoever writes a chunk shares, so that nobody takes the table of receipts away meanwhile.
const WRITING: &str = "select pg_advisory_xact_lock_shared(7301163918232415)";

/// The same lock for whoever would take it away; it is not waited for.
const TAKING_AWAY: &str = "select pg_try_advisory_xact_lock(7301163918232415)::text";

/// What tells a schema that mig made from any other.
const MADE: &str = "made by mig";

/// Refuses what PostgreSQL has no lossless form for.
pub(super) fn accepts(ty: &Type) -> Result<(), String> {
    match declaration(ty) {
        Some(_) => Ok(()),
        None => Err(format!("PostgreSQL's arrays hold no arrays, so that it cannot keep {ty}")),
    }
}

/// What a relation of this name is, by `pg_class.relkind`; `None` when there is none.
pub(super) async fn relation(lease: &mut Lease, place: &Place) -> Result<Option<u8>, StoreError> {
    let rows = lease.rows(&relation_statement(place)).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    first(lease, row, 0)
}

/// What asks for that: one value, or none.
fn relation_statement(place: &Place) -> String {
    format!(
        "select c.relkind::text from pg_catalog.pg_class c
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         where n.nspname = {} and c.relname = {}",
        literal(&place.schema),
        literal(&place.name)
    )
}

/// Makes the table, its schema and the receipts beside it, unless they are there; whether it made the table. It has no key
/// yet: to build the key's index of rows that are there takes a fifth of the time that it takes to add each row to it.
pub(super) async fn create(lease: &mut Lease, table: &Table) -> Result<bool, StoreError> {
    let place = Place::new(&table.path)?;
    let statement = create_statement(&place, table)?;
    let receipts = Place { schema: place.schema.clone(), name: RECEIPTS.to_owned() };
    // Mostly it is all that is missing.
    let mut has_receipts = false;
    let attempt = format!("begin; {statement}; {}; commit", relation_statement(&receipts));
    let made = lease.attempt(&attempt, |_, _| has_receipts = true).await?.is_none();
    if made && has_receipts {
        return Ok(true);
    }
    Ok(complete(lease, &place, &receipts, table, statement).await? || made)
}

/// Makes what is missing of the table, its schema and the receipts; whether the table was.
async fn complete(
    lease: &mut Lease,
    place: &Place,
    receipts: &Place,
    table: &Table,
    statement: String,
) -> Result<bool, StoreError> {
    let schema = literal(&place.schema);
    let found = lease
        .last_rows(&format!(
            "begin; {MAKING};
             select exists (select 1 from pg_catalog.pg_namespace where nspname = {schema}), ({}), ({})",
            relation_statement(receipts),
            relation_statement(place)
        ))
        .await?;
    let found = found.and_then(|rows| rows.into_iter().next());
    let (has_schema, has_receipts, relation) = match &found {
        Some(row) => (lease.value(row, 0)?, first(lease, row, 1)?.is_some(), first(lease, row, 2)?),
        None => (false, false, None),
    };
    // Only what is missing is asked for, since making asks for rights even where nothing is to be made.
    let mut statements = Vec::new();
    if !has_schema {
        let name = quote(&place.schema);
        statements.push(format!("create schema {name}; comment on schema {name} is {}", literal(MADE)));
    }
    if !has_receipts {
        statements.push(receipts_statement(place));
    }
    match relation {
        None => statements.push(statement),
        Some(b'r' | b'p') => {}
        Some(_) => {
            return Err(StoreError::Refused(format!(
                "{} is there and is not a table; choose another name or drop it",
                table_name(&table.path)
            )));
        }
    }
    statements.push("commit".to_owned());
    lease.run(&statements.join("; ")).await?;
    Ok(relation.is_none())
}

fn create_statement(place: &Place, table: &Table) -> Result<String, StoreError> {
    require_short(&place.schema)?;
    require_short(&place.name)?;
    let mut lines = Vec::new();
    for field in &table.fields {
        require_short(&field.name)?;
        let declared = declaration(&field.ty.ty).ok_or_else(|| {
            StoreError::Refused(format!(
                "{}: column {} cannot be made: {}",
                table_name(&table.path),
                field.name,
                accepts(&field.ty.ty).err().unwrap_or_default()
            ))
        })?;
        // As the key will have it of its columns.
        let nullable = field.ty.nullable && !table.key.contains(&field.name);
        let null = if nullable { "" } else { " not null" };
        lines.push(format!("{} {declared}{null}{}", quote(&field.name), check(&field.name, &field.ty.ty)));
    }
    Ok(format!("create table {} ({})", place.sql(), lines.join(", ")))
}

/// Gives the table its primary key, unless it has one.
pub(super) async fn add_key(lease: &mut Lease, table: &Table) -> Result<(), StoreError> {
    if table.key.is_empty() {
        return Ok(());
    }
    let place = Place::new(&table.path)?.sql();
    let key: Vec<_> = table.key.iter().map(|name| quote(name)).collect();
    let statement = format!("begin; alter table {place} add primary key ({}); commit", key.join(", "));
    // Whom a killed process left to build the same index is waited for.
    match lease.attempt(&statement, |_, _| ()).await? {
        None => Ok(()),
        Some(error) if is_missing(&error) => Err(no_table(&table.path)),
        Some(_) if has_key(lease, &place).await? => Ok(()),
        Some(error) => Err(lease.error(error)),
    }
}

/// Whether a table has its primary key.
async fn has_key(lease: &mut Lease, place: &str) -> Result<bool, StoreError> {
    let sql = format!(
        "select 1 from pg_catalog.pg_index where indrelid = {}::regclass and indisprimary",
        literal(place)
    );
    Ok(!lease.rows(&sql).await?.is_empty())
}

/// The check of a column that keeps an enum, or a list of one, as text; nothing for other types.
fn check(name: &str, ty: &Type) -> String {
    let column = quote(name);
    let listed = |labels: &[String]| labels.iter().map(|label| literal(label)).collect::<Vec<_>>().join(", ");
    if let Type::Enum(labels) = ty {
        return format!(" check ({column} in ({}))", listed(labels));
    }
    if let Type::List(item) = ty
        && let Type::Enum(labels) = &item.ty
    {
        return format!(" check (array_remove({column}, null) <@ array[{}])", listed(labels));
    }
    String::new()
}

/// Makes the table of receipts; to be called under the lock of [`MAKING`].
async fn make_receipts(lease: &mut Lease, place: &Place) -> Result<(), StoreError> {
    if has_receipts(lease, place).await? {
        return Ok(());
    }
    lease.run(&receipts_statement(place)).await
}

fn receipts_statement(place: &Place) -> String {
    format!(
        "create table {} (
           plan text not null, dataset text not null, chunk bigint not null,
           target text not null, row_count bigint not null, row_sum text not null,
           primary key (plan, dataset, chunk)
         )",
        place.receipts()
    )
}

async fn has_receipts(lease: &mut Lease, place: &Place) -> Result<bool, StoreError> {
    let receipts = Place { schema: place.schema.clone(), name: RECEIPTS.to_owned() };
    Ok(relation(lease, &receipts).await?.is_some())
}

/// Drops the table and its receipts, and what mig made around it and is empty now.
pub(super) async fn drop_table(lease: &mut Lease, path: &[String]) -> Result<(), StoreError> {
    let place = Place::new(path)?;
    lease.run(&format!("begin; {MAKING}; drop table if exists {}", place.sql())).await?;
    if has_receipts(lease, &place).await? {
        let sql = format!("delete from {} where target = {}", place.receipts(), literal(&place.name));
        lease.run(&sql).await?;
    }
    tidy(lease, &place).await?;
    lease.run("commit").await
}

/// Takes the table of receipts away once it is empty, and then the schema, if mig made it and nothing is in it; to
/// be called under the lock of [`MAKING`]. Where somebody else writes just now, both stay.
async fn tidy(lease: &mut Lease, place: &Place) -> Result<(), StoreError> {
    let free = lease.rows(TAKING_AWAY).await?;
    let Some(free) = free.first() else { return Ok(()) };
    if lease.value::<String>(free, 0)? != "true" {
        return Ok(());
    }
    if has_receipts(lease, place).await? {
        let receipts = place.receipts();
        if !lease.rows(&format!("select 1 from {receipts} limit 1")).await?.is_empty() {
            return Ok(());
        }
        lease.run(&format!("drop table {receipts}")).await?;
    }
    let sql = format!(
        "select 1 from pg_catalog.pg_namespace n
         where n.nspname = {} and pg_catalog.obj_description(n.oid, 'pg_namespace') = {}
           and not exists (
             select 1 from pg_catalog.pg_depend d
             where d.refclassid = 'pg_catalog.pg_namespace'::regclass and d.refobjid = n.oid
           )",
        literal(&place.schema),
        literal(MADE)
    );
    if !lease.rows(&sql).await?.is_empty() {
        lease.run(&format!("drop schema {}", quote(&place.schema))).await?;
    }
    Ok(())
}

/// Deletes the dataset's receipts and leaves its rows.
pub(super) async fn forget(
    lease: &mut Lease,
    path: &[String],
    plan: Digest,
    dataset: &str,
) -> Result<(), StoreError> {
    let place = Place::new(path)?;
    lease.run(&format!("begin; {MAKING}")).await?;
    delete_receipts(lease, &place, plan, dataset).await?;
    lease.run("commit").await
}

/// To be called under the lock of [`MAKING`].
async fn delete_receipts(
    lease: &mut Lease,
    place: &Place,
    plan: Digest,
    dataset: &str,
) -> Result<(), StoreError> {
    if has_receipts(lease, place).await? {
        let sql = format!("delete from {} where {}", place.receipts(), of_dataset(plan, dataset));
        lease.run(&sql).await?;
    }
    tidy(lease, place).await
}

/// Deletes all rows of the table, and the dataset's receipts.
pub(super) async fn delete_rows(
    lease: &mut Lease,
    path: &[String],
    plan: Digest,
    dataset: &str,
) -> Result<(), StoreError> {
    let place = Place::new(path)?;
    lease.run(&format!("begin; {MAKING}")).await?;
    if relation(lease, &place).await?.is_some() {
        // The lock waits for a chunk that a killed process left under way, so that its rows are deleted too.
        let table = place.sql();
        lease.run(&format!("lock table {table} in share row exclusive mode; delete from {table}")).await?;
    }
    delete_receipts(lease, &place, plan, dataset).await?;
    lease.run("commit").await
}

fn of_dataset(plan: Digest, dataset: &str) -> String {
    format!("plan = {} and dataset = {}", literal(&plan.to_string()), literal(dataset))
}

/// The values of a chunk's receipt, with the number of its rows as it stands in the statement.
pub(super) fn receipt_of(place: &Place, key: &ReceiptKey, rows: &str, digest: ChunkDigest) -> String {
    format!(
        "{}, {}, {}, {}, {rows}, '{:032x}'",
        literal(&key.plan.to_string()),
        literal(&key.dataset),
        key.chunk,
        literal(&place.name),
        digest.sum
    )
}

/// The chunk and the digest of a receipt.
fn receipt(lease: &Lease, row: &PgRow) -> Result<(u64, ChunkDigest), StoreError> {
    let (chunk, rows): (i64, i64) = (lease.value(row, 0)?, lease.value(row, 1)?);
    let sum: String = lease.value(row, 2)?;
    let sum = u128::from_str_radix(&sum, 16);
    let sum = sum.map_err(|_| StoreError::Refused(format!("a receipt in {RECEIPTS} was changed by hand")))?;
    Ok((chunk.cast_unsigned(), ChunkDigest { rows: rows.cast_unsigned(), sum }))
}

/// The receipts of a dataset, by chunk.
pub(super) async fn receipts(
    lease: &mut Lease,
    path: &[String],
    plan: Digest,
    dataset: &str,
) -> Result<Vec<(u64, ChunkDigest)>, StoreError> {
    let place = Place::new(path)?;
    let sql = format!(
        "select chunk, row_count, row_sum from {} where {} order by chunk",
        place.receipts(),
        of_dataset(plan, dataset)
    );
    let rows = lease.last_rows(&sql).await?.unwrap_or_default();
    rows.iter().map(|row| receipt(lease, row)).collect()
}

/// Rows that can be sent to a table.
pub(super) trait Rows: Send + Sync {
    /// Whether they are so few that they are best written by a statement.
    fn are_few(&self) -> bool;

    /// Appends them to a binary copy.
    fn append(&self, table: &Table, layout: &Layout, copy: &mut Vec<u8>) -> Result<(), StoreError>;

    /// Appends them to a message, which is sent whenever it has grown to [`MESSAGE`].
    fn send(
        self,
        copying: &mut PgCopyIn<&mut PgConnection>,
        table: &Table,
        layout: &Layout,
        message: &mut Vec<u8>,
    ) -> impl Future<Output = Result<(), Failed>> + Send;
}

impl Rows for RecordBatch {
    fn are_few(&self) -> bool {
        self.num_rows() <= FEW_ROWS && batch_bytes(self) <= FEW_BYTES as u64
    }

    fn append(&self, table: &Table, layout: &Layout, copy: &mut Vec<u8>) -> Result<(), StoreError> {
        let columns = columns(table, layout, self)?;
        let appended = Block::default().append(&columns, 0..self.num_rows(), copy);
        appended.map_err(|refused| refusal(table, self, refused))
    }

    async fn send(
        self,
        copying: &mut PgCopyIn<&mut PgConnection>,
        table: &Table,
        layout: &Layout,
        message: &mut Vec<u8>,
    ) -> Result<(), Failed> {
        let columns = columns(table, layout, &self).map_err(Failed::Here)?;
        let (mut block, at_once) = (Block::default(), rows_at_once(&self));
        let mut row = 0;
        while row < self.num_rows() {
            let rows = row..self.num_rows().min(row + at_once);
            row = rows.end;
            let appended = block.append(&columns, rows, message);
            appended.map_err(|refused| Failed::Here(refusal(table, &self, refused)))?;
            flush(copying, message).await?;
        }
        Ok(())
    }
}

/// The error for a value that PostgreSQL has no form for.
fn refusal(table: &Table, batch: &RecordBatch, Refused { row, place, reason }: Refused) -> StoreError {
    refuse_write(table, batch, row, &table.fields[place].name, reason)
}

/// Rows of a batch that together are about a message, at the most.
fn rows_at_once(batch: &RecordBatch) -> usize {
    let fitting = (MESSAGE as u64).saturating_mul(batch.num_rows() as u64) / batch_bytes(batch).max(1);
    usize::try_from(fitting).unwrap_or(block::ROWS).clamp(1, block::ROWS)
}

impl Rows for RawRows {
    fn are_few(&self) -> bool {
        self.digest.rows <= FEW_ROWS as u64 && self.bytes.len() <= FEW_BYTES
    }

    fn append(&self, _: &Table, _: &Layout, copy: &mut Vec<u8>) -> Result<(), StoreError> {
        copy.extend_from_slice(&self.bytes);
        Ok(())
    }

    async fn send(
        self,
        copying: &mut PgCopyIn<&mut PgConnection>,
        _: &Table,
        _: &Layout,
        message: &mut Vec<u8>,
    ) -> Result<(), Failed> {
        message.extend_from_slice(&self.bytes);
        flush(copying, message).await
    }
}

/// Sends a message that has grown long enough.
async fn flush(copying: &mut PgCopyIn<&mut PgConnection>, message: &mut Vec<u8>) -> Result<(), Failed> {
    if message.len() >= MESSAGE {
        copying.send(&**message).await.map_err(Failed::There)?;
        message.clear();
    }
    Ok(())
}

/// Writes a chunk and its receipt, unless the receipt is there.
pub(super) async fn write<R: Rows>(
    lease: &mut Lease,
    table: &Table,
    key: &ReceiptKey,
    mut input: mpsc::Receiver<WriteItem<R>>,
) -> Result<Written, StoreError> {
    let place = Place::new(&table.path)?;
    let (before, layout) = begin(lease, table, key, &place).await?;
    if let Some(digest) = before {
        lease.run("commit").await?;
        return Ok(Written::Before(digest));
    }
    let mut begun: Vec<WriteItem<R>> = Vec::new();
    while begun.len() < 2
        && begun.iter().all(|item| matches!(item, WriteItem::Batch(rows) if rows.are_few()))
        && let Some(item) = input.recv().await
    {
        begun.push(item);
    }
    if let [WriteItem::Batch(rows), WriteItem::Commit(digest)] = begun.as_slice() {
        let mut copy = HEADER.to_vec();
        rows.append(table, &layout, &mut copy)?;
        if let Some(statement) = insert::statement(table, &layout, &place, key, &copy, *digest) {
            if lease.attempt(&format!("{statement}; commit"), |_, _| ()).await?.is_none() {
                return Ok(Written::Now(*digest));
            }
            // Whatever is wrong with a row, COPY says with which.
            let (before, _) = begin(lease, table, key, &place).await?;
            if let Some(digest) = before {
                lease.run("commit").await?;
                return Ok(Written::Before(digest));
            }
        }
    }
    let digest = copy(lease, table, &layout, begun, &mut input).await?;
    let receipt = receipt_of(&place, key, &digest.rows.to_string(), digest);
    lease.run(&format!("insert into {} values ({receipt}); commit", place.receipts())).await?;
    Ok(Written::Now(digest))
}

/// Begins the transaction of a chunk: the digest in its receipt, if that is there, and the table's description.
async fn begin(
    lease: &mut Lease,
    table: &Table,
    key: &ReceiptKey,
    place: &Place,
) -> Result<(Option<ChunkDigest>, Layout), StoreError> {
    // A process that was killed may have left a commit of this very chunk under way in the server: the lock
    // waits for it, so that its receipt is seen below.
    let chunk = literal(&format!("mig {} {} {}", key.plan, key.dataset, key.chunk));
    let lock = format!("select pg_advisory_xact_lock(hashtextextended({chunk}, 0))");
    let receipt_of_chunk = format!(
        "select chunk, row_count, row_sum from {} where {} and chunk = {}",
        place.receipts(),
        of_dataset(key.plan, &key.dataset),
        key.chunk
    );
    let begin = format!("begin; {WRITING}; {lock}; {receipt_of_chunk}; {}", columns_question(place));
    let (before, columns) = loop {
        if let Some(mut answers) = lease.rows_of_each(&begin).await? {
            let columns = answers.pop().unwrap_or_default();
            break (answers.pop().unwrap_or_default(), columns);
        }
        // Somebody took the table away with the last receipt in it. It is made in a transaction of its own, since
        // whoever makes something keeps everybody else from it to the end, and a chunk may take long.
        lease.run(&format!("rollback; begin; {MAKING}")).await?;
        make_receipts(lease, place).await?;
        lease.run("commit").await?;
    };
    let before = match before.first() {
        Some(row) => Some(receipt(lease, row)?.1),
        None => None,
    };
    Ok((before, Layout::of(lease, &columns, table).await?))
}

/// Copies everything that is sent into the table, what has come of it first; gives the digest that comes last.
async fn copy<R: Rows>(
    lease: &mut Lease,
    table: &Table,
    layout: &Layout,
    begun: Vec<WriteItem<R>>,
    input: &mut mpsc::Receiver<WriteItem<R>>,
) -> Result<ChunkDigest, StoreError> {
    let columns: Vec<_> = table.fields.iter().map(|field| quote(&field.name)).collect();
    let sql = format!("copy {} ({}) from stdin (format binary)", layout.source.sql, columns.join(", "));
    let home = lease.home();
    let copying = lease.copy_in_raw(&sql).await.map_err(|error| home.error(error))?;
    send(copying, table, layout, begun, input).await.map_err(|failed| match failed {
        Failed::Here(error) => error,
        Failed::There(error) => home.error(error),
    })
}

/// Why a copy ended before its end.
pub(super) enum Failed {
    Here(StoreError),
    There(sqlx::Error),
}

async fn send<R: Rows>(
    mut copying: PgCopyIn<&mut PgConnection>,
    table: &Table,
    layout: &Layout,
    begun: Vec<WriteItem<R>>,
    input: &mut mpsc::Receiver<WriteItem<R>>,
) -> Result<ChunkDigest, Failed> {
    let mut message = Vec::with_capacity(MESSAGE + MESSAGE / 4);
    message.extend_from_slice(HEADER);
    let mut begun = begun.into_iter();
    let digest = loop {
        let item = match begun.next() {
            Some(item) => Some(item),
            None => input.recv().await,
        };
        match item {
            Some(WriteItem::Batch(rows)) => rows.send(&mut copying, table, layout, &mut message).await?,
            Some(WriteItem::Commit(digest)) => break digest,
            None => return Err(Failed::Here(StoreError::Abandoned)),
        }
    };
    message.extend_from_slice(&TRAILER);
    copying.send(&*message).await.map_err(Failed::There)?;
    let copied = copying.finish().await.map_err(Failed::There)?;
    if copied != digest.rows {
        return Err(Failed::Here(StoreError::Refused(format!(
            "{}: {} rows were sent and {copied} written; a trigger or a rule on the table must have changed that",
            table_name(&table.path),
            digest.rows
        ))));
    }
    Ok(digest)
}

fn columns(table: &Table, layout: &Layout, batch: &RecordBatch) -> Result<Vec<Column>, StoreError> {
    if batch.num_columns() != table.fields.len() {
        return Err(StoreError::Refused(format!(
            "{}: {} columns are sent for {}",
            table_name(&table.path),
            batch.num_columns(),
            table.fields.len()
        )));
    }
    let column = |((field, array), native)| {
        let field: &crate::store::Field = field;
        Column::new(array, &field.ty.ty, native).ok_or_else(|| {
            StoreError::Refused(format!(
                "{}: column {} is sent as {} and is {}",
                table_name(&table.path),
                field.name,
                array.data_type(),
                field.ty
            ))
        })
    };
    table.fields.iter().zip(batch.columns()).zip(&layout.natives).map(column).collect()
}
