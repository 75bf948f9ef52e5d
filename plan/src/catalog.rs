//! A snapshot of the developer portal's catalog: entities and the relations between them.
//!
//! Whoever reads a catalog (descriptor files, a Backstage backend) produces this; relations are derived
//! by the reader, in both directions, as Backstage derives them.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::OnceLock;

use foldhash::fast::RandomState;
use rayon::prelude::*;
use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::json::{Object, Text, Texts};
use crate::{CanonicalError, Digest, EntityRef, digest_json};

/// A relation of one entity to another, as Backstage derives it from the descriptors.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Relation {
    /// The relation's type: `ownedBy`, `dependsOn`, `dependencyOf`, `consumesApi`, `partOf`, …
    #[serde(rename = "type")]
    pub kind: Text,
    /// The entity it points to, which need not exist.
    pub target: EntityRef,
}

/// Fields in the order of their names, as they are written; they are compared in another.
impl Serialize for Relation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut written = serializer.serialize_struct("Relation", 2)?;
        written.serialize_field("target", &self.target)?;
        written.serialize_field("type", &self.kind)?;
        written.end()
    }
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
    pub kind: Text,
    /// `metadata`, as the descriptor has it, with the namespace filled in.
    pub metadata: Object,
    /// `spec`, as the descriptor has it.
    pub spec: Object,
    /// The relations, sorted, each once.
    pub relations: Vec<Relation>,
    /// Where the descriptor stands; not part of the digest, so that moving a file changes no plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

impl Entity {
    /// Takes the texts that were said before from those who said them.
    fn share(&mut self, texts: &mut Texts) {
        texts.share(&mut self.kind);
        self.metadata.share(texts);
        self.spec.share(texts);
        for relation in &mut self.relations {
            texts.share(&mut relation.kind);
            relation.target.share(texts);
        }
    }

    /// The targets of the relations of one type, which need not exist.
    pub fn related<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a EntityRef> + 'a {
        self.relations.iter().filter(move |relation| *relation.kind == *kind).map(|relation| &relation.target)
    }
}

/// Entities as they are read. What several of them say is one text from the start, so that a large catalog never has more
/// than it keeps.
pub(crate) struct Entities(pub(crate) BTreeMap<EntityRef, Entity>);

impl<'de> Deserialize<'de> for Entities {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;

        impl<'de> Visitor<'de> for Each {
            type Value = Entities;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("entities by their references")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entities, A::Error> {
                let (mut entities, mut texts) = (BTreeMap::new(), Texts::default());
                while let Some((mut name, mut entity)) = map.next_entry::<EntityRef, Entity>()? {
                    name.share(&mut texts);
                    entity.share(&mut texts);
                    entities.insert(name, entity);
                }
                Ok(Entities(entities))
            }
        }

        deserializer.deserialize_map(Each)
    }
}

/// All entities of a catalog, in reference order.
///
/// Made once, and only looked at from then on: every entity has a place, found by a hash of its reference, and each
/// relation is followed to the place that it leads to.
#[derive(Clone, Default)]
pub struct Catalog {
    entities: Vec<(EntityRef, Entity)>,
    places: HashMap<EntityRef, usize, RandomState>,
    /// The types of relations, each with its number.
    kinds: HashMap<Text, u32, RandomState>,
    /// Where the relations of all entities lead, one entity's behind another's.
    ways: Vec<Way>,
    /// Where each entity's own begin among them, and where the last one's end.
    starts: Vec<usize>,
    digest: OnceLock<Option<Digest>>,
}

/// Where a relation leads: whoever follows one looks at no text.
#[derive(Clone, Copy)]
struct Way {
    /// The number of its type.
    kind: u32,
    /// The place that it leads to; [`NOWHERE`] when that is not there.
    target: u32,
}

/// The place of what is not there.
const NOWHERE: u32 = u32::MAX;

/// An entity in a catalog, from which others are reached.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    catalog: &'a Catalog,
    /// Its place in the catalog, from 0, in reference order.
    pub place: usize,
    /// Its reference.
    pub name: &'a EntityRef,
    /// What the catalog says of it.
    pub entity: &'a Entity,
}

impl<'a> Entry<'a> {
    /// The entities that its relations of one type lead to; those that are there.
    pub fn related(self, kind: &str) -> impl Iterator<Item = Self> + use<'a> {
        let kind = self.catalog.kinds.get(kind).copied();
        let ways = self.ways().iter().filter(move |way| Some(way.kind) == kind && way.target != NOWHERE);
        ways.filter_map(move |way| self.catalog.at(way.target as usize))
    }

    /// Its relations that lead to what is not there.
    pub fn dangling(self) -> impl Iterator<Item = &'a Relation> {
        let nowhere = self.ways().iter().enumerate().filter(|(_, way)| way.target == NOWHERE);
        nowhere.filter_map(move |(place, _)| self.entity.relations.get(place))
    }

    /// Where its relations lead, in their order.
    fn ways(self) -> &'a [Way] {
        let at = |place: usize| self.catalog.starts.get(place).copied().unwrap_or_default();
        self.catalog.ways.get(at(self.place)..at(self.place + 1)).unwrap_or_default()
    }
}

impl Catalog {
    /// The version of what a digest is taken of.
    const VERSION: u32 = 1;

    /// A catalog of these entities.
    pub fn new(entities: BTreeMap<EntityRef, Entity>) -> Self {
        let mut entities: Vec<(EntityRef, Entity)> = entities.into_iter().collect();
        let names = || entities.iter().map(|(name, _)| name.clone());
        let places: HashMap<EntityRef, usize, RandomState> = names().zip(0..).collect();
        let names: Vec<EntityRef> = names().collect();
        let mut kinds: HashMap<Text, u32, RandomState> = HashMap::default();
        let (mut ways, mut starts) = (Vec::new(), Vec::with_capacity(entities.len() + 1));
        for (_, entity) in &mut entities {
            starts.push(ways.len());
            for relation in &mut entity.relations {
                let target = places.get(&relation.target).copied();
                if let Some(name) = target.and_then(|target| names.get(target)) {
                    // One text for all who name the entity.
                    relation.target = name.clone();
                }
                let next = u32::try_from(kinds.len()).unwrap_or(u32::MAX);
                let kind = match kinds.get(&*relation.kind) {
                    Some(known) => *known,
                    None => *kinds.entry(relation.kind.clone()).or_insert(next),
                };
                let target = target.and_then(|target| u32::try_from(target).ok()).unwrap_or(NOWHERE);
                ways.push(Way { kind, target });
            }
        }
        starts.push(ways.len());
        Self { entities, places, kinds, ways, starts, digest: OnceLock::new() }
    }

    /// Its entities, to make another catalog of.
    pub fn into_entities(self) -> BTreeMap<EntityRef, Entity> {
        self.entities.into_iter().collect()
    }

    /// How many entities there are.
    pub fn len(&self) -> usize {
        self.entities.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entities.is_empty()
    }

    /// The entities, in reference order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&EntityRef, &Entity)> + Clone {
        self.entities.iter().map(|(name, entity)| (name, entity))
    }

    /// The same, from which others are reached.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = Entry<'_>> + Clone {
        let places = self.entities.iter().enumerate();
        places.map(|(place, (name, entity))| Entry { catalog: self, place, name, entity })
    }

    /// Their references, in order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &EntityRef> + Clone {
        self.entities.iter().map(|(name, _)| name)
    }

    /// What is said of them, in the order of their references.
    pub fn entities(&self) -> impl ExactSizeIterator<Item = &Entity> + Clone {
        self.entities.iter().map(|(_, entity)| entity)
    }

    /// The entity of that reference.
    pub fn get(&self, entity: &EntityRef) -> Option<&Entity> {
        self.find(entity).map(|entry| entry.entity)
    }

    /// The entity of that reference, from which others are reached.
    pub fn find(&self, entity: &EntityRef) -> Option<Entry<'_>> {
        self.at(*self.places.get(entity)?)
    }

    /// The place of the first entity of which something is so, that is so of all behind it.
    pub fn first(&self, is_so: impl Fn(&EntityRef) -> bool) -> usize {
        self.entities.partition_point(|(name, _)| !is_so(name))
    }

    /// The entity at a place.
    pub fn at(&self, place: usize) -> Option<Entry<'_>> {
        let (name, entity) = self.entities.get(place)?;
        Some(Entry { catalog: self, place, name, entity })
    }

    /// The digest that a plan carries of the catalog it was made from: of every entity without its
    /// origin, so that moving a descriptor file changes no plan. Taken when it is first asked for.
    ///
    /// # Errors
    /// Never for a catalog that a reader built.
    pub fn digest(&self) -> Result<Digest, CanonicalError> {
        // Whoever asks while it is taken waits for it.
        self.digest.get_or_init(|| self.taken().ok()).map_or_else(|| self.taken(), Ok)
    }

    fn taken(&self) -> Result<Digest, CanonicalError> {
        let parts = self.entities.par_iter().with_min_len(256).map(|(name, entity)| {
            let parts = (&entity.kind, &entity.metadata, &entity.spec, &entity.relations);
            Ok((name, digest_json(&parts)?))
        });
        let parts: Vec<(&EntityRef, Digest)> = parts.collect::<Result<_, CanonicalError>>()?;
        digest_json(&(Self::VERSION, BTreeMap::from_iter(parts)))
    }
}

impl PartialEq for Catalog {
    fn eq(&self, other: &Self) -> bool {
        self.entities == other.entities
    }
}

impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_of_what_entities_say_and_not_of_where_they_stand() {
        let entity = |origin| Entity {
            kind: "Resource".into(),
            metadata: Object::default(),
            spec: Object::default(),
            relations: Vec::new(),
            origin,
        };
        let catalog =
            |entity| Catalog::new(BTreeMap::from([(EntityRef::new("resource", "default", "a"), entity)]));
        let here = catalog(entity(None)).digest().expect("plain data");
        let there = entity(Some(Origin { file: "catalog.yaml".to_owned(), line: 3 }));
        assert_eq!(here, catalog(there).digest().expect("plain data"));
        let mut other = entity(None);
        let spec = serde_json::Map::from_iter([("type".to_owned(), "dataset".into())]);
        other.spec = spec.into();
        assert_ne!(here, catalog(other).digest().expect("plain data"));
    }
}
