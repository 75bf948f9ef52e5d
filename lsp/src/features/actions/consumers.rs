//! The consumers that a migration forgets, written down and put into a wave, so that nothing more is wrong about them.

use mig_lang::{Diagnostic, Span};

use super::fixes::replacements;
use super::{Action, ActionKind, Work, meets};
use crate::snapshot::{Document, Folder};

/// Offered where consumers are forgotten and there is a wave.
pub(super) fn offered(folder: &Folder, document: &Document, start: u32, end: u32) -> Vec<Action> {
    if folder.program().waves.is_empty() {
        return Vec::new();
    }
    let found = folder.diagnostics_of(document.id).iter().enumerate();
    found
        .filter(|(_, found)| is_about(found) && meets(found.span(), start, end))
        .map(|(place, _)| Action {
            title: "Write the forgotten consumers into a wave".to_owned(),
            kind: ActionKind::Fix,
            mends: Some(place),
            is_preferred: true,
            work: Work::Consumers(place),
        })
        .collect()
}

/// The consumers, and the wave that switches them: none where the waves select them anyway, else the last one that works.
/// What works is found out by checking what would be there.
pub(super) fn edits(folder: &Folder, document: &Document, finding: usize) -> Vec<(Span, String)> {
    let found = folder.diagnostics_of(document.id).get(finding).filter(|found| is_about(found));
    let Some(fix) = found.and_then(|found| found.fixes.first()) else { return Vec::new() };
    let written = replacements(folder, Some(fix));
    let names = names(&written);
    let mut waves: Vec<_> = folder.program().waves.values().collect();
    waves.sort_by_key(|wave| wave.title.span);
    let mut choices = vec![written.clone()];
    for wave in waves.into_iter().rev() {
        if let Some(last) = wave.moves.last() {
            let at = Span { start: last.span.end, ..last.span };
            let mut choice = written.clone();
            choice.push((at, names.iter().map(|name| format!(", {name}")).collect()));
            choices.push(choice);
        }
    }
    let is_settled = |choice: &&Vec<(Span, String)>| {
        let after = folder.edited(choice);
        !after.diagnostics().iter().any(|found| {
            matches!(found.code, "consumer-not-moved" | "consumer-in-two-waves" | "no-criticality")
                && names.iter().any(|name| after.slice(found.span()) == name)
        })
    };
    let settled = choices.iter().find(is_settled).cloned();
    settled.or_else(|| choices.get(1).cloned()).unwrap_or(written)
}

fn is_about(found: &Diagnostic) -> bool {
    found.code == "forgotten-consumer"
}

/// The names of the items that are written.
fn names(edits: &[(Span, String)]) -> Vec<String> {
    let lines = edits.iter().flat_map(|(_, text)| text.lines());
    let heads =
        lines.filter_map(|line| line.strip_prefix("consumer ").or_else(|| line.strip_prefix("consumers ")));
    heads.filter_map(|head| Some(head.split_once(':')?.0.to_owned())).collect()
}
