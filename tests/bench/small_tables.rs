//! `mig plan` and `mig apply` of many small tables, beside what one would type instead: what a table costs that has no rows to speak of.
//!
//! `cargo bench --bench small_tables [-- ROUTE] [TABLES [RUNS]]`: both routes, 2,000 tables of ten rows and then four times as many, once
//! each; `ROUTE` is a word of a route's name. One family of datasets takes them all. `mig` checks every value, journals, copies, reads
//! everything back and compares it; what is typed instead copies. The server has `fsync = off`, so that its commits wait for no disk. What
//! is given is for each table. Two clients of PostgreSQL for each table are tried with a tenth of them: they take as long for each
//! however many there are.

#![expect(clippy::print_stdout, reason = "a benchmark is for its figures")]

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use mig_test_support::measure::{Asked, Measured, measure, median};
use mig_test_support::{Database, Postgres};

fn main() {
    let mut asked = Asked::on_the_command_line();
    let (tables, runs) = (asked.number(2_000), asked.number(1));
    for tables in [tables, 4 * tables] {
        if asked.is_for("sqlite") {
            in_sqlite(tables, runs);
        }
        if asked.is_for("postgres") {
            in_postgres(tables, runs);
        }
    }
}

/// What one way of moving the tables took: the processors for the program itself and for the server.
#[derive(Clone, Copy)]
struct Took {
    wall: f64,
    program: f64,
    server: f64,
}

/// Several figures of one way.
struct Figures {
    name: &'static str,
    took: Vec<Took>,
}

impl Figures {
    fn of(name: &'static str) -> Self {
        Self { name, took: Vec::new() }
    }

    /// The medians, for each table, in milliseconds.
    fn each(&self, tables: u64) -> Took {
        let of = |part: fn(&Took) -> f64| {
            median(&self.took.iter().map(part).collect::<Vec<_>>()) * 1_000.0 / tables as f64
        };
        Took { wall: of(|took| took.wall), program: of(|took| took.program), server: of(|took| took.server) }
    }
}

/// Prints what each way took; the last are what is typed instead.
fn print(tables: u64, route: &str, ways: &[Figures]) {
    println!("{tables} tables of ten rows, {route}, for each table:");
    let whole: f64 = ways[..2].iter().map(|way| way.each(tables).wall).sum();
    for (place, way) in ways.iter().enumerate() {
        let Took { wall, program, server } = way.each(tables);
        let beside = match place {
            0 | 1 => String::new(),
            _ => format!("; mig takes {:.2} times as long", whole / wall),
        };
        println!(
            "  {:<28} {wall:>6.2} ms, of processors {program:>5.2} ms its own, {server:>5.2} ms the server's{beside}",
            way.name
        );
    }
}

fn in_sqlite(tables: u64, runs: u64) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    write_migration(folder, tables, "", "sqlite { url = \"old.sqlite\" }", "sqlite { url = \"new.sqlite\" }");
    let mut sql = "pragma journal_mode = off; pragma synchronous = off; begin;\n".to_owned();
    for table in 0..tables {
        let _ = writeln!(
            sql,
            "create table t_{table} (id integer primary key, name text not null, amount decimal(12, 2), placed datetime not null, paid boolean not null);
             with recursive n(i) as (select 1 union all select i + 1 from n where i < 10)
             insert into t_{table} select i, 'customer ' || i, i * 1.25, datetime(1262304000 + i * 37, 'unixepoch'), i % 3 = 0 from n;"
        );
    }
    fs::write(folder.join("tables.sql"), sql + "commit;\n").expect("the folder can be written");
    shell(folder, "sqlite3 -batch -bail old.sqlite < tables.sql", &[]);

    let mut ways =
        [Figures::of("mig plan"), Figures::of("mig apply"), Figures::of("sqlite3 .dump | sqlite3")];
    for _ in 0..runs {
        let _ = fs::remove_dir_all(folder.join(".mig"));
        for name in ["new.sqlite", "new.sqlite-wal", "new.sqlite-shm"] {
            let _ = fs::remove_file(folder.join(name));
        }
        ways[0].took.push(took(&mut mig(folder, &["plan", ".", "-o", "plan.json"], &[]), None));
        ways[1].took.push(took(&mut mig(folder, &["apply", "plan.json", "--yes"], &[]), None));
        let _ = fs::remove_file(folder.join("typed.sqlite"));
        let typed = "sqlite3 old.sqlite .dump | sqlite3 -batch -bail typed.sqlite";
        ways[2].took.push(took(&mut command(folder, typed, &[]), None));
    }
    print(tables, "sqlite to sqlite", &ways);
}

/// The columns of every table in PostgreSQL.
const COLUMNS: &str = "(id int8 primary key, name text not null, amount numeric(12, 2), placed timestamp not null, paid bool not null)";

fn in_postgres(tables: u64, runs: u64) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    write_migration(
        folder,
        tables,
        "public.",
        "postgres { url = env.OLD_URL }",
        "postgres { url = env.NEW_URL }",
    );
    let server = Postgres::start();
    let old = server.database();
    // A transaction holds a lock for each table that it makes.
    old.execute(&format!(
        "do $$ begin
           for t in 0..{} loop
             execute format('create table t_%s {COLUMNS}', t);
             execute format('insert into t_%s select i, ''customer '' || i, i * 1.25, timestamp ''2010-01-01'' + i * interval ''37 s'',
               i %% 3 = 0 from generate_series(1::int8, 10) i', t);
             if t % 200 = 0 then commit; end if;
           end loop;
         end $$",
        tables - 1
    ));
    let mut ways = [
        Figures::of("mig plan"),
        Figures::of("mig apply"),
        Figures::of("psql | psql for each table"),
        Figures::of("pg_dump | psql"),
    ];
    for _ in 0..runs {
        let _ = fs::remove_dir_all(folder.join(".mig"));
        let new = server.database();
        let urls = [("OLD_URL", &old), ("NEW_URL", &new)];
        ways[0].took.push(took(&mut mig(folder, &["plan", ".", "-o", "plan.json"], &urls), Some(&server)));
        ways[1].took.push(took(&mut mig(folder, &["apply", "plan.json", "--yes"], &urls), Some(&server)));
        let new = server.database();
        let urls = [("OLD_URL", &old), ("NEW_URL", &new)];
        let some = (tables / 10).max(1);
        let typed = "for t in $(psql -XAtc \"select tablename from pg_tables where schemaname = 'public' limit LIMIT\" \"$OLD_URL\"); do
              psql -Xqc \"copy $t to stdout (format binary)\" \"$OLD_URL\" |
                psql -Xq -c \"create table $t COLUMNS\" -c \"copy $t from stdin (format binary)\" \"$NEW_URL\"
            done"
            .replace("COLUMNS", COLUMNS)
            .replace("LIMIT", &some.to_string());
        let of_some = took(&mut command(folder, &typed, &urls), Some(&server));
        let all = tables as f64 / some as f64;
        ways[2].took.push(Took {
            wall: of_some.wall * all,
            program: of_some.program * all,
            server: of_some.server * all,
        });
        let new = server.database();
        let urls = [("OLD_URL", &old), ("NEW_URL", &new)];
        let typed = "pg_dump \"$OLD_URL\" | psql -Xq \"$NEW_URL\" > /dev/null";
        ways[3].took.push(took(&mut command(folder, typed, &urls), Some(&server)));
    }
    print(tables, "postgres to postgres", &ways);
}

/// Runs a command that must succeed.
fn took(command: &mut Command, server: Option<&Postgres>) -> Took {
    let of_server = || server.map_or(0.0, Postgres::worked);
    let before = of_server();
    let Measured { seconds, worked, .. } = measure(command);
    Took { wall: seconds, program: worked, server: of_server() - before }
}

/// A migration of one family that takes all tables; `schema` is what stands before a table's name.
fn write_migration(folder: &Path, tables: u64, schema: &str, old: &str, new: &str) {
    let mut catalog = "\
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: { name: platform }
spec: { type: team, children: [] }
"
    .to_owned();
    for table in 0..tables {
        let _ = write!(
            catalog,
            "---
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata: {{ name: t-{table} }}
spec: {{ type: dataset, owner: platform }}
"
        );
    }
    fs::write(folder.join("catalog.yaml"), catalog).expect("the folder can be written");
    let source = format!(
        "\
migration many {{
  owner   = @group:platform
  catalog = files(\"catalog.yaml\")
}}

store old: {old}
store new: {new}

datasets all: old.{schema}* -> new.{schema}* {{
  select  = catalog where spec.type == \"dataset\"
  columns = same
}}

wave only {{ move = datasets }}
"
    );
    fs::write(folder.join("many.mig"), source).expect("the folder can be written");
}

fn mig(folder: &Path, arguments: &[&str], urls: &[(&str, &Database)]) -> Command {
    let mut mig = Command::new(env!("CARGO_BIN_EXE_mig"));
    mig.args(arguments).current_dir(folder).envs(urls.iter().map(|(name, database)| (name, database.url())));
    mig
}

/// A command of the shell.
fn command(folder: &Path, text: &str, urls: &[(&str, &Database)]) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-ec", text]).current_dir(folder);
    shell.envs(urls.iter().map(|(name, database)| (name, database.url())));
    shell
}

/// Runs a command of the shell that must succeed, at once.
fn shell(folder: &Path, text: &str, urls: &[(&str, &Database)]) {
    let said = File::create(folder.join("said")).expect("the folder can be written");
    let status = command(folder, text, urls).stdout(Stdio::from(said)).status().expect("sh runs");
    assert!(status.success(), "{text}");
}
