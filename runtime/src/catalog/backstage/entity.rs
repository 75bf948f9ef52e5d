//! An entity as Backstage gives it to one as descriptor files would give it. Pure.

use std::collections::BTreeSet;

use mig_plan::EntityRef;
use mig_plan::catalog::{Entity, Origin, Relation};
use reqwest::Url;
use serde_json::{Map, Value};

use crate::catalog::descriptor::sort_unordered;

/// An entity of the answer as descriptor files would give it; `None` for a location that Backstage made of itself.
pub(super) fn normalised(item: Value) -> Result<Option<(EntityRef, Entity)>, String> {
    let Value::Object(mut item) = item else { return Err("an item of the list is no object".to_owned()) };
    let Some(Value::String(kind)) = item.remove("kind") else { return Err("it has no kind".to_owned()) };
    let Some(Value::Object(mut metadata)) = item.remove("metadata") else {
        return Err("it has no metadata".to_owned());
    };
    let Some(name) = metadata.get("name").and_then(Value::as_str).map(str::to_owned) else {
        return Err("it has no name".to_owned());
    };
    if kind == "Location" && is_generated(&name) {
        return Ok(None);
    }
    let namespace = metadata.get("namespace").and_then(Value::as_str).unwrap_or("default").to_owned();
    metadata.insert("namespace".to_owned(), Value::String(namespace.clone()));
    metadata.remove("uid");
    metadata.remove("etag");
    let origin = strip_annotations(&mut metadata);
    let mut spec = match item.remove("spec") {
        Some(Value::Object(spec)) => spec,
        _ => Map::new(),
    };
    sort_unordered(&mut spec);
    let relations = match item.remove("relations") {
        Some(Value::Array(relations)) => relations.iter().filter_map(relation).collect::<BTreeSet<_>>(),
        _ => BTreeSet::new(),
    };
    let reference = EntityRef::new(&kind, &namespace, &name);
    let (kind, metadata, spec) = (kind.into(), metadata.into(), spec.into());
    Ok(Some((reference, Entity { kind, metadata, spec, relations: relations.into_iter().collect(), origin })))
}

/// The name of a location from Backstage's own configuration: `generated-` and a SHA-1.
fn is_generated(name: &str) -> bool {
    name.strip_prefix("generated-")
        .is_some_and(|hash| hash.len() == 40 && hash.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Takes out what Backstage notes about an entity, and gives where it read it.
fn strip_annotations(metadata: &mut Map<String, Value>) -> Option<Origin> {
    let Some(Value::Object(annotations)) = metadata.get_mut("annotations") else { return None };
    let location = annotations.remove("backstage.io/managed-by-location");
    annotations.remove("backstage.io/managed-by-origin-location");
    annotations.remove("backstage.io/orphan");
    if annotations.is_empty() {
        metadata.remove("annotations");
    }
    let location = location?;
    let (kind, target) = location.as_str()?.split_once(':')?;
    let file = match Url::parse(target) {
        Ok(mut url) if kind == "url" => {
            let _ = url.set_username("");
            let _ = url.set_password(None);
            url.to_string()
        }
        Ok(_) | Err(_) => target.to_owned(),
    };
    Some(Origin { file, line: 0 })
}

/// A relation; `None` when what it points to can be no entity's name.
fn relation(value: &Value) -> Option<Relation> {
    let kind = value.get("type")?.as_str()?.into();
    let target = value.get("targetRef")?.as_str()?.parse().ok()?;
    Some(Relation { kind, target })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_backstage_adds_is_left_out() {
        let location =
            json!({"kind": "Location", "metadata": {"name": format!("generated-{}", "a1".repeat(20))}});
        assert_eq!(normalised(location), Ok(None));
        let item = json!({
            "kind": "Resource",
            "metadata": {
                "name": "Orders", "uid": "u", "etag": "e",
                "annotations": {
                    "backstage.io/managed-by-location": "url:https://user:xyzzy@git.acme.dev/shop/catalog.yaml",
                    "backstage.io/managed-by-origin-location": "url:https://git.acme.dev/all.yaml",
                    "acme.io/tier": "low",
                },
            },
            "spec": {"dependsOn": ["resource:b", "resource:a"]},
            "relations": [
                {"type": "ownedBy", "targetRef": "group:default/commerce"},
                {"type": "dependsOn", "targetRef": "resource:default/b"},
                {"type": "dependsOn", "targetRef": "resource:default/b"},
                {"type": "dependsOn", "targetRef": "no reference"},
            ],
        });
        let (reference, entity) = normalised(item).unwrap().unwrap();
        assert_eq!(reference.to_string(), "resource:default/orders");
        assert_eq!(
            serde_json::to_value(&entity.metadata).unwrap(),
            json!({"name": "Orders", "namespace": "default", "annotations": {"acme.io/tier": "low"}})
        );
        assert_eq!(entity.spec.get("dependsOn"), Some(&json!(["resource:a", "resource:b"]).into()));
        let relations: Vec<_> = entity.relations.iter().map(|r| format!("{} {}", r.kind, r.target)).collect();
        assert_eq!(relations, ["dependsOn resource:default/b", "ownedBy group:default/commerce"]);
        let file = "https://git.acme.dev/shop/catalog.yaml".to_owned();
        assert_eq!(entity.origin, Some(Origin { file, line: 0 }));
    }
}
