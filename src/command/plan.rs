//! `mig plan`: what would happen.

use mig_plan::PlanFile;

use crate::args::{PlanArgs, ReportFormat};
use crate::command::target::{Run, Target};
use crate::console::Console;
use crate::exit::Exit;
use crate::problem::{Failure, Findings};
use crate::render::plan::{Detail, plan};
use crate::render::report;
use crate::render::words::quoted;
use crate::workspace::{Workspace, plan_text, relative_folder, shown, write_plan};
use crate::world::planned;

/// Shows it, and writes it down.
pub(crate) fn run(args: &PlanArgs, console: Console) -> Result<Exit, Failure> {
    let target = Target::find(&args.target, None, &args.state)?;
    let detail = Detail { all: args.all, width: console.width() };
    let run = target.journal()?.map(|journal| target.run(&journal)).transpose()?.flatten();
    let mut report = None;
    let (file, completed) = match &target.plan {
        Some(file) => (file.clone(), run.as_ref().is_some_and(Run::is_completed)),
        None => {
            let workspace = Workspace::read(&target.folder)?;
            let completed = run.as_ref().filter(|run| run.has_completed(&workspace));
            if let (Some(run), ReportFormat::Human, None) = (completed, args.format, &args.out) {
                console.print(&super::apply::nothing_to_do(&target, &run.file))?;
                return Ok(Exit::Done);
            }
            let completed = completed.is_some();
            let planned = planned(workspace)?;
            match args.format {
                // The plan itself goes to standard output.
                ReportFormat::Human | ReportFormat::Json => planned.warn(console),
                ReportFormat::Sarif | ReportFormat::Github | ReportFormat::Junit => {
                    report = report::findings(&planned.findings, args.format);
                }
            }
            (planned.file(".".to_owned())?, completed)
        }
    };
    // Where the folder is depends on where the file is, also for a copy of a plan file.
    let file = match &args.out {
        Some(path) => PlanFile { folder: relative_folder(path, &target.folder)?, ..file },
        None => file,
    };
    match args.format {
        ReportFormat::Human => console.print(&plan(&file, detail))?,
        ReportFormat::Json => console.print(&plan_text(&file)?)?,
        // A plan file has no findings.
        ReportFormat::Sarif | ReportFormat::Github | ReportFormat::Junit => {
            console.print(&report.or_else(|| report::findings(&none(), args.format)).unwrap_or_default())?;
        }
    }
    if let Some(path) = &args.out {
        write_plan(path, &file)?;
        let path = quoted(&shown(path));
        console.say(&format!("\nWritten to {path}. Next: mig apply {path}\n"));
    }
    let changes = !completed && !file.plan.steps.is_empty();
    Ok(if args.detailed_exitcode && changes { Exit::Changes } else { Exit::Done })
}

/// Nothing to say.
fn none() -> Findings {
    Findings { sources: mig_lang::Sources::new(), diagnostics: Vec::new() }
}
