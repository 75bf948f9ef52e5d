//! What the graph shows of a plan: a cluster for each wave, a node for each dataset, consumer or large
//! family, an edge for each reading.

use std::collections::{BTreeMap, BTreeSet};

use mig_plan::{Consumer, Dataset, OldTable, PlanFile};

use crate::render::outline::{WaveOutline, family, outline, subject};
use crate::render::words::{counted, counted_len, duration, entity, listed, safe};

/// The whole graph.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Graph {
    /// The migration's name.
    pub(crate) title: String,
    /// The waves in the order they run.
    pub(crate) waves: Vec<Cluster>,
    /// The nodes; an edge names them by their index.
    pub(crate) nodes: Vec<Node>,
    /// From the dataset to the consumer that reads it, sorted.
    pub(crate) edges: Vec<(usize, usize)>,
}

/// A wave.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cluster {
    /// The wave's name.
    pub(crate) name: String,
    /// What it waits for: `approval money_path, soak 2h`; empty for nothing.
    pub(crate) note: String,
    /// The indexes of the waves it comes after.
    pub(crate) after: Vec<usize>,
    /// Its datasets, by index into the nodes.
    pub(crate) datasets: Vec<usize>,
    /// Its consumers, by index into the nodes.
    pub(crate) consumers: Vec<usize>,
}

/// What a node stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A dataset, or a family of them.
    Dataset,
    /// A consumer, or a family of them.
    Consumer,
}

/// A box.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Node {
    /// What it stands for.
    pub(crate) kind: Kind,
    /// The name; for a family with the star and the number of members.
    pub(crate) name: String,
    /// What stands below the name.
    pub(crate) note: String,
    /// Whether a step of it cannot be undone.
    pub(crate) irreversible: bool,
}

/// A family with more members than this is one node.
const FAMILY: usize = 12;

/// The graph of a plan; `all` shows every member of every family.
pub(crate) fn graph(file: &PlanFile, all: bool) -> Graph {
    let plan = &file.plan;
    let waves = outline(plan);
    let dropped: BTreeSet<&str> = waves
        .iter()
        .flat_map(|wave| &wave.cleanups)
        .filter(|(_, old)| **old == OldTable::Drop)
        .map(|(name, _)| *name)
        .collect();
    let index: BTreeMap<&str, usize> =
        waves.iter().enumerate().map(|(index, wave)| (wave.wave.name.as_str(), index)).collect();
    let mut graph =
        Graph { title: safe(&plan.migration.name), waves: Vec::new(), nodes: Vec::new(), edges: Vec::new() };
    let mut node_of: BTreeMap<&str, usize> = BTreeMap::new();
    for wave in &waves {
        let (mut datasets, mut consumers) = (Vec::new(), Vec::new());
        for members in groups(wave.datasets.keys().copied(), all) {
            datasets.push(graph.add(
                &members,
                wave,
                Kind::Dataset,
                dataset_note(file, wave, &members, &dropped),
                &mut node_of,
            ));
        }
        for members in groups(wave.consumers.keys().copied(), all) {
            consumers.push(graph.add(
                &members,
                wave,
                Kind::Consumer,
                consumer_note(wave, &members),
                &mut node_of,
            ));
        }
        let after = wave.wave.after.iter().filter_map(|name| index.get(name.as_str()).copied()).collect();
        graph.waves.push(Cluster {
            name: safe(&wave.wave.name),
            note: wave_note(wave),
            after,
            datasets,
            consumers,
        });
    }
    let mut edges = BTreeSet::new();
    for (name, consumer) in &plan.consumers {
        for dataset in &consumer.reads {
            if let (Some(from), Some(to)) = (node_of.get(dataset.as_str()), node_of.get(name.as_str())) {
                edges.insert((*from, *to));
            }
        }
    }
    graph.edges = edges.into_iter().collect();
    graph
}

impl Graph {
    fn add<'a>(
        &mut self,
        members: &[&'a str],
        wave: &WaveOutline<'a>,
        kind: Kind,
        note: String,
        node_of: &mut BTreeMap<&'a str, usize>,
    ) -> usize {
        let node = self.nodes.len();
        node_of.extend(members.iter().map(|member| (*member, node)));
        let name = match members {
            [only] => safe(only),
            many => {
                let family = many.first().and_then(|name| family(name)).unwrap_or_default();
                format!("{}.* ({})", safe(family), many.len())
            }
        };
        let irreversible =
            wave.irreversible().any(|(step, _)| subject(step).is_some_and(|name| members.contains(&name)));
        self.nodes.push(Node { kind, name, note, irreversible });
        node
    }
}

/// Names by node: alone, or all members of a large family together.
fn groups<'a>(names: impl Iterator<Item = &'a str>, all: bool) -> Vec<Vec<&'a str>> {
    let mut groups: Vec<Vec<&str>> = Vec::new();
    for name in names {
        match groups.last_mut() {
            Some(group)
                if family(name).is_some()
                    && group.first().and_then(|first| family(first)) == family(name) =>
            {
                group.push(name);
            }
            _ => groups.push(vec![name]),
        }
    }
    groups
        .into_iter()
        .flat_map(|group| {
            if group.len() > FAMILY && !all {
                vec![group]
            } else {
                group.into_iter().map(|name| vec![name]).collect()
            }
        })
        .collect()
}

fn dataset_note(
    file: &PlanFile,
    wave: &WaveOutline<'_>,
    members: &[&str],
    dropped: &BTreeSet<&str>,
) -> String {
    let described: Vec<&Dataset> =
        members.iter().filter_map(|name| wave.datasets.get(name).and_then(|place| place.dataset)).collect();
    let rows: Vec<u64> =
        members.iter().filter_map(|name| file.estimates.get(*name)).map(|estimate| estimate.rows).collect();
    let mut parts = Vec::new();
    if let [only] = described.as_slice() {
        parts.push(format!("{} -> {}", safe(&only.old.to_string()), safe(&only.new.to_string())));
    } else {
        let stores: BTreeSet<String> = described
            .iter()
            .map(|dataset| format!("{} -> {}", safe(&dataset.old.store), safe(&dataset.new.store)))
            .collect();
        parts.extend(stores);
    }
    if !rows.is_empty() {
        parts.push(counted(rows.iter().sum(), "row"));
    }
    match (members.iter().filter(|name| dropped.contains(*name)).count(), members.len()) {
        (0, _) => {}
        (_, 1) => parts.push("the old table is dropped in the end".to_owned()),
        (some, _) => parts.push(format!("{} dropped in the end", counted_len(some, "old table"))),
    }
    parts.join(" · ")
}

fn consumer_note(wave: &WaveOutline<'_>, members: &[&str]) -> String {
    let described: Vec<&Consumer> =
        members.iter().filter_map(|name| wave.consumers.get(name).and_then(|place| place.consumer)).collect();
    let owners: BTreeSet<String> =
        described.iter().filter_map(|consumer| consumer.owner.as_ref()).map(entity).collect();
    let levels: BTreeMap<u32, String> = described
        .iter()
        .filter_map(|consumer| consumer.criticality.as_ref())
        .map(|level| (level.rank, safe(&level.level)))
        .collect();
    let mut parts = Vec::new();
    match owners.len() {
        0 => {}
        1 => parts.extend(owners),
        many => parts.push(counted_len(many, "owner")),
    }
    if !levels.is_empty() {
        let levels: Vec<String> = levels.into_values().collect();
        parts.push(listed(&levels));
    }
    parts.join(" · ")
}

fn wave_note(wave: &WaveOutline<'_>) -> String {
    let mut parts: Vec<String> =
        wave.approvals.keys().map(|name| format!("approval {}", safe(name))).collect();
    parts.extend(wave.wave.batch.map(|batch| format!("{} at once", counted(batch, "consumer"))));
    if wave.soak > 0 {
        parts.push(format!("soak {}", duration(wave.soak)));
    }
    parts.join(", ")
}
