//! The world in the way: a full disk, a wrong password. The run says what happened and what to do, loses
//! nothing, and goes on by the same command once it is mended.

use std::fs;
use std::process::Command;

use mig_test_support::{Postgres, wide};

/// A SQLite table to another store in this folder, for a disk that fills up.
fn source(new: &str) -> String {
    format!(
        "migration full {{\n  owner   = @group:platform\n  catalog = files(\"catalog.yaml\")\n}}\n\n\
         store old: sqlite {{ url = \"old.sqlite\" }}\n{new}\n\n\
         dataset events: old.events -> new.events {{\n  entity  = @resource:events\n  chunk   = 5_000 rows\n  \
         columns = same\n}}\n\n\
         consumer reports: @component:reports {{\n  reads    = [events]\n  cut_over = notify\n}}\n\n\
         wave only {{\n  move = events, reports\n}}\n"
    )
}

/// Plans, applies onto a disk of that size until it is full, makes room, applies again. A mount namespace of
/// its own holds the small disk, so that it goes with the processes and needs no rights.
fn fills_the_disk_then_goes_on(new: &str, size: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    wide::migration(folder.path(), 60_000, 5_000);
    fs::write(folder.path().join("wide.mig"), source(new)).expect("the folder can be written");
    fs::create_dir(folder.path().join("small")).expect("the folder can be written");
    let script = r#"
        mount -t tmpfs -o size=$SIZE none small || exit 97
        "$MIG" plan . -o plan.json >/dev/null || exit 98
        "$MIG" apply plan.json --yes; echo "first: $?"
        mount -o remount,size=64m none small || exit 97
        "$MIG" apply plan.json --yes; echo "second: $?"
    "#;
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script])
        .current_dir(folder.path())
        .env("MIG", env!("CARGO_BIN_EXE_mig"))
        .env("SIZE", size)
        .output()
        .expect("unshare (util-linux) is installed");
    let shown =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{shown}", output.status);
    assert!(shown.contains("first: 5"), "a full disk leaves the run stuck:\n{shown}");
    assert!(shown.to_lowercase().contains("full") || shown.contains("No space"), "it says why:\n{shown}");
    assert!(shown.contains("second: 0"), "with room the same command completes:\n{shown}");
}

#[test]
fn a_full_disk_under_a_sqlite_store() {
    fills_the_disk_then_goes_on("store new: sqlite { url = \"small/new.sqlite\" }", "2m");
}

#[test]
fn a_full_disk_under_a_parquet_store() {
    fills_the_disk_then_goes_on("store new: parquet { path = \"small\" }", "512k");
}

#[test]
fn a_full_disk_under_a_csv_store() {
    fills_the_disk_then_goes_on("store new: csv { path = \"small\" }", "2m");
}

#[test]
fn a_wrong_password_is_told_and_not_shown() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    wide::migration(folder.path(), 10, 10);
    let database = Postgres::shared().database();
    let secret = "open-sesame-4711";
    let (before, host) = database.url().rsplit_once('@').expect("the URL has a login");
    let (login, _) = before.rsplit_once(':').expect("the URL has a password");
    let output = Command::new(env!("CARGO_BIN_EXE_mig"))
        .args(["plan", "."])
        .current_dir(folder.path())
        .env("WIDE_PG_URL", format!("{login}:{secret}@{host}"))
        .output()
        .expect("mig runs");
    let shown =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{shown}");
    assert!(shown.contains("password"), "it says what is wrong:\n{shown}");
    assert!(!shown.contains(secret), "the password is shown:\n{shown}");
}
