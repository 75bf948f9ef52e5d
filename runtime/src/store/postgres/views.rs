//! Views: what makes one, and pointing it elsewhere without losing whom it belongs to and who may use it.

use super::connection::Lease;
use super::names::{Place, column, literal, quote, require_short};
use super::schema::no_table;
use super::write::relation;
use crate::store::StoreError;
use crate::store::refusal::table_name;

/// The first column of each row that a statement gives.
async fn texts(lease: &mut Lease, sql: String) -> Result<Vec<String>, StoreError> {
    let rows = lease.rows(&sql).await?;
    rows.iter().map(|row| lease.value(row, 0)).collect()
}

/// Whether there is a view of this name.
async fn is_there(lease: &mut Lease, place: &Place) -> Result<bool, StoreError> {
    match relation(lease, place).await? {
        None => Ok(false),
        Some(b'v') => Ok(true),
        Some(_) => Err(StoreError::Refused(format!(
            "{}.{} is there and is not a plain view; a view of that name cannot be made",
            place.schema, place.name
        ))),
    }
}

/// The statement that would make the view as it is now.
pub(super) async fn view(lease: &mut Lease, path: &[String]) -> Result<Option<String>, StoreError> {
    let place = Place::new(path)?;
    if !is_there(lease, &place).await? {
        return Ok(None);
    }
    let sql = format!(
        "select coalesce(' with (' || array_to_string(c.reloptions, ', ') || ')', '') || ' as' || chr(10)
           || pg_catalog.pg_get_viewdef(c.oid)
         from pg_catalog.pg_class c where c.oid = {}::regclass",
        literal(&place.sql())
    );
    let definition = texts(lease, sql).await?;
    Ok(definition.first().map(|rest| format!("create or replace view {}{rest}", place.sql())))
}

/// Points the view to a table, all its columns by name.
pub(super) async fn point_view(
    lease: &mut Lease,
    view: &[String],
    target: &[String],
) -> Result<(), StoreError> {
    let (view, table) = (Place::new(view)?, Place::new(target)?);
    require_short(&view.name)?;
    let sql = format!(
        "select a.attname::text from pg_catalog.pg_attribute a
         join pg_catalog.pg_class c on c.oid = a.attrelid
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         where n.nspname = {} and c.relname = {} and a.attnum > 0 and not a.attisdropped order by a.attnum",
        literal(&table.schema),
        literal(&table.name)
    );
    let columns = texts(lease, sql).await?;
    if columns.is_empty() {
        return Err(no_table(target));
    }
    let columns: Vec<_> = columns.iter().map(|name| column(name)).collect();
    let statement = format!(
        "create or replace view {} as select {} from {} as t",
        view.sql(),
        columns.join(", "),
        table.sql()
    );
    lease.run("begin").await?;
    if lacks_schema(lease, &view).await? {
        lease.run(&format!("create schema {}", quote(&view.schema))).await?;
    }
    replace(lease, &view, &statement).await?;
    lease.run("commit").await
}

/// Whether the view's schema is yet to be made.
async fn lacks_schema(lease: &mut Lease, view: &Place) -> Result<bool, StoreError> {
    let sql = format!(
        "select nspname::text from pg_catalog.pg_namespace where nspname = {}",
        literal(&view.schema)
    );
    Ok(texts(lease, sql).await?.is_empty())
}

/// Puts the view back as [`view`] gave it, or drops it.
pub(super) async fn restore_view(
    lease: &mut Lease,
    path: &[String],
    before: Option<&str>,
) -> Result<(), StoreError> {
    let place = Place::new(path)?;
    lease.run("begin").await?;
    match before {
        Some(statement) => replace(lease, &place, statement).await?,
        None if is_there(lease, &place).await? => lease.run(&format!("drop view {}", place.sql())).await?,
        None => {}
    }
    lease.run("commit").await
}

/// Makes the view by the statement, inside the transaction that is open. PostgreSQL replaces a view in its
/// place only by one that begins with the same columns; any other is dropped and made again, and its owner,
/// its grants and its comment are put on the new one.
async fn replace(lease: &mut Lease, view: &Place, statement: &str) -> Result<(), StoreError> {
    if !is_there(lease, view).await? {
        return lease.run(statement).await;
    }
    let attributes = attributes(lease, view).await?;
    lease.run("savepoint before").await?;
    match lease.run(statement).await {
        Ok(()) => return Ok(()),
        Err(StoreError::Refused(_) | StoreError::Said { .. }) => {
            lease.run("rollback to savepoint before").await?
        }
        Err(error @ (StoreError::Unavailable(_) | StoreError::Abandoned)) => return Err(error),
    }
    lease.run(&format!("drop view {}", view.sql())).await.map_err(|error| match error {
        StoreError::Refused(said) | StoreError::Said { words: said, .. } => StoreError::Refused(format!(
            "the view {} has other columns than what it is pointed to, so that it must be made anew, \
             and something stands on it: {said}",
            table_name(&[view.schema.clone(), view.name.clone()])
        )),
        other @ (StoreError::Unavailable(_) | StoreError::Abandoned) => other,
    })?;
    lease.run(statement).await?;
    for attribute in attributes {
        lease.run(&attribute).await?;
    }
    Ok(())
}

/// The statements that give a new view the owner, the grants and the comment that the present one has.
async fn attributes(lease: &mut Lease, view: &Place) -> Result<Vec<String>, StoreError> {
    let name = literal(&view.sql());
    // A view that belongs to the user who is logged in does so again by itself.
    texts(
        lease,
        format!(
            "with view as (select c.oid, c.relowner, c.relacl from pg_catalog.pg_class c where c.oid = {name}::regclass)
             select format('grant %s on %s to %s%s', g.privilege_type, {name},
               case g.grantee when 0 then 'public' else quote_ident(pg_catalog.pg_get_userbyid(g.grantee)) end,
               case when g.is_grantable then ' with grant option' else '' end)
             from view, pg_catalog.aclexplode(view.relacl) g where g.grantee <> view.relowner
             union all
             select format('comment on view %s is %L', {name}, pg_catalog.obj_description(view.oid, 'pg_class'))
             from view where pg_catalog.obj_description(view.oid, 'pg_class') is not null
             union all
             select format('alter view %s owner to %I', {name}, pg_catalog.pg_get_userbyid(view.relowner))
             from view where pg_catalog.pg_get_userbyid(view.relowner) <> current_user"
        ),
    )
    .await
}
