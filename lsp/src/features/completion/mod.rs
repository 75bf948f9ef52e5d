//! What may stand where the cursor is.
//!
//! Where that is, is told by the tokens before it ([`context`]), so that it works in text that cannot be read yet; what
//! fits there comes from the tables of the language, the program and what is known of the world ([`candidates`]).

mod candidates;
mod catalog;
mod columns;
mod context;
#[cfg(test)]
mod everywhere;
mod expression;
#[cfg(test)]
mod tests;

use mig_lang::Span;

pub(crate) use columns::{new_table, old_table, used_columns};
pub(crate) use context::call_at;

use crate::snapshot::Cursor;

/// What kind of thing a candidate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CandidateKind {
    /// A word that opens an item, begins a statement or joins values.
    Keyword,
    /// An attribute.
    Attribute,
    /// An item of the migration.
    Item,
    /// A column of the old table.
    OldColumn,
    /// A column of the new table.
    NewColumn,
    /// A type.
    Type,
    /// A function or an action.
    Function,
    /// An entity of the catalog.
    Entity,
    /// A schema or a table of a store.
    Table,
    /// A word that is a value.
    Value,
    /// A unit behind a number.
    Unit,
    /// The name of an argument.
    Parameter,
}

/// One thing that may stand there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// What it is called.
    pub(crate) label: String,
    /// What kind of thing it is.
    pub(crate) kind: CandidateKind,
    /// What it is, in a few words.
    pub(crate) detail: String,
    /// More about it, in Markdown.
    pub(crate) doc: String,
    /// What is written; places to fill in are `${1:name}`, and the last one `$0`, when `snippet` says so.
    pub(crate) insert: String,
    /// Whether `insert` has places to fill in.
    pub(crate) snippet: bool,
    /// Candidates of a lower group come first.
    pub(crate) group: u8,
}

/// The candidates, the best first, and the place of what has been typed of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Completion {
    /// What a candidate replaces.
    pub(crate) replaced: Span,
    /// The candidates.
    pub(crate) candidates: Vec<Candidate>,
    /// Whether some were left out for their number, which more letters may bring.
    pub(crate) partial: bool,
}

/// What may stand at the cursor; nothing in a comment, in a text, or where a new name is made.
pub(crate) fn completion(cursor: Cursor<'_>) -> Completion {
    let place = context::at(cursor.document.text.as_str(), cursor.byte);
    let replaced = Span { file: cursor.document.id, start: place.start, end: place.end };
    let mut candidates = candidates::of(cursor, &place);
    // Columns of one name in several tables are several, where their types differ.
    candidates.sort_by(|one, other| {
        (one.group, &one.label, &one.detail).cmp(&(other.group, &other.label, &other.detail))
    });
    candidates.dedup_by(|one, other| {
        one.label == other.label && one.kind == other.kind && one.detail == other.detail
    });
    let entities = candidates.iter().filter(|candidate| candidate.kind == CandidateKind::Entity);
    let partial = entities.count() >= catalog::MOST_ENTITIES;
    Completion { replaced, candidates, partial }
}
