//! What passed every check: the parts of the plan, of which only the steps are still missing.

use std::collections::BTreeMap;

use mig_plan::{
    Approval, CheckRule, Column, Consumer, Dataset, Digest, Metric, MetricSource, Migration, OldTable,
    RollbackPolicy, StoreConfig, TableSchema, Undo, Wave,
};
use rayon::prelude::*;

use super::actions::{Actions, Reversible};
use super::cases::{ConsumerCase, DatasetCase, NewTable};
use super::mapping::Mapping;
use super::validations::Rules;
use super::{Scene, approvals, families, portal};
use crate::hir::{CatalogKind, Metrics};

/// A program without an error, with what the world said of it. Datasets, consumers and waves are meant by their
/// places.
#[derive(Clone, Debug)]
pub struct Checked {
    pub(crate) migration: Migration,
    pub(crate) catalog: Digest,
    pub(crate) schemas: Digest,
    pub(crate) stores: BTreeMap<String, StoreConfig>,
    /// The datasets, sorted by name.
    pub(crate) datasets: Vec<CheckedDataset>,
    /// The consumers, sorted by name.
    pub(crate) consumers: Vec<CheckedConsumer>,
    pub(crate) approvals: BTreeMap<String, Approval>,
    pub(crate) rollbacks: BTreeMap<String, RollbackPolicy>,
    pub(crate) metric_source: Option<MetricSource>,
    pub(crate) metrics: BTreeMap<String, Metric>,
    /// The waves in the order they run.
    pub(crate) waves: Vec<CheckedWave>,
    /// Datasets of one wave of which the second is derived from the first.
    pub(crate) derived: Vec<(usize, usize)>,
}

/// A dataset, and what is done with it besides moving its rows.
#[derive(Clone, Debug)]
pub(crate) struct CheckedDataset {
    pub(crate) name: String,
    pub(crate) dataset: Dataset,
    /// How it is switched over, if it is.
    pub(crate) cut_over: Vec<Reversible>,
    /// What becomes of its old table in the end.
    pub(crate) cleanup: OldTable,
}

/// A consumer.
#[derive(Clone, Debug)]
pub(crate) struct CheckedConsumer {
    pub(crate) name: String,
    pub(crate) consumer: Consumer,
    /// The datasets that it reads.
    pub(crate) reads: Vec<usize>,
    /// How each of its actions is undone.
    pub(crate) undo: Vec<Undo>,
}

/// A wave, and what it validates.
#[derive(Clone, Debug)]
pub(crate) struct CheckedWave {
    pub(crate) wave: Wave,
    /// The datasets that it moves, each with its rules.
    pub(crate) own: Vec<(usize, Vec<CheckRule>)>,
    /// The datasets that were moved before and are read again, each with its rules.
    pub(crate) again: Vec<(usize, Vec<CheckRule>)>,
    /// The consumers that it switches.
    pub(crate) consumers: Vec<usize>,
}

/// Builds it. `None` when a part is missing that has not been said to be wrong: the schema of a store that
/// could not be read.
pub(super) fn checked(
    scene: Scene,
    mappings: Vec<Option<Mapping>>,
    rules: Rules,
    (dataset_actions, consumer_actions): (Actions, Actions),
) -> Option<Checked> {
    let program = scene.program;
    let stores = program
        .stores
        .iter()
        .map(|(name, store)| Some((name.clone(), store.config.clone()?)))
        .collect::<Option<_>>()?;
    let approvals = program
        .approvals
        .iter()
        .map(|(name, approval)| (name.clone(), approvals::approval(scene.world.catalog, approval)))
        .collect();
    let rollbacks =
        program.rollbacks.iter().map(|(name, rollback)| (name.clone(), rollback.policy.clone())).collect();
    let (waves, derived) = (waves(&scene, &rules), derived(&scene));
    let (migration, metric_source, metrics) = (migration(&scene)?, metric_source(&scene), metrics(&scene)?);
    let world = scene.world;
    let consumers = consumers(&scene, consumer_actions)?;
    let datasets = datasets(scene.datasets.cases, mappings, dataset_actions)?;
    let tables = datasets.iter().flat_map(|checked| [&checked.dataset.old, &checked.dataset.new]);
    Some(Checked {
        migration,
        // Both digests are of plain data, which always has a canonical form.
        catalog: world.catalog.digest().ok()?,
        schemas: world.schemas.digest_of(tables).ok()?,
        stores,
        datasets,
        consumers,
        approvals,
        rollbacks,
        metric_source,
        metrics,
        waves,
        derived,
    })
}

fn migration(scene: &Scene) -> Option<Migration> {
    let migration = scene.program.migration.as_ref()?;
    let catalog_files = match &migration.catalog.as_ref()?.kind {
        CatalogKind::Files { globs } => globs.clone(),
        CatalogKind::Backstage { .. } => Vec::new(),
    };
    Some(Migration {
        name: migration.title.name.clone(),
        doc: migration.title.doc.clone(),
        owner: migration.owner.as_ref()?.entity.clone(),
        catalog_files,
    })
}

fn metric_source(scene: &Scene) -> Option<MetricSource> {
    match &scene.program.migration.as_ref()?.metrics {
        Metrics::From { source, .. } => Some(source.clone()),
        Metrics::Nowhere | Metrics::Unread => None,
    }
}

fn metrics(scene: &Scene) -> Option<BTreeMap<String, Metric>> {
    let metrics = scene.program.metrics.iter().map(|(name, metric)| {
        let query = metric.query.as_ref()?.text.clone();
        let attempts = metric.attempts.as_ref().map(|attempts| attempts.text.clone());
        let doc = metric.title.doc.clone();
        Some((name.clone(), Metric { doc, unit: metric.unit?, query, attempts }))
    });
    metrics.collect()
}

fn datasets(
    cases: Vec<DatasetCase>,
    mappings: Vec<Option<Mapping>>,
    actions: Actions,
) -> Option<Vec<CheckedDataset>> {
    let cases = cases.into_par_iter().zip(mappings).zip(actions);
    cases.map(|((case, mapping), actions)| dataset(case, mapping?, actions?)).collect()
}

fn dataset(case: DatasetCase, mapping: Mapping, cut_over: Vec<Reversible>) -> Option<CheckedDataset> {
    let columns = mapping.columns.into_iter().map(|column| {
        let crate::typing::Known::Type(ty) = column.ty else { return None };
        let expr = column.expr?;
        Some(Column { secret: expr.tells(&mapping.secret), name: column.name, ty, expr })
    });
    let new_schema: Option<TableSchema> = match case.new_schema {
        NewTable::Unknown => return None,
        NewTable::ToBeMade => None,
        NewTable::Exists(schema) => Some(schema.clone()),
    };
    let dataset = Dataset {
        doc: case.from.title().doc.clone(),
        old_entity: case.old_entity.cloned(),
        new_entity: case.new_entity.cloned(),
        owner: case.entry.and_then(portal::owner).cloned(),
        old: case.old?.into_owned().table,
        new: case.new?.into_owned().table,
        key: mapping.key,
        chunk_rows: case.from.chunk_rows(),
        columns: columns.collect::<Option<_>>()?,
        dropped: mapping.dropped,
        secret: mapping.secret.clone(),
        old_schema: case.old_schema?.clone(),
        new_schema,
    };
    Some(CheckedDataset { name: case.name, dataset, cut_over, cleanup: case.from.cleanup().old })
}

fn consumers(scene: &Scene, actions: Actions) -> Option<Vec<CheckedConsumer>> {
    let cases = scene.consumers.cases.par_iter().zip(actions);
    cases.map(|(case, actions)| consumer(scene, case, actions?)).collect()
}

fn consumer(scene: &Scene, case: &ConsumerCase, actions: Vec<Reversible>) -> Option<CheckedConsumer> {
    let read = case.reads.iter().filter_map(|place| scene.datasets.get(*place));
    // No list has room for more than it holds: there are tens of thousands.
    let mut reads = Vec::with_capacity(case.reads.len());
    reads.extend(read.map(|dataset| dataset.name.clone()));
    let (mut cut_over, mut undo) = (Vec::with_capacity(actions.len()), Vec::with_capacity(actions.len()));
    for (action, undone) in actions {
        cut_over.push(action);
        undo.push(undone);
    }
    let consumer = Consumer {
        entity: case.entity?.clone(),
        owner: portal::owner(case.entry?).cloned(),
        reads,
        criticality: families::scale(scene.program)
            .zip(case.rank)
            .and_then(|(scale, rank)| families::level(scale, rank)),
        cut_over,
    };
    Some(CheckedConsumer { name: case.name.to_string(), consumer, reads: case.reads.to_vec(), undo })
}

fn waves(scene: &Scene, rules: &Rules) -> Vec<CheckedWave> {
    scene.waves.in_order().map(|case| wave(scene, case, rules)).collect()
}

/// Adds a rule that is not there yet. Of checksums the one stays that reads the old table again, as any does `later` than
/// the wave that copies it.
fn add(rules: &mut Vec<CheckRule>, rule: &CheckRule, later: bool) {
    let CheckRule::Checksum { reread } = rule else {
        if !rules.contains(rule) {
            rules.push(rule.clone());
        }
        return;
    };
    let wanted = *reread || later;
    let mut there = rules.iter_mut().filter_map(|rule| match rule {
        CheckRule::Checksum { reread } => Some(reread),
        CheckRule::RowCount | CheckRule::Freshness { .. } | CheckRule::Require { .. } => None,
    });
    match there.next() {
        Some(reread) => *reread |= wanted,
        None => rules.push(CheckRule::Checksum { reread: wanted }),
    }
}

fn wave(scene: &Scene, case: &super::waves::WaveCase, rules: &Rules) -> CheckedWave {
    let hir = case.wave;
    let mut own: BTreeMap<usize, Vec<CheckRule>> = case
        .datasets
        .keys()
        .map(|place| (*place, vec![CheckRule::RowCount, CheckRule::Checksum { reread: false }]))
        .collect();
    // What was moved before is compared with the old table as it is by then.
    let mut again: BTreeMap<usize, Vec<CheckRule>> = BTreeMap::new();
    for validation in &hir.validations {
        for (place, rules) in rules.get(validation.value.as_str()).into_iter().flatten() {
            let moved = scene.waves.dataset(*place);
            let (into, later) = match own.get_mut(place) {
                Some(own) => (own, false),
                None if moved.is_some_and(|moved| scene.waves.before(moved, &hir.title.name)) => {
                    (again.entry(*place).or_default(), true)
                }
                None => continue,
            };
            for rule in rules {
                add(into, rule, later);
            }
        }
    }
    for rules in again.values_mut() {
        // Rules that compare both sides come first, as they do when a dataset is moved.
        rules.sort_by_key(|rule| match rule {
            CheckRule::RowCount => 0,
            CheckRule::Checksum { .. } => 1,
            CheckRule::Freshness { .. } | CheckRule::Require { .. } => 2,
        });
    }
    let mut after: Vec<String> = hir.after.iter().map(|after| after.value.clone()).collect();
    after.sort();
    let datasets = own.keys().filter_map(|place| scene.datasets.get(*place));
    let consumers = case.consumers.keys().filter_map(|place| scene.consumers.get(*place));
    let wave = Wave {
        name: hir.title.name.clone(),
        after,
        datasets: datasets.map(|dataset| dataset.name.clone()).collect(),
        consumers: consumers.map(|consumer| consumer.name.to_string()).collect(),
        batch: hir.batch,
        approval: hir.approval.as_ref().map(|approval| approval.value.clone()),
        rollback: hir.rollback.as_ref().map(|rollback| rollback.value.clone()),
        soak_seconds: hir.soak_seconds,
    };
    let consumers = case.consumers.keys().copied().collect();
    CheckedWave { wave, own: own.into_iter().collect(), again: again.into_iter().collect(), consumers }
}

/// Pairs of datasets of one wave, of which the second is derived from the first.
fn derived(scene: &Scene) -> Vec<(usize, usize)> {
    let in_one_wave = |edge: &&super::Derived| {
        scene.waves.dataset(edge.source).is_some_and(|wave| Some(wave) == scene.waves.dataset(edge.derived))
    };
    scene.derived.iter().filter(in_one_wave).map(|edge| (edge.source, edge.derived)).collect()
}
