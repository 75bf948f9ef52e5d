//! The key of a row, as chunk bounds, receipts and messages have it.

use std::fmt::Write;

use arrow::record_batch::RecordBatch;
use mig_plan::{KeyBound, KeyValue, SECRET};

use crate::cells::Cells;

/// The values of the key columns of one row of a batch, in key order; empty for a table without a key.
/// Integers, dates and times give [`KeyValue::Int`], decimals, floats and texts their canonical text,
/// bytes and uuids hexadecimal digits. A column that the batch does not have is left out.
pub fn key_of(batch: &RecordBatch, row: usize, key: &[String]) -> KeyBound {
    key.iter()
        .filter_map(|name| batch.column_by_name(name))
        .map(|column| Cells::of(column.as_ref()).map_or(KeyValue::Null, |cells| cells.key_value(row)))
        .collect()
}

/// The key of one row of a batch for people, each value in its canonical text and shortened, but for those that are
/// hidden: `order_id 17`, `(region "north", day 2024-05-01)`, `email (secret)`.
pub fn key_text(batch: &RecordBatch, row: usize, key: &[String], hides: impl Fn(&str) -> bool) -> String {
    let mut out = String::new();
    for (place, name) in key.iter().enumerate() {
        let shown = batch.column_by_name(name).filter(|_| !hides(name));
        let value = shown.and_then(|column| {
            let cells = Cells::of(column.as_ref())?;
            let quote = matches!(cells, Cells::Text(_)) && !cells.is_null(row);
            Some(if quote { format!("{:?}", cells.shown(row)) } else { cells.shown(row) })
        });
        let hidden = || if hides(name) { SECRET.to_owned() } else { String::new() };
        // Writing into a String cannot fail.
        let _ = write!(out, "{}{name} {}", if place == 0 { "" } else { ", " }, value.unwrap_or_else(hidden));
    }
    if key.len() > 1 { format!("({out})") } else { out }
}
