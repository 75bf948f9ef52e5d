//! Semantic tokens as the protocol counts them: each by its distance from the one before; and what was sent last, so
//! that a client which has it is sent the difference.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use mig_lang::Span;
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::{
    Range, SemanticToken, SemanticTokenModifier, SemanticTokenType, SemanticTokens, SemanticTokensDelta,
    SemanticTokensEdit, SemanticTokensFullDeltaResult, SemanticTokensFullOptions, SemanticTokensLegend,
    SemanticTokensOptions, Uri,
};

use super::address::path;
use super::{Backend, convert};
use crate::features::semantic_tokens::{self, Class, Modifier, edits};
use crate::snapshot::{Document, Folder};
use crate::text::{Encoding, Place};

/// The classes in the order of their numbers, with the protocol's names.
const CLASSES: [(Class, SemanticTokenType); 18] = [
    (Class::Namespace, SemanticTokenType::NAMESPACE),
    (Class::Type, SemanticTokenType::TYPE),
    (Class::Family, SemanticTokenType::CLASS),
    (Class::Interface, SemanticTokenType::INTERFACE),
    (Class::Struct, SemanticTokenType::STRUCT),
    (Class::Event, SemanticTokenType::EVENT),
    (Class::Method, SemanticTokenType::METHOD),
    (Class::Property, SemanticTokenType::PROPERTY),
    (Class::Variable, SemanticTokenType::VARIABLE),
    (Class::Parameter, SemanticTokenType::PARAMETER),
    (Class::EnumMember, SemanticTokenType::ENUM_MEMBER),
    (Class::Function, SemanticTokenType::FUNCTION),
    (Class::Decorator, SemanticTokenType::DECORATOR),
    (Class::Keyword, SemanticTokenType::KEYWORD),
    (Class::Comment, SemanticTokenType::COMMENT),
    (Class::String, SemanticTokenType::STRING),
    (Class::Number, SemanticTokenType::NUMBER),
    (Class::Operator, SemanticTokenType::OPERATOR),
];

/// The modifiers in the order of their bits.
const MODIFIERS: [(Modifier, SemanticTokenModifier); 4] = [
    (Modifier::Definition, SemanticTokenModifier::DEFINITION),
    (Modifier::Readonly, SemanticTokenModifier::READONLY),
    (Modifier::DefaultLibrary, SemanticTokenModifier::DEFAULT_LIBRARY),
    (Modifier::Documentation, SemanticTokenModifier::DOCUMENTATION),
];

/// A token as numbers: lines and units from the one before, length, class, modifiers.
type Numbers = [u32; 5];

/// The tokens of a document with an identity, equal for equal ones.
type Identified = (String, Arc<Vec<Numbers>>);

/// What was sent last of each document.
#[derive(Debug, Default)]
pub(super) struct Sent(Mutex<BTreeMap<PathBuf, Identified>>);

impl Sent {
    /// Keeps what is sent now, and gives what was sent before under an identity.
    fn replace(&self, path: PathBuf, now: Identified, known: Option<&str>) -> Option<Arc<Vec<Numbers>>> {
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = sent.insert(path, now);
        before.filter(|(identity, _)| Some(identity.as_str()) == known).map(|(_, tokens)| tokens)
    }

    /// Forgets a document that was closed.
    pub(super) fn forget(&self, uri: &Uri) {
        if let Some(path) = path(uri) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&path);
        }
    }
}

/// What the server offers.
pub(super) fn options() -> SemanticTokensOptions {
    SemanticTokensOptions {
        legend: SemanticTokensLegend {
            token_types: CLASSES.map(|(_, name)| name).to_vec(),
            token_modifiers: MODIFIERS.map(|(_, name)| name).to_vec(),
        },
        range: Some(true),
        full: Some(SemanticTokensFullOptions::Delta { delta: Some(true) }),
        ..SemanticTokensOptions::default()
    }
}

impl Backend {
    /// All tokens of a document; the difference to what the client has under the identity, where that is what was sent
    /// last.
    pub(super) async fn tokens(
        &self,
        uri: &Uri,
        known: Option<&str>,
    ) -> Result<Option<SemanticTokensFullDeltaResult>> {
        let Some(path) = path(uri) else { return Ok(None) };
        let all = self
            .document(uri, |snapshot, folder, document| {
                let all = Span { file: document.id, start: 0, end: document.text.end() };
                numbers(folder, document, all, snapshot.encoding)
            })
            .await?;
        let Some(all) = all.map(Arc::new) else { return Ok(None) };
        let identity = identity(&all);
        let before = self.sent.replace(path, (identity.clone(), Arc::clone(&all)), known);
        Ok(Some(match before {
            Some(before) => {
                SemanticTokensDelta { result_id: Some(identity), edits: difference(&before, &all) }.into()
            }
            None => SemanticTokens { result_id: Some(identity), data: tokens(&all) }.into(),
        }))
    }

    /// The tokens of a part of a document.
    pub(super) async fn tokens_of_range(&self, uri: &Uri, range: Range) -> Result<Option<SemanticTokens>> {
        let all = self
            .document(uri, move |snapshot, folder, document| {
                let within = convert::span(document, range, snapshot.encoding);
                numbers(folder, document, within, snapshot.encoding)
            })
            .await?;
        Ok(all.map(|all| SemanticTokens { result_id: None, data: tokens(&all) }))
    }
}

fn numbers(folder: &Folder, document: &Document, within: Span, encoding: Encoding) -> Vec<Numbers> {
    let mut before = Place::default();
    semantic_tokens::semantic_tokens(folder, document, within)
        .into_iter()
        .map(|token| {
            let start = document.text.place(token.span.start, encoding);
            let end = document.text.place(token.span.end, encoding);
            let lines = start.line - before.line;
            let units = if lines == 0 { start.character - before.character } else { start.character };
            before = start;
            let class = CLASSES.iter().position(|(class, _)| *class == token.class);
            let modifier = token
                .modifier
                .and_then(|modifier| MODIFIERS.iter().position(|(known, _)| *known == modifier));
            [
                lines,
                units,
                end.character.saturating_sub(start.character),
                class.and_then(|class| u32::try_from(class).ok()).unwrap_or(0),
                modifier.map_or(0, |bit| 1 << bit),
            ]
        })
        .collect()
}

fn tokens(numbers: &[Numbers]) -> Vec<SemanticToken> {
    numbers
        .iter()
        .map(|[delta_line, delta_start, length, token_type, token_modifiers_bitset]| SemanticToken {
            delta_line: *delta_line,
            delta_start: *delta_start,
            length: *length,
            token_type: *token_type,
            token_modifiers_bitset: *token_modifiers_bitset,
        })
        .collect()
}

/// Equal for equal tokens.
fn identity(numbers: &[Numbers]) -> String {
    let mut hasher = DefaultHasher::new();
    numbers.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// The replacements, whose places count numbers and not tokens, in the list as it was before any of them.
fn difference(before: &[Numbers], now: &[Numbers]) -> Vec<SemanticTokensEdit> {
    let count = |tokens: usize| u32::try_from(tokens * Numbers::default().len()).unwrap_or(u32::MAX);
    edits(before, now)
        .into_iter()
        .map(|edit| SemanticTokensEdit {
            start: count(edit.old.start),
            delete_count: count(edit.old.len()),
            data: Some(tokens(now.get(edit.new).unwrap_or_default())),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use mig_lang::Span;

    use super::{CLASSES, MODIFIERS, difference, numbers, tokens};
    use crate::fixture::Fixture;
    use crate::text::Encoding;

    fn counted(text: &str, encoding: Encoding) -> Vec<super::Numbers> {
        let fixture = Fixture::file(text);
        let folder = &fixture.snapshot().folders[0];
        let document = &folder.files[0];
        numbers(folder, document, Span { file: document.id, start: 0, end: document.text.end() }, encoding)
    }

    #[test]
    fn every_class_has_its_number() {
        let mut classes = CLASSES.map(|(class, _)| class);
        classes.sort();
        assert_eq!(classes, CLASSES.map(|(class, _)| class), "in the order of the enum, each once");
        assert_eq!(MODIFIERS.map(|(modifier, _)| modifier as usize), [0, 1, 2, 3]);
    }

    #[test]
    fn distances_are_counted_in_the_units_agreed_on() {
        let text = "// 🦀\nwave `ü` { soak = 5m }\n";
        assert_eq!(counted(text, Encoding::Utf8)[..3], [[0, 0, 7, 14, 0], [1, 0, 4, 13, 0], [0, 5, 4, 5, 1]]);
        assert_eq!(
            counted(text, Encoding::Utf16)[..3],
            [[0, 0, 5, 14, 0], [1, 0, 4, 13, 0], [0, 5, 3, 5, 1]]
        );
    }

    #[test]
    fn a_difference_is_what_changed() {
        let before = counted("wave one { soak = 5m }\nwave two { batch = 3 }\n", Encoding::Utf16);
        let now = counted("wave one { soak = 5m }\n\nwave two { batch = 3 }\n", Encoding::Utf16);
        let edits = difference(&before, &now);
        assert_eq!(edits.len(), 1, "{edits:?}");
        let mut all: Vec<u32> = before.iter().flatten().copied().collect();
        for edit in edits.into_iter().rev() {
            let data: Vec<u32> = edit
                .data
                .unwrap_or_default()
                .iter()
                .flat_map(|token| {
                    [
                        token.delta_line,
                        token.delta_start,
                        token.length,
                        token.token_type,
                        token.token_modifiers_bitset,
                    ]
                })
                .collect();
            let start = edit.start as usize;
            all.splice(start..start + edit.delete_count as usize, data);
        }
        assert_eq!(all, now.iter().flatten().copied().collect::<Vec<_>>());
        assert_eq!(tokens(&now).len(), now.len());
    }
}
