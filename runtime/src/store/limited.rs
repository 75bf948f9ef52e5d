//! A store within its budgets of rows and bytes a second: rows wait on their way out of it and into it.
//!
//! All who use the opened store share the budgets, whatever they do. What a store does by itself, such as counting
//! rows, looking for the bounds of chunks and deleting, hands nothing out and does not wait; a checksum of the
//! store's own would read a whole table unseen, and is therefore not used.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use mig_plan::schema::StoreSchema;
use mig_plan::{
    ChunkBounds, ChunkDigest, ColumnStatistics, ColumnType, Digest, Estimate, KeyBound, Limit, TableSchema,
    Type,
};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::{
    Hold, Misfit, ReadStore, ReceiptKey, Store, StoreError, Table, Unkept, WriteItem, WriteStore, Written,
};
use crate::rate::Bucket;
use crate::transfer::batch_bytes;

/// The store within its budgets; the store itself where there are none.
pub(super) fn limited(store: Store, limit: Limit) -> Store {
    if limit.is_none() {
        return store;
    }
    let Store { data, views, raw: _, budget } = store;
    let data = Arc::new(Limited { inner: data, throttle: Throttle::new(limit) });
    // Rows take the way on which they are counted.
    Store { data, views, raw: None, budget }
}

/// The budgets, and since when they are used.
struct Throttle {
    rows: Option<Mutex<Bucket>>,
    bytes: Option<Mutex<Bucket>>,
    began: Instant,
}

impl Throttle {
    fn new(limit: Limit) -> Self {
        let bucket = |rate: Option<u64>| rate.map(|rate| Mutex::new(Bucket::new(rate)));
        Self {
            rows: bucket(limit.rows_per_second),
            bytes: bucket(limit.bytes_per_second),
            began: Instant::now(),
        }
    }

    /// How long these rows must wait at that time.
    fn wait(&self, now: Duration, rows: u64, bytes: u64) -> Duration {
        let take = |bucket: &Option<Mutex<Bucket>>, amount: u64| {
            bucket.as_ref().map_or(Duration::ZERO, |bucket| {
                // A bucket is whole whoever panicked while they held it.
                bucket.lock().unwrap_or_else(PoisonError::into_inner).take(now, amount)
            })
        };
        take(&self.rows, rows).max(take(&self.bytes, bytes))
    }

    /// Lets a batch pass when its time has come.
    async fn pass(&self, batch: &RecordBatch) {
        let wait = self.wait(self.began.elapsed(), batch.num_rows() as u64, batch_bytes(batch));
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }
}

struct Limited {
    inner: Arc<dyn WriteStore>,
    throttle: Throttle,
}

#[async_trait]
impl ReadStore for Limited {
    async fn schema(&self, tables: Option<&[Vec<String>]>) -> Result<StoreSchema, StoreError> {
        self.inner.schema(tables).await
    }

    async fn estimate(&self, path: &[String]) -> Result<Estimate, StoreError> {
        self.inner.estimate(path).await
    }

    async fn count(&self, path: &[String]) -> Result<Option<u64>, StoreError> {
        self.inner.count(path).await
    }

    async fn rows(&self, path: &[String]) -> Result<u64, StoreError> {
        self.inner.rows(path).await
    }

    async fn statistics(
        &self,
        path: &[String],
        schema: &TableSchema,
    ) -> Result<Vec<ColumnStatistics>, StoreError> {
        self.inner.statistics(path, schema).await
    }

    async fn misfits(&self, table: &Table, limit: usize) -> Result<Vec<Misfit>, StoreError> {
        self.inner.misfits(table, limit).await
    }

    async fn chunks(
        &self,
        table: &Table,
        rows: u64,
        after: Option<KeyBound>,
        out: mpsc::Sender<ChunkBounds>,
    ) -> Result<(), StoreError> {
        self.inner.chunks(table, rows, after, out).await
    }

    async fn read(
        &self,
        table: &Table,
        bounds: &ChunkBounds,
        out: mpsc::Sender<RecordBatch>,
    ) -> Result<(), StoreError> {
        let (sender, mut read) = mpsc::channel(1);
        let pass = async move {
            while let Some(batch) = read.recv().await {
                self.throttle.pass(&batch).await;
                out.send(batch).await.map_err(|_| StoreError::Abandoned)?;
            }
            Ok(())
        };
        let (read, passed) = tokio::join!(self.inner.read(table, bounds, sender), pass);
        read.and(passed)
    }

    fn chunks_by_key(&self) -> bool {
        self.inner.chunks_by_key()
    }
}

#[async_trait]
impl WriteStore for Limited {
    fn accepts(&self, ty: &ColumnType) -> Result<(), String> {
        self.inner.accepts(ty)
    }

    async fn unkept(&self, ty: &Type) -> Result<Vec<Unkept>, StoreError> {
        self.inner.unkept(ty).await
    }

    fn writers(&self) -> Option<usize> {
        self.inner.writers()
    }

    async fn create(&self, table: &Table) -> Result<bool, StoreError> {
        self.inner.create(table).await
    }

    async fn require_writable(&self, path: &[String]) -> Result<(), StoreError> {
        self.inner.require_writable(path).await
    }

    async fn add_key(&self, table: &Table) -> Result<(), StoreError> {
        self.inner.add_key(table).await
    }

    async fn drop_table(&self, path: &[String]) -> Result<(), StoreError> {
        self.inner.drop_table(path).await
    }

    async fn hold(&self, path: &[String]) -> Result<Option<Box<dyn Hold>>, StoreError> {
        self.inner.hold(path).await
    }

    async fn write(
        &self,
        table: &Table,
        receipt: &ReceiptKey,
        mut input: mpsc::Receiver<WriteItem>,
    ) -> Result<Written, StoreError> {
        let (sender, passed) = mpsc::channel(1);
        let pass = async move {
            while let Some(item) = input.recv().await {
                if let WriteItem::Batch(batch) = &item {
                    self.throttle.pass(batch).await;
                }
                // A writer that takes no more has its reason, which it gives.
                if sender.send(item).await.is_err() {
                    return;
                }
            }
        };
        let (written, ()) = tokio::join!(self.inner.write(table, receipt, passed), pass);
        written
    }

    async fn receipts(
        &self,
        path: &[String],
        plan: Digest,
        dataset: &str,
    ) -> Result<Vec<(u64, ChunkDigest)>, StoreError> {
        self.inner.receipts(path, plan, dataset).await
    }

    async fn delete_rows(&self, path: &[String], plan: Digest, dataset: &str) -> Result<(), StoreError> {
        self.inner.delete_rows(path, plan, dataset).await
    }

    async fn forget(&self, path: &[String], plan: Digest, dataset: &str) -> Result<(), StoreError> {
        self.inner.forget(path, plan, dataset).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_wait_for_whichever_budget_is_shorter() {
        let both = Limit { rows_per_second: Some(100), bytes_per_second: Some(1_000) };
        let throttle = Throttle::new(both);
        let at = Duration::from_millis;
        assert_eq!(throttle.wait(at(0), 100, 10), at(0));
        assert_eq!(throttle.wait(at(0), 10, 10), at(100));
        assert_eq!(throttle.wait(at(100), 0, 2_000), at(1_000));
        let rows = Throttle::new(Limit { bytes_per_second: None, ..both });
        assert_eq!(rows.wait(at(0), 100, u64::MAX), at(0));
    }

    #[tokio::test]
    async fn a_store_of_which_nothing_is_said_is_itself() {
        let store = Arc::new(crate::memory_store::MemoryStore::new(&[])).open(1);
        let data = Arc::clone(&store.data);
        let same = limited(store, Limit::default());
        assert!(Arc::ptr_eq(&data, &same.data));
    }
}
