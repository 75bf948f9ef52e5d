//! Whether an old table is still what was copied: what is dropped later is then in the new store, or was left
//! behind on purpose. Takes the chunks of the copy, gives what is different; it decides nothing.

use std::sync::{Arc, Mutex, PoisonError};

use mig_plan::{ChunkBounds, ChunkDigest, KeyBound};

use super::{rows, thousands};
use crate::eval::Mapping;
use crate::progress::Progress;
use crate::row_hash::RowHasher;
use crate::scan;
use crate::state::Chunks;
use crate::store::Store;
use crate::transfer::{TransferError, apply, digest_old};

/// How many changed chunks are named.
const NAMED: usize = 3;

/// What is different about the old table, in words; `None` when it is what was copied. Takes its own places in
/// the store's budget.
///
/// # Errors
/// When the store cannot be read, or a row has no value under the mapping, which no copied row was.
pub(crate) async fn changes(
    old: &Store,
    mapping: &Arc<Mapping>,
    chunks: &Chunks,
    chunk_rows: u64,
    progress: &Arc<Progress>,
) -> Result<Option<String>, TransferError> {
    let now = digest_old(old, mapping, chunk_rows, progress).await?;
    if now == chunks.digest {
        return Ok(None);
    }
    let mut said = match now.rows == chunks.digest.rows {
        true => format!("it has {} as when it was copied, but not the same values", rows(now.rows)),
        false => format!("it has {} now, and {} were copied", rows(now.rows), thousands(chunks.digest.rows)),
    };
    let mut changed = Vec::new();
    for (number, bounds) in (0..).zip(&chunks.planned) {
        let then = chunks.copied.get(&number).copied().unwrap_or_default();
        let found = digest(old, mapping, bounds, progress).await?;
        if found != then {
            changed.push(format!(
                "{} ({} then, {} now)",
                range(bounds),
                thousands(then.rows),
                thousands(found.rows)
            ));
        }
        if changed.len() > NAMED {
            break;
        }
    }
    let more = if changed.len() > NAMED { ", and more" } else { "" };
    changed.truncate(NAMED);
    if !changed.is_empty() {
        said += &format!("; the changes are {}{more}", changed.join(", "));
    }
    Ok(Some(said))
}

/// The checksum of one chunk of the old table under the mapping.
async fn digest(
    old: &Store,
    mapping: &Arc<Mapping>,
    bounds: &ChunkBounds,
    progress: &Arc<Progress>,
) -> Result<ChunkDigest, TransferError> {
    let _permit = scan::permit(old, mapping.old_place()).await?;
    let sum = Arc::new(Mutex::new(ChunkDigest::default()));
    let (total, rows, progress) = (Arc::clone(&sum), Arc::clone(mapping), Arc::clone(progress));
    let hasher = RowHasher::new(mapping.new_fields());
    scan::read_chunk(old, mapping.old_place(), mapping.old_table(), bounds.clone(), move |batch, before| {
        let new = apply(&rows, batch, before)?;
        let digest = hasher.digest(&new).map_err(|error| rows.broken(&error))?;
        progress.add_batch(digest.rows, 0);
        let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
        *total = total.merge(digest);
        Ok(())
    })
    .await?;
    // Its rows are all counted: nobody holds the lock any more.
    let total = sum.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(*total)
}

/// A chunk's rows for people.
fn range(bounds: &ChunkBounds) -> String {
    let shown = |key: &KeyBound| key.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match (&bounds.after, &bounds.up_to) {
        (None, None) => "anywhere in it".to_owned(),
        (None, Some(up_to)) => format!("up to key {}", shown(up_to)),
        (Some(after), None) => format!("behind key {}", shown(after)),
        (Some(after), Some(up_to)) => format!("behind key {} up to {}", shown(after), shown(up_to)),
    }
}
