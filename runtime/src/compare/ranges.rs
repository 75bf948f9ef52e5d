//! Which rows differ, where a range of keys has the same rows on both sides: a key of integers that both stores
//! cut their tables by.
//!
//! Chunk by chunk, many at once, each a range of keys. Both sides of a chunk are read once and hashed piece by
//! piece; the pieces are cut by the old side's keys. Only pieces that differ are read again, a few at a time, and
//! their rows paired by key. Where both stores are one engine that hashes rows itself and the mapping computes nothing,
//! the engine is asked first, as long as that helps, and only chunks that it finds different are read. So a table is read once and a
//! difference costs a piece, the counts are exact however many rows differ, and what is held is a few pieces for each chunk
//! in flight and the differences described.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mig_plan::{ChunkBounds, ChunkDigest, KeyValue};

use super::Comparison;
use super::pairs::Pairs;
use super::pieces::{Key, Pieces};
use super::rows::Differences;
use super::sides::{Compared, Sides};
use super::survey::Side;
use crate::scan::Chunks;
use crate::transfer::TransferError;

/// How many pieces that lie side by side are read again at once.
const PIECES_AT_ONCE: usize = 8;

/// Compares these chunks of both tables, or all of them.
///
/// # Errors
/// When a store cannot be read, or a mapping has no value for a row.
pub(super) async fn compare(sides: &Arc<Sides>, chunks: Chunks) -> Result<Comparison, TransferError> {
    let found = Arc::new(Mutex::new(Comparison {
        old: Compared::default(),
        new: Compared::default(),
        differences: Differences::none(),
        unstable: false,
        by_ranges: true,
        in_store: 0,
    }));
    sides
        .chunks(chunks, |_, bounds| {
            let (sides, found) = (Arc::clone(sides), Arc::clone(&found));
            async move { compare_chunk(&sides, bounds, &found).await }
        })
        .await?;
    let found = lock(&found).clone();
    Ok(found)
}

/// A poisoned lock means that another chunk's part panicked, and its waiter with it.
fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn compare_chunk(
    sides: &Arc<Sides>,
    bounds: ChunkBounds,
    found: &Mutex<Comparison>,
) -> Result<(), TransferError> {
    if let Some(equal) = sides.equal_in_store(&bounds).await? {
        let seen = Compared { read: equal.rows, digest: equal, ..Compared::default() };
        let mut found = lock(found);
        found.old = found.old.merge(seen);
        found.new = found.new.merge(seen);
        found.in_store += equal.rows;
        drop(found);
        sides.progress.add_batch(2 * equal.rows, 0);
        sides.progress.add_chunk();
        return Ok(());
    }
    let pieces = Arc::new(Mutex::new(Pieces::default()));
    let old = hash(sides, Side::Old, &bounds, &pieces).await?;
    lock(&pieces).end_of_old();
    let new = hash(sides, Side::New, &bounds, &pieces).await?;
    {
        let mut found = lock(found);
        found.old = found.old.merge(old);
        found.new = found.new.merge(new);
    }
    sides.progress.add_chunk();
    let differing = lock(&pieces).differing(PIECES_AT_ONCE);
    for (after, up_to) in differing {
        let bound = |key: Key| key.into_iter().map(KeyValue::Int).collect();
        let range = ChunkBounds {
            after: after.map(bound).or_else(|| bounds.after.clone()),
            up_to: up_to.map(bound).or_else(|| bounds.up_to.clone()),
        };
        let differences = pair(sides, range).await?;
        let mut found = lock(found);
        // The hashes differed, and no row does now.
        found.unstable |= differences.count() == 0;
        found.differences.add(differences, sides.limit);
    }
    Ok(())
}

/// Reads one side of a chunk into its pieces.
async fn hash(
    sides: &Arc<Sides>,
    side: Side,
    bounds: &ChunkBounds,
    pieces: &Arc<Mutex<Pieces>>,
) -> Result<Compared, TransferError> {
    let seen = Arc::new(Mutex::new(Compared::default()));
    let (of, into, tally) = (Arc::clone(sides), Arc::clone(pieces), Arc::clone(&seen));
    sides
        .read(side, bounds.clone(), move |rows| {
            let mapping = &of.input(side).mapping;
            let digest =
                lock(&into).add(side, rows, &of.selection).map_err(|error| mapping.broken(&error))?;
            let mut tally = lock(&tally);
            *tally = tally.merge(rows.tally).merge(Compared { digest, ..Compared::default() });
            Ok(())
        })
        .await?;
    let seen = *lock(&seen);
    Ok(seen)
}

/// Reads both sides of a range and pairs its rows.
async fn pair(sides: &Arc<Sides>, range: ChunkBounds) -> Result<Differences, TransferError> {
    let pairs = Arc::new(Mutex::new(Pairs::new(sides.limit)));
    for side in [Side::Old, Side::New] {
        let (of, pairs) = (Arc::clone(sides), Arc::clone(&pairs));
        sides
            .read(side, range.clone(), move |rows| {
                lock(&pairs).add(side, rows, &of.selection, &of.input(side).mapping)
            })
            .await?;
    }
    let pairs = std::mem::replace(&mut *lock(&pairs), Pairs::new(0));
    Ok(pairs.end(&sides.selection))
}

/// The chunks of the copy that are no longer what was copied.
pub(super) fn changed(copied: &[(ChunkBounds, ChunkDigest)], found: &[ChunkDigest]) -> Vec<ChunkBounds> {
    let differs = |((_, copied), found): &(&(ChunkBounds, ChunkDigest), &ChunkDigest)| copied != *found;
    copied.iter().zip(found).filter(differs).map(|((bounds, _), _)| bounds.clone()).collect()
}
