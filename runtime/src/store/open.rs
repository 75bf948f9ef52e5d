//! Opens a store by its kind: the one list of adapters.

use std::path::Path;

use mig_plan::{StoreConfig, StoreKind};

use super::{Store, StoreError, sqlite};

/// Opens a store at a resolved location. Relative paths are relative to `folder`, the migration's.
///
/// # Errors
/// When the location is not one of the store's kind, or the store cannot be reached.
pub async fn open(config: &StoreConfig, location: &str, folder: &Path) -> Result<Store, StoreError> {
    match config.kind {
        StoreKind::Sqlite => sqlite::open(config, location, folder),
        StoreKind::Postgres | StoreKind::Parquet | StoreKind::Csv | StoreKind::Jsonl => {
            Err(StoreError::Refused(format!("this build of mig has no adapter for {} stores", config.kind)))
        }
    }
}
