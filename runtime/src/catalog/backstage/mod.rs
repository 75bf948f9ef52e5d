//! A live Backstage's catalog, read whole over its HTTP API.
//!
//! Takes the backend's URL and a token, gives the same value as the descriptor files would: what Backstage adds of
//! itself (ids, versions, where it read an entity, the locations it was configured with) is left out. Pages that have
//! not changed since an earlier reading are not sent again. Never writes to Backstage, and never shows the token, or a
//! user, password or query in the URL.

mod client;
mod entity;
mod pages;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use mig_plan::catalog::Entity;
use mig_plan::{Catalog, EntityRef};
use serde_json::Value;

use super::CatalogError;
use client::{Client, Fetched, PATIENCE};
use entity::normalised;
use pages::Kept;
pub use pages::Pages;

/// What was read so far.
type Entities = BTreeMap<EntityRef, Entity>;

/// Entities per request.
const PAGE: usize = 500;

/// How often the whole catalog is read anew when it changes while it is read.
const READINGS: usize = 3;

/// What was read, with the pages as they came.
#[derive(Debug)]
pub struct BackstageReading {
    /// The catalog.
    pub catalog: Catalog,
    /// The pages, for the next reading.
    pub pages: Pages,
    /// How many of the pages had not changed and were not sent again.
    pub unchanged: usize,
}

/// Reads the catalog of the Backstage whose backend is at a URL (`https://backstage.acme.dev`, with or without the
/// `/api/catalog`). Without a token it must be open to all. Pages among `known` that have not changed are not sent again.
/// Broken connections, 429 and 5xx are tried again for some seconds, and so is a catalog that has no entities yet.
///
/// # Errors
/// [`CatalogError::Unavailable`] when it is out of reach, ails, has no entities yet, or does not stand still while it is
/// read; [`CatalogError::Refused`] when the URL is wrong, the token is refused, or the answer is not Backstage's.
pub async fn read_backstage(
    url: &str,
    token: Option<&str>,
    known: &Pages,
) -> Result<BackstageReading, CatalogError> {
    read(&Client::new(url, token, PATIENCE)?, known).await
}

/// Reads all pages. They are no snapshot: when entities came or went in between, their number does not fit what the
/// first page said, and all is read again.
async fn read(client: &Client, known: &Pages) -> Result<BackstageReading, CatalogError> {
    let mut empty = 0;
    let mut unsettled = 0;
    let known = if known.source == client.shown { known } else { &Pages::default() };
    while unsettled < READINGS {
        let (items, total, pages, unchanged) = all(client, known).await?;
        if items.len() != total {
            unsettled += 1;
            continue;
        }
        let mut entities = BTreeMap::new();
        for item in items.into_values() {
            insert(client, &mut entities, item)?;
        }
        if entities.is_empty() {
            empty += 1;
            if client.patience_with(empty).await {
                continue;
            }
            let shown = &client.shown;
            let state = match client.is_ready().await {
                true => "Backstage is ready and has none: it may still be reading them",
                false => "Backstage says that it is not ready yet",
            };
            return Err(CatalogError::Unavailable(format!(
                "the catalog at {shown} has no entities ({state}), or the token may see none; wait a little and try again"
            )));
        }
        complete(client, &mut entities).await?;
        return Ok(BackstageReading { catalog: Catalog::new(entities), pages, unchanged });
    }
    Err(CatalogError::Unavailable(format!(
        "the catalog at {} changed each of {READINGS} times while it was read; try again when it stands still",
        client.shown
    )))
}

/// The entities of all pages by their id (each once, even when it moved from one page to another), how many there should
/// be, the pages, and how many of them had not changed.
async fn all(
    client: &Client,
    known: &Pages,
) -> Result<(BTreeMap<String, Value>, usize, Pages, usize), CatalogError> {
    let mut items = BTreeMap::new();
    let mut pages = Pages { source: client.shown.clone(), ..Pages::default() };
    let mut unchanged = 0;
    let mut cursor = String::new();
    let mut total = None;
    loop {
        let before = known.pages.get(&cursor);
        let kept = match client.page(&cursor, before.map(|kept| kept.etag.as_str())).await? {
            Fetched::Page { page, etag } => Kept { etag: etag.unwrap_or_default(), page },
            Fetched::Unchanged => {
                unchanged += 1;
                before.cloned().ok_or_else(|| client.nonsense("304 to a request without condition"))?
            }
        };
        let total = *total.get_or_insert(kept.page.total_items);
        for (number, item) in kept.page.items.iter().enumerate() {
            let uid = item.pointer("/metadata/uid").and_then(Value::as_str);
            let id = uid.map_or_else(|| format!("{} {number}", pages.pages.len()), str::to_owned);
            items.insert(id, item.clone());
        }
        let next = kept.page.page_info.next_cursor.clone();
        pages.pages.insert(cursor, kept);
        match next {
            None => return Ok((items, total, pages, unchanged)),
            Some(next) if pages.pages.contains_key(&next) => {
                return Err(CatalogError::Refused(format!(
                    "{} gives the same page again and again: something between mig and Backstage keeps answers; \
                     let it pass `/api/catalog` through",
                    client.shown
                )));
            }
            Some(next) => cursor = next,
        }
    }
}

/// Asks for what relations lead to and no page had: it may have come while the pages were read. What Backstage does not
/// have either dangles, and stays as it is for whoever checks.
async fn complete(client: &Client, entities: &mut Entities) -> Result<(), CatalogError> {
    let mut asked: BTreeSet<EntityRef> = BTreeSet::new();
    loop {
        let missing: Vec<EntityRef> = entities
            .values()
            .flat_map(|entity| &entity.relations)
            .map(|relation| &relation.target)
            .filter(|target| !entities.contains_key(*target) && !asked.contains(*target))
            .cloned()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        for some in missing.chunks(PAGE) {
            for item in client.by_refs(some).await? {
                insert(client, entities, item)?;
            }
        }
        asked.extend(missing);
    }
}

fn insert(client: &Client, entities: &mut Entities, item: Value) -> Result<(), CatalogError> {
    let entity = normalised(item).map_err(|what| {
        CatalogError::Refused(format!(
            "{} gave an entity that is none: {what}; is it a Backstage?",
            client.shown
        ))
    })?;
    entities.extend(entity);
    Ok(())
}
