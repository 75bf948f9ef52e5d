//! What the catalog says of an entity: who reads it, who owns it, who belongs to it. Looks things up and
//! reports nothing.

use std::collections::BTreeSet;

use mig_plan::catalog::Entity;
use mig_plan::{Catalog, EntityRef};

/// Relations of a dataset's entity that lead to those who read it.
const READ_BY: [&str; 2] = ["dependencyOf", "apiConsumedBy"];

/// Relations that lead from a derived dataset's entity to those it is made from.
const DERIVED_FROM: [&str; 2] = ["dependsOn", "consumesApi"];

/// The entities that read this one, those that are there.
pub(crate) fn readers<'a>(catalog: &'a Catalog, entity: &'a Entity) -> impl Iterator<Item = &'a EntityRef> {
    READ_BY.into_iter().flat_map(|kind| entity.related(kind)).filter(|reader| catalog.get(reader).is_some())
}

/// The entities that this one is made from.
pub(super) fn sources(entity: &Entity) -> impl Iterator<Item = &EntityRef> {
    DERIVED_FROM.into_iter().flat_map(|kind| entity.related(kind))
}

/// The group or user that owns an entity.
pub(crate) fn owner<'a>(catalog: &'a Catalog, entity: &'a Entity) -> Option<&'a EntityRef> {
    entity.related("ownedBy").find(|owner| can_own(owner) && catalog.get(owner).is_some())
}

/// Whether an entity of that kind can own something.
pub(crate) fn can_own(entity: &EntityRef) -> bool {
    matches!(entity.kind.as_str(), "group" | "user")
}

/// Who may speak for a group or user: itself first, then the members of the group and of the groups in
/// it, sorted.
pub(super) fn members(catalog: &Catalog, entity: &EntityRef) -> Vec<EntityRef> {
    let mut users: BTreeSet<&EntityRef> = BTreeSet::new();
    let mut groups: BTreeSet<&EntityRef> = BTreeSet::new();
    let mut open = vec![entity];
    while let Some(next) = open.pop() {
        let Some((group, found)) = catalog.entities.get_key_value(next) else { continue };
        if group.kind != "group" || !groups.insert(group) {
            continue;
        }
        users.extend(found.related("hasMember").filter(|member| catalog.get(member).is_some()));
        open.extend(found.related("parentOf"));
    }
    users.remove(entity);
    std::iter::once(entity.clone()).chain(users.into_iter().cloned()).collect()
}
