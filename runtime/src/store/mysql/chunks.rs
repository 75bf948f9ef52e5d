//! Chunk bounds: every Nth key, each found by a walk along the key's index from the bound before.

use mig_plan::{ChunkBounds, KeyBound};
use tokio::sync::mpsc;

use super::connection::Connections;
use super::read::{bound, where_clause};
use super::schema::Layout;
use crate::store::{StoreError, Table};

/// Sends the bounds of chunks of at most `rows` rows. A table without a key, or with one of floats, is one chunk. One
/// short statement per chunk, so that neither a connection nor an old state of the database is held while the
/// chunks are copied.
pub(super) async fn chunks(
    connections: &Connections,
    table: &Table,
    rows: u64,
    mut after: Option<KeyBound>,
    out: mpsc::Sender<ChunkBounds>,
) -> Result<(), StoreError> {
    let mut lease = connections.lease().await?;
    let layout = Layout::read(&mut lease, table).await;
    let layout = lease.give_back(layout)?;
    loop {
        let up_to = if layout.key.is_empty() {
            None
        } else {
            let condition = where_clause(&layout, &ChunkBounds { after: after.clone(), up_to: None })?;
            let sql = format!(
                "select {} from {} as t{condition}{} limit 2 offset {}",
                layout.key_list().join(", "),
                layout.sql,
                layout.order(),
                rows.max(1) - 1
            );
            let mut lease = connections.lease().await?;
            let found = async {
                let rows = lease.rows(&sql).await?;
                rows.iter().map(|row| bound(&lease, &layout, row, 0)).collect::<Result<Vec<_>, _>>()
            }
            .await;
            // The second row says that there is one behind the chunk.
            match <[_; 2]>::try_from(lease.give_back(found)?) {
                Ok([last, _]) => Some(last),
                Err(_) => None,
            }
        };
        let bounds = ChunkBounds { after, up_to: up_to.clone() };
        out.send(bounds).await.map_err(|_| StoreError::Abandoned)?;
        if up_to.is_none() {
            return Ok(());
        }
        after = up_to;
    }
}
