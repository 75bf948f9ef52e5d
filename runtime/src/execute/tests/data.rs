//! Whole runs between two SQLite databases: rows are moved, runs are killed at every event, and nothing is
//! lost, doubled or left behind.

use arrow::array::{Array as _, AsArray as _};
use arrow::datatypes::Int64Type;
use mig_plan::{Column, ColumnType, Dataset, Expr, Function, StoreConfig, TableRef, TableSchema, Type};
use rusqlite::Connection;

use super::*;
use crate::fixture::dataset as steps_of;
use crate::store::{Field, Store, Table};

mod cleanup;
mod faults;
mod staleness;

const ROWS: i64 = 95;

fn place(store: &str, table: &str) -> TableRef {
    TableRef { store: store.to_owned(), path: vec![table.to_owned()] }
}

fn ty(ty: Type, nullable: bool) -> ColumnType {
    ColumnType { ty, nullable }
}

impl Site {
    fn database(&self, name: &str) -> Connection {
        Connection::open(self.folder.path().join(name)).unwrap()
    }

    /// An old database with `orders`, some of whose notes are null.
    fn shop() -> Self {
        let site = Self::new();
        let old = site.database("old.db");
        old.execute_batch(
            "CREATE TABLE orders (order_no INTEGER NOT NULL PRIMARY KEY, state TEXT NOT NULL, note TEXT);
             CREATE VIEW current AS SELECT * FROM orders WHERE state <> 'gone';",
        )
        .unwrap();
        let old = old.unchecked_transaction().unwrap();
        for number in 0..ROWS {
            let note = (number % 3 == 0).then(|| format!("note {number}"));
            old.execute("INSERT INTO orders VALUES (?1, ?2, ?3)", (number * 7, " Open ", note)).unwrap();
        }
        old.commit().unwrap();
        site
    }

    /// A shop whose orders move to a store of this kind.
    fn moving_to(new: StoreKind) -> Self {
        Self { new, ..Self::shop() }
    }

    /// The old (`old`) or the new store's configuration.
    fn store(&self, name: &str) -> StoreConfig {
        match (name, self.new) {
            ("old", _) => store("old.db"),
            (_, StoreKind::Sqlite) => store("new.db"),
            (_, kind) => StoreConfig { kind, ..store("lake") },
        }
    }

    async fn open(&self, name: &str) -> Store {
        let config = self.store(name);
        let Setting::Text(location) = &config.location else { panic!("a path is wanted") };
        crate::store::open(&config, location, self.folder.path()).await.unwrap()
    }

    async fn schema(&self, name: &str) -> Option<TableSchema> {
        let schema = self.open(name).await.data.schema(None).await.unwrap();
        schema.tables.get(&vec!["orders".to_owned()]).cloned()
    }

    /// The rows of the new table, sorted; none when it is not there.
    async fn rows(&self) -> Vec<Row> {
        if self.schema("new").await.is_none() {
            return Vec::new();
        }
        let field = |name: &str, ty| Field { name: name.to_owned(), ty, secret: false };
        let table = Table {
            path: vec!["orders".to_owned()],
            fields: vec![
                field("order_id", ty(Type::Int64, false)),
                field("status", ty(Type::Text, false)),
                field("note", ty(Type::Text, true)),
            ],
            key: vec!["order_id".to_owned()],
        };
        let (sender, mut batches) = tokio::sync::mpsc::channel(100);
        let (store, whole) = (self.open("new").await, Default::default());
        let read = store.data.read(&table, &whole, sender);
        let collect = async {
            let mut rows = Vec::new();
            while let Some(batch) = batches.recv().await {
                let (ids, statuses, notes) = (
                    batch.column(0).as_primitive::<Int64Type>(),
                    batch.column(1).as_string::<i32>(),
                    batch.column(2).as_string::<i32>(),
                );
                rows.extend((0..batch.num_rows()).map(|row| {
                    let note = notes.is_valid(row).then(|| notes.value(row).to_owned());
                    (ids.value(row), statuses.value(row).to_owned(), note)
                }));
            }
            rows
        };
        let (read, mut rows) = tokio::join!(read, collect);
        read.unwrap();
        rows.sort();
        rows
    }

    /// Whether nothing of a run is left in the new store.
    async fn is_clean(&self) -> bool {
        let views = self.new == StoreKind::Sqlite && self.tables().iter().any(|name| name == "shown");
        self.schema("new").await.is_none() && !views
    }

    /// The tables and views of the new database, with mig's own.
    fn tables(&self) -> Vec<String> {
        let new = self.database("new.db");
        let mut statement =
            new.prepare("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')").unwrap();
        let names = statement.query_map([], |row| row.get(0)).unwrap();
        names.map(Result::unwrap).collect()
    }

    /// The plan: `orders` moves in chunks of ten, then the view `shown` (where there are views) and a
    /// consumer follow.
    async fn plan(&self) -> PlanFile {
        let mut steps = steps_of("pilot", "orders", &[]);
        let view = Action::View { view: place("new", "shown"), target: place("new", "orders") };
        if self.new.abilities().views != mig_plan::Views::None {
            steps.push(cut_over("pilot", "orders/view", view, Undo::Restore, &["orders/validate"]));
            steps.push(breakable("billing/command", &["orders/view"]));
        } else {
            steps.push(breakable("billing/command", &["orders/validate"]));
        }
        let mut plan = plan(vec![wave("pilot", &[], "one")], steps);
        plan.consumers.remove("orders");
        for name in ["old", "new"] {
            plan.stores.insert(name.to_owned(), self.store(name));
        }
        let old = |name: &str, ty: ColumnType| Expr::Column { name: name.to_owned(), ty };
        let column = |name: &str, expr: Expr| Column {
            name: name.to_owned(),
            ty: expr.ty().clone(),
            expr,
            secret: false,
        };
        let call = |function, arg, ty| Expr::Call { function, args: vec![arg], ty };
        let text = ty(Type::Text, false);
        let state = call(Function::Trim, old("state", text.clone()), text.clone());
        let dataset = Dataset {
            doc: String::new(),
            old_entity: None,
            new_entity: None,
            owner: None,
            old: place("old", "orders"),
            new: place("new", "orders"),
            key: vec![("order_no".to_owned(), "order_id".to_owned())],
            chunk_rows: 10,
            columns: vec![
                column("order_id", old("order_no", ty(Type::Int64, false))),
                column("status", call(Function::Lower, state, text)),
                column("note", old("note", ty(Type::Text, true))),
            ],
            dropped: Vec::new(),
            secret: std::collections::BTreeSet::new(),
            old_schema: self.schema("old").await.unwrap(),
            new_schema: self.schema("new").await,
        };
        plan.datasets.insert("orders".to_owned(), dataset);
        file(plan)
    }

    fn mark_broken(&self, broken: bool) {
        let path = self.folder.path().join("broken");
        if broken { std::fs::write(path, "").unwrap() } else { std::fs::remove_file(path).unwrap() }
    }
}

fn store(location: &str) -> StoreConfig {
    StoreConfig {
        kind: StoreKind::Sqlite,
        location: Setting::Text(location.to_owned()),
        connections: 4,
        limit: mig_plan::Limit::default(),
        options: BTreeMap::new(),
    }
}

/// A row of the new table.
type Row = (i64, String, Option<String>);

fn moved() -> Vec<Row> {
    let row = |number: i64| {
        let note = (number % 3 == 0).then(|| format!("note {number}"));
        (number * 7, "open".to_owned(), note)
    };
    (0..ROWS).map(row).collect()
}

#[tokio::test]
async fn rows_are_moved_and_the_status_tells() {
    let site = Site::shop();
    let file = site.plan().await;
    assert_eq!(site.apply(&file).await.unwrap(), Outcome::Completed);
    assert_eq!(site.rows().await, moved());
    let status = status(&file, &site.context()).unwrap();
    assert_eq!(status.phase, RunPhase::Completed);
    let dataset = &status.datasets[0];
    assert_eq!((dataset.rows as i64, dataset.chunks, dataset.chunks_planned), (ROWS, 10, Some(10)));
    assert_eq!((dataset.old.as_str(), dataset.stage.as_str()), ("old.orders", "cut_over"));
    assert!(dataset.bytes > 0);
    assert!(!dataset.verdicts.is_empty() && dataset.verdicts.iter().all(|verdict| verdict.passed));
    let shown: i64 =
        site.database("new.db").query_row("SELECT count(*) FROM shown", [], |r| r.get(0)).unwrap();
    assert_eq!(shown, ROWS);
    let json = serde_json::to_value(&status).unwrap();
    assert_eq!(json["datasets"][0]["progress"], "done");
}

#[tokio::test]
async fn a_move_killed_at_any_event_comes_to_the_same_end() {
    let kinds = [StoreKind::Sqlite, StoreKind::Parquet];
    for (kind, broken) in kinds.into_iter().flat_map(|kind| [(kind, false), (kind, true)]) {
        let whole = Site::moving_to(kind);
        whole.mark_broken(true);
        whole.mark_broken(broken);
        let watching = Arc::new(Remembers::default());
        let file = whole.plan().await;
        let end = apply(&file, whole.context(), watching.clone()).await.unwrap();
        assert_eq!(matches!(end, Outcome::RolledBack { .. }), broken);
        let events = watching.events.lock().unwrap().len();
        for dies_at in 1..events {
            let site = Site::moving_to(kind);
            site.mark_broken(true);
            site.mark_broken(broken);
            let observer = Arc::new(DiesAt(AtomicUsize::new(dies_at)));
            if !died(apply(&file, site.context(), observer)) {
                // Chunks come in another order, and fewer events may have been needed.
                continue;
            }
            assert_eq!(site.apply(&file).await.unwrap(), end, "{kind} killed at event {dies_at}");
            assert_eq!(
                site.rows().await,
                if broken { Vec::new() } else { moved() },
                "{kind} killed at event {dies_at}"
            );
            assert_eq!(statuses(&file, &site), statuses(&file, &whole), "{kind} killed at event {dies_at}");
            assert_eq!(site.is_clean().await, broken, "{kind} killed at event {dies_at}");
        }
    }
}

#[tokio::test]
async fn every_act_done_twice_is_done_once() {
    for kind in [StoreKind::Sqlite, StoreKind::Parquet, StoreKind::Csv, StoreKind::Jsonl] {
        every_act_twice(Site::moving_to(kind)).await;
    }
}

async fn every_act_twice(site: Site) {
    let file = site.plan().await;
    site.mark_broken(true);
    site.apply(&file).await.unwrap();
    assert_eq!(site.rows().await, [], "all was undone once");
    site.mark_broken(false);
    // Every step's success is forgotten once: the journal is cut behind its start, as if the process had
    // died before it could say so.
    for step in 0..file.plan.steps.len() {
        let id = file.plan.steps[step].id.clone();
        let observer = Arc::new(DiesWhen(Event::StepSucceeded { step: id.clone() }));
        assert!(died(apply(&file, site.context(), observer)), "{id}");
        let cut = site.database(".mig/journal.db");
        let seq = "(SELECT max(seq) FROM events WHERE event LIKE '%step_succeeded%')";
        cut.execute(&format!("DELETE FROM events WHERE seq >= {seq}"), []).unwrap();
    }
    assert_eq!(site.apply(&file).await.unwrap(), Outcome::Completed);
    assert_eq!(site.rows().await, moved());
    // The same backwards.
    for step in (0..file.plan.steps.len()).rev() {
        let id = file.plan.steps[step].id.clone();
        let observer = Arc::new(DiesWhen(Event::UndoSucceeded { step: id.clone() }));
        let run = rollback(&file, Scope::Migration, "asked".to_owned(), site.context(), observer);
        assert!(died(run), "{id}");
        let cut = site.database(".mig/journal.db");
        let seq = "(SELECT max(seq) FROM events WHERE event LIKE '%undo_succeeded%')";
        cut.execute(&format!("DELETE FROM events WHERE seq >= {seq}"), []).unwrap();
    }
    let outcome = site.apply(&file).await.unwrap();
    assert_eq!(outcome, Outcome::RolledBack { reason: "asked".to_owned() });
    assert!(site.is_clean().await);
}

/// Dies when it is told of this event.
struct DiesWhen(Event);

impl Observer for DiesWhen {
    fn happened(&self, _: UnixMillis, event: &Event, _: &RunState) {
        if *event == self.0 {
            die();
        }
    }
}

#[tokio::test]
async fn a_changed_schema_and_values_that_do_not_fit_are_refused_by_name() {
    let site = Site::shop();
    let file = site.plan().await;
    let refused = async || {
        let Outcome::RolledBack { reason } = site.apply(&file).await.unwrap() else { panic!("rolled back") };
        reason
    };
    let old = site.database("old.db");
    old.execute_batch("ALTER TABLE orders ADD COLUMN extra INTEGER").unwrap();
    let reason = refused().await;
    assert_eq!(
        reason,
        "orders/prepare failed: the schema of old.orders changed since the plan was made: column extra \
         (INTEGER (int64?)) is new"
    );
    old.execute_batch(
        "ALTER TABLE orders DROP COLUMN extra; UPDATE orders SET note = x'00' WHERE order_no = 7",
    )
    .unwrap();
    let reason = refused().await;
    assert!(
        reason.contains("old.orders has values that do not fit their columns: order_no 7: note is"),
        "{reason}"
    );
    old.execute_batch("UPDATE orders SET note = NULL WHERE order_no = 7").unwrap();
    site.database("new.db").execute_batch("CREATE TABLE orders (anything)").unwrap();
    let reason = refused().await;
    assert!(reason.contains("new.orders was made by somebody else since the plan was made"), "{reason}");
    assert_eq!(site.tables(), ["orders"], "what somebody else made stays");
}

#[tokio::test]
async fn rows_of_others_are_never_deleted() {
    let site = Site::shop();
    let file = site.plan().await;
    assert_eq!(site.apply(&file).await.unwrap(), Outcome::Completed);
    let new = site.database("new.db");
    new.execute("INSERT INTO orders VALUES (5, 'new', NULL)", []).unwrap();
    let undo = || rollback(&file, Scope::Migration, "asked".to_owned(), site.context(), Arc::new(()));
    let Outcome::Stuck { reason } = undo().await.unwrap() else { panic!("stuck") };
    assert!(
        reason.contains(
            "orders/copy could not be undone: new.orders has 96 rows, and this run wrote 95 of them"
        ),
        "{reason}"
    );
    assert_eq!(site.rows().await.len(), 96);
    new.execute("DELETE FROM orders WHERE order_id = 5", []).unwrap();
    // The same command, or going on with the run: both go on undoing.
    assert_eq!(site.apply(&file).await.unwrap(), Outcome::RolledBack { reason: "asked".to_owned() });
    assert!(!site.tables().iter().any(|name| name == "orders"));
}

#[tokio::test]
async fn a_table_that_was_there_and_empty_is_filled_and_stays_when_undone() {
    let site = Site::shop();
    let new = site.database("new.db");
    new.execute_batch(
        "CREATE TABLE orders (order_id INTEGER NOT NULL PRIMARY KEY, status TEXT NOT NULL, note TEXT);
         CREATE VIEW shown AS SELECT 1 AS one;",
    )
    .unwrap();
    let file = site.plan().await;
    assert_eq!(site.apply(&file).await.unwrap(), Outcome::Completed);
    assert_eq!(site.rows().await, moved());
    rollback(&file, Scope::Migration, "asked".to_owned(), site.context(), Arc::new(())).await.unwrap();
    assert_eq!(site.rows().await, []);
    let one: i64 = new.query_row("SELECT one FROM shown", [], |row| row.get(0)).unwrap();
    assert_eq!(one, 1, "the view is what it was");
    new.execute("INSERT INTO orders VALUES (5, 'new', NULL)", []).unwrap();
    let Outcome::RolledBack { reason } = site.apply(&file).await.unwrap() else { panic!("rolled back") };
    assert!(reason.contains("new.orders has 1 row, and this run did not write it"), "{reason}");
    assert_eq!(site.rows().await.len(), 1);
}

#[tokio::test]
async fn a_row_without_a_value_stops_the_dry_run_before_anything_is_copied() {
    let site = Site::shop();
    let mut plan = site.plan().await.plan;
    let dataset = plan.datasets.get_mut("orders").unwrap();
    let note = dataset.columns[2].expr.clone();
    let number = ty(Type::Int64, true);
    let cast = Expr::Call { function: Function::Cast, args: vec![note], ty: number.clone() };
    dataset.columns[2] = Column { name: "note".to_owned(), ty: number, expr: cast, secret: false };
    let file = file(plan);
    let Outcome::RolledBack { reason } = site.apply(&file).await.unwrap() else { panic!("rolled back") };
    assert!(
        reason.starts_with("orders/dry_run failed: old.orders, order_no 0, column note, value"),
        "{reason}"
    );
}

#[tokio::test]
async fn a_chunk_that_somebody_removed_is_missed() {
    let site = Site::shop();
    let file = site.plan().await;
    let step = StepId::from("orders/copy");
    let observer = Arc::new(DiesWhen(Event::StepSucceeded { step }));
    assert!(died(apply(&file, site.context(), observer)));
    let cut = site.database(".mig/journal.db");
    let copied = "SELECT seq FROM events WHERE event LIKE '%step_succeeded%orders/copy%'";
    cut.execute(&format!("DELETE FROM events WHERE seq >= ({copied})"), []).unwrap();
    let new = site.database("new.db");
    new.execute_batch(
        "DELETE FROM _mig_receipts WHERE chunk = 3; DELETE FROM orders WHERE order_id BETWEEN 210 AND 273",
    )
    .unwrap();
    let Outcome::RolledBack { reason } = site.apply(&file).await.unwrap() else { panic!("rolled back") };
    assert!(reason.contains("new.orders has lost chunk 3 since it was copied"), "{reason}");
}

#[tokio::test]
async fn one_connection_is_enough_also_when_old_and_new_are_one_store() {
    for shared in [false, true] {
        let site = Site::shop();
        let mut plan = site.plan().await.plan;
        plan.stores.values_mut().for_each(|store| store.connections = 1);
        if shared {
            let table = place("old", "orders_v2");
            plan.datasets.get_mut("orders").unwrap().new = table.clone();
            let view = Action::View { view: place("old", "shown"), target: table };
            plan.steps[4] = cut_over("pilot", "orders/view", view, Undo::Restore, &["orders/validate"]);
        }
        let file = file(plan);
        let run = site.apply(&file);
        let outcome =
            tokio::time::timeout(Duration::from_secs(300), run).await.expect("nobody waits forever");
        assert_eq!(outcome.unwrap(), Outcome::Completed);
        let moved: i64 = site
            .database(if shared { "old.db" } else { "new.db" })
            .query_row("SELECT count(*) FROM shown", [], |row| row.get(0))
            .unwrap();
        assert_eq!(moved, ROWS);
    }
}

/// Interrupts the run at the n-th chunk.
struct InterruptsAt(AtomicUsize, CancellationToken);

impl Observer for InterruptsAt {
    fn happened(&self, _: UnixMillis, event: &Event, _: &RunState) {
        if matches!(event, Event::ChunkCopied { .. }) && self.0.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.1.cancel();
        }
    }
}

#[tokio::test]
async fn an_interrupted_copy_goes_on_where_it_was() {
    for chunk in 1..=10 {
        let site = Site::shop();
        let file = site.plan().await;
        let context = site.context();
        let observer = Arc::new(InterruptsAt(AtomicUsize::new(chunk), context.cancel.clone()));
        assert_eq!(apply(&file, context, observer).await.unwrap(), Outcome::Interrupted);
        let copied = run_state(&file, &site.context()).unwrap().record(2).chunks.digest.rows;
        assert_eq!(copied, site.rows().await.len() as u64, "what is in the table is in the journal");
        assert_eq!(site.apply(&file).await.unwrap(), Outcome::Completed);
        assert_eq!(site.rows().await, moved());
    }
}

#[tokio::test]
async fn an_empty_table_is_moved() {
    let site = Site::shop();
    site.database("old.db").execute("DELETE FROM orders", []).unwrap();
    let file = site.plan().await;
    assert_eq!(site.apply(&file).await.unwrap(), Outcome::Completed);
    assert_eq!(site.rows().await, []);
    assert!(site.tables().iter().any(|name| name == "orders"));
}

#[tokio::test]
async fn a_difference_rolls_the_wave_back_and_the_verdicts_are_kept() {
    /// Changes a row of the new table once it is copied.
    struct Tampers(Mutex<Connection>);
    impl Observer for Tampers {
        fn happened(&self, _: UnixMillis, event: &Event, _: &RunState) {
            if *event == (Event::StepSucceeded { step: StepId::from("orders/copy") }) {
                let new = self.0.lock().unwrap();
                new.execute("UPDATE orders SET status = 'shut' WHERE order_id = 14", []).unwrap();
            }
        }
    }
    let site = Site::shop();
    let file = site.plan().await;
    let tampers = Arc::new(Tampers(Mutex::new(site.database("new.db"))));
    let Outcome::RolledBack { reason } = apply(&file, site.context(), tampers).await.unwrap() else {
        panic!("rolled back")
    };
    assert!(
        reason.starts_with("orders/validate failed: old.orders and new.orders differ: checksum"),
        "{reason}"
    );
    assert!(site.is_clean().await);
    let journal = Journal::open(&site.context().state).unwrap();
    let events = journal.events(file.digest, 0).unwrap();
    let verdicts = events.iter().find_map(|entry| {
        if let Event::Validated { verdicts, .. } = &entry.event { Some(verdicts.clone()) } else { None }
    });
    let passed: Vec<bool> = verdicts.unwrap().iter().map(|verdict| verdict.passed).collect();
    assert_eq!(passed, [true, false], "as many rows, and not the same");
}

#[tokio::test]
async fn a_receipt_that_this_run_cannot_have_left_stops_the_copy() {
    /// Leaves the receipt of another journal's run of the same plan, once the copy has begun.
    struct Leaves(Mutex<Connection>, String);
    impl Observer for Leaves {
        fn happened(&self, _: UnixMillis, event: &Event, _: &RunState) {
            if *event == (Event::StepStarted { step: StepId::from("orders/copy") }) {
                let receipt = "INSERT INTO _mig_receipts VALUES (?1, 'orders', 0, 'orders', 0, '0')";
                self.0.lock().unwrap().execute(receipt, [&self.1]).unwrap();
            }
        }
    }
    let site = Site::shop();
    let file = site.plan().await;
    let leaves = Arc::new(Leaves(Mutex::new(site.database("new.db")), file.digest.to_string()));
    let Outcome::RolledBack { reason } = apply(&file, site.context(), leaves).await.unwrap() else {
        panic!("rolled back")
    };
    assert!(reason.contains("has a receipt for chunk 0, which this run has not planned"), "{reason}");
    assert!(site.is_clean().await);
}
