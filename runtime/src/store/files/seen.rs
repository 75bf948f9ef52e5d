//! What the files of tables were when they were divided into chunks.
//!
//! A file that is changed, added or taken away while its table is copied may be copied in part: it is told as soon as
//! a chunk is read after that. What was seen is known as long as the store is open; a run that is begun again divides
//! what is left anew.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use super::layout::{self, Part};
use super::storage::Stamp;
use crate::store::StoreError;

/// Files with what they were, by table.
#[derive(Debug, Default)]
pub(super) struct Seen(Mutex<BTreeMap<Vec<String>, BTreeMap<PathBuf, Stamp>>>);

impl Seen {
    /// Notes what the parts of a table are.
    pub(super) fn note(&self, path: &[String], parts: &[Part]) {
        let parts = parts.iter().map(|part| (part.path.clone(), part.stamp.clone())).collect();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_vec(), parts);
    }

    /// Forgets what a table was: mig itself changes it.
    pub(super) fn forget(&self, path: &[String]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(path);
    }

    /// Refuses parts that are others than they were.
    ///
    /// # Errors
    /// Which part of a table that was noted is another one.
    pub(super) fn check(&self, path: &[String], parts: &[Part]) -> Result<(), StoreError> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(seen) = seen.get(path) else { return Ok(()) };
        let shown = layout::shown(path);
        let refused = |what: String| {
            Err(StoreError::Refused(format!(
                "{what} since the rows of `{shown}` were divided into chunks; let nobody write there, and copy it anew"
            )))
        };
        for part in parts {
            match seen.get(&part.path) {
                Some(stamp) if *stamp == part.stamp => {}
                Some(stamp) if stamp.length != part.stamp.length => {
                    let (now, before) = (part.stamp.length, stamp.length);
                    return refused(format!(
                        "{} has {now} bytes and had {before}: it was changed",
                        part.shown()
                    ));
                }
                Some(_) => return refused(format!("{} was changed", part.shown())),
                None => return refused(format!("{} was added", part.shown())),
            }
        }
        let there = |file: &PathBuf| parts.iter().any(|part| part.path == *file);
        match seen.keys().find(|file| !there(file)) {
            Some(gone) => refused(format!("{} was taken away", gone.display())),
            None => Ok(()),
        }
    }
}
