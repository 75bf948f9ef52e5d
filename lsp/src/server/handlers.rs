//! The requests, one method each: which feature answers, and in which of the protocol's shapes.

use std::collections::HashMap;

use tower_lsp::LanguageServer;
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::request::{GotoTypeDefinitionParams, GotoTypeDefinitionResponse};
use tower_lsp::ls_types::{
    CallHierarchyIncomingCall, CallHierarchyIncomingCallsParams, CallHierarchyItem,
    CallHierarchyOutgoingCall, CallHierarchyOutgoingCallsParams, CallHierarchyPrepareParams, CodeAction,
    CodeActionParams, CodeActionResponse, CodeLens, CodeLensParams, CompletionItem, CompletionList,
    CompletionParams, CompletionResponse, DidChangeConfigurationParams, DidChangeTextDocumentParams,
    DidChangeWatchedFilesParams, DidChangeWatchedFilesRegistrationOptions, DidChangeWorkspaceFoldersParams,
    DidCloseTextDocumentParams, DidOpenTextDocumentParams, DidSaveTextDocumentParams,
    DocumentDiagnosticParams, DocumentDiagnosticReport, DocumentDiagnosticReportResult,
    DocumentFormattingParams, DocumentHighlight, DocumentHighlightParams, DocumentLink, DocumentLinkParams,
    DocumentOnTypeFormattingParams, DocumentRangeFormattingParams, DocumentSymbolParams,
    DocumentSymbolResponse, ExecuteCommandParams, FileSystemWatcher, FoldingRange, FoldingRangeParams,
    FullDocumentDiagnosticReport, GlobPattern, GotoDefinitionParams, GotoDefinitionResponse, Hover,
    HoverParams, InitializeParams, InitializeResult, InitializedParams, InlayHint, InlayHintParams, LSPAny,
    Location, OneOf, PrepareRenameResponse, ReferenceParams, Registration,
    RelatedFullDocumentDiagnosticReport, RelatedUnchangedDocumentDiagnosticReport, RenameParams,
    SelectionRange, SelectionRangeParams, SemanticTokensDeltaParams, SemanticTokensFullDeltaResult,
    SemanticTokensParams, SemanticTokensRangeParams, SemanticTokensRangeResult, SemanticTokensResult,
    ServerInfo, SignatureHelp, SignatureHelpParams, TextDocumentPositionParams, TextEdit,
    UnchangedDocumentDiagnosticReport, WorkspaceDiagnosticParams, WorkspaceDiagnosticReport,
    WorkspaceDiagnosticReportResult, WorkspaceDocumentDiagnosticReport, WorkspaceEdit,
    WorkspaceFullDocumentDiagnosticReport, WorkspaceSymbol, WorkspaceSymbolParams, WorkspaceSymbolResponse,
    WorkspaceUnchangedDocumentDiagnosticReport,
};

use super::{Abilities, Backend, actions, capabilities, convert, refused, roots};
use crate::features::diagnostics::diagnostics;
use crate::features::symbols::OutlineKind;
use crate::features::{
    completion, counts, definition, folding, formatting, highlight, hover, inlay, links, references, rename,
    selection, signature, symbols,
};
use crate::snapshot::{Cursor, Document, Folder, Snapshot};

/// The most items that a search of the workspace gives.
const MOST_SYMBOLS: usize = 500;

impl LanguageServer for Backend {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let encoding = capabilities::encoding(&params);
        // A second `initialize` is refused before it comes here.
        let _ = self.abilities.set(Abilities::of(&params));
        if let Some(options) = &params.initialization_options {
            self.settings.take(options);
        }
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
        self.ask_settings().await;
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
        self.sent.forget(&params.text_document.uri);
        if !self.abilities().pulls {
            self.client.publish_diagnostics(params.text_document.uri, Vec::new(), None).await;
        }
    }

    async fn did_change_configuration(&self, params: DidChangeConfigurationParams) {
        self.settings.take(&params.settings);
        self.ask_settings().await;
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
            let places = highlight::highlights(cursor).into_iter();
            places.map(|found| convert::highlight(&cursor.document.text, snapshot.encoding, found)).collect()
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

    async fn semantic_tokens_full(
        &self,
        params: SemanticTokensParams,
    ) -> Result<Option<SemanticTokensResult>> {
        let tokens = self.tokens(&params.text_document.uri, None).await?;
        Ok(tokens.and_then(convert::tokens))
    }

    async fn semantic_tokens_full_delta(
        &self,
        params: SemanticTokensDeltaParams,
    ) -> Result<Option<SemanticTokensFullDeltaResult>> {
        self.tokens(&params.text_document.uri, Some(&params.previous_result_id)).await
    }

    async fn semantic_tokens_range(
        &self,
        params: SemanticTokensRangeParams,
    ) -> Result<Option<SemanticTokensRangeResult>> {
        let tokens = self.tokens_of_range(&params.text_document.uri, params.range).await?;
        Ok(tokens.map(SemanticTokensRangeResult::Tokens))
    }

    async fn inlay_hint(&self, params: InlayHintParams) -> Result<Option<Vec<InlayHint>>> {
        self.document(&params.text_document.uri, move |snapshot, folder, document| {
            let within = convert::span(document, params.range, snapshot.encoding);
            let hints = inlay::hints(folder, document, within).into_iter();
            hints.map(|hint| convert::hint(document, snapshot.encoding, hint)).collect()
        })
        .await
    }

    async fn selection_range(&self, params: SelectionRangeParams) -> Result<Option<Vec<SelectionRange>>> {
        self.document(&params.text_document.uri, move |snapshot, folder, document| {
            let positions = params.positions.into_iter();
            positions
                .map(|position| {
                    let byte = convert::byte(document, position, snapshot.encoding);
                    let places = selection::selection(Cursor { folder, document, byte });
                    convert::selection(&document.text, snapshot.encoding, &places)
                })
                .collect()
        })
        .await
    }

    async fn signature_help(&self, params: SignatureHelpParams) -> Result<Option<SignatureHelp>> {
        let at = params.text_document_position_params;
        let label_places = self.abilities().label_places;
        let found = self
            .cursor(&at.text_document.uri, at.position, move |_, cursor| {
                Some(convert::signature(signature::signature(cursor)?, label_places))
            })
            .await?;
        Ok(found.flatten())
    }

    async fn document_link(&self, params: DocumentLinkParams) -> Result<Option<Vec<DocumentLink>>> {
        let uri = params.text_document.uri;
        let (portal, of) = (self.settings.portal(), uri.clone());
        self.document(&uri, move |snapshot, folder, document| {
            let links = links::links(folder, document, portal.as_deref()).into_iter();
            links.filter_map(|link| convert::link(&of, &document.text, snapshot.encoding, link)).collect()
        })
        .await
    }

    async fn document_link_resolve(&self, mut params: DocumentLink) -> Result<DocumentLink> {
        if let Some((uri, glob)) = convert::linked_files(&params) {
            let file = self.document(&uri, move |_, folder, _| links::file(folder, &glob)).await?;
            params.target = file.and_then(|file| convert::uri(&file));
        }
        Ok(params)
    }

    async fn prepare_call_hierarchy(
        &self,
        params: CallHierarchyPrepareParams,
    ) -> Result<Option<Vec<CallHierarchyItem>>> {
        self.prepared(params.text_document_position_params).await
    }

    async fn incoming_calls(
        &self,
        params: CallHierarchyIncomingCallsParams,
    ) -> Result<Option<Vec<CallHierarchyIncomingCall>>> {
        self.incoming(params.item).await
    }

    async fn outgoing_calls(
        &self,
        params: CallHierarchyOutgoingCallsParams,
    ) -> Result<Option<Vec<CallHierarchyOutgoingCall>>> {
        self.outgoing(params.item).await
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
