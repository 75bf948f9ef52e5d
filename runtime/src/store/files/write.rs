//! Changes to a table's folder: making it, writing chunks, taking them back.
//!
//! A chunk is one part file, whose renaming into place is the moment it is there (see
//! [`super::receipts`]). Never removes or replaces a file that is not mig's.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use mig_plan::Digest;
use tokio::sync::mpsc;

use super::definition::Definition;
use super::layout::{self, OWN, Place};
use super::receipts::{self, Receipts};
use super::storage::{Kind, Storage};
use super::{Format, failure};
use crate::arrow_types::arrow_schema;
use crate::store::{ReceiptKey, StoreError, Table, WriteItem, Written};

/// What tells a store's folder that mig made from any other.
const MADE: &str = ".made-by-mig";

/// Makes a table's folder with its definition, unless the table is there.
pub(super) fn create(storage: &Arc<dyn Storage>, format: Format, table: &Table) -> Result<(), StoreError> {
    let shown = layout::shown(&table.path);
    match layout::find(storage, &table.path, format.extension())? {
        Place::File(part) => Err(layout::single_file(&part)),
        Place::Folder { folder, .. } => match Definition::read(&**storage, &folder, &shown, format)? {
            Some(there) if there != Definition::of(table, format) => Err(StoreError::Refused(format!(
                "`{shown}` was made before with other columns or another key; drop it, or name another table"
            ))),
            Some(_) | None => Ok(()),
        },
        Place::Missing => {
            if table.fields.is_empty() {
                return Err(StoreError::Refused(format!("`{shown}` would have no columns")));
            }
            let failed = |error: std::io::Error| failure::io(&error, "marking the store's folder");
            let made = !storage.is_folder(Path::new("")).map_err(failed)?;
            let folder = layout::folder(&table.path)?;
            Definition::of(table, format).write(&**storage, &folder, &shown)?;
            if made {
                let mark = b"mig made this folder, and removes it once it is empty.\n";
                storage.mark(Path::new(MADE), mark).map_err(failed)?;
            }
            Ok(())
        }
    }
}

/// Where the parts of a table are written before they have their names.
fn temporaries(folder: &Path) -> PathBuf {
    folder.join(OWN).join("tmp")
}

/// Writes a chunk, unless its receipt is there.
pub(super) fn chunk(
    storage: &Arc<dyn Storage>,
    format: Format,
    table: &Table,
    key: &ReceiptKey,
    mut input: mpsc::Receiver<WriteItem>,
) -> Result<Written, StoreError> {
    let shown = layout::shown(&table.path);
    let Some(folder) = layout::written_to(storage, &table.path, format.extension())? else {
        return Err(StoreError::Refused(format!(
            "there is no folder `{shown}` to write to; make the table first"
        )));
    };
    let receipts = Receipts { storage: &**storage, folder: &folder, shown: &shown };
    if let Some(receipt) = receipts.get(key)? {
        return Ok(Written::Before(receipt.digest));
    }
    let name = receipts::part_name(key, format.extension());
    let part = folder.join(&name);
    let failed = |error: std::io::Error| failure::io(&error, &format!("writing {shown}/{name}"));
    let definition = Definition::read(&**storage, &folder, &shown, format)?;
    if let Some(definition) = &definition {
        definition.holds(&table.fields, &shown)?;
    }
    let pending = storage.begin(&part, &temporaries(&folder)).map_err(failed)?;
    let mut writer = format.begin(pending, &table.fields, definition.as_ref(), &format!("{shown}/{name}"))?;
    let schema = arrow_schema(&table.fields);
    let mut rows = 0;
    let digest = loop {
        match input.blocking_recv() {
            None => return Err(StoreError::Abandoned),
            Some(WriteItem::Commit(digest)) => break digest,
            Some(WriteItem::Batch(batch)) => {
                rows += batch.num_rows() as u64;
                // The same columns, whatever they are called where they come from.
                let batch = RecordBatch::try_new(schema.clone(), batch.columns().to_vec())
                    .map_err(|error| StoreError::Refused(format!("writing {shown}/{name}: {error}")))?;
                writer.write(&batch)?;
            }
        }
    };
    if digest.rows != rows {
        return Err(StoreError::Refused(format!(
            "writing {shown}/{name}: {rows} rows came and the digest is of {}",
            digest.rows
        )));
    }
    let mut pending = writer.finish()?;
    let bytes = pending.seal().map_err(failed)?;
    // A part of this name has no receipt that counts. It goes first, so that the receipt to be written never
    // speaks of another content.
    storage.remove(&[part]).map_err(failed)?;
    receipts.put(key, digest, &name, bytes)?;
    pending.publish().map_err(failed)?;
    Ok(Written::Now(digest))
}

/// The receipts of a dataset under a plan.
pub(super) fn receipts(
    storage: &Arc<dyn Storage>,
    format: Format,
    path: &[String],
    plan: Digest,
    dataset: &str,
) -> Result<Vec<(u64, mig_plan::ChunkDigest)>, StoreError> {
    let Some(folder) = layout::written_to(storage, path, format.extension())? else { return Ok(Vec::new()) };
    let receipts =
        Receipts { storage: &**storage, folder: &folder, shown: &layout::shown(path) }.list(plan, dataset)?;
    Ok(receipts.into_iter().map(|(chunk, receipt)| (chunk, receipt.digest)).collect())
}

/// Removes the parts of a dataset under a plan, then their receipts: stopped in between, the receipts that
/// are left do not count.
pub(super) fn delete_rows(
    storage: &Arc<dyn Storage>,
    format: Format,
    path: &[String],
    plan: Digest,
    dataset: &str,
) -> Result<(), StoreError> {
    let Some(folder) = layout::written_to(storage, path, format.extension())? else { return Ok(()) };
    let shown = layout::shown(path);
    let failed = |error: std::io::Error| failure::io(&error, &format!("deleting from {shown}"));
    let receipts = Receipts { storage: &**storage, folder: &folder, shown: &shown };
    // All are looked at before the first is removed: one that was changed stops everything.
    let parts: Vec<_> = receipts.list(plan, dataset)?.into_values().map(|receipt| receipt.part).collect();
    let parts: Vec<_> = parts.iter().map(|part| folder.join(part)).collect();
    storage.remove(&parts).map_err(failed)?;
    for part in &parts {
        storage.clear(part, &temporaries(&folder)).map_err(failed)?;
    }
    receipts.remove(plan, dataset)
}

/// Removes the receipts of a dataset under a plan, and leaves its parts.
pub(super) fn forget(
    storage: &Arc<dyn Storage>,
    format: Format,
    path: &[String],
    plan: Digest,
    dataset: &str,
) -> Result<(), StoreError> {
    let Some(folder) = layout::written_to(storage, path, format.extension())? else { return Ok(()) };
    let shown = layout::shown(path);
    Receipts { storage: &**storage, folder: &folder, shown: &shown }.remove(plan, dataset)?;
    let failed = |error: std::io::Error| failure::io(&error, &format!("forgetting the receipts of {shown}"));
    storage.remove_empty(&temporaries(&folder)).map_err(failed)
}

/// Removes a table's folder, when everything in it is mig's.
pub(super) fn drop_table(
    storage: &Arc<dyn Storage>,
    format: Format,
    path: &[String],
) -> Result<(), StoreError> {
    let folder = match layout::find(storage, path, format.extension())? {
        Place::Missing => return Ok(()),
        Place::File(part) => return Err(layout::single_file(&part)),
        Place::Folder { folder, .. } => folder,
    };
    let shown = layout::shown(path);
    let failed = |error: std::io::Error| failure::io(&error, &format!("dropping {shown}"));
    let receipts = Receipts { storage: &**storage, folder: &folder, shown: &shown };
    let known: BTreeSet<_> = receipts.all()?.into_iter().map(|receipt| receipt.part).collect();
    let mut files = Vec::new();
    for entry in storage.list(&folder).map_err(failed)? {
        let name = entry.name;
        match entry.kind {
            Kind::Folder if name == OWN => {}
            Kind::File(_) if known.contains(&name) => files.push(folder.join(name)),
            Kind::Folder | Kind::File(_) | Kind::Other => {
                return Err(StoreError::Refused(format!(
                    "`{shown}` cannot be dropped: {shown}/{name} was not written by mig; move it away and run the same \
                     command again"
                )));
            }
        }
    }
    storage.remove(&files).map_err(failed)?;
    // The receipts go last: stopped before, the folder is still mig's.
    for own in [folder.join(OWN).join("receipts"), folder.join(OWN)] {
        storage.remove_all(&own).map_err(failed)?;
    }
    storage.remove_empty(&folder).map_err(failed)?;
    if path.len() > 1
        && let Some(schema) = folder.parent()
    {
        // A schema's folder has no meaning of its own: the last table takes it along.
        storage.remove_empty(schema).map_err(failed)?;
    }
    take_root_along(&**storage).map_err(failed)
}

/// Removes the store's folder once it is empty, if mig made it.
fn take_root_along(storage: &dyn Storage) -> std::io::Result<()> {
    let (root, mark) = (Path::new(""), PathBuf::from(MADE));
    if storage.file(&mark)?.is_some() && storage.list(root)?.iter().all(|entry| entry.name == MADE) {
        storage.remove(&[mark])?;
        storage.remove_empty(root)?;
    }
    Ok(())
}
