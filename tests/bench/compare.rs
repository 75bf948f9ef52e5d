//! `mig diff` beside `reladiff`, on equal tables and on tables with 100 rows differing.
//!
//! `cargo bench --bench compare [-- ROWS [RUNS]]` (10,000,000 rows, five runs of each, in turn). Between two databases of PostgreSQL, and between
//! PostgreSQL and MariaDB, both compare. Between two of PostgreSQL `mig` does twice: with the checksums that PostgreSQL computes, and row
//! by row. Between PostgreSQL and SQLite, which `reladiff` does not read, `mig` compares alone.

#![expect(clippy::print_stdout, reason = "a benchmark is for its figures")]

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use mig_test_support::measure::{Measured, median, try_measure};
use mig_test_support::peers::Peers;
use mig_test_support::wide::{self, sqlite};
use mig_test_support::{Database, Mariadb, MariadbDatabase, Postgres};

/// How many rows are made to differ.
const DIFFERING: u64 = 100;

/// A way to compare: its name, and the arguments of `mig`, or the new side of `reladiff`.
enum Way {
    Mig(&'static str, &'static [&'static str]),
    Reladiff(&'static str),
}

const WAYS: [Way; 6] = [
    Way::Mig("PostgreSQL and PostgreSQL, checksums of the server", &["postgres:env.NEW#events"]),
    // A condition that is always true: rows are then compared here and not in the server.
    Way::Mig("PostgreSQL and PostgreSQL, row by row", &["postgres:env.NEW#events", "--where", "id > 0"]),
    Way::Reladiff("PostgreSQL and PostgreSQL"),
    Way::Mig("PostgreSQL and MariaDB", &["mysql:env.MARIADB#events"]),
    Way::Reladiff("PostgreSQL and MariaDB"),
    Way::Mig("PostgreSQL and SQLite", &["sqlite:new.db#events"]),
];

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let rows = numbers.next().unwrap_or(10_000_000);
    let runs = numbers.next().unwrap_or(5);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (old, new) = (Postgres::shared().database(), Postgres::shared().database());
    let mariadb = Mariadb::shared().database();
    for database in [&old, &new] {
        wide::in_postgres(database, rows);
    }
    wide::in_mariadb(&mariadb, rows);
    wide::in_sqlite(&folder.path().join("new.db"), rows);
    let peers = Peers::installed();
    let bench =
        Bench { folder: folder.path(), old: &old, new: &new, mariadb: &mariadb, peers: &peers, rows, runs };
    bench.compare("equal", 0);
    let change = format!("update events set score = score + 1 where id % {} = 1", rows / DIFFERING);
    new.execute(&change);
    mariadb.execute(&change);
    sqlite(&folder.path().join("new.db"), &change);
    bench.compare("100 rows differing", DIFFERING);
}

struct Bench<'a> {
    folder: &'a Path,
    old: &'a Database,
    new: &'a Database,
    mariadb: &'a MariadbDatabase,
    peers: &'a Peers,
    rows: u64,
    runs: u64,
}

impl Bench<'_> {
    /// Every way in turn, as often as there are runs.
    fn compare(&self, what: &str, differing: u64) {
        let mut times = [const { Vec::new() }; WAYS.len()];
        let mut peak = 0;
        for _ in 0..self.runs {
            for (way, times) in WAYS.iter().zip(&mut times) {
                let seconds = match way {
                    Way::Mig(_, new) => {
                        let Measured { seconds, peak: memory, .. } = self.mig(new, differing);
                        peak = peak.max(memory);
                        seconds
                    }
                    Way::Reladiff(pair) => self.reladiff(pair.ends_with("MariaDB"), differing),
                };
                times.push(seconds);
            }
        }
        println!("{} rows, {what}, medians of {}:", self.rows, self.runs);
        for (way, times) in WAYS.iter().zip(&times) {
            let (tool, pair) = match way {
                Way::Mig(pair, _) => ("mig", pair),
                Way::Reladiff(pair) => ("reladiff", pair),
            };
            let seconds = median(times);
            let pace = self.rows as f64 / seconds / 1e6;
            println!("  {tool:<8}  {pair:<52} {seconds:>7.2} s  {pace:>5.2} M rows/s");
        }
        println!("  mig's peak memory {peak} MiB");
    }

    /// Seconds and peak memory in MiB of a comparison that finds so many rows.
    fn mig(&self, new: &[&str], differing: u64) -> Measured {
        let measured = try_measure(
            Command::new(env!("CARGO_BIN_EXE_mig"))
                .args([
                    "diff",
                    "--format",
                    "json",
                    "-o",
                    "found.json",
                    "--old",
                    "postgres:env.OLD#events",
                    "--new",
                ])
                .args(new)
                .current_dir(self.folder)
                .env("OLD", self.old.url())
                .env("NEW", self.new.url())
                .env("MARIADB", self.mariadb.url()),
            // Differences are exit code 1.
            &[i32::from(differing > 0)],
        );
        let measured = measured.unwrap_or_else(|said| panic!("mig diff {new:?}: {said}"));
        let found = std::fs::read_to_string(self.folder.join("found.json")).expect("mig wrote what it found");
        let found: serde_json::Value = serde_json::from_str(&found).expect("JSON");
        let found = &found["comparisons"][0];
        assert_eq!(found["changed"], differing, "{found:#}");
        assert_eq!((&found["missing"], &found["extra"]), (&0.into(), &0.into()), "{found:#}");
        measured
    }

    /// Seconds of `reladiff`, which must find as many.
    fn reladiff(&self, mariadb: bool, differing: u64) -> f64 {
        let new = if mariadb { self.mariadb.url() } else { self.new.url() };
        // It knows the server by the longer of its names alone.
        let named = |url: &str| url.replacen("postgres://", "postgresql://", 1);
        let start = Instant::now();
        let output = self
            .peers
            .reladiff()
            .args([&named(self.old.url()), "events", &named(new), "events", "-k", "id", "-c", "%", "--json"])
            .output()
            .expect("reladiff runs");
        let seconds = start.elapsed().as_secs_f64();
        let found = String::from_utf8_lossy(&output.stdout);
        // A changed row is one removed and one added, each of which may go over several lines.
        let of_row = |line: &&str| line.starts_with("[\"-\"") || line.starts_with("[\"+\"");
        let lines = found.lines().filter(of_row).count() as u64;
        let said = String::from_utf8_lossy(&output.stderr);
        // It ends well, too, when it could compare nothing.
        assert!(output.status.success() && !said.contains("ERROR"), "{said}");
        assert_eq!(lines, 2 * differing, "{found}");
        seconds
    }
}
