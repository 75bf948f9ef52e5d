//! The SQLite store as a run drives it, on real files.

use std::path::Path;

use mig_plan::{KeyValue, Setting, StoreKind, Type};
use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::store::open as open_store;
use crate::store::trial::{self, table};

struct Shop {
    store: Store,
    folder: TempDir,
}

impl Shop {
    async fn new(sql: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let shop = Self { store: store(folder.path(), "shop.db").await, folder };
        shop.sql().execute_batch(sql).unwrap();
        shop
    }

    fn sql(&self) -> Connection {
        Connection::open(self.folder.path().join("shop.db")).unwrap()
    }

    async fn schema_of(&self, name: &str) -> mig_plan::TableSchema {
        let path = vec![name.to_owned()];
        let schema = self.store.data.schema(Some(std::slice::from_ref(&path))).await.unwrap();
        schema.tables[&path].clone()
    }
}

async fn store(folder: &Path, location: &str) -> Store {
    let config = StoreConfig {
        kind: StoreKind::Sqlite,
        location: Setting::Text(location.into()),
        connections: 4,
        limit: mig_plan::Limit::default(),
        options: Default::default(),
    };
    open_store(&config, location, folder).await.unwrap()
}

#[tokio::test]
async fn every_type_survives() {
    let shop = Shop::new("").await;
    // An enum is a text with a check.
    let described = |ty: &Type| if matches!(ty, Type::Enum(_)) { Type::Text } else { ty.clone() };
    trial::every_type_survives(&shop.store, &["every type"], described).await;
}

#[tokio::test]
async fn receipts_hold() {
    let shop = Shop::new("").await;
    trial::receipts_hold(&shop.store, &["orders"]).await;
}

#[tokio::test]
async fn keys_of_every_shape_are_walked() {
    let shop = Shop::new(
        r#"
        create table numbered (id INTEGER primary key, x TEXT);
        create table texts (code TEXT primary key, x TEXT);
        create table nocase (code TEXT collate nocase primary key);
        create table pairs (a INT not null, b TEXT not null, primary key (a, b));
        create table clustered (a TEXT not null, b INT not null, primary key (a, b)) without rowid;
        create table keyless ("rowid" TEXT, x TEXT);
        create table holes (a INT, b TEXT);
        create table floats (f DOUBLE not null primary key);
        create table money (m DECIMAL(8,2) not null primary key);
        create table blobs (id BLOB not null primary key);
        create table days (d DATE not null primary key);
        create table "Order Details" ("Order ID" INT not null, "it""em" TEXT not null, primary key ("Order ID", "it""em"));
        create view busy as select * from numbered where id % 2 = 0;
        create table empty (id INTEGER primary key);
        with recursive n(i) as (select -50 union all select i + 1 from n where i < 50)
        insert into numbered select i * 7, 'x' || i from n;
        insert into texts select x, id from numbered;
        insert into nocase select case when id % 2 then 'k' else 'K' end || id from numbered;
        insert into pairs select id % 5, x from numbered;
        insert into clustered select x, id % 5 from numbered;
        insert into keyless select null, x from numbered;
        delete from keyless where x like 'x1%';
        insert into holes select nullif(id % 4, 0), nullif(x, 'x3') from numbered;
        insert into floats select id / 3.0 from numbered;
        insert into floats values (9e999), (-9e999), (1e300), (0.1 + 0.2);
        insert into money select id / 100.0 from numbered;
        insert into blobs select randomblob(16) from numbered;
        insert into days select date('2024-01-01', id || ' days') from numbered;
        insert into "Order Details" select id, x from numbered;
        "#,
    )
    .await;
    let tables = [
        (table(&["numbered"], &[("id", "int64"), ("x", "text?")], &["id"]), true),
        (table(&["texts"], &[("code", "text"), ("x", "text?")], &["code"]), true),
        (table(&["nocase"], &[("code", "text")], &["code"]), true),
        (table(&["pairs"], &[("a", "int64"), ("b", "text")], &["a", "b"]), true),
        (table(&["pairs"], &[("a", "int64"), ("b", "text")], &["a"]), false),
        (table(&["clustered"], &[("a", "text"), ("b", "int64")], &["a", "b"]), true),
        (table(&["keyless"], &[("rowid", "text?"), ("x", "text?")], &[]), true),
        (table(&["holes"], &[("a", "int64?"), ("b", "text?")], &["a", "b"]), false),
        (table(&["floats"], &[("f", "float64")], &["f"]), true),
        (table(&["money"], &[("m", "decimal(8, 2)")], &["m"]), true),
        (table(&["blobs"], &[("id", "bytes")], &["id"]), true),
        (table(&["days"], &[("d", "date")], &["d"]), true),
        (
            table(&["Order Details"], &[("it\"em", "text"), ("Order ID", "int64")], &["Order ID", "it\"em"]),
            true,
        ),
        (table(&["busy"], &[("id", "int64?"), ("x", "text?")], &["id"]), true),
        (table(&["empty"], &[("id", "int64")], &["id"]), true),
    ];
    for (table, unique) in tables {
        for rows in [1, 7, 101, 10_000] {
            trial::chunks_cover(&shop.store, &table, rows, unique).await;
        }
    }
    // Nothing tells the rows of a view apart.
    let view = table(&["busy"], &[("id", "int64?")], &[]);
    assert_eq!(trial::chunks(&shop.store, &view, 3, None).await.unwrap(), [ChunkBounds::default()]);
    assert_eq!(trial::read_all(&shop.store, &view).await.unwrap().num_rows(), 51);
}

#[tokio::test]
async fn chunks_are_found_by_the_index() {
    let shop =
        Shop::new("create table pairs (a INT not null, b TEXT not null, x TEXT, primary key (a, b))").await;
    let database = Database::new(shop.folder.path().join("shop.db"));
    let connection = shop.sql();
    let table = table(&["pairs"], &[("a", "int64"), ("b", "text"), ("x", "text?")], &["a", "b"]);
    let layout = schema::Layout::read(&database, &connection, &table).unwrap();
    let bound = |a| Some(vec![KeyValue::Int(a), KeyValue::Text("x".into())]);
    let bounds = ChunkBounds { after: bound(1), up_to: bound(5) };
    let (condition, parameters) = read::where_clause(&table, &layout, &bounds).unwrap();
    let sql = format!(
        "explain query plan select {} from {}{condition}{} limit 2 offset 99",
        layout.key_list(),
        layout.table,
        layout.order()
    );
    let mut statement = connection.prepare(&sql).unwrap();
    let plan: Vec<String> = statement
        .query_map(rusqlite::params_from_iter(parameters), |row| row.get(3))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(plan.len(), 1, "no sort: {plan:?}");
    assert!(plan[0].contains("SEARCH") && plan[0].contains("COVERING INDEX"), "{plan:?}");
}

#[tokio::test]
async fn a_schema_says_what_sqlite_knows() {
    let shop = Shop::new(
        r#"
        create table orders (
          no INTEGER primary key, cust INT not null, total NUMERIC(10, 2) not null default 0, note,
          tags NUMERIC, twice INT generated always as (cust * 2) stored, email VARCHAR(80) not null unique,
          nick TEXT unique
        );
        create unique index lower_email on orders (lower(email));
        create unique index live on orders (cust) where total > 0;
        create unique index cust_email on orders (cust, email);
        create table old_key (id INT primary key, x TEXT);
        create table upside_down (id INTEGER primary key desc);
        create view big as select no, total, total * 2 as double from orders;
        create view broken as select * from gone;
        create virtual table words using fts5(word);
        create table _mig_receipts (x);
        insert into orders (cust, email) values (1, 'a');
        "#,
    )
    .await;
    let all = shop.store.data.schema(None).await.unwrap();
    let names: Vec<_> = all.tables.keys().map(|path| path.join(".")).collect();
    assert_eq!(names, ["big", "old_key", "orders", "upside_down", "words"]);

    let orders = shop.schema_of("orders").await;
    let columns: Vec<_> = orders
        .columns
        .iter()
        .map(|column| {
            let ty = column.ty.as_ref().map_or("-".to_owned(), ToString::to_string);
            let default = if column.has_default { " by itself" } else { "" };
            format!("{}: {ty} from {:?}{default}", column.name, column.native)
        })
        .collect();
    assert_eq!(
        columns,
        [
            "no: int64 from \"INTEGER\" by itself",
            "cust: int64 from \"INT\"",
            "total: decimal(10, 2) from \"NUMERIC(10, 2)\" by itself",
            "note: - from \"\"",
            "tags: - from \"NUMERIC\"",
            "twice: int64? from \"INT\" by itself",
            "email: text from \"VARCHAR(80)\"",
            "nick: text? from \"TEXT\"",
        ]
    );
    assert_eq!(orders.primary_key, ["no"]);
    assert_eq!(orders.unique_keys, [vec!["cust".to_owned(), "email".into()], vec!["email".into()]]);
    assert!(!shop.schema_of("old_key").await.columns[0].has_default);
    assert!(!shop.schema_of("old_key").await.columns[0].ty.as_ref().unwrap().nullable);
    assert!(!shop.schema_of("upside_down").await.columns[0].has_default);
    let big = shop.schema_of("big").await;
    assert!(big.is_view);
    assert_eq!(big.columns[2].ty, None);
    let broken = shop.store.data.schema(Some(&[vec!["broken".into()]])).await;
    assert!(matches!(&broken, Err(StoreError::Refused(said)) if said.contains("gone")), "{broken:?}");
    let missing = shop.store.data.schema(Some(&[vec!["nothing".into()]])).await.unwrap();
    assert!(missing.tables.is_empty());
    let weight = shop.store.data.estimate(&["orders".into()]).await.unwrap();
    assert_eq!((weight.rows, weight.bytes), (1, 4096));
    assert!(shop.store.data.estimate(&["big".into()]).await.unwrap().bytes > 0);
}

#[tokio::test]
async fn columns_are_counted_in_the_first_rows() {
    let shop = Shop::new(
        "create table t (id integer primary key, \"sta\"\"te\" text, empty text);
         with recursive s (i) as (select 1 union all select i + 1 from s where i < 12000)
         insert into t select i, iif(i % 4 = 0, null, 'state ' || (i % 3)), null from s;
         create view few as select * from t where id <= 8;",
    )
    .await;
    let told = async |table: &str| {
        let schema = shop.schema_of(table).await;
        let told = shop.store.data.statistics(&[table.into()], &schema).await.unwrap();
        told.into_iter().map(|one| (one.column, one.null_percent, one.distinct)).collect::<Vec<_>>()
    };
    let column = |name: &str, percent, distinct| (name.to_owned(), percent, distinct);
    assert_eq!(
        told("t").await,
        [column("id", 0, None), column("sta\"te", 25, None), column("empty", 100, None)]
    );
    assert_eq!(
        told("few").await,
        [column("id", 0, Some(8)), column("sta\"te", 25, Some(3)), column("empty", 100, Some(0))]
    );
}

#[tokio::test]
async fn values_that_do_not_fit_are_found_and_refused() {
    let shop = Shop::new(
        "create table t (
           id INT primary key, small TINYINT, flag BOOLEAN, amount NUMERIC(10,2), ratio REAL, name TEXT,
           day DATE, at DATETIME, instant TIMESTAMPTZ, key UUID, doc JSON, raw BLOB
         );
         insert into t (id) values (1);
         insert into t values (2, 127, 1, 12.25, 3, 'x', '2024-02-29', '2024-01-01 10:00', '2024-01-01T10:00Z',
           '00000000-0000-0000-0000-000000000001', '[1]', x'00');
         insert into t (id, small) values (3, 'abc'), (4, 1.5), (5, 128);
         insert into t (id, flag) values (6, 2);
         insert into t (id, amount) values (7, 1.005), (8, 'much'), (9, 123456789);
         insert into t (id, ratio) values (10, 'high'), (11, 12);
         insert into t (id, name) values (12, cast(x'ff41' as text)), (13, x'41');
         insert into t (id, day) values (14, '01/02/2024'), (15, 45000);
         insert into t (id, at) values (16, 'abc'), (17, '2024-01-01 10:00Z');
         insert into t (id, instant) values (18, '2024-01-01 10:00');
         insert into t (id, key) values (19, 'no uuid');
         insert into t (id, doc) values (20, '{');
         insert into t (id, raw) values (21, 'text');
         insert into t (id, small) values (null, 1);",
    )
    .await;
    let schema = shop.schema_of("t").await;
    let fields = schema.columns.iter().map(|column| crate::store::Field {
        name: column.name.clone(),
        ty: column.ty.clone().unwrap(),
        secret: false,
    });
    let table = Table { path: vec!["t".into()], fields: fields.collect(), key: vec!["id".into()] };
    let misfits = shop.store.data.misfits(&table, 100).await.unwrap();
    let shown: Vec<_> = misfits
        .iter()
        .map(|misfit| format!("{} {} {}: {}", misfit.key[0], misfit.column, misfit.value, misfit.reason))
        .collect();
    insta::assert_snapshot!(shown.join("\n"));
    assert_eq!(shop.store.data.misfits(&table, 3).await.unwrap().len(), 3);

    // Everything that is found is refused, and nothing else.
    for id in 1..=21 {
        let bound = |id| Some(vec![KeyValue::Int(id)]);
        let bounds = ChunkBounds { after: bound(id - 1), up_to: bound(id) };
        let read = trial::read_chunk(&shop.store, &table, &bounds).await;
        match misfits.iter().find(|misfit| misfit.key == [KeyValue::Int(id)]) {
            None => assert_eq!(read.unwrap()[0].num_rows(), 1, "row {id}"),
            Some(misfit) => {
                let Err(StoreError::Refused(said)) = read else { panic!("row {id}: {read:?}") };
                for part in [format!("row id {id}"), misfit.column.clone(), misfit.value.clone()] {
                    assert!(said.contains(&part), "{said}");
                }
            }
        }
    }
}

#[tokio::test]
async fn what_sqlite_would_change_is_refused() {
    use arrow::array::{Decimal128Array, Float64Array};
    let shop = Shop::new("create table wide (id INTEGER primary key, amount DECIMAL(20, 4) not null)").await;
    let floats = table(&["floats"], &[("id", "int64"), ("ratio", "float64")], &["id"]);
    shop.store.data.create(&floats).await.unwrap();
    let ids = || Arc::new(arrow::array::Int64Array::from(vec![41, 42]));
    let rows = trial::batch(&floats, vec![ids(), Arc::new(Float64Array::from(vec![1.0, f64::NAN]))]);
    let said = trial::write(&shop.store, &floats, 0, vec![rows], true).await.unwrap_err().to_string();
    assert!(said.contains("id 42") && said.contains("ratio") && said.contains("NaN"), "{said}");

    let wide = table(&["wide"], &[("id", "int64"), ("amount", "decimal(20, 4)")], &["id"]);
    let amounts = |amounts: Vec<i128>| {
        let amounts = Decimal128Array::from(amounts).with_precision_and_scale(20, 4).unwrap();
        trial::batch(&wide, vec![ids(), Arc::new(amounts)])
    };
    let exact = amounts(vec![999_999_999_999_999, 12_345_678_901_234_560_000]);
    trial::write(&shop.store, &wide, 0, vec![exact.clone()], true).await.unwrap();
    assert_eq!(trial::read_all(&shop.store, &wide).await.unwrap(), exact);
    shop.sql().execute("delete from wide", []).unwrap();
    let long = amounts(vec![1, 12_345_678_901_234_567_891]);
    let said = trial::write(&shop.store, &wide, 1, vec![long], true).await.unwrap_err().to_string();
    assert!(said.contains("id 42") && said.contains("DECIMAL_TEXT"), "{said}");
    let listed = StoreConfig {
        kind: StoreKind::Sqlite,
        location: Setting::Text(String::new()),
        connections: 1,
        limit: mig_plan::Limit::default(),
        options: Default::default(),
    };
    assert!(open_store(&listed, ":memory:", shop.folder.path()).await.is_err());
    assert!(shop.store.data.accepts(&"list(text)".parse().unwrap()).unwrap_err().contains("list(text)"));
}

#[tokio::test]
async fn views_are_pointed_and_put_back() {
    let shop = Shop::new(
        "create table old (id INTEGER primary key, name TEXT);
         create table new (id INTEGER primary key, \"full name\" TEXT, more TEXT);
         insert into old values (1, 'old'); insert into new values (1, 'new', '');
         create view shown as select id, name from old;
         create trigger shown_insert instead of insert on shown begin insert into old values (new.id, new.name); end;",
    )
    .await;
    let views = shop.store.views.clone().unwrap();
    let (shown, new) = (vec!["shown".to_owned()], vec!["new".to_owned()]);
    let before = views.view(&shown).await.unwrap().unwrap();
    views.point_view(&shown, &new).await.unwrap();
    let now = |sql: &str| shop.sql().query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
    assert_eq!(now("select \"full name\" from shown"), "new");
    views.restore_view(&shown, Some(&before)).await.unwrap();
    assert_eq!(now("select name from shown"), "old");
    assert_eq!(views.view(&shown).await.unwrap().unwrap(), before);
    shop.sql().execute("insert into shown values (2, 'by the trigger')", []).unwrap();
    assert_eq!(now("select name from old where id = 2"), "by the trigger");

    let fresh = vec!["fresh".to_owned()];
    assert_eq!(views.view(&fresh).await.unwrap(), None);
    views.point_view(&fresh, &new).await.unwrap();
    views.restore_view(&fresh, None).await.unwrap();
    views.restore_view(&fresh, None).await.unwrap();
    assert_eq!(views.view(&fresh).await.unwrap(), None);

    for refused in [
        views.view(&new).await.map(|_| ()),
        views.point_view(&new, &new).await,
        views.restore_view(&new, None).await,
        views.point_view(&shown, &["gone".to_owned()]).await,
    ] {
        assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    }
    assert_eq!(
        views.view(&shown).await.unwrap().unwrap(),
        before,
        "a view that cannot be pointed is as it was"
    );
}

#[tokio::test]
async fn a_missing_file_is_not_made_by_reading() {
    let folder = TempDir::new().unwrap();
    let missing = store(folder.path(), "sqlite:missing.db").await;
    let table = table(&["t"], &[("id", "int64")], &["id"]);
    let read = trial::read_all(&missing, &table).await;
    assert!(matches!(&read, Err(StoreError::Unavailable(said)) if said.contains("missing.db")), "{read:?}");
    assert!(missing.data.schema(None).await.unwrap().tables.is_empty());
    let plan = Digest::of(b"plan");
    missing.data.drop_table(&table.path).await.unwrap();
    missing.data.delete_rows(&table.path, plan, "orders").await.unwrap();
    assert_eq!(missing.data.receipts(&table.path, plan, "orders").await.unwrap(), []);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);

    missing.data.create(&table).await.unwrap();
    assert!(folder.path().join("missing.db").exists());

    let nowhere = store(folder.path(), "no/such/folder/x.db").await;
    let schema = nowhere.data.schema(None).await;
    assert!(
        matches!(&schema, Err(StoreError::Unavailable(said)) if said.contains("no/such/folder")),
        "{schema:?}"
    );
}

#[tokio::test]
async fn what_is_no_database_is_said_to_be_none() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("shop.db"), "this is a text of some length, and no database at all")
        .unwrap();
    let store = store(folder.path(), "shop.db").await;
    let schema = store.data.schema(None).await;
    assert!(
        matches!(&schema, Err(StoreError::Refused(said)) if said.contains("not a SQLite database")),
        "{schema:?}"
    );
}

#[tokio::test]
async fn a_database_that_was_left_in_a_write_is_not_read() {
    let shop = Shop::new("create table t (id INTEGER primary key, pad BLOB)").await;
    let sql = shop.sql();
    sql.execute_batch("insert into t values (1, zeroblob(100000)); begin").unwrap();
    sql.execute("update t set pad = randomblob(100000)", []).unwrap();
    // As a full cache is, which all connections of a process share.
    sql.cache_flush().unwrap();
    let copy = |from: &str, to: &str| {
        std::fs::copy(shop.folder.path().join(from), shop.folder.path().join(to)).unwrap();
    };
    copy("shop.db", "left.db");
    copy("shop.db-journal", "left.db-journal");
    let left = store(shop.folder.path(), "left.db").await;
    let read = left.data.schema(None).await;
    assert!(matches!(&read, Err(StoreError::Unavailable(said)) if said.contains("rolls")), "{read:?}");
}

#[tokio::test]
async fn a_database_that_is_locked_is_waited_for() {
    let shop = Shop::new("create table t (id INTEGER primary key)").await;
    let table = table(&["t"], &[("id", "int64")], &["id"]);
    let other = shop.sql();
    other.execute_batch("begin exclusive").unwrap();
    let free = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(300));
        other.execute_batch("commit").unwrap();
    });
    assert_eq!(trial::read_all(&shop.store, &table).await.unwrap().num_rows(), 0);
    free.join().unwrap();
}

#[tokio::test]
async fn reading_goes_on_while_a_chunk_is_written() {
    use arrow::array::Int64Array;
    let shop = Shop::new("create table t (id INTEGER primary key); insert into t values (1)").await;
    let table = table(&["t"], &[("id", "int64")], &["id"]);
    let (send, input) = mpsc::channel(1);
    let key = trial::receipt(0);
    let writing = shop.store.data.write(&table, &key, input);
    let reading = async {
        let rows = trial::batch(&table, vec![Arc::new(Int64Array::from(vec![2]))]);
        send.send(crate::store::WriteItem::Batch(rows)).await.unwrap();
        assert_eq!(trial::read_all(&shop.store, &table).await.unwrap().num_rows(), 1);
        send.send(crate::store::WriteItem::Commit(trial::digest(1))).await.unwrap();
    };
    let (written, ()) = tokio::join!(writing, reading);
    assert_eq!(written, Ok(Written::Now(trial::digest(1))));
    assert_eq!(trial::read_all(&shop.store, &table).await.unwrap().num_rows(), 2);
}

#[tokio::test]
async fn large_tables_come_in_bounded_batches() {
    let shop = Shop::new(
        "create table t (id INTEGER primary key, pad TEXT);
         with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000)
         insert into t select i, 'x' from n;
         create table heavy (id INTEGER primary key, pad BLOB);
         with recursive n(i) as (select 1 union all select i + 1 from n where i < 40)
         insert into heavy select i, zeroblob(1000000) from n;",
    )
    .await;
    let light = table(&["t"], &[("id", "int64"), ("pad", "text?")], &["id"]);
    let all = ChunkBounds::default();
    let sizes = |batches: Vec<RecordBatch>| batches.iter().map(RecordBatch::num_rows).collect::<Vec<_>>();
    assert_eq!(sizes(trial::read_chunk(&shop.store, &light, &all).await.unwrap()), [8192, 8192, 3616]);
    let heavy = table(&["heavy"], &[("id", "int64"), ("pad", "bytes?")], &["id"]);
    assert_eq!(sizes(trial::read_chunk(&shop.store, &heavy, &all).await.unwrap()), [9, 9, 9, 9, 4]);
    // Whoever stops listening stops the reading.
    let (out, mut batches) = mpsc::channel(1);
    let reading = shop.store.data.read(&light, &all, out);
    let (read, ()) = tokio::join!(reading, async move {
        batches.recv().await.unwrap();
    });
    assert_eq!(read, Err(StoreError::Abandoned));
}

#[tokio::test]
async fn a_text_that_is_no_label_is_kept_out_and_found() {
    let shop = Shop::new("create table others (id integer primary key, state text); insert into others values (1, 'open'), (2, 'void')").await;
    let columns = [("id", "int64"), ("state", "enum(open, paid, `it's`)?")];
    let made = table(&["orders"], &columns, &["id"]);
    shop.store.data.create(&made).await.unwrap();
    shop.sql().execute("insert into orders values (1, 'it''s'), (2, null)", []).unwrap();
    let refused = shop.sql().execute("insert into orders values (3, 'void')", []).unwrap_err();
    assert!(refused.to_string().contains("CHECK"), "{refused}");

    let others = table(&["others"], &columns, &["id"]);
    let misfits = shop.store.data.misfits(&others, 10).await.unwrap();
    let [misfit] = misfits.as_slice() else { panic!("{misfits:?}") };
    assert_eq!((misfit.key.as_slice(), misfit.column.as_str()), (&[KeyValue::Int(2)][..], "state"));
    let said = trial::read_all(&shop.store, &others).await.unwrap_err().to_string();
    assert!(said.contains("'void'") && said.contains("no label"), "{said}");
}
