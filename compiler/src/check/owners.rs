//! Every dataset and consumer has an owner in the catalog: somebody to notify and to ask.

use std::collections::BTreeMap;

use mig_lang::{Diagnostic, Span};
use mig_plan::EntityRef;

use super::cases::{ConsumerItem, DatasetItem};
use super::{Scene, portal};
use crate::prose::some_of;

pub(super) fn check(scene: &Scene, out: &mut Vec<Diagnostic>) {
    // The entities of one family are one mistake: its selection takes what has no owner.
    let mut without: BTreeMap<Span, Vec<&EntityRef>> = BTreeMap::new();
    let mut look = |span: Span, entity: &'_ EntityRef| {
        if let Some((entity, found)) = scene.world.catalog.entities.get_key_value(entity)
            && portal::owner(scene.world.catalog, found).is_none()
        {
            let listed = without.entry(span).or_default();
            if !listed.contains(&entity) {
                listed.push(entity);
            }
        }
    };
    for dataset in scene.program.datasets.values() {
        for used in dataset.old_entity.iter().chain(&dataset.new_entity) {
            look(used.span, &used.entity);
        }
    }
    for consumer in scene.program.consumers.values() {
        if let Some(used) = &consumer.entity {
            look(used.span, &used.entity);
        }
    }
    let members = scene.datasets.cases.iter().filter(|case| matches!(case.from, DatasetItem::Member(_)));
    for case in members {
        if let Some(entity) = &case.old_entity {
            look(case.name_span(), entity);
        }
    }
    let members = scene.consumers.cases.iter().filter(|case| matches!(case.from, ConsumerItem::Member(_)));
    for case in members {
        if let Some(entity) = &case.entity {
            look(case.name_span(), entity);
        }
    }
    for (span, entities) in without {
        let names: Vec<String> = entities.iter().map(|entity| entity.source_form()).collect();
        let names = some_of(names.iter().map(String::as_str), 5);
        let verb = if entities.len() == 1 { "has" } else { "have" };
        out.push(
            Diagnostic::error("unowned-entity", span, format!("{names} {verb} no owner in the catalog"))
                .help("Give the entity a `spec.owner` that is a group or a user of the catalog: somebody must be told and asked."),
        );
    }
}
