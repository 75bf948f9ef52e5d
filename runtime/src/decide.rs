//! What happens next in a run: takes the plan and the state, gives commands. All of a run's logic, forward
//! and back, is here and nowhere else. Pure: no I/O, no clock, no memory between calls.

mod watch;

use mig_plan::{FailureKind, OldTable, Op, Outcome, Plan, RollbackScope, Scope, StepId, Undo};

use crate::state::{Phase, RunState, StepStatus, UnixMillis};
use watch::Asks;

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Start a step.
    Start(StepId),
    /// Ask a running step to let go; to ask twice is to ask once.
    Stop(StepId),
    /// Undo a step.
    Undo(StepId),
    /// Undo what was done, from here on.
    BeginRollback {
        /// What.
        scope: Scope,
        /// Why.
        reason: String,
        /// The failure that caused it.
        cause: Option<FailureKind>,
    },
    /// Leave the run.
    End(Outcome),
}

/// The commands that follow from the state. None means that steps are acting and there is nothing to do but
/// wait for them. At the most `room` steps are started or undone at a time.
pub fn decide(plan: &Plan, state: &RunState, room: usize) -> Vec<Command> {
    match state.phase() {
        Phase::New | Phase::Ended { .. } => Vec::new(),
        Phase::Forward => forward(plan, state, room),
        Phase::Completing => complete(plan, state, room),
        Phase::RollingBack(rollback) => {
            // A failure elsewhere while the rollback waits for running steps to let go.
            let elsewhere = state.failed().any(|step| !state.is_in_scope(step) && must_undo(state, step));
            if elsewhere
                && let Some(Command::BeginRollback { scope, reason, cause }) =
                    rollback_of_failures(plan, state)
                && irreversible(plan, state, &scope).is_none()
            {
                return vec![Command::BeginRollback { scope, reason, cause }];
            }
            back(plan, state, &rollback.reason, room)
        }
    }
}

/// The first touched step of a scope that cannot be undone, and why. A rollback over it is not begun: half
/// a rollback is worse than none. A cleanup that was refused before it did anything is none.
pub fn irreversible<'a>(plan: &'a Plan, state: &RunState, scope: &Scope) -> Option<(&'a StepId, &'a str)> {
    let harmless = |step: usize| plan.steps[step].op.is_cleanup() && state.record(step).before.is_none();
    state.touched_in(scope).into_iter().find_map(|step| match &plan.steps[step].undo {
        Undo::Irreversible { .. } if harmless(step) => None,
        Undo::Irreversible { reason } => Some((&plan.steps[step].id, reason.as_str())),
        Undo::Nothing | Undo::DropTable | Undo::DeleteRows | Undo::Restore | Undo::Reverse => None,
    })
}

/// Whether a soak that is watched may end: nothing that was read since `until`, the end of its time, is in
/// question any more.
pub(crate) fn has_soaked(plan: &Plan, state: &RunState, step: usize, until: UnixMillis) -> bool {
    watch::has_soaked(plan, state, step, until)
}

fn must_undo(state: &RunState, step: usize) -> bool {
    match state.record(step).status {
        StepStatus::Failed(FailureKind::Validation | FailureKind::Refused) => true,
        StepStatus::Failed(FailureKind::Unavailable)
        | StepStatus::Pending
        | StepStatus::Running
        | StepStatus::Waiting
        | StepStatus::Stopped
        | StepStatus::Done
        | StepStatus::Undoing
        | StepStatus::Undone
        | StepStatus::UndoFailed => false,
    }
}

fn forward(plan: &Plan, state: &RunState, room: usize) -> Vec<Command> {
    if let Some(Command::BeginRollback { scope, reason, cause }) = rollback_of_failures(plan, state) {
        let Some((step, why)) = irreversible(plan, state, &scope) else {
            return vec![Command::BeginRollback { scope, reason, cause }];
        };
        let reason = format!(
            "{reason}; it is not rolled back, since {step} cannot be undone: {why}. \
             Mend what failed, then run the same command again to try it once more"
        );
        return rest_then(plan, state, Outcome::Stuck { reason });
    }
    match watch::asked(plan, state) {
        Some(Asks::Revert { scope, reason }) => {
            let Some((step, why)) = irreversible(plan, state, &scope) else {
                return vec![Command::BeginRollback { scope, reason, cause: None }];
            };
            let reason = format!(
                "{reason}; it is not rolled back, since {step} cannot be undone: {why}. Decide what to do with what \
                 was switched; the same command goes on watching"
            );
            return rest_then(plan, state, Outcome::Stuck { reason });
        }
        Some(Asks::Pause { reason }) => return rest_then(plan, state, Outcome::Stuck { reason }),
        None => {}
    }
    if let Some(reason) = failures(plan, state, |_| true) {
        let reason = to_mend(reason, "run the same command again");
        return rest_then(plan, state, Outcome::Stuck { reason });
    }
    let start: Vec<Command> =
        state.ready().take(room).map(|step| Command::Start(plan.steps[step].id.clone())).collect();
    if !start.is_empty() || state.running().next().is_some() || state.ready().next().is_some() {
        return start;
    }
    if state.is_complete() {
        return vec![Command::End(Outcome::Completed)];
    }
    let mut approvals: Vec<String> = state.waiting().filter_map(|step| approval(plan, step)).collect();
    approvals.sort();
    approvals.dedup();
    if approvals.is_empty() {
        let reason = "the plan's steps wait for each other; make the plan again".to_owned();
        return vec![Command::End(Outcome::Stuck { reason })];
    }
    vec![Command::End(Outcome::Waiting { approvals })]
}

/// A failure with what to do once it is mended, which most say themselves.
fn to_mend(reason: String, then: &str) -> String {
    let told = ["run again", "run the same command again", then].iter().any(|told| reason.ends_with(told));
    if told { reason } else { format!("{reason}. Mend it, then {then}") }
}

/// Makes the run final, until a cleanup is refused. Tables are dropped one at a time, since each is locked
/// meanwhile, whatever needs another before that, and all before anything else is given up: refused, as much as possible can still be undone.
fn complete(plan: &Plan, state: &RunState, room: usize) -> Vec<Command> {
    if let Some(reason) = failures(plan, state, |_| true) {
        let reason = to_mend(reason, "run `mig complete` again");
        let reason = format!("{reason}; nothing else is cleaned up before");
        return rest_then(plan, state, Outcome::Stuck { reason });
    }
    if state.is_final() {
        return vec![Command::End(Outcome::Completed)];
    }
    let drops = |step: usize| matches!(plan.steps[step].op, Op::Cleanup { old: OldTable::Drop, .. });
    let start: Vec<usize> = match state.next_drop() {
        _ if state.running().any(drops) => Vec::new(),
        Some(first) => vec![first],
        None => state.ready().take(room).collect(),
    };
    start.into_iter().map(|step| Command::Start(plan.steps[step].id.clone())).collect()
}

fn back(plan: &Plan, state: &RunState, reason: &str, room: usize) -> Vec<Command> {
    let stop: Vec<Command> = state.running().map(|step| Command::Stop(plan.steps[step].id.clone())).collect();
    if !stop.is_empty() {
        return stop;
    }
    let undoing = state.undoing().next().is_some();
    if let Some(step) = state.undo_failed().next() {
        if undoing {
            return Vec::new();
        }
        let error = state.record(step).error.as_deref().unwrap_or("no reason was given");
        let reason = format!(
            "{} could not be undone: {error}. Mend it, then run the same command again to go on undoing \
             (undone because {reason})",
            plan.steps[step].id
        );
        return vec![Command::End(Outcome::Stuck { reason })];
    }
    let undo: Vec<Command> =
        state.undoable().take(room).map(|step| Command::Undo(plan.steps[step].id.clone())).collect();
    if undo.is_empty() && !undoing && state.to_undo().next().is_none() {
        return vec![Command::End(Outcome::RolledBack { reason: reason.to_owned() })];
    }
    undo
}

/// Lets running steps finish before an end, but for those that only pass the time.
fn rest_then(plan: &Plan, state: &RunState, outcome: Outcome) -> Vec<Command> {
    if state.running().next().is_none() {
        return vec![Command::End(outcome)];
    }
    let passes_time = |step: &usize| matches!(plan.steps[*step].op, Op::Soak { .. });
    state.running().filter(passes_time).map(|step| Command::Stop(plan.steps[step].id.clone())).collect()
}

/// The rollback that the failures ask for, if any does: of all failed steps' waves together.
fn rollback_of_failures(plan: &Plan, state: &RunState) -> Option<Command> {
    let failed: Vec<usize> = state.failed().filter(|&step| must_undo(state, step)).collect();
    let cause = failed.iter().find_map(|&step| failure_kind(state, step))?;
    let reason = failures(plan, state, |step| must_undo(state, step))?;
    let everything = failed.iter().any(|&step| {
        let policy = plan
            .waves
            .iter()
            .find(|wave| wave.name == plan.steps[step].wave)
            .and_then(|wave| plan.rollbacks.get(wave.rollback.as_ref()?));
        policy.is_some_and(|policy| policy.revert == RollbackScope::Migration)
    });
    let under_way = match state.phase() {
        Phase::RollingBack(rollback) => Some(&rollback.scope),
        Phase::New | Phase::Forward | Phase::Completing | Phase::Ended { .. } => None,
    };
    let scope = match under_way {
        Some(Scope::Migration) => Scope::Migration,
        _ if everything => Scope::Migration,
        Some(Scope::Waves(waves)) => {
            let failed = failed.iter().map(|&step| plan.steps[step].wave.as_str());
            state.scope_of(waves.iter().map(String::as_str).chain(failed))
        }
        None => state.scope_of(failed.iter().map(|&step| plan.steps[step].wave.as_str())),
    };
    Some(Command::BeginRollback { scope, reason, cause: Some(cause) })
}

fn failure_kind(state: &RunState, step: usize) -> Option<FailureKind> {
    match state.record(step).status {
        StepStatus::Failed(kind) => Some(kind),
        StepStatus::Pending
        | StepStatus::Running
        | StepStatus::Waiting
        | StepStatus::Stopped
        | StepStatus::Done
        | StepStatus::Undoing
        | StepStatus::Undone
        | StepStatus::UndoFailed => None,
    }
}

/// The failures in words: the first in full, the others counted.
fn failures(plan: &Plan, state: &RunState, which: impl Fn(usize) -> bool) -> Option<String> {
    let mut failed = state.failed().filter(|&step| which(step));
    let first = failed.next()?;
    let error = state.record(first).error.as_deref().unwrap_or("no reason was given");
    let id = &plan.steps[first].id;
    Some(match failed.count() {
        0 => format!("{id} failed: {error}"),
        1 => format!("{id} failed: {error} (and 1 more step failed)"),
        more => format!("{id} failed: {error} (and {more} more steps failed)"),
    })
}

fn approval(plan: &Plan, step: usize) -> Option<String> {
    let Op::Approve { approval } = &plan.steps[step].op else { return None };
    Some(approval.clone())
}

#[cfg(test)]
mod tests;
