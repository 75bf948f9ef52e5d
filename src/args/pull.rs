//! The arguments of `mig catalog pull` and `mig schema pull`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

const OF_CATALOG: &str = "\
Examples:
  mig catalog pull                 write catalog.lock.json in this folder
  mig catalog pull shop --check    change nothing; exit 1 if the snapshot is not up to date";
const OF_SCHEMA: &str = "\
Examples:
  mig schema pull                  write schemas.lock.json in this folder
  mig schema pull shop --check     change nothing; exit 1 if the snapshot is not up to date";

/// Keep a snapshot of the catalog, so that checking needs no Backstage.
#[derive(Debug, Args)]
#[command(after_help = OF_CATALOG)]
pub(crate) struct CatalogArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub(crate) action: CatalogAction,
}

/// What to do with the snapshot of the catalog.
#[derive(Debug, Subcommand)]
pub(crate) enum CatalogAction {
    /// Read the catalog and write it to `catalog.lock.json`, an entity a line, to be reviewed and committed.
    #[command(after_help = OF_CATALOG)]
    Pull(PullArgs),
}

/// Keep a snapshot of the stores' schemas, so that checking needs no store.
#[derive(Debug, Args)]
#[command(after_help = OF_SCHEMA)]
pub(crate) struct SchemaArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub(crate) action: SchemaAction,
}

/// What to do with the snapshot of the schemas.
#[derive(Debug, Subcommand)]
pub(crate) enum SchemaAction {
    /// Read the tables that the migration names and write them to `schemas.lock.json`, a column a line, to be
    /// reviewed and committed.
    #[command(after_help = OF_SCHEMA)]
    Pull(PullArgs),
}

/// Which snapshot.
#[derive(Debug, Args)]
pub(crate) struct PullArgs {
    /// The migration's folder.
    #[arg(default_value = ".", value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// Change nothing; exit with 1 if the snapshot is not up to date.
    #[arg(long)]
    pub(crate) check: bool,
}
