//! A table that is about to be dropped: one connection keeps writers off by a lock that readers share, another asks
//! and drops. The drop waits for that lock before it is given up, so that it comes before every writer who waits.

use std::time::Duration;

use async_trait::async_trait;

use sqlx::mysql::MySqlRow;

use super::connection::Lease;
use super::names::{literal, name_of, quote};
use super::schema::relation;
use crate::store::{Dependent, Hold, StoreError};

/// How often a drop that is to wait is looked for, and how many times.
const LOOK_AGAIN: Duration = Duration::from_millis(10);
const LOOKS: u32 = 3_000;

/// The error for a statement that would change a table which its own connection has locked for reading.
const LOCKED_FOR_READING: u16 = 1099;

/// Begins to hold a table, on two connections.
pub(super) async fn hold(
    mut keeper: Lease,
    mut lease: Lease,
    path: &[String],
) -> Result<Option<Box<dyn Hold>>, StoreError> {
    let name = name_of(path)?;
    match relation(&mut lease, name).await? {
        None => {
            lease.give_back(Ok(()))?;
            return keeper.give_back(Ok(None));
        }
        Some(relation) if relation.is_table => {}
        Some(_) => return Err(StoreError::Refused(format!("{name} is no table that could be dropped"))),
    }
    keeper.run(&format!("lock tables {} read", quote(name))).await?;
    Ok(Some(Box::new(Held { keeper, lease, name: name.to_owned() })))
}

/// Given up, it closes both connections, and the server lets writers in again.
struct Held {
    keeper: Lease,
    lease: Lease,
    name: String,
}

impl Held {
    /// What would break without the table, or of those only what the server would not drop it with.
    async fn find_dependents(&mut self, only_keys: bool) -> Result<Vec<Dependent>, StoreError> {
        let database = self.lease.database();
        let mut sql = foreign_keys(&database, &self.name);
        if !only_keys {
            sql = format!("{} union {sql}", views(self.lease.home().database(), &self.name));
        }
        let rows = self.lease.rows(&format!("{sql} order by 1")).await?;
        let dependent = |row: &MySqlRow| -> Result<Dependent, StoreError> {
            let what = self.lease.text(row, 0)?.unwrap_or_default();
            Ok(Dependent { what, table: self.lease.text(row, 1)?.map(|name| vec![name]) })
        };
        rows.iter().map(dependent).collect()
    }
}

#[async_trait]
impl Hold for Held {
    async fn dependents(&mut self) -> Result<Vec<Dependent>, StoreError> {
        self.find_dependents(false).await
    }

    async fn drop_table(mut self: Box<Self>) -> Result<Box<dyn Hold>, StoreError> {
        // MySQL commits a drop by itself: it is left to the commit, and here only what would refuse it is looked for.
        let keys = self.find_dependents(true).await?;
        if let Some(key) = keys.first() {
            return Err(StoreError::Refused(format!("{} is still needed by {}", self.name, key.what)));
        }
        // Whoever may not drop it hears so first; whoever may hears that it is locked, by this very connection.
        let drop = format!("drop table {}", quote(&self.name));
        if !self.keeper.is_refused(&drop, LOCKED_FOR_READING).await? {
            return Err(StoreError::Unavailable(format!(
                "{} is gone before it was to be; run again",
                self.name
            )));
        }
        Ok(self)
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let Self { mut keeper, mut lease, name } = *self;
        let id = lease.rows("select connection_id()").await?;
        let id = id.first().map(|row| lease.text(row, 0)).transpose()?.flatten().unwrap_or_default();
        let waits = format!(
            "select 1 from information_schema.processlist where id = {id} and state like '%metadata lock%'"
        );
        let drop = format!("drop table {}", quote(&name));
        let release = async {
            for _ in 0..LOOKS {
                if !keeper.rows(&waits).await?.is_empty() {
                    return keeper.run("unlock tables").await;
                }
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            Err(StoreError::Unavailable(format!("{name} could not be locked to be dropped; run again")))
        };
        {
            let dropping = lease.run(&drop);
            tokio::pin!(dropping, release);
            // A drop that is refused at once never waits.
            tokio::select! {
                dropped = &mut dropping => dropped,
                released = &mut release => match released {
                    Ok(()) => dropping.await,
                    Err(error) => Err(error),
                },
            }?;
        }
        lease.give_back(Ok(()))
    }
}

/// The views that would break without the table, each without a table of its own. The catalog writes every table of
/// a view's definition with its database.
fn views(database: &str, name: &str) -> String {
    let place = format!("{}.{}", quote(database), quote(name));
    format!(
        "select concat('the view ', table_schema, '.', table_name) as what, null as name
         from information_schema.views where locate({}, view_definition) > 0",
        literal(&place)
    )
}

/// The foreign keys of other tables that refer to the table, each with its table where that is of the same database.
fn foreign_keys(database: &str, name: &str) -> String {
    format!(
        "select concat('the foreign key ', constraint_name, ' of ', constraint_schema, '.', table_name) as what,
           if(constraint_schema = {database}, table_name, null) as name
         from information_schema.referential_constraints
         where unique_constraint_schema = {database} and referenced_table_name = {name}
           and not (constraint_schema = {database} and table_name = {name})",
        name = literal(name)
    )
}
