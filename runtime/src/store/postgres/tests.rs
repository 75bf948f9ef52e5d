//! The PostgreSQL store as a run drives it, on a real server.

mod chunks;
mod connections;
mod few;
mod raw;
mod statistics;

use std::collections::BTreeMap;
use std::path::Path;

use arrow::array::{Array as _, Int64Array, StringArray};
use mig_plan::{KeyValue, Setting, StoreKind, Type};
use mig_test_support::{Database, Postgres as Server};

use super::*;
use crate::store::open as open_store;
use crate::store::trial::{self, table};

async fn open(url: &str) -> Store {
    let config = StoreConfig {
        kind: StoreKind::Postgres,
        location: Setting::Env("LAKE_URL".into()),
        connections: 4,
        limit: mig_plan::Limit::default(),
        options: BTreeMap::new(),
    };
    open_store(&config, url, Path::new(".")).await.unwrap()
}

async fn lake(sql: &str) -> (Database, Store) {
    let database = Server::shared().database();
    if !sql.is_empty() {
        database.execute(sql);
    }
    let store = open(database.url()).await;
    (database, store)
}

async fn schema_of(store: &Store, path: &[&str]) -> mig_plan::TableSchema {
    let path: Vec<_> = path.iter().map(|part| (*part).to_owned()).collect();
    let mut schema = store.data.schema(Some(std::slice::from_ref(&path))).await.unwrap();
    schema.tables.remove(&path).unwrap()
}

/// Every column of a table with a type in the language.
async fn whole(store: &Store, path: &[&str], key: &[&str]) -> Table {
    let schema = schema_of(store, path).await;
    let fields = schema.columns.iter().filter_map(|column| {
        Some(crate::store::Field { name: column.name.clone(), ty: column.ty.clone()?, secret: false })
    });
    Table {
        path: path.iter().map(|part| (*part).to_owned()).collect(),
        fields: fields.collect(),
        key: key.iter().map(|part| (*part).to_owned()).collect(),
    }
}

#[tokio::test]
async fn every_type_survives() {
    let (_database, store) = lake("").await;
    let described = |ty: &Type| {
        let wider = |ty: &Type| {
            if matches!(ty, Type::Enum(_)) {
                return Type::Text;
            }
            if *ty == Type::Int8 { Type::Int16 } else { ty.clone() }
        };
        if let Type::List(item) = ty {
            return Type::List(Box::new(wider(&item.ty).optional()));
        }
        wider(ty)
    };
    trial::every_type_survives(&store, &["wide \"schema\"", "every type"], described).await;
}

#[tokio::test]
async fn receipts_hold() {
    let (_database, store) = lake("").await;
    trial::receipts_hold(&store, &["sales", "orders"]).await;
}

#[tokio::test]
async fn a_key_that_is_there_twice_is_named_once_all_rows_are_there() {
    let (database, store) = lake("").await;
    let mut orders = table(&["public", "orders"], &[("id", "int64"), ("code", "text?")], &["code", "id"]);
    let rows = || {
        let (ids, codes) = (Int64Array::from(vec![41, 4_200_042]), StringArray::from(vec!["a", "b"]));
        trial::batch(&orders, vec![Arc::new(ids), Arc::new(codes)])
    };
    store.data.create(&orders).await.unwrap();
    trial::write(&store, &orders, 0, vec![rows()], true).await.unwrap();
    trial::write(&store, &orders, 1, vec![rows().slice(1, 1)], true).await.unwrap();
    let refused = store.data.add_key(&orders).await;
    let Err(StoreError::Refused(said)) = refused else { panic!("{refused:?}") };
    assert!(said.contains("orders_pkey") && said.contains("(code, id)=(b, 4200042)"), "{said}");
    orders.fields[1].secret = true;
    let refused = store.data.add_key(&orders).await;
    let Err(StoreError::Refused(said)) = refused else { panic!("{refused:?}") };
    assert!(
        said.contains("23505, constraint orders_pkey, table orders") && !said.contains("4200042"),
        "{said}"
    );
    assert_eq!(database.value("select count(*) from orders"), "3");
    database.execute("delete from orders where ctid = (select max(ctid) from orders)");
    store.data.add_key(&orders).await.unwrap();
    assert_eq!(schema_of(&store, &["public", "orders"]).await.primary_key, ["code", "id"]);
}

/// What `kill -9` can leave behind: the server still commits a chunk when the next process writes it again.
#[tokio::test]
async fn a_chunk_waits_for_its_own_commit_under_way() {
    let (database, store) = lake("").await;
    let orders = table(&["public", "orders"], &[("id", "int64")], &["id"]);
    let rows = |from: i64| trial::batch(&orders, vec![Arc::new(Int64Array::from(vec![from, from + 1]))]);
    store.data.create(&orders).await.unwrap();
    trial::write(&store, &orders, 0, vec![rows(1)], true).await.unwrap();

    let key = trial::receipt(1);
    let mut killed = <sqlx::PgConnection as sqlx::Connection>::connect(database.url()).await.unwrap();
    let under_way = format!(
        "begin; select pg_advisory_xact_lock(hashtextextended('mig {} {} 1', 0));
         insert into orders values (3), (4);
         insert into _mig_receipts select plan, dataset, 1, target, row_count, row_sum from _mig_receipts",
        key.plan, key.dataset
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(under_way)).execute(&mut killed).await.unwrap();
    let again = tokio::spawn({
        let (store, orders, rows) = (store.clone(), orders.clone(), rows(3));
        async move { trial::write(&store, &orders, 1, vec![rows], true).await }
    });
    let waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event = 'advisory'";
    trial::until("the chunk waits", || again.is_finished() || database.value(waiting) == "1").await;
    assert!(!again.is_finished(), "the chunk was written beside a commit of itself");
    sqlx::raw_sql("commit").execute(&mut killed).await.unwrap();
    assert!(matches!(again.await.unwrap(), Ok(Written::Before(_))));
    assert_eq!(database.value("select count(*) from orders"), "4");
}

#[tokio::test]
async fn a_schema_says_what_postgresql_knows() {
    let (_database, store) = lake(
        "create type mood as enum ('sad', 'happy');
         create domain price as numeric(10, 2) not null;
         create domain cheap as price check (value < 10);
         create table customers (
           id bigint generated always as identity primary key, no serial, name varchar(20) not null,
           state char(2), feeling mood, feelings mood[], amount price, cheap cheap, loose numeric, wide numeric(50, 2),
           negative numeric(5, -2), tags text[] not null, grid int[][], doc jsonb, raw bytea, span interval, tz timetz,
           at timestamp(3), zoned timestamptz, twice int generated always as (2) stored, code name, \"odd \"\"name\" text,
           unique (name), unique (state)
         );
         create unique index on customers (name, no) include (code);
         create unique index on customers (lower(name));
         create unique index on customers (no) where no > 5;
         create view happy as select id, name from customers where feeling = 'happy';
         create materialized view names as select name from customers;
         create table parts (id int primary key, day date) partition by range (id);
         create table parts_low partition of parts for values from (0) to (100);
         create table nothing ();
         create table _mig_receipts (x int);
         create schema other;
         create table other.customers (id int);",
    )
    .await;
    let all = store.data.schema(None).await.unwrap();
    let names: Vec<_> = all.tables.keys().map(|path| path.join(".")).collect();
    assert_eq!(
        names,
        [
            "other.customers",
            "public.customers",
            "public.happy",
            "public.names",
            "public.nothing",
            "public.parts",
            "public.parts_low"
        ]
    );
    let customers = schema_of(&store, &["public", "customers"]).await;
    assert_eq!(Some(&customers), all.tables.get(&vec!["public".to_owned(), "customers".into()]));
    let columns = customers.columns.iter().map(|column| {
        let ty = column.ty.as_ref().map_or("-".to_owned(), ToString::to_string);
        let default = if column.has_default { ", by itself" } else { "" };
        format!("{}: {ty} from {}{default}", column.name, column.native)
    });
    insta::assert_snapshot!(columns.collect::<Vec<_>>().join("\n"));
    assert_eq!(customers.primary_key, ["id"]);
    assert_eq!(customers.unique_keys, [vec!["name".to_owned()], vec!["name".into(), "no".into()]]);
    assert!(schema_of(&store, &["public", "happy"]).await.is_view);
    assert!(schema_of(&store, &["public", "names"]).await.is_view);
    assert_eq!(schema_of(&store, &["public", "parts"]).await.primary_key, ["id"]);
    assert_eq!(schema_of(&store, &["public", "nothing"]).await.columns, []);
    let missing = store.data.schema(Some(&[vec!["public".into(), "gone".into()], vec![]])).await.unwrap();
    assert!(missing.tables.is_empty());
    for path in [["public", "customers"], ["public", "happy"], ["public", "parts"]] {
        let weight = store.data.estimate(&path.map(str::to_owned)).await.unwrap();
        assert_eq!(weight.rows, 0);
    }
}

#[tokio::test]
async fn types_that_only_postgresql_has_are_read_and_written() {
    let (database, store) = lake(
        "create type mood as enum ('sad', 'happy');
         create domain cents as numeric(10, 2);
         create table t (
           id int primary key, code varchar(5), state char(2), feeling mood, feelings mood[], price cents,
           prices cents[], doc jsonb, docs jsonb[], at timestamp(3), days date[], flags bool[], label name
         );
         insert into t values
           (1, 'üüüüü', 'a', 'sad', '{sad,null}', -12.50, '{1,2.25}', '{\"b\": 1, \"a\": [2]}', '{1,null}',
            '2024-02-29 10:00:00.123', '{2024-01-01}', '{t,f,null}', 'x'),
           (2, null, null, null, null, null, null, null, null, null, null, null, null),
           (3, '', '', 'happy', '{}', 0, null, 'null', '{}', '0044-03-15 00:00 BC', '{}', '{}', '')",
    )
    .await;
    let table = whole(&store, &["public", "t"], &["id"]).await;
    // An array of a domain has no counterpart.
    assert!(table.fields.iter().all(|field| field.name != "prices"));
    let rows = trial::read_all(&store, &table).await.unwrap();
    let shown = trial::shown_rows(&rows).into_iter().map(|row| row.join(" | "));
    insta::assert_snapshot!(shown.collect::<Vec<_>>().join(
        "
"
    ));

    database.execute("create table copy (like t including all)");
    let copy = Table { path: vec!["public".into(), "copy".into()], ..table };
    trial::write(&store, &copy, 0, vec![rows.clone()], true).await.unwrap();
    assert_eq!(trial::read_all(&store, &copy).await.unwrap(), rows);
    assert_eq!(
        database.value("select count(*) from t natural join copy where id <> 2 and prices is null"),
        "0"
    );
    assert_eq!(database.value("select feelings[1] || (doc ->> 'b') from copy where id = 1"), "sad1");
}

#[tokio::test]
async fn values_without_counterpart_are_found_and_refused() {
    let (_database, store) = lake(
        "create table t (
           id int primary key, amount numeric(10, 2), day date, at timestamp, instant timestamptz, clock time,
           days date[], words text[], amounts numeric(4, 1)[]
         );
         insert into t (id) values (1);
         insert into t (id, amount) values (2, 'NaN'), (3, 1);
         insert into t (id, day) values (4, 'infinity'), (5, '-infinity'), (6, '5874897-12-31'), (7, '4713-01-01 BC');
         insert into t (id, at) values (8, 'infinity'), (9, '294247-01-11'), (10, '294247-01-10');
         insert into t (id, instant) values (11, '-infinity'), (12, '294276-12-31'), (13, '4713-01-01 00:00Z BC');
         insert into t (id, clock) values (14, '24:00'), (15, '23:59:59.999999');
         insert into t (id, days) values (16, '{2024-01-01,infinity}'), (17, '{}'), (18, '{2024-01-01,null}');
         insert into t (id, words) values (19, '{{a,b},{c,d}}'), (20, '[0:1]={a,b}'), (21, '{a,b}');
         insert into t (id, amounts) values (22, '{1.5,NaN}'), (23, '{1.5}');
         create table heap (day date);
         insert into heap values ('2024-01-01'), ('infinity');
         create view shown as select day from heap;",
    )
    .await;
    let table = whole(&store, &["public", "t"], &["id"]).await;
    let misfits = store.data.misfits(&table, 100).await.unwrap();
    let shown = misfits
        .iter()
        .map(|misfit| format!("{} {} {}: {}", misfit.key[0], misfit.column, misfit.value, misfit.reason));
    insta::assert_snapshot!(shown.collect::<Vec<_>>().join("\n"));
    assert_eq!(store.data.misfits(&table, 3).await.unwrap().len(), 3);
    for id in 1..=23 {
        let bound = |id| Some(vec![KeyValue::Int(id)]);
        let read =
            trial::read_chunk(&store, &table, &ChunkBounds { after: bound(id - 1), up_to: bound(id) }).await;
        match misfits.iter().find(|misfit| misfit.key == [KeyValue::Int(id)]) {
            None => assert_eq!(read.unwrap()[0].num_rows(), 1, "row {id}"),
            Some(misfit) => {
                let Err(StoreError::Refused(said)) = read else { panic!("row {id}: {read:?}") };
                assert!(said.contains(&format!("row id {id}")) && said.contains(&misfit.column), "{said}");
            }
        }
    }
    for (name, at) in [("heap", "(0,2)"), ("shown", "")] {
        let table = whole(&store, &["public", name], &[]).await;
        let misfits = store.data.misfits(&table, 100).await.unwrap();
        assert_eq!(misfits.len(), 1);
        let said = trial::read_all(&store, &table).await.unwrap_err().to_string();
        assert!(said.contains("infinity") && said.contains(at), "{said}");
    }
}

#[tokio::test]
async fn what_cannot_be_written_is_refused_by_name() {
    let (database, store) = lake(
        "create table t (id bigint primary key, name varchar(3) not null, check (name <> 'bad'));
         create table quiet (id bigint primary key, name text);
         create function skip() returns trigger language plpgsql as 'begin return null; end';
         create trigger skip before insert on quiet for each row execute function skip();",
    )
    .await;
    let strict = table(&["public", "t"], &[("id", "int64"), ("name", "text")], &["id"]);
    let rows = |names: &[&str]| {
        let ids = Int64Array::from_iter_values(40..40 + names.len() as i64);
        trial::batch(&strict, vec![Arc::new(ids), Arc::new(StringArray::from(names.to_vec()))])
    };
    for (names, parts) in [
        (["ok", "a\0b"], ["id 41", "U+0000"]),
        (["ok", "long"], ["id 41", "longer"]),
        (["ok", "bad"], ["t_name_check", "(41, bad)"]),
    ] {
        let refused = trial::write(&store, &strict, 0, vec![rows(&names)], true).await;
        let Err(StoreError::Refused(said)) = refused else { panic!("{refused:?}") };
        assert!(parts.iter().all(|part| said.contains(part)), "{said}");
    }
    // Nothing of a secret column is quoted, not even by the server.
    let mut secret = strict.clone();
    secret.fields[1].secret = true;
    let refused = trial::write(&store, &secret, 0, vec![rows(&["ok", "bad"])], true).await;
    let Err(StoreError::Refused(said)) = refused else { panic!("{refused:?}") };
    assert!(said.contains("23514, constraint t_name_check, table t") && !said.contains("bad"), "{said}");
    // The store's batches say not null, the table of the same name takes nulls.
    let loose = table(&["public", "t"], &[("id", "int64"), ("name", "text?")], &["id"]);
    let nulls = trial::batch(
        &loose,
        vec![Arc::new(Int64Array::from(vec![1])), Arc::new(StringArray::from(vec![None::<&str>]))],
    );
    let refused = trial::write(&store, &loose, 0, vec![nulls], true).await;
    assert!(matches!(&refused, Err(StoreError::Refused(said)) if said.contains("null value")), "{refused:?}");
    let quiet = Table { path: vec!["public".into(), "quiet".into()], ..strict.clone() };
    let refused = trial::write(&store, &quiet, 0, vec![rows(&["a", "b"])], true).await;
    assert!(matches!(&refused, Err(StoreError::Refused(said)) if said.contains("trigger")), "{refused:?}");
    let other = table(&["public", "t"], &[("id", "int32"), ("name", "text")], &["id"]);
    let refused = trial::read_all(&store, &other).await;
    assert!(matches!(&refused, Err(StoreError::Refused(said)) if said.contains("bigint")), "{refused:?}");
    assert_eq!(database.value("select count(*) from t"), "0");
    assert_eq!(database.value("select count(*) from _mig_receipts"), "0");

    let long = "x".repeat(64);
    let refused = store.data.create(&table(&["public", &long], &[("id", "int64")], &["id"])).await;
    assert!(matches!(&refused, Err(StoreError::Refused(said)) if said.contains("keeps 63")), "{refused:?}");
    assert!(store.data.accepts(&"list(list(text))".parse().unwrap()).is_err());
}

#[tokio::test]
async fn chunks_are_written_side_by_side() {
    let (database, store) = lake("").await;
    let orders = table(&["sales", "orders"], &[("id", "int64"), ("name", "text")], &["id"]);
    let made = futures::future::join_all((0..6).map(|_| store.data.create(&orders))).await;
    assert!(made.iter().all(Result::is_ok), "{made:?}");
    database.execute("drop table sales._mig_receipts");
    let chunks = (0..8_u64).map(|chunk| {
        let (store, orders) = (&store, &orders);
        async move {
            let from = chunk as i64 * 20_000;
            let rows = (from..from + 20_000).collect::<Vec<_>>();
            let batches = rows.chunks(8_192).map(|ids| {
                let names = ids.iter().map(|id| Some(format!("name {id}")));
                let ids = Int64Array::from(ids.to_vec());
                trial::batch(orders, vec![Arc::new(ids), Arc::new(StringArray::from_iter(names))])
            });
            trial::write(store, orders, chunk, batches.collect(), true).await
        }
    });
    let written = futures::future::join_all(chunks).await;
    assert!(written.iter().all(|chunk| *chunk == Ok(Written::Now(trial::digest(20_000)))), "{written:?}");
    assert_eq!(database.value("select count(*) || ' ' || sum(id) from sales.orders"), "160000 12799920000");
    trial::chunks_cover(&store, &orders, 33_333, true).await;
    let batches = trial::read_chunk(&store, &orders, &ChunkBounds::default()).await.unwrap();
    assert!(batches.iter().all(|batch| batch.num_rows() <= 8_192));
    let names: &StringArray = batches[1].column(1).as_any().downcast_ref().unwrap();
    assert_eq!(names.value(0), "name 8192");

    // Whoever stops listening stops the reading, and the connection is not used again.
    let (out, mut batches) = mpsc::channel(1);
    let all = ChunkBounds::default();
    let (read, ()) = tokio::join!(store.data.read(&orders, &all, out), async move {
        batches.recv().await.unwrap();
    });
    assert_eq!(read, Err(StoreError::Abandoned));
    assert_eq!(trial::read_all(&store, &orders).await.unwrap().num_rows(), 160_000);
}

#[tokio::test]
async fn views_are_pointed_and_put_back() {
    let (database, store) = lake(
        "create role clerk_of_views; create role owner_of_views;
         create table old (id int, name text);
         create table same (id int, name text, more text);
         create table new (id bigint, \"full name\" text);
         insert into old values (1, 'old'); insert into same values (1, 'same', ''); insert into new values (1, 'new');
         create view shown with (security_barrier = true) as select id, name from old where id > 0;
         comment on view shown is 'it''s shown';
         alter view shown owner to owner_of_views;
         grant select on all tables in schema public to owner_of_views;
         grant select, update on shown to clerk_of_views with grant option;",
    )
    .await;
    let views = store.views.clone().unwrap();
    let path = |name: &str| vec!["public".to_owned(), name.to_owned()];
    let shown = path("shown");
    let attributes = || {
        database.rows(
            "select relacl::text, pg_get_userbyid(relowner), obj_description(oid) from pg_class where relname = 'shown'",
        )
    };
    let (before, attributes_before) = (views.view(&shown).await.unwrap().unwrap(), attributes());

    views.point_view(&shown, &path("same")).await.unwrap();
    assert_eq!(database.value("select name from shown"), "same");
    assert_eq!(attributes(), attributes_before, "the same columns first: the view is replaced in its place");
    views.restore_view(&shown, Some(&before)).await.unwrap();
    assert_eq!(database.value("select name from shown"), "old");
    assert_eq!(attributes(), attributes_before);

    views.point_view(&shown, &path("new")).await.unwrap();
    assert_eq!(database.value("select \"full name\" from shown"), "new");
    assert_eq!(attributes(), attributes_before, "other columns: the view is made anew with what it had");
    views.restore_view(&shown, Some(&before)).await.unwrap();
    assert_eq!(views.view(&shown).await.unwrap().unwrap(), before);
    assert_eq!(attributes(), attributes_before);

    database.execute("create view upon as select name from shown");
    let refused = views.point_view(&shown, &path("new")).await;
    assert!(matches!(&refused, Err(StoreError::Refused(said)) if said.contains("upon")), "{refused:?}");
    assert_eq!(
        views.view(&shown).await.unwrap().unwrap(),
        before,
        "a view that cannot be pointed is as it was"
    );

    let fresh = vec!["fresh".to_owned(), "view".to_owned()];
    assert_eq!(views.view(&fresh).await.unwrap(), None);
    views.point_view(&fresh, &path("new")).await.unwrap();
    assert_eq!(database.value("select \"full name\" from fresh.view"), "new");
    views.restore_view(&fresh, None).await.unwrap();
    views.restore_view(&fresh, None).await.unwrap();
    assert_eq!(views.view(&fresh).await.unwrap(), None);
    for refused in [
        views.view(&path("old")).await.map(|_| ()),
        views.point_view(&path("old"), &path("new")).await,
        views.restore_view(&path("old"), None).await,
        views.point_view(&shown, &path("gone")).await,
    ] {
        assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    }
}

#[tokio::test]
async fn a_held_table_is_read_and_not_written_and_what_needs_it_is_named() {
    let (database, store) = lake(
        "create table people (id int primary key);
         insert into people values (1), (2);
         create view grown as select * from people where id > 1;
         create table letters (to_whom int references people);
         create table kids () inherits (people);",
    )
    .await;
    let path = vec!["public".to_owned(), "people".to_owned()];
    let mut held = store.data.hold(&path).await.unwrap().unwrap();
    let found = held.dependents().await.unwrap();
    let found: Vec<_> = found.iter().map(|one| (one.what.as_str(), one.table.as_deref())).collect();
    let path_of = |name: &str| vec!["public".to_owned(), name.to_owned()];
    assert_eq!(
        found,
        [
            ("the foreign key letters_to_whom_fkey of letters", Some(&path_of("letters")[..])),
            ("the table kids, which inherits from it", Some(&path_of("kids")[..])),
            ("the view public.grown", None)
        ]
    );
    assert_eq!(store.data.estimate(&path).await.unwrap().rows, 2, "readers are let in");
    let mut writer = open_lease(&database).await;
    let error = writer.run("set lock_timeout = '50ms'; insert into people values (3)").await.unwrap_err();
    assert!(error.to_string().contains("lock"), "{error}");
    // The server itself refuses what would break others, and everything stays.
    assert!(held.drop_table().await.is_err());
    assert_eq!(store.data.estimate(&path).await.unwrap().rows, 2);
    database.execute("drop view grown; drop table letters, kids; insert into people values (3)");
    let hold = async || store.data.hold(&path).await.unwrap().unwrap().drop_table().await.unwrap();
    drop(hold().await);
    hold().await.commit().await.unwrap();
    assert!(store.data.hold(&path).await.unwrap().is_none());
}

async fn open_lease(database: &Database) -> super::connection::Lease {
    Connections::new(database.url(), 1).unwrap().lease().await.unwrap()
}

#[tokio::test]
async fn what_mig_made_around_a_table_goes_with_the_last_of_it() {
    let (database, store) = lake("create schema theirs").await;
    let made = |schema: &str| table(&[schema, "orders"], &[("id", "int64")], &["id"]);
    let mut reader = open_lease(&database).await;
    let mut left = async || {
        let sql = "select n.nspname || coalesce('.' || c.relname, '') from pg_namespace n
                   left join pg_class c on c.relnamespace = n.oid and c.relkind = 'r'
                   where n.nspname in ('ours', 'theirs') order by 1";
        let rows = reader.rows(sql).await.unwrap();
        rows.iter().map(|row| reader.value::<String>(row, 0).unwrap()).collect::<Vec<_>>().join(" ")
    };
    for schema in ["ours", "theirs"] {
        store.data.create(&made(schema)).await.unwrap();
    }
    assert_eq!(left().await, "ours._mig_receipts ours.orders theirs._mig_receipts theirs.orders");
    for schema in ["ours", "theirs"] {
        store.data.forget(&made(schema).path, Digest::of(b"plan"), "orders").await.unwrap();
    }
    assert_eq!(left().await, "ours.orders theirs.orders", "receipts go, tables stay");
    for schema in ["ours", "theirs"] {
        store.data.drop_table(&made(schema).path).await.unwrap();
        store.data.drop_table(&made(schema).path).await.unwrap();
    }
    assert_eq!(left().await, "theirs", "a schema of somebody else's stays");
}

#[tokio::test]
async fn what_is_in_the_way_may_be_mended() {
    let (database, store) = lake(
        "create table t (id int primary key); insert into t values (1);
         create role reader_only login password 'reader-secret';",
    )
    .await;
    let table = whole(&store, &["public", "t"], &["id"]).await;
    let reader =
        open(&database.url().replace("mig:", "reader_only:").replace(Server::PASSWORD, "reader-secret"))
            .await;
    for denied in [
        trial::read_all(&reader, &table).await.map(|_| ()),
        reader.data.create(&trial::table(&["mine", "t"], &[("id", "int32")], &["id"])).await.map(|_| ()),
        trial::write(&reader, &table, 0, vec![], true).await.map(|_| ()),
    ] {
        assert!(
            matches!(&denied, Err(StoreError::Unavailable(said)) if said.contains("permission denied") && said.contains("grant")),
            "{denied:?}"
        );
    }
    // Connections that an administrator closed are found out before they are used again, unless that is at once.
    assert!(trial::read_all(&store, &table).await.is_ok());
    database.execute(
        "select pg_terminate_backend(pid, 300000) from pg_stat_activity where application_name = 'mig' and datname = current_database()",
    );
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    assert!(trial::read_all(&store, &table).await.is_ok());
}

#[tokio::test]
async fn a_text_that_is_no_label_is_kept_out_and_found() {
    let (database, store) = lake(
        "create type odd as enum ('', 'a');
         create table odds (id int primary key, odd odd);
         create table others (id bigint primary key, state text not null, states text[] not null);
         insert into others values (1, 'open', '{open,null}'), (2, 'void', '{}'), (3, 'paid', '{void}')",
    )
    .await;
    // The language has no form for an empty label.
    let odds = schema_of(&store, &["public", "odds"]).await;
    assert_eq!(odds.columns[1].ty.as_ref().unwrap().to_string(), "text?");

    let columns = [("id", "int64"), ("state", "enum(open, paid)"), ("states", "list(enum(open, paid)?)")];
    let made = trial::table(&["public", "orders"], &columns, &["id"]);
    store.data.create(&made).await.unwrap();
    database.execute("insert into orders values (1, 'open', '{paid,null}'), (2, 'paid', '{}')");
    assert_eq!(
        database.value(
            "select count(*) from pg_constraint where conrelid = 'orders'::regclass and contype = 'c'"
        ),
        "2"
    );

    let others = trial::table(&["public", "others"], &columns, &["id"]);
    let misfits = store.data.misfits(&others, 10).await.unwrap();
    let found: Vec<_> = misfits.iter().map(|misfit| (misfit.key.clone(), misfit.column.as_str())).collect();
    assert_eq!(found, [(vec![KeyValue::Int(2)], "state"), (vec![KeyValue::Int(3)], "states")]);
    let said = trial::read_all(&store, &others).await.unwrap_err().to_string();
    assert!(said.contains("void") && said.contains("no label"), "{said}");
}
