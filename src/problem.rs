//! What keeps a command from doing what it was asked: findings in the sources, or a problem of the
//! world around them. Plain data; rendered in `render/`.

use std::io;
use std::path::Path;

use mig_lang::{Diagnostic, Sources};

use crate::exit::Exit;

/// Why a command ended without doing what it was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The sources have errors.
    Findings(Findings),
    /// The world has one.
    Problem(Problem),
}

/// Diagnostics and the sources that they point into.
#[derive(Debug)]
pub(crate) struct Findings {
    /// The sources.
    pub(crate) sources: Sources,
    /// The diagnostics, in source order.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// A problem that has no place in a source: what happened, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Its stable kebab-case code.
    pub(crate) code: &'static str,
    /// A terse summary without a full stop.
    pub(crate) message: String,
    /// Particulars, one a line: what changed, which rows differ.
    pub(crate) details: Vec<String>,
    /// What to do next, in sentences.
    pub(crate) help: String,
    /// How the program ends.
    pub(crate) exit: Exit,
}

impl Problem {
    /// A problem that ends the program with code 1. Every code has its page in `pages`.
    pub(crate) fn new(code: &'static str, message: impl Into<String>, help: impl Into<String>) -> Self {
        debug_assert!(crate::pages::page(code).is_some(), "{code} has no page");
        Self { code, message: message.into(), details: Vec::new(), help: help.into(), exit: Exit::Refused }
    }

    /// Adds particulars.
    #[must_use]
    pub(crate) fn details(mut self, details: impl IntoIterator<Item = String>) -> Self {
        self.details.extend(details);
        self
    }

    /// Ends the program with another code.
    #[must_use]
    pub(crate) fn exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// A file or folder that could not be read.
    pub(crate) fn unreadable(path: &Path, error: &io::Error) -> Self {
        let shown = path.display();
        if error.kind() == io::ErrorKind::NotFound {
            return Self::new("not-found", format!("`{shown}` does not exist"), "Check the path.");
        }
        Self::new(
            "unreadable",
            format!("`{shown}` cannot be read: {error}"),
            "Check that you may read it, and that the disk is sound.",
        )
    }

    /// A file that could not be written.
    pub(crate) fn unwritable(path: &Path, error: &io::Error) -> Self {
        Self::new(
            "unwritable",
            format!("`{}` cannot be written: {error}", path.display()),
            "Check that its folder exists, that you may write there, and that the disk has room.",
        )
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<Findings> for Failure {
    fn from(findings: Findings) -> Self {
        Self::Findings(findings)
    }
}

/// Standard output could not be written (a full disk behind a redirection).
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Problem(Problem::new(
            "unwritable",
            format!("the output cannot be written: {error}"),
            "Check where standard output goes to, and that the disk has room.",
        ))
    }
}
