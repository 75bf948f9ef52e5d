//! What equality says of real stores: rows that go through all of them, one after another, are still equal,
//! and a row that somebody changes there is named.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, StringArray, UInt32Array};
use arrow::compute::take;
use arrow::record_batch::RecordBatch;
use mig_plan::{ChunkBounds, Column, Digest, Expr, KeyValue, StoreConfig, StoreKind, Type};
use mig_test_support::Postgres;
use tokio::sync::mpsc;

use super::*;
use crate::arrow_types::arrow_schema;
use crate::eval::tests::dataset;
use crate::memory_store::MemoryStore;
use crate::store::trial::extremes;
use crate::store::{Field, ReceiptKey, open};
use crate::transfer::copy_chunk;

/// A table with a column for every type that all stores keep, each with its extremes, and some values that
/// stores like to change: a negative zero, indented JSON, text that looks like nothing.
fn everything() -> (Vec<Field>, RecordBatch) {
    let mut types: Vec<Type> = Type::SIMPLE.iter().map(|(_, ty)| ty.clone()).collect();
    types.extend([(38, 38), (38, 0), (12, 2)].map(|(precision, scale)| Type::Decimal { precision, scale }));
    // Three times over: 21 rows, so that there are several chunks.
    let order = UInt32Array::from_iter_values((0..21).map(|row| row % 7));
    let again = |values: ArrayRef| take(values.as_ref(), &order, None).unwrap();
    let mut columns: Vec<(String, Type, ArrayRef)> =
        vec![("id".to_owned(), Type::Int64, Arc::new(Int64Array::from_iter_values(-10..11)))];
    for (number, ty) in types.into_iter().enumerate() {
        let values = again(extremes(&ty));
        columns.push((format!("c{number}"), ty, values));
    }
    let zeros = [-0.0, 0.0, 1e15, -1.5, 2.0, 1e-7, 123_456_789.123_456_79];
    columns.push(("zeros".to_owned(), Type::Float64, again(Arc::new(Float64Array::from(zeros.to_vec())))));
    let json = ["{ \"a\" : [ 1, 2 ] }", "\"a  b\"", "null", "1.50", "{\n}", "[\"\\\" \"]", "\"é\\u00e9\""];
    columns.push(("json".to_owned(), Type::Json, again(Arc::new(StringArray::from(json.to_vec())))));
    let text = ["", " ", "null", "\\N", "\"quoted\"", "a,b\r\nc", "\t\u{feff}"];
    columns.push(("odd".to_owned(), Type::Text, again(Arc::new(StringArray::from(text.to_vec())))));
    let field = |(name, ty, _): &(String, Type, ArrayRef)| Field {
        name: name.clone(),
        ty: if name == "id" { ty.clone().required() } else { ty.clone().optional() },
    };
    let fields: Vec<Field> = columns.iter().map(field).collect();
    let arrays = columns.into_iter().map(|(_, _, values)| values).collect();
    (fields.clone(), RecordBatch::try_new(arrow_schema(&fields), arrays).unwrap())
}

/// A dataset that carries every column.
fn carrying(fields: &[Field]) -> Dataset {
    let column = |field: &Field| Column {
        name: field.name.clone(),
        ty: field.ty.clone(),
        expr: Expr::Column { name: field.name.clone(), ty: field.ty.clone() },
    };
    Dataset { chunk_rows: 8, ..dataset(&[], fields.iter().map(column).collect(), &[("id", "id")]) }
}

async fn store(kind: StoreKind, location: &str, folder: &Path) -> Store {
    let config = StoreConfig {
        kind,
        location: mig_plan::Setting::Text(location.to_owned()),
        connections: 3,
        options: std::collections::BTreeMap::new(),
    };
    open(&config, location, folder).await.unwrap()
}

/// Copies all rows, several chunks at once, and gives their checksum.
async fn copy(old: &Store, new: &Store, mapping: &Arc<Mapping>) -> ChunkDigest {
    new.data.create(mapping.new_table()).await.unwrap();
    let (sender, mut bounds) = mpsc::channel(100);
    old.data.chunks(mapping.old_table(), 8, None, sender).await.unwrap();
    let progress = Arc::new(Progress::new());
    let mut digest = ChunkDigest::default();
    let mut chunk = 0;
    while let Some(bounds) = bounds.recv().await {
        let bounds: ChunkBounds = bounds;
        let receipt = ReceiptKey { plan: Digest::of(b"plan"), dataset: "orders".to_owned(), chunk };
        let copied = copy_chunk(old, new, mapping, &bounds, &receipt, &progress).await.unwrap();
        digest = digest.merge(copied.digest);
        chunk += 1;
    }
    assert_eq!(chunk, 3);
    digest
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_went_through_every_store_are_still_equal() {
    let folder = tempfile::tempdir().unwrap();
    let database = Postgres::shared().database();
    let (fields, rows) = everything();
    let dataset = carrying(&fields);
    let mapping = Arc::new(Mapping::new(&dataset).unwrap());
    let first = Arc::new(MemoryStore::with_rows(rows, &fields)).open(2);
    let mut old = first.clone();
    let mut sums = Vec::new();
    for (kind, location) in [
        (StoreKind::Sqlite, "orders.db"),
        (StoreKind::Csv, "csv"),
        (StoreKind::Postgres, database.url()),
        (StoreKind::Jsonl, "jsonl"),
        (StoreKind::Parquet, "parquet"),
    ] {
        let new = store(kind, location, folder.path()).await;
        let copied = copy(&old, &new, &mapping).await;
        sums.push(copied);
        for (old, copied) in [(&old, Some(copied)), (&first, None)] {
            let progress = Arc::new(Progress::new());
            let of = Validation {
                dataset: &dataset,
                mapping: &mapping,
                old,
                new: &new,
                copied,
                progress: &progress,
            };
            for verdict in validate(&[CheckRule::RowCount, CheckRule::Checksum], of).await.unwrap() {
                assert!(verdict.passed, "{kind}: {verdict:#?}");
            }
        }
        old = new;
    }
    assert_eq!(sums[0].rows, 21);
    assert!(sums.iter().all(|sum| *sum == sums[0]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_somebody_changed_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (fields, rows) = everything();
    let dataset = carrying(&fields);
    let mapping = Arc::new(Mapping::new(&dataset).unwrap());
    let old = Arc::new(MemoryStore::with_rows(rows, &fields)).open(2);
    let new = store(StoreKind::Sqlite, "orders.db", folder.path()).await;
    let copied = copy(&old, &new, &mapping).await;
    let somebody = rusqlite::Connection::open(folder.path().join("orders.db")).unwrap();
    somebody.execute("UPDATE orders SET odd = 'other' WHERE id = 4", []).unwrap();
    somebody.execute("DELETE FROM orders WHERE id = -3", []).unwrap();

    let progress = Arc::new(Progress::new());
    let copied = Some(copied);
    let of = Validation {
        dataset: &dataset,
        mapping: &mapping,
        old: &old,
        new: &new,
        copied,
        progress: &progress,
    };
    let verdicts = validate(&[CheckRule::RowCount, CheckRule::Checksum], of).await.unwrap();
    assert_eq!(verdicts[0].detail, "legacy.orders has 21 rows, lake.orders 20");
    assert_eq!(verdicts[1].detail, "rows differ: 1 with other values, 1 missing in the new table");
    let found: Vec<(KeyValue, usize)> =
        verdicts[1].differences.iter().map(|row| (row.key[0].clone(), row.columns.len())).collect();
    assert_eq!(found, [(KeyValue::Int(-3), fields.len()), (KeyValue::Int(4), 1)]);
    let column = &verdicts[1].differences[1].columns[0];
    assert_eq!(
        (column.column.as_str(), column.old.as_deref(), column.new.as_deref()),
        ("odd", Some(""), Some("other"))
    );
}
