//! The arguments of `mig explain`.

use clap::Args;

use super::Format;

/// Explain a diagnostic: what it says, why, an example, and what to do.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mig explain unmapped-column
  mig explain                     list every code
  mig explain --format json       every page, for a program")]
pub(crate) struct ExplainArgs {
    /// The code above a message; every code is listed without one.
    #[arg(value_name = "CODE")]
    pub(crate) code: Option<String>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}
