//! Relations between entities, in both directions, as Backstage derives them from `spec`.
//!
//! Takes entities that are right by themselves and fills in their relations: sorted, each once. A reference to an
//! entity that does not exist stays, and [`dangling`] tells of it. Pure.

use std::collections::{BTreeMap, BTreeSet};

use mig_plan::catalog::{Entity, Relation};
use mig_plan::{Catalog, EntityRef, EntityRefError};
use serde_json::{Map, Value};

use super::kinds::{Derivation, Kind};
use super::{CatalogProblem, Severity};

/// A reference in a field of `spec`, with what it means.
pub(super) struct Reference {
    /// The relations that come from it.
    pub(super) derivation: &'static Derivation,
    /// What it names.
    pub(super) target: EntityRef,
}

/// Reads one reference of a field.
///
/// # Errors
/// When it is none, or names no kind where the field has no default.
pub(super) fn reference(
    derivation: &'static Derivation,
    text: &str,
    namespace: &str,
) -> Result<Reference, EntityRefError> {
    let target = EntityRef::parse(text, derivation.default_kind, namespace)?;
    Ok(Reference { derivation, target })
}

/// Reads all references of a `spec`; what is none is left out, since checking has told of it.
pub(super) fn references(kind: &'static Kind, spec: &Map<String, Value>, namespace: &str) -> Vec<Reference> {
    let mut found = Vec::new();
    for field in kind.fields {
        let (Some(derivation), Some(value)) = (&field.relation, spec.get(field.name)) else { continue };
        let texts = match value {
            Value::String(text) => vec![text.as_str()],
            Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
        };
        found.extend(texts.into_iter().filter_map(|text| reference(derivation, text, namespace).ok()));
    }
    found
}

/// Gives every entity its relations, from its own references and from those of others to it.
pub(super) fn relate(
    entities: &mut BTreeMap<EntityRef, Entity>,
    references: &BTreeMap<EntityRef, Vec<Reference>>,
) {
    let mut relations: BTreeMap<&EntityRef, BTreeSet<Relation>> = BTreeMap::new();
    for (source, references) in references {
        for Reference { derivation, target } in references {
            let relation =
                |kind: &str, target: &EntityRef| Relation { kind: kind.into(), target: target.clone() };
            relations.entry(source).or_default().insert(relation(derivation.outgoing, target));
            relations.entry(target).or_default().insert(relation(derivation.incoming, source));
        }
    }
    for (entity, relations) in relations {
        if let Some(entity) = entities.get_mut(entity) {
            entity.relations = relations.into_iter().collect();
        }
    }
}

/// The relations of a catalog that lead to no entity of it, each as a warning at the entity that has it.
pub fn dangling(catalog: &Catalog) -> Vec<CatalogProblem> {
    let mut problems = Vec::new();
    for entry in catalog.entries() {
        let (name, entity) = (entry.name, entry.entity);
        for relation in entry.dangling() {
            problems.push(CatalogProblem {
                severity: Severity::Warning,
                file: entity.origin.as_ref().map(|origin| origin.file.clone()).unwrap_or_default(),
                line: entity.origin.as_ref().map_or(0, |origin| origin.line),
                message: format!(
                    "{name}: `{}` leads to {}, which is not in the catalog",
                    relation.kind, relation.target
                ),
                help: "correct the reference, or add the entity's descriptor to the catalog's files"
                    .to_owned(),
            });
        }
    }
    problems
}
