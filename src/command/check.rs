//! `mig check`: proves that a migration is sound, and mends what it can be told to mend.

use crate::args::{CheckArgs, ReportFormat};
use crate::command::fix;
use crate::console::Console;
use crate::exit::Exit;
use crate::problem::Failure;
use crate::render::report;
use crate::render::words::{counted_len, safe};
use crate::workspace::Workspace;
use crate::world::{Reading, checked};

/// Proves it, by making the plan and throwing it away.
pub(crate) fn run(args: &CheckArgs, console: Console) -> Result<Exit, Failure> {
    let reading = if args.live { Reading::Live } else { Reading::Snapshots };
    let workspace = Workspace::read(&args.folder)?;
    let workspace = if args.fix { fix::run(workspace, args, reading, console)? } else { workspace };
    let planned = checked(workspace, reading)?;
    if let Some(text) = report::findings(&planned.findings, args.format) {
        console.print(&text)?;
    } else {
        planned.warn(console);
    }
    let plan = &planned.plan;
    let sound = format!(
        "{} is sound: {}, {}, {}.\n",
        safe(&plan.migration.name),
        counted_len(plan.datasets.len(), "dataset"),
        counted_len(plan.consumers.len(), "consumer"),
        counted_len(plan.waves.len(), "wave"),
    );
    match args.format {
        ReportFormat::Human => console.print(&sound)?,
        // A log of workflow commands may be empty; whoever reads it is told that something was done.
        ReportFormat::Github => console.say(&sound),
        ReportFormat::Json | ReportFormat::Sarif | ReportFormat::Junit => {}
    }
    if !planned.snapshots.is_empty() {
        let snapshots = planned.snapshots.join(" and ");
        console.say(&format!("Checked against {snapshots}; `--live` compares with what is there now.\n"));
    }
    Ok(Exit::Done)
}
