//! Writes the proposal as a source, formatted.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use mig_lang::ast::Keyword;
use mig_lang::{FileId, format, parse};
use mig_plan::{EntityRef, Setting};

use super::columns::{Draft, Form};
use super::matching::Pair;
use super::scale::{Scale, scale};
use super::{Family, Request, StoreAt, consumers, prefix};
use crate::World;
use crate::check::owner;
use crate::source::{identifier, location_attribute, text};

/// What a source is written from besides its datasets.
#[derive(Clone, Copy)]
pub(super) struct Source<'s> {
    pub(super) request: &'s Request,
    pub(super) world: &'s World<'s>,
    pub(super) owner: &'s EntityRef,
    /// The predicate that the entities were chosen by.
    pub(super) select: &'s str,
    /// What a person must decide.
    pub(super) open: &'s [String],
    /// What a person should look at.
    pub(super) review: &'s [String],
}

/// The names of the items that are not datasets.
const TABLES: &str = "tables";
const READERS: &str = "readers";
const VALIDATION: &str = "moved_whole";
const ROLLBACK: &str = "careful";
const FIRST: &str = "pilot";

/// The whole source.
pub(super) fn source(source: &Source, drafts: &[Draft], family: Option<&Family>) -> String {
    let Source { request, world, owner, .. } = source;
    let readers = consumers(world, drafts);
    let scale = scale(world.catalog, &readers);
    let mut out = head(source);
    out.push_str(&format!("/// {}\nmigration {} {{\n", purpose(request), identifier(&request.name)));
    out.push_str(&format!("  owner = {}\n  catalog = {}\n", owner.source_form(), request.catalog));
    if let Some(scale) = &scale {
        out.push_str(&format!("  criticality = {} in [{}]\n", scale.path, scale.levels.join(", ")));
    }
    out.push_str("}\n\n");
    for store in [&request.old, &request.new] {
        out.push_str(&self::store(store));
    }
    let names = names(drafts, request);
    let mut moved = Vec::new();
    if let Some(family) = family {
        out.push_str(&self::family(family, drafts, request));
        moved.push(TABLES.to_owned());
    }
    for (place, draft) in drafts.iter().enumerate() {
        if family.is_some_and(|family| family.members.contains(&place)) {
            continue;
        }
        let name = identifier(names.get(&place).map_or("", String::as_str));
        out.push_str(&dataset(&name, draft, request));
        if !matches!(draft.form, Form::Open { .. }) {
            moved.push(name);
        }
    }
    if !readers.is_empty() {
        out.push_str(&self::readers(source, &readers));
    }
    if !moved.is_empty() {
        out.push_str(&format!(
            "\nvalidation {VALIDATION} on {} {{\n  row_count\n  checksum\n}}\n",
            moved.join(", ")
        ));
    }
    out.push_str(&format!(
        "\nrollback {ROLLBACK} {{\n  when error_rate > 1% for 5m and attempts >= 200\n  no_data = pause\n  then revert wave, notify owners\n  allow rollback-conditions-not-watched because \"no source of metrics is named yet: people watch\"\n}}\n"
    ));
    out.push_str(&waves(scale.as_ref(), !readers.is_empty()));
    format(&out)
}

/// Where each dataset's item stands in a source that was written from these drafts.
pub(super) fn places(text: &str, drafts: &[Draft]) -> Vec<(usize, Range<usize>)> {
    let (file, _) = parse(FileId(0), text);
    let at = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
    let moving = drafts.iter().enumerate().filter(|(_, draft)| !matches!(draft.form, Form::Open { .. }));
    let items = file.items.iter().filter(|item| item.keyword.value == Keyword::Dataset);
    // Datasets stand in the order of the drafts.
    moving.zip(items).map(|((place, _), item)| (place, at(item.span.start)..at(item.span.end))).collect()
}

/// What a person should read first.
fn head(source: &Source) -> String {
    let mut out = String::new();
    for (title, notes) in [("To decide:", source.open), ("To look at:", source.review)] {
        if !notes.is_empty() {
            out.push_str(&format!("// {title}\n"));
            notes.iter().for_each(|note| out.push_str(&format!("//   - {}\n", one_line(note))));
            out.push('\n');
        }
    }
    out
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn purpose(request: &Request) -> String {
    format!(
        "From the {} store `{}` to the {} store `{}`.",
        request.old.kind, request.old.name, request.new.kind, request.new.name
    )
}

fn store(store: &StoreAt) -> String {
    let attribute = location_attribute(store.kind);
    let location = match &store.location {
        Setting::Env(name) => format!("env.{}", identifier(name)),
        Setting::Text(location) => text(location),
    };
    format!("store {}: {} {{ {attribute} = {location} }}\n", identifier(&store.name), store.kind)
}

/// A name for each dataset that no other item has.
fn names(drafts: &[Draft], request: &Request) -> BTreeMap<usize, String> {
    let mut taken: BTreeSet<String> =
        [TABLES, READERS, VALIDATION, ROLLBACK, FIRST, "all"].map(str::to_owned).into();
    taken.extend([request.name.clone(), request.old.name.clone(), request.new.name.clone()]);
    taken.extend(
        ["others", "medium", "high", "critical", "major", "silver", "gold", "platinum"].map(str::to_owned),
    );
    let mut names = BTreeMap::new();
    for (place, draft) in drafts.iter().enumerate() {
        let name = std::iter::once(draft.name.clone())
            .chain((2..).map(|number| format!("{}_{number}", draft.name)))
            .find(|name| !taken.contains(name))
            .unwrap_or_default();
        taken.insert(name.clone());
        names.insert(place, name);
    }
    names
}

fn place(store: &str, path: &[String]) -> String {
    let parts = std::iter::once(store).chain(path.iter().map(String::as_str));
    parts.map(identifier).collect::<Vec<_>>().join(".")
}

fn family(family: &Family, drafts: &[Draft], request: &Request) -> String {
    let first = family.members.iter().find_map(|place| drafts.get(*place));
    let (old, new) = first
        .map_or((&[][..], &[][..]), |draft| (prefix(&draft.pair.old_path), prefix(&draft.pair.new_path)));
    format!(
        "\n/// {} tables, column for column.\ndatasets {TABLES}: {}.* -> {}.* {{\n  select = catalog where {}\n  columns = same\n}}\n",
        family.members.len(),
        place(&request.old.name, old),
        place(&request.new.name, new),
        family.select
    )
}

fn dataset(name: &str, draft: &Draft, request: &Request) -> String {
    let Pair { entity, new_entity, old_path, new_path, .. } = &draft.pair;
    let entity = match new_entity {
        Some(new) => format!("{} -> {}", entity.source_form(), new.source_form()),
        None => entity.source_form(),
    };
    let mut item = format!(
        "dataset {name}: {} -> {} {{\n  entity = {entity}\n",
        place(&request.old.name, old_path),
        place(&request.new.name, new_path)
    );
    let (lines, drops) = match &draft.form {
        Form::Same { drops } => (&[][..], drops),
        Form::Listed { lines, drops, .. } | Form::Open { lines, drops, .. } => (lines.as_slice(), drops),
    };
    if lines.is_empty() {
        item.push_str("  columns = same\n");
    } else {
        item.push_str("\n  columns {\n");
        lines.iter().for_each(|line| item.push_str(&format!("    {line}\n")));
        item.push_str("  }\n");
    }
    for (column, because) in drops {
        item.push_str(&format!("  drop {} because {}\n", identifier(column), text(because)));
    }
    item.push_str("}\n");
    let Form::Open { reasons, .. } = &draft.form else { return format!("\n{item}") };
    let mut out = String::from("\n");
    for reason in reasons {
        out.push_str(&format!("// To decide: {}.\n", one_line(reason)));
    }
    for line in item.lines() {
        out.push_str(format!("// {line}").trim_end());
        out.push('\n');
    }
    out
}

/// A family of everybody who reads what moves.
fn readers(source: &Source, readers: &BTreeSet<&EntityRef>) -> String {
    let catalog = source.world.catalog;
    let kinds: BTreeSet<&str> =
        readers.iter().filter_map(|name| catalog.get(name)).map(|entity| &*entity.kind).collect();
    let kinds: Vec<String> = kinds.into_iter().map(text).collect();
    let predicate = match kinds.as_slice() {
        [kind] => format!("kind == {kind}"),
        several => format!("kind in [{}]", several.join(", ")),
    };
    let mut owners: BTreeMap<Option<&EntityRef>, usize> = BTreeMap::new();
    for entry in readers.iter().filter_map(|name| catalog.find(name)) {
        *owners.entry(owner(entry)).or_default() += 1;
    }
    let owners: Vec<String> = owners
        .into_iter()
        .map(|(owner, count)| match owner {
            Some(owner) => format!("{count} of {}", owner.source_form()),
            None => format!("{count} of nobody"),
        })
        .collect();
    format!(
        "\n/// Whoever the catalog says reads one of them: {}.\nconsumers {READERS}: catalog where {predicate} {{\n  cut_over = notify\n}}\n",
        owners.join(", ")
    )
}

/// The waves: everything at once, or the datasets with the least critical consumers and then a wave for each
/// level. Who has no level comes last, as if most critical.
fn waves(scale: Option<&Scale>, has_readers: bool) -> String {
    let wave = |name: &str, after: Option<&str>, moves: &str, soak: &str| {
        let after = after.map_or_else(String::new, |after| format!(" after {after}"));
        let validation =
            if after.is_empty() { format!("  validation = [{VALIDATION}]\n") } else { String::new() };
        format!(
            "\nwave {name}{after} {{\n  move = {moves}\n{validation}  rollback = {ROLLBACK}\n  soak = {soak}\n}}\n"
        )
    };
    let levels = scale.map(|scale| scale.used.as_slice()).unwrap_or_default();
    let ([first, more @ ..], Some(scale)) = (levels, scale) else {
        let moves = if has_readers { "datasets, consumers" } else { "datasets" };
        return wave("all", None, moves, "1h");
    };
    if more.is_empty() && !scale.unknown {
        return wave("all", None, "datasets, consumers", "1h");
    }
    let mut out = wave(FIRST, None, &format!("datasets, consumers where criticality == {first}"), "1h");
    let mut before = FIRST.to_owned();
    for (place, level) in more.iter().enumerate() {
        let last = place + 1 == more.len();
        let moves = match scale.unknown && last {
            true => format!("consumers where criticality == {level} or is_null({})", scale.path),
            false => format!("consumers where criticality == {level}"),
        };
        out.push_str(&wave(level, Some(&before), &moves, if last { "24h" } else { "2h" }));
        before = level.clone();
    }
    if more.is_empty() {
        let moves = format!("consumers where is_null({})", scale.path);
        out.push_str(&wave("others", Some(&before), &moves, "24h"));
    }
    out
}
