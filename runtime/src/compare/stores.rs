//! What equality says of real stores: rows that go through all of them, one after another, are still equal,
//! and a row that somebody changes there is named.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, StringArray, UInt32Array};
use arrow::compute::take;
use arrow::record_batch::RecordBatch;
use mig_plan::{ChunkBounds, Column, Digest, Expr, KeyValue, StoreConfig, StoreKind, Type};
use mig_test_support::{Mariadb, Postgres};
use tokio::sync::mpsc;

use super::*;
use crate::arrow_types::arrow_schema;
use crate::eval::tests::dataset;
use crate::memory_store::MemoryStore;
use crate::store::trial::{extremes, finite_extremes, odd_enum};
use crate::store::{Field, ReceiptKey, open};
use crate::transfer::copy_chunk;

/// A table with a column for every type that all stores keep, each with its extremes, and some values that
/// stores like to change: a negative zero, indented JSON, text that looks like nothing.
fn everything() -> (Vec<Field>, RecordBatch) {
    everything_of(extremes, 38, odd_enum())
}

/// As [`everything`], with these values and no more than so many digits behind a decimal's point.
fn everything_of(
    extremes: impl Fn(&Type) -> ArrayRef,
    places: u8,
    labels: Type,
) -> (Vec<Field>, RecordBatch) {
    let mut types: Vec<Type> = Type::SIMPLE.iter().map(|(_, ty)| ty.clone()).collect();
    types.extend(
        [(38, places), (38, 0), (12, 2)].map(|(precision, scale)| Type::Decimal { precision, scale }),
    );
    types.push(labels);
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
        secret: false,
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
        secret: false,
    };
    Dataset { chunk_rows: 8, ..dataset(&[], fields.iter().map(column).collect(), &[("id", "id")]) }
}

async fn store(kind: StoreKind, location: &str, folder: &Path) -> Store {
    let config = StoreConfig {
        kind,
        location: mig_plan::Setting::Text(location.to_owned()),
        connections: 3,
        limit: mig_plan::Limit::default(),
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
    let database = Postgres::shared().database();
    let stores = [
        (StoreKind::Sqlite, "orders.db"),
        (StoreKind::Csv, "csv"),
        (StoreKind::Postgres, database.url()),
        (StoreKind::Jsonl, "jsonl"),
        (StoreKind::Parquet, "parquet"),
    ];
    stay_equal(everything(), &stores).await;
}

/// What MySQL has of numbers, through it and each of the others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_went_through_mysql_are_still_equal() {
    let (database, first, second) =
        (Postgres::shared().database(), Mariadb::shared().database(), Mariadb::shared().database());
    let stores = [
        (StoreKind::Mysql, first.url()),
        (StoreKind::Postgres, database.url()),
        (StoreKind::Mysql, second.url()),
        (StoreKind::Sqlite, "orders.db"),
    ];
    let labels = Type::Enum(["plain", "it's \"so\" \\", "Grüße, é"].map(str::to_owned).to_vec());
    stay_equal(everything_of(finite_extremes, 30, labels), &stores).await;
}

/// Copies rows from store to store, and proves them equal to those they were made from and to the first.
async fn stay_equal((fields, rows): (Vec<Field>, RecordBatch), stores: &[(StoreKind, &str)]) {
    let folder = tempfile::tempdir().unwrap();
    let dataset = carrying(&fields);
    let mapping = Arc::new(Mapping::new(&dataset).unwrap());
    let first = Arc::new(MemoryStore::with_rows(rows, &fields)).open(2);
    let mut old = first.clone();
    let mut sums = Vec::new();
    for (kind, location) in stores {
        let kind = *kind;
        let new = store(kind, location, folder.path()).await;
        let copied = copy(&old, &new, &mapping).await;
        sums.push(copied);
        let hashed = Hashed { digest: copied, ..Hashed::default() };
        for (old, copied) in [(&old, Some(&hashed)), (&first, None)] {
            let progress = Arc::new(Progress::new());
            let of = Validation {
                dataset: &dataset,
                mapping: &mapping,
                old,
                new: &new,
                copied,
                progress: &progress,
            };
            for verdict in
                validate(&[CheckRule::RowCount, CheckRule::Checksum { reread: false }], of).await.unwrap()
            {
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
    let copied = Hashed { digest: copied, ..Hashed::default() };
    let of = Validation {
        dataset: &dataset,
        mapping: &mapping,
        old: &old,
        new: &new,
        copied: Some(&copied),
        progress: &progress,
    };
    let verdicts = validate(&[CheckRule::RowCount, CheckRule::Checksum { reread: false }], of).await.unwrap();
    assert_eq!(verdicts[0].detail, "legacy.orders has 21 rows, lake.orders 20");
    assert_eq!(verdicts[1].detail, "rows differ: 1 with other values, 1 missing in the new table");
    let found: Vec<(KeyValue, usize)> =
        verdicts[1].differences.iter().map(|row| (row.key[0].clone(), row.columns.len())).collect();
    assert_eq!(found, [(KeyValue::Int(-3), fields.len()), (KeyValue::Int(4), 1)]);
    let column = &verdicts[1].differences[1].columns[0];
    assert_eq!(
        (column.column.as_str(), column.old.as_deref(), column.new.as_deref()),
        ("odd", Some("\"\""), Some("other"))
    );
}

/// A comparison of two tables in two stores, all columns carried.
async fn compared(old: &Store, new: &Store, mapping: &Arc<Mapping>) -> Comparison {
    let read_back = Arc::new(mapping.read_back());
    let of = Diff {
        old: (old, mapping),
        new: (new, &read_back),
        columns: None,
        condition: None,
        sample: None,
        chunk_rows: 8,
        limit: 10,
        progress: &Arc::new(Progress::new()),
        watched: false,
    };
    diff(of).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_databases_are_compared_by_ranges_and_every_type_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let database = Postgres::shared().database();
    let (fields, rows) = everything();
    let mapping = Arc::new(Mapping::new(&carrying(&fields)).unwrap());
    let old = Arc::new(MemoryStore::with_rows(rows, &fields)).open(2);
    let sqlite = store(StoreKind::Sqlite, "orders.db", folder.path()).await;
    let postgres = store(StoreKind::Postgres, database.url(), folder.path()).await;
    copy(&old, &sqlite, &mapping).await;
    copy(&old, &postgres, &mapping).await;
    for (a, b) in [(&sqlite, &postgres), (&postgres, &sqlite)] {
        let found = compared(a, b, &mapping).await;
        assert!(found.is_equal() && found.by_ranges, "{found:#?}");
        assert_eq!((found.old.digest.rows, found.in_store), (21, 0));
    }
    let somebody = rusqlite::Connection::open(folder.path().join("orders.db")).unwrap();
    for field in &fields[1..] {
        let name = &field.name;
        let changed = somebody.execute(
            &format!(
                "UPDATE orders SET {name} = (SELECT o.{name} FROM orders o
                   WHERE o.{name} IS NOT (SELECT {name} FROM orders WHERE id = 5) ORDER BY o.id LIMIT 1)
                 WHERE id = 5"
            ),
            [],
        );
        assert_eq!(changed.unwrap(), 1);
        let found = compared(&postgres, &sqlite, &mapping).await;
        let columns: Vec<&str> = found
            .differences
            .rows
            .iter()
            .flat_map(|row| &row.columns)
            .map(|column| column.column.as_str())
            .collect();
        assert!(columns.contains(&name.as_str()) && !found.is_equal(), "{name}: {found:#?}");
        assert_eq!(found.differences.rows[0].key, [KeyValue::Int(5)]);
    }
}

/// The columns of every type that PostgreSQL hashes itself, and values of each: equal ones side by side, whatever
/// their spelling, then others.
const HASHED: [(&str, &str, [&str; 2], &str); 14] = [
    ("flag", "boolean", ["true", "'t'"], "false"),
    ("small", "smallint", ["7", "'+7'"], "-7"),
    ("plain", "integer", ["2147483647", "'2147483647'"], "0"),
    ("big", "bigint", ["-9223372036854775808", "'-9223372036854775808'"], "9223372036854775807"),
    ("single", "real", ["'-0'", "0"], "1e-45"),
    ("number", "double precision", ["'NaN'", "'-NaN'"], "'-Infinity'"),
    ("zero", "double precision", ["'-0'", "0"], "5e-324"),
    ("exact", "numeric(12, 2)", ["1.5", "1.50"], "1.51"),
    ("word", "text", ["'Ä𝄞'", "U&'\\00C4\\+01D11E'"], "'A\u{308}𝄞'"),
    ("octets", "bytea", ["'\\x00ff'", "'\\000\\377'"], "'\\x00'"),
    ("day", "date", ["'0001-01-01'", "'0001-01-01'"], "'9999-12-31'"),
    ("clock", "time", ["'12:00'", "'12:00:00.000000'"], "'12:00:00.000001'"),
    (
        "instant",
        "timestamptz",
        ["'2024-01-01 00:00+00'", "'2024-01-01 02:00+02'"],
        "'2024-01-01 00:00:00.000001+00'",
    ),
    (
        "id128",
        "uuid",
        ["'A0EEBC999C0B4EF8BB6D6BB9BD380A11'", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"],
        "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12'",
    ),
];

/// The same of MySQL's and MariaDB's.
const HASHED_BY_MYSQL: [(&str, &str, [&str; 2], &str); 20] = [
    ("flag", "tinyint(1)", ["true", "'1'"], "false"),
    ("small", "smallint", ["7", "'+7'"], "-7"),
    ("plain", "int", ["2147483647", "'2147483647'"], "0"),
    ("whole", "bigint unsigned", ["18446744073709551615", "'18446744073709551615'"], "0"),
    ("bits", "bit(12)", ["b'10'", "2"], "1"),
    ("single", "float", ["-0e0", "0"], "1e-38"),
    ("rounded", "float", ["16777217", "16777216"], "16777218"),
    ("number", "double", ["0.1", "1e-1"], "0.10000000000000002"),
    ("exact", "decimal(12, 2)", ["1.5", "'1.50'"], "1.51"),
    ("word", "varchar(9)", ["'Ä,𝄞'", "_utf8mb4 x'c3842cf09d849e'"], "'ä,𝄞'"),
    ("latin", "varchar(9) character set latin1", ["'é'", "_latin1 x'e9'"], "'É'"),
    ("padded", "char(5)", ["'a'", "'a '"], "'A'"),
    ("octets", "varbinary(9)", ["x'00ff'", "x'00FF'"], "x'00'"),
    ("day", "date", ["'0001-01-01'", "'0001-1-1'"], "'9999-12-31'"),
    ("clock", "time(6)", ["'12:00'", "'12:00:00.000000'"], "'12:00:00.000001'"),
    (
        "instant",
        "timestamp(6) null",
        ["'2024-01-01'", "'2024-01-01 00:00:00'"],
        "'2024-01-01 00:00:00.000001'",
    ),
    ("seen", "datetime(3)", ["'2024-01-01'", "'2024-01-01 00:00:00'"], "'2024-01-01 00:00:00.001'"),
    (
        "id128",
        "uuid",
        ["'A0EEBC999C0B4EF8BB6D6BB9BD380A11'", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"],
        "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12'",
    ),
    ("mood", "enum('a', 'b')", ["'a'", "1"], "'b'"),
    ("doc", "json", ["'[1, null]'", "'[1, null]'"], "'[1, 0]'"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_postgresql_finds_equal_by_itself_is_equal_and_nothing_else_is() {
    let databases = [Postgres::shared().database(), Postgres::shared().database()];
    for database in &databases {
        database.execute("create schema lake");
    }
    let [old, new] = &databases;
    let sides: [Side<'_>; 2] = [(old.url(), &|sql| old.execute(sql)), (new.url(), &|sql| new.execute(sql))];
    agrees(StoreKind::Postgres, "lake.orders", &HASHED, sides).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_mysql_finds_equal_by_itself_is_equal_and_nothing_else_is() {
    let (old, new) = (Mariadb::shared().database(), Mariadb::shared().database());
    let sides: [Side<'_>; 2] = [(old.url(), &|sql| old.execute(sql)), (new.url(), &|sql| new.execute(sql))];
    agrees(StoreKind::Mysql, "orders", &HASHED_BY_MYSQL, sides).await;
}

/// The URL of a database, and how a statement is run in it by its own client.
type Side<'a> = (&'a str, &'a (dyn Fn(&str) + Sync));

/// Proves that an engine's own checksums find equal what is equal row by row, and differences where there are some.
async fn agrees(
    kind: StoreKind,
    table: &str,
    hashed: &[(&str, &str, [&str; 2], &str)],
    sides: [Side<'_>; 2],
) {
    let folder = tempfile::tempdir().unwrap();
    let mut stores = Vec::new();
    for (side, (url, execute)) in sides.into_iter().enumerate() {
        let columns: Vec<String> = hashed.iter().map(|(name, ty, ..)| format!("{name} {ty}")).collect();
        execute(&format!("create table {table} (id bigint primary key, {})", columns.join(", ")));
        let values: Vec<&str> = hashed.iter().map(|(_, _, equal, _)| equal[side]).collect();
        let nulls = vec!["null"; hashed.len()].join(", ");
        for id in 1..=20 {
            let row = if id % 3 == 0 { nulls.clone() } else { values.join(", ") };
            execute(&format!("insert into {table} values ({id}, {row})"));
        }
        stores.push((store(kind, url, folder.path()).await, execute));
    }
    let (old, new) = (&stores[0], &stores[1]);
    let path: Vec<String> = table.split('.').map(str::to_owned).collect();
    let schema = old.0.data.schema(Some(std::slice::from_ref(&path))).await.unwrap();
    let columns = schema.tables[&path].columns.iter();
    let fields: Vec<Field> = columns
        .map(|column| Field { name: column.name.clone(), ty: column.ty.clone().unwrap(), secret: false })
        .collect();
    let mut dataset = carrying(&fields);
    (dataset.old.path, dataset.new.path) = (path.clone(), path);
    let mapping = Arc::new(Mapping::new(&dataset).unwrap());

    let found = compared(&old.0, &new.0, &mapping).await;
    assert!(found.is_equal());
    assert_eq!((found.in_store, found.old.digest.rows), (20, 20));
    // Row by row the same rows are equal.
    let row_by_row = |condition: bool| {
        let (old, new, mapping) = (old.0.clone(), new.0.clone(), Arc::clone(&mapping));
        async move {
            let read_back = Arc::new(mapping.read_back());
            let all = Expr::Literal { value: mig_plan::Literal::Bool(true), ty: Type::Bool.required() };
            let of = Diff {
                old: (&old, &mapping),
                new: (&new, &read_back),
                columns: None,
                condition: condition.then_some(&all),
                sample: None,
                chunk_rows: 8,
                limit: 10,
                progress: &Arc::new(Progress::new()),
                watched: false,
            };
            diff(of).await.unwrap()
        }
    };
    let found = row_by_row(true).await;
    assert!(found.is_equal() && found.in_store == 0, "{found:#?}");

    for (name, _, equal, other) in hashed {
        for (id, value) in [(5, *other), (5, "null"), (6, equal[1])] {
            (new.1)(&format!("update {table} set {name} = {value} where id = {id}"));
            for condition in [false, true] {
                let found = row_by_row(condition).await;
                assert_eq!(found.differences.count(), 1, "{name} = {value} where {id}: {found:#?}");
                let columns: Vec<&str> =
                    found.differences.rows[0].columns.iter().map(|c| c.column.as_str()).collect();
                assert_eq!(columns, [*name], "{value}");
            }
            let before = if id == 6 { "null" } else { equal[1] };
            (new.1)(&format!("update {table} set {name} = {before} where id = {id}"));
        }
    }
    // Two rows swap a value: a sum that is linear in the columns' hashes would not see it.
    (new.1)(&format!("update {table} set small = id where id in (1, 2)"));
    (old.1)(&format!("update {table} set small = 3 - id where id in (1, 2)"));
    assert_eq!(row_by_row(false).await.differences.changed, 2);
    assert_eq!(row_by_row(true).await.differences.changed, 2);
}
