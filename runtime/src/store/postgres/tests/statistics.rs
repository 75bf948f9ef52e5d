//! What the server's own statistics say of columns.

use super::lake;

#[tokio::test]
async fn columns_have_the_statistics_of_the_last_analyze_and_no_value() {
    let (database, store) = lake(
        "create table t (id bigint primary key, state text, \"Note\" text, nothing text);
         insert into t select i, case when i % 4 = 0 then null else 'state ' || i % 3 end, 'hunter2', null
         from generate_series(1, 4000) i;
         create table parts (id bigint, at int) partition by range (at);
         create table parts_1 partition of parts for values from (0) to (10);
         insert into parts select i, i % 2 from generate_series(1, 500) i",
    )
    .await;
    let told = async |table: &str| {
        let path = ["public".to_owned(), table.to_owned()];
        let schema = store.data.schema(Some(&[path.to_vec()])).await.unwrap();
        let told = store.data.statistics(&path, &schema.tables[path.as_slice()]).await.unwrap();
        let told = told.into_iter().map(|one| {
            let distinct = one.distinct.map_or("?".to_owned(), |distinct| distinct.to_string());
            format!("{} {} % null, {distinct} values", one.column, one.null_percent)
        });
        let mut told: Vec<String> = told.collect();
        told.sort();
        told
    };
    // Nobody has analyzed it.
    assert_eq!(told("t").await, [""; 0]);
    database.execute("analyze t, parts");
    assert_eq!(
        told("t").await,
        [
            "Note 0 % null, 1 values",
            "id 0 % null, 4000 values",
            "nothing 100 % null, ? values",
            "state 25 % null, 3 values",
        ]
    );
    assert_eq!(told("parts").await, ["at 0 % null, 2 values", "id 0 % null, 500 values"]);
}
