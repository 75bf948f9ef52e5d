//! The world of a small shop for tests of the language: its catalog and its schemas, read from the few lines of
//! text under `world`, and the items that a test's source leaves out.
//!
//! A catalog has a line for each entity: `component:billing owner group:commerce reads resource:orders tier low`.
//! Schemas have a line for each table: `legacy.orders: id int64 key, email text?, shape !geometry, at date default`,
//! and a line `lake:` for a store without tables.

use std::collections::BTreeMap;

use mig_plan::catalog::{Entity, Relation};
use mig_plan::schema::{SchemaColumn, StoreSchema};
use mig_plan::{Catalog, EntityRef, Schemas, TableSchema};
use serde_json::{Map, Value, json};

/// The catalog of the shop. Nobody reads `customers`, `places`, `day-totals` and `old-orders`.
pub const CATALOG: &str = include_str!("../world/catalog.txt");

/// The schemas of the shop's stores.
pub const SCHEMAS: &str = include_str!("../world/schemas.txt");

/// A catalog of these lines, relations derived in both directions.
pub fn catalog(lines: &str) -> Catalog {
    let mut entities = BTreeMap::new();
    let mut relations: Vec<(EntityRef, &str, EntityRef)> = Vec::new();
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut words = line.split_whitespace();
        let name: EntityRef = words.next().expect("well-formed lines").parse().expect("well-formed lines");
        let mut metadata = json!({"name": name.name(), "namespace": name.namespace()});
        let mut spec = json!({});
        while let Some(word) = words.next() {
            let value = words.next().unwrap_or_else(|| panic!("`{word}` has no value in `{line}`"));
            let mut relate = |here: &'static str, there: &'static str| {
                for target in
                    value.split(',').map(|target| target.parse::<EntityRef>().expect("well-formed lines"))
                {
                    relations.push((name.clone(), here, target.clone()));
                    relations.push((target, there, name.clone()));
                }
            };
            match word {
                "owner" => relate("ownedBy", "ownerOf"),
                "reads" => relate("dependsOn", "dependencyOf"),
                "members" => relate("hasMember", "memberOf"),
                "parts" => relate("parentOf", "childOf"),
                "type" => spec["type"] = json!(value),
                "tags" => metadata["tags"] = json!(value.split(',').collect::<Vec<_>>()),
                "tier" => metadata["annotations"]["acme.io/tier"] = json!(value),
                "table" => metadata["annotations"]["mig.dev/table"] = json!(value),
                other => panic!("`{other}` in `{line}`"),
            }
        }
        let kind = match name.kind() {
            "api" => "API".to_owned(),
            kind => kind[..1].to_uppercase() + &kind[1..],
        };
        let map =
            |value: Value| -> Map<String, Value> { value.as_object().cloned().expect("well-formed lines") };
        let entity = Entity {
            kind: kind.into(),
            metadata: map(metadata).into(),
            spec: map(spec).into(),
            relations: Vec::new(),
            origin: None,
        };
        assert!(entities.insert(name, entity).is_none(), "twice: {line}");
    }
    for (source, kind, target) in relations {
        if let Some(entity) = entities.get_mut(&source) {
            entity.relations.push(Relation { kind: kind.into(), target });
        }
    }
    entities.values_mut().for_each(|entity| entity.relations.sort());
    Catalog::new(entities)
}

/// Schemas of these lines.
pub fn schemas(lines: &str) -> Schemas {
    let mut schemas = Schemas::default();
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (place, columns) = line.split_once(':').expect("well-formed lines");
        let (place, is_view) = match place.strip_suffix(" view") {
            Some(place) => (place, true),
            None => (place, false),
        };
        let mut parts = place.split('.').map(str::to_owned);
        let store = schemas
            .stores
            .entry(parts.next().expect("well-formed lines"))
            .or_insert_with(StoreSchema::default);
        let path: Vec<String> = parts.collect();
        if path.is_empty() {
            continue;
        }
        let mut table = TableSchema { is_view, ..TableSchema::default() };
        for column in columns.split(',').map(str::trim).filter(|column| !column.is_empty()) {
            // A type may have a comma in it: `decimal(12;2)`.
            let mut words = column.split_whitespace();
            let name = words.next().expect("well-formed lines").to_owned();
            let native = words.next().expect("well-formed lines").replace(';', ", ");
            let ty = match native.strip_prefix('!') {
                Some(_) => None,
                None => Some(native.parse().unwrap_or_else(|error| panic!("{column}: {error}"))),
            };
            let mut has_default = false;
            for word in words {
                match word {
                    "key" => table.primary_key.push(name.clone()),
                    "unique" => table.unique_keys.push(vec![name.clone()]),
                    "default" => has_default = true,
                    other => panic!("`{other}` in `{line}`"),
                }
            }
            let native = native.trim_start_matches('!').to_owned();
            table.columns.push(SchemaColumn { name, native, ty, has_default });
        }
        store.tables.insert(path, table);
    }
    schemas
}

/// The source, with items behind it that it does not have and cannot do without.
pub fn framed(source: &str) -> String {
    let starts = |word: &str| source.lines().any(|line| line.starts_with(word));
    let mut framed = source.trim_matches('\n').to_owned();
    framed.push_str("\n\n");
    let frame: BTreeMap<&str, &str> = BTreeMap::from([
        (
            "migration ",
            "migration shop {\n  owner   = @group:platform\n  catalog = files(\"catalog/*.yaml\")\n}\n",
        ),
        ("store legacy", "store legacy: sqlite { url = \"legacy.db\" }\n"),
        ("store lake", "store lake: postgres { url = env.LAKE_URL }\n"),
        ("wave ", "wave everything {\n  move = datasets, consumers\n}\n"),
    ]);
    for (word, item) in frame {
        if !starts(word) {
            framed.push_str(item);
        }
    }
    if !starts("dataset") {
        framed.push_str("dataset customers: legacy.customers -> lake.sales.customers {\n  entity  = @resource:customers\n  columns = same\n}\n");
    }
    framed
}
