//! Keeps messages in order: every message passes here, one after the other, before handlers run side by side.
//!
//! Handlers of `tower-lsp` run concurrently and may be polled in any order. So edits are not left to them: they change
//! the [`Editor`] here, while the message is taken from the stream, and every message carries the snapshot of that
//! moment to its handler. An answer is thus always about the text that the client had when it asked.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use serde::de::DeserializeOwned;
use tower::Service;
use tower_lsp::jsonrpc::{Request, Response};
use tower_lsp::ls_types::{
    DidChangeTextDocumentParams, DidChangeWatchedFilesParams, DidChangeWorkspaceFoldersParams,
    DidCloseTextDocumentParams, DidOpenTextDocumentParams, Position,
};

use crate::editor::{Change, Editor};
use crate::host::Host;
use crate::server::address::path;
use crate::snapshot::Snapshot;
use crate::text::Place;

tokio::task_local! {
    /// The snapshot of the moment at which the message that is being handled came.
    static MOMENT: Arc<Snapshot>;
}

/// The snapshot of the moment at which the message that is being handled came.
pub(crate) fn moment() -> Option<Arc<Snapshot>> {
    MOMENT.try_with(Arc::clone).ok()
}

/// The editor, shared by whoever takes messages and whoever asks for what is now.
#[derive(Clone, Debug)]
pub(crate) struct Shared(Arc<Mutex<Editor>>);

impl Shared {
    /// An editor without a folder.
    pub(crate) fn new(host: Arc<dyn Host>) -> Self {
        Self(Arc::new(Mutex::new(Editor::new(host))))
    }

    /// The editor. Nothing is left half-done in it by a panic elsewhere: its snapshot is replaced as a whole.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Editor> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The service around the language server's.
#[derive(Debug)]
pub(crate) struct Ordered<S> {
    inner: S,
    editor: Shared,
}

impl<S> Ordered<S> {
    pub(crate) fn new(inner: S, editor: Shared) -> Self {
        Self { inner, editor }
    }
}

impl<S> Service<Request> for Ordered<S>
where
    S: Service<Request, Response = Option<Response>> + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Option<Response>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let moment = {
            let mut editor = self.editor.lock();
            take(&mut editor, &request);
            editor.snapshot()
        };
        Box::pin(MOMENT.scope(moment, self.inner.call(request)))
    }
}

/// Changes the editor by what a message says. A message that cannot be read changes nothing: its handler says so.
fn take(editor: &mut Editor, request: &Request) {
    match request.method() {
        "textDocument/didOpen" => {
            let Some(params) = read::<DidOpenTextDocumentParams>(request) else { return };
            let document = params.text_document;
            if let Some(path) = path(&document.uri) {
                editor.opened(path, document.text, document.version);
            }
        }
        "textDocument/didChange" => {
            let Some(params) = read::<DidChangeTextDocumentParams>(request) else { return };
            let changes = params.content_changes.into_iter().map(|change| Change {
                range: change.range.map(|range| (place(range.start), place(range.end))),
                text: change.text,
            });
            if let Some(path) = path(&params.text_document.uri) {
                editor.edited(&path, params.text_document.version, changes.collect());
            }
        }
        "textDocument/didClose" => {
            let Some(params) = read::<DidCloseTextDocumentParams>(request) else { return };
            if let Some(path) = path(&params.text_document.uri) {
                editor.closed(&path);
            }
        }
        "workspace/didChangeWatchedFiles" => {
            let Some(params) = read::<DidChangeWatchedFilesParams>(request) else { return };
            let paths: Vec<PathBuf> = params.changes.iter().filter_map(|change| path(&change.uri)).collect();
            editor.disk(&paths);
        }
        "workspace/didChangeWorkspaceFolders" => {
            let Some(params) = read::<DidChangeWorkspaceFoldersParams>(request) else { return };
            let paths = |folders: &[tower_lsp::ls_types::WorkspaceFolder]| {
                folders.iter().filter_map(|folder| path(&folder.uri)).collect::<Vec<_>>()
            };
            editor.folders(paths(&params.event.added), &paths(&params.event.removed));
        }
        _ => {}
    }
}

fn read<T: DeserializeOwned>(request: &Request) -> Option<T> {
    T::deserialize(request.params()?).ok()
}

fn place(position: Position) -> Place {
    Place { line: position.line, character: position.character }
}
