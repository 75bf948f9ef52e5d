//! The rows of a chunk on their way out, in the bytes in which COPY has them, with the description of the table by which they
//! are to be understood.
//!
//! A table of few rows is one exchange: a cursor that gives its values as COPY does, and the description behind it. Of any other
//! table the description is one exchange, and COPY, which takes half the time for each row, another.

use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use mig_plan::ChunkBounds;
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::connection::Lease;
use super::encode::HEADER;
use super::insert::{FEW_BYTES, FEW_ROWS};
use super::names::Place;
use super::read::select;
use super::schema::{Layout, Source, columns_question};
use crate::store::{StoreError, Table};

/// A chunk's rows as a binary copy, in key order, and the table's description.
///
/// # Errors
/// When the table is not there, or its columns are not those that are wanted.
pub(super) async fn rows<'a>(
    lease: &'a mut Lease,
    table: &Table,
    bounds: &ChunkBounds,
) -> Result<(Layout, BoxStream<'a, Result<Bytes, sqlx::Error>>), StoreError> {
    if let Some((layout, rows)) = few(lease, table, bounds).await? {
        return Ok((layout, stream::iter([Ok(rows)]).boxed()));
    }
    let layout = Layout::read(lease, table).await?;
    let sql = format!("copy ({}) to stdout (format binary)", select(&layout.source, table, bounds)?);
    let home = lease.home();
    let rows = lease.copy_out_raw(&sql).await.map_err(|error| home.error(error))?;
    Ok((layout, rows))
}

/// The rows of a whole table, where they are few and have a key; `None` where they are not, or where anything else has to be
/// said of the table.
async fn few(
    lease: &mut Lease,
    table: &Table,
    bounds: &ChunkBounds,
) -> Result<Option<(Layout, Bytes)>, StoreError> {
    if *bounds != ChunkBounds::default() {
        return Ok(None);
    }
    let Some(source) = Source::by_key(table)? else { return Ok(None) };
    // From the cursor on nobody can change the table before the end, so that it is described as its rows are.
    let sql = format!(
        "begin; declare few binary no scroll cursor for {}; {}; fetch {} from few; commit",
        select(&source, table, bounds)?,
        columns_question(&Place::new(&table.path)?),
        FEW_ROWS + 1
    );
    let (mut columns, mut rows, mut copy) = (Vec::new(), 0, HEADER.to_vec());
    let ran = lease.attempt(&sql, |statement, row| {
        if statement == 2 {
            columns.push(row);
        } else {
            rows += 1;
            if copy.len() <= FEW_BYTES {
                append(&row, &mut copy);
            }
        }
    });
    if ran.await?.is_some() || rows > FEW_ROWS || copy.len() > FEW_BYTES {
        return Ok(None);
    }
    let layout = Layout::of_plain(lease, &columns, table)?;
    Ok(layout.map(|layout| (layout, copy.into())))
}

/// Appends a row as COPY has it: how many values there are, then the length and the bytes of each.
fn append(row: &PgRow, copy: &mut Vec<u8>) {
    let count = i16::try_from(row.len()).unwrap_or(i16::MAX);
    copy.extend_from_slice(&count.to_be_bytes());
    for place in 0..row.len() {
        match row.try_get_raw(place).ok().and_then(|value| value.as_bytes().ok()) {
            Some(value) => {
                copy.extend_from_slice(&i32::try_from(value.len()).unwrap_or(i32::MAX).to_be_bytes());
                copy.extend_from_slice(value);
            }
            None => copy.extend_from_slice(&(-1_i32).to_be_bytes()),
        }
    }
}
