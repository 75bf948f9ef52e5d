//! What columns hold, counted in the first rows.

use super::shop;

#[tokio::test]
async fn columns_are_counted_in_the_first_rows() {
    let (_database, store) = shop(
        "create table t (id bigint primary key, `sta``te` varchar(20), doc json, nothing text);
         insert into t select seq, if(seq % 4 = 0, null, concat('state ', seq % 3)), '{\"a\": 1}', null
         from (with recursive s (seq) as (select 1 union all select seq + 1 from s where seq < 400) select seq from s) s;
         create table none (id int primary key)",
    )
    .await;
    let told = async |table: &str| {
        let path = [table.to_owned()];
        let schema = store.data.schema(Some(&[path.to_vec()])).await.unwrap();
        let told = store.data.statistics(&path, &schema.tables[path.as_slice()]).await.unwrap();
        let told = told.into_iter().map(|one| (one.column, one.null_percent, one.distinct));
        told.collect::<Vec<_>>()
    };
    assert_eq!(
        told("t").await,
        [
            ("id".to_owned(), 0, Some(400)),
            ("sta`te".to_owned(), 25, Some(3)),
            ("doc".to_owned(), 0, Some(1)),
            ("nothing".to_owned(), 100, Some(0)),
        ]
    );
    assert_eq!(told("none").await, []);
}
