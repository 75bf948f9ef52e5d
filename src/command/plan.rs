//! `mig plan`: what would happen.

use crate::args::{Format, PlanArgs};
use crate::console::Console;
use crate::exit::Exit;
use crate::problem::Failure;
use crate::render::plan::{Detail, plan};
use crate::workspace::read_plan;

/// Shows it.
pub(crate) fn run(args: &PlanArgs, console: Console) -> Result<Exit, Failure> {
    let read = read_plan(&args.target)?;
    match args.format {
        Format::Human => {
            console.print(&plan(&read.file, Detail { all: args.all, width: console.width() }))?
        }
        Format::Json => console.print(&crate::workspace::plan_text(&read.file)?)?,
    }
    Ok(Exit::Done)
}
