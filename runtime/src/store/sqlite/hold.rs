//! A table that is about to be dropped: one transaction of the one writer, begun before the table is looked at
//! and ended with the drop. Readers go on; nobody writes to the file meanwhile, in this process or another.

use std::collections::BTreeMap;

use async_trait::async_trait;
use rusqlite::Connection;

use super::connection::{Database, Writer, blocking};
use super::schema::{Described, Kind, name_of, quote};
use crate::store::{Dependent, Hold, StoreError};

/// The name that the table has for the blink of an eye, to see what follows it.
const PROBE: &str = "_mig_held";

/// Begins to hold a table.
pub(super) async fn hold(database: &Database, path: &[String]) -> Result<Option<Box<dyn Hold>>, StoreError> {
    let name = name_of(path)?.to_owned();
    let mut held = Held { database: database.clone(), writer: database.writer().await, name, begun: false };
    database.set_held(true);
    held = blocking(move || held.begin()).await?;
    Ok(if held.begun { Some(Box::new(held)) } else { None })
}

struct Held {
    database: Database,
    writer: Writer,
    name: String,
    /// Whether a transaction is open.
    begun: bool,
}

impl Held {
    fn begin(mut self) -> Result<Self, StoreError> {
        let database = self.database.clone();
        let connection = self.writer.connection()?;
        connection.execute_batch("begin immediate").map_err(|error| database.error(error))?;
        self.begun = true;
        let connection = self.writer.connection()?;
        match Described::read(&database, connection, &self.name)?.map(|described| described.kind) {
            Some(Kind::Table | Kind::WithoutRowid) => {}
            Some(Kind::View) => {
                return Err(StoreError::Refused(format!(
                    "{} is a view, and no table to be dropped",
                    self.name
                )));
            }
            None => self.end("rollback")?,
        }
        Ok(self)
    }

    fn end(&mut self, how: &str) -> Result<(), StoreError> {
        let database = self.database.clone();
        self.writer.connection()?.execute_batch(how).map_err(|error| database.error(error))?;
        self.begun = false;
        Ok(())
    }

    fn find_dependents(&mut self) -> Result<Vec<Dependent>, StoreError> {
        let (database, name) = (self.database.clone(), self.name.clone());
        let connection = self.writer.connection()?;
        dependents(connection, &name).map_err(|error| {
            StoreError::Refused(format!(
                "what depends on {name} cannot be found out: {}; mend or drop what is broken there",
                database.error(error)
            ))
        })
    }

    fn drop_held(mut self) -> Result<Self, StoreError> {
        let drop = format!("drop table {}", quote(&self.name));
        let database = self.database.clone();
        self.writer.connection()?.execute_batch(&drop).map_err(|error| database.error(error))?;
        Ok(self)
    }
}

#[async_trait]
impl Hold for Held {
    async fn dependents(&mut self) -> Result<Vec<Dependent>, StoreError> {
        // Only the schema is looked at: that takes no time worth a thread of its own.
        self.find_dependents()
    }

    async fn drop_table(self: Box<Self>) -> Result<Box<dyn Hold>, StoreError> {
        let held = blocking(move || self.drop_held()).await?;
        Ok(Box::new(held))
    }

    async fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        blocking(move || self.end("commit")).await
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.database.set_held(false);
        if self.begun {
            // Where even that fails the connection is broken, and with it the transaction.
            drop(self.end("rollback"));
        }
    }
}

/// SQLite does not say what depends on a table, but a renaming rewrites all of it: whatever has another text
/// then named the table. The renaming is taken back. It reads all there is in the file, and so is left out where nobody can
/// have named the table.
fn dependents(connection: &Connection, name: &str) -> rusqlite::Result<Vec<Dependent>> {
    if !may_be_named(connection, name)? {
        return Ok(Vec::new());
    }
    connection.execute_batch("pragma legacy_alter_table = off; savepoint held")?;
    let probe = || {
        let before = texts(connection, name)?;
        connection.execute_batch(&format!("alter table {} rename to {PROBE}", quote(name)))?;
        let after = texts(connection, PROBE)?;
        let changed = before.into_iter().filter(|(what, text)| after.get(what) != Some(text));
        let dependent = |((ty, name), _): ((String, String), _)| Dependent {
            what: format!("the {ty} {name}"),
            table: (ty == "table").then(|| vec![name]),
        };
        Ok(changed.map(dependent).collect())
    };
    let found = probe();
    connection.execute_batch("rollback to held; release held")?;
    found
}

/// The text of everything but a table and what belongs to it, by type and name.
fn texts(
    connection: &Connection,
    name: &str,
) -> rusqlite::Result<BTreeMap<(String, String), Option<String>>> {
    let sql = "select type, name, sql from sqlite_schema where tbl_name <> ?1 collate nocase";
    let mut statement = connection.prepare(sql)?;
    statement.query_map([name], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?.collect()
}

/// Whether the text of something else has a table's name in it, whatever it means there. A name with a quote in it has more
/// than one form.
fn may_be_named(connection: &Connection, name: &str) -> rusqlite::Result<bool> {
    if name.contains(['"', '\'', '`', ']']) {
        return Ok(true);
    }
    // As for names, case is of ASCII alone.
    let sql = "select exists (select 1 from sqlite_schema
                where tbl_name <> ?1 collate nocase and instr(lower(sql), lower(?1)) > 0)";
    connection.prepare_cached(sql)?.query_row([name], |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_names_a_table_depends_on_it_in_whatever_form() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "create table Orders (id integer primary key, day text);
                 create index orders_day on Orders (day);
                 create table lines (id integer primary key, \"order\" references ORDERS (id));
                 create view recent as select * from [orders] where day > '2024';
                 create table log (what text);
                 create trigger noted after insert on log begin delete from `orders`; end;
                 create table \"a\"\"b\" (id integer primary key);
                 create view odd as select * from \"a\"\"b\";
                 create table alone (id integer primary key);
                 create index alone_id on alone (id);
                 create table orders_old (id integer primary key, note text default 'from lines');",
            )
            .unwrap();
        let found = |name: &str| -> Vec<String> {
            dependents(&connection, name).unwrap().into_iter().map(|dependent| dependent.what).collect()
        };
        assert_eq!(found("orders"), ["the table lines", "the trigger noted", "the view recent"]);
        assert_eq!(found("a\"b"), ["the view odd"]);
        assert!(found("alone").is_empty() && !may_be_named(&connection, "alone").unwrap());
        // Its name stands in a text, and means nothing there.
        assert!(found("lines").is_empty() && may_be_named(&connection, "lines").unwrap());
    }
}
