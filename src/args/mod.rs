//! The command line: its commands, each with its arguments and their help in a file of its own, and what they share.

mod apply;
mod approve;
mod check;
mod complete;
mod completions;
mod demo;
mod diff;
mod explain;
mod fmt;
mod graph;
mod impact;
mod init;
mod lineage;
mod lsp;
mod plan;
mod pull;
mod rollback;
mod status;

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use self::apply::ApplyArgs;
pub(crate) use self::approve::ApproveArgs;
pub(crate) use self::check::CheckArgs;
pub(crate) use self::complete::CompleteArgs;
pub(crate) use self::completions::CompletionsArgs;
pub(crate) use self::demo::DemoArgs;
pub(crate) use self::diff::{DiffArgs, DiffFormat};
pub(crate) use self::explain::ExplainArgs;
pub(crate) use self::fmt::FmtArgs;
pub(crate) use self::graph::{GraphArgs, GraphFormat};
pub(crate) use self::impact::ImpactArgs;
pub(crate) use self::init::InitArgs;
pub(crate) use self::lineage::{LineageArgs, LineageFormat};
pub(crate) use self::lsp::LspArgs;
pub(crate) use self::plan::PlanArgs;
pub(crate) use self::pull::{CatalogAction, CatalogArgs, PullArgs, SchemaAction, SchemaArgs};
pub(crate) use self::rollback::RollbackArgs;
pub(crate) use self::status::StatusArgs;
use crate::exit::Exit;

/// Dataset migrations as one reviewed program: checked, planned, executed, rolled back.
#[derive(Debug, Parser)]
#[command(name = "mig", version, max_term_width = 100, after_help = after(), disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// When to use colour; NO_COLOR switches `auto` off.
    #[arg(long, global = true, value_enum, default_value_t = ColorWhen::Auto, value_name = "WHEN")]
    pub(crate) color: ColorWhen,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What stands below the commands: how they end, and where to start.
fn after() -> String {
    let mut text = String::from("Exit codes:\n");
    for (exit, meaning) in Exit::ALL {
        text.push_str(&format!("  {}  {meaning}\n", exit.code()));
    }
    text.push_str(
        "
Start here:
  mig demo                  build a small shop and migrate it
  mig init shop             write a first migration of your own
  mig check shop            is this migration sound?
  mig plan shop -o p.json   what would happen? (review it)
  mig apply p.json          make it happen",
    );
    text
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorWhen {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// In files and pipes, too.
    Always,
    /// Nowhere.
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(DemoArgs),
    Init(InitArgs),
    Check(CheckArgs),
    Catalog(CatalogArgs),
    Schema(SchemaArgs),
    Fmt(FmtArgs),
    Lsp(LspArgs),
    Plan(PlanArgs),
    Graph(GraphArgs),
    Impact(ImpactArgs),
    Lineage(LineageArgs),
    Apply(ApplyArgs),
    Status(StatusArgs),
    Diff(DiffArgs),
    Approve(ApproveArgs),
    Rollback(RollbackArgs),
    Complete(CompleteArgs),
    Explain(ExplainArgs),
    Completions(CompletionsArgs),
}

impl Command {
    /// The same command with its journal in this folder.
    pub(crate) fn with_state(mut self, dir: &Path) -> Self {
        let state = match &mut self {
            Self::Plan(args) => &mut args.state,
            Self::Apply(args) => &mut args.run.state,
            Self::Status(args) => &mut args.run.state,
            Self::Diff(args) => &mut args.run.state,
            Self::Approve(args) => &mut args.run.state,
            Self::Rollback(args) => &mut args.run.state,
            Self::Complete(args) => &mut args.run.state,
            Self::Demo(_)
            | Self::Init(_)
            | Self::Check(_)
            | Self::Catalog(_)
            | Self::Schema(_)
            | Self::Fmt(_)
            | Self::Lsp(_)
            | Self::Graph(_)
            | Self::Impact(_)
            | Self::Lineage(_)
            | Self::Explain(_)
            | Self::Completions(_) => return self,
        };
        state.dir = Some(dir.to_owned());
        self
    }
}

/// How findings are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people.
    Human,
    /// For programs.
    Json,
    /// SARIF 2.1.0, for code hosts and editors.
    Sarif,
    /// Workflow commands, for GitHub Actions.
    Github,
    /// JUnit XML, for every CI server.
    Junit,
}

impl From<Format> for ReportFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Human => Self::Human,
            Format::Json => Self::Json,
        }
    }
}

/// How a result is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Human,
    /// For programs.
    Json,
}

/// Where a run is: the folder of its migration, and its journal.
#[derive(Clone, Debug, Args)]
pub(crate) struct RunArgs {
    /// The migration's folder, when the plan file does not know.
    #[arg(long, value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) state: StateArgs,
}

/// Where the journal is kept.
#[derive(Clone, Debug, Args)]
pub(crate) struct StateArgs {
    /// Where the journal is kept; `.mig` in the migration's folder by default.
    #[arg(long = "state", env = "MIG_STATE", hide_env_values = true, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
