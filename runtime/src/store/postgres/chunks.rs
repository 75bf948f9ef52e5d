//! Chunk bounds: every Nth key, each found by a walk along the key's index from the bound before; for a table
//! without a key, places in its file, found by one pass over it.

use mig_plan::{ChunkBounds, KeyBound, KeyValue};
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use tokio::sync::mpsc;

use super::connection::{Connections, Lease};
use super::read::{key_value, where_clause};
use super::schema::{Layout, Locator, Source};
use crate::store::{StoreError, Table};

/// Sends the bounds of chunks of at most `rows` rows. What has neither key nor place is one chunk.
pub(super) async fn chunks(
    connections: &Connections,
    table: &Table,
    rows: u64,
    after: Option<KeyBound>,
    out: mpsc::Sender<ChunkBounds>,
) -> Result<(), StoreError> {
    let rows = rows.max(1);
    if let Some(source) = Source::by_key(table)? {
        return by_key(connections, &source, rows, after, &out).await;
    }
    let mut lease = connections.lease().await?;
    let layout = Layout::read(&mut lease, table).await;
    let source = lease.give_back(layout)?.source;
    match source.locator {
        Locator::None => send(&out, after, None).await,
        Locator::Key => by_key(connections, &source, rows, after, &out).await,
        Locator::Place => by_place(connections, &source, rows, after, &out).await,
    }
}

async fn send(
    out: &mpsc::Sender<ChunkBounds>,
    after: Option<KeyBound>,
    up_to: Option<KeyBound>,
) -> Result<(), StoreError> {
    out.send(ChunkBounds { after, up_to }).await.map_err(|_| StoreError::Abandoned)
}

/// One short statement per chunk, so that neither a connection nor an old state of the database is held while
/// the chunks are copied.
async fn by_key(
    connections: &Connections,
    source: &Source,
    rows: u64,
    mut after: Option<KeyBound>,
    out: &mpsc::Sender<ChunkBounds>,
) -> Result<(), StoreError> {
    loop {
        let condition = where_clause(source, &ChunkBounds { after: after.clone(), up_to: None })?;
        // Outside, since the server makes text of every key that it passes over as well.
        let key = source.key_list("");
        let sql = format!(
            "select {} from (select {key} from {} as t{condition} order by {key} limit 2 offset {}) as t order by {key}",
            source.key_list("::text"),
            source.sql,
            rows - 1
        );
        let mut lease = connections.lease().await?;
        let found = bounds(&mut lease, &sql).await;
        // The second row says that there is one behind the chunk.
        let up_to = match <[_; 2]>::try_from(lease.give_back(found)?) {
            Ok([last, _]) => Some(last),
            Err(_) => None,
        };
        send(out, after, up_to.clone()).await?;
        if up_to.is_none() {
            return Ok(());
        }
        after = up_to;
    }
}

/// The rows that a statement gives, each as a bound.
async fn bounds(lease: &mut Lease, sql: &str) -> Result<Vec<KeyBound>, StoreError> {
    let rows = lease.rows(sql).await?;
    let part = |row, place| Ok(lease.value::<Option<String>>(row, place)?.map_or(KeyValue::Null, key_value));
    rows.iter().map(|row: &PgRow| (0..row.len()).map(|place| part(row, place)).collect()).collect()
}

/// All bounds at once: rows are numbered as they lie in the file, which one pass does and an index cannot.
async fn by_place(
    connections: &Connections,
    source: &Source,
    rows: u64,
    mut after: Option<KeyBound>,
    out: &mpsc::Sender<ChunkBounds>,
) -> Result<(), StoreError> {
    let condition = where_clause(source, &ChunkBounds { after: after.clone(), up_to: None })?;
    let sql = format!(
        "select place::text from (
           select t.ctid as place, row_number() over () as number, lead(t.ctid) over () as next from {} as t{condition}
         ) numbered where number % {rows} = 0 and next is not null order by number",
        source.sql
    );
    let mut lease = connections.lease().await?;
    let found = async {
        // Several workers, or a pass that joins another's in the middle, would number rows in another order.
        lease
            .run("begin; set local max_parallel_workers_per_gather = 0; set local synchronize_seqscans = off")
            .await?;
        let found = bounds(&mut lease, &sql).await?;
        lease.run("commit").await?;
        Ok(found)
    }
    .await;
    for bound in lease.give_back(found)? {
        let up_to = Some(bound);
        send(out, after, up_to.clone()).await?;
        after = up_to;
    }
    send(out, after, None).await
}
