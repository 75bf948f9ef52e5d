//! MySQL's errors as the store's: what happened in words, and what to do. Never a password.

use sqlx::mysql::MySqlDatabaseError;

use crate::store::StoreError;
use crate::store::server::Server;

/// Whether trying the same again may succeed.
enum Sort {
    /// Not before somebody has done something, which is said.
    Mend(&'static str),
    /// Never.
    Never,
}

/// By the number of the error, which is finer than SQLSTATE; MariaDB's own numbers begin at 1900.
fn sort(number: u16) -> Sort {
    match number {
        1045 | 1698 | 1862 | 4151 => Sort::Mend("check user and password in the store's url"),
        1049 => Sort::Mend("make the database or check its name in the store's url"),
        1044 | 1095 | 1142 | 1143 | 1227 | 1370 => Sort::Mend("grant the user what it lacks and run again"),
        1290 | 1792 | 1836 => {
            Sort::Mend("give the store's url of a server that takes writes (this one is read-only)")
        }
        1021 | 1114 | 3 | 1030 => Sort::Mend("free disk space on the server and run again"),
        1037 | 1038 | 1041 => Sort::Mend("the server is out of memory; see to it and run again"),
        1040 | 1203 | 1226 => {
            Sort::Mend("lower the store's connections or raise the server's max_connections")
        }
        1205 | 3572 => Sort::Mend("somebody else holds a lock; let them finish and run again"),
        1213 | 1412 | 1020 => Sort::Mend("run again"),
        1317 | 1969 | 3024 => Sort::Mend("the statement was stopped on the server; run again"),
        1053 | 1077 | 1079 | 1152 | 1158..=1161 | 1184 | 1927 => {
            Sort::Mend("see to the server and run again")
        }
        _ => Sort::Never,
    }
}

/// The number of a server's error; 0 for every other.
pub(super) fn number(error: &sqlx::Error) -> u16 {
    let error = error.as_database_error().and_then(|error| error.try_downcast_ref::<MySqlDatabaseError>());
    error.map_or(0, MySqlDatabaseError::number)
}

/// What an error means for whoever asked.
pub(super) fn store_error(server: &Server, error: sqlx::Error) -> StoreError {
    let unavailable =
        |what: String, action: &str| StoreError::Unavailable(format!("MySQL at {server}: {what}; {action}"));
    if let sqlx::Error::Database(said) = &error {
        return match sort(number(&error)) {
            Sort::Mend(action) => unavailable(said.message().to_owned(), action),
            Sort::Never => StoreError::Said {
                words: format!("MySQL at {server}: {}", said.message()),
                bare: format!(
                    "MySQL at {server}: it refuses the rows with the error {}; its words may hold a secret and are left out",
                    number(&error)
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
            "check certificate and ssl-mode in the store's url",
        );
    }
    // The rest is a broken conversation with the server; a new connection begins another.
    unavailable(error.to_string(), "run again")
}

/// Which row of an insert an error is about, from 0: MySQL says `… at row 17`.
pub(super) fn row_of(said: &str) -> Option<usize> {
    let (_, behind) = said.rsplit_once(" at row ")?;
    let digits: String = behind.chars().take_while(char::is_ascii_digit).collect();
    digits.parse::<usize>().ok()?.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_can_mend_is_not_refused_for_good() {
        for number in [1021, 1040, 1044, 1045, 1049, 1053, 1114, 1142, 1205, 1213, 1290, 1317, 1927] {
            assert!(matches!(sort(number), Sort::Mend(_)), "{number}");
        }
        for number in [1048, 1054, 1062, 1064, 1146, 1264, 1366, 1406, 4025, 0] {
            assert!(matches!(sort(number), Sort::Never), "{number}");
        }
    }

    #[test]
    fn the_row_of_an_error_is_counted_from_zero() {
        assert_eq!(row_of("Out of range value for column 'n' at row 3"), Some(2));
        assert_eq!(row_of("Data too long for column ' at row 9' at row 12"), Some(11));
        assert_eq!(row_of("Duplicate entry '3' for key 'PRIMARY'"), None);
        assert_eq!(row_of("x at row 0"), None);
    }
}
