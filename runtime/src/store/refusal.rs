//! How a value that is refused is named: which row, which column, what is wrong with it.

use arrow::record_batch::RecordBatch;
use mig_plan::{KeyBound, KeyValue, SECRET};

use super::{StoreError, Table};
use crate::cells::shorten;
use crate::key::key_text;

/// Characters of a value's bytes that are shown.
const SHOWN: usize = 80;

/// The first bytes in hexadecimal, as SQL writes them.
pub(crate) fn shorten_bytes(bytes: &[u8]) -> String {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    if bytes.len() * 2 <= SHOWN {
        format!("x'{}'", hex(bytes))
    } else {
        format!("x'{}…' ({} bytes)", hex(&bytes[..SHOWN / 2]), bytes.len())
    }
}

/// Where a table is, for people: `sales.orders`.
pub(crate) fn table_name(path: &[String]) -> String {
    path.join(".")
}

/// The refusal of a value that was read.
pub(crate) fn refuse_read(
    table: &Table,
    key: &KeyBound,
    column: &str,
    value: &str,
    reason: &str,
) -> StoreError {
    let key = named_key(table, key);
    let value = if table.hides(column) { SECRET } else { value };
    let row = if key.is_empty() { String::new() } else { format!(" of the row {key}") };
    StoreError::Refused(format!(
        "{table}: column {column}{row} holds {value}: {reason}; mend the value, or drop the column from the migration",
        table = table_name(&table.path),
    ))
}

/// A key for people, each value with its column: `id 17`.
pub(crate) fn named_key(table: &Table, key: &KeyBound) -> String {
    let shown = |(place, value): (usize, &KeyValue)| {
        let value = match value {
            _ if table.key.get(place).is_some_and(|name| table.hides(name)) => SECRET.to_owned(),
            KeyValue::Text(text) => format!("{:?}", shorten(text.clone())),
            KeyValue::Null | KeyValue::Bool(_) | KeyValue::Int(_) | KeyValue::Hex(_) => value.to_string(),
        };
        match table.key.get(place) {
            Some(name) => format!("{name} {value}"),
            None => value,
        }
    };
    key.iter().enumerate().map(shown).collect::<Vec<_>>().join(", ")
}

/// A row that is written, for people: its key, or all columns of a table without one.
pub(crate) fn describe_row(table: &Table, batch: &RecordBatch, row: usize) -> String {
    let all: Vec<_> = table.fields.iter().map(|field| field.name.clone()).collect();
    format!(
        "the row {}",
        key_text(batch, row, if table.key.is_empty() { &all } else { &table.key }, |name| table.hides(name))
    )
}

/// The refusal of a value that was to be written.
pub(crate) fn refuse_write(
    table: &Table,
    batch: &RecordBatch,
    row: usize,
    column: &str,
    reason: &str,
) -> StoreError {
    StoreError::Refused(format!(
        "{table}: column {column} of {row} cannot be written: {reason}",
        table = table_name(&table.path),
        row = describe_row(table, batch, row),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_long_is_shortened() {
        assert_eq!(shorten_bytes(&[1, 255]), "x'01ff'");
        assert!(shorten_bytes(&[7; 41]).ends_with("…' (41 bytes)"));
    }
}
