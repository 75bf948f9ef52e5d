//! A generated migration as files that `mig` itself reads: descriptors and a SQLite database.

use std::fmt::Write as _;

use mig_plan::{Catalog, Schemas};
use serde_json::json;

/// The catalog as descriptor files have it: a YAML document for each entity, its relations left out where
/// the entity's `spec` says them. JSON is YAML, and needs no second way of quoting.
pub fn descriptors(catalog: &Catalog) -> String {
    let mut out = String::new();
    for entity in catalog.entities() {
        let mut spec = json!(entity.spec);
        if entity.kind == "User" {
            let groups: Vec<&str> = entity.related("memberOf").map(|group| group.name()).collect();
            spec["memberOf"] = json!(groups);
        }
        if entity.kind == "Group" {
            spec["children"] = json!([]);
        }
        let document = json!({
            "apiVersion": "backstage.io/v1alpha1",
            "kind": entity.kind,
            "metadata": entity.metadata,
            "spec": spec,
        });
        let _ = write!(out, "---\n{document}\n");
    }
    out
}

/// The statements that make the tables of the old store in a SQLite database, without rows.
pub fn database(schemas: &Schemas) -> String {
    let mut out = String::from("begin;\n");
    for (path, table) in schemas.stores.get("legacy").into_iter().flat_map(|store| &store.tables) {
        let columns: Vec<String> = table
            .columns
            .iter()
            .map(|column| {
                let native = column.native.trim_end_matches('?');
                let ty = match native {
                    "int64" => "bigint",
                    "int32" => "integer",
                    "bool" => "boolean",
                    "timestamp" => "timestamptz",
                    other => other,
                };
                let required = if native == column.native { " not null" } else { "" };
                format!("{} {ty}{required}", column.name)
            })
            .collect();
        let _ = writeln!(
            out,
            "create table {} ({}, primary key ({}));",
            path.join("."),
            columns.join(", "),
            table.primary_key.join(", ")
        );
    }
    out.push_str("commit;\n");
    out
}
