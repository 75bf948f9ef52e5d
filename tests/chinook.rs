//! Chinook, a public sample database, moves whole: to PostgreSQL, from there back to SQLite, and to Parquet.
//!
//! The databases' own clients compare what arrived with what was there, value by value.

use std::fs;
use std::path::Path;
use std::process::Command;

use mig_test_support::{Postgres, wide::sqlite};

const TABLES: [(&str, u64); 11] = [
    ("Album", 347),
    ("Artist", 275),
    ("Customer", 59),
    ("Employee", 8),
    ("Genre", 25),
    ("Invoice", 412),
    ("InvoiceLine", 2240),
    ("MediaType", 5),
    ("Playlist", 18),
    ("PlaylistTrack", 8715),
    ("Track", 3503),
];

#[test]
fn to_postgres_and_back_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    copy_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/chinook"), folder.path());
    let database = Postgres::shared().database();
    let back = folder.path().join("back.sqlite");
    let settings = [("CHINOOK_PG_URL", database.url()), ("CHINOOK_BACK", back.to_str().unwrap())];

    apply(&folder.path().join("to-postgres"), &settings);
    apply(&folder.path().join("back-to-sqlite"), &settings);

    let original = folder.path().join("chinook.sqlite");
    for (table, rows) in TABLES {
        let columns =
            sqlite(&original, &format!("select name || ' ' || type from pragma_table_info('{table}')"));
        let columns: Vec<_> = columns.lines().map(|line| line.split_once(' ').unwrap()).collect();

        // SQLite against PostgreSQL: every row as text, by the two clients.
        let of_sqlite = columns.iter().map(|(name, _)| format!("coalesce(cast(\"{name}\" as text), '∅')"));
        let of_postgres = columns.iter().map(|(name, ty)| {
            let value = if ty.starts_with("NUMERIC") {
                format!("trim_scale(\"{name}\")")
            } else {
                format!("\"{name}\"")
            };
            format!("coalesce(cast({value} as text), '∅')")
        });
        let old = sqlite(&original, &format!("select {} from {table}", join(of_sqlite)));
        let new = psql(database.url(), &format!("select {} from chinook.\"{table}\"", join(of_postgres)));
        assert_eq!(old.lines().count(), new.lines().count(), "{table}");
        assert_eq!(sorted(&old), sorted(&new), "{table} in PostgreSQL");

        // SQLite against SQLite: no row is on one side only, storage classes included.
        let exact = columns
            .iter()
            .map(|(name, _)| format!("typeof(\"{name}\"), \"{name}\""))
            .collect::<Vec<_>>()
            .join(", ");
        let difference = sqlite(
            &back,
            &format!(
                "attach '{}' as original;
             select count(*) from main.{table};
             select * from (select {exact} from main.{table} except select {exact} from original.{table});
             select * from (select {exact} from original.{table} except select {exact} from main.{table});",
                original.display()
            ),
        );
        assert_eq!(difference.trim(), rows.to_string(), "{table} back in SQLite");
    }
}

#[test]
fn to_parquet_under_a_mapping() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    copy_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/chinook"), folder.path());
    let lake = folder.path().join("lake");
    let here = folder.path().join("to-parquet");
    apply(&here, &[("CHINOOK_LAKE", lake.to_str().unwrap())]);

    let status = mig(&here, &["status", "--format", "json"], &[("CHINOOK_LAKE", lake.to_str().unwrap())]);
    let status: serde_json::Value = serde_json::from_str(&status).expect("status is JSON");
    assert_eq!(status["datasets"].as_array().unwrap().len(), TABLES.len(), "{status:#}");
    for table in ["invoices", "invoice_lines", "Track", "PlaylistTrack"] {
        let parts = fs::read_dir(lake.join("chinook").join(table)).expect("the table has a folder");
        let parquet = parts
            .filter(|part| part.as_ref().unwrap().path().extension().is_some_and(|e| e == "parquet"))
            .count();
        assert!(parquet > 0, "{table} has no Parquet file");
    }
}

/// Plans into a file and applies that plan.
fn apply(folder: &Path, settings: &[(&str, &str)]) {
    mig(folder, &["plan", ".", "-o", "plan.json"], settings);
    let shown = mig(folder, &["apply", "plan.json", "--yes"], settings);
    for (_, secret) in settings {
        assert!(!shown.contains(secret), "a setting's value was shown:\n{shown}");
    }
}

fn mig(folder: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_mig"))
        .args(arguments)
        .current_dir(folder)
        .envs(settings.iter().copied())
        .output()
        .expect("mig runs");
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "mig {arguments:?} in {}: {}\n{shown}\n{}",
        folder.display(),
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    shown
}

fn psql(url: &str, statement: &str) -> String {
    let output = Command::new("psql")
        .args(["--no-psqlrc", "--tuples-only", "--no-align", "--dbname", url, "--command", statement])
        .output()
        .expect("the psql client is installed");
    assert!(output.status.success(), "psql: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("psql prints UTF-8")
}

fn join(values: impl Iterator<Item = String>) -> String {
    values.collect::<Vec<_>>().join(" || '¦' || ")
}

fn sorted(rows: &str) -> Vec<&str> {
    let mut rows: Vec<_> = rows.lines().collect();
    rows.sort_unstable();
    rows
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("the example is there") {
        let entry = entry.expect("an entry reads");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("an entry has a type").is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a file can be copied");
        }
    }
}
