//! Copying, hashing and dry runs over stores in memory that fail where they are told to.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use arrow::array::{Array, Int64Array, StringArray};
use arrow::record_batch::RecordBatch;
use mig_plan::{Column, Dataset, Digest, Expr, Function, KeyValue};

use super::*;
use crate::arrow_types::arrow_schema;
use crate::eval::tests::{dataset, ty};
use crate::memory_store::MemoryStore;
use crate::store::Field;

/// `id` renamed to `key`, `note` in upper case, and `hundredth = 100 / amount`, which not every amount allows.
fn orders() -> Dataset {
    let old = |name: &str, of: &str| Expr::Column { name: name.to_owned(), ty: ty(of) };
    let call = |function, args, of: &str| Expr::Call { function, args, ty: ty(of) };
    let column =
        |name: &str, of: &str, expr| Column { name: name.to_owned(), ty: ty(of), expr, secret: false };
    let columns = vec![
        column("note", "text?", call(Function::Upper, vec![old("note", "text?")], "text?")),
        column("key", "int64", old("id", "int64")),
        column(
            "hundredth",
            "int64",
            call(Function::Divide, vec![Expr::int(100), old("amount", "int64")], "int64"),
        ),
    ];
    dataset(&[("id", "int64"), ("note", "text?"), ("amount", "int64")], columns, &[("id", "key")])
}

fn old_fields() -> Vec<Field> {
    [("id", "int64"), ("note", "text?"), ("amount", "int64")]
        .map(|(name, of)| Field { name: name.to_owned(), ty: ty(of), secret: false })
        .to_vec()
}

/// So many rows with ids from 1; every seventh has no note.
fn old_rows(count: i64, amount: impl Fn(i64) -> i64) -> RecordBatch {
    let notes: StringArray = (1..=count).map(|id| (id % 7 != 0).then(|| format!("note {id}"))).collect();
    RecordBatch::try_new(
        arrow_schema(&old_fields()),
        vec![
            Arc::new(Int64Array::from_iter_values(1..=count)),
            Arc::new(notes),
            Arc::new(Int64Array::from_iter_values((1..=count).map(amount))),
        ],
    )
    .unwrap()
}

struct World {
    old: Arc<MemoryStore>,
    new: Arc<MemoryStore>,
    mapping: Arc<Mapping>,
    progress: Arc<Progress>,
}

impl World {
    fn new(rows: RecordBatch) -> Self {
        let mapping = Arc::new(Mapping::new(&orders()).unwrap());
        Self {
            old: Arc::new(MemoryStore::with_rows(rows, &old_fields())),
            new: Arc::new(MemoryStore::new(mapping.new_fields())),
            mapping,
            progress: Arc::new(Progress::new()),
        }
    }

    fn old(&mut self) -> &mut MemoryStore {
        Arc::get_mut(&mut self.old).unwrap()
    }

    async fn copy(&self, chunk: u64, bounds: &ChunkBounds) -> Result<Copied, TransferError> {
        let receipt = ReceiptKey { plan: Digest::of(b"plan"), dataset: "orders".to_owned(), chunk };
        copy_chunk(&self.old.open(2), &self.new.open(2), &self.mapping, bounds, &receipt, &self.progress)
            .await
    }

    fn nothing_was_written(&self) {
        assert_eq!((self.new.rows().num_rows(), self.new.receipt_count()), (0, 0));
    }
}

fn up_to(after: Option<i64>, up_to: Option<i64>) -> ChunkBounds {
    let bound = |key: Option<i64>| key.map(|key| vec![KeyValue::Int(key)]);
    ChunkBounds { after: bound(after), up_to: bound(up_to) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chunks_add_up_to_the_table() {
    let world = World::new(old_rows(1050, |_| 4));
    let mut copied = ChunkDigest::default();
    let mut bytes = 0;
    for (chunk, bounds) in
        [up_to(None, Some(400)), up_to(Some(400), Some(1000)), up_to(Some(1000), None)].iter().enumerate()
    {
        let done = world.copy(chunk as u64, bounds).await.unwrap();
        assert!(!done.before && done.bytes > 0);
        copied = copied.merge(done.digest);
        bytes += done.bytes;
    }
    assert_eq!(copied.rows, 1050);
    let moved = world.progress.moved();
    assert_eq!((moved.rows, moved.bytes, moved.chunks), (1050, bytes, 3));

    let new = world.new.rows();
    assert_eq!(new.num_rows(), 1050);
    assert_eq!(new.schema(), arrow_schema(world.mapping.new_fields()));
    let progress = Arc::new(Progress::new());
    let read_back = digest_new(&world.new.open(3), &world.mapping, 100, &progress).await.unwrap();
    let reread = digest_old(&world.old.open(1), &world.mapping, 333, &progress).await.unwrap();
    assert_eq!((read_back, reread), (copied, copied));
    assert_eq!((progress.moved().rows, progress.moved().chunks), (2100, 11 + 4));
    assert!(world.new.most_readers.load(Ordering::SeqCst) <= 3);
    assert_eq!(world.old.most_readers.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_chunk_that_is_there_is_not_written_again() {
    let world = World::new(old_rows(250, |_| 4));
    let first = world.copy(0, &ChunkBounds::default()).await.unwrap();
    let again = world.copy(0, &ChunkBounds::default()).await.unwrap();
    assert_eq!(again, Copied { bytes: 0, before: true, ..first });
    assert_eq!(world.new.rows().num_rows(), 250);
    assert_eq!((world.progress.moved().rows, world.progress.moved().chunks), (250, 1));
    // Even when its rows cannot be read any more.
    let mut broken = World::new(old_rows(250, |_| 4));
    broken.old().fail_read_after = Some(0);
    let broken = World { new: Arc::clone(&world.new), ..broken };
    assert!(broken.copy(0, &ChunkBounds::default()).await.unwrap().before);
}

#[tokio::test]
async fn a_row_without_a_value_ends_the_chunk_with_its_key() {
    let world = World::new(old_rows(250, |id| if id == 203 { 0 } else { 4 }));
    let error = world.copy(0, &ChunkBounds::default()).await.unwrap_err();
    assert_eq!(error.to_string(), "legacy.orders, id 203, column hundredth, value 100 / 0: division by zero");
    assert_eq!(error.kind(), FailureKind::Refused);
    world.nothing_was_written();

    // Without a key, by its place.
    let mut keyless = orders();
    keyless.key.clear();
    let world = World { mapping: Arc::new(Mapping::new(&keyless).unwrap()), ..world };
    let error = world.copy(0, &ChunkBounds::default()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "legacy.orders, row 203 of its chunk, column hundredth, value 100 / 0: division by zero"
    );
}

#[tokio::test]
async fn a_store_that_fails_leaves_nothing_of_the_chunk() {
    for after in [0, 1, 2] {
        let mut world = World::new(old_rows(250, |_| 4));
        world.old().fail_read_after = Some(after);
        let error = world.copy(0, &ChunkBounds::default()).await.unwrap_err();
        assert_eq!(error.to_string(), "legacy.orders: the cable was pulled");
        assert_eq!(error.kind(), FailureKind::Unavailable);
        world.nothing_was_written();
    }
    let mut world = World::new(old_rows(2500, |_| 4));
    Arc::get_mut(&mut world.new).unwrap().fail_write_after = Some(1);
    let error = world.copy(0, &ChunkBounds::default()).await.unwrap_err();
    assert_eq!(error.to_string(), "lake.orders: a value does not fit");
    assert_eq!(error.kind(), FailureKind::Refused);
    world.nothing_was_written();
    assert_eq!((world.progress.moved().rows, world.progress.moved().bytes), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_is_dropped_commits_nothing() {
    let mut dropped = 0;
    for millis in [0, 1, 2, 4, 8, 16] {
        let mut world = World::new(old_rows(20_000, |_| 4));
        world.old().batch_rows = 10;
        let bounds = ChunkBounds::default();
        let copied = tokio::time::timeout(Duration::from_millis(millis), world.copy(0, &bounds)).await;
        if copied.is_ok() {
            continue;
        }
        // Whatever still runs has lost its channels; give it time to do what it must not.
        tokio::time::sleep(Duration::from_millis(200)).await;
        world.nothing_was_written();
        dropped += 1;
    }
    assert!(dropped > 0);
}

#[tokio::test]
async fn reading_waits_for_writing() {
    // A writer that takes nothing: reading stops a few batches ahead.
    let mut world = World::new(old_rows(10_000, |_| 4));
    world.old().batch_rows = 10;
    let (read, to_map) = mpsc::channel(BATCHES_AHEAD);
    let (mapped, _to_write) = mpsc::channel(BATCHES_AHEAD);
    let mapper = Mapper::new(&world.mapping, &Arc::new(world.progress.chunk()));
    let mapper = Task::spawn(map_rows(mapper, to_map, mapped));
    let old = Arc::clone(&world.old);
    let table = world.mapping.old_table().clone();
    let reader = Task::spawn(async move {
        crate::store::ReadStore::read(old.as_ref(), &table, &ChunkBounds::default(), read).await
    });
    let ahead = || world.old.batches_sent.load(Ordering::SeqCst);
    crate::store::trial::until("batches are read", || ahead() >= BATCHES_AHEAD).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(ahead() <= 2 * BATCHES_AHEAD + 2, "{} batches", ahead());
    drop((reader, _to_write));
    assert!(matches!(mapper.await, Mapped::WriterLeft));
}

#[tokio::test]
async fn a_dry_run_looks_at_the_first_rows_alone() {
    let world = World::new(old_rows(250, |id| if id == 203 { 0 } else { 4 }));
    let old = world.old.open(1);
    assert_eq!(dry_run(&old, &world.mapping, 200).await, Ok(200));
    let error = dry_run(&old, &world.mapping, 203).await.unwrap_err();
    assert!(error.to_string().contains("id 203"), "{error}");
    let few = World::new(old_rows(3, |_| 4));
    assert_eq!(dry_run(&few.old.open(1), &few.mapping, 1000).await, Ok(3));
    let none = World::new(old_rows(0, |_| 4));
    assert_eq!(dry_run(&none.old.open(1), &none.mapping, 1000).await, Ok(0));
    none.nothing_was_written();
}

#[tokio::test]
async fn a_scan_ends_with_the_first_error() {
    let mut world = World::new(old_rows(1000, |_| 4));
    world.old().fail_read_after = Some(0);
    let error = digest_old(&world.old.open(2), &world.mapping, 100, &world.progress).await.unwrap_err();
    assert_eq!(error.to_string(), "legacy.orders: the cable was pulled");
    let world = World::new(old_rows(1000, |id| if id == 777 { 0 } else { 4 }));
    let error = digest_old(&world.old.open(2), &world.mapping, 100, &world.progress).await.unwrap_err();
    assert!(error.to_string().starts_with("legacy.orders, id 777, column hundredth"), "{error}");
}

#[test]
fn keys_are_shown_by_name() {
    let batch = old_rows(7, |_| 4);
    let key = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(key_text(&batch, 2, &key(&["id"]), |_| false), "id 3");
    assert_eq!(key_text(&batch, 2, &key(&["note", "id"]), |_| false), "(note \"note 3\", id 3)");
    assert_eq!(key_text(&batch, 6, &key(&["note"]), |_| false), "note null");
    assert_eq!(crate::key::key_of(&batch, 6, &key(&["id", "note"])), [KeyValue::Int(7), KeyValue::Null]);
    assert!(batch_bytes(&batch.slice(0, 3)) < batch_bytes(&batch));
    assert_eq!(batch.column(0).len(), 7);
}
