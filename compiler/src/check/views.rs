//! A view shows one table: no two cut-overs point it to different ones.

use std::collections::{BTreeMap, BTreeSet};

use mig_lang::{Diagnostic, Span};
use mig_plan::{Action, TableRef};

use super::Scene;
use super::actions::Actions;
use super::places::site;
use crate::hir::{ActionKind, CutOver};
use crate::site::Site;

/// Where a view is first pointed to something.
struct First<'s> {
    name: &'s str,
    span: Span,
    target: &'s TableRef,
}

/// Looks at the actions that can be done, with the items that they come from.
pub(super) fn check(scene: &Scene, (datasets, consumers): &(Actions, Actions), out: &mut Vec<Diagnostic>) {
    let datasets = scene.datasets.cases.iter().zip(datasets);
    let consumers = scene.consumers.cases.iter().zip(consumers);
    let subjects = datasets
        .map(|(case, actions)| (case.name.as_str(), case.from.cut_over(), actions))
        .chain(consumers.map(|(case, actions)| (&*case.name, case.from.cut_over(), actions)));
    let mut shown: BTreeMap<Site, First> = BTreeMap::new();
    let mut told: BTreeSet<Span> = BTreeSet::new();
    for (name, cut_over, actions) in subjects {
        let cut_over: &CutOver = cut_over;
        for (written, done) in cut_over.actions.iter().zip(actions.iter().flatten()) {
            let (ActionKind::View { view, .. }, (Action::View { target, .. }, _)) = (&written.kind, done)
            else {
                continue;
            };
            let Some(first) = shown.get(&site(scene.program, view)) else {
                shown.insert(site(scene.program, view), First { name, span: view.span, target });
                continue;
            };
            // What a family says once is one mistake, however many members it has.
            if first.target == target || !told.insert(view.span) {
                continue;
            }
            let message = format!("`{}` is to show both `{}` and `{target}`", view.table, first.target);
            let error = Diagnostic::error("view-of-two-tables", view.span, message);
            let error = if first.span == view.span {
                error.here(format!("for `{}` and for `{name}`", first.name))
            } else {
                error
                    .here(format!("for `{name}`"))
                    .label(first.span, format!("for `{}` it shows `{}`", first.name, first.target))
            };
            out.push(
                error.help(
                    "A view shows one table, and the last to point it would win. Give each its own view.",
                ),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::fixture::said;

    #[test]
    fn a_view_is_pointed_to_one_table() {
        let source = "
dataset customers: legacy.customers -> lake.sales.customers {
  entity   = @resource:customers
  columns  = same
  cut_over = view(lake.public.now)
}
dataset totals: legacy.totals -> lake.sales.totals {
  entity   = @resource:day-totals
  columns  = same
  cut_over = view(lake.now), view(lake.public.other)
}
consumer website: @component:website {
  reads    = customers
  cut_over = view(lake.public.now)
}
";
        let said = said(source);
        let errors = said.split("warning[").next().unwrap_or_default();
        assert_snapshot!(errors, @"
        error[view-of-two-tables]: `lake.public.now` is to show both `lake.sales.customers` and `lake.sales.totals`
          9:19 lake.now  <- for `totals`
          4:19 lake.public.now  <- for `customers` it shows `lake.sales.customers`
          help: A view shows one table, and the last to point it would win. Give each its own view.
        ");
    }
}
