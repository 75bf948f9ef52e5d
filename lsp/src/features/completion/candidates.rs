//! What fits a place: from the tables of the language, the program, and what is known of the world.

use std::collections::BTreeSet;

use mig_compiler::{codes, forms};
use mig_lang::Span;
use mig_lang::ast::{Header, Keyword, Statement};
use mig_lang::items::{AttributeSpec, Count, Need, StatementForm, ValueForm, item as spec};
pub(super) use mig_lang::words::identifier;
use mig_lang::words::{self, Word};
use mig_plan::{MetricUnit, StoreKind};

use super::catalog::{entities, members, predicate, wanted_kinds};
use super::columns::{checked_columns, columns, new_columns, old_columns, used_columns};
use super::context::{Place, Wants};
use super::expression::{choices, expression, require, units, unnamed};
use super::{Candidate, CandidateKind};
use crate::features::call::Call;
use crate::features::definition::tree;
use crate::features::hover;
use crate::snapshot::{Cursor, Folder};
use crate::symbol::{self, Meaning};

/// What may stand at a place.
pub(super) fn of(cursor: Cursor<'_>, place: &Place<'_>) -> Vec<Candidate> {
    let folder = cursor.folder;
    let named = place.item.map_or("", |(_, name)| name);
    if place.path.as_slice() == ["env"] {
        return variables(folder);
    }
    let typed = folder.slice(Span { file: cursor.document.id, start: place.start, end: cursor.byte });
    match &place.wants {
        Wants::Nothing => Vec::new(),
        Wants::Item => items(folder),
        Wants::Header => header(place),
        Wants::MetricUnit => {
            MetricUnit::ALL.map(|(keyword, _, doc, _)| plain(keyword, CandidateKind::Value, "", doc)).to_vec()
        }
        Wants::StoreKind => {
            StoreKind::ALL.iter().map(|(word, _, doc)| plain(word, CandidateKind::Value, "", doc)).collect()
        }
        Wants::Table => {
            places(folder, &place.path, place.item.is_some_and(|(keyword, _)| keyword == Keyword::Datasets))
        }
        Wants::Datasets => moved(folder, &place.path, &[Keyword::Dataset, Keyword::Datasets], typed),
        Wants::Waves => named_items(folder, &[Keyword::Wave], named),
        Wants::Predicate => predicate(folder, &place.path),
        Wants::Statement => statements(folder, place),
        Wants::Value(attribute) => value(folder, place, attribute, typed),
        Wants::Column => columns(folder, named),
        Wants::Type => words::TYPES.iter().map(type_candidate).collect(),
        Wants::Expression { declared } if place.path.is_empty() => {
            expression(folder, place, *declared, named)
        }
        Wants::Choice { accepts, quoted } => choices(place, *accepts, *quoted),
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
        Wants::Require if place.path.is_empty() => require(folder, place, named),
        Wants::Expression { .. } | Wants::Require => Vec::new(),
        Wants::Metric => named_items(folder, &[Keyword::Metric], "")
            .into_iter()
            .chain(forms_of(&forms::METRICS))
            .chain(["and", "for"].map(|word| plain(word, CandidateKind::Keyword, "", "")))
            .collect(),
        Wants::Reaction => {
            ["revert wave", "notify owners"].map(|word| plain(word, CandidateKind::Keyword, "", "")).to_vec()
        }
        Wants::Entity { typed } => entities(folder, typed, wanted_kinds(place)),
        Wants::Unit { attribute, behind } => units(place, attribute, behind),
    }
}

pub(super) fn plain(label: &str, kind: CandidateKind, detail: &str, doc: &str) -> Candidate {
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

pub(super) fn named(name: &str, kind: CandidateKind, detail: &str, doc: &str) -> Candidate {
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
pub(super) fn escaped(text: &str) -> String {
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
fn value(folder: &Folder, place: &Place<'_>, attribute: &str, typed: &str) -> Vec<Candidate> {
    let Some((keyword, name)) = place.item else { return Vec::new() };
    let Some(attribute) = spec(keyword).attribute(attribute) else { return Vec::new() };
    if let Some(call) = &place.call
        && matches!(attribute.value, ValueForm::Actions | ValueForm::Catalog | ValueForm::Metrics)
    {
        return argument(folder, place, call, typed);
    }
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
        ValueForm::Metrics => forms_of(&forms::SOURCES).collect(),
        ValueForm::Scale | ValueForm::Selection
            if place.path.is_empty() && attribute.value == ValueForm::Selection =>
        {
            vec![plain("catalog where", CandidateKind::Keyword, "", "Selects entities of the catalog.")]
        }
        ValueForm::Scale | ValueForm::Selection => predicate(folder, &place.path),
        ValueForm::Same => vec![plain("same", CandidateKind::Value, "", "Every column carried as it is.")],
        ValueForm::Columns => new_columns(folder, name),
        ValueForm::OldColumns => old_columns(folder, name, 0),
        ValueForm::Actions => forms_of(&forms::ACTIONS).collect(),
        ValueForm::Moved => {
            let mut all = moved(
                folder,
                &place.path,
                &[Keyword::Dataset, Keyword::Datasets, Keyword::Consumer, Keyword::Consumers],
                typed,
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
        ValueForm::Datasets => moved(folder, &place.path, &[Keyword::Dataset, Keyword::Datasets], typed),
        ValueForm::Word(all) => all.iter().map(|word| plain(word, CandidateKind::Value, "", "")).collect(),
        ValueForm::Rows | ValueForm::Count | ValueForm::Duration => match attribute.need {
            Need::Default(default) => vec![plain(default, CandidateKind::Value, "the default", "")],
            Need::Required | Need::Optional => Vec::new(),
        },
        ValueForm::Rates => ["20_000 rows/s", "50 MiB/s"]
            .map(|rate| plain(rate, CandidateKind::Value, "a rate", "So much a second, at the most."))
            .to_vec(),
        ValueForm::Path | ValueForm::Text | ValueForm::ColumnNames | ValueForm::Query => Vec::new(),
    }
}

/// What may be an argument of an action or a catalog: the names of its parameters, and what the one that is written takes.
fn argument(folder: &Folder, place: &Place<'_>, call: &Call<'_>, typed: &str) -> Vec<Candidate> {
    let form = forms::ACTIONS
        .iter()
        .chain(&forms::CATALOGS)
        .chain(&forms::SOURCES)
        .find(|form| form.name == call.function);
    let Some(form) = form else { return Vec::new() };
    let names: Vec<&str> = form.parameters.iter().map(|parameter| parameter.name).collect();
    let parameter = call.parameter(&names, form.variadic).and_then(|place| names.get(place).copied());
    if form.name == "view" {
        let mut all = if parameter == Some("to") {
            moved(folder, &place.path, &[Keyword::Dataset, Keyword::Datasets], typed)
        } else {
            places(folder, &place.path, false)
        };
        if place.path.is_empty() && call.before > 0 {
            all.extend(unnamed(call, form_parameters(form), 0));
        }
        return all;
    }
    if !place.path.is_empty() {
        return Vec::new();
    }
    let mut all = if form.variadic { Vec::new() } else { unnamed(call, form_parameters(form), 0) };
    // Every other parameter is a setting, but for those that only a text can be.
    if !matches!(form.name, "files" | "annotate") {
        all.push(secret());
    }
    all
}

fn form_parameters(form: &forms::Form) -> impl Iterator<Item = (&'static str, String)> {
    form.parameters.iter().map(|parameter| (parameter.name, parameter.takes.to_owned()))
}

fn secret() -> Candidate {
    Candidate {
        insert: "env.".to_owned(),
        ..plain(
            "env",
            CandidateKind::Value,
            "env.NAME",
            "The value of an environment variable, read only when a step runs.",
        )
    }
}

/// The variables of the environment that the migration names somewhere.
fn variables(folder: &Folder) -> Vec<Candidate> {
    let mut names = BTreeSet::new();
    symbol::visit(folder, &mut |symbol| {
        if let Meaning::Variable(name) = symbol.meaning {
            names.insert(name);
        }
    });
    let doc = "A variable of the environment that this migration reads.";
    names.into_iter().map(|name| plain(&name, CandidateKind::Value, "", doc)).collect()
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
fn moved(folder: &Folder, path: &[&str], keywords: &[Keyword], typed: &str) -> Vec<Candidate> {
    match path {
        [] => named_items(folder, keywords, ""),
        [family] => members(folder, family, typed),
        _ => Vec::new(),
    }
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

fn type_candidate(word: &Word) -> Candidate {
    let (insert, snippet) = match word.word {
        "decimal(p, s)" => ("decimal(${1:12}, ${2:2})".to_owned(), true),
        "list(T)" => ("list(${1:text})".to_owned(), true),
        "enum(a, b)" => ("enum(${1:open}, ${2:closed})".to_owned(), true),
        other => (other.to_owned(), false),
    };
    Candidate { insert, snippet, ..plain(word.word, CandidateKind::Type, "", word.doc) }
}
