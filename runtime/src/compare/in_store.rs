//! Checksums that stores make of a chunk themselves. They are cheaper than reading it, and where they differ it is read as
//! well: a table of which every chunk has a row that differs is read without asking further.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::store::Table;

/// So many more chunks that differ than ones that do not, and no more are asked for.
const IN_VAIN: u32 = 4;

/// What both stores are asked, and whether it still helps.
pub(super) struct InStore {
    /// The old table, with the columns that are compared.
    pub(super) old: Table,
    /// The new one, with the same columns.
    pub(super) new: Table,
    /// Chunks that differed, less those that did not, and never less than none.
    in_vain: AtomicU32,
}

impl InStore {
    pub(super) fn new(old: Table, new: Table) -> Self {
        Self { old, new, in_vain: AtomicU32::new(0) }
    }

    /// Whether to ask of another chunk.
    pub(super) fn helps(&self) -> bool {
        self.in_vain.load(Ordering::Relaxed) < IN_VAIN
    }

    /// Remembers what came of asking.
    pub(super) fn remember(&self, equal: bool) {
        self.in_vain.update(Ordering::Relaxed, Ordering::Relaxed, |in_vain| {
            if equal { in_vain.saturating_sub(1) } else { in_vain.saturating_add(1) }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(answers: &[bool]) -> bool {
        let table = || Table { path: Vec::new(), fields: Vec::new(), key: Vec::new() };
        let asked = InStore::new(table(), table());
        answers.iter().for_each(|equal| asked.remember(*equal));
        asked.helps()
    }

    #[test]
    fn stores_are_asked_until_chunks_that_differ_outnumber_the_others() {
        assert!(after(&[]));
        assert!(after(&[true, true, true, false, false, false]));
        assert!(!after(&[true, true, true, false, false, false, false, false, false, false]));
        assert!(!after(&[false, false, true, false, false, false]));
        assert!(after(&[false, true, false, true, false, true, false, true, false]));
    }
}
