//! Connections to one database file: idle readers, and the one writer, in a transaction whenever it writes.
//!
//! Readers are opened read-only and never make a file. The writer is opened when something is first
//! written, and only then is the file made where it is missing. All of it runs on blocking threads.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::errors::{BUSY_SECONDS, store_error};
use super::together::{self, Waiting};
use crate::store::StoreError;

/// How long a question waits for the writer, which may be taking a chunk that comes slowly.
const SOON: Duration = Duration::from_secs(5);

/// Idle readers that are kept.
const IDLE_READERS: usize = 16;

/// One database file and its connections.
#[derive(Clone)]
pub(super) struct Database(Arc<Inner>);

struct Inner {
    path: PathBuf,
    readers: Mutex<Vec<Connection>>,
    /// Whether this process has begun to write.
    writes: AtomicBool,
    /// Whether a table is held: whoever holds it has the writer, and asks meanwhile.
    holds: AtomicBool,
    writer: Arc<tokio::sync::Mutex<Option<Connection>>>,
    /// Short writes that wait for the writer.
    waiting: Mutex<VecDeque<Waiting>>,
}

impl Database {
    pub(super) fn new(path: PathBuf) -> Self {
        Self(Arc::new(Inner {
            path,
            readers: Mutex::default(),
            writes: AtomicBool::new(false),
            holds: AtomicBool::new(false),
            writer: Arc::default(),
            waiting: Mutex::default(),
        }))
    }

    /// The file.
    pub(super) fn path(&self) -> &Path {
        &self.0.path
    }

    /// What an error of SQLite means.
    pub(super) fn error(&self, error: rusqlite::Error) -> StoreError {
        store_error(&self.0.path, &error)
    }

    /// Whether the file is there. Where its folder is not either, nothing can be made of the path.
    ///
    /// # Errors
    /// When the folder that the file would be in does not exist.
    pub(super) fn exists(&self) -> Result<bool, StoreError> {
        let path = &self.0.path;
        if path.exists() {
            return Ok(true);
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        match folder {
            Some(folder) if !folder.exists() => Err(StoreError::Unavailable(format!(
                "there is no folder {}, where the database {} would be; make it or give the store another path",
                folder.display(),
                path.display()
            ))),
            _ => Ok(false),
        }
    }

    /// Runs something on a reader, on a blocking thread.
    ///
    /// # Errors
    /// When there is no such file, or whatever the work gives.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self, &Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let database = self.clone();
        blocking(move || {
            let idle = database.readers().pop();
            let connection = match idle {
                Some(connection) => connection,
                None => database.open_reader()?,
            };
            let result = work(&database, &connection);
            let mut readers = database.readers();
            if readers.len() < IDLE_READERS {
                readers.push(connection);
            }
            drop(readers);
            result
        })
        .await
    }

    /// Runs something short, on the writer where this process writes and the writer is soon free, else on a reader. Of what
    /// the writer has made, a reader reads the descriptions of all tables anew.
    ///
    /// # Errors
    /// When there is no such file, or whatever the work gives.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self, &Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (writes, holds) = (&self.0.writes, &self.0.holds);
        if writes.load(Ordering::Relaxed)
            && !holds.load(Ordering::Relaxed)
            && let Ok(mut writer) = tokio::time::timeout(SOON, self.writer()).await
        {
            let database = self.clone();
            return blocking(move || work(&database, writer.connection()?)).await;
        }
        self.read(work).await
    }

    /// Runs something on the writer, in a transaction of its own and on a blocking thread, when whoever writes has finished.
    /// The file is made where it is missing.
    ///
    /// # Errors
    /// When the file cannot be written, or whatever the work gives; nothing of it stays then.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self, &Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let mut writer = self.writer().await;
        let database = self.clone();
        blocking(move || {
            let transaction = database.begin(writer.connection()?)?;
            let done = work(&database, &transaction)?;
            transaction.commit().map_err(|error| database.error(error))?;
            Ok(done)
        })
        .await
    }

    /// The same for something short, in one transaction with whatever else short waits for the writer.
    ///
    /// # Errors
    /// As of [`Self::write`], and when the transaction is taken back with something else in it that fails.
    pub(super) async fn write_together<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self, &Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (waiting, result) = together::waiting(work);
        self.waiting().push_back(waiting);
        let mut writer = self.writer().await;
        // Whoever had the writer before may have done it.
        if !self.waiting().is_empty() {
            let database = self.clone();
            blocking(move || {
                let connection = writer.connection()?;
                let all = std::mem::take(&mut *database.waiting());
                together::write_all(&database, connection, all);
                Ok(())
            })
            .await?;
        }
        // Who does it for another answers in any case, unless the runtime is going down.
        result.await.unwrap_or(Err(StoreError::Abandoned))
    }

    /// Begins a transaction for writing. The lock is taken at the start, where waiting for it is harmless.
    ///
    /// # Errors
    /// When another program keeps the lock, or the file cannot be written.
    pub(super) fn begin<'a>(&self, connection: &'a mut Connection) -> Result<Transaction<'a>, StoreError> {
        let begun = connection.transaction_with_behavior(TransactionBehavior::Immediate);
        begun.map_err(|error| self.error(error))
    }

    /// The writer, when whoever writes has finished.
    pub(super) async fn writer(&self) -> Writer {
        Writer { slot: self.0.writer.clone().lock_owned().await, database: self.clone() }
    }

    /// Says that a table is held from here on, or no more.
    pub(super) fn set_held(&self, held: bool) {
        self.0.holds.store(held, Ordering::Relaxed);
    }

    fn readers(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        // The list is whole whatever happened to whoever held it.
        self.0.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, VecDeque<Waiting>> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open_reader(&self) -> Result<Connection, StoreError> {
        if !self.exists()? {
            return Err(StoreError::Unavailable(format!(
                "there is no database {}; check the store's path",
                self.0.path.display()
            )));
        }
        self.open(OpenFlags::SQLITE_OPEN_READ_ONLY, "pragma query_only = on")
    }

    fn open_writer(&self) -> Result<Connection, StoreError> {
        self.exists()?;
        self.0.writes.store(true, Ordering::Relaxed);
        // With a write-ahead log, readers of this file do not keep the writer waiting, nor it them. A chunk
        // that is journaled as copied must outlive a power cut, so every commit is synced.
        self.open(
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
            "pragma journal_mode = wal; pragma synchronous = full",
        )
    }

    fn open(&self, flags: OpenFlags, pragmas: &str) -> Result<Connection, StoreError> {
        let open = || {
            let connection =
                Connection::open_with_flags(&self.0.path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
            connection.busy_timeout(Duration::from_secs(BUSY_SECONDS))?;
            connection.execute_batch(pragmas)?;
            Ok(connection)
        };
        open().map_err(|error| self.error(error))
    }
}

/// The one writer: as long as it is kept, nobody else in this process writes.
pub(super) struct Writer {
    slot: tokio::sync::OwnedMutexGuard<Option<Connection>>,
    database: Database,
}

impl Writer {
    /// Its connection, opened when it is first used; to be called where it may block.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(super) fn connection(&mut self) -> Result<&mut Connection, StoreError> {
        let slot = &mut *self.slot;
        match slot {
            Some(connection) => Ok(connection),
            None => Ok(slot.insert(self.database.open_writer()?)),
        }
    }
}

/// Runs something on a blocking thread; a panic there is a panic here.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // The runtime is going down: whoever asked is too.
        Err(_) => Err(StoreError::Abandoned),
    }
}
