//! Every call to a store fails once, in every way a store can.

use super::*;
use crate::fixture::faulty::{Fault, Faults};

/// Runs the plan with the n-th call to a store failing, for every n, and gives the outcome to `check` with
/// the plan and the site it left.
async fn with_every_call_failing(
    kind: StoreKind,
    fault: Fault,
    lasting: bool,
    check: impl AsyncFn(Outcome, &PlanFile, &Site),
) {
    for call in 1.. {
        let site = Site::moving_to(kind);
        let file = site.plan().await;
        let faults = Faults::new(call, if lasting { usize::MAX } else { call }, fault);
        let context = Context { faults: Some(faults.clone()), ..site.context() };
        let outcome = apply(&file, context, Arc::new(())).await.unwrap();
        if !faults.were_met() {
            assert!(call > 30, "only {call} calls");
            return;
        }
        check(outcome, &file, &site).await;
        assert_eq!(site.apply(&file).await.unwrap(), Outcome::Completed, "call {call}");
        assert_eq!(site.rows().await, moved(), "call {call}");
    }
}

const KINDS: [StoreKind; 2] = [StoreKind::Sqlite, StoreKind::Parquet];

#[tokio::test]
async fn a_store_that_is_away_for_a_moment_changes_nothing() {
    for (kind, fault) in
        KINDS.into_iter().flat_map(|kind| [(kind, Fault::Unavailable), (kind, Fault::LostAnswer)])
    {
        with_every_call_failing(kind, fault, false, async |outcome, _, _| {
            assert_eq!(outcome, Outcome::Completed);
        })
        .await;
    }
}

#[tokio::test]
async fn a_store_that_stays_away_leaves_the_run_stuck_and_the_same_command_goes_on() {
    for (kind, fault) in
        KINDS.into_iter().flat_map(|kind| [(kind, Fault::Unavailable), (kind, Fault::LostAnswer)])
    {
        with_every_call_failing(kind, fault, true, async |outcome, file, site| {
            let Outcome::Stuck { reason } = &outcome else { panic!("{outcome:?}") };
            assert!(reason.contains("away") || reason.contains("answer was lost"), "{reason}");
            let state = run_state(file, &site.context()).unwrap();
            assert_eq!(state.failed().count(), 1);
        })
        .await;
    }
}

#[tokio::test]
async fn a_store_that_refuses_has_everything_undone() {
    for kind in KINDS {
        with_every_call_failing(kind, Fault::Refused, false, async |outcome, file, site| {
            let Outcome::RolledBack { reason } = &outcome else { panic!("{outcome:?}") };
            assert!(reason.contains("the store says no"), "{reason}");
            assert!(statuses(file, site).iter().all(|status| !status.is_touched()));
            assert!(site.is_clean().await);
        })
        .await;
    }
}

#[tokio::test]
async fn a_defect_leaves_the_run_stuck_and_loses_nothing() {
    for kind in KINDS {
        with_every_call_failing(kind, Fault::Panic, false, async |outcome, _, _| {
            let Outcome::Stuck { reason } = &outcome else { panic!("{outcome:?}") };
            assert!(reason.contains("a defect in mig (a store trips); please report it"), "{reason}");
        })
        .await;
    }
}
