//! The protocol: takes requests, gives the cursor or the document that they are about to a feature, and turns what it
//! says into the protocol's types.
//!
//! Holds no rule of its own: what is said is said by `features/`. Work that takes time runs on threads of its own
//! ([`threads`]).

mod actions;
pub(crate) mod address;
mod calls;
mod capabilities;
mod commands;
mod convert;
mod handlers;
mod progress;
mod settings;
#[cfg(test)]
mod tests;
mod threads;
mod tokens;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tower_lsp::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp::ls_types::{InitializeParams, Position, Uri};
use tower_lsp::{Client, LspService, Server};

use crate::host::Host;
use crate::order::{Ordered, Shared, moment};
use crate::snapshot::{Cursor, Document, Folder, Snapshot};
use crate::text::Place;
use address::path;
use progress::UnderWay;
use settings::Settings;
use threads::Threads;
use tokens::Sent;

/// How many messages are handled at the same time. Work is done elsewhere; what waits here are answers.
const AT_ONCE: usize = 64;

/// Serves one client until it says goodbye or its stream ends.
pub async fn serve(input: impl AsyncRead + Unpin, output: impl AsyncWrite, host: impl Host) {
    let host: Arc<dyn Host> = Arc::new(host);
    let editor = Shared::new(Arc::clone(&host));
    let shared = editor.clone();
    let backend = move |client| Backend {
        client,
        editor: shared,
        host,
        abilities: OnceLock::new(),
        settings: Settings::default(),
        sent: Sent::default(),
        threads: Threads::start(),
        under_way: UnderWay::default(),
    };
    let (service, socket) =
        LspService::build(backend).custom_method("window/workDoneProgress/cancel", Backend::leave).finish();
    Server::new(input, output, socket).concurrency_level(AT_ONCE).serve(Ordered::new(service, editor)).await;
}

/// How long nothing is to change before diagnostics are sent to a client that does not ask for them.
const PAUSE: Duration = Duration::from_millis(20);

/// The language server.
struct Backend {
    client: Client,
    editor: Shared,
    host: Arc<dyn Host>,
    abilities: OnceLock<Abilities>,
    settings: Settings,
    sent: Sent,
    threads: Threads,
    under_way: UnderWay,
}

/// What the client can do.
#[derive(Clone, Copy, Debug, Default)]
struct Abilities {
    /// It asks for diagnostics itself.
    pulls: bool,
    /// It can be told to ask for them again.
    asks_again: bool,
    /// It shows that work is under way.
    shows_progress: bool,
    /// It takes the registration of files to watch.
    watches: bool,
    /// It asks for the edits of an action when the action is chosen.
    resolves_actions: bool,
    /// It takes edits that name versions.
    versioned_edits: bool,
    /// It can be asked for settings.
    configures: bool,
    /// It takes the places of parameters in a signature.
    label_places: bool,
}

impl Abilities {
    fn of(params: &InitializeParams) -> Self {
        let documents = params.capabilities.text_document.as_ref();
        let workspace = params.capabilities.workspace.as_ref();
        Self {
            pulls: documents.is_some_and(|documents| documents.diagnostic.is_some()),
            asks_again: workspace
                .and_then(|workspace| workspace.diagnostics.as_ref())
                .and_then(|diagnostics| diagnostics.refresh_support)
                .unwrap_or(false),
            shows_progress: params
                .capabilities
                .window
                .as_ref()
                .and_then(|window| window.work_done_progress)
                .unwrap_or(false),
            watches: workspace
                .and_then(|workspace| workspace.did_change_watched_files)
                .and_then(|watched| watched.dynamic_registration)
                .unwrap_or(false),
            resolves_actions: documents
                .and_then(|documents| documents.code_action.as_ref())
                .and_then(|action| action.resolve_support.as_ref())
                .is_some_and(|support| support.properties.iter().any(|property| property == "edit")),
            versioned_edits: workspace
                .and_then(|workspace| workspace.workspace_edit.as_ref())
                .and_then(|edit| edit.document_changes)
                .unwrap_or(false),
            configures: workspace.and_then(|workspace| workspace.configuration).unwrap_or(false),
            label_places: documents
                .and_then(|documents| documents.signature_help.as_ref()?.signature_information.as_ref())
                .and_then(|signature| signature.parameter_information.as_ref()?.label_offset_support)
                .unwrap_or(false),
        }
    }
}

impl Backend {
    fn abilities(&self) -> Abilities {
        self.abilities.get().copied().unwrap_or_default()
    }

    /// Runs a feature on the snapshot of the moment at which its request came. Nobody waits any more for what is said
    /// of a text that has changed before it was begun.
    async fn read<T: Send + 'static>(
        &self,
        feature: impl FnOnce(&Snapshot) -> T + Send + 'static,
    ) -> Result<T> {
        let snapshot = moment().unwrap_or_else(|| self.editor.lock().snapshot());
        let work = move || {
            if snapshot.is_superseded() { Err(Error::content_modified()) } else { Ok(feature(&snapshot)) }
        };
        self.threads.run(work).await?
    }

    /// Runs a feature on one document; `None` when it is none of a migration's. What is said of a migration that has
    /// changed before it was begun, nobody waits for.
    async fn document<T: Send + 'static>(
        &self,
        uri: &Uri,
        feature: impl FnOnce(&Snapshot, &Folder, &Document) -> T + Send + 'static,
    ) -> Result<Option<T>> {
        let Some(path) = path(uri) else { return Ok(None) };
        let snapshot = moment().unwrap_or_else(|| self.editor.lock().snapshot());
        let work = move || {
            let Some((folder, document)) = snapshot.document(&path) else { return Ok(None) };
            if folder.is_superseded() {
                return Err(Error::content_modified());
            }
            Ok(Some(feature(&snapshot, folder, document)))
        };
        self.threads.run(work).await?
    }

    /// Runs a feature at a place of one document; `None` when it is none of a migration's.
    async fn cursor<T: Send + 'static>(
        &self,
        uri: &Uri,
        position: Position,
        feature: impl FnOnce(&Snapshot, Cursor<'_>) -> T + Send + 'static,
    ) -> Result<Option<T>> {
        self.document(uri, move |snapshot, folder, document| {
            let place = Place { line: position.line, character: position.character };
            let byte = document.text.byte(place, snapshot.encoding);
            feature(snapshot, Cursor { folder, document, byte })
        })
        .await
    }

    /// Sends what is wrong in the folder of a file to a client that does not ask for it, once it has paused.
    async fn publish(&self, uri: &Uri) {
        let Some(path) = path(uri).filter(|_| !self.abilities().pulls) else { return };
        let snapshot = moment().unwrap_or_else(|| self.editor.lock().snapshot());
        tokio::time::sleep(PAUSE).await;
        if let Some((folder, _)) = snapshot.document(&path) {
            self.publish_folder(&snapshot, Arc::clone(folder)).await;
        }
    }

    /// Has what is wrong told again after something besides the texts has changed.
    async fn told_anew(&self) {
        if self.abilities().pulls {
            if self.abilities().asks_again {
                // A client that fails to ask again does so with the next edit.
                let _ = self.client.workspace_diagnostic_refresh().await;
            }
            return;
        }
        let snapshot = self.editor.lock().snapshot();
        for folder in &snapshot.folders {
            self.publish_folder(&snapshot, Arc::clone(folder)).await;
        }
    }

    async fn publish_folder(&self, snapshot: &Arc<Snapshot>, folder: Arc<Folder>) {
        let snapshot = Arc::clone(snapshot);
        let found = self.threads.run(move || {
            let open = folder.files.iter().filter(|document| document.version.is_some());
            let all: Vec<_> = open
                // What is computed for a text that has changed since would only flicker.
                .take_while(|_| !folder.is_superseded())
                .filter_map(|document| {
                    let found = convert::diagnostics(&snapshot, &folder, document);
                    Some((convert::uri(&document.path)?, found, document.version))
                })
                .collect();
            (!folder.is_superseded()).then_some(all)
        });
        let Ok(found) = found.await else { return };
        for (uri, diagnostics, version) in found.into_iter().flatten() {
            self.client.publish_diagnostics(uri, diagnostics, version).await;
        }
    }
}

/// A request that cannot be done, with the reason for people.
fn refused(why: String) -> Error {
    Error { code: ErrorCode::ServerError(-32803), message: why.into(), data: None }
}

/// The folders that a client begins with.
#[expect(deprecated, reason = "clients without workspace folders still send the root")]
fn roots(params: &InitializeParams) -> Vec<PathBuf> {
    match &params.workspace_folders {
        Some(folders) => folders.iter().filter_map(|folder| path(&folder.uri)).collect(),
        None => params.root_uri.as_ref().and_then(path).into_iter().collect(),
    }
}

/// Edits by the file they are in.
type EditsByFile = BTreeMap<PathBuf, Vec<(mig_lang::Span, String)>>;
