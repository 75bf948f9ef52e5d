//! What it would mean to make a run final: which old tables would be dropped, and what stands against it. Reads the
//! journal and the old stores, takes no lease and changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mig_plan::{Dataset, OldTable, Op, Plan, PlanFile, TableRef};

use crate::act::Failure;
use crate::act::cleanup::{self, Place, Sources, place};
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
    let (copies, sources) = (copies(plan), Sources::new(plan));
    let notifications = Notifications::at(context.state.join("notifications.log"));
    let world = World::new(plan, context.folder, context.environment, context.clock, notifications);
    let mut doomed = Vec::new();
    let mut gone: BTreeSet<Place> = BTreeSet::new();
    for (dataset, table) in
        drops(&world, plan, &state).await.into_iter().filter_map(|step| dropped(plan, step))
    {
        let rows = copies.get(dataset).map_or(0, |copy| state.record(*copy).chunks.digest.rows);
        let here = place(plan, table);
        let copied = sources.copied(plan, &copies, &state, table);
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
    let left: Vec<(usize, Place)> = (0..plan.steps.len())
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
    in_order(&left, &needed_by)
}

/// Steps with the tables that they drop, in an order in which each table comes behind those that need it, and otherwise as
/// they stand. Of tables that need each other the first goes first.
fn in_order(steps: &[(usize, Place)], needed_by: &BTreeMap<Place, BTreeSet<Place>>) -> Vec<usize> {
    let mut at: BTreeMap<&Place, Vec<usize>> = BTreeMap::new();
    for (one, (_, here)) in steps.iter().enumerate() {
        at.entry(here).or_default().push(one);
    }
    // How many steps each waits for, and which wait for it.
    let mut waits = vec![0_usize; steps.len()];
    let mut behind: Vec<Vec<usize>> = vec![Vec::new(); steps.len()];
    for (one, (_, here)) in steps.iter().enumerate() {
        let needed_by = needed_by.get(here).into_iter().flatten();
        for other in needed_by.filter_map(|place| at.get(place)).flatten() {
            waits[one] += 1;
            behind[*other].push(one);
        }
    }
    let mut left: BTreeSet<usize> = (0..steps.len()).collect();
    let mut free: BTreeSet<usize> = left.iter().copied().filter(|one| waits[*one] == 0).collect();
    let mut order = Vec::with_capacity(steps.len());
    while let Some(next) = free.first().or(left.first()).copied() {
        left.remove(&next);
        free.remove(&next);
        order.push(steps[next].0);
        for one in &behind[next] {
            waits[*one] -= 1;
            if waits[*one] == 0 && left.contains(one) {
                free.insert(*one);
            }
        }
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

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::{Place, in_order};

    fn at(table: u32) -> Place {
        (None, vec![table.to_string()])
    }

    /// As [`in_order`], one after the other, each compared with all that are left.
    fn one_by_one(steps: &[(usize, Place)], needed_by: &BTreeMap<Place, BTreeSet<Place>>) -> Vec<usize> {
        let (mut left, mut order) = (steps.to_vec(), Vec::new());
        while !left.is_empty() {
            let waits = |(_, here): &(usize, Place)| {
                needed_by.get(here).is_some_and(|tables| left.iter().any(|(_, other)| tables.contains(other)))
            };
            let next = left.iter().position(|one| !waits(one)).unwrap_or(0);
            order.push(left.remove(next).0);
        }
        order
    }

    #[test]
    fn a_table_comes_behind_those_that_need_it() {
        let steps: Vec<(usize, Place)> =
            [(4, 1), (6, 2), (7, 3)].map(|(step, table)| (step, at(table))).into();
        let needed_by = BTreeMap::from([(at(1), BTreeSet::from([at(3)])), (at(3), BTreeSet::from([at(9)]))]);
        assert_eq!(in_order(&steps, &needed_by), [6, 7, 4]);
        // What needs each other is met by the step itself.
        let both = BTreeMap::from([(at(1), BTreeSet::from([at(2)])), (at(2), BTreeSet::from([at(1)]))]);
        assert_eq!(in_order(&steps, &both), [7, 4, 6]);
    }

    #[test]
    fn the_order_is_that_of_comparing_all_with_all() {
        // Numbers that follow from one another, without a meaning.
        let mut last = 1_u32;
        let mut number = |below: u32| {
            last = last.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (last >> 16) % below
        };
        for tables in [1, 2, 3, 5, 8, 13, 40] {
            for needs in [0, 1, tables, 3 * tables] {
                // Two datasets may be of one table.
                let steps: Vec<(usize, Place)> =
                    (0..tables as usize + 2).map(|step| (10 * step, at(number(tables)))).collect();
                let mut needed_by: BTreeMap<Place, BTreeSet<Place>> = BTreeMap::new();
                for _ in 0..needs {
                    needed_by.entry(at(number(tables))).or_default().insert(at(number(tables)));
                }
                assert_eq!(
                    in_order(&steps, &needed_by),
                    one_by_one(&steps, &needed_by),
                    "{steps:?} {needed_by:?}"
                );
            }
        }
    }
}
