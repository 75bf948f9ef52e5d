//! The key: what tells rows apart, in chunks and when both sides are compared.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};

use mig_lang::{Diagnostic, NameIndex, Spanned};
use mig_plan::{DroppedColumn, Expr, Function};

use super::{Mapped, Subject};
use crate::hir::Dataset;
use crate::prose::some_of;
use crate::source::identifier;
use crate::typing::Known;

use super::super::cases::DatasetItem;

/// The key as pairs of old and new names; empty when there is none, or a wrong one, which is said.
pub(super) fn key(
    subject: &Subject,
    (columns, partial): (&[Mapped], bool),
    dropped: &[DroppedColumn],
    out: &mut Vec<Diagnostic>,
) -> Vec<(String, String)> {
    let written = match subject.case.from {
        DatasetItem::Single(Dataset { key: Some(key), .. }) => Some(key),
        DatasetItem::Single(_) | DatasetItem::Member(_) => None,
    };
    match written {
        Some(key) => explicit(subject, (columns, partial), key, out).unwrap_or_default(),
        None => primary(subject, columns, dropped, out),
    }
}

/// The old column that a new one is, when it is one and nothing is made of it. An integer that is only
/// widened tells rows apart as well as before.
fn plain(column: &Mapped) -> Option<&str> {
    match column.expr.as_ref()? {
        Expr::Column { name, .. } => Some(name),
        Expr::Call { function: Function::Cast, args, ty } if ty.ty.is_integer() => match args.as_slice() {
            [Expr::Column { name, ty }] if ty.ty.is_integer() => Some(name),
            _ => None,
        },
        Expr::Call { .. } | Expr::Literal { .. } => None,
    }
}

fn explicit(
    subject: &Subject,
    (columns, partial): (&[Mapped], bool),
    key: &[Spanned<String>],
    out: &mut Vec<Diagnostic>,
) -> Option<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    let mut whole = true;
    let made: BTreeMap<&str, &Mapped> =
        columns.iter().rev().map(|column| (column.name.as_str(), column)).collect();
    let choices = LazyCell::new(|| Choices::new(columns));
    for name in key {
        let Some(column) = made.get(name.value.as_str()) else {
            out.extend(unknown(subject, (&choices, partial), name));
            whole = false;
            continue;
        };
        match plain(column) {
            Some(old) => pairs.push((old.to_owned(), column.name.clone())),
            None => {
                // What could not be typed has been said.
                if column.expr.is_some() {
                    out.push(
                        Diagnostic::error("key-not-plain", name.span, format!("`{}` is computed, and cannot be the key", name.value))
                            .label(column.span, "made here")
                            .help("Rows are told apart by a column that is carried or renamed, so that both sides agree on which row is which."),
                    );
                }
                whole = false;
            }
        }
    }
    if !whole {
        return None;
    }
    let span = key.iter().map(|name| name.span).reduce(mig_lang::Span::to)?;
    let old: Vec<String> = pairs.iter().map(|(old, _)| old.clone()).collect();
    let nullable: Vec<&str> = old
        .iter()
        .filter(|name| matches!(subject.scope.get(name), Some(Known::Type(ty)) if ty.nullable))
        .map(String::as_str)
        .collect();
    if !nullable.is_empty() {
        out.push(
            Diagnostic::error("key-nullable", span, format!("{} of {} may be null", some_of(nullable, 4), subject.old_name))
                .help("A row without a key cannot be found again. Take a column that is never null, or leave `key` out."),
        );
        return None;
    }
    if !subject.old.is_key(&old) {
        out.push(not_unique(subject, span, &old));
        return None;
    }
    Some(pairs)
}

/// What a key's wrong column may have meant.
struct Choices<'m> {
    /// The new columns that are old ones, by the old name.
    renamed: BTreeMap<&'m str, &'m str>,
    index: NameIndex,
    /// The new columns, in words.
    listing: String,
}

impl<'m> Choices<'m> {
    fn new(columns: &'m [Mapped]) -> Self {
        let renamed = columns.iter().rev().filter_map(|column| Some((plain(column)?, column.name.as_str())));
        let index = NameIndex::new(columns.iter().map(|column| column.name.as_str()));
        let listing = some_of(index.names(), 12);
        Self { renamed: renamed.collect(), index, listing }
    }
}

fn unknown(
    subject: &Subject,
    (choices, partial): (&Choices, bool),
    name: &Spanned<String>,
) -> Option<Diagnostic> {
    let error = Diagnostic::error(
        "unknown-key-column",
        name.span,
        format!("the new table has no column `{}`", name.value),
    );
    // The old name of a renamed column is an easy slip.
    let renamed = choices.renamed.get(name.value.as_str()).copied();
    match renamed.or_else(|| choices.index.nearest(&name.value)) {
        Some(near) => Some(
            error.here(format!("did you mean `{near}`?")).help("A key is named by the new columns.").fix(
                format!("write `{near}`"),
                name.span,
                identifier(near),
            ),
        ),
        None => (!partial).then(|| error.help(format!("{} gets {}.", subject.new_name, choices.listing))),
    }
}

fn not_unique(subject: &Subject, span: mig_lang::Span, old: &[String]) -> Diagnostic {
    let names = some_of(old.iter().map(String::as_str), 4);
    let error = Diagnostic::error(
        "key-not-unique",
        span,
        format!("nothing in {} keeps {names} unique", subject.old_name),
    );
    let keys: Vec<String> = std::iter::once(&subject.old.primary_key)
        .chain(&subject.old.unique_keys)
        .filter(|key| !key.is_empty())
        .map(|key| key.join(", "))
        .collect();
    if keys.is_empty() {
        error.help("The old table has no unique key. Leave `key` out: rows are then told apart by where they stand in the store; or give the old table a unique index.")
    } else {
        error.help(format!(
            "Unique there: {}. Take one of these, or give the old table a unique index.",
            some_of(keys.iter().map(String::as_str), 4)
        ))
    }
}

/// The old table's primary key, when all of it is carried.
fn primary(
    subject: &Subject,
    columns: &[Mapped],
    dropped: &[DroppedColumn],
    out: &mut Vec<Diagnostic>,
) -> Vec<(String, String)> {
    let primary = &subject.old.primary_key;
    let nullable = |name: &String| {
        subject.old.column(name).and_then(|column| column.ty.as_ref()).is_none_or(|ty| ty.nullable)
    };
    if primary.is_empty() || primary.iter().any(nullable) {
        return Vec::new();
    }
    let carried = |old: &String| {
        columns
            .iter()
            .find(|column| plain(column) == Some(old.as_str()))
            .map(|column| (old.clone(), column.name.clone()))
    };
    if let Some(pairs) = primary.iter().map(carried).collect::<Option<Vec<_>>>() {
        return pairs;
    }
    // A column that could not be typed may have been the one, and one that is forgotten has its error.
    let typed = columns.iter().all(|column| column.expr.is_some() && !matches!(column.ty, Known::Silent));
    let mut used: BTreeSet<&str> = dropped.iter().map(|drop| drop.name.as_str()).collect();
    for column in columns {
        if let Some(expr) = &column.expr {
            expr.visit_columns(&mut |name| {
                used.insert(name);
            });
        }
    }
    if typed && primary.iter().all(|name| used.contains(name.as_str())) {
        let names = some_of(primary.iter().map(String::as_str), 4);
        out.push(
            Diagnostic::warning(
                "key-lost",
                subject.case.name_span(),
                format!("the primary key of {}, {names}, is not carried over", subject.old_name),
            )
            .help("The new table gets no key, and a row that differs is told by where it stands. Carry the key's columns, or name another unique key with `key = …`."),
        );
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::fixture::{Fixture, framed, said};

    fn keyed(key: &str, columns: &str) -> String {
        let source = format!(
            "dataset customers: legacy.customers -> lake.sales.customers {{\n  entity = @resource:customers\n{key}  columns {{\n{columns}  }}\n}}\n"
        );
        let fixture = Fixture::shop(&framed(&source));
        match fixture.compile() {
            (Some(plan), said) => format!("{:?}\n{}", plan.datasets["customers"].key, fixture.shown(&said)),
            (None, _) => said(&source),
        }
    }

    #[test]
    fn the_primary_key_is_taken_where_it_is_carried() {
        let all = "    name\n    email\n    city\n";
        assert_snapshot!(keyed("", &format!("    customer_id = id\n{all}")), @r#"[("id", "customer_id")]"#);
        assert_snapshot!(keyed("", &format!("    id = id * 10\n{all}")), @"
        []
        warning[key-lost]: the primary key of `legacy.customers`, `id`, is not carried over
          1:9 customers
          help: The new table gets no key, and a row that differs is told by where it stands. Carry the key's columns, or name another unique key with `key = …`.
        ");
        assert_snapshot!(keyed("  key = customer_id\n", &format!("    customer_id = id\n{all}")), @r#"[("id", "customer_id")]"#);
    }

    #[test]
    fn a_written_key_is_a_unique_carried_column_that_is_never_null() {
        let all =
            "    id\n    name\n    mail = email\n    city\n    code = upper(name)\n    oops = nonsense\n";
        assert_snapshot!(keyed("  key = email\n", all), @"
        error[unknown-key-column]: the new table has no column `email`
          3:9 email  <- did you mean `mail`?
          help: A key is named by the new columns.
          fix: write `mail`
        error[unknown-column]: `legacy.customers` has no column `nonsense`
          10:12 nonsense
          help: It has `id`, `name`, `email` and `city`.
        ");
        assert_snapshot!(keyed("  key = mail\n", all), @"
        error[key-nullable]: `email` of `legacy.customers` may be null
          3:9 mail
          help: A row without a key cannot be found again. Take a column that is never null, or leave `key` out.
        error[unknown-column]: `legacy.customers` has no column `nonsense`
          10:12 nonsense
          help: It has `id`, `name`, `email` and `city`.
        ");
        assert_snapshot!(keyed("  key = [id, code]\n", all), @"
        error[key-not-plain]: `code` is computed, and cannot be the key
          3:14 code
          9:5 code  <- made here
          help: Rows are told apart by a column that is carried or renamed, so that both sides agree on which row is which.
        error[unknown-column]: `legacy.customers` has no column `nonsense`
          10:12 nonsense
          help: It has `id`, `name`, `email` and `city`.
        ");
        assert_snapshot!(keyed("  key = [id, name]\n", all), @"
        error[key-not-unique]: nothing in `legacy.customers` keeps `id` and `name` unique
          3:10 id, name
          help: Unique there: `id` and `email`. Take one of these, or give the old table a unique index.
        error[unknown-column]: `legacy.customers` has no column `nonsense`
          10:12 nonsense
          help: It has `id`, `name`, `email` and `city`.
        ");
        assert_snapshot!(keyed("  key = oops\n", all), @"
        error[unknown-column]: `legacy.customers` has no column `nonsense`
          10:12 nonsense
          help: It has `id`, `name`, `email` and `city`.
        ");
    }
}
