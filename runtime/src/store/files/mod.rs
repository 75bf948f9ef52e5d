//! Stores of files: Parquet, Arrow IPC, CSV and JSON Lines in a folder of the local disk or of an object storage.
//!
//! A table is `[schema/]table/` with its part files, or, for reading, the one file `[schema/]table.<format>`. A
//! chunk is one part, there whole or not at all, with a receipt. What each format keeps and how is said in
//! `docs/stores.md`. All work is done on threads that may block; memory is bounded whatever the number of rows. Never follows a path out of the store's folder, never
//! replaces a file that mig did not write, and removes one only where a table is dropped on request (`hold`).

mod adapt;
mod builder;
mod cells;
mod csv;
mod declared;
pub(super) mod decoder;
mod definition;
mod disk;
mod durable;
mod encoding;
mod failure;
mod findings;
mod format;
mod hold;
mod inference;
mod ipc;
mod jsonl;
mod layout;
mod literal;
mod locator;
mod objects;
mod packing;
mod parquet;
mod partition;
mod readers;
mod receipts;
mod records;
mod rows;
mod seen;
mod storage;
#[cfg(test)]
mod tests;
mod text_part;
mod values;
mod write;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use mig_plan::schema::StoreSchema;
use mig_plan::{
    ChunkBounds, ChunkDigest, ColumnType, Digest, Estimate, KeyBound, PARTITION_BY, StoreConfig, TableSchema,
};
use tokio::sync::{Semaphore, mpsc};

use self::definition::Definition;
use self::disk::Disk;
use self::findings::Findings;
use self::format::Format;
use self::inference::Columns;
use self::layout::Place;
use self::locator::Cutter;
use self::partition::Parted;
use self::seen::Seen;
use self::storage::Storage;
use crate::json;
use crate::store::{
    Hold, Location, Misfit, ReadStore, ReceiptKey, Store, StoreError, Table, WriteItem, WriteStore, Written,
};

/// Opens a store of files. A folder need not exist: it is made with the first table. A bucket must.
///
/// # Errors
/// When there is something else than a folder, or the object storage cannot be reached.
pub(super) async fn open(
    config: &StoreConfig,
    location: &Location,
    folder: &Path,
) -> Result<Store, StoreError> {
    let storage: Arc<dyn Storage> = match objects::connect(location, folder)? {
        Some(objects) => Arc::new(objects),
        None => Arc::new(Disk::new(folder.join(location.text()))),
    };
    let store = FileStore {
        storage,
        format: Format::of(config.kind, location)?,
        seen: Arc::default(),
        partition_by: partition_by(location)?,
    };
    store.blocking(|store| store.storage.check()).await?;
    let budget = usize::try_from(config.connections).unwrap_or(1).max(1);
    Ok(Store { data: Arc::new(store), views: None, raw: None, budget: Arc::new(Semaphore::new(budget)) })
}

/// The columns that the setting names, as the plan writes it: a list in JSON.
fn partition_by(location: &Location) -> Result<Vec<String>, StoreError> {
    let Some(text) = location.setting(PARTITION_BY) else { return Ok(Vec::new()) };
    serde_json::from_str(text)
        .map_err(|error| StoreError::Refused(format!("the store's `{PARTITION_BY}` is no list: {error}")))
}

/// A folder of tables in one format.
#[derive(Debug, Clone)]
struct FileStore {
    storage: Arc<dyn Storage>,
    format: Format,
    /// What the tables' files were when they were divided into chunks.
    seen: Arc<Seen>,
    /// The columns by which tables that have them are divided into folders.
    partition_by: Vec<String>,
}

impl FileStore {
    /// Runs work that may block where it may.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = self.clone();
        tokio::task::spawn_blocking(move || work(&store)).await.unwrap_or_else(|error| {
            // A broken file must not bring the run down with it.
            Err(StoreError::Refused(format!(
                "one of the {} files could not be worked on: {error}",
                self.format.extension()
            )))
        })
    }

    fn find(&self, path: &[String]) -> Result<Place, StoreError> {
        layout::existing(&self.storage, path, &self.format)
    }

    fn definition(&self, place: &Place, path: &[String]) -> Result<Option<Definition>, StoreError> {
        match place {
            Place::Folder { folder, .. } => {
                Definition::read(&*self.storage, folder, &layout::shown(path), &self.format)
            }
            Place::Missing | Place::File(_) | Place::Files(_) => Ok(None),
        }
    }

    fn describe(
        &self,
        path: &[String],
        scanned: &mut HashMap<PathBuf, Columns>,
    ) -> Result<Option<TableSchema>, StoreError> {
        let place = layout::find(&self.storage, path, &self.format)?;
        if matches!(place, Place::Missing) {
            return Ok(None);
        }
        if let Some(definition) = self.definition(&place, path)? {
            return Ok(Some(definition.schema()));
        }
        let mut columns = Columns::default();
        for part in place.parts() {
            // A file may be a table and a part of another: it is scanned once.
            let of_part = match scanned.get(&part.path) {
                Some(of_part) => of_part.clone(),
                None => self.format.scan(part)?,
            };
            scanned.insert(part.path.clone(), of_part.clone());
            columns.merge(of_part);
        }
        let names = place.parts().first().map_or(&[][..], |part| &part.values);
        for (at, (name, _)) in names.iter().enumerate() {
            let values = place.parts().iter().map(|part| part.values.get(at)?.1.as_deref());
            if !columns.constants(name, values) {
                return Err(StoreError::Refused(format!(
                    "`{}` has a column `{name}` in its files and another one in the names of its folders; rename one",
                    layout::shown(path)
                )));
            }
        }
        Ok(Some(columns.schema(&self.format.widest())))
    }

    /// Reads the rows of a table between bounds.
    fn rows(
        &self,
        table: &Table,
        bounds: &ChunkBounds,
        findings: &mut Findings,
        sink: &mut rows::Sink<'_>,
    ) -> Result<(), StoreError> {
        let place = self.find(&table.path)?;
        let definition = self.definition(&place, &table.path)?;
        self.seen.check(&table.path, place.parts())?;
        for (part, span) in locator::spans(place.parts(), bounds)? {
            match Parted::of(&part, &table.fields, findings)? {
                None => self.format.read(&part, span, &table.fields, definition.as_ref(), findings, sink)?,
                Some(parted) => {
                    let mut whole = |batch: RecordBatch| sink(parted.whole(&batch)?);
                    self.format.read(
                        &part,
                        span,
                        &parted.inside,
                        definition.as_ref(),
                        findings,
                        &mut whole,
                    )?;
                }
            }
        }
        Ok(())
    }
}

#[async_trait]
impl ReadStore for FileStore {
    async fn schema(&self, tables: Option<&[Vec<String>]>) -> Result<StoreSchema, StoreError> {
        let tables = tables.map(<[Vec<String>]>::to_vec);
        self.blocking(move |store| {
            let paths = match tables {
                Some(paths) => paths,
                None => layout::tables(&*store.storage, &store.format)?,
            };
            let mut schema = StoreSchema::default();
            let mut scanned = HashMap::new();
            for path in paths {
                if let Some(table) = store.describe(&path, &mut scanned)? {
                    schema.tables.insert(path, table);
                }
            }
            Ok(schema)
        })
        .await
    }

    async fn estimate(&self, path: &[String]) -> Result<Estimate, StoreError> {
        let path = path.to_vec();
        self.blocking(move |store| {
            let mut estimate = Estimate { rows: 0, bytes: 0 };
            for part in store.find(&path)?.parts() {
                estimate.rows += store.format.count(part)?;
                estimate.bytes += part.stamp.length;
            }
            Ok(estimate)
        })
        .await
    }

    async fn misfits(&self, table: &Table, limit: usize) -> Result<Vec<Misfit>, StoreError> {
        let table = table.clone();
        self.blocking(move |store| {
            let mut findings = Findings::Collect { wanted: limit, found: Vec::new() };
            let mut sink = |_: RecordBatch| Ok(());
            match store.rows(&table, &ChunkBounds::default(), &mut findings, &mut sink) {
                // Abandoned by the findings themselves, when there are enough.
                Ok(()) | Err(StoreError::Abandoned) => Ok(findings.take()),
                Err(
                    error @ (StoreError::Unavailable(_) | StoreError::Refused(_) | StoreError::Said { .. }),
                ) => Err(error),
            }
        })
        .await
    }

    async fn chunks(
        &self,
        table: &Table,
        rows: u64,
        after: Option<KeyBound>,
        out: mpsc::Sender<ChunkBounds>,
    ) -> Result<(), StoreError> {
        let path = table.path.clone();
        self.blocking(move |store| {
            let place = store.find(&path)?;
            store.seen.note(&path, place.parts());
            let bounds = ChunkBounds { after: after.clone(), up_to: None };
            let mut cutter = Cutter::new(rows, after, out);
            for (part, span) in locator::spans(place.parts(), &bounds)? {
                store.format.cut(&part, span, &mut cutter)?;
            }
            cutter.finish()
        })
        .await
    }

    async fn read(
        &self,
        table: &Table,
        bounds: &ChunkBounds,
        out: mpsc::Sender<RecordBatch>,
    ) -> Result<(), StoreError> {
        let (table, bounds) = (table.clone(), bounds.clone());
        self.blocking(move |store| {
            let mut sink = |batch| out.blocking_send(batch).map_err(|_| StoreError::Abandoned);
            store.rows(&table, &bounds, &mut Findings::Refuse, &mut sink)
        })
        .await
    }
}

#[async_trait]
impl WriteStore for FileStore {
    fn accepts(&self, ty: &ColumnType) -> Result<(), String> {
        self.format.accepts(ty)
    }

    async fn create(&self, table: &Table) -> Result<bool, StoreError> {
        let table = table.clone();
        self.blocking(move |store| write::create(store, &table)).await
    }

    async fn drop_table(&self, path: &[String]) -> Result<(), StoreError> {
        let path = path.to_vec();
        self.blocking(move |store| {
            store.seen.forget(&path);
            write::drop_table(&store.storage, &store.format, &path)
        })
        .await
    }

    async fn hold(&self, path: &[String]) -> Result<Option<Box<dyn Hold>>, StoreError> {
        let path = path.to_vec();
        self.blocking(move |store| hold::hold(store, path)).await
    }

    async fn write(
        &self,
        table: &Table,
        receipt: &ReceiptKey,
        input: mpsc::Receiver<WriteItem>,
    ) -> Result<Written, StoreError> {
        let (table, receipt) = (table.clone(), receipt.clone());
        self.blocking(move |store| {
            store.seen.forget(&table.path);
            write::chunk(store, &table, &receipt, input)
        })
        .await
    }

    async fn receipts(
        &self,
        path: &[String],
        plan: Digest,
        dataset: &str,
    ) -> Result<Vec<(u64, ChunkDigest)>, StoreError> {
        let (path, dataset) = (path.to_vec(), dataset.to_owned());
        self.blocking(move |store| write::receipts(&store.storage, &store.format, &path, plan, &dataset))
            .await
    }

    async fn delete_rows(&self, path: &[String], plan: Digest, dataset: &str) -> Result<(), StoreError> {
        let (path, dataset) = (path.to_vec(), dataset.to_owned());
        self.blocking(move |store| {
            store.seen.forget(&path);
            write::delete_rows(&store.storage, &store.format, &path, plan, &dataset)
        })
        .await
    }

    async fn forget(&self, path: &[String], plan: Digest, dataset: &str) -> Result<(), StoreError> {
        let (path, dataset) = (path.to_vec(), dataset.to_owned());
        self.blocking(move |store| write::forget(&store.storage, &store.format, &path, plan, &dataset)).await
    }
}
