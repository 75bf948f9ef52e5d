//! A real PostgreSQL server on a free port, with password login over TCP, and over TLS where a test wants it.
//!
//! As root the server runs as the user `postgres`, because PostgreSQL refuses root.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{AssertSqlSafe, Column as _, Connection as _, Row as _, ValueRef as _};

use crate::keeper::{Keeper, give, unprivileged};
use crate::measure::{Worked, worked_for};
use crate::port::{Port, on_free_port};
use crate::session::Session;

/// Whom the server runs as.
const USER: &str = "postgres";
const INSTALL: &str = "apt-get update && apt-get install -y postgresql openssl";
const START_WITHIN: Duration = Duration::from_secs(300);

/// A running server. Dropping it kills it and removes its folder.
pub struct Postgres {
    folder: PathBuf,
    keeper: Keeper,
    // Given back when the server is gone.
    port: Port,
    databases: AtomicU32,
}

/// A database of its own for one test.
pub struct Database {
    options: PgConnectOptions,
    url: String,
}

impl Postgres {
    /// The user that every test logs in as; a superuser.
    pub const USER: &'static str = "mig";
    /// The user's password: a word that must never appear in an error.
    pub const PASSWORD: &'static str = "xyzzy-secret";

    /// The server that all tests of a process share, started by the first that asks. It does nothing by itself: what
    /// it knows of a table's rows and where they stand changes when a test says so.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(|| Self::start_with(&["-c", "autovacuum=off"]))
    }

    /// Starts a server of one's own, for tests that stop it.
    ///
    /// # Panics
    /// When PostgreSQL is not installed (saying how to), or does not start.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    fn start_with(settings: &[&str]) -> Self {
        let programs = programs();
        on_free_port(|port| Self::try_start(&programs, settings, port))
    }

    fn try_start(programs: &Path, settings: &[&str], port: Port) -> Option<Self> {
        let folder =
            tempfile::Builder::new().prefix("mig-postgres-").tempdir().expect("a temporary folder").keep();
        let data = folder.join("data");
        let password = folder.join("password");
        fs::write(&password, Self::PASSWORD).expect("the password file");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("permissions");
        give(USER, &[&folder, &password]);
        let made = unprivileged(USER, &programs.join("initdb"))
            .args(["--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256"])
            .args(["--username", Self::USER, "--pwfile"])
            .arg(&password)
            .arg("--pgdata")
            .arg(&data)
            .current_dir("/")
            .output()
            .expect("initdb runs");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let (certificate, key) = (folder.join("server.crt"), folder.join("server.key"));
        let made = unprivileged(USER, Path::new("openssl"))
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
            .args(["-days", "2", "-subj", "/CN=localhost", "-keyout"])
            .arg(&key)
            .arg("-out")
            .arg(&certificate)
            .current_dir("/")
            .output()
            .expect("openssl runs");
        assert!(made.status.success(), "openssl: {}", String::from_utf8_lossy(&made.stderr));

        let keeper = Keeper::new(USER, &folder, "QUIT", &programs.join("postgres"), |command| {
            command
                .arg("-D")
                .arg(&data)
                .arg("-k")
                .arg(&folder)
                .args(["-p", &port.number().to_string(), "-h", "127.0.0.1"])
                // Safe while only processes die: a commit that was answered is with the operating system.
                .args(["-c", "fsync=off", "-c", "full_page_writes=off"])
                .args(settings)
                .args(["-c", "max_connections=300", "-c", "ssl=on", "-c"])
                .arg(setting("ssl_cert_file", &certificate))
                .arg("-c")
                .arg(setting("ssl_key_file", &key));
        });
        let server = Self { folder, keeper, port, databases: AtomicU32::new(0) };
        server.keeper.tell("start");
        server.wait_until_ready().then_some(server)
    }

    /// Kills the server at once, as if the power failed: connections break, nothing is shut down in order.
    pub fn stop(&self) {
        self.keeper.tell("stop");
    }

    /// Starts the server again on the same port and data, and waits until it answers.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start_again(&self) {
        self.keeper.tell("start");
        assert!(self.wait_until_ready(), "the port was taken while the server was down");
    }

    /// The port it listens on, at 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port.number()
    }

    /// How long processors have worked for the server since it was started, in seconds.
    ///
    /// # Panics
    /// When it is not running.
    pub fn worked(&self) -> f64 {
        let written = fs::read_to_string(self.folder.join("data/postmaster.pid")).expect("it runs");
        let server = written.lines().next().and_then(|line| line.parse().ok()).expect("its process");
        let Worked { own, ended, .. } = worked_for(server);
        let processes = fs::read_dir("/proc").expect("a system with /proc").flatten();
        let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let for_connections = numbers.map(worked_for).filter(|worked| worked.parent == server);
        own + ended + for_connections.map(|worked| worked.own).sum::<f64>()
    }

    /// A fresh and empty database.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn database(&self) -> Database {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.named("postgres").execute(&format!("create database {name}"));
        self.named(&name)
    }

    fn named(&self, database: &str) -> Database {
        let options = PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(self.port())
            .username(Self::USER)
            .password(Self::PASSWORD)
            .database(database);
        let url =
            format!("postgres://{}:{}@127.0.0.1:{}/{database}", Self::USER, Self::PASSWORD, self.port());
        Database { options: options.ssl_mode(PgSslMode::Disable), url }
    }

    /// Waits for the first answer; false when the port belongs to somebody else.
    fn wait_until_ready(&self) -> bool {
        let started = Instant::now();
        let database = self.named("postgres");
        loop {
            let Err(error) = database.try_rows("select 1") else { return true };
            let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            if log.contains("Address already in use") {
                return false;
            }
            assert!(started.elapsed() < START_WITHIN, "PostgreSQL does not start: {error}\n{log}");
            std::thread::sleep(Duration::from_millis(30));
        }
    }
}

impl Database {
    /// Its URL, with the password. What `sslmode` is added decides about TLS; without one the client does, and
    /// the server's certificate is signed by nobody whom a client knows.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Runs statements, separated by semicolons.
    ///
    /// # Panics
    /// When one of them fails.
    pub fn execute(&self, sql: &str) {
        self.rows(sql);
    }

    /// Runs a statement and gives its rows, each value in PostgreSQL's text form.
    ///
    /// # Panics
    /// When it fails.
    pub fn rows(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        self.try_rows(sql).unwrap_or_else(|error| panic!("{error}, in: {sql}"))
    }

    /// The one value that a statement gives, in PostgreSQL's text form; nulls are empty.
    ///
    /// # Panics
    /// When it fails or gives no row.
    pub fn value(&self, sql: &str) -> String {
        let first = self.rows(sql).into_iter().next().and_then(|row| row.into_iter().next());
        first.unwrap_or_else(|| panic!("no row, in: {sql}")).unwrap_or_default()
    }

    /// A conversation with it.
    ///
    /// # Panics
    /// When `psql` is not installed.
    pub fn session(&self) -> Session {
        Session::start(
            Command::new("psql")
                .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"])
                .args(["--dbname", &self.url]),
        )
    }

    /// Runs on a thread of its own, so that it may be called with or without a runtime around.
    fn try_rows(&self, sql: &str) -> Result<Vec<Vec<Option<String>>>, sqlx::Error> {
        let run = || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut connection = PgConnection::connect_with(&self.options).await?;
                let rows = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(&mut connection).await?;
                connection.close().await?;
                rows.iter()
                    .map(|row| {
                        row.columns()
                            .iter()
                            .map(|column| {
                                let value = row.try_get_raw(column.ordinal())?;
                                let text = (!value.is_null()).then(|| value.as_str().map(str::to_owned));
                                text.transpose().map_err(sqlx::Error::Decode)
                            })
                            .collect()
                    })
                    .collect()
            })
        };
        std::thread::scope(|scope| scope.spawn(run).join().expect("no panic while asking PostgreSQL"))
    }
}

/// The folder of the newest server's programs.
fn programs() -> PathBuf {
    let version = |path: &PathBuf| -> u32 {
        path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse().ok()).unwrap_or(0)
    };
    let mut installed: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    installed.sort_by_key(version);
    let debian = installed.into_iter().rev().map(|path| path.join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    debian
        .chain(std::env::split_paths(&path))
        .find(|folder| folder.join("initdb").exists() && folder.join("postgres").exists())
        .unwrap_or_else(|| panic!("PostgreSQL's server is not installed; install it: {INSTALL}"))
}

/// A setting of the server's whose value is a path.
fn setting(name: &str, path: &Path) -> String {
    format!("{name}={}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_answers_and_leaves_nothing_behind() {
        let server = Postgres::start();
        let database = server.database();
        database.execute("create table t (a int, b text); insert into t values (1, 'x'), (2, null)");
        assert_eq!(
            database.rows("select * from t order by a"),
            [[Some("1".to_owned()), Some("x".to_owned())], [Some("2".to_owned()), None]]
        );
        let folder = server.folder.clone();
        drop(server);
        assert!(!folder.exists());
        assert!(database.try_rows("select 1").is_err());
    }

    #[test]
    fn a_server_that_was_killed_comes_back_with_its_data() {
        let server = Postgres::start();
        let database = server.database();
        database.execute("create table t (a int)");
        server.stop();
        assert!(database.try_rows("select 1").is_err());
        server.start_again();
        assert_eq!(database.value("select count(*) from t"), "0");
    }

    #[test]
    fn a_wrong_password_is_refused() {
        let database = Postgres::shared().database();
        let options = database.options.clone().password("wrong");
        let database = Database { options, url: String::new() };
        let error = database.try_rows("select 1").expect_err("the password is wrong").to_string();
        assert!(error.contains("password authentication failed"), "{error}");
    }
}
