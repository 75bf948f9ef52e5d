//! The arguments of `mig impact`.

use std::path::PathBuf;

use clap::Args;

use super::Format;

/// Show who reads an entity, directly and through others, when each is switched, and which columns.
///
/// Who reads whom is what the catalog says. With a migration's folder, the waves, the criticality and the
/// columns come from there, whether or not the entity moves; with `--catalog` alone nothing else is read.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mig impact @resource:orders-v1                    in the migration of this folder
  mig impact orders shop                            a dataset of the migration in `shop`, by its name
  mig impact orders shop --column total_cents       only what is made from that column
  mig impact resource:default/orders-v1 --catalog 'files:catalog/**/*.yaml'
  mig impact @api:billing --format json             for a program")]
pub(crate) struct ImpactArgs {
    /// An entity (`@kind:name`, `kind:namespace/name`, or its name alone), or a dataset of the migration.
    #[arg(value_name = "ENTITY")]
    pub(crate) entity: String,
    /// The migration's folder.
    #[arg(default_value = ".", value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// Only what is made from this column of the old table.
    #[arg(long, value_name = "COLUMN")]
    pub(crate) column: Option<String>,
    /// Read this catalog, and no migration: `files(…)`, `backstage(…)`, `files:PATTERN` or `backstage:env.URL`.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) catalog: Option<String>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}
