//! Turns what features say into the protocol's types: spans into ranges, files into addresses.

use mig_lang::{Severity, Span};
use serde_json::json;
use tower_lsp::ls_types::{
    CompletionItem, CompletionItemKind, CompletionItemLabelDetails, CompletionTextEdit, Diagnostic,
    DiagnosticRelatedInformation, DiagnosticSeverity, DocumentHighlight, DocumentHighlightKind, DocumentLink,
    DocumentSymbol, Documentation, FoldingRange, FoldingRangeKind, Hover, HoverContents, InlayHint,
    InlayHintKind, InlayHintLabel, InlayHintTooltip, InsertTextFormat, Location, MarkupContent, MarkupKind,
    NumberOrString, OptionalVersionedTextDocumentIdentifier, ParameterInformation, ParameterLabel, Position,
    Range, SelectionRange, SemanticTokensFullDeltaResult, SemanticTokensResult, SignatureHelp,
    SignatureInformation, SymbolKind, TextDocumentEdit, TextEdit, Uri, WorkspaceEdit,
};

use super::EditsByFile;
pub(super) use super::address::uri;
use crate::features::completion::{Candidate, CandidateKind};
use crate::features::folding::Fold;
use crate::features::highlight::Highlight;
use crate::features::inlay::{Hint, HintKind};
use crate::features::links::{Link, Target};
use crate::features::signature::Signature;
use crate::features::symbols::{Outline, OutlineKind};
use crate::features::{diagnostics, hover};
use crate::snapshot::{Document, Folder, Snapshot};
use crate::text::{Encoding, Place, Text};

/// The range of a place in a text.
pub(super) fn range(text: &Text, span: Span, encoding: Encoding) -> Range {
    let position = |byte| {
        let place = text.place(byte, encoding);
        Position { line: place.line, character: place.character }
    };
    Range { start: position(span.start), end: position(span.end) }
}

/// Where a place is.
pub(super) fn location(snapshot: &Snapshot, folder: &Folder, span: Span) -> Option<Location> {
    let document = folder.file(span.file)?;
    Some(Location { uri: uri(&document.path)?, range: range(&document.text, span, snapshot.encoding) })
}

/// What is wrong in a file.
pub(super) fn diagnostics(snapshot: &Snapshot, folder: &Folder, document: &Document) -> Vec<Diagnostic> {
    let findings = diagnostics::diagnostics(folder, document);
    let found = findings.found.iter().map(|found| diagnostic(snapshot, folder, document, found));
    let unknown = findings.unknown.iter().map(|(span, unknown)| Diagnostic {
        range: range(&document.text, *span, snapshot.encoding),
        severity: Some(if unknown.is_fault {
            DiagnosticSeverity::ERROR
        } else {
            DiagnosticSeverity::INFORMATION
        }),
        code: Some(NumberOrString::String(unknown.code.to_owned())),
        source: Some("mig".to_owned()),
        message: format!("{}\n{}", unknown.message, unknown.help),
        ..Diagnostic::default()
    });
    found.chain(unknown).collect()
}

/// One finding of a file.
pub(super) fn diagnostic(
    snapshot: &Snapshot,
    folder: &Folder,
    document: &Document,
    found: &mig_lang::Diagnostic,
) -> Diagnostic {
    let mut message = found.message.clone();
    if let Some(first) = found.labels.first().filter(|label| !label.text.is_empty()) {
        message = format!("{message}: {}", first.text);
    }
    if let Some(help) = &found.help {
        message = format!("{message}\n{help}");
    }
    let related = found.labels.iter().skip(1).filter_map(|label| {
        Some(DiagnosticRelatedInformation {
            location: location(snapshot, folder, label.span)?,
            message: label.text.clone(),
        })
    });
    Diagnostic {
        range: range(&document.text, found.span(), snapshot.encoding),
        severity: Some(match found.severity {
            Severity::Error => DiagnosticSeverity::ERROR,
            Severity::Warning => DiagnosticSeverity::WARNING,
        }),
        code: Some(NumberOrString::String(found.code.to_owned())),
        source: Some("mig".to_owned()),
        message,
        related_information: Some(related.collect()),
        ..Diagnostic::default()
    }
}

/// Edits of a folder's files, each with the version of the text that it is for where the client takes that.
pub(super) fn workspace_edit(snapshot: &Snapshot, edits: EditsByFile, versioned: bool) -> WorkspaceEdit {
    let mut documents = Vec::new();
    for (path, edits) in edits {
        let Some((uri, (_, document))) = uri(&path).zip(snapshot.document(&path)) else { continue };
        let edits: Vec<TextEdit> = edits
            .into_iter()
            .map(|(span, new_text)| TextEdit {
                range: range(&document.text, span, snapshot.encoding),
                new_text,
            })
            .collect();
        documents.push((uri, document.version, edits));
    }
    if versioned {
        let edits = documents.into_iter().map(|(uri, version, edits)| TextDocumentEdit {
            text_document: OptionalVersionedTextDocumentIdentifier { uri, version },
            edits: edits.into_iter().map(tower_lsp::ls_types::OneOf::Left).collect(),
        });
        let changes = tower_lsp::ls_types::DocumentChanges::Edits(edits.collect());
        WorkspaceEdit { document_changes: Some(changes), ..WorkspaceEdit::default() }
    } else {
        let changes = documents.into_iter().map(|(uri, _, edits)| (uri, edits)).collect();
        WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() }
    }
}

/// Edits by file.
pub(super) fn by_file(folder: &Folder, edits: Vec<(Span, String)>) -> EditsByFile {
    let mut files = EditsByFile::new();
    for (span, text) in edits {
        if let Some(document) = folder.file(span.file) {
            files.entry(document.path.clone()).or_default().push((span, text));
        }
    }
    files
}

/// A fold.
pub(super) fn fold(fold: Fold) -> FoldingRange {
    FoldingRange {
        start_line: fold.first,
        end_line: fold.last,
        kind: fold.comment.then_some(FoldingRangeKind::Comment),
        ..FoldingRange::default()
    }
}

/// A line of the outline with what is in it.
#[expect(deprecated, reason = "the protocol's type still has the field")]
pub(super) fn outline(text: &Text, encoding: Encoding, line: Outline) -> DocumentSymbol {
    let children: Vec<_> = line.parts.into_iter().map(|part| outline(text, encoding, part)).collect();
    DocumentSymbol {
        name: line.name,
        detail: Some(line.detail),
        kind: symbol_kind(line.kind),
        tags: None,
        deprecated: None,
        range: range(text, line.span, encoding),
        selection_range: range(text, line.name_span, encoding),
        children: (!children.is_empty()).then_some(children),
    }
}

/// The protocol's kind that is nearest.
pub(super) fn symbol_kind(kind: OutlineKind) -> SymbolKind {
    use mig_lang::ast::Keyword;
    match kind {
        OutlineKind::Column => SymbolKind::FIELD,
        OutlineKind::Dropped => SymbolKind::NULL,
        OutlineKind::Item(keyword) => match keyword {
            Keyword::Migration => SymbolKind::PACKAGE,
            Keyword::Store => SymbolKind::NAMESPACE,
            Keyword::Dataset => SymbolKind::STRUCT,
            Keyword::Datasets => SymbolKind::CLASS,
            Keyword::Consumer => SymbolKind::INTERFACE,
            Keyword::Consumers => SymbolKind::CLASS,
            Keyword::Validation => SymbolKind::BOOLEAN,
            Keyword::Approval => SymbolKind::KEY,
            Keyword::Metric => SymbolKind::NUMBER,
            Keyword::Rollback => SymbolKind::OPERATOR,
            Keyword::Wave => SymbolKind::EVENT,
        },
    }
}

/// A text in Markdown.
pub(super) fn markdown(value: String) -> MarkupContent {
    MarkupContent { kind: MarkupKind::Markdown, value }
}

/// What there is to say about a place.
pub(super) fn hover(text: &Text, encoding: Encoding, found: hover::Hover) -> Hover {
    Hover {
        contents: HoverContents::Markup(markdown(found.text)),
        range: Some(range(text, found.span, encoding)),
    }
}

/// A candidate of a completion; without its documentation, which is asked for when it is looked at.
pub(super) fn candidate(candidate: &Candidate, place: usize, replaced: Range) -> CompletionItem {
    CompletionItem {
        label: candidate.label.clone(),
        label_details: (!candidate.detail.is_empty()).then(|| CompletionItemLabelDetails {
            detail: None,
            description: Some(candidate.detail.clone()),
        }),
        kind: Some(match candidate.kind {
            CandidateKind::Keyword => CompletionItemKind::KEYWORD,
            CandidateKind::Attribute => CompletionItemKind::PROPERTY,
            CandidateKind::Item => CompletionItemKind::REFERENCE,
            CandidateKind::OldColumn => CompletionItemKind::FIELD,
            CandidateKind::NewColumn => CompletionItemKind::VARIABLE,
            CandidateKind::Type => CompletionItemKind::TYPE_PARAMETER,
            CandidateKind::Function => CompletionItemKind::FUNCTION,
            CandidateKind::Entity => CompletionItemKind::MODULE,
            CandidateKind::Table => CompletionItemKind::STRUCT,
            CandidateKind::Value => CompletionItemKind::VALUE,
            CandidateKind::Unit => CompletionItemKind::UNIT,
            CandidateKind::Parameter => CompletionItemKind::VARIABLE,
        }),
        detail: (!candidate.detail.is_empty()).then(|| candidate.detail.clone()),
        sort_text: Some(format!("{place:05}")),
        insert_text_format: candidate.snippet.then_some(InsertTextFormat::SNIPPET),
        text_edit: Some(CompletionTextEdit::Edit(TextEdit {
            range: replaced,
            new_text: candidate.insert.clone(),
        })),
        data: (!candidate.doc.is_empty()).then(|| candidate.doc.clone().into()),
        ..CompletionItem::default()
    }
}

/// A candidate with its documentation.
pub(super) fn resolved(mut item: CompletionItem) -> CompletionItem {
    if let Some(doc) = item.data.as_ref().and_then(|data| data.as_str()) {
        item.documentation = Some(Documentation::MarkupContent(markdown(doc.to_owned())));
    }
    item
}

/// The byte of a position in a document.
pub(super) fn byte(document: &Document, position: Position, encoding: Encoding) -> u32 {
    document.text.byte(Place { line: position.line, character: position.character }, encoding)
}

/// The place of a range in a document.
pub(super) fn span(document: &Document, range: Range, encoding: Encoding) -> Span {
    let start = byte(document, range.start, encoding);
    Span { file: document.id, start, end: byte(document, range.end, encoding).max(start) }
}

/// A place that means the same as another.
pub(super) fn highlight(text: &Text, encoding: Encoding, found: Highlight) -> DocumentHighlight {
    DocumentHighlight {
        range: range(text, found.span, encoding),
        kind: Some(if found.made { DocumentHighlightKind::WRITE } else { DocumentHighlightKind::READ }),
    }
}

/// Tokens where a difference was not asked for.
pub(super) fn tokens(found: SemanticTokensFullDeltaResult) -> Option<SemanticTokensResult> {
    match found {
        SemanticTokensFullDeltaResult::Tokens(tokens) => Some(tokens.into()),
        SemanticTokensFullDeltaResult::TokensDelta(_)
        | SemanticTokensFullDeltaResult::PartialTokensDelta { .. } => None,
    }
}

/// What is shown between the words.
pub(super) fn hint(document: &Document, encoding: Encoding, hint: Hint) -> InlayHint {
    let at = range(&document.text, Span { file: document.id, start: hint.at, end: hint.at }, encoding);
    let edit = TextEdit { range: at, new_text: hint.label.clone() };
    InlayHint {
        position: at.start,
        kind: match hint.kind {
            HintKind::Type => Some(InlayHintKind::TYPE),
            HintKind::Parameter => Some(InlayHintKind::PARAMETER),
            HintKind::Count => None,
        },
        label: InlayHintLabel::String(hint.label),
        text_edits: hint.writable.then(|| vec![edit]),
        tooltip: (!hint.tooltip.is_empty()).then(|| InlayHintTooltip::MarkupContent(markdown(hint.tooltip))),
        padding_left: Some(hint.kind == HintKind::Count),
        padding_right: Some(hint.kind == HintKind::Parameter),
        data: None,
    }
}

/// Places, each inside the next; the first is the innermost.
pub(super) fn selection(text: &Text, encoding: Encoding, places: &[Span]) -> SelectionRange {
    let outward = places.iter().rev().fold(None, |parent: Option<SelectionRange>, place| {
        Some(SelectionRange { range: range(text, *place, encoding), parent: parent.map(Box::new) })
    });
    outward.unwrap_or(SelectionRange { range: Range::default(), parent: None })
}

/// What a call takes; parameters by their places in the label where the client takes those.
pub(super) fn signature(found: Signature, label_places: bool) -> SignatureHelp {
    let units = |byte: usize| {
        let before = found.label.get(..byte).unwrap_or_default();
        u32::try_from(before.encode_utf16().count()).unwrap_or(u32::MAX)
    };
    let parameters = found.parameters.iter().map(|parameter| {
        let (start, end) = (parameter.label.start, parameter.label.end);
        ParameterInformation {
            label: if label_places {
                ParameterLabel::LabelOffsets([units(start), units(end)])
            } else {
                ParameterLabel::Simple(found.label.get(start..end).unwrap_or_default().to_owned())
            },
            documentation: (!parameter.doc.is_empty()).then(|| Documentation::String(parameter.doc.clone())),
        }
    });
    // A place behind the last parameter is how the protocol says that none is meant.
    let active = found.active.unwrap_or(found.parameters.len());
    let active = u32::try_from(active).ok();
    SignatureHelp {
        signatures: vec![SignatureInformation {
            label: found.label.clone(),
            documentation: Some(Documentation::MarkupContent(markdown(found.doc.clone()))),
            parameters: Some(parameters.collect()),
            active_parameter: active,
        }],
        active_signature: Some(0),
        active_parameter: active,
    }
}

/// A place that leads somewhere; the files of a pattern are looked for when the link is followed.
pub(super) fn link(document: &Uri, text: &Text, encoding: Encoding, link: Link) -> Option<DocumentLink> {
    let range = range(text, link.span, encoding);
    Some(match link.target {
        Target::Address { url, what } => DocumentLink {
            range,
            target: Some(url.parse().ok()?),
            tooltip: Some(format!("open {what}")),
            data: None,
        },
        Target::Files { glob } => DocumentLink {
            range,
            target: None,
            tooltip: Some("open the catalog's file".to_owned()),
            data: Some(json!({ "document": document, "glob": glob })),
        },
    })
}

/// The document and the pattern of a link whose file is still to be looked for.
pub(super) fn linked_files(link: &DocumentLink) -> Option<(Uri, String)> {
    let data = link.data.as_ref()?;
    let text = |key: &str| data.get(key)?.as_str();
    Some((text("document")?.parse().ok()?, text("glob")?.to_owned()))
}
