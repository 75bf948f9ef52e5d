//! Where a store's files are: the seam between formats and the local disk or an object storage.
//!
//! Paths are relative to the store's folder, and nothing outside of it is ever named. What is asked here
//! blocks, and is asked where that is allowed. A file is there whole or not at all, in either place.

use std::fmt::Debug;
use std::io::{self, Read, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;

use crate::store::StoreError;

/// What tells a file from itself after it was changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Stamp {
    /// Its length.
    pub(super) length: u64,
    /// When it was last changed, where that is known.
    pub(super) changed: Option<SystemTime>,
    /// The storage's own mark of the content, where it has one.
    pub(super) tag: Option<String>,
}

/// What something in a folder is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A folder.
    Folder,
    /// A file, also one that a link leads to.
    File(Stamp),
    /// Neither: a pipe, a link that leads nowhere.
    Other,
}

/// Something in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its name.
    pub(super) name: String,
    /// What it is.
    pub(super) kind: Kind,
}

/// A store's folder.
pub(super) trait Storage: Debug + Send + Sync {
    /// Refuses what cannot be a store's folder; one that is not there yet can.
    ///
    /// # Errors
    /// Why it cannot, or why it cannot be reached.
    fn check(&self) -> Result<(), StoreError>;

    /// Whether a folder is there; object storages have those that something is in, and the store's own.
    ///
    /// # Errors
    /// When that cannot be found out.
    fn is_folder(&self, folder: &Path) -> io::Result<bool>;

    /// The stamp of a file, `None` when there is none.
    ///
    /// # Errors
    /// When that cannot be found out.
    fn file(&self, path: &Path) -> io::Result<Option<Stamp>>;

    /// What is directly in a folder, sorted by name; nothing when it is not there.
    ///
    /// # Errors
    /// When it cannot be listed.
    fn list(&self, folder: &Path) -> io::Result<Vec<Entry>>;

    /// All files in a folder and in those below it, by their paths from the folder; only into folders of a name that
    /// `into` takes. Nothing when it is not there.
    ///
    /// # Errors
    /// When one cannot be listed.
    fn walk(&self, folder: &Path, into: &dyn Fn(&str) -> bool) -> io::Result<Vec<(String, Stamp)>> {
        let mut found = Vec::new();
        let mut open = vec![String::new()];
        while let Some(inside) = open.pop() {
            for Entry { name, kind } in self.list(&folder.join(&inside))? {
                let path = if inside.is_empty() { name.clone() } else { format!("{inside}/{name}") };
                match kind {
                    Kind::File(stamp) => found.push((path, stamp)),
                    Kind::Folder if into(&name) => open.push(path),
                    Kind::Folder | Kind::Other => {}
                }
            }
        }
        Ok(found)
    }

    /// The content of small files, each `None` when it is not there.
    ///
    /// # Errors
    /// When one cannot be read.
    fn read(&self, paths: &[PathBuf]) -> io::Result<Vec<Option<Vec<u8>>>>;

    /// Opens a file to read any part of it; of another content than the stamp's nothing is given where the storage
    /// can tell.
    ///
    /// # Errors
    /// When it is not there or cannot be read.
    fn open(&self, path: &Path, stamp: &Stamp) -> io::Result<Arc<dyn Source>>;

    /// Writes a small file whole, in place of any that has its name.
    ///
    /// # Errors
    /// When it cannot be written; then what was there is there.
    fn write(&self, path: &Path, content: &[u8]) -> io::Result<()>;

    /// Puts a small file there that says something by being there, unless it is; others may do the same at the same time.
    ///
    /// # Errors
    /// When it cannot be written.
    fn mark(&self, path: &Path, content: &[u8]) -> io::Result<()>;

    /// Begins a file that is there once it is published. Until then it may be in the folder `aside`; what earlier
    /// tries at it have left there is removed.
    ///
    /// # Errors
    /// When it cannot be begun.
    fn begin(&self, path: &Path, aside: &Path) -> io::Result<Box<dyn Pending>>;

    /// Removes what tries at a file have left in the folder `aside`.
    ///
    /// # Errors
    /// When something of it cannot be removed.
    fn clear(&self, path: &Path, aside: &Path) -> io::Result<()>;

    /// Removes files, durably; those that are not there are passed over.
    ///
    /// # Errors
    /// When one cannot be removed.
    fn remove(&self, files: &[PathBuf]) -> io::Result<()>;

    /// Removes a folder with all that is in it, if it is there.
    ///
    /// # Errors
    /// When something of it cannot be removed.
    fn remove_all(&self, folder: &Path) -> io::Result<()>;

    /// Removes a folder, if it is there and nothing is in it.
    ///
    /// # Errors
    /// When it cannot be removed.
    fn remove_empty(&self, folder: &Path) -> io::Result<()>;
}

/// A file that is being written and has its name not yet. One that is dropped leaves nothing.
pub(super) trait Pending: Write + Send {
    /// Takes in that all is written; gives the length.
    ///
    /// # Errors
    /// When it cannot be kept.
    fn seal(&mut self) -> io::Result<u64>;

    /// Gives the file its name, durably.
    ///
    /// # Errors
    /// When it cannot; then it may be there or not.
    fn publish(self: Box<Self>) -> io::Result<()>;
}

/// A file that is open for reading.
pub(super) trait Source: Send + Sync {
    /// Its length.
    fn length(&self) -> u64;

    /// Some of its bytes.
    ///
    /// # Errors
    /// When they are not there or cannot be read.
    fn bytes(&self, from: u64, length: usize) -> io::Result<Bytes>;

    /// Its bytes from one on to the end; one reader at a time is read from.
    ///
    /// # Errors
    /// When it cannot be read.
    fn reader(&self, from: u64) -> io::Result<Box<dyn Read + Send>>;

    /// Takes in that these ranges are about to be read, so that what is far away can be brought at once.
    ///
    /// # Errors
    /// When they cannot be read.
    fn expect(&self, ranges: &[Range<u64>]) -> io::Result<()>;
}
