//! What happened: the events of a run's journal. The state of a run is a fold of them and nothing else.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Digest, EntityRef, StepId};

/// What stands where a value would that is never shown.
pub const SECRET: &str = "(secret)";

/// One value of a key, in a form that sorts and compares as the store's key does and fits into JSON.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyValue {
    /// A null in a key (only in keys that are not primary).
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A decimal, float or anything else in its canonical text.
    Text(String),
    /// Bytes in lower-case hexadecimal.
    Hex(String),
}

impl fmt::Display for KeyValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Text(value) => write!(f, "{value:?}"),
            Self::Hex(value) => write!(f, "x'{value}'"),
        }
    }
}

/// One end of a chunk: the values of the key columns in key order; for a table without a key the
/// store's own row locator.
pub type KeyBound = Vec<KeyValue>;

/// Which rows a chunk has: those with `after < key ≤ up_to`. Open ends are `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkBounds {
    /// The last key before the chunk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<KeyBound>,
    /// The chunk's last key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to: Option<KeyBound>,
}

/// The order-independent checksum of a set of rows: how many, and the sum of their hashes modulo 2^128.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkDigest {
    /// How many rows.
    pub rows: u64,
    /// The sum of the rows' 128-bit hashes, in hexadecimal.
    #[serde(with = "hex128")]
    pub sum: u128,
}

impl ChunkDigest {
    /// The digest of both sets together.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        Self { rows: self.rows + other.rows, sum: self.sum.wrapping_add(other.sum) }
    }
}

impl fmt::Display for ChunkDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rows, {:032x}", self.rows, self.sum)
    }
}

mod hex128 {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    // The signature is what `serde(with)` asks for.
    pub(super) fn serialize<S: Serializer>(value: &u128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{value:032x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
        let text = String::deserialize(deserializer)?;
        u128::from_str_radix(&text, 16).map_err(D::Error::custom)
    }
}

/// One row that differs between old and new.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowDifference {
    /// The row's key, or its canonical text where the table has no key.
    pub key: KeyBound,
    /// What differs.
    pub columns: Vec<ColumnDifference>,
}

/// One column that differs in a row. A row that is on one side only is given with every column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnDifference {
    /// The new column's name.
    pub column: String,
    /// The value that the mapping gives, shortened; `None` when the old side has no such row.
    pub old: Option<String>,
    /// The value read back from the new store, shortened; `None` when the new side has no such row.
    pub new: Option<String>,
}

/// What a validation found about one rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The rule, in words.
    pub rule: String,
    /// Whether it holds.
    pub passed: bool,
    /// What was compared and found, with figures.
    pub detail: String,
    /// The first differing rows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<RowDifference>,
}

/// What the source of metrics said about one condition of a wave's rollback policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// The condition's place in the policy.
    pub condition: usize,
    /// The consumer that it was asked about; `None` for the wave as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consumer: Option<String>,
    /// The metric.
    pub value: Sample,
    /// The attempts behind it, where the condition asks for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<Sample>,
}

/// A number, or why there is none although the source answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sample {
    /// A number as the source wrote it, such as `0.012` or `+Inf`.
    Number(String),
    /// The source has nothing that the query selects.
    NoSeries,
    /// The query came to no number, as a division by zero does.
    NotANumber,
}

impl Sample {
    /// The number.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(text) => text.parse().ok().filter(|number: &f64| !number.is_nan()),
            Self::NoSeries | Self::NotANumber => None,
        }
    }
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(text) => f.write_str(text),
            Self::NoSeries => f.write_str("no series"),
            Self::NotANumber => f.write_str("not a number"),
        }
    }
}

/// What a rollback covers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The steps of these waves.
    Waves(Vec<String>),
    /// Every step.
    Migration,
}

/// Why a step failed, which decides what happens next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// A validation found a difference: the wave is rolled back.
    Validation,
    /// The data, a schema or an answer rules the step out, and would again: the wave is rolled back.
    Refused,
    /// The world is in the way (a store out of reach, a full disk): the run is stuck until a person mends
    /// it and runs the same command again.
    Unavailable,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every step succeeded.
    Completed,
    /// Something failed or a person asked, and everything in scope is undone.
    RolledBack {
        /// Why.
        reason: String,
    },
    /// A person must act first.
    Stuck {
        /// What happened and what to do.
        reason: String,
    },
    /// Nothing can go on before these approvals are given.
    Waiting {
        /// The approvals' names.
        approvals: Vec<String>,
    },
    /// A person interrupted the run; the same command goes on with it.
    Interrupted,
}

/// What happened. Each is durable before the next act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A process took the run up, for the first time or again.
    RunStarted {
        /// The plan it executes.
        plan: Digest,
        /// Who: user, host and process.
        owner: String,
    },
    /// Somebody approved.
    Approved {
        /// The approval's name.
        approval: String,
        /// For whom: one of the approval's entities.
        from: EntityRef,
        /// Who: a member of it.
        by: EntityRef,
    },
    /// A step is about to act.
    StepStarted {
        /// Which.
        step: StepId,
    },
    /// What a step is about to replace, for its undo. Only the first one of a step counts.
    BeforeImage {
        /// Which.
        step: StepId,
        /// The replaced thing as text; `None` when there was none.
        before: Option<String>,
    },
    /// A chunk's bounds are fixed. Chunks of a step are numbered from 0 without gaps.
    ChunkPlanned {
        /// The copy step.
        step: StepId,
        /// The chunk's number.
        chunk: u64,
        /// Its rows.
        bounds: ChunkBounds,
    },
    /// All chunks of a step are planned.
    ChunksPlanned {
        /// The copy step.
        step: StepId,
        /// How many.
        chunks: u64,
    },
    /// A chunk is in the new store, with its receipt.
    ChunkCopied {
        /// The copy step.
        step: StepId,
        /// The chunk's number.
        chunk: u64,
        /// The checksum of its rows under the mapping.
        digest: ChunkDigest,
        /// Bytes of the rows as Arrow batches.
        bytes: u64,
        /// Milliseconds from the first read to the commit; `None` when another try had copied it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        millis: Option<u64>,
    },
    /// A validation's verdicts.
    Validated {
        /// The validate step.
        step: StepId,
        /// One per rule.
        verdicts: Vec<Verdict>,
    },
    /// The source of metrics was asked about a wave that soaks.
    MetricsRead {
        /// The soak step.
        step: StepId,
        /// What it answered.
        readings: Vec<Reading>,
        /// Why it did not answer, or not everything.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        silent: Option<String>,
    },
    /// A step cannot go on before a person acts.
    StepWaiting {
        /// Which.
        step: StepId,
    },
    /// A step let go before its end because the run is interrupted or rolled back; what it did stays,
    /// and it can be started again or undone. An undo that let go says the same.
    StepStopped {
        /// Which.
        step: StepId,
    },
    /// A step found the world in its way, and is tried again.
    StepRetried {
        /// Which.
        step: StepId,
        /// What was in the way.
        error: String,
    },
    /// A step has done all it does.
    StepSucceeded {
        /// Which.
        step: StepId,
    },
    /// A step has given up.
    StepFailed {
        /// Which.
        step: StepId,
        /// Why, for the decision.
        kind: FailureKind,
        /// Why, for people.
        error: String,
    },
    /// From here on, what was done is undone.
    RollbackStarted {
        /// What.
        scope: Scope,
        /// Why.
        reason: String,
        /// The failure that caused it; `None` when a person asked, or the rollback policy of a wave that soaks.
        cause: Option<FailureKind>,
    },
    /// A person makes the completed run final: from here on, what only a rollback needs is cleaned up.
    CompletionStarted {
        /// The cleanups that drop a table, in the order in which they do: whatever needs another goes before it.
        drops: Vec<StepId>,
    },
    /// A step is about to be undone.
    UndoStarted {
        /// Which.
        step: StepId,
    },
    /// A step is undone.
    UndoSucceeded {
        /// Which.
        step: StepId,
    },
    /// A step could not be undone.
    UndoFailed {
        /// Which.
        step: StepId,
        /// Why.
        error: String,
    },
    /// A process left the run.
    RunEnded {
        /// How.
        outcome: Outcome,
    },
}

impl Event {
    /// The version of the serialized form that this build writes.
    pub const VERSION: u32 = 1;
}
