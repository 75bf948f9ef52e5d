//! The arguments of `mig plan`.

use std::path::PathBuf;

use clap::Args;

use super::{ReportFormat, StateArgs};

/// Show what would happen, wave by wave, and write it down to be reviewed and applied.
///
/// A folder is checked and planned; a plan file is only shown.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mig plan                        plan the migration in this folder
  mig plan shop -o plan.json      write the plan to a file, for `mig apply plan.json`
  mig plan plan.json --all        show a plan file with every member of every family
  mig plan --detailed-exitcode    0: nothing to do, 2: something to do, 1: errors")]
pub(crate) struct PlanArgs {
    /// The migration's folder, or a plan file.
    #[arg(default_value = ".", value_name = "FOLDER|PLAN")]
    pub(crate) target: PathBuf,
    /// Write the plan to this file.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Exit with 2 when there is something to do.
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
    /// Show every member of every family.
    #[arg(long)]
    pub(crate) all: bool,
    /// How to print it; `json` is the plan file itself, the others print what is to be said of the sources.
    #[arg(long, value_enum, default_value_t = ReportFormat::Human)]
    pub(crate) format: ReportFormat,
    #[command(flatten)]
    pub(crate) state: StateArgs,
}
