//! Changes to a table's folder: making it, writing chunks, taking them back.
//!
//! A chunk is one part file, whose renaming into place is the moment it is there (see
//! [`super::receipts`]). Never removes or replaces a file that is not mig's.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use arrow::record_batch::RecordBatch;
use mig_plan::Digest;
use tokio::sync::mpsc;

use super::definition::Definition;
use super::durable::{self, Pending};
use super::layout::{self, OWN, Part, Place};
use super::receipts::{self, Receipts};
use super::{Format, failure};
use crate::arrow_types::arrow_schema;
use crate::store::{ReceiptKey, StoreError, Table, WriteItem, Written};

/// What tells a store's folder that mig made from any other.
const MADE: &str = ".made-by-mig";

/// Makes a table's folder with its definition, unless the table is there.
pub(super) fn create(root: &Path, format: Format, table: &Table) -> Result<(), StoreError> {
    let shown = layout::shown(&table.path);
    match layout::find(root, &table.path, format.extension())? {
        Place::File(part) => Err(layout::single_file(&part)),
        Place::Folder { folder, .. } => match Definition::read(&folder, &shown, format)? {
            Some(there) if there != Definition::of(table, format) => Err(StoreError::Refused(format!(
                "`{shown}` was made before with other columns or another key; drop it, or name another table"
            ))),
            Some(_) | None => Ok(()),
        },
        Place::Missing => {
            if table.fields.is_empty() {
                return Err(StoreError::Refused(format!("`{shown}` would have no columns")));
            }
            let made = !root.exists();
            Definition::of(table, format).write(&layout::folder(root, &table.path)?, &shown)?;
            if made {
                durable::mark(root, MADE, b"mig made this folder, and removes it once it is empty.\n")
                    .map_err(|error| failure::io(&error, "marking the store's folder"))?;
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
    root: &Path,
    format: Format,
    table: &Table,
    key: &ReceiptKey,
    mut input: mpsc::Receiver<WriteItem>,
) -> Result<Written, StoreError> {
    let shown = layout::shown(&table.path);
    let Some(folder) = layout::written_to(root, &table.path, format.extension())? else {
        return Err(StoreError::Refused(format!(
            "there is no folder `{shown}` to write to; make the table first"
        )));
    };
    let receipts = Receipts { folder: &folder, shown: &shown };
    if let Some(receipt) = receipts.get(key)? {
        return Ok(Written::Before(receipt.digest));
    }
    let name = receipts::part_name(key, format.extension());
    let part = Part { path: folder.join(&name), folder: format!("{shown}/"), name: name.clone() };
    let failed = |error: std::io::Error| failure::io(&error, &format!("writing {shown}/{name}"));
    let definition = Definition::read(&folder, &shown, format)?;
    if let Some(definition) = &definition {
        definition.holds(&table.fields, &shown)?;
    }
    let (pending, file) = Pending::begin(&temporaries(&folder), &folder, &name).map_err(failed)?;
    let mut writer = format.begin(file, &table.fields, definition.as_ref(), part)?;
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
    let bytes = pending.sync(&writer.finish()?).map_err(failed)?;
    // A part of this name has no receipt that counts. It goes first, so that the receipt to be written never
    // speaks of another content.
    durable::remove_if_there(&folder.join(&name)).map_err(failed)?;
    receipts.put(key, digest, &name, bytes)?;
    pending.publish().map_err(failed)?;
    Ok(Written::Now(digest))
}

/// The receipts of a dataset under a plan.
pub(super) fn receipts(
    root: &Path,
    format: Format,
    path: &[String],
    plan: Digest,
    dataset: &str,
) -> Result<Vec<(u64, mig_plan::ChunkDigest)>, StoreError> {
    let Some(folder) = layout::written_to(root, path, format.extension())? else { return Ok(Vec::new()) };
    let receipts = Receipts { folder: &folder, shown: &layout::shown(path) }.list(plan, dataset)?;
    Ok(receipts.into_iter().map(|(chunk, receipt)| (chunk, receipt.digest)).collect())
}

/// Removes the parts of a dataset under a plan, then their receipts: stopped in between, the receipts that
/// are left do not count.
pub(super) fn delete_rows(
    root: &Path,
    format: Format,
    path: &[String],
    plan: Digest,
    dataset: &str,
) -> Result<(), StoreError> {
    let Some(folder) = layout::written_to(root, path, format.extension())? else { return Ok(()) };
    let shown = layout::shown(path);
    let failed = |error: std::io::Error| failure::io(&error, &format!("deleting from {shown}"));
    let receipts = Receipts { folder: &folder, shown: &shown };
    // All are looked at before the first is removed: one that was changed stops everything.
    let parts: Vec<_> = receipts.list(plan, dataset)?.into_values().map(|receipt| receipt.part).collect();
    for part in &parts {
        durable::remove_if_there(&folder.join(part)).map_err(failed)?;
        durable::remove_temporaries(&temporaries(&folder), part).map_err(failed)?;
    }
    durable::sync_folder(Some(&folder)).map_err(failed)?;
    receipts.remove(plan, dataset)
}

/// Removes the receipts of a dataset under a plan, and leaves its parts.
pub(super) fn forget(
    root: &Path,
    format: Format,
    path: &[String],
    plan: Digest,
    dataset: &str,
) -> Result<(), StoreError> {
    let Some(folder) = layout::written_to(root, path, format.extension())? else { return Ok(()) };
    let shown = layout::shown(path);
    Receipts { folder: &folder, shown: &shown }.remove(plan, dataset)?;
    let failed = |error: std::io::Error| failure::io(&error, &format!("forgetting the receipts of {shown}"));
    durable::remove_empty(&temporaries(&folder)).map_err(failed)
}

/// Removes a table's folder, when everything in it is mig's.
pub(super) fn drop_table(root: &Path, format: Format, path: &[String]) -> Result<(), StoreError> {
    let folder = match layout::find(root, path, format.extension())? {
        Place::Missing => return Ok(()),
        Place::File(part) => return Err(layout::single_file(&part)),
        Place::Folder { folder, .. } => folder,
    };
    let shown = layout::shown(path);
    let failed = |error: std::io::Error| failure::io(&error, &format!("dropping {shown}"));
    let receipts = Receipts { folder: &folder, shown: &shown };
    let known: BTreeSet<_> = receipts.all()?.into_iter().map(|receipt| receipt.part).collect();
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().map_err(failed)?;
        if name == OWN && kind.is_dir() {
            continue;
        }
        if !kind.is_file() || !known.contains(&name) {
            return Err(StoreError::Refused(format!(
                "`{shown}` cannot be dropped: {shown}/{name} was not written by mig; move it away and run the same \
                 command again"
            )));
        }
        files.push(entry.path());
    }
    for file in files {
        durable::remove_if_there(&file).map_err(failed)?;
    }
    durable::sync_folder(Some(&folder)).map_err(failed)?;
    // The receipts go last: stopped before, the folder is still mig's.
    for own in [folder.join(OWN).join("receipts"), folder.join(OWN)] {
        match fs::remove_dir_all(own) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
            Ok(()) | Err(_) => {}
        }
    }
    fs::remove_dir(&folder).map_err(failed)?;
    let Some(parent) = folder.parent() else { return Ok(()) };
    if path.len() < 2 {
        durable::sync_folder(Some(parent)).map_err(failed)?;
        return take_root_along(root).map_err(failed);
    }
    // A schema's folder has no meaning of its own: the last table takes it along.
    durable::remove_empty(parent).map_err(failed)?;
    take_root_along(root).map_err(failed)
}

/// Removes the store's folder once it is empty, if mig made it.
fn take_root_along(root: &Path) -> std::io::Result<()> {
    let mark = root.join(MADE);
    let alone = match fs::read_dir(root) {
        Ok(mut entries) => entries.all(|entry| entry.is_ok_and(|entry| entry.file_name() == MADE)),
        Err(_) => false,
    };
    if alone && mark.is_file() {
        durable::remove_if_there(&mark)?;
        durable::remove_empty(root)?;
    }
    Ok(())
}
