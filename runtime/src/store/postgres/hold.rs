//! A table that is about to be dropped: a lock that keeps writers off and lets readers in, in a transaction that
//! the drop ends. Given up, its connection is closed, and the server lets everybody in again.

use async_trait::async_trait;
use sqlx::postgres::PgRow;

use super::connection::Lease;
use super::names::{Place, literal};
use super::write::relation;
use crate::store::refusal::table_name;
use crate::store::{Dependent, Hold, StoreError};

/// Begins to hold a table.
pub(super) async fn hold(mut lease: Lease, path: &[String]) -> Result<Option<Box<dyn Hold>>, StoreError> {
    let place = Place::new(path)?;
    match relation(&mut lease, &place).await? {
        None => return lease.give_back(Ok(None)),
        Some(b'r' | b'p') => {}
        Some(_) => {
            return Err(StoreError::Refused(format!(
                "{} is no table that could be dropped",
                table_name(path)
            )));
        }
    }
    lease.run(&format!("begin; lock table {} in exclusive mode", place.sql())).await?;
    Ok(Some(Box::new(Held { lease, place })))
}

struct Held {
    lease: Lease,
    place: Place,
}

#[async_trait]
impl Hold for Held {
    async fn dependents(&mut self) -> Result<Vec<Dependent>, StoreError> {
        let rows = self.lease.rows(&dependents(&self.place)).await?;
        let dependent = |row: &PgRow| -> Result<Dependent, StoreError> {
            let schema: Option<String> = self.lease.value(row, 1)?;
            let name: Option<String> = self.lease.value(row, 2)?;
            Ok(Dependent {
                what: self.lease.value(row, 0)?,
                table: schema.zip(name).map(|(schema, name)| vec![schema, name]),
            })
        };
        rows.iter().map(dependent).collect()
    }

    async fn drop_table(mut self: Box<Self>) -> Result<Box<dyn Hold>, StoreError> {
        // Without `cascade`: what the search for dependents does not know still keeps the table.
        self.lease.run(&format!("drop table {}", self.place.sql())).await?;
        Ok(self)
    }

    async fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        self.lease.run("commit").await?;
        let Self { lease, .. } = *self;
        lease.give_back(Ok(()))
    }
}

/// The views, foreign keys and tables that would break without the table, or lose rows with it; with schema and
/// name of the table that each is or belongs to.
fn dependents(place: &Place) -> String {
    format!(
        "with held as (
           select c.oid from pg_catalog.pg_class c
           join pg_catalog.pg_namespace n on n.oid = c.relnamespace
           where n.nspname = {} and c.relname = {}
         )
         select distinct case v.relkind when 'm' then 'the materialized view ' else 'the view ' end
             || n.nspname || '.' || v.relname as what, null as schema, null as name
           from held, pg_catalog.pg_depend d
           join pg_catalog.pg_rewrite r on r.oid = d.objid and d.classid = 'pg_catalog.pg_rewrite'::regclass
           join pg_catalog.pg_class v on v.oid = r.ev_class
           join pg_catalog.pg_namespace n on n.oid = v.relnamespace
           where d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = held.oid and v.oid <> held.oid
         union
         select 'the foreign key ' || k.conname || ' of ' || k.conrelid::regclass::text, n.nspname::text, c.relname::text
           from held, pg_catalog.pg_constraint k
           join pg_catalog.pg_class c on c.oid = k.conrelid
           join pg_catalog.pg_namespace n on n.oid = c.relnamespace
           where k.contype = 'f' and k.confrelid = held.oid and k.conrelid <> held.oid
         union
         select 'the table ' || i.inhrelid::regclass::text || ', which inherits from it', n.nspname::text, c.relname::text
           from held, pg_catalog.pg_inherits i
           join pg_catalog.pg_class c on c.oid = i.inhrelid
           join pg_catalog.pg_namespace n on n.oid = c.relnamespace
           where i.inhparent = held.oid and not c.relispartition
         union
         select 'the table ' || i.inhparent::regclass::text || ', whose rows it holds', null, null
           from held, pg_catalog.pg_inherits i where i.inhrelid = held.oid
         order by 1",
        literal(&place.schema),
        literal(&place.name)
    )
}
