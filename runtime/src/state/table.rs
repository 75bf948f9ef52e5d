//! The one table of legal transitions of a step: takes a status and what happened, gives the next status.
//!
//! It knows one step at a time. What holds between steps (order, scope, phase) is checked by the fold.

use mig_plan::FailureKind;

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepStatus {
    /// Nothing of it was done, or it was undone in an earlier attempt that has ended.
    Pending,
    /// It is acting.
    Running,
    /// It cannot go on before a person approves.
    Waiting,
    /// It let go before its end, or its process died: it may have done anything between nothing and all.
    Stopped,
    /// It has done all it does.
    Done,
    /// It has given up.
    Failed(FailureKind),
    /// It is being undone.
    Undoing,
    /// It was undone in this rollback.
    Undone,
    /// It could not be undone.
    UndoFailed,
}

impl StepStatus {
    /// Whether something of the step may be in the world, so that a rollback must undo it.
    pub fn is_touched(self) -> bool {
        match self {
            Self::Pending | Self::Undone => false,
            Self::Running
            | Self::Waiting
            | Self::Stopped
            | Self::Done
            | Self::Failed(_)
            | Self::Undoing
            | Self::UndoFailed => true,
        }
    }

    /// Whether the step may be started once all that it comes after is done.
    pub fn is_startable(self) -> bool {
        next(self, Happening::Started).is_some()
    }

    /// Whether the step may be undone once all that came after it is.
    pub fn is_undoable(self) -> bool {
        next(self, Happening::UndoStarted).is_some()
    }
}

/// What can happen to a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Happening {
    /// It is about to act.
    Started,
    /// It reported something on its way: a before image, a chunk, verdicts.
    Reported,
    /// It waits for a person.
    Waits,
    /// The approval that it waits for was given by somebody.
    Approved,
    /// It let go.
    Stopped,
    /// It has done all.
    Succeeded,
    /// It has given up.
    Failed(FailureKind),
    /// It is about to be undone.
    UndoStarted,
    /// It is undone.
    UndoSucceeded,
    /// It could not be undone.
    UndoFailed,
    /// A process took the run up after another left it in this way.
    TakenUp(Left),
}

/// How a run was left before it is taken up again, as far as its steps are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// In the middle, by an interruption or a crash; or nothing was left to do.
    Midway,
    /// Stuck: a person has mended what was in the way, so that whatever failed is tried again.
    Stuck,
    /// Rolled back: what was undone may be done again.
    RolledBack,
}

/// The table. `None` is an illegal transition.
pub(super) fn next(status: StepStatus, happening: Happening) -> Option<StepStatus> {
    use Happening as H;
    use StepStatus as S;
    let next = match (status, happening) {
        // Forward.
        (S::Pending | S::Stopped, H::Started) => S::Running,
        (S::Running, H::Reported) => S::Running,
        (S::Running, H::Waits) => S::Waiting,
        (S::Waiting, H::Approved) => S::Stopped,
        (S::Running, H::Stopped) => S::Stopped,
        (S::Running, H::Succeeded) => S::Done,
        (S::Running, H::Failed(kind)) => S::Failed(kind),
        // Back.
        (S::Waiting | S::Stopped | S::Done | S::Failed(_), H::UndoStarted) => S::Undoing,
        (S::Undoing, H::UndoSucceeded) => S::Undone,
        (S::Undoing, H::UndoFailed) => S::UndoFailed,
        (S::Undoing, H::Stopped) => S::Stopped,
        // A process takes the run up: whatever was under way has stopped.
        (S::Running | S::Waiting | S::Undoing | S::UndoFailed | S::Stopped, H::TakenUp(_)) => S::Stopped,
        (S::Failed(FailureKind::Unavailable), H::TakenUp(_)) => S::Stopped,
        (S::Failed(FailureKind::Validation | FailureKind::Refused), H::TakenUp(Left::Stuck)) => S::Stopped,
        (
            S::Failed(FailureKind::Validation | FailureKind::Refused),
            H::TakenUp(Left::Midway | Left::RolledBack),
        ) => status,
        (S::Undone, H::TakenUp(Left::RolledBack)) => S::Pending,
        (S::Undone, H::TakenUp(Left::Midway | Left::Stuck)) => S::Undone,
        (S::Pending | S::Done, H::TakenUp(_)) => status,
        // Everything else is illegal; listed by status so that a new one must be thought about.
        (S::Pending | S::Stopped | S::Waiting | S::Done | S::Failed(_) | S::Undone | S::UndoFailed, _)
        | (S::Running | S::Undoing, _) => return None,
    };
    Some(next)
}

#[cfg(test)]
mod tests {
    use FailureKind::{Refused, Unavailable, Validation};

    use super::*;

    const STATUSES: [StepStatus; 11] = [
        StepStatus::Pending,
        StepStatus::Running,
        StepStatus::Waiting,
        StepStatus::Stopped,
        StepStatus::Done,
        StepStatus::Failed(Validation),
        StepStatus::Failed(Refused),
        StepStatus::Failed(Unavailable),
        StepStatus::Undoing,
        StepStatus::Undone,
        StepStatus::UndoFailed,
    ];

    const HAPPENINGS: [(&str, Happening); 15] = [
        ("started", Happening::Started),
        ("reported", Happening::Reported),
        ("waits", Happening::Waits),
        ("approved", Happening::Approved),
        ("stopped", Happening::Stopped),
        ("succeeded", Happening::Succeeded),
        ("failed validation", Happening::Failed(Validation)),
        ("failed refused", Happening::Failed(Refused)),
        ("failed unavailable", Happening::Failed(Unavailable)),
        ("undo started", Happening::UndoStarted),
        ("undo succeeded", Happening::UndoSucceeded),
        ("undo failed", Happening::UndoFailed),
        ("taken up midway", Happening::TakenUp(Left::Midway)),
        ("taken up stuck", Happening::TakenUp(Left::Stuck)),
        ("taken up rolled back", Happening::TakenUp(Left::RolledBack)),
    ];

    /// Every pair, as one page to read and review.
    #[test]
    fn every_pair_of_status_and_happening() {
        let mut page = String::new();
        for (name, happening) in HAPPENINGS {
            page.push_str(name);
            page.push('\n');
            for status in STATUSES {
                if let Some(next) = next(status, happening) {
                    page.push_str(&format!("  {status:?} -> {next:?}\n"));
                }
            }
        }
        insta::assert_snapshot!(page);
    }

    #[test]
    fn what_may_have_effects_can_always_be_undone_once_a_process_has_left() {
        for left in [Left::Midway, Left::Stuck, Left::RolledBack] {
            for status in STATUSES {
                let after = next(status, Happening::TakenUp(left)).expect("a run can always be taken up");
                assert_eq!(after.is_touched(), after.is_undoable(), "{status:?} {left:?}");
                assert!(!after.is_touched() || status.is_touched());
            }
        }
    }

    #[test]
    fn nothing_that_may_have_effects_is_forgotten_but_by_an_undo() {
        for status in STATUSES.into_iter().filter(|status| status.is_touched()) {
            for (name, happening) in HAPPENINGS {
                if let Some(after) = next(status, happening) {
                    assert!(after.is_touched() || happening == Happening::UndoSucceeded, "{status:?} {name}");
                }
            }
        }
    }
}
