//! Every diagnostic code, each with its page: what it says, why it is said, an example, and the way out.
//!
//! `mig explain CODE` prints a page, and `docs/diagnostics` has one for each. The examples are tests: each, in
//! the world of a small shop, gives its code and nothing else, and mended as the page says it gives nothing at
//! all. The codes of the parser are here too.

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
    /// The example as it passes.
    pub mended: Mended,
}

/// How a page's example is mended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mended {
    /// By the first change that the diagnostic itself offers.
    ByFix,
    /// By hand: the whole example once more.
    Written(&'static str),
}

/// Pages of one concern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// The concern, as a heading.
    pub title: &'static str,
    /// Its pages, in the order of reading.
    pub pages: &'static [Page],
}

/// Every group, in the order in which a migration is written.
pub const GROUPS: &[Group] = &[
    Group { title: "Reading the source", pages: syntax::PAGES },
    Group { title: "Items and their names", pages: names::PAGES },
    Group { title: "Values of attributes", pages: values::PAGES },
    Group { title: "Places, tables and views", pages: stores::PAGES },
    Group { title: "Mappings", pages: mapping::PAGES },
    Group { title: "Expressions and types", pages: typing::PAGES },
    Group { title: "The catalog", pages: catalog::PAGES },
    Group { title: "Waves and their order", pages: waves::PAGES },
    Group { title: "What is legal but doubtful", pages: doubts::PAGES },
];

/// Every page, those of one concern together.
pub fn pages() -> impl Iterator<Item = &'static Page> {
    GROUPS.iter().flat_map(|group| group.pages)
}

/// The page of a code.
pub fn page(code: &str) -> Option<&'static Page> {
    pages().find(|page| page.code == code)
}

/// The codes that are given as warnings; every other is an error's.
const WARNINGS: [&str; 21] = [
    "approval-without-owner",
    "condition-without-consumers",
    "criticality-unknown",
    "dangling-reference",
    "dataset-without-entity",
    "empty-family",
    "empty-move",
    "empty-validation",
    "entity-of-another-table",
    "huge-chunk",
    "key-lost",
    "needless-irreversible",
    "no-rollback",
    "no-soak",
    "nobody-to-approve",
    "reads-left-out",
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
