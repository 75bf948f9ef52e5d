//! `mig graph`: the plan as a drawing.

use crate::args::{GraphArgs, GraphFormat};
use crate::console::Console;
use crate::exit::Exit;
use crate::graph::{dot, graph, mermaid, svg};
use crate::problem::Failure;
use crate::workspace::read_plan;

/// Prints it.
pub(crate) fn run(args: &GraphArgs, console: Console) -> Result<Exit, Failure> {
    let plan = read_plan(&args.target)?;
    let graph = graph(&plan.file, args.all);
    let text = match args.format {
        GraphFormat::Dot => dot(&graph),
        GraphFormat::Mermaid => mermaid(&graph),
        GraphFormat::Svg => svg(&graph),
    };
    console.print(&text)?;
    Ok(Exit::Done)
}
