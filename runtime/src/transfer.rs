//! Moves one chunk: reading, mapping and writing at the same time, each a bounded step ahead of the next.
//!
//! Takes stores, a mapping and a chunk's bounds; gives the checksum of the new rows. It holds a few batches
//! in memory and never a chunk. It takes no place in a store's budget: whoever calls it holds one in each.
//! A chunk is committed only after all of it was read and mapped; whatever else happens (an error, or the
//! future being dropped), the writer's channel closes without a commit and nothing of the chunk stays.

mod raw;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use arrow::array::Array;
use arrow::record_batch::RecordBatch;
use mig_plan::{ChunkBounds, ChunkDigest, FailureKind, TableRef};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::eval::{Mapping, MappingError, RowError};
use crate::key::key_text;
use crate::progress::{ChunkProgress, Progress};
use crate::row_hash::RowHasher;
use crate::scan::{Chunks, permit, read_chunk, scan};
use crate::store::{ReceiptKey, Store, StoreError, Table, WriteItem, Written};
use crate::task::Task;

pub use self::raw::{Passage, pass_chunk};

/// How many batches wait between two steps. With one being read, mapped and written each, and batches of
/// at most 8 MiB, a chunk in flight takes at most 64 MiB.
pub(crate) const BATCHES_AHEAD: usize = 2;

/// A batch of so many rows at the most is done with sooner than a thread has begun.
pub(crate) const FEW_ROWS: usize = 256;

/// Why rows could not be moved or compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransferError {
    /// A store did not do its part.
    #[error("{table}: {error}")]
    Store {
        /// The table, as the plan has it.
        table: TableRef,
        /// What the store says.
        error: StoreError,
    },
    /// A row has no value under the mapping.
    #[error("{table}, {key}, {error}")]
    Row {
        /// The old table, as the plan has it.
        table: TableRef,
        /// The row's key in the old table for people, or its place in the chunk where there is no key.
        key: String,
        /// The column, the value and what is wrong with it.
        error: Box<RowError>,
    },
    /// The plan holds an expression that cannot be evaluated.
    #[error(transparent)]
    Mapping(#[from] MappingError),
}

impl TransferError {
    /// What follows from it: only a store that is in the way may do its part another time.
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::Store { error: StoreError::Unavailable(_) | StoreError::Abandoned, .. } => {
                FailureKind::Unavailable
            }
            Self::Store { error: StoreError::Refused(_) | StoreError::Said { .. }, .. }
            | Self::Row { .. }
            | Self::Mapping(_) => FailureKind::Refused,
        }
    }

    pub(crate) fn store(table: &TableRef) -> impl Fn(StoreError) -> Self + use<> {
        let table = table.clone();
        move |error| Self::Store { table: table.clone(), error }
    }
}

/// A chunk that is in the new store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The checksum of its new rows.
    pub digest: ChunkDigest,
    /// Their bytes as Arrow batches; 0 when they were there before.
    pub bytes: u64,
    /// Whether it was there before, with its receipt, and nothing was written.
    pub before: bool,
}

/// Copies one chunk, or finds that it was copied before. The caller holds a place in both stores' budgets.
///
/// # Errors
/// When a store does not do its part, or a row has no value: then nothing of the chunk is in the new table.
pub async fn copy_chunk(
    old: &Store,
    new: &Store,
    mapping: &Arc<Mapping>,
    bounds: &ChunkBounds,
    receipt: &ReceiptKey,
    progress: &Arc<Progress>,
) -> Result<Copied, TransferError> {
    let (read, to_map) = mpsc::channel(BATCHES_AHEAD);
    let (mapped, to_write) = mpsc::channel(BATCHES_AHEAD);
    let counted = Arc::new(progress.chunk());
    let reader = {
        let (store, mapping, bounds) = (Arc::clone(&old.data), Arc::clone(mapping), bounds.clone());
        Task::spawn(async move { store.read(mapping.old_table(), &bounds, read).await })
    };
    // Not aborted when this future is dropped: it sees its channel close, and ends the transaction itself.
    let writer = {
        let (store, mapping, receipt) = (Arc::clone(&new.data), Arc::clone(mapping), receipt.clone());
        tokio::spawn(async move { store.write(mapping.new_table(), &receipt, to_write).await })
    };
    let outcome = match map_rows(Mapper::new(mapping, &counted), to_map, mapped).await {
        Mapped::All { digest, bytes, to } => match reader.await {
            Ok(()) => {
                // A writer that went away has its own reason, which is asked for below.
                let _ = to.send(WriteItem::Commit(digest)).await;
                Ok(bytes)
            }
            Err(error) => Err(TransferError::store(mapping.old_place())(error)),
        },
        Mapped::WriterLeft => Ok(0),
        Mapped::Failed(error) => Err(error),
    };
    written(writer, outcome, mapping.new_place(), &counted).await
}

/// Waits for the writer, which finishes before the caller goes on whatever became of the rows, and says what became
/// of the chunk.
async fn written(
    writer: JoinHandle<Result<Written, StoreError>>,
    outcome: Result<u64, TransferError>,
    place: &TableRef,
    counted: &ChunkProgress,
) -> Result<Copied, TransferError> {
    let written = match writer.await {
        Ok(written) => written,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(StoreError::Abandoned),
        },
    };
    match (outcome, written) {
        (_, Ok(Written::Before(digest))) => Ok(Copied { digest, bytes: 0, before: true }),
        (Err(error), _) => Err(error),
        (Ok(bytes), Ok(Written::Now(digest))) => {
            counted.done();
            Ok(Copied { digest, bytes, before: false })
        }
        (Ok(_), Err(error)) => Err(TransferError::store(place)(error)),
    }
}

/// How the mapping of a chunk ended.
enum Mapped {
    /// The reader closed its channel. Whether it had sent all rows is for the reader to say, and the sender
    /// that commits is kept until it has.
    All { digest: ChunkDigest, bytes: u64, to: mpsc::Sender<WriteItem> },
    /// The writer takes no more.
    WriterLeft,
    /// A row has no value.
    Failed(TransferError),
}

/// Maps the rows of a chunk, and counts them.
struct Mapper {
    mapping: Arc<Mapping>,
    hasher: RowHasher,
    counted: Arc<ChunkProgress>,
    digest: ChunkDigest,
    bytes: u64,
}

impl Mapper {
    fn new(mapping: &Arc<Mapping>, counted: &Arc<ChunkProgress>) -> Self {
        Self {
            hasher: RowHasher::new(mapping.new_fields()),
            mapping: Arc::clone(mapping),
            counted: Arc::clone(counted),
            digest: ChunkDigest::default(),
            bytes: 0,
        }
    }

    fn map(&mut self, old: &RecordBatch) -> Result<WriteItem, TransferError> {
        let (new, part) = map_batch(&self.mapping, &self.hasher, old, self.digest.rows)?;
        let size = batch_bytes(&new);
        self.counted.add_batch(part.rows, size);
        self.digest = self.digest.merge(part);
        self.bytes += size;
        Ok(WriteItem::Batch(new))
    }

    fn ended(self, to: mpsc::Sender<WriteItem>) -> Mapped {
        Mapped::All { digest: self.digest, bytes: self.bytes, to }
    }
}

/// Maps batches as they come: those of a few rows at once, others, and all behind them, on a blocking thread.
async fn map_rows(
    mut mapper: Mapper,
    mut from: mpsc::Receiver<RecordBatch>,
    to: mpsc::Sender<WriteItem>,
) -> Mapped {
    let mut next = from.recv().await;
    while let Some(old) = next.take_if(|old| old.num_rows() <= FEW_ROWS) {
        let new = match mapper.map(&old) {
            Ok(new) => new,
            Err(error) => return Mapped::Failed(error),
        };
        if to.send(new).await.is_err() {
            return Mapped::WriterLeft;
        }
        next = from.recv().await;
    }
    if next.is_none() {
        return mapper.ended(to);
    }
    let rest = move || {
        while let Some(old) = next {
            let new = match mapper.map(&old) {
                Ok(new) => new,
                Err(error) => return Mapped::Failed(error),
            };
            if to.blocking_send(new).is_err() {
                return Mapped::WriterLeft;
            }
            next = from.blocking_recv();
        }
        mapper.ended(to)
    };
    Task::blocking(rest).await
}

/// The new rows of a batch and their checksum; `before` rows of its chunk came before it.
fn map_batch(
    mapping: &Mapping,
    hasher: &RowHasher,
    old: &RecordBatch,
    before: u64,
) -> Result<(RecordBatch, ChunkDigest), TransferError> {
    let new = apply(mapping, old, before)?;
    let digest = hasher.digest(&new).map_err(|error| mapping.broken(&error))?;
    Ok((new, digest))
}

/// A row that was read, for people: its key, or its place in its chunk where it has none that may be shown.
pub(crate) fn row_name(table: &Table, batch: &RecordBatch, row: usize, before: u64) -> String {
    if table.key.is_empty() || table.key.iter().any(|name| table.hides(name)) {
        format!("row {} of its chunk", before + row as u64 + 1)
    } else {
        key_text(batch, row, &table.key, |_| false)
    }
}

/// [`Mapping::apply`], with an error that names the row's key.
pub(crate) fn apply(mapping: &Mapping, old: &RecordBatch, before: u64) -> Result<RecordBatch, TransferError> {
    mapping.apply(old).map_err(|error| {
        let key = row_name(mapping.old_table(), old, error.row, before);
        TransferError::Row { table: mapping.old_place().clone(), key, error: Box::new(error) }
    })
}

/// The bytes of a batch's own rows, without what its buffers hold besides.
pub(crate) fn batch_bytes(batch: &RecordBatch) -> u64 {
    let size = |column: &Arc<dyn Array>| column.to_data().get_slice_memory_size().unwrap_or(0) as u64;
    batch.columns().iter().map(size).sum()
}

/// Evaluates the mapping on the first rows of the old table, at most so many, and keeps nothing; gives how
/// many there were. Takes its own places in the store's budget.
///
/// # Errors
/// When the old store cannot be read, or one of the rows has no value.
pub async fn dry_run(old: &Store, mapping: &Arc<Mapping>, rows: u64) -> Result<u64, TransferError> {
    let store_error = TransferError::store(mapping.old_place());
    let _permit = permit(old, mapping.old_place()).await?;
    // The first chunk of that size has the first rows; whoever looks for more bounds is told to stop.
    let (sender, mut chunks) = mpsc::channel(1);
    let search = {
        let (store, mapping) = (Arc::clone(&old.data), Arc::clone(mapping));
        Task::spawn(async move { store.chunks(mapping.old_table(), rows.max(1), None, sender).await })
    };
    let Some(bounds) = chunks.recv().await else {
        search.await.map_err(&store_error)?;
        return Ok(0);
    };
    drop((chunks, search));
    let rows = Arc::clone(mapping);
    read_chunk(old, mapping.old_place(), mapping.old_table(), bounds, move |batch, before| {
        apply(&rows, batch, before).map(drop)
    })
    .await
}

/// The checksum of all rows of the new table, as read back. Takes its own places in the store's budget.
///
/// # Errors
/// When the store cannot be read.
pub async fn digest_new(
    new: &Store,
    mapping: &Arc<Mapping>,
    chunk_rows: u64,
    progress: &Arc<Progress>,
) -> Result<ChunkDigest, TransferError> {
    let hasher = RowHasher::new(mapping.new_fields());
    let place = mapping.new_place();
    let broken = Arc::clone(mapping);
    digest(new, place, mapping.new_table(), chunk_rows, progress, move |batch, _| {
        hasher.digest(batch).map_err(|error| broken.broken(&error))
    })
    .await
}

/// The checksum of all rows of the old table under the mapping. Takes its own places in the store's budget.
///
/// # Errors
/// When the store cannot be read, or a row has no value.
pub async fn digest_old(
    old: &Store,
    mapping: &Arc<Mapping>,
    chunk_rows: u64,
    progress: &Arc<Progress>,
) -> Result<ChunkDigest, TransferError> {
    let hasher = RowHasher::new(mapping.new_fields());
    let rows = Arc::clone(mapping);
    digest(old, mapping.old_place(), mapping.old_table(), chunk_rows, progress, move |batch, before| {
        Ok(map_batch(&rows, &hasher, batch, before)?.1)
    })
    .await
}

async fn digest(
    store: &Store,
    place: &TableRef,
    table: &Table,
    chunk_rows: u64,
    progress: &Arc<Progress>,
    of: impl Fn(&RecordBatch, u64) -> Result<ChunkDigest, TransferError> + Send + Sync + 'static,
) -> Result<ChunkDigest, TransferError> {
    let sum = Arc::new(std::sync::Mutex::new(ChunkDigest::default()));
    let total = Arc::clone(&sum);
    scan(store, place, table, Chunks::Find(chunk_rows), progress, move |part| {
        let digest = of(part.batch, part.before)?;
        // A poisoned lock means that another chunk's hashing panicked, and its waiter with it.
        let mut sum = sum.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *sum = sum.merge(digest);
        Ok(())
    })
    .await?;
    let total = total.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    Ok(*total)
}
