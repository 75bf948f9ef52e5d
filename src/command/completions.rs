//! `mig completions`: the completions for a shell.

use clap::CommandFactory as _;

use crate::args::{Cli, CompletionsArgs};
use crate::console::Console;
use crate::exit::Exit;
use crate::problem::Failure;

/// Prints them.
pub(crate) fn run(args: &CompletionsArgs, console: Console) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "mig", &mut script);
    console.print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
