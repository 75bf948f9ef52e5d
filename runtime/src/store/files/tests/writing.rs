//! Chunks are there once, whole or not at all, and are taken back without touching what others wrote.

use std::io;

use super::*;
use crate::store::files::Format;
use crate::store::files::storage::Pending;

#[tokio::test]
async fn chunks_cover_every_row_once_and_resume_anywhere() {
    for kind in KINDS {
        let root = tempfile::tempdir().unwrap();
        let store = store(kind, root.path()).await;
        let (table, all) = numbered(0, 1_000);
        store.data.create(&table).await.unwrap();
        // Parts of uneven size, so that chunks begin and end inside files and reach over several.
        let cuts = [0, 1, 300, 300, 310, 999, 1_000];
        for (chunk, cut) in cuts.windows(2).enumerate() {
            let rows = rows_of(&all, cut[0]..cut[1]);
            write(&store, &table, &receipt(chunk as u64), &[rows], true).await.unwrap();
        }
        assert_eq!(read_all(&store, &table).await.unwrap(), all, "{kind}");
        for size in [1, 7, 100, 310, 1_000, 5_000] {
            let bounds = chunks(&store, &table, size, None).await;
            assert_eq!(bounds.len() as u64, 1_000_u64.div_ceil(size), "{kind} {size}");
            assert!(bounds.last().unwrap().up_to.is_none());
            let mut row = 0;
            for (place, chunk) in bounds.iter().enumerate() {
                if size == 1 && place % 97 != 0 {
                    row += 1;
                    continue;
                }
                let rows = read(&store, &table, chunk).await.unwrap();
                assert!(rows.num_rows() as u64 <= size);
                assert_eq!(rows, rows_of(&all, row..row + rows.num_rows()), "{kind} {size} {place}");
                row += rows.num_rows();
            }
            assert_eq!(row, 1_000);
            let middle = bounds.len() / 2;
            let rest = chunks(&store, &table, size, bounds[middle].after.clone()).await;
            assert_eq!(rest, bounds[middle..], "{kind} {size}");
        }
    }
}

#[tokio::test]
async fn batches_and_row_groups_are_of_any_size() {
    for kind in KINDS {
        let root = tempfile::tempdir().unwrap();
        let store = store(kind, root.path()).await;
        let (table, all) = numbered(0, 20_000);
        store.data.create(&table).await.unwrap();
        let batches = [rows_of(&all, 0..8_192), rows_of(&all, 8_192..8_193), rows_of(&all, 8_193..20_000)];
        write(&store, &table, &receipt(0), &batches, true).await.unwrap();
        assert_eq!(read_all(&store, &table).await.unwrap(), all);
        for bounds in chunks(&store, &table, 9_000, None).await {
            assert!(read(&store, &table, &bounds).await.unwrap().num_rows() <= 9_000);
        }
    }
}

#[tokio::test]
async fn a_chunk_without_rows_is_a_chunk() {
    for kind in KINDS {
        let root = tempfile::tempdir().unwrap();
        let store = store(kind, root.path()).await;
        let (table, rows) = numbered(0, 1);
        store.data.create(&table).await.unwrap();
        write(&store, &table, &receipt(0), &[], true).await.unwrap();
        write(&store, &table, &receipt(1), std::slice::from_ref(&rows), true).await.unwrap();
        write(&store, &table, &receipt(2), &[rows_of(&rows, 0..0)], true).await.unwrap();
        let key = receipt(0);
        assert_eq!(store.data.receipts(&table.path, key.plan, &key.dataset).await.unwrap().len(), 3);
        assert_eq!(read_all(&store, &table).await.unwrap(), rows, "{kind}");
        assert_eq!(chunks(&store, &table, 5, None).await.len(), 1);
    }
}

#[tokio::test]
async fn columns_that_the_table_was_not_made_with_are_refused() {
    for kind in KINDS {
        let root = tempfile::tempdir().unwrap();
        let store = store(kind, root.path()).await;
        store.data.create(&table("t", &[("n", "int32"), ("s", "text?")])).await.unwrap();
        let before = tree(root.path());
        let (other, rows) = numbered(0, 1);
        let text = refused(write(&store, &other, &receipt(0), &[rows], true).await);
        assert!(text.contains("without a column `n` of type int64"), "{text}");
        refused(store.data.create(&other).await);
        assert_eq!(tree(root.path()), before);
    }
}

struct Full(fs::File);

impl io::Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Pending for Full {
    fn seal(&mut self) -> io::Result<u64> {
        unreachable!("nothing could be written")
    }

    fn publish(self: Box<Self>) -> io::Result<()> {
        unreachable!("nothing could be written")
    }
}

#[test]
fn a_full_disk_is_told_with_what_to_do() {
    let (table, rows) = numbered(0, 100_000);
    for kind in KINDS {
        let format = Format::of(kind, &Location::default()).unwrap();
        // The device that every write to fails as on a full disk.
        let full = Full(fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
        let written =
            format.begin(Box::new(full), &table.fields, None, "t/p", &rows).and_then(|mut writer| {
                writer.write(&rows)?;
                writer.finish().map(drop)
            });
        let Err(StoreError::Unavailable(text)) = written else { panic!("{format:?}: {written:?}") };
        assert!(text.contains("t/p") && text.contains("free some space"), "{text}");
    }
}

#[tokio::test]
async fn a_chunk_written_twice_is_there_once() {
    for kind in KINDS {
        let root = tempfile::tempdir().unwrap();
        let store = store(kind, root.path()).await;
        let (table, rows) = numbered(0, 10);
        store.data.create(&table).await.unwrap();
        let first = write(&store, &table, &receipt(3), std::slice::from_ref(&rows), true).await.unwrap();
        let after_first = tree(root.path());
        let again = write(&store, &table, &receipt(3), std::slice::from_ref(&rows), true).await.unwrap();
        let digest = ChunkDigest { rows: 10, sum: 7 };
        assert_eq!((first, again), (Written::Now(digest), Written::Before(digest)));
        assert_eq!(tree(root.path()), after_first);
        let key = receipt(3);
        assert_eq!(store.data.receipts(&table.path, key.plan, &key.dataset).await.unwrap(), [(3, digest)]);
        assert_eq!(store.data.receipts(&table.path, Digest::of(b"other"), &key.dataset).await.unwrap(), []);
        assert_eq!(store.data.receipts(&table.path, key.plan, "archive").await.unwrap(), []);
        assert_eq!(store.data.receipts(&path("nowhere"), key.plan, "x").await.unwrap(), []);
    }
}

#[tokio::test]
async fn an_abandoned_chunk_leaves_nothing() {
    for kind in KINDS {
        let root = tempfile::tempdir().unwrap();
        let store = store(kind, root.path()).await;
        let (table, rows) = numbered(0, 10);
        store.data.create(&table).await.unwrap();
        let before = tree(root.path());
        let error = write(&store, &table, &receipt(0), std::slice::from_ref(&rows), false).await.unwrap_err();
        assert_eq!(error, StoreError::Abandoned);
        assert_eq!(tree(root.path()), before);
        // A digest of other rows than came.
        let (sender, input) = mpsc::channel(2);
        sender.send(WriteItem::Batch(rows)).await.unwrap();
        sender.send(WriteItem::Commit(ChunkDigest { rows: 11, sum: 7 })).await.unwrap();
        refused(store.data.write(&table, &receipt(0), input).await);
        assert_eq!(tree(root.path()), before);
    }
}

#[tokio::test]
async fn a_crash_at_any_point_of_a_write_is_made_good_by_the_next() {
    for kind in KINDS {
        let root = tempfile::tempdir().unwrap();
        let store = store(kind, root.path()).await;
        let (table, rows) = numbered(0, 10);
        store.data.create(&table).await.unwrap();
        let empty = tree(root.path());
        write(&store, &table, &receipt(0), std::slice::from_ref(&rows), true).await.unwrap();
        let whole = tree(root.path());
        let folder = root.path().join("data/t");
        let name = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .find(|name| name.starts_with("part-"))
            .unwrap();
        let part = folder.join(&name);
        let content = fs::read(&part).unwrap();

        // Stopped with the receipt written and the part still a temporary.
        fs::rename(&part, folder.join(format!("_mig/tmp/.{name}.1-0"))).unwrap();
        let key = receipt(0);
        assert_eq!(store.data.receipts(&table.path, key.plan, &key.dataset).await.unwrap(), []);
        assert_eq!(store.data.estimate(&table.path).await.unwrap().rows, 0, "{kind}");
        assert!(matches!(
            write(&store, &table, &key, std::slice::from_ref(&rows), true).await,
            Ok(Written::Now(_))
        ));
        assert_eq!(tree(root.path()), whole);

        // Stopped with half a temporary.
        fs::remove_dir_all(folder.join("_mig/receipts")).unwrap();
        fs::remove_file(&part).unwrap();
        fs::write(folder.join(format!("_mig/tmp/.{name}.1-0")), &content[..content.len() / 2]).unwrap();
        assert_eq!(store.data.estimate(&table.path).await.unwrap().rows, 0);
        assert!(matches!(
            write(&store, &table, &key, std::slice::from_ref(&rows), true).await,
            Ok(Written::Now(_))
        ));
        assert_eq!(tree(root.path()), whole);

        // Stopped in the middle of a deletion: the part is gone and the receipt not.
        fs::remove_file(&part).unwrap();
        store.data.delete_rows(&table.path, key.plan, &key.dataset).await.unwrap();
        assert_eq!(tree(root.path()), empty);
    }
}

#[tokio::test]
async fn deleting_takes_one_datasets_rows_and_leaves_the_table() {
    for kind in KINDS {
        let root = tempfile::tempdir().unwrap();
        let store = store(kind, root.path()).await;
        let (table, all) = numbered(0, 30);
        store.data.create(&table).await.unwrap();
        let other = ReceiptKey { dataset: "other".to_owned(), ..receipt(0) };
        write(&store, &table, &other, &[rows_of(&all, 0..10)], true).await.unwrap();
        let with_other = tree(root.path());
        write(&store, &table, &receipt(0), &[rows_of(&all, 10..20)], true).await.unwrap();
        write(&store, &table, &receipt(1), &[rows_of(&all, 20..30)], true).await.unwrap();
        for _ in 0..2 {
            let key = receipt(0);
            store.data.delete_rows(&table.path, key.plan, &key.dataset).await.unwrap();
            assert_eq!(tree(root.path()), with_other);
            assert_eq!(store.data.receipts(&table.path, key.plan, &key.dataset).await.unwrap(), []);
        }
        assert_eq!(read_all(&store, &table).await.unwrap(), rows_of(&all, 0..10));
    }
}

#[tokio::test]
async fn what_somebody_changed_is_neither_counted_nor_deleted() {
    for kind in KINDS {
        let root = tempfile::tempdir().unwrap();
        let store = store(kind, root.path()).await;
        let (table, rows) = numbered(0, 10);
        store.data.create(&table).await.unwrap();
        let key = receipt(0);
        write(&store, &table, &key, std::slice::from_ref(&rows), true).await.unwrap();
        let part = fs::read_dir(root.path().join("data/t")).unwrap().map(|entry| entry.unwrap().path());
        let part = part.into_iter().find(|path| path.is_file()).unwrap();
        let mut content = fs::read(&part).unwrap();
        content.extend(b"more");
        fs::write(&part, content).unwrap();
        let before = tree(root.path());
        for text in [
            refused(store.data.receipts(&table.path, key.plan, &key.dataset).await),
            refused(store.data.delete_rows(&table.path, key.plan, &key.dataset).await),
            refused(write(&store, &table, &key, &[rows], true).await),
        ] {
            assert!(text.contains("was changed after mig wrote it"), "{text}");
        }
        assert_eq!(tree(root.path()), before);
    }
}

#[tokio::test]
async fn only_a_table_that_is_all_migs_is_dropped() {
    for kind in KINDS {
        let root = tempfile::tempdir().unwrap();
        let store = store(kind, root.path()).await;
        let (mut table, rows) = numbered(0, 10);
        table.path = path("s.t");
        store.data.drop_table(&table.path).await.unwrap();
        store.data.create(&table).await.unwrap();
        write(&store, &table, &receipt(0), std::slice::from_ref(&rows), true).await.unwrap();
        let folder = root.path().join("data/s/t");
        fs::write(folder.join("_mig/tmp/.part-x.1-0"), "left over").unwrap();
        let foreign = folder.join(format!("mine.{kind}"));
        for foreign in [foreign, folder.join(".hidden"), folder.join("README")] {
            fs::write(&foreign, "").unwrap();
            let before = tree(root.path());
            let text = refused(store.data.drop_table(&table.path).await);
            assert!(text.contains(foreign.file_name().unwrap().to_str().unwrap()), "{text}");
            assert_eq!(tree(root.path()), before);
            fs::remove_file(foreign).unwrap();
        }
        fs::create_dir(folder.join("sub")).unwrap();
        refused(store.data.drop_table(&table.path).await);
        fs::remove_dir(folder.join("sub")).unwrap();
        store.data.drop_table(&table.path).await.unwrap();
        assert!(!root.path().join("data").exists(), "mig made the store's folder, and nothing is in it");
        assert_eq!(store.data.schema(None).await.unwrap().tables.len(), 0);
    }
}

#[tokio::test]
async fn a_dropped_table_leaves_its_neighbours() {
    let root = tempfile::tempdir().unwrap();
    let store = store(StoreKind::Jsonl, root.path()).await;
    for name in ["s.a", "s.b"] {
        store.data.create(&table(name, &[("n", "int64")])).await.unwrap();
    }
    // A schema's folder is no table.
    store.data.drop_table(&path("s")).await.unwrap();
    store.data.drop_table(&path("s.a")).await.unwrap();
    assert_eq!(store.data.schema(None).await.unwrap().tables.keys().collect::<Vec<_>>(), [&path("s.b")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn the_tables_of_a_schema_may_be_dropped_at_the_same_time() {
    let root = tempfile::tempdir().unwrap();
    let store = store(StoreKind::Jsonl, root.path()).await;
    for _ in 0..50 {
        let names = ["s.a", "s.b", "s.c", "s.d", "s.e", "s.f"];
        for name in names {
            store.data.create(&table(name, &[("n", "int64")])).await.unwrap();
        }
        let drops = names.map(|name| {
            let data = store.data.clone();
            tokio::spawn(async move { data.drop_table(&path(name)).await })
        });
        for drop in drops {
            drop.await.unwrap().unwrap();
        }
        assert!(!root.path().join("data/s").exists());
    }
}

#[tokio::test]
async fn a_single_file_is_read_and_never_written() {
    let root = tempfile::tempdir().unwrap();
    let store = store(StoreKind::Csv, root.path()).await;
    fs::create_dir(root.path().join("data")).unwrap();
    fs::write(root.path().join("data/t.csv"), "n,s\n1,a\n").unwrap();
    let (table, rows) = numbered(0, 1);
    assert_eq!(read_all(&store, &table).await.unwrap().num_rows(), 1);
    for text in [
        refused(store.data.create(&table).await),
        refused(write(&store, &table, &receipt(0), &[rows], true).await),
        refused(store.data.drop_table(&table.path).await),
    ] {
        assert!(text.contains("t.csv is a table of one file"), "{text}");
    }
}

#[tokio::test]
async fn two_formats_do_not_share_a_table() {
    let root = tempfile::tempdir().unwrap();
    let (csv, jsonl) = (store(StoreKind::Csv, root.path()).await, store(StoreKind::Jsonl, root.path()).await);
    let table = table("t", &[("n", "int64")]);
    csv.data.create(&table).await.unwrap();
    let text = refused(jsonl.data.create(&table).await);
    assert!(text.contains("made as a table of csv files"), "{text}");
}

#[tokio::test]
async fn a_reader_that_goes_away_ends_the_read() {
    for kind in KINDS {
        let root = tempfile::tempdir().unwrap();
        let store = store(kind, root.path()).await;
        let (table, rows) = numbered(0, 20_000);
        store.data.create(&table).await.unwrap();
        write(&store, &table, &receipt(0), &[rows], true).await.unwrap();
        let (sender, mut output) = mpsc::channel(1);
        let first = async move { output.recv().await.unwrap() };
        let bounds = ChunkBounds::default();
        let (read, first) = tokio::join!(store.data.read(&table, &bounds, sender), first);
        assert_eq!(read, Err(StoreError::Abandoned));
        assert!(first.num_rows() > 0);
        let (sender, output) = mpsc::channel(1);
        drop(output);
        assert_eq!(store.data.chunks(&table, 1, None, sender).await, Err(StoreError::Abandoned));
    }
}

#[tokio::test]
async fn a_place_that_cannot_be_written_is_unavailable() {
    let root = tempfile::tempdir().unwrap();
    let store = store(StoreKind::Csv, root.path()).await;
    // A file where the schema's folder should be: no folder can be made there, whoever asks.
    fs::create_dir(root.path().join("data")).unwrap();
    fs::write(root.path().join("data/s"), "").unwrap();
    let error = store.data.create(&table("s.t", &[("n", "int64")])).await.unwrap_err();
    assert!(
        matches!(&error, StoreError::Unavailable(text) if text.contains("s/t/_mig/schema.json")),
        "{error:?}"
    );
    let config = StoreConfig {
        kind: StoreKind::Csv,
        location: Setting::Text("data/s".into()),
        connections: 1,
        limit: mig_plan::Limit::default(),
        options: [].into(),
    };
    refused(open(&config, "data/s", root.path()).await.map(drop));
}

/// Datasets are prepared side by side: whoever makes the store's folder marks it, and nobody is in another's way.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tables_that_are_made_at_the_same_time_mark_the_stores_folder_once() {
    for _ in 0..50 {
        let root = tempfile::tempdir().unwrap();
        let store = store(StoreKind::Jsonl, root.path()).await;
        let making = (0..8).map(|place| {
            let (store, table) = (store.clone(), table(&format!("t{place}"), &[("id", "int64")]));
            tokio::spawn(async move { store.data.create(&table).await })
        });
        for made in futures::future::join_all(making.collect::<Vec<_>>()).await {
            made.unwrap().unwrap();
        }
        assert!(root.path().join("data/.made-by-mig").is_file());
    }
}
