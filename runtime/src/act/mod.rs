//! Acts: what each op does to the world, forward and back, one file per op.
//!
//! Takes a step and what surrounds it, gives how it went. Every act is idempotent: run twice, or run
//! again after it was broken off anywhere, it leaves what running once leaves. Acts decide nothing about
//! other steps, and tell the journal what must be durable before they go on.

pub(crate) mod approve;
pub(crate) mod cleanup;
mod copy;
mod cut_over;
mod dry_run;
pub(crate) mod prepare;
mod rows;
mod soak;
mod unkept;
mod validate;

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

use mig_plan::{Commit, Dataset, Digest, Estimate, Event, FailureKind, Op, Plan, Step, TableRef, Undo};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::observer::Observer;
use crate::progress::Progress;
use crate::state::{RunState, StepRecord};
use crate::store::{Store, StoreError};
use crate::transfer::TransferError;
use crate::world::World;

/// How an act, or an undo, went when it did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// It has done all it does.
    Succeeded,
    /// It cannot go on before a person acts.
    Waiting,
    /// It was asked to let go, and did.
    Stopped,
}

/// Why an act gave up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) kind: FailureKind,
    pub(crate) error: String,
    /// Whether the same act may succeed a moment later without anybody doing anything.
    pub(crate) passes: bool,
}

impl Failure {
    /// The step is ruled out, and would be again.
    pub(crate) fn refused(error: impl Into<String>) -> Self {
        Self { kind: FailureKind::Refused, error: error.into(), passes: false }
    }

    /// Old and new differ.
    pub(crate) fn validation(error: impl Into<String>) -> Self {
        Self { kind: FailureKind::Validation, error: error.into(), passes: false }
    }

    /// The world is in the way, perhaps not for long.
    pub(crate) fn unavailable(error: impl Into<String>) -> Self {
        Self { kind: FailureKind::Unavailable, error: error.into(), passes: true }
    }

    /// The world is in the way until a person mends it.
    pub(crate) fn broken(error: impl Into<String>) -> Self {
        Self { kind: FailureKind::Unavailable, error: error.into(), passes: false }
    }

    /// Says where it happened.
    pub(crate) fn at(mut self, place: impl std::fmt::Display) -> Self {
        self.error = format!("{place}: {}", self.error);
        self
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(text) => Self::unavailable(text),
            StoreError::Refused(text) | StoreError::Said { words: text, .. } => Self::refused(text),
            // Only the other end of a transfer sees this, and it has the reason; alone it is a broken pipe.
            StoreError::Abandoned => Self::unavailable(error.to_string()),
        }
    }
}

impl From<TransferError> for Failure {
    fn from(error: TransferError) -> Self {
        let kind = error.kind();
        Self { kind, error: error.to_string(), passes: kind == FailureKind::Unavailable }
    }
}

/// Nobody writes the journal any more.
fn lost() -> Failure {
    Failure::broken("the run ended while the step was acting")
}

/// A panic: a defect of mig itself, which must not lose the run.
pub(crate) fn defect(panic: &(dyn std::any::Any + Send)) -> Failure {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_default();
    Failure::broken(format!("a defect in mig ({text}); please report it"))
}

/// What acts send to the one loop that writes the journal.
pub(crate) enum Message {
    /// Events to be appended; whoever waits for it is told once they are durable.
    Record(Vec<Event>, Option<oneshot::Sender<()>>),
    /// A step's act has ended in this way.
    Ended { step: usize, event: Event },
}

/// What all acts of a run share.
pub(crate) struct Run {
    pub(crate) plan: Plan,
    pub(crate) digest: Digest,
    /// How many rows each dataset had when the plan was made.
    pub(crate) estimates: BTreeMap<String, Estimate>,
    /// The copy step of each dataset.
    pub(crate) copies: BTreeMap<String, usize>,
    /// The datasets that are copied out of each old table.
    pub(crate) sources: cleanup::Sources,
    pub(crate) world: World,
    /// Written by the loop alone.
    pub(crate) state: RwLock<RunState>,
    pub(crate) journal: mpsc::Sender<Message>,
    pub(crate) observer: Arc<dyn Observer>,
}

/// A step that acts or is undone.
#[derive(Clone)]
pub(crate) struct Act {
    pub(crate) run: Arc<Run>,
    pub(crate) position: usize,
    /// Asks the act to let go.
    pub(crate) stop: CancellationToken,
}

impl Act {
    pub(crate) fn step(&self) -> &Step {
        &self.run.plan.steps[self.position]
    }

    pub(crate) fn plan(&self) -> &Plan {
        &self.run.plan
    }

    pub(crate) fn world(&self) -> &World {
        &self.run.world
    }

    /// Looks at the run's state, briefly.
    pub(crate) fn with_state<T>(&self, look: impl FnOnce(&RunState) -> T) -> T {
        // A poisoned lock means that the loop panicked, and with it the run ends.
        look(&self.run.state.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// What is known of this step.
    pub(crate) fn record(&self) -> StepRecord {
        self.with_state(|state| state.record(self.position).clone())
    }

    /// Makes events durable. Nothing may be done that depends on them before this returns.
    pub(crate) async fn journal(&self, events: Vec<Event>) -> Result<(), Failure> {
        let (done, durable) = oneshot::channel();
        self.send(events, Some(done)).await?;
        durable.await.map_err(|_| lost())
    }

    /// Has events made durable no later than how the step ends, and does not wait for it.
    pub(crate) async fn report(&self, events: Vec<Event>) -> Result<(), Failure> {
        self.send(events, None).await
    }

    async fn send(&self, events: Vec<Event>, done: Option<oneshot::Sender<()>>) -> Result<(), Failure> {
        self.run.journal.send(Message::Record(events, done)).await.map_err(|_| lost())
    }

    /// Counters for this step, shown to whoever watches. `done` of the dataset's rows were moved before.
    pub(crate) fn progress(&self, dataset: &str, done: u64) -> Arc<Progress> {
        let progress = Arc::new(Progress::new());
        if let Some(estimate) = self.run.estimates.get(dataset) {
            progress.expect_rows(estimate.rows.saturating_sub(done));
        }
        self.run.observer.measures(&self.step().id, &progress);
        progress
    }

    /// The dataset of that name.
    pub(crate) fn dataset(&self, name: &str) -> Result<&Dataset, Failure> {
        let missing = || Failure::refused(format!("the plan has no dataset {name}; make the plan again"));
        self.run.plan.datasets.get(name).ok_or_else(missing)
    }

    /// The store of a table, opened.
    pub(crate) async fn store(&self, table: &TableRef) -> Result<Store, Failure> {
        self.world().store(&table.store).await
    }

    /// Whether a table is a folder's, whose files tell where a row is and what columns there are.
    pub(crate) fn is_of_files(&self, table: &TableRef) -> bool {
        let store = self.run.plan.stores.get(&table.store);
        store.is_some_and(|store| store.kind.abilities().commit == Commit::Renaming)
    }

    /// One place in the budget of each of these tables' stores.
    pub(crate) async fn permits(&self, tables: &[&TableRef]) -> Result<Vec<OwnedSemaphorePermit>, Failure> {
        let names: Vec<&str> = tables.iter().map(|table| table.store.as_str()).collect();
        self.world().permits(&names).await
    }
}

/// Does what the step does.
pub(crate) async fn act(act: &Act) -> Result<Done, Failure> {
    match &act.step().op {
        Op::Prepare { dataset } => prepare::act(act, dataset).await,
        Op::DryRun { dataset, rows } => dry_run::act(act, dataset, *rows).await,
        Op::Copy { dataset } => copy::act(act, dataset).await,
        Op::Validate { dataset, rules } => validate::act(act, dataset, rules).await,
        Op::Approve { approval } => approve::act(act, approval),
        Op::CutOver { subject, action } => cut_over::act(act, subject, action).await,
        Op::Soak { seconds } => soak::act(act, *seconds).await,
        Op::Gate => Ok(Done::Succeeded),
        Op::Cleanup { dataset, old } => cleanup::act(act, dataset, *old).await,
    }
}

/// Undoes what the step did, or began to do.
pub(crate) async fn undo(act: &Act) -> Result<Done, Failure> {
    let step = act.step();
    match (&step.undo, &step.op) {
        (Undo::Nothing, _) => Ok(Done::Succeeded),
        // A cleanup that was refused has done nothing.
        (Undo::Irreversible { .. }, Op::Cleanup { .. }) if act.record().before.is_none() => {
            Ok(Done::Succeeded)
        }
        (Undo::Irreversible { reason }, _) => {
            Err(Failure::refused(format!("it cannot be undone: {reason}; mend it by hand")))
        }
        (Undo::DropTable, Op::Prepare { dataset }) => prepare::undo(act, dataset).await,
        (Undo::DeleteRows, Op::Copy { dataset }) => copy::undo(act, dataset).await,
        (Undo::Restore | Undo::Reverse, Op::CutOver { subject, action }) => {
            cut_over::undo(act, subject, action).await
        }
        (Undo::DropTable | Undo::DeleteRows | Undo::Restore | Undo::Reverse, op) => {
            let stage = op.stage();
            Err(Failure::refused(format!(
                "the plan's undo does not fit the step {stage}; make the plan again"
            )))
        }
    }
}
