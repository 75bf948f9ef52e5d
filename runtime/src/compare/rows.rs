//! Differing rows in words: what a message shows of a row, what differs between two rows of one key, and the
//! first differences among many.

use arrow::array::ArrayRef;
use mig_plan::{ColumnDifference, KeyBound, KeyValue, RowDifference, SECRET};

use super::sides::{Rows, Selection};
use crate::cells::{Cells, shorten};
use crate::key::key_of;
use crate::store::Field;

/// The rows that differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Differences {
    /// The first of them by key.
    pub rows: Vec<RowDifference>,
    /// How many rows have other values in some column.
    pub changed: u64,
    /// How many are on the old side alone.
    pub missing: u64,
    /// How many are on the new side alone.
    pub extra: u64,
    /// Whether these are all; otherwise there are at least as many.
    pub complete: bool,
}

impl Differences {
    /// None.
    pub(super) fn none() -> Self {
        Self { rows: Vec::new(), changed: 0, missing: 0, extra: 0, complete: true }
    }

    /// How many rows differ.
    pub fn count(&self) -> u64 {
        self.changed + self.missing + self.extra
    }

    /// Adds others; of the rows the first by key stay.
    pub(super) fn add(&mut self, other: Self, limit: usize) {
        self.changed += other.changed;
        self.missing += other.missing;
        self.extra += other.extra;
        self.complete &= other.complete;
        if !other.rows.is_empty() {
            self.rows.extend(other.rows);
            self.cut(limit);
        }
    }

    /// Keeps the first rows by key.
    pub(super) fn cut(&mut self, limit: usize) {
        self.rows.sort_by(|a, b| a.key.cmp(&b.key));
        self.rows.truncate(limit);
    }
}

/// A row as a message shows it, and hashes by which its columns are compared.
#[derive(Debug)]
pub(super) struct Row {
    key: KeyBound,
    /// The hash of the value, and the value shortened, by column.
    columns: Vec<(u128, String)>,
}

impl Row {
    pub(super) fn new(rows: &Rows, row: usize, selection: &Selection) -> Self {
        let shown = |(field, array): (&Field, &ArrayRef)| match Cells::of(array.as_ref()) {
            Some(_) if field.secret => SECRET.to_owned(),
            Some(cells) => cells.shown_apart(row),
            None => String::new(),
        };
        let columns = selection.fields.iter().zip(rows.compared.columns());
        // The rows of this batch were hashed before, so that its values can be.
        let hashes = selection.hasher.values(&rows.compared, row).unwrap_or_default();
        Self {
            key: if selection.key_is_secret { Vec::new() } else { key_of(&rows.whole, row, &selection.key) },
            columns: hashes.into_iter().zip(columns.map(shown)).collect(),
        }
    }

    /// The key, or where the table has none that may be shown the row's text.
    fn key(&self, fields: &[Field]) -> KeyBound {
        if !self.key.is_empty() {
            return self.key.clone();
        }
        let column = |(field, (_, text)): (&Field, &(u128, String))| format!("{} {text}", field.name);
        let texts: Vec<String> = fields.iter().zip(&self.columns).map(column).collect();
        vec![KeyValue::Text(shorten(texts.join(", ")))]
    }
}

/// What differs between two rows of one key, or all of a row that is on one side alone.
pub(super) fn describe(old: Option<&Row>, new: Option<&Row>, fields: &[Field]) -> RowDifference {
    let value = |row: Option<&Row>, place: usize| row.and_then(|row| row.columns.get(place)).cloned();
    let columns = fields.iter().enumerate().filter_map(|(place, field)| {
        let (old, new) = (value(old, place), value(new, place));
        let differs = old.as_ref().map(|(hash, _)| hash) != new.as_ref().map(|(hash, _)| hash);
        let text = |value: &Option<(u128, String)>| value.as_ref().map(|(_, text)| text.clone());
        let (mut texts, both) = ((text(&old), text(&new)), (old, new));
        // What differs behind the cut is told apart by the hashes.
        if let (Some((old, a)), Some((new, b))) = &both
            && a == b
            && !field.secret
        {
            let hashed = |text: &str, hash: &u128| Some(format!("{text} (hash {:08x})", hash >> 96));
            texts = (hashed(a, old), hashed(b, new));
        }
        differs.then(|| ColumnDifference { column: field.name.clone(), old: texts.0, new: texts.1 })
    });
    let key = old.or(new).map_or_else(Vec::new, |row| row.key(fields));
    RowDifference { key, columns: columns.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::tests::ty;

    #[test]
    fn what_differs_looks_different() {
        let row = |hash: u128| Row { key: Vec::new(), columns: vec![(hash << 96, "the same…".to_owned())] };
        let shown = |secret: bool| {
            let field = Field { name: "note".to_owned(), ty: ty("text"), secret };
            let found = describe(Some(&row(0xab)), Some(&row(0xcd)), &[field]);
            let column = found.columns.into_iter().next().unwrap();
            (column.old.unwrap(), column.new.unwrap())
        };
        let (old, new) = shown(false);
        assert_eq!((old.as_str(), new.as_str()), ("the same… (hash 000000ab)", "the same… (hash 000000cd)"));
        assert_eq!(shown(true).0, shown(true).1);
    }
}
