//! The arguments of `mig fmt`.

use std::path::PathBuf;

use clap::Args;

/// Format `.mig` files: one style, no options.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mig fmt                    every `.mig` file in this folder
  mig fmt shop orders.mig    these folders and files
  mig fmt --check --diff     change nothing, show what would change, exit 1 if anything would
  mig fmt - < orders.mig     standard input to standard output, for an editor")]
pub(crate) struct FmtArgs {
    /// Folders and files; `-` is standard input.
    #[arg(default_value = ".", value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Change nothing; exit with 1 if a file is not formatted.
    #[arg(long)]
    pub(crate) check: bool,
    /// Change nothing; show what would change.
    #[arg(long)]
    pub(crate) diff: bool,
}
