//! The wide table: a SQLite table of eight columns and as many rows as wanted, the same on every machine,
//! with the migration that takes it to PostgreSQL.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::{Database, MariadbDatabase};

/// The columns in order, as both databases name them.
pub const COLUMNS: [&str; 8] = ["id", "customer", "amount", "state", "placed_at", "email", "score", "paid"];

/// Fills `folder` with `old.sqlite` (table `events` of that many rows), a catalog of one dataset and one
/// consumer, and `wide.mig`, which moves the table to `public.events` of the PostgreSQL database at
/// `env.WIDE_PG_URL`, all columns by plain renames at most, in chunks of `chunk` rows.
///
/// # Panics
/// When the `sqlite3` client is missing or the folder cannot be written.
pub fn migration(folder: &Path, rows: u64, chunk: u64) {
    in_sqlite(&folder.join("old.sqlite"), rows);
    fs::write(folder.join("catalog.yaml"), CATALOG).expect("the folder can be written");
    fs::write(folder.join("wide.mig"), SOURCE.replace("CHUNK", &chunk.to_string()))
        .expect("the folder can be written");
}

/// Makes and fills the table `events` in a file of SQLite.
pub fn in_sqlite(database: &Path, rows: u64) {
    sqlite(
        database,
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

/// Makes and fills the same table in a database of MariaDB.
pub fn in_mariadb(database: &MariadbDatabase, rows: u64) {
    database.execute(&format!(
        "create table events (id bigint primary key, customer bigint not null, amount decimal(12, 2) not null,
           state varchar(40) not null, placed datetime not null, email varchar(100), score double not null,
           paid tinyint(1) not null);
         insert into events select seq, (seq * 7919) % 100003, ((seq * 104729) % 10000000) / 100,
           elt(seq % 4 + 1, 'new', 'paid', 'shipped', 'zurückgeschickt'),
           timestamp '2010-01-01 00:00:00' + interval (seq * 37) % 400000000 second,
           if(seq % 5 = 0, null, concat('customer', (seq * 7919) % 100003, '@example.org')),
           ((seq * 31) % 1000) / 8, seq % 3 = 0
         from seq_1_to_{rows};
         analyze table events"
    ));
}

/// Makes and fills the same table `events` in a database of PostgreSQL, where its times are called `placed`.
pub fn in_postgres(database: &Database, rows: u64) {
    database.execute(&format!(
        "create table events (id int8 primary key, customer int8 not null, amount numeric(12, 2) not null,
           state text not null, placed timestamp not null, email text, score float8 not null, paid bool not null);
         insert into events select i, (i * 7919) % 100003, ((i * 104729) % 10000000) / 100.0,
           (array['new', 'paid', 'shipped', 'zurückgeschickt'])[i % 4 + 1],
           timestamp '2010-01-01' + (i * 37) % 400000000 * interval '1 s',
           case when i % 5 = 0 then null else 'customer' || ((i * 7919) % 100003) || '@example.org' end,
           ((i * 31) % 1000) / 8.0, i % 3 = 0
         from generate_series(1::int8, {rows}) i;
         analyze events"
    ));
}

/// Runs statements with the `sqlite3` client and gives what it prints.
///
/// # Panics
/// When the client is missing or a statement fails.
pub fn sqlite(database: &Path, sql: &str) -> String {
    let output = Command::new("sqlite3")
        .args(["-batch", "-bail"])
        .arg(database)
        .arg(sql)
        .output()
        .expect("the sqlite3 client is installed (apt-get install sqlite3)");
    assert!(output.status.success(), "sqlite3: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("sqlite3 prints UTF-8")
}

/// Descriptors of the dataset, of who owns it and of who reads it.
pub const CATALOG: &str = "\
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: { name: platform }
spec: { type: team, children: [] }
---
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata: { name: events }
spec: { type: dataset, owner: platform }
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: { name: reports }
spec: { type: service, lifecycle: production, owner: platform, dependsOn: [resource:events] }
";

const SOURCE: &str = "\
migration wide {
  owner   = @group:platform
  catalog = files(\"catalog.yaml\")
}

store old: sqlite   { url = \"old.sqlite\" }
store new: postgres { url = env.WIDE_PG_URL, connections = 4 }

dataset events: old.events -> new.public.events {
  entity = @resource:events
  key    = id
  chunk  = CHUNK rows

  columns {
    id
    customer
    amount
    state
    placed_at: datetime = placed
    email
    score
    paid
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
