//! Approvals that somebody can give.

use std::collections::{BTreeMap, BTreeSet};

use mig_lang::Diagnostic;
use mig_plan::catalog::Entry;
use mig_plan::{Approval, Catalog, EntityRef};

use super::{Scene, portal};
use crate::hir;
use crate::prose::some_of;

pub(super) fn check(scene: &Scene, out: &mut Vec<Diagnostic>) {
    for approval in scene.program.approvals.values() {
        for used in approval.from.iter().filter(|used| used.entity.kind() == "group") {
            let known = scene.world.catalog.get(&used.entity).is_some();
            if known && portal::members(scene.world.catalog, &used.entity).len() == 1 {
                out.push(
                    Diagnostic::warning(
                        "nobody-to-approve",
                        used.span,
                        format!("`{}` has no members in the catalog", used.entity.source_form()),
                    )
                    .help(
                        "Only the group itself can approve. Give it members, or name a group that has some.",
                    ),
                );
            }
        }
    }
}

/// Warns of an approval that none of those is asked for who own what its wave moves.
pub(super) fn strangers(scene: &Scene, out: &mut Vec<Diagnostic>) {
    let catalog = scene.world.catalog;
    for case in scene.waves.cases.values() {
        let Some(named) = &case.wave.approval else { continue };
        let Some(approval) = scene.program.approvals.get(&named.value) else { continue };
        let asked: Vec<Vec<EntityRef>> =
            approval.from.iter().map(|used| portal::members(catalog, &used.entity)).collect();
        // Who belongs to a group without members is not known, which has been said.
        let unknown = approval
            .from
            .iter()
            .zip(&asked)
            .any(|(used, asked)| used.entity.kind() == "group" && asked.len() == 1);
        let asked: BTreeSet<&EntityRef> = asked.iter().flatten().collect();
        let datasets = case.datasets.keys().filter_map(|place| scene.datasets.get(*place)?.entry);
        let consumers = case.consumers.keys().filter_map(|place| scene.consumers.get(*place)?.entry);
        // By their places, which are in the order of their references.
        let mut owners: Vec<Entry> = datasets.chain(consumers).filter_map(portal::owning).collect();
        owners.sort_unstable_by_key(|owner| owner.place);
        owners.dedup_by_key(|owner| owner.place);
        let speaks =
            |owner: &Entry| portal::members(catalog, owner.name).iter().any(|one| asked.contains(one));
        if unknown || owners.is_empty() || owners.iter().any(speaks) {
            continue;
        }
        let owners: Vec<String> = owners.iter().map(|owner| owner.name.source_form()).collect();
        out.push(
            Diagnostic::warning(
                "approval-without-owner",
                named.span,
                format!("nobody whom `{}` asks owns what `{}` moves", named.value, case.wave.title.name),
            )
            .label(approval.title.name_span, "these are asked")
            .help(format!(
                "It is owned by {}. Ask one of them, too.",
                some_of(owners.iter().map(String::as_str), 5)
            )),
        );
    }
}

/// The approval as the plan keeps it.
pub(super) fn approval(catalog: &Catalog, approval: &hir::Approval) -> Approval {
    let from: Vec<_> = approval.from.iter().map(|used| used.entity.clone()).collect();
    let members: BTreeMap<_, _> =
        from.iter().map(|entity| (entity.clone(), portal::members(catalog, entity))).collect();
    Approval { from, members, valid_seconds: approval.valid_seconds }
}

#[cfg(test)]
mod tests {
    use crate::fixture::{Fixture, framed};

    #[test]
    fn members_of_nested_groups_may_speak_for_a_group() {
        let source = "
approval money { from = [@group:finance, @user:ann] }
wave all {
  move     = datasets
  approval = money
}
";
        let plan = Fixture::shop(&framed(source)).plan();
        let members: Vec<String> = plan.approvals["money"]
            .members
            .iter()
            .map(|(entity, members)| {
                let members: Vec<String> = members.iter().map(ToString::to_string).collect();
                format!("{entity}: {}", members.join(" "))
            })
            .collect();
        assert_eq!(
            members,
            [
                "group:default/finance: group:default/finance user:default/dee",
                "user:default/ann: user:default/ann"
            ]
        );
    }

    /// A member of an owning group, or of a group in it, is an owner as well.
    #[test]
    fn who_is_asked_should_own_something_that_moves() {
        let doubted = |from: &str| {
            let source = format!(
                "dataset totals: legacy.totals -> lake.totals {{\n  entity  = @resource:day-totals\n  columns = same\n}}\napproval money {{ from = [{from}] }}\nwave all {{\n  move     = datasets\n  approval = money\n}}\n"
            );
            let (plan, said) = Fixture::shop(&framed(&source)).compile();
            assert!(plan.is_some(), "{said:?}");
            said.iter().any(|found| found.code == "approval-without-owner")
        };
        assert!(!doubted("@group:finance"));
        assert!(!doubted("@group:commerce, @user:dee"));
        assert!(!doubted("@group:treasury"));
        assert!(doubted("@group:commerce, @user:ann"));
    }
}
