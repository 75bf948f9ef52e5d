//! Names: of datasets, consumers and teams, by their number.

use mig_plan::EntityRef;

/// What a dataset is of; its area is a family's.
const PLACES: [&str; 16] = [
    "lyon", "turin", "porto", "ghent", "bergen", "graz", "tartu", "cork", "malaga", "split", "brno", "lodz",
    "varna", "patras", "szeged", "umea",
];

/// The areas, each a family of datasets.
pub(crate) const AREAS: [&str; 4] = ["sales", "stock", "money", "web"];

/// The area of a dataset.
pub(crate) fn area(dataset: usize) -> &'static str {
    AREAS[dataset % AREAS.len()]
}

/// The table of a dataset: `orders_lyon_17`.
pub(crate) fn table(dataset: usize) -> String {
    let noun = crate::tables::of(dataset).noun;
    format!("{noun}_{}_{dataset}", PLACES[dataset / AREAS.len() % PLACES.len()])
}

/// The entity of a dataset.
pub(crate) fn dataset(dataset: usize) -> EntityRef {
    EntityRef::new("resource", "default", &table(dataset).replace('_', "-"))
}

/// The words that consumers are named by.
const SERVICES: [&str; 8] =
    ["billing", "checkout", "forecast", "ledger", "mailing", "pricing", "returns", "search"];

/// The entity of a consumer; every fourth is a pipeline.
pub(crate) fn consumer(consumer: usize) -> EntityRef {
    let word = SERVICES[consumer % SERVICES.len()];
    let what = if is_pipeline(consumer) { "pipeline" } else { "api" };
    EntityRef::new("component", "default", &format!("{word}-{what}-{consumer}"))
}

/// Whether a consumer is a pipeline, and not a service.
pub(crate) fn is_pipeline(consumer: usize) -> bool {
    consumer.is_multiple_of(4)
}

/// The entity of a library, which neither is a dataset nor reads one.
pub(crate) fn library(library: usize) -> EntityRef {
    EntityRef::new("component", "default", &format!("{}-lib-{library}", SERVICES[library % SERVICES.len()]))
}

/// The entity of a team.
pub(crate) fn team(team: usize) -> EntityRef {
    EntityRef::new("group", "default", &format!("team-{team}"))
}

/// The entity of a member of a team.
pub(crate) fn member(team: usize, member: usize) -> EntityRef {
    EntityRef::new("user", "default", &format!("person-{team}-{member}"))
}
