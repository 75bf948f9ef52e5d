//! One pass over a table for everything that validation wants to know of it: how many rows, their checksum,
//! the newest values of some columns, the aggregates of conditions.
//!
//! Takes rows in any order, several batches at once; keeps a few numbers and no rows.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arrow::array::AsArray;
use arrow::compute::max;
use arrow::datatypes::TimestampMicrosecondType;
use arrow::record_batch::RecordBatch;
use mig_plan::{ChunkBounds, ChunkDigest, FailureKind, TableRef};

use super::aggregate::{Aggregate, Seen};
use crate::eval::{Mapping, RowError};
use crate::progress::Progress;
use crate::row_hash::RowHasher;
use crate::scan::{Chunks, permit, read_chunk, visit};
use crate::store::{Store, Table};
use crate::transfer::{TransferError, apply, batch_bytes};

/// Pauses after which a chunk is read again that could not be read to its end. A connection that breaks now and then costs a
/// chunk each time, and not all that was read before; a store that stays away is the step's to try again.
const AGAIN: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(1_000)];

/// What is asked of the new rows of a mapping, whichever side they come from.
#[derive(Default)]
pub(super) struct Questions {
    /// Columns of type `timestamp` or `datetime` whose newest value is wanted.
    pub(super) newest: Vec<String>,
    /// The aggregates of each condition.
    pub(super) aggregates: Vec<Arc<Vec<Aggregate>>>,
}

/// What a survey found.
#[derive(Clone, Debug)]
pub(super) struct Findings {
    pub(super) digest: ChunkDigest,
    /// The checksum of each chunk, where the chunks were known before.
    pub(super) chunks: Vec<ChunkDigest>,
    /// The newest value of each column that was asked for, in microseconds; `None` where there is none.
    pub(super) newest: Vec<Option<i64>>,
    /// What each condition's aggregates have seen, or the first row for which one has no value.
    pub(super) aggregates: Vec<Result<Vec<Seen>, RowError>>,
}

impl Findings {
    /// Of no row, with room for so many chunks' checksums.
    fn none(questions: &Questions, chunks: usize) -> Self {
        Self {
            digest: ChunkDigest::default(),
            chunks: vec![ChunkDigest::default(); chunks],
            newest: vec![None; questions.newest.len()],
            aggregates: questions.aggregates.iter().map(|of| Ok(vec![Seen::default(); of.len()])).collect(),
        }
    }

    /// Takes in those of other rows.
    fn merge(&mut self, other: Self, questions: &Questions) {
        self.digest = self.digest.merge(other.digest);
        for (known, found) in self.newest.iter_mut().zip(other.newest) {
            *known = (*known).max(found);
        }
        for ((known, found), aggregates) in
            self.aggregates.iter_mut().zip(other.aggregates).zip(&questions.aggregates)
        {
            if let Err(error) = add_up(known, found, aggregates) {
                *known = Err(error);
            }
        }
    }
}

/// Which rows are surveyed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Those that the mapping makes of the old table's.
    Old,
    /// Those of the new table, as read back.
    New,
}

/// The answers over all rows of one side.
///
/// # Errors
/// When the store cannot be read, or the mapping has no value for a row.
pub(super) async fn survey(
    side: Side,
    store: &Store,
    mapping: &Arc<Mapping>,
    questions: &Arc<Questions>,
    chunks: Chunks,
    progress: &Arc<Progress>,
) -> Result<Findings, TransferError> {
    let known = match &chunks {
        Chunks::Find(_) => 0,
        Chunks::Known(known) => known.len(),
    };
    let survey = Arc::new(Survey {
        side,
        store: store.clone(),
        hasher: RowHasher::new(mapping.new_fields()),
        findings: Mutex::new(Findings::none(questions, known)),
        mapping: Arc::clone(mapping),
        questions: Arc::clone(questions),
        progress: Arc::clone(progress),
    });
    let (place, table) = survey.table();
    let each = |chunk, bounds| Arc::clone(&survey).chunk(chunk, bounds);
    visit(store, place, table, chunks, each).await?;
    let findings = survey.findings.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(findings.clone())
}

struct Survey {
    side: Side,
    store: Store,
    mapping: Arc<Mapping>,
    hasher: RowHasher,
    questions: Arc<Questions>,
    progress: Arc<Progress>,
    findings: Mutex<Findings>,
}

impl Survey {
    fn table(&self) -> (&TableRef, &Table) {
        match self.side {
            Side::Old => (self.mapping.old_place(), self.mapping.old_table()),
            Side::New => (self.mapping.new_place(), self.mapping.new_table()),
        }
    }

    /// Adds the rows of one chunk.
    async fn chunk(self: Arc<Self>, chunk: u64, bounds: ChunkBounds) -> Result<(), TransferError> {
        let mut pauses = AGAIN.into_iter();
        let found = loop {
            match (self.read(chunk, bounds.clone()).await, pauses.next()) {
                (Err(error), Some(pause)) if error.kind() == FailureKind::Unavailable => {
                    tokio::time::sleep(pause).await;
                }
                (found, _) => break found?,
            }
        };
        // A poisoned lock means that another chunk's part panicked, and its waiter with it.
        let mut findings = self.findings.lock().unwrap_or_else(PoisonError::into_inner);
        let known = usize::try_from(chunk).ok().and_then(|chunk| findings.chunks.get_mut(chunk));
        if let Some(known) = known {
            *known = found.digest;
        }
        findings.merge(found, &self.questions);
        Ok(())
    }

    /// What the rows of a chunk give.
    async fn read(self: &Arc<Self>, chunk: u64, bounds: ChunkBounds) -> Result<Findings, TransferError> {
        let (place, table) = self.table();
        let _permit = permit(&self.store, place).await?;
        let counted = Arc::new(self.progress.chunk());
        let found = Arc::new(Mutex::new(Findings::none(&self.questions, 0)));
        let (survey, counts, into) = (Arc::clone(self), Arc::clone(&counted), Arc::clone(&found));
        read_chunk(&self.store, place, table, bounds, move |batch, before| {
            let part = match survey.side {
                Side::Old => survey.of(&apply(&survey.mapping, batch, before)?, chunk)?,
                Side::New => survey.of(batch, chunk)?,
            };
            into.lock().unwrap_or_else(PoisonError::into_inner).merge(part, &survey.questions);
            counts.add_batch(batch.num_rows() as u64, batch_bytes(batch));
            Ok(())
        })
        .await?;
        counted.done();
        // Its rows are all counted: nobody holds the lock any more.
        let found = found.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(found.clone())
    }

    /// What new rows of a chunk give.
    fn of(&self, rows: &RecordBatch, chunk: u64) -> Result<Findings, TransferError> {
        let of =
            |aggregates: &Arc<Vec<Aggregate>>| aggregates.iter().map(|one| one.over(rows, chunk)).collect();
        Ok(Findings {
            digest: self.hasher.digest(rows).map_err(|error| self.mapping.broken(&error))?,
            chunks: Vec::new(),
            newest: self.questions.newest.iter().map(|column| newest(rows, column)).collect(),
            aggregates: self.questions.aggregates.iter().map(of).collect(),
        })
    }
}

/// Adds what some rows gave to what a condition's aggregates have seen; an error there stays.
fn add_up(
    known: &mut Result<Vec<Seen>, RowError>,
    found: Result<Vec<Seen>, RowError>,
    aggregates: &[Aggregate],
) -> Result<(), RowError> {
    let Ok(known) = known else { return Ok(()) };
    for ((into, seen), aggregate) in known.iter_mut().zip(found?).zip(aggregates) {
        aggregate.merge(into, seen)?;
    }
    Ok(())
}

fn newest(rows: &RecordBatch, column: &str) -> Option<i64> {
    max(rows.column_by_name(column)?.as_primitive_opt::<TimestampMicrosecondType>()?)
}
