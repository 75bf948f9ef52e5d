//! `mig apply` from SQLite to PostgreSQL beside what one would type instead: `sqlite3 -csv | psql COPY`.
//!
//! `cargo bench --bench sqlite_to_postgres [-- ROWS [RUNS]]` (2,000,000 rows, five runs of each, in turn).
//! The pipe copies; `mig` also checks every value beforehand, journals, reads everything back and compares it, so
//! its time is given twice: the copy alone (from its journal) and the whole command.

#![expect(clippy::print_stdout, reason = "a benchmark is for its figures")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use mig_test_support::measure::{Measured, measure, median, seconds_of_copy};
use mig_test_support::wide;
use mig_test_support::{Database, Postgres};

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let rows = numbers.next().unwrap_or(2_000_000);
    let runs = numbers.next().unwrap_or(5);
    let folder = tempfile::tempdir().expect("a temporary folder");
    wide::migration(folder.path(), rows, 50_000);

    let (mut whole, mut copy, mut pipe, mut ratios_copy, mut ratios_whole, mut peak) =
        (vec![], vec![], vec![], vec![], vec![], 0);
    for run in 0..runs {
        let (seconds, of_copy, memory) = with_mig(folder.path(), &Postgres::shared().database());
        let of_pipe = with_pipe(folder.path(), &Postgres::shared().database());
        println!(
            "run {run}: mig {seconds:.2} s, of it the copy {of_copy:.2} s, peak {memory} MiB; pipe {of_pipe:.2} s"
        );
        whole.push(seconds);
        copy.push(of_copy);
        pipe.push(of_pipe);
        ratios_copy.push(of_pipe / of_copy);
        ratios_whole.push(of_pipe / seconds);
        peak = peak.max(memory);
    }
    println!(
        "{rows} rows × {} columns, medians of {runs}: mig's copy {:.2} s, the whole of mig {:.2} s, the pipe {:.2} s",
        wide::COLUMNS.len(),
        median(&copy),
        median(&whole),
        median(&pipe)
    );
    println!(
        "speed against the pipe: copy {:.2}×, whole {:.2}×; mig's peak memory {peak} MiB",
        median(&ratios_copy),
        median(&ratios_whole)
    );
}

/// Seconds of `mig apply`, of the copy step in it, and its peak memory in MiB.
fn with_mig(folder: &Path, database: &Database) -> (f64, f64, u64) {
    let _ = std::fs::remove_dir_all(folder.join(".mig"));
    measure(&mut mig(folder, database, &["plan", ".", "-o", "plan.json"]));
    let Measured { seconds, peak, .. } =
        measure(&mut mig(folder, database, &["apply", "plan.json", "--yes"]));
    (seconds, seconds_of_copy(folder), peak)
}

/// Seconds of the pipe, the table's creation left out.
fn with_pipe(folder: &Path, database: &Database) -> f64 {
    database.execute(
        "create table events (id int8 primary key, customer int8 not null, amount numeric(12, 2) not null,
         state text not null, placed_at timestamp not null, email text, score float8 not null, paid bool not null)",
    );
    let start = Instant::now();
    let mut reader = Command::new("sqlite3")
        .args(["-batch", "-csv"])
        .arg(folder.join("old.sqlite"))
        .arg("select * from events")
        .stdout(Stdio::piped())
        .spawn()
        .expect("the sqlite3 client is installed");
    let status = Command::new("psql")
        .args(["--no-psqlrc", "--quiet", "--dbname", database.url(), "--command"])
        .arg("\\copy events from pstdin (format csv)")
        .stdin(reader.stdout.take().expect("piped"))
        .status()
        .expect("the psql client is installed");
    assert!(status.success() && reader.wait().expect("sqlite3 ends").success());
    start.elapsed().as_secs_f64()
}

fn mig(folder: &Path, database: &Database, arguments: &[&str]) -> Command {
    let mut mig = Command::new(env!("CARGO_BIN_EXE_mig"));
    mig.args(arguments).current_dir(folder).env("WIDE_PG_URL", database.url());
    mig
}
