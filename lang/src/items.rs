//! The one table of items: keyword, header, attributes, statements.

use crate::ast::Keyword;

impl Keyword {
    /// Every keyword, in the order a reader meets them.
    pub const ALL: [Self; 10] = [
        Self::Migration,
        Self::Store,
        Self::Dataset,
        Self::Datasets,
        Self::Consumer,
        Self::Consumers,
        Self::Validation,
        Self::Approval,
        Self::Rollback,
        Self::Wave,
    ];

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Migration => "migration",
            Self::Store => "store",
            Self::Dataset => "dataset",
            Self::Datasets => "datasets",
            Self::Consumer => "consumer",
            Self::Consumers => "consumers",
            Self::Validation => "validation",
            Self::Approval => "approval",
            Self::Rollback => "rollback",
            Self::Wave => "wave",
        }
    }

    /// The keyword of that word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|keyword| keyword.word() == word)
    }
}

/// Whether a word opens an item.
pub(crate) fn is_item_keyword(word: &str) -> bool {
    Keyword::of(word).is_some()
}
