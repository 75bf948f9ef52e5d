//! What can be asked of a state: which steps are where, and what a rollback would cover. It changes nothing.

use mig_plan::{Scope, StepId};

use super::graph::Kind;
use super::{GivenApproval, Phase, RunState, StepRecord};

impl RunState {
    /// What the run is doing.
    pub fn phase(&self) -> &Phase {
        &self.phase
    }

    /// The approvals given so far, in the order they were given.
    pub fn approvals(&self) -> &[GivenApproval] {
        &self.approvals
    }

    /// What is known of a step, by its place in the plan.
    ///
    /// # Panics
    /// When the plan has no such step.
    pub fn record(&self, step: usize) -> &StepRecord {
        &self.records[step]
    }

    /// A step's place in the plan.
    pub fn position(&self, id: &StepId) -> Option<usize> {
        self.graph.position(id)
    }

    /// The steps that may be started now: preparations first, so that what rules a dataset out is found before others are
    /// copied, and then as the plan has them.
    pub fn ready(&self) -> impl Iterator<Item = usize> + '_ {
        self.sets.ready.iter().map(|(_, step)| *step)
    }

    /// The steps that are acting.
    pub fn running(&self) -> impl Iterator<Item = usize> + '_ {
        self.sets.running.iter().copied()
    }

    /// The steps that wait for a person.
    pub fn waiting(&self) -> impl Iterator<Item = usize> + '_ {
        self.sets.waiting.iter().copied()
    }

    /// The soaks that are watched, and those that have let go: what was last read of them is still to be decided
    /// upon.
    pub fn soaking(&self) -> impl Iterator<Item = usize> + '_ {
        self.sets.soaking.iter().copied()
    }

    /// The steps that have given up.
    pub fn failed(&self) -> impl Iterator<Item = usize> + '_ {
        self.sets.failed.iter().copied()
    }

    /// The steps of the rollback that may be undone now.
    pub fn undoable(&self) -> impl Iterator<Item = usize> + '_ {
        self.sets.undoable.iter().copied()
    }

    /// The steps that are being undone.
    pub fn undoing(&self) -> impl Iterator<Item = usize> + '_ {
        self.sets.undoing.iter().copied()
    }

    /// The steps that could not be undone.
    pub fn undo_failed(&self) -> impl Iterator<Item = usize> + '_ {
        self.sets.undo_failed.iter().copied()
    }

    /// The steps of the rollback that are not undone yet.
    pub fn to_undo(&self) -> impl Iterator<Item = usize> + '_ {
        self.sets.to_undo.iter().copied()
    }

    /// Whether every step of `apply` is done.
    pub fn is_complete(&self) -> bool {
        self.sets.unfinished.is_empty()
    }

    /// Whether a person has begun to make the run final, and it was not rolled back since.
    pub fn is_completing(&self) -> bool {
        self.completing
    }

    /// The next old table to be dropped, while the run is made final.
    pub fn next_drop(&self) -> Option<usize> {
        self.sets.drops.first().map(|(_, step)| *step)
    }

    /// Whether the run was made final: every cleanup is done.
    pub fn is_final(&self) -> bool {
        self.completing && self.sets.uncleaned.is_empty()
    }

    /// The first cleanup that has begun to do what cannot be undone: behind it nothing is rolled back.
    pub fn past_return(&self) -> Option<usize> {
        (0..self.graph.len()).find(|&step| {
            let record = &self.records[step];
            self.graph.kinds[step] == Kind::Cleanup && record.status.is_touched() && record.before.is_some()
        })
    }

    /// Whether a step is covered by the rollback under way.
    pub fn is_in_scope(&self, step: usize) -> bool {
        self.in_scope[step]
    }

    /// The steps that a rollback of this scope would undo, in the plan's order.
    pub fn touched_in(&self, scope: &Scope) -> Vec<usize> {
        let covered = self.coverage(scope);
        (0..self.graph.len())
            .filter(|&step| covered[step] && self.records[step].status.is_touched())
            .collect()
    }

    /// These waves with all that depend on them: what a rollback of them must cover.
    pub fn scope_of<'a>(&self, waves: impl IntoIterator<Item = &'a str>) -> Scope {
        Scope::Waves(self.graph.closure(waves))
    }
}
