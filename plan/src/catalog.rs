//! A snapshot of the developer portal's catalog: entities and the relations between them.
//!
//! Whoever reads a catalog (descriptor files, a Backstage backend) produces this; relations are derived
//! by the reader, in both directions, as Backstage derives them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{CanonicalError, Digest, EntityRef, digest_json};

/// A relation of one entity to another, as Backstage derives it from the descriptors.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Relation {
    /// The relation's type: `ownedBy`, `dependsOn`, `dependencyOf`, `consumesApi`, `partOf`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// The entity it points to, which need not exist.
    pub target: EntityRef,
}

/// Where an entity's descriptor stands, for messages.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Origin {
    /// A path relative to the migration's folder, or a URL.
    pub file: String,
    /// The line where the descriptor starts, from 1; 0 when the source has no lines.
    pub line: u32,
}

/// One entity of the catalog.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entity {
    /// The kind as written: `Component`, `Resource`, …
    pub kind: String,
    /// `metadata`, as the descriptor has it, with the namespace filled in.
    pub metadata: Map<String, Value>,
    /// `spec`, as the descriptor has it.
    pub spec: Map<String, Value>,
    /// The relations, sorted, each once.
    pub relations: Vec<Relation>,
    /// Where the descriptor stands; not part of the digest, so that moving a file changes no plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

impl Entity {
    /// The targets of the relations of one type.
    pub fn related<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a EntityRef> + 'a {
        self.relations.iter().filter(move |relation| relation.kind == kind).map(|relation| &relation.target)
    }
}

/// All entities of a catalog, by reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Catalog {
    /// The version of this form; 1.
    pub version: u32,
    /// The entities, in reference order.
    pub entities: BTreeMap<EntityRef, Entity>,
}

impl Default for Catalog {
    fn default() -> Self {
        Self { version: Self::VERSION, entities: BTreeMap::new() }
    }
}

impl Catalog {
    /// The version of the serialized form that this build writes.
    pub const VERSION: u32 = 1;

    /// The entity of that reference.
    pub fn get(&self, entity: &EntityRef) -> Option<&Entity> {
        self.entities.get(entity)
    }

    /// The digest that a plan carries of the catalog it was made from: of every entity without its
    /// origin, so that moving a descriptor file changes no plan.
    ///
    /// # Errors
    /// Never for a catalog that a reader built.
    pub fn digest(&self) -> Result<Digest, CanonicalError> {
        let parts: BTreeMap<&EntityRef, Digest> = self
            .entities
            .iter()
            .map(|(name, entity)| {
                let parts = (&entity.kind, &entity.metadata, &entity.spec, &entity.relations);
                Ok((name, digest_json(&parts)?))
            })
            .collect::<Result<_, CanonicalError>>()?;
        digest_json(&(self.version, parts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_of_what_entities_say_and_not_of_where_they_stand() {
        let entity = |origin| Entity {
            kind: "Resource".to_owned(),
            metadata: Map::new(),
            spec: Map::new(),
            relations: Vec::new(),
            origin,
        };
        let catalog = |entity| Catalog {
            entities: BTreeMap::from([(EntityRef::new("resource", "default", "a"), entity)]),
            ..Catalog::default()
        };
        let here = catalog(entity(None)).digest().expect("plain data");
        let there = entity(Some(Origin { file: "catalog.yaml".to_owned(), line: 3 }));
        assert_eq!(here, catalog(there).digest().expect("plain data"));
        let mut other = entity(None);
        other.spec.insert("type".to_owned(), Value::from("dataset"));
        assert_ne!(here, catalog(other).digest().expect("plain data"));
    }
}
