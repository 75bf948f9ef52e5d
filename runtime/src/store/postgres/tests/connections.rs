//! Servers that cannot be reached, that want encryption, that die.

use super::*;

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_named_and_its_password_is_not() {
    let database = Server::shared().database();
    let url = database.url();
    let port = format!(":{}/", Server::shared().port());
    let secret = "hunter2-zzz";
    let with_secret = url.replace(Server::PASSWORD, secret);
    let cases = [
        (with_secret.clone(), vec!["password authentication failed", "as mig"]),
        (with_secret.replace(&port, ":1/"), vec!["refused", "127.0.0.1:1/"]),
        (with_secret.replace("127.0.0.1", "no-such-host.invalid"), vec!["no-such-host.invalid"]),
        (url.replace("/test_", "/gone_test_"), vec!["does not exist", "gone_test_"]),
    ];
    for (url, parts) in cases {
        let said = match open(&url).await.data.schema(None).await {
            Err(StoreError::Unavailable(said)) => said,
            other => panic!("{parts:?}: {other:?}"),
        };
        assert!(parts.iter().all(|part| said.contains(part)), "{parts:?}: {said}");
        for secret in [secret, Server::PASSWORD] {
            assert!(!said.contains(secret), "{said}");
        }
    }
    for url in
        [&format!("mysql://mig:{secret}@host/db"), &format!("postgres://mig:{secret}@host:port/db"), secret]
    {
        let config = StoreConfig {
            kind: StoreKind::Postgres,
            location: Setting::Text(String::new()),
            connections: 1,
            limit: mig_plan::Limit::default(),
            options: BTreeMap::new(),
        };
        let refused = open_store(&config, url, Path::new(".")).await.err();
        assert!(matches!(&refused, Some(StoreError::Refused(said)) if !said.contains(secret)), "{refused:?}");
    }
}

#[tokio::test]
async fn connections_are_encrypted_where_the_url_says_so() {
    let schema = async |mode: &str| {
        // A connection that was closed may be there for a while: each has a database of its own.
        let database = Server::shared().database();
        let store = open(&format!("{}?sslmode={mode}", database.url())).await;
        let schema = store.data.schema(None).await;
        let encrypted = database.value(
            "select count(*) from pg_stat_ssl join pg_stat_activity using (pid)
             where ssl and application_name = 'mig' and datname = current_database()",
        );
        (schema, encrypted)
    };
    let (read, encrypted) = schema("require").await;
    assert!(read.is_ok(), "{read:?}");
    assert_eq!(encrypted, "1");
    let (read, encrypted) = schema("disable").await;
    assert!(read.is_ok(), "{read:?}");
    assert_eq!(encrypted, "0");
    // Nobody that is known has signed the certificate.
    let (read, _) = schema("verify-full").await;
    assert!(matches!(&read, Err(StoreError::Unavailable(said)) if said.contains("certificate")), "{read:?}");
}

#[tokio::test]
async fn a_server_that_dies_in_a_chunk_leaves_nothing_of_it() {
    let server = Server::start();
    let database = server.database();
    let store = open(database.url()).await;
    let table = table(&["public", "t"], &[("id", "int64")], &["id"]);
    store.data.create(&table).await.unwrap();
    let rows =
        |from: i64| trial::batch(&table, vec![Arc::new(Int64Array::from_iter_values(from..from + 8_000))]);
    trial::write(&store, &table, 0, vec![rows(0)], true).await.unwrap();

    let (send, input) = mpsc::channel(1);
    let key = trial::receipt(1);
    let (written, ()) = tokio::join!(store.data.write(&table, &key, input), async {
        send.send(WriteItem::Batch(rows(8_000))).await.unwrap();
        send.send(WriteItem::Batch(rows(16_000))).await.unwrap();
        server.stop();
        for chunk in 3.. {
            if send.send(WriteItem::Batch(rows(chunk * 8_000))).await.is_err() {
                break;
            }
        }
    });
    assert!(matches!(written, Err(StoreError::Unavailable(_))), "{written:?}");
    let down = trial::read_all(&store, &table).await;
    assert!(
        matches!(&down, Err(StoreError::Unavailable(said)) if said.contains("start the server")),
        "{down:?}"
    );

    server.start_again();
    assert_eq!(trial::read_all(&store, &table).await.unwrap().num_rows(), 8_000);
    assert_eq!(
        trial::write(&store, &table, 0, vec![rows(0)], true).await,
        Ok(Written::Before(trial::digest(8_000)))
    );
    assert_eq!(
        trial::write(&store, &table, 1, vec![rows(8_000)], true).await,
        Ok(Written::Now(trial::digest(8_000)))
    );
    assert_eq!(database.value("select count(*) from t"), "16000");
}
