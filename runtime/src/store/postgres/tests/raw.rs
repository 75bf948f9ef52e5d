//! Rows that pass in PostgreSQL's own bytes are the rows that pass as Arrow batches.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array};
use mig_plan::{ChunkBounds, ChunkDigest, Column, Expr, Function, KeyValue, Type};
use tokio::sync::mpsc;

use super::*;
use crate::eval::Mapping;
use crate::eval::tests::{dataset, ty};
use crate::progress::Progress;
use crate::row_hash::RowHasher;
use crate::store::{Field, RawRows, WriteItem, Written};
use crate::transfer::{Passage, digest_old, pass_chunk};

/// The rows of a chunk, taken out raw.
async fn read(store: &Store, table: &Table, bounds: &ChunkBounds) -> Result<Vec<RawRows>, StoreError> {
    let raw = store.raw.clone().unwrap();
    let (out, mut blocks) = mpsc::channel(1);
    let receiving = async {
        let mut received = Vec::new();
        while let Some(block) = blocks.recv().await {
            received.push(block);
        }
        received
    };
    let (read, received) = tokio::join!(raw.read(table, bounds, out), receiving);
    read.map(|()| received)
}

fn sum(blocks: &[RawRows]) -> ChunkDigest {
    blocks.iter().fold(ChunkDigest::default(), |sum, block| sum.merge(block.digest))
}

/// Puts blocks into a table as a chunk.
async fn write(
    store: &Store,
    table: &Table,
    chunk: u64,
    blocks: Vec<RawRows>,
) -> Result<Written, StoreError> {
    let raw = store.raw.clone().unwrap();
    let (send, input) = mpsc::channel(1);
    let digest = sum(&blocks);
    let sending = async move {
        for block in blocks {
            if send.send(WriteItem::Batch(block)).await.is_err() {
                return;
            }
        }
        let _ = send.send(WriteItem::Commit(digest)).await;
    };
    let receipt = trial::receipt(chunk);
    let (written, ()) = tokio::join!(raw.write(table, &receipt, input), sending);
    written
}

async fn takes(store: &Store, old: &Table, new: &Table) -> Option<bool> {
    let raw = store.raw.clone().unwrap();
    let form = raw.form(old).await.unwrap()?;
    Some(raw.takes(new, &form).await.unwrap())
}

/// A table of every type that passes, with its extremes.
fn every_type(name: &str) -> (Table, Vec<ArrayRef>) {
    let mut types: Vec<Type> = Type::SIMPLE
        .iter()
        .map(|(_, ty)| ty.clone())
        .filter(|ty| !matches!(ty, Type::Json | Type::Int8))
        .collect();
    types.extend(
        [(1, 0), (5, 5), (15, 2), (38, 0), (38, 19), (38, 38)]
            .map(|(precision, scale)| Type::Decimal { precision, scale }),
    );
    let mut fields = vec![trial::field("id", "int64")];
    let mut columns: Vec<ArrayRef> = vec![Arc::new(Int64Array::from_iter_values(0..7))];
    for (place, ty) in types.iter().enumerate() {
        fields.push(Field { name: format!("c{place}"), ty: ty.clone().optional(), secret: false });
        columns.push(trial::extremes(ty));
    }
    (Table { path: vec!["public".into(), name.into()], fields, key: vec!["id".into()] }, columns)
}

#[tokio::test]
async fn every_value_passes_and_is_hashed_as_ever() {
    let (database, store) = lake("").await;
    let (old, columns) = every_type("old");
    let (new, _) = every_type("new");
    for table in [&old, &new] {
        store.data.create(table).await.unwrap();
    }
    let rows = trial::batch(&old, columns);
    trial::write(&store, &old, 0, vec![rows.clone()], true).await.unwrap();
    assert_eq!(takes(&store, &old, &new).await, Some(true));

    let blocks = read(&store, &old, &ChunkBounds::default()).await.unwrap();
    let digest = RowHasher::new(&old.fields).digest(&rows).unwrap();
    assert_eq!(sum(&blocks), digest, "one checksum, whichever way the rows went");
    assert_eq!(write(&store, &new, 1, blocks).await.unwrap(), Written::Now(digest));
    assert_eq!(trial::read_all(&store, &new).await.unwrap(), rows);
    assert_eq!(database.value("select count(*) from (table old except all table new) d"), "0");

    // The receipt holds whichever way the chunk comes again.
    let again = read(&store, &old, &ChunkBounds::default()).await.unwrap();
    assert_eq!(write(&store, &new, 1, again).await.unwrap(), Written::Before(digest));
    assert_eq!(trial::write(&store, &new, 1, vec![rows], true).await.unwrap(), Written::Before(digest));
    assert_eq!(database.value("select count(*) from new"), "7");
}

#[tokio::test]
async fn chunks_pass_in_blocks_of_whole_rows() {
    let (database, store) = lake(
        "create table old (id int primary key, note varchar(5000));
         insert into old select n, case when n % 5 <> 0 then repeat('é', n % 2000) end from generate_series(1, 3000) n;
         create table new (key int primary key, note text)",
    )
    .await;
    let old = table(&["public", "old"], &[("id", "int32"), ("note", "text?")], &["id"]);
    let new = table(&["public", "new"], &[("key", "int32"), ("note", "text?")], &["key"]);
    store.data.create(&new).await.unwrap();
    assert_eq!(takes(&store, &old, &new).await, Some(true));
    let bound = |key: i64| Some(vec![KeyValue::Int(key)]);
    for (chunk, (after, up_to)) in
        [(None, bound(1000)), (bound(1000), bound(1001)), (bound(1001), None)].into_iter().enumerate()
    {
        let bounds = ChunkBounds { after, up_to };
        let blocks = read(&store, &old, &bounds).await.unwrap();
        let largest = blocks.iter().map(|block| block.bytes.len()).max().unwrap();
        assert!(largest < (256 << 10) + 10_000, "a block has {largest} bytes");
        assert!(matches!(write(&store, &new, chunk as u64, blocks).await, Ok(Written::Now(_))));
    }
    assert_eq!(
        database.value("select count(*) from (select * from old except all select * from new) d"),
        "0"
    );
    assert_eq!(database.value("select count(*) from new"), "3000");
}

#[tokio::test]
async fn what_is_refused_as_a_batch_is_refused_raw() {
    let (_database, store) = lake(
        "create table old (id int primary key, price numeric(8, 2), day date, at timestamptz, time time);
         insert into old values (1, 1, 'epoch', 'epoch', '12:00'), (2, 'NaN', null, null, null), (3, null, 'infinity', null, null),
           (4, null, null, '-infinity', null), (5, null, null, null, '24:00'), (6, null, null, null, null)",
    )
    .await;
    let columns = [
        ("id", "int32"),
        ("price", "decimal(8, 2)?"),
        ("day", "date?"),
        ("at", "timestamp?"),
        ("time", "time?"),
    ];
    let old = table(&["public", "old"], &columns, &["id"]);
    for (id, column) in [(2, "price"), (3, "day"), (4, "at"), (5, "time")] {
        let bounds =
            ChunkBounds { after: Some(vec![KeyValue::Int(id - 1)]), up_to: Some(vec![KeyValue::Int(id)]) };
        let refused = read(&store, &old, &bounds).await.unwrap_err();
        assert_eq!(refused, trial::read_chunk(&store, &old, &bounds).await.unwrap_err());
        let StoreError::Refused(said) = refused else { panic!("{refused}") };
        assert!(said.contains(column) && said.contains(&format!("row id {id}")), "{said}");
    }
    let strict = table(&["public", "old"], &[("id", "int32"), ("day", "date")], &["id"]);
    let bounds = ChunkBounds { after: Some(vec![KeyValue::Int(5)]), up_to: None };
    let refused = read(&store, &strict, &bounds).await.unwrap_err();
    assert!(
        matches!(&refused, StoreError::Refused(said) if said.contains("null") && said.contains("day")),
        "{refused}"
    );
}

#[tokio::test]
async fn only_what_the_new_column_keeps_passes() {
    let (_database, store) = lake(
        "create table old (id int primary key, name varchar(20), doc json, price numeric(8, 2), at timestamp(3));
         create table nameless (id int, name text);
         create table wide (id int primary key, name varchar(30), doc json, price numeric(9, 2), at timestamp);
         create table narrow (id int primary key, name varchar(10), doc json, price numeric(8, 2), at timestamp(3))",
    )
    .await;
    let of = |name: &str, column: &str, ty: &str| {
        table(&["public", name], &[("id", "int32"), (column, ty)], &["id"])
    };
    let kept = async |new: &str, column: &str, old_ty: &str, new_ty: &str| {
        takes(&store, &of("old", column, old_ty), &of(new, column, new_ty)).await
    };
    assert_eq!(kept("narrow", "name", "text?", "text?").await, Some(false));
    assert_eq!(kept("wide", "name", "text?", "text?").await, Some(true));
    assert_eq!(kept("narrow", "price", "decimal(8, 2)?", "decimal(8, 2)?").await, Some(true));
    assert_eq!(kept("wide", "price", "decimal(8, 2)?", "decimal(9, 2)?").await, Some(false));
    assert_eq!(kept("wide", "at", "datetime?", "datetime?").await, Some(false));
    assert_eq!(kept("narrow", "doc", "json?", "json?").await, None);
    let longer = table(&["public", "wide"], &[("id", "int32")], &["id"]);
    assert_eq!(
        takes(&store, &of("old", "name", "text?"), &longer).await,
        Some(false),
        "one column is not two"
    );
    let nameless = table(&["public", "nameless"], &[("id", "int32?"), ("name", "text?")], &[]);
    assert_eq!(takes(&store, &nameless, &nameless).await, None, "its rows are known by their place alone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mapping_that_only_renames_goes_this_way() {
    let (database, store) = lake(
        "create table old (id bigint primary key, note varchar(20));
         insert into old select n, case when n % 7 <> 0 then 'note ' || n end from generate_series(1, 1000) n",
    )
    .await;
    let old = |name: &str, of: &str| Expr::Column { name: name.to_owned(), ty: ty(of) };
    let column =
        |name: &str, of: &str, expr| Column { name: name.to_owned(), ty: ty(of), expr, secret: false };
    let mapping = |remark: Expr| {
        let columns = vec![column("remark", "text?", remark), column("key", "int64", old("id", "int64"))];
        let mut dataset = dataset(&[("id", "int64"), ("note", "text?")], columns, &[("id", "key")]);
        dataset.old.path = vec!["public".into(), "old".into()];
        dataset.new.path = vec!["public".into(), "new".into()];
        Arc::new(Mapping::new(&dataset).unwrap())
    };
    let note = old("note", "text?");
    let renaming = mapping(note.clone());
    let computing = mapping(Expr::Call { function: Function::Upper, args: vec![note], ty: ty("text?") });
    store.data.create(renaming.new_table()).await.unwrap();
    assert!(Passage::find(&store, &store, &computing).await.unwrap().is_none());
    let passage = Arc::new(Passage::find(&store, &store, &renaming).await.unwrap().unwrap());

    let progress = Arc::new(Progress::new());
    let (bounds, receipt) = (ChunkBounds::default(), trial::receipt(0));
    let copied = pass_chunk(&passage, &renaming, &bounds, &receipt, &progress).await.unwrap();
    assert_eq!(copied.digest, digest_old(&store, &renaming, 100, &progress).await.unwrap());
    assert!(!copied.before && copied.bytes > 0);
    let differing =
        "select count(*) from (select id, note from old except all select key, remark from new) d";
    assert_eq!(database.value(differing), "0");
    let again = pass_chunk(&passage, &renaming, &bounds, &receipt, &progress).await.unwrap();
    assert!(again.before && again.digest == copied.digest);
    assert_eq!(database.value("select count(*) from new"), "1000");

    // A chunk that cannot be whole leaves nothing.
    store.data.add_key(renaming.new_table()).await.unwrap();
    database.execute("delete from new; delete from _mig_receipts; insert into new values ('late', 900)");
    let refused =
        pass_chunk(&passage, &renaming, &bounds, &receipt, &progress).await.unwrap_err().to_string();
    assert!(refused.contains("(900)"), "{refused}");
    assert_eq!(database.value("select count(*) from new"), "1");
}
