//! Datasets that are derived from datasets: moved in an order, and not in a circle.

use std::collections::BTreeSet;

use mig_lang::Diagnostic;
use petgraph::algo::kosaraju_scc;
use petgraph::graphmap::DiGraphMap;

use super::cases::Datasets;
use super::places::Sites;
use super::{HashMap, Scene, portal};
use crate::prose::some_of;
use crate::site::Site;

/// A dataset that is derived from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Derived {
    /// The dataset it is derived from.
    pub(super) source: usize,
    /// The derived dataset.
    pub(super) derived: usize,
    /// Whether it is read from the other's new table; else the catalog says that it depends on the other.
    pub(super) by_table: bool,
}

/// Which dataset is derived from which, sorted.
pub(super) fn derived(datasets: &Datasets, sites: &[Sites]) -> Vec<Derived> {
    let mut made: HashMap<&Site, usize> = HashMap::default();
    for (place, sites) in sites.iter().enumerate() {
        if let Some(new) = &sites.new {
            made.entry(new).or_insert(place);
        }
    }
    let mut found: BTreeSet<Derived> = BTreeSet::new();
    for (derived, (case, sites)) in datasets.cases.iter().zip(sites).enumerate() {
        let by_table = sites.old.as_ref().and_then(|old| made.get(old).copied());
        found.extend(by_table.filter(|source| *source != derived).map(|source| Derived {
            source,
            derived,
            by_table: true,
        }));
        let sources = case.entry.into_iter().flat_map(portal::sources);
        let others = sources.flat_map(|source| datasets.of_entry(source));
        let others = others.filter(|source| *source != derived);
        found.extend(others.map(|source| Derived { source, derived, by_table: false }));
    }
    found.into_iter().collect()
}

pub(super) fn check(scene: &Scene, out: &mut Vec<Diagnostic>) {
    let mut graph: DiGraphMap<usize, ()> = DiGraphMap::new();
    for edge in &scene.derived {
        graph.add_edge(edge.source, edge.derived, ());
    }
    for mut circle in kosaraju_scc(&graph) {
        if circle.len() < 2 {
            continue;
        }
        circle.sort_unstable();
        let cases: Vec<_> = circle.iter().filter_map(|place| scene.datasets.get(*place)).collect();
        let Some((first, more)) = cases.split_first() else { continue };
        let names = some_of(cases.iter().map(|case| case.name.as_str()), 6);
        let mut error = Diagnostic::error(
            "dataset-cycle",
            first.name_span(),
            format!("{names} are derived from one another"),
        );
        for case in more.iter().filter(|case| case.name_span() != first.name_span()).take(6) {
            error = error.label(case.name_span(), "and this one");
        }
        out.push(error.help(
            "One must move first. Datasets are derived where one is read from the other's new table, or depends on it in the catalog.",
        ));
    }
    for edge in scene.derived.iter().filter(|edge| edge.by_table) {
        let (Some(source), Some(derived)) =
            (scene.datasets.get(edge.source), scene.datasets.get(edge.derived))
        else {
            continue;
        };
        let waves = (scene.waves.dataset(edge.source), scene.waves.dataset(edge.derived));
        if let (Some(first), Some(second)) = waves
            && !scene.waves.not_after(first, second)
        {
            out.push(
                Diagnostic::error(
                    "derived-before-source",
                    derived.name_span(),
                    format!(
                        "`{}` is read from what `{}` writes, and moves before it",
                        derived.name, source.name
                    ),
                )
                .label(source.name_span(), format!("`{}` moves in the wave `{first}`", source.name))
                .help(format!("Move it in `{first}` or in a wave after it; it moves in `{second}`.")),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::fixture::{Fixture, SHOP_CATALOG, SHOP_SCHEMAS, framed};

    #[test]
    fn a_circle_in_the_catalog_is_a_circle() {
        let source = "
dataset ping: legacy.ping -> lake.ping {
  entity  = @resource:ping
  columns = same
}
dataset pong: legacy.pong -> lake.pong {
  entity  = @resource:pong
  columns = same
}
";
        let catalog = format!(
            "{}\nresource:ping owner group:finance reads resource:pong\nresource:pong owner group:finance reads resource:ping\n",
            SHOP_CATALOG
        );
        let fixture = Fixture::new(&framed(source), &catalog, SHOP_SCHEMAS);
        assert_snapshot!(fixture.said(), @"
        error[dataset-cycle]: `ping` and `pong` are derived from one another
          1:9 ping
          5:9 pong  <- and this one
          help: One must move first. Datasets are derived where one is read from the other's new table, or depends on it in the catalog.
        ");
    }
}
