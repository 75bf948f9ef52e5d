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

    /// Shows that this process is alive.
    ///
    /// # Errors
    /// [`JournalError::Fenced`] when another process has taken over.
    pub fn renew(&mut self, now: UnixMillis) -> Result<(), JournalError> {
        let token = self.token.ok_or(JournalError::Fenced)?;
        let renewed = self.within(|transaction| lease::renew(transaction, token, now))?;
        if renewed { Ok(()) } else { Err(JournalError::Fenced) }
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

    /// Appends events of a run, all or none; they are on disk when this returns. Gives what stands behind
    /// `last` in the run's journal since then: what others wrote in between, and these.
    ///
    /// # Errors
    /// [`JournalError::Fenced`] when this process has no lease; then nothing is appended.
    pub fn append(
        &mut self,
        run: Digest,
        last: i64,
        at: UnixMillis,
        events: &[Event],
    ) -> Result<Vec<Entry>, JournalError> {
        let token = self.token.ok_or(JournalError::Fenced)?;
        let texts = self.encode(events)?;
        let rows = self.within(|transaction| {
            if !lease::renew(transaction, token, at)? {
                return Ok(None);
            }
            insert(transaction, run, at, &texts)?;
            rows_behind(transaction, run, last).map(Some)
        })?;
        self.decode(rows.ok_or(JournalError::Fenced)?)
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
        let texts = self.encode(std::slice::from_ref(event))?;
        self.within(|transaction| insert(transaction, run, at, &texts))
    }

    /// The events of a run behind a place, in order; all of them behind 0.
    ///
    /// # Errors
    /// [`JournalError::Version`] for an event of a newer mig.
    pub fn events(&self, run: Digest, last: i64) -> Result<Vec<Entry>, JournalError> {
        let rows = rows_behind(&self.connection, run, last).map_err(|error| wrap(&self.path, &error))?;
        self.decode(rows)
    }

    /// Keeps a plan's file, so that a run can be looked at and undone without it.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn keep_plan(&mut self, file: &PlanFile) -> Result<(), JournalError> {
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
        let text: Option<String> = self
            .connection
            .query_row("SELECT file FROM plans WHERE digest = ?1", [digest.to_string()], |row| row.get(0))
            .optional()
            .map_err(|error| wrap(&self.path, &error))?;
        text.map(|text| PlanFile::from_text(&text))
            .transpose()
            .map_err(|error| self.malformed(format!("the plan {} that it keeps: {error}", digest.short())))
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
            let entry = self.entry(Row::read(row).map_err(failed)?)?;
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
                | Event::StepWaiting { .. }
                | Event::StepStopped { .. }
                | Event::StepSucceeded { .. }
                | Event::StepFailed { .. }
                | Event::RollbackStarted { .. }
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

    fn encode(&self, events: &[Event]) -> Result<Vec<String>, JournalError> {
        let texts: Result<_, _> = events.iter().map(serde_json::to_string).collect();
        texts.map_err(|error| self.malformed(error.to_string()))
    }

    fn decode(&self, rows: Vec<Row>) -> Result<Vec<Entry>, JournalError> {
        rows.into_iter().map(|row| self.entry(row)).collect()
    }

    fn entry(&self, row: Row) -> Result<Entry, JournalError> {
        if row.version != i64::from(Event::VERSION) {
            return Err(JournalError::Version { path: show(&self.path), version: row.version });
        }
        let event = serde_json::from_str(&row.event)
            .map_err(|error| self.malformed(format!("event {}: {error}", row.seq)))?;
        Ok(Entry { seq: row.seq, at: row.at, event })
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
mod tests {
    use mig_plan::StepId;

    use super::*;
    use crate::settings::Environment;

    fn owner() -> Owner {
        Owner::this_process(&Environment::default())
    }

    fn run() -> Digest {
        Digest::of(b"plan")
    }

    fn started(step: usize) -> Event {
        Event::StepStarted { step: StepId(format!("d{step}/copy")) }
    }

    #[test]
    fn what_was_appended_is_there_after_the_journal_is_opened_again() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("deep/.mig");
        let mut journal = Journal::open(&state).unwrap();
        journal.take(&owner(), 5).unwrap();
        let first = journal.append(run(), 0, 10, &[started(1), started(2)]).unwrap();
        let second = journal.append(run(), first[1].seq, 20, &[started(3)]).unwrap();
        drop(journal);
        let journal = Journal::open(&state).unwrap();
        let all = journal.events(run(), 0).unwrap();
        assert_eq!(all, [first, second].concat());
        assert_eq!(all.iter().map(|entry| entry.at).collect::<Vec<_>>(), [10, 10, 20]);
        assert_eq!(journal.events(Digest::of(b"other"), 0).unwrap(), []);
        assert_eq!(std::fs::read_to_string(state.join(".gitignore")).unwrap(), "*\n");
    }

    #[test]
    fn nothing_is_appended_without_the_lease() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(folder.path()).unwrap();
        assert!(matches!(journal.append(run(), 0, 1, &[started(1)]), Err(JournalError::Fenced)));
        journal.take(&owner(), 1).unwrap();
        let mut other = Journal::open(folder.path()).unwrap();
        let error = other.take(&owner(), 2).unwrap_err();
        assert!(matches!(&error, JournalError::Locked(_)), "{error}");
        assert!(error.to_string().contains("since 1970-01-01 00:00:00 UTC"), "{error}");
        // This process is slow, and loses the lease to another one.
        other.take(&owner(), 1 + lease::EXPIRY_MILLIS).unwrap();
        assert!(matches!(journal.append(run(), 0, 9, &[started(1)]), Err(JournalError::Fenced)));
        assert!(matches!(journal.renew(9), Err(JournalError::Fenced)));
        assert_eq!(other.events(run(), 0).unwrap(), []);
        drop(journal);
        other.renew(10).unwrap();
    }

    #[test]
    fn an_approval_given_meanwhile_is_seen_with_the_next_append() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(folder.path()).unwrap();
        journal.take(&owner(), 0).unwrap();
        let first = journal.append(run(), 0, 1, &[started(1)]).unwrap();
        let group = mig_plan::EntityRef::new("group", "default", "money");
        let approved = Event::Approved { approval: "money".to_owned(), from: group.clone(), by: group };
        let mut person = Journal::open(folder.path()).unwrap();
        person.append_approval(run(), 2, &approved).unwrap();
        person.append_approval(Digest::of(b"other"), 2, &approved).unwrap();
        let events: Vec<_> = journal
            .append(run(), first[0].seq, 3, &[started(2)])
            .unwrap()
            .into_iter()
            .map(|entry| entry.event)
            .collect();
        assert_eq!(events, [approved, started(2)]);
    }

    #[test]
    fn an_event_of_a_newer_version_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(folder.path()).unwrap();
        journal.take(&owner(), 0).unwrap();
        journal.append(run(), 0, 1, &[started(1)]).unwrap();
        journal.connection.execute("UPDATE events SET version = 7", []).unwrap();
        let error = journal.events(run(), 0).unwrap_err();
        assert!(matches!(error, JournalError::Version { version: 7, .. }), "{error}");
        journal.connection.execute("UPDATE events SET version = 1, event = '{\"soon\": 1}'", []).unwrap();
        let error = journal.events(run(), 0).unwrap_err();
        assert!(error.to_string().contains("event 1: unknown variant"), "{error}");
    }

    #[test]
    fn a_file_that_is_no_journal_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Journal::open_existing(folder.path()).unwrap().is_none());
        let text = "these are notes, and long enough to be taken for a header".repeat(20);
        std::fs::write(Journal::path(folder.path()), &text).unwrap();
        let error = Journal::open(folder.path()).unwrap_err();
        assert!(matches!(error, JournalError::Malformed { .. }), "{error}");
        assert_eq!(std::fs::read_to_string(Journal::path(folder.path())).unwrap(), text);
    }

    #[test]
    fn the_last_run_is_the_one_last_started_whoever_approves_what() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(folder.path()).unwrap();
        assert_eq!(journal.last_run().unwrap(), None);
        journal.take(&owner(), 0).unwrap();
        journal.append(run(), 0, 1, &[started(1)]).unwrap();
        assert_eq!(journal.last_run().unwrap(), Some((run(), None)));
        let outcome = Outcome::Completed;
        journal.append(run(), 0, 1, &[Event::RunEnded { outcome: outcome.clone() }]).unwrap();
        let group = mig_plan::EntityRef::new("group", "default", "money");
        let approved = Event::Approved { approval: "money".to_owned(), from: group.clone(), by: group };
        journal.append_approval(Digest::of(b"other"), 2, &approved).unwrap();
        assert_eq!(journal.last_run().unwrap(), Some((run(), Some(outcome))));
    }

    #[test]
    fn thousands_of_events_are_appended_and_read_in_seconds() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(folder.path()).unwrap();
        journal.take(&owner(), 0).unwrap();
        let events: Vec<Event> = (0..50_000).map(started).collect();
        let begun = std::time::Instant::now();
        let mut last = 0;
        for batch in events.chunks(500) {
            last = journal.append(run(), last, 1, batch).unwrap().last().unwrap().seq;
        }
        assert_eq!(journal.events(run(), 0).unwrap().len(), events.len());
        assert!(begun.elapsed().as_secs() < 20, "took {:?}", begun.elapsed());
    }
}
