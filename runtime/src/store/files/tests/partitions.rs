//! Tables that are partitioned by folders, tables that are a pattern of names, and files that change meanwhile.

use super::*;
use crate::store::trial;

const BY: &str = "[\"country\",\"day\"]";

fn sales() -> (Table, RecordBatch) {
    let table = table("t", &[("country", "text?"), ("n", "int64"), ("day", "date"), ("s", "text?")]);
    let countries = [Some("DE"), None, Some(""), Some("a/b=c"), Some("é"), Some("DE")];
    let days = ["2024-02-29", "2024-02-29", "2024-02-29", "2024-03-01", "2024-03-01", "2024-02-29"].map(Some);
    let rows = batch(
        &table,
        vec![
            column("text?", &countries),
            column("int64", &["0", "1", "2", "3", "4", "5"].map(Some)),
            column("date", &days),
            column("text?", &[Some("a"), None, Some("b"), Some("c"), None, Some("d")]),
        ],
    );
    (table, rows)
}

/// Rows in the order of a numbered column.
fn sorted(rows: &RecordBatch, by: usize) -> RecordBatch {
    let order = arrow::compute::sort_to_indices(rows.column(by), None, None).unwrap();
    let columns = rows.columns().iter().map(|column| arrow::compute::take(column, &order, None).unwrap());
    RecordBatch::try_new(rows.schema(), columns.collect()).unwrap()
}

#[tokio::test]
async fn a_table_is_divided_into_folders_and_is_whole_again_when_it_is_read() {
    for kind in KINDS {
        let root = tempfile::tempdir().unwrap();
        let store = store_as(kind, root.path(), &[("partition_by", BY)]).await.unwrap();
        let (table, rows) = sales();
        store.data.create(&table).await.unwrap();
        assert_eq!(read_all(&store, &table).await.unwrap().num_rows(), 0);
        let key = receipt(0);
        write(&store, &table, &key, &[rows_of(&rows, 0..3), rows_of(&rows, 3..6)], true).await.unwrap();
        // A chunk without rows has no part.
        write(&store, &table, &receipt(1), &[], true).await.unwrap();
        let names: Vec<_> = tree(root.path()).into_iter().map(|(name, _)| name).collect();
        let parts: Vec<_> = names.iter().filter(|name| name.contains("/part-")).collect();
        assert_eq!(parts.len(), 5, "{names:?}");
        assert!(
            parts.iter().any(|name| name.starts_with("data/t/country=a%2Fb%3Dc/day=2024-03-01/part-")),
            "{parts:?}"
        );

        assert_eq!(sorted(&read_all(&store, &table).await.unwrap(), 1), rows, "{kind}");
        let other = Table { fields: table.fields[..1].to_vec(), ..table.clone() };
        assert_eq!(read_all(&store, &other).await.unwrap().num_rows(), 6, "{kind}");
        trial::chunks_cover(&store, &table, 2, true).await;
        assert_eq!(store.data.receipts(&table.path, key.plan, &key.dataset).await.unwrap().len(), 2);
        assert_eq!(
            write(&store, &table, &key, std::slice::from_ref(&rows), true).await.unwrap(),
            Written::Before(ChunkDigest { rows: 6, sum: 7 })
        );
        // What others read off the folders alone.
        fs::remove_file(root.path().join("data/t/_mig/schema.json")).unwrap();
        let schema = store.data.schema(Some(&[path("t")])).await.unwrap();
        let types: Vec<_> = schema.tables[&path("t")]
            .columns
            .iter()
            .map(|column| format!("{} {}", column.name, column.ty.as_ref().unwrap()))
            .collect();
        assert!(
            types.contains(&"country text?".to_owned()) && types.contains(&"day date".to_owned()),
            "{types:?}"
        );

        store.data.delete_rows(&table.path, key.plan, &key.dataset).await.unwrap();
        assert!(!tree(root.path()).iter().any(|(name, _)| name.contains("country")), "{kind}");
        assert!(!root.path().join("data/t/country=DE").exists(), "{kind}");
    }
}

#[tokio::test]
async fn a_table_in_folders_goes_without_a_trace_and_only_when_all_is_migs() {
    let root = tempfile::tempdir().unwrap();
    let by_name = store_as(StoreKind::Csv, root.path(), &[("partition_by", "[\"name\"]")]).await.unwrap();
    trial::receipts_hold(&by_name, &["shop", "orders"]).await;
    assert_eq!(tree(root.path()), []);
    let store = store_as(StoreKind::Csv, root.path(), &[("partition_by", BY)]).await.unwrap();
    let (table, rows) = sales();
    store.data.create(&table).await.unwrap();
    write(&store, &table, &receipt(0), std::slice::from_ref(&rows), true).await.unwrap();
    let foreign = root.path().join("data/t/country=DE/day=2024-02-29/note.txt");
    fs::write(&foreign, "mine").unwrap();
    let said = refused(store.data.drop_table(&table.path).await);
    assert!(said.contains("country=DE/day=2024-02-29/note.txt was not written by mig"), "{said}");
    fs::remove_file(&foreign).unwrap();
    store.data.drop_table(&table.path).await.unwrap();
    assert_eq!(tree(root.path()), []);
}

#[tokio::test]
async fn a_try_that_came_halfway_is_taken_back_with_the_next() {
    let root = tempfile::tempdir().unwrap();
    let store = store_as(StoreKind::Jsonl, root.path(), &[("partition_by", BY)]).await.unwrap();
    let (table, rows) = sales();
    store.data.create(&table).await.unwrap();
    write(&store, &table, &receipt(0), std::slice::from_ref(&rows), true).await.unwrap();
    // As if the process had ended before the last part had its name.
    let part = tree(root.path()).into_iter().find(|(name, _)| name.contains("/country=DE/")).unwrap().0;
    fs::remove_file(root.path().join(part)).unwrap();
    let key = receipt(0);
    assert_eq!(store.data.receipts(&table.path, key.plan, &key.dataset).await.unwrap(), []);
    // Meanwhile the old table has other rows in the chunk.
    let fewer = rows_of(&rows, 0..1);
    write(&store, &table, &key, std::slice::from_ref(&fewer), true).await.unwrap();
    assert_eq!(read_all(&store, &table).await.unwrap(), fewer);
}

#[tokio::test]
async fn what_names_no_folder_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let by = |columns: &str| [("partition_by", columns.to_owned())];
    for (columns, said) in
        [("[\"x\"]", "float64"), ("[\"nn\"]", "has no column `nn`"), ("[\"n\",\"x\"]", "float64")]
    {
        let by = by(columns);
        let store = store_as(StoreKind::Csv, root.path(), &[(by[0].0, &by[0].1)]).await.unwrap();
        let table = table("t", &[("n", "int64"), ("x", "float64")]);
        let text = refused(store.data.create(&table).await);
        assert!(text.contains(said), "{text}");
    }
    let store = store_as(StoreKind::Csv, root.path(), &[("partition_by", "[\"s\"]")]).await.unwrap();
    let table = table("t", &[("n", "int64"), ("s", "text")]);
    store.data.create(&table).await.unwrap();
    let long = "x".repeat(300);
    let rows = batch(&table, vec![column("int64", &[Some("1")]), column("text", &[Some(&long)])]);
    assert!(refused(write(&store, &table, &receipt(0), &[rows], true).await).contains("too long"));
    let texts: Vec<_> = (0..300).map(|n| n.to_string()).collect();
    let texts: Vec<_> = texts.iter().map(|text| Some(text.as_str())).collect();
    let rows = batch(&table, vec![column("int64", &texts), column("text", &texts)]);
    assert!(
        refused(write(&store, &table, &receipt(0), &[rows], true).await).contains("more than 256 folders")
    );
}

#[tokio::test]
async fn files_of_one_pattern_are_one_table() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("data")).unwrap();
    for (name, text) in [("in-1.csv", "n\n1\n2\n"), ("in-2.csv", "n,s\n3,x\n"), ("out-1.csv", "n\n9\n")] {
        fs::write(root.path().join("data").join(name), text).unwrap();
    }
    let store = store(StoreKind::Csv, root.path()).await;
    let table = table("in-*", &[("n", "int64"), ("s", "text?")]);
    let rows = read_all(&store, &table).await.unwrap();
    assert_eq!(rows.column(0).to_data(), column("int64", &["1", "2", "3"].map(Some)).to_data());
    trial::chunks_cover(&store, &table, 2, true).await;
    let schema = store.data.schema(Some(std::slice::from_ref(&table.path))).await.unwrap();
    assert_eq!(schema.tables[&table.path].columns.len(), 2);
    let said = refused(store.data.create(&table).await);
    assert!(said.contains("pattern"), "{said}");
}

#[tokio::test]
async fn a_file_that_vanished_grew_or_came_while_a_table_is_copied_is_noticed() {
    for change in ["vanish", "grow", "come"] {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("data/t")).unwrap();
        let at = |name: &str| root.path().join("data/t").join(name);
        for name in ["a.csv", "b.csv", "c.csv"] {
            fs::write(at(name), "n\n1\n2\n").unwrap();
        }
        let store = store(StoreKind::Csv, root.path()).await;
        let table = table("t", &[("n", "int64")]);
        let bounds = chunks(&store, &table, 5, None).await;
        let said = match change {
            "vanish" => {
                fs::remove_file(at("b.csv")).unwrap();
                "t/b.csv was taken away"
            }
            "grow" => {
                fs::write(at("b.csv"), "n\n1\n2\n3\n").unwrap();
                "t/b.csv has 8 bytes and had 6"
            }
            _ => {
                fs::write(at("bb.csv"), "n\n3\n").unwrap();
                "t/bb.csv was added"
            }
        };
        let text = refused(read(&store, &table, &bounds[0]).await);
        assert!(text.contains(said), "{text}");
        // Whoever begins anew takes the files as they are.
        chunks(&store, &table, 5, None).await;
        assert!(read_all(&store, &table).await.is_ok());
    }
}
