//! Readers of files that can only be read from their beginning, kept where they stopped.
//!
//! A packed file, or one in another encoding, has no place that could be gone to. Its chunks are read one after the
//! other, by several readers at once; whoever begins a chunk takes the reader that stopped nearest before it, so that
//! a file is unpacked about as often as it has readers, and not once for each chunk.

use std::io::{BufReader, Read};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use super::layout::Part;
use super::storage::Stamp;

/// Readers that are kept, at the most.
const KEPT: usize = 8;

/// A reader of a file's text, in UTF-8.
pub(super) type TextReader = BufReader<Box<dyn Read + Send>>;

/// A reader that stopped behind a record.
pub(super) struct Stopped {
    /// What it reads.
    path: PathBuf,
    stamp: Stamp,
    /// Where it is.
    pub(super) at: u64,
    /// The reader.
    pub(super) reader: TextReader,
}

/// Readers that are kept.
#[derive(Default)]
pub(super) struct Readers(Mutex<Vec<Stopped>>);

impl Readers {
    /// Takes the reader of a file that stopped nearest before a place, or at it.
    pub(super) fn take(&self, part: &Part, up_to: u64) -> Option<Stopped> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |one: &Stopped| one.path == part.path && one.stamp == part.stamp && one.at <= up_to;
        let (place, _) =
            kept.iter().enumerate().filter(|(_, one)| fits(one)).max_by_key(|(_, one)| one.at)?;
        Some(kept.remove(place))
    }

    /// Keeps a reader where it stopped; the one that was kept longest goes when there are too many.
    pub(super) fn keep(&self, part: &Part, at: u64, reader: TextReader) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT {
            kept.remove(0);
        }
        kept.push(Stopped { path: part.path.clone(), stamp: part.stamp.clone(), at, reader });
    }
}

/// What is kept is nobody's business.
impl std::fmt::Debug for Readers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Readers")
    }
}
