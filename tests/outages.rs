//! The world gets in the way in the middle of a copy between two servers: each time the run ends in a clear state,
//! and the same command goes on and loses and doubles nothing.

use std::fs;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use mig_test_support::{Database, Mariadb, MariadbDatabase, Postgres, Proxy, Session, wide};

const ROWS: u64 = 12_000;
const CHUNK: u64 = 200;
/// Bytes a second to the new store until the fault has come, which has a quarter of a minute for that.
const SLOW: u64 = 40_000;

/// One of the two servers, with a database of the test's own.
enum Side {
    Postgres(Box<Database>),
    Mariadb(MariadbDatabase),
}

impl Side {
    fn kind(&self) -> &'static str {
        match self {
            Self::Postgres(_) => "postgres",
            Self::Mariadb(_) => "mysql",
        }
    }

    fn url(&self) -> &str {
        match self {
            Self::Postgres(database) => database.url(),
            Self::Mariadb(database) => database.url(),
        }
    }

    fn port(&self) -> u16 {
        let (_, behind) = self.url().rsplit_once(':').expect("a port");
        let (port, _) = behind.split_once('/').expect("a database");
        port.parse().expect("a port")
    }

    fn table(&self) -> &'static str {
        match self {
            Self::Postgres(_) => "public.events",
            Self::Mariadb(_) => "events",
        }
    }

    fn execute(&self, sql: &str) {
        match self {
            Self::Postgres(database) => database.execute(sql),
            Self::Mariadb(database) => database.execute(sql),
        }
    }

    fn value(&self, sql: &str) -> String {
        match self {
            Self::Postgres(database) => database.value(sql),
            Self::Mariadb(database) => database.text(sql),
        }
    }

    fn fill(&self) {
        match self {
            Self::Postgres(database) => wide::in_postgres(database, ROWS),
            Self::Mariadb(database) => database.execute(&format!(
                "create table events (id bigint primary key, customer bigint not null, amount decimal(12, 2) not null,
                   state varchar(40) not null, placed datetime not null, email varchar(90), score double not null,
                   paid tinyint(1) not null);
                 insert into events select seq, seq * 7919 % 100003, seq * 104729 % 10000000 / 100,
                   elt(seq % 4 + 1, 'new', 'paid', 'shipped', 'zurückgeschickt'),
                   '2010-01-01' + interval seq * 37 % 400000000 second,
                   if(seq % 5 = 0, null, concat('customer', seq * 7919 % 100003, '@example.org')), seq * 31 % 1000 / 8,
                   seq % 3 = 0
                 from seq_1_to_{ROWS}"
            )),
        }
    }

    /// How many chunks are there, by their receipts.
    fn chunks(&self) -> u64 {
        let there = "select count(*) from information_schema.tables where table_name = '_mig_receipts' and table_schema = ";
        let schema = match self {
            Self::Postgres(_) => "'public'",
            Self::Mariadb(_) => "database()",
        };
        if self.value(&format!("{there}{schema}")) == "0" {
            return 0;
        }
        self.value("select count(*) from _mig_receipts").parse().expect("a count")
    }

    /// Keeps everybody from writing into the table, until it is dropped. In MariaDB it is the lock of a writer, which
    /// those who come later do not overtake.
    fn hold_the_table(&self) -> Session {
        let (mut session, lock) = match self {
            Self::Postgres(database) => (database.session(), "begin; lock table events in exclusive mode"),
            Self::Mariadb(database) => (database.session(), "lock tables events write"),
        };
        session.run(lock);
        session
    }

    fn has_table(&self) -> bool {
        let schema = match self {
            Self::Postgres(_) => "'public'",
            Self::Mariadb(_) => "database()",
        };
        let sql =
            "select count(*) from information_schema.tables where table_name = 'events' and table_schema = ";
        self.value(&format!("{sql}{schema}")) == "1"
    }
}

/// A migration between two servers, each behind a proxy.
struct Site {
    folder: tempfile::TempDir,
    old: Side,
    new: Side,
    before_old: Proxy,
    before_new: Proxy,
}

impl Site {
    fn new(old: Side, new: Side) -> Self {
        old.fill();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let source = format!(
            "migration outage {{\n  owner   = @group:platform\n  catalog = files(\"catalog.yaml\")\n}}\n\n\
             store old: {} {{ url = env.OLD_URL, connections = 2 }}\nstore new: {} {{ url = env.NEW_URL, connections = 2 }}\n\n\
             dataset events: old.{} -> new.{} {{\n  entity  = @resource:events\n  key     = id\n  \
             chunk   = {CHUNK} rows\n  columns = same\n}}\n\n\
             consumer reports: @component:reports {{\n  reads    = [events]\n  cut_over = notify\n}}\n\n\
             wave only {{\n  move = events, reports\n}}\n",
            old.kind(),
            new.kind(),
            old.table(),
            new.table()
        );
        fs::write(folder.path().join("catalog.yaml"), wide::CATALOG).expect("the folder can be written");
        fs::write(folder.path().join("main.mig"), source).expect("the folder can be written");
        let (before_old, before_new) = (Proxy::to(old.port()), Proxy::to(new.port()));
        let site = Self { folder, old, new, before_old, before_new };
        let planned = site.mig(&["plan", ".", "-o", "plan.json"]).output().expect("mig runs");
        assert!(planned.status.success(), "{planned:?}");
        site
    }

    /// From each engine to the other.
    fn both_ways() -> [Self; 2] {
        let postgres = || Side::Postgres(Box::new(Postgres::shared().database()));
        let mariadb = || Side::Mariadb(Mariadb::shared().database());
        [Self::new(postgres(), mariadb()), Self::new(mariadb(), postgres())]
    }

    fn mig(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mig"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("OLD_URL", self.before_old.url(self.old.url()))
            .env("NEW_URL", self.before_new.url(self.new.url()))
            .stdin(Stdio::null());
        command
    }

    /// Begins to apply the plan, slowly, and gives the run when so many more chunks are there.
    fn begin(&self, chunks: u64) -> Child {
        self.before_new.slow(SLOW);
        let wanted = self.new.chunks() + chunks;
        let mut apply = self.mig(&["apply", "plan.json", "--yes"]);
        let mut run = apply.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("mig starts");
        let start = Instant::now();
        while self.new.chunks() < wanted {
            assert!(run.try_wait().expect("mig can be asked").is_none(), "mig ended too early");
            assert!(start.elapsed() < Duration::from_secs(300), "chunk {wanted} did not come");
            std::thread::sleep(Duration::from_millis(20));
        }
        run
    }

    /// Lets everything through again, and waits for the end of the run: its code and what it said.
    fn end(&self, run: Child) -> (i32, String) {
        self.before_new.slow(0);
        shown(&run.wait_with_output().expect("mig can be waited for"))
    }

    /// Whether a try of the run has failed with these words.
    fn has_failed(&self, words: &str) -> bool {
        let journal = rusqlite::Connection::open(self.folder.path().join(".mig/journal.db"));
        let journal = journal.expect("the journal");
        journal.busy_timeout(Duration::from_secs(60)).expect("a timeout");
        let failed = "select count(*) from events where event like '%' || ?1 || '%'";
        journal.query_row(failed, [words], |row| row.get::<_, i64>(0)).expect("the journal") > 0
    }

    fn apply(&self) -> (i32, String) {
        shown(&self.mig(&["apply", "plan.json", "--yes"]).output().expect("mig runs"))
    }

    fn require_moved(&self) {
        let sums = "select concat_ws(' ', count(*), count(distinct id), sum(customer), sum(amount), count(email), sum(score)) from events";
        assert_eq!(self.old.value(sums), self.new.value(sums));
        let diff = self.mig(&["diff", "."]).output().expect("mig runs");
        assert!(diff.status.success(), "{diff:?}");
    }
}

fn shown(output: &Output) -> (i32, String) {
    let text =
        [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat();
    (output.status.code().expect("mig was not killed"), text)
}

#[test]
fn connections_that_are_cut_are_made_anew() {
    for site in Site::both_ways() {
        let run = site.begin(2);
        site.before_old.cut();
        std::thread::sleep(Duration::from_millis(200));
        site.before_new.cut();
        let (code, said) = site.end(run);
        assert_eq!(code, 0, "{said}");
        site.require_moved();
    }
}

#[test]
fn a_server_that_is_killed_leaves_the_run_stuck_and_the_same_command_goes_on() {
    let (postgres, mariadb) = (Postgres::start(), Mariadb::start());
    let there = || (Side::Postgres(Box::new(postgres.database())), Side::Mariadb(mariadb.database()));
    let stop = |side: &Side| match side {
        Side::Postgres(_) => postgres.stop(),
        Side::Mariadb(_) => mariadb.stop(),
    };
    let start_again = |side: &Side| match side {
        Side::Postgres(_) => postgres.start_again(),
        Side::Mariadb(_) => mariadb.start_again(),
    };
    let ((postgres_side, mariadb_side), (into_postgres, from_mariadb)) = (there(), there());
    for site in [Site::new(postgres_side, mariadb_side), Site::new(from_mariadb, into_postgres)] {
        // What somebody sees may be in no log yet.
        let run = site.begin(4);
        stop(&site.new);
        let (code, said) = site.end(run);
        assert_eq!(code, 5, "{said}");
        let is_shown = |password| said.contains(password);
        assert!(
            said.contains("run again") && ![Mariadb::PASSWORD, Postgres::PASSWORD].into_iter().any(is_shown),
            "{said}"
        );
        start_again(&site.new);
        let there = site.new.chunks();
        assert!((2..ROWS / CHUNK).contains(&there), "what was committed is there: {there}");
        let run = site.begin(2);
        stop(&site.old);
        let (code, said) = site.end(run);
        assert_eq!(code, 5, "{said}");
        start_again(&site.old);
        let (code, said) = site.apply();
        assert_eq!(code, 0, "{said}");
        site.require_moved();
    }
}

/// A store waits 30 seconds for a lock. A try that waited in vain is made again.
#[test]
fn a_lock_that_is_held_for_longer_than_a_try_is_waited_for_by_the_next() {
    std::thread::scope(|scope| {
        for site in Site::both_ways() {
            scope.spawn(move || {
                let run = site.begin(2);
                let held = site.new.hold_the_table();
                let start = Instant::now();
                while !site.has_failed("somebody else holds a lock") {
                    assert!(start.elapsed() < Duration::from_secs(300), "no try gives up");
                    std::thread::sleep(Duration::from_millis(100));
                }
                drop(held);
                let (code, said) = site.end(run);
                assert_eq!(code, 0, "{said}");
                site.require_moved();
            });
        }
    });
}

#[test]
fn a_lock_that_somebody_holds_is_waited_for() {
    std::thread::scope(|scope| {
        for site in Site::both_ways() {
            scope.spawn(move || {
                let run = site.begin(2);
                let held = site.new.hold_the_table();
                let there = site.new.chunks();
                std::thread::sleep(Duration::from_secs(5));
                assert_eq!(site.new.chunks(), there, "nobody writes meanwhile");
                drop(held);
                let (code, said) = site.end(run);
                assert_eq!(code, 0, "{said}");
                assert!(there < ROWS / CHUNK, "the lock came in the middle");
                site.require_moved();
            });
        }
    });
}

#[test]
fn a_row_of_somebody_else_in_the_new_table_is_named_and_kept() {
    for site in Site::both_ways() {
        let run = site.begin(2);
        site.new.execute(&format!(
            "insert into events values ({ROWS}, 1, 1, 'mine', '2024-01-01 00:00:00', null, 1, true)"
        ));
        let (code, said) = site.end(run);
        assert_eq!(code, 5, "what mig did not write is not deleted: {said}");
        assert!(said.contains(&ROWS.to_string()), "the key is named: {said}");
        // A key that a table gets at the end has not kept mig's own row with it out.
        assert_eq!(
            site.new.value(&format!("select count(*) from events where id = {ROWS} and state = 'mine'")),
            "1"
        );
        site.new.execute("delete from events where state = 'mine'");
        let (code, said) = site.apply();
        assert_eq!(code, 4, "{said}");
        assert!(!site.new.has_table(), "all that mig made is gone");
    }
}

#[test]
fn a_column_that_is_gone_in_the_middle_is_named_and_all_is_undone() {
    for site in Site::both_ways() {
        let run = site.begin(2);
        site.old.execute("alter table events drop column email");
        let (code, said) = site.end(run);
        assert_eq!(code, 4, "{said}");
        assert!(said.contains("email"), "{said}");
        assert!(!site.new.has_table(), "all that mig made is gone");
        assert_eq!(site.old.value("select count(*) from events"), ROWS.to_string());
    }
}

#[test]
fn a_connection_that_reads_slowly_is_waited_for() {
    for site in Site::both_ways() {
        site.before_old.slow(2 * SLOW);
        let run = site.begin(2);
        let started = Instant::now();
        // A reader that stands still while the other side takes its time.
        site.before_new.slow(SLOW / 10);
        std::thread::sleep(Duration::from_secs(3));
        site.before_old.slow(0);
        let (code, said) = site.end(run);
        assert_eq!(code, 0, "{said}");
        assert!(started.elapsed() > Duration::from_secs(3));
        site.require_moved();
    }
}
