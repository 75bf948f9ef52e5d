//! Short writes that wait for the writer at the same time: they share one transaction, and so the disk's acknowledgement,
//! which takes longer than what they write. Each has a savepoint of its own, so that one that fails leaves nothing and
//! the others stay; nobody is answered before the transaction has ended.

use std::collections::VecDeque;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::connection::Database;
use crate::store::StoreError;

/// One write that waits. It acts on the connection in its transaction, or is told why there is none, and gives what is to be
/// told how the transaction ended.
pub(super) type Waiting = Box<dyn FnOnce(&Database, Result<&Connection, StoreError>) -> Ended + Send>;

/// Tells whoever waits for a write how its transaction ended.
pub(super) type Ended = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// A write, and where its result will come.
pub(super) fn waiting<T: Send + 'static>(
    work: impl FnOnce(&Database, &Connection) -> Result<T, StoreError> + Send + 'static,
) -> (Waiting, oneshot::Receiver<Result<T, StoreError>>) {
    let (sender, result) = oneshot::channel();
    let waiting = move |database: &Database, connection: Result<&Connection, StoreError>| -> Ended {
        // Whoever gave up waiting wants nothing written any more.
        if sender.is_closed() {
            return Box::new(|_| ());
        }
        let done = connection.and_then(|connection| in_savepoint(database, connection, work));
        Box::new(move |ended| drop(sender.send(done.and_then(|value| ended.map(|()| value)))))
    };
    (Box::new(waiting), result)
}

fn in_savepoint<T>(
    database: &Database,
    connection: &Connection,
    work: impl FnOnce(&Database, &Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let run = |sql: &str| -> Result<(), StoreError> {
        let run = connection.prepare_cached(sql).and_then(|mut statement| statement.execute([]));
        run.map(drop).map_err(|error| database.error(error))
    };
    run("savepoint one")?;
    let done = work(database, connection);
    // Some errors, such as a full disk, take the whole transaction back, and the savepoint with it.
    if !connection.is_autocommit() {
        if done.is_err() {
            run("rollback to one")?;
        }
        run("release one")?;
    }
    done
}

/// Does all that waits, in one transaction unless an error ends it, and then in another one.
pub(super) fn write_all(database: &Database, connection: &mut Connection, mut all: VecDeque<Waiting>) {
    while !all.is_empty() {
        let transaction = match database.begin(connection) {
            Ok(transaction) => transaction,
            Err(error) => {
                for waiting in all {
                    waiting(database, Err(error.clone()))(Ok(()));
                }
                return;
            }
        };
        let mut done = Vec::with_capacity(all.len());
        while !transaction.is_autocommit()
            && let Some(waiting) = all.pop_front()
        {
            done.push(waiting(database, Ok(&transaction)));
        }
        let ended = if transaction.is_autocommit() {
            Err(StoreError::Unavailable(format!(
                "the database {} took back what was written together with something that failed; run again",
                database.path().display()
            )))
        } else {
            transaction.commit().map_err(|error| database.error(error))
        };
        for tell in done {
            tell(ended.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn insert(id: i64) -> impl FnOnce(&Database, &Connection) -> Result<i64, StoreError> {
        move |database, connection| {
            let inserted = connection.execute("insert into t values (?1)", [id]);
            inserted.map(|_| id).map_err(|error| database.error(error))
        }
    }

    /// Does all of it at once; what is there then.
    fn there(all: Vec<Waiting>) -> Vec<i64> {
        let database = Database::new(":memory:".into());
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("create table t (id INTEGER primary key)").unwrap();
        write_all(&database, &mut connection, all.into());
        let mut statement = connection.prepare("select id from t order by id").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn what_fails_leaves_nothing_and_the_others_stay() {
        let (first, mut one) = waiting(insert(1));
        let (second, mut twice) = waiting(|database: &Database, connection: &Connection| {
            insert(2)(database, connection)?;
            insert(1)(database, connection)
        });
        let (third, mut three) = waiting(insert(3));
        assert_eq!(there(vec![first, second, third]), [1, 3]);
        assert_eq!(one.try_recv().unwrap(), Ok(1));
        let refused = twice.try_recv().unwrap();
        assert!(matches!(&refused, Err(StoreError::Refused(said)) if said.contains("UNIQUE")), "{refused:?}");
        assert_eq!(three.try_recv().unwrap(), Ok(3));
    }

    #[test]
    fn what_an_error_takes_back_is_not_said_to_be_written() {
        let (first, mut one) = waiting(insert(1));
        let (second, mut full) = waiting(|database: &Database, connection: &Connection| {
            let failed = connection.execute("insert or rollback into t values (1)", []);
            failed.map_err(|error| database.error(error))
        });
        let (third, mut three) = waiting(insert(3));
        assert_eq!(there(vec![first, second, third]), [3]);
        let taken_back = one.try_recv().unwrap();
        assert!(
            matches!(&taken_back, Err(StoreError::Unavailable(said)) if said.contains("run again")),
            "{taken_back:?}"
        );
        assert!(matches!(full.try_recv().unwrap(), Err(StoreError::Refused(_))));
        assert_eq!(three.try_recv().unwrap(), Ok(3));
    }

    #[test]
    fn nothing_is_written_for_whoever_gave_up() {
        let (first, one) = waiting(insert(1));
        let (second, mut two) = waiting(insert(2));
        drop(one);
        assert_eq!(there(vec![first, second]), [2]);
        assert_eq!(two.try_recv().unwrap(), Ok(2));
    }
}
