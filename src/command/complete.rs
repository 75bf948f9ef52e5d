//! `mig complete`: makes a completed run final.

use mig_runtime::completion::{Doomed, doomed};

use crate::args::CompleteArgs;
use crate::command::apply::known_run;
use crate::command::execute::{Asked, execute, refused};
use crate::command::target::{Run, Target};
use crate::console::Console;
use crate::exit::Exit;
use crate::problem::{Failure, Problem};
use crate::render::layout::table;
use crate::render::words::{counted, safe};
use crate::world::{block_on, context};

/// Makes it final.
pub(crate) fn run(args: &CompleteArgs, console: Console) -> Result<Exit, Failure> {
    let target = Target::of(&args.target, &args.run)?;
    let Some(run) = known_run(&target)?.filter(Run::is_completed) else {
        return Err(Problem::new(
            "not-completed",
            "there is no completed run here, and only a completed one is made final",
            format!("`mig status {}` shows where it stands. Nothing was done.", target.shown),
        )
        .into());
    };
    if run.state.is_final() {
        console
            .print(&format!("Nothing to do: plan {} was made final before.\n", run.file.digest.short()))?;
        return Ok(Exit::Done);
    }
    let doomed = block_on(doomed(&run.file, context(&target)))?.map_err(|error| refused(&error))?;
    refuse(&doomed)?;
    console.say(&what(&doomed, console.width()));
    if !args.yes {
        if !console.can_ask() {
            return Err(Problem::new(
                "not-confirmed",
                "what cannot be undone has to be confirmed, and there is nobody to ask here",
                "Add `--yes` if this is what you want. Nothing was done.",
            )
            .into());
        }
        if !console.confirm("Make it final? Type `yes` to go on: ") {
            console.say("Nothing was done.\n");
            return Ok(Exit::Refused);
        }
    }
    execute(&target, &run.file, Asked::Complete, console)
}

/// Nothing at all is dropped while anything stands against a part of it.
fn refuse(doomed: &[Doomed]) -> Result<(), Problem> {
    let refusals: Vec<String> = doomed.iter().filter_map(|one| one.refusal.as_deref().map(safe)).collect();
    if refusals.is_empty() {
        return Ok(());
    }
    Err(Problem::new(
        "cleanup-refused",
        "the run cannot be made final: something would be lost or would break",
        "Nothing was dropped. The run stays completed, and can still be rolled back.",
    )
    .details(refusals))
}

/// What is dropped, and what that means.
fn what(doomed: &[Doomed], width: usize) -> String {
    let rows: Vec<Vec<String>> = doomed
        .iter()
        .map(|one| {
            let rows = format!("{}, all of them copied", counted(one.rows, "row"));
            vec![safe(&one.table.to_string()), rows, format!("moved as {}", safe(&one.dataset))]
        })
        .collect();
    let what = if doomed.is_empty() {
        "No table is dropped. ".to_owned()
    } else {
        format!("These tables are dropped for good:\n{}", table(&rows, 2, 40, width))
    };
    format!(
        "{what}This is the point of no return: mig forgets which rows it wrote, and `mig rollback` will refuse.\n"
    )
}
