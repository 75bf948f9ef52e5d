//! `mig apply`: makes a plan happen, or goes on with it.

use mig_plan::PlanFile;

use crate::args::ApplyArgs;
use crate::command::execute::{Asked, execute};
use crate::command::target::{Run, Target};
use crate::console::Console;
use crate::exit::Exit;
use crate::problem::{Failure, Problem};
use crate::render::plan::{Detail, plan};
use crate::workspace::Workspace;
use crate::world::{planned, stale};

/// Makes it happen.
pub(crate) fn run(args: &ApplyArgs, console: Console) -> Result<Exit, Failure> {
    let target = Target::of(&args.target, &args.run)?;
    let run = known_run(&target)?;
    if let Some(file) = &target.plan {
        if run.as_ref().is_some_and(Run::is_completed) {
            console.print(&nothing_to_do(&target, file))?;
            return Ok(Exit::Done);
        }
        // Once a run has changed the world, the world differs from the plan by what the run did.
        if !run.as_ref().is_some_and(Run::is_touched) {
            refuse_stale(&target, file)?;
        }
        return execute(&target, file, Asked::Apply, console);
    }
    if let Some(run) = run.as_ref().filter(|run| run.is_unfinished()) {
        console.say(&format!("Going on with the run of plan {}.\n", run.file.digest.short()));
        return execute(&target, &run.file, Asked::Apply, console);
    }
    let workspace = Workspace::read(&target.folder)?;
    if let Some(run) = run.filter(|run| run.has_completed(&workspace)) {
        console.print(&nothing_to_do(&target, &run.file))?;
        return Ok(Exit::Done);
    }
    let planned = planned(workspace)?;
    planned.warn(console);
    let file = planned.file(".".to_owned())?;
    console.print(&plan(&file, Detail { all: false, width: console.width() }))?;
    if !args.yes {
        if !console.can_ask() {
            return Err(Problem::new(
                "not-confirmed",
                "a plan that was just made has to be confirmed, and there is nobody to ask here",
                "Write it down with `mig plan FOLDER -o plan.json`, review it, and run `mig apply plan.json`; or add \
                 `--yes`. Nothing was done.",
            )
            .into());
        }
        if !console.confirm("\nDo all this? Type `yes` to go on: ") {
            console.say("Nothing was done.\n");
            return Ok(Exit::Refused);
        }
    }
    execute(&target, &file, Asked::Apply, console)
}

/// What the journal knows, unless another process has the migration.
pub(crate) fn known_run(target: &Target) -> Result<Option<Run>, Problem> {
    let Some(mut journal) = target.journal()? else { return Ok(None) };
    if let Some(holder) = target.holder(&mut journal)? {
        return Err(Problem::new(
            "locked",
            format!("another run has this migration: {holder}"),
            "Wait until it has ended, or stop it there; `mig status` shows how far it is. Nothing was done here.",
        )
        .exit(Exit::Locked));
    }
    target.run(&journal)
}

pub(crate) fn nothing_to_do(target: &Target, file: &PlanFile) -> String {
    format!(
        "Nothing to do: plan {} has completed. `mig status {}` shows it.\n",
        file.digest.short(),
        target.shown
    )
}

/// Refuses a plan whose world is no longer what it was made from.
fn refuse_stale(target: &Target, file: &PlanFile) -> Result<(), Problem> {
    let reasons = stale(target, file)?;
    if reasons.is_empty() {
        return Ok(());
    }
    Err(Problem::new(
        "stale-plan",
        "the plan is stale: the world is no longer what it was made from",
        format!(
            "Make the plan again, review what differs, and apply it: `mig plan {} -o plan.json`. Nothing was done.",
            target.folder.display()
        ),
    )
    .details(reasons)
    .exit(Exit::Stale))
}
