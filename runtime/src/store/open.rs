//! Opens a store by its kind: the one list of adapters.

use std::path::Path;

use mig_plan::{StoreConfig, StoreKind};

use super::limited::limited;
use super::{Location, Store, StoreError, files, mysql, postgres, sqlite};

/// Opens a store at a resolved location. Relative paths are relative to `folder`, the migration's.
///
/// # Errors
/// When the location is not one of the store's kind, or the store cannot be reached.
pub async fn open(
    config: &StoreConfig,
    location: impl Into<Location>,
    folder: &Path,
) -> Result<Store, StoreError> {
    let location = location.into();
    let store = match config.kind {
        StoreKind::Sqlite => sqlite::open(config, location.text(), folder),
        StoreKind::Postgres => postgres::open(config, location.text()),
        StoreKind::Mysql => mysql::open(config, location.text()),
        StoreKind::Parquet | StoreKind::Csv | StoreKind::Jsonl | StoreKind::Arrow => {
            files::open(config, &location, folder).await
        }
    }?;
    Ok(limited(store, config.limit))
}
