//! The fixes of what is wrong: each by itself, those of a file at once, and a warning that is allowed.

use mig_lang::{Applicability, Diagnostic, Fix, Span, behind_comment, overlap};

use super::{Action, ActionKind, Work, meets, whole_lines};
use crate::snapshot::{Document, Folder};

/// The fixes of what is wrong between two bytes, those of one finding together.
pub(super) fn offered(folder: &Folder, document: &Document, start: u32, end: u32) -> Vec<Action> {
    let mut all = Vec::new();
    for (place, found) in folder.diagnostics_of(document.id).iter().enumerate() {
        if !meets(found.span(), start, end) {
            continue;
        }
        for (number, fix) in found.fixes.iter().enumerate() {
            all.push(Action {
                title: capitalised(&fix.title),
                kind: ActionKind::Fix,
                mends: Some(place),
                is_preferred: is_probable(found, fix),
                work: Work::Fix(place, number),
            });
        }
        if let Some(allow) = &found.allow {
            all.push(Action {
                title: capitalised(&format!("{} (`{}`)", allow.title, found.code)),
                kind: ActionKind::Fix,
                mends: Some(place),
                is_preferred: false,
                work: Work::Allow(place),
            });
        }
    }
    all
}

/// The fixes of a whole file, where there are some: those that are certain, which an editor may make when it saves, and
/// those that are only likely too, which a person asks for.
pub(super) fn all(folder: &Folder, document: &Document) -> Vec<Action> {
    let certain = together(folder, document, false);
    let likely = together(folder, document, true);
    let action = |title: &str, kind, guess| Action {
        title: title.to_owned(),
        kind,
        mends: None,
        is_preferred: false,
        work: Work::FixAll(guess),
    };
    let mut all = Vec::new();
    if !certain.is_empty() {
        all.push(action("Fix all in this file that is certain", ActionKind::FixAll, false));
    }
    if likely.len() > certain.len() {
        all.push(action("Fix all in this file, guesses too", ActionKind::Fix, true));
    }
    all
}

/// The replacements of one fix.
pub(super) fn one(folder: &Folder, document: &Document, finding: usize, fix: usize) -> Vec<(Span, String)> {
    let found = folder.diagnostics_of(document.id).get(finding);
    replacements(folder, found.and_then(|found| found.fixes.get(fix)))
}

/// The line that allows a warning.
pub(super) fn allow(folder: &Folder, document: &Document, finding: usize) -> Vec<(Span, String)> {
    let found = folder.diagnostics_of(document.id).get(finding);
    replacements(folder, found.and_then(|found| found.allow.as_ref()))
}

/// The replacements of every fix that is certain, and of every one that is probable with `guess`, in this file; of those
/// that overlap the first.
pub(super) fn together(folder: &Folder, document: &Document, guess: bool) -> Vec<(Span, String)> {
    let mut all: Vec<(Span, String)> = Vec::new();
    for found in folder.diagnostics_of(document.id) {
        let wanted = |fix: &&Fix| fix.applicability == Applicability::Certain || guess;
        let edits = replacements(folder, found.meant().filter(wanted));
        let fits = |(span, _): &(Span, String)| {
            span.file == document.id && all.iter().all(|(other, _)| !overlap(*other, *span))
        };
        if edits.iter().all(fits) {
            all.extend(edits);
        }
    }
    all.sort_by_key(|(span, _)| *span);
    all
}

/// Whether a fix is what one most probably wants: the one that is meant, if it is certain or has no alternative.
fn is_probable(found: &Diagnostic, fix: &Fix) -> bool {
    found.meant() == Some(fix) && (fix.applicability == Applicability::Certain || found.fixes.len() == 1)
}

/// The replacements of a fix; a line that one empties goes with it, and one that begins a line begins it behind the
/// comment of the one before.
pub(super) fn replacements(folder: &Folder, fix: Option<&Fix>) -> Vec<(Span, String)> {
    let edits = fix.into_iter().flat_map(|fix| &fix.edits);
    let edits = edits.map(|edit| match folder.file(edit.span.file) {
        Some(document) if edit.text.is_empty() => (whole_lines(document, edit.span), String::new()),
        Some(document) if edit.span.start == edit.span.end => {
            let at = behind_comment(document.text.as_str(), edit);
            (Span { start: at, end: at, ..edit.span }, edit.text.clone())
        }
        Some(_) | None => (edit.span, edit.text.clone()),
    });
    edits.collect()
}

fn capitalised(title: &str) -> String {
    let mut letters = title.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
