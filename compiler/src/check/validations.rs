//! Validations that can be run: columns that are there, conditions that can be computed, datasets that
//! are moved by then.

use std::collections::BTreeMap;

use mig_lang::{Diagnostic, Span, Spanned};
use mig_plan::{CheckRule, Type};

use super::cases::Datasets;
use super::families::named_datasets;
use super::mapping::Mapping;
use super::waves::Waves;
use super::{HashMap, Scene, each};
use crate::hir::{Place, Program, Rule, Validation};
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
    for ((name, validation), datasets) in scene.program.validations.iter().zip(&scene.validated) {
        let of = each(datasets, out, |place, out| {
            let (mapping, case) = (mappings.get(*place)?.as_ref()?, scene.datasets.get(*place)?);
            Some((*place, typed(validation, &shown(&case.name, case.new.as_deref()), mapping, out)))
        });
        rules.insert(name, of.into_iter().flatten().collect());
    }
    rules
}

/// The datasets that each validation is about, by their places, sorted; the validations by name.
pub(super) fn validated(
    program: &Program,
    datasets: &Datasets,
    out: &mut Vec<Diagnostic>,
) -> Vec<Vec<usize>> {
    program.validations.values().map(|validation| named_datasets(datasets, &validation.on, out)).collect()
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
                Some(Known::Unsupported(..) | Known::Silent) => None,
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

/// A validation that is looked at.
struct Named<'s> {
    validation: &'s Validation,
    /// The datasets that it is about.
    datasets: &'s [usize],
    /// The waves that name it, with the place.
    waves: Vec<(&'s str, Span)>,
}

/// The validations that waves name, by name.
fn named<'s>(scene: &'s Scene) -> impl Iterator<Item = Named<'s>> {
    let mut named: HashMap<&str, Vec<(&str, Span)>> = HashMap::default();
    for (name, wave) in scene.program.waves.iter() {
        for Spanned { value, span } in &wave.validations {
            named.entry(value).or_default().push((name, *span));
        }
    }
    let all = scene.program.validations.iter().zip(&scene.validated);
    all.filter_map(move |((name, validation), datasets)| {
        Some(Named { validation, datasets, waves: named.remove(name.as_str())? })
    })
}

/// Whether one wave does not come after another, asked of few waves again and again.
struct NotAfter<'s> {
    waves: &'s Waves<'s>,
    known: BTreeMap<(&'s str, &'s str), bool>,
}

impl<'s> NotAfter<'s> {
    fn new(scene: &'s Scene) -> Self {
        Self { waves: &scene.waves, known: BTreeMap::new() }
    }

    fn holds(&mut self, first: &'s str, second: &'s str) -> bool {
        *self.known.entry((first, second)).or_insert_with(|| self.waves.not_after(first, second))
    }
}

pub(super) fn check<'s>(scene: &'s Scene, out: &mut Vec<Diagnostic>) {
    let mut not_after = NotAfter::new(scene);
    for Named { validation, datasets, waves: places } in named(scene) {
        // Thousands of datasets are moved by few waves. What no wave moves, or two, has its error.
        let moving: BTreeMap<Option<&'s str>, usize> =
            datasets.iter().rev().map(|dataset| (scene.waves.dataset(*dataset), *dataset)).collect();
        let mut moved =
            |by: &Option<&'s str>, wave: &'s str| by.is_none_or(|moved| not_after.holds(moved, wave));
        let (early, others): (Vec<_>, Vec<_>) = places
            .iter()
            .copied()
            .partition(|(wave, _)| !moving.is_empty() && !moving.keys().any(|by| moved(by, wave)));
        let first = datasets.first();
        for (wave, span) in early {
            out.extend(first.map(|dataset| too_early(scene, validation, wave, span, *dataset)));
        }
        // A dataset that every naming wave is too early for is never looked at.
        let Some((wave, span)) = others.first() else { continue };
        let never = moving.iter().filter(|(by, _)| !places.iter().any(|(wave, _)| moved(by, wave)));
        let never = never.map(|(_, dataset)| *dataset).min();
        out.extend(never.map(|dataset| too_early(scene, validation, wave, *span, dataset)));
    }
}

/// So many waves are compared with one by one.
const FEW: usize = 8;

/// Warns of a validation that looks at a dataset only when a wave has already switched it, or somebody who reads
/// it. That rows and checksums are compared before is so without any validation.
pub(super) fn late(scene: &Scene, out: &mut Vec<Diagnostic>) {
    let mut switched: Vec<Vec<&str>> = vec![Vec::new(); scene.datasets.cases.len()];
    for (place, (case, switched)) in scene.datasets.cases.iter().zip(&mut switched).enumerate() {
        if !case.from.cut_over().actions.is_empty() {
            switched.extend(scene.waves.dataset(place));
        }
    }
    for (place, case) in scene.consumers.cases.iter().enumerate() {
        for read in &*case.reads {
            let Some((by, wave)) = switched.get_mut(*read).zip(scene.waves.consumer(place)) else { continue };
            // Most are switched by few waves.
            if by.len() >= FEW || !by.contains(&wave) {
                by.push(wave);
            }
        }
    }
    for switched in &mut switched {
        switched.sort_unstable();
        switched.dedup();
    }
    let mut not_after = NotAfter::new(scene);
    for Named { validation, datasets, waves: places } in named(scene) {
        // By the wave that is too early, which is one mistake.
        let mut late: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for dataset in datasets {
            let (Some(case), Some(moved)) = (scene.datasets.get(*dataset), scene.waves.dataset(*dataset))
            else {
                continue;
            };
            for wave in switched.get(*dataset).into_iter().flatten() {
                let looked = places
                    .iter()
                    .any(|(naming, _)| not_after.holds(moved, naming) && not_after.holds(naming, wave));
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
