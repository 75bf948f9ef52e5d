//! PostgreSQL: read and written through COPY in its binary form, on connections of its own.
//!
//! See [`types`] for what is read as what, and how mig declares its columns. Keys compare by their column's own
//! collation, so that the key's index is used; bounds are only ever compared inside one store. A bound holds
//! integers as such and everything else as PostgreSQL's own text. Rows of a table without a key are told apart
//! by their place in its file, which lasts as long as nobody writes to the table.

mod block;
mod chunks;
mod connection;
mod decode;
mod digest;
mod encode;
mod errors;
mod hold;
mod insert;
mod names;
mod numeric;
mod raw;
mod read;
mod rows;
mod schema;
#[cfg(test)]
mod tests;
mod types;
mod views;
mod write;

use std::num::NonZeroUsize;
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
pub(super) use self::raw::RawColumns;
use super::{
    Address, Hold, Misfit, RawForm, RawRows, RawStore, ReadStore, ReceiptKey, Store, StoreError, Table,
    Unkept, ViewStore, WriteItem, WriteStore, Written,
};

/// Writers of one table that keep the server busy while the rows of another are made, even on one processor.
const LEAST_WRITERS: usize = 2;

/// A PostgreSQL database.
struct Postgres(Connections);

/// Opens a store; no connection is made before something is asked of it.
///
/// # Errors
/// When the location is not a URL of PostgreSQL's.
pub(super) fn open(config: &StoreConfig, location: &str) -> Result<Store, StoreError> {
    let connections = config.connections.max(1) as usize;
    let store = Arc::new(Postgres(Connections::new(location, connections)?));
    Ok(Store {
        data: store.clone(),
        views: Some(store.clone()),
        raw: Some(store),
        budget: Arc::new(Semaphore::new(connections)),
    })
}

/// Where the server and its database are.
///
/// # Errors
/// When the location is not a URL of PostgreSQL's.
pub(super) fn address(location: &str) -> Result<Address, StoreError> {
    Ok(Connections::new(location, 0)?.address())
}

#[async_trait]
impl ReadStore for Postgres {
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

    async fn count(&self, path: &[String]) -> Result<Option<u64>, StoreError> {
        let mut lease = self.0.lease().await?;
        let result = schema::count(&mut lease, path).await.map_err(StoreError::in_full);
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
        _schema: &TableSchema,
    ) -> Result<Vec<ColumnStatistics>, StoreError> {
        let mut lease = self.0.lease().await?;
        let result = schema::statistics(&mut lease, path).await.map_err(StoreError::in_full);
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
        Some("postgres")
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
impl WriteStore for Postgres {
    fn accepts(&self, ty: &ColumnType) -> Result<(), String> {
        write::accepts(&ty.ty)
    }

    async fn unkept(&self, ty: &Type) -> Result<Vec<Unkept>, StoreError> {
        let ty = if let Type::List(item) = ty { &item.ty } else { ty };
        Ok(if *ty == Type::Text { vec![Unkept::Nul] } else { Vec::new() })
    }

    /// A table grows under a lock that all its writers take, page by page. More of them than there are processors to make
    /// their rows wait for it, and whoever holds it for a processor.
    fn writers(&self) -> Option<usize> {
        let processors = std::thread::available_parallelism().map_or(LEAST_WRITERS, NonZeroUsize::get);
        Some(processors.max(LEAST_WRITERS))
    }

    async fn create(&self, table: &Table) -> Result<bool, StoreError> {
        let mut lease = self.0.lease().await?;
        let result = write::create(&mut lease, table).await.map_err(|error| error.about(table));
        lease.give_back(result)
    }

    async fn add_key(&self, table: &Table) -> Result<(), StoreError> {
        let mut lease = self.0.lease().await?;
        let result = write::add_key(&mut lease, table).await.map_err(|error| error.about(table));
        lease.give_back(result)
    }

    async fn drop_table(&self, path: &[String]) -> Result<(), StoreError> {
        let mut lease = self.0.lease().await?;
        let result = write::drop_table(&mut lease, path).await.map_err(StoreError::in_full);
        lease.give_back(result)
    }

    async fn hold(&self, path: &[String]) -> Result<Option<Box<dyn Hold>>, StoreError> {
        hold::hold(self.0.lease().await?, path).await.map_err(StoreError::in_full)
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
        path: &[String],
        plan: Digest,
        dataset: &str,
    ) -> Result<Vec<(u64, ChunkDigest)>, StoreError> {
        let mut lease = self.0.lease().await?;
        let result = write::receipts(&mut lease, path, plan, dataset).await.map_err(StoreError::in_full);
        lease.give_back(result)
    }

    async fn delete_rows(&self, path: &[String], plan: Digest, dataset: &str) -> Result<(), StoreError> {
        let mut lease = self.0.lease().await?;
        let result = write::delete_rows(&mut lease, path, plan, dataset).await.map_err(StoreError::in_full);
        lease.give_back(result)
    }

    async fn forget(&self, path: &[String], plan: Digest, dataset: &str) -> Result<(), StoreError> {
        let mut lease = self.0.lease().await?;
        let result = write::forget(&mut lease, path, plan, dataset).await.map_err(StoreError::in_full);
        lease.give_back(result)
    }
}

#[async_trait]
impl RawStore for Postgres {
    async fn form(&self, table: &Table) -> Result<Option<RawForm>, StoreError> {
        let mut lease = self.0.lease().await?;
        let result = raw::columns(&mut lease, table).await.map_err(|error| error.about(table));
        Ok(lease.give_back(result)?.map(RawForm))
    }

    async fn takes(&self, table: &Table, form: &RawForm) -> Result<bool, StoreError> {
        let mut lease = self.0.lease().await?;
        let result = raw::takes(&mut lease, table, &form.0).await.map_err(|error| error.about(table));
        lease.give_back(result)
    }

    async fn read(
        &self,
        table: &Table,
        bounds: &ChunkBounds,
        out: mpsc::Sender<RawRows>,
    ) -> Result<(), StoreError> {
        let mut lease = self.0.lease().await?;
        let result = raw::read(&mut lease, table, bounds, out).await.map_err(|error| error.about(table));
        lease.give_back(result)
    }

    async fn write(
        &self,
        table: &Table,
        receipt: &ReceiptKey,
        input: mpsc::Receiver<WriteItem<RawRows>>,
    ) -> Result<Written, StoreError> {
        let mut lease = self.0.lease().await?;
        let result =
            write::write(&mut lease, table, receipt, input).await.map_err(|error| error.about(table));
        lease.give_back(result)
    }
}

#[async_trait]
impl ViewStore for Postgres {
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
