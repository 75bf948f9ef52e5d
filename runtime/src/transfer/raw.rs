//! Moves one chunk between two stores of one engine in the engine's own bytes, where the mapping carries every column
//! as it is. The same promises as [`super::copy_chunk`]: nothing is kept of a chunk that is not whole.

use std::sync::Arc;

use mig_plan::{ChunkBounds, ChunkDigest};
use tokio::sync::mpsc;

use super::{Copied, TransferError, written};
use crate::eval::Mapping;
use crate::progress::Progress;
use crate::store::{RawStore, ReceiptKey, Store, Table, WriteItem};
use crate::task::Task;

/// How many blocks of rows wait between reader and writer; a block has a quarter of a mebibyte, or one row.
const BLOCKS_AHEAD: usize = 8;

/// The way of rows that pass as they are.
#[derive(Clone)]
pub struct Passage {
    old: Arc<dyn RawStore>,
    new: Arc<dyn RawStore>,
    /// The old table, with its columns in the new table's order.
    from: Table,
}

impl Passage {
    /// The way for the rows of a mapping; `None` where rows have to be taken apart: where a column is computed, the
    /// stores are of different engines, or one of them keeps a value in another form.
    ///
    /// # Errors
    /// When a table cannot be read.
    pub async fn find(old: &Store, new: &Store, mapping: &Mapping) -> Result<Option<Self>, TransferError> {
        let (Some(old), Some(new)) = (&old.raw, &new.raw) else { return Ok(None) };
        let Some(mut from) = mapping.carried(mapping.new_fields()) else { return Ok(None) };
        for (old, new) in from.fields.iter_mut().zip(mapping.new_fields()) {
            old.ty.nullable &= new.ty.nullable;
        }
        let Some(form) = old.form(&from).await.map_err(TransferError::store(mapping.old_place()))? else {
            return Ok(None);
        };
        let takes = new.takes(mapping.new_table(), &form).await;
        let takes = takes.map_err(TransferError::store(mapping.new_place()))?;
        Ok(takes.then(|| Self { old: Arc::clone(old), new: Arc::clone(new), from }))
    }
}

/// As [`super::copy_chunk`], by a passage. The bytes are the engine's.
///
/// # Errors
/// As for [`super::copy_chunk`].
pub async fn pass_chunk(
    passage: &Arc<Passage>,
    mapping: &Arc<Mapping>,
    bounds: &ChunkBounds,
    receipt: &ReceiptKey,
    progress: &Arc<Progress>,
) -> Result<Copied, TransferError> {
    let (read, mut rows) = mpsc::channel(BLOCKS_AHEAD);
    let (to, to_write) = mpsc::channel(BLOCKS_AHEAD);
    let reader = {
        let (passage, bounds) = (Arc::clone(passage), bounds.clone());
        Task::spawn(async move { passage.old.read(&passage.from, &bounds, read).await })
    };
    // Not aborted when this future is dropped: it sees its channel close, and ends the transaction itself.
    let writer = {
        let (passage, mapping, receipt) = (Arc::clone(passage), Arc::clone(mapping), receipt.clone());
        tokio::spawn(async move { passage.new.write(mapping.new_table(), &receipt, to_write).await })
    };
    let counted = progress.chunk();
    let (mut digest, mut bytes, mut writer_left) = (ChunkDigest::default(), 0, false);
    while let Some(block) = rows.recv().await {
        let size = block.bytes.len() as u64;
        counted.add_batch(block.digest.rows, size);
        digest = digest.merge(block.digest);
        bytes += size;
        if to.send(WriteItem::Batch(block)).await.is_err() {
            writer_left = true;
            break;
        }
    }
    drop(rows);
    let outcome = if writer_left {
        // It has its own reason, which is asked for below.
        Ok(0)
    } else {
        match reader.await {
            Ok(()) => {
                let _ = to.send(WriteItem::Commit(digest)).await;
                Ok(bytes)
            }
            Err(error) => Err(TransferError::store(mapping.old_place())(error)),
        }
    };
    drop(to);
    written(writer, outcome, mapping.new_place(), &counted).await
}
