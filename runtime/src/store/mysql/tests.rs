//! The MySQL store as a run drives it, on a real MariaDB server.

mod connections;
mod hold;
mod statistics;

use std::collections::BTreeMap;
use std::path::Path;

use arrow::array::{ArrayRef, BinaryArray, Float32Array, Float64Array, Int16Array, Int64Array, StringArray};
use mig_plan::{KeyValue, Setting, StoreKind, Type};
use mig_test_support::{Mariadb, MariadbDatabase};
use sqlx::Connection as _;

use super::*;
use crate::store::open as open_store;
use crate::store::trial::{self, table};

async fn open(url: &str) -> Store {
    let config = StoreConfig {
        kind: StoreKind::Mysql,
        location: Setting::Env("SHOP_URL".into()),
        connections: 4,
        limit: mig_plan::Limit::default(),
        options: BTreeMap::new(),
    };
    open_store(&config, url, Path::new(".")).await.unwrap()
}

async fn shop(sql: &str) -> (MariadbDatabase, Store) {
    let database = Mariadb::shared().database();
    if !sql.is_empty() {
        database.execute(sql);
    }
    let store = open(database.url()).await;
    (database, store)
}

/// Every column of a table with a type in the language.
async fn whole(store: &Store, name: &str, key: &[&str]) -> Table {
    let path = vec![name.to_owned()];
    let mut schema = store.data.schema(Some(std::slice::from_ref(&path))).await.unwrap();
    let fields = schema.tables.remove(&path).unwrap().columns.into_iter();
    Table {
        path,
        fields: fields
            .filter_map(|column| {
                Some(crate::store::Field { name: column.name, ty: column.ty?, secret: false })
            })
            .collect(),
        key: key.iter().map(|part| (*part).to_owned()).collect(),
    }
}

async fn refused(store: &Store, table: &Table) -> String {
    match trial::read_all(store, table).await {
        Err(StoreError::Refused(said)) => said,
        other => panic!("{other:?}"),
    }
}

async fn not_written(store: &Store, table: &Table, columns: Vec<ArrayRef>) -> String {
    match trial::write(store, table, 99, vec![trial::batch(table, columns)], true).await {
        Err(StoreError::Refused(said)) => said,
        other => panic!("{other:?}"),
    }
}

fn ints(values: &[i64]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

fn texts(values: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

#[tokio::test]
async fn every_type_survives() {
    let (_database, store) = shop("").await;
    let described = |ty: &Type| if *ty == Type::Timestamp { Type::Datetime } else { ty.clone() };
    trial::every_value_survives(&store, &["every `type`"], described, trial::finite_extremes).await;
}

#[tokio::test]
async fn receipts_hold() {
    let (_database, store) = shop("").await;
    trial::receipts_hold(&store, &["orders"]).await;
}

/// What `kill -9` can leave behind: the server still commits a chunk when the next process writes it again.
#[tokio::test]
async fn a_chunk_waits_for_its_own_commit_under_way() {
    let (database, store) = shop("").await;
    let orders = table(&["orders"], &[("id", "int64")], &["id"]);
    let rows = |from: i64| trial::batch(&orders, vec![ints(&[from, from + 1])]);
    store.data.create(&orders).await.unwrap();
    trial::write(&store, &orders, 0, vec![rows(1)], true).await.unwrap();

    let lease = Connections::new(database.url(), 0).unwrap().lease().await.unwrap();
    let mut killed = sqlx::MySqlConnection::connect(database.url()).await.unwrap();
    for statement in [
        format!("do get_lock({}, 0)", write::lock_name(&lease, &trial::receipt(1))),
        "start transaction".to_owned(),
        "insert into orders values (3), (4)".to_owned(),
        "insert into _mig_receipts select plan, dataset, 1, target, row_count, row_sum from _mig_receipts"
            .to_owned(),
    ] {
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut killed).await.unwrap();
    }
    let again = tokio::spawn({
        let (store, orders, rows) = (store.clone(), orders.clone(), rows(3));
        async move { trial::write(&store, &orders, 1, vec![rows], true).await }
    });
    let waiting =
        "select count(*) from information_schema.processlist where db = database() and state = 'User lock'";
    trial::until("the chunk waits", || again.is_finished() || database.text(waiting) == "1").await;
    assert!(!again.is_finished(), "the chunk was written beside a commit of itself");
    // The same plan's chunk in another database of the server is another one.
    let (_other, elsewhere) = shop("").await;
    elsewhere.data.create(&orders).await.unwrap();
    let written = trial::write(&elsewhere, &orders, 1, vec![rows(3)], true).await;
    assert_eq!(written, Ok(Written::Now(trial::digest(2))));
    assert!(!again.is_finished());
    sqlx::raw_sql("commit").execute(&mut killed).await.unwrap();
    killed.close().await.unwrap();
    assert!(matches!(again.await.unwrap(), Ok(Written::Before(_))));
    assert_eq!(database.text("select count(*) from orders"), "4");
}

#[tokio::test]
async fn a_schema_says_what_mysql_knows() {
    let (_database, store) = shop(
        "create table customers (
           id bigint unsigned auto_increment primary key, small smallint unsigned, middle mediumint not null,
           tiny tinyint, flag tinyint(1) not null, whole int(5) unsigned zerofill, bits bit(9), bit1 bit(1), many bit(64),
           born year, code char(2), name varchar(20) not null, notes text, mood enum('sad','happy') default 'sad',
           tags set('a','b'), raw varbinary(8), hash binary(16), doc json, loose longtext, amount decimal(12, 2),
           wide decimal(65, 30), ratio float, rounded float(7,2), exact double, at timestamp(3) null,
           seen datetime default current_timestamp, clock time(6), day date, place point, ident uuid,
           twice int generated always as (tiny * 2) stored, `odd ``name``` text,
           unique (name), unique (code), unique (middle, name)
         );
         create table `log` (line text) engine = MyISAM;
         create sequence numbers;
         create view happy as select id, name from customers where mood = 'happy'",
    )
    .await;
    let schema = store.data.schema(None).await.unwrap();
    assert_eq!(schema.tables.keys().flatten().collect::<Vec<_>>(), ["customers", "happy", "log"]);
    let customers = &schema.tables[&vec!["customers".to_owned()]];
    let shown: Vec<_> = customers
        .columns
        .iter()
        .map(|column| {
            format!("{}: {column}{}", column.name, if column.has_default { ", default" } else { "" })
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"));
    assert_eq!(customers.primary_key, ["id"]);
    assert_eq!(
        customers.unique_keys,
        [vec!["middle".to_owned(), "name".to_owned()], vec!["name".to_owned()]]
    );
    assert!(schema.tables[&vec!["happy".to_owned()]].is_view);
    let wanted = [vec!["happy".to_owned()], vec!["HAPPY".to_owned()], vec!["a".to_owned(), "b".to_owned()]];
    let schema = store.data.schema(Some(&wanted)).await.unwrap();
    assert_eq!(schema.tables.keys().flatten().collect::<Vec<_>>(), ["happy"]);
    assert!(store.data.estimate(&["customers".to_owned()]).await.unwrap().bytes > 0);
    assert_eq!(store.data.estimate(&["happy".to_owned()]).await.unwrap().rows, 0);
}

#[tokio::test]
async fn mysqls_own_types_are_read_exactly() {
    let (_database, store) = shop(
        "create table t (
           id int primary key, big bigint unsigned, middle mediumint, tiny tinyint unsigned, bits bit(9), many bit(64),
           flag bit(1), born year, code char(4), latin varchar(9) character set latin1, mood enum('sad','it''s'),
           tags set('a','b','c'), hash binary(3), at timestamp(6) null, seen datetime, clock time, doc json,
           deep decimal(38, 38), money decimal(20, 2) unsigned zerofill, ratio float, rounded double(8,2)
         );
         insert into t values
           (1, 18446744073709551615, -8388608, 255, b'100000001', b'1111111111111111111111111111111111111111111111111111111111111111',
            b'1', 2155, 'ab', 'Grüße', 'it''s', 'c,a', 'x', '2038-01-19 03:14:07.999999', '9999-12-31 23:59:59', '23:59:59',
            '{\"b\": 1, \"a\": [1.50]}', -0.99999999999999999999999999999999999999, 12.5, 16777217.1, 1.005),
           (2, 0, 8388607, 0, 0, 0, 0, 0000, '', '', 'sad', '', '', '1970-01-01 00:00:01', '0001-01-01', '00:00:00', 'null', 0, 0, 0.1, 2),
           (3, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null)",
    )
    .await;
    let t = whole(&store, "t", &["id"]).await;
    assert_eq!(t.fields.len(), 21);
    let rows = trial::shown_rows(&trial::read_all(&store, &t).await.unwrap());
    insta::assert_snapshot!(rows.iter().map(|row| row.join(" | ")).collect::<Vec<_>>().join("\n"));
    assert_eq!(store.data.misfits(&t, 10).await.unwrap(), []);
}

#[tokio::test]
async fn floats_keep_their_bits() {
    let (_database, store) = shop("").await;
    let t = table(&["t"], &[("id", "int64"), ("f", "float32"), ("d", "float64")], &["id"]);
    let floats = [0.0, 0.1, f32::MIN_POSITIVE, 1e-45, f32::MAX, 16_777_217.0, 1.0 / 3.0];
    let doubles = [0.0, 0.1, f64::MIN_POSITIVE, 5e-324, f64::MAX, 9_007_199_254_740_993.0, 1.0 / 3.0];
    let sent = trial::batch(
        &t,
        vec![
            ints(&[1, 2, 3, 4, 5, 6, 7]),
            Arc::new(Float32Array::from(floats.to_vec())),
            Arc::new(Float64Array::from(doubles.to_vec())),
        ],
    );
    store.data.create(&t).await.unwrap();
    trial::write(&store, &t, 0, vec![sent.clone()], true).await.unwrap();
    let read = trial::read_all(&store, &t).await.unwrap();
    let bits = |batch: &RecordBatch| {
        let floats: Float32Array = arrow::array::downcast_array(batch.column(1));
        let doubles: Float64Array = arrow::array::downcast_array(batch.column(2));
        (
            floats.values().iter().map(|value| value.to_bits()).collect::<Vec<_>>(),
            doubles.values().iter().map(|value| value.to_bits()).collect::<Vec<_>>(),
        )
    };
    assert_eq!(bits(&read), bits(&sent));
    for (value, double) in [(f32::NAN, 1.0), (1.0, f64::INFINITY)] {
        let row: Vec<ArrayRef> = vec![
            ints(&[8]),
            Arc::new(Float32Array::from(vec![value])),
            Arc::new(Float64Array::from(vec![double])),
        ];
        let refused = trial::write(&store, &t, 1, vec![trial::batch(&t, row)], true).await;
        assert!(refused.unwrap_err().to_string().contains("id 8 cannot be written: MySQL has neither"));
    }
}

#[tokio::test]
async fn values_that_do_not_fit_are_found_and_refused() {
    let (_database, store) = shop(
        "set sql_mode = 'ALLOW_INVALID_DATES';
         create table t (id int primary key, flag tinyint(1), day date, seen datetime(6), at timestamp null, clock time);
         insert into t values (1, 1, '2024-02-29', '2024-02-29 12:00:00', null, '23:59:59'),
           (2, 7, null, null, null, null), (3, null, '0000-00-00', null, null, null), (4, 0, '2024-02-31', null, null, null),
           (5, 0, '0000-01-01', '0000-00-00 00:00:00', null, null), (6, 0, '2024-00-10', null, '0000-00-00 00:00:00', null),
           (7, null, null, '2024-10-00 01:02:03.000004', null, '-00:00:01'), (8, null, null, null, null, '838:59:59')",
    )
    .await;
    let t = whole(&store, "t", &["id"]).await;
    let found = store.data.misfits(&t, 100).await.unwrap();
    let shown: Vec<_> = found
        .iter()
        .map(|misfit| {
            format!("{}: {} holds {}: {}", misfit.key[0], misfit.column, misfit.value, misfit.reason)
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"));
    assert_eq!(store.data.misfits(&t, 3).await.unwrap().len(), 3);
    for misfit in found {
        let KeyValue::Int(id) = misfit.key[0] else { panic!("{misfit:?}") };
        let bounds =
            ChunkBounds { after: Some(vec![KeyValue::Int(id - 1)]), up_to: Some(vec![KeyValue::Int(id)]) };
        let one = Table {
            fields: t.fields.iter().filter(|f| f.name == "id" || f.name == misfit.column).cloned().collect(),
            ..t.clone()
        };
        let said = trial::read_chunk(&store, &one, &bounds).await.unwrap_err().to_string();
        assert!(said.contains(&format!("id {id} holds {}", misfit.value)), "{said}");
        assert!(said.contains(&misfit.reason), "{said}");
    }
}

#[tokio::test]
async fn a_text_that_is_no_label_is_found_and_refused() {
    let (_database, store) = shop(
        "set sql_mode = '';
         create table t (id int primary key, mood enum('sad', 'it''s', 'ß'), state varchar(9)) collate utf8mb4_unicode_ci;
         insert into t values (1, 'it''s', 'open'), (2, 'cross', null), (3, null, 'OPEN'), (4, 3, 'open ')",
    )
    .await;
    let columns = [("id", "int32"), ("mood", "enum(sad, `it's`, `ß`)?"), ("state", "enum(open)?")];
    let t = table(&["t"], &columns, &["id"]);
    let schema = store.data.schema(Some(std::slice::from_ref(&t.path))).await.unwrap();
    assert_eq!(schema.tables[&t.path].columns[1].ty, Some(t.fields[1].ty.clone()));
    let found = store.data.misfits(&t, 10).await.unwrap();
    let found: Vec<_> =
        found.iter().map(|one| (one.key[0].clone(), one.column.as_str(), one.value.as_str())).collect();
    let key = KeyValue::Int;
    assert_eq!(found, [(key(2), "mood", ""), (key(3), "state", "OPEN"), (key(4), "state", "open ")]);
    assert!(refused(&store, &t).await.contains("no label"));
    let labels = ["sad", "it's", "it's \\ so, too"].map(str::to_owned).to_vec();
    let made = Table {
        path: vec!["made".into()],
        fields: vec![crate::store::Field {
            name: "k".into(),
            ty: Type::Enum(labels).required(),
            secret: false,
        }],
        key: vec!["k".into()],
    };
    store.data.create(&made).await.unwrap();
    let schema = store.data.schema(Some(std::slice::from_ref(&made.path))).await.unwrap();
    assert_eq!(schema.tables[&made.path].columns[0].ty, Some(made.fields[0].ty.clone()));
}

#[tokio::test]
async fn every_row_is_in_one_chunk_whatever_the_key() {
    let (database, store) = shop(
        "create table source (n int primary key);
         insert into source select seq from seq_1_to_97;
         create table whole_numbers (k bigint unsigned primary key, n int);
         insert into whole_numbers select 18446744073709551615 - n * n, n from source;
         create table composite (a varchar(5), b int, c binary(2), n int, primary key (a, b, c));
         insert into composite select elt(1 + n % 3, 'Å', 'b ', 'ä'), n % 7, char(n, 255 - n using binary), n from source;
         create table texts (k varchar(60) primary key, n int) collate utf8mb4_unicode_ci;
         insert into texts select concat(elt(1 + n % 4, 'É''x', 'e\\\\y', 'ß', '😀 '), n), n from source;
         create table names (k enum('zebra','ant','Cow') not null, j set('x','y') not null, n int, primary key (k, j, n));
         insert into names select 1 + n % 3, n % 4, n from source;
         create table bits (k bit(12) primary key, n int);
         insert into bits select n * 31, n from source;
         create table days (k date, t time(3), n int, primary key (k, t));
         insert into days select '2024-01-01' + interval n % 11 day, sec_to_time(n * 800), n from source;
         create table moments (k timestamp(6) primary key, n int);
         insert into moments select '2024-01-01 00:00:00.000001' + interval n * 7 second, n from source;
         create table idents (k uuid primary key, n int);
         insert into idents select uuid(), n from source;
         create table amounts (k decimal(30, 10) primary key, n int);
         insert into amounts select (n - 50) / 7, n from source;
         create table nullable (a int, b varchar(3), n int);
         insert into nullable select nullif(n % 5, 0), nullif(n % 3, 1), n from source;
         create table latin (k varchar(9) character set latin1 primary key, n int);
         insert into latin select concat(elt(1 + n % 2, 'é', 'E'), n), n from source;
         create table floats (k double primary key, n int);
         insert into floats select n / 3, n from source;
         create table keyless (n int);
         insert into keyless select n from source;
         create view seen as select n from source",
    )
    .await;
    for (name, key, unique) in [
        ("whole_numbers", &["k"][..], true),
        ("composite", &["a", "b", "c"], true),
        ("texts", &["k"], true),
        ("names", &["k", "j", "n"], true),
        ("bits", &["k"], true),
        ("days", &["k", "t"], true),
        ("moments", &["k"], true),
        ("idents", &["k"], true),
        ("amounts", &["k"], true),
        ("nullable", &["a", "b"], false),
        ("latin", &["k"], true),
        ("seen", &["n"], true),
    ] {
        let t = whole(&store, name, key).await;
        let smallest = if key.len() > 1 { 3 } else { 9 };
        for rows in [smallest, 97, 1_000] {
            trial::chunks_cover(&store, &t, rows, unique).await;
        }
        let cut = trial::chunks(&store, &t, 10, None).await.unwrap();
        assert!(cut.len() > 1, "{name} is cut");
    }
    for (name, key) in [("floats", &["k"][..]), ("keyless", &[])] {
        let t = whole(&store, name, key).await;
        assert_eq!(trial::chunks(&store, &t, 10, None).await.unwrap(), [ChunkBounds::default()], "{name}");
        assert_eq!(trial::read_all(&store, &t).await.unwrap().num_rows(), 97);
    }
    let wrong = ChunkBounds { after: Some(vec![KeyValue::Text("1 or 1".into())]), up_to: None };
    let t = whole(&store, "whole_numbers", &["k"]).await;
    assert!(matches!(trial::read_chunk(&store, &t, &wrong).await, Err(StoreError::Refused(_))));
    // The conditions of a composite key are answered by its index.
    let plan = database.text(
        "explain select * from composite where ((a < 'b' or a is null) or (a = 'b' and ((b < 3 or b is null) or (b = 3 and 1 = 1))))",
    );
    assert!(plan.contains("range") || plan.contains("PRIMARY"), "{plan}");
}

#[tokio::test]
async fn keys_of_text_are_told_apart_by_code_points() {
    let (database, store) = shop("").await;
    let t = table(&["t"], &[("k", "text"), ("b", "bytes"), ("n", "int64")], &["k", "b"]);
    store.data.create(&t).await.unwrap();
    let keys = ["a", "A", "a ", "ä", "", " ", "\0", "a\u{301}", "😀"];
    let bytes: Vec<&[u8]> = vec![b"", b"\0", b"\0\0", b"x", b"'", b"\\", b"\xff", b" ", b"  "];
    let numbers: Vec<i64> = (0..9).collect();
    let sent = trial::batch(&t, vec![texts(&keys), Arc::new(BinaryArray::from(bytes)), ints(&numbers)]);
    trial::write(&store, &t, 0, vec![sent], true).await.unwrap();
    trial::chunks_cover(&store, &t, 2, true).await;
    assert_eq!(database.text("select group_concat(n order by k, b) from t"), "4,6,5,1,0,2,7,3,8");
    let long = "x".repeat(3_000);
    let said = not_written(
        &store,
        &t,
        vec![texts(&[&long]), Arc::new(BinaryArray::from(vec![&b""[..]])), ints(&[9])],
    )
    .await;
    assert!(said.contains("column k of the row") && said.contains("longer than the column"), "{said}");
}

#[tokio::test]
async fn what_mysql_would_change_is_not_written_and_its_row_is_named() {
    let (database, store) = shop(
        "create table t (id bigint primary key, born year, mood enum('sad'), code char(3), note varchar(3), small smallint unsigned,
           latin varchar(9) character set latin1);
         create table old_engine (id bigint primary key) engine = MyISAM;
         create table numbered (id bigint auto_increment primary key, at timestamp not null)",
    )
    .await;
    for (column, ty, value, said) in [
        ("mood", "enum(sad)", texts(&["SAD"]), "none of the column's values"),
        ("code", "text", texts(&["a "]), "ends with a blank"),
        ("note", "text", texts(&["four"]), "longer than the column"),
        ("born", "int16", Arc::new(Int16Array::from(vec![99])) as ArrayRef, "years"),
        ("latin", "text", texts(&["Ω"]), "Incorrect string value"),
        (
            "small",
            "int32",
            Arc::new(arrow::array::Int32Array::from(vec![70_000])) as ArrayRef,
            "Out of range",
        ),
    ] {
        let t = table(&["t"], &[("id", "int64"), (column, ty)], &["id"]);
        let refused = not_written(&store, &t, vec![ints(&[41]), value]).await;
        assert!(refused.contains(said) && refused.contains("the row id 41"), "{refused}");
    }
    let t = table(&["t"], &[("id", "int64"), ("note", "text?")], &["id"]);
    let rows = |ids: &[i64]| trial::batch(&t, vec![ints(ids), texts(&vec!["n"; ids.len()])]);
    trial::write(&store, &t, 0, vec![rows(&[1])], true).await.unwrap();
    let twice = trial::write(&store, &t, 1, vec![rows(&[2, 1])], true).await.unwrap_err().to_string();
    assert!(twice.contains("Duplicate entry '1'") && twice.contains("the row id 1 "), "{twice}");
    assert_eq!(database.text("select count(*) from t"), "1");
    // Nothing of a secret column is quoted, not even by the server.
    for (column, value, said) in [("id", ints(&[1]), "1062"), ("latin", texts(&["Ωmega"]), "1366")] {
        let mut secret = match column {
            "id" => table(&["t"], &[("id", "int64")], &["id"]),
            _ => table(&["t"], &[("id", "int64"), (column, "text")], &["id"]),
        };
        let values = if column == "id" { vec![value] } else { vec![ints(&[7]), value] };
        secret.fields.iter_mut().for_each(|field| field.secret = field.name == column);
        let refused = not_written(&store, &secret, values).await;
        assert!(refused.contains(said) && !refused.contains("mega") && !refused.contains("'1'"), "{refused}");
    }

    let old_engine = table(&["old_engine"], &[("id", "int64")], &["id"]);
    let said = not_written(&store, &old_engine, vec![ints(&[1])]).await;
    assert!(said.contains("MyISAM") && said.contains("engine = InnoDB"), "{said}");
    let plan = Digest::of(b"plan");
    let said = store.data.require_writable(&old_engine.path).await.unwrap_err().to_string();
    assert!(said.contains("MyISAM") && said.contains("engine = InnoDB"), "{said}");
    store.data.require_writable(&table(&["t"], &[], &[]).path).await.unwrap();
    store.data.require_writable(&["gone".to_owned()]).await.unwrap();
    // Undoing a write that was refused deletes nothing, and is none that could be stopped halfway.
    store.data.delete_rows(&old_engine.path, plan, "orders").await.unwrap();
    database.execute("insert into old_engine values (1)");
    assert!(store.data.delete_rows(&old_engine.path, plan, "orders").await.is_err());

    // Zero is a number like others, and a null is not the present time.
    let numbered = table(&["numbered"], &[("id", "int64"), ("at", "timestamp?")], &["id"]);
    let at = |micros: Option<i64>| -> ArrayRef {
        let values = arrow::array::TimestampMicrosecondArray::from(vec![micros]);
        Arc::new(values.with_timezone("UTC"))
    };
    let said = not_written(&store, &numbered, vec![ints(&[0]), at(None)]).await;
    assert!(said.contains("must not be null"), "{said}");
    let said = not_written(&store, &numbered, vec![ints(&[0]), at(Some(1))]).await;
    assert!(said.contains("fewer digits"), "{said}");
    let sent = trial::batch(&numbered, vec![ints(&[0]), at(Some(1_000_000))]);
    trial::write(&store, &numbered, 2, vec![sent], true).await.unwrap();
    assert_eq!(database.text("select * from numbered"), "0\t1970-01-01 00:00:01");
}

#[tokio::test]
async fn large_values_and_many_columns_are_written_in_as_many_statements_as_it_takes() {
    let (database, store) = shop("").await;
    let t = table(&["t"], &[("id", "int64"), ("note", "text")], &["id"]);
    store.data.create(&t).await.unwrap();
    let lengths = [0, 1, 1 << 20, 5 << 20, 300, 900_000, 70_000, 70_000, 70_000];
    let notes: Vec<String> = lengths.iter().map(|length| "é".repeat(length / 2)).collect();
    let ids: Vec<i64> = (0..9).collect();
    let notes: Vec<&str> = notes.iter().map(String::as_str).collect();
    let sent = trial::batch(&t, vec![ints(&ids), texts(&notes)]);
    trial::write(&store, &t, 0, vec![sent.clone()], true).await.unwrap();
    assert_eq!(trial::read_all(&store, &t).await.unwrap(), sent);
    let packet: usize = database.text("select @@max_allowed_packet").parse().unwrap();
    let huge = "x".repeat(packet);
    let refused =
        trial::write(&store, &t, 1, vec![trial::batch(&t, vec![ints(&[77]), texts(&[&huge])])], true).await;
    let Err(StoreError::Refused(said)) = refused else { panic!("{refused:?}") };
    assert!(said.contains("the row id 77") && said.contains("max_allowed_packet"), "{said}");

    let names: Vec<String> = (0..150).map(|number| format!("c{number}")).collect();
    let columns: Vec<_> = names.iter().map(|name| (name.as_str(), "int64")).collect();
    let wide = table(&["wide"], &columns, &["c0"]);
    store.data.create(&wide).await.unwrap();
    let rows = 5_000;
    let column = |number: i64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values((0..rows).map(|row| row * 1_000 + number)))
    };
    let sent = trial::batch(&wide, (0..150).map(column).collect());
    trial::write(&store, &wide, 5, vec![sent.slice(0, 1_000), sent.slice(1_000, 4_000)], true).await.unwrap();
    assert_eq!(trial::read_all(&store, &wide).await.unwrap(), sent);
}

#[tokio::test]
async fn a_table_that_is_made_anew_knows_nothing_of_the_one_before() {
    let (database, store) = shop("").await;
    let orders = table(&["orders"], &[("id", "int64")], &["id"]);
    store.data.create(&orders).await.unwrap();
    trial::write(&store, &orders, 0, vec![trial::batch(&orders, vec![ints(&[1])])], true).await.unwrap();
    database.execute("drop table orders");
    store.data.create(&orders).await.unwrap();
    assert_eq!(store.data.receipts(&orders.path, Digest::of(b"plan"), "orders").await.unwrap(), []);
    database.execute("create view shown as select * from orders");
    let shown = Table { path: vec!["shown".into()], ..orders.clone() };
    assert!(store.data.create(&shown).await.unwrap_err().to_string().contains("is not a table"));
    let lists = table(&["lists"], &[("id", "int64"), ("l", "list(text)")], &["id"]);
    assert!(store.data.create(&lists).await.unwrap_err().to_string().contains("no lists"));
    let json = table(&["json"], &[("doc", "json")], &["doc"]);
    assert!(store.data.create(&json).await.unwrap_err().to_string().contains("keys of JSON"));
}

#[tokio::test]
async fn views_are_pointed_and_put_back() {
    let (database, store) = shop(
        "create table old (id int, name varchar(9)); insert into old values (1, 'old');
         create table new (id int, name varchar(9), more int); insert into new values (2, 'new', 3);
         create user if not exists reporter@localhost;
         create definer = reporter@localhost sql security invoker view shown as select id, upper(name) as name from old where id > 0",
    )
    .await;
    let views = store.views.clone().unwrap();
    let path = |name: &str| vec![name.to_owned()];
    let before = views.view(&path("shown")).await.unwrap();
    insta::assert_snapshot!(before.clone().unwrap());
    assert_eq!(views.view(&path("fresh")).await.unwrap(), None);
    assert!(matches!(views.view(&path("old")).await, Err(StoreError::Refused(_))));
    for view in ["shown", "fresh"] {
        views.point_view(&path(view), &path("new")).await.unwrap();
        views.point_view(&path(view), &path("new")).await.unwrap();
        assert_eq!(database.text(&format!("select * from {view}")), "2\tnew\t3");
    }
    let whose = "select definer, security_type from information_schema.views where table_schema = database() and table_name = 'shown'";
    assert_eq!(database.text(whose), "reporter@localhost\tINVOKER");
    views.restore_view(&path("shown"), before.as_deref()).await.unwrap();
    views.restore_view(&path("fresh"), None).await.unwrap();
    views.restore_view(&path("fresh"), None).await.unwrap();
    assert_eq!(database.text("select * from shown"), "1\tOLD");
    assert_eq!(views.view(&path("shown")).await.unwrap(), before);
    assert_eq!(views.view(&path("fresh")).await.unwrap(), None);
    assert!(views.point_view(&path("shown"), &path("nowhere")).await.is_err());
    assert!(views.point_view(&path("old"), &path("new")).await.is_err());
}

#[tokio::test]
async fn what_has_changed_since_the_plan_is_named() {
    let (_database, store) = shop("create table t (id int primary key, note int)").await;
    let gone = table(&["nowhere"], &[("id", "int64")], &["id"]);
    assert!(refused(&store, &gone).await.contains("there is no table nowhere"));
    let other = table(&["t"], &[("id", "int32"), ("note", "text")], &["id"]);
    assert!(refused(&store, &other).await.contains("column note is int(11) and not text"));
    let missing = table(&["t"], &[("id", "int32"), ("more", "text")], &["id"]);
    assert!(refused(&store, &missing).await.contains("there is no column more"));
    let of_another = table(&["shop", "t"], &[("id", "int32")], &["id"]);
    assert!(refused(&store, &of_another).await.contains("one database"));
    let unkeyed = table(&["t"], &[("note", "int32?")], &["id"]);
    assert!(refused(&store, &unkeyed).await.contains("not among the columns"));
}
