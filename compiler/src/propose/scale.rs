//! How critical the consumers are, when the catalog has a scale that a person would recognise.

use std::collections::{BTreeMap, BTreeSet};

use mig_plan::catalog::Entity;
use mig_plan::json::{Json, Object};
use mig_plan::{Catalog, EntityRef};

use crate::source::{identifier, text};

/// Words in the name of what says how critical something is.
const WORDS: [&str; 5] = ["tier", "critical", "importance", "priority", "severity"];

/// Levels that people use, least critical first. Of those that hold all values the first is taken.
const LADDERS: [&[&str]; 9] = [
    &["low", "medium", "high"],
    &["low", "medium", "high", "critical"],
    &["minor", "major", "critical"],
    &["bronze", "silver", "gold"],
    &["bronze", "silver", "gold", "platinum"],
    &["tier-4", "tier-3", "tier-2", "tier-1", "tier-0"],
    &["tier4", "tier3", "tier2", "tier1", "tier0"],
    &["p4", "p3", "p2", "p1", "p0"],
    &["4", "3", "2", "1", "0"],
];

/// A scale and who stands where on it.
pub(super) struct Scale {
    /// The path to the level, as the source writes it.
    pub(super) path: String,
    /// The levels, as the source writes them, least critical first.
    pub(super) levels: Vec<String>,
    /// The levels that consumers have, as the source writes them, least critical first.
    pub(super) used: Vec<String>,
    /// Whether there are consumers without a level.
    pub(super) unknown: bool,
}

/// The scale that most of these entities have a level of, if one does.
pub(super) fn scale(catalog: &Catalog, consumers: &BTreeSet<&EntityRef>) -> Option<Scale> {
    let mut found: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for entity in consumers.iter().filter_map(|name| catalog.get(name)) {
        for (path, value) in candidates(entity) {
            found.entry(path).or_default().push(value);
        }
    }
    let (path, values, ladder) = found
        .into_iter()
        .filter_map(|(path, values)| {
            let ladder = LADDERS.iter().find(|ladder| values.iter().all(|value| ladder.contains(value)))?;
            Some((path, values, *ladder))
        })
        .max_by_key(|(_, values, _)| values.len())?;
    let used = ladder.iter().filter(|level| values.contains(level)).map(|level| identifier(level)).collect();
    let levels = ladder.iter().map(|level| identifier(level)).collect();
    Some(Scale { path, levels, used, unknown: values.len() < consumers.len() })
}

/// What may say how critical an entity is: the path, as the source writes it, and the value.
fn candidates(entity: &Entity) -> Vec<(String, &str)> {
    let named = |key: &str| {
        let last = key.rsplit('/').next().unwrap_or(key).to_lowercase();
        WORDS.iter().any(|word| last.contains(word))
    };
    let mut candidates = Vec::new();
    for group in ["annotations", "labels"] {
        let Some(map) = entity.metadata.get(group).and_then(Json::as_object) else { continue };
        candidates.extend(
            texts(map)
                .filter(|(key, _)| named(key))
                .map(|(key, value)| (format!("metadata.{group}[{}]", text(key)), value)),
        );
    }
    // Names that are no words cannot follow a dot.
    let plain = |key: &str| identifier(key) == key;
    candidates.extend(
        texts(&entity.spec)
            .filter(|(key, _)| named(key) && plain(key))
            .map(|(key, value)| (format!("spec.{key}"), value)),
    );
    candidates
}

fn texts(map: &Object) -> impl Iterator<Item = (&str, &str)> {
    map.iter().filter_map(|(key, value)| Some((key, value.as_str()?)))
}
