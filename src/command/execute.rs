//! Carries a plan out, forward or back, while a person watches: progress, Ctrl-C, and the end in words.

use std::process;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mig_plan::{Outcome, PlanFile, Scope};
use mig_runtime::execute::{ExecuteError, apply, complete, rollback};

use crate::command::target::{Target, journal_problem, state_problem};
use crate::console::Console;
use crate::exit::Exit;
use crate::problem::{Failure, Problem};
use crate::progress::Watch;
use crate::render::status::summary;
use crate::world::{block_on, context};

/// What is asked of a run.
#[derive(Clone, Debug)]
pub(crate) enum Asked {
    /// To go forward.
    Apply,
    /// To undo this.
    Rollback(Scope),
    /// To be made final.
    Complete,
}

/// Carries it out and says how it ended.
pub(crate) fn execute(
    target: &Target,
    file: &PlanFile,
    asked: Asked,
    console: Console,
) -> Result<Exit, Failure> {
    let watch = Arc::new(Watch::new(file, console));
    let context = context(target);
    let cancel = context.cancel.clone();
    let began = Instant::now();
    let result = block_on(async {
        let watching = Arc::clone(&watch);
        let interrupts = tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_err() {
                return;
            }
            cancel.cancel();
            watching.remark("Stopping: what is under way comes to a safe end. Ctrl-C again aborts.");
            if tokio::signal::ctrl_c().await.is_ok() {
                watching.finish();
                // The journal is durable event by event: there is nothing to save.
                process::exit(ABORTED);
            }
        });
        let watching = Arc::clone(&watch);
        let ticks = tokio::spawn(async move {
            let mut every = tokio::time::interval(Duration::from_millis(100));
            loop {
                every.tick().await;
                watching.tick();
            }
        });
        let observer = Arc::clone(&watch) as Arc<dyn mig_runtime::observer::Observer>;
        let result = match asked {
            Asked::Apply => apply(file, context, observer).await,
            Asked::Rollback(scope) => {
                rollback(file, scope, "a person asked for it".to_owned(), context, observer).await
            }
            Asked::Complete => complete(file, context, observer).await,
        };
        interrupts.abort();
        ticks.abort();
        result
    })?;
    watch.finish();
    let outcome = result.map_err(|error| refused(&error))?;
    // What is said at the end is read from the journal: the same that `mig status` says.
    let run = target.journal()?.map(|journal| target.run_of(&journal, file)).transpose()?.flatten();
    if let Some(run) = run {
        let status = super::status::of(target, &run, None)?;
        console.print(&summary(&status, &outcome, began.elapsed(), console.width()))?;
    }
    Ok(exit(&outcome))
}

/// What the shell gets after a second Ctrl-C, by convention.
const ABORTED: i32 = 130;

fn exit(outcome: &Outcome) -> Exit {
    match outcome {
        Outcome::Completed => Exit::Done,
        Outcome::RolledBack { .. } => Exit::RolledBack,
        Outcome::Stuck { .. } | Outcome::Interrupted => Exit::Stuck,
        Outcome::Waiting { .. } => Exit::Waiting,
    }
}

/// Why a run could not be taken up, as a problem.
pub(crate) fn refused(error: &ExecuteError) -> Problem {
    match error {
        ExecuteError::Journal(error) => journal_problem(error),
        ExecuteError::State(error) => state_problem(error),
        ExecuteError::Unfinished { .. } => Problem::new(
            "unfinished-run",
            error.to_string(),
            "`mig status FOLDER` shows it, `mig apply FOLDER` goes on with it, `mig rollback FOLDER` undoes it.",
        ),
        ExecuteError::NoSuchWave { .. } => {
            Problem::new("unknown-wave", error.to_string(), "`mig status` shows the waves.")
        }
        ExecuteError::NotCompleted => Problem::new(
            "not-completed",
            error.to_string(),
            "`mig status` shows where it stands. Nothing was done.",
        ),
        ExecuteError::PastReturn { .. } => Problem::new(
            "past-the-point-of-no-return",
            error.to_string(),
            "What was moved stays moved. To move it back, write a migration that goes the other way.",
        ),
        ExecuteError::Irreversible { .. } => Problem::new(
            "irreversible",
            error.to_string(),
            "Undo by hand what can be undone, or roll back only later waves with `--wave`.",
        ),
    }
}
