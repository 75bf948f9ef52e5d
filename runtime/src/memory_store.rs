//! A store in memory, for tests of what moves and compares rows: it keeps batches, cuts chunks by key or by
//! row number, and fails where a test tells it to. It stands for no real store's behaviour.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use arrow::array::UInt32Array;
use arrow::compute::{concat_batches, take_record_batch};
use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use mig_plan::schema::StoreSchema;
use mig_plan::{ChunkBounds, ChunkDigest, ColumnType, Digest, Estimate, KeyBound, KeyValue};
use tokio::sync::{Semaphore, mpsc};

use crate::arrow_types::arrow_schema;
use crate::key::key_of;
use crate::store::{
    Field, Hold, Misfit, ReadStore, ReceiptKey, Store, StoreError, Table, WriteItem, WriteStore, Written,
};

/// See the module. It has one table, whatever path is asked for.
pub(crate) struct MemoryStore {
    fields: Vec<Field>,
    rows: Mutex<RecordBatch>,
    receipts: Mutex<BTreeMap<u64, ChunkDigest>>,
    /// The rows in the order of the key that was asked for last.
    order: Mutex<Option<(Vec<String>, Arc<Ordered>)>>,
    /// Rows in a batch that is read.
    pub(crate) batch_rows: usize,
    /// Reading fails after so many batches of a chunk.
    pub(crate) fail_read_after: Option<usize>,
    /// How many readings still fail so.
    pub(crate) failing_reads: AtomicUsize,
    /// Writing fails after so many batches of a chunk.
    pub(crate) fail_write_after: Option<usize>,
    /// Whether its chunks are told to be ranges of keys.
    pub(crate) by_key: bool,
    /// How many batches readers have sent.
    pub(crate) batches_sent: AtomicUsize,
    readers: AtomicUsize,
    /// The most chunks that were read at once.
    pub(crate) most_readers: AtomicUsize,
}

impl MemoryStore {
    pub(crate) fn new(fields: &[Field]) -> Self {
        let rows = RecordBatch::new_empty(arrow_schema(fields));
        Self {
            fields: fields.to_vec(),
            rows: Mutex::new(rows),
            receipts: Mutex::default(),
            order: Mutex::default(),
            batch_rows: 100,
            fail_read_after: None,
            failing_reads: AtomicUsize::new(usize::MAX),
            fail_write_after: None,
            by_key: true,
            batches_sent: AtomicUsize::new(0),
            readers: AtomicUsize::new(0),
            most_readers: AtomicUsize::new(0),
        }
    }

    pub(crate) fn with_rows(rows: RecordBatch, fields: &[Field]) -> Self {
        let store = Self::new(fields);
        store.put(rows);
        store
    }

    pub(crate) fn rows(&self) -> RecordBatch {
        self.rows.lock().unwrap().clone()
    }

    pub(crate) fn receipt_count(&self) -> usize {
        self.receipts.lock().unwrap().len()
    }

    /// The store as the runtime takes it, with so many places in its budget.
    pub(crate) fn open(self: &Arc<Self>, places: usize) -> Store {
        Store {
            data: Arc::clone(self) as _,
            views: None,
            raw: None,
            budget: Arc::new(Semaphore::new(places)),
        }
    }

    /// The rows in key order, or as they are where there is no key.
    fn ordered(&self, key: &[String]) -> Arc<Ordered> {
        let mut cached = self.order.lock().unwrap();
        if let Some((known, ordered)) = cached.as_ref()
            && known == key
        {
            return Arc::clone(ordered);
        }
        let rows = self.rows();
        let bound = |row: usize| match key {
            [] => vec![KeyValue::Int(i64::try_from(row).unwrap())],
            key => key_of(&rows, row, key),
        };
        let mut order: Vec<(KeyBound, u32)> =
            (0..rows.num_rows()).map(|row| (bound(row), u32::try_from(row).unwrap())).collect();
        order.sort();
        let (bounds, places): (Vec<KeyBound>, Vec<u32>) = order.into_iter().unzip();
        let rows = take_record_batch(&rows, &UInt32Array::from(places)).unwrap();
        let ordered = Arc::new(Ordered { rows, bounds });
        *cached = Some((key.to_vec(), Arc::clone(&ordered)));
        ordered
    }

    fn put(&self, rows: RecordBatch) {
        *self.rows.lock().unwrap() = rows;
        *self.order.lock().unwrap() = None;
    }
}

/// Rows with the bound of each.
struct Ordered {
    rows: RecordBatch,
    bounds: Vec<KeyBound>,
}

#[async_trait]
impl ReadStore for MemoryStore {
    async fn schema(&self, _: Option<&[Vec<String>]>) -> Result<StoreSchema, StoreError> {
        Ok(StoreSchema::default())
    }

    async fn estimate(&self, _: &[String]) -> Result<Estimate, StoreError> {
        Ok(Estimate { rows: self.rows().num_rows() as u64, bytes: 0 })
    }

    async fn misfits(&self, _: &Table, _: usize) -> Result<Vec<Misfit>, StoreError> {
        Ok(Vec::new())
    }

    async fn chunks(
        &self,
        table: &Table,
        rows: u64,
        after: Option<KeyBound>,
        out: mpsc::Sender<ChunkBounds>,
    ) -> Result<(), StoreError> {
        let ordered = self.ordered(&table.key);
        let mut after = after;
        let rest: Vec<&KeyBound> =
            ordered.bounds.iter().filter(|bound| Some(*bound) > after.as_ref()).collect();
        let mut ends: Vec<Option<KeyBound>> =
            rest.chunks(usize::try_from(rows).unwrap()).map(|chunk| chunk.last().copied().cloned()).collect();
        if let Some(last) = ends.last_mut() {
            *last = None;
        } else {
            ends.push(None);
        }
        for up_to in ends {
            let bounds = ChunkBounds { after: std::mem::replace(&mut after, up_to.clone()), up_to };
            out.send(bounds).await.map_err(|_| StoreError::Abandoned)?;
        }
        Ok(())
    }

    async fn read(
        &self,
        table: &Table,
        bounds: &ChunkBounds,
        out: mpsc::Sender<RecordBatch>,
    ) -> Result<(), StoreError> {
        let now = self.readers.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_readers.fetch_max(now, Ordering::SeqCst);
        let ordered = self.ordered(&table.key);
        let schema = ordered.rows.schema();
        let columns: Vec<usize> =
            table.fields.iter().map(|field| schema.index_of(&field.name).unwrap()).collect();
        let (rows, keys) = (ordered.rows.project(&columns).unwrap(), &ordered.bounds);
        let from = keys.partition_point(|key| bounds.after.as_ref().is_some_and(|after| key <= after));
        let to = keys.partition_point(|key| bounds.up_to.as_ref().is_none_or(|up_to| key <= up_to));
        let mut result = Ok(());
        for (sent, start) in (from..to.max(from)).step_by(self.batch_rows).enumerate() {
            let fails = || {
                let left = |left: usize| left.checked_sub(1);
                self.failing_reads.fetch_update(Ordering::SeqCst, Ordering::SeqCst, left).is_ok()
            };
            if self.fail_read_after == Some(sent) && fails() {
                result = Err(StoreError::Unavailable("the cable was pulled".to_owned()));
                break;
            }
            let batch = rows.slice(start, self.batch_rows.min(to - start));
            if out.send(batch).await.is_err() {
                result = Err(StoreError::Abandoned);
                break;
            }
            self.batches_sent.fetch_add(1, Ordering::SeqCst);
        }
        self.readers.fetch_sub(1, Ordering::SeqCst);
        result
    }

    fn chunks_by_key(&self) -> bool {
        self.by_key
    }
}

#[async_trait]
impl WriteStore for MemoryStore {
    fn accepts(&self, _: &ColumnType) -> Result<(), String> {
        Ok(())
    }

    async fn create(&self, _: &Table) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn drop_table(&self, _: &[String]) -> Result<(), StoreError> {
        Ok(())
    }

    async fn hold(&self, _: &[String]) -> Result<Option<Box<dyn Hold>>, StoreError> {
        Ok(None)
    }

    async fn write(
        &self,
        _: &Table,
        receipt: &ReceiptKey,
        mut input: mpsc::Receiver<WriteItem>,
    ) -> Result<Written, StoreError> {
        if let Some(digest) = self.receipts.lock().unwrap().get(&receipt.chunk) {
            return Ok(Written::Before(*digest));
        }
        let mut batches = Vec::new();
        while let Some(item) = input.recv().await {
            match item {
                WriteItem::Batch(_) if self.fail_write_after == Some(batches.len()) => {
                    return Err(StoreError::Refused("a value does not fit".to_owned()));
                }
                WriteItem::Batch(batch) => batches.push(batch),
                WriteItem::Commit(digest) => {
                    batches.insert(0, self.rows());
                    self.put(concat_batches(&arrow_schema(&self.fields), &batches).unwrap());
                    self.receipts.lock().unwrap().insert(receipt.chunk, digest);
                    return Ok(Written::Now(digest));
                }
            }
        }
        Err(StoreError::Abandoned)
    }

    async fn receipts(
        &self,
        _: &[String],
        _: Digest,
        _: &str,
    ) -> Result<Vec<(u64, ChunkDigest)>, StoreError> {
        Ok(self.receipts.lock().unwrap().iter().map(|(chunk, digest)| (*chunk, *digest)).collect())
    }

    async fn delete_rows(&self, _: &[String], _: Digest, _: &str) -> Result<(), StoreError> {
        self.put(RecordBatch::new_empty(arrow_schema(&self.fields)));
        self.receipts.lock().unwrap().clear();
        Ok(())
    }

    async fn forget(&self, _: &[String], _: Digest, _: &str) -> Result<(), StoreError> {
        self.receipts.lock().unwrap().clear();
        Ok(())
    }
}
