//! `mig apply` beside the tools that one would move a table with instead: `pgloader`, `pgcopydb`, `sling`, `connectorx`, ADBC.
//!
//! `cargo bench --bench peers [-- [alone] [ROUTE] [RUNS [ROWS]]]`: all routes, five runs of each in turn, 2,000,000 rows of the wide table;
//! `ROUTE` is a word of a route's name, and `alone` leaves the others out. With 0 rows the table is `lineitem` of TPC-H at scale 1, 6,001,215 rows of 16 columns. The others copy;
//! `mig` checks every value beforehand, journals, reads everything back and compares it, so its time is given three times: until all rows are there and of the copy alone, which ends with
//! the new table's key, both by its journal, and of the whole command. What a peer does not get through is said, and is no figure. Parquet is packed by Snappy
//! on both sides, as the peers do by themselves. `sling` is not asked for it: it fetches a DuckDB when it is run.

#![expect(clippy::print_stdout, reason = "a benchmark is for its figures")]

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use mig_test_support::measure::{
    Asked, Measured, measure, median, seconds_of_copy, seconds_of_rows, try_measure,
};
use mig_test_support::peers::Peers;
use mig_test_support::wide::{self, sqlite};
use mig_test_support::{Database, Mariadb, MariadbDatabase, Postgres};
use tpchgen::csv::LineItemCsv;
use tpchgen::generators::LineItemGenerator;

/// From which store to which, and who else does it.
struct Route {
    from: &'static str,
    to: &'static str,
    peers: &'static [&'static str],
}

impl Route {
    fn name(&self) -> String {
        format!("{} to {}", self.from, self.to)
    }
}

const ROUTES: [Route; 5] = [
    Route { from: "sqlite", to: "postgres", peers: &["pgloader", "sling"] },
    Route { from: "mysql", to: "postgres", peers: &["pgloader", "sling"] },
    Route { from: "postgres", to: "parquet", peers: &["connectorx", "adbc"] },
    Route { from: "parquet", to: "postgres", peers: &["adbc", "adbc, then a key"] },
    Route { from: "postgres", to: "postgres", peers: &["pgcopydb", "sling"] },
];

/// A table that is moved, with what a migration says of it.
struct Table {
    name: &'static str,
    key: &'static str,
    columns: &'static str,
    rows: u64,
}

fn main() {
    let mut asked = Asked::on_the_command_line();
    let alone = asked.takes("alone");
    let runs = asked.number(5);
    let table = match asked.number(2_000_000) {
        0 => Table {
            name: "lineitem",
            key: "[l_orderkey, l_linenumber]",
            columns: "l_orderkey\n l_partkey\n l_suppkey\n l_linenumber\n l_quantity\n l_extendedprice\n l_discount\n l_tax\n \
                      l_returnflag\n l_linestatus\n l_shipdate\n l_commitdate\n l_receiptdate\n l_shipinstruct\n l_shipmode\n l_comment",
            rows: 6_001_215,
        },
        rows => Table {
            name: "events",
            key: "id",
            columns: "id\n customer\n amount\n state\n placed\n email\n score\n paid",
            rows,
        },
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let routes: Vec<_> = ROUTES.into_iter().filter(|route| asked.is_for(&route.name())).collect();
    let bench = Bench::of(table, folder.path(), runs, &routes);
    for mut route in routes {
        if alone {
            route.peers = &[];
        }
        bench.compare(&route);
    }
}

struct Bench<'a> {
    table: Table,
    folder: &'a Path,
    runs: u64,
    peers: Peers,
    postgres: Database,
    mariadb: MariadbDatabase,
}

impl<'a> Bench<'a> {
    /// Fills a table in every store that a route begins at; the one of Parquet `mig` itself makes of PostgreSQL's.
    fn of(table: Table, folder: &'a Path, runs: u64, routes: &[Route]) -> Self {
        fs::write(folder.join("catalog.yaml"), wide::CATALOG).expect("the folder can be written");
        let (postgres, mariadb) = (Postgres::shared().database(), Mariadb::shared().database());
        let begins = |store: &str| routes.iter().any(|route| route.from == store);
        let items = (table.name == "lineitem").then(|| line_items(folder));
        let file = folder.join("old.sqlite");
        for store in ["sqlite", "postgres", "mysql"] {
            let of_files = store == "postgres" && begins("parquet");
            if !begins(store) && !of_files {
                continue;
            }
            match (store, &items) {
                ("sqlite", None) => wide::in_sqlite(&file, table.rows),
                ("sqlite", Some(csv)) => items_in_sqlite(csv, &file),
                ("postgres", None) => wide::in_postgres(&postgres, table.rows),
                ("postgres", Some(csv)) => items_in_postgres(csv, &postgres),
                (_, None) => wide::in_mariadb(&mariadb, table.rows),
                (_, Some(csv)) => items_in_mariadb(csv, &mariadb),
            }
        }
        let bench = Self { table, folder, runs, peers: Peers::installed(), postgres, mariadb };
        if begins("parquet") {
            let whole = format!("chunk = {} rows", bench.table.rows.min(100_000_000));
            let none = Postgres::shared().database();
            let route = Route { from: "postgres", to: "parquet", peers: &[] };
            bench.with_mig(&route, &whole, &none, &folder.join("lake"));
        }
        bench
    }

    /// Every way in turn, as often as there are runs.
    fn compare(&self, route: &Route) {
        let name = route.name();
        let [mut copied, mut copy, mut whole] = [const { Vec::new() }; 3];
        let mut of_peers: Vec<_> = route.peers.iter().map(|_| (Vec::new(), 0)).collect();
        let mut peak = 0;
        for _ in 0..self.runs {
            let (database, files) = self.target();
            let Measured { seconds, peak: memory, .. } = self.with_mig(route, "", &database, &files);
            copied.push(seconds_of_rows(self.folder));
            copy.push(seconds_of_copy(self.folder));
            whole.push(seconds);
            peak = peak.max(memory);
            for (peer, (times, peak)) in route.peers.iter().zip(&mut of_peers) {
                let (database, files) = self.target();
                match try_measure(&mut self.peer(peer, route, &database, &files), &[0]) {
                    Ok(Measured { seconds, peak: memory, .. }) => {
                        self.assert_arrived(peer, route, &database, &files);
                        times.push(seconds);
                        *peak = memory.max(*peak);
                    }
                    Err(said) => println!("{peer} failed: {said}"),
                }
            }
        }
        let (copied, copy, whole) = (median(&copied), median(&copy), median(&whole));
        let pace = |seconds: f64| self.table.rows as f64 / seconds / 1e6;
        println!("{name}, {} rows of {}, medians of {}:", self.table.rows, self.table.name, self.runs);
        println!("  {:<18} {copied:>7.2} s  {:>5.2} M rows/s", "mig's rows", pace(copied));
        println!("  {:<18} {copy:>7.2} s  {:>5.2} M rows/s", "mig's copy", pace(copy));
        println!(
            "  {:<18} {whole:>7.2} s  {:>5.2} M rows/s  peak {peak} MiB",
            "the whole of mig",
            pace(whole)
        );
        for (peer, (times, peak)) in route.peers.iter().zip(&of_peers) {
            if times.is_empty() {
                continue;
            }
            let seconds = median(times);
            println!(
                "  {peer:<18} {seconds:>7.2} s  {:>5.2} M rows/s  peak {peak} MiB; mig's rows {:.2}×, its copy {:.2}×, the whole {:.2}× as fast",
                pace(seconds),
                seconds / copied,
                seconds / copy,
                seconds / whole
            );
        }
    }

    /// A database and a folder that nothing is in.
    fn target(&self) -> (Database, PathBuf) {
        let files = self.folder.join("new");
        let _ = fs::remove_dir_all(&files);
        fs::create_dir(&files).expect("the folder can be written");
        (Postgres::shared().database(), files)
    }

    fn with_mig(&self, route: &Route, chunk: &str, database: &Database, files: &Path) -> Measured {
        let store = |kind: &str, postgres: &str, files: &Path| match kind {
            "sqlite" => format!("sqlite {{ url = \"{}\" }}", self.folder.join("old.sqlite").display()),
            "mysql" => "mysql { url = env.MARIADB_URL, connections = 4 }".to_owned(),
            "postgres" => format!("postgres {{ url = env.{postgres}, connections = 4 }}"),
            _ => format!("parquet {{ path = \"{}\", compression = snappy }}", files.display()),
        };
        let path =
            |kind: &str| format!("{}{}", if kind == "postgres" { "public." } else { "" }, self.table.name);
        let Table { key, columns, .. } = self.table;
        let source = format!(
            "migration moved {{\n owner = @group:platform\n catalog = files(\"catalog.yaml\")\n}}\n
             store old: {}\n store new: {}\n
             dataset events: old.{} -> new.{} {{\n entity = @resource:events\n key = {key}\n {chunk}\n columns {{\n {columns}\n }}\n}}\n
             consumer reports: @component:reports {{\n reads = [events]\n cut_over = notify\n}}\n
             wave only {{\n move = events, reports\n}}\n",
            store(route.from, "OLD_URL", &self.folder.join("lake")),
            store(route.to, "NEW_URL", files),
            path(route.from),
            path(route.to),
        );
        let _ = fs::remove_dir_all(self.folder.join(".mig"));
        fs::write(self.folder.join("moved.mig"), source).expect("the folder can be written");
        let mig = |arguments: &[&str]| {
            measure(
                Command::new(env!("CARGO_BIN_EXE_mig"))
                    .args(arguments)
                    .current_dir(self.folder)
                    .env("OLD_URL", self.postgres.url())
                    .env("NEW_URL", database.url())
                    .env("MARIADB_URL", self.mariadb.url()),
            )
        };
        mig(&["plan", ".", "-o", "plan.json"]);
        mig(&["apply", "plan.json", "--yes"])
    }

    /// How a peer is told to do the same.
    fn peer(&self, peer: &str, route: &Route, database: &Database, files: &Path) -> Command {
        let table = self.table.name;
        let (old, new) = (self.postgres.url(), database.url());
        let in_sqlite = format!("sqlite://{}", self.folder.join("old.sqlite").display());
        let written = files.join("all.parquet").display().to_string();
        match (peer, route.from) {
            ("pgloader", "sqlite") => pgloader(&in_sqlite, new),
            ("pgloader", _) => pgloader(self.mariadb.url(), new),
            ("pgcopydb", _) => {
                let mut pgcopydb = Command::new("pgcopydb");
                let jobs = ["--table-jobs", "2", "--index-jobs", "2", "--not-consistent"];
                pgcopydb
                    .args(["clone", "--source", old, "--target", new, "--dir"])
                    .arg(files.join("work"))
                    .args(jobs);
                pgcopydb
            }
            ("connectorx", _) => {
                let key = self.table.key.trim_start_matches('[').split(',').next().unwrap_or_default();
                self.peers.python(CONNECTORX, &[old, table, key, &written])
            }
            ("adbc", "postgres") => self.peers.python(ADBC_READ, &[old, table, &written]),
            ("adbc", _) => self.peers.python(ADBC_INGEST, &[&self.part(), new, table, ""]),
            ("adbc, then a key", _) => {
                let key = self.table.key.trim_matches(['[', ']']);
                self.peers.python(ADBC_INGEST, &[&self.part(), new, table, key])
            }
            (_, from) => {
                let target = format!("public.{table}");
                let unencrypted = |url: &str| format!("{url}?sslmode=disable");
                let (from, stream) = match from {
                    "sqlite" => (in_sqlite, format!("main.{table}")),
                    "mysql" => (self.mariadb.url().to_owned(), format!("{}.{table}", self.mariadb.name())),
                    _ => (unencrypted(old), target.clone()),
                };
                self.peers.sling((&from, &stream), (&unencrypted(new), &target))
            }
        }
    }

    /// The one file of the table in Parquet.
    fn part(&self) -> String {
        let read = fs::read_dir(self.folder.join("lake").join(self.table.name));
        let mut paths = read.expect("the folder in Parquet").flatten().map(|entry| entry.path());
        paths.find(|path| path.extension().is_some()).expect("a part").display().to_string()
    }

    /// A peer that says nothing has not necessarily done it.
    fn assert_arrived(&self, peer: &str, route: &Route, database: &Database, files: &Path) {
        let rows = if route.to == "parquet" {
            let written = files.join("all.parquet").display().to_string();
            let output = self.peers.python(COUNT, &[&written]).output().expect("Python runs");
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        } else {
            let named = format!("from information_schema.tables where table_name = '{}'", self.table.name);
            let schema = database.value(&format!("select min(table_schema) {named}"));
            database.value(&format!("select count(*) from {schema}.{}", self.table.name))
        };
        assert_eq!(rows, self.table.rows.to_string(), "{peer}");
    }
}

fn pgloader(from: &str, to: &str) -> Command {
    let mut pgloader = Command::new("pgloader");
    pgloader.args(["--quiet", from, to]);
    pgloader
}

const CONNECTORX: &str = "
import sys, connectorx, pyarrow.parquet
url, table, key, out = sys.argv[1:]
rows = connectorx.read_sql(url, f'select * from {table}', return_type='arrow', partition_on=key, partition_num=2)
pyarrow.parquet.write_table(rows, out)
";

const ADBC_READ: &str = "
import sys, adbc_driver_postgresql.dbapi, pyarrow.parquet
url, table, out = sys.argv[1:]
with adbc_driver_postgresql.dbapi.connect(url) as connection, connection.cursor() as cursor:
    cursor.execute(f'select * from {table}')
    rows = cursor.fetch_record_batch()
    with pyarrow.parquet.ParquetWriter(out, rows.schema) as writer:
        for batch in rows:
            writer.write_batch(batch)
";

const ADBC_INGEST: &str = "
import sys, adbc_driver_postgresql.dbapi, pyarrow, pyarrow.parquet
part, url, table, key = sys.argv[1:]
rows = pyarrow.parquet.ParquetFile(part)
rows = pyarrow.RecordBatchReader.from_batches(rows.schema_arrow, rows.iter_batches(65536))
with adbc_driver_postgresql.dbapi.connect(url) as connection, connection.cursor() as cursor:
    cursor.adbc_ingest(table, rows, mode='create')
    if key:
        cursor.execute(f'alter table {table} add primary key ({key})')
    connection.commit()
";

const COUNT: &str = "
import sys, pyarrow.parquet
print(pyarrow.parquet.ParquetFile(sys.argv[1]).metadata.num_rows)
";

/// Generates `lineitem` at scale 1, as CSV.
fn line_items(folder: &Path) -> PathBuf {
    let csv = folder.join("lineitem.csv");
    let mut file = BufWriter::new(File::create(&csv).expect("the folder can be written"));
    for item in LineItemGenerator::new(1.0, 1, 1).iter() {
        writeln!(file, "{}", LineItemCsv::new(item)).expect("the folder has room");
    }
    file.flush().expect("the folder has room");
    csv
}

/// The statement that makes `lineitem`, with a server's word for its texts.
fn items_table(text: &str) -> String {
    let columns = "l_orderkey bigint not null, l_partkey bigint not null, l_suppkey bigint not null, l_linenumber integer not null,
        l_quantity decimal(15, 2) not null, l_extendedprice decimal(15, 2) not null, l_discount decimal(15, 2) not null,
        l_tax decimal(15, 2) not null, l_returnflag TEXT not null, l_linestatus TEXT not null, l_shipdate date not null,
        l_commitdate date not null, l_receiptdate date not null, l_shipinstruct TEXT not null, l_shipmode TEXT not null,
        l_comment TEXT not null, primary key (l_orderkey, l_linenumber)";
    format!("create table lineitem ({})", columns.replace("TEXT", text))
}

/// Loads the items by the server's own bulk path.
fn items_in_postgres(csv: &Path, postgres: &Database) {
    postgres.execute(&items_table("text"));
    let status = Command::new("psql")
        .args(["--no-psqlrc", "--quiet", "--dbname", postgres.url(), "--command"])
        .arg(format!("\\copy lineitem from '{}' (format csv)", csv.display()))
        .stdout(Stdio::null())
        .status();
    assert!(status.expect("the psql client is installed").success());
    postgres.execute("analyze lineitem");
}

/// Loads the items by the server's own bulk path.
fn items_in_mariadb(csv: &Path, mariadb: &MariadbDatabase) {
    mariadb.execute(&items_table("varchar(100)"));
    mariadb.execute(&format!(
        "load data local infile '{}' into table lineitem fields terminated by ',' optionally enclosed by '\"'; analyze table lineitem",
        csv.display()
    ));
}

/// Loads the items by the client's own import.
fn items_in_sqlite(csv: &Path, file: &Path) {
    let table = items_table("text");
    sqlite(
        file,
        &format!(
            "pragma journal_mode = off; pragma synchronous = off; {table};\n.import --csv '{}' lineitem",
            csv.display()
        ),
    );
}
