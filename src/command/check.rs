//! `mig check`: proves that a migration is sound, and mends what it can be told to mend.

use crate::args::{CheckArgs, ReportFormat};
use crate::command::fix;
use crate::console::Console;
use crate::exit::Exit;
use crate::problem::{Failure, Findings};
use crate::render::words::{counted_len, safe};
use crate::render::{diagnostic, report};
use crate::workspace::{Workspace, shown};
use crate::world::{Reading, checked};

/// Proves it, by making the plan and throwing it away. Where the folder holds several migrations, side by side, each is one of
/// its own; a program, which reads one answer, is told that they are several.
pub(crate) fn run(args: &CheckArgs, console: Console) -> Result<Exit, Failure> {
    let workspace = Workspace::read(&args.folder)?;
    let folders = match args.format {
        ReportFormat::Human | ReportFormat::Github => workspace.migrations(),
        ReportFormat::Json | ReportFormat::Sarif | ReportFormat::Junit => Vec::new(),
    };
    if folders.is_empty() {
        return one(workspace, args, console).or_else(|failure| refused(failure, args, console));
    }
    let mut exit = Exit::Done;
    for folder in folders {
        let folder = args.folder.join(folder);
        if args.format == ReportFormat::Human {
            console.print(&format!("{}\n", safe(&shown(&folder))))?;
        }
        let checked = Workspace::read(&folder).map_err(Failure::from).and_then(|it| one(it, args, console));
        let checked = checked.or_else(|failure| refused(failure, args, console));
        let failed = checked.unwrap_or_else(|failure| crate::report(&failure, args.format, console));
        exit = if exit == Exit::Done { failed } else { exit };
    }
    Ok(exit)
}

/// Prints what was found: it is the result that was asked for. Why nothing could be found is left.
fn refused(failure: Failure, args: &CheckArgs, console: Console) -> Result<Exit, Failure> {
    match (failure, args.format) {
        (Failure::Findings(findings), ReportFormat::Human) => {
            print(&findings, console)?;
            Ok(Exit::Refused)
        }
        (failure, _) => Err(failure),
    }
}

fn print(findings: &Findings, console: Console) -> Result<(), Failure> {
    if !findings.diagnostics.is_empty() {
        console.print(&diagnostic::findings(findings, crate::look(console.out()), console.width()))?;
    }
    Ok(())
}

fn one(workspace: Workspace, args: &CheckArgs, console: Console) -> Result<Exit, Failure> {
    let reading = if args.live { Reading::Live } else { Reading::Snapshots };
    let workspace = if args.fix { fix::run(workspace, args, reading, console)? } else { workspace };
    let planned = checked(workspace, reading)?;
    if let Some(text) = report::findings(&planned.findings, args.format) {
        console.print(&text)?;
    } else {
        print(&planned.findings, console)?;
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
