//! How chunks are found, and how keys of every shape are walked.

use super::*;

#[tokio::test]
async fn keys_of_every_shape_are_walked() {
    let (_database, store) = lake(
        r#"
        create type size as enum ('small', 'large', 'huge');
        create domain code as text;
        create table numbered (id bigint primary key, x text);
        insert into numbered select i * 7, 'x' || i from generate_series(-50, 50) i;
        create table texts (k text primary key);
        insert into texts select (array['', 'a''b', 'a\b', 'é', 'Z', 'z', E'tab\t', '🚚', '12'])[i % 9 + 1] || i / 9
          from generate_series(0, 100) i;
        create table icu (k text collate "en-x-icu" primary key);
        insert into icu select x from numbered union select upper(x) from numbered;
        create table pairs (a int not null, b text not null, c date not null, primary key (b, a));
        insert into pairs select id % 5, x, '2024-01-01' from numbered;
        create table holes (a int, b text);
        insert into holes select nullif(id % 4, 0), nullif(x, 'x3') from numbered;
        insert into holes values (null, null), (null, null);
        create table floats (f float8 primary key, g float4);
        insert into floats select id / 3.0, 0.1 from numbered;
        insert into floats values ('NaN'), ('infinity'), ('-infinity'), (0.1::float8 + 0.2::float8), (5e-324);
        create table money (m numeric(38, 10) primary key);
        insert into money select id / 1000.0 from numbered;
        create table blobs (b bytea primary key);
        insert into blobs select decode(md5(x), 'hex') from numbered;
        create table uuids (u uuid primary key);
        insert into uuids select md5(x)::uuid from numbered;
        create table days (d date, t timestamptz, primary key (t, d));
        insert into days select '2000-01-01'::date + id::int, '2024-03-31 02:30:00.123456+01'::timestamptz + id * interval '1 hour'
          from numbered;
        insert into days values ('0044-03-15 BC', '0044-03-15 BC');
        create table sizes (s size, n code, primary key (s, n));
        insert into sizes select (array['small', 'large', 'huge']::size[])[abs(id) % 3 + 1], x from numbered;
        create table flags (b bool, id bigint, primary key (b, id));
        insert into flags select id % 2 = 0, id from numbered;
        create table keyless (x text, pad text);
        insert into keyless select x, repeat('p', 300) from numbered;
        delete from keyless where x like 'x1%';
        create table "Order Details" ("Order ID" int, "it""em" text, primary key ("Order ID", "it""em"));
        insert into "Order Details" select id, x from numbered;
        create table parts (id int primary key, x text) partition by range (id);
        create table low partition of parts for values from (-1000) to (0);
        create table high partition of parts for values from (0) to (1000);
        insert into parts select * from numbered;
        create view busy as select * from numbered where id % 2 = 0;
        create materialized view kept as select * from numbered;
        create table empty (id int primary key);
        create table empty_heap (id int);
        "#,
    )
    .await;
    let cases: [(&str, &[&str], bool); 22] = [
        ("numbered", &["id"], true),
        ("texts", &["k"], true),
        ("icu", &["k"], true),
        ("pairs", &["b", "a"], true),
        ("pairs", &["a"], false),
        ("holes", &["a", "b"], false),
        ("holes", &[], true),
        ("floats", &["f"], true),
        ("money", &["m"], true),
        ("blobs", &["b"], true),
        ("uuids", &["u"], true),
        ("days", &["t", "d"], true),
        ("sizes", &["s", "n"], true),
        ("flags", &["b", "id"], true),
        ("keyless", &[], true),
        ("Order Details", &["Order ID", "it\"em"], true),
        ("parts", &["id"], true),
        ("low", &["id"], true),
        ("busy", &["id"], true),
        ("kept", &[], true),
        ("empty", &["id"], true),
        ("empty_heap", &[], true),
    ];
    for (name, key, unique) in cases {
        let table = whole(&store, &["public", name], key).await;
        for rows in [1, 7, 101, 10_000] {
            trial::chunks_cover(&store, &table, rows, unique).await;
        }
    }
    // Nothing tells the rows of a view, or those of several files, apart.
    for name in ["busy", "parts"] {
        let table = whole(&store, &["public", name], &[]).await;
        assert_eq!(trial::chunks(&store, &table, 3, None).await.unwrap(), [ChunkBounds::default()]);
        assert!(trial::read_all(&store, &table).await.unwrap().num_rows() > 50);
    }
}

#[tokio::test]
async fn chunks_are_found_by_the_index() {
    let (database, store) = lake(
        "create table pairs (a int, b text, x text, primary key (a, b));
         insert into pairs select i % 100, i, 'x' from generate_series(1, 20000) i;
         create table heap (x int);
         insert into heap select generate_series(1, 20000);
         analyze",
    )
    .await;
    database.execute("vacuum pairs");
    let plan = |sql: String| {
        let rows = database.rows(&format!("explain (costs off) {sql}"));
        rows.into_iter().filter_map(|row| row[0].clone()).collect::<Vec<_>>().join("\n")
    };
    let connections = Connections::new(database.url(), 1).unwrap();
    let layout = async |table: &Table| {
        let mut lease = connections.lease().await.unwrap();
        schema::Layout::read(&mut lease, table).await.unwrap().source
    };
    let pairs = whole(&store, &["public", "pairs"], &["a", "b"]).await;
    let layout_of_pairs = layout(&pairs).await;
    let bound = |a| Some(vec![KeyValue::Int(a), KeyValue::Text("x".into())]);
    let condition =
        read::where_clause(&layout_of_pairs, &ChunkBounds { after: bound(1), up_to: None }).unwrap();
    let walk =
        plan(format!("select t.a::text from pairs as t{condition} order by t.a, t.b limit 2 offset 999"));
    assert!(walk.contains("Index Only Scan") && !walk.contains("Sort"), "{walk}");
    let condition =
        read::where_clause(&layout_of_pairs, &ChunkBounds { after: bound(1), up_to: bound(3) }).unwrap();
    let chunk = plan(format!("select t.* from pairs as t{condition} order by t.a, t.b"));
    assert!(chunk.contains("Index Cond"), "{chunk}");

    let heap = whole(&store, &["public", "heap"], &[]).await;
    let place = |page| Some(vec![KeyValue::Text(format!("({page},1)"))]);
    let bounds = ChunkBounds { after: place(1), up_to: place(9) };
    let chunk = plan(format!(
        "select t.* from heap as t{}",
        read::where_clause(&layout(&heap).await, &bounds).unwrap()
    ));
    assert!(chunk.contains("Tid Range Scan"), "{chunk}");
}
