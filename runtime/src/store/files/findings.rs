//! What becomes of values that do not fit: the first one ends a read, and a search collects them.

use std::mem;

use mig_plan::KeyBound;

use super::layout::Part;
use super::locator::Position;
use crate::store::{Misfit, StoreError};

/// The longest value that is shown, in characters.
const SHOWN: usize = 80;

/// Where a value stands: what a misfit's key and message are made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Site<'a> {
    /// The file.
    pub(super) part: &'a Part,
    /// The row's locator.
    pub(super) position: Position,
    /// Text: the line that the row begins on, from 1.
    pub(super) line: Option<u64>,
}

impl Site<'_> {
    fn key(&self) -> KeyBound {
        self.position.key(&self.part.name)
    }
}

/// Takes values that do not fit.
#[derive(Debug)]
pub(super) enum Findings {
    /// The first one is the error.
    Refuse,
    /// At most so many are kept; then the search is ended with [`StoreError::Abandoned`].
    Collect {
        /// How many more are wanted.
        wanted: usize,
        /// Those found.
        found: Vec<Misfit>,
    },
}

impl Findings {
    /// Takes one in. An `Ok` means that the search goes on, with the value left out.
    ///
    /// # Errors
    /// The refusal, or the end of the search.
    pub(super) fn misfit(
        &mut self,
        site: Site<'_>,
        column: &str,
        value: &str,
        reason: String,
    ) -> Result<(), StoreError> {
        match self {
            Self::Refuse => {
                let place = match site.line {
                    Some(line) => format!("{} line {line}", site.part.shown()),
                    None => format!("{} row {}", site.part.shown(), site.position.at),
                };
                let value = shorten(value);
                Err(StoreError::Refused(format!("{place}, column `{column}`: `{value}`: {reason}")))
            }
            Self::Collect { wanted, found } => {
                if *wanted > 0 {
                    *wanted -= 1;
                    let (column, value) = (column.to_owned(), shorten(value));
                    found.push(Misfit { key: site.key(), column, value, reason });
                }
                if *wanted == 0 { Err(StoreError::Abandoned) } else { Ok(()) }
            }
        }
    }

    /// What was found, in the order of the rows.
    pub(super) fn take(&mut self) -> Vec<Misfit> {
        match self {
            Self::Refuse => Vec::new(),
            Self::Collect { found, .. } => mem::take(found),
        }
    }
}

fn shorten(value: &str) -> String {
    match value.char_indices().nth(SHOWN) {
        None => value.to_owned(),
        Some(_) => value.chars().take(SHOWN - 1).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_value_is_shortened_by_characters() {
        assert_eq!(shorten(&"é".repeat(80)), "é".repeat(80));
        let short = shorten(&"é".repeat(81));
        assert_eq!(short.chars().count(), 80);
        assert!(short.ends_with("é…"));
    }
}
