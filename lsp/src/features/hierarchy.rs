//! What reads and what writes: from an item to those who read or move it, and to what it is made of.
//!
//! Of a dataset: who reads it are consumers, validations, waves and datasets made from it; what it is made of are the
//! stores it moves between and the datasets before it. Of a consumer: the waves that switch it, and the datasets that it
//! reads. Of a store: the datasets read from it, and those written to it. What the catalog says is told too, where it is
//! known: families have the readers of their members, and a reader that no item names is one all the same.

use std::collections::BTreeMap;

use mig_compiler::Expansion;
use mig_compiler::hir::{ItemRef, Moved, Program, Tables};
use mig_lang::Span;
use mig_lang::ast::Keyword;
use mig_plan::EntityRef;

use super::inlay::listed;
use crate::snapshot::{Cursor, Folder};
use crate::symbol::{self, Meaning};

/// Something that reads or writes, or is read or written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Party {
    /// What it is.
    pub(crate) id: PartyId,
    /// What is said of it in a few words.
    pub(crate) detail: String,
    /// Where its name stands; of a reader that no item names, the dataset's name.
    pub(crate) name_span: Span,
    /// The whole of it.
    pub(crate) span: Span,
}

/// What a party is, by which it is found again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PartyId {
    /// An item of that name.
    Item(String),
    /// A reader that no item names.
    Reader(EntityRef),
}

/// Another party, and the places that say so, in whichever of the two reads or writes.
pub(crate) type Relation = (Party, Vec<Span>);

/// The parties under the cursor.
pub(crate) fn prepare(cursor: Cursor<'_>) -> Vec<Party> {
    let Some(symbol) = symbol::at(cursor) else { return Vec::new() };
    let folder = cursor.folder;
    match symbol.meaning {
        Meaning::Item(name) | Meaning::Member { family: name, .. } => {
            party(folder, &name).into_iter().collect()
        }
        Meaning::Entity(entity) => {
            let items = about(folder.program(), &entity);
            items.into_iter().filter_map(|name| party(folder, name)).collect()
        }
        Meaning::Keyword(_)
        | Meaning::Attribute(..)
        | Meaning::Statement(..)
        | Meaning::StoreKind(_)
        | Meaning::Table { .. }
        | Meaning::OldColumn { .. }
        | Meaning::NewColumn { .. }
        | Meaning::Type(_)
        | Meaning::Function(_)
        | Meaning::Action(_)
        | Meaning::Code(_)
        | Meaning::Variable(_)
        | Meaning::EntityPath(_)
        | Meaning::Metric(_) => Vec::new(),
    }
}

/// Who reads or moves it, in the order of their names; the places are in them.
pub(crate) fn incoming(folder: &Folder, id: &PartyId) -> Vec<Relation> {
    let PartyId::Item(name) = id else { return Vec::new() };
    let program = folder.program();
    let Some(definition) = program.definitions.get(name) else { return Vec::new() };
    let mut found = Found::new(folder);
    match definition.keyword {
        Keyword::Dataset | Keyword::Datasets => {
            found.readers(name);
            for validation in program.validations.values() {
                found.named(&validation.title.name, &validation.on, name);
            }
            found.waves(name);
            for (after, before, span) in chained(program) {
                if before == name {
                    found.add(PartyId::Item(after.to_owned()), span, "made from it");
                }
            }
        }
        Keyword::Consumer | Keyword::Consumers => found.waves(name),
        Keyword::Store => {
            for (dataset, store, span) in stores(program, Side::Old) {
                if store == name {
                    found.add(PartyId::Item(dataset.to_owned()), span, "reads from it");
                }
            }
        }
        Keyword::Validation => {
            for wave in program.waves.values() {
                for used in wave.validations.iter().filter(|used| used.value == *name) {
                    found.add(PartyId::Item(wave.title.name.clone()), used.span, "runs it");
                }
            }
        }
        Keyword::Approval | Keyword::Rollback => {
            for wave in program.waves.values() {
                let named = [&wave.approval, &wave.rollback].into_iter().flatten();
                for used in named.filter(|used| used.value == *name) {
                    found.add(PartyId::Item(wave.title.name.clone()), used.span, "has it");
                }
            }
        }
        Keyword::Metric => {
            for rollback in program.rollbacks.values() {
                for (condition, span) in rollback.policy.conditions.iter().zip(&rollback.conditions) {
                    if condition.metric == *name {
                        found.add(PartyId::Item(rollback.title.name.clone()), *span, "looks at it");
                    }
                }
            }
        }
        Keyword::Wave => {
            for wave in program.waves.values() {
                for after in wave.after.iter().filter(|after| after.value == *name) {
                    found.add(PartyId::Item(wave.title.name.clone()), after.span, "comes after it");
                }
            }
        }
        Keyword::Migration => {}
    }
    found.relations()
}

/// What it is made of, reads or writes, in the order of the names; the places are in it.
pub(crate) fn outgoing(folder: &Folder, id: &PartyId) -> Vec<Relation> {
    let program = folder.program();
    let mut found = Found::new(folder);
    let name = match id {
        PartyId::Item(name) => name,
        PartyId::Reader(entity) => {
            let reads = folder.expansion().and_then(|expansion| expansion.readers.get(entity));
            if let (Some(expansion), Some(reads)) = (folder.expansion(), reads) {
                for item in items_of(expansion, reads) {
                    let span = program.definitions.get(item).map(|definition| definition.name);
                    span.into_iter()
                        .for_each(|span| found.add(PartyId::Item(item.to_owned()), span, "read by it"));
                }
            }
            return found.relations();
        }
    };
    let Some(definition) = program.definitions.get(name) else { return Vec::new() };
    match definition.keyword {
        Keyword::Dataset | Keyword::Datasets => {
            for (side, what) in [(Side::Old, "the rows come from it"), (Side::New, "the rows go to it")] {
                for (dataset, store, span) in stores(program, side) {
                    if dataset == name {
                        found.add(PartyId::Item(store.to_owned()), span, what);
                    }
                }
            }
            for (after, before, span) in chained(program) {
                if after == name {
                    found.add(PartyId::Item(before.to_owned()), span, "it is made from this");
                }
            }
        }
        Keyword::Consumer | Keyword::Consumers => {
            let written = program.consumers.get(name).and_then(|consumer| consumer.reads.as_ref());
            match (written, folder.expansion()) {
                (Some(reads), _) => {
                    for read in reads {
                        found.add(PartyId::Item(read.name.clone()), read.span, "read by it");
                    }
                }
                (None, Some(expansion)) => {
                    let consumers = expansion.consumers.values().filter(|consumer| consumer.item == *name);
                    let reads: Vec<String> = consumers.flat_map(|consumer| consumer.reads.clone()).collect();
                    for item in items_of(expansion, &reads) {
                        found.add(
                            PartyId::Item(item.to_owned()),
                            definition.name,
                            "read by it, says the catalog",
                        );
                    }
                }
                (None, None) => {}
            }
        }
        Keyword::Store => {
            for (dataset, store, _) in stores(program, Side::New) {
                if store == name {
                    // The place is the store's, which says nothing of it itself.
                    found.add(PartyId::Item(dataset.to_owned()), definition.name, "writes to it");
                }
            }
        }
        Keyword::Validation => {
            let on = program.validations.get(name).map(|validation| &validation.on);
            for dataset in on.into_iter().flatten() {
                found.add(PartyId::Item(dataset.name.clone()), dataset.span, "looked at by it");
            }
        }
        Keyword::Wave => {
            let Some(wave) = program.waves.get(name) else { return Vec::new() };
            for part in &wave.moves {
                for item in moved_items(folder, name, &part.what) {
                    found.add(PartyId::Item(item), part.span, "moved by it");
                }
            }
            let named = wave.validations.iter().chain(&wave.approval).chain(&wave.rollback);
            for used in named {
                found.add(PartyId::Item(used.value.clone()), used.span, "used by it");
            }
            for after in &wave.after {
                found.add(PartyId::Item(after.value.clone()), after.span, "it comes after this");
            }
        }
        Keyword::Rollback => {
            let Some(rollback) = program.rollbacks.get(name) else { return Vec::new() };
            for (condition, span) in rollback.policy.conditions.iter().zip(&rollback.conditions) {
                if program.metrics.contains_key(&condition.metric) {
                    found.add(PartyId::Item(condition.metric.clone()), *span, "looked at by it");
                }
            }
        }
        Keyword::Migration | Keyword::Approval | Keyword::Metric => {}
    }
    found.relations()
}

/// Relations by party.
struct Found<'s> {
    folder: &'s Folder,
    by_party: BTreeMap<PartyId, (String, Vec<Span>)>,
}

impl<'s> Found<'s> {
    fn new(folder: &'s Folder) -> Self {
        Self { folder, by_party: BTreeMap::new() }
    }

    fn add(&mut self, id: PartyId, span: Span, what: &str) {
        let (detail, spans) = self.by_party.entry(id).or_default();
        if !detail.split("; ").any(|known| known == what) {
            if !detail.is_empty() {
                detail.push_str("; ");
            }
            detail.push_str(what);
        }
        if !spans.contains(&span) {
            spans.push(span);
        }
    }

    /// An item with a list of others, where one of them is meant.
    fn named(&mut self, item: &str, others: &[ItemRef], wanted: &str) {
        for other in others.iter().filter(|other| other.name == wanted) {
            self.add(PartyId::Item(item.to_owned()), other.span, "looks at it");
        }
    }

    /// Who reads a dataset or a member of a family.
    fn readers(&mut self, name: &str) {
        let program = self.folder.program();
        for consumer in program.consumers.values() {
            for read in consumer.reads.iter().flatten().filter(|read| read.name == name) {
                self.add(PartyId::Item(consumer.title.name.clone()), read.span, "reads it");
            }
        }
        let Some(expansion) = self.folder.expansion() else { return };
        let is_of = |read: &String| expansion.datasets.get(read).is_some_and(|dataset| dataset.item == name);
        let mut members: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (consumer, found) in &expansion.consumers {
            if found.reads.iter().any(is_of) {
                members.entry(&found.item).or_default().push(consumer);
            }
        }
        for (item, members) in members {
            let written = program.consumers.get(item).is_some_and(|consumer| consumer.reads.is_some());
            let Some(definition) = program.definitions.get(item).filter(|_| !written) else { continue };
            let what = match definition.keyword {
                Keyword::Consumers => format!("reads it, says the catalog: {}", listed(members.into_iter())),
                Keyword::Migration
                | Keyword::Store
                | Keyword::Dataset
                | Keyword::Datasets
                | Keyword::Consumer
                | Keyword::Validation
                | Keyword::Approval
                | Keyword::Metric
                | Keyword::Rollback
                | Keyword::Wave => "reads it, says the catalog".to_owned(),
            };
            self.add(PartyId::Item(item.to_owned()), definition.name, &what);
        }
        let named: Vec<&EntityRef> =
            expansion.consumers.values().filter_map(|consumer| consumer.entity.as_ref()).collect();
        let Some(definition) = program.definitions.get(name) else { return };
        for (entity, reads) in &expansion.readers {
            if reads.iter().any(is_of) && !named.contains(&entity) {
                self.add(
                    PartyId::Reader(entity.clone()),
                    definition.name,
                    "reads it, says the catalog, and no item names it",
                );
            }
        }
    }

    /// The waves that move an item.
    fn waves(&mut self, name: &str) {
        let folder = self.folder;
        for wave in folder.program().waves.values() {
            for part in &wave.moves {
                if moved_items(folder, &wave.title.name, &part.what).iter().any(|item| item == name) {
                    self.add(PartyId::Item(wave.title.name.clone()), part.span, "moves it");
                }
            }
        }
    }

    fn relations(self) -> Vec<Relation> {
        let folder = self.folder;
        self.by_party
            .into_iter()
            .filter_map(|(id, (detail, spans))| {
                let found = match &id {
                    PartyId::Item(name) => party(folder, name)?,
                    // A reader that no item names stands where the dataset does that it reads.
                    PartyId::Reader(_) => {
                        let span = *spans.first()?;
                        Party { id: id.clone(), detail: String::new(), name_span: span, span }
                    }
                };
                Some((Party { detail, ..found }, spans))
            })
            .collect()
    }
}

/// An item as a party.
fn party(folder: &Folder, name: &str) -> Option<Party> {
    let definition = folder.program().definitions.get(name)?;
    Some(Party {
        id: PartyId::Item(name.to_owned()),
        detail: definition.keyword.word().to_owned(),
        name_span: definition.name,
        span: definition.item,
    })
}

/// What an item is called, and a reader.
pub(crate) fn name(id: &PartyId) -> String {
    match id {
        PartyId::Item(name) => name.clone(),
        PartyId::Reader(entity) => entity.source_form(),
    }
}

/// The keyword of an item; a reader that no item names is a consumer.
pub(crate) fn keyword(folder: &Folder, id: &PartyId) -> Keyword {
    match id {
        PartyId::Item(name) => {
            folder.program().definitions.get(name).map_or(Keyword::Dataset, |definition| definition.keyword)
        }
        PartyId::Reader(_) => Keyword::Consumer,
    }
}

/// The items that are about an entity.
fn about<'p>(program: &'p Program, entity: &EntityRef) -> Vec<&'p str> {
    let datasets = program.datasets.values().filter(|dataset| {
        [&dataset.old_entity, &dataset.new_entity].into_iter().flatten().any(|used| used.entity == *entity)
    });
    let consumers = program
        .consumers
        .values()
        .filter(|consumer| consumer.entity.as_ref().is_some_and(|used| used.entity == *entity));
    let datasets = datasets.map(|dataset| dataset.title.name.as_str());
    datasets.chain(consumers.map(|consumer| consumer.title.name.as_str())).collect()
}

/// The items that datasets come from, each once.
fn items_of<'e>(expansion: &'e Expansion, datasets: &[String]) -> Vec<&'e str> {
    let mut items: Vec<&str> = datasets
        .iter()
        .filter_map(|dataset| expansion.datasets.get(dataset))
        .map(|dataset| dataset.item.as_str())
        .collect();
    items.sort_unstable();
    items.dedup();
    items
}

/// The items that a part of a wave's `move` moves: the one that it names, or all that the wave moves of what it names.
fn moved_items(folder: &Folder, wave: &str, what: &Moved) -> Vec<String> {
    let program = folder.program();
    let expanded = folder.expansion().and_then(|expansion| Some((expansion, expansion.waves.get(wave)?)));
    let mut items: Vec<String> = match (what, expanded) {
        (Moved::Item(item), _) => vec![item.name.clone()],
        (Moved::Datasets, Some((expansion, wave))) => {
            items_of(expansion, &wave.datasets).into_iter().map(str::to_owned).collect()
        }
        (Moved::Consumers, Some((expansion, wave))) => wave
            .consumers
            .iter()
            .filter_map(|name| expansion.consumers.get(name))
            .map(|consumer| consumer.item.clone())
            .collect(),
        // Which of them a predicate selects is not known without the catalog.
        (Moved::Datasets, None) => {
            program.datasets.keys().chain(program.dataset_families.keys()).cloned().collect()
        }
        (Moved::Consumers, None) => {
            program.consumers.keys().chain(program.consumer_families.keys()).cloned().collect()
        }
    };
    items.sort();
    items.dedup();
    items
}

/// A side of a move.
#[derive(Clone, Copy)]
enum Side {
    Old,
    New,
}

/// The datasets and families with the store of one side, and where it is named.
fn stores(program: &Program, side: Side) -> Vec<(&str, &str, Span)> {
    let mut found = Vec::new();
    for (name, dataset) in program.datasets.iter() {
        let place = match side {
            Side::Old => &dataset.old,
            Side::New => &dataset.new,
        };
        found.extend(place.iter().map(|place| (name.as_str(), place.table.store.as_str(), place.span)));
    }
    for (name, family) in program.dataset_families.iter() {
        let tables: &Option<Tables> = match side {
            Side::Old => &family.old,
            Side::New => &family.new,
        };
        found.extend(tables.iter().map(|tables| (name.as_str(), tables.store.as_str(), tables.span)));
    }
    found
}

/// Single datasets that are read from the table that another one writes: the later, the earlier, and where the later
/// names the table.
fn chained(program: &Program) -> Vec<(&str, &str, Span)> {
    let written: BTreeMap<_, &str> = program
        .datasets
        .iter()
        .filter_map(|(name, dataset)| Some((&dataset.new.as_ref()?.table, name.as_str())))
        .collect();
    program
        .datasets
        .iter()
        .filter_map(|(name, dataset)| {
            let old = dataset.old.as_ref()?;
            let before = written.get(&old.table).copied().filter(|before| before != name)?;
            Some((name.as_str(), before, old.span))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Relation, incoming, name, outgoing, prepare};
    use crate::fixture::{Fixture, shop};
    use crate::host::Known;

    const SHOP: &str = "
migration shop {
  owner   = @group:platform
  catalog = files(\"catalog.yaml\")
}
store legacy: sqlite { url = env.LEGACY }
store lake: postgres { url = env.LAKE }
dataset orders: legacy.orders -> lake.sales.orders {
  entity  = @resource:orders-v1
  columns = same
}
dataset later: lake.sales.orders -> lake.sales.later {
  entity  = @resource:orders-v2
  columns = same
}
CONSUMER
validation ok on orders { row_count }
wave one { move = orders, later, validation = [ok] }
wave two after one { move = consumers }
";

    fn shown(consumer: &str, from: &str, to: &str, known: Known) -> String {
        let text = SHOP.replacen("CONSUMER", consumer, 1).replacen(from, to, 1);
        let fixture = Fixture::files(&[("main.mig", text.as_str())], known);
        let folder = fixture.cursor().folder;
        let mut lines = Vec::new();
        for party in prepare(fixture.cursor()) {
            lines.push(format!("{} ({})", name(&party.id), party.detail));
            let line = |arrow: &str, (other, spans): Relation| {
                let places: Vec<String> = spans.into_iter().map(|span| fixture.shown(span)).collect();
                format!("  {arrow} {}: {} [{}]", name(&other.id), other.detail, places.join(" | "))
            };
            lines.extend(incoming(folder, &party.id).into_iter().map(|relation| line("<-", relation)));
            lines.extend(outgoing(folder, &party.id).into_iter().map(|relation| line("->", relation)));
        }
        lines.join("\n")
    }

    const BILLING: &str = "consumer billing: @component:billing-api { reads = [orders], cut_over = notify }";
    const OTHERS: &str = "consumers others: catalog where kind == \"Component\" { cut_over = notify }";

    #[test]
    fn a_dataset_has_its_readers_and_its_stores() {
        insta::assert_snapshot!(shown(BILLING, "dataset orders", "dataset ord$0ers", Known::default()), @"
        orders (dataset)
          <- billing: reads it [main.mig:16 orders]
          <- later: made from it [main.mig:12 lake.sales.orders]
          <- ok: looks at it [main.mig:17 orders]
          <- one: moves it [main.mig:18 orders]
          -> lake: the rows go to it [main.mig:8 lake.sales.orders]
          -> legacy: the rows come from it [main.mig:8 legacy.orders]
        ");
        insta::assert_snapshot!(shown(OTHERS, "dataset orders", "dataset ord$0ers", shop()), @"
        orders (dataset)
          <- later: made from it [main.mig:12 lake.sales.orders]
          <- ok: looks at it [main.mig:17 orders]
          <- one: moves it [main.mig:18 orders]
          <- others: reads it, says the catalog: `others.billing-api` [main.mig:16 others]
          -> lake: the rows go to it [main.mig:8 lake.sales.orders]
          -> legacy: the rows come from it [main.mig:8 legacy.orders]
        ");
    }

    #[test]
    fn a_reader_that_no_item_names_is_one() {
        insta::assert_snapshot!(shown("", "@resource:orders-v1", "@resource:ord$0ers-v1", shop()), @"
        orders (dataset)
          <- later: made from it [main.mig:12 lake.sales.orders]
          <- ok: looks at it [main.mig:17 orders]
          <- one: moves it [main.mig:18 orders]
          <- @component:billing-api: reads it, says the catalog, and no item names it [main.mig:8 orders]
          -> lake: the rows go to it [main.mig:8 lake.sales.orders]
          -> legacy: the rows come from it [main.mig:8 legacy.orders]
        ");
    }

    #[test]
    fn consumers_stores_waves_and_validations_have_theirs() {
        insta::assert_snapshot!(shown(BILLING, "consumer billing", "consumer bil$0ling", Known::default()), @"
        billing (consumer)
          <- two: moves it [main.mig:19 consumers]
          -> orders: read by it [main.mig:16 orders]
        ");
        insta::assert_snapshot!(shown(OTHERS, "consumers others", "consumers oth$0ers", shop()), @"
        others (consumers)
          <- two: moves it [main.mig:19 consumers]
          -> orders: read by it, says the catalog [main.mig:16 others]
        ");
        insta::assert_snapshot!(shown(BILLING, "store lake", "store la$0ke", Known::default()), @"
        lake (store)
          <- later: reads from it [main.mig:12 lake.sales.orders]
          -> later: writes to it [main.mig:7 lake]
          -> orders: writes to it [main.mig:7 lake]
        ");
        insta::assert_snapshot!(shown(BILLING, "wave two", "wave tw$0o", Known::default()), @"
        two (wave)
          -> billing: moved by it [main.mig:19 consumers]
          -> one: it comes after this [main.mig:19 one]
        ");
        insta::assert_snapshot!(shown(BILLING, "wave one", "wave on$0e", Known::default()), @"
        one (wave)
          <- two: comes after it [main.mig:19 one]
          -> later: moved by it [main.mig:18 later]
          -> ok: used by it [main.mig:18 ok]
          -> orders: moved by it [main.mig:18 orders]
        ");
        insta::assert_snapshot!(shown(BILLING, "validation ok", "validation o$0k", Known::default()), @"
        ok (validation)
          <- one: runs it [main.mig:18 ok]
          -> orders: looked at by it [main.mig:17 orders]
        ");
        assert_eq!(shown(BILLING, "owner  ", "own$0er  ", Known::default()), "");
    }
}
