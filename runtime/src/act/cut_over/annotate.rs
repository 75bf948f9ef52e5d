//! An annotation of an entity in the file catalog is set, and put back to what it was.

use std::path::PathBuf;

use mig_plan::{EntityRef, Event};
use serde::{Deserialize, Serialize};

use super::super::{Act, Failure};
use crate::catalog::{CatalogError, annotation, annotation_image, restore_annotation, set_annotation};

/// What was found, as the journal keeps it.
#[derive(Debug, Serialize, Deserialize)]
struct Before {
    /// The annotation's value.
    value: Option<String>,
    /// The text around it, so that it gets its very bytes back.
    image: String,
}

/// An annotation in the migration's catalog.
#[derive(Clone)]
struct Place {
    folder: PathBuf,
    globs: Vec<String>,
    entity: EntityRef,
    key: String,
}

impl Place {
    fn of(act: &Act, entity: &EntityRef, key: &str) -> Self {
        Self {
            folder: act.world().folder.clone(),
            globs: act.plan().migration.catalog_files.clone(),
            entity: entity.clone(),
            key: key.to_owned(),
        }
    }

    /// Reads or changes files, away from the threads that wait for networks.
    async fn with<T: Send + 'static>(
        &self,
        touch: impl FnOnce(&Self) -> Result<T, CatalogError> + Send + 'static,
    ) -> Result<T, Failure> {
        let place = self.clone();
        let touched = tokio::task::spawn_blocking(move || touch(&place)).await;
        let touched = touched.map_err(|error| Failure::broken(format!("the catalog's files: {error}")))?;
        touched.map_err(|error| match error {
            CatalogError::Unavailable(text) => Failure::unavailable(text),
            CatalogError::Refused(text) => Failure::refused(text),
        })
    }

    async fn value(&self) -> Result<Option<String>, Failure> {
        self.with(|place| annotation(&place.folder, &place.globs, &place.entity, &place.key)).await
    }
}

pub(super) async fn act(act: &Act, entity: &EntityRef, key: &str, value: &str) -> Result<(), Failure> {
    let place = Place::of(act, entity, key);
    if act.record().before.is_none() {
        let value = place.value().await?;
        let image = place.with(|place| annotation_image(&place.folder, &place.globs, &place.entity)).await?;
        let before = serde_json::to_string(&Before { value, image })
            .map_err(|error| Failure::refused(error.to_string()))?;
        let step = act.step().id.clone();
        act.journal(vec![Event::BeforeImage { step, before: Some(before) }]).await?;
    }
    let value = value.to_owned();
    place
        .with(move |place| {
            set_annotation(&place.folder, &place.globs, &place.entity, &place.key, Some(&value))
        })
        .await
}

pub(super) async fn undo(act: &Act, entity: &EntityRef, key: &str, value: &str) -> Result<(), Failure> {
    let Some(before) = act.record().before.flatten() else { return Ok(()) };
    let before: Before = serde_json::from_str(&before)
        .map_err(|error| Failure::refused(format!("what was found before cannot be read: {error}")))?;
    let place = Place::of(act, entity, key);
    let now = place.value().await?;
    if now == before.value {
        return Ok(());
    }
    if now.as_deref() != Some(value) {
        let shown = |value: Option<&str>| value.map_or("none".to_owned(), |value| format!("{value:?}"));
        return Err(Failure::refused(format!(
            "annotation {key} of {entity} was set to {value:?} and is {} now: somebody else changed it; set it to \
             what it was ({}) by hand, and run again",
            shown(now.as_deref()),
            shown(before.value.as_deref()),
        )));
    }
    place
        .with(move |place| {
            restore_annotation(&place.folder, &place.globs, &place.entity, &place.key, &before.image)
        })
        .await
}
