//! The stores of files in buckets, over real servers of S3's and Azure's protocols.

use std::collections::BTreeMap;
use std::io;

use mig_test_support::ObjectServer;

use super::*;
use crate::store::files::objects;
use crate::store::files::storage::Storage;
use crate::store::trial;

/// Settings by their names.
fn settings(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Where a folder in a bucket of a server is.
fn location(server: &ObjectServer, url: &str) -> Location {
    let credentials = if url.starts_with("s3:") {
        [("access_key_id", ObjectServer::ACCESS_KEY), ("secret_access_key", ObjectServer::SECRET_KEY)]
    } else {
        [("account_name", ObjectServer::ACCOUNT), ("account_key", ObjectServer::ACCOUNT_KEY)]
    };
    let mut settings = settings(&credentials);
    settings.insert("endpoint".to_owned(), server.endpoint());
    Location::new(url.to_owned(), settings)
}

fn config(kind: StoreKind) -> StoreConfig {
    StoreConfig {
        kind,
        location: Setting::Env("LAKE".into()),
        connections: 2,
        limit: mig_plan::Limit::default(),
        options: [].into(),
    }
}

/// A store in a fresh bucket.
async fn in_bucket(server: &ObjectServer, kind: StoreKind, folder: &Path) -> Store {
    let url = format!("{}/lake/shop", server.bucket());
    open(&config(kind), location(server, &url), folder).await.unwrap()
}

/// The folder of a store in a fresh bucket, as the formats see it.
fn storage(server: &ObjectServer) -> Arc<dyn Storage> {
    Arc::new(objects::connect(&location(server, &server.bucket()), Path::new("")).unwrap().unwrap())
}

/// Runs work that blocks where it may.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

async fn a_store_behaves(server: &ObjectServer) {
    let folder = tempfile::tempdir().unwrap();
    for kind in KINDS {
        let store = in_bucket(server, kind, folder.path()).await;
        trial::receipts_hold(&store, &["shop", "orders"]).await;
        assert_eq!(store.data.schema(None).await.unwrap().tables.len(), 0, "nothing is left behind");

        let (table, all) = numbered(0, 1_000);
        store.data.create(&table).await.unwrap();
        for (chunk, rows) in [0..1, 1..300, 300..300, 300..1_000].into_iter().enumerate() {
            write(&store, &table, &receipt(chunk as u64), &[rows_of(&all, rows)], true).await.unwrap();
        }
        assert_eq!(read_all(&store, &table).await.unwrap(), all, "{kind}");
        trial::chunks_cover(&store, &table, 130, true).await;
        trial::chunks_cover(&store, &table, 1_000, true).await;
    }
}

#[tokio::test]
async fn a_store_in_s3_behaves_as_every_other() {
    a_store_behaves(ObjectServer::s3()).await;
}

#[tokio::test]
async fn a_store_in_azure_behaves_as_every_other() {
    a_store_behaves(ObjectServer::azure()).await;
}

#[tokio::test]
async fn a_bucket_of_google_cloud_storage_is_opened_by_a_key_file_of_the_migration() {
    let folder = tempfile::tempdir().unwrap();
    let key = Location::new("gs://lake/shop".to_owned(), settings(&[("service_account", "key.json")]));
    let said = refused(objects::connect(&key, folder.path()).map(drop));
    assert!(said.contains("Google Cloud Storage"), "{said}");
    // The form in which a key says that nobody asks for one.
    let written = serde_json::json!({
        "disable_oauth": true, "client_email": "", "private_key": "", "private_key_id": "",
        "gcs_base_url": "http://127.0.0.1:9",
    });
    fs::write(folder.path().join("key.json"), written.to_string()).unwrap();
    assert!(objects::connect(&key, folder.path()).unwrap().is_some());
}

#[tokio::test]
async fn every_type_comes_back_from_a_bucket() {
    let folder = tempfile::tempdir().unwrap();
    for kind in KINDS {
        let store = in_bucket(ObjectServer::s3(), kind, folder.path()).await;
        let types = [
            "bool",
            "int8",
            "int16",
            "int32",
            "int64",
            "float32",
            "float64",
            "decimal(5, 2)",
            "decimal(38, 10)",
            "text",
            "json",
            "bytes",
            "date",
            "time",
            "timestamp",
            "datetime",
            "uuid",
            "list(text?)",
        ];
        let types: Vec<Type> =
            types.iter().map(|ty| ty.parse::<mig_plan::ColumnType>().unwrap().ty).collect();
        let kept: Vec<_> =
            types.into_iter().filter(|ty| store.data.accepts(&ty.clone().optional()).is_ok()).collect();
        let field = |ty: &Type| Field { name: ty.to_string(), ty: ty.clone().optional(), secret: false };
        let fields = kept.iter().map(field).collect();
        let table = Table { path: path("t"), fields, key: Vec::new() };
        let rows = batch(&table, kept.iter().map(trial::extremes).collect());
        store.data.create(&table).await.unwrap();
        write(&store, &table, &receipt(0), std::slice::from_ref(&rows), true).await.unwrap();
        assert_eq!(read_all(&store, &table).await.unwrap(), rows, "{kind}");
        assert_eq!(store.data.misfits(&table, 5).await.unwrap(), [], "{kind}");
    }
}

#[tokio::test]
async fn a_large_part_is_uploaded_in_pieces_and_one_that_is_given_up_leaves_none() {
    let (server, folder) = (ObjectServer::s3(), tempfile::tempdir().unwrap());
    let url = server.bucket();
    let bucket = url.rsplit('/').next().unwrap();
    let store = open(&config(StoreKind::Csv), location(server, &url), folder.path()).await;
    let store = store.unwrap();
    let table = table("t", &[("n", "int64"), ("s", "text")]);
    store.data.create(&table).await.unwrap();
    let long = "x".repeat(5_000);
    let batches: Vec<_> = (0..4)
        .map(|part| {
            let numbers: Vec<_> = (0..1_000).map(|n| (part * 1_000 + n).to_string()).collect();
            let numbers: Vec<_> = numbers.iter().map(|n| Some(n.as_str())).collect();
            batch(&table, vec![column("int64", &numbers), column("text", &vec![Some(long.as_str()); 1_000])])
        })
        .collect();
    assert_eq!(write(&store, &table, &receipt(1), &batches, false).await, Err(StoreError::Abandoned));
    let uploads = server.request("GET", &format!("/{bucket}?uploads"), &[], "").unwrap().1;
    assert!(!uploads.contains("<UploadId>"), "{uploads}");
    assert_eq!(store.data.estimate(&table.path).await.unwrap().rows, 0);

    write(&store, &table, &receipt(0), &batches, true).await.unwrap();
    let estimate = store.data.estimate(&table.path).await.unwrap();
    assert!(estimate.rows == 4_000 && estimate.bytes > 20_000_000, "{estimate:?}");
    let all = concat_batches(&arrow_schema(&table.fields), &batches).unwrap();
    assert_eq!(read_all(&store, &table).await.unwrap(), all);
    trial::chunks_cover(&store, &table, 1_500, true).await;
}

#[tokio::test]
async fn a_folder_of_more_objects_than_a_page_lists_is_read_whole() {
    let (server, folder) = (ObjectServer::s3(), tempfile::tempdir().unwrap());
    let url = server.bucket();
    let bucket = url.rsplit('/').next().unwrap();
    for n in 0..1_100 {
        let put =
            server.request("PUT", &format!("/{bucket}/a/t/{n:04}.jsonl"), &[], &format!("{{\"n\":{n}}}\n"));
        assert_eq!(put.unwrap().0, 200);
    }
    // The folder itself, as some tools keep it.
    server.request("PUT", &format!("/{bucket}/a/t/"), &[], "").unwrap();
    let location = location(server, &format!("{url}/a"));
    let store = open(&config(StoreKind::Jsonl), location, folder.path()).await.unwrap();
    assert_eq!(store.data.schema(None).await.unwrap().tables.into_keys().next(), Some(path("t")));
    assert_eq!(store.data.estimate(&path("t")).await.unwrap().rows, 1_100);
}

#[tokio::test]
async fn only_what_mig_wrote_is_removed_from_a_bucket() {
    let (server, folder) = (ObjectServer::s3(), tempfile::tempdir().unwrap());
    let url = server.bucket();
    let bucket = url.rsplit('/').next().unwrap();
    let store = open(&config(StoreKind::Csv), location(server, &url), folder.path()).await;
    let store = store.unwrap();
    let (table, rows) = numbered(0, 10);
    store.data.create(&table).await.unwrap();
    let key = receipt(0);
    write(&store, &table, &key, std::slice::from_ref(&rows), true).await.unwrap();
    for object in ["t/z.csv", "tt/z.csv", "t.txt"] {
        assert_eq!(server.request("PUT", &format!("/{bucket}/{object}"), &[], "n,s\n1,\n").unwrap().0, 200);
    }
    let text = refused(store.data.drop_table(&table.path).await);
    assert!(text.contains("t/z.csv was not written by mig"), "{text}");
    store.data.delete_rows(&table.path, key.plan, &key.dataset).await.unwrap();
    assert_eq!(store.data.estimate(&table.path).await.unwrap().rows, 1);

    // A part that somebody changed is neither counted nor removed.
    write(&store, &table, &key, std::slice::from_ref(&rows), true).await.unwrap();
    let listed = server.request("GET", &format!("/{bucket}?list-type=2&prefix=t/part"), &[], "").unwrap().1;
    let part = listed.split("<Key>").nth(1).and_then(|rest| rest.split("</Key>").next()).unwrap();
    server.request("PUT", &format!("/{bucket}/{part}"), &[], "n,s\n").unwrap();
    let text = refused(store.data.delete_rows(&table.path, key.plan, &key.dataset).await);
    assert!(text.contains("was changed after mig wrote it"), "{text}");
    for object in ["t/z.csv", "tt/z.csv", "t.txt", part] {
        assert_eq!(
            server.request("GET", &format!("/{bucket}/{object}"), &[], "").unwrap().0,
            200,
            "{object}"
        );
    }
}

#[tokio::test]
async fn a_table_in_folders_is_found_in_one_listing_and_leaves_nothing() {
    for server in [ObjectServer::s3(), ObjectServer::azure()] {
        let folder = tempfile::tempdir().unwrap();
        let place = location(server, &server.bucket());
        let by = async |column: &str| {
            let mut settings = settings(&[("partition_by", column)]);
            settings.extend(place.settings().map(|(name, value)| (name.to_owned(), value.to_owned())));
            let location = Location::new(place.text().to_owned(), settings);
            open(&config(StoreKind::Jsonl), location, folder.path()).await.unwrap()
        };
        trial::receipts_hold(&by("[\"name\"]").await, &["shop", "orders"]).await;
        let store = by("[\"s\"]").await;
        let (table, rows) = numbered(0, 60);
        store.data.create(&table).await.unwrap();
        let key = receipt(0);
        write(&store, &table, &key, std::slice::from_ref(&rows), true).await.unwrap();
        assert_eq!(store.data.estimate(&table.path).await.unwrap().rows, 60);
        trial::chunks_cover(&store, &table, 7, true).await;
        store.data.delete_rows(&table.path, key.plan, &key.dataset).await.unwrap();
        assert_eq!(store.data.estimate(&table.path).await.unwrap().rows, 0);
        store.data.drop_table(&table.path).await.unwrap();
        assert_eq!(store.data.schema(None).await.unwrap().tables.len(), 0);
    }
}

async fn objects_are_not_replaced_unseen(server: &ObjectServer) {
    let storage = storage(server);
    blocking(move || {
        let (part, aside) = (Path::new("t/a.csv"), Path::new("t/_mig/tmp"));
        let begin = |content: &[u8]| {
            let mut pending = storage.begin(part, aside).unwrap();
            pending.write_all(content).unwrap();
            assert_eq!(pending.seal().unwrap(), content.len() as u64);
            pending
        };
        let (first, same, other) = (begin(b"one"), begin(b"one"), begin(b"two"));
        assert!(storage.file(part).unwrap().is_none(), "not there before it is published");
        first.publish().unwrap();
        same.publish().unwrap();
        assert_eq!(other.publish().unwrap_err().kind(), io::ErrorKind::AlreadyExists);

        let stamp = storage.file(part).unwrap().unwrap();
        let source = storage.open(part, &stamp).unwrap();
        assert_eq!(&*source.bytes(1, 2).unwrap(), b"ne");
        assert_eq!(source.bytes(1, 3).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        let listed = storage.list(Path::new("t")).unwrap();
        assert_eq!(listed.len(), 1);
        let crate::store::files::storage::Kind::File(listed) = &listed[0].kind else { panic!("{listed:?}") };
        assert_eq!(storage.open(part, listed).unwrap().bytes(0, 3).unwrap(), &b"one"[..]);
        // Of the same length, and read only now.
        let source = storage.open(part, &stamp).unwrap();
        storage.write(part, b"six").unwrap();
        assert_eq!(source.bytes(0, 3).unwrap_err().kind(), io::ErrorKind::InvalidData);
        storage.remove(&[part.into(), "t/none.csv".into()]).unwrap();
        assert!(!storage.is_folder(Path::new("t")).unwrap());
        storage.remove_all(Path::new("t")).unwrap();
    })
    .await;
}

#[tokio::test]
async fn two_runs_do_not_replace_each_others_objects() {
    objects_are_not_replaced_unseen(ObjectServer::s3()).await;
    objects_are_not_replaced_unseen(ObjectServer::azure()).await;
}

#[tokio::test]
async fn what_cannot_be_opened_is_told_without_a_secret() {
    let (server, folder) = (ObjectServer::s3(), tempfile::tempdir().unwrap());
    let try_open =
        async |location: Location| open(&config(StoreKind::Parquet), location, folder.path()).await;
    let missing = refused(try_open(location(server, "s3://no-such-bucket/x")).await.map(drop));
    assert!(missing.contains("no such bucket"), "{missing}");

    // Nobody listens there.
    let away = settings(&[
        ("endpoint", "http://127.0.0.1:9"),
        ("access_key_id", "key"),
        ("secret_access_key", ObjectServer::SECRET_KEY),
    ]);
    let Err(StoreError::Unavailable(said)) = try_open(Location::new("s3://lake/x".into(), away)).await else {
        panic!("nobody is there")
    };
    assert!(
        said.contains("the storage at 127.0.0.1:9 does not answer") && said.contains("`endpoint`"),
        "{said}"
    );
    assert!(!said.contains(ObjectServer::SECRET_KEY) && !said.contains("lake"), "{said}");

    let wrong = settings(&[
        ("endpoint", &ObjectServer::azure().endpoint()),
        ("account_name", ObjectServer::ACCOUNT),
        ("account_key", "aHVudGVyMg=="),
    ]);
    let place = ObjectServer::azure().bucket();
    let Err(StoreError::Unavailable(said)) = try_open(Location::new(place, wrong)).await else {
        panic!("a wrong key opens nothing")
    };
    assert!(said.contains("credentials") && !said.contains("aHVudGVyMg"), "{said}");

    for (place, setting) in [("s3://lake", "account_key"), ("gs://lake", "region"), ("folder", "region")] {
        let wrong = Location::new(place.to_owned(), settings(&[(setting, "hunter2")]));
        let said = refused(try_open(wrong).await.map(drop));
        assert!(said.contains(&format!("no setting `{setting}`")) && !said.contains("hunter2"), "{said}");
    }
    let said = refused(try_open("ftp://hunter2/x".into()).await.map(drop));
    assert!(said.contains("s3://, gs:// or az://") && !said.contains("hunter2"), "{said}");
}
