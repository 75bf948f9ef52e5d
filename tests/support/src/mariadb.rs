//! A real MariaDB server on a free port, with password login over TCP.
//!
//! As root the server runs as the user `nobody`: the packages of the server's programs alone make no user, and
//! start no service.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::keeper::{Keeper, give, unprivileged};
use crate::port::{Port, on_free_port};
use crate::session::Session;

/// Whom the server runs as.
const USER: &str = "nobody";
const INSTALL: &str = "apt-get update && apt-get install -y mariadb-server-core mariadb-client-core";
const START_WITHIN: Duration = Duration::from_secs(300);

/// A running server. Dropping it kills it and removes its folder.
pub struct Mariadb {
    folder: PathBuf,
    keeper: Keeper,
    // Given back when the server is gone.
    port: Port,
    databases: AtomicU32,
}

/// A database of its own for one test.
pub struct MariadbDatabase {
    port: u16,
    name: String,
    url: String,
}

impl Mariadb {
    /// The user that every test logs in as; it may do everything.
    pub const USER: &'static str = "mig";
    /// The user's password: a word that must never appear in an error.
    pub const PASSWORD: &'static str = "xyzzy-secret";

    /// The server that all tests of a process share, started by the first that asks.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Mariadb> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// Starts a server of one's own, for tests that stop it.
    ///
    /// # Panics
    /// When MariaDB is not installed (saying how to), or does not start.
    pub fn start() -> Self {
        on_free_port(Self::try_start)
    }

    fn try_start(port: Port) -> Option<Self> {
        let server = program(&["mariadbd", "mysqld"]);
        let folder =
            tempfile::Builder::new().prefix("mig-mariadb-").tempdir().expect("a temporary folder").keep();
        let (data, first) = (folder.join("data"), folder.join("first.sql"));
        let grant = format!(
            "create user if not exists '{}'@'%' identified by '{}';\ngrant all on *.* to '{}'@'%' with grant option;\n",
            Self::USER,
            Self::PASSWORD,
            Self::USER
        );
        fs::write(&first, grant).expect("the first statements");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("permissions");
        give(USER, &[&folder, &first]);
        let made = unprivileged(USER, &program(&["mariadb-install-db", "mysql_install_db"]))
            .args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"])
            .args(["--skip-name-resolve", "--innodb-log-file-size=8M", "--innodb-flush-log-at-trx-commit=0"])
            .arg(setting("--datadir", &data))
            .arg(setting("--tmpdir", &folder))
            .current_dir("/")
            .output()
            .expect("mariadb-install-db runs");
        assert!(made.status.success(), "mariadb-install-db: {}", String::from_utf8_lossy(&made.stderr));
        let keeper = Keeper::new(USER, &folder, "KILL", &server, |command| {
            command
                .arg("--no-defaults")
                .arg(setting("--datadir", &data))
                // A server that starts removes the temporary tables of all servers that have the same folder for them.
                .arg(setting("--tmpdir", &folder))
                .arg(setting("--socket", &folder.join("socket")))
                .arg(setting("--pid-file", &folder.join("pid")))
                .arg(setting("--init-file", &first))
                .arg(format!("--port={}", port.number()))
                .args(["--bind-address=127.0.0.1", "--skip-name-resolve", "--max-connections=300"])
                .args(["--innodb-buffer-pool-size=64M", "--innodb-log-file-size=48M"])
                // Safe while only processes die: a commit that was answered is with the operating system.
                .arg("--innodb-flush-log-at-trx-commit=2");
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

    /// A fresh and empty database. Its own texts ignore case, as most do; mig's must not.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn database(&self) -> MariadbDatabase {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let made = format!("create database {name} character set utf8mb4 collate utf8mb4_general_ci");
        self.named("mysql").execute(&made);
        self.named(&name)
    }

    fn named(&self, database: &str) -> MariadbDatabase {
        let url = format!("mysql://{}:{}@127.0.0.1:{}/{database}", Self::USER, Self::PASSWORD, self.port());
        MariadbDatabase { port: self.port(), name: database.to_owned(), url }
    }

    /// Waits for the first answer; false when the port belongs to somebody else.
    fn wait_until_ready(&self) -> bool {
        let started = Instant::now();
        let database = self.named("mysql");
        loop {
            let Err(error) = database.try_execute("select 1") else { return true };
            let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            if log.contains("Address already in use") {
                return false;
            }
            assert!(started.elapsed() < START_WITHIN, "MariaDB does not start: {error}\n{log}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl MariadbDatabase {
    /// Its URL, with the password.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs statements with MariaDB's own client, in whatever mode the server is.
    ///
    /// # Panics
    /// When one of them fails.
    pub fn execute(&self, sql: &str) {
        self.text(sql);
    }

    /// What statements give, as MariaDB's own client prints it: a line for each row, tabs between values.
    ///
    /// # Panics
    /// When one of them fails.
    pub fn text(&self, sql: &str) -> String {
        self.try_execute(sql).unwrap_or_else(|error| panic!("{error}, in: {sql}"))
    }

    /// A conversation with it.
    ///
    /// # Panics
    /// When MariaDB's own client is not installed.
    pub fn session(&self) -> Session {
        Session::start(self.client().arg("--unbuffered"))
    }

    fn try_execute(&self, sql: &str) -> Result<String, String> {
        let output = self.client().args(["--execute", sql]).output().expect("MariaDB's client runs");
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
        }
    }

    fn client(&self) -> Command {
        let mut client = Command::new(program(&["mariadb", "mysql"]));
        client
            .args(["--no-defaults", "--protocol=tcp", "--host=127.0.0.1", "--default-character-set=utf8mb4"])
            .args(["--batch", "--skip-column-names", "--init-command=set time_zone = '+00:00'"])
            .arg(format!("--port={}", self.port))
            .arg(format!("--user={}", Mariadb::USER))
            .arg(format!("--database={}", self.name))
            .env("MYSQL_PWD", Mariadb::PASSWORD);
        client
    }
}

/// A setting whose value is a path.
fn setting(name: &str, path: &Path) -> String {
    format!("{name}={}", path.display())
}

/// The first of these programs that is installed. Servers are where only root's path leads.
fn program(names: &[&str]) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> =
        std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/bin".into()]).collect();
    let found = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    found
        .into_iter()
        .find(|program| program.exists())
        .unwrap_or_else(|| panic!("{} is not installed; install it: {INSTALL}", names[0]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_answers_comes_back_with_its_data_and_leaves_nothing_behind() {
        let server = Mariadb::start();
        let database = server.database();
        database.execute("create table t (a int, b text); insert into t values (1, 'x'), (2, null)");
        server.stop();
        assert!(database.try_execute("select 1").is_err());
        server.start_again();
        assert_eq!(database.text("select * from t order by a"), "1\tx\n2\tNULL");
        let folder = server.folder.clone();
        drop(server);
        assert!(!folder.exists());
        assert!(database.try_execute("select 1").is_err());
    }
}
