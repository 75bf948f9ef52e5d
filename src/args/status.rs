//! The arguments of `mig status`.

use std::path::PathBuf;

use clap::Args;

use super::{Format, RunArgs};

/// Show where a run stands, step by step.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mig status                       the last run in this folder
  mig status plan.json             the run of this plan
  mig status shop --format json    for a program")]
pub(crate) struct StatusArgs {
    /// The migration's folder, or a plan file.
    #[arg(default_value = ".", value_name = "FOLDER|PLAN")]
    pub(crate) target: PathBuf,
    /// Show every member of every family.
    #[arg(long)]
    pub(crate) all: bool,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}
