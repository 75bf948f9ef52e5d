//! What the fold knows: the run's phase, its approvals, and of each step where it stands and what it reported.

use std::collections::BTreeMap;

use mig_plan::{ChunkBounds, ChunkDigest, EntityRef, FailureKind, Outcome, Scope, Verdict};

use super::{Pace, StepStatus, UnixMillis, Watch};

/// What a run is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It was never started.
    New,
    /// It goes forward.
    Forward,
    /// It undoes what was done.
    RollingBack(Rollback),
    /// It has completed, and is made final.
    Completing,
    /// Its last process has left it.
    Ended {
        /// How.
        outcome: Outcome,
        /// The rollback that it was left in the middle of.
        rollback: Option<Rollback>,
    },
}

/// A rollback under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollback {
    /// When it was begun, or last widened.
    pub at: UnixMillis,
    /// What is undone.
    pub scope: Scope,
    /// Why.
    pub reason: String,
    /// The failure that caused it; `None` when a person asked.
    pub cause: Option<FailureKind>,
}

/// An approval that somebody gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenApproval {
    /// When.
    pub at: UnixMillis,
    /// The approval's name.
    pub approval: String,
    /// For whom.
    pub from: EntityRef,
    /// By whom.
    pub by: EntityRef,
}

/// The chunks of a copy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chunks {
    /// The bounds of the planned chunks, by number.
    pub planned: Vec<ChunkBounds>,
    /// Whether all are planned.
    pub all_planned: bool,
    /// The copied chunks, by number.
    pub copied: BTreeMap<u64, ChunkDigest>,
    /// The digest of all copied rows.
    pub digest: ChunkDigest,
    /// Bytes of all copied rows, as Arrow batches.
    pub bytes: u64,
    /// How fast they were copied.
    pub pace: Pace,
}

/// What is known of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRecord {
    /// Where it stands.
    pub status: StepStatus,
    /// When it was first started since it was last undone.
    pub started: Option<UnixMillis>,
    /// When its status last changed.
    pub changed: Option<UnixMillis>,
    /// Why it, or its undo, last gave up.
    pub error: Option<String>,
    /// What it replaced; the inner value is `None` when there was nothing.
    pub before: Option<Option<String>>,
    /// The chunks, of a copy.
    pub chunks: Chunks,
    /// The verdicts, of a validation.
    pub verdicts: Vec<Verdict>,
    /// How often it was tried again since it was last undone.
    pub retries: u32,
    /// What was read of the metrics, of a soak, since it was last started.
    pub watch: Watch,
    /// How often it was undone before: with the step's name it tells one attempt's effects from another's.
    pub undone: u32,
}

impl StepRecord {
    pub(super) fn new() -> Self {
        Self {
            status: StepStatus::Pending,
            started: None,
            changed: None,
            error: None,
            before: None,
            chunks: Chunks::default(),
            verdicts: Vec::new(),
            retries: 0,
            watch: Watch::default(),
            undone: 0,
        }
    }
}
