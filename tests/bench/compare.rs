//! `mig diff` beside `reladiff`, on equal tables and on tables with 100 rows differing.
//!
//! `cargo bench --bench compare [-- ROWS [RUNS]]` (10,000,000 rows, five runs of each, in turn). Between two
//! databases of PostgreSQL both compare; `mig` twice, with the checksums that PostgreSQL computes and row by row.
//! Between PostgreSQL and SQLite, which `reladiff` does not read, `mig` compares alone. `reladiff` must be on the path
//! (`pip install reladiff psycopg2-binary`).

#![expect(clippy::print_stdout, reason = "a benchmark is for its figures")]

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use mig_test_support::measure::{Measured, measure, median};
use mig_test_support::wide::{self, sqlite};
use mig_test_support::{Database, Postgres};

/// How many rows are made to differ.
const DIFFERING: u64 = 100;

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let rows = numbers.next().unwrap_or(10_000_000);
    let runs = numbers.next().unwrap_or(5);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (old, new) = (Postgres::shared().database(), Postgres::shared().database());
    for database in [&old, &new] {
        wide::in_postgres(database, rows);
    }
    fill_sqlite(&folder.path().join("new.db"), rows);
    let bench = Bench { folder: folder.path(), old: &old, new: &new, rows, runs };
    bench.compare("equal", 0);
    let step = rows / DIFFERING;
    new.execute(&format!("update events set score = score + 1 where id % {step} = 1"));
    sqlite(
        &folder.path().join("new.db"),
        &format!("update events set score = score + 1 where id % {step} = 1"),
    );
    bench.compare("100 rows differing", DIFFERING);
}

struct Bench<'a> {
    folder: &'a Path,
    old: &'a Database,
    new: &'a Database,
    rows: u64,
    runs: u64,
}

impl Bench<'_> {
    /// Every way in turn, as often as there are runs.
    fn compare(&self, what: &str, differing: u64) {
        let postgres = ["--old", "postgres:env.OLD#events", "--new", "postgres:env.NEW#events"];
        let to_sqlite = ["--old", "postgres:env.OLD#events", "--new", "sqlite:new.db#events"];
        // A condition that is always true: rows are then compared here and not in the server.
        let by_rows = [&postgres[..], &["--where", "id > 0"]].concat();
        let mut times = [const { Vec::new() }; 4];
        let mut peak = 0;
        for _ in 0..self.runs {
            for (place, arguments) in [&postgres[..], &by_rows, &to_sqlite].into_iter().enumerate() {
                let (seconds, memory) = self.mig(arguments, differing);
                times[place].push(seconds);
                peak = peak.max(memory);
            }
            times[3].push(self.reladiff(differing));
        }
        let [in_store, by_rows, to_sqlite, reladiff] = times.map(|times| median(&times));
        let pace = |seconds: f64| self.rows as f64 / seconds / 1e6;
        println!("{} rows, {what}, medians of {}:", self.rows, self.runs);
        for (name, seconds) in [
            ("mig, PostgreSQL and PostgreSQL, checksums of the server", in_store),
            ("mig, PostgreSQL and PostgreSQL, row by row", by_rows),
            ("mig, PostgreSQL and SQLite", to_sqlite),
            ("reladiff, PostgreSQL and PostgreSQL", reladiff),
        ] {
            let times = reladiff / seconds;
            println!(
                "  {name:<56} {seconds:>7.2} s  {:>5.2} M rows/s  {times:>5.2}× reladiff",
                pace(seconds)
            );
        }
        println!("  mig's peak memory {peak} MiB");
    }

    /// Seconds and peak memory in MiB of a comparison that finds so many rows.
    fn mig(&self, arguments: &[&str], differing: u64) -> (f64, u64) {
        let Measured { seconds, peak } = measure(
            Command::new(env!("CARGO_BIN_EXE_mig"))
                .arg("diff")
                .args(arguments)
                .args(["--format", "json", "-o", "found.json"])
                .current_dir(self.folder)
                .env("OLD", self.old.url())
                .env("NEW", self.new.url()),
        );
        let found = std::fs::read_to_string(self.folder.join("found.json")).expect("mig wrote what it found");
        let found: serde_json::Value = serde_json::from_str(&found).expect("JSON");
        let found = &found["comparisons"][0];
        assert_eq!(found["changed"], differing, "{found:#}");
        assert_eq!((&found["missing"], &found["extra"]), (&0.into(), &0.into()), "{found:#}");
        (seconds, peak)
    }

    /// Seconds of `reladiff`, which must find as many.
    fn reladiff(&self, differing: u64) -> f64 {
        let start = Instant::now();
        let output = Command::new("reladiff")
            .args([self.old.url(), "events", self.new.url(), "events", "-k", "id", "-c", "%", "--json"])
            .output()
            .expect("reladiff is on the path: pip install reladiff psycopg2-binary");
        let seconds = start.elapsed().as_secs_f64();
        let found = String::from_utf8_lossy(&output.stdout);
        // A changed row is a line removed and a line added.
        let lines = found.lines().filter(|line| !line.trim().is_empty()).count() as u64;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(lines, 2 * differing, "{found}");
        seconds
    }
}

fn fill_sqlite(path: &Path, rows: u64) {
    sqlite(
        path,
        &format!(
            "pragma journal_mode = off; pragma synchronous = off;
             create table events (id integer primary key, customer integer not null, amount decimal(12, 2) not null,
               state text not null, placed datetime not null, email text, score real not null, paid boolean not null);
             with recursive n(i) as (select 1 union all select i + 1 from n where i < {rows})
             insert into events select i, (i * 7919) % 100003, ((i * 104729) % 10000000) / 100.0,
               case i % 4 when 0 then 'new' when 1 then 'paid' when 2 then 'shipped' else 'zurückgeschickt' end,
               datetime(1262304000 + (i * 37) % 400000000, 'unixepoch'),
               case when i % 5 = 0 then null else 'customer' || ((i * 7919) % 100003) || '@example.org' end,
               ((i * 31) % 1000) / 8.0, i % 3 = 0
             from n;"
        ),
    );
}
