//! The command line: commands, arguments, their help.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Dataset migrations as one reviewed program: checked, planned, executed, rolled back.
#[derive(Debug, Parser)]
#[command(name = "mig", version, max_term_width = 100, after_help = AFTER, disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// When to use colour; NO_COLOR switches `auto` off.
    #[arg(long, global = true, value_enum, default_value_t = ColorWhen::Auto, value_name = "WHEN")]
    pub(crate) color: ColorWhen,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Kept in step with `exit.rs` by a test.
const AFTER: &str = "\
Exit codes:
  0  done, or nothing to do
  1  a fault in the sources, the command line or the surroundings, told above
  2  plan --detailed-exitcode: there is something to do
  3  waiting for an approval
  4  something did not hold; what had been done is undone
  5  stopped before the end; run the same command again once it is mended
  6  another run holds the migration
  7  stale plan: the world has changed since it was made

Start here:
  mig demo                  build a small shop and migrate it
  mig check shop            is this migration sound?
  mig plan shop -o p.json   what would happen? (review it)
  mig apply p.json          make it happen";

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorWhen {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Plan(PlanArgs),
    Graph(GraphArgs),
    Completions(CompletionsArgs),
}

/// How a result is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Human,
    /// For programs.
    Json,
}

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
    /// Show every member of every family.
    #[arg(long)]
    pub(crate) all: bool,
    /// How to print it; `json` is the plan file itself.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

/// Draw datasets and the consumers that read them, wave by wave.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mig graph shop --format svg > shop.svg       a drawing for a browser
  mig graph plan.json --format mermaid         for a pull request's description
  mig graph | dot -Tpdf > shop.pdf             through Graphviz")]
pub(crate) struct GraphArgs {
    /// The migration's folder, or a plan file.
    #[arg(default_value = ".", value_name = "FOLDER|PLAN")]
    pub(crate) target: PathBuf,
    /// The language of the drawing.
    #[arg(long, value_enum, default_value_t = GraphFormat::Dot)]
    pub(crate) format: GraphFormat,
    /// Draw every member of every family, however large.
    #[arg(long)]
    pub(crate) all: bool,
}

/// The language of a drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// Graphviz.
    Dot,
    /// Mermaid, which code hosts draw in a description.
    Mermaid,
    /// A drawing that every browser opens.
    Svg,
}

/// Print the completions for a shell.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mig completions bash > ~/.local/share/bash-completion/completions/mig
  mig completions zsh > ~/.zfunc/_mig
  mig completions fish > ~/.config/fish/completions/mig.fish")]
pub(crate) struct CompletionsArgs {
    /// The shell.
    pub(crate) shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::exit::Exit;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_help_lists_every_exit_code() {
        for (exit, meaning) in Exit::ALL {
            assert!(AFTER.contains(&format!("\n  {}  {meaning}\n", exit.code())), "{meaning}");
        }
    }
}
