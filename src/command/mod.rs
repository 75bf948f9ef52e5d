//! The commands, one file each: takes arguments, gives the program's end.

mod completions;
mod graph;
mod plan;

use crate::args::{Command, Format};
use crate::console::Console;
use crate::exit::Exit;
use crate::problem::Failure;

/// Runs a command.
pub(crate) fn run(command: &Command, console: Console) -> Result<Exit, Failure> {
    match command {
        Command::Plan(args) => plan::run(args, console),
        Command::Graph(args) => graph::run(args, console),
        Command::Completions(args) => completions::run(args, console),
    }
}

/// How the command's result, and a failure in its place, is printed.
pub(crate) fn format(command: &Command) -> Format {
    match command {
        Command::Plan(args) => args.format,
        Command::Graph(_) | Command::Completions(_) => Format::Human,
    }
}
