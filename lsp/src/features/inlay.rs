//! What a reader would like to see between the words: the types of columns that write none, the old types behind carried
//! ones, the names of parameters that constants are for, and how much families and waves are.

use std::collections::BTreeMap;

use mig_compiler::forms;
use mig_compiler::functions::function;
use mig_lang::Span;
use mig_lang::ast::{Argument, Expr, ExprKind, Item, Keyword, Statement, UnaryOperator};
use mig_lang::items::{ValueForm, item as spec};

use super::completion::old_table;
use crate::snapshot::{Document, Folder};

/// What kind of thing is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HintKind {
    /// A type.
    Type,
    /// The name of a parameter.
    Parameter,
    /// How many.
    Count,
}

/// What is shown at a place, without being there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hint {
    /// The byte that it is shown before.
    pub(crate) at: u32,
    /// What is shown.
    pub(crate) label: String,
    /// What kind of thing it is.
    pub(crate) kind: HintKind,
    /// More about it, in Markdown; may be empty.
    pub(crate) tooltip: String,
    /// Whether it can be written there as it is shown.
    pub(crate) writable: bool,
}

/// How many names a tooltip has before the rest is counted.
const MOST_NAMES: usize = 12;

/// From how many constants on a call shows its parameters' names.
const SEVERAL: usize = 2;

/// What is shown within a place of a file, in source order.
pub(crate) fn hints(folder: &Folder, document: &Document, within: Span) -> Vec<Hint> {
    let mut found = Vec::new();
    for item in &document.tree().items {
        if item.span.end < within.start || within.end < item.span.start {
            continue;
        }
        size(folder, item, &mut found);
        if item.keyword.value == Keyword::Dataset {
            types(folder, item, &mut found);
        }
        for statement in &item.body {
            parameters(item.keyword.value, statement, &mut found);
        }
    }
    found.retain(|hint| within.start <= hint.at && hint.at <= within.end);
    found.sort_by_key(|hint| hint.at);
    found
}

/// How many members a family has and how much a wave moves, where the catalog is known.
fn size(folder: &Folder, item: &Item, found: &mut Vec<Hint>) {
    let name = item.name.text.as_str();
    // Of items with one name the first is meant; the others are none.
    let defined = folder.program().definitions.get(name);
    if defined.is_none_or(|defined| defined.name != item.name.span) {
        return;
    }
    let counts = |keyword| matches!(keyword, Keyword::Datasets | Keyword::Consumers | Keyword::Wave);
    if !counts(item.keyword.value) {
        return;
    }
    let Some(expansion) = folder.expansion() else { return };
    let (label, tooltip) = if item.keyword.value == Keyword::Wave {
        let Some(wave) = expansion.waves.get(name) else { return };
        let parts: Vec<String> = [(wave.datasets.len(), "dataset"), (wave.consumers.len(), "consumer")]
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| counted(count, what))
            .collect();
        let label = if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") };
        (label, listed(wave.datasets.iter().chain(&wave.consumers).map(String::as_str)))
    } else {
        let members: Vec<&str> = expansion.of_item(name).collect();
        (counted(members.len(), "member"), listed(members.into_iter()))
    };
    found.push(Hint { at: item.name.span.end, label, kind: HintKind::Count, tooltip, writable: false });
}

/// A number of things.
pub(crate) fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// Names in Markdown, the first few.
pub(crate) fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(MOST_NAMES);
    let shown = names.iter().take(MOST_NAMES).cloned().collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}

/// The types of new columns that write none, and the old types of those that are carried.
fn types(folder: &Folder, item: &Item, found: &mut Vec<Hint>) {
    let dataset = folder.program().datasets.get(&item.name.text);
    let Some(dataset) = dataset.filter(|dataset| dataset.title.name_span == item.name.span) else { return };
    let typed: BTreeMap<Span, String> = mig_compiler::new_columns(dataset, folder.schemas())
        .into_iter()
        .filter(|column| !column.declared)
        .map(|column| (column.span, column.ty.to_string()))
        .collect();
    let old = old_table(folder, &item.name.text);
    let blocks = item.body.iter().filter_map(|statement| {
        if let Statement::Columns(columns) = statement { Some(&columns.columns) } else { None }
    });
    for line in blocks.flatten() {
        if let Some(ty) = typed.get(&line.name.span) {
            found.push(Hint {
                at: line.name.span.end,
                label: format!(": {ty}"),
                kind: HintKind::Type,
                tooltip: format!("The new column's type: `{ty}`."),
                writable: true,
            });
        }
        let carried = old.filter(|_| line.value.is_none()).and_then(|old| old.column(&line.name.text));
        if let Some(column) = carried {
            let ty = column.ty.as_ref().map(ToString::to_string);
            let label = match &ty {
                Some(ty) if typed.get(&line.name.span) != Some(ty) => format!(" ← {ty}"),
                Some(_) | None => format!(" ← {}", column.native),
            };
            let ty = ty.map_or(String::new(), |ty| format!("`{ty}`, "));
            found.push(Hint {
                at: line.span.end,
                label,
                kind: HintKind::Type,
                tooltip: format!("The old column's type: {ty}in the store `{}`.", column.native),
                writable: false,
            });
        }
    }
}

/// The names of the parameters that constants of a statement's calls are for.
fn parameters(keyword: Keyword, statement: &Statement, found: &mut Vec<Hint>) {
    match statement {
        Statement::Attribute(attribute) => {
            let form = spec(keyword).attribute(&attribute.name.text).map(|attribute| attribute.value);
            if form == Some(ValueForm::Actions) {
                attribute.values.iter().for_each(|value| calls(value, true, found));
            }
        }
        Statement::Columns(columns) => {
            columns.columns.iter().filter_map(|line| line.value.as_ref()).for_each(|value| {
                calls(value, false, found);
            });
        }
        Statement::Check(mig_lang::ast::Check::Require { condition, .. }) => calls(condition, false, found),
        Statement::Check(_)
        | Statement::Drop(_)
        | Statement::When(_)
        | Statement::Then(_)
        | Statement::Irreversible { .. }
        | Statement::Allow(_)
        | Statement::Broken(_) => {}
    }
}

fn calls(expr: &Expr, action: bool, found: &mut Vec<Hint>) {
    if let ExprKind::Call { function: name, arguments } = &expr.kind {
        let names = if action { form_parameters(&name.text) } else { function_parameters(&name.text) };
        let constants: Vec<(&Argument, &str)> = arguments
            .iter()
            .zip(names)
            .filter(|(argument, _)| argument.name.is_none() && is_constant(&argument.value))
            .collect();
        if constants.len() >= SEVERAL {
            found.extend(constants.into_iter().map(|(argument, name)| Hint {
                at: argument.value.span.start,
                label: format!("{name}:"),
                kind: HintKind::Parameter,
                tooltip: String::new(),
                writable: false,
            }));
        }
    }
    expr.children().into_iter().for_each(|part| calls(part, action, found));
}

/// The names of a function's parameters but for a last one that may be given many times.
fn function_parameters(name: &str) -> Vec<&'static str> {
    let Some(info) = function(name) else { return Vec::new() };
    let single = info.parameters.len() - usize::from(info.variadic && !info.parameters.is_empty());
    info.parameters.iter().take(single).map(|parameter| parameter.name).collect()
}

fn form_parameters(name: &str) -> Vec<&'static str> {
    let form = forms::ACTIONS.iter().find(|form| form.name == name);
    form.into_iter().flat_map(|form| form.parameters).map(|parameter| parameter.name).collect()
}

/// Whether a value says nothing of what it is for.
fn is_constant(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(_) => true,
        ExprKind::Unary { operator, operand } => {
            operator.value == UnaryOperator::Negate && matches!(operand.kind, ExprKind::Literal(_))
        }
        ExprKind::Path(_)
        | ExprKind::Env(_)
        | ExprKind::Entity(_)
        | ExprKind::List(_)
        | ExprKind::Call { .. }
        | ExprKind::Pair { .. }
        | ExprKind::Index { .. }
        | ExprKind::Binary { .. }
        | ExprKind::Else { .. }
        | ExprKind::If { .. }
        | ExprKind::Where { .. }
        | ExprKind::Move { .. }
        | ExprKind::Broken => false,
    }
}

#[cfg(test)]
mod tests {
    use mig_lang::Span;

    use super::{HintKind, hints};
    use crate::fixture::{Fixture, shop};
    use crate::host::Known;

    /// The text with what is shown between `⟨` and `⟩`.
    fn shown(text: &str, known: Known) -> String {
        let fixture = Fixture::files(&[("main.mig", text)], known);
        let folder = &fixture.snapshot().folders[0];
        let document = &folder.files[0];
        let all = Span { file: document.id, start: 0, end: document.text.end() };
        let mut shown = text.to_owned();
        for hint in hints(folder, document, all).into_iter().rev() {
            shown.insert_str(hint.at as usize, &format!("⟨{}⟩", hint.label));
        }
        shown
    }

    const SHOP: &str = "
migration shop {
  owner   = @group:platform
  catalog = files(\"catalog.yaml\")
}
store legacy: sqlite { url = env.LEGACY }
store lake: postgres { url = env.LAKE }
dataset orders: legacy.orders -> lake.sales.orders {
  entity = @resource:orders-v1
  columns {
    order_id = order_no
    status   = replace(state, \"a\", \"b\") ++ lower(\"C\")
    state: text
    note
    part = substring(state, 1, 3)
  }
}
consumers others: catalog where kind == \"Component\" { cut_over = annotate(\"a\", \"b\") }
wave one { move = datasets }
wave two after one { move = consumers, datasets where kind == \"API\" }
wave three { }
";

    #[test]
    fn types_parameters_and_counts_are_shown() {
        insta::assert_snapshot!(shown(SHOP, shop()), @r#"
        migration shop {
          owner   = @group:platform
          catalog = files("catalog.yaml")
        }
        store legacy: sqlite { url = env.LEGACY }
        store lake: postgres { url = env.LAKE }
        dataset orders: legacy.orders -> lake.sales.orders {
          entity = @resource:orders-v1
          columns {
            order_id⟨: int64⟩ = order_no
            status⟨: text⟩   = replace(state, ⟨from:⟩"a", ⟨to:⟩"b") ++ lower("C")
            state: text⟨ ← text⟩
            note⟨: text?⟩⟨ ← TEXT⟩
            part⟨: text⟩ = substring(state, ⟨start:⟩1, ⟨length:⟩3)
          }
        }
        consumers others⟨1 member⟩: catalog where kind == "Component" { cut_over = annotate(⟨key:⟩"a", ⟨value:⟩"b") }
        wave one⟨1 dataset⟩ { move = datasets }
        wave two⟨1 consumer⟩ after one { move = consumers, datasets where kind == "API" }
        wave three⟨nothing⟩ { }
        "#);
    }

    #[test]
    fn nothing_is_guessed_of_a_world_that_is_not_known() {
        let shown = shown(SHOP, Known::default());
        assert!(!shown.contains("member") && !shown.contains('←') && !shown.contains("⟨:"), "{shown}");
        assert!(shown.contains("⟨start:⟩1"), "{shown}");
    }

    #[test]
    fn what_is_written_is_the_type() {
        let fixture = Fixture::files(&[("main.mig", SHOP)], shop());
        let folder = &fixture.snapshot().folders[0];
        let document = &folder.files[0];
        let all = Span { file: document.id, start: 0, end: document.text.end() };
        for hint in hints(folder, document, all) {
            assert_eq!(hint.writable, hint.kind == HintKind::Type && hint.label.starts_with(':'));
        }
        let first = Span { end: document.text.line_start(7), ..all };
        assert_eq!(hints(folder, document, first), [], "only what is looked at is asked for");
    }
}
