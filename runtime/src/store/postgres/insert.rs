//! A chunk of few rows as one statement that writes it with its receipt, where COPY is three exchanges, the last of which may
//! wait 40 ms for an acknowledgement (see [`super::connection`]).
//!
//! Takes the rows as a binary copy; gives text. Values stand there in their canonical text, which PostgreSQL reads back as the
//! same values; a table with a value of which that is not so, or with one that is never shown (a server may write statements
//! down), is left to COPY.

use mig_plan::ChunkDigest;

use super::decode::{Broken, Stream, append};
use super::names::{Place, literal, quote};
use super::schema::Layout;
use super::types::Native;
use super::write::receipt_of;
use crate::cells::Cells;
use crate::store::builders::BatchBuilder;
use crate::store::{ReceiptKey, Table};

/// More rows than these, or more bytes, are not few.
pub(super) const FEW_ROWS: usize = 64;
pub(super) const FEW_BYTES: usize = 64 << 10;

/// A row is left to COPY.
struct Unfit;

impl From<Broken> for Unfit {
    fn from(_: Broken) -> Self {
        Self
    }
}

/// The statement that writes these rows and their receipt, and fails where the server has written another number of rows;
/// `None` where the rows are to be copied.
pub(super) fn statement(
    table: &Table,
    layout: &Layout,
    place: &Place,
    key: &ReceiptKey,
    copy: &[u8],
    digest: ChunkDigest,
) -> Option<String> {
    if table.fields.iter().any(|field| field.secret) {
        return None;
    }
    let columns: Vec<_> = table.fields.iter().map(|field| quote(&field.name)).collect();
    let rows = format!("{rows} / (count(*) = {rows})::int", rows = digest.rows);
    Some(format!(
        "with written as (insert into {} ({}) values {} returning 1)
         insert into {} select {} from written",
        layout.source.sql,
        columns.join(", "),
        values(table, layout, copy)?,
        place.receipts(),
        receipt_of(place, key, &rows, digest)
    ))
}

/// The rows as a list of lists of literals.
fn values(table: &Table, layout: &Layout, copy: &[u8]) -> Option<String> {
    let mut builder = BatchBuilder::new(&table.fields);
    let fed = Stream::default().feed(copy, |row| {
        for ((column, native), value) in builder.columns.iter_mut().zip(&layout.natives).zip(row.values()) {
            match value {
                Some(value) => append(column, native, value).map_err(|_| Unfit)?,
                None => column.append_null(),
            }
        }
        builder.end_row(row.bytes.len());
        Ok::<_, Unfit>(())
    });
    fed.ok()?;
    let batch = builder.take().ok()??;
    let columns: Option<Vec<Cells<'_>>> = batch.columns().iter().map(|column| Cells::of(column)).collect();
    let columns = columns?;
    let mut values = String::with_capacity(2 * copy.len());
    for row in 0..batch.num_rows() {
        values.push_str(if row == 0 { "(" } else { ", (" });
        for (place, (cells, native)) in columns.iter().zip(&layout.natives).enumerate() {
            values.push_str(if place == 0 { "" } else { ", " });
            if cells.is_null(row) {
                values.push_str("null");
            } else {
                values.push_str(&literal(&text(cells, native, row)?));
            }
        }
        values.push(')');
    }
    Some(values)
}

/// The text that PostgreSQL reads as the value.
fn text(cells: &Cells<'_>, native: &Native, row: usize) -> Option<String> {
    let mut text = String::new();
    match native {
        Native::Bytea => text.push_str("\\x"),
        // Lists are written otherwise there.
        Native::Array(..) => return None,
        Native::Bool
        | Native::Int2
        | Native::Int4
        | Native::Int8
        | Native::Float4
        | Native::Float8
        | Native::Numeric { .. }
        | Native::Text
        | Native::Varchar(_)
        | Native::Char(_)
        | Native::Date
        | Native::Time(_)
        | Native::Timestamp(_)
        | Native::Timestamptz(_)
        | Native::Uuid
        | Native::Json
        | Native::Jsonb
        | Native::Enum(_) => {}
    }
    cells.write(row, &mut text);
    // Years behind 9999 and before the first have a sign there, and those that the calendar does not reach are counted.
    let dated = matches!(native, Native::Date | Native::Timestamp(_) | Native::Timestamptz(_));
    (!dated || text.starts_with(|first: char| first.is_ascii_digit()) && text.is_ascii()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_postgresql_reads_them() {
        let table = crate::store::trial::table(&["t"], &[("id", "int64"), ("day", "date?")], &["id"]);
        let layout = |day: Native| Layout {
            source: super::super::schema::Source::by_key(&table).ok().flatten().expect("it has a key"),
            natives: vec![Native::Int8, day],
        };
        let row = |id: i64, day: Option<i32>| {
            let day = day.map_or_else(
                || (-1_i32).to_be_bytes().to_vec(),
                |day| [4_i32.to_be_bytes(), day.to_be_bytes()].concat(),
            );
            [&[0, 2], &8_i32.to_be_bytes()[..], &id.to_be_bytes(), &day].concat()
        };
        let copy = |rows: &[Vec<u8>]| [&super::super::encode::HEADER[..], &rows.concat()].concat();
        let values = |rows: &[Vec<u8>]| values(&table, &layout(Native::Date), &copy(rows));
        let two = values(&[row(-1, Some(0)), row(2, None)]);
        assert_eq!(two.as_deref(), Some("('-1', '2000-01-01'), ('2', null)"));
        // The year 12000, and 45 before the first.
        assert_eq!(values(&[row(1, Some(3_652_425))]), None);
        assert_eq!(values(&[row(1, Some(-747_000))]), None);
        // A day whose type was changed meanwhile.
        assert_eq!(super::values(&table, &layout(Native::Date), &copy(&[row(1, Some(i32::MAX))])), None);
    }
}
