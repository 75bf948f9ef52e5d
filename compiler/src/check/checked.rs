//! What passed every check: the parts of the plan, of which only the steps are still missing.

use std::collections::BTreeMap;

use mig_plan::{
    Approval, CheckRule, Column, Consumer, Dataset, Digest, Metric, MetricSource, Migration, OldTable,
    RollbackPolicy, Schemas, StoreConfig, TableRef, TableSchema, Wave,
};

use super::actions::{Actions, Reversible};
use super::cases::NewTable;
use super::mapping::Mapping;
use super::validations::Rules;
use super::{Scene, approvals, portal};
use crate::hir::{CatalogKind, Metrics};

/// A program without an error, with what the world said of it.
#[derive(Clone, Debug)]
pub struct Checked {
    pub(crate) migration: Migration,
    pub(crate) catalog: Digest,
    pub(crate) schemas: Digest,
    pub(crate) stores: BTreeMap<String, StoreConfig>,
    pub(crate) datasets: BTreeMap<String, Dataset>,
    /// How each dataset that is switched over is.
    pub(crate) dataset_actions: BTreeMap<String, Vec<Reversible>>,
    /// What becomes of each dataset's old table in the end.
    pub(crate) cleanups: BTreeMap<String, OldTable>,
    pub(crate) consumers: BTreeMap<String, Consumer>,
    /// How each consumer is switched over.
    pub(crate) consumer_actions: BTreeMap<String, Vec<Reversible>>,
    pub(crate) approvals: BTreeMap<String, Approval>,
    pub(crate) rollbacks: BTreeMap<String, RollbackPolicy>,
    pub(crate) metric_source: Option<MetricSource>,
    pub(crate) metrics: BTreeMap<String, Metric>,
    /// The waves in the order they run.
    pub(crate) waves: Vec<CheckedWave>,
    /// Datasets of one wave of which the second is derived from the first.
    pub(crate) derived: Vec<(String, String)>,
}

/// A wave, and what it validates.
#[derive(Clone, Debug)]
pub(crate) struct CheckedWave {
    pub(crate) wave: Wave,
    /// The rules for each dataset that the wave moves.
    pub(crate) own: BTreeMap<String, Vec<CheckRule>>,
    /// The rules for datasets that were moved before, which are read again.
    pub(crate) again: BTreeMap<String, Vec<CheckRule>>,
}

/// Builds it. `None` when a part is missing that has not been said to be wrong: the schema of a store that
/// could not be read.
pub(super) fn checked(
    scene: &Scene,
    mappings: Vec<Option<Mapping>>,
    rules: Rules,
    (dataset_actions, consumer_actions): (Actions, Actions),
) -> Option<Checked> {
    let program = scene.program;
    let datasets = datasets(scene, mappings)?;
    let tables: Vec<&TableRef> = datasets.values().flat_map(|dataset| [&dataset.old, &dataset.new]).collect();
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
    Some(Checked {
        migration: migration(scene)?,
        // Both digests are of plain data, which always has a canonical form.
        catalog: scene.world.catalog.digest().ok()?,
        schemas: schemas(scene.world.schemas, &tables)?,
        stores,
        dataset_actions: named(&scene.datasets.cases, dataset_actions, |case| &case.name)?,
        cleanups: scene
            .datasets
            .cases
            .iter()
            .map(|case| (case.name.clone(), case.from.cleanup().old))
            .collect(),
        consumers: consumers(scene, &consumer_actions)?,
        consumer_actions: named(&scene.consumers.cases, consumer_actions, |case| &case.name)?,
        approvals,
        rollbacks,
        metric_source: metric_source(scene),
        metrics: metrics(scene)?,
        waves: waves(scene, &rules),
        derived: derived(scene),
        datasets,
    })
}

fn schemas(schemas: &Schemas, tables: &[&TableRef]) -> Option<Digest> {
    schemas.digest_of(tables.iter().copied()).ok()
}

fn named<T, C>(
    cases: &[C],
    values: Vec<Option<T>>,
    name: impl Fn(&C) -> &String,
) -> Option<BTreeMap<String, T>> {
    cases.iter().zip(values).map(|(case, value)| Some((name(case).clone(), value?))).collect()
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

fn datasets(scene: &Scene, mappings: Vec<Option<Mapping>>) -> Option<BTreeMap<String, Dataset>> {
    let mut datasets = BTreeMap::new();
    for (case, mapping) in scene.datasets.cases.iter().zip(mappings) {
        let mapping = mapping?;
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
        let found = case.old_entity.as_ref().and_then(|entity| scene.world.catalog.get(entity));
        let dataset = Dataset {
            doc: case.from.title().doc.clone(),
            old_entity: case.old_entity.clone(),
            new_entity: case.new_entity.clone(),
            owner: found.and_then(|entity| portal::owner(scene.world.catalog, entity)).cloned(),
            old: case.old.as_ref()?.table.clone(),
            new: case.new.as_ref()?.table.clone(),
            key: mapping.key,
            chunk_rows: case.from.chunk_rows(),
            columns: columns.collect::<Option<_>>()?,
            dropped: mapping.dropped,
            secret: mapping.secret.clone(),
            old_schema: case.old_schema?.clone(),
            new_schema,
        };
        datasets.insert(case.name.clone(), dataset);
    }
    Some(datasets)
}

fn consumers(scene: &Scene, actions: &[Option<Vec<Reversible>>]) -> Option<BTreeMap<String, Consumer>> {
    let mut consumers = BTreeMap::new();
    for (case, actions) in scene.consumers.cases.iter().zip(actions) {
        let reads = case.reads.iter().filter_map(|place| scene.datasets.get(*place));
        let found = case.found(scene.world.catalog)?;
        let consumer = Consumer {
            entity: case.entity.clone()?,
            owner: portal::owner(scene.world.catalog, found).cloned(),
            reads: reads.map(|dataset| dataset.name.clone()).collect(),
            criticality: case.criticality.clone(),
            cut_over: actions.as_ref()?.iter().map(|(action, _)| action.clone()).collect(),
        };
        consumers.insert(case.name.clone(), consumer);
    }
    Some(consumers)
}

/// The waves in an order in which each comes after those it waits for; of several that could be next the
/// first by name is.
fn waves(scene: &Scene, rules: &Rules) -> Vec<CheckedWave> {
    let mut open: Vec<&super::waves::WaveCase> = scene.waves.cases.values().collect();
    let mut done: Vec<CheckedWave> = Vec::new();
    while !open.is_empty() {
        let ready = open.iter().position(|case| {
            case.wave.after.iter().all(|after| done.iter().any(|wave| wave.wave.name == after.value))
        });
        // Waves in a circle are an error, which was found before.
        let Some(next) = ready else { break };
        done.push(wave(scene, open.remove(next), rules));
    }
    done
}

fn wave(scene: &Scene, case: &super::waves::WaveCase, rules: &Rules) -> CheckedWave {
    let hir = case.wave;
    let name = |place: &usize| scene.datasets.get(*place).map(|dataset| dataset.name.clone());
    let mut own: BTreeMap<String, Vec<CheckRule>> = case
        .datasets
        .keys()
        .filter_map(|place| Some((name(place)?, vec![CheckRule::RowCount, CheckRule::Checksum])))
        .collect();
    let mut again: BTreeMap<String, Vec<CheckRule>> = BTreeMap::new();
    for validation in &hir.validations {
        for (place, rules) in rules.get(validation.value.as_str()).into_iter().flatten() {
            let Some(name) = name(place) else { continue };
            let moved = scene.waves.dataset(*place);
            let into = if case.datasets.contains_key(place) {
                own.entry(name).or_default()
            } else if moved.is_some_and(|moved| case.before.contains(moved)) {
                again.entry(name).or_default()
            } else {
                continue;
            };
            for rule in rules {
                if !into.contains(rule) {
                    into.push(rule.clone());
                }
            }
        }
    }
    for rules in again.values_mut() {
        // Rules that compare both sides come first, as they do when a dataset is moved.
        rules.sort_by_key(|rule| match rule {
            CheckRule::RowCount => 0,
            CheckRule::Checksum => 1,
            CheckRule::Freshness { .. } | CheckRule::Require { .. } => 2,
        });
    }
    let mut after: Vec<String> = hir.after.iter().map(|after| after.value.clone()).collect();
    after.sort();
    let consumers = case.consumers.keys().filter_map(|place| scene.consumers.get(*place));
    let wave = Wave {
        name: hir.title.name.clone(),
        after,
        datasets: own.keys().cloned().collect(),
        consumers: consumers.map(|consumer| consumer.name.clone()).collect(),
        batch: hir.batch,
        approval: hir.approval.as_ref().map(|approval| approval.value.clone()),
        rollback: hir.rollback.as_ref().map(|rollback| rollback.value.clone()),
        soak_seconds: hir.soak_seconds,
    };
    CheckedWave { wave, own, again }
}

/// Pairs of datasets of one wave, of which the second is derived from the first.
fn derived(scene: &Scene) -> Vec<(String, String)> {
    let in_one_wave = |edge: &&super::Derived| {
        scene.waves.dataset(edge.source).is_some_and(|wave| Some(wave) == scene.waves.dataset(edge.derived))
    };
    let name = |place: usize| scene.datasets.get(place).map(|case| case.name.clone());
    scene
        .derived
        .iter()
        .filter(in_one_wave)
        .filter_map(|edge| Some((name(edge.source)?, name(edge.derived)?)))
        .collect()
}
