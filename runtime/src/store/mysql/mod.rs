//! MySQL and MariaDB: read through prepared statements in their binary form, written by prepared inserts of many rows.
//!
//! A store is one database, the one that its URL names. See [`types`] for what is read as what, and how mig declares
//! its columns. Keys compare by their column's own collation on the server, so that the key's index is used and
//! order and equality are one and the same for it; bounds are only ever compared inside one store, those of
//! integers excepted. A table without a key, or with one of floats, is one chunk: nothing that a client sees tells
//! its rows apart. Only tables of InnoDB are written, because others have no transactions.

mod chunks;
mod connection;
mod decode;
mod digest;
mod encode;
mod errors;
mod hold;
mod names;
mod read;
mod schema;
#[cfg(test)]
mod tests;
mod types;
mod views;
mod write;

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use mig_plan::schema::StoreSchema;
use mig_plan::{
    ChunkBounds, ChunkDigest, ColumnStatistics, ColumnType, Digest, Estimate, KeyBound, StoreConfig,
    TableSchema, Type,
};
use tokio::sync::{Semaphore, mpsc};

use self::connection::Connections;
use super::{
    Address, Hold, Misfit, ReadStore, ReceiptKey, Store, StoreError, Table, Unkept, ViewStore, WriteItem,
    WriteStore, Written,
};

/// A database of MySQL or MariaDB.
struct Mysql(Connections);

/// Opens a store; no connection is made before something is asked of it.
///
/// # Errors
/// When the location is not a URL of MySQL's with a database in it.
pub(super) fn open(config: &StoreConfig, location: &str) -> Result<Store, StoreError> {
    let connections = config.connections.max(1) as usize;
    let store = Arc::new(Mysql(Connections::new(location, connections)?));
    Ok(Store {
        data: store.clone(),
        views: Some(store),
        raw: None,
        budget: Arc::new(Semaphore::new(connections)),
    })
}

/// Where the server and its database are.
///
/// # Errors
/// When the location is not a URL of MySQL's with a database in it.
pub(super) fn address(location: &str) -> Result<Address, StoreError> {
    Ok(Connections::new(location, 0)?.address())
}

impl Mysql {
    async fn is_mariadb(&self) -> Result<bool, StoreError> {
        let lease = self.0.lease().await?;
        let mariadb = lease.traits().dialect.is_mariadb();
        lease.give_back(Ok(mariadb))
    }
}

#[async_trait]
impl ReadStore for Mysql {
    async fn schema(&self, tables: Option<&[Vec<String>]>) -> Result<StoreSchema, StoreError> {
        let mut lease = self.0.lease().await?;
        let result = schema::schema(&mut lease, tables).await.map_err(StoreError::in_full);
        lease.give_back(result)
    }

    async fn estimate(&self, path: &[String]) -> Result<Estimate, StoreError> {
        let mut lease = self.0.lease().await?;
        let result = schema::estimate(&mut lease, path).await.map_err(StoreError::in_full);
        lease.give_back(result)
    }

    async fn rows(&self, path: &[String]) -> Result<u64, StoreError> {
        let mut lease = self.0.lease().await?;
        let result = schema::rows(&mut lease, path).await.map_err(StoreError::in_full);
        lease.give_back(result)
    }

    async fn statistics(
        &self,
        path: &[String],
        schema: &TableSchema,
    ) -> Result<Vec<ColumnStatistics>, StoreError> {
        let mut lease = self.0.lease().await?;
        let result = schema::statistics(&mut lease, path, schema).await.map_err(StoreError::in_full);
        lease.give_back(result)
    }

    async fn misfits(&self, table: &Table, limit: usize) -> Result<Vec<Misfit>, StoreError> {
        let mut lease = self.0.lease().await?;
        let result = read::misfits(&mut lease, table, limit).await.map_err(|error| error.about(table));
        lease.give_back(result)
    }

    async fn chunks(
        &self,
        table: &Table,
        rows: u64,
        after: Option<KeyBound>,
        out: mpsc::Sender<ChunkBounds>,
    ) -> Result<(), StoreError> {
        chunks::chunks(&self.0, table, rows, after, out).await.map_err(|error| error.about(table))
    }

    async fn read(
        &self,
        table: &Table,
        bounds: &ChunkBounds,
        out: mpsc::Sender<RecordBatch>,
    ) -> Result<(), StoreError> {
        let mut lease = self.0.lease().await?;
        let result = read::read(&mut lease, table, bounds, out).await.map_err(|error| error.about(table));
        lease.give_back(result)
    }

    fn chunks_by_key(&self) -> bool {
        true
    }

    fn hashes_as(&self) -> Option<&'static str> {
        Some("mysql")
    }

    async fn own_digest(
        &self,
        table: &Table,
        bounds: &ChunkBounds,
    ) -> Result<Option<ChunkDigest>, StoreError> {
        let mut lease = self.0.lease().await?;
        let result = digest::own_digest(&mut lease, table, bounds).await.map_err(|error| error.about(table));
        lease.give_back(result)
    }
}

#[async_trait]
impl WriteStore for Mysql {
    fn accepts(&self, ty: &ColumnType) -> Result<(), String> {
        write::accepts(&ty.ty)
    }

    async fn unkept(&self, ty: &Type) -> Result<Vec<Unkept>, StoreError> {
        Ok(match ty {
            Type::Float32 | Type::Float64 => vec![Unkept::NotANumber, Unkept::Infinite],
            Type::Json => vec![Unkept::NestedDeeper(if self.is_mariadb().await? { 32 } else { 100 })],
            Type::Uuid if self.is_mariadb().await? => vec![Unkept::OddUuid],
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
            | Type::Enum(_)
            | Type::List(_) => Vec::new(),
        })
    }

    async fn create(&self, table: &Table) -> Result<bool, StoreError> {
        let mut lease = self.0.lease().await?;
        let result = write::create(&mut lease, table).await.map_err(|error| error.about(table));
        lease.give_back(result)
    }

    async fn require_writable(&self, path: &[String]) -> Result<(), StoreError> {
        let mut lease = self.0.lease().await?;
        let result = write::require_writable(&mut lease, path).await.map_err(StoreError::in_full);
        lease.give_back(result)
    }

    async fn drop_table(&self, path: &[String]) -> Result<(), StoreError> {
        let mut lease = self.0.lease().await?;
        let result = write::drop_table(&mut lease, path).await.map_err(StoreError::in_full);
        lease.give_back(result)
    }

    async fn hold(&self, path: &[String]) -> Result<Option<Box<dyn Hold>>, StoreError> {
        hold::hold(self.0.lease().await?, self.0.lease().await?, path).await.map_err(StoreError::in_full)
    }

    async fn write(
        &self,
        table: &Table,
        receipt: &ReceiptKey,
        input: mpsc::Receiver<WriteItem>,
    ) -> Result<Written, StoreError> {
        let mut lease = self.0.lease().await?;
        let result =
            write::write(&mut lease, table, receipt, input).await.map_err(|error| error.about(table));
        lease.give_back(result)
    }

    async fn receipts(
        &self,
        _: &[String],
        plan: Digest,
        dataset: &str,
    ) -> Result<Vec<(u64, ChunkDigest)>, StoreError> {
        let mut lease = self.0.lease().await?;
        let result = write::receipts(&mut lease, plan, dataset).await.map_err(StoreError::in_full);
        lease.give_back(result)
    }

    async fn delete_rows(&self, path: &[String], plan: Digest, dataset: &str) -> Result<(), StoreError> {
        let mut lease = self.0.lease().await?;
        let result = write::delete_rows(&mut lease, path, plan, dataset).await.map_err(StoreError::in_full);
        lease.give_back(result)
    }

    async fn forget(&self, _: &[String], plan: Digest, dataset: &str) -> Result<(), StoreError> {
        let mut lease = self.0.lease().await?;
        let result = write::forget(&mut lease, plan, dataset).await.map_err(StoreError::in_full);
        lease.give_back(result)
    }
}

#[async_trait]
impl ViewStore for Mysql {
    async fn view(&self, path: &[String]) -> Result<Option<String>, StoreError> {
        let mut lease = self.0.lease().await?;
        let result = views::view(&mut lease, path).await.map_err(StoreError::in_full);
        lease.give_back(result)
    }

    async fn point_view(&self, view: &[String], target: &[String]) -> Result<(), StoreError> {
        let mut lease = self.0.lease().await?;
        let result = views::point_view(&mut lease, view, target).await.map_err(StoreError::in_full);
        lease.give_back(result)
    }

    async fn restore_view(&self, view: &[String], before: Option<&str>) -> Result<(), StoreError> {
        let mut lease = self.0.lease().await?;
        let result = views::restore_view(&mut lease, view, before).await.map_err(StoreError::in_full);
        lease.give_back(result)
    }
}
