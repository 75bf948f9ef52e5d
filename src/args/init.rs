//! The arguments of `mig init`.

use std::path::PathBuf;

use clap::Args;

/// Write a first migration, from what the catalog and two stores say.
///
/// Pairs the catalog's datasets with the tables of the old store, finds who reads them, and writes a migration
/// that is sound: families, mappings to tables that are there, validations, waves by criticality. What takes a
/// decision is left out, with what is to be decided. On a terminal it asks for what the flags leave open.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mig init shop                   asks
  mig init shop --old sqlite:env.OLD_URL --new postgres:env.NEW_URL --catalog 'files(\"catalog/**/*.yaml\")'
  mig init shop --old old=sqlite:shop.db --new lake=parquet:lake --catalog backstage:env.BACKSTAGE_URL
  mig init shop … --select 'spec.type == \"dataset\" and \"shop\" in metadata.tags'")]
pub(crate) struct InitArgs {
    /// The migration's folder; paths and patterns are relative to it.
    #[arg(default_value = ".", value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// Where the tables are: KIND:PLACE, or NAME=KIND:PLACE; PLACE is `env.VARIABLE` or a path.
    #[arg(long, value_name = "STORE")]
    pub(crate) old: Option<String>,
    /// Where they go.
    #[arg(long, value_name = "STORE")]
    pub(crate) new: Option<String>,
    /// Where the catalog is: `files("…")`, `backstage(…)`, `files:PATTERN` or `backstage:env.URL`.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) catalog: Option<String>,
    /// Which entities may be datasets; resources of the type `dataset` by default.
    #[arg(long, value_name = "PREDICATE")]
    pub(crate) select: Option<String>,
    /// The migration's name; the folder's by default.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Who owns it; whoever owns most of the datasets by default.
    #[arg(long, value_name = "ENTITY")]
    pub(crate) owner: Option<String>,
    /// Only tables of this schema of the old store.
    #[arg(long, value_name = "SCHEMA")]
    pub(crate) old_schema: Option<String>,
    /// Put tables into this schema of the new store.
    #[arg(long, value_name = "SCHEMA")]
    pub(crate) new_schema: Option<String>,
    /// Replace the file that an earlier `mig init` wrote.
    #[arg(long)]
    pub(crate) force: bool,
}
