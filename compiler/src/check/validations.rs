//! Validations that can be run: columns that are there, conditions that can be computed, datasets that
//! are moved by then.

use std::collections::{BTreeMap, BTreeSet};

use mig_lang::{Diagnostic, Span, Spanned};
use mig_plan::{CheckRule, Type};

use super::mapping::Mapping;
use super::{Scene, each};
use crate::hir::{Place, Rule, Validation};
use crate::prose::some_of;
use crate::source::expression;
use crate::typing::{Known, Scope, Typer};

/// The rules of each validation for each of its datasets, by the validation's name; datasets by their places, sorted.
pub(super) type Rules<'a> = BTreeMap<&'a str, Vec<(usize, Vec<CheckRule>)>>;

/// The rules of every validation; those that could not be read are left out.
pub(super) fn rules<'a>(
    scene: &Scene<'a>,
    mappings: &[Option<Mapping>],
    out: &mut Vec<Diagnostic>,
) -> Rules<'a> {
    let mut rules = Rules::new();
    for (name, validation) in &scene.program.validations {
        let of = each(&datasets(scene, validation), out, |place, out| {
            let (mapping, case) = (mappings.get(*place)?.as_ref()?, scene.datasets.get(*place)?);
            Some((*place, typed(validation, &shown(&case.name, case.new.as_ref()), mapping, out)))
        });
        rules.insert(name, of.into_iter().flatten().collect());
    }
    rules
}

/// The datasets that a validation is about, by their places.
pub(super) fn datasets(scene: &Scene, validation: &Validation) -> Vec<usize> {
    let mut places: Vec<usize> =
        validation.on.iter().filter_map(|item| scene.datasets.of(item)).flatten().collect();
    places.sort_unstable();
    places.dedup();
    places
}

/// How messages call what the rules of a dataset are about: its new table.
pub(super) fn shown(dataset: &str, new: Option<&Place>) -> String {
    new.map_or_else(|| format!("`{dataset}`"), |new| format!("`{}`", new.table))
}

/// The rules of a validation for one dataset, `of` which messages speak.
pub(super) fn typed(
    validation: &Validation,
    of: &str,
    mapping: &Mapping,
    out: &mut Vec<Diagnostic>,
) -> Vec<CheckRule> {
    let columns = mapping.columns.iter().map(|column| (column.name.clone(), column.ty.clone()));
    let scope = Scope::new(of.to_owned(), columns);
    let scope = if mapping.partial { scope.partial() } else { scope };
    let mut rules = Vec::new();
    for rule in &validation.rules {
        rules.extend(match rule {
            Rule::Plain(rule) => Some(rule.clone()),
            Rule::Freshness { within_seconds, column } => match scope.get(&column.text) {
                None => {
                    out.extend(scope.unknown(column));
                    None
                }
                Some(Known::Type(ty)) if matches!(ty.ty, Type::Timestamp | Type::Datetime) => {
                    Some(CheckRule::Freshness {
                        within_seconds: *within_seconds,
                        column: column.text.clone(),
                    })
                }
                Some(Known::Type(ty)) => {
                    out.push(
                        Diagnostic::error(
                            "type-mismatch",
                            column.span,
                            format!("freshness is told by a time, and `{}` is `{ty}`", column.text),
                        )
                        .help("Name a column that is a `timestamp` or a `datetime`."),
                    );
                    None
                }
                Some(Known::Unsupported(_) | Known::Silent) => None,
            },
            Rule::Require { condition, message } => {
                Typer::condition(&scope, out, condition).map(|(typed, aggregates)| CheckRule::Require {
                    aggregates,
                    condition: typed,
                    source: expression(condition),
                    message: message.clone(),
                })
            }
        });
    }
    rules
}

/// The waves that name each validation, with the place.
fn named<'s>(scene: &'s Scene) -> BTreeMap<&'s str, Vec<(&'s str, Span)>> {
    let mut named: BTreeMap<&str, Vec<(&str, Span)>> = BTreeMap::new();
    for (name, wave) in &scene.program.waves {
        for Spanned { value, span } in &wave.validations {
            named.entry(value).or_default().push((name, *span));
        }
    }
    named
}

pub(super) fn check(scene: &Scene, out: &mut Vec<Diagnostic>) {
    for (validation, places) in named(scene) {
        let Some(validation) = scene.program.validations.get(validation) else { continue };
        let datasets = datasets(scene, validation);
        // Thousands of datasets are moved by few waves. What no wave moves, or two, has its error.
        let moving: BTreeMap<Option<&str>, usize> =
            datasets.iter().rev().map(|dataset| (scene.waves.dataset(*dataset), *dataset)).collect();
        let moved = |by: &Option<&str>, wave: &str| by.is_none_or(|moved| scene.waves.not_after(moved, wave));
        let is_early =
            |(wave, _): &&(&str, Span)| !moving.is_empty() && !moving.keys().any(|by| moved(by, wave));
        let first = datasets.first();
        for (wave, span) in places.iter().filter(is_early) {
            out.extend(first.map(|dataset| too_early(scene, validation, wave, *span, *dataset)));
        }
        // A dataset that every naming wave is too early for is never looked at.
        let Some((wave, span)) = places.iter().find(|named| !is_early(named)) else { continue };
        let never = moving.iter().filter(|(by, _)| !places.iter().any(|(wave, _)| moved(by, wave)));
        let never = never.map(|(_, dataset)| *dataset).min();
        out.extend(never.map(|dataset| too_early(scene, validation, wave, *span, dataset)));
    }
}

/// Warns of a validation that looks at a dataset only when a wave has already switched it, or somebody who reads
/// it. That rows and checksums are compared before is so without any validation.
pub(super) fn late(scene: &Scene, out: &mut Vec<Diagnostic>) {
    let mut switched: Vec<BTreeSet<&str>> = vec![BTreeSet::new(); scene.datasets.cases.len()];
    for (place, (case, switched)) in scene.datasets.cases.iter().zip(&mut switched).enumerate() {
        if !case.from.cut_over().actions.is_empty() {
            switched.extend(scene.waves.dataset(place));
        }
    }
    for (place, case) in scene.consumers.cases.iter().enumerate() {
        for read in &case.reads {
            switched.get_mut(*read).into_iter().for_each(|by| by.extend(scene.waves.consumer(place)));
        }
    }
    for (validation, places) in named(scene) {
        let Some(validation) = scene.program.validations.get(validation) else { continue };
        // By the wave that is too early, which is one mistake.
        let mut late: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for dataset in datasets(scene, validation) {
            let (Some(case), Some(moved)) = (scene.datasets.get(dataset), scene.waves.dataset(dataset))
            else {
                continue;
            };
            for wave in switched.get(dataset).into_iter().flatten() {
                let looked = places.iter().any(|(naming, _)| {
                    scene.waves.not_after(moved, naming) && scene.waves.not_after(naming, wave)
                });
                if !looked {
                    late.entry(wave).or_default().push(&case.name);
                }
            }
        }
        for (wave, datasets) in late {
            let (Some(case), Some((naming, span))) = (scene.waves.cases.get(wave), places.first()) else {
                continue;
            };
            let name = &validation.title.name;
            out.push(
                Diagnostic::warning(
                    "validation-after-cut-over",
                    case.wave.title.name_span,
                    format!("`{wave}` switches over before `{name}` has looked at {}", some_of(datasets, 5)),
                )
                .label(*span, format!("`{name}` is looked at in `{naming}`"))
                .help(format!("Rows and checksums are compared before, always; what `{name}` demands besides is not. Name it in `validation` of `{wave}`, too.")),
            );
        }
    }
}

fn too_early(scene: &Scene, validation: &Validation, wave: &str, span: Span, dataset: usize) -> Diagnostic {
    let moved = scene.waves.dataset(dataset);
    let dataset = scene.datasets.get(dataset).map_or("", |case| &case.name);
    let error = Diagnostic::error(
        "validation-before-dataset",
        span,
        format!("`{wave}` validates `{dataset}` before it is moved"),
    )
    .label(validation.title.name_span, "this validation is about it");
    match moved.and_then(|moved| scene.waves.cases.get(moved)) {
        Some(moved) => error
            .label(moved.wave.title.name_span, "it is moved here")
            .help(format!("Name the validation in `{}` or a wave after it.", moved.wave.title.name)),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::fixture::said;

    #[test]
    fn rules_are_typed_over_the_new_columns_of_every_dataset() {
        let source = "
dataset orders: legacy.orders -> lake.sales.orders {
  entity = @resource:old-orders
  columns {
    order_id = order_no
    total: decimal(12, 2) = decimal(total_cents, 12, 2) / 100
    placed
    wrong = no_such_column
  }
  drop cust_id because \"x\"
  drop state because \"x\"
  drop email because \"x\"
  drop channel because \"x\"
  drop legacy_flag because \"x\"
  drop discount because \"x\"
}
datasets more: legacy.* -> lake.more.* { select = catalog where metadata.name in [\"customers\", \"totals\"] }
consumers others: catalog where kind != \"Group\" { cut_over = notify }
validation good on orders {
  freshness within 5m of placed
  require sum(total) >= 0 and count(wrong > 1) == 0 else \"negative\"
}
validation bad on orders {
  freshness within 5m of placed_at
  freshness within 5m of total
  require max(order_no) > 0 else \"old name\"
}
validation many on more { freshness within 1h of made }
wave all {
  move       = datasets, consumers
  validation = [good, bad, many]
}
";
        assert_snapshot!(said(source), @"
        error[unknown-column]: `legacy.orders` has no column `no_such_column`
          7:13 no_such_column
          help: It has `order_no`, `cust_id`, `total_cents`, `state`, `placed`, `email`, `channel`, `legacy_flag` and `discount`.
        error[unknown-column]: `lake.sales.orders` has no column `placed_at`
          23:26 placed_at  <- did you mean `placed`?
          help: It has `order_id`, `total`, `placed` and `wrong`.
          fix: write `placed`
        error[type-mismatch]: freshness is told by a time, and `total` is `decimal(12, 2)`
          24:26 total
          help: Name a column that is a `timestamp` or a `datetime`.
        error[unknown-column]: `lake.sales.orders` has no column `order_no`
          25:15 order_no  <- did you mean `order_id`?
          help: It has `order_id`, `total`, `placed` and `wrong`.
          fix: write `order_id`
        error[unknown-column]: `lake.more.customers` has no column `made`
          27:50 made
          help: It has `id`, `name`, `email` and `city`.
        error[unknown-column]: `lake.more.totals` has no column `made`
          27:50 made
          help: It has `day` and `total`.
        ");
    }

    #[test]
    fn a_wave_validates_what_is_moved_by_then() {
        let source = "
dataset customers: legacy.customers -> lake.sales.customers {
  entity  = @resource:customers
  columns = same
}
dataset totals: legacy.totals -> lake.sales.totals {
  entity  = @resource:day-totals
  columns = same
}
validation both on customers, totals { row_count }
validation late on totals { row_count }
wave one {
  move       = customers
  validation = [both, late]
}
wave two after one {
  move       = totals
  validation = VALIDATION
}
";
        assert_snapshot!(said(&source.replace("VALIDATION", "both")), @"
        error[validation-before-dataset]: `one` validates `totals` before it is moved
          13:23 late
          10:12 late  <- this validation is about it
          15:6 two  <- it is moved here
          help: Name the validation in `two` or a wave after it.
        ");
        assert_snapshot!(said(&source.replace("VALIDATION", "late")), @"
        error[validation-before-dataset]: `one` validates `totals` before it is moved
          13:17 both
          9:12 both  <- this validation is about it
          15:6 two  <- it is moved here
          help: Name the validation in `two` or a wave after it.
        error[validation-before-dataset]: `one` validates `totals` before it is moved
          13:23 late
          10:12 late  <- this validation is about it
          15:6 two  <- it is moved here
          help: Name the validation in `two` or a wave after it.
        ");
    }

    #[test]
    fn what_is_looked_at_too_late_is_told() {
        let source = "
consumer website: @component:website {
  reads    = customers
  cut_over = notify
}
consumer portal: @system:shop {
  reads    = customers
  cut_over = notify
}
validation plausible on customers { require count(id < 0) == 0 else \"negative\" }
wave pilot { move = datasets, website }
wave core after pilot {
  move       = portal
  validation = plausible
}
";
        assert_snapshot!(said(source), @"
        warning[validation-after-cut-over]: `pilot` switches over before `plausible` has looked at `customers`
          10:6 pilot
          13:16 plausible  <- `plausible` is looked at in `core`
          help: Rows and checksums are compared before, always; what `plausible` demands besides is not. Name it in `validation` of `pilot`, too.
        ");
        let early = source.replace("website }", "website, validation = plausible }");
        assert_snapshot!(said(&early), @"");
    }
}
