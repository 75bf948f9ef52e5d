//! What the stores on a server share, whichever engine it is: where the server is and who asks it, how long it may take
//! to answer, and the connections to it that lie idle.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Address, StoreError};

/// How long a server may take to answer.
const ANSWERS_WITHIN: Duration = Duration::from_secs(20);

/// How long a connection may lie idle and is taken for whole. One that breaks sooner breaks as one in use does, which is
/// tried again; to ask each before its use would cost as much as most uses.
const WHOLE_FOR: Duration = Duration::from_secs(1);

/// Where a server is and who asks it, for people; without the password.
#[derive(Debug, Clone)]
pub(super) struct Server {
    /// What people call its engine: `PostgreSQL`.
    pub(super) engine: &'static str,
    /// The host's name; not used where there is a socket.
    pub(super) host: String,
    /// The port.
    pub(super) port: u16,
    /// The socket that it is asked through, in place of host and port.
    pub(super) socket: Option<PathBuf>,
    /// The database that is the store.
    pub(super) database: String,
    /// Who asks.
    pub(super) user: String,
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.socket {
            Some(socket) => write!(f, "{}", socket.display())?,
            None => write!(f, "{}:{}", self.host, self.port)?,
        }
        write!(f, "/{} as {}", self.database, self.user)
    }
}

impl Server {
    /// Where it is, without who asks; `scheme` is what its URLs begin with.
    pub(super) fn address(&self, scheme: &'static str) -> Address {
        let host = if self.socket.is_some() { "localhost" } else { &self.host };
        Address::Server { scheme, host: host.to_owned(), port: self.port, database: self.database.clone() }
    }

    /// Waits for a connection no longer than a server may take, and gives on whatever comes of it.
    ///
    /// # Errors
    /// When it does not answer.
    pub(super) async fn answer<T>(&self, connect: impl Future<Output = T>) -> Result<T, StoreError> {
        tokio::time::timeout(ANSWERS_WITHIN, connect).await.map_err(|_| {
            StoreError::Unavailable(format!(
                "{} at {self} does not answer within {} s; check host, port and network, and run again",
                self.engine,
                ANSWERS_WITHIN.as_secs()
            ))
        })
    }
}

/// Connections that nobody uses now, so many at the most.
pub(super) struct Idle<C> {
    most: usize,
    connections: Mutex<Vec<(C, Instant)>>,
}

impl<C> Idle<C> {
    /// None yet.
    pub(super) fn new(most: usize) -> Self {
        Self { most, connections: Mutex::default() }
    }

    /// One of them, and whether it has lain here so long that it may have been broken.
    pub(super) fn take(&self) -> Option<(C, bool)> {
        let (connection, since) = self.connections().pop()?;
        Some((connection, since.elapsed() > WHOLE_FOR))
    }

    /// Keeps a connection, or closes it where there are enough.
    pub(super) fn keep(&self, connection: C) {
        let mut connections = self.connections();
        if connections.len() < self.most {
            connections.push((connection, Instant::now()));
        }
    }

    fn connections(&self) -> std::sync::MutexGuard<'_, Vec<(C, Instant)>> {
        // The list is whole whatever happened to whoever held it.
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
