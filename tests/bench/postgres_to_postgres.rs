//! `mig apply` between two databases of PostgreSQL beside what one would type instead: `psql COPY … binary | psql COPY`.
//!
//! `cargo bench --bench postgres_to_postgres [-- ROWS [RUNS]]` (2,000,000 rows, five runs of each, in turn). Twice: with
//! renames only, and with eight expressions, which the pipe has as SQL. `mig` with one stream and
//! with two; its time is that of the copy, by its journal, and besides that of the whole command, which checks every value
//! beforehand, reads everything back and compares it.

#![expect(clippy::print_stdout, reason = "a benchmark is for its figures")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use mig_test_support::measure::{measure, median, seconds_of_copy};
use mig_test_support::{Database, Postgres, wide};

/// What is done to the columns, in the language and in SQL.
struct Work {
    name: &'static str,
    columns: &'static str,
    table: &'static str,
    select: &'static str,
}

const WORKS: [Work; 2] = [
    Work {
        name: "renames only",
        columns: "id\n customer\n amount\n state\n placed_at: datetime = placed\n mail: text? = email\n score\n paid",
        table:
            "id int8 primary key, customer int8 not null, amount numeric(12, 2) not null, state text not null,
                placed_at timestamp not null, mail text, score float8 not null, paid bool not null",
        select: "id, customer, amount, state, placed, email, score, paid",
    },
    Work {
        name: "eight expressions",
        columns: "id\n customer: int64 = customer % 1000\n amount: decimal(12, 2) = abs(amount)\n \
                  state: text = upper(state)\n day: date = date_of(placed)\n mail: text? = lower(trim(email))\n \
                  score: float64 = score * 2.0 + 1.0\n unpaid: bool = not paid\n \
                  shown: text? = replace(email, \"@\", \" at \")",
        table:
            "id int8 primary key, customer int8 not null, amount numeric(12, 2) not null, state text not null,
                day date not null, mail text, score float8 not null, unpaid bool not null, shown text",
        select: "id, customer % 1000, abs(amount), upper(state), placed::date, lower(btrim(email)), score * 2 + 1, not paid, replace(email, '@', ' at ')",
    },
];

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let rows = numbers.next().unwrap_or(2_000_000);
    let runs = numbers.next().unwrap_or(5);
    let old = Postgres::shared().database();
    wide::in_postgres(&old, rows);
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("catalog.yaml"), wide::CATALOG).expect("the folder can be written");
    for work in &WORKS {
        compare(work, folder.path(), &old, rows, runs);
    }
}

/// Every way in turn, as often as there are runs.
fn compare(work: &Work, folder: &Path, old: &Database, rows: u64, runs: u64) {
    let [mut one, mut two, mut whole, mut pipe] = [const { Vec::new() }; 4];
    let mut peak = 0;
    for _ in 0..runs {
        for (streams, copies) in [(1, &mut one), (2, &mut two)] {
            let new = Postgres::shared().database();
            let (copy, seconds, memory) = with_mig(work, folder, old, &new, streams);
            copies.push(copy);
            if streams == 2 {
                whole.push(seconds);
            }
            peak = peak.max(memory);
        }
        pipe.push(with_pipe(work, old, &Postgres::shared().database()));
    }
    let [one, two, whole, pipe] = [one, two, whole, pipe].map(|figures| median(&figures));
    println!("{rows} rows, {}, medians of {runs}:", work.name);
    for (name, seconds) in [
        ("psql | psql, binary", pipe),
        ("mig's copy, one stream", one),
        ("mig's copy, two streams", two),
        ("the whole of mig, two streams", whole),
    ] {
        let speed = pipe / seconds;
        println!(
            "  {name:<32} {seconds:>6.2} s  {:>5.2} M rows/s  {speed:>5.2}× the pipe",
            rows as f64 / seconds / 1e6
        );
    }
    println!("  mig's peak memory {peak} MiB");
}

/// Seconds of the copy and of the whole of `mig apply`, and its peak memory in MiB.
fn with_mig(work: &Work, folder: &Path, old: &Database, new: &Database, streams: u32) -> (f64, f64, u64) {
    let _ = fs::remove_dir_all(folder.join(".mig"));
    let source = SOURCE.replace("COLUMNS", work.columns).replace("STREAMS", &streams.to_string());
    fs::write(folder.join("wide.mig"), source).expect("the folder can be written");
    let mig = |arguments: &[&str]| {
        let mut mig = Command::new(env!("CARGO_BIN_EXE_mig"));
        mig.args(arguments).current_dir(folder).env("OLD_URL", old.url()).env("NEW_URL", new.url());
        measure(&mut mig)
    };
    mig(&["plan", ".", "-o", "plan.json"]);
    let applied = mig(&["apply", "plan.json", "--yes"]);
    (seconds_of_copy(folder), applied.seconds, applied.peak)
}

/// Seconds of the pipe, the table's creation left out.
fn with_pipe(work: &Work, old: &Database, new: &Database) -> f64 {
    new.execute(&format!("create table events ({})", work.table));
    let psql = |database: &Database, statement: &str| {
        let mut psql = Command::new("psql");
        psql.args(["--no-psqlrc", "--quiet", "--dbname", database.url(), "--command", statement]);
        psql
    };
    let start = Instant::now();
    let out = format!("copy (select {} from events) to stdout (format binary)", work.select);
    let mut reader = psql(old, &out).stdout(Stdio::piped()).spawn().expect("the psql client is installed");
    let status = psql(new, "copy events from stdin (format binary)")
        .stdin(reader.stdout.take().expect("piped"))
        .status()
        .expect("the psql client is installed");
    assert!(status.success() && reader.wait().expect("psql ends").success());
    start.elapsed().as_secs_f64()
}

const SOURCE: &str = "\
migration wide {
  owner   = @group:platform
  catalog = files(\"catalog.yaml\")
}

store old: postgres { url = env.OLD_URL, connections = STREAMS }
store new: postgres { url = env.NEW_URL, connections = STREAMS }

dataset events: old.public.events -> new.public.events {
  entity = @resource:events
  key    = id
  chunk  = 50_000 rows

  columns {
    COLUMNS
  }
}

consumer reports: @component:reports {
  reads    = [events]
  cut_over = notify
}

wave only {
  move = events, reports
}
";
