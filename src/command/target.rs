//! What a command is about: a migration's folder, or a plan file that knows its folder; and the run that
//! the folder's journal knows.

use std::path::{Path, PathBuf};

use mig_plan::{Outcome, PlanFile};
use mig_runtime::journal::{Journal, JournalError};
use mig_runtime::lease::Owner;
use mig_runtime::state::{Phase, RunState, StateError};

use crate::args::{RunArgs, StateArgs};
use crate::exit::Exit;
use crate::problem::Problem;
use crate::render::words::quoted;
use crate::workspace::{Workspace, read_plan, shown};
use crate::world::{context, environment};

/// A folder or a plan file.
#[derive(Debug)]
pub(crate) struct Target {
    /// The migration's folder.
    pub(crate) folder: PathBuf,
    /// Where its journal is.
    pub(crate) state: PathBuf,
    /// The plan, when a plan file was named.
    pub(crate) plan: Option<PlanFile>,
    /// How a person names it at the prompt, quoted for a shell where it must be.
    pub(crate) shown: String,
}

/// A run that the journal knows.
#[derive(Debug)]
pub(crate) struct Run {
    /// Its plan.
    pub(crate) file: PlanFile,
    /// Where it stands.
    pub(crate) state: RunState,
}

impl Target {
    /// Finds out what a path names, for a command about a run.
    pub(crate) fn of(path: &Path, run: &RunArgs) -> Result<Self, Problem> {
        Self::find(path, run.folder.as_deref(), &run.state)
    }

    /// Finds out what a path names. `folder` is where the migration is, when the plan file does not know.
    pub(crate) fn find(path: &Path, folder: Option<&Path>, state: &StateArgs) -> Result<Self, Problem> {
        let (plan, found) = if path.is_dir() {
            (None, path.to_owned())
        } else {
            let plan = read_plan(path)?;
            (Some(plan.file), plan.folder)
        };
        let folder = folder.map_or(found, Path::to_owned);
        if !folder.is_dir() {
            return Err(Problem::new(
                "not-found",
                format!("the migration's folder `{}` does not exist", folder.display()),
                "A plan file knows its folder by the way from one to the other. Put it back where it was, or give \
                 the folder with `--folder`.",
            ));
        }
        let state = state.dir.clone().unwrap_or_else(|| folder.join(".mig"));
        Ok(Self { folder, state, plan, shown: quoted(&shown(path)) })
    }

    /// The journal, when there is one.
    pub(crate) fn journal(&self) -> Result<Option<Journal>, Problem> {
        Journal::open_existing(&self.state).map_err(|error| journal_problem(&error))
    }

    /// The run of the plan file, or the last one in the folder; `None` when the journal knows none.
    pub(crate) fn run(&self, journal: &Journal) -> Result<Option<Run>, Problem> {
        if let Some(file) = &self.plan {
            return self.run_of(journal, file);
        }
        let wrong = |error: JournalError| journal_problem(&error);
        let Some((digest, _)) = journal.last_run().map_err(wrong)? else { return Ok(None) };
        let file = journal.plan(digest).map_err(wrong)?;
        file.map(|file| self.run_of(journal, &file)).transpose().map(Option::flatten)
    }

    /// The run of a plan; `None` when the journal knows nothing of it.
    pub(crate) fn run_of(&self, journal: &Journal, file: &PlanFile) -> Result<Option<Run>, Problem> {
        let entries = journal.events(file.digest, 0).map_err(|error| journal_problem(&error))?;
        if entries.is_empty() {
            return Ok(None);
        }
        let state = RunState::fold(&file.plan, entries.iter().map(|entry| (entry.at, &entry.event)))
            .map_err(|error| state_problem(&error))?;
        Ok(Some(Run { file: file.clone(), state }))
    }

    /// Who has the migration now, in words.
    pub(crate) fn holder(&self, journal: &mut Journal) -> Result<Option<String>, Problem> {
        let here = Owner::this_process(&environment());
        let holder =
            journal.holder(&here, context(self).clock.now()).map_err(|error| journal_problem(&error))?;
        Ok(holder.map(|holder| holder.owner))
    }
}

impl Run {
    /// Whether anything of it is in the world.
    pub(crate) fn is_touched(&self) -> bool {
        !self.state.touched_in(&mig_plan::Scope::Migration).is_empty()
    }

    /// Whether it has completed, and perhaps is being made final.
    pub(crate) fn is_completed(&self) -> bool {
        mig_runtime::completion::is_completed(&self.state)
    }

    /// Whether it has completed and nobody has changed the sources since.
    pub(crate) fn has_completed(&self, workspace: &Workspace) -> bool {
        self.is_completed() && self.file.plan.inputs.sources == workspace.digests()
    }

    /// Whether it was started and has neither completed nor undone all that it was to undo.
    pub(crate) fn is_unfinished(&self) -> bool {
        if self.is_completed() {
            return false;
        }
        match self.state.phase() {
            Phase::New | Phase::Completing => false,
            Phase::Forward | Phase::RollingBack(_) => true,
            Phase::Ended { outcome, .. } => match outcome {
                Outcome::Completed | Outcome::RolledBack { .. } => false,
                Outcome::Stuck { .. } | Outcome::Waiting { .. } | Outcome::Interrupted => true,
            },
        }
    }
}

/// A journal that does not fit its plan, as a problem.
pub(crate) fn state_problem(error: &StateError) -> Problem {
    Problem::new("bad-journal", error.to_string(), "Use the mig that wrote the journal, or report this.")
}

/// What the journal says, as a problem.
pub(crate) fn journal_problem(error: &JournalError) -> Problem {
    let message = error.to_string();
    match error {
        JournalError::Locked(_) => Problem::new(
            "locked",
            message,
            "Wait until it has ended, or stop it there; `mig status` shows how far it is. Nothing was done here.",
        )
        .exit(Exit::Locked),
        JournalError::Fenced => {
            Problem::new("taken-over", message, "`mig status` shows how far it is.").exit(Exit::Locked)
        }
        JournalError::Version { .. } | JournalError::Malformed { .. } => Problem::new(
            "bad-journal",
            message,
            "Is it the journal of this migration? `--state` names the folder it is in.",
        ),
        JournalError::Unavailable { .. } => Problem::new(
            "journal-unavailable",
            message,
            "Check that you may write there and that the disk has room. Nothing is lost.",
        )
        .exit(Exit::Stuck),
    }
}
