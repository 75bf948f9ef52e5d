//! Steps: what a plan does, each with how it is undone or why it cannot be.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::plan::CheckRule;
use crate::{EntityRef, Setting, TableRef};

/// The name of a step, unique in its plan and readable: `orders/copy`, `billing/cut_over/http`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepId(pub String);

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for StepId {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The steps that must have succeeded before it starts, sorted. Undoing goes the other way: a step is
    /// undone only after all that came after it.
    pub after: Vec<StepId>,
    /// Its name.
    pub id: StepId,
    /// What it does.
    pub op: Op,
    /// How it is undone.
    pub undo: Undo,
    /// The wave it belongs to.
    pub wave: String,
}

/// What a step does. Every op is idempotent: run twice it leaves the same state as run once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// Compares both tables with the schemas in the plan, finds values that do not fit their declared
    /// type, and makes the new table where it does not exist.
    Prepare {
        /// The dataset's name in [`crate::Plan::datasets`].
        dataset: String,
    },
    /// Evaluates the mapping on the first rows and keeps nothing.
    DryRun {
        /// The dataset's name.
        dataset: String,
        /// How many rows at the most.
        rows: u64,
    },
    /// Copies all rows under the mapping, chunk by chunk.
    Copy {
        /// The dataset's name.
        dataset: String,
    },
    /// Compares old and new.
    Validate {
        /// The dataset's name.
        dataset: String,
        /// What must hold, in source order; row count and checksum come first.
        rules: Vec<CheckRule>,
    },
    /// Waits until one owner out of each of the approval's groups has approved this plan.
    Approve {
        /// The approval's name in [`crate::Plan::approvals`].
        approval: String,
    },
    /// Switches a dataset or a consumer over.
    CutOver {
        /// The name of the dataset or the consumer.
        subject: String,
        /// How.
        action: Action,
    },
    /// Waits while the switched consumers run on the new store.
    Soak {
        /// Seconds from the first start of the step.
        seconds: u64,
    },
    /// Does nothing and succeeds at once: the point that many steps come before and many others come after,
    /// so that a wave of thousands lists each of them once and not every pair.
    Gate,
    /// Makes a dataset's move final: the old table is dropped where the source says so, and the receipts are
    /// deleted, which only a rollback needs. `apply` never takes this step, only `complete` does.
    Cleanup {
        /// The dataset's name.
        dataset: String,
        /// What becomes of the old table.
        old: OldTable,
    },
}

/// What becomes of an old table when its move is made final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OldTable {
    /// It stays.
    Keep,
    /// It is dropped, or its files are removed, if it is still as it was copied.
    Drop,
}

impl Op {
    /// The stage's name as people see it.
    pub fn stage(&self) -> &'static str {
        match self {
            Self::Prepare { .. } => "prepare",
            Self::DryRun { .. } => "dry_run",
            Self::Copy { .. } => "copy",
            Self::Validate { .. } => "validate",
            Self::Approve { .. } => "approve",
            Self::CutOver { .. } => "cut_over",
            Self::Soak { .. } => "soak",
            Self::Gate => "gate",
            Self::Cleanup { .. } => "cleanup",
        }
    }

    /// The dataset the step works on, where it is one dataset's.
    pub fn dataset(&self) -> Option<&str> {
        match self {
            Self::Prepare { dataset }
            | Self::DryRun { dataset, .. }
            | Self::Copy { dataset }
            | Self::Validate { dataset, .. }
            | Self::Cleanup { dataset, .. } => Some(dataset),
            Self::Approve { .. } | Self::CutOver { .. } | Self::Soak { .. } | Self::Gate => None,
        }
    }

    /// Whether the step waits for a person who makes the migration final, and is none of `apply`.
    pub fn is_cleanup(&self) -> bool {
        matches!(self, Self::Cleanup { .. })
    }
}

/// How a dataset or a consumer is switched over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A view in a SQL store is pointed to a table of the same store, in one transaction.
    View {
        /// The view, made where it does not exist.
        view: TableRef,
        /// The table it shows from then on, all columns.
        target: TableRef,
    },
    /// An annotation of an entity in the file catalog is set; the rest of the file stays as it is.
    Annotate {
        /// The entity.
        entity: EntityRef,
        /// The annotation's key.
        key: String,
        /// Its new value.
        value: String,
    },
    /// A JSON document is posted; any 2xx answer is success. The document names migration, subject, entity,
    /// direction (`cut_over` or `undo`) and plan digest, and `Idempotency-Key` is the same on every retry.
    Http {
        /// Where to.
        post: Setting,
        /// Where the undo is posted; the same place when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        undo: Option<Setting>,
    },
    /// A program is run in the migration's folder, without a shell; exit code 0 is success.
    Command {
        /// The program and its arguments.
        run: Vec<Setting>,
        /// The program that undoes it, and its arguments.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        undo: Option<Vec<Setting>>,
    },
    /// A line for the owners in the migration's notification log.
    Notify,
}

impl Action {
    /// The action's keyword in the language.
    pub fn keyword(&self) -> &'static str {
        match self {
            Self::View { .. } => "view",
            Self::Annotate { .. } => "annotate",
            Self::Http { .. } => "http",
            Self::Command { .. } => "command",
            Self::Notify => "notify",
        }
    }
}

/// How a step is undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Undo {
    /// The step changes nothing that outlives it.
    Nothing,
    /// The new table is dropped if the step made it.
    DropTable,
    /// The rows that the step wrote are deleted, with their receipts.
    DeleteRows,
    /// What the step replaced (a view, an annotation) is put back as it was found.
    Restore,
    /// The action's own undo: the undo request, the undo command, a second notification.
    Reverse,
    /// It cannot be undone.
    Irreversible {
        /// Why, in the source's words.
        reason: String,
    },
}
