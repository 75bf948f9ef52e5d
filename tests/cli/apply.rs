//! `mig apply` and `mig status`: runs that complete, are refused, fail and go on.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::time::{Duration, Instant};

use crate::house::{House, answer, files};

/// Longer than anything takes that comes at all.
const PATIENCE: Duration = Duration::from_secs(300);

/// Waits until something holds.
#[track_caller]
fn wait(what: &str, holds: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
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
fn a_row_that_changes_behind_the_copy_is_found_where_the_old_table_is_read_again() {
    let house = House::shop();
    // A trigger writes to the old table while the last row is copied, as somebody might whom nobody knows.
    house.replace("shop.mig", "parquet { path = \"lake\" }", "sqlite { url = \"old.db\" }");
    house.replace("shop.mig", "new.people", "new.persons");
    house.sql(
        "old.db",
        "CREATE TABLE persons (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT, cents INTEGER NOT NULL);
         CREATE TRIGGER unknown AFTER INSERT ON persons WHEN new.id = 3
         BEGIN UPDATE people SET cents = cents + 1 WHERE id = 1; END",
    );
    house.mig(&["apply", "--yes"]).ends(0).says("completed");
    house.mig(&["rollback", "--yes"]).ends(0);

    house.replace("shop.mig", "  checksum\n", "  checksum reread\n");
    house.mig(&["plan", "."]).ends(0).says("checksum (old table read again)");
    house
        .mig(&["apply", "--yes"])
        .ends(4)
        .says("rows differ: 1 with other values; the old table has changed since it was copied")
        .says("rolled back");
    assert_eq!(house.number("old.db", "SELECT count(*) FROM persons"), 0);
}

/// Lets the letters be switched by a command that begins, and waits as long as there is a file.
fn switched_by_hand(house: &House) {
    house.write("wait", "");
    house.replace(
        "shop.mig",
        "annotate(\"acme.dev/people\", \"lake\")",
        "command(run: [\"sh\", \"-c\", \"touch begun; while test -e wait; do sleep 0.1; done\"], undo: [\"true\"])",
    );
}

#[test]
fn a_second_run_at_the_same_time_is_refused() {
    let house = House::shop();
    switched_by_hand(&house);
    house.mig(&["plan", "-o", "plan.json"]).ends(0);
    let first = house.command(&["apply", "plan.json"]).spawn().expect("mig starts");
    wait("the first run is in its last step", || house.has("begun"));
    assert!(house.mig(&["status", "--format", "json"]).out.contains("\"under_way\""));
    house.mig(&["apply", "plan.json"]).ends(6).says("locked").says("Nothing was done here");
    house.mig(&["apply", "--yes"]).ends(6);
    fs::remove_file(house.path("wait")).expect("it waits");
    assert!(first.wait_with_output().expect("it ends").status.success());
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_cleanly_and_the_same_command_goes_on() {
    let house = House::shop();
    switched_by_hand(&house);
    // Something is left to do behind the command.
    house.replace("shop.mig", "allow no-soak because \"a test ends at once\"", "soak = 1s");
    house.mig(&["plan", "-o", "plan.json"]).ends(0);
    let mut first = house.command(&["apply", "plan.json"]).spawn().expect("mig starts");
    wait("the command runs", || house.has("begun"));
    interrupt(&first);
    let mut said = BufReader::new(first.stderr.take().expect("it tells"));
    let (mut heard, mut rest) = (String::new(), String::new());
    while !heard.contains("Stopping") {
        assert!(said.read_line(&mut heard).expect("it tells") > 0, "it ended: {heard}");
    }
    fs::remove_file(house.path("wait")).expect("it waits");
    said.read_to_string(&mut rest).expect("it tells");
    let code = first.wait().expect("it ends").code();
    assert_eq!(code, Some(5), "{heard}{rest}");
    house.mig(&["status"]).ends(0).says("interrupted").says("mig apply");
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
    let end = Instant::now() + PATIENCE;
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
