//! The catalog: an entity for each dataset and consumer, and for the teams that own them.

use std::collections::BTreeMap;

use mig_plan::catalog::{Entity, Relation};
use mig_plan::{Catalog, EntityRef};
use serde_json::{Map, Value, json};

use crate::chance::{asked, pick};
use crate::names;

/// Datasets for each team.
const DATASETS_PER_TEAM: usize = 40;

/// Members of each team.
const MEMBERS: usize = 3;

/// One dataset of so many is derived from the one of its area before it.
const DERIVED: usize = 10;

/// The relations that entities have, each with its counterpart.
type Relations = BTreeMap<EntityRef, Vec<Relation>>;

pub(crate) fn catalog(datasets: usize, consumers: usize) -> Catalog {
    let teams = datasets / DATASETS_PER_TEAM + 1;
    let mut entities: BTreeMap<EntityRef, Entity> = BTreeMap::new();
    let mut relations = Relations::new();
    for number in 0..teams {
        let team = names::team(number);
        for member in (0..MEMBERS).map(|member| names::member(number, member)) {
            relate(&mut relations, &team, ("hasMember", "memberOf"), &member);
            add(
                &mut entities,
                &member,
                "User",
                json!({}),
                json!({"profile": {"displayName": member.name()}}),
            );
        }
        add(&mut entities, &team, "Group", json!({}), json!({"type": "team"}));
    }
    for number in 0..datasets {
        let dataset = names::dataset(number);
        let owner = owner(&mut relations, &dataset, number / DATASETS_PER_TEAM);
        let mut spec = json!({
            "type": "dataset", "lifecycle": "production", "owner": owner, "system": names::area(number),
        });
        if number.is_multiple_of(DERIVED) && number >= names::AREAS.len() {
            let source = names::dataset(number - names::AREAS.len());
            relate(&mut relations, &dataset, ("dependsOn", "dependencyOf"), &source);
            spec["dependsOn"] = json!([source.to_string()]);
        }
        let metadata = json!({
            "description": format!("What the shop keeps in `{}`.", names::table(number)),
            "annotations": {"acme.io/tier": tier(number)},
            "tags": [names::area(number), "shop"],
        });
        add(&mut entities, &dataset, "Resource", metadata, spec);
    }
    for number in 0..consumers {
        let consumer = names::consumer(number);
        let owner = owner(&mut relations, &consumer, pick(number, asked::TEAM, teams));
        let mut read = Vec::new();
        for place in reads(number, datasets) {
            let dataset = names::dataset(place);
            relate(&mut relations, &consumer, ("dependsOn", "dependencyOf"), &dataset);
            read.push(Value::from(dataset.to_string()));
        }
        let language = ["java", "python", "go", "rust"][pick(number, asked::LANGUAGE, 4)];
        let metadata = json!({
            "description": "One of the programs that keep the shop open.",
            "annotations": {"acme.io/tier": tier(number), "backstage.io/techdocs-ref": "dir:."},
            "tags": [language],
        });
        let kind = if names::is_pipeline(number) { "pipeline" } else { "service" };
        let spec = json!({"type": kind, "lifecycle": "production", "owner": owner, "dependsOn": read});
        add(&mut entities, &consumer, "Component", metadata, spec);
    }
    for (name, mut relations) in relations {
        relations.sort();
        relations.dedup();
        if let Some(entity) = entities.get_mut(&name) {
            entity.relations = relations;
        }
    }
    Catalog::new(entities)
}

/// Adds libraries, which have an owner and nothing else to do with anybody, until there are so many entities.
pub(crate) fn fill(catalog: &mut Catalog, wanted: usize) {
    let mut entities = std::mem::take(catalog).into_entities();
    let teams: Vec<EntityRef> = entities.keys().filter(|name| name.kind() == "group").cloned().collect();
    for number in 0..wanted.saturating_sub(entities.len()) {
        let library = names::library(number);
        let Some(team) = teams.get(number % teams.len().max(1)) else { break };
        let metadata = json!({
            "description": "What several programs share.",
            "annotations": {"acme.io/tier": tier(number), "backstage.io/techdocs-ref": "dir:."},
            "tags": ["library"],
        });
        let spec = json!({"type": "library", "lifecycle": "production", "owner": team.name()});
        add(&mut entities, &library, "Component", metadata, spec);
        let mut relate = |of: &EntityRef, kind: &str, target: &EntityRef| {
            if let Some(entity) = entities.get_mut(of) {
                entity.relations.push(Relation { kind: kind.into(), target: target.clone() });
            }
        };
        relate(&library, "ownedBy", team);
        relate(team, "ownerOf", &library);
    }
    for team in &teams {
        if let Some(entity) = entities.get_mut(team) {
            entity.relations.sort();
        }
    }
    *catalog = Catalog::new(entities);
}

/// The datasets that a consumer reads: one that each dataset has its five readers of, and up to two others.
fn reads(consumer: usize, datasets: usize) -> Vec<usize> {
    let first = consumer / crate::CONSUMERS_PER_DATASET % datasets.max(1);
    let others = (0..pick(consumer, asked::READS, 3) as u64)
        .map(|other| pick(consumer, asked::READS + 1 + other, datasets));
    let mut reads: Vec<usize> = std::iter::once(first).chain(others).collect();
    reads.sort_unstable();
    reads.dedup();
    reads
}

fn tier(number: usize) -> &'static str {
    match pick(number, asked::TIER, 10) {
        0..5 => "low",
        5..8 => "medium",
        _ => "high",
    }
}

fn owner(relations: &mut Relations, entity: &EntityRef, team: usize) -> String {
    let team = names::team(team);
    relate(relations, entity, ("ownedBy", "ownerOf"), &team);
    team.name().to_owned()
}

fn relate(relations: &mut Relations, from: &EntityRef, (there, back): (&str, &str), to: &EntityRef) {
    let mut add = |from: &EntityRef, kind: &str, to: &EntityRef| {
        let relation = Relation { kind: kind.into(), target: to.clone() };
        relations.entry(from.clone()).or_default().push(relation);
    };
    add(from, there, to);
    add(to, back, from);
}

fn add(
    entities: &mut BTreeMap<EntityRef, Entity>,
    name: &EntityRef,
    kind: &str,
    metadata: Value,
    spec: Value,
) {
    let map = |value: Value| -> Map<String, Value> { value.as_object().cloned().unwrap_or_default() };
    let mut metadata = map(metadata);
    metadata.insert("name".to_owned(), Value::from(name.name()));
    metadata.insert("namespace".to_owned(), Value::from(name.namespace()));
    let entity = Entity {
        kind: kind.into(),
        metadata: metadata.into(),
        spec: map(spec).into(),
        relations: Vec::new(),
        origin: None,
    };
    entities.insert(name.clone(), entity);
}
