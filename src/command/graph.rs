//! `mig graph`: the plan as a drawing.

use crate::args::{GraphArgs, GraphFormat};
use crate::console::Console;
use crate::exit::Exit;
use crate::graph::{dot, graph, mermaid, svg};
use crate::problem::Failure;
use crate::workspace::{Workspace, read_plan, write_atomically};
use crate::world::planned;

/// Prints or writes it.
pub(crate) fn run(args: &GraphArgs, console: Console) -> Result<Exit, Failure> {
    let file = if args.target.is_dir() {
        let planned = planned(Workspace::read(&args.target)?)?;
        planned.warn(console);
        planned.file(".".to_owned())?
    } else {
        read_plan(&args.target)?.file
    };
    let graph = graph(&file, args.all);
    let text = match args.format {
        GraphFormat::Dot => dot(&graph),
        GraphFormat::Mermaid => mermaid(&graph),
        GraphFormat::Svg => svg(&graph),
    };
    match &args.out {
        Some(path) => write_atomically(path, text.as_bytes())?,
        None => console.print(&text)?,
    }
    Ok(Exit::Done)
}
