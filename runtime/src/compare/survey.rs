//! One pass over a table for everything that validation wants to know of it: how many rows, their checksum,
//! the newest values of some columns, the aggregates of conditions.
//!
//! Takes rows in any order, several batches at once; keeps a few numbers and no rows.

use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::AsArray;
use arrow::compute::max;
use arrow::datatypes::TimestampMicrosecondType;
use arrow::record_batch::RecordBatch;
use mig_plan::ChunkDigest;

use super::aggregate::{Aggregate, Seen};
use crate::eval::{Mapping, RowError};
use crate::progress::Progress;
use crate::row_hash::RowHasher;
use crate::scan::{Chunks, scan};
use crate::store::Store;
use crate::transfer::{TransferError, apply};

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
    fn none(questions: &Questions, chunks: &Chunks) -> Self {
        let known = match chunks {
            Chunks::Find(_) => 0,
            Chunks::Known(known) => known.len(),
        };
        Self {
            digest: ChunkDigest::default(),
            chunks: vec![ChunkDigest::default(); known],
            newest: vec![None; questions.newest.len()],
            aggregates: questions.aggregates.iter().map(|of| Ok(vec![Seen::default(); of.len()])).collect(),
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
    let survey = Arc::new(Survey {
        hasher: RowHasher::new(mapping.new_fields()),
        findings: Mutex::new(Findings::none(questions, &chunks)),
        mapping: Arc::clone(mapping),
        questions: Arc::clone(questions),
    });
    let (place, table) = match side {
        Side::Old => (mapping.old_place(), mapping.old_table()),
        Side::New => (mapping.new_place(), mapping.new_table()),
    };
    let rows = Arc::clone(&survey);
    scan(store, place, table, chunks, progress, move |part| match side {
        Side::Old => rows.add(&apply(&rows.mapping, part.batch, part.before)?, part.chunk),
        Side::New => rows.add(part.batch, part.chunk),
    })
    .await?;
    let findings = survey.findings.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(findings.clone())
}

struct Survey {
    mapping: Arc<Mapping>,
    hasher: RowHasher,
    questions: Arc<Questions>,
    findings: Mutex<Findings>,
}

impl Survey {
    /// Adds new rows: computed outside of the lock, added up inside.
    fn add(&self, rows: &RecordBatch, chunk: u64) -> Result<(), TransferError> {
        let digest = self.hasher.digest(rows).map_err(|error| self.mapping.broken(&error))?;
        let newest: Vec<Option<i64>> =
            self.questions.newest.iter().map(|column| newest(rows, column)).collect();
        let of =
            |aggregates: &Arc<Vec<Aggregate>>| aggregates.iter().map(|one| one.over(rows, chunk)).collect();
        let seen: Vec<Result<Vec<Seen>, RowError>> = self.questions.aggregates.iter().map(of).collect();

        // A poisoned lock means that another chunk's part panicked, and its waiter with it.
        let mut findings = self.findings.lock().unwrap_or_else(PoisonError::into_inner);
        findings.digest = findings.digest.merge(digest);
        let known = usize::try_from(chunk).ok().and_then(|chunk| findings.chunks.get_mut(chunk));
        if let Some(known) = known {
            *known = known.merge(digest);
        }
        for (known, found) in findings.newest.iter_mut().zip(newest) {
            *known = (*known).max(found);
        }
        for ((known, found), aggregates) in
            findings.aggregates.iter_mut().zip(seen).zip(&self.questions.aggregates)
        {
            if let Err(error) = add_up(known, found, aggregates) {
                *known = Err(error);
            }
        }
        Ok(())
    }
}

/// Adds what a batch gave to what a condition's aggregates have seen; an error there stays.
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
