//! Values that the new store has no form for, found by reading the columns in which they can be.

use std::sync::{Arc, Mutex, PoisonError};

use mig_plan::{Dataset, Expr, SECRET};

use super::{Act, Failure};
use crate::cells::Cells;
use crate::eval::Mapping;
use crate::scan::{Chunks, Part, scan};
use crate::store::{Store, StoreError, Unkept};
use crate::transfer::{TransferError, apply, row_name};

/// How many are named.
const NAMED: usize = 10;

/// Refuses values that the mapping gives and the new store does not keep. Only columns are read in which there may be some:
/// what the old store does not keep either, no column that is carried over has.
///
/// # Errors
/// The first of them, each with its row; or when the old table cannot be read, or a row of these columns has no value.
pub(super) async fn refuse(
    act: &Act,
    name: &str,
    dataset: &Dataset,
    old: &Store,
    new: &Store,
) -> Result<(), Failure> {
    let mut wanted: Vec<(String, Vec<Unkept>)> = Vec::new();
    for column in &dataset.columns {
        let mut unkept = new.data.unkept(&column.ty.ty).await?;
        if let Expr::Column { ty, .. } = &column.expr {
            let before = old.data.unkept(&ty.ty).await?;
            unkept.retain(|sort| !before.contains(sort));
        }
        if !unkept.is_empty() {
            wanted.push((column.name.clone(), unkept));
        }
    }
    if wanted.is_empty() {
        return Ok(());
    }
    let among = |name: &str| wanted.iter().any(|(column, _)| column == name);
    let mapping =
        Mapping::of_columns(dataset, &among).map_err(|error| Failure::refused(error.to_string()))?;
    let mapping = Arc::new(mapping);
    let found = Arc::new(Mutex::new(Vec::new()));
    let each = {
        let (mapping, found) = (Arc::clone(&mapping), Arc::clone(&found));
        move |part: Part<'_>| {
            let rows = apply(&mapping, part.batch, part.before)?;
            for (field, values) in mapping.new_fields().iter().zip(rows.columns()) {
                let Some(cells) = Cells::of(values.as_ref()) else { continue };
                let sorts =
                    wanted.iter().filter(|(column, _)| *column == field.name).flat_map(|(_, sorts)| sorts);
                for sort in sorts {
                    for row in (0..rows.num_rows()).filter(|row| sort.is(&cells, *row)) {
                        let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                        // Nothing more is read: the other end has gone away.
                        if found.len() > NAMED {
                            return Err(TransferError::store(mapping.old_place())(StoreError::Abandoned));
                        }
                        let key = row_name(mapping.old_table(), part.batch, row, part.before);
                        let value = if field.secret { SECRET.to_owned() } else { cells.shown_apart(row) };
                        found.push(format!("{key}: {} is {value}, {}", field.name, sort.reason()));
                    }
                }
            }
            Ok::<_, TransferError>(())
        }
    };
    let chunks = Chunks::Find(dataset.chunk_rows);
    let scanned = scan(old, &dataset.old, mapping.old_table(), chunks, &act.progress(name, 0), each).await;
    let mut found = std::mem::take(&mut *found.lock().unwrap_or_else(PoisonError::into_inner));
    if found.len() <= NAMED {
        scanned?;
    }
    if found.is_empty() {
        return Ok(());
    }
    let more = if found.len() > NAMED { "; there may be more" } else { "" };
    found.truncate(NAMED);
    Err(Failure::refused(format!(
        "{} has values that {} does not keep: {}{more}; mend them, or map the columns to what it keeps",
        dataset.old,
        dataset.new,
        found.join("; ")
    )))
}
