//! What the catalog has: entities by kind, members of families, paths into entities.

use std::collections::BTreeSet;

use mig_lang::ast::Keyword;
use mig_lang::words;
use mig_plan::EntityRef;
use mig_plan::catalog::Entity;
use mig_plan::json::Json;

use super::candidates::{named, plain};
use super::context::Place;
use super::{Candidate, CandidateKind};
use crate::snapshot::Folder;

/// The most entities that are offered at once; what is typed narrows them.
pub(super) const MOST_ENTITIES: usize = 200;

/// The members of a family: the entities that it selects, of those whose names hold what has been typed.
pub(super) fn members(folder: &Folder, family: &str, typed: &str) -> Vec<Candidate> {
    let Some(expansion) = folder.expansion() else { return Vec::new() };
    let typed = typed.to_lowercase();
    let entity = |name: &str| {
        let dataset = expansion.datasets.get(name).and_then(|dataset| dataset.entity.as_ref());
        dataset.or_else(|| expansion.consumers.get(name)?.entity.as_ref())
    };
    expansion
        .of_item(family)
        .filter_map(|name| Some((name.strip_prefix(family)?.strip_prefix('.')?, name)))
        .filter(|(member, _)| member.contains(&typed))
        .take(MOST_ENTITIES)
        .map(|(member, name)| {
            let form = entity(name).map_or(String::new(), EntityRef::source_form);
            named(member, CandidateKind::Entity, &form, "")
        })
        .collect()
}

/// Paths into entities: what entities of the catalog really have.
pub(super) fn predicate(folder: &Folder, path: &[&str]) -> Vec<Candidate> {
    let mut all = Vec::new();
    if path.is_empty() {
        for (word, doc) in [
            ("kind", "The entity's kind, as written in its descriptor."),
            ("metadata", "What the descriptor has under `metadata`."),
            ("spec", "What the descriptor has under `spec`."),
        ] {
            all.push(Candidate { group: 0, ..plain(word, CandidateKind::Value, "", doc) });
        }
        let scale = folder.program().migration.as_ref().and_then(|migration| migration.scale.as_ref());
        if let Some(scale) = scale {
            all.push(Candidate {
                group: 0,
                ..plain(
                    "criticality",
                    CandidateKind::Value,
                    &scale.source,
                    "How critical the entity is, on the migration's scale.",
                )
            });
            all.extend(
                scale
                    .levels
                    .iter()
                    .map(|level| named(level, CandidateKind::Value, "a level of criticality", "")),
            );
        }
        all.extend(
            ["and", "or", "not", "in"]
                .map(|word| Candidate { group: 3, ..plain(word, CandidateKind::Keyword, "", "") }),
        );
        return all;
    }
    let Some(catalog) = folder.catalog() else { return all };
    let mut keys: BTreeSet<&str> = BTreeSet::new();
    for entity in catalog.entities() {
        let mut object = match path.first() {
            Some(&"metadata") => Some(&entity.metadata),
            Some(&"spec") => Some(&entity.spec),
            Some(_) | None => None,
        };
        for part in path.iter().skip(1) {
            object = object.and_then(|object| object.get(part)).and_then(Json::as_object);
        }
        keys.extend(object.into_iter().flat_map(|object| object.names()));
    }
    all.extend(
        keys.into_iter()
            .filter(|key| !words::needs_backticks(key))
            .map(|key| plain(key, CandidateKind::Value, "", "")),
    );
    all
}

/// The kinds of entities that fit a place, by what is asked for there.
pub(super) fn wanted_kinds(place: &Place<'_>) -> &'static [&'static str] {
    match place.item {
        Some((Keyword::Migration | Keyword::Approval, _)) => &["group", "user"],
        Some((Keyword::Consumer, _)) => &["component"],
        Some((Keyword::Dataset, _)) => &["resource", "api"],
        Some((
            Keyword::Store
            | Keyword::Datasets
            | Keyword::Consumers
            | Keyword::Validation
            | Keyword::Metric
            | Keyword::Rollback
            | Keyword::Wave,
            _,
        ))
        | None => &[],
    }
}

/// Entities whose reference holds what has been typed; those of a fitting kind first.
pub(super) fn entities(folder: &Folder, typed: &str, kinds: &[&str]) -> Vec<Candidate> {
    let Some(catalog) = folder.catalog() else { return Vec::new() };
    let typed = typed.to_lowercase();
    let parts: Vec<&str> = typed.split([':', '/']).collect();
    // Nothing is made of an entity that is not offered: there are very many.
    let fits = |entity: &EntityRef| {
        let has = |part: &&str| {
            [entity.kind(), entity.namespace(), entity.name()].iter().any(|own| own.contains(part))
        };
        parts.iter().all(has)
    };
    let preferred = |entity: &EntityRef| kinds.is_empty() || kinds.contains(&entity.kind());
    let mut all: Vec<Candidate> = Vec::new();
    for wanted in [true, false] {
        let fitting = catalog.iter().filter(|(name, _)| preferred(name) == wanted && fits(name));
        let missing = MOST_ENTITIES - all.len();
        all.extend(fitting.take(missing).map(|(name, entity)| {
            let owner = entity
                .related("ownedBy")
                .next()
                .map_or(String::new(), |owner| format!("owned by {}", owner.source_form()));
            Candidate {
                group: if wanted { 0 } else { 1 },
                ..plain(&name.source_form(), CandidateKind::Entity, &owner, description(entity))
            }
        }));
    }
    all
}

fn description(entity: &Entity) -> &str {
    entity.metadata.get("description").and_then(Json::as_str).unwrap_or_default()
}
