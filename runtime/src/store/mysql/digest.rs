//! The checksum of a chunk that the server computes: the MD5 of each row's values, each ending where it says, summed
//! by its first 64 bits. The same in every version of both servers.
//!
//! Rows that hash alike here are equal as `docs/equality.md` has it. The other way round it holds for columns of one
//! declaration alone: what differs here is compared row by row, where `1.5` and `1.50` are the same.

use mig_plan::{ChunkBounds, ChunkDigest};

use super::connection::Lease;
use super::names::column;
use super::read::{misfit, where_clause};
use super::schema::Layout;
use super::types::Native;
use crate::store::{StoreError, Table};

/// What a row adds that has no hash: one that is not read, or is beyond `max_allowed_packet`. More than the hashes of
/// all rows that a table may have, and less than a decimal of the server's takes.
const NONE: u128 = 1 << 120;

/// A column's value as it is hashed, never null.
fn hashed(name: &str, native: &Native) -> String {
    let column = column(name);
    // Digits, hyphens and colons end with a comma; a null has none of them.
    let plain = |text: &str| format!("ifnull({text}, ''), ','");
    // What may hold a comma says its length first; a null has none.
    let counted = |bytes: &str| format!("ifnull(concat(length({bytes}), ':', {bytes}), '-')");
    match native {
        Native::Bool | Native::Int { .. } | Native::Year | Native::Decimal { .. } => plain(&column),
        Native::Bit(_) => plain(&format!("{column} + 0")),
        // The digits of a FLOAT are rounded, those of a DOUBLE are exact; by the sum -0 is 0.
        Native::Float { .. } | Native::Double { .. } => plain(&format!("{column} + 0e0")),
        Native::Date => plain(&column),
        Native::Time(_) => plain(&format!("cast({column} as time(6))")),
        Native::Datetime(_) | Native::Timestamp(_) => plain(&format!("cast({column} as datetime(6))")),
        // The same as the bytes that MySQL keeps of one.
        Native::Uuid => counted(&format!("unhex(replace(cast({column} as char), '-', ''))")),
        // By code points, whatever the character set and the collation.
        Native::Char(_)
        | Native::Varchar(_)
        | Native::Text(_)
        | Native::Enum(_)
        | Native::Set(_)
        | Native::Json => counted(&format!("cast(convert({column} using utf8mb4) as binary)")),
        Native::Binary(_) | Native::Blob => counted(&column),
    }
}

/// The checksum of a chunk, where there is one: none for a table without a key, and for rows that are not read or
/// too large to be hashed.
pub(super) async fn own_digest(
    lease: &mut Lease,
    table: &Table,
    bounds: &ChunkBounds,
) -> Result<Option<ChunkDigest>, StoreError> {
    let layout = Layout::read(lease, table).await?;
    if layout.key.is_empty() {
        return Ok(None);
    }
    let fields = || table.fields.iter().zip(&layout.natives);
    let values: Vec<String> = fields().map(|(field, (native, _))| hashed(&field.name, native)).collect();
    let misfits: Vec<String> = fields()
        .filter_map(|(field, (native, _))| Some(misfit(&field.ty.ty, native, &column(&field.name))?.0))
        .collect();
    let misfits = if misfits.is_empty() { "false".to_owned() } else { misfits.join(" or ") };
    let hash = format!("cast(conv(left(md5(concat({})), 16), 16, 10) as unsigned)", values.join(", "));
    let sql = format!(
        "select count(*), coalesce(sum(case when {misfits} then {NONE} else ifnull({hash}, {NONE}) end), 0)
         from {} as t{}",
        layout.sql,
        where_clause(&layout, bounds)?
    );
    let found = lease.rows(&sql).await?;
    let Some(row) = found.first() else { return Ok(None) };
    let (Some(rows), Some(sum)) = (lease.number(row, 0)?, lease.number(row, 1)?) else { return Ok(None) };
    Ok((sum < NONE).then_some(ChunkDigest { rows, sum }))
}
