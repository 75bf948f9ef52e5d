//! A comparison of any two tables, of all their rows or of some.
//!
//! Takes both tables with their mappings to the same columns; gives what was read, what was left out and why, and
//! the rows that differ. It never says that what it did not compare is equal.

use std::sync::Arc;

use mig_plan::{Dataset, Expr};

use super::rows::Differences;
use super::sides::{Compared, Input, Selection, Sides};
use super::{buckets, ranges};
use crate::eval::{Mapping, MappingError};
use crate::progress::Progress;
use crate::scan::{Chunks, permit};
use crate::store::Store;
use crate::transfer::TransferError;

/// What is compared with what.
#[derive(Clone, Copy)]
pub struct Diff<'a> {
    /// The store of the old table, and how its rows become those that are compared.
    pub old: (&'a Store, &'a Arc<Mapping>),
    /// The same of the new table. Both mappings give the same columns and have the same key.
    pub new: (&'a Store, &'a Arc<Mapping>),
    /// The columns that are compared, besides the key's; `None` for all that the mappings give.
    pub columns: Option<&'a [String]>,
    /// Only rows for which this is true, on their own side, are compared: a condition over the mappings' columns.
    pub condition: Option<&'a Expr>,
    /// Only some of the rows are compared, those of the same keys on both sides.
    pub sample: Option<Sample>,
    /// Rows in a chunk, at the most.
    pub chunk_rows: u64,
    /// How many differing rows are described.
    pub limit: usize,
    /// Counts the rows of every pass.
    pub progress: &'a Arc<Progress>,
    /// Whether somebody watches the progress, so that it is worth counting the rows beforehand.
    pub watched: bool,
}

/// How many of the rows are compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sample {
    /// This share of all keys, more than 0 and at most 1.
    Share(f64),
    /// About so many rows.
    Rows(u64),
}

/// What a comparison found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// What was read of the old table.
    pub old: Compared,
    /// What was read of the new table.
    pub new: Compared,
    /// The rows that differ.
    pub differences: Differences,
    /// Whether checksums differed where no row did when it was read again: a table was changed meanwhile.
    pub unstable: bool,
    /// Whether tables were compared by ranges of their keys, or by the hashes of keys in any order.
    pub by_ranges: bool,
    /// How many rows of each side were found equal by checksums that the stores computed.
    pub in_store: u64,
}

impl Comparison {
    /// Whether all that was compared is equal.
    pub fn is_equal(&self) -> bool {
        self.old.digest == self.new.digest && self.differences.count() == 0 && !self.unstable
    }
}

/// The mappings of a dataset's old table to its new one and of the new one to itself, of these columns and the
/// key's.
///
/// # Errors
/// When the plan holds an expression that this build does not know or whose types do not fit.
pub fn mappings(
    dataset: &Dataset,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<(Mapping, Mapping), MappingError> {
    let old =
        Mapping::of_columns(dataset, &|name| wanted(name) || dataset.key.iter().any(|(_, new)| new == name))?;
    let new = old.read_back();
    Ok((old, new))
}

/// Compares two tables. Takes its own places in both stores' budgets.
///
/// # Errors
/// When a store cannot be read, a mapping or the condition has no value for a row, or the condition is none over
/// the columns.
pub async fn diff(of: Diff<'_>) -> Result<Comparison, TransferError> {
    let input = |(store, mapping): (&Store, &Arc<Mapping>)| Input {
        store: store.clone(),
        mapping: Arc::clone(mapping),
    };
    let (old, new) = (input(of.old), input(of.new));
    let mapping = of.old.1;
    let selection = match of.columns {
        Some(columns) => Selection::all(mapping).columns(&|name| columns.iter().any(|column| column == name)),
        None => Selection::all(mapping),
    };
    let selection = selection.condition(of.condition, mapping)?;
    let mut sides = Sides {
        selection,
        old,
        new,
        chunk_rows: of.chunk_rows,
        limit: of.limit,
        progress: Arc::clone(of.progress),
        in_store: None,
    };
    let by_ranges = sides.by_ranges();
    let mut rows = 0;
    if of.watched || !by_ranges || matches!(of.sample, Some(Sample::Rows(_))) {
        let (old, new) = tokio::try_join!(count(&sides.old), count(&sides.new))?;
        of.progress.expect_rows(old + new);
        rows = old.max(new);
    }
    sides.selection = sides.selection.threshold(of.sample.and_then(|sample| threshold(sample, rows)));
    sides.ask_stores();
    let sides = Arc::new(sides);
    if by_ranges {
        ranges::compare(&sides, Chunks::Find(of.chunk_rows)).await
    } else {
        buckets::compare(&sides, rows).await
    }
}

/// How many rows a table has.
async fn count(of: &Input) -> Result<u64, TransferError> {
    let (place, table) = (of.mapping.old_place(), of.mapping.old_table());
    let _permit = permit(&of.store, place).await?;
    let counted = of.store.data.estimate(&table.path).await;
    Ok(counted.map_err(TransferError::store(place))?.rows)
}

/// The highest hash of a key in the sample, of tables of so many rows; `None` when the sample is all of them.
fn threshold(sample: Sample, rows: u64) -> Option<u128> {
    let share = match sample {
        Sample::Share(share) => share,
        Sample::Rows(wanted) => wanted as f64 / rows as f64,
    };
    // A table without rows gives NaN or infinity, and has no row to leave out.
    (share < 1.0).then_some((share * u128::MAX as f64) as u128)
}
