//! A database of MariaDB moves to PostgreSQL and from there into another of MariaDB.
//!
//! The databases' own clients compare what arrived with what was there, value by value.

use std::fs;
use std::path::Path;
use std::process::Command;

use mig_test_support::{Mariadb, Postgres};

const ROWS: usize = 2_000;

/// Every sort of value, of keys that a collation takes for one and of texts that look like something else.
const TABLE: &str = "
create table orders (
  code varchar(12) not null, line int not null, flag tinyint(1) not null, small smallint unsigned, big bigint unsigned,
  amount decimal(12, 2) not null, ratio double, name varchar(60) not null, note mediumtext, raw varbinary(300),
  day date, clock time(6), seen datetime(6), at timestamp(6) null, doc json, ident uuid not null,
  mood enum('sad', 'it''s', 'ß'), primary key (code, line)
) collate utf8mb4_unicode_ci;
insert into orders select
  concat(elt(1 + seq % 3, 'É', 'e_', 'Z%'), seq % 97), seq, seq % 2, nullif(seq * 31, 31), 18446744073709551615 - seq * seq,
  (cast(seq as signed) - 1000) * 7.25, nullif(seq / 8, 1), concat(elt(1 + seq % 4, '😀 ', '\\\\N', '''\"', 'Grüße\\n\\t'), seq),
  if(seq % 5 = 0, null, repeat('é', seq % 70)), unhex(repeat(lpad(hex(seq % 256), 2, '0'), seq % 9)),
  if(seq % 7 = 0, null, '1999-12-31' + interval seq day), sec_to_time(seq * 40 + 0.000001 * seq),
  '0999-12-31 23:59:59.999999' + interval seq month, '1970-01-01 00:00:01' + interval seq * 1000003 second,
  if(seq % 6 = 0, null, concat('{\"b\": ', seq, ', \"a\": [1.50, null, \"\\\\u00e9\"]}')),
  concat(lpad(hex(seq), 8, '0'), '-0000-4000-8000-0000000000ff'), 1 + seq % 3
from seq_1_to_2000;
update orders set mood = null where line % 11 = 0;
";

/// Each column as a text that both clients write alike: MariaDB's expression, then PostgreSQL's.
const COLUMNS: [(&str, &str); 17] = [
    ("hex(code)", "upper(encode(convert_to(code, 'UTF8'), 'hex'))"),
    ("line", "line"),
    ("flag", "flag::int"),
    ("small", "small"),
    ("big", "big"),
    ("amount", "amount"),
    ("ratio * 8", "ratio * 8"),
    ("hex(name)", "upper(encode(convert_to(name, 'UTF8'), 'hex'))"),
    ("hex(note)", "upper(encode(convert_to(note, 'UTF8'), 'hex'))"),
    ("hex(raw)", "upper(encode(raw, 'hex'))"),
    ("day", "day"),
    ("cast(clock as char)", "to_char(clock, 'HH24:MI:SS.US')"),
    ("cast(seen as char)", "to_char(seen, 'YYYY-MM-DD HH24:MI:SS.US')"),
    ("cast(at as char)", "to_char(at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"),
    ("hex(doc)", "upper(encode(convert_to(doc::text, 'UTF8'), 'hex'))"),
    ("ident", "ident"),
    ("hex(convert(mood using utf8mb4))", "upper(encode(convert_to(mood, 'UTF8'), 'hex'))"),
];

#[test]
fn to_postgres_and_back_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (first, last) = (Mariadb::shared().database(), Mariadb::shared().database());
    let between = Postgres::shared().database();
    first.execute(TABLE);
    let settings = [("OLD_URL", first.url()), ("PG_URL", between.url()), ("BACK_URL", last.url())];
    write(
        folder.path(),
        "there",
        "mysql { url = env.OLD_URL, connections = 4 }",
        "orders",
        "postgres { url = env.PG_URL }",
        "shop.orders",
    );
    write(
        folder.path(),
        "back",
        "postgres { url = env.PG_URL }",
        "shop.orders",
        "mysql { url = env.BACK_URL, connections = 4 }",
        "orders",
    );
    for way in ["there", "back"] {
        let here = folder.path().join(way);
        mig(&here, &["plan", ".", "-o", "plan.json"], &settings);
        let shown = mig(&here, &["apply", "plan.json", "--yes"], &settings);
        assert!(!shown.contains(Mariadb::PASSWORD), "a secret was shown:\n{shown}");
    }

    let of_mariadb = COLUMNS.map(|(value, _)| format!("coalesce(convert({value} using utf8mb4), '∅')"));
    let of_postgres = COLUMNS.map(|(_, value)| format!("coalesce(({value})::text, '∅')"));
    let select = format!("select concat_ws('¦', {}) from orders order by line", of_mariadb.join(", "));
    let old: Vec<String> = first.text(&select).lines().map(str::to_owned).collect();
    assert_eq!(old.len(), ROWS);
    let select_there =
        format!("select concat_ws('¦', {}) from shop.orders order by line", of_postgres.join(", "));
    let there: Vec<_> = between.rows(&select_there).into_iter().flatten().flatten().collect();
    assert_same(&old, &there, "in PostgreSQL");
    let back: Vec<String> = last.text(&select).lines().map(str::to_owned).collect();
    assert_same(&old, &back, "back in MariaDB");
    assert_eq!(last.text("select count(distinct code, line) from orders"), ROWS.to_string());

    // Both pairs are equal as mig sees it too, and one changed row is found.
    let diff = |old: &str, new: &str| {
        Command::new(env!("CARGO_BIN_EXE_mig"))
            .args(["diff", "--old", old, "--new", new, "--key", "line", "--format", "json"])
            .current_dir(folder.path())
            .envs(settings)
            .output()
            .expect("mig runs")
    };
    let equal = diff("mysql:env.OLD_URL#orders", "postgres:env.PG_URL#shop.orders");
    assert!(equal.status.success(), "{equal:?}");
    last.execute("update orders set name = concat(name, ' ') where line = 1234");
    let differs = diff("mysql:env.BACK_URL#orders", "postgres:env.PG_URL#shop.orders");
    assert!(!differs.status.success(), "{differs:?}");
    let found: serde_json::Value = serde_json::from_slice(&differs.stdout).expect("JSON");
    let found = found["comparisons"][0]["differences"].as_array().expect("a list");
    assert_eq!(found.len(), 1, "{differs:?}");
    assert_eq!(found[0]["key"], serde_json::json!([1234]));
    assert_eq!(found[0]["columns"][0]["column"], "name");
}

#[test]
fn what_mariadb_has_no_form_for_is_found_before_anything_is_copied() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (old, new) = (Postgres::shared().database(), Mariadb::shared().database());
    old.execute(
        "create table orders (code text, line int, total float8, ident uuid, doc json, primary key (code, line));
         insert into orders select 'a', line, line / 8.0, '00000000-0000-4000-8000-000000000000', '[[1]]'
         from generate_series(1, 1000) line;
         update orders set total = 'NaN' where line = 700;
         update orders set total = '-Infinity' where line = 900;
         update orders set ident = '00000000-0000-f000-0000-000000000000' where line = 901;
         update orders set doc = (repeat('[', 40) || repeat(']', 40))::json where line = 902",
    );
    let settings = [("PG_URL", old.url()), ("MARIADB_URL", new.url())];
    let (from, to) = (
        "postgres { url = env.PG_URL, connections = 1 }",
        "mysql { url = env.MARIADB_URL, connections = 1 }",
    );
    write(folder.path(), "there", from, "public.orders", to, "orders");
    let here = folder.path().join("there");
    mig(&here, &["plan", ".", "-o", "plan.json"], &settings);
    let shown = apply_fails(&here, &settings);
    for found in [
        "line 700): total is NaN",
        "line 900): total is -Infinity",
        "line 901): ident is",
        "line 902): doc is",
    ] {
        assert!(shown.contains(found), "{found} in {shown}");
    }
    assert!(!shown.contains("dry_run"), "{shown}");
    assert_eq!(new.text("show tables"), "");
}

#[test]
fn a_table_without_transactions_is_refused_before_anything_is_written_and_nothing_is_stuck() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (old, new) = (Postgres::shared().database(), Mariadb::shared().database());
    old.execute("create table orders (code int, line int, primary key (code, line)); insert into orders values (1, 1), (1, 2)");
    new.execute("create table orders (code int, line int, primary key (code, line)) engine = MyISAM");
    let settings = [("PG_URL", old.url()), ("MARIADB_URL", new.url())];
    let (from, to) = ("postgres { url = env.PG_URL }", "mysql { url = env.MARIADB_URL }");
    write(folder.path(), "there", from, "public.orders", to, "orders");
    let here = folder.path().join("there");
    mig(&here, &["plan", ".", "-o", "plan.json"], &settings);
    let shown = apply_fails(&here, &settings);
    assert!(shown.contains("alter table orders engine = InnoDB"), "{shown}");
    assert!(shown.contains("prepare") && !shown.contains("not undone"), "{shown}");
    assert_eq!(new.text("show tables"), "orders");
    new.execute("alter table orders engine = InnoDB");
    mig(&here, &["apply", "plan.json", "--yes"], &settings);
    assert_eq!(new.text("select count(*) from orders"), "2");
}

fn assert_same(old: &[String], new: &[String], place: &str) {
    assert_eq!(old.len(), new.len(), "rows {place}");
    for (old, new) in old.iter().zip(new) {
        assert_eq!(old, new, "{place}");
    }
}

/// A migration of one table in a folder of its own.
fn write(root: &Path, name: &str, old: &str, from: &str, new: &str, to: &str) {
    let folder = root.join(name);
    fs::create_dir_all(&folder).expect("a folder can be made");
    let catalog = "\
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: { name: platform }
spec: { type: team, children: [] }
---
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata: { name: orders }
spec: { type: dataset, owner: platform }
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: { name: reports }
spec: { type: service, lifecycle: production, owner: platform, dependsOn: [resource:orders] }
";
    fs::write(folder.join("catalog.yaml"), catalog).expect("the folder can be written");
    let source = format!(
        "migration {name} {{
  owner   = @group:platform
  catalog = files(\"catalog.yaml\")
}}

store old: {old}
store new: {new}

dataset orders: old.{from} -> new.{to} {{
  entity  = @resource:orders
  key     = [code, line]
  chunk   = 300 rows
  columns = same
}}

consumer reports: @component:reports {{
  reads    = [orders]
  cut_over = notify
}}

wave only {{
  move = orders, reports
}}
"
    );
    fs::write(folder.join("main.mig"), source).expect("the folder can be written");
}

/// Applies a plan that cannot be, and gives what it shows, on one line.
fn apply_fails(here: &Path, settings: &[(&str, &str)]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_mig"))
        .args(["apply", "plan.json", "--yes"])
        .current_dir(here)
        .envs(settings.iter().copied())
        .output()
        .expect("mig runs");
    let shown = String::from_utf8_lossy(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(!output.status.success(), "{shown}");
    shown
}

fn mig(folder: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_mig"))
        .args(arguments)
        .current_dir(folder)
        .envs(settings.iter().copied())
        .output()
        .expect("mig runs");
    let shown =
        format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "mig {arguments:?} in {}: {}\n{shown}", folder.display(), output.status);
    shown
}
