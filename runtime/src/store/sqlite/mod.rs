//! SQLite: one database file, read and written through `rusqlite` on blocking threads.
//!
//! Typed by declaration: see [`types`] for what is read as what, and how mig declares its own columns. A value
//! that does not fit its declaration is refused by name and never changed. NaN, which SQLite would store as
//! a null, cannot be written. Keys compare as their column does, which is by bytes for text unless the
//! column is declared with another collation. A file that is written is switched to a write-ahead log.

mod chunks;
mod connection;
mod decimal;
mod decode;
mod encode;
mod errors;
mod hold;
mod read;
mod schema;
mod temporal;
#[cfg(test)]
mod tests;
mod together;
mod types;
mod views;
mod write;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use mig_plan::schema::StoreSchema;
use mig_plan::{
    ChunkBounds, ChunkDigest, ColumnStatistics, ColumnType, Digest, Estimate, KeyBound, StoreConfig,
    TableSchema, Type,
};
use rusqlite::Connection;
use tokio::sync::{Semaphore, mpsc};

use self::connection::Database;
use super::{
    Hold, Misfit, ReadStore, ReceiptKey, Store, StoreError, Table, Unkept, ViewStore, WriteItem, WriteStore,
    Written,
};

/// A SQLite database.
#[derive(Clone)]
struct Sqlite(Database);

/// Opens a store; no file is touched before something is asked of it.
///
/// # Errors
/// When the location is not a file's.
pub(super) fn open(config: &StoreConfig, location: &str, folder: &Path) -> Result<Store, StoreError> {
    let store = Arc::new(Sqlite(Database::new(file(location, folder)?)));
    let budget = Arc::new(Semaphore::new(config.connections.max(1) as usize));
    Ok(Store { data: store.clone(), views: Some(store), raw: None, budget })
}

/// The database's file.
///
/// # Errors
/// When the location is not a file's.
pub(super) fn file(location: &str, folder: &Path) -> Result<PathBuf, StoreError> {
    let path = location.strip_prefix("sqlite:").unwrap_or(location);
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() || path == ":memory:" || path.starts_with("file:") {
        return Err(StoreError::Refused(
            "a sqlite store's url is the path of a database file, or sqlite: and the path".to_owned(),
        ));
    }
    Ok(folder.join(path))
}

#[async_trait]
impl ReadStore for Sqlite {
    async fn schema(&self, tables: Option<&[Vec<String>]>) -> Result<StoreSchema, StoreError> {
        // A file that is yet to be made holds nothing.
        if !self.0.exists()? {
            return Ok(StoreSchema::default());
        }
        let Some(tables) = tables.map(<[_]>::to_vec) else {
            return self.0.read(|database, connection| schema::schema(database, connection, None)).await;
        };
        self.0.ask(move |database, connection| schema::schema(database, connection, Some(&tables))).await
    }

    async fn estimate(&self, path: &[String]) -> Result<Estimate, StoreError> {
        let path = path.to_vec();
        self.0.read(move |database, connection| schema::estimate(database, connection, &path)).await
    }

    async fn count(&self, path: &[String]) -> Result<Option<u64>, StoreError> {
        if !self.0.exists()? {
            return Ok(None);
        }
        let path = path.to_vec();
        self.0.ask(move |database, connection| schema::count(database, connection, &path)).await
    }

    async fn statistics(
        &self,
        path: &[String],
        schema: &TableSchema,
    ) -> Result<Vec<ColumnStatistics>, StoreError> {
        let (path, schema) = (path.to_vec(), schema.clone());
        self.0
            .read(move |database, connection| schema::statistics(database, connection, &path, &schema))
            .await
    }

    async fn misfits(&self, table: &Table, limit: usize) -> Result<Vec<Misfit>, StoreError> {
        let table = table.clone();
        self.0.read(move |database, connection| read::misfits(database, connection, &table, limit)).await
    }

    async fn chunks(
        &self,
        table: &Table,
        rows: u64,
        after: Option<KeyBound>,
        out: mpsc::Sender<ChunkBounds>,
    ) -> Result<(), StoreError> {
        let table = table.clone();
        self.0
            .read(move |database, connection| chunks::chunks(database, connection, &table, rows, after, &out))
            .await
    }

    async fn read(
        &self,
        table: &Table,
        bounds: &ChunkBounds,
        out: mpsc::Sender<RecordBatch>,
    ) -> Result<(), StoreError> {
        let (table, bounds) = (table.clone(), bounds.clone());
        self.0.read(move |database, connection| read::read(database, connection, &table, &bounds, &out)).await
    }

    fn chunks_by_key(&self) -> bool {
        true
    }
}

#[async_trait]
impl WriteStore for Sqlite {
    fn accepts(&self, ty: &ColumnType) -> Result<(), String> {
        write::accepts(&ty.ty)
    }

    async fn unkept(&self, ty: &Type) -> Result<Vec<Unkept>, StoreError> {
        Ok(match ty {
            // It would become NULL.
            Type::Float32 | Type::Float64 => vec![Unkept::NotANumber],
            Type::Bool
            | Type::Int8
            | Type::Int16
            | Type::Int32
            | Type::Int64
            | Type::Decimal { .. }
            | Type::Text
            | Type::Bytes
            | Type::Date
            | Type::Time
            | Type::Timestamp
            | Type::Datetime
            | Type::Uuid
            | Type::Json
            | Type::Enum(_)
            | Type::List(_) => Vec::new(),
        })
    }

    async fn create(&self, table: &Table) -> Result<bool, StoreError> {
        let table = table.clone();
        self.0.write_together(move |database, connection| write::create(database, connection, &table)).await
    }

    async fn drop_table(&self, path: &[String]) -> Result<(), StoreError> {
        if !self.0.exists()? {
            return Ok(());
        }
        let path = path.to_vec();
        self.0
            .write_together(move |database, connection| write::drop_table(database, connection, &path))
            .await
    }

    async fn hold(&self, path: &[String]) -> Result<Option<Box<dyn Hold>>, StoreError> {
        if !self.0.exists()? {
            return Ok(None);
        }
        hold::hold(&self.0, path).await
    }

    async fn write(
        &self,
        table: &Table,
        receipt: &ReceiptKey,
        mut input: mpsc::Receiver<WriteItem>,
    ) -> Result<Written, StoreError> {
        let (table, receipt) = (table.clone(), receipt.clone());
        // Nobody else is kept from writing by a chunk that is still to be read.
        let first = write::first(&mut input).await;
        let is_all = write::is_all(&first);
        let work = move |database: &Database, connection: &Connection| {
            write::write(database, connection, &table, &receipt, first, input)
        };
        if is_all { self.0.write_together(work).await } else { self.0.write(work).await }
    }

    async fn receipts(
        &self,
        _: &[String],
        plan: Digest,
        dataset: &str,
    ) -> Result<Vec<(u64, ChunkDigest)>, StoreError> {
        if !self.0.exists()? {
            return Ok(Vec::new());
        }
        let dataset = dataset.to_owned();
        self.0.ask(move |database, connection| write::receipts(database, connection, plan, &dataset)).await
    }

    async fn delete_rows(&self, path: &[String], plan: Digest, dataset: &str) -> Result<(), StoreError> {
        if !self.0.exists()? {
            return Ok(());
        }
        let (path, dataset) = (path.to_vec(), dataset.to_owned());
        self.0
            .write(move |database, connection| {
                write::delete_rows(database, connection, &path, plan, &dataset)
            })
            .await
    }

    async fn forget(&self, _: &[String], plan: Digest, dataset: &str) -> Result<(), StoreError> {
        if !self.0.exists()? {
            return Ok(());
        }
        let dataset = dataset.to_owned();
        self.0
            .write_together(move |database, connection| write::forget(database, connection, plan, &dataset))
            .await
    }
}

#[async_trait]
impl ViewStore for Sqlite {
    async fn view(&self, path: &[String]) -> Result<Option<String>, StoreError> {
        let path = path.to_vec();
        self.0.read(move |database, connection| views::view(database, connection, &path)).await
    }

    async fn point_view(&self, view: &[String], target: &[String]) -> Result<(), StoreError> {
        let (view, target) = (view.to_vec(), target.to_vec());
        self.0
            .write(move |database, connection| views::point_view(database, connection, &view, &target))
            .await
    }

    async fn restore_view(&self, view: &[String], before: Option<&str>) -> Result<(), StoreError> {
        let (view, before) = (view.to_vec(), before.map(str::to_owned));
        self.0
            .write(move |database, connection| {
                views::restore_view(database, connection, &view, before.as_deref())
            })
            .await
    }
}
