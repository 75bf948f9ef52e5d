//! The call hierarchy of the protocol, which has callers and callees: here whoever reads calls what is read.

use mig_lang::Span;
use mig_plan::EntityRef;
use serde_json::{Value, json};
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::{
    CallHierarchyIncomingCall, CallHierarchyItem, CallHierarchyOutgoingCall, TextDocumentPositionParams,
};

use super::{Backend, convert};
use crate::features::hierarchy::{self, Party, PartyId};
use crate::features::symbols::OutlineKind;
use crate::snapshot::{Document, Folder, Snapshot};

impl Backend {
    /// The items under the cursor.
    pub(super) async fn prepared(
        &self,
        at: TextDocumentPositionParams,
    ) -> Result<Option<Vec<CallHierarchyItem>>> {
        let found = self
            .cursor(&at.text_document.uri, at.position, |snapshot, cursor| {
                let parties = hierarchy::prepare(cursor).into_iter();
                parties.filter_map(|party| item(snapshot, cursor.folder, &party)).collect::<Vec<_>>()
            })
            .await?;
        Ok(found.filter(|found| !found.is_empty()))
    }

    /// Who reads or moves an item.
    pub(super) async fn incoming(
        &self,
        of: CallHierarchyItem,
    ) -> Result<Option<Vec<CallHierarchyIncomingCall>>> {
        let Some(id) = id(&of) else { return Ok(None) };
        self.document(&of.uri, move |snapshot, folder, _| {
            let relations = hierarchy::incoming(folder, &id).into_iter();
            relations
                .filter_map(|(party, spans)| {
                    let document = folder.file(party.name_span.file)?;
                    Some(CallHierarchyIncomingCall {
                        from: item(snapshot, folder, &party)?,
                        from_ranges: ranges(snapshot, document, spans),
                    })
                })
                .collect()
        })
        .await
    }

    /// What an item is made of, reads or writes.
    pub(super) async fn outgoing(
        &self,
        of: CallHierarchyItem,
    ) -> Result<Option<Vec<CallHierarchyOutgoingCall>>> {
        let Some(id) = id(&of) else { return Ok(None) };
        self.document(&of.uri, move |snapshot, folder, document| {
            let relations = hierarchy::outgoing(folder, &id).into_iter();
            relations
                .filter_map(|(party, spans)| {
                    Some(CallHierarchyOutgoingCall {
                        to: item(snapshot, folder, &party)?,
                        from_ranges: ranges(snapshot, document, spans),
                    })
                })
                .collect()
        })
        .await
    }
}

fn item(snapshot: &Snapshot, folder: &Folder, party: &Party) -> Option<CallHierarchyItem> {
    let document = folder.file(party.name_span.file)?;
    let data = match &party.id {
        PartyId::Item(name) => json!({ "item": name }),
        PartyId::Reader(entity) => json!({ "reader": entity }),
    };
    Some(CallHierarchyItem {
        name: hierarchy::name(&party.id),
        kind: convert::symbol_kind(OutlineKind::Item(hierarchy::keyword(folder, &party.id))),
        tags: None,
        detail: Some(party.detail.clone()),
        uri: convert::uri(&document.path)?,
        range: convert::range(&document.text, party.span, snapshot.encoding),
        selection_range: convert::range(&document.text, party.name_span, snapshot.encoding),
        data: Some(data),
    })
}

/// The places that are in a document.
fn ranges(snapshot: &Snapshot, document: &Document, spans: Vec<Span>) -> Vec<tower_lsp::ls_types::Range> {
    let inside = spans.into_iter().filter(|span| span.file == document.id);
    inside.map(|span| convert::range(&document.text, span, snapshot.encoding)).collect()
}

/// What an item that the client sends back is.
fn id(item: &CallHierarchyItem) -> Option<PartyId> {
    let data = item.data.as_ref()?;
    if let Some(name) = data.get("item").and_then(Value::as_str) {
        return Some(PartyId::Item(name.to_owned()));
    }
    let entity: EntityRef = data.get("reader")?.as_str()?.parse().ok()?;
    Some(PartyId::Reader(entity))
}
