//! The sources: what the author of a migration of that size writes.

use std::fmt::Write as _;

use crate::{names, tables};

/// What every shape begins with.
const HEAD: &str = "/// Retire the legacy shop database: its tables move to the lake, and every
/// service that reads them follows, wave by wave.
migration shop {
  owner       = @group:team-0
  catalog     = files(\"catalog/**/*.yaml\")
  criticality = metadata.annotations[\"acme.io/tier\"] in [low, medium, high]
}

store legacy: sqlite  { url = \"legacy.db\" }
store lake:   parquet { path = \"lake\" }
";

/// How consumers follow, and how each of their waves is watched.
const CONSUMERS: &str = "
/// Services are told by a request, one each.
consumers services: catalog where kind == \"Component\" and spec.type == \"service\" {
  cut_over = http(post: env.SWITCH_URL)
}

/// Whoever else the catalog says depends on a migrated dataset.
consumers others: catalog where kind == \"Component\" {
  cut_over = notify
}

approval money_path {
  from  = [@group:team-0]
  valid = 24h
}

rollback cautious {
  when error_rate > 1% for 5m and attempts >= 200
  no_data = pause
  then revert wave, notify owners
}
";

/// The waves of consumers behind a wave of that name.
fn consumer_waves(out: &mut String, behind: &str) {
    let mut behind = behind;
    for (wave, tier, batch) in [("pilot", "low", 1_000), ("core", "medium", 500), ("last", "high", 250)] {
        let _ = write!(
            out,
            "
wave {wave} after {behind} {{
  move     = consumers where criticality == {tier}
  batch    = {batch}
  approval = money_path
  rollback = cautious
  soak     = 24h
}}
"
        );
        behind = wave;
    }
}

/// A family for each area, and a wave for each family.
pub(crate) fn families() -> String {
    let mut out = HEAD.to_owned();
    for area in names::AREAS {
        let _ = write!(
            out,
            "
/// Everything that the catalog knows of {area}, column for column.
datasets {area}: legacy.* -> lake.{area}.* {{
  select  = catalog where spec.type == \"dataset\" and \"{area}\" in metadata.tags
  columns = same
}}

validation {area}_match on {area} {{
  row_count
  checksum
  freshness within 5m of updated_at
}}
"
        );
    }
    out.push_str(CONSUMERS);
    let mut behind = String::new();
    for area in names::AREAS {
        let after = if behind.is_empty() { String::new() } else { format!(" after {behind}") };
        let _ = write!(
            out,
            "
wave {area}_moves{after} {{
  move       = {area}
  validation = [{area}_match]
  rollback   = cautious
  soak       = 1h
}}
"
        );
        behind = format!("{area}_moves");
    }
    consumer_waves(&mut out, &behind);
    out
}

/// An item for each dataset, with its mapping and its validation.
pub(crate) fn written(datasets: usize) -> String {
    let items: String = (0..datasets).map(item).collect();
    format!("{HEAD}{items}{}", tail(datasets))
}

/// The same over several files: the migration, its stores, consumers and waves in one, and the datasets in the others, by
/// their paths. The catalog is a Backstage's, which descriptors of that number would not be written for by hand.
pub(crate) fn files(datasets: usize, files: usize) -> Vec<(String, String)> {
    let head = HEAD.replace("files(\"catalog/**/*.yaml\")", "backstage(\"https://portal.acme.dev\")");
    let mut all = vec![("migration.mig".to_owned(), head + &tail(datasets))];
    let others = files.saturating_sub(1).max(1);
    for file in 0..others {
        let items = (datasets * file / others..datasets * (file + 1) / others).map(item);
        let text: String = items.collect();
        all.push((format!("datasets/{file:03}.mig"), text.trim_start().to_owned()));
    }
    all
}

/// A dataset and its validation.
fn item(dataset: usize) -> String {
    let (name, area) = (names::table(dataset), names::area(dataset));
    let table = tables::of(dataset);
    let entity = names::dataset(dataset).source_form();
    format!(
        "
/// The {} of one of the shops, as {area} wants them.
dataset {name}: legacy.{name} -> lake.{area}.{name} {{
  entity = {entity}
{}}}

validation {name}_match on {name} {{
  row_count
  checksum
{}}}
",
        table.noun, table.body, table.rules
    )
}

/// The consumers, and the waves that move everything.
fn tail(datasets: usize) -> String {
    let matches: String =
        (0..datasets).map(|dataset| format!("    {}_match,\n", names::table(dataset))).collect();
    let mut out = format!(
        "{CONSUMERS}
wave data {{
  move       = datasets
  validation = [
{matches}  ]
  rollback   = cautious
  soak       = 1h
}}
"
    );
    consumer_waves(&mut out, "data");
    out
}
