//! Rows in PostgreSQL's own bytes: a chunk is copied out of one server and into another as it comes, and only its
//! checksum is made on the way.
//!
//! Nothing passes that [`super::read`] would refuse, and the checksum is the one of [`crate::row_hash`]: which way
//! a chunk went cannot be told from the new table or its receipt.

use futures::StreamExt as _;
use mig_plan::{ChunkBounds, ChunkDigest, Type};
use tokio::sync::mpsc;

use super::connection::Lease;
use super::decode::{Stream, date, fixed, text, time, timestamp};
use super::numeric;
use super::read::{Failure, refused};
use super::rows::rows as chunk_rows;
use super::schema::{Layout, Locator};
use super::types::Native;
use crate::row_hash::{canonical32, canonical64, hash, put, put_bytes, put_null};
use crate::store::{RawRows, StoreError, Table};

/// Bytes that are handed on at once.
const ROWS: usize = 256 << 10;

/// The types of a table's columns, all of them such as have their values hashed below.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct RawColumns(Vec<Native>);

/// Whether a column's values are hashed as they come. Others have no one form: JSON is compared without its white
/// space, an enum's label may be none of the new type's.
fn is_plain(native: &Native, ty: &Type) -> bool {
    match native {
        Native::Int2 => *ty == Type::Int16,
        Native::Text | Native::Varchar(_) => *ty == Type::Text,
        Native::Bool
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
        | Native::Uuid => true,
        Native::Char(_) | Native::Json | Native::Jsonb | Native::Enum(_) | Native::Array(..) => false,
    }
}

/// Whether every value of the one type is, byte for byte, a value of the other that it keeps as it is.
fn keeps(new: &Native, old: &Native) -> bool {
    match (old, new) {
        (Native::Text | Native::Varchar(_), Native::Text | Native::Varchar(None)) => true,
        (Native::Varchar(Some(old)), Native::Varchar(Some(new))) => old <= new,
        _ => old == new,
    }
}

/// What the rows of a table are made of, where they can be handed on as they are.
pub(super) async fn columns(lease: &mut Lease, table: &Table) -> Result<Option<RawColumns>, StoreError> {
    let layout = Layout::read(lease, table).await?;
    let plain =
        table.fields.iter().zip(&layout.natives).all(|(field, native)| is_plain(native, &field.ty.ty));
    // Rows that are known by their place have it behind their columns.
    let whole = plain && layout.source.locator == Locator::Key && !table.fields.is_empty();
    Ok(whole.then_some(RawColumns(layout.natives)))
}

/// Whether the table keeps such rows as they are.
pub(super) async fn takes(
    lease: &mut Lease,
    table: &Table,
    columns: &RawColumns,
) -> Result<bool, StoreError> {
    let layout = Layout::read(lease, table).await?;
    let same = layout.natives.len() == columns.0.len();
    Ok(same && layout.natives.iter().zip(&columns.0).all(|(new, old)| keeps(new, old)))
}

/// Appends a value's encoding to that of its row.
///
/// # Errors
/// Why it is no value of its type, as [`super::decode::append`] has it.
fn encode(native: &Native, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), &'static str> {
    match native {
        Native::Bool => put(out, [u8::from(fixed::<1>(bytes)? != [0])]),
        Native::Int2 => put(out, i16::from_be_bytes(fixed(bytes)?).to_le_bytes()),
        Native::Int4 => put(out, i32::from_be_bytes(fixed(bytes)?).to_le_bytes()),
        Native::Int8 => put(out, i64::from_be_bytes(fixed(bytes)?).to_le_bytes()),
        Native::Float4 => put(out, canonical32(f32::from_be_bytes(fixed(bytes)?)).to_le_bytes()),
        Native::Float8 => put(out, canonical64(f64::from_be_bytes(fixed(bytes)?)).to_le_bytes()),
        Native::Numeric { precision, scale } => {
            put(out, numeric::decode(bytes, *precision, *scale)?.to_le_bytes());
        }
        Native::Text | Native::Varchar(_) => put_bytes(out, text(bytes)?.as_bytes()),
        Native::Bytea => put_bytes(out, bytes),
        Native::Date => put(out, date(bytes)?.to_le_bytes()),
        Native::Time(_) => put(out, time(bytes)?.to_le_bytes()),
        Native::Timestamp(_) | Native::Timestamptz(_) => put(out, timestamp(bytes)?.to_le_bytes()),
        Native::Uuid => put(out, fixed::<16>(bytes)?),
        Native::Char(_) | Native::Json | Native::Jsonb | Native::Enum(_) | Native::Array(..) => {
            return Err("a value of a type that does not pass as it is");
        }
    }
    Ok(())
}

/// Sends a chunk's rows, in key order.
pub(super) async fn read(
    lease: &mut Lease,
    table: &Table,
    bounds: &ChunkBounds,
    out: mpsc::Sender<RawRows>,
) -> Result<(), StoreError> {
    let home = lease.home();
    let (layout, mut messages) = chunk_rows(lease, table, bounds).await?;
    let mut stream = Stream::default();
    let mut row_bytes = Vec::with_capacity(256);
    let mut rows = RawRows { bytes: Vec::with_capacity(ROWS + ROWS / 4), digest: ChunkDigest::default() };
    while let Some(message) = messages.next().await {
        let message = message.map_err(|error| home.error(error))?;
        let fed = stream.feed(&message, |row| {
            if row.count != table.fields.len() {
                return Err(Failure::Broken);
            }
            row_bytes.clear();
            for (place, value) in row.values().enumerate() {
                let encoded = match value {
                    Some(value) => encode(&layout.natives[place], value, &mut row_bytes),
                    None if table.fields[place].ty.nullable => {
                        put_null(&mut row_bytes);
                        Ok(())
                    }
                    None => Err("null in a column that must not be null"),
                };
                encoded.map_err(|reason| refused(table, &layout, row, place, reason))?;
            }
            rows.digest = rows.digest.merge(ChunkDigest { rows: 1, sum: hash(&row_bytes) });
            rows.bytes.extend_from_slice(row.bytes);
            Ok(())
        });
        fed.map_err(Failure::error)?;
        if rows.bytes.len() >= ROWS {
            let next = RawRows { bytes: Vec::with_capacity(ROWS + ROWS / 4), digest: ChunkDigest::default() };
            out.send(std::mem::replace(&mut rows, next)).await.map_err(|_| StoreError::Abandoned)?;
        }
    }
    if rows.digest.rows > 0 {
        out.send(rows).await.map_err(|_| StoreError::Abandoned)?;
    }
    Ok(())
}
