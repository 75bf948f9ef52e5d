//! The arguments of `mig demo`.

use std::path::PathBuf;

use clap::Args;

/// Build a small shop in a folder, and migrate it: check, plan, apply, status.
///
/// Everything happens in that folder; nothing else is touched and nothing is fetched.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mig demo                  in the folder mig-demo, made anew
  mig demo my-shop          in another folder
  mig demo --keep           as you left it, with your changes to its files
  mig demo --no-run         the folder only, to go through yourself")]
pub(crate) struct DemoArgs {
    /// The folder; one that is there must be empty or an earlier demo's.
    #[arg(default_value = "mig-demo", value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// Keep an earlier demo's folder as it is and run the commands on it.
    #[arg(long)]
    pub(crate) keep: bool,
    /// Make the folder, and run nothing on it.
    #[arg(long, conflicts_with = "keep")]
    pub(crate) no_run: bool,
}
