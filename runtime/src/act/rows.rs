//! Whose rows a new table has: this run's, told by its receipts, or somebody else's. Rows that `mig` did
//! not write are never deleted.

use mig_plan::Dataset;

use super::{Act, Failure};
use crate::store::Store;

/// The rows of a new table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rows {
    /// How many there are; 0 for a table that is not there.
    pub(super) found: u64,
    /// How many of them this run's receipts account for.
    pub(super) ours: u64,
}

impl Rows {
    /// Refuses rows that this run did not write, and rows that it wrote and that are gone.
    pub(super) fn require_ours(self, dataset: &Dataset, what_to_do: &str) -> Result<(), Failure> {
        if self.found == self.ours {
            return Ok(());
        }
        let (rows, them) = if self.found == 1 { ("row", "it") } else { ("rows", "them") };
        let ours = match self.ours {
            0 if self.found == 1 => "did not write it".to_owned(),
            1 if self.found == 0 => "wrote one".to_owned(),
            ours => format!("wrote {ours} of {them}"),
        };
        Err(Failure::refused(format!(
            "{} has {} {rows}, and this run {ours}: somebody else writes there; {what_to_do}",
            dataset.new, self.found
        )))
    }
}

/// Counts the rows of a dataset's new table, and those that this run wrote.
pub(super) async fn count(act: &Act, store: &Store, name: &str, dataset: &Dataset) -> Result<Rows, Failure> {
    let path = &dataset.new.path;
    let Some(found) = store.data.count(path).await? else { return Ok(Rows { found: 0, ours: 0 }) };
    let receipts = store.data.receipts(path, act.run.digest, name).await?;
    Ok(Rows { found, ours: receipts.iter().map(|(_, digest)| digest.rows).sum() })
}
