//! The example that shows nearly all of the language is real: it checks from the snapshots beside it, plans against a
//! Backstage, a SQLite and a PostgreSQL that run, and moves its data.
//!
//! The snapshots in `examples/orders` are what `mig catalog pull` and `mig schema pull` write there; with `UPDATE=1` this
//! test writes them anew.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use mig_test_support::{Backstage, Database, Postgres, Prometheus, Service};

/// How long the data of the first wave may take.
const MOVED_WITHIN: Duration = Duration::from_secs(180);

/// The example with the servers that it names.
struct World {
    folder: tempfile::TempDir,
    backstage: Backstage,
    lake: Database,
    metrics: Prometheus,
}

impl World {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for file in ["orders.mig", "catalog.lock.json", "schemas.lock.json"] {
            // Before they are written for the first time there are no snapshots.
            let _ = fs::copy(example().join(file), folder.path().join(file));
        }
        let script = fs::read_to_string(example().join("legacy.sql")).expect("the script is there");
        let shop = rusqlite::Connection::open(folder.path().join("legacy.db")).expect("a database");
        shop.execute_batch(&script).expect("the script is SQL");
        let backstage = Backstage::start(&example().join("catalog"));
        Self {
            folder,
            backstage,
            lake: Postgres::shared().database(),
            metrics: Prometheus::start(&Service::start("billing-api")),
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mig"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("BACKSTAGE_URL", self.backstage.url())
            .env("BACKSTAGE_TOKEN", Backstage::TOKEN)
            .env("LEGACY_URL", self.folder.path().join("legacy.db"))
            .env("LAKE_URL", self.lake.url())
            .env("PROMETHEUS_URL", self.metrics.url())
            .env("PROMETHEUS_TOKEN", "a token that nobody asks for");
        command
    }

    fn mig(&self, arguments: &[&str]) -> String {
        succeeded(&self.command(arguments).output().expect("mig runs"), arguments)
    }

    /// The rows of the moved orders, as PostgreSQL's client shows them; empty as long as there are none.
    fn moved(&self) -> String {
        let there = self.lake.value("select to_regclass('sales.orders') is not null");
        if there != "t" && there != "true" {
            return String::new();
        }
        let rows = self.lake.rows(
            "select order_id::text, customer::text, total::text, status,
               to_char(placed_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'), email, channel
             from sales.orders order by order_id",
        );
        let line = |row: &Vec<Option<String>>| {
            row.iter().map(|value| value.as_deref().unwrap_or("∅")).collect::<Vec<_>>().join(" | ")
        };
        rows.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/orders")
}

fn succeeded(output: &Output, arguments: &[&str]) -> String {
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "mig {arguments:?}: {}\n{shown}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    shown
}

/// A run that is interrupted when the test ends, however it ends.
struct Run(Child);

impl Drop for Run {
    fn drop(&mut self) {
        // Asked first, so that its lease is given back; a process that is gone needs neither.
        let _ = Command::new("kill").args(["-INT", &self.0.id().to_string()]).status();
        let _ = self.0.wait();
    }
}

#[test]
fn the_example_checks_without_any_server() {
    let arguments = ["check", "examples/orders"];
    let output = Command::new(env!("CARGO_BIN_EXE_mig"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_remove("BACKSTAGE_URL")
        .env_remove("LEGACY_URL")
        .env_remove("LAKE_URL")
        .env_remove("PROMETHEUS_URL")
        .output()
        .expect("mig runs");
    assert!(succeeded(&output, &arguments).contains("is sound"), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("catalog.lock.json") && said.contains("schemas.lock.json"), "{said}");
}

#[test]
fn the_example_is_planned_and_moves_its_data() {
    let world = World::start();
    if std::env::var_os("UPDATE").is_some() {
        for kind in ["catalog", "schema"] {
            world.mig(&[kind, "pull"]);
        }
        for file in ["catalog.lock.json", "schemas.lock.json"] {
            fs::copy(world.folder.path().join(file), example().join(file)).expect("a snapshot is written");
        }
    }
    world.mig(&["catalog", "pull", "--check"]);
    world.mig(&["schema", "pull", "--check"]);
    world.mig(&["check", "--live"]);
    world.mig(&["plan", "-o", "plan.json"]);

    // The first wave soaks for hours: what it moved can be looked at meanwhile.
    let log = fs::File::create(world.folder.path().join("log")).expect("a log");
    let mut apply = world.command(&["apply", "plan.json", "--yes"]);
    let mut run = Run(apply.stdout(Stdio::null()).stderr(log).spawn().expect("mig runs"));
    let end = Instant::now() + MOVED_WITHIN;
    let said = || fs::read_to_string(world.folder.path().join("log")).unwrap_or_default();
    while !said().contains("pilot/soak") {
        assert!(run.0.try_wait().expect("a run can be asked").is_none(), "the run ended:\n{}", said());
        assert!(Instant::now() < end, "nothing soaks yet:\n{}", said());
        std::thread::sleep(Duration::from_millis(100));
    }
    insta::assert_snapshot!(world.moved(), @"
    1 | 1 | 12.90 | paid | 2026-03-28 09:15:00 | ada@acme.dev | web
    2 | 2 | 178.99 | open | 2026-03-29 01:30:00 | ∅ | phone
    3 | 3 | 49.99 | cancelled | 2026-10-24 21:59:59 | ∅ | web
    ");
    for (table, rows) in
        [("customers", 3), ("products", 3), ("order_items", 4), ("payments", 1), ("stock_levels", 2)]
    {
        let count = world.lake.value(&format!("select count(*)::text from archive.{table}"));
        assert_eq!(count, rows.to_string(), "{table}");
    }
}
