//! How a value that is refused is named: which row, which column, what is wrong with it.

use arrow::record_batch::RecordBatch;
use arrow::util::display::array_value_to_string;
use mig_plan::{KeyBound, KeyValue};

use super::{StoreError, Table};

/// Characters of a value that are shown.
const SHOWN: usize = 80;

/// The text, or its first 80 characters and how many there are.
pub(crate) fn shorten(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}… ({} characters)", &text[..end], text.chars().count()),
    }
}

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
    let names: &[String] = if table.key.is_empty() { &[] } else { &table.key };
    let row = if key.is_empty() {
        String::new()
    } else {
        let parts = key.iter().enumerate().map(|(place, value)| {
            let name = names.get(place).map_or("row", String::as_str);
            let value = if let KeyValue::Text(text) = value {
                format!("{:?}", shorten(text))
            } else {
                value.to_string()
            };
            format!("{name} = {value}")
        });
        format!(" of the row with {}", parts.collect::<Vec<_>>().join(", "))
    };
    StoreError::Refused(format!(
        "{table}: column {column}{row} holds {value}: {reason}; mend the value, or drop the column from the migration",
        table = table_name(&table.path),
    ))
}

/// The row of a batch, for people: its key's columns, or all of them for a table without a key.
pub(crate) fn describe_row(table: &Table, batch: &RecordBatch, row: usize) -> String {
    let parts = table.fields.iter().zip(batch.columns()).filter_map(|(field, column)| {
        if !table.key.is_empty() && !table.key.contains(&field.name) {
            return None;
        }
        let value = array_value_to_string(column, row).unwrap_or_else(|_| "?".to_owned());
        Some(format!("{} = {}", field.name, shorten(&value)))
    });
    format!("the row with {}", parts.collect::<Vec<_>>().join(", "))
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
        assert_eq!(shorten("short"), "short");
        let long = "é".repeat(100);
        assert_eq!(shorten(&long), format!("{}… (100 characters)", "é".repeat(80)));
        assert_eq!(shorten_bytes(&[1, 255]), "x'01ff'");
        assert!(shorten_bytes(&[7; 41]).ends_with("…' (41 bytes)"));
    }
}
