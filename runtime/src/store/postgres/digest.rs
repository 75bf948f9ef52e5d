//! The checksum of a chunk that PostgreSQL computes: the hash of each row by PostgreSQL's own hash functions, summed.
//!
//! Two rows that these functions hash alike are equal as `docs/equality.md` has it, for the types below; of others
//! there is no checksum. `hash_record_extended` is a linear combination of the columns' hashes: summed as it is, two
//! rows could swap a value unseen. So its result is hashed once more.

use mig_plan::{ChunkBounds, ChunkDigest};

use super::connection::Lease;
use super::names::column;
use super::read::where_clause;
use super::schema::{Layout, Locator};
use super::types::Native;
use crate::store::{StoreError, Table};

/// Hashes begin from this. Not from 0, which would be the hash of the float 0.0 and is that of a null.
const SEED: i64 = 6_364_136_223_846_793_005;

/// The first server that hashes records.
const HASHES_RECORDS: u32 = 140_000;

/// A column as it is hashed; `None` for types whose hash is not that of their value here: `char(n)` without its
/// blanks, enums by a number that differs between databases, JSON by its meaning, `json` not at all.
fn hashed(name: &str, native: &Native) -> Option<String> {
    let column = column(name);
    match native {
        Native::Bool
        | Native::Int2
        | Native::Int4
        | Native::Int8
        | Native::Float4
        | Native::Float8
        | Native::Numeric { .. }
        | Native::Bytea
        | Native::Date
        | Native::Time(_)
        | Native::Timestamp(_)
        | Native::Timestamptz(_)
        | Native::Uuid => Some(column),
        // By bytes, whatever the column's collation takes for equal.
        Native::Text | Native::Varchar(_) => Some(format!("{column}::text collate \"C\"")),
        Native::Char(_) | Native::Json | Native::Jsonb | Native::Enum(_) | Native::Array(..) => None,
    }
}

/// The checksum of a chunk, where there is one.
pub(super) async fn own_digest(
    lease: &mut Lease,
    table: &Table,
    bounds: &ChunkBounds,
) -> Result<Option<ChunkDigest>, StoreError> {
    if lease.server_version_num().is_none_or(|version| version < HASHES_RECORDS) {
        return Ok(None);
    }
    let layout = Layout::read(lease, table).await?;
    let columns: Option<Vec<String>> =
        table.fields.iter().zip(&layout.natives).map(|(field, native)| hashed(&field.name, native)).collect();
    let Some(columns) = columns.filter(|_| layout.source.locator == Locator::Key) else { return Ok(None) };
    let sql = format!(
        "select count(*), coalesce(sum(hashint8extended(hash_record_extended(row({}), {SEED}), 0)), 0)::text from {} as t{}",
        columns.join(", "),
        layout.source.sql,
        where_clause(&layout.source, bounds)?
    );
    let found = lease.rows(&sql).await?;
    let Some(row) = found.first() else { return Ok(None) };
    let (rows, sum): (i64, String) = (lease.value(row, 0)?, lease.value(row, 1)?);
    // A sum of 64-bit numbers over fewer than 2^63 rows.
    let Ok(sum) = sum.parse::<i128>() else { return Ok(None) };
    Ok(Some(ChunkDigest { rows: rows.cast_unsigned(), sum: sum.cast_unsigned() }))
}
