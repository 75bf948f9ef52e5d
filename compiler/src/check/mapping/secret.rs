//! Secret columns: each that is named is there, and what is read from where it went is as secret.

use std::collections::{BTreeMap, BTreeSet};

use mig_lang::ast::Name;
use mig_lang::{Diagnostic, NameIndex};

use super::super::Scene;
use super::super::cases::DatasetItem;
use super::super::derived::Derived;
use super::{Mapping, Subject};
use crate::prose::some_of;
use crate::source::identifier;

/// The secret columns of one old table. A family's members need not have all of them.
pub(super) fn named(subject: &Subject, out: &mut Vec<Diagnostic>) -> BTreeSet<String> {
    let mut secret = BTreeSet::new();
    for name in subject.case.from.secret() {
        match subject.case.from {
            _ if subject.scope.get(&name.text).is_some() => {
                secret.insert(name.text.clone());
            }
            DatasetItem::Single(_) => out.extend(subject.scope.unknown(name)),
            DatasetItem::Member(_) => {}
        }
    }
    secret
}

/// A family's secret column that no member has is misspelled.
pub(in crate::check) fn families(scene: &Scene, out: &mut Vec<Diagnostic>) {
    // Of each family with secrets the columns of its members' old tables; none where one of them is not known.
    let mut families: BTreeMap<&str, (&[Name], Option<BTreeSet<&str>>)> = BTreeMap::new();
    for case in &scene.datasets.cases {
        let DatasetItem::Member(family) = case.from else { continue };
        if family.secret.is_empty() {
            continue;
        }
        let known = || (family.secret.as_slice(), Some(BTreeSet::new()));
        let (_, columns) = families.entry(family.title.name.as_str()).or_insert_with(known);
        match (case.old_schema, columns) {
            (Some(schema), Some(columns)) => {
                columns.extend(schema.columns.iter().map(|column| column.name.as_str()));
            }
            (_, columns) => *columns = None,
        }
    }
    for (family, (secret, columns)) in families {
        let Some(columns) = columns else { continue };
        let index = NameIndex::new(columns.iter().copied());
        let listing = some_of(columns.iter().copied(), 12);
        for name in secret.iter().filter(|name| !columns.contains(name.text.as_str())) {
            let message = format!("no table of `{family}` has a column `{}`", name.text);
            let error = Diagnostic::error("unknown-column", name.span, message);
            out.push(match index.nearest(&name.text) {
                Some(near) => error.here(format!("did you mean `{near}`?")).fix(
                    format!("write `{near}`"),
                    name.span,
                    identifier(near),
                ),
                None => error.help(format!("They have {listing}.")),
            });
        }
    }
}

/// Makes secret what a dataset reads from another's new table and is secret there.
pub(in crate::check) fn inherit(derived: &[Derived], mappings: &mut [Option<Mapping>]) {
    let mut open: Vec<usize> = (0..mappings.len()).collect();
    while let Some(source) = open.pop() {
        let Some(Some(mapping)) = mappings.get(source) else { continue };
        if mapping.secret.is_empty() {
            continue;
        }
        let told = mapping
            .columns
            .iter()
            .filter(|column| column.expr.as_ref().is_none_or(|expr| expr.tells(&mapping.secret)));
        let told: Vec<String> = told.map(|column| column.name.clone()).collect();
        // They are sorted by their source.
        let first = derived.partition_point(|edge| edge.source < source);
        let mine = derived[first..].iter().take_while(|edge| edge.source == source);
        for edge in mine.filter(|edge| edge.by_table) {
            let Some(Some(reader)) = mappings.get_mut(edge.derived) else { continue };
            let before = reader.secret.len();
            reader.secret.extend(told.iter().cloned());
            if reader.secret.len() > before {
                open.push(edge.derived);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::fixture::{Fixture, SHOP_CATALOG, SHOP_SCHEMAS, framed, said};

    #[test]
    fn a_secret_column_is_one_of_the_old_table() {
        let source = "
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  secret = [emial, city]
  columns = same
}
";
        assert_snapshot!(said(source), @"
        error[unknown-column]: `legacy.customers` has no column `emial`
          3:13 emial  <- did you mean `email`?
          help: It has `id`, `name`, `email` and `city`.
          fix: write `email`
        ");
    }

    #[test]
    fn what_tells_something_of_a_secret_column_is_secret() {
        let source = framed(
            "
dataset customers: legacy.customers -> lake.sales.customers {
  entity = @resource:customers
  secret = email
  columns {
    id
    name
    email
    mailed: bool = is_null(email)
    domain: text? = split_part(email else \"\", \"@\", 2)
    token:  text = hex(sha256(lower(email else \"\")))
    place:  text = city else \"\"
  }
}
",
        );
        let plan = Fixture::shop(&source).plan();
        let customers = &plan.datasets["customers"];
        assert_eq!(customers.secret.iter().collect::<Vec<_>>(), ["email"]);
        let secret = customers.columns.iter().filter(|column| column.secret);
        assert_eq!(
            secret.map(|column| column.name.as_str()).collect::<Vec<_>>(),
            ["email", "mailed", "domain"]
        );
    }

    #[test]
    fn what_is_read_from_where_a_secret_went_is_secret() {
        let source = framed(
            "
dataset customers: legacy.customers -> lake.sales.people {
  entity = @resource:customers
  secret = email
  columns {
    id
    mail = email
  }
  drop name because \"unused\"
  drop city because \"unused\"
}
dataset again: lake.sales.people -> lake.sales.again {
  columns {
    id
    post = mail
  }
}
",
        );
        let schemas = format!("{SHOP_SCHEMAS}\nlake.sales.people: id int64 key, mail text?\n");
        let plan = Fixture::new(&source, SHOP_CATALOG, &schemas).plan();
        let again = &plan.datasets["again"];
        assert_eq!(again.secret.iter().collect::<Vec<_>>(), ["mail"]);
        let secret: Vec<bool> = again.columns.iter().map(|column| column.secret).collect();
        assert_eq!(secret, [false, true]);
    }
}
