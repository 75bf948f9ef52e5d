//! The commands, one file each: takes arguments, gives the program's end.

mod apply;
mod approve;
mod check;
mod complete;
mod completions;
mod demo;
mod diff;
mod execute;
pub(crate) mod explain;
mod fix;
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
pub(crate) mod target;

use crate::args::{CatalogAction, Command, DiffFormat, LineageFormat, ReportFormat, SchemaAction};
use crate::console::Console;
use crate::exit::Exit;
use crate::problem::Failure;

/// Runs a command.
pub(crate) fn run(command: &Command, console: Console) -> Result<Exit, Failure> {
    match command {
        Command::Demo(args) => demo::run(args, console),
        Command::Init(args) => init::run(args, console),
        Command::Check(args) => check::run(args, console),
        Command::Catalog(args) => match &args.action {
            CatalogAction::Pull(args) => pull::catalog(args, console),
        },
        Command::Schema(args) => match &args.action {
            SchemaAction::Pull(args) => pull::schemas(args, console),
        },
        Command::Fmt(args) => fmt::run(args, console),
        Command::Lsp(args) => lsp::run(args, console),
        Command::Plan(args) => plan::run(args, console),
        Command::Graph(args) => graph::run(args, console),
        Command::Impact(args) => impact::run(args, console),
        Command::Lineage(args) => lineage::run(args, console),
        Command::Apply(args) => apply::run(args, console),
        Command::Status(args) => status::run(args, console),
        Command::Diff(args) => diff::run(args, console),
        Command::Approve(args) => approve::run(args, console),
        Command::Rollback(args) => rollback::run(args, console),
        Command::Complete(args) => complete::run(args, console),
        Command::Explain(args) => explain::run(args, console),
        Command::Completions(args) => completions::run(args, console),
    }
}

/// How the command's result, and a failure in its place, is printed.
pub(crate) fn format(command: &Command) -> ReportFormat {
    match command {
        Command::Check(args) => args.format,
        Command::Plan(args) => args.format,
        Command::Status(args) => args.format.into(),
        Command::Explain(args) => args.format.into(),
        Command::Diff(args) => match args.format {
            DiffFormat::Json => ReportFormat::Json,
            DiffFormat::Human | DiffFormat::Html => ReportFormat::Human,
        },
        Command::Impact(args) => args.format.into(),
        Command::Lineage(args) => match args.format {
            LineageFormat::Human => ReportFormat::Human,
            LineageFormat::Json | LineageFormat::Openlineage => ReportFormat::Json,
        },
        Command::Demo(_)
        | Command::Init(_)
        | Command::Catalog(_)
        | Command::Schema(_)
        | Command::Fmt(_)
        | Command::Lsp(_)
        | Command::Graph(_)
        | Command::Apply(_)
        | Command::Approve(_)
        | Command::Rollback(_)
        | Command::Complete(_)
        | Command::Completions(_) => ReportFormat::Human,
    }
}
