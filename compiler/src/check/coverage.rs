//! Every dataset is moved, and every consumer switched, in exactly one wave; and none has another's name.

use std::collections::BTreeMap;

use mig_lang::{Diagnostic, Span};

use super::Scene;
use super::cases::{ConsumerItem, DatasetItem};
use crate::hir::Title;
use crate::prose::some_of;
use crate::source::identifier;

/// What is said of datasets and consumers alike.
struct Words {
    what: &'static str,
    not_moved: &'static str,
    twice: &'static str,
    all: &'static str,
}

const DATASET: Words =
    Words { what: "dataset", not_moved: "dataset-not-moved", twice: "dataset-in-two-waves", all: "datasets" };
const CONSUMER: Words = Words {
    what: "consumer",
    not_moved: "consumer-not-moved",
    twice: "consumer-in-two-waves",
    all: "consumers",
};

/// A dataset or consumer: its name, its item, the waves that move it, each with the place that says so.
struct Subject<'s> {
    name: &'s str,
    title: &'s Title,
    member: bool,
    waves: Vec<(&'s str, Span)>,
    /// Whether its entity is in the catalog, so that predicates could be asked.
    known: bool,
    /// Whether it has no level of criticality, though there is a scale.
    uncritical: bool,
}

pub(super) fn check(scene: &Scene, out: &mut Vec<Diagnostic>) {
    let catalog = scene.world.catalog;
    let datasets = scene.datasets.cases.iter().enumerate().map(|(place, case)| Subject {
        name: &case.name,
        title: case.from.title(),
        member: matches!(case.from, DatasetItem::Member(_)),
        waves: (scene.waves.of_dataset.get(place).into_iter().flatten())
            .filter_map(|wave| Some((*wave, *scene.waves.cases.get(wave)?.datasets.get(&place)?)))
            .collect(),
        known: case.old_entity.as_ref().is_none_or(|entity| catalog.get(entity).is_some()),
        uncritical: false,
    });
    let scale = scene.program.migration.as_ref().is_some_and(|migration| migration.scale.is_some());
    let consumers = scene.consumers.cases.iter().enumerate().map(|(place, case)| Subject {
        name: &case.name,
        title: case.from.title(),
        member: matches!(case.from, ConsumerItem::Member(_)),
        waves: (scene.waves.of_consumer.get(place).into_iter().flatten())
            .filter_map(|wave| Some((*wave, *scene.waves.cases.get(wave)?.consumers.get(&place)?)))
            .collect(),
        known: case.found(catalog).is_some(),
        uncritical: scale && case.criticality.is_none(),
    });
    cover(scene, &DATASET, datasets.collect(), out);
    cover(scene, &CONSUMER, consumers.collect(), out);
    same_entity_twice(scene, out);
}

fn cover(scene: &Scene, words: &Words, subjects: Vec<Subject>, out: &mut Vec<Diagnostic>) {
    // What a family's members have in common is said once.
    let mut not_moved: BTreeMap<Span, Vec<&Subject>> = BTreeMap::new();
    let mut twice: BTreeMap<(Span, Vec<&str>), Vec<&Subject>> = BTreeMap::new();
    let mut before: Option<&Subject> = None;
    for subject in &subjects {
        if let Some(before) = before.filter(|before| before.name == subject.name) {
            out.push(
                Diagnostic::error(
                    "duplicate-name",
                    subject.title.name_span,
                    format!("`{}` is the name of two {}", subject.name, words.all),
                )
                .label(before.title.name_span, "the other is from here")
                .help("A family's members are named `family.entity`: rename one of the items."),
            );
        }
        before = Some(subject);
        match subject.waves.as_slice() {
            [] if subject.known && scene.waves.whole => {
                not_moved.entry(subject.title.name_span).or_default().push(subject);
            }
            [] | [_] => {}
            several => {
                let waves = several.iter().map(|(wave, _)| *wave).collect();
                twice.entry((subject.title.name_span, waves)).or_default().push(subject);
            }
        }
    }
    for (span, lost) in not_moved {
        out.push(in_no_wave(scene, words, span, &lost));
    }
    for ((span, _), both) in twice {
        let Some(first) = both.first() else { continue };
        let names = some_of(both.iter().map(|subject| subject.name), 5);
        let waves = some_of(first.waves.iter().map(|(wave, _)| *wave), 5);
        let verb = if both.len() == 1 { "is" } else { "are" };
        let mut error = Diagnostic::error(
            words.twice,
            span,
            format!("{names} {verb} moved in more than one wave: {waves}"),
        );
        for (wave, at) in &first.waves {
            error = error.label(*at, format!("moved here, in `{wave}`"));
        }
        out.push(error.help(format!(
            "A {} moves once. Narrow one of the waves with `where`, or name what it moves.",
            words.what
        )));
    }
}

fn in_no_wave(scene: &Scene, words: &Words, span: Span, lost: &[&Subject]) -> Diagnostic {
    let names = some_of(lost.iter().map(|subject| subject.name), 5);
    let verb = if lost.len() == 1 { "is" } else { "are" };
    let error = Diagnostic::error(words.not_moved, span, format!("{names} {verb} moved by no wave"));
    if lost.iter().all(|subject| subject.uncritical) {
        let path = scene.program.migration.as_ref().and_then(|migration| migration.scale.as_ref());
        let path = path.map_or("", |scale| &scale.source);
        return error.help(format!(
            "Its criticality is not known: the entity has no level of the scale at `{path}`, so that no comparison with one holds. Set it in the catalog, or move it by name."
        ));
    }
    let Some(first) = lost.first() else { return error };
    let mut waves = scene.waves.cases.values();
    match (waves.next(), waves.next()) {
        (None, _) => error.help("A migration moves in waves.").fix(
            "write a wave that moves everything",
            Span { start: first.title.span.end, ..first.title.span },
            "\n\nwave all {\n  move = datasets, consumers\n}",
        ),
        (Some(only), None) => {
            let error = error.help(format!("Name it in `move` of a wave, or move all {} there.", words.all));
            match only.wave.moves.last() {
                Some(last) => {
                    let at = Span { start: last.span.end, ..last.span };
                    let name = if first.member { words.all.to_owned() } else { identifier(first.name) };
                    error.fix(format!("move it in `{}`", only.wave.title.name), at, format!(", {name}"))
                }
                None => error,
            }
        }
        (Some(_), Some(_)) => {
            error.help(format!("Name it in `move` of a wave, or move all {} there.", words.all))
        }
    }
}

/// A consumer that two items name would be switched twice.
fn same_entity_twice(scene: &Scene, out: &mut Vec<Diagnostic>) {
    let mut named: BTreeMap<&mig_plan::EntityRef, Span> = BTreeMap::new();
    let mut uses: Vec<_> = scene.program.consumers.values().flat_map(|consumer| &consumer.entity).collect();
    uses.sort_by_key(|used| used.span);
    for used in uses {
        match named.get(&used.entity) {
            None => {
                named.insert(&used.entity, used.span);
            }
            Some(first) => out.push(
                Diagnostic::error(
                    "consumer-twice",
                    used.span,
                    format!("`{}` is named by two consumers", used.entity.source_form()),
                )
                .label(*first, "the first one")
                .help("One consumer reads any number of datasets: `reads = [a, b]`."),
            ),
        }
    }
}
