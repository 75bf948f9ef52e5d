//! The requests, one method each: which feature answers, and in which of the protocol's shapes.

use std::collections::HashMap;

use tower_lsp::LanguageServer;
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::request::{GotoTypeDefinitionParams, GotoTypeDefinitionResponse};
use tower_lsp::ls_types::{
    CodeAction, CodeActionParams, CodeActionResponse, CodeLens, CodeLensParams, CompletionItem,
    CompletionList, CompletionParams, CompletionResponse, DidChangeTextDocumentParams,
    DidChangeWatchedFilesParams, DidChangeWatchedFilesRegistrationOptions, DidChangeWorkspaceFoldersParams,
    DidCloseTextDocumentParams, DidOpenTextDocumentParams, DidSaveTextDocumentParams,
    DocumentDiagnosticParams, DocumentDiagnosticReport, DocumentDiagnosticReportResult,
    DocumentFormattingParams, DocumentHighlight, DocumentHighlightParams, DocumentOnTypeFormattingParams,
    DocumentRangeFormattingParams, DocumentSymbolParams, DocumentSymbolResponse, ExecuteCommandParams,
    FileSystemWatcher, FoldingRange, FoldingRangeParams, FullDocumentDiagnosticReport, GlobPattern,
    GotoDefinitionParams, GotoDefinitionResponse, Hover, HoverParams, InitializeParams, InitializeResult,
    InitializedParams, LSPAny, Location, OneOf, PrepareRenameResponse, ReferenceParams, Registration,
    RelatedFullDocumentDiagnosticReport, RelatedUnchangedDocumentDiagnosticReport, RenameParams, ServerInfo,
    TextDocumentPositionParams, TextEdit, UnchangedDocumentDiagnosticReport, WorkspaceDiagnosticParams,
    WorkspaceDiagnosticReport, WorkspaceDiagnosticReportResult, WorkspaceDocumentDiagnosticReport,
    WorkspaceEdit, WorkspaceFullDocumentDiagnosticReport, WorkspaceSymbol, WorkspaceSymbolParams,
    WorkspaceSymbolResponse, WorkspaceUnchangedDocumentDiagnosticReport,
};

use super::{Abilities, Backend, actions, capabilities, convert, refused, roots};
use crate::features::diagnostics::diagnostics;
use crate::features::symbols::OutlineKind;
use crate::features::{
    completion, counts, definition, folding, formatting, hover, references, rename, symbols,
};
use crate::snapshot::{Document, Folder, Snapshot};

/// The most items that a search of the workspace gives.
const MOST_SYMBOLS: usize = 500;

impl LanguageServer for Backend {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let encoding = capabilities::encoding(&params);
        // A second `initialize` is refused before it comes here.
        let _ = self.abilities.set(Abilities::of(&params));
        self.editor.lock().begin(roots(&params), encoding);
        Ok(InitializeResult {
            capabilities: capabilities::capabilities(encoding),
            server_info: Some(ServerInfo {
                name: "mig".to_owned(),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            }),
            ..InitializeResult::default()
        })
    }

    async fn initialized(&self, _: InitializedParams) {
        if !self.abilities().watches {
            return;
        }
        let watchers = ["**/*.mig", "**/*.lock.json", "**/*.yaml", "**/*.yml"]
            .map(|glob| FileSystemWatcher { glob_pattern: GlobPattern::String(glob.to_owned()), kind: None });
        let options = DidChangeWatchedFilesRegistrationOptions { watchers: watchers.to_vec() };
        let registration = Registration {
            id: "files".to_owned(),
            method: "workspace/didChangeWatchedFiles".to_owned(),
            register_options: serde_json::to_value(options).ok(),
        };
        // A client that refuses tells of no change on disk; everything else works.
        let _ = self.client.register_capability(vec![registration]).await;
    }

    async fn shutdown(&self) -> Result<()> {
        Ok(())
    }

    // The texts themselves are taken in `order`, where messages still come one after the other.

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        self.publish(&params.text_document.uri).await;
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        self.publish(&params.text_document.uri).await;
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        if !self.abilities().pulls {
            self.client.publish_diagnostics(params.text_document.uri, Vec::new(), None).await;
        }
    }

    async fn did_save(&self, _: DidSaveTextDocumentParams) {}

    async fn did_change_watched_files(&self, _: DidChangeWatchedFilesParams) {
        self.told_anew().await;
    }

    async fn did_change_workspace_folders(&self, _: DidChangeWorkspaceFoldersParams) {
        self.told_anew().await;
    }

    async fn diagnostic(&self, params: DocumentDiagnosticParams) -> Result<DocumentDiagnosticReportResult> {
        let known = params.previous_result_id;
        let report = self
            .document(&params.text_document.uri, move |snapshot, folder, document| {
                report(snapshot, folder, document, known.as_deref())
            })
            .await?;
        Ok(DocumentDiagnosticReportResult::Report(match report {
            Some(Report::Same(result_id)) => {
                DocumentDiagnosticReport::Unchanged(RelatedUnchangedDocumentDiagnosticReport {
                    related_documents: None,
                    unchanged_document_diagnostic_report: UnchangedDocumentDiagnosticReport { result_id },
                })
            }
            Some(Report::Full(full)) => DocumentDiagnosticReport::Full(RelatedFullDocumentDiagnosticReport {
                related_documents: None,
                full_document_diagnostic_report: full,
            }),
            None => DocumentDiagnosticReport::Full(RelatedFullDocumentDiagnosticReport::default()),
        }))
    }

    async fn workspace_diagnostic(
        &self,
        params: WorkspaceDiagnosticParams,
    ) -> Result<WorkspaceDiagnosticReportResult> {
        let known: HashMap<String, String> = params
            .previous_result_ids
            .into_iter()
            .map(|previous| (previous.uri.as_str().to_owned(), previous.value))
            .collect();
        let items = self
            .read(move |snapshot| {
                let files = snapshot.folders.iter().flat_map(|folder| {
                    folder.files.iter().map(move |document| (folder.as_ref(), document.as_ref()))
                });
                let reports = files.filter_map(|(folder, document)| {
                    let uri = convert::uri(&document.path)?;
                    let version = document.version.map(i64::from);
                    let known = known.get(uri.as_str()).map(String::as_str);
                    Some(match report(snapshot, folder, document, known) {
                        Report::Same(result_id) => WorkspaceDocumentDiagnosticReport::Unchanged(
                            WorkspaceUnchangedDocumentDiagnosticReport {
                                uri,
                                version,
                                unchanged_document_diagnostic_report: UnchangedDocumentDiagnosticReport {
                                    result_id,
                                },
                            },
                        ),
                        Report::Full(full) => {
                            WorkspaceDocumentDiagnosticReport::Full(WorkspaceFullDocumentDiagnosticReport {
                                uri,
                                version,
                                full_document_diagnostic_report: full,
                            })
                        }
                    })
                });
                reports.collect()
            })
            .await?;
        Ok(WorkspaceDiagnosticReportResult::Report(WorkspaceDiagnosticReport { items }))
    }

    async fn completion(&self, params: CompletionParams) -> Result<Option<CompletionResponse>> {
        let at = params.text_document_position;
        let list = self
            .cursor(&at.text_document.uri, at.position, |snapshot, cursor| {
                let found = completion::completion(cursor);
                let replaced = convert::range(&cursor.document.text, found.replaced, snapshot.encoding);
                let items = found.candidates.iter().enumerate();
                CompletionList {
                    // What is typed may bring entities that were left out.
                    is_incomplete: found.partial,
                    items: items.map(|(place, found)| convert::candidate(found, place, replaced)).collect(),
                }
            })
            .await?;
        Ok(list.map(CompletionResponse::List))
    }

    async fn completion_resolve(&self, params: CompletionItem) -> Result<CompletionItem> {
        Ok(convert::resolved(params))
    }

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        let at = params.text_document_position_params;
        let found = self
            .cursor(&at.text_document.uri, at.position, |snapshot, cursor| {
                let found = hover::hover(cursor)?;
                Some(convert::hover(&cursor.document.text, snapshot.encoding, found))
            })
            .await?;
        Ok(found.flatten())
    }

    async fn execute_command(&self, params: ExecuteCommandParams) -> Result<Option<LSPAny>> {
        self.execute(params).await
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        self.offer(params).await
    }

    async fn code_action_resolve(&self, params: CodeAction) -> Result<CodeAction> {
        self.work_out(params).await
    }

    async fn code_lens(&self, params: CodeLensParams) -> Result<Option<Vec<CodeLens>>> {
        self.document(&params.text_document.uri, |snapshot, folder, document| {
            let lines = counts::counts(folder, document).into_iter();
            lines.map(|count| actions::lens(snapshot, document, count)).collect()
        })
        .await
    }

    async fn goto_definition(&self, params: GotoDefinitionParams) -> Result<Option<GotoDefinitionResponse>> {
        let at = params.text_document_position_params;
        self.locations(at, definition::definition).await.map(|found| found.map(GotoDefinitionResponse::Array))
    }

    async fn goto_type_definition(
        &self,
        params: GotoTypeDefinitionParams,
    ) -> Result<Option<GotoTypeDefinitionResponse>> {
        let at = params.text_document_position_params;
        let found = self.locations(at, definition::type_definition).await?;
        Ok(found.map(GotoTypeDefinitionResponse::Array))
    }

    async fn references(&self, params: ReferenceParams) -> Result<Option<Vec<Location>>> {
        let with_definition = params.context.include_declaration;
        self.locations(params.text_document_position, move |cursor| {
            let mut places = references::references(cursor);
            if !with_definition {
                let defined = definition::definition(cursor);
                places.retain(|place| !defined.contains(place));
            }
            places
        })
        .await
    }

    async fn document_highlight(
        &self,
        params: DocumentHighlightParams,
    ) -> Result<Option<Vec<DocumentHighlight>>> {
        let at = params.text_document_position_params;
        self.cursor(&at.text_document.uri, at.position, |snapshot, cursor| {
            let places = references::references(cursor).into_iter();
            places
                .filter(|place| place.file == cursor.document.id)
                .map(|place| DocumentHighlight {
                    range: convert::range(&cursor.document.text, place, snapshot.encoding),
                    kind: None,
                })
                .collect()
        })
        .await
    }

    async fn prepare_rename(
        &self,
        params: TextDocumentPositionParams,
    ) -> Result<Option<PrepareRenameResponse>> {
        let prepared = self
            .cursor(&params.text_document.uri, params.position, |snapshot, cursor| {
                let found = rename::prepare(cursor)?;
                let range = convert::range(&cursor.document.text, found.span, snapshot.encoding);
                Ok(PrepareRenameResponse::RangeWithPlaceholder { range, placeholder: found.name })
            })
            .await?;
        prepared.transpose().map_err(refused)
    }

    async fn rename(&self, params: RenameParams) -> Result<Option<WorkspaceEdit>> {
        let at = params.text_document_position;
        let versioned = self.abilities().versioned_edits;
        let new_name = params.new_name;
        let renamed = self
            .cursor(&at.text_document.uri, at.position, move |snapshot, cursor| {
                let edits = rename::rename(cursor, &new_name)?;
                Ok(convert::workspace_edit(snapshot, convert::by_file(cursor.folder, edits), versioned))
            })
            .await?;
        renamed.transpose().map_err(refused)
    }

    async fn document_symbol(&self, params: DocumentSymbolParams) -> Result<Option<DocumentSymbolResponse>> {
        let outline = self
            .document(&params.text_document.uri, |snapshot, folder, document| {
                let lines = symbols::outline(folder, document).into_iter();
                lines.map(|line| convert::outline(&document.text, snapshot.encoding, line)).collect()
            })
            .await?;
        Ok(outline.map(DocumentSymbolResponse::Nested))
    }

    async fn symbol(&self, params: WorkspaceSymbolParams) -> Result<Option<WorkspaceSymbolResponse>> {
        let found = self
            .read(move |snapshot| {
                let items = snapshot.folders.iter().flat_map(|folder| {
                    symbols::matching(folder, &params.query).into_iter().map(move |item| (folder, item))
                });
                items
                    .filter_map(|(folder, item)| {
                        Some(WorkspaceSymbol {
                            name: item.name.text.clone(),
                            kind: convert::symbol_kind(OutlineKind::Item(item.keyword.value)),
                            tags: None,
                            container_name: Some(folder.path.display().to_string()),
                            location: OneOf::Left(convert::location(snapshot, folder, item.name.span)?),
                            data: None,
                        })
                    })
                    .take(MOST_SYMBOLS)
                    .collect()
            })
            .await?;
        Ok(Some(WorkspaceSymbolResponse::Nested(found)))
    }

    async fn folding_range(&self, params: FoldingRangeParams) -> Result<Option<Vec<FoldingRange>>> {
        self.document(&params.text_document.uri, |_, _, document| {
            folding::folds(document).into_iter().map(convert::fold).collect()
        })
        .await
    }

    async fn formatting(&self, params: DocumentFormattingParams) -> Result<Option<Vec<TextEdit>>> {
        self.document(&params.text_document.uri, |snapshot, _, document| formatted(snapshot, document, None))
            .await
    }

    async fn range_formatting(&self, params: DocumentRangeFormattingParams) -> Result<Option<Vec<TextEdit>>> {
        let lines = (params.range.start.line, params.range.end.line);
        self.document(&params.text_document.uri, move |snapshot, _, document| {
            formatted(snapshot, document, Some(lines))
        })
        .await
    }

    async fn on_type_formatting(
        &self,
        params: DocumentOnTypeFormattingParams,
    ) -> Result<Option<Vec<TextEdit>>> {
        let at = params.text_document_position;
        // Behind a line end the line before is done; the one that is being typed is left alone.
        let done = if params.ch == "\n" { at.position.line.saturating_sub(1) } else { at.position.line };
        self.document(&at.text_document.uri, move |snapshot, _, document| {
            formatted(snapshot, document, Some((done, done)))
        })
        .await
    }
}

impl Backend {
    /// Places that a feature finds from a place.
    async fn locations(
        &self,
        at: TextDocumentPositionParams,
        feature: impl FnOnce(crate::snapshot::Cursor<'_>) -> Vec<mig_lang::Span> + Send + 'static,
    ) -> Result<Option<Vec<Location>>> {
        self.cursor(&at.text_document.uri, at.position, |snapshot, cursor| {
            let places = feature(cursor).into_iter();
            places.filter_map(|span| convert::location(snapshot, cursor.folder, span)).collect()
        })
        .await
    }
}

/// What is to be said of a file to a client that may know it already.
enum Report {
    /// What it knows under this identity.
    Same(String),
    /// This.
    Full(FullDocumentDiagnosticReport),
}

fn report(snapshot: &Snapshot, folder: &Folder, document: &Document, known: Option<&str>) -> Report {
    let identity = diagnostics(folder, document).identity;
    if known == Some(identity.as_str()) {
        return Report::Same(identity);
    }
    let items = convert::diagnostics(snapshot, folder, document);
    Report::Full(FullDocumentDiagnosticReport { result_id: Some(identity), items })
}

fn formatted(snapshot: &Snapshot, document: &Document, lines: Option<(u32, u32)>) -> Vec<TextEdit> {
    let replacements = formatting::formatting(document, lines).into_iter();
    replacements
        .map(|replacement| TextEdit {
            range: convert::range(&document.text, replacement.span, snapshot.encoding),
            new_text: replacement.text,
        })
        .collect()
}
