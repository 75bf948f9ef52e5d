//! Tables that are about to be dropped, and what goes with the last of them.

use super::*;

/// Waits until somebody waits for a table of the database.
async fn until_waiting(database: &MariadbDatabase) {
    let waiting = "select count(*) from information_schema.processlist
        where db = database() and state like 'Waiting for table metadata lock'";
    trial::until("somebody waits for the table", || database.text(waiting) == "1").await;
}

#[tokio::test]
async fn a_held_table_is_read_and_not_written_and_what_needs_it_is_named() {
    let (database, store) = shop(
        "create table people (id int primary key, boss int, foreign key (boss) references people (id));
         insert into people values (1, null), (2, 1);
         create view grown as select * from people where id > 1;
         create table peoples (id int);
         create view others as select * from peoples;
         create table letters (whom int, constraint addressed foreign key (whom) references people (id))",
    )
    .await;
    let other = Mariadb::shared().database();
    other.execute(&format!(
        "create table visits (who int, constraint visited foreign key (who) references {}.people (id))",
        database.name()
    ));
    let path = vec!["people".to_owned()];
    let mut held = store.data.hold(&path).await.unwrap().unwrap();
    let found = held.dependents().await.unwrap();
    let found: Vec<_> = found.into_iter().map(|one| (one.what, one.table)).collect();
    let (here, there) = (database.name(), other.name());
    let mut expected = [
        (format!("the foreign key addressed of {here}.letters"), Some(vec!["letters".to_owned()])),
        (format!("the foreign key visited of {there}.visits"), None),
        (format!("the view {here}.grown"), None),
    ];
    expected.sort();
    assert_eq!(found, expected);
    assert_eq!(store.data.estimate(&path).await.unwrap().rows, 2, "readers are let in");
    let mut writer = Connections::new(database.url(), 1).unwrap().lease().await.unwrap();
    writer.run("set lock_wait_timeout = 1").await.unwrap();
    let error = writer.run("insert into people values (3, null)").await.unwrap_err();
    assert!(matches!(&error, StoreError::Unavailable(said) if said.contains("lock")), "{error}");
    writer.run("set lock_wait_timeout = 300").await.unwrap();
    // What the server would refuse is known before anything is done.
    let error = held.drop_table().await.err().unwrap();
    assert!(error.to_string().contains("still needed by the foreign key"), "{error}");
    writer.run("insert into people values (3, null)").await.expect("a hold that is given up lets writers in");
    other.execute("drop table visits");
    database.execute("drop view grown; drop table letters");

    let hold = async || store.data.hold(&path).await.unwrap().unwrap().drop_table().await.unwrap();
    drop(hold().await);
    assert_eq!(store.data.estimate(&path).await.unwrap().rows, 3, "it is not dropped before the commit");
    let held = hold().await;
    let waits = async {
        until_waiting(&database).await;
        held.commit().await
    };
    let (written, dropped) = tokio::join!(writer.run("insert into people values (4, null)"), waits);
    dropped.unwrap();
    let error = written.unwrap_err().to_string();
    assert!(error.contains("doesn't exist"), "a writer who waited is not let in before the drop: {error}");
    assert!(store.data.hold(&path).await.unwrap().is_none());
    database.execute("create view people as select 1 as id");
    assert!(matches!(store.data.hold(&path).await, Err(StoreError::Refused(_))));
}

#[tokio::test]
async fn whoever_may_not_drop_a_table_hears_so_before_anything_is_done() {
    let (database, store) = shop("create table t (id int primary key); insert into t values (1)").await;
    let name = database.name();
    database.execute(&format!(
        "create user reader_{name}@'%' identified by 'reads'; grant select, lock tables on {name}.* to reader_{name}@'%'"
    ));
    let url = database.url();
    let (_, host) = url.rsplit_once('@').unwrap();
    let reader = open(&format!("mysql://reader_{name}:reads@{host}")).await;
    let path = vec!["t".to_owned()];
    let held = reader.data.hold(&path).await.unwrap().unwrap();
    let error = held.drop_table().await.err().unwrap();
    assert!(matches!(&error, StoreError::Unavailable(said) if said.contains("grant")), "{error}");
    assert_eq!(store.data.estimate(&path).await.unwrap().rows, 1);
}

#[tokio::test]
async fn a_drop_waits_for_readers() {
    let (database, store) = shop("create table t (id int primary key); insert into t values (1)").await;
    let mut reader = Connections::new(database.url(), 1).unwrap().lease().await.unwrap();
    let path = vec!["t".to_owned()];
    let held = store.data.hold(&path).await.unwrap().unwrap().drop_table().await.unwrap();
    reader.run("start transaction").await.unwrap();
    assert_eq!(reader.rows("select id from t").await.unwrap().len(), 1);
    let ends = async {
        until_waiting(&database).await;
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        reader.run("commit").await
    };
    let (dropped, ended) = tokio::join!(held.commit(), ends);
    ended.unwrap();
    dropped.unwrap();
    assert!(store.data.hold(&path).await.unwrap().is_none());
}

#[tokio::test]
async fn receipts_go_with_the_last_of_them() {
    let (database, store) = shop("").await;
    let made = |name: &str| table(&[name], &[("id", "int64")], &["id"]);
    let left = || {
        database.text("select group_concat(table_name order by table_name) from information_schema.tables where table_schema = database()")
    };
    for name in ["a", "b"] {
        store.data.create(&made(name)).await.unwrap();
    }
    let (a, b) = (made("a"), made("b"));
    trial::write(&store, &a, 0, vec![trial::batch(&a, vec![ints(&[1])])], true).await.unwrap();
    assert_eq!(left(), "a,b,_mig_receipts");
    store.data.forget(&b.path, Digest::of(b"plan"), "customers").await.unwrap();
    assert_eq!(left(), "a,b,_mig_receipts", "the other dataset's are still needed");
    for _ in 0..2 {
        store.data.forget(&a.path, Digest::of(b"plan"), "orders").await.unwrap();
        assert_eq!(left(), "a,b", "receipts go, tables stay");
    }
    trial::write(&store, &b, 1, vec![trial::batch(&b, vec![ints(&[1])])], true).await.unwrap();
    assert_eq!(left(), "a,b,_mig_receipts", "whoever writes makes them anew");
    for name in ["a", "b", "b"] {
        store.data.drop_table(&made(name).path).await.unwrap();
    }
    assert_eq!(left(), "NULL");
}
