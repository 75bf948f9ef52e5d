//! The arguments of `mig check`.

use std::path::PathBuf;

use clap::Args;

use super::ReportFormat;

/// Prove that a migration is sound, without changing anything.
///
/// Reads the `.mig` files of the folder, the catalog, and the schemas of the stores. Where the folder has
/// snapshots (`mig catalog pull`, `mig schema pull`), it reads those and neither Backstage nor a store.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mig check                       the migration in this folder
  mig check --live                and compare the snapshots with the catalog and the stores
  mig check shop --format json    findings with file, line, column and byte offsets
  mig check --format sarif        findings for a code host; github and junit for CI
  mig check --fix                 make the changes that are certain, and say what is left
  mig check --fix --diff          show those changes, and make none")]
pub(crate) struct CheckArgs {
    /// The migration's folder.
    #[arg(default_value = ".", value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// Read the catalog and the stores as they are now, and tell how the snapshots differ.
    #[arg(long)]
    pub(crate) live: bool,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = ReportFormat::Human)]
    pub(crate) format: ReportFormat,
    /// Make the changes that the findings offer and that only write properly what stands there.
    #[arg(long)]
    pub(crate) fix: bool,
    /// Make also changes that are only probably what was meant, such as a name that is near.
    #[arg(long, requires = "fix")]
    pub(crate) guess: bool,
    /// Show the changes, and make none.
    #[arg(long, requires = "fix")]
    pub(crate) diff: bool,
}
