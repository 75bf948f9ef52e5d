//! A table of files that is about to be dropped. Files have no locks: what the table was made of when it was first
//! looked at is what it must be made of when it is dropped, file by file with length and time of change.

use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use async_trait::async_trait;

use super::layout::{self, OWN, Part, Place};
use super::{FileStore, durable, failure};
use crate::store::{Dependent, Hold, StoreError};

/// Begins to hold a table.
pub(super) fn hold(store: &FileStore, path: Vec<String>) -> Result<Option<Box<dyn Hold>>, StoreError> {
    let place = layout::find(&store.root, &path, store.format.extension())?;
    if place == Place::Missing {
        return Ok(None);
    }
    let files = stamps(place.parts())?;
    Ok(Some(Box::new(Held { store: store.clone(), path, files })))
}

/// A file with its length and when it was last changed.
type Stamp = (PathBuf, u64, Option<SystemTime>);

fn stamps(parts: &[Part]) -> Result<Vec<Stamp>, StoreError> {
    let stamp = |part: &Part| {
        let metadata = fs::metadata(&part.path)
            .map_err(|error| failure::io(&error, &format!("looking at {}", part.shown())))?;
        Ok((part.path.clone(), metadata.len(), metadata.modified().ok()))
    };
    parts.iter().map(stamp).collect()
}

struct Held {
    store: FileStore,
    path: Vec<String>,
    files: Vec<Stamp>,
}

impl Held {
    /// Where the table is, if it is still what it was when it was first looked at.
    fn unchanged(&self) -> Result<Place, StoreError> {
        let shown = layout::shown(&self.path);
        let place = layout::find(&self.store.root, &self.path, self.store.format.extension())?;
        if stamps(place.parts())? != self.files {
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
        for (file, _, _) in &self.files {
            durable::remove_if_there(file).map_err(failed)?;
        }
        match &place {
            Place::Folder { folder, .. } => {
                durable::sync_folder(Some(folder)).map_err(failed)?;
                // The schema is a table that mig made before; other files in the folder are nobody's business here.
                match fs::remove_dir_all(folder.join(OWN)) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
                    Ok(()) | Err(_) => {}
                }
                durable::remove_empty(folder).map_err(failed)
            }
            Place::File(part) => durable::sync_folder(part.path.parent()).map_err(failed),
            Place::Missing => Ok(()),
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
