//! What it would mean to make a run final: which old tables would be dropped, and what stands against it. Reads the
//! journal and the old stores, takes no lease and changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mig_plan::{Dataset, OldTable, Op, Plan, PlanFile, TableRef};

use crate::act::Failure;
use crate::act::cleanup::{self, Place, place};
use crate::execute::{Context, ExecuteError, copies};
use crate::notifications::Notifications;
use crate::progress::Progress;
use crate::state::{Chunks, RunState, StepStatus};
use crate::status::run_state;
use crate::world::World;

/// An old table that would be dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doomed {
    /// The dataset that was moved out of it.
    pub dataset: String,
    /// The table.
    pub table: TableRef,
    /// How many rows were copied out of it.
    pub rows: u64,
    /// What stands against dropping it.
    pub refusal: Option<String>,
}

/// The old tables that are still to be dropped, in the order in which they are. A store is kept from being written
/// while its tables are looked at, one after the other.
///
/// # Errors
/// As for [`run_state`].
pub async fn doomed(file: &PlanFile, context: Context) -> Result<Vec<Doomed>, ExecuteError> {
    let state = run_state(file, &context)?;
    let plan = &file.plan;
    let copies = copies(plan);
    let notifications = Notifications::at(context.state.join("notifications.log"));
    let world = World::new(plan, context.folder, context.environment, context.clock, notifications);
    let mut doomed = Vec::new();
    let mut gone: BTreeSet<Place> = BTreeSet::new();
    for (dataset, table) in
        drops(&world, plan, &state).await.into_iter().filter_map(|step| dropped(plan, step))
    {
        let rows = copies.get(dataset).map_or(0, |copy| state.record(*copy).chunks.digest.rows);
        let here = place(plan, table);
        let copied = cleanup::copied_from(plan, &copies, &state, table);
        let is_gone = |path: &[String]| gone.contains(&(here.0.clone(), path.to_vec()));
        let refusal = refusal(&world, table, copied, is_gone).await.err().map(|failure| failure.error);
        doomed.push(Doomed { dataset: dataset.to_owned(), table: table.clone(), rows, refusal });
        gone.insert(here);
    }
    Ok(doomed)
}

async fn refusal(
    world: &World,
    table: &TableRef,
    copied: Vec<(Dataset, Chunks)>,
    is_gone: impl Fn(&[String]) -> bool,
) -> Result<(), Failure> {
    let store = world.store(&table.store).await?;
    match store.data.hold(&table.path).await? {
        Some(mut held) => {
            let progress = Arc::new(Progress::new());
            cleanup::require_droppable(held.as_mut(), world, copied, is_gone, &progress).await
        }
        None => Ok(()),
    }
}

/// The dataset and the table of a step that drops one.
fn dropped(plan: &Plan, step: usize) -> Option<(&str, &TableRef)> {
    let Op::Cleanup { dataset, old: OldTable::Drop } = &plan.steps.get(step)?.op else { return None };
    Some((dataset, &plan.datasets.get(dataset)?.old))
}

/// The cleanups that are still to drop a table, in an order in which they can: whatever needs another before it. What
/// cannot be found out now, and what needs each other, is met again by the step itself, which says so.
pub(crate) async fn drops(world: &World, plan: &Plan, state: &RunState) -> Vec<usize> {
    let mut left: Vec<(usize, Place)> = (0..plan.steps.len())
        .filter(|step| state.record(*step).status != StepStatus::Done)
        .filter_map(|step| dropped(plan, step).map(|(_, table)| (step, place(plan, table))))
        .collect();
    let mut needed_by: BTreeMap<Place, BTreeSet<Place>> = BTreeMap::new();
    for (step, here) in &left {
        if let Some((_, table)) = dropped(plan, *step) {
            let paths = dependent_tables(world, table).await.unwrap_or_default();
            needed_by.insert(here.clone(), paths.into_iter().map(|path| (here.0.clone(), path)).collect());
        }
    }
    let mut order = Vec::new();
    while !left.is_empty() {
        let waits = |(_, here): &(usize, Place)| {
            let needed_by = needed_by.get(here);
            left.iter().any(|(_, other)| needed_by.is_some_and(|tables| tables.contains(other)))
        };
        let next = left.iter().position(|one| !waits(one)).unwrap_or(0);
        order.push(left.remove(next).0);
    }
    order
}

/// The tables of the same store that need this one.
async fn dependent_tables(world: &World, table: &TableRef) -> Result<Vec<Vec<String>>, Failure> {
    let store = world.store(&table.store).await?;
    let Some(mut held) = store.data.hold(&table.path).await? else { return Ok(Vec::new()) };
    Ok(held.dependents().await?.into_iter().filter_map(|dependent| dependent.table).collect())
}

/// Whether `apply` has done all, so that the run can be made final.
pub fn is_completed(state: &RunState) -> bool {
    crate::execute::has_completed(state)
}
