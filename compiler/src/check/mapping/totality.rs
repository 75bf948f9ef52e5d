//! No old column is forgotten: each is used, carried, or dropped with a reason.

use std::collections::{BTreeMap, BTreeSet};

use mig_lang::{Diagnostic, Span};
use mig_plan::DroppedColumn;

use super::Subject;
use crate::hir::{Column, Columns, Dataset};
use crate::prose::some_of;
use crate::source::identifier;
use crate::typing::columns_named;

/// The columns that are dropped: those that are there, each once, and none that is used.
pub(super) fn drops(subject: &Subject, dataset: &Dataset, out: &mut Vec<Diagnostic>) -> Vec<DroppedColumn> {
    let used = match &dataset.columns {
        Some(Columns::Listed { columns, .. }) => used(columns),
        Some(Columns::Same(_)) | None => BTreeMap::new(),
    };
    let mut dropped: BTreeMap<&str, Span> = BTreeMap::new();
    let mut kept = Vec::new();
    for drop in &dataset.drops {
        let name = &drop.column;
        if subject.scope.get(&name.text).is_none() {
            out.extend(subject.scope.unknown(name));
            continue;
        }
        if let Some(first) = dropped.get(name.text.as_str()) {
            out.push(
                Diagnostic::error("duplicate-drop", name.span, format!("`{}` is dropped twice", name.text))
                    .label(*first, "the first time"),
            );
            continue;
        }
        dropped.insert(&name.text, name.span);
        if let Some(user) = used.get(name.text.as_str()) {
            out.push(
                Diagnostic::error(
                    "dropped-column-used",
                    name.span,
                    format!("`{}` is dropped and used", name.text),
                )
                .label(*user, "used here")
                .help("A column that a new one is made from is not lost: remove the `drop`.")
                .fix("remove the `drop`", drop.span, ""),
            );
            continue;
        }
        if drop.because.value.trim().is_empty() {
            out.push(
                Diagnostic::error(
                    "drop-without-reason",
                    drop.because.span,
                    format!("why is `{}` dropped?", name.text),
                )
                .help("Whoever looks for the column in a year reads it here."),
            );
        }
        kept.push(DroppedColumn {
            name: name.text.clone(),
            because: drop.because.value.clone(),
            see: drop.see.as_ref().map(|see| see.value.clone()),
        });
    }
    kept
}

/// The old columns that new ones are made from, each with the first place that names it.
/// Every old column that a line uses, with the first such line.
pub(in crate::check) fn used(columns: &[Column]) -> BTreeMap<&str, Span> {
    let mut used = BTreeMap::new();
    for column in columns {
        let mut names = BTreeSet::new();
        match &column.value {
            Some(value) => columns_named(value, &mut names),
            None => {
                names.insert(column.name.text.as_str());
            }
        }
        for name in names {
            used.entry(name).or_insert(column.span);
        }
    }
    used
}

/// Says which old columns are neither used nor dropped.
pub(super) fn unmapped(
    subject: &Subject,
    dataset: &Dataset,
    columns: &[Column],
    block: Span,
    out: &mut Vec<Diagnostic>,
) {
    // A line that could not be read may be about the column.
    if !dataset.whole {
        return;
    }
    let used = used(columns);
    let dropped: BTreeSet<&str> = dataset.drops.iter().map(|drop| drop.column.text.as_str()).collect();
    // A column that a misspelled name stands for is not forgotten too.
    let meant: BTreeSet<&str> = used
        .keys()
        .chain(&dropped)
        .filter(|name| subject.scope.get(name).is_none())
        .filter_map(|name| subject.scope.nearest(name))
        .collect();
    // Nor is one whose line is made from a column that is not there.
    let slipped = |column: &&Column| {
        let mut names = BTreeSet::new();
        column.value.iter().for_each(|value| columns_named(value, &mut names));
        names.into_iter().any(|name| subject.scope.get(name).is_none())
    };
    let made: BTreeSet<&str> =
        columns.iter().filter(slipped).map(|column| column.name.text.as_str()).collect();
    let mentioned = |name: &str| {
        used.contains_key(name) || dropped.contains(name) || meant.contains(name) || made.contains(name)
    };
    // A name that is near none may stand for any of them.
    let strange = |name: &&&str| subject.scope.get(name).is_none() && subject.scope.nearest(name).is_none();
    let strangers = used.keys().chain(&dropped).filter(strange).count();
    let lost: Vec<_> = subject.old.columns.iter().filter(|column| !mentioned(&column.name)).collect();
    if lost.len() <= strangers {
        return;
    }
    let names = some_of(lost.iter().map(|column| column.name.as_str()), 8);
    let verb = if lost.len() == 1 { "is" } else { "are" };
    let mut error = Diagnostic::error(
        "unmapped-column",
        block_word(block),
        format!("{names} of {} {verb} not mapped", subject.old_name),
    );
    if let Some(old) = &subject.case.old {
        error = error.label(old.span, "the old table");
    }
    error = error.help("Carry a column by its bare name, use it in an expression, or leave it behind with `drop … because \"…\"`.");
    // What has no type in the language can only be left behind.
    let carried: Vec<&str> =
        lost.iter().filter(|column| column.ty.is_some()).map(|column| column.name.as_str()).collect();
    if carried.len() == lost.len() {
        let lines: String = carried.iter().map(|name| format!("\n    {}", identifier(name))).collect();
        let (span, text) = match columns.last() {
            Some(last) => (end_of(last.span), lines),
            None => (before_brace(block), format!("{lines}\n  ")),
        };
        let title = if lost.len() == 1 { "carry it over as it is" } else { "carry them over as they are" };
        error = error.fix(title, span, text);
    }
    let lines: String = lost
        .iter()
        .map(|column| format!("\n  drop {} because \"no longer needed\"", identifier(&column.name)))
        .collect();
    let behind = dataset.drops.last().map_or(block, |drop| drop.span);
    let title = if lost.len() == 1 { "leave it behind" } else { "leave them behind" };
    out.push(error.draft(title, end_of(behind), lines));
}

/// The word `columns` that opens a block.
fn block_word(block: Span) -> Span {
    let length = u32::try_from("columns".len()).unwrap_or_default();
    Span { end: block.end.min(block.start + length), ..block }
}

fn end_of(span: Span) -> Span {
    Span { start: span.end, ..span }
}

/// The place before a block's closing brace.
fn before_brace(block: Span) -> Span {
    let at = block.end.saturating_sub(1);
    Span { start: at, end: at, ..block }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::fixture::{Fixture, framed, said};

    #[test]
    fn forgotten_columns_are_listed_and_every_fix_mends_them() {
        let source = framed(
            "
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  columns {
    id
    label = upper(name)
  }
  drop nme because \"in the label\"
}
",
        );
        let fixture = Fixture::shop(&source);
        assert_snapshot!(fixture.said(), @r#"
        error[unmapped-column]: `email` and `city` of `legacy.customers` are not mapped
          3:3 columns
          1:20 legacy.customers  <- the old table
          help: Carry a column by its bare name, use it in an expression, or leave it behind with `drop … because "…"`.
          fix: carry them over as they are
          fix: leave them behind
        error[unknown-column]: `legacy.customers` has no column `nme`
          7:8 nme  <- did you mean `name`?
          help: It has `id`, `name`, `email` and `city`.
          fix: write `name`
        "#);
        let (_, said) = fixture.compile();
        let unmapped = said.iter().find(|said| said.code == "unmapped-column").unwrap();
        let fixed: Vec<String> = unmapped
            .fixes
            .iter()
            .map(|fix| fixture.fixed(fix).split("\n}\n").next().unwrap().to_owned())
            .collect();
        assert_snapshot!(fixed.join("\n---\n"), @r#"
        dataset customers: legacy.customers -> lake.sales.customers {
          entity = @resource:customers
          columns {
            id
            label = upper(name)
            email
            city
          }
          drop nme because "in the label"
        ---
        dataset customers: legacy.customers -> lake.sales.customers {
          entity = @resource:customers
          columns {
            id
            label = upper(name)
          }
          drop nme because "in the label"
          drop email because "no longer needed"
          drop city because "no longer needed"
        "#);
    }

    #[test]
    fn a_column_that_a_wrong_expression_names_is_not_forgotten_too() {
        let source = "
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  columns {
    id
    name = lowr(name)
    contact: int64 = email ++ (city else 1)
  }
}
";
        assert_snapshot!(said(source), @"
        error[unknown-function]: there is no function `lowr`
          5:12 lowr  <- did you mean `lower`?
          fix: write `lower`
        error[type-mismatch]: `text` and `int64` cannot stand for each other
          6:31 (city else 1)
          6:32 city  <- this is `text`
          6:42 1  <- this is `int64`
          help: Cast one: `text(value)`.
        ");
    }

    #[test]
    fn a_column_that_is_misspelled_is_not_forgotten_too() {
        let source = "
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  columns {
    id
    nme
    email
  }
  drop cty because \"unused\"
}
";
        assert_snapshot!(said(source), @"
        error[unknown-column]: `legacy.customers` has no column `nme`
          5:5 nme  <- did you mean `name`?
          help: It has `id`, `name`, `email` and `city`.
          fix: write `name`
        error[unknown-column]: `legacy.customers` has no column `cty`
          8:8 cty  <- did you mean `city`?
          help: It has `id`, `name`, `email` and `city`.
          fix: write `city`
        ");
    }

    #[test]
    fn an_empty_block_forgets_everything() {
        let source = "
dataset places: legacy.places -> lake.sales.places {
  entity = @resource:places
  columns {
  }
}
";
        assert_snapshot!(said(source), @r#"
        error[unmapped-column]: `id`, `shape` and `name` of `legacy.places` are not mapped
          3:3 columns
          1:17 legacy.places  <- the old table
          help: Carry a column by its bare name, use it in an expression, or leave it behind with `drop … because "…"`.
          fix: leave them behind
        "#);
    }
}
