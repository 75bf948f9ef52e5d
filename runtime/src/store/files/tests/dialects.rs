//! CSV in dialects and encodings, and files that are packed.

use std::io::Read;

use super::*;

/// Texts that are misread in one dialect or another.
const TEXTS: [Option<&str>; 18] = [
    Some("a"),
    None,
    Some(""),
    Some(" a "),
    Some("a,b"),
    Some("a;b"),
    Some("a\tb"),
    Some("it's"),
    Some("\"x\""),
    Some("a\\"),
    Some("\\\"\\"),
    Some("line\nline"),
    Some("line\r\nline\r"),
    Some("NULL"),
    Some("\\N"),
    Some("é ÿ"),
    Some("-"),
    Some("true"),
];

fn rows() -> (Table, RecordBatch) {
    let table = table("t", &[("größe", "int64?"), ("s", "text?"), ("when", "datetime"), ("j", "json?")]);
    let numbers: Vec<_> = (0..TEXTS.len()).map(|n| (n % 3 != 0).then(|| format!("-{n}"))).collect();
    let numbers = column("int64?", &numbers.iter().map(Option::as_deref).collect::<Vec<_>>());
    let times = column("datetime", &[Some("2024-02-29T23:59:59.5"); TEXTS.len()]);
    let json = column("json?", &[Some("{\"a\":[1,\"b;c\"]}"); TEXTS.len()]);
    let batch = batch(&table, vec![numbers, column("text?", &TEXTS), times, json]);
    (table, batch)
}

#[tokio::test]
async fn every_dialect_gives_back_what_it_was_given_in_any_chunks() {
    for attributes in [
        &[][..],
        &[("delimiter", ";"), ("quote", "'")],
        &[("delimiter", "\t"), ("escape", "\\"), ("line_end", "crlf")],
        &[("delimiter", "|"), ("quote", ""), ("escape", "\\"), ("null_text", "NULL")],
        &[("delimiter", "\t"), ("quote", ""), ("escape", "\\"), ("null_text", "\\N"), ("header", "no")],
        &[("null_text", "-"), ("header", "no")],
        &[("encoding", "utf_16le"), ("bom", "yes"), ("line_end", "crlf")],
        &[("encoding", "utf_16be"), ("header", "no"), ("compression", "zstd")],
        &[("encoding", "latin_1"), ("delimiter", ";")],
        &[("encoding", "windows_1252"), ("compression", "gzip"), ("compression_level", "9")],
        &[("bom", "yes"), ("compression", "zstd"), ("compression_level", "19")],
    ] {
        let root = tempfile::tempdir().unwrap();
        let store = store_as(StoreKind::Csv, root.path(), attributes).await.unwrap();
        let (table, all) = rows();
        store.data.create(&table).await.unwrap();
        for (chunk, rows) in [0..5, 5..18].into_iter().enumerate() {
            write(&store, &table, &receipt(chunk as u64), &[rows_of(&all, rows)], true).await.unwrap();
        }
        assert_eq!(read_all(&store, &table).await.unwrap(), all, "{attributes:?}");
        assert_eq!(store.data.misfits(&table, 5).await.unwrap(), [], "{attributes:?}");
        assert_eq!(store.data.estimate(&table.path).await.unwrap().rows, 18, "{attributes:?}");
        for size in [1, 3, 7] {
            let bounds = chunks(&store, &table, size, None).await;
            let mut found = Vec::new();
            // Later chunks first: no reader has stopped before them.
            for bounds in bounds.iter().rev().chain(&bounds) {
                found.push(read(&store, &table, bounds).await.unwrap());
            }
            let (backwards, forwards) = found.split_at(bounds.len());
            let whole =
                |batches: &[RecordBatch]| concat_batches(&arrow_schema(&table.fields), batches).unwrap();
            assert_eq!(whole(forwards), all, "{attributes:?}");
            let turned: Vec<_> = backwards.iter().rev().cloned().collect();
            assert_eq!(whole(&turned), all, "{attributes:?}");
        }
    }
}

#[tokio::test]
async fn json_lines_are_packed_too() {
    for compression in ["gzip", "zstd"] {
        let root = tempfile::tempdir().unwrap();
        let attributes = [("compression", compression)];
        let store = store_as(StoreKind::Jsonl, root.path(), &attributes).await.unwrap();
        let (table, all) = numbered(0, 10_000);
        store.data.create(&table).await.unwrap();
        write(&store, &table, &receipt(0), std::slice::from_ref(&all), true).await.unwrap();
        // Whoever reads need not say how a file is packed.
        let reader = super::store(StoreKind::Jsonl, root.path()).await;
        assert_eq!(read_all(&reader, &table).await.unwrap(), all);
        for bounds in chunks(&reader, &table, 999, None).await {
            read(&reader, &table, &bounds).await.unwrap();
        }
        let part = tree(root.path()).into_iter().find(|(name, _)| name.contains("/part-")).unwrap();
        let mut text = String::new();
        let unpacked: Box<dyn Read> = match compression {
            "gzip" => Box::new(flate2::read::GzDecoder::new(&*part.1)),
            _ => Box::new(zstd::Decoder::new(&*part.1).unwrap()),
        };
        std::io::BufReader::new(unpacked).read_to_string(&mut text).unwrap();
        assert!(text.starts_with("{\"n\":0,\"s\":null}\n") && text.lines().count() == 10_000, "{}", part.0);
    }
}

#[tokio::test]
async fn parquet_and_arrow_are_packed_as_the_store_says() {
    for (kind, attributes) in [
        (StoreKind::Parquet, &[("compression", "snappy")][..]),
        (StoreKind::Parquet, &[("compression", "gzip"), ("compression_level", "9")]),
        (StoreKind::Parquet, &[("compression", "lz4")]),
        (StoreKind::Parquet, &[("compression", "none")]),
        (StoreKind::Parquet, &[("compression_level", "19")]),
        (StoreKind::Arrow, &[("compression", "lz4")]),
        (StoreKind::Arrow, &[("compression", "none")]),
    ] {
        let root = tempfile::tempdir().unwrap();
        let store = store_as(kind, root.path(), attributes).await.unwrap();
        let (table, all) = numbered(0, 1_000);
        store.data.create(&table).await.unwrap();
        write(&store, &table, &receipt(0), std::slice::from_ref(&all), true).await.unwrap();
        let reader = super::store(kind, root.path()).await;
        assert_eq!(read_all(&reader, &table).await.unwrap(), all, "{kind} {attributes:?}");
    }
}

#[tokio::test]
async fn an_export_of_others_is_read_in_its_dialect() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("data")).unwrap();
    let file = root.path().join("data/t.csv");
    // As a spreadsheet of western Europe writes it: Windows-1252, semicolons.
    fs::write(&file, b"id;name;price\r\n1;\"M\xfcller; \x80\";1,50\r\n2;;\r\n").unwrap();
    let attributes = [("delimiter", ";"), ("encoding", "windows_1252")];
    let store = store_as(StoreKind::Csv, root.path(), &attributes).await.unwrap();
    let described = store.data.schema(Some(&[path("t")])).await.unwrap();
    let types: Vec<_> = described.tables[&path("t")]
        .columns
        .iter()
        .map(|column| column.ty.as_ref().unwrap().to_string())
        .collect();
    assert_eq!(types, ["int64", "text?", "text?"]);
    let read = table("t", &[("id", "int64"), ("name", "text?"), ("price", "text?")]);
    let rows = read_all(&store, &read).await.unwrap();
    let name = column("text?", &[Some("Müller; €"), None]);
    assert_eq!(rows.column(1).to_data(), name.to_data());

    // Without a header columns have numbers, and every line is a row.
    fs::write(&file, b"1|NULL|\n2|x|y\n").unwrap();
    let attributes = [("delimiter", "|"), ("header", "no"), ("null_text", "NULL")];
    let store = store_as(StoreKind::Csv, root.path(), &attributes).await.unwrap();
    let read = table("t", &[("column_1", "int64"), ("column_2", "text?"), ("column_3", "text")]);
    let rows = read_all(&store, &read).await.unwrap();
    assert_eq!(rows.column(1).to_data(), column("text?", &[None, Some("x")]).to_data());
    assert_eq!(rows.column(2).to_data(), column("text", &[Some(""), Some("y")]).to_data());
}

#[tokio::test]
async fn what_is_no_text_is_told_with_file_line_and_column() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("data")).unwrap();
    let mut text = Vec::new();
    for letter in "n,s\n1,a\n2,b".encode_utf16() {
        text.extend(letter.to_le_bytes());
    }
    // Half a pair.
    text.extend([0x00, 0xd8, b'\n', 0]);
    fs::write(root.path().join("data/t.csv"), text).unwrap();
    let store = store_as(StoreKind::Csv, root.path(), &[("encoding", "utf_16le")]).await.unwrap();
    let table = table("t", &[("n", "int64"), ("s", "text")]);
    let said = refused(read_all(&store, &table).await);
    assert!(said.contains("t.csv line 3, column `s`") && said.contains("not UTF-16LE"), "{said}");
    assert_eq!(store.data.misfits(&table, 5).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_a_dialect_has_no_text_for_is_refused_with_its_column() {
    for (attributes, text, reason) in [
        (&[("encoding", "latin_1")][..], "€", "Latin-1 has no character"),
        (&[("quote", ""), ("null_text", "NULL")], "a,b", "neither quotes nor an escape"),
        (&[("quote", ""), ("null_text", "NULL")], "NULL", "`null_text`"),
    ] {
        let root = tempfile::tempdir().unwrap();
        let store = store_as(StoreKind::Csv, root.path(), attributes).await.unwrap();
        let table = table("t", &[("n", "int64"), ("s", "text")]);
        store.data.create(&table).await.unwrap();
        let texts = column("text", &[Some("a"), Some(text)]);
        let rows = batch(&table, vec![column("int64", &[Some("1"), Some("2")]), texts]);
        let said = refused(write(&store, &table, &receipt(0), &[rows], true).await);
        assert!(said.contains("row 2 of the chunk, column `s`") && said.contains(reason), "{said}");
    }
    let root = tempfile::tempdir().unwrap();
    for (kind, attribute) in [
        (StoreKind::Jsonl, ("delimiter", ";")),
        (StoreKind::Csv, ("delimiter", ";;")),
        (StoreKind::Csv, ("compression", "snappy")),
        (StoreKind::Parquet, ("encoding", "latin_1")),
    ] {
        let said = refused(store_as(kind, root.path(), &[attribute]).await.map(drop));
        assert!(said.contains(attribute.0), "{said}");
    }
}

#[tokio::test]
async fn a_packed_file_that_is_broken_is_told_by_name() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("data")).unwrap();
    let store = store(StoreKind::Csv, root.path()).await;
    let table = table("t", &[("n", "int64")]);
    let file = root.path().join("data/t.csv.gz");
    fs::write(&file, "n\n1\n".repeat(10)).unwrap();
    let said = refused(read_all(&store, &table).await);
    assert!(said.contains("t.csv.gz") && said.contains("cannot be unpacked as gzip"), "{said}");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut packed, format!("n\n{}", "1\n".repeat(1_000)).as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    fs::write(&file, &packed[..packed.len() - 10]).unwrap();
    let said = refused(read_all(&store, &table).await);
    assert!(said.contains("t.csv.gz") && said.contains("ends too early"), "{said}");
}
