//! The plan: everything that a run needs, and nothing it could decide by itself.
//!
//! Fields of what there is much of stand in the order of their names, in which they are written.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::canonical::indented_json;
use crate::passed::Passed;
use crate::{
    Action, CanonicalError, ColumnType, Digest, EntityRef, Expr, Metric, MetricSource, Step, StepId,
    StoreConfig, TableRef, TableSchema, digest_json,
};

/// A whole migration, ready to run. Its digest is what people approve and what a run executes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The warnings that the source allows, in source order, for whoever reviews the plan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<Allowed>,
    /// The approvals, by name.
    pub approvals: BTreeMap<String, Approval>,
    /// The consumers, by name; a family's members are `family.member`.
    pub consumers: BTreeMap<String, Consumer>,
    /// The datasets, by name; a family's members are `family.member`.
    pub datasets: BTreeMap<String, Dataset>,
    /// What the plan was made from.
    pub inputs: Inputs,
    /// Where metrics come from; without it nobody watches the conditions of the policies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric_source: Option<MetricSource>,
    /// What the source is asked, by the metric's name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metrics: BTreeMap<String, Metric>,
    /// The migration.
    pub migration: Migration,
    /// The rollback policies, by name.
    pub rollbacks: BTreeMap<String, RollbackPolicy>,
    /// The steps in a topological order that is the same for the same inputs.
    pub steps: Vec<Step>,
    /// The stores, by their name in the source.
    pub stores: BTreeMap<String, StoreConfig>,
    /// The waves in the order they run.
    pub waves: Vec<Wave>,
}

impl Plan {
    /// The digest of the plan's canonical form.
    ///
    /// # Errors
    /// Never for a plan that was deserialized or built by the compiler.
    pub fn digest(&self) -> Result<Digest, CanonicalError> {
        digest_json(self)
    }

    /// Every table that the plan reads or writes: each dataset's old and new one. What
    /// [`Inputs::schemas`] is the digest of.
    pub fn tables(&self) -> impl Iterator<Item = &TableRef> {
        self.datasets.values().flat_map(|dataset| [&dataset.old, &dataset.new])
    }

    /// The policy under which a wave is taken back, where it has one.
    pub fn policy(&self, wave: &str) -> Option<&RollbackPolicy> {
        let wave = self.waves.iter().find(|known| known.name == wave)?;
        self.rollbacks.get(wave.rollback.as_ref()?)
    }

    /// The policy whose conditions are watched while a wave soaks: none where nothing is to be looked at, or
    /// nothing to look with.
    pub fn watched(&self, wave: &str) -> Option<&RollbackPolicy> {
        let policy = self.policy(wave).filter(|policy| !policy.conditions.is_empty())?;
        self.metric_source.as_ref().map(|_| policy)
    }

    /// The step of that name.
    pub fn step(&self, id: &StepId) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == *id)
    }

    /// The first step that cannot be undone: the point of no return. Where every step of `apply` can be undone it
    /// is a cleanup, which only `complete` takes.
    pub fn first_irreversible(&self) -> Option<&Step> {
        self.steps.iter().find(|step| matches!(step.undo, crate::Undo::Irreversible { .. }))
    }
}

/// A warning that the source allows, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowed {
    /// The warning's code.
    pub code: String,
    /// What it says.
    pub message: String,
    /// The item that allows it.
    pub item: String,
    /// The reason, in the source's words.
    pub because: String,
}

/// The migration item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Migration {
    /// Its name.
    pub name: String,
    /// Its doc comment, lines joined by newlines; empty without one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc: String,
    /// The owning group or user.
    pub owner: EntityRef,
    /// The glob patterns of the file catalog, relative to the migration's folder; empty when the catalog
    /// comes from elsewhere. Annotations are rewritten in these files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub catalog_files: Vec<String>,
}

/// What a plan was made from: a run refuses a plan whose inputs have changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    /// The `.mig` files, by path relative to the migration's folder.
    pub sources: Vec<SourceFile>,
    /// The catalog's [`crate::Catalog::digest`].
    pub catalog: Digest,
    /// The [`crate::Schemas::digest_of`] the plan's [`Plan::tables`].
    pub schemas: Digest,
}

/// One `.mig` file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// Its path relative to the migration's folder, with `/`.
    pub path: String,
    /// The digest of its bytes.
    pub digest: Digest,
}

/// One dataset's move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dataset {
    /// Rows in a chunk, at the most.
    pub chunk_rows: u64,
    /// The new columns, in the new table's order.
    pub columns: Vec<Column>,
    /// The doc comment of the item it comes from.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc: String,
    /// The old columns that are not carried, each with the reason.
    pub dropped: Vec<DroppedColumn>,
    /// The key by which rows are chunked and told apart, as pairs of old and new column names in key
    /// order; empty for a table without one.
    pub key: Vec<(String, String)>,
    /// Where they go.
    pub new: TableRef,
    /// The catalog entity of the new dataset, where it is another than the old one's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_entity: Option<EntityRef>,
    /// The new table as it was when the plan was made; `None` when it did not exist and is to be made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_schema: Option<TableSchema>,
    /// Where the rows come from.
    pub old: TableRef,
    /// The catalog entity of the old dataset, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_entity: Option<EntityRef>,
    /// The old table as it was when the plan was made.
    pub old_schema: TableSchema,
    /// Who owns it, by the catalog.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<EntityRef>,
    /// The old columns whose values are never shown, sorted.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub secret: BTreeSet<String>,
}

/// One column of the new table, and what it is made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name in the new table.
    pub name: String,
    /// Its type in the new table.
    pub ty: ColumnType,
    /// Its value, typed `ty`.
    pub expr: Expr,
    /// Whether its values are never shown, since they tell something of a secret old column.
    #[serde(default, skip_serializing_if = "is_false")]
    pub secret: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is what `skip_serializing_if` asks for")]
fn is_false(value: &bool) -> bool {
    !value
}

/// An old column that ends with the migration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DroppedColumn {
    /// Its name in the old table.
    pub name: String,
    /// Why.
    pub because: String,
    /// Where more is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub see: Option<String>,
}

/// One consumer's switch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consumer {
    /// Its criticality, where the migration says how to find it and the catalog has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criticality: Option<Criticality>,
    /// How it is switched, in order.
    pub cut_over: Vec<Action>,
    /// The catalog entity.
    pub entity: EntityRef,
    /// Who owns it, by the catalog.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<EntityRef>,
    /// The names of the datasets it reads, sorted.
    pub reads: Vec<String>,
}

/// A level of the migration's criticality scale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Criticality {
    /// Its name.
    pub level: String,
    /// Its place on the scale, from 0, the least critical.
    pub rank: u32,
}

/// One wave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wave {
    /// Its name.
    pub name: String,
    /// The waves it comes after, sorted.
    pub after: Vec<String>,
    /// The datasets it moves, sorted.
    pub datasets: Vec<String>,
    /// The consumers it switches, sorted.
    pub consumers: Vec<String>,
    /// How many consumers are switched at once; all when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<u64>,
    /// The approval it waits for before its first cut-over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<String>,
    /// The rollback policy; without one a failed wave is reverted alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback: Option<String>,
    /// Seconds to soak after the last cut-over; 0 for none.
    pub soak_seconds: u64,
}

/// Who must agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// One member out of each of these must approve.
    pub from: Vec<EntityRef>,
    /// Who may speak for each of them, by the catalog's memberships at plan time; the entity itself first.
    pub members: BTreeMap<EntityRef, Vec<EntityRef>>,
    /// Seconds for which an approval holds.
    pub valid_seconds: u64,
}

/// What a validation demands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckRule {
    /// As many rows on both sides.
    RowCount,
    /// Equal order-independent checksums of every mapped column.
    Checksum {
        /// Whether the old table is read and hashed again, instead of taking what the copy hashed.
        reread: bool,
    },
    /// The newest value of a `timestamp` or `datetime` column in the new table is no further behind the
    /// old side's (under the mapping) than this.
    Freshness {
        /// Seconds.
        within_seconds: u64,
        /// The new column.
        column: String,
    },
    /// A condition over aggregates of the new rows. In `condition`, the column named `$n` stands for the
    /// value of the n-th aggregate, from 0.
    Require {
        /// The aggregates: function (`count`, `count_if`, `sum`, `min`, `max`) and its argument over the new columns;
        /// `count` takes none.
        aggregates: Vec<(String, Option<Expr>)>,
        /// What must be true.
        condition: Expr,
        /// The condition as the source has it.
        source: String,
        /// What to say when it is not.
        message: String,
    },
}

/// When and how a wave is rolled back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollbackPolicy {
    /// Any of these is a reason.
    pub conditions: Vec<Condition>,
    /// What missing data means.
    pub no_data: NoData,
    /// What is reverted.
    pub revert: RollbackScope,
    /// Whether the owners of what is reverted are notified.
    pub notify_owners: bool,
}

/// A reason to roll back, watched while a wave soaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// The metric's name, as in [`Plan::metrics`] where there is a source.
    pub metric: String,
    /// The comparison's operator: `>`, `>=`, `<` or `<=`.
    pub operator: String,
    /// The threshold as a decimal number in the metric's own unit (a share of 1 for percentages).
    pub threshold: String,
    /// Seconds for which it must hold without a break; 0 where the source does not say, which is for
    /// [`Condition::READINGS`] readings in a row.
    pub for_seconds: u64,
    /// The least number of attempts in that time for the metric to count; 0 when not given.
    pub minimum_attempts: u64,
    /// The condition as the source has it.
    pub source: String,
}

impl Condition {
    /// How many readings in a row must be beyond the limit, or without data, where the source gives no time.
    pub const READINGS: u32 = 3;
}

/// What a rollback policy makes of missing data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoData {
    /// The wave waits for a person.
    Pause,
    /// The wave goes on.
    Proceed,
    /// The wave is rolled back.
    Revert,
}

/// What a rollback reverts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RollbackScope {
    /// The wave that failed.
    Wave,
    /// Everything that was done.
    Migration,
}

/// What a dataset weighs, for people; counted when the plan is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Estimate {
    /// Rows.
    pub rows: u64,
    /// Bytes in the old store.
    pub bytes: u64,
}

/// A plan as a file: the plan, its digest, and what is about the file and not about the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanFile {
    /// The digest of `plan`.
    pub digest: Digest,
    /// What the datasets weighed; not part of the digest, since data grows while a plan is reviewed.
    pub estimates: BTreeMap<String, Estimate>,
    /// The migration's folder relative to the plan file's, with `/`; `.` when they are the same.
    pub folder: String,
    /// The plan.
    pub plan: Plan,
    /// The version of this form; 1.
    pub version: u32,
}

/// Why a text is not a plan file to be trusted.
#[derive(Debug)]
pub enum PlanFileError {
    /// It is not JSON of this shape.
    Malformed(serde_json::Error),
    /// Its version is not known here.
    Version(u64),
    /// The plan in it does not have the digest it claims: it was edited after it was made.
    Digest {
        /// What the file says.
        claimed: Digest,
        /// What its plan really has.
        actual: Digest,
    },
    /// It cannot be encoded.
    Encoding(CanonicalError),
}

impl fmt::Display for PlanFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => write!(f, "not a plan file: {error}"),
            Self::Version(version) => write!(
                f,
                "a plan file of version {version}, and this mig reads version {}",
                PlanFile::VERSION
            ),
            Self::Digest { claimed, actual } => write!(
                f,
                "the plan was changed after it was made: it claims the digest {claimed} and has {actual}"
            ),
            Self::Encoding(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl std::error::Error for PlanFileError {}

impl PlanFile {
    /// The version of the file form that this build writes.
    pub const VERSION: u32 = 1;

    /// Wraps a plan.
    ///
    /// # Errors
    /// Never for a plan that the compiler built.
    pub fn new(
        plan: Plan,
        folder: String,
        estimates: BTreeMap<String, Estimate>,
    ) -> Result<Self, PlanFileError> {
        let digest = plan.digest().map_err(PlanFileError::Encoding)?;
        Ok(Self { version: Self::VERSION, digest, folder, estimates, plan })
    }

    /// The file's text: indented for review, keys sorted, the same bytes for the same plan.
    ///
    /// # Errors
    /// Never for a plan that the compiler built.
    pub fn to_text(&self) -> Result<String, PlanFileError> {
        let mut text = indented_json(self).map_err(PlanFileError::Encoding)?;
        text.push('\n');
        Ok(text)
    }

    /// Reads a file's text and proves that the plan has the digest that the file claims.
    ///
    /// # Errors
    /// When it is no plan file, of another version, or changed by hand.
    pub fn from_text(text: &str) -> Result<Self, PlanFileError> {
        // The digest is taken from the text's own values, so that a field this build does not know
        // cannot be slipped into a plan unseen.
        let written: Written = serde_json::from_str(text).map_err(PlanFileError::Malformed)?;
        if let Some(version) = written.version.and_then(|version| version.as_u64())
            && version != u64::from(Self::VERSION)
        {
            return Err(PlanFileError::Version(version));
        }
        let file: Self = serde_json::from_str(text).map_err(PlanFileError::Malformed)?;
        match written.plan {
            Some(WrittenPlan(actual)) if actual == file.digest => Ok(file),
            Some(WrittenPlan(actual)) => Err(PlanFileError::Digest { claimed: file.digest, actual }),
            // There is a plan, or the file could not have been read.
            None => Ok(file),
        }
    }
}

/// What is taken from a plan file's text before it is read as a plan.
#[derive(Deserialize)]
struct Written {
    version: Option<serde_json::Value>,
    plan: Option<WrittenPlan>,
}

/// The digest of the plan that stands in a text, whatever fields it has.
struct WrittenPlan(Digest);

impl<'de> Deserialize<'de> for WrittenPlan {
    fn deserialize<D: Deserializer<'de>>(plan: D) -> Result<Self, D::Error> {
        digest_json(&Passed::new(plan)).map(Self).map_err(|error| D::Error::custom(error.into_inner()))
    }
}
