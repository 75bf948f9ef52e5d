//! The arguments of `mig lineage`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Show which old columns every new one is made from.
///
/// `openlineage` prints one event a line, for the collector of a lineage tool. A store's location may be a
/// secret, so that tables are named `mig://MIGRATION/STORE` and their path; `--resolve` reads the locations
/// and names tables by host, port and database, or by their file, and never by a user or a password.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mig lineage shop                        the migration in `shop`
  mig lineage plan.json --dataset orders  one dataset of a reviewed plan
  mig lineage shop --format openlineage --resolve > lineage.ndjson")]
pub(crate) struct LineageArgs {
    /// The migration's folder, or a plan file.
    #[arg(default_value = ".", value_name = "FOLDER|PLAN")]
    pub(crate) target: PathBuf,
    /// Only this dataset, or this family's; may be given more than once.
    #[arg(long = "dataset", value_name = "NAME")]
    pub(crate) datasets: Vec<String>,
    /// Show the columns of every member of every family, also where all stay as they are.
    #[arg(long)]
    pub(crate) all: bool,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = LineageFormat::Human)]
    pub(crate) format: LineageFormat,
    /// Name tables by where their stores really are, for `openlineage`.
    #[arg(long)]
    pub(crate) resolve: bool,
}

/// How lineage is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LineageFormat {
    /// For people.
    Human,
    /// For programs.
    Json,
    /// OpenLineage's events, one a line.
    Openlineage,
}
