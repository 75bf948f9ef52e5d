//! Impact: who is touched when an entity of the catalog changes or moves, directly and through others, and
//! which columns. Takes a catalog and, as far as there is one, a program and its plan. Reports nothing.
//!
//! Who reads whom is the catalog's to say; a plan adds that a new dataset is made from an old one, when each
//! consumer is switched, and what becomes of each column. Which columns a consumer reads, nobody has written
//! down.

use std::collections::{BTreeMap, BTreeSet};

use mig_plan::catalog::Entity;
use mig_plan::{Catalog, Column, Consumer, Criticality, Dataset, DroppedColumn, EntityRef, Plan};

use crate::check::{criticality, owner};
use crate::hir::Program;
use crate::lineage::{Change, Dependent, change, dependents, downstream};

/// What is known when impact is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The catalog.
    pub catalog: &'a Catalog,
    /// The migration, which says how critical an entity is.
    pub program: Option<&'a Program>,
    /// Its plan, where it has one.
    pub plan: Option<&'a Plan>,
}

/// Who is touched by an entity.
#[derive(Clone, Debug)]
pub struct Impact<'a> {
    /// The entity.
    pub entity: &'a EntityRef,
    /// Who owns it.
    pub owner: Option<&'a EntityRef>,
    /// How critical it is.
    pub criticality: Option<Criticality>,
    /// The datasets of the migration that it is the old or the new side of.
    pub moved: Vec<Moved<'a>>,
    /// Who is touched, nearest first and then by name, each once.
    pub touched: Vec<Touched<'a>>,
}

/// A dataset of the migration.
#[derive(Clone, Copy, Debug)]
pub struct Moved<'a> {
    /// Its name.
    pub name: &'a str,
    /// The dataset.
    pub dataset: &'a Dataset,
    /// The wave that moves it.
    pub wave: Option<&'a str>,
}

/// An entity that is touched.
#[derive(Clone, Debug)]
pub struct Touched<'a> {
    /// The entity.
    pub entity: &'a EntityRef,
    /// How many relations away it is; 1 when it is touched directly.
    pub distance: u32,
    /// The entity through which it is touched: the one asked about when it is touched directly.
    pub through: &'a EntityRef,
    /// What it is to that entity.
    pub link: Link,
    /// Who owns it.
    pub owner: Option<&'a EntityRef>,
    /// How critical it is.
    pub criticality: Option<Criticality>,
    /// How the migration switches it, when it is one of its consumers.
    pub switched: Option<Switched<'a>>,
    /// The datasets of the migration that it is.
    pub moved: Vec<Moved<'a>>,
}

/// How a consumer is switched.
#[derive(Clone, Copy, Debug)]
pub struct Switched<'a> {
    /// Its name in the migration.
    pub name: &'a str,
    /// The consumer.
    pub consumer: &'a Consumer,
    /// The wave that switches it.
    pub wave: Option<&'a str>,
}

/// What a touched entity is to the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Link {
    /// It depends on it.
    DependsOn,
    /// It consumes it, an API.
    ConsumesApi,
    /// It is an API that it provides.
    ProvidedBy,
    /// It is a part of it.
    PartOf,
    /// It is the new dataset that it becomes.
    NewSideOf,
    /// It is a dataset that the migration makes from what it becomes.
    MadeFrom,
}

/// Relations that lead from an entity to those it touches.
const LINKS: [(&str, Link); 3] = [
    ("dependencyOf", Link::DependsOn),
    ("apiConsumedBy", Link::ConsumesApi),
    ("providesApi", Link::ProvidedBy),
];

/// Relations that lead from what has parts to them.
const PARTS: &str = "hasPart";

/// Who is touched by an entity; `None` when the catalog does not have it.
pub fn impact<'a>(known: Known<'a>, entity: &EntityRef) -> Option<Impact<'a>> {
    let found = known.catalog.find(entity)?;
    let entity = found.name;
    let index = Index::new(known);
    let mut seen: BTreeSet<&EntityRef> = BTreeSet::from([entity]);
    let mut touched = Vec::new();
    let mut open: Vec<&EntityRef> = vec![entity];
    let mut distance = 0;
    while !open.is_empty() {
        distance += 1;
        let mut next: BTreeMap<&EntityRef, (&EntityRef, Link)> = BTreeMap::new();
        for through in std::mem::take(&mut open) {
            for (target, link) in index.links(through, entity) {
                if !seen.contains(target) {
                    next.entry(target).or_insert((through, link));
                }
            }
        }
        for (target, (through, link)) in next {
            seen.insert(target);
            open.push(target);
            touched.extend(index.touched(target, (through, link), distance));
        }
    }
    Some(Impact {
        entity,
        owner: owner(found),
        criticality: known.criticality(found.entity),
        moved: index.moved(entity),
        touched,
    })
}

impl Known<'_> {
    fn criticality(&self, entity: &Entity) -> Option<Criticality> {
        criticality(self.program?.migration.as_ref()?.scale.as_ref()?, entity)
    }
}

/// A plan by the entities that it names.
struct Index<'a> {
    known: Known<'a>,
    datasets: BTreeMap<&'a EntityRef, BTreeSet<&'a str>>,
    consumers: BTreeMap<&'a EntityRef, &'a str>,
    downstream: BTreeMap<&'a str, Vec<&'a str>>,
    waves: BTreeMap<&'a str, &'a str>,
}

impl<'a> Index<'a> {
    fn new(known: Known<'a>) -> Self {
        let mut index = Self {
            known,
            datasets: BTreeMap::new(),
            consumers: BTreeMap::new(),
            downstream: BTreeMap::new(),
            waves: BTreeMap::new(),
        };
        let Some(plan) = known.plan else { return index };
        for (name, dataset) in &plan.datasets {
            for entity in dataset.old_entity.iter().chain(&dataset.new_entity) {
                index.datasets.entry(entity).or_default().insert(name);
            }
        }
        index.consumers =
            plan.consumers.iter().map(|(name, consumer)| (&consumer.entity, name.as_str())).collect();
        index.downstream = downstream(plan);
        for wave in &plan.waves {
            let names = wave.datasets.iter().chain(&wave.consumers);
            index.waves.extend(names.map(|name| (name.as_str(), wave.name.as_str())));
        }
        index
    }

    /// The entities that one entity touches, those that the catalog has.
    fn links(&self, through: &'a EntityRef, root: &EntityRef) -> Vec<(&'a EntityRef, Link)> {
        let mut links: Vec<(&EntityRef, Link)> = Vec::new();
        let catalog = self.known.catalog;
        if let Some(entry) = catalog.find(through) {
            for (relation, link) in LINKS {
                links.extend(entry.related(relation).map(|target| (target.name, link)));
            }
            // A system is touched by what touches its parts only when it is asked about itself.
            if through == root {
                links.extend(entry.related(PARTS).map(|target| (target.name, Link::PartOf)));
            }
        }
        for moved in self.moved(through) {
            if moved.dataset.old_entity.as_ref() == Some(through) {
                links.extend(moved.dataset.new_entity.iter().map(|new| (new, Link::NewSideOf)));
            }
            let made = self.downstream.get(moved.name).into_iter().flatten();
            let made = made.filter_map(|name| self.known.plan?.datasets.get(*name)?.old_entity.as_ref());
            links.extend(made.map(|entity| (entity, Link::MadeFrom)));
        }
        links.into_iter().filter_map(|(target, link)| Some((catalog.find(target)?.name, link))).collect()
    }

    fn moved(&self, entity: &EntityRef) -> Vec<Moved<'a>> {
        let names = self.datasets.get(entity).into_iter().flatten();
        names
            .filter_map(|name| {
                let (name, dataset) = self.known.plan?.datasets.get_key_value(*name)?;
                Some(Moved { name, dataset, wave: self.waves.get(name.as_str()).copied() })
            })
            .collect()
    }

    fn touched(
        &self,
        entity: &'a EntityRef,
        (through, link): (&'a EntityRef, Link),
        distance: u32,
    ) -> Option<Touched<'a>> {
        let found = self.known.catalog.find(entity)?;
        let switched = self.consumers.get(entity).and_then(|name| {
            let (name, consumer) = self.known.plan?.consumers.get_key_value(*name)?;
            Some(Switched { name, consumer, wave: self.waves.get(name.as_str()).copied() })
        });
        Some(Touched {
            entity,
            distance,
            through,
            link,
            owner: owner(found),
            criticality: self.known.criticality(found.entity),
            switched,
            moved: self.moved(entity),
        })
    }
}

/// What becomes of one old column of a dataset.
#[derive(Clone, Debug)]
pub struct ColumnImpact<'a> {
    /// Its name in the old table.
    pub name: &'a str,
    /// Why it ends, when it does.
    pub dropped: Option<&'a DroppedColumn>,
    /// The new columns that are made from it, those of later datasets included, nearest first.
    pub becomes: Vec<Becomes<'a>>,
}

/// A new column that is made from an old one.
#[derive(Clone, Debug)]
pub struct Becomes<'a> {
    /// The dataset that makes it.
    pub dataset: &'a str,
    /// The column.
    pub column: &'a Column,
    /// The column of that dataset's old table that it is made from.
    pub from: &'a str,
    /// What becomes of that one's value.
    pub change: Change,
}

/// What becomes of every old column of a dataset, in the old table's order; nothing for a dataset that the
/// plan does not have.
pub fn columns<'a>(plan: &'a Plan, dataset: &'a str) -> Vec<ColumnImpact<'a>> {
    let Some(found) = plan.datasets.get(dataset) else { return Vec::new() };
    let columns = found.old_schema.columns.iter();
    columns
        .map(|column| ColumnImpact {
            name: &column.name,
            dropped: found.dropped.iter().find(|drop| drop.name == column.name),
            becomes: dependents(plan, dataset, &column.name).into_iter().filter_map(becomes).collect(),
        })
        .collect()
}

fn becomes(found: Dependent<'_>) -> Option<Becomes<'_>> {
    let Dependent { dataset, column, from } = found;
    Some(Becomes { dataset, column, from, change: change(column, from)? })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::fixture::{Fixture, SHOP_CATALOG, SHOP_SCHEMAS, framed};

    const SOURCE: &str = "
migration shop {
  owner       = @group:platform
  catalog     = files(\"catalog/*.yaml\")
  criticality = metadata.annotations[\"acme.io/tier\"] in [low, medium, high]
}
dataset orders: legacy.orders -> lake.sales.orders {
  entity = @resource:orders-v1 -> @resource:orders-v2
  columns {
    order_no
    customer = cust_id
    total_cents
    state: text? = lower(state)
    placed
    email
    channel
    discount
  }
  drop legacy_flag because \"unused\"
}
dataset totals: legacy.totals -> lake.sales.totals {
  entity  = @resource:totals
  columns = same
}
consumer billing: @component:billing-api { cut_over = notify }
consumer reports: @component:reports { cut_over = notify }
wave one { move = datasets, billing }
wave two after one { move = reports }
";

    /// The shop, whose billing provides an API that the website and a system use.
    fn fixture() -> Fixture {
        let mut fixture = Fixture::new(&framed(SOURCE), SHOP_CATALOG, SHOP_SCHEMAS);
        let name = |text: &str| -> EntityRef { text.parse().unwrap() };
        let mut entities = std::mem::take(&mut fixture.catalog).into_entities();
        for (from, kind, to) in [
            ("component:billing-api", "providesApi", "api:billing"),
            ("api:billing", "apiConsumedBy", "component:website"),
            ("api:billing", "apiConsumedBy", "component:nobody"),
            ("component:website", "dependencyOf", "component:billing-api"),
            ("system:shop", "hasPart", "component:billing-api"),
        ] {
            let api = Entity {
                kind: "API".into(),
                metadata: Default::default(),
                spec: Default::default(),
                relations: Vec::new(),
                origin: None,
            };
            let relation = mig_plan::catalog::Relation { kind: kind.into(), target: name(to) };
            entities.entry(name(from)).or_insert(api).relations.push(relation);
        }
        fixture.catalog = Catalog::new(entities);
        fixture
    }

    fn shown(entity: &str, planned: bool) -> String {
        let fixture = fixture();
        let plan = planned.then(|| fixture.plan());
        let (program, _) = crate::resolve(&fixture.trees());
        let known = Known { catalog: &fixture.catalog, program: Some(&program), plan: plan.as_ref() };
        let Some(impact) = impact(known, &entity.parse().unwrap()) else { return "unknown".to_owned() };
        let lines = impact.touched.iter().map(|touched| {
            let line = format!(
                "{} {} {:?} {} owner {} level {} wave {}",
                touched.distance,
                touched.entity,
                touched.link,
                touched.through,
                touched.owner.map_or_else(String::new, ToString::to_string),
                touched.criticality.as_ref().map_or("", |criticality| &criticality.level),
                touched.switched.and_then(|switched| switched.wave).unwrap_or_default(),
            );
            format!("{}\n", line.trim_end())
        });
        lines.collect()
    }

    #[test]
    fn readers_are_found_through_others_each_once_and_circles_end() {
        assert_snapshot!(shown("resource:orders-v1", true), @"
        1 component:default/billing-api DependsOn resource:default/orders-v1 owner group:default/commerce level low wave one
        1 component:default/reports DependsOn resource:default/orders-v1 owner group:default/finance level high wave two
        1 resource:default/orders-v2 NewSideOf resource:default/orders-v1 owner group:default/commerce level  wave
        1 resource:default/totals DependsOn resource:default/orders-v1 owner group:default/finance level  wave
        2 api:default/billing ProvidedBy component:default/billing-api owner  level  wave
        3 component:default/website ConsumesApi api:default/billing owner group:default/commerce level medium wave
        ");
    }

    #[test]
    fn a_catalog_alone_says_who_reads() {
        assert_snapshot!(shown("api:billing", false), @"
        1 component:default/website ConsumesApi api:default/billing owner group:default/commerce level medium wave
        2 component:default/billing-api DependsOn component:default/website owner group:default/commerce level low wave
        ");
        assert_eq!(shown("component:nobody", false), "unknown");
    }

    #[test]
    fn a_system_is_its_parts_when_it_is_asked_about() {
        assert_snapshot!(shown("system:shop", false), @"
        1 component:default/billing-api PartOf system:default/shop owner group:default/commerce level low wave
        2 api:default/billing ProvidedBy component:default/billing-api owner  level  wave
        3 component:default/website ConsumesApi api:default/billing owner group:default/commerce level medium wave
        ");
    }

    #[test]
    fn every_old_column_becomes_something_or_ends() {
        let plan = fixture().plan();
        let lines = columns(&plan, "orders").into_iter().map(|column| {
            let becomes = column
                .becomes
                .iter()
                .map(|becomes| format!(" {}.{} {:?}", becomes.dataset, becomes.column.name, becomes.change));
            let dropped =
                column.dropped.map_or_else(String::new, |drop| format!(" dropped: {}", drop.because));
            format!("{}{}{dropped}\n", column.name, becomes.collect::<String>())
        });
        assert_snapshot!(lines.collect::<String>(), @"
        order_no orders.order_no Carried
        cust_id orders.customer Carried
        total_cents orders.total_cents Carried
        state orders.state Lossy([Lower])
        placed orders.placed Carried
        email orders.email Carried
        channel orders.channel Carried
        legacy_flag dropped: unused
        discount orders.discount Carried
        ");
    }
}
