//! Changes to a table's folder: making it, writing chunks, taking them back.
//!
//! A chunk is one part file, whose renaming into place is the moment it is there (see
//! [`super::receipts`]); in a table that is partitioned it is one in each folder that its rows belong into. Never removes
//! or replaces a file that is not mig's.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use mig_plan::Digest;
use tokio::sync::mpsc;

use super::definition::Definition;
use super::format::PartWriter;
use super::layout::{self, OWN, Place};
use super::receipts::{self, Receipts};
use super::storage::{Kind, Pending, Storage};
use super::{FileStore, Format, failure, partition};
use crate::arrow_types::arrow_schema;
use crate::store::{Field, ReceiptKey, StoreError, Table, WriteItem, Written};

/// What tells a store's folder that mig made from any other.
const MADE: &str = ".made-by-mig";
/// Folders that the rows of one chunk may belong into: each is a file that is open.
const MOST_PARTS: usize = 256;

/// Makes a table's folder with its definition, unless the table is there.
pub(super) fn create(store: &FileStore, table: &Table) -> Result<bool, StoreError> {
    let (storage, format) = (&store.storage, &store.format);
    partition_keys(store, table)?;
    let shown = layout::shown(&table.path);
    match layout::find(storage, &table.path, format)? {
        Place::File(part) => Err(layout::single_file(&part)),
        Place::Files(_) => Err(layout::a_pattern(&table.path)),
        Place::Folder { folder, .. } => match Definition::read(&**storage, &folder, &shown, format)? {
            Some(there) if there != Definition::of(table, format) => Err(StoreError::Refused(format!(
                "`{shown}` was made before with other columns or another key; drop it, or name another table"
            ))),
            Some(_) | None => Ok(false),
        },
        Place::Missing => {
            if table.fields.is_empty() {
                return Err(StoreError::Refused(format!("`{shown}` would have no columns")));
            }
            let failed = |error: std::io::Error| failure::io(&error, "marking the store's folder");
            let made = !storage.is_folder(Path::new("")).map_err(failed)?;
            layout::written_to(storage, &table.path, format)?;
            let folder = layout::folder(&table.path)?;
            Definition::of(table, format).write(&**storage, &folder, &shown)?;
            if made {
                let mark = b"mig made this folder, and removes it once it is empty.\n";
                storage.mark(Path::new(MADE), mark).map_err(failed)?;
            }
            Ok(true)
        }
    }
}

/// Where the parts of a table are written before they have their names.
fn temporaries(folder: &Path) -> PathBuf {
    folder.join(OWN).join("tmp")
}

/// Where a part is written before it has its name: parts of a chunk that lie in several folders have one name.
fn aside(folder: &Path, part: &str) -> PathBuf {
    match part.rsplit_once('/') {
        None => temporaries(folder),
        Some((inside, _)) => temporaries(folder).join(inside.replace('/', "+")),
    }
}

/// The places of the columns that a table's rows are divided into folders by.
fn partition_keys(store: &FileStore, table: &Table) -> Result<Vec<usize>, StoreError> {
    let shown = layout::shown(&table.path);
    let place = |name: &String| {
        table.fields.iter().position(|field| field.name == *name).ok_or_else(|| {
            StoreError::Refused(format!(
                "`{shown}` has no column `{name}`, by which the store's tables are partitioned; make one, or give it a store \
                 of its own"
            ))
        })
    };
    let keys = store.partition_by.iter().map(place).collect::<Result<Vec<_>, _>>()?;
    if let Some(field) =
        keys.iter().map(|key| &table.fields[*key]).find(|field| !mig_plan::names_folders(&field.ty.ty))
    {
        return Err(StoreError::Refused(format!(
            "`{shown}` cannot be partitioned by `{}`: values of {} name no folders",
            field.name, field.ty.ty
        )));
    }
    if !keys.is_empty() && keys.len() == table.fields.len() {
        return Err(StoreError::Refused(format!(
            "`{shown}` would have no column left in its files; partition by fewer"
        )));
    }
    Ok(keys)
}

/// A part that is written whole and has its name not yet.
struct Finished {
    written: receipts::Written,
    pending: Box<dyn Pending>,
}

/// The parts of a chunk that is being written.
struct Parts<'a> {
    storage: &'a Arc<dyn Storage>,
    format: &'a Format,
    folder: &'a Path,
    shown: &'a str,
    definition: Option<&'a Definition>,
    /// The table's columns, and those of them that are in the files.
    fields: &'a [Field],
    inside: Vec<Field>,
    keys: Vec<usize>,
    name: String,
    open: BTreeMap<String, PartWriter>,
}

impl Parts<'_> {
    /// Begins the part of a name, whose first rows these are.
    fn begin(&mut self, part: &str, first: &RecordBatch) -> Result<(), StoreError> {
        let shown = format!("{}/{part}", self.shown);
        if self.open.len() == MOST_PARTS {
            return Err(StoreError::Refused(format!(
                "the rows of one chunk of `{}` belong into more than {MOST_PARTS} folders; make `chunk` smaller, or \
                 partition by fewer columns",
                self.shown
            )));
        }
        let pending = self
            .storage
            .begin(&self.folder.join(part), &aside(self.folder, part))
            .map_err(|error| failure::io(&error, &format!("writing {shown}")))?;
        let writer = self.format.begin(pending, &self.inside, self.definition, &shown, first)?;
        self.open.insert(part.to_owned(), writer);
        Ok(())
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<(), StoreError> {
        if self.keys.is_empty() {
            return self.write_part(self.name.clone(), batch);
        }
        for (inside, batch) in partition::divide(batch, self.fields, &self.keys)? {
            self.write_part(format!("{inside}/{}", self.name), &batch)?;
        }
        Ok(())
    }

    fn write_part(&mut self, part: String, batch: &RecordBatch) -> Result<(), StoreError> {
        if !self.open.contains_key(&part) {
            self.begin(&part, batch)?;
        }
        self.open.get_mut(&part).map_or(Ok(()), |writer| writer.write(batch))
    }

    /// Ends all parts, not yet with their names.
    fn finish(&mut self) -> Result<Vec<Finished>, StoreError> {
        let mut finished = Vec::with_capacity(self.open.len());
        for (part, writer) in std::mem::take(&mut self.open) {
            let mut pending = writer.finish()?;
            let bytes = pending
                .seal()
                .map_err(|error| failure::io(&error, &format!("writing {}/{part}", self.shown)))?;
            finished.push(Finished { written: receipts::Written { part, bytes }, pending });
        }
        Ok(finished)
    }
}

/// Writes a chunk, unless its receipt is there.
pub(super) fn chunk(
    store: &FileStore,
    table: &Table,
    key: &ReceiptKey,
    mut input: mpsc::Receiver<WriteItem>,
) -> Result<Written, StoreError> {
    let (storage, format) = (&store.storage, &store.format);
    let shown = layout::shown(&table.path);
    let Some(folder) = layout::written_to(storage, &table.path, format)? else {
        return Err(StoreError::Refused(format!(
            "there is no folder `{shown}` to write to; make the table first"
        )));
    };
    let receipts = Receipts { storage: &**storage, folder: &folder, shown: &shown };
    let before = receipts.get(key)?;
    if let Some((receipt, true)) = &before {
        return Ok(Written::Before(receipt.digest));
    }
    let definition = Definition::read(&**storage, &folder, &shown, format)?;
    if let Some(definition) = &definition {
        definition.holds(&table.fields, &shown)?;
    }
    let keys = partition_keys(store, table)?;
    let inside = table.fields.iter().enumerate().filter(|(place, _)| !keys.contains(place));
    let mut parts = Parts {
        storage,
        format,
        folder: &folder,
        shown: &shown,
        definition: definition.as_ref(),
        fields: &table.fields,
        inside: inside.map(|(_, field)| field.clone()).collect(),
        keys,
        name: receipts::part_name(key, &format.ending()),
        open: BTreeMap::new(),
    };
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
                    .map_err(|error| StoreError::Refused(format!("writing {shown}: {error}")))?;
                parts.write(&batch)?;
            }
        }
    };
    if digest.rows != rows {
        return Err(StoreError::Refused(format!(
            "writing {shown}: {rows} rows came and the digest is of {}",
            digest.rows
        )));
    }
    if parts.keys.is_empty() && parts.open.is_empty() {
        // A chunk without rows is a part as well: it says that there is nothing.
        parts.begin(&parts.name.clone(), &RecordBatch::new_empty(schema))?;
    }
    let finished = parts.finish()?;
    // Parts of these names, and those of a try that did not come to its end, have no receipt that counts. They go first,
    // so that the receipt to be written never speaks of another content.
    let old = before.iter().flat_map(|(receipt, _)| receipt.parts());
    let stale: BTreeSet<PathBuf> =
        old.chain(finished.iter().map(|part| &part.written)).map(|part| folder.join(&part.part)).collect();
    let failed = |error: std::io::Error| failure::io(&error, &format!("writing {shown}"));
    storage.remove(&stale.into_iter().collect::<Vec<_>>()).map_err(failed)?;
    receipts.put(key, digest, finished.iter().map(|part| part.written.clone()).collect())?;
    for Finished { written, pending } in finished {
        pending
            .publish()
            .map_err(|error| failure::io(&error, &format!("writing {shown}/{}", written.part)))?;
    }
    Ok(Written::Now(digest))
}

/// The receipts of a dataset under a plan.
pub(super) fn receipts(
    storage: &Arc<dyn Storage>,
    format: &Format,
    path: &[String],
    plan: Digest,
    dataset: &str,
) -> Result<Vec<(u64, mig_plan::ChunkDigest)>, StoreError> {
    let Some(folder) = layout::written_to(storage, path, format)? else { return Ok(Vec::new()) };
    let receipts =
        Receipts { storage: &**storage, folder: &folder, shown: &layout::shown(path) }.list(plan, dataset)?;
    let counting = receipts.into_iter().filter(|(_, (_, counts))| *counts);
    Ok(counting.map(|(chunk, (receipt, _))| (chunk, receipt.digest)).collect())
}

/// Removes the parts of a dataset under a plan, then their receipts: stopped in between, the receipts that
/// are left do not count.
pub(super) fn delete_rows(
    storage: &Arc<dyn Storage>,
    format: &Format,
    path: &[String],
    plan: Digest,
    dataset: &str,
) -> Result<(), StoreError> {
    let Some(folder) = layout::written_to(storage, path, format)? else { return Ok(()) };
    let shown = layout::shown(path);
    let failed = |error: std::io::Error| failure::io(&error, &format!("deleting from {shown}"));
    let receipts = Receipts { storage: &**storage, folder: &folder, shown: &shown };
    // All are looked at before the first is removed: one that was changed stops everything.
    let listed = receipts.list(plan, dataset)?;
    let parts: Vec<&str> =
        listed.values().flat_map(|(receipt, _)| receipt.parts()).map(|part| part.part.as_str()).collect();
    let files: Vec<_> = parts.iter().map(|part| folder.join(part)).collect();
    storage.remove(&files).map_err(failed)?;
    for (part, file) in parts.iter().zip(&files) {
        storage.clear(file, &aside(&folder, part)).map_err(failed)?;
    }
    layout::remove_emptied(&**storage, &folder, parts.into_iter()).map_err(failed)?;
    receipts.remove(plan, dataset)
}

/// Removes the receipts of a dataset under a plan, and leaves its parts.
pub(super) fn forget(
    storage: &Arc<dyn Storage>,
    format: &Format,
    path: &[String],
    plan: Digest,
    dataset: &str,
) -> Result<(), StoreError> {
    let Some(folder) = layout::written_to(storage, path, format)? else { return Ok(()) };
    let shown = layout::shown(path);
    Receipts { storage: &**storage, folder: &folder, shown: &shown }.remove(plan, dataset)?;
    let failed = |error: std::io::Error| failure::io(&error, &format!("forgetting the receipts of {shown}"));
    let temporaries = temporaries(&folder);
    for entry in storage.list(&temporaries).map_err(failed)? {
        if entry.kind == Kind::Folder {
            storage.remove_empty(&temporaries.join(entry.name)).map_err(failed)?;
        }
    }
    storage.remove_empty(&temporaries).map_err(failed)
}

/// Removes a table's folder, when everything in it is mig's.
pub(super) fn drop_table(
    storage: &Arc<dyn Storage>,
    format: &Format,
    path: &[String],
) -> Result<(), StoreError> {
    let folder = match layout::find(storage, path, format)? {
        Place::Missing => return Ok(()),
        Place::File(part) => return Err(layout::single_file(&part)),
        Place::Files(_) => return Err(layout::a_pattern(path)),
        Place::Folder { folder, .. } => folder,
    };
    let shown = layout::shown(path);
    let failed = |error: std::io::Error| failure::io(&error, &format!("dropping {shown}"));
    let receipts = Receipts { storage: &**storage, folder: &folder, shown: &shown };
    let known: BTreeSet<String> = receipts
        .all()?
        .iter()
        .flat_map(|receipt| receipt.parts().map(|part| part.part.clone()).collect::<Vec<_>>())
        .collect();
    let mut files = Vec::new();
    let mut open = vec![String::new()];
    while let Some(inside) = open.pop() {
        for entry in storage.list(&folder.join(&inside)).map_err(failed)? {
            let name = if inside.is_empty() { entry.name } else { format!("{inside}/{}", entry.name) };
            let is_around =
                |part: &String| part.strip_prefix(&name).is_some_and(|rest| rest.starts_with('/'));
            match entry.kind {
                Kind::Folder if name == OWN => {}
                Kind::Folder if known.iter().any(is_around) => open.push(name),
                Kind::File(_) if known.contains(&name) => files.push(name),
                Kind::Folder | Kind::File(_) | Kind::Other => {
                    return Err(StoreError::Refused(format!(
                        "`{shown}` cannot be dropped: {shown}/{name} was not written by mig; move it away and run the \
                         same command again"
                    )));
                }
            }
        }
    }
    let paths: Vec<_> = files.iter().map(|file| folder.join(file)).collect();
    storage.remove(&paths).map_err(failed)?;
    layout::remove_emptied(&**storage, &folder, known.iter().map(String::as_str)).map_err(failed)?;
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
