//! The arguments of `mig apply`.

use std::path::PathBuf;

use clap::Args;

use super::RunArgs;

/// Make a plan happen, or go on with it: the same command after a crash, an interruption or an approval.
///
/// A plan file is executed exactly as it was reviewed. A folder is planned, shown and, once you agree,
/// executed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mig apply plan.json             execute a reviewed plan, or go on with it
  mig apply shop                  plan, show, ask, execute
  mig apply shop --yes            without asking
  mig apply plan.json --folder x  the migration's folder is x, wherever the plan file is")]
pub(crate) struct ApplyArgs {
    /// A plan file, or the migration's folder.
    #[arg(default_value = ".", value_name = "PLAN|FOLDER")]
    pub(crate) target: PathBuf,
    /// Do not ask.
    #[arg(short, long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}
