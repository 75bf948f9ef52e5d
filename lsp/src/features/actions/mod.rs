//! What can be done about a part of a file: the fixes of what is wrong there, all of them at once, and larger changes.
//!
//! What is offered is told fast; the edits of what is chosen are worked out then ([`edits`]).

mod consumers;
mod fixes;
mod mappings;
#[cfg(test)]
mod tests;
mod validation;

use mig_lang::Span;
use serde::{Deserialize, Serialize};

use crate::snapshot::{Document, Folder};

/// What kind of change it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ActionKind {
    /// It mends what is wrong.
    Fix,
    /// It mends all of a file that may be mended unasked.
    FixAll,
    /// It writes what is lacking.
    Rewrite,
    /// It takes a part out into an item of its own.
    Extract,
}

/// What is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Action {
    /// What it does, for people.
    pub(crate) title: String,
    /// What kind of change it is.
    pub(crate) kind: ActionKind,
    /// The finding of the file that it mends, by its place among them.
    pub(crate) mends: Option<usize>,
    /// Whether it is what one most probably wants.
    pub(crate) is_preferred: bool,
    /// What it does, for [`edits`].
    pub(crate) work: Work,
}

/// What an action does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Work {
    /// One of the fixes of one of the file's findings, by their places.
    Fix(usize, usize),
    /// The line that allows a finding of the file.
    Allow(usize),
    /// Every fix of the file that is certain; those that are only likely too, when this says so.
    FixAll(bool),
    /// The mappings that a dataset lacks.
    Mappings(String),
    /// The consumers that a finding of the file says are forgotten, each in a wave.
    Consumers(usize),
    /// The checks of a validation between two bytes, in a validation of their own.
    Extract(String, u32, u32),
}

/// What can be done between two bytes of a file.
pub(crate) fn actions(folder: &Folder, document: &Document, start: u32, end: u32) -> Vec<Action> {
    let mut all = fixes::offered(folder, document, start, end);
    all.extend(consumers::offered(folder, document, start, end));
    all.extend(mappings::offered(folder, document, start));
    all.extend(validation::offered(folder, document, start, end));
    all.extend(fixes::all(folder, document));
    all
}

/// The replacements of an action, which may be in other files too; none when there is nothing to do any more.
pub(crate) fn edits(folder: &Folder, document: &Document, work: &Work) -> Vec<(Span, String)> {
    match work {
        Work::Fix(finding, fix) => fixes::one(folder, document, *finding, *fix),
        Work::Allow(finding) => fixes::allow(folder, document, *finding),
        Work::FixAll(guess) => fixes::together(folder, document, *guess),
        Work::Mappings(dataset) => mappings::edits(folder, dataset),
        Work::Consumers(finding) => consumers::edits(folder, document, *finding),
        Work::Extract(validation, start, end) => {
            validation::edits(folder, document, validation, *start, *end)
        }
    }
}

/// Whether a place and a selection have a byte or an end in common.
fn meets(span: Span, start: u32, end: u32) -> bool {
    span.start <= end && start <= span.end
}

/// The lines of a place, where nothing else stands on them; else the place.
fn whole_lines(document: &Document, span: Span) -> Span {
    let text = &document.text;
    let (first, last) = (text.line_of(span.start), text.line_of(span.end));
    let (start, end) = (text.line_start(first), text.line_start(last + 1));
    let part = |from: u32, to: u32| text.as_str().get(from as usize..to as usize).unwrap_or_default();
    let is_alone = part(start, span.start).trim().is_empty() && part(span.end, end).trim().is_empty();
    if is_alone { Span { start, end, ..span } } else { span }
}
