//! A plan as OpenLineage events: what each dataset's copy reads and writes, column by column.
//!
//! Source: openlineage.io, specification 2-0-2 with the facets ColumnLineageDatasetFacet 1-2-0,
//! SchemaDatasetFacet 1-2-0, OwnershipDatasetFacet 1-0-1 and DocumentationDatasetFacet 1-1-0. The events are
//! `JobEvent`s, which say what a job does: a `RunEvent` would say that it was done, which a plan cannot know.

use std::collections::BTreeMap;

use mig_compiler::lineage::inputs;
use mig_plan::{ColumnType, Dataset, EntityRef, Plan, TableRef};
use serde_json::{Map, Value, json};

use super::expr::expr;
use super::lineage::influence;

/// Who made the events.
const PRODUCER: &str = concat!("https://mig.dev/releases/", env!("CARGO_PKG_VERSION"));
/// The form of an event.
const EVENT: &str = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/JobEvent";

/// What a table is called: a namespace and a name in it.
pub(crate) type TableName = (String, String);

/// The events, one for each dataset. `names` are the tables' names; `at` is the time to put on the events.
pub(crate) fn events(
    plan: &Plan,
    datasets: &[&str],
    names: &BTreeMap<&TableRef, TableName>,
    at: &str,
) -> Vec<Value> {
    let found = datasets.iter().filter_map(|name| plan.datasets.get_key_value(*name));
    found
        .map(|(name, dataset)| {
            let old = dataset.old_schema.columns.iter();
            let old_fields: Vec<Value> =
                old.map(|column| field(&column.name, column.ty.as_ref(), Some(&column.native))).collect();
            let new_fields: Vec<Value> =
                dataset.columns.iter().map(|column| field(&column.name, Some(&column.ty), None)).collect();
            let input = described(dataset, table(names, &dataset.old), old_fields);
            let mut output = described(dataset, table(names, &dataset.new), new_fields);
            output["facets"]["columnLineage"] = columns(dataset, table(names, &dataset.old));
            json!({
                "eventTime": at,
                "producer": PRODUCER,
                "schemaURL": EVENT,
                "job": {"namespace": "mig", "name": format!("{}.{name}", plan.migration.name)},
                "inputs": [input],
                "outputs": [output],
            })
        })
        .collect()
}

fn table<'n>(names: &'n BTreeMap<&TableRef, TableName>, table: &TableRef) -> (&'n str, &'n str) {
    names.get(table).map_or(("", ""), |(namespace, name)| (namespace, name))
}

fn field(name: &str, ty: Option<&ColumnType>, native: Option<&String>) -> Value {
    let ty = ty.map(ToString::to_string).or_else(|| native.cloned());
    json!({"name": name, "type": ty.unwrap_or_default()})
}

/// A dataset with its columns, its owner and what its item says about it.
fn described(dataset: &Dataset, (namespace, name): (&str, &str), fields: Vec<Value>) -> Value {
    let mut facets = Map::new();
    facets.insert("schema".to_owned(), facet("1-2-0", "Schema", json!({"fields": fields})));
    if let Some(owner) = &dataset.owner {
        facets
            .insert("ownership".to_owned(), facet("1-0-1", "Ownership", json!({"owners": [person(owner)]})));
    }
    if !dataset.doc.is_empty() {
        let text = json!({"description": dataset.doc});
        facets.insert("documentation".to_owned(), facet("1-1-0", "Documentation", text));
    }
    json!({"namespace": namespace, "name": name, "facets": facets})
}

fn person(owner: &EntityRef) -> Value {
    json!({"name": owner.to_string(), "type": "OWNER"})
}

fn facet(version: &str, kind: &str, mut content: Value) -> Value {
    let schema = format!(
        "https://openlineage.io/spec/facets/{version}/{kind}DatasetFacet.json#/$defs/{kind}DatasetFacet"
    );
    content["_producer"] = Value::from(PRODUCER);
    content["_schemaURL"] = Value::from(schema);
    content
}

/// What every new column is made from. One that is made from none, such as a constant, has no input.
fn columns(dataset: &Dataset, (namespace, name): (&str, &str)) -> Value {
    let fields: Map<String, Value> = dataset
        .columns
        .iter()
        .map(|column| {
            let made = column.expr.as_column().is_none().then(|| expr(&column.expr));
            let fields: Vec<Value> = inputs(column)
                .into_iter()
                .map(|(old, how)| {
                    let uses: Vec<Value> = how
                        .into_iter()
                        .map(|how| {
                            let mut one = influence(how);
                            if let Some(made) = &made {
                                one["description"] = Value::from(made.as_str());
                            }
                            one
                        })
                        .collect();
                    json!({"namespace": namespace, "name": name, "field": old, "transformations": uses})
                })
                .collect();
            (column.name.clone(), json!({"inputFields": fields}))
        })
        .collect();
    facet("1-2-0", "ColumnLineage", json!({"fields": fields}))
}
