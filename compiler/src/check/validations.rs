//! Validations that can be run: columns that are there, conditions that can be computed, datasets that
//! are moved by then.

use std::collections::BTreeMap;

use mig_lang::{Diagnostic, Span, Spanned};
use mig_plan::{CheckRule, Type};

use super::Scene;
use super::mapping::Mapping;
use crate::hir::{Rule, Validation};
use crate::source::expression;
use crate::typing::{Known, Scope, Typer};

/// The rules of each validation for each of its datasets, by the validation's name and the dataset's place.
pub(super) type Rules<'a> = BTreeMap<&'a str, BTreeMap<usize, Vec<CheckRule>>>;

/// The rules of every validation; those that could not be read are left out.
pub(super) fn rules<'a>(
    scene: &Scene<'a>,
    mappings: &[Option<Mapping>],
    out: &mut Vec<Diagnostic>,
) -> Rules<'a> {
    let mut rules = Rules::new();
    for (name, validation) in &scene.program.validations {
        let of: BTreeMap<usize, Vec<CheckRule>> = datasets(scene, validation)
            .into_iter()
            .filter_map(|place| {
                let mapping = mappings.get(place)?.as_ref()?;
                Some((place, typed(scene, validation, place, mapping, out)))
            })
            .collect();
        rules.insert(name, of);
    }
    rules
}

/// The datasets that a validation is about.
fn datasets(scene: &Scene, validation: &Validation) -> Vec<usize> {
    let mut places: Vec<usize> =
        validation.on.iter().filter_map(|item| scene.datasets.of(item)).flatten().collect();
    places.sort_unstable();
    places.dedup();
    places
}

fn typed(
    scene: &Scene,
    validation: &Validation,
    place: usize,
    mapping: &Mapping,
    out: &mut Vec<Diagnostic>,
) -> Vec<CheckRule> {
    let Some(case) = scene.datasets.get(place) else { return Vec::new() };
    let of = case.new.as_ref().map_or_else(|| format!("`{}`", case.name), |new| format!("`{}`", new.table));
    let columns = mapping.columns.iter().map(|column| (column.name.clone(), column.ty.clone()));
    let scope = Scope::new(of, columns);
    let mut rules = Vec::new();
    for rule in &validation.rules {
        rules.extend(match rule {
            Rule::Plain(rule) => Some(rule.clone()),
            Rule::Freshness { within_seconds, column } => match scope.get(&column.text) {
                None => {
                    out.push(scope.unknown(column));
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

pub(super) fn check(scene: &Scene, out: &mut Vec<Diagnostic>) {
    // The waves that name each validation, with the place.
    let mut named: BTreeMap<&str, Vec<(&str, Span)>> = BTreeMap::new();
    for (name, wave) in &scene.program.waves {
        for Spanned { value, span } in &wave.validations {
            named.entry(value).or_default().push((name, *span));
        }
    }
    for (validation, places) in named {
        let Some(validation) = scene.program.validations.get(validation) else { continue };
        let datasets = datasets(scene, validation);
        let moved = |dataset: &usize, wave: &str| {
            // What no wave moves, or two, has its error.
            scene.waves.dataset(*dataset).is_none_or(|moved| scene.waves.not_after(moved, wave))
        };
        let early: Vec<&(&str, Span)> = places
            .iter()
            .filter(|(wave, _)| !datasets.is_empty() && !datasets.iter().any(|dataset| moved(dataset, wave)))
            .collect();
        for (wave, span) in &early {
            let dataset = datasets.first().and_then(|place| scene.datasets.get(*place));
            out.push(too_early(scene, validation, wave, *span, dataset.map_or("", |case| &case.name)));
        }
        // A dataset that every naming wave is too early for is never looked at.
        let Some((wave, span)) = places.iter().find(|place| !early.contains(place)) else { continue };
        let never = datasets.iter().find(|dataset| !places.iter().any(|(wave, _)| moved(dataset, wave)));
        if let Some(case) = never.and_then(|place| scene.datasets.get(*place)) {
            out.push(too_early(scene, validation, wave, *span, &case.name));
        }
    }
}

fn too_early(scene: &Scene, validation: &Validation, wave: &str, span: Span, dataset: &str) -> Diagnostic {
    let place = scene.datasets.cases.iter().position(|case| case.name == dataset);
    let moved = place.and_then(|place| scene.waves.dataset(place));
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
