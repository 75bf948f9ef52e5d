//! Code actions and code lenses in the protocol: what is offered is told at once, and its edits when it is chosen, of the
//! same text.

use serde::{Deserialize, Serialize};
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, CodeActionResponse, CodeLens, Command,
    Uri,
};

use super::{Backend, commands, convert};
use crate::features::actions::{self, Action, ActionKind, Work};
use crate::features::counts::Count;
use crate::snapshot::{Document, Folder, Snapshot};
use crate::text::Place;

/// Every kind of action.
pub(super) const KINDS: [ActionKind; 4] =
    [ActionKind::Fix, ActionKind::FixAll, ActionKind::Rewrite, ActionKind::Extract];

/// The protocol's word for a kind of action.
pub(super) fn kind(kind: ActionKind) -> CodeActionKind {
    match kind {
        ActionKind::Fix => CodeActionKind::QUICKFIX,
        ActionKind::FixAll => CodeActionKind::new("source.fixAll.mig"),
        ActionKind::Rewrite => CodeActionKind::REFACTOR_REWRITE,
        ActionKind::Extract => CodeActionKind::REFACTOR_EXTRACT,
    }
}

/// What comes back when an action is chosen.
#[derive(Debug, Serialize, Deserialize)]
struct Chosen {
    uri: Uri,
    /// The state of which it was offered.
    revision: u64,
    work: Work,
}

impl Backend {
    /// What can be done about a part of a file.
    pub(super) async fn offer(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        let abilities = self.abilities();
        let (uri, range, only) = (params.text_document.uri, params.range, params.context.only);
        self.document(&uri.clone(), move |snapshot, folder, document| {
            let byte = |at: tower_lsp::ls_types::Position| {
                document.text.byte(Place { line: at.line, character: at.character }, snapshot.encoding)
            };
            let (start, end) = (byte(range.start), byte(range.end));
            let all = actions::actions(folder, document, start, end.max(start)).into_iter();
            let wanted = all.filter(|action| only.as_ref().is_none_or(|only| is_among(action.kind, only)));
            let told = wanted.map(|action| {
                let mut told = told(snapshot, folder, document, &action);
                let chosen = Chosen { uri: uri.clone(), revision: snapshot.revision, work: action.work };
                if abilities.resolves_actions {
                    told.data = serde_json::to_value(chosen).ok();
                } else {
                    let edits = actions::edits(folder, document, &chosen.work);
                    let edits = convert::by_file(folder, edits);
                    told.edit = Some(convert::workspace_edit(snapshot, edits, abilities.versioned_edits));
                }
                CodeActionOrCommand::CodeAction(told)
            });
            told.collect()
        })
        .await
    }

    /// An action with its edits.
    pub(super) async fn work_out(&self, mut action: CodeAction) -> Result<CodeAction> {
        let chosen = action.data.take().and_then(|data| serde_json::from_value::<Chosen>(data).ok());
        let Some(chosen) = chosen else {
            return Err(Error::invalid_params("the action is none that was offered"));
        };
        let versioned = self.abilities().versioned_edits;
        let edit = self
            .document(&chosen.uri.clone(), move |snapshot, folder, document| {
                // What was offered of another text may mean something else in this one.
                if snapshot.revision != chosen.revision {
                    return Err(Error::content_modified());
                }
                let edits = actions::edits(folder, document, &chosen.work);
                Ok(convert::workspace_edit(snapshot, convert::by_file(folder, edits), versioned))
            })
            .await?;
        action.edit = edit.transpose()?;
        Ok(action)
    }
}

fn told(snapshot: &Snapshot, folder: &Folder, document: &Document, action: &Action) -> CodeAction {
    let mended = action.mends.and_then(|place| folder.diagnostics_of(document.id).get(place));
    CodeAction {
        title: action.title.clone(),
        kind: Some(kind(action.kind)),
        diagnostics: mended.map(|found| vec![convert::diagnostic(snapshot, folder, document, found)]),
        is_preferred: action.is_preferred.then_some(true),
        ..CodeAction::default()
    }
}

/// Whether a kind is one of those asked for, or below one: `source.fixAll.mig` is a `source.fixAll`.
fn is_among(offered: ActionKind, only: &[CodeActionKind]) -> bool {
    let offered = kind(offered);
    only.iter().any(|asked| {
        let rest = offered.as_str().strip_prefix(asked.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.') || asked.as_str().is_empty())
    })
}

/// The line above an item; choosing it previews the plan.
pub(super) fn lens(snapshot: &Snapshot, document: &Document, count: Count) -> CodeLens {
    let address = convert::uri(&document.path).map(|uri| uri.as_str().into());
    CodeLens {
        range: convert::range(&document.text, count.span, snapshot.encoding),
        command: Some(Command {
            title: count.text,
            command: commands::PREVIEW.to_owned(),
            arguments: Some(address.into_iter().collect()),
        }),
        data: None,
    }
}
