//! A table of files that is about to be dropped. Files have no locks: what the table was made of when it was first
//! looked at is what it must be made of when it is dropped, file by file with length, time of change and the
//! storage's own mark.

use std::path::PathBuf;

use async_trait::async_trait;

use super::layout::{self, OWN, Part, Place};
use super::storage::Stamp;
use super::{FileStore, failure};
use crate::store::{Dependent, Hold, StoreError};

/// Begins to hold a table.
pub(super) fn hold(store: &FileStore, path: Vec<String>) -> Result<Option<Box<dyn Hold>>, StoreError> {
    let place = layout::find(&store.storage, &path, &store.format)?;
    if matches!(place, Place::Missing) {
        return Ok(None);
    }
    let files = stamps(place.parts());
    Ok(Some(Box::new(Held { store: store.clone(), path, files })))
}

fn stamps(parts: &[Part]) -> Vec<(PathBuf, Stamp)> {
    parts.iter().map(|part| (part.path.clone(), part.stamp.clone())).collect()
}

struct Held {
    store: FileStore,
    path: Vec<String>,
    files: Vec<(PathBuf, Stamp)>,
}

impl Held {
    /// Where the table is, if it is still what it was when it was first looked at.
    fn unchanged(&self) -> Result<Place, StoreError> {
        let shown = layout::shown(&self.path);
        let place = layout::find(&self.store.storage, &self.path, &self.store.format)?;
        if stamps(place.parts()) != self.files {
            return Err(StoreError::Refused(format!(
                "the files of `{shown}` were changed while they were compared, and nothing was removed; stop whoever \
                 writes there, and run the same command again"
            )));
        }
        Ok(place)
    }

    fn remove(&self) -> Result<(), StoreError> {
        let shown = layout::shown(&self.path);
        let place = self.unchanged()?;
        let failed = |error: std::io::Error| failure::io(&error, &format!("removing the files of {shown}"));
        let storage = &self.store.storage;
        let files: Vec<_> = self.files.iter().map(|(file, _)| file.clone()).collect();
        storage.remove(&files).map_err(failed)?;
        match &place {
            Place::Folder { folder, .. } => {
                // The schema is a table that mig made before; other files in the folder are nobody's business here.
                storage.remove_all(&folder.join(OWN)).map_err(failed)?;
                let names = place.parts().iter().map(|part| part.name.as_str());
                layout::remove_emptied(&**storage, folder, names).map_err(failed)?;
                storage.remove_empty(folder).map_err(failed)
            }
            Place::File(_) | Place::Files(_) | Place::Missing => Ok(()),
        }
    }
}

#[async_trait]
impl Hold for Held {
    async fn dependents(&mut self) -> Result<Vec<Dependent>, StoreError> {
        Ok(Vec::new())
    }

    async fn drop_table(self: Box<Self>) -> Result<Box<dyn Hold>, StoreError> {
        let store = self.store.clone();
        let held = store.blocking(move |_| self.unchanged().map(|_| self)).await?;
        Ok(held)
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let store = self.store.clone();
        store.blocking(move |_| self.remove()).await
    }
}
