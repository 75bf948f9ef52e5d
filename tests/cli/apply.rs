//! `mig apply` and `mig status`: runs that complete, are refused, fail and go on.

use std::time::{Duration, Instant};

use crate::house::{House, answer, files};

/// Waits until something holds.
#[track_caller]
fn wait(what: &str, holds: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < end, "waited too long until {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_reviewed_plan_is_executed_and_then_there_is_nothing_to_do() {
    let house = House::shop();
    house.mig(&["plan", "-o", "plan.json"]).ends(0);
    let first = house.mig(&["apply", "plan.json"]).ends(0).says("completed");
    assert!(first.err.contains("people/copy"), "plain lines tell of every step: {}", first.err);
    assert!(house.read("catalog.yaml").contains("acme.dev/people: lake"), "{}", house.read("catalog.yaml"));
    house.mig(&["apply", "plan.json"]).ends(0).says("Nothing to do");
    house.mig(&["apply", "."]).ends(0).says("Nothing to do");
    house.mig(&["status"]).ends(0).says("completed").says("people").says("3 rows");
}

#[test]
fn a_folder_is_planned_and_executed_only_when_somebody_agrees() {
    let house = House::shop();
    house.mig(&["apply"]).ends(1).says("Plan for shop").says("--yes");
    assert!(!house.has("lake"));
    house.mig(&["apply", "--yes"]).ends(0).says("completed");
}

#[test]
fn a_status_before_anything_was_run() {
    House::shop().mig(&["status"]).ends(0).says("Nothing was run here yet");
}

#[test]
fn a_status_for_programs() {
    let house = House::shop();
    house.mig(&["apply", "--yes"]).ends(0);
    let answer = house.mig(&["status", "--format", "json"]).ends(0);
    let value: serde_json::Value = serde_json::from_str(&answer.out).expect("JSON");
    assert_eq!(value["migration"], "shop");
    assert_eq!(value["phase"], "completed");
    assert_eq!(value["datasets"][0]["rows"], 3);
}

#[test]
fn a_stale_plan_is_refused_by_name() {
    let stale = |change: &dyn Fn(&House), reason: &str| {
        let house = House::shop();
        house.mig(&["plan", "-o", "plan.json"]).ends(0);
        change(&house);
        house.mig(&["apply", "plan.json"]).ends(7).says("stale-plan").says(reason);
        assert!(!house.has("lake"), "{reason}");
    };
    stale(&|house| house.replace("shop.mig", "A small shop.", "A shop."), "shop.mig changed");
    stale(&|house| house.write("more.mig", "// nothing\n"), "more.mig is new");
    stale(&|house| house.replace("catalog.yaml", "tier: low", "tier: high"), "catalog");
    stale(&|house| house.sql("old.db", "ALTER TABLE people ADD COLUMN age INTEGER"), "age");
    stale(&|house| house.sql("old.db", "DROP TABLE people"), "old.people is gone");
}

#[test]
fn rows_may_come_after_the_plan() {
    let house = House::shop();
    house.mig(&["plan", "-o", "plan.json"]).ends(0);
    house.sql("old.db", "INSERT INTO people VALUES (4, 'Linus', NULL, 7, NULL)");
    house.mig(&["apply", "plan.json"]).ends(0);
    house.mig(&["status"]).ends(0).says("4 rows");
}

#[test]
fn a_broken_rule_undoes_all_and_says_why() {
    let house = House::shop();
    house.sql("old.db", "UPDATE people SET cents = -5 WHERE id = 2");
    house.mig(&["plan", "-o", "plan.json"]).ends(0);
    let before = files(house.path("").as_path());
    let answer = house.mig(&["apply", "plan.json"]).ends(4).says("rolled back");
    assert!(answer.text().contains("somebody owes a negative sum"), "{}", answer.text());
    assert_eq!(files(house.path("").as_path()), before, "nothing is left behind");
    house.mig(&["status"]).ends(0).says("rolled back").says("count(cents < 0) == 0");
    // Mended, the same plan completes.
    house.sql("old.db", "UPDATE people SET cents = 5 WHERE id = 2");
    house.mig(&["apply", "plan.json"]).ends(0).says("completed");
}

#[test]
fn a_second_run_at_the_same_time_is_refused() {
    let house = House::shop();
    house.replace(
        "shop.mig",
        "annotate(\"acme.dev/people\", \"lake\")",
        "command(run: [\"sleep\", \"600\"], undo: [\"true\"])",
    );
    house.mig(&["plan", "-o", "plan.json"]).ends(0);
    let mut first = house.command(&["apply", "plan.json"]).spawn().expect("mig starts");
    wait("the first run is in its last step", || {
        house.mig(&["status"]).text().contains("letters")
            && house.mig(&["status", "--format", "json"]).out.contains("\"under_way\"")
            && house.has("lake/people")
    });
    house.mig(&["apply", "plan.json"]).ends(6).says("locked").says("Nothing was done here");
    house.mig(&["apply", "--yes"]).ends(6);
    first.kill().expect("it runs");
    first.wait().expect("it ends");
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_cleanly_and_the_same_command_goes_on() {
    let house = House::shop();
    house.replace(
        "shop.mig",
        "annotate(\"acme.dev/people\", \"lake\")",
        "command(run: [\"sh\", \"-c\", \"test -e go || sleep 3\"], undo: [\"true\"])",
    );
    house.mig(&["plan", "-o", "plan.json"]).ends(0);
    let mut first = house.command(&["apply", "plan.json"]).spawn().expect("mig starts");
    wait("the copy is done", || house.has("lake/people"));
    interrupt(&first);
    let code = first.wait().expect("it ends").code();
    assert_eq!(code, Some(5));
    house.mig(&["status"]).ends(0).says("interrupted").says("mig apply");
    house.write("go", "");
    // The folder names the run that is not finished.
    house.mig(&["apply", "."]).ends(0).says("Going on with").says("completed");
}

/// Sends the signal of Ctrl-C.
#[cfg(unix)]
fn interrupt(child: &std::process::Child) {
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().expect("kill runs").success());
}

#[cfg(unix)]
#[test]
fn a_second_ctrl_c_aborts_and_the_same_command_goes_on_all_the_same() {
    let house = House::shop();
    house.replace(
        "shop.mig",
        "annotate(\"acme.dev/people\", \"lake\")",
        "command(run: [\"sh\", \"-c\", \"touch begun; test -e go || exec sleep 600\"], undo: [\"true\"])",
    );
    house.mig(&["plan", "-o", "plan.json"]).ends(0);
    let mut first = house.command(&["apply", "plan.json"]).spawn().expect("mig starts");
    wait("the command runs", || house.has("begun"));
    interrupt(&first);
    let end = Instant::now() + Duration::from_secs(60);
    let code = loop {
        if let Some(status) = first.try_wait().expect("it can be waited for") {
            break status.code();
        }
        assert!(Instant::now() < end, "neither stopped nor aborted");
        std::thread::sleep(Duration::from_millis(100));
        interrupt(&first);
    };
    assert!(code == Some(130) || code == Some(5), "{code:?}");
    house.write("go", "");
    house.mig(&["apply", "plan.json"]).ends(0).says("completed");
}

#[test]
fn the_state_may_be_kept_elsewhere() {
    let house = House::shop();
    house.mig(&["apply", "--yes", "--state", "state"]).ends(0);
    assert!(house.has("state/journal.db") && !house.has(".mig"));
    let mut command = house.command(&["status"]);
    command.env("MIG_STATE", house.path("state"));
    answer(command).ends(0).says("completed");
}
