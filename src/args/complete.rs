//! The arguments of `mig complete`.

use std::path::PathBuf;

use clap::Args;

use super::RunArgs;

/// Make a completed run final: drop the old tables that the source says to drop. There is no way back.
///
/// Nothing is dropped that changed since it was copied, or that a view or a foreign key still needs.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mig complete shop          show what is dropped, ask, drop it
  mig complete plan.json     the run of this plan
  mig complete shop --yes    without asking")]
pub(crate) struct CompleteArgs {
    /// The migration's folder, or a plan file.
    #[arg(default_value = ".", value_name = "FOLDER|PLAN")]
    pub(crate) target: PathBuf,
    /// Do not ask.
    #[arg(short, long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}
