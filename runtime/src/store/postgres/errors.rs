//! PostgreSQL's errors as the store's: what happened in words, and what to do. Never a password.

use sqlx::error::DatabaseError;
use sqlx::postgres::PgDatabaseError;

use crate::store::StoreError;
use crate::store::server::Server;

/// Whether trying the same again may succeed.
enum Sort {
    /// Not before somebody has done something, which is said.
    Mend(&'static str),
    /// Never.
    Never,
}

/// By the five characters of SQLSTATE, of which the first two are a class.
fn sort(code: &str) -> Sort {
    match code {
        "28P01" | "28000" => Sort::Mend("check user and password in the store's url"),
        "3D000" => Sort::Mend("make the database or check its name in the store's url"),
        "42501" => Sort::Mend("grant the user what it lacks and run again"),
        "25006" => Sort::Mend("give the store's url of a server that takes writes (this one is read-only)"),
        "53100" => Sort::Mend("free disk space on the server and run again"),
        "53300" => Sort::Mend("lower the store's connections or raise the server's max_connections"),
        "55P03" => Sort::Mend("somebody else holds a lock; let them finish and run again"),
        "57014" => Sort::Mend("the statement was cancelled on the server; run again"),
        "40001" | "40P01" => Sort::Mend("run again"),
        _ => match code.get(..2) {
            Some("08" | "53" | "57" | "58" | "XX") => Sort::Mend("see to the server and run again"),
            _ => Sort::Never,
        },
    }
}

/// What an error means for whoever asked.
pub(super) fn store_error(server: &Server, error: sqlx::Error) -> StoreError {
    let unavailable = |what: String, action: &str| {
        StoreError::Unavailable(format!("PostgreSQL at {server}: {what}; {action}"))
    };
    if let sqlx::Error::Database(error) = &error {
        let said = match error.try_downcast_ref::<PgDatabaseError>() {
            Some(error) => in_full(error),
            None => error.message().to_owned(),
        };
        return match sort(error.code().as_deref().unwrap_or_default()) {
            Sort::Mend(action) => unavailable(said, action),
            Sort::Never => StoreError::Said {
                words: format!("PostgreSQL at {server}: {said}"),
                bare: format!(
                    "PostgreSQL at {server}: {}; its words may hold a secret and are left out",
                    bare(error.as_ref())
                ),
            },
        };
    }
    if let sqlx::Error::Io(error) = &error {
        let refused = error.kind() == std::io::ErrorKind::ConnectionRefused;
        let action = if refused {
            "start the server or check host and port in the store's url"
        } else {
            "check host, port and network, and run again"
        };
        return unavailable(error.to_string(), action);
    }
    if let sqlx::Error::Tls(error) = &error {
        return unavailable(
            format!("TLS failed: {error}"),
            "check certificate and sslmode in the store's url",
        );
    }
    // The rest is a broken conversation with the server; a new connection begins another.
    unavailable(error.to_string(), "run again")
}

/// What happened without a value: the number of the error, and what it is about.
fn bare(error: &dyn DatabaseError) -> String {
    let code = error.code().unwrap_or_default();
    let mut said = format!("it refuses the rows with the error {code}");
    for (what, name) in [("constraint", error.constraint()), ("table", error.table())] {
        if let Some(name) = name {
            said += &format!(", {what} {name}");
        }
    }
    said
}

/// The message with what PostgreSQL adds to it: which key is there twice, which line and column of a copy.
fn in_full(error: &PgDatabaseError) -> String {
    let mut said = error.message().to_owned();
    let column = error.column().map(|column| format!("column {column}"));
    let detail = error.detail().map(str::to_owned);
    let place = error.r#where().and_then(|place| place.lines().next()).map(str::to_owned);
    let hint = error.hint().map(str::to_owned);
    let more: Vec<_> = [detail, column, place, hint].into_iter().flatten().collect();
    if !more.is_empty() {
        said = format!("{said} ({})", more.join("; "));
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_can_mend_is_not_refused_for_good() {
        for code in [
            "53100", "53200", "55P03", "57P01", "57P03", "57014", "40P01", "08006", "28P01", "42501", "58030",
        ] {
            assert!(matches!(sort(code), Sort::Mend(_)), "{code}");
        }
        for code in ["23505", "23502", "22001", "42P01", "2BP01", "0A000", ""] {
            assert!(matches!(sort(code), Sort::Never), "{code}");
        }
    }
}
