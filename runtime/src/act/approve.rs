//! Approve: waits until one member of each of the approval's groups has approved this plan, not too long ago.

use mig_plan::{Approval, EntityRef};

use super::{Act, Done, Failure};
use crate::state::{GivenApproval, UnixMillis};

pub(super) fn act(act: &Act, name: &str) -> Result<Done, Failure> {
    let missing = || Failure::refused(format!("the plan has no approval {name}; make the plan again"));
    let approval = act.plan().approvals.get(name).ok_or_else(missing)?;
    let now = act.world().clock.now();
    let open = act.with_state(|state| open(name, approval, state.approvals(), now).len());
    Ok(if open == 0 { Done::Succeeded } else { Done::Waiting })
}

/// Those for whom nobody has approved, or too long ago.
pub(crate) fn open<'a>(
    name: &str,
    approval: &'a Approval,
    given: &[GivenApproval],
    now: UnixMillis,
) -> Vec<&'a EntityRef> {
    let oldest = now.saturating_sub_unsigned(approval.valid_seconds.saturating_mul(1_000));
    let agreed = |from: &EntityRef| {
        given.iter().any(|given| {
            given.approval == name
                && given.from == *from
                && given.at >= oldest
                && approval.members.get(from).is_some_and(|members| members.contains(&given.by))
        })
    };
    approval.from.iter().filter(|from| !agreed(from)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn entity(text: &str) -> EntityRef {
        text.parse().unwrap()
    }

    #[test]
    fn one_member_of_each_must_agree_not_too_long_ago() {
        let (finance, commerce) = (entity("group:finance"), entity("group:commerce"));
        let approval = Approval {
            from: vec![commerce.clone(), finance.clone()],
            members: BTreeMap::from([
                (commerce.clone(), vec![commerce.clone(), entity("user:ann")]),
                (finance.clone(), vec![finance.clone(), entity("user:bob")]),
            ]),
            valid_seconds: 60,
        };
        let given = |at, approval: &str, from: &EntityRef, by: &str| GivenApproval {
            at,
            approval: approval.to_owned(),
            from: from.clone(),
            by: entity(by),
        };
        let open = |given: &[GivenApproval], now| {
            open("money", &approval, given, now).into_iter().cloned().collect::<Vec<_>>()
        };
        let ann = given(1_000, "money", &commerce, "user:ann");
        let bob = given(2_000, "money", &finance, "user:bob");
        assert_eq!(open(&[], 2_000), [commerce.clone(), finance.clone()]);
        assert_eq!(open(std::slice::from_ref(&ann), 2_000), std::slice::from_ref(&finance));
        assert_eq!(open(&[ann.clone(), bob.clone()], 61_000), []);
        assert_eq!(open(&[ann.clone(), bob], 61_001), std::slice::from_ref(&commerce));
        let stranger = given(2_000, "money", &finance, "user:ann");
        let other = given(2_000, "other", &finance, "user:bob");
        assert_eq!(open(&[ann, stranger, other], 2_000), [finance]);
    }
}
