//! Steps that fail alike: the first is told in full, and those that follow for the same reason by their names alone, some
//! of them and how many more. Keeps what was told last; never prints.

use crate::render::words::{first_of, safe};

/// How a step failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failing {
    /// The mark before its name.
    pub(super) mark: String,
    /// What became of it: `failed once, next try in 0.5s`.
    pub(super) what: String,
    /// Why.
    pub(super) error: String,
}

/// The last failure that was told, and which steps failed alike since.
#[derive(Debug, Default)]
pub(super) struct Alike {
    told: Option<Failing>,
    since: Vec<String>,
}

impl Alike {
    /// What is to be told now of a step that failed: nothing when it failed as the one before.
    pub(super) fn fails(&mut self, step: &str, failing: Failing) -> Vec<String> {
        if self.told.as_ref() == Some(&failing) {
            self.since.push(safe(step));
            return Vec::new();
        }
        let line = format!("{} {} {}: {}", failing.mark, safe(step), failing.what, safe(&failing.error));
        let before = self.rest();
        self.told = Some(failing);
        before.into_iter().chain([line]).collect()
    }

    /// What there is to tell of steps that failed alike and were not told yet.
    pub(super) fn rest(&mut self) -> Option<String> {
        let steps = std::mem::take(&mut self.since);
        let Failing { mark, what, .. } = self.told.as_ref().filter(|_| !steps.is_empty())?;
        Some(format!("{mark} {} {what}, for the same reason", first_of(&steps)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failing(what: &str, error: &str) -> Failing {
        Failing { mark: "!".to_owned(), what: what.to_owned(), error: error.to_owned() }
    }

    #[test]
    fn a_reason_is_told_once() {
        let mut alike = Alike::default();
        let full = |error| failing("failed once", error);
        assert_eq!(alike.fails("a/prepare", full("no room")), ["! a/prepare failed once: no room"]);
        assert_eq!(alike.rest(), None);
        for step in ["b", "c", "d", "e", "f"] {
            assert_eq!(alike.fails(step, full("no room")), Vec::<String>::new());
        }
        assert_eq!(alike.rest().as_deref(), Some("! b, c, d and 2 more failed once, for the same reason"));
        // Whoever comes later is told too, and before anything else is.
        assert_eq!(alike.fails("g", full("no room")), Vec::<String>::new());
        assert_eq!(
            alike.fails("h", full("no way")),
            ["! g failed once, for the same reason", "! h failed once: no way"]
        );
        assert_eq!(alike.fails("h", failing("failed 2 times", "no way")), ["! h failed 2 times: no way"]);
        assert_eq!(alike.rest(), None);
    }
}
