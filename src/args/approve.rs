//! The arguments of `mig approve`.

use std::path::PathBuf;

use clap::Args;

use super::RunArgs;

/// Approve a plan, for a group that is asked, as one of its members.
///
/// The approval holds for exactly this plan; `mig apply` then goes on with it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mig approve plan.json money_path --from @group:finance --by @user:grace")]
pub(crate) struct ApproveArgs {
    /// A plan file, or the folder of a migration whose run waits.
    #[arg(value_name = "PLAN|FOLDER")]
    pub(crate) target: PathBuf,
    /// The approval's name in the migration.
    #[arg(value_name = "APPROVAL")]
    pub(crate) approval: String,
    /// For whom: one of the entities that are asked.
    #[arg(long, value_name = "ENTITY")]
    pub(crate) from: String,
    /// Who approves: a member of it.
    #[arg(long, value_name = "ENTITY")]
    pub(crate) by: String,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}
