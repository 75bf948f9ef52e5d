//! A completed run is made final: the old table goes when it is what was copied and nobody needs it, whatever
//! happens to the process meanwhile; refused, everything is as before, and there is still a way back.

use mig_plan::OldTable;

use super::*;
use crate::completion::doomed;

const CLEANUP: &str = "orders/cleanup";

impl Site {
    /// The plan with its end: `old.orders` is dropped, or kept.
    async fn plan_to(&self, old: OldTable) -> PlanFile {
        let mut plan = self.plan().await.plan;
        let mut last = step("pilot", CLEANUP, &["billing/command"]);
        last.op = Op::Cleanup { dataset: "orders".to_owned(), old };
        plan.steps.push(last);
        file(plan)
    }

    /// A shop whose orders have moved; nobody needs the old table.
    async fn moved(old: OldTable) -> (Self, PlanFile) {
        let site = Self::shop();
        site.database("old.db").execute_batch("DROP VIEW current").unwrap();
        let file = site.plan_to(old).await;
        assert_eq!(site.apply(&file).await.unwrap(), Outcome::Completed);
        (site, file)
    }

    async fn complete(&self, file: &PlanFile) -> Result<Outcome, ExecuteError> {
        complete(file, self.context(), Arc::new(())).await
    }

    async fn roll_back(&self, file: &PlanFile) -> Result<Outcome, ExecuteError> {
        rollback(file, Scope::Migration, "asked".to_owned(), self.context(), Arc::new(())).await
    }

    async fn has_old(&self) -> bool {
        self.schema("old").await.is_some()
    }

    async fn refusal(&self, file: &PlanFile) -> String {
        let refusal = doomed(file, self.context()).await.unwrap().remove(0).refusal.expect("refused");
        let Outcome::Stuck { reason } = self.complete(file).await.unwrap() else { panic!("stuck") };
        assert!(reason.contains(&refusal), "{reason}\n{refusal}");
        assert!(self.has_old().await, "nothing was dropped");
        refusal
    }
}

#[tokio::test]
async fn apply_never_cleans_up_and_complete_only_a_completed_run() {
    let site = Site::shop();
    site.database("old.db").execute_batch("DROP VIEW current").unwrap();
    let file = site.plan_to(OldTable::Drop).await;
    assert!(matches!(site.complete(&file).await, Err(ExecuteError::NotCompleted)));
    assert_eq!(site.apply(&file).await.unwrap(), Outcome::Completed);
    assert_eq!(site.apply(&file).await.unwrap(), Outcome::Completed);
    assert!(site.has_old().await);
    assert_eq!(status(&file, &site.context()).unwrap().phase, RunPhase::Completed);
    assert!(site.tables().contains(&"_mig_receipts".to_owned()));
}

#[tokio::test]
async fn a_final_run_has_dropped_its_old_table_and_forgotten_its_receipts() {
    for old in [OldTable::Drop, OldTable::Keep] {
        let (site, file) = Site::moved(old).await;
        assert_eq!(site.complete(&file).await.unwrap(), Outcome::Completed);
        assert_eq!(site.has_old().await, old == OldTable::Keep);
        assert_eq!(site.rows().await, moved());
        assert!(!site.tables().contains(&"_mig_receipts".to_owned()));
        let now = status(&file, &site.context()).unwrap();
        assert_eq!((now.phase, now.datasets[0].stage.as_str()), (RunPhase::Final, "cleanup"));
        // Once more is nothing more, and there is no way back.
        assert_eq!(site.complete(&file).await.unwrap(), Outcome::Completed);
        assert_eq!(site.apply(&file).await.unwrap(), Outcome::Completed);
        let error = site.roll_back(&file).await.unwrap_err().to_string();
        assert!(error.contains("past the point of no return"), "{error}");
        assert_eq!(site.rows().await, moved());
    }
}

#[tokio::test]
async fn a_row_that_came_or_changed_since_keeps_the_table_and_is_placed() {
    let (site, file) = Site::moved(OldTable::Drop).await;
    let old = site.database("old.db");
    old.execute("INSERT INTO orders VALUES (36, 'late', NULL)", []).unwrap();
    let refusal = site.refusal(&file).await;
    assert!(
        refusal.contains("it has 96 rows now, and 95 were copied; the changes are behind key 0 up to 63")
            || refusal.contains("it has 96 rows now, and 95 were copied; the changes are up to key 63"),
        "{refusal}"
    );
    old.execute_batch(
        "DELETE FROM orders WHERE order_no = 36; UPDATE orders SET note = 'x' WHERE order_no = 7",
    )
    .unwrap();
    let refusal = site.refusal(&file).await;
    assert!(refusal.contains("it has 95 rows as when it was copied, but not the same values"), "{refusal}");
    assert_eq!(status(&file, &site.context()).unwrap().phase, RunPhase::Completing);
    // The whole run can still be taken back, and then moved anew with what came.
    assert!(matches!(site.roll_back(&file).await.unwrap(), Outcome::RolledBack { .. }));
    assert!(site.is_clean().await);
    assert_eq!(site.apply(&file).await.unwrap(), Outcome::Completed);
    assert_eq!(site.complete(&file).await.unwrap(), Outcome::Completed);
    assert!(!site.has_old().await);
}

#[tokio::test]
async fn a_column_that_came_since_keeps_the_table() {
    let (site, file) = Site::moved(OldTable::Drop).await;
    site.database("old.db").execute_batch("ALTER TABLE orders ADD COLUMN vip TEXT").unwrap();
    let refusal = site.refusal(&file).await;
    assert!(refusal.contains("its schema is another (") && refusal.contains("vip"), "{refusal}");
}

#[tokio::test]
async fn the_last_copy_of_what_was_moved_is_kept() {
    for (harm, said) in [
        ("DELETE FROM orders", "new.orders has no rows any more"),
        ("DROP TABLE orders", "new.orders is gone"),
    ] {
        let (site, file) = Site::moved(OldTable::Drop).await;
        site.database("new.db").execute_batch(harm).unwrap();
        let refusal = site.refusal(&file).await;
        assert!(refusal.contains(said) && refusal.contains("the last copy"), "{refusal}");
    }
}

#[tokio::test]
async fn what_depends_on_the_old_table_keeps_it_and_is_named() {
    let (site, file) = Site::moved(OldTable::Drop).await;
    let old = site.database("old.db");
    old.execute_batch(
        "CREATE VIEW recent AS SELECT * FROM Orders;
         CREATE TABLE lines (order_no INTEGER REFERENCES orders (order_no));",
    )
    .unwrap();
    let refusal = site.refusal(&file).await;
    assert!(refusal.contains("old.orders is still needed by the table lines, the view recent"), "{refusal}");
    old.execute_batch("DROP VIEW recent; DROP TABLE lines").unwrap();
    assert_eq!(site.complete(&file).await.unwrap(), Outcome::Completed);
    assert!(!site.has_old().await);
}

#[tokio::test]
async fn a_completion_killed_at_any_event_comes_to_the_same_end() {
    for dies_at in 1.. {
        let (site, file) = Site::moved(OldTable::Drop).await;
        let observer = Arc::new(DiesAt(AtomicUsize::new(dies_at)));
        let died = died(complete(&file, site.context(), observer));
        assert_eq!(site.complete(&file).await.unwrap(), Outcome::Completed, "killed at event {dies_at}");
        assert!(!site.has_old().await && site.rows().await == moved(), "killed at event {dies_at}");
        assert!(!site.tables().contains(&"_mig_receipts".to_owned()));
        if !died {
            assert!(dies_at > 4, "it has events");
            break;
        }
    }
}

#[tokio::test]
async fn a_cleanup_done_twice_is_done_once() {
    let (site, file) = Site::moved(OldTable::Drop).await;
    let observer = Arc::new(DiesWhen(Event::StepSucceeded { step: StepId::from(CLEANUP) }));
    assert!(died(complete(&file, site.context(), observer)));
    let cut = site.database(".mig/journal.db");
    cut.execute("DELETE FROM events WHERE event LIKE '%step_succeeded%orders/cleanup%'", []).unwrap();
    assert!(!site.has_old().await);
    let error = site.roll_back(&file).await.unwrap_err();
    assert!(matches!(error, ExecuteError::PastReturn { .. }), "also half done there is no way back");
    assert_eq!(site.complete(&file).await.unwrap(), Outcome::Completed);
}

#[tokio::test]
async fn files_go_too_and_what_else_is_in_their_folder_stays() {
    use crate::store::StoreError;
    let site = Site::moving_to(StoreKind::Csv);
    let lake = site.folder.path().join("lake");
    std::fs::create_dir_all(lake.join("orders")).unwrap();
    std::fs::write(lake.join("orders/a.csv"), "id\n1\n").unwrap();
    std::fs::write(lake.join("orders/README"), "mine").unwrap();
    let store = site.open("new").await;
    let path = vec!["orders".to_owned()];
    let held = store.data.hold(&path).await.unwrap().unwrap();
    std::fs::write(lake.join("orders/b.csv"), "id\n2\n").unwrap();
    let changed = held.drop_table().await.err();
    assert!(
        matches!(&changed, Some(StoreError::Refused(text)) if text.contains("were changed")),
        "{changed:?}"
    );
    let mut held = store.data.hold(&path).await.unwrap().unwrap();
    assert_eq!(held.dependents().await.unwrap(), []);
    held.drop_table().await.unwrap().commit().await.unwrap();
    assert!(store.data.hold(&path).await.unwrap().is_none());
    assert_eq!(std::fs::read_dir(lake.join("orders")).unwrap().count(), 1, "what is no part stays");
}
