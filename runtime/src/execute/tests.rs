//! Whole runs without stores: the loop, its journal, its lease, and the acts that need no data.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use mig_plan::{Action, Digest, EntityRef, Setting, Step, StoreKind, Undo};

use super::*;
use crate::approvals::approve;
use crate::clock::ManualClock;
use crate::fixture::{cut_over, plan, step, wave};
use crate::lease::EXPIRY_MILLIS;
use crate::state::{StepStatus, UnixMillis};
use crate::status::{RunPhase, run_state, status};

/// A migration's folder, and the time there.
struct Site {
    folder: tempfile::TempDir,
    clock: Arc<ManualClock>,
    /// What the new store of the plans with data is.
    new: StoreKind,
}

impl Site {
    fn new() -> Self {
        Self {
            folder: crate::fixture::folder(),
            clock: Arc::new(ManualClock::at(1_000_000)),
            new: StoreKind::Sqlite,
        }
    }

    fn context(&self) -> Context {
        let path = self.folder.path();
        let environment = Environment::new([("TOKEN".to_owned(), "hunter2-secret".to_owned())]);
        Context {
            clock: self.clock.clone(),
            retry: Retry::after([Duration::from_millis(1); 2]),
            ..Context::new(path.to_owned(), path.join(".mig"), environment)
        }
    }

    async fn apply(&self, file: &PlanFile) -> Result<Outcome, ExecuteError> {
        apply(file, self.context(), Arc::new(())).await
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(path)).unwrap_or_default()
    }

    /// Forgets every run.
    fn clear(&self) {
        std::fs::remove_dir_all(self.folder.path().join(".mig")).unwrap();
    }

    /// What a command of these plans wrote: one line for each time it ran.
    fn log(&self) -> Vec<String> {
        self.read("log").lines().map(str::to_owned).collect()
    }
}

fn file(plan: Plan) -> PlanFile {
    PlanFile::new(plan, ".".to_owned(), BTreeMap::new()).unwrap()
}

fn shell(script: &str) -> Vec<Setting> {
    ["sh", "-c", script].map(|word| Setting::Text(word.to_owned())).to_vec()
}

/// A command that writes down which step it ran for and in which direction.
fn logging(id: &str, after: &[&str]) -> Step {
    let run = shell("echo $MIG_DIRECTION $MIG_SUBJECT >> log");
    let action = Action::Command { run: run.clone(), undo: Some(run) };
    cut_over("pilot", id, action, Undo::Reverse, after)
}

/// A command that fails as long as there is a file `broken`.
fn breakable(id: &str, after: &[&str]) -> Step {
    let run = shell("echo $MIG_DIRECTION $MIG_SUBJECT >> log; test ! -e broken || exit 3");
    let action = Action::Command { run, undo: Some(shell("echo $MIG_DIRECTION $MIG_SUBJECT >> log")) };
    cut_over("pilot", id, action, Undo::Reverse, after)
}

fn chain() -> PlanFile {
    let steps = vec![
        logging("a/command", &[]),
        step("pilot", "b/notify", &["a/command"]),
        step("pilot", "pilot/gate", &["b/notify"]),
        breakable("c/command", &["pilot/gate"]),
        step("pilot", "d/notify", &["c/command"]),
    ];
    file(plan(vec![wave("pilot", &[], "one")], steps))
}

/// Dies at the n-th event, as a process would: what is durable stays, nothing else.
struct DiesAt(AtomicUsize);

impl Observer for DiesAt {
    fn happened(&self, _: UnixMillis, _: &Event, _: &RunState) {
        if self.0.fetch_sub(1, Ordering::SeqCst) == 1 {
            die();
        }
    }
}

/// Ends the run at once, without a word on the standard error.
fn die() -> ! {
    std::panic::resume_unwind(Box::new("the process dies here"))
}

/// Whether the run died. Whatever it was writing has come to its end or to nothing, as when a process is
/// gone: no thread of it is left.
fn died<T: Send>(run: impl Future<Output = T> + Send) -> bool {
    let whole =
        || tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    std::thread::scope(|threads| threads.spawn(|| whole().block_on(run)).join().is_err())
}

#[derive(Default)]
struct Remembers {
    events: Mutex<Vec<Event>>,
    retries: AtomicUsize,
    notes: Mutex<Vec<String>>,
}

impl Observer for Remembers {
    fn happened(&self, _: UnixMillis, event: &Event, _: &RunState) {
        self.events.lock().unwrap().push(event.clone());
    }

    fn retries(&self, _: &StepId, _: usize, _: &str, _: Duration) {
        self.retries.fetch_add(1, Ordering::SeqCst);
    }

    fn noted(&self, _: &StepId, text: &str) {
        self.notes.lock().unwrap().push(text.to_owned());
    }
}

fn statuses(file: &PlanFile, site: &Site) -> Vec<StepStatus> {
    let state = run_state(file, &site.context()).unwrap();
    (0..file.plan.steps.len()).map(|step| state.record(step).status).collect()
}

#[tokio::test]
async fn a_run_completes_once_and_the_same_plan_again_does_nothing() {
    let (site, file) = (Site::new(), chain());
    assert_eq!(site.apply(&file).await.unwrap(), Outcome::Completed);
    assert_eq!(site.log(), ["cut_over a", "cut_over c"]);
    let told = site.read(".mig/notifications.log");
    assert_eq!(told.lines().count(), 2, "{told}");
    let watching = Arc::new(Remembers::default());
    let again = apply(&file, site.context(), watching.clone()).await.unwrap();
    assert_eq!(again, Outcome::Completed);
    assert_eq!(*watching.events.lock().unwrap(), []);
    assert_eq!(site.log().len(), 2);
}

#[tokio::test]
async fn a_failure_undoes_newest_first_and_the_same_plan_can_then_run_again() {
    let (site, file) = (Site::new(), chain());
    std::fs::write(site.folder.path().join("broken"), "").unwrap();
    let Outcome::RolledBack { reason } = site.apply(&file).await.unwrap() else { panic!("rolled back") };
    assert!(reason.starts_with("c/command failed: \"sh\" failed with exit status: 3"), "{reason}");
    assert_eq!(site.log(), ["cut_over a", "cut_over c", "undo c", "undo a"]);
    assert!(statuses(&file, &site).iter().all(|status| !status.is_touched()));
    std::fs::remove_file(site.folder.path().join("broken")).unwrap();
    assert_eq!(site.apply(&file).await.unwrap(), Outcome::Completed);
    let told = site.read(".mig/notifications.log");
    let told: Vec<serde_json::Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<(&str, &str)> = told
        .iter()
        .map(|line| (line["direction"].as_str().unwrap(), line["subject"].as_str().unwrap()))
        .collect();
    assert_eq!(told, [("cut_over", "b"), ("undo", "b"), ("cut_over", "b"), ("cut_over", "d")]);
}

#[tokio::test]
async fn a_run_killed_at_any_event_comes_to_the_same_end() {
    for broken in [false, true] {
        let file = chain();
        let whole = Site::new();
        let count = Arc::new(Remembers::default());
        let mark = |site: &Site| {
            if broken {
                std::fs::write(site.folder.path().join("broken"), "").unwrap();
            }
        };
        mark(&whole);
        let end = apply(&file, whole.context(), count.clone()).await.unwrap();
        let events = count.events.lock().unwrap().len();
        for dies_at in 1..=events {
            let site = Site::new();
            mark(&site);
            let observer = Arc::new(DiesAt(AtomicUsize::new(dies_at)));
            assert!(died(apply(&file, site.context(), observer)), "event {dies_at}");
            let resumed = site.apply(&file).await.unwrap();
            if dies_at < events {
                assert_eq!(resumed, end, "killed at event {dies_at}");
                assert_eq!(statuses(&file, &site), statuses(&file, &whole), "killed at event {dies_at}");
                let told = |site: &Site| site.read(".mig/notifications.log").lines().count();
                assert_eq!(told(&site), told(&whole), "notifications are told once");
            }
        }
    }
}

#[tokio::test]
async fn what_is_missing_leaves_the_run_stuck_and_the_same_command_goes_on() {
    let site = Site::new();
    let run = vec![Setting::Text("./switch.sh".to_owned())];
    let action = Action::Command { run: run.clone(), undo: Some(run) };
    let steps = vec![cut_over("pilot", "a/command", action, Undo::Reverse, &[])];
    let file = file(plan(vec![wave("pilot", &[], "one")], steps));
    let Outcome::Stuck { reason } = site.apply(&file).await.unwrap() else { panic!("stuck") };
    assert!(reason.contains("\"./switch.sh\" cannot be run: entity not found"), "{reason}");
    let status = status(&file, &site.context()).unwrap();
    assert_eq!((status.phase, status.failures.len()), (RunPhase::Forward, 1));
    let script = site.folder.path().join("switch.sh");
    std::fs::write(&script, "#!/bin/sh\nexit 0\n").unwrap();
    let mut permissions = std::fs::metadata(&script).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o755);
    std::fs::set_permissions(&script, permissions).unwrap();
    assert_eq!(site.apply(&file).await.unwrap(), Outcome::Completed);
}

#[tokio::test]
async fn a_secret_is_in_no_error_journal_or_log() {
    let site = Site::new();
    let mut run = shell("echo the token is $0 and \"$0\"; exit 1");
    run.push(Setting::Env("TOKEN".to_owned()));
    let action = Action::Command { run: run.clone(), undo: Some(shell("true")) };
    let steps = vec![cut_over("pilot", "a/command", action, Undo::Reverse, &[])];
    let file = file(plan(vec![wave("pilot", &[], "one")], steps));
    let outcome = format!("{:?}", site.apply(&file).await.unwrap());
    assert!(outcome.contains("the token is env.TOKEN and env.TOKEN"), "{outcome}");
    for entry in std::fs::read_dir(site.folder.path().join(".mig")).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("hunter2"));
    }
}

#[tokio::test]
async fn one_run_at_a_time_and_a_lost_lease_stops_its_run() {
    let site = Site::new();
    let steps = vec![step("pilot", "pilot/soak", &[]), logging("a/command", &["pilot/soak"])];
    let file = file(plan(vec![wave("pilot", &[], "one")], steps));
    let (context, first_file) = (site.context(), file.clone());
    let first = tokio::spawn(async move { apply(&first_file, context, Arc::new(())).await });
    until(|| matches!(statuses(&file, &site)[0], StepStatus::Running)).await;
    let error = site.apply(&file).await.unwrap_err();
    assert!(matches!(&error, ExecuteError::Journal(JournalError::Locked(_))), "{error}");
    assert!(status(&file, &site.context()).unwrap().process.is_some());
    // The first run does not answer for long, and another one takes over.
    let mut journal = Journal::open(&site.context().state).unwrap();
    let now = site.clock.now() + EXPIRY_MILLIS;
    journal.take(&Owner::this_process(&Environment::default()), now).unwrap();
    site.clock.advance(60_000);
    let error = first.await.unwrap().unwrap_err();
    assert!(matches!(&error, ExecuteError::Journal(JournalError::Fenced)), "{error}");
    assert_eq!(site.log(), Vec::<String>::new());
    drop(journal);
    assert_eq!(site.apply(&file).await.unwrap(), Outcome::Completed);
}

#[tokio::test]
async fn an_interrupted_soak_counts_from_its_first_start() {
    let site = Site::new();
    let steps = vec![step("pilot", "pilot/soak", &[])];
    let file = file(plan(vec![wave("pilot", &[], "one")], steps));
    let context = site.context();
    let cancel = context.cancel.clone();
    let (run_file, watching) = (file.clone(), Arc::new(Remembers::default()));
    let run = tokio::spawn(async move { apply(&run_file, context, watching).await });
    until(|| matches!(statuses(&file, &site)[0], StepStatus::Running)).await;
    site.clock.advance(50_000);
    cancel.cancel();
    assert_eq!(run.await.unwrap().unwrap(), Outcome::Interrupted);
    assert_eq!(statuses(&file, &site), [StepStatus::Stopped]);
    site.clock.advance(9_999);
    let (context, run_file) = (site.context(), file.clone());
    let run = tokio::spawn(async move { apply(&run_file, context, Arc::new(())).await });
    until(|| matches!(statuses(&file, &site)[0], StepStatus::Running)).await;
    assert!(!run.is_finished());
    site.clock.advance(1);
    assert_eq!(run.await.unwrap().unwrap(), Outcome::Completed);
}

#[tokio::test]
async fn a_run_waits_for_approval_of_exactly_its_plan() {
    let site = Site::new();
    let steps = vec![step("pilot", "pilot/approve", &[]), logging("a/command", &["pilot/approve"])];
    let file = file(plan(vec![wave("pilot", &[], "one")], steps));
    let waiting = Outcome::Waiting { approvals: vec!["money".to_owned()] };
    assert_eq!(site.apply(&file).await.unwrap(), waiting);
    assert_eq!(status(&file, &site.context()).unwrap().approvals[0].missing.len(), 1);
    let commerce = EntityRef::new("group", "default", "commerce");
    let stranger = EntityRef::new("user", "default", "eve");
    let refused =
        |name: &str, from, by| approve(&file, &site.context(), name, from, by).unwrap_err().to_string();
    assert!(refused("mony", &commerce, &commerce).contains("it has money"));
    assert!(refused("money", &stranger, &stranger).contains("but of group:default/commerce"));
    assert!(refused("money", &commerce, &stranger).contains("user:default/eve does not speak for"));
    assert_eq!(site.apply(&file).await.unwrap(), waiting);
    let mut other = file.clone();
    other.digest = Digest::of(b"another plan");
    approve(&other, &site.context(), "money", &commerce, &commerce).unwrap();
    assert_eq!(site.apply(&file).await.unwrap(), waiting);
    approve(&file, &site.context(), "money", &commerce, &commerce).unwrap();
    assert_eq!(site.apply(&file).await.unwrap(), Outcome::Completed);
}

#[tokio::test]
async fn an_approval_given_while_the_run_does_other_things_is_taken_up() {
    let site = Site::new();
    let steps = vec![
        step("pilot", "pilot/approve", &[]),
        logging("a/command", &["pilot/approve"]),
        step("pilot", "pilot/soak", &[]),
    ];
    let file = file(plan(vec![wave("pilot", &[], "one")], steps));
    let (context, run_file) = (site.context(), file.clone());
    let run = tokio::spawn(async move { apply(&run_file, context, Arc::new(())).await });
    until(|| statuses(&file, &site)[0] == StepStatus::Waiting).await;
    let commerce = EntityRef::new("group", "default", "commerce");
    approve(&file, &site.context(), "money", &commerce, &commerce).unwrap();
    until(|| statuses(&file, &site)[1] == StepStatus::Done).await;
    site.clock.advance(60_000);
    assert_eq!(run.await.unwrap().unwrap(), Outcome::Completed);
}

#[tokio::test]
async fn another_plan_waits_until_the_last_run_is_finished_or_rolled_back() {
    let site = Site::new();
    let approved = vec![logging("a/command", &[]), step("pilot", "pilot/approve", &["a/command"])];
    let first = file(plan(vec![wave("pilot", &[], "one")], approved));
    site.apply(&first).await.unwrap();
    let second = chain();
    let error = site.apply(&second).await.unwrap_err();
    assert!(error.to_string().contains("is not finished (it waits for approvals)"), "{error}");
    let undo = |scope| rollback(&first, scope, "asked".to_owned(), site.context(), Arc::new(()));
    let error = undo(Scope::Waves(vec!["plot".to_owned()])).await.unwrap_err();
    assert_eq!(error.to_string(), "the plan has no wave plot; it has pilot");
    let outcome = undo(Scope::Migration).await.unwrap();
    assert_eq!(outcome, Outcome::RolledBack { reason: "asked".to_owned() });
    assert_eq!(site.log(), ["cut_over a", "undo a"]);
    let outcome = undo(Scope::Migration).await.unwrap();
    assert_eq!(outcome, Outcome::RolledBack { reason: "nothing was to be undone".to_owned() });
    assert_eq!(site.apply(&second).await.unwrap(), Outcome::Completed);
    let kept = Journal::open(&site.context().state).unwrap().plan(first.digest).unwrap();
    assert_eq!(kept, Some(first), "the plan is kept with its run");
}

#[tokio::test]
async fn a_rollback_over_what_cannot_be_undone_is_refused_before_it_begins() {
    let site = Site::new();
    let run = shell("echo sent >> log");
    let undo = Undo::Irreversible { reason: "the mail is sent".to_owned() };
    let action = Action::Command { run, undo: None };
    let steps =
        vec![logging("a/command", &[]), cut_over("pilot", "mail/command", action, undo, &["a/command"])];
    let file = file(plan(vec![wave("pilot", &[], "one")], steps));
    site.apply(&file).await.unwrap();
    let scope = Scope::Waves(vec!["pilot".to_owned()]);
    let error = rollback(&file, scope, "asked".to_owned(), site.context(), Arc::new(())).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "nothing was rolled back, since mail/command cannot be undone: the mail is sent"
    );
    assert_eq!(site.log(), ["cut_over a", "sent"]);
}

#[tokio::test]
async fn a_stuck_rollback_of_a_wave_can_become_one_of_everything() {
    let site = Site::new();
    let run = shell("echo $MIG_DIRECTION $MIG_SUBJECT >> log");
    let undo = shell("test ! -e broken && echo $MIG_DIRECTION $MIG_SUBJECT >> log");
    let last = Action::Command { run, undo: Some(undo) };
    let steps =
        vec![logging("a/command", &[]), cut_over("core", "b/command", last, Undo::Reverse, &["a/command"])];
    let file = file(plan(vec![wave("pilot", &[], "one"), wave("core", &["pilot"], "one")], steps));
    site.apply(&file).await.unwrap();
    std::fs::write(site.folder.path().join("broken"), "").unwrap();
    let undo = |scope, reason: &str| rollback(&file, scope, reason.to_owned(), site.context(), Arc::new(()));
    let core = || Scope::Waves(vec!["core".to_owned()]);
    for _ in 0..2 {
        let Outcome::Stuck { reason } = undo(core(), "asked").await.unwrap() else { panic!("stuck") };
        assert!(reason.starts_with("b/command could not be undone: \"sh\" failed"), "{reason}");
    }
    assert_eq!(status(&file, &site.context()).unwrap().phase, RunPhase::RollingBack);
    std::fs::remove_file(site.folder.path().join("broken")).unwrap();
    let outcome = undo(Scope::Migration, "asked for all").await.unwrap();
    assert_eq!(outcome, Outcome::RolledBack { reason: "asked for all".to_owned() });
    assert_eq!(site.log(), ["cut_over a", "cut_over b", "undo b", "undo a"]);
}

#[tokio::test]
async fn an_annotation_is_set_and_put_back_unless_somebody_else_changed_it() {
    let site = Site::new();
    let descriptor = "# The billing service.\nkind: Component\napiVersion: backstage.io/v1alpha1\nmetadata:\n  \
                      name: billing\n  annotations:\n    acme.dev/store: 'legacy' # for now\nspec:\n  type: service\n  \
                      lifecycle: production\n  owner: data\n";
    let path = site.folder.path().join("catalog.yaml");
    std::fs::write(&path, descriptor).unwrap();
    let action = Action::Annotate {
        entity: EntityRef::new("component", "default", "billing"),
        key: "acme.dev/store".to_owned(),
        value: "lake".to_owned(),
    };
    let steps = vec![
        cut_over("pilot", "billing/annotate", action, Undo::Restore, &[]),
        breakable("c/command", &["billing/annotate"]),
    ];
    let mut plan = plan(vec![wave("pilot", &[], "one")], steps);
    plan.migration.catalog_files = vec!["*.yaml".to_owned()];
    let file = file(plan);
    std::fs::write(site.folder.path().join("broken"), "").unwrap();
    assert!(matches!(site.apply(&file).await.unwrap(), Outcome::RolledBack { .. }));
    assert_eq!(site.read("catalog.yaml"), descriptor);
    std::fs::remove_file(site.folder.path().join("broken")).unwrap();
    assert_eq!(site.apply(&file).await.unwrap(), Outcome::Completed);
    assert_eq!(site.read("catalog.yaml"), descriptor.replace("legacy", "lake"));
    std::fs::write(&path, descriptor.replace("legacy", "pond")).unwrap();
    let undo = || rollback(&file, Scope::Migration, "asked".to_owned(), site.context(), Arc::new(()));
    let Outcome::Stuck { reason } = undo().await.unwrap() else { panic!("stuck") };
    assert!(reason.contains("was set to \"lake\" and is \"pond\" now"), "{reason}");
    std::fs::write(&path, descriptor).unwrap();
    assert!(matches!(undo().await.unwrap(), Outcome::RolledBack { .. }));
    assert_eq!(site.read("catalog.yaml"), descriptor);
}

#[tokio::test]
async fn owners_learn_of_a_rollback_where_the_policy_says_so() {
    for notify_owners in [false, true] {
        let (site, mut plan) = (Site::new(), chain().plan);
        plan.rollbacks.get_mut("one").unwrap().notify_owners = notify_owners;
        plan.waves[0].consumers = plan.consumers.keys().cloned().collect();
        plan.consumers.get_mut("a").unwrap().owner = Some(EntityRef::new("group", "default", "ann"));
        std::fs::write(site.folder.path().join("broken"), "").unwrap();
        site.apply(&file(plan)).await.unwrap();
        let told = site.read(".mig/notifications.log");
        let told: Vec<&str> =
            told.lines().filter(|line| line.contains("was rolled back: c/command")).collect();
        assert_eq!(told.len(), if notify_owners { 2 } else { 0 }, "{told:?}");
        assert_eq!(told.iter().any(|line| line.contains("group:default/ann")), notify_owners);
    }
}

#[tokio::test]
async fn a_soak_says_that_nobody_watches_its_conditions() {
    let site = Site::new();
    let mut plan = plan(vec![wave("pilot", &[], "one")], vec![step("pilot", "pilot/soak", &[])]);
    plan.rollbacks.get_mut("one").unwrap().conditions.push(mig_plan::Condition {
        metric: "error_rate".to_owned(),
        operator: ">".to_owned(),
        threshold: "0.01".to_owned(),
        for_seconds: 300,
        minimum_attempts: 0,
        source: "error_rate > 1% for 5m".to_owned(),
    });
    let watching = Arc::new(Remembers::default());
    let (context, watched, file) = (site.context(), watching.clone(), file(plan));
    let run = tokio::spawn(async move { apply(&file, context, watched).await });
    until(|| !watching.notes.lock().unwrap().is_empty()).await;
    assert!(watching.notes.lock().unwrap()[0].contains("nobody watches the rollback conditions"));
    site.clock.advance(60_000);
    assert_eq!(run.await.unwrap().unwrap(), Outcome::Completed);
}

#[tokio::test]
async fn thousands_of_steps_run_to_the_end() {
    let site = Site::new();
    let steps = (0..5_000).map(|number| {
        let before = format!("g{:05}/gate", number / 7);
        let after: &[&str] = if number == 0 { &[] } else { &[&before] };
        step("pilot", &format!("g{number:05}/gate"), after)
    });
    let file = file(plan(vec![wave("pilot", &[], "one")], steps.collect()));
    assert_eq!(site.apply(&file).await.unwrap(), Outcome::Completed);
}

/// Waits until something holds. The limit is for what never comes.
async fn until(holds: impl Fn() -> bool) {
    let begun = std::time::Instant::now();
    while !holds() {
        assert!(begun.elapsed().as_secs() < 300, "it never came to hold");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

mod data;
mod http;
