//! Approvals that somebody can give.

use std::collections::BTreeMap;

use mig_lang::Diagnostic;
use mig_plan::{Approval, Catalog};

use super::{Scene, portal};
use crate::hir;

pub(super) fn check(scene: &Scene, out: &mut Vec<Diagnostic>) {
    for approval in scene.program.approvals.values() {
        for used in approval.from.iter().filter(|used| used.entity.kind == "group") {
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
}
