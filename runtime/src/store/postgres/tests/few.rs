//! Tables of few rows, which are written by a statement and read with their description.

use super::*;

#[tokio::test]
async fn few_rows_are_written_by_a_statement_and_all_others_are_copied() {
    let (database, store) = lake(
        "create table t (id bigint primary key, name text);
         create table said (word text);
         create function say() returns trigger language plpgsql as
           'begin insert into said values (split_part(current_query(), '' '', 1)); return null; end';
         create trigger say after insert on t for each statement execute function say();",
    )
    .await;
    let plain = whole(&store, &["public", "t"], &["id"]).await;
    // Servers may write statements down.
    let mut secret = plain.clone();
    secret.fields[1].secret = true;
    let rows = |from: i64, count: i64| {
        let names = StringArray::from_iter_values((0..count).map(|row| format!("it's \\{row}")));
        trial::batch(
            &plain,
            vec![Arc::new(Int64Array::from_iter_values(from..from + count)), Arc::new(names)],
        )
    };
    for (chunk, table, batches) in [
        (0, &plain, vec![rows(0, 64)]),
        (1, &plain, vec![rows(100, 65)]),
        (2, &secret, vec![rows(200, 1)]),
        (3, &plain, vec![rows(300, 1), rows(301, 1)]),
    ] {
        let count = batches.iter().map(|batch| batch.num_rows() as u64).sum();
        let written = Ok(Written::Now(trial::digest(count)));
        assert_eq!(trial::write(&store, table, chunk, batches.clone(), true).await, written);
        let before = Ok(Written::Before(trial::digest(count)));
        assert_eq!(trial::write(&store, table, chunk, batches, true).await, before);
    }
    assert_eq!(database.value("select string_agg(word, ' ') from said"), "with copy copy copy");
    assert_eq!(
        database.value("select count(*) from t where name = 'it''s \\' || id % 100"),
        "131",
        "all but one"
    );
}

#[tokio::test]
async fn the_ends_of_every_type_are_written_by_a_statement() {
    let (_database, store) = lake("").await;
    let decimals = [(38, 38), (38, 0), (12, 2)].map(|(precision, scale)| Type::Decimal { precision, scale });
    let types = Type::SIMPLE.iter().map(|(_, ty)| ty.clone()).chain(decimals).chain([trial::odd_enum()]);
    for (number, ty) in (0_u64..).zip(types) {
        let mut table = table(&["public", &format!("t{number}")], &[("id", "int64")], &["id"]);
        table.fields.push(crate::store::Field { name: "v".into(), ty: ty.clone().optional(), secret: false });
        assert_eq!(store.data.create(&table).await, Ok(true), "{ty}");
        assert_eq!(store.data.create(&table).await, Ok(false), "{ty}");
        let rows =
            trial::batch(&table, vec![Arc::new(Int64Array::from_iter_values(0..7)), trial::extremes(&ty)]);
        let written = trial::write(&store, &table, number, vec![rows.clone()], true).await;
        assert_eq!(written, Ok(Written::Now(trial::digest(7))), "{ty}");
        assert_eq!(trial::read_all(&store, &table).await.unwrap(), rows, "{ty}");
    }
}

#[tokio::test]
async fn a_table_is_read_as_it_is_now() {
    let (database, store) = lake(
        "create table t (id bigint primary key, n int);
         insert into t select i, i from generate_series(1, 64) i",
    )
    .await;
    let table = whole(&store, &["public", "t"], &["id"]).await;
    assert_eq!(trial::read_all(&store, &table).await.unwrap().num_rows(), 64);
    // One more than few.
    database.execute("insert into t values (65, 65)");
    assert_eq!(trial::read_all(&store, &table).await.unwrap().num_rows(), 65);
    database.execute("delete from t where id > 3; alter table t alter n type bigint");
    let said = trial::read_all(&store, &table).await.unwrap_err().to_string();
    assert!(said.contains("column n is bigint and not int32?; make the plan again"), "{said}");
    database.execute("alter table t drop n");
    let said = trial::read_all(&store, &table).await.unwrap_err().to_string();
    assert!(said.contains("there is no column n"), "{said}");
    database.execute("drop table t");
    let said = trial::read_all(&store, &table).await.unwrap_err().to_string();
    assert!(said.contains("there is no table"), "{said}");
}
