//! About how much a table holds, as it was when somebody looked: for people who review a migration. Shares and numbers, and
//! never a value.

use serde::{Deserialize, Serialize};

/// About how many rows a table had: two digits of the number, so that a pull changes a line only when the table does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rows {
    /// The table's path.
    pub path: Vec<String>,
    /// How many.
    pub about: u64,
}

impl Rows {
    /// Of a table that has so many, or about so many.
    pub fn new(path: Vec<String>, rows: u64) -> Self {
        Self { path, about: two_digits(rows) }
    }
}

/// What a column held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnStatistics {
    /// The table's path.
    pub path: Vec<String>,
    /// The column's name.
    pub column: String,
    /// In how many of a hundred rows it was null: 0 when in none, 100 when in all, and else a number between.
    pub null_percent: u8,
    /// About how many values it had that differ, two digits of the number; where that was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distinct: Option<u64>,
}

impl ColumnStatistics {
    /// Of a column that was null in such a share of its rows, 0 to 1, and had so many values that differ.
    pub fn new(path: &[String], column: String, null_share: f64, distinct: Option<u64>) -> Self {
        let between =
            || (1..=99).rev().find(|percent| f64::from(*percent) <= null_share * 100.0).unwrap_or(1);
        let null_percent = match null_share {
            share if share <= 0.0 => 0,
            share if share < 1.0 => between(),
            _ => 100,
        };
        Self { path: path.to_vec(), column, null_percent, distinct: distinct.map(two_digits) }
    }
}

/// A number of which two digits are left.
fn two_digits(number: u64) -> u64 {
    let digits = number.checked_ilog10().unwrap_or(0);
    let unit = 10_u64.pow(digits.saturating_sub(1));
    number.saturating_add(unit / 2) / unit * unit
}

#[cfg(test)]
mod tests {
    use super::{ColumnStatistics, Rows};

    #[test]
    fn rows_are_two_digits_of_their_number() {
        let about = |rows| Rows::new(Vec::new(), rows).about;
        assert_eq!([0, 7, 99, 100, 104, 105].map(about), [0, 7, 99, 100, 100, 110]);
        assert_eq!([1_249_999, 1_250_000, 9_960].map(about), [1_200_000, 1_300_000, 10_000]);
        assert_eq!(about(u64::MAX), 18_000_000_000_000_000_000);
    }

    #[test]
    fn none_and_all_are_told_apart_from_nearly_none_and_nearly_all() {
        let percent = |share| ColumnStatistics::new(&[], String::new(), share, None).null_percent;
        assert_eq!([0.0, 1e-9, 0.01, 0.25, 0.999, 1.0].map(percent), [0, 1, 1, 25, 99, 100]);
        assert_eq!([-1.0, 2.0, f64::NAN].map(percent), [0, 100, 100]);
        let distinct = |number| ColumnStatistics::new(&[], String::new(), 0.0, Some(number)).distinct;
        assert_eq!([3, 1_234].map(distinct), [Some(3), Some(1_200)]);
    }
}
