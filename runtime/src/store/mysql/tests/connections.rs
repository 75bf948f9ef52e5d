//! Servers that cannot be reached, and one that dies in the middle.

use super::*;

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_named_and_its_password_is_not() {
    let database = Mariadb::shared().database();
    let port = Mariadb::shared().port();
    for (url, said) in [
        (database.url().replace(Mariadb::PASSWORD, "wrong-secret"), "check user and password"),
        (database.url().replace(database.name(), "nowhere"), "make the database"),
        (database.url().replace(&port.to_string(), "1"), "start the server"),
    ] {
        let error = open(&url).await.data.schema(None).await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
        let shown = error.to_string();
        assert!(shown.contains(said), "{shown}");
        assert!(!shown.contains("secret"), "{shown}");
    }
    for url in ["postgres://me:xyzzy-secret@host/db", "mysql://me:xyzzy-secret@host", "mysql://", ""] {
        let Err(StoreError::Refused(said)) = Connections::new(url, 1).map(|_| ()) else { panic!("{url}") };
        assert!(said.contains("mysql://USER") && !said.contains("xyzzy"), "{said}");
    }
    assert!(Connections::new("mariadb://me@host/shop", 1).is_ok());
}

#[tokio::test]
async fn a_server_that_is_killed_in_the_middle_of_a_chunk_has_nothing_of_it() {
    let server = Mariadb::start();
    let database = server.database();
    let store = open(database.url()).await;
    let orders = table(&["orders"], &[("id", "int64")], &["id"]);
    let rows = |from: i64| trial::batch(&orders, vec![ints(&[from, from + 1])]);
    store.data.create(&orders).await.unwrap();
    trial::write(&store, &orders, 0, vec![rows(1)], true).await.unwrap();
    let (send, input) = mpsc::channel(1);
    let writing = tokio::spawn({
        let (store, orders) = (store.clone(), orders.clone());
        async move { store.data.write(&orders, &trial::receipt(1), input).await }
    });
    send.send(WriteItem::Batch(rows(3))).await.unwrap();
    send.send(WriteItem::Batch(rows(5))).await.unwrap();
    server.stop();
    let _ = send.send(WriteItem::Commit(trial::digest(4))).await;
    let died = writing.await.unwrap();
    assert!(matches!(died, Err(StoreError::Unavailable(_))), "{died:?}");
    assert!(matches!(store.data.schema(None).await, Err(StoreError::Unavailable(_))));
    server.start_again();
    assert_eq!(trial::read_all(&store, &orders).await.unwrap().num_rows(), 2);
    trial::write(&store, &orders, 1, vec![rows(3), rows(5)], true).await.unwrap();
    assert_eq!(trial::read_all(&store, &orders).await.unwrap().num_rows(), 6);
}
