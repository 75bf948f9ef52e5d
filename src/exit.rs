//! How the program ends: the one list of exit codes, which `mig --help` and `docs/exit-codes.md` repeat.

use std::process::ExitCode;

/// How a command ended, for the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, or there was nothing to do.
    Done,
    /// The sources, the command line or the surroundings have a fault that is told above; or `diff` found that
    /// tables differ.
    Refused,
    /// `plan --detailed-exitcode`: the plan has something to do.
    Changes,
    /// The run waits for an approval.
    Waiting,
    /// Something did not hold; what had been done is undone.
    RolledBack,
    /// The run stopped before its end; the same command goes on with it.
    Stuck,
    /// Another run holds the migration.
    Locked,
    /// The world is no longer what the plan was made from.
    Stale,
}

impl Exit {
    /// Every code with its meaning, in order.
    pub(crate) const ALL: [(Self, &'static str); 8] = [
        (Self::Done, "done, or nothing to do"),
        (
            Self::Refused,
            "a fault in the sources, the command line or the surroundings, told above; diff: the tables differ",
        ),
        (Self::Changes, "plan --detailed-exitcode: there is something to do"),
        (Self::Waiting, "waiting for an approval"),
        (Self::RolledBack, "something did not hold; what had been done is undone"),
        (Self::Stuck, "stopped before the end; run the same command again once it is mended"),
        (Self::Locked, "another run holds the migration"),
        (Self::Stale, "stale plan: the world has changed since it was made"),
    ];

    /// The number that the shell sees.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Refused => 1,
            Self::Changes => 2,
            Self::Waiting => 3,
            Self::RolledBack => 4,
            Self::Stuck => 5,
            Self::Locked => 6,
            Self::Stale => 7,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_the_order_of_the_codes() {
        for (expected, (exit, _)) in (0..).zip(Exit::ALL) {
            assert_eq!(exit.code(), expected);
        }
    }

    #[test]
    fn the_page_says_the_same() {
        let page = include_str!("../docs/exit-codes.md");
        for (exit, meaning) in Exit::ALL {
            let line = format!("| {} | {meaning} |", exit.code());
            assert!(page.contains(&line), "docs/exit-codes.md lacks `{line}`");
        }
    }
}
