//! SQLite's errors as the store's: what happened in words, and what to do.

use std::path::Path;

use rusqlite::{ErrorCode, ffi};

use crate::store::StoreError;

/// Seconds that a statement waits for another program's lock.
pub(super) const BUSY_SECONDS: u64 = 30;

/// What an error means for whoever asked.
pub(super) fn store_error(database: &Path, error: &rusqlite::Error) -> StoreError {
    let shown = database.display();
    let said = error.to_string();
    let unavailable = |what: &str, action: &str| {
        StoreError::Unavailable(format!("the database {shown} {what} (SQLite says: {said}); {action}"))
    };
    if let rusqlite::Error::SqliteFailure(failure, _) = error
        && matches!(failure.extended_code, ffi::SQLITE_READONLY_ROLLBACK | ffi::SQLITE_READONLY_RECOVERY)
    {
        return unavailable(
            "was left in the middle of a write by a program that died",
            "open it with that program or the sqlite3 shell, which rolls the write back, and run again",
        );
    }
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => unavailable(
            &format!("is locked by another program for more than {BUSY_SECONDS} s"),
            "let that program finish or stop it, and run again",
        ),
        Some(ErrorCode::DiskFull) => unavailable("has no room left on its disk", "free some and run again"),
        Some(ErrorCode::CannotOpen) => {
            unavailable("cannot be opened", "check the path and its permissions and run again")
        }
        Some(
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied,
        ) => unavailable("cannot be written", "give this user the right to write the file and its folder"),
        Some(ErrorCode::SystemIoFailure | ErrorCode::FileLockingProtocolFailed | ErrorCode::OutOfMemory) => {
            unavailable("cannot be read or written", "mend the disk or the machine and run again")
        }
        Some(ErrorCode::DatabaseCorrupt) => unavailable(
            "is damaged",
            "restore it or repair it (`.recover` in the sqlite3 shell) and run again",
        ),
        Some(ErrorCode::NotADatabase) => StoreError::Refused(format!(
            "{shown} is not a SQLite database, or it is encrypted; give the store another path"
        )),
        // Whatever else SQLite refuses lies in the statement or the data, and would be refused again.
        _ => StoreError::Refused(format!("the database {shown}: {said}")),
    }
}
