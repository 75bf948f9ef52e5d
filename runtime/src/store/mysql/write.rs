//! Writing: making and dropping tables, and chunks with their receipts.
//!
//! A chunk and its receipt are one transaction; a connection whose transaction did not end well is closed, and the
//! server rolls back. Statements that make and drop tables are transactions of their own here, so that each is put
//! where it does no harm to be stopped behind it.

use arrow::record_batch::RecordBatch;
use mig_plan::{ChunkDigest, Digest};
use sqlx::mysql::{MySql, MySqlArguments, MySqlRow};
use sqlx::{Arguments as _, AssertSqlSafe, Executor as _};
use tokio::sync::mpsc;

use super::connection::Lease;
use super::encode::Column;
use super::errors::row_of;
use super::names::{RECEIPTS, literal, name_of, quote};
use super::schema::{Layout, relation};
use super::types::{bytes_in_key, check, declaration};
use crate::store::refusal::{describe_row, refuse_write, table_name};
use crate::store::{ReceiptKey, StoreError, Table, WriteItem, Written};

pub(super) use super::types::accepts;

/// Bytes that one statement carries, about; less where the server takes less.
const MESSAGE: usize = 1 << 20;

/// Values that one prepared statement takes, and rows, beyond which more do not make it faster.
const VALUES: usize = 65_535;
const ROWS: usize = 1_024;

/// Bytes that InnoDB keeps of one key.
const KEY_BYTES: usize = 3_072;

/// Refuses a table whose rows are kept without transactions.
fn require_transactions(table: &str, engine: &str) -> Result<(), StoreError> {
    if engine.eq_ignore_ascii_case("innodb") {
        return Ok(());
    }
    Err(StoreError::Refused(format!(
        "{table} is kept by {engine}, whose rows and receipts cannot be committed at once; \
         make it a table of InnoDB (`alter table {table} engine = InnoDB`)",
        engine = if engine.is_empty() { "no engine (it is a view)" } else { engine }
    )))
}

/// Makes the table, and the receipts beside it, unless they are there.
pub(super) async fn create(lease: &mut Lease, table: &Table) -> Result<bool, StoreError> {
    let name = name_of(&table.path)?;
    let statement = create_statement(lease, name, table)?;
    make_receipts(lease).await?;
    match relation(lease, name).await? {
        None => {
            // Receipts of a table that is not there are left from a drop that was stopped in between.
            delete_receipts_of(lease, name).await?;
            lease.run(&statement).await?;
            Ok(true)
        }
        Some(relation) if relation.is_table => Ok(false),
        Some(_) => Err(StoreError::Refused(format!(
            "{} is there and is not a table; choose another name or drop it",
            table_name(&table.path)
        ))),
    }
}

/// Refuses a table that is there and keeps its rows without transactions.
pub(super) async fn require_writable(lease: &mut Lease, path: &[String]) -> Result<(), StoreError> {
    match relation(lease, name_of(path)?).await? {
        Some(relation) => require_transactions(&table_name(path), &relation.engine),
        None => Ok(()),
    }
}

fn create_statement(lease: &Lease, name: &str, table: &Table) -> Result<String, StoreError> {
    let dialect = lease.traits().dialect;
    let in_key = |name: &String| table.key.contains(name);
    let of_key = table.fields.iter().filter(|field| in_key(&field.name));
    let (fixed, varying) = of_key.fold((0, 0), |(fixed, varying), field| match bytes_in_key(&field.ty.ty) {
        Some(bytes) => (fixed + bytes, varying),
        None => (fixed, varying + 1),
    });
    let share = KEY_BYTES.saturating_sub(fixed).checked_div(varying).unwrap_or(0);
    let mut lines = Vec::new();
    for field in &table.fields {
        let column = quote(&field.name);
        let bytes = in_key(&field.name).then_some(share);
        let declared = declaration(&field.ty.ty, dialect, bytes).ok_or_else(|| {
            let why = accepts(&field.ty.ty).err();
            StoreError::Refused(format!(
                "{}: column {} cannot be made: {}",
                table_name(&table.path),
                field.name,
                why.as_deref().unwrap_or("MySQL has no keys of JSON")
            ))
        })?;
        let null = if field.ty.nullable && !in_key(&field.name) { "null" } else { "not null" };
        lines.push(format!("{column} {declared} {null}{}", check(&field.ty.ty, &column)));
    }
    if !table.key.is_empty() {
        let key: Vec<_> = table.key.iter().map(|name| quote(name)).collect();
        lines.push(format!("primary key ({})", key.join(", ")));
    }
    Ok(format!(
        "create table if not exists {} ({}) engine = InnoDB row_format = dynamic character set utf8mb4 collate {}",
        quote(name),
        lines.join(", "),
        dialect.collation()
    ))
}

async fn make_receipts(lease: &mut Lease) -> Result<(), StoreError> {
    // Only when it is missing, since making asks for rights even where nothing is to be made.
    if has_receipts(lease).await? {
        return Ok(());
    }
    lease
        .run(&format!(
            "create table if not exists {RECEIPTS} (
               plan varchar(128) not null, dataset varchar(512) not null, chunk bigint unsigned not null,
               target varchar(128) not null, row_count bigint unsigned not null, row_sum char(32) not null,
               primary key (plan, dataset, chunk)
             ) engine = InnoDB row_format = dynamic character set utf8mb4 collate utf8mb4_bin"
        ))
        .await
}

async fn has_receipts(lease: &mut Lease) -> Result<bool, StoreError> {
    let Some(found) = relation(lease, RECEIPTS).await? else { return Ok(false) };
    require_transactions(RECEIPTS, &found.engine)?;
    Ok(true)
}

async fn delete_receipts_of(lease: &mut Lease, name: &str) -> Result<(), StoreError> {
    lease.run(&format!("delete from {RECEIPTS} where target = {}", literal(name))).await
}

/// Drops the table and then its receipts. Stopped in between, the next drop or making of the table deletes them.
pub(super) async fn drop_table(lease: &mut Lease, path: &[String]) -> Result<(), StoreError> {
    let name = name_of(path)?;
    lease.run(&format!("drop table if exists {}", quote(name))).await?;
    if has_receipts(lease).await? {
        delete_receipts_of(lease, name).await?;
        tidy(lease).await?;
    }
    Ok(())
}

/// Takes the table of receipts away once it is empty. A writer who has looked for a receipt holds it until the end of
/// its transaction, and is waited for.
async fn tidy(lease: &mut Lease) -> Result<(), StoreError> {
    lease.run(&format!("lock tables {RECEIPTS} write")).await?;
    if lease.rows(&format!("select 1 from {RECEIPTS} limit 1")).await?.is_empty() {
        lease.run(&format!("drop table {RECEIPTS}")).await?;
    }
    lease.run("unlock tables").await
}

/// Deletes the dataset's receipts and leaves its rows.
pub(super) async fn forget(lease: &mut Lease, plan: Digest, dataset: &str) -> Result<(), StoreError> {
    if !has_receipts(lease).await? {
        return Ok(());
    }
    lease.run(&format!("delete from {RECEIPTS} where {}", of_dataset(plan, dataset))).await?;
    tidy(lease).await
}

async fn has_rows(lease: &mut Lease, name: &str) -> Result<bool, StoreError> {
    Ok(!lease.rows(&format!("select 1 from {} limit 1", quote(name))).await?.is_empty())
}

/// Deletes all rows of the table, and the dataset's receipts.
pub(super) async fn delete_rows(
    lease: &mut Lease,
    path: &[String],
    plan: Digest,
    dataset: &str,
) -> Result<(), StoreError> {
    let name = name_of(path)?;
    let found = relation(lease, name).await?;
    let has_receipts = has_receipts(lease).await?;
    lease.run("start transaction").await?;
    if let Some(found) = found {
        // Where there is nothing to delete it does not matter how rows are kept.
        let transactional = require_transactions(name, &found.engine);
        if transactional.is_ok() || has_rows(lease, name).await? {
            transactional?;
            // This waits for rows of a chunk that a killed process left under way, so that they are deleted too.
            lease.run(&format!("delete from {}", quote(name))).await?;
        }
    }
    if has_receipts {
        lease.run(&format!("delete from {RECEIPTS} where {}", of_dataset(plan, dataset))).await?;
    }
    lease.run("commit").await?;
    if has_receipts {
        tidy(lease).await?;
    }
    Ok(())
}

fn of_dataset(plan: Digest, dataset: &str) -> String {
    format!("plan = {} and dataset = {}", literal(&plan.to_string()), literal(dataset))
}

/// The chunk and the digest of a receipt.
fn receipt(lease: &Lease, row: &MySqlRow) -> Result<(u64, ChunkDigest), StoreError> {
    let (chunk, rows) = (lease.number(row, 0)?, lease.number(row, 1)?);
    let sum = lease.text(row, 2)?.and_then(|sum| u128::from_str_radix(&sum, 16).ok());
    match (chunk, rows, sum) {
        (Some(chunk), Some(rows), Some(sum)) => Ok((chunk, ChunkDigest { rows, sum })),
        _ => Err(StoreError::Refused(format!("a receipt in {RECEIPTS} was changed by hand"))),
    }
}

/// The receipts of a dataset, by chunk.
pub(super) async fn receipts(
    lease: &mut Lease,
    plan: Digest,
    dataset: &str,
) -> Result<Vec<(u64, ChunkDigest)>, StoreError> {
    if !has_receipts(lease).await? {
        return Ok(Vec::new());
    }
    let sql = format!(
        "select chunk, row_count, row_sum from {RECEIPTS} where {} order by chunk",
        of_dataset(plan, dataset)
    );
    let rows = lease.rows(&sql).await?;
    rows.iter().map(|row| receipt(lease, row)).collect()
}

/// The name of the lock that whoever writes a chunk holds: 64 characters at the most. Names of locks are the whole
/// server's, on which one plan may be applied to many databases.
pub(super) fn lock_name(lease: &Lease, key: &ReceiptKey) -> String {
    let database = lease.database();
    let database = if lease.traits().folds_names { database.to_lowercase() } else { database };
    let chunk = format!("mig {database} {} {} {}", key.plan, key.dataset, key.chunk);
    let digest = Digest::of(chunk.as_bytes()).to_string();
    let hex: String = digest.chars().filter(char::is_ascii_hexdigit).rev().take(48).collect();
    literal(&format!("mig {hex}"))
}

/// Writes a chunk and its receipt, unless the receipt is there.
pub(super) async fn write(
    lease: &mut Lease,
    table: &Table,
    key: &ReceiptKey,
    mut input: mpsc::Receiver<WriteItem>,
) -> Result<Written, StoreError> {
    make_receipts(lease).await?;
    let layout = Layout::read(lease, table).await?;
    require_transactions(&table_name(&table.path), &layout.engine)?;
    // A process that was killed may have left a commit of this very chunk under way in the server: the lock, which
    // is held until that connection has ended, waits for it, so that its receipt is seen below.
    let lock = lock_name(lease, key);
    let rows = lease.rows(&format!("select get_lock({lock}, 30)")).await?;
    let locked = rows.first().map(|row| lease.text(row, 0)).transpose()?.flatten();
    if locked.as_deref() != Some("1") {
        return Err(StoreError::Unavailable(format!(
            "chunk {} of {} is still being written on another connection; let it finish and run again",
            key.chunk, key.dataset
        )));
    }
    lease.run("start transaction").await?;
    let sql = format!(
        "select chunk, row_count, row_sum from {RECEIPTS} where {} and chunk = {}",
        of_dataset(key.plan, &key.dataset),
        key.chunk
    );
    // From this statement on the table of receipts is there until the transaction ends; before it, somebody else may
    // have taken it away empty.
    let found = match lease.rows(&sql).await {
        Err(StoreError::Said { .. } | StoreError::Refused(_)) => {
            lease.run("rollback").await?;
            make_receipts(lease).await?;
            lease.run("start transaction").await?;
            lease.rows(&sql).await?
        }
        found => found?,
    };
    let written = match found.first() {
        Some(row) => Written::Before(receipt(lease, row)?.1),
        None => {
            let digest = insert_all(lease, table, &layout, &mut input).await?;
            let sql = format!(
                "insert into {RECEIPTS} values ({}, {}, {}, {}, {}, '{:032x}')",
                literal(&key.plan.to_string()),
                literal(&key.dataset),
                key.chunk,
                literal(name_of(&table.path)?),
                digest.rows,
                digest.sum
            );
            lease.run(&sql).await?;
            Written::Now(digest)
        }
    };
    lease.run("commit").await?;
    lease.run(&format!("do release_lock({lock})")).await?;
    Ok(written)
}

/// Inserts everything that is sent; gives the digest that comes last.
async fn insert_all(
    lease: &mut Lease,
    table: &Table,
    layout: &Layout,
    input: &mut mpsc::Receiver<WriteItem>,
) -> Result<ChunkDigest, StoreError> {
    let names: Vec<_> = table.fields.iter().map(|field| quote(&field.name)).collect();
    let insert = Insert {
        table,
        start: format!("insert into {} ({}) values ", layout.sql, names.join(", ")),
        row: format!("({})", vec!["?"; table.fields.len()].join(", ")),
        packet: lease.traits().packet,
    };
    let mut inserted = 0;
    loop {
        match input.recv().await {
            Some(WriteItem::Batch(batch)) => inserted += insert.batch(lease, layout, &batch).await?,
            Some(WriteItem::Commit(digest)) if digest.rows == inserted => return Ok(digest),
            Some(WriteItem::Commit(digest)) => {
                return Err(StoreError::Refused(format!(
                    "{}: {} rows were sent and {inserted} written; a trigger on the table must have changed that",
                    table_name(&table.path),
                    digest.rows
                )));
            }
            None => return Err(StoreError::Abandoned),
        }
    }
}

/// A statement that inserts rows.
struct Insert<'a> {
    table: &'a Table,
    /// Everything before the first row's parameters.
    start: String,
    /// The parameters of one row.
    row: String,
    /// Bytes that the server takes at once.
    packet: usize,
}

impl Insert<'_> {
    /// Inserts a batch; gives how many rows the server has written.
    async fn batch(
        &self,
        lease: &mut Lease,
        layout: &Layout,
        batch: &RecordBatch,
    ) -> Result<u64, StoreError> {
        let columns = self.columns(layout, batch)?;
        let bytes = |row: usize| columns.iter().map(|column| column.bytes(row)).sum::<usize>();
        let most = (VALUES / columns.len().max(1)).clamp(1, ROWS);
        let (mut row, mut inserted) = (0, 0);
        while row < batch.num_rows() {
            let mut rows = 1;
            let mut taken = bytes(row);
            if taken + self.start.len() + self.row.len() + 1024 > self.packet {
                return Err(StoreError::Refused(format!(
                    "{}: {} has about {taken} bytes, and the server takes {} at once; raise its max_allowed_packet",
                    table_name(&self.table.path),
                    describe_row(self.table, batch, row),
                    self.packet
                )));
            }
            while rows < most && row + rows < batch.num_rows() {
                taken += bytes(row + rows);
                if taken > MESSAGE.min(self.packet / 2) {
                    break;
                }
                rows += 1;
            }
            // Few different statements, so that each is prepared once: the largest power of two.
            let rows = if rows < most { 1 << rows.ilog2() } else { rows };
            inserted += self.rows(lease, &columns, batch, row, rows).await?;
            row += rows;
        }
        Ok(inserted)
    }

    fn columns<'a>(&self, layout: &'a Layout, batch: &'a RecordBatch) -> Result<Vec<Column<'a>>, StoreError> {
        let (table, name) = (self.table, table_name(&self.table.path));
        if batch.num_columns() != table.fields.len() {
            return Err(StoreError::Refused(format!(
                "{name}: {} columns are sent for {}",
                batch.num_columns(),
                table.fields.len()
            )));
        }
        let mut columns = Vec::with_capacity(table.fields.len());
        for (place, (field, (native, nullable))) in table.fields.iter().zip(&layout.natives).enumerate() {
            let array = batch.column(place);
            columns.push(Column::new(array, &field.ty.ty, native, *nullable).ok_or_else(|| {
                StoreError::Refused(format!(
                    "{name}: column {} is sent as {} and is {}",
                    field.name,
                    array.data_type(),
                    field.ty
                ))
            })?);
        }
        Ok(columns)
    }

    /// Inserts so many rows of a batch from one on.
    async fn rows(
        &self,
        lease: &mut Lease,
        columns: &[Column<'_>],
        batch: &RecordBatch,
        from: usize,
        rows: usize,
    ) -> Result<u64, StoreError> {
        let mut arguments = MySqlArguments::default();
        arguments.reserve(rows * columns.len(), 0);
        let mut text = String::new();
        for row in from..from + rows {
            for (place, column) in columns.iter().enumerate() {
                column.bind(&mut arguments, &mut text, row).map_err(|reason| {
                    refuse_write(self.table, batch, row, &self.table.fields[place].name, reason)
                })?;
            }
        }
        let sql = format!("{}{}", self.start, vec![self.row.as_str(); rows].join(", "));
        let statement = sqlx::query_with::<MySql, _>(AssertSqlSafe(sql), arguments);
        match (&mut **lease).execute(statement).await {
            Ok(done) => Ok(done.rows_affected()),
            Err(error) => {
                let error = lease.error(error);
                if rows > 1 && matches!(&error, StoreError::Said { words, .. } if row_of(words).is_none()) {
                    // Nothing of the statement stays. One row after the other, the one that is refused is known.
                    for row in from..from + rows {
                        Box::pin(self.rows(lease, columns, batch, row, 1)).await?;
                    }
                }
                Err(self.refused(error, batch, from, rows))
            }
        }
    }

    /// What the server says, with the row that it is about where that is known.
    fn refused(&self, error: StoreError, batch: &RecordBatch, from: usize, rows: usize) -> StoreError {
        match error {
            StoreError::Said { words, bare } => {
                let told = row_of(&words).filter(|row| *row < rows);
                let said = if self.table.has_secrets() { bare } else { words };
                let about = match told.or((rows == 1).then_some(0)) {
                    Some(row) => describe_row(self.table, batch, from + row),
                    None => "a row".to_owned(),
                };
                StoreError::Refused(format!(
                    "{}: {about} cannot be written: {said}",
                    table_name(&self.table.path)
                ))
            }
            other @ (StoreError::Unavailable(_) | StoreError::Refused(_) | StoreError::Abandoned) => other,
        }
    }
}
