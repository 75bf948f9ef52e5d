//! `mig check`: proves that a migration is sound.

use crate::args::{CheckArgs, Format};
use crate::console::Console;
use crate::exit::Exit;
use crate::problem::Failure;
use crate::render::json;
use crate::render::words::{counted_len, safe};
use crate::workspace::Workspace;
use crate::world::{Reading, checked};

/// Proves it, by making the plan and throwing it away.
pub(crate) fn run(args: &CheckArgs, console: Console) -> Result<Exit, Failure> {
    let reading = if args.live { Reading::Live } else { Reading::Snapshots };
    let planned = checked(Workspace::read(&args.folder)?, reading)?;
    match args.format {
        Format::Json => console.print(&format!("{:#}\n", json::findings(&planned.findings)))?,
        Format::Human => {
            planned.warn(console);
            let plan = &planned.plan;
            console.print(&format!(
                "{} is sound: {}, {}, {}.\n",
                safe(&plan.migration.name),
                counted_len(plan.datasets.len(), "dataset"),
                counted_len(plan.consumers.len(), "consumer"),
                counted_len(plan.waves.len(), "wave"),
            ))?;
        }
    }
    if !planned.snapshots.is_empty() {
        let snapshots = planned.snapshots.join(" and ");
        console.say(&format!("Checked against {snapshots}; `--live` compares with what is there now.\n"));
    }
    Ok(Exit::Done)
}
