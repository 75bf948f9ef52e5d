//! Cleanup: the old table is dropped where the source says so, and the receipts are deleted. It cannot be undone,
//! and says so in the journal before it does anything.
//!
//! An old table is dropped only while nobody can write to it, when nothing depends on it, when it is still what was
//! copied, since a row that came or changed there would be lost, and when what was copied has not gone from the new
//! store. Refused, nothing has been done, and the run can still be rolled back.

use std::collections::BTreeMap;
use std::sync::Arc;

use mig_plan::{Dataset, Event, FailureKind, OldTable, Plan, Setting, StoreKind, TableRef};

use super::{Act, Done, Failure, prepare};
use crate::compare::unchanged;
use crate::eval::Mapping;
use crate::progress::Progress;
use crate::state::{Chunks, RunState};
use crate::store::{Hold, Store};
use crate::world::World;

pub(super) async fn act(act: &Act, name: &str, old: OldTable) -> Result<Done, Failure> {
    let dataset = act.dataset(name)?;
    match old {
        OldTable::Keep => begin(act, "the receipts").await?,
        OldTable::Drop => {
            // What is asked to let go while it looks has done nothing; from then on it is too late.
            let held = tokio::select! {
                held = dropped(act, name, dataset) => held?,
                () = act.stop.cancelled() => return Ok(Done::Stopped),
            };
            match held {
                // Dropped by an earlier try, by another dataset that came from it, or by a person.
                None => begin(act, "no table").await?,
                Some(held) => {
                    begin(act, &format!("{}, as it was copied", dataset.old)).await?;
                    held.commit().await?;
                }
            }
        }
    }
    let new = act.store(&dataset.new).await?;
    // Without a place in the budget: who holds a table of this store waits for places while it compares.
    new.data.forget(&dataset.new.path, act.run.digest, name).await?;
    Ok(Done::Succeeded)
}

/// Says durably that from here on there is no way back.
async fn begin(act: &Act, what: &str) -> Result<(), Failure> {
    if act.record().before.is_some() {
        return Ok(());
    }
    act.journal(vec![Event::BeforeImage { step: act.step().id.clone(), before: Some(what.to_owned()) }]).await
}

/// The old table, found to be what was copied and dropped, but not durably; `None` when it is not there.
async fn dropped(act: &Act, name: &str, dataset: &Dataset) -> Result<Option<Box<dyn Hold>>, Failure> {
    let store = act.store(&dataset.old).await?;
    let Some(mut held) = store.data.hold(&dataset.old.path).await? else { return Ok(None) };
    let copied =
        act.with_state(|state| act.run.sources.copied(&act.run.plan, &act.run.copies, state, &dataset.old));
    let is_gone = |_: &[String]| false;
    require_droppable(held.as_mut(), act.world(), copied, is_gone, &act.progress(name, 0)).await?;
    Ok(Some(held.drop_table().await?))
}

/// Where a table is: two stores of one location are one.
pub(crate) type Place = (Option<(StoreKind, Setting)>, Vec<String>);

/// Where a table is.
pub(crate) fn place(plan: &Plan, table: &TableRef) -> Place {
    let config = plan.stores.get(&table.store).map(|config| (config.kind, config.location.clone()));
    (config, table.path.clone())
}

/// The datasets of a plan by where their old tables are: two may be copied out of one table.
pub(crate) struct Sources(BTreeMap<Place, Vec<String>>);

impl Sources {
    /// Those of a plan.
    pub(crate) fn new(plan: &Plan) -> Self {
        let mut sources: BTreeMap<Place, Vec<String>> = BTreeMap::new();
        for (name, dataset) in &plan.datasets {
            sources.entry(place(plan, &dataset.old)).or_default().push(name.clone());
        }
        Self(sources)
    }

    /// What was copied out of one table: by each dataset that it is the old one of, under its mapping.
    pub(crate) fn copied(
        &self,
        plan: &Plan,
        copies: &BTreeMap<String, usize>,
        state: &RunState,
        old: &TableRef,
    ) -> Vec<(Dataset, Chunks)> {
        let datasets = self.0.get(&place(plan, old)).into_iter().flatten();
        let copied = datasets.filter_map(|name| {
            let dataset = plan.datasets.get(name)?;
            Some((dataset.clone(), state.record(*copies.get(name)?).chunks.clone()))
        });
        copied.collect()
    }
}

/// Refuses to drop a table on which something depends, unless that is on a table of the store that is gone by then, that is not what was copied any more, or whose rows are no
/// longer where they were copied to.
pub(crate) async fn require_droppable(
    held: &mut dyn Hold,
    world: &World,
    copied: Vec<(Dataset, Chunks)>,
    is_gone: impl Fn(&[String]) -> bool,
    progress: &Arc<Progress>,
) -> Result<(), Failure> {
    let mut dependents = held.dependents().await?;
    dependents.retain(|dependent| !dependent.table.as_deref().is_some_and(&is_gone));
    let dependents: Vec<String> = dependents.into_iter().map(|dependent| dependent.what).collect();
    if copied.is_empty() {
        return Err(Failure::refused("the plan copies nothing out of this table; make the plan again"));
    }
    for (dataset, chunks) in copied {
        let old = &dataset.old;
        if !dependents.is_empty() {
            return Err(Failure::refused(format!(
                "{old} is still needed by {}: nothing of it was dropped. Point them to the new table or drop them, \
                 then run `mig complete` again",
                dependents.join(", ")
            )));
        }
        require_moved(&world.store(&dataset.new.store).await?, &dataset, &chunks).await?;
        let store = world.store(&old.store).await?;
        if let Some(changes) = changes(&store, &dataset, &chunks, progress).await? {
            return Err(Failure::refused(format!(
                "{old} has changed since it was copied, and nothing of it was dropped: {changes}. Somebody still \
                 writes there: find out who, bring what they wrote into {}, take it out of {old}, then run \
                 `mig complete` again",
                dataset.new
            )));
        }
    }
    Ok(())
}

/// The new table is in use and may differ by now. But where it is gone or empty, the old one is the last copy.
async fn require_moved(store: &Store, dataset: &Dataset, chunks: &Chunks) -> Result<(), Failure> {
    let new = &dataset.new;
    let why = match store.data.count(&new.path).await? {
        None => "is gone",
        Some(0) if chunks.digest.rows > 0 => "has no rows any more",
        Some(_) => return Ok(()),
    };
    Err(Failure::refused(format!(
        "{new} {why}, so that {old} is the last copy of what was moved, and nothing of it was dropped. Bring the \
         rows back into {new}, then run `mig complete` again; or `mig rollback`",
        old = dataset.old
    )))
}

/// How the old table differs from what was copied: by its columns, or by its rows.
async fn changes(
    store: &Store,
    dataset: &Dataset,
    chunks: &Chunks,
    progress: &Arc<Progress>,
) -> Result<Option<String>, Failure> {
    if let Some(changes) = prepare::schema_changes(store, dataset).await? {
        return Ok(Some(format!("its schema is another ({changes})")));
    }
    let mapping = Mapping::new(dataset).map_err(|error| Failure::refused(error.to_string()))?;
    let changes = unchanged::changes(store, &Arc::new(mapping), chunks, dataset.chunk_rows, progress).await;
    match changes.map_err(Failure::from) {
        // A row that has no value under the mapping was not copied.
        Err(failure) if failure.kind == FailureKind::Refused => Ok(Some(failure.error)),
        other => other,
    }
}
