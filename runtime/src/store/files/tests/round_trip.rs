//! Every type, with the ends of its range, comes back from every format to the bit.

use arrow::array::{AsArray, FixedSizeBinaryArray};
use arrow::datatypes::Float64Type;
use mig_plan::{ColumnType, TableSchema};

use super::*;

/// Literals of each type: its ends, zero, and what a format is tempted to change.
const VALUES: [(&str, &[&str]); 17] = [
    ("bool", &["true", "false"]),
    ("int8", &["-128", "0", "127"]),
    ("int16", &["-32768", "32767"]),
    ("int32", &["-2147483648", "2147483647"]),
    ("int64", &["-9223372036854775808", "0", "9223372036854775807", "9007199254740993"]),
    ("float32", &["0.1", "-0.0", "3.4028235e38", "1e-45", "inf", "-inf"]),
    ("float64", &["0.1", "-0.0", "1.7976931348623157e308", "5e-324", "inf", "-inf", "123456789.123456789"]),
    ("decimal(5, 2)", &["0.00", "999.99", "-999.99", "0.01", "1.10"]),
    ("decimal(18, 0)", &["999999999999999999", "-999999999999999999"]),
    (
        "decimal(38, 0)",
        &["99999999999999999999999999999999999999", "-99999999999999999999999999999999999999", "0"],
    ),
    (
        "decimal(38, 38)",
        &["0.99999999999999999999999999999999999999", "-0.00000000000000000000000000000000000001"],
    ),
    ("text", &TEXTS),
    (
        "date",
        &[
            "0001-01-01",
            "1582-10-10",
            "1970-01-01",
            "2024-02-29",
            "9999-12-31",
            "+12024-01-01",
            "-0044-03-15",
        ],
    ),
    ("time", &["00:00:00", "00:00:00.000001", "23:59:59.999999"]),
    ("timestamp", &["0001-01-01T00:00:00Z", "1969-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"]),
    ("datetime", &["0001-01-01T00:00:00", "1969-12-31T23:59:59.999999", "9999-12-31T23:59:59.999999"]),
    ("uuid", &["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"]),
];

const TEXTS: [&str; 24] = [
    "",
    " ",
    "a",
    "\0",
    "a\0b",
    "\"",
    "\"\"",
    "a,b",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "null",
    "NULL",
    "\\",
    "\\N",
    "\u{feff}",
    "Ünï",
    "\u{2028}\u{85}",
    "日本語",
    "😀👨‍👩‍👧",
    "\u{e000}\u{fffd}\u{ffff}",
    "\u{1_0000}\u{2_0000}\u{e_0001}\u{f_0000}\u{10_ffff}",
    "'; DROP TABLE t; --",
];

const JSON: [&str; 9] = [
    "null",
    "true",
    "0.10",
    "123456789012345678901234567890",
    "\"\\u0000\\ud800 \\n\"",
    "[]",
    "{}",
    "{\"b\":1,\"a\":{\"b\":[1.50,1e400]},\"b\":2}",
    "\" { } , : \"",
];

async fn comes_back(kind: StoreKind, ty: &str, array: ArrayRef) {
    let root = tempfile::tempdir().unwrap();
    let store = store(kind, root.path()).await;
    let table = table("s.t", &[("a b,\"", ty), ("n", "int64?")]);
    store.data.accepts(&table.fields[0].ty).unwrap();
    store.data.create(&table).await.unwrap();
    let filler = column("int64?", &vec![None; array.len()]);
    let written = batch(&table, vec![array, filler]);
    write(&store, &table, &receipt(0), std::slice::from_ref(&written), true).await.unwrap();
    let found = read_all(&store, &table).await.unwrap();
    assert_eq!(found, written, "{kind} {ty}");
    assert_eq!(store.data.misfits(&table, 10).await.unwrap(), [], "{kind} {ty}");
    assert_eq!(store.data.estimate(&table.path).await.unwrap().rows, written.num_rows() as u64);
}

#[tokio::test]
async fn every_type_in_every_format() {
    for kind in KINDS {
        for (ty, values) in VALUES {
            let values: Vec<_> = values.iter().map(|value| Some(*value)).collect();
            comes_back(kind, ty, column(ty, &values)).await;
            let mut with_nulls = vec![None];
            with_nulls.extend(values.iter().flat_map(|value| [*value, None]));
            comes_back(kind, &format!("{ty}?"), column(&format!("{ty}?"), &with_nulls)).await;
            comes_back(kind, &format!("{ty}?"), column(&format!("{ty}?"), &[None, None])).await;
        }
        let all: String = (0..=255_u8).map(|byte| format!("{byte:02x}")).collect();
        comes_back(kind, "bytes?", column("bytes?", &[Some(""), None, Some("00"), Some(&all)])).await;
        let json: Vec<_> = JSON.iter().map(|text| Some(*text)).chain([None]).collect();
        comes_back(kind, "json?", column("json?", &json)).await;
    }
}

#[tokio::test]
async fn not_a_number_comes_back_as_one() {
    for kind in KINDS {
        let root = tempfile::tempdir().unwrap();
        let store = store(kind, root.path()).await;
        let table = table("t", &[("f", "float64"), ("g", "float32?")]);
        store.data.create(&table).await.unwrap();
        let rows = batch(&table, vec![column("float64", &[Some("NaN")]), column("float32?", &[Some("NaN")])]);
        write(&store, &table, &receipt(0), &[rows], true).await.unwrap();
        let found = read_all(&store, &table).await.unwrap();
        assert!(found.column(0).as_primitive::<Float64Type>().value(0).is_nan());
        assert_eq!(found.column(1).null_count(), 0);
    }
}

#[tokio::test]
async fn lists_nest_where_the_format_can() {
    for kind in [StoreKind::Parquet, StoreKind::Jsonl] {
        for (ty, values) in [
            ("list(int64?)?", &[Some("[1, null, 3]"), None, Some("[]"), Some("[null]")][..]),
            ("list(text)", &[Some(r#"["", "a\u0000\"", "null"]"#), Some("[]")]),
            ("list(list(decimal(38, 2)?)?)?", &[Some(r#"[["1.10", null], null, []]"#), None]),
            ("list(timestamp)", &[Some(r#"["0001-01-01T00:00:00Z"]"#)]),
            ("list(bytes)", &[Some(r#"["", "ff00"]"#)]),
            ("list(float64)", &[Some(r#"[1.5, "inf", -0.0]"#)]),
            ("list(uuid)", &[Some(r#"["67e55044-10b1-426f-9247-bb680e5fe0c8"]"#)]),
            ("list(bool?)", &[Some("[true, null, false]")]),
        ] {
            comes_back(kind, ty, column(ty, values)).await;
        }
    }
    let root = tempfile::tempdir().unwrap();
    let accepts = async |kind, ty: &str| store(kind, root.path()).await.data.accepts(&ty.parse().unwrap());
    assert!(accepts(StoreKind::Csv, "list(int64)").await.is_err());
    assert!(accepts(StoreKind::Jsonl, "list(json?)").await.is_err());
    assert!(accepts(StoreKind::Jsonl, "list(json)").await.is_ok());
    assert!(accepts(StoreKind::Parquet, "list(json?)").await.is_ok());
}

#[tokio::test]
async fn white_space_in_json_is_kept_but_where_lines_forbid_it() {
    for (kind, expected) in [
        (StoreKind::Parquet, "{ \"a\":\n[1 , 2] }"),
        (StoreKind::Csv, "{ \"a\":\n[1 , 2] }"),
        (StoreKind::Jsonl, "{\"a\":[1,2]}"),
    ] {
        let root = tempfile::tempdir().unwrap();
        let store = store(kind, root.path()).await;
        let table = table("t", &[("j", "json")]);
        store.data.create(&table).await.unwrap();
        let rows = batch(&table, vec![column("json", &[Some("{ \"a\":\n[1 , 2] }")])]);
        write(&store, &table, &receipt(0), &[rows], true).await.unwrap();
        let found = read_all(&store, &table).await.unwrap();
        assert_eq!(found.column(0).as_string::<i32>().value(0), expected);
    }
}

#[tokio::test]
async fn a_column_of_nulls_alone_keeps_its_rows() {
    for kind in KINDS {
        let root = tempfile::tempdir().unwrap();
        let store = store(kind, root.path()).await;
        for ty in ["text?", "int64?", "json?"] {
            let table = table(&ty[..3], &[("only", ty)]);
            store.data.create(&table).await.unwrap();
            let values = column(ty, &[None, Some("1"), None, None]);
            let rows = batch(&table, vec![values]);
            write(&store, &table, &receipt(0), std::slice::from_ref(&rows), true).await.unwrap();
            assert_eq!(read_all(&store, &table).await.unwrap(), rows, "{kind} {ty}");
        }
    }
}

#[tokio::test]
async fn an_empty_table_has_its_schema_and_key() {
    for kind in KINDS {
        let root = tempfile::tempdir().unwrap();
        let store = store(kind, root.path()).await;
        let mut table = table("s.t", &[("id", "uuid"), ("v", "decimal(12, 2)?")]);
        table.key = vec!["id".to_owned()];
        store.data.create(&table).await.unwrap();
        store.data.create(&table).await.unwrap();
        let schema = store.data.schema(None).await.unwrap();
        let found: &TableSchema = &schema.tables[&table.path];
        let types: Vec<Option<ColumnType>> = found.columns.iter().map(|column| column.ty.clone()).collect();
        assert_eq!(types, table.fields.iter().map(|field| Some(field.ty.clone())).collect::<Vec<_>>());
        assert_eq!(found.primary_key, table.key);
        assert_eq!(store.data.estimate(&table.path).await.unwrap().rows, 0);
        assert_eq!(chunks(&store, &table, 10, None).await, [ChunkBounds::default()]);
        assert_eq!(read_all(&store, &table).await.unwrap().num_rows(), 0);
    }
}

#[tokio::test]
async fn values_that_cannot_be_kept_are_refused_and_leave_nothing() {
    for kind in KINDS {
        let root = tempfile::tempdir().unwrap();
        let store = store(kind, root.path()).await;
        let table = table("t", &[("j", "json")]);
        store.data.create(&table).await.unwrap();
        let before = tree(root.path());
        let rows = batch(&table, vec![column("text", &[Some("{}"), Some("{")])]);
        let error = refused(write(&store, &table, &receipt(0), &[rows], true).await);
        assert!(error.contains("row 2 of the chunk, column `j`"), "{error}");
        assert_eq!(tree(root.path()), before);
        let wrong = batch(&super::table("t", &[("j", "int64")]), vec![column("int64", &[Some("1")])]);
        refused(write(&store, &table, &receipt(0), &[wrong], true).await);
        assert_eq!(tree(root.path()), before);
    }
}

#[test]
fn a_uuid_is_sixteen_bytes() {
    let array = column("uuid", &[Some("00112233-4455-6677-8899-aabbccddeeff")]);
    let bytes: &FixedSizeBinaryArray = array.as_fixed_size_binary();
    assert_eq!(bytes.value(0)[..3], [0, 0x11, 0x22]);
}
