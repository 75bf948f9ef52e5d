//! Tells the owners of what was rolled back, where the rollback policy of its wave says so.

use std::collections::BTreeSet;

use mig_plan::EntityRef;

use crate::act::Run;
use crate::notifications::Notification;
use crate::state::{Phase, RunState};

/// Writes one line for each owner; told again after a crash, they are the same lines.
pub(crate) fn tell(run: &Run, state: &RunState) -> Result<(), String> {
    let Phase::RollingBack(rollback) = state.phase() else { return Ok(()) };
    let plan = &run.plan;
    let waves = plan.waves.iter().filter(|wave| {
        let covered = |step: usize| state.is_in_scope(step) && state.record(step).undone > 0;
        let policy = wave.rollback.as_ref().and_then(|name| plan.rollbacks.get(name));
        policy.is_some_and(|policy| policy.notify_owners)
            && plan.steps.iter().enumerate().any(|(at, step)| step.wave == wave.name && covered(at))
    });
    let mut owners: BTreeSet<&EntityRef> = BTreeSet::new();
    for wave in waves {
        owners.insert(&plan.migration.owner);
        owners.extend(wave.datasets.iter().filter_map(|name| plan.datasets.get(name)?.owner.as_ref()));
        owners.extend(wave.consumers.iter().filter_map(|name| plan.consumers.get(name)?.owner.as_ref()));
    }
    for owner in owners {
        let id = format!("{} rollback {} {owner}", run.digest, rollback.at);
        run.world
            .notifications
            .tell(&Notification {
                version: Notification::VERSION,
                id,
                at: run.world.clock.now(),
                migration: plan.migration.name.clone(),
                to: owner.clone(),
                subject: None,
                entity: None,
                direction: "rollback",
                text: format!("migration {} was rolled back: {}", plan.migration.name, rollback.reason),
            })
            .map_err(|error| format!("the notification log cannot be written: {error}"))?;
    }
    Ok(())
}
