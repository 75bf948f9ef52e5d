//! `mig rollback`: undoes what a run did.

use mig_plan::{Op, Scope, Step, Undo};
use mig_runtime::execute::ExecuteError;

use crate::args::RollbackArgs;
use crate::command::execute::{Asked, execute, refused};
use crate::command::target::{Run, Target};
use crate::console::Console;
use crate::exit::Exit;
use crate::problem::{Failure, Problem};
use crate::render::words::{counted_len, safe};

/// Undoes it.
pub(crate) fn run(args: &RollbackArgs, console: Console) -> Result<Exit, Failure> {
    let target = Target::of(&args.target, &args.run)?;
    let run = target.journal()?.map(|journal| target.run(&journal)).transpose()?.flatten();
    let Some(run) = run.filter(Run::is_touched) else {
        console.print("Nothing was done that could be undone.\n")?;
        return Ok(Exit::Done);
    };
    let scope = if args.waves.is_empty() {
        Scope::Migration
    } else {
        let known: Vec<&str> = run.file.plan.waves.iter().map(|wave| wave.name.as_str()).collect();
        if let Some(unknown) = args.waves.iter().find(|wave| !known.contains(&wave.as_str())) {
            return Err(Problem::new(
                "unknown-wave",
                format!("the plan has no wave `{unknown}`"),
                format!("It has {}.", known.join(", ")),
            )
            .into());
        }
        run.state.scope_of(args.waves.iter().map(String::as_str))
    };
    if let Some(problem) = past_return(&run) {
        return Err(problem.into());
    }
    let touched: Vec<&Step> =
        run.state.touched_in(&scope).into_iter().filter_map(|step| run.file.plan.steps.get(step)).collect();
    if touched.is_empty() {
        console.print("Nothing was done there that could be undone.\n")?;
        return Ok(Exit::Done);
    }
    if !args.yes {
        console.say(&what(&touched));
        if !console.can_ask() {
            return Err(Problem::new(
                "not-confirmed",
                "a rollback has to be confirmed, and there is nobody to ask here",
                "Add `--yes` if this is what you want. Nothing was done.",
            )
            .into());
        }
        if !console.confirm("Undo all this? Type `yes` to go on: ") {
            console.say("Nothing was done.\n");
            return Ok(Exit::Refused);
        }
    }
    let file = run.file;
    let exit = execute(&target, &file, Asked::Rollback(scope), console)?;
    // All that was asked for is undone: that is no failure here.
    Ok(if exit == Exit::RolledBack { Exit::Done } else { exit })
}

/// Why a run that was made final is not rolled back: said before anybody is asked.
fn past_return(run: &Run) -> Option<Problem> {
    let step = run.file.plan.steps.get(run.state.past_return()?)?;
    let Undo::Irreversible { reason } = &step.undo else { return None };
    let error = ExecuteError::PastReturn { step: step.id.clone(), reason: reason.clone() };
    Some(refused(&error))
}

/// What would be undone, by what undoing does.
fn what(steps: &[&Step]) -> String {
    let of = |wanted: &dyn Fn(&Step) -> bool| steps.iter().filter(|step| wanted(step)).count();
    let mut text = String::from("This would undo, newest first:\n");
    let mut line = |number: usize, noun: &str, what: &str| {
        if number > 0 {
            text.push_str(&format!("  {} {what}\n", counted_len(number, noun)));
        }
    };
    line(
        of(&|step| matches!(step.op, Op::CutOver { .. }) && step.undo != Undo::Nothing),
        "cut-over",
        "turned back",
    );
    line(of(&|step| step.undo == Undo::DeleteRows), "copy", "taken out of the new stores");
    line(of(&|step| step.undo == Undo::DropTable), "new table", "dropped, where the run made it");
    for step in steps {
        if let Undo::Irreversible { reason } = &step.undo
            && !step.op.is_cleanup()
        {
            text.push_str(&format!("  but {} cannot be undone: {}\n", safe(&step.id.0), safe(reason)));
        }
    }
    text
}
