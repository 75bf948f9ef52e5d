//! Dry run: the mapping on the first rows, keeping nothing. It finds in a second what would otherwise stop
//! the copy in its middle.

use std::sync::Arc;

use super::{Act, Done, Failure};
use crate::eval::Mapping;
use crate::transfer;

pub(super) async fn act(act: &Act, name: &str, rows: u64) -> Result<Done, Failure> {
    let dataset = act.dataset(name)?;
    let mapping = Mapping::new(dataset).map_err(|error| Failure::refused(error.to_string()))?;
    let old = act.store(&dataset.old).await?;
    let new = act.store(&dataset.new).await?;
    for field in mapping.new_fields() {
        new.data.accepts(&field.ty).map_err(|reason| {
            Failure::refused(format!("{} cannot keep column {}: {reason}", dataset.new, field.name))
        })?;
    }
    // It has a value for every row that can be read; what cannot was looked for before.
    if mapping.only_carries() {
        return Ok(Done::Succeeded);
    }
    transfer::dry_run(&old, &Arc::new(mapping), rows).await?;
    Ok(Done::Succeeded)
}
