//! Tries a store out in tests: values at the ends of every type, and the traits driven as a run drives them.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, FixedSizeBinaryArray,
    Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array, StringArray,
    Time64MicrosecondArray, TimestampMicrosecondArray, UInt32Array,
};
use arrow::compute::{concat_batches, take_record_batch};
use arrow::record_batch::RecordBatch;
use mig_plan::{ChunkBounds, ChunkDigest, ColumnType, Digest, KeyBound, Type};
use tokio::sync::mpsc;

use super::{Field, ReceiptKey, Store, StoreError, Table, WriteItem, Written};
use crate::arrow_types::{arrow_schema, arrow_type};

/// A field by its type in the language's words, `text?`.
pub(super) fn field(name: &str, ty: &str) -> Field {
    Field { name: name.into(), ty: ty.parse().expect("a type"), secret: false }
}

/// A table of these columns, each `name` and type.
pub(super) fn table(path: &[&str], columns: &[(&str, &str)], key: &[&str]) -> Table {
    Table {
        path: path.iter().map(|part| (*part).to_owned()).collect(),
        fields: columns.iter().map(|(name, ty)| field(name, ty)).collect(),
        key: key.iter().map(|part| (*part).to_owned()).collect(),
    }
}

/// A batch of a table's fields.
pub(super) fn batch(table: &Table, columns: Vec<ArrayRef>) -> RecordBatch {
    RecordBatch::try_new(arrow_schema(&table.fields), columns).expect("the columns fit the fields")
}

/// Values at the ends of a type, a null among them; seven of each.
pub(crate) fn extremes(ty: &Type) -> ArrayRef {
    let largest = |precision: &u8| 10_i128.pow(u32::from(*precision)) - 1;
    match ty {
        Type::Bool => Arc::new(BooleanArray::from(vec![
            Some(true),
            Some(false),
            None,
            Some(true),
            Some(true),
            Some(false),
            None,
        ])),
        Type::Int8 => Arc::new(Int8Array::from(vec![
            Some(i8::MIN),
            Some(i8::MAX),
            None,
            Some(0),
            Some(-1),
            Some(1),
            None,
        ])),
        Type::Int16 => Arc::new(Int16Array::from(vec![
            Some(i16::MIN),
            Some(i16::MAX),
            None,
            Some(0),
            Some(-1),
            Some(1),
            None,
        ])),
        Type::Int32 => Arc::new(Int32Array::from(vec![
            Some(i32::MIN),
            Some(i32::MAX),
            None,
            Some(0),
            Some(-1),
            Some(1),
            None,
        ])),
        Type::Int64 => Arc::new(Int64Array::from(vec![
            Some(i64::MIN),
            Some(i64::MAX),
            None,
            Some(0),
            Some(-1),
            Some(1),
            None,
        ])),
        Type::Float32 => Arc::new(Float32Array::from(vec![
            Some(f32::MIN),
            Some(f32::MAX),
            None,
            Some(f32::MIN_POSITIVE),
            Some(0.1),
            Some(f32::INFINITY),
            Some(f32::NEG_INFINITY),
        ])),
        Type::Float64 => Arc::new(Float64Array::from(vec![
            Some(f64::MIN),
            Some(f64::MAX),
            None,
            Some(5e-324),
            Some(0.1),
            Some(f64::INFINITY),
            Some(f64::NEG_INFINITY),
        ])),
        Type::Decimal { precision, .. } => Arc::new(
            Decimal128Array::from(vec![
                Some(largest(precision)),
                Some(-largest(precision)),
                None,
                Some(0),
                Some(1),
                Some(-1),
                Some(largest(precision) / 10 * 10),
            ])
            .with_data_type(arrow_type(ty)),
        ),
        Type::Text => Arc::new(StringArray::from(vec![
            Some(""),
            Some("plain"),
            None,
            Some("quote ' and \" and \\ and \t\n"),
            Some("Grüße 🚚 \u{10FFFF}"),
            Some("0012.50"),
            Some(" "),
        ])),
        Type::Json => Arc::new(StringArray::from(vec![
            Some("{}"),
            Some(r#"{"a":[1,2.50,null,"x"]}"#),
            None,
            Some("1.10"),
            Some("null"),
            Some("\"text\""),
            Some("123"),
        ])),
        Type::Bytes => Arc::new(BinaryArray::from(vec![
            Some(&b""[..]),
            Some(b"\0\xff"),
            None,
            Some(b"text"),
            Some(b"\\x00"),
            Some(&[7; 300]),
            None,
        ])),
        Type::Date => Arc::new(Date32Array::from(vec![
            Some(-719_528),
            Some(2_932_896),
            None,
            Some(0),
            Some(-1),
            Some(11_016),
            Some(19_723),
        ])),
        Type::Time => Arc::new(Time64MicrosecondArray::from(vec![
            Some(0),
            Some(86_399_999_999),
            None,
            Some(1),
            Some(1_000_000),
            Some(45_296_123_456),
            None,
        ])),
        Type::Timestamp | Type::Datetime => Arc::new(
            TimestampMicrosecondArray::from(vec![
                Some(-62_135_596_800_000_000),
                Some(253_402_300_799_999_999),
                None,
                Some(0),
                Some(-1),
                Some(1),
                Some(1_700_000_000_123_456),
            ])
            .with_data_type(arrow_type(ty)),
        ),
        Type::Uuid => {
            let values =
                [Some([0; 16]), Some([255; 16]), None, Some([0x12; 16]), Some([1; 16]), Some([2; 16]), None];
            Arc::new(
                FixedSizeBinaryArray::try_from_sparse_iter_with_size(values.into_iter(), 16)
                    .expect("16 bytes"),
            )
        }
        Type::Enum(labels) => {
            let label = |place: usize| labels.get(place % labels.len()).map(String::as_str);
            Arc::new(StringArray::from(vec![label(0), label(1), None, label(2), label(3), label(0), None]))
        }
        Type::List(item) => {
            let items = extremes(&item.ty);
            let offsets = arrow::buffer::OffsetBuffer::new(vec![0, 0, 7, 7, 8, 9, 10, 12].into());
            let order = UInt32Array::from(vec![0, 1, 2, 3, 4, 5, 6, 0, 1, 4, 2, 2]);
            let items = arrow::compute::take(&items, &order, None).expect("the places are there");
            let field = Arc::new(crate::arrow_types::arrow_field("item", item));
            let present = arrow::buffer::NullBuffer::from(vec![true, true, false, true, true, true, true]);
            Arc::new(arrow::array::ListArray::try_new(field, offsets, items, Some(present)).expect("fits"))
        }
    }
}

/// An enum whose labels are as odd as they may be.
pub(crate) fn odd_enum() -> Type {
    Type::Enum(["plain", "in transit", "it's \"so\" \\", "Grüße, 🚚"].map(str::to_owned).to_vec())
}

/// The digest that a test gives a chunk of so many rows.
pub(super) fn digest(rows: u64) -> ChunkDigest {
    ChunkDigest { rows, sum: u128::MAX - u128::from(rows) }
}

/// The receipt of a test's chunk.
pub(super) fn receipt(chunk: u64) -> ReceiptKey {
    ReceiptKey { plan: Digest::of(b"plan"), dataset: "orders".into(), chunk }
}

/// Writes batches as a chunk, the way a run does; without `commit` the chunk is given up.
pub(super) async fn write(
    store: &Store,
    table: &Table,
    chunk: u64,
    batches: Vec<RecordBatch>,
    commit: bool,
) -> Result<Written, StoreError> {
    let (send, input) = mpsc::channel(2);
    let rows = batches.iter().map(|batch| batch.num_rows() as u64).sum();
    let sending = async move {
        for batch in batches {
            // A writer that has stopped says why itself.
            if send.send(WriteItem::Batch(batch)).await.is_err() {
                return;
            }
        }
        if commit {
            let _ = send.send(WriteItem::Commit(digest(rows))).await;
        }
    };
    let receipt = receipt(chunk);
    let (written, ()) = tokio::join!(store.data.write(table, &receipt, input), sending);
    written
}

/// All batches of a chunk.
pub(super) async fn read_chunk(
    store: &Store,
    table: &Table,
    bounds: &ChunkBounds,
) -> Result<Vec<RecordBatch>, StoreError> {
    let (out, mut batches) = mpsc::channel(2);
    let receiving = async {
        let mut received = Vec::new();
        while let Some(batch) = batches.recv().await {
            received.push(batch);
        }
        received
    };
    let (read, received) = tokio::join!(store.data.read(table, bounds, out), receiving);
    read.map(|()| received)
}

/// All rows of a table, in the order they come.
pub(super) async fn read_all(store: &Store, table: &Table) -> Result<RecordBatch, StoreError> {
    let batches = read_chunk(store, table, &ChunkBounds::default()).await?;
    Ok(concat_batches(&arrow_schema(&table.fields), &batches).expect("batches of one schema"))
}

/// The bounds of a table's chunks.
pub(super) async fn chunks(
    store: &Store,
    table: &Table,
    rows: u64,
    after: Option<KeyBound>,
) -> Result<Vec<ChunkBounds>, StoreError> {
    let (out, mut bounds) = mpsc::channel(1);
    let receiving = async {
        let mut received = Vec::new();
        while let Some(bound) = bounds.recv().await {
            received.push(bound);
        }
        received
    };
    let (found, received) = tokio::join!(store.data.chunks(table, rows, after, out), receiving);
    found.map(|()| received)
}

/// Proves that chunks of `rows` rows hold every row of the table exactly once, that each begins where the one
/// before ends, and that none but the last is larger or smaller than asked, when keys are unique.
pub(super) async fn chunks_cover(store: &Store, table: &Table, rows: u64, unique: bool) {
    let all = sorted_rows(&[read_all(store, table).await.expect("the table reads")]);
    let bounds = chunks(store, table, rows, None).await.expect("the table is walked");
    let mut found = Vec::new();
    let mut before: Option<KeyBound> = None;
    for (number, bound) in bounds.iter().enumerate() {
        assert_eq!(bound.after, before, "chunk {number} begins where the one before ends");
        before = bound.up_to.clone();
        let batches = read_chunk(store, table, bound).await.expect("the chunk reads");
        let held: usize = batches.iter().map(RecordBatch::num_rows).sum();
        let last = number + 1 == bounds.len();
        assert_eq!(bound.up_to.is_none(), last, "the last chunk is open-ended, and no other");
        if unique {
            assert!(held as u64 <= rows, "chunk {number} holds {held} rows of {rows}");
            assert!(last || held as u64 == rows, "chunk {number} is full");
        }
        found.extend(sorted_rows(&batches));
    }
    found.sort();
    assert_eq!(found, all);
    if let Some(first) = bounds.first().filter(|_| bounds.len() > 1) {
        let rest = chunks(store, table, rows, first.up_to.clone()).await.expect("walked from the middle");
        assert_eq!(rest, bounds[1..], "a walk taken up behind a bound goes on as the first one did");
    }
}

/// Waits until something holds that others bring about. The limit is for what never comes.
pub(crate) async fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = std::time::Instant::now();
    while !holds() {
        assert!(begun.elapsed().as_secs() < 300, "waited in vain until {what}");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

/// Rows as text, sorted.
fn sorted_rows(batches: &[RecordBatch]) -> Vec<Vec<String>> {
    let mut rows: Vec<_> = batches.iter().flat_map(shown_rows).collect();
    rows.sort();
    rows
}

/// The rows of a batch as text.
pub(super) fn shown_rows(batch: &RecordBatch) -> Vec<Vec<String>> {
    let value = |column: &ArrayRef, row| {
        if column.is_null(row) {
            "∅".to_owned()
        } else {
            arrow::util::display::array_value_to_string(column, row).expect("a value shows")
        }
    };
    let row = |row| batch.columns().iter().map(|column| value(column, row)).collect();
    (0..batch.num_rows()).map(row).collect()
}

/// The extremes of a type without those that a store without infinities has not.
pub(crate) fn finite_extremes(ty: &Type) -> ArrayRef {
    let finite = |values: &ArrayRef| {
        UInt32Array::from_iter((0..values.len() as u32).map(|row| if row < 5 { row } else { row - 5 }))
    };
    let values = extremes(ty);
    match ty {
        Type::Float32 | Type::Float64 => {
            arrow::compute::take(&values, &finite(&values), None).expect("the places are there")
        }
        Type::Bool
        | Type::Int8
        | Type::Int16
        | Type::Int32
        | Type::Int64
        | Type::Decimal { .. }
        | Type::Text
        | Type::Bytes
        | Type::Date
        | Type::Time
        | Type::Timestamp
        | Type::Datetime
        | Type::Uuid
        | Type::Json
        | Type::Enum(_)
        | Type::List(_) => values,
    }
}

/// Writes the extremes of every type that the store accepts into a table that it makes, and reads them back.
/// `described` is what the store says that a type is.
pub(super) async fn every_type_survives(store: &Store, path: &[&str], described: impl Fn(&Type) -> Type) {
    every_value_survives(store, path, described, extremes).await;
}

/// As [`every_type_survives`], with these values of each type, seven of each.
pub(super) async fn every_value_survives(
    store: &Store,
    path: &[&str],
    described: impl Fn(&Type) -> Type,
    extremes: impl Fn(&Type) -> ArrayRef,
) {
    let mut types: Vec<Type> = Type::SIMPLE.iter().map(|(_, ty)| ty.clone()).collect();
    types.extend(
        [(1, 0), (5, 5), (15, 2), (15, 15), (16, 2), (18, 0), (38, 0), (38, 19), (38, 38)]
            .map(|(precision, scale)| Type::Decimal { precision, scale }),
    );
    types.push(odd_enum());
    let lists: Vec<_> = types.iter().map(|ty| Type::List(Box::new(ty.clone().optional()))).collect();
    types.extend(lists);
    types.retain(|ty| store.data.accepts(&ty.clone().optional()).is_ok());
    assert!(types.len() >= 23, "every simple type and all decimals but one are accepted");

    let mut fields = vec![field("id", "int64")];
    let mut columns: Vec<ArrayRef> = vec![Arc::new(Int64Array::from_iter_values(0..7))];
    for (number, ty) in types.iter().enumerate() {
        // A name of PostgreSQL has 63 bytes at the most.
        let name = format!("c{number} {ty}").chars().take(40).collect();
        fields.push(Field { name, ty: ty.clone().optional(), secret: false });
        columns.push(extremes(ty));
    }
    let path = path.iter().map(|part| (*part).to_owned()).collect();
    let table = Table { path, fields, key: vec!["id".into()] };
    store.data.create(&table).await.expect("the table is made");
    store.data.create(&table).await.expect("a table that is there is left");

    let schema = store.data.schema(Some(std::slice::from_ref(&table.path))).await.expect("the schema reads");
    let schema = &schema.tables[&table.path];
    let found: Vec<_> =
        schema.columns.iter().map(|column| (column.name.clone(), column.ty.clone())).collect();
    let ty = |field: &Field| ColumnType { ty: described(&field.ty.ty), nullable: field.ty.nullable };
    let made: Vec<_> = table.fields.iter().map(|field| (field.name.clone(), Some(ty(field)))).collect();
    assert_eq!(found, made, "the store describes the types that it was asked for");
    assert!(!schema.is_view);

    let sent = batch(&table, columns);
    let written = write(store, &table, 0, vec![sent.clone()], true).await.expect("the rows are written");
    assert_eq!(written, Written::Now(digest(7)));
    store.data.add_key(&table).await.expect("no key is there twice");
    store.data.add_key(&table).await.expect("a key that is there is left");
    let schema = store.data.schema(Some(std::slice::from_ref(&table.path))).await.expect("the schema reads");
    assert_eq!(schema.tables[&table.path].primary_key, ["id"]);
    assert_eq!(read_all(store, &table).await.expect("the rows read"), sent);
    assert_eq!(store.data.misfits(&table, 10).await.expect("looked for"), []);

    let order = UInt32Array::from(vec![6, 0]);
    let more = take_record_batch(&sent, &order).expect("the rows are there");
    let refused = write(store, &table, 1, vec![more], true).await;
    let Err(StoreError::Refused(said)) = refused else { panic!("a key that is there twice: {refused:?}") };
    assert!(["id 6", "(id)=(6)"].iter().any(|key| said.contains(key)), "{said}");
    assert_eq!(
        read_all(store, &table).await.expect("the rows read"),
        sent,
        "nothing of a refused chunk stays"
    );
    let receipts = store.data.receipts(&table.path, Digest::of(b"plan"), "orders").await.expect("receipts");
    assert_eq!(receipts, [(0, digest(7))]);
}

/// Writes chunks twice, gives one up, and takes everything back.
pub(super) async fn receipts_hold(store: &Store, path: &[&str]) {
    let table = table(path, &[("id", "int64"), ("name", "text?")], &["id"]);
    let rows = |ids: std::ops::Range<i64>| {
        let names: Vec<_> = ids.clone().map(|id| (id % 3 != 0).then(|| format!("name {id}"))).collect();
        batch(&table, vec![Arc::new(Int64Array::from_iter_values(ids)), Arc::new(StringArray::from(names))])
    };
    let plan = Digest::of(b"plan");
    let count = async || read_all(store, &table).await.expect("the rows read").num_rows();
    store.data.create(&table).await.expect("made");
    assert_eq!(store.data.receipts(&table.path, plan, "orders").await.expect("none yet"), []);

    let sent = vec![rows(0..10), rows(10..20)];
    assert_eq!(write(store, &table, 0, sent.clone(), true).await, Ok(Written::Now(digest(20))));
    assert_eq!(write(store, &table, 0, sent, true).await, Ok(Written::Before(digest(20))));
    assert_eq!(count().await, 20, "a chunk that was written is not written again");

    assert_eq!(write(store, &table, 1, vec![rows(20..30)], false).await, Err(StoreError::Abandoned));
    assert_eq!(count().await, 20, "nothing of a chunk that was given up stays");
    assert_eq!(write(store, &table, 1, vec![rows(20..30)], true).await, Ok(Written::Now(digest(10))));
    assert_eq!(write(store, &table, 2, vec![], true).await, Ok(Written::Now(digest(0))), "an empty chunk");

    // A writer that is dropped in the middle is a process that died.
    let (send, input) = mpsc::channel(2);
    send.send(WriteItem::Batch(rows(40..50))).await.expect("there is room");
    let receipt_of_3 = receipt(3);
    let writing = store.data.write(&table, &receipt_of_3, input);
    assert!(tokio::time::timeout(std::time::Duration::from_millis(300), writing).await.is_err());
    drop(send);
    assert_eq!(count().await, 30);

    let found = store.data.receipts(&table.path, plan, "orders").await.expect("receipts");
    assert_eq!(found, [(0, digest(20)), (1, digest(10)), (2, digest(0))]);
    assert_eq!(store.data.receipts(&table.path, plan, "others").await.expect("none"), []);
    assert_eq!(store.data.receipts(&table.path, Digest::of(b"other"), "orders").await.expect("none"), []);
    let listed = store.data.schema(None).await.expect("the schema reads");
    assert_eq!(listed.tables.keys().collect::<Vec<_>>(), [&table.path], "receipts are never listed");
    assert_eq!(store.data.estimate(&table.path).await.expect("counted").rows, 30);

    store.data.delete_rows(&table.path, plan, "orders").await.expect("deleted");
    assert_eq!(count().await, 0);
    assert_eq!(store.data.receipts(&table.path, plan, "orders").await.expect("none"), []);
    assert_eq!(write(store, &table, 0, vec![rows(0..5)], true).await, Ok(Written::Now(digest(5))));
    store.data.drop_table(&table.path).await.expect("dropped");
    store.data.drop_table(&table.path).await.expect("dropped twice is dropped once");
    assert_eq!(store.data.receipts(&table.path, plan, "orders").await.expect("none"), []);
    let gone = read_all(store, &table).await;
    assert!(
        matches!(&gone, Err(StoreError::Refused(said)) if said.contains(path[path.len() - 1])),
        "{gone:?}"
    );
    let gone = store.data.estimate(&table.path).await;
    assert!(matches!(gone, Err(StoreError::Refused(_))), "{gone:?}");
}
