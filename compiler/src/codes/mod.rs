//! Every diagnostic code, each with its page: what it says, why it is said, an example, and the way out.
//!
//! `mig explain CODE` prints a page. The examples are tests: each, in the world of a small shop, gives
//! its code and nothing else. The codes of the parser are here too.

mod catalog;
mod doubts;
mod mapping;
mod names;
mod stores;
mod syntax;
#[cfg(test)]
mod tests;
mod typing;
mod values;
mod waves;

use std::fmt;

/// The page of one code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// The code: stable, in kebab case.
    pub code: &'static str,
    /// What it says, in a line without full stop.
    pub title: &'static str,
    /// Why it is an error, or a warning.
    pub why: &'static str,
    /// Source that gives it.
    pub example: &'static str,
    /// What to do.
    pub fix: &'static str,
}

/// The page as text for a terminal or a web page: Markdown.
impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# {}\n\n{}.\n\n{}\n", self.code, self.title, self.why)?;
        writeln!(f, "## Example\n\n```mig\n{}\n```\n", self.example.trim_matches('\n'))?;
        writeln!(f, "## What to do\n\n{}", self.fix)
    }
}

/// Every page, those of one concern together.
pub fn pages() -> impl Iterator<Item = &'static Page> {
    [
        names::PAGES,
        values::PAGES,
        stores::PAGES,
        typing::PAGES,
        mapping::PAGES,
        catalog::PAGES,
        waves::PAGES,
        doubts::PAGES,
        syntax::PAGES,
    ]
    .into_iter()
    .flatten()
}

/// The page of a code.
pub fn page(code: &str) -> Option<&'static Page> {
    pages().find(|page| page.code == code)
}

/// The codes that are given as warnings; every other is an error's.
const WARNINGS: [&str; 18] = [
    "approval-without-owner",
    "criticality-unknown",
    "dangling-reference",
    "dataset-without-entity",
    "empty-family",
    "empty-move",
    "empty-validation",
    "huge-chunk",
    "key-lost",
    "needless-irreversible",
    "no-rollback",
    "no-soak",
    "nobody-to-approve",
    "rollback-conditions-not-watched",
    "rollback-over-irreversible",
    UNUSED_ALLOW,
    "unused-item",
    "validation-after-cut-over",
];

/// Says that an `allow` has nothing to allow, and cannot be allowed itself.
const UNUSED_ALLOW: &str = "unused-allow";

/// The warnings that the source can allow.
pub fn warnings() -> impl Iterator<Item = &'static str> + Clone {
    WARNINGS.into_iter().filter(|code| *code != UNUSED_ALLOW)
}

/// Whether a code is a warning's that the source can allow.
pub fn is_allowable(code: &str) -> bool {
    warnings().any(|warning| warning == code)
}
