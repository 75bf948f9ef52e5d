//! Files that others wrote: read for what they say, and refused by place where they are broken.

use std::fs::File;

use arrow::array::{
    Array, AsArray, BinaryArray, Decimal128Array, FixedSizeBinaryArray, Int32Array, Int64Array, MapBuilder,
    StringArray, StringBuilder, StructArray, TimestampMillisecondArray, TimestampNanosecondArray, UInt8Array,
    UInt64Array,
};
use arrow::datatypes::{DataType, Field as ArrowField, Int64Type, Schema};
use mig_plan::{KeyValue, TableSchema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::schema::types::{SchemaDescriptor, Type as Node};

use super::*;
use crate::store::Misfit;

/// A store of files with these contents under its folder.
async fn with(kind: StoreKind, files: &[(&str, &[u8])]) -> (tempfile::TempDir, Store) {
    let root = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let file = root.path().join("data").join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }
    let store = store(kind, root.path()).await;
    (root, store)
}

fn types(schema: &TableSchema) -> Vec<(String, String)> {
    let ty = |column: &mig_plan::schema::SchemaColumn| match &column.ty {
        Some(ty) => ty.to_string(),
        None => format!("none ({})", column.native),
    };
    schema.columns.iter().map(|column| (column.name.clone(), ty(column))).collect()
}

async fn described(store: &Store, name: &str) -> Vec<(String, String)> {
    let schema = store.data.schema(Some(&[path(name)])).await.unwrap();
    types(&schema.tables[&path(name)])
}

fn expected(columns: &[(&str, &str)]) -> Vec<(String, String)> {
    columns.iter().map(|(name, ty)| ((*name).to_owned(), (*ty).to_owned())).collect()
}

async fn described_table(store: &Store, name: &str) -> Table {
    let columns = described(store, name).await;
    table(name, &columns.iter().map(|(name, ty)| (name.as_str(), ty.as_str())).collect::<Vec<_>>())
}

#[tokio::test]
async fn a_csv_export_is_understood() {
    let export = b"\xef\xbb\xbfid,\"full name\",zip,born,seen,ok,price,note\r\n\
        1,\"Ada, \"\"Countess\"\"\",01234,1815-12-10,2024-01-02T03:04:05Z,true,1.50,\r\n\
        \r\n\
        2,Alan,,1912-06-23,2024-01-02T03:04:05.5Z,false,2.00,\"\"\r\n";
    let (_root, store) = with(StoreKind::Csv, &[("people.csv", export)]).await;
    let columns = [
        ("id", "int64"),
        ("full name", "text"),
        ("zip", "text?"),
        ("born", "date"),
        ("seen", "timestamp"),
        ("ok", "bool"),
        ("price", "text"),
        ("note", "text?"),
    ];
    assert_eq!(described(&store, "people").await, expected(&columns));
    let table = table("people", &columns);
    let rows = read_all(&store, &table).await.unwrap();
    assert_eq!(rows.column(1).as_string::<i32>().value(0), "Ada, \"Countess\"");
    assert!(rows.column(7).is_null(0) && rows.column(7).as_string::<i32>().value(1).is_empty());
    assert_eq!(store.data.estimate(&path("people")).await.unwrap().rows, 2);
    // Some of the columns, in another order, and one as another type that its text fits.
    let part = super::table("people", &[("price", "decimal(5, 2)"), ("id", "int8")]);
    let rows = read_all(&store, &part).await.unwrap();
    assert_eq!(
        rows.column(0).as_ref(),
        &Decimal128Array::from(vec![150, 200]).with_precision_and_scale(5, 2).unwrap()
    );
}

#[tokio::test]
async fn parts_are_one_table_and_a_column_may_be_in_some() {
    let files: [(&str, &[u8]); 3] =
        [("t/b.csv", b"n,extra\n2,x\n"), ("t/a.csv", b"n\n1\n"), ("t/c.csv", b"n,extra\n")];
    let (_root, store) = with(StoreKind::Csv, &files).await;
    assert_eq!(described(&store, "t").await, expected(&[("n", "int64"), ("extra", "text?")]));
    let table = described_table(&store, "t").await;
    let rows = read_all(&store, &table).await.unwrap();
    assert_eq!(rows.column(0).as_primitive::<Int64Type>().values(), &[1, 2]);
    assert!(rows.column(1).is_null(0));
    // Not given by a column that must have values.
    let strict = super::table("t", &[("n", "int64"), ("extra", "text")]);
    let text = refused(read_all(&store, &strict).await);
    assert!(text.contains("t/a.csv line 1, column `extra`") && text.contains("no such column"), "{text}");
}

fn misfit(key: &[KeyValue], column: &str, value: &str) -> (Vec<KeyValue>, String, String) {
    (key.to_vec(), column.to_owned(), value.to_owned())
}

fn told(misfits: &[Misfit]) -> Vec<(Vec<KeyValue>, String, String)> {
    misfits.iter().map(|misfit| (misfit.key.clone(), misfit.column.clone(), misfit.value.clone())).collect()
}

fn at(file: &str, position: i64, line: i64) -> [KeyValue; 3] {
    [KeyValue::Text(file.to_owned()), KeyValue::Int(position), KeyValue::Int(line)]
}

#[tokio::test]
async fn broken_csv_is_told_by_place_and_never_mended() {
    let content = b"a,b\n1,2\n1\n1,2,3\nx,2\n1,\xff\n4,\"5\n6\"\n,7\n8,9\"\n1,3\n";
    let (_root, store) = with(StoreKind::Csv, &[("t.csv", content)]).await;
    let table = table("t", &[("a", "int64"), ("b", "text")]);
    let misfits = store.data.misfits(&table, 100).await.unwrap();
    assert_eq!(
        told(&misfits),
        [
            misfit(&at("t.csv", 10, 3), "(record)", "1"),
            misfit(&at("t.csv", 16, 4), "(record)", "1,2,3"),
            misfit(&at("t.csv", 20, 5), "a", "x"),
            misfit(&at("t.csv", 24, 6), "b", "\u{fffd}"),
            misfit(&at("t.csv", 35, 9), "a", ""),
            // A quote where none may be: its line goes on to the end, where it is still open.
            misfit(&at("t.csv", 44, 11), "(record)", "8,9\"\n1,3"),
        ]
    );
    assert_eq!(store.data.misfits(&table, 2).await.unwrap(), misfits[..2]);
    assert_eq!(store.data.misfits(&table, 0).await.unwrap(), []);
    let text = refused(read_all(&store, &table).await);
    assert!(
        text.starts_with("t.csv line 3, column `(record)`: `1`: 1 cells, and the first line names 2"),
        "{text}"
    );
    // The types of a broken file are those of its sound rows.
    assert_eq!(described(&store, "t").await, expected(&[("a", "text?"), ("b", "text")]));
}

#[tokio::test]
async fn csv_without_a_sound_first_line_is_refused() {
    for (content, reason) in [
        (&b""[..], "is empty"),
        (b"a,a\n", "two columns have the name `a`"),
        (b"a,,b\n", "column 2 has no name"),
        (b"\n1\n", "column 1 has no name"),
        (b"a,\"b\n", "never closed"),
        (b"a,\xff\n", "not UTF-8"),
        (b"a,b\rc\n", "carriage return"),
    ] {
        let (_root, store) = with(StoreKind::Csv, &[("t.csv", content)]).await;
        let text = refused(store.data.schema(Some(&[path("t")])).await);
        assert!(text.contains("t.csv") && text.contains(reason), "{text}");
        refused(store.data.estimate(&path("t")).await);
    }
}

#[tokio::test]
async fn json_lines_are_understood() {
    let content = br#"{"id": 1, "name": "Ada", "tags": ["x", "y"], "more": {"a" : [1, 2.50]}, "when": "2024-01-02", "f": 1.5}
{"name": null, "id": 2, "tags": [], "more": null, "when": "2024-01-03", "f": 2, "late": true}

{"id": 3, "tags": ["z"], "name": "\u00e9\ud83d\ude00", "more": 7, "when": "2024-01-04", "f": -0.0}"#;
    let (_root, store) = with(StoreKind::Jsonl, &[("t.jsonl", content)]).await;
    let columns = [
        ("id", "int64"),
        ("name", "text?"),
        ("tags", "list(text)"),
        ("more", "json?"),
        ("when", "date"),
        ("f", "float64"),
        ("late", "bool?"),
    ];
    assert_eq!(described(&store, "t").await, expected(&columns));
    let rows = read_all(&store, &table("t", &columns)).await.unwrap();
    assert_eq!(rows.num_rows(), 3);
    assert_eq!(rows.column(1).as_string::<i32>().value(2), "é😀");
    let more = rows.column(3).as_string::<i32>();
    assert_eq!((more.value(0), more.value(2)), ("{\"a\":[1,2.50]}", "7"));
    // A null of others is a missing value, also in a column of type json.
    assert!(more.is_null(1));
    assert_eq!(store.data.estimate(&path("t")).await.unwrap().rows, 3);
}

#[tokio::test]
async fn broken_json_lines_are_told_by_place() {
    let content = b"{\"a\":1}\n[1]\n{\"a\":1,}\n{\"a\":\"x\"}\n{\"a\":1,\"a\":2}\n{\"b\":1}\n{\"a\":\xff}\n{\"a\":1.0}\n{\"a\":\"\\ud800\"}\n{\"a\":2}\n";
    let (_root, store) = with(StoreKind::Jsonl, &[("t.jsonl", content)]).await;
    let table = table("t", &[("a", "int64")]);
    let lines: Vec<_> = store.data.misfits(&table, 100).await.unwrap();
    let lines: Vec<_> = lines.iter().map(|misfit| (misfit.key[2].clone(), misfit.column.as_str())).collect();
    let expected =
        [(2, "(record)"), (3, "(record)"), (4, "a"), (5, "a"), (6, "a"), (7, "(record)"), (8, "a"), (9, "a")];
    assert_eq!(lines, expected.map(|(line, column)| (KeyValue::Int(line), column)));
    let text = refused(read_all(&store, &table).await);
    assert!(text.starts_with("t.jsonl line 2, column `(record)`: `[1]`: not a JSON object"), "{text}");
}

#[tokio::test]
async fn what_a_tables_definition_does_not_have_is_told() {
    let root = tempfile::tempdir().unwrap();
    for (kind, content) in [(StoreKind::Csv, "n,x\n1,2\n"), (StoreKind::Jsonl, "{\"n\":1,\"x\":2}\n")] {
        let store = store(kind, root.path()).await;
        let table = table(&format!("{kind}_t"), &[("n", "int64")]);
        store.data.create(&table).await.unwrap();
        fs::write(root.path().join(format!("data/{kind}_t/z.{kind}")), content).unwrap();
        let misfits = store.data.misfits(&table, 9).await.unwrap();
        assert_eq!(misfits.iter().map(|misfit| misfit.column.as_str()).collect::<Vec<_>>(), ["x"], "{kind}");
        assert!(refused(read_all(&store, &table).await).contains("the table has no such column"));
    }
}

#[tokio::test]
async fn a_line_that_another_character_divides_is_told() {
    let root = tempfile::tempdir().unwrap();
    let store = store(StoreKind::Csv, root.path()).await;
    let table = table("t", &[("n", "int64"), ("x", "text?")]);
    store.data.create(&table).await.unwrap();
    fs::write(root.path().join("data/t/z.csv"), "n\tx\n1\t2\n").unwrap();
    let said = refused(read_all(&store, &table).await);
    assert!(said.contains("not divided by ','") && said.contains("`delimiter = …`"), "{said}");
}

#[tokio::test]
async fn a_json_null_where_it_would_read_as_missing_is_refused() {
    let (_root, store) = with(StoreKind::Jsonl, &[("t/theirs.jsonl", b"{\"j\":{}}\n{\"j\":null}\n")]).await;
    let table = table("t", &[("j", "json?")]);
    let rows = batch(&table, vec![column("json?", &[None, Some("[1]")])]);
    write(&store, &table, &receipt(0), std::slice::from_ref(&rows), true).await.unwrap();
    assert_eq!(read_all(&store, &table).await.unwrap().column(0).null_count(), 2);
    let rows = batch(&table, vec![column("json?", &[Some("null")])]);
    let text = refused(write(&store, &table, &receipt(1), &[rows], true).await);
    assert!(text.contains("the JSON value null"), "{text}");
}

#[tokio::test]
async fn a_file_that_changed_under_its_chunks_is_refused() {
    for (kind, content) in
        [(StoreKind::Csv, "n\n1\n2\n3\n"), (StoreKind::Jsonl, "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n")]
    {
        let name = format!("t.{kind}");
        let (root, store) = with(kind, &[(&name, content.as_bytes())]).await;
        let table = table("t", &[("n", "int64")]);
        let bounds = chunks(&store, &table, 2, None).await;
        let file = root.path().join("data").join(&name);
        fs::write(&file, content.replace("1", "1111")).unwrap();
        assert!(refused(read(&store, &table, &bounds[1]).await).contains("changed"), "{kind}");
        fs::write(&file, &content[..2]).unwrap();
        assert!(read(&store, &table, &bounds[1]).await.is_err());
    }
}

fn parquet(file: &Path, columns: Vec<(&str, ArrayRef)>) {
    parquet_as(file, columns, ArrowWriterOptions::new());
}

fn parquet_as(file: &Path, columns: Vec<(&str, ArrayRef)>, options: ArrowWriterOptions) {
    let field = |(name, array): &(&str, ArrayRef)| {
        ArrowField::new(*name, array.data_type().clone(), array.null_count() > 0)
    };
    let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    let rows = RecordBatch::try_new(schema, arrays).unwrap();
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    let file = File::create(file).unwrap();
    let mut writer = ArrowWriter::try_new_with_options(file, rows.schema(), options).unwrap();
    writer.write(&rows).unwrap();
    writer.close().unwrap();
}

#[tokio::test]
async fn parquet_of_others_keeps_its_types() {
    let root = tempfile::tempdir().unwrap();
    let mut map = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    map.append(true).unwrap();
    let record = StructArray::from(vec![(
        Arc::new(ArrowField::new("x", DataType::Int32, false)),
        Arc::new(Int32Array::from(vec![1])) as ArrayRef,
    )]);
    parquet(
        &root.path().join("data/t.parquet"),
        vec![
            ("u8", Arc::new(UInt8Array::from(vec![255]))),
            ("u64", Arc::new(UInt64Array::from(vec![u64::MAX]))),
            ("i", Arc::new(Int32Array::from(vec![-1]))),
            ("ms", Arc::new(TimestampMillisecondArray::from(vec![1]).with_timezone("UTC"))),
            ("ns", Arc::new(TimestampNanosecondArray::from(vec![1_000]))),
            ("large", Arc::new(arrow::array::LargeStringArray::from(vec!["a"]))),
            (
                "words",
                Arc::new(arrow::array::DictionaryArray::<arrow::datatypes::Int8Type>::from_iter(["w"])),
            ),
            ("map", Arc::new(map.finish())),
            ("record", Arc::new(record)),
            ("fixed", Arc::new(FixedSizeBinaryArray::try_from_iter([[1_u8, 2]].into_iter()).unwrap())),
        ],
    );
    let store = store(StoreKind::Parquet, root.path()).await;
    assert_eq!(
        described(&store, "t").await,
        expected(&[
            ("u8", "int16"),
            ("u64", "decimal(20, 0)"),
            ("i", "int32"),
            ("ms", "timestamp"),
            ("ns", "datetime"),
            ("large", "text"),
            ("words", "text"),
            ("map", "none (MAP)"),
            ("record", "none (group)"),
            ("fixed", "bytes"),
        ])
    );
    let columns = [
        ("u64", "decimal(20, 0)"),
        ("u8", "int16"),
        ("i", "int64"),
        ("ms", "timestamp"),
        ("ns", "datetime"),
        ("words", "text"),
        ("fixed", "bytes"),
    ];
    let rows = read_all(&store, &table("t", &columns)).await.unwrap();
    let written = [
        column("decimal(20, 0)", &[Some("18446744073709551615")]),
        column("int16", &[Some("255")]),
        column("int64", &[Some("-1")]),
        column("timestamp", &[Some("1970-01-01T00:00:00.001Z")]),
        column("datetime", &[Some("1970-01-01T00:00:00.000001")]),
        column("text", &[Some("w")]),
        column("bytes", &[Some("0102")]),
    ];
    assert_eq!(rows.columns(), written);
    for (name, ty) in [("map", "json"), ("i", "int16"), ("large", "json"), ("u64", "int64")] {
        let text = refused(read_all(&store, &table("t", &[(name, ty)])).await);
        assert!(text.contains(&format!("column `{name}`")) && text.contains("without loss"), "{text}");
    }
}

/// What other programs wrote on 2026-11-23: pyarrow 26 (format 1.0, INT96 times, dictionaries, three row groups
/// of small pages) and DuckDB 2.0 (one column of each of its types).
const OTHERS: [(&str, &[u8]); 2] = [
    ("pyarrow.parquet", include_bytes!("others/pyarrow.parquet")),
    ("duckdb.parquet", include_bytes!("others/duckdb.parquet")),
];

#[tokio::test]
async fn the_file_of_pyarrow_is_read_in_any_chunks() {
    let (_root, store) = with(StoreKind::Parquet, &OTHERS).await;
    let columns = [
        ("id", "int64?"),
        ("word", "text?"),
        ("amount", "decimal(12, 2)?"),
        ("old_time", "none (INT96)"),
        ("day", "date?"),
        ("tags", "list(text?)?"),
    ];
    assert_eq!(described(&store, "pyarrow").await, expected(&columns));
    let readable: Vec<_> = columns.into_iter().filter(|(_, ty)| !ty.starts_with("none")).collect();
    let table = table("pyarrow", &readable);
    let all = read_all(&store, &table).await.unwrap();
    let number = |n: usize| n.to_string();
    let numbers: Vec<_> = (0..300).map(number).collect();
    let words: Vec<_> = (0..300).map(|n| (n % 7 != 0).then(|| format!("word {}", n % 5))).collect();
    let amounts: Vec<_> = (0..300).map(|n| format!("{}.{:02}", n / 100, n % 100)).collect();
    let tags: Vec<_> = (0..300)
        .map(|n| {
            let items = [format!("\"{n}\""), "null".to_owned()];
            (n % 11 != 0).then(|| format!("[{}]", items[..n % 3].join(",")))
        })
        .collect();
    let some = |values: &[String]| values.iter().map(|value| Some(value.clone())).collect::<Vec<_>>();
    let column = |ty: &str, values: &[Option<String>]| {
        super::column(ty, &values.iter().map(Option::as_deref).collect::<Vec<_>>())
    };
    let made = [
        column("int64?", &some(&numbers)),
        column("text?", &words),
        column("decimal(12, 2)?", &some(&amounts)),
        super::column("date?", &[Some("2024-02-29"); 300]),
        column("list(text?)?", &tags),
    ];
    assert_eq!(all.columns(), made);
    for size in [1, 37, 100, 250] {
        let mut row = 0;
        for bounds in chunks(&store, &table, size, None).await {
            let rows = read(&store, &table, &bounds).await.unwrap();
            assert_eq!(rows, rows_of(&all, row..row + rows.num_rows()), "{size} from {row}");
            row += rows.num_rows();
        }
        assert_eq!(row, 300);
    }
    assert_eq!(store.data.misfits(&table, 9).await.unwrap(), []);
}

#[tokio::test]
async fn a_bit_that_the_checksum_of_a_page_does_not_fit_is_told() {
    // pyarrow 26, 2026-11-28: one page of eight plain 64-bit integers, with its checksum.
    let whole: &[u8] = include_bytes!("others/checksums.parquet");
    let table = table("t", &[("id", "int64?")]);
    let (_root, store) = with(StoreKind::Parquet, &[("t.parquet", whole)]).await;
    assert_eq!(read_all(&store, &table).await.unwrap().num_rows(), 8);
    let mut flipped = whole.to_vec();
    let five = flipped.windows(8).position(|bytes| bytes == 5_u64.to_le_bytes()).unwrap();
    flipped[five] ^= 1;
    let (_root, store) = with(StoreKind::Parquet, &[("t.parquet", &flipped)]).await;
    let text = refused(read_all(&store, &table).await);
    assert!(text.contains("t.parquet") && text.contains("CRC checksum mismatch"), "{text}");
}

#[tokio::test]
async fn the_file_of_duckdb_has_every_type_that_loses_nothing() {
    let (_root, store) = with(StoreKind::Parquet, &OTHERS).await;
    let columns = [
        ("id", "int32?"),
        ("key", "uuid?"),
        ("colour", "text?"),
        ("doc", "json"),
        ("small", "int16?"),
        ("big", "decimal(38, 10)?"),
        ("local", "datetime"),
        ("instant", "timestamp"),
        ("fine", "datetime"),
        ("clock", "time"),
        ("span", "none (FIXED_LEN_BYTE_ARRAY(12) INTERVAL)"),
        ("list", "list(int64?)"),
        ("record", "none (group)"),
        ("map", "none (MAP)"),
        ("raw", "bytes"),
        ("huge", "float64?"),
    ];
    assert_eq!(described(&store, "duckdb").await, expected(&columns));
    let sound: Vec<_> =
        columns.into_iter().filter(|(name, ty)| !ty.starts_with("none") && *name != "fine").collect();
    let rows = read_all(&store, &table("duckdb", &sound)).await.unwrap();
    let first: Vec<_> = rows.columns().iter().map(|column| column.slice(1, 1)).collect();
    let values = [
        "1",
        "67e55044-10b1-426f-9247-bb680e5fe001",
        "blue",
        "{\"n\": 1}",
        "1",
        "9.0000000000",
        "2024-01-02T03:04:05.000006",
        "2024-01-02T03:04:05.000006Z",
        "23:59:59.5",
        "[1, null]",
        "626c6f62",
        "1.0",
    ];
    for ((array, (name, ty)), value) in first.iter().zip(&sound).zip(values) {
        assert_eq!(array, &super::column(ty, &[Some(value)]), "{name}");
    }
    let misfits = store.data.misfits(&table("duckdb", &[("fine", "datetime")]), 1).await.unwrap();
    assert_eq!(misfits[0].value, "2024-01-02T03:04:05.000006 and 7 ns");
}

#[tokio::test]
async fn parquet_values_that_do_not_fit_are_told_by_row() {
    let root = tempfile::tempdir().unwrap();
    parquet(
        &root.path().join("data/t/a.parquet"),
        vec![
            ("ns", Arc::new(TimestampNanosecondArray::from(vec![1_000, 1_001, -1]))),
            ("ms", Arc::new(TimestampMillisecondArray::from(vec![0, i64::MAX, 1]))),
            ("n", Arc::new(Int64Array::from(vec![Some(1), None, Some(3)]))),
            ("j", Arc::new(StringArray::from(vec!["{}", "1", "x"]))),
        ],
    );
    let store = store(StoreKind::Parquet, root.path()).await;
    let table = table("t", &[("ns", "datetime"), ("ms", "datetime"), ("n", "int64")]);
    let misfits = store.data.misfits(&table, 100).await.unwrap();
    let place = |row: i64| vec![KeyValue::Text("a.parquet".to_owned()), KeyValue::Int(row)];
    let found: Vec<_> = misfits.iter().map(|misfit| (misfit.key.clone(), misfit.column.as_str())).collect();
    assert_eq!(found, [(place(2), "ns"), (place(3), "ns"), (place(2), "ms"), (place(2), "n")]);
    assert_eq!(misfits[0].value, "1970-01-01T00:00:00.000001 and 1 ns");
    let text = refused(read_all(&store, &table).await);
    assert!(text.starts_with("t/a.parquet row 2, column `ns`"), "{text}");
}

#[tokio::test]
async fn bytes_that_parquet_calls_text_are_told_by_row() {
    let root = tempfile::tempdir().unwrap();
    // Writers that do not check leave such files.
    let node = Node::primitive_type_builder("s", Physical::BYTE_ARRAY)
        .with_repetition(Repetition::REQUIRED)
        .with_logical_type(Some(LogicalType::String))
        .build()
        .unwrap();
    let schema = Node::group_type_builder("table").with_fields(vec![Arc::new(node)]).build().unwrap();
    let options = ArrowWriterOptions::new()
        .with_skip_arrow_metadata(true)
        .with_parquet_schema(SchemaDescriptor::new(Arc::new(schema)));
    let bytes = BinaryArray::from(vec![&b"ok"[..], b"\xff", b"ok"]);
    parquet_as(&root.path().join("data/t.parquet"), vec![("s", Arc::new(bytes))], options);
    let store = store(StoreKind::Parquet, root.path()).await;
    assert_eq!(described(&store, "t").await, expected(&[("s", "text")]));
    let table = table("t", &[("s", "text")]);
    let place = [KeyValue::Text("t.parquet".to_owned()), KeyValue::Int(2)];
    assert_eq!(told(&store.data.misfits(&table, 9).await.unwrap()), [misfit(&place, "s", "\u{fffd}")]);
    assert!(refused(read_all(&store, &table).await).contains("row 2, column `s`"));
}

#[tokio::test]
async fn parts_of_parquet_that_disagree_have_no_type() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("data/t");
    parquet(
        &folder.join("a.parquet"),
        vec![("n", Arc::new(Int32Array::from(vec![1]))), ("only", Arc::new(Int32Array::from(vec![1])))],
    );
    parquet(&folder.join("b.parquet"), vec![("n", Arc::new(StringArray::from(vec!["x"])))]);
    let store = store(StoreKind::Parquet, root.path()).await;
    let columns = described(&store, "t").await;
    assert_eq!(
        columns,
        expected(&[("n", "none (INT32 in some files, BYTE_ARRAY STRING in others)"), ("only", "int32?")])
    );
}

#[tokio::test]
async fn what_is_no_parquet_is_refused_by_name() {
    let files: [(&str, &[u8]); 2] = [("t/a.parquet", b"PAR1 not really PAR1"), ("u.parquet", b"")];
    let (_root, store) = with(StoreKind::Parquet, &files).await;
    for (name, shown) in [("t", "t/a.parquet"), ("u", "u.parquet")] {
        let text = refused(store.data.schema(Some(&[path(name)])).await);
        assert!(text.contains(shown), "{text}");
    }
}

#[tokio::test]
async fn a_table_that_is_not_there_is_left_out_or_refused() {
    for kind in KINDS {
        let (_root, store) = with(kind, &[]).await;
        assert_eq!(store.data.schema(Some(&[path("t")])).await.unwrap().tables.len(), 0);
        assert_eq!(store.data.schema(None).await.unwrap().tables.len(), 0);
        let table = table("t", &[("n", "int64")]);
        assert!(refused(store.data.estimate(&table.path).await).contains("no table `t`"));
        assert!(refused(read_all(&store, &table).await).contains("no table `t`"));
        refused(store.data.schema(Some(&[vec!["..".to_owned(), "etc".to_owned()]])).await);
    }
}
