//! The arguments of `mig rollback`.

use std::path::PathBuf;

use clap::Args;

use super::RunArgs;

/// Undo what a run did, newest first, as far as it can be undone.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mig rollback shop                  everything that the last run did
  mig rollback plan.json             everything that the run of this plan did
  mig rollback shop --wave core      a wave, and every wave after it")]
pub(crate) struct RollbackArgs {
    /// The migration's folder, or a plan file.
    #[arg(default_value = ".", value_name = "FOLDER|PLAN")]
    pub(crate) target: PathBuf,
    /// Undo this wave, and what came after it; may be given more than once.
    #[arg(long = "wave", value_name = "WAVE")]
    pub(crate) waves: Vec<String>,
    /// Do not ask.
    #[arg(short, long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}
