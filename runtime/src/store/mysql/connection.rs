//! Connections to one server: opened when one is needed, kept while idle, given back only whole.
//!
//! Not sqlx's pool, which waits out its whole patience when a server refuses connections, and then has
//! forgotten why. How many are used at once is the budget's business.

use std::ops::{Deref, DerefMut};
use std::str::FromStr;
use std::sync::Arc;

use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlRow};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _};

use super::errors::{number, store_error};
use super::types::Dialect;
use crate::store::server::{Idle, Server};
use crate::store::{Address, StoreError};

/// What every connection is set to. Values that do not fit are errors, zero is no order to number a row, and a
/// backslash stands for itself, which quoting relies on. A copy may run for hours and wait for its other end, but
/// nobody waits for a lock that long. Zero dates may be compared with, so that they can be found.
const SETTINGS: &str = "set session sql_mode = \
     'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO,NO_BACKSLASH_ESCAPES', \
     time_zone = '+00:00', wait_timeout = 86400, net_read_timeout = 86400, net_write_timeout = 86400, \
     innodb_lock_wait_timeout = 30, lock_wait_timeout = 30";

/// What either server has of its own: statements and transactions that take long are not stopped.
const OF_MARIADB: &str = "set session max_statement_time = 0, idle_transaction_timeout = 0, \
     idle_write_transaction_timeout = 0, idle_readonly_transaction_timeout = 0";
const OF_MYSQL: &str = "set session max_execution_time = 0";

/// What a server says of itself when a connection begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Traits {
    /// Which of the two it is, and how old.
    pub(super) dialect: Dialect,
    /// Bytes that one statement may have with its values.
    pub(super) packet: usize,
    /// Whether names of tables have no case.
    pub(super) folds_names: bool,
}

/// A server and the idle connections to it.
#[derive(Clone)]
pub(super) struct Connections(Arc<Inner>);

struct Inner {
    options: MySqlConnectOptions,
    server: Server,
    idle: Idle<(MySqlConnection, Traits)>,
}

impl Connections {
    /// Reads a URL; no connection is made.
    ///
    /// # Errors
    /// When it is no URL of MySQL's with a database in it. The text never has a part of it, since any part may be
    /// a secret.
    pub(super) fn new(url: &str, most_idle: usize) -> Result<Self, StoreError> {
        // MariaDB's own tools write the same URL with its own name.
        let url = url.replacen("mariadb://", "mysql://", 1);
        let options = url.starts_with("mysql://").then(|| MySqlConnectOptions::from_str(&url).ok()).flatten();
        let named = options.and_then(|options| {
            let database = options.get_database().filter(|database| !database.is_empty())?.to_owned();
            Some((options, database))
        });
        let (options, database) = named.ok_or_else(|| {
            StoreError::Refused(
                "a mysql store's url is mysql://USER:PASSWORD@HOST:PORT/DATABASE, with special characters \
                 percent-encoded; this one is not"
                    .to_owned(),
            )
        })?;
        let options =
            options.charset("utf8mb4").timezone(Some("+00:00".to_owned())).disable_statement_logging();
        let server = Server {
            engine: "MySQL",
            host: options.get_host().to_owned(),
            port: options.get_port(),
            socket: options.get_socket().cloned(),
            database,
            user: options.get_username().to_owned(),
        };
        Ok(Self(Arc::new(Inner { options, server, idle: Idle::new(most_idle) })))
    }

    /// Where the server is.
    pub(super) fn address(&self) -> Address {
        self.0.server.address("mysql")
    }

    /// The database that is the store.
    pub(super) fn database(&self) -> &str {
        &self.0.server.database
    }

    /// What an error means.
    pub(super) fn error(&self, error: sqlx::Error) -> StoreError {
        store_error(&self.0.server, error)
    }

    /// A connection that answers.
    ///
    /// # Errors
    /// When the server is out of reach or refuses the login.
    pub(super) async fn lease(&self) -> Result<Lease, StoreError> {
        loop {
            let idle = self.0.idle.take();
            let Some(((mut connection, traits), doubtful)) = idle else { break };
            // One that was broken while it lay idle is dropped, and the next is tried.
            if !doubtful || connection.ping().await.is_ok() {
                return Ok(Lease { connection, traits, home: self.clone() });
            }
        }
        let connect = async {
            let mut connection = MySqlConnection::connect_with(&self.0.options).await?;
            run(&mut connection, SETTINGS).await?;
            let traits = traits(&mut connection).await?;
            let of_its_own = if traits.dialect.is_mariadb() { OF_MARIADB } else { OF_MYSQL };
            run(&mut connection, of_its_own).await?;
            Ok((connection, traits))
        };
        match self.0.server.answer(connect).await? {
            Ok((connection, traits)) => Ok(Lease { connection, traits, home: self.clone() }),
            Err(error) => Err(self.error(error)),
        }
    }
}

/// A connection in use. Dropped, it is closed, and the server rolls back what was begun on it.
pub(super) struct Lease {
    connection: MySqlConnection,
    traits: Traits,
    home: Connections,
}

impl Lease {
    /// Whose connection it is, to say what an error means while the connection is busy.
    pub(super) fn home(&self) -> Connections {
        self.home.clone()
    }

    /// What the server says of itself.
    pub(super) fn traits(&self) -> Traits {
        self.traits
    }

    /// The database that is the store, in quotes as a value.
    pub(super) fn database(&self) -> String {
        super::names::literal(self.home.database())
    }

    /// Gives the connection back when all went well, and the result on.
    ///
    /// # Errors
    /// Whatever the result is; then the connection is closed, since nobody knows what state it is in.
    pub(super) fn give_back<T>(self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if result.is_ok() {
            self.home.0.idle.keep((self.connection, self.traits));
        }
        result
    }

    /// What an error on this connection means.
    pub(super) fn error(&self, error: sqlx::Error) -> StoreError {
        self.home.error(error)
    }

    /// The rows that a statement gives, their values as text: one exchange, where a prepared statement takes two.
    ///
    /// # Errors
    /// What the server says.
    pub(super) async fn rows(&mut self, sql: &str) -> Result<Vec<MySqlRow>, StoreError> {
        let rows = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(&mut self.connection).await;
        rows.map_err(|error| self.error(error))
    }

    /// A text in a row of [`Lease::rows`]; `None` for null.
    ///
    /// # Errors
    /// When the row has no such value.
    pub(super) fn text(&self, row: &MySqlRow, place: usize) -> Result<Option<String>, StoreError> {
        text(row, place).map_err(|error| self.error(error))
    }

    /// A number in a row of [`Lease::rows`]; `None` for null and for what is no number of that type.
    ///
    /// # Errors
    /// When the row has no such value.
    pub(super) fn number<T: FromStr>(&self, row: &MySqlRow, place: usize) -> Result<Option<T>, StoreError> {
        Ok(self.text(row, place)?.and_then(|text| text.parse().ok()))
    }

    /// Runs a statement whose result nobody wants.
    ///
    /// # Errors
    /// What the server says.
    pub(super) async fn run(&mut self, sql: &str) -> Result<(), StoreError> {
        let result = run(&mut self.connection, sql).await;
        result.map_err(|error| self.error(error))
    }

    /// Runs a statement that the server is expected to refuse; whether it did, with the error of that number.
    ///
    /// # Errors
    /// When it refuses with another.
    pub(super) async fn is_refused(&mut self, sql: &str, with: u16) -> Result<bool, StoreError> {
        match run(&mut self.connection, sql).await {
            Ok(()) => Ok(false),
            Err(error) if number(&error) == with => Ok(true),
            Err(error) => Err(self.error(error)),
        }
    }
}

impl Deref for Lease {
    type Target = MySqlConnection;

    fn deref(&self) -> &MySqlConnection {
        &self.connection
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut MySqlConnection {
        &mut self.connection
    }
}

async fn run(connection: &mut MySqlConnection, sql: &str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.map(|_| ())
}

/// Unchecked, since the two servers give the columns of their catalogs different types, whose text is the same.
fn text(row: &MySqlRow, place: usize) -> Result<Option<String>, sqlx::Error> {
    row.try_get_unchecked(place)
}

async fn traits(connection: &mut MySqlConnection) -> Result<Traits, sqlx::Error> {
    let sql = "select version(), @@max_allowed_packet, @@lower_case_table_names";
    let row = sqlx::raw_sql(sql).fetch_one(connection).await?;
    let version = text(&row, 0)?.unwrap_or_default();
    let packet = text(&row, 1)?.and_then(|bytes| bytes.parse().ok()).unwrap_or(1 << 20);
    let folds_names = text(&row, 2)?.is_some_and(|sort| sort != "0");
    Ok(Traits { dialect: Dialect::of(&version), packet, folds_names })
}
