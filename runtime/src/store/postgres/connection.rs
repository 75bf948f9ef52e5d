//! Connections to one server: opened when one is needed, kept while idle, given back only whole.
//!
//! Not sqlx's pool, which waits out its whole patience when a server refuses connections, and then has
//! forgotten why. How many are used at once is the budget's business.
//!
//! sqlx 0.9.0 leaves Nagle's algorithm on (its issue 4335, mended behind that version): the end of a copy into
//! the server then waits up to 40 ms for an acknowledgement, on which other connections do not wait.

use std::ops::{Deref, DerefMut};
use std::str::FromStr;
use std::sync::Arc;

use futures::StreamExt as _;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Either, Row as _};

use super::errors::store_error;
use super::schema;
use crate::store::server::{Idle, Server};
use crate::store::{Address, StoreError};

/// What every connection is set to. A copy may run for hours and wait for its other end, but nobody waits
/// for a lock that long; strings are as the standard has them, which quoting relies on.
const SETTINGS: &str = "set statement_timeout = 0; set idle_in_transaction_session_timeout = 0; \
     set lock_timeout = '30s'; set standard_conforming_strings = on; set client_min_messages = warning";

/// A server and the idle connections to it.
#[derive(Clone)]
pub(super) struct Connections(Arc<Inner>);

struct Inner {
    options: PgConnectOptions,
    server: Server,
    idle: Idle<PgConnection>,
}

impl Connections {
    /// Reads a URL; no connection is made.
    ///
    /// # Errors
    /// When it is no URL of PostgreSQL's. The text never has a part of it, since any part may be a secret.
    pub(super) fn new(url: &str, most_idle: usize) -> Result<Self, StoreError> {
        let is_postgres = url.starts_with("postgres://") || url.starts_with("postgresql://");
        let options = is_postgres.then(|| PgConnectOptions::from_str(url).ok()).flatten();
        let options = options.ok_or_else(|| {
            StoreError::Refused(
                "a postgres store's url is postgres://USER:PASSWORD@HOST:PORT/DATABASE, with special \
                 characters percent-encoded; this one is not"
                    .to_owned(),
            )
        })?;
        let options = options.application_name("mig").disable_statement_logging();
        let server = Server {
            engine: "PostgreSQL",
            host: options.get_host().to_owned(),
            port: options.get_port(),
            socket: options.get_socket().cloned(),
            database: options.get_database().unwrap_or(options.get_username()).to_owned(),
            user: options.get_username().to_owned(),
        };
        Ok(Self(Arc::new(Inner { options, server, idle: Idle::new(most_idle) })))
    }

    /// Where the server is.
    pub(super) fn address(&self) -> Address {
        self.0.server.address("postgres")
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
            let Some((mut connection, doubtful)) = idle else { break };
            // One that was broken while it lay idle is dropped, and the next is tried.
            if !doubtful || connection.ping().await.is_ok() {
                return Ok(Lease { connection, home: self.clone() });
            }
        }
        let connect = async {
            let mut connection = PgConnection::connect_with(&self.0.options).await?;
            run(&mut connection, &format!("{SETTINGS}; {}", schema::questions())).await?;
            Ok(connection)
        };
        match self.0.server.answer(connect).await? {
            Ok(connection) => Ok(Lease { connection, home: self.clone() }),
            Err(error) => Err(self.error(error)),
        }
    }
}

/// A connection in use. Dropped, it is closed, and the server rolls back what was begun on it.
pub(super) struct Lease {
    connection: PgConnection,
    home: Connections,
}

impl Lease {
    /// Whose connection it is, to say what an error means while the connection is busy.
    pub(super) fn home(&self) -> Connections {
        self.home.clone()
    }

    /// Gives the connection back when all went well, and the result on.
    ///
    /// # Errors
    /// Whatever the result is; then the connection is closed, since nobody knows what state it is in.
    pub(super) fn give_back<T>(self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if result.is_ok() {
            self.home.0.idle.keep(self.connection);
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
    pub(super) async fn rows(&mut self, sql: &str) -> Result<Vec<PgRow>, StoreError> {
        let rows = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(&mut self.connection).await;
        rows.map_err(|error| self.error(error))
    }

    /// The rows that each of several statements gives, all of them in one exchange; `None` where a table that they are
    /// about is not there. A transaction that was begun is then to be rolled back.
    ///
    /// # Errors
    /// What the server says.
    pub(super) async fn rows_of_each(&mut self, sql: &str) -> Result<Option<Vec<Vec<PgRow>>>, StoreError> {
        match self.answers(sql).await {
            Ok(answers) => Ok(Some(answers)),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(self.error(error)),
        }
    }

    /// The rows that the last of several statements gives, as [`Lease::rows_of_each`].
    ///
    /// # Errors
    /// What the server says.
    pub(super) async fn last_rows(&mut self, sql: &str) -> Result<Option<Vec<PgRow>>, StoreError> {
        Ok(self.rows_of_each(sql).await?.map(|mut answers| answers.pop().unwrap_or_default()))
    }

    async fn answers(&mut self, sql: &str) -> Result<Vec<Vec<PgRow>>, sqlx::Error> {
        let mut answers = vec![Vec::new()];
        let ended = self.each_row(sql, |statement, row| {
            answers.resize_with(answers.len().max(statement + 1), Vec::new);
            answers[statement].push(row);
        });
        let statements = ended.await?;
        answers.resize_with(statements, Vec::new);
        Ok(answers)
    }

    /// Calls `each` with every row and the number of its statement, from 0; how many statements there were.
    async fn each_row(
        &mut self,
        sql: &str,
        mut each: impl FnMut(usize, PgRow),
    ) -> Result<usize, sqlx::Error> {
        let mut found = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_many(&mut self.connection);
        let mut statement = 0;
        while let Some(part) = found.next().await {
            match part? {
                // The end of a statement, with rows or without.
                Either::Left(_) => statement += 1,
                Either::Right(row) => each(statement, row),
            }
        }
        Ok(statement)
    }

    /// Runs statements that may fail for what is or is not there, the last of which ends a transaction, and calls `each` with
    /// every row and the number of its statement, from 0. Gives with what the server refused one of them: then nothing was done
    /// of the transaction.
    ///
    /// # Errors
    /// When the server is out of reach.
    pub(super) async fn attempt(
        &mut self,
        sql: &str,
        each: impl FnMut(usize, PgRow),
    ) -> Result<Option<sqlx::Error>, StoreError> {
        match self.each_row(sql, each).await {
            Ok(_) => Ok(None),
            Err(error) if error.as_database_error().is_some() => {
                self.run("rollback").await?;
                Ok(Some(error))
            }
            Err(error) => Err(self.error(error)),
        }
    }

    /// A value of a row.
    ///
    /// # Errors
    /// When the row has no such value of that type.
    pub(super) fn value<'r, T>(&self, row: &'r PgRow, place: usize) -> Result<T, StoreError>
    where
        T: sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
    {
        row.try_get(place).map_err(|error| self.error(error))
    }

    /// Runs statements whose results nobody wants.
    ///
    /// # Errors
    /// What the server says.
    pub(super) async fn run(&mut self, sql: &str) -> Result<(), StoreError> {
        let result = run(&mut self.connection, sql).await;
        result.map_err(|error| self.error(error))
    }
}

impl Deref for Lease {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.connection
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}

/// Whether an error says that there is no such table, or not even its schema.
pub(super) fn is_missing(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    matches!(code.as_deref(), Some("42P01" | "3F000"))
}

async fn run(connection: &mut PgConnection, sql: &str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.map(|_| ())
}
