//! What snapshots and the world say differently, told where the source names what it is about. Pure.
//!
//! A change of what the plan is made from is an error: what was reviewed is no longer what is there. What a run makes and
//! undoes itself, new tables and views, and what no dataset concerns, is a warning.

use std::collections::{BTreeMap, BTreeSet};

use mig_compiler::hir::{CatalogKind, Program};
use mig_compiler::{Concerned, Wanted, concerned};
use mig_lang::{Diagnostic, Severity, Span};
use mig_plan::catalog::Entity;
use mig_plan::schema::StoreSchema;
use mig_plan::{Asked, Catalog, CatalogLock, Schemas, SchemasLock, StoreLock, TableRef, TableSchema};

use super::Reading;
use super::lock::{CATALOG, Locks, SCHEMAS};
use crate::render::words::counted_len;

/// How many changes of one table, and how many entities, are told one by one.
const TOLD: usize = 12;

/// A world: as a snapshot has it, or as it is now.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) schemas: &'a Schemas,
}

/// Whether the snapshot has this store, configured as the source says now.
pub(super) fn is_current(wanted: &Wanted, lock: &SchemasLock, name: &str) -> bool {
    let (wanted, lock) = (wanted.stores.get(name), lock.stores.get(name));
    wanted.zip(lock).is_some_and(|(wanted, lock)| lock.is_of(&wanted.config))
}

/// Whether the catalog is read from files, which need no snapshot.
pub(super) fn has_file_catalog(wanted: &Wanted) -> bool {
    wanted.catalog.as_ref().is_some_and(|source| matches!(source.kind, CatalogKind::Files { .. }))
}

/// What the sources name and the snapshots do not know: they were pulled for other sources.
pub(super) fn outdated(wanted: &Wanted, locks: &Locks) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    if let (Some(source), Some(lock)) = (&wanted.catalog, &locks.catalog)
        && let CatalogKind::Backstage { url, .. } = &source.kind
        && lock.source != CatalogLock::source_of(url)
    {
        let message = format!("`{CATALOG}` is of another catalog: {}", lock.source);
        out.push(pull_again("outdated-snapshot", source.span, message, "mig catalog pull"));
    }
    let Some(lock) = &locks.schemas else { return out };
    let mut outdated = |span, message| {
        out.push(pull_again("outdated-snapshot", span, message, "mig schema pull"));
    };
    for (name, store) in &wanted.stores {
        if store.asked.is_empty() {
            continue;
        }
        let Some(locked) = lock.stores.get(name) else {
            outdated(store.span, format!("`{SCHEMAS}` has nothing of the store `{name}`"));
            continue;
        };
        if !locked.is_at(&store.config) {
            let (kind, location) = (locked.kind, &locked.location);
            outdated(store.span, format!("`{SCHEMAS}` has another `{name}`: {kind} at {location}"));
            continue;
        }
        let other = locked.other_dialect(&store.config);
        if !other.is_empty() {
            let other = other.join(", ");
            outdated(
                store.span,
                format!("`{SCHEMAS}` was pulled when `{name}` was read in another way: {other}"),
            );
            continue;
        }
        let mut told = BTreeSet::new();
        for asked in store.asked.iter().filter(|asked| !locked.knows(&asked.value)) {
            if told.insert(&asked.value) {
                let place = shown(name, &asked.value);
                outdated(asked.span, format!("`{SCHEMAS}` was pulled before `{place}` was named"));
            }
        }
    }
    out
}

/// One mistake is one diagnostic. What a snapshot does not know is not missing in its store too; and what is missing in the
/// store is not unknown to the snapshot besides.
pub(super) fn without_echoes(reading: Reading, found: &mut Vec<Diagnostic>, outdated: &mut Vec<Diagnostic>) {
    let (echo, voice) = match reading {
        Reading::Snapshots => (found, &*outdated),
        Reading::Live => (outdated, &*found),
    };
    let is_missing =
        |one: &Diagnostic| matches!(one.code, "unknown-table" | "no-table-for-entity" | "outdated-snapshot");
    let spans: BTreeSet<Span> = voice.iter().filter(|one| is_missing(one)).map(Diagnostic::span).collect();
    echo.retain(|one| !(is_missing(one) && spans.contains(&one.span())));
}

/// What is different now.
pub(super) fn drift(
    program: &Program,
    wanted: &Wanted,
    locks: &Locks,
    before: Side,
    after: Side,
) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    if before.catalog == after.catalog && before.schemas == after.schemas {
        return out;
    }
    let of = |side: Side| {
        concerned(program, &mig_compiler::World { catalog: side.catalog, schemas: side.schemas })
    };
    let (was, is) = (of(before), of(after));
    if let Some(source) = wanted.catalog.as_ref().filter(|_| locks.catalog_of(wanted).is_some()) {
        out.extend(catalog_drift(source.span, (before.catalog, after.catalog), (&was, &is)));
    }
    if let Some(lock) = &locks.schemas {
        schema_drift(wanted, lock, after.schemas, (&was, &is), &mut out);
    }
    out
}

fn pull_again(code: &'static str, span: Span, message: String, command: &str) -> Diagnostic {
    Diagnostic::error(code, span, message)
        .help(format!("Run `{command}` and review what differs in the file."))
}

fn shown(store: &str, asked: &Asked) -> String {
    match asked {
        Asked::Table(path) => TableRef { store: store.to_owned(), path: path.clone() }.to_string(),
        Asked::TablesOf(prefix) if prefix.is_empty() => format!("{store}.*"),
        Asked::TablesOf(prefix) => {
            format!("{}.*", TableRef { store: store.to_owned(), path: prefix.clone() })
        }
    }
}

fn schema_drift(
    wanted: &Wanted,
    lock: &SchemasLock,
    now: &Schemas,
    (was, is): (&Concerned, &Concerned),
    out: &mut Vec<Diagnostic>,
) {
    for (name, locked) in &lock.stores {
        let (Some(store), Some(live)) = (wanted.stores.get(name), now.stores.get(name)) else { continue };
        if !locked.is_of(&store.config) {
            continue;
        }
        if let Some(found) = emptied(name, store.span, locked, live, was) {
            out.push(found);
            continue;
        }
        let paths: BTreeSet<&Vec<String>> = locked.schema.tables.keys().chain(live.tables.keys()).collect();
        for path in paths {
            let covered = locked.asked.iter().any(|asked| asked.covers(path));
            let named = store.asked.iter().find(|asked| asked.value.covers(path));
            let (Some(named), true) = (named, covered) else { continue };
            let (before, after) = (locked.schema.tables.get(path), live.tables.get(path));
            if before == after {
                continue;
            }
            let table = TableRef { store: name.clone(), path: path.clone() };
            let old = was.old.get(&table).or_else(|| is.old.get(&table));
            let new = was.new.get(&table).or_else(|| is.new.get(&table));
            let span = old.or(new).map_or(named.span, |named| named.span);
            // A run makes new tables and views itself, and its undo drops them.
            let stops = old.is_some() || (new.is_some() && before.is_some() && after.is_some());
            for (column, change) in changes(before, after) {
                let message = format!("`{table}` is not as in `{SCHEMAS}`: {change}");
                let mut found = pull_again("schema-drift", span, message, "mig schema pull");
                if !stops {
                    found.severity = Severity::Warning;
                }
                let used = old.zip(column).and_then(|(old, column)| old.columns.get(&column));
                if let Some(used) = used {
                    found = found.label(*used, "the column is used here");
                }
                out.push(found);
            }
        }
    }
}

/// The error for an old store that has none of its tables left: it is another one, and no table was dropped.
fn emptied(
    name: &str,
    span: Span,
    locked: &StoreLock,
    live: &StoreSchema,
    was: &Concerned,
) -> Option<Diagnostic> {
    let count = locked.schema.tables.len();
    let is_old = was.old.keys().any(|table| table.store == name);
    if !live.tables.is_empty() || count == 0 || !is_old {
        return None;
    }
    let tables = counted_len(count, "table");
    let message = format!("`{name}` is empty, and `{SCHEMAS}` has {tables} of it");
    Some(Diagnostic::error("schema-drift", span, message).here("is it where this says?").help(
        "Correct its place: a database file or a folder that is not there is taken for a new one. Only where the tables are gone indeed, run `mig schema pull`.",
    ))
}

/// The changes of a table, each with the column that it is about.
fn changes(before: Option<&TableSchema>, after: Option<&TableSchema>) -> Vec<(Option<String>, String)> {
    let (before, after) = match (before, after) {
        (Some(before), Some(after)) => (before, after),
        (Some(_), None) => return vec![(None, "it is gone".to_owned())],
        (None, Some(_)) => return vec![(None, "it is there now".to_owned())],
        (None, None) => return Vec::new(),
    };
    let all = before.changes(after).into_iter().chain(before.finer_changes(after));
    let mut told: Vec<_> = all.map(|change| (change.column.clone(), change.to_string())).collect();
    let more = told.len().saturating_sub(TOLD);
    if more > 0 {
        told.truncate(TOLD);
        told.push((None, format!("and {more} more changes")));
    }
    told
}

fn catalog_drift(
    span: Span,
    (before, after): (&Catalog, &Catalog),
    (was, is): (&Concerned, &Concerned),
) -> Option<Diagnostic> {
    let changes = entity_changes(before, after);
    if changes.is_empty() {
        return None;
    }
    let ours: Vec<String> = changes
        .iter()
        .filter(|(name, _)| {
            name.parse().is_ok_and(|name| was.entities.contains(&name) || is.entities.contains(&name))
        })
        .map(|(name, what)| format!("{name} {what}"))
        .collect();
    let message = format!("the catalog is not as in `{CATALOG}`: {}", summary(&changes));
    let mut found = pull_again("catalog-drift", span, message, "mig catalog pull");
    if ours.is_empty() {
        found.severity = Severity::Warning;
        return Some(found.here("nothing of it concerns this migration"));
    }
    let shown = ours.iter().take(TOLD).cloned().collect::<Vec<_>>().join("; ");
    let more = ours.len().saturating_sub(TOLD);
    let more = if more == 0 { String::new() } else { format!("; and {more} more") };
    Some(found.here(format!("of this migration: {shown}{more}")))
}

/// How many entities are new, gone and changed, in words: `2 new, 1 gone`.
pub(super) fn summary(changes: &BTreeMap<String, String>) -> String {
    let count = |wanted: fn(&str) -> bool| changes.values().filter(|what| wanted(what)).count();
    let (new, gone) = (count(|what| what == NEW), count(|what| what == GONE));
    let changed = changes.len() - new - gone;
    let parts = [(new, "new"), (gone, "gone"), (changed, "changed")];
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = parts.map(|(count, what)| format!("{count} {what}")).collect();
    parts.join(", ")
}

const NEW: &str = "is new";
const GONE: &str = "is gone";

/// What became of each entity that is not the same.
pub(super) fn entity_changes(before: &Catalog, after: &Catalog) -> BTreeMap<String, String> {
    let mut changes = BTreeMap::new();
    for (name, entity) in before.iter() {
        let what = match after.get(name) {
            None => GONE.to_owned(),
            Some(now) => match parts(entity, now) {
                parts if parts.is_empty() => continue,
                parts => format!("changed in {}", parts.join(", ")),
            },
        };
        changes.insert(name.to_string(), what);
    }
    for name in after.names().filter(|name| before.get(name).is_none()) {
        changes.insert(name.to_string(), NEW.to_owned());
    }
    changes
}

/// The parts of an entity that differ: `spec.owner`, `relations`.
fn parts(before: &Entity, after: &Entity) -> Vec<String> {
    let mut parts = Vec::new();
    if before.kind != after.kind {
        parts.push("kind".to_owned());
    }
    for (group, before, after) in
        [("metadata", &before.metadata, &after.metadata), ("spec", &before.spec, &after.spec)]
    {
        let names: BTreeSet<&str> = before.names().chain(after.names()).collect();
        let changed = names.into_iter().filter(|name| before.get(name) != after.get(name));
        parts.extend(changed.map(|name| format!("{group}.{name}")));
    }
    if before.relations != after.relations {
        parts.push("relations".to_owned());
    }
    parts
}

/// What became of each table that is not the same, in clauses.
pub(super) fn table_changes(before: &SchemasLock, after: &SchemasLock) -> Vec<String> {
    let mut told = Vec::new();
    let names: BTreeSet<&String> = before.stores.keys().chain(after.stores.keys()).collect();
    for name in names {
        let (was, is) = match (before.stores.get(name), after.stores.get(name)) {
            (Some(was), Some(is)) => (was, is),
            (Some(_), None) => {
                told.push(format!("{name}: the sources no longer name the store"));
                continue;
            }
            (None, _) => {
                told.push(format!("{name}: the store is new"));
                continue;
            }
        };
        if (was.kind, &was.location) != (is.kind, &is.location) {
            told.push(format!(
                "{name}: was {} at {} and is {} at {}",
                was.kind, was.location, is.kind, is.location
            ));
        }
        if was.dialect != is.dialect {
            told.push(format!("{name}: its files are read in another way"));
        }
        for asked in is.asked.difference(&was.asked) {
            told.push(format!("{}: is named now", shown(name, asked)));
        }
        for asked in was.asked.difference(&is.asked) {
            told.push(format!("{}: is no longer named", shown(name, asked)));
        }
        let paths: BTreeSet<&Vec<String>> = was.schema.tables.keys().chain(is.schema.tables.keys()).collect();
        for path in paths {
            let table = TableRef { store: name.clone(), path: path.clone() };
            let (was, is) = (was.schema.tables.get(path), is.schema.tables.get(path));
            if was != is {
                told.extend(changes(was, is).into_iter().map(|(_, change)| format!("{table}: {change}")));
            }
        }
    }
    told
}
