//! The key of a row, as chunk bounds, receipts and messages have it.

use std::fmt::Write;

use arrow::record_batch::RecordBatch;
use mig_plan::{KeyBound, KeyValue, SECRET};

use crate::cells::Cells;

/// The values of the key columns of one row of a batch, in key order; empty for a table without a key.
/// Integers give [`KeyValue::Int`], bytes hexadecimal digits, and everything else its canonical text, as it is written in a
/// migration. A column that the batch does not have is left out.
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Date32Array, FixedSizeBinaryArray, TimestampMicrosecondArray};

    use super::*;

    #[test]
    fn a_key_has_the_texts_that_its_values_have_elsewhere() {
        let id: Vec<u8> = (0..16).collect();
        let columns: [(&str, ArrayRef); 3] = [
            ("id", Arc::new(FixedSizeBinaryArray::try_from_iter([id].iter()).unwrap())),
            ("day", Arc::new(Date32Array::from(vec![19_782]))),
            (
                "at",
                Arc::new(TimestampMicrosecondArray::from(vec![1_709_208_000_000_000]).with_timezone("UTC")),
            ),
        ];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let key = ["id", "day", "at"].map(str::to_owned);
        let shown: Vec<String> = key_of(&batch, 0, &key).iter().map(ToString::to_string).collect();
        let written =
            [r#""00010203-0405-0607-0809-0a0b0c0d0e0f""#, r#""2024-02-29""#, r#""2024-02-29T12:00:00Z""#];
        assert_eq!(shown, written);
    }
}
