//! The stores of files as the traits show them, over real folders.

mod chance;
mod dialects;
mod foreign;
mod ipc;
mod objects;
mod partitions;
mod round_trip;
mod writing;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, UInt32Array};
use arrow::compute::concat_batches;
use mig_plan::{ChunkBounds, ChunkDigest, Digest, KeyBound, Setting, StoreConfig, StoreKind, Type};
use tokio::sync::mpsc;

use super::builder::{Builder, JsonNull};
use super::json;
use crate::arrow_types::arrow_schema;
use crate::store::{Field, Location, ReceiptKey, Store, StoreError, Table, WriteItem, Written, open};

const KINDS: [StoreKind; 4] = [StoreKind::Parquet, StoreKind::Csv, StoreKind::Jsonl, StoreKind::Arrow];

async fn store(kind: StoreKind, root: &Path) -> Store {
    store_as(kind, root, &[]).await.unwrap()
}

/// A store whose source has these attributes.
async fn store_as(kind: StoreKind, root: &Path, attributes: &[(&str, &str)]) -> Result<Store, StoreError> {
    let settings = attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let config = StoreConfig {
        kind,
        location: Setting::Text("data".into()),
        connections: 2,
        limit: mig_plan::Limit::default(),
        options: [].into(),
    };
    open(&config, Location::new("data".to_owned(), settings.collect()), root).await
}

fn path(text: &str) -> Vec<String> {
    text.split('.').map(str::to_owned).collect()
}

fn table(name: &str, columns: &[(&str, &str)]) -> Table {
    let fields = columns.iter().map(|(name, ty)| Field {
        name: (*name).to_owned(),
        ty: ty.parse().unwrap(),
        secret: false,
    });
    Table { path: path(name), fields: fields.collect(), key: Vec::new() }
}

/// A column out of literals, or out of JSON for lists; `None` is null.
fn column(ty: &str, values: &[Option<&str>]) -> ArrayRef {
    let ty: mig_plan::ColumnType = ty.parse().unwrap();
    let mut builder = Builder::new(&ty);
    for value in values {
        match value {
            None => builder.null(),
            Some(text) if matches!(ty.ty, Type::List(_)) => {
                builder.json(json::value(text).unwrap(), JsonNull::Missing).unwrap();
            }
            Some(text) => builder.literal(text).unwrap(),
        }
    }
    builder.finish().unwrap()
}

fn batch(table: &Table, columns: Vec<ArrayRef>) -> RecordBatch {
    RecordBatch::try_new(arrow_schema(&table.fields), columns).unwrap()
}

fn receipt(chunk: u64) -> ReceiptKey {
    ReceiptKey { plan: Digest::of(b"plan"), dataset: "archive.orders".to_owned(), chunk }
}

/// Sends batches and, unless the chunk is given up, their digest.
async fn write(
    store: &Store,
    table: &Table,
    key: &ReceiptKey,
    batches: &[RecordBatch],
    commit: bool,
) -> Result<Written, StoreError> {
    let (sender, input) = mpsc::channel(1);
    let sent = async move {
        let rows = batches.iter().map(|batch| batch.num_rows() as u64).sum();
        for batch in batches {
            if sender.send(WriteItem::Batch(batch.clone())).await.is_err() {
                return;
            }
        }
        if commit {
            drop(sender.send(WriteItem::Commit(ChunkDigest { rows, sum: 7 })).await);
        }
    };
    tokio::join!(store.data.write(table, key, input), sent).0
}

async fn read(store: &Store, table: &Table, bounds: &ChunkBounds) -> Result<RecordBatch, StoreError> {
    let (sender, mut output) = mpsc::channel::<RecordBatch>(1);
    let received = async move {
        let mut batches = Vec::new();
        while let Some(batch) = output.recv().await {
            assert!(batch.num_rows() <= 8_192);
            batches.push(batch);
        }
        batches
    };
    let (read, batches) = tokio::join!(store.data.read(table, bounds, sender), received);
    read.map(|()| concat_batches(&arrow_schema(&table.fields), &batches).unwrap())
}

async fn read_all(store: &Store, table: &Table) -> Result<RecordBatch, StoreError> {
    read(store, table, &ChunkBounds::default()).await
}

async fn chunks(store: &Store, table: &Table, rows: u64, after: Option<KeyBound>) -> Vec<ChunkBounds> {
    let (sender, mut output) = mpsc::channel(1);
    let received = async move {
        let mut chunks = Vec::new();
        while let Some(chunk) = output.recv().await {
            chunks.push(chunk);
        }
        chunks
    };
    let (told, chunks) = tokio::join!(store.data.chunks(table, rows, after, sender), received);
    told.unwrap();
    chunks
}

/// Every file under a folder, by its path, with its content.
fn tree(folder: &Path) -> Vec<(String, Vec<u8>)> {
    fn walk(folder: &Path, prefix: &str, found: &mut Vec<(String, Vec<u8>)>) {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let entry = entry.unwrap();
            let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
            if entry.file_type().unwrap().is_dir() {
                walk(&entry.path(), &format!("{name}/"), found);
            } else {
                found.push((name, fs::read(entry.path()).unwrap()));
            }
        }
    }
    let mut found = Vec::new();
    walk(folder, "", &mut found);
    found.sort();
    found
}

/// A small numbered table and a batch of its rows from one number to another.
fn numbered(from: i64, to: i64) -> (Table, RecordBatch) {
    let table = table("t", &[("n", "int64"), ("s", "text?")]);
    let texts: Vec<_> = (from..to).map(|n| (n % 3 != 0).then(|| format!("line\n\"{n}\""))).collect();
    let numbers: Vec<_> = (from..to).map(|n| n.to_string()).collect();
    let numbers = column("int64", &numbers.iter().map(|n| Some(n.as_str())).collect::<Vec<_>>());
    let texts = column("text?", &texts.iter().map(Option::as_deref).collect::<Vec<_>>());
    let rows = batch(&table, vec![numbers, texts]);
    (table, rows)
}

fn refused<T: std::fmt::Debug>(result: Result<T, StoreError>) -> String {
    match result {
        Err(StoreError::Refused(text)) => text,
        other => panic!("not refused: {other:?}"),
    }
}

fn rows_of(batch: &RecordBatch, rows: std::ops::Range<usize>) -> RecordBatch {
    let rows = UInt32Array::from_iter_values(rows.map(|row| u32::try_from(row).unwrap()));
    let columns = batch.columns().iter().map(|column| arrow::compute::take(column, &rows, None).unwrap());
    RecordBatch::try_new(Arc::clone(batch.schema_ref()), columns.collect()).unwrap()
}
