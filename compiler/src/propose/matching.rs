//! Which entity of the catalog is which table of the old store, and where its rows go.

use std::collections::{BTreeMap, BTreeSet};

use mig_plan::catalog::Entity;
use mig_plan::{Catalog, EntityRef, StoreKind};

use super::{Request, StoreAt};
use crate::check::holds;
use crate::hir::Predicate;
use crate::source::text;
use crate::{World, fragment};

/// An entity and its tables.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    /// The old entity.
    pub(super) entity: EntityRef,
    /// The new entity, where it is another.
    pub(super) new_entity: Option<EntityRef>,
    /// The old table.
    pub(super) old_path: Vec<String>,
    /// The new table, which need not be there.
    pub(super) new_path: Vec<String>,
    /// Whether a family would find the table too: by the annotation, or by the entity's name.
    pub(super) by_rule: bool,
    /// What was guessed, as a sentence.
    pub(super) guess: Option<String>,
}

/// What was matched, and what was not.
pub(super) struct Matched {
    pub(super) pairs: Vec<Pair>,
    /// Every table of the old store, for messages.
    pub(super) tables: Vec<String>,
    /// The tables that no entity claims.
    pub(super) unclaimed: Vec<String>,
    /// Tables that several entities claim, a sentence each.
    pub(super) ambiguous: Vec<String>,
}

/// How sure it is that an entity is a table, surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sureness {
    Annotated,
    Named,
    Alike,
    Versioned,
}

/// Pairs the selected entities with the tables of the old store.
pub(super) fn pairs(request: &Request, world: &World, predicate: &Predicate) -> Matched {
    let tables = tables(world, &request.old);
    let mut by_key: BTreeMap<String, Vec<&[String]>> = BTreeMap::new();
    for path in &tables {
        by_key.entry(squashed(table(path))).or_default().push(path);
    }
    let mut claims: BTreeMap<&[String], Vec<(Sureness, &EntityRef)>> = BTreeMap::new();
    let mut ambiguous = Vec::new();
    for (name, entity) in world.catalog.iter().filter(|(_, entity)| holds(predicate, entity, None)) {
        let Some((sureness, found)) = claim(name, entity, &by_key) else { continue };
        match found.as_slice() {
            [one] => claims.entry(one).or_default().push((sureness, name)),
            several => {
                let paths: Vec<String> = several.iter().map(|path| format!("`{}`", path.join("."))).collect();
                ambiguous.push(format!("{} may be {}.", name.source_form(), paths.join(" or ")));
            }
        }
    }
    let mut pairs = Vec::new();
    for path in &tables {
        let Some(claimed) = claims.get_mut(path.as_slice()) else { continue };
        claimed.sort();
        let Some((sureness, entity)) = claimed.first().copied() else { continue };
        let rivals: Vec<&EntityRef> =
            claimed.iter().skip(1).filter(|(other, _)| *other == sureness).map(|(_, rival)| *rival).collect();
        let (entity, successor) = match version(entity.name()) {
            Some(_) if sureness == Sureness::Versioned => {
                let mut versions: Vec<&EntityRef> =
                    std::iter::once(entity).chain(rivals.iter().copied()).collect();
                versions.sort_by_key(|entity| version(entity.name()).map(|(_, number)| number));
                let mut versions = versions.into_iter();
                let Some(first) = versions.next() else { continue };
                (first, versions.next())
            }
            _ if !rivals.is_empty() => {
                let names: Vec<String> =
                    std::iter::once(entity).chain(rivals).map(EntityRef::source_form).collect();
                ambiguous.push(format!("`{}` may be {}.", path.join("."), names.join(" or ")));
                continue;
            }
            _ => (entity, successor(entity, world.catalog, predicate, &by_key)),
        };
        let guess = (sureness >= Sureness::Alike).then(|| {
            format!("`{}` is taken for the table `{}` by its name.", entity.source_form(), path.join("."))
        });
        pairs.push(Pair {
            entity: entity.clone(),
            new_entity: successor.cloned(),
            new_path: new_path(path, successor.and_then(|name| world.catalog.get(name)), request, world),
            old_path: path.clone(),
            by_rule: sureness <= Sureness::Named,
            guess,
        });
    }
    let claimed: BTreeSet<&[String]> = claims.keys().copied().collect();
    let unclaimed =
        tables.iter().filter(|path| !claimed.contains(path.as_slice()) && !is_view(world, request, path));
    let unclaimed = unclaimed.map(|path| path.join(".")).collect();
    Matched { pairs, unclaimed, ambiguous, tables: tables.iter().map(|path| path.join(".")).collect() }
}

fn is_view(world: &World, request: &Request, path: &[String]) -> bool {
    let store = world.schemas.stores.get(&request.old.name);
    store.and_then(|store| store.tables.get(path)).is_some_and(|table| table.is_view)
}

/// The paths of a store's tables, those of one schema when it is named.
fn tables(world: &World, store: &StoreAt) -> Vec<Vec<String>> {
    let found = world.schemas.stores.get(&store.name);
    found
        .into_iter()
        .flat_map(|found| found.tables.keys())
        .filter(|path| match (&store.schema, path.as_slice()) {
            (Some(wanted), [schema, _]) => wanted == schema,
            (Some(_), _) => false,
            (None, _) => true,
        })
        .cloned()
        .collect()
}

fn table(path: &[String]) -> &str {
    path.last().map_or("", String::as_str)
}

/// The tables that an entity may be.
fn claim<'t>(
    name: &EntityRef,
    entity: &Entity,
    by_key: &BTreeMap<String, Vec<&'t [String]>>,
) -> Option<(Sureness, Vec<&'t [String]>)> {
    let at = |text: &str| by_key.get(&squashed(text)).filter(|found| !found.is_empty()).cloned();
    let same =
        |text: &str, found: &[&[String]]| found.iter().all(|path| table(path).eq_ignore_ascii_case(text));
    if let Some(annotated) = annotation(entity) {
        // The annotation is the last word: a table that is not there is elsewhere.
        return at(annotated)
            .filter(|found| same(annotated, found))
            .map(|found| (Sureness::Annotated, found));
    }
    if let Some(found) = at(name.name()) {
        let named = same(&name.name().replace('-', "_"), &found);
        return Some((if named { Sureness::Named } else { Sureness::Alike }, found));
    }
    let stem = version(name.name()).map_or(name.name(), |(stem, _)| stem);
    if stem != name.name()
        && let Some(found) = at(stem)
    {
        return Some((Sureness::Versioned, found));
    }
    let other = match stem.strip_suffix('s') {
        Some(single) => single.to_owned(),
        None => format!("{stem}s"),
    };
    at(&other).map(|found| (if stem == name.name() { Sureness::Alike } else { Sureness::Versioned }, found))
}

fn annotation(entity: &Entity) -> Option<&str> {
    entity.metadata.get("annotations")?.as_object()?.get(crate::check::TABLE)?.as_str()
}

/// The entity that the next version of a dataset is: `orders-v2` of `orders-v1`, when it is no table itself.
fn successor<'w>(
    entity: &EntityRef,
    catalog: &'w Catalog,
    predicate: &Predicate,
    by_key: &BTreeMap<String, Vec<&[String]>>,
) -> Option<&'w EntityRef> {
    let (stem, number) = version(entity.name())?;
    let next =
        EntityRef::new(entity.kind(), entity.namespace(), &format!("{stem}-v{}", number.checked_add(1)?));
    let next = catalog.find(&next)?;
    let elsewhere = match annotation(next.entity) {
        Some(annotated) => !by_key.contains_key(&squashed(annotated)),
        None => true,
    };
    (elsewhere && holds(predicate, next.entity, None)).then_some(next.name)
}

/// A name's stem and version: `orders` and 2 of `orders-v2`.
pub(super) fn version(name: &str) -> Option<(&str, u32)> {
    let (stem, version) = name.rsplit_once(['-', '_', '.'])?;
    let number = version.strip_prefix(['v', 'V'])?.parse().ok()?;
    (!stem.is_empty()).then_some((stem, number))
}

/// A name without its case and its marks: `order_lines`, `OrderLines` and `order-lines` are one.
pub(super) fn squashed(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Where the rows go: the new store's table of that name where it has one, else one of the old name.
fn new_path(old: &[String], successor: Option<&Entity>, request: &Request, world: &World) -> Vec<String> {
    let name = successor.and_then(annotation).unwrap_or_else(|| table(old));
    let there = tables(world, &request.new);
    let mut alike = there.iter().filter(|path| squashed(table(path)) == squashed(name));
    if let (Some(one), None) = (alike.next(), alike.next()) {
        return one.clone();
    }
    let schema = match (&request.new.schema, request.new.kind, old) {
        (Some(schema), _, _) => Some(schema.clone()),
        (None, StoreKind::Sqlite | StoreKind::Mysql, _) => None,
        (None, _, [schema, _]) => Some(schema.clone()),
        (None, StoreKind::Postgres, _) => Some("public".to_owned()),
        (None, StoreKind::Parquet | StoreKind::Csv | StoreKind::Jsonl | StoreKind::Arrow, _) => None,
    };
    schema.into_iter().chain([name.to_owned()]).collect()
}

/// Predicates that a person would write for these entities, plainest first.
pub(super) fn selections(base: &str, wanted: &BTreeSet<&EntityRef>, catalog: &Catalog) -> Vec<String> {
    let found: Vec<&Entity> = wanted.iter().filter_map(|entity| catalog.get(entity)).collect();
    let Some(first) = found.first() else { return Vec::new() };
    let tags = |entity: &Entity| -> BTreeSet<String> {
        let tags = entity.metadata.get("tags").and_then(|tags| tags.as_list());
        tags.into_iter().flatten().filter_map(|tag| tag.as_str().map(str::to_owned)).collect()
    };
    let shared = found.iter().skip(1).fold(tags(first), |shared, entity| &shared & &tags(entity));
    // What binds looser than `and` must not take the rest with it.
    let grouped = if base.contains(" or ") { format!("({base})") } else { base.to_owned() };
    let mut selections = vec![base.to_owned()];
    selections.extend(shared.iter().map(|tag| format!("{grouped} and {} in metadata.tags", text(tag))));
    let system =
        |entity: &Entity| entity.spec.get("system").and_then(|system| system.as_str()).map(str::to_owned);
    if let Some(shared) =
        system(first).filter(|shared| found.iter().all(|entity| system(entity).as_ref() == Some(shared)))
    {
        selections.push(format!("{grouped} and spec.system == {}", text(&shared)));
    }
    let names: Vec<String> = found
        .iter()
        .filter_map(|entity| entity.metadata.get("name").and_then(|name| name.as_str()).map(text))
        .collect();
    selections.push(format!("{grouped} and metadata.name in [{}]", names.join(", ")));
    selections
}

/// The entities that a predicate selects, but for those that are taken.
pub(super) fn selects<'w>(
    select: &str,
    catalog: &'w Catalog,
    taken: &BTreeSet<&EntityRef>,
) -> Option<BTreeSet<&'w EntityRef>> {
    let predicate = fragment::predicate(select).ok()?;
    let selected =
        catalog.iter().filter(|(name, entity)| !taken.contains(*name) && holds(&predicate, entity, None));
    Some(selected.map(|(name, _)| name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_case_and_marks() {
        assert_eq!(squashed("OrderLines"), squashed("order-lines"));
        assert_eq!(version("orders-v2"), Some(("orders", 2)));
        assert_eq!([version("orders"), version("v2"), version("orders-vx")], [None, None, None]);
    }
}
