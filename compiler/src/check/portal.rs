//! What the catalog says of an entity: who reads it, who owns it, who belongs to it. Looks things up and
//! reports nothing.

use std::collections::BTreeSet;

use mig_plan::catalog::Entry;
use mig_plan::{Catalog, EntityRef};

/// Relations of a dataset's entity that lead to those who read it.
const READ_BY: [&str; 2] = ["dependencyOf", "apiConsumedBy"];

/// Relations that lead from a derived dataset's entity to those it is made from.
const DERIVED_FROM: [&str; 2] = ["dependsOn", "consumesApi"];

/// The entities that read this one, those that are there.
pub(crate) fn readers(entry: Entry<'_>) -> impl Iterator<Item = Entry<'_>> {
    READ_BY.into_iter().flat_map(move |kind| entry.related(kind))
}

/// The entities that this one is made from, those that are there.
pub(super) fn sources(entry: Entry<'_>) -> impl Iterator<Item = Entry<'_>> {
    DERIVED_FROM.into_iter().flat_map(move |kind| entry.related(kind))
}

/// The group or user that owns an entity.
pub(crate) fn owner(entry: Entry<'_>) -> Option<&EntityRef> {
    owning(entry).map(|owner| owner.name)
}

/// The same, from which others are reached.
pub(super) fn owning(entry: Entry<'_>) -> Option<Entry<'_>> {
    entry.related("ownedBy").find(|owner| can_own(owner.name))
}

/// Whether an entity of that kind can own something.
pub(crate) fn can_own(entity: &EntityRef) -> bool {
    matches!(entity.kind(), "group" | "user")
}

/// Who may speak for a group or user: itself first, then the members of the group and of the groups in
/// it, sorted.
pub(super) fn members(catalog: &Catalog, entity: &EntityRef) -> Vec<EntityRef> {
    let mut users: BTreeSet<&EntityRef> = BTreeSet::new();
    let mut groups: BTreeSet<&EntityRef> = BTreeSet::new();
    let mut open = vec![entity];
    while let Some(next) = open.pop() {
        let Some(group) = catalog.find(next) else { continue };
        if group.name.kind() != "group" || !groups.insert(group.name) {
            continue;
        }
        users.extend(group.related("hasMember").map(|member| member.name));
        open.extend(group.related("parentOf").map(|part| part.name));
    }
    users.remove(entity);
    std::iter::once(entity.clone()).chain(users.into_iter().cloned()).collect()
}
