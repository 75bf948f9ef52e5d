//! The vocabulary that the compiler and the runtime share.
//!
//! Takes nothing and does nothing: plain values with `serde`, a version on every serialized form, and
//! the one canonical encoding and digest. The compiler builds a [`Plan`]; the runtime executes it and
//! writes [`Event`]s; neither knows the other. No I/O, no clock, no randomness.

mod abilities;
mod canonical;
pub mod catalog;
mod entity;
mod event;
mod expr;
mod file_settings;
mod function;
mod indented;
pub mod json;
pub mod lock;
mod metric;
mod object_storage;
mod passed;
mod patterns;
mod plan;
mod query;
pub mod schema;
mod setting;
mod sorted;
mod statistics;
mod step;
mod types;

pub use abilities::{Abilities, Commit, Lists, Views};
pub use canonical::{CanonicalError, Digest, canonical_json, digest_json};
pub use catalog::Catalog;
pub use entity::{EntityRef, EntityRefError};
pub use event::{
    ChunkBounds, ChunkDigest, ColumnDifference, Event, FailureKind, KeyBound, KeyValue, Outcome, Reading,
    RowDifference, SECRET, Sample, Scope, Verdict,
};
pub use expr::{Expr, Literal};
pub use file_settings::{
    Compression, Dialect, Encoding, PARTITION_BY, Packing, SettingError, is_pattern, names_folders,
};
pub use function::Function;
pub use lock::{Asked, CatalogLock, LockError, SchemasLock, StoreLock};
pub use metric::{Metric, MetricSource, MetricUnit};
pub use object_storage::{ObjectStorage, ObjectUrl, SECRET_SETTINGS};
pub use patterns::{JsonPath, PatternError, Template, TemplatePart, TimePattern, TimePiece, TimeUnit};
pub use plan::{
    Allowed, Approval, CheckRule, Column, Condition, Consumer, Criticality, Dataset, DroppedColumn, Estimate,
    Inputs, Migration, NoData, Plan, PlanFile, PlanFileError, RollbackPolicy, RollbackScope, SourceFile,
    Wave,
};
pub use query::{Placeholder, UnknownPlaceholder, Values, fill, placeholders};
pub use schema::{Schemas, TableRef, TableSchema};
pub use setting::{Limit, Setting, StoreConfig, StoreKind};
pub use statistics::{ColumnStatistics, Rows};
pub use step::{Action, OldTable, Op, Step, StepId, Undo};
pub use types::{ColumnType, MAX_PRECISION, Type, TypeError};
