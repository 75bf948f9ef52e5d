//! A copy that is killed, again and again, ends as if nothing had happened.
//!
//! `kill -9` at ten moments of a copy of 2,000,000 rows from SQLite to PostgreSQL, each followed by the same
//! command; then both databases' own clients say whether the tables are equal.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use mig_test_support::{Database, Postgres, wide};

const ROWS: u64 = 2_000_000;
const CHUNK: u64 = 20_000;
const KILLS: u64 = 10;

#[test]
fn ten_kills_in_a_copy_of_two_million_rows() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let database = Postgres::shared().database();
    wide::migration(folder.path(), ROWS, CHUNK);

    let planned = mig(folder.path(), &database, &["plan", ".", "-o", "plan.json"]).wait().expect("mig runs");
    assert!(planned.success(), "mig plan: {planned}");

    let mut random = Random::seeded_by_the_clock();
    for kill in 0..KILLS {
        let mut run = mig(folder.path(), &database, &["apply", "plan.json", "--yes"]);
        wait_for_chunks(&database, &mut run, kill * ROWS / CHUNK / (KILLS + 1) + 1);
        std::thread::sleep(Duration::from_millis(random.below(150)));
        assert!(
            run.try_wait().expect("mig can be asked").is_none(),
            "kill {kill} came after the end ({random:?})"
        );
        // On Unix this is SIGKILL.
        run.kill().expect("mig can be killed");
        run.wait().expect("mig can be waited for");
    }

    let ended = mig(folder.path(), &database, &["apply", "plan.json", "--yes"]).wait().expect("mig runs");
    assert!(ended.success(), "mig apply: {ended}");
    let status = Command::new(env!("CARGO_BIN_EXE_mig"))
        .args(["status", "plan.json"])
        .current_dir(folder.path())
        .env("WIDE_PG_URL", database.url())
        .output()
        .expect("mig runs");
    let shown = String::from_utf8_lossy(&status.stdout).to_lowercase();
    assert!(shown.contains("completed"), "{shown}");

    assert_eq!(database.value("select count(*) from events"), ROWS.to_string());
    assert_eq!(database.value("select count(distinct id) from events"), ROWS.to_string());
    assert_same_rows(folder.path(), &database);
}

fn mig(folder: &Path, database: &Database, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_mig"))
        .args(arguments)
        .current_dir(folder)
        .env("WIDE_PG_URL", database.url())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("mig starts")
}

/// Waits until that many chunks are in the new store, by the receipts there.
fn wait_for_chunks(database: &Database, run: &mut Child, chunks: u64) {
    let start = Instant::now();
    loop {
        let there = database.value("select to_regclass('public._mig_receipts') is not null") == "t"
            && database.value("select count(*) from _mig_receipts").parse::<u64>().expect("a count")
                >= chunks;
        if there {
            return;
        }
        if let Some(status) = run.try_wait().expect("mig can be asked") {
            panic!("mig ended before chunk {chunks} was there: {status}");
        }
        assert!(start.elapsed() < Duration::from_secs(300), "chunk {chunks} did not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Compares every row as the two databases' own clients print them.
fn assert_same_rows(folder: &Path, database: &Database) {
    let mut old = Command::new("sqlite3")
        .args(["-batch", "-readonly", "-separator", "|"])
        .arg(folder.join("old.sqlite"))
        .arg(
            "select id, customer, printf('%.2f', amount), state, placed, coalesce(email, '∅'),
             printf('%.3f', score), paid from events order by id",
        )
        .stdout(Stdio::piped())
        .spawn()
        .expect("the sqlite3 client is installed");
    let mut new = Command::new("psql")
        .args([
            "--no-psqlrc",
            "--tuples-only",
            "--no-align",
            "--field-separator=|",
            "--set=FETCH_COUNT=10000",
        ])
        .args(["--dbname", database.url(), "--command"])
        .arg(
            "copy (select id || '|' || customer || '|' || amount || '|' || state || '|' || placed_at || '|'
             || coalesce(email, '∅') || '|' || to_char(score, 'FM999990.000') || '|' || paid::int
             from events order by id) to stdout",
        )
        .stdout(Stdio::piped())
        .spawn()
        .expect("the psql client is installed");
    let mut rows = 0;
    let mut old_rows = BufReader::new(old.stdout.take().expect("piped")).lines();
    let mut new_rows = BufReader::new(new.stdout.take().expect("piped")).lines();
    loop {
        match (old_rows.next(), new_rows.next()) {
            (None, None) => break,
            (old, new) => {
                let old = old.map(|line| line.expect("sqlite3 prints UTF-8"));
                let new = new.map(|line| line.expect("psql prints UTF-8"));
                assert_eq!(old, new, "row {rows}");
                rows += 1;
            }
        }
    }
    assert!(old.wait().expect("sqlite3 ends").success() && new.wait().expect("psql ends").success());
    assert_eq!(rows, ROWS);
}

/// A small generator of pseudo-random numbers (xorshift64).
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn seeded_by_the_clock() -> Self {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
        let seed = u64::from(now.subsec_nanos()) | 1;
        Self(seed)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}
