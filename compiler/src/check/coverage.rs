//! Every dataset is moved, and every consumer switched, in exactly one wave; and none has another's name.

use std::collections::BTreeMap;

use mig_lang::{Diagnostic, Span};

use super::Scene;
use super::cases::{ConsumerItem, DatasetItem};
use super::waves::WaveCase;
use crate::hir::Title;
use crate::prose::some_of;
use crate::source::identifier;

/// What is said of datasets and consumers alike.
struct Words {
    what: &'static str,
    moved: &'static str,
    not_moved: &'static str,
    twice: &'static str,
    all: &'static str,
}

const DATASET: Words = Words {
    what: "dataset",
    moved: "moved",
    not_moved: "dataset-not-moved",
    twice: "dataset-in-two-waves",
    all: "datasets",
};
const CONSUMER: Words = Words {
    what: "consumer",
    moved: "switched",
    not_moved: "consumer-not-moved",
    twice: "consumer-in-two-waves",
    all: "consumers",
};

/// A dataset or consumer: its name, its item, the waves that move it.
#[derive(Clone, Copy)]
struct Subject<'s> {
    name: &'s str,
    title: &'s Title,
    member: bool,
    place: usize,
    waves: &'s [&'s str],
    /// Whether its entity is in the catalog, so that predicates could be asked.
    known: bool,
    /// Whether it has no level of criticality, though there is a scale.
    uncritical: bool,
}

pub(super) fn check(scene: &Scene, out: &mut Vec<Diagnostic>) {
    if scene.waves.cases.is_empty() {
        no_wave(scene, out);
        return;
    }
    let before = out.len();
    let datasets = scene.datasets.cases.iter().enumerate().map(|(place, case)| Subject {
        name: &case.name,
        title: case.from.title(),
        member: matches!(case.from, DatasetItem::Member(_)),
        place,
        waves: scene.waves.of_dataset.get(place).map_or(&[], Vec::as_slice),
        known: case.old_entity.is_none() || case.entry.is_some(),
        uncritical: false,
    });
    let scale = scene.program.migration.as_ref().is_some_and(|migration| migration.scale.is_some());
    let consumers = scene.consumers.cases.iter().enumerate().map(|(place, case)| Subject {
        name: &case.name,
        title: case.from.title(),
        member: matches!(case.from, ConsumerItem::Member(_)),
        place,
        waves: scene.waves.of_consumer.get(place).map_or(&[], Vec::as_slice),
        known: case.entry.is_some(),
        uncritical: scale && case.rank.is_none(),
    });
    cover(scene, &DATASET, datasets, |wave, place| wave.datasets.get(&place), out);
    cover(scene, &CONSUMER, consumers, |wave, place| wave.consumers.get(&place), out);
    // What is said to be moved by no wave is why nothing was selected.
    if out.len() == before {
        out.extend(scene.waves.cases.values().flat_map(|wave| &wave.empty).map(|part| empty_move(*part)));
    }
    same_entity_twice(scene, out);
}

fn empty_move(part: Span) -> Diagnostic {
    Diagnostic::warning("empty-move", part, "nothing is selected here").help(
        "Is the predicate as it should be? Values are compared exactly, and what an entity does not have fits nothing.",
    )
}

fn no_wave(scene: &Scene, out: &mut Vec<Diagnostic>) {
    let titles = scene.datasets.cases.iter().map(|case| case.from.title());
    let last = titles
        .chain(scene.consumers.cases.iter().map(|case| case.from.title()))
        .max_by_key(|title| title.span);
    if let Some(last) = last.filter(|_| scene.waves.whole) {
        out.push(
            Diagnostic::error("no-wave", last.name_span, "there is no wave, so that nothing moves")
                .help("A migration moves in waves: one, or one after the other.")
                .fix(
                    "write a wave that moves everything",
                    Span { start: last.span.end, ..last.span },
                    "\n\nwave all {\n  move = datasets, consumers\n}",
                ),
        );
    }
}

/// Says of subjects, sorted by name, which are not moved once; where a wave moves one, `moved` knows.
fn cover<'s>(
    scene: &'s Scene,
    words: &Words,
    subjects: impl Iterator<Item = Subject<'s>>,
    moved: impl Fn(&'s WaveCase<'s>, usize) -> Option<&'s Span>,
    out: &mut Vec<Diagnostic>,
) {
    // What several have in common is said once.
    let mut not_moved: BTreeMap<bool, Vec<Subject>> = BTreeMap::new();
    let mut twice: BTreeMap<&[&str], Vec<Subject>> = BTreeMap::new();
    let mut before: Option<Subject> = None;
    for subject in subjects {
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
        match subject.waves {
            [] if subject.known && scene.waves.whole => {
                not_moved.entry(subject.uncritical).or_default().push(subject);
            }
            [] | [_] => {}
            several => twice.entry(several).or_default().push(subject),
        }
    }
    for mut lost in not_moved.into_values() {
        lost.sort_by_key(|subject| subject.title.name_span);
        out.extend(in_no_wave(scene, words, &lost));
    }
    for mut both in twice.into_values() {
        both.sort_by_key(|subject| subject.title.name_span);
        let Some(first) = both.first() else { continue };
        let names = some_of(both.iter().map(|subject| subject.name), 5);
        let waves = some_of(first.waves.iter().copied(), 5);
        let verb = if both.len() == 1 { "is" } else { "are" };
        let mut error = Diagnostic::error(
            words.twice,
            first.title.name_span,
            format!("{names} {verb} {} in more than one wave: {waves}", words.moved),
        );
        error = others(error, &both);
        for wave in first.waves {
            let at = scene.waves.cases.get(wave).and_then(|case| moved(case, first.place));
            error = at.into_iter().fold(error, |error, at| error.label(*at, format!("in `{wave}`")));
        }
        out.push(error.help(format!(
            "A {} is {} once. Narrow one of the waves with `where`, or name what it moves.",
            words.what, words.moved
        )));
    }
}

/// Labels the items of all but the first.
fn others(error: Diagnostic, subjects: &[Subject]) -> Diagnostic {
    let mut places: Vec<Span> = subjects.iter().map(|subject| subject.title.name_span).collect();
    places.dedup();
    places.iter().skip(1).take(5).fold(error, |error, place| error.label(*place, "and this one"))
}

/// What is said of those that no wave moves, by their places.
fn in_no_wave(scene: &Scene, words: &Words, lost: &[Subject]) -> Option<Diagnostic> {
    let first = lost.first()?;
    let span = first.title.name_span;
    let names = some_of(lost.iter().map(|subject| subject.name), 5);
    let verb = if lost.len() == 1 { "is" } else { "are" };
    let error =
        Diagnostic::error(words.not_moved, span, format!("{names} {verb} {} by no wave", words.moved));
    let error = others(error, lost);
    if lost.iter().all(|subject| subject.uncritical) {
        let path = scene.program.migration.as_ref().and_then(|migration| migration.scale.as_ref());
        let path = path.map_or("", |scale| &scale.source);
        return Some(error.help(format!(
            "Its criticality is not known: the entity has no level of the scale at `{path}`, so that no comparison with one holds. Set it in the catalog, or move it by name."
        )));
    }
    let mut waves = scene.waves.cases.values();
    Some(match (waves.next(), waves.next()) {
        (Some(only), None) => {
            let error = error.help(format!("Name it in `move` of a wave, or move all {} there.", words.all));
            match only.wave.moves.last() {
                Some(last) => {
                    let at = Span { start: last.span.end, ..last.span };
                    let (what, name) = match lost {
                        [one] if !one.member => ("it", identifier(one.name)),
                        _ => ("them", words.all.to_owned()),
                    };
                    error.fix(format!("move {what} in `{}`", only.wave.title.name), at, format!(", {name}"))
                }
                None => error,
            }
        }
        (None, _) | (Some(_), Some(_)) => {
            error.help(format!("Name it in `move` of a wave, or move all {} there.", words.all))
        }
    })
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

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::fixture::said;

    const WORLD: &str = "
migration shop {
  owner       = @group:platform
  catalog     = files(\"catalog/*.yaml\")
  criticality = metadata.annotations[\"acme.io/tier\"] in [low, medium, high]
}
dataset orders: legacy.orders -> lake.sales.orders {
  entity  = @resource:orders-v1 -> @resource:orders-v2
  columns = same
}
dataset totals: legacy.totals -> lake.sales.totals {
  entity  = @resource:totals
  columns = same
}
consumer billing: @component:billing-api { cut_over = notify }
consumers others: catalog where kind == \"Component\" { cut_over = notify }
";

    #[test]
    fn what_no_wave_moves_is_named_by_item() {
        assert_snapshot!(said(&format!("{WORLD}wave one {{ move = orders }}")), @"
        error[dataset-not-moved]: `totals` is moved by no wave
          10:9 totals
          help: Name it in `move` of a wave, or move all datasets there.
          fix: move it in `one`
        error[consumer-not-moved]: `billing` and `others.reports` are switched by no wave
          14:10 billing
          15:11 others  <- and this one
          help: Name it in `move` of a wave, or move all consumers there.
          fix: move them in `one`
        ");
    }

    #[test]
    fn what_two_waves_move_is_shown_with_both() {
        let waves = "
wave one { move = datasets, consumers where criticality <= medium }
wave two after one { move = others, billing, totals }
";
        assert_snapshot!(said(&format!("{WORLD}{waves}")), @"
        error[dataset-in-two-waves]: `totals` is moved in more than one wave: `one` and `two`
          10:9 totals
          17:19 datasets  <- in `one`
          18:46 totals  <- in `two`
          help: A dataset is moved once. Narrow one of the waves with `where`, or name what it moves.
        error[consumer-in-two-waves]: `billing` is switched in more than one wave: `one` and `two`
          14:10 billing
          17:29 consumers where criticality <= medium  <- in `one`
          18:37 billing  <- in `two`
          help: A consumer is switched once. Narrow one of the waves with `where`, or name what it moves.
        ");
    }

    #[test]
    fn one_without_criticality_is_told_why_no_wave_moves_it() {
        let source = WORLD.replace("acme.io/tier", "acme.io/none");
        let waves = "wave one { move = datasets, consumers where criticality >= low }";
        assert_snapshot!(said(&format!("{source}{waves}")), @r#"
        error[consumer-not-moved]: `billing` and `others.reports` are switched by no wave
          14:10 billing
          15:11 others  <- and this one
          help: Its criticality is not known: the entity has no level of the scale at `metadata.annotations["acme.io/none"]`, so that no comparison with one holds. Set it in the catalog, or move it by name.
        "#);
    }

    #[test]
    fn members_and_families_are_moved_by_name() {
        let waves = "
wave one { move = datasets, others.reports }
wave two after one { move = consumers where criticality == low, others.nobody }
";
        assert_snapshot!(said(&format!("{WORLD}{waves}")), @"
        error[unknown-member]: `others` has no member `nobody`
          18:65 others.nobody
          help: The members of a family are the entities that it selects from the catalog, by their names; one that an item of its own names is not among them.
        ");
    }

    #[test]
    fn a_migration_without_waves_moves_nothing() {
        let source =
            crate::fixture::framed(WORLD).replace("wave everything {\n  move = datasets, consumers\n}\n", "");
        let fixture = crate::fixture::Fixture::shop(&source);
        assert_snapshot!(fixture.said(), @"
        error[no-wave]: there is no wave, so that nothing moves
          15:11 others
          help: A migration moves in waves: one, or one after the other.
          fix: write a wave that moves everything
        ");
    }

    #[test]
    fn a_name_that_looks_like_a_members_is_taken() {
        let source = "
datasets archive: legacy.* -> lake.archive.* { select = catalog where metadata.name == \"customers\" }
dataset `archive.customers`: legacy.totals -> lake.sales.totals {
  entity  = @resource:day-totals
  columns = same
}
";
        assert_snapshot!(said(source), @"
        error[duplicate-name]: `archive.customers` is the name of two datasets
          1:10 archive
          2:9 `archive.customers`  <- the other is from here
          help: A family's members are named `family.entity`: rename one of the items.
        ");
    }
}
