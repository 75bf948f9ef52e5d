//! What a program is in a world: the members of its families, who reads what, and what each wave moves. For people
//! who look at a program that may have errors: reports nothing, and leaves out what could not be resolved.

use std::collections::BTreeMap;

use mig_plan::{EntityRef, TableRef};

use super::{Scene, World, scene};
use crate::hir::Program;

/// A program with its families expanded and its waves filled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expansion {
    /// The datasets, by the names that the plan gives them: `orders`, `archive.customers`.
    pub datasets: BTreeMap<String, ExpandedDataset>,
    /// The consumers, by the names that the plan gives them: `billing`, `others.reports`.
    pub consumers: BTreeMap<String, ExpandedConsumer>,
    /// What each wave moves, by its name.
    pub waves: BTreeMap<String, ExpandedWave>,
    /// Every entity that the catalog relates to a moved dataset, with the names of the datasets that it reads:
    /// also one that no item names.
    pub readers: BTreeMap<EntityRef, Vec<String>>,
}

/// A dataset, single or a member of a family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpandedDataset {
    /// The item that it comes from.
    pub item: String,
    /// Its entity.
    pub entity: Option<EntityRef>,
    /// Where its rows come from; `None` also for a member whose table is not known.
    pub old: Option<TableRef>,
    /// Where they go.
    pub new: Option<TableRef>,
}

/// A consumer, single or a member of a family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpandedConsumer {
    /// The item that it comes from.
    pub item: String,
    /// Its entity.
    pub entity: Option<EntityRef>,
    /// The names of the datasets that it reads, sorted.
    pub reads: Vec<String>,
}

/// What a wave moves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExpandedWave {
    /// The names of the datasets, sorted.
    pub datasets: Vec<String>,
    /// The names of the consumers, sorted.
    pub consumers: Vec<String>,
}

impl Expansion {
    /// The names of the members of a family, or of the one dataset or consumer that an item is, sorted.
    pub fn of_item<'e>(&'e self, item: &'e str) -> impl Iterator<Item = &'e str> {
        let datasets = self.datasets.iter().filter(move |(_, found)| found.item == item);
        let consumers = self.consumers.iter().filter(move |(_, found)| found.item == item);
        datasets.map(|(name, _)| name.as_str()).chain(consumers.map(|(name, _)| name.as_str()))
    }
}

/// Expands the families of a program and fills its waves. Works on programs with errors.
pub fn expand(program: &Program, world: &World) -> Expansion {
    of(&scene(program, world, None, &mut Vec::new()))
}

/// The expansion that a scene is.
pub(super) fn of(scene: &Scene) -> Expansion {
    let dataset = |place: &usize| scene.datasets.get(*place).map(|case| case.name.clone());
    let consumer = |place: &usize| scene.consumers.get(*place).map(|case| case.name.to_string());
    let datasets = scene.datasets.cases.iter().map(|case| {
        let expanded = ExpandedDataset {
            item: case.from.title().name.clone(),
            entity: case.old_entity.cloned(),
            old: case.old.as_ref().map(|old| old.table.clone()),
            new: case.new.as_ref().map(|new| new.table.clone()),
        };
        (case.name.clone(), expanded)
    });
    let consumers = scene.consumers.cases.iter().map(|case| {
        let expanded = ExpandedConsumer {
            item: case.from.title().name.clone(),
            entity: case.entity.cloned(),
            reads: case.reads.iter().filter_map(dataset).collect(),
        };
        (case.name.to_string(), expanded)
    });
    let waves = scene.waves.cases.iter().map(|(name, case)| {
        let expanded = ExpandedWave {
            datasets: case.datasets.keys().filter_map(dataset).collect(),
            consumers: case.consumers.keys().filter_map(consumer).collect(),
        };
        ((*name).to_owned(), expanded)
    });
    let readers = scene
        .consumers
        .readers
        .iter()
        .map(|reader| (reader.entry.name.clone(), reader.reads.iter().filter_map(dataset).collect()));
    Expansion {
        datasets: datasets.collect(),
        consumers: consumers.collect(),
        waves: waves.collect(),
        readers: readers.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::expand;
    use crate::World;
    use crate::fixture::{Fixture, framed};

    #[test]
    fn families_are_their_members_and_waves_what_they_move() {
        let source = "
dataset orders: legacy.orders -> lake.sales.orders {
  entity  = @resource:orders-v1
  columns = same
}
datasets rest: legacy.* -> lake.rest.* { select = catalog where metadata.name in [\"customers\", \"places\"] }
consumers others: catalog where kind == \"Component\" { cut_over = notify }
wave one { move = datasets where metadata.name == \"customers\", others }
wave two after one { move = orders, nobody }
";
        let fixture = Fixture::shop(&framed(source));
        let (program, _) = crate::resolve(&fixture.trees());
        let world = World { catalog: &fixture.catalog, schemas: &fixture.schemas };
        let expansion = expand(&program, &world);
        assert_eq!(expansion.of_item("rest").collect::<Vec<_>>(), ["rest.customers", "rest.places"]);
        assert_eq!(expansion.of_item("orders").collect::<Vec<_>>(), ["orders"]);
        let customers = &expansion.datasets["rest.customers"];
        assert_eq!(customers.old.as_ref().map(ToString::to_string).as_deref(), Some("legacy.customers"));
        assert_eq!(customers.new.as_ref().map(ToString::to_string).as_deref(), Some("lake.rest.customers"));
        assert_eq!(expansion.consumers["others.billing-api"].reads, ["orders"]);
        assert_eq!(expansion.waves["one"].datasets, ["rest.customers"]);
        assert_eq!(expansion.waves["one"].consumers, ["others.billing-api", "others.reports"]);
        // What cannot be resolved is left out, and the rest is there.
        assert_eq!(expansion.waves["two"].datasets, ["orders"]);
        // `totals` is read by no item, and reads all the same.
        let totals = "resource:default/totals".parse().unwrap();
        assert_eq!(expansion.readers[&totals], ["orders"]);
    }
}
