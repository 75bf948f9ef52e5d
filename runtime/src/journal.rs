//! The journal: what happened, durably. One SQLite database in the migration's state folder.
//!
//! Takes events and a time, and returns once they are on disk; gives them back in order. Many events are
//! one transaction, so that a run of thousands of steps does not wait for thousands of disk flushes. Every
//! append proves in the same transaction that this process still has the lease. Never interprets an event.

use std::path::{Path, PathBuf};
use std::time::Duration;

use mig_plan::{Digest, Event, Outcome, PlanFile};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use crate::lease::{self, Holder, Owner, Token};
use crate::state::UnixMillis;

/// The version of the database's tables.
const LAYOUT: i64 = 1;

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS events (
        seq     INTEGER PRIMARY KEY AUTOINCREMENT,
        at      INTEGER NOT NULL,
        run     TEXT NOT NULL,
        version INTEGER NOT NULL,
        event   TEXT NOT NULL
    );
    CREATE INDEX IF NOT EXISTS events_by_run ON events (run, seq);
    CREATE TABLE IF NOT EXISTS plans (
        digest TEXT PRIMARY KEY,
        file   TEXT NOT NULL
    );";

/// Why the journal did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another process has the migration.
    #[error("another run has this migration: {}, since {}", .0.owner, time(.0.since))]
    Locked(Holder),
    /// Another process took the lease over while this one was out of reach.
    #[error(
        "another process took this run over while this one did not answer; this one stops and changes \
         nothing more"
    )]
    Fenced,
    /// An event was written by a newer mig.
    #[error(
        "{path} holds an event of version {version}, and this mig reads version {}; use the newer mig that \
         wrote it",
        Event::VERSION
    )]
    Version {
        /// The journal.
        path: String,
        /// The event's version.
        version: i64,
    },
    /// The file is not a journal that this build can read.
    #[error("{path} is not a journal that this mig can read: {reason}")]
    Malformed {
        /// The journal.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// The folder or the file cannot be read or written.
    #[error("the journal {path} cannot be used: {reason}; mend that and run again")]
    Unavailable {
        /// The journal.
        path: String,
        /// What the system says.
        reason: String,
    },
}

/// A moment for people, in UTC.
pub(crate) fn time(at: UnixMillis) -> String {
    chrono::DateTime::from_timestamp_millis(at)
        .map_or_else(|| at.to_string(), |at| at.format("%Y-%m-%d %H:%M:%S UTC").to_string())
}

/// An event as the journal has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place; grows, over all runs.
    pub seq: i64,
    /// When it happened.
    pub at: UnixMillis,
    /// What happened.
    pub event: Event,
}

/// A journal that is open.
#[derive(Debug)]
pub struct Journal {
    connection: Connection,
    path: PathBuf,
    token: Option<Token>,
}

impl Journal {
    /// Where the journal is in a state folder.
    pub fn path(state: &Path) -> PathBuf {
        state.join("journal.db")
    }

    /// Opens the journal of a state folder, making both where they are not there.
    ///
    /// # Errors
    /// When that is not possible, or the file is no journal.
    pub fn open(state: &Path) -> Result<Self, JournalError> {
        let path = Self::path(state);
        let unavailable = |reason: String| JournalError::Unavailable { path: show(&path), reason };
        if !state.is_dir() {
            std::fs::create_dir_all(state).map_err(|error| unavailable(error.to_string()))?;
            // What a run keeps is about one machine's run, and not for the repository around it.
            std::fs::write(state.join(".gitignore"), "*\n")
                .map_err(|error| unavailable(error.to_string()))?;
        }
        Self::connect(path)
    }

    /// Opens the journal of a state folder if there is one.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn open_existing(state: &Path) -> Result<Option<Self>, JournalError> {
        let path = Self::path(state);
        if path.is_file() { Self::connect(path).map(Some) } else { Ok(None) }
    }

    fn connect(path: PathBuf) -> Result<Self, JournalError> {
        let prepare = |path: &Path| -> rusqlite::Result<(Connection, i64)> {
            let mut connection = Connection::open(path)?;
            connection.busy_timeout(Duration::from_secs(10))?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            connection.pragma_update(None, "synchronous", "FULL")?;
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let layout: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
            if layout == 0 {
                transaction.execute_batch(TABLES)?;
                transaction.execute_batch(lease::TABLE)?;
                transaction.pragma_update(None, "user_version", LAYOUT)?;
            }
            transaction.commit()?;
            Ok((connection, layout))
        };
        let (connection, layout) = prepare(&path).map_err(|error| wrap(&path, &error))?;
        if layout > LAYOUT {
            return Err(JournalError::Malformed {
                path: show(&path),
                reason: format!("its layout is {layout}, and this mig knows {LAYOUT}; use the newer mig"),
            });
        }
        Ok(Self { connection, path, token: None })
    }

    /// Takes the lease for this process.
    ///
    /// # Errors
    /// [`JournalError::Locked`] when another process has it.
    pub fn take(&mut self, owner: &Owner, now: UnixMillis) -> Result<(), JournalError> {
        let taken = self.within(|transaction| lease::take(transaction, owner, now))?;
        self.token = Some(taken.map_err(JournalError::Locked)?);
        Ok(())
    }

    /// Gives the lease back.
    ///
    /// # Errors
    /// When the journal cannot be written; the lease then ends with this process.
    pub fn release(&mut self) -> Result<(), JournalError> {
        match self.token.take() {
            Some(token) => self.within(|transaction| lease::release(transaction, token)),
            None => Ok(()),
        }
    }

    /// Who has the lease and is alive, as seen from `here`.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn holder(&mut self, here: &Owner, now: UnixMillis) -> Result<Option<Holder>, JournalError> {
        self.within(|transaction| lease::holder(transaction, here, now))
    }

    /// Appends events of a run, all or none, and renews the lease; they are on disk when this returns. Gives the place of the
    /// last event, and the events. In the same transaction `follows` is given what others wrote behind `last` and says what
    /// is appended, so that whoever folds the events sees them in the journal's order; its refusal appends nothing.
    ///
    /// # Errors
    /// [`JournalError::Fenced`] when this process has no lease, then nothing is appended; and whatever
    /// `follows` gives.
    pub fn append<E: From<JournalError>>(
        &mut self,
        run: Digest,
        last: i64,
        at: UnixMillis,
        follows: impl FnOnce(&[Entry]) -> Result<Vec<Event>, E>,
    ) -> Result<(i64, Vec<Event>), E> {
        let token = self.token.ok_or(JournalError::Fenced)?;
        let path = self.path.clone();
        let failed = |error: rusqlite::Error| wrap(&path, &error);
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        if !lease::renew(&transaction, token, at).map_err(failed)? {
            return Err(JournalError::Fenced.into());
        }
        let meanwhile = decode(&path, rows_behind(&transaction, run, last).map_err(failed)?)?;
        let events = follows(&meanwhile)?;
        insert(&transaction, run, at, &encode(&path, &events)?).map_err(failed)?;
        let seen = meanwhile.last().map_or(last, |entry| entry.seq);
        let last = if events.is_empty() { seen } else { transaction.last_insert_rowid() };
        transaction.commit().map_err(failed)?;
        Ok((last, events))
    }

    /// Appends an approval of a plan; this needs no lease, since people approve while a run goes on.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn append_approval(
        &mut self,
        run: Digest,
        at: UnixMillis,
        event: &Event,
    ) -> Result<(), JournalError> {
        let texts = encode(&self.path, std::slice::from_ref(event))?;
        self.within(|transaction| insert(transaction, run, at, &texts))
    }

    /// The events of a run behind a place, in order; all of them behind 0.
    ///
    /// # Errors
    /// [`JournalError::Version`] for an event of a newer mig.
    pub fn events(&self, run: Digest, last: i64) -> Result<Vec<Entry>, JournalError> {
        let rows = rows_behind(&self.connection, run, last).map_err(|error| wrap(&self.path, &error))?;
        decode(&self.path, rows)
    }

    /// Keeps a plan's file, so that a run can be looked at and undone without it.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn keep_plan(&mut self, file: &PlanFile) -> Result<(), JournalError> {
        if self.plan_text(file.digest)?.is_some() {
            return Ok(());
        }
        let text = file.to_text().map_err(|error| self.malformed(error.to_string()))?;
        let digest = file.digest.to_string();
        self.within(|transaction| {
            transaction
                .execute("INSERT OR IGNORE INTO plans (digest, file) VALUES (?1, ?2)", params![digest, text])
                .map(drop)
        })
    }

    /// The plan of that digest, if a run of it was ever started here.
    ///
    /// # Errors
    /// When the journal cannot be read, or what it kept is no plan.
    pub fn plan(&self, digest: Digest) -> Result<Option<PlanFile>, JournalError> {
        let text = self.plan_text(digest)?;
        text.map(|text| PlanFile::from_text(&text))
            .transpose()
            .map_err(|error| self.malformed(format!("the plan {} that it keeps: {error}", digest.short())))
    }

    fn plan_text(&self, digest: Digest) -> Result<Option<String>, JournalError> {
        self.connection
            .query_row("SELECT file FROM plans WHERE digest = ?1", [digest.to_string()], |row| row.get(0))
            .optional()
            .map_err(|error| wrap(&self.path, &error))
    }

    /// The run that was last started here, and how its last process left it (`None` when it did not).
    /// Approvals alone make no run.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn last_run(&self) -> Result<Option<(Digest, Option<Outcome>)>, JournalError> {
        let failed = |error: rusqlite::Error| wrap(&self.path, &error);
        let mut statement = self
            .connection
            .prepare("SELECT seq, at, version, event, run FROM events ORDER BY seq DESC")
            .map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let entry = entry(&self.path, Row::read(row).map_err(failed)?)?;
            let outcome = match entry.event {
                Event::Approved { .. } => continue,
                Event::RunEnded { outcome } => Some(outcome),
                Event::RunStarted { .. }
                | Event::StepStarted { .. }
                | Event::BeforeImage { .. }
                | Event::ChunkPlanned { .. }
                | Event::ChunksPlanned { .. }
                | Event::ChunkCopied { .. }
                | Event::Validated { .. }
                | Event::MetricsRead { .. }
                | Event::StepRetried { .. }
                | Event::StepWaiting { .. }
                | Event::StepStopped { .. }
                | Event::StepSucceeded { .. }
                | Event::StepFailed { .. }
                | Event::RollbackStarted { .. }
                | Event::CompletionStarted { .. }
                | Event::UndoStarted { .. }
                | Event::UndoSucceeded { .. }
                | Event::UndoFailed { .. } => None,
            };
            let run: String = row.get(4).map_err(failed)?;
            let run = run.parse().map_err(|error| self.malformed(error))?;
            return Ok(Some((run, outcome)));
        }
        Ok(None)
    }

    fn within<T>(
        &mut self,
        act: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, JournalError> {
        let run = || {
            let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let result = act(&transaction)?;
            transaction.commit()?;
            Ok(result)
        };
        run().map_err(|error| wrap(&self.path, &error))
    }

    fn malformed(&self, reason: String) -> JournalError {
        JournalError::Malformed { path: show(&self.path), reason }
    }
}

/// A lease that nobody gave back (an error on the way out) is given back as far as that is possible.
impl Drop for Journal {
    fn drop(&mut self) {
        // What fails here shows itself to the next process, which sees that this one is dead.
        let _ = self.release();
    }
}

struct Row {
    seq: i64,
    at: UnixMillis,
    version: i64,
    event: String,
}

impl Row {
    fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { seq: row.get(0)?, at: row.get(1)?, version: row.get(2)?, event: row.get(3)? })
    }
}

fn encode(path: &Path, events: &[Event]) -> Result<Vec<String>, JournalError> {
    let texts: Result<_, _> = events.iter().map(serde_json::to_string).collect();
    texts.map_err(|error| JournalError::Malformed { path: show(path), reason: error.to_string() })
}

fn decode(path: &Path, rows: Vec<Row>) -> Result<Vec<Entry>, JournalError> {
    rows.into_iter().map(|row| entry(path, row)).collect()
}

fn entry(path: &Path, row: Row) -> Result<Entry, JournalError> {
    if row.version != i64::from(Event::VERSION) {
        return Err(JournalError::Version { path: show(path), version: row.version });
    }
    let event = serde_json::from_str(&row.event).map_err(|error| JournalError::Malformed {
        path: show(path),
        reason: format!("event {}: {error}", row.seq),
    })?;
    Ok(Entry { seq: row.seq, at: row.at, event })
}

fn insert(
    transaction: &Transaction<'_>,
    run: Digest,
    at: UnixMillis,
    texts: &[String],
) -> rusqlite::Result<()> {
    let mut statement =
        transaction.prepare_cached("INSERT INTO events (at, run, version, event) VALUES (?1, ?2, ?3, ?4)")?;
    let run = run.to_string();
    for text in texts {
        statement.execute(params![at, run, Event::VERSION, text])?;
    }
    Ok(())
}

fn rows_behind(connection: &Connection, run: Digest, last: i64) -> rusqlite::Result<Vec<Row>> {
    let mut statement = connection.prepare_cached(
        "SELECT seq, at, version, event FROM events WHERE run = ?1 AND seq > ?2 ORDER BY seq",
    )?;
    statement.query_map(params![run.to_string(), last], Row::read)?.collect()
}

fn show(path: &Path) -> String {
    path.display().to_string()
}

fn wrap(path: &Path, error: &rusqlite::Error) -> JournalError {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase | rusqlite::ErrorCode::DatabaseCorrupt) => {
            JournalError::Malformed { path: show(path), reason: error.to_string() }
        }
        _ => JournalError::Unavailable { path: show(path), reason: error.to_string() },
    }
}

#[cfg(test)]
mod tests;
