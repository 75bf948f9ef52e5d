//! What of the world concerns a program: entities and tables whose change may change its plan. Reports nothing.

use std::collections::{BTreeMap, BTreeSet};

use mig_lang::Span;
use mig_plan::{EntityRef, TableRef};

use super::cases::DatasetItem;
use super::mapping::used;
use super::{World, portal, scene};
use crate::hir::{Columns, Program};

/// What of a world concerns a program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Concerned {
    /// Datasets, consumers, everybody who reads a dataset, owners, and who may approve.
    pub entities: BTreeSet<EntityRef>,
    /// The tables that rows come from.
    pub old: BTreeMap<TableRef, Named>,
    /// The tables that rows go to.
    pub new: BTreeMap<TableRef, Named>,
}

/// Where the source names a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The table, or the tables of a family.
    pub span: Span,
    /// Where the source uses a column of it, by name; for an old table alone.
    pub columns: BTreeMap<String, Span>,
}

/// What of this world concerns a program, families expanded. Works on programs with errors.
pub fn concerned(program: &Program, world: &World) -> Concerned {
    let scene = scene(program, world, None, &mut Vec::new());
    let mut concerned = Concerned::default();
    let mut entities: BTreeSet<&EntityRef> =
        scene.consumers.readers.iter().map(|reader| reader.entry.name).collect();
    for case in &scene.datasets.cases {
        entities.extend(case.old_entity.into_iter().chain(case.new_entity));
        if let Some(old) = &case.old {
            let columns = columns(case.from);
            let named = Named { span: old.span, columns };
            concerned.old.entry(old.table.clone()).or_insert(named);
        }
        if let Some(new) = &case.new {
            let named = Named { span: new.span, columns: BTreeMap::new() };
            concerned.new.entry(new.table.clone()).or_insert(named);
        }
    }
    entities.extend(scene.consumers.cases.iter().filter_map(|case| case.entity));
    for entity in entities {
        let owner = world.catalog.find(entity).and_then(portal::owner);
        concerned.entities.extend(owner.cloned());
        concerned.entities.insert(entity.clone());
    }
    let owner = program.migration.iter().flat_map(|migration| &migration.owner);
    concerned.entities.extend(owner.map(|owner| owner.entity.clone()));
    for approver in program.approvals.values().flat_map(|approval| &approval.from) {
        concerned.entities.extend(portal::members(world.catalog, &approver.entity));
    }
    concerned
}

/// Where a dataset uses or drops each old column.
fn columns(item: DatasetItem) -> BTreeMap<String, Span> {
    let DatasetItem::Single(dataset) = item else { return BTreeMap::new() };
    let mut columns = BTreeMap::new();
    if let Some(Columns::Listed { columns: listed, .. }) = &dataset.columns {
        columns.extend(used(listed).into_iter().map(|(name, span)| (name.to_owned(), span)));
    }
    columns.extend(dataset.drops.iter().map(|drop| (drop.column.text.clone(), drop.column.span)));
    columns
}
