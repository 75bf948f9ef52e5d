//! What there is to say about what stands under the cursor, in Markdown: from the tables of the language, the program,
//! and what is known of the world.

mod columns;

use mig_compiler::codes;
use mig_compiler::forms::{self, Form};
use mig_compiler::functions::{FunctionInfo, function};
use mig_lang::Span;
use mig_lang::ast::Keyword;
use mig_lang::items::{AttributeSpec, Need, StatementForm, item as spec};
use mig_lang::words;
use mig_plan::json::{Json, Object};
use mig_plan::schema::{SchemaColumn, TableSchema};
use mig_plan::{EntityRef, MetricUnit, StoreKind, TableRef};

use super::counts::about;
use super::definition::tree;
use crate::snapshot::{Cursor, Folder};
use crate::symbol::{self, Meaning};

/// How many names of a kind are listed before the rest is counted.
const MOST_NAMES: usize = 8;

/// What there is to say, and about which place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hover {
    /// The text, in Markdown.
    pub(crate) text: String,
    /// What it is about.
    pub(crate) span: Span,
}

/// What there is to say at the cursor.
pub(crate) fn hover(cursor: Cursor<'_>) -> Option<Hover> {
    let symbol = symbol::at(cursor)?;
    let folder = cursor.folder;
    let text = match &symbol.meaning {
        Meaning::Item(name) => item(folder, name)?,
        Meaning::Member { family, member } => {
            let around = item(folder, family)?;
            format!("`{member}`, a member of this family:\n\n{around}")
        }
        Meaning::Keyword(keyword) => item_doc(*keyword),
        Meaning::Attribute(keyword, name) => attribute_doc(spec(*keyword).attribute(name)?),
        Meaning::Statement(keyword, form) => statement_doc(*keyword, *form)?,
        Meaning::StoreKind(kind) => {
            let store = StoreKind::ALL.iter().find(|(word, _, _)| word == kind).map(|(_, _, doc)| doc);
            let unit = || MetricUnit::ALL.iter().find(|(word, ..)| word == kind).map(|(_, _, doc, _)| doc);
            (*store.or_else(unit)?).to_owned()
        }
        Meaning::Table { store, path } => table(folder, store, path)?,
        Meaning::Entity(entity) => entity_text(folder, entity),
        Meaning::OldColumn { dataset, column } => columns::old(folder, dataset, column)?,
        Meaning::NewColumn { dataset, column } => columns::new(folder, dataset, column)?,
        Meaning::Type(name) => {
            let word = words::TYPES.iter().find(|word| word.word.split('(').next() == Some(name))?;
            code(word.word, word.doc)
        }
        Meaning::Function(name) => function_doc(function(name)?),
        Meaning::Action(name) => form_doc(form(&forms::ACTIONS, name)?),
        Meaning::Metric(name) => form_doc(form(&forms::METRICS, name)?),
        Meaning::Variable(name) => format!(
            "The value of the environment variable `{name}`, read only when a step runs, and kept nowhere."
        ),
        Meaning::Code(code) => code_doc(codes::page(code)?),
        Meaning::EntityPath(path) => entity_path(folder, path)?,
    };
    Some(Hover { text, span: symbol.span })
}

fn code(signature: &str, doc: &str) -> String {
    let block = format!("```mig\n{signature}\n```");
    if doc.is_empty() { block } else { format!("{block}\n\n{doc}") }
}

fn form(all: &[&'static Form], name: &str) -> Option<&'static Form> {
    all.iter().copied().find(|form| form.name == name)
}

/// What a call that is a value does.
pub(crate) fn form_doc(form: &Form) -> String {
    format!("{}\n\n`{}`", code(&form.signature(), form.doc), form.example)
}

/// What an item of a keyword is.
pub(crate) fn item_doc(keyword: Keyword) -> String {
    let spec = spec(keyword);
    format!("{}\n\n```mig\n{}\n```", spec.doc, spec.example.trim())
}

/// What a finding of a code says.
pub(crate) fn code_doc(page: &codes::Page) -> String {
    format!("{}.\n\n{}\n\n{}", page.title, page.why, page.fix)
}

/// What an attribute is for.
pub(crate) fn attribute_doc(attribute: &AttributeSpec) -> String {
    let need = match attribute.need {
        Need::Required => "Required.".to_owned(),
        Need::Optional => "May be left out.".to_owned(),
        Need::Default(value) => format!("When left out: `{value}`."),
    };
    format!("{}\n\n{} {need}", code(attribute.example, ""), attribute.doc)
}

fn statement_doc(keyword: Keyword, form: StatementForm) -> Option<String> {
    let statement = spec(keyword).statement(form)?;
    Some(code(statement.example, statement.doc))
}

/// What a function does.
pub(crate) fn function_doc(info: &FunctionInfo) -> String {
    let mut text = code(&format!("{} -> {}", info.signature(), info.gives.words()), info.doc);
    let takes: Vec<String> = info
        .parameters
        .iter()
        .map(|parameter| format!("- `{}`: {}", parameter.name, parameter.accepts.words()))
        .collect();
    if !takes.is_empty() {
        text.push_str(&format!("\n\n{}", takes.join("\n")));
    }
    text
}

fn item(folder: &Folder, name: &str) -> Option<String> {
    let program = folder.program();
    let definition = program.definitions.get(name)?;
    let tree = tree(folder, name)?;
    let head = folder.slice(tree.span).split('{').next().unwrap_or_default().trim().to_owned();
    let mut text = code(&head, &tree.doc);
    match definition.keyword {
        Keyword::Dataset => {
            let dataset = program.datasets.get(name)?;
            if let Some(entity) = &dataset.old_entity {
                text.push_str(&format!("\n\n{}", entity_text(folder, &entity.entity)));
            }
            text.push_str(&moved_by(folder, name));
            text.push_str(&dataset.old.as_ref().map_or_else(String::new, |old| weight(folder, &old.table)));
        }
        Keyword::Consumer => {
            let consumer = program.consumers.get(name)?;
            if let Some(entity) = &consumer.entity {
                text.push_str(&format!("\n\n{}", entity_text(folder, &entity.entity)));
            }
            text.push_str(&moved_by(folder, name));
        }
        Keyword::Wave => {
            let wave = program.waves.get(name)?;
            let parts: Vec<&str> = wave.moves.iter().map(|part| folder.slice(part.span)).collect();
            if !parts.is_empty() {
                text.push_str(&format!("\n\nMoves {}.", parts.join(", ")));
            }
            if !wave.after.is_empty() {
                let after: Vec<String> =
                    wave.after.iter().map(|after| format!("`{}`", after.value)).collect();
                text.push_str(&format!("\n\nComes after {}.", after.join(", ")));
            }
        }
        Keyword::Migration
        | Keyword::Store
        | Keyword::Datasets
        | Keyword::Consumers
        | Keyword::Validation
        | Keyword::Approval
        | Keyword::Metric
        | Keyword::Rollback => {}
    }
    Some(text)
}

/// The waves that name an item.
fn moved_by(folder: &Folder, name: &str) -> String {
    let waves: Vec<String> = folder
        .program()
        .waves
        .iter()
        .filter(|(_, wave)| {
            wave.moves.iter().any(|part| match &part.what {
                mig_compiler::hir::Moved::Item(item) => item.name == name,
                mig_compiler::hir::Moved::Datasets | mig_compiler::hir::Moved::Consumers => false,
            })
        })
        .map(|(wave, _)| format!("`{wave}`"))
        .collect();
    if waves.is_empty() { String::new() } else { format!("\n\nNamed by {}.", waves.join(", ")) }
}

/// What the catalog says of an entity.
fn entity_text(folder: &Folder, reference: &EntityRef) -> String {
    let form = reference.source_form();
    let Some(catalog) = folder.catalog() else {
        return format!("`{form}`\n\nNothing is known of the catalog yet: run `mig catalog pull`.");
    };
    let Some(entity) = catalog.get(reference) else {
        return format!("`{form}`\n\nThe catalog has no such entity.");
    };
    let text_at = |object: &Object, key: &str| object.get(key).and_then(Json::as_str).map(str::to_owned);
    let mut text = format!("`{form}`");
    if let Some(title) = text_at(&entity.metadata, "title") {
        text.push_str(&format!(" **{title}**"));
    }
    if let Some(description) = text_at(&entity.metadata, "description") {
        text.push_str(&format!("\n\n{description}"));
    }
    let mut facts = Vec::new();
    for key in ["type", "lifecycle"] {
        facts.extend(text_at(&entity.spec, key).map(|value| format!("- {key}: {value}")));
    }
    let list = |kind: &str| -> Vec<String> {
        entity.related(kind).map(|other| format!("`{}`", other.source_form())).collect()
    };
    for (kind, words) in [
        ("ownedBy", "owned by"),
        ("dependencyOf", "read by"),
        ("apiConsumedBy", "consumed by"),
        ("dependsOn", "reads"),
    ] {
        let names = list(kind);
        if !names.is_empty() {
            let shown = names.iter().take(MOST_NAMES).cloned().collect::<Vec<_>>().join(", ");
            let more = names.len().saturating_sub(MOST_NAMES);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            facts.push(format!("- {words} {shown}{more}"));
        }
    }
    if !facts.is_empty() {
        text.push_str(&format!("\n\n{}", facts.join("\n")));
    }
    text
}

fn table(folder: &Folder, store: &str, path: &[String]) -> Option<String> {
    let name = TableRef { store: store.to_owned(), path: path.to_vec() };
    let known = folder.schemas().stores.get(store)?;
    let found = known.tables.get_key_value(path).or_else(|| {
        // Written without the schema that the store takes for granted.
        known.tables.iter().find(|(table, _)| table.ends_with(path))
    });
    match found {
        Some((path, schema)) => {
            let table = TableRef { store: store.to_owned(), path: path.clone() };
            Some(format!("`{name}`{}\n\n{}", weight(folder, &table), table_text(folder, &table, schema)))
        }
        None => Some(format!("`{name}`\n\nThe store had no such table when its schema was read.")),
    }
}

/// About how many rows a table has, as a sentence of its own.
fn weight(folder: &Folder, table: &TableRef) -> String {
    let rows = folder.rows(table).map(about);
    rows.map_or_else(String::new, |rows| format!("\n\nAbout {rows} when the schemas were pulled."))
}

fn table_text(folder: &Folder, table: &TableRef, schema: &TableSchema) -> String {
    let held = |column: &SchemaColumn| columns::summary(folder, table, &column.name);
    let is_known = schema.columns.iter().any(|column| !held(column).is_empty());
    let (head, line) = if is_known { (" held |", "---|") } else { ("", "") };
    let mut text = format!("| column | type | in the store |{head}\n|---|---|---|{line}");
    for column in &schema.columns {
        let ty = column.ty.as_ref().map_or("none that fits".to_owned(), ToString::to_string);
        let held = if is_known { format!(" {} |", held(column)) } else { String::new() };
        text.push_str(&format!("\n| {} | {ty} | {} |{held}", column.name, column.native));
    }
    if !schema.primary_key.is_empty() {
        text.push_str(&format!("\n\nKey: {}", schema.primary_key.join(", ")));
    }
    text
}

/// How many entities have something at a path, and the values that are most frequent.
fn entity_path(folder: &Folder, path: &[String]) -> Option<String> {
    let catalog = folder.catalog()?;
    let (first, rest) = path.split_first()?;
    let mut with = 0_usize;
    for entity in catalog.entities() {
        let object = match first.as_str() {
            "metadata" => &entity.metadata,
            "spec" => &entity.spec,
            _ => return None,
        };
        let (head, tail) = rest.split_first()?;
        let mut value = object.get(head);
        for part in tail {
            value = value.and_then(|value| value.as_object()?.get(part));
        }
        with += usize::from(value.is_some());
    }
    Some(format!("`{}`: {with} of {} entities have it.", path.join("."), catalog.len()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use insta::assert_snapshot;
    use mig_plan::{ColumnStatistics, TableRef};

    use super::hover;
    use crate::fixture::{Fixture, shop};
    use crate::host::Known;

    const SHOP: &str = "
migration shop {
  owner   = @group:platform
  catalog = files(\"catalog.yaml\")
}
store legacy: sqlite { url = env.LEGACY }
store lake: postgres { url = env.LAKE }
/// The orders.
dataset orders: legacy.orders -> lake.sales.orders {
  entity = @resource:orders-v1
  key = order_id
  columns {
    order_id: int64 = order_no
    status: text = lower(state)
  }
  drop note because \"unused\"
}
wave one {
  move = orders
}
";

    fn text(from: &str, to: &str) -> String {
        let source = SHOP.replacen(from, to, 1);
        let fixture = Fixture::files(&[("main.mig", source.as_str())], shop());
        hover(fixture.cursor()).map_or_else(|| "nothing".to_owned(), |hover| hover.text)
    }

    #[test]
    fn names_say_what_they_name() {
        assert_snapshot!(text("move = orders", "move = ord$0ers"), @"
        ```mig
        dataset orders: legacy.orders -> lake.sales.orders
        ```

        The orders.

        `@resource:orders-v1`

        The orders-v1.

        - type: dataset
        - lifecycle: production
        - owned by `@group:platform`
        - read by `@component:billing-api`

        Named by `one`.
        ");
        assert_snapshot!(text("(state)", "(sta$0te)"), @"
        ```mig
        state: text
        ```

        A column of the old table of `orders`, there `TEXT`. It becomes `status: text`.
        ");
        assert_snapshot!(text("key = order_id", "key = order$0_id"), @"
        ```mig
        order_id: int64 = order_no
        ```

        A column of the new table of `orders`. Made of `order_no: int64`. The table that is there has it as `int64` (`bigint`).
        ");
    }

    #[test]
    fn words_of_the_language_say_what_they_are_for() {
        assert_snapshot!(text("lower(", "low$0er("), @"
        ```mig
        lower(text) -> text
        ```

        In lower case (Unicode).

        - `text`: a text
        ");
        assert_snapshot!(text("key =", "k$0ey ="), @"
        ```mig
        key = order_id
        ```

        The new columns that tell rows apart; without it the old table's primary key, where it is carried over. May be left out.
        ");
        assert_snapshot!(text("sqlite", "sql$0ite"), @"A SQLite database file.");
        assert_snapshot!(text("wave one", "wa$0ve one"), @"
        What moves together; waves follow one another.

        ```mig
        wave core after pilot {
          move  = consumers where criticality > low
          batch = 25
          soak  = 24h
        }
        ```
        ");
    }

    #[test]
    fn the_world_is_told_as_it_was_read() {
        assert_snapshot!(text("@resource:orders-v1", "@resource:ord$0ers-v1"), @"
        `@resource:orders-v1`

        The orders-v1.

        - type: dataset
        - lifecycle: production
        - owned by `@group:platform`
        - read by `@component:billing-api`
        ");
        assert_snapshot!(text("legacy.orders", "legacy.ord$0ers"), @"
        `legacy.orders`

        | column | type | in the store |
        |---|---|---|
        | order_no | int64 | INTEGER |
        | state | text | TEXT |
        | note | text? | TEXT |

        Key: order_no
        ");
        assert_eq!(text("migration shop {", "migration shop {$0"), "nothing");
    }

    #[test]
    fn what_columns_held_is_told_where_it_was_pulled() {
        let legacy = TableRef { store: "legacy".to_owned(), path: vec!["orders".to_owned()] };
        let column = |name: &str, null_share, distinct| {
            let known = ColumnStatistics::new(&legacy.path, name.to_owned(), null_share, distinct);
            ((legacy.clone(), name.to_owned()), known)
        };
        let statistics = BTreeMap::from([
            column("order_no", 0.0, Some(1_234_567)),
            column("state", 0.051, Some(1)),
            column("note", 1.0, None),
        ]);
        let text = |from: &str, to: &str| {
            let known = Known { statistics: statistics.clone(), ..shop() };
            let fixture = Fixture::files(&[("main.mig", SHOP.replacen(from, to, 1).as_str())], known);
            hover(fixture.cursor()).map_or_else(|| "nothing".to_owned(), |hover| hover.text)
        };
        assert_snapshot!(text("(state)", "(sta$0te)"), @"
        ```mig
        state: text
        ```

        A column of the old table of `orders`, there `TEXT`. It becomes `status: text`.

        Null in about 5 % of the rows, 1 value when the schemas were pulled.
        ");
        assert_snapshot!(text("key = order_id", "key = order$0_id"), @"
        ```mig
        order_id: int64 = order_no
        ```

        A column of the new table of `orders`. Made of `order_no: int64`. The table that is there has it as `int64` (`bigint`).

        Never null, about 1.2 M different values when the schemas were pulled.
        ");
        assert_snapshot!(text("legacy.orders", "legacy.ord$0ers"), @"
        `legacy.orders`

        | column | type | in the store | held |
        |---|---|---|---|
        | order_no | int64 | INTEGER | Never null, about 1.2 M different values |
        | state | text | TEXT | Null in about 5 % of the rows, 1 value |
        | note | text? | TEXT | Null in every row |

        Key: order_no
        ");
    }
}
