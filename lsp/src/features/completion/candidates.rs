//! What fits a place: from the tables of the language, the program, and what is known of the world.

use std::collections::BTreeSet;

use mig_compiler::functions::{self as known, FunctionInfo, Meaning};
use mig_compiler::{codes, forms};
use mig_lang::ast::{Header, Item, Keyword, Statement};
use mig_lang::items::{AttributeSpec, Count, Need, StatementForm, ValueForm, item as spec};
use mig_lang::words::{self, Word};
use mig_plan::schema::{SchemaColumn, TableSchema};
use mig_plan::{Catalog, StoreKind, TableRef};

use super::context::{Place, Wants};
use super::{Candidate, CandidateKind};
use crate::features::definition::tree;
use crate::features::hover;
use crate::snapshot::{Cursor, Folder};

/// The most entities that are offered at once; what is typed narrows them.
pub(super) const MOST_ENTITIES: usize = 200;

/// What may stand at a place.
pub(super) fn of(cursor: Cursor<'_>, place: &Place<'_>) -> Vec<Candidate> {
    let folder = cursor.folder;
    let named = place.item.map_or("", |(_, name)| name);
    match &place.wants {
        Wants::Nothing => Vec::new(),
        Wants::Item => items(folder),
        Wants::Header => header(place),
        Wants::StoreKind => {
            StoreKind::ALL.iter().map(|(word, _, doc)| plain(word, CandidateKind::Value, "", doc)).collect()
        }
        Wants::Table => {
            places(folder, &place.path, place.item.is_some_and(|(keyword, _)| keyword == Keyword::Datasets))
        }
        Wants::Datasets => moved(folder, &place.path, &[Keyword::Dataset, Keyword::Datasets]),
        Wants::Waves => named_items(folder, &[Keyword::Wave], named),
        Wants::Predicate => predicate(folder, &place.path),
        Wants::Statement => statements(folder, place),
        Wants::Value(attribute) => value(folder, place, attribute),
        Wants::Column => columns(folder, named),
        Wants::Type => words::TYPES.iter().map(type_candidate).collect(),
        Wants::Expression if place.path.is_empty() => {
            let mut all = old_columns(folder, named, 0);
            all.extend(functions(|info| matches!(info.meaning, Meaning::Row(_))));
            all.extend(expression_words());
            all
        }
        Wants::Dropped => {
            let used = used_columns(folder, named);
            let mut all = old_columns(folder, named, 0);
            all.retain(|candidate| !used.contains(&candidate.label));
            all
        }
        Wants::Code => codes::pages()
            .filter(|page| codes::is_allowable(page.code))
            .map(|page| Candidate {
                insert: format!("{} because \"${{1:why}}\"", page.code),
                snippet: true,
                ..plain(page.code, CandidateKind::Value, page.title, &hover::code_doc(page))
            })
            .collect(),
        Wants::Word(all) => all
            .iter()
            .map(|word| plain(word, CandidateKind::Keyword, "", ""))
            .map(|candidate| Candidate { insert: format!("{} ", candidate.label), ..candidate })
            .collect(),
        Wants::Checked => checked_columns(folder, named),
        Wants::Require if place.path.is_empty() => {
            let mut all = functions(|info| info.meaning == Meaning::Aggregate);
            all.extend(checked_columns(folder, named));
            all
        }
        Wants::Expression | Wants::Require => Vec::new(),
        Wants::Metric => forms_of(&forms::METRICS)
            .chain(["and", "for"].map(|word| plain(word, CandidateKind::Keyword, "", "")))
            .collect(),
        Wants::Reaction => {
            ["revert wave", "notify owners"].map(|word| plain(word, CandidateKind::Keyword, "", "")).to_vec()
        }
        Wants::Entity { typed } => entities(folder, typed, wanted_kinds(place)),
        Wants::Unit => units(),
    }
}

fn plain(label: &str, kind: CandidateKind, detail: &str, doc: &str) -> Candidate {
    Candidate {
        label: label.to_owned(),
        kind,
        detail: detail.to_owned(),
        doc: doc.to_owned(),
        insert: label.to_owned(),
        snippet: false,
        group: 1,
    }
}

/// Calls that are values, as their examples write them.
fn forms_of(forms: &'static [&'static forms::Form]) -> impl Iterator<Item = Candidate> {
    forms.iter().map(|form| Candidate {
        insert: form.example.to_owned(),
        ..plain(form.name, CandidateKind::Function, &form.signature(), form.doc)
    })
}

/// A name as it is written where it is one.
fn identifier(name: &str) -> String {
    if words::needs_backticks(name) { format!("`{name}`") } else { name.to_owned() }
}

fn named(name: &str, kind: CandidateKind, detail: &str, doc: &str) -> Candidate {
    Candidate { insert: identifier(name), ..plain(name, kind, detail, doc) }
}

/// The items that could be begun; the migration only where there is none.
fn items(folder: &Folder) -> Vec<Candidate> {
    let has_migration = folder.program().migration.is_some();
    Keyword::ALL
        .into_iter()
        .filter(|keyword| !(has_migration && *keyword == Keyword::Migration))
        .map(|keyword| {
            let spec = spec(keyword);
            let mut attributes = String::new();
            let required = spec.attributes.iter().filter(|attribute| attribute.need == Need::Required);
            for (place, attribute) in (2..).zip(required) {
                attributes.push_str(&format!("\n  {} = ${{{place}}}", attribute.name));
            }
            Candidate {
                label: keyword.word().to_owned(),
                kind: CandidateKind::Keyword,
                detail: spec.header.example().trim().to_owned(),
                doc: hover::item_doc(keyword),
                insert: format!(
                    "{} ${{1:name}}{} {{{attributes}\n  $0\n}}",
                    keyword.word(),
                    escaped(spec.header.example())
                ),
                snippet: true,
                group: 1,
            }
        })
        .collect()
}

/// A text as a snippet writes it.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('$', "\\$").replace('}', "\\}")
}

fn header(place: &Place<'_>) -> Vec<Candidate> {
    let Some((keyword, _)) = place.item else { return Vec::new() };
    let form = spec(keyword).header;
    let example = form.example().trim();
    if example.is_empty() { Vec::new() } else { vec![plain(example, CandidateKind::Keyword, "", "")] }
}

/// The attributes and statements that an item may still have; what must be there comes first.
fn statements(folder: &Folder, place: &Place<'_>) -> Vec<Candidate> {
    let Some((keyword, name)) = place.item else { return Vec::new() };
    let item = tree(folder, name);
    let present: Vec<&Statement> = item.into_iter().flat_map(|item| &item.body).collect();
    let has_attribute = |name: &str| {
        present
            .iter()
            .any(|statement| matches!(statement, Statement::Attribute(found) if found.name.text == name))
    };
    let kind = item
        .and_then(|item| if let Header::Kind(kind) = &item.header { Some(kind.text.as_str()) } else { None });
    let of_kind = |attribute: &AttributeSpec| {
        attribute.kinds.is_empty() || kind.is_none_or(|kind| attribute.kinds.contains(&kind))
    };
    let spec = spec(keyword);
    let mut all = Vec::new();
    for attribute in spec.attributes.iter().filter(|found| of_kind(found) && !has_attribute(found.name)) {
        all.push(Candidate {
            insert: format!("{} = ", attribute.name),
            group: if attribute.need == Need::Required { 0 } else { 1 },
            ..plain(
                attribute.name,
                CandidateKind::Attribute,
                attribute.example,
                &hover::attribute_doc(attribute),
            )
        });
    }
    for statement in spec.statements {
        let once = matches!(statement.count, Count::AtMostOne | Count::One);
        let there = present.iter().any(|found| StatementForm::of(found) == Some(statement.form));
        if once && there {
            continue;
        }
        let word = statement.form.word();
        let (insert, snippet) = match statement.form {
            StatementForm::Columns => ("columns {\n  $0\n}".to_owned(), true),
            StatementForm::Drop => ("drop ${1:column} because \"${2:why}\"".to_owned(), true),
            StatementForm::Freshness => ("freshness within ${1:5m} of ${2:column}".to_owned(), true),
            StatementForm::Require => {
                ("require ${1:count() > 0} else \"${2:what is wrong}\"".to_owned(), true)
            }
            StatementForm::When => ("when ${1:error_rate > 1%} for ${2:5m}".to_owned(), true),
            StatementForm::Then => ("then ".to_owned(), false),
            StatementForm::Irreversible => ("irreversible because \"${1:why}\"".to_owned(), true),
            StatementForm::Allow => ("allow ${1:code} because \"${2:why}\"".to_owned(), true),
            StatementForm::RowCount | StatementForm::Checksum => (word.to_owned(), false),
        };
        all.push(Candidate {
            insert,
            snippet,
            ..plain(word, CandidateKind::Keyword, statement.example, statement.doc)
        });
    }
    all
}

/// What may be an attribute's value.
fn value(folder: &Folder, place: &Place<'_>, attribute: &str) -> Vec<Candidate> {
    let Some((keyword, name)) = place.item else { return Vec::new() };
    let Some(attribute) = spec(keyword).attribute(attribute) else { return Vec::new() };
    let secret = || {
        let mut candidate = plain(
            "env",
            CandidateKind::Value,
            "env.NAME",
            "The value of an environment variable, read only when a step runs.",
        );
        candidate.insert = "env.".to_owned();
        candidate
    };
    match attribute.value {
        ValueForm::Entity | ValueForm::Entities | ValueForm::EntityMove => {
            let mut all = entities(folder, "", wanted_kinds(place));
            for candidate in &mut all {
                candidate.insert = candidate.label.clone();
            }
            all
        }
        ValueForm::Setting => vec![secret()],
        ValueForm::Catalog => forms_of(&forms::CATALOGS).collect(),
        ValueForm::Scale | ValueForm::Selection
            if place.path.is_empty() && attribute.value == ValueForm::Selection =>
        {
            vec![plain("catalog where", CandidateKind::Keyword, "", "Selects entities of the catalog.")]
        }
        ValueForm::Scale | ValueForm::Selection => predicate(folder, &place.path),
        ValueForm::Same => vec![plain("same", CandidateKind::Value, "", "Every column carried as it is.")],
        ValueForm::Columns => new_columns(folder, name),
        ValueForm::Actions => forms_of(&forms::ACTIONS).collect(),
        ValueForm::Moved => {
            let mut all = moved(
                folder,
                &place.path,
                &[Keyword::Dataset, Keyword::Datasets, Keyword::Consumer, Keyword::Consumers],
            );
            if place.path.is_empty() {
                all.push(Candidate {
                    group: 0,
                    ..plain("datasets", CandidateKind::Keyword, "", "All datasets.")
                });
                all.push(Candidate {
                    group: 0,
                    ..plain("consumers", CandidateKind::Keyword, "", "All consumers.")
                });
                all.push(plain(
                    "where",
                    CandidateKind::Keyword,
                    "",
                    "Only those for which a predicate holds.",
                ));
            }
            all
        }
        ValueForm::Item(keyword) | ValueForm::Items(keyword) => named_items(folder, &[keyword], name),
        ValueForm::Datasets => moved(folder, &place.path, &[Keyword::Dataset, Keyword::Datasets]),
        ValueForm::Word(all) => all.iter().map(|word| plain(word, CandidateKind::Value, "", "")).collect(),
        ValueForm::Rows | ValueForm::Count | ValueForm::Duration => match attribute.need {
            Need::Default(default) => vec![plain(default, CandidateKind::Value, "the default", "")],
            Need::Required | Need::Optional => Vec::new(),
        },
        ValueForm::Path => Vec::new(),
    }
}

/// Items of these keywords, without the one that is being written.
fn named_items(folder: &Folder, keywords: &[Keyword], without: &str) -> Vec<Candidate> {
    folder
        .program()
        .definitions
        .iter()
        .filter(|(name, definition)| keywords.contains(&definition.keyword) && name.as_str() != without)
        .map(|(name, definition)| {
            let doc = tree(folder, name).map_or("", |item| item.doc.as_str());
            named(name, CandidateKind::Item, definition.keyword.word(), doc)
        })
        .collect()
}

/// Items that can be moved or looked at, and behind a family's dot its members.
fn moved(folder: &Folder, path: &[&str], keywords: &[Keyword]) -> Vec<Candidate> {
    match path {
        [] => named_items(folder, keywords, ""),
        [family] => members(folder, family),
        _ => Vec::new(),
    }
}

/// The members of a family are the entities that it selects; without their evaluation, the entities of its kind.
fn members(folder: &Folder, family: &str) -> Vec<Candidate> {
    let program = folder.program();
    let kinds: &[&str] =
        if program.dataset_families.contains_key(family) { &["resource", "api"] } else { &["component"] };
    let Some(catalog) = folder.catalog() else { return Vec::new() };
    catalog
        .entities
        .keys()
        .filter(|entity| kinds.contains(&entity.kind.as_str()))
        .take(MOST_ENTITIES)
        .map(|entity| named(&entity.name, CandidateKind::Entity, &entity.source_form(), ""))
        .collect()
}

/// Stores, and behind a dot the schemas and tables in them.
fn places(folder: &Folder, path: &[&str], family: bool) -> Vec<Candidate> {
    let Some((store, path)) = path.split_first() else {
        return named_items(folder, &[Keyword::Store], "")
            .into_iter()
            .map(|candidate| Candidate { insert: format!("{}.", candidate.insert), ..candidate })
            .collect();
    };
    let Some(known) = folder.schemas().stores.get(*store) else { return Vec::new() };
    let mut all = Vec::new();
    let mut seen = BTreeSet::new();
    for (table, schema) in &known.tables {
        let starts = path.iter().zip(table).all(|(typed, part)| typed == part);
        // A table of one part may be written without the schema that the store takes for granted.
        let rest = if starts { table.get(path.len()..) } else { None };
        match rest {
            Some([name]) => {
                let keys = if schema.primary_key.is_empty() {
                    String::new()
                } else {
                    format!(", key {}", schema.primary_key.join(", "))
                };
                all.push(named(
                    name,
                    CandidateKind::Table,
                    &format!("{} columns{keys}", schema.columns.len()),
                    "",
                ));
            }
            Some([first, _, ..]) if seen.insert(first.clone()) => {
                all.push(Candidate {
                    insert: format!("{}.", identifier(first)),
                    ..named(first, CandidateKind::Table, "schema", "")
                });
            }
            Some(_) | None => {}
        }
    }
    if family {
        all.push(Candidate {
            group: 0,
            ..plain("*", CandidateKind::Value, "", "Each selected entity's table.")
        });
    }
    all
}

/// The old table of a dataset, where it is known.
pub(crate) fn old_table<'s>(folder: &'s Folder, dataset: &str) -> Option<&'s TableSchema> {
    let place = folder.program().datasets.get(dataset).and_then(|found| found.old.as_ref());
    match place {
        Some(place) => folder.schemas().table(&place.table),
        None => header_table(folder, dataset, |old, _| old),
    }
}

/// The new table of a dataset, where it is there and known.
pub(crate) fn new_table<'s>(folder: &'s Folder, dataset: &str) -> Option<&'s TableSchema> {
    let place = folder.program().datasets.get(dataset).and_then(|found| found.new.as_ref());
    match place {
        Some(place) => folder.schemas().table(&place.table),
        None => header_table(folder, dataset, |_, new| new),
    }
}

/// A table named by an item that could not be resolved: as it is written.
fn header_table<'s>(
    folder: &'s Folder,
    dataset: &str,
    side: impl Fn(TableRef, TableRef) -> TableRef,
) -> Option<&'s TableSchema> {
    let item = written(folder, dataset)?;
    let Header::Move { old, new } = &item.header else { return None };
    let table = |place: &mig_lang::ast::Place| {
        let mut parts = place.parts.iter().map(|part| part.text.clone());
        Some(TableRef { store: parts.next()?, path: parts.collect() })
    };
    folder.schemas().table(&side(table(old)?, table(new)?))
}

/// The tree of an item, also of one that was left out.
fn written<'s>(folder: &'s Folder, name: &str) -> Option<&'s Item> {
    tree(folder, name).or_else(|| {
        folder.files.iter().flat_map(|document| &document.tree().items).find(|item| item.name.text == name)
    })
}

fn column_detail(column: &SchemaColumn) -> String {
    match &column.ty {
        Some(ty) if ty.to_string() == column.native => ty.to_string(),
        Some(ty) => format!("{ty} ({})", column.native),
        None => column.native.clone(),
    }
}

fn old_columns(folder: &Folder, dataset: &str, group: u8) -> Vec<Candidate> {
    let columns = old_table(folder, dataset).into_iter().flat_map(|table| &table.columns);
    columns
        .map(|column| Candidate {
            group,
            ..named(
                &column.name,
                CandidateKind::OldColumn,
                &column_detail(column),
                "A column of the old table.",
            )
        })
        .collect()
}

/// The old columns that the mapping uses, carries or drops.
pub(crate) fn used_columns(folder: &Folder, dataset: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    if let Some(item) = written(folder, dataset) {
        crate::symbol::visit_item(folder, item, &mut |symbol| {
            if let crate::symbol::Meaning::OldColumn { column, .. } = symbol.meaning {
                used.insert(column);
            }
        });
        used.extend(carried(item).map(str::to_owned));
    }
    used
}

/// The columns of a mapping that are carried by their names.
fn carried(item: &Item) -> impl Iterator<Item = &str> {
    let lines = item.body.iter().filter_map(|statement| {
        if let Statement::Columns(columns) = statement { Some(&columns.columns) } else { None }
    });
    lines.flatten().filter(|line| line.value.is_none()).map(|line| line.name.text.as_str())
}

/// Lines that a mapping still lacks: new columns that the table requires, and old ones that nothing uses.
fn columns(folder: &Folder, dataset: &str) -> Vec<Candidate> {
    let item = written(folder, dataset);
    let present: BTreeSet<&str> =
        item.into_iter()
            .flat_map(|item| &item.body)
            .filter_map(|statement| {
                if let Statement::Columns(columns) = statement { Some(&columns.columns) } else { None }
            })
            .flatten()
            .map(|line| line.name.text.as_str())
            .collect();
    let mut all = Vec::new();
    for column in new_table(folder, dataset).into_iter().flat_map(|table| &table.columns) {
        if present.contains(column.name.as_str()) {
            continue;
        }
        let Some(ty) = &column.ty else { continue };
        all.push(Candidate {
            insert: format!("{}: {} = $0", escaped(&identifier(&column.name)), escaped(&ty.to_string())),
            snippet: true,
            group: 0,
            ..plain(
                &column.name,
                CandidateKind::NewColumn,
                &column_detail(column),
                "A column of the new table.",
            )
        });
    }
    let used = used_columns(folder, dataset);
    for mut candidate in old_columns(folder, dataset, 1) {
        if !used.contains(&candidate.label) && !present.contains(candidate.label.as_str()) {
            candidate.doc = "Carried over as it is.".to_owned();
            all.push(candidate);
        }
    }
    all
}

/// The columns that a dataset's mapping makes.
fn new_columns(folder: &Folder, dataset: &str) -> Vec<Candidate> {
    let Some(item) = written(folder, dataset) else { return Vec::new() };
    let mut all = Vec::new();
    for statement in &item.body {
        if let Statement::Columns(columns) = statement {
            for line in &columns.columns {
                let ty = line.ty.as_ref().map_or("", |ty| folder.slice(ty.span));
                all.push(named(&line.name.text, CandidateKind::NewColumn, ty, &line.doc));
            }
        }
    }
    if all.is_empty() {
        all = old_columns(folder, dataset, 1);
    }
    all
}

/// The new columns of the datasets that a validation is on.
fn checked_columns(folder: &Folder, validation: &str) -> Vec<Candidate> {
    let on = folder.program().validations.get(validation).map_or(&[][..], |found| &found.on);
    on.iter().flat_map(|dataset| new_columns(folder, &dataset.name)).collect()
}

fn functions(fits: impl Fn(&FunctionInfo) -> bool) -> Vec<Candidate> {
    known::functions()
        .filter(|info| fits(info))
        .map(|info| {
            let places = info.parameters.iter().take(info.required.max(1)).enumerate();
            let arguments: Vec<String> =
                places.map(|(at, parameter)| format!("${{{}:{}}}", at + 1, parameter.name)).collect();
            Candidate {
                insert: format!("{}({})", info.name, arguments.join(", ")),
                snippet: !arguments.is_empty(),
                group: 2,
                ..plain(info.name, CandidateKind::Function, &info.signature(), &hover::function_doc(info))
            }
        })
        .collect()
}

fn expression_words() -> Vec<Candidate> {
    let mut all: Vec<Candidate> = words::OPERATORS
        .iter()
        .filter(|word| !matches!(**word, "where" | "for"))
        .chain(&words::CONSTANTS)
        .map(|word| Candidate { group: 3, ..plain(word, CandidateKind::Keyword, "", "") })
        .collect();
    all.push(Candidate {
        insert: "if ${1:condition} then ${2:value} else ${3:value}".to_owned(),
        snippet: true,
        group: 3,
        ..plain("if … then … else …", CandidateKind::Keyword, "", "A choice, always with both branches.")
    });
    all
}

fn type_candidate(word: &Word) -> Candidate {
    let (insert, snippet) = match word.word {
        "decimal(p, s)" => ("decimal(${1:12}, ${2:2})".to_owned(), true),
        "list(T)" => ("list(${1:text})".to_owned(), true),
        other => (other.to_owned(), false),
    };
    Candidate { insert, snippet, ..plain(word.word, CandidateKind::Type, "", word.doc) }
}

/// Paths into entities: what entities of the catalog really have.
fn predicate(folder: &Folder, path: &[&str]) -> Vec<Candidate> {
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
    for entity in catalog.entities.values() {
        let mut object = match path.first() {
            Some(&"metadata") => Some(&entity.metadata),
            Some(&"spec") => Some(&entity.spec),
            Some(_) | None => None,
        };
        for part in path.iter().skip(1) {
            object = object.and_then(|object| object.get(*part)).and_then(serde_json::Value::as_object);
        }
        keys.extend(object.into_iter().flat_map(|object| object.keys().map(String::as_str)));
    }
    all.extend(
        keys.into_iter()
            .filter(|key| !words::needs_backticks(key))
            .map(|key| plain(key, CandidateKind::Value, "", "")),
    );
    all
}

/// The kinds of entities that fit a place, by what is asked for there.
fn wanted_kinds(place: &Place<'_>) -> &'static [&'static str] {
    match place.item {
        Some((Keyword::Migration | Keyword::Approval, _)) => &["group", "user"],
        Some((Keyword::Consumer, _)) => &["component"],
        Some((Keyword::Dataset, _)) => &["resource", "api"],
        Some((
            Keyword::Store
            | Keyword::Datasets
            | Keyword::Consumers
            | Keyword::Validation
            | Keyword::Rollback
            | Keyword::Wave,
            _,
        ))
        | None => &[],
    }
}

/// Entities whose reference holds what has been typed; those of a fitting kind first.
fn entities(folder: &Folder, typed: &str, kinds: &[&str]) -> Vec<Candidate> {
    let Some(catalog) = folder.catalog() else { return Vec::new() };
    let fits = |form: &str| typed.split([':', '/']).all(|part| form.contains(part));
    let mut all: Vec<Candidate> = Vec::new();
    for preferred in [true, false] {
        for (reference, entity) in &catalog.entities {
            if all.len() >= MOST_ENTITIES {
                break;
            }
            let form = reference.source_form();
            if (kinds.is_empty() || kinds.contains(&reference.kind.as_str())) != preferred || !fits(&form) {
                continue;
            }
            let owner = entity
                .related("ownedBy")
                .next()
                .map_or(String::new(), |owner| format!("owned by {}", owner.source_form()));
            all.push(Candidate {
                group: if preferred { 0 } else { 1 },
                ..plain(&form, CandidateKind::Entity, &owner, &description(catalog, &form))
            });
        }
    }
    all
}

fn description(catalog: &Catalog, form: &str) -> String {
    let reference = form.trim_start_matches('@').parse().ok();
    let entity = reference.and_then(|reference| catalog.get(&reference));
    let text =
        entity.and_then(|entity| entity.metadata.get("description")).and_then(serde_json::Value::as_str);
    text.unwrap_or_default().to_owned()
}

fn units() -> Vec<Candidate> {
    let unit = |insert: String, label: &str, doc: &str| Candidate {
        insert,
        ..plain(label, CandidateKind::Unit, "", doc)
    };
    let mut all =
        vec![unit(" rows".to_owned(), "rows", "A number of rows."), unit("%".to_owned(), "%", "A share.")];
    all.extend(
        words::DURATIONS.iter().map(|found| unit(found.unit.to_owned(), found.unit, "A span of time.")),
    );
    all.extend(words::SIZES.iter().map(|found| unit(format!(" {}", found.unit), found.unit, "A size.")));
    all
}
