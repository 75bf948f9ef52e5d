//! Reads a whole table, chunk by chunk and several chunks at once, within the store's budget.
//!
//! Takes what is done with each batch; that runs on blocking threads where rows are many, several at once and in no order.
//! Holds a few batches for each chunk in flight, and the bounds of the chunks still to come.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use mig_plan::{ChunkBounds, TableRef};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::task::{JoinError, JoinSet};

use crate::progress::Progress;
use crate::store::{Store, StoreError, Table};
use crate::task::Task;
use crate::transfer::{BATCHES_AHEAD, FEW_ROWS, TransferError, batch_bytes};

/// How many chunks stand in line for a place in the store's budget.
const CHUNKS_IN_LINE: usize = 64;

/// A batch of a scan.
pub(crate) struct Part<'a> {
    /// The rows.
    pub(crate) batch: &'a RecordBatch,
    /// How many rows of the chunk came before.
    pub(crate) before: u64,
}

/// Which chunks of a table are visited.
pub(crate) enum Chunks {
    /// All of it, in chunks of at most so many rows, whose bounds are found on the way.
    Find(u64),
    /// These.
    Known(Vec<ChunkBounds>),
}

/// Calls `each` with all rows of a table. Every chunk takes a place in the store's budget while it is read,
/// and so does the search for their bounds; nothing here holds one place while it waits for another.
///
/// # Errors
/// The first error of `each` or of the store; what is under way is then given up.
pub(crate) async fn scan(
    store: &Store,
    place: &TableRef,
    table: &Table,
    chunks: Chunks,
    progress: &Arc<Progress>,
    each: impl Fn(Part<'_>) -> Result<(), TransferError> + Send + Sync + 'static,
) -> Result<(), TransferError> {
    let scan = Arc::new(Scan {
        store: store.clone(),
        place: place.clone(),
        table: table.clone(),
        progress: Arc::clone(progress),
        each,
    });
    visit(store, place, table, chunks, move |_, bounds| Arc::clone(&scan).read_chunk(bounds)).await
}

/// Calls `each` with the number and the bounds of every chunk, many at once and in no order; what it gives is
/// run. `each` takes its own places in the stores' budgets, one at a time.
///
/// # Errors
/// The first error of `each` or of the store; what is under way is then given up.
pub(crate) async fn visit<F>(
    store: &Store,
    place: &TableRef,
    table: &Table,
    chunks: Chunks,
    each: impl Fn(u64, ChunkBounds) -> F,
) -> Result<(), TransferError>
where
    F: Future<Output = Result<(), TransferError>> + Send + 'static,
{
    let (sender, mut bounds) = mpsc::channel(CHUNKS_IN_LINE);
    // Bounds are taken as they come, so that the search never holds its place waiting for a reader.
    let mut queue = VecDeque::new();
    let mut found_chunks = 0;
    let mut search = match chunks {
        Chunks::Find(rows) => {
            let (store, place, table) = (store.clone(), place.clone(), table.clone());
            Some(Task::spawn(async move {
                let _permit = permit(&store, &place).await?;
                let found = store.data.chunks(&table, rows, None, sender).await;
                found.map_err(TransferError::store(&place))
            }))
        }
        Chunks::Known(known) => {
            queue.extend((0..).zip(known));
            None
        }
    };
    let mut visits = JoinSet::new();
    loop {
        while visits.len() < CHUNKS_IN_LINE
            && let Some((chunk, bounds)) = queue.pop_front()
        {
            visits.spawn(each(chunk, bounds));
        }
        tokio::select! {
            found = bounds.recv(), if search.is_some() => match (found, &mut search) {
                (Some(bounds), _) => {
                    queue.push_back((found_chunks, bounds));
                    found_chunks += 1;
                }
                (None, Some(ended)) => {
                    ended.await?;
                    search = None;
                }
                (None, None) => {}
            },
            Some(visited) = visits.join_next() => joined(visited)?,
            else => return Ok(()),
        }
    }
}

struct Scan<F> {
    store: Store,
    place: TableRef,
    table: Table,
    progress: Arc<Progress>,
    each: F,
}

impl<F: Fn(Part<'_>) -> Result<(), TransferError> + Send + Sync + 'static> Scan<F> {
    async fn read_chunk(self: Arc<Self>, bounds: ChunkBounds) -> Result<(), TransferError> {
        let _permit = permit(&self.store, &self.place).await?;
        let scan = Arc::clone(&self);
        read_chunk(&self.store, &self.place, &self.table, bounds, move |batch, before| {
            (scan.each)(Part { batch, before })?;
            scan.progress.add_batch(batch.num_rows() as u64, batch_bytes(batch));
            Ok(())
        })
        .await?;
        self.progress.add_chunk();
        Ok(())
    }
}

/// A place in a store's budget.
///
/// # Errors
/// When the store was closed.
pub(crate) async fn permit(store: &Store, place: &TableRef) -> Result<OwnedSemaphorePermit, TransferError> {
    let budget = Arc::clone(&store.budget);
    budget.acquire_owned().await.map_err(|_| TransferError::store(place)(StoreError::Abandoned))
}

/// Calls `each`, on a blocking thread where they are many, with the rows of one chunk and how many came before them; gives how
/// many there were. The caller holds a place in the store's budget.
///
/// # Errors
/// The error of `each`, or the store's.
pub(crate) async fn read_chunk(
    store: &Store,
    place: &TableRef,
    table: &Table,
    bounds: ChunkBounds,
    mut each: impl FnMut(&RecordBatch, u64) -> Result<(), TransferError> + Send + 'static,
) -> Result<u64, TransferError> {
    let (sender, mut batches) = mpsc::channel(BATCHES_AHEAD);
    let reader = {
        let (data, table) = (Arc::clone(&store.data), table.clone());
        Task::spawn(async move { data.read(&table, &bounds, sender).await })
    };
    // An error of `each` comes first: the reader then only knows that nobody takes its rows.
    let mut rows = 0;
    let mut next = batches.recv().await;
    while let Some(batch) = next.take_if(|batch| batch.num_rows() <= FEW_ROWS) {
        each(&batch, rows)?;
        rows += batch.num_rows() as u64;
        next = batches.recv().await;
    }
    if next.is_some() {
        let rest = move || {
            while let Some(batch) = next {
                each(&batch, rows)?;
                rows += batch.num_rows() as u64;
                next = batches.blocking_recv();
            }
            Ok::<_, TransferError>(rows)
        };
        rows = Task::blocking(rest).await?;
    }
    reader.await.map_err(TransferError::store(place))?;
    Ok(rows)
}

fn joined(read: Result<Result<(), TransferError>, JoinError>) -> Result<(), TransferError> {
    match read {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // Only a runtime that shuts down cancels a reader, and then nobody reads the result.
            Err(_) => Ok(()),
        },
    }
}
